"""Claims as `khasan analyse` gives them: plain values, with places in the field in which they stand, as it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.layout import shift_of
from analysis.text import nfc_with_places, piece_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.claims.model import Claim, Span


@dataclass(frozen=True, slots=True)
class Field:
    """A text as it was `given` and in NFC, and where each character of the latter stands in the former."""

    name: str
    given: str
    text: str
    places: Sequence[int]

    @classmethod
    def of(cls, name: str, given: str) -> Field:
        """Make one."""
        text, places = nfc_with_places(given)
        return cls(name, given, text, places)

    def span(self, start: int, end: int) -> Span:
        """Give the place in the text as it was given."""
        return self.places[start], piece_end(self.given, self.places[end - 1])


def shown_claims(claims: Sequence[Claim], fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Give every mention of every claim, in order. `fields` are those that were read as one, those without text left out.

    `claim` counts the article's claims from 1; a `repeat` is a further mention of one.
    """
    rows = []
    for number, claim in enumerate(claims, 1):
        for mention, place in enumerate((claim.evidence, *claim.repeats)):
            field, start, end = _field(place, fields)
            sentence = _field(claim.sentence, fields)[1:] if not mention else None
            rows.append((place[0], _row(claim, number, bool(mention), field, (start, end), sentence)))
    return [row for _, row in sorted(rows, key=lambda one: one[0])]


def _field(place: Span, fields: Sequence[Field]) -> tuple[Field, int, int]:
    """Find the field in which a place of the whole lies, and the place in it."""
    start, end = place
    for field in fields:
        if not field.text:
            continue
        if start < len(field.text):
            return field, *field.span(start, min(end, len(field.text)))
        start, end = start - shift_of(field.text), end - shift_of(field.text)
    raise ValueError(f"{place} lies in none of the fields")


def _row(claim: Claim, number: int, repeat: bool, field: Field, place: Span, sentence: Span | None) -> dict[str, Any]:  # noqa: PLR0917
    row: dict[str, Any] = {
        "claim": number,
        "qty_min": claim.low,
        "qty_max": claim.high,
        "approx": claim.approx,
        "unit": claim.unit,
        "event": claim.event,
        "actor": claim.actor,
        "recipient": claim.recipient,
        "modality": claim.modality,
        "attribution": claim.origin,
        "relay": list(claim.relays),
        "said": claim.said.isoformat() if claim.said else None,
        "increment": claim.increment,
        "recap": claim.recap,
        "evidence": field.given[slice(*place)],
        "field": field.name,
        "start": place[0],
        "end": place[1],
        "repeat": repeat,
        "rules": list(claim.rules),
    }
    if sentence:
        row["sentence"] = {"text": field.given[slice(*sentence)], "start": sentence[0], "end": sentence[1]}
    return row
