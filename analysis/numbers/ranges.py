"""Two figures that are the ends of one range: "10–12 thousand", "от 25 до 30 тысяч", "between 44 kg and 50 kg"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.numbers.bounds import ENGLISH as ENGLISH_BOUNDS
from analysis.numbers.bounds import SLAVIC as SLAVIC_BOUNDS
from analysis.numbers.bounds import moves
from analysis.numbers.patterns import split_words
from analysis.numbers.shape import GROUPED, KOREAN, PLAIN, Figure, whole

if TYPE_CHECKING:
    from analysis.numbers.bounds import Bounds

_DASHES = frozenset(split_words("- – — − ~ ∼ 〜 ～ ‐ ‑ - "))
_THOUSAND, _YEARS, _SCORE, _LAST_DAY, _LONGEST_GAP, _WINDOW, _WIDEST = 1000, 1900, 200, 31, 30, 12, 4


@dataclass(frozen=True)
class Links:
    """The words between the ends of a range."""

    to: frozenset[str]
    """Enough alone, if the second figure is larger: "to"."""
    opened: dict[str, frozenset[str]]
    """Need a word before the first figure: "and" after "between"."""
    choice: frozenset[str]
    """Between neighbours: "two or three"."""
    change: frozenset[str]
    """Before the first of two figures that are no range: "вырос с 3 до 11"."""
    moves: bool
    """Whether a verb of change makes two figures of a "from … to"."""
    openings: frozenset[str]
    maybe: re.Pattern[str]
    """Between a figure and a larger one that may be right, too: "ten, perhaps twelve"."""
    bounds: Bounds

    def parts(self, between: str) -> tuple[str, str]:
        """Give the word that links and what follows it."""
        word, _, rest = ("", "", "") if not between else between.partition(" ")
        return (between, "") if between in self.opened else (word, rest.strip())

    def before(self, folded: str, place: int) -> tuple[str, int]:
        """Give the word that opens a range before its first figure, or a bound of it, and where it begins."""
        bound = None
        for _ in range(2):
            begin = bound.place if bound else place
            window = folded[max(0, begin - _WINDOW) : begin]
            word = window.split()[-1] if window[-1:].isspace() and window.strip() else ""
            if word in self.openings:
                return word, begin - len(window) + window.rfind(word)
            bound = self.bounds.before(folded, place)
        return "", place


ENGLISH = Links(
    to=frozenset(("to",)),
    opened={"and": frozenset(("between",)), "through": frozenset(("from",)), "up to": frozenset(("from",))},
    choice=frozenset(("or",)),
    change=frozenset(),
    moves=True,
    openings=frozenset(("between", "from")),
    maybe=re.compile(r",?\s(?:or\s)?(?:(?:maybe|perhaps|possibly|even|probably),?\s){1,2}(?:as\smany\sas\s)?"),
    bounds=ENGLISH_BOUNDS,
)
SLAVIC = Links(
    to=frozenset(),
    opened={
        "до": frozenset(("от", "від", "с", "з", "із")),
        "по": frozenset(("с", "з", "із")),
        "и": frozenset(("между",)),
        "і": frozenset(("між",)),
        "та": frozenset(("між",)),
        "й": frozenset(("між",)),
    },
    choice=frozenset(("или", "чи", "або")),
    change=frozenset(("с", "з", "із")),
    moves=False,
    openings=frozenset(("от", "від", "с", "з", "із", "между", "між")),
    maybe=re.compile(
        r",?\s(?:(?:а|или|чи|або)\s(?:то|может|может\sбыть|может\sстаться|може|може\sбути|возможно|можливо|скорее|скоріше|даже|навіть|все|всі)"
        r"|может|может\sбыть|возможно|може|може\sбути|можливо),?\s(?:(?:и|й|і|даже|навіть|все|всі|до)\s){0,2}",
    ),
    bounds=SLAVIC_BOUNDS,
)


_ANDS = frozenset(("and", "и", "і", "та", "й", "&"))


def link(figures: list[Figure], folded: str, links: Links) -> list[Figure]:
    """Join the ends of ranges; where a multiplier stands only at the second end, the first has it too."""
    joined: list[Figure] = []
    for figure in figures:
        if not joined or not _fits(joined[-1], figure) or not _join(joined[-1], figure, folded, links):
            joined.append(figure)
    return joined


def _fits(first: Figure, second: Figure) -> bool:
    """Whether nothing speaks against the two being of one kind, not far from each other."""
    if first.closed or second.closed or first.is_range or second.first - first.last > _LONGEST_GAP:
        return False
    if "vague" in {first.kind, second.kind} or first.fraction or second.fraction:
        return False
    return first.kind in {"", second.kind} or (first.kind in {"money", "year"} and not second.kind)


def _join(first: Figure, second: Figure, folded: str, links: Links) -> bool:
    """Join two figures if what stands between them makes them the ends of a range."""
    gap = folded[first.last : second.first]
    between = gap.strip()
    if first.kind == "year" and not second.kind:
        return between in _DASHES and _years(first, second)
    if between in _DASHES:
        return score(first, second, gap) or _years(first, second) or merge(first, second, is_dash=True)
    if between in _ANDS and second.kind == "date" and first.written == PLAIN and first.low <= _LAST_DAY:
        first.kind = first.kind or "date"
    if between in _ANDS and second.kind == "year" and first.written == PLAIN and _YEARS <= first.low < second.low:
        first.kind = "year"
    if links.maybe.fullmatch(gap):
        return _maybe(first, second)
    word, rest = links.parts(between.lstrip("- "))
    if rest and not links.bounds.of(rest):
        return False
    if word in links.choice:
        return second.low <= 2 * first.low + 1 and merge(first, second)
    return (word in links.to or word in links.opened) and _opened(first, second, word, folded, links)


def _opened(first: Figure, second: Figure, word: str, folded: str, links: Links) -> bool:
    """Join if the word before the first figure allows it."""
    opening, begin = links.before(folded, first.first)
    if word in links.opened and opening not in links.opened[word]:
        return False
    is_count = (first.kind or second.kind) in {"", "money", "percent"}
    if is_count and (opening in links.change or (links.moves and opening == "from" and moves(folded, first.first))):
        _share(first, second, is_dash=False)
        if second.kind == "money":
            first.kind, first.currency = first.kind or "money", first.currency or second.currency
        return False
    if not merge(first, second):
        return False
    first.first = begin
    return True


def _maybe(first: Figure, second: Figure) -> bool:
    """Join "шесть тысяч, а то и восемь", whose multiplier stands only once."""
    if second.scale == 1 < first.scale and not second.kind and second.high < _THOUSAND:
        second.low = second.high = whole(second.high * first.scale)
    elif second.scale > 1:
        _share(first, second, is_dash=False)
    return 0 < first.low < second.high <= _WIDEST * first.low and merge(first, second)


def score(first: Figure, second: Figure, gap: str) -> bool:
    """Join "2-1"; what rises is a range."""
    plain = first.written == second.written == PLAIN and gap in {"-", "–", ":"} and not second.kind
    if not plain or first.low < second.low or first.low >= _SCORE or second.scale > 1:
        return False
    _extend(first, second)
    first.kind, first.closed, first.high = "score", True, first.low
    return True


def _years(first: Figure, second: Figure) -> bool:
    """Join "2023-24"."""
    if not (first.written == second.written == PLAIN and _YEARS <= first.low < _YEARS + 200 and second.low < 100):  # noqa: PLR2004 - two centuries; two digits
        return False
    second.low = second.high = first.low - first.low % 100 + second.low
    second.kind = "year"
    return merge(first, second)


def merge(first: Figure, second: Figure, *, is_dash: bool = False) -> bool:
    """Make the first figure the range from it to the second, unless it falls."""
    _share(first, second, is_dash=is_dash)
    if first.low >= second.high:
        if first.high >= 0 or first.low == second.high:
            return False
        first.low, second.high = second.high, first.low  # from -18 to -34 degrees
    _extend(first, second)
    first.high, first.approx = second.high, "range"
    first.kind, first.currency = second.kind or first.kind, second.currency or first.currency
    first.vague_alone = False
    return True


def _extend(first: Figure, second: Figure) -> None:
    first.end, first.last = second.end, max(second.last, second.end)


def _share(first: Figure, second: Figure, *, is_dash: bool) -> None:
    """Give the first end the multiplier of the second: "10–12 thousand", "10-12,000"."""
    if first.scale > 1 or first.written == KOREAN:
        return
    scale = second.scale
    if scale == 1 and is_dash and second.written == GROUPED and first.written == PLAIN and first.low < _THOUSAND:
        scale = _THOUSAND if second.low % _THOUSAND == 0 else 1
    if scale > 1 and (first.low * scale < second.low or not isinstance(first.low, int)):
        first.low = first.high = whole(first.low * scale)
        first.scale = scale
