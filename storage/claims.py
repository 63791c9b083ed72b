"""The ledger of claims: who said how many of what. An article's claims replace those that it had before.

What is the same keeps its number. What an analyst decided on stays, even if the machine no longer reads it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from storage.claim_decisions import judge
from storage.claim_groups import exchange
from storage.claim_model import ClaimChange, ClaimChanges
from storage.claim_rows import SightingRow, sightings_where
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from storage.claim_decisions import Judged
    from storage.claim_model import ClaimReading

_FIRST_PRESS = datetime(1950, 1, 1, tzinfo=UTC)  # what is dated before is dated wrongly
Pair = tuple[SightingRow | None, SightingRow | None]


class _Origin(NamedTuple):
    """What the sightings of an article have in common."""

    article: int
    version: int
    at: str
    first_seen_at: str
    language: str
    outlet: str


def store_claims(
    connection: sqlite3.Connection,
    article: int,
    version: int,
    readings: Sequence[ClaimReading],
    at: datetime,
    *,
    again: bool = False,
) -> ClaimChanges:
    """Replace an article's claims by what was read in one of its texts.

    `at` is since when the ledger has what is new; what is read `again` it would have had since the text was there.
    """
    row = connection.execute(
        "SELECT a.published_at, a.first_seen, a.language, a.outlet, v.seen_at FROM article a "
        "JOIN text_version v ON v.id = ? WHERE a.id = ?",
        (version, article),
    ).fetchone()
    since = min(to_text(at), row["seen_at"]) if again else to_text(at)
    origin = _Origin(article, version, _time_of(row), since, row["language"], row["outlet"])
    old = sightings_where(connection, "s.article_id = ? ORDER BY s.id", (article,))
    judged = judge(connection, article, readings)
    pairs = _pairs(old, [_row_of(one, origin) for one in judged])
    exchange(connection, pairs)
    return _changes(connection, article, pairs)


def kept_rows(connection: sqlite3.Connection, article: int, judged: Iterable[Judged]) -> list[SightingRow]:
    """Find what an article would keep by an analyst's decision alone if its claims were replaced by these."""
    old = sightings_where(connection, "s.article_id = ? ORDER BY s.id", (article,))
    nowhere = _Origin(article, 0, "", "", "", "")
    pairs = _pairs(old, [_row_of(one, nowhere) for one in judged])
    return [row for _, row in pairs if row is not None and not row.still_read]


def _time_of(row: sqlite3.Row) -> str:
    """Tell when an article was published; when it was first seen, if it says that it is of a later time, or of none that can be."""
    published, seen = from_text(row["published_at"]), from_text(row["first_seen"])
    return to_text(published if _FIRST_PRESS <= published <= seen else seen)


def _row_of(one: Judged, origin: _Origin) -> SightingRow:
    return SightingRow(
        article=origin.article,
        version=origin.version,
        place=one.reading.place,
        content=one.content,
        figure=one.figure,
        read=one.reading.figure,
        status=one.status,
        at=origin.at,
        first_seen_at=origin.first_seen_at,
        language=origin.language,
        outlet=origin.outlet,
        decision=one.decision,
        by=one.by,
    )


def _pairs(old: Sequence[SightingRow], new: Iterable[SightingRow]) -> list[Pair]:
    """Find for each new sighting the one that it was before, and what becomes of those that are not read any more."""
    before, after = list(old), list(new)
    pairs: list[Pair] = []
    for same in (_same_words, _same_claim, _same_place):
        for row in tuple(after):
            known = next((one for one in before if same(one, row)), None)
            if known is not None:
                before.remove(known)
                after.remove(row)
                pairs.append((known, _continued(known, row)))
    decided = {row.decision for _, row in pairs if row is not None} | {row.decision for row in after}
    pairs.extend((row, replace(row, still_read=False) if _stays(row, decided) else None) for row in before)
    pairs.extend((None, row) for row in after)
    return pairs


def _same_claim(one: SightingRow, other: SightingRow) -> bool:
    """Whether they are of the same claim; what was decided on one sentence is not passed on to another."""
    return one.key == other.key and one.decision == other.decision


def _same_words(one: SightingRow, other: SightingRow) -> bool:
    return one.content == other.content and one.key == other.key and one.rejected == other.rejected


def _same_place(one: SightingRow, other: SightingRow) -> bool:
    return one.content.meets(other.content)


def _continued(known: SightingRow, row: SightingRow) -> SightingRow:
    """Make a sighting what it is now, under the number that it had; its claim has had it since it had its figure."""
    same = known.key == row.key
    since = known.first_seen_at if same else row.first_seen_at
    return replace(row, id=known.id, claim=known.claim, first_seen_at=since)


def _stays(row: SightingRow, decided: set[int | None]) -> bool:
    """Whether an analyst decided on it, and her decision holds for no other sighting of the article."""
    return row.decision is not None and row.decision not in decided


def move_claims(connection: sqlite3.Connection, elder: int, younger: int) -> None:
    """Make the claims of an article those of the one into which it is merged, where that has not the same."""
    article = connection.execute(
        "SELECT published_at, first_seen, language, outlet FROM article WHERE id = ?", (elder,)
    ).fetchone()
    theirs = sightings_where(connection, "s.article_id = ? ORDER BY s.id", (elder,))
    pairs: list[Pair] = []
    for row in sightings_where(connection, "s.article_id = ? ORDER BY s.id", (younger,)):
        same = next((one for one in theirs if _same_words(one, row)), None)
        if same is None:
            language = article["language"] or row.language
            at, outlet = _time_of(article), article["outlet"]
            pairs.append((row, replace(row, article=elder, at=at, language=language, outlet=outlet)))
        else:
            pairs.append((row, None))
            connection.execute(
                "UPDATE claim_sighting SET first_seen_at = min(first_seen_at, ?) WHERE id = ?",
                (row.first_seen_at, same.id),
            )
    exchange(connection, pairs)


def _changes(connection: sqlite3.Connection, article: int, pairs: Iterable[Pair]) -> ClaimChanges:
    """Tell what changed, with the numbers that claims have now."""
    added, removed, changed, kept = [], [], [], 0
    stored = sightings_where(connection, "s.article_id = ?", (article,))
    claims = {(row.place, row.key): row.claim for row in stored}
    for old, new in pairs:
        if old is None and new is not None:
            added.append(ClaimChange(claims[new.place, new.key], article, None, new.figure, new.place.sentence))
        elif old is not None and new is None:
            removed.append(ClaimChange(old.claim, article, old.figure, None, old.place.sentence))
        elif old is not None and new is not None and old.figure != new.figure:
            number = claims[new.place, new.key]
            changed.append(ClaimChange(number, article, old.figure, new.figure, new.place.sentence))
        else:
            kept += 1
    return ClaimChanges(tuple(added), tuple(removed), tuple(changed), kept)
