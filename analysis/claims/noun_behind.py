"""What a figure counts in a language that puts the noun behind it: over adjectives and peoples, not over a stop or a verb."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.claims.clauses import WORD
from analysis.claims.grammar import HARM
from analysis.claims.quantity_model import Quantity

if TYPE_CHECKING:
    from analysis.claims.clauses import Clauses
    from analysis.claims.grammar import Tongue
    from analysis.cues import Cue
    from analysis.numbers import Number

_ADJECTIVE = re.compile(
    r"\w+(?:ий|ый|ой|ого|его|ому|ему|ым|им|ом|ем|ая|яя|ую|юю|ою|ею|ей|ої|ій|их|ых|ими|ыми|ые|ие|ене|ені|ної|ний|ні|ти|ські|цькі|зькі|ові|еві|єві"
    r"|кі|лі|ві)$"
)
_GAP = re.compile(r"[\s«»\"“”'’‚„*]*(?:\([^()]{0,40}\)\s*)?")
_FIRST_GAP = re.compile(r"\s*[–—:-]?\s*[«\"“]?\s*")
_HYPHEN = re.compile(r"-[^\W\d_]")
_SPACE = re.compile(r"\s+")
_OF_WORDS = 5
_OF_LENGTH = 12  # characters
_WITHIN = 6  # words between a figure and its noun
_PASSED_KINDS = ("calibre", "designation")


class NounsBehind:
    """Where a sentence's nouns, adjectives and stops are, to find the noun behind each of its figures."""

    def __init__(self, clauses: Clauses, tongue: Tongue) -> None:
        self._clauses, self._whole, self._tongue = clauses, clauses.whole, tongue
        self._units = {cue.start: cue for cue in clauses.of("unit")}
        self._stepped = {cue.start: cue for kind in ("filler", "side", "increment") for cue in clauses.of(kind)}
        self._deeds = {cue.start: cue for cue in clauses.of("event")}
        self._drops = {cue.start: cue for cue in clauses.of("drop")}
        self._parts = {cue.start for cue in clauses.of("subset")}
        self._opened = {cue.start for kind in ("open", "modality", "break") for cue in clauses.of(kind)}
        self._passed = {one.start: one for one in clauses.figures if one.kind in _PASSED_KINDS}
        self._fillers = tongue.small.get("filler", frozenset())
        self._openers = tongue.small.get("open", frozenset())

    def seek(self, figure: Number, taken: set[tuple[int, int]]) -> Quantity:
        """Find the noun behind a figure; `taken` are those of figures before it."""
        if any(self._made_of(cue.end, figure.start) for cue in self._drops.values()):
            return _nothing(figure)
        inside = next((cue for at, cue in self._units.items() if figure.start <= at < figure.core[0]), None)
        if inside:  # "солдат двести"
            return _counted(figure, inside, (inside.rule.id,))
        at, strange, rules = figure.end, 0, list[str]()
        for step in range(_WITHIN + 1):
            at = self._over_gap(at, first=not step)
            passed = self._passed.get(at)
            if passed and at not in self._units:
                strange += passed.kind == "designation"  # "12 AS-90s" are no missiles, "148 KN-23 missiles" are
                at = passed.end
                continue
            stop = self._stop(figure, at, strange)
            if stop:
                return stop
            unit = self._units.get(at)
            if unit and (unit.start, unit.end) not in taken and not _HYPHEN.match(self._whole, unit.end):
                return _counted(figure, self._head(unit), (*rules, self._head(unit).rule.id))
            at, strange, rule = self._step(at, strange)
            rules += [rule] if rule else []
            if strange > self._tongue.strange_words:
                return _nothing(figure)
        return _nothing(figure)

    def _over_gap(self, at: int, *, first: bool = False) -> int:
        gap = (_FIRST_GAP if first else _GAP).match(self._whole, at)
        return gap.end() if gap else at

    def _word(self, at: int) -> str:
        word = WORD.match(self._whole, at) if at < self._clauses.end else None
        return word[0].lower() if word else ""

    def _stop(self, figure: Number, at: int, strange: int) -> Quantity | None:
        """Tell that no noun follows from here: what is counted was left out, or is none of ours. None if one may yet follow."""
        word = self._word(at)
        if at in self._drops:
            return _nothing(figure)
        if at in self._parts or not word:
            return _elliptic(figure, strange, subset=at in self._parts)
        if at in self._units or at in self._stepped or self._is_filler(word, strange):
            return None
        if at in self._deeds:
            return None if self._leads_on(self._deeds[at].end) else _elliptic(figure, strange)
        return _elliptic(figure, strange) if at in self._opened or word in self._openers else None

    def _is_filler(self, word: str, strange: int) -> bool:
        """Whether a word is passed over. Behind a strange word "of" begins what that is of."""
        return word in self._fillers and not (strange and word in self._tongue.parts)

    def _step(self, at: int, strange: int) -> tuple[int, int, str]:
        """Pass over what stands at a place. Gives the place behind it, how many strange words there are now, and a rule."""
        cue = (
            self._deeds.get(at) if at in self._deeds and self._leads_on(self._deeds[at].end) else self._stepped.get(at)
        )
        if cue:
            return cue.end, strange, cue.rule.id
        word = self._word(at)
        known = self._is_filler(word, strange) or _ADJECTIVE.match(word)
        if word[0].isdigit() and not known:
            strange += _WITHIN
        return at + len(word), strange + (not known), ""

    def _head(self, cue: Cue) -> Cue:
        """Give what a noun phrase is about: "96 tank wagons", "200 pieces of heavy artillery"."""
        gap = _SPACE.match(self._whole, cue.end)
        following = self._units.get(gap.end()) if gap else None
        if following and self._tongue.head_last and cue.rule.gives not in HARM:
            return self._head(following)
        return (self._told_behind(cue) or cue) if cue.rule.gives == "things" else cue

    def _told_behind(self, cue: Cue) -> Cue | None:
        """Find what things are, behind words that only say "pieces"."""
        at = cue.end
        for _ in range(_OF_WORDS):
            at = self._over_gap(at)
            if at in self._units:
                return self._units[at]
            word = self._word(at)
            if at in self._passed:
                at = self._passed[at].end
            elif at in self._stepped:
                at = self._stepped[at].end
            elif word and (word in self._fillers or _ADJECTIVE.match(word)):
                at += len(word)
            else:
                return None
        return None

    def _leads_on(self, at: int) -> bool:
        """Whether a participle belongs to a noun that follows at once: "the two captured soldiers"."""
        for _ in range(2):
            at = self._over_gap(at)
            if at in self._units:
                return True
            step = self._stepped.get(at)
            if step is None or step.rule.kind != "side":
                return False
            at = step.end
        return False

    def _made_of(self, end: int, start: int) -> bool:
        """Whether a figure tells of how many a word is made up: "a delegation of 34 people"."""
        if not 0 < start - end <= _OF_LENGTH:
            return False
        between = self._whole[end:start].split()
        return len(between) == 1 and between[0].lower() in self._tongue.parts


def _nothing(figure: Number) -> Quantity:
    return Quantity(figure, figure.start, figure.end, None, None, ())


def _elliptic(figure: Number, strange: int, *, subset: bool = False) -> Quantity:
    """A figure whose noun was left out; one behind which a strange word stood counts that."""
    return Quantity(figure, figure.start, figure.end, None if strange else "", None, (), subset=subset)


def _counted(figure: Number, cue: Cue, rules: tuple[str, ...]) -> Quantity:
    unit = cue.rule.gives
    start, end = min(figure.start, cue.start), max(figure.end, cue.end)
    return Quantity(figure, start, end, unit, (cue.start, cue.end), rules, generic=unit in {"persons", "things"})
