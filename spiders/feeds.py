"""Feeds: RSS, Atom, RDF and JSON Feed. Where a feed has lost entries between two polls, further pages or a sitemap are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from spiders.faults import FetchFaultError
from spiders.feed_reader import read_feed, suspicious
from spiders.found import Found, ReadFaultError
from spiders.sitemaps import newer_in_sitemap
from spiders.visit import Plain, Reading
from spiders.workers import WorkerError

if TYPE_CHECKING:
    from scrapy.http import Response

    from spiders.visit import Visit
    from storage.model import Entry

MOST_PAGES = 5  # asked for what was lost


class Feeds(Plain):
    """How feeds are polled."""

    async def read(self, response: Response, visit: Visit) -> Reading:
        """The feed's entries, and those that dropped out of it unseen as far as they can be had."""
        found = await feed_of(response, visit)
        entries, faults, detail = found.entries, found.faults, ""
        if visit.lost(entries):
            older, tried = await _older(found, response.url, visit)
            entries, faults = (*entries, *older), (*faults, *tried)
            detail = f"{len(older)} more entries from further pages" if older else ""
        return Reading(entries, faults, found.whole, hints=found.hints, detail=detail)


async def feed_of(response: Response, visit: Visit) -> Found:
    """What a feed's answer holds."""
    return await visit.read_small(
        read_feed, response.body, visit.context(response), suspicious=suspicious(response.body)
    )


async def _older(found: Found, url: str, visit: Visit) -> tuple[list[Entry], list[str]]:
    """Entries older than those of the feed's window, until one is known; and what stood in the way."""
    have = {one.key for one in found.entries}
    older: list[Entry] = []
    try:
        for number in range(2, MOST_PAGES + 2):
            following = found.next_url or (_paged(url, number) if number == 2 or older else "")  # noqa: PLR2004
            if not following:
                break
            found = await feed_of(await visit.fetch(following), visit)
            more = [one for one in found.entries if one.key not in have]
            if not more:  # it does not know of pages, and gave the same once more
                break
            have |= {one.key for one in more}
            older += more
            if visit.known(more):
                return older, []
    except (FetchFaultError, ReadFaultError, WorkerError) as error:
        tried = [f"further pages: {_said(error)}"]
    else:
        tried = []
    if visit.job.source.sitemap:
        try:
            older += [one for one in await newer_in_sitemap(visit) if one.key not in have]
        except (FetchFaultError, ReadFaultError, WorkerError) as error:
            tried.append(f"its sitemap: {_said(error)}")
    return older, tried


def _said(error: Exception) -> str:
    return error.fault.detail if isinstance(error, FetchFaultError) else str(error)


def _paged(url: str, number: int) -> str:
    """The further page of a feed as WordPress has them, which most sites with a feed are."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "paged"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(number))])))
