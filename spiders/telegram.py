"""Telegram: a channel's public preview, read back to the last post that is known. A post is an article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spiders.faults import FetchFaultError
from spiders.found import ReadFaultError
from spiders.telegram_reader import channel_address, read_channel
from spiders.visit import Plain, Reading
from spiders.workers import WorkerError

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.http import Response

    from spiders.visit import Visit
    from storage.model import PollJob

MOST_PAGES = 10  # of about twenty posts, asked for at once


class Telegram(Plain):
    """How channels are polled."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:  # noqa: ARG002 - a channel is always at one address
        """The channel's preview."""
        return [channel_address(job.url) or job.url]

    async def read(self, response: Response, visit: Visit) -> Reading:
        """The newest posts, and older ones until one is known."""
        channel = await visit.run(read_channel, response.body, visit.context(response))
        entries, faults = list(channel.found.entries), list(channel.found.faults)
        have = {one.key for one in entries}
        pages = 1
        while visit.lost(entries) and channel.found.next_url and pages < MOST_PAGES:
            try:
                further = await visit.fetch(channel.found.next_url)
                channel = await visit.run(read_channel, further.body, visit.context(further))
            except FetchFaultError as error:
                faults.append(f"older posts: {error.fault.detail}")
                break
            except (ReadFaultError, WorkerError) as error:
                faults.append(f"older posts: {error}")
                break
            more = [one for one in channel.found.entries if one.key not in have]
            if not more:
                break
            have |= {one.key for one in more}
            entries += more
            pages += 1
        detail = f"read back {pages} pages" if pages > 1 else ""
        return Reading(tuple(entries[: visit.options.max_entries]), tuple(faults), detail=detail)
