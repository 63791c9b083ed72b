r"""The language of rules and of search: Lucene's, as far as a rule can mean it.

    artillery shell*          both words; what stands side by side is joined by AND
    shells =shells            the word in all its forms: shell, shelling; only this form
    "north korea"             the words in this order        "korea russia"~5   both, with at most 5 others between
    @kp @category:weapon      a concept of the lexicon, whatever its language; any concept of a category
    near:(@kp shells)         in one sentence                title:parade lead:parade body:parade   only there
    source:yonhap-en outlet:yonhap country:kr lang:uk author:lee url:army.example
    relevance:>0.6 relevance:unsure published:[2025-01 TO 2025-03] published:>2025-01-15
    claim:troops claim.losses:>5000 origin:kr_mnd relay:yonhap new:claim   a figure that the article gives, who says it
    claim:(troops sent >10000 origin:kr_mnd new)                           all of it true of one claim
    AND OR NOT ( )  -word     in capitals; AND binds tighter than OR, and OR tighter than words side by side

Words are compared as `analysis.text` folds them: without regard to case, ё or the kind of apostrophe; a hyphen
separates, so kn-23 is the phrase "kn 23". A word in Hangul is also found with more letters after it, because particles
attach (북한 finds 북한이). Nothing is dropped in silence: what a rule cannot mean is refused with its place, and so is a
rule that would be true of an empty article, such as NOT football.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from luqum.exceptions import ParseError
from luqum.thread import parse as parse_lucene

from analysis.document import Document, Index, Span
from analysis.nodes import Evidence, Node
from analysis.reader import Reader
from analysis.syntax import FIELDS, QueryError, check, explain

if TYPE_CHECKING:
    from analysis.lexicon import Lexicon

__all__ = ["FIELDS", "NOTHING", "Document", "Index", "Match", "Node", "Query", "QueryError", "Span", "parse"]

NOTHING = Document("", "")
"""The empty article, of which no query may be true."""

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
        return match_of(evidence, document)


def match_of(evidence: Evidence, document: Document) -> Match:
    """Make of what was found what is shown."""
    title, text = _merged(evidence.title), _merged(evidence.text)
    shown = [
        *(f"title: {_surfaces(document.title, title)}" for _ in title[:1]),
        *(f"text: {_surfaces(document.text, text)}" for _ in text[:1]),
        *dict.fromkeys(evidence.fields),
    ]
    return Match(title, text, "; ".join(shown))


def parse(query: str, lexicon: Lexicon | None = None) -> Query:
    """Read a query. Concepts must be those of the lexicon; without one any name will do, and no category has concepts.

    Raises:
        QueryError: it cannot be used; says where and why.

    """
    check(query)
    try:
        item = parse_lucene(query)
    except (ParseError, ValueError, ArithmeticError) as error:
        raise explain(error, query) from error
    root = Reader(lexicon).node(item)
    if root.holds(NOTHING):
        raise QueryError("this would be true of an empty article: say also what must be there", item.pos or 0)
    return Query(root)


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
    written = set()
    for start, end in spans:
        if (surface := text[start:end]) in written:
            continue
        written.add(surface)
        surface = " ".join(surface.split())
        seen.setdefault(surface.casefold(), surface)
        if len(seen) > _SHOWN:
            break
    quoted = ", ".join(f'"{surface}"' for surface in list(seen.values())[:_SHOWN])
    return f"{quoted}, …" if len(seen) > _SHOWN else quoted
