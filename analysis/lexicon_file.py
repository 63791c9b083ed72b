"""Reading a topic's `lexicon.toml`: every fault is named with its concept, language and form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from analysis.forms import LexiconError, read_form
from analysis.lexicon import AMBIGUOUS, Concept, Gate, Lexicon

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = ("id", "category", "ambiguous")
_IN_LANGUAGE = ("name", "forms", "except")


def load_lexicon(data: Mapping[str, Any]) -> Lexicon:
    """Make the lexicon of what `lexicon.toml` says.

    Raises:
        LexiconError: names the concept, the language and the form at fault.

    """
    unknown = set(data) - {"concept", "gate"}
    if unknown:
        raise LexiconError(f"unknown key {min(unknown)!r}; there are [[concept]] and [gate]")
    concepts: dict[str, Concept] = {}
    for entry in _tables(data.get("concept", []), "concept"):
        concept = _concept(entry)
        if concept.id in concepts:
            raise LexiconError("this id is used twice", concept.id)
        concepts[concept.id] = concept
    return Lexicon(concepts, _gate(data.get("gate", {}), concepts))


def _concept(entry: Mapping[str, Any]) -> Concept:
    identity = entry.get("id")
    if not isinstance(identity, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", identity):
        raise LexiconError(f"found id {identity!r}, expected small letters, digits and underscores")
    names: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    exceptions: dict[str, tuple[str, ...]] = {}
    for key, value in entry.items():
        if re.fullmatch("[a-z]{2}", key) and key != "id":
            names[key], forms[key], exceptions[key] = _in_language(identity, key, value)
        elif key not in _KEYS:
            raise LexiconError(f"unknown key {key!r}; there are {', '.join(_KEYS)} and languages", identity)
    if not forms:
        raise LexiconError("has no forms in any language", identity)
    exceptions = {language: found for language, found in exceptions.items() if found}
    return Concept(identity, _category(identity, entry), names, forms, _ambiguous(identity, entry), exceptions)


def _category(identity: str, entry: Mapping[str, Any]) -> str:
    category = entry.get("category", "")
    if not isinstance(category, str):
        raise LexiconError(f"category: found {category!r}, expected str", identity)
    if not category:
        raise LexiconError("has no category", identity)
    return category


def _ambiguous(identity: str, entry: Mapping[str, Any]) -> str:
    written = entry.get("ambiguous", False)
    kind = {True: "text", False: ""}.get(written, "") if isinstance(written, bool) else written
    if not isinstance(kind, str) or kind not in AMBIGUOUS or written == "":
        raise LexiconError(f'ambiguous: found {written!r}, expected true, false or "sentence"', identity)
    return kind


def _in_language(concept: str, language: str, value: Any) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    if not isinstance(value, dict) or not {"name", "forms"} <= set(value) <= set(_IN_LANGUAGE):
        raise LexiconError('expected { name = "…", forms = ["…", …] }, and except if need be', concept, language)
    name, forms, exceptions = value["name"], value["forms"], value.get("except", [])
    if not isinstance(name, str) or not name.strip():
        raise LexiconError(f"found name {name!r}, expected a name to display", concept, language)
    if not isinstance(forms, list) or not forms:
        raise LexiconError("has no forms", concept, language)
    if not isinstance(exceptions, list):
        raise LexiconError(f"except: found {exceptions!r}, expected a list of forms", concept, language)
    for form in (*forms, *exceptions):
        read_form(concept, language, form)
    return name, tuple(forms), tuple(exceptions)


def _gate(data: Any, concepts: Mapping[str, Concept]) -> Gate:
    if not isinstance(data, dict) or not set(data) <= {"any", "together", "context"}:
        raise LexiconError("[gate] has only the keys any, together and context")

    def ids(key: str, found: Any) -> frozenset[str]:
        if not isinstance(found, list) or not found:
            raise LexiconError(f"[gate] {key}: found {found!r:.80}, expected a list of concept ids")
        for concept in found:
            if not isinstance(concept, str) or concept not in concepts:
                raise LexiconError(f"[gate] names {concept!r:.80}, which is no concept")
        return frozenset(found)

    rows = data.get("together", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise LexiconError("[gate] together: expected rows of concept ids or of lists of them")
    together = tuple(
        tuple(ids("together", place if isinstance(place, list) else [place]) for place in row) for row in rows
    )
    strong, context = (ids(key, data[key]) if data.get(key, []) != [] else frozenset() for key in ("any", "context"))
    return Gate(strong, together, context)


def _tables(value: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise LexiconError(f"expected [[{name}]] tables")
    return value
