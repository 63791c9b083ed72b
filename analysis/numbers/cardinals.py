"""Figures out of number words and digits side by side: "two hundred and five thousand", "12,7 тысячи", "тысяч десять".

The grammar is that of English, Russian and Ukrainian; the words come from tables (`english`, `slavic`).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from analysis.numbers.shape import PLAIN, WORDS, Figure, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ADD, HUNDRED, PACK, MULTIPLIER, HALF, COEFFICIENT, AND_HALF, ODD, FEW, PART, DIGITS, DONE = range(12)
"""What a word does: adds itself; multiplies by a hundred; counts in packs (dozen, десяток); multiplies; is half of
what follows or of anything; multiplies what follows (полтора); adds a half; adds an unknown rest (с лишним); makes
vague; is a part (third); digits; a figure that is read already."""

ONE, MANY, EITHER, OF_TWO = range(4)
"""A pack or multiplier without a figure before it: one of it, a vague many, either ("тысячи"), or one unless two to four
follow ("миллиона два")."""

_THOUSAND, _HUNDRED, _TEENS, _TEN, _FEW = 1000, 100, 20, 10, 5


class Word(NamedTuple):
    """What one word of a table does, and its value."""

    role: int
    value: float = 0
    alone: int = ONE


class Token(NamedTuple):
    """A word or digits at its place; `done` is the figure of a token that is read already."""

    start: int
    end: int
    role: int
    value: float
    alone: int = ONE
    written: int = WORDS
    done: Figure | None = None


class Cardinal:
    """One figure being put together, word by word."""

    __slots__ = (
        "approx",
        "count",
        "fraction",
        "group",
        "limit",
        "room",
        "scale",
        "started",
        "total",
        "vague",
        "written",
    )

    def __init__(self) -> None:
        self.total: float = 0
        self.group: float | None = None
        self.room: float = math.inf  # what is added next must be smaller
        self.limit: float = math.inf  # so must the next multiplier
        self.scale = 1
        self.count = -1  # of a pack or multiplier that stands alone
        self.vague = self.fraction = self.started = False
        self.approx = "exact"
        self.written = PLAIN

    def take(self, token: Token, gap: str) -> bool:
        """Add a word if it can follow; `gap` is what stands between it and the word before."""
        if self.started and gap not in _GAPS and not _is_space(gap) and not self._linked(token, gap.strip()):
            return False
        if not self._TAKE[token.role](self, token, gap):
            return False
        if not self.started or token.role not in {MULTIPLIER, ODD}:
            self.written = max(self.written, token.written)
        self.started = True
        return True

    def _linked(self, token: Token, link: str) -> bool:
        if link in {"and", "&"}:
            return token.role == ADD and token.value < _HUNDRED and self.room in {_HUNDRED, _THOUSAND}
        is_larger = token.role in {MULTIPLIER, PACK, HUNDRED}
        return link == "of" and is_larger and (self.fraction or (self.vague and token.alone == MANY))

    def _add(self, token: Token, _gap: str) -> bool:
        value = token.value
        if value >= self.room or self.vague or (self.count in {EITHER, OF_TWO} and value < _FEW):  # "тысячи две" is two
            return False
        self.group = (self.group or 0) + value
        self.room = 1 if value < _TEENS else _TEN if value < _HUNDRED else _HUNDRED
        self.count = -1
        return True

    def _hundred(self, token: Token, gap: str) -> bool:
        if token.alone == MANY or self.vague or self.fraction:
            return self._pack(token, gap)
        if self.group is not None and (self.group >= _HUNDRED or self.room == _HUNDRED):
            return False
        self.group = (1 if self.group is None else self.group) * token.value
        self.room = _HUNDRED
        return True

    def _pack(self, token: Token, _gap: str) -> bool:
        if self.total or self.room == 0:
            return self._vaguely(token)
        if self.group is None and not self.vague:
            self.count = token.alone
            self.vague = token.alone == MANY
        self.group = (1 if self.group is None else self.group) * token.value
        self.room, self.fraction = 0, False
        return True

    def _vaguely(self, token: Token) -> bool:
        """Add a pack to a vague one: "dozens of hundreds"."""
        if not self.vague or self.group is None:
            return False
        self.group *= token.value
        return True

    def _multiply(self, token: Token, _gap: str) -> bool:
        value = int(token.value)
        if value >= self.limit or (self.group is None and self.started and not self.vague):
            return False
        if self.group is None:
            self.count, self.vague = token.alone, self.vague or token.alone == MANY
        self.total += (1 if self.group is None else self.group) * value
        self.scale = self.scale if self.limit < math.inf else value
        self.group, self.room, self.limit, self.fraction = None, _THOUSAND, value, False
        return True

    def _digits(self, token: Token, gap: str) -> bool:
        if not self.started:
            self.group, self.room = token.value, 0.5
            return True
        after = self.group is None and not self.vague and token.value < self.limit and token.written == PLAIN
        if not after or not (gap == "-" or token.value >= _HUNDRED):
            return False
        self.group, self.room = token.value, 0.5
        return True

    def _half(self, token: Token, _gap: str) -> bool:
        if self.started:
            return False
        self.group, self.fraction, self.room = token.value, token.role == HALF, 0.5
        return True

    def _and_half(self, token: Token, _gap: str) -> bool:
        if not self.started or self.vague or self.fraction:
            return False
        if self.group is not None:
            self.group += token.value
        else:
            self.total += token.value * self.limit
        self.room = 0.5
        return True

    def _odd(self, token: Token, _gap: str) -> bool:
        if not self.started or self.vague:
            return False
        self.approx, self.room = ("about" if token.value else "more_than"), 0.5
        self.count = ONE if self.count == EITHER else self.count  # "тысячи с лишним"
        return True

    def _few(self, _token: Token, _gap: str) -> bool:
        self.vague = not self.started
        return self.vague

    def _part(self, token: Token, _gap: str) -> bool:
        if self.started and (self.group is None or self.total or self.vague or self.fraction):
            return False
        if not self.started and token.alone == MANY:  # "thirds"
            return False
        self.group = (1 if self.group is None else self.group) * token.value
        self.fraction, self.room = True, 0.5
        return True

    _TAKE: ClassVar[dict[int, Callable[[Cardinal, Token, str], bool]]] = {
        ADD: _add, HUNDRED: _hundred, PACK: _pack, MULTIPLIER: _multiply, HALF: _half, COEFFICIENT: _half,
        AND_HALF: _and_half, ODD: _odd, FEW: _few, PART: _part, DIGITS: _digits,
    }  # fmt: skip

    def figure(self, start: int, end: int) -> Figure | None:
        """Give what was put together; a bare "several" is no figure."""
        if self.vague and not self.total and self.group is None:
            return None
        value = whole(self.total + (self.group or 0))
        figure = Figure(start, end, value, value, self.written, self.scale, approx=self.approx)
        figure.fraction = self.fraction
        figure.vague_alone = self.count == EITHER
        if self.vague:
            figure.kind, figure.approx = "vague", "about"
        return figure


def _is_space(gap: str) -> bool:
    return gap.isspace() and "\n\n" not in gap


_CALIBRE = re.compile(r"\s?-?\s?(?:mm\b|мм\b|㎜|millim|milim|миллим|мілім|caliber|calibre)")
_LONGEST_GAP = 6
_GAPS = frozenset(("", " ", "-", "\u00a0"))


def cardinals(tokens: Sequence[Token], text: str) -> list[Figure]:
    """Put neighbouring words and digits together to figures."""
    figures: list[Figure] = []
    at, count = 0, len(tokens)
    while at < count:
        first = tokens[at]
        if first.done:
            figures.append(first.done)
            at += 1
            continue
        cardinal, begin = Cardinal(), at
        while at < count and not tokens[at].done:
            gap = text[tokens[at - 1].end : tokens[at].start] if at > begin else ""
            calibre = (
                at > begin and tokens[at].role == DIGITS and _CALIBRE.match(text, tokens[at].end)
            )  # "8 million 152mm"
            if calibre or len(gap) > _LONGEST_GAP or not cardinal.take(tokens[at], gap):
                break
            at += 1
        if at == begin:
            at += 1
            continue
        figure = cardinal.figure(first.start, tokens[at - 1].end)
        figures += [figure] if figure else []
    return figures
