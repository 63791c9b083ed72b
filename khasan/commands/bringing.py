"""`khasan import` and `khasan extract`: articles and pages that come from files."""

from __future__ import annotations

import gzip
import json as json_module
import os
import sys
import zlib
from contextlib import nullcontext
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.progress import Progress

from khasan.commands.common import FAILED, USAGE, err, out, say_json, state
from spiders.extract import ExtractFault, extract
from spiders.imports import ImportRowError, read_row
from spiders.saved import answer, answers
from storage.archive import open_archive
from storage.entries import store_imported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

BATCH = 200  # rows a transaction


def open_lines(file: Path) -> tuple[TextIO, int]:
    """A file of lines and its size in bytes, 0 where that is not known."""
    # Bytes that are not UTF-8 become escapes that JSON does not know, and so cost their line and no more.
    if str(file) == "-":
        return TextIOWrapper(sys.stdin.buffer, "utf-8-sig", "backslashreplace"), 0
    try:
        return file.open(encoding="utf-8-sig", errors="backslashreplace"), file.stat().st_size
    except OSError as error:
        err.print(f"khasan: {file}: cannot be read ({error.strerror})", soft_wrap=True)
        raise typer.Exit(USAGE) from None


def import_articles(file: Path, *, jsonl: bool, outlet: str) -> None:
    """Store articles from JSON lines; say which lines could not be."""
    if not jsonl:
        err.print("khasan: say --jsonl: it is the only format that can be imported so far")
        raise typer.Exit(USAGE)
    setup = state.setup()
    source, size = open_lines(file)
    stored = faults = read = 0
    with (
        source,
        open_archive(setup.database) as archive,
        Progress(console=err, transient=True, disable=not err.is_terminal) as bar,
    ):
        task = bar.add_task("importing", total=size or None)
        batch = []
        for number, line in enumerate(source, 1):
            bar.advance(task, len(line.encode()))
            if not line.strip():
                continue
            read += 1
            try:
                batch.append(read_row(line, outlet=outlet, now=datetime.now(UTC)))
            except ImportRowError as error:
                faults += 1
                err.print(f"khasan: {file}: line {number}: {escape(str(error))}", soft_wrap=True)
            if len(batch) >= BATCH:
                stored += archive.write(store_imported, batch, datetime.now(UTC))
                batch = []
        stored += archive.write(store_imported, batch, datetime.now(UTC))
    out.print(f"New: {stored}. Known already: {read - stored - faults}. Lines that could not be read: {faults}.")
    if faults:
        raise typer.Exit(FAILED)


def extract_pages(file: Path, *, url: str, jsonl: bool, root: Path, workers: int, json: bool) -> None:
    """Read one saved page, or all pages of a list in parallel."""
    if jsonl:
        _extract_list(file, root, workers or os.cpu_count() or 1)
    else:
        _extract_one(file, url, json=json)


def _extract_one(file: Path, url: str, *, json: bool) -> None:
    if not url:
        err.print("khasan: say --url: the page's address, which links and dates are read by")
        raise typer.Exit(USAGE)
    try:
        body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        err.print(f"khasan: {file}: cannot be read ({error.strerror})", soft_wrap=True)
        raise typer.Exit(USAGE) from None
    try:
        read = extract(gzip.decompress(body) if file.suffix == ".gz" else body, url=url)
    except (OSError, EOFError, zlib.error) as error:
        err.print(f"khasan: {file}: cannot be unpacked ({error})", soft_wrap=True)
        raise typer.Exit(FAILED) from None
    except ExtractFault as error:
        err.print(f"khasan: {file}: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(FAILED) from None
    if json:
        say_json(read)
        return
    out.print(f"[bold]{escape(read.title)}[/]")
    for name, value in (
        ("authors", ", ".join(read.authors)),
        ("published", read.published),
        ("canonical", read.canonical),
    ):
        if value:
            out.print(f"{name}: {escape(str(value))}", soft_wrap=True)
    out.print()
    out.print(escape(read.text), soft_wrap=True)


def _rows(source: TextIO, file: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(source, 1):
        if line.strip():
            try:
                row = json_module.loads(line)
                rows.append({"id": row["id"], "path": row["path"], "url": row["url"]})
            except (ValueError, KeyError, TypeError) as error:
                err.print(f"khasan: {file}: line {number}: expected an object with id, path and url ({error!r})")
                raise typer.Exit(USAGE) from None
    return rows


def _extract_list(file: Path, root: Path, workers: int) -> None:
    source, _ = open_lines(file)
    with source:
        rows = _rows(source, file)
    faults = 0
    with Progress(console=err, transient=True) if err.is_terminal else nullcontext() as bar:
        task = bar.add_task("reading", total=len(rows)) if bar else None
        for one in _answers(rows, root, workers):
            faults += "fault" in one
            sys.stdout.write(json_module.dumps(one, ensure_ascii=False) + "\n")
            if bar and task is not None:
                bar.advance(task)
    if faults:
        err.print(f"khasan: {faults} of {len(rows)} pages could not be read; their lines have a key fault")
        raise typer.Exit(FAILED)


def _answers(rows: list[dict[str, Any]], root: Path, workers: int) -> Iterator[dict[str, Any]]:
    return (answer(row, root) for row in rows) if workers == 1 else answers(rows, root, workers)
