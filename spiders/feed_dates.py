"""When an entry was published: RFC 822, ISO 8601, and what else feeds write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from spiders.extract.dates import offset_name, parse
from storage.model import Precision, Published, TimeOrigin

if TYPE_CHECKING:
    from datetime import tzinfo

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before the web had news, and after every clock that was never set
_AHEAD = timedelta(days=1)  # a publisher's clock may be that wrong; beyond it the time is no time
_LONGEST = 100
_HOURS = {
    "Z": 0, "UT": 0, "GMT": 0, "UTC": 0, "WET": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "МСК": 3,
    "VLAT": 10, "KST": 9, "JST": 9, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_ZONE = re.compile(
    rf"(?<=[\d\s])(?:(?:GMT|UTC|UT)?\s*([+-])(\d{{1,2}})(?::?(\d\d))?|({'|'.join(_HOURS)}))\s*(?:\([^()]*\))?\s*$"
)


def published_at(text: str, moment: datetime | None, now: datetime, zone: str) -> Published | None:
    """What `text` says; `moment` is what the feed's parser made of it, in UTC, for formats that only it knows.

    `zone` is an IANA name for times without an offset. None for no time and for times that cannot be: 1970, 2100.
    """
    text = text.strip()[:_LONGEST]
    try:
        return _published(text, moment, now, zone)
    except (ValueError, OverflowError):  # the year 1, an offset of 99 hours
        return None


def _published(text: str, moment: datetime | None, now: datetime, zone: str) -> Published | None:
    found = _ZONE.search(text) if ":" in text else None
    written = _zone_of(found) if found else None
    stamp = parse(text[: found.start()] if found else text)
    if stamp is not None:
        precision = Precision(stamp.precision)
        local = stamp.when.replace(tzinfo=stamp.when.tzinfo or written)
    elif moment is not None:
        precision = Precision.MINUTE if ":" in text else Precision.DAY
        local = moment.astimezone(written) if written else moment.replace(tzinfo=None)
    else:
        return None
    if local.tzinfo is None and zone:
        local = local.replace(tzinfo=ZoneInfo(zone))
    at = local.astimezone(UTC) if local.tzinfo else local.replace(tzinfo=UTC)
    if not _EARLIEST <= at <= now + _AHEAD:
        return None
    return Published(at, offset_name(local.utcoffset()) if local.tzinfo else None, precision, TimeOrigin.FEED)


def _zone_of(found: re.Match[str]) -> tzinfo:
    if found[4]:
        return timezone(timedelta(hours=_HOURS[found[4]]))
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)
