"""Which story an article belongs to: the one whose articles it is most like, or a new one. Pure.

An article is compared with single articles, not with sums of them: a story that runs for days would else come to be like
everything. Its likeness to a story is that to its nearest article and to its three nearest ones, in equal parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.stories.likeness import likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.stories.likeness import Weights
    from analysis.stories.profile import Profile

_NEAREST = 3
_COMMON = 0.12  # a key that so many articles have finds nothing
_KEYS = 40  # by which an article is looked for


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An article that was placed before. `repeats`: it is another one again, and says nothing by itself."""

    article: int
    story: int
    profile: Profile
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What became of an article: its story, None if it begins one; with the nearest article, how sure that is, and why."""

    story: int | None
    score: float = 0.0
    nearest: int | None = None
    reason: str = "nothing like it"
    merges: tuple[int, ...] = ()


def rare_keys(profile: Profile, weights: Weights) -> dict[str, float]:
    """Give the keys by which an article is looked for, those that say most, with what each says."""
    weighed = {key: weights.weight(key) for key in profile.keys if weights.common.get(key, 0.0) < _COMMON}
    weighed |= {f"w:{key}": weights.weight(f"w:{key}") for key, title in profile.words.items() if title > 1}
    best = sorted((key for key, value in weighed.items() if value > 0), key=lambda key: (-weighed[key], key))[:_KEYS]
    return {key: weighed[key] for key in best}


def choose(profile: Profile, neighbours: Iterable[Neighbour], weights: Weights) -> Choice:
    """Decide on the story of an article. Where nothing is known of likeness, each begins one of its own."""
    if not weights.measures:
        return Choice(None, reason="this topic has no measures of likeness")
    by_story: dict[int, list[tuple[float, int]]] = {}
    profiles = {}
    for one in neighbours:
        profiles[one.article] = one.profile
        if not one.repeats:
            found = by_story.setdefault(one.story, [])
            found.append((likeness(profile, one.profile, weights), one.article))
    ranked = sorted(((_score(found), -story, found) for story, found in by_story.items()), reverse=True)
    if not ranked or ranked[0][0] < weights.threshold:
        best = ranked[0][0] if ranked else 0.0
        return Choice(None, best)
    score, negative, found = ranked[0]
    nearest = max(found)[1]
    merges = tuple(-other for value, other, _ in ranked[1:] if value >= weights.merging and score >= weights.merging)
    shared = sorted(profile.keys.keys() & profiles[nearest].keys.keys(), key=lambda key: -weights.weight(key))
    reason = f"like article {nearest} ({score:.2f}): {', '.join(shared[:5])}"
    return Choice(-negative, score, nearest, reason, merges)


def _score(found: Sequence[tuple[float, int]]) -> float:
    best = sorted((value for value, _ in found), reverse=True)[:_NEAREST]
    return 0.5 * best[0] + 0.5 * sum(best) / len(best)
