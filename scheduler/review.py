"""The review stage: each new text is read, decided upon, and the decision stored with the mails it asks for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from alerts.claims_view import NO_CLAIMS, claim_table
from alerts.coverage import NO_LINE
from alerts.decide import decide
from alerts.outbox import alert_mails
from analysis.text import forms
from scheduler.claims import document_claims, readings_of, unweighed
from scheduler.reading import document_of
from storage.articles import feed_version
from storage.claim_figures import last_figures, weigh_claims
from storage.crash import point
from storage.model import PageState, Review
from storage.reviews import alerted, due_again, due_reviews, store_reviewed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.claims_view import ClaimTable
    from alerts.coverage import CoverageLine
    from analysis.reading import Reading
    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.claim_model import ClaimChanges, ClaimReading, Flow, LastFigure, WeighedClaim
    from storage.mail import NewMail
    from storage.model import Article, RuleHit

    Weigh = Callable[[int, Sequence[ClaimReading]], tuple[WeighedClaim, ...]]
    Last = Callable[[Article, Collection[Flow]], Mapping[Flow, Sequence[LastFigure]]]

log = structlog.get_logger()

ANALYSIS_VERSION = "3"  # raise it when the same text would be read differently
BATCH = 50
LONG = 50_000  # characters from which a text is read in a thread
AGAIN = timedelta(days=1)  # after which a text that our code failed on is tried once more


def no_figures(_article: Article, _flows: Collection[Flow]) -> Mapping[Flow, Sequence[LastFigure]]:
    """Know of no earlier figures."""
    return {}


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
    weigh: Weigh = unweighed,
    last: Last = no_figures,
    again: bool = False,
) -> tuple[Review, list[NewMail]]:
    """Read one text and decide. Pure. `told` are the readers who have been alerted of the article.

    `feed` is the article as the feed gave it: if the page turns out to be another thing (a consent wall, a login) or to
    say less (the first lines before a paywall), the feed's words are read instead. `coverage` is asked where a mail is made,
    `weigh` what the ledger makes of the article's claims, before any rule is asked, `last` what it had of their kinds before.
    With `again`, the past is read as it would be today: nobody is told, no page is asked for.
    """
    version = article.version
    worse = page_worse(article, feed) if feed is not None else ""
    if feed is not None and worse:
        article = feed
    reading = _read(article, setup)
    claims = readings_of(reading, article)
    weighed = weigh(article.id, claims)
    document = document_of(article, reading, setup.country(article.outlet))
    hits = setup.rules.hits(replace(document, claims=document_claims(weighed)))
    candidate = bool(reading.gate) or bool(hits)
    want_page = candidate and article.page_state == PageState.UNDECIDED and not again
    decisions = () if want_page or again else decide(article, hits, setup.readers, told, now, setup.late_after)
    review = Review(
        article=article.id,
        version=version,
        at=now,
        analysis_version=ANALYSIS_VERSION,
        topic_version=setup.topic_version,
        language=reading.language,
        candidate=candidate,
        concepts=reading.scan.concepts,
        reason=_reason(worse, reading.gate.reason, hits, setup, again=again),
        want_page=want_page,
        matched=bool(hits),
        decisions=decisions,
        relevance=reading.relevance.score,
        band=reading.relevance.band,
        relevance_reasons=reading.relevance.reasons,
        again=again,
        claims=claims,
        claims_version=article.version,
    )
    mailed = any(decision.outcome in {"mail", "late"} for decision in decisions)
    line = coverage() if mailed else NO_LINE
    table = _table(article, weighed, last, setup) if mailed and weighed else NO_CLAIMS
    return review, alert_mails(article, decisions, setup.readers, now, setup.mail, coverage=line, claims=table)


def _read(article: Article, setup: Setup) -> Reading:
    when = article.published.at
    return setup.analyser.read(
        article.title, article.text, article.language_hint, publisher=article.outlet, published=when
    )


def _table(article: Article, weighed: Sequence[WeighedClaim], last: Last, setup: Setup) -> ClaimTable:
    """The figures of an article for its mails, with those that were known of the same kinds."""
    concepts = setup.analyser.lexicon.concepts_by_id

    def name(one: str) -> str:
        return concepts[one].name("en") if one in concepts else one

    before = last(article, {claim.figure.flow for claim in weighed})
    return claim_table(weighed, before, name, article.published.at.date())


def _reason(worse: str, gate: str, hits: Sequence[RuleHit], setup: Setup, *, again: bool) -> str:
    """Say in a line what came of it."""
    rules = f"{len(hits)} of {len(setup.rules.rules)} rules true"
    return "; ".join([*(["reviewed again"] if again else []), *([worse] if worse else []), gate, rules])


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
    weigh: Weigh,
    last: Last,
    again: bool = False,
) -> tuple[Review, list[NewMail]]:
    """The same, where a text that our code cannot read costs its own review and not those of all behind it."""
    try:
        return review_article(article, setup, told, now, feed, coverage=coverage, weigh=weigh, last=last, again=again)
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
            again_at=None if again else now + AGAIN,
            again=again,
        )
        return fault, []


async def review_due(
    archive: Archive,
    setup: Callable[[], Setup],
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    *,
    coverage: Callable[[], CoverageLine] = no_coverage,
    reviewed_again: Callable[[int], None] = lambda _: None,
    claims_changed: Callable[[ClaimChanges], None] = lambda _: None,
    only_again: bool = False,
) -> tuple[int, int]:
    """Review what waits, until nothing does, each batch with the setup of its moment. Returns how many texts and mails.

    What is to be reviewed again comes last, between two looks for what is new; `reviewed_again` is told how many each time,
    `claims_changed` what each of them did to the ledger; with `only_again` nothing else is done. `coverage` says how the
    sources stand, for the mails.
    """
    reviewed = queued = 0
    read_again: set[int] = set()
    while not stopping():
        new = [] if only_again else archive.read(due_reviews, clock(), BATCH)
        old = [] if new else [one for one in archive.read(due_again, BATCH) if one.id not in read_again]
        if not new and not old:
            break
        read_again.update(article.id for article in old)  # none twice, whatever becomes of it
        now_in_force = setup()
        for article in new or old:
            if stopping():
                break
            point("review.1")
            mails, changes = await _review_one(archive, now_in_force, clock(), article, coverage, again=not new)
            point("review.3")
            queued += mails
            if old:
                claims_changed(changes)
            reviewed += 1
            await asyncio.sleep(0)  # a backlog must not keep the crawl waiting
        if old:
            reviewed_again(len(old))
    return reviewed, queued


async def _review_one(
    archive: Archive,
    setup: Setup,
    now: datetime,
    article: Article,
    coverage: Callable[[], CoverageLine],
    *,
    again: bool,
) -> tuple[int, ClaimChanges]:
    """Review one text and store what came of it. Returns how many mails were queued, and what changed in the ledger.

    The next one is read when this one is stored: of two that give the same new figure only the first is news.
    """

    def weigh(number: int, readings: Sequence[ClaimReading]) -> tuple[WeighedClaim, ...]:
        return archive.read(weigh_claims, number, readings)

    def last(of: Article, flows: Collection[Flow]) -> Mapping[Flow, Sequence[LastFigure]]:
        return archive.read(last_figures, flows, of.published.at, article=of.id)

    told, feed = archive.read(alerted, article.id), archive.read(feed_version, article)
    if len(article.text) > LONG:
        review, mails = await asyncio.to_thread(_guarded, article, setup, told, now, feed, coverage, weigh, last, again)
    else:
        review, mails = _guarded(article, setup, told, now, feed, coverage, weigh, last, again)
    return await archive.awrite(store_reviewed, review, mails)
