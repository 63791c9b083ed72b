"""The rules that decide what people are told of: read from the topic, asked of every article.

`rules.toml` holds `[[rule]]` tables (id, name, query, and enabled = false to rest one) and one `[sets]` table of named
fragments, which a query takes in with {name}. A set is a query of its own and may take in others.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analysis.engine import Engine
from analysis.query import Query, QueryError, parse
from storage.model import RuleHit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.lexicon import Lexicon
    from analysis.query import Document

_KEYS = {"id": str, "name": str, "query": str, "enabled": bool}
_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_INSERTION = re.compile(r'"(?:\\.|[^"\\])*"|\{(?P<name>[^{}"]*)\}', re.DOTALL)
_LONGEST = 20_000  # characters of an expanded query: sets of sets grow fast


class RuleError(ValueError):
    """A rule that cannot be used, in one line: file, rule, place in the query as written, reason."""

    def __init__(self, message: str, *, file: str = "", where: str = "", position: int | None = None) -> None:
        self.message, self.file, self.where, self.position = message, file, where, position
        place = f"character {position + 1}" if position is not None else ""
        super().__init__(": ".join(filter(None, (file, where, place, message))))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to be asked. `version` changes when what it means changes, not when it is written otherwise."""

    id: str
    name: str
    query: Query
    version: str
    enabled: bool = True


@dataclass(frozen=True)
class RuleSet:
    """All rules of a topic, in their order."""

    rules: tuple[Rule, ...] = ()

    @cached_property
    def enabled(self) -> tuple[Rule, ...]:
        """Those that are asked."""
        return tuple(rule for rule in self.rules if rule.enabled)

    @cached_property
    def _engine(self) -> Engine:
        return Engine([rule.query for rule in self.enabled])

    def hits(self, document: Document) -> tuple[RuleHit, ...]:
        """Give the enabled rules that are true of a document, with where and why."""
        found = ((self.enabled[place], match) for place, match in self._engine.matches(document))
        return tuple(
            RuleHit(rule.id, rule.name, rule.version, match.reason, match.title_marks, match.text_marks)
            for rule, match in found
        )


def load_rules(data: Mapping[str, Any], *, file: str, lexicon: Lexicon | None = None) -> RuleSet:
    """Read what a `rules.toml` says; `file` is how messages name it. Concepts must be those of the lexicon, if given.

    Raises:
        RuleError: the first rule or set that cannot be used.

    """
    for key in data:
        if key not in ("rule", "sets"):
            raise RuleError(f"unknown key {key!r}; there are [[rule]] and [sets]", file=file)
    sets = _Sets(data.get("sets", {}), file, lexicon)
    tables = data.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleError("expected [[rule]] tables", file=file)
    rules: dict[str, Rule] = {}
    for table in tables:
        rule = _rule(table, sets, file)
        if rule.id in rules:
            raise RuleError("this id is used twice", file=file, where=f"rule {rule.id}")
        rules[rule.id] = rule
    return RuleSet(tuple(rules.values()))


def _rule(table: Mapping[str, Any], sets: _Sets, file: str) -> Rule:
    where = f"rule {table.get('id', '?')}"
    for key, value in table.items():
        if key not in _KEYS:
            nearest = get_close_matches(key, _KEYS, n=1, cutoff=0.0)[0]
            raise RuleError(f"unknown key {key!r}; the nearest is {nearest!r}", file=file, where=where)
        if not isinstance(value, _KEYS[key]):
            raise RuleError(f"{key}: found {value!r}, expected {_KEYS[key].__name__}", file=file, where=where)
    for key in ("id", "name", "query"):
        if not table.get(key):
            raise RuleError(f"has no {key}", file=file, where=where)
    if not _ID.fullmatch(table["id"]):
        raise RuleError("an id is small letters, digits, - and _", file=file, where=where)
    query = sets.read(table["query"], where)
    version = hashlib.sha256(query.text.encode()).hexdigest()[:12]
    return Rule(table["id"], table["name"], query, version, table.get("enabled", True))


class _Sets:
    """The named fragments, each checked by itself, so that a query's own faults have their place in the query."""

    def __init__(self, data: Any, file: str, lexicon: Lexicon | None) -> None:
        if not isinstance(data, dict):
            raise RuleError("sets: expected a table of names and fragments", file=file)
        self.file, self.lexicon = file, lexicon
        self.fragments: dict[str, str] = {}
        for name, fragment in data.items():
            if not isinstance(fragment, str):
                raise RuleError(f"found {fragment!r}, expected text", file=file, where=f"set {name}")
            self.fragments[name] = fragment
        for name in self.fragments:
            self.read(self.fragments[name], f"set {name}", within=(name,))

    def read(self, written: str, where: str, within: tuple[str, ...] = ()) -> Query:
        """Expand and parse; a fault inside an insertion is reported where the insertion begins."""
        expanded, places = self._expand(written, where, within)
        try:
            return parse(expanded, self.lexicon)
        except QueryError as error:
            at = places[error.position] if error.position < len(places) else len(written)
            raise RuleError(error.message, file=self.file, where=where, position=at) from error

    def _expand(self, written: str, where: str, within: tuple[str, ...]) -> tuple[str, list[int]]:
        """Put the sets in; with the place in `written` that each character comes from."""
        parts: list[str] = []
        places: list[int] = []
        at = 0
        for match in _INSERTION.finditer(written):
            name = match["name"]
            if name is None:
                continue
            if name not in self.fragments:
                hint = get_close_matches(name, self.fragments, n=1, cutoff=0.0)
                known = f"; the nearest is {{{hint[0]}}}" if hint else ""
                raise RuleError(
                    f"there is no set {{{name}}}{known}", file=self.file, where=where, position=match.start()
                )
            if name in within:
                message = f"the set {{{name}}} takes in itself"
                raise RuleError(message, file=self.file, where=where, position=match.start())
            inner, _ = self._expand(self.fragments[name], f"set {name}", (*within, name))
            parts += [written[at : match.start()], "(", inner, ")"]
            places += [*range(at, match.start()), *[match.start()] * (len(inner) + 2)]
            at = match.end()
            if len(places) > _LONGEST:
                message = f"longer than {_LONGEST} characters once its sets are put in"
                raise RuleError(message, file=self.file, where=where, position=match.start())
        parts.append(written[at:])
        places += range(at, len(written))
        return "".join(parts), places
