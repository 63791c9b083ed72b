"""What all spiders share: they take jobs from the archive, and every job comes back as one result.

To add a kind of source, write a module with a spider of that name, give it `kind`, and override `poll_request` and
`read` if an HTTP GET of the source's address and `read_poll` are not what it takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import scrapy
import structlog
from scrapy import signals
from scrapy.exceptions import UsageError

from spiders.items import JobItem
from spiders.reading import Fault, download_fault, job_fault, read_page, read_poll
from spiders.work import Job, Work, job_host
from storage.archive import open_archive
from storage.model import Outcome, PollJob
from storage.sources import all_sources

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from spiders.options import CollectOptions

log = structlog.get_logger()


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
            msg = f"no enabled source {', '.join(unknown)} of kind {self.kind!r}; there are: {', '.join(sorted(known))}"
            raise UsageError(msg)
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
                fault = Fault(Outcome.NOT_A_PAGE, f"the address cannot be asked: {error}"[:300])
                await self.work.store(self._fault(job, fault).result)
                self.work.done(job)
                continue
            yield request

    def _request(self, job: Job) -> scrapy.Request:
        source = job.source
        if source.delay is not None and self.crawler.engine is not None:
            slots = self.crawler.engine.downloader.per_slot_settings
            slots[job_host(job)] = {"delay": source.delay, "concurrency": 1}
        request = self.poll_request(job) if isinstance(job, PollJob) else scrapy.Request(job.url)
        meta = {"download_slot": job_host(job), "khasan_job": job}
        if source.proxy:
            meta["proxy"] = source.proxy
        request.meta.update(meta)
        request.headers.setdefault("User-Agent", self.work.options.agent(source))
        request.callback, request.errback, request.dont_filter = (
            self.read,
            self.failed,
            True,
        )  # replace() would copy it all
        return request

    def poll_request(self, job: PollJob) -> scrapy.Request:
        """How a source is asked: if it has changed since the last time."""
        headers = {
            "Accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
        }
        if job.etag:
            headers["If-None-Match"] = job.etag
        if job.last_modified:
            headers["If-Modified-Since"] = job.last_modified
        return scrapy.Request(job.source.url, headers=headers)

    async def read(self, response: Response) -> AsyncIterator[JobItem]:
        """Any answer to a job, whatever its status."""
        yield await self._read(response, response.meta["khasan_job"])

    async def _read(self, response: Response, job: Job) -> JobItem:
        try:
            if isinstance(job, PollJob):
                return JobItem(job, await read_poll(response, job, self.work))
            return JobItem(job, await read_page(response, job, self.work))
        except Exception as error:  # a bug of ours must cost one job and be seen, not the crawl
            log.exception("reading failed", source=job.source.id, url=response.url)
            return self._fault(job, Fault(Outcome.FAULT, f"{type(error).__name__}: {error}"[:300]))

    async def failed(self, failure: Failure) -> AsyncIterator[JobItem]:
        """A job without an answer."""
        job: Job = failure.request.meta["khasan_job"]  # type: ignore[attr-defined]
        fault = download_fault(failure.value or RuntimeError("no reason given"))
        if fault.outcome == Outcome.FAULT:
            log.error("download failed", source=job.source.id, error=fault.detail)
        yield self._fault(job, fault)

    def _fault(self, job: Job, fault: Fault) -> JobItem:
        return JobItem(job, job_fault(job, fault, self.work))


class WatchSpider(SourceSpider):
    """The daemon's one permanent crawl, over all kinds of source."""

    name = "watch"
