"""Searching the archive in the language of rules: a query as the neutral filter that storage understands.

The archive's words are cut by FTS5's unicode61, ours by `analysis.text`; where the two differ, every spelling the archive
may hold is asked for. Nothing but letters, digits and apostrophes gets between the double quotes of an expression. What
SQL cannot tell (one sentence, the lead, a Korean word without particles) is asked for widely, and said to be so. Korean texts
are asked more widely still: there any noun may be glued to a Latin word or a figure, as in "KN-23미사일".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, assert_never

from analysis.claim_fields import ANY, Amount, Both, Claimed, Either, Trait
from analysis.fields import Author, Field, Published, Relevance, Url
from analysis.inflect import all_spellings, spellings, with_yo
from analysis.nodes import And, InSentence, Lemma, Mentioned, Near, Node, Not, Or, Words, all_of
from analysis.text import HANGUL, starts_with_hangul
from storage.brackets import SHALLOW, parser_stack
from storage.filters import (
    All,
    AnyOf,
    Anything,
    AuthorTerm,
    ClaimTerm,
    ConceptTerm,
    FieldTerm,
    Filter,
    PublishedTerm,
    RelevanceTerm,
    TextTerm,
    UrlTerm,
)
from storage.filters import Not as NotFilter

if TYPE_CHECKING:
    from analysis.claim_fields import Condition
    from analysis.query import Query

_GLUED = re.compile(f"(?<=[^ {HANGUL}]) (?=[{HANGUL}])|(?<=[{HANGUL}]) (?=[^ {HANGUL}])")
_LATIN = re.compile("[a-z0-9]+")
_PARTICLES = [
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "에",
    "에서",
    "에게",
    "으로",
    "로",
    "와",
    "과",
    "도",
    "만",
    "까지",
    "부터",
    "측",
    "산",
    "식",
    "급",
    "형",
    "용",
    "발",
]
_FOLDED_LETTERS = re.compile("[е']|ss")  # that a text may have as another
_KOREAN = FieldTerm("lang", "ko")
_LAST_DAY = date.max
_Simple = Lemma | Words | Near | Mentioned | Field | Url | Author | Relevance | Published | Claimed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter, and whether what it finds is just what it was made of, or more. With `korean`, it is more in Korean texts."""

    filter: Filter
    exact: bool
    korean: bool = False


def to_filter(query: Query) -> Wanted:
    """Translate a query. It has been parsed, so nothing here can fail."""
    wanted, wide = _wanted(query.root), _wanted(query.root, wide=True)
    if wide.filter == wanted.filter or _never_korean(query.root):
        return wanted
    return Wanted(AnyOf((wanted.filter, All((_KOREAN, wide.filter)))), wanted.exact, korean=True)


def left_open(query: Query, *, korean: bool = False) -> Node | None:
    """Give the part of a query that its filter leaves open: the rest holds of all that it finds. None if nothing is.

    With `korean`, the part that it leaves open in texts in Korean.
    """
    parts = _parts(query.root)
    opened = [part for part in parts if not _wanted(part, wide=korean).exact]
    return all_of(opened) if opened else None


def _parts(root: Node) -> tuple[Node, ...]:
    return root.parts if isinstance(root, And) else (root,)


def _never_korean(root: Node) -> bool:
    return any(isinstance(part, Field) and part.name == "lang" and part.value != _KOREAN.value for part in _parts(root))


def _wanted(node: Node, *, wide: bool = False) -> Wanted:
    """The filter of a part; with `wide`, as it must be for texts in Korean."""
    match node:
        case And():
            parts = [_wanted(part, wide=wide) for part in node.parts]
            return Wanted(_all([part.filter for part in parts]), all(part.exact for part in parts))
        case Or():
            parts = [_wanted(part, wide=wide) for part in node.parts]
            return Wanted(_any([part.filter for part in parts]), all(part.exact for part in parts))
        case Not():
            part = _wanted(node.part, wide=wide)
            return Wanted(NotFilter(part.filter) if part.exact else Anything(), part.exact)
        case InSentence():
            return replace(_wanted(node.part, wide=wide), exact=False)
        case _:
            return _leaf(node, wide=wide)


def _all(parts: list[Filter]) -> Filter:
    """Join with AND: words as one expression, which is quickest."""
    texts = [part.match for part in parts if isinstance(part, TextTerm)]
    whole: list[Filter] = [part for part in parts if not isinstance(part, TextTerm | Anything)]
    if texts:
        whole.insert(0, TextTerm(_bracketed(texts, " AND ")))
    return Anything() if not whole else whole[0] if len(whole) == 1 else All(tuple(whole))


def _any(parts: list[Filter]) -> Filter:
    """Join with OR."""
    if any(isinstance(part, Anything) for part in parts):
        return Anything()
    texts = [part.match for part in parts if isinstance(part, TextTerm)]
    concepts = [concept for part in parts if isinstance(part, ConceptTerm) for concept in part.concepts]
    authors = dict.fromkeys(one for part in parts if isinstance(part, AuthorTerm) for one in part.stretches)
    others = (part for part in parts if not isinstance(part, TextTerm | ConceptTerm | AuthorTerm))
    whole: list[Filter] = list(dict.fromkeys(others))
    if authors:
        whole.append(AuthorTerm(tuple(authors)))
    if concepts or any(isinstance(part, ConceptTerm) for part in parts):
        whole.insert(0, ConceptTerm(tuple(sorted(set(concepts)))))
    if texts:
        whole.insert(0, TextTerm(_bracketed(texts, " OR ")))
    return whole[0] if len(whole) == 1 else AnyOf(tuple(whole))


def _bracketed(expressions: list[str], word: str) -> str:
    if len(expressions) == 1:
        return expressions[0]
    if max(map(parser_stack, expressions)) > SHALLOW:
        expressions = sorted(expressions, key=parser_stack, reverse=True)
    return word.join(f"({expression})" for expression in expressions)


def _leaf(leaf: _Simple, *, wide: bool) -> Wanted:  # noqa: PLR0911 - one for each kind
    match leaf:
        case Mentioned():
            return Wanted(ConceptTerm(tuple(sorted(leaf.ids))), exact=not leaf.zone)
        case Field():
            return Wanted(FieldTerm(leaf.name, leaf.value), exact=True)
        case Relevance():
            return Wanted(RelevanceTerm(leaf.sign, leaf.value), exact=True)
        case Published():
            last = leaf.last if leaf.last != _LAST_DAY else None
            return Wanted(PublishedTerm(leaf.first, last), exact=True)
        case Url():
            ascii_only = leaf.part.isascii()
            return Wanted(UrlTerm(leaf.part) if ascii_only else Anything(), exact=ascii_only)
        case Author():
            return Wanted(_author(leaf), exact=False)
        case Claimed():
            return _claimed(leaf.condition)
        case Lemma() | Words() | Near():
            return _worded(leaf, wide=wide)
        case _:
            assert_never(leaf)


def _claimed(condition: Condition) -> Wanted:
    """By the traits and amounts that must all be there; alternatives of one kind, too. What is new, or is not there, SQL leaves open."""
    parts = condition.parts if isinstance(condition, Both) else (condition,)
    traits: list[tuple[str, tuple[str, ...]]] = []
    low: int | None = None
    high: int | None = None
    exact = True
    for part in parts:
        if isinstance(part, Amount) and (low, high) == (None, None):
            low, high = part.low, part.high
        elif (asked := _asked(part)) is not None:
            traits += [asked] if asked[0] != ANY[0] else []
        else:
            exact = False
    return Wanted(ClaimTerm(tuple(traits), low, high), exact)


def _asked(part: Condition) -> tuple[str, tuple[str, ...]] | None:
    """The kind and the values of a trait, or of alternatives of one kind."""
    ways = part.parts if isinstance(part, Either) else (part,)
    traits = [(one.kind, one.value) for one in ways if isinstance(one, Trait)]
    kinds = {value if kind == "flag" else kind for kind, value in traits}
    if len(traits) < len(ways) or len(kinds) > 1 or "new" in kinds:
        return None
    return kinds.pop(), tuple(value for _, value in traits)


def _author(leaf: Author) -> Filter:
    """By the longest stretch of the name that folding leaves alone."""
    stretch = max((piece for word in leaf.words for piece in _FOLDED_LETTERS.split(word)), key=len)
    return AuthorTerm((stretch,)) if len(stretch) > 1 else Anything()


def _worded(leaf: Lemma | Words | Near, *, wide: bool) -> Wanted:
    column = "{title} : " if leaf.zone == "title" else "{text} : " if leaf.zone else ""
    exact = leaf.zone in ("", "title")
    if isinstance(leaf, Lemma):
        expressions = _lemma(leaf.word)
    else:
        exact = exact and _tells(leaf)
        ways = spellings(leaf.words, prefix=isinstance(leaf, Words) and leaf.prefix)
        if ways is None:
            exact, expressions = False, [_each(leaf)]
        elif isinstance(leaf, Words):
            expressions = [one for words in ways for one in _words(leaf, words)]
        else:
            expressions = [one for words in ways for one in _near(words, leaf.slop)]
    if wide and (glued := _glued(leaf)):
        exact, expressions = False, [*expressions, *glued]
    either = " OR ".join(dict.fromkeys(expressions))
    return Wanted(TextTerm(f"{column}({either})" if column or len(expressions) > 1 else either), exact)


def _tells(leaf: Words | Near) -> bool:
    """Whether the full text can tell where it stands."""
    if isinstance(leaf, Near):
        return len(leaf.words) == len(set(leaf.words)) == 2  # noqa: PLR2004 - FTS5 counts otherwise from three on
    return not leaf.whole and not (len(leaf.words) > 1 and any(map(starts_with_hangul, leaf.words)))


def _each(leaf: Words | Near) -> str:
    """All words, wherever: for those of which there are too many spellings to list each way of all."""
    last = len(leaf.words) - 1
    terms: list[str] = []
    for at, word in enumerate(leaf.words):
        going_on = isinstance(leaf, Words) and leaf.prefix and at == last
        star = " *" if going_on or starts_with_hangul(word) else ""
        ways = [f'"{one}"{star}' for way in with_yo(word, prefix=going_on) for one in _apostrophes(way)]
        terms.append(f"({' OR '.join(ways)})")
    return " AND ".join(dict.fromkeys(terms))


def _glued(leaf: Lemma | Words | Near) -> list[str]:
    """A Latin word or a figure in a Korean text with whatever noun is glued to it, which is one word to FTS5."""
    if isinstance(leaf, Lemma):
        return [f'"{form}" *' for form in all_spellings(leaf.word) if _LATIN.fullmatch(form)]
    if isinstance(leaf, Near):
        if not any(map(_LATIN.fullmatch, leaf.words)):
            return []
        terms = (
            f'"{word}" *' if _LATIN.fullmatch(word) or starts_with_hangul(word) else f'"{word}"' for word in leaf.words
        )
        return [f"NEAR({' '.join(terms)}, {_distance(leaf.words, leaf.slop)})"]
    return [f'"{" ".join(leaf.words)}" *'] if not leaf.prefix and _LATIN.fullmatch(leaf.words[-1]) else []


def _lemma(word: str) -> list[str]:
    if starts_with_hangul(word):
        return [f'"{word}" *']
    return [
        *(f'"{spelling}"' for form in all_spellings(word) for spelling in _apostrophes(form)),
        *_with_particles(word),
    ]


def _with_particles(phrase: str) -> list[str]:
    """A Latin word or a figure in a Korean text, with what is attached to it there."""
    if not _LATIN.fullmatch(phrase.rpartition(" ")[2]):
        return []
    return [f'"{phrase}{particle}"' for particle in _PARTICLES]


def _words(node: Words, words: tuple[str, ...]) -> list[str]:
    # Only the last word of a phrase can be a prefix to FTS5; words in Hangul all must be.
    loose = _near(words, 0) if any(starts_with_hangul(word) for word in words[:-1]) else []
    star = " *" if node.prefix or starts_with_hangul(words[-1]) else ""
    phrase = " ".join(words)
    return [
        *loose,
        *(f'"{spelling}"{star}' for spelling in _spellings(phrase)),
        *([] if star else _with_particles(phrase)),
    ]


def _near(words: tuple[str, ...], slop: int) -> list[str]:
    """FTS5 counts what stands between the first and the last word, we only words that were not asked for."""
    terms = [f'"{word}" *' if starts_with_hangul(word) else f'"{word}"' for word in words]
    plain = f"NEAR({' '.join(terms)}, {_distance(words, slop)})"
    return list(dict.fromkeys([plain, plain.replace("'", "ʼ")]))


def _distance(words: tuple[str, ...], slop: int) -> int:
    return slop + max(len(words) - 2, 0)


def _spellings(phrase: str) -> list[str]:
    """The apostrophe that Unicode calls a letter, and Hangul glued to what is not: one word there, two here."""
    return list(dict.fromkeys([*_apostrophes(phrase), _GLUED.sub("", phrase)]))


def _apostrophes(phrase: str) -> list[str]:
    return list(dict.fromkeys([phrase, phrase.replace("'", "ʼ")]))
