"""What the commands share that write the overlay: trying the change, putting it there, and saying who takes it up."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from khasan import overlay
from khasan.assemble import assemble
from khasan.commands.common import FAILED, USAGE, err, out, state
from khasan.overlay import OverlayError
from khasan.structure import suggestion
from scheduler.setup import SetupError
from storage.archive import lock_path, open_archive
from storage.lock import holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.model import Source


def write(change: Callable[[str], str]) -> bool:
    """Change the overlay's sources.toml, or end the command with the reason why not. False if there was nothing to change."""
    config = state.config()

    def check(folder: Path) -> None:
        try:
            assemble(replace(config, topic=replace(config.topic, overlay=str(folder))))
        except SetupError as error:
            raise OverlayError(error.problems) from error

    try:
        return overlay.edit(config.overlay, change, check)
    except OverlayError as error:
        for line in error.lines:
            err.print(f"khasan: {escape(line)}", soft_wrap=True)
        err.print(f"khasan: {escape(str(config.overlay / overlay.FILE))} is as it was", soft_wrap=True)
        raise typer.Exit(FAILED) from None


def own_tables() -> list[overlay.Table]:
    """The sources that the overlay names, as they stand there."""
    return overlay.tables(state.config().overlay)


def named(ids: Sequence[str], sources: Iterable[Source]) -> list[Source]:
    """The sources with these ids, each once; ends the command where there is no such source."""
    known = {one.id: one for one in sources}
    for unknown in [one for one in ids if one not in known]:
        err.print(f'khasan: "{escape(unknown)}" is no source{suggestion(unknown, known)}')
        raise typer.Exit(USAGE)
    return [known[one] for one in dict.fromkeys(ids)]


def existing(setup: Setup) -> Archive | None:
    """The user's archive if there is one yet."""
    return open_archive(setup.database) if setup.database.exists() else None


def say_taken_up(setup: Setup, ids: Sequence[str] = ()) -> None:
    """Say when a change acts: at once if a daemon runs."""
    pid = holder(lock_path(setup.database))
    if pid is not None:
        out.print(f"The daemon (process {pid}) takes it up by itself, within seconds.")
    elif ids:
        out.print(
            f"No daemon runs; it acts from the next start on. Now and once: khasan poll {' '.join(ids[:3])}",
            soft_wrap=True,
        )
    else:
        out.print("No daemon runs; it acts from the next start on.")


def can_ask() -> bool:
    """Whether there is somebody to answer a question."""
    return sys.stdin.isatty() and err.is_terminal


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether it is to be done: asked if there is somebody to ask, else only with --yes."""
    if yes:
        return True
    return can_ask() and typer.confirm(question, default=False, err=True)
