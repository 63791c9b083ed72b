"""The work of one crawl: which polls and pages are handed to it, and handing what they bring to the archive.

The queue is the archive. Work leases a few jobs at a time from it, never more than one or two for one host, because a crawl
that is stopped first drains what it was handed at the configured delay, and what waits takes a place.
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
from storage.archive import ArchiveError
from storage.crash import point
from storage.entries import store_poll
from storage.hosts import free_hosts, rest_host, resting_hosts
from storage.model import PageJob, PageResult, PollJob, PollResult, Stored
from storage.pages import due_pages, put_back_page, store_page
from storage.sources import Room, cannot_be_polled, due_polls, host_of, put_back_poll, retry_unreachable
from storage.upkeep import anything_to_fetch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from spiders.items import JobItem
    from spiders.options import CollectOptions
    from storage.archive import Archive
    from storage.model import Rest

log = structlog.get_logger()

PER_HOST = 2  # jobs in hand where there is no pause between requests; with one, a second would only wait
LONG_PAUSE = 5.0  # seconds between two requests, from which a host has one job at a time, when its pause is over
CUT_OFF = timedelta(minutes=10)  # without any answer: it is our own line, and not so many sources at once
PAUSE = 1.0  # seconds between looks at the queue when nothing wakes us
GATHER = 0.05  # seconds that a free place may wait for a few more, so that a look at the queue hands out several jobs

Job = PollJob | PageJob


def utc_now() -> datetime:
    """The wall clock: the only place in this room that looks at it."""
    return datetime.now(UTC)


def job_host(job: Job) -> str:
    """The host that a job will bother."""
    return host_of(job.url)


def _key(job: Job) -> tuple[str, str | int]:
    """What tells a job from all others."""
    return ("poll", job.source.id) if isinstance(job, PollJob) else ("page", job.article)


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
        self._slow: dict[str, float] = {}  # seconds between two requests, for hosts that want more than a few
        self._not_before: dict[str, datetime] = {}
        self._mine: set[tuple[str, str | int]] = set()  # jobs in hand
        self._last_good: datetime | None = None
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
        per_host = 1 if self.options.delay else PER_HOST
        room = Room(self.options.concurrency - self.in_hand, per_host, self._busy(now), self._holder)
        if room.total <= 0:
            return []
        if not self._once and not self.archive.read(anything_to_fetch, now, pages=self.options.pages):
            return []
        batch: list[Job] = list(await self._lease_polls(now, room))
        if self.options.pages and room.total > 0:
            batch += await self.archive.awrite(due_pages, now, room=room, only=self._only)
        batch = [job for job in batch if _key(job) not in self._mine]  # what takes longer than a lease is still in hand
        self._mine.update(_key(job) for job in batch)
        self._hosts.update(job_host(job) for job in batch)
        for host in {job_host(job) for job in batch} & self._slow.keys():
            self._not_before[host] = now + timedelta(seconds=self._slow[host])
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
        for delay in {self._slow.get(host, self.options.delay) for host in free}:
            those = [host for host in free if self._slow.get(host, self.options.delay) == delay]
            await self.archive.awrite(free_hosts, those, self._holder, now + timedelta(seconds=delay))

    def _busy(self, now: datetime) -> Counter[str]:
        """How many jobs each host has; one that wants long pauses is full until its pause is over.

        A job that only waited for its turn would take a place from a host that could be asked.
        """
        self._not_before = {host: at for host, at in self._not_before.items() if at > now}
        return self._hosts | Counter(dict.fromkeys(self._not_before, PER_HOST))

    def pace(self, host: str, delay: float) -> None:
        """A host wants so many seconds between two requests."""
        if delay > LONG_PAUSE:
            self._slow[host] = max(delay, self._slow.get(host, 0.0))

    async def rest(self, rest: Rest) -> None:
        """A host asked to be left alone."""
        self.resting = {**self.resting, rest.host: rest.until}
        await self.archive.awrite(rest_host, rest)

    async def put_back(self, job: Job) -> None:
        """Give a job back undone: its host rests."""
        try:
            if isinstance(job, PollJob):
                await self.archive.awrite(put_back_poll, job.source.id)
            else:
                await self.archive.awrite(put_back_page, job.article)
        except ArchiveError as error:  # its lease will end by itself
            self.failed(error)
        finally:
            self.done(job)

    async def settle(self, item: JobItem) -> None:
        """Store what came of a job for which no request could be made."""
        try:
            await self.store(item.result)
        except ArchiveError as error:
            self.failed(error)
        finally:
            self.done(item.job)

    async def store(self, result: PollResult | PageResult) -> list[Stored]:
        """Hand a result to the archive. Returns the articles that are new or read differently."""
        if isinstance(result, PollResult):
            stored = await self.archive.awrite(store_poll, result)
            point("collect.4")
            await self._reached(result)
        else:
            one = await self.archive.awrite(store_page, result)
            stored = [one] if one is not None else []
            point("collect.7")
        if result.rest is not None:
            self.resting = {**self.resting, result.rest.host: result.rest.until}
        if self._told is not None:
            self._told(result, stored)
        return stored

    async def _reached(self, result: PollResult) -> None:
        """After a while without any source that could be reached, those that could not are tried at once: the line is back."""
        if not result.outcome.good:
            return
        before, self._last_good = self._last_good, result.at
        if before is None or result.at - before > CUT_OFF:
            await self.archive.awrite(retry_unreachable, result.at, before)
            self._awake.set()

    def failed(self, error: Exception) -> None:
        """The archive could not be written. What was leased comes again when its lease ends."""
        self.fault = error
        log.error("the archive cannot be written", error=f"{type(error).__name__}: {error}")

    def done(self, job: Job) -> None:
        """The job came back, whatever came of it."""
        host = job_host(job)
        self._mine.discard(_key(job))
        self._hosts[host] -= 1
        if self._hosts[host] <= 0:
            del self._hosts[host]
            self._left.add(host)
        self._awake.set()
