"""A week of a thousand sources, a tenth of them broken in ten ways: is anything lost without a word?

    .venv/bin/python benchmarks/week.py                        # 1,000 feeds, entries only
    .venv/bin/python benchmarks/week.py --feeds 50 --pages     # 50 feeds with their pages
    .venv/bin/python benchmarks/week.py --json

The real daemon reads a generated press on loopback (a process of its own) while the clock of both is moved through a week in
steps of ten minutes. Every feed publishes at its own rate, with nights and weekends; some have bursts in which more
appears than their window holds. At the end every item that was published is in the archive or is accounted for: by an outcome
"overflow" whose detail names the time in which it came and went, by the outcome of its broken source, or because the source was
not asked again before the week was over. Each broken source's outcome must be the right one.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from alerts.channels import FileOptions  # noqa: E402
from alerts.compose import MailOptions  # noqa: E402
from khasan import logs  # noqa: E402
from khasan.demo.faults import Answer, Fault  # noqa: E402
from khasan.demo.server import Server  # noqa: E402
from khasan.topic import load_topic  # noqa: E402
from scheduler.daemon import Daemon  # noqa: E402
from scheduler.reactor import run as run_on_reactor  # noqa: E402
from scheduler.setup import Setup  # noqa: E402
from spiders.options import CollectOptions  # noqa: E402
from storage.model import Outlet, Pages, Source  # noqa: E402

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
STEP = timedelta(minutes=10)
WEEK = timedelta(days=7)
BREAKS = timedelta(days=2)  # into the week, the broken ones break
HOSTS = 100  # addresses, 127.3.0.1 and following
PAST = timedelta(days=14)  # of publishing before the watch began
WAYS = {  # in which a tenth of the sources are broken, and the outcome that each must have
    "refused": "refused",
    "wall": "refused",
    "gone": "gone",
    "retired": "gone",
    "server": "server",
    "page": "not-a-feed",
    "parse": "parse-fault",
    "empty": "empty",
    "robots": "robots",
    "silent": "stale",
}
_MOST_WEIGHT = 1.35 * 1.2  # of an hour, by how much is published in it
WALL = (
    b"<!doctype html><html><head><title>Just a moment...</title></head><body>"
    b'<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>'
)


@dataclass(frozen=True)
class Feed:
    """A generated feed: where it is, how it breaks, and when each of its items comes out."""

    number: int
    host: str
    broken: str  # one of WAYS, or ""
    window: int
    times: tuple[datetime, ...] = field(repr=False)

    @property
    def path(self) -> str:
        return f"/{'closed' if self.broken == 'robots' else 'feed'}/{self.number}.xml"

    def out(self, now: datetime) -> list[int]:
        """Numbers of the items that are out, newest first."""
        return [n for n in range(len(self.times) - 1, -1, -1) if self.times[n] <= now]


def feeds(count: int, most: int, seed: int) -> list[Feed]:
    """The press: rates from one item a day to many, so that at most `most` items come out in all."""
    chance = random.Random(seed)
    ways = [way for way in WAYS for _ in range(max(1, count // 100))]
    made = []
    for number in range(count):
        daily = min(40.0, max(0.7, chance.lognormvariate(1.2, 0.9))) * min(1.0, most / (count * 7 * 6))
        broken = ways[number] if number < len(ways) else ""
        window = chance.choice((10, 20, 30))
        if broken == "silent":
            daily = max(daily, 12.0)  # a silence can be told only where there was something to hear
        times = tuple(_times(chance, daily, window, bursts=not broken and number % 10 == 0, broken=broken))
        made.append(Feed(number, f"127.3.{number % HOSTS // 250}.{number % HOSTS % 250 + 1}", broken, window, times))
    return made


def _times(chance: random.Random, daily: float, window: int, *, bursts: bool, broken: str) -> Iterator[datetime]:
    at, end = BEGAN - PAST, BEGAN + WEEK
    found = []
    while at < end:
        at += timedelta(days=chance.expovariate(_MOST_WEIGHT * daily))
        weight = (0.15 if at.hour < 6 else 1.35) * (0.5 if at.weekday() >= 5 else 1.2)
        spoken = at < end and not (broken == "silent" and at > BEGAN + BREAKS)
        if spoken and chance.random() < weight / _MOST_WEIGHT:
            found.append(at.replace(microsecond=0))
    if bursts:  # more at once than the window holds, in minutes
        start = BEGAN + timedelta(days=chance.uniform(1, 6))
        found += [start + timedelta(seconds=10 * n) for n in range(window + chance.randrange(5, 60))]
    return iter(sorted(set(found)))


class World:
    """The press as its server sees it. The clock is moved by a request for `/clock`."""

    def __init__(self, all_feeds: list[Feed]) -> None:
        self.now = BEGAN
        self._feeds = {(feed.host, feed.path): feed for feed in all_feeds}

    def answer(self, host: str, target: str, headers: dict[str, str]) -> tuple[Answer, Fault]:
        path, _, query = target.partition("?")
        if path == "/clock":
            self.now = datetime.fromisoformat(parse_qs(query)["now"][0])
            return Answer(200, {}, b"ok"), Fault()
        if path == "/robots.txt":
            return Answer(200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /closed/\n"), Fault()
        if path.startswith("/item/"):
            return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, _page(path)), Fault()
        feed = self._feeds.get((host, path))
        if feed is None:
            return Answer(404, {"Content-Type": "text/plain"}, b"nothing here"), Fault()
        broken = feed.broken if self.now >= BEGAN + BREAKS else ""
        return self._feed(feed, broken, headers), Fault()

    def _feed(self, feed: Feed, broken: str, headers: dict[str, str]) -> Answer:
        html = {"Content-Type": "text/html; charset=utf-8"}
        xml = {"Content-Type": "application/rss+xml"}
        spoiled = {
            "refused": Answer(403, html, b"no"),
            "wall": Answer(200, html, WALL),
            "gone": Answer(404, html, b"no"),
            "retired": Answer(410, html, b"no"),
            "server": Answer(500, html, b"no"),
            "page": Answer(200, html, b"<!doctype html><html><body><h1>Our new site</h1></body></html>"),
            "parse": Answer(200, xml, b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>half an it'),
            "empty": Answer(200, xml, b'<rss version="2.0"><channel><title>t</title></channel></rss>'),
        }.get(broken)
        if spoiled is not None:
            return spoiled
        out = feed.out(self.now)[: feed.window]
        tag = f'"{feed.number}-{out[0] if out else ""}"'
        if headers.get("if-none-match") == tag:
            return Answer(304, {"ETag": tag})
        items = "".join(
            f"<item><title>Item {n} of feed {feed.number}</title><guid>{feed.number}-{n}</guid>"
            f"<link>http://{headers.get('host', feed.host)}/item/{feed.number}/{n}</link><pubDate>{format_datetime(feed.times[n])}</pubDate>"
            f"<description>Written by a generator for a test, number {n}.</description></item>"
            for n in out
        )
        body = (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed {feed.number}</title>{items}</channel></rss>'
        )
        return Answer(200, {**xml, "ETag": tag}, body.encode())


def _page(path: str) -> bytes:
    _, _, feed, item = path.split("/")
    words = " ".join(f"Sentence {n} of item {item} in feed {feed} says what a generator says." for n in range(12))
    return (
        f"<!doctype html><html><head><title>Item {item} of feed {feed}</title></head><body><nav>Home</nav><article>"
        f"<h1>Item {item} of feed {feed}</h1><p>{words}</p><p>{words}</p></article><footer>end</footer></body></html>"
    ).encode()


def serve(all_feeds: list[Feed], ready: Any) -> None:
    """In a process of its own: the press, until it is ended."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    server = Server(World(all_feeds), 0)
    server.start(tuple(dict.fromkeys(feed.host for feed in all_feeds)))
    ready.send(server.port)
    ready.recv()
    server.stop()


def setup_of(all_feeds: list[Feed], port: int, folder: Path, *, pages: bool) -> Setup:
    """The built-in topic's rules over the generated sources."""
    topic = load_topic()
    policy = Pages.ALL if pages else Pages.NEVER
    return Setup(
        database=folder / "khasan.db",
        outlets=(Outlet("press", "The Press"),),
        sources=tuple(
            Source(
                f"feed-{feed.number}",
                "press",
                f"Feed {feed.number}",
                f"http://{feed.host}:{port}{feed.path}",
                pages=policy,
            )
            for feed in all_feeds
        ),
        lexicon=topic.lexicon,
        rules=topic.rules,
        topic_version=topic.version,
        collect=CollectOptions(
            contact="bench@localhost",
            delay=0,
            timeout=10,
            private_hosts=("127.0.0.0/8",),
            interval_most=4 * 3600.0,
            pages=pages,
        ),
        channel=FileOptions(folder / "outbox"),
        mail=MailOptions(sender="Khasan <khasan@localhost>"),
        readers=(),
        operator="operator@localhost",
    )


@dataclass
class Walk:
    """The week: the daemon's clock, and what it cost."""

    now: datetime = BEGAN
    memory: list[int] = field(default_factory=list)
    cpu: float = 0.0

    async def go(self, setup: Setup, port: int, stop: asyncio.Event) -> None:
        began = time.process_time()
        async with Daemon(setup, clock=lambda: self.now) as daemon:
            while self.now <= BEGAN + WEEK and not stop.is_set():
                await asyncio.to_thread(_set_clock, port, self.now)
                await daemon.until_idle(stop)
                if (self.now - BEGAN) % timedelta(days=1) == timedelta():
                    self.memory.append(_rss())
                    days = (self.now - BEGAN).days
                    sys.stderr.write(f"day {days}: {self.memory[-1]} MB, {time.process_time() - began:.0f} s CPU\n")
                self.now += STEP
        self.cpu = time.process_time() - began


def _set_clock(port: int, now: datetime) -> None:
    from urllib.request import urlopen

    with urlopen(f"http://127.3.0.1:{port}/clock?now={now.isoformat().replace('+', '%2B')}", timeout=10) as answer:
        answer.read()


def _rss() -> int:
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() >> 20


_SPAN = re.compile(r"entries between (\d{4}-\d\d-\d\d \d\d:\d\d) and (\d{4}-\d\d-\d\d \d\d:\d\d) were never seen")


def account(all_feeds: list[Feed], database: Path) -> dict[str, Any]:
    """Every item of the week: stored, or lost with a reason; and every source's outcome."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(database)) as db:
        stored = {tuple(map(int, key.split("-"))) for (key,) in db.execute("SELECT entry_key FROM sighting")}
        doubled = db.execute("SELECT count(*) - count(DISTINCT canonical_url) FROM article").fetchone()[0]
        outcomes = dict(db.execute("SELECT id, outcome FROM source"))
        last_good = dict(db.execute("SELECT id, last_good_at FROM source"))
        polls, requests = db.execute("SELECT count(*), sum(requests) FROM poll").fetchone()
        spans: dict[str, list[tuple[str, str]]] = {}
        for source, detail in db.execute("SELECT source, detail FROM poll WHERE outcome = 'overflow'"):
            spans.setdefault(source, []).extend(_SPAN.findall(detail))
        pages = dict(db.execute("SELECT page_state, count(*) FROM article GROUP BY 1"))
    lost: Counter[str] = Counter()
    unexplained = []
    published = 0
    for feed in all_feeds:
        id_ = f"feed-{feed.number}"
        for number, at in enumerate(feed.times):
            if not BEGAN <= at <= BEGAN + WEEK:
                continue
            published += 1
            if (feed.number, number) in stored:
                continue
            minute = f"{at:%Y-%m-%d %H:%M}"
            if any(start <= minute <= end for start, end in spans.get(id_, ())):
                lost["overflow, with its time told"] += 1
            elif feed.broken and at.isoformat() > (last_good[id_] or ""):
                lost[f"source {outcomes[id_]}"] += 1
            elif at.isoformat() > (last_good[id_] or ""):
                lost["after the last poll of the week"] += 1
            else:
                unexplained.append(f"{id_} item {number} of {minute}")
    wrong = [
        f"{feed.broken}: {outcomes[f'feed-{feed.number}']}"
        for feed in all_feeds
        if feed.broken and outcomes[f"feed-{feed.number}"] != WAYS[feed.broken]
    ]
    healthy = Counter(outcomes[f"feed-{feed.number}"] for feed in all_feeds if not feed.broken)
    return {
        "feeds": len(all_feeds),
        "broken": sum(bool(feed.broken) for feed in all_feeds),
        "published": published,
        "stored": published - sum(lost.values()) - len(unexplained),
        "doubled": doubled,
        "lost": dict(lost),
        "unexplained": len(unexplained),
        "examples": unexplained[:5],
        "wrong_outcomes": wrong,
        "healthy_outcomes": dict(healthy),
        "polls": polls,
        "requests": requests,
        "pages": pages,
    }


def main() -> int:
    """Run the week and say what it came to. Ends with 1 if anything is unexplained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=50_000, help="at most, in the week")
    parser.add_argument("--pages", action="store_true", help="fetch the items' pages, too")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logs.set_up("error", "text")
    all_feeds = feeds(options.feeds, options.items, options.seed)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    press = context.Process(target=serve, args=(all_feeds, theirs), daemon=True)
    press.start()
    port = ours.recv()
    walk = Walk()
    with tempfile.TemporaryDirectory() as folder:
        setup = setup_of(all_feeds, port, Path(folder), pages=options.pages)
        run_on_reactor(lambda stop: walk.go(setup, port, stop))
        result = account(all_feeds, setup.database)
    ours.send("stop")
    press.join(10)
    result |= {"cpu_seconds": round(walk.cpu, 1), "memory_mb_by_day": walk.memory}
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:18} {value}")
    return 1 if result["unexplained"] or result["wrong_outcomes"] or result["doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
