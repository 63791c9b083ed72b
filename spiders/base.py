"""What all spiders share: they take jobs from the archive, and every job comes back as one result.

To add a kind of source, write a module that says how it is polled (`Kind` in `spiders.visit`), enter it in `spiders.kinds`, and
add a spider of its name to `spiders.crawl`.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import scrapy
import structlog
from scrapy import signals

from spiders.faults import Fault, FetchFaultError, RestingError, download_fault
from spiders.items import JobItem
from spiders.polls import first_request, read_poll
from spiders.reading import job_fault, read_page
from spiders.search import least_delay
from spiders.visit import ACCEPT_FEED, ACCEPT_PAGE
from spiders.work import Job, Work, job_host
from storage.archive import open_archive
from storage.model import Outcome, PollJob
from storage.sources import all_sources

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from spiders.options import CollectOptions

log = structlog.get_logger()

_XML = frozenset({"feeds", "sitemaps"})


class SourceSpider(scrapy.Spider):
    """A crawl over the archive's sources. Without `work` it opens the archive itself, as `scrapy crawl` needs it."""

    kind: ClassVar[str] = ""  # of source; "" for all kinds

    def __init__(self, *, work: Work | None = None, source: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._given = work
        self._wanted = [one for one in source.split(",") if one]
        self.work: Work

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Scrapy's way of making a spider."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.work = spider._given or spider._open(crawler)  # noqa: SLF001 - its own class
        crawler.signals.connect(spider._closed, signals.spider_closed)  # noqa: SLF001
        return spider

    def _open(self, crawler: Crawler) -> Work:
        """The archive and work of a crawl by hand: every source of this kind, or those named, now."""
        settings = crawler.settings
        archive = open_archive(Path(settings["KHASAN_ARCHIVE"]))
        options: CollectOptions = settings["KHASAN_OPTIONS"]
        prepare = settings.get("KHASAN_PREPARE")
        if prepare is not None:
            prepare(archive)
        known = {one.id for one in archive.read(all_sources) if one.enabled and self.kind in ("", one.kind)}
        unknown = [one for one in self._wanted if one not in known]
        if unknown:
            archive.close()
            msg = f"no enabled source {', '.join(unknown)} of kind {self.kind}; there are: {', '.join(sorted(known))}"
            raise SystemExit(msg)  # what Scrapy offers for this ends in a traceback
        ids = self._wanted or sorted(known)
        return Work(archive, options, only=ids, once=True)

    async def _closed(self) -> None:
        if self._given is None:
            await self.work.workers.close()
            self.work.archive.close()

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """A request for every job, for as long as there are jobs."""
        async for job in self.work.jobs():
            try:
                request = self._request(job)
            except ValueError as error:  # an address that Scrapy refuses must cost its job and not end the crawl
                log.warning("no request can be made", source=job.source.id, error=str(error))
                await self.work.settle(
                    self._fault(job, Fault(Outcome.NOT_A_PAGE, f"the address cannot be asked: {error}"[:300]))
                )
                continue
            yield request

    def _request(self, job: Job) -> scrapy.Request:
        if isinstance(job, PollJob):
            url, conditions = first_request(job, self.work.clock())
            request = self._ask(url, job, conditions)
        else:
            request = self._ask(job.url, job)
        request.meta["khasan_job"] = job
        request.callback, request.errback = self.read, self.failed
        return request

    def _ask(self, url: str, job: Job, headers: Mapping[str, str] = MappingProxyType({})) -> scrapy.Request:
        """A request for a job's source, with what the topic says of it."""
        source = job.source
        accept = ACCEPT_FEED if isinstance(job, PollJob) and source.kind in _XML else ACCEPT_PAGE
        request = scrapy.Request(
            url,
            headers={"Accept": accept, "User-Agent": self.work.options.agent(source), **headers},
            meta={"khasan_delay": max(least_delay(source), source.delay or 0.0)},
            dont_filter=True,
        )
        if source.proxy:
            request.meta["proxy"] = source.proxy
        return request

    async def get(self, url: str, job: Job) -> Response:
        """A further answer that a job takes. Raises FetchFaultError."""
        try:
            request = self._ask(url, job)
            return await self._download(request)
        except ValueError as error:
            fault = Fault(Outcome.NOT_A_FEED, f"the address cannot be asked: {error}"[:300])
            raise FetchFaultError(fault) from error

    async def _download(self, request: scrapy.Request) -> Response:
        engine = self.crawler.engine
        if engine is None:
            msg = "the crawl has not begun"
            raise RuntimeError(msg)
        try:
            return await engine.download_async(request)
        except Exception as error:  # whatever a download ends with is a fault of that download
            raise FetchFaultError(download_fault(error)) from error

    async def ping(self, url: str) -> int:
        """Ask an address of the operator's own and return its status. Raises FetchFaultError."""
        meta = {"dont_obey_robotstxt": True, "khasan_own": True}
        return (await self._download(scrapy.Request(url, meta=meta, dont_filter=True))).status

    async def read(self, response: Response) -> AsyncIterator[JobItem]:
        """Any answer to a job, whatever its status."""
        yield await self._read(response, response.meta["khasan_job"])

    async def _read(self, response: Response, job: Job) -> JobItem:
        try:
            if isinstance(job, PollJob):
                return JobItem(job, await read_poll(response, job, self.work, self.get))
            return JobItem(job, await read_page(response, job, self.work))
        except Exception as error:  # a bug of ours must cost one job and be seen, not the crawl
            log.exception("reading failed", source=job.source.id, url=response.url)
            return self._fault(job, Fault(Outcome.FAULT, f"{type(error).__name__}: {error}"[:300]))

    async def failed(self, failure: Failure) -> AsyncIterator[JobItem]:
        """A job without an answer."""
        job: Job = failure.request.meta["khasan_job"]  # type: ignore[attr-defined]
        if isinstance(failure.value, RestingError):
            if failure.value.host == job_host(job):
                await self.work.put_back(job)
            else:  # a redirect leads to a host that rests: asking ours again would only lead there again
                wait = failure.value.until - self.work.clock()
                yield self._fault(job, Fault(Outcome.REFUSED, str(failure.value), retry_after=wait))
            return
        fault = download_fault(failure.value or RuntimeError("no reason given"))
        if fault.outcome == Outcome.FAULT:
            log.error("download failed", source=job.source.id, error=fault.detail)
        yield self._fault(job, fault)

    def _fault(self, job: Job, fault: Fault) -> JobItem:
        return JobItem(job, job_fault(job, fault, self.work))


class WatchSpider(SourceSpider):
    """The daemon's one permanent crawl, over all kinds of source."""

    name = "watch"
