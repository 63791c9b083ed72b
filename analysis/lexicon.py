"""The topic's vocabulary: finds which concepts a text speaks of, and whether it gives a reason to be read at all.

The lexicon is data, and so is the gate; both are explained at the head of the topic's `lexicon.toml`. One automaton
holds the first piece of every form; what it finds is checked for the form's other pieces, its capitals and its
boundaries. Letters are compared one by one in the folded text, so that a place found is a place in the text as given.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cache, cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import ahocorasick

from analysis.forms import Branch, Form, LexiconError, read_form
from analysis.language import language_of
from analysis.plain import plain
from analysis.sentences import sentences
from analysis.text import piece_end, same_length_fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["AMBIGUOUS", "Candidate", "Concept", "Gate", "Lexicon", "LexiconError", "Mention", "Scan"]

AMBIGUOUS = ("", "text", "sentence")
"""Where an ambiguous concept needs another beside it: nowhere, in the text, in the sentence."""


@dataclass(frozen=True, slots=True)
class Concept:
    """Something spoken of. `names` are for display, `forms` and `exceptions` as written in the topic, all by language.

    `ambiguous` is one of `AMBIGUOUS`. An exception is a phrase in which a form does not mean the concept.
    """

    id: str
    category: str
    names: Mapping[str, str]
    forms: Mapping[str, tuple[str, ...]]
    ambiguous: str = ""
    exceptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def name(self, language: str) -> str:
        """Give the display name, in English or whatever there is if not in this language."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()))


class Mention(NamedTuple):
    """Where a concept is named: characters of the text as given."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What a title and a text speak of: every mention that counts, in order, and the concepts in the lexicon's order.

    `all_title` and `all_text` hold the ambiguous mentions without context, too: for whoever weighs them.
    """

    title: tuple[Mention, ...] = ()
    text: tuple[Mention, ...] = ()
    concepts: tuple[str, ...] = ()
    all_title: tuple[Mention, ...] = ()
    all_text: tuple[Mention, ...] = ()


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
    """Whether a text gives a reason to be read, and which. True or false as such.

    `glanced`: nothing in it is reason enough by itself, it only reads like the topic at a glance.
    """

    passed: bool
    reason: str
    glanced: bool = False

    def __bool__(self) -> bool:
        return self.passed


@dataclass(frozen=True)
class Lexicon:
    """All concepts and the gate. Made by `analysis.lexicon_file.load_lexicon`."""

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
    def categories(self) -> Mapping[str, frozenset[str]]:
        """Category → the ids of its concepts."""
        found: dict[str, set[str]] = {}
        for concept in self.concepts_by_id.values():
            found.setdefault(concept.category, set()).add(concept.id)
        return {category: frozenset(ids) for category, ids in found.items()}

    @cached_property
    def _rank(self) -> Mapping[str, int]:
        return {concept: rank for rank, concept in enumerate(self.concepts_by_id)}

    @cached_property
    def _ambiguous(self) -> Mapping[str, str]:
        return {concept.id: concept.ambiguous for concept in self.concepts_by_id.values() if concept.ambiguous}

    @cached_property
    def _automaton(self) -> Any:
        """First piece of a form → the branch of forms that begin with it."""
        by_key: dict[str, list[Form]] = {}
        for form in self.all_forms():
            by_key.setdefault(form.key, []).append(form)
        automaton = ahocorasick.Automaton()
        for key, forms_of_key in by_key.items():
            automaton.add_word(key, Branch.of(key, tuple(dict.fromkeys(forms_of_key))))
        automaton.make_automaton()
        return automaton

    def all_forms(self) -> Iterator[Form]:
        """Yield every form and every exception of every concept, ready to be looked for."""
        for concept in self.concepts_by_id.values():
            for written_by_language, exception in ((concept.forms, False), (concept.exceptions, True)):
                for language, written in written_by_language.items():
                    for one in written:
                        yield read_form(concept.id, language, one, exception=exception)

    def mentions(self, text: str) -> list[Mention]:
        """Find every concept at every place, ambiguous ones too; the longest form where forms overlap in one concept."""
        written, places = plain(text)
        named: list[tuple[Form, int, int]] = []
        excepted: dict[str, list[tuple[int, int, str]]] = {}
        for form, start, end in self._found(written):
            if form.exception:
                excepted.setdefault(form.concept, []).append((start, end, form.language))
            else:
                named.append((form, start, end))
        longest: dict[tuple[str, int], int] = {}
        exceptions = {concept: _Exceptions(spans) for concept, spans in excepted.items()}
        language = cache(lambda: language_of(text))  # seldom asked
        for form, start, end in named:
            # What is no shell in Russian may be one in Ukrainian: an exception speaks for its language's forms and texts.
            others = exceptions[form.concept].languages(start, end) if form.concept in exceptions else None
            if others and (form.language in others or language() in others):
                continue
            if end > longest.get((form.concept, start), 0):
                longest[form.concept, start] = end
        found = [Mention(concept, start, end) for (concept, start), end in longest.items()]
        if places is not None:
            found = [Mention(one, places[start], piece_end(text, places[end - 1])) for one, start, end in found]
        return sorted(found, key=lambda mention: (mention.start, -mention.end, mention.concept))

    def scan(self, title: str, text: str = "") -> Scan:
        """Find what a title and a text speak of, leaving out ambiguous concepts that have no context."""
        in_title, in_text = self.mentions(title), self.mentions(text) if text else []
        everywhere = tuple(in_title), tuple(in_text)
        found = {mention.concept for mention in in_title}
        found.update(mention.concept for mention in in_text)
        context, ambiguous = self.gate.context, self._ambiguous
        if not found.isdisjoint(ambiguous):
            in_context = not found.isdisjoint(context)
            in_title = self._in_context(in_title, title, in_context=in_context)
            in_text = self._in_context(in_text, text, in_context=in_context)
            found = {mention.concept for mention in (*in_title, *in_text)}
        return Scan(tuple(in_title), tuple(in_text), tuple(sorted(found, key=self._rank.__getitem__)), *everywhere)

    def _in_context(self, mentions: list[Mention], text: str, *, in_context: bool) -> list[Mention]:
        """Leave out the ambiguous ones that no context makes clear."""
        if not in_context:
            return [mention for mention in mentions if mention.concept not in self._ambiguous]
        if all(self._ambiguous.get(mention.concept) != "sentence" for mention in mentions):
            return mentions
        clear = [mention.start for mention in mentions if mention.concept in self.gate.context]
        cleared = _Places(sentences(text), clear)
        return [
            mention
            for mention in mentions
            if self._ambiguous.get(mention.concept) != "sentence" or mention.start in cleared
        ]

    def concepts(self, text: str) -> tuple[str, ...]:
        """Find which concepts a text speaks of, in the lexicon's order; ambiguous ones only in context."""
        return self.scan("", text).concepts

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

    def _found(self, written: str) -> Iterator[tuple[Form, int, int]]:
        """Yield form, start and end of everything that stands in a text in plain writing."""
        folded = same_length_fold(written)
        automaton = self._automaton
        if not automaton:
            return
        for last, branch in automaton.iter(folded):
            start = last - branch.length + 1
            if branch.begins_word and start and folded[start - 1].isalnum():
                continue  # most of what the automaton finds stands inside a word
            for form in branch.at(folded, last + 1):
                end = form.end(folded, written, start)
                if end:
                    yield form, start, end


class _Places:
    """The places in those spans, one after the other, in which one of some points lies, also in order."""

    def __init__(self, spans: Sequence[tuple[int, int]], points: Sequence[int]) -> None:
        self._spans = [span for span in spans if bisect_left(points, span[0]) < bisect_left(points, span[1])]

    def __contains__(self, place: int) -> bool:
        at = bisect_right(self._spans, place, key=itemgetter(0)) - 1
        return at >= 0 and place < self._spans[at][1]


class _Exceptions:
    """Where phrases stand in which a concept is not meant, to be asked for every place where it was found."""

    def __init__(self, spans: list[tuple[int, int, str]]) -> None:
        self._spans = sorted(spans)
        self._longest = max(end - start for start, end, _ in spans)

    def languages(self, start: int, end: int) -> set[str]:
        """Give the languages of the phrases that overlap a place."""
        found = set()
        for at in range(bisect_left(self._spans, (start - self._longest,)), len(self._spans)):
            begin, stop, language = self._spans[at]
            if begin >= end:
                break
            if stop > start:
                found.add(language)
        return found
