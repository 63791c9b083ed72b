"""Storing what a poll brought: entries become articles, sightings and new texts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from storage.articles import add_version, alike, article_at, text_origin
from storage.crash import point
from storage.hosts import rest_host
from storage.model import (
    Arrival,
    ArticleText,
    Entry,
    Pages,
    PageState,
    PollResult,
    Precision,
    Published,
    Source,
    Stored,
    TimeOrigin,
)
from storage.pages import PAGE_PATIENCE, published_columns
from storage.sources import host_of, source_of
from storage.standing import store_standing
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable
    from datetime import datetime


def store_poll(connection: sqlite3.Connection, result: PollResult) -> list[Stored]:
    """Entries, validators, outcome and next time of one poll, in one transaction. Returns what is new or changed."""
    row = connection.execute("SELECT * FROM source WHERE id = ?", (result.source,)).fetchone()
    source = source_of(row["settings"])
    arrival = Arrival.BASELINE if row["baseline_at"] is None else Arrival.LIVE
    stored = store_entries(connection, result.entries, source, arrival, result.at)
    fresh = sum(one.new for one in stored)
    if result.asked in ("", row["url"]):
        store_standing(connection, row, result, fresh)
    else:  # declared anew while it was being asked: what came is kept, what it means for the source is not
        connection.execute("UPDATE source SET leased_until = NULL WHERE id = ?", (result.source,))
    connection.executemany(
        "INSERT OR IGNORE INTO seen_address VALUES (?,?)", [(result.source, one) for one in result.seen]
    )
    if result.rest is not None:
        rest_host(connection, result.rest)
    connection.execute(
        "INSERT INTO poll (source, polled_at, outcome, http_status, detail, entries, new_articles, seconds, requests) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        (
            result.source,
            to_text(result.at),
            result.outcome,
            result.status,
            "; ".join([result.detail, *result.faults] if result.detail else result.faults),
            len(result.entries),
            fresh,
            round(result.seconds, 3),
            result.requests,
        ),
    )
    point("collect.3")
    return stored


def store_entries(
    connection: sqlite3.Connection, entries: Iterable[Entry], source: Source, arrival: Arrival, at: datetime
) -> list[Stored]:
    """Store what is not yet known of these entries; an entry seen before costs one look-up."""
    entries = tuple(entries)
    keys = frozenset(entry.key for entry in entries)
    stored = []
    for entry in entries:
        seen = connection.execute(
            "SELECT article_id, entry_sha256, title FROM sighting WHERE source = ? AND entry_key = ?",
            (source.id, entry.key),
        ).fetchone()
        if seen is None:
            one = _store_new_entry(connection, entry, source, arrival, at, keys)
        elif seen["entry_sha256"] != entry.sha256:
            one = _store_other_entry(connection, entry, source, seen, arrival, at)
        else:
            continue
        if one is not None:
            stored.append(one)
    return stored


def _store_new_entry(  # noqa: PLR0917
    connection: sqlite3.Connection, entry: Entry, source: Source, arrival: Arrival, at: datetime, keys: Collection[str]
) -> Stored | None:
    """An entry under a key that is new. `keys` are those of all entries that came with it."""
    article = article_at(connection, entry.canonical_url)
    if article is None and not entry.url:
        article = _same_words(connection, entry, source, keys)
    if article is not None:
        others = _sightings(connection, article, source)
        if any(one["title"] == entry.title and one["entry_key"] not in keys for one in others):
            _rename(connection, entry, source, article, keys)  # a feed that makes new ids at each request
            return None
        if others and entry.title and entry.url and _is_another(connection, entry, source, others, keys):
            entry = replace(entry, canonical_url=f"{entry.canonical_url}#khasan:{source.id}:{entry.key}")
            article = article_at(connection, entry.canonical_url)
    stored = None
    if article is None:
        stored = _insert_article(connection, entry, source, arrival, at)
        article = stored.article
    else:
        stored = _store_known(connection, entry, source, article, arrival, at)
    connection.execute(
        "INSERT INTO sighting (source, entry_key, article_id, url, title, entry_sha256, first_seen) VALUES (?,?,?,?,?,?,?)",
        (source.id, entry.key, article, entry.url, entry.title, entry.sha256, to_text(at)),
    )
    return stored


def _sightings(connection: sqlite3.Connection, article: int, source: Source) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT entry_key, title FROM sighting WHERE article_id = ? AND source = ?", (article, source.id)
    ).fetchall()


def _is_another(
    connection: sqlite3.Connection,
    entry: Entry,
    source: Source,
    others: Iterable[sqlite3.Row],
    keys: Collection[str],
) -> bool:
    """Whether an entry is another article than the one known by its address, of which the source has shown the `others`.

    It is where entries stand together that have one address, but for what follows a "#", and other titles: a page of many
    statements, the notes of a live page.
    """
    page = entry.url.partition("#")[0]
    beside = connection.execute(
        "SELECT title FROM sighting WHERE source = ? AND substr(url, 1, instr(url || '#', '#') - 1) = ? "
        "AND entry_key IN (SELECT value FROM json_each(?))",
        (source.id, page, json.dumps(list(keys))),
    ).fetchall()
    if not beside or any(row["title"] == entry.title for row in beside):
        return False
    return not any(alike(one["title"], entry.title) for one in others)


def _same_words(connection: sqlite3.Connection, entry: Entry, source: Source, keys: Collection[str]) -> int | None:
    """The article of an entry without a link that said the same under an id that has gone."""
    rows = connection.execute(
        "SELECT entry_key, article_id FROM sighting WHERE source = ? AND entry_sha256 = ? AND url = ''",
        (source.id, entry.sha256),
    ).fetchall()
    return next((int(row["article_id"]) for row in rows if row["entry_key"] not in keys), None)


def _rename(connection: sqlite3.Connection, entry: Entry, source: Source, article: int, keys: Collection[str]) -> None:
    """What a source showed under an id that has gone is shown under another: one sighting, and not one a poll."""
    connection.execute(
        "UPDATE sighting SET entry_key = ?, url = ?, entry_sha256 = ? WHERE source = ? AND entry_key = (SELECT entry_key "
        "FROM sighting WHERE article_id = ? AND source = ? AND title = ? "
        "AND entry_key NOT IN (SELECT value FROM json_each(?)) LIMIT 1)",
        (
            entry.key, entry.url, entry.sha256, source.id, article, source.id, entry.title, json.dumps(list(keys)),
        ),
    )  # fmt: skip


def _store_known(  # noqa: PLR0917
    connection: sqlite3.Connection, entry: Entry, source: Source, article: int, arrival: Arrival, at: datetime
) -> Stored | None:
    """An article that another source has brought: its page may be wanted now, it may be news now, or read better now."""
    if source.pages == Pages.ALL and entry.url and not entry.whole:
        connection.execute(
            "UPDATE article SET page_state = ?, page_due_at = ? WHERE id = ? AND page_state IN (?, ?) "
            "AND EXISTS (SELECT 1 FROM source WHERE id = article.source)",  # one that was imported has none to fetch for
            (PageState.WANTED, to_text(at), article, PageState.UNDECIDED, PageState.NEVER),
        )
    if arrival == Arrival.LIVE:
        # It came out while this source was watched; that another one's first look found it sooner must not silence it.
        connection.execute(
            "UPDATE article SET arrival = ?, review_due_at = coalesce(review_due_at, ?) WHERE id = ? AND arrival = ? "
            "AND first_seen > (SELECT baseline_at FROM source WHERE id = ?)",
            (Arrival.LIVE, to_text(at), article, Arrival.BASELINE, source.id),
        )
    return _store_more(connection, entry, source, article, at) if arrival != Arrival.IMPORT else None


def _store_more(
    connection: sqlite3.Connection, entry: Entry, source: Source, article: int, at: datetime
) -> Stored | None:
    """Another source says far more of an article than is known: a summary where there was a title, a title where there was none."""
    row = connection.execute(
        "SELECT a.page_state, a.merged_into, v.title, v.text, v.origin FROM article a "
        "JOIN text_version v ON v.id = a.version_id WHERE a.id = ?",
        (article,),
    ).fetchone()
    more = len(entry.text) > 2 * len(row["text"] or "") or (entry.title and not row["title"])
    if row["merged_into"] is not None or row["origin"] == "page" or not more:
        return None
    said = replace(entry, title=entry.title or row["title"], text=max(entry.text, row["text"] or "", key=len))
    if not add_version(connection, article, _entry_text(said, source), "feed", at):
        return None
    connection.execute(
        "UPDATE article SET review_due_at = coalesce(review_due_at, ?) WHERE id = ?", (to_text(at), article)
    )
    return _stored(said, article, source, PageState(row["page_state"]), new=False, published=entry.published)


_FIRST_STATE = {Pages.ALL: PageState.WANTED, Pages.CANDIDATES: PageState.UNDECIDED, Pages.NEVER: PageState.NEVER}


def _first_state(entry: Entry, source: Source, arrival: Arrival) -> PageState:
    """Whether an entry's page is wanted. One without a word has nothing that could be judged but its page."""
    if not entry.url or entry.whole or arrival == Arrival.IMPORT:
        return PageState.NEVER
    if source.pages == Pages.CANDIDATES and not (entry.title or entry.text):
        return PageState.WANTED
    return _FIRST_STATE[source.pages]


def _outlet_of(connection: sqlite3.Connection, entry: Entry, source: Source) -> str:
    """The outlet that published an entry: the source's, or, for what a search found, the one that is known by its host."""
    publisher = entry.publisher
    if publisher is None or not publisher.host:
        return source.outlet
    host = publisher.host.lower().removeprefix("www.")
    known = connection.execute(
        "SELECT DISTINCT outlet FROM source WHERE host = ? AND kind != 'search' LIMIT 2", (host,)
    ).fetchall()
    if len(known) == 1:  # a host of several outlets, such as a messenger's, tells nothing
        return str(known[0]["outlet"])
    outlet = re.sub(r"[^a-z0-9]+", "_", host).strip("_") or source.outlet
    connection.execute(
        "INSERT OR IGNORE INTO outlet (id, name, country) VALUES (?,?,?)",
        (outlet, publisher.name or host, publisher.country),
    )
    return outlet


def _insert_article(
    connection: sqlite3.Connection, entry: Entry, source: Source, arrival: Arrival, at: datetime
) -> Stored:
    state = _first_state(entry, source, arrival)
    outlet = _outlet_of(connection, entry, source)
    wanted = state == PageState.WANTED
    published = entry.published or Published(at, None, Precision.MINUTE, TimeOrigin.GUESS)
    article = connection.execute(
        "INSERT INTO article (canonical_url, url, host, outlet, source, arrival, first_seen, published_at, published_zone, "
        "published_precision, published_origin, page_state, page_due_at, review_due_at) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            entry.canonical_url,
            entry.url,
            host_of(entry.url),
            outlet,
            source.id,
            arrival,
            to_text(at),
            *published_columns(published),
            state,
            to_text(at) if wanted else None,
            to_text(at + PAGE_PATIENCE) if wanted else to_text(at),
        ),
    ).lastrowid
    assert article is not None  # noqa: S101 - an INSERT has a rowid
    connection.execute("INSERT INTO article_address VALUES (?,?)", (entry.canonical_url, article))
    origin = "import" if arrival == Arrival.IMPORT else "feed"
    add_version(connection, article, _entry_text(entry, source), origin, at)
    stored = _stored(entry, article, source, state, new=True, published=published)
    return stored if outlet == source.outlet else replace(stored, outlet=outlet)


def _entry_text(entry: Entry, source: Source) -> ArticleText:
    return ArticleText(entry.title, entry.text, entry.authors, entry.image, entry.language or source.language)


def _stored(
    entry: Entry, article: int, source: Source, state: PageState, *, new: bool, published: Published | None
) -> Stored:
    return Stored(
        article=article,
        new=new,
        url=entry.url,
        title=entry.title,
        text=entry.text,
        source=source.id,
        outlet=source.outlet,
        published=published.at if published else None,
        authors=entry.authors,
        page_state=state,
    )


def _store_other_entry(  # noqa: PLR0917
    connection: sqlite3.Connection, entry: Entry, source: Source, seen: sqlite3.Row, arrival: Arrival, at: datetime
) -> Stored | None:
    """A known id with other words: the same article changed, or another one, in a feed that uses its ids again."""
    known = article_at(connection, entry.canonical_url)
    if known == seen["article_id"] or (
        alike(seen["title"], entry.title) and _same_time(connection, seen["article_id"], entry)
    ):
        if known is None:
            _move(connection, seen["article_id"], entry)
        return _store_changed_entry(connection, entry, source, seen, at)
    again = replace(entry, key=f"{entry.key} {entry.canonical_url}")
    return next(iter(store_entries(connection, [again], source, arrival, at)), None)


def _same_time(connection: sqlite3.Connection, article: int, entry: Entry) -> bool:
    """Whether the entry may be of the article by its time. "The day in brief" has one id, and another time each day."""
    row = connection.execute("SELECT published_at, published_origin FROM article WHERE id = ?", (article,)).fetchone()
    known = row["published_origin"] == TimeOrigin.FEED and entry.published is not None
    return not known or row["published_at"] == to_text(entry.published.at)  # type: ignore[union-attr]


def _move(connection: sqlite3.Connection, article: int, entry: Entry) -> None:
    """An article has a new address: other sources will know it by that one."""
    connection.execute("INSERT INTO article_address VALUES (?,?)", (entry.canonical_url, article))
    if entry.url:
        connection.execute(
            "UPDATE article SET url = ?, host = ? WHERE id = ?", (entry.url, host_of(entry.url), article)
        )


def _store_changed_entry(
    connection: sqlite3.Connection, entry: Entry, source: Source, seen: sqlite3.Row, at: datetime
) -> Stored | None:
    """A known entry reads differently: keep the feed's new text until there is the page's; ask for that if the title changed.

    Only the source that brought the article is believed, or two feeds with different summaries would take turns.
    """
    connection.execute(
        "UPDATE sighting SET entry_sha256 = ?, title = ?, url = ? WHERE source = ? AND entry_key = ?",
        (entry.sha256, entry.title, entry.url, source.id, entry.key),
    )
    article = connection.execute("SELECT * FROM article WHERE id = ?", (seen["article_id"],)).fetchone()
    if article["source"] != source.id or article["merged_into"] is not None:
        return None
    if alike(seen["title"], entry.title) and _changes_too_often(connection, article["id"], at):
        return None
    state, due = PageState(article["page_state"]), at
    if state not in (PageState.UNDECIDED, PageState.NEVER) and seen["title"] != entry.title:
        state, due = PageState.WANTED, at + PAGE_PATIENCE
        connection.execute(
            "UPDATE article SET page_state = ?, page_due_at = ?, page_attempts = 0 WHERE id = ?",
            (state, to_text(at), article["id"]),
        )
    if text_origin(connection, article["version_id"]) == "page":
        return None
    if not add_version(connection, article["id"], _entry_text(entry, source), "feed", at):
        return None
    connection.execute(
        "UPDATE article SET review_due_at = coalesce(review_due_at, ?) WHERE id = ?", (to_text(due), article["id"])
    )
    return _stored(entry, article["id"], source, state, new=False, published=entry.published)


MOST_CHANGES = 10  # of a feed's words in a day: "5 minutes ago", "(12 comments)" change at every poll


def _changes_too_often(connection: sqlite3.Connection, article: int, at: datetime) -> bool:
    """Whether the words of an entry have changed, or its page was read again for it, more often lately than any editor does it."""
    since = to_text(at - timedelta(days=1))
    changes = connection.execute(
        "SELECT (SELECT count(*) FROM text_version WHERE article_id = :id AND seen_at > :since) "
        "+ (SELECT count(*) FROM page WHERE article_id = :id AND fetched_at > :since)",
        {"id": article, "since": since},
    ).fetchone()[0]
    return int(changes) >= MOST_CHANGES


def store_imported(connection: sqlite3.Connection, rows: Iterable[tuple[str, Entry]], at: datetime) -> int:
    """Articles from a file, each with its outlet's id. They wait for review and alert nobody. Returns how many are new."""
    return sum(
        one.new
        for outlet, entry in rows
        for one in store_entries(connection, [entry], _import_source(outlet), Arrival.IMPORT, at)
    )


def _import_source(outlet: str) -> Source:
    """What imports have instead of a source: nothing is ever polled or fetched for it."""
    return Source(id="import", outlet=outlet, name="import", url="", pages=Pages.NEVER)
