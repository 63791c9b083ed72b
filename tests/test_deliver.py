"""The deliver stage against a real mail server and the real archive, with the clock as an argument."""

from __future__ import annotations

import asyncio
import email
import json
import socket
from datetime import UTC, datetime, timedelta
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from alerts.channels import FileOptions, SmtpOptions, open_channel
from alerts.compose import MailOptions
from alerts.decide import Reader
from alerts.outbox import Outbox, notice_mail
from storage.archive import ArchiveError, open_archive
from storage.articles import articles_where
from storage.entries import store_poll
from storage.model import (
    Entry,
    Outcome,
    Outlet,
    Pages,
    PollResult,
    Precision,
    Published,
    RuleHit,
    Source,
    TimeOrigin,
)
from storage.outbox import drop_mails, mails, mark_failed, mark_sending, queue_mail, retry_mails
from storage.sources import sync_topic
from tests import mailing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPTIONS = MailOptions(sender="Khasan <khasan@example.org>")
ANN = Reader("ann", "ann@example.org", "Europe/Kyiv", max_per_hour=5)


class Server:
    """Takes mail, or answers as told."""

    def __init__(self):
        self.taken, self.answers = [], []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=default))
        return answer


@pytest.fixture
def server():
    handler = Server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "khasan.db") as opened:
        source = Source("a", "a", "A", "https://a.example/feed", pages=Pages.NEVER)
        opened.write(sync_topic, [Outlet("a", "The A")], [source], NOW)
        opened.write(store_poll, PollResult("a", NOW, Outcome.UNCHANGED, NOW))  # the baseline
        yield opened


def publish(archive, count, *, at=NOW, first=0, published=None):
    """`count` live articles, reviewed and decided upon."""
    entries = tuple(
        Entry(
            key=str(n), url=f"https://a.example/{n}", canonical_url=f"https://a.example/{n}", title=f"Guns {n}", text="Guns and more guns.",
            sha256=str(n), published=Published(published or at, None, Precision.MINUTE, TimeOrigin.FEED),
        )
        for n in range(first, first + count)
    )  # fmt: skip
    archive.write(store_poll, PollResult("a", at, Outcome.NEW, at, entries))
    hits = [RuleHit("guns", "Guns", "v1", "text: guns", ((0, 4),), ((0, 4),))]
    for article in archive.read(articles_where, "a.review_due_at IS NOT NULL ORDER BY a.id"):
        mailing.publish(archive, article, hits, [ANN], at, OPTIONS)


def deliver(archive, channel_options, at=NOW, readers=(ANN,)):
    async def once():
        channel = open_channel(channel_options)
        try:
            return await Outbox(archive, channel, readers, OPTIONS, lambda: at).deliver()
        finally:
            await channel.close()

    return asyncio.run(once())


def smtp(server):
    return SmtpOptions("127.0.0.1", server.port, "none", timeout=5.0)


def states(archive):
    return [mail.state for mail in reversed(archive.read(mails, (), 1000))]


def test_sent_once_and_marked(archive, server):
    publish(archive, 2)
    assert deliver(archive, smtp(server)).sent == 2
    assert deliver(archive, smtp(server)).sent == 0
    assert [message["Subject"] for message in server.taken] == ["Guns 0 — The A", "Guns 1 — The A"]
    assert len({message["Message-ID"] for message in server.taken}) == 2
    assert server.taken[0]["To"].addresses[0].addr_spec == "ann@example.org"
    publish(archive, 2)  # the same entries again
    assert states(archive) == ["sent", "sent"]


def test_passing_faults_are_tried_again_under_the_same_message_id(archive, server):
    publish(archive, 1)
    server.answers = ["451 try later", "452 full"]
    assert deliver(archive, smtp(server)).failed == 1
    (failed,) = archive.read(mails, ("failed",))
    assert "451" in failed.last_error
    assert failed.due_at > NOW
    assert deliver(archive, smtp(server), NOW + timedelta(seconds=30)).sent == 0  # not yet
    assert deliver(archive, smtp(server), NOW + timedelta(minutes=2)).failed == 1
    assert deliver(archive, smtp(server), NOW + timedelta(minutes=10)).sent == 1
    assert server.taken[0]["Message-ID"] == failed.message_id


def test_permanent_faults_are_dead_letters_and_can_be_retried(archive, server):
    publish(archive, 1)
    server.answers = ["550 no such mailbox"]
    assert deliver(archive, smtp(server)).dead == 1
    (dead,) = archive.read(mails, ("dead",))
    assert "550" in dead.last_error
    assert deliver(archive, smtp(server), NOW + timedelta(days=1)).sent == 0
    assert archive.write(retry_mails, None, NOW) == 1
    assert deliver(archive, smtp(server)).sent == 1
    assert server.taken[0]["Message-ID"] == dead.message_id


def test_a_server_that_is_away_for_days(archive):
    publish(archive, 1)
    away = SmtpOptions("127.0.0.1", 9, "none", timeout=2.0)
    at, attempts = NOW, 0
    while states(archive) != ["expired"]:
        (mail,) = archive.read(mails)
        at = max(at, mail.due_at)
        deliver(archive, away, at)
        attempts += 1
        assert attempts < 100
    assert timedelta(days=3) <= at - NOW < timedelta(days=3, hours=2)


def test_a_crash_between_250_and_the_mark_repeats_under_the_same_id(archive, server):
    publish(archive, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alerts.outbox.mark_sent", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            deliver(archive, smtp(server))
    assert states(archive) == ["sending"]
    assert deliver(archive, smtp(server)).sent == 1
    assert len(server.taken) == 2
    assert server.taken[0]["Message-ID"] == server.taken[1]["Message-ID"]
    assert server.taken[0].as_bytes() == server.taken[1].as_bytes()


def test_a_burst_becomes_a_summary(archive, server):
    publish(archive, 20)
    deliver(archive, smtp(server))
    assert len(server.taken) == 5
    summary = server.taken[-1]
    assert summary["Subject"].startswith("16 articles")
    text = summary.get_body(("plain",)).get_content().replace("*", "")  # marks
    assert all(f"Guns {n}" in text for n in range(4, 20))
    assert states(archive).count("superseded") == 16
    publish(archive, 3, first=20)
    assert deliver(archive, smtp(server), NOW + timedelta(minutes=10)).held == 3
    deliver(archive, smtp(server), NOW + timedelta(minutes=61))
    assert [message["Subject"] for message in server.taken[5:]] == [f"Guns {n} — The A" for n in (20, 21, 22)]


def test_a_summary_that_fails_keeps_its_parts(archive, server):
    publish(archive, 20)
    server.answers = ["250 OK"] * 4 + ["451 later"]
    deliver(archive, smtp(server))
    deliver(archive, smtp(server), NOW + timedelta(hours=2))
    assert server.taken[-1]["Subject"].startswith("16 articles")
    assert "dead" not in states(archive)


def test_late_articles_wait_for_the_morning_and_come_as_one(archive, server):
    publish(archive, 3, published=NOW - timedelta(days=5))
    assert deliver(archive, smtp(server)).sent == 0
    deliver(archive, smtp(server), datetime(2026, 11, 24, 6, 0, 1, tzinfo=UTC))  # eight in Kyiv
    assert [message["Subject"][:10] for message in server.taken] == ["3 articles"]


def test_a_mended_address_is_used(archive, server):
    publish(archive, 1)
    server.answers = ["550 no such mailbox"]
    deliver(archive, smtp(server))
    archive.write(retry_mails, None, NOW)
    deliver(archive, smtp(server), readers=(Reader("ann", "new@example.org"),))
    assert server.taken[0]["To"].addresses[0].addr_spec == "new@example.org"


def test_files_where_there_is_no_server(archive, tmp_path):
    publish(archive, 2)
    deliver(archive, FileOptions(tmp_path / "outbox"))
    found = [email.message_from_bytes(path.read_bytes(), policy=default) for path in (tmp_path / "outbox").iterdir()]
    assert sorted(message["Subject"] for message in found) == ["Guns 0 — The A", "Guns 1 — The A"]


def test_operator_is_told_once(archive, server):
    notice = notice_mail("key", "something", ["It happened."], address="op@example.org", now=NOW, options=OPTIONS)
    assert archive.write(queue_mail, notice, NOW) is not None
    assert archive.write(queue_mail, notice, NOW) is None
    deliver(archive, smtp(server))
    assert [message["To"].addresses[0].addr_spec for message in server.taken] == ["op@example.org"]
    assert json.loads(notice.body)["paragraphs"] == ["It happened."]


def test_a_server_that_cannot_be_reached_costs_one_attempt_a_pass(archive):
    publish(archive, 4)
    deliver(archive, SmtpOptions("127.0.0.1", 9, "none", timeout=2.0))
    assert sorted(mail.attempts for mail in archive.read(mails)) == [0, 0, 0, 1]


def test_after_an_outage_the_limit_holds(archive, server):
    publish(archive, 12)
    for mail in archive.read(mails):  # as if each had been tried
        archive.write(mark_sending, mail.id)
        archive.write(mark_failed, mail.id, "451 later", NOW)
    deliver(archive, smtp(server), NOW + timedelta(hours=2))
    assert len(server.taken) == 5


def test_a_mail_that_is_marked_late_is_not_sent_again(archive, server):
    """The server has it, the disk is full: it must not go out with every pass."""
    publish(archive, 1)

    async def passes():
        channel = open_channel(smtp(server))
        outbox = Outbox(archive, channel, (ANN,), OPTIONS, lambda: NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("alerts.outbox.mark_sent", lambda *_: (_ for _ in ()).throw(ArchiveError("disk is full")))
            for _ in range(3):
                with pytest.raises(ArchiveError):
                    await outbox.deliver()
        await outbox.deliver()
        await channel.close()

    asyncio.run(passes())
    assert len(server.taken) == 1
    assert states(archive) == ["sent"]


def test_a_mail_that_breaks_our_code_keeps_nobody_waiting(archive, server):
    publish(archive, 3)
    real = Outbox._compose

    def broken(self, mail):
        if mail.subject.startswith("Guns 0"):
            raise ZeroDivisionError
        return real(self, mail)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Outbox, "_compose", broken)
        deliver(archive, smtp(server))
    assert states(archive) == ["failed", "sent", "sent"]


def test_a_mail_dropped_during_the_pass_stays_dropped(archive, server):
    publish(archive, 2)
    second = archive.read(mails)[0].id

    async def handle(server_, session, envelope):
        archive.write(drop_mails, [second])
        return "250 OK"

    server.handle_DATA = handle
    deliver(archive, smtp(server))
    assert states(archive) == ["sent", "dropped"]


def test_a_renamed_reader_is_not_told_again(archive, server):
    publish(archive, 1)
    deliver(archive, smtp(server))
    archive.write(lambda c: c.execute("UPDATE article SET review_due_at = first_seen"))
    anna = Reader("anna", ANN.address)
    (article,) = archive.read(articles_where, "a.review_due_at IS NOT NULL")
    assert mailing.publish(archive, article, [RuleHit("guns", "Guns", "v1", "x")], [anna], NOW, OPTIONS) == 0
