"""`khasan sources add`: what a site offers is found, tried, shown, and written into the overlay."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from khasan import logs
from khasan.commands.common import FAILED, USAGE, ago, err, out, say_json, state
from khasan.commands.overlaying import can_ask, existing, say_taken_up, write
from khasan.declaring import Declaring, Wanted, listing_table
from khasan.overlay import FILE, added, toml_table, toml_value
from khasan.probed import LANGUAGES, heads, language, plain, reason, texts
from khasan.structure import suggestion
from khasan.topic import KINDS
from scheduler.reactor import run as run_on_reactor
from spiders.find import find
from spiders.markup import visible
from spiders.probe import crawl
from spiders.telegram_reader import channel_address
from spiders.urls import web_address
from storage.model import Pages

if TYPE_CHECKING:
    from scheduler.setup import Setup
    from spiders.find import Finding, Tried

MOST_SHOWN = 6
_WITHOUT_QUERY = tuple(one for one in KINDS if one != "search")
_IDS = {"id": re.compile(r"[a-z0-9][a-z0-9-]*"), "outlet": re.compile(r"[a-z0-9][a-z0-9_]*")}


@dataclass(frozen=True, slots=True)
class _Choice:
    """Something that can be added, or is watched already under an id."""

    tried: Tried
    url: str
    watched: str

    def wanted(self, title: str, wishes: dict[str, str]) -> Wanted:
        offer = self.tried.offer
        return Wanted(
            url=self.url, kind=offer.kind, title=self.tried.title or title, language=language(self.tried.probed),
            listing=offer.listing, **wishes,
        )  # fmt: skip


def add(text: str, *, kind: str, wishes: dict[str, str], dry_run: bool, yes: bool, json: bool) -> None:
    """Find by what a site can be read, let the user choose, and declare it."""
    setup = state.setup()
    url = _address(text)
    check_wishes(wishes, kind, setup)
    known = Declaring(setup.sources, setup.outlets)
    _refuse_watched(known.watched(url), setup, url)
    finding = _find(url, kind, setup, quiet=json)
    if finding is None:
        err.print("khasan: stopped; nothing was added")
        raise typer.Exit(FAILED)
    if finding.fault:
        err.print(f"khasan: {escape(url)}: {escape(finding.fault)}", soft_wrap=True)
        raise typer.Exit(FAILED)
    choices = _choices(finding, known)
    new = [one for one in choices if not one.watched]
    if new and not json:
        _show(finding, choices, new)
    elif not new or not yes:
        say_json({"url": url, "candidates": [_plain(one) for one in choices], "added": []})
    if not new:
        _nothing(finding, choices, setup, quiet=json)
    if json and not yes:
        return
    chosen = _chosen(new, yes=yes, dry_run=dry_run)
    if len(chosen) > 1 and (wishes["id"] or wishes["name"]):
        err.print("khasan: --id and --name are for one source")
        raise typer.Exit(USAGE)
    ids = [known.declare(one.wanted(finding.title, wishes)) for one in chosen]
    if json:
        say_json({"url": url, "candidates": [_plain(one) for one in choices], "added": [] if dry_run else ids})
    declare_all(known, setup, ids, dry_run=dry_run, quiet=json)


def _address(text: str) -> str:
    """The address that was meant, or the end of the command."""
    text = text.strip()
    channel = channel_address(text) if text.startswith("@") or "://" not in text or "t.me" in text else ""
    url = channel or web_address(
        text if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) else f"https://{text}", ""
    )
    if not url or ("." not in url and ":" not in url.split("://", 1)[1]):
        err.print(f'khasan: found "{escape(text)}", expected an address such as https://site.example or @channel')
        raise typer.Exit(USAGE)
    return url


def check_wishes(wishes: dict[str, str], kind: str, setup: Setup) -> None:
    """End the command where an option of adding has a value that cannot be."""
    faults = []
    if kind == "search":
        faults.append("--kind: a search has a query and is declared by hand, in the overlay's sources.toml")
    elif kind and kind not in KINDS:
        faults.append(f'--kind: found "{kind}"{suggestion(kind, _WITHOUT_QUERY)}')
    if wishes["pages"] and wishes["pages"] not in set(Pages):
        faults.append(f'--pages: found "{wishes["pages"]}", expected one of {", ".join(Pages)}')
    faults += [
        f'--{name}: found "{wishes[name]}", expected the shape {shape.pattern}'
        for name, shape in _IDS.items()
        if wishes.get(name) and not shape.fullmatch(wishes[name])
    ]
    if any(one.id == wishes.get("id") for one in setup.sources):
        faults.append(f"--id: there is a source {wishes['id']} already")
    for one in faults:
        err.print(f"khasan: {escape(one)}", soft_wrap=True)
    if faults:
        raise typer.Exit(USAGE)


def _refuse_watched(watched: str, setup: Setup, url: str) -> None:
    if not watched:
        return
    source = next((one for one in setup.sources if one.id == watched), None)
    hint = (
        "" if source is None or source.enabled else f", but disabled; khasan sources enable {watched} watches it again"
    )
    err.print(f"khasan: {escape(url)} is a source already: {watched}{hint}", soft_wrap=True)
    raise typer.Exit(FAILED)


def _find(url: str, kind: str, setup: Setup, *, quiet: bool) -> Finding | None:
    logs.set_up("error", state.config().log.format)
    archive = existing(setup)
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), console=err, transient=True,
        disable=quiet or not err.is_terminal,
    )  # fmt: skip
    with archive or nullcontext(), bar:
        task = bar.add_task(url, total=None)
        return run_on_reactor(
            lambda stop: crawl(
                lambda spider: find(spider, url, kind, lambda asked: bar.update(task, description=asked)),
                replace(setup.collect, workers=1), stop=stop, known=archive, urls=[url],
            )
        )  # fmt: skip


def _choices(finding: Finding, known: Declaring) -> list[_Choice]:
    result = []
    for one in finding.tried:
        if one.useful:
            url = one.probed.result.moved_to or one.offer.url
            result.append(_Choice(one, url, known.watched(url, one.offer.url, one.probed.address)))
    return result


def _nothing(finding: Finding, choices: list[_Choice], setup: Setup, *, quiet: bool) -> None:
    """Say that there is nothing to be added, and end."""
    if choices and not quiet:
        _refuse_watched(choices[0].watched, setup, choices[0].url)
    if not quiet:
        asked = "address was" if finding.asked == 1 else "addresses were"
        err.print(
            f"khasan: {escape(finding.url)}: nothing by which it can be read; {finding.asked} {asked} asked",
            soft_wrap=True,
        )
        for one in finding.tried[:MOST_SHOWN]:
            err.print(
                f"        {escape(one.offer.url)}: {one.probed.result.outcome}, {escape(reason(one.probed))}",
                soft_wrap=True,
            )
    raise typer.Exit(FAILED)


def _show(finding: Finding, choices: list[_Choice], new: list[_Choice]) -> None:
    now = datetime.now(UTC)
    out.print(f"[bold]{escape(finding.title or finding.url)}[/] can be read by:\n", soft_wrap=True)
    for number, one in enumerate(new[:MOST_SHOWN], 1):
        probed = one.tried.probed
        newest = probed.newest
        age = f"newest {ago(newest.published.at, now)} old" if newest and newest.published else "without times"
        told = language(probed)
        listed = f"{len(probed.result.seen)} addresses" if probed.result.seen else f"{len(probed.entries)} entries"
        facts = [
            one.tried.offer.kind,
            listed,
            texts(probed),
            LANGUAGES.get(told, told),
            age if probed.entries else "none of the last two days",
        ]
        out.print(f"{number}  {', '.join(fact for fact in facts if fact)} ({one.tried.offer.why})", soft_wrap=True)
        out.print(f"   {escape(one.url)}", soft_wrap=True)
        for head in heads(probed):
            at = f"{head.published.at:%Y-%m-%d %H:%M}  " if head.published else ""
            out.print(f"     {at}{escape(visible(head.title) or head.url)}", no_wrap=True, overflow="ellipsis")
        if one.tried.offer.listing is not None:
            out.print(
                f"     by {escape(toml_value(listing_table(one.tried.offer.listing)))}; look whether these are its articles",
                soft_wrap=True,
            )
    if finding.late:
        out.print("It took too long, so not all that it offers was tried.")
    for one in choices:
        if one.watched:
            out.print(f"Watched already: {escape(one.url)} is {one.watched}.", soft_wrap=True)


def _plain(one: _Choice) -> dict[str, Any]:
    probed = one.tried.probed
    newest = [
        {"title": head.title, "published_at": head.published.at if head.published else None, "url": head.url}
        for head in heads(probed)
    ]
    left = {"id", "enabled", "verdict", "page"}
    facts = {name: value for name, value in plain(probed).items() if name not in left}
    return facts | {
        "url": one.url,
        "why": one.tried.offer.why,
        "title": one.tried.title,
        "newest": newest,
        "watched_as": one.watched or None,
    }


def _chosen(new: list[_Choice], *, yes: bool, dry_run: bool) -> list[_Choice]:
    """What the user wants of it: the best with --yes, else what he says."""
    if yes or (dry_run and not can_ask()):
        return new[:1]
    if not can_ask():
        err.print("khasan: nothing was added; --yes adds the first")
        raise typer.Exit(USAGE)
    while True:
        said = typer.prompt("Add which? Numbers, or 0 for none", default="1", err=True)
        numbers = re.findall(r"\d+", said)
        if numbers == ["0"]:
            raise typer.Exit
        if numbers and all(1 <= int(one) <= min(len(new), MOST_SHOWN) for one in numbers):
            return [new[int(one) - 1] for one in dict.fromkeys(numbers)]


def declare_all(known: Declaring, setup: Setup, ids: list[str], *, dry_run: bool, quiet: bool = False) -> None:
    """Write what was declared into the overlay, or with --dry-run show it."""
    if dry_run:
        if not quiet:
            parts = [toml_table("outlet", one) for one in known.outlets] + [
                toml_table("source", one) for one in known.sources
            ]
            out.print(escape("\n".join(parts)), soft_wrap=True)
            out.print("Nothing was written.")
        return
    write(lambda text: added(text, known.outlets, known.sources))
    if not quiet:
        shown = ", ".join(ids[:MOST_SHOWN]) + (f" and {len(ids) - MOST_SHOWN} more" if len(ids) > MOST_SHOWN else "")
        out.print(f"Added to {escape(str(state.config().overlay / FILE))}: {shown}.", soft_wrap=True)
        say_taken_up(setup, ids)
