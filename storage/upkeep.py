"""Looking at the archive as a whole, and letting go of what is not needed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from storage.articles import unindex
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from datetime import datetime

_BATCH = 500  # rows dropped in one transaction: the writer is never away for long


def source_rows(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every enabled source with its last outcome, its article count and the newest article's time."""
    rows = connection.execute(
        "SELECT s.id, s.name, s.outlet, s.kind, s.url, s.enabled, s.outcome, s.detail, s.failures, s.last_poll_at, "
        "s.last_good_at, s.last_new_at, s.next_poll_at, s.baseline_at, "
        "(SELECT count(*) FROM sighting g WHERE g.source = s.id) AS articles "
        "FROM source s WHERE s.enabled ORDER BY s.failures DESC, s.id"
    )
    return [dict(row) for row in rows]


TOLD = """
    SELECT DISTINCT a.id, a.url, a.canonical_url, d.reader FROM decision d JOIN article a ON a.id = d.article_id
    JOIN story_article p ON p.article_id = a.id
    WHERE a.arrival = 'live' AND EXISTS (
        SELECT 1 FROM telling t JOIN story_article q ON q.placed_in = t.story_id
        WHERE q.story_id = p.story_id AND t.reader = d.reader)
"""
"""The articles of stories that a reader was told of, whether each was mailed by itself or not."""


def counts(connection: sqlite3.Connection) -> dict[str, Any]:
    """How much there is and how much waits in each queue."""

    def one(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    outbox = connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
    return {
        "articles": one("SELECT count(*) FROM article WHERE merged_into IS NULL"),
        "sources": one("SELECT count(*) FROM source WHERE enabled"),
        "sources_failing": one("SELECT count(*) FROM source WHERE enabled AND failures > 0"),
        "sources_never_polled": one("SELECT count(*) FROM source WHERE enabled AND last_poll_at IS NULL"),
        "pages_wanted": one("SELECT count(*) FROM article WHERE page_due_at IS NOT NULL"),
        "pages_failed": one("SELECT count(*) FROM article WHERE page_state = 'failed'"),
        "reviews_due": one("SELECT count(*) FROM article WHERE review_due_at IS NOT NULL"),
        "alerts": one("SELECT count(*) FROM alert"),
        "told": one(f"SELECT count(*) FROM ({TOLD})"),  # noqa: S608 - ours
        "outbox": {row[0]: row[1] for row in outbox},
    }


def work_left(connection: sqlite3.Connection, now: datetime, only: Collection[str] | None = None) -> dict[str, int]:
    """What each stage has to do right now: polls and pages (of `only` these sources), reviews, mails."""

    def one(sql: str) -> int:
        values = {"now": to_text(now), "only": None if only is None else json.dumps(list(only))}
        return int(connection.execute(sql, values).fetchone()[0])

    return {
        "polls": one(
            "SELECT count(*) FROM source WHERE enabled AND retired_at IS NULL AND next_poll_at <= :now "
            "AND host NOT IN (SELECT host FROM host WHERE rest_until > :now) "
            "AND (:only IS NULL OR id IN (SELECT value FROM json_each(:only)))"
        ),
        "pages": one(
            "SELECT count(*) FROM article WHERE page_due_at <= :now AND source IN (SELECT id FROM source WHERE enabled) "
            "AND host NOT IN (SELECT host FROM host WHERE rest_until > :now) "
            "AND (:only IS NULL OR source IN (SELECT value FROM json_each(:only)))"
        ),
        "reviews": one("SELECT count(*) FROM article WHERE review_due_at <= :now"),
        "mails": one("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'failed') AND due_at <= :now"),
    }


def anything_to_fetch(connection: sqlite3.Connection, now: datetime, *, pages: bool = True) -> bool:
    """Whether a poll, or a page if they are wanted, is due that nobody has leased: a cheap look before a write."""
    return bool(
        connection.execute(
            "SELECT EXISTS (SELECT 1 FROM source WHERE enabled AND retired_at IS NULL AND next_poll_at <= :now "
            "AND (leased_until IS NULL OR leased_until <= :now)) "
            "OR (:pages AND EXISTS (SELECT 1 FROM article WHERE page_due_at <= :now "
            "AND (leased_until IS NULL OR leased_until <= :now) AND source IN (SELECT id FROM source WHERE enabled)))",
            {"now": to_text(now), "pages": pages},
        ).fetchone()[0]
    )


def mend_times(connection: sqlite3.Connection, now: datetime) -> None:
    """Bring back times that a clock that was ahead may have set.

    Nothing waits for more than two days but a source with a longer interval, and that one is polled once more.
    """
    latest = to_text(now + timedelta(days=2))
    for table, column in (
        ("source", "next_poll_at"),
        ("article", "page_due_at"),
        ("article", "review_due_at"),
        ("outbox", "due_at"),
        ("host", "rest_until"),
        ("host", "held_until"),
    ):
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} > ?", (to_text(now), latest))  # noqa: S608


def fresh_baselines(connection: sqlite3.Connection, now: datetime) -> list[dict[str, Any]]:
    """Sources whose first successful poll the operator does not know of, once all have been polled or ten minutes passed."""
    waiting = connection.execute("SELECT count(*) FROM source WHERE enabled AND last_poll_at IS NULL").fetchone()[0]
    since = now - timedelta(minutes=10) if waiting else now
    rows = connection.execute(
        "SELECT s.id, s.name, count(g.article_id) AS articles, coalesce(sum(a.wanted), 0) AS wanted FROM source s "
        "LEFT JOIN sighting g ON g.source = s.id LEFT JOIN article a ON a.id = g.article_id "
        "WHERE s.baseline_at IS NOT NULL AND s.baseline_told_at IS NULL AND (SELECT min(baseline_at) FROM source "
        "WHERE baseline_told_at IS NULL) <= ? GROUP BY s.id ORDER BY s.id",
        (to_text(since),),
    )
    return [dict(row) for row in rows]


def drop_old_pages(connection: sqlite3.Connection, now: datetime, days: float) -> int:
    """Drop the HTML of pages older than `days` that no rule wanted. Returns how many; call again while it is not 0."""
    return connection.execute(
        "UPDATE page SET html_gzip = NULL WHERE id IN (SELECT p.id FROM page p JOIN article a ON a.id = p.article_id "
        "WHERE p.html_gzip IS NOT NULL AND p.fetched_at < ? AND NOT a.wanted LIMIT ?)",
        (to_text(now - timedelta(days=days)), _BATCH),
    ).rowcount


def drop_old_texts(connection: sqlite3.Connection, now: datetime, days: float) -> int:
    """Drop the texts, not the titles, of articles older than `days` that the gate refused and no rule was true of."""
    articles = connection.execute(
        "SELECT id FROM article WHERE candidate = 0 AND wanted = 0 AND text_dropped = 0 AND first_seen < ? "
        "AND review_due_at IS NULL AND merged_into IS NULL LIMIT ?",
        (to_text(now - timedelta(days=days)), _BATCH),
    ).fetchall()
    for article in articles:
        _drop_texts(connection, article["id"])
    return len(articles)


def _drop_texts(connection: sqlite3.Connection, article: int) -> None:
    """Let the texts of one article go; the current title stays in the full-text index."""
    current = connection.execute(
        "SELECT v.id, v.title, v.text FROM article a JOIN text_version v ON v.id = a.version_id WHERE a.id = ?",
        (article,),
    ).fetchone()
    unindex(connection, current)
    connection.execute("UPDATE text_version SET text = NULL WHERE article_id = ?", (article,))
    connection.execute(
        "INSERT INTO article_fts (rowid, title, text) VALUES (?,?,NULL)", (current["id"], current["title"])
    )
    connection.execute("UPDATE article SET text_dropped = 1, again_since = NULL WHERE id = ?", (article,))


def drop_old_polls(connection: sqlite3.Connection, now: datetime, days: float) -> int:
    """Drop the history of polls older than `days`."""
    return connection.execute(
        "DELETE FROM poll WHERE id IN (SELECT id FROM poll WHERE polled_at < ? LIMIT ?)",
        (to_text(now - timedelta(days=days)), _BATCH * 10),
    ).rowcount
