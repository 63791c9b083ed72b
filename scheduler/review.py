"""The review stage: each new text is read, decided upon, and the decision stored with the mails it asks for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from alerts.coverage import NO_LINE
from alerts.decide import decide
from alerts.outbox import alert_mails
from analysis.document import Document
from analysis.language import language_of
from analysis.text import forms
from storage.articles import feed_version
from storage.crash import point
from storage.model import PageState, Review
from storage.reviews import alerted, due_reviews, store_review

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from alerts.coverage import CoverageLine
    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.mail import NewMail
    from storage.model import Article

log = structlog.get_logger()

ANALYSIS_VERSION = "1"  # raise it when the same text would be read differently
BATCH = 50
LONG = 50_000  # characters from which a text is read in a thread
AGAIN = timedelta(days=1)  # after which a text that our code failed on is tried once more


def no_coverage() -> CoverageLine:
    """Say nothing of coverage."""
    return NO_LINE


def review_article(
    article: Article,
    setup: Setup,
    told: Collection[str],
    now: datetime,
    feed: Article | None = None,
    *,
    coverage: Callable[[], CoverageLine] = no_coverage,
) -> tuple[Review, list[NewMail]]:
    """Read one text and decide. Pure. `told` are the readers who have been alerted of the article.

    `feed` is the article as the feed gave it: if the page turns out to be another thing (a consent wall, a login) or to
    say less (the first lines before a paywall), the feed's words are read instead. `coverage` is asked where a mail is made.
    """
    version = article.version
    worse = page_worse(article, feed) if feed is not None else ""
    if feed is not None and worse:
        article = feed
    whole = f"{article.title}\n{article.text}"
    language = language_of(whole[:2000], article.language_hint)
    concepts = setup.lexicon.concepts(whole)
    gate = setup.lexicon.judge(concepts)
    document = Document(article.title, article.text, frozenset(article.sources), article.outlet, language)
    hits = setup.rules.hits(document)
    candidate = bool(gate) or bool(hits)
    want_page = candidate and article.page_state == PageState.UNDECIDED
    decisions = () if want_page else decide(article, hits, setup.readers, told, now, setup.late_after)
    review = Review(
        article=article.id,
        version=version,
        at=now,
        analysis_version=ANALYSIS_VERSION,
        topic_version=setup.topic_version,
        language=language,
        candidate=candidate,
        concepts=concepts,
        reason="; ".join(
            [*([worse] if worse else []), gate.reason, f"{len(hits)} of {len(setup.rules.rules)} rules true"]
        ),
        want_page=want_page,
        matched=bool(hits),
        decisions=decisions,
    )
    mailed = any(decision.outcome in {"mail", "late"} for decision in decisions)
    line = coverage() if mailed else NO_LINE
    return review, alert_mails(article, decisions, setup.readers, now, setup.mail, coverage=line)


def page_worse(page: Article, feed: Article) -> str:
    """Why a page is no better than what the feed gave: it lacks most words of the headline, or is the shorter; "" if it is."""
    if len(page.text) < len(feed.text):
        return "the page says less than the feed"
    announced = set(forms(feed.title))
    there = announced & {*forms(page.title), *forms(page.text)}
    return "the page says something else than the feed" if 2 * len(there) < len(announced) else ""


def _guarded(  # noqa: PLR0917
    article: Article,
    setup: Setup,
    told: Collection[str],
    now: datetime,
    feed: Article | None,
    coverage: Callable[[], CoverageLine],
) -> tuple[Review, list[NewMail]]:
    """The same, where a text that our code cannot read costs its own review and not those of all behind it."""
    try:
        return review_article(article, setup, told, now, feed, coverage=coverage)
    except Exception as error:
        log.exception("review failed", article=article.id)
        reason = f"could not be reviewed: {type(error).__name__}: {error}"[:500]
        fault = Review(
            article.id,
            article.version,
            now,
            ANALYSIS_VERSION,
            setup.topic_version,
            article.language,
            True,
            (),
            reason,
            again_at=now + AGAIN,
        )
        return fault, []


async def review_due(
    archive: Archive,
    setup: Setup,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    *,
    coverage: Callable[[], CoverageLine] = no_coverage,
) -> tuple[int, int]:
    """Review what waits, until nothing does. Returns how many texts were reviewed and mails queued.

    `coverage` says how the sources stand, for the mails.
    """
    reviewed = queued = 0
    while batch := archive.read(due_reviews, clock(), BATCH):
        for article in batch:
            if stopping():
                return reviewed, queued
            point("review.1")
            told, feed = archive.read(alerted, article.id), archive.read(feed_version, article)
            if len(article.text) > LONG:
                review, mails = await asyncio.to_thread(_guarded, article, setup, told, clock(), feed, coverage)
            else:
                review, mails = _guarded(article, setup, told, clock(), feed, coverage)
            queued += await archive.awrite(store_review, review, mails)
            point("review.3")
            reviewed += 1
            await asyncio.sleep(0)  # a backlog must not keep the crawl waiting
    return reviewed, queued
