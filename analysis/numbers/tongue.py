"""What telling numbers from names and dates needs to know of a language, and what all languages have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.numbers.shape import PLAIN

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from analysis.numbers.bounds import Bounds
    from analysis.numbers.ranges import Links
    from analysis.numbers.scan import Scanner
    from analysis.numbers.shape import Figure
    from analysis.numbers.units import Unit, Units

LAST_DAY = 31
_FIRST_YEAR, _LAST_YEAR, _WINDOW = 1900, 2099, 32
_HALVES = ("first", "second", "last", "latter", "other", "former", "перв", "втор", "перш", "друг", "последн", "останн")
_EDGES = "\"'«“”„([{—–-"


@dataclass(frozen=True)
class Tongue:
    """What reading figures needs to know of a language."""

    scanner: Scanner
    units: Units
    bounds: Bounds
    links: Links
    numbered: frozenset[str]
    """Words before a figure that is a name: "article 4"."""
    numbered_stems: tuple[str, ...]
    ages: frozenset[str]
    months: frozenset[str]
    earlier: re.Pattern[str]
    """What follows a figure and is no unit of it: "годом ранее"."""
    inverted: bool
    """Whether a noun before its figure makes it a guess: "тысяч десять", "человек пятьсот"."""
    after: Callable[[Figure, str, str, Tongue], None]
    """What only this language has, seen at a figure's end."""


def take_unit(figure: Figure, unit: Unit) -> None:
    """Note what the unit behind a figure makes of it."""
    kind = unit.kind
    if kind == "ordinal" and not unit.glued and figure.written != PLAIN:
        return
    if kind == "year":
        kind = "year" if is_year(figure.low) and figure.written == PLAIN else "time"
    if figure.kind == "money":  # "$2.50 an hour" has its unit already; "$5 dollars"
        return
    figure.kind, figure.currency, figure.last = kind, unit.currency, unit.end


def take_month(figure: Figure, unit: Unit, text: str) -> None:
    """A day, if the month is no verb: "12 may have died"."""
    name = text[figure.end : unit.end].rpartition(" ")[2].lstrip("-\u00a0\n")
    is_name = name[:1].isupper() or not name.isascii()
    if figure.written == PLAIN and figure.scale == 1 and 0 < figure.low <= LAST_DAY and is_name:
        figure.kind, figure.last = "date", unit.end


def is_year(value: float) -> bool:
    """Whether a value could be a year that news is of."""
    return _FIRST_YEAR <= value <= _LAST_YEAR


def word_before(folded: str, place: int) -> tuple[str, int]:
    """Give the word that stands before a place, and where it begins."""
    window = folded[max(0, place - _WINDOW) : place].replace("-", " ")
    words = window.split()
    if not words:
        return "", place
    word = words[-1].lstrip(_EDGES)
    return word.rstrip("."), place - len(window) + window.rfind(word)


def take_fraction(figure: Figure, folded: str, *, is_ordinal: bool) -> None:
    """Tell half of something from the second half of the year, and a third from a third brigade."""
    if is_ordinal or word_before(folded, figure.start)[0].startswith(_HALVES):
        figure.kind, figure.closed, figure.fraction = "ordinal", True, False


def noun_follows(text: str, end: int) -> bool:
    """Whether a word in small letters follows, which a year seldom has."""
    return text[end : end + 1] == " " and text[end + 1 : end + 2].islower()
