"""What a topic knows for putting articles into stories, and reading an article with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.layout import layout
from analysis.lexicon import Lexicon
from analysis.stories.likeness import Weights
from analysis.stories.origins import standing
from analysis.stories.profile import Profile, profile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from analysis.reading import Analyser, Reading

NO_BRIDGE = Lexicon.empty()


@dataclass(frozen=True, slots=True)
class StoryReader:
    """The bridge between languages, what was learnt of likeness, and who quotes whom. Without a topic's it knows nothing.

    `circles` are named sets of sources that quote each other, `vague` are sources that say nothing of who it is, `official`
    outlets that publish documents of their own.
    """

    bridge: Lexicon = NO_BRIDGE
    weights: Weights = field(default_factory=Weights)
    circles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    vague: frozenset[str] = frozenset()
    official: frozenset[str] = frozenset()

    def read(  # noqa: PLR0917
        self, title: str, text: str, reading: Reading, analyser: Analyser, outlet: str, at: datetime
    ) -> tuple[Profile, tuple[str, ...]]:
        """Make an article's profile, with the media through which it has what it tells."""
        laid = layout(title, text)
        attributions = analyser.claims.attributions(
            laid, reading.scan, analyser.lexicon, reading.language, publisher=outlet, published=at
        )
        origin, relays = standing(laid, reading.claims, attributions)
        return profile(title, text, reading, self.bridge, outlet, at, origin=origin), relays
