"""A claim drafted from what was found of a figure: how firmly, from whom to whom, on top of what; on whose word comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.claims.events import modality
from analysis.claims.model import Claim
from analysis.claims.sides import flow

if TYPE_CHECKING:
    from analysis.claims.clauses import Clauses
    from analysis.claims.quantity_model import Quantity
    from analysis.claims.settle import Settled
    from analysis.cues import Cue

_LARGEST = 10**13
_RATE = 4  # words


def draft(clauses: Clauses, quantity: Quantity, found: Settled, inherited: str, *, noun_first: bool) -> Claim:
    """Draft the claim of a figure. `inherited` is the modality of the figure before it in the sentence."""
    cue, figure, event = found.by.cue if found.by else None, quantity.figure, found.event
    firmly, rule = modality(clauses, quantity, cue, noun_first=noun_first)
    if cue is None and firmly == "fact":
        firmly = inherited
    elif cue is not None and firmly == "expected" and event == "deployed" and cue.rule.options.get("weak"):
        event = "sent"  # "are expected in Russia"
    actor, recipient = flow(clauses, quantity, found.unit, event, cue)
    own = clauses.clause(figure.start)
    recap = next((one for one in clauses.of("recap") if abs(clauses.clause(one.start) - own) <= 1), None)
    more = next((one for one in clauses.of("increment") if _belongs(clauses, one, quantity)), None)
    told = (one.rule.id for one in (cue, recap, more) if one)
    return Claim(
        low=int(figure.low),
        high=int(figure.high),
        approx=figure.approx,
        unit=found.unit,
        event=event,
        actor=actor,
        recipient=recipient,
        modality=firmly,
        origin=None,
        relays=(),
        evidence=(quantity.start, quantity.end),
        sentence=(clauses.start, clauses.end),
        increment=more is not None,
        recap=recap is not None,
        rules=tuple(filter(None, (*quantity.rules, *told, rule))),
    )


def _belongs(clauses: Clauses, cue: Cue, quantity: Quantity) -> bool:
    """Whether a word such as "more" belongs to a figure: within its phrase, or right beside the number."""
    if quantity.start <= cue.start and cue.end <= quantity.end:
        return True
    first, last = sorted([(quantity.figure.start, quantity.figure.end), (cue.start, cue.end)])
    between = clauses.whole[first[1] : last[0]]
    return len(between.split()) <= 1 and not any(mark in between for mark in ",;:")


def sensible(clauses: Clauses, quantity: Quantity, event: str) -> bool:
    """Whether a figure can be a claim at all: whole, not absurd, and no rate but of production."""
    figure = quantity.figure
    if figure.low != int(figure.low) or figure.high != int(figure.high) or not 0 < figure.high <= _LARGEST:
        return False
    return event == "produced" or not any(_rates(clauses, cue, quantity) for cue in clauses.of("rate"))


def _rates(clauses: Clauses, cue: Cue, quantity: Quantity) -> bool:
    """Whether "a month" and the like belong to a figure: near it, and to none nearer."""
    place, figure = (cue.start, cue.end), quantity.figure
    if figure.start <= cue.start < figure.end:
        return False
    distance = clauses.apart(place, (figure.start, figure.end))
    near = cue.rule.options.get("near")
    near = near if isinstance(near, int) else _RATE
    return (
        clauses.clause(cue.start) == clauses.clause(figure.start)
        and distance <= near
        and all(clauses.apart(place, (one.start, one.end)) >= distance for one in clauses.figures)
    )
