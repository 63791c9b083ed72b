"""An article as rules see it: cut into words once, asked many times."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from analysis.text import Word, starts_with_hangul, words

_NOWHERE: tuple[int, ...] = ()


class Index:
    """The words of one text and where each stands. A position counts words from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[Word] = words(text)
        places: defaultdict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(self.words):
            places[word.form].append(position)
        self._places = places
        self._prefixes: dict[str, tuple[int, ...]] = {}

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._places)

    def find(self, form: str, *, prefix: bool = False) -> list[int] | tuple[int, ...]:
        """Give the positions of a folded word, in order. A word in Hangul is found with its particles."""
        if prefix or starts_with_hangul(form):
            return self._find_prefix(form)
        return self._places.get(form, _NOWHERE)

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
class Document:
    """What a rule is matched with. `sources` are ids of the sources that showed it, `language` a two-letter code."""

    title: str
    text: str
    sources: frozenset[str] = frozenset()
    outlet: str = ""
    language: str = ""

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
        """What `source:`, `outlet:` and `lang:` are compared with, casefolded."""
        return {
            "source": frozenset(source.casefold() for source in self.sources),
            "outlet": frozenset({self.outlet.casefold()}),
            "lang": frozenset({self.language.casefold()}),
        }
