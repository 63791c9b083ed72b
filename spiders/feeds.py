"""Feeds: RSS, Atom, RDF and JSON Feed. Where a feed has lost entries between two polls, further pages or a sitemap are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from spiders.faults import FetchFaultError
from spiders.feed_reader import read_feed, suspicious
from spiders.found import Found, ReadFaultError
from spiders.sitemaps import newer_in_sitemap
from spiders.visit import Plain, Reading, fault_words
from spiders.workers import WorkerError

if TYPE_CHECKING:
    from scrapy.http import Response

    from spiders.visit import Back, Visit
    from storage.model import Entry

MOST_PAGES = 5  # asked for what was lost


class Feeds(Plain):
    """How feeds are polled."""

    async def read(self, response: Response, visit: Visit) -> Reading:
        """The feed's entries, and those that dropped out of it unseen as far as they can be had."""
        found = await feed_of(response, visit)
        if visit.lost(found.entries):
            return await _Pages(visit, found, response.url).lost()
        return Reading(found.entries, found.faults, found.whole, hints=found.hints)


async def feed_of(response: Response, visit: Visit) -> Found:
    """What a feed's answer holds."""
    return await visit.read_small(
        read_feed, response.body, visit.context(response), suspicious=suspicious(response.body)
    )


@dataclass(frozen=True, slots=True)
class _Pages:
    """The further pages of a feed that was just read."""

    visit: Visit
    found: Found
    url: str

    async def lost(self) -> Reading:
        """With the entries between its window and what is known, from further pages, or else its sitemap."""
        back = await self.visit.walk_back(
            self.found,
            self._read,
            most=MOST_PAGES,
            enough=lambda older: bool(self.visit.known(older)),
            following=self._following,
        )
        listed, faults = await self._listed(back)
        older = (*back.entries, *listed)
        return Reading(
            (*self.found.entries, *older),
            (*self.found.faults, *_told(back), *faults),
            self.found.whole,
            hints=self.found.hints,
            detail=f"{len(older)} more entries from further pages" if older else "",
        )

    async def _listed(self, back: Back) -> tuple[list[Entry], list[str]]:
        """What the sitemap has of it where further pages did not reach far enough; and what is wrong."""
        if back.met or not self.visit.job.source.sitemap:
            return [], []
        have = {one.key for one in (*self.found.entries, *back.entries)}
        try:
            return [one for one in await newer_in_sitemap(self.visit) if one.key not in have], []
        except (FetchFaultError, ReadFaultError, WorkerError) as error:
            return [], [f"its sitemap: {fault_words(error)}"]

    async def _read(self, answer: Response) -> Found:
        return await feed_of(answer, self.visit)

    def _following(self, page: Found, number: int) -> str:
        return page.next_url or _paged(self.url, number)


def _told(back: Back) -> list[str]:
    return [f"further pages: {back.fault}"] if back.fault else []


def _paged(url: str, number: int) -> str:
    """The further page of a feed as WordPress has them, which most sites with a feed are."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "paged"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(number))])))
