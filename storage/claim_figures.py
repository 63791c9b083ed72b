"""Is a figure new, and what was said before: asked of the ledger while an article is reviewed or mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.claim_decisions import judge
from storage.claim_model import NEWS, Flow, LastFigure, Status, WeighedClaim
from storage.claim_rows import figure_of
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from storage.claim_model import ClaimReading, Figure

_LIKE = 50  # one part in so many: figures that differ by less than 2 % are the same
_LOOK = 400  # claims of a kind that are looked through for the last ones
_KEY = """
    c.unit = ? AND c.event = ? AND c.actor = ? AND c.recipient = ? AND c.origin = ? AND c.denied = 0 AND c.rejected = 0
    AND c.low BETWEEN ? AND ? AND c.high BETWEEN ? AND ?
"""


def weigh_claims(
    connection: sqlite3.Connection, article: int, readings: Sequence[ClaimReading]
) -> tuple[WeighedClaim, ...]:
    """What an article's readings come to before its rules are asked: decisions applied, rejected ones left out."""
    return tuple(
        WeighedClaim(one.reading, one.figure, one.status, figure_is_new(connection, one.figure, article), one.by)
        for one in judge(connection, article, readings)
        if one.status != Status.REJECTED
    )


def figure_is_new(connection: sqlite3.Connection, figure: Figure, article: int | None = None) -> bool:
    """Whether a figure is news: firm, no recap, and of this origin not in the ledger before, up to 2 % more or less.

    With `article`, what stands in that one does not count, nor what came into the ledger after it: so an article's figure
    remains new however often it is reviewed.
    """
    if figure.modality not in NEWS or figure.recap:
        return False
    low, high = _like(figure.low), _like(figure.high)
    values = (*figure.key[:5], *low, *high)
    sql = f"FROM claim c JOIN claim_sighting s ON s.claim_id = c.id WHERE {_KEY}"
    own = connection.execute(
        f"SELECT s.first_seen_at, s.id FROM claim_sighting s CROSS JOIN claim c ON c.id = s.claim_id WHERE {_KEY} "  # noqa: S608 - ours
        "AND s.article_id = ? ORDER BY 1, 2 LIMIT 1",
        (*values, article),
    ).fetchone()
    if own is None:
        known = connection.execute(f"SELECT 1 {sql} AND s.article_id IS NOT ? LIMIT 1", (*values, article))
    else:
        known = connection.execute(
            f"SELECT 1 {sql} AND s.article_id IS NOT ? AND (s.first_seen_at, s.id) < (?, ?) LIMIT 1",
            (*values, article, *own),
        )
    return known.fetchone() is None


def _like(value: int) -> tuple[int, int]:
    """Give the least and the greatest figure that is the same as this one."""
    return value - value // _LIKE, value + value // _LIKE


def last_figures(
    connection: sqlite3.Connection,
    flows: Collection[Flow],
    before: datetime,
    *,
    article: int | None = None,
    limit: int = 3,
) -> dict[Flow, tuple[LastFigure, ...]]:
    """The latest figures of the same kinds that were reported before, on whoever's word: one of each value and origin.

    Denials are left out, and what stands in `article` itself. A recap fills up where there are too few others.
    """
    return {flow: tuple(_last(_claims_of(connection, flow, before, article), limit)) for flow in flows}


def _claims_of(
    connection: sqlite3.Connection, flow: Flow, before: datetime, article: int | None
) -> Iterable[sqlite3.Row]:
    """Claims of a kind, latest first."""
    return connection.execute(
        "SELECT c.*, c.id AS claim, '[]' AS relays, (SELECT outlet FROM claim_sighting WHERE claim_id = c.id "
        "ORDER BY at, first_seen_at, id LIMIT 1) AS outlet FROM claim c WHERE c.unit = ? AND c.event = ? AND c.actor = ? "
        "AND c.recipient = ? AND c.first_at < ? AND NOT c.denied AND NOT c.rejected "
        "AND c.id NOT IN (SELECT claim_id FROM claim_sighting WHERE article_id = ?) "
        "ORDER BY c.first_at DESC, c.id DESC LIMIT ?",
        (*(part or "" for part in flow), to_text(before), article, _LOOK),
    )


def _last(rows: Iterable[sqlite3.Row], limit: int) -> list[LastFigure]:
    found: dict[tuple[str, int, int], sqlite3.Row] = {}
    recaps: dict[tuple[str, int, int], sqlite3.Row] = {}
    for row in rows:
        same = (row["origin"], row["low"], row["high"])
        (recaps if row["recap"] else found).setdefault(same, row)
        if len(found) >= limit:
            break
    for same, row in recaps.items():
        if len(found) < limit:
            found.setdefault(same, row)
    return [_last_of(row) for row in found.values()]


def _last_of(row: sqlite3.Row) -> LastFigure:
    return LastFigure(row["claim"], figure_of(row), from_text(row["first_at"]), row["outlet"], Status(row["status"]))
