"""English, Russian and Ukrainian: from figures to numbers by the words around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.numbers import phrases, ranges
from analysis.numbers.bounds import STRONG, moves
from analysis.numbers.cardinals import cardinals
from analysis.numbers.scan import heads_a_line
from analysis.numbers.shape import GROUPED, PLAIN, WORDS, Figure
from analysis.numbers.tongue import LAST_DAY, is_year, take_month, take_unit, word_before

if TYPE_CHECKING:
    from analysis.numbers.tongue import Tongue

_SIGNS = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₩": "krw", "₽": "rub", "₴": "uah", "￦": "krw", "＄": "usd"}
_CODES = {code: code for code in ("usd", "eur", "krw", "rub", "uah", "cny", "jpy", "gbp", "cad", "aud")} | {
    "rmb": "cny"
}
_DOLLARS = {"us": "usd", "a": "aud", "c": "cad", "hk": "hkd", "nz": "nzd", "s": "sgd", "au": "aud", "ca": "cad"}
_has_decimals = re.compile(r"\d+[.,]\d{1,2}").fullmatch
_THAT_NUMBER = re.compile(r".?(?:\sthat|\sthis|total|which|whose) number")
_HOMOGRAPHS = frozenset(("семью", "сьома"))  # a family, the seventh; seven only within a longer numeral


def read(folded: str, text: str, tongue: Tongue) -> list[Figure]:
    """Give the figures of a text with all that belongs to them."""
    figures = cardinals(tongue.scanner.tokens(folded, text), folded)
    figures = [f for f in figures if f.closed or f.written != WORDS or folded[f.start : f.end] not in _HOMOGRAPHS]
    if tongue.inverted:
        figures = phrases.invert(figures, folded)
    for figure in figures:
        if not figure.closed:
            _measure(figure, folded, text, tongue)
    phrases.share_units(figures, folded)
    figures = phrases.shares(ranges.link(figures, folded, tongue.links), folded)
    reached = 0
    for place, figure in enumerate(figures):
        if not figure.closed:
            _uncounted(figure, folded)
            if figure.kind in {"", "date", "ordinal"}:
                _name(figure, folded, tongue)
            if place:
                phrases.carry_age(figures[place - 1], figure, folded)
            _bound(
                figure, folded, tongue, reached, figures[place + 1].first if place + 1 < len(figures) else len(folded)
            )
        reached = figure.last
    phrases.carry_currency(figures, folded, text)
    ones = phrases.formations(folded, text, tongue)
    return sorted([*figures, *ones], key=lambda figure: figure.start) if ones else figures


def _measure(figure: Figure, folded: str, text: str, tongue: Tongue) -> None:
    """Tell by a sign of money before it or a unit behind it what a figure measures."""
    _money(figure, folded)
    unit = tongue.units.after(folded, figure.end)
    if unit and unit.kind in {"year", "time"} and tongue.earlier.match(folded, figure.end):
        unit = None
    if unit and unit.kind == "month":
        take_month(figure, unit, text)
    elif unit and figure.kind != "vague":
        take_unit(figure, unit)
    if not figure.kind:
        tongue.after(figure, folded, text, tongue)
    if figure.written == PLAIN and not figure.kind and heads_a_line(folded, figure.start, figure.end):
        figure.kind, figure.closed = "designation", True
    if figure.kind and figure.start and folded[figure.start - 1] in "-−":
        _minus(figure, folded)


def _uncounted(figure: Figure, folded: str) -> None:
    """Tell what cannot count, once it is known of what range it is an end."""
    if not figure.kind and not figure.fraction and not _counts(figure, folded):
        figure.kind = "measure"
        if figure.start and folded[figure.start - 1] in "-−":
            _minus(figure, folded)


def _counts(figure: Figure, folded: str) -> bool:
    """Whether a figure can count: not 4.6, nor 2.0."""
    return isinstance(figure.low, int) and not (
        figure.written == GROUPED and figure.scale == 1 and _has_decimals(folded, figure.start, figure.end)
    )


def _money(figure: Figure, folded: str) -> None:
    before = folded[max(0, figure.start - 6) : figure.start]
    bare = before.rstrip()
    if not bare:
        return
    sign = bare[-1]
    if sign in _SIGNS:
        letters = re.search(r"(?<!\w)[a-z]{1,2}$", bare[:-1])
        currency = _DOLLARS.get(letters[0], "usd") if letters and sign == "$" else _SIGNS[sign]
        first = figure.start - len(before) + len(bare) - 1 - (len(letters[0]) if letters else 0)
    elif bare[-3:] in _CODES and not bare[-4:-3].isalpha():
        currency, first = _CODES[bare[-3:]], figure.start - len(before) + len(bare) - 3
    else:
        return
    figure.kind = "money" if figure.kind != "vague" else "vague"
    figure.currency, figure.first = currency, first


def _minus(figure: Figure, folded: str) -> None:
    if figure.kind in {"measure", "percent", "money"} and (
        figure.start == 1 or folded[figure.start - 2] in " ($\n\u00a0"
    ):
        figure.low, figure.high = -figure.high, -figure.low
        figure.first = min(figure.first, figure.start - 1)


def _name(figure: Figure, folded: str, tongue: Tongue) -> None:
    """Tell by the word before it that a figure is a name, a date or an age."""
    if figure.written != PLAIN or figure.scale != 1:
        return
    word, begin = word_before(folded, figure.first)
    if figure.kind and not (word in tongue.months and 0 < figure.high <= LAST_DAY):
        return
    if word in tongue.months:
        figure.kind = "date" if 0 < figure.high <= LAST_DAY else "year" if is_year(figure.high) else ""
    elif (word in tongue.numbered and not _THAT_NUMBER.match(folded, begin - 6)) or word.startswith(
        tongue.numbered_stems
    ):
        figure.kind = "designation"
    elif word in tongue.ages:
        figure.kind = "age"
    else:
        return
    if figure.kind:
        figure.first = begin


def _bound(figure: Figure, folded: str, tongue: Tongue, begin: int, limit: int) -> None:
    """Find the words that bound a figure, before it and behind, between its neighbours."""
    before = tongue.bounds.before(folded, figure.first)
    after = tongue.bounds.after(folded, figure.last)
    if before and (before.place < begin or figure.kind in {"date", "designation", "ordinal", "year"}):
        before = None
    if after and after.place > limit:
        after = None
    if before and folded[before.place : figure.first].strip() == "до" and moves(folded, before.place):
        before = None
        figure.vague_alone = False
    if before:
        figure.first = before.place
        figure.vague_alone = False
        _firmer(figure, before.approx)
    elif tongue.inverted:
        noun, firm = phrases.guess(figure, folded, begin)
        if noun >= 0:
            figure.first = noun
            _firmer(figure, firm)
    if after:
        figure.last = after.place
        _firmer(figure, after.approx)
    if figure.vague_alone:
        figure.kind, figure.approx = "vague", "about"


def _firmer(figure: Figure, approx: str) -> None:
    """Keep of two bounds the one that says more; a range stays one."""
    if figure.approx == "exact" or (figure.approx == "about" and approx in STRONG and figure.kind != "vague"):
        figure.approx = approx
