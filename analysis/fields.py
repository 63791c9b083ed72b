"""The parts of a query that are about an article's other data than its words: where from, who, when, how relevant.

Like all parts they print canonically, tell whether they are true, and note what made them true.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.document import Document
    from analysis.nodes import Evidence

COMPARISONS = {">": gt, ">=": ge, "<": lt, "<=": le}
_JANUARY, _DECEMBER = 1, 12


@dataclass(frozen=True, slots=True)
class Field:
    """A field that must have this value: source, outlet, lang, country, or relevance by its name."""

    name: str
    value: str

    def holds(self, document: Document) -> bool:
        """Whether the document has the value."""
        return self.value in document.fields[self.name]

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note the field."""
        if self.holds(document):
            shown = f"score {document.relevance:.2f}" if self.name == "relevance" else f"{self.name}: {self.value}"
            evidence.fields.append(shown)

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Url:
    """A part of the address, casefolded."""

    part: str

    def holds(self, document: Document) -> bool:
        """Whether the address has it in it."""
        return self.part in document.address

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note the part."""
        if self.holds(document):
            evidence.fields.append(f"url: {self.part}")

    def __str__(self) -> str:
        return f'url:"{self.part}"'


@dataclass(frozen=True, slots=True)
class Author:
    """Words that stand in this order in an author's name."""

    words: tuple[str, ...]

    def holds(self, document: Document) -> bool:
        """Whether there is such an author."""
        return any(self._named(name) for name in document.author_words)

    def _named(self, name: tuple[str, ...]) -> bool:
        length = len(self.words)
        return any(name[at : at + length] == self.words for at in range(len(name) - length + 1))

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note the authors so named."""
        for author, name in zip(document.authors, document.author_words, strict=True):
            if self._named(name):
                evidence.fields.append(f"author: {author}")

    def __str__(self) -> str:
        return f'author:"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Relevance:
    """How relevant the article must be, between 0 and 1."""

    sign: str
    value: float

    def holds(self, document: Document) -> bool:
        """Whether it is."""
        return bool(COMPARISONS[self.sign](document.relevance, self.value))

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note how relevant it is."""
        if self.holds(document):
            evidence.fields.append(f"relevance: {document.relevance:.2f}")

    def __str__(self) -> str:
        return f"relevance:{self.sign}{self.value:g}"


@dataclass(frozen=True, slots=True)
class Published:
    """The days, in UTC, on which it must have been published: first and last, None where there is no bound."""

    first: date | None
    last: date | None

    def holds(self, document: Document) -> bool:
        """Whether it was published then."""
        if document.published is None:
            return False
        day = document.published.astimezone(UTC).date()
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note the day."""
        if document.published is not None and self.holds(document):
            evidence.fields.append(f"published: {document.published.astimezone(UTC).date()}")

    def __str__(self) -> str:
        if self.first is None:
            return f"published:<={self.last}"
        if self.last is None:
            return f"published:>={self.first}"
        return f"published:{_span(self.first, self.last)}"


def _span(first: date, last: date) -> str:
    """A year, a month, a day, or what lies between two days."""
    if first == last:
        return str(first)
    if first.day == 1 and last == _month_end(first):
        return f"{first.year:04}-{first.month:02}"
    if (first.month, first.day, last) == (_JANUARY, 1, date(first.year, _DECEMBER, 31)):
        return f"{first.year:04}"
    return f"[{first} TO {last}]"


def days_of(written: str) -> tuple[date, date]:
    """Give the first and last day of "2025", "2025-01" or "2025-01-15".

    Raises:
        ValueError: there is no such day.

    """
    parts = [int(part) for part in written.split("-")]
    if len(parts) == 1:
        return date(parts[0], _JANUARY, 1), date(parts[0], _DECEMBER, 31)
    if len(parts) == 2:  # noqa: PLR2004 - a month
        first = date(parts[0], parts[1], 1)
        return first, _month_end(first)
    day = date(*parts)
    return day, day


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def compared(sign: str, written: str) -> Published:
    """Read a comparison with a year, month or day: later than a month is after its last day.

    Raises:
        ValueError: there is no such day.

    """
    first, last = days_of(written)
    try:
        return {
            ">": lambda: Published(last + timedelta(days=1), None),
            ">=": lambda: Published(first, None),
            "<": lambda: Published(None, first - timedelta(days=1)),
            "<=": lambda: Published(None, last),
        }[sign]()
    except OverflowError as error:
        raise ValueError(str(error)) from error
