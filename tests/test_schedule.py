"""When a reader is told: slots and quiet hours, above all where the clocks change."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels import FileOptions, open_channel
from alerts.compose import MailOptions
from alerts.decide import Reader
from alerts.outbox import Outbox, notice_mail
from alerts.schedule import Quiet, digest_schedule, due_slot, instant, last_slot, quiet_hours, quiet_until
from storage.archive import open_archive
from storage.outbox import mails, queue_mail

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = {  # a zone and a year in which its clocks change
    "Europe/Kyiv": 2026,
    "America/New_York": 2026,
    "Australia/Lord_Howe": 2026,  # by half an hour
    "Africa/Cairo": 2026,  # at midnight
    "America/Sao_Paulo": 2017,  # at midnight
    "America/St_Johns": 2010,  # a minute after midnight, back over it
    "Asia/Seoul": 1988,  # and never since
}
HOURS = ("00:00", "00:30", "01:00", "01:45", "02:00", "02:30", "03:00", "23:15")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def changes(zone, year):
    """The first minutes after the changes of a zone's clocks."""
    where, hour = ZoneInfo(zone), utc(year, 1, 1)
    found = []
    while hour.year == year:
        if hour.astimezone(where).utcoffset() != (hour + HOUR).astimezone(where).utcoffset():
            minute = hour
            while minute.astimezone(where).utcoffset() == hour.astimezone(where).utcoffset():
                minute += MINUTE
            found.append(minute)
        hour += HOUR
    return found


CHANGES = {zone: changes(zone, year) for zone, year in ZONES.items()}
NEAR = st.sampled_from([(zone, at) for zone, found in CHANGES.items() for at in found])


def shown(at, zone):
    """What the clock of a zone shows."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def walked(days, hours, zone, start, end):
    """The slots that somebody sees who watches the clock without a pause: each when it, or a later hour, is first shown."""
    high, found, now = shown(start, zone), [], start
    while now < end:
        now += MINUTE
        high, before = max(high, shown(now, zone)), high
        dates = {before.date(), high.date()}
        slots = [datetime.combine(day, time.fromisoformat(hour)) for day in dates for hour in hours]
        if any(before < slot <= high and slot.weekday() in days for slot in slots):
            found.append(now)
    return found


def looked(schedule, start, nows):
    """The slots that a daemon serves which looks at these times."""
    told, found = start, []
    for now in nows:
        slot = due_slot(schedule, told, now)
        if slot is not None:
            found.append(slot)
            told = slot
    return found


def every(step, start, end):
    return takewhile(lambda now: now <= end, (start + step * count for count in range(1, 10**9)))


# --- reading


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("daily 07:30", ("30 7 * * *",)),
        (" Weekdays  7:05 ", ("5 7 * * mon-fri",)),
        ("weekly mon 07:30", ("30 7 * * mon",)),
        ("Mon 00:00", ("0 0 * * mon",)),
        ("tue, fri 23:59", ("59 23 * * tue,fri",)),
        ("daily 08:00; weekdays 18:00", ("0 8 * * *", "0 18 * * mon-fri")),
        ("30 7 * * 1-5", ("30 7 * * 1-5",)),
        ("*/10 8-18 1,15 * MON#1", ("*/10 8-18 1,15 * mon#1",)),
    ],
)
def test_what_a_schedule_can_be(text, lines):
    assert digest_schedule(text, "Europe/Kyiv").lines == lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mon", 'found "mon", expected "daily 07:30", "weekdays 07:30", "weekly mon 07:30" or a cron line such as "30 7 * * 1-5"'),
        ("daily 24:00", 'found "daily 24:00", expected "daily 07:30", "weekdays 07:30", '),
        ("weekly 07:30", 'found "weekly 07:30", expected "daily'),
        ("daily mon 07:30", 'found "daily mon 07:30", expected "daily'),
        ("daily 07:30;", 'found "", expected "daily'),
        ("0 30 7 * * 1-5", 'found "0 30 7 * * 1-5", expected "daily'),
        ("@daily", 'found "@daily", expected "daily'),
        ("61 7 * * *", 'found "61 7 * * *", expected a cron line such as "30 7 * * 1-5" (bad minute)'),
        ("0 7 * * someday", "(bad day-of-week)"),
        ("0 0 31 2 *", "(bad day-of-month)"),
        (f"0 0 {'9' * 5000} * *", 'expected a cron line such as "30 7 * * 1-5" (exceeds the limit'),
        ("0 0 */20 * 1L", 'found "0 0 */20 * 1l", which never comes, expected a cron line'),
        ("* 7 * * *", 'found "* 7 * * *", which comes 60 times an hour, expected 6 or fewer'),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_told_in_words(text, words):
    with pytest.raises(ValueError, match="found") as raised:
        digest_schedule(text, "UTC")
    assert words in str(raised.value)
    assert len(str(raised.value)) < 250


@given(
    st.one_of(
        st.text("0123456789*,-/#LWmon;: ", max_size=30),
        st.from_regex(r"([\d*/,#L-]{1,3} ){4}[\d*/,#L-]{1,3}", fullmatch=True),
    )
)
def test_any_text_is_a_schedule_or_a_fault(text):
    try:
        schedule = digest_schedule(text, "Europe/Kyiv")
    except ValueError:
        return
    assert schedule is None or last_slot(schedule, utc(2026, 3, 29, 1)) <= utc(2026, 3, 29, 1)


def test_a_zone_that_is_not_there_is_told():
    with pytest.raises(ValueError, match='found "Kyiv", expected a zone such as "Europe/Kyiv"'):
        digest_schedule("daily 07:30", "Kyiv")


def test_nothing_is_never():
    assert digest_schedule(" ", "UTC") is None
    assert due_slot(None, utc(2020, 1, 1), utc(2026, 1, 1)) is None
    assert quiet_hours(" ") is None
    assert quiet_until(None, "UTC", utc(2026, 1, 1)) is None


# --- slots


def test_one_is_owed_for_those_that_were_missed():
    schedule = digest_schedule("weekdays 07:30", "Europe/Kyiv")
    monday = utc(2026, 11, 23, 5, 30)
    assert last_slot(schedule, monday) == monday
    assert last_slot(schedule, monday - timedelta(microseconds=1)) == monday - 3 * DAY, "on Friday"
    assert due_slot(schedule, monday - 60 * DAY, monday + HOUR) == monday
    assert due_slot(schedule, monday, monday + HOUR) is None
    assert due_slot(schedule, monday + MINUTE, monday + HOUR) is None, "first seen after it"
    assert due_slot(schedule, None, monday) is None, "not seen before"
    assert due_slot(schedule, monday + 9 * DAY, monday + HOUR) is None, "the clock was ahead"


def test_the_last_of_several_is_the_slot():
    schedule = digest_schedule("daily 08:00; weekdays 18:00", "UTC")
    assert last_slot(schedule, utc(2026, 11, 22, 23)) == utc(2026, 11, 22, 8), "a Sunday"
    assert last_slot(schedule, utc(2026, 11, 23, 23)) == utc(2026, 11, 23, 18)


def test_an_hour_left_out_is_the_moment_after_and_one_that_comes_twice_its_first():
    new_york = digest_schedule("daily 02:30", "America/New_York")
    assert last_slot(new_york, utc(2026, 3, 8, 6, 59)) == utc(2026, 3, 7, 7, 30)
    assert last_slot(new_york, utc(2026, 3, 8, 7)) == utc(2026, 3, 8, 7), "03:00 there"
    assert last_slot(new_york, utc(2026, 3, 9, 6)) == utc(2026, 3, 8, 7)
    twice = digest_schedule("daily 01:30", "America/New_York")
    first, second = utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 30)
    assert shown(first, "America/New_York") == shown(second, "America/New_York")
    assert last_slot(twice, first) == last_slot(twice, second) == last_slot(twice, second - 15 * MINUTE) == first


def test_a_day_left_out_is_told_on_the_next():
    apia = digest_schedule("daily 07:30", "Pacific/Apia")  # there was no 30 December 2011
    assert last_slot(apia, utc(2011, 12, 30, 9, 59)) == utc(2011, 12, 29, 17, 30)
    assert last_slot(apia, utc(2011, 12, 30, 10)) == utc(2011, 12, 30, 10)
    assert last_slot(apia, utc(2011, 12, 30, 17, 30)) == utc(2011, 12, 30, 17, 30)


@pytest.mark.parametrize("zone", ZONES)
def test_looking_each_minute_over_a_change_serves_the_slots_that_there_are(zone):
    assert len(CHANGES[zone]) == 2
    for change in CHANGES[zone]:
        start, end = change - 5 * HOUR, change + 5 * HOUR
        for hours in (*((hour,) for hour in HOURS), HOURS):
            schedule = digest_schedule("; ".join(f"daily {hour}" for hour in hours), zone)
            there = walked(range(7), hours, zone, start, end)
            assert looked(schedule, start, every(MINUTE, start, end)) == there, hours


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("words", "days"), [("daily", range(7)), ("weekdays", range(5)), ("weekly sun", (6,))])
def test_each_day_that_has_a_slot_has_one_digest(zone, words, days):
    for change in CHANGES[zone]:
        start, end = change - 9 * DAY, change + 9 * DAY
        for hour in HOURS[::3]:
            slots = looked(digest_schedule(f"{words} {hour}", zone), start, every(59 * MINUTE, start, end))
            dates = [shown(slot, zone).date() for slot in slots]
            wanted = {
                day for day in (shown(start + DAY * n, zone).date() for n in range(1, 18)) if day.weekday() in days
            }
            assert len(dates) == len(set(dates))
            assert wanted <= set(dates)
            assert {day.weekday() for day in dates} <= set(days)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("line", ["30 2 * * *", "0,45 0,1,2,23 * * sun", "15 1 1,8,29 * *", "30 0 * * 1-5"])
def test_the_slots_of_a_year_are_those_of_debians_cron(zone, line):
    """Cronsim going forward through a zone's instants is that cron; here it goes back over the clock's face."""
    start = utc(ZONES[zone], 1, 1)
    end = start + 365 * DAY
    forward = CronSim(line, start.astimezone(ZoneInfo(zone)))
    slots = {one.astimezone(UTC) for one in takewhile(lambda one: one <= end, forward)}
    mine, now, schedule = set(), end, digest_schedule(line, zone)
    while (slot := last_slot(schedule, now)) > start:
        mine.add(slot)
        now = slot - MINUTE / 60
    assert mine == slots


LINES = st.one_of(
    st.builds("daily {:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    st.builds("weekly {} {:02}:{:02}".format, st.sampled_from(NAMES), st.integers(0, 4), st.integers(0, 59)),
    st.builds("{} {}-23/{} * * *".format, st.sampled_from(["0", "*/15", "30"]), st.integers(0, 4), st.integers(1, 6)),
    st.builds("{} {} {} * 1-5".format, st.integers(0, 59), st.integers(0, 3), st.integers(1, 28)),
)


@given(near=NEAR, text=st.lists(LINES, min_size=1, max_size=2).map(";".join), back=st.integers(0, 3000),
       steps=st.lists(st.one_of(st.integers(0, 90), st.integers(0, 4000)), max_size=40))  # fmt: skip
@settings(max_examples=150)
def test_however_a_daemon_sleeps_no_slot_is_served_twice_or_late_ones_forgotten(near, text, back, steps):
    zone, change = near
    schedule, start = digest_schedule(text, zone), change - back * MINUTE
    told, now, served, before = start, start, [], last_slot(schedule, start)
    for step in steps:
        now += step * MINUTE
        assert before <= last_slot(schedule, now) <= now, "time goes on"
        before = last_slot(schedule, now)
        slot = due_slot(schedule, told, now)
        assert (slot is not None) == (before > told)
        if slot is not None:
            served.append(slot)
            told = slot
        assert due_slot(schedule, told, now) is None, "looking twice"
        assert told == max(start, before), "what is owed by now has been served"
    assert all(one < other for one, other in pairwise(served))
    assert all(start < one <= now for one in served)


# --- quiet hours


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("22:00-07:00", Quiet(time(22), time(7))),
        (" 1:30 - 02:45 ", Quiet(time(1, 30), time(2, 45))),
        ("18:00–24:00", Quiet(time(18), time(0))),
    ],
)
def test_what_quiet_hours_can_be(text, quiet):
    assert quiet_hours(text) == quiet


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("22-7", 'found "22-7", expected hours such as "22:00-07:00"'),
        ("22:00", 'found "22:00", expected hours'),
        ("24:00-07:00", "expected hours"),
        ("22:00-07:60", "expected hours"),
        ("22:00-07:00 sat", "expected hours"),
        ("00:00-24:00", 'found "00:00-24:00", which is all day, expected such as "22:00-07:00"'),
        ("07:00-07:00", "which is all day"),
    ],
)
def test_what_is_no_quiet_hours_is_told_in_words(text, words):
    with pytest.raises(ValueError, match="expected") as raised:
        quiet_hours(text)
    assert words in str(raised.value)


def test_quiet_from_its_start_until_its_end_over_midnight():
    night, kyiv = quiet_hours("22:00-07:00"), "Europe/Kyiv"
    end = utc(2026, 11, 24, 5)
    assert quiet_until(night, kyiv, utc(2026, 11, 23, 19, 59)) is None
    assert quiet_until(night, kyiv, utc(2026, 11, 23, 20)) == end
    assert quiet_until(night, kyiv, utc(2026, 11, 24, 4, 59)) == end
    assert quiet_until(night, kyiv, end) is None
    assert quiet_until(quiet_hours("12:00-24:00"), kyiv, utc(2026, 11, 23, 20)) == utc(2026, 11, 23, 22)


def test_an_end_left_out_is_the_moment_after_and_one_that_comes_twice_the_second():
    assert quiet_until(quiet_hours("22:00-02:30"), "America/New_York", utc(2026, 3, 8, 5)) == utc(2026, 3, 8, 7)
    assert quiet_until(quiet_hours("22:00-01:30"), "America/New_York", utc(2026, 11, 1, 5)) == utc(2026, 11, 1, 6, 30)
    newfoundland = quiet_hours("00:00-06:00")  # where a minute after midnight it was 23:01 again
    ends = [quiet_until(newfoundland, "America/St_Johns", utc(2010, 11, 7, 2, minute)) for minute in (29, 30, 31, 59)]
    assert ends == [None, *[utc(2010, 11, 7, 9, 30)] * 3]
    left_out = quiet_hours("02:10-02:40")
    assert all(quiet_until(left_out, "America/New_York", utc(2026, 3, 8, hour, 20)) is None for hour in (6, 7))


@given(near=NEAR, start=st.integers(0, 1439), length=st.integers(1, 1439), from_change=st.integers(-1500, 1500))
@settings(max_examples=200)
def test_quiet_time_is_what_the_clock_shows_and_always_ends(near, start, length, from_change):
    zone, change = near
    begin, end = (time(*divmod(minute % 1440, 60)) for minute in (start, start + length))
    quiet, now = quiet_hours(f"{begin:%H:%M}-{end:%H:%M}"), change + from_change * MINUTE
    until, clock = quiet_until(quiet, zone, now), shown(now, zone).time()
    inside = begin <= clock < end if begin < end else (clock >= begin or clock < end)
    assert until is not None or not inside, "nobody is woken"
    if until is not None:
        assert now < until <= now + timedelta(hours=26)
        again = quiet_until(quiet, zone, until)
        assert again is None or until in CHANGES[zone], (
            "the next may begin at once only if the time between was left out"
        )
        assert all(quiet_until(quiet, zone, now + (until - now) * part / 7) == until for part in range(7)), (
            "without a pause"
        )
        assert inside or any(abs(change - now) <= DAY for change in CHANGES[zone])


@given(near=NEAR, from_change=st.integers(-300, 300))
def test_an_instant_is_the_first_or_last_at_which_the_clock_shows_a_time(near, from_change):
    zone, change = near
    wanted = shown(change, zone) + from_change * MINUTE
    minutes = [change + MINUTE * number for number in range(-600, 601)]
    showing = [at for at in minutes if shown(at, zone) == wanted] or [
        min(at for at in minutes if shown(at, zone) > wanted)
    ]
    assert (instant(wanted, ZoneInfo(zone)), instant(wanted, ZoneInfo(zone), last=True)) == (showing[0], showing[-1])


def test_mails_wait_in_the_outbox_until_the_quiet_hours_are_over(tmp_path):
    options, night = MailOptions("Khasan <khasan@example.org>", "khasan.example.org"), utc(2026, 11, 23, 21)
    ann = Reader("ann", "ann@example.org", "Europe/Kyiv", quiet="22:00-07:00")
    with open_archive(tmp_path / "khasan.db") as archive:
        for reader in ("ann", "operator"):
            mail = notice_mail(reader, "s", ["words"], address=ann.address, now=night, options=options)
            archive.write(queue_mail, replace(mail, reader=reader), night)
        for now, sent in ((night, 1), (night + HOUR, 1), (utc(2026, 11, 24, 4, 59), 1), (utc(2026, 11, 24, 5), 2)):
            channel = open_channel(FileOptions(tmp_path / "outbox"))
            asyncio.run(Outbox(archive, channel, [ann], options, lambda now=now: now).deliver())
            assert len([one for one in archive.read(mails) if one.state == "sent"]) == sent, now
        assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2
