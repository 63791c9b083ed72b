"""How soon a new item is mailed: our warm daemon beside rss2email, on the same 200 feeds, in the same rounds.

    .venv/bin/python benchmarks/latency.py                       # 200 feeds, 5 rounds, four minutes
    .venv/bin/python benchmarks/latency.py --feeds 50 --rounds 2
    .venv/bin/python benchmarks/latency.py --stages              # and what happened when in ours, by its own archive

Ten of the feeds gain an item each, on ten different events, so that each is a story of its own and ten mails leave. The
clock starts with the first byte of the first changed feed that the server hands out, and ends when the mail server says
250 to the first and to the tenth mail. *Feeds*: no page is fetched, as rss2email fetches none. *Pages*: what matters has its page
fetched first, as is usual in the topic. There is no pause between requests to a host. A round is: every tool begins with what
it knew after its first pass, makes a pass with nothing new (which warms it), then the items are published.

Needs the scripts of the benchmark world (`--bench`) and an environment with rss2email, which is made in `--venvs` if it
is not there. Where either cannot be had, it says so and ends.
"""

import argparse
import contextlib
import importlib.util
import itertools
import json
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from email.utils import formatdate
from html import escape
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from memory import QUIET, TOPIC, start, stop, toml, tree, until
from poll import World, free_port, read_urls, turned

HERE = Path(__file__).resolve().parent
REPO = HERE.parent
R2E = "rss2email==3.14"
FIRST_PAGE = 90_000  # its number; the world's own pages are far below
FEEDS, PAGES = "khasan, feeds", "khasan, pages"
TOOLS = (FEEDS, PAGES, "rss2email")
EVENTS = (
    (
        "North Korea sends 1,500 more troops to Bryansk, HUR says",
        (
            "Ukraine's military intelligence (HUR) said that North Korea had sent 1,500 soldiers to Bryansk Region. They came "
            "by train from Vostochny and are billeted in former schools, an officer of the service told reporters in Kyiv."
        ),
    ),
    (
        "Memorial with 2,048 names of fallen North Koreans unveiled in Khabarovsk",
        (
            "A granite wall for the North Korean servicemen who died fighting for Russia was opened in a park of Khabarovsk. "
            "Pyongyang's ambassador laid flowers, and veterans of the Pacific Fleet stood guard."
        ),
    ),
    (
        "Russia strikes Kharkiv with North Korean KN-23 missile, two dead",
        (
            "The ballistic missile that hit a block of flats in Kharkiv at night was a KN-23 made in North Korea, prosecutors "
            "said after looking at the debris. Two people died and nine were taken to hospital."
        ),
    ),
    (
        "Seoul: 60 containers of artillery shells left Rajin for Russia this week",
        (
            "South Korea's Joint Chiefs of Staff counted 60 containers at the pier of Rajin, probably with 152 mm artillery "
            "shells from North Korea, before the freighter Angara sailed for Dunai in Russia."
        ),
    ),
    (
        "US Treasury sanctions Moscow bank over payments for North Korean arms",
        (
            "The United States has put a bank in Moscow and two brokers in Vladivostok on its sanctions list. They are said to have "
            "moved roubles to Pyongyang in payment for North Korean weapons used in the war in Ukraine."
        ),
    ),
    (
        "North Korean defence minister No Kwang Chol arrives in Moscow for talks with Belousov",
        (
            "No Kwang Chol, defence minister of North Korea, was met at Vnukovo airport by a guard of honour. He and Andrei Belousov "
            "are to speak of military cooperation between North Korea and Russia and to attend an exhibition of arms."
        ),
    ),
    (
        "Two North Korean soldiers captured near Sudzha are brought to Kyiv",
        (
            "Paratroopers of the Ukrainian army took two wounded North Korean soldiers prisoner near Sudzha in Kursk Region. "
            "One carried papers of a man from Tuva; interpreters of the spy agency in Seoul help to question them."
        ),
    ),
    (
        "Koksan self-propelled guns from North Korea destroyed by drones in Luhansk",
        (
            "Drone operators filmed how three 170 mm M1989 Koksan guns burned in a wood in Luhansk Region. "
            "Russia received the howitzers from North Korea and moved them there by rail, the General Staff of Ukraine noted."
        ),
    ),
    (
        "Alabuga drone plant in Tatarstan to take 12,000 North Korean workers, NHK reports",
        (
            "Young women from North Korea are to assemble Geran drones at the Alabuga factory in Tatarstan, Japanese television "
            "learned from diplomats in Moscow. They would earn two and a half dollars an hour."
        ),
    ),
    (
        "Russia gave Pyongyang a Pantsir air defence system, sanctions monitors find",
        (
            "At least one Pantsir vehicle has come from Russia to North Korea, together with jammers and specialists who teach how to use "
            "them, the Multilateral Sanctions Monitoring Team wrote in its first report on military transfers."
        ),
    ),
)


# --- the world ------------------------------------------------------------------------------------------------------


def serve(bench, root, log):
    """The world's own server, which notes when it hands out the first byte of each feed and page."""
    import asyncio

    sys.path.insert(0, str(bench))
    import common
    import serve as worlds

    with Path(log).open("a", encoding="utf-8") as noted:

        class Noting(worlds.Server):
            def answer(self, method, target, headers):
                self.target = target
                super().answer(method, target, headers)

            def send(self, status, *rest):
                now = time.time()
                super().send(status, *rest)
                if status.startswith("200"):
                    print(json.dumps({"t": now, "path": self.target}), file=noted, flush=True)

        worlds.Server = Noting
        asyncio.run(worlds.run_python(str(root), common.load_manifest(str(root)), 0))


class NotingWorld(World):
    """The benchmark's world with a server that notes times, and ten items that can be published and taken back."""

    def __init__(self, bench, root, feeds):
        super().__init__(bench, root, feeds)
        self.log = root / "served.jsonl"
        self.log.touch()
        copytree(root / "feed", root / "before")  # with the files' times, of which the validators are made

    def __enter__(self):
        command = [sys.executable, str(Path(__file__).resolve()), "serve", str(self.bench), str(self.root)]
        self.server = subprocess.Popen([*command, str(self.log)])
        await_port("127.0.1.1", self.port)
        return self

    def publish(self, seed):
        """An item more in ten feeds; which title is in which feed's path."""
        chosen = random.Random(f"latency {seed}").sample(range(self.feeds), len(EVENTS))
        return {self._add(feed, number): EVENTS[number][0] for number, feed in enumerate(chosen)}

    def take_back(self):
        rmtree(self.root / "feed")
        copytree(self.root / "before", self.root / "feed")

    def _add(self, feed, number):
        title, text = EVENTS[number]
        host = read_urls(self.root)[feed].partition("/feed/")[0]
        page = f"p{FIRST_PAGE + number}.html"
        link = f"{host}/art/{feed:05d}/{FIRST_PAGE + number:06d}/{page}"
        item = (
            f"    <item>\n      <title>{escape(title)}</title>\n      <link>{link}</link>\n      <guid>{link}</guid>\n"
            f"      <pubDate>{formatdate(usegmt=True)}</pubDate>\n      <description>{escape(text)}</description>\n    </item>\n"
        )
        file = self.root / "feed" / f"{feed:05d}.xml"
        head, first, rest = file.read_text("utf-8").partition("    <item>\n")
        rest = rest[: rest.rindex("    <item>\n")] + "  </channel>\n</rss>\n"  # the oldest drops out
        put(self.root / "page" / page, page_of(title, text))
        put(file, head + item + first + rest)
        return f"/feed/{feed:05d}.xml"


def put(file, text):
    """A file that is whole at any moment."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def page_of(title, text):
    more = "The ministry would not say more on Monday, and nobody could be reached at the embassy. " * 4
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{escape(title)}</title></head><body><nav><a href="/">Home</a></nav><article>'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p><p>{more}</p><p>{more}</p></article></body></html>\n"
    )


def await_port(host, port):
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing answers at {host}:{port}")


def lines(file, since):
    """What was noted in a file from a moment on."""
    found = []
    for line in file.read_text("utf-8").splitlines():
        with contextlib.suppress(ValueError):  # the last one may be half written
            one = json.loads(line)
            found += [one] if one["t"] >= since else []
    return found


class Sink:
    """The world's mail server, which notes when it says 250."""

    def __init__(self, bench, work):
        self.port, self.log = free_port(), work / "mail.jsonl"
        self.log.touch()
        command = [sys.executable, str(bench / "sink.py"), str(self.log), "--port", str(self.port)]
        self.process = subprocess.Popen(command)

    def __enter__(self):
        await_port("127.0.0.1", self.port)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def mails(self, to, since):
        return [one for one in lines(self.log, since) if any(to in address for address in one["to"])]

    def await_mails(self, to, since, seconds=60):
        deadline = time.monotonic() + seconds
        while len(found := self.mails(to, since)) < len(EVENTS):
            if time.monotonic() > deadline:
                raise SystemExit(f"{to}: {len(found)} mails of {len(EVENTS)}: {[one['subject'] for one in found]}")
            time.sleep(0.1)
        return found


# --- the contenders -------------------------------------------------------------------------------------------------


class Khasan:
    """`khasan run` as a process of its own, asked to poll by a wish in its archive, as `khasan poll` asks it."""

    def __init__(self, name, world, sink, work):
        self.name, self.world, self.to = name, world, name.replace(", ", "-") + "@bench.invalid"
        self.folder, self.kept = work / self.to.partition("@")[0], work / (self.to + ".kept")
        self.pages = "candidates" if name == PAGES else "never"
        self._configure(sink.port)

    def _configure(self, smtp):
        rmtree(self.folder, ignore_errors=True)
        copytree(TOPIC, self.folder / "world", ignore=ignore_patterns("sources.toml"))
        tables = []
        for n, url in enumerate(read_urls(self.world.root)):
            tables.append(f"[[outlet]]\n{toml({'id': f'o{n}', 'name': f'Outlet {n}'})}")
            source = {"id": f"s{n:05d}", "outlet": f"o{n}", "name": f"Outlet {n}", "url": url, "language": "en"}
            tables.append(f"[[source]]\n{toml(source | {'pages': self.pages})}")
        (self.folder / "world" / "sources.toml").write_text("".join(tables), encoding="utf-8")
        (self.folder / "khasan.toml").write_text(
            '[topic]\nname = "world"\n[collect]\nprivate_hosts = ["127.0.0.0/8"]\ncontact = "bench@bench.invalid"\ndelay = 0.0\n'
            "interval = 86400.0\ninterval_least = 86400.0\ninterval_most = 86400.0\n"
            f'[smtp]\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\n[operator]\naddress = "operator@bench.invalid"\n'
            f'[[reader]]\nname = "bench"\naddress = "{self.to}"\nmax_per_hour = 1000\ndelay_minutes = 0\n',
            encoding="utf-8",
        )

    @property
    def config(self):
        return self.folder / "khasan.toml"

    def first_pass(self):
        process = start(self.config)
        until(process, self.config, f"SELECT EXISTS (SELECT 1 FROM article) AND ({QUIET})", 300)
        stop(process)
        copytree(self.folder, self.kept)

    def begin(self):
        """As it was after its first pass; running, and warm."""
        rmtree(self.folder)
        copytree(self.kept, self.folder)
        self.process = start(self.config)
        began = self._wish()
        until(
            self.process,
            self.config,
            f"SELECT NOT EXISTS (SELECT 1 FROM source WHERE enabled AND last_poll_at < '{began}')",
        )
        time.sleep(2)  # what the tick of the operator's mails and the last of the polls leave behind

    def measured(self, sink):
        began, cpu = time.time(), cpu_of(self.process.pid)
        self._wish()
        found = sink.await_mails(self.to, began)
        return began, found, cpu_of(self.process.pid) - cpu

    def _wish(self):
        sys.path.insert(0, str(REPO))
        from storage.archive import open_archive
        from storage.sources import wish_poll
        from storage.times import to_text

        now = datetime.now(UTC)
        with open_archive(self.config.with_name("khasan.db")) as archive:
            archive.write(wish_poll, now)
        return to_text(now)

    def end(self):
        stop(self.process)


class Rss2email:
    """`r2e run`, a process a pass."""

    def __init__(self, name, world, sink, work, exe):
        self.name, self.to, self.exe = name, "r2e@bench.invalid", exe
        self.folder = work / name
        rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        feeds = "".join(f"[feed.f{n:05d}]\nurl = {url}\n\n" for n, url in enumerate(read_urls(world.root)))
        (self.folder / "cfg").write_text(
            f"[DEFAULT]\nfrom = bench@bench.invalid\nto = {self.to}\nemail-protocol = smtp\nsmtp-server = 127.0.0.1:{sink.port}\n"
            f"smtp-auth = False\nuse-publisher-email = False\n\n{feeds}",
            encoding="utf-8",
        )

    def _run(self, *more):
        command = [str(self.exe), "-c", str(self.folder / "cfg"), "-d", str(self.folder / "data.json"), "run", *more]
        environment = os.environ | {"HOME": str(self.folder)}
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.name} ended with {process.returncode}; see {self.folder / 'log.txt'}")
        return used.ru_utime + used.ru_stime

    def first_pass(self):
        self._run("-n")
        (self.folder / "data.json").replace(self.folder / "kept.json")

    def begin(self):
        (self.folder / "data.json").write_bytes((self.folder / "kept.json").read_bytes())
        self._run()

    def measured(self, sink):
        began = time.time()
        cpu = self._run()
        return began, sink.await_mails(self.to, began), cpu

    def end(self):
        pass


def cpu_of(pid):
    """CPU seconds of a process, its children alive and those that ended."""
    ticks = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def r2e_program(venvs):
    """The program of an environment with rss2email, made if need be; None if it cannot be had."""
    exe = venvs / "r2e" / "bin" / "r2e"
    if not exe.exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(venvs / "r2e")], check=True)
            subprocess.run([str(exe.with_name("python")), "-m", "pip", "install", "--quiet", R2E], check=True)
        except subprocess.CalledProcessError:
            return None
    return exe


# --- the rounds -----------------------------------------------------------------------------------------------------


def one_round(tool, world, sink, seed):
    """The figures of one tool in one round, in seconds from the first byte of the first changed feed."""
    world.take_back()
    tool.begin()
    try:
        titles = world.publish(seed)
        began, mails, cpu = tool.measured(sink)
    finally:
        tool.end()
    served = {}
    for one in lines(world.log, began):
        served.setdefault(one["path"], one["t"])
    taken = {path: sent(mails, title) for path, title in titles.items()}
    zero = min(served[path] for path in titles)
    each = [taken[path] - served[path] for path in titles]
    return {
        "first": min(taken.values()) - zero,
        "last": max(taken.values()) - zero,
        "each": statistics.median(each),
        "served": max(served[path] for path in titles) - zero,
        "cpu": cpu,
        "zero": zero,
    }


def sent(mails, title):
    """When the one mail with a title was taken."""
    found = [one["t"] for one in mails if plain(title)[:40] in plain(one["subject"])]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} mails on {title!r}: {[one['subject'] for one in mails]}")
    return found[0]


def plain(text):
    return "".join(text.split())


def stages(tool, zero):
    """When each article was stored, reviewed, queued and sent, by the archive of a run; milliseconds after the first byte."""
    with contextlib.closing(sqlite3.connect(f"file:{tool.config.with_name('khasan.db')}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT a.first_seen, p.asked_at, o.created_at, o.sent_at FROM outbox o JOIN article a ON a.id = o.article_id "
            "LEFT JOIN (SELECT article_id, max(fetched_at) AS asked_at FROM page GROUP BY 1) p ON p.article_id = a.id "
            "WHERE o.reader = 'bench' ORDER BY o.sent_at"
        ).fetchall()
    for row in rows:
        after = [round(1000 * (datetime.fromisoformat(one).timestamp() - zero)) if one else None for one in row]
        print(f"    {tool.name}: stored {after[0]}, page {after[1]}, reviewed {after[2]}, sent {after[3]} ms")


SHOWN = (
    ("first", "first mail, s"),
    ("last", "last of ten, s"),
    ("each", "from its own feed's first byte to its mail, median of ten, s"),
    ("served", "last changed feed's first byte, s"),
    ("cpu", "CPU of the pass, s"),
)


def report(figures, feeds, rounds):
    print(f"\n{feeds} feeds, ten of them with a new item; {rounds} rounds: median (all)\n")
    print("| | " + " | ".join(TOOLS) + " |\n| --- |" + " --- |" * len(TOOLS))
    for key, label in SHOWN:
        cells = []
        for name in TOOLS:
            values = [one[key] for one in figures[name]]
            cells.append(f"**{statistics.median(values):.3f}** ({', '.join(f'{one:.3f}' for one in values)})")
        print(f"| {label} | {' | '.join(cells)} |")
    for key in ("first", "last"):
        ours, theirs = (statistics.median(one[key] for one in figures[name]) for name in (FEEDS, "rss2email"))
        print(f"{key}: {ours / theirs:.2f} of rss2email's, goal 1.00: {'met' if ours <= theirs else 'MISSED'}")


def run(a, exe):
    rmtree(a.work, ignore_errors=True)
    a.work.mkdir(parents=True)
    figures = {name: [] for name in TOOLS}
    with NotingWorld(a.bench, a.work / "world", a.feeds) as world, Sink(a.bench, a.work) as sink:
        tools = [Khasan(name, world, sink, a.work) for name in (FEEDS, PAGES)]
        tools.append(Rss2email("rss2email", world, sink, a.work, exe))
        for tool in tools:
            tool.first_pass()
        for number, tool in itertools.chain.from_iterable(
            ((n, one) for one in turned(tools, n)) for n in range(a.rounds)
        ):
            found = one_round(tool, world, sink, number)
            figures[tool.name].append(found)
            shown = ", ".join(f"{key} {value:.3f}" for key, value in found.items() if key != "zero")
            print(f"round {number + 1}, {tool.name}: {shown}", flush=True)
            if a.stages and isinstance(tool, Khasan):
                stages(tool, found["zero"])
    report(figures, a.feeds, a.rounds)


def main():
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scratch = Path(tempfile.gettempdir()) / "khasan-benchmarks"
    bench = REPO.parent / "shared" / "bench"
    parser.add_argument("--bench", type=Path, default=bench, help="folder of the world's scripts")
    parser.add_argument("--venvs", type=Path, default=scratch / "venvs", help="folder of virtual environments")
    parser.add_argument("--work", type=Path, default=scratch / "latency", help="scratch folder, emptied")
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stages", action="store_true", help="also when each article was stored, reviewed and sent")
    a = parser.parse_args()
    if not (a.bench / "gen.py").is_file():
        print(f"skipped: {a.bench} has no benchmark world (--bench)")
    elif importlib.util.find_spec("aiosmtpd") is None:
        print("skipped: the mail server of the world needs aiosmtpd, which is among the development requirements")
    elif (exe := r2e_program(a.venvs)) is None:
        print(f"skipped: {R2E} could not be installed into {a.venvs / 'r2e'}")
    else:
        run(a, exe)


if __name__ == "__main__":
    main()
