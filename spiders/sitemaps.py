"""Sitemaps: of news and plain ones, indexes of them, with addresses that change with the month.

A plain sitemap holds a site's whole past, so every address that ever stood there is remembered (as a hash), and only what was
not there before is read. At the first pass that is what is dated within the last two days.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from spiders.faults import Fault, FetchFaultError
from spiders.found import ReadFaultError
from spiders.sitemap_choice import (
    address_hash,
    all_marks,
    choose_children,
    fill_template,
    is_first,
    marks,
    read_mark,
    template_reach,
)
from spiders.sitemap_news import DISBELIEF, Part, Progress, advance, key_of, newest_listed, pick
from spiders.sitemap_reader import Sitemap, read_sitemap
from spiders.visit import Reading
from spiders.workers import WorkerError
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scrapy.http import Response

    from spiders.sitemap_news import Selection
    from spiders.sitemap_reader import Child
    from spiders.visit import Visit
    from storage.model import Entry, PollJob

MOST_CHILDREN = 10  # sitemaps of an index read in one poll
MORE_CHILDREN = 2  # tried besides, where none of those could be read
DEPTH = 2  # indexes of indexes
MOST_MENDING = 100  # entries taken from a sitemap for a feed
# How far back a period without a sitemap is taken for a quiet one, by what the address changes with.
_QUIET = {"{D": timedelta(days=4), "{M": timedelta(days=35), "{Y": timedelta(days=370)}


class Sitemaps:
    """How sitemaps are polled."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:
        """Its address, filled in for today, for the period before while a new one is young, and for all since the last pass."""
        return fill_template(job.url, now, job.source.zone, _since(job))

    def elsewhere(self, job: PollJob, now: datetime) -> list[str]:
        """Periods before: if one of them is there, its address is right, and those after it were quiet."""
        reach = next((far for sign, far in _QUIET.items() if sign in job.url), timedelta())
        return fill_template(job.url, now, job.source.zone, now - reach)[1:]

    def repeats(self, job: PollJob) -> bool:
        """Only where it is one sitemap: an index may stay as it is while the sitemaps that it names grow."""
        before = Progress.from_text(job.cursor)
        return before is not None and not before.index and not before.left and not _is_template(job)

    async def read(self, response: Response, visit: Visit) -> Reading:
        """What is new in a sitemap, and in those that it names."""
        job, before = visit.job, Progress.from_text(visit.job.cursor)
        walk = _Walk(visit, before, before.since if before else None)
        await walk.read(response, 1, first=before is None)
        for further in self._further(response, visit):
            await walk.try_address(further, 1, first=before is None, may_lack=True)
        if not walk.alive:
            raise FetchFaultError(walk.fault())
        known = visit.known_addresses({mark for part in walk.parts for mark in part.pages})
        chosen = pick(walk.parts, known, before, visit.now, visit.options.max_entries)
        reach, later = template_reach(job.url, visit.now, job.source.zone, _since(job))
        progress = advance(
            before,
            walk.parts,
            chosen,
            visit.now,
            index=walk.index,
            waiting=walk.left,
            broken=walk.broken,
            reach=reach,
        )
        return Reading(
            chosen.entries,
            tuple(walk.faults),
            whole=walk.whole,
            window=False,
            cursor=progress.to_text(),
            seen=(*chosen.seen, *walk.marks),
            detail="; ".join(_notes(chosen, walk.left, later, first=before is None)),
            newest=newest_listed(walk.parts, visit.now, believed=progress.late < DISBELIEF),
        )

    def _further(self, response: Response, visit: Visit) -> list[str]:
        """Its addresses after the one that answered: those before it have been asked, and are not there."""
        addresses = self.addresses(visit.job, visit.now)
        asked = [response.url, *response.meta.get("redirect_urls", ())]
        place = next((place for place, address in enumerate(addresses) if address in asked), None)
        if place is None:
            place = len(addresses) if set(asked).intersection(self.elsewhere(visit.job, visit.now)) else 0
        return addresses[place + 1 :]


def _notes(chosen: Selection, waiting: int, later: int, *, first: bool) -> Iterator[str]:
    """What a pass did not do, in words."""
    if chosen.left:
        yield f"{chosen.left} more pages {'of the first two days, not read' if first else 'wait for the next pass'}"
    if chosen.late:
        yield f"{chosen.late} old pages newly listed, not read"
    if chosen.sudden:
        yield f"{chosen.sudden} undated or old pages newly listed at once, as if all addresses had changed: not read"
    if waiting:
        yield f"{waiting} of its sitemaps wait for the next pass"
    if later:
        yield f"{later} of its dates since the last pass wait for the next"


class _Walk:
    """Reading a sitemap and those that it names, gathering what they list.

    `before` is what is known of the source's passes, None at the first, and for a sitemap that mends a feed. `since`: a
    child of an index that has not changed after that need not be read.
    """

    def __init__(self, visit: Visit, before: Progress | None, since: datetime | None) -> None:
        self.visit = visit
        self.parts: list[Part] = []
        self.faults: list[str] = []
        self.marks: list[int] = []
        self.index = False
        self.broken = False  # something could not be read
        self.whole = True  # but for sitemaps that an index names: what those hold is told from news when they are there
        self.left = 0
        self.alive = False  # at least one sitemap of pages could be read
        self._before = before
        self._since = since
        self._children_fault: Fault | None = None

    def fault(self) -> Fault:
        """Why there is nothing at all: what the first of its sitemaps came to. Its status is none of the source's own."""
        first = self._children_fault or Fault(Outcome.PARSE_FAULT, "")
        detail = f"none of the sitemaps that it names can be read: {'; '.join(self.faults)}"
        return Fault(first.outcome, detail[:300], retry_after=first.retry_after, rest=first.rest)

    async def read(self, response: Response, depth: int, *, first: bool, key: str = "", appeared: bool = False) -> None:
        sitemap = await sitemap_of(response, self.visit)
        self.faults += sitemap.faults
        self.broken |= not sitemap.whole
        self.whole &= sitemap.whole
        self.alive |= not sitemap.children
        if not key and _is_template(self.visit.job):
            mark = read_mark(response.url)
            appeared = not self.visit.known_addresses([mark])
            self.marks.append(mark)
        pages = {address_hash(one.entry.canonical_url): one for one in sitemap.pages}
        self.parts.append(Part(pages, key, first, appeared, sitemap.whole))
        if sitemap.children:
            turned = depth == 1 and self._before is not None and not self._before.index
            self.index = True
            await self._children(sitemap.children, depth, first=first or (turned and not _is_template(self.visit.job)))

    async def _children(self, children: tuple[Child, ...], depth: int, *, first: bool) -> None:
        """Those whose turn it is. `first`: all of them stood there before, or the index is new and its pages are not."""
        if depth > DEPTH:
            self.faults.append(f"indexes nested deeper than {DEPTH} are not read")
            return
        known = self.visit.known_addresses(all_marks(children))
        turn = self._before.passes if self._before else 0
        chosen, left = choose_children(children, self._since, self.visit.now, MOST_CHILDREN, done=known, turn=turn)
        self.left += left
        read = [one for one in chosen if await self._child(one, depth, known, first=first)]
        if not read:  # is the index dead, or only what it was the turn of?
            others = sorted(set(children).difference(chosen), key=lambda one: read_mark(one.url) not in known)
            read = [one for one in others[:MORE_CHILDREN] if await self._child(one, depth, known, first=first)]
        self.marks += marks(children if first else (), read, self.visit.now)

    async def _child(self, child: Child, depth: int, known: frozenset[int], *, first: bool) -> bool:
        return await self.try_address(
            child.url,
            depth + 1,
            first=read_mark(child.url) not in known if first else is_first(child, known),
            key=key_of(child.url),
            appeared=read_mark(child.url) not in known,
        )

    async def try_address(
        self, url: str, depth: int, *, first: bool, key: str = "", appeared: bool = False, may_lack: bool = False
    ) -> bool:
        """One of several sitemaps: if it cannot be had the others are read all the same."""
        try:
            await self.read(await self.visit.fetch(url), depth, first=first, key=key, appeared=appeared)
        except FetchFaultError as error:
            if may_lack and error.fault.outcome == Outcome.GONE:  # a quiet day has no sitemap
                return False
            fault = error.fault
        except ReadFaultError as error:
            fault = Fault(error.outcome, error.message)
        except WorkerError as error:
            fault = Fault(Outcome.TIMEOUT if error.timed_out else Outcome.FAULT, str(error))
        else:
            return True
        self.broken = True
        self.whole &= bool(key)
        self._children_fault = self._children_fault or fault
        self.faults.append(f"{url[:200]}: {fault.detail}")
        return False


async def sitemap_of(response: Response, visit: Visit) -> Sitemap:
    """What a sitemap's answer holds."""
    packed = response.body.startswith(b"\x1f\x8b")
    return await visit.read_small(read_sitemap, response.body, visit.context(response), suspicious=packed)


async def newer_in_sitemap(visit: Visit) -> list[Entry]:
    """What the sitemap of a feed lists as published since the feed's last good poll: for what the feed itself lost.

    Only by times of publication: a `lastmod` may be a new template's, and a site's whole past would come for lost entries.
    """
    last = visit.job.last_good_at or visit.now
    walk = _Walk(visit, None, last)
    await walk.read(await visit.fetch(visit.job.source.sitemap), 1, first=False)
    if not walk.alive:
        raise FetchFaultError(walk.fault())
    listed = {mark: page.entry for part in walk.parts for mark, page in part.pages.items()}
    told = [(entry.published.at, entry) for entry in listed.values() if entry.published]
    recent = [one for one in told if last - timedelta(hours=1) <= one[0] <= visit.now]
    return [entry for _, entry in sorted(recent, key=lambda one: one[0], reverse=True)[:MOST_MENDING]]


def _is_template(job: PollJob) -> bool:
    return "{" in job.url


def _since(job: PollJob) -> datetime | None:
    """Up to when nothing is left over; None before the first pass."""
    before = Progress.from_text(job.cursor)
    return before.since if before else None
