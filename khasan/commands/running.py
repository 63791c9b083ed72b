"""`khasan run` and `khasan poll`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.progress import Progress

from khasan import logs
from khasan.assemble import loader
from khasan.commands.common import FAILED, USAGE, err, out, say_json, state, table
from khasan.structure import suggestion
from scheduler.daemon import Daemon
from scheduler.reactor import run as run_on_reactor
from storage.archive import lock_path, open_archive
from storage.lock import holder
from storage.model import Outcome
from storage.sources import polled_since, wish_poll

if TYPE_CHECKING:
    import asyncio

    from scheduler.setup import Setup

BESIDE_SECONDS = 120  # how long `poll` waits for a daemon to do what it was asked


def run() -> None:
    """Run the daemon until it is asked to stop."""
    config = state.config()
    logs.set_up(config.log.level, config.log.format)
    setup = state.setup()
    enabled = sum(source.enabled for source in setup.sources)
    readers = f"{len(setup.readers)} reader{'' if len(setup.readers) == 1 else 's'}"
    err.print(f"Khasan watches {enabled} sources for {readers}. Data: {setup.database.parent}. Ctrl-C stops.")
    run_on_reactor(lambda stop: _run(setup, stop))


async def _run(setup: Setup, stop: asyncio.Event) -> None:
    async with Daemon(setup, load=loader(state.path)) as daemon:
        await daemon.until(stop)


def poll(sources: list[str], *, json: bool) -> None:
    """One pass over some or all sources: polled, pages fetched, reviewed, mailed."""
    config = state.config()
    logs.set_up("error" if config.log.level == "warning" else config.log.level, config.log.format)
    setup = state.setup()
    enabled = [source.id for source in setup.sources if source.enabled]
    for unknown in [one for one in sources if one not in enabled]:
        err.print(f'khasan: "{escape(unknown)}" is no enabled source{suggestion(unknown, enabled)}')
        raise typer.Exit(USAGE)
    wanted = sources or enabled
    began = datetime.now(UTC)
    answer = _ask_holder(setup, wanted, began)
    results, complete = answer or run_on_reactor(lambda stop: _poll(setup, wanted, began, stop, quiet=json))
    failed = [one for one in wanted if not Outcome(results.get(one, ("fault", ""))[0]).good]
    _report(wanted, results, json=json)
    if not complete or (failed and (sources or len(failed) == len(wanted))):
        raise typer.Exit(FAILED)


async def _poll(
    setup: Setup, wanted: list[str], began: datetime, stop: asyncio.Event, *, quiet: bool
) -> tuple[dict[str, tuple[str, str]], bool]:
    async with Daemon(setup, only=wanted, once=True) as daemon:
        await daemon.archive.awrite(wish_poll, began, wanted)
        with Progress(console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
            task = bar.add_task("polling", total=len(wanted))

            def look() -> None:
                bar.update(task, completed=len(daemon.archive.read(polled_since, began, wanted)))

            complete = await daemon.until_idle(stop, look)
        await daemon.tell_baselines()
        await daemon.look_after()
        await daemon.upkeep()
        complete = complete and await daemon.until_idle(stop)
        return daemon.archive.read(polled_since, began, wanted), complete


def _ask_holder(setup: Setup, wanted: list[str], began: datetime) -> tuple[dict[str, tuple[str, str]], bool] | None:
    """Have the daemon that runs on these data poll, and wait for it. None if there is none, or it has ended meanwhile."""
    pid = holder(lock_path(setup.database))
    if pid is None:
        return None
    err.print(f"Another Khasan (process {pid}) runs on these data; it was asked to poll now.")
    with open_archive(setup.database) as archive:
        archive.write(wish_poll, began, wanted)
        deadline = time.monotonic() + BESIDE_SECONDS
        while time.monotonic() < deadline:
            done = archive.read(polled_since, began, wanted)
            if len(done) == len(wanted):
                return done, True
            if holder(lock_path(setup.database)) is None:
                return None
            time.sleep(0.2)
        err.print(
            f"khasan: {len(wanted) - len(done)} sources were not polled within {BESIDE_SECONDS} s; see `khasan status`"
        )
        return done, False


def _report(wanted: list[str], results: dict[str, tuple[str, str]], *, json: bool) -> None:
    if json:
        say_json(
            [{"source": one, "outcome": o, "detail": d} for one in wanted for o, d in [results.get(one, ("", ""))]]
        )
        return
    out.print(table(("source", "outcome", "detail"), [(one, *results.get(one, ("not polled", ""))) for one in wanted]))
