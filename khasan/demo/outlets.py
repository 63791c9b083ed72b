"""The outlets of the demonstration press and their stories, as read from ``stories/*.toml``.

To add a story, write a ``[[story]]`` in its outlet's file. To add an outlet, write a new file with the next free
``place``, which becomes the last number of its loopback address. Everything about a file is checked when it is read.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources
from ipaddress import IPv4Address
from typing import Literal

import msgspec

ROUNDS = 3

Kind = Literal["feeds", "sitemaps", "listings", "telegram", "search"]
OWN_KINDS: tuple[Kind, ...] = ("feeds", "sitemaps", "listings", "telegram")  # what an outlet offers by itself


@dataclass(frozen=True)
class Story:
    """One article: its text, and when it is published relative to the beginning of the press.

    Attributes:
        round: the round from which on it is shown; 1 is what was there before the watch began.
        path: where its page is, on its outlet's host.
        body: paragraphs, parted by an empty line; empty when a post says all.
        relevant: whether it tells of military cooperation between North Korea and Russia.
        event: a name shared by the stories that report one happening; empty when it stands alone.
        photo: the caption of its picture; empty for none.
        hours_ago, minutes_ago: how long before the beginning it was published, summed.

    """

    round: int
    path: str
    section: str
    author: str
    title: str
    summary: str
    body: str = ""
    relevant: bool = False
    event: str = ""
    photo: str = ""
    hours_ago: int = 0
    minutes_ago: int = 0

    def published(self, began: datetime) -> datetime:
        """When the story was published, to the second."""
        return began.replace(microsecond=0) - timedelta(hours=self.hours_ago, minutes=self.minutes_ago)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body's paragraphs, each without line breaks."""
        return tuple(" ".join(part.split()) for part in self.body.split("\n\n") if part.strip())


@dataclass(frozen=True)
class Outlet:
    """One outlet: who it is, where it is served and how it writes its feed and pages.

    Attributes:
        place: its number among the outlets, from 1.
        format: of its feed.
        topical: whether it writes on North Korea and Russia only, so that all its pages are worth fetching.
        zone: the time zone of the dates it prints.
        feed: path of its feed.
        kinds: by what it can be read; the first is how the demonstration reads it.
        template: which of ``pages/*.html`` its articles are set in.
        host: its loopback address.
        down: whether nobody listens there.
        encoding: of its feed and pages.
        tracking: query that it appends to the links of its feed.
        full_text: whether the feed carries whole articles beside their summaries.
        window: how many entries its feed holds, older ones on further pages (``?paged=2``); 0 for all.
        ttl: minutes that its RSS asks readers to wait; 0 to say nothing.
        update_period, update_frequency: the same in words of the syndication module, such as ``hourly``.
        skip_hours: hours of the day, GMT, in which its RSS asks not to be read.
        max_age: seconds for which its answers may be kept.

    """

    id: str
    place: int
    name: str
    motto: str
    language: Literal["en", "uk", "ru", "ko"]
    country: str
    zone: str
    format: Literal["rss", "atom", "json"]
    template: Literal["courier", "portal", "classic", "itemprop"]
    colour: str
    sections: tuple[str, ...]
    feed: str = ""
    kinds: tuple[Kind, ...] = OWN_KINDS
    host: str = ""
    topical: bool = False
    down: bool = False
    encoding: Literal["utf-8", "windows-1251"] = "utf-8"
    tracking: str = ""
    full_text: bool = False
    robots: str = "User-agent: *\nAllow: /\n"
    window: int = 0
    ttl: int = 5
    update_period: Literal["", "hourly", "daily", "weekly"] = ""
    update_frequency: int = 1
    skip_hours: tuple[int, ...] = ()
    max_age: int = 0

    @property
    def channel(self) -> str:
        """The name of its channel on Telegram."""
        return self.id.replace("-", "_")


@dataclass(frozen=True)
class Labels:
    """The words of a page that are not the article's, in one language."""

    home: str
    search: str
    subscribe: str
    share: str
    copy: str
    related: str
    most_read: str
    comments: str
    comment_teaser: str
    cookies: str
    accept: str
    settings: str
    newsletter: str
    about: str
    contact: str
    invented: str
    by: str
    published: str
    photo: str
    missing: str
    older: str
    partners: str
    updated: str
    date: str
    months: tuple[str, ...] = ()


class _Sheet(msgspec.Struct, forbid_unknown_fields=True):
    """A file of ``stories/``."""

    outlet: Outlet
    story: list[Story] = []


def load(first_host: str) -> dict[Outlet, tuple[Story, ...]]:
    """Read all outlets, in the order of their places, with their stories newest first.

    Args:
        first_host: the IPv4 address of the outlet in place 1; the others follow it.

    """
    first = IPv4Address(first_host)
    folder = resources.files(__package__) / "stories"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("demo-"))
    sheets = [msgspec.toml.decode((folder / name).read_bytes(), type=_Sheet) for name in names]
    sheets.sort(key=lambda sheet: sheet.outlet.place)
    return {
        replace(sheet.outlet, host=str(first + sheet.outlet.place - 1)): tuple(
            sorted(sheet.story, key=lambda story: (story.hours_ago * 60 + story.minutes_ago, story.path))
        )
        for sheet in sheets
    }


def load_labels() -> dict[str, Labels]:
    """Read the words of the pages' furniture by language."""
    text = (resources.files(__package__) / "stories" / "labels.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, Labels])
