"""Attribution: every rule's own examples, our own sentences of every language, what is carried, and when it was said."""

from __future__ import annotations

import re
import time
import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analysis.attribution import Attribution, Attributions, Grammar, load_attribution
from analysis.cues import GrammarError
from analysis.layout import layout
from analysis.lexicon_file import load_lexicon

if TYPE_CHECKING:
    from analysis.lexicon import Lexicon

ROOT = Path(__file__).resolve().parent.parent
FILES = ROOT / "khasan" / "topics" / "nk-russia" / "attribution"
TEXTS = ROOT / "tests" / "texts" / "attribution"
LANGUAGES = ("en", "uk", "ru", "ko")
FIGURE = re.compile(r"(?<![\w-])\d[\d.,\xa0 ]*")
MARKED = re.compile(r"\[([^\]|]+)\|([^\]]*)\]")


@cache
def grammar() -> Grammar:
    return load_attribution(
        {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES.glob("*.toml")}
    )


@cache
def lexicon() -> Lexicon:
    return load_lexicon(tomllib.loads((FILES.parent / "lexicon.toml").read_text(encoding="utf-8")))


def read(text: str, language: str, publisher: str = "", title: str = "", published: str = "2025-02-11") -> Attributions:
    laid = layout(title, text)
    scan = lexicon().scan(title, text)
    moved = [one._replace(start=one.start + laid.shift, end=one.end + laid.shift) for one in scan.text]
    return Attributions(
        laid,
        [*scan.title, *moved],
        grammar(),
        lexicon=lexicon(),
        language=language,
        publisher=publisher,
        published=datetime.fromisoformat(published).replace(tzinfo=UTC),
    )


def shown(found: Attribution) -> str:
    return " < ".join([found.origin or "", *reversed(found.relays)])


def asked(text: str, figure: str, language: str = "en", **more: str) -> str:
    at = text.index(figure) + (len(more["title"]) + 2 if more.get("title") else 0)
    return shown(read(text, language, **more).of(at, at + len(figure)))


def examples() -> list[tuple[str, str, str, str]]:
    return [
        (language, rule.id, text, expected)
        for language, known in grammar().languages.items()
        for rule in known.cues.rules.values()
        for text, expected in rule.examples
    ]


@pytest.mark.parametrize(("language", "rule", "text", "expected"), examples())
def test_a_rules_own_examples(language: str, rule: str, text: str, expected: str) -> None:
    figure = FIGURE.search(text)
    assert figure is not None, f"{language}.toml: {rule}: an example needs a figure"
    assert shown(read(text, language).of(*figure.span())) == expected


def test_every_rule_has_an_example() -> None:
    for language, known in grammar().languages.items():
        assert [rule.id for rule in known.cues.rules.values() if not rule.examples] == [], language


def sentences(language: str) -> list[tuple[str, str]]:
    lines = (TEXTS / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.partition(": ") for line in lines if line and not line.startswith("#")]
    return [(outlet, marked.replace(" | ", "\n\n")) for outlet, _, marked in rows]


def unmarked(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Take the marks out of a text: the text, and the place and attribution of every figure marked."""
    text, last, found = "", 0, []
    for mark in MARKED.finditer(marked):
        text += marked[last : mark.start()]
        found.append((len(text), len(text) + len(mark[1]), mark[2]))
        text += mark[1]
        last = mark.end()
    return text + marked[last:], found


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_sentences(language: str) -> None:
    wrong = []
    for head, marked in sentences(language):
        text, figures = unmarked(marked)
        outlet, _, day = head.partition("@")
        attributions = read(text, language, outlet, published=day or "2025-02-11")
        wrong += [
            (text[start:end], text[:60], expected, got)
            for start, end, expected in figures
            if (got := shown(attributions.of(start, end))) not in expected.split(" / ")
        ]
    assert wrong == []


def test_a_leads_relay_is_carried_to_officials_of_its_country_alone() -> None:
    text = (
        "North Korea sent 200 guns to Russia, Yonhap reports.\n\n"
        "Some 11,000 troops went too, South Korea's defence ministry said.\n\n"
        "As the General Staff of Ukraine reported, 4,000 of them were lost."
    )
    assert asked(text, "200", publisher="rbc_ua") == "kr_mnd < yonhap"
    assert asked(text, "11,000", publisher="rbc_ua") == "kr_mnd < yonhap"
    assert asked(text, "4,000", publisher="rbc_ua") == "ua_genstaff"


def test_the_publisher_is_no_relay() -> None:
    text = "Погибли 600 солдат КНДР, передает РБК-Украина со ссылкой на Рёнхап, который цитирует разведку Южной Кореи."
    assert "rbc_ua" not in asked(text, "600", "ru", publisher="rbc_ua")


def test_a_headlines_figure_is_attributed_as_in_the_body() -> None:
    title = "North Korea lost 4,700 men – Seoul"
    text = "North Korea's losses stand at 4,700, the NIS said, Yonhap reports.\n\nThe Kremlin said 30 were hurt."
    at = title.index("4,700")
    assert shown(read(text, "en", "rbc_ua", title).of(at, at + 5)) == "kr_nis < yonhap"


def test_a_quotation_over_several_sentences_has_one_speaker() -> None:
    text = "“They came in October. There are 12,000 of them. We expect more,” Zelensky said. The Kremlin said 30 came."
    assert asked(text, "12,000") == "zelensky"


def test_a_bare_ministry_is_that_of_the_publishers_country() -> None:
    text = "Северокорейские саперы обезвредили 300 мин, сообщили в Минобороны."
    assert asked(text, "300", "ru", publisher="ria") == "ru_mod"
    assert asked(text, "300", "ru", publisher="unian") == "ua_mod"


@pytest.mark.parametrize(
    ("language", "text", "figure", "expected"),
    [
        ("en", "The NIS said on Thursday that 600 North Koreans died.", "600", date(2025, 2, 6)),
        ("en", "As Zelensky stated on February 7, 4,000 were lost in Kursk.", "4,000", date(2025, 2, 7)),
        ("en", "The NIS said that 600 North Koreans died on January 3.", "600", None),
        ("uk", "Зеленський 7 лютого заявив про 4 тисячі втрат КНДР.", "4", date(2025, 2, 7)),
        ("ru", "Об этом 30 декабря сообщил Генштаб ВСУ: погибли 600 корейцев.", "600", date(2024, 12, 30)),
        ("ko", "국정원은 북한군 600명이 숨졌다고 30일 밝혔다.", "600", date(2025, 1, 30)),
        ("ko", "국정원은 지난 8일부터 북한군 600명이 갔다고 밝혔다.", "600", None),
    ],
)
def test_the_day_on_which_it_was_said(language: str, text: str, figure: str, expected: date | None) -> None:
    at = text.rindex(figure) if figure != "4" else text.index("4 ")
    assert read(text, language).of(at, at + len(figure)).said == expected


def test_for_whom_somebody_speaks_depends_on_the_day() -> None:
    text = "Some 3,000 were lost, Shin Won-sik said."
    assert asked(text, "3,000", published="2024-03-01") == "kr_mnd"
    assert asked(text, "3,000", published="2024-11-01") == "kr_gov"


def test_the_media_of_a_sentence_that_points_back_hold_for_the_one_before() -> None:
    text = "Національна служба розвідки оцінює втрати КНДР у 4700 осіб. Про це повідомляє Yonhap з посиланням на НРС."
    assert asked(text, "4700", "uk", publisher="ukrinform") == "kr_nis < yonhap"


def test_an_unknown_language_has_nobody() -> None:
    assert read("Die NIS sagt 600.", "de").of(13, 16) == Attribution()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("en", "[[rule]]\nid = 'x'\nkind = 'speach'\n", "attribution/en.toml: rule x: kind"),
        ("en", "strange = 1\n", "attribution/en.toml: unknown key 'strange'"),
        ("en", "[[rule]]\nid = 'x'\nkind = 'stand_in'\nneeds = 'kr'\n", "rule x: needs: expected true or false"),
        ("sources", "later = 'x'\n", "attribution/sources.toml: later: expected a table, found 'x'"),
        ("sources", "[later]\nshin = 'x'\n", "attribution/sources.toml: later: shin: expected a day"),
        ("sources", "[speaks_for]\nshin = 3\n", "attribution/sources.toml: speaks_for: shin: expected a text, found 3"),
        ("sources", "media = 'yonhap'\n", "attribution/sources.toml: media: expected a list"),
        ("sources", "mediums = []\n", "attribution/sources.toml: unknown key 'mediums'"),
        (
            "sources",
            "[later]\nshin = { since = 'x', office = 'y' }\n",
            "attribution/sources.toml: later: shin: expected",
        ),
    ],
)
def test_a_faulty_file_is_named(file: str, text: str, said: str) -> None:
    with pytest.raises(GrammarError, match=re.escape(said)):
        load_attribution({file: tomllib.loads(text)})


def test_ids_are_the_lexicons() -> None:
    known, who = lexicon().concepts_by_id, grammar().who
    ids = {*who.media, *who.experts, *who.anonymous, *who.general, *who.persons, *who.speaks_for}
    ids |= {
        rule.gives for one in grammar().languages.values() for rule in one.cues.rules.values() if rule.kind == "source"
    }
    ids |= {
        str(rule.options["default"])
        for one in grammar().languages.values()
        for rule in one.cues.rules.values()
        if rule.options.get("default")
    }
    assert sorted(one for one in ids if one not in known) == []


@pytest.mark.parametrize(
    "piece", ["said the NIS ", "The ministry said. ", "“Kyiv, Seoul’s ", "it said; ", "국방부는 말했다 "]
)
def test_a_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    for language in LANGUAGES:
        read(text, language).of(50_000, 50_001)
    assert time.process_time() - began < 12
