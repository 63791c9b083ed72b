"""Searching the archive in the language of rules: a query as the neutral filter that storage understands.

The archive's words are cut by FTS5's unicode61, ours by `analysis.text`; where the two differ, every spelling the archive
may hold is asked for. Nothing but letters, digits and apostrophes gets between the double quotes of an expression. What
SQL cannot tell (one sentence, the lead, a Korean word without particles) is asked for widely, and said to be so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, assert_never

from analysis.fields import Author, Field, Published, Relevance, Url
from analysis.inflect import all_spellings, spellings
from analysis.nodes import And, InSentence, Lemma, Mentioned, Near, Node, Not, Or, Words, all_of
from analysis.text import HANGUL, starts_with_hangul
from storage.filters import (
    All,
    AnyOf,
    Anything,
    AuthorTerm,
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
_FOLDED_LETTERS = re.compile("[е']")  # that a text may have as another
_LAST_DAY = date.max
_Simple = Lemma | Words | Near | Mentioned | Field | Url | Author | Relevance | Published


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter, and whether what it finds is just what it was made of, or more."""

    filter: Filter
    exact: bool


def to_filter(query: Query) -> Wanted:
    """Translate a query. It has been parsed, so nothing here can fail."""
    return _wanted(query.root)


def left_open(query: Query) -> Node | None:
    """Give the part of a query that its filter leaves open: the rest holds of all that it finds. None if nothing is."""
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    opened = [part for part in parts if not _wanted(part).exact]
    return all_of(opened) if opened else None


def _wanted(node: Node) -> Wanted:
    match node:
        case And():
            parts = [_wanted(part) for part in node.parts]
            return Wanted(_all([part.filter for part in parts]), all(part.exact for part in parts))
        case Or():
            parts = [_wanted(part) for part in node.parts]
            return Wanted(_any([part.filter for part in parts]), all(part.exact for part in parts))
        case Not():
            part = _wanted(node.part)
            return Wanted(NotFilter(part.filter) if part.exact else Anything(), part.exact)
        case InSentence():
            return Wanted(_wanted(node.part).filter, exact=False)
        case _:
            return _leaf(node)


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
    return word.join(f"({expression})" for expression in expressions)


def _leaf(leaf: _Simple) -> Wanted:  # noqa: PLR0911 - one for each kind
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
        case Lemma() | Words() | Near():
            return _worded(leaf)
        case _:
            assert_never(leaf)


def _author(leaf: Author) -> Filter:
    """By the longest stretch of the name that folding leaves alone, as names are written: SQLite folds only Latin letters."""
    stretch = max((piece for word in leaf.words for piece in _FOLDED_LETTERS.split(word)), key=len)
    ways = dict.fromkeys((stretch, stretch.capitalize(), stretch.upper(), stretch.title()))
    return AuthorTerm(tuple(ways)) if len(stretch) > 1 else Anything()


def _worded(leaf: Lemma | Words | Near) -> Wanted:
    column = "{title} : " if leaf.zone == "title" else "{text} : " if leaf.zone else ""
    exact = leaf.zone in ("", "title")
    match leaf:
        case Lemma():
            expressions = _lemma(leaf.word)
        case Words():
            hangul = [word for word in leaf.words if starts_with_hangul(word)]
            exact = exact and not leaf.whole and not (hangul and len(leaf.words) > 1)
            expressions = [one for words in spellings(leaf.words) for one in _words(leaf, words)]
        case Near():
            exact = exact and len(leaf.words) == len(set(leaf.words)) == 2  # noqa: PLR2004 - FTS5 counts otherwise from three on
            expressions = [one for words in spellings(leaf.words) for one in _near(words, leaf.slop)]
    either = " OR ".join(dict.fromkeys(expressions))
    return Wanted(TextTerm(f"{column}({either})" if column or len(expressions) > 1 else either), exact)


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
    distance = slop + max(len(words) - 2, 0)
    terms = [f'"{word}" *' if starts_with_hangul(word) else f'"{word}"' for word in words]
    plain = f"NEAR({' '.join(terms)}, {distance})"
    return list(dict.fromkeys([plain, plain.replace("'", "ʼ")]))


def _spellings(phrase: str) -> list[str]:
    """The apostrophe that Unicode calls a letter, and Hangul glued to what is not: one word there, two here."""
    return list(dict.fromkeys([*_apostrophes(phrase), _GLUED.sub("", phrase)]))


def _apostrophes(phrase: str) -> list[str]:
    return list(dict.fromkeys([phrase, phrase.replace("'", "ʼ")]))
