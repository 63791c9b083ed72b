"""What the commands on claims were asked: words and ids checked against what there is, and made a filter of the ledger."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.markup import escape

from alerts.claims_view import EVENTS, UNITS
from khasan.claims_table import event_words, unit_words
from khasan.commands.common import FAILED, USAGE, err
from khasan.structure import suggestion
from spiders.markup import visible
from storage.claim_model import ClaimFilter, Status
from storage.claim_reads import claim_of, count_claims

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analysis.lexicon import Lexicon
    from scheduler.setup import Setup
    from storage.archive import Archive
    from storage.claim_model import StoredClaim

NOBODY = ("nobody", "none")
ALL = 10**9  # claims, where no limit is wanted
_SPEAK = ("source", "person")  # categories of concepts on whose word something can stand
_AGO = re.compile(r"(\d{1,5})([dw])")
_FEW = 12  # names that are told all; of more, the nearest
_LAST_DAY = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
_LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters of the command line, as they were written."""

    unit: Sequence[str] = ()
    event: Sequence[str] = ()
    origin: Sequence[str] = ()
    relay: Sequence[str] = ()
    outlet: Sequence[str] = ()
    status: Sequence[str] = ()
    since: str = ""
    until: str = ""
    text: str = ""
    new: bool = False
    recaps: bool | None = None


class Names:
    """Display names of origins and relays, and the way back from what somebody wrote."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._concepts = lexicon.concepts_by_id
        self.speakers = {one.id: one.name("en") for one in self._concepts.values() if one.category in _SPEAK}

    def __call__(self, identity: str) -> str:
        """Give the English name; what the lexicon does not know keeps its id."""
        concept = self._concepts.get(identity)
        return visible(concept.name("en")) if concept else identity


def unit_named(option: str, written: str) -> str:
    """Give the unit that is meant: its id, or its words ("rocket launchers")."""
    return one_of(option, written, {one: unit_words(one) for one in UNITS})


def event_named(option: str, written: str) -> str:
    """Give the event that is meant."""
    return one_of(option, written, {one: event_words(one) for one in EVENTS})


def one_of(option: str, written: str, known: Mapping[str, str], stored: Callable[[str], bool] | None = None) -> str:
    """Give the id among `known` that is meant by an id or a name, or one that is `stored`. Ends the command if none is."""
    wanted = written.strip().casefold()
    for identity, name in known.items():
        if wanted in {identity.casefold(), name.casefold()}:
            return identity
    if stored is None or not stored(written):
        names = dict.fromkeys([*known, *known.values()])
        refuse(option, written, f"; known are {', '.join(known)}" if len(known) <= _FEW else suggestion(written, names))
    return written


def refuse(option: str, written: str, instead: str) -> NoReturn:
    """End the command: this is no value of that option."""
    err.print(f'khasan: {option}: found "{escape(visible(written))}"{escape(instead)}')
    raise typer.Exit(USAGE)


def wanted_claims(asked: Asked, setup: Setup, archive: Archive, names: Names) -> ClaimFilter:
    """Make a filter of what was asked. Ends the command where something is unknown."""

    def stored(wanted: ClaimFilter) -> bool:
        """Whether the ledger has it, although the topic does not know it any more or never did."""
        return archive.read(count_claims, replace(wanted, statuses=tuple(Status))) > 0

    def origin(written: str) -> str:
        if written.casefold() in NOBODY:
            return ""
        return one_of("--origin", written, names.speakers, lambda one: stored(ClaimFilter(origins=(one,))))

    def relay(written: str) -> str:
        return one_of("--relay", written, names.speakers, lambda one: stored(ClaimFilter(relays=(one,))))

    def outlet(written: str) -> str:
        return one_of("--outlet", written, outlets, lambda one: stored(ClaimFilter(outlets=(one,))))

    outlets = {one.id: one.name for one in setup.outlets}
    statuses = {str(one): str(one) for one in Status}
    since, until = moment("--since", asked.since), moment("--until", asked.until, whole_day=True)
    if since is not None and until is not None and since >= until:
        refuse("--until", asked.until, f", which is before --since {asked.since}")
    return ClaimFilter(
        units=tuple(unit_named("--unit", one) for one in asked.unit),
        events=tuple(event_named("--event", one) for one in asked.event),
        origins=tuple(map(origin, asked.origin)),
        relays=tuple(relay(one) for one in asked.relay),
        outlets=tuple(outlet(one) for one in asked.outlet),
        statuses=tuple(Status(one_of("--status", one, statuses)) for one in asked.status),
        since=since,
        until=until,
        text=asked.text,
        new=asked.new,
        recap=asked.recaps,
    )


def moment(option: str, written: str, *, whole_day: bool = False) -> datetime | None:
    """Give the time that is meant by a day or by "30d" (ago); None where nothing was said.

    With `whole_day`, a day means its end.
    """
    if not written:
        return None
    try:
        ago = _AGO.fullmatch(written)
        if ago:
            return datetime.now(UTC) - timedelta(days=int(ago[1]) * (7 if ago[2] == "w" else 1))
        found = datetime.fromisoformat(written)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        day = timedelta(days=1)
        return min(found, _LAST_DAY) + day if whole_day and len(written) <= len("2026-11-23") else found
    except (ValueError, OverflowError):
        refuse(option, written, ', expected a day such as 2026-11-23, or how long ago: "30d", "8w"')


def claim_numbered(archive: Archive, number: int) -> StoredClaim:
    """Give the claim of a number, rejected or not. Ends the command if there is none."""
    found = archive.read(claim_of, number) if 0 < number <= _LAST_ID else None
    if found is None:
        err.print(f"khasan: there is no claim {number}; `khasan claims list` gives numbers")
        raise typer.Exit(FAILED)
    return found
