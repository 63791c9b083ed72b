"""How the watch is doing: where each source stands, outages told of, what a span of time brought, and signs of life.

Whether silence means that nothing was reported is decided elsewhere, by pure functions; this is what they are given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storage.model import Outcome
from storage.outbox import queue_mail
from storage.times import from_text, maybe, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from storage.mail import NewMail


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where a source stands. `outcome` is "" before its first poll."""

    id: str
    name: str
    outlet_name: str
    language: str
    kind: str
    url: str
    enabled: bool
    outcome: str = ""
    detail: str = ""
    since: datetime | None = None  # in trouble since then; None: it is not
    failures: int = 0
    next_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_good_at: datetime | None = None
    last_new_at: datetime | None = None
    newest_at: datetime | None = None
    baseline_at: datetime | None = None
    retired_at: datetime | None = None  # it said that it is gone for good
    overflow_at: datetime | None = None  # entries were last lost then
    address: str = ""  # where it has moved for good
    moved_to: str = ""  # where permanent redirects lead, which are not followed for good yet
    host: str = ""
    rest_until: datetime | None = None  # its host asked not to be asked before
    rest_reason: str = ""
    rhythm: str = field(default="", repr=False)  # as learnt; a text that only collecting can read


@dataclass(frozen=True, slots=True)
class Outage:
    """A source that was in trouble for long, of which the operator was told."""

    id: int
    source: str
    outcome: str
    detail: str
    began_at: datetime
    told_at: datetime
    ended_at: datetime | None = None
    end_told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something told once, or kept between two looks."""

    value: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """What a span of time brought, in numbers."""

    polls: int
    polls_failed: int
    articles: dict[str, int]  # by language
    alerts: dict[str, int]  # by language
    fresh: dict[str, int]  # new articles by source
    lost: dict[str, int]  # polls that found entries lost, by source
    pages_failed: dict[str, int]  # articles whose page was given up, by source
    mails_dead: int  # refused for good or expired, now, however old
    database_bytes: int


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of life in the three queues. None where nothing waits, or nothing was ever done."""

    polled_at: datetime | None  # the last poll that was stored
    poll_due_at: datetime | None  # the longest waiting source that may be asked
    review_due_at: datetime | None  # the longest waiting text
    mail_due_at: datetime | None  # the longest waiting mail
    mail_attempts: int  # failed ones in a row, of the mail that has most


def source_states(connection: sqlite3.Connection) -> list[SourceState]:
    """Every source ever declared, the enabled ones first."""
    rows = connection.execute(
        "SELECT s.*, json_extract(s.settings, '$.language') AS language, o.name AS outlet_name, h.rest_until, "
        "coalesce(h.reason, '') AS rest_reason FROM source s JOIN outlet o ON o.id = s.outlet "
        "LEFT JOIN host h ON h.host = s.host ORDER BY s.enabled DESC, s.id"
    )
    return [_state(row) for row in rows]


_AS_THEY_ARE = (
    *("id", "name", "outlet_name", "kind", "url", "detail", "failures", "address", "moved_to"),
    *("host", "rest_reason", "rhythm"),
)
_TIMES = (
    *("next_poll_at", "last_poll_at", "last_good_at", "last_new_at", "newest_at"),
    *("baseline_at", "retired_at", "overflow_at", "rest_until"),
)


def _state(row: sqlite3.Row) -> SourceState:
    values: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    values |= {name: maybe(row[name]) for name in _TIMES}
    return SourceState(
        **values,
        language=row["language"] or "",
        enabled=bool(row["enabled"]),
        outcome=row["outcome"] or "",
        since=maybe(row["trouble_since"]),
    )


def open_outages(connection: sqlite3.Connection, since: datetime) -> list[Outage]:
    """Outages of whose end the operator does not know yet, and those that he was told of since then."""
    rows = connection.execute(
        "SELECT * FROM outage WHERE end_told_at IS NULL OR told_at >= ? ORDER BY id", (to_text(since),)
    )
    return [
        Outage(
            row["id"],
            row["source"],
            row["outcome"],
            row["detail"],
            from_text(row["began_at"]),
            from_text(row["told_at"]),
            maybe(row["ended_at"]),
            maybe(row["end_told_at"]),
        )
        for row in rows
    ]


def begin_outage(connection: sqlite3.Connection, state: SourceState, began_at: datetime, now: datetime) -> None:
    """The operator is told that a source is in trouble. One and the same trouble has one row."""
    connection.execute(
        "INSERT INTO outage (source, outcome, detail, began_at, told_at) VALUES (?,?,?,?,?) "
        "ON CONFLICT (source, began_at) DO UPDATE SET told_at = excluded.told_at, ended_at = NULL, end_told_at = NULL",
        (state.id, state.outcome, state.detail, to_text(began_at), to_text(now)),
    )


def end_outage(connection: sqlite3.Connection, outage: int, at: datetime | None) -> None:
    """A source is as it should be again; None: it is not, after all."""
    connection.execute("UPDATE outage SET ended_at = ? WHERE id = ?", (at and to_text(at), outage))


def tell_ends(connection: sqlite3.Connection, outages: Iterable[int], now: datetime) -> None:
    """The operator is told that these are over."""
    connection.executemany("UPDATE outage SET end_told_at = ? WHERE id = ?", [(to_text(now), one) for one in outages])


@dataclass(frozen=True, slots=True)
class HealthChange:
    """What one look came to. An end that is None was none; a note that is None is forgotten."""

    begun: tuple[tuple[SourceState, datetime], ...] = ()
    ends: tuple[tuple[int, datetime | None], ...] = ()
    told: tuple[int, ...] = ()  # outages of whose end the operator is mailed
    notes: dict[str, str | None] = field(default_factory=dict)
    mails: tuple[NewMail, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.begun or self.ends or self.told or self.notes or self.mails)


def write_health(connection: sqlite3.Connection, change: HealthChange, now: datetime) -> None:
    """Write down what was told together with the mails that tell it: both or neither."""
    for state, began_at in change.begun:
        begin_outage(connection, state, began_at, now)
    for outage, at in change.ends:
        end_outage(connection, outage, at)
    tell_ends(connection, change.told, now)
    for key, value in change.notes.items():
        if value is None:
            forget(connection, key)
        else:
            note(connection, key, value, now)
    for mail in change.mails:
        queue_mail(connection, mail, now)


def notices(connection: sqlite3.Connection) -> dict[str, Notice]:
    """Everything noted, by key."""
    return {
        row["key"]: Notice(row["value"], from_text(row["noted_at"]))
        for row in connection.execute("SELECT * FROM notice")
    }


def note(connection: sqlite3.Connection, key: str, value: str, now: datetime) -> None:
    """Keep something until the next look."""
    connection.execute(
        "INSERT INTO notice VALUES (?,?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, "
        "noted_at = excluded.noted_at",
        (key, value, to_text(now)),
    )


def forget(connection: sqlite3.Connection, key: str) -> None:
    """Keep it no longer."""
    connection.execute("DELETE FROM notice WHERE key = ?", (key,))


def span(connection: sqlite3.Connection, since: datetime, until: datetime) -> Span:
    """What happened from `since` up to `until`. Polls are known as far back as they are kept."""
    times = (to_text(since), to_text(until))

    def pairs(sql: str) -> dict[str, int]:
        return {str(row[0]): int(row[1]) for row in connection.execute(sql, times)}

    outcomes = pairs("SELECT outcome, count(*) FROM poll WHERE polled_at >= ? AND polled_at < ? GROUP BY outcome")
    return Span(
        polls=sum(outcomes.values()),
        polls_failed=sum(count for outcome, count in outcomes.items() if not Outcome(outcome).good),
        articles=pairs(
            "SELECT language, count(*) FROM article WHERE first_seen >= ? AND first_seen < ? AND merged_into IS NULL "
            "AND arrival = 'live' GROUP BY language ORDER BY 2 DESC, 1"
        ),
        alerts=pairs(
            "SELECT a.language, count(DISTINCT a.id) FROM alert l JOIN article a ON a.id = l.article_id "
            "WHERE l.alerted_at >= ? AND l.alerted_at < ? GROUP BY a.language ORDER BY 2 DESC, 1"
        ),
        fresh=pairs(
            "SELECT source, sum(new_articles) FROM poll WHERE polled_at >= ? AND polled_at < ? AND new_articles > 0 "
            "GROUP BY source"
        ),
        lost=pairs(
            "SELECT source, count(*) FROM poll WHERE polled_at >= ? AND polled_at < ? AND outcome = 'overflow' "
            "GROUP BY source ORDER BY 2 DESC, 1"
        ),
        pages_failed=pairs(
            "SELECT source, count(*) FROM article WHERE first_seen >= ? AND first_seen < ? AND page_state = 'failed' "
            "GROUP BY source ORDER BY 2 DESC, 1"
        ),
        mails_dead=_one(connection, "SELECT count(*) FROM outbox WHERE state IN ('dead', 'expired')"),
        database_bytes=_one(connection, "PRAGMA page_count") * _one(connection, "PRAGMA page_size"),
    )


def _one(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def signs(connection: sqlite3.Connection, now: datetime) -> Signs:
    """Signs of life now. A source whose host rests waits for its host."""
    row = connection.execute(
        "SELECT (SELECT max(polled_at) FROM poll) AS polled, "
        "(SELECT min(max(s.next_poll_at, coalesce(h.rest_until, ''))) FROM source s LEFT JOIN host h ON h.host = s.host "
        "WHERE s.enabled AND s.retired_at IS NULL) AS poll_due, "
        "(SELECT min(review_due_at) FROM article WHERE review_due_at <= :now) AS review_due, "
        "(SELECT min(due_at) FROM outbox WHERE state IN ('queued', 'sending', 'failed') AND due_at <= :now) AS mail_due, "
        "(SELECT coalesce(max(attempts), 0) FROM outbox WHERE state IN ('queued', 'sending', 'failed')) AS attempts",
        {"now": to_text(now)},
    ).fetchone()
    return Signs(
        maybe(row["polled"]),
        maybe(row["poll_due"]),
        maybe(row["review_due"]),
        maybe(row["mail_due"]),
        row["attempts"],
    )


def noted(notice: Notice | None) -> dict[str, Any]:
    """What a notice of several values holds; empty where there is none or it cannot be read."""
    if notice is None:
        return {}
    try:
        value = json.loads(notice.value)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
