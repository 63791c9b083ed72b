"""Listings: pages of links, read by the selectors that the topic gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiders.faults import FetchFaultError
from spiders.found import ReadFaultError
from spiders.listing_reader import read_listing
from spiders.visit import LEAST_WINDOW, Plain, Reading
from spiders.workers import WorkerError
from storage.model import Outcome

if TYPE_CHECKING:
    from scrapy.http import Response

    from spiders.visit import Visit
    from storage.model import Entry


class Listings(Plain):
    """How pages of links are polled."""

    async def read(self, response: Response, visit: Visit) -> Reading:
        """The links of a page, and of those that follow as far as `depth` allows and nothing known is met."""
        rules = visit.job.source.listing
        if rules is None:
            raise ReadFaultError(Outcome.PARSE_FAULT, "listing: missing; say by which selectors the page is read")
        found = await visit.run(read_listing, response.body, visit.context(response), rules)
        entries, faults = list(found.entries), list(found.faults)
        have = {one.key for one in entries}
        for _ in range(1, rules.depth):
            if not found.next_url or (not visit.job.first and visit.known(entries[-LEAST_WINDOW:])):
                break
            try:
                further = await visit.fetch(found.next_url)
                found = await visit.run(read_listing, further.body, visit.context(further), rules)
            except FetchFaultError as error:
                faults.append(f"a further page: {error.fault.detail}")
                break
            except (ReadFaultError, WorkerError) as error:
                faults.append(f"a further page: {error}")
                break
            more: list[Entry] = [one for one in found.entries if one.key not in have]
            if not more:
                break
            have |= {one.key for one in more}
            entries += more
        return Reading(tuple(entries[: visit.options.max_entries]), tuple(faults))
