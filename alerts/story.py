"""A story as a mail shows it: plain values, made when it is decided and kept with the mail, so that it reads the same for ever.

Names are ready to be shown, times are aware datetimes in UTC. `to_plain` and `from_plain` carry a card through JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads it where a card is given back
from typing import Any, TypeVar

import msgspec

Card = TypeVar("Card")


@dataclass(frozen=True, slots=True)
class OutletLine:
    """An article of a story. `role` is "own", "relay", "copy" (the same text elsewhere) or "version" (at the same outlet)."""

    article: int
    outlet: str
    language: str  # code
    title: str
    url: str
    published_at: datetime
    first_seen: datetime
    day_only: bool = False  # published at an hour that nobody told
    guessed: bool = False  # nobody told when it was published
    role: str = "own"
    origin: str = ""  # on whose word, "" if that is not told
    via: tuple[str, ...] = ()  # through which media
    new: bool = False  # since the last mail on this story


@dataclass(frozen=True, slots=True)
class OriginLine:
    """Somebody on whose word articles stand. `circle` names the media that quote each other, if it is one of those."""

    name: str
    outlets: int
    first_seen: datetime
    circle: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What an update is for. `kind` is "figure", "origin", "confirmation", "denial", "correction", "retraction", "outlets" or "document"."""

    kind: str
    text: str  # "15 million shells sent, says South Korea’s defence ministry (before: 12 million)"


@dataclass(frozen=True, slots=True)
class StoryCard:
    """A story for an alert or an update. Counts are of the whole story, also of what is not listed."""

    story: int
    first_seen: datetime
    outlets: tuple[OutletLine, ...] = ()  # first seen first
    articles: int = 1
    outlet_count: int = 1
    languages: tuple[tuple[str, int], ...] = ()  # code and how many outlets, most first
    origins: tuple[OriginLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()  # of an update
    gloss: tuple[str, ...] = ()  # what the text speaks of, in English, if that is not its language
    told_at: datetime | None = None  # the last mail on it


@dataclass(frozen=True, slots=True)
class DigestStory:
    """A story in a digest. `paragraph` is the beginning of the article shown, `marks` what to mark in it."""

    story: int
    updated: bool  # the reader has been told of it before
    title: str
    language: str
    outlet: str
    url: str
    paragraph: str
    first_seen: datetime
    last_seen: datetime
    marks: tuple[tuple[int, int], ...] = ()
    gloss: tuple[str, ...] = ()
    articles: int = 1
    outlet_count: int = 1
    origins: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()  # new ones: "11,000 troops sent, South Korea’s spy agency"
    changes: tuple[ChangeLine, ...] = ()
    rules: tuple[str, ...] = ()  # names
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Borderline:
    """An article of which it is not sure whether it is on the topic."""

    title: str
    language: str
    outlet: str
    url: str
    relevance: float  # 0 to 1
    published_at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class DigestCard:
    """A digest. `stories` by weight; `unread` says what was not being read, as name and words."""

    since: datetime
    until: datetime
    stories: tuple[DigestStory, ...] = ()
    borderline: tuple[Borderline, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    read: int = 0  # articles read in that time


def to_plain(card: StoryCard | DigestCard) -> dict[str, Any]:
    """Give a card as JSON has it."""
    plain: dict[str, Any] = msgspec.to_builtins(card)
    return plain


def from_plain(plain: dict[str, Any], kind: type[Card]) -> Card:
    """Give a card back. Raises msgspec.ValidationError on anything that is none."""
    return msgspec.convert(plain, kind)
