"""When next: a pure function of what happened."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from storage.model import Outcome

MAX_BACKOFF = timedelta(hours=6)
MAX_RETRY_AFTER = timedelta(days=1)  # a server that asks for a year is not obeyed for a year
PAGE_RETRIES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
_FINAL = {Outcome.GONE, Outcome.ROBOTS, Outcome.NOT_A_PAGE, Outcome.TOO_LARGE}


def next_poll(
    now: datetime, outcome: Outcome, *, interval: float, failures: int, retry_after: timedelta | None, source: str
) -> datetime:
    """When to poll a source again. `interval` in seconds; `failures` in a row before this poll.

    Failures double the pause up to six hours. A tenth of the pause is jitter, the same for the same source and
    number of failures, so that sources declared together do not stay together.
    """
    pause = timedelta(seconds=interval)
    if not outcome.good:
        pause = min(pause * 2 ** min(failures, 10), max(MAX_BACKOFF, pause))
    spread = int.from_bytes(hashlib.blake2s(f"{source} {failures}".encode()).digest()[:2]) / 65536  # 0 … 1
    pause += pause * (spread - 0.5) / 10
    if retry_after is not None:
        pause = max(pause, min(retry_after, MAX_RETRY_AFTER))
    return now + pause


def page_retry(now: datetime, outcome: Outcome, *, attempts: int, retry_after: timedelta | None) -> datetime | None:
    """When to fetch a page again after `attempts` earlier failures and this one; None: never."""
    if outcome in _FINAL or attempts >= len(PAGE_RETRIES):
        return None
    return now + max(PAGE_RETRIES[attempts], min(retry_after or timedelta(), MAX_RETRY_AFTER))


def retry_after_of(header: str, now: datetime) -> timedelta | None:
    """The Retry-After header: seconds or an HTTP date; None if there is none or it makes no sense."""
    header = header.strip()
    if not header:
        return None
    if header.isdecimal():
        return timedelta(seconds=min(int(header[:50]), MAX_RETRY_AFTER.total_seconds()))
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta())  # HTTP's dates are GMT
