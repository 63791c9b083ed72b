"""What a poll costs: Khasan beside lemon24/reader with its full-text search, on the same feeds, in the same rounds.

    .venv/bin/python benchmarks/poll.py                          # 200 feeds in 3 rounds, 1,000 feeds in 2
    .venv/bin/python benchmarks/poll.py --sizes 200:3            # feeds:rounds
    .venv/bin/python benchmarks/poll.py --profile same           # where the time of an unchanged poll goes
    .venv/bin/python benchmarks/poll.py --review                 # what review costs an article

Needs the folder of the benchmark world (`--bench`, by default ../shared/bench beside the checkout: gen.py, serve.py,
mutate.py) and a virtual environment with reader, which is made in `--venvs` if it is not there. CPU is user + system
time of the whole process tree. *In-process* is one long-lived process a tool, of which only the polls count: that is how
a daemon lives. *Whole process* is a new process a poll, with its start and its imports.
"""

import argparse
import contextlib
import gc
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import rmtree

HERE = Path(__file__).resolve().parent
REPO = HERE.parent
READER = "reader==3.26"
MARK = "zephyrium"  # a word of new items alone: both full-text indexes must find it
PHASES = ("cold", "same", "new")
GOALS = {"cold": 0.6, "same": 1.0, "new": 1.0}
VARIANTS_UP_TO = 200  # feeds: without robots.txt, and with connections kept from poll to poll
FAR = 366 * 86400  # seconds ahead: nothing is polled before it is asked for


# --- in the measured processes -------------------------------------------------------------------------------------


def own_cpu():
    """CPU seconds of this process, its children that ended and those alive."""
    import resource

    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive, todo = 0.0, children(os.getpid())
    while todo:
        pid = todo.pop()
        todo += children(pid)
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            alive += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + ended.ru_utime + ended.ru_stime + alive


def children(pid):
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def peak_mb():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def answer(**values):
    print(json.dumps(values), flush=True)


def asked():
    """Requests from the benchmark, a line each; None when it hangs up."""
    return sys.stdin.readline().strip() or None


def read_urls(world):
    return (Path(world) / "feeds.txt").read_text().split()


def run_reader(a):
    from reader import make_reader

    reader = make_reader(a.db)
    if not a.once or a.once == "setup":
        for url in read_urls(a.world):
            reader.add_feed(url, exist_ok=True)
        reader.enable_search()
    if a.once:
        return None if a.once == "setup" else poll_reader(reader)
    answer(ready=True)
    while asked():
        cpu, wall = own_cpu(), time.perf_counter()
        poll_reader(reader)
        answer(cpu=own_cpu() - cpu, wall=time.perf_counter() - wall, peak=peak_mb())
    return None


def poll_reader(reader):
    reader.update_feeds(workers=10, scheduled=False)
    reader.update_search()


def khasan_sources(world):
    from storage.model import Outlet, Pages, Source

    urls = read_urls(world)
    outlets = [Outlet(f"o{n}", f"Outlet {n}") for n in range(len(urls))]
    sources = [
        Source(id=f"s{n:05d}", outlet=f"o{n}", name=f"Outlet {n}", url=url, language="en", pages=Pages.CANDIDATES)
        for n, url in enumerate(urls)
    ]
    return outlets, sources


def run_khasan(a):
    sys.path.insert(0, a.repo)
    from scheduler.reactor import run

    run(lambda _stop: KhasanPolls(a).main())


class KhasanPolls:
    """The collect half of the daemon: Work, the watch spider, the pipeline and the archive with its index."""

    def __init__(self, a):
        self.a = a
        self.faults = []
        self.left = 0

    async def main(self):
        import asyncio
        from datetime import UTC, datetime, timedelta

        from scrapy.crawler import AsyncCrawlerRunner
        from scrapy.settings import Settings

        from khasan.logs import set_up
        from scheduler.daemon import NO_STATISTICS
        from spiders.base import WatchSpider
        from spiders.options import CollectOptions, scrapy_settings
        from spiders.work import Work
        from storage.archive import open_archive
        from storage.sources import sync_topic

        set_up("warning")
        options = CollectOptions(
            contact="bench@bench.invalid",
            pages=False,
            delay=0,
            private_hosts=("127.0.0.0/8",),
            obey_robots=not self.a.no_robots,
        )
        self.archive = open_archive(Path(self.a.db))
        outlets, sources = khasan_sources(self.a.world)
        later = datetime.now(UTC) + timedelta(seconds=FAR)
        await self.archive.awrite(sync_topic, outlets, sources, later)
        self.count = len(sources)
        self.done = asyncio.Event()
        once = bool(self.a.once)
        only = [source.id for source in sources] if once else None
        self.work = Work(self.archive, options, only=only, once=once, stored=self.stored)
        settings = scrapy_settings(options) | NO_STATISTICS | dict(one.split("=", 1) for one in self.a.set or ())
        runner = AsyncCrawlerRunner(Settings({name: parsed(value) for name, value in settings.items()}))
        try:
            if self.a.once != "setup":
                await (self.one_poll(runner, WatchSpider) if self.a.once else self.serve(runner, WatchSpider))
        finally:
            self.work.stop()
            await runner.stop()
            await self.work.workers.close()
            self.archive.close()
        self.complain()

    def stored(self, result, _stored):
        self.left -= 1
        if not result.outcome.good:
            self.faults.append(f"{result.source}: {result.outcome} {result.detail}")
        if self.left <= 0:
            self.done.set()

    def complain(self):
        if self.faults:
            sys.exit(f"polls failed: {self.faults[:3]}")

    async def wish(self):
        from datetime import UTC, datetime

        from storage.sources import wish_poll

        self.left = self.count
        self.done.clear()
        await self.archive.awrite(wish_poll, datetime.now(UTC))
        self.work.wake()

    async def one_poll(self, runner, spider):
        self.left = self.count
        await runner.crawl(spider, work=self.work)
        if self.left:
            sys.exit(f"{self.left} sources were not polled")

    async def serve(self, runner, spider):
        import asyncio

        crawl = runner.crawl(spider, work=self.work)
        await asyncio.sleep(1.5)  # the start of the crawl belongs to no poll
        gc.collect()
        gc.freeze()  # as the daemon does
        self.profiler()
        answer(ready=True)
        while phase := await asyncio.to_thread(asked):
            if not self.a.keep:
                await forget_connections(*runner.crawlers)
            writer = self.archive.write(lambda _: time.thread_time())
            with self.profiled(phase):
                cpu, wall = own_cpu(), time.perf_counter()
                await self.wish()
                await self.done.wait()
                while self.work.in_hand:  # noqa: ASYNC110 - a few turns of the loop
                    await asyncio.sleep(0)
                cpu, wall = own_cpu() - cpu, time.perf_counter() - wall
            writer = self.archive.write(lambda _: time.thread_time()) - writer
            self.complain()
            answer(cpu=cpu, wall=wall, writer=writer, peak=peak_mb())
        if crawl.done():
            crawl.result()

    def profiler(self):
        import cProfile

        self.profile = cProfile.Profile(time.thread_time)

    @contextlib.contextmanager
    def profiled(self, phase):
        if phase != self.a.profile:
            yield
            return
        import pstats

        self.profile.enable()
        yield
        self.profile.disable()
        for order in ("tottime", "cumtime"):
            pstats.Stats(self.profile, stream=sys.stderr).strip_dirs().sort_stats(order).print_stats(45)


def parsed(value):
    """A setting from the command line, JSON if it is that."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


async def forget_connections(crawl):
    """Close idle connections: after the quarter of an hour between two real polls there is none left."""
    from scrapy.utils.defer import maybe_deferred_to_future

    handlers = crawl.engine.downloader.handlers._handlers  # noqa: SLF001 - there is no public way
    for handler in handlers.values():
        pool = getattr(handler, "_pool", None)
        if pool is not None:
            await maybe_deferred_to_future(pool.closeCachedConnections())


# --- the world ------------------------------------------------------------------------------------------------------


class World:
    """Feeds out of the benchmark's generator, on loopback addresses, with a server of their own."""

    def __init__(self, bench, root, feeds):
        self.bench, self.root, self.feeds, self.server = bench, root, feeds, None
        rmtree(root, ignore_errors=True)
        port = free_port()
        self.run("gen.py", "--feeds", str(feeds), "--pages", "1", "--port", str(port))
        self.port = port

    def run(self, script, *arguments):
        command = [sys.executable, str(self.bench / script), str(self.root), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.root.parent)

    def __enter__(self):
        command = [sys.executable, str(self.bench / "serve.py"), str(self.root)]
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.1.1", self.port), timeout=1):
                return self
            time.sleep(0.05)
        raise SystemExit("the world's server does not answer")

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait()

    def items(self):
        return sum(json.loads((self.root / "manifest.json").read_text())["newest"]) + self.feeds

    def publish(self):
        """New items in 5 % of the feeds; how many."""
        before = self.items()
        self.run("mutate.py", "--fraction", "0.05", "--mark", MARK)
        return self.items() - before


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.1.1", 0))
        return one.getsockname()[1]


# --- the contenders -------------------------------------------------------------------------------------------------


class Contender:
    """A tool: how its processes are started and what it has stored."""

    def __init__(self, name, python, work, *flags):
        self.name, self.python, self.flags = name, str(python), flags
        self.folder = work / name
        self.db = self.folder / "db"
        self.process = None

    def command(self, world, *more):
        tool = "reader" if self.name.startswith("reader") else "khasan"
        return [self.python, str(Path(__file__).resolve()), tool, str(world.root), str(self.db), *self.flags, *more]

    def fresh(self):
        rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def start(self, world):
        """The long-lived process, ready to poll."""
        command = self.command(world)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.heard()

    def heard(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()}")
        return json.loads(line)

    def poll(self, phase):
        self.process.stdin.write(phase + "\n")
        self.process.stdin.flush()
        return self.heard()

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            if self.process.wait() != 0:
                raise SystemExit(f"{self.name} ended with {self.process.returncode}")
            self.process = None

    def whole(self, world, what):
        """One process from its start to its end."""
        wall = time.perf_counter()
        process = subprocess.Popen(self.command(world, "--once", what), stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.name} ended with {process.returncode}")
        return {"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - wall}

    def stored(self):
        """How many entries are stored, and how many of them the full-text index finds by the mark."""
        ours = not self.name.startswith("reader")
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            if ours:
                twice = "SELECT count(*) FROM sighting UNION SELECT count(*) FROM article"
                entries = [row[0] for row in db.execute(twice)]
                found = one(db, "SELECT count(*) FROM article_fts WHERE article_fts MATCH ?", MARK)
                return (entries[0] if len(entries) == 1 else entries), found
            entries = one(db, "SELECT count(*) FROM entries")
        with contextlib.closing(sqlite3.connect(f"file:{self.db}.search?mode=ro", uri=True)) as db:
            return entries, one(db, "SELECT count(DISTINCT _id) FROM entries_search WHERE entries_search MATCH ?", MARK)


def one(db, sql, *values):
    return db.execute(sql, values).fetchone()[0]


def reader_python(venvs):
    """The Python of an environment with reader, made if need be."""
    python = venvs / "reader" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venvs / "reader")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", READER, "sgmllib3k"], check=True)
    ask = "import importlib.metadata as m, sys; print(m.version('reader'), sys.version.split()[0])"
    found = subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    if found[0] != READER.partition("==")[2]:
        raise SystemExit(f"{python} has reader {found[0]}, wanted is {READER}: remove the environment")
    print(f"reader {found[0]} with CPython {found[1]}")
    return python


def contenders(a, work, feeds):
    """Khasan and its variants, and reader; or Khasan beside itself with other settings of Scrapy."""
    if a.profile:
        return [Contender("khasan", sys.executable, work, "--profile", a.profile)]
    if a.set:
        others = [Contender(f"khasan, {one}", sys.executable, work, "--set", one) for one in a.set]
        return [Contender("khasan", sys.executable, work), *others]
    if a.against:
        return [
            Contender("khasan", sys.executable, work),
            Contender("the other", sys.executable, work, "--repo", a.against),
        ]
    found = [Contender("khasan", sys.executable, work)]
    if feeds <= VARIANTS_UP_TO:
        found += [
            Contender("khasan, robots off", sys.executable, work, "--no-robots"),
            Contender("khasan, connections kept", sys.executable, work, "--keep"),
        ]
    return found if a.alone else [*found, Contender("reader + search", reader_python(a.venvs), work)]


# --- the rounds -----------------------------------------------------------------------------------------------------


class Measured:
    """Figures by mode, phase and tool."""

    def __init__(self):
        self.rows = {}

    def add(self, mode, phase, tool, **figures):
        self.rows.setdefault((mode, phase, tool), []).append(figures)

    def median(self, mode, phase, tool, what="cpu"):
        found = [one[what] for one in self.rows.get((mode, phase, tool), ()) if what in one]
        return statistics.median(found) if found else None


def in_process(world, tools, steps, number, measured):
    base = world.items() - world.feeds * 30
    for tool in tools:
        tool.fresh()
        tool.start(world)
    for step, phase in enumerate(steps):
        fresh = world.publish() if phase == "new" else 0
        for tool in turned(tools, number + step):
            measured.add("in-process", phase, tool.name, **tool.poll(phase))
            check(tool, world.items() - base, fresh)
    for tool in tools:
        tool.stop()


def whole_process(world, tools, steps, number, measured):
    base = world.items() - world.feeds * 30
    for tool in tools:
        tool.fresh()
        tool.whole(world, "setup")
    for step, phase in enumerate(steps):
        fresh = world.publish() if phase == "new" else 0
        for tool in turned(tools, number + step):
            measured.add("whole process", phase, tool.name, **tool.whole(world, "poll"))
            check(tool, world.items() - base, fresh)


def turned(tools, by):
    by %= len(tools)
    return tools[by:] + tools[:by]


def check(tool, expected, fresh):
    """Stop where a tool has not stored what the world holds."""
    entries, found = tool.stored()
    if entries != expected or (fresh and found < fresh):
        raise SystemExit(
            f"{tool.name}: {entries} entries, {found} found by search; the world holds {expected}, {fresh} new"
        )


def report(measured, feeds, rounds, tools):
    print(f"\n{feeds} feeds of 30 items, {rounds} rounds; median CPU seconds (wall seconds)\n")
    names = [tool.name for tool in tools]
    print("| | poll | " + " | ".join(names) + " | khasan / reader | goal | CPU ms a feed |")
    print("| --- | --- | " + "--- | " * (len(names) + 3))
    for mode in ("in-process", "whole process"):
        for phase in PHASES:
            figures = [measured.median(mode, phase, name) for name in names]
            if figures[0] is None:
                continue
            walls = [measured.median(mode, phase, name, "wall") for name in names]
            cells = [f"{cpu:.2f} ({wall:.2f})" for cpu, wall in zip(figures, walls, strict=True)]
            against = measured.median(mode, phase, "reader + search")
            ratio = f"{figures[0] / against:.2f}" if against else "–"
            goal = f"{GOALS[phase]:.1f}" if mode == "in-process" else ""
            print(f"| {mode} | {phase} | {' | '.join(cells)} | {ratio} | {goal} | {1000 * figures[0] / feeds:.2f} |")
    for name in names:
        peak = measured.median("in-process", "new", name, "peak")
        writer = measured.median("in-process", "same", name, "writer")
        more = f", of an unchanged poll {1000 * writer / feeds:.2f} ms a feed in the writer's thread" if writer else ""
        print(f"{name}: peak memory {peak} MB in-process{more}" if peak else "")


def rounds_of(a, work, feeds, rounds):
    measured = Measured()
    steps = ["cold", *["same"] * a.repeat, "new"]
    tools = contenders(a, work, feeds)
    with World(a.bench, work / f"world{feeds}", feeds) as world:
        for number in range(rounds):
            in_process(world, tools, steps, number, measured)
            if not (a.profile or a.set or a.against or a.no_whole):
                whole_process(world, tools, steps, number, measured)
            print(f"round {number + 1} of {rounds} with {feeds} feeds done", flush=True)
    report(measured, feeds, rounds, tools)
    if a.out:
        with a.out.open("a") as out:
            for (mode, phase, tool), figures in measured.rows.items():
                print(
                    json.dumps({"feeds": feeds, "mode": mode, "phase": phase, "tool": tool, "runs": figures}), file=out
                )


# --- review, apart --------------------------------------------------------------------------------------------------


def run_review(a):
    """Poll the world once, then review all that it brought; CPU an article."""
    feeds = 200
    tool = Contender("khasan", sys.executable, a.work)
    with World(a.bench, a.work / "world-review", feeds) as world:
        tool.fresh()
        tool.whole(world, "poll")
    sys.path.insert(0, str(REPO))
    import asyncio
    import cProfile
    import pstats
    from datetime import UTC, datetime

    from khasan.assemble import assemble
    from khasan.config import Config
    from scheduler.review import review_due
    from storage.archive import open_archive

    setup = assemble(Config(folder=a.work))
    profile = cProfile.Profile(time.thread_time)
    with open_archive(tool.db) as archive:
        cpu = time.process_time()
        if a.profile:
            profile.enable()
        reviewed, _ = asyncio.run(review_due(archive, lambda: setup, lambda: datetime.now(UTC)))
        profile.disable()
        cpu = time.process_time() - cpu
    print(f"review: {reviewed} articles, {1000 * cpu / reviewed:.3f} ms CPU an article, writing included")
    if a.profile:
        pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(30)


# --- the command ----------------------------------------------------------------------------------------------------


def child_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=("khasan", "reader"))
    parser.add_argument("world")
    parser.add_argument("db")
    parser.add_argument("--once", choices=("setup", "poll"))
    parser.add_argument("--no-robots", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--profile", default="")
    parser.add_argument("--repo", default=str(REPO))
    parser.add_argument("--set", action="append")
    return parser.parse_args()


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scratch = Path(tempfile.gettempdir()) / "khasan-benchmarks"
    parser.add_argument(
        "--bench", type=Path, default=REPO.parent / "shared" / "bench", help="folder of the world's scripts"
    )
    parser.add_argument("--venvs", type=Path, default=scratch / "venvs", help="folder of virtual environments")
    parser.add_argument("--work", type=Path, default=scratch / "poll", help="scratch folder, emptied as needed")
    parser.add_argument("--sizes", default="200:3,1000:2", help="feeds:rounds, …")
    parser.add_argument("--no-whole", action="store_true", help="in-process only")
    parser.add_argument(
        "--set", action="append", metavar="NAME=JSON", help="Khasan with this setting of Scrapy beside itself"
    )
    parser.add_argument("--against", help="another checkout beside this one")
    parser.add_argument("--repeat", type=int, default=2, help="unchanged polls a round")
    parser.add_argument("--alone", action="store_true", help="without reader")
    parser.add_argument("--profile", choices=("cold", "same", "new"), help="profile Khasan's polls of this phase")
    parser.add_argument("--review", action="store_true", help="measure review instead")
    parser.add_argument("--out", type=Path, help="append every single figure here, as JSON lines")
    return parser.parse_args()


def main():
    if len(sys.argv) > 1 and sys.argv[1] in {"khasan", "reader"}:
        a = child_options()
        run_reader(a) if a.tool == "reader" else run_khasan(a)
        return
    a = options()
    if not (a.bench / "gen.py").exists():
        print(f"skipped: no benchmark world at {a.bench} (name its folder with --bench)")
        return
    a.bench, a.work = a.bench.resolve(), a.work.resolve()
    a.work.mkdir(parents=True, exist_ok=True)
    if a.review:
        run_review(a)
        return
    for size in a.sizes.split(","):
        feeds, _, rounds = size.partition(":")
        rounds_of(a, a.work, int(feeds), int(rounds or 1))


if __name__ == "__main__":
    main()
