"""How much of the press was really read: what makes silence worth trusting. Pure.

A source is *current* when it was asked in time and its last answer was as it should be. Those whose language the lexicon
does not know are fetched, but no rule would find anything in them. The sentence made of it stands in every mail.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from alerts.headers import shortened
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from storage.health import SourceState

OVERDUE = timedelta(hours=1)  # so much later than planned, a source is not being asked
LOST = timedelta(days=1)  # for so long lost items are news
NAMED = 4  # sources named in a sentence
NAME = 60  # characters of a source's name

_WORDS = {
    Outcome.STALE: "silent",
    Outcome.PAGE_FAULTS: "without its pages",
    Outcome.EMPTY: "empty",
    Outcome.REFUSED: "refused",
    Outcome.GONE: "not found",
    Outcome.SERVER: "answering with errors",
    Outcome.ROBOTS: "barred by robots.txt",
    Outcome.TLS: "without a safe connection",
    Outcome.DNS: "without an address",
    Outcome.CONNECT: "unreachable",
    Outcome.TIMEOUT: "not answering",
    Outcome.CUT_OFF: "cut off",
    Outcome.TOO_LARGE: "too large",
    Outcome.NOT_A_FEED: "no list of articles",
    Outcome.PARSE_FAULT: "unreadable",
    Outcome.NOT_A_PAGE: "unreadable",
    Outcome.PRIVATE: "at an address that is not public",
    Outcome.FAULT: "not read, by a fault of Khasan’s own",
}
_STILL_READ = (Outcome.STALE, Outcome.PAGE_FAULTS)
_KEPT = "kept waiting"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source that is not as it should be. `words` say what it is, without since when."""

    state: SourceState
    words: str
    since: datetime | None
    usual: float = 0.0  # articles a day

    @property
    def name(self) -> str:
        """What the source is called."""
        return name_of(self.state)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the enabled sources stand. Each is in one of `current`, `troubles`, `late`, `unread` and `foreign`."""

    total: int
    current: int
    troubles: tuple[Trouble, ...] = ()  # worst and longest first
    late: tuple[SourceState, ...] = ()  # not asked when they should have been
    unread: tuple[SourceState, ...] = ()  # never asked yet
    foreign: tuple[SourceState, ...] = ()  # read, in a language that is not understood
    lost: tuple[SourceState, ...] = ()  # current or not, and lost items within the last day

    @property
    def well(self) -> bool:
        """Whether there is nothing to look at. That a language is not understood is known, and no fault of the day."""
        return self.total > 0 and not (self.troubles or self.late or self.unread or self.lost)

    @property
    def share(self) -> float:
        """How many of all sources could be read, understood or not, in percent."""
        return 100.0 * (self.current + len(self.foreign)) / self.total if self.total else 100.0


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """What a mail says of coverage: kept with the mail, so that it reads the same whenever it is composed."""

    text: str = ""
    well: bool = True


NO_LINE = CoverageLine()


def coverage(
    states: Sequence[SourceState], known: Collection[str], now: datetime, usual: Mapping[str, float]
) -> Coverage:
    """How the enabled ones among the sources stand now.

    `known` are the lexicon's languages; `usual` has the articles a day of sources that are silent, by id.
    """
    watched = [state for state in states if state.enabled]
    troubles, late, unread, foreign = [], [], [], []
    for state in watched:
        trouble = trouble_of(state, now, usual.get(state.id, 0.0))
        if not state.outcome and state.retired_at is None:
            unread.append(state)
        elif is_late(state, now):
            late.append(state)
        elif trouble is not None:
            troubles.append(trouble)
        elif state.language and state.language.partition("-")[0].lower() not in known:
            foreign.append(state)
    return Coverage(
        total=len(watched),
        current=len(watched) - len(troubles) - len(late) - len(unread) - len(foreign),
        troubles=tuple(sorted(troubles, key=lambda one: _rank(one, now))),
        late=tuple(late),
        unread=tuple(unread),
        foreign=tuple(foreign),
        lost=tuple(state for state in watched if state.overflow_at and now - state.overflow_at < LOST),
    )


def _rank(trouble: Trouble, now: datetime) -> tuple[int, datetime, str]:
    """What cannot be read comes before what is read and silent, and last what is gone for good, which is known by then."""
    gone = trouble.state.retired_at is not None
    return (2 if gone else trouble.state.outcome in _STILL_READ, trouble.since or now, trouble.state.id)


def is_late(state: SourceState, now: datetime) -> bool:
    """Whether nobody asked a source when it was to be asked: the daemon stood still, or something in it does."""
    if state.retired_at is not None or state.next_poll_at is None:
        return False
    return now - max(state.next_poll_at, state.rest_until or state.next_poll_at) > OVERDUE


def trouble_of(state: SourceState, now: datetime, usual: float = 0.0) -> Trouble | None:
    """What is wrong with a source by its last poll, or with its host since then; None if nothing is."""
    if state.retired_at is not None:
        return Trouble(state, "gone for good", state.retired_at)
    if not state.outcome:
        return None
    outcome = Outcome(state.outcome)
    if outcome.good and _is_kept_waiting(state, now):
        return _kept_waiting(state)
    # that nobody writes of something is what a search is there to find out
    silence_is_well = outcome == Outcome.STALE and state.kind == "search"
    if outcome.sound or outcome == Outcome.OVERFLOW or silence_is_well:
        return None
    since = state.since or state.last_poll_at
    if outcome == Outcome.STALE:
        heard = state.newest_at or state.last_new_at
        return Trouble(state, _WORDS[Outcome.STALE], min(heard, now) if heard else since, usual)
    return Trouble(state, words_for(state.outcome, state.detail), since)


def _is_kept_waiting(state: SourceState, now: datetime) -> bool:
    """Whether a source is overdue because its host asked to be left alone: obeyed, and still it is not being read."""
    if state.rest_until is None or state.next_poll_at is None:
        return False
    return state.rest_until > now and now - state.next_poll_at > OVERDUE


def _kept_waiting(state: SourceState) -> Trouble:
    """It counts as refused: the host may have said so to another source, but no one on it is answered."""
    until = f"asked to wait until {state.rest_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if state.rest_until else ""
    said = f"{until} ({state.rest_reason})" if state.rest_reason else until
    since = state.last_poll_at or state.next_poll_at
    return Trouble(replace(state, outcome=str(Outcome.REFUSED), detail=said, since=since), _KEPT, since)


def words_for(outcome: str, detail: str = "") -> str:
    """What an outcome is called in a sentence about a source. Whatever stands in the way is named, where it has a name."""
    words = _WORDS.get(Outcome(outcome), outcome)
    wall = _wall(detail) if outcome == Outcome.REFUSED else ""
    return f"{words} by {wall}" if wall else words


def _wall(detail: str) -> str:
    """The name of a wall out of a detail such as "HTTP 403, DDoS-Guard" or "a consent page instead (…)"."""
    before, instead, _ = detail.partition(" instead (")
    _, comma, after = detail.partition(", ")
    return shortened(before if instead else after if comma and detail.startswith("HTTP ") else "", 40)


def name_of(state: SourceState) -> str:
    """What a source is called."""
    return shortened(state.name, NAME) or state.id


def line(found: Coverage, now: datetime) -> CoverageLine:
    """What a mail says of coverage."""
    return CoverageLine(sentence(found, now), found.well)


def sentence(found: Coverage, now: datetime, named: int = NAMED) -> str:
    """Coverage in a sentence: how many are current, then what is not, worst and longest first; `named` of them by name."""
    if not found.total:
        return "No sources are watched."
    parts = [_head(found)]
    if found.late:
        asked = max((state.last_poll_at for state in found.late if state.last_poll_at), default=None)
        parts.append(f"{len(found.late)} not polled" + (f" for {spell(now - asked)}" if asked else ""))
    parts += _troubles(found.troubles, now, named)
    if found.unread:
        parts.append(f"{len(found.unread)} not read yet")
    if found.foreign:
        languages = ", ".join(sorted({shortened(state.language, 8) for state in found.foreign}))
        parts.append(f"{len(found.foreign)} fetched, not understood ({languages})")
    return "; ".join([*parts, *_lost(found, now, named)]) + "."


def words_of(found: Coverage, now: datetime) -> tuple[tuple[str, str], ...]:
    """Give every source that is not being read, as its name and what is wrong, worst first."""
    troubles = [(one.name, _told(one, now).removeprefix(one.name).strip()) for one in found.troubles]
    late = [(name_of(one), "not polled when it should have been") for one in found.late]
    return (*troubles, *late, *((name_of(one), "not read yet") for one in found.unread))


def _head(found: Coverage) -> str:
    if found.current < found.total:
        return f"{found.current} of {found.total} source{'s' if found.total > 1 else ''} current"
    return f"All {found.total} sources current" if found.total > 1 else "The only source is current"


def _troubles(troubles: Sequence[Trouble], now: datetime, named: int) -> list[str]:
    """The first few by name. So many alike that they cannot all be named are said in one: they may have one cause."""
    alike = Counter(one.words for one in troubles)
    parts = []
    for words in [words for words, count in alike.items() if count > named]:
        first = min((one.since for one in troubles if one.words == words and one.since), default=now)
        parts.append(f"{alike[words]} {words} for up to {spell(now - first)}")
    rest = [one for one in troubles if alike[one.words] <= named]
    shown = rest[: max(named - len(parts), 1)]
    parts += [_told(one, now) for one in shown]
    return [*parts, f"and {len(rest) - len(shown)} more"] if len(rest) > len(shown) else parts


def _told(trouble: Trouble, now: datetime) -> str:
    """One trouble: "Kyodo silent for 3 days, usually 40 a day"."""
    text = f"{trouble.name} {trouble.words}"
    if trouble.state.retired_at is None and trouble.since is not None:
        text += f" for {spell(now - trouble.since)}"
    if trouble.words == _KEPT and trouble.state.rest_until is not None:
        text += f", {spell(trouble.state.rest_until - now)} more"
    return text + (f", usually {often(trouble.usual)}" if trouble.usual else "")


def _lost(found: Coverage, now: datetime, named: int) -> list[str]:
    recent = sorted(found.lost, key=lambda state: state.overflow_at or now, reverse=True)
    parts = [f"{name_of(one)} lost items {spell(now - (one.overflow_at or now))} ago" for one in recent[:named]]
    return [*parts, *([f"so did {len(recent) - named} more"] if len(recent) > named else [])]


def often(daily: float) -> str:
    """How often something comes, in whole numbers: "40 a day", "3 a week"."""
    for size, unit in ((1, "day"), (7, "week"), (30, "month")):
        if daily * size >= 1.5:  # noqa: PLR2004 - once a day is better said by the week
            return f"{round(daily * size)} a {unit}"
    return "less than 2 a month"


def spell(span: timedelta) -> str:
    """A length of time in one unit, as it is said: "6 h", "3 days"."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    for size, unit in ((365 * 1440, "years"), (30 * 1440, "months"), (7 * 1440, "weeks"), (1440, "days"), (60, "h")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{max(minutes, 1)} min"
