"""What is allowed in rules but hardly meant: sources that are not there, parts that can never be true, rules in vain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING

from analysis.fields import Field, Published
from analysis.nodes import And, InSentence, Lemma, Mentioned, Near, Node, Not, Or, Words, leaves
from analysis.text import starts_with_hangul

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from alerts.decide import Reader
    from alerts.rules import RuleSet
    from analysis.lexicon import Lexicon
    from analysis.nodes import Leaf

_SINGLE = ("outlet", "lang", "country", "relevance")  # of which an article has one value
_SCRIPTS = ((re.compile("[іїєґ]"), {"uk"}), (re.compile("[ыэъ]"), {"ru"}), (re.compile("[а-я]"), {"uk", "ru", "bg", "be", "sr", "mk", "kk"}))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule may name: ids of sources and of outlets, and the lexicon."""

    sources: Collection[str]
    outlets: Collection[str]
    lexicon: Lexicon


def advice(rules: RuleSet, known: Known, readers: Sequence[Reader]) -> dict[str, list[str]]:
    """Give sentences for each rule's id; none for a rule with which all is well."""
    found = {rule.id: list(dict.fromkeys(_of_query(rule.query.root, known))) for rule in rules.rules}
    for one, other in combinations(rules.rules, 2):
        if one.version == other.version:
            found[other.id].append(f"means the same as {one.id}")
    for rule in rules.enabled:
        if readers and not any(reader.follows(rule.id) for reader in readers):
            found[rule.id].append("no reader follows it")
    return found


def _of_query(root: Node, known: Known) -> Iterator[str]:
    for leaf in leaves(root):
        if isinstance(leaf, Field):
            yield from _unknown(leaf, {"source": known.sources, "outlet": known.outlets})
        if isinstance(leaf, Mentioned) and not leaf.ids:
            yield f"{leaf} can never be true: it has no concepts"
    yield from _never(root, known.lexicon, frozenset())


def _unknown(leaf: Field, known: Mapping[str, Collection[str]]) -> Iterator[str]:
    names = known.get(leaf.name)
    if names is not None and leaf.value not in {name.casefold() for name in names}:
        near = get_close_matches(leaf.value, names, n=1)
        yield f"{leaf}: there is no such {leaf.name}" + (f"; the nearest is {near[0]}" if near else "")


def _never(node: Node, lexicon: Lexicon, languages: frozenset[str]) -> Iterator[str]:
    """Name parts that no article can fulfil. `languages` are those that what stands beside the part allows; none: any."""
    match node:
        case And():
            asked = [_languages(part) for part in node.parts]
            allowed = frozenset.intersection(*limits) if (limits := [one for one in asked if one]) else languages
            yield from _contradictions(node)
            for part in node.parts:
                yield from _never(part, lexicon, allowed or languages)
        case Or():
            for part in node.parts:
                yield from _never(part, lexicon, languages)
        case InSentence():
            yield from _never(node.part, lexicon, languages)
        case Not():
            return
        case _:
            if languages and (own := _own_languages(node, lexicon)) is not None and not languages & own:
                asked_for = " or ".join(f"lang:{one}" for one in sorted(languages))
                yield f"{node} can never be true with {asked_for}: it is written {_named(own)}"


def _named(languages: frozenset[str]) -> str:
    return "only in " + ", ".join(sorted(languages)) if languages else "in no language"


def _languages(node: Node) -> frozenset[str]:
    """The languages that a part asks for; none if it leaves them open."""
    if isinstance(node, Field) and node.name == "lang":
        return frozenset({node.value})
    if isinstance(node, Or):
        asked = [_languages(part) for part in node.parts]
        return frozenset().union(*asked) if all(asked) else frozenset()
    return frozenset()


def _own_languages(leaf: Leaf, lexicon: Lexicon) -> frozenset[str] | None:
    """The languages in which a concept has forms, or a word its letters; None where that cannot be told."""
    if isinstance(leaf, Mentioned):
        concepts = (lexicon.concepts_by_id[one] for one in leaf.ids if one in lexicon.concepts_by_id)
        return frozenset(language for concept in concepts for language in concept.forms)
    words = leaf.words if isinstance(leaf, Words | Near) else (leaf.word,) if isinstance(leaf, Lemma) else ()
    for word in words:
        if starts_with_hangul(word):
            return frozenset({"ko"})
        for letters, languages in _SCRIPTS:
            if letters.search(word):
                return frozenset(languages)
    return None


def _contradictions(node: And) -> Iterator[str]:
    for one, other in combinations(node.parts, 2):
        same = isinstance(one, Field) and isinstance(other, Field) and one.name == other.name in _SINGLE
        denied = (isinstance(one, Not) and one.part == other) or (isinstance(other, Not) and other.part == one)
        apart = isinstance(one, Published) and isinstance(other, Published) and _apart(one, other)
        if (same and one != other) or denied or apart:
            yield f"{one} AND {other} can never be true together"


def _apart(one: Published, other: Published) -> bool:
    return any(
        early.last is not None and late.first is not None and early.last < late.first
        for early, late in ((one, other), (other, one))
    )
