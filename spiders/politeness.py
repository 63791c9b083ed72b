"""What every request passes on its way out, hop by hop: is its host resting, does its robots.txt allow it, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import scrapy
from scrapy.http.request import NO_CALLBACK

from spiders.faults import RestingError, RobotsError, status_fault
from spiders.robots import AGAIN, RobotsKeeper
from storage.sources import host_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.base import SourceSpider
    from spiders.options import CollectOptions
    from spiders.work import Work

_FIRST = 1000  # a robots.txt goes before what waits for it


class PolitenessMiddleware:
    """Keeps requests from hosts that asked for rest, and from what robots.txt forbids; paces them by host.

    A redirect comes here again as a request of its own, so it is judged by the host it leads to.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._options: CollectOptions = crawler.settings["KHASAN_OPTIONS"]
        self._keeper: RobotsKeeper | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a middleware."""
        return cls(crawler)

    @property
    def _work(self) -> Work:
        spider: SourceSpider = self._crawler.spider  # type: ignore[assignment]
        return spider.work

    async def process_request(self, request: scrapy.Request) -> None:
        """Raise RestingError or RobotsError, or let the request go, at its host's pace."""
        host = host_of(request.url)
        request.meta["download_slot"] = host
        if request.meta.get("khasan_own"):
            return
        now = self._work.clock()
        until = self._work.resting.get(host)
        if until is not None and until > now:
            raise RestingError(host, until)
        delay = max(self._options.delay, request.meta.get("khasan_delay", 0.0))
        if self._options.obey_robots and not request.meta.get("dont_obey_robotstxt"):
            rules = await self._robots().rules(request.url, now, request.meta.get("proxy") or "")
            agent = (request.headers.get("User-Agent") or b"").decode("latin-1")
            refused = rules.refused(request.url, agent)
            if refused:
                raise RobotsError(refused, AGAIN if rules.refusal else None)
            delay = max(delay, rules.delay(agent))
        self._pace(host, delay)

    def _pace(self, host: str, delay: float) -> None:
        """Give a host's slot in the downloader the longest pause that anybody wants for it."""
        engine = self._crawler.engine
        if engine is None or delay <= self._options.delay:
            return
        settings = engine.downloader.per_slot_settings.setdefault(host, {"delay": 0.0, "concurrency": 1, "jitter": 0.0})
        settings["delay"] = max(settings["delay"], delay)
        slot = engine.downloader.slots.get(host)
        if slot is not None and slot.delay < delay:
            slot.delay, slot.concurrency, slot.jitter = delay, 1, 0.0  # what was asked for is a least, and no average
        self._work.pace(host, settings["delay"])

    def _robots(self) -> RobotsKeeper:
        if self._keeper is None:
            self._keeper = RobotsKeeper(self._work.archive, self._fetch)
        return self._keeper

    async def _fetch(self, url: str, proxy: str) -> tuple[int | None, bytes]:
        """Status and body of a robots.txt; None where there is no answer."""
        engine = self._crawler.engine
        if engine is None:
            return None, b""
        meta = {"dont_obey_robotstxt": True, **({"proxy": proxy} if proxy else {})}
        request = scrapy.Request(url, priority=_FIRST, callback=NO_CALLBACK, dont_filter=True, meta=meta)
        try:
            response = await engine.download_async(request)
        except RestingError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the request that waits for this will meet it too, and report it
            return None, b""
        fault = status_fault(response, self._work.clock())
        if fault is not None and fault.rest is not None:
            await self._work.rest(fault.rest)
        return response.status, response.body
