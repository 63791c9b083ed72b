"""What is known of a story, and what has changed since a reader was told of it. Pure.

Facts are kept with each mail. A later article is worth another mail only if it brings something that is not among them: a
figure, somebody else on whose word it stands, a confirmation, a denial, a correction, a document, or outlets by the dozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.claim_model import Figure

CROWDS = (10, 40, 100)  # outlets: so many are news by themselves
_LIKE = 0.02  # figures that differ by less are the same
_FIRM = frozenset({"fact", "expected"})


class Said(msgspec.Struct, frozen=True, gc=False):
    """A figure that somebody gave. `flow` is what is counted and what happened; `article` gave it first."""

    flow: tuple[str, str, str, str]
    low: int
    high: int
    origin: str
    denied: bool
    article: int

    def like(self, other: Said) -> bool:
        """Whether both are the same figure of the same thing, whoever says it."""
        return self.flow == other.flow and _near(self.low, other.low) and _near(self.high, other.high)


class Facts(msgspec.Struct, frozen=True):
    """What is known of a story. `origins` are independent of each other: of a circle, its name. `retracted` are articles."""

    figures: tuple[Said, ...] = ()
    origins: tuple[str, ...] = ()
    outlets: int = 0
    documents: tuple[str, ...] = ()
    retracted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Something new in a story. `kind` as in `alerts.story.ChangeLine`; `before` is the figure that it follows upon."""

    kind: str
    figure: Said | None = None
    before: Said | None = None
    who: str = ""
    count: int = 0


def to_text(facts: Facts) -> str:
    """Give facts as they are kept."""
    return msgspec.json.encode(facts).decode()


def from_text(text: str) -> Facts | None:
    """Give kept facts back; None where none were kept, as before there were stories."""
    return msgspec.json.decode(text, type=Facts) if text else None


def said(figures: Iterable[tuple[int, Figure]]) -> tuple[Said, ...]:
    """Give the figures of a story that count as news: firm, no recaps, each of an origin once."""
    found: dict[tuple[Any, ...], Said] = {}
    for article, figure in figures:
        if figure.recap or not (figure.denied or figure.modality in _FIRM):
            continue
        flow = (figure.unit, figure.event, figure.actor or "", figure.recipient or "")
        one = Said(flow, figure.low, figure.high, figure.origin or "", figure.denied, article)
        found.setdefault((flow, one.low, one.high, one.origin, one.denied), one)
    return tuple(found.values())


def together(some: Sequence[Facts]) -> Facts:
    """Put together what was told of stories that are one by now."""
    if len(some) == 1:
        return some[0]

    def each(name: str) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(value for one in some for value in getattr(one, name)))

    return Facts(
        each("figures"),
        each("origins"),
        max((one.outlets for one in some), default=0),
        each("documents"),
        each("retracted"),
    )


def changes(told: Facts, now: Facts, news: frozenset[Said], voice: Callable[[str], str] = str) -> tuple[Change, ...]:
    """Tell what is new since a reader was told, most important first.

    `news` are those figures that nobody had heard from their origin before: an old one that an article repeats is no change.
    `voice` gives of an origin by what it is independent: of a circle, its name; of one that says nothing of who it is, "".
    """
    figures = list(_figures(told, now, news, voice))
    confirmed = {one.who for one in figures if one.kind == "confirmation"}
    origins = [
        Change("origin", who=one)
        for one in now.origins
        if told.origins and one not in told.origins and one not in confirmed
    ]
    return (
        *(Change("retraction", count=one) for one in now.retracted if one not in told.retracted),
        *figures,
        *(Change("document", who=one) for one in now.documents if one not in told.documents),
        *origins,
        *(Change("outlets", count=crowd) for crowd in _crowds(told.outlets, now.outlets)),
    )


def _figures(told: Facts, now: Facts, news: frozenset[Said], voice: Callable[[str], str]) -> Iterable[Change]:
    """Give what is new about figures: another value, another who says the same, somebody who denies it."""
    for one in now.figures:
        if not one.denied and one not in news:
            continue
        alike = [other for other in told.figures if other.like(one)]
        if any(other.origin == one.origin and other.denied == one.denied for other in alike):
            continue
        if one.denied:
            yield Change("denial", one, alike[0] if alike else None, one.origin)
        elif any(not other.denied for other in alike):
            mine = voice(one.origin)
            if mine and all(other.origin and voice(other.origin) != mine for other in alike):
                yield Change("confirmation", one, alike[0], one.origin)
        else:
            before = [other for other in told.figures if other.flow == one.flow and not other.denied]
            same = [other for other in before if other.article == one.article and other not in now.figures]
            follows = (same or before)[-1] if before else None
            yield Change("correction" if same else "figure", one, follows, one.origin)


def _crowds(before: int, after: int) -> Sequence[int]:
    """Give the greatest number of outlets that is reached now and was not before."""
    reached = [crowd for crowd in CROWDS if before < crowd <= after]
    return reached[-1:]


def _near(one: int, other: int) -> bool:
    return abs(one - other) <= _LIKE * max(abs(one), abs(other))
