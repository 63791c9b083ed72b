"""Looking after the watch itself: what the operator is told of it, once each, and how it stands at any moment.

The decisions are pure and in `alerts`; here they are given what the archive knows, and what they come to is written down
in one transaction with the mails.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.coverage import Coverage, CoverageLine, coverage, line
from alerts.digest import WEEK, digest_sections, digest_subject, schedule
from alerts.outages import (
    DAY,
    Low,
    back_subject,
    back_words,
    began,
    changes,
    low_coverage,
    low_subject,
    low_words,
    trouble_subject,
    trouble_words,
)
from alerts.outbox import notice_mail
from alerts.schedule import due_slot
from alerts.undelivered import Told, to_tell, undelivered_subject, undelivered_words
from spiders.rhythm import Rhythm
from storage.health import (
    HealthChange,
    Notice,
    Outage,
    SourceState,
    Span,
    noted,
    notices,
    open_outages,
    source_states,
    span,
    write_health,
)
from storage.outbox import given_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from alerts.notices import Section
    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.mail import Mail, NewMail

FRESH = timedelta(minutes=1)  # for so long what is known of the sources is good enough for a mail
STARTING = timedelta(seconds=5)  # the same while some were not asked yet, as after a start
_STARTED, _LOW, _DIGEST, _UNDELIVERED = "watched since", "low coverage", "digest", "undelivered"  # keys of notices


def usual(states: Iterable[SourceState]) -> dict[str, float]:
    """How many articles a day each source usually brings, as far as that was learnt."""
    return {state.id: Rhythm.from_text(state.rhythm).daily for state in states if state.rhythm}


def coverage_of(states: Sequence[SourceState], setup: Setup, now: datetime) -> Coverage:
    """How the sources stand."""
    silent = usual(state for state in states if state.outcome == "stale")
    return coverage(states, setup.analyser.lexicon.languages, now, silent)


class CoverageNow:
    """How the sources stand, for mails: looked up at most once a minute."""

    def __init__(self, archive: Archive, clock: Callable[[], datetime]) -> None:
        self._archive = archive
        self._clock = clock
        self._known: tuple[datetime, Setup, Coverage] | None = None

    def line(self, setup: Setup) -> CoverageLine:
        """What a mail that is queued now says of coverage."""
        now = self._clock()
        if self._known is None or not self._fresh(setup, now):
            self._known = (now, setup, coverage_of(self._archive.read(source_states), setup, now))
        return line(self._known[2], now)

    def _fresh(self, setup: Setup, now: datetime) -> bool:
        if self._known is None or self._known[1] is not setup:
            return False
        at, _, found = self._known
        return timedelta() <= now - at < (STARTING if found.unread or found.late else FRESH)


async def look(archive: Archive, setup: Setup, now: datetime) -> int:
    """Tell the operator what has changed since the last look. Returns how many mails were queued."""
    states, known = archive.read(source_states), archive.read(open_outages, now - DAY)
    kept = archive.read(notices)
    found = coverage_of(states, setup, now)
    slot = _digest_slot(setup, kept, now)
    week = archive.read(span, now - WEEK, now) if slot is not None else None
    change = merged(
        [
            HealthChange(notes={key: now.isoformat() for key in (_STARTED, _DIGEST) if key not in kept}),
            outage_change(states, known, found, setup, now),
            low_change(found, kept, setup, now),
            undelivered_change(archive.read(given_up), found, kept, setup, now),
            *([digest_change(states, found, week, slot, setup, now)] if slot is not None and week is not None else []),
        ]
    )
    if change:
        await archive.awrite(write_health, change, now)
    return len(change.mails)


def outage_change(
    states: Sequence[SourceState], known: Sequence[Outage], found: Coverage, setup: Setup, now: datetime
) -> HealthChange:
    """Sources in trouble for long, and those that are back, with a mail for each of the two."""
    came = changes(states, known, now, setup.health.tell_after)
    mails = []
    if came.begun:
        key = "trouble " + " ".join(f"{one.state.id} {began(one)}" for one in came.begun)
        paragraphs, sections = trouble_words(came.begun, found.total, now, setup.health.zone)
        mails.append(_mail(key, trouble_subject(came.begun, now), paragraphs, sections, found, setup, now))
    if came.back:
        key = "back " + " ".join(f"{one.id} {one.told_at}" for one in came.back)
        paragraphs, sections = back_words(came.back, states, now)
        mails.append(_mail(key, back_subject(came.back, states), paragraphs, sections, found, setup, now))
    return HealthChange(
        begun=tuple((one.state, began(one) or now) for one in came.begun),
        ends=(*((one.id, now) for one in came.ended), *((one.id, None) for one in came.again)),
        told=tuple(one.id for one in came.back),
        mails=tuple(mails),
    )


def low_change(found: Coverage, kept: dict[str, Notice], setup: Setup, now: datetime) -> HealthChange:
    """That too few sources can be read, told once until it was otherwise."""
    before = _low(kept.get(_LOW))
    started = kept[_STARTED].noted_at if _STARTED in kept else now
    low, tell = low_coverage(found, before, started, now, setup.health.least_coverage)
    if low is None:
        return HealthChange(notes={_LOW: None} if _LOW in kept else {})
    value = json.dumps({"since": low.since.isoformat(), "seen": low.seen.isoformat(), "told": low.told})
    if not tell:
        return HealthChange(notes={_LOW: value})
    paragraphs = low_words(low, setup.health.least_coverage, now)
    mail = _mail(f"low coverage {low.since}", low_subject(found), paragraphs, [], found, setup, now)
    return HealthChange(notes={_LOW: value}, mails=(mail,))


def _low(notice: Notice | None) -> Low | None:
    """What was remembered of low coverage."""
    value = noted(notice)
    try:
        return Low(datetime.fromisoformat(value["since"]), datetime.fromisoformat(value["seen"]), bool(value["told"]))
    except (KeyError, TypeError, ValueError):
        return None


def undelivered_change(
    mails: Sequence[Mail], found: Coverage, kept: dict[str, Notice], setup: Setup, now: datetime
) -> HealthChange:
    """Mails that were given up, told of once each, with what is to be remembered of them."""
    before = _told(kept.get(_UNDELIVERED))
    fresh, told = to_tell(mails, before, now)
    if told == before:
        return HealthChange()
    value = json.dumps({"mails": sorted(told.mails), "at": told.at and told.at.isoformat()})
    if not fresh:
        return HealthChange(notes={_UNDELIVERED: value})
    paragraphs, sections = undelivered_words(fresh, setup.health.zone)
    mail = _mail(f"undelivered {value}", undelivered_subject(fresh), paragraphs, sections, found, setup, now)
    return HealthChange(notes={_UNDELIVERED: value}, mails=(mail,))


def _told(notice: Notice | None) -> Told:
    """What was remembered of mails that were given up."""
    value = noted(notice)
    try:
        return Told(frozenset(value["mails"]), datetime.fromisoformat(value["at"]) if value["at"] else None)
    except (KeyError, TypeError, ValueError):
        return Told()


def _digest_slot(setup: Setup, kept: dict[str, Notice], now: datetime) -> datetime | None:
    """The slot that a digest is due for now."""
    if _DIGEST not in kept:
        return None
    try:
        last = datetime.fromisoformat(kept[_DIGEST].value)
    except ValueError:
        last = kept[_DIGEST].noted_at
    return due_slot(schedule(setup.health.digest, setup.health.zone), last, now)


def digest_change(  # noqa: PLR0917
    states: Sequence[SourceState], found: Coverage, week: Span, slot: datetime, setup: Setup, now: datetime
) -> HealthChange:
    """The weekly digest."""
    sections = digest_sections(states, found, week, now, usual(states))
    subject = digest_subject(slot, setup.health.zone)
    mail = _mail(f"digest {slot.isoformat()}", subject, [], sections, found, setup, now)
    return HealthChange(notes={_DIGEST: slot.isoformat()}, mails=(mail,))


def _mail(  # noqa: PLR0917
    key: str,
    subject: str,
    paragraphs: Sequence[str],
    sections: Sequence[Section],
    found: Coverage,
    setup: Setup,
    now: datetime,
) -> NewMail:
    return notice_mail(
        key,
        subject,
        paragraphs,
        address=setup.operator,
        now=now,
        options=setup.mail,
        coverage=line(found, now),
        sections=sections,
        zone=setup.health.zone,
    )


def merged(parts: Iterable[HealthChange]) -> HealthChange:
    """Several changes as one, to be written at once."""
    parts = list(parts)
    return HealthChange(
        begun=tuple(one for part in parts for one in part.begun),
        ends=tuple(one for part in parts for one in part.ends),
        told=tuple(one for part in parts for one in part.told),
        notes={key: value for part in parts for key, value in part.notes.items()},
        mails=tuple(one for part in parts for one in part.mails),
    )
