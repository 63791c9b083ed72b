"""How alike two articles are: whether they tell of the same event, as a probability.

A logistic sum of a few measures of what two profiles share and where they contradict each other. What everybody speaks of
weighs little: a key's weight falls with its share in ordinary press on the topic (`Weights.common`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, log1p, sqrt
from typing import TYPE_CHECKING

from analysis.stories.names import close, consonants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analysis.stories.profile import Profile

MEASURES = (
    *("keys", "shared", "titles", "words", "numbers", "names", "gap", "tongue", "rarest", "figure", "figures"),
    *("voice", "voices", "place", "places", "person", "persons"),
)
_RAREST = {"c": 0.01, "b": 0.006, "n": 0.004, "t": 0.002, "w": 0.004}  # the share of what was never counted
_DAY = 86_400.0
_SAYS = 2.5  # what a key says that stands in one article of twelve
_WORDY = 0.4
_RARE = 4.0  # what a key says that stands in one article of fifty
_SMALL = len("n:5")  # a number of one figure agrees by chance


@dataclass(frozen=True)
class Weights:
    """What was learnt: how common keys are, as shares of articles, and what each measure counts."""

    common: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    bias: float = 0.0
    voices: frozenset[str] = frozenset()  # keys of who may be behind a story
    places: frozenset[str] = frozenset()  # keys of where it may be
    persons: frozenset[str] = frozenset()  # keys of whom it may be about
    actors: frozenset[str] = frozenset()  # keys of the sides, which alone make no story
    threshold: float = 0.5  # of a story's likeness, from which on an article belongs to it
    merging: float = 0.95  # of both of two stories' likeness, from which on they are one

    def weight(self, key: str) -> float:
        """Tell how much a key says: 0 for what stands in every article."""
        share = self.common.get(key)
        if share is None:
            share = _RAREST.get(key[0], 0.01)
            if key[0] == "n" and len(key) == _SMALL:
                share = 0.05
        return log(1.0 / share) if share < 1.0 else 0.0


def measures(one: Profile, other: Profile, weights: Weights) -> dict[str, float]:
    """Measure two articles against each other."""
    shared = one.keys.keys() & other.keys.keys()
    weighed = {key: weights.weight(key) * sqrt(one.keys[key] * other.keys[key]) for key in shared}
    numbers = sum(value for key, value in weighed.items() if key[0] == "n" and len(key) > _SMALL)
    return {
        "keys": _cosine(one.keys, other.keys, weights),
        "shared": log1p(sum(weighed.values())),
        "titles": log1p(sum(weights.weight(key) for key in shared if one.keys[key] > 1 and other.keys[key] > 1)),
        "words": _cosine(one.words, other.words, weights, "w:") if one.language == other.language else 0.0,
        "numbers": log1p(numbers),
        "names": log1p(_names(one, other)),
        "gap": log1p(abs((one.at - other.at).total_seconds()) / _DAY),
        "figure": float(bool(set(one.figures) & set(other.figures))),
        "figures": float(_figures_differ(one, other)),
        **_agreement("voice", weights.voices, one, other, weights),
        **_agreement("place", weights.places, one, other, weights),
        **_agreement("person", weights.persons, one, other, weights),
        "tongue": float(one.language == other.language),
        "rarest": max(weighed.values(), default=0.0),
    }


def likeness(one: Profile, other: Profile, weights: Weights) -> float:
    """Give the probability that two articles tell of the same event: none where only what everybody speaks of is shared."""
    if not _shares_something(one, other, weights):
        return 0.0
    found = measures(one, other, weights)
    return 1 / (1 + exp(-weights.bias - sum(weights.measures.get(name, 0.0) * value for name, value in found.items())))


def _shares_something(one: Profile, other: Profile, weights: Weights) -> bool:
    """Whether two articles share a key that says something, or, in one language, such words."""
    shared = (one.keys.keys() & other.keys.keys()) - weights.actors
    if any(weights.weight(key) >= _SAYS for key in shared):
        return True
    return one.language == other.language and _cosine(one.words, other.words, weights, "w:") >= _WORDY


def _agreement(name: str, some: frozenset[str], one: Profile, other: Profile, weights: Weights) -> dict[str, float]:
    """Tell how much the rarest of some keys says that both articles name; and whether both name some, and none the same."""
    mine, others = one.keys.keys() & some, other.keys.keys() & some
    shared = max((weights.weight(key) for key in mine & others), default=0.0)
    return {name: shared / _RARE, name + "s": float(bool(mine and others and not shared))}


def _cosine(one: Mapping[str, float], other: Mapping[str, float], weights: Weights, prefix: str = "") -> float:
    """Give the cosine of two sets of weighed keys."""
    shared = one.keys() & other.keys()
    if not shared:
        return 0.0
    dot = sum(one[key] * other[key] * weights.weight(prefix + key) ** 2 for key in shared)
    return dot / (_length(one, weights, prefix) * _length(other, weights, prefix))


def _length(keys: Mapping[str, float], weights: Weights, prefix: str) -> float:
    return sqrt(sum((value * weights.weight(prefix + key)) ** 2 for key, value in keys.items())) or 1.0


def _names(one: Profile, other: Profile) -> float:
    """How many names two articles share, each by the length of what is heard."""
    return sum(_shared_names(one.names, other.names))


def _shared_names(mine: Iterable[str], others: tuple[str, ...]) -> Iterable[float]:
    for name in mine:
        core = consonants(name)
        if any(consonants(other) == core and close(name, other) for other in others):
            yield len(core) - 2.0


def _figures_differ(one: Profile, other: Profile) -> bool:
    """Whether two articles count the same and come to different figures, and to no same one."""
    same_units = {unit for unit, _ in one.figures} & {unit for unit, _ in other.figures}
    return bool(same_units) and not set(one.figures) & set(other.figures)
