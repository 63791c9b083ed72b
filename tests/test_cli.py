"""The command line as a user meets it: in processes, with exit codes, and never a traceback for his own mistakes."""

import asyncio
import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from khasan.assemble import assemble
from khasan.config import load_config
from scheduler.review import review_due
from storage.archive import lock_path, open_archive
from storage.entries import store_poll
from storage.hosts import rest_host
from storage.lock import DataLock
from storage.model import (
    ArticleText,
    Entry,
    Outcome,
    Outlet,
    PageResult,
    Pages,
    PollResult,
    Precision,
    Published,
    Rest,
    Source,
    TimeOrigin,
)
from storage.outbox import mails, mark_failed
from storage.pages import store_page
from storage.sources import sync_topic

ROOT = Path(__file__).parents[1]
NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = """
[collect]
private_hosts = ["127.0.0.0/8"]
contact = "desk@example.org"
[[reader]]
name = "ann"
address = "ann@example.org"
zone = "Europe/Kyiv"
[[reader]]
name = "bob"
address = "bob@example.org"
rules = ["arms"]
"""
PAGE = """<html lang="en"><head><title>Wagons cross the Tumen</title>
<meta property="article:published_time" content="2026-11-20T10:00:00+02:00"></head><body><article><h1>Wagons cross the Tumen</h1>
<p>Forty wagons crossed the bridge over the Tumen river on Thursday, a railway worker in Khasan said, and twenty more stood
waiting on the other side until the evening came down.</p><p>Nobody at the station would say what was in them. The wagons were
sealed, and soldiers stood at both ends of the train for as long as it waited.</p></article></body></html>"""


@pytest.fixture
def several(warm):
    """Run commands one after the other. several(folder, (code, argument, …), …) → CompletedProcess for each."""

    def checked(cwd, *lines):
        results = [warm(*arguments, cwd=cwd) for _, *arguments in lines]
        for (code, *_), one in zip(lines, results, strict=True):
            assert one.returncode == code, one
        return results

    return checked


@pytest.fixture
def home(tmp_path):
    """A folder with a configuration and no data."""
    (tmp_path / "khasan.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def fill(folder):
    """An archive of three articles: one old, one that alerted two readers and has a page, one that failed to reach bob."""
    setup = assemble(load_config(folder / "khasan.toml", {}))
    paper = Source("paper-en", "paper", "The Paper", "https://paper.example/feed", pages=Pages.ALL)
    dead = Source("dead-en", "paper", "The Dead", "https://dead.example/feed")

    def entry(number, title, text):
        url = f"https://paper.example/{number}"
        published = Published(NOW - timedelta(minutes=9 - number), "+00:00", Precision.MINUTE, TimeOrigin.FEED)
        return Entry(str(number), url, url, title, text, ("A. Lee",), published=published, sha256=str(number))

    def poll(at, *entries):
        return PollResult("paper-en", at, Outcome.NEW, at + timedelta(minutes=15), entries, 200)

    shells = "North Korea has sent Russia shells and missiles, officials in Seoul said."
    with open_archive(folder / "khasan.db") as archive:
        archive.write(sync_topic, [Outlet("paper", "The Paper")], [paper, dead], NOW)
        archive.write(store_poll, poll(NOW, entry(1, "A ferry in the bay", "It takes forty cars.")))
        archive.write(store_poll, poll(NOW, entry(2, "Shells for [Moscow]", shells)))
        no = PollResult("dead-en", NOW, Outcome.DNS, NOW + timedelta(hours=1), detail="no such host")
        archive.write(store_poll, no)
        for article, text in ((1, "It takes forty cars."), (2, f"{shells}\nRussia denies it.")):
            title = "A ferry in the bay" if article == 1 else "Shells for [Moscow]"
            page = ArticleText(title, text, ("A. Lee",), language="en")
            html = gzip.compress(PAGE.encode()) if article == 2 else b""
            archive.write(
                store_page,
                PageResult(article, f"https://paper.example/{article}", NOW, Outcome.NEW, page, 200, html=html),
            )
        asyncio.run(review_due(archive, lambda: setup, lambda: NOW))
        bobs = next(mail for mail in archive.read(mails) if mail.reader == "bob")
        archive.write(mark_failed, bobs.id, "550 no such mailbox", None)
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A small archive that tests only look at."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "khasan.toml").write_text(CONFIG, encoding="utf-8")
    return fill(folder)


def documented(command):
    """The JSON that docs/commands.md shows for a command."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").partition(f"\n## khasan {command}\n")[2]
    return json.loads(re.search(r"```json\n(.*?)```", text.partition("\n## ")[0], re.DOTALL)[1])


def alike(shown, found, where="$"):
    """Whether JSON has the keys that the documents show. What has keys of its own kind is left out."""
    if where.endswith((".counts.outbox", ".body")):
        return
    if isinstance(shown, dict) and isinstance(found, dict):
        assert set(shown) == set(found), where
        for key in shown:
            alike(shown[key], found[key], f"{where}.{key}")
    elif isinstance(shown, list) and isinstance(found, list):
        for one in found[:1] if shown else ():
            alike(shown[0], one, where)
    elif shown is not None and found is not None:
        assert type(shown) is type(found), where


# --- help


def test_help_is_quick_and_loads_nothing_heavy():
    script = (
        "import resource, sys\nfrom khasan.cli import main\nsys.argv = ['khasan', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "heavy = {'scrapy', 'twisted', 'trafilatura', 'feedparser', 'pebble', 'apscheduler', 'lxml', 'luqum'} & set(sys.modules)\n"
        "print(used.ru_utime + used.ru_stime, sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    cpu, _, heavy = done.stderr.partition(" ")
    assert float(cpu) < 1
    assert heavy.strip() == "[]"
    assert "poll" in done.stdout
    assert not re.search(r"\.\.\.$", done.stdout.partition("Commands:")[2], re.MULTILINE)  # every command's line fits


def test_version_no_command_and_a_wrong_one(run_cold, tmp_path):
    assert re.fullmatch(r"khasan \d+\.\d+\.\d+\n", run_cold("--version", cwd=tmp_path, code=0).stdout)
    assert "Usage: khasan" in run_cold(cwd=tmp_path, code=2).stderr
    assert "No such command" in run_cold("statsu", cwd=tmp_path, code=2).stderr


# --- init and check


def test_init_then_check_then_never_over_what_is_there(run_cold, tmp_path):
    done = run_cold("init", "my data", cwd=tmp_path, code=0)
    assert "[[reader]]" in done.stdout
    files = {path: path.read_bytes() for path in (tmp_path / "my data").rglob("*.toml")}
    assert {path.name for path in files} == {"khasan.toml", "sources.toml", "lexicon.toml", "rules.toml"}
    checked = run_cold("--config", "my data/khasan.toml", "check", cwd=tmp_path, code=0)
    assert "fine" in checked.stdout
    assert checked.stdout.count("advice") == 3
    (tmp_path / "my data" / "khasan.toml").unlink()
    again = run_cold("init", "my data", cwd=tmp_path, code=2)
    assert again.stderr.startswith("khasan: ")
    assert "nothing was written" in again.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "my data").rglob("*.toml")}.items() < files.items()


def test_check_names_every_fault_of_the_overlay(several, home):
    topic = home / "topic"
    topic.mkdir()
    (topic / "rules.toml").write_text(
        '[[rule]]\nid = "guns"\nname = "Guns"\nquery = "koksan AND (russia"\n', encoding="utf-8"
    )
    (topic / "sources.toml").write_text('[[source]]\nid = "tass-en"\nenable = false\n', encoding="utf-8")
    done, answer = several(home, (2, "check"), (2, "check", "--json"))
    assert "rules.toml: rule guns: character 12: the bracket opened here is never closed" in done.stderr
    assert 'sources.toml: source tass-en.enable: unknown key; did you mean "enabled"?' in done.stderr
    assert all(line.startswith("wrong ") for line in done.stderr.splitlines())
    answer = json.loads(answer.stdout)
    alike(documented("check"), answer)
    assert len(answer["problems"]) == 2


def test_check_says_how_each_reader_is_told(run, home):
    more = 'immediate = false\ndigest = "weekdays 07:30"\nquiet = "22:00-07:00"\nleast_relevance = 0.25\n'
    cat = '[[reader]]\nname = "cat"\naddress = "cat@example.org"\ndelay_minutes = 10\ndigest = "mon 08:00"\n'
    (home / "khasan.toml").write_text(CONFIG + more + cat, encoding="utf-8")
    lines = run("check", cwd=home, code=0).stdout.splitlines()
    assert [line.removeprefix("reader").strip() for line in lines if line.startswith("reader ")] == [
        "ann: at once (Europe/Kyiv)",
        "bob: digest weekdays 07:30, quiet 22:00-07:00, from relevance 0.25 (UTC)",
        "cat: after 10 min, digest mon 08:00 (UTC)",
    ]


def test_check_names_every_fault_of_the_configuration(run, home):
    (home / "khasan.toml").write_text(CONFIG + '[log]\nlevel = "loud"\n[data]\ndatabse = "x"\n', encoding="utf-8")
    for command in ("check", "status"):
        lines = run(command, cwd=home, code=2, env={"KHASAN_COLLECT__WORKERS": "many"}).stderr.splitlines()
        assert [re.sub(r"^(wrong +|khasan: )", "", line).split(":")[1].strip() for line in lines] == [
            "data.databse", "KHASAN_COLLECT__WORKERS", "log.level",
        ]  # fmt: skip
    (home / "khasan.toml").write_text(CONFIG.replace('"arms"', '"arm"'), encoding="utf-8")
    assert (
        'reader bob.rules: found "arm", which is no rule; did you mean "arms"?' in run("check", cwd=home, code=2).stderr
    )


def held(database):
    """All that is in a database, or the bytes of a file that is none."""
    if not database.exists():
        return None
    try:
        connection = sqlite3.connect(database)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return database.read_bytes()


@pytest.mark.parametrize("kind", ["another file", "damaged", "newer", "another program's", "no folder"])
def test_a_database_that_cannot_be_used_is_left_as_it_is(several, home, kind):
    database = home / "khasan.db"
    if kind == "another file":
        database.write_text("These are my notes, and no database at all.\n", encoding="utf-8")
    elif kind == "damaged":
        fill(home)
        whole = bytearray(database.read_bytes())
        whole[4096:20480] = os.urandom(16384)
        database.write_bytes(whole)
    elif kind == "newer":
        open_archive(database).close()
        with sqlite3.connect(database) as connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('khasan', 'm999_future', '')"
            )
    elif kind == "another program's":
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE songs (title TEXT)")
    else:
        (home / "khasan.toml").write_text(CONFIG + '[data]\ndatabase = "khasan.toml/x.db"\n', encoding="utf-8")
    before = held(database)
    command = ("import", "--jsonl", "-") if kind == "no folder" else ("status",)
    checked, used = several(home, (1, "check"), (1, *command))
    (wrong,) = [line for line in checked.stderr.splitlines() if line.startswith("wrong")]
    words = {
        "newer": "m999_future",
        "another program's": "another program",
        "no folder": "no folder",
        "another file": "not an SQLite",
    }
    assert words.get(kind, "damaged") in wrong or "cannot be used as a database" in wrong
    assert used.stderr.startswith("khasan: /")
    assert held(database) == before


def test_without_data_the_commands_that_look_say_so(several, home):
    lines = [(1, "status"), (1, "search", "x"), (1, "show", "1"), (1, "outbox", "list"), (1, "outbox", "retry")]
    assert all("no data yet" in done.stderr for done in several(home, *lines))
    assert list(home.iterdir()) == [home / "khasan.toml"]


# --- looking


def test_status(run, several, archive):
    text = run("status", cwd=archive, code=0).stdout
    assert "Daemon: not running" in text
    assert text.startswith("1 of 2 sources current; The Dead without an address for ")
    assert "2 articles; 2 alerts. Waiting: " in text
    assert "1 mail could not be delivered" in text
    assert text.index("dead-en") < text.index("paper-en")
    assert max(map(len, text.splitlines())) <= 80 + len(str(archive))
    with DataLock(lock_path(archive / "khasan.db")):
        asked, refused = several(archive, (0, "status", "--json"), (1, "run"))
        answer = json.loads(asked.stdout)
        alike(documented("status"), answer)
        assert answer["daemon"] == str(os.getpid())
        assert answer["counts"]["outbox"] == {"dead": 1, "queued": 1}
        assert (
            refused.stderr.splitlines()[-1]
            == f"khasan: another Khasan (process {os.getpid()}) is running on these data; stop it first"
        )


def test_status_leads_with_what_is_wrong(several, home):
    fill(home)
    answers = ((Outcome.REFUSED, "HTTP 403, DDoS-Guard"), (Outcome.GONE, "HTTP 410"), (Outcome.OVERFLOW, "lost"))
    with open_archive(home / "khasan.db") as archive:
        sources = [
            Source(f"s{number}", "paper", f"Source {number}", f"https://s{number}.example/") for number in range(5)
        ]
        archive.write(sync_topic, [Outlet("paper", "The Paper")], sources, NOW)
        for one in sources:
            poll = PollResult(one.id, NOW, Outcome.UNCHANGED, NOW + timedelta(hours=3))
            archive.write(store_poll, replace(poll, moved_to="https://there.example/" if one.id == "s3" else ""))
        for one, (outcome, detail) in zip(sources, answers, strict=False):
            gone = outcome == Outcome.GONE
            poll = PollResult(one.id, NOW, outcome, NOW + timedelta(hours=3), detail=detail, retired=gone)
            archive.write(store_poll, poll)
        archive.write(rest_host, Rest("s0.example", NOW + timedelta(hours=2), "HTTP 429"))
    shown, answer = several(home, (0, "status"), (0, "status", "--json"))
    text, found = shown.stdout, json.loads(answer.stdout)["coverage"]
    said = "3 of 5 sources current; Source 0 refused by DDoS-Guard for N; Source 1 gone for good; Source 2 lost items N ago."
    assert re.sub(r"\d+ min", "N", " ".join(text.split())).startswith(said)
    assert re.sub(r"\d+ min", "N", found["sentence"]) == said
    for line in (
        r"s0 +refused +\d+ min +in \d+ \w+ +HTTP 403, DDoS-Guard", r"s1 +retired +\d+ min +never +HTTP 410", r"s0\.example +in \d+ \w+ +HTTP 429",
        r"s3 +https://there\.example/ \(not yet for good\)", r"s2 +\d+ \w+ ago", r"s4 +unchanged +\d+ \w+ +0",
    ):  # fmt: skip
        assert re.search(f"^{line} *$", text, re.MULTILINE), line
    assert text.index("in trouble") < text.index("s4 ")
    assert max(map(len, text.splitlines())) <= 80 + len(str(home))
    assert (found["current"], found["total"], found["lost_items"]) == (3, 5, ["s2"])
    assert [(one["source"], one["outcome"]) for one in found["trouble"]] == [("s0", "refused"), ("s1", "gone")]


def test_search(several, archive):
    found, first, nothing, fault, day, limit = several(
        archive,
        (0, "search", '"north korea" AND shell*'),
        (0, "search", "ferry OR shells", "--limit", "1", "--json"),
        (0, "search", "ferry", "--since", "2999-01-01"),
        (2, "search", "ferry AND (cars"),
        (2, "search", "ferry", "--since", "soon"),
        (2, "search", "ferry", "--limit", "0"),
    )
    assert "Shells for [Moscow]" in found.stdout
    assert "ferry" not in found.stdout
    (article,) = json.loads(first.stdout)
    alike(documented("show")["article"], article)
    assert article["title"] == "Shells for [Moscow]"
    assert nothing.stdout == "Nothing found.\n"
    assert fault.stderr.splitlines() == [
        "khasan: ferry AND (cars",
        "                  ^ the bracket opened here is never closed",
    ]
    assert "a day such as 2026-11-23" in day.stderr
    assert "--limit" in limit.stderr


def test_show(several, archive):
    text, answer, page, not_kept, nobody, word = several(
        archive,
        (0, "show", "2"),
        (0, "show", "2", "--json"),
        (0, "show", "2", "--html"),
        (1, "show", "1", "--html"),
        (1, "show", "99"),
        (2, "show", "two"),
    )
    for words in ("Shells for [Moscow]", "mail for ann, rule arms", "Russia denies it."):
        assert words in text.stdout
    answer = json.loads(answer.stdout)
    alike(documented("show"), answer)
    assert {decision["reader"] for decision in answer["reviews"][0]["decisions"]} == {"ann", "bob"}
    assert page.stdout == PAGE
    assert "is not kept" in not_kept.stderr
    assert "there is no article 99" in nobody.stderr
    assert "Usage: khasan show" in word.stderr


# --- mails


def test_outbox(several, home):
    fill(home)
    text, dead, wrong, again, dropped, refused, back, none = several(
        home,
        (0, "outbox", "list"),
        (0, "outbox", "list", "--state", "dead", "--json"),
        (2, "outbox", "list", "--state", "ded"),
        (0, "outbox", "retry"),
        (0, "outbox", "drop", "1", "2"),
        (1, "outbox", "drop", "1", "999"),
        (0, "outbox", "retry", "1"),
        (0, "outbox", "list", "--state", "dead"),
    )
    assert "550 no such mailbox" in text.stdout
    dead = json.loads(dead.stdout)
    alike(documented("outbox list"), dead)
    assert [(mail["reader"], mail["last_error"]) for mail in dead] == [("bob", "550 no such mailbox")]
    assert 'did you mean "dead"?' in wrong.stderr
    assert again.stdout == "1 mail queued again.\n"
    assert dropped.stdout == "2 mails dropped.\n"
    assert refused.stdout == "0 mails dropped.\n"
    assert refused.stderr.startswith("khasan: 2 of those named could not be dropped")
    assert back.stdout == "1 mail queued again.\n"
    assert none.stdout == "No mails.\n"


def test_mail_resend(several, home):
    fill(home)
    with open_archive(home / "khasan.db") as archive:
        bobs, anns = (
            sorted(mail.id for mail in archive.read(mails, ("dead",))),
            [mail.id for mail in archive.read(mails, ("queued",))],
        )
    again, refused, word, huge = several(
        home,
        (0, "mail", "resend", *map(str, bobs)),
        (1, "mail", "resend", *map(str, bobs), str(anns[0]), "999"),
        (2, "mail", "resend", "one"),
        (1, "mail", "resend", str(2**70)),
    )
    assert again.stdout == "1 mail queued again.\n"
    assert refused.stdout == "0 mails queued again.\n"
    assert refused.stderr.splitlines() == [
        *(f"khasan: mail {number} is not sent again: it waits to be sent already" for number in (*bobs, anns[0])),
        "khasan: mail 999 is not sent again: there is no such mail; `khasan outbox list` gives numbers",
    ]
    assert "Usage: khasan mail resend" in word.stderr
    assert "there is no such mail" in huge.stderr


def test_mail_test(run, home):
    assert "ann@example.org" in run("mail", "test", "ann", cwd=home, code=0).stdout
    (file,) = (home / "outbox").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"].addresses[0].addr_spec == "ann@example.org"
    assert message["X-Khasan-Kind"] == "test"
    assert run("mail", "test", "anne", cwd=home, code=2).stderr == 'khasan: "anne" is no reader; did you mean "ann"?\n'
    smtp = {
        "KHASAN_SMTP__HOST": "127.0.0.1",
        "KHASAN_SMTP__PORT": "1",
        "KHASAN_SMTP__PASSWORD": "hush",
        "KHASAN_OPERATOR__ADDRESS": "op@example.org",
    }
    refused = run("mail", "test", cwd=home, code=1, env=smtp).stderr
    assert refused.startswith("khasan: not sent to op@example.org: mail server 127.0.0.1: ")
    assert "hush" not in refused


# --- polling


def test_poll_of_a_source_that_is_not_there(run, home):
    done = run("poll", "yonhap-eng", cwd=home, code=2)
    assert done.stderr == 'khasan: "yonhap-eng" is no enabled source; did you mean "yonhap-en"?\n'


def test_scrapy_with_a_configuration_that_cannot_be_used(home):
    (home / "khasan.toml").write_text("[colect]\n", encoding="utf-8")
    environment = os.environ | {"KHASAN_CONFIG": str(home / "khasan.toml")}
    done = subprocess.run([sys.executable, "-m", "scrapy", "list"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == 'khasan.toml: colect: unknown key; did you mean "collect"?\n'


# --- what comes from files


def test_import(several, home):
    good = {
        "url": "https://paper.example/a",
        "title": "Guns by rail",
        "text": "By rail.",
        "published": "2025-02-11T10:00:00+02:00",
    }
    lines = [
        json.dumps(good).encode(),
        json.dumps({"url": "https://paper.example/b", "title": "포탄", "outlet": "paper", "authors": ["김"]}, ensure_ascii=False).encode(),
        b"",
        b"{not json",
        b'{"url": "ftp://x", "title": "T"}',
        b'{"url": "https://paper.example/c"}',
        b'{"url": "https://paper.example/d", "title": "D", "published": "soon"}',
        b'{"url": "https://paper.example/e", "title": "\xff"}',
        b"[1]",
    ]  # fmt: skip
    (home / "rows.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    (home / "good.jsonl").write_bytes(lines[0] + b"\n")
    done, again, good, found, unsaid, nowhere = several(
        home,
        (1, "import", "--jsonl", "rows.jsonl", "--outlet", "old"),
        (1, "import", "--jsonl", "rows.jsonl", "--outlet", "old"),
        (0, "import", "--jsonl", "good.jsonl"),
        (0, "search", "guns OR 포탄", "--json"),
        (2, "import", "good.jsonl"),
        (2, "import", "--jsonl", "nowhere.jsonl"),
    )
    assert done.stdout == "New: 2. Known already: 0. Lines that could not be read: 6.\n"
    numbers = re.findall(r"^khasan: rows\.jsonl: line (\d+): ", done.stderr, re.MULTILINE)
    assert list(map(int, numbers)) == [4, 5, 6, 7, 8, 9]
    assert again.stdout.startswith("New: 0. Known already: 2.")
    assert good.stdout == "New: 0. Known already: 1. Lines that could not be read: 0.\n"
    articles = {(one["title"], one["outlet"], one["arrival"]) for one in json.loads(found.stdout)}
    assert articles == {("Guns by rail", "old", "import"), ("포탄", "paper", "import")}
    assert "say --jsonl" in unsaid.stderr
    assert "cannot be read" in nowhere.stderr


def test_extract_one_page(several, tmp_path):
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (tmp_path / "cut.html.gz").write_bytes(gzip.compress(PAGE.encode())[:-20])
    (tmp_path / "data.pdf").write_bytes(b"%PDF-1.7\n" + bytes(500))
    url = ("--url", "https://paper.example/a")
    text, answer, unsaid, nowhere, cut, pdf = several(
        tmp_path,
        (0, "extract", "page.html.gz", *url),
        (0, "extract", "page.html.gz", *url, "--json"),
        (2, "extract", "page.html.gz"),
        (2, "extract", "nowhere.html", *url),
        (1, "extract", "cut.html.gz", *url),
        (1, "extract", "data.pdf", *url),
    )
    assert text.stdout.startswith("Wagons cross the Tumen\n")
    answer = json.loads(answer.stdout)
    assert answer["title"] == "Wagons cross the Tumen"
    assert datetime.fromisoformat(answer["published"]) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert "say --url" in unsaid.stderr
    assert "cannot be read" in nowhere.stderr
    assert "cannot be unpacked" in cut.stderr
    assert pdf.stderr.startswith("khasan: data.pdf: ")


def test_extract_a_list(run, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "page.html").write_text(PAGE, encoding="utf-8")
    rows = [
        {"id": name, "path": f"{name}.html", "url": f"https://paper.example/{name}"} for name in ("page", "nowhere")
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run("extract", "--jsonl", "list.jsonl", "--root", "saved", "--workers", "1", cwd=tmp_path, code=1)
    good, bad = map(json.loads, done.stdout.splitlines())
    assert set(good) == {"id", "title", "text", "published", "authors", "language"}
    assert (good["id"], good["title"]) == ("page", "Wagons cross the Tumen")
    assert bad == {"id": "nowhere", "fault": "cannot be read: No such file or directory"}
    assert "1 of 2 pages could not be read" in done.stderr
    (tmp_path / "list.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    assert (
        "line 1: expected an object with id, path and url"
        in run("extract", "--jsonl", "list.jsonl", cwd=tmp_path, code=2).stderr
    )
