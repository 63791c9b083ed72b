"""How a source stands: what its last poll came to, since when there is trouble, where it is, how far it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.model import Outcome
from storage.sources import host_of
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3

    from storage.model import PollResult

_NOT_MODIFIED = 304


def store_standing(connection: sqlite3.Connection, row: sqlite3.Row, result: PollResult, fresh: int) -> None:
    """How a source stands after a poll, with what the next one needs; `row` is how it stood before, `fresh` how much was new."""
    at, good = to_text(result.at), result.outcome.good
    detail = result.detail or (f"{len(result.faults)} entries could not be read" if result.faults else "")
    keep = result.status == _NOT_MODIFIED or not good or bool(result.body_sha256 == row["body_sha256"])
    values: dict[str, object] = {
        "last_poll_at": at,
        "next_poll_at": to_text(result.next_at),
        "leased_until": None,
        "outcome": result.outcome,
        "detail": detail,
        "failures": 0 if good else row["failures"] + 1,
        "etag": result.etag or row["etag"] if keep else result.etag,
        "last_modified": result.last_modified or row["last_modified"] if keep else result.last_modified,
        **_trouble(row, result),
        **_whereabouts(row, result),
    }
    if good:
        values |= {"last_good_at": at, "retired_at": None}
    if _sets_baseline(row, result):
        values["baseline_at"] = at
    if not keep:
        values["body_sha256"] = result.body_sha256
    if fresh:
        values["last_new_at"] = at
    for name in ("cursor", "rhythm", "hints"):
        if getattr(result, name) is not None:
            values[name] = getattr(result, name)
    if result.newest_at is not None:
        values["newest_at"] = to_text(result.newest_at)
    columns = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE source SET {columns} WHERE id = ?", (*values.values(), result.source))  # noqa: S608


def _sets_baseline(row: sqlite3.Row, result: PollResult) -> bool:
    """Whether this poll showed what was there before the watch. Half an answer does not at once: its other half is no news."""
    if row["baseline_at"] is not None:
        return False
    if result.outcome == Outcome.EMPTY:  # nothing was there: what comes is news
        return True
    return result.outcome.good and (result.whole or row["last_good_at"] is not None)


def _trouble(row: sqlite3.Row, result: PollResult) -> dict[str, object]:
    """Since when all is not well with a source. Lost entries are an event, and no state that lasts."""
    at = to_text(result.at)
    if result.outcome == Outcome.OVERFLOW:
        return {"overflow_at": at, "trouble_since": None}
    if result.outcome.sound:
        return {"trouble_since": None}
    return {"trouble_since": row["trouble_since"] or at, **({"retired_at": at} if result.retired else {})}


def _whereabouts(row: sqlite3.Row, result: PollResult) -> dict[str, object]:
    """Where a source is and where redirects say that it is."""
    if result.address is not None:
        host = host_of(result.address or row["url"])
        return {"address": result.address, "host": host, "moved_to": "", "moved_since": None, "moved_polls": 0}
    if not result.moved_to:
        return (
            {"moved_to": "", "moved_since": None, "moved_polls": 0} if row["moved_to"] and result.outcome.good else {}
        )
    if result.moved_to == row["moved_to"]:
        return {"moved_polls": row["moved_polls"] + 1}
    return {"moved_to": result.moved_to, "moved_since": to_text(result.at), "moved_polls": 1}
