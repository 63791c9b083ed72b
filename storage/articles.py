"""Articles and their texts: the current version, the identity by address, and reading them back."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

from storage.model import Arrival, Article, ArticleText, PageState, Precision, Published, TimeOrigin
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from datetime import datetime


def text_hash(title: str, text: str) -> str:
    """What makes two texts the same version: SHA-256 of title and text."""
    return hashlib.sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def article_at(connection: sqlite3.Connection, canonical_url: str) -> int | None:
    """The article known by this canonical address."""
    row = connection.execute(
        "SELECT article_id FROM article_address WHERE canonical_url = ?", (canonical_url,)
    ).fetchone()
    return None if row is None else int(row[0])


def alike(one: str, other: str) -> bool:
    """Whether two titles share at least half of all their words. Two that are empty share nothing."""
    words, others = set(one.casefold().split()), set(other.casefold().split())
    return bool(words) and 2 * len(words & others) >= len(words | others)


def add_version(connection: sqlite3.Connection, article: int, text: ArticleText, origin: str, at: datetime) -> bool:
    """Make `text` the article's current version, in the full-text index too. False if it already is."""
    sha256 = text_hash(text.title, text.text)
    current = connection.execute(
        "SELECT v.id, v.number, v.title, v.text, v.sha256 FROM article a JOIN text_version v ON v.id = a.version_id "
        "WHERE a.id = ?",
        (article,),
    ).fetchone()
    if current is not None and current["sha256"] == sha256:
        return False
    if current is not None:
        unindex(connection, current)
    version = connection.execute(
        "INSERT INTO text_version (article_id, number, origin, seen_at, title, text, authors, image_url, language_hint, "
        "sha256) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            article,
            1 if current is None else current["number"] + 1,
            origin,
            to_text(at),
            text.title,
            text.text,
            json.dumps(text.authors, ensure_ascii=False),
            text.image,
            text.language,
            sha256,
        ),
    ).lastrowid
    connection.execute("UPDATE article SET version_id = ?, text_dropped = 0 WHERE id = ?", (version, article))
    connection.execute("INSERT INTO article_fts (rowid, title, text) VALUES (?,?,?)", (version, text.title, text.text))
    return True


def text_origin(connection: sqlite3.Connection, version: int) -> str:
    """Where a text version came from: "feed", "page" or "import"."""
    return str(connection.execute("SELECT origin FROM text_version WHERE id = ?", (version,)).fetchone()[0])


def unindex(connection: sqlite3.Connection, version: sqlite3.Row) -> None:
    """Take a version (id, title, text) out of the full-text index. One whose text was dropped is in it with its title."""
    connection.execute(
        "INSERT INTO article_fts (article_fts, rowid, title, text) VALUES ('delete',?,?,?)",
        (version["id"], version["title"], version["text"]),
    )


_ARTICLE = """
    SELECT a.*, v.id AS version, v.title, v.text, v.authors, v.image_url, v.language_hint, v.origin AS text_origin,
           coalesce(o.name, a.outlet) AS outlet_name,
           (SELECT json_group_array(DISTINCT source) FROM sighting WHERE article_id = a.id) AS sources
    FROM article a JOIN text_version v ON v.id = a.version_id LEFT JOIN outlet o ON o.id = a.outlet
"""


def article_of(row: sqlite3.Row) -> Article:
    """A row of `_ARTICLE` as a value."""
    return Article(
        id=row["id"],
        version=row["version"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        outlet=row["outlet"],
        outlet_name=row["outlet_name"],
        source=row["source"],
        sources=tuple(sorted(json.loads(row["sources"]))),
        arrival=Arrival(row["arrival"]),
        first_seen=from_text(row["first_seen"]),
        published=Published(
            from_text(row["published_at"]),
            row["published_zone"],
            Precision(row["published_precision"]),
            TimeOrigin(row["published_origin"]),
        ),
        language=row["language"],
        language_hint=row["language_hint"],
        title=row["title"],
        text=row["text"] or "",
        authors=tuple(json.loads(row["authors"])),
        image=row["image_url"],
        page_state=PageState(row["page_state"]),
        page_fault=row["page_fault"],
        text_origin=row["text_origin"],
    )


def articles_where(connection: sqlite3.Connection, condition: str, values: Collection[object] = ()) -> list[Article]:
    """Articles by an SQL condition of this package's own making, on `a` (article) and `v` (current text)."""
    return [article_of(row) for row in connection.execute(f"{_ARTICLE} WHERE {condition}", tuple(values))]


def article_by_id(connection: sqlite3.Connection, article: int) -> Article | None:
    """One article, or the one it was merged into."""
    row = connection.execute("SELECT coalesce(merged_into, id) FROM article WHERE id = ?", (article,)).fetchone()
    if row is None:
        return None
    return articles_where(connection, "a.id = ?", (row[0],))[0]


def article_version(connection: sqlite3.Connection, article: int, version: int) -> Article | None:
    """An article as it read in one of its text versions: offsets that were found then fit it."""
    sql = _ARTICLE.replace("v.id = a.version_id", "v.article_id = a.id")
    row = connection.execute(f"{sql} WHERE a.id = ? AND v.id = ?", (article, version)).fetchone()
    return None if row is None else article_of(row)


def feed_version(connection: sqlite3.Connection, article: Article) -> Article | None:
    """An article as its feed gave it, if its current text is the page's."""
    if article.text_origin != "page":
        return None
    row = connection.execute(
        "SELECT max(id) FROM text_version WHERE article_id = ? AND origin = 'feed' AND text IS NOT NULL", (article.id,)
    ).fetchone()
    return None if row[0] is None else article_version(connection, article.id, row[0])


def versions_of(connection: sqlite3.Connection, article: int) -> list[dict[str, Any]]:
    """Every text version of an article, first to last, without the texts."""
    rows = connection.execute(
        "SELECT id, number, origin, seen_at, title, length(text) AS characters, sha256 FROM text_version WHERE article_id = ? "
        "ORDER BY number",
        (article,),
    )
    return [dict(row) for row in rows]


def page_html(connection: sqlite3.Connection, article: int) -> bytes | None:
    """The page as last received, if it is still kept."""
    row = connection.execute(
        "SELECT html_gzip FROM page WHERE article_id = ? AND html_gzip IS NOT NULL ORDER BY id DESC LIMIT 1", (article,)
    ).fetchone()
    return None if row is None else gzip.decompress(row[0])
