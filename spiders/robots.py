"""robots.txt: what a host allows, and how fast. Kept in the archive for a day, so that no process asks for it more often.

After RFC 9309: no such file allows everything; a server that fails on it allows nothing until it has recovered, unless an
older answer is known.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego

from spiders.faults import TOO_MANY
from storage.hosts import Robots, keep_robots, robots_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from storage.archive import Archive

FRESH = timedelta(days=1)
AGAIN = timedelta(minutes=10)  # after a server's failure
OLDEST = timedelta(days=30)  # of an answer that still counts while the server fails
MOST_BYTES = 512_000  # of the file; RFC 9309 asks for no more to be read
MOST_DELAY = 120.0  # seconds; a longer Crawl-delay is a way of saying no, or a mistake
_IN_MEMORY = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """What an origin's robots.txt means until `until`. Without a parser everything is allowed, or with `refusal` nothing for now."""

    until: datetime
    parser: Protego | None = None
    refusal: str = ""

    def refused(self, url: str, agent: str) -> str:
        """Why the address must not be asked, "" if it may be."""
        if self.refusal:
            return self.refusal
        if self.parser is None or self.parser.can_fetch(url, agent):
            return ""
        return "robots.txt does not allow it"

    def delay(self, agent: str) -> float:
        """Seconds between two requests that it asks for, 0 if it does not."""
        if self.parser is None:
            return 0.0
        rate = self.parser.request_rate(agent)
        wanted = max(self.parser.crawl_delay(agent) or 0.0, rate.seconds / rate.requests if rate else 0.0)
        return min(float(wanted), MOST_DELAY)


def origin_of(url: str) -> str:
    """Scheme, host and port: what a robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def rules_of(robots: Robots, now: datetime) -> Rules:
    """What an answer means. Pure."""
    if _failed(robots.status):
        known = robots.body if now - robots.body_at < OLDEST else ""
        if known:
            return Rules(now + AGAIN, Protego.parse(known))
        if robots.status is None:  # no answer at all: what was wanted will meet the same fault, and say it better
            return Rules(now + AGAIN)
        return Rules(
            now + AGAIN, None, f"robots.txt answered HTTP {robots.status}, which allows nothing until it is there"
        )
    body = robots.body if robots.status is not None and robots.status < 300 else ""  # noqa: PLR2004 - not there is: all allowed
    return Rules(max(robots.fetched_at + FRESH, now + AGAIN), Protego.parse(body) if body.strip() else None)


def _failed(status: int | None) -> bool:
    """Whether an answer says nothing of what is allowed: none, a server's own failure, or "too many requests"."""
    return status is None or status >= 500 or status == TOO_MANY  # noqa: PLR2004


class RobotsKeeper:
    """Knows the rules of every origin that is asked.

    `fetch` gives status (None: no answer) and body of an address, asked through a proxy if one is named.
    """

    def __init__(self, archive: Archive, fetch: Callable[[str, str], Awaitable[tuple[int | None, bytes]]]) -> None:
        self._archive = archive
        self._fetch = fetch
        self._rules: OrderedDict[str, Rules] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Rules]] = {}

    async def rules(self, url: str, now: datetime, proxy: str = "") -> Rules:
        """The rules for an address: from memory, from the archive, or asked for now, by one request however many wait."""
        origin = origin_of(url)
        known = self._rules.get(origin)
        if known is not None and known.until > now:
            self._rules.move_to_end(origin)
            return known
        asking = self._asking.get(origin)
        if asking is None:
            asking = self._asking[origin] = asyncio.ensure_future(self._learn(origin, now, proxy))
            asking.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(asking)

    async def _learn(self, origin: str, now: datetime, proxy: str) -> Rules:
        kept = self._archive.read(robots_of, origin)
        if kept is None or not self._fresh(kept, now):
            kept = await self._ask(origin, kept, now, proxy)
        rules = rules_of(kept, now)
        self._rules[origin] = rules
        while len(self._rules) > _IN_MEMORY:
            self._rules.popitem(last=False)
        return rules

    @staticmethod
    def _fresh(kept: Robots, now: datetime) -> bool:
        age = now - kept.fetched_at
        return timedelta() <= age < (AGAIN if _failed(kept.status) else FRESH)

    async def _ask(self, origin: str, before: Robots | None, now: datetime, proxy: str) -> Robots:
        status, body = await self._fetch(f"{origin}/robots.txt", proxy)
        robots = Robots(origin, now, status, body[:MOST_BYTES].decode("utf-8", "replace"), now)
        if _failed(status):  # what it said when it last said something
            robots = replace(robots, body=before.body if before else "", body_at=before.body_at if before else now)
        elif status is not None and status >= 300:  # noqa: PLR2004
            robots = replace(robots, body="")
        await self._archive.awrite(keep_robots, robots)
        return robots
