"""The parts a query is made of: how each is printed, and when it is true of a document.

Printing is canonical: what is printed parses to the same parts. Words are folded already. Every part offers
`holds` (fast, used on everything), `collect` (where and why, used on what is true) and `__str__`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.document import Document, Index

Span = tuple[int, int]  # character offsets

OPERATORS = frozenset({"and", "or", "not"})


@dataclass(slots=True)
class Evidence:
    """What made a query true: spans in title and text, and fields that had the value asked for."""

    title: set[Span] = field(default_factory=set)
    text: set[Span] = field(default_factory=set)
    fields: list[str] = field(default_factory=list)


class _Worded(ABC):
    """Whatever is looked for in title and text, or in the title only."""

    __slots__ = ()
    title: bool

    @abstractmethod
    def spans(self, index: Index) -> Iterator[Span]:
        """Yield where it stands in one of the two."""

    def holds(self, document: Document) -> bool:
        """Whether it is there at all."""
        found = next(self.spans(document.title_index), None)
        if found is None and not self.title:
            found = next(self.spans(document.text_index), None)
        return found is not None

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Add all its places."""
        evidence.title.update(self.spans(document.title_index))
        if not self.title:
            evidence.text.update(self.spans(document.text_index))


@dataclass(frozen=True, slots=True)
class Words(_Worded):
    """A word, or several in a row. With `prefix`, the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False
    title: bool = False

    def spans(self, index: Index) -> Iterator[Span]:
        """Yield from the first word's start to the last one's end."""
        last = len(self.words) - 1
        first = index.find(self.words[0], prefix=self.prefix and last == 0)
        if first and last:
            rest = [
                frozenset(index.find(word, prefix=self.prefix and at == last))
                for at, word in enumerate(self.words[1:], start=1)
            ]
            first = [at for at in first if all(at + step in places for step, places in enumerate(rest, start=1))]
        for at in first:
            yield index.words[at].start, index.words[at + last].end

    def holds(self, document: Document) -> bool:
        """Whether it is there at all; a single word, which most are, without the detour."""
        if len(self.words) > 1:
            return _Worded.holds(self, document)
        word = self.words[0]
        if document.title_index.find(word, prefix=self.prefix):
            return True
        return not self.title and bool(document.text_index.find(word, prefix=self.prefix))

    def __str__(self) -> str:
        field_name = "title:" if self.title else ""
        if self.prefix:
            return f"{field_name}{'-'.join(self.words)}*"
        if len(self.words) == 1 and self.words[0] not in OPERATORS:
            return field_name + self.words[0]
        return f'{field_name}"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Near(_Worded):
    """All words within a stretch that has at most `slop` others in it, in any order."""

    words: tuple[str, ...]
    slop: int
    title: bool = False

    def spans(self, index: Index) -> Iterator[Span]:
        """Yield each word of every such stretch."""
        needed = {word: self.words.count(word) for word in self.words}
        events = sorted(chain.from_iterable(((at, word) for at in index.find(word)) for word in needed))
        width = self.slop + len(self.words)
        start = 0
        for end, (position, _) in enumerate(events, start=1):
            while position - events[start][0] >= width:
                start += 1
            stretch = events[start:end]
            if all(sum(word == other for _, other in stretch) >= count for word, count in needed.items()):
                yield from ((index.words[at].start, index.words[at].end) for at, _ in stretch)

    def __str__(self) -> str:
        return f'{"title:" if self.title else ""}"{" ".join(self.words)}"~{self.slop}'


@dataclass(frozen=True, slots=True)
class Field:
    """A field that must have this value: source, outlet or lang."""

    name: str
    value: str

    def holds(self, document: Document) -> bool:
        """Whether the document has the value."""
        return self.value in document.fields[self.name]

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note the field."""
        if self.holds(document):
            evidence.fields.append(f"{self.name}: {self.value}")

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class And:
    """Every part is true."""

    parts: tuple[Node, ...]

    def holds(self, document: Document) -> bool:
        """Whether none fails."""
        return all(part.holds(document) for part in self.parts)

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Add what every part has to show."""
        for part in self.parts:
            part.collect(document, evidence)

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part is true."""

    parts: tuple[Node, ...]

    def holds(self, document: Document) -> bool:
        """Whether any is true."""
        return any(part.holds(document) for part in self.parts)

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Add what the true parts have to show."""
        for part in self.parts:
            if part.holds(document):
                part.collect(document, evidence)

    def __str__(self) -> str:
        return " OR ".join(f"({part})" if isinstance(part, And) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not true."""

    part: Node

    def holds(self, document: Document) -> bool:
        """Whether the part fails."""
        return not self.part.holds(document)

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Add nothing: absence has no place."""

    def __str__(self) -> str:
        return f"NOT ({self.part})" if isinstance(self.part, And | Or) else f"NOT {self.part}"


Node = Words | Near | Field | And | Or | Not


def all_of(parts: list[Node]) -> Node:
    """Join with AND, flat."""
    flat = tuple(chain.from_iterable(part.parts if isinstance(part, And) else (part,) for part in parts))
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(parts: list[Node]) -> Node:
    """Join with OR, flat."""
    flat = tuple(chain.from_iterable(part.parts if isinstance(part, Or) else (part,) for part in parts))
    return flat[0] if len(flat) == 1 else Or(flat)


def none_of(part: Node) -> Node:
    """Deny; twice is not at all."""
    return part.part if isinstance(part, Not) else Not(part)
