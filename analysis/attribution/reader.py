"""Reading an article from its head: who speaks in each of its units, and through whom."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from analysis.attribution.days import said_on
from analysis.attribution.memory import Memory
from analysis.attribution.model import NOBODY, Attribution, Piece, Unit, Voice
from analysis.attribution.relay import Relays
from analysis.attribution.sources import Named, named_sources
from analysis.attribution.speech import Anchor, Stretch, anchors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from analysis.attribution.grammar import Grammar, Language
    from analysis.cues import Cue
    from analysis.layout import Layout
    from analysis.lexicon import Lexicon, Mention

_SEMICOLON = re.compile(";")
_LONGEST = 4000  # characters of a sentence; what is longer is none, and takes its time
_MOST = 1000  # sources of an article; what names more is a list
_HEAD = 40  # characters at the head of a sentence in which it points back
_VERB = 6  # characters of a verb, counted from its end
_HELD = 4  # sentences that a quotation may hold together
_ASIDE = frozenset({"told", "citing", "cited_by"})  # ties by which a medium only passes something on


class Reader:
    """Reads one article."""

    def __init__(
        self,
        laid: Layout,
        mentions: Sequence[Mention],
        grammar: Grammar,
        language: Language,
        *,
        lexicon: Lexicon,
        publisher: str,
        published: date | None,
    ) -> None:
        self._text, self._language, self._who, self._published = laid.whole, language, grammar.who, published
        cues = _outermost(language.cues.find(laid.whole))
        self._named = named_sources(
            laid.whole, mentions, cues, who=grammar.who, lexicon=lexicon, language=language, day=published
        )[:_MOST]
        self._cues = _outside(cues, self._named)
        self._named_at = [one.start for one in self._named]
        self._cues_at = [one.start for one in self._cues]
        self.units = units(laid)
        lead = next((unit.paragraph for unit in self.units if not unit.heading), 0)
        self._relays = Relays(grammar.who, publisher, lead)
        self._memory = Memory(grammar.who, self._named, publisher)
        self._last, self._paragraph = NOBODY, -1
        self._dated: Sequence[Cue] = ()  # the cues of a unit that names a day
        self.points_back = [False] * len(self.units)

    def read(self) -> list[tuple[Piece, ...]]:
        """Read the body: of each of its units the pieces in which somebody speaks. Headlines are left for `heading`."""
        return [() if unit.heading else self._read(number, unit) for number, unit in enumerate(self.units)]

    def heading(self, number: int) -> tuple[Piece, ...]:
        """Read a headline, knowing the article. What a headline says of its relays holds for it alone."""
        return self._read(number, self.units[number])

    def _read(self, number: int, unit: Unit) -> tuple[Piece, ...]:
        if unit.end - unit.start > _LONGEST:
            return ()
        named = self._named[bisect_left(self._named_at, unit.start) : bisect_left(self._named_at, unit.end)]
        cues = self._cues_of(unit)
        self.points_back[number] = any(cue.start < unit.start + _HEAD for cue in cues.get("points_back", ()))
        if not named and "said_again" not in cues:
            return ()
        recap = "recap" in cues
        self._memory.turn_to(unit)
        if recap or (number and self.units[number - 1].heading):
            self._relays.turn()  # what a world medium reported ends there
        self._dated = [*cues.get("day", ()), *cues.get("month", ())]
        stretch = Stretch(self._text, unit.start, unit.end, named, cues, unit.heading)
        groups = self._groups(anchors(stretch, self._language), stretch)
        pieces = ((start, self._voices(group, unit, recap=recap)) for start, group in groups)
        return tuple(Piece(start, voices) for start, voices in pieces if voices)

    def _cues_of(self, unit: Unit) -> dict[str, list[Cue]]:
        found: dict[str, list[Cue]] = {}
        for cue in self._cues[bisect_left(self._cues_at, unit.start) : bisect_left(self._cues_at, unit.end)]:
            found.setdefault(cue.rule.kind, []).append(cue)
        return found

    def _groups(self, found: Sequence[Anchor], stretch: Stretch) -> Iterator[tuple[int, list[Anchor]]]:
        """Divide those who speak by the turns between them. Whoever only passes something on makes no group of his own."""
        if len(found) <= 1 and "turn" not in stretch.cues and stretch.text.find(";", stretch.start, stretch.end) < 0:
            if found:
                yield stretch.start, list(found)
            return
        turns = [cue.start for cue in stretch.of("turn")]
        turns += [sign.start() for sign in _SEMICOLON.finditer(stretch.text, stretch.start, stretch.end)]
        turns = sorted(turns) if turns else []
        groups: list[tuple[int, list[Anchor]]] = []
        for anchor in found:
            turn = bisect_right(turns, anchor.named.start) - 1
            start = turns[turn] if turn >= 0 else stretch.start
            if groups and (groups[-1][0] == start or (anchor.named.medium and anchor.by in _ASIDE)):
                groups[-1][1].append(anchor)
            else:
                groups.append((start, [anchor]))
        yield from groups

    def _voices(self, group: Sequence[Anchor], unit: Unit, *, recap: bool) -> tuple[Voice, ...]:
        """Decide who of a piece's sources are origins and who passes their word on."""
        if len(group) == 1:
            return self._voice_alone(group[0], unit, recap=recap)
        heard = [(anchor, one) for anchor in group if (one := self._memory.resolve(anchor.named)) is not None]
        if any(one for _, one in heard):
            cites = any(one and anchor.by == "citing" for anchor, one in heard)
            heard = [pair for pair in heard if pair[1] or not (cites or pair[0].named.kind == "nobody")]
        media = [pair for pair in heard if pair[1] in self._who.media and pair[0].named.kind != "country"]
        officials = [pair for pair in heard if pair not in media]
        if any(one and anchor.by in {"speech", "document"} for anchor, one in officials):
            officials = [(anchor, one) for anchor, one in officials if anchor.by != "citing"]
        relays = self._relays.row((one, anchor.by) for anchor, one in media)
        if not officials:
            return self._of_media(media, relays, unit)
        if len(officials) > 1:
            officials = self._named_ones(officials)
        return tuple(self._voice(anchor, one, relays, unit, recap=recap) for anchor, one in officials)

    def _voice_alone(self, anchor: Anchor, unit: Unit, *, recap: bool) -> tuple[Voice, ...]:
        """The same for one source alone, as most are."""
        one = self._memory.resolve(anchor.named)
        if one is None:
            return ()
        if one in self._who.media and anchor.named.kind != "country":
            return self._of_media([(anchor, one)], self._relays.row([(one, anchor.by)]), unit)
        return (self._voice(anchor, one, (), unit, recap=recap),)

    def _named_ones(self, officials: list[tuple[Anchor, str]]) -> list[tuple[Anchor, str]]:
        """Leave out a country ("Seoul", "Moscow") where an office of it speaks too."""
        special = [anchor.named.kind != "country" and one not in self._who.general for anchor, one in officials]
        countries = {self._who.country(one) for (_, one), named in zip(officials, special, strict=True) if named}
        return [
            pair
            for pair, named in zip(officials, special, strict=True)
            if named or self._who.country(pair[1]) not in countries
        ]

    def _voice(self, anchor: Anchor, origin: str, relays: tuple[str, ...], unit: Unit, *, recap: bool) -> Voice:
        if not origin:
            return Voice(anchor.start, anchor.end, Attribution(None, relays, None, (anchor.rule,)), general=True)
        self._memory.heard(origin, anchor.by)
        relays = self._relays.heard(origin, relays, unit.paragraph, recap=recap)
        rules = (anchor.rule,) if anchor.rule else ()
        given = Attribution(self._who.same.get(origin, origin), relays, self._said(anchor, unit), rules)
        self._last, self._paragraph = given, unit.paragraph
        general = origin in self._who.general or not anchor.named.source
        return Voice(anchor.start, anchor.end, given, general=general)

    def _of_media(self, media: Sequence[tuple[Anchor, str]], relays: tuple[str, ...], unit: Unit) -> tuple[Voice, ...]:
        """Media with nobody behind them: the innermost is the origin; the publisher itself is none."""
        if not relays:
            return self._of_publisher(media)
        for anchor, one in media:
            self._memory.heard(one, anchor.by)
        again = unit.paragraph == self._paragraph or not any(anchor.named.source for anchor, _ in media)
        if again and relays[-1] in self._last.relays:  # "In April, the agency recalls, …"
            return (Voice(media[0][0].start, media[-1][0].end, self._last),)
        self._relays.alone(relays, unit.paragraph)
        rules = tuple(dict.fromkeys(anchor.rule for anchor, _ in media if anchor.rule))
        given = Attribution(relays[-1], relays[:-1], self._said(media[-1][0], unit), rules)
        own = not self._language.own.isdisjoint(rules)
        return (Voice(media[0][0].start, media[-1][0].end, given, medium=True, own=own),)

    def _said(self, anchor: Anchor, unit: Unit) -> date | None:
        if self._published is None or not (self._dated or self._language.before):
            return None
        spans = ((anchor.named.start, anchor.named.end), (max(anchor.named.start, anchor.end - _VERB), anchor.end))
        return said_on(self._text, spans, (unit.start, unit.end), self._dated, self._published)

    def _of_publisher(self, media: Sequence[tuple[Anchor, str]]) -> tuple[Voice, ...]:
        """The publisher itself is the origin of what it found out, but not of what it passes on."""
        for anchor, one in media:
            if anchor.rule in self._language.own:
                return (Voice(anchor.start, anchor.end, Attribution(one, (), None, (anchor.rule,))),)
        return ()


def units(laid: Layout) -> list[Unit]:
    """Give an article's sentences, those made one that a quotation holds together."""
    found: list[Unit] = []
    held = 0
    for start, end, paragraph, heading in laid.sentences:
        if found and found[-1].paragraph == paragraph and held < _HELD and _open(laid.whole, found[-1]):
            found[-1] = found[-1]._replace(end=end)
            held += 1
        else:
            found.append(Unit(start, end, paragraph, heading))
            held = 0
    return found


def _open(text: str, unit: Unit) -> bool:
    """Whether a quotation is still open where a unit ends."""
    _, start, end = text, unit.start, unit.end
    if text.count("“", start, end) > text.count("”", start, end) or text.count("«", start, end) > text.count(
        "»", start, end
    ):
        return "”" in text[end : end + 400] or "»" in text[end : end + 400]
    return text.count('"', start, end) % 2 == 1


def _outermost(cues: Sequence[Cue]) -> list[Cue]:
    """Leave out cues inside a longer one: "said" in "it said"."""
    kept: list[Cue] = []
    for cue in cues:
        if kept and cue.end <= kept[-1].end and (cue.start, cue.end) != (kept[-1].start, kept[-1].end):
            continue
        kept.append(cue)
    return kept


def _outside(cues: Sequence[Cue], named: Sequence[Named]) -> list[Cue]:
    """Leave out the cues that are sources, and those inside the name of one."""
    kept, at = [], 0
    for cue in cues:
        while at < len(named) and named[at].end <= cue.start:
            at += 1
        inside = at < len(named) and named[at].start <= cue.start and cue.end <= named[at].end
        if not inside and cue.rule.kind not in {"source", "stand_in"}:
            kept.append(cue)
    return kept
