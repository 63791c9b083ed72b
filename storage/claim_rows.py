"""Sightings of claims as rows: read, written, taken out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from storage.claim_content import Content
from storage.claim_model import STATUS_OF, ClaimReading, Figure, Place, Status, Verdict, figure_from

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from storage.claim_model import ClaimKey

PLACE = ("field", "evidence_start", "evidence_end", "sentence_start", "sentence_end", "evidence", "sentence")
_COLUMNS = (
    *("article_id", "text_version_id", *PLACE, "sentence_key", "folded_start", "folded_end", "approx", "modality"),
    *(
        "increment",
        "recap",
        "said_on",
        "at",
        "first_seen_at",
        "language",
        "outlet",
        "read",
        "still_read",
        "decision_id",
    ),
)
_INSERT = (
    f"INSERT INTO claim_sighting (id, claim_id, {', '.join(_COLUMNS)}) "  # noqa: S608 - ours
    f"VALUES ({','.join('?' * (len(_COLUMNS) + 2))})"
)
_NO_RELAYS = "DELETE FROM claim_relay WHERE sighting_id = ?"
# Everything about sightings, with their claim's key; a condition follows. `s`: the sighting, `c`: its claim, `d`: its decision.
SIGHTINGS = """
    SELECT s.*, c.unit, c.event, c.actor, c.recipient, c.origin, c.low, c.high, d.verdict, d.who,
           (SELECT json_group_array(relay) FROM (SELECT relay FROM claim_relay WHERE sighting_id = s.id ORDER BY place))
           AS relays
    FROM claim_sighting s JOIN claim c ON c.id = s.claim_id LEFT JOIN claim_decision d ON d.id = s.decision_id
"""


@dataclass(frozen=True, slots=True)
class SightingRow:
    """A sighting as it is stored. `id` is None and `claim` 0 before it is. `figure` is what counts, `read` what the machine read."""

    article: int
    version: int
    place: Place
    content: Content
    figure: Figure
    read: Figure
    status: Status
    at: str
    first_seen_at: str
    language: str
    outlet: str
    decision: int | None = None
    by: str = ""
    still_read: bool = True
    id: int | None = None
    claim: int = 0

    @property
    def rejected(self) -> bool:
        """Whether an analyst says that it is no claim."""
        return self.status == Status.REJECTED

    @property
    def key(self) -> ClaimKey:
        """What identifies its claim."""
        return self.figure.key

    @property
    def reading(self) -> ClaimReading:
        """The machine's reading."""
        return ClaimReading(self.read, self.place)

    @property
    def values(self) -> tuple[object, ...]:
        """What its columns hold."""
        figure, place = self.figure, self.place
        return (
            *(
                self.article,
                self.version,
                place.field,
                place.start,
                place.end,
                place.sentence_start,
                place.sentence_end,
            ),
            *(place.evidence, place.sentence, *self.content, figure.approx, figure.modality, figure.increment),
            *(figure.recap, figure.said_on and figure.said_on.isoformat(), self.at, self.first_seen_at, self.language),
            *(self.outlet, json.dumps(self.read.plain(), ensure_ascii=False), self.still_read, self.decision),
        )

    def stays_with(self, other: SightingRow) -> bool:
        """Whether it belongs to the claim that another one, which it replaces, belonged to."""
        return (self.key, self.rejected, self.at) == (other.key, other.rejected, other.at)


def insert(connection: sqlite3.Connection, row: SightingRow, claim: int) -> None:
    """Put a sighting in, under its number if it has one."""
    made = connection.execute(_INSERT, (row.id, claim, *row.values)).lastrowid
    _write_relays(connection, [(made, row.figure.relays)])


def update(connection: sqlite3.Connection, pairs: Sequence[tuple[SightingRow, SightingRow]]) -> None:
    """Write what is new of sightings, (old, new), that stay in their claims: only columns that change, to spare the indexes."""
    values = [(old.values, new.values, new.id) for old, new in pairs]
    places = [place for place in range(len(_COLUMNS)) if any(old[place] != new[place] for old, new, _ in values)]
    if places:
        marks = ", ".join(f"{_COLUMNS[place]} = ?" for place in places)
        sql = f"UPDATE claim_sighting SET {marks} WHERE id = ?"  # noqa: S608 - ours
        connection.executemany(sql, [(*(new[place] for place in places), number) for _, new, number in values])
    relayed = [new for old, new in pairs if old.figure.relays != new.figure.relays]
    connection.executemany(_NO_RELAYS, [(row.id,) for row in relayed])
    _write_relays(connection, [(row.id, row.figure.relays) for row in relayed])


def remove(connection: sqlite3.Connection, rows: Sequence[SightingRow]) -> None:
    """Take sightings out."""
    connection.executemany(_NO_RELAYS, [(row.id,) for row in rows])
    connection.executemany("DELETE FROM claim_sighting WHERE id = ?", [(row.id,) for row in rows])


def _write_relays(connection: sqlite3.Connection, relays: Iterable[tuple[int | None, tuple[str, ...]]]) -> None:
    connection.executemany(
        "INSERT INTO claim_relay VALUES (?,?,?)",
        [(sighting, place, relay) for sighting, through in relays for place, relay in enumerate(through)],
    )


def figure_of(row: sqlite3.Row) -> Figure:
    """The figure of a row that has a claim's key, its sighting's other fields and `relays` as JSON."""
    return Figure(
        unit=row["unit"],
        event=row["event"],
        actor=row["actor"] or None,
        recipient=row["recipient"] or None,
        low=row["low"],
        high=row["high"],
        approx=row["approx"],
        modality=row["modality"],
        origin=row["origin"] or None,
        relays=tuple(json.loads(row["relays"])),
        said_on=date.fromisoformat(row["said_on"]) if row["said_on"] else None,
        increment=bool(row["increment"]),
        recap=bool(row["recap"]),
    )


def sighting_row(row: sqlite3.Row) -> SightingRow:
    """A row of `SIGHTINGS` as a value."""
    return SightingRow(
        article=row["article_id"],
        version=row["text_version_id"],
        place=Place(*(row[name] for name in PLACE)),
        content=Content(row["sentence_key"], row["folded_start"], row["folded_end"]),
        figure=figure_of(row),
        read=figure_from(json.loads(row["read"])),
        status=Status.READ if row["verdict"] is None else STATUS_OF[Verdict(row["verdict"])],
        at=row["at"],
        first_seen_at=row["first_seen_at"],
        language=row["language"],
        outlet=row["outlet"],
        decision=row["decision_id"],
        by=row["who"] or "",
        still_read=bool(row["still_read"]),
        id=row["id"],
        claim=row["claim_id"],
    )


def sightings_where(connection: sqlite3.Connection, condition: str, values: tuple[object, ...]) -> list[SightingRow]:
    """Sightings by a condition of this package's own making on `s`, `c` or `d`."""
    return [sighting_row(row) for row in connection.execute(f"{SIGHTINGS} WHERE {condition}", values)]
