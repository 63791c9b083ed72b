"""Where an article names sources: the lexicon's, those that its grammar adds, and words that stand for one named before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from analysis.attribution.merging import OWN, Merging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from analysis.attribution.grammar import Language, Who
    from analysis.cues import Cue, CueRule
    from analysis.lexicon import Lexicon, Mention

_PARTS = frozenset(
    {"speech", "citing", "cited_by", "according", "told", "said_again", "turn"}
)  # cues between two sources


class Named(NamedTuple):
    """A source at a place. `source` is a concept's id; a stand-in has none yet, but `kind`, `country` and `default`."""

    start: int
    end: int
    source: str
    medium: bool = False
    kind: str = ""
    country: str = ""
    default: str = ""
    rule: str = ""
    general: bool = False
    told: bool = False  # a medium to which an unnamed source spoke
    needs: bool = False  # counts only where somebody of its country is named
    home: bool = False  # means the publisher's country, where nobody was named
    its: bool = False  # means the country named last


def named_sources(
    text: str,
    mentions: Iterable[Mention],
    cues: Sequence[Cue],
    *,
    who: Who,
    lexicon: Lexicon,
    language: Language,
    day: date | None = None,
) -> list[Named]:
    """Find the sources that a text names, in order, each place once and what belongs together as one."""
    found = _apart([*_of_mentions(mentions, who, lexicon, day), *_of_cues(cues, who)])
    parting = [cue.start for cue in cues if cue.rule.kind in _PARTS]
    merged = Merging(text, who, language, parting).merged(found)
    return [one for one in merged if one.kind != "country" or not text.startswith(OWN, one.end)]


def _of_mentions(mentions: Iterable[Mention], who: Who, lexicon: Lexicon, day: date | None) -> list[Named]:
    """Make sources of mentions; people, of whom it depends on the day for whom they speak, come first."""
    sources, people = lexicon.categories.get("source", frozenset()), who.people
    found: list[Named] = []
    dated: list[Named] = []
    for concept, start, end in mentions:
        if concept in people:
            source = who.office(concept, day)
        elif concept in sources:
            source = concept
        else:
            continue
        if source:
            one = Named(start, end, source, source in who.media, general=source in who.general)
            (dated if concept in who.later else found).append(one)
    return dated + found


def _of_cues(cues: Iterable[Cue], who: Who) -> Iterator[Named]:
    for start, end, rule in cues:
        if rule.kind == "source":
            yield Named(
                start, end, rule.gives, rule.gives in who.media, rule=rule.id, general=rule.gives in who.general
            )
        elif rule.kind == "stand_in":
            yield stand_in(start, end, rule)


def stand_in(start: int, end: int, rule: CueRule) -> Named:
    """Make a stand-in of a rule's words at a place; without a kind, anybody may be meant."""
    options = rule.options
    return Named(
        start,
        end,
        str(options.get("means", "")),
        medium=rule.gives == "medium",
        kind=rule.gives or "any",
        country=str(options.get("country", "")),
        default=str(options.get("default", "")),
        rule=rule.id,
        needs=bool(options.get("needs")),
        home=bool(options.get("home")),
        its=bool(options.get("its")),
    )


def _apart(found: list[Named]) -> list[Named]:
    """Leave one source at a place: the longest, and of equal ones the grammar's."""
    found.sort(key=lambda one: (one.start, -one.end, not one.rule))
    kept: list[Named] = []
    for one in found:
        if kept and one.start < kept[-1].end:
            if one.end - one.start <= kept[-1].end - kept[-1].start:
                continue
            kept.pop()
        kept.append(one)
    return kept
