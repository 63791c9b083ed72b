"""Stories: articles that tell of the same event, at any outlet, in any language."""

from __future__ import annotations

from analysis.stories.cluster import Clusterer
from analysis.stories.placing import Choice, Neighbour, choose
from analysis.stories.profile import Profile
from analysis.stories.reading import StoryReader

__all__ = ["Choice", "Clusterer", "Neighbour", "Profile", "StoryReader", "choose"]
