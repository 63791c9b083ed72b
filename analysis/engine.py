"""All rules at once: what a document holds is looked up once, and only rules of which everything needed is there are asked.

The rules' parts become one graph in which equal parts are one node. Words, beginnings, concepts, values and claims that a
document holds fire the nodes that look for them; an OR fires with its first part, an AND with its last. A part that has not
fired is false. One that has is true, or has yet to be looked at more closely (a phrase, a sentence, the lead): `sure` tells.
Parts that can be true of nothing, such as NOT, never fire, and an AND does not wait for them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from analysis.claim_fields import Claimed, Trait
from analysis.fields import Field, Relevance
from analysis.inflect import prepare
from analysis.nodes import (
    And,
    Evidence,
    InSentence,
    Leaf,
    Lemma,
    Mentioned,
    Near,
    Node,
    Not,
    Or,
    Words,
    by_sentence,
    in_all,
    in_any,
    worded_leaves,
)
from analysis.query import NOTHING, match_of
from analysis.text import starts_with_hangul

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from analysis.document import Document, Span
    from analysis.nodes import Places
    from analysis.query import Match, Query

_HEAD = 2  # letters by which beginnings are sorted


class Engine:
    """Many queries, asked together. The answers are those that each would give alone."""

    def __init__(self, queries: Sequence[Query]) -> None:
        prepare(leaf.word for query in queries for leaf in worded_leaves(query.root) if isinstance(leaf, Lemma))
        self._graph = _Graph()
        self._roots = [self._graph.add(query.root) for query in queries]
        self._asked: defaultdict[int, list[int]] = defaultdict(list)  # root → places of its queries
        self._always: list[int] = []
        for place, root in enumerate(self._roots):
            if self._graph.fires[root]:
                self._asked[root].append(place)
            else:
                self._always.append(place)

    def matches(self, document: Document) -> list[tuple[int, Match]]:
        """Give the places of the queries that are true of a document, in order, each with where and why."""
        asking = _Asking(self._graph, document)
        fired = [place for node in asking.fired_nodes if node in self._asked for place in self._asked[node]]
        true = (place for place in sorted([*fired, *self._always]) if asking.true(self._roots[place]))
        return [(place, match_of(asking.evidence(self._roots[place]), document)) for place in true]


@dataclass(slots=True)
class _Graph:
    """The parts of all queries. A node is a number; `parts`, `parents`, `need`, `fires` and `sure` are by it."""

    nodes: list[Node] = field(default_factory=list)
    parts: list[tuple[int, ...]] = field(default_factory=list)
    parents: list[list[int]] = field(default_factory=list)
    need: list[int] = field(default_factory=list)  # how many parts must fire before it does
    fires: list[bool] = field(default_factory=list)  # whether it can: else it is not waited for
    sure: list[bool] = field(default_factory=list)  # to fire is to be true
    by_word: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_beginning: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_concept: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_value: defaultdict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    by_claim: defaultdict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    always: list[int] = field(default_factory=list)  # what only a look at the document tells
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of beginnings, by their first letters
    _number: dict[Node, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """Enter a part with all its own, and give its number; an equal one has it already."""
        if (known := self._number.get(node)) is not None:
            return known
        match node:
            case And() | Or():
                return self._join(node, tuple(dict.fromkeys(self.add(part) for part in node.parts)))
            case Not():
                return self._new(node, (self.add(node.part),), fires=False)
            case InSentence():
                number = self._new(node, (self.add(node.part),), fires=True, need=1)
                self.parents[self.parts[number][0]].append(number)
                return number
            case _:
                return self._leaf(node)

    def _new(self, node: Node, parts: tuple[int, ...] = (), *, fires: bool, need: int = 0, sure: bool = False) -> int:
        number = self._number[node] = len(self.nodes)
        self.nodes.append(node)
        self.parts.append(parts)
        self.parents.append([])
        self.need.append(need)
        self.fires.append(fires)
        self.sure.append(sure)
        return number

    def _join(self, node: And | Or, parts: tuple[int, ...]) -> int:
        firing = [part for part in parts if self.fires[part]]
        if isinstance(node, And):
            number = self._new(node, parts, fires=bool(firing), need=len(firing))
        else:
            number = self._new(node, parts, fires=len(firing) == len(parts), need=1)
        for part in firing:
            self.parents[part].append(number)
        return number

    def _leaf(self, leaf: Leaf) -> int:
        if isinstance(leaf, Relevance) and leaf.holds(NOTHING):
            return self._new(leaf, fires=False)
        number = self._new(leaf, fires=True, sure=_is_sure(leaf))
        match leaf:
            case Lemma() if not starts_with_hangul(leaf.word):
                for form in leaf.forms:
                    self.by_word[form].append(number)
            case Lemma() | Words() | Near():
                word, open_end = _telling(leaf)
                if open_end:
                    self.by_beginning[word].append(number)
                    head = word[:_HEAD]
                    self.lengths[head] = tuple(sorted({*self.lengths.get(head, ()), len(word)}))
                else:
                    self.by_word[word].append(number)
            case _:
                self._enter(leaf, number)
        return number

    def _enter(self, leaf: Leaf, number: int) -> None:
        """Note what leads to a leaf that no word leads to."""
        match leaf:
            case Mentioned():
                for concept in leaf.ids:
                    self.by_concept[concept].append(number)
            case Field():
                self.by_value[leaf.name, leaf.value].append(number)
            case Claimed():
                for trait in leaf.telling:
                    self.by_claim[trait].append(number)
            case _:
                self.always.append(number)

    def held(self, document: Document) -> Iterator[int]:
        """Yield the leaves whose word, beginning, concept, value or claim a document holds, some of them more than once."""
        yield from self.always
        words = document.title_index.distinct | document.text_index.distinct
        for word in words & self.by_word.keys():
            yield from self.by_word[word]
        for word in words if self.by_beginning else ():
            for length in self.lengths.get(word[:_HEAD], ()):
                yield from self.by_beginning.get(word[:length], ())
            if word[:1] in self.lengths:
                yield from self.by_beginning[word[:1]]
        for concept in document.concepts & self.by_concept.keys():
            yield from self.by_concept[concept]
        for trait in document.claim_traits & self.by_claim.keys() if document.claims else ():
            yield from self.by_claim[trait]
        for name, values in document.fields.items():
            for value in values:
                yield from self.by_value.get((name, value), ())


def _is_sure(leaf: Leaf) -> bool:
    """Whether to hold its word is all that it asks for."""
    match leaf:
        case Lemma() | Mentioned():
            return not leaf.zone
        case Words():
            return not leaf.zone and len(leaf.words) == 1
        case Claimed():
            return isinstance(leaf.condition, Trait)
        case _:
            return isinstance(leaf, Field)


def _telling(leaf: Lemma | Words | Near) -> tuple[str, bool]:
    """The word by which several are looked for, the longest, and whether more letters may follow."""
    if isinstance(leaf, Lemma):
        return leaf.word, True
    at = max(range(len(leaf.words)), key=lambda place: len(leaf.words[place]))
    word = leaf.words[at]
    if isinstance(leaf, Near):
        return word, starts_with_hangul(word)
    return word, (leaf.prefix and at == len(leaf.words) - 1) or (not leaf.whole and starts_with_hangul(word))


class _Asking:
    """What the parts of a graph come to in one document, each found out once."""

    def __init__(self, graph: _Graph, document: Document) -> None:
        self._graph, self._document = graph, document
        self._known: dict[int, bool] = {}
        self._evidence: dict[int, Evidence] = {}
        self._sentences: dict[tuple[int, bool], Places] = {}
        self.fired_nodes = self._fire()

    def _fire(self) -> set[int]:
        graph = self._graph
        fired = set(graph.held(self._document))
        waiting = list(fired)
        missing: dict[int, int] = {}
        parents, need = graph.parents, graph.need
        while waiting:
            for parent in parents[waiting.pop()]:
                left = missing[parent] = missing.get(parent, need[parent]) - 1
                if not left:
                    fired.add(parent)
                    waiting.append(parent)
        return fired

    def true(self, number: int) -> bool:
        """Whether a part is true of the document."""
        graph = self._graph
        if graph.fires[number] and number not in self.fired_nodes:
            return False
        if graph.sure[number]:
            return True
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = self._look(number)
        return known

    def _look(self, number: int) -> bool:
        node, parts = self._graph.nodes[number], self._graph.parts[number]
        match node:
            case InSentence():
                return next(chain(*self._of_sentences(node, parts[0])), None) is not None
            case And():
                return all(map(self.true, parts))
            case Or():
                return any(map(self.true, parts))
            case Not():
                return not self.true(parts[0])
            case _:
                return node.holds(self._document)

    def evidence(self, number: int) -> Evidence:
        """What a part that is true has to show."""
        found = self._evidence.get(number)
        if found is not None:
            return found
        found = self._evidence[number] = Evidence()
        node = self._graph.nodes[number]
        if isinstance(node, And | Or):
            for part in self._graph.parts[number]:
                if self.true(part):
                    found.add(self.evidence(part))
        elif isinstance(node, InSentence):
            in_title, in_text = self._of_sentences(node, self._graph.parts[number][0])
            found.title.update(in_title)
            found.text.update(in_text)
        else:
            node.collect(self._document, found)
        return found

    def _of_sentences(self, node: InSentence, part: int) -> tuple[Iterable[Span], Iterable[Span]]:
        """The places in title and in text, as the node itself would find them."""
        in_title = self._by_sentence(part, in_title=True) if node.zone in ("", "title") else {}
        in_text = self._by_sentence(part, in_title=False) if node.zone != "title" else {}
        return chain.from_iterable(in_title.values()), node.within(in_text, self._document.lead_end)

    def _by_sentence(self, number: int, *, in_title: bool) -> Places:
        """The same as for a part alone, but what has not fired is not looked for, and each is looked for once."""
        if number not in self.fired_nodes:
            return {}
        key = (number, in_title)
        if key not in self._sentences:
            node, parts = self._graph.nodes[number], self._graph.parts[number]
            if isinstance(node, And):
                self._sentences[key] = in_all(partial(self._by_sentence, part, in_title=in_title) for part in parts)
            elif isinstance(node, Or):
                self._sentences[key] = in_any(self._by_sentence(part, in_title=in_title) for part in parts)
            else:
                self._sentences[key] = by_sentence(node, self._document, in_title=in_title)
        return self._sentences[key]
