"""`khasan mail` and `khasan outbox`."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from alerts import compose
from alerts.channels import FileOptions, Refused, TryLater, open_channel
from alerts.coverage import NO_LINE, CoverageLine, line
from khasan.assemble import assemble
from khasan.commands.common import FAILED, USAGE, ago, err, existing_archive, out, plain_mail, say_json, state, table
from khasan.commands.queries import LAST_ID
from khasan.structure import suggestion
from scheduler.health import coverage_of
from scheduler.setup import SetupError
from storage.archive import ArchiveError
from storage.health import source_states
from storage.lock import LockHeldError
from storage.mail import MailState
from storage.outbox import RESENDABLE, drop_mails, mails, resend, retry_mails

if TYPE_CHECKING:
    from email.message import EmailMessage

    from khasan.config import Config


def test(reader: str) -> None:
    """Send a test mail now and say what came of it."""
    config = state.config()
    people = {one.name: compose.Addressee(one.name, one.address, one.zone) for one in config.readers}
    if reader and reader not in people:
        err.print(f'khasan: "{escape(reader)}" is no reader{suggestion(reader, people)}')
        raise typer.Exit(USAGE)
    to = people[reader] if reader else compose.Addressee("operator", config.operator.address)
    message = compose.test_mail(
        reader=to,
        message_id=f"<khasan.test.{secrets.token_hex(12)}@{config.mail.list_id}>",
        date=datetime.now(UTC),
        options=config.mail_options,
        coverage=_coverage(config),
    )
    try:
        asyncio.run(_send(config, message, to.address))
    except (Refused, TryLater) as error:
        err.print(f"khasan: not sent to {to.address}: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(FAILED) from None
    options = config.channel_options
    where = f"a file in {options.folder}" if isinstance(options, FileOptions) else f"{options.host} took it"
    out.print(f"Sent to {to.address}: {where}.", soft_wrap=True)


def _coverage(config: Config) -> CoverageLine:
    """How the sources stand, as far as there is an archive: a test mail must leave without one."""
    try:
        with existing_archive(config) as archive:
            now = datetime.now(UTC)
            return line(coverage_of(archive.read(source_states), assemble(config), now), now)
    except (ArchiveError, SetupError, LockHeldError):
        return NO_LINE


async def _send(config: Config, message: EmailMessage, address: str) -> None:
    channel = open_channel(config.channel_options)
    try:
        await channel.send(message, address)
    finally:
        await channel.close()


def list_mails(states: list[str], *, limit: int, json: bool) -> None:
    """The outbox, newest first."""
    for name in states:
        if name not in set(MailState):
            err.print(f'khasan: --state: found "{escape(name)}"{suggestion(name, [str(one) for one in MailState])}')
            raise typer.Exit(USAGE)
    with existing_archive(state.config()) as archive:
        found = archive.read(mails, states, limit)
    if json:
        say_json([plain_mail(one) for one in found])
        return
    now = datetime.now(UTC)
    rows = [
        (
            one.id,
            one.state,
            one.reader,
            ago(one.sent_at or one.created_at, now),
            one.subject + (f"\n{one.last_error}" if one.last_error else ""),
        )
        for one in found
    ]
    out.print(table(("id", "state", "to", "age", "subject"), rows, right=("id",)) if rows else "No mails.")


def retry(numbers: list[int]) -> None:
    """Queue mails again; the daemon, now or when it runs next, sends them."""
    known = [number for number in numbers if _can_be(number)]
    with existing_archive(state.config()) as archive:
        count = archive.write(retry_mails, known if numbers else None, datetime.now(UTC))
    _done(count, len(numbers), "queued again")


_NOT_RESENT = {
    None: "there is no such mail; `khasan outbox list` gives numbers",
    MailState.QUEUED: "it waits to be sent already",
    MailState.SENDING: "it is being sent now",
    MailState.SUPERSEDED: "another mail stands in its place; `khasan outbox list` shows it",
}


def resend_mails(numbers: list[int]) -> None:
    """Queue mails again as they are, and say of each that cannot be why."""
    now = datetime.now(UTC)
    with existing_archive(state.config()) as archive:
        found = {number: archive.write(resend, number, now) if _can_be(number) else None for number in numbers}
    refused = {number: _NOT_RESENT[was] for number, was in found.items() if was not in RESENDABLE}
    count = len(found) - len(refused)
    out.print(f"{count} mail{'' if count == 1 else 's'} queued again.")
    for number, why in refused.items():
        err.print(f"khasan: mail {number} is not sent again: {why}")
    if refused:
        raise typer.Exit(FAILED)


def _can_be(number: int) -> bool:
    """Whether a row can have this number at all: SQLite takes no larger one."""
    return 0 < number <= LAST_ID


def drop(numbers: list[int]) -> None:
    """Give mails up."""
    with existing_archive(state.config()) as archive:
        count = archive.write(drop_mails, [number for number in numbers if _can_be(number)])
    _done(count, len(numbers), "dropped")


def _done(count: int, asked: int, what: str) -> None:
    out.print(f"{count} mail{'' if count == 1 else 's'} {what}.")
    if count < asked:
        err.print(
            f"khasan: {asked - count} of those named could not be {what}: sent, being sent, superseded, or not there"
        )
        raise typer.Exit(FAILED)
