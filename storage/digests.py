"""What a reader's digest is made of: what was decided for him since the last one, and what was read besides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.mail import MailKind
from storage.outbox import queue_mail
from storage.stories import family_of
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from storage.mail import NewMail

_BORDERLINE = 5


@dataclass(frozen=True, slots=True)
class DigestState:
    """Up to where a reader has had digests: the slot of the last, the last decision in it, and when it was made."""

    slot: datetime
    decision: int
    until: datetime

    def plain(self) -> dict[str, object]:
        """Make of it what JSON can hold."""
        return {"slot": to_text(self.slot), "decision": self.decision, "until": to_text(self.until)}


@dataclass(frozen=True, slots=True)
class DigestArticle:
    """An article that was decided on for a reader. `rules` are ids; `marks` are places in its text that they matched.

    `known`: he has had it before, and it was read once more.
    """

    article: int
    story: int
    rules: tuple[str, ...]
    marks: tuple[tuple[int, int], ...]
    known: bool = False


@dataclass(frozen=True, slots=True)
class DigestText:
    """An article to be shown."""

    article: int
    title: str
    text: str
    language: str
    outlet: str
    url: str
    relevance: float
    published_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DigestRows:
    """Everything new for a digest. `before` are stories of which the reader knows since earlier; `last` is its last decision."""

    articles: tuple[DigestArticle, ...]
    before: frozenset[int]
    last: int
    read: int
    borderline: tuple[DigestText, ...]


def digest_key(reader: str) -> str:
    """Give the key of the notice that says how far a reader's digests have come."""
    return f"digest of {reader}"


def digest_state(connection: sqlite3.Connection, reader: str) -> DigestState | None:
    """Tell how far a reader's digests have come; None if nothing is known of any."""
    row = connection.execute("SELECT value FROM notice WHERE key = ?", (digest_key(reader),)).fetchone()
    if row is None:
        return None
    value = json.loads(row[0])
    return DigestState(from_text(value["slot"]), int(value["decision"]), from_text(value["until"]))


def last_decision(connection: sqlite3.Connection) -> int:
    """Give the number of the last decision."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM decision").fetchone()[0])


def digest_rows(connection: sqlite3.Connection, reader: str, since: DigestState, least: float = 0.0) -> DigestRows:
    """Give what was decided for a reader after his last digest, by article, in order.

    Left out are articles of the past, and what is less relevant than `least`, 0 to 1.
    """
    rows = connection.execute(
        "SELECT d.id, d.article_id, d.rule, d.text_marks, p.story_id, r.text_version_id = a.version_id AS current, "
        "EXISTS (SELECT 1 FROM decision e WHERE e.article_id = d.article_id AND e.reader = d.reader AND e.id <= ?) AS known FROM decision d "
        "JOIN review r ON r.id = d.review_id JOIN article a ON a.id = d.article_id JOIN story_article p ON p.article_id = a.id "
        "WHERE d.reader = ? AND d.id > ? AND a.arrival = 'live' AND coalesce(a.relevance, 0) >= ? ORDER BY d.id",
        (since.decision, reader, since.decision, least),
    ).fetchall()
    found: dict[int, DigestArticle] = {}
    for row in rows:
        known = found.get(row["article_id"])
        rules = (*(known.rules if known else ()), row["rule"])
        marks = (*(known.marks if known else ()), *(_marks(row["text_marks"]) if row["current"] else ()))
        found[row["article_id"]] = DigestArticle(
            row["article_id"],
            row["story_id"],
            tuple(dict.fromkeys(rules)),
            tuple(sorted(set(marks))),
            bool(row["known"]),
        )
    stories = json.dumps(sorted({one.story for one in found.values()}))
    before = connection.execute(
        "SELECT DISTINCT p.story_id FROM story_article p JOIN decision d ON d.article_id = p.article_id "
        "WHERE p.story_id IN (SELECT value FROM json_each(?)) AND d.reader = ? AND d.id <= ?",
        (stories, reader, since.decision),
    )
    read = connection.execute("SELECT count(*) FROM review WHERE reviewed_at > ?", (to_text(since.until),)).fetchone()
    return DigestRows(
        tuple(found.values()),
        frozenset(row[0] for row in before),
        max((row["id"] for row in rows), default=since.decision),
        int(read[0]),
        _borderline(connection, since, found),
    )


def _marks(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in json.loads(text))


def _borderline(connection: sqlite3.Connection, since: DigestState, shown: Iterable[int]) -> tuple[DigestText, ...]:
    """Give the articles of which it was least sure whether they are on the topic, and which no rule of the reader's wanted."""
    rows = connection.execute(
        "SELECT a.id FROM article a WHERE a.band = 'unsure' AND a.arrival = 'live' AND a.first_seen > ? "
        "AND a.merged_into IS NULL AND a.id NOT IN (SELECT value FROM json_each(?)) ORDER BY a.relevance DESC, a.id LIMIT ?",
        (to_text(since.until), json.dumps(sorted(shown)), _BORDERLINE),
    )
    return digest_texts(connection, [row[0] for row in rows])


def digest_texts(connection: sqlite3.Connection, articles: Iterable[int]) -> tuple[DigestText, ...]:
    """Give articles with their texts, in the order asked for."""
    wanted = list(articles)
    rows = connection.execute(
        "SELECT a.id, v.title, coalesce(v.text, '') AS text, a.language, coalesce(o.name, a.outlet) AS outlet, a.url, a.canonical_url, "
        "a.relevance, a.published_at, (SELECT relevance_reasons FROM review WHERE article_id = a.id ORDER BY id DESC LIMIT 1) AS reasons "
        "FROM article a JOIN text_version v ON v.id = a.version_id LEFT JOIN outlet o ON o.id = a.outlet "
        "WHERE a.id IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted),),
    )
    found = {
        row["id"]: DigestText(
            row["id"],
            row["title"],
            row["text"],
            row["language"],
            row["outlet"],
            row["url"] or row["canonical_url"],
            row["relevance"] or 0.0,
            from_text(row["published_at"]),
            "; ".join(json.loads(row["reasons"] or "[]")[:3]),
        )
        for row in rows
    }
    return tuple(found[one] for one in wanted if one in found)


def note_digests(connection: sqlite3.Connection, reader: str, state: DigestState, now: datetime) -> None:
    """Write down how far a reader's digests have come."""
    connection.execute(
        "INSERT INTO notice VALUES (?,?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, noted_at = excluded.noted_at",
        (digest_key(reader), json.dumps(state.plain()), to_text(now)),
    )


def store_digest(
    connection: sqlite3.Connection, mail: NewMail, stories: Iterable[tuple[int, str]], state: DigestState, now: datetime
) -> bool:
    """Queue a digest, note which stories it tells with their facts, and how far it goes. False if it is queued already."""
    row = queue_mail(connection, mail, now)
    if row is not None:
        connection.executemany(
            "INSERT INTO telling (story_id, reader, kind, outbox_id, told_at, facts) VALUES (?,?,?,?,?,?)",
            [(story, mail.reader, MailKind.DIGEST, row, to_text(now), facts) for story, facts in stories],
        )
    note_digests(connection, mail.reader, state, now)
    return row is not None


def told_in_digest(connection: sqlite3.Connection, story: int, reader: str) -> str:
    """Give the facts of a story when a reader was last told of it, in whatever mail; "" if he never was."""
    row = connection.execute(
        "SELECT facts FROM telling WHERE reader = ? AND story_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT 1",
        (reader, json.dumps(family_of(connection, story))),
    ).fetchone()
    return "" if row is None else str(row[0])
