"""From a response to a result: what a poll and a page come to. A bad source is a result, never a crash."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from scrapy import exceptions
from twisted.internet import error as network
from twisted.web.client import ResponseFailed

from spiders.extract import Extracted, ExtractFault, Overrides, extract
from spiders.feed_reader import Feed, FeedContext, FeedFaultError, read_feed
from spiders.markup import visible
from spiders.polling import next_poll, page_retry, retry_after_of
from spiders.urls import page_identity
from spiders.workers import WorkerError
from storage.crash import point
from storage.model import (
    ArticleText,
    Outcome,
    PageJob,
    PageResult,
    PollJob,
    PollResult,
    Precision,
    Published,
    Source,
    TimeOrigin,
)

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from scrapy.http import Response

    from spiders.work import Job, Work

_REFUSED = {401, 402, 403, 407, 429, 451}
_GONE = {404, 410}
_KEPT_HEADERS = (
    b"Content-Type", b"Content-Length", b"Content-Language", b"Date", b"Last-Modified", b"ETag", b"Server", b"X-Cache", b"Age",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is nothing to read."""

    outcome: Outcome
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None


def header(response: Response, name: str) -> str:
    """A response header as text, "" if it is not there."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else ""


def status_fault(response: Response, now: datetime) -> Fault | None:
    """The fault that a status says, None for a success."""
    if 200 <= response.status < 300:  # noqa: PLR2004 - what HTTP calls successful
        return None
    outcome = (
        Outcome.REFUSED if response.status in _REFUSED else Outcome.GONE if response.status in _GONE else Outcome.SERVER
    )
    wait = retry_after_of(header(response, "Retry-After"), now)
    return Fault(outcome, f"HTTP {response.status}", response.status, wait)


_BY_TYPE: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Outcome], ...] = (
    ((exceptions.CannotResolveHostError, network.DNSLookupError), Outcome.DNS),
    ((exceptions.DownloadTimeoutError, network.TimeoutError, TimeoutError), Outcome.TIMEOUT),
    (exceptions.DownloadCancelledError, Outcome.TOO_LARGE),
    (exceptions.ResponseDataLossError, Outcome.CUT_OFF),
    (exceptions.DownloadConnectionRefusedError, Outcome.CONNECT),
    (OSError, Outcome.CUT_OFF),  # gzip that is none: BadGzipFile, EOFError below
    (EOFError, Outcome.CUT_OFF),
)


def download_fault(error: BaseException) -> Fault:
    """The fault that a failed download is."""
    text = _words(error)
    if isinstance(error, exceptions.IgnoreRequest):
        if "robots.txt" in text:
            return Fault(Outcome.ROBOTS, "robots.txt does not allow it")
        return Fault(Outcome.TOO_LARGE, text)
    reasons = (
        getattr(error, "reasons", None) if isinstance(error, (ResponseFailed, exceptions.DownloadFailedError)) else None
    )
    if "certificate" in text.lower() or "ssl" in text.lower() or "tls" in text.lower():
        return Fault(Outcome.TLS, text)
    for kinds, outcome in _BY_TYPE:
        if isinstance(error, kinds):
            return Fault(outcome, text)
    if reasons or isinstance(error, exceptions.DownloadFailedError):
        return Fault(Outcome.CONNECT, text)
    return Fault(Outcome.FAULT, f"{type(error).__name__}: {text}")


def _words(error: BaseException) -> str:
    """What an error says, on one line, without the address, which may be long."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300]


def poll_fault(job: PollJob, fault: Fault, now: datetime, work: Work, seconds: float = 0.0) -> PollResult:
    """A poll that brought nothing."""
    source = job.source
    return PollResult(
        source=source.id,
        at=now,
        outcome=fault.outcome,
        next_at=_next(job, fault.outcome, now, work, fault.retry_after),
        status=fault.status,
        detail=visible(fault.detail),
        seconds=seconds,
    )


def _next(job: PollJob, outcome: Outcome, now: datetime, work: Work, wait: timedelta | None = None) -> datetime:
    return next_poll(
        now,
        outcome,
        interval=job.source.interval or work.options.interval,
        failures=job.failures,
        retry_after=wait,
        source=job.source.id,
    )


def job_fault(job: Job, fault: Fault, work: Work) -> PollResult | PageResult:
    """A job that brought nothing."""
    now = work.clock()
    return poll_fault(job, fault, now, work) if isinstance(job, PollJob) else page_fault(job, fault, now)


async def read_poll(response: Response, job: PollJob, work: Work) -> PollResult:
    """What a feed's answer says."""
    now = work.clock()
    seconds = float(response.meta.get("download_latency") or 0.0)
    point("collect.2")
    etag, modified = header(response, "ETag"), header(response, "Last-Modified")
    if response.status == 304:  # noqa: PLR2004 - Not Modified
        return _poll(job, Outcome.UNCHANGED, now, work, status=304, etag=etag, last_modified=modified, seconds=seconds)
    fault = status_fault(response, now)
    if fault is not None:
        return poll_fault(job, fault, now, work, seconds)
    digest = hashlib.sha256(response.body).hexdigest()
    known: dict[str, Any] = {
        "status": response.status,
        "etag": etag,
        "last_modified": modified,
        "body_sha256": digest,
        "seconds": seconds,
    }
    if digest == job.body_sha256:
        return _poll(job, Outcome.UNCHANGED, now, work, **known)
    try:
        feed = await _read_feed(response, job.source, now, work)
    except FeedFaultError as error:
        return poll_fault(job, Fault(error.outcome, error.message, response.status), now, work, seconds)
    except WorkerError as error:
        outcome = Outcome.TIMEOUT if error.timed_out else Outcome.FAULT
        return poll_fault(job, Fault(outcome, str(error), response.status), now, work, seconds)
    if not feed.whole:  # the server would answer 304 for the rest of it
        known |= {"etag": "", "last_modified": ""}
    outcome = Outcome.NEW if feed.entries else Outcome.EMPTY
    return _poll(job, outcome, now, work, entries=feed.entries, faults=feed.faults[:20], **known)


def _poll(job: PollJob, outcome: Outcome, now: datetime, work: Work, **rest: Any) -> PollResult:
    return PollResult(source=job.source.id, at=now, outcome=outcome, next_at=_next(job, outcome, now, work), **rest)


async def _read_feed(response: Response, source: Source, now: datetime, work: Work) -> Feed:
    context = FeedContext(
        source=source.id,
        url=response.url,
        now=now,
        content_type=header(response, "Content-Type"),
        language=source.language,
        zone=source.zone,
        max_entries=work.options.max_entries,
    )
    if len(response.body) <= work.options.inline_feed_bytes:
        return read_feed(response.body, context)
    return await work.workers.run(read_feed, response.body, context, seconds=work.options.page_seconds)


def page_fault(job: PageJob, fault: Fault, now: datetime, url: str = "") -> PageResult:
    """A page that could not be had or read."""
    return PageResult(
        article=job.article,
        url=url or job.url,
        at=now,
        outcome=fault.outcome,
        status=fault.status,
        detail=visible(fault.detail),
        retry_at=page_retry(now, fault.outcome, attempts=job.attempts, retry_after=fault.retry_after),
    )


async def read_page(response: Response, job: PageJob, work: Work) -> PageResult:
    """What a page's answer says."""
    now = work.clock()
    point("collect.5")
    fault = status_fault(response, now)
    if fault is not None:
        return page_fault(job, fault, now, response.url)
    try:
        text, html = await work.workers.run(
            read_article,
            response.body,
            response.url,
            header(response, "Content-Type"),
            job.source,
            seconds=work.options.page_seconds,
        )
    except ExtractFault as error:
        outcome = Outcome.TOO_LARGE if error.kind == "too-large" else Outcome.NOT_A_PAGE
        return page_fault(job, Fault(outcome, f"{error.kind}: {error}", response.status), now, response.url)
    except WorkerError as error:
        outcome = Outcome.TIMEOUT if error.timed_out else Outcome.FAULT
        return page_fault(job, Fault(outcome, str(error), response.status), now, response.url)
    return PageResult(
        article=job.article,
        url=response.url,
        at=now,
        outcome=Outcome.NEW,
        text=text,
        status=response.status,
        headers={name.decode(): header(response, name.decode()) for name in _KEPT_HEADERS if name in response.headers},
        html=html,
        sha256=hashlib.sha256(response.body).hexdigest(),
    )


def read_article(body: bytes, url: str, content_type: str, source: Source) -> tuple[ArticleText, bytes]:
    """In a worker: a page's text, and the page compressed to be kept. Raises ExtractFault."""
    read = extract(
        body,
        url=url,
        content_type=content_type or None,
        overrides=overrides_of(source),
        default_zone=ZoneInfo(source.zone) if source.zone else None,
    )
    return article_text(read, url, source), gzip.compress(body, 6, mtime=0)


def overrides_of(source: Source) -> Overrides:
    """A source's CSS selectors as extraction wants them."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in source.css.items()
    }
    return Overrides(**values)


def article_text(read: Extracted, url: str, source: Source) -> ArticleText:
    """What extraction read, as the archive keeps it."""
    published = None
    if read.published is not None:
        precision = Precision(read.precision or Precision.MINUTE)
        published = Published(read.published, read.zone, precision, TimeOrigin.PAGE)
    return ArticleText(
        title=read.title,
        text=read.text,
        authors=read.authors,
        image=read.image,
        language=read.language or source.language,
        published=published,
        canonical_url=page_identity(url, read.canonical),
    )
