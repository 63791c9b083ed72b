"""`khasan sources list`, `enable`, `disable`, `remove` and `export`: what is watched."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import typer

from khasan.assemble import own_topic
from khasan.commands.common import FAILED, ago, err, out, say_json, state, table
from khasan.commands.overlaying import existing, named, own_tables, say_taken_up, write
from khasan.opml import write_opml
from khasan.overlay import FILE, altered, removed
from khasan.topic import load_topic
from storage.times import maybe
from storage.upkeep import source_rows

if TYPE_CHECKING:
    from rich.table import Table

    from scheduler.setup import Setup
    from storage.model import Source

_KEPT = ("outcome", "detail", "failures", "last_poll_at", "last_good_at", "last_new_at", "next_poll_at", "articles")
_SWITCHES = frozenset({"id", "enabled", "reason"})


def list_sources(*, everything: bool, json: bool) -> None:
    """The sources, with what came of their last polls if there are data."""
    setup = state.setup()
    shown = sorted(
        (one for one in setup.sources if one.enabled or everything), key=lambda one: (not one.enabled, one.id)
    )
    known = _history(setup)
    if json:
        own = {one.get("id") for one in own_tables()}
        base = _base_sources()
        say_json([_plain(one, known.get(one.id, {}), own, base) for one in shown])
        return
    out.print(_table(shown, known))
    resting = sum(not one.enabled for one in setup.sources)
    out.print(
        f"\nWatched: {len(setup.sources) - resting} sources. Disabled: {resting}{'' if everything or not resting else ' (--all shows them)'}."
    )


def _table(shown: list[Source], known: dict[str, dict[str, Any]]) -> Table:
    """A line a source, as far as 80 columns reach: without columns that have nothing to say."""
    now = datetime.now(UTC)
    rows = []
    for one in shown:
        last = known.get(one.id, {})
        came = f"{last['outcome']}, {ago(maybe(last['last_poll_at']), now)}" if last.get("last_poll_at") else ""
        polled = [came] if known else []
        address = one.url.partition("://")[2]
        off = "" if one.enabled else f"\ndisabled: {one.reason}" if one.reason else "\ndisabled"
        rows.append((one.id, one.kind, one.language, one.pages, *polled, address + off))
    result = table(["source", "kind", "", "pages", *(["last"] if known else []), "address"], rows)
    for column in result.columns[:4]:
        column.no_wrap = True
    return result


def _history(setup: Setup) -> dict[str, dict[str, Any]]:
    archive = existing(setup)
    if archive is None:
        return {}
    with archive:
        return {str(row["id"]): row for row in archive.read(source_rows)}


def _base_sources() -> dict[str, Source]:
    """The topic's sources without the overlay over them."""
    config = state.config()
    return {one.id: one for one in load_topic(own_topic(config) or config.topic.name).sources}


def _plain(source: Source, last: dict[str, Any], own: set[object], base: dict[str, Source]) -> dict[str, Any]:
    origin = "own" if source.id not in base else "changed" if source.id in own else "topic"
    values = {
        name: getattr(source, name)
        for name in ("id", "name", "outlet", "kind", "url", "language", "country", "enabled", "reason", "pages")
    }
    return values | {"declared": origin} | {name: last.get(name) for name in _KEPT}


def disable(ids: list[str], *, reason: str) -> None:
    """Rest sources, by the overlay."""
    setup = state.setup()
    wanted = [one for one in named(ids, setup.sources) if one.enabled or (reason and reason != one.reason)]
    for one in set(ids) - {one.id for one in wanted}:
        out.print(f"{one} is disabled already.")
    if wanted:
        switch_off({one.id: reason or f"by hand, {datetime.now(UTC):%Y-%m-%d}" for one in wanted})
        out.print(f"Disabled: {', '.join(one.id for one in wanted)}. What they brought stays.")
        say_taken_up(setup)


def switch_off(reasons: dict[str, str]) -> None:
    """Write into the overlay that these sources rest, each with its reason."""
    changes = [partial(altered, source=one, values={"enabled": False, "reason": why}) for one, why in reasons.items()]
    write(lambda text: reduce(lambda so_far, change: change(so_far), changes, text))


def enable(ids: list[str]) -> None:
    """Watch sources that rest. Where the overlay says no more of one than that it rests, what it says goes."""
    setup = state.setup()
    wanted = [one for one in named(ids, setup.sources) if not one.enabled]
    for one in set(ids) - {one.id for one in wanted}:
        out.print(f"{one} is enabled already.")
    if not wanted:
        return
    base, own = _base_sources(), {str(one.get("id")): one for one in own_tables()}

    def change(text: str) -> str:
        for one in wanted:
            idle = one.id in base and base[one.id].enabled and set(own.get(one.id, {})) <= _SWITCHES
            values = {"enabled": True, "reason": None}
            text = removed(text, one.id) if idle else altered(text, one.id, values)
        return text

    write(change)
    out.print(f"Enabled: {', '.join(one.id for one in wanted)}.")
    say_taken_up(setup, [one.id for one in wanted])


def remove(source: str) -> None:
    """Take a source of one's own out of the overlay."""
    setup = state.setup()
    (found,) = named([source], setup.sources)
    if found.id in _base_sources():
        changed = any(one.get("id") == found.id for one in own_tables())
        hint = f"; its changes stand in {state.config().overlay / FILE}" if changed else ""
        err.print(
            f"khasan: {found.id} comes with the topic and cannot be removed{hint}. To rest it: khasan sources disable {found.id}",
            soft_wrap=True,
        )
        raise typer.Exit(FAILED)
    write(lambda text: removed(text, found.id))
    out.print(f"Removed: {found.id}. What it brought stays, and its id must not be given to another source.")
    say_taken_up(setup)


def export() -> None:
    """Write the enabled feeds and channels as OPML to standard output."""
    setup = state.setup()
    chosen = [one for one in setup.sources if one.enabled and one.kind in {"feeds", "telegram"}]
    sys.stdout.write(write_opml(chosen, "Khasan"))
    left = sum(one.enabled for one in setup.sources) - len(chosen)
    if left:
        err.print(f"{left} sources of other kinds are left out: OPML has no words for them.")
