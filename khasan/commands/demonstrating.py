"""`khasan demo`."""

from __future__ import annotations

import time
from pathlib import Path

import typer
from rich.markup import escape

from khasan import logs
from khasan.claims_table import COLUMNS, row
from khasan.commands.claims_asked import Names
from khasan.commands.common import FAILED, USAGE, err, out, say_json, table
from khasan.demo.run import DemoFolderError, DemoResult, demo_setup, prepare, remember, show
from khasan.topic import load_topic
from scheduler.reactor import run as run_on_reactor
from storage.archive import open_archive
from storage.claim_model import ClaimFilter
from storage.claim_reads import claims_where
from storage.outbox import mails

DEFAULT = Path("demo-data")
_CLAIMS = 5  # of which a demo tells


def demo(folder: Path | None, *, json: bool) -> None:
    """The whole way on the local press, and a table of what came of it."""
    logs.set_up("error")
    began = time.monotonic()
    where = folder or DEFAULT
    try:
        press = prepare(where, anew=folder is None)
        where.mkdir(parents=True, exist_ok=True)
        press.start()
    except (DemoFolderError, OSError) as error:
        err.print(f"khasan: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(USAGE) from None
    try:
        remember(press, where)
        outlets = sum(not outlet.down for outlet in press.outlets)
        err.print(
            f"A press of {outlets} outlets answers on this machine, and one is down: feeds, a sitemap, a page of links, a "
            "channel, and a search over all of them. The daemon reads it three times …"
        )
        setup = demo_setup(press, where)
        result = run_on_reactor(lambda stop: show(press, setup, stop, err.print))
    finally:
        press.stop()
    if json:
        say_json(result)
    else:
        _tell(result, where, time.monotonic() - began)
    if not result.complete:
        err.print("khasan: the demo did not store or mail what the press published")
        raise typer.Exit(FAILED)


def _tell(result: DemoResult, folder: Path, seconds: float) -> None:
    out.print()
    rows = [(one["id"], one["outcome"], one["articles"], one["detail"]) for one in result.sources]
    out.print(table(("source", "last poll", "articles", "detail"), rows, right=("articles",)))
    out.print(
        f"\n{result.counts['articles']} articles stored, {result.counts['told']} told of in {result.counts['alerts']} mails on stories, in {seconds:.0f} s\n"
    )
    for mail in result.mails:
        out.print(f"[bold]{escape(mail['subject'])}[/]", soft_wrap=True)
        out.print(f"  {escape(mail['file'])}", soft_wrap=True)
    _tell_claims(folder)
    look = f"khasan --config {folder / 'khasan.toml'}"
    out.print("\nWhat next: open a mail above in a mail program, then", soft_wrap=True)
    for what, command in (
        ("search the archive", f"{look} search 북한"),
        ("why an article alerted", f"{look} show {_alerted(folder)}"),
        ("who said how many", f"{look} claims chart --unit troops"),
        ("your own configuration", "khasan init data"),
        ("what is missing in it", "khasan --config data/khasan.toml check"),
        ("watch the real press", "khasan --config data/khasan.toml run"),
    ):
        out.print(f"  {what:<24}{escape(command)}", soft_wrap=True)


def _tell_claims(folder: Path) -> None:
    """Some of the figures that the press gave, those in most articles first."""
    with open_archive(folder / "khasan.db") as archive:
        found = archive.read(claims_where, ClaimFilter(limit=1000))
    names = Names(load_topic().analyser.lexicon)
    most = sorted(found, key=lambda one: (-one.articles, one.id))[:_CLAIMS]
    out.print(f"\nWho said how many: {len(most)} of {len(found)} claims\n")
    out.print(table(COLUMNS, (row(one, names) for one in most), right=("id", "first seen", "figure", "seen")))


def _alerted(folder: Path) -> int:
    """An article that somebody was mailed about."""
    with open_archive(folder / "khasan.db") as archive:
        return next((mail.article for mail in archive.read(mails) if mail.article), 1)
