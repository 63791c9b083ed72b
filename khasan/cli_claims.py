"""`khasan claims COMMAND`: the options of the commands on claims. What they do is in `khasan.commands`, read only when it is used."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path  # noqa: TC003 - typer looks at the types
from typing import Annotated, Any

import typer

claims = typer.Typer(help="Claims: who said how many of what. List, show, chart, export, decide.", no_args_is_help=True)

Units = Annotated[list[str] | None, typer.Option("--unit", help="Only what is counted so: troops, shells, killed, …")]
Events = Annotated[list[str] | None, typer.Option("--event", help="Only this: sent, losses, captured, …")]
Origins = Annotated[list[str] | None, typer.Option("--origin", help="Only on whose word: kr_nis, or nobody.")]
Relays = Annotated[list[str] | None, typer.Option("--relay", help="Only what came through this medium.")]
Outlets = Annotated[list[str] | None, typer.Option("--outlet", help="Only what this outlet published.")]
States = Annotated[list[str] | None, typer.Option("--status", help="Only these: read, confirmed, corrected, rejected.")]
Since = Annotated[str, typer.Option(help="First seen on or after that day, such as 2026-11-23, or 30d ago.")]
Until = Annotated[str, typer.Option(help="First seen up to and on that day.")]
Containing = Annotated[str, typer.Option("--text", help="Only with this in a sentence, in any case.")]
New = Annotated[
    bool, typer.Option("--new", help="Only new figures: firm, no recap, of this origin for the first time.")
]
Recaps = Annotated[
    bool | None,
    typer.Option(
        "--recaps/--no-recaps", help="Only old figures given as background; or none of them.", show_default=False
    ),
]
Number = Annotated[int, typer.Argument(help="The claim's number, as `khasan claims list` gives it.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for whoever reads the ledger later.")]
As = Annotated[
    str, typer.Option("--as", help="Whose decision it is.", envvar="KHASAN_ANALYST", show_default="who is logged in")
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]


def _command(name: str) -> Any:
    """A module of commands."""
    return import_module(f"khasan.commands.{name}")


def _asked(**filters: Any) -> Any:
    """The filters that were given."""
    given = {name: value for name, value in filters.items() if value is not None}
    return _command("claims_asked").Asked(**given)


@claims.command(name="list")
def claims_list(  # noqa: PLR0917
    unit: Units = None,
    event: Events = None,
    origin: Origins = None,
    relay: Relays = None,
    outlet: Outlets = None,
    since: Since = "",
    until: Until = "",
    new: New = False,
    recaps: Recaps = None,
    status: States = None,
    text: Containing = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10**9)] = 50,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="The other way round.")] = False,
    json: Json = False,
) -> None:
    """List claims, newest first."""
    asked = _asked(
        unit=unit,
        event=event,
        origin=origin,
        relay=relay,
        outlet=outlet,
        since=since,
        until=until,
        new=new,
        recaps=recaps,
        status=status,
        text=text,
    )
    _command("claims").list_claims(asked, limit=limit, oldest_first=oldest_first, json=json)


@claims.command(name="show")
def claims_show(claim: Number, json: Json = False) -> None:
    """Show a claim: every field, the sentences, what was decided, and what others say."""
    _command("claim_shown").show(claim, json=json)


@claims.command(name="chart")
def claims_chart(  # noqa: PLR0917
    unit: Units = None,
    event: Events = None,
    origin: Origins = None,
    since: Since = "",
    until: Until = "",
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1, max=10**9)] = 500,
    width: Annotated[int, typer.Option(help="Columns, 60 or more.", min=0, max=400, show_default="the terminal's")] = 0,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII signs only.")] = False,
) -> None:
    """Draw figures over time, each origin in a lane of its own."""
    asked = _asked(unit=unit, event=event, origin=origin, since=since, until=until)
    _command("claims").chart_claims(asked, limit=limit, width=width, ascii_only=ascii_only)


@claims.command(name="export")
def claims_export(  # noqa: PLR0917
    unit: Units = None,
    event: Events = None,
    origin: Origins = None,
    relay: Relays = None,
    outlet: Outlets = None,
    since: Since = "",
    until: Until = "",
    new: New = False,
    recaps: Recaps = None,
    status: States = None,
    text: Containing = "",
    format_: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    output: Annotated[Path | None, typer.Option("--output", help="The file.", show_default="standard output")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin a CSV file with a mark by which Excel knows that it is UTF-8.")
    ] = False,
) -> None:
    """Write claims with sentences, sightings and decisions: CSV or JSON lines."""
    asked = _asked(
        unit=unit,
        event=event,
        origin=origin,
        relay=relay,
        outlet=outlet,
        since=since,
        until=until,
        new=new,
        recaps=recaps,
        status=status,
        text=text,
    )
    _command("claims").export(asked, form=format_, output=output, force=force, bom=bom)


@claims.command(name="correct")
def claims_correct(  # noqa: PLR0917
    claim: Number,
    unit: Annotated[str | None, typer.Option(help="What is counted.")] = None,
    event: Annotated[str | None, typer.Option(help="What was done with it.")] = None,
    actor: Annotated[str | None, typer.Option(help="From whom, or whose: KP, RU or nobody.")] = None,
    recipient: Annotated[str | None, typer.Option(help="To whom: KP, RU or nobody.")] = None,
    low: Annotated[str | None, typer.Option(help="The figure, or a range's lower end.")] = None,
    high: Annotated[str | None, typer.Option(help="The figure, or a range's upper end.")] = None,
    approx: Annotated[
        str | None, typer.Option(help="exact, about, more_than, at_least, up_to, nearly or range.")
    ] = None,
    modality: Annotated[str | None, typer.Option(help="fact, expected, possible, conditional or denied.")] = None,
    origin: Annotated[str | None, typer.Option(help="On whose word, or nobody.")] = None,
    relay: Annotated[
        list[str] | None, typer.Option(help="Through whom, from the publisher inwards; or nobody.")
    ] = None,
    said_on: Annotated[str | None, typer.Option(help="The day on which the origin said it, or none.")] = None,
    increment: Annotated[
        bool | None,
        typer.Option(
            "--increment/--no-increment", help="Whether it is on top of an earlier figure.", show_default=False
        ),
    ] = None,
    recap: Annotated[
        bool | None,
        typer.Option("--recap/--no-recap", help="Whether it is an old figure given as background.", show_default=False),
    ] = None,
    why: Why = "",
    who: As = "",
    json: Json = False,
) -> None:
    """Say what a claim should have been read as. It holds for every copy of the sentence."""
    correction = _command("deciding").Correction(
        unit=unit,
        event=event,
        actor=actor,
        recipient=recipient,
        low=low,
        high=high,
        approx=approx,
        modality=modality,
        origin=origin,
        relay=relay or None,
        said_on=said_on,
        increment=increment,
        recap=recap,
    )
    _command("deciding").correct(claim, correction, why=why, who=who, json=json)


@claims.command(name="reject")
def claims_reject(claim: Number, why: Why = "", who: As = "", json: Json = False) -> None:
    """Say that there is no such claim. It is hidden from then on, and kept."""
    _command("deciding").reject(claim, why=why, who=who, json=json)


@claims.command(name="confirm")
def claims_confirm(claim: Number, why: Why = "", who: As = "", json: Json = False) -> None:
    """Say that a claim is right as it is. It stays, however later readings go."""
    _command("deciding").confirm(claim, why=why, who=who, json=json)
