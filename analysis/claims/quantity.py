"""What each figure of a sentence counts: the noun that goes with it, before or behind.

A figure without a noun of its own is either elliptic ("4,000 have been lost", "600 of them": `unit` is "" and the context tells) or
counts what is none of ours ("14 dormitory blocks") and is left alone.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from analysis.claims.clauses import WORD
from analysis.claims.noun_behind import NounsBehind
from analysis.claims.noun_first import noun_before
from analysis.claims.quantity_model import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.claims.clauses import Clauses
    from analysis.claims.grammar import Tongue

_PART_WORDS = 3
_TEN, _HUNDRED = 10, 100


def quantities(clauses: Clauses, tongue: Tongue) -> list[Quantity]:
    """Give the figures of a sentence that may count, each with its noun."""
    taken: set[tuple[int, int]] = set()
    found: list[Quantity] = []
    nouns = NounsBehind(clauses, tongue)
    for figure in clauses.figures:
        if figure.kind == "money":
            if figure.currency == "usd" and not figure.fraction:
                found.append(Quantity(figure, figure.start, figure.end, "money_usd", None, ()))
        elif figure.kind in {"count", "vague"} and not figure.fraction:
            one = noun_before(clauses, figure, taken) if tongue.noun_first else nouns.seek(figure, taken)
            if one.noun:
                taken.add(one.noun)
            found.append(one)
    return _parted(clauses, found, tongue)


def _parted(clauses: Clauses, found: Sequence[Quantity], tongue: Tongue) -> list[Quantity]:
    """Let a figure that is part of the next count what that counts: "1,900 of the 5,000 builders"."""
    parted = [replace(one, whole=True) if _opens_with_part(clauses, one, tongue) else one for one in found]
    for at, (one, following) in enumerate(pairwise(found)):
        if not _is_part(clauses, one, following, tongue):
            continue
        if following.figure.high <= _TEN or following.figure.high == _HUNDRED:
            parted[at] = replace(one, unit=None)  # "four of ten"
            continue
        parted[at + 1] = replace(parted[at + 1], whole=True)
        if not one.unit and following.unit:
            parted[at] = replace(one, unit=following.unit, generic=following.generic, rules=following.rules)
    return parted


def _opens_with_part(clauses: Clauses, one: Quantity, tongue: Tongue) -> bool:
    """Whether a clause begins with "of the 11,000": what follows is told of a part."""
    begins = max((mark for mark in (clauses.start, *clauses.breaks) if mark <= one.start), default=clauses.start)
    words = WORD.findall(clauses.whole[begins : one.start].lower())
    return bool(words) and words[0] in tongue.parts and words[1:] in ([], ["the"])


def _is_part(clauses: Clauses, one: Quantity, following: Quantity, tongue: Tongue) -> bool:
    """Whether no more than "of the" stands between two figures."""
    between = clauses.whole[one.end : following.figure.start]
    words = WORD.findall(between.lower())
    if not words or len(words) > _PART_WORDS or words[0] not in tongue.parts or "," in between:
        return False
    return not any(one.end <= cue.start < following.figure.start for cue in clauses.of("subset"))
