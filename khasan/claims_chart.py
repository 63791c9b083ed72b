"""Figures over time as lines of text: how many across the page, time downwards, each origin in a lane of its own.

Every claim has its line, with its number, day and figure as they are, so that a chart in a report can be checked. Nothing
is averaged or joined: what origins disagree about stands one below the other on one scale. Pure: claims in, lines out.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from rich.cells import cell_len

from khasan.claims_table import NOBODY, amount, kind, short_number, sides_in_full
from spiders.markup import visible
from storage.claim_model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.claim_model import Figure, Flow, StoredClaim

NARROWEST = 60  # columns
_LEAST_PLOT = 16
_LEFT, _RIGHT = 3, 2  # columns beside the scale, for arrows
_SPREAD = 50  # so many times the smallest: above it the scale is logarithmic
_TICKS = 8
_ASCII = str.maketrans({"≈": "~", "≥": ">=", "≤": "<=", "–": "-", "→": "->", "…": "."})


@dataclass(frozen=True, slots=True)
class Signs:
    """What a chart is drawn with."""

    fact: str
    recap: str
    maybe: str
    denied: str
    bar: str
    dashes: str
    left: str
    right: str
    grid: str
    decided: str
    ascii: bool

    def text(self, text: str) -> str:
        """Make of a text what can be drawn, on one line."""
        line = " ".join(visible(text).split())
        return line.translate(_ASCII).encode("ascii", "replace").decode() if self.ascii else line

    def mark(self, figure: Figure) -> str:
        """How firmly a figure was given."""
        if figure.denied:
            return self.denied
        if figure.recap:
            return self.recap
        return self.fact if figure.modality == "fact" else self.maybe


UNICODE = Signs("●", "○", "◇", "✕", "─", "╌", "◀", "▶", "┊", "✓", ascii=False)
PLAIN = Signs("*", "o", "?", "x", "-", ".", "<", ">", ":", "!", ascii=True)


def drawable(encoding: str | None) -> bool:
    """Whether an encoding has the signs of a chart."""
    try:
        "●○◇✕─╌◀▶┊✓≈≥≤–→…".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def chart(
    claims: Iterable[StoredClaim], names: Callable[[str], str], *, width: int, signs: Signs = UNICODE
) -> list[str]:
    """Draw claims, those of each kind by themselves: the kind with most claims first. `names` gives an origin's name."""
    flows: dict[Flow, list[StoredClaim]] = defaultdict(list)
    for claim in sorted(claims, key=lambda one: (one.first_at, one.id)):
        flows[claim.figure.flow].append(claim)
    width = max(width, NARROWEST)
    lines = []
    for group in sorted(flows.values(), key=len, reverse=True):
        lines += [*_flow(group, names, width, signs), ""]
    return [*lines, *_legend(list(flows.values()), width, signs)] if lines else []


def _flow(claims: Sequence[StoredClaim], names: Callable[[str], str], width: int, signs: Signs) -> list[str]:
    """Draw claims of one kind: title, scale, lanes."""
    columns = _Columns.of(claims, width, signs)
    scale = Scale.of(claims, columns.plot)
    figure = claims[0].figure
    sides = sides_in_full(figure)
    title = kind(figure) + (f", {sides}" if sides else "")
    count = "1 claim" if len(claims) == 1 else f"{len(claims)} claims"
    how = ", logarithmic scale" if scale.logarithmic else ""
    lines = [_cut(signs.text(f"{title}: {count}{how}"), width), *_axis(scale, columns)]
    lanes: dict[str | None, list[StoredClaim]] = defaultdict(list)
    for claim in claims:
        lanes[claim.figure.origin].append(claim)
    for origin in sorted(lanes, key=lambda one: one is None):  # in the order in which they first spoke
        lines.append(_lane(names(origin) if origin else NOBODY, scale, columns, signs))
        lines += [columns.label(claim, signs) + _row(claim.figure, scale, signs) for claim in lanes[origin]]
    return [line.rstrip() for line in lines]


@dataclass(frozen=True, slots=True)
class _Columns:
    """How wide what stands before the plot is, and the plot."""

    id: int
    amount: int
    plot: int

    @classmethod
    def of(cls, claims: Sequence[StoredClaim], width: int, signs: Signs) -> _Columns:
        """Leave the plot enough room, the rest to what the claims need."""
        number = max(len(str(claim.id)) for claim in claims)
        fixed = number + len("    2026-11-23    ") + 1
        longest = max(len(signs.text(amount(claim.figure, short=True))) for claim in claims)
        figure = max(min(longest, width - fixed - _LEAST_PLOT), 4)
        return cls(number, figure, width - fixed - figure)

    @property
    def before(self) -> int:
        """Where the plot begins."""
        return self.id + self.amount + len("    2026-11-23    ") + 1

    def label(self, claim: StoredClaim, signs: Signs) -> str:
        """What stands before a claim's plot: its number, its day, its figure, whether an analyst has decided on it."""
        figure = _cut(signs.text(amount(claim.figure, short=True)), self.amount)
        decided = " " if claim.status is Status.READ else signs.decided
        return f"  {claim.id:>{self.id}}  {claim.first_at:%Y-%m-%d}  {figure:>{self.amount}} {decided} "


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number stands on a plot of `width` columns. `ticks` are round numbers, the first and last its ends."""

    ticks: tuple[int, ...]
    width: int
    logarithmic: bool

    @classmethod
    def of(cls, claims: Sequence[StoredClaim], width: int) -> Scale:
        """Choose the scale that has room for every figure."""
        values = [value for claim in claims for value in (claim.figure.low, claim.figure.high)]
        positive = [value for value in values if value > 0] or [1]
        logarithmic = max(positive) > _SPREAD * min(positive)
        ticks = _decades(min(positive), max(positive)) if logarithmic else _steps(min(values), max(values), width)
        return cls(ticks, width, logarithmic)

    def column(self, value: int) -> int:
        """Find the column of a number."""
        first, last, room = self.ticks[0], self.ticks[-1], self.width - _LEFT - _RIGHT - 1
        if self.logarithmic:
            share = log10(max(value, first) / first) / log10(last / first)
        else:
            share = (value - first) / (last - first)
        return _LEFT + round(min(max(share, 0), 1) * room)


def _steps(low: int, high: int, width: int) -> tuple[int, ...]:
    """Choose round numbers in even steps around `low` and `high`, as many as can be written above a plot."""
    beside = max(high // 4 - (high - low), 0) // 2  # figures that are alike stand in the middle
    low, high = max(low - beside, 0), high + beside
    room = max(min((width - _LEFT - _RIGHT) // (len(short_number(high)) + 2), _TICKS - 1), 1)
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            first = low // step
            last = max(-(-high // step), first + 1)
            if last - first <= room:
                return tuple(range(first * step, last * step + 1, step))
        size *= 10


def _decades(low: int, high: int) -> tuple[int, ...]:
    """Choose 1, 2, 5, 10, 20 … around `low` and `high`, or only 1, 10, 100 … where these are many."""
    largest = len(str(high)) + 1
    for steps in ((1, 2, 5), (1,)):
        every = [step * 10**power for power in range(largest) for step in steps]
        first = max(one for one in every if one <= low)
        last = min(one for one in every if one >= high)
        ticks = tuple(one for one in every if first <= one <= last)
        if len(ticks) <= _TICKS:
            break
    return ticks


def _axis(scale: Scale, columns: _Columns) -> list[str]:
    """Write the scale's numbers above their columns, as many as there is room for: powers of ten before others."""
    line = [" "] * (columns.before + columns.plot)
    for tick in sorted(scale.ticks, key=lambda one: scale.logarithmic and str(one).strip("0") != "1"):
        label = short_number(tick)
        start = min(columns.before + scale.column(tick) - len(label) // 2, len(line) - len(label))
        if not "".join(line[max(start - 1, 0) : start + len(label) + 1]).strip():
            line[start : start + len(label)] = label
    return ["".join(line)]


def _grid(scale: Scale, signs: Signs) -> list[str]:
    cells = [" "] * scale.width
    for tick in scale.ticks:
        cells[scale.column(tick)] = signs.grid
    return cells


def _lane(name: str, scale: Scale, columns: _Columns, signs: Signs) -> str:
    """Write an origin's name over its lane."""
    name = _cut(signs.text(name), columns.before + columns.plot)
    room = cell_len(name) + 1
    rest = " " * columns.before + "".join(_grid(scale, signs))
    return name + " " + rest[room:]


def _row(figure: Figure, scale: Scale, signs: Signs) -> str:
    """Draw a figure: a sign, two with a bar between for a range, an arrow where it is open."""
    cells = _grid(scale, signs)
    mark = signs.mark(figure)
    bar = signs.bar if mark == signs.fact else signs.dashes
    left, right = (scale.column(value) for value in sorted((figure.low, figure.high)))
    cells[left : right + 1] = bar * (right - left + 1)
    cells[left] = cells[right] = mark
    if figure.approx in {"more_than", "at_least"}:
        cells[right + 1 : right + 3] = bar + signs.right
    if figure.approx == "up_to":
        cells[left - 2 : left] = signs.left + bar
        left -= 2
    if figure.increment:
        cells[left - 1] = "+"
    return "".join(cells)


def _legend(flows: Sequence[Sequence[StoredClaim]], width: int, signs: Signs) -> list[str]:
    """Explain the signs that were used."""
    claims = [claim for group in flows for claim in group]
    figures = [claim.figure for claim in claims]
    marks = {signs.mark(figure) for figure in figures}
    bar, fact = signs.bar, signs.fact
    told = [
        (fact in marks, f"{fact} said as fact"),
        (signs.recap in marks, f"{signs.recap} recap: an old figure as background"),
        (signs.maybe in marks, f"{signs.maybe} expected or possible"),
        (signs.denied in marks, f"{signs.denied} denied"),
        (any(one.low != one.high for one in figures), f"{fact}{bar}{bar}{fact} a range"),
        (
            any(one.approx in {"more_than", "at_least"} for one in figures),
            f"{fact}{bar}{signs.right} more than, at least",
        ),
        (any(one.approx == "up_to" for one in figures), f"{signs.left}{bar}{fact} up to"),
        (any(one.increment for one in figures), f"+{fact} on top of an earlier figure"),
        (any(one.status is not Status.READ for one in claims), f"{signs.decided} an analyst's word"),
    ]
    items = [text.replace(" ", "\xa0") for there, text in told if there]
    return [line.replace("\xa0", " ") for line in textwrap.wrap("   ".join(items), width, break_long_words=False)]


def _cut(text: str, width: int) -> str:
    """Shorten a text to so many columns."""
    if cell_len(text) <= width:
        return text
    end = "." if text.isascii() else "…"
    while cell_len(text) > width - 1:
        text = text[:-1]
    return text + end
