"""What attribution tells: on whose word a figure stands, and through which media it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date


class Attribution(NamedTuple):
    """On whose word a figure stands, through which media it came, and when it was said.

    `origin` is a concept's id, None if nobody is named. `relays` are the media from the publisher inwards to the origin, without
    the publisher. `said` is the day on which the origin said it, where the text tells. `rules` are those of the grammar that
    decided.
    """

    origin: str | None = None
    relays: tuple[str, ...] = ()
    said: date | None = None
    rules: tuple[str, ...] = ()


NOBODY = Attribution()


class Voice(NamedTuple):
    """Somebody who speaks: where, and what it makes of a figure.

    `medium`: a medium with nobody behind it, `own` what it found out itself. `general`: a word that says little of who it is.
    """

    start: int
    end: int
    given: Attribution
    medium: bool = False
    general: bool = False
    own: bool = False


class Piece(NamedTuple):
    """A stretch of a unit, from where on, with those who speak in it."""

    start: int
    voices: tuple[Voice, ...]


class Unit(NamedTuple):
    """A sentence, or several that one quotation holds together."""

    start: int
    end: int
    paragraph: int
    heading: bool
