"""What the tests of the archive share: an archive with sources, makers of entries and results, and looking inside."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from spiders.urls import canonical_url
from storage.entries import store_poll
from storage.model import (
    ArticleText,
    Entry,
    Outcome,
    Outlet,
    PageResult,
    Pages,
    PollResult,
    Precision,
    Published,
    Source,
    TimeOrigin,
)
from storage.pages import store_page
from storage.sources import Room, sync_topic

NOW = datetime(2025, 2, 10, 9, 0, tzinfo=UTC)


def minutes(number):
    return timedelta(minutes=number)


def source(name, pages=Pages.NEVER, **rest):
    return Source(id=name, outlet="ledger", name=name.title(), url=f"http://{name}.example/rss", pages=pages, **rest)


def settle(archive, *sources, now=NOW):
    """Make these the archive's sources."""
    archive.write(sync_topic, [Outlet("ledger", "The Ledger", "kr")], sources, now)


def entry(slug, title="", text="", *, key="", url=None, published=None):
    url = f"http://news.example/{slug}" if url is None else url
    title = title or f"Title of {slug}"
    return Entry(
        key=key or slug,
        url=url,
        canonical_url=canonical_url(url) if url else f"urn:khasan:x:{slug}",
        title=title,
        text=text,
        published=published,
        sha256=hashlib.sha256(f"{title}\0{text}".encode()).hexdigest(),
    )


def poll(archive, name, *entries, at=NOW, outcome=Outcome.NEW, **rest):
    """Store a poll of a source; what was stored is returned."""
    result = PollResult(source=name, at=at, outcome=outcome, next_at=at + minutes(15), entries=tuple(entries), **rest)
    return archive.write(store_poll, result)


def page(archive, article, title, text, *, at=NOW, canonical="", published=None):
    """Store a page that was fetched."""
    read = ArticleText(title=title, text=text, canonical_url=canonical, published=published)
    result = PageResult(article=article, url="http://news.example/p", at=at, outcome=Outcome.NEW, text=read, status=200)
    return archive.write(store_page, result)


def failed_page(archive, article, *, at=NOW, retry_at=None, outcome=Outcome.SERVER):
    """Store a page that could not be fetched."""
    result = PageResult(
        article=article, url="http://news.example/p", at=at, outcome=outcome, status=503, retry_at=retry_at
    )
    return archive.write(store_page, result)


def day(number):
    return Published(datetime(2025, 2, number, tzinfo=UTC), "+09:00", Precision.DAY, TimeOrigin.FEED)


def room(total=100, per_host=100, busy=None):
    return Room(total, per_host, busy or {})


def rows(archive, sql, *values):
    return archive.read(lambda connection: [dict(row) for row in connection.execute(sql, values)])


def row(archive, article):
    (found,) = rows(archive, "SELECT * FROM article WHERE id = ?", article)
    return found


def found(archive, words):
    """Ids of the articles whose indexed text has these words."""
    sql = "SELECT v.article_id FROM article_fts f JOIN text_version v ON v.id = f.rowid WHERE article_fts MATCH ? ORDER BY 1"
    return [one["article_id"] for one in rows(archive, sql, words)]


def check(archive):
    """Everything that must hold of any archive at any time."""
    archive.write(_check)


def _check(connection):
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.execute("INSERT INTO article_fts(article_fts) VALUES('integrity-check')")
    for article in connection.execute("SELECT * FROM article").fetchall():
        versions = connection.execute(
            "SELECT id, number FROM text_version WHERE article_id = ? ORDER BY number", (article["id"],)
        ).fetchall()
        assert [version["number"] for version in versions] == list(range(1, len(versions) + 1))
        assert article["version_id"] == versions[-1]["id"]
        assert connection.execute(
            "SELECT count(*) FROM article_address WHERE article_id = ?", (article["id"],)
        ).fetchone()[0] >= (article["merged_into"] is None)
        if article["merged_into"] is not None:
            elder = connection.execute("SELECT * FROM article WHERE id = ?", (article["merged_into"],)).fetchone()
            assert elder["merged_into"] is None, "merged into one that is merged itself"
            assert elder["id"] < article["id"]
            assert article["review_due_at"] is None
            assert article["page_due_at"] is None
            assert not connection.execute("SELECT 1 FROM sighting WHERE article_id = ?", (article["id"],)).fetchall()
    _check_index(connection)


def _check_index(connection):
    """The full-text index holds the words of the current texts of living articles, and no others."""
    current = connection.execute(
        "SELECT v.id, v.title, v.text FROM article a JOIN text_version v ON v.id = a.version_id "
        "WHERE a.merged_into IS NULL"
    ).fetchall()
    connection.execute(
        "CREATE VIRTUAL TABLE temp.fresh USING fts5(title, text, content='', tokenize='unicode61 remove_diacritics 0')"
    )
    connection.execute("CREATE VIRTUAL TABLE temp.fresh_words USING fts5vocab(temp, fresh, instance)")
    connection.execute("CREATE VIRTUAL TABLE temp.kept_words USING fts5vocab(main, article_fts, instance)")
    try:
        connection.executemany(
            "INSERT INTO temp.fresh(rowid, title, text) VALUES (?,?,?)", [tuple(one) for one in current]
        )
        words = [
            {tuple(word) for word in connection.execute(f"SELECT term, doc, col, offset FROM temp.{name}")}
            for name in ("kept_words", "fresh_words")
        ]
        assert words[0] == words[1]
    finally:
        for name in ("kept_words", "fresh_words", "fresh"):
            connection.execute(f"DROP TABLE temp.{name}")
