"""The part of a query that is about a figure an article gives: how many of what, how firmly, on whose word.

All that one `Claimed` asks for must be true of one claim. Its conditions are traits (a unit, an event, who says it) and
amounts, joined by AND, OR and NOT. Like all parts it prints canonically, tells whether it is true, and notes where.

A claim's figure is a stretch of numbers, from `low` to `high`; an amount is true of it if they have a number in common:
"5,000 to 7,000" is more than 6,000, for it may be, and less than 6,000, too. "More than 6,000" lies just above that figure,
"nearly 6,000" just below.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from analysis.claims.model import EVENTS, MODALITIES, UNITS
from analysis.document import DocumentClaim
from analysis.layout import shift_of
from storage.claim_model import NEWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.claims.model import Claim
    from analysis.document import Document
    from analysis.nodes import Evidence
    from storage.claim_model import Figure, Place

FLAGS = ("new", "recap", "increment")
SPEAKERS = ("origin", "relay")  # traits that are written with their field
ANY = ("any", "any")
WORDS = {
    "any": "any",
    **dict.fromkeys(UNITS, "unit"),
    **dict.fromkeys(EVENTS, "event"),
    **dict.fromkeys(MODALITIES, "modality"),
    **dict.fromkeys(FLAGS, "flag"),
}
"""What may stand in claim:( ), and what kind of trait each word is."""


class Trait(NamedTuple):
    """Something a claim has or has not: a word of `WORDS`, or who says it (origin) or passes it on (relay)."""

    kind: str
    value: str

    def meets(self, claim: DocumentClaim) -> bool:
        """Whether the claim has it."""
        return self in claim.traits

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.kind in SPEAKERS else self.value


@dataclass(frozen=True, slots=True)
class Amount:
    """Whole numbers from `low` to `high`, both counted in, None where there is no bound."""

    low: int | None
    high: int | None

    def meets(self, claim: DocumentClaim) -> bool:
        """Whether the claim's figure may be one of them."""
        low, high = claim.stretch
        return (self.low is None or high >= self.low) and (self.high is None or low <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            last = self.high or 0
            return f"<{last + 1}" if last % 10 == 9 else f"<={last}"  # noqa: PLR2004 - as it was probably written
        if self.high is None:
            return f">{self.low - 1}" if self.low % 10 == 1 else f">={self.low}"
        return str(self.low) if self.low == self.high else f"[{self.low} TO {self.high}]"


@dataclass(frozen=True, slots=True)
class Both:
    """Every condition is true of the claim."""

    parts: tuple[Condition, ...]

    def meets(self, claim: DocumentClaim) -> bool:
        """Whether none fails."""
        for part in self.parts:  # noqa: SIM110 - a third of the time of all()
            if not part.meets(claim):
                return False
        return True

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, Either) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one condition is true of the claim."""

    parts: tuple[Condition, ...]

    def meets(self, claim: DocumentClaim) -> bool:
        """Whether any is true."""
        return any(part.meets(claim) for part in self.parts)

    def __str__(self) -> str:
        return " OR ".join(f"({part})" if isinstance(part, Both) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Lacks:
    """The condition is not true of the claim."""

    part: Condition

    def meets(self, claim: DocumentClaim) -> bool:
        """Whether it fails."""
        return not self.part.meets(claim)

    def __str__(self) -> str:
        return f"NOT ({self.part})" if isinstance(self.part, Both | Either) else f"NOT {self.part}"


Condition = Trait | Amount | Both | Either | Lacks


@dataclass(frozen=True, slots=True)
class Claimed:
    """There is a claim of which the condition is true."""

    condition: Condition

    def holds(self, document: Document) -> bool:
        """Whether there is."""
        return any(map(self.condition.meets, document.claims))

    def collect(self, document: Document, evidence: Evidence) -> None:
        """Note each such claim, and where its figure stands."""
        for claim in filter(self.condition.meets, document.claims):
            evidence.fields.append(f"claim: {claim.words}")
            if claim.start < claim.end:
                (evidence.title if claim.in_title else evidence.text).add((claim.start, claim.end))

    @property
    def telling(self) -> frozenset[tuple[str, str]]:
        """Traits of which a document's claims must have one for this to be true."""
        return _telling(self.condition) or frozenset({ANY})

    def __str__(self) -> str:
        condition = self.condition
        if isinstance(condition, Trait):
            return str(condition) if condition.kind in SPEAKERS else f"claim:{condition}"
        return f"claim:{condition}" if isinstance(condition, Amount) else f"claim:({condition})"


def _telling(condition: Condition) -> frozenset[tuple[str, str]]:
    """Traits of which a claim must have one; none if that cannot be said."""
    match condition:
        case Trait():
            return frozenset({condition})
        case Both():
            found = [one for part in condition.parts if (one := _telling(part)) and ANY not in one]
            return min(found, key=len, default=frozenset())
        case Either():
            every = [_telling(part) for part in condition.parts]
            return frozenset(chain.from_iterable(every)) if all(every) else frozenset()
        case _:
            return frozenset()


def both(parts: Iterable[Condition]) -> Condition:
    """Join with AND, flat."""
    flat = tuple(chain.from_iterable(part.parts if isinstance(part, Both) else (part,) for part in parts))
    return flat[0] if len(flat) == 1 else Both(flat)


def either(parts: Iterable[Condition]) -> Condition:
    """Join with OR, flat."""
    flat = tuple(chain.from_iterable(part.parts if isinstance(part, Either) else (part,) for part in parts))
    return flat[0] if len(flat) == 1 else Either(flat)


def lacks(part: Condition) -> Condition:
    """Deny; twice is not at all."""
    return part.part if isinstance(part, Lacks) else Lacks(part)


def read_claims(claims: Iterable[Claim], title: str) -> tuple[DocumentClaim, ...]:
    """Make of claims as they were read under this title what rules see, as if nobody had said anything of the kind before."""
    return tuple(_read_claim(claim, shift_of(title)) for claim in claims)


def _read_claim(claim: Claim, shift: int) -> DocumentClaim:
    start, end = claim.evidence
    in_title = start < shift
    before = 0 if in_title else shift
    new = claim.modality in NEWS and not claim.recap
    return _seen(claim, new=new, start=start - before, end=end - before, in_title=in_title)


def known_claim(figure: Figure, place: Place | None, *, new: bool) -> DocumentClaim:
    """Make of a claim that the ledger knows what rules see. Without a place, nothing is marked."""
    if place is None:
        return _seen(figure, new=new)
    return _seen(figure, new=new, start=place.start, end=place.end, in_title=place.field == "title")


def _seen(said: Claim | Figure, *, new: bool, start: int = 0, end: int = 0, in_title: bool = False) -> DocumentClaim:
    return DocumentClaim(
        unit=said.unit,
        event=said.event,
        low=said.low,
        high=said.high,
        approx=said.approx,
        modality=said.modality,
        origin=said.origin,
        relays=said.relays,
        recap=said.recap,
        increment=said.increment,
        new=new,
        start=start,
        end=end,
        in_title=in_title,
    )
