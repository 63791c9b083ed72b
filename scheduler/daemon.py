"""The daemon: one permanent crawl, a review stage, a delivery stage, and the ticks that wake them.

Everything it knows is in the archive. It may be killed at any instant and started again.
"""

from __future__ import annotations

import asyncio
import gc
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from alerts.channels import open_channel
from alerts.outbox import Outbox, notice_mail
from scheduler.digests import digests_due
from scheduler.health import CoverageNow, look
from scheduler.heartbeat import Heartbeat, Passes
from scheduler.jobs import Change, Reloader, baseline_notices, upkeep
from scheduler.reading import warm
from scheduler.review import review_due
from scheduler.stages import Stage
from spiders.base import WatchSpider
from spiders.options import scrapy_settings
from spiders.work import Work, utc_now
from storage.archive import Archive, lock_path, open_archive
from storage.lock import DataLock
from storage.outbox import queue_mail
from storage.reviews import waiting_again
from storage.rules import put_in_force
from storage.sources import release_leases, sync_topic
from storage.upkeep import mend_times, work_left

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from alerts.coverage import CoverageLine
    from scheduler.setup import Setup
    from storage.model import PageResult, PollResult, Stored

log = structlog.get_logger()

STOP_SECONDS = 8.0  # for what is in hand when asked to stop; what is not done by then is done again next time
TICK_SECONDS = 2
RELOAD_SECONDS = 5
LOOK_SECONDS = 0.1
# A crawl that lasts for years needs no totals at its end; the archive has the history of polls.
NO_STATISTICS = {"DOWNLOADER_STATS": False, "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector"}


class Daemon:
    """The running whole. `async with Daemon(…) as daemon: await daemon.until(stop)`.

    Raises LockHeldError if another one runs on the same data, ArchiveError if the data cannot be used.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        load: Callable[[], Setup] | None = None,
        only: Collection[str] | None = None,
        once: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.setup = setup
        self.archive: Archive
        self._clock = clock
        self._only = only
        self._once = once
        self._lock = DataLock(lock_path(setup.database))
        self._reloader = Reloader(load, setup) if load else None
        self._reloading = asyncio.Lock()
        self._channel = open_channel(setup.channel)
        self.review = Stage("review", self._review)
        self.deliver = Stage("deliver", self._deliver)
        self._tasks: list[asyncio.Task[None]] = []
        self._changes = 0
        self._taken: dict[int, datetime] = {}
        self._passes = Passes()
        self._heartbeat = Heartbeat(clock())

    async def __aenter__(self) -> Self:
        self._lock.acquire()
        try:
            self.archive = open_archive(self.setup.database, lock_held=True)
            await self._begin()
        except BaseException:
            self._lock.release()
            raise
        return self

    async def _begin(self) -> None:
        """Put the archive in order after whatever ended the last run, then start the stages and the crawl."""
        setup, now = self.setup, self._clock()
        await self.archive.awrite(sync_topic, setup.outlets, setup.sources, now)
        await self.archive.awrite(put_in_force, setup.deciding, now)
        await self.archive.awrite(release_leases)
        await self.archive.awrite(mend_times, now)
        if not self._once:
            await asyncio.to_thread(warm, setup)
        self._coverage = CoverageNow(self.archive, self._clock)
        self.outbox = self._new_outbox()
        self.work = Work(self.archive, setup.collect, only=self._only, stored=self._stored, clock=self._clock)
        self._runner = AsyncCrawlerRunner(Settings({**scrapy_settings(setup.collect), **NO_STATISTICS}))
        self.crawl = self._runner.crawl(WatchSpider, work=self.work)
        self._tasks = [asyncio.create_task(stage.run(), name=stage.name) for stage in (self.review, self.deliver)]
        self._changes = self.archive.changed_elsewhere()
        self._clockwork = self._ticks()
        gc.collect()
        gc.freeze()  # what is loaded by now stays: the collector need not look at it again
        self.review.wake()
        self.deliver.wake()

    def _ticks(self) -> AsyncIOScheduler:
        """The ticks. What is due is asked of the archive; they only make sure that somebody asks."""
        clockwork = AsyncIOScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}, timezone="UTC"
        )
        clockwork.add_job(self._tick, "interval", seconds=TICK_SECONDS)
        clockwork.add_job(self.review.wake, "interval", seconds=30)
        clockwork.add_job(self.deliver.wake, "interval", seconds=15)
        if not self._once:
            clockwork.add_job(self.upkeep, "cron", hour=3, minute=17)
            clockwork.add_job(self.tell_baselines, "interval", seconds=60)
            clockwork.add_job(self.look_after, "interval", seconds=60)
            clockwork.add_job(self.tell_digests, "interval", seconds=30)
        if self._reloader is not None:
            clockwork.add_job(self._reload, "interval", seconds=RELOAD_SECONDS)
        clockwork.start()
        return clockwork

    async def _tick(self) -> None:
        """Notice what other processes wrote: wishes, and articles of a `scrapy crawl`."""
        changes = self.archive.changed_elsewhere()
        if changes != self._changes:
            self._changes = changes
            self.wake()

    def wake(self) -> None:
        """Let every stage look at its queue now."""
        self.work.wake()
        self.review.wake()
        self.deliver.wake()

    def _stored(self, result: PollResult | PageResult, stored: list[Stored]) -> None:
        if stored or not result.outcome.good:
            self.review.wake()
        level = log.info if result.outcome.good else log.warning
        level("fetched", of=getattr(result, "source", None) or result.url, outcome=result.outcome, detail=result.detail)  # type: ignore[union-attr]

    async def _review(self) -> None:
        if self.archive.read(waiting_again):
            await self._reload()  # whoever asks for it has just changed something
        reviewed, _ = await review_due(
            self.archive,
            lambda: self.setup,
            self._clock,
            self.review.stopping,
            coverage=self.coverage,
            mailed=self.deliver.wake,  # at once: what comes in meanwhile may keep the stage busy for long
        )
        self._passes = replace(self._passes, review=self._clock())
        if reviewed:
            self.work.wake()  # it may want pages

    async def _deliver(self) -> None:
        await self.outbox.deliver(self.deliver.stopping)
        self._passes = replace(self._passes, deliver=self._clock())

    def _new_outbox(self) -> Outbox:
        setup = self.setup
        return Outbox(
            self.archive, self._channel, setup.readers, setup.mail, self._clock, self._taken, coverage=self.coverage
        )

    def coverage(self) -> CoverageLine:
        """What a mail that is queued now says of how the sources stand."""
        return self._coverage.line(self.setup)

    async def look_after(self) -> None:
        """Tell the operator how the watch is doing, and whoever is to miss us that we are here."""
        if await look(self.archive, self.setup, self._clock()):
            self.deliver.wake()
        await self._heartbeat.beat(self.archive, self.setup.health, self._passes, self._clock(), self._fetch)

    async def tell_digests(self) -> None:
        """Queue the digests of readers that are due."""
        if await digests_due(self.archive, self.setup, self._clock()):
            self.deliver.wake()

    async def _fetch(self, url: str) -> int:
        """The status of the answer to a GET by the crawl, which is the only one here to speak HTTP."""
        spiders = [crawler.spider for crawler in self._runner.crawlers]
        spider = next((one for one in spiders if isinstance(one, WatchSpider)), None)
        if spider is None:
            msg = "the crawl has not begun"
            raise RuntimeError(msg)
        return await spider.ping(url)

    async def upkeep(self) -> None:
        """Let go of what is not needed any more."""
        await upkeep(self.archive, self.setup, self._clock())

    async def tell_baselines(self) -> None:
        """Tell the operator of sources read for the first time."""
        await baseline_notices(self.archive, self.setup, self._clock(), self.coverage)
        self.deliver.wake()

    async def _reload(self) -> None:
        """Take up changed files; keep the last good ones and tell the operator if they cannot be used."""
        if self._reloader is None:
            return
        async with self._reloading:
            change = await asyncio.to_thread(self._reloader.look)
            try:
                await self._take_up(change)
            except Exception:
                self._reloader.forget()  # and so it is tried again
                raise

    async def _take_up(self, change: Change) -> None:
        if change.problems:
            log.error("configuration not taken over", problems=change.problems)
            paragraphs = ["The changed files cannot be used; the last good ones stay in force.", *change.problems]
            notice = notice_mail(
                json.dumps([change.problems, self._clock().date().isoformat()]),
                "configuration not taken over",
                paragraphs,
                address=self.setup.operator,
                now=self._clock(),
                options=self.setup.mail,
                coverage=self.coverage(),
                zone=self.setup.health.zone,
            )
            await self.archive.awrite(queue_mail, notice, self._clock())
            self.deliver.wake()
        if change.setup is not None:
            await self._take(change.setup)

    async def _take(self, setup: Setup) -> None:
        await asyncio.to_thread(warm, setup)
        await self.archive.awrite(sync_topic, setup.outlets, setup.sources, self._clock())
        await self.archive.awrite(put_in_force, setup.deciding, self._clock())
        if setup.channel != self.setup.channel:
            await self._channel.close()
            self._channel = open_channel(setup.channel)
        if setup.collect != self.setup.collect or setup.database != self.setup.database:
            log.warning("[collect] or [data] database changed: that acts from the next start on")
        self.setup = setup
        self.outbox = self._new_outbox()
        log.warning("configuration taken over", topic=setup.topic_version)
        self.wake()

    def idle(self) -> bool:
        """Whether nothing is in hand and nothing is due."""
        left = self.archive.read(work_left, self._clock(), self._only)
        if not self.setup.collect.pages:
            del left["pages"]
        return not any(left.values()) and not self.work.in_hand and self.review.quiet and self.deliver.quiet

    async def until_idle(self, stop: asyncio.Event, look: Callable[[], None] = lambda: None) -> bool:
        """Run until nothing is left to do now, or `stop` is set. `look` is called now and then. True if nothing is left."""
        self.wake()
        while not self.idle():
            if stop.is_set():
                return False
            if self.crawl.done():
                self.crawl.result()
                msg = "the crawl ended by itself; see the log"
                raise RuntimeError(msg)
            if self.work.fault is not None:
                raise self.work.fault
            look()
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def until(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, or the crawl ends, which it should not."""
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([stopped, self.crawl], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self.crawl.done() and not stop.is_set():
            self.crawl.result()  # what it failed with
            msg = "the crawl ended by itself; see the log"
            raise RuntimeError(msg)

    async def __aexit__(self, *_: object) -> None:
        self._clockwork.shutdown(wait=False)
        self.work.stop()
        self.review.stop()
        self.deliver.stop()
        ending = [self._runner.stop(), *self._tasks]
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*ending, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await self.work.workers.close()
        await self._channel.close()
        await asyncio.to_thread(self.archive.close)
        self._lock.release()
