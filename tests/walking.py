"""The real daemon on the local press, in a process of its own because a reactor runs once; with a clock that is moved by hand.

    result = walked("kind", "sitemaps")

with the fixture `walked` runs the function of that name below and returns what it returned, through JSON.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

LONG = timedelta(hours=1)


class Walk:
    """A press, a setup with the sources that were declared, and a clock."""

    def __init__(self, folder, press):
        self.folder, self.press = Path(folder), press
        self.now = datetime.now(UTC)
        self.sources = []
        self.outlets = {}
        self.options = {}
        self.daemon = None

    def declare(self, *entries, **changes):
        """Watch what the press declares, with some keys changed."""
        from storage.model import Listing, Outlet, Pages, Source

        for entry in entries:
            values = {**entry, **changes}
            values["pages"] = Pages(values["pages"])
            if isinstance(values.get("listing"), dict):
                values["listing"] = Listing(**values["listing"])
            self.sources.append(Source(**values))
            self.outlets[values["outlet"]] = Outlet(values["outlet"], values["outlet"])

    def setup(self):
        """What the daemon is given."""
        from alerts.channels import FileOptions
        from alerts.compose import MailOptions
        from alerts.decide import Reader
        from khasan.topic import load_topic
        from scheduler.setup import Setup
        from spiders.options import CollectOptions

        topic = load_topic()
        options = {"contact": "t@localhost", "delay": 0, "timeout": 4, "private_hosts": ("127.0.0.0/8",)} | self.options
        return Setup(
            database=self.folder / "khasan.db",
            outlets=tuple(self.outlets.values()),
            sources=tuple(self.sources),
            analyser=topic.analyser,
            rules=topic.rules,
            topic_version=topic.version,
            collect=CollectOptions(**options),
            channel=FileOptions(self.folder / "outbox"),
            mail=MailOptions(sender="Khasan <khasan@localhost>"),
            readers=(Reader("analyst", "analyst@localhost", "Europe/Kyiv"),),
            operator="operator@localhost",
        )

    async def poll(self, after=LONG, *, due_only=False):
        """Let time pass, poll all sources (or only those that are due), and wait until nothing is left to do."""
        from storage.sources import wish_poll

        self.now += after
        if not due_only:
            await self.daemon.archive.awrite(wish_poll, self.now)
        assert await self.daemon.until_idle(asyncio.Event())

    def ask(self, sql, *values):
        """Rows of the archive."""
        return self.daemon.archive.read(lambda c: [tuple(row) for row in c.execute(sql, values)])

    def outcomes(self):
        """Outcome and detail of every source."""
        return {id_: [outcome, detail] for id_, outcome, detail in self.ask("SELECT id, outcome, detail FROM source")}

    def stored(self):
        """The addresses of all articles, those of stories that were told, and how many texts there are."""
        from storage.upkeep import TOLD

        return {
            "articles": [url for (url,) in self.ask("SELECT url FROM article WHERE merged_into IS NULL ORDER BY url")],
            "alerts": sorted(url for _, url, *_ in self.ask(TOLD)),
            "baseline": [url for (url,) in self.ask("SELECT url FROM article WHERE arrival = 'baseline' ORDER BY url")],
            "texts": dict(self.ask("SELECT a.url, v.text FROM article a JOIN text_version v ON v.id = a.version_id")),
            "titles": dict(self.ask("SELECT a.url, v.title FROM article a JOIN text_version v ON v.id = a.version_id")),
            "versions": dict(self.ask("SELECT a.url, count(*) FROM article a JOIN text_version v ON v.article_id = a.id GROUP BY 1")),
            "outlets": dict(self.ask("SELECT url, outlet FROM article")),
        }  # fmt: skip


def _run(function, arguments):
    """In the child: a press, a folder, the reactor."""
    import tempfile

    from khasan import logs
    from khasan.demo.press import Press
    from scheduler.daemon import Daemon
    from scheduler.reactor import run

    logs.set_up("error", "text")
    with tempfile.TemporaryDirectory() as folder, Press(began=datetime.now(UTC)) as press:
        walk = Walk(folder, press)
        prepared = function(walk, *arguments)  # a generator: up to its first yield it declares
        next(prepared)

        async def whole(_stop):
            async with Daemon(walk.setup(), clock=lambda: walk.now) as daemon:
                walk.daemon = daemon
                result = None
                while True:
                    try:
                        step = prepared.send(result)
                    except StopIteration as end:
                        return end.value
                    result = await step

        sys.stdout.write(json.dumps(run(whole)) + "\n")


def kind(walk, name, which=""):
    """Everything the press has of a kind, or what is called so, through its three rounds."""
    from khasan.demo.press import ROUNDS

    walk.declare(*[one for one in walk.press.sources_of(name) if which in ("", one["id"])])
    yield
    for number in range(1, ROUNDS + 1):
        walk.press.publish(number)
        yield walk.poll(timedelta(minutes=20))
    reach = {"reach": timedelta(days=2)} if name == "sitemaps" else {}
    expected = None
    if name != "search":
        found = walk.press.expected_of(name, ROUNDS, **reach)
        expected = {"articles": found.articles, "baseline": sorted(found.baseline), "alerts": sorted(found.alerts)}
    return {"outcomes": walk.outcomes(), **walk.stored(), "expected": expected}


def faults(walk):
    """Every way of breaking a feed that the press knows, each on a feed of its own that was well before; then well again."""
    from khasan.demo.press import FAULTS

    outlet = walk.press.outlet("demo-tumen-courier")
    (declared,) = [one for one in walk.press.sources_of("feeds") if one["id"] == outlet.id]
    walk.options = {"timeout": 2, "max_bytes": 2_000_000}
    for name in FAULTS:
        walk.declare(declared, id=f"case-{name}", url=f"{declared['url']}?case={name}", pages="never")
    yield
    yield walk.poll()
    first = walk.outcomes()
    for name, broken in FAULTS.items():
        walk.press.fault(f"{declared['url']}?case={name}", broken.make())
    for name in FAULTS:  # one host: a "too many requests" would stop all of them
        if name == "too-many":
            walk.press.fault(f"{declared['url']}?case={name}", None)
    yield walk.poll()
    during = walk.outcomes()
    for name in FAULTS:
        walk.press.fault(f"{declared['url']}?case={name}", None)
    yield walk.poll(timedelta(days=2))
    return {"first": first, "during": during, "after": walk.outcomes(), **walk.stored()}


def resting(walk):
    """A host that says "too many requests" is left alone, all of its sources, until the time that it gave."""
    from khasan.demo.press import Fault

    outlet = walk.press.outlet("demo-tumen-courier")
    (declared,) = [one for one in walk.press.sources_of("feeds") if one["id"] == outlet.id]
    for number in range(4):
        walk.declare(declared, id=f"same-{number}", url=f"{declared['url']}?n={number}", pages="never")
    (other,) = [one for one in walk.press.sources_of("feeds") if one["id"] == "demo-harbour-gazette"]
    walk.declare(other, pages="never")
    yield
    yield walk.poll()
    walk.press.fault(f"{declared['url']}?n=0", Fault.refuse(429, retry_after=1800))
    yield walk.poll()
    asked = [len([hit for hit in walk.press.hits if hit.host == outlet.host and hit.path == outlet.feed])]
    walk.press.fault(f"{declared['url']}?n=0", None)
    for minutes in (10, 10, 15):
        yield walk.poll(timedelta(minutes=minutes))
        asked.append(len([hit for hit in walk.press.hits if hit.host == outlet.host and hit.path == outlet.feed]))
    return {"asked": asked, "outcomes": walk.outcomes(), "rests": walk.ask("SELECT host, reason FROM host")}


def overflow(walk):
    """A feed whose window turned over whole between two polls: told, and mended from its further pages where there are any."""
    paged, alone = walk.press.outlet("demo-tumen-courier"), walk.press.outlet("demo-saebyeok-news")
    from khasan.demo.press import Fault

    walk.declare(*[one for one in walk.press.sources_of("feeds") if one["id"] in (paged.id, alone.id)], pages="never")
    walk.press.window(paged, 3)
    walk.press.window(alone, 3)
    yield
    walk.now = walk.press.began - timedelta(hours=30)  # long before the newest were published
    yield walk.poll(timedelta())
    walk.press.publish(3)
    walk.press.fault(f"{walk.press.feed_url(alone)}?paged=2", Fault.refuse(404))
    walk.now = walk.press.began
    yield walk.poll(timedelta(minutes=1))
    return {
        "outcomes": walk.outcomes(),
        "urls": walk.stored()["articles"],
        "requests": walk.ask("SELECT source, requests FROM poll ORDER BY id"),
        "overflow_at": dict(walk.ask("SELECT id, overflow_at FROM source")),
        "next": dict(walk.ask("SELECT id, (julianday(next_poll_at) - julianday(last_poll_at)) * 86400 FROM source")),
    }


def moved(walk):
    """A permanent redirect moves a source for good once it has held; a passing one does not; 410 retires."""
    from khasan.demo.press import Fault

    names = {"permanent": 301, "temporary": 302, "kept": 308}
    outlet = walk.press.outlet("demo-tumen-courier")
    (declared,) = [one for one in walk.press.sources_of("feeds") if one["id"] == outlet.id]
    for name in (*names, "retired"):
        walk.declare(declared, id=f"case-{name}", url=f"{declared['url']}?case={name}", pages="never")
    yield
    yield walk.poll()
    for name, status in names.items():
        there = f"{declared['url']}?new={name}"
        walk.press.fault(f"{declared['url']}?case={name}", Fault.redirect(there, status=status))
    walk.press.fault(f"{declared['url']}?case=retired", Fault.refuse(410))
    seen = []
    for hours in (1, 10, 10, 10):
        yield walk.poll(timedelta(hours=hours))
        seen.append(walk.outcomes()["case-permanent"][0])
    addresses = dict(walk.ask("SELECT id, address FROM source"))
    before = len(walk.press.hits)
    yield walk.poll(timedelta(days=3))
    later = [(hit.path, hit.query) for hit in walk.press.hits[before:] if hit.path == outlet.feed]
    return {
        "seen": seen,
        "addresses": addresses,
        "later": later,
        "retired": walk.ask("SELECT id, retired_at IS NOT NULL, outcome FROM source WHERE id = 'case-retired'"),
        "outcomes": walk.outcomes(),
        "articles": len(walk.stored()["articles"]),
    }


def silent(walk):
    """A feed that answers well and brings nothing for far longer than it ever did."""
    walk.declare(*[one for one in walk.press.sources_of("feeds") if one["id"] == "demo-tumen-courier"], pages="never")
    yield
    walk.press.publish(3)
    yield walk.poll(timedelta())
    seen = [walk.outcomes()["demo-tumen-courier"]]
    for days in (1, 30, 60):
        yield walk.poll(timedelta(days=days))
        seen.append(walk.outcomes()["demo-tumen-courier"])
    return {"seen": seen, "trouble": walk.ask("SELECT trouble_since IS NOT NULL, failures FROM source")}


def pages(walk):
    """A source whose list is well and whose articles' pages all fail."""
    from khasan.demo.press import Fault

    outlet = walk.press.outlet("demo-harbour-gazette")
    walk.declare(*[one for one in walk.press.sources_of("feeds") if one["id"] == outlet.id], pages="all")
    for story in walk.press.stories[outlet]:
        walk.press.fault(walk.press.url(outlet, story), Fault.wall("cloudflare"))
    yield
    yield walk.poll()
    yield walk.poll()
    broken = walk.outcomes()[outlet.id]
    for story in walk.press.stories[outlet]:
        walk.press.fault(walk.press.url(outlet, story), None)
    yield walk.poll(timedelta(days=1))
    yield walk.poll(timedelta(days=1))
    return {"broken": broken, "after": walk.outcomes()[outlet.id]}


def robots(walk):
    """robots.txt: forbidden, not there, failing, slow to be asked again, and obeyed where a redirect leads."""
    from khasan.demo.press import Fault

    first, second, third = (
        walk.press.outlet(name) for name in ("demo-tumen-courier", "demo-harbour-gazette", "demo-skhidna-varta")
    )
    walk.declare(
        *[one for one in walk.press.sources_of("feeds") if one["id"] in (first.id, second.id, third.id)], pages="never"
    )
    walk.press.robots(first, f"User-agent: Khasan\nDisallow: {first.feed}\n")
    walk.press.robots(second, 503)
    walk.press.robots(third, 404)
    yield
    yield walk.poll()
    outcomes = [walk.outcomes()]
    walk.press.robots(second, None)
    walk.press.fault(walk.press.feed_url(third), Fault.redirect(walk.press.feed_url(first), status=302))
    yield walk.poll()
    outcomes.append(walk.outcomes())
    asked = sum(hit.path == "/robots.txt" and hit.host == first.host for hit in walk.press.hits)
    walk.press.robots(first, None)
    yield walk.poll(timedelta(days=1))
    outcomes.append(walk.outcomes())
    return {"outcomes": outcomes, "asked": asked}


def secure(walk):
    """https with a certificate that nobody vouches for; a name that has no address; an address that is not public."""
    outlet = walk.press.outlet("demo-tumen-courier")
    (declared,) = [one for one in walk.press.sources_of("feeds") if one["id"] == outlet.id]
    base = walk.press.tls("127.0.1.99", outlet)
    walk.options = {"private_hosts": ("127.0.1.0/24",)}
    walk.declare(declared, id="tls", url=base + outlet.feed)
    walk.declare(declared, id="dns", url="http://nowhere.invalid/feed.xml")
    walk.declare(declared, id="private", url=declared["url"].replace(outlet.host, "127.0.2.1"))
    yield
    yield walk.poll()
    return walk.outcomes()


WALKS = {one.__name__: one for one in (kind, faults, resting, overflow, moved, silent, pages, robots, secure)}

if __name__ == "__main__":
    _run(WALKS[sys.argv[1]], sys.argv[2:])
