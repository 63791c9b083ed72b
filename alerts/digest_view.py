"""A reader's digest as its templates want it: stories with a paragraph each, then what may be on the topic. Pure.

Text comes out cleaned; escaping is the templates' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.headers import header, link, shortened
from alerts.marks import Piece, around, merged, pieces
from alerts.story_view import ChangeView, change_view, counted, gloss, href
from alerts.view import direction, moment, short_moment, tongue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.story import Borderline, DigestCard, DigestStory

CONTENTS = 8  # stories from which on there is a table of contents
BORDERLINE = 5
UNREAD = 12
TITLE = 300  # characters
PARAGRAPH = 560
NAME = 60
ORIGINS = 4
FIGURES = 6
CHANGES = 6
LINE = 200  # characters of a figure or a reason


@dataclass(frozen=True, slots=True)
class DigestBlock:
    """A story in a digest. `anchor` is what the table of contents leads to; `address` stands in the text part."""

    number: int
    anchor: str
    updated: bool
    pinned: bool
    title: str
    href: str
    address: str
    lang: str
    dir: str
    outlet: str
    when: str
    gloss: str
    spread: str
    paragraph: tuple[Piece, ...]
    figures: tuple[str, ...]
    changes: tuple[ChangeView, ...]
    rules: str

    @property
    def badge(self) -> str:
        """What the story is to the reader, in a word."""
        return "updated" if self.updated else "new"


@dataclass(frozen=True, slots=True)
class EdgeView:
    """An article that may be on the topic."""

    title: str
    href: str
    address: str
    lang: str
    dir: str
    about: str


@dataclass(frozen=True, slots=True)
class DigestView:
    """What a digest shows. Stories by weight; `unread` is what was not being read, as name and words."""

    day: str
    span: str
    sentence: str
    stories: tuple[DigestBlock, ...]
    edge: tuple[EdgeView, ...]
    unread: tuple[tuple[str, str], ...]
    more_unread: int


def digest_view(card: DigestCard, zone: str, most: int) -> DigestView:
    """Prepare a digest for a reader in `zone`, with so many stories at most."""
    until = card.until.astimezone(ZoneInfo(zone))
    return DigestView(
        day=short_day_name(card, zone),
        span=f"{moment(card.since, zone)} – {moment(card.until, zone)}",
        sentence=_sentence(card),
        stories=tuple(_block(one, zone, until.year) for one in card.stories[:most]),
        edge=tuple(_edge(one, zone, until.year) for one in card.borderline[:BORDERLINE]),
        unread=tuple((shortened(name, NAME), shortened(words, LINE)) for name, words in card.unread[:UNREAD]),
        more_unread=max(len(card.unread) - UNREAD, 0),
    )


def short_day_name(card: DigestCard, zone: str) -> str:
    """Return the day of a digest, as "Mon 23 Nov"."""
    until = card.until.astimezone(ZoneInfo(zone))
    return moment(card.until, zone).partition(f" {until.year},")[0]


def subject_of_digest(card: DigestCard, zone: str) -> str:
    """Return the subject: "Khasan digest Mon 23 Nov: 3 new, 2 updated"."""
    new, updated = _counts(card.stories)
    counts = [f"{new:,} new"] if new else []
    counts += [f"{updated:,} updated"] if updated else []
    return header(f"Khasan digest {short_day_name(card, zone)}: {', '.join(counts) or 'nothing new'}")


def _counts(stories: Sequence[DigestStory]) -> tuple[int, int]:
    updated = sum(one.updated for one in stories)
    return len(stories) - updated, updated


def _sentence(card: DigestCard) -> str:
    """Say in a sentence what there is, and out of how much."""
    read = f"{counted(card.read, 'article')} {'was' if card.read == 1 else 'were'} read"
    if not card.stories:
        why = f"{read}, and no story is new or has changed" if card.read else "no article came in"
        return f"Nothing happened: {why}."
    new, updated = _counts(card.stories)
    parts = [counted(new, "new story")] if new else []
    parts += [f"{updated:,} updated" if new else counted(updated, "updated story")] if updated else []
    return f"{' and '.join(parts)}; {read}." if card.read else f"{' and '.join(parts)}."


def _block(story: DigestStory, zone: str, year: int) -> DigestBlock:
    return DigestBlock(
        number=story.story,
        anchor=f"story-{story.story}",
        updated=story.updated,
        pinned=story.pinned,
        title=shortened(story.title, TITLE) or "(no title)",
        href=href(story.url),
        address=link(story.url) or shortened(story.url, TITLE),
        lang=tongue(story.language),
        dir=direction(story.language),
        outlet=shortened(story.outlet, NAME),
        when=short_moment(story.last_seen if story.updated else story.first_seen, zone, year),
        gloss=gloss(story.gloss),
        spread=_spread(story),
        paragraph=_paragraph(story),
        figures=tuple(shortened(one, LINE) for one in story.figures[:FIGURES]),
        changes=tuple(change_view(one) for one in story.changes[:CHANGES]),
        rules=", ".join(shortened(one, NAME) for one in story.rules[:CHANGES]),
    )


def _spread(story: DigestStory) -> str:
    """Say how many report it, on whose word; "" of one outlet that names nobody."""
    names = [name for name in (shortened(one, NAME) for one in story.origins[:ORIGINS]) if name]
    more = len(story.origins) - len(story.origins[:ORIGINS])
    origins = ", ".join(names) + (f" and {more} more" if more else "")
    told = f"{counted(len(story.origins), 'origin')}: {origins}" if names else ""
    outlets = counted(story.outlet_count, "outlet") if story.outlet_count > 1 else ""
    if not outlets and len(story.origins) == 1:
        return f"On the word of {names[0]}" if names else ""
    return ", ".join(part for part in (outlets, told) if part)


def _paragraph(story: DigestStory) -> tuple[Piece, ...]:
    """Cut the paragraph at words, with its marks."""
    text = story.paragraph
    start, end = around(text, (0, 0), (0, len(text)), PARAGRAPH)
    inner = pieces(text, merged(story.marks, len(text)), start, end)
    return inner + ((Piece(" …"),) if end < len(text) and inner else ())


def _edge(article: Borderline, zone: str, year: int) -> EdgeView:
    parts = (
        shortened(article.outlet, NAME),
        short_moment(article.published_at, zone, year),
        f"relevance {article.relevance:.2f}",
        shortened(article.why, LINE),
    )
    return EdgeView(
        title=shortened(article.title, TITLE) or "(no title)",
        href=href(article.url),
        address=link(article.url) or shortened(article.url, TITLE),
        lang=tongue(article.language),
        dir=direction(article.language),
        about=" · ".join(part for part in parts if part),
    )
