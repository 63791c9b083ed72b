"""On which day somebody said something, where a text tells: "said on Thursday", "7 лютого заявив", "30일 밝혔다"."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.cues import Cue

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEAR = 34  # characters between the day and who speaks, or the verb
_KOREAN_NEAR = 12
_DAY_BEFORE = re.compile(r"(?<![\d.,–-])(\d{1,2})(?:st|nd|rd|th)?(?:-го)?(?: of)?[ \xa0]$")
_DAY_AFTER = re.compile(r"[ \xa0](\d{1,2})(?:st|nd|rd|th)?\b(?![.,]?\d)")
_KOREAN = re.compile(r"(?:(\d{1,2})월[ \xa0]?)?(?<!\d)(\d{1,2})일(?=[ \xa0(,“\"]|$)")
_SAYS_WHAT = re.compile(
    r"\b(?:that|що|что)\b|[:–—]|\bthe $"
)  # what stands behind is no more the saying, but what is said

Span = tuple[int, int]


def said_on(text: str, spans: Sequence[Span], unit: Span, cues: Sequence[Cue], published: date) -> date | None:
    """Give the day that a unit names nearest to one of some spans, those of who speaks and of the verb."""
    best, nearest = None, _NEAR
    for start, end, day, near in (*_days(text, cues, published), *_korean(text, unit, published)):
        gap = min(_gap(text, start, end, span) for span in spans)
        if gap < min(nearest, near):
            best, nearest = day, gap
    return best


def _gap(text: str, start: int, end: int, span: Span) -> int:
    if end <= span[0]:
        between = text[end : span[0]]
        return _NEAR if "," in between[1:-1] else len(between)  # of a clause that ends before who speaks
    between = text[span[1] : start]
    return _NEAR if _SAYS_WHAT.search(between) else len(between)


def _days(text: str, cues: Sequence[Cue], published: date) -> Iterator[tuple[int, int, date, int]]:
    for start, end, rule in cues:
        day = None
        if rule.kind == "day":
            day = _of_week(rule.gives, published)
        elif rule.kind == "month":
            number = _DAY_BEFORE.search(text, max(start - 12, 0), start) or _DAY_AFTER.match(text, end)
            day = _of_month(int(rule.gives), int(number[1]), published) if number else None
        if day is not None:
            yield start, end, day, _NEAR


def _of_week(name: str, published: date) -> date:
    if name in _WEEK:
        return published - timedelta(days=(published.weekday() - _WEEK.index(name)) % len(_WEEK))
    return published - timedelta(days=name == "yesterday")


def _of_month(month: int, day: int, published: date) -> date | None:
    """The last day of that name: of this year, or of the one before."""
    for year in (published.year, published.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= published + timedelta(days=1):  # the zone of who wrote may be ahead
            return found
    return None


def _korean(text: str, unit: Span, published: date) -> Iterator[tuple[int, int, date, int]]:
    """Days as Korean writes them: "2월 7일", and without a month the last such day, "30일"."""
    for one in _KOREAN.finditer(text, *unit):
        month = int(one[1]) if one[1] else published.month
        if not one[1] and int(one[2]) > published.day + 1:
            month = (published.month - 2) % 12 + 1
        day = _of_month(month, int(one[2]), published) if month in range(1, 13) else None
        if day is not None:
            yield one.start(), one.end(), day, _KOREAN_NEAR
