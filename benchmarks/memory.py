"""What the daemon holds in memory at rest: its process, and the tree with its workers.

    .venv/bin/python benchmarks/memory.py                 # about three minutes: workers leave after two idle ones
    .venv/bin/python benchmarks/memory.py --idle 0        # without waiting for that

`khasan run` as a process of its own reads the demo press (all its pages), rests, is stopped, and is started again on the
same data with nothing to do. RSS counts shared pages in every process; PSS shares them out, so the sum of a tree is true.
"""

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy, rmtree

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))
TOPIC = REPO / "khasan" / "topics" / "nk-russia"
GOALS = {"process": 150, "tree": 300}


def tree(pid):
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
    return found


def memory(pid):
    """RSS and PSS in MB; zeros for a process that has gone."""
    values = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in {"Rss", "Pss"}:
                values[name] = int(rest.split()[0]) / 1024
    return values.get("Rss", 0.0), values.get("Pss", 0.0)


def measure(pid, when):
    pids = tree(pid)
    figures = [memory(one) for one in pids]
    rss, pss = figures[0]
    total_rss, total_pss = (sum(one[n] for one in figures) for n in (0, 1))
    print(f"| {when} | {rss:.0f} / {pss:.0f} | {total_rss:.0f} / {total_pss:.0f} | {len(pids)} |", flush=True)
    return rss, total_rss


def toml(values):
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())


def configure(folder, press):
    """A configuration whose topic is the built-in one on the press's sources, every page wanted."""
    topic = folder / "press"
    topic.mkdir(parents=True)
    for name in ("lexicon.toml", "rules.toml"):
        copy(TOPIC / name, topic / name)
    sources = [{**one, "outlet": one["outlet"].replace("-", "_"), "pages": "all"} for one in press.sources(("feeds",))]
    outlets = dict.fromkeys(one["outlet"] for one in sources)
    tables = [f"[[outlet]]\n{toml({'id': outlet, 'name': outlet})}" for outlet in outlets]
    tables += [f"[[source]]\n{toml(one)}" for one in sources]
    (topic / "sources.toml").write_text("".join(tables), encoding="utf-8")
    (folder / "khasan.toml").write_text(
        '[topic]\nname = "press"\n[collect]\nprivate_hosts = ["127.0.0.0/8"]\ncontact = "bench@localhost"\ndelay = 0.05\ninterval = 86400.0\n'
        '[[reader]]\nname = "analyst"\naddress = "analyst@localhost"\n',
        encoding="utf-8",
    )
    return folder / "khasan.toml"


def start(config):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KHASAN_")}
    command = [sys.executable, "-m", "khasan", "--config", str(config), "run"]
    log = config.with_name("log.txt").open("a")
    return subprocess.Popen(command, cwd=config.parent, env=environment, stdout=log, stderr=log)


def ask(config, sql):
    try:
        with contextlib.closing(sqlite3.connect(f"file:{config.with_name('khasan.db')}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchone()[0]
    except sqlite3.OperationalError:
        return None


def until(process, config, sql, seconds=120):
    """Wait until a query answers with something true."""
    deadline = time.monotonic() + seconds
    while not (value := ask(config, sql)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"not true in time: {sql}\n{config.with_name('log.txt').read_text()[-2000:]}")
        time.sleep(0.2)
    return value


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)


QUIET = (
    "SELECT NOT EXISTS (SELECT 1 FROM source WHERE enabled AND last_poll_at IS NULL) AND NOT EXISTS "
    "(SELECT 1 FROM article WHERE page_state = 'wanted' AND page_attempts = 0 OR candidate IS NULL AND merged_into IS NULL)"
)
PAGES = "SELECT count(*) FROM page WHERE outcome = 'new'"


def run(a):
    from khasan.demo.press import ROUNDS, Press

    rmtree(a.work, ignore_errors=True)
    with Press(began=datetime.now(UTC)) as press:
        press.publish(ROUNDS)
        config = configure(a.work, press)
        print("| | process, MB RSS / PSS | tree, MB RSS / PSS | processes |\n| --- | --- | --- | --- |")
        process = start(config)
        try:
            until(process, config, QUIET)
            time.sleep(1)
            after = measure(
                process.pid, f"after {len(press.sources(('feeds',)))} polls and {ask(config, PAGES)} pages read"
            )
            rest = at_rest(process, a.idle)
            stop(process)
            process = start(config)
            time.sleep(6)  # the start itself, and what the first ticks do
            fresh = measure(process.pid, "started on that data, nothing to do")
        finally:
            if process.poll() is None:
                stop(process)
    verdict(after, rest, fresh)


def at_rest(process, idle):
    """Wait for the workers to leave; not at all if `idle` is 0."""
    if not idle:
        return None
    deadline = time.monotonic() + idle
    while time.monotonic() < deadline:
        time.sleep(1)
    return measure(process.pid, f"after {idle:.0f} idle seconds: the workers have left")


def verdict(*figures):
    process = max(one[0] for one in figures if one)
    total = max(one[1] for one in figures if one)
    for name, value in (("process", process), ("tree", total)):
        print(f"{name}: at most {value:.0f} MB RSS, goal {GOALS[name]}: {'met' if value <= GOALS[name] else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scratch = Path(tempfile.gettempdir()) / "khasan-benchmarks" / "memory"
    parser.add_argument("--work", type=Path, default=scratch, help="scratch folder, emptied")
    parser.add_argument(
        "--idle", type=float, default=130, help="seconds to rest after reading; workers leave after 120"
    )
    run(parser.parse_args())


if __name__ == "__main__":
    main()
