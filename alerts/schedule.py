"""When a reader is told: the hours of digests, and the hours without mails. Pure: hours of a zone's clock, `now` and answers in UTC.

A slot is an hour of the clock that a schedule names; its instant is the first at which the clock there shows that hour or a
later one. So an hour that a change of clocks leaves out is the moment after the change, an hour that comes twice is its
first, and each slot has one instant. Cron lines are worked out on the clock's face alone, and turned into instants here:
asked about instants near such a change, cronsim looking back forgets an hour, and croniter and APScheduler name one twice.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from alerts.headers import shortened

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_AN_HOUR = 6  # digests; "* 7 * * *", which is sixty, was meant to be "0 7 * * *"
_DAYS = {"daily": "*", "weekdays": "mon-fri"}
_LONGEST = 60  # characters of a schedule in a message
_PARTS = 5  # of a cron line
_CRON = 'a cron line such as "30 7 * * 1-5"'
_HOUR = r"([01]?\d|2[0-3]):([0-5]\d)"
_NAMED = "|".join(WEEKDAYS)
_WORDS = re.compile(rf"(?:(daily|weekdays)|(?:weekly )?((?:{_NAMED})(?: ?, ?(?:{_NAMED}))*)) {_HOUR}")
_QUIET = re.compile(rf"{_HOUR} ?[-–] ?(?:{_HOUR}|(24:00))")
_LEAP_YEAR = datetime(2000, 1, 1)  # noqa: DTZ001 - of no zone; every day that ever comes does so within 40 years of it


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cron lines, and the zone whose clock they go by. What any of them names is a slot."""

    lines: tuple[str, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Quiet:
    """Each day from `start` to `end` by the clock; over midnight where the end is not the later one."""

    start: time
    end: time


def digest_schedule(text: str, zone: str) -> Schedule | None:
    """Read "daily 07:30", "weekdays 07:30", "weekly mon 07:30", "mon,thu 07:30", or a cron line; several with `;` between.

    None for "", which is never. Raises ValueError, with words for the operator, on anything else.
    """
    if not text.strip():
        return None
    try:
        return Schedule(tuple(_line(" ".join(part.lower().split())) for part in text.split(";")), ZoneInfo(zone))
    except (OSError, LookupError) as error:
        raise ValueError(f'found "{shortened(zone, _LONGEST)}", expected a zone such as "Europe/Kyiv"') from error


def _line(text: str) -> str:
    """The cron line of a part of a schedule, which comes at some time and not too often."""
    words = _WORDS.fullmatch(text)
    if words:
        every, days, hour, minute = words.groups()
        return f"{int(minute)} {int(hour)} * * {_DAYS[every] if every else days.replace(' ', '')}"
    shown = f'found "{shortened(text, _LONGEST)}"'
    if len(text.split()) != _PARTS:
        raise ValueError(f'{shown}, expected "daily 07:30", "weekdays 07:30", "weekly mon 07:30" or {_CRON}')
    try:
        cron = CronSim(text, _LEAP_YEAR)
    except (CronSimError, ValueError) as error:
        raise ValueError(f"{shown}, expected {_CRON} ({shortened(str(error).lower(), _LONGEST)})") from error
    if len(cron.minutes) > MOST_AN_HOUR:
        raise ValueError(f"{shown}, which comes {len(cron.minutes)} times an hour, expected {MOST_AN_HOUR} or fewer")
    if next(cron, None) is None:
        raise ValueError(f"{shown}, which never comes, expected {_CRON}")
    return text


def last_slot(schedule: Schedule, now: datetime) -> datetime:
    """The instant of the last slot up to now."""
    return max(_last_of(line, schedule.zone, now) for line in schedule.lines)


def _last_of(line: str, zone: ZoneInfo, now: datetime) -> datetime:
    local = now.astimezone(zone)
    shown = local.replace(tzinfo=None, fold=0)
    if local.fold:  # the clock was set back: it has shown later hours than this one
        shown += (local.replace(fold=0).utcoffset() or timedelta()) - (local.utcoffset() or timedelta())
    back = CronSim(line, shown.replace(second=0, microsecond=0) + MINUTE, reverse=True)  # begins with what is before it
    return next(slot for slot in (instant(one, zone) for one in back) if slot <= now)


def due_slot(schedule: Schedule | None, told: datetime | None, now: datetime) -> datetime | None:
    """The slot that a digest is owed for, None if none is.

    `told` is the slot of the last digest, or when the reader was first seen, or None if he was not seen before: then nothing
    is owed yet. Whoever serves a slot keeps it as the next `told`. However many were missed, one is owed on return.
    """
    if schedule is None or told is None:
        return None
    slot = last_slot(schedule, now)
    return slot if slot > told else None


def quiet_hours(text: str) -> Quiet | None:
    """Read "22:00-07:00"; None for "". Raises ValueError, with words for the operator, on anything else."""
    if not text.strip():
        return None
    found = _QUIET.fullmatch(" ".join(text.split()))
    if not found:
        raise ValueError(f'found "{shortened(text, _LONGEST)}", expected hours such as "22:00-07:00"')
    hours = [time(int(hour or 0), int(minute or 0)) for hour, minute in (found.groups()[:2], found.groups()[2:4])]
    if hours[0] == hours[1]:
        raise ValueError(f'found "{shortened(text, _LONGEST)}", which is all day, expected such as "22:00-07:00"')
    return Quiet(hours[0], hours[1])


def quiet_until(quiet: Quiet | None, zone: str, now: datetime) -> datetime | None:
    """When the quiet time in which `now` lies is over, None if it does not lie in any.

    It ends when the clock shows its end for the last time, so that nobody is woken in an hour that comes twice.
    """
    if quiet is None:
        return None
    where = ZoneInfo(zone)
    today = now.astimezone(where).date()
    for day in (today - DAY, today, today + DAY):  # tomorrow's begins before a clock is set back over midnight
        over = day + DAY if quiet.end <= quiet.start else day
        end = instant(datetime.combine(over, quiet.end), where, last=True)
        if instant(datetime.combine(day, quiet.start), where) <= now < end:
            return end
    return None


def instant(shown: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """The first instant (with `last`, the last) at which the clock of a zone shows this time or, if it never does, a later one."""
    first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    before = second.astimezone(zone).utcoffset()  # left out: the clock was put forward between `second` and `first`
    seconds = bisect_left(
        range(int((first - second).total_seconds())),
        True,
        key=lambda passed: (second + timedelta(seconds=passed)).astimezone(zone).utcoffset() != before,
    )
    return second + timedelta(seconds=seconds)
