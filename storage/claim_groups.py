"""Which sightings are one claim: those of one figure and origin, as long as no gap between them is longer than 14 days.

What is grouped depends on the sightings alone and not on the order in which they came. Numbers stay: of claims that become
one the lowest survives, of one that falls apart the earlier part keeps it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from storage.claim_model import STATUS_OF, Status, Verdict
from storage.claim_rows import insert, remove, update
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from storage.claim_model import ClaimKey
    from storage.claim_rows import SightingRow

TOGETHER = timedelta(days=14)


def exchange(connection: sqlite3.Connection, pairs: Iterable[tuple[SightingRow | None, SightingRow | None]]) -> None:
    """Put sightings in the place of others: (old, new), one of them None if it only goes or comes.

    A sighting keeps its number, and its claim's if that is not another's.
    """
    gone, coming, staying, touched = [], [], [], set()
    for old, new in pairs:
        if old is not None and new is not None and new.stays_with(old):
            if new != old:
                staying.append((old, new))
                touched.add(old.claim)
            continue
        if old is not None:
            gone.append(old)
        if new is not None:
            coming.append(new)
    update(connection, staying)
    touched |= _regroup(connection, gone, coming)
    for claim in sorted(touched):
        _summarise(connection, claim)


def _regroup(connection: sqlite3.Connection, gone: Sequence[SightingRow], coming: Iterable[SightingRow]) -> set[int]:
    """Take some out and put others in. Gives the claims that they came into."""
    left = defaultdict(set)
    remove(connection, gone)
    for row in gone:
        left[row.claim].add(row.at)
    empty = {claim for claim, times in sorted(left.items()) if not _close(connection, claim, times)}
    placed = set()
    for row in sorted(coming, key=lambda row: (row.at, row.claim)):
        hint = row.claim if row.claim in empty else None
        claim = _place(connection, row.key, row.at, rejected=row.rejected, hint=hint)
        empty.discard(claim)
        insert(connection, row, claim)
        placed.add(claim)
    return placed


def _place(connection: sqlite3.Connection, key: ClaimKey, at: str, *, rejected: bool, hint: int | None) -> int:
    """Find the claim that a sighting belongs to; make it if there is none, under the number `hint` if that is free."""
    near = _near(connection, key, at, rejected=rejected)
    if not near:
        return _make(connection, key, at, rejected=rejected, number=hint)
    survivor, *others = near
    for other in others:
        connection.execute("UPDATE claim_sighting SET claim_id = ? WHERE claim_id = ?", (survivor, other))
        connection.execute(
            "UPDATE claim SET first_at = min(first_at, (SELECT first_at FROM claim WHERE id = ?1)), "
            "last_at = max(last_at, (SELECT last_at FROM claim WHERE id = ?1)) WHERE id = ?2",
            (other, survivor),
        )
        connection.execute("DELETE FROM claim WHERE id = ?", (other,))
    connection.execute(
        "UPDATE claim SET first_at = min(first_at, ?1), last_at = max(last_at, ?1) WHERE id = ?2", (at, survivor)
    )
    return survivor


def _near(connection: sqlite3.Connection, key: ClaimKey, at: str, *, rejected: bool) -> list[int]:
    """List the claims of a key that a sighting of that time belongs to, lowest number first."""
    time = from_text(at)
    rows = connection.execute(
        "SELECT id FROM claim WHERE (unit, event, actor, recipient, origin, denied, low, high, rejected) "
        "= (?,?,?,?,?,?,?,?,?) AND first_at <= ? AND last_at >= ? ORDER BY id",
        (*key, rejected, to_text(time + TOGETHER), to_text(time - TOGETHER)),
    )
    return [row["id"] for row in rows]


def _make(connection: sqlite3.Connection, key: ClaimKey, at: str, *, rejected: bool, number: int | None = None) -> int:
    made = connection.execute(
        "INSERT INTO claim (id, unit, event, actor, recipient, origin, denied, low, high, rejected, status, approx, "
        "modality, increment, recap, first_at, last_at) VALUES (?,?,?,?,?,?,?,?,?,?,'read','','',0,0,?,?)",
        (number, *key, rejected, at, at),
    ).lastrowid
    assert made is not None  # noqa: S101 - an INSERT has a rowid
    return made


def _close(connection: sqlite3.Connection, claim: int, times: Iterable[str]) -> bool:
    """Bring a claim in line after sightings of these times left it: it may fall apart there. False if it is gone.

    Only what is beside them is looked at: a figure that is repeated for years has thousands of sightings.
    """
    if not _summarise(connection, claim):
        return False
    gaps = {_gap_after(connection, claim, at) for at in times}
    later = [_split(connection, claim, begin) for begin in sorted(filter(None, gaps), reverse=True)]
    return all(_summarise(connection, part) for part in (claim, *later))


def _gap_after(connection: sqlite3.Connection, claim: int, at: str) -> str | None:
    """Tell when a claim goes on after a time, if there is a gap there that is too long."""
    before, after = connection.execute(
        "SELECT (SELECT max(at) FROM claim_sighting WHERE claim_id = ?1 AND at <= ?2), "
        "(SELECT min(at) FROM claim_sighting WHERE claim_id = ?1 AND at > ?2)",
        (claim, at),
    ).fetchone()
    if before is None or after is None or from_text(after) - from_text(before) <= TOGETHER:
        return None
    return str(after)


def _split(connection: sqlite3.Connection, claim: int, begin: str) -> int:
    """Make the sightings of a claim from some time on another claim."""
    made = connection.execute(
        "INSERT INTO claim (unit, event, actor, recipient, origin, denied, low, high, rejected, status, approx, modality, "
        "increment, recap, first_at, last_at) SELECT unit, event, actor, recipient, origin, denied, low, high, rejected, "
        "status, approx, modality, increment, recap, first_at, last_at FROM claim WHERE id = ?",
        (claim,),
    ).lastrowid
    assert made is not None  # noqa: S101 - an INSERT has a rowid
    connection.execute("UPDATE claim_sighting SET claim_id = ? WHERE claim_id = ? AND at >= ?", (made, claim, begin))
    return made


def _summarise(connection: sqlite3.Connection, claim: int) -> bool:
    """Set what a claim says of its sightings; False if it has none and is gone."""
    first = connection.execute(
        "SELECT approx, modality, increment, said_on, at FROM claim_sighting WHERE claim_id = ? "
        "ORDER BY at, first_seen_at, id LIMIT 1",
        (claim,),
    ).fetchone()
    if first is None:
        connection.execute("DELETE FROM claim WHERE id = ?", (claim,))
        return False
    verdicts = connection.execute(
        "SELECT DISTINCT d.verdict FROM claim_sighting s JOIN claim_decision d ON d.id = s.decision_id "
        "WHERE s.claim_id = ? AND s.decision_id IS NOT NULL",
        (claim,),
    )
    connection.execute(
        "UPDATE claim SET approx = ?, modality = ?, increment = ?, said_on = ?, first_at = ?, status = ?, "
        "last_at = (SELECT max(at) FROM claim_sighting WHERE claim_id = ?7), "
        "recap = NOT EXISTS (SELECT 1 FROM claim_sighting WHERE claim_id = ?7 AND recap = 0) WHERE id = ?7",
        (*first, _status({row["verdict"] for row in verdicts}), claim),
    )
    return True


def _status(verdicts: Collection[str]) -> Status:
    """Tell on whose word a claim stands. All sightings of a rejected claim are rejected."""
    for verdict in (Verdict.REJECT, Verdict.CORRECT, Verdict.CONFIRM):
        if verdict in verdicts:
            return STATUS_OF[verdict]
    return Status.READ
