"""Searching the archive: a neutral filter becomes one SQL condition, and the plan that is quick for it.

Words that are rare lead to their articles, which are then sorted. Of common ones the newest articles are looked through
first, in windows of growing size, so that the newest twenty of half a million are found without the rest.
"""

# ruff: noqa: S608 - what is put together is of this package's own making; all values are bound

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.articles import articles_where
from storage.conditions import ADDRESS, condition, drivers
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from storage.conditions import Versions
    from storage.filters import Filter
    from storage.model import Article

FEW = 5_000  # articles that may be found first and sorted then
WINDOWS = (4_000, 64_000)  # newest articles looked through first
_CHUNK = 500  # texts read at once: SQLite allows 32,766 values, and texts are large


Place = tuple[str, int]  # in the newest-first order: published_at and id


@dataclass(frozen=True, slots=True)
class Row:
    """What a found article is counted by. `version` is its current text's."""

    id: int
    version: int
    published: datetime
    outlet: str
    source: str
    language: str
    relevance: float
    band: str


@dataclass(frozen=True, slots=True)
class Text:
    """What of an article is needed beside its row, to ask a query of it."""

    title: str
    text: str
    authors: tuple[str, ...]
    url: str
    sources: tuple[str, ...]


def search(
    connection: sqlite3.Connection, wanted: Filter, *, limit: int = 20, since: datetime | None = None
) -> list[Article]:
    """Articles whose current text the filter is true of, newest first."""
    return articles_of(connection, [row.id for row in rows_where(connection, wanted, limit=limit, since=since)])


def articles_of(connection: sqlite3.Connection, ids: list[int]) -> list[Article]:
    """Articles by their ids, in the same order."""
    found = {}
    for chunk in _chunks(ids):
        marks = ",".join("?" * len(chunk))
        found.update({article.id: article for article in articles_where(connection, f"a.id IN ({marks})", chunk)})
    return [found[one] for one in ids if one in found]


def rows_where(
    connection: sqlite3.Connection,
    wanted: Filter,
    *,
    limit: int | None = None,
    since: datetime | None = None,
    before: Place | None = None,
) -> list[Row]:
    """Rows of articles that the filter is true of, newest first; those that come after `before` in that order."""
    bounds, values = ["a.merged_into IS NULL"], list[object]()
    if since is not None:
        bounds.append("a.published_at >= ?")
        values.append(to_text(since))
    if before is not None:
        bounds.append("(a.published_at, a.id) < (?, ?)")
        values.extend(before)
    asked = _Asked(connection, wanted, " AND ".join(bounds), values)
    if limit is None:
        return asked.all()
    few = asked.few(limit)
    return asked.newest(limit) if few is None else few


def place_of(row: Row) -> Place:
    """Where a row stands in the newest-first order."""
    return to_text(row.published), row.id


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search within bounds on `a`."""

    connection: sqlite3.Connection
    wanted: Filter
    bounds: str
    values: list[object]

    def all(self) -> list[Row]:
        """Everything, by one pass over the articles."""
        return self._rows("article a", [], None, -1)

    def few(self, limit: int) -> list[Row] | None:
        """Those that a part leads to which must hold and does so of few, sorted; None if there is no such part."""
        for sql, values in drivers(self.wanted):
            count = f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT {FEW + 1})"
            if self.connection.execute(count, values).fetchone()[0] <= FEW:
                origin = f"(SELECT DISTINCT id FROM ({sql})) d CROSS JOIN article a ON a.id = d.id"
                return self._rows(origin, values, None, limit)
        return None

    def newest(self, limit: int) -> list[Row]:
        """Those among the newest, if that is enough; else among more, else among all."""
        for size in WINDOWS:
            window = self._window(size)
            if window is None:
                break
            oldest, versions = window
            rows = self._rows("article a", [], versions, limit, oldest)
            if len(rows) >= limit:
                return rows
        return self._rows("article a", [], None, limit)

    def _window(self, size: int) -> tuple[Place, tuple[int, int]] | None:
        """The oldest of so many articles within the bounds, and the range of their text versions; None if there are fewer."""
        sql = f"SELECT a.published_at, a.id FROM article a WHERE {self.bounds} ORDER BY a.published_at DESC, a.id DESC"
        last = self.connection.execute(f"{sql} LIMIT 1 OFFSET ?", [*self.values, size - 1]).fetchone()
        if last is None:
            return None
        versions = self.connection.execute(
            f"SELECT min(a.version_id), max(a.version_id) FROM article a WHERE {self.bounds} AND (a.published_at, a.id) >= (?, ?)",
            [*self.values, *last],
        ).fetchone()
        return (last[0], last[1]), (versions[0], versions[1])

    def _rows(
        self, origin: str, given: list[object], versions: Versions, limit: int, oldest: Place | None = None
    ) -> list[Row]:
        sql, values = condition(self.wanted, versions)
        window = " AND (a.published_at, a.id) >= (?, ?)" if oldest else ""
        found = self.connection.execute(
            f"SELECT a.id, a.version_id, a.published_at, a.outlet, a.source, a.language, coalesce(a.relevance, 0), a.band "
            f"FROM {origin} WHERE {self.bounds}{window} AND ({sql}) ORDER BY a.published_at DESC, a.id DESC LIMIT ?",
            [*given, *self.values, *(oldest or ()), *values, limit],
        )
        return [Row(row[0], row[1], from_text(row[2]), *row[3:]) for row in found]


def texts_of(connection: sqlite3.Connection, rows: Iterable[Row]) -> dict[int, Text]:
    """What of some articles is needed to ask a query of them, by their ids. A text that was let go is empty."""
    texts = {}
    for chunk in _chunks([row.id for row in rows]):
        found = connection.execute(
            f"SELECT a.id, v.title, v.text, v.authors, {ADDRESS}, "
            "(SELECT group_concat(DISTINCT source) FROM sighting WHERE article_id = a.id) "
            f"FROM article a JOIN text_version v ON v.id = a.version_id WHERE a.id IN ({','.join('?' * len(chunk))})",
            chunk,
        )
        for row in found:
            authors = tuple(json.loads(row[3])) if row[3] != "[]" else ()
            texts[row[0]] = Text(row[1], row[2] or "", authors, row[4], tuple((row[5] or "").split(",")))
    return texts


def unreviewed(connection: sqlite3.Connection, topic: str, since: datetime | None = None) -> int:
    """How many articles were last reviewed under another version of the topic, or never."""
    return int(
        connection.execute(
            "SELECT count(*) FROM article a WHERE a.merged_into IS NULL AND a.text_dropped = 0 AND a.published_at >= ? "
            "AND coalesce((SELECT topic_version FROM review WHERE article_id = a.id ORDER BY id DESC LIMIT 1), '') != ?",
            (to_text(since) if since else "", topic),
        ).fetchone()[0]
    )


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))
