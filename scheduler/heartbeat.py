"""The dead man's switch: an address that is asked as long as everything moves, so that somebody else notices silence.

A process that runs is no sign of life. Only when polls, reviews and deliveries have all gone on since the last time, and
nothing waits for long in any of their queues, is the address asked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from storage.health import Signs, signs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from scheduler.setup import HealthOptions
    from storage.archive import Archive

log = structlog.get_logger()

POLL_LATE = timedelta(hours=1)
REVIEW_LATE = timedelta(minutes=30)
MAIL_LATE = timedelta(hours=1)
MAIL_ATTEMPTS = 7  # the pauses between so many failed ones make more than an hour
SECONDS = 60.0  # for the answer


@dataclass(frozen=True, slots=True)
class Passes:
    """When the review and the delivery stage last came to the end of their queue; None: not since the start."""

    review: datetime | None = None
    deliver: datetime | None = None


def standstill(found: Signs, passes: Passes, since: datetime, now: datetime) -> list[str]:
    """What has not moved since then or is stuck, in words; empty if everything moves."""
    faults = []
    waiting = found.poll_due_at is not None and found.poll_due_at <= now
    if waiting and (found.polled_at is None or found.polled_at <= since):
        faults.append("no poll was stored, and one is due")
    if found.poll_due_at is not None and now - found.poll_due_at > POLL_LATE:
        faults.append("a source is overdue")
    if passes.review is None or passes.review <= since:
        faults.append("no pass of the review ended")
    if found.review_due_at is not None and now - found.review_due_at > REVIEW_LATE:
        faults.append("a text waits to be reviewed")
    if passes.deliver is None or passes.deliver <= since:
        faults.append("no pass of the outbox ended")
    if found.mail_due_at is not None and now - found.mail_due_at > MAIL_LATE:
        faults.append("a mail is overdue")
    if found.mail_attempts >= MAIL_ATTEMPTS:
        faults.append("a mail cannot be delivered")
    return faults


class Heartbeat:
    """Asks the address when it is time and everything has moved. What fails is tried again at the next beat."""

    def __init__(self, started: datetime) -> None:
        self._since = started  # the last ping, or the start
        self._next: datetime = started
        self._faults: list[str] = []

    async def beat(
        self,
        archive: Archive,
        options: HealthOptions,
        passes: Passes,
        now: datetime,
        fetch: Callable[[str], Awaitable[int]],
    ) -> bool:
        """Ping if it is time to and nothing stands still. `fetch` gives the status of an answer. True if it was pinged."""
        if not options.heartbeat or now < self._next:
            return False
        faults = standstill(archive.read(signs, now), passes, self._since, now)
        if faults != self._faults:
            self._faults = faults
            if faults:
                log.warning("no heartbeat", because=faults)
        if faults or not await _pinged(options.heartbeat, fetch):
            return False
        self._since, self._next = now, now + options.heartbeat_every
        return True


async def _pinged(url: str, fetch: Callable[[str], Awaitable[int]]) -> bool:
    """Whether the address was asked and answered well. The log names its host only: the rest may be a secret."""
    try:
        async with asyncio.timeout(SECONDS):
            status = await fetch(url)
    except Exception as error:  # noqa: BLE001 - whatever a network can do; it is tried again in a minute
        words = str(error).replace(url, "(address)")[:200]
        log.warning("heartbeat failed", host=urlsplit(url).hostname, error=f"{type(error).__name__}: {words}")
        return False
    if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls successful
        log.warning("heartbeat failed", host=urlsplit(url).hostname, status=status)
        return False
    return True
