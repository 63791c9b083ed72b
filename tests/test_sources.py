"""Sources as the topic declares them, and what becomes of them in the archive."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from spiders.workers import WorkerError, Workers
from storage.archive import open_archive
from storage.pages import due_pages
from storage.sources import all_sources, due_polls, sync_topic
from storage.upkeep import anything_to_fetch, mend_times, work_left
from tests.shelf import NOW, entry, poll, room, settle, source


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as opened:
        settle(opened, source("wire"), source("full", "all"))
        yield opened


def due(archive, now=NOW + timedelta(days=1)):
    return [job.source.id for job in archive.write(due_polls, now, room=room())]


def test_one_that_left_the_topic_rests_and_comes_back_as_it_was(archive):
    wire, full = (one for one in sorted(archive.read(all_sources), key=lambda one: one.id, reverse=True))
    archive.write(sync_topic, [], [full], NOW)
    assert [one.id for one in archive.read(all_sources) if one.enabled] == ["full"]
    archive.write(sync_topic, [], [wire, full], NOW)
    assert sorted(due(archive)) == ["full", "wire"]


def test_a_disabled_one_is_neither_polled_nor_has_its_pages_fetched(archive):
    poll(archive, "full", entry("a"))
    later = NOW + timedelta(days=1)
    archive.write(sync_topic, [], [replace(one, enabled=False) for one in archive.read(all_sources)], NOW)
    assert archive.write(due_pages, later, room=room()) == []
    assert due(archive) == []
    assert not archive.read(anything_to_fetch, later)
    assert archive.read(work_left, later)["pages"] == archive.read(work_left, later)["polls"] == 0


def test_times_of_a_clock_that_was_ahead_are_mended(archive):
    archive.write(
        lambda c: c.execute("UPDATE source SET next_poll_at = '2099-01-01T00:00:00.000+00:00' WHERE id = 'wire'")
    )
    archive.write(mend_times, NOW)
    assert "wire" in due(archive, NOW)


def test_workers_come_back_after_being_killed_idle():
    async def twice():
        workers = Workers(2)
        first = await workers.run(os.getpid, seconds=20.0)
        for child in _children():
            os.kill(child, signal.SIGKILL)
        await asyncio.sleep(1.0)
        second = await _patiently(workers)
        await workers.close()
        return first, second

    first, second = asyncio.run(twice())
    assert first != second


async def _patiently(workers):
    """What was handed to a killed worker is lost and says so; the next one is read."""
    for _ in range(3):
        try:
            return await workers.run(os.getpid, seconds=20.0)
        except WorkerError:
            await asyncio.sleep(0.5)
    raise AssertionError("no worker came back")


def _children():
    own = str(os.getpid())
    for entry_ in Path("/proc").iterdir():
        if entry_.name.isdecimal():
            try:
                stat = (entry_ / "stat").read_text()
                command = (entry_ / "cmdline").read_text()
            except OSError:
                continue
            if stat.rpartition(")")[2].split()[1] == own and "spawn_main" in command:
                yield int(entry_.name)
