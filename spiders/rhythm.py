"""When a source publishes, as learnt from what it published: rates by hour and weekday, and how long it is ever silent.

A rhythm is a value that fits into one column. Counts fade, by half in two weeks, so that it follows a source that changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOUR = 3600.0
DAY = 86400.0
SLOT = 300.0  # seconds: the finest that is told apart within an hour
_HALF_LIFE = 14 * DAY  # of counts
_GAP_HALF_LIFE = 60 * DAY  # of the longest silence: a holiday must not blind for ever, nor be forgotten in a month
_LEAST_EXPOSURE = DAY / 4  # a window that spans minutes says little about the day
_HOUR_PRIOR = 0.5  # days for which every hour is held to be alike
_DAY_PRIOR = 3.0  # of each weekday, held to be alike
_SLOT_PRIOR = 1.0  # an entry in each slot of the hour
_BURST = 1800.0  # seconds in which a flurry fades
_BURST_SHARE = 0.3  # of the rate that follows the last half hour instead of the usual
_PINNED = 5  # the oldest fifth of a first window may be pinned or evergreen: it says nothing of the rhythm
_TOGETHER = 60.0  # seconds: entries within them came out at once
_GAPS_KNOWN = 4  # silences between entries from which on there is a rhythm
_GAPS_FIRM = 20  # from which on one silence cannot stretch what is usual beyond its double
_RARE = 10_000.0  # a silence is a fault where fewer than one in so many would be as long
_LEAST_FACTOR, _MOST_FACTOR = 2.5, 4.0
_HOLIDAY = DAY + 2 * HOUR  # beyond the longest silence so far
_WEEKEND = 2 * DAY
_UNKNOWN_PATIENCE = 180 * DAY  # with a source that has hardly any history
_SHORT_PATIENCE = 10 * DAY  # with one whose history is a day or two
_SHORT, _WEEKS = 2 * DAY, 14 * DAY
_MOST_COUNT, _MOST_SECONDS = 1e9, 1e12  # beyond which a kept text is broken


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of when a source publishes. Times are seconds since 1970; counts have faded up to `at`."""

    since: float = 0.0  # what is counted began here
    at: float = 0.0
    latest: float = 0.0
    hours: tuple[float, ...] = (0.0,) * 24  # entries by hour of the day, UTC
    days: tuple[float, ...] = (0.0,) * 7  # by weekday, 0 is Monday
    slots: tuple[float, ...] = (0.0,) * 12  # by five minutes of the hour: many publish on the hour
    burst: float = 0.0  # entries of the last half hour, fading by e
    gaps: int = 0  # silences of a minute and more between entries
    longest: float = 0.0  # of them, in seconds, fading
    window: int = 0  # entries that the source shows at once

    @classmethod
    def from_text(cls, text: str) -> Rhythm:
        """What `to_text` wrote. "" and a broken text are the empty rhythm, without a fault: it can be learnt again."""
        if not text:
            return cls()
        try:
            found = _DECODER.decode(text.encode("utf-8", "replace"))
        except msgspec.DecodeError:
            return cls()
        return found if found._sane() else cls()  # noqa: SLF001 - of this class

    def to_text(self) -> str:
        """The rhythm as JSON, about 400 characters."""
        rounded = replace(
            self,
            since=round(self.since, 1),
            at=round(self.at, 1),
            latest=round(self.latest, 1),
            hours=tuple(round(one, 3) for one in self.hours),
            days=tuple(round(one, 3) for one in self.days),
            slots=tuple(round(one, 3) for one in self.slots),
            burst=round(self.burst, 3),
            longest=round(self.longest, 1),
        )
        return msgspec.json.encode(rounded).decode()

    def _sane(self) -> bool:
        counts = (*self.hours, *self.days, *self.slots, self.burst, float(self.gaps), float(self.window))
        times = (self.since, self.at, self.latest, self.longest)
        return (
            (len(self.hours), len(self.days), len(self.slots)) == (24, 7, 12)
            and all(0 <= one <= _MOST_COUNT for one in counts)
            and all(abs(one) <= _MOST_SECONDS for one in times)
        )

    def learn(self, times: Sequence[datetime], now: datetime, *, window: int = 0) -> Rhythm:
        """The rhythm after a poll at `now` that brought entries which came out at these times.

        Times of new entries, in any order: as published, but not before the last poll, since they were not there then.
        `now` stands for a time that is not known. The first ones ever learnt are a source's whole window, from which
        its rhythm is known at once. `window` is how many entries the source shows, 0 if that says nothing.
        """
        window = max(window, self.window * 3 // 4)
        if not times:
            return self if window <= self.window else replace(self, window=window)
        at = now.timestamp()
        found = sorted(min(one.timestamp(), at) for one in times)
        if self.at:
            return self._learnt(found, at, window)
        found = [one for one in found if one < at]  # of a first window, what has no time came at any time before
        start = found[len(found) // _PINNED] if found else at
        began = Rhythm(since=start, at=start, latest=start)
        newest = found[-1] if found else at  # of a source that ended long ago it is known what was usual then
        return began._learnt([one for one in found if one > start], newest, window)

    def _learnt(self, found: list[float], at: float, window: int) -> Rhythm:
        passed = max(at - self.at, 0.0)
        faded = _faded(passed)
        hours, days, slots = ([one * faded for one in part] for part in (self.hours, self.days, self.slots))
        burst = self.burst * math.exp(-passed / _BURST)
        for one in found:
            weight = _faded(at - one)
            hours[int(one // HOUR) % 24] += weight
            days[(int(one // DAY) + 3) % 7] += weight  # 1970 began on a Thursday
            if one < at:  # else the minute is that of the poll
                slots[int(one % HOUR // SLOT)] += weight
            burst += math.exp((one - at) / _BURST)
        longest = self.longest * math.pow(2, -passed / _GAP_HALF_LIFE)
        latest, gaps, longest = _silences(found, min(self.latest, at), self.gaps, longest)
        return Rhythm(
            since=min(self.since, at),
            at=at,
            latest=latest,
            hours=tuple(hours),
            days=tuple(days),
            slots=tuple(slots),
            burst=burst,
            gaps=gaps,
            longest=longest,
            window=window,
        )

    @property
    def known(self) -> bool:
        """Whether enough has been seen to say anything."""
        return self.gaps >= _GAPS_KNOWN

    @property
    def daily(self) -> float:
        """Entries a day, as it was usual when the last one came."""
        return self._rate(self.at)[1] * DAY if self.at else 0.0

    @property
    def patience(self) -> timedelta:
        """How long a silence may last before it is a fault.

        A day and two hours more than the longest so far, which gives a holiday its due, and at least two and a half
        times as long; the more silences have been seen, the less a longer one is to be expected. Two days more until
        its weekends are known: entries came on both days, or two weeks have passed.
        """
        if not self.known:
            return timedelta(seconds=max(_UNKNOWN_PATIENCE, 3 * self.longest))
        factor = min(max(math.log(_RARE) / math.log(self.gaps + 1), _LEAST_FACTOR), _MOST_FACTOR)
        history = self.latest - self.since
        weekends = history >= _WEEKS or (self.days[5] > 0 and self.days[6] > 0)
        more = _HOLIDAY if weekends else _HOLIDAY + _WEEKEND
        least = _SHORT_PATIENCE if history < _SHORT else 0.0
        return timedelta(seconds=max(factor * self.longest, self.longest + more, least))

    def silent(self, newest: datetime, now: datetime) -> bool:
        """Whether nothing since `newest` is a silence far beyond what the source is known for.

        To be asked after a poll at `now` that succeeded: a source that could not be read has not been silent.
        """
        return bool(self.at) and now - newest > self.patience

    def expected(self, since: datetime, until: datetime) -> float:
        """Entries to be expected between two times, had the source gone on as it was when the last one came."""
        left = until.timestamp() - since.timestamp()
        if not self.at or left <= 0:
            return 0.0
        exposure, rate = self._rate(self.at)
        hours = [self._hourly(hour, 1.0, exposure, rate) * HOUR for hour in range(24)]
        days = [self._weekday(day, 1.0, exposure, rate) for day in range(7)]
        week = 7 * DAY
        whole = left // week
        total = whole * sum(hours) * sum(days)
        left -= whole * week
        t = since.timestamp()
        while left > 0:
            step = min((t // HOUR + 1) * HOUR - t, left)
            total += hours[int(t // HOUR) % 24] * days[(int(t // DAY) + 3) % 7] * step / HOUR
            t, left = t + step, left - step
        return total

    def ahead(self, now: float, seconds: float) -> Iterator[tuple[float, float]]:
        """Stretches from `now` on, with the entries a second to be expected in each: slots at first, then hours."""
        faded = _faded(now - self.at)
        exposure, rate = self._rate(now)
        flurry = _BURST_SHARE * self.burst * math.exp(-max(now - self.at, 0.0) / _BURST) / _BURST
        every = (sum(self.slots) + 12 * _SLOT_PRIOR) / 12
        t, end, fine = now, now + seconds, now + 2 * HOUR
        hour, usual = -math.inf, 0.0
        while t < end:
            if t // HOUR != hour:
                hour = t // HOUR
                usual = (1 - _BURST_SHARE) * self._hourly(int(hour) % 24, faded, exposure, rate)
                usual *= self._weekday((int(t // DAY) + 3) % 7, faded, exposure, rate)
            size = SLOT if t < fine else HOUR
            step = min((t // size + 1) * size, end) - t
            shape = (self.slots[int(t % HOUR // SLOT)] + _SLOT_PRIOR) / every if t < fine else 1.0
            yield step, usual * shape + flurry * math.exp((now - t) / _BURST)
            t += step

    def _rate(self, now: float) -> tuple[float, float]:
        """Seconds that were watched, fading as the counts do, and entries a second."""
        watched = _HALF_LIFE / math.log(2) * (1 - _faded(now - self.since))
        exposure = max(watched, _LEAST_EXPOSURE)
        return exposure, sum(self.hours) * _faded(now - self.at) / exposure

    def _hourly(self, hour: int, faded: float, exposure: float, rate: float) -> float:
        """Entries a second in this hour of the day."""
        seen = self.hours[hour] * faded / HOUR
        return (seen + _HOUR_PRIOR * rate) / (exposure / DAY + _HOUR_PRIOR)

    def _weekday(self, day: int, faded: float, exposure: float, rate: float) -> float:
        """How much more than on any day comes on this one."""
        if not rate:
            return 1.0
        return (self.days[day] * faded / (rate * DAY) + _DAY_PRIOR) / (exposure / DAY / 7 + _DAY_PRIOR)


def _faded(seconds: float) -> float:
    """What is left of a count after so many seconds."""
    return math.pow(2, -max(seconds, 0.0) / _HALF_LIFE)


def _silences(found: list[float], latest: float, gaps: int, longest: float) -> tuple[float, int, float]:
    """The newest time, and number and longest of the silences, after further entries.

    Once many silences are known, a single one counts for at most double or a day more: an outage is not a habit.
    """
    flurry = latest
    for one in found:
        gap = one - latest
        if gaps >= _GAPS_FIRM:
            gap = min(gap, max(2 * longest, longest + DAY))
        longest = max(longest, gap)
        if one - flurry >= _TOGETHER:
            gaps, flurry = gaps + 1, one
        latest = max(latest, one)
    return latest, gaps, longest


_DECODER = msgspec.json.Decoder(Rhythm)
