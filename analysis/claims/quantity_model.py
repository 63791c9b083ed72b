"""A figure with what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.numbers import Number


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with what it counts. `start` and `end` span both. `unit` is "" where the noun was left out, None where it is strange."""

    figure: Number
    start: int
    end: int
    unit: str | None
    noun: tuple[int, int] | None
    rules: tuple[str, ...]
    generic: bool = False  # persons or things: the context tells the sort
    subset: bool = False
    whole: bool = False  # another figure is part of it
