"""What a number in running text is, and what is known of one while it is being read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Number(NamedTuple):
    """One number of a text: its place, its value or range, how firmly it is bounded, and what it counts.

    `start` and `end` take in the words that bound the figure and, unless it is a count, its unit; `core` is the figure
    alone. A vague number ("thousands") has its power of ten for a value, which nobody should count with.
    """

    start: int
    end: int
    core: tuple[int, int]
    low: int | float
    high: int | float
    approx: str
    """exact, about, more_than, at_least, up_to, nearly, or range."""
    kind: str
    """count, or why it is none: calibre, percent, date, year, time, age, distance, measure, ordinal, designation,
    score, money, vague."""
    currency: str = ""
    fraction: bool = False


PLAIN, GROUPED, WORDS, KOREAN = range(4)
"""How a figure is written: digits alone, digits with separators, words, digits or words with 만 and its like."""


@dataclass(slots=True)
class Figure:
    """A figure on its way to a number; `kind` is empty while nothing says that it is no count."""

    start: int
    end: int
    low: int | float
    high: int | float
    written: int = PLAIN
    scale: int = 1  # the multiplier that was said: 1,000 of "12 thousand"
    kind: str = ""
    approx: str = "exact"
    currency: str = ""
    fraction: bool = False
    vague_alone: bool = False  # "тысячи": one thousand after "более", vague otherwise
    guessed: bool = False  # "тысяч десять": what follows by "или" has its multiplier, too
    closed: bool = False  # nothing around it can change what it is
    first: int = -1  # with the words and signs before that belong to it
    last: int = -1

    def __post_init__(self) -> None:
        self.first, self.last = self.start, self.end

    @property
    def is_range(self) -> bool:
        """Whether it has two ends."""
        return self.approx == "range"

    def number(self) -> Number:
        """Give it as others see it; what is not whole counts nothing."""
        is_whole = self.fraction or (isinstance(self.low, int) and isinstance(self.high, int))
        kind = self.kind or ("count" if is_whole else "measure")
        return Number(
            self.first, self.last, (self.start, self.end), self.low, self.high,
            self.approx, kind, self.currency, self.fraction,
        )  # fmt: skip


def whole(value: float) -> int | float:
    """Give a whole value as an integer; 12.8 million is computed with an error in its last digits."""
    if isinstance(value, int):
        return value
    nearest = round(value)
    return nearest if abs(value - nearest) <= 1e-9 * max(1.0, abs(value)) else round(value, 9)
