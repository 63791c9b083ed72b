"""Whose figures they are, and from whom to whom: losses of other armies are none of ours, and oil flows the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.claims.events import ARMS, CARRIERS, PERSONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.claims.clauses import Clauses
    from analysis.claims.model import Span
    from analysis.claims.quantity_model import Quantity
    from analysis.cues import Cue

_NEXT = 16  # characters up to a noun that a people's name belongs to: "North Korean ballistic missiles"
_CLOSE, _TOUCHING = 2, 1  # characters
_FAR = 10  # words
_NEAR = 3  # words behind a noun in which its people is named: "soldiers of the North Korean army"
_EASTWARD = frozenset({"oil_barrels", "money_usd", "air_defense"})  # what Russia gives


def owner(
    clauses: Clauses, quantity: Quantity, masked: Sequence[Span], deed: Cue | None, *, persons: bool, noun_first: bool
) -> str:
    """Tell whose a figure's bearers are: `KP`, `RU`, `UA`, `other`, or "" where the sentence does not say.

    `masked` are stretches that name somebody who speaks: "the Ukrainian General Staff" owns no losses. Where `persons` are
    counted, "North Korean missiles" tell nothing of whose they are.
    """
    reach = _TOUCHING if noun_first else _NEXT
    things = [*clauses.of("unit"), *clauses.of("made")]
    places = [(cue.start, cue.end) for kind in ("flow", "event") for cue in clauses.of(kind)]
    sides = [
        cue
        for cue in clauses.of("side")
        if not _within(cue, masked)
        and not (cue.rule.gives != "KP" and _within(cue, places))
        and not (persons and cue.rule.gives == "KP" and _of_arms(things, cue, reach))
    ]
    if deed is not None and deed.rule.gives == "used" and quantity.unit == "missiles":
        actors = [
            cue for cue in sides if not _within(cue, places) and not _within(cue, [(quantity.start, quantity.end)])
        ]
        if _before(clauses, deed, actors) == "KP":
            return "other"  # a test, not a strike
    if own := _of_noun(clauses, quantity, sides) or _subject(clauses, deed, sides, noun_first=noun_first):
        return own
    if not persons and deed is not None and deed.rule.gives == "losses":
        return ""  # arms lost are theirs only if they are called theirs
    clause = clauses.clause(quantity.figure.start)
    here = [cue for cue in sides if clauses.clause(cue.start) == clause]
    if any(cue.rule.gives == "KP" for cue in here):
        return "KP"
    losing = deed is not None and deed.rule.gives.startswith("losses")
    theirs = next(
        (cue.rule.gives for cue in here if losing and cue.rule.gives in {"RU", "UA"} and cue.end <= quantity.start), ""
    )
    anybody = losing and may_be_anybody(clauses, quantity)
    # "Gaza's toll exceeds 62,000 while North Korea …"
    place = quantity.start, quantity.end
    named = any(
        cue.rule.gives == "KP"
        and (not losing or cue.end <= quantity.start or clauses.apart(place, (cue.start, cue.end)) <= _FAR)
        for cue in sides
    )
    return theirs or ("KP" if named and not anybody else "")


def _subject(clauses: Clauses, deed: Cue | None, sides: Sequence[Cue], *, noun_first: bool) -> str:
    """Give the people that is the subject of a deed, unless it only receives what is counted."""
    if deed is None:
        return ""
    if deed.rule.gives == "losses" and not noun_first:
        place = deed.start, deed.end
        of = next(
            (cue for cue in sides if cue.start >= deed.end and clauses.apart(place, (cue.start, cue.end)) <= 1), None
        )
        if of is not None:
            return of.rule.gives  # "losses of North Korea"
    subject = _before(clauses, deed, sides)
    return "" if deed.rule.options.get("receives") and subject in {"RU", "KP"} else subject


def _before(clauses: Clauses, deed: Cue, sides: Sequence[Cue]) -> str:
    """Give the people that is named right before a deed."""
    for cue in reversed(sides):
        if cue.end > deed.start:
            continue
        between = any(cue.end <= unit.start < deed.start for unit in clauses.of("unit"))
        close = clauses.apart((cue.start, cue.end), (deed.start, deed.end)) < _NEAR
        return cue.rule.gives if close and not between else ""
    return ""


def _of_arms(cues: Sequence[Cue], side: Cue, reach: int) -> bool:
    """Whether a people is named as the maker of arms: "North Korean missiles", "of North Korean design"."""
    for cue in cues:
        if cue.rule.kind == "made" and cue.start - side.end <= _CLOSE and side.start - cue.end <= _CLOSE:
            return True
        if cue.rule.kind != "unit" or cue.rule.gives not in ARMS:
            continue
        if cue.start <= side.start < cue.end or 0 <= cue.start - side.end <= reach or 0 <= side.start - cue.end <= 1:
            return True
    return False


def names_koreans(cues: Sequence[Cue], *, noun_first: bool) -> bool:
    """Whether a sentence, of which these are the cues, names the Korean side as people."""
    reach = _TOUCHING if noun_first else _NEXT
    return any(cue.rule.gives == "KP" and cue.rule.kind == "side" and not _of_arms(cues, cue, reach) for cue in cues)


def _of_noun(clauses: Clauses, quantity: Quantity, sides: Sequence[Cue]) -> str:
    """Give the people named in the figure's own phrase or right behind it."""
    within = [cue for cue in sides if quantity.start <= cue.start < quantity.end]
    if within:
        return "KP" if any(cue.rule.gives == "KP" for cue in within) else within[0].rule.gives
    span = quantity.start, quantity.end
    behind = [
        cue
        for cue in sides
        if cue.start >= quantity.end
        and clauses.apart(span, (cue.start, cue.end)) < _NEAR
        and "," not in clauses.whole[quantity.end : cue.start]
        and clauses.clause(cue.start) == clauses.clause(quantity.figure.start)
        and not any(quantity.end <= event.start < cue.start for event in clauses.of("event"))
        and not any(quantity.end <= figure.start < cue.start for figure in clauses.figures)
    ]
    return behind[0].rule.gives if behind else ""


def _within(cue: Cue, spans: Sequence[Span]) -> bool:
    return any(start <= cue.start and cue.end <= end for start, end in spans)


_LOSING = frozenset({"losses", "captured", "deserted", "returned", "withdrew"})


def flow(
    clauses: Clauses, quantity: Quantity, unit: str, event: str, deed: Cue | None
) -> tuple[str | None, str | None]:
    """Tell from whom to whom."""
    if event in _LOSING:
        return "KP", None
    if event == "used":
        return "RU", None
    own = clauses.clause(quantity.figure.start)
    said = {cue.rule.gives for cue in clauses.of("flow") if clauses.clause(cue.start) == own}
    said = said or {cue.rule.gives for cue in clauses.of("flow")}
    if event == "produced":
        return "KP", "RU" if "to_ru" in said else None
    eastward = bool(said & {"to_kp", "from_ru"}) or unit in _EASTWARD
    westward = bool(said & {"to_ru", "from_kp"}) or unit in PERSONS
    if unit not in PERSONS and deed is not None and deed.rule.options.get("receives"):
        taker = _taker(clauses, deed)
        eastward, westward = (taker == "KP", taker == "RU") if taker else (eastward, westward)
    tankers = unit in {"ships", "ships_voyages", "wagons"} and any(
        cue.rule.gives == "oil_barrels" for cue in clauses.of("unit")
    )
    if event == "paid" or unit == "oil_barrels" or tankers or (eastward and not westward):
        return "RU", "KP"
    return "KP", "RU"


def _taker(clauses: Clauses, deed: Cue) -> str:
    """Tell who receives: the first of the two sides that is named before the deed in its clause, other than as a giver."""
    flows = [(cue.start, cue.end) for cue in clauses.of("flow")]
    for cue in clauses.of("side"):
        same = clauses.clause(cue.start) == clauses.clause(deed.start) and cue.end <= deed.start
        if same and cue.rule.gives in {"KP", "RU"} and not _within(cue, flows):
            return cue.rule.gives
    return ""


def may_be_anybody(clauses: Clauses, quantity: Quantity) -> bool:
    """Whether the dead may be anybody's: "a missile hit a house: 13 people were killed". A bare counter (명) goes with the article."""
    if quantity.unit != "persons":
        return False
    struck = any(cue.rule.gives in {"used", "missiles"} for kind in ("event", "unit") for cue in clauses.of(kind))
    return quantity.noun is not None or struck


def names_koreans_here(clauses: Clauses, quantity: Quantity) -> bool:
    """Whether the clause of a figure names the Korean side."""
    own = clauses.clause(quantity.figure.start)
    return any(cue.rule.gives == "KP" and clauses.clause(cue.start) == own for cue in clauses.of("side"))


def called_korean(clauses: Clauses, quantity: Quantity) -> bool:
    """Whether a figure's own phrase, or the words right behind it, name the Korean side."""
    return _of_noun(clauses, quantity, clauses.of("side")) == "KP"


def homeward(clauses: Clauses) -> bool:
    """Whether a sentence tells of a way to Korea and of none from there: tourists, engineers, delegations."""
    said = {cue.rule.gives for cue in clauses.of("flow")}
    return bool(said & {"to_kp"}) and not said & {"to_ru", "from_kp"}


def elsewhere(clauses: Clauses, quantity: Quantity) -> bool:
    """Whether a figure went somewhere else: to Ukraine, to China."""
    own = clauses.clause(quantity.figure.start)
    return any(cue.rule.gives == "to_other" and clauses.clause(cue.start) == own for cue in clauses.of("flow"))


def counts(unit: str, event: str, whose: str) -> bool:
    """Whether a figure of such bearers is of our ledger."""
    if unit in CARRIERS or unit == "money_usd":
        return whose not in {"UA", "other"}
    if unit in ARMS:
        if event in {"losses", "used"}:
            return whose == "KP"
        return whose not in ({"RU", "UA", "other"} if event == "produced" else {"UA", "other"})
    return whose in {"KP", ""}


def names_others(cues: Sequence[Cue]) -> bool:
    """Whether a sentence, of which these are the cues, names another army."""
    return any(cue.rule.kind == "side" and cue.rule.gives in {"RU", "UA"} for cue in cues)
