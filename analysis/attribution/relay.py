"""Through which media an official's word came: named beside it, or further up and carried down the article."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.attribution.grammar import Who

_DEPTHS = {"told": 2, "citing": 1, "cited_by": -1}  # who was told stands next to the origin, who is cited before that


class _Carried(NamedTuple):
    """Media through which officials of a country speak, until something else is said."""

    country: str = ""
    relays: tuple[str, ...] = ()
    paragraph: int = -1
    lead: bool = False


class Relays:
    """What is known of the media so far, reading an article from its head."""

    def __init__(self, who: Who, publisher: str, lead: int) -> None:
        self._who = who
        self._publisher = who.same.get(publisher, publisher)
        self._lead = lead  # the number of the first paragraph
        self._by_origin: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._carried = _Carried()
        self._world: tuple[str, ...] = ()  # worldwide media of the lead: through them came whatever follows,
        self._alone = False  # or, where an official stood beside them, whatever unnamed people said

    def row(self, media: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """Put media, each with how it is tied, into their order from the publisher inwards, the publisher left out."""
        ordered = sorted(media, key=lambda one: _DEPTHS.get(one[1], 0))
        return tuple(dict.fromkeys(one for one, _ in ordered if self._who.same.get(one, one) != self._publisher))

    def heard(self, origin: str, relays: tuple[str, ...], paragraph: int, *, recap: bool) -> tuple[str, ...]:
        """Note who speaks and through whom; give the relays, carried down where none stands beside."""
        country = self._who.country(origin)
        if not relays:
            relays = self._known(origin, paragraph) or (() if recap else self._carried_to(origin, country, paragraph))
            if not relays and country != self._carried.country:
                self._carried = _Carried()
        else:
            self._carried = _Carried(country, relays, paragraph, paragraph == self._lead)
            if relays != self._world:
                lead = paragraph == self._lead and self._who.worldwide.issuperset(relays)
                self._world, self._alone = (relays if lead else ()), False
        if relays:
            self._by_origin[origin] = paragraph, relays
        return relays

    def _known(self, origin: str, paragraph: int) -> tuple[str, ...]:
        """The media through which the same origin spoke before; of unnamed ones, in the same paragraph."""
        known = self._by_origin.get(origin)
        if known is None or (origin in self._who.general and known[0] != paragraph):
            return ()
        return known[1]

    def turn(self) -> None:
        """Note that the article goes on to something else: what a world medium reported ends there."""
        if self._world:
            self._by_origin = {one: known for one, known in self._by_origin.items() if known[1] != self._world}
        self._world = ()

    def _carried_to(self, origin: str, country: str, paragraph: int) -> tuple[str, ...]:
        carried = self._carried
        if (
            self._world
            and origin not in self._who.persons
            and (country if self._alone else origin in self._who.anonymous)
        ):
            return self._world
        if not country or country != carried.country or not (carried.lead or carried.paragraph == paragraph):
            return ()
        return carried.relays

    def alone(self, relays: tuple[str, ...], paragraph: int) -> None:
        """Note media that tell something with nobody behind them: officials of their country follow through them."""
        self._carried = _Carried(self._who.country(relays[-1]), relays, paragraph, paragraph == self._lead)
        self._world = relays if paragraph == self._lead and relays[-1] in self._who.worldwide else ()
        self._alone = True
