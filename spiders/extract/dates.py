"""Dates and times as pages write them, from ISO 8601 to «11 лютого 2025, 12:45» and «2025.02.11. 오후 3:04»."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from spiders.extract.model import Precision

_MONTHS = {
    1: "jan january januar janvier enero gennaio січня січень января январь янв січ",
    2: "feb february februar février febrero febbraio лютого лютий февраля февраль фев лют",
    3: "mar march märz mars marzo березня березень марта март мар бер",
    4: "apr april avril abril aprile квітня квітень апреля апрель апр кві квіт",
    5: "may mai mayo maggio травня травень мая май тра трав",
    6: "jun june juni juin junio giugno червня червень июня июнь июн чер черв",
    7: "jul july juli juillet julio luglio липня липень июля июль июл лип",
    8: "aug august août agosto серпня серпень августа август авг сер серп",
    9: "sep sept september septembre septiembre settembre вересня вересень сентября сентябрь сен сент вер",
    10: "oct october oktober octobre octubre ottobre okt жовтня жовтень октября октябрь окт жов жовт",
    11: "nov november novembre noviembre листопада листопад ноября ноябрь ноя нояб лис лист",
    12: "dec december dezember décembre diciembre dicembre dez грудня грудень декабря декабрь дек гру груд",
}
_MONTH = {name: number for number, names in _MONTHS.items() for name in names.split()}
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_DAYS = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)\s*[-./년年]\s*(?P<m>\d{1,2})\s*[-./월月]\s*(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<y>(?:19|20)\d\d)(?!\d)"),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?(?:\s+(?:de|of))?[\s-]+(?P<n>{_NAMES})\.?(?:\s+de)?,?[\s-]+(?P<y>(?:19|20)\d\d)",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?P<n>{_NAMES})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d\d)", re.IGNORECASE),
    re.compile(
        rf"\b(?P<n>{_NAMES})\s+(?P<d>\d{{1,2}})\s+(?P<t>\d\d:\d\d:\d\d\s+\w+)\s+(?P<y>(?:19|20)\d\d)", re.IGNORECASE
    ),
    re.compile(r"(?<!\d)(?P<y>20\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<s>\d\d)(?![\d.])"),
)
_TIME = re.compile(
    r"(?P<half>오전|오후|午前|午後)?\s*(?<![\d.,])(?P<h>[01]?\d|2[0-4])\s*(?::|시|時|(?<=\d)h(?=\d))\s*(?P<i>[0-5]\d)(?:\s*분)?(?::(?P<sec>[0-5]\d)(?:\.\d+)?)?"
    r"(?:\s*(?P<ap>[ap]\.?m\b))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT|(?<=\d))\s*(?P<sign>[+-])(?P<oh>\d\d?):?(?P<om>\d\d)?\b")
_ABBREVIATIONS = {
    "KST": 9, "JST": 9, "GMT": 0, "UTC": 0, "Z": 0, "MSK": 3, "МСК": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "BST": 1,
}  # fmt: skip
_ABBREVIATION = re.compile(rf"\b(?:{'|'.join(_ABBREVIATIONS)})\b|(?<=\d)Z\b")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)?)?")
_RFC_822 = re.compile(
    r"(?:[A-Z][a-z]{2},\s+)?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)?(?:\s+(?:[+-]\d{4}|GMT|UTC|UT|Z))?"
)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time as found: naive where it was written without offset."""

    when: datetime
    precision: Precision

    def zoned(self, default: tzinfo | None) -> tuple[datetime, str | None]:
        """Give the time in UTC and the offset it was meant in, the source's own for want of another."""
        zone = self.when.tzinfo or default
        local = self.when.replace(tzinfo=zone or UTC)
        return local.astimezone(UTC), offset_name(local.utcoffset()) if zone else None


def offset_name(offset: timedelta | None) -> str:
    """Write an offset as "+09:00"."""
    minutes = round((offset or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def parse(text: str) -> Stamp | None:
    """Read the first date in a text, with its time where there is one."""
    text = text.strip()[:_LONGEST]
    try:
        return _iso(text) or _number(text) or _mail(text) or _written(text)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> Stamp | None:
    match = _ISO.fullmatch(text)
    if not match:
        return None
    when = datetime.fromisoformat(text.replace(" +", "+").replace(" Z", "Z").replace(",", "."))
    return stamp(when, timed=len(text) > 10)  # noqa: PLR2004 - "2025-02-11"


def stamp(when: datetime, *, timed: bool) -> Stamp | None:
    """Make a stamp; midnight to the second is what systems write who know the day alone."""
    if not 1990 <= when.year <= 2100:  # noqa: PLR2004
        return None
    timed = timed and bool(when.hour or when.minute or when.second)
    return Stamp(when, "minute" if timed else "day")


def _number(text: str) -> Stamp | None:
    """Read seconds or milliseconds since 1970."""
    if not re.fullmatch(r"1\d{9}(?:\d{3})?(?:\.\d+)?", text):
        return None
    seconds = float(text)
    return stamp(datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC), timed=True)  # noqa: PLR2004


def _mail(text: str) -> Stamp | None:
    if not _RFC_822.fullmatch(text):  # of other zones the library knows nothing, or takes "+9" for minutes
        return None
    try:
        return stamp(parsedate_to_datetime(text), timed=True)
    except (TypeError, IndexError):
        return None


def _written(text: str) -> Stamp | None:
    for pattern in _DAYS:
        match = pattern.search(text)
        if match and (day := _day(match)):
            within = match.groupdict().get("t")
            rest = f"\0{within}" if within else f"{text[: match.start()]} \0 {text[match.end() :]}"
            return _with_time(day, rest)
    return None


def _day(match: re.Match[str]) -> datetime | None:
    found = match.groupdict()
    year = int(found["y"]) if found.get("y") else 2000 + int(found["s"])
    month = _MONTH[found["n"].lower()] if found.get("n") else int(found["m"])
    day = int(found["d"])
    if month > 12 >= day and "-" not in match.group():  # noqa: PLR2004 - 02/23/2025
        month, day = day, month
    try:
        return datetime(year, month, day)  # noqa: DTZ001 - naive until a zone is known
    except ValueError:
        return None


def _with_time(day: datetime, rest: str) -> Stamp | None:
    """Add the nearest time of day, the one after the date first."""
    before, _, after = rest.partition("\0")
    close = _last_time(before[-30:])
    near = close and len(before[-30:]) - close.end() <= 3  # noqa: PLR2004 - "12:45 11.02.2025"
    match = close if near else _TIME.search(after[:60]) or close
    if not match:
        return stamp(day, timed=False)
    hour = int(match["h"]) % 24
    half = (match["half"] or match["ap"] or "").lower()
    if half[:1] in {"오", "午", "a", "p"}:
        hour = hour % 12 + (12 if half in {"오후", "午後"} or half.startswith("p") else 0)
    when = day.replace(hour=hour, minute=int(match["i"]), second=int(match["sec"] or 0))
    tail = match.string[match.end() - 1 : match.end() + 14]
    return Stamp(when.replace(tzinfo=_zone(tail)), "minute")


def _last_time(text: str) -> re.Match[str] | None:
    found = list(_TIME.finditer(text))
    return found[-1] if found else None


def _zone(text: str) -> tzinfo | None:
    """Read the offset written right after a time."""
    match = _OFFSET.search(text)
    if match:
        minutes = int(match["oh"]) * 60 + int(match["om"] or 0)
        return timezone(timedelta(minutes=minutes if match["sign"] == "+" else -minutes)) if minutes < 24 * 60 else None
    named = _ABBREVIATION.search(text)
    return timezone(timedelta(hours=_ABBREVIATIONS[named.group()])) if named else None
