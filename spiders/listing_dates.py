"""When a link of a list was published, as lists say it: in full, without the year, "yesterday, 12:45", "3시간 전"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from spiders.feed_dates import published_at

if TYPE_CHECKING:
    from storage.model import Published

_LONGEST = 100
_MINUTES = "minutes?|mins?|m|хвилин[аиу]?|хв|минут[аыу]?|мин|분"
_HOURS = "hours?|hrs?|h|годин[аиу]?|год|час(?:а|ов)?|시간"
_DAYS = "days?|дн(?:і|ів|я|ей)|день|일"
_AGO = r"\s*\.?\s*(?:ago|тому|назад|전)"
_BACK = tuple(
    (re.compile(rf"(?<![\w.,])(?:(\d{{1,3}})|an?\b)?\s*(?:{unit}){_AGO}", re.IGNORECASE), step)
    for unit, step in (
        (_MINUTES, timedelta(minutes=1)), (_HOURS, timedelta(hours=1)), (_DAYS, timedelta(days=1)),
    )
)  # fmt: skip
_NAMED_DAY = re.compile(
    r"\b(?:(today|сьогодні|сегодня)|(yesterday|вчора|вчера)|(позавчора|позавчера))\b|(오늘)|(어제)|(그제|그저께)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?:(?P<am>오전|am\b)|(?P<pm>오후|pm\b))?\s*(?<![\d.,:])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?![\d:])\s*(?:(?P<am2>a\.?m\b\.?)|(?P<pm2>p\.?m\b\.?))?",
    re.IGNORECASE,
)
_NO_YEAR = re.compile(
    r"(?<!\d)\d{1,2}(?:st|nd|rd|th)?\.?\s+[^\W\d]{3,12}(?!\w)(?!\s*\d{4})|[^\W\d]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?![\d:])(?!,?\s*\d{4})"
)
_KOREAN_DAY = re.compile(r"(?<![\d.\-/년])(\d{1,2})\s*(?:월\s*|[./-])(\d{1,2})(?:일|\.)?(?![\d.\-/])")
_DAY_MONTH = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.?(?![\d.])")


def listed_at(text: str, now: datetime, zone: str, language: str = "") -> Published | None:
    """The time that a list gives for one of its links, or None.

    "3 hours ago" is known to the day only: to the hour it would be another time at each poll. A date without a year
    is the last such day. `language` decides what 02.11 is: in Korean the month comes first.
    """
    text = " ".join(text[: 4 * _LONGEST].split())[:_LONGEST]
    found = published_at(text, None, now, zone)
    if found is not None:
        return found
    local = now.astimezone(ZoneInfo(zone) if zone else UTC)
    written = (
        _ago(text, local) or _named_day(text, local) or _without_year(text, local, language) or _clock(text, local)
    )
    return published_at(written, None, now, zone) if written else None


def _ago(text: str, local: datetime) -> str:
    for pattern, step in _BACK:
        match = pattern.search(text)
        if match:
            at = local - int(match[1] or 1) * step
            return f"{at:%Y-%m-%dT%H:%M}" if step < timedelta(hours=1) else f"{at:%Y-%m-%d}"
    return ""


def _named_day(text: str, local: datetime) -> str:
    match = _NAMED_DAY.search(text)
    if not match:
        return ""
    back = next(number for number, word in enumerate(match.groups()) if word) % 3
    return f"{local - timedelta(days=back):%Y-%m-%d}{_time_of(text)}"


def _time_of(text: str) -> str:
    match = _CLOCK.search(text)
    return f" {_hour(match):02d}:{match['m']}" if match else ""


def _hour(clock: re.Match[str]) -> int:
    """The hour of 24."""
    hour = int(clock["h"])
    half = bool(clock["am"] or clock["am2"]), bool(clock["pm"] or clock["pm2"])
    return hour % 12 + 12 * half[1] if any(half) else hour


def _without_year(text: str, local: datetime, language: str) -> str:
    """The last such day: this year's, or last year's where that is yet to come."""
    match = (_KOREAN_DAY if language == "ko" else _DAY_MONTH).search(text)
    if match:
        month, day = (match[1], match[2]) if language == "ko" else (match[2], match[1])
        forms = [f"{year}-{int(month):02d}-{int(day):02d}{_time_of(text)}" for year in (local.year, local.year - 1)]
    else:
        match = _NO_YEAR.search(text)
        if not match:
            return ""
        forms = [f"{match[0]} {year}{_time_of(text)}" for year in (local.year, local.year - 1)]
    return next((form for form in forms if published_at(form, None, local.astimezone(UTC), "") is not None), "")


def _clock(text: str, local: datetime) -> str:
    """A time of day alone is the last such time."""
    match = _CLOCK.fullmatch(text.strip(" ,|·—–-"))
    if not match:
        return ""
    later = (_hour(match), int(match["m"])) > (local.hour, local.minute)
    return f"{local - timedelta(days=later):%Y-%m-%d}{_time_of(text)}"
