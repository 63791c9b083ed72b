"""What analysts decide on stories, and looking at stories. A decision is written once and never changed; a later one wins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.mail import MailState
from storage.stories import family_of, merge_stories, root_of
from storage.story_model import StoryVerdict
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

_WAITING = "state = 'queued' AND attempts = 0 AND last_error = '' AND sent_at IS NULL"
_MUTED = "taken back: its story was muted"  # the error of a mail that unmuting queues again


class NoStoryError(LookupError):
    """There is no story of that number."""


class StoryValueError(ValueError):
    """What is to be done with a story makes no sense. The message says why."""


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story in a list. `title` is that of its first article, `alerted` how many readers were told of it by mail."""

    id: int
    title: str
    language: str
    first_seen: datetime
    last_seen: datetime
    articles: int
    outlets: int
    alerted: int
    relevance: float | None


def decide_on_story(  # noqa: PLR0917
    connection: sqlite3.Connection,
    story: int,
    verdict: StoryVerdict,
    who: str,
    why: str,
    at: datetime,
    *,
    reader: str = "",
    into: int | None = None,
) -> int:
    """Write down what an analyst decides on a story, and do it. Returns the number that the story has from now on.

    A number of a story that was merged means the one it went into. Muting takes back mails that have not left; unmuting queues
    them again.
    Raises NoStoryError and StoryValueError.
    """
    number = _existing(connection, story)
    other = None if into is None else _existing(connection, into)
    if (verdict == StoryVerdict.MERGE) != (other is not None):
        raise StoryValueError("a merge says into which story, and nothing else does")
    if other == number:
        raise StoryValueError(f"story {story} is story {number} already")
    articles = [
        row[0]
        for row in connection.execute(
            "SELECT article_id FROM story_article WHERE story_id = ? ORDER BY article_id", (number,)
        )
    ]
    connection.execute(
        "INSERT INTO story_decision (decided_at, who, why, verdict, story_id, into_id, reader, article_ids) VALUES (?,?,?,?,?,?,?,?)",
        (to_text(at), who, why, verdict, number, other, reader, json.dumps(articles)),
    )
    if other is not None:
        merge_stories(connection, number, other)
        return other
    if verdict == StoryVerdict.MUTE:
        _take_back(connection, number, reader)
    if verdict == StoryVerdict.UNMUTE:
        _give_again(connection, number, reader, at)
    return number


def _existing(connection: sqlite3.Connection, story: int) -> int:
    if connection.execute("SELECT 1 FROM story WHERE id = ?", (story,)).fetchone() is None:
        raise NoStoryError(story)
    return root_of(connection, story)


def _take_back(connection: sqlite3.Connection, story: int, reader: str) -> None:
    """Give up the mails on a story that nobody can have yet."""
    connection.execute(
        f"UPDATE outbox SET state = ?, last_error = ? WHERE story_id IN (SELECT value FROM json_each(?)) AND {_WAITING} "  # noqa: S608 - ours
        "AND ? IN ('', reader)",
        (MailState.DROPPED, _MUTED, json.dumps(family_of(connection, story)), reader),
    )


def _give_again(connection: sqlite3.Connection, story: int, reader: str, at: datetime) -> None:
    """Queue again what was taken back: nobody would be told of the story otherwise."""
    connection.execute(
        "UPDATE outbox SET state = ?, last_error = '', due_at = max(due_at, ?) "
        "WHERE story_id IN (SELECT value FROM json_each(?)) AND state = ? AND last_error = ? AND ? IN ('', reader)",
        (MailState.QUEUED, to_text(at), json.dumps(family_of(connection, story)), MailState.DROPPED, _MUTED, reader),
    )


def list_stories(
    connection: sqlite3.Connection, since: datetime | None = None, limit: int = 50, reader: str = ""
) -> list[ListedStory]:
    """Give stories that are not merged into others, those heard of last first; with `reader`, only those told to them."""
    told = "AND EXISTS (SELECT 1 FROM telling t WHERE t.story_id = s.id AND t.reader = ?)" if reader else ""
    rows = connection.execute(
        f"""
        SELECT s.id, s.first_seen, s.last_seen, v.title, p.language, count(*) AS articles, count(DISTINCT p.outlet) AS outlets,
               max(a.relevance) AS relevance, min(p.seen_at || p.article_id),
               (SELECT count(DISTINCT reader) FROM telling t WHERE t.story_id = s.id AND t.kind <> 'digest') AS alerted
        FROM (SELECT * FROM story s WHERE merged_into IS NULL AND last_seen >= ? {told} ORDER BY last_seen DESC, id DESC LIMIT ?) s
        JOIN story_article p ON p.story_id = s.id JOIN article a ON a.id = p.article_id JOIN text_version v ON v.id = a.version_id
        GROUP BY s.id ORDER BY s.last_seen DESC, s.id DESC
        """,  # noqa: S608 - ours
        (to_text(since) if since else "", *([reader] if reader else []), limit),
    )
    return [
        ListedStory(
            row["id"],
            row["title"],
            row["language"],
            from_text(row["first_seen"]),
            from_text(row["last_seen"]),
            row["articles"],
            row["outlets"],
            row["alerted"],
            row["relevance"],
        )
        for row in rows
    ]


def story_number(connection: sqlite3.Connection, story: int) -> int:
    """Give the number that a story goes by now. Raises NoStoryError."""
    return _existing(connection, story)


def stories_mailed(connection: sqlite3.Connection, story: int) -> list[dict[str, str | int | None]]:
    """Give every mail on a story, oldest first: number, kind, reader, state, subject, times."""
    rows = connection.execute(
        "SELECT o.id, t.kind, t.reader, coalesce(m.state, o.state) AS state, o.subject, t.told_at, coalesce(m.sent_at, o.sent_at) AS sent_at "
        "FROM telling t JOIN outbox o ON o.id = t.outbox_id LEFT JOIN outbox m ON m.id = o.merged_into "
        "WHERE t.story_id IN (SELECT value FROM json_each(?)) ORDER BY t.id",
        (json.dumps(family_of(connection, story)),),
    )
    return [dict(row) for row in rows]
