"""An article as rules see it: cut into words once, asked many times."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from analysis.sentences import sentences
from analysis.text import Word, forms, starts_with_hangul, words

if TYPE_CHECKING:
    from collections.abc import KeysView
    from datetime import datetime

    from analysis.lexicon import Mention

Span = tuple[int, int]  # character offsets

_NOWHERE: tuple[int, ...] = ()
_LINE = re.compile("[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_begin = itemgetter(0)


class Index:
    """The words of one text and where each stands. A position counts words from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[Word] = words(text)
        places: defaultdict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(self.words):
            places[word[0]].append(position)
        self._places = places
        self._prefixes: dict[str, tuple[int, ...]] = {}

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._places)

    @property
    def distinct(self) -> KeysView[str]:
        """Every word once."""
        return self._places.keys()

    def find(self, form: str, *, prefix: bool = False, whole: bool = False) -> list[int] | tuple[int, ...]:
        """Give the positions of a folded word, in order. A word in Hangul is found with its particles, unless `whole`."""
        if prefix or (not whole and starts_with_hangul(form)):
            return self._find_prefix(form)
        return self._places.get(form, _NOWHERE)

    def find_any(self, forms: frozenset[str]) -> list[int] | tuple[int, ...]:
        """Give the positions of any of some folded words, in order."""
        there = forms & self._places.keys()
        if len(there) < 2:  # noqa: PLR2004 - nothing to sort
            return self._places[next(iter(there))] if there else _NOWHERE
        return sorted(position for form in there for position in self._places[form])

    def _find_prefix(self, form: str) -> tuple[int, ...]:
        if (known := self._prefixes.get(form)) is not None:
            return known
        found: list[int] = []
        vocabulary = self._vocabulary
        for at in range(bisect_left(vocabulary, form), len(vocabulary)):
            if not vocabulary[at].startswith(form):
                break
            found += self._places[vocabulary[at]]
        positions = self._prefixes[form] = tuple(sorted(found))
        return positions


@dataclass(frozen=True)
class DocumentClaim:
    """A figure that an article gives, as rules see it; the words are those of `analysis.claims.model`.

    `start` and `end` are where its evidence stands in the text, or, with `in_title`, in the title. `new`: nobody had heard it
    from this origin before.
    """

    unit: str
    event: str
    low: int
    high: int
    approx: str = "exact"
    modality: str = "fact"
    origin: str | None = None
    relays: tuple[str, ...] = ()
    recap: bool = False
    increment: bool = False
    new: bool = False
    start: int = 0
    end: int = 0
    in_title: bool = False

    @cached_property
    def traits(self) -> frozenset[tuple[str, str]]:
        """What it has, as kind and value."""
        flags = {"new": self.new, "recap": self.recap, "increment": self.increment}
        return frozenset(
            {
                ("any", "any"),
                ("unit", self.unit),
                ("event", self.event),
                ("modality", self.modality),
                *(("flag", name) for name, there in flags.items() if there),
                *(("relay", relay) for relay in self.relays),
                *([("origin", self.origin)] if self.origin else []),
            }
        )

    @cached_property
    def words(self) -> str:
        """It in the words of queries, for reasons: "11,000 troops sent, kr_mnd, new"."""
        figure = f"{self.low:,}" if self.low == self.high else f"{self.low:,}–{self.high:,}"
        more = (
            self.approx.replace("_", " ") if self.approx not in ("exact", "range") else "",
            self.modality if self.modality != "fact" else "",
            self.origin or "",
            "new" if self.new else "",
            "recap" if self.recap else "",
            "increment" if self.increment else "",
        )
        return ", ".join(filter(None, (f"{figure} {self.unit} {self.event}", *more)))

    @cached_property
    def stretch(self) -> Span:
        """The first and the last number it may mean: "more than" goes a step beyond its figure, "nearly" one before."""
        return self.low - (self.approx == "nearly"), self.high + (self.approx == "more_than")


@dataclass(frozen=True)
class Document:
    """What a rule is matched with.

    `sources` are ids of the sources that showed it, `language` and `country` two-letter codes. Mentions are those that
    count, with offsets into title and into text. The first `lead_end` characters of the text are its lead. `band` is
    "relevant", "unsure" or "no", "" before it was judged. `claims` are the figures it gives.
    """

    title: str
    text: str
    sources: frozenset[str] = frozenset()
    outlet: str = ""
    language: str = ""
    country: str = ""
    authors: tuple[str, ...] = ()
    url: str = ""
    published: datetime | None = None
    title_mentions: tuple[Mention, ...] = ()
    text_mentions: tuple[Mention, ...] = ()
    lead_end: int = 0
    relevance: float = 0.0
    band: str = ""
    claims: tuple[DocumentClaim, ...] = ()

    @cached_property
    def title_index(self) -> Index:
        """The words of the title."""
        return Index(self.title)

    @cached_property
    def text_index(self) -> Index:
        """The words of the text."""
        return Index(self.text)

    @cached_property
    def fields(self) -> dict[str, frozenset[str]]:
        """What fields with a fixed value are compared with, casefolded."""
        return {
            "source": frozenset(source.casefold() for source in self.sources),
            "outlet": frozenset({self.outlet.casefold()}),
            "lang": frozenset({self.language.casefold()}),
            "country": frozenset({self.country.casefold()}),
            "relevance": frozenset({self.band}),
        }

    @cached_property
    def concepts(self) -> frozenset[str]:
        """The concepts that title or text speak of."""
        return frozenset(mention.concept for mention in (*self.title_mentions, *self.text_mentions))

    @cached_property
    def claim_traits(self) -> frozenset[tuple[str, str]]:
        """Everything that any of its claims has."""
        return frozenset().union(*(claim.traits for claim in self.claims))

    @cached_property
    def author_words(self) -> tuple[tuple[str, ...], ...]:
        """Each author's name, cut into folded words."""
        return tuple(forms(author) for author in self.authors)

    @cached_property
    def address(self) -> str:
        """The address, casefolded."""
        return self.url.casefold()

    @cached_property
    def remembered(self) -> dict[Any, Any]:
        """What was found out about it and will be asked again; parts of queries know how."""
        return {}

    @cached_property
    def _lines(self) -> tuple[list[Span], list[tuple[Span, ...] | None]]:
        """The lines of the text, and the sentences of those that were asked for: no sentence goes beyond its line."""
        lines = [line.span() for line in _LINE.finditer(self.text)]
        return lines, [None] * len(lines)

    def sentence(self, span: Span) -> Span | None:
        """Give the sentence of the text in which a span lies; None if it lies in more than one."""
        lines, known = self._lines
        at = bisect_right(lines, span[0], key=_begin) - 1
        if at < 0:
            return None
        shift = lines[at][0]
        found = known[at]
        if found is None:
            found = known[at] = sentences(self.text[shift : lines[at][1]])
        place = bisect_right(found, span[0] - shift, key=_begin) - 1
        if place < 0 or span[1] - shift > found[place][1]:
            return None
        return found[place][0] + shift, found[place][1] + shift
