"""`khasan sources import`: the feeds of another reader's list become sources."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from khasan.commands.adding import check_wishes, declare_all
from khasan.commands.checking import try_all
from khasan.commands.common import FAILED, USAGE, err, out, say_json, state, table
from khasan.commands.overlaying import can_ask, confirmed
from khasan.declaring import Declaring, Wanted
from khasan.opml import MAX_BYTES, OpmlError, read_opml
from khasan.probed import DEAD, language, offline, reason, verdict
from spiders.telegram_reader import channel_address
from storage.model import Source

if TYPE_CHECKING:
    from pathlib import Path

    from khasan.opml import Feed, Subscriptions
    from scheduler.setup import Setup


@dataclass(slots=True)
class _Import:
    """A list on its way into the overlay: what is new in it, and what trying came to, by address."""

    listed: Subscriptions
    new: list[Feed]
    languages: dict[str, str] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)

    def say_json(self, added: list[str]) -> None:
        """All of it as JSON."""
        say_json({
            "feeds": len(self.listed.feeds),
            "watched": len(self.listed.feeds) - len(self.new),
            "repeated": self.listed.repeated,
            "left_out": [{"url": url, "reason": why} for url, why in self.dead.items()],
            "faults": list(self.listed.faults),
            "added": added,
        })  # fmt: skip

    def tell(self, file: Path, known: Declaring, *, tried: bool) -> None:
        """The same for a person."""
        for fault in self.listed.faults:
            err.print(f"khasan: {file}: {escape(fault)}", soft_wrap=True)
        for url, why in self.dead.items():
            err.print(f"khasan: left out: {escape(url)}: {escape(why)}", soft_wrap=True)
        if known.sources:
            out.print(table(("source", "name", "address"), [(s["id"], s["name"], s["url"]) for s in known.sources]))
        watched = len(self.listed.feeds) - len(self.new)
        out.print(
            f"New: {len(known.sources)}. Watched already: {watched}. Twice in the file: {self.listed.repeated}."
            + (f" Left out: {len(self.dead)}." if tried else "")
        )


def import_opml(file: Path, *, check: bool, pages: str, dry_run: bool, yes: bool, json: bool) -> None:
    """Declare the feeds of an OPML file that are not watched yet; with `check` only those that can be read."""
    setup = state.setup()
    check_wishes({"pages": pages}, "", setup)
    try:
        listed = read_opml(_bytes(file))
    except OpmlError as error:
        err.print(f"khasan: {file}: {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(FAILED) from None
    known = Declaring(setup.sources, setup.outlets)
    work = _Import(listed, [one for one in listed.feeds if not known.watched(one.url)])
    if check and work.new:
        _try(work, setup, quiet=json)
    ids = [known.declare(_wanted(one, pages, work)) for one in work.new if one.url not in work.dead]
    if not json:
        work.tell(file, known, tried=check)
    if ids and not dry_run and not confirmed(f"Add these {len(ids)} sources?", yes=yes):
        if can_ask():
            raise typer.Exit
        err.print("khasan: nothing was added; --yes adds them")
        raise typer.Exit(USAGE)
    if ids:
        declare_all(known, setup, ids, dry_run=dry_run, quiet=json)
    if json:
        work.say_json([] if dry_run else ids)


def _bytes(file: Path) -> bytes:
    """A file's bytes, or a few more than can be read of it."""
    if str(file) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        err.print(f"khasan: {file}: cannot be read ({error.strerror})", soft_wrap=True)
        raise typer.Exit(USAGE) from None


def _wanted(feed: Feed, pages: str, work: _Import) -> Wanted:
    channel = channel_address(feed.url)
    return Wanted(
        url=channel or feed.url,
        kind="telegram" if channel else "feeds",
        title=feed.title,
        language=work.languages.get(feed.url, feed.language if len(feed.language) == 2 else ""),  # noqa: PLR2004
        pages=pages,
    )


def _try(work: _Import, setup: Setup, *, quiet: bool) -> None:
    """Try each, note the languages, and what cannot be read."""
    sources = []
    for number, feed in enumerate(work.new):
        wanted = _wanted(feed, "", work)
        sources.append(
            Source(f"new-{number}", "new", feed.title, wanted.url, kind=wanted.kind, language=wanted.language)
        )
    results = try_all(sources, setup, quiet=quiet)
    if len(results) < len(sources):
        err.print("khasan: stopped; nothing was added")
        raise typer.Exit(FAILED)
    if offline(results):
        err.print("khasan: nothing could be reached: it is likely this machine's network; nothing was added")
        raise typer.Exit(FAILED)
    urls = {source.id: feed.url for source, feed in zip(sources, work.new, strict=True)}
    for one in results:
        url = urls[one.source.id]
        if verdict(one) == DEAD:
            work.dead[url] = f"{one.result.outcome}, {reason(one)}"
        elif language(one):
            work.languages[url] = language(one)
