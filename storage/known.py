"""What of a source has been seen before: asked while it is read, to tell what is new."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection


def known_entries(connection: sqlite3.Connection, source: str, addresses: Collection[str]) -> dict[str, frozenset[str]]:
    """Those of the canonical addresses under which the source has shown articles, with the hashes of what it said there.

    By address and not by key: some feeds use their ids again, and others make new ones at each request.
    """
    rows = connection.execute(
        "SELECT d.canonical_url, g.entry_sha256 FROM article_address d JOIN sighting g ON g.article_id = d.article_id "
        "WHERE g.source = ? AND d.canonical_url IN (SELECT value FROM json_each(?))",
        (source, json.dumps(list(addresses))),
    )
    known: dict[str, set[str]] = {}
    for row in rows:
        known.setdefault(row["canonical_url"], set()).add(row["entry_sha256"])
    return {address: frozenset(hashes) for address, hashes in known.items()}


def known_addresses(connection: sqlite3.Connection, source: str, hashes: Collection[int]) -> frozenset[int]:
    """Those of the address hashes that stood in the source's sitemap before."""
    rows = connection.execute(
        "SELECT address_hash FROM seen_address WHERE source = ? AND address_hash IN (SELECT value FROM json_each(?))",
        (source, json.dumps(list(hashes))),
    )
    return frozenset(row["address_hash"] for row in rows)
