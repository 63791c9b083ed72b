"""Mentions of one claim in an article brought together: the first stands for all, and a headline says what its body says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.claims.events import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from analysis.claims.model import Claim, Span


def joined(mentions: Sequence[Claim], headings: AbstractSet[Span]) -> tuple[Claim, ...]:
    """Join the mentions of an article, in order. `headings` are the sentences that are headlines."""
    found: list[Claim] = []
    body = [one for one in mentions if one.sentence not in headings]
    for one in mentions:
        told = _told(one, body) if one.sentence in headings else one
        if told is None:
            continue
        one = told  # noqa: PLW2901
        at = next((place for place, known in enumerate(found) if _same(known, one)), None)
        if at is None:
            found.append(one)
        else:
            known = found[at]
            found[at] = replace(known, repeats=(*known.repeats, one.evidence), said=known.said or one.said)
    return tuple(found)


def _told(headline: Claim, body: Sequence[Claim]) -> Claim | None:
    """Give a headline's claim what the body tells of the same figure: headlines are short of words. None without an event."""
    same = [one for one in body if (one.low, one.high) == (headline.low, headline.high)]
    best = next((one for one in same if one.unit == headline.unit and one.event == headline.event), None)
    best = best or next((one for one in same if one.unit == headline.unit or {one.unit, headline.unit} <= PEOPLE), None)
    if best is None:
        return headline if headline.event else None
    approx = headline.approx if headline.approx != "exact" else best.approx
    return replace(best, evidence=headline.evidence, sentence=headline.sentence, approx=approx)


def _same(one: Claim, other: Claim) -> bool:
    """Whether two mentions are one claim."""
    return (
        (one.low, one.high, one.unit, one.event, one.actor)
        == (
            other.low,
            other.high,
            other.unit,
            other.event,
            other.actor,
        )
        and (one.origin == other.origin or None in {one.origin, other.origin})
        and (one.modality == "denied") == (other.modality == "denied")
    )
