"""What relevance is judged by: named features of an article, each 1 where it is there.

The *head* is the title and the lead, the *body* what follows: a short text is all head. Names of features:

    title:kp head:kp body:kp       a concept in the title, in the head, only in the body; with @ a group of concepts
    head:@kp+@war                  both groups in the head;  near:@kp+@war  in one sentence of it, body-near:… of the body
    sparse:@kp dense:@kp late:@kp  of a long text: in one sentence at most, in a third of them, not in its first three
    many:@military                 three concepts of a group
    word:артилл                    a word of the head, by its first letters: what the lexicon has no concept for
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from analysis.sentences import sentences
from analysis.text import starts_with_hangul, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analysis.lexicon import Mention, Scan

LONG = 6  # sentences, title included, from which a text can speak of something in passing
_LETTERS = 6  # of a word; inflection is behind them
_SYLLABLES = (2, 3)  # of a word in Hangul
_DENSE = 0.3
_MANY = 3


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scheme:
    """Which groups of concepts there are, which pairs of them are looked for, and whose frequency is measured."""

    groups: Mapping[str, frozenset[str]]
    pairs: tuple[tuple[str, str], ...]
    measured: frozenset[str]

    @cached_property
    def _by_concept(self) -> Mapping[str, frozenset[str]]:
        everything = frozenset().union(*self.groups.values()) if self.groups else _NONE
        return {one: frozenset(name for name, ids in self.groups.items() if one in ids) for one in everything}

    def groups_of(self, concepts: Iterable[str]) -> frozenset[str]:
        """Give the groups that any of these concepts is in."""
        return _NONE.union(*[self._by_concept.get(concept, _NONE) for concept in concepts])


def features(title: str, text: str, scan: Scan, scheme: Scheme, end: int) -> frozenset[str]:
    """Give the features of an article. `scan` is what the lexicon found in it, `end` where the lead of the text ends."""
    spans = sentences(text)
    in_title = {mention.concept for mention in scan.all_title}
    by_sentence = _by_sentence(scan.all_text, spans)
    split = sum(1 for start, _ in spans if start < end)
    head, body = [in_title, *by_sentence[:split]], by_sentence[split:]
    in_head, in_body = set().union(*head), set().union(*body) if body else set()
    found = {f"title:{concept}" for concept in in_title}
    found.update(f"head:{concept}" for concept in in_head)
    found.update(f"body:{concept}" for concept in in_body - in_head)
    head_groups = scheme.groups_of(in_head)
    found.update(f"title:@{group}" for group in scheme.groups_of(in_title))
    found.update(f"head:@{group}" for group in head_groups)
    found.update(f"body:@{group}" for group in scheme.groups_of(in_body) - head_groups)
    found.update(_pairs(head, body, head_groups, scheme))
    found.update(_frequencies([*head, *body], scheme))
    found.update(_words(title))
    found.update(_words(text[:end]))
    return frozenset(found)


def _by_sentence(mentions: Sequence[Mention], spans: Sequence[tuple[int, int]]) -> list[set[str]]:
    """The concepts of each sentence. Both come in order."""
    found: list[set[str]] = [set() for _ in spans]
    at = 0
    for mention in mentions:
        while at < len(spans) - 1 and mention.start >= spans[at][1]:
            at += 1
        found[at].add(mention.concept)
    return found


def _pairs(head: list[set[str]], body: list[set[str]], head_groups: frozenset[str], scheme: Scheme) -> Iterable[str]:
    near_head = [scheme.groups_of(sentence) for sentence in head if sentence]
    near_body = [scheme.groups_of(sentence) for sentence in body if sentence]
    for one, other in scheme.pairs:
        name = f"@{one}+@{other}"
        if one in head_groups and other in head_groups:
            yield f"head:{name}"
        if any(one in groups and other in groups for groups in near_head):
            yield f"near:{name}"
        if any(one in groups and other in groups for groups in near_body):
            yield f"body-near:{name}"


def _frequencies(sentence_concepts: list[set[str]], scheme: Scheme) -> Iterable[str]:
    everything = set().union(*sentence_concepts)
    for group, ids in scheme.groups.items():
        if len(ids & everything) >= _MANY:
            yield f"many:@{group}"
    if len(sentence_concepts) < LONG:
        return
    for group in scheme.measured:
        ids = scheme.groups[group]
        there = [not ids.isdisjoint(concepts) for concepts in sentence_concepts]
        if sum(there) <= 1:
            yield f"sparse:@{group}"
        if sum(there) >= _DENSE * len(there):
            yield f"dense:@{group}"
        if not any(there[:3]):
            yield f"late:@{group}"


def _words(text: str) -> Iterable[str]:
    for word in words(text):
        form = word.form
        if form.isdigit():
            continue
        if starts_with_hangul(form):
            yield from (f"word:{form[:length]}" for length in _SYLLABLES if len(form) >= length)
        else:
            yield f"word:{form[:_LETTERS]}"
