"""A claim: how many of what, from whom to whom, doing what, how firmly, said by whom, through which media."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

UNITS = (
    *("troops", "officers", "generals", "sappers", "builders", "workers", "killed", "wounded", "casualties", "missing"),
    *(
        "pow",
        "deserters",
        "brigades",
        "battalions",
        "artillery",
        "mlrs",
        "shells",
        "missiles",
        "air_defense",
        "vehicles",
    ),
    *("containers", "ships", "ships_voyages", "wagons", "oil_barrels", "money_usd"),
)
EVENTS = (
    *(
        "sent",
        "deployed",
        "losses",
        "captured",
        "deserted",
        "returned",
        "withdrew",
        "produced",
        "trained",
        "used",
        "paid",
    ),
)
APPROX = ("exact", "about", "more_than", "at_least", "up_to", "nearly", "range")
MODALITIES = ("fact", "expected", "possible", "conditional", "denied")
SIDES = ("KP", "RU")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of an article, at its first mention. Places count characters of title and text as one (`layout`).

    `low` and `high` are equal unless a range was given. `unit`, `event`, `approx`, `modality` are of the lists above; `actor`
    and `recipient` of `SIDES`, None where nobody receives. `origin` is the concept on whose word the claim stands, None if nobody
    is named; `relays` are the media between the publisher and the origin, from the publisher inwards. `said` is the day on which the
    origin is reported to have said it, where a text tells. `increment`: on top of an earlier figure ("3,000 more"). `recap`: an old
    figure given as background. `evidence` and `sentence` are places; `repeats` are the claim's further mentions. `rules` name
    the pieces of grammar by which it was read.
    """

    low: int
    high: int
    approx: str
    unit: str
    event: str
    actor: str | None
    recipient: str | None
    modality: str
    origin: str | None
    relays: tuple[str, ...]
    evidence: Span
    sentence: Span
    said: date | None = None
    increment: bool = False
    recap: bool = False
    repeats: tuple[Span, ...] = ()
    rules: tuple[str, ...] = ()
