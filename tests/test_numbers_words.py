"""What is written as a number is read back, of whatever form, and whatever else stands in the text."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from analysis.numbers import Number, numbers
from tests.test_numbers import EXAMPLES, TABLES
from tests.test_numbers_phrases import EXAMPLES as PHRASES

# Words.

SENTENCES = {
    "ru": "Сообщили: {}, как писали.",
    "uk": "Повідомили: {}, як писали.",
    "ko": "북한군 {} 명이 갔다.",
    "en": "They saw {}, it said.",
}
CASES = ("nominative", "genitive", "dative", "accusative", "instrumental", "locative")
FORMS = {
    "ru": [
        {"case": case, "gender": gender, "animate": animate}
        for case in "ngdaip"
        for gender in "mfn"
        for animate in (True, False)
    ],
    "uk": [{"case": case, "gender": gender} for case in CASES for gender in ("masculine", "feminine")],
    "ko": [{}],
    "en": [{}],
}
EDGES = sorted(
    {
        digit * 10**power + more
        for power in range(8)
        for digit in (1, 2, 5, 9)
        for more in (-1, 0, 1)
        if 0 < digit * 10**power + more <= 10**7
    }
    | set(range(1, 130)),
)


def values(seed):
    """5,000 from one to ten million: what is at the edges, and others, of each length as many."""
    chance = random.Random(seed)
    return EDGES + [int(10 ** chance.uniform(0, 7)) for _ in range(5000 - len(EDGES))]


def is_read_back(value, words, language):
    found = numbers(SENTENCES[language].format(words), language)
    return [(number.low, number.high, number.kind) for number in found] == [(value, value, "count")]


@pytest.mark.parametrize("language", FORMS)
def test_cardinals_are_read_back(language):
    chance = random.Random(11)
    misses = []
    for value in values(7):
        form = chance.choice(FORMS[language])
        words = num2words(value, lang=language, **form)
        if language == "en":
            words = words.replace(",", "")
        if not is_read_back(value, words, language):
            misses.append((value, words, form))
    assert len(misses) <= 50, misses[:10]


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_every_form_of_a_cardinal_is_read_back(language):
    chance = random.Random(13)
    sample = [
        *range(2, 21),
        *range(30, 101, 10),
        *range(200, 1000, 100),
        *(int(10 ** chance.uniform(2, 7)) for _ in range(100)),
    ]
    wanted = [(value, num2words(value, lang=language, **form)) for value in sample for form in FORMS[language]]
    misses = [pair for pair in wanted if not is_read_back(*pair, language)]
    assert len(misses) <= len(wanted) / 100, misses[:10]


# Digits.

FRAMES = {
    "en": ("Officials said {} soldiers had come, it was reported.", "In all {} of them."),
    "uk": ("Повідомляють, що {} військових прибули, пише преса.", "Усього {} з них."),
    "ru": ("Сообщают, что {} военных прибыли, пишет пресса.", "Всего {} из них."),
    "ko": ("국방부는 북한군 {}명이 갔다고 했다.", "모두 {} 명이다."),
}


def grouped(value, separator):
    return f"{value:,}".replace(",", separator)


def korean(value):
    parts = [(value // 10**8, "억"), (value // 10**4 % 10**4, "만"), (value % 10**4, "")]
    return "".join(f"{part}{unit}" for part, unit in parts if part)


def thousands(value):
    """A value with one figure behind the comma, in thousands."""
    return f"{value // 1000},{value % 1000 // 100}"


WRITTEN = {
    "en": (str, lambda value: grouped(value, ","), lambda value: grouped(value, "\u00a0")),
    "uk": (
        str,
        lambda value: grouped(value, " "),
        lambda value: grouped(value, "\u00a0"),
        lambda value: grouped(value, "\u202f"),
    ),
    "ru": (
        str,
        lambda value: grouped(value, " "),
        lambda value: grouped(value, "\u2009"),
        lambda value: grouped(value, "."),
    ),
    "ko": (str, lambda value: grouped(value, ","), korean),
}
LANGUAGES = st.sampled_from(sorted(TABLES))


@given(LANGUAGES, st.integers(2100, 10**9), st.randoms(use_true_random=False))
def test_a_figure_is_read_as_it_was_written(language, value, chance):
    written = chance.choice(WRITTEN[language])(value)
    text = chance.choice(FRAMES[language]).format(written)
    assert [(n.low, n.high, n.kind, text[slice(*n.core)]) for n in numbers(text, language)] == [
        (value, value, "count", written)
    ]


@given(LANGUAGES, st.integers(21, 9999), st.randoms(use_true_random=False))
def test_a_multiplier_is_read(language, value, chance):
    words = {
        "en": " thousand",
        "uk": chance.choice((" тисяч", " тис.")),
        "ru": chance.choice((" тысяч", " тыс.")),
        "ko": "만",
    }
    text = chance.choice(FRAMES[language]).format(f"{value}{words[language]}")
    scale = 10_000 if language == "ko" else 1000
    assert [(n.low, n.kind) for n in numbers(text, language)] == [(value * scale, "count")]


@given(st.sampled_from(("uk", "ru")), st.integers(21, 999), st.integers(1, 9))
def test_a_decimal_comma_is_read(language, whole, tenth):
    word = {"uk": "тисячі", "ru": "тысячи"}[language]
    (number,) = numbers(f"Потери: {whole},{tenth} {word}.", language)
    assert number.low == number.high == whole * 1000 + tenth * 100


@given(LANGUAGES, st.integers(2, 400), st.integers(1, 400), st.sampled_from("-–—~"))
def test_a_range_has_both_ends(language, low, more, dash):
    high = low + more
    word = {"en": " thousand men", "uk": " тисяч осіб", "ru": " тысяч человек", "ko": "만 명"}[language]
    scale = 10_000 if language == "ko" else 1000
    (number,) = numbers(f"… {low}{dash}{high}{word} …", language)
    assert (number.low, number.high, number.approx) == (low * scale, high * scale, "range")


# Whatever stands in a text.

PIECES = st.sampled_from(
    [piece for line in (*(line for _, line in EXAMPLES), *(line[3:] for line in PHRASES)) for piece in re.sub("[{}]", "", line.partition(" =")[0]).split()]
    + list("0123456789.,-–~:/+$%°() \n\u00a0'’제여") + ["http://", "@", "from", "between", "от", "до", "тысяч", "만", "最", "ﬁ", "İ"],
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join))


@given(TEXTS, st.sampled_from((*TABLES, "", "ja")))
def test_numbers_of_any_text_are_in_order_apart_and_within_it(text, language):
    reached = 0
    for number in numbers(text, language):
        assert isinstance(number, Number)
        assert reached <= number.start <= number.core[0] < number.core[1] <= number.end <= len(text)
        assert number.low <= number.high
        assert number.kind != "count" or number.fraction or (type(number.low), type(number.high)) == (int, int)
        reached = number.end


LONG = ("1", "1,", ",", " ", "тысяч ", "thousand ", "1만", "12 men ")
HOSTILE = (
    "1 ", "1.", "1,111", "-", "тысяча ", "a hundred and ", "one hundred ", "만", "1만 ", "1-", "12:", "1/", "+1 ", "+", "(1", "a-1", "a1", "x",
    "п'", "더 ", "한 ", "백", "수", "от 1 до ", "from 1 to ", "between 1 and ", "more than ", "не менее чем ", "약 ", "1명 ", "1 word ", "@", "#",
    "http://1 ", "$", "$1", "half ", "2 1/2 ", "to a brigade ", "до батальона ", "one in ", "тысяч с ", "солдат сто ", "122- и ", "152 и ", "$1bn, 1bn ", "1bn ",
    "aged 20, 20, ", "10명 중 ", "만 5천 ", "12억 ", "ten, maybe ", "десять, а то и ", "제1", "여덟", "1·", "\u00a01", "일이", " 이 천", "тысяч 1 ", "человек ", "с половиной ", "1.1.",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ru", "ko"])
def test_hostile_texts_take_linear_time(language):
    """With the square of their length the short ones would take seconds, the long ones minutes."""
    for pieces, length, limit in ((HOSTILE, 12_000, 0.7), (LONG, 100_000, 5)):
        for piece in pieces:
            text = (piece * length)[:length]
            begin = time.process_time()
            numbers(text, language)
            assert time.process_time() - begin < limit, piece


def test_twenty_numbers_cost_little():
    """A thousandth of a second for what 0.6 are allowed, as the machine may be busy: the best of ten."""
    chance = random.Random(5)
    for language, table in TABLES.items():
        lines = [re.sub("[{}]", "", line.partition(" =")[0]) for line in table.strip().splitlines()]
        text = (" ".join(chance.sample(lines, 10)) + " нет here 없다 ничего" * 400)[:4000]
        numbers(text, language)
        costs = []
        for _ in range(10):
            begin = time.process_time()
            numbers(text, language)
            costs.append(time.process_time() - begin)
        assert min(costs) < 0.002
