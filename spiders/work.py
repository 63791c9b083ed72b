"""The work of one crawl: which polls and pages are handed to it, and handing what they bring to the archive.

The queue is the archive. Work leases a few jobs at a time from it, never more than two for one host, because a crawl
that is stopped first drains what it was handed at the configured delay.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from spiders.workers import Workers
from storage.crash import point
from storage.entries import store_poll
from storage.hosts import free_hosts, resting_hosts
from storage.model import PageJob, PageResult, PollJob, PollResult, Stored
from storage.pages import due_pages, put_back_page, store_page
from storage.sources import Room, cannot_be_polled, due_polls, host_of, put_back_poll
from storage.upkeep import anything_to_fetch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from spiders.options import CollectOptions
    from storage.archive import Archive

log = structlog.get_logger()

PER_HOST = 2
PAUSE = 1.0  # seconds between looks at the queue when nothing wakes us
GATHER = 0.05  # seconds that a free place may wait for a few more, so that a look at the queue hands out several jobs

Job = PollJob | PageJob


def utc_now() -> datetime:
    """The wall clock: the only place in this room that looks at it."""
    return datetime.now(UTC)


def job_host(job: Job) -> str:
    """The host that a job will bother."""
    return host_of(job.url)


class Work:
    """What a crawl has to do: whatever is due, for ever; with `once`, a poll of each source in `only` now, and its pages.

    `only` narrows it to some sources.
    """

    def __init__(
        self,
        archive: Archive,
        options: CollectOptions,
        *,
        only: Collection[str] | None = None,
        once: bool = False,
        stored: Callable[[PollResult | PageResult, list[Stored]], None] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.archive = archive
        self.options = options
        self.clock = clock
        self.workers = Workers(options.workers)
        self.fault: Exception | None = None  # the last one that the archive had
        self._only = only
        self._once = once
        self._unpolled = set(only or ()) if once else set()
        self._told = stored
        self._hosts: Counter[str] = Counter()
        self._left: set[str] = set()  # hosts that others may ask again
        self._holder = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.resting: Mapping[str, datetime] = {}
        self._awake = asyncio.Event()
        self._stopping = False

    @property
    def in_hand(self) -> int:
        """How many jobs were handed over and have not come back."""
        return self._hosts.total()

    def wake(self) -> None:
        """Look at the queue again, now."""
        self._awake.set()

    def stop(self) -> None:
        """Hand over no more jobs."""
        self._stopping = True
        self._awake.set()

    async def jobs(self) -> AsyncIterator[Job]:
        """Jobs as they become due, for as long as there are any, or for ever."""
        while not self._stopping:
            self._awake.clear()
            try:
                batch = await self._lease()
            except Exception as error:
                if self._once:
                    raise
                self.failed(error)  # a full disk or a long lock must not end a crawl that is meant to last
                batch = []
            for job in batch:
                if self._stopping:
                    return
                yield job
            if batch:
                continue
            if self._once and not self._unpolled and not self.in_hand and not self._awake.is_set():
                return
            await self._sleep()

    async def _sleep(self) -> None:
        """Until something may be there to do. Jobs come back in bunches, and each look at the queue is a transaction."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await self._awake.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER):
                while self.in_hand > 3 * self.options.concurrency // 4 and not self._stopping:
                    self._awake.clear()
                    await self._awake.wait()

    async def _lease(self) -> list[Job]:
        """The next jobs: polls before pages, as many as fit beside what is in hand."""
        now = self.clock()
        await self._let_go(now)
        room = Room(self.options.concurrency - self.in_hand, PER_HOST, self._hosts, self._holder)
        if room.total <= 0:
            return []
        if not self._once and not self.archive.read(anything_to_fetch, now, pages=self.options.pages):
            return []
        batch: list[Job] = list(await self._lease_polls(now, room))
        if self.options.pages and room.total > 0:
            batch += await self.archive.awrite(due_pages, now, room=room, only=self._only)
        self._hosts.update(job_host(job) for job in batch)
        if batch:
            self.resting = {host: until for host, (until, _) in self.archive.read(resting_hosts, now).items()}
            point("collect.1")
        return batch

    async def _lease_polls(self, now: datetime, room: Room) -> list[PollJob]:
        if not self._once:
            return await self.archive.awrite(due_polls, now, room=room, only=self._only)
        if not self._unpolled:
            return []
        polls = await self.archive.awrite(due_polls, now, room=room, only=self._unpolled, at_once=True)
        self._unpolled -= {job.source.id for job in polls}
        self._unpolled -= self.archive.read(cannot_be_polled, now, self._unpolled)
        return polls

    async def _let_go(self, now: datetime) -> None:
        """Let other processes ask the hosts of which nothing is in hand any more, after the pause that is due to them."""
        free = {host for host in self._left if host not in self._hosts}
        self._left.clear()
        if free:
            await self.archive.awrite(free_hosts, free, self._holder, now + timedelta(seconds=self.options.delay))

    async def put_back(self, job: Job) -> None:
        """Give a job back undone: its host rests."""
        if isinstance(job, PollJob):
            await self.archive.awrite(put_back_poll, job.source.id)
        else:
            await self.archive.awrite(put_back_page, job.article)
        self.done(job)

    async def store(self, result: PollResult | PageResult) -> list[Stored]:
        """Hand a result to the archive. Returns the articles that are new or read differently."""
        if isinstance(result, PollResult):
            stored = await self.archive.awrite(store_poll, result)
            point("collect.4")
        else:
            one = await self.archive.awrite(store_page, result)
            stored = [one] if one is not None else []
            point("collect.7")
        if result.rest is not None:
            self.resting = {**self.resting, result.rest.host: result.rest.until}
        if self._told is not None:
            self._told(result, stored)
        return stored

    def failed(self, error: Exception) -> None:
        """The archive could not be written. What was leased comes again when its lease ends."""
        self.fault = error
        log.error("the archive cannot be written", error=f"{type(error).__name__}: {error}")

    def done(self, job: Job) -> None:
        """The job came back, whatever came of it."""
        host = job_host(job)
        self._hosts[host] -= 1
        if self._hosts[host] <= 0:
            del self._hosts[host]
            self._left.add(host)
        self._awake.set()
