"""From a page's answer to an article's text. A page that cannot be had or read is a result, never a crash."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from spiders.extract import Extracted, ExtractFault, Overrides, extract
from spiders.faults import Fault, disguised, header, status_fault
from spiders.markup import visible
from spiders.polling import page_retry
from spiders.polls import poll_fault
from spiders.urls import page_identity
from spiders.workers import WorkerError
from storage.crash import point
from storage.model import ArticleText, Outcome, PageResult, PollJob, PollResult, Precision, Published, TimeOrigin

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.http import Response

    from spiders.work import Job, Work
    from storage.model import PageJob, Source

_KEPT_HEADERS = (
    b"Content-Type", b"Content-Length", b"Content-Language", b"Date", b"Last-Modified", b"ETag", b"Server", b"X-Cache", b"Age",
)  # fmt: skip


def job_fault(job: Job, fault: Fault, work: Work) -> PollResult | PageResult:
    """A job that brought nothing."""
    now = work.clock()
    return poll_fault(job, fault, now, work) if isinstance(job, PollJob) else page_fault(job, fault, now)


def page_fault(job: PageJob, fault: Fault, now: datetime, url: str = "") -> PageResult:
    """A page that could not be had or read."""
    return PageResult(
        article=job.article,
        url=url or job.url,
        at=now,
        outcome=fault.outcome,
        status=fault.status,
        detail=visible(fault.detail),
        retry_at=page_retry(now, _soon(fault, job), attempts=job.attempts, retry_after=fault.retry_after),
        rest=fault.rest,
    )


NOT_FOUND = 404
SOON = 2  # tries after which a page that is not found will not come


def _soon(fault: Fault, job: PageJob) -> Outcome:
    """The outcome that a retry goes by: a list is often some minutes ahead of its pages."""
    return Outcome.SERVER if fault.status == NOT_FOUND and job.attempts < SOON else fault.outcome


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
        fault = disguised(response, Fault(outcome, f"{error.kind}: {error}", response.status))
        return page_fault(job, fault, now, response.url)
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
