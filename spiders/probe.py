"""Trying sources out: each is fetched once as the daemon would, and what came of it is told. Nothing of it is kept.

It has an archive of its own for as long as it lasts, in a temporary folder. From the user's archive it takes which hosts
rest and what their robots.txt says; back go only the rests that hosts ask for meanwhile.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar, cast

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from spiders.base import SourceSpider
from spiders.faults import Fault, FetchFaultError, header, status_fault
from spiders.feed_text import decode_feed
from spiders.options import scrapy_settings
from spiders.robots import origin_of, rules_of
from spiders.work import Work
from storage.archive import open_archive
from storage.hosts import keep_robots, rest_host, resting_hosts, robots_of
from storage.model import Outcome, PageJob, PageResult, PollJob, PollResult, Rest
from storage.sources import host_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    import scrapy
    from scrapy.http import Response

    from spiders.options import CollectOptions
    from storage.archive import Archive
    from storage.model import Entry, Source

T = TypeVar("T")

STOP_SECONDS = 3.0  # for what is under way when it is to stop
MOST_SECONDS = 180.0  # for one source with all its further requests, after its turn has come
SAMPLE = 100_000  # bytes by which an encoding is told
TELLING = 40  # characters from which an entry's text is a summary
FAILING = 500  # statuses of a robots.txt from which it says nothing
_PACKED = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Probed:
    """What trying a source came to.

    `address` is where the answer came from in the end, "" if there was none; `robots` seconds between requests that the
    host's robots.txt asks for, None where it was not asked or gave no answer.
    """

    source: Source
    result: PollResult
    address: str = ""
    encoding: str = ""
    robots: float | None = None
    seconds: float = 0.0
    page: PageResult | None = None

    @property
    def reached(self) -> bool:
        """Whether it could be read, be there something new or not."""
        return self.result.outcome.good

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What it listed; of a sitemap, what is dated within the last two days."""
        return self.result.entries

    @property
    def newest(self) -> Entry | None:
        """The entry with the latest time, or else the first."""
        dated = [one for one in self.entries if one.published]
        latest = max(dated, key=lambda one: one.published.at if one.published else self.result.at, default=None)
        return latest or next(iter(self.entries), None)

    @property
    def text(self) -> str:
        """What entries bring: "whole" texts, "summaries", "titles", or "" without entries."""
        if not self.entries:
            return ""
        if 2 * sum(one.whole for one in self.entries) >= len(self.entries):
            return "whole"
        return "summaries" if self.text_length >= TELLING else "titles"

    @property
    def text_length(self) -> int:
        """Of an entry's text in the middle, in characters."""
        return int(median(len(one.text) for one in self.entries)) if self.entries else 0


class ProbeSpider(SourceSpider):
    """A crawl that does what a plan says, and then ends."""

    name = "probe"

    def __init__(self, *, plan: Callable[[ProbeSpider], Awaitable[None]], **rest: Any) -> None:
        super().__init__(**rest)
        self._plan = plan

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Nothing is queued: the plan asks for what it needs."""
        await self._plan(self)
        return
        yield  # what makes it a generator

    async def try_source(self, source: Source, *, page: bool = False) -> Probed:
        """Poll a source as if for the first time; with `page` fetch its newest entry's page, too."""
        began = time.monotonic()
        job = PollJob(replace(source, enabled=True), first=True)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                probed = await self._poll(job)
                if page and probed.newest is not None and probed.newest.url:
                    probed = replace(probed, page=await self._page(probed.newest.url, source))
        except TimeoutError:
            probed = self._late(job)
        seconds = probed.result.seconds or time.monotonic() - began
        return replace(probed, source=source, seconds=seconds, robots=self._robots_of(probed.address or source.url))

    async def look(self, source: Source) -> Response:
        """The answer at a source's address, whatever it is. Raises FetchFaultError where there is none, or no success."""
        response = await self.get(source.url, PollJob(source, first=True))
        fault = status_fault(response, self.work.clock())
        if fault is not None:
            self._keep_rest(fault.rest)
            raise FetchFaultError(fault)
        return response

    async def judge(self, response: Response, source: Source) -> Probed:
        """What an answer that is there already comes to, read as this source's first poll."""
        job = PollJob(replace(source, enabled=True), first=True)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                probed = await self._judged(response, job)
        except TimeoutError:
            probed = self._late(job)
        return replace(probed, source=source, robots=self._robots_of(response.url))

    def _late(self, job: PollJob) -> Probed:
        return self._failed(job, Fault(Outcome.TIMEOUT, f"not read within {MOST_SECONDS:.0f} s"))

    async def _poll(self, job: PollJob) -> Probed:
        try:
            request = self._request(job)
        except ValueError as error:
            return self._failed(job, Fault(Outcome.NOT_A_FEED, f"the address cannot be asked: {error}"[:300]))
        try:
            response = await self._download(request)
        except FetchFaultError as error:
            return self._failed(job, error.fault)
        return await self._judged(response, job)

    async def _judged(self, response: Response, job: PollJob) -> Probed:
        result = cast("PollResult", (await self._read(response, job)).result)
        self._keep_rest(result.rest)
        kind = header(response, "Content-Type")
        packed = response.body.startswith(_PACKED)
        encoding = decode_feed(response.body[:SAMPLE], kind)[1] if result.outcome.good and not packed else ""
        seconds = float(response.meta.get("download_latency") or 0.0)
        return Probed(job.source, result, response.url, encoding, seconds=seconds)

    def _failed(self, job: PollJob, fault: Fault) -> Probed:
        return Probed(job.source, cast("PollResult", self._fault(job, fault).result))

    async def _page(self, url: str, source: Source) -> PageResult:
        job = PageJob(0, url, source, 0)
        try:
            item = await self._read(await self.get(url, job), job)
        except FetchFaultError as error:
            item = self._fault(job, error.fault)
        result = cast("PageResult", item.result)
        self._keep_rest(result.rest)
        return result

    def robots_text(self, url: str) -> str:
        """What the robots.txt of an address' host says, once anything was asked there."""
        robots = self.work.archive.read(robots_of, origin_of(url))
        return robots.body if robots is not None else ""

    def _robots_of(self, url: str) -> float | None:
        robots = self.work.archive.read(robots_of, origin_of(url))
        if robots is None or robots.status is None or robots.status >= FAILING:
            return None
        return rules_of(robots, self.work.clock()).delay(self.work.options.agent())

    def _keep_rest(self, rest: Rest | None) -> None:
        if rest is not None:
            self.work.resting = {**self.work.resting, rest.host: rest.until}
            self.work.archive.write(rest_host, rest)


async def probe(
    sources: Sequence[Source],
    options: CollectOptions,
    *,
    told: Callable[[Probed], None],
    stop: asyncio.Event | None = None,
    page: bool = False,
    known: Archive | None = None,
) -> list[Probed]:
    """Try each source once, those of one host one after the other, and tell each as it comes.

    `known` is the user's archive. After `stop` what has come by then is returned.
    """
    by_host: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_host[host_of(source.url)].append(source)
    results: list[Probed] = []

    async def plan(spider: ProbeSpider) -> None:
        free = asyncio.Semaphore(options.concurrency)

        async def one_host(those: list[Source]) -> None:
            async with free:
                for source in those:
                    probed = await spider.try_source(source, page=page)
                    results.append(probed)
                    told(probed)

        async with asyncio.TaskGroup() as group:
            for those in by_host.values():
                group.create_task(one_host(those))

    await crawl(plan, options, stop=stop, known=known, urls=[one.url for one in sources])
    return results


async def crawl(
    plan: Callable[[ProbeSpider], Awaitable[T]],
    options: CollectOptions,
    *,
    stop: asyncio.Event | None = None,
    known: Archive | None = None,
    urls: Sequence[str] = (),
) -> T | None:
    """Carry out a plan in a crawl of its own and return what it returns, or None if it was stopped before."""
    with tempfile.TemporaryDirectory(prefix="khasan-") as folder:
        archive = await asyncio.to_thread(open_archive, Path(folder) / "probe.db")
        work = Work(archive, options)
        if known is not None:
            _take_over(known, work, urls)
        try:
            return await _run(plan, work, stop or asyncio.Event())
        finally:
            if known is not None:
                await _give_back(known, work)
            await work.workers.close()
            await asyncio.to_thread(archive.close)


async def _run(plan: Callable[[ProbeSpider], Awaitable[T]], work: Work, stop: asyncio.Event) -> T | None:
    result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def whole(spider: ProbeSpider) -> None:
        doing = asyncio.ensure_future(plan(spider))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait([doing, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not doing.done():
            doing.cancel()
        with suppress(asyncio.CancelledError):
            try:
                result.set_result(await doing)
            except Exception as error:  # noqa: BLE001 - raised where it was called; Scrapy would only log it
                result.set_exception(error)

    runner = AsyncCrawlerRunner(Settings({**scrapy_settings(work.options), "ITEM_PIPELINES": {}}))
    crawling = runner.crawl(ProbeSpider, work=work, plan=whole)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait([crawling, stopped], return_when=asyncio.FIRST_COMPLETED)
    if not stopped.cancel():
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await runner.stop()
        return None
    crawling.result()  # what it failed with
    return result.result()


def _take_over(known: Archive, work: Work, urls: Sequence[str]) -> None:
    """What the user's archive knows of these hosts: that they rest, and their robots.txt."""
    now = work.clock()
    resting = known.read(resting_hosts, now)
    work.resting = {host: until for host, (until, _) in resting.items()}
    for origin in dict.fromkeys(origin_of(url) for url in urls):
        robots = known.read(robots_of, origin)
        if robots is not None:
            work.archive.write(keep_robots, robots)


async def _give_back(known: Archive, work: Work) -> None:
    now = work.clock()
    before = known.read(resting_hosts, now)
    for host, (until, reason) in work.archive.read(resting_hosts, now).items():
        if host not in before or before[host][0] < until:
            await known.awrite(rest_host, Rest(host, until, reason))
