"""What the world may send, over the whole way: each ends in a stored article or a named fault on its source, the rest unharmed."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from khasan.demo.press import Fault, Press
from tests.test_daemon import ask, write_sources

NOW = format_datetime(datetime.now(UTC))


def rss(*items, encoding="utf-8"):
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>t</title>{body}</channel></rss>'.encode(
        encoding
    )


def item(path="/a", title="A title", more=""):
    return f"<title>{title}</title><link>{path}</link><guid>{path}</guid><pubDate>{NOW}</pubDate><description>Words here.</description>{more}"


PAGE = (
    "<html><head><title>A title</title></head><body><nav>Home</nav><article><h1>A title</h1>"
    + "".join(
        f"<p>Paragraph number {n} of an article that is long enough to be taken for one by any reader of pages.</p>"
        for n in range(6)
    )
    + "</article></body></html>"
).encode()
XML = {"Content-Type": "application/rss+xml"}
HTML = {"Content-Type": "text/html; charset=utf-8"}

# name → (feed body, headers, outcome of the poll, articles stored)
FEEDS = {
    "good": (rss(item()), XML, "new", 1),
    "html": (b"<!doctype html><html><body>Please log in</body></html>", HTML, "not-a-feed", 0),
    "empty": (b"", XML, "not-a-feed", 0),
    "json-error": (b'{"error": "no such feed"}', {"Content-Type": "application/json"}, "not-a-feed", 0),
    "no-items": (rss(), XML, "empty", 0),
    "half": (rss(item("/h1"), item("/h2"))[:-120], XML | {"ETag": '"1"'}, "new", 2),
    "odd-links": (rss(item("http://news[::1]x/a"), item("http://__~[::1]-", "Two"), item("http://::1\\@_", "Three")), XML, "new", 3),
    "koi8": (rss(item("/koi", "Заголовок новости"), encoding="koi8-r"), {"Content-Type": "text/xml"}, "new", 1),
    "wrong-charset": (rss(item("/wc", "Заголовок")), {"Content-Type": "text/xml; charset=windows-1251"}, "new", 1),
    "no-link": (rss("<title>Without a link</title><description>But with words.</description>"), XML, "new", 1),
    "no-nothing": (rss("<category>x</category>", item("/nn")), XML, "new", 1),
    "twice-the-id": (
        rss("<guid>1</guid><link>/one</link><title>One</title>", "<guid>1</guid><link>/two</link><title>Two</title>"), XML, "new", 2,
    ),
    "html-title": (rss(item("/ht", "&lt;b&gt;Bold&lt;/b&gt; &amp;amp; plain")), XML, "new", 1),
    "years": (
        rss(*(f"<title>Of {y}</title><link>/y{y}</link><pubDate>01 Jan {y} 10:00:00 GMT</pubDate>" for y in (1970, 2100)), "<title>Of none</title><link>/y0</link>"),
        XML, "new", 3,
    ),
    "large": (rss(*(item(f"/l{n}", f"Title {n}", "<x>" + "y" * 9000 + "</x>") for n in range(1000))), XML, "new", 1000),
    "too-large": (b"<rss>" + b" " * 11_000_000, XML, "too-large", 0),
    "bomb": (gzip.compress(b"<rss>" + b" " * 30_000_000), XML | {"Content-Encoding": "gzip"}, "too-large", 0),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", {"Content-Type": "application/pdf"}, "not-a-feed", 0),
}  # fmt: skip
FAULTS = {
    "bad-gzip": (Fault.bad_gzip(), "cut-off"),
    "cut": (Fault.cut(), "cut-off"),
    "dropped": (Fault.drop(), "connect"),
    "forbidden": (Fault.refuse(403), "refused"),
    "limited": (Fault.refuse(429, retry_after="600"), "refused"),
    "gone": (Fault.refuse(410), "gone"),
    "broken": (Fault.refuse(500), "server"),
    "hangs": (Fault.hang(), "timeout"),
}
# name → (page body, headers or a fault, page state, fault named)
PAGES = {
    "page-good": (PAGE, HTML, "fetched", ""),
    "page-pdf": (b"%PDF-1.7\n" + bytes(range(256)) * 40, {"Content-Type": "application/pdf"}, "failed", "not-a-page"),
    "page-empty": (b"", HTML, "failed", "not-a-page"),
    "page-403": (PAGE, Fault.refuse(403), "wanted", "refused"),
    "page-404": (PAGE, Fault.refuse(404), "wanted", "gone"),  # a list may be ahead of its pages
    "page-410": (PAGE, Fault.refuse(410), "failed", "gone"),
    "page-cut": (PAGE, Fault.cut(), "wanted", "cut-off"),
    "page-elsewhere": (PAGE, Fault.redirect("http://127.0.3.99:{port}/moved"), "fetched", ""),
    "page-attributes": (
        b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(300_000)) + b">x</p></body></html>",
        HTML,
        None,
        None,
    ),
}


@pytest.fixture(scope="module")
def polled(tmp_path_factory):
    """All of it polled in one pass, by the command."""
    import os
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("bad")
    with Press(began=datetime.now(UTC)) as press:
        sources = list(_serve(press))
        topic = folder / "press-topic"
        topic.mkdir()
        write_sources(topic, sources)
        (topic / "lexicon.toml").write_text(
            '[gate]\nany = ["x"]\n[[concept]]\nid = "x"\ncategory = "actor"\nen = { name = "X", forms = ["xylophone"] }\n'
        )
        (topic / "rules.toml").write_text('[[rule]]\nid = "r"\nname = "R"\nquery = "xylophone"\n')
        (folder / "khasan.toml").write_text(
            '[topic]\nname = "press-topic"\n[collect]\nprivate_hosts = ["127.0.0.0/8"]\ndelay = 0.0\ninterval = 3600.0\ntimeout = 4.0\npage_seconds = 5.0\nobey_robots = false\n'
        )
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KHASAN_")}
        done = subprocess.run(
            [sys.executable, "-m", "khasan", "poll", "--json"], cwd=folder, env=environment, capture_output=True, text=True, timeout=150, check=False
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, {row["source"]: row for row in json.loads(done.stdout)}, done.stderr


def _serve(press):
    """A host a source; feeds and pages on the same host."""
    names = [*FEEDS, *FAULTS, *PAGES]
    for number, name in enumerate(names, 1):
        host = f"127.0.3.{number}"
        pages = "never"
        if name in FEEDS:
            body, headers, *_ = FEEDS[name]
            url = press.add(host, "/feed.xml", body, headers=headers)
        elif name in FAULTS:
            url = press.add(host, "/feed.xml", rss(item()), headers=XML)
            press.fault(url, FAULTS[name][0])
        else:
            pages = "all"
            body, what, *_ = PAGES[name]
            url = press.add(host, "/feed.xml", rss(item("/page")), headers=XML)
            page = press.add(host, "/page", body, headers=what if isinstance(what, dict) else HTML)
            if isinstance(what, Fault):
                press.fault(page, _with_port(what, press.port))
        yield {"id": name, "outlet": "x", "name": name, "kind": "feeds", "url": url, "language": "en", "pages": pages}
    press.add("127.0.3.99", "/moved", PAGE, headers=HTML)


def _with_port(fault, port):
    headers = {key: value.replace("{port}", str(port)) for key, value in dict(fault.headers or {}).items()}
    return replace(fault, headers=headers) if headers else fault


@pytest.mark.parametrize("name", [*FEEDS, *FAULTS])
def test_feed(polled, name):
    folder, outcomes, _ = polled
    outcome, stored = (FEEDS[name][2], FEEDS[name][3]) if name in FEEDS else (FAULTS[name][1], 0)
    assert (outcomes[name]["outcome"], outcomes[name]["detail"][:200]) == (outcome, outcomes[name]["detail"][:200])
    assert ask(folder, "SELECT count(*) FROM sighting WHERE source = ?", name) == [(stored,)]
    if outcome not in {"new", "empty"}:
        assert outcomes[name]["detail"], "a fault says what it is"


@pytest.mark.parametrize("name", PAGES)
def test_page(polled, name):
    folder, outcomes, _ = polled
    assert outcomes[name]["outcome"] == "new"
    rows = ask(folder, "SELECT page_state, page_fault, page_due_at FROM article WHERE source = ?", name)
    assert len(rows) == 1
    state, fault, due = rows[0]
    if PAGES[name][2] is None:
        assert state in {"fetched", "failed", "wanted"}
        return
    assert state == PAGES[name][2]
    assert fault.partition(":")[0] == PAGES[name][3]
    assert (due is not None) == (state == "wanted"), "what may come back is tried again"


def test_texts(polled):
    folder, _, errors = polled
    titles = {row[0] for row in ask(folder, "SELECT title FROM text_version")}
    assert {"Заголовок новости", "Bold & plain", "Without a link", "Of 1970", "Of 2100", "Of none"} <= titles
    guesses = ask(folder, "SELECT count(*) FROM article WHERE source = 'years' AND published_origin = 'guess'")
    assert guesses == [(3,)]
    assert "Traceback" not in errors
    assert ask(folder, "SELECT etag FROM source WHERE id = 'half'") == [("",)], "or the rest would never be asked for"
    pauses = ask(
        folder,
        "SELECT next_poll_at > strftime('%Y-%m-%dT%H:%M:%f', 'now', '+9 minutes') FROM source WHERE id = 'limited'",
    )
    assert pauses == [(1,)]
