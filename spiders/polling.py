"""When next: a pure function of what happened.

A source that answers is polled when so much waiting has gathered that a poll is worth it: the entries that its rhythm lets
expect, times the seconds that they will have waited. So polls go where articles come, their distance as one over the
square root of the rate, which for any number of polls makes the mean wait least.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from storage.model import Outcome

if TYPE_CHECKING:
    from spiders.rhythm import Rhythm

MAX_BACKOFF = timedelta(hours=6)
MAX_LASTING_BACKOFF = timedelta(days=1)
MAX_RETRY_AFTER = timedelta(days=1)  # a server that asks for a year is not obeyed for a year
MAX_SKIP = timedelta(days=1)
PAGE_RETRIES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
WAITING = 120.0  # seconds that one entry may wait, or two half as long each: what a poll is worth
_FINAL = {Outcome.GONE, Outcome.ROBOTS, Outcome.NOT_A_PAGE, Outcome.TOO_LARGE}
_LASTING = {"gone", "robots", "tls", "private", "too-large", "not-a-feed", "not-a-page", "parse-fault"}
_TURNED = 3  # a window is looked at before a third of it is expected to be new
_OVERFLOWED = 3  # and so what overflowed brings at least three times as much as was expected
_MOST_FAILURES = 20  # beyond which no pause grows
_MAX_AGE = re.compile(r"(?:^|[,;\s])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_UNCACHED = re.compile(r"\bno-(?:cache|store)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds between two polls of a source that answers: the least, those of an unknown rhythm, and the most."""

    least: float = 120.0
    usual: float = 900.0
    most: float = 3600.0


@dataclass(frozen=True, slots=True)
class Hints:
    """How often a source wants to be read: what its answer and its document say. Hours and days are UTC's, 0 is Monday.

    `ttl` is what the document says of its own updates, by that name or as sy:updatePeriod.
    """

    max_age: timedelta | None = None
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


def next_poll(
    now: datetime,
    *,
    outcome: Outcome,
    rhythm: Rhythm,
    failures: int,
    bounds: Bounds,
    hints: Hints,
    retry_after: timedelta | None,
    source: str,
) -> datetime:
    """When to poll a source again. `failures` are those in a row before this poll.

    A tenth of the pause is jitter, the same for the same source and number of failures, so that sources declared
    together do not stay together. Retry-After and the hours and days to skip are obeyed beyond the bounds, up to a day.
    """
    pause = _pause(now, outcome, rhythm, bounds) if outcome.good else _backoff(outcome, failures, bounds)
    spread = int.from_bytes(hashlib.blake2s(f"{source} {failures}".encode("utf-8", "replace")).digest()[:2]) / 65536
    at = now + timedelta(seconds=max(pause * (1 + (spread - 0.5) / 10), _wanted(bounds, hints), 1.0))
    if retry_after is not None:
        at = max(at, now + min(retry_after, MAX_RETRY_AFTER))
    return _unskipped(at, now, hints) if hints.skip_hours or hints.skip_days else at


def _pause(now: datetime, outcome: Outcome, rhythm: Rhythm, bounds: Bounds) -> float:
    """Seconds to the next poll of a source that answered."""
    pause = _worth(rhythm, now.timestamp(), bounds.most) if rhythm.known else bounds.usual
    if outcome == Outcome.OVERFLOW:
        pause /= _OVERFLOWED
    return max(bounds.least, min(pause, bounds.most))


def _wanted(bounds: Bounds, hints: Hints) -> float:
    """Seconds that the source asks to be left alone, as far as they count.

    A server's max-age counts up to the longest pause: before it is over the answer would be the same. What a document
    says is mostly a default of the software that nobody chose, and counts up to the usual pause.
    """
    age = hints.max_age.total_seconds() if hints.max_age is not None else 0.0
    ttl = hints.ttl.total_seconds() if hints.ttl is not None else 0.0
    return max(min(age, bounds.most), min(ttl, bounds.usual))


def _worth(rhythm: Rhythm, now: float, most: float) -> float:
    """Seconds until a poll is worth it: the waiting has gathered, or a third of the window is new."""
    full = rhythm.window / _TURNED if rhythm.window else math.inf
    passed = entries = waited = 0.0
    for step, rate in rhythm.ahead(now, most):
        come = entries + rate * step
        after = waited + (entries + come) / 2 * step
        if after >= WAITING or come >= full:
            gathered = _gathered(entries, rate, WAITING - waited)
            turned = (full - entries) / rate if rate > 0 else math.inf
            return passed + min(gathered, turned, step)
        passed, entries, waited = passed + step, come, after
    return most


def _gathered(entries: float, rate: float, wanted: float) -> float:
    """Seconds in which entries that are there and those that come wait as long as `wanted`, all together."""
    if rate <= 0:
        return wanted / entries if entries > 0 else math.inf
    return 2 * wanted / (entries + math.sqrt(entries * entries + 2 * rate * wanted))


def _backoff(outcome: Outcome, failures: int, bounds: Bounds) -> float:
    """Seconds to the next poll of a source that failed. What does not mend itself grows faster, and further."""
    lasting = outcome.value in _LASTING
    most = (MAX_LASTING_BACKOFF if lasting else MAX_BACKOFF).total_seconds()
    growth = math.pow(4 if lasting else 2, min(max(failures, 0), _MOST_FAILURES))
    return min(bounds.usual * growth, max(most, bounds.usual))


def _unskipped(at: datetime, now: datetime, hints: Hints) -> datetime:
    """The time, or the first after it that the source does not ask to skip."""
    limit = max(now + MAX_SKIP, at)
    at = at.astimezone(UTC)
    while at < limit and (at.hour in hints.skip_hours or at.weekday() in hints.skip_days):
        at = min(at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), limit)
    return at


def max_age_of(cache_control: str, age: str = "") -> timedelta | None:
    """How long the Cache-Control header calls an answer fresh, less its Age; None if it says nothing of use."""
    found = _MAX_AGE.search(cache_control)
    if found is None or _UNCACHED.search(cache_control):
        return None
    age = age.strip()
    spent = int(age[:12]) if age.isascii() and age.isdecimal() else 0
    return timedelta(seconds=min(max(int(found[1]) - spent, 0), MAX_RETRY_AFTER.total_seconds()))


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
