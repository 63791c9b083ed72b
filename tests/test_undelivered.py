"""What the operator is told of mails that nobody will have: once each, in one mail a day, and how a server's limits are kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import LEAST_ATTEMPTS, mail_retry, pace
from alerts.notices import Row
from alerts.traffic import MINUTE, has_enough, slots
from alerts.undelivered import APART, SHOWN, Told, to_tell, undelivered_subject, undelivered_words
from scheduler.health import look
from storage.archive import open_archive
from storage.mail import Mail, MailKind, MailState, NewMail
from storage.outbox import mails, mark_failed, mark_sending, queue_mail, retry_mails
from tests.shelf import NOW, minutes
from tests.test_health import setup

DAY = timedelta(days=1)


def mail(number, state=MailState.DEAD, reader="ann", kind=MailKind.ALERT, error="550 no such user"):
    return Mail(
        number, kind, reader, f"{reader}@example.org", state, f"<{number}@x>", f"Guns {number}", None, None, "{}", NOW, NOW, 7, error, None
    )  # fmt: skip


def test_each_is_told_once_and_again_if_it_is_given_up_again():
    fresh, told = to_tell([mail(1), mail(2)], Told(), NOW)
    assert ([one.id for one in fresh], told) == ([1, 2], Told(frozenset({1, 2}), NOW))
    assert to_tell([mail(1), mail(2)], told, NOW + 9 * DAY) == ((), told)
    assert to_tell([mail(1), mail(2), mail(3)], told, NOW + minutes(5)) == ((), told)  # not yet
    fresh, later = to_tell([mail(1), mail(2), mail(3)], told, NOW + APART)
    assert ([one.id for one in fresh], later) == ([3], Told(frozenset({1, 2, 3}), NOW + APART))
    _, without = to_tell([mail(3)], later, NOW + APART + minutes(1))
    assert without.mails == {3}
    fresh, _ = to_tell([mail(1), mail(3)], without, NOW + 3 * APART)
    assert [one.id for one in fresh] == [1]


def test_mails_to_the_operator_are_not_told_to_the_operator():
    assert to_tell([mail(1, reader="operator", kind=MailKind.OPERATOR)], Told(), NOW) == ((), Told())


def test_a_clock_that_was_ahead_does_not_silence_it():
    fresh, _ = to_tell([mail(1)], Told(frozenset(), NOW + 30 * DAY), NOW)
    assert fresh


def test_the_words_name_reader_mail_and_reason():
    found = [mail(1), mail(2, MailState.EXPIRED, error="no answer within 30 s"), mail(3, reader="bob")]
    assert undelivered_subject(found) == "3 mails could not be delivered"
    assert undelivered_subject(found[2:]) == "a mail to bob could not be delivered"
    paragraphs, sections = undelivered_words(found, "Asia/Seoul")
    assert "khasan outbox retry" in paragraphs[0]
    assert [(one.title, len(one.rows)) for one in sections] == [
        ("ann, ann@example.org", 2),
        ("bob, bob@example.org", 1),
    ]
    assert sections[0].rows == (
        Row("Guns 1", "mail 1 of Mon 10 Feb 2025, 18:00 KST · refused · 550 no such user"),
        Row("Guns 2", "mail 2 of Mon 10 Feb 2025, 18:00 KST · not taken in 7 attempts · no answer within 30 s"),
    )
    _, many = undelivered_words([mail(number) for number in range(SHOWN + 9)], "UTC")
    assert (len(many[0].rows), many[0].more) == (SHOWN, 9)


def test_the_operator_is_mailed_while_others_wait_for_the_next_day(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        for number in range(3):
            archive.write(
                queue_mail, NewMail(MailKind.ALERT, "ann", "a@example.org", f"<{number}@x>", f"Guns {number}", NOW), NOW
            )
        archive.write(mark_failed, 1, "550 no such user", None)

        def subjects(at):
            before = {one.id for one in archive.read(mails)}
            asyncio.run(look(archive, setup(), at))
            return [one.subject for one in archive.read(mails) if one.id not in before]

        assert subjects(NOW) == ["Khasan: a mail to ann could not be delivered"]
        archive.write(mark_sending, 2)
        archive.write(mark_failed, 2, "no answer", None, expired=True)
        assert subjects(NOW + minutes(1)) == subjects(NOW + minutes(60)) == []
        assert subjects(NOW + DAY) == ["Khasan: a mail to ann could not be delivered"]
        archive.write(retry_mails, [1], NOW + DAY)
        assert subjects(NOW + 2 * DAY) == []
        archive.write(mark_failed, 1, "550 no such user", None)
        assert subjects(NOW + 3 * DAY) == ["Khasan: a mail to ann could not be delivered"]
        archive.write(mark_failed, archive.read(mails)[0].id, "550 no operator", None)
        assert subjects(NOW + 5 * DAY) == []


# How much a server is given


@given(st.lists(st.integers(-90, 90), max_size=30), st.integers(1, 20))
def test_slots_are_what_the_last_minute_leaves(seconds, limit):
    sent = sorted(NOW - timedelta(seconds=one) for one in seconds)
    left = slots(sent, limit, NOW)
    assert left == max(0, limit - sum(0 <= one < 60 for one in seconds))
    assert slots(sent, limit, NOW + 3 * MINUTE) == limit
    assert slots(sent, 0, NOW) is None


@pytest.mark.parametrize(("code", "words", "enough"), [
    (421, "4.3.2 shutting down", True),
    (450, "4.7.1 rate limited", True),
    (451, "4.7.0 Too many messages, slow down", True),
    (452, "4.5.3 Too many recipients", True),
    (454, "4.7.0 throttled", True),
    (550, "5.4.5 Daily user sending quota exceeded", True),
    (550, "5.7.1 Sending limit reached", True),
    (450, "4.2.1 The user is receiving mail at a rate that is too high", False),
    (452, "4.2.2 mailbox full, too many mails", False),
    (451, "4.7.1 greylisted, come back later", False),
    (451, "4.3.0 separate problem", False),
    (550, "5.1.1 no such user", False),
    (552, "5.3.4 message size exceeds limit", False),
    (554, "5.4.6 too many hops", False),
    (554, "5.7.1 looks like spam; sender's rate of complaints", False),
])  # fmt: skip
def test_what_means_enough_for_now(code, words, enough):
    assert has_enough(code, words) is enough


def test_what_a_server_may_have_had_keeps_its_identity():
    """Also where its attempts were set to nothing by a wish to send it again."""
    fresh = [replace(mail(number, MailState.QUEUED, error=""), attempts=0) for number in range(5)]
    assert len(pace(fresh, (), (), 3, NOW).merge) == 3
    again = [
        replace(fresh[0], last_error="451 later"),
        replace(fresh[1], sent_at=NOW - DAY),
        replace(fresh[2], attempts=1),
        *fresh[3:],
    ]
    plan = pace(again, (), (), 4, NOW)
    assert [one.id for one in plan.send] == [0, 1, 2]
    assert [one.id for one in plan.merge] == [3, 4]


def test_one_that_is_sent_again_has_all_its_attempts():
    assert mail_retry(NOW, LEAST_ATTEMPTS - 1, NOW + 30 * DAY) is not None
    assert mail_retry(NOW, LEAST_ATTEMPTS, NOW + 30 * DAY) is None
