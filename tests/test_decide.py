"""What a reader is told, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import EXPIRES, HOUR, Plan, late_time, mail_retry, pace
from storage.mail import Mail, MailKind, MailState

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


def mail(number, *, attempts=0, kind=MailKind.ALERT):
    return Mail(
        number, kind, "ann", "a@x", MailState.QUEUED, f"<{number}@x>", "s", 1, 1, "{}", NOW, NOW, attempts, "", None
    )


def test_late_is_next_morning_where_the_reader_is():
    assert late_time(NOW, "UTC") == datetime(2026, 3, 29, 8, tzinfo=UTC)
    assert late_time(datetime(2026, 3, 28, 3, tzinfo=UTC), "UTC") == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert late_time(NOW, "Asia/Seoul") == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert late_time(NOW, "Europe/Kyiv") == datetime(2026, 3, 29, 5, tzinfo=UTC)  # summer time begins that night


def test_a_burst_becomes_single_mails_and_one_summary():
    plan = pace([mail(n) for n in range(1, 21)], (), [], 5, NOW)
    assert [m.id for m in plan.send] == [1, 2, 3, 4]
    assert [m.id for m in plan.merge] == list(range(5, 21))
    assert plan.hold == ()


def test_what_is_too_much_waits_until_there_is_room():
    sent = [NOW - timedelta(minutes=50 - n) for n in range(5)]
    plan = pace([mail(1), mail(2)], (), sent, 5, NOW)
    assert (plan.send, plan.merge) == ((), ())
    assert [m.id for m in plan.hold] == [1, 2]
    assert plan.until == sent[0] + HOUR


def test_tried_mails_keep_their_identity():
    plan = pace([mail(1, attempts=2), mail(2), mail(3), mail(4)], (), [], 2, NOW)
    assert [m.id for m in plan.send] == [1]
    assert [m.id for m in plan.merge] == [2, 3, 4]


def test_late_ones_are_summed_up():
    plan = pace([mail(1), mail(2), mail(3)], {2, 3}, [], 10, NOW)
    assert [m.id for m in plan.send] == [1]
    assert [m.id for m in plan.merge] == [2, 3]


def test_updates_are_summed_up_like_alerts_and_digests_go_first_and_alone():
    updates = [mail(n, kind=MailKind.UPDATE) for n in (1, 2, 3)]
    due = [mail(9, attempts=1), *updates, mail(4), mail(5, kind=MailKind.DIGEST), mail(6, kind=MailKind.SUMMARY)]
    plan = pace(due, (), [], 4, NOW)
    assert [m.id for m in plan.send] == [5, 9, 6]
    assert [m.id for m in plan.merge] == [1, 2, 3, 4]
    assert [m.id for m in pace(due, (), [], 1, NOW).send] == [5]
    full = pace(due, (), [NOW] * 4, 4, NOW)
    assert (full.send, full.merge, len(full.hold)) == ((), (), 7)


def test_in_quiet_hours_all_is_held_till_they_end():
    due = [mail(1, attempts=1), mail(2), mail(3, kind=MailKind.DIGEST), mail(4, kind=MailKind.UPDATE)]
    plan = pace(due, {2}, [], 5, NOW, NOW + 9 * HOUR)
    assert plan == Plan(hold=tuple(due), until=NOW + 9 * HOUR)
    assert [m.id for m in pace(due, {2}, [], 5, NOW, None).send] == [3, 1, 4]


@given(
    due=st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from(MailKind)), max_size=30),
    ages=st.lists(st.integers(-9000, 120), max_size=20),
    limit=st.integers(1, 15),
    quiet=st.booleans(),
)
def test_pace_loses_nothing_and_keeps_the_limit(due, ages, limit, quiet):
    mails = [mail(n, attempts=attempts, kind=kind) for n, (attempts, _, kind) in enumerate(due)]
    late = {n for n, (attempts, is_late, kind) in enumerate(due) if is_late and not attempts and kind == MailKind.ALERT}
    sent = sorted(NOW - timedelta(minutes=age) for age in ages)
    plan = pace(mails, late, sent, limit, NOW, NOW + HOUR if quiet else None)
    assert sorted(m.id for m in (*plan.send, *plan.merge, *plan.hold)) == [m.id for m in mails]
    recent = sum(timedelta() <= NOW - at < HOUR for at in sent)
    assert len(plan.send) + bool(plan.merge) <= (0 if quiet else max(0, limit - recent))
    assert all(m.kind in {"alert", "update"} and not m.attempts for m in plan.merge)
    if plan.hold:
        assert plan.until > NOW


def test_retries_grow_and_end():
    pauses = [mail_retry(NOW, attempts, NOW) - NOW for attempts in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert pauses[-1] == timedelta(hours=1)
    assert mail_retry(NOW - EXPIRES - timedelta(seconds=1), 7, NOW) is None
    assert mail_retry(NOW - EXPIRES - timedelta(days=9), 6, NOW) is not None, "age alone kills no mail"
