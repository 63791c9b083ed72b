"""One poll under way: what a kind of source may do beyond reading its first answer, and what reading came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol, TypeVar

from spiders.faults import Fault, FetchFaultError, header, status_fault
from spiders.found import ReadContext, ReadFaultError
from spiders.polling import Hints
from spiders.workers import WorkerError
from storage.known import known_addresses, known_entries
from storage.model import Outcome, Precision

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from datetime import datetime

    from scrapy.http import Response

    from spiders.found import Found
    from spiders.options import CollectOptions
    from spiders.work import Work
    from storage.model import Entry, PollJob, Rest

T = TypeVar("T")

LEAST_WINDOW = 3  # entries of which none was known before something can be said to be lost


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a source came to, whatever its kind.

    `window`: the entries are the newest ones of a list that older ones drop out of. `cursor` and `seen` are kept for the next
    poll. `detail` is told with the outcome.
    """

    entries: tuple[Entry, ...]
    faults: tuple[str, ...] = ()
    whole: bool = True  # False: something may be missing, so the same answer must be read again
    window: bool = True
    hints: Hints = field(default_factory=Hints)
    cursor: str | None = None
    seen: tuple[int, ...] = ()
    detail: str = ""
    newest: datetime | None = None  # the newest date listed, also of what was not read


@dataclass(frozen=True, slots=True)
class Back:
    """What walking back through a list brought beyond its first page. `met`: it went as far as was wanted."""

    entries: tuple[Entry, ...]
    pages: int
    met: bool
    fault: str  # what broke it off


class Visit:
    """One poll of one source. Counts its requests, and reads where it does no harm to the event loop.

    `rest` is what a host asked for during the poll: after that nothing more is asked.
    """

    def __init__(
        self, job: PollJob, work: Work, now: datetime, get: Callable[[str, PollJob], Awaitable[Response]]
    ) -> None:
        self.job = job
        self.now = now
        self.options: CollectOptions = work.options
        self.requests = 1
        self.rest: Rest | None = None
        self._work = work
        self._get = get

    def context(self, response: Response) -> ReadContext:
        """What a reader is told of an answer."""
        source = self.job.source
        return ReadContext(
            source=source.id,
            url=response.url,
            now=self.now,
            content_type=header(response, "Content-Type"),
            language=source.language,
            zone=source.zone,
            max_entries=self.options.max_entries,
        )

    async def fetch(self, url: str) -> Response:
        """A further answer of the source. Raises FetchFaultError for anything but a success."""
        if self.rest is not None:
            raise FetchFaultError(
                Fault(Outcome.REFUSED, f"{self.rest.host} asked for rest", retry_after=self.rest.until - self.now)
            )
        self.requests += 1
        response = await self._get(url, self.job)
        fault = status_fault(response, self.now)
        if fault is not None:
            self.rest = fault.rest
            raise FetchFaultError(fault)
        return response

    async def run(self, read: Callable[..., T], *args: object) -> T:
        """`read(*args)` in a worker that can be killed."""
        return await self._work.workers.run(read, *args, seconds=self.options.page_seconds)

    async def read_small(self, read: Callable[..., T], body: bytes, *args: object, suspicious: bool = False) -> T:
        """`read(body, *args)` here if the body is small and looks harmless, else in a worker."""
        if len(body) <= self.options.inline_feed_bytes and not suspicious:
            return read(body, *args)
        return await self.run(read, body, *args)

    async def walk_back(
        self,
        first: Found,
        read: Callable[[Response], Awaitable[Found]],
        *,
        most: int,
        enough: Callable[[Sequence[Entry]], bool],
        following: Callable[[Found, int], str] = lambda found, _: found.next_url,
    ) -> Back:
        """The pages that follow the first, at `most` so many, until what they brought is `enough`.

        `following` says where the page of a number is, after the one before it. A page without anything new is the last: many
        a server that knows of no pages gives its first one once more. A fault ends the walk, and what came before it is kept.
        """
        have = {one.key for one in first.entries}
        older: list[Entry] = []
        address = following(first, 2)
        pages, met, fault = 0, enough(older), ""
        try:
            while not met and pages < most and address:
                found = await read(await self.fetch(address))
                more = [one for one in found.entries if one.key not in have]
                if not more:
                    break
                have |= {one.key for one in more}
                older += more
                pages, met = pages + 1, enough(older)
                address = following(found, pages + 2)
        except (FetchFaultError, ReadFaultError, WorkerError) as error:
            fault = fault_words(error)
        return Back(tuple(older), pages, met, fault)

    def known(self, entries: Sequence[Entry]) -> dict[str, frozenset[str]]:
        """Which of the entries the source has shown before: by canonical address, the hashes of what was said there."""
        return self._work.archive.read(known_entries, self.job.source.id, [one.canonical_url for one in entries])

    def known_addresses(self, hashes: Collection[int]) -> frozenset[int]:
        """Which of the addresses stood in the source's sitemap before."""
        return self._work.archive.read(known_addresses, self.job.source.id, hashes)

    def lost(self, entries: Sequence[Entry]) -> bool:
        """Whether the end of this window is unknown although the source was read before: what stood in between was never seen.

        Looked at is its end, since what is pinned, or old and newly shown, stands above it. A window that reaches back to before the
        last poll has lost nothing, whatever its entries are called by now.
        """
        before = self.job.last_good_at
        if self.job.first or self.job.newest_at is None or before is None or len(entries) < LEAST_WINDOW:
            return False
        known = self.known(entries)
        if len(known) * LEAST_WINDOW >= len(entries):
            return False
        times = [one.published.at for one in entries if one.published and one.published.precision == Precision.MINUTE]
        steps = [later > earlier for earlier, later in pairwise(times)]
        rising = len(times) == len(entries) and 2 * sum(steps) > len(steps)  # some lists have their newest last
        end = entries[:LEAST_WINDOW] if rising else entries[-LEAST_WINDOW:]
        dates = [one.published.at for one in end if one.published and one.published.precision == Precision.MINUTE]
        if dates and max(dates) <= before:
            return False
        return not any(one.canonical_url in known for one in end)


def fault_words(error: Exception) -> str:
    """What a further request that came to nothing is told as."""
    return error.fault.detail if isinstance(error, FetchFaultError) else str(error)


class Kind(Protocol):
    """How a kind of source is polled. A module a kind has one of these."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:
        """Where to ask, first the one that is asked first. The others are asked by `read`, or where the first is not there."""

    def elsewhere(self, job: PollJob, now: datetime) -> list[str]:
        """Where to ask if the first address is not there (404)."""

    def repeats(self, job: PollJob) -> bool:
        """Whether the same answer as the last time, or "not modified", means that there is nothing new."""

    async def read(self, response: Response, visit: Visit) -> Reading:
        """Read a successful answer, and whatever follows from it. Raises ReadFaultError, FetchFaultError or WorkerError."""


class Plain:
    """What most kinds have in common: one address, at which the same answer means nothing new."""

    def addresses(self, job: PollJob, now: datetime) -> list[str]:  # noqa: ARG002 - it is there at any time
        """Its address."""
        return [job.url]

    def elsewhere(self, job: PollJob, now: datetime) -> list[str]:  # noqa: ARG002
        """Nowhere."""
        return []

    def repeats(self, job: PollJob) -> bool:  # noqa: ARG002
        """Always."""
        return True


ACCEPT_FEED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
ACCEPT_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
