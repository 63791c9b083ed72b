"""`khasan mail COMMAND` and `khasan outbox COMMAND`: their options. What they do is in `khasan.commands`, read only when it is used."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path  # noqa: TC003 - typer looks at the types
from typing import Annotated, Any

import typer

mail = typer.Typer(help="Mails: try the channel, send again.", no_args_is_help=True)
outbox = typer.Typer(help="Mails that wait or could not be delivered.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]
Numbers = Annotated[list[int], typer.Argument(help="Numbers of mails.")]


def _mailing() -> Any:
    """What the commands do."""
    return import_module("khasan.commands.mailing")


@mail.command(name="test")
def mail_test(
    reader: Annotated[str, typer.Argument(help="Name of a reader; the operator if none is named.")] = "",
) -> None:
    """Send a test mail at once, past the outbox, and say what the server said."""
    _mailing().test(reader)


@mail.command(name="preview")
def mail_preview(
    what: Annotated[str, typer.Argument(help="The number of a story, or the word digest.")],
    reader: Annotated[str, typer.Option(help="As this reader would have it; the first one if none is named.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write the HTML into this file.")] = None,
    eml: Annotated[Path | None, typer.Option(help="Write the whole mail into this file.")] = None,
) -> None:
    """Show what a mail would be if it were made now. Sends nothing."""
    import_module("khasan.commands.previewing").preview(what, reader=reader, html=html, eml=eml)


@mail.command(name="resend")
def mail_resend(mails: Numbers) -> None:
    """Queue mails again under their own Message-IDs, also those that were sent."""
    _mailing().resend_mails(mails)


@outbox.command(name="list")
def outbox_list(
    state: Annotated[list[str] | None, typer.Option(help="Only these states: queued, failed, dead, sent, …")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    json: Json = False,
) -> None:
    """List mails, newest first."""
    _mailing().list_mails(state or [], limit=limit, json=json)


@outbox.command(name="retry")
def outbox_retry(
    mails: Annotated[
        list[int] | None, typer.Argument(help="Numbers of mails; all dead, expired and failed ones if none.")
    ] = None,
) -> None:
    """Queue mails again."""
    _mailing().retry(mails or [])


@outbox.command(name="drop")
def outbox_drop(mails: Numbers) -> None:
    """Give mails up. They stay listed as dropped."""
    _mailing().drop(mails)
