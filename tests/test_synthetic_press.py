"""The synthetic press that stories are measured on: the same each time, whole sentences in four languages, gold that holds together."""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import press as synthetic
import press_stories
import stories as measured
from press_words import LANGUAGES, TONGUES, number, plural, texts

PRESS = list(synthetic.press(articles=1500, days=30, seed=7))
BY_ID = {one.id: one for one in PRESS}
ON_TOPIC = [one for one in PRESS if one.story.startswith("s")]


def test_the_same_seed_gives_the_same_press():
    again = list(synthetic.press(articles=1500, days=30, seed=7))
    assert again == PRESS
    assert [one.text for one in synthetic.press(articles=50, days=30, seed=8)] != [one.text for one in PRESS[:50]]


def test_there_are_as_many_articles_as_asked_for_in_time_order():
    assert len(PRESS) == len(BY_ID) == 1500
    assert [one.published for one in PRESS] == sorted(one.published for one in PRESS)
    assert len(ON_TOPIC) == 75
    sizes = Counter(one.story for one in ON_TOPIC)
    assert len(sizes) == 8
    assert max(sizes.values()) <= press_stories.MOST_STORY


def test_what_is_the_same_is_of_the_same_story_and_was_there_before():
    again = [one for one in PRESS if one.same_as is not None]
    assert {one.kind for one in again} == {"copy", "retitled"}
    for one in again:
        first = BY_ID[one.same_as]
        assert first.story == one.story
        assert first.lang == one.lang
        assert first.published <= one.published
        assert one.lead == first.lead
        if one.kind == "retitled":
            assert one.title != first.title


def test_every_story_begins_with_a_first_report_or_its_flash():
    for story in {one.story for one in ON_TOPIC}:
        kinds = [one.kind for one in ON_TOPIC if one.story == story]
        assert kinds.count("first") == 1
        assert kinds[0] in {"first", "flash"}


def test_only_the_first_to_bring_a_new_fact_is_material():
    many = [one for one in synthetic.press(articles=6000, days=60, seed=3) if one.story.startswith("s")]
    assert {one.kind for one in many if one.material} == {"followup"}
    for story in {one.story for one in many}:
        assert sum(one.material for one in many if one.story == story) <= 3


def test_no_slot_is_left_open_and_no_sentence_begins_small():
    for one in PRESS:
        assert not re.search(r"[{}|\ue000-\uf8ff]", one.title + one.text), one
        assert "[" not in one.text
        assert unicodedata.is_normalized("NFC", one.text)
        assert one.lead
        assert not one.lead[0].islower()
        assert one.lang in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", press_stories.ORIGINS)
def test_every_template_can_be_filled(kind, language):
    chance, tongue = random.Random(1), TONGUES[language]
    known = texts(language)["kind"][kind]
    for _ in range(3):
        slots = tongue.slots(press_stories.facts_of(kind, chance), datetime(2026, 3, 2, tzinfo=UTC), chance)
        for template in (known["that"], known["figure"], *known["titles"], *known["leads"], *known["facts"]):
            assert tongue.say(template, slots, chance)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("평양{은} 도쿄{은}", "평양은 도쿄는"),
        ("모스크바{로} 부산{로} 서울{로}", "모스크바로 부산으로 서울로"),
        ("국정원{이} 유럽연합(EU){이}", "국정원이 유럽연합(EU)이"),
        ("합참{을} NYT{을} 노광철{과}", "합참을 NYT를 노광철과"),
        ("[평양|평양]{이}", "평양이"),
    ],
)
def test_korean_particles_follow_the_sound_before_them(template, said):
    assert TONGUES["ko"].say(template, {}, random.Random(1)) == said


def test_numbers_want_the_genitive_plural_and_are_written_as_newspapers_do():
    chance = random.Random(1)
    for _ in range(500):
        found = plural(chance, 5, 400)
        assert found % 10 not in {1, 2, 3, 4} or found % 100 in {11, 12, 13, 14}
    assert plural(chance, 722, 900, 100) in {800, 900}
    assert {number("ko", 12_000, chance) for _ in range(60)} == {"1만2000", "1만2천", "12,000"}
    assert {number("ru", 12_000, chance) for _ in range(60)} == {"12 тысяч", "12 000"}
    assert {number("uk", 1500, chance) for _ in range(60)} == {"1,5 тисячі", "1 500"}
    assert number("en", 34_000, chance) == "34,000"


def test_stories_of_a_kind_near_in_time_are_of_other_places():
    made = press_stories.stories(600, 30, random.Random(5))
    for one in made:
        for other in made:
            near = one is not other and abs(one.start - other.start) < press_stories.APART
            if near and one.kind == other.kind and one.kind in {"losses", "troops", "capture"}:
                assert one.values["place"] != other.values["place"]


def test_b_cubed_is_counted_by_article():
    gold = {"a": 1, "b": 1, "c": 2, "d": 2}
    assert measured.b_cubed({"a": 1, "b": 1, "c": 2, "d": 2}, gold) == (1, 1, 1)
    assert measured.b_cubed({"a": 1, "b": 1, "c": 1, "d": 1}, gold) == (0.5, 1, pytest.approx(2 / 3))
    assert measured.b_cubed({"a": 1, "b": 2, "c": 3, "d": 4}, gold) == (1, 0.5, pytest.approx(2 / 3))


def test_squeezing_moves_stories_and_not_the_articles_within_one():
    rows = [
        {"id": one, "story": story, "published": f"2026-03-{day:02}T{hour:02}:00:00Z"}
        for one, story, day, hour in (("a", "x", 1, 0), ("b", "x", 1, 6), ("c", "y", 31, 0))
    ]
    moved = {row["id"]: at for at, row in measured.timed(rows, 3, False, random.Random(1))}
    assert moved["b"] - moved["a"] == timedelta(hours=6)
    assert moved["c"] - moved["a"] == timedelta(days=3)
    shaken = measured.timed(rows, 0, True, random.Random(1))
    assert [at for at, _ in shaken] == sorted(at for at, _ in shaken)
