"""`khasan claims list`, `chart` and `export`: who said how many of what."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from khasan.claims_chart import PLAIN, UNICODE, chart, drawable
from khasan.claims_export import csv_head, csv_line, json_line
from khasan.claims_table import COLUMNS, plain_claim, row
from khasan.commands.claims_asked import ALL, Names, one_of, wanted_claims
from khasan.commands.common import FAILED, USAGE, err, existing_archive, out, say_json, state, table
from khasan.commands.queries import counted
from storage.claim_model import ClaimFilter, Status
from storage.claim_reads import claims_where, count_claims, decisions_of, sightings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from khasan.commands.claims_asked import Asked
    from storage.archive import Archive
    from storage.claim_model import StoredClaim

FORMATS = ("csv", "jsonl")
_MOST_WIDE = 120
_BOM = b"\xef\xbb\xbf"


def list_claims(asked: Asked, *, limit: int, oldest_first: bool, json: bool) -> None:
    """List claims, newest first unless asked otherwise."""
    setup = state.setup()
    names = Names(setup.analyser.lexicon)
    with existing_archive(state.config()) as archive:
        wanted = replace(wanted_claims(asked, setup, archive, names), limit=limit + 1, oldest_first=oldest_first)
        every = archive.read(claims_where, wanted)
        found, more = every[:limit], len(every) > limit
        if json:
            say_json([plain_claim(one) for one in found])
            return
        if not found:
            _say_none(archive)
            return
        # What is new takes long to count.
        total = archive.read(count_claims, wanted) if more and not asked.new else None
    out.print(table(COLUMNS, (row(one, names) for one in found), right=("id", "first seen", "figure", "seen")))
    if more:
        out.print(f"{limit:,} of {'more' if total is None else f'{total:,} claims'}; --limit shows more.")


def _say_none(archive: Archive) -> None:
    """Say that there are no such claims, and what to do."""
    there = archive.read(count_claims, ClaimFilter(statuses=tuple(Status)))
    if there:
        out.print(
            f"No such claims among {there:,}. Leave a filter out; --status rejected shows those that were rejected."
        )
    else:
        out.print(
            "No claims yet. Relevant articles give theirs when they are reviewed; "
            "`khasan review --again` reads what is there already."
        )


def chart_claims(asked: Asked, *, limit: int, width: int, ascii_only: bool) -> None:
    """Draw claims over time, by origin."""
    setup = state.setup()
    names = Names(setup.analyser.lexicon)
    with existing_archive(state.config()) as archive:
        wanted = replace(wanted_claims(asked, setup, archive, names), limit=limit)
        found = archive.read(claims_where, wanted)
        if not found:
            _say_none(archive)
            return
        total = archive.read(count_claims, wanted) if len(found) == limit else limit
    signs = PLAIN if ascii_only or not drawable(sys.stdout.encoding) else UNICODE
    for line in chart(found, names, width=width or min(out.width, _MOST_WIDE), signs=signs):
        typer.echo(line)
    if total > limit:
        typer.echo(f"\nThe newest {limit:,} of {total:,} claims; --limit draws more.")


def export(asked: Asked, *, form: str, output: Path | None, force: bool, bom: bool) -> None:
    """Write claims with all that is known of them, to a file or on standard output."""
    one_of("--format", form, {one: one for one in FORMATS})
    if output is not None and output.exists() and not force:
        err.print(f"khasan: {escape(str(output))}: is there already; --force writes over it")
        raise typer.Exit(USAGE)
    setup = state.setup()
    names = Names(setup.analyser.lexicon)
    with existing_archive(state.config()) as archive:
        wanted = replace(wanted_claims(asked, setup, archive, names), limit=ALL, oldest_first=True)
        found = archive.read(claims_where, wanted)
        lines = _lines(archive, found, names, form)
        head = [_BOM] if bom and form == "csv" else []
        content = chain(head, (line.encode("utf-8", "replace") for line in lines))
        if output is None:
            sys.stdout.buffer.writelines(content)
            return
        _write(output, content)
    out.print(f"{counted(len(found), 'claim')} written to {escape(str(output))}.", soft_wrap=True)


def _lines(archive: Archive, claims: Sequence[StoredClaim], names: Names, form: str) -> Iterator[str]:
    if form == "csv":
        yield csv_head()
    for one in claims:
        sightings, decisions = archive.read(sightings_of, one.id), archive.read(decisions_of, one.id)
        yield csv_line(one, sightings, decisions, names) if form == "csv" else json_line(one, sightings, decisions)


def _write(path: Path, content: Iterable[bytes]) -> None:
    """Write a file whole or not at all."""
    if not path.parent.is_dir() or path.is_dir():
        err.print(
            f"khasan: {escape(str(path))}: found {'a' if path.is_dir() else 'no'} folder, expected a file in a folder"
        )
        raise typer.Exit(FAILED)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o644)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
