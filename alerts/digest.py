"""The weekly digest for the operator: when it is due, and what it says, on one screen. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.coverage import name_of, often, spell
from alerts.headers import shortened
from alerts.notices import Row, Section
from alerts.schedule import WEEKDAYS, Schedule, digest_schedule
from alerts.view import LANGUAGES, day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.coverage import Coverage
    from storage.health import SourceState, Span

WEEK = timedelta(days=7)
SHOWN = 10  # rows of a section
NAMES = 12  # sources named in a row
QUIET = timedelta(days=7)  # without anything new


def schedule(text: str, zone: str) -> Schedule | None:
    """Read "mon 07:00" in a zone; None for "", which is never. Raises ValueError on anything else."""
    words = text.lower().split()
    if words and (len(words) != 2 or words[0] not in WEEKDAYS):  # noqa: PLR2004 - a weekday and an hour
        raise ValueError(f"{shortened(text, 40)!r} is no weekday and hour such as mon 07:00")
    try:
        return digest_schedule(text, zone)
    except ValueError as error:
        raise ValueError(f"{shortened(text, 40)!r} in {zone!r} is no weekday and hour such as mon 07:00") from error


def digest_subject(slot: datetime, zone: str) -> str:
    """The subject of the digest."""
    return f"the week to {day(slot.astimezone(ZoneInfo(zone)))}"


def digest_sections(
    states: Sequence[SourceState], found: Coverage, span: Span, now: datetime, usual: Mapping[str, float]
) -> list[Section]:
    """What the week was like. Sections that have nothing to say are left out."""
    names = {state.id: name_of(state) for state in states}
    watched = [state for state in states if state.enabled]
    sections = [
        Section("", "", _numbers(found, span)),
        _cut(
            "In trouble",
            [Row(one.name, _trouble(one.words, one.since, one.state.detail, now)) for one in found.troubles],
        ),
        _cut("Not polled", [Row(name_of(one), f"last {_ago(one.last_poll_at, now)}") for one in found.late]),
        _cut(
            "Lost items",
            [Row(names.get(one, one), f"{count} time{'' if count == 1 else 's'}") for one, count in span.lost.items()],
            "Between two polls more was published than the list holds.",
        ),
        _cut(
            "Moved",
            [
                Row(name_of(one), shortened(one.address or one.moved_to, 200))
                for one in watched
                if one.address or one.moved_to
            ],
            "Polled there once it has held for a day. Change the address in sources.toml.",
        ),
        _quiet(watched, span, now, usual),
        _cut(
            "Pages that could not be had",
            [
                Row(names.get(one, one), f"{count} article{'' if count == 1 else 's'}")
                for one, count in span.pages_failed.items()
            ],
            "Of these articles only what the list said is known.",
        ),
    ]
    return [one for one in sections if one.rows]


def _cut(title: str, rows: Sequence[Row], note: str = "") -> Section:
    return Section(title, note, tuple(rows[:SHOWN]), max(len(rows) - SHOWN, 0))


def _numbers(found: Coverage, span: Span) -> tuple[Row, ...]:
    failed = f", {100 * span.polls_failed / span.polls:.1f} % of them failed" if span.polls else ""
    rows = [
        ("Articles", _by_language(span.articles)),
        ("Articles alerted of", _by_language(span.alerts)),
        ("Polls", f"{span.polls:,}{failed}"),
        ("Fetched, not understood", ", ".join(name_of(one) for one in found.foreign[:NAMES])),
        (
            "Mails that could not be delivered",
            f"{span.mails_dead}; khasan outbox list --state dead --state expired" if span.mails_dead else "",
        ),
        ("Database", size(span.database_bytes)),
    ]
    return tuple(Row(label, text) for label, text in rows if text)


def _by_language(numbers: Mapping[str, int]) -> str:
    parts = [f"{LANGUAGES.get(code, code or 'unknown')} {count:,}" for code, count in numbers.items()]
    return f"{sum(numbers.values()):,}" + (f" ({', '.join(parts[:6])})" if parts else "")


def _trouble(words: str, since: datetime | None, detail: str, now: datetime) -> str:
    text = words + (f" for {spell(now - since)}" if since else "")
    return f"{text} · {shortened(detail, 120)}" if detail else text


def _quiet(watched: Sequence[SourceState], span: Span, now: datetime, usual: Mapping[str, float]) -> Section:
    """Sources that were read well and brought nothing, which for them may be usual."""
    quiet = [
        one
        for one in watched
        if one.baseline_at and now - one.baseline_at > QUIET and not span.fresh.get(one.id) and one.since is None
    ]
    rows = [
        Row(
            name_of(one),
            f"nothing new for {spell(now - heard)}"
            + (f", usually {often(usual[one.id])}" if usual.get(one.id) else ""),
        )
        for one in quiet
        for heard in [one.last_new_at or one.baseline_at or now]
    ]
    return _cut("Quiet, as they often are", rows)


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{spell(now - at)} ago" if at else "never"


def size(count: int) -> str:
    """A number of bytes as people say it."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:  # noqa: PLR2004 - the next unit
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"  # noqa: PLR2004 - two digits are enough
