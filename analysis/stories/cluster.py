"""Stories of articles that come one by one, kept in memory: what the archive does in its tables, for a pipe."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import timedelta
from typing import TYPE_CHECKING

from analysis.stories.copies import Print, bands
from analysis.stories.placing import Neighbour, choose, rare_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.stories.likeness import Weights
    from analysis.stories.profile import Profile

WINDOW = timedelta(days=14)
"""How long after an article another one may belong to its story."""

_A_KEY = 40  # articles with a key that are looked at, the latest ones
_ARTICLES = 20  # articles that are compared
_STORIES, _MEMBERS = 5, 8  # stories looked at beside the articles found, and articles of each


class Clusterer:
    """Gives each article the number of its story. A story begins with 1; articles must come in order of time."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._by_key: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_A_KEY))
        self._articles: list[Neighbour] = []
        self._prints: list[Print] = []
        self._members: defaultdict[int, list[int]] = defaultdict(list)
        self._stories = 0

    def add(self, profile: Profile, title: str, text: str) -> int:
        """Place the next article."""
        keys = rare_keys(profile, self._weights)
        mine = Print.of(profile.outlet, title, text)
        marks = bands(mine.shingles)
        near = self._near(keys, marks, profile)
        same = next((one for one in near if mine.is_same(self._prints[one.article])), None)
        choice = choose(profile, near, self._weights)
        story = same.story if same else choice.story
        if story is None:
            self._stories += 1
            story = self._stories
        number = len(self._articles)
        self._articles.append(Neighbour(number, story, profile, repeats=same is not None))
        self._prints.append(mine)
        self._members[story].append(number)
        for key in (*keys, *(f"band {band}" for band in marks)):
            self._by_key[key].append(number)
        return story

    def _near(self, keys: dict[str, float], marks: Iterable[int], profile: Profile) -> list[Neighbour]:
        scores: defaultdict[int, float] = defaultdict(float)
        weighed = [*keys.items(), *((f"band {band}", 100.0) for band in marks)]
        for key, weight in weighed:
            for number in self._by_key.get(key, ()):
                if abs(self._articles[number].profile.at - profile.at) <= WINDOW:
                    scores[number] += weight
        best = sorted(scores, key=lambda one: (-scores[one], one))[:_ARTICLES]
        found = set(best)
        for story in list(dict.fromkeys(self._articles[number].story for number in best))[:_STORIES]:
            members = self._members[story]
            found.update(members[:4] + members[4:][-(_MEMBERS - 4) :])
        return [self._articles[number] for number in sorted(found)]
