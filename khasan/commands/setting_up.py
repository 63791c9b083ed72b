"""`khasan init` and `khasan check`."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from khasan.commands.common import FAILED, USAGE, err, out, say_json, state
from khasan.config import FILE_NAME, Config, ConfigError
from scheduler.setup import Setup, SetupError
from spiders.markup import visible
from storage.archive import ArchiveError, open_archive
from storage.lock import LockHeldError

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.decide import Reader


def init(folder: Path) -> None:
    """Write khasan.toml and an overlay, never over a file that is there."""
    start = files("khasan") / "start"
    targets = [(start / FILE_NAME, folder / FILE_NAME)]
    targets += [
        (start / "topic" / f"{name}.toml", folder / "topic" / f"{name}.toml")
        for name in ("sources", "lexicon", "rules")
    ]
    existing = [target for _, target in targets if target.exists()]
    if existing:
        err.print(f"khasan: {existing[0]} is there already; nothing was written", soft_wrap=True)
        raise typer.Exit(USAGE)
    for source, target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    out.print(f"Written: {folder / FILE_NAME} and an empty overlay in {folder / 'topic'}.", soft_wrap=True)
    out.print(
        escape(f"Set contact and [[reader]] in it, then run: khasan --config {folder / FILE_NAME} check"),
        soft_wrap=True,
    )


def check(*, json: bool) -> None:
    """Everything that can be wrong before anything is fetched, and what is merely unwise."""
    problems: list[str] = []
    config: Config | None = None
    setup: Setup | None = None
    try:
        config = state.config()
        setup = state.setup()
        problems += _data_problems(config)
    except (ConfigError, SetupError) as error:
        problems += error.problems
    advice = _advice(config) if config else []
    if json:
        say_json({"problems": problems, "advice": advice})
    else:
        _tell(config, setup, problems, advice)
    if problems:
        raise typer.Exit(USAGE if setup is None else FAILED)


def _data_problems(config: Config) -> list[str]:
    if not config.database.exists():
        return _folder_problems(config.database.parent)
    try:
        open_archive(config.database).close()
    except ArchiveError as error:
        return [str(error)]
    except LockHeldError:
        return []  # a daemon runs on it, and so it can be used
    return []


def _folder_problems(folder: Path) -> list[str]:
    """Whether the data can be put there; the folder itself need not exist yet."""
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    if not nearest.is_dir():
        return [f"{folder}: cannot be made, because {nearest} is no folder; see database under [data]"]
    if not os.access(nearest, os.W_OK | os.X_OK):
        return [f"{folder}: cannot be written to by this user; see database under [data]"]
    return []


def _advice(config: Config) -> list[str]:
    name = config.file.name if config.file else FILE_NAME
    advice = []
    if not config.file:
        advice.append("no khasan.toml: defaults are in force; `khasan init` writes one")
    if not config.readers:
        advice.append(f"{name}: no [[reader]]: articles are collected and nobody is mailed")
    if not config.collect.contact and not config.collect.user_agent:
        advice.append(f"{name}: collect.contact is empty: publishers cannot reach you, and some refuse such readers")
    if config.smtp is None:
        advice.append(f"{name}: no [smtp]: mails are written as files into {config.folder / config.data.outbox}")
    return advice


def how_told(reader: Reader) -> str:
    """How a reader is told, in words: "at once, digest weekdays 07:30, quiet 22:00-07:00 (Europe/Kyiv)"."""
    after = f"after {reader.delay_minutes:g} min" if reader.delay_minutes else "at once"
    ways = [
        after if reader.immediate else "",
        f"digest {reader.digest.strip()}" if reader.digest.strip() else "",
        f"quiet {reader.quiet.strip()}" if reader.quiet.strip() else "",
        f"from relevance {reader.least_relevance:g}" if reader.least_relevance else "",
    ]
    return f"{', '.join(way for way in ways if way)} ({reader.zone})"


def _tell(config: Config | None, setup: Setup | None, problems: list[str], advice: list[str]) -> None:
    for line in problems:
        err.print(f"[red]wrong[/]   {escape(line)}", soft_wrap=True)
    for line in advice:
        out.print(f"[yellow]advice[/]  {escape(line)}", soft_wrap=True)
    if config is None or setup is None:
        return
    for reader in setup.readers:
        out.print(f"reader  {escape(visible(reader.name))}: {escape(visible(how_told(reader)))}", soft_wrap=True)
    enabled = sum(source.enabled for source in setup.sources)
    out.print(
        f"[green]fine[/]    {enabled} of {len(setup.sources)} sources enabled, {len(setup.rules.rules)} rules, "
        f"{len(setup.analyser.lexicon.concepts_by_id)} concepts, {len(setup.readers)} reader{'' if len(setup.readers) == 1 else 's'}, topic version {setup.topic_version}",
        soft_wrap=True,
    )
