"""What `khasan status` shows: how much of the press is read, then what is in trouble, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape

from alerts.coverage import LOST, sentence, spell
from khasan.commands.common import ago, out, table
from spiders.markup import visible
from storage.times import maybe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.coverage import Coverage
    from storage.health import SourceState
    from storage.mail import Mail


def coverage_json(found: Coverage, now: datetime) -> dict[str, Any]:
    """Coverage as JSON should have it."""
    late = [{"source": one.id, "what": "not polled", "since": one.last_poll_at, "state": one} for one in found.late]
    trouble = [
        {"source": one.state.id, "what": one.words, "since": one.since, "state": one.state} for one in found.troubles
    ]
    return {
        "current": found.current,
        "total": found.total,
        "sentence": sentence(found, now),
        "trouble": [_plain(one) for one in [*late, *trouble]],
        "not_read_yet": [one.id for one in found.unread],
        "not_understood": [one.id for one in found.foreign],
        "lost_items": [one.id for one in found.lost],
    }


def _plain(trouble: dict[str, Any]) -> dict[str, Any]:
    state: SourceState = trouble.pop("state")
    return trouble | {"outcome": state.outcome, "detail": state.detail, "next_poll_at": state.next_poll_at}


def say_coverage(found: Coverage, now: datetime) -> None:
    """The sentence."""
    colour = "green" if found.well else "bold yellow"
    out.print(f"[{colour}]{escape(visible(sentence(found, now)))}[/]")


def say_troubles(found: Coverage, states: Sequence[SourceState], now: datetime) -> None:
    """What somebody should look at: sources in trouble, hosts that rest, what has moved, what was lost."""
    watched = [state for state in states if state.enabled]
    _table(
        ("in trouble", "outcome", "for", "next poll", "detail"),
        [
            (
                one.state.id,
                _outcome(one.state),
                spell(now - one.since) if one.since else "",
                _next(one.state, now),
                one.state.detail,
            )
            for one in found.troubles
        ],
    )
    _table(("not polled", "since"), [(one.id, ago(one.last_poll_at, now)) for one in found.late])
    resting = {one.host: one for one in watched if one.rest_until and one.rest_until > now}
    _table(
        ("resting host", "until", "because"),
        [(host, ago(one.rest_until, now), one.rest_reason) for host, one in sorted(resting.items())],
    )
    _table(
        ("moved", "to; change sources.toml"),
        [
            (one.id, one.address or f"{one.moved_to} (not yet for good)")
            for one in watched
            if one.address or one.moved_to
        ],
    )
    _table(
        ("lost items", "when"),
        [
            (one.id, f"{ago(one.overflow_at, now)} ago")
            for one in found.lost
            if one.overflow_at and now - one.overflow_at < LOST
        ],
    )


def _outcome(state: SourceState) -> str:
    return "retired" if state.retired_at is not None else state.outcome


def _next(state: SourceState, now: datetime) -> str:
    if state.retired_at is not None:
        return "never"
    return "due" if state.next_poll_at is None or state.next_poll_at <= now else ago(state.next_poll_at, now)


def say_rest(found: Coverage, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    """The sources that nothing is wrong with, or that were never read."""
    told = {one.state.id for one in found.troubles} | {one.id for one in found.late}
    lines = [
        (row["id"], row["outcome"] or "–", ago(maybe(row["last_poll_at"]), now), row["articles"], row["detail"])
        for row in rows
        if row["id"] not in told
    ]
    _table(("source", "outcome", "polled", "articles", "detail"), lines, right=("articles",))


def say_mails(mails: Sequence[Mail]) -> None:
    """The last mails."""
    rows = [(one.id, one.state, one.reader, one.subject) for one in mails]
    _table(("mail", "state", "to", "subject"), rows, right=("mail",))


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    if rows:
        out.print()
        out.print(table(columns, rows, right=right))
