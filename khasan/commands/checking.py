"""`khasan sources check`: does each source work, and what does it bring. Nothing is stored."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from khasan import logs
from khasan.commands.common import FAILED, USAGE, ago, err, out, say_json, state, table
from khasan.commands.overlaying import can_ask, confirmed, existing, named, say_taken_up
from khasan.commands.sources import switch_off
from khasan.probed import DEAD, LOOK, WORKS, language, offline, page_said, plain, reason, remarks, texts, verdict
from scheduler.reactor import run as run_on_reactor
from spiders.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from scheduler.setup import Setup
    from spiders.probe import Probed
    from storage.model import Source

FEW = 3  # sources that are shown with all that is known of them
_ORDER = (DEAD, LOOK, WORKS)
_WORDS = {DEAD: "[red]fails[/]", LOOK: "[yellow]look[/]", WORKS: "[green]works[/]"}


def check(ids: list[str], *, everything: bool, page: bool, yes: bool, json: bool) -> None:
    """Try sources, tell what came of it, and offer to disable what is dead."""
    if ids and everything:
        err.print("khasan: name sources or say --all, not both")
        raise typer.Exit(USAGE)
    setup = state.setup()
    chosen = named(ids, setup.sources) if ids else [one for one in setup.sources if one.enabled or everything]
    if not chosen:
        err.print("khasan: no source is enabled; --all tries those that are disabled")
        raise typer.Exit(FAILED)
    began = time.monotonic()
    results = try_all(chosen, setup, page=page, quiet=json)
    results.sort(key=lambda one: (_ORDER.index(verdict(one)), one.result.outcome, one.source.id))
    if json:
        say_json([plain(one) for one in results])
    elif len(chosen) <= FEW:
        for one in results:
            _tell(one)
    else:
        _tell_all(results, time.monotonic() - began)
    if len(results) < len(chosen):
        err.print(f"khasan: stopped; {len(chosen) - len(results)} of {len(chosen)} sources were not tried")
        raise typer.Exit(FAILED)
    rested = _mend(results, setup, ask=everything, yes=yes, quiet=json)
    wanted = set(ids)
    failed = [one for one in results if verdict(one) != WORKS and (one.source.enabled or one.source.id in wanted)]
    if any(one.source.id not in rested for one in failed):
        raise typer.Exit(FAILED)


def try_all(sources: Sequence[Source], setup: Setup, *, page: bool = False, quiet: bool = False) -> list[Probed]:
    """Try sources as the daemon would read them, with a bar on the terminal. Fewer come back if it was stopped."""
    logs.set_up("error", state.config().log.format)
    archive = existing(setup)
    bar = Progress(
        TextColumn("trying"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[last]}", markup=False),
        console=err, transient=True, disable=quiet or not err.is_terminal,
    )  # fmt: skip
    with archive or nullcontext(), bar:
        task = bar.add_task("trying", total=len(sources), last="")

        def told(one: Probed) -> None:
            bar.update(task, advance=1, last=f"{one.source.id}: {one.result.outcome}")

        return run_on_reactor(
            lambda stop: probe(sources, setup.collect, told=told, stop=stop, page=page, known=archive)
        )


def _tell_all(results: list[Probed], seconds: float) -> None:
    """What fails, with the reason, and then what works, with what it brings."""
    now = datetime.now(UTC)
    failing = [(_name(one), one.result.outcome, _remarks(one)) for one in results if verdict(one) != WORKS]
    working = [
        (_name(one), len(one.entries), _newest(one, now), texts(one), f"{one.seconds:.1f}", _remarks(one))
        for one in results
        if verdict(one) == WORKS
    ]
    if failing:
        out.print(_narrow(table(("fails", "outcome", "reason"), failing)))
        out.print()
    if working:
        columns = ("works", "entries", "newest", "text", "s", "remarks")
        out.print(_narrow(table(columns, working, right=("entries", "s"))))
        out.print()
    counts = Counter(verdict(one) for one in results)
    out.print(
        f"{len(results)} sources tried in {seconds:.0f} s: {counts[WORKS]} work, {counts[DEAD]} cannot be read, "
        f"{counts[LOOK]} failed in a way that may pass or be mended."
        + (" In brackets: disabled." if any(not one.source.enabled for one in results) else "")
    )


def _name(one: Probed) -> str:
    return one.source.id if one.source.enabled else f"({one.source.id})"


def _remarks(one: Probed) -> str:
    return "; ".join([*remarks(one), *([f"page: {page_said(one)}"] if one.page else [])])


def _narrow(shown: Table) -> Table:
    """A table whose first column is not folded, so that ids can be copied."""
    shown.columns[0].no_wrap = True
    return shown


def _newest(one: Probed, now: datetime) -> str:
    newest = one.newest
    return ago(newest.published.at, now) if newest and newest.published else "no time" if newest else ""


def _tell(one: Probed) -> None:
    """All that is known of one source."""
    source, newest, now = one.source, one.newest, datetime.now(UTC)
    asked = (
        "not asked"
        if one.robots is None
        else f"asks for {one.robots:g} s between requests"
        if one.robots
        else "allows it"
    )
    lines = [
        ("source", source.name),
        ("address", source.url),
        ("kind", source.kind),
        ("disabled", "" if source.enabled else source.reason or "yes"),
        ("outcome", "" if verdict(one) == WORKS else one.result.outcome),
        ("entries", f"{len(one.entries)}, newest {_newest(one, now)}" if newest else ""),
        ("newest", newest.title if newest else ""),
        ("text", texts(one) + (f", {one.text_length} characters in the middle" if one.text_length else "")),
        ("language", language(one)),
        ("encoding", one.encoding),
        ("page", page_said(one)),
        ("robots.txt", "does not allow it" if one.result.outcome == "robots" else asked),
        ("took", f"{one.seconds:.2f} s, {one.result.requests} request{'' if one.result.requests == 1 else 's'}"),
        ("remarks", "; ".join(remarks(one))),
    ]
    out.print(f"{_WORDS[verdict(one)]} [bold]{escape(source.id)}[/]")
    shown = table(("", ""), [line for line in lines if line[1]])
    shown.show_header = False
    out.print(shown)


def _mend(results: list[Probed], setup: Setup, *, ask: bool, yes: bool, quiet: bool) -> set[str]:
    """Offer to disable what is dead, and name what is disabled and works. Returns what is disabled now."""
    say = err if quiet else out
    awake = [one.source.id for one in results if not one.source.enabled and verdict(one) == WORKS]
    if awake:
        say.print(f"Disabled, but works: khasan sources enable {' '.join(awake)}", soft_wrap=True)
    dead = [one for one in results if one.source.enabled and verdict(one) == DEAD]
    if offline(results):
        say.print("Nothing could be reached: it is likely this machine's network. Nothing was disabled.")
        return set()
    if not dead or not (ask or yes):
        return set()
    names = ", ".join(one.source.id for one in dead)
    if not yes and (quiet or not can_ask()):
        say.print(f"To be disabled with --yes: {names}", soft_wrap=True)
        return set()
    if not confirmed(f"Disable {len(dead)} sources that cannot be read ({names})?", yes=yes):
        return set()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    switch_off({one.source.id: f"checked {today}: {reason(one)}" for one in dead})
    say.print(f"Disabled: {names}.", soft_wrap=True)
    if not quiet:
        say_taken_up(setup)
    return {one.source.id for one in dead}
