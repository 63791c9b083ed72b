"""What search understands, without saying how the words were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Words in the full text. `match` is an FTS5 expression of quoted strings; column "" is title and text."""

    match: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """A field that must have a value: source, outlet, country, lang, or relevance by its name."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class ConceptTerm:
    """Any of these concepts was found by the last review."""

    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelevanceTerm:
    """How relevant it must be: `sign` is >, >=, < or <=."""

    sign: str
    value: float


@dataclass(frozen=True, slots=True)
class PublishedTerm:
    """The days, in UTC, on which it must have been published: first and last, None where there is no bound."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class UrlTerm:
    """A part of the address, in small letters."""

    part: str


@dataclass(frozen=True, slots=True)
class AuthorTerm:
    """Any of these stretches stands in the names of the authors, in small letters or capitals."""

    stretches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimTerm:
    """The ledger has a figure of the article, not rejected, that has one of the values of each kind and lies in the bounds.

    Kinds are unit, event, modality, origin, relay, and recap or increment, whose only value is the kind itself.
    """

    traits: tuple[tuple[str, tuple[str, ...]], ...] = ()
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Anything:
    """Holds always: what only a look at the text can tell."""


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


Term = TextTerm | FieldTerm | ConceptTerm | RelevanceTerm | PublishedTerm | UrlTerm | AuthorTerm | ClaimTerm | Anything
Filter = Term | All | AnyOf | Not
