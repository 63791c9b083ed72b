"""Korean figures that belong together: ranges (3~5만, 2만에서 3만), lists with a point (1·2차), shares, sums in parts."""

from __future__ import annotations

import re

from analysis.numbers import korean_words as words
from analysis.numbers.ranges import merge, score
from analysis.numbers.shape import PLAIN, Figure

_LONGEST_GAP, _LAST_DAY, _TEN = 18, 31, 10
_DASHES = frozenset("-~∼〜～–—")
_OF = re.compile(rf"(?:{words.COUNTER.pattern})?\s?(?:중|가운데|중에|중에서|가운데서)\s")


def link(figures: list[Figure], folded: str) -> list[Figure]:
    """Join the ends of ranges, and shares: 열 명 중 네 명."""
    joined: list[Figure] = []
    for figure in figures:
        if not joined or not (_join(joined[-1], figure, folded) or _share(joined[-1], figure, folded)):
            joined.append(figure)
    return joined


def _share(first: Figure, second: Figure, folded: str) -> bool:
    """Make one share of 열 명 중 네 명."""
    if first.fraction and first.scale == _TEN and folded[first.last : second.start] in _DASHES and not second.kind:
        if first.low < second.high / _TEN < 1:
            first.high, first.end, first.last, first.approx = second.high / _TEN, second.end, second.end, "range"
            return True
        return False
    if not 0 < second.low < first.low == _TEN or first.is_range or first.kind or second.kind or first.fraction:
        return False
    if second.start - first.last > _LONGEST_GAP or not _OF.fullmatch(folded, first.last, second.start):
        return False
    first.end = first.last = second.end
    first.low = first.high = second.low / first.low
    first.fraction, first.approx, first.scale = True, "exact", _TEN
    return True


def carry_currency(figures: list[Figure], folded: str) -> None:
    """Take a sum without a currency for one of the money named before it in its sentence: 120억 달러, 이 중 24억."""
    last: Figure | None = None
    for figure in figures:
        if figure.kind != "money":
            continue
        is_bare = figure.last == figure.end and figure.first == figure.start and figure.currency == "krw"
        if last and is_bare and ". " not in folded[last.last : figure.start]:
            figure.currency = last.currency
        last = figure


def _join(first: Figure, second: Figure, folded: str) -> bool:  # noqa: PLR0911 - one for each link
    if first.closed or second.closed or "vague" in {first.kind, second.kind} or first.kind not in {"", second.kind}:
        return False
    if second.start - first.last > _LONGEST_GAP or first.is_range or first.fraction or second.fraction:
        return False
    gap = words.LINK.fullmatch(folded, first.last, second.start)
    if not gap:
        return False
    if gap["dash"] and score(first, second, folded[first.end : second.start]):
        return True
    if gap["point"]:
        return _pointed(first, second)
    if not gap["dash"] and not gap["from"] and not (gap["most"] and first.approx == "at_least"):
        return False
    if gap["from"] and not second.kind and _became(second, folded):
        return False
    return merge(first, second, is_dash=bool(gap["dash"]))


def _became(second: Figure, folded: str) -> bool:
    """Whether a figure turned into another: 3000명에서 1만명으로 늘었다; 으로 보고 있다 is an estimate."""
    last = second.last + (folded[second.last : second.last + 1] == "여")
    became = words.BECAME.match(folded, last)
    return became is not None and not words.ESTIMATED.match(folded, became.end())


def _pointed(first: Figure, second: Figure) -> bool:
    """A point joins ordinals and dates (1·2차), and makes a name of others (6·25)."""
    if second.kind in {"ordinal", "date", "time", "calibre", "age"}:
        first.kind = second.kind
        return merge(first, second)
    if first.written == second.written == PLAIN and not second.kind and second.high <= _LAST_DAY:
        first.kind, first.end, first.last, first.closed = "designation", second.end, second.end, True
        return True
    return False
