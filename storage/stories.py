"""Stories in the archive: finding what an article may belong to, placing it, and what is known of a story."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from storage.claim_rows import figure_of
from storage.mail import MailState
from storage.model import Precision, Published, TimeOrigin
from storage.story_model import (
    A_KEY,
    COMPARED,
    FIRST,
    LATEST,
    STORIES,
    WINDOW,
    StoredProfile,
    StoryArticle,
    StoryDecision,
    StoryState,
    StoryVerdict,
    Told,
)
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from storage.claim_model import Figure
    from storage.story_model import Placing

_MAIL = (
    "o.id AS told_by, m.id, m.state, m.attempts, m.message_id, m.subject, m.due_at, m.article_id, m.text_version_id, m.body, "
    "o.merged_into IS NOT NULL OR m.last_error <> '' OR m.sent_at IS NOT NULL AS known"
)


class OvertakenError(Exception):
    """What a decision rested on has changed meanwhile: it is to be made again."""


def next_story(connection: sqlite3.Connection) -> int:
    """Give the number that the next story will have."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'story'").fetchone()
    return 1 if row is None else int(row[0]) + 1


def root_of(connection: sqlite3.Connection, story: int) -> int:
    """Follow a story to the one into which it was merged."""
    row = connection.execute(
        "WITH RECURSIVE up(id, into_id) AS (SELECT id, merged_into FROM story WHERE id = ? UNION "
        "SELECT s.id, s.merged_into FROM story s JOIN up ON s.id = up.into_id) SELECT id FROM up WHERE into_id IS NULL",
        (story,),
    ).fetchone()
    return story if row is None else int(row[0])


def family_of(connection: sqlite3.Connection, story: int) -> tuple[int, ...]:
    """Give a story's number and those of all that were merged into it."""
    rows = connection.execute(
        "WITH RECURSIVE down(id) AS (VALUES (?) UNION SELECT s.id FROM story s JOIN down ON s.merged_into = down.id) "
        "SELECT id FROM down ORDER BY id",
        (story,),
    )
    return tuple(row[0] for row in rows)


def story_of(connection: sqlite3.Connection, article: int) -> int | None:
    """Give the story in which an article was placed."""
    row = connection.execute("SELECT story_id FROM story_article WHERE article_id = ?", (article,)).fetchone()
    return None if row is None else int(row[0])


def near_profiles(
    connection: sqlite3.Connection,
    keys: Mapping[str, float],
    bands: Sequence[int],
    at: datetime,
    article: int,
) -> list[StoredProfile]:
    """Find the articles that an article may tell the same as, with those beside them in their stories.

    `keys` are by how much they say. However large the archive is, a bounded number is read: of the latest articles with each
    key those that share most, and of their stories the first and the latest.
    """
    scores: dict[int, float] = {}
    first, last = to_text(at - WINDOW), to_text(at + WINDOW)
    for key, weight in keys.items():
        rows = connection.execute(
            "SELECT article_id FROM story_key WHERE key = ? AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?",
            (key, first, last, A_KEY),
        )
        for (found,) in rows:
            scores[found] = scores.get(found, 0.0) + weight
    shared: dict[int, set[int]] = {}
    for band in bands:
        rows = connection.execute(
            "SELECT article_id FROM story_band WHERE band = ? ORDER BY article_id DESC LIMIT ?", (band, A_KEY)
        )
        for (found,) in rows:
            scores[found] = scores.get(found, 0.0) + 100.0
            shared.setdefault(found, set()).add(band)
    scores.pop(article, None)
    best = sorted(scores, key=lambda one: (-scores[one], one))[:COMPARED]
    return [replace(one, bands=frozenset(shared.get(one.article, ()))) for one in _profiles(connection, best, article)]


def _profiles(connection: sqlite3.Connection, best: Sequence[int], article: int) -> list[StoredProfile]:
    """Read articles, and the first and the latest ones of their stories."""
    rows = connection.execute(
        "SELECT p.story_id FROM json_each(?) b JOIN story_article p ON p.article_id = b.value ORDER BY b.key",
        (json.dumps(best),),
    )
    wanted = set(best)
    for story in list(dict.fromkeys(row[0] for row in rows))[:STORIES]:
        beside = connection.execute(
            "SELECT article_id FROM (SELECT article_id FROM story_article WHERE story_id = ? ORDER BY seen_at, article_id LIMIT ?) "
            "UNION SELECT article_id FROM (SELECT article_id FROM story_article WHERE story_id = ? "
            "ORDER BY seen_at DESC, article_id DESC LIMIT ?)",
            (story, FIRST, story, LATEST),
        )
        wanted.update(row[0] for row in beside)
    wanted.discard(article)
    found = connection.execute(
        "SELECT * FROM story_article WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY seen_at, article_id",
        (json.dumps(sorted(wanted)),),
    )
    return [_profile(row) for row in found]


def _profile(row: sqlite3.Row) -> StoredProfile:
    return StoredProfile(
        article=row["article_id"],
        story=row["story_id"],
        at=from_text(row["at"]),
        outlet=row["outlet"],
        language=row["language"],
        features=json.loads(row["features"]),
        origin=row["origin"],
        same_as=row["same_as"],
    )


def texts_of_articles(connection: sqlite3.Connection, articles: Iterable[int]) -> dict[int, tuple[str, str, str]]:
    """Give outlet, title and text of articles whose text is still there."""
    rows = connection.execute(
        "SELECT a.id, a.outlet, v.title, v.text FROM article a JOIN text_version v ON v.id = a.version_id "
        "WHERE a.id IN (SELECT value FROM json_each(?)) AND v.text IS NOT NULL",
        (json.dumps(sorted(articles)),),
    )
    return {row["id"]: (row["outlet"], row["title"], row["text"]) for row in rows}


def store_placing(connection: sqlite3.Connection, article: int, version: int, placing: Placing) -> None:
    """Place an article in its story. Raises OvertakenError if that was merged or numbered otherwise meanwhile."""
    row = connection.execute("SELECT first_seen, outlet, language FROM article WHERE id = ?", (article,)).fetchone()
    if placing.new:
        number = connection.execute(
            "INSERT INTO story (first_seen, last_seen) VALUES (?,?)", (row["first_seen"], row["first_seen"])
        ).lastrowid
        if number != placing.story:
            raise OvertakenError(f"story {placing.story} was to be new, and would be {number}")
    elif root_of(connection, placing.story) != placing.story:
        raise OvertakenError(f"story {placing.story} was merged into another")
    for other in placing.merges:
        if root_of(connection, other) != other:
            raise OvertakenError(f"story {other} was merged into another")
        merge_stories(connection, other, placing.story)
    before = connection.execute("SELECT placed_in FROM story_article WHERE article_id = ?", (article,)).fetchone()
    _forget(connection, article)
    connection.execute(
        "INSERT INTO story_article (article_id, story_id, placed_in, text_version_id, at, seen_at, outlet, language, features, reason, "
        "same_as, same_how, origin, relays) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(article, placing.story, placing.story if before is None else before[0], version, to_text(placing.at)),
            *(row["first_seen"], row["outlet"], row["language"]),
            json.dumps(placing.features, ensure_ascii=False, separators=(",", ":")),
            *(placing.reason, placing.same_as, placing.same_how, placing.origin),
            json.dumps(placing.relays),
        ),
    )
    at = to_text(placing.at)
    connection.executemany("INSERT INTO story_key VALUES (?,?,?)", [(key, at, article) for key in placing.keys])
    connection.executemany("INSERT INTO story_band VALUES (?,?)", [(band, article) for band in set(placing.bands)])
    connection.execute(
        "UPDATE story SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?) WHERE id = ?",
        (row["first_seen"], row["first_seen"], placing.story),
    )


def _forget(connection: sqlite3.Connection, article: int) -> None:
    """Take out what an article was found by, before it is put in anew."""
    for table in ("story_article", "story_key", "story_band"):
        connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (article,))  # noqa: S608 - ours


def leave_story(connection: sqlite3.Connection, article: int, elder: int) -> None:
    """Let `elder`, into which an article was merged, stand in its place. A story that is left without articles is the elder's now."""
    story, elders = story_of(connection, article), story_of(connection, elder)
    connection.execute("UPDATE story_article SET same_as = NULL, same_how = '' WHERE same_as = ?", (article,))
    if story is not None and elders is None:
        for table in ("story_article", "story_key", "story_band"):
            connection.execute(f"UPDATE {table} SET article_id = ? WHERE article_id = ?", (elder, article))  # noqa: S608 - ours
        return
    _forget(connection, article)
    left = connection.execute("SELECT 1 FROM story_article WHERE story_id = ?", (story,)).fetchone()
    if story is not None and elders is not None and story != elders and left is None:
        merge_stories(connection, story, elders)


def merge_stories(connection: sqlite3.Connection, story: int, into: int) -> None:
    """Make a story part of another one. Its number goes on to mean that one."""
    connection.execute("UPDATE story SET merged_into = ? WHERE id = ?", (into, story))
    connection.execute("UPDATE story_article SET story_id = ? WHERE story_id = ?", (into, story))
    connection.execute(
        "UPDATE story SET first_seen = min(story.first_seen, o.first_seen), last_seen = max(story.last_seen, o.last_seen) "
        "FROM (SELECT first_seen, last_seen FROM story WHERE id = ?) AS o WHERE story.id = ?",
        (story, into),
    )


def story_state(connection: sqlite3.Connection, story: int, merges: Iterable[int] = ()) -> StoryState:
    """All that is known of a story, taken together with others that are to be merged into it."""
    together = (story, *merges)
    numbers = tuple(number for one in together for number in family_of(connection, one))
    return StoryState(
        number=story,
        numbers=numbers,
        articles=_articles(connection, together),
        figures=_figures(connection, together),
        told=_told(connection, together, numbers),
        decisions=_decisions(connection, numbers),
    )


def _articles(connection: sqlite3.Connection, stories: Sequence[int]) -> tuple[StoryArticle, ...]:
    rows = connection.execute(
        "SELECT p.*, a.url, a.canonical_url, a.first_seen, a.published_at, a.published_zone, a.published_precision, "
        "a.published_origin, a.relevance, a.arrival, v.title, v.id AS version, coalesce(o.name, a.outlet) AS outlet_name "
        "FROM story_article p JOIN article a ON a.id = p.article_id JOIN text_version v ON v.id = a.version_id "
        "LEFT JOIN outlet o ON o.id = a.outlet "
        "WHERE p.story_id IN (SELECT value FROM json_each(?)) ORDER BY a.first_seen, a.id",
        (json.dumps(stories),),
    )
    return tuple(
        StoryArticle(
            id=row["article_id"],
            version=row["version"],
            outlet=row["outlet"],
            outlet_name=row["outlet_name"],
            language=row["language"],
            title=row["title"],
            url=row["url"] or row["canonical_url"],
            published=Published(
                from_text(row["published_at"]),
                row["published_zone"],
                Precision(row["published_precision"]),
                TimeOrigin(row["published_origin"]),
            ),
            first_seen=from_text(row["first_seen"]),
            placed_in=row["placed_in"],
            reason=row["reason"],
            same_as=row["same_as"],
            same_how=row["same_how"],
            origin=row["origin"],
            relays=tuple(json.loads(row["relays"])),
            relevance=row["relevance"],
            arrival=row["arrival"],
        )
        for row in rows
    )


def _figures(connection: sqlite3.Connection, stories: Sequence[int]) -> tuple[tuple[int, Figure], ...]:
    rows = connection.execute(
        "SELECT s.article_id, c.*, '[]' AS relays FROM story_article p "
        "JOIN claim_sighting s ON s.article_id = p.article_id JOIN claim c ON c.id = s.claim_id "
        "WHERE p.story_id IN (SELECT value FROM json_each(?)) AND NOT c.rejected ORDER BY s.first_seen_at, s.id",
        (json.dumps(stories),),
    )
    return tuple((row["article_id"], figure_of(row)) for row in rows)


def _told(
    connection: sqlite3.Connection, stories: Sequence[int], numbers: Sequence[int]
) -> dict[str, tuple[Told, ...]]:
    """What readers were told, by reader and by address, in the order of queueing. A mail that another one stands for is that one.

    Articles that were mailed as of another story, or before there were any, count as alerts of this one; the latter without facts.
    """
    rows = connection.execute(
        f"""
        SELECT t.reader, o.address AS to_address, t.kind AS told_kind, t.told_at AS told_at, t.facts, t.story_id AS told_as, {_MAIL}
        FROM telling t JOIN outbox o ON o.id = t.outbox_id JOIN outbox m ON m.id = coalesce(o.merged_into, o.id)
        WHERE t.story_id IN (SELECT value FROM json_each(?)) AND t.kind <> 'digest'
        UNION ALL
        SELECT a.reader, o.address, 'alert', a.alerted_at,
            coalesce((SELECT facts FROM telling WHERE outbox_id = o.id ORDER BY id DESC LIMIT 1), ''), coalesce(o.story_id, 0), {_MAIL}
        FROM story_article p JOIN alert a ON a.article_id = p.article_id JOIN outbox o ON o.id = a.outbox_id
        JOIN outbox m ON m.id = coalesce(o.merged_into, o.id)
        WHERE p.story_id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (
            SELECT 1 FROM telling WHERE outbox_id = o.id AND story_id IN (SELECT value FROM json_each(?)))
        ORDER BY told_by
        """,  # noqa: S608 - ours
        (json.dumps(numbers), json.dumps(stories), json.dumps(numbers)),
    )
    found: dict[str, list[Told]] = {}
    for row in rows:
        told = Told(
            mail=row["id"],
            kind=row["told_kind"],
            at=from_text(row["told_at"]),
            facts=row["facts"],
            state=MailState(row["state"]),
            attempts=row["attempts"],
            late=bool(json.loads(row["body"] or "{}").get("late")),
            message_id=row["message_id"],
            subject=row["subject"],
            due_at=from_text(row["due_at"]),
            article=row["article_id"],
            version=row["text_version_id"],
            body=row["body"],
            known=bool(row["known"]),
            story=row["told_as"],
            queued=row["told_by"],
        )
        for name in {row["reader"], row["to_address"]}:
            found.setdefault(name, []).append(told)
    return {name: tuple(all_of) for name, all_of in found.items()}


def _decisions(connection: sqlite3.Connection, numbers: Sequence[int]) -> tuple[StoryDecision, ...]:
    rows = connection.execute(
        "SELECT * FROM story_decision WHERE story_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(numbers)),),
    )
    return tuple(
        StoryDecision(
            StoryVerdict(row["verdict"]),
            row["who"],
            row["why"],
            from_text(row["decided_at"]),
            row["story_id"],
            row["reader"],
            row["into_id"],
        )
        for row in rows
    )
