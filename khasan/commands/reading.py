"""`khasan analyse`, `khasan cluster` and `khasan review`: reading texts from a pipe, and the archive once more."""

from __future__ import annotations

import asyncio
import json as json_module
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from khasan import logs
from khasan.analysing import Analysing, RowError
from khasan.claims_table import amount, changes, what
from khasan.clustering import Clustering
from khasan.commands.bringing import open_lines
from khasan.commands.claims_asked import Names
from khasan.commands.common import FAILED, USAGE, day, err, existing_archive, out, say_json, state
from scheduler.review import ANALYSIS_VERSION, review_due
from spiders.markup import visible
from storage.archive import lock_path, open_archive
from storage.lock import DataLock, holder
from storage.reviews import waiting_again, wish_again

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.claim_model import ClaimChange, ClaimChanges

_MOST = 20  # changes of claims that are told
LOOK_SECONDS = 0.5  # how often the daemon's progress is looked at


def analyse(file: Path, *, jsonl: bool) -> None:
    """Read texts from JSON lines; one answer a line, in order."""
    if not jsonl:
        err.print("khasan: say --jsonl: it is the only format that can be read so far")
        raise typer.Exit(USAGE)
    _pipe(file, Analysing(state.setup()).answer)


def cluster(file: Path, *, jsonl: bool) -> None:
    """Put articles into stories, from JSON lines in order of time; one answer a line, in order."""
    if not jsonl:
        err.print("khasan: say --jsonl: it is the only format that can be read so far")
        raise typer.Exit(USAGE)
    _pipe(file, Clustering(state.setup()).answer)


def _pipe(file: Path, answer_to: Callable[[str], dict[str, Any]]) -> None:
    """Answer each line of a file, or of standard input; a fault is an answer, too."""
    source, size = open_lines(file)
    faults = 0
    with source, Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("reading", total=size or None)
        for number, line in enumerate(source, 1):
            bar.advance(task, len(line.encode()))
            if not line.strip():
                continue
            try:
                answer = answer_to(line)
            except RowError as error:
                faults += 1
                answer = ({} if error.id is None else {"id": error.id}) | {"error": str(error), "line": number}
            sys.stdout.write(_json_line(answer))
    if faults:
        err.print(f"khasan: {faults} lines could not be read; their answers have a key error", soft_wrap=True)
        raise typer.Exit(FAILED)


def _json_line(answer: dict[str, Any]) -> str:
    """One line of JSON; with escapes where it has what standard output cannot write, such as half a character."""
    line = json_module.dumps(answer, ensure_ascii=False) + "\n"
    try:
        line.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return json_module.dumps(answer) + "\n"
    return line


def review(*, again: bool, since: str, json: bool) -> None:
    """Read the archive once more with the lexicon, rules and analysis of today. Nobody is mailed."""
    if not again:
        err.print("khasan: say --again: new texts are reviewed by themselves, by `khasan run` and `khasan poll`")
        raise typer.Exit(USAGE)
    config = state.config()
    logs.set_up("error" if config.log.level == "warning" else config.log.level, config.log.format)
    setup, first = state.setup(), day(since)
    with existing_archive(config) as archive:
        waiting = archive.write(wish_again, (ANALYSIS_VERSION, setup.topic_version), datetime.now(UTC), first)
    began, claims = time.monotonic(), _Claims()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=json or not err.is_terminal,
    ) as bar:
        task = bar.add_task("reviewing again", total=waiting)
        pid = holder(lock_path(setup.database))
        if pid is not None:
            err.print(f"Another Khasan (process {pid}) runs on these data; it was asked to review them again.")
            left = _watch(setup, lambda number: bar.update(task, completed=waiting - number))
        else:
            left = _review(setup, lambda number: bar.advance(task, number), claims.add)
    seconds = time.monotonic() - began
    if json:
        counted = None if pid is not None else claims.counts
        say_json({"reviewed": waiting - left, "left": left, "seconds": round(seconds, 1), "claims": counted})
    else:
        out.print(f"Reviewed again: {waiting - left} articles in {seconds:.0f} s. Nobody was mailed.")
        if pid is None:
            told = ", ".join(f"{number} {name}" for name, number in claims.counts.items())
            out.print(f"Claims, counted in each article: {told}.")
            claims.say(Names(setup.analyser.lexicon))
    if left:
        err.print(
            f"khasan: {escape(str(left))} articles wait still; a daemon goes on with them, and so does this command"
        )
        raise typer.Exit(FAILED)


class _Claims:
    """How many claims were added, removed, changed, kept; and what changed first, to be looked at."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("added", "removed", "changed", "kept"), 0)
        self._first: list[ClaimChange] = []

    def add(self, brought: ClaimChanges) -> None:
        """Count what one article brought."""
        self.counts["added"] += len(brought.added)
        self.counts["removed"] += len(brought.removed)
        self.counts["changed"] += len(brought.changed)
        self.counts["kept"] += brought.kept
        self._first += [*brought.changed, *brought.removed][: _MOST - len(self._first)]

    def say(self, names: Callable[[str], str]) -> None:
        """Tell what became of claims that there were before, as far as it is kept."""
        for one in self._first:
            out.print(
                f"  claim {one.claim}, article {one.article}: {escape(visible(_became(one, names)))}", soft_wrap=True
            )
        more = self.counts["changed"] + self.counts["removed"] - len(self._first)
        if self._first and more:
            out.print(f"  … and {more:,} more")


def _became(change: ClaimChange, names: Callable[[str], str]) -> str:
    """Say what became of a claim: "≈600 killed (losses) KP is gone", "≈600 …: event losses → deployed"."""
    before, after = change.before, change.after
    if before is None:
        return ""
    figure = f"{amount(before)} {what(before)}"
    if after is None:
        return f"{figure} is gone"
    return f"{figure}: " + "; ".join(f"{label} {old} → {new}" for label, old, new in changes(before, after, names))


def _review(setup: Setup, told: Callable[[int], None], claims: Callable[[ClaimChanges], None]) -> int:
    """Review here. Returns how many are left."""
    with DataLock(lock_path(setup.database)), open_archive(setup.database, lock_held=True) as archive:
        asyncio.run(_review_all(archive, setup, told, claims))
        return archive.read(waiting_again)


async def _review_all(
    archive: Archive, setup: Setup, told: Callable[[int], None], claims: Callable[[ClaimChanges], None]
) -> None:
    # New texts are left to whoever polls: reviewing them here would queue mails that this command promises not to send.
    await review_due(
        archive,
        lambda: setup,
        lambda: datetime.now(UTC),
        reviewed_again=told,
        claims_changed=claims,
        only_again=True,
    )


def _watch(setup: Setup, told: Callable[[int], None]) -> int:
    """Watch the daemon do it. Returns how many are left when all is done or the daemon has ended."""
    with open_archive(setup.database) as archive:
        while left := archive.read(waiting_again):
            told(left)
            if holder(lock_path(setup.database)) is None:
                break
            time.sleep(LOOK_SECONDS)
        return left
