"""A story as the templates of an alert or an update want it: who reports it, on whose word, and what has changed.

Pure. The article that is shown stays `alerts.view`'s business; this is what stands around it, and the subjects of such mails.
Text comes out cleaned; escaping is the templates' business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from alerts.headers import LIMIT, header, link, shortened
from alerts.story import ChangeLine, OutletLine, StoryCard
from alerts.view import (
    direction,
    language,
    moment,
    publishers_time,
    short_day,
    short_moment,
    tongue,
    zone_name,
)
from storage.model import Precision, TimeOrigin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.story import OriginLine
    from storage.model import Article, Published

NAME = 60  # characters of an outlet's or origin's name
TITLE = 140  # characters of a title in the list of outlets
CHANGE = 300  # characters of a change
CHANGES = 10
GLOSS = 8  # concepts of a gloss
HREF = 800  # characters of an address that is a link in a list
SUBJECT = 112  # characters of an alert's subject: with a change before it, it is still whole (see `subject_of_update`)
SUBJECT_OUTLET = 40
SUBJECT_GLOSS = 32
SUBJECT_CHANGE = 60
_LEAST_CHANGE = 24
_SHORT_TITLE = 60  # of an update whose thread has no first mail

LABELS = {
    "figure": "New figure",
    "origin": "New origin",
    "confirmation": "Confirmed",
    "denial": "Denied",
    "correction": "Corrected",
    "retraction": "Retracted",
    "outlets": "Spreading",
    "document": "Document",
    "article": "New article",
}
_DOUBTS = frozenset({"denial", "correction", "retraction"})
_SAME = {"copy": "same text", "version": "another version"}
_COUNT = re.compile(r" \+[\d,]+$")


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What changed. `doubt` is that something told before may not hold."""

    label: str
    text: str
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class LineView:
    """An article in the list. `href` is "" where nothing is to be linked, `title` where it says nothing of its own.

    `published` is "" where nobody told when.
    """

    outlet: str
    href: str
    title: str
    lang: str
    dir: str
    published: str
    seen: str
    notes: tuple[str, ...]
    new: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """What is reported in one language, first seen first."""

    name: str
    outlets: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class OriginView:
    """Somebody on whose word articles stand."""

    name: str
    outlets: str
    seen: str
    circle: str
    new: bool


@dataclass(frozen=True, slots=True)
class StoryView:
    """What a mail shows of a story besides its article. `number` is 0 where there is none; `head` is "" for a story of one outlet."""

    number: int
    update: bool
    since: str = ""
    changes: tuple[ChangeView, ...] = ()
    more_changes: int = 0
    gloss: str = ""
    head: str = ""
    zone: str = ""
    groups: tuple[GroupView, ...] = ()
    more: str = ""
    origins: tuple[OriginView, ...] = ()
    more_origins: str = ""
    circles: bool = False
    word: str = ""  # on whose word it stands, where that is not listed


def card_of(article: Article) -> StoryCard:
    """Make the card of a mail that has none, as those queued before there were stories: of the one article."""
    lang = article.language or article.language_hint
    return StoryCard(0, article.first_seen, (outlet_line(article),), languages=((lang, 1),))


def outlet_line(
    article: Article, *, role: str = "own", origin: str = "", via: Sequence[str] = (), new: bool = False
) -> OutletLine:
    """Make an article's line of a card."""
    return OutletLine(
        article=article.id,
        outlet=article.outlet_name or article.outlet,
        language=article.language or article.language_hint,
        title=article.title,
        url=article.url,
        published_at=published_at(article.published),
        first_seen=article.first_seen,
        day_only=article.published.precision is Precision.DAY,
        guessed=article.published.origin is TimeOrigin.GUESS,
        role=role,
        origin=origin,
        via=tuple(via),
        new=new,
    )


def published_at(when: Published) -> datetime:
    """Return the time of publication for a card. What is known to the day only is noon of the publisher's day, in UTC.

    So it is shown as that day, whatever day it was in UTC when the publisher's began.
    """
    if when.precision is not Precision.DAY:
        return when.at
    return publishers_time(when).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=UTC)


def story_view(
    card: StoryCard, article: Article, zone: str, now: datetime, *, update: bool, lines: int, origins: int
) -> StoryView:
    """Prepare a card for a reader in `zone`, with so many articles and origins at most. `now` is the date of the mail."""
    year = now.year
    changes = (card.changes or _pinned(card)) if update else ()
    chosen = _chosen(card.outlets, lines, update=update) if len(card.outlets) > 1 or card.outlet_count > 1 else ()
    shown = card.origins[:origins] if _many(card) else ()
    return StoryView(
        number=card.story,
        update=update,
        since=moment(card.told_at, zone) if card.told_at and update else "",
        changes=tuple(change_view(one) for one in changes[:CHANGES]),
        more_changes=max(len(changes) - CHANGES, 0),
        gloss=gloss(card.gloss),
        head=spread(card) if _many(card) or chosen else "",
        zone=zone_name(now, zone),
        groups=_groups(card, chosen, article, zone, year),
        more=_more(card, chosen, update=update),
        origins=tuple(_origin(one, zone, year) for one in shown),
        more_origins=counted(len(card.origins) - len(shown), "more")
        if shown and len(shown) < len(card.origins)
        else "",
        circles=any(one.circle for one in shown),
        word=", ".join(shortened(one.name, NAME) for one in card.origins[:1]) if not shown else "",
    )


def _many(card: StoryCard) -> bool:
    """Whether there is more to say of who reports it than the article says itself."""
    return max(card.outlet_count, len({one.outlet for one in card.outlets})) > 1 or voices(card.origins) > 1


def change_view(change: ChangeLine) -> ChangeView:
    """Prepare a change."""
    label = LABELS.get(change.kind, shortened(change.kind, 20).capitalize() or "New")
    return ChangeView(label, shortened(change.text, CHANGE), change.kind in _DOUBTS)


def gloss(concepts: Sequence[str]) -> str:
    """Join what a text speaks of."""
    return " · ".join(word for word in (shortened(one, NAME) for one in concepts[:GLOSS]) if word)


def spread(card: StoryCard) -> str:
    """Say how far a story has spread: "9 outlets in 4 languages, 3 origins"."""
    outlets = max(card.outlet_count, 1)
    languages = len(card.languages) or len({one.language for one in card.outlets})
    where = f" in {counted(languages, 'language')}" if languages > 1 else ""
    told = voices(card.origins)
    return counted(outlets, "outlet") + where + (f", {counted(told, 'origin')}" if told else "")


def voices(origins: Iterable[OriginLine]) -> int:
    """Count origins, media that quote each other once."""
    return len({("circle", one.circle) if one.circle else ("name", one.name) for one in origins if one.name})


def counted(number: int, noun: str) -> str:
    """Give a number with what is counted: "1 outlet", "1,204 stories", "29 more"."""
    if number == 1 or noun == "more":
        return f"{number:,} {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def _pinned(card: StoryCard) -> tuple[ChangeLine, ...]:
    """Say what an update is for that has no changes: another article, of a story that somebody wants to know all of."""
    fresh = [ChangeLine("article", f"{one.outlet}: {one.title}") for one in card.outlets if one.new]
    return tuple(fresh) or (ChangeLine("article", "one more on this story"),)


def _chosen(lines: Sequence[OutletLine], most: int, *, update: bool) -> tuple[OutletLine, ...]:
    """Choose the articles to list, first seen first. New ones come before told ones, and texts of their own before copies."""
    fresh = [one for one in lines if one.new] if update else []
    ranked = sorted(fresh or lines, key=lambda one: (one.role in _SAME, one.first_seen, one.article))
    return tuple(sorted(ranked[:most], key=lambda one: (one.first_seen, one.article)))


def _groups(
    card: StoryCard, chosen: Sequence[OutletLine], article: Article, zone: str, year: int
) -> tuple[GroupView, ...]:
    """Group articles by language, that of the first one first."""
    counts = dict(card.languages)
    groups: dict[str, list[OutletLine]] = {}
    for one in chosen:
        groups.setdefault(one.language, []).append(one)
    return tuple(
        GroupView(
            language(code) or "Language not known",
            counted(max(counts.get(code, 0), len({one.outlet for one in mine})), "outlet"),
            tuple(_line(one, article, zone, year, titled=_titled(one, mine, article)) for one in mine),
        )
        for code, mine in groups.items()
    )


def _titled(line: OutletLine, group: Sequence[OutletLine], article: Article) -> bool:
    """Whether a line shows its title: the first of its language, and what is new, if that is no copy nor shown above."""
    if line.role in _SAME or line.article == article.id:
        return False
    first = next((one for one in group if one.role not in _SAME), None)
    return line.new or first is line


def _line(line: OutletLine, article: Article, zone: str, year: int, *, titled: bool) -> LineView:
    here = line.article == article.id
    notes = ["shown above"] if here else []
    notes += [_SAME[line.role]] if line.role in _SAME and not here else []
    notes += [f"through {', '.join(shortened(one, NAME) for one in line.via[:3])}"] if line.via else []
    return LineView(
        outlet=shortened(line.outlet, NAME) or "(no name)",
        href="" if here else href(line.url),
        title=shortened(line.title, TITLE) if titled else "",
        lang=tongue(line.language),
        dir=direction(line.language),
        published=_published(line, zone, year),
        seen=_seen(line, zone, year),
        notes=tuple(notes),
        new=line.new,
    )


def _published(line: OutletLine, zone: str, year: int) -> str:
    if line.guessed:
        return ""
    return short_day(line.published_at, year) if line.day_only else short_moment(line.published_at, zone, year)


def _seen(line: OutletLine, zone: str, year: int) -> str:
    """Return when an article was first seen, by the hour alone where that was the day of its publication."""
    seen = short_moment(line.first_seen, zone, year)
    day, _, hour = seen.rpartition(" ")
    return hour if _published(line, zone, year).startswith(f"{day} ") else seen


def _more(card: StoryCard, chosen: Sequence[OutletLine], *, update: bool) -> str:
    """Say how many articles are not listed."""
    left = max(card.articles, len(card.outlets)) - len(chosen)
    if not chosen or left <= 0:
        return ""
    known = update and set(chosen) == {one for one in card.outlets if one.new}
    return f"and {left:,} more" + (", told of before" if known else "")


def _origin(origin: OriginLine, zone: str, year: int) -> OriginView:
    return OriginView(
        shortened(origin.name, NAME) or "nobody named",
        counted(origin.outlets, "outlet"),
        short_moment(origin.first_seen, zone, year),
        shortened(origin.circle, NAME),
        origin.new,
    )


def href(url: str) -> str:
    """Return an address as a link in a list, or ""."""
    found = link(url)
    return found if len(found) <= HREF else ""


def subject_of_alert(article: Article, card: StoryCard, most: int) -> str:
    """Return the subject of an alert: the title, of at most `most` characters, its outlet, and how many others.

    Before a title that is not in English stand its first concepts, in brackets: a list on a telephone shows some forty
    characters, and they must say what it is about to whoever cannot read them.
    """
    outlet = header(article.outlet_name or article.outlet, SUBJECT_OUTLET)
    before = _bracketed(_first_words(card.gloss, SUBJECT_GLOSS)) if card.gloss else ""
    tail = f" — {outlet}" if outlet else ""
    title = header(article.title, min(most, SUBJECT - len(before) - len(tail))) or "(no title)"
    return recounted(before + title + tail, card.outlet_count)


def recounted(subject: str, outlets: int) -> str:
    """Return the subject of an alert with another number of outlets: what `subject_of_alert` would have made of that."""
    bare = _COUNT.sub("", header(subject))
    return f"{bare} +{outlets - 1:,}" if outlets > 1 else bare


def subject_of_update(article: Article, card: StoryCard, first: str) -> str:
    """Return the subject of an update: what changed, in brackets, then the subject of the thread's first mail, unaltered.

    Most mail programs thread by References alone. Gmail, and servers that thread as RFC 5256 has it, also want the same
    subject, but leave out what stands in brackets before it. So the change comes first in the list, and the thread stays whole;
    "Re: " with nothing else would hide the change, another subject would tear the thread. Brackets inside would end it early.
    """
    first = header(first) or header(article.title, _SHORT_TITLE) or "(no title)"
    changes = [change_view(one) for one in card.changes]
    news = f"{changes[0].label}: {_bare(changes[0].text)}" if changes else "Update"
    more = f" +{len(changes) - 1}" if len(changes) > 1 else ""
    room = min(SUBJECT_CHANGE, max(LIMIT - len(first) - len("[] "), _LEAST_CHANGE)) - len(more)
    return header(_bracketed(header(news, room) + more) + first)


def _first_words(words: Sequence[str], most: int) -> str:
    """Join as many words as there is room for, one at least."""
    text = ""
    for word in words:
        longer = f"{text} · {word}" if text else shortened(word, most)
        if len(longer) > most:
            break
        text = longer
    return text


def _bracketed(text: str) -> str:
    text = header(text).replace("[", "(").replace("]", ")")
    return f"[{text}] " if text else ""


def _bare(text: str) -> str:
    """Return a change without what it was before, which there is no room for."""
    return text.partition(" (before")[0]
