"""What the ticks do besides waking stages: changed files, baselines told of, upkeep."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from alerts.coverage import NO_LINE
from alerts.outbox import notice_mail
from scheduler.setup import Setup, SetupError
from storage.hosts import drop_idle_hosts, drop_old_robots
from storage.outbox import queue_baseline_notice
from storage.upkeep import drop_old_pages, drop_old_polls, drop_old_texts, fresh_baselines

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from alerts.coverage import CoverageLine
    from storage.archive import Archive

KEEP_ROBOTS_DAYS = 60  # longer than an old answer counts for, however long a server fails

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at the files came to: a new setup, or problems with one, or neither."""

    setup: Setup | None = None
    problems: tuple[str, ...] = ()


class Reloader:
    """Watches the files of a setup and loads them anew when one changes."""

    def __init__(self, load: Callable[[], Setup], current: Setup) -> None:
        self._load = load
        self._files = current.files
        self._seen = _fingerprint(current.files)

    def look(self) -> Change:
        """Whether a file has changed since the last look, and what it says now. Reads files; call it off the loop."""
        seen = _fingerprint(self._files)
        if seen == self._seen:
            return Change()
        self._seen = seen  # as it was before loading: what is saved meanwhile is seen the next time
        try:
            setup = self._load()
        except SetupError as error:
            return Change(problems=tuple(error.problems))
        except Exception as error:  # a bug of ours in reading them: the last good files stay in force all the same
            log.exception("configuration cannot be read")
            return Change(problems=(f"{type(error).__name__}: {error}",))
        if setup.files != self._files:
            self._files = setup.files
            self._seen = _fingerprint(setup.files)
        return Change(setup)

    def forget(self) -> None:
        """Read the files again at the next look: what they said could not be taken up."""
        self._seen = ()


def _fingerprint(files: tuple[Path, ...]) -> tuple[tuple[int, int] | None, ...]:
    """Size and time of change, of rights too, of each file; None for one that is not there: an overlay may come into being."""
    found: list[tuple[int, int] | None] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_ctime_ns, stat.st_size))
    return tuple(found)


async def baseline_notices(
    archive: Archive, setup: Setup, now: datetime, coverage: Callable[[], CoverageLine] = lambda: NO_LINE
) -> None:
    """Tell the operator, in one mail, of the sources read for the first time: what they held alerted nobody."""
    fresh = archive.read(fresh_baselines, now)
    if not fresh:
        return
    lines = [f"{one['name']}: {one['articles']} articles stored, {one['wanted']} of them match a rule" for one in fresh]
    notice = notice_mail(
        "baseline " + " ".join(str(one["id"]) for one in fresh),
        f"{len(fresh)} source{'s' if len(fresh) > 1 else ''} read for the first time",
        [
            "What they held already was stored and reviewed but mailed to nobody. From now on they alert.",
            "\n".join(lines),
        ],
        address=setup.operator,
        now=now,
        options=setup.mail,
        coverage=coverage(),
        zone=setup.health.zone,
    )
    await archive.awrite(queue_baseline_notice, notice, now, [str(one["id"]) for one in fresh])


async def upkeep(archive: Archive, setup: Setup, now: datetime) -> None:
    """Let go of what is not needed, in small transactions, and fold the log back into the file."""
    dropped = {}
    for what, drop, days in (
        ("pages", drop_old_pages, setup.keep_pages_days),
        ("texts", drop_old_texts, setup.keep_texts_days),
        ("polls", drop_old_polls, setup.keep_polls_days),
    ):
        dropped[what] = 0
        while count := await archive.awrite(drop, now, days):
            dropped[what] += count
    dropped["hosts"] = await archive.awrite(drop_idle_hosts, now)
    dropped["robots"] = await archive.awrite(drop_old_robots, now, KEEP_ROBOTS_DAYS)
    await asyncio.to_thread(archive.tidy)
    log.info("upkeep", **dropped)
