"""`khasan sources` as a user meets it: processes, the press on loopback, exit codes, and what is left on the disk."""

import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from khasan.demo.faults import Fault
from khasan.demo.press import Press
from khasan.overlay import toml_table
from storage.archive import lock_path, open_archive
from storage.hosts import rest_host, resting_hosts
from storage.lock import DataLock
from storage.model import Rest
from tests.conftest import ROOT

CONFIG = """
[collect]
contact = "desk@example.org"
delay = {delay}
timeout = 3
workers = 1
private_hosts = ["127.0.0.0/8"]
[topic]
name = "{topic}"
"""
LEXICON = """
[gate]
any = ["kp"]
[[concept]]
id = "kp"
category = "actor"
en = { name = "North Korea", forms = ["north korea*"] }
"""
KINDS = ("feeds", "sitemaps", "listings", "telegram")
COURIER, VARTA, KURJER, ANBO, GAZETTE, NEWS, REGISTER, LOST = (
    "demo-tumen-courier", "demo-skhidna-varta", "demo-amurskij-kurjer", "demo-hanbando-anbo", "demo-harbour-gazette",
    "demo-saebyeok-news", "demo-northern-register", "demo-lost-signal",
)  # fmt: skip


@pytest.fixture
def press():
    with Press(began=datetime.now(UTC)) as running:
        yield running


@pytest.fixture
def bare(tmp_path):
    """A folder with a topic of two sources, which are never asked here."""
    outlets = [("yonhap", "Yonhap", ""), ("bbc", "BBC", "")]
    urls = {"yonhap-en": "https://en.yna.co.kr/RSS/news.xml", "bbc-en": "https://feeds.bbci.co.uk/news/world/rss.xml"}
    sources = [
        {"id": name, "outlet": name[:-3], "name": name, "url": url, "language": "en"} for name, url in urls.items()
    ]
    return make_desk(tmp_path, sources, outlets)


@pytest.fixture
def stock(tmp_path):
    """A folder with the topic that Khasan comes with, whose sources are never asked here."""
    (tmp_path / "khasan.toml").write_text(CONFIG.format(topic="nk-russia", delay=0))
    return tmp_path


@pytest.fixture
def desk(tmp_path, press):
    """A folder with a topic of the press's sources, all kinds but searches."""
    return make_desk(tmp_path, press.sources(KINDS), press.publishers(KINDS))


def make_desk(folder, sources, outlets=(), delay=0):
    topic = folder / "own"
    topic.mkdir()
    (folder / "khasan.toml").write_text(CONFIG.format(topic="own", delay=delay))
    tables = [
        toml_table("outlet", {"id": safe(one), "name": name}) for one, name, _ in outlets or [("paper", "Paper", "")]
    ]
    for one in sources:
        given = (
            {key: value for key, value in one.items() if value not in {"", None} or key == "pages"}
            if "listing" not in one
            else one
        )
        tables.append(toml_table("source", given | {"outlet": safe(str(one.get("outlet", "paper")))}))
    (topic / "sources.toml").write_text("\n".join(tables))
    (topic / "lexicon.toml").write_text(LEXICON)
    (topic / "rules.toml").write_text('[[rule]]\nid = "guns"\nname = "Guns"\nquery = "guns"\n')
    return folder


def safe(outlet):
    return outlet.replace("-", "_")


def overlay(folder):
    """What the overlay says of its sources, by id."""
    file = folder / "topic/sources.toml"
    tables = tomllib.loads(file.read_text()).get("source", []) if file.exists() else []
    return {one["id"]: one for one in tables}


def by_id(done):
    return {one["id"]: one for one in json.loads(done.stdout)}


# check


def test_check_tells_what_each_kind_brings(desk, press, run):
    press.robots(press.outlet(VARTA), "User-agent: *\nCrawl-delay: 0.3\nAllow: /\n")
    found = by_id(run("sources", "check", "--json", code=1, cwd=desk))  # one outlet is down
    assert {name: one["verdict"] for name, one in found.items()} == {
        name: "look" if name == LOST else "works" for name in found
    }
    assert {one["kind"] for one in found.values()} == set(KINDS)
    assert found[LOST]["outcome"] == "connect"
    assert found[KURJER]["encoding"] == "cp1251"
    assert found[KURJER]["language"] == "ru"
    assert found[VARTA]["robots"] == {"allowed": True, "delay": 0.3}
    assert found["demo-prigranichje"]["text"] == "whole"
    assert found["demo-dumangang-journal"]["text"] == "titles"
    assert found["demo-chornomorskyi-visnyk"]["listed"] > found["demo-chornomorskyi-visnyk"]["entries"] > 0
    assert found[COURIER]["entries"] == sum(story.round == 1 for story in press.stories[press.outlet(COURIER)])
    assert datetime.fromisoformat(found[COURIER]["newest_at"]) <= datetime.now(UTC)
    assert not (desk / "khasan.db").exists(), "nothing is stored"


def test_check_shows_the_bad_first_and_fits_a_terminal(desk, run):
    done = run("sources", "check", code=1, cwd=desk, env={"COLUMNS": "80"})
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout.index(LOST) < done.stdout.index(COURIER)
    assert "connect" in done.stdout
    assert "11 sources tried" in done.stdout
    assert "10 work, 0 cannot be read, 1 failed" in " ".join(done.stdout.split())


def test_check_of_one_with_its_page(desk, run):
    done = run("sources", "check", COURIER, "--page", code=0, cwd=desk)
    assert re.search(r"page +\d{3,} characters, “.+?”", done.stdout, re.DOTALL)
    page = by_id(run("sources", "check", COURIER, "--page", "--json", code=0, cwd=desk))[COURIER]["page"]
    assert page["length"] > 300
    assert page["outcome"] == "new"


@pytest.mark.parametrize(
    ("ids", "said"), [(["demo-tumen-courrier"], 'did you mean "demo-tumen-courier"'), ([COURIER, "--all"], "not both")]
)
def test_check_called_wrongly(desk, run, ids, said):
    assert said in run("sources", "check", *ids, code=2, cwd=desk).stderr


def broken(press):
    """Break outlets in many ways. Returns which of them are dead for good."""
    hosts = {one.id: one.host for one in press.outlets}
    press.fault(hosts[COURIER], Fault.refuse(404))
    press.fault(hosts[VARTA], Fault.wall("cloudflare"))
    press.fault(hosts[KURJER], Fault.refuse(503))
    press.fault(hosts[ANBO], Fault.hang())
    press.fault(
        press.list_url(press.outlet(GAZETTE), "feeds"),
        Fault.raw(b"<!doctype html><p>Our new site</p>", {"Content-Type": "text/html"}),
    )
    press.fault(hosts[NEWS], Fault.refuse(429, retry_after=900))
    press.robots(press.outlet(REGISTER), "User-agent: *\nDisallow: /\n")
    return {COURIER, VARTA, GAZETTE, REGISTER}


@pytest.mark.slow
def test_check_disables_what_is_dead_and_not_what_may_pass(desk, press, run):
    dead = broken(press)
    (desk / "topic").mkdir()
    (desk / "topic/sources.toml").write_text(
        '# mine\n[[source]]\nid = "demo-prigranichje"\nenabled = false\nreason = "slow"\n'
    )
    done = run("sources", "check", "--all", code=1, cwd=desk)
    assert "To be disabled with --yes: " in done.stdout
    assert set(overlay(desk)) == {"demo-prigranichje"}, "nobody was there to be asked"
    done = run("sources", "check", "--all", "--yes", "--json", code=1, cwd=desk)
    assert "Disabled, but works: khasan sources enable demo-prigranichje" in done.stderr
    written, found = overlay(desk), by_id(done)
    assert set(written) == dead | {"demo-prigranichje"}
    assert all(written[one]["enabled"] is False for one in dead)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert written[COURIER]["reason"] == f"checked {today}: HTTP 404"
    assert "robots.txt" in written[REGISTER]["reason"]
    assert (desk / "topic/sources.toml").read_text().startswith("# mine\n")
    assert {one for one, facts in found.items() if facts["verdict"] == "dead"} == dead
    outcomes = [found[one]["outcome"] for one in (KURJER, ANBO, NEWS)]
    assert outcomes == ["server", "timeout", "server"], "a server that fails wholly does so for robots.txt too"


def test_check_is_fine_once_what_is_dead_is_disabled(tmp_path, press, run, run_cold):
    sources = [one for one in press.sources() if one["id"] in {COURIER, VARTA, GAZETTE, NEWS}]
    desk = make_desk(tmp_path, sources, press.publishers())
    press.fault(press.outlet(COURIER).host, Fault.refuse(410))
    assert run("sources", "check", COURIER, code=1, cwd=desk).stdout.startswith("fails")
    run("sources", "check", "--all", "--yes", code=0, cwd=desk)
    run_cold("sources", "check", code=0, cwd=desk)


def test_a_machine_without_network_disables_nothing(tmp_path, run):
    sources = [{"id": f"s{n}", "name": "S", "url": f"http://127.0.9.{n}:9/rss"} for n in range(1, 6)]
    desk = make_desk(tmp_path, sources)
    assert "this machine's network" in run("sources", "check", "--all", "--yes", code=1, cwd=desk).stdout
    assert not overlay(desk)


def test_rests_are_obeyed_and_handed_on_and_nothing_else_is_stored(tmp_path, press, run):
    sources = [one for one in press.sources() if one["id"] in {COURIER, VARTA, GAZETTE, NEWS}]
    desk = make_desk(tmp_path, sources, press.publishers())
    now = datetime.now(UTC)
    until = now.replace(year=now.year + 1)
    with open_archive(desk / "khasan.db") as archive:
        archive.write(rest_host, Rest(press.outlet(VARTA).host, until, "HTTP 429"))
    press.fault(press.outlet(NEWS).host, Fault.refuse(429, retry_after=900))
    found = by_id(run("sources", "check", "--json", code=1, cwd=desk))
    assert (found[VARTA]["outcome"], found[VARTA]["verdict"]) == ("refused", "look")
    assert not [hit for hit in press.hits if hit.host == press.outlet(VARTA).host], "it rests"
    with open_archive(desk / "khasan.db") as archive:
        assert set(archive.read(resting_hosts, now)) == {press.outlet(VARTA).host, press.outlet(NEWS).host}
    connection = sqlite3.connect(desk / "khasan.db")
    for table in ("article", "source", "poll", "robots"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    connection.close()


def test_one_host_is_asked_at_its_pace(tmp_path, press, run):
    url = press.feed_url(press.outlet(COURIER))
    sources = [{"id": f"s{n}", "name": "S", "url": f"{url}?n={n}"} for n in range(4)]
    desk = make_desk(tmp_path, sources, delay=0.5)
    run("sources", "check", code=0, cwd=desk)
    hits = [hit for hit in press.hits if hit.host == press.outlet(COURIER).host]
    assert [hit.path for hit in hits].count("/robots.txt") == 1
    pauses = [later.at - earlier.at for earlier, later in pairwise(hits[1:])]
    assert min(pauses) > 0.2, "Scrapy's delay is half to one and a half times what is set"
    assert sum(pauses) > 0.3 * len(pauses)


@pytest.mark.slow
def test_ctrl_c_ends_a_check(tmp_path, press):
    sources = [{"id": f"s{n}", "name": "S", "url": f"{press.feed_url(press.outlet(COURIER))}?n={n}"} for n in range(30)]
    desk = make_desk(tmp_path, sources, delay=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "khasan", "sources", "check"], cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while len(press.hits) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert re.search(r"stopped; \d+ of 30 sources were not tried", err)
    assert "s0" in out


# add


def test_add_finds_the_feed_writes_it_and_it_is_read(bare, press, run):
    (bare / "topic").mkdir()
    (bare / "topic/sources.toml").write_text("# mine\n")
    done = run(
        "sources",
        "add",
        press.url(press.outlet(COURIER), press.stories[press.outlet(COURIER)][0]),
        "--yes",
        "--id",
        "tumen",
        code=0,
        cwd=bare,
    )
    written = overlay(bare)["tumen"]
    assert written["url"] == press.feed_url(press.outlet(COURIER))
    assert (written["name"], written["language"], written["pages"]) == ("Tumen Courier", "en", "candidates")
    assert (bare / "topic/sources.toml").read_text().startswith("# mine\n")
    assert "khasan poll tumen" in done.stdout
    assert "2  sitemaps" in done.stdout
    assert [one["outcome"] for one in json.loads(run("poll", "tumen", "--json", code=0, cwd=bare).stdout)] == ["new"]
    assert (
        "is a source already: tumen"
        in run("sources", "add", press.feed_url(press.outlet(COURIER)), code=1, cwd=bare).stderr
    )
    listed = by_id(run("sources", "list", "--json", code=0, cwd=bare))["tumen"]
    assert (listed["declared"], listed["outcome"], listed["kind"]) == ("own", "new", "feeds")


@pytest.mark.parametrize(
    ("outlet", "kind", "text"),
    [
        (COURIER, "sitemaps", "titles"),
        pytest.param(COURIER, "listings", "titles", marks=pytest.mark.slow),
        pytest.param("demo-prigranichje", "telegram", "whole", marks=pytest.mark.slow),
    ],
)
def test_add_of_other_kinds(bare, press, run, outlet, kind, text):  # noqa: PLR0917
    press.publish(3)
    url = press.list_url(press.outlet(outlet), kind)
    found = json.loads(run("sources", "add", url, "--kind", kind, "--json", code=0, cwd=bare).stdout)
    assert (found["candidates"][0]["kind"], found["candidates"][0]["text"], found["added"]) == (kind, text, [])
    assert len(found["candidates"][0]["newest"]) >= 1
    assert not overlay(bare), "JSON shows and adds nothing"
    found = json.loads(
        run("sources", "add", url, "--kind", kind, "--json", "--yes", "--pages", "never", code=0, cwd=bare).stdout
    )
    (id_,) = found["added"]
    assert overlay(bare)[id_]["kind"] == kind
    assert by_id(run("sources", "check", id_, "--json", code=0, cwd=bare))[id_]["entries"] > 2


def bare_site(press, host, robots="User-agent: *\nAllow: /\n", **paths):
    """A site of its own: paths by their last part."""
    press.add(host, "/robots.txt", robots.encode(), headers={"Content-Type": "text/plain"})
    return press.add(
        host,
        "/",
        b"<!doctype html><title>Border Post</title><p>Nothing here names a feed.</p>",
        headers={"Content-Type": "text/html"},
    )


def feed(title="Post", count=5, link="http://127.0.7.1/a"):
    now = f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT"
    items = "".join(
        f"<item><title>Wagons cross the river, day {n}</title><link>{link}{n}</link><pubDate>{now}</pubDate></item>"
        for n in range(count)
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'.encode()


def test_add_guesses_politely_where_nothing_is_named(bare, press, run):
    url = bare_site(press, "127.0.7.1")
    press.add("127.0.7.1", "/feed.xml", feed(), headers={"Content-Type": "text/xml"})
    (found,) = json.loads(run("sources", "add", url, "--json", code=0, cwd=bare).stdout)["candidates"]
    assert found["url"] == f"{url}feed.xml"
    assert found["why"] == "a common address"
    asked = [hit.path for hit in press.hits if hit.host == "127.0.7.1"]
    assert asked[:2] == ["/robots.txt", "/"]
    assert asked.count("/robots.txt") == 1
    assert len(asked) <= 12
    assert "/atom.xml" not in asked, "one that is right is enough"


def test_add_does_not_ask_what_robots_forbids(bare, press, run):
    url = bare_site(press, "127.0.7.1", robots="User-agent: *\nDisallow: /feed\nDisallow: /rss\n")
    press.add("127.0.7.1", "/feed.xml", feed())
    run("sources", "add", url, code=1, cwd=bare)
    assert not [hit for hit in press.hits if hit.path.startswith(("/feed", "/rss"))]


def test_add_stops_guessing_where_it_is_refused(bare, press, run):
    url = bare_site(press, "127.0.7.1")
    press.add("127.0.7.1", "/feed", b"go away", status=403)
    run("sources", "add", url, code=1, cwd=bare)
    assert len([hit for hit in press.hits if hit.host == "127.0.7.1"]) <= 6


def test_add_takes_news_before_comments_and_looks_behind_a_page_of_feeds(bare, press, run):
    host = "127.0.7.1"
    bare_site(press, host)
    press.add(host, "/comments/feed", feed("Comments on all", link="http://127.0.7.1/c"))
    press.add(host, "/rss/world.rss", feed("World", link="http://127.0.7.1/w"))
    press.add(
        host,
        "/rss",
        b'<!doctype html><title>RSS</title><a href="/rss/world.rss">World</a>',
        headers={"Content-Type": "text/html"},
    )
    page = b'<!doctype html><title>Post</title><link rel="alternate" type="application/rss+xml" href="/comments/feed"><a href="/rss">RSS</a>'
    url = press.add(host, "/", page, headers={"Content-Type": "text/html"})
    found = json.loads(run("sources", "add", url, "--json", code=0, cwd=bare).stdout)["candidates"]
    assert [one["url"] for one in found] == [f"{url}rss/world.rss", f"{url}comments/feed"]


def test_add_without_a_terminal_shows_and_adds_nothing(bare, press, run_cold):
    done = run_cold("sources", "add", press.feed_url(press.outlet(COURIER)), code=2, cwd=bare)
    assert "1  feeds" in done.stdout
    assert "--yes adds the first" in done.stderr
    assert not overlay(bare)


def test_add_asks_on_a_terminal(bare, press):
    master, slave = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "khasan", "sources", "add", press._base(press.outlet(COURIER).host) + "/"]
    process = subprocess.Popen(command, cwd=bare, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    said, answered = b"", 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([master], [], [], 0.2)[0]:
            try:
                said += os.read(master, 65536)
            except OSError:
                break
        if said.count(b"Add which?") > answered:
            answered += 1
            os.write(master, b"7\n" if answered == 1 else b"2, 1\n")
    assert process.wait(10) == 0, said.decode()
    os.close(master)
    assert answered == 2, "a number that is none is asked for again"
    assert [one.get("kind", "feeds") for one in overlay(bare).values()] == ["sitemaps", "feeds"]


def test_add_dry_run_shows_what_would_be_written(bare, press, run):
    done = run(
        "sources",
        "add",
        press.feed_url(press.outlet(COURIER)),
        "--dry-run",
        "--outlet",
        "tumen",
        "--name",
        "Tumen",
        code=0,
        cwd=bare,
    )
    table = tomllib.loads(done.stdout[done.stdout.index("[[outlet]]") :].replace("Nothing was written.", ""))
    assert table["outlet"] == [{"id": "tumen", "name": "Tumen"}]
    assert table["source"][0]["outlet"] == "tumen"
    assert not overlay(bare)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "expected an address"),
        (["file:///etc/passwd"], "expected an address"),
        (["http://127.0.1.1/", "--kind", "feed"], 'did you mean "feeds"'),
        (["http://127.0.1.1/", "--kind", "search"], "declared by hand"),
        (["http://127.0.1.1/", "--pages", "some"], "expected one of all, candidates, never"),
        (["http://127.0.1.1/", "--id", "No Good"], "expected the shape"),
        (["http://127.0.1.1/", "--id", "yonhap-en"], "there is a source yonhap-en already"),
    ],
)
def test_add_called_wrongly(bare, run, arguments, said):
    assert said in run("sources", "add", *arguments, code=2, cwd=bare).stderr


def test_add_of_what_cannot_be_read(bare, press, run):
    assert "refused" in run("sources", "add", "http://127.0.9.9:9/", code=1, cwd=bare).stderr
    press.fault(press.outlet(COURIER).host, Fault.refuse(403))
    assert "HTTP 403" in run("sources", "add", press.feed_url(press.outlet(COURIER)), code=1, cwd=bare).stderr
    url = press.add("127.0.7.2", "/", b"%PDF-1.7 x", headers={"Content-Type": "application/pdf"})
    assert "nothing by which it can be read" in run("sources", "add", url, code=1, cwd=bare).stderr


def test_add_of_what_is_not_public(bare, press, run):
    (bare / "khasan.toml").write_text(CONFIG.format(topic="own", delay=0).replace('"127.0.0.0/8"', ""))
    assert (
        "not a public address" in run("sources", "add", press.feed_url(press.outlet(COURIER)), code=1, cwd=bare).stderr
    )
    assert not press.hits


def test_add_of_what_is_disabled_says_how_to_watch_it(desk, press, run):
    run("sources", "disable", COURIER, "--reason", "slow", code=0, cwd=desk)
    assert (
        f"khasan sources enable {COURIER}"
        in run("sources", "add", press.feed_url(press.outlet(COURIER)), code=1, cwd=desk).stderr
    )


# list, enable, disable, remove


def test_disable_and_enable_a_source_of_the_topic(bare, run):
    done = run("sources", "disable", "yonhap-en", "bbc-en", "--reason", "slow from here", code=0, cwd=bare)
    assert "Disabled: yonhap-en, bbc-en." in done.stdout
    assert overlay(bare)["yonhap-en"] == {"id": "yonhap-en", "enabled": False, "reason": "slow from here"}
    listed = by_id(run("sources", "list", "--all", "--json", code=0, cwd=bare))
    assert (listed["yonhap-en"]["enabled"], listed["yonhap-en"]["reason"], listed["yonhap-en"]["declared"]) == (
        False,
        "slow from here",
        "changed",
    )
    assert "yonhap-en" not in run("sources", "list", code=0, cwd=bare).stdout.split()
    assert (
        "disabled: slow from here" in run("sources", "list", "--all", code=0, cwd=bare, env={"COLUMNS": "200"}).stdout
    )
    assert "yonhap-en is disabled already" in run("sources", "disable", "yonhap-en", code=0, cwd=bare).stdout
    run("sources", "enable", "yonhap-en", code=0, cwd=bare)
    assert set(overlay(bare)) == {"bbc-en"}, "the overlay need say no more of it"
    assert "yonhap-en is enabled already" in run("sources", "enable", "yonhap-en", code=0, cwd=bare).stdout


def test_enable_keeps_what_else_the_overlay_says(bare, run):
    (bare / "topic").mkdir()
    (bare / "topic/sources.toml").write_text(
        '[[source]]\nid = "yonhap-en"\nenabled = false # for now\ninterval = 1800\nreason = "x"\n'
    )
    run("sources", "enable", "yonhap-en", code=0, cwd=bare)
    assert (
        bare / "topic/sources.toml"
    ).read_text() == '[[source]]\nid = "yonhap-en"\nenabled = true # for now\ninterval = 1800\n'


def test_remove(bare, run):
    (bare / "topic").mkdir()
    own = '# mine\n[[outlet]]\nid = "post"\nname = "Post"\n\n[[source]]\nid = "post-en"\noutlet = "post"\nname = "Post"\nurl = "https://post.example/rss"\n'
    (bare / "topic/sources.toml").write_text(own)
    assert "Removed: post-en" in run("sources", "remove", "post-en", code=0, cwd=bare).stdout
    assert (bare / "topic/sources.toml").read_text() == own[: own.index("[[source]]")]
    assert "khasan sources disable yonhap-en" in run("sources", "remove", "yonhap-en", code=1, cwd=bare).stderr
    assert 'did you mean "yonhap-en"' in run("sources", "remove", "yonhap-enn", code=2, cwd=bare).stderr


def test_a_change_that_would_break_the_topic_is_not_written(bare, run):
    (bare / "topic").mkdir()
    own = '[[source]]\nid = "post-en"\nenabled = false\noutlet = "gone"\nname = "Post"\nurl = "https://post.example/rss"\n'
    (bare / "topic/sources.toml").write_text(own)
    done = run("sources", "disable", "yonhap-en", code=2, cwd=bare)  # it is broken already
    assert 'found "gone"' in done.stderr
    assert (bare / "topic/sources.toml").read_text() == own


def test_the_daemon_takes_changes_up(stock, run_cold):
    with DataLock(lock_path(stock / "khasan.db")):
        assert (
            f"The daemon (process {os.getpid()}) takes it up by itself"
            in run_cold("sources", "disable", "yonhap-en", code=0, cwd=stock).stdout
        )


def test_list_fits_a_terminal(stock, run):
    done = run("sources", "list", "--all", code=0, cwd=stock, env={"COLUMNS": "80"})
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert re.search(r"Watched: \d+ sources\. Disabled: \d+\.", done.stdout)


# import and export

OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Desk</title></head><body><outline text="Korea">
<outline type="rss" text="Courier" xmlUrl="{courier}" language="en-us"/><outline type="rss" text="Courier again" xmlUrl="{courier}"/>
<outline type="rss" text="Gone" xmlUrl="{gone}"/><outline type="rss" text="Yonhap" xmlUrl="{yonhap}"/>
<outline text="Channel" xmlUrl="https://t.me/tumen_courier"/><outline text="Broken" type="rss" xmlUrl="nowhere:"/></outline></body></opml>"""


def test_import(bare, press, run):
    yonhap = by_id(run("sources", "list", "--json", code=0, cwd=bare))["yonhap-en"]["url"]
    file = bare / "desk.opml"
    file.write_text(
        OPML.format(courier=press.feed_url(press.outlet(COURIER)), gone="http://127.0.9.9:9/rss", yonhap=yonhap)
    )
    done = run("sources", "import", file, code=2, cwd=bare)
    assert "--yes adds them" in done.stderr
    assert not overlay(bare)
    assert "Nothing was written" in run("sources", "import", file, "--dry-run", code=0, cwd=bare).stdout
    done = run("sources", "import", file, "--yes", code=0, cwd=bare)
    assert "New: 3. Watched already: 1. Twice in the file: 1." in done.stdout
    assert "Broken" in done.stderr
    written = overlay(bare).values()
    assert [(one["name"], one.get("kind", "feeds"), one["pages"]) for one in written] == [
        ("Courier", "feeds", "candidates"), ("Gone", "feeds", "candidates"), ("Channel", "telegram", "never"),
    ]  # fmt: skip
    assert [one.get("language") for one in written] == ["en", None, None]
    assert "New: 0. Watched already: 4." in run("sources", "import", file, "--yes", code=0, cwd=bare).stdout


def test_import_leaves_out_what_cannot_be_read(bare, press, run_cold):
    file = bare / "desk.opml"
    gone = press.add("127.0.7.1", "/rss", b"", status=404)
    outlines = [press.feed_url(press.outlet(VARTA)), gone, press.feed_url(press.outlet(KURJER))]
    file.write_text("<opml><body>" + "".join(f'<outline xmlUrl="{one}"/>' for one in outlines) + "</body></opml>")
    found = json.loads(run_cold("sources", "import", file, "--check", "--yes", "--json", code=0, cwd=bare).stdout)
    assert found["left_out"] == [{"url": gone, "reason": "gone, HTTP 404"}]
    assert len(found["added"]) == 2
    assert [one["language"] for one in overlay(bare).values()] == ["uk", "ru"]


def test_import_of_what_is_no_list(bare, run):
    file = bare / "x.opml"
    file.write_text("<html>")
    assert "an HTML page" in run("sources", "import", file, code=1, cwd=bare).stderr
    assert "cannot be read" in run("sources", "import", bare / "none.opml", code=2, cwd=bare).stderr


def test_what_is_exported_is_watched_already(desk, run):
    done = run("sources", "export", code=0, cwd=desk)
    (desk / "out.opml").write_text(done.stdout)
    assert "2 sources of other kinds are left out" in done.stderr
    assert "New: 0. Watched already: 9." in run("sources", "import", "out.opml", code=0, cwd=desk).stdout
