"""Sitemaps: of news and plain ones, indexes of them, with addresses that change with the month.

A plain sitemap holds a site's whole past, so every address that ever stood there is remembered (as a hash), and only what was
not there before is read. At the first pass that is what is dated within the last two days.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from spiders.faults import FetchFaultError
from spiders.found import ReadFaultError
from spiders.sitemap_choice import FRESH, Selection, address_hash, child_hash, choose_children, fill_template, is_first, marks, select
from spiders.sitemap_reader import Sitemap, read_sitemap
from spiders.visit import Reading
from spiders.workers import WorkerError
from storage.model import Outcome
from storage.times import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import Response

    from spiders.sitemap_reader import Child, Listed
    from spiders.visit import Visit
    from storage.model import Entry, PollJob

MOST_CHILDREN = 10  # sitemaps of an index read in one poll
DEPTH = 2  # indexes of indexes
LONGEST_WAIT = timedelta(days=7)  # for a sitemap that an index names and that is never there


class Sitemaps:
    """How sitemaps are polled."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:
        """Its address, filled in for today, for the period before while a new one is young, and for all since the last pass."""
        return fill_template(job.url, now, job.source.zone, _since(_cursor(job)))

    def earlier(self, job: PollJob, now: datetime) -> list[str]:
        """Periods before, to tell a quiet one, which has no sitemap, from an address that is wrong."""
        reach = timedelta(days=4 if "{D" in job.url else 35 if "{M" in job.url else 370)
        return fill_template(job.url, now, job.source.zone, now - reach)[1:]

    def repeats(self, job: PollJob) -> bool:
        """Only where it is one sitemap: an index may stay as it is while the sitemaps that it names grow."""
        cursor = _cursor(job)
        return bool(cursor) and not cursor["index"] and not cursor["left"] and "{" not in job.source.url

    async def read(self, response: Response, visit: Visit) -> Reading:
        """What is new in a sitemap, and in those that it names."""
        cursor = _cursor(visit.job)
        since = _since(cursor)
        walk = _Walk(visit, since)
        await walk.read(response, 1, first=walk.first)
        for further in self.addresses(visit.job, visit.now)[1:]:
            await walk.try_address(further, 1, first=walk.first, may_lack=True)
        if walk.broken and walk.index and not walk.alive:
            raise ReadFaultError(Outcome.PARSE_FAULT, "; ".join(walk.faults)[:300])
        begun = datetime.fromisoformat(cursor["begun"]) if cursor.get("begun") else visit.now
        chosen = _select(walk, visit, since, begun)
        left = chosen.left + walk.left
        return Reading(
            chosen.entries,
            tuple(walk.faults),
            whole=not walk.broken,
            window=False,
            cursor=json.dumps(
                {"since": to_text(_done(cursor, visit.now, left or walk.broken)), "index": walk.index, "left": left, "begun": to_text(begun)}
            ),
            seen=(*chosen.seen, *walk.marks),
            detail="; ".join(_notes(chosen, walk)),
        )


def _done(cursor: dict[str, Any], now: datetime, unfinished: object) -> datetime:
    """When a pass last left nothing over: what was left, or could not be read, must not grow old in waiting, for a week."""
    since = _since(cursor)
    return max(since, now - LONGEST_WAIT) if since is not None and unfinished else now


def _notes(chosen: Selection, walk: _Walk) -> Iterator[str]:
    """What a pass did not do, in words."""
    if chosen.left:
        yield f"{chosen.left} more pages wait for the next pass"
    if chosen.late:
        yield f"{chosen.late} old pages newly listed, not read"
    if walk.left:
        yield f"{walk.left} of its sitemaps wait for the next pass"


class _Walk:
    """Reading a sitemap and those that it names, gathering what they list.

    `first` pages are those of a sitemap that was never read before, though it stood there: what they list is no news.
    """

    def __init__(self, visit: Visit, since: datetime | None) -> None:
        self.visit = visit
        self.first = since is None
        self.pages: dict[bool, list[Listed]] = {False: [], True: []}
        self.faults: list[str] = []
        self.marks: list[int] = []
        self.index = False
        self.broken = False
        self.left = 0
        self.alive = False  # at least one of its sitemaps is or was there
        self._since = since

    async def read(self, response: Response, depth: int, *, first: bool) -> None:
        sitemap = await sitemap_of(response, self.visit)
        self.faults += sitemap.faults
        self.broken = self.broken or not sitemap.whole
        self.pages[first] += sitemap.pages
        if sitemap.children:
            self.index = True
            await self._children(sitemap.children, depth)

    async def _children(self, children: tuple[Child, ...], depth: int) -> None:
        if depth > DEPTH:
            self.faults.append(f"indexes nested deeper than {DEPTH} are not read")
            return
        known = self.visit.known_addresses(marks(children, children))
        chosen, left = choose_children(children, self._since, self.visit.now, MOST_CHILDREN, done=known)
        self.left += left
        read = [one for one in chosen if await self._child(one, depth, first=self.first or is_first(one, known))]
        self.marks += marks(children, read)
        self.alive |= bool(read) or any(child_hash(one) in known for one in children)

    async def _child(self, child: Child, depth: int, *, first: bool) -> bool:
        return await self.try_address(child.url, depth + 1, first=first)

    async def try_address(self, url: str, depth: int, *, first: bool, may_lack: bool = False) -> bool:
        """One of several sitemaps: if it cannot be had the others are read all the same."""
        try:
            await self.read(await self.visit.fetch(url), depth, first=first)
        except FetchFaultError as error:
            if may_lack and error.fault.outcome == Outcome.GONE:  # a quiet day has no sitemap
                return False
            reason = error.fault.detail
        except (ReadFaultError, WorkerError) as error:
            reason = str(error)
        else:
            return True
        self.broken = True
        self.faults.append(f"{url[:200]}: {reason}")
        return False


async def sitemap_of(response: Response, visit: Visit) -> Sitemap:
    """What a sitemap's answer holds."""
    packed = response.body.startswith(b"\x1f\x8b")
    return await visit.read_small(read_sitemap, response.body, visit.context(response), suspicious=packed)


def _select(walk: _Walk, visit: Visit, since: datetime | None, begun: datetime) -> Selection:
    """What becomes entries: of sitemaps that were read before what is new, of others what is fresh."""
    every = [one for pages in walk.pages.values() for one in pages]
    known = visit.known_addresses({address_hash(one.entry.canonical_url) for one in every})
    most = visit.options.max_entries
    new = select(walk.pages[False], known, first=False, now=visit.now, since=since, most=most)
    rest = most - len(new.entries)
    old = select(walk.pages[True], {*known, *new.seen}, first=True, now=visit.now if since is None else begun + FRESH, since=since, most=rest)
    return Selection((*new.entries, *old.entries), (*new.seen, *old.seen), new.left, new.late)


async def newer_in_sitemap(visit: Visit) -> list[Entry]:
    """What the sitemap of a feed lists that came after the feed's last good poll: for what the feed itself lost."""
    walk = _Walk(visit, visit.job.last_good_at)
    await walk.read(await visit.fetch(visit.job.source.sitemap), 1, first=False)
    since = (visit.job.last_good_at or visit.now) - timedelta(hours=1)
    entries = [one.entry for one in walk.pages[False] if one.at is not None and one.at >= since]
    return entries[: visit.options.max_entries]


def _cursor(job: PollJob) -> dict[str, Any]:
    """How far a sitemap was read, as the last pass left it; empty before the first."""
    return dict(json.loads(job.cursor)) if job.cursor else {}


def _since(cursor: dict[str, Any]) -> datetime | None:
    """When a pass last left nothing over."""
    return datetime.fromisoformat(cursor["since"]) if cursor else None
