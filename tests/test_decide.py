"""What a reader is told, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import EXPIRES, HOUR, Reader, decide, late_time, mail_retry, pace
from storage.mail import Mail, MailKind, MailState
from storage.model import Arrival, Article, PageState, Precision, Published, RuleHit, TimeOrigin

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
LATE = timedelta(hours=48)
HITS = (RuleHit("guns", "Guns", "1", "x"), RuleHit("ships", "Ships", "1", "y"))


def article(arrival=Arrival.LIVE, at=NOW, origin=TimeOrigin.FEED):
    return Article(
        id=1, version=1, url="https://a.example/1", canonical_url="https://a.example/1", outlet="a", outlet_name="A", source="a",
        sources=("a",), arrival=arrival, first_seen=NOW, published=Published(at, None, Precision.MINUTE, origin), language="en",
        language_hint="en", title="T", text="x", authors=(), image=None, page_state=PageState.FETCHED, page_fault="", text_origin="page",
    )  # fmt: skip


def mail(number, *, attempts=0, kind=MailKind.ALERT):
    return Mail(
        number, kind, "ann", "a@x", MailState.QUEUED, f"<{number}@x>", "s", 1, 1, "{}", NOW, NOW, attempts, "", None
    )


ANN, BOB = Reader("ann", "a@x", rules=("*",)), Reader("bob", "b@x", rules=("ships",))


def test_each_reader_gets_his_rules():
    decisions = decide(article(), HITS, (ANN, BOB), set(), NOW, LATE)
    assert [(d.reader, d.outcome, [hit.rule for hit in d.hits]) for d in decisions] == [
        ("ann", "mail", ["guns", "ships"]),
        ("bob", "mail", ["ships"]),
    ]
    assert decide(article(), HITS[:1], (BOB,), set(), NOW, LATE) == ()


@pytest.mark.parametrize("arrival", [Arrival.BASELINE, Arrival.BACKFILL, Arrival.IMPORT])
def test_only_live_alerts(arrival):
    (decision,) = decide(article(arrival), HITS, (ANN,), set(), NOW, LATE)
    assert decision.outcome == "nothing"
    assert arrival in decision.reason


def test_never_twice():
    (decision,) = decide(article(), HITS, (ANN,), {"ann"}, NOW, LATE)
    assert (decision.outcome, decision.reason) == ("nothing", "alerted before")


def test_old_is_late_unless_the_time_is_a_guess():
    old = NOW - LATE - timedelta(minutes=1)
    assert decide(article(at=old), HITS, (ANN,), set(), NOW, LATE)[0].outcome == "late"
    assert decide(article(at=old, origin=TimeOrigin.GUESS), HITS, (ANN,), set(), NOW, LATE)[0].outcome == "mail"
    assert decide(article(at=NOW - LATE), HITS, (ANN,), set(), NOW, LATE)[0].outcome == "mail"


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


@given(
    due=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30),
    ages=st.lists(st.integers(-9000, 120), max_size=20),
    limit=st.integers(1, 15),
)
def test_pace_loses_nothing_and_keeps_the_limit(due, ages, limit):
    mails = [mail(n, attempts=attempts) for n, (attempts, _) in enumerate(due)]
    late = {n for n, (attempts, is_late) in enumerate(due) if is_late and not attempts}
    sent = sorted(NOW - timedelta(minutes=age) for age in ages)
    plan = pace(mails, late, sent, limit, NOW)
    assert sorted(m.id for m in (*plan.send, *plan.merge, *plan.hold)) == [m.id for m in mails]
    recent = sum(timedelta() <= NOW - at < HOUR for at in sent)
    assert len(plan.send) + bool(plan.merge) <= max(0, limit - recent)
    if plan.hold:
        assert plan.until > NOW


def test_retries_grow_and_end():
    pauses = [mail_retry(NOW, attempts, NOW) - NOW for attempts in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert pauses[-1] == timedelta(hours=1)
    assert mail_retry(NOW - EXPIRES - timedelta(seconds=1), 7, NOW) is None
    assert mail_retry(NOW - EXPIRES - timedelta(days=9), 6, NOW) is not None, "age alone kills no mail"
