"""`khasan stories`: looking at stories, and what an analyst decides on them, written down with her name and reason."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.text import Text

from alerts.facts import said
from analysis.stories.origins import independent
from khasan.commands.common import (
    FAILED,
    USAGE,
    ago,
    analyst_named,
    day,
    err,
    existing_archive,
    out,
    say_json,
    state,
    table,
)
from khasan.commands.queries import LAST_ID, counted
from khasan.structure import suggestion
from scheduler.stories import figure_line, name_of, origins_of
from spiders.markup import visible
from storage.stories import story_state
from storage.story_decisions import (
    NoStoryError,
    StoryValueError,
    decide_on_story,
    list_stories,
    stories_mailed,
    story_number,
)
from storage.story_model import StoryVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.story_model import StoryArticle, StoryState

_DONE = {
    StoryVerdict.MUTE: "muted",
    StoryVerdict.UNMUTE: "no longer muted",
    StoryVerdict.PIN: "pinned",
    StoryVerdict.UNPIN: "no longer pinned",
}
_FIGURES = 12


def list_them(*, since: str, reader: str, limit: int, json: bool) -> None:
    """List stories, those heard of last first."""
    with existing_archive(state.config()) as archive:
        found = archive.read(list_stories, day(since), min(limit, LAST_ID), reader)
    if json:
        say_json([asdict(one) for one in found])
        return
    now = datetime.now(UTC)
    rows = [
        (one.id, ago(one.last_seen, now), one.outlets, one.articles, one.alerted or "", visible(one.title))
        for one in found
    ]
    numbers = ("id", "outlets", "articles", "told")
    out.print(
        table(("id", "last", "outlets", "articles", "told", "first title"), rows, right=numbers)
        if rows
        else "No stories."
    )


def show(number: int, *, json: bool) -> None:
    """Show all that is known of a story."""
    setup = state.setup()
    with existing_archive(state.config()) as archive:
        known = story_numbered(archive, number)
        story, mailed = archive.read(story_state, known), archive.read(stories_mailed, known)
    if json:
        say_json(_plain(story, setup, mailed))
        return
    if known != number:
        err.print(f"Story {number} was merged into story {known}.")
    _say(story, setup, mailed)


def story_numbered(archive: Archive, number: int) -> int:
    """Give the number that a story goes by now. Ends the command where there is none."""
    try:
        return archive.read(story_number, number)
    except (NoStoryError, OverflowError):  # a number that is too long for SQLite
        err.print(f"khasan: there is no story {number}; `khasan stories list` gives their numbers")
        raise typer.Exit(FAILED) from None


def _say(story: StoryState, setup: Setup, mailed: Sequence[Mapping[str, str | int | None]]) -> None:
    found = origins_of(story, setup)
    outlets = len({one.outlet for one in story.articles})
    out.print(Text(f"{story.number}  {visible(story.articles[0].title)}", "bold"))
    out.print(
        f"{counted(outlets, 'outlet')}, {counted(len(story.articles), 'article')}, {counted(independent(found), 'origin')}"
    )
    rows = [
        (
            one.id,
            f"{one.first_seen:%m-%d %H:%M}",
            one.outlet_name,
            one.language,
            _stands(one, setup),
            visible(one.title),
        )
        for one in story.articles
    ]
    out.print(table(("id", "first seen", "outlet", "", "", "title"), rows, right=("id",)))
    if found:
        out.print("\n[bold]On whose word[/]")
        lines = [(name_of(one.id, setup), counted(len(one.articles), "article"), one.circle) for one in found]
        out.print(table(("who", "", "circle"), lines))
    figures = _figures(story, setup)
    if figures:
        out.print("\n[bold]Figures[/]")
        for line in figures:
            out.print(escape(visible(line)))
    if mailed:
        out.print("\n[bold]Mails[/]")
        told = [
            (row["id"], row["kind"], row["reader"], row["state"], str(row["told_at"])[:16].replace("T", " "))
            for row in mailed
        ]
        out.print(table(("id", "kind", "to", "state", "decided"), told, right=("id",)))
    if story.decisions:
        out.print("\n[bold]Decided[/]")
        decided = [
            (
                f"{one.at:%Y-%m-%d %H:%M}",
                one.who,
                one.verdict,
                one.reader or "everybody",
                _into(one.into),
                visible(one.why),
            )
            for one in story.decisions
        ]
        out.print(table(("when", "who", "what", "for", "", "why"), decided))


def _into(story: int | None) -> str:
    return f"into {story}" if story is not None else ""


def _stands(one: StoryArticle, setup: Setup) -> str:
    """Say what an article is to its story: the same as another one, or on whose word."""
    if one.same_as is not None:
        return f"{one.same_how} of {one.same_as}"
    through = f" via {', '.join(name_of(relay, setup) for relay in one.relays)}" if one.relays else ""
    return f"{name_of(one.origin, setup)}{through}" if one.origin else ""


def _figures(story: StoryState, setup: Setup) -> list[str]:
    return list(dict.fromkeys(figure_line(one, setup) for one in said(story.figures)))[:_FIGURES]


def _plain(story: StoryState, setup: Setup, mailed: Sequence[Mapping[str, str | int | None]]) -> dict[str, Any]:
    """Give a story as JSON has it."""
    found = origins_of(story, setup)
    return {
        "id": story.number,
        "merged": [one for one in story.numbers if one != story.number],
        "outlets": len({one.outlet for one in story.articles}),
        "origins": [{"id": one.id, "articles": one.articles, "circle": one.circle} for one in found],
        "independent_origins": independent(found),
        "articles": [asdict(one) for one in story.articles],
        "figures": _figures(story, setup),
        "mails": mailed,
        "decisions": [asdict(one) for one in story.decisions],
    }


def merge(number: int, into: int, *, why: str, who: str, json: bool) -> None:
    """Make a story part of another one."""
    _decide(StoryVerdict.MERGE, number, reader="", into=into, why=why, who=who, json=json)


def decide(verdict: str, number: int, *, for_all: bool, why: str, who: str, json: bool) -> None:
    """Mute or pin a story, or undo that, for one reader or for all."""
    reader = "" if for_all else _reader(who)
    _decide(StoryVerdict(verdict), number, reader=reader, into=None, why=why, who=who, json=json)


def _reader(who: str) -> str:
    """Give the reader for whom somebody decides: herself."""
    name = analyst_named(who)
    readers = [one.name for one in state.config().readers]
    if name not in readers:
        hint = suggestion(name, readers) if readers else "; there are none in khasan.toml"
        err.print(f'khasan: "{escape(name)}" is no reader{hint}. Say --as with a reader\'s name, or --for-all')
        raise typer.Exit(USAGE)
    return name


def _decide(
    verdict: StoryVerdict, number: int, *, reader: str, into: int | None, why: str, who: str, json: bool
) -> None:
    analyst, reason, now = analyst_named(who), " ".join(visible(why).split()), datetime.now(UTC)
    with existing_archive(state.config()) as archive:
        story_numbered(archive, number)
        if into is not None:
            story_numbered(archive, into)
        try:
            left = archive.write(decide_on_story, number, verdict, analyst, reason, now, reader=reader, into=into)
        except StoryValueError as error:
            err.print(f"khasan: {escape(str(error))}")
            raise typer.Exit(USAGE) from None
    if json:
        say_json({"story": left, "decided": verdict, "by": analyst, "for": reader or None})
    elif into is not None:
        out.print(f"Story {number} is part of story {left} now.")
    else:
        whom = f"for {reader}" if reader else "for everybody"
        out.print(f"Story {left} is {_DONE[verdict]} {escape(whom)}.")
