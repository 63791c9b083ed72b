"""`khasan claims correct`, `reject` and `confirm`: what an analyst decides on a claim, written down with her name and reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from alerts.claims_view import SIDES, figure_words
from analysis.claims.model import APPROX, MODALITIES
from khasan.claims_table import changes, event_words
from khasan.commands.claims_asked import NOBODY, Names, claim_numbered, event_named, one_of, refuse, unit_named
from khasan.commands.common import FAILED, USAGE, analyst_named, err, existing_archive, out, say_json, state
from khasan.commands.queries import counted
from spiders.markup import visible
from storage.claim_decisions import ClaimValueError, NoClaimError, decide_claim
from storage.claim_model import STATUS_OF, Verdict
from storage.claim_reads import claim_of, sightings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from storage.claim_model import Figure, StoredClaim

LARGEST = 10**15
_BETWEEN = str.maketrans("", "", ",_ \xa0\u202f'’")  # what may stand between thousands
_WHY = {
    Verdict.CORRECT: "what in the text shows that it was read wrongly",
    Verdict.REJECT: "why it is no claim",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The fields that an analyst gave, as she wrote them; None for those she did not."""

    unit: str | None = None
    event: str | None = None
    actor: str | None = None
    recipient: str | None = None
    low: str | None = None
    high: str | None = None
    approx: str | None = None
    modality: str | None = None
    origin: str | None = None
    relay: Sequence[str] | None = None
    said_on: str | None = None
    increment: bool | None = None
    recap: bool | None = None


def correct(number: int, correction: Correction, *, why: str, who: str, json: bool) -> None:
    """Say what a claim should have been read as."""
    _need_reason(Verdict.CORRECT, why)
    names = Names(state.setup().analyser.lexicon)
    values = values_of(correction, names)
    if not values:
        err.print("khasan: nothing to correct: name a field, such as --low 11000 or --origin ua_gur")
        raise typer.Exit(USAGE)
    _decide(number, Verdict.CORRECT, values, names, why=why, who=who, json=json)


def reject(number: int, *, why: str, who: str, json: bool) -> None:
    """Say that there is no such claim."""
    _need_reason(Verdict.REJECT, why)
    _decide(number, Verdict.REJECT, {}, Names(state.setup().analyser.lexicon), why=why, who=who, json=json)


def confirm(number: int, *, why: str, who: str, json: bool) -> None:
    """Say that a claim is right as it is."""
    _decide(number, Verdict.CONFIRM, {}, Names(state.setup().analyser.lexicon), why=why, who=who, json=json)


def _need_reason(verdict: Verdict, why: str) -> None:
    if not why.strip():
        err.print(
            f"khasan: --why is missing. A decision is kept for good and holds wherever the sentence stands: whoever doubts it "
            f"later must know {_WHY[verdict]}"
        )
        raise typer.Exit(USAGE)


def _decide(
    number: int, verdict: Verdict, values: Mapping[str, Any], names: Names, *, why: str, who: str, json: bool
) -> None:
    """Write a decision and tell what it changed."""
    analyst, reason, now = analyst_named(who), " ".join(visible(why).split()), datetime.now(UTC)
    with existing_archive(state.config()) as archive:
        before = claim_numbered(archive, number)
        figures = [one.figure for one in archive.read(sightings_of, number)]
        given = completed(values, before.figure)
        if verdict is Verdict.CORRECT and all(replace(one, **given) == one for one in figures):
            err.print(f"khasan: claim {number} is so already; `khasan claims confirm {number}` says that it is right")
            raise typer.Exit(USAGE)
        try:
            left = archive.write(decide_claim, number, verdict, who=analyst, why=reason, at=now, changes=given or None)
        except ClaimValueError as error:
            err.print(f"khasan: claim {number}: {escape(str(error))}")
            raise typer.Exit(USAGE) from None
        except NoClaimError:
            err.print(f"khasan: claim {number} is gone: the articles were read again meanwhile")
            raise typer.Exit(FAILED) from None
        after = [one for one in (archive.read(claim_of, claim) for claim in left) if one is not None]
    if json:
        say_json(
            {
                "claim": number,
                "verdict": verdict,
                "who": analyst,
                "why": reason,
                "at": now,
                "before": before.figure.plain(),
                "after": [{"claim": one.id, "figure": one.figure.plain(), "status": one.status} for one in after],
                "sightings": len(figures),
            }
        )
        return
    _say(before, after, verdict, analyst, len(figures), names)


def _say(  # noqa: PLR0917
    before: StoredClaim, after: Sequence[StoredClaim], verdict: Verdict, analyst: str, sightings: int, names: Names
) -> None:
    done = f"{STATUS_OF[verdict]} by {escape(analyst)}"
    out.print(
        f"Claim {before.id} ({escape(figure_words(before.figure))} {event_words(before.figure.event)}) {done}: "
        f"{counted(sightings, 'sighting')}."
    )
    for one in after:
        if one.id != before.id:
            out.print(f"What was claim {before.id} is part of claim {one.id} now.")
        for label, old, new in changes(before.figure, one.figure, names):
            out.print(f"  {label}: {escape(old)} → {escape(new)}")


def values_of(given: Correction, names: Names) -> dict[str, Any]:
    """Check each field that was given, and give it as a figure has it."""
    readers: dict[str, Callable[[Any], Any]] = {
        "unit": lambda one: unit_named("--unit", one),
        "event": lambda one: event_named("--event", one),
        "actor": lambda one: _or_nobody("--actor", one, SIDES),
        "recipient": lambda one: _or_nobody("--recipient", one, SIDES),
        "low": lambda one: _number("--low", one),
        "high": lambda one: _number("--high", one),
        "approx": lambda one: one_of("--approx", one, _words(APPROX)),
        "modality": lambda one: one_of("--modality", one, _words(MODALITIES)),
        "origin": lambda one: _or_nobody("--origin", one, names.speakers),
        "relay": lambda many: _relays(many, names),
        "said_on": _day,
        "increment": bool,
        "recap": bool,
    }
    fields = {"relay": "relays"}
    asked = {name: getattr(given, name) for name in readers}
    values = {fields.get(name, name): readers[name](one) for name, one in asked.items() if one is not None}
    if values.get("low", 0) > values.get("high", LARGEST):
        refuse("--low", str(given.low), f", which is more than --high {given.high}")
    return values


def _words(known: Sequence[str]) -> dict[str, str]:
    return {one: one.replace("_", " ") for one in known}


def _or_nobody(option: str, written: str, known: Mapping[str, str]) -> str | None:
    return None if written.strip().casefold() in NOBODY else one_of(option, written, known)


def _relays(written: Sequence[str], names: Names) -> tuple[str, ...]:
    """Read media, from the publisher inwards; "nobody" alone is none."""
    if len(written) == 1 and written[0].strip().casefold() in NOBODY:
        return ()
    return tuple(dict.fromkeys(one_of("--relay", one, names.speakers) for one in written))


def _number(option: str, written: str) -> int:
    """Read a number as people write it: "11,000", "11 000"."""
    digits = written.translate(_BETWEEN)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(LARGEST)) or int(digits) > LARGEST:
        refuse(option, written, f", expected a whole number up to {LARGEST:,}, such as 11,000")
    return int(digits)


def _day(written: str) -> date | None:
    if written.strip().casefold() in NOBODY:
        return None
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        refuse("--said-on", written, ', expected a day such as 2026-11-23, or "none"')


def completed(values: Mapping[str, Any], figure: Figure) -> dict[str, Any]:
    """Add what follows from the values given: the other end of a figure that is no range, and whether it is one now."""
    given = dict(values)
    if figure.low == figure.high and len(given.keys() & {"low", "high"}) == 1:
        given["low"] = given["high"] = given.get("low", given.get("high"))
    after = replace(figure, **given)
    if given.keys() & {"low", "high"} and "approx" not in given:
        if after.low < after.high:
            given["approx"] = after.approx if after.approx == "about" else "range"
        elif after.approx == "range":
            given["approx"] = "exact"
    return given
