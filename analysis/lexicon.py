"""The topic's vocabulary: finds which concepts a text speaks of, and whether it gives a reason to be read at all.

The lexicon is data, and so is the gate; both are explained at the head of the topic's `lexicon.toml`. One automaton
holds the first piece of every form; what it finds is checked for the form's other pieces, its capitals and its
boundaries. Letters are compared one by one in the folded text, so that a place found is a place in the text as given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ahocorasick

from analysis.forms import Form, LexiconError, read_form
from analysis.text import same_length_fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Candidate", "Concept", "Gate", "Lexicon", "LexiconError", "Mention", "load_lexicon"]

_CONCEPT_KEYS = {"id": str, "category": str, "ambiguous": bool}
_SPACE, _DASH = re.compile(r"[^\S\n]|\n(?!\n)"), re.compile("[‐‑‒–—−]")
_DOT = re.compile("[ㆍ・‧∙•]")
_SUPERFLUOUS = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]+|(?<=[^\S\n])[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Concept:
    """Something spoken of. `names` are for display, `forms` as written in the topic, both by language."""

    id: str
    category: str
    names: Mapping[str, str]
    forms: Mapping[str, tuple[str, ...]]
    ambiguous: bool = False

    def name(self, language: str) -> str:
        """Give the display name, in English or whatever there is if not in this language."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()))


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a concept is named: characters of the text as given."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gate:
    """What gives a reason to read: any one of the concepts in `any`, or one in every place of a row of `together`.

    `context` are the concepts next to which an ambiguous one counts.
    """

    any: frozenset[str]
    together: tuple[tuple[frozenset[str], ...], ...]
    context: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whether a text gives a reason to be read, and which. True or false as such."""

    passed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.passed


@dataclass(frozen=True)
class Lexicon:
    """All concepts and the gate. Made by `load_lexicon`."""

    concepts_by_id: Mapping[str, Concept]
    gate: Gate

    @classmethod
    def empty(cls) -> Lexicon:
        """Make one that knows nothing."""
        return cls({}, Gate(frozenset(), (), frozenset()))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages in which concepts have forms."""
        return frozenset(language for concept in self.concepts_by_id.values() for language in concept.forms)

    @cached_property
    def _automaton(self) -> Any:
        """First piece of a form → the forms that begin with it."""
        by_key: dict[str, list[Form]] = {}
        for concept in self.concepts_by_id.values():
            for language, forms in concept.forms.items():
                for written in forms:
                    form = read_form(concept.id, language, written)
                    by_key.setdefault(form.key, []).append(form)
        automaton = ahocorasick.Automaton()
        for key, forms_of_key in by_key.items():
            automaton.add_word(key, (len(key), tuple(dict.fromkeys(forms_of_key))))
        automaton.make_automaton()
        return automaton

    def mentions(self, text: str) -> list[Mention]:
        """Find every concept at every place, ambiguous ones too; the longest form where forms overlap in one concept."""
        plain, places = _plain(text)
        longest: dict[tuple[str, int], int] = {}
        for concept, start, end in self._found(plain):
            if end > longest.get((concept, start), 0):
                longest[concept, start] = end
        found = [
            Mention(concept, start if places is None else places[start], end if places is None else places[end - 1] + 1)
            for (concept, start), end in longest.items()
        ]
        return sorted(found, key=lambda mention: (mention.start, -mention.end, mention.concept))

    def concepts(self, text: str) -> tuple[str, ...]:
        """Find which concepts a text speaks of, in the lexicon's order; ambiguous ones only in context."""
        plain, _ = _plain(text)
        found = {concept for concept, _, _ in self._found(plain)}
        in_context = not found.isdisjoint(self.gate.context)
        return tuple(
            concept.id
            for concept in self.concepts_by_id.values()
            if concept.id in found and (in_context or not concept.ambiguous)
        )

    def candidate(self, text: str) -> Candidate:
        """Decide whether a text, headline and summary or whole, gives a reason to be read."""
        return self.judge(self.concepts(text))

    def judge(self, concepts: tuple[str, ...]) -> Candidate:
        """Decide from concepts already found."""
        strong = [concept for concept in concepts if concept in self.gate.any]
        if strong:
            return Candidate(passed=True, reason="names " + ", ".join(self._name(concept) for concept in strong[:3]))
        for row in self.gate.together:
            if all(not place.isdisjoint(concepts) for place in row):
                names = (self._name(next(c for c in concepts if c in place)) for place in row)
                return Candidate(passed=True, reason="names together " + ", ".join(names))
        return Candidate(passed=False, reason="names nothing of the topic")

    def _name(self, concept: str) -> str:
        return self.concepts_by_id[concept].name("en")

    def _found(self, plain: str) -> Iterator[tuple[str, int, int]]:
        """Yield concept, start and end of every form that stands in the text."""
        folded = same_length_fold(plain)
        automaton = self._automaton
        if not automaton:
            return
        for last, (length, forms) in automaton.iter(folded):
            start = last - length + 1
            for form in forms:
                end = form.end(folded, plain, start)
                if end:
                    yield form.concept, start, end


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
    names, forms = {}, {}
    for key, value in entry.items():
        if key in _CONCEPT_KEYS:
            if not isinstance(value, _CONCEPT_KEYS[key]):
                raise LexiconError(f"{key}: found {value!r}, expected {_CONCEPT_KEYS[key].__name__}", identity)
        elif re.fullmatch("[a-z]{2}", key):
            names[key], forms[key] = _in_language(identity, key, value)
        else:
            raise LexiconError(f"unknown key {key!r}; there are {', '.join(_CONCEPT_KEYS)} and languages", identity)
    if not entry.get("category"):
        raise LexiconError("has no category", identity)
    if not forms:
        raise LexiconError("has no forms in any language", identity)
    return Concept(identity, entry["category"], names, forms, ambiguous=entry.get("ambiguous", False))


def _in_language(concept: str, language: str, value: Any) -> tuple[str, tuple[str, ...]]:
    if not isinstance(value, dict) or set(value) != {"name", "forms"}:
        raise LexiconError('expected { name = "…", forms = ["…", …] }', concept, language)
    name, forms = value["name"], value["forms"]
    if not isinstance(name, str) or not name.strip():
        raise LexiconError(f"found name {name!r}, expected a name to display", concept, language)
    if not isinstance(forms, list) or not forms:
        raise LexiconError("has no forms", concept, language)
    for form in forms:
        read_form(concept, language, form)
    return name, tuple(forms)


def _gate(data: Any, concepts: Mapping[str, Concept]) -> Gate:
    if not isinstance(data, dict) or not set(data) <= {"any", "together", "context"}:
        raise LexiconError("[gate] has only the keys any, together and context")

    def ids(found: Any) -> frozenset[str]:
        if not isinstance(found, list) or not found:
            raise LexiconError(f"[gate] found {found!r}, expected a list of concept ids")
        for concept in found:
            if concept not in concepts:
                raise LexiconError(f"[gate] names {concept!r}, which is no concept")
        return frozenset(found)

    rows = data.get("together", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise LexiconError("[gate] together: expected rows of concept ids or of lists of them")
    together = tuple(tuple(ids(place if isinstance(place, list) else [place]) for place in row) for row in rows)
    strong, context = (ids(data[key]) if data.get(key) else frozenset() for key in ("any", "context"))
    return Gate(strong, together, context)


def _tables(value: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise LexiconError(f"expected [[{name}]] tables")
    return value


def _plain(text: str) -> tuple[str, list[int] | None]:
    """Make all spaces, dashes and middle dots alike and drop what is superfluous; with places in the given text if they moved."""
    places: list[int] | None = None
    if _SUPERFLUOUS.search(text):
        places, kept, at = [], [], 0
        for match in _SUPERFLUOUS.finditer(text):
            kept.append(text[at : match.start()])
            places.extend(range(at, match.start()))
            at = match.end()
        places.extend(range(at, len(text)))
        text = "".join([*kept, text[at:]])
    return _DOT.sub("·", _DASH.sub("-", _SPACE.sub(" ", text))), places
