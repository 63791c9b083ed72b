"""The watch over the watch, on a real archive: outages, low coverage, digests and heartbeats, each told once."""

from __future__ import annotations

import asyncio
import email
import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alerts.channels import FileOptions, open_channel
from alerts.compose import MailOptions
from alerts.decide import Reader
from alerts.outbox import Outbox, notice_mail
from alerts.rules import load_rules
from analysis.lexicon_file import load_lexicon
from analysis.reading import Analyser
from analysis.relevance import Model
from khasan.assemble import assemble
from khasan.config import ConfigError, load_config
from scheduler.health import CoverageNow, look
from scheduler.heartbeat import Heartbeat, Passes
from scheduler.jobs import upkeep
from scheduler.review import review_due
from scheduler.setup import HealthOptions, Setup
from spiders.options import CollectOptions
from spiders.rhythm import Rhythm
from storage.archive import open_archive
from storage.health import notices, signs, source_states, span
from storage.hosts import Robots, keep_robots, rest_host
from storage.mail import MailState, NewMail
from storage.model import Outcome, PollResult, Rest
from storage.outbox import mails, queue_mail
from storage.sources import wish_poll
from tests.conftest import ROOT
from tests.shelf import NOW, entry, minutes, poll, rows, settle, source

HOUR = timedelta(hours=1)
LEXICON = load_lexicon(
    {
        "concept": [{"id": "kp", "category": "actor", "en": {"name": "North Korea", "forms": ["north korea*"]}}],
        "gate": {"any": ["kp"]},
    }
)
RULES = load_rules({"rule": [{"id": "guns", "name": "Guns", "query": "guns"}]}, file="rules.toml")
ANN = Reader("ann", "ann@example.org", "Europe/Kyiv", max_per_hour=2)
HEALTH = HealthOptions(zone="Europe/Kyiv", digest="")


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "khasan.db") as opened:
        yield opened


def setup(health=HEALTH, readers=(ANN,)):
    return Setup(
        database=Path("x"), outlets=(), sources=(), analyser=Analyser(LEXICON, Model.none()), rules=RULES, topic_version="t", collect=CollectOptions(),
        channel=FileOptions(Path("x")), mail=MailOptions("Khasan <k@example.org>"), readers=readers, operator="op@example.org", health=health,
    )  # fmt: skip


def look_at(archive, at, health=HEALTH):
    """One look; the subjects of the mails that it queued."""
    before = len(archive.read(mails, (), 1000))
    queued = asyncio.run(look(archive, setup(health), at))
    new = list(reversed(archive.read(mails, (), 1000)))[before:]
    assert len(new) == queued
    return [mail.subject for mail in new]


def fail(archive, name, at, outcome=Outcome.CONNECT, detail="no route", *, wait=15):
    """Store a failed poll; the next one is so many minutes later."""
    poll(archive, name, at=at, outcome=outcome, detail=detail)
    archive.write(
        lambda c: c.execute("UPDATE source SET next_poll_at = ? WHERE id = ?", (text(at + minutes(wait)), name))
    )


def text(at):
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def fine(archive, *names, at):
    for name in names:
        poll(archive, name, at=at, outcome=Outcome.UNCHANGED)


def names(count):
    return [f"s{number:02}" for number in range(count)]


def start(archive, count, at=NOW):
    """So many sources, read once, and the first look."""
    settle(archive, *(source(name, language="en") for name in names(count)), now=at)
    fine(archive, *names(count), at=at)
    assert look_at(archive, at) == []


def deliver(archive, folder, at, readers=(ANN,), **rest):
    async def once():
        channel = open_channel(FileOptions(folder))
        try:
            await Outbox(archive, channel, readers, setup().mail, lambda: at, **rest).deliver()
        finally:
            await channel.close()

    asyncio.run(once())
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.iterdir())]


def body(message, kind="plain"):
    return message.get_body((kind,)).get_content()


# What the archive says


def test_a_source_is_described_as_it_stands(archive):
    settle(archive, source("a", language="ko"), source("b", enabled=False))
    (a, b) = archive.read(source_states)
    assert (a.id, a.name, a.outlet_name, a.language, a.kind, a.enabled) == ("a", "A", "The Ledger", "ko", "feeds", True)
    assert (a.outcome, a.since, a.last_poll_at, a.retired_at, a.overflow_at, a.rest_until) == (
        "",
        None,
        None,
        None,
        None,
        None,
    )
    assert not b.enabled
    poll(archive, "a", entry("x"))
    fail(archive, "a", NOW + minutes(1), Outcome.REFUSED, "HTTP 403")
    fail(archive, "a", NOW + minutes(2), Outcome.REFUSED, "HTTP 429")
    archive.write(rest_host, Rest("a.example", NOW + HOUR, "HTTP 429"))
    a = archive.read(source_states)[0]
    assert (a.outcome, a.detail, a.since, a.failures) == ("refused", "HTTP 429", NOW + minutes(1), 2)
    assert (a.last_good_at, a.last_new_at, a.rest_until, a.rest_reason) == (NOW, NOW, NOW + HOUR, "HTTP 429")
    poll(archive, "a", at=NOW + minutes(3), outcome=Outcome.OVERFLOW)
    a = archive.read(source_states)[0]
    assert (a.since, a.overflow_at) == (None, NOW + minutes(3))


def test_a_span_counts_what_happened_in_it(archive):
    start(archive, 2)
    poll(archive, "s00", entry("a"), entry("b"), at=NOW + minutes(15))
    poll(archive, "s00", entry("c"), at=NOW + minutes(30), outcome=Outcome.OVERFLOW)
    fail(archive, "s01", NOW + minutes(31))
    found = archive.read(span, NOW + minutes(1), NOW + HOUR)
    assert (found.polls, found.polls_failed) == (3, 1)
    assert (found.fresh, found.lost) == ({"s00": 3}, {"s00": 1})
    assert sum(found.articles.values()) == 3
    assert found.database_bytes > 4096
    assert archive.read(span, NOW + HOUR, NOW + 2 * HOUR).polls == 0


# Outages


def test_nightly_upkeep_lets_go_of_idle_hosts_and_forgotten_robots(archive):
    archive.write(rest_host, Rest("busy.example", NOW + minutes(5), "HTTP 429"))
    archive.write(rest_host, Rest("idle.example", NOW - minutes(5), "HTTP 429"))
    for origin, days in (("https://old.example", 61), ("https://new.example", 59)):
        at = NOW - timedelta(days=days)
        archive.write(keep_robots, Robots(origin, at, 200, "User-agent: *", at))
    asyncio.run(upkeep(archive, setup(), NOW))
    assert [row["host"] for row in rows(archive, "SELECT host FROM host")] == ["busy.example"]
    assert [row["origin"] for row in rows(archive, "SELECT origin FROM robots")] == ["https://new.example"]


def test_one_source_is_told_once_and_told_back_once(archive, tmp_path):
    start(archive, 6)
    fail(archive, "s03", NOW + minutes(15), Outcome.REFUSED, "HTTP 403, DDoS-Guard")
    for hours in range(6):
        fine(archive, *[one for one in names(6) if one != "s03"], at=NOW + hours * HOUR)
        assert look_at(archive, NOW + hours * HOUR) == []
    told = NOW + 6 * HOUR + minutes(15)
    fail(archive, "s03", told - minutes(1), Outcome.REFUSED, "HTTP 403, DDoS-Guard")
    fine(archive, *[one for one in names(6) if one != "s03"], at=told)
    assert look_at(archive, told) == ["Khasan: S03 refused by DDoS-Guard for 6 h"]
    assert look_at(archive, told) == []
    assert look_at(archive, told + minutes(1)) == []
    fine(archive, "s03", at=told + 3 * HOUR)
    assert look_at(archive, told + 3 * HOUR) == ["Khasan: S03 is read again"]
    assert look_at(archive, told + 3 * HOUR + minutes(1)) == []
    (first, second) = sorted(deliver(archive, tmp_path / "out", told + 4 * HOUR), key=lambda one: one["Date"].datetime)
    assert "since Mon 10 Feb 2025, 11:15 EET (6 h) · HTTP 403, DDoS-Guard · asked again in 14 min" in " ".join(
        body(first).split()
    )
    assert "5 of 6 sources current; S03 refused by DDoS-Guard for 6 h. (Mon 10 Feb 2025, 17:15 EET)" in " ".join(
        body(first).split()
    )
    assert "- S03: after 9 h (refused by DDoS-Guard)" in body(second)
    (row,) = rows(archive, "SELECT * FROM outage")
    assert (row["began_at"], row["ended_at"]) == (text(NOW + minutes(15)), text(told + 3 * HOUR))


def test_a_line_that_is_cut_is_one_mail_and_one_when_it_is_back(archive):
    """Sources polled at their own times, failing with growing pauses, coming back one after the other."""
    count = 24
    start(archive, count)
    subjects, cut, mended = [], NOW + HOUR, NOW + 11 * HOUR
    due = {name: NOW + minutes(15) + timedelta(seconds=37 * number) for number, name in enumerate(names(count))}
    failures = dict.fromkeys(due, 0)
    at = NOW
    while at < NOW + 24 * HOUR:
        at += minutes(3)
        for name, when in due.items():
            if when <= at:
                if cut <= at < mended:
                    failures[name] += 1
                    wait = min(15 * 2 ** failures[name], 360)
                    fail(archive, name, at, wait=wait)
                else:
                    failures[name], wait = 0, 15
                    fine(archive, name, at=at)
                due[name] = at + minutes(wait)
        subjects += [(at, subject) for subject in look_at(archive, at)]
    assert [subject for _, subject in subjects] == [
        "Khasan: only 0 of 24 sources current", "Khasan: 24 sources in trouble", "Khasan: 24 sources are read again",
    ]  # fmt: skip
    low, trouble, back = (at - cut for at, _ in subjects)
    assert low < HOUR
    assert timedelta(hours=6) <= trouble <= timedelta(hours=6, minutes=20)
    assert back <= timedelta(hours=17)
    assert len(rows(archive, "SELECT id FROM outage WHERE ended_at IS NOT NULL AND end_told_at IS NOT NULL")) == count


def test_coming_and_going_is_told_at_most_once_a_day(archive):
    """An hour of silence in every two, for four days."""
    start(archive, 1)
    subjects, at = [], NOW
    quick = replace(HEALTH, tell_after=minutes(30))
    while at < NOW + timedelta(days=4):
        at += minutes(10)
        if (at - NOW) // HOUR % 2:
            fail(archive, "s00", at)
        else:
            fine(archive, "s00", at=at)
        subjects += look_at(archive, at, quick)
    troubles = [one for one in subjects if "unreachable" in one]
    assert 3 <= len(troubles) <= 4
    assert len([one for one in subjects if "again" in one]) <= 4


def test_what_is_told_and_what_is_written_are_one(archive, monkeypatch):
    start(archive, 1)
    fail(archive, "s00", NOW + minutes(1))
    at = NOW + 7 * HOUR
    fail(archive, "s00", at - minutes(5))
    with monkeypatch.context() as patch:
        patch.setattr("storage.health.queue_mail", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            look_at(archive, at)
    assert not rows(archive, "SELECT * FROM outage")
    assert look_at(archive, at) == ["Khasan: S00 unreachable for 6 h"]
    archive.close()
    with open_archive(archive.path) as again:
        assert look_at(again, at + minutes(1)) == []


def test_one_that_is_rested_or_removed_is_not_told_back(archive):
    start(archive, 2)
    fail(archive, "s00", NOW + minutes(1))
    at = NOW + 7 * HOUR
    fail(archive, "s00", at - minutes(5))
    fine(archive, "s01", at=at - minutes(5))
    assert look_at(archive, at) == ["Khasan: S00 unreachable for 6 h"]
    settle(archive, source("s01", language="en"), now=at)
    assert look_at(archive, at + HOUR) == []


def test_silence_is_told_at_once_with_what_is_usual(archive, tmp_path):
    settle(archive, source("wire", language="en"))
    rhythm = Rhythm().learn([NOW - n * minutes(36) for n in range(400)], NOW, window=30)
    result = PollResult(
        "wire", NOW, Outcome.NEW, NOW + minutes(15), (entry("x"),), rhythm=rhythm.to_text(), newest_at=NOW
    )
    archive.write(poll_result, result)
    assert look_at(archive, NOW) == []
    at = NOW + timedelta(days=3)
    poll(archive, "wire", at=at, outcome=Outcome.STALE, detail="nothing new")
    assert look_at(archive, at) == ["Khasan: Wire silent for 3 days"]
    (message,) = deliver(archive, tmp_path / "out", at)
    assert "0 of 1 source current; Wire silent for 3 days, usually 40 a day." in " ".join(body(message).split())


def poll_result(connection, result):
    from storage.entries import store_poll

    return store_poll(connection, result)


def test_what_is_gone_for_good_is_told_at_once(archive):
    start(archive, 1)
    at = NOW + minutes(20)
    poll(archive, "s00", at=at, outcome=Outcome.GONE, detail="HTTP 410", retired=True)
    assert look_at(archive, at) == ["Khasan: S00 gone for good"]


# The first hour, and low coverage


def test_a_first_start_is_quiet_until_all_were_read(archive):
    settle(archive, *(source(name, language="en") for name in names(10)))
    for number in range(0, 50, 5):
        fine(archive, names(10)[number // 5], at=NOW + minutes(number))
        assert look_at(archive, NOW + minutes(number)) == []
    assert "watched since" in archive.read(notices)


def test_low_coverage_is_told_again_only_after_it_was_well(archive):
    start(archive, 10)
    told = []
    for quarter in range(1, 40):
        at = NOW + quarter * minutes(15)
        up = quarter in {12, 13}
        for number, name in enumerate(names(10)):
            if number < 4 and not up:
                fail(archive, name, at)
            else:
                fine(archive, name, at=at)
        for minute in range(0, 15, 5):
            told += [
                (quarter, one)
                for one in look_at(archive, at + minutes(minute), replace(HEALTH, tell_after=timedelta(days=2)))
            ]
    assert [one for _, one in told] == ["Khasan: only 6 of 10 sources current"] * 2
    assert told[0][0] == 3
    assert told[1][0] == 16


# The digest


def test_a_digest_a_week_and_one_after_a_pause(archive, tmp_path):
    weekly = replace(HEALTH, digest="mon 07:00")
    start(archive, 2)  # a Monday at eleven in Kyiv
    subjects = []
    for hours in [*range(1, 400, 3), *range(1100, 1300, 3)]:  # off for a month between
        at = NOW + hours * HOUR
        fine(archive, *names(2), at=at)
        subjects += [(at, one) for one in look_at(archive, at, weekly)]
    assert [one for _, one in subjects] == [
        "Khasan: the week to Mon 17 Feb 2025", "Khasan: the week to Mon 24 Feb 2025", "Khasan: the week to Mon 24 Mar 2025", "Khasan: the week to Mon 31 Mar 2025",
    ]  # fmt: skip
    messages = deliver(archive, tmp_path / "out", NOW + 1400 * HOUR)
    first = min(messages, key=lambda one: one["Date"].datetime)
    assert "All 2 sources current." in body(first)
    assert "- Polls: 112," in body(first)
    assert len(body(first).splitlines()) < 40


# Every mail says it, and always the same


TEXTS = {  # on four events, and each of guns
    "one": ("Guns one", "North Korea sends guns."),
    "two": (
        "Workers reach Khabarovsk sawmill",
        "A hundred loggers from Pyongyang came with the night train; no guns were seen.",
    ),
    "three": ("Museum shows captured guns", "The exhibition in Warsaw opens on Friday with a concert."),
    "four": ("Tokyo freezes accounts of two banks", "The finance ministry named guns as the reason."),
}


def publish(archive, *slugs, at):
    poll(archive, "s00", *(entry(slug, *TEXTS[slug]) for slug in slugs), at=at)
    watch = CoverageNow(archive, lambda: at)
    return asyncio.run(review_due(archive, setup, lambda: at, coverage=lambda: watch.line(setup())))


def test_an_alert_says_how_the_sources_stood_when_it_was_queued(archive, tmp_path):
    start(archive, 3)
    fail(archive, "s02", NOW + minutes(1), Outcome.REFUSED, "HTTP 403")
    fine(archive, "s01", at=NOW + HOUR)
    fail(archive, "s02", NOW + HOUR, Outcome.REFUSED, "HTTP 403")
    assert publish(archive, "one", at=NOW + HOUR) == (1, 1)
    fine(archive, "s02", at=NOW + 2 * HOUR)  # by the time it leaves, it is otherwise
    (message,) = deliver(archive, tmp_path / "a", NOW + 2 * HOUR)
    for part in ("plain", "html"):
        words = " ".join(body(message, part).replace("</b>", "").split())
        assert "2 of 3 sources current;" in words
        assert "S02 refused for 59 min." in words
        assert "Mon 10 Feb 2025, 12:00 EET" in words
    archive.write(lambda c: c.execute("UPDATE outbox SET state = 'queued'"))
    (again,) = deliver(archive, tmp_path / "b", NOW + 9 * HOUR)
    assert again.as_bytes() == message.as_bytes()


def test_a_summary_says_it_too(archive, tmp_path):
    start(archive, 1)
    at = NOW + minutes(5)
    publish(archive, "one", "two", "three", "four", at=at)
    watch = CoverageNow(archive, lambda: at)
    found = deliver(archive, tmp_path / "a", at, coverage=lambda: watch.line(setup()))
    assert sorted(one["X-Khasan-Kind"] for one in found) == ["alert", "summary"]
    assert all("The only source is current." in body(one) for one in found)


def test_mails_of_before_are_composed_as_before(archive, tmp_path):
    start(archive, 1)
    publish(archive, "one", at=NOW + minutes(5))
    archive.write(lambda c: c.execute("UPDATE outbox SET body = json_remove(body, '$.coverage')"))
    old = json.dumps({"subject": "old", "paragraphs": ["It was."]})
    mail = notice_mail("k", "old", ["It was."], address="op@example.org", now=NOW, options=setup().mail)
    archive.write(queue_mail, replace(mail, body=old), NOW)
    found = deliver(archive, tmp_path / "a", NOW + HOUR)
    assert len(found) == 2
    assert not any("current" in body(one) for one in found)
    assert all(mail.state == MailState.SENT for mail in archive.read(mails))


def test_coverage_is_looked_up_once_a_minute_and_sooner_while_sources_wait(archive, monkeypatch):
    looked = []
    monkeypatch.setattr("scheduler.health.source_states", lambda c: looked.append(1) or source_states(c))
    settle(archive, source("s00", language="en"))
    clock = [NOW]
    watch, options = CoverageNow(archive, lambda: clock[0]), setup()
    assert watch.line(options).text == "0 of 1 source current; 1 not read yet."
    fine(archive, "s00", at=NOW)
    clock[0] += timedelta(seconds=6)
    assert watch.line(options).text == "The only source is current."
    fail(archive, "s00", clock[0])
    clock[0] += timedelta(seconds=50)
    assert watch.line(options).well
    clock[0] += timedelta(seconds=11)
    assert not watch.line(options).well
    assert len(looked) == 3
    watch.line(setup())
    assert len(looked) == 4, "a configuration taken over counts at once"


# The heartbeat


class Ear:
    """A server that hears pings, and answers as told."""

    def __init__(self):
        self.heard, self.status, self.answer = [], 200, lambda number: ""
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                ear.heard.append(self.path)
                status = ear.status if isinstance(ear.status, int) else ear.status.get(self.path, 404)
                self.send_response(status)
                self.end_headers()
                if status == 200:
                    self.wfile.write(ear.answer(len(ear.heard)).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def ear():
    listening = Ear()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


async def fetch(url):
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    try:
        writer.write(f"GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


def test_the_address_is_asked_only_while_everything_moves(archive, ear):
    start(archive, 2)
    options = replace(HEALTH, heartbeat=f"{ear.url}/beat/secret")
    heart = Heartbeat(NOW)

    def beat(at, review, deliver):
        return asyncio.run(heart.beat(archive, options, Passes(review, deliver), at, fetch))

    at = NOW + minutes(1)
    assert not beat(at, None, None)
    assert beat(at, at, at)
    assert not beat(at + minutes(14), at + minutes(14), at + minutes(14)), "not yet"
    at = at + minutes(20)
    fine(archive, "s00", "s01", at=at)
    before = NOW + timedelta(seconds=30)  # since the start, and not since the last time
    assert not beat(at, before, at), "the review stands still"
    assert not beat(at, at, before), "the delivery stands still"
    ear.status = 500
    assert not beat(at, at, at)
    ear.status = 204
    at += minutes(1)
    assert beat(at, at, at), "tried again in a minute"
    assert ear.heard == ["/beat/secret"] * 3
    at += timedelta(hours=3)
    assert not beat(at, at, at), "no poll since"
    fine(archive, "s00", "s01", at=at)
    mail = NewMail(
        "operator", "operator", "op@example.org", "<m@example.org>", "m", at - timedelta(minutes=61), body="{}"
    )
    archive.write(queue_mail, mail, at)
    assert not beat(at, at, at), "a mail is stuck"
    archive.write(lambda c: c.execute("UPDATE outbox SET state = 'sent'"))
    assert beat(at, at, at)
    assert len(ear.heard) == 4
    assert not asyncio.run(Heartbeat(NOW).beat(archive, HEALTH, Passes(at, at), at, fetch)), "none is wanted"


def test_a_heartbeat_that_finds_nobody_is_no_fault(archive, ear, capsys):
    start(archive, 1)
    ear.server.shutdown()
    ear.server.server_close()
    options = replace(HEALTH, heartbeat=f"{ear.url}/beat/secret")
    at = NOW + minutes(1)
    assert not asyncio.run(Heartbeat(NOW).beat(archive, options, Passes(at, at), at, fetch))
    said = "".join(capsys.readouterr())
    assert "127.0.0.1" in said
    assert "secret" not in said


def test_signs_of_life_pass_over_hosts_that_rest_and_sources_that_are_gone(archive):
    settle(archive, source("a"), source("b"), source("c", enabled=False))
    assert archive.read(signs, NOW).poll_due_at == NOW
    archive.write(rest_host, Rest("a.example", NOW + 2 * HOUR, "HTTP 429"))
    poll(archive, "b", at=NOW, outcome=Outcome.GONE, retired=True)
    found = archive.read(signs, NOW + HOUR)
    assert (found.polled_at, found.poll_due_at) == (NOW, NOW + 2 * HOUR)
    assert (found.review_due_at, found.mail_due_at, found.mail_attempts) == (None, None, 0)
    poll(archive, "a", entry("x"), at=NOW + 2 * HOUR)
    assert archive.read(signs, NOW + 3 * HOUR).review_due_at == NOW + 2 * HOUR


# The whole way


def watch_once(url, folder):
    """A daemon on a wire that answers, one that refuses, and an address to be asked: run in a process of its own."""
    from scheduler.daemon import Daemon
    from scheduler.reactor import run
    from storage.model import Outlet, Pages, Source

    folder = Path(folder)
    options = replace(
        setup(),
        database=folder / "khasan.db",
        channel=FileOptions(folder / "out"),
        outlets=(Outlet("o", "O"),),
        sources=(
            Source("wire", "o", "Wire", f"{url}/feed", language="en", pages=Pages.NEVER),
            Source("shut", "o", "Shut", f"{url}/shut", language="en"),
        ),
        collect=CollectOptions(contact="x@example.org", delay=0.01, private_hosts=("127.0.0.0/8",)),
        health=replace(HEALTH, heartbeat=f"{url}/beat", tell_after=timedelta()),
    )

    async def main(stop):
        async with Daemon(options) as daemon:
            assert await daemon.until_idle(stop)
            await daemon.look_after()
            assert await daemon.until_idle(stop)
            await daemon.archive.awrite(wish_poll, datetime.now(UTC))
            assert await daemon.until_idle(stop)

    run(main)


def test_a_daemon_tells_pings_and_says_in_its_alerts_what_it_could_not_read(ear, tmp_path):
    ear.status = {"/shut": 403, "/feed": 200, "/beat": 200}
    ear.answer = lambda number: (
        '<rss version="2.0"><channel><title>Wire</title><link>http://wire.example/</link><description>.</description><item>'
        f"<title>Guns {number}</title><link>http://wire.example/{number}</link><description>North Korea sends guns</description>"
        "</item></channel></rss>"
    )
    script = f"from tests.test_health import watch_once; watch_once({ear.url!r}, {str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ear.heard.count("/beat") == 1
    found = [email.message_from_bytes(path.read_bytes(), policy=default) for path in (tmp_path / "out").iterdir()]
    by_kind = {one["X-Khasan-Kind"]: one for one in found}
    assert sorted(one["X-Khasan-Kind"] for one in found) == ["alert", "operator"]
    assert by_kind["operator"]["Subject"] == "Khasan: Shut refused for 1 min"
    assert "1 of 2 sources current; Shut refused for 1 min." in body(by_kind["alert"])
    assert "Traceback" not in done.stderr


# What the operator may ask for


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('zone = "Mars"', 'operator.zone: found "Mars", expected a zone such as "Europe/Kyiv"'),
        ('digest = "monday"', 'operator.digest: found "monday", expected such as "mon 07:00", or "" for none'),
        ('heartbeat = "ftp://secret.example/"', "operator.heartbeat: found (not shown), expected an address that begins with https://"),
        ("heartbeat_minutes = 0", "operator.heartbeat_minutes: found 0, expected minutes, 1 to 1440"),
        ("least_coverage = 101", "operator.least_coverage: found 101, expected percent, 0 to 100"),
        ("tell_after_hours = -1", "operator.tell_after_hours: found -1, expected hours, 0 to 876600"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said(tmp_path, line, fault):
    (tmp_path / "khasan.toml").write_text(f"[operator]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load_config(tmp_path / "khasan.toml", {})
    assert told.value.problems == [f"khasan.toml: {fault}"]


def test_what_the_operator_asks_for_reaches_the_daemon(tmp_path):
    file = tmp_path / "khasan.toml"
    file.write_text(
        '[operator]\nzone = "Asia/Seoul"\ntell_after_hours = 2\nleast_coverage = 50\ndigest = ""\nheartbeat = "https://h.example/x"\nheartbeat_minutes = 5\n',
        encoding="utf-8",
    )
    assert assemble(load_config(file, {})).health == HealthOptions(
        "Asia/Seoul", 2 * HOUR, 50.0, "", "https://h.example/x", minutes(5)
    )
    file.write_text("", encoding="utf-8")
    assert assemble(load_config(file, {})).health == HealthOptions()
