"""Listings: pages of links, read by the selectors that the topic gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiders.found import ReadFaultError
from spiders.listing_reader import read_listing
from spiders.visit import LEAST_WINDOW, Plain, Reading
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.http import Response

    from spiders.found import Found
    from spiders.visit import Visit
    from storage.model import Entry


class Listings(Plain):
    """How pages of links are polled."""

    async def read(self, response: Response, visit: Visit) -> Reading:
        """The links of a page, and of those that follow as far as `depth` allows and nothing known is met."""
        rules = visit.job.source.listing
        if rules is None:
            raise ReadFaultError(Outcome.PARSE_FAULT, "listing: missing; say by which selectors the page is read")

        async def page(answer: Response) -> Found:
            return await visit.run(read_listing, answer.body, visit.context(answer), rules)

        def enough(older: Sequence[Entry]) -> bool:
            return not visit.job.first and bool(visit.known((*found.entries, *older)[-LEAST_WINDOW:]))

        found = await page(response)
        back = await visit.walk_back(found, page, most=rules.depth - 1, enough=enough)
        faults = (*found.faults, *([f"a further page: {back.fault}"] if back.fault else []))
        return Reading((*found.entries, *back.entries)[: visit.options.max_entries], faults)
