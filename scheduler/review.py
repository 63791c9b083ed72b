"""The review stage: each new text is read, decided upon, and the decision stored with the mails it asks for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from alerts.claims_view import NO_CLAIMS, claim_table
from alerts.coverage import NO_LINE
from alerts.facts import to_text
from alerts.story_mails import Paper, telling
from alerts.telling import MAIL, Case, asks_for_mail, decide_story, told_of
from analysis.text import forms
from scheduler.claims import document_claims, readings_of, unweighed
from scheduler.reading import document_of
from scheduler.stories import ArchiveShelf, NoShelf, card_of, facts_of, news_of, place, voice_of, with_article
from storage.articles import feed_version
from storage.claim_figures import last_figures, weigh_claims
from storage.crash import point
from storage.model import Decision, PageState, Review
from storage.reviews import alerted, due_again, due_reviews, store_reviewed
from storage.stories import OvertakenError
from storage.story_model import StoryState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.claims_view import ClaimTable
    from alerts.coverage import CoverageLine
    from analysis.reading import Reading
    from scheduler.setup import Setup
    from scheduler.stories import Shelf
    from storage.archive import Archive
    from storage.claim_model import ClaimChanges, ClaimReading, Flow, LastFigure, WeighedClaim
    from storage.model import Article, RuleHit
    from storage.story_model import Placing, Telling

    Weigh = Callable[[int, Sequence[ClaimReading]], tuple[WeighedClaim, ...]]
    Last = Callable[[Article, Collection[Flow]], Mapping[Flow, Sequence[LastFigure]]]

log = structlog.get_logger()

ANALYSIS_VERSION = "4"  # raise it when the same text would be read differently
BATCH = 50
LONG = 50_000  # characters from which a text is read in a thread
AGAIN = timedelta(days=1)  # after which a text that our code failed on is tried once more
_TRIES = 5  # of a decision whose ground moves while it is made
_NOWHERE = NoShelf()


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
    shelf: Shelf = _NOWHERE,
    again: bool = False,
) -> tuple[Review, list[Telling]]:
    """Read one text and decide. Pure. `told` are the readers who have been mailed the article itself.

    `feed` is the article as the feed gave it: if the page turns out to be another thing (a consent wall, a login) or to
    say less (the first lines before a paywall), the feed's words are read instead. `coverage` is asked where a mail is made,
    `weigh` what the ledger makes of the article's claims, before any rule is asked, `last` what it had of their kinds before,
    `shelf` what is known of stories.
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
    placing = place(article, reading, setup, shelf) if candidate and not want_page else None
    decisions: tuple[Decision, ...] = ()
    tellings: list[Telling] = []
    if placing is not None and hits and not again:
        known = _Known(article, reading, placing, weighed, shelf)
        decisions, tellings = _decided(known, hits, setup, told, now, coverage, last)
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
        placing=placing,
    )
    return review, tellings


class _Known:
    """An article that was read, with its story as it will be once it is stored."""

    def __init__(
        self, article: Article, reading: Reading, placing: Placing, weighed: Sequence[WeighedClaim], shelf: Shelf
    ) -> None:
        self.article, self.reading, self.placing, self.weighed = article, reading, placing, weighed
        self.shelf = shelf
        self.before = StoryState(placing.story, (placing.story,))
        if not placing.new:
            self.before = shelf.state(placing.story, placing.merges)
        self.story: StoryState = with_article(self.before, article, placing, weighed, reading)


def _decided(  # noqa: PLR0917
    known: _Known,
    hits: Sequence[RuleHit],
    setup: Setup,
    told: Collection[str],
    now: datetime,
    coverage: Callable[[], CoverageLine],
    last: Last,
) -> tuple[tuple[Decision, ...], list[Telling]]:
    """What each reader with a matching rule is told, and the mails that say it."""
    facts = facts_of(known.story, setup)
    case = Case(
        article=known.article,
        story=known.story,
        now_known=facts,
        news=news_of(known.article.id, known.weighed, facts, known.shelf),
        relevance=known.reading.relevance.score or 0.0,
        repeats=known.placing.same_as is not None,
        alerted=frozenset(told),
        before=facts_of(known.before, setup) if known.before.told else None,
        voice=partial(voice_of, setup),
    )
    decisions, mailed = [], []
    addresses: set[str] = set()
    for reader in setup.readers:
        mine = tuple(hit for hit in hits if reader.follows(hit.rule))
        if not mine:
            continue
        outcome = decide_story(reader, case, now, setup.late_after)
        decisions.append(Decision(reader.name, outcome.word, outcome.reason, mine))
        if asks_for_mail(outcome) and reader.address not in addresses:
            mailed.append((reader, outcome, mine))
            addresses.add(reader.address)
    if not mailed:
        return tuple(decisions), []
    table = _table(known.article, known.weighed, last, setup) if known.weighed else NO_CLAIMS
    paper = Paper(known.article, known.story, to_text(facts), setup.mail, coverage(), table)
    tellings = []
    for reader, outcome, mine in mailed:
        before = told_of(known.story, reader)
        since = before[-1].at if before and outcome.word != MAIL else None
        card = card_of(known.story, setup, known.reading, changes=outcome.changes, basis=outcome.basis, told_at=since)
        tellings.append(telling(paper, reader, outcome, mine, card, now))
    return tuple(decisions), tellings


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
    shelf: Shelf,
    again: bool = False,
) -> tuple[Review, list[Telling]]:
    """The same, where a text that our code cannot read costs its own review and not those of all behind it."""
    try:
        return review_article(
            article, setup, told, now, feed, coverage=coverage, weigh=weigh, last=last, shelf=shelf, again=again
        )
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
    mailed: Callable[[], None] = lambda: None,
    only_again: bool = False,
) -> tuple[int, int]:
    """Review what waits, until nothing does, each batch with the setup of its moment. Returns how many texts and mails.

    What is to be reviewed again comes last, between two looks for what is new; `reviewed_again` is told how many each time,
    `claims_changed` what each of them did to the ledger, `mailed` that there is a mail to send; with `only_again` nothing else is done. `coverage` says how the
    sources stand, for the mails.
    """
    reviewed = queued = 0
    read_again: set[int] = set()
    put_off: set[int] = set()
    while not stopping():
        due = [] if only_again else archive.read(due_reviews, clock(), BATCH + len(put_off))
        new = [one for one in due if one.id not in put_off]
        old = [] if new else [one for one in archive.read(due_again, BATCH) if one.id not in read_again]
        if not new and not old:
            break
        read_again.update(article.id for article in old)  # none twice, whatever becomes of it
        now_in_force = setup()
        for article in new or old:
            if stopping():
                break
            point("review.1")
            done = await _review_one(archive, now_in_force, clock(), article, coverage, again=not new)
            point("review.3")
            if done is None:
                put_off.add(article.id)
                continue
            mails, changes = done
            queued += mails
            if mails:
                mailed()
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
) -> tuple[int, ClaimChanges] | None:
    """Review one text and store what came of it. Returns how many mails were queued, and what changed in the ledger.

    None if what it rests on moved whenever it was decided: it is due still.

    The next one is read when this one is stored: of two that give the same new figure only the first is news.
    """

    def weigh(number: int, readings: Sequence[ClaimReading]) -> tuple[WeighedClaim, ...]:
        return archive.read(weigh_claims, number, readings)

    def last(of: Article, flows: Collection[Flow]) -> Mapping[Flow, Sequence[LastFigure]]:
        return archive.read(last_figures, flows, of.published.at, article=of.id)

    feed, shelf = archive.read(feed_version, article), ArchiveShelf(archive)
    for _ in range(_TRIES):
        told = archive.read(alerted, article.id)
        known = (article, setup, told, now, feed, coverage, weigh, last, shelf, again)
        review, tellings = await asyncio.to_thread(_guarded, *known) if len(article.text) > LONG else _guarded(*known)
        try:
            return await archive.awrite(store_reviewed, review, tellings)
        except OvertakenError as error:
            log.info("decided again", article=article.id, reason=str(error))
    log.warning("review put off", article=article.id)
    return None
