"""Walking back that broke off before what was known: where to go on at the next poll.

It is kept as the cursor of a feed or channel, whose entries would else never be seen: its next list begins with what is known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spiders.visit import LEAST_WINDOW
from storage.model import Precision
from storage.times import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from scrapy.http import Response

    from spiders.found import Found
    from spiders.visit import Back, Visit
    from storage.model import Entry

MOST_POLLS = 5  # that go on with a gap before it is given up


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries not seen yet: those from a page on, back to when the source was last read whole. So many polls have gone on."""

    address: str
    number: int
    before: datetime
    polls: int = 0

    @classmethod
    def from_text(cls, text: str) -> Gap | None:
        """What `to_text` wrote; None if nothing is left to be seen."""
        if not text:
            return None
        kept = json.loads(text)
        return cls(kept["address"], kept["number"], from_text(kept["before"]), kept["polls"])

    def to_text(self) -> str:
        """For the archive."""
        kept = {"address": self.address, "number": self.number, "before": to_text(self.before), "polls": self.polls}
        return json.dumps(kept)

    def closed(self, older: Sequence[Entry], visit: Visit) -> bool:
        """Whether the end of what was read now came out before the gap; or is known, where it has no time.

        That an entry is known tells less: on pages that are numbered, what was read before has moved on since.
        """
        end = older[-LEAST_WINDOW:]
        dates = [one.published.at for one in end if one.published and one.published.precision == Precision.MINUTE]
        return max(dates) <= self.before if dates else bool(end and visit.known(end))


def broken_off(back: Back, visit: Visit) -> str | None:
    """The cursor after walking back: where to go on; None, which leaves it as it is, if the end was reached."""
    good = visit.job.last_good_at
    if back.met or not back.following or good is None:
        return None
    older = Gap.from_text(visit.job.cursor)  # which is come to through this one
    gap = Gap(back.following, back.number, min(good, older.before) if older else good)
    return None if gap.closed(back.entries, visit) else gap.to_text()


async def go_on(
    gap: Gap,
    visit: Visit,
    found: Found,
    read: Callable[[Response], Awaitable[Found]],
    *,
    most: int,
    following: Callable[[Found, int], str] = lambda found, _: found.next_url,
) -> tuple[Back, str]:
    """What at `most` so many pages of a gap bring that is new, and the cursor for what is left of it.

    `found` is the newest page, as read just now.
    """
    back = await visit.walk_back(
        found,
        read,
        most=most,
        enough=lambda older: gap.closed(older, visit),
        following=following,
        start=(gap.address, gap.number),
    )
    left = bool(back.following) and not back.met and gap.polls + 1 < MOST_POLLS
    known = visit.known(back.entries)
    back = replace(back, entries=tuple(one for one in back.entries if one.canonical_url not in known))
    return back, Gap(back.following, back.number, gap.before, gap.polls + 1).to_text() if left else ""
