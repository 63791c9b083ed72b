"""The outbox as it is kept: one Message-ID a mail, no state that is left by accident."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import open_archive
from storage.mail import MailKind, MailState, NewMail
from storage.outbox import (
    drop_mails,
    due_mails,
    mails,
    mark_failed,
    mark_sending,
    mark_sent,
    merge_mails,
    merged_parts,
    postpone,
    queue_baseline_notice,
    queue_mail,
    retry_mails,
    sent_since,
)
from tests.shelf import NOW, entry, minutes, poll, rows, settle, source


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        settle(archive, source("wire"))
        poll(archive, "wire", entry("a"))
        yield archive


def mail(number=1, kind=MailKind.ALERT, reader="ann", due=NOW):
    return NewMail(kind, reader, f"{reader}@desk.example", f"<{kind}.{number}@x>", f"Тема {number}", due, 1, '{"a": 1}')


def queued(archive, count):
    return [archive.write(queue_mail, mail(number), NOW) for number in range(count)]


def states(archive):
    return {one.id: one.state for one in archive.read(mails, limit=1000)}


def test_message_id_is_queued_once_whatever_became_of_it(archive):
    (one,) = queued(archive, 1)
    for mark in (None, mark_sending, lambda c, m: mark_sent(c, m, NOW), lambda c, m: mark_failed(c, m, "no", None)):
        if mark is not None:
            archive.write(mark, one)
        assert archive.write(queue_mail, mail(0), NOW) is None
    assert len(archive.read(mails)) == 1


def test_mail_comes_back_as_it_was_queued(archive):
    (found,) = (archive.write(queue_mail, mail(7), NOW), archive.read(mails)[0])[1:]
    assert (found.kind, found.reader, found.address, found.subject, found.body) == (
        "alert",
        "ann",
        "ann@desk.example",
        "Тема 7",
        '{"a": 1}',
    )
    assert (found.message_id, found.article, found.attempts, found.sent_at) == ("<alert.7@x>", 1, 0, None)
    assert (found.created_at, found.due_at) == (NOW, NOW)


def test_due_longest_waiting_first_and_not_before_their_time(archive):
    later = archive.write(queue_mail, mail(9, due=NOW + minutes(5)), NOW)
    one, two = queued(archive, 2)
    assert [found.id for found in archive.read(due_mails, NOW)] == [one, two]
    assert [found.id for found in archive.read(due_mails, NOW + minutes(5))] == [one, two, later]
    archive.write(mark_sending, one)
    archive.write(postpone, [two], NOW + minutes(9))
    assert [found.id for found in archive.read(due_mails, NOW + minutes(4))] == [one]


def test_way_of_a_mail_that_fails_and_is_sent(archive):
    (one,) = queued(archive, 1)
    archive.write(mark_sending, one)
    archive.write(mark_failed, one, "450 later", NOW + minutes(2))
    (found,) = archive.read(mails)
    assert (found.state, found.attempts, found.last_error, found.due_at) == (
        MailState.FAILED,
        1,
        "450 later",
        NOW + minutes(2),
    )
    archive.write(mark_sending, one)
    archive.write(mark_sent, one, NOW + minutes(3))
    (found,) = archive.read(mails)
    assert (found.state, found.attempts, found.last_error, found.sent_at) == (MailState.SENT, 2, "", NOW + minutes(3))
    assert archive.read(sent_since, "ann", NOW) == [NOW + minutes(3)]
    assert archive.read(sent_since, "ann", NOW + minutes(3)) == []
    assert archive.read(sent_since, "bob", NOW) == []


def test_what_was_being_sent_at_a_crash_is_due_again(archive):
    one, two = queued(archive, 2)
    archive.write(mark_sending, one)
    assert [(found.id, found.state, found.attempts) for found in archive.read(due_mails, NOW)] == [
        (one, "sending", 1),
        (two, "queued", 0),
    ]


def test_summary_stands_for_its_parts(archive):
    one, two, three = queued(archive, 3)
    archive.write(mark_sending, three)
    summary = archive.write(merge_mails, mail(1, MailKind.SUMMARY), [one, two, three], NOW)
    assert states(archive) == {one: "merged", two: "merged", three: "sending", summary: "queued"}
    assert [found.id for found in archive.read(merged_parts, summary)] == [one, two]
    assert archive.write(merge_mails, mail(1, MailKind.SUMMARY), [one, two], NOW) is None
    assert [found.id for found in archive.read(due_mails, NOW)] == [three, summary]


def test_operator_retries_and_drops(archive):
    dead, failed, dropped, sent, sending, merged, waiting = queued(archive, 7)
    archive.write(mark_failed, dead, "550", None)
    archive.write(mark_failed, failed, "450", NOW + timedelta(days=1))
    archive.write(mark_sent, sent, NOW)
    archive.write(mark_sending, sending)
    summary = archive.write(merge_mails, mail(1, MailKind.SUMMARY), [merged], NOW)
    assert archive.write(drop_mails, [dropped, sent, sending, merged, 999]) == 1
    assert archive.write(retry_mails, None, NOW + minutes(1)) == 2
    assert states(archive) == {
        dead: "queued", failed: "queued", dropped: "dropped", sent: "sent", sending: "sending", merged: "merged", waiting: "queued", summary: "queued",
    }  # fmt: skip
    assert archive.write(retry_mails, [dropped, sent, sending, merged, 999], NOW + minutes(1)) == 1
    assert archive.read(mails, ["dropped"]) == []
    due = {found.id for found in archive.read(due_mails, NOW + minutes(1))}
    assert due == {dead, failed, dropped, sending, waiting, summary}


def test_notice_of_first_polls_is_queued_once(archive):
    notice = replace(mail(1, MailKind.OPERATOR), article=None)
    archive.write(queue_baseline_notice, notice, NOW, ["wire"])
    archive.write(queue_baseline_notice, notice, NOW, ["wire"])
    assert len(archive.read(mails)) == 1
    assert rows(archive, "SELECT baseline_told_at IS NOT NULL AS told FROM source") == [{"told": 1}]


STEPS = st.tuples(
    st.sampled_from(["queue", "sending", "sent", "failed", "dead", "retry", "drop", "merge", "postpone"]),
    st.integers(0, 5),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_no_mail_is_ever_lost(tmp_path_factory, steps):
    """Whatever is done in whatever order: each Message-ID is there once, and merged ones have a summary that is there."""
    with open_archive(tmp_path_factory.mktemp("any") / "a.db") as archive:
        settle(archive, source("wire"))
        poll(archive, "wire", entry("a"))
        known = set()
        for step, number in steps:
            one = number + 1
            if step == "queue":
                archive.write(queue_mail, mail(number), NOW)
                known.add(f"<alert.{number}@x>")
            elif step == "merge":
                parts = [
                    found.id for found in archive.read(due_mails, NOW + timedelta(days=9)) if found.kind == "alert"
                ]
                if archive.write(merge_mails, mail(number, MailKind.SUMMARY), parts, NOW) is not None:
                    known.add(f"<summary.{number}@x>")
            else:
                job, arguments = {
                    "sending": (mark_sending, (one,)), "sent": (mark_sent, (one, NOW)), "failed": (mark_failed, (one, "x", NOW)),
                    "dead": (mark_failed, (one, "x", None)), "retry": (retry_mails, ([one], NOW)),
                    "drop": (drop_mails, ([one],)), "postpone": (postpone, ([one], NOW + minutes(1))),
                }[step]  # fmt: skip
                archive.write(job, *arguments)
            assert {found.message_id for found in archive.read(mails, limit=1000)} == known
        dangling = "SELECT * FROM outbox o WHERE state = 'merged' AND NOT EXISTS (SELECT 1 FROM outbox s WHERE s.id = o.merged_into)"
        assert rows(archive, dangling) == []
