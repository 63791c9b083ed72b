"""A made-up ledger for the tests of `khasan claims`: articles in three outlets, and the figures they give."""

from __future__ import annotations

from storage.archive import open_archive
from storage.model import Outlet, Precision, Published, Source, TimeOrigin
from storage.sources import sync_topic
from tests.claim_shelf import DAY, figure, reading, store
from tests.shelf import NOW, entry, poll

CONFIG = """
[data]
database = "khasan.db"
[operator]
address = "ops@example.org"
"""
OUTLETS = ("yonhap", "rbc_ua", "tumen_paper")
SEOUL = "About 11,000 soldiers have been sent, the ministry said."
COPIED = "Up to 3,000 more soldiers left in January, the joint chiefs say."
WORDS = {
    "losses": figure(4_000, unit="casualties", event="losses", recipient=None, origin="ua_genstaff", approx="more_than"),
    "seoul": figure(11_000, approx="about", relays=("yonhap",)),
    "again": figure(11_000, approx="about", origin="kr_nis", recap=True),
    "kyiv": figure(12_000, origin="ua_genstaff"),
    "range": figure(10_000, 12_000, origin="us_dod", approx="range"),
    "more": figure(3_000, origin="kr_jcs", approx="up_to", increment=True),
    "denied": figure(10_000, origin="kremlin", modality="denied"),
    "soon": figure(30_000, origin=None, modality="expected"),
    "money": figure(20_000_000, unit="money_usd", event="paid", actor="RU", recipient="KP", origin="kr_nis"),
}  # fmt: skip
TEXTS = [  # day, outlet, title, what is read in which sentence
    (0, "yonhap", "Seoul counts [soldiers]", [(SEOUL, "seoul", "About 11,000 soldiers")]),
    (1, "rbc_ua", "Сеул: 11 тысяч", [("Южнокорейское министерство: 11 тысяч солдат.", "seoul", "11 тысяч"),
                                     ("Генштаб: 12 тысяч, потери более 4 тысяч.", "kyiv", "12 тысяч"),
                                     ("Генштаб: 12 тысяч, потери более 4 тысяч.", "losses", "более 4 тысяч")]),
    (2, "tumen_paper", '=HYPERLINK("http://evil.example")', [(SEOUL, "seoul", "About 11,000 soldiers"), ("Russia paid $20 million.", "money", "$20 million")]),
    (3, "yonhap", "The Pentagon counts", [("Between 10,000 and 12,000, the Pentagon says.", "range", "10,000 and 12,000")]),
    (4, "rbc_ua", "Кремль заперечує", [("Кремль: десяти тисяч там немає.", "denied", "десяти тисяч")]),
    (5, "yonhap", "합참", [(COPIED, "more", "3,000 more")]),
    (6, "tumen_paper", "More to come", [("Thirty thousand may follow.", "soon", "Thirty thousand"),
                                        ("국정원은 앞서 1만1천여 명이라고 했다.", "again", "1만1천여 명")]),
]  # fmt: skip


def fill(folder):
    """Make a folder with a configuration and this ledger. Gives the claims' numbers by their names in WORDS."""
    (folder / "khasan.toml").write_text(CONFIG, encoding="utf-8")
    sources = [Source(name, name, name.title(), f"https://{name}.example/rss") for name in OUTLETS]
    numbers = {}
    with open_archive(folder / "khasan.db") as archive:
        archive.write(sync_topic, [Outlet(name, name.title()) for name in OUTLETS], sources, NOW)
        for number, (day, outlet, title, claims) in enumerate(TEXTS):
            at = NOW + day * DAY
            published = Published(at, "+09:00", Precision.MINUTE, TimeOrigin.FEED)
            text = " ".join(dict.fromkeys(sentence for sentence, _, _ in claims))
            written = entry(f"{outlet}-{number}", title, text, published=published)
            (stored,) = poll(archive, outlet, written, at=at)
            read = [
                reading(sentence, WORDS[name], word=word, at=text.index(sentence)) for sentence, name, word in claims
            ]
            changed = store(archive, stored.article, *read, at=at)
            for one in changed.added:
                numbers |= {name: one.claim for name, figure in WORDS.items() if figure == one.after}
    return numbers
