"""Claims of whole articles: what is left out, what belongs together, where it stands; and how well our own texts are read."""

from __future__ import annotations

import json
import time
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.claims.reading import ClaimReader
from analysis.layout import layout
from khasan.claims_shown import Field, shown_claims
from khasan.topic import load_topic
from tests.claim_scores import counted, figures

TOPIC = load_topic()
ANALYSER = TOPIC.analyser
TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "uk", "ru", "ko")
ARTICLE = """Seoul: North sends 300 howitzers to Russia

File photo: North Korean troops, 9,000 of whom are in Russia, march in Pyongyang. (Reuters)

SEOUL, March 3 (Harbour News) -- North Korea has shipped about 300 howitzers to Russia since October, the South Korean defence ministry told lawmakers, Yonhap reports.

Read also: Russia pays North Korea $4 billion for 2,000 missiles

The ministry also said that 2,400 North Korean soldiers had left for Russia in February and that another 1,200 were expected to follow.

In Kursk, as Ukraine's General Staff reported earlier, 5,100 North Korean soldiers have been killed or wounded. Russia's own army lost 1,150 men on Monday.

How many shells came with the guns? Nobody counts 40,000 shells by hand.
"""


def read(title, text, language="en", outlet="harbour_news"):
    published = datetime(2026, 3, 3, tzinfo=UTC)
    return ANALYSER.read(title, text, language, publisher=outlet, published=published)


def told(claims):
    return [(c.low, c.approx, c.unit, c.event, c.modality, c.origin, c.relays) for c in claims]


def test_a_whole_article_gives_its_claims_and_nothing_else():
    reading = read("", ARTICLE)
    assert told(reading.claims) == [
        (300, "about", "artillery", "sent", "fact", "kr_mnd", ("yonhap",)),
        (2400, "exact", "troops", "sent", "fact", "kr_mnd", ("yonhap",)),
        (1200, "exact", "troops", "sent", "expected", "kr_mnd", ("yonhap",)),
        (5100, "exact", "casualties", "losses", "fact", "ua_genstaff", ()),
    ]
    guns, _, more, losses = reading.claims
    assert [ARTICLE[a:b] for a, b in (guns.evidence, *guns.repeats)] == ["300 howitzers", "about 300 howitzers"]
    assert (more.increment, more.recap) == (True, False)
    assert (losses.increment, losses.recap) == (False, True)
    assert ARTICLE[slice(*losses.sentence)].startswith("In Kursk, as Ukraine's General Staff")


def test_a_title_apart_is_read_as_the_first_line():
    headline, body = ARTICLE.split("\n", 1)
    apart = read(headline, body.strip())
    assert told(apart.claims) == told(read("", ARTICLE).claims)


def test_a_publisher_is_no_relay_of_itself():
    (guns, *_) = read("", ARTICLE, outlet="yonhap").claims
    assert guns.relays == ()


def test_what_is_not_on_the_topic_has_no_claims():
    assert (
        read("Harvest", "A farm near Kursk sold 12,000 tonnes of wheat and hired 40 workers, the governor said.").claims
        == ()
    )


def test_without_a_grammar_there_are_no_claims():
    scan = ANALYSER.lexicon.scan("", ARTICLE)
    assert ClaimReader().read("", ARTICLE, scan, ANALYSER.lexicon, "en") == ()


def test_places_are_those_of_the_fields_as_given():
    title, text = (
        unicodedata.normalize("NFD", one)
        for one in (
            "Сеул: КНДР передала 300 гармат",
            "Північна Корея передала Росії 300 гармат, заявило Міноборони Південної Кореї. Її втрати — 4 тисячі військових убитими й пораненими.",
        )
    )
    fields = [Field.of("title", title), Field.of("lead", ""), Field.of("text", text)]
    reading = read(fields[0].text, fields[2].text, "uk")
    rows = shown_claims(reading.claims, fields)
    assert [(row["claim"], row["field"], row["repeat"]) for row in rows] == [
        (1, "title", False),
        (1, "text", True),
        (2, "text", False),
    ]
    for row in rows:
        whole = {"title": title, "text": text}[row["field"]]
        assert whole[row["start"] : row["end"]] == row["evidence"]
        assert not row["repeat"] or "sentence" not in row
    sentence = rows[2]["sentence"]
    assert text[sentence["start"] : sentence["end"]] == sentence["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_texts_are_read_well(language):
    """Floors a little under what is reached, so that a change that reads worse is seen; docs/claims-grammar.md has the figures."""
    count = Counter()
    for file in sorted((TEXTS / "claims").glob(f"{language}*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            published = datetime.fromisoformat(row["published"])
            at = published if published.tzinfo else published.replace(tzinfo=UTC)
            text = Field.of("text", row["text"])
            reading = ANALYSER.read("", text.text, language, publisher=row["outlet"], published=at)
            count.update(counted(row, shown_claims(reading.claims, [text])))
    reached = figures(count)
    for name, floor in {"precision": 0.93, "recall": 0.7, "core_f1": 0.68, "whole_f1": 0.62}.items():
        assert reached[name] >= floor, (language, reached)


def test_layout_leaves_out_what_is_no_report():
    laid = layout("", ARTICLE)
    shown = [laid.whole[one.start : one.end] for one in laid.sentences]
    assert shown[0] == "Seoul: North sends 300 howitzers to Russia"
    assert [one.heading for one in laid.sentences[:2]] == [True, False]
    assert shown[1].startswith("North Korea has shipped")
    assert not any("File photo" in one or "Read also" in one for one in shown)


WORDS = st.sampled_from(
    [
        "North",
        "Korea",
        "КНДР",
        "북한",
        "sent",
        "відправила",
        "отправила",
        "보냈다",
        "12,000",
        "soldiers",
        "військових",
        "солдат",
        "병력",
        "1만2천",
        "명",
        "to",
        "Russia",
        "в",
        "Росію.",
        "killed",
        "вбито",
        "погибли",
        "전사",
        "more",
        "than",
        "понад",
        "свыше",
        "이상",
        "said",
        "the",
        "NIS,",
        "за",
        "даними",
        "ГУР;",
        "NYT",
        "reports",
        "of",
        "them",
        "–",
        "(",
        ")",
        '"',
        "«",
        "»",
        "5",
        "тисяч",
        "170-mm",
        "$",
        "20",
        "billion",
        ".",
        "?",
        "!",
        "…",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join), st.sampled_from(LANGUAGES))
def test_any_text_is_read_and_every_place_lies_in_it(text, language):
    scan = ANALYSER.lexicon.scan("", text)
    claims = TOPIC.claims.read("", text, scan, ANALYSER.lexicon, language, about=True)
    assert claims == TOPIC.claims.read("", text, scan, ANALYSER.lexicon, language, about=True)
    for claim in claims:
        assert 0 < claim.low <= claim.high
        for start, end in (claim.evidence, claim.sentence, *claim.repeats):
            assert 0 <= start < end <= len(text)
        assert claim.sentence[0] <= claim.evidence[0] < claim.evidence[1] <= claim.sentence[1]


@pytest.mark.parametrize(
    "piece", ["North Korea sent 12,000 soldiers, ", "из них 500 ", "북한이 포탄 100만 발과 ", "«", "12,000 of the "]
)
def test_a_long_text_costs_no_more_than_in_proportion(piece):
    def cost(times):
        text = piece * times
        scan = ANALYSER.lexicon.scan("", text)
        began = time.process_time()
        TOPIC.claims.read(
            "", text, scan, ANALYSER.lexicon, "ru" if "из" in piece else "ko" if "북" in piece else "en", about=True
        )
        return time.process_time() - began

    cost(50)
    small, large = min(cost(100) for _ in range(3)), cost(800)
    assert large < 40 * small + 0.5  # eight times as long; sixty-four times would be its square
