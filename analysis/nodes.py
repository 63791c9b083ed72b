"""The parts a query is made of: how each is printed, and when it is true of a document.

Printing is canonical: what is printed parses to the same parts. Words are folded already. Every part offers
`holds` (fast, used on everything), `collect` (where and why, used on what is true) and `__str__`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from analysis.claim_fields import Claimed
from analysis.fields import Author, Field, Published, Relevance, Url
from analysis.inflect import inflections
from analysis.text import starts_with_hangul

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from analysis.document import Document, Index, Span

OPERATORS = frozenset({"and", "or", "not"})


@dataclass(slots=True)
class Evidence:
    """What made a query true: spans in title and text, and fields that had the value asked for."""

    title: set[Span] = field(default_factory=set)
    text: set[Span] = field(default_factory=set)
    fields: list[str] = field(default_factory=list)

    def add(self, other: Evidence) -> None:
        """Take in what another part has to show."""
        self.title |= other.title
        self.text |= other.text
        self.fields += other.fields


class Worded(ABC):
    """Whatever is looked for in title and text, or, with `zone`, only in the title, the lead or the body."""

    __slots__ = ()
    zone: str

    @abstractmethod
    def find(self, document: Document, *, in_title: bool) -> Iterable[Span]:
        """Give where it stands in one of the two, wherever there."""

    def title_spans(self, document: Document) -> Iterable[Span]:
        """Give where it counts in the title."""
        return self.find(document, in_title=True) if self.zone in ("", "title") else ()

    def text_spans(self, document: Document) -> Iterable[Span]:
        """Give where it counts in the text."""
        if self.zone == "title":
            return ()
        found = self.find(document, in_title=False)
        if self.zone == "lead":
            return (span for span in found if span[1] <= document.lead_end)
        return (span for span in found if span[0] >= document.lead_end) if self.zone == "body" else found

    def holds(self, document: Document) -> bool:
        """Whether it is there at all."""
        if next(iter(self.title_spans(document)), None) is not None:
            return True
        return next(iter(self.text_spans(document)), None) is not None

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Add all its places."""
        evidence.title.update(self.title_spans(document))
        evidence.text.update(self.text_spans(document))

    @property
    def _prefix(self) -> str:
        return f"{self.zone}:" if self.zone else ""


def _index(document: Document, *, in_title: bool) -> Index:
    return document.title_index if in_title else document.text_index


@dataclass(frozen=True, slots=True)
class Lemma(Worded):
    """A word in any of its forms. One in Hangul may have particles attached."""

    word: str
    zone: str = ""

    @property
    def forms(self) -> frozenset[str]:
        """All forms, folded."""
        return inflections(self.word)

    def find(self, document: Document, *, in_title: bool) -> Iterator[Span]:
        """Yield each place of each form."""
        index = _index(document, in_title=in_title)
        if not index.words:
            return  # forms take a dictionary, which the empty article is not worth
        for at in index.find(self.word) if starts_with_hangul(self.word) else index.find_any(self.forms):
            word = index.words[at]
            yield word[1], word[2]

    def __str__(self) -> str:
        return f"{self._prefix}{self.word}"


@dataclass(frozen=True, slots=True)
class Words(Worded):
    """Words in a row, as they are. With `prefix`, the last may go on. With `whole`, none in Hangul may."""

    words: tuple[str, ...]
    prefix: bool = False
    zone: str = ""
    whole: bool = False

    def find(self, document: Document, *, in_title: bool) -> Iterator[Span]:
        """Yield from the first word's start to the last one's end."""
        index = _index(document, in_title=in_title)
        last = len(self.words) - 1
        first = index.find(self.words[0], prefix=self.prefix and last == 0, whole=self.whole)
        if first and last:
            rest = [
                frozenset(index.find(word, prefix=self.prefix and at == last, whole=self.whole))
                for at, word in enumerate(self.words[1:], start=1)
            ]
            first = [at for at in first if all(at + step in places for step, places in enumerate(rest, start=1))]
        for at in first:
            yield index.words[at].start, index.words[at + last].end

    def __str__(self) -> str:
        if self.prefix:
            return f"{self._prefix}{'-'.join(self.words)}*"
        if self.whole or (len(self.words) == 1 and self.words[0] not in OPERATORS):
            return f"{self._prefix}={'-'.join(self.words)}"
        return f'{self._prefix}"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Near(Worded):
    """All words, as they are, within a stretch that has at most `slop` others in it, in any order."""

    words: tuple[str, ...]
    slop: int
    zone: str = ""

    def find(self, document: Document, *, in_title: bool) -> Iterator[Span]:
        """Yield each word of every such stretch."""
        return self._stretches(
            _index(document, in_title=in_title), 0, len(document.title if in_title else document.text)
        )

    def text_spans(self, document: Document) -> Iterable[Span]:
        """Give the words of stretches that lie in the zone as a whole."""
        if self.zone in ("", "title"):
            return Worded.text_spans(self, document)
        end = document.lead_end
        return self._stretches(document.text_index, *((0, end) if self.zone == "lead" else (end, len(document.text))))

    def _stretches(self, index: Index, begin: int, end: int) -> Iterator[Span]:
        needed = {word: self.words.count(word) for word in self.words}
        found = {word: index.find(word) for word in needed}
        if not all(found.values()):
            return
        places = ((at, word) for word, positions in found.items() for at in positions)
        events = sorted(one for one in places if index.words[one[0]].start >= begin and index.words[one[0]].end <= end)
        width = self.slop + len(self.words)
        first, missing = 0, len(self.words)  # of what is needed, in the stretch that ends here
        for last, (position, word) in enumerate(events, start=1):
            missing -= needed[word] > 0
            needed[word] -= 1
            while position - events[first][0] >= width:
                left = events[first][1]
                needed[left] += 1
                missing += needed[left] > 0
                first += 1
            if not missing:
                yield from ((index.words[at].start, index.words[at].end) for at, _ in events[first:last])

    def __str__(self) -> str:
        return f'{self._prefix}"{" ".join(self.words)}"~{self.slop}'


@dataclass(frozen=True, slots=True)
class Mentioned(Worded):
    """A concept of the lexicon, or any of a category: `name` as written, `ids` what it stands for."""

    name: str
    ids: frozenset[str] = field(compare=False)
    zone: str = ""

    def find(self, document: Document, *, in_title: bool) -> Iterator[Span]:
        """Yield where it is named."""
        if not self.ids.isdisjoint(document.concepts):
            for concept, start, end in document.title_mentions if in_title else document.text_mentions:
                if concept in self.ids:
                    yield start, end

    def holds(self, document: Document) -> bool:
        """Whether it is named at all."""
        return not self.ids.isdisjoint(document.concepts) and (not self.zone or Worded.holds(self, document))

    def __str__(self) -> str:
        return f"{self._prefix}@{self.name}"


@dataclass(frozen=True, slots=True)
class InSentence(Worded):
    """Several things in one sentence of the text, or in the title. `part` is an AND of what is worded, and of ORs of it."""

    part: And
    zone: str = ""

    def find(self, document: Document, *, in_title: bool) -> Iterable[Span]:
        """Give each part's places in such a sentence."""
        return chain.from_iterable(by_sentence(self.part, document, in_title=in_title).values())

    def text_spans(self, document: Document) -> Iterable[Span]:
        """Give the places in sentences that lie in the zone as a whole."""
        if self.zone == "title":
            return ()
        return self.within(by_sentence(self.part, document, in_title=False), document.lead_end)

    def within(self, found: Places, lead_end: int) -> Iterable[Span]:
        """Give those places in the text whose sentence lies in the zone as a whole."""
        if not self.zone:
            return chain.from_iterable(found.values())
        lead = self.zone == "lead"
        inside = (one for (start, end), one in found.items() if (end <= lead_end if lead else start >= lead_end))
        return chain.from_iterable(inside)

    def __str__(self) -> str:
        return f"{self._prefix}near:({self.part})"


Places = dict["Span", "list[Span]"]
"""Sentences, each with places in it."""


def by_sentence(node: Node, document: Document, *, in_title: bool) -> Places:
    """Give the sentences that a part is true of, each with its places."""
    if isinstance(node, And):
        return in_all(partial(by_sentence, part, document, in_title=in_title) for part in node.parts)
    if isinstance(node, Or):
        return in_any(by_sentence(part, document, in_title=in_title) for part in node.parts)
    return leaf_by_sentence(node, document, in_title=in_title) if isinstance(node, Worded) else {}


def in_all(parts: Iterable[Callable[[], Places]]) -> Places:
    """Join what must stand in one sentence; what comes after a part that is nowhere is not looked for."""
    found: list[Places] = []
    for part in parts:
        found.append(part())
        if not found[-1]:
            return {}
    common = set(found[0]).intersection(*found[1:])
    return {sentence: [span for one in found for span in one[sentence]] for sentence in sorted(common)}


def in_any(parts: Iterable[Places]) -> Places:
    """Join what may stand in a sentence."""
    merged: Places = {}
    for part in parts:
        for sentence, spans in part.items():
            merged.setdefault(sentence, []).extend(spans)
    return merged


def leaf_by_sentence(leaf: Worded, document: Document, *, in_title: bool) -> Places:
    """Give the sentences in which something stands. The title is one."""
    known: Places | None = document.remembered.get((leaf, in_title))
    if known is None:
        known = document.remembered[leaf, in_title] = {}
        for span in leaf.find(document, in_title=in_title):
            around = (0, len(document.title)) if in_title else document.sentence(span)
            if around is not None:
                known.setdefault(around, []).append(span)
    return known


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


Leaf = Lemma | Words | Near | Mentioned | InSentence | Field | Url | Author | Relevance | Published | Claimed
Node = Leaf | And | Or | Not


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


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield every part that has no parts of its own kind, those within one sentence as a whole."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        yield node


def worded_leaves(node: Node) -> Iterator[Worded]:
    """Yield what is looked for in title and text, also what is within one sentence."""
    for leaf in leaves(node):
        if isinstance(leaf, InSentence):
            yield from worded_leaves(leaf.part)
        elif isinstance(leaf, Worded):
            yield leaf
