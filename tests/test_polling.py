"""When next: where the rhythm sends the polls, bounds, hints and back-off, and Retry-After in all its spellings."""

import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.polling import (
    MAX_BACKOFF,
    MAX_LASTING_BACKOFF,
    MAX_RETRY_AFTER,
    PAGE_RETRIES,
    WAITING,
    Bounds,
    Hints,
    max_age_of,
    next_poll,
    page_retry,
    retry_after_of,
)
from spiders.rhythm import Rhythm
from storage.model import Outcome

NOW = datetime(2025, 2, 10, 9, 0, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BOUNDS = Bounds()
GOOD = [outcome for outcome in Outcome if outcome.good]
BAD = [outcome for outcome in Outcome if not outcome.good]
LASTING = [
    *(Outcome.GONE, Outcome.ROBOTS, Outcome.TLS, Outcome.PRIVATE, Outcome.TOO_LARGE, Outcome.NOT_A_FEED),
    *(Outcome.NOT_A_PAGE, Outcome.PARSE_FAULT),
]
PASSING = [outcome for outcome in BAD if outcome not in LASTING]
NAMES = st.text(max_size=10)
WAITS = st.none() | st.timedeltas(timedelta(), timedelta(days=4000))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given UTC
BOUND = st.tuples(*[st.floats(1, 7 * 86400)] * 3).map(lambda three: Bounds(*sorted(three)))
HINTS = st.builds(
    Hints,
    max_age=WAITS,
    ttl=WAITS,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
)


@st.composite
def rhythms(draw):
    """Whatever may have been learnt, from whatever was published."""
    rhythm = Rhythm()
    for times, at, window in draw(
        st.lists(st.tuples(st.lists(TIMES, min_size=1, max_size=10), TIMES, st.integers(0, 2000)), max_size=5)
    ):
        rhythm = rhythm.learn(times, at, window=window)
    return rhythm


def evenly(daily, days=20, window=0):
    """The rhythm of a source that publishes at equal distances, day and night."""
    return Rhythm().learn([NOW - number * DAY / daily for number in range(1, int(daily * days))], NOW, window=window)


def after(
    outcome=Outcome.NEW, *, rhythm=None, failures=0, bounds=BOUNDS, hints=None, retry_after=None, source="wire", now=NOW
):
    """Seconds to the next poll."""
    at = next_poll(
        now,
        outcome=outcome,
        rhythm=rhythm or Rhythm(),
        failures=failures,
        bounds=bounds,
        hints=hints or Hints(),
        retry_after=retry_after,
        source=source,
    )
    return (at - now).total_seconds()


# --- a source that answers ------------------------------------------------------------------------------------------


@given(st.sampled_from([one for one in GOOD if one != Outcome.OVERFLOW]), BOUND, NAMES)
def test_an_unknown_rhythm_is_polled_as_usual_with_a_little_jitter(outcome, bounds, source):
    found = after(outcome, bounds=bounds, source=source)
    assert 0.949 * bounds.usual <= found <= 1.051 * bounds.usual
    assert found == after(outcome, bounds=bounds, source=source)


def test_sources_declared_together_do_not_stay_together():
    assert len({after(source=f"source-{number}") for number in range(50)}) > 45


@pytest.mark.parametrize("daily", [20, 100, 400, 1500])
def test_polls_stand_as_one_over_the_square_root_of_the_rate(daily):
    assert after(rhythm=evenly(daily)) == pytest.approx(math.sqrt(2 * WAITING * 86400 / daily), rel=0.25)


def test_bounds_hold_at_both_ends():
    assert 0.949 * BOUNDS.least <= after(rhythm=evenly(50_000, 2)) <= 1.051 * BOUNDS.least
    quiet = after(rhythm=evenly(0.2, 100), now=NOW + timedelta(hours=5))  # it publishes at nine
    assert 0.949 * BOUNDS.most <= quiet <= 1.051 * BOUNDS.most


def test_a_fixed_interval_is_kept_whatever_the_rhythm():
    for daily in (1, 5000):
        assert after(rhythm=evenly(daily), bounds=Bounds(700, 700, 700)) == after(bounds=Bounds(700, 700, 700))


def test_polls_go_where_the_articles_come():
    """A wire that is awake from 6 to 20: by night it is polled far less."""
    times = [
        NOW.replace(hour=hour, minute=minute) - day * DAY
        for day in range(1, 20)
        for hour in range(6, 20)
        for minute in range(0, 60, 6)
    ]
    rhythm = Rhythm().learn(times, NOW)
    assert after(rhythm=rhythm, now=NOW + timedelta(hours=4)) < 600
    assert after(rhythm=rhythm, now=NOW + timedelta(hours=15)) > 1200


def test_what_comes_on_the_hour_is_fetched_soon_after():
    rhythm = Rhythm().learn([NOW - number * timedelta(hours=1) for number in range(1, 400)], NOW)
    found = after(rhythm=rhythm, now=NOW + 40 * MINUTE)
    assert 20 * 60 < found < 29 * 60


def test_a_small_window_is_looked_at_before_it_turns_over():
    """Ten entries an hour: a window of six is half gone in 18 minutes."""
    assert after(rhythm=evenly(240)) > 1.05 * 200
    assert after(rhythm=evenly(240, window=6)) == after(rhythm=evenly(240))
    tight, later = Bounds(10, 900, 3600), NOW + 2 * MINUTE  # three minutes before the next slot of the hour
    assert after(rhythm=evenly(240, window=1), bounds=tight, now=later) == pytest.approx(120, rel=0.35)
    assert after(rhythm=evenly(240, window=1), bounds=tight) == pytest.approx(120, rel=0.35)


def test_an_overflow_is_followed_by_a_sooner_poll():
    rhythm = evenly(40)
    assert after(Outcome.OVERFLOW, rhythm=rhythm) == pytest.approx(after(rhythm=rhythm) / 3, rel=0.01)
    assert after(Outcome.OVERFLOW) == pytest.approx(after() / 3, rel=0.01)
    assert after(Outcome.OVERFLOW, rhythm=evenly(50_000, 2)) >= 0.949 * BOUNDS.least


# --- what the source asks for ---------------------------------------------------------------------------------------


def test_max_age_holds_up_to_the_most():
    busy = evenly(1500)
    assert after(rhythm=busy, hints=Hints(max_age=30 * MINUTE)) == 1800
    assert after(rhythm=busy, hints=Hints(max_age=DAY)) == BOUNDS.most
    assert after(rhythm=busy, hints=Hints(max_age=MINUTE)) == after(rhythm=busy)


def test_ttl_holds_up_to_the_usual():
    busy = evenly(1500)
    assert after(rhythm=busy, hints=Hints(ttl=10 * MINUTE)) == 600
    assert after(rhythm=busy, hints=Hints(ttl=60 * MINUTE)) == BOUNDS.usual


def test_hours_and_days_to_skip_are_skipped_up_to_a_day():
    nine_to_noon = Hints(skip_hours=frozenset({9, 10, 11}))
    assert after(hints=nine_to_noon) == 3 * 3600
    assert after(hints=nine_to_noon, now=NOW + timedelta(hours=3)) == after()
    assert after(hints=Hints(skip_days=frozenset({0}))) == 15 * 3600
    assert after(hints=Hints(skip_hours=frozenset(range(24)))) == 86400
    assert after(hints=Hints(skip_days=frozenset(range(7)), skip_hours=frozenset({99}))) == 86400


@given(st.sampled_from(list(Outcome)), st.integers(0, 100), WAITS)
def test_server_that_asks_for_patience_gets_it_up_to_a_day(outcome, failures, wait):
    without = after(outcome, failures=failures)
    with_it = after(outcome, failures=failures, retry_after=wait)
    assert with_it == max(without, min(wait or timedelta(), MAX_RETRY_AFTER).total_seconds())


@pytest.mark.parametrize(
    ("header", "age", "expected"),
    [
        ("", "", None),
        ("max-age=300", "", 5 * MINUTE),
        ("public, Max-Age = 300", "", 5 * MINUTE),
        ('max-age="300"', "", 5 * MINUTE),
        ("s-maxage=300", "", None),
        ("s-maxage=9,max-age=300", "", 5 * MINUTE),
        ("max-age=300, no-cache", "", None),
        ("no-store", "", None),
        ("max-age=300", "100", timedelta(seconds=200)),
        ("max-age=300", " 400 ", timedelta()),
        ("max-age=300", "²", 5 * MINUTE),
        ("max-age=300", "-1", 5 * MINUTE),
        ("max-age=31536000", "", MAX_RETRY_AFTER),
        ("max-age=-5", "", None),
        ("max-age=soon", "", None),
    ],
)
def test_max_age(header, age, expected):
    assert max_age_of(header, age) == expected


@given(
    st.text(max_size=30) | st.text("max-age=0123456789, ", max_size=30), st.text(max_size=30) | st.text("0123456789 ")
)
def test_a_senseless_max_age_is_none(header, age):
    found = max_age_of(header, age)
    assert found is None or timedelta() <= found <= MAX_RETRY_AFTER


# --- a source that fails --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "growth", "most"),
    [(PASSING, 2, MAX_BACKOFF), (LASTING, 4, MAX_LASTING_BACKOFF)],
    ids=["passing", "lasting"],
)
def test_pauses_grow_with_failures_up_to_a_bound(outcomes, growth, most):
    for outcome in outcomes:
        for usual in (300.0, 900.0, 7 * 86400.0):
            pauses = [after(outcome, failures=number, bounds=Bounds(60, usual, 7 * 86400)) for number in range(40)]
            bound = max(usual, most.total_seconds())
            assert 0.949 * usual <= pauses[0] <= 1.051 * usual
            assert all(0.949 * usual <= one <= 1.051 * bound for one in pauses)
            for number, (before, found) in enumerate(pairwise(pauses)):
                assert found >= 0.9 * before, "a tenth of jitter, no more"
                if before < 0.94 * bound / growth and number < 20:
                    assert found == pytest.approx(growth * before, rel=0.11)
            assert pauses[-1] >= 0.949 * bound


def test_every_fault_is_of_one_sort():
    assert len(PASSING) + len(LASTING) == len(BAD)
    assert {Outcome.TIMEOUT, Outcome.DNS, Outcome.SERVER, Outcome.REFUSED} <= set(PASSING)


def test_a_failing_source_waits_whatever_its_rhythm():
    assert after(Outcome.TIMEOUT, rhythm=evenly(5000)) == after(Outcome.TIMEOUT)


# --- any history ----------------------------------------------------------------------------------------------------


@given(rhythms(), st.sampled_from(list(Outcome)), TIMES, st.integers(0, 10**6), BOUND, HINTS, WAITS, NAMES)
def test_whatever_happened_the_next_poll_is_ahead_and_within_bounds(  # noqa: PLR0917 - as drawn
    rhythm, outcome, now, failures, bounds, hints, wait, source
):
    told = {"rhythm": rhythm, "failures": failures, "bounds": bounds, "source": source, "now": now}
    plain = after(outcome, **told)
    assert plain > 0
    most = bounds.most if outcome.good else max(bounds.usual, MAX_LASTING_BACKOFF.total_seconds())
    assert 0.949 * bounds.least <= plain <= 1.051 * most
    most = max(most, bounds.most)  # of what the source asks
    found = after(outcome, **told, hints=hints, retry_after=wait)
    assert found == after(outcome, **told, hints=hints, retry_after=wait)
    assert plain <= found <= max(1.051 * most, 86400)


def test_an_unchanged_poll_costs_little():
    """Reading the rhythm and deciding: 25 µs where it was written, and 60 are its share of the 2.5 ms of a poll."""
    text = evenly(40, window=50).to_text()
    best = min(_seconds(lambda: after(Outcome.UNCHANGED, rhythm=Rhythm.from_text(text))) for _ in range(5))
    assert best < 250e-6


def _seconds(work, times=200):
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


# --- pages, and Retry-After -----------------------------------------------------------------------------------------


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
