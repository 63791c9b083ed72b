"""Stories as plain values: articles on one event, what readers were told of it, what analysts decided on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from storage.claim_model import Figure
    from storage.mail import MailState, NewMail
    from storage.model import Published


WINDOW = timedelta(days=14)
"""How long before or after an article another one may belong to its story."""

A_KEY = 40  # of the articles that share a key, so many are looked at, the latest ones
COMPARED = 20  # articles that are compared in full
STORIES, FIRST, LATEST = (
    5,
    4,
    4,
)  # so many of their stories are looked at, and of each so many first and latest articles


class StoryVerdict(StrEnum):
    """What an analyst decides on a story."""

    MERGE = "merge"
    MUTE = "mute"
    UNMUTE = "unmute"
    PIN = "pin"
    UNPIN = "unpin"


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """What a placed article is compared by. `features` are as analysis made them; `same_as` is the article that it repeats.

    `bands` are those that were asked for.
    """

    article: int
    story: int
    at: datetime
    outlet: str
    language: str
    features: Mapping[str, Any]
    origin: str = ""
    same_as: int | None = None
    bands: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Placing:
    """Where an article belongs, to be stored with its review. A `new` story has the next number.

    `keys` and `bands` are what it is found by again. `merges` are stories found to be this one.
    """

    story: int
    new: bool
    reason: str
    at: datetime
    features: Mapping[str, Any] = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    bands: tuple[int, ...] = field(default=(), repr=False)
    same_as: int | None = None
    same_how: str = ""  # "version" at the same outlet, "copy" at another
    origin: str = ""  # on whose word it stands; "" if it does not tell
    relays: tuple[str, ...] = ()
    merges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """A mail on a story to be queued, or, with `refresh`, to be put in the place of one that has not left yet.

    `facts` are what is known of the story then, as JSON: what a later change is measured by.
    """

    kind: str  # "alert" or "update"
    mail: NewMail
    facts: str
    refresh: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader was told of a story, by the mail that did or will.

    `queued` is the number of the mail that was queued for it, `mail` of the one that stands for that by now. `known`: a server
    may have had it, or another mail stands for it. `story` is the number under which he was told, 0 before there were stories.
    """

    mail: int
    kind: str
    at: datetime
    facts: str
    state: MailState
    attempts: int
    late: bool
    message_id: str
    subject: str
    due_at: datetime
    article: int | None
    version: int | None
    body: str  # JSON: what it is made of
    known: bool = False
    story: int = 0
    queued: int = 0

    @property
    def waiting(self) -> bool:
        """Whether nobody can have it yet, so that it may still be changed."""
        return self.state == "queued" and self.attempts == 0 and not self.known


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """An article of a story, for mails and lists."""

    id: int
    version: int
    outlet: str
    outlet_name: str
    language: str
    title: str
    url: str
    published: Published
    first_seen: datetime
    placed_in: int
    reason: str
    same_as: int | None
    same_how: str
    origin: str
    relays: tuple[str, ...]
    relevance: float | None
    arrival: str


@dataclass(frozen=True, slots=True)
class StoryDecision:
    """What an analyst decided on a story, for `reader` ("" is everybody)."""

    verdict: StoryVerdict
    who: str
    why: str
    at: datetime
    story: int
    reader: str = ""
    into: int | None = None


@dataclass(frozen=True, slots=True)
class StoryState:
    """All that is known of a story. `numbers` are its own and those of the stories merged into it; `figures` as said, with recaps.

    `told` is by reader, oldest first, and has also whoever reads at the same address.
    """

    number: int
    numbers: tuple[int, ...] = ()
    articles: tuple[StoryArticle, ...] = ()  # first seen first
    figures: tuple[tuple[int, Figure], ...] = ()  # article and figure
    told: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    decisions: tuple[StoryDecision, ...] = ()

    def stands(self, reader: str, on: StoryVerdict, off: StoryVerdict) -> StoryDecision | None:
        """Give the decision by which a story is muted or pinned for a reader; None if it is not. The later one wins."""
        mine = [one for one in self.decisions if one.reader in {"", reader} and one.verdict in {on, off}]
        return mine[-1] if mine and mine[-1].verdict == on else None
