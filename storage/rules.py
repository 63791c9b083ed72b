"""The rules that decide now: what the daemon has taken into force, to compare others with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule that decides. `query` is canonical, with its sets put in; `since` is when this version was taken into force."""

    id: str
    name: str
    query: str
    version: str
    since: datetime


def put_in_force(connection: sqlite3.Connection, rules: Iterable[tuple[str, str, str, str]], now: datetime) -> None:
    """Note which rules decide from now on, each as id, name, query and version. A version that decided already keeps its time."""
    before = {rule.id: rule for rule in in_force(connection)}
    connection.execute("DELETE FROM rule_in_force")
    for identity, name, query, version in rules:
        known = before.get(identity)
        since = known.since if known is not None and known.version == version else now
        connection.execute(
            "INSERT INTO rule_in_force (rule, name, query, version, since) VALUES (?,?,?,?,?)",
            (identity, name, query, version, to_text(since)),
        )


def in_force(connection: sqlite3.Connection) -> list[RuleInForce]:
    """The rules that decide, by id; none before a daemon has run."""
    rows = connection.execute("SELECT rule, name, query, version, since FROM rule_in_force ORDER BY rule")
    return [RuleInForce(row[0], row[1], row[2], row[3], from_text(row[4])) for row in rows]
