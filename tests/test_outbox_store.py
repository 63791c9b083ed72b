"""The outbox as it is kept: one Message-ID a mail, no state that is left by accident."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import open_archive
from storage.mail import MailKind, MailState, NewMail
from storage.outbox import (
    RESENDABLE,
    drop_mails,
    due_mails,
    given_up,
    hold_due,
    mails,
    mark_failed,
    mark_sending,
    mark_sent,
    merge_mails,
    merged_parts,
    postpone,
    queue_baseline_notice,
    queue_mail,
    resend,
    retry_mails,
    sent_since,
    taken_since,
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
    assert states(archive) == {one: "superseded", two: "superseded", three: "sending", summary: "queued"}
    assert [found.id for found in archive.read(merged_parts, summary)] == [one, two]
    assert archive.write(merge_mails, mail(1, MailKind.SUMMARY), [one, two], NOW) is None
    assert [found.id for found in archive.read(due_mails, NOW)] == [three, summary]


def one_of_each(archive):
    """A mail in each state, by the state's name; "merging" is the summary that supersedes one."""
    ids = dict(
        zip(
            ("dead", "expired", "failed", "dropped", "sent", "sending", "superseded", "queued"),
            queued(archive, 8),
            strict=True,
        )
    )
    archive.write(mark_failed, ids["dead"], "550", None)
    archive.write(mark_failed, ids["expired"], "no answer", None, expired=True)
    archive.write(mark_failed, ids["failed"], "450", NOW + timedelta(days=1))
    archive.write(mark_sent, ids["sent"], NOW)
    archive.write(mark_sending, ids["sending"])
    ids["merging"] = archive.write(merge_mails, mail(1, MailKind.SUMMARY), [ids["superseded"]], NOW)
    assert archive.write(drop_mails, [ids["dropped"], ids["sent"], ids["sending"], ids["superseded"], 999]) == 1
    return ids


def test_operator_retries_and_drops(archive):
    ids = one_of_each(archive)
    before = {number: state for state, number in ids.items()} | {ids["merging"]: "queued"}
    assert states(archive) == before
    assert archive.write(retry_mails, None, NOW + minutes(1)) == 3
    assert states(archive) == before | dict.fromkeys((ids["dead"], ids["expired"], ids["failed"]), "queued")
    fixed = [ids["sent"], ids["sending"], ids["superseded"], 999]
    assert archive.write(retry_mails, [ids["dropped"], *fixed], NOW + minutes(1)) == 1
    assert archive.read(mails, ["dropped"]) == []
    due = {found.id for found in archive.read(due_mails, NOW + minutes(1))}
    assert due == set(ids.values()) - {ids["sent"], ids["superseded"]}
    archive.write(mark_failed, ids["expired"], "no answer", None, expired=True)
    assert archive.write(retry_mails, [ids["expired"]], NOW) == 1
    archive.write(mark_failed, ids["expired"], "no answer", None, expired=True)
    assert archive.write(drop_mails, [ids["expired"]]) == 1


def test_any_mail_that_is_at_rest_is_sent_again_by_its_number(archive):
    ids = one_of_each(archive)
    kept = {found.id: (found.message_id, found.created_at, found.subject) for found in archive.read(mails)}
    for state in MailState:
        assert archive.write(resend, ids[state], NOW + minutes(9)) == state
    assert archive.write(resend, 999, NOW) is None
    found = {one.id: one for one in archive.read(mails)}
    for state in RESENDABLE:
        one = found[ids[state]]
        assert (one.state, one.due_at, one.attempts) == ("queued", NOW + minutes(9), 0)
    untouched = {state: found[ids[state]].state for state in set(MailState) - RESENDABLE}
    assert untouched == {state: state for state in ("queued", "sending", "superseded")}
    assert {one.id: (one.message_id, one.created_at, one.subject) for one in found.values()} == kept


def test_what_nobody_will_have_is_told_apart(archive):
    ids = one_of_each(archive)
    assert [(one.id, one.state) for one in archive.read(given_up)] == [
        (ids["dead"], "dead"),
        (ids["expired"], "expired"),
    ]


def test_what_is_due_is_held_of_one_reader_or_of_all(archive):
    one, two = queued(archive, 2)
    later = archive.write(queue_mail, mail(8, due=NOW + minutes(9)), NOW)
    other = archive.write(queue_mail, mail(9, reader="bob"), NOW)
    archive.write(mark_sending, one)
    archive.write(mark_sent, two, NOW)
    assert archive.write(hold_due, NOW, NOW + minutes(1), "bob") == 1
    assert [found.id for found in archive.read(due_mails, NOW)] == [one]
    assert archive.write(hold_due, NOW, NOW + minutes(2)) == 1
    assert archive.read(due_mails, NOW) == []
    assert [found.id for found in archive.read(due_mails, NOW + minutes(9))] == [other, one, later]


def test_when_mails_were_taken_whoever_had_them(archive):
    for number, (kind, reader) in enumerate(
        [(MailKind.ALERT, "ann"), (MailKind.OPERATOR, "operator"), (MailKind.DIGEST, "bob")]
    ):
        archive.write(mark_sent, archive.write(queue_mail, mail(number, kind, reader), NOW), NOW + minutes(number))
    assert archive.read(taken_since, NOW) == [NOW + minutes(1), NOW + minutes(2)]
    archive.write(resend, 3, NOW + minutes(3))
    assert archive.read(taken_since, NOW) == [NOW + minutes(1), NOW + minutes(2)]


def test_notice_of_first_polls_is_queued_once(archive):
    notice = replace(mail(1, MailKind.OPERATOR), article=None)
    archive.write(queue_baseline_notice, notice, NOW, ["wire"])
    archive.write(queue_baseline_notice, notice, NOW, ["wire"])
    assert len(archive.read(mails)) == 1
    assert rows(archive, "SELECT baseline_told_at IS NOT NULL AS told FROM source") == [{"told": 1}]


STEPS = st.tuples(
    st.sampled_from(
        [
            "queue",
            "sending",
            "sent",
            "failed",
            "dead",
            "expired",
            "retry",
            "resend",
            "drop",
            "merge",
            "postpone",
            "hold",
        ]
    ),
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
                    "expired": (partial(mark_failed, expired=True), (one, "x", None)), "resend": (resend, (one, NOW)),
                    "hold": (hold_due, (NOW, NOW + minutes(1))),
                }[step]  # fmt: skip
                archive.write(job, *arguments)
            assert {found.message_id for found in archive.read(mails, limit=1000)} == known
        dangling = "SELECT * FROM outbox o WHERE state = 'superseded' AND NOT EXISTS (SELECT 1 FROM outbox s WHERE s.id = o.merged_into)"
        assert rows(archive, dangling) == []
