"""The daemon as a process: starts, polls, stops, shares its data, takes up changes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from khasan.demo.press import Fault, Press

OVERLAY_RULES = """
[[rule]]
id = "everything"
name = "Everything"
query = 'the OR на OR в OR 북한 OR корабл*'
"""


@pytest.fixture
def press():
    with Press(began=datetime.now(UTC)) as running:
        yield running


def toml(value):
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture
def data(tmp_path, press):
    """A configuration whose topic is the press, with quick polls."""
    topic = tmp_path / "press-topic"
    topic.mkdir()
    write_sources(topic, press.sources(("feeds",)))
    (topic / "lexicon.toml").write_text(
        '[gate]\nany = ["kp"]\n[[concept]]\nid = "kp"\ncategory = "actor"\n'
        'en = { name = "North Korea", forms = ["north korea*", "pyongyang"] }\n'
        'uk = { name = "КНДР", forms = ["кндр", "північнокоре*"] }\n'
        'ru = { name = "КНДР", forms = ["кндр", "северокоре*"] }\n'
        'ko = { name = "북한", forms = ["북한"] }\n'
    )
    (topic / "rules.toml").write_text(
        '[[rule]]\nid = "guns"\nname = "Guns"\nquery = "artillery OR guns OR гармат* OR орудий OR 장사정포"\n'
    )
    (tmp_path / "khasan.toml").write_text(
        '[topic]\nname = "press-topic"\n[collect]\nprivate_hosts = ["127.0.0.0/8"]\ncontact = "t@localhost"\ndelay = 0.01\nworkers = 1\ninterval = 1.0\ntimeout = 5.0\n'
        '[log]\nlevel = "info"\n[[reader]]\nname = "ann"\naddress = "ann@localhost"\nmax_per_hour = 500\n'
    )
    return tmp_path


def write_sources(topic, sources):
    outlets = dict.fromkeys(source["outlet"].replace("-", "_") for source in sources)
    tables = [f"[[outlet]]\nid = {toml(outlet)}\nname = {toml(outlet)}\n" for outlet in outlets]
    for source in sources:
        values = {**source, "outlet": source["outlet"].replace("-", "_")}
        tables.append("[[source]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in values.items()))
    (topic / "sources.toml").write_text("".join(tables))


def clean_environment():
    return {key: value for key, value in os.environ.items() if not key.startswith("KHASAN_")}


@contextmanager
def daemon(folder):
    """`khasan run` in a folder; killed at the end if it still runs."""
    log = (folder / "log.txt").open("a")
    process = subprocess.Popen(
        [sys.executable, "-m", "khasan", "run"], cwd=folder, env=clean_environment(), stderr=log, stdout=log
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def ask(folder, sql, *values):
    connection = sqlite3.connect(f"file:{folder / 'khasan.db'}?mode=ro", uri=True)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def until(folder, sql, seconds=60):
    """Wait until a query has a row whose first value is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            rows = ask(folder, sql)
        except sqlite3.OperationalError:
            rows = []
        if rows and rows[0][0]:
            return rows
        time.sleep(0.1)
    raise AssertionError(f"still not true: {sql}\n{(folder / 'log.txt').read_text()[-3000:]}")


ALL_READ = "SELECT count(*) = 32 FROM article WHERE candidate IS NOT NULL"


def test_polls_reads_alerts_and_stops(data, press):
    with daemon(data) as process:
        until(data, ALL_READ)
        press.publish(2)
        until(data, "SELECT count(*) >= 2 FROM outbox WHERE kind IN ('alert', 'update') AND state = 'sent'")
        children = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - began < 10
        assert children, "no worker was running: the test would not see one left behind"
        for _ in range(60):  # Python's resource tracker ends a moment after its parent
            if not any(Path(f"/proc/{pid}").exists() for pid in children):
                break
            time.sleep(0.05)
        else:
            pytest.fail("a child outlived the daemon")
    assert "Traceback" not in (data / "log.txt").read_text()
    baseline = ask(
        data, "SELECT count(*) FROM outbox o JOIN article a ON a.id = o.article_id WHERE a.arrival = 'baseline'"
    )
    assert baseline == [(0,)]


def test_ctrl_c_while_a_server_hangs(data, press):
    press.fault(press.outlets[0].host, Fault.hang())
    with daemon(data) as process:
        until(data, "SELECT count(*) > 10 FROM article")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=15) == 0


def test_second_daemon_refuses_and_others_work_beside(data, press, khasan, warm):
    with daemon(data) as process:
        until(data, ALL_READ)
        second = khasan("run", cwd=data)
        assert second.returncode == 1
        assert str(process.pid) in second.stderr
        assert "Traceback" not in second.stderr
        press.publish(3)
        polled = warm("poll", "demo-tumen-courier", "--json", cwd=data)
        assert polled.returncode == 0, polled.stderr
        assert json.loads(polled.stdout)[0]["outcome"] in {"new", "unchanged"}
        status = warm("status", "--json", cwd=data)
        assert json.loads(status.stdout)["daemon"] == str(process.pid)
        assert warm("outbox", "retry", cwd=data).returncode == 0
        assert process.poll() is None


@pytest.mark.slow
def test_scrapy_crawl_beside_the_daemon(data, press, tmp_path):
    """The crawl stores what the daemon has not seen, and the daemon reviews and mails it."""
    config = data / "khasan.toml"
    config.write_text(config.read_text().replace("interval = 1.0", "interval = 3600.0"))
    with daemon(data) as process:
        until(data, ALL_READ)
        press.publish(3)
        crawl = scrapy(data, "crawl", "feeds", "-o", "out.jsonl", "-s", "DOWNLOAD_DELAY=0")
        assert crawl.returncode == 0, crawl.stderr
        until(data, "SELECT count(*) = 58 AND min(review_due_at IS NULL) FROM article")
        assert process.poll() is None
    twice = ask(data, "SELECT canonical_url FROM article GROUP BY canonical_url HAVING count(*) > 1")
    assert not twice
    assert len((data / "out.jsonl").read_text().splitlines()) >= 10  # the daemon may be quicker to fetch pages


def scrapy(folder, *arguments):
    environment = clean_environment() | {"SCRAPY_SETTINGS_MODULE": "khasan.scrapy_settings"}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=90, check=False
    )  # fmt: skip


def test_scrapy_alone(data, press):
    """As Scrapy's users expect: list, crawl, -a, -o, -L, -s; twice is no doubles; an article a row."""
    assert scrapy(data, "list").stdout.split() == ["feeds", "listings", "search", "sitemaps", "telegram"]
    one = scrapy(data, "crawl", "feeds", "-a", "source=demo-tumen-courier", "-o", "one.json", "-L", "ERROR")
    assert one.returncode == 0, one.stderr
    assert not one.stderr.strip()
    rows = json.loads((data / "one.json").read_text())
    stored = ask(data, "SELECT count(*) FROM article")[0][0]
    assert len(rows) == stored > 3
    assert all(row["text"] and row["url"] and row["title"] and row["source"] == "demo-tumen-courier" for row in rows)
    again = scrapy(data, "crawl", "feeds", "-a", "source=demo-tumen-courier", "-o", "two.csv")
    assert again.returncode == 0
    assert ask(data, "SELECT count(*) FROM article") == [(stored,)]
    unknown = scrapy(data, "crawl", "feeds", "-a", "source=nobody")
    assert "no enabled source nobody" in unknown.stderr + unknown.stdout
    assert not ask(data, "SELECT id FROM outbox")  # a crawl only collects


@pytest.mark.slow
def test_changed_files_are_taken_up_and_bad_ones_told_of(data, press):
    overlay = data / "topic"
    with daemon(data):
        until(data, ALL_READ)
        overlay.mkdir()
        (overlay / "rules.toml").write_text('[[rule]]\nid = "bad"\nname = "Bad"\nquery = "guns AND (shells"\n')
        until(data, "SELECT count(*) FROM outbox WHERE kind = 'operator' AND subject LIKE '%not taken over%'")
        (overlay / "rules.toml").write_text(OVERLAY_RULES)
        until_log(data, "configuration taken over")
        press.publish(2)
        until(data, "SELECT count(*) > 5 FROM decision WHERE rule = 'everything' AND outcome = 'mail'")
    past = "SELECT count(*) FROM decision d JOIN article a ON a.id = d.article_id WHERE a.arrival = 'baseline' AND d.rule = 'everything'"
    assert ask(data, past) == [(0,)]  # changes act from now on


def until_log(folder, text, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if text in (folder / "log.txt").read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} is not in the log:\n{(folder / 'log.txt').read_text()[-3000:]}")


def test_poll_alone_does_the_whole_way(data, press, khasan, warm):
    first = khasan("poll", "--json", cwd=data)
    assert first.returncode == 0, first.stderr
    outcomes = {row["source"]: row["outcome"] for row in json.loads(first.stdout)}
    assert outcomes["demo-lost-signal"] == "connect"
    assert ask(data, "SELECT count(*) FROM article") == [(32,)]
    press.publish(2)
    assert warm("poll", cwd=data).returncode == 0
    mails = list((data / "outbox").glob("*.eml"))
    assert len(mails) == ask(data, "SELECT count(*) FROM outbox WHERE state = 'sent'")[0][0] > 0
    down = warm("poll", "demo-lost-signal", cwd=data)
    assert down.returncode == 1
    unknown = warm("poll", "demo-tumen-curier", cwd=data)
    assert unknown.returncode == 2
    assert 'did you mean "demo-tumen-courier"' in unknown.stderr
