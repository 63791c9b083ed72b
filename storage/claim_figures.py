"""Is a figure new, and what was said before: asked of the ledger while an article is reviewed or mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.claim_decisions import judge
from storage.claim_model import NEWS, Flow, LastFigure, Status, WeighedClaim
from storage.claim_rows import figure_of
from storage.claims import kept_rows
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from storage.claim_decisions import Judged
    from storage.claim_model import ClaimReading, Figure
    from storage.claim_rows import SightingRow

_LIKE = 50  # one part in so many: figures that differ by less than 2 % are the same
_LOOK = 400  # claims of a kind that are looked through for the last ones
# The article that had a figure first, `{}` being the figure's key and bounds: none else's sighting of it is news.
_FIRST = """
    SELECT f.article_id FROM claim k JOIN claim_sighting f
      ON f.id = (SELECT id FROM claim_sighting WHERE claim_id = k.id ORDER BY first_seen_at, id LIMIT 1)
    WHERE k.unit = {} AND k.event = {} AND k.actor = {} AND k.recipient = {} AND k.origin = {} AND k.denied = 0
      AND k.rejected = 0 AND k.low BETWEEN {} AND {} AND k.high BETWEEN {} AND {}
    ORDER BY f.first_seen_at, f.id LIMIT 1
"""
_FIRST_OF_FIGURE = _FIRST.format(*"?" * 9)
_FIRST_OF_CLAIM = _FIRST.format(
    *(f"c.{name}" for name in ("unit", "event", "actor", "recipient", "origin")),
    *(f"c.{end} {sign} c.{end} / {_LIKE}" for end in ("low", "high") for sign in "-+"),
)
NEW = f"""
    NOT c.denied AND NOT c.rejected AND EXISTS (
        SELECT 1 FROM claim_sighting s WHERE s.article_id = ({_FIRST_OF_CLAIM}) AND +s.claim_id = c.id
        AND NOT s.recap AND s.modality IN {NEWS})
"""  # noqa: S608 - ours
"""A condition on `c` (claim): one of its sightings is news."""


def weigh_claims(
    connection: sqlite3.Connection, article: int, readings: Sequence[ClaimReading]
) -> tuple[WeighedClaim, ...]:
    """What an article's readings come to before its rules are asked: decisions applied, rejected ones left out.

    Last come figures that an analyst confirmed or corrected in an earlier text: the ledger keeps them, so they count.
    """
    judged = judge(connection, article, readings)
    kept = kept_rows(connection, article, judged)
    found: list[tuple[Judged | SightingRow, bool]] = [*((one, False) for one in judged), *((one, True) for one in kept)]
    return tuple(
        WeighedClaim(
            one.reading, one.figure, one.status, figure_is_new(connection, one.figure, article), one.by, is_kept
        )
        for one, is_kept in found
        if one.status != Status.REJECTED
    )


def figure_is_new(connection: sqlite3.Connection, figure: Figure, article: int | None = None) -> bool:
    """Whether a figure is news: firm, no recap, and of this origin not in the ledger before, up to 2 % more or less.

    With `article`, what stands in that one does not count, nor what came into the ledger after it: so an article's figure
    remains new however often it is reviewed.
    """
    return may_be_new(figure) and first_article(connection, figure) in {None, article}


def may_be_new(figure: Figure) -> bool:
    """Whether a figure is said firmly enough to be news, and is no recap."""
    return figure.modality in NEWS and not figure.recap


def first_article(connection: sqlite3.Connection, figure: Figure) -> int | None:
    """Find the article that had the figure, up to 2 % more or less, of its origin before all others; None if none has."""
    values = (*figure.key[:5], *_like(figure.low), *_like(figure.high))
    row = connection.execute(_FIRST_OF_FIGURE, values).fetchone()
    return None if row is None else int(row[0])


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
