"""Telegram: a channel's public preview, read back to the last post that is known. A post is an article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiders.telegram_reader import channel_address, read_channel
from spiders.visit import Plain, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scrapy.http import Response

    from spiders.found import Found
    from spiders.visit import Visit
    from storage.model import Entry, PollJob

MOST_PAGES = 10  # of about twenty posts, asked for at once


class Telegram(Plain):
    """How channels are polled."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:  # noqa: ARG002 - a channel is always at one address
        """The channel's preview."""
        return [channel_address(job.url) or job.url]

    async def read(self, response: Response, visit: Visit) -> Reading:
        """The newest posts, and older ones until one is known."""

        async def page(answer: Response) -> Found:
            return (await visit.run(read_channel, answer.body, visit.context(answer))).found

        def enough(older: Sequence[Entry]) -> bool:
            return not visit.lost((*found.entries, *older))

        found = await page(response)
        back = await visit.walk_back(found, page, most=MOST_PAGES - 1, enough=enough)
        entries = (*found.entries, *back.entries)[: visit.options.max_entries]
        faults = (*found.faults, *([f"older posts: {back.fault}"] if back.fault else []))
        detail = f"read back {back.pages + 1} pages" if back.pages else ""
        return Reading(entries, faults, detail=detail)
