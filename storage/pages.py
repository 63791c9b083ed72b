"""Pages: which are wanted, and storing what fetching one brought."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from storage.articles import add_version, alike, article_at, text_origin, unindex
from storage.claims import move_claims
from storage.crash import point
from storage.hosts import HOST_IS_FREE, hold_hosts, rest_host
from storage.model import ArticleText, PageJob, PageState, Precision, Published, Stored, TimeOrigin
from storage.sources import LEASE, source_of
from storage.stories import leave_story
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from datetime import datetime

    from storage.model import PageResult
    from storage.sources import Room

PAGE_PATIENCE = timedelta(minutes=10)  # how long review waits for a page before it makes do with the feed's text


def published_columns(published: Published) -> tuple[str, str | None, str, str]:
    """The four columns of an article that hold when it was published."""
    return to_text(published.at), published.zone, published.precision, published.origin


def due_pages(
    connection: sqlite3.Connection, now: datetime, *, room: Room, only: Collection[str] | None = None
) -> list[PageJob]:
    """Lease articles whose page is wanted now, oldest wish first, as far as there is room."""
    rows = connection.execute(
        "SELECT a.id, a.host, a.url, a.page_attempts, s.settings FROM article a JOIN source s ON s.id = a.source "  # noqa: S608
        "WHERE s.enabled AND a.page_due_at <= :now AND (a.leased_until IS NULL OR a.leased_until <= :now) "
        f"AND a.host NOT IN (SELECT value FROM json_each(:full)) AND {HOST_IS_FREE.format(host='a.host')} "
        "AND (:only IS NULL OR a.source IN (SELECT value FROM json_each(:only))) ORDER BY a.page_due_at, a.id LIMIT :limit",
        {"now": to_text(now), "only": None if only is None else json.dumps(list(only)), **room.limits()},
    ).fetchall()
    rows = [row for row in rows if room.take(row["host"])]
    until = to_text(now + LEASE)
    connection.executemany("UPDATE article SET leased_until = ? WHERE id = ?", [(until, row["id"]) for row in rows])
    hold_hosts(connection, (row["host"] for row in rows), room.holder, now + LEASE)
    return [PageJob(row["id"], row["url"], source_of(row["settings"]), row["page_attempts"]) for row in rows]


def put_back_page(connection: sqlite3.Connection, article: int) -> None:
    """Give a leased page back unfetched: its host asked for rest meanwhile."""
    connection.execute("UPDATE article SET leased_until = NULL WHERE id = ?", (article,))


def store_page(connection: sqlite3.Connection, result: PageResult) -> Stored | None:
    """What fetching a page brought, in one transaction. Returns the article if its text is new.

    An article that was merged into another meanwhile, or is now, leaves its text to that one if it has no page yet.
    """
    article = _survivor(connection, result.article)
    stored = None if result.text is None else _store_page_text(connection, article, result, result.text)
    if result.text is None and article["id"] == result.article:
        _store_page_fault(connection, article, result)
    article = _survivor(connection, result.article)
    connection.execute(
        "INSERT INTO page (article_id, text_version_id, url, fetched_at, http_status, outcome, detail, headers, body_sha256, "
        "html_gzip) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            article["id"],
            article["version_id"],
            result.url,
            to_text(result.at),
            result.status,
            result.outcome,
            result.detail,
            json.dumps(result.headers, ensure_ascii=False),
            result.sha256,
            result.html or None,
        ),
    )
    if result.rest is not None:
        rest_host(connection, result.rest)
    _count_page_failures(connection, article, result)
    point("collect.6")
    return stored


def _count_page_failures(connection: sqlite3.Connection, article: sqlite3.Row, result: PageResult) -> None:
    """How many articles of a source in a row went without their page at the first try: tells a source whose pages fail."""
    if result.outcome.good:
        connection.execute("UPDATE source SET page_failures = 0 WHERE id = ? AND page_failures", (article["source"],))
    elif article["page_attempts"] <= 1:
        connection.execute("UPDATE source SET page_failures = page_failures + 1 WHERE id = ?", (article["source"],))


def _survivor(connection: sqlite3.Connection, article: int) -> sqlite3.Row:
    """The row of an article, or of the one into which it was merged."""
    row: sqlite3.Row = connection.execute(
        "SELECT * FROM article WHERE id = (SELECT coalesce(merged_into, id) FROM article WHERE id = ?)", (article,)
    ).fetchone()
    return row


def _store_page_text(
    connection: sqlite3.Connection, article: sqlite3.Row, result: PageResult, text: ArticleText
) -> Stored | None:
    if text.canonical_url:
        _know_by(connection, article["id"], text)
        article = _survivor(connection, article["id"])
    if article["id"] != result.article and article["page_state"] == PageState.FETCHED:
        return None
    changed = add_version(connection, article["id"], text, "page", result.at)
    connection.execute(
        "UPDATE article SET page_state=?, page_due_at=NULL, page_fault='', page_attempts=page_attempts+1, leased_until=NULL, "
        "review_due_at = CASE WHEN ? OR review_due_at IS NOT NULL THEN ? END WHERE id=?",
        (PageState.FETCHED, changed, to_text(result.at), article["id"]),
    )
    if text.published is not None and _better_time(text.published, article):
        connection.execute(
            "UPDATE article SET published_at=?, published_zone=?, published_precision=?, published_origin=? WHERE id=?",
            (*published_columns(text.published), article["id"]),
        )
    if not changed:
        return None
    return Stored(
        article=article["id"],
        new=False,
        url=article["url"],
        title=text.title,
        text=text.text,
        source=article["source"],
        outlet=article["outlet"],
        published=text.published.at if text.published else from_text(article["published_at"]),
        authors=text.authors,
        page_state=PageState.FETCHED,
    )


def _better_time(published: Published, article: sqlite3.Row) -> bool:
    """Whether the page's time should replace what is known: a guess, or a mere day."""
    if article["published_origin"] == TimeOrigin.GUESS:
        return True
    return article["published_precision"] == Precision.DAY and published.precision == Precision.MINUTE


def _store_page_fault(connection: sqlite3.Connection, article: sqlite3.Row, result: PageResult) -> None:
    """Keep the article with what the feed gave, marked; try again or give up; let review go on."""
    again = result.retry_at is not None
    read_before = text_origin(connection, article["version_id"]) == "page"
    fallback = PageState.FETCHED if read_before else PageState.FAILED
    connection.execute(
        "UPDATE article SET page_state=?, page_due_at=?, page_attempts=page_attempts+1, page_fault=?, leased_until=NULL, "
        "review_due_at = CASE WHEN review_due_at IS NOT NULL THEN ? END WHERE id=?",
        (
            PageState.WANTED if again else fallback,
            to_text(result.retry_at) if result.retry_at else None,
            f"{result.outcome}: {result.detail}" if result.detail else result.outcome,
            to_text(result.at),
            article["id"],
        ),
    )


def _know_by(connection: sqlite3.Connection, article: int, page: ArticleText) -> None:
    """The article is known by its page's address too. If another one already is, the younger of both goes into the elder.

    Only where their feeds call them alike and the page speaks of it: a consent page is the canonical address of many articles.
    """
    other = article_at(connection, page.canonical_url)
    if other is None:
        connection.execute("INSERT INTO article_address VALUES (?,?)", (page.canonical_url, article))
        connection.execute("UPDATE article SET canonical_url = ? WHERE id = ?", (page.canonical_url, article))
        return
    title = _first_title(connection, article)
    first = _first_title(connection, other)
    # A sitemap that gave this very address, and no title, announces no consent page.
    announced = title and not first and _was_shown_at(connection, other, page.canonical_url)
    if other != article and (alike(title, first) or announced) and _speaks_of(page, title):
        _merge(connection, elder=min(article, other), younger=max(article, other))


def _was_shown_at(connection: sqlite3.Connection, article: int, address: str) -> bool:
    """Whether a source has shown the article at this address."""
    row = connection.execute("SELECT canonical_url FROM article WHERE id = ?", (article,)).fetchone()
    return row is not None and row["canonical_url"] == address


def _speaks_of(page: ArticleText, title: str) -> bool:
    """Whether a page has at least half of the words of a title, in whatever form."""
    whole = f"{page.title}\n{page.text}".casefold()
    words = title.casefold().split()
    return 2 * sum(word in whole for word in words) >= len(words)


def _first_title(connection: sqlite3.Connection, article: int) -> str:
    row = connection.execute(
        "SELECT title FROM text_version WHERE article_id = ? AND number = 1", (article,)
    ).fetchone()
    return str(row[0])


def _merge(connection: sqlite3.Connection, *, elder: int, younger: int) -> None:
    """Two records turned out to be one article: sightings, addresses, alerts and claims move to the elder."""
    gone = connection.execute(
        "SELECT v.id, v.title, v.text FROM article a JOIN text_version v ON v.id = a.version_id WHERE a.id = ?",
        (younger,),
    ).fetchone()
    unindex(connection, gone)
    connection.execute("UPDATE sighting SET article_id = ? WHERE article_id = ?", (elder, younger))
    connection.execute("UPDATE article_address SET article_id = ? WHERE article_id = ?", (elder, younger))
    connection.execute("UPDATE OR IGNORE alert SET article_id = ? WHERE article_id = ?", (elder, younger))
    move_claims(connection, elder, younger)
    leave_story(connection, younger, elder)
    connection.execute(
        "UPDATE article SET merged_into = ?1, review_due_at = NULL, page_due_at = NULL, again_since = NULL "
        "WHERE id = ?2 OR merged_into = ?2",
        (elder, younger),
    )
    connection.execute(
        "UPDATE article SET wanted = 1 WHERE id = ? AND (SELECT wanted FROM article WHERE id = ?)", (elder, younger)
    )
    # What review read in the younger one, or had yet to read, is now the elder's to decide.
    connection.execute(
        "UPDATE article SET review_due_at = coalesce(review_due_at, first_seen) WHERE id = ? AND candidate IS NULL",
        (elder,),
    )
