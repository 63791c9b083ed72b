"""Weeks of real feeds, replayed: is every item stored, and none of them twice?

    .venv/bin/python benchmarks/replay.py                        # 25 recorded days, pages of candidates
    .venv/bin/python benchmarks/replay.py --pages all --days 3   # every page

Serves the items of a corpus of recorded polls (`--corpus`, by default ../shared/corpus/text/polled_feed_items beside the
checkout) as RSS feeds on loopback, one a source and list, with pages built around title and lead, to the daemon's own
code, poll by poll: the daemon's clock is set to each recorded day in turn. Where an item was recorded under several
titles they are served one after the other over its polls.

Identity is counted by what was served, not by what the program thinks: an item is an address of the corpus; the article
that holds it is found by the address its sightings keep. *Lost* is an address without an article, *stored twice* one
with two. Addresses that share an article are listed apart, since some do name the same article.
"""

import argparse
import asyncio
import collections
import contextlib
import gzip
import hashlib
import html
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
REPO = HERE.parent
CORPUS = REPO.parent / "shared" / "corpus" / "text" / "polled_feed_items"
SEOUL = timedelta(hours=9)  # the recorded days are days there
LANGUAGES = {"chosun": "ko", "yna": "ko", "nhk": "ja", "lemonde": "fr"}
FILLER = (
    """This page stands in for one that was read long ago. Its title and its first paragraph are those of the feed; what
    follows is here because an article is longer than its summary, and says nothing.""",
    """A second paragraph follows the first, as it does on most pages, so that whoever looks for the text finds a column
    of it and not a single line between menus.""",
    "The third is the last one. It was written at the same desk, on the same day, about nothing in particular.",
)


# --- the corpus -----------------------------------------------------------------------------------------------------


class Corpus:
    """The recorded items by day and feed, at loopback addresses: one a host of the record, the path as it was."""

    def __init__(self, folder, port, days):
        with gzip.open(folder / "items.ndjson.gz", "rt", encoding="utf-8") as file:
            self.rows = [json.loads(line) for line in file]
        self.port = port
        every = sorted({poll.partition("/")[0] for row in self.rows for poll in row["lists"]})
        self.days = every[:days] if days else every
        hosts = sorted({urlsplit(row["url"]).netloc for row in self.rows})
        self.hosts = {host: f"127.0.3.{number}" for number, host in enumerate(hosts, 1)}
        self.polls = collections.defaultdict(lambda: collections.defaultdict(list))  # day -> feed -> [(row, title)]
        self.pages = {}
        for row in self.rows:
            row["served"] = self.served(row["url"])
            self.pages[self.path_of(row["served"])] = row
            for day, feed, title in self.appearances(row):
                self.polls[day][feed].append((row, title))
        self.feeds = sorted({feed for day in self.days for feed in self.polls[day]})

    def served(self, url):
        parts = urlsplit(url)
        tail = f"?{parts.query}" if parts.query else ""
        return f"http://{self.hosts[parts.netloc]}:{self.port}{parts.path or '/'}{tail}"

    @staticmethod
    def path_of(url):
        parts = urlsplit(url)
        return f"{parts.hostname}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    @staticmethod
    def appearances(row):
        titles = list(dict.fromkeys([row["title"], *row.get("title_variants", ())]))
        for number, poll in enumerate(row["lists"]):
            day, _, group = poll.partition("/")
            yield day, f"{row['source']}-{group}", titles[number * len(titles) // len(row["lists"])]

    def host_of(self, feed):
        """The host of most of a source's items."""
        source = feed.rpartition("-")[0]
        counts = collections.Counter(urlsplit(row["url"]).netloc for row in self.rows if row["source"] == source)
        return self.hosts[counts.most_common(1)[0][0]]

    def feed_xml(self, feed, day):
        body = "".join(self.item_xml(row, title) for row, title in self.in_order(self.polls[day][feed]))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>{feed}</title>'
            f"<link>http://{self.host_of(feed)}:{self.port}/</link><description>{feed}</description>{body}</channel></rss>"
        ).encode()

    @staticmethod
    def in_order(items):
        """Newest first, as feeds are."""
        return sorted(items, key=lambda one: one[0]["date"], reverse=True)

    @staticmethod
    def item_xml(row, title):
        when = format_datetime(datetime.fromisoformat(row["date"]))
        return (
            f"<item><title>{html.escape(title)}</title><link>{html.escape(row['served'])}</link>"
            f'<guid isPermaLink="true">{html.escape(row["served"])}</guid><pubDate>{when}</pubDate>'
            f"<description>{html.escape(row['summary'])}</description></item>\n"
        )

    def page_html(self, row, day):
        title = next((t for d, _, t in reversed(list(self.appearances(row))) if d <= day), row["title"])
        lead = html.escape(row["summary"] or title)
        language = LANGUAGES.get(row["source"], "en")
        paragraphs = "".join(f"<p>{one}</p>\n" for one in (lead, *FILLER))
        return (
            f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f'<link rel="canonical" href="{html.escape(row["served"])}">'
            f'<meta property="og:title" content="{html.escape(title)}">'
            f'<meta property="article:published_time" content="{row["date"]}"></head><body>'
            f'<nav><a href="/">Home</a> <a href="/all">All</a></nav><main><article><h1>{html.escape(title)}</h1>\n'
            f"{paragraphs}</article></main><footer>Recorded {row['date'][:10]}</footer></body></html>"
        ).encode()


# --- the server: a process of its own, told the day by a line on its input ------------------------------------------


class Server:
    def __init__(self, corpus):
        self.corpus, self.day = corpus, corpus.days[0]
        self.feeds = {f"{corpus.host_of(feed)}/feed/{feed}.xml": feed for feed in corpus.feeds}
        self.set_bodies = {}

    async def run(self):
        hosts = [*self.corpus.hosts.values()]
        servers = [await asyncio.start_server(self.client, host, self.corpus.port, backlog=256) for host in hosts]
        print("ready", flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            self.day, self.set_bodies = line, {}
            print(line, flush=True)
        for server in servers:
            server.close()

    async def client(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            host = writer.get_extra_info("sockname")[0]
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                writer.write(self.answer(host, head[0].split()[1], headers))
                await writer.drain()
        writer.close()

    def answer(self, host, target, headers):
        body, kind = self.body(host, target)
        if body is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if headers.get("if-none-match") == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def body(self, host, target):
        feed = self.feeds.get(host + target)
        if feed is not None:
            if feed not in self.set_bodies:
                self.set_bodies[feed] = self.corpus.feed_xml(feed, self.feed_day(feed))
            return self.set_bodies[feed], "application/rss+xml"
        row = self.corpus.pages.get(host + target)
        if row is not None:
            return self.corpus.page_html(row, self.day), "text/html"
        return (b"User-agent: *\nDisallow:\n", "text/plain") if target == "/robots.txt" else (None, "")

    def feed_day(self, feed):
        """The latest recorded day of a feed up to today: on a day without a record it stands as it stood."""
        return max(
            (day for day in self.corpus.days if day <= self.day and self.corpus.polls[day][feed]), default=self.day
        )


# --- the daemon -----------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes as usual but is set anew for every recorded poll."""

    def __init__(self):
        self.base, self.since = datetime.now(UTC), time.monotonic()

    def set(self, at):
        self.base, self.since = at, time.monotonic()

    def __call__(self):
        return self.base + timedelta(seconds=time.monotonic() - self.since)


def setup_of(corpus, folder, pages):
    """The topic's lexicon and rules over the corpus's feeds; mails go into files."""
    from dataclasses import replace

    from alerts.decide import Reader
    from khasan.assemble import assemble
    from khasan.config import Config
    from spiders.options import CollectOptions
    from storage.model import Outlet, Pages, Source

    outlets = {feed.rpartition("-")[0] for feed in corpus.feeds}
    sources = [
        Source(
            id=feed,
            outlet=feed.rpartition("-")[0],
            name=feed,
            url=f"http://{corpus.host_of(feed)}:{corpus.port}/feed/{feed}.xml",
            language=LANGUAGES.get(feed.rpartition("-")[0], "en"),
            pages=Pages(pages),
        )
        for feed in corpus.feeds
    ]
    return replace(
        assemble(Config(folder=folder)),
        outlets=tuple(Outlet(name, name) for name in sorted(outlets)),
        sources=tuple(sources),
        readers=(Reader("analyst", "analyst@localhost"),),
        collect=CollectOptions(contact="bench@localhost", delay=0, interval=30 * 86400, private_hosts=("127.0.0.0/8",)),
    )


def day_end(day):
    """A moment late in a recorded day: what it lists has been published by then."""
    return datetime.fromisoformat(f"{day}T23:30:00+00:00") - SEOUL


async def replay(a, corpus, server, folder):
    from poll import own_cpu

    from khasan.logs import set_up
    from scheduler.daemon import Daemon

    set_up("error")
    clock = Clock()
    clock.set(day_end(corpus.days[0]))
    began, cpu = time.perf_counter(), own_cpu()
    tell(server, corpus.days[0])
    async with Daemon(setup_of(corpus, folder, a.pages), clock=clock) as daemon:
        for day in corpus.days:
            if time.perf_counter() - began > a.seconds:
                sys.exit(f"stopped before {day}: {a.seconds:.0f} s have passed")
            await one_day(daemon, clock, server, day, a)
        cpu, wall = own_cpu() - cpu, time.perf_counter() - began
    return cpu, wall


async def one_day(daemon, clock, server, day, a):
    from storage.sources import wish_poll

    began = time.perf_counter()
    await asyncio.to_thread(tell, server, day)
    clock.set(day_end(day))
    await daemon.archive.awrite(wish_poll, clock())
    daemon.wake()
    while not daemon.idle():
        await asyncio.sleep(0.05)
        if time.perf_counter() - began > a.seconds:
            from storage.upkeep import work_left

            sys.exit(f"{day}: not done after {a.seconds:.0f} s: {daemon.archive.read(work_left, clock())}")
    if a.verbose:
        print(f"{day} {time.perf_counter() - began:.1f} s", flush=True)


def tell(server, line):
    server.stdin.write(line + "\n")
    server.stdin.flush()
    if server.stdout.readline().strip() != line:
        raise SystemExit("the server has gone")


# --- what came of it ------------------------------------------------------------------------------------------------


class Found:
    """The archive against what was served, by plain SQL."""

    def __init__(self, db, corpus):
        self.db = db
        self.items = [(row, title) for day in corpus.days for feed in corpus.polls[day].values() for row, title in feed]
        self.rows = {row["served"]: row for row, _ in self.items}
        self.every_title = collections.defaultdict(list)
        self.first_titles = collections.defaultdict(list)
        for feed, items in (poll for day in corpus.days for poll in corpus.polls[day].items()):
            seen = set()
            for row, title in corpus.in_order(items):
                self.every_title[row["served"]].append((feed, title))
                if row["served"] not in seen:
                    self.first_titles[row["served"]].append((feed, title))
                seen.add(row["served"])
        self.articles = collections.defaultdict(set)
        for url, article in db.execute(
            "SELECT s.url, coalesce(a.merged_into, a.id) FROM sighting s JOIN article a ON a.id = s.article_id"
        ):
            self.articles[url].add(article)

    def one(self, sql, *values):
        return self.db.execute(sql, values).fetchone()[0]

    def counts(self, sql):
        return ", ".join(f"{row[0]} {row[1]}" for row in self.db.execute(sql)) or "none"

    def lost(self):
        return [url for url in self.rows if not self.articles.get(url)]

    def twice(self):
        return [url for url in self.rows if len(self.articles.get(url, ())) > 1]

    def shared(self):
        """Addresses that share an article, by article."""
        by_article = collections.defaultdict(list)
        for url in self.rows:
            for article in self.articles.get(url, ()):
                by_article[article].append(url)
        return {article: urls for article, urls in by_article.items() if len(urls) > 1}

    def orphans(self):
        """Articles that nothing served accounts for."""
        known = {article for articles in self.articles.values() for article in articles}
        every = {row[0] for row in self.db.execute("SELECT id FROM article WHERE merged_into IS NULL")}
        return every - known

    def titles_of(self, url):
        """The titles that the article's own source gave an item, poll by poll; the first where it stood twice."""
        article = next(iter(self.articles[url]))
        source = self.one("SELECT source FROM article WHERE id = ?", article)
        return list(dict.fromkeys(plain(title) for feed, title in self.first_titles[url] if feed == source))

    def versions(self):
        """Addresses recorded under several titles; those that their own source re-titled; those with all versions."""
        several = [url for url in self.rows if len({title for _, title in self.every_title[url]}) > 1]
        again = complete = 0
        for url in several:
            wanted = self.titles_of(url) if self.articles[url] else []
            if len(wanted) > 1:
                again += 1
                kept = self.db.execute(
                    "SELECT DISTINCT title FROM text_version WHERE article_id = ?", (next(iter(self.articles[url])),)
                )
                complete += set(wanted) <= {row[0] for row in kept}
        return len(several), again, complete


def plain(title):
    """A title as any reader stores it: one space between words, NFC."""
    return unicodedata.normalize("NFC", " ".join(title.split()))


def report(found, corpus, a, cpu, wall):
    several, again, complete = found.versions()
    shared = found.shared()
    lost, twice, orphans = found.lost(), found.twice(), found.orphans()
    lines = {
        "recorded days, feeds": f"{len(corpus.days)}, {len(corpus.feeds)}",
        "items served": len(found.items),
        "distinct addresses served": len(found.rows),
        "articles stored": found.one("SELECT count(*) FROM article WHERE merged_into IS NULL"),
        "addresses that share an article": f"{sum(map(len, shared.values()))} in {len(shared)} articles",
        "lost": len(lost),
        "stored twice": len(twice),
        "articles that nothing served accounts for": len(orphans),
        "recorded under several titles": several,
        "of these re-titled by their own source": again,
        "of these with a version for each title": complete,
        "sightings": found.one("SELECT count(*) FROM sighting"),
        "polls": found.counts("SELECT outcome, count(*) FROM poll GROUP BY 1"),
        "pages": found.counts("SELECT outcome, count(*) FROM page GROUP BY 1"),
        "reviews": found.counts("SELECT outcome, count(*) FROM review GROUP BY 1"),
        "review waits": found.one("SELECT count(*) FROM article WHERE review_due_at IS NOT NULL"),
        "alerts": found.one("SELECT count(*) FROM alert"),
        "outbox": found.counts("SELECT kind || ' ' || state, count(*) FROM outbox GROUP BY 1"),
        "alerted twice": found.one(
            "SELECT count(*) FROM (SELECT 1 FROM alert GROUP BY article_id, reader HAVING count(*) > 1)"
        ),
        "seconds, wall and CPU": f"{wall:.0f}, {cpu:.0f} ({1000 * cpu / len(found.items):.1f} ms CPU an item)",
    }
    for name, value in lines.items():
        print(f"{name:52} {value}")
    if a.verbose:
        show(found, shared, lost, twice)
    if lost or twice or orphans or complete < again:
        sys.exit("items were lost or doubled, or changed unseen")


def show(found, shared, lost, twice):
    for name, urls in (("lost", lost), ("twice", twice)):
        for url in urls[:20]:
            print(name, url, found.rows[url]["title"], found.articles.get(url))
    for urls in list(shared.values())[:40]:
        print("shared:", *(f"\n    {url} {found.rows[url]['title'][:70]}" for url in urls))


# --- the command ----------------------------------------------------------------------------------------------------


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scratch = Path(tempfile.gettempdir()) / "khasan-benchmarks" / "replay"
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with items.ndjson.gz")
    parser.add_argument("--work", type=Path, default=scratch, help="scratch folder, emptied")
    parser.add_argument("--days", type=int, default=0, help="only the first so many recorded days")
    parser.add_argument("--pages", choices=("candidates", "all", "never"), default="candidates")
    parser.add_argument("--port", type=int, default=18765)
    parser.add_argument("--seconds", type=float, default=580, help="after which it stops")
    parser.add_argument("--verbose", action="store_true", help="each day, and every address lost, doubled or shared")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    a = options()
    if not (a.corpus / "items.ndjson.gz").exists():
        print(f"skipped: no recorded polls at {a.corpus} (name their folder with --corpus)")
        return
    corpus = Corpus(a.corpus, a.port, a.days)
    if a.serve:
        asyncio.run(Server(corpus).run())
        return
    rmtree(a.work, ignore_errors=True)
    a.work.mkdir(parents=True)
    sys.path[:0] = [str(REPO), str(HERE)]
    from scheduler.reactor import run

    command = [sys.executable, str(Path(__file__).resolve()), "--serve", "--days", str(a.days), "--port", str(a.port)]
    command += ["--corpus", str(a.corpus)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout.readline().strip() != "ready":
            raise SystemExit("the server did not start")
        cpu, wall = run(lambda _stop: replay(a, corpus, server, a.work))
    finally:
        server.stdin.close()
        server.wait(timeout=10)
    with contextlib.closing(sqlite3.connect(a.work / "khasan.db")) as db:
        report(Found(db, corpus), corpus, a, cpu, wall)
    print(f"(process {os.getpid()}; archive {a.work / 'khasan.db'})")


if __name__ == "__main__":
    main()
