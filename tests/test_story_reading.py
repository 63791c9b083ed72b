"""Stories out of texts: which articles are one story, one article, one name; on whose word; and what a topic may say of it."""

from __future__ import annotations

import json
import random
import unicodedata
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stories import Clusterer, Profile
from analysis.stories.copies import Print, bands, corrects, plain_title, shingles
from analysis.stories.likeness import likeness
from analysis.stories.names import close, consonants, sound
from analysis.stories.origins import independent, origins
from analysis.stories.settings import StoriesError, load_stories
from khasan.topic import load_topic

TOPIC = load_topic()
EVAL = Path(__file__).parent / "eval"
TEXTS = Path(__file__).parent / "texts" / "stories"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(title, lead="", language="", outlet="a", at=NOW):
    reading = TOPIC.analyser.read(title, lead, language, len(lead) or None, publisher=outlet, published=at)
    return TOPIC.stories.read(title, lead, reading, TOPIC.analyser, outlet, at)[0]


def rows_of(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        at = datetime.fromisoformat(row["published"])
        row["profile"] = read(
            row["title"], row["lead"], row["lang"], row["outlet"], at.replace(tzinfo=at.tzinfo or UTC)
        )
    return rows


def squeezed(rows, days):
    """Stories squeezed into some days, with half a day of jitter."""
    dice, first = random.Random(7), min(row["profile"].at for row in rows)
    span = max(row["profile"].at for row in rows) - first
    for row in rows:
        at = first + (row["profile"].at - first) * min(1.0, timedelta(days=days) / span)
        yield row | {"profile": replace(row["profile"], at=at + timedelta(hours=dice.uniform(-12, 12)))}


def f1(rows):
    clusterer, gold, mine = Clusterer(TOPIC.stories.weights), defaultdict(set), defaultdict(set)
    placed = {}
    for row in sorted(rows, key=lambda row: row["profile"].at):
        placed[row["id"]] = clusterer.add(row["profile"], row["title"], row["lead"])
        gold[row["story"]].add(row["id"])
        mine[placed[row["id"]]].add(row["id"])
    both = {row["id"]: len(gold[row["story"]] & mine[placed[row["id"]]]) for row in rows}
    precision = sum(both[row["id"]] / len(mine[placed[row["id"]]]) for row in rows) / len(rows)
    recall = sum(both[row["id"]] / len(gold[row["story"]]) for row in rows) / len(rows)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("path", "dated", "month"),
    [
        (EVAL / "dev_stories.jsonl", 0.97, 0.94),
        (EVAL / "dev2_stories.jsonl", 0.96, 0.95),
        (TEXTS / "a.jsonl", 0.88, 0.85),
        (TEXTS / "b.jsonl", 0.90, 0.87),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_gold_stories_are_found(path, dated, month):
    rows = rows_of(path)
    assert f1(rows) >= dated
    assert f1(list(squeezed(rows, 30))) >= month


def test_the_common_actors_alone_make_no_story():
    one = read("Russia and North Korea", "Moscow and Pyongyang speak of their soldiers.", "en")
    other = read("Россия и КНДР", "В Москве и Пхеньяне говорят о солдатах.", "ru")
    assert likeness(one, other, TOPIC.stories.weights) < TOPIC.stories.weights.threshold


def test_what_is_older_than_the_window_is_let_go():
    clusterer = Clusterer(TOPIC.stories.weights)
    texts = [
        f"Korean sappers number {n} leave Kursk for a village called {chr(65 + n % 26) * 3}ovka." for n in range(60)
    ]
    for day, text in enumerate(texts):
        clusterer.add(read(text, text, "en", at=NOW + timedelta(days=day)), text, text)
    assert len(clusterer._kept) <= 16
    assert max(map(max, clusterer._by_key.values())) == 60
    assert min(map(min, clusterer._by_key.values())) > 40


def test_without_measures_each_article_is_a_story_but_for_copies():
    clusterer = Clusterer(load_stories({}, "", "", TOPIC.lexicon).weights)
    text = "Seoul counts eleven thousand soldiers in the Kursk region and expects more of them before the winter comes."
    assert clusterer.add(read("One", text, "en"), "One", text) == 1
    assert clusterer.add(read("Two", "Another thing.", "en"), "Two", "Another thing.") == 2
    assert clusterer.add(read("Three", text, "en", outlet="b"), "Three", text) == 1


@pytest.mark.parametrize(
    "names",
    ["Pokrovsk Покровськом Покровска 포크로우스크서", "Khinshtein Хинштейн Хінштейном 힌시테인", "Vladivostok Владивостока 블라디보스토크",
     "Matsegora Мацегора 마체고라", "Kostiantynivka Костянтинівки 코스탼티니우카", "Novorossiysk Новороссийске 노보로시스크"],
)  # fmt: skip
def test_a_name_sounds_alike_in_every_script(names):
    first, *others = map(sound, names.split())
    for other in others:
        assert consonants(other) == consonants(first)
        assert close(first, other)
    assert not close(first, sound("Pyongyang"))


@given(st.text(max_size=30))
def test_a_sound_has_its_own_letters_only(word):
    heard = sound(word)
    assert set(heard) <= set("AEOKRTMNPSH")
    assert set(consonants(heard)) <= set("KRTMNS")
    assert sound(unicodedata.normalize("NFC", word)) == sound(unicodedata.normalize("NFC", word))


BODY = (
    "South Korea's defence ministry told the parliament on Monday that Pyongyang has shipped some thirty-four thousand containers "
    "to Russia since 2023, which could hold more than fifteen million shells of 152 millimetres. Most left from the port of Rajin."
)


def test_what_is_the_same_article():
    wire = Print.of("yonhap", "N. Korea sent 34,000 containers: ministry", BODY)
    assert (
        wire.is_same(Print.of("kbs", "North’s containers counted", BODY + " The ministry gave no details.")) == "copy"
    )
    assert (
        wire.is_same(Print.of("yonhap", "(LEAD) 34,000 containers, says ministry", BODY.replace("Monday", "Tuesday")))
        == "version"
    )
    flash = Print.of("yonhap", '[속보] 국방부 "북한, 러에 컨테이너 3만4천개"', "")
    report = Print.of("yonhap", '국방부 "북한, 러에 컨테이너 3만4천개"(종합)', "국방부는 4일 국회에서 이렇게 밝혔다.")
    assert flash.is_same(report) == "version"
    assert Print.of("kbs", *(flash.title, "")).is_same(report) == ""
    assert (
        wire.is_same(
            Print.of("kbs", wire.title, "Another text altogether, of another day and hand, on the same containers.")
        )
        == ""
    )
    assert plain_title("UPDATE 2-Kim sends guns (дополнено)") == "Kim sends guns"
    assert corrects("CORRECTED: Kim sends guns")
    assert not corrects("Kim corrected course")


@given(
    st.lists(
        st.sampled_from(
            ["kim", "sends", "shells", "to", "russia", "again", "today", "in", "seven", "ships", "from", "rajin"]
        ),
        min_size=12,
        max_size=60,
    )
)
def test_the_same_text_has_the_same_bands(words):
    text = " ".join(words)
    marks = bands(shingles(text))
    assert marks == bands(shingles(text.upper() + "."))
    assert all(-(2**63) <= mark < 2**63 for mark in marks)


def test_a_profile_comes_back_as_it_was_kept():
    one = read(
        "Reuters: КНДР удвічі скоротила постачання снарядів",
        "За півроку 23 рейси з Раджина, кажуть Ковальчук і Reuters.",
        "uk",
    )
    again = Profile.from_plain(json.loads(json.dumps(one.plain())), one.language, one.outlet, one.at, one.origin)
    assert again == one
    assert likeness(one, again, TOPIC.stories.weights) > 0.9


def test_origins_are_counted_not_outlets():
    circles = {"state media": frozenset({"kcna", "tass"})}
    found = origins([(1, "kr_nis"), (2, "kr_nis"), (3, ""), (4, "experts")], circles, frozenset({"experts"}))
    assert [(one.id, one.articles) for one in found] == [("kr_nis", (1, 2, 3, 4))]
    assert independent(origins([(1, "kcna"), (2, "tass"), (3, "kr_nis")], circles, frozenset())) == 2
    assert [one.id for one in origins([(1, "experts"), (2, "")], circles, frozenset({"experts"}))] == ["experts"]
    assert origins([(1, ""), (2, "")], circles, frozenset()) == ()


@pytest.mark.parametrize(
    ("data", "common", "bridge", "fault"),
    [
        ({"vague": ["nobody"]}, "", "", "vague: 'nobody' is no concept of the lexicon"),
        ({"quite": []}, "", "", "quite: unknown, or of the wrong type"),
        ({"circles": {"ours": "kcna"}}, "", "", "circles.ours: found 'kcna', expected a list of ids"),
        ({"likeness": {"keyes": 1.0}}, "", "", "likeness.keyes: unknown"),
        ({"likeness": {"keys": "much"}}, "", "", "likeness.keys: found 'much', expected a number"),
        ({}, "c:kp\tmuch\n", "", "stories.tsv: line 1: 'much' is no share"),
        ({}, "", "statue\tstatue*\n", "bridge.tsv: line 1: found 2 columns, expected 5"),
    ],
)
def test_what_a_topic_says_wrongly_is_named(data, common, bridge, fault):
    with pytest.raises(StoriesError) as found:
        load_stories(data, common, bridge, TOPIC.lexicon)
    assert fault in str(found.value)
