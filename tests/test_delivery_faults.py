"""No alert lost and none under a second Message-ID, whatever dies, errs or fills up: found out by trying all of it."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import shutil
import signal
import sqlite3
from collections import Counter
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from alerts import decide
from alerts.channels import SmtpChannel
from alerts.outbox import Outbox, notice_mail
from khasan.logs import set_up
from scheduler.review import review_due
from scheduler.stages import Stage
from storage import archive as archive_module
from storage.archive import ArchiveError, open_archive
from storage.health import note
from storage.outbox import mails, queue_mail, resend, retry_mails
from storage.upkeep import mend_times
from tests import faults
from tests.conftest import Warm
from tests.faults import NOW, OPTIONS, READERS, TITLES, Office

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SAMPLE = 11  # every so-manieth point is tried in every run, all of them where there is time
PARTS = 3
PASSES = 4
OPEN = ("queued", "sending", "failed")
STANDS = (
    "SELECT reader, message_id, state FROM outbox ORDER BY message_id",
    "SELECT a.canonical_url, l.reader, o.message_id FROM alert l JOIN article a ON a.id = l.article_id JOIN outbox o ON o.id = l.outbox_id ORDER BY 1, 2",
    "SELECT canonical_url, candidate, review_due_at, language FROM article ORDER BY canonical_url",
)


def stands(folder):
    """What an archive came to: mails and their states, who was alerted of what, what was read."""
    with sqlite3.connect(folder / "khasan.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        return [database.execute(sql).fetchall() for sql in STANDS]


# Ended anywhere


class Mortal:
    """Lives of the process against an office, each archive in a folder of its own."""

    def __init__(self, folder):
        self._folder = folder
        authority, tls = faults.certify(folder)
        assert authority.parent == folder
        with open_archive(folder / "empty.db"):
            pass
        self.office = Office(tls)
        self._lives = Warm(folder, "tests.faults")
        self._serving = faults.in_a_thread(self.office)
        self._port = self._serving.__enter__()
        self._runs = 0

    def begin(self):
        """An archive that nothing happened to."""
        self._runs += 1
        folder = self._folder / f"run{self._runs}"
        folder.mkdir()
        shutil.copy(self._folder / "empty.db", folder / "khasan.db")
        self.office.clear()
        return folder

    def live(self, folder, kill_at="-"):
        """One life: the points that it passed, or None if it was ended."""
        done = self._lives(
            folder, self._port, PASSES, cwd=folder, module="tests.faults", env={"KHASAN_KILL_AT": kill_at}, began=self.office.victim.set_result
        )  # fmt: skip
        if done.returncode == -signal.SIGKILL:
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def again(self, folder):
        """A life after one that was ended."""
        self.office.act, self.office.victim = lambda _verb, _when: None, Future()
        assert self.live(folder) is not None

    def close(self):
        self._lives.close()
        self._serving.__exit__(None, None, None)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    running = Mortal(tmp_path_factory.mktemp("mortal"))
    yield running
    running.close()


class Whole:
    """A life that nobody ended: what it came to, and all that it went through."""

    def __init__(self, mortal):
        folder = mortal.begin()
        passed = mortal.live(folder)
        self.stands, self.copies, self.steps = stands(folder), mortal.office.copies(), list(mortal.office.steps)
        self.texts = [content for to, content in mortal.office.taken if to == "ann@example.org"]
        times = Counter()
        self.points = []  # (what KHASAN_KILL_AT is to be, what happens there)
        for name, what in passed:
            times[name] += 1
            self.points.append((f"{name}:{times[name]}", f"{name} {what}".strip()))


@pytest.fixture(scope="module")
def whole(mortal):
    return Whole(mortal)


# Between the moment in which the server has the mail and the one in which we have noted that.
TWICE = {"deliver.2", "deliver.3", "commit.before mark_sent", "mail stored", "mail after"}
SURELY_TWICE = TWICE - {"mail after"}  # where it is ended only after the answer, it may have noted that


def check(mortal, whole, folder, where):
    """All is as if nothing had happened, but for a second copy of one mail where there may be one."""
    assert stands(folder) == whole.stands, where
    copies = Counter(mortal.office.copies())
    assert set(copies) == set(whole.copies), where
    more = sum(copies.values()) - len(whole.copies)
    assert more == 1 if where in SURELY_TWICE else more in {0, int(where in TWICE)}, where


def test_a_life_that_nobody_ends(mortal, whole):
    """What the others are compared to: everything was told, once, and all there is was gone through."""
    _, alerted, articles = whole.stands
    assert len(articles) == len(TITLES) + 1
    assert all(due is None for *_, due, _ in articles)
    subjects = [message_from_bytes(content, policy=default)["Subject"] for content in whole.texts]
    assert all(sum(title in subject for subject in subjects) == 1 for title in TITLES), subjects
    assert Counter(to for to, _ in whole.copies) == {"ann@example.org": 3, "few@example.org": 2, "busy@example.org": 1}
    assert len(whole.copies) == len(set(whole.copies))
    assert {state for *_, state in whole.stands[0]} == {"sent", "dead", "superseded"}
    assert {"mark_sending", "mark_sent", "mark_failed", "merge_mails", "store_reviewed", "store_poll"} <= {
        what.partition(" ")[2] for _, what in whole.points
    }
    verbs = {step.partition(" ")[0] for step in whole.steps}
    assert verbs == {"connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "mail", "RSET", "QUIT"}
    assert {reader for _, reader, _ in alerted} == {reader.name for reader in READERS}


SOME = pytest.mark.parametrize(
    "some",
    [
        pytest.param(slice(0, None, SAMPLE), id="sample"),
        *(pytest.param(slice(part, None, PARTS), id=f"part{part}", marks=pytest.mark.slow) for part in range(PARTS)),
    ],
)


@SOME
def test_ended_at_each_commit_and_point(mortal, whole, some):
    """By itself: before and after each commit of the writer, and wherever storage/crash.py has a point."""
    for kill_at, where in whole.points[some]:
        folder = mortal.begin()
        assert mortal.live(folder, kill_at) is None, f"{kill_at} was not passed"
        mortal.again(folder)
        check(mortal, whole, folder, where)


@SOME
def test_ended_at_each_step_of_the_conversation(mortal, whole, some):
    """By the server: before and after each reply, and when it has stored the mail and not said so."""
    for number, where in list(enumerate(whole.steps))[some]:
        folder = mortal.begin()
        steps = mortal.office.steps
        mortal.office.act = lambda _verb, _when, number=number, steps=steps: (
            "kill" if len(steps) == number + 1 else None
        )
        if mortal.live(folder) is not None:  # the goodbye was its last word
            assert where == "QUIT after"
        assert steps[number] == where
        mortal.again(folder)
        check(mortal, whole, folder, where)


@pytest.mark.slow
def test_ended_again_and_again(mortal, whole):
    """Each life is ended at its ninth commit, until one has not so many left to do."""
    folder = mortal.begin()
    for _ in range(len(whole.points)):
        if mortal.live(folder, "commit.after:9") is not None:
            break
        mortal.office.victim = Future()
    assert stands(folder) == whole.stands
    assert Counter(mortal.office.copies()) == Counter(whole.copies)


# A server that errs


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """An archive in which all is decided and nothing has left, to be copied."""
    folder = tmp_path_factory.mktemp("decided")
    faults.live(folder, 9, 0)
    return folder / "khasan.db"


@pytest.fixture
def archive(decided, tmp_path):
    shutil.copy(decided, tmp_path / "khasan.db")
    with open_archive(tmp_path / "khasan.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    return faults.certify(tmp_path_factory.mktemp("tls"))


@contextmanager
def served(office, loop):
    server = loop.run_until_complete(loop.create_server(faults.office_sessions(office), "127.0.0.1", 0))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Day:
    """Passes of the outbox whenever something is due, with a clock that is moved from one to the next."""

    def __init__(self, archive, port, authority=None, **options):
        self.archive, self.now = archive, NOW
        self.channel = SmtpChannel(faults.smtp(port, authority, **options))
        self.outbox = Outbox(archive, self.channel, READERS, OPTIONS, lambda: self.now)
        self.tries = {mail.id: [] for mail in archive.read(mails)}

    async def until(self, end):
        """Go on to that time, or until nothing is left. Each attempt is noted."""
        while self.now <= end:
            before = self._attempts()
            await self.outbox.deliver()
            for number, count in self._attempts().items():
                if count > before.get(number, 0):
                    self.tries.setdefault(number, []).append(self.now)
            due = [mail.due_at for mail in self.archive.read(mails, OPEN)]
            if not due:
                return
            self.now = max(min(due), self.now + timedelta(seconds=15))

    def _attempts(self):
        return {mail.id: mail.attempts for mail in self.archive.read(mails)}

    def check_pauses(self):
        """The attempts of each mail are as far apart as the pauses say."""
        for tries in self.tries.values():
            for nth, (one, next_) in enumerate(pairwise(tries)):
                assert next_ - one >= decide._PAUSES[min(nth, len(decide._PAUSES) - 1)] * MINUTE


def spread(archive, office, secure, act, *, well_at, timeout=5.0):
    """A server that errs until some time: the mails that came, in the end, and the day it was."""
    loop = asyncio.new_event_loop()
    office.tls = secure[1]
    try:
        with served(office, loop) as port:
            day = Day(archive, port, secure[0], timeout=timeout)
            office.deferred = True
            office.act = lambda verb, when: act(verb, when) if day.now < well_at else None
            loop.run_until_complete(day.until(well_at + 2 * HOUR))
            day.check_pauses()
            day.now = max(day.now, well_at)
            day.refused = {mail.reader for mail in archive.read(mails, ("dead", "expired"))}
            archive.write(retry_mails, None, day.now)  # what was refused: the operator has seen to it
            loop.run_until_complete(day.until(day.now + HOUR))
            loop.run_until_complete(day.channel.close())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    return day


ERRORS = [  # where, when, what; and whether a copy more may come of it
    *((verb, "before", act, False) for verb in ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "mail") for act in ("550 5.7.1 no", "451 4.3.0 later", "421 4.3.2 closing", "drop", "slow")),
    *((verb, "after", "drop", verb == "mail") for verb in ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "mail")),
    *(("mail", "stored", act, True) for act in ("451 4.3.0 later", "421 4.3.2 closing", "drop", "slow")),
    *(("RSET", when, act, False) for when, act in (("before", "drop"), ("before", "421 4.3.2 closing"), ("before", "slow"), ("after", "drop"))),
]  # fmt: skip
QUICK = {
    ("MAIL", "421 4.3.2 closing"),
    ("RCPT", "550 5.7.1 no"),
    ("DATA", "drop"),
    ("mail", "451 4.3.0 later"),
    ("mail", "slow"),
    ("connect", "drop"),
}


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(one, marks=() if (one[0], one[2]) in QUICK else pytest.mark.slow, id=" ".join(one[:3]))
        for one in ERRORS
    ],
)
def test_a_server_that_errs_for_a_while(archive, secure, error):
    verb, when, act, twice = error
    office = Office(slow=0.6)
    wanted = {(mail.address, mail.message_id) for mail in archive.read(mails, ("queued",)) if mail.reader != "few"}
    ill, timeout = (3 * MINUTE, 0.25) if act == "slow" else (3 * HOUR, 5.0)
    day = spread(
        archive, office, secure, lambda *step: act if step == (verb, when) else None, well_at=NOW + ill, timeout=timeout
    )
    for_good = act.startswith("550") and verb in {"RCPT", "DATA", "mail"}
    assert day.refused == ({reader.name for reader in READERS} if for_good else {"gone"})
    copies = Counter(office.copies())
    assert wanted - {(address, one) for address, one in wanted if address == faults.NOBODY} <= set(copies)
    assert sum(address == "few@example.org" for address, _ in copies) == 2
    assert twice or set(copies.values()) == {1}
    left = Counter(mail.state for mail in archive.read(mails))
    assert left == {"sent": 6, "superseded": 2, "dead": 1}


def test_a_server_that_is_away_for_a_day(archive, secure):
    office = Office()
    day = spread(
        archive, office, secure, lambda verb, _: "drop" if verb == "connect" else None, well_at=NOW + 24 * HOUR
    )
    assert set(Counter(office.copies()).values()) == {1}
    assert Counter(mail.state for mail in archive.read(mails)) == {"sent": 6, "superseded": 2, "dead": 1}
    tried = [mail.attempts for mail in archive.read(mails) if mail.state == "sent"]
    assert max(tried) <= 7 + 25
    for minute in range(60):  # what waits behind is not tried along with the first
        assert (
            sum(
                NOW + minute * MINUTE <= at < NOW + (minute + 1) * MINUTE
                for tries in day.tries.values()
                for at in tries
            )
            <= 2
        )


def one_pass(archive, office, **options):
    """A pass of the outbox at NOW through an office without TLS; its mails by reader, oldest first."""

    async def go():
        server = await asyncio.get_running_loop().create_server(faults.office_sessions(office), "127.0.0.1", 0)
        day = Day(archive, server.sockets[0].getsockname()[1], **options)
        await day.outbox.deliver()
        await day.channel.close()
        server.close()

    office.deferred = True
    asyncio.run(go())
    found = list(reversed(archive.read(mails)))
    return {reader.name: [mail for mail in found if mail.reader == reader.name] for reader in READERS}


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("connect", "421 4.3.2 too many connections"),
        ("MAIL", "451 4.7.1 come back"),
        ("MAIL", "550 5.7.1 not your sender"),
        ("RCPT", "452 4.5.3 too many messages"),
        ("RCPT", "421 4.7.0 later"),
        ("RCPT", "550 5.4.5 daily user sending quota exceeded"),
        ("DATA", "450 4.7.1 rate limited"),
        ("mail", "451 4.7.0 slow down"),
    ],
)
def test_what_a_server_says_to_all_costs_one_attempt(archive, verb, reply):
    office = Office()
    office.act = lambda *step: reply if step == (verb, "before") else None
    by_reader = one_pass(archive, office)
    found = [mail for theirs in by_reader.values() for mail in theirs if mail.state != "superseded"]
    assert sorted(mail.attempts for mail in found) == [0] * (len(found) - 1) + [1]
    assert {mail.due_at for mail in found if mail.reader != "few" or mail.kind == "alert"} == {NOW + MINUTE}
    assert not office.taken
    assert office.steps.count("MAIL before") <= 1


def test_a_full_mailbox_keeps_only_its_own_waiting(archive):
    office = Office()
    said = []
    office.act = lambda *step: (
        "452 4.2.2 mailbox full, too many mails"
        if step == ("RCPT", "before") and not said and not said.append(1)
        else None
    )
    by_reader = one_pass(archive, office)
    assert [(mail.state, mail.attempts, mail.due_at) for mail in by_reader["ann"]] == [
        ("failed", 1, NOW + MINUTE), ("queued", 0, NOW + MINUTE), ("queued", 0, NOW + MINUTE),
    ]  # fmt: skip
    assert {mail.state for mail in by_reader["few"] if mail.state != "superseded"} == {"sent"}
    assert [mail.state for mail in by_reader["busy"]] == ["sent"]


def test_no_more_in_a_minute_than_the_server_wants(archive, secure):
    office = Office()
    left = one_pass(archive, office, max_per_minute=2)
    assert [(mail.state, mail.attempts, mail.due_at) for mail in left["busy"]] == [("queued", 0, NOW)]
    assert len(office.taken) == 2
    loop = asyncio.new_event_loop()
    with served(office, loop) as port:
        day = Day(archive, port, max_per_minute=2)
        taken = {}
        while archive.read(mails, OPEN):
            loop.run_until_complete(day.outbox.deliver())
            taken[day.now] = len(office.taken)
            day.now += timedelta(seconds=15)
            assert day.now < NOW + HOUR
        loop.run_until_complete(day.channel.close())
    loop.close()
    for at, count in taken.items():
        assert count - taken.get(at - MINUTE, 0 if at - NOW < MINUTE else count) <= 2
    assert len(office.taken) == 6
    assert day.now <= NOW + 4 * MINUTE
    assert set(Counter(office.copies()).values()) == {1}


def test_twenty_mails_use_one_connection(archive, secure):
    for number in range(20):
        notice = notice_mail(
            str(number), "something", ["It happened."], address="op@example.org", now=NOW, options=OPTIONS
        )
        archive.write(queue_mail, notice, NOW)
    office = Office()
    one_pass(archive, office)
    assert len(office.taken) == 26
    assert len(office.peers) == 1


def test_a_mail_sent_again_is_the_same_mail(archive):
    office = Office()
    sent = one_pass(archive, office)["ann"][0]
    assert archive.write(resend, sent.id, NOW) == "sent"
    one_pass(archive, office)
    one, two = (content for to, content in office.taken if sent.message_id.encode() in content)
    assert one == two
    assert Counter(office.copies())[sent.address, sent.message_id] == 2
    assert len(office.taken) == 7


# A disk that is full, a database that another one holds


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """An archive in which the news has come and nothing is read, to be copied."""
    path = tmp_path_factory.mktemp("collected") / "khasan.db"
    with open_archive(path) as opened:
        faults.collect(opened)
    return path


class Stages:
    """Review and delivery as the daemon runs them, woken again and again."""

    def __init__(self, archive, port):
        self.archive = archive
        self.day = Day(archive, port)
        self.stages = [
            Stage("review", lambda: review_due(archive, faults.setup, lambda: NOW)),
            Stage("deliver", self.day.outbox.deliver),
        ]
        self.tasks = [asyncio.create_task(stage.run()) for stage in self.stages]

    async def turn(self, times):
        """Wake them so many times, each when both have come to an end."""
        for _ in range(times):
            for stage in self.stages:
                stage.wake()
                while not stage.quiet:  # noqa: ASYNC110 - a stage tells nobody
                    await asyncio.sleep(0.002)

    async def stop(self):
        for stage in self.stages:
            stage.stop()
        await asyncio.gather(*self.tasks)
        await self.day.channel.close()


def worked(path, trouble, *, office=None):
    """Two stages in trouble, then out of it: how many mails left in trouble, and how often a stage failed.

    `trouble(archive)` is a context, left after some turns.
    """
    office = office or Office()
    office.deferred = True

    async def go():
        server = await asyncio.get_running_loop().create_server(faults.office_sessions(office), "127.0.0.1", 0)
        with open_archive(path) as archive:
            stages = Stages(archive, server.sockets[0].getsockname()[1])
            with trouble(archive):
                await stages.turn(4)
                came = len(office.taken)
            await stages.turn(3)
            stages.day.now += HOUR  # who may have few in one gets the rest in the next
            await stages.turn(3)
            await stages.stop()
            found = [mail.state for mail in archive.read(mails)]
        server.close()
        assert set(found) == {"sent", "superseded", "dead"} or found.count("sent") == 7, found
        assert found.count("sent") == len(office.taken)
        return came

    with capture_logs() as said:  # what the tests print goes into a file, which has no room either
        came = asyncio.run(go())
    assert set(Counter(office.copies()).values()) == {1}
    _, alerted, articles = stands(path.parent)
    assert all(due is None for *_, due, _ in articles)
    assert Counter(reader for url, reader, _ in alerted if "wire" in url) == {"ann": 3, "few": 3, "busy": 1, "gone": 1}
    return came, sum(line["event"] == "stage failed" for line in said)


@contextmanager
def full_after(archive, pages):
    """The database may grow by so many pages, and by no more."""

    def limit(connection, most):
        connection.execute(f"PRAGMA max_page_count = {most}")

    now = archive.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    archive.write(limit, now + pages)
    yield
    archive.write(limit, 1 << 30)


@contextmanager
def no_room_after(path, size):
    """Files of this process may grow to so many bytes more than the log of the database has, and no further."""
    log = path.with_name(path.name + "-wal")
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + size, was[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)


@pytest.mark.parametrize("pages", [0, 4, *(pytest.param(pages, marks=pytest.mark.slow) for pages in range(1, 40))])
def test_a_database_that_may_not_grow(collected, tmp_path, pages):
    path = shutil.copy(collected, tmp_path / "khasan.db")
    came, failed = worked(path, lambda archive: full_after(archive, pages))
    assert failed or pages > 10
    assert pages or not came


@pytest.mark.parametrize(
    "size", [0, 100_000, *(pytest.param(size, marks=pytest.mark.slow) for size in range(10_000, 300_000, 10_000))]
)
def test_a_disk_that_takes_no_more(collected, tmp_path, size):
    path = shutil.copy(collected, tmp_path / "khasan.db")
    came, failed = worked(path, lambda _archive: no_room_after(path, size))
    assert failed or size > 100_000
    assert size or not came


@contextmanager
def held(path):
    """Another process is in a transaction."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_database_that_another_one_holds(collected, tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "BUSY_MS", 30)
    path = shutil.copy(collected, tmp_path / "khasan.db")
    came, failed = worked(path, lambda _archive: held(path))
    assert not came
    assert failed == 4  # each time that there was something to write


@pytest.mark.parametrize("nth", range(1, 4))
def test_held_just_when_the_server_has_the_mail(collected, tmp_path, monkeypatch, nth):
    """It cannot be marked, and is not sent again for all that, nor anything else before it is marked."""
    monkeypatch.setattr(archive_module, "BUSY_MS", 30)
    path = shutil.copy(collected, tmp_path / "khasan.db")
    office = Office()
    holding = ExitStack()

    def act(verb, when):
        if (verb, when) == ("mail", "stored") and len(office.taken) == nth:
            holding.enter_context(held(path))

    office.act = act

    @contextmanager
    def trouble(_archive):
        yield
        assert len(office.taken) == nth
        holding.close()

    came, failed = worked(path, trouble, office=office)
    assert came == nth
    assert failed


def test_the_same_trouble_is_told_as_what_it_is(collected, tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "BUSY_MS", 30)
    path = shutil.copy(collected, tmp_path / "khasan.db")
    with open_archive(path) as archive:
        with held(path), pytest.raises(ArchiveError, match=r"khasan\.db: database is locked; nothing was written"):
            archive.write(mend_times, NOW)
        with full_after(archive, 0), pytest.raises(ArchiveError, match=r"khasan\.db: .*full; nothing was written"):
            archive.write(note, "long", "x" * 200_000, NOW)


def test_a_log_that_cannot_be_written_ends_nothing(monkeypatch):
    """As where it goes into a file on the same full disk."""
    root = logging.getLogger()
    was, handlers, level = structlog.get_config(), root.handlers[:], root.level
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stderr", full)
        try:
            set_up("info")
            structlog.get_logger().warning("something", of="a disk")
            with pytest.raises(OSError, match="No space"):
                print("something", file=full, flush=True)
        finally:
            structlog.configure(**was)
            root.handlers[:], root.level = handlers, level
            with suppress(OSError):
                full.close()
