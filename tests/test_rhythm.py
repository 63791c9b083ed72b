"""The rhythm of a source: what is learnt, how it is kept, and which silences are a fault."""

import json
import math
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.rhythm import Rhythm

NOW = datetime(2025, 2, 10, 9, 3, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given UTC
HISTORIES = st.lists(st.tuples(st.lists(TIMES, max_size=8), TIMES, st.integers(0, 2000)), max_size=6)


def evenly(daily, days=20, until=NOW):
    """Times of a source that publishes at equal distances, day and night."""
    return [until - number * DAY / daily for number in range(1, int(daily * days) + 1)]


def learnt(times, now=NOW, window=0):
    return Rhythm().learn(times, now, window=window)


def chance(rate_of, days, seed, begin=NOW):
    """Times at which a source with these rates a day would publish."""
    rng, at, found = random.Random(seed), begin, []
    peak = max(rate_of(begin + hour * HOUR) for hour in range(14 * 24))
    while (at := at + rng.expovariate(peak) * DAY) < begin + days * DAY:
        if rng.random() * peak < rate_of(at):
            found.append(at)
    return found


def live(times, first=20):
    """Learn a first window of entries, then one by one. Returns the rhythm and the alarms on the way."""
    rhythm, alarms = learnt(times[:first], times[first - 1] + HOUR), 0
    for before, at in zip(times[first - 1 :], times[first:], strict=False):
        alarms += rhythm.silent(before, at)
        rhythm = rhythm.learn([at], at + timedelta(minutes=5))
    return rhythm, alarms


def sound(rhythm):
    values = (*rhythm.hours, *rhythm.days, *rhythm.slots, rhythm.burst, rhythm.longest, rhythm.daily)
    assert all(math.isfinite(one) and one >= 0 for one in values)
    assert rhythm.patience > timedelta()


# --- what is learnt -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("daily", [2, 10, 40, 400])
def test_a_first_window_teaches_the_rate_at_once(daily):
    assert learnt(evenly(daily)).daily == pytest.approx(daily, rel=0.15)


def test_the_rate_follows_a_source_that_changes():
    rhythm = learnt(evenly(10))
    for day in range(1, 60):
        rhythm = rhythm.learn(evenly(40, 1, NOW + day * DAY), NOW + day * DAY)
    assert rhythm.daily == pytest.approx(40, rel=0.15)


def test_nothing_learnt_is_nothing_known():
    rhythm = Rhythm()
    assert not rhythm.known
    assert rhythm.daily == 0
    assert rhythm.expected(NOW, NOW + 100 * DAY) == 0
    assert not rhythm.silent(NOW - 9999 * DAY, NOW)
    assert sum(rate for _, rate in rhythm.ahead(NOW.timestamp(), 3600)) == 0


def test_a_poll_without_entries_changes_nothing():
    rhythm = learnt(evenly(10), window=30)
    assert rhythm.learn([], NOW + DAY, window=30) is rhythm


def test_hours_and_days_are_told_apart():
    """Ten entries each weekday from 8 to 18, UTC."""
    times = [NOW.replace(hour=8 + n, minute=20) - day * DAY for day in range(3, 45) for n in range(10)]
    rhythm = learnt([one for one in times if one.weekday() < 5])
    tuesday = NOW.replace(hour=0, minute=0) + DAY
    noon, night, sunday = tuesday + 12 * HOUR, tuesday + 2 * HOUR, tuesday - 2 * DAY + 12 * HOUR
    assert rhythm.expected(noon, noon + HOUR) == pytest.approx(1, rel=0.35)
    assert rhythm.expected(night, night + HOUR) < 0.1
    assert rhythm.expected(sunday, sunday + HOUR) < 0.5
    assert rhythm.expected(tuesday, tuesday + 7 * DAY) == pytest.approx(50, rel=0.2)


def test_those_who_publish_on_the_hour_are_known_for_it():
    rhythm = learnt([NOW.replace(minute=0) - number * HOUR for number in range(300)])
    rates = [rate for _, rate in rhythm.ahead(NOW.replace(minute=0).timestamp() + 3600, 3600)]
    assert rates[0] > 20 * max(rates[1:])


def test_expected_adds_up_over_any_cut():
    rhythm = learnt(chance(lambda at: 30 if at.hour > 6 else 3, 30, 1, NOW - 30 * DAY))
    whole = rhythm.expected(NOW, NOW + 100 * DAY)
    cuts = [NOW + hours * HOUR for hours in (0, 0.3, 5, 29.9, 200, 1000.5, 2400)]
    assert sum(rhythm.expected(one, two) for one, two in pairwise(cuts)) == pytest.approx(whole)
    assert whole == pytest.approx(100 * rhythm.daily, rel=0.1)
    assert rhythm.expected(NOW, NOW - DAY) == 0


def test_a_flurry_is_followed_and_forgotten():
    end = NOW + timedelta(minutes=10)
    flurry = learnt(evenly(40, 30)).learn([NOW + number * timedelta(minutes=1) for number in range(10)], end)
    calm = replace(flurry, burst=0.0)

    def rate(rhythm, at):
        return next(rhythm.ahead(at.timestamp(), 60))[1]

    assert rate(flurry, end) > 2 * rate(calm, end)
    assert rate(flurry, end + 8 * HOUR) == pytest.approx(rate(calm, end + 8 * HOUR), rel=0.001)


def test_pinned_entries_do_not_hide_the_rhythm():
    times = [*evenly(20, 2), NOW - 400 * DAY, NOW - 900 * DAY]
    assert learnt(times).daily == pytest.approx(20, rel=0.2)
    assert learnt(times).longest < 2 * 3600


def test_a_window_without_times_says_when_it_was_seen_and_no_more():
    rhythm = learnt([NOW] * 30, window=30)
    assert (rhythm.daily, rhythm.known, rhythm.window) == (0, False, 30)
    for number in range(1, 41):
        rhythm = rhythm.learn([NOW + number * 6 * HOUR], NOW + number * 6 * HOUR, window=30)
    assert rhythm.daily == pytest.approx(4, rel=0.2)
    assert sum(rhythm.slots) == 0, "the minute would be that of the poll"


def test_a_window_that_shrinks_is_believed_slowly():
    rhythm = learnt(evenly(10), window=100)
    assert rhythm.learn([NOW + HOUR], NOW + HOUR, window=2).window == 75


# --- how it is kept -------------------------------------------------------------------------------------------------


def test_it_comes_back_from_its_text():
    rhythm = learnt(evenly(40), window=50)
    again = Rhythm.from_text(rhythm.to_text())
    assert again.to_text() == rhythm.to_text()
    assert again.daily == pytest.approx(rhythm.daily, rel=0.001)
    assert (again.gaps, again.window, again.known) == (rhythm.gaps, 50, True)
    assert Rhythm.from_text(Rhythm().to_text()) == Rhythm() == Rhythm.from_text("")
    assert len(rhythm.to_text()) < 600


@given(st.text() | st.text("{}[]\"':,.0123456789eEsincethours ").map(lambda rest: '{"since":1' + rest))
@example("null")
@example("[]")
@example("\ud800")
@example('{"since": NaN}')
@example('{"since": 1e400}')
@example('{"longest": 1e300, "gaps": 5, "at": 1}')
@example('{"hours": [1, 2]}')
@example('{"window": -1}')
@example('{"gaps": ' + "9" * 30 + "}")
def test_a_broken_text_is_an_empty_rhythm(text):
    rhythm = Rhythm.from_text(text)
    sound(rhythm)
    rhythm.expected(NOW, NOW + DAY)
    assert len(rhythm.hours) == 24


@given(st.sampled_from(["hours", "days", "slots"]), st.sampled_from([[], [1e300] * 24, [-1.0] * 7, [0.0] * 13]))
def test_a_text_with_wrong_numbers_is_an_empty_rhythm(field, values):
    kept = {**json.loads(learnt(evenly(40)).to_text()), field: values}
    assert Rhythm.from_text(json.dumps(kept)) == Rhythm()


# --- absurd histories -----------------------------------------------------------------------------------------------


@given(HISTORIES, TIMES, st.floats(0, 9e5))
def test_no_history_breaks_it(history, now, ahead):
    """Times in the future, twice, before their forerunners; a clock that jumps both ways."""
    rhythm = Rhythm()
    for times, at, window in history:
        rhythm = Rhythm.from_text(rhythm.learn([*times, *times[:1]], at, window=window).to_text())
        sound(rhythm)
        assert not times or rhythm.latest <= at.timestamp() + 1
    stretches = list(rhythm.ahead(now.timestamp(), ahead))
    assert sum(step for step, _ in stretches) == pytest.approx(ahead, abs=1e-3)
    assert all(step > 0 and math.isfinite(rate) and rate >= 0 for step, rate in stretches)
    assert math.isfinite(rhythm.expected(now, now + timedelta(seconds=ahead)))
    rhythm.silent(now, now)


def test_a_hundred_thousand_entries_are_learnt_in_a_second():
    began = time.process_time()
    rhythm = learnt(evenly(5000, 20), window=100_000)
    assert time.process_time() - began < 2
    assert rhythm.daily == pytest.approx(5000, rel=0.2)


# --- silence --------------------------------------------------------------------------------------------------------


def wire(at):
    return 50 if 6 <= at.hour < 20 else 20


def office(at):
    """Weekdays from 8 to 17; each fifth Monday is a holiday."""
    return 0 if at.weekday() > 4 or (at - NOW).days % 35 == 21 or not 8 <= at.hour < 17 else 30


@pytest.mark.parametrize("seed", range(3))
def test_a_living_wire_raises_no_alarm_in_a_year_and_a_dead_one_within_two_days(seed):
    rhythm, alarms = live(chance(wire, 365, seed))
    assert alarms == 0
    newest = datetime.fromtimestamp(rhythm.latest, UTC)
    assert not rhythm.silent(newest, newest + 20 * HOUR)
    assert rhythm.silent(newest, newest + 48 * HOUR)


@pytest.mark.parametrize("seed", range(3))
def test_nights_weekends_and_holidays_raise_no_alarm(seed):
    rhythm, alarms = live(chance(office, 365, seed))
    assert alarms == 0
    newest = datetime.fromtimestamp(rhythm.latest, UTC)
    assert not rhythm.silent(newest, newest + 4 * DAY)
    assert rhythm.silent(newest, newest + 12 * DAY)


def test_the_first_weekend_raises_no_alarm():
    """A window of Monday to Thursday knows no weekend yet."""
    times = chance(office, 5, 4)
    assert times[-1].weekday() == 4
    rhythm = learnt(times, times[-1] + HOUR)
    assert rhythm.known
    assert not rhythm.silent(times[-1], times[-1] + timedelta(hours=64))
    assert rhythm.silent(times[-1], times[-1] + 8 * DAY)


@pytest.mark.parametrize("seed", range(3))
def test_a_weekly_column_is_missed_after_some_weeks(seed):
    rng = random.Random(seed)
    rhythm, alarms = live([NOW + 7 * number * DAY + rng.uniform(-2, 2) * DAY for number in range(52)], first=10)
    assert alarms == 0
    newest = datetime.fromtimestamp(rhythm.latest, UTC)
    assert not rhythm.silent(newest, newest + 12 * DAY)
    assert rhythm.silent(newest, newest + 45 * DAY)


def test_a_feed_that_ended_two_years_ago_is_silent_at_once():
    end = NOW - 730 * DAY
    rhythm = learnt(evenly(3, 10, end))
    assert rhythm.silent(end, NOW)
    assert rhythm.daily == pytest.approx(3, rel=0.2), "what was usual is still known"
    assert sum(step * rate for step, rate in rhythm.ahead(NOW.timestamp(), 86400)) < 0.001, "and not expected any more"
    assert learnt([end - DAY, end]).silent(end, NOW), "even with hardly any history"


def test_little_history_raises_no_alarm():
    assert not learnt([NOW - 3 * DAY, NOW - 2 * DAY]).silent(NOW - 2 * DAY, NOW + 30 * DAY)
    hour = [NOW - number * timedelta(minutes=4) for number in range(1, 16)]  # a letter's articles, all in an hour
    assert not learnt(hour).silent(hour[0], hour[0] + 7 * DAY)


def test_an_outage_does_not_become_the_custom():
    times = chance(wire, 40, 1)
    rhythm, _ = live(times)
    patience = rhythm.patience
    rhythm = rhythm.learn([times[-1] + 20 * DAY], times[-1] + 20 * DAY)
    assert rhythm.patience < patience + 3 * DAY
