"""Searches: GDELT's DOC 2.0 and the feeds of news searches, with a query from the topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiders.search_feed import read_search_feed
from spiders.search_reader import is_gdelt, read_search, search_url
from spiders.visit import Plain, Reading

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.http import Response

    from spiders.visit import Visit
    from storage.model import PollJob, Source

GDELT_DELAY = 5.0  # seconds between two requests: what it allows


class Search(Plain):
    """How searches are polled. A search that finds nothing is none the worse for it."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:
        """The search's address with the query in it."""
        return [search_url(job.source.url, job.source.query, now)]

    async def read(self, response: Response, visit: Visit) -> Reading:
        """What was found, each with who published it."""
        reader = read_search if is_gdelt(visit.job.source.url) else read_search_feed
        found = await visit.read_small(reader, response.body, visit.context(response))
        return Reading(found.entries, found.faults, found.whole, hints=found.hints)


def least_delay(source: Source) -> float:
    """What a service asks for between two requests, whatever the configuration says."""
    return GDELT_DELAY if source.kind == "search" and is_gdelt(source.url) else 0.0
