"""Claims of the ledger as lines of a table and as JSON. Pure: values in, text and plain values out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from alerts.claims_view import EVENTS, MODALITIES, SIDES, UNITS
from storage.claim_model import CORRECTABLE, STATUS_OF, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.claim_model import ClaimDecision, ClaimSighting, Figure, StoredClaim

COLUMNS = ("id", "first seen", "figure", "what", "who", "seen")
NOBODY = "nobody named"
_SIGNS = {"about": "≈", "more_than": ">", "at_least": "≥", "up_to": "≤", "nearly": "nearly "}
_MILLION = 1_000_000
_LONG = 10 * _MILLION  # from here on round numbers are words
_LABELS = {"said_on": "said on", "approx": "how exact", "modality": "how firm"}


def number(value: int, words_from: int = _LONG) -> str:
    """A number with its thousands in groups; large round ones as "25 million"."""
    for size, word in ((1000 * _MILLION, "billion"), (_MILLION, "million")):
        if value >= max(size, words_from) and value % (size // 100) == 0:
            whole, part = divmod(value * 100 // size, 100)
            return f"{whole:,}{f'.{part:02}'.rstrip('0') if part else ''} {word}"
    return f"{value:,}"


def short_number(value: int) -> str:
    """The same in few letters: "25,000", "1.5M"."""
    for size, letter in ((1000 * _MILLION, "B"), (_MILLION, "M")):
        if value >= size and value % (size // 1000) == 0:
            whole, part = divmod(value * 1000 // size, 1000)
            return f"{whole:,}{f'.{part:03}'.rstrip('0') if part else ''}{letter}"
    return f"{value:,}"


def amount(figure: Figure, *, short: bool = False) -> str:
    """A figure in signs, as a column of a table wants it: "≈11,000", ">10,000", "10,000–12,000", "+3,000"."""
    money = "$" if figure.unit == "money_usd" else ""
    before = ("+" if figure.increment else "") + _SIGNS.get(figure.approx, "") + money
    low, high = (short_number(one) if short else number(one) for one in (figure.low, figure.high))
    if figure.low == figure.high:
        return before + low
    if high[-1].isalpha():
        low = low if short else number(figure.low, _MILLION)
        unit = low.lstrip("0123456789.,")
        low = low.removesuffix(unit) if unit and high.endswith(unit) else low  # 10–12 million
    return f"{before}{low}–{high}"


def unit_words(unit: str) -> str:
    """What is counted: "rocket launchers"."""
    return "money" if unit == "money_usd" else UNITS.get(unit, (unit, unit))[1]


def event_words(event: str) -> str:
    """What is done with it: "withdrawn"."""
    return EVENTS.get(event, event)


def what(figure: Figure) -> str:
    """What is counted, what was done with it, from whom to whom: "troops sent KP→RU", "casualties (losses) KP"."""
    sides = "→".join(filter(None, (figure.actor, figure.recipient)))
    return f"{kind(figure)} {sides}".rstrip()


def kind(figure: Figure) -> str:
    """What is counted and what was done with it: "troops sent", "casualties (losses)"."""
    event = "(losses)" if figure.event == "losses" else event_words(figure.event)
    return f"{unit_words(figure.unit)} {event}"


def sides_in_full(figure: Figure) -> str:
    """From whom to whom: "North Korea → Russia"."""
    return " → ".join(SIDES.get(side, side) for side in (figure.actor, figure.recipient) if side)


def remarks(figure: Figure, status: Status) -> str:
    """What else must be known of a figure at a glance: "expected, corrected"."""
    decided = "" if status is Status.READ else str(status)
    words = (MODALITIES.get(figure.modality, figure.modality), "recap" if figure.recap else "", decided)
    return ", ".join(filter(None, words))


def who(figure: Figure, names: Callable[[str], str]) -> str:
    """On whose word, and through whom: "NIS, via Yonhap"."""
    origin = names(figure.origin) if figure.origin else NOBODY
    return ", ".join((origin, *(f"via {names(relay)}" for relay in figure.relays)))


def row(claim: StoredClaim, names: Callable[[str], str]) -> tuple[object, ...]:
    """A claim's line of the table of `COLUMNS`."""
    figure, said = claim.figure, remarks(claim.figure, claim.status)
    outlets = len(claim.outlets)
    return (
        claim.id,
        f"{claim.first_at:%Y-%m-%d}",
        amount(figure),
        what(figure) + (f"\n{said}" if said else ""),
        who(figure, names),
        f"{claim.articles} in {outlets}" if claim.articles > 1 else "once",
    )


def line(sighting: ClaimSighting) -> str:
    """A claim of an article in a line: "18  ≈11,000 troops sent KP→RU, kr_mnd, via yonhap; new"."""
    figure = sighting.figure
    said = ", ".join(filter(None, ("new" if sighting.new else "", remarks(figure, sighting.status))))
    told = f"{sighting.claim}  {amount(figure)} {what(figure)}, {who(figure, str)}"
    return f"{told}; {said}" if said else told


def plain_claim(claim: StoredClaim) -> dict[str, Any]:
    """A claim as JSON has it: its figure's fields beside its own."""
    own = {one.name: getattr(claim, one.name) for one in fields(claim)}
    figure = own.pop("figure")
    return {"id": own.pop("id"), **figure.plain(), **own, "outlets": list(claim.outlets)}


def plain_sighting(sighting: ClaimSighting) -> dict[str, Any]:
    """A sighting as JSON has it; places count characters of the field that is named."""
    own = {one.name: getattr(sighting, one.name) for one in fields(sighting)}
    place = own.pop("place")
    own |= {one.name: getattr(place, one.name) for one in fields(place)}
    return own | {"figure": sighting.figure.plain(), "read": sighting.read.plain()}


def plain_decision(decision: ClaimDecision) -> dict[str, Any]:
    """A decision as JSON has it."""
    own = {one.name: getattr(decision, one.name) for one in fields(decision)}
    return own | {
        "read": decision.read.plain(),
        "figure": decision.figure.plain(),
        "changed": list(decision.changed),
    }


def changes(before: Figure, after: Figure, names: Callable[[str], str]) -> Iterator[tuple[str, str, str]]:
    """Each field in which two figures differ: its name, its value before and after, in words."""
    if (before.low, before.high) != (after.low, after.high):
        yield "figure", exactly(before), exactly(after)
    for name in CORRECTABLE:
        old, new = getattr(before, name), getattr(after, name)
        if old != new and name not in {"low", "high"}:
            yield _LABELS.get(name, name), _value(name, old, names), _value(name, new, names)


def exactly(figure: Figure) -> str:
    """A figure to the last digit: "11,000", "5,000–7,000"."""
    return f"{figure.low:,}" if figure.low == figure.high else f"{figure.low:,}–{figure.high:,}"


def decided(decision: ClaimDecision, names: Callable[[str], str]) -> tuple[str, ...]:
    """What an analyst decided, a line each: "corrected", "lowest 12,000 → 11,000"."""
    lines = [f"{label} {old} → {new}" for label, old, new in changes(decision.read, decision.figure, names)]
    return (str(STATUS_OF[decision.verdict]), *(lines if decision.changed else ()))


def _value(name: str, value: Any, names: Callable[[str], str]) -> str:  # noqa: PLR0911 - a line for each kind of field
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "relays":
        return ", ".join(map(names, value)) or "nobody"
    if value is None:
        return "not told" if name == "said_on" else "nobody"
    if name == "origin":
        return names(value)
    if name == "unit":
        return unit_words(value)
    if name == "event":
        return event_words(value)
    return SIDES.get(value, str(value).replace("_", " "))
