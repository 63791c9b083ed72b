"""Figures that were reported, as values: what was said, where it stands, what became of it in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DENIED = "denied"  # the modality that tells a claim from its denial
NEWS = ("fact", "expected")  # modalities in which a new figure is news


class Verdict(StrEnum):
    """What an analyst decides on a claim."""

    CORRECT = "correct"
    REJECT = "reject"
    CONFIRM = "confirm"


class Status(StrEnum):
    """Whose word a claim stands on: the machine's reading, or an analyst's decision."""

    READ = "read"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"


STATUS_OF = {Verdict.CONFIRM: Status.CONFIRMED, Verdict.CORRECT: Status.CORRECTED, Verdict.REJECT: Status.REJECTED}


class Flow(NamedTuple):
    """What figures are compared within: of what, doing what, from whom to whom."""

    unit: str
    event: str
    actor: str | None
    recipient: str | None


class ClaimKey(NamedTuple):
    """What makes two sightings the same claim if they are close in time. Columns of `claim`, with "" for nobody."""

    unit: str
    event: str
    actor: str
    recipient: str
    origin: str
    denied: bool
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Figure:
    """What was said: how many of what, doing what, from whom to whom, how firmly, on whose word, through whom, when."""

    unit: str
    event: str
    actor: str | None
    recipient: str | None
    low: int
    high: int
    approx: str
    modality: str
    origin: str | None
    relays: tuple[str, ...] = ()
    said_on: date | None = None
    increment: bool = False
    recap: bool = False

    @property
    def denied(self) -> bool:
        """Whether it was said not to be so."""
        return self.modality == DENIED

    @property
    def flow(self) -> Flow:
        """What it is compared within."""
        return Flow(self.unit, self.event, self.actor, self.recipient)

    @property
    def key(self) -> ClaimKey:
        """What identifies its claim."""
        sides = (self.actor or "", self.recipient or "", self.origin or "")
        return ClaimKey(self.unit, self.event, *sides, self.denied, self.low, self.high)

    def plain(self) -> dict[str, Any]:
        """Make of it what JSON can hold."""
        fields = {name: getattr(self, name) for name in CORRECTABLE}
        return fields | {"relays": list(self.relays), "said_on": self.said_on and self.said_on.isoformat()}


def figure_from(plain: Mapping[str, Any]) -> Figure:
    """Make a figure of what `Figure.plain` gave."""
    said = plain["said_on"]
    return Figure(
        **{**plain, "relays": tuple(plain["relays"]), "said_on": date.fromisoformat(said) if said else None},
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure stands in a text version: `field` is "title" or "text", offsets are into that field."""

    field: str
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    evidence: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ClaimReading:
    """A figure as the machine read it in a text."""

    figure: Figure
    place: Place


@dataclass(frozen=True, slots=True)
class WeighedClaim:
    """A reading before the rules run: `figure` is what counts (an analyst's decisions on its sentence applied).

    `new`: nobody else's sighting of this figure by this origin is in the ledger; and it is firm, and no recap.
    `by` is the analyst who decided, "" if none has. `kept`: only her decision keeps it, its place is in an earlier text.
    """

    reading: ClaimReading
    figure: Figure
    status: Status
    new: bool
    by: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A claim of the ledger. `figure`, `sentence`, `outlet` are of its earliest sighting; a recap is one in every sighting.

    `still_read` is False if only an analyst's decision keeps it.
    """

    id: int
    figure: Figure
    status: Status
    first_at: datetime
    last_at: datetime
    articles: int
    outlets: tuple[str, ...]
    still_read: bool
    sentence: str
    evidence: str
    article: int
    outlet: str
    language: str


@dataclass(frozen=True, slots=True)
class ClaimSighting:
    """A claim in an article. `figure` is what counts, `read` what the machine read. Places fit the text version `version`.

    `at` is when it was published, `first_seen_at` since when the ledger has it. `by` is who decided on it, "" if nobody.
    """

    id: int
    claim: int
    article: int
    version: int
    place: Place
    figure: Figure
    read: Figure
    status: Status
    by: str
    still_read: bool
    at: datetime
    first_seen_at: datetime
    language: str
    outlet: str
    title: str
    url: str
    new: bool


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """A decision, as it was written. `figure` is the claim as decided; `changed` are the fields that she gave."""

    id: int
    at: datetime
    who: str
    why: str
    verdict: Verdict
    claim: int  # its number then
    sentence: str
    evidence: str
    read: Figure  # what the machine had read
    figure: Figure
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LastFigure:
    """A figure of the same kind that was reported before. `at` is when it was first reported, `outlet` by whom."""

    claim: int
    figure: Figure
    at: datetime
    outlet: str
    status: Status


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """What storing an article's claims did to one of them. `before` or `after` is None where there was or is none."""

    claim: int
    article: int
    before: Figure | None
    after: Figure | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ClaimChanges:
    """What storing an article's claims changed. Add them up with +."""

    added: tuple[ClaimChange, ...] = ()
    removed: tuple[ClaimChange, ...] = ()
    changed: tuple[ClaimChange, ...] = ()
    kept: int = 0

    def __add__(self, other: ClaimChanges) -> ClaimChanges:
        """Add those of another article."""
        return ClaimChanges(
            self.added + other.added,
            self.removed + other.removed,
            self.changed + other.changed,
            self.kept + other.kept,
        )


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims are wanted; what is empty or None asks nothing. Times compare with `first_at`, `until` excluded.

    An origin, actor or recipient of "" is "nobody is named". Without `statuses`, all but the rejected.
    """

    units: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""  # in a sentence, in any case
    article: int | None = None
    limit: int = 50
    offset: int = 0
    oldest_first: bool = field(default=False, kw_only=True)
    new: bool = field(default=False, kw_only=True)  # only new figures
    recap: bool | None = field(default=None, kw_only=True)  # only recaps, or none
    actors: tuple[str, ...] = field(default=(), kw_only=True)
    recipients: tuple[str, ...] = field(default=(), kw_only=True)
    origins_not: tuple[str, ...] = field(default=(), kw_only=True)


CORRECTABLE = tuple(Figure.__dataclass_fields__)  # what an analyst may correct
