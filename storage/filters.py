"""What search understands, without saying how the words were written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Words in the full text. `match` is an FTS5 expression of quoted strings; column "" is title and text."""

    match: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """A field that must have a value: source, outlet, lang."""

    field: str
    value: str


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


Filter = TextTerm | FieldTerm | All | AnyOf | Not
