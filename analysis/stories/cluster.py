"""Stories of articles that come one by one, kept in memory: what the archive does in its tables, for a pipe."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

from analysis.stories.copies import Print, bands
from analysis.stories.placing import Neighbour, choose, rare_keys
from storage.story_model import A_KEY, COMPARED, FIRST, LATEST, STORIES, WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from analysis.stories.likeness import Weights
    from analysis.stories.profile import Profile

_OF_ITS_TEXT = 100.0  # what a band says: more than any key


class _Kept(NamedTuple):
    neighbour: Neighbour
    text: Print
    keys: tuple[str, ...]


class Clusterer:
    """Gives each article the number of its story. A story begins with 1; articles must come in order of time.

    What is older than the window is let go, so that a pipe may run for as long as it likes.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._by_key: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=A_KEY))
        self._kept: dict[int, _Kept] = {}  # in the order in which they came
        self._members: defaultdict[int, list[int]] = defaultdict(list)
        self._articles = self._stories = 0

    def add(self, profile: Profile, title: str, text: str) -> int:
        """Place the next article."""
        self._let_go(profile.at)
        mine = Print.of(profile.outlet, title, text)
        keys = rare_keys(profile, self._weights) | dict.fromkeys(map(str, bands(mine.shingles)), _OF_ITS_TEXT)
        near = self._near(keys, profile)
        same = next((one for one in near if mine.is_same(self._kept[one.article].text)), None)
        story = same.story if same else choose(profile, near, self._weights).story
        if story is None:
            self._stories += 1
            story = self._stories
        self._articles += 1
        neighbour = Neighbour(self._articles, story, profile, repeats=same is not None)
        self._kept[self._articles] = _Kept(neighbour, mine, tuple(keys))
        self._members[story].append(self._articles)
        for key in keys:
            self._by_key[key].append(self._articles)
        return story

    def _near(self, keys: Mapping[str, float], profile: Profile) -> list[Neighbour]:
        scores: defaultdict[int, float] = defaultdict(float)
        for key, weight in keys.items():
            for number in self._by_key.get(key, ()):
                if abs(self._kept[number].neighbour.profile.at - profile.at) <= WINDOW:
                    scores[number] += weight
        best = sorted(scores, key=lambda one: (-scores[one], one))[:COMPARED]
        found = set(best)
        for story in list(dict.fromkeys(self._kept[number].neighbour.story for number in best))[:STORIES]:
            members = self._members[story]
            found.update(members[:FIRST] + members[FIRST:][-LATEST:])
        return [self._kept[number].neighbour for number in sorted(found)]

    def _let_go(self, now: datetime) -> None:
        """Forget the first articles as far as none that comes can be of their stories."""
        while self._kept:
            number, (neighbour, _, keys) = next(iter(self._kept.items()))
            if now - neighbour.profile.at <= WINDOW:
                return
            del self._kept[number]
            self._members[neighbour.story].remove(number)
            for key in keys:
                places = self._by_key[key]
                if places and places[0] == number:
                    places.popleft()
                if not places:
                    del self._by_key[key]
            if not self._members[neighbour.story]:
                del self._members[neighbour.story]
