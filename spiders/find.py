"""Finding out by what a site can be read: what it offers is tried, one address after the other, and ranked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from spiders.discover import (
    GUESSED,
    LINKED,
    SELF,
    Looked,
    Offer,
    address_key,
    guessed,
    is_aside,
    look_at,
    named_in_robots,
)
from spiders.faults import FetchFaultError, header, headers_of
from spiders.found import ReadContext
from spiders.markup import visible
from spiders.robots import origin_of
from spiders.telegram_reader import channel_address
from spiders.walls import wall_of
from spiders.workers import WorkerError
from storage.model import Outcome, Pages, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from scrapy.http import Response

    from spiders.probe import Probed, ProbeSpider

FRESH = timedelta(days=7)
MOST_SECONDS = 300.0  # for a whole search; a host may ask for long pauses
MOST_TRIED = 30  # addresses asked, whatever a site names
_TEXTS = ("whole", "summaries", "titles", "")
_STOPS = frozenset({Outcome.REFUSED, Outcome.DNS, Outcome.CONNECT, Outcome.TIMEOUT, Outcome.TLS, Outcome.PRIVATE})


@dataclass(frozen=True, slots=True)
class Tried:
    """An offer, and what reading it came to."""

    offer: Offer
    probed: Probed
    title: str = ""

    @property
    def useful(self) -> bool:
        """Whether articles can be had by it."""
        return self.probed.reached and bool(self.probed.entries or self.probed.result.seen)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a site can be read by, the best first; those that are of no use at the end. `fault`: nothing could be asked."""

    url: str
    title: str
    tried: tuple[Tried, ...]
    asked: int = 0  # addresses
    late: bool = False  # it took too long, and not all was tried
    fault: str = ""


async def find(spider: ProbeSpider, url: str, kind: str = "", told: Callable[[str], None] = lambda _: None) -> Finding:
    """Try what an address, or the site that it is of, offers; with `kind` only what is of that kind.

    `told` hears each address that is asked.
    """
    search = _Search(spider, kind, told)
    late = False
    try:
        async with asyncio.timeout(MOST_SECONDS):
            await search.begin(channel_address(url) or url)
    except FetchFaultError as error:
        return Finding(url, "", (), fault=visible(error.fault.detail))
    except TimeoutError:
        late = True
    tried = ranked(search.tried.values(), spider.work.clock())
    fault = "" if any(one.useful for one in tried) else search.wall
    return Finding(url, search.title, tried, search.asked, late=late, fault=fault)


def ranked(tried: Iterable[Tried], now: datetime) -> tuple[Tried, ...]:
    """The best first: a feed of news with whole texts and fresh entries. Of several with the same entries the first is kept."""
    kept: dict[object, Tried] = {}
    for number, one in enumerate(tried):
        entries = frozenset(entry.canonical_url for entry in one.probed.entries)
        kept.setdefault((one.offer.kind, entries) if entries else number, one)
    return tuple(sorted(kept.values(), key=lambda one: _worth(one, now)))


def _worth(one: Tried, now: datetime) -> tuple[bool, bool, int, int, int, bool]:
    newest = one.probed.newest
    at = newest.published.at if newest and newest.published else None
    age = 1 if at is None else 0 if now - at < FRESH else 2
    titled = any(entry.title for entry in one.probed.entries)
    kinds = {"feeds": 0, "sitemaps": 1 if titled else 4, "search": 1, "telegram": 2, "listings": 3}
    return (
        not one.useful,
        one.offer.aside or is_aside(one.offer.url, one.title),
        age,
        kinds[one.offer.kind],
        _TEXTS.index(one.probed.text),
        one.offer.why == GUESSED,
    )


class _Search:
    """One search: what was tried so far, by address."""

    def __init__(self, spider: ProbeSpider, kind: str, told: Callable[[str], None]) -> None:
        self.tried: dict[str, Tried] = {}
        self.title = ""  # what the site calls itself
        self.wall = ""  # what stands in its place
        self._spider, self._kind, self._told = spider, kind, told
        self._asked: set[str] = set()

    async def begin(self, url: str) -> None:
        """Look at the address itself and go on from there. Raises FetchFaultError if it cannot be had."""
        try:
            response, looked = await self._look(url)
        except FetchFaultError as error:
            front = urljoin(url, "/")
            if error.fault.outcome != Outcome.GONE or address_key(front) == address_key(url):
                raise
            response, looked = await self._look(front)  # the address is wrong, but the site may be right
        self.title = looked.title
        if looked.what in {"feeds", "sitemaps", "telegram"}:
            await self._judge(response, Offer(url, looked.what, SELF), looked.title)
            await self._try_all(looked.offers)
        else:
            wall = wall_of(headers_of(response), response.body)
            self.wall = f"{wall} instead of the site" if wall else ""
            await self._site(response, looked)

    @property
    def asked(self) -> int:
        """How many addresses were asked."""
        return len(self._asked)

    async def _site(self, response: Response, page: Looked) -> None:
        origin = origin_of(response.url)
        await self._try_all(page.offers)
        if self._wants("feeds") and not self._have("feeds"):
            await self._guess(origin, "feeds")
        if self._wants("sitemaps"):
            await self._try_all(named_in_robots(await self._robots(origin), origin))
            if not self._have("sitemaps"):
                await self._guess(origin, "sitemaps")
        if self._kind == "listings" or not (self._kind or any(one.useful for one in self.tried.values())):
            page = await self._read(response, listing=True)
            for offer in page.offers:
                if offer.kind == "listings":
                    await self._judge(response, offer, page.title)

    def _wants(self, kind: str) -> bool:
        return self._kind in {"", kind}

    def _have(self, kind: str) -> bool:
        return any(one.useful and one.offer.kind == kind and not one.offer.aside for one in self.tried.values())

    async def _try_all(self, offers: Iterable[Offer]) -> None:
        for offer in offers:
            if self._wants(offer.kind):
                await self._try(offer)

    async def _guess(self, origin: str, kind: str) -> None:
        """Ask the common addresses until one is right, or the site does not want to be asked."""
        for offer in guessed(origin, kind):
            outcome = await self._try(offer)
            if outcome in _STOPS or self._have(kind):
                return

    async def _try(self, offer: Offer, *, deeper: bool = True) -> Outcome | None:
        """Ask an address once. A page instead of a feed may name the feeds: it is looked through, but none behind it."""
        key = address_key(offer.url)
        if key in self._asked or len(self._asked) >= MOST_TRIED:
            return None
        try:
            response, looked = await self._look(offer.url)
        except FetchFaultError as error:
            return error.fault.outcome
        if looked.what == "page" and offer.kind == "feeds":
            feeds = [one for one in looked.offers if one.kind == "feeds"]
            for one in feeds if deeper and offer.why == LINKED else ():
                await self._try(one, deeper=False)
            return Outcome.NOT_A_FEED
        if looked.what in {"feeds", "sitemaps", "telegram"}:
            await self._judge(response, replace(offer, kind=looked.what), looked.title)
            await self._try_all(looked.offers)
        return None

    async def _look(self, url: str) -> tuple[Response, Looked]:
        self._asked.add(address_key(url))
        self._told(url)
        response = await self._spider.look(_source(Offer(url, "feeds", "")))
        return response, await self._read(response)

    async def _read(self, response: Response, *, listing: bool = False) -> Looked:
        work = self._spider.work
        context = ReadContext("new", response.url, work.clock(), header(response, "Content-Type"))
        try:
            return await work.workers.run(look_at, response.body, context, listing, seconds=work.options.page_seconds)
        except WorkerError:
            return Looked("")

    async def _judge(self, response: Response, offer: Offer, title: str) -> None:
        if self._wants(offer.kind):
            probed = await self._spider.judge(response, _source(offer))
            self.tried[address_key(offer.url)] = Tried(offer, probed, title)

    async def _robots(self, origin: str) -> str:
        """A site's robots.txt; it has been asked for already where robots.txt is obeyed."""
        text = self._spider.robots_text(origin)
        if text or self._spider.work.options.obey_robots:
            return text
        try:
            response = await self._spider.look(_source(Offer(f"{origin}/robots.txt", "feeds", "")))
        except FetchFaultError:
            return ""
        return response.body[:500_000].decode("utf-8", "replace")


def _source(offer: Offer) -> Source:
    return Source("new", "new", offer.title, offer.url, kind=offer.kind, pages=Pages.NEVER, listing=offer.listing)
