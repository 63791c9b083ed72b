"""What the commands share: the configuration, the archive, and how results and faults are shown."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from khasan.assemble import assemble
from khasan.config import Config, load_config
from spiders.markup import visible
from storage.archive import Archive, ArchiveError, open_archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from scheduler.setup import Setup
    from storage.mail import Mail

_LONGEST_NAME = 80  # of an analyst
FINE, FAILED, USAGE = 0, 1, 2  # exit codes: all went well, work failed, called or configured wrongly

out = Console(highlight=False)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class State:
    """What the options before the command said."""

    def __init__(self) -> None:
        self.path: Path | None = None

    def config(self) -> Config:
        """The configuration. Raises ConfigError."""
        return load_config(self.path)

    def setup(self) -> Setup:
        """Configuration and topic together. Raises ConfigError or SetupError."""
        return assemble(self.config())


state = State()


def existing_archive(config: Config) -> Archive:
    """The archive, for a command that only looks at it. Raises ArchiveError where there is none yet."""
    if not config.database.exists():
        msg = f"{config.database}: no data yet; `khasan poll` or `khasan run` collects some"
        raise ArchiveError(msg)
    return open_archive(config.database)


def say_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def plain_mail(mail: Mail) -> dict[str, Any]:
    """A mail as JSON should have it: what it is made of as an object."""
    return asdict(mail) | {"body": json.loads(mail.body) if mail.body else None}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> Table:
    """A plain table that is readable at 80 columns. Columns in `right` are numbers."""
    result = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        number = column in right
        result.add_column(column, justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in rows:
        result.add_row(*(Text("" if cell is None else visible(str(cell))) for cell in row))
    return result


def ago(then: datetime | None, now: datetime) -> str:
    """How long ago, in one unit: "3 min"."""
    if then is None:
        return "never"
    seconds = int((now - then).total_seconds())
    if seconds < 0:
        return "in " + ago(now, then)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def day(text: str) -> datetime | None:
    """The day that `--since` names, None where nothing was said. Ends the command where it is no day."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        err.print(f'khasan: --since: found "{escape(text)}", expected a day such as 2026-11-23')
        raise typer.Exit(USAGE) from None
    return found.replace(tzinfo=found.tzinfo or UTC)


def analyst_named(written: str) -> str:
    """Whose decision it is: who was named, or whoever is logged in."""
    name = " ".join(visible(written).split())
    if not name:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):  # no such user, as in some containers
            err.print("khasan: whose decision is it? Say --as NAME, or set KHASAN_ANALYST")
            raise typer.Exit(USAGE) from None
    if len(name) > _LONGEST_NAME:
        err.print(f"khasan: --as: found {len(name)} characters, expected a name")
        raise typer.Exit(USAGE)
    return name
