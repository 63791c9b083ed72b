"""`kill -9` at every numbered point, and at random moments: nothing lost, nothing doubled, nobody left behind."""

from __future__ import annotations

import email
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from email.policy import default
from pathlib import Path

import pytest

from khasan.demo.press import ROUNDS, Press
from spiders.urls import canonical_url
from storage.crash import POINTS
from storage.upkeep import TOLD

RANDOM_MOMENTS = 10


def start_demo(folder, env=None):
    """A demo in a process group of its own, so that what it leaves behind can be found."""
    return subprocess.Popen(
        [sys.executable, "-m", "khasan", "demo", "--dir", str(folder)],
        env={k: v for k, v in os.environ.items() if not k.startswith("KHASAN_")} | (env or {}),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def processes_of(group):
    """Process ids of a group, living ones only."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def nobody_left(group):
    """Whether all processes of a group end within five seconds."""
    for _ in range(100):
        if not processes_of(group):
            return True
        time.sleep(0.05)
    return False


def finish(folder):
    demo = start_demo(folder)
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, output
    assert nobody_left(demo.pid)


def check(folder):
    """Every article stored once, every story told, none alerted twice, no mail under a second Message-ID."""
    was = json.loads((folder / "press.json").read_text())
    press = Press(began=datetime.fromisoformat(was["began"]), port=was["port"])
    expected = press.expected(ROUNDS)
    wanted = {canonical_url(url) for url in expected.alerts}
    database = sqlite3.connect(folder / "khasan.db")
    try:
        addresses = [row[0] for row in database.execute("SELECT canonical_url FROM article WHERE merged_into IS NULL")]
        told = {row[2] for row in database.execute(TOLD)}
        alerts = [row[0] for row in database.execute("SELECT story_id FROM telling WHERE kind = 'alert'")]
        states = Counter(row[0] for row in database.execute("SELECT state FROM outbox"))
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        database.execute("INSERT INTO article_fts(article_fts) VALUES('integrity-check')")
    finally:
        database.close()
    assert len(addresses) == len(set(addresses)) == expected.articles
    assert told == wanted
    assert len(alerts) == len(set(alerts)) > 0
    assert set(states) == {"sent"}
    ids = [
        email.message_from_bytes(path.read_bytes(), policy=default)["Message-ID"]
        for path in (folder / "outbox").glob("*.eml")
    ]
    assert len(ids) == len(set(ids)) == sum(states.values())
    assert not list((folder / "outbox").glob("*.tmp"))


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_point(tmp_path, point):
    """At its first passing and at a later one, when more is in hand."""
    for nth in (1, 4):
        demo = start_demo(tmp_path, {"KHASAN_KILL_AT": f"{point}:{nth}"})
        output, _ = demo.communicate(timeout=60)
        assert demo.returncode == -signal.SIGKILL, f"{point}:{nth} was not passed: {output}"
        assert nobody_left(demo.pid), "workers outlived their parent"
    finish(tmp_path)
    check(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RANDOM_MOMENTS))
def test_killed_at_a_random_moment(tmp_path, seed):
    demo = start_demo(tmp_path)
    time.sleep(random.Random(seed).uniform(0.8, 5.0))
    os.kill(demo.pid, signal.SIGKILL)
    demo.communicate(timeout=60)
    assert nobody_left(demo.pid), "workers outlived their parent"
    finish(tmp_path)
    check(tmp_path)


def test_a_demo_without_a_kill(tmp_path):
    finish(tmp_path)
    check(tmp_path)
