"""When next: bounds and growth of the pauses, and Retry-After in all its spellings."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.polling import MAX_BACKOFF, MAX_RETRY_AFTER, PAGE_RETRIES, next_poll, page_retry, retry_after_of
from storage.model import Outcome

NOW = datetime(2025, 2, 10, 9, 0, tzinfo=UTC)
GOOD = [outcome for outcome in Outcome if outcome.good]
BAD = [outcome for outcome in Outcome if not outcome.good]
INTERVALS = st.floats(1, 7 * 86400)
NAMES = st.text(max_size=10)
WAITS = st.none() | st.timedeltas(timedelta(), timedelta(days=4000))


def pause(outcome=Outcome.NEW, *, interval=900.0, failures=0, retry_after=None, source="wire"):
    return next_poll(NOW, outcome, interval=interval, failures=failures, retry_after=retry_after, source=source) - NOW


@given(st.sampled_from(GOOD), INTERVALS, NAMES)
def test_good_poll_keeps_the_interval_with_a_little_jitter(outcome, interval, source):
    found = pause(outcome, interval=interval, source=source).total_seconds()
    assert 0.949 * interval <= found <= 1.051 * interval
    assert found == pause(outcome, interval=interval, source=source).total_seconds()


def test_sources_declared_together_do_not_stay_together():
    assert len({pause(source=f"source-{number}") for number in range(50)}) > 45


@given(st.sampled_from(BAD), INTERVALS, NAMES)
def test_pauses_grow_with_failures_up_to_a_bound(outcome, interval, source):
    pauses = [pause(outcome, interval=interval, failures=number, source=source).total_seconds() for number in range(30)]
    bound = max(interval, MAX_BACKOFF.total_seconds())
    assert all(0.949 * interval <= one <= 1.051 * bound for one in pauses)
    for number, (before, after) in enumerate(pairwise(pauses)):
        assert after >= 0.9 * before, "a tenth of jitter, no more"
        if before < 0.45 * bound and number < 10:
            assert after > 1.7 * before
    assert pauses[-1] >= 0.949 * min(interval * 1024, bound)


@given(st.sampled_from(list(Outcome)), INTERVALS, st.integers(0, 100), WAITS)
def test_server_that_asks_for_patience_gets_it_up_to_a_day(outcome, interval, failures, wait):
    without = pause(outcome, interval=interval, failures=failures)
    with_it = pause(outcome, interval=interval, failures=failures, retry_after=wait)
    assert with_it == max(without, min(wait or timedelta(), MAX_RETRY_AFTER))


@given(st.sampled_from(list(Outcome)), st.integers(0, 20), WAITS)
def test_page_is_tried_again_a_few_times(outcome, attempts, wait):
    again = page_retry(NOW, outcome, attempts=attempts, retry_after=wait)
    final = outcome in {Outcome.GONE, Outcome.ROBOTS, Outcome.NOT_A_PAGE, Outcome.TOO_LARGE}
    assert (again is None) == (final or attempts >= len(PAGE_RETRIES))
    if again is not None:
        assert again - NOW == max(PAGE_RETRIES[attempts], min(wait or timedelta(), MAX_RETRY_AFTER))


def test_page_retries_grow():
    assert list(PAGE_RETRIES) == sorted(set(PAGE_RETRIES))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("0", timedelta()),
        ("120", timedelta(minutes=2)),
        (" 120 ", timedelta(minutes=2)),
        ("0000000120", timedelta(minutes=2)),
        ("999999999999999999999999", MAX_RETRY_AFTER),
        ("Mon, 10 Feb 2025 09:05:00 GMT", timedelta(minutes=5)),
        ("Monday, 10-Feb-25 09:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 10 Feb 2025 18:05:00 +0900", timedelta(minutes=5)),
        ("Mon, 10 Feb 2025 08:00:00 GMT", timedelta()),
        ("Mon, 10 Feb 2025 09:05:00", timedelta(minutes=5)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Mon, 10 Feb 2025 09:05:00 +999999999999999999", None),
        ("Mon, 99 Feb 2025 99:05:00 GMT", None),
    ],
)
def test_retry_after(header, expected):
    assert retry_after_of(header, NOW) == expected


@given(st.text(max_size=40) | st.text("0123456789 :,-+GMTonFeb", max_size=40))
@example("1, 1 Jan 99999999999 0:0")
@example("Mon, 10 Feb 2025 09:05:00 -99999999999999999999")
def test_nonsense_is_no_wait(header):
    wait = retry_after_of(header, NOW)
    assert wait is None or wait >= timedelta()


@given(st.timedeltas(timedelta(days=-9000), timedelta(days=9000)))
def test_date_round_trip(distance):
    at = (NOW + distance).replace(microsecond=0)
    assert retry_after_of(format_datetime(at, usegmt=True), NOW) == max(at - NOW, timedelta())
