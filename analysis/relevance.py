"""Is an article about the topic? A score from 0 to 1 with its reasons, in three bands.

A logistic model over the features of `analysis.features`. Its weights are a table that people can read and change: the
topic's `relevance.tsv` was learnt from texts of our own, `relevance.toml` says which concepts make which side, where the
bands begin, and may set a weight by hand. What a score comes from is the sum of a few of them, and so it can be told.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.features import Scheme, features
from analysis.lexicon import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.lexicon import Lexicon

BANDS = ("relevant", "unsure", "no")
BIAS = "bias"
GLANCE = 600  # characters of the text
_REASONS = 6  # told of one article
_LEAST = 0.1  # a smaller weight is no reason
_KEYS = ("bands", "groups", "pairs", "measured", "needs", "weights")
_BANDS = ("relevant", "unsure", "gate")
_HEAVIEST = 50.0  # a weight beyond this would be a slip
_PLACES = {
    "title": "in the title",
    "head": "at the head",
    "body": "further down",
    "near": "in one sentence",
    "body-near": "in one sentence further down",
    "sparse": "only in passing",
    "dense": "all through the text",
    "late": "not in the first sentences",
    "many": "in three ways",
    "word": "",
}


class RelevanceError(ValueError):
    """The relevance model's files are wrong: which, where, what was found and what expected."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """How relevant an article is. `reasons` are what counted most, the weightiest first, with their sign."""

    score: float
    band: str
    reasons: tuple[str, ...] = ()

    @property
    def relevant(self) -> bool:
        """Whether it is in the first band."""
        return self.band == "relevant"


NOT_READ = Relevance(0.0, "no")


@dataclass(frozen=True, slots=True)
class Model:
    """What features weigh, and from which score on an article is relevant or at least doubtful."""

    scheme: Scheme
    weights: Mapping[str, float]
    relevant: float
    unsure: float
    gate: float  # the score at a glance from which on an article is read
    needs: frozenset[str] = frozenset()  # groups of which an article must speak to be relevant, if there are any

    @classmethod
    def none(cls) -> Model:
        """Make one that knows nothing: to it, every article is doubtful."""
        return cls(Scheme({}, (), frozenset()), {}, 0.6, 0.4, 1.0)

    def judge(self, title: str, text: str, scan: Scan, lexicon: Lexicon, lead_end: int, *, vouched: bool) -> Relevance:
        """Judge an article in which the lexicon found `scan` and whose lead is so many characters of the text.

        `vouched`: the lexicon itself gave a reason to read it, not only a glance; else it must speak of what the model needs.
        """
        score, counted = self._score(title, text, scan, lead_end)
        band = self._band(score, scan, vouched=vouched)
        weighty = sorted(
            (pair for pair in counted if abs(pair[0]) >= _LEAST), key=lambda pair: (-abs(pair[0]), pair[1])
        )
        return Relevance(round(score, 4), band, tuple(_reason(*pair, lexicon) for pair in weighty[:_REASONS]))

    def _band(self, score: float, scan: Scan, *, vouched: bool) -> str:
        if score < self.unsure:
            return "no"
        concepts = (mention.concept for mention in (*scan.all_title, *scan.all_text))
        lacking = not vouched and bool(self.needs) and self.needs.isdisjoint(self.scheme.groups_of(concepts))
        return "unsure" if lacking or score < self.relevant else "relevant"

    def glance(self, title: str, text: str, scan: Scan) -> float:
        """Score the head of an article alone: a fraction of what judging costs, and enough to see what is worth it."""
        near = Scan(all_title=scan.all_title, all_text=tuple(one for one in scan.all_text if one.end <= GLANCE))
        return self._score(title, text[:GLANCE], near, GLANCE)[0]

    def _score(self, title: str, text: str, scan: Scan, end: int) -> tuple[float, list[tuple[float, str]]]:
        weights = self.weights
        counted = [(weights[one], one) for one in features(title, text, scan, self.scheme, end) if one in weights]
        total = weights.get(BIAS, 0.0) + math.fsum(weight for weight, _ in counted)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), counted


def _reason(weight: float, feature: str, lexicon: Lexicon) -> str:
    """Say a feature in words: "+1.3 soldiers beside war in one sentence"."""
    place, _, what = feature.partition(":")
    named = " and ".join(_named(part, lexicon) for part in what.split("+"))
    if place == "word":
        named = f"“{named}…”"
    sign = "+" if weight > 0 else "−"
    return f"{sign}{abs(weight):.1f} {named} {_PLACES[place]}".rstrip()


def _named(part: str, lexicon: Lexicon) -> str:
    if part.startswith("@"):
        return f"the side “{part[1:]}”"
    concept = lexicon.concepts_by_id.get(part)
    return concept.name("en") if concept else part


def load_relevance(data: Mapping[str, Any], table: str, lexicon: Lexicon) -> Model:
    """Make the model of what `relevance.toml` and the learnt table say.

    Raises:
        RelevanceError: names the file, the key or line, and the fault.

    """
    unknown = sorted(set(data) - set(_KEYS))
    if unknown:
        raise RelevanceError(f"relevance.toml: unknown key {unknown[0]!r}; there are {', '.join(_KEYS)}")
    groups = {name: _group(name, ids, lexicon) for name, ids in _table(data, "groups").items()}
    pairs = tuple(_pair(pair, groups) for pair in _list(data, "pairs"))
    measured, needs = (
        frozenset(_known(name, groups, key) for name in _list(data, key)) for key in ("measured", "needs")
    )
    bands = _table(data, "bands")
    if odd := sorted(set(bands) - set(_BANDS)):
        raise RelevanceError(f"relevance.toml: bands: unknown key {odd[0]!r}; there are {', '.join(_BANDS)}")
    relevant, unsure, gate = (_share(bands, name) for name in _BANDS)
    if not gate <= unsure <= relevant:
        raise RelevanceError(
            f"relevance.toml: bands: found {gate}, {unsure}, {relevant}; expected gate ≤ unsure ≤ relevant"
        )
    by_hand = {_feature(name): _weight(f"weights.{name}", weight) for name, weight in _table(data, "weights").items()}
    return Model(Scheme(groups, pairs, measured), read_table(table) | by_hand, relevant, unsure, gate, needs)


def read_table(table: str) -> dict[str, float]:
    """Read feature → weight from lines of the two with a tab between; # begins a comment.

    Raises:
        RelevanceError: names the line.

    """
    weights: dict[str, float] = {}
    for number, line in enumerate(table.removeprefix("\ufeff").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        feature, tab, weight = line.partition("\t")
        if not tab or feature in weights or not re.fullmatch(r"-?\d+(\.\d+)?", weight):
            raise RelevanceError(
                f"relevance.tsv: line {number}: found {line!r}, expected a new feature, a tab and its weight"
            )
        weights[feature] = _weight(f"relevance.tsv: line {number}", float(weight))
    return weights


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise RelevanceError(f"relevance.toml: {name}: found {value!r}, expected a table")
    return value


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name, [])
    if not isinstance(value, list):
        raise RelevanceError(f"relevance.toml: {name}: found {value!r}, expected a list")
    return value


def _feature(name: str) -> str:
    if name != BIAS and name.partition(":")[0] not in _PLACES:
        raise RelevanceError(
            f"relevance.toml: weights: {name!r} is no feature; it begins with one of {', '.join(_PLACES)} and a colon"
        )
    return name


def _weight(where: str, value: Any) -> float:
    weight = _number(where, value)
    if abs(weight) > _HEAVIEST:
        raise RelevanceError(f"{where}: found {weight:g}, expected a weight between −{_HEAVIEST:g} and {_HEAVIEST:g}")
    return weight


def _group(name: str, ids: Any, lexicon: Lexicon) -> frozenset[str]:
    if not re.fullmatch("[a-z_]+", name) or not isinstance(ids, list):
        raise RelevanceError(f"relevance.toml: groups.{name}: expected a name in small letters and a list of concepts")
    found: set[str] = set()
    for one in ids:
        if isinstance(one, str) and one.startswith("category:") and one[9:] in lexicon.categories:
            found |= lexicon.categories[one[9:]]
        elif isinstance(one, str) and one in lexicon.concepts_by_id:
            found.add(one)
        else:
            raise RelevanceError(f"relevance.toml: groups.{name}: {one!r} is no concept and no “category:…”")
    return frozenset(found)


def _pair(pair: Any, groups: Mapping[str, Any]) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a pair
        raise RelevanceError(f"relevance.toml: pairs: found {pair!r}, expected two groups")
    return _known(pair[0], groups, "pairs"), _known(pair[1], groups, "pairs")


def _known(name: Any, groups: Mapping[str, Any], where: str) -> str:
    if not isinstance(name, str) or name not in groups:
        raise RelevanceError(f"relevance.toml: {where}: {name!r} is no group")
    return name


def _share(bands: Mapping[str, Any], name: str) -> float:
    share = _number(f"bands.{name}", bands.get(name))
    if not 0 < share < 1:
        raise RelevanceError(f"relevance.toml: bands.{name}: found {share}, expected a score between 0 and 1")
    return share


def _number(where: str, value: Any) -> float:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise RelevanceError(f"relevance.toml: {where}: found {value!r:.80}, expected a number")
    return number
