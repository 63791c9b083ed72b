"""Where results leave the crawl."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.items import JobItem
    from spiders.work import Work


class StorePipeline:
    """Puts each result into the archive, in one transaction, and passes on what is new in it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a pipeline."""
        return cls(crawler)

    async def process_item(self, item: JobItem) -> JobItem:
        """Store a result; its articles are what `-o` writes."""
        work: Work = self._crawler.spider.work  # type: ignore[union-attr]
        try:
            return replace(item, stored=tuple(await work.store(item.result)))
        except Exception as error:
            work.failed(error)
            raise
        finally:
            work.done(item.job)
