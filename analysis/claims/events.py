"""What a figure's bearers did or suffered, and how firmly it is said: by cues in the figure's clause, else near it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analysis.claims.grammar import HARM, NOTHING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from analysis.claims.clauses import Clauses
    from analysis.claims.quantity_model import Quantity
    from analysis.cues import Cue

PERSONS = frozenset({"troops", "officers", "generals", "sappers", "builders", "workers", "persons"})
FORMATIONS = frozenset({"brigades", "battalions"})
HARMED = frozenset(HARM)
HURT = HARMED | {"pow", "deserters"}
GOING = frozenset({"sent", "deployed", "trained", "withdrew"})
ARMS = frozenset({"artillery", "mlrs", "shells", "missiles", "air_defense", "vehicles", "things"})
CARRIERS = frozenset({"containers", "wagons", "ships", "ships_voyages", "oil_barrels"})
_BODIES = PERSONS | FORMATIONS
_BESIDE, _LEADS, _TRAILS = 3, 8, 8  # words
_FATES = frozenset({"captured", "deserted"})
PEOPLE = PERSONS | HURT

BEARERS = {
    "sent": _BODIES | ARMS | CARRIERS,
    "deployed": _BODIES | ARMS,
    "losses": _BODIES | HARMED | ARMS,
    "captured": PERSONS | {"pow", "wounded"},
    "deserted": PERSONS | {"deserters"},
    "returned": _BODIES | HARMED | {"pow"},
    "withdrew": _BODIES,
    "produced": ARMS,
    "trained": _BODIES,
    "used": ARMS,
    "paid": frozenset({"money_usd"}),
    NOTHING: frozenset(),
}
"""Event → the units that can bear it."""

OF_ITSELF = {
    **dict.fromkeys(HARM, "losses"),
    "pow": "captured",
    "deserters": "deserted",
    "ships_voyages": "sent",
    "containers": "sent",
    "wagons": "sent",
}
"""Units that tell their event by themselves."""

_FARTHEST = 30  # cost beyond which a cue has nothing to do with a figure
_BREAK, _WEAK, _BEFORE_NOUN_FIRST, _BETWEEN, _WITHIN_PHRASE, _COMMA, _TELLING = 12, 6, 8, 3, 8, 3, 1


class Happened(NamedTuple):
    """An event and the cue that told it. `harm` is the unit that the verb tells ("were killed"), or ""."""

    event: str
    cue: Cue
    harm: str
    cost: int


def happened(
    clauses: Clauses, quantity: Quantity, unit: str, nouns: AbstractSet[tuple[int, int]], *, noun_first: bool
) -> Happened | None:
    """Choose the event of a figure: the nearest cue that fits its unit, clauses and other figures between counting as distance.

    `nouns` are those of the sentence's figures: what is another's noun is not this one's event ("11,000 soldiers, 600 dead").
    """
    best: Happened | None = None
    for cue in clauses.of("event"):
        event, _, harm = cue.rule.gives.partition(":")
        another = (cue.start, cue.end) in nouns and (cue.start, cue.end) != quantity.noun
        if another or not _fits(clauses, quantity, unit, cue):
            continue
        cost = _cost(clauses, quantity, cue, noun_first=noun_first) - (_TELLING if harm else 0)
        if cost <= _FARTHEST and (best is None or cost < best.cost):
            best = Happened(event, cue, harm, cost)
    return best


def _fits(clauses: Clauses, quantity: Quantity, unit: str, cue: Cue) -> bool:
    """Whether what a figure counts can bear an event."""
    event, _, harm = cue.rule.gives.partition(":")
    if event == NOTHING:
        return True
    if event == "paid" or unit == "money_usd":
        return event == "paid" and unit == "money_usd"
    if quantity.whole and (event == "losses" or (event not in _FATES and cue.end <= quantity.start)):
        return False  # "4,000 of the 11,000 soldiers were killed"
    if not unit or unit in BEARERS[event] or (harm and unit in BEARERS["losses"] and unit not in ARMS | CARRIERS):
        return True
    return quantity.noun is None and unit in PEOPLE and _fate_told(clauses, quantity, cue)


def _fate_told(clauses: Clauses, quantity: Quantity, cue: Cue) -> bool:
    """Whether an event tells of people who were left unnamed that they are not those of the figure before."""
    event, place = cue.rule.gives.partition(":")[0], (quantity.start, quantity.end)
    if event in _FATES:
        return quantity.unit == ""  # "losses of 4,700, two are prisoners"
    beside = cue.start >= quantity.end and clauses.apart(place, (cue.start, cue.end)) <= _BESIDE
    same = clauses.clause(cue.start) == clauses.clause(quantity.figure.start)
    moved = event in GOING | {"returned"} and not cue.rule.options.get("weak")
    return moved and beside and same  # "half of the 11,000 who were sent"


def _cost(clauses: Clauses, quantity: Quantity, cue: Cue, *, noun_first: bool) -> int:
    place, there = (quantity.start, quantity.end), (cue.start, cue.end)
    cost = clauses.apart(place, there)
    cost += _BREAK * abs(clauses.clause(cue.start) - clauses.clause(quantity.figure.start))
    low, high = (quantity.end, cue.start) if cue.start >= quantity.end else (cue.end, quantity.start)
    cost += _BETWEEN * sum(low <= figure.start < high and figure.kind == "count" for figure in clauses.figures)
    if cue.rule.options.get("weak"):
        cost += _WEAK
    if high > low:
        cost += _COMMA * clauses.whole.count(", ", low, high)
    if quantity.figure.end <= cue.start and cue.end <= quantity.end:
        cost += _WITHIN_PHRASE  # "two wounded soldiers were captured"
    if noun_first and cue.end <= quantity.start and not cue.rule.options.get("before"):
        cost += _BEFORE_NOUN_FIRST
    return cost


def modality(clauses: Clauses, quantity: Quantity, cue: Cue | None, *, noun_first: bool) -> tuple[str, str]:
    """Tell how firmly a figure is said, with the rule that told: a cue in the clause of the figure or of its event, the nearest."""
    anchor = (cue.start, cue.end) if cue else (quantity.start, quantity.end)
    own = {clauses.clause(anchor[0]), clauses.clause(quantity.figure.start)}
    far: Cue | None = None
    best: tuple[int, Cue] | None = None
    for one in clauses.of("modality"):
        options, place = one.rule.options, (one.start, one.end)
        if "reach" in options:
            denial = one.rule.gives == "denied" and clauses.clause(one.start) in own
            everywhere = noun_first and options["reach"] == "sentence"
            onward = one.start < (quantity.start if noun_first else anchor[0])
            if (everywhere or onward or denial) and ";" not in clauses.whole[one.end : anchor[0]]:
                far = one
            continue
        near = options.get("near")
        if isinstance(near, int) and not (one.end <= anchor[0] and clauses.apart(place, anchor) <= near):
            continue
        if clauses.clause(one.start) not in own or (not noun_first and _another_between(clauses, one, anchor, cue)):
            continue
        distance = clauses.apart(place, anchor)
        trails = not noun_first and one.start >= anchor[1]
        if (cue is None and distance > _LEADS) or (trails and distance > _TRAILS):
            continue  # "… were received, with more expected"
        if best is None or distance < best[0]:
            best = distance, one
    chosen = _governing(clauses, far, best[1] if best else None, anchor, noun_first=noun_first)
    if cue and quantity.start <= cue.start < quantity.end and chosen is not far:
        chosen = None  # "the two captured soldiers would …" have been captured
    return (chosen.rule.gives, chosen.rule.id) if chosen else ("fact", "")


def _governing(
    clauses: Clauses, far: Cue | None, near: Cue | None, anchor: tuple[int, int], *, noun_first: bool
) -> Cue | None:
    """Choose between a cue that governs the sentence and one in the clause: the latter if it begins a clause of its own.

    "He denied that 400 are fighting, but 20 may be there." A condition also governs what would follow from it.
    """
    if far is None or near is None:
        return near or far
    own = clauses.clause(near.start) != clauses.clause(far.start) and far.end <= near.start <= anchor[0]
    takes_back = own and not noun_first and far.rule.gives == "denied" and near.rule.gives in {"possible", "fact"}
    return near if takes_back else far


def _another_between(clauses: Clauses, one: Cue, anchor: tuple[int, int], cue: Cue | None) -> bool:
    """Whether a modality belongs to another deed that stands between: "sent 200 and may send more"."""
    low, high = (one.end, anchor[0]) if one.end <= anchor[0] else (anchor[1], one.start)
    return any(
        low <= other.start < high
        and other is not cue
        and not other.rule.options.get("weak")
        and not other.rule.gives.startswith("losses")
        for other in clauses.of("event")
    )
