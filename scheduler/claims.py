"""An article's claims on their way: as analysis reads them, as the ledger stores them, as rules see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.claim_fields import known_claim
from analysis.layout import shift_of
from storage.claim_model import ClaimReading, Figure, Place, Status, WeighedClaim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.claims.model import Claim, Span
    from analysis.document import DocumentClaim
    from analysis.reading import Reading
    from storage.model import Article

_GREATEST = 2**63  # SQLite's numbers end before it


def readings_of(reading: Reading, article: Article) -> tuple[ClaimReading, ...]:
    """Give what the ledger stores of an article's claims. A number that is too great for it is no figure."""
    shift = shift_of(article.title)
    return tuple(
        ClaimReading(_figure(claim), _place(article, claim.evidence, claim.sentence, shift))
        for claim in reading.claims
        if 0 <= claim.low <= claim.high < _GREATEST
    )


def _figure(claim: Claim) -> Figure:
    return Figure(
        unit=claim.unit,
        event=claim.event,
        actor=claim.actor,
        recipient=claim.recipient,
        low=claim.low,
        high=claim.high,
        approx=claim.approx,
        modality=claim.modality,
        origin=claim.origin,
        relays=claim.relays,
        said_on=claim.said,
        increment=claim.increment,
        recap=claim.recap,
    )


def _place(article: Article, evidence: Span, sentence: Span, shift: int) -> Place:
    """Count in the title or in the text what was counted in both as one."""
    in_text = evidence[0] >= shift
    field, whole, before = ("text", article.text, shift) if in_text else ("title", article.title, 0)
    start, end, first, last = (min(max(place - before, 0), len(whole)) for place in (*evidence, *sentence))
    first, last = min(first, start), max(last, end)
    return Place(field, start, end, first, last, whole[start:end], whole[first:last])


def unweighed(_article: int, readings: Sequence[ClaimReading]) -> tuple[WeighedClaim, ...]:
    """Take claims as they were read, where there is no ledger to ask: none is new."""
    return tuple(WeighedClaim(one, one.figure, Status.READ, new=False) for one in readings)


def document_claims(claims: Iterable[WeighedClaim]) -> tuple[DocumentClaim, ...]:
    """Give what rules may ask of an article's claims. What stood in an earlier text has no place in this one."""
    return tuple(known_claim(one.figure, None if one.kept else one.reading.place, new=one.new) for one in claims)
