"""What each figure of a sentence counts: the noun that goes with it, before or behind.

A figure without a noun of its own is either elliptic ("4,000 have been lost", "600 of them": `unit` is "" and the context tells) or
counts what is none of ours ("14 dormitory blocks") and is left alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from analysis.claims.noun_behind import NounsBehind
from analysis.claims.noun_first import noun_before
from analysis.claims.quantity_model import Quantity

if TYPE_CHECKING:
    from analysis.claims.clauses import Clauses
    from analysis.claims.grammar import Tongue

_WORD = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
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
    return [_as_part(clauses, one, following, tongue) for one, following in zip_longest(found, found[1:])]


def _as_part(clauses: Clauses, one: Quantity, following: Quantity | None, tongue: Tongue) -> Quantity:
    """Let a figure that is part of the next count what that counts: "1,900 of the 5,000 builders"."""
    if one.unit or following is None or not following.unit:
        return one
    between = _WORD.findall(clauses.whole[one.figure.end : following.figure.start].lower())
    if between and len(between) <= _PART_WORDS and between[0] in tongue.parts:
        if following.figure.high <= _TEN or following.figure.high == _HUNDRED:
            return replace(one, unit=None)  # "four of ten"
        return replace(one, unit=following.unit, generic=following.generic, rules=following.rules)
    return one
