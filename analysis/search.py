"""Searching the archive in the language of rules: a query as the neutral filter that storage understands.

The archive's words are cut by FTS5's unicode61, ours by `analysis.text`; where the two differ, every spelling the archive
may hold is asked for. Nothing but letters, digits and apostrophes gets between the double quotes of an expression.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from analysis.nodes import And, Field, Near, Node, Not, Or, Words
from analysis.text import HANGUL, starts_with_hangul
from storage.filters import All, AnyOf, FieldTerm, Filter, TextTerm
from storage.filters import Not as NotFilter

if TYPE_CHECKING:
    from analysis.query import Query

_GLUED = re.compile(f"(?<=[^ {HANGUL}]) (?=[{HANGUL}])|(?<=[{HANGUL}]) (?=[^ {HANGUL}])")


def to_filter(query: Query) -> Filter:
    """Translate a query. It has been parsed, so nothing here can fail."""
    return _filter(query.root)


def _filter(node: Node) -> Filter:
    match node:
        case And():
            return All(tuple(_filter(part) for part in node.parts))
        case Or():
            return AnyOf(tuple(_filter(part) for part in node.parts))
        case Not():
            return NotFilter(_filter(node.part))
        case Field():
            return FieldTerm(node.name, node.value)
        case Words():
            return TextTerm(_words(node), "title" if node.title else "")
        case Near():
            return TextTerm(_near(node.words, node.slop), "title" if node.title else "")
        case _:
            assert_never(node)


def _words(node: Words) -> str:
    # Only the last word of a phrase can be a prefix to FTS5; words in Hangul all must be.
    loose = [_near(node.words, 0)] if any(starts_with_hangul(word) for word in node.words[:-1]) else []
    star = " *" if node.prefix or starts_with_hangul(node.words[-1]) else ""
    spellings = [f'"{spelling}"{star}' for spelling in _spellings(" ".join(node.words))]
    return _either(loose + spellings)


def _near(words: tuple[str, ...], slop: int) -> str:
    """FTS5 counts what stands between the first and the last word, we only words that were not asked for."""
    distance = slop + max(len(words) - 2, 0)
    terms = [f'"{word}" *' if starts_with_hangul(word) else f'"{word}"' for word in words]
    plain = f"NEAR({' '.join(terms)}, {distance})"
    modifier = f"NEAR({' '.join(terms)}, {distance})".replace("'", "ʼ")
    return _either(list(dict.fromkeys([plain, modifier])))


def _spellings(phrase: str) -> list[str]:
    """The apostrophe that Unicode calls a letter, and Hangul glued to what is not: one word there, two here."""
    spellings = [phrase, phrase.replace("'", "ʼ"), _GLUED.sub("", phrase)]
    return list(dict.fromkeys(spellings))


def _either(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"({' OR '.join(expressions)})"
