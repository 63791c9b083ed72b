"""One sentence as the claims' grammar sees it: its figures, its cues by kind, its clauses, and how far things stand apart."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from analysis.claims.grammar import Tongue
    from analysis.cues import Cue
    from analysis.layout import Sentence
    from analysis.numbers import Number

WORD = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
_LONGEST = 1200  # characters of a sentence: what is longer is a table, and every figure is weighed with every cue
_COUNTING = frozenset({"count", "vague", "money"})
_AHEAD = 70  # characters behind a joint in which the verb of a clause stands
_STRONG = re.compile(r";|\s[–—]\s|:\s|…|⋯|\.\.\.")


@dataclass(frozen=True, slots=True)
class Clauses:
    """A sentence of `whole`, all places counted in it. `breaks` are where clauses begin."""

    whole: str
    start: int
    end: int
    sentence: Sentence
    figures: tuple[Number, ...]
    cues: Mapping[str, Sequence[Cue]]
    breaks: tuple[int, ...]

    def of(self, kind: str) -> Sequence[Cue]:
        """Give the cues of a kind, in order."""
        return self.cues.get(kind, ())

    def clause(self, place: int) -> int:
        """Give the number of the clause in which a place lies."""
        return bisect_right(self.breaks, place)

    def apart(self, first: tuple[int, int], second: tuple[int, int]) -> int:
        """Count the words between two stretches, by the spaces; 0 where they touch or overlap."""
        low, high = (first[1], second[0]) if first[0] <= second[0] else (second[1], first[0])
        return max(0, self.whole.count(" ", low, high) - 1) if high > low else 0


class Cued:
    """A text's cues by stretches, each found when it is first asked for: most sentences of an article count nothing."""

    def __init__(self, whole: str, tongue: Tongue) -> None:
        self._whole, self._cues = whole, tongue.cues
        self._found: dict[tuple[int, int], list[Cue]] = {}

    def within(self, start: int, end: int) -> list[Cue]:
        """Give the cues of a stretch, in order."""
        found = self._found.get((start, end))
        if found is None:
            found = self._found[start, end] = self._cues.find(self._whole[start:end], start)
        return found


def read_clauses(whole: str, sentence: Sentence, cued: Cued, tongue: Tongue, language: str) -> Clauses | None:
    """Read a sentence; None if nothing is counted in it, for then it has no claim. Of an endless one its head is read."""
    end = min(sentence.end, sentence.start + _LONGEST)
    text = whole[sentence.start : end]
    found = numbers(text, language)
    if all(one.kind not in _COUNTING for one in found):
        return None
    shift = sentence.start
    figures = tuple(_moved(one, shift) for one in found)
    cues = _by_kind(cued.within(sentence.start, end))
    marks = {match.start() + shift for match in _STRONG.finditer(text)}
    marks.update(cue.end if cue.rule.options.get("after") else cue.start for cue in cues.get("break", ()))
    marks.update(at + shift for at in _joints(text, tongue))
    return Clauses(whole, sentence.start, end, sentence, figures, cues, tuple(sorted(marks)))


def _joints(text: str, tongue: Tongue) -> Iterator[int]:
    """Give where ", and" begins a clause of its own, and not the last piece of a list."""
    for joint in tongue.joints:
        at = text.find(joint)
        while at >= 0:
            after = text[at + len(joint) : at + len(joint) + _AHEAD].partition(",")[0].lower()
            if not tongue.auxiliaries or not tongue.auxiliaries.isdisjoint(WORD.findall(after)):
                yield at
            at = text.find(joint, at + 1)


def _moved(figure: Number, shift: int) -> Number:
    core = figure.core[0] + shift, figure.core[1] + shift
    return figure._replace(start=figure.start + shift, end=figure.end + shift, core=core)


def _by_kind(cues: Iterable[Cue]) -> dict[str, list[Cue]]:
    """Part cues, which come in order and the longer first, by kind.

    Those that lie within a longer one of their kind are left out: "container ship" is no container.
    """
    found: dict[str, list[Cue]] = {}
    for cue in cues:
        same = found.setdefault(cue.rule.kind, [])
        if not same or cue.end > same[-1].end or (cue.start, cue.end) == (same[-1].start, same[-1].end):
            same.append(cue)
    units = found.get("unit")
    if units and any("beside" in cue.rule.options for cue in units):
        there = {cue.rule.gives for cue in units if "beside" not in cue.rule.options}
        found["unit"] = [
            cue
            for cue in units
            if cue.rule.options.get("beside", cue.rule.gives) in there or "beside" not in cue.rule.options
        ]
    return found
