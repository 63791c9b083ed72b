"""What a reader is told of a story, and when: pure functions of what is known, what he was told, and the time.

The first article alerts. A later one joins the alert while that has not left; after it, only a material change is an update,
in the same thread. Readers with digests alone are told there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.decide import late_time
from alerts.facts import Facts, changes, from_text, together
from storage.model import Arrival, TimeOrigin
from storage.story_model import StoryVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from alerts.decide import Reader
    from alerts.facts import Change, Said
    from storage.model import Article
    from storage.story_model import StoryState, Told

MAIL, UPDATE, LATE, DIGEST, NOTHING = "mail", "update", "late", "digest", "nothing"

_MAILED = frozenset({MAIL, UPDATE, LATE})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader is told of an article: `word` is "mail", "update", "late", "digest" or "nothing", with the reason.

    `joins` is the mail, not gone yet, that takes it in. `basis` is what he knew before, None if nothing.
    """

    word: str
    reason: str
    changes: tuple[Change, ...] = ()
    joins: Told | None = None
    basis: Facts | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An article of a story that is to be decided on. `news` are figures that nobody had heard before.

    `before` is what was known of the story without the article; `voice` as `alerts.facts.changes` has it.
    """

    article: Article
    story: StoryState
    now_known: Facts
    news: frozenset[Said] = frozenset()
    relevance: float = 1.0
    repeats: bool = False  # it is another article again
    alerted: frozenset[str] = field(default_factory=frozenset)  # readers who have been mailed this very article
    before: Facts | None = None
    voice: Callable[[str], str] = str


def decide_story(reader: Reader, case: Case, now: datetime, late_after: timedelta) -> Outcome:
    """Decide what a reader with matching rules is told of an article."""
    silent = _silent(reader, case)
    if silent is not None:
        return silent
    told = told_of(case.story, reader)
    late = _late(case.article, now, late_after)
    if not told and reader.name in case.alerted:
        return Outcome(NOTHING, "alerted before")
    if not told:
        return _first(reader, now, late_after, late=late)
    last = told[-1]
    if all(one.waiting and one.kind == "alert" for one in told):
        return _joining(reader, last, now, late=late)
    return _later(reader, case, told, now)


def asks_for_mail(outcome: Outcome) -> bool:
    """Whether a mail is to be made, or one to be renewed."""
    return outcome.word in _MAILED or outcome.joins is not None


def told_of(story: StoryState, reader: Reader) -> tuple[Told, ...]:
    """Give what a reader was told of a story, by whatever name he reads at this address, in the order of queueing."""
    mine, there = story.told.get(reader.name, ()), story.told.get(reader.address, ())
    both = {(one.queued or one.mail, one.kind): one for one in (*mine, *there)}
    return tuple(both[key] for key in sorted(both))


def _silent(reader: Reader, case: Case) -> Outcome | None:
    """Give the outcome where nothing is to be mailed, whatever is known."""
    if case.article.arrival != Arrival.LIVE:
        return Outcome(NOTHING, f"arrived as {case.article.arrival}")
    muted = case.story.stands(reader.name, StoryVerdict.MUTE, StoryVerdict.UNMUTE)
    if muted is not None:
        return Outcome(NOTHING, f"{muted.who} muted story {case.story.number}")
    if case.relevance < reader.least_relevance:
        return Outcome(NOTHING, f"relevance {case.relevance:.2f} is below {reader.least_relevance:g}")
    if not reader.immediate:
        return Outcome(DIGEST, "this reader has digests")
    return None


def _first(reader: Reader, now: datetime, late_after: timedelta, *, late: bool) -> Outcome:
    if not late:
        return Outcome(MAIL, "the first of its story", due_at=due_time(reader, now))
    reason = f"published more than {late_after.total_seconds() / 3600:g} h ago"
    if reader.digest:
        return Outcome(DIGEST, reason)
    return Outcome(LATE, reason, due_at=late_time(now, reader.zone))


def _joining(reader: Reader, waiting: Told, now: datetime, *, late: bool) -> Outcome:
    """Take an article into the alert that has not left yet. A live one does not wait for the morning."""
    if late or not waiting.late:
        return Outcome(NOTHING, f"joins mail {waiting.mail}, which has not left", joins=waiting)
    return Outcome(MAIL, f"makes mail {waiting.mail} urgent", joins=waiting, due_at=due_time(reader, now))


def _later(reader: Reader, case: Case, told: Sequence[Told], now: datetime) -> Outcome:
    last = told[-1]
    number = case.story.number
    waiting = last if last.waiting and last.kind == "update" else None
    basis = _basis(told[:-1] if waiting and len(told) > 1 else told) or case.before
    if basis is None:
        return Outcome(NOTHING, "alerted before")
    found = changes(basis, case.now_known, case.news, case.voice)
    if not found and not case.repeats and _pinned(reader, case):
        return Outcome(UPDATE, f"story {number} is pinned", (), waiting, basis, due_time(reader, now))
    if not found:
        reason = f"nothing new in story {number}, told in mail {last.mail}"
        return Outcome(DIGEST if reader.digest else NOTHING, reason)
    words = ", ".join(dict.fromkeys(change.kind for change in found))
    return Outcome(UPDATE, f"new in story {number}: {words}", found, waiting, basis, due_time(reader, now))


def _basis(told: Sequence[Told]) -> Facts | None:
    """Give what a reader knows: the last that he was told, of each of the stories that are one by now."""
    known = {one.story: facts for one in told if (facts := from_text(one.facts)) is not None}
    return together(tuple(known.values())) if known else None


def _pinned(reader: Reader, case: Case) -> bool:
    return case.story.stands(reader.name, StoryVerdict.PIN, StoryVerdict.UNPIN) is not None


def _late(article: Article, now: datetime, late_after: timedelta) -> bool:
    return article.published.origin != TimeOrigin.GUESS and now - article.published.at > late_after


def due_time(reader: Reader, now: datetime) -> datetime:
    """Tell when a mail that is decided on now is due: after the reader's delay. His quiet hours are kept when it leaves."""
    return now + timedelta(minutes=reader.delay_minutes)
