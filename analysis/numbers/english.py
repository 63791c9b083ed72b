"""English: its number words, and what tells its years, ordinals and names from counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.numbers import bounds, ranges, units
from analysis.numbers.cardinals import (
    ADD,
    AND_HALF,
    FEW,
    HALF,
    HUNDRED,
    MANY,
    MULTIPLIER,
    ODD,
    ONE,
    PACK,
    PART,
    Word,
)
from analysis.numbers.patterns import split_words
from analysis.numbers.scan import Scanner
from analysis.numbers.shape import PLAIN
from analysis.numbers.tongue import Tongue, is_year, noun_follows, take_fraction, take_month, word_before

if TYPE_CHECKING:
    from analysis.numbers.shape import Figure

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_POWERS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT = {"mln": 10**6, "mn": 10**6, "mil": 10**6, "bln": 10**9, "bn": 10**9, "trn": 10**12, "tn": 10**12}
_FEW = "several|a few|few|some few|many|countless|untold|a couple|a couple of|multiple"
_PARTS = {"third": 1 / 3, "quarter": 0.25, "fourth": 0.25, "fifth": 0.2, "sixth": 1 / 6, "eighth": 0.125, "tenth": 0.1}

_TABLE: dict[str, Word] = {
    **{word: Word(ADD, value) for value, word in enumerate(_ONES.split())},
    **{word: Word(ADD, 20 + 10 * place) for place, word in enumerate(_TENS.split())},
    "fourty": Word(ADD, 40),
    "hundred": Word(HUNDRED, 100, ONE),
    "hundreds": Word(HUNDRED, 100, MANY),
    "tens": Word(PACK, 10, MANY),
    "dozen": Word(PACK, 12, ONE),
    "dozens": Word(PACK, 12, MANY),
    "scores": Word(PACK, 20, MANY),
    **{word: Word(MULTIPLIER, value, ONE) for word, value in _POWERS.items()},
    **{word + "s": Word(MULTIPLIER, value, MANY) for word, value in _POWERS.items()},
    **{word: Word(MULTIPLIER, value, MANY) for word, value in _SHORT.items()},
    "half": Word(HALF, 0.5),
    "and a half": Word(AND_HALF, 0.5),
    "and-a-half": Word(AND_HALF, 0.5),
    "odd": Word(ODD, 1),
    **{word: Word(FEW) for word in _FEW.split("|")},
    "a half": Word(HALF, 0.5),
    "no one": Word(FEW),
    "not one": Word(FEW),
    "one another": Word(FEW),
    **{f"a {word}": Word(MULTIPLIER, value, ONE) for word, value in _POWERS.items()},
    "a hundred": Word(HUNDRED, 100, ONE),
    "a dozen": Word(PACK, 12, ONE),
    **{word + "s": Word(PART, value, MANY) for word, value in _PARTS.items()},
    **{f"{one}{word}": Word(PART, value) for word, value in _PARTS.items() for one in ("one ", "one-")},
    **{f"a {word}": Word(PART, _PARTS[word]) for word in ("third", "quarter", "fifth")},
    "halves": Word(PART, 0.5, MANY),
    "quarter-million": Word(PACK, 250_000, ONE),
}

SCANNER = Scanner(
    words=_TABLE,
    digits=r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d+)?(?!\d)|\d{1,3}(?:\u00a0\d{3}){1,5}(?!\d)|\d{1,3}(?: 000){1,4}(?!\d)",
    suffixes=_SHORT | {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12},
    not_names=frozenset(("mid", "pre", "post", "early", "late", "since", "end", "sub", "nearly", "over")),
    decimal_comma=False,
)

_CENTURY, _OLDEST = 100, 110
_COMMA = re.compile(r",(?!\d)")
_FIRST_BARE, _LAST_BARE = 1945, 2049
_TAIL = re.compile(
    r"(?P<ordinal>(?:st|nd|rd|th)(?!\w)|[-\s](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)(?!\w))"
    r"|(?P<decade>'?s(?!\w))|(?P<designation>\snorth(?=\s(?:website|analys|said|report|project))|[a-z][\w-]*)",
)
_NOT_A_PART = re.compile(
    r"\s(?!of|in|to|from|less|more|lower|higher|fewer|on|by|are|were|is|was|have|had|and|or|smaller|larger)[a-z]|-"
)
_YEAR_WORDS = frozenset(
    split_words(
        "in since by until till during before after from of early late mid year spring summer autumn fall winter end through "
        "between and to throughout around december november october september august july june may april march"
    ),
)


def _after(figure: Figure, folded: str, text: str, tongue: Tongue) -> None:
    """Ordinals, decades, years and North of the 38th."""
    if figure.fraction:
        take_fraction(
            figure,
            folded,
            is_ordinal=_NOT_A_PART.match(folded, figure.end) is not None and folded[figure.end - 1] in "dh",
        )
        return
    if figure.written == PLAIN and figure.low <= _OLDEST and _stands_apart(figure, folded):
        figure.kind = "age"
        return
    tail = _TAIL.match(folded, figure.end)
    if tail:
        figure.kind = tail.lastgroup or ""
        if figure.kind == "decade":
            figure.kind = "year" if figure.low > _CENTURY else "age"
        figure.last = tail.end()
        if figure.kind == "ordinal":
            _day_of(figure, folded, text, tongue)
    elif figure.written == PLAIN and figure.scale == 1 and _is_year(figure, folded, text, tongue):
        figure.kind = "year"


def _stands_apart(figure: Figure, folded: str) -> bool:
    """Whether a figure stands between commas after a word: "Kim, 54, said"."""
    before = folded[max(0, figure.start - 3) : figure.start]
    return before[1:] == ", " and before[0].isalpha() and _COMMA.match(folded, figure.end) is not None


def _day_of(figure: Figure, folded: str, text: str, tongue: Tongue) -> None:
    unit = tongue.units.after(folded, figure.last)
    if unit and unit.kind == "month":
        end, figure.end = figure.end, figure.last
        take_month(figure, unit, text)
        figure.end = end


def _is_year(figure: Figure, folded: str, text: str, tongue: Tongue) -> bool:
    """A bare 2024 is a year, unless it is bounded or something countable follows."""
    value = figure.low
    if not is_year(value) or value != int(value):
        return False
    word = word_before(folded, figure.start)[0]
    if word in _YEAR_WORDS:
        return value % 100 != 0 or not noun_follows(text, figure.end)
    if tongue.bounds.before(folded, figure.start):
        return False
    return value % 100 != 0 and _FIRST_BARE <= value <= _LAST_BARE


ENGLISH = Tongue(
    scanner=SCANNER,
    units=units.Units(units.ENGLISH),
    bounds=bounds.ENGLISH,
    links=ranges.ENGLISH,
    earlier=re.compile(r"(?!)"),
    numbered=frozenset(
        split_words(
            "no nos number № # article articles resolution resolutions unit room office bureau section chapter paragraph clause "
            "protocol phase type flight highway route version "
            "hwasong hwasal pukguksong voyager soyuz shenzhou team sputnik chollima bldg annex category tier "
        ),
    ),
    numbered_stems=("№",),
    ages=frozenset(("aged", "age", "ages")),
    months=frozenset(word for word in units.ENGLISH["month"].split("|") if " " not in word),
    inverted=False,
    after=_after,
)
