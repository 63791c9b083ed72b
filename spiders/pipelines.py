"""Where results leave the crawl."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

import structlog

from spiders.faults import Fault
from spiders.reading import job_fault
from storage.archive import ArchiveError
from storage.model import Outcome

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.items import JobItem
    from spiders.work import Work

log = structlog.get_logger()


class StorePipeline:
    """Puts each result into the archive, in one transaction, and passes on what is new in it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a pipeline."""
        return cls(crawler)

    async def process_item(self, item: JobItem) -> JobItem:
        """Store a result; its articles are what `-o` writes.

        What cannot be stored is not raised: Scrapy would write the whole item into its log, for every item while a disk
        is full. A full disk or a long lock costs the result, which comes again when its lease ends; a result that our
        code cannot store becomes a fault, so that it is not fetched for ever.
        """
        work: Work = self._crawler.spider.work  # type: ignore[union-attr]
        try:
            return replace(item, stored=tuple(await work.store(item.result)))
        except ArchiveError as error:
            work.failed(error)
        except Exception as error:
            log.exception("a result cannot be stored", source=item.job.source.id)
            fault = Fault(Outcome.FAULT, f"cannot be stored: {type(error).__name__}: {error}"[:300])
            await work.store(job_fault(item.job, fault, work))
        finally:
            work.done(item.job)
        return item
