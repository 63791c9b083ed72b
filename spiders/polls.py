"""From the answers of a poll to its result: what came, what it means, when to poll next."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from spiders.faults import GONE_FOR_GOOD, Fault, FetchFaultError, disguised, header, status_fault
from spiders.found import ReadFaultError
from spiders.kinds import KINDS, MAY_BE_EMPTY, NEVER_SILENT
from spiders.markup import visible
from spiders.polling import Bounds, Hints, max_age_of, next_poll
from spiders.rhythm import Rhythm
from spiders.visit import LEAST_WINDOW, Visit
from spiders.workers import WorkerError
from storage.crash import point
from storage.model import Outcome, Pages, PollResult

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from scrapy.http import Response

    from spiders.visit import Reading
    from spiders.work import Work
    from storage.model import Entry, PollJob

MOVED_AFTER = timedelta(days=1)  # that a permanent redirect must have held, over at least MOVED_POLLS polls
MOVED_POLLS = 3
FAILING_AWAY = 3  # polls in a row where a source moved to: it is tried where the topic says that it is
FAILING_PAGES = 5  # articles in a row without their page: it is the source and not the page
PER_REQUEST = timedelta(minutes=1)  # of pause for each request that a poll takes: one of many must not come often
_PERMANENT = {301, 308}
_NOT_MODIFIED = 304
_MOST_FAULTS = 20


def first_request(job: PollJob, now: datetime) -> tuple[str, dict[str, str]]:
    """Address and conditional headers of a poll. Raises ValueError for an address that cannot be filled in."""
    kind = KINDS[job.source.kind]
    address = kind.addresses(job, now)[0]
    headers = {}
    if kind.repeats(job):
        if job.etag:
            headers["If-None-Match"] = job.etag
        if job.last_modified:
            headers["If-Modified-Since"] = job.last_modified
    return address, headers


async def read_poll(
    response: Response, job: PollJob, work: Work, get: Callable[[str, PollJob], Awaitable[Response]]
) -> PollResult:
    """What a source's answer says. `get` fetches further addresses of the same source."""
    now = work.clock()
    visit = Visit(job, work, now, get)
    poll = _Poll(job, work, now, visit, float(response.meta.get("download_latency") or 0.0))
    point("collect.2")
    try:
        response = await _first_there(response, visit)
        return await _read(response, poll)
    except FetchFaultError as error:
        return poll.fault(error.fault)
    except ReadFaultError as error:
        return poll.fault(disguised(response, Fault(error.outcome, error.message, response.status)))
    except WorkerError as error:
        return poll.fault(Fault(Outcome.TIMEOUT if error.timed_out else Outcome.FAULT, str(error), response.status))


async def _first_there(response: Response, visit: Visit) -> Response:
    """The answer, or where it is a fault and the source has further addresses, the first of those that is there.

    On the first of a month a sitemap for that month need not be there yet.
    """
    if response.status == _NOT_MODIFIED:
        return response
    fault = status_fault(response, visit.now)
    if fault is None:
        return response
    if fault.outcome == Outcome.GONE:
        kind, job = KINDS[visit.job.source.kind], visit.job
        for further in dict.fromkeys([*kind.addresses(job, visit.now)[1:], *kind.elsewhere(job, visit.now)]):
            there = await _if_there(further, visit)
            if there is not None:
                return there
    raise FetchFaultError(fault)


async def _if_there(url: str, visit: Visit) -> Response | None:
    """A further answer, None if there is no such thing."""
    try:
        return await visit.fetch(url)
    except FetchFaultError as error:
        if error.fault.outcome != Outcome.GONE:
            raise
        return None


async def _read(response: Response, poll: _Poll) -> PollResult:
    job, kind = poll.job, KINDS[poll.job.source.kind]
    hints = Hints(max_age=max_age_of(header(response, "Cache-Control"), header(response, "Age")))
    known: dict[str, Any] = {
        "status": response.status,
        "etag": header(response, "ETag"),
        "last_modified": header(response, "Last-Modified"),
        **poll.moved(response),
    }
    if response.status == _NOT_MODIFIED:
        if not (job.etag or job.last_modified):
            return poll.fault(Fault(Outcome.SERVER, "HTTP 304 to a question without conditions", response.status))
        return poll.nothing_new(hints, known)
    digest = hashlib.sha256(response.body).hexdigest()
    if digest == job.body_sha256 and kind.repeats(job):
        return poll.nothing_new(hints, {**known, "body_sha256": digest})
    reading = await kind.read(response, poll.visit)
    if not reading.whole:  # the server would answer 304 for the rest of it
        known |= {"etag": "", "last_modified": ""}
    else:
        known["body_sha256"] = digest
    return poll.result(reading, hints, known)


@dataclass(frozen=True, slots=True)
class _Poll:
    """A poll, and the ways in which it may end."""

    job: PollJob
    work: Work
    now: datetime
    visit: Visit
    seconds: float

    def fault(self, fault: Fault) -> PollResult:
        rest = fault.rest or self.visit.rest
        return poll_fault(self.job, replace(fault, rest=rest), self.now, self.work, self.seconds, self.visit.requests)

    def nothing_new(self, hints: Hints, known: dict[str, Any]) -> PollResult:
        """Nothing has changed: which is right, unless the source is silent for longer than it ever is."""
        rhythm = Rhythm.from_text(self.job.rhythm)
        outcome, detail = self._standing(Outcome.UNCHANGED, rhythm, self.job.newest_at)
        return self._end(outcome, rhythm, _both(hints, _hints_of(self.job.hints)), detail=detail, **known)

    def result(self, reading: Reading, hints: Hints, known: dict[str, Any]) -> PollResult:
        """What was read, weighed against what is known of the source."""
        job = self.job
        if not reading.entries and (fault := self._nothing(reading, known["status"])):
            return self.fault(fault)
        before = self.visit.known(reading.entries)
        fresh = [one for one in reading.entries if one.canonical_url not in before]
        changed = any(one.sha256 not in before.get(one.canonical_url, {one.sha256}) for one in reading.entries)
        times = [_appeared(one, self.now, job) for one in fresh]
        # Before anything was learnt the whole list teaches, also what an earlier version of this program has stored.
        teaching = times if job.rhythm else [_appeared(one, self.now, job, ever=True) for one in reading.entries]
        rhythm = Rhythm.from_text(job.rhythm).learn(
            teaching, self.now, window=len(reading.entries) if reading.window else 0
        )
        dates = (*teaching, job.newest_at, reading.newest)
        newest = max((one for one in dates if one is not None and one <= self.now), default=None)
        detail = reading.detail
        if self._overflown(reading, fresh):
            outcome = Outcome.OVERFLOW
            detail = "; ".join([*([detail] if detail else []), _lost(rhythm, job, times)])
        elif fresh or changed:
            outcome = Outcome.NEW
        else:
            outcome = Outcome.UNCHANGED
        if not (job.first and not fresh) and outcome != Outcome.OVERFLOW:
            outcome, why = self._standing(outcome, rhythm, newest)
            detail = "; ".join(one for one in (detail, why) if one)
        return self._end(
            outcome,
            rhythm,
            _both(hints, reading.hints),
            detail=detail,
            entries=reading.entries,
            faults=reading.faults[:_MOST_FAULTS],
            cursor=reading.cursor,
            seen=reading.seen,
            hints=_hints_text(reading.hints),
            newest_at=newest,
            learnt=bool(teaching),
            whole=reading.whole,
            **known,
        )

    def _nothing(self, reading: Reading, status: int | None) -> Fault | None:
        """What is wrong where nothing was read; None if nothing is."""
        rest = self.visit.rest
        if rest is not None:
            return Fault(Outcome.REFUSED, f"{rest.host} asked for rest", status, rest.until - self.now, rest)
        if self.job.source.kind in MAY_BE_EMPTY:
            return None
        if not reading.whole:
            return Fault(Outcome.PARSE_FAULT, "; ".join(reading.faults)[:300], status)
        return Fault(Outcome.EMPTY, "a list without entries", status)

    def _overflown(self, reading: Reading, fresh: Sequence[Entry]) -> bool:
        return reading.window and len(fresh) >= LEAST_WINDOW and self.visit.lost(reading.entries)

    def _standing(self, outcome: Outcome, rhythm: Rhythm, newest: datetime | None) -> tuple[Outcome, str]:
        """The outcome, or what is worse: a silence, or pages that all fail."""
        source = self.job.source
        if newest is not None and source.kind not in NEVER_SILENT and rhythm.silent(newest, self.now):
            return Outcome.STALE, f"nothing new since {newest:%Y-%m-%d %H:%M}; usually {_often(rhythm.daily)}"
        if self.job.page_failures >= FAILING_PAGES and source.pages != Pages.NEVER:
            return Outcome.PAGE_FAULTS, f"the pages of the last {self.job.page_failures} articles could not be had"
        return outcome, ""

    def _end(
        self, outcome: Outcome, rhythm: Rhythm, wishes: Hints, *, detail: str, learnt: bool = False, **rest: Any
    ) -> PollResult:
        moved = rest.get("address")
        if outcome in (Outcome.NEW, Outcome.UNCHANGED) and moved:
            outcome, detail = Outcome.MOVED, f"moved for good to {moved}"
        following = _next(self.job, outcome, self.now, self.work, rhythm=rhythm, hints=wishes)
        return PollResult(
            source=self.job.source.id,
            asked=self.job.source.url,
            at=self.now,
            outcome=outcome,
            next_at=max(following, self.now + PER_REQUEST * (self.visit.requests - 1)),
            rest=self.visit.rest,
            detail=detail,
            seconds=self.seconds,
            requests=self.visit.requests,
            rhythm=rhythm.to_text() if learnt else None,
            **rest,
        )

    def moved(self, response: Response) -> dict[str, Any]:
        """Where only permanent redirects led, and whether the source is there for good.

        A redirect must have held for a day: a login, a consent page or a fault of a day is no new address.
        """
        reasons = response.meta.get("redirect_reasons") or ()
        if not reasons or any(one not in _PERMANENT for one in reasons):
            return {}
        if "{" in self.job.source.url or self.job.source.kind == "search":
            return {}
        job, there = self.job, response.url
        held = (
            there == job.moved_to
            and job.moved_polls + 1 >= MOVED_POLLS
            and job.moved_since is not None
            and self.now - job.moved_since >= MOVED_AFTER
        )
        return {"moved_to": there, "address": there} if held else {"moved_to": there}


def poll_fault(  # noqa: PLR0917
    job: PollJob, fault: Fault, now: datetime, work: Work, seconds: float = 0.0, requests: int = 1
) -> PollResult:
    """A poll that brought nothing. One that fails where the source moved to goes back to where the topic says it is."""
    return PollResult(
        source=job.source.id,
        asked=job.source.url,
        at=now,
        outcome=fault.outcome,
        next_at=_next(job, fault.outcome, now, work, retry_after=fault.retry_after),
        status=fault.status,
        detail=visible(fault.detail),
        seconds=seconds,
        requests=requests,
        retired=fault.status == GONE_FOR_GOOD and not job.address,
        address="" if job.address and (fault.outcome == Outcome.GONE or job.failures >= FAILING_AWAY) else None,
        rest=fault.rest,
    )


def _next(
    job: PollJob,
    outcome: Outcome,
    now: datetime,
    work: Work,
    *,
    rhythm: Rhythm | None = None,
    hints: Hints | None = None,
    retry_after: timedelta | None = None,
) -> datetime:
    options, own = work.options, job.source.interval
    usual = own or options.interval
    least, most = (own, own) if own else (options.interval_least, options.interval_most)
    bounds = Bounds(min(least, usual), usual, max(most, usual))
    return next_poll(
        now,
        outcome=outcome,
        rhythm=rhythm or Rhythm.from_text(job.rhythm),
        failures=job.failures,
        bounds=bounds,
        hints=hints or Hints(),
        retry_after=retry_after,
        source=job.source.id,
    )


def _appeared(entry: Entry, now: datetime, job: PollJob, *, ever: bool = False) -> datetime:
    """When an entry came out, as far as it can be known: when it says, but, unless `ever`, not before the last look at the source."""
    at = entry.published.at if entry.published is not None else now
    if ever or job.first or job.last_good_at is None:
        return min(at, now)
    return min(max(at, job.last_good_at), now)


def _lost(rhythm: Rhythm, job: PollJob, times: Sequence[datetime]) -> str:
    """What is known of entries that were never seen."""
    since = job.last_good_at
    if since is None or not times:
        return "nothing of it was known"
    count = round(rhythm.expected(since, min(times)))
    about = f", by its rhythm about {count}" if count else ""
    return f"entries between {since:%Y-%m-%d %H:%M} and {min(times):%Y-%m-%d %H:%M} were never seen{about}"


def _often(daily: float) -> str:
    """How much a source publishes, in words: "40 a day", "2 a week"."""
    if daily >= 1:
        return f"{daily:.0f} a day"
    if daily * 7 >= 1:
        return f"{daily * 7:.0f} a week"
    return f"one in {1 / daily:.0f} days" if daily > 0 else "little"


def _both(answer: Hints, document: Hints) -> Hints:
    """What the HTTP answer and the document want, together."""
    return Hints(answer.max_age, document.ttl, document.skip_hours, document.skip_days)


def _hints_text(hints: Hints) -> str:
    """What a document says of itself, as it is kept for polls that find it unchanged."""
    said = {
        "ttl": hints.ttl.total_seconds() if hints.ttl else None,
        "hours": sorted(hints.skip_hours),
        "days": sorted(hints.skip_days),
    }
    return json.dumps({name: value for name, value in said.items() if value}) if any(said.values()) else ""


def _hints_of(text: str) -> Hints:
    """What `_hints_text` wrote."""
    said = json.loads(text) if text else {}
    ttl = said.get("ttl")
    return Hints(
        ttl=timedelta(seconds=ttl) if ttl else None,
        skip_hours=frozenset(said.get("hours", ())),
        skip_days=frozenset(said.get("days", ())),
    )
