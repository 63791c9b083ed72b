"""Searching the archive: a neutral filter becomes one SQL condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.articles import articles_where
from storage.filters import All, AnyOf, FieldTerm, Filter, Not, TextTerm
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from storage.model import Article

_FIELDS = {
    "source": "a.id IN (SELECT article_id FROM sighting WHERE source = ?)",
    "outlet": "a.outlet = ?",
    "lang": "a.language = ?",
}


def search(
    connection: sqlite3.Connection, wanted: Filter, *, limit: int = 20, since: datetime | None = None
) -> list[Article]:
    """Articles whose current text the filter is true of, newest first."""
    condition, values = _condition(wanted)
    if since is not None:
        condition, values = f"({condition}) AND a.published_at >= ?", [*values, to_text(since)]
    return articles_where(
        connection,
        f"a.merged_into IS NULL AND ({condition}) ORDER BY a.published_at DESC, a.id DESC LIMIT ?",
        [*values, limit],
    )


def _condition(wanted: Filter) -> tuple[str, list[object]]:
    match wanted:
        case TextTerm(match, column):
            expression = f"{{{column}}} : {match}" if column else match
            return "v.id IN (SELECT rowid FROM article_fts WHERE article_fts MATCH ?)", [expression]
        case FieldTerm(field, value):
            return _FIELDS[field], [value]
        case Not(part):
            condition, values = _condition(part)
            return f"NOT ({condition})", values
        case All(parts):
            return _joined(parts, " AND ")
        case AnyOf(parts):
            return _joined(parts, " OR ")


def _joined(parts: tuple[Filter, ...], word: str) -> tuple[str, list[object]]:
    conditions, values = [], []
    for part in parts:
        condition, more = _condition(part)
        conditions.append(f"({condition})")
        values.extend(more)
    return word.join(conditions), values
