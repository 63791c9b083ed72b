"""Hosts: which of them asked to be left alone, and which process asks them now. And their robots.txt, kept for a day.

All processes on the same data obey it: a crawl by hand beside the daemon keeps away from a host that told the daemon to
wait, and from one that the daemon is just asking.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from storage.model import Rest

# Part of a query with the parameters `now` and `holder`: nobody else asks this host now, and it does not rest.
HOST_IS_FREE = (
    "NOT EXISTS (SELECT 1 FROM host h WHERE h.host = {host} "
    "AND (h.rest_until > :now OR (h.held_until > :now AND h.holder != :holder)))"
)


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt as it was last fetched. `status` is None if there was no answer; `body` is then an older one's, of `body_at`."""

    origin: str
    fetched_at: datetime
    status: int | None
    body: str
    body_at: datetime


def hold_hosts(connection: sqlite3.Connection, hosts: Iterable[str], holder: str, until: datetime) -> None:
    """Keep other processes from these hosts until then, or until they are let go. Without a holder nothing is kept."""
    if holder:
        connection.executemany(
            "INSERT INTO host (host, holder, held_until) VALUES (?,?,?) "
            "ON CONFLICT (host) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until",
            {(host, holder, to_text(until)) for host in hosts},
        )


def free_hosts(connection: sqlite3.Connection, hosts: Collection[str], holder: str, at: datetime) -> None:
    """Let hosts go: from that time on others may ask them."""
    connection.execute(
        "UPDATE host SET held_until = ? WHERE holder = ? AND host IN (SELECT value FROM json_each(?))",
        (to_text(at), holder, json.dumps(list(hosts))),
    )


def rest_host(connection: sqlite3.Connection, rest: Rest) -> None:
    """Nobody asks this host before that time. A longer rest that it asked for before stays."""
    connection.execute(
        "INSERT INTO host (host, rest_until, reason) VALUES (?,?,?) ON CONFLICT (host) DO UPDATE SET "
        "reason = CASE WHEN coalesce(rest_until, '') < excluded.rest_until THEN excluded.reason ELSE reason END, "
        "rest_until = max(coalesce(rest_until, ''), excluded.rest_until)",
        (rest.host, to_text(rest.until), rest.reason),
    )


def resting_hosts(connection: sqlite3.Connection, now: datetime) -> dict[str, tuple[datetime, str]]:
    """Hosts that rest now: until when, and why."""
    rows = connection.execute("SELECT host, rest_until, reason FROM host WHERE rest_until > ?", (to_text(now),))
    return {row["host"]: (from_text(row["rest_until"]), row["reason"]) for row in rows}


def drop_idle_hosts(connection: sqlite3.Connection, now: datetime) -> int:
    """Forget hosts that neither rest nor are held. Returns how many."""
    return connection.execute(
        "DELETE FROM host WHERE coalesce(rest_until, '') <= :now AND coalesce(held_until, '') <= :now",
        {"now": to_text(now)},
    ).rowcount


def robots_of(connection: sqlite3.Connection, origin: str) -> Robots | None:
    """The robots.txt of an origin as it was last fetched, None if it never was."""
    row = connection.execute("SELECT * FROM robots WHERE origin = ?", (origin,)).fetchone()
    if row is None:
        return None
    return Robots(origin, from_text(row["fetched_at"]), row["http_status"], row["body"], from_text(row["body_at"]))


def keep_robots(connection: sqlite3.Connection, robots: Robots) -> None:
    """Keep what fetching a robots.txt came to."""
    connection.execute(
        "INSERT INTO robots VALUES (?,?,?,?,?) ON CONFLICT (origin) DO UPDATE SET fetched_at = excluded.fetched_at, "
        "http_status = excluded.http_status, body = excluded.body, body_at = excluded.body_at",
        (robots.origin, to_text(robots.fetched_at), robots.status, robots.body, to_text(robots.body_at)),
    )


def drop_old_robots(connection: sqlite3.Connection, now: datetime, days: float) -> int:
    """Forget the robots.txt of origins that nobody has asked for `days`. Returns how many."""
    return connection.execute(
        "DELETE FROM robots WHERE fetched_at < ?", (to_text(now - timedelta(days=days)),)
    ).rowcount
