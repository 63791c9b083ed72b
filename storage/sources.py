"""Sources and their polls: what is declared, what is due, what came of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from storage.hosts import HOST_IS_FREE, hold_hosts
from storage.model import Listing, Outcome, Outlet, Pages, PollJob, Source
from storage.times import maybe, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

LEASE = timedelta(minutes=5)  # longer than any poll may take, short enough to be forgotten soon after a crash


def host_of(url: str) -> str:
    """The host that politeness counts by: without `www.`, without port."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def sync_topic(
    connection: sqlite3.Connection, outlets: Iterable[Outlet], sources: Iterable[Source], now: datetime
) -> None:
    """Make the archive's sources those of the topic. One that is gone is disabled; its history stays."""
    for outlet in outlets:
        connection.execute(
            "INSERT INTO outlet VALUES (?,?,?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
            "country = excluded.country WHERE name != excluded.name OR country != excluded.country",
            (outlet.id, outlet.name, outlet.country),
        )
    kept = []
    for source in sources:
        kept.append(source.id)
        _sync_source(connection, source, now)
    gone = [row[0] for row in connection.execute("SELECT id FROM source WHERE enabled") if row[0] not in set(kept)]
    connection.executemany("UPDATE source SET enabled = 0 WHERE id = ?", [(source,) for source in gone])


def _sync_source(connection: sqlite3.Connection, source: Source, now: datetime) -> None:
    settings = json.dumps(asdict(source), ensure_ascii=False, sort_keys=True)
    row = connection.execute(
        "SELECT settings, url, kind, address, enabled FROM source WHERE id = ?", (source.id,)
    ).fetchone()
    moved = row["address"] if row is not None and row["url"] == source.url else ""
    host = host_of(moved or source.url)
    values = (source.outlet, source.name, source.kind, source.url, host, source.enabled, settings)
    if row is None:
        connection.execute(
            "INSERT INTO source (outlet, name, kind, url, host, enabled, settings, id, next_poll_at) "
            "VALUES (?,?,?,?,?,?,?,?,?)",
            (*values, source.id, to_text(now)),
        )
    elif row["settings"] != settings or row["enabled"] != source.enabled:
        connection.execute(
            "UPDATE source SET outlet=?, name=?, kind=?, url=?, host=?, enabled=?, settings=?, retired_at=NULL WHERE id=?",
            (*values, source.id),
        )
        connection.execute(  # what was mended is tried at once, and the same answer may now be read otherwise
            "UPDATE source SET etag='', last_modified='', body_sha256='', failures=0, page_failures=0, next_poll_at=? WHERE id=?",
            (to_text(now), source.id),
        )
        if row["url"] != source.url or row["kind"] != source.kind:  # and some things belong to an address
            connection.execute(
                "UPDATE source SET address='', moved_to='', moved_since=NULL, moved_polls=0, cursor='' WHERE id=?",
                (source.id,),
            )


@lru_cache(maxsize=4096)
def source_of(settings: str) -> Source:
    """The source that `sync_topic` wrote."""
    values: dict[str, Any] = json.loads(settings)
    values["pages"] = Pages(values["pages"])
    values["listing"] = Listing(**values["listing"]) if values.get("listing") else None
    return Source(**values)


def all_sources(connection: sqlite3.Connection) -> list[Source]:
    """Every source ever declared, the enabled ones first. One that has left the topic is disabled."""
    rows = connection.execute("SELECT settings, enabled FROM source ORDER BY enabled DESC, id").fetchall()
    return [replace(source_of(row["settings"]), enabled=bool(row["enabled"])) for row in rows]


_JOB = (
    "settings, etag, last_modified, body_sha256, failures, address, outcome, cursor, rhythm, hints, baseline_at, last_poll_at, "
    "last_good_at, newest_at, page_failures, moved_to, moved_since, moved_polls"
)


def due_polls(
    connection: sqlite3.Connection,
    now: datetime,
    *,
    room: Room,
    only: Collection[str] | None = None,
    at_once: bool = False,
) -> list[PollJob]:
    """Lease the sources whose time has come (or, `at_once`, whether or not it has), most overdue first, as far as there is room.

    `only` narrows it to some sources. A leased source is nobody else's until its poll is stored or five minutes passed.
    A source whose host rests, or is asked by another process just now, has to wait.
    """
    rows = connection.execute(
        f"SELECT id, host, {_JOB} FROM source WHERE enabled AND retired_at IS NULL "  # noqa: S608
        "AND (next_poll_at <= :now OR :at_once) AND (leased_until IS NULL OR leased_until <= :now) "
        f"AND host NOT IN (SELECT value FROM json_each(:full)) AND {HOST_IS_FREE.format(host='source.host')} "
        "AND (:only IS NULL OR id IN (SELECT value FROM json_each(:only))) ORDER BY next_poll_at LIMIT :limit",
        {
            "now": to_text(now),
            "at_once": at_once,
            "only": None if only is None else json.dumps(list(only)),
            **room.limits(),
        },
    ).fetchall()
    rows = [row for row in rows if room.take(row["host"])]
    until = to_text(now + LEASE)
    connection.executemany("UPDATE source SET leased_until = ? WHERE id = ?", [(until, row["id"]) for row in rows])
    hold_hosts(connection, (row["host"] for row in rows), room.holder, now + LEASE)
    return [poll_job(row, now) for row in rows]


def poll_job(row: sqlite3.Row, now: datetime) -> PollJob:
    """The job that a source's row asks for.

    After a failure or a long silence it is asked without validators: "not modified" would only say that it is as it was when it
    was last read, and not that it can be read. And once a day, for servers that say so whatever is new.
    """
    polled = maybe(row["last_poll_at"])
    failed = row["failures"] > 0 or row["outcome"] == Outcome.STALE or (polled and polled.date() != now.date())
    return PollJob(
        source=source_of(row["settings"]),
        etag="" if failed else row["etag"],
        last_modified="" if failed else row["last_modified"],
        body_sha256=row["body_sha256"],
        failures=row["failures"],
        address=row["address"],
        outcome=row["outcome"] or "",
        cursor=row["cursor"],
        rhythm=row["rhythm"],
        hints=row["hints"],
        first=row["baseline_at"] is None,
        last_poll_at=maybe(row["last_poll_at"]),
        last_good_at=maybe(row["last_good_at"]),
        newest_at=maybe(row["newest_at"]),
        page_failures=row["page_failures"],
        moved_to=row["moved_to"],
        moved_since=maybe(row["moved_since"]),
        moved_polls=row["moved_polls"],
    )


def cannot_be_polled(connection: sqlite3.Connection, now: datetime, sources: Collection[str]) -> set[str]:
    """Those of the sources that nobody can poll now: their host rests, or they are gone for good."""
    rows = connection.execute(
        "SELECT id FROM source WHERE id IN (SELECT value FROM json_each(:ids)) AND (retired_at IS NOT NULL "
        "OR host IN (SELECT host FROM host WHERE rest_until > :now))",
        {"ids": json.dumps(list(sources)), "now": to_text(now)},
    )
    return {row["id"] for row in rows}


def retry_unreachable(connection: sqlite3.Connection, now: datetime, since: datetime | None) -> int:
    """Make sources due that could not be reached since then: it was our own line, and it is back. Returns how many."""
    return connection.execute(
        "UPDATE source SET next_poll_at = :now WHERE enabled AND next_poll_at > :now AND failures > 0 "
        "AND outcome IN ('dns', 'connect', 'timeout', 'tls') AND trouble_since >= :since",
        {"now": to_text(now), "since": to_text(since) if since else ""},
    ).rowcount


def put_back_poll(connection: sqlite3.Connection, source: str) -> None:
    """Give a leased source back unpolled: its host asked for rest meanwhile."""
    connection.execute("UPDATE source SET leased_until = NULL WHERE id = ?", (source,))


class Room:
    """How many more jobs may be handed out: in all, and for each host beside those it has (`busy`); and to whom."""

    def __init__(self, total: int, per_host: int, busy: Mapping[str, int], holder: str = "") -> None:
        self.total = total
        self.holder = holder
        self._per_host = per_host
        self._busy = Counter(busy)

    def limits(self) -> dict[str, object]:
        """Parameters of a query: `full` hosts as JSON, and a `limit` that leaves some choice among hosts."""
        full = [host for host, jobs in self._busy.items() if jobs >= self._per_host]
        return {"full": json.dumps(full), "limit": 4 * self.total, "holder": self.holder}

    def take(self, host: str) -> bool:
        """Take room for one job; False if there is none."""
        if self.total <= 0 or self._busy[host] >= self._per_host:
            return False
        self.total -= 1
        self._busy[host] += 1
        return True


def release_leases(connection: sqlite3.Connection) -> None:
    """Forget all leases: the holder of the data lock has just started, and what was leased died with its owner."""
    connection.execute("UPDATE source SET leased_until = NULL WHERE leased_until IS NOT NULL")
    connection.execute("UPDATE article SET leased_until = NULL WHERE leased_until IS NOT NULL")
    connection.execute("UPDATE host SET held_until = NULL WHERE held_until IS NOT NULL")


def wish_poll(connection: sqlite3.Connection, now: datetime, only: Collection[str] | None = None) -> list[str]:
    """Make sources due at once: all enabled ones, or those named, were they retired. Returns their ids."""
    rows = connection.execute(
        "SELECT id FROM source WHERE enabled AND (retired_at IS NULL AND :only IS NULL "
        "OR id IN (SELECT value FROM json_each(:only)))",
        {"only": None if only is None else json.dumps(list(only))},
    ).fetchall()
    connection.executemany(
        "UPDATE source SET next_poll_at = ?, retired_at = NULL WHERE id = ?",
        [(to_text(now), row["id"]) for row in rows],
    )
    return [row["id"] for row in rows]


def polled_since(connection: sqlite3.Connection, since: datetime, only: Collection[str]) -> dict[str, tuple[str, str]]:
    """Outcome and detail of those of the named sources that were polled since then."""
    rows = connection.execute(
        "SELECT id, outcome, detail FROM source WHERE last_poll_at >= ? AND id IN (SELECT value FROM json_each(?))",
        (to_text(since), json.dumps(list(only))),
    )
    return {row["id"]: (row["outcome"], row["detail"]) for row in rows}
