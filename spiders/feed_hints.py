"""What a feed says of itself beside its entries: how often it wants to be read, and where older entries are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from spiders.polling import Hints
from spiders.urls import web_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spiders.feed_parser import Parsed

LONGEST = timedelta(days=31)  # what asks for more is a mistake
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = 24  # which some write for 0
_OLDER = ("next", "prev-archive")


def xml_hints(parsed: Parsed) -> Hints:
    """RSS's ttl, skipHours and skipDays, and the syndication module's period. What makes no sense is not said."""
    return Hints(
        ttl=_ttl(parsed.feed.get("ttl")) or _period(parsed.feed),
        skip_hours=frozenset(
            hour % _MIDNIGHT for one in parsed.skip_hours if (hour := _number(one)) is not None and hour <= _MIDNIGHT
        ),
        skip_days=frozenset(_DAYS.index(day) for one in parsed.skip_days if (day := one.strip().lower()[:3]) in _DAYS),
    )


def _ttl(said: Any) -> timedelta | None:
    minutes = _number(said)
    return _sane(timedelta(minutes=minutes)) if minutes else None


def _period(feed: dict[str, Any]) -> timedelta | None:
    period = feed.get("sy_updateperiod")
    hours = _PERIODS.get(period.strip().lower()) if isinstance(period, str) else None
    times = _number(feed.get("sy_updatefrequency") or "1")
    if not hours or not times or hours == times == 1:  # once an hour is what WordPress says of every site, wires too
        return None
    return _sane(timedelta(hours=hours) / times)


def _sane(pause: timedelta) -> timedelta | None:
    return pause if timedelta(minutes=1) <= pause <= LONGEST else None


def _number(said: Any) -> int | None:
    """A whole number of a few digits."""
    said = said.strip() if isinstance(said, str) else ""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 6 else None  # noqa: PLR2004


def xml_next(parsed: Parsed, url: str) -> str:
    """The address of the feed's next page or the archive before it (RFC 5005), "" if it names none."""
    links = parsed.feed.get("links")
    return _next(
        ((_lower(one.get("rel")), one.get("href")) for one in links if isinstance(one, dict))
        if isinstance(links, list)
        else (),
        url,
    )


def json_next(data: dict[str, Any], url: str) -> str:
    """The same for a JSON Feed."""
    return _next([("next", data.get("next_url"))], url)


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def _next(links: Iterable[tuple[str, Any]], url: str) -> str:
    said = {rel: link for rel, link in links if isinstance(link, str) and rel in _OLDER}
    found = (web_address(said[rel], url) for rel in _OLDER if rel in said)
    return next((one for one in found if one and one != url), "")
