r"""The language of rules and of search: Lucene's, as far as a rule can mean it.

    artillery shell*          both words; what stands side by side is joined by AND
    "north korea"             the words in this order        "korea russia"~5   both, with at most 5 others between
    title:parade              only in the title              source:yonhap-en outlet:yonhap lang:uk
    AND OR NOT ( )  -word     in capitals; AND binds tighter than OR, and OR tighter than words side by side

Words are compared as `analysis.text` folds them: without regard to case, ё or the kind of apostrophe; a hyphen
separates, so kn-23 is the phrase "kn 23". A word in Hangul is also found with more letters after it, because particles
attach (북한 finds 북한이). Nothing is dropped in silence: what a rule cannot mean is refused with its place, and so is a
rule that would be true of an empty article, such as NOT football.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as parse_lucene

from analysis.document import Document, Index
from analysis.nodes import OPERATORS, And, Evidence, Field, Near, Node, Not, Or, Span, Words, all_of, any_of, none_of
from analysis.syntax import DEEPEST, QueryError, check, check_word, explain
from analysis.text import forms

__all__ = [
    "OPERATORS",
    "And",
    "Document",
    "Field",
    "Index",
    "Match",
    "Near",
    "Node",
    "Not",
    "Or",
    "Query",
    "QueryError",
    "Span",
    "Words",
    "parse",
]

FIELDS = ("title", "source", "outlet", "lang")
_VALUES = {
    "source": (re.compile(r"[a-z0-9][a-z0-9_.-]*"), "the id of a source, such as yonhap-en"),
    "outlet": (re.compile(r"[a-z0-9][a-z0-9_.-]*"), "the id of an outlet, such as yonhap"),
    "lang": (re.compile(r"[a-z]{2}"), "the two letters of a language, such as uk"),
}
_NOTHING = Document("", "")
_SHOWN = 5  # words in a reason, of the title and of the text


@dataclass(frozen=True, slots=True)
class Match:
    """Where a query is true of a document: sorted spans of characters that do not touch, and why in a line."""

    title_marks: tuple[Span, ...]
    text_marks: tuple[Span, ...]
    reason: str


@dataclass(frozen=True)
class Query:
    """A query that can be asked of documents. Two with the same parts are equal, however they were written."""

    root: Node

    @cached_property
    def text(self) -> str:
        """The canonical writing: it parses to an equal query."""
        return str(self.root)

    def match(self, document: Document) -> Match | None:
        """Say where the query is true of the document, or that it is not."""
        if not self.root.holds(document):
            return None
        evidence = Evidence()
        self.root.collect(document, evidence)
        title, text = _merged(evidence.title), _merged(evidence.text)
        shown = [
            *(f"title: {_surfaces(document.title, title)}" for _ in title[:1]),
            *(f"text: {_surfaces(document.text, text)}" for _ in text[:1]),
            *dict.fromkeys(evidence.fields),
        ]
        return Match(title, text, "; ".join(shown))


def parse(query: str) -> Query:
    """Read a query.

    Raises:
        QueryError: it cannot be used; says where and why.

    """
    check(query)
    try:
        item = parse_lucene(query)
    except (ParseError, ValueError, ArithmeticError) as error:
        raise explain(error, query) from error
    root = _Reader().node(item)
    if root.holds(_NOTHING):
        raise QueryError("this would be true of an empty article: say also what must be there", item.pos or 0)
    return Query(root)


class _Reader:
    """Turns the parser's tree into ours. `field` is the one we are in, "" for title and text together."""

    def __init__(self, field: str = "", depth: int = 0) -> None:
        self.field = field
        self.depth = depth

    def node(self, item: tree.Item) -> Node:  # noqa: PLR0911 - one for each kind of item
        """Read one item, refusing what rules do not have."""
        if self.depth > 3 * DEEPEST:
            raise QueryError("too deep", item.pos or 0)
        match item:
            case tree.Group() | tree.FieldGroup() | tree.Plus():
                return self._inner(item.children[0])
            case tree.AndOperation() | tree.UnknownOperation():
                return all_of([self._inner(operand) for operand in item.operands])
            case tree.OrOperation():
                return any_of([self._alternative(operand) for operand in item.operands])
            case tree.Not() | tree.Prohibit():
                return none_of(self._inner(item.children[0]))
            case tree.SearchField():
                return self._searched(item)
            case tree.Proximity():
                return self._near(item)
            case tree.Phrase():
                return self._phrase(item)
            case tree.Word():
                return self._word(item)
            case _:
                raise QueryError("this is not part of the language of rules", item.pos or 0)

    def _inner(self, item: tree.Item) -> Node:
        return _Reader(self.field, self.depth + 1).node(item)

    def _alternative(self, item: tree.Item) -> Node:
        if isinstance(item, tree.Plus):
            raise QueryError("“+” and OR contradict each other: what is required is no alternative", item.pos)
        return self._inner(item)

    def _searched(self, item: tree.SearchField) -> Node:
        name = item.name.casefold()
        if self.field:
            raise QueryError(f"{name}: cannot stand within {self.field}:", item.pos)
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            known = f"the nearest is {near[0]}:" if near else f"there are {', '.join(f'{one}:' for one in FIELDS)}"
            raise QueryError(f"there is no field “{item.name}”; {known}", item.pos)
        return _Reader(name, self.depth + 1).node(item.expr)

    def _near(self, item: tree.Proximity) -> Node:
        words = self._phrase_words(item.term)
        if self.field not in ("", "title"):
            raise QueryError(f"{self.field}: takes {_VALUES[self.field][1]}", item.pos)
        if len(words) == 1:
            raise QueryError("“~” needs at least two words in the quotes", item.pos)
        return Near(words, item.degree, title=self.field == "title")

    def _phrase(self, item: tree.Phrase) -> Node:
        if self.field not in ("", "title"):
            return self._value(item.value[1:-1], item.pos)
        return Words(self._phrase_words(item), title=self.field == "title")

    def _phrase_words(self, item: tree.Phrase) -> tuple[str, ...]:
        if (star := item.value.find("*")) >= 0:
            hint = "“*” means nothing in quotes: write the phrase in each of its forms, or its words with AND"
            raise QueryError(hint, item.pos + star)
        words = forms(_unescaped(item.value))
        if not words:
            raise QueryError("there is no word in these quotes", item.pos)
        return words

    def _word(self, item: tree.Word) -> Node:
        if self.field not in ("", "title"):
            return self._value(item.value, item.pos)
        check_word(item.value, item.pos)
        words = forms(_unescaped(item.value))
        if not words:
            raise QueryError(f"“{item.value}” has no letter or digit in it", item.pos)
        prefix = item.value.endswith("*") and not item.value.endswith("\\*")
        return Words(words, prefix=prefix, title=self.field == "title")

    def _value(self, value: str, position: int) -> Node:
        shape, wanted = _VALUES[self.field]
        if not shape.fullmatch(value.casefold()):
            raise QueryError(f"{self.field}: takes {wanted}, not “{value}”", position)
        return Field(self.field, value.casefold())


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


def _merged(spans: set[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _surfaces(text: str, spans: tuple[Span, ...]) -> str:
    """Quote the marked words as they stand, each once."""
    seen: dict[str, str] = {}
    for start, end in spans:
        surface = " ".join(text[start:end].split())
        seen.setdefault(surface.casefold(), surface)
    quoted = ", ".join(f'"{surface}"' for surface in list(seen.values())[:_SHOWN])
    return f"{quoted}, …" if len(seen) > _SHOWN else quoted
