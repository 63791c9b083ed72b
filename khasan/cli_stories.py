"""`khasan stories COMMAND`: the options of the commands on stories. What they do is in `khasan.commands`, read only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer

stories = typer.Typer(
    help="Stories: articles on one event. List, show, merge, mute, pin, and undo it.", no_args_is_help=True
)

Number = Annotated[int, typer.Argument(help="The story's number, as mails and `khasan stories list` give it.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for whoever looks later.")]
As = Annotated[
    str,
    typer.Option(
        "--as", help="Who decides: the name of a reader.", envvar="KHASAN_ANALYST", show_default="who is logged in"
    ),
]
ForAll = Annotated[bool, typer.Option("--for-all", help="For every reader, not only for who decides.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]


def _command() -> Any:
    """What the commands do."""
    return import_module("khasan.commands.stories")


@stories.command(name="list")
def stories_list(
    since: Annotated[str, typer.Option(help="Only those heard of on or after that day, such as 2026-11-23.")] = "",
    reader: Annotated[str, typer.Option(help="Only those that this reader was told of.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 30,
    json: Json = False,
) -> None:
    """List stories, those heard of last first."""
    _command().list_them(since=since, reader=reader, limit=limit, json=json)


@stories.command(name="show")
def stories_show(number: Number, json: Json = False) -> None:
    """Show a story: its articles, on whose word they stand, what readers were told, what was decided."""
    _command().show(number, json=json)


@stories.command(name="merge")
def stories_merge(
    number: Number,
    into: Annotated[int, typer.Argument(help="The story that it is part of.")],
    why: Why = "",
    who: As = "",
    json: Json = False,
) -> None:
    """Make a story part of another one, for everybody. Its number goes on to mean that one."""
    _command().merge(number, into, why=why, who=who, json=json)


@stories.command(name="mute")
def stories_mute(number: Number, for_all: ForAll = False, why: Why = "", who: As = "", json: Json = False) -> None:
    """Mail nothing more of a story, and take back what has not left."""
    _command().decide("mute", number, for_all=for_all, why=why, who=who, json=json)


@stories.command(name="unmute")
def stories_unmute(number: Number, for_all: ForAll = False, why: Why = "", who: As = "", json: Json = False) -> None:
    """Undo a mute."""
    _command().decide("unmute", number, for_all=for_all, why=why, who=who, json=json)


@stories.command(name="pin")
def stories_pin(number: Number, for_all: ForAll = False, why: Why = "", who: As = "", json: Json = False) -> None:
    """Mail every article of a story that is no copy, and put it first in digests."""
    _command().decide("pin", number, for_all=for_all, why=why, who=who, json=json)


@stories.command(name="unpin")
def stories_unpin(number: Number, for_all: ForAll = False, why: Why = "", who: As = "", json: Json = False) -> None:
    """Undo a pin."""
    _command().decide("unpin", number, for_all=for_all, why=why, who=who, json=json)
