"""Looking into the ledger of claims, for people, mails and back-tests."""

# ruff: noqa: S608 - what is put together is of this module's own making; all values are bound

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from storage.claim_figures import NEW, first_article, may_be_new
from storage.claim_model import (
    ClaimDecision,
    ClaimSighting,
    Status,
    StoredClaim,
    Verdict,
    figure_from,
)
from storage.claim_rows import SIGHTINGS, figure_of, sighting_row
from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from storage.claim_model import ClaimFilter, ClaimKey
    from storage.claim_rows import SightingRow

_NOT_REJECTED = (Status.READ, Status.CONFIRMED, Status.CORRECTED)
_CLAIM = """
    SELECT c.*, s.sentence, s.evidence, s.article_id, s.outlet, s.language,
           (SELECT json_group_array(relay) FROM (SELECT relay FROM claim_relay WHERE sighting_id = s.id ORDER BY place))
           AS relays,
           (SELECT count(DISTINCT article_id) FROM claim_sighting WHERE claim_id = c.id) AS articles,
           (SELECT json_group_array(DISTINCT outlet) FROM claim_sighting WHERE claim_id = c.id) AS outlets,
           (SELECT max(still_read) FROM claim_sighting WHERE claim_id = c.id) AS still_read
    FROM claim c JOIN claim_sighting s
      ON s.id = (SELECT id FROM claim_sighting WHERE claim_id = c.id ORDER BY at, first_seen_at, id LIMIT 1)
"""


def claims_where(connection: sqlite3.Connection, wanted: ClaimFilter) -> list[StoredClaim]:
    """Claims that a filter is true of, by their earliest sightings: newest first, or the other way round."""
    sql, values = _condition(wanted)
    way = "ASC" if wanted.oldest_first else "DESC"
    ids = f"SELECT c.id FROM claim c WHERE {sql} ORDER BY c.first_at {way}, c.id {way} LIMIT ? OFFSET ?"
    rows = connection.execute(
        f"{_CLAIM} WHERE c.id IN ({ids}) ORDER BY c.first_at {way}, c.id {way}", (*values, wanted.limit, wanted.offset)
    )
    return [_stored(row) for row in rows]


def count_claims(connection: sqlite3.Connection, wanted: ClaimFilter) -> int:
    """How many claims a filter is true of."""
    sql, values = _condition(wanted)
    return int(connection.execute(f"SELECT count(*) FROM claim c WHERE {sql}", values).fetchone()[0])


def _condition(wanted: ClaimFilter) -> tuple[str, list[object]]:
    """Make a filter a condition on `c`, with its values."""
    parts: list[tuple[str, object]] = [
        (f"c.{column} IN (SELECT value FROM json_each(?))", json.dumps(values))
        for column, values in (
            ("unit", wanted.units),
            ("event", wanted.events),
            ("actor", wanted.actors),
            ("recipient", wanted.recipients),
            ("origin", wanted.origins),
            ("origin NOT", wanted.origins_not),
            ("status", wanted.statuses or _NOT_REJECTED),
        )
        if values
    ]
    if wanted.since is not None:
        parts.append(("c.first_at >= ?", to_text(wanted.since)))
    if wanted.until is not None:
        parts.append(("c.first_at < ?", to_text(wanted.until)))
    if wanted.recap is not None:
        parts.append(("c.recap = ?", wanted.recap))
    parts.extend(
        (f"c.id IN (SELECT s.claim_id FROM claim_sighting s WHERE {sql})", value) for sql, value in _seen(wanted)
    )
    conditions = [sql for sql, _ in parts] + ([NEW] if wanted.new else [])
    return " AND ".join(conditions), [value for _, value in parts]


def _seen(wanted: ClaimFilter) -> Iterable[tuple[str, object]]:
    """Give what must be true of a sighting of the claim."""
    if wanted.article is not None:
        yield "s.article_id = ?", wanted.article
    if wanted.outlets:
        yield "s.outlet IN (SELECT value FROM json_each(?))", json.dumps(wanted.outlets)
    if wanted.relays:
        relayed = "SELECT sighting_id FROM claim_relay WHERE relay IN (SELECT value FROM json_each(?))"
        yield f"s.id IN ({relayed})", json.dumps(wanted.relays)
    if wanted.text:
        yield "s.sentence GLOB ?", _in_any_case(wanted.text)


def _in_any_case(text: str) -> str:
    """Make a pattern for a stretch of a sentence: SQLite's own comparison folds only Latin letters."""
    return f"*{''.join(map(_letter, unicodedata.normalize('NFC', text)))}*"


def _letter(letter: str) -> str:
    ways = "".join(dict.fromkeys(one for one in (letter, letter.lower(), letter.upper()) if len(one) == 1))
    return f"[{ways}]" if len(ways) > 1 or letter in "*?[" else letter


def claim_of(connection: sqlite3.Connection, claim: int) -> StoredClaim | None:
    """One claim by its number, rejected or not."""
    row = connection.execute(f"{_CLAIM} WHERE c.id = ?", (claim,)).fetchone()
    return None if row is None else _stored(row)


def _stored(row: sqlite3.Row) -> StoredClaim:
    return StoredClaim(
        id=row["id"],
        figure=figure_of(row),
        status=Status(row["status"]),
        first_at=from_text(row["first_at"]),
        last_at=from_text(row["last_at"]),
        articles=row["articles"],
        outlets=tuple(sorted(json.loads(row["outlets"]))),
        still_read=bool(row["still_read"]),
        sentence=row["sentence"],
        evidence=row["evidence"],
        article=row["article_id"],
        outlet=row["outlet"],
        language=row["language"],
    )


_SEEN = f"""
    SELECT s.*, v.title, CASE WHEN a.url = '' THEN a.canonical_url ELSE a.url END AS url
    FROM ({SIGHTINGS} WHERE %s) s JOIN text_version v ON v.id = s.text_version_id JOIN article a ON a.id = s.article_id
"""


def sightings_of(connection: sqlite3.Connection, claim: int) -> list[ClaimSighting]:
    """Where a claim was read, earliest first."""
    rows = connection.execute(f"{_SEEN % 's.claim_id = ?'} ORDER BY s.at, s.first_seen_at, s.id", (claim,)).fetchall()
    return _sightings(connection, rows)


def claims_of_articles(connection: sqlite3.Connection, articles: Collection[int]) -> dict[int, list[ClaimSighting]]:
    """The claims of some articles, as the text gives them, without those that were rejected."""
    asked = "s.article_id IN (SELECT value FROM json_each(?)) AND NOT c.rejected"
    rows = connection.execute(
        f"{_SEEN % asked} ORDER BY s.article_id, s.field = 'text', s.evidence_start, s.id",
        (json.dumps(list(articles)),),
    ).fetchall()
    found = defaultdict(list)
    for one in _sightings(connection, rows):
        found[one.article].append(one)
    return dict(found)


def _sightings(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> list[ClaimSighting]:
    """Make sightings of rows, and look once for each figure which of them had it first."""
    first: dict[ClaimKey, int | None] = {}
    found = []
    for row in rows:
        seen = sighting_row(row)
        new = may_be_new(seen.figure) and not seen.rejected
        if new and seen.key not in first:
            first[seen.key] = first_article(connection, seen.figure)
        found.append(_sighting(row, seen, new=new and first[seen.key] == seen.article))
    return found


def _sighting(row: sqlite3.Row, seen: SightingRow, *, new: bool) -> ClaimSighting:
    return ClaimSighting(
        id=row["id"],
        claim=seen.claim,
        article=seen.article,
        version=seen.version,
        place=seen.place,
        figure=seen.figure,
        read=seen.read,
        status=seen.status,
        by=seen.by,
        still_read=seen.still_read,
        at=from_text(seen.at),
        first_seen_at=from_text(seen.first_seen_at),
        language=seen.language,
        outlet=seen.outlet,
        title=row["title"],
        url=row["url"],
        new=new,
    )


def decisions_of(connection: sqlite3.Connection, claim: int) -> list[ClaimDecision]:
    """What was decided on a claim's figures, in any of the sentences in which it is sighted, latest first."""
    rows = connection.execute(
        "SELECT * FROM claim_decision WHERE id IN (SELECT d.id FROM claim_sighting s JOIN claim_decision d "
        "ON d.sentence_key = s.sentence_key AND d.folded_start < s.folded_end AND s.folded_start < d.folded_end "
        "WHERE s.claim_id = ?) ORDER BY id DESC",
        (claim,),
    )
    return [_decision(row) for row in rows]


def all_decisions(connection: sqlite3.Connection, limit: int = 1000) -> list[ClaimDecision]:
    """Everything that was decided, latest first."""
    rows = connection.execute("SELECT * FROM claim_decision ORDER BY id DESC LIMIT ?", (limit,))
    return [_decision(row) for row in rows]


def _decision(row: sqlite3.Row) -> ClaimDecision:
    return ClaimDecision(
        id=row["id"],
        at=from_text(row["decided_at"]),
        who=row["who"],
        why=row["why"],
        verdict=Verdict(row["verdict"]),
        claim=row["claim_id"],
        sentence=row["sentence"],
        evidence=row["evidence"],
        read=figure_from(json.loads(row["read"])),
        figure=figure_from(json.loads(row["figure"])),
        changed=tuple(json.loads(row["changed"])),
    )
