"""What a figure counts and what happened to it, settled between its noun, its verb and what the figure before was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from analysis.claims.events import ARMS, BEARERS, CARRIERS, FORMATIONS, GOING, HARMED, HURT, OF_ITSELF, PEOPLE, PERSONS

if TYPE_CHECKING:
    from analysis.claims.clauses import Clauses
    from analysis.claims.events import Happened
    from analysis.claims.quantity_model import Quantity

_SMALL, _MENTION, _THOUSAND = 10, 100, 1000
_NEAR, _BESIDE = 8, 3  # words
_FAMILIES = (PERSONS | FORMATIONS, HARMED, ARMS | CARRIERS)
_ANY = frozenset[str]().union(*BEARERS.values())


@dataclass(frozen=True, slots=True)
class Past:
    """What the last figure was, for what the next leaves out. `unit` is "" where it was none of ours."""

    unit: str = ""
    event: str = ""
    whose: str = ""
    ours: bool = True
    sentence: int = -99
    high: float = 0
    modality: str = "fact"
    strange: int = -99  # the sentence of the last figure that counted something strange


class Settled(NamedTuple):
    """A unit and an event, either "" if it is not known, and by what the event was told; None if the past tells it."""

    unit: str
    event: str
    by: Happened | None


def too_small(quantity: Quantity, past: Past, number: int) -> bool:
    """Whether a figure without a noun is too small to trust: "one", or "four" that stands for four thousand."""
    high = quantity.figure.high
    if high < _SMALL and number == past.sentence and past.high >= _THOUSAND:
        return True
    if high == 1:
        return past.unit not in FORMATIONS
    return high < _MENTION and number != past.sentence and not quantity.subset


def counted(clauses: Clauses, quantity: Quantity, past: Past) -> str:
    """Tell what is counted where the figure's own noun does not: by a noun before it in its sentence, else by the past."""
    if quantity.unit and not quantity.generic:
        return quantity.unit
    family = _family(quantity, clauses)
    if not quantity.subset:
        before = [cue for cue in clauses.of("unit") if cue.end <= quantity.start and cue.rule.gives in family]
        own = [cue for cue in before if clauses.clause(cue.start) == clauses.clause(quantity.figure.start)]
        reach = _NEAR if quantity.generic else _BESIDE  # "losses – 4,700"
        near = [cue for cue in before if clauses.apart(cue[:2], (quantity.start, quantity.end)) <= reach]
        if own or near:
            return (own or near)[-1].rule.gives
    return past.unit if past.unit in family else quantity.unit or ""


def _family(quantity: Quantity, clauses: Clauses) -> frozenset[str]:
    """The units a noun left out, or one as general as "people", may stand for."""
    if quantity.unit == "persons":
        named = any(quantity.start <= cue.start < quantity.end for cue in clauses.of("side"))
        return PERSONS if named else PEOPLE
    return ARMS | CARRIERS if quantity.unit == "things" else _ANY


def settled(
    clauses: Clauses, quantity: Quantity, unit: str, by: Happened | None, past: Past, *, same_sentence: bool
) -> Settled:
    """Let noun and verb settle unit and event between them; what neither tells is the past figure's."""
    event = by.event if by else OF_ITSELF.get(unit, "")
    if unit in HURT and event in GOING and (quantity.noun is None or quantity.generic):
        unit = "troops"  # "half of the 11,000 who were deployed"
    if by and by.harm and (unit in PERSONS | {""} or (unit in HARMED and quantity.noun is None)):
        unit = by.harm
    if unit in HARMED:
        unit = {"captured": "pow", "deserted": "deserters"}.get(event, unit)
        event = event if event in {"captured", "deserted", "returned"} else "losses"
    silent = past.ours and unit in ARMS | CARRIERS and not clauses.of("event")  # "mortar rounds alone come to 220,000"
    may_inherit = quantity.unit == "" or same_sentence or silent
    if not event and may_inherit and past.unit and (unit in {past.unit, ""} or _same_family(unit, past.unit)):
        unit, event = unit or past.unit, past.event
    return Settled(_person(clauses, unit, event) if unit in PERSONS else unit, event, by)


def _person(clauses: Clauses, unit: str, event: str) -> str:
    """Tell what people are by what happened to them: who was captured is a prisoner."""
    if event in {"captured", "deserted"}:
        return "pow" if event == "captured" else "deserters"
    if event == "losses":
        return unit if unit in {"officers", "generals"} else "casualties"
    if unit != "persons" or event not in GOING | {"returned"}:
        return unit
    bearers = (str(cue.rule.options["bearer"]) for cue in clauses.of("event") if "bearer" in cue.rule.options)
    return next(bearers, "troops")


def _same_family(one: str, other: str) -> bool:
    return any(one in family and other in family for family in _FAMILIES)
