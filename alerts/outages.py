"""Which outages the operator is told of, and in what words. Pure.

Once each, and grouped: a line that is cut is one fault and one mail, though every source feels it, each at its own time.
So when one source has been in trouble for long enough, those half-way there are named along with it, and the next such
mail comes an hour later at the earliest. Those told of together are told to be back together, or when the first of them
has been back for long. A source that comes and goes is told of once a day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.coverage import name_of, spell, trouble_of, words_for
from alerts.headers import shortened
from alerts.notices import Row, Section
from alerts.view import moment
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.coverage import Coverage, Trouble
    from storage.health import Outage, SourceState

DAY = timedelta(days=1)
APART = timedelta(hours=1)  # between two mails of sources in trouble
SETTLE = timedelta(minutes=10)  # while sources have never been asked, what is told at once waits so long for the others
SHOWN = 30  # sources in one mail
MANY = 5  # sources that share a fault are likely to share its cause
LOW_FOR = timedelta(minutes=30)
LOW_LEAST = 5  # sources; of fewer, a single one would be too large a share
FIRST_HOUR = timedelta(hours=1)

_LINE = frozenset({Outcome.DNS, Outcome.CONNECT, Outcome.TIMEOUT, Outcome.TLS})
_ADVICE = {
    Outcome.REFUSED: "Open it in a browser. A contact under [collect] and a longer interval help with some servers; others want no programs.",
    Outcome.GONE: "The address is wrong now. `khasan sources add` with the address of the site finds what it offers instead.",
    Outcome.SERVER: "The fault is the server’s. It is asked again by itself.",
    Outcome.ROBOTS: "The site asks programs to keep away from this address. Take another of its feeds, or set enabled = false.",
    Outcome.TLS: "The certificate cannot be trusted. If it is like that from elsewhere, too, only the publisher can mend it.",
    Outcome.DNS: "The name is not known. Look whether the site has moved, or whether this machine can resolve names at all.",
    Outcome.CONNECT: "Nothing answers there. Look whether the site opens from elsewhere, or whether this machine has a line.",
    Outcome.TIMEOUT: "It answers too slowly or not at all. If it is just slow, a longer timeout under [collect] helps.",
    Outcome.CUT_OFF: "Its answers end early. If that lasts, tell the publisher.",
    Outcome.TOO_LARGE: "Its answer is larger than max_bytes under [collect].",
    Outcome.NOT_A_FEED: "Something else stands at the address now. `khasan sources check` with its id says what.",
    Outcome.PARSE_FAULT: "It is of the right kind, but nothing in it can be read. `khasan sources check` with its id says why.",
    Outcome.EMPTY: "It answers well, with a list of nothing. Look whether the site has moved its feed, or the selectors still fit.",
    Outcome.STALE: "It answers well, and brings nothing new. Look whether the site goes on publishing, and where.",
    Outcome.PAGE_FAULTS: "The list is read, the articles’ pages are not. `khasan show` with the number of one of them says why.",
    Outcome.PRIVATE: "The host is listed under private_hosts in [collect], if this is meant.",
    Outcome.FAULT: "This is a fault of Khasan’s own; the log has the details.",
}
_RETIRED = (
    "The server says that it is gone for good, so it is asked no more. Remove it, or find what the site offers instead."
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written down and told. `ended` and `again` are told of later, or never."""

    begun: tuple[Trouble, ...] = ()
    back: tuple[Outage, ...] = ()
    ended: tuple[Outage, ...] = ()  # found to be over just now
    again: tuple[Outage, ...] = ()  # were over, and are not

    def __bool__(self) -> bool:
        return bool(self.begun or self.back or self.ended or self.again)


def began(trouble: Trouble) -> datetime | None:
    """When a trouble began, which is its identity."""
    return trouble.state.since or trouble.state.retired_at or trouble.state.last_poll_at


def changes(states: Sequence[SourceState], known: Sequence[Outage], now: datetime, tell_after: timedelta) -> Changes:
    """What has changed. `known` are the outages whose end was not told yet, and all that were told within a day."""
    watched = {state.id: state for state in states if state.enabled}
    troubles = [one for one in (trouble_of(state, now) for state in watched.values()) if one is not None]
    troubled = {one.state.id for one in troubles}
    pending = [one for one in known if one.end_told_at is None and one.source in watched]
    well = {one.id for one in pending if one.source not in troubled and watched[one.source].outcome}
    return Changes(
        begun=_begun(troubles, known, now, tell_after, whole=all(state.outcome for state in watched.values())),
        back=_back(pending, well, now, tell_after),
        ended=tuple(one for one in pending if one.id in well and one.ended_at is None),
        again=tuple(one for one in pending if one.id not in well and one.ended_at is not None),
    )


def _begun(
    troubles: Sequence[Trouble], known: Sequence[Outage], now: datetime, tell_after: timedelta, *, whole: bool
) -> tuple[Trouble, ...]:
    """Those to tell of now. `whole`: every source has been asked once."""
    if any(now - one.told_at < APART for one in known):
        return ()
    told = {one.source for one in known if one.end_told_at is None or now - one.told_at < DAY}
    lasting = {
        one.state.id: now - (began(one) or now)
        for one in troubles
        if one.state.id not in told and began(one) is not None
    }

    def due(one: Trouble) -> bool:
        at_once = one.state.retired_at is not None or one.state.outcome == Outcome.STALE
        return lasting[one.state.id] >= (tell_after if not at_once else timedelta() if whole else SETTLE)

    mine = [one for one in troubles if one.state.id in lasting]
    first = [one for one in mine if due(one)]
    return tuple(one for one in mine if one in first or (first and lasting[one.state.id] >= tell_after / 2))


def _back(pending: Sequence[Outage], well: set[int], now: datetime, tell_after: timedelta) -> tuple[Outage, ...]:
    """Those whose end is told now: all that were told of together are over, or the first of them has been for long."""
    back: list[Outage] = []
    for told_at in dict.fromkeys(one.told_at for one in pending):
        group = [one for one in pending if one.told_at == told_at]
        over = [one for one in group if one.id in well]
        first = min((one.ended_at or now for one in over), default=now)
        if over and (len(over) == len(group) or now - first >= tell_after):
            back += over
    return tuple(back)


@dataclass(frozen=True, slots=True)
class Low:
    """That coverage has been low: since when, when that was seen last, and whether the operator knows."""

    since: datetime
    seen: datetime
    told: bool = False


def low_coverage(
    found: Coverage, before: Low | None, started: datetime, now: datetime, least: float
) -> tuple[Low | None, bool]:
    """What is to be remembered of low coverage, and whether to tell the operator now.

    `started` is when this archive was first watched. What was seen before a pause says nothing of now.
    """
    fresh = bool(found.unread) and now - started < FIRST_HOUR
    if found.total < LOW_LEAST or fresh or found.share >= least:
        return None, False
    known = before is not None and now - before.seen < SETTLE
    if before is None or not (known or before.told):
        return Low(now, now), False
    tell = not before.told and now - before.since >= LOW_FOR
    return Low(before.since, now, before.told or tell), tell


def trouble_subject(troubles: Sequence[Trouble], now: datetime) -> str:
    """The subject of the mail about sources in trouble."""
    if len(troubles) > 1:
        return f"{len(troubles)} sources in trouble"
    (one,) = troubles
    since = f" for {spell(now - one.since)}" if one.since and one.state.retired_at is None else ""
    return f"{one.name} {one.words}{since}"


def trouble_words(troubles: Sequence[Trouble], total: int, now: datetime, zone: str) -> tuple[list[str], list[Section]]:
    """Paragraphs and sections of that mail: a section for all with the same fault, with what to do about it."""
    by_fault: dict[str, list[Trouble]] = {}
    for one in troubles:
        by_fault.setdefault("retired" if one.state.retired_at else one.state.outcome, []).append(one)
    sections, room = [], SHOWN
    for fault, group in sorted(by_fault.items(), key=lambda item: -len(item[1])):
        rows = tuple(_row(one, now, zone, brief=len(group) > MANY) for one in group[:room])
        room -= len(rows)
        title = "Gone for good" if fault == "retired" else words_for(fault).capitalize()
        advice = _RETIRED if fault == "retired" else _ADVICE.get(Outcome(fault), "")
        sections.append(Section(title, advice + _mostly(group), rows, len(group) - len(rows)))
    return _lead(troubles, total), sections


def _lead(troubles: Sequence[Trouble], total: int) -> list[str]:
    line = [one for one in troubles if one.state.outcome in _LINE]
    paragraphs = [
        "What these sources publish now is not seen. Each is asked on, ever more rarely; you are told when it is back."
    ]
    if len(troubles) == 1:
        paragraphs = [
            "What it publishes now is not seen. It is asked on, ever more rarely; you are told when it is back."
        ]
        if troubles[0].state.retired_at:
            paragraphs = ["It is asked no more."]
    if len(line) >= MANY and 2 * len(line) >= total:
        paragraphs.append(
            f"{len(line)} of {total} sources fail in the same way: look at this machine’s own line first."
        )
    return paragraphs


def _mostly(group: Sequence[Trouble]) -> str:
    """What the servers said of many sources that share a fault."""
    ((said, count),) = Counter(shortened(one.state.detail, 120) for one in group).most_common(1)
    return f" {count} of {len(group)} times: “{said}”." if said and len(group) > MANY else ""


def _row(trouble: Trouble, now: datetime, zone: str, *, brief: bool) -> Row:
    """A source in trouble: its id, since when, what the server said, when it is asked again; of many only since when."""
    state = trouble.state
    if brief:
        return Row(trouble.name, f"for {spell(now - trouble.since)}" if trouble.since else "")
    since = f"since {moment(trouble.since, zone)} ({spell(now - trouble.since)})" if trouble.since else ""
    said = shortened(state.detail, 200)
    again = ""
    if state.retired_at is None and state.next_poll_at is not None and state.next_poll_at > now:
        again = f"asked again in {spell(state.next_poll_at - now)}"
    identity = state.id if trouble.name != state.id else ""
    return Row(trouble.name, " · ".join(one for one in (identity, since, said, again) if one))


def back_subject(outages: Sequence[Outage], states: Sequence[SourceState]) -> str:
    """The subject of the mail about sources that are back."""
    if len(outages) > 1:
        return f"{len(outages)} sources are read again"
    return f"{_names(states).get(outages[0].source, outages[0].source)} is read again"


def back_words(
    outages: Sequence[Outage], states: Sequence[SourceState], now: datetime
) -> tuple[list[str], list[Section]]:
    """Paragraphs and sections of that mail."""
    names, lost = _names(states), {state.id: state.overflow_at for state in states if state.overflow_at}
    rows = []
    for one in outages[:SHOWN]:
        text = f"after {spell((one.ended_at or now) - one.began_at)} ({words_for(one.outcome, one.detail)})"
        missed = lost.get(one.source)
        rows.append(
            Row(
                names.get(one.source, one.source),
                text + ("; items were lost" if missed and missed >= one.began_at else ""),
            )
        )
    lead = "What stood in its list when it came back was stored; what had left it by then was never seen."
    if len(outages) > 1:
        lead = "What stood in their lists when they came back was stored; what had left them by then was never seen."
    return [lead], [Section("", "", tuple(rows), len(outages) - len(rows))]


def low_subject(found: Coverage) -> str:
    """The subject of the mail about low coverage."""
    return f"only {found.current} of {found.total} sources current"


def low_words(low: Low, least: float, now: datetime) -> list[str]:
    """Paragraphs of that mail."""
    return [
        f"For {spell(now - low.since)} now fewer than {least:g} % of the sources could be read. What they publish meanwhile is not seen.",
        "`khasan status` lists what is wrong. If most fail in the same way, look at this machine’s own line first.",
    ]


def _names(states: Sequence[SourceState]) -> dict[str, str]:
    return {state.id: name_of(state) for state in states}
