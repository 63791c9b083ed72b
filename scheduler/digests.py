"""Readers' digests: which are due, and what they say. Whether one is due is asked of the archive and the time alone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from math import log1p
from typing import TYPE_CHECKING

from alerts.compose import digest_subject
from alerts.coverage import line, words_of
from alerts.facts import changes, from_text, said, to_text
from alerts.schedule import digest_schedule, due_slot
from alerts.story import Borderline, DigestCard, DigestStory, to_plain
from alerts.story_mails import domain_of, message_id
from scheduler.health import coverage_of
from scheduler.stories import change_line, facts_of, figure_line, gloss_of_title, name_of, origins_of, voice_of
from storage.digests import (
    DigestState,
    digest_rows,
    digest_state,
    digest_texts,
    last_decision,
    note_digests,
    store_digest,
    told_in_digest,
)
from storage.health import source_states
from storage.mail import MailKind, NewMail
from storage.stories import story_state
from storage.story_model import StoryVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.coverage import Coverage
    from alerts.decide import Reader
    from alerts.facts import Facts
    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.digests import DigestArticle, DigestRows, DigestText
    from storage.story_model import StoryState

PARAGRAPH = 700  # characters of an article that a digest has
_FIGURES = 6
_UNREAD = 12
_AHEAD = timedelta(days=2)  # what lies further in the future is a clock's mistake


async def digests_due(archive: Archive, setup: Setup, now: datetime) -> int:
    """Queue the digests that are due. Returns how many. Whoever has none yet begins now."""
    queued = 0
    for reader in setup.readers:
        schedule = digest_schedule(reader.digest, reader.zone)
        if schedule is None:
            continue
        state = archive.read(digest_state, reader.name)
        if state is None:
            begin = DigestState(now, archive.read(last_decision), now)
            await archive.awrite(note_digests, reader.name, begin, now)
            continue
        if state.slot > now + _AHEAD:  # a clock that was ahead wrote it: none would be due till then
            await archive.awrite(note_digests, reader.name, replace(state, slot=now, until=min(state.until, now)), now)
            continue
        slot = due_slot(schedule, state.slot, now)
        if slot is not None:
            queued += await _queue(archive, setup, reader, state, slot, now)
    return queued


async def _queue(  # noqa: PLR0917
    archive: Archive, setup: Setup, reader: Reader, state: DigestState, slot: datetime, now: datetime
) -> bool:
    found = coverage_of(archive.read(source_states), setup, now)
    card, facts, last = digest_of(archive, setup, reader, state, found, now)
    body = {"card": to_plain(card), "coverage": asdict(line(found, now)), "zone": reader.zone}
    mail = NewMail(
        MailKind.DIGEST,
        reader.name,
        reader.address,
        message_id("digest", f"{slot.isoformat()} {reader.name}", domain_of(setup.mail)),
        digest_subject(card, reader.zone),
        now,
        body=json.dumps(body, ensure_ascii=False),
    )
    told = [(number, to_text(known)) for number, known in facts.items()]
    return await archive.awrite(store_digest, mail, told, DigestState(slot, last, now), now)


def digest_of(  # noqa: PLR0917
    archive: Archive, setup: Setup, reader: Reader, state: DigestState, found: Coverage, now: datetime
) -> tuple[DigestCard, dict[int, Facts], int]:
    """Make a reader's digest of what came since `state`: the card, the facts of its stories, and the last decision in it.

    `found` is how the sources stand.
    """
    rows = archive.read(digest_rows, reader.name, state, reader.least_relevance)
    by_story: dict[int, list[DigestArticle]] = {}
    for one in rows.articles:
        by_story.setdefault(one.story, []).append(one)
    facts: dict[int, Facts] = {}
    weighed: list[tuple[float, DigestStory]] = []
    for number, articles in by_story.items():
        story = archive.read(story_state, number)
        if story.stands(reader.name, StoryVerdict.MUTE, StoryVerdict.UNMUTE) is None:
            facts[number] = facts_of(story, setup)
            shown = _story(archive, setup, reader, story, articles, facts[number], rows)
            if shown is not None:
                weighed.append((_weight(shown, story), shown))
    weighed.sort(key=lambda pair: (-pair[0], pair[1].story))
    card = DigestCard(
        since=state.until,
        until=now,
        stories=tuple(shown for _, shown in weighed),
        borderline=tuple(_doubtful(one) for one in rows.borderline),
        unread=words_of(found, now)[:_UNREAD],
        read=rows.read,
    )
    return card, facts, rows.last


def _story(  # noqa: PLR0917
    archive: Archive,
    setup: Setup,
    reader: Reader,
    story: StoryState,
    articles: Sequence[DigestArticle],
    now_known: Facts,
    rows: DigestRows,
) -> DigestStory | None:
    """Make a story of a digest; None for one of which only what he knows, or copies of it, came since he last had it."""
    updated = story.number in rows.before
    mine = {one.article: one for one in articles}
    news = frozenset(one for one in said(story.figures) if one.article in mine)
    basis = from_text(archive.read(told_in_digest, story.number, reader.name)) if updated else None
    changed = changes(basis, now_known, news, partial(voice_of, setup)) if basis else ()
    there = [one for one in story.articles if one.id in mine]
    fresh = [one for one in there if not mine[one.id].known and (one.same_as is None or not updated)]
    fresh = fresh or (there if changed else [])
    if not fresh:
        return None
    best = max(fresh, key=lambda one: (one.relevance or 0.0, -one.first_seen.timestamp()))
    (text,) = archive.read(digest_texts, [best.id])
    names = {rule.id: rule.name for rule in setup.rules.rules}
    return DigestStory(
        story=story.number,
        updated=updated,
        title=text.title,
        language=text.language,
        outlet=text.outlet,
        url=text.url,
        paragraph=text.text[:PARAGRAPH],
        first_seen=story.articles[0].first_seen,
        last_seen=story.articles[-1].first_seen,
        marks=tuple((start, end) for start, end in mine[best.id].marks if end <= PARAGRAPH),
        gloss=gloss_of_title(text.title, text.language, setup),
        articles=len(story.articles),
        outlet_count=len({one.outlet for one in story.articles}),
        origins=tuple(name_of(one.id, setup) for one in origins_of(story, setup)),
        figures=tuple(figure_line(one, setup) for one in sorted(news, key=lambda one: one.article)[:_FIGURES]),
        changes=tuple(change_line(one, setup) for one in changed),
        rules=tuple(dict.fromkeys(names.get(rule, rule) for one in articles for rule in one.rules)),
        pinned=story.stands(reader.name, StoryVerdict.PIN, StoryVerdict.UNPIN) is not None,
    )


def _weight(shown: DigestStory, story: StoryState) -> float:
    """Tell how far up a story stands: pinned ones, then by outlets, new figures, origins and relevance."""
    relevance = max((one.relevance or 0.0 for one in story.articles), default=0.0)
    changed = len(shown.figures) + len(shown.changes)
    return 100.0 * shown.pinned + 2 * log1p(shown.outlet_count) + log1p(changed) + log1p(len(shown.origins)) + relevance


def _doubtful(one: DigestText) -> Borderline:
    return Borderline(one.title, one.language, one.outlet, one.url, one.relevance, one.published_at, one.reason)
