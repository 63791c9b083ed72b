"""How long articles wait for a poll, and how many polls that takes: the adaptive polling against fixed intervals.

    .venv/bin/python benchmarks/polling.py             # totals, each source, the bound, the silence
    .venv/bin/python benchmarks/polling.py --curve     # what other worths of a poll would give
    .venv/bin/python benchmarks/polling.py --json

Replays the publication times of a corpus of recorded feeds (`--corpus`, by default ../shared/corpus/text/polled_feed_items
beside the checkout) against `next_poll` and `Rhythm` as they are. A rhythm is taught by nothing but what its own polls
brought; an entry is there from the second it is stamped with. *Delay* is from that stamp to the poll that brings it.

The record is of one poll a day or less, and a feed shows only so many entries. What stood between two polls and was pushed
out is missing, for a busy source most of the day. So figures are given twice: *as recorded*, with the holes as if
nothing had been published; and *whole stretches*, which counts entries and polls only from the oldest entry of a recorded
window to its poll, where nothing is missing. The rhythm learns from the stream with holes in both.
"""

import argparse
import bisect
import collections
import gzip
import itertools
import json
import random
import statistics
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from spiders import polling
from spiders.polling import Bounds, Hints, next_poll
from spiders.rhythm import Rhythm
from storage.model import Outcome

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "text" / "polled_feed_items"
DAY_ONLY = {"taipeitimes"}  # stamps that are dates: when their entries came out is not known
FIXED = {"every 5 min": 300.0, "every 15 min": 900.0, "every 60 min": 3600.0}
ADAPTIVE = "adaptive"
WORTHS = (30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 480.0)
WEEK = 7 * 86400.0
GOAL_MINUTES = 4.8  # the 95th percentile of polling every five minutes, rounded up


class Stream:
    """One feed's publication times, as seconds since 1970, and the stretches in which none is missing."""

    def __init__(self, name, windows, polled):
        self.name = name
        self.times = sorted(stamp for stamp in {key: stamp for one in windows.values() for key, stamp in one}.values())
        self.window = round(statistics.median(len(one) for one in windows.values()))
        self.whole = []
        before = polled[min(windows)] - 2 * 86400.0  # of the first window, what is not older than two days
        for day in sorted(windows):
            stamps = sorted(stamp for _, stamp in windows[day])
            begin, end = max(before, stamps[len(stamps) // 10]), polled[day]  # the oldest tenth may be pinned
            if begin < end:
                self.whole.append((begin, end))
            before = end

    def is_whole(self, at):
        place = bisect.bisect(self.whole, (at, float("inf"))) - 1
        return place >= 0 and self.whole[place][0] <= at <= self.whole[place][1]


def load(folder):
    """The streams, one a source and list, and beginning and end of the record."""
    with gzip.open(folder / "items.ndjson.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    windows = collections.defaultdict(lambda: collections.defaultdict(list))
    polled = collections.defaultdict(float)  # a recorded day's poll: its newest stamp
    for number, row in enumerate(rows):
        stamp = datetime.fromisoformat(row["date"]).timestamp()
        for poll in row["lists"] if row["source"] not in DAY_ONLY else ():
            day, _, group = poll.partition("/")
            windows[f"{row['source']}-{group}"][day].append((number, stamp))
            polled[day] = max(polled[day], stamp)
    streams = [Stream(name, windows[name], polled) for name in sorted(windows)]
    return streams, min(polled.values()), max(polled.values())


# --- replay ---------------------------------------------------------------------------------------------------------


def aware(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def replay(stream, begin, end, *, fixed=None, cold=False, lag=0.0):
    """Poll a stream: the poll times, and (shown, poll) of each entry, which the feed shows `lag` seconds after its stamp.

    Fixed pauses vary by a twentieth, or their place within the hour would decide how long what comes on the hour waits.
    """
    times = stream.times
    now = begin + zlib.crc32(stream.name.encode()) % 300
    place = bisect.bisect(times, now - lag)
    rhythm = Rhythm()
    if not fixed and not cold:
        first = times[max(0, place - stream.window) : place]
        rhythm = rhythm.learn([aware(one) for one in first], aware(now), window=len(first))
    chance, polls, found = random.Random(stream.name), [], []
    while True:
        last = now
        if fixed:
            now += fixed * chance.uniform(0.95, 1.05)
        else:
            now = next_poll(
                aware(now),
                outcome=Outcome.NEW,
                rhythm=rhythm,
                failures=0,
                bounds=Bounds(),
                hints=Hints(),
                retry_after=None,
                source=stream.name,
            ).timestamp()
        if now > end:
            return polls, found
        polls.append(now)
        upto = bisect.bisect(times, now - lag)
        new, place = times[place:upto], upto
        found.extend((one + lag, now) for one in new)
        if new and not fixed:
            rhythm = rhythm.learn([aware(max(one, last)) for one in new], aware(now), window=stream.window)


def figures(runs, keep):
    """Delays in minutes and polls of several replays, of what `keep(stream, time)` counts."""
    delays = sorted((at - one) / 60 for stream, (_, found) in runs for one, at in found if keep(stream, one))
    polls = sum(keep(stream, at) for stream, (polls, _) in runs for at in polls)
    if not delays:
        return {"entries": 0, "polls": polls, "median": 0.0, "p95": 0.0, "mean": 0.0, "within": 0.0}
    return {
        "entries": len(delays),
        "polls": polls,
        "median": delays[len(delays) // 2],
        "p95": delays[len(delays) * 95 // 100],
        "mean": statistics.fmean(delays),
        "within": bisect.bisect(delays, GOAL_MINUTES) / len(delays),
    }


def compared(runs, keep):
    """Figures of every way of polling, with its polls as a share of those of five minutes."""
    every = {way: figures(of, keep) for way, of in runs.items()}
    for one in every.values():
        one["share"] = one["polls"] / max(every["every 5 min"]["polls"], 1)
    return every


# --- what could be reached ------------------------------------------------------------------------------------------


def bound(streams, begin, end, keep, slots):
    """What no timetable can beat that knows every source's true rate beforehand, but not the entries themselves.

    A poll brings within GOAL_MINUTES what came out in the GOAL_MINUTES before it and nothing else. So that share of entries is at
    most what the densest stretches hold whose length is polls times GOAL_MINUTES. `slots(time)` names the stretch whose
    rate, counted afterwards over the whole record, is known: the more slots, the more of the "rate" is chance.
    """
    entries, seconds = collections.Counter(), collections.Counter()
    for stream in streams:
        for one in stream.times:
            if begin < one <= end and keep(stream, one):
                entries[stream.name, slots(one)] += 1
        for at in itertools.takewhile(lambda at: at < end, itertools.count(begin, 300.0)):
            if keep(stream, at):
                seconds[stream.name, slots(at)] += 300.0
    total, length = sum(entries.values()), sum(seconds.values())
    third, used, caught, needed = length / 300 / 3 * GOAL_MINUTES * 60, 0.0, 0.0, None
    share = None
    for slot in sorted(seconds, key=lambda slot: entries[slot] / seconds[slot], reverse=True):
        if share is None and used + seconds[slot] > third:
            share = (caught + entries[slot] * (third - used) / seconds[slot]) / total
        if needed is None and caught + entries[slot] > 0.95 * total:
            inside = (0.95 * total - caught) / entries[slot] * seconds[slot]
            needed = (used + inside) / (GOAL_MINUTES * 60) / (length / 300)
        used, caught = used + seconds[slot], caught + entries[slot]
    return {"within_at_a_third": share, "share_for_95": needed}


def by_hour(at):
    return int(at // 3600) % 24, (int(at // 86400) + 3) % 7 > 4  # hour of the day, weekend


def by_slot(at):
    return int(at // 300) % 288  # five minutes of the day: 28 chances each


# --- silence --------------------------------------------------------------------------------------------------------


def silence(times, window, begin, end):
    """Alarms of `Rhythm.silent` in a source that lives, and hours until its death is noticed.

    It is killed at every midnight from the ninth day on. Hours are counted from its last entry.
    """
    alarms, noticed, newest = 0, [], begin
    first = times[: bisect.bisect(times, begin)][-window:]
    rhythm = Rhythm().learn([aware(one) for one in first], aware(begin))
    midnight = (begin // 86400 + 9) * 86400
    for one in [*times[bisect.bisect(times, begin) :], end]:
        while midnight < one:
            noticed.append(rhythm.patience.total_seconds() / 3600)
            midnight += 86400
        alarms += rhythm.silent(aware(newest), aware(one))
        rhythm = rhythm.learn([aware(one)], aware(one + 60))
        newest = one
    return alarms, noticed


def without_holes(stream, begin, end):
    """The stream's whole stretches put together: only its pauses are true then, hours and weekdays are not."""
    times, passed = [], begin
    for since, until in ((max(one, begin), two) for one, two in stream.whole):
        times.extend(passed + one - since for one in stream.times if since <= one <= until)
        passed += max(until - since, 0.0)
    return sorted([*(one for one in stream.times if one <= begin), *times]), min(passed, end)


def silences(streams, begin, end):
    """What the rule of silence says of every source, as recorded and with the holes cut out."""
    rows = {}
    for stream in streams:
        joined, joined_end = without_holes(stream, begin, end)
        rows[stream.name] = {"daily": sum(begin < one <= end for one in stream.times) / ((end - begin) / 86400)}
        for scope, times, until in (("as recorded", stream.times, end), ("without holes", joined, joined_end)):
            alarms, noticed = silence(times, stream.window, begin, until)
            hours = (statistics.median(noticed), noticed[-1]) if noticed else (None, None)
            months = (until - begin) / 86400 / 30
            rows[stream.name][scope] = {"months": months, "alarms": alarms, "hours": hours[0], "hours_last": hours[1]}
    return rows


# --- report ---------------------------------------------------------------------------------------------------------


def measure(streams, begin, end, *, curve):
    """Everything that is reported."""
    ways = {way: {"fixed": pause} for way, pause in FIXED.items()} | {ADAPTIVE: {}}
    runs = {way: [(stream, replay(stream, begin, end, **how)) for stream in streams] for way, how in ways.items()}
    cold = runs | {ADAPTIVE: [(stream, replay(stream, begin, end, cold=True)) for stream in streams]}
    late = {way: [(one, replay(one, begin, end, lag=180.0, **how)) for one in streams] for way, how in ways.items()}
    scopes = {
        "as recorded": lambda _, at: begin < at <= end,
        "whole stretches": lambda stream, at: begin < at <= end and stream.is_whole(at),
    }
    report = {"streams": len(streams), "days": (end - begin) / 86400, "totals": {}, "sources": {}, "bound": {}}
    for scope, keep in scopes.items():
        later = lambda stream, at, keep=keep: at > begin + WEEK and keep(stream, at)  # noqa: E731
        warm = lambda stream, at, keep=keep: at <= begin + WEEK and keep(stream, at)  # noqa: E731
        report["totals"][scope] = compared(runs, keep)
        report["totals"][f"{scope}, without the first week"] = compared(runs, later)
        report["totals"][f"{scope}, the first week"] = compared(runs, warm)
        report["totals"][f"{scope}, the first week, nothing learnt from the first window"] = compared(cold, warm)
        for number, half in enumerate(("one half of the sources", "the other half")):
            names = {stream.name for stream in streams[number::2]}
            of = lambda stream, at, keep=keep, names=names: stream.name in names and keep(stream, at)  # noqa: E731
            report["totals"][f"{scope}, {half}"] = compared(runs, of)
        report["bound"][scope] = {
            "hour and weekend": bound(streams, begin, end, keep, by_hour),
            "five minutes of the day": bound(streams, begin, end, keep, by_slot),
        }
    report["totals"]["as recorded, shown 3 min after the stamp"] = compared(late, scopes["as recorded"])
    for stream in streams:
        of = lambda one, at, name=stream.name: one.name == name and begin < at <= end  # noqa: E731
        report["sources"][stream.name] = compared(runs, of)
    report["silence"] = silences(streams, begin, end)
    if curve:
        report["curve"] = {scope: worths(streams, begin, end, keep, runs) for scope, keep in scopes.items()}
    return report


def worths(streams, begin, end, keep, runs):
    """The adaptive polling with other worths of a poll."""
    found = {}
    for worth in WORTHS:
        with mock.patch.object(polling, "WAITING", worth):
            tried = [(stream, replay(stream, begin, end)) for stream in streams]
        found[worth] = compared(runs | {ADAPTIVE: tried}, keep)[ADAPTIVE]
    return found


def row(name, one):
    print(
        f"  {name:22} {one['entries']:7} {one['polls']:7} {one['share']:6.3f}   "
        f"{one['median']:6.2f} {one['p95']:6.2f} {one['mean']:6.2f} {one['within']:6.3f}"
    )


def show(report):
    head = f"  {'':22} {'entries':>7} {'polls':>7} {'share':>6}   {'median':>6} {'p95':>6} {'mean':>6} {f'≤{GOAL_MINUTES}':>6}  minutes"
    print(f"{report['streams']} feeds, {report['days']:.1f} days")
    for scope, ways in report["totals"].items():
        print(f"\n{scope}\n{head}")
        for way, one in ways.items():
            row(way, one)
    print(f"\neach source, adaptive, as recorded\n{head}")
    for name, ways in report["sources"].items():
        row(name, ways[ADAPTIVE])
    print(
        f"\na timetable that knows the rates: entries within {GOAL_MINUTES} min at a third of the polls; share for 95 %"
    )
    for scope, knowing in report["bound"].items():
        for slots, one in knowing.items():
            print(f"  {scope + ', ' + slots:42} {one['within_at_a_third']:.3f}  {one['share_for_95']:.3f}")
    for scope, tried in report.get("curve", {}).items():
        print(f"\nworth of a poll in seconds of waiting, {scope}\n{head}")
        for worth, one in tried.items():
            row(f"{worth:.0f}", one)
    show_silence(report["silence"])


def show_silence(told):
    for scope in ("as recorded", "without holes"):
        alarms, months = (sum(one[scope][key] for one in told.values()) for key in ("alarms", "months"))
        print(f"\nsilence, {scope}: {alarms} alarms in {months:.1f} source-months; hours until a death is noticed")
        print(f"  {'':22} {'a day':>6} {'alarms':>6} {'median':>7} {'at the end':>10}")
        for name, one in told.items():
            hours = [f"{one[scope][key]:.0f}" if one[scope][key] else "-" for key in ("hours", "hours_last")]
            print(f"  {name:22} {one['daily']:6.1f} {one[scope]['alarms']:6} {hours[0]:>7} {hours[1]:>10}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--curve", action="store_true", help="try other worths of a poll too")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.corpus / "items.ndjson.gz").exists():
        print(f"no recorded feeds at {options.corpus}: name their folder with --corpus", file=sys.stderr)
        return 2
    report = measure(*load(options.corpus), curve=options.curve)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        show(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
