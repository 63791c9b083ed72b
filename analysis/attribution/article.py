"""One article's attributions: what holds for a figure where nobody speaks beside it, and what for a headline's."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING

from analysis.attribution.model import NOBODY, Attribution, Piece, Unit, Voice
from analysis.attribution.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from analysis.attribution.grammar import Grammar, Who
    from analysis.layout import Layout
    from analysis.lexicon import Lexicon, Mention

_COMMA = 25  # what a comma between a figure and a source costs, in characters
_TRAILING = 10  # what it costs a source to stand behind the figure
_FORWARD = 4  # units that are looked ahead for who is behind a lead
_TRAILS = 30  # characters of a sentence before a medium that closes it
_BACK = 3  # units for which one that points back speaks
_FIGURE = re.compile(r"\d[\d.,\xa0 ]*(?:[만천]\d*)*")


class Attributions:
    """The attributions of one article. Made once, asked for each figure."""

    def __init__(
        self,
        laid: Layout,
        mentions: Sequence[Mention],
        cues: Grammar,
        *,
        lexicon: Lexicon,
        language: str,
        publisher: str = "",
        published: datetime | None = None,
    ) -> None:
        self._text, self._who = laid.whole, cues.who
        self._units: list[Unit] = []
        self._pieces: list[tuple[Piece, ...]] = []
        self._reader: Reader | None = None
        self._headings: set[int] = set()  # those that have been read
        known = cues.languages.get(language)
        if known is not None:
            day = published.date() if published else None
            reader = Reader(laid, mentions, cues, known, lexicon=lexicon, publisher=publisher, published=day)
            self._reader = reader
            self._units, self._pieces = reader.units, reader.read()
            self._body = [number for number, unit in enumerate(self._units) if not unit.heading]
            pass_back(self._units, self._pieces, self._body, reader.points_back)
            settle_media(self._units, self._pieces, self._body, cues.who)
            self._settled = settled(self._units, self._pieces, self._body, reader.points_back)
        self._starts = [unit.start for unit in self._units]

    def of(self, start: int, end: int) -> Attribution:
        """Give on whose word the figure at a place of the whole stands."""
        number = bisect_right(self._starts, start) - 1
        if number < 0:
            return NOBODY
        if self._units[number].heading:
            self._read_heading(number)
            return self._of_heading(number, start, end)
        voice = self._own(number, start, end)
        return voice.given if voice else self._settled[number]

    def _read_heading(self, number: int) -> None:
        """Read a headline when its figure is asked for."""
        if self._reader is not None and number not in self._headings:
            self._headings.add(number)
            self._pieces[number] = self._reader.heading(number)

    def _own(self, number: int, start: int, end: int) -> Voice | None:
        pieces = self._pieces[number]
        if not pieces:
            return None
        at = max(bisect_right([piece.start for piece in pieces], start) - 1, 0)
        return _nearest(self._text, pieces[at].voices, start, end)

    def _of_heading(self, number: int, start: int, end: int) -> Attribution:
        """A headline's figure: as the headline says, or as where the body repeats it, or as the lead."""
        own = self._own(number, start, end)
        if own and not own.medium and not own.general:
            return self._as_in_body(own.given)
        found = self._repeated(start, end)
        if found is not None and found.origin is not None:
            return found
        lead = next((self._settled[number] for number in self._body if self._settled[number].origin), NOBODY)
        return own.given if own and (own.medium or lead.origin is None) else lead

    def _as_in_body(self, given: Attribution) -> Attribution:
        """Give what the body says of the same origin, which knows through whom it came."""
        for number in self._body:
            for piece in self._pieces[number]:
                for voice in piece.voices:
                    if voice.given.origin == given.origin:
                        return voice.given
        return given

    def _repeated(self, start: int, end: int) -> Attribution | None:
        """Give what holds where the body repeats a headline's figure."""
        figure = _FIGURE.search(self._text, start, end)
        wanted = figure[0].strip(" .,\xa0") if figure else ""
        if len(wanted) < len("10"):
            return None
        for number in self._body:
            at = self._text.find(wanted, self._units[number].start, self._units[number].end)
            if at >= 0:
                return self.of(at, at + len(wanted))
        return None


def _nearest(text: str, voices: Sequence[Voice], start: int, end: int) -> Voice:
    """Who of several is nearest to a figure; before it rather than behind it."""

    def cost(voice: Voice) -> int:
        if voice.start <= start:
            gap = text[min(voice.end, start) : start]
            return len(gap) + _COMMA * gap.count(",")
        gap = text[end : voice.start]
        return len(gap) + _COMMA * max(gap.count(",") - 1, 0) + _TRAILING

    return voices[0] if len(voices) == 1 else min(voices, key=cost)


def settle_media(units: Sequence[Unit], pieces: list[tuple[Piece, ...]], body: Sequence[int], who: Who) -> None:
    """Find who is behind media that tell something with nobody beside them: the paragraph or, for a lead, what follows."""
    lead = units[body[0]].paragraph if body else -1
    _pass_on(units, pieces, body, who)
    for at, number in enumerate(body):
        for place, piece in enumerate(pieces[number]):
            if len(piece.voices) != 1 or not piece.voices[0].medium or piece.voices[0].own:
                continue
            unit = units[number]
            ahead = [one for one in body[at + 1 : at + 1 + _FORWARD] if unit.paragraph in {lead, units[one].paragraph}]
            given = _behind(piece.voices[0], _voices(pieces, ahead), who)
            if given is not None:
                voice = piece.voices[0]._replace(given=given, medium=False)
                pieces[number] = (*pieces[number][:place], Piece(piece.start, (voice,)), *pieces[number][place + 1 :])


def _pass_on(units: Sequence[Unit], pieces: list[tuple[Piece, ...]], body: Sequence[int], who: Who) -> None:
    """Within a paragraph, give an origin's relays wherever it speaks, and a medium that closes it the official before."""
    for _, group in groupby(body, key=lambda number: units[number].paragraph):
        numbers = [number for number in group if pieces[number]]
        if not numbers:
            continue
        relays: dict[str | None, tuple[str, ...]] = {}
        before: Voice | None = None
        closing: set[int] = set()  # where media stand that pass on what the official before them said
        for voice in _voices(pieces, numbers):
            medium = voice.given.origin or ""
            if not voice.medium:
                relays[voice.given.origin] = voice.given.relays or relays.get(voice.given.origin, ())
                before = voice
            elif (
                before is not None
                and not voice.own
                and voice.start - units[numbers[-1]].start > _TRAILS
                and _same_country(medium, before.given.origin or "", who)
            ):
                relays[before.given.origin] = (medium,)
                closing.add(voice.start)
        if any(relays.values()):
            for number in numbers:
                pieces[number] = tuple(
                    Piece(
                        piece.start,
                        tuple(
                            _with(voice, relays, before if voice.start in closing else None) for voice in piece.voices
                        ),
                    )
                    for piece in pieces[number]
                )


def _same_country(medium: str, origin: str, who: Who) -> bool:
    return who.country(medium) == who.country(origin) != ""


def _with(voice: Voice, relays: Mapping[str | None, tuple[str, ...]], before: Voice | None) -> Voice:
    """A voice with the relays of its origin; a medium that passes on an official's word with that official."""
    if voice.medium:
        if before is None:
            return voice
        return voice._replace(given=before.given._replace(relays=relays[before.given.origin]), medium=False)
    found = relays.get(voice.given.origin, ())
    return voice if voice.given.relays or not found else voice._replace(given=voice.given._replace(relays=found))


def _voices(pieces: Sequence[tuple[Piece, ...]], numbers: Sequence[int]) -> list[Voice]:
    return [voice for number in numbers for piece in pieces[number] for voice in piece.voices]


def _behind(medium: Voice, following: Sequence[Voice], who: Who) -> Attribution | None:
    """Who speaks next, if through that medium: an office rather than a person, who is quoted for himself."""
    source = medium.given.origin
    for voice in following:
        if voice.medium:
            continue
        if source in voice.given.relays and voice.given.origin not in who.persons:
            return voice.given._replace(rules=(*medium.given.rules, *voice.given.rules))
        return None
    return None


def pass_back(
    units: Sequence[Unit], pieces: list[tuple[Piece, ...]], body: Sequence[int], points_back: Sequence[bool]
) -> None:
    """Give the media of a sentence that points back ("Про це повідомляє Yonhap") to what the same origin said before it."""
    for at, number in enumerate(body):
        if not points_back[number] or not pieces[number]:
            continue
        given = pieces[number][0].voices[0].given
        for before in reversed(body[max(at - _BACK, 0) : at]):
            if given.relays and units[before].paragraph >= units[number].paragraph - 1:
                pieces[before] = tuple(
                    Piece(
                        piece.start, tuple(_with(voice, {given.origin: given.relays}, None) for voice in piece.voices)
                    )
                    for piece in pieces[before]
                )


def settled(
    units: Sequence[Unit], pieces: Sequence[tuple[Piece, ...]], body: Sequence[int], points_back: Sequence[bool]
) -> list[Attribution]:
    """Decide what holds for units in which nobody speaks: what points back to them, what was said before, or else after."""
    found = _carried_on(units, pieces, body)
    for at, number in enumerate(body):
        if points_back[number] and pieces[number]:
            for before in reversed(body[max(at - _BACK, 0) : at]):
                if pieces[before]:
                    break
                found[before] = pieces[number][0].voices[0].given
    following, distance = NOBODY, 0
    for number in reversed(body):
        if pieces[number]:
            following, distance = pieces[number][0].voices[0].given, 0
        elif found[number] == NOBODY and distance < _FORWARD:
            found[number] = following
        distance += 1
    return found


def _carried_on(units: Sequence[Unit], pieces: Sequence[tuple[Piece, ...]], body: Sequence[int]) -> list[Attribution]:
    """Carry what was said last from unit to unit; what a medium adds to an official's word ends with its paragraph."""
    found = [NOBODY] * len(units)
    carried = official = NOBODY
    paragraph = -1
    for number in body:
        if units[number].paragraph != paragraph and official.origin:
            carried = official
        paragraph = units[number].paragraph
        if pieces[number]:
            last = pieces[number][-1].voices[-1]
            carried = last.given
            official = official if last.medium and official.origin else last.given
        found[number] = carried
    return found
