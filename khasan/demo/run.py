"""`khasan demo`: the real daemon on the local press, for three polls between which the press publishes more."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.channels import FileOptions
from alerts.compose import MailOptions
from alerts.decide import Reader
from khasan.demo.press import ROUNDS, Press
from khasan.topic import load_topic
from scheduler.daemon import Daemon
from scheduler.setup import Setup
from spiders.options import CollectOptions
from storage.model import Listing, Outlet, Pages, Source
from storage.outbox import mails
from storage.sources import wish_poll
from storage.upkeep import counts, source_rows

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

MARK = "press.json"
CONFIG = """\
# Made by `khasan demo`, to look at its data: khasan --config THIS status, search, show. The press itself is gone by then.
[mail]
sender = "Khasan <khasan@localhost>"
"""


class DemoFolderError(Exception):
    """The folder cannot be used. The message says why."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demo came to: a row a source, numbers, and each mail with its file."""

    sources: list[dict[str, Any]]
    counts: dict[str, Any]
    mails: list[dict[str, str]]
    complete: bool  # every article the press published is stored and every alert it expects is mailed


def prepare(folder: Path, *, anew: bool) -> Press:
    """The press for a folder: a new one, or the one that was there when a demo in this folder was cut short."""
    mark = folder / MARK
    if anew and folder.exists() and any(folder.iterdir()):
        if not mark.exists():
            msg = f"{folder}: holds something else than a demo; name another folder with --dir"
            raise DemoFolderError(msg)
        shutil.rmtree(folder)
    if mark.exists():
        was = json.loads(mark.read_text(encoding="utf-8"))
        return Press(began=datetime.fromisoformat(was["began"]), port=was["port"])
    return Press(began=datetime.now(UTC).replace(microsecond=0))


def remember(press: Press, folder: Path) -> None:
    """Note address and birth of the press, so that a demo cut short goes on with the same articles."""
    mark = folder / MARK
    new = mark.with_suffix(".new")
    new.write_text(json.dumps({"began": press.began.isoformat(), "port": press.port}), encoding="utf-8")
    new.replace(mark)
    (folder / "khasan.toml").write_text(CONFIG, encoding="utf-8")


def demo_setup(press: Press, folder: Path) -> Setup:
    """The built-in topic's rules and concepts on the press's sources, mails into files."""
    topic = load_topic()
    declared: list[dict[str, Any]] = press.sources()
    return Setup(
        database=folder / "khasan.db",
        outlets=tuple(Outlet(*publisher) for publisher in press.publishers()),
        sources=tuple(_source(one) for one in declared),
        analyser=topic.analyser,
        rules=topic.rules,
        topic_version=topic.version,
        collect=CollectOptions(
            contact="demo@localhost", delay=0.05, interval=3600, timeout=10, private_hosts=("127.0.0.0/8",)
        ),
        channel=FileOptions(folder / "outbox"),
        mail=MailOptions(sender="Khasan <khasan@localhost>"),
        readers=(Reader("analyst", "analyst@localhost", "Europe/Kyiv", max_per_hour=60),),  # three polls are one minute
        operator="operator@localhost",
        late_after=timedelta(hours=48),
    )


def _source(declared: dict[str, Any]) -> Source:
    """An entry of a sources.toml as the source that it declares."""
    listing = Listing(**declared["listing"]) if "listing" in declared else None
    return Source(**{**declared, "pages": Pages(declared["pages"]), "listing": listing})


async def show(press: Press, setup: Setup, stop: asyncio.Event, tell: Callable[[str], None]) -> DemoResult:
    """Three rounds: the press publishes, the daemon polls, reads, decides and mails."""
    async with Daemon(setup) as daemon:
        for number in range(1, ROUNDS + 1):
            press.publish(number)
            await daemon.archive.awrite(wish_poll, datetime.now(UTC))
            if not await daemon.until_idle(stop):
                break
            await daemon.tell_baselines()
            await daemon.until_idle(stop)
            now = daemon.archive.read(counts)
            tell(f"poll {number}: {now['articles']} articles stored, {now['told']} told of in {now['alerts']} mails")
        return _result(daemon, press, setup)


def _result(daemon: Daemon, press: Press, setup: Setup) -> DemoResult:
    numbers = daemon.archive.read(counts)
    expected = press.expected(ROUNDS)
    sent = [mail for mail in reversed(daemon.archive.read(mails, ("sent",), 1000)) if mail.sent_at]
    return DemoResult(
        sources=sorted(daemon.archive.read(source_rows), key=lambda row: str(row["id"])),
        counts=numbers,
        mails=[
            {
                "kind": mail.kind,
                "subject": mail.subject,
                "message_id": mail.message_id,
                "file": _file_of(setup, mail.message_id),
            }
            for mail in sent
        ],
        complete=numbers["articles"] == expected.articles and numbers["told"] == len(expected.alerts),
    )


def _file_of(setup: Setup, message_id: str) -> str:
    """The .eml file of a mail."""
    if not isinstance(setup.channel, FileOptions):
        return ""
    return next(
        (
            str(path)
            for path in setup.channel.folder.glob("*.eml")
            if f"Message-ID: {message_id}".encode() in path.read_bytes()[:4000]
        ),
        "",
    )
