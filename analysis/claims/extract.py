"""Claims of a whole article: each sentence's figures with what happened, whose, how firmly, and on whose word.

What a sentence leaves out is taken from the one before: "Of them, 300 were wounded". The same figure further on is the same
claim, mentioned again, and a headline's figure takes what its body says of it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from analysis.claims.clauses import Cued, read_clauses
from analysis.claims.draft import draft, sensible
from analysis.claims.events import ARMS, CARRIERS, FORMATIONS, HURT, PEOPLE, PERSONS, happened
from analysis.claims.grammar import NOTHING
from analysis.claims.join import joined
from analysis.claims.quantity import quantities
from analysis.claims.settle import Past, Settled, counted, settled, too_small
from analysis.claims.sides import (
    called_korean,
    counts,
    elsewhere,
    homeward,
    may_be_anybody,
    names_koreans,
    names_koreans_here,
    names_others,
    owner,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analysis.attribution import Attributions
    from analysis.claims.clauses import Clauses
    from analysis.claims.events import Happened
    from analysis.claims.grammar import ClaimGrammar, Tongue
    from analysis.claims.model import Claim, Span
    from analysis.claims.quantity_model import Quantity
    from analysis.cues import Cue
    from analysis.layout import Layout

_REACH = 2  # sentences over which what was left out is remembered
_PARAGRAPHS = 3  # that a digest has at least
_SILENT = 0.5  # the share of paragraphs from which on an article that shows nothing of the matter in them is a digest
_BESIDE = 3  # words
_HANDFUL, _CROWD = 10, 100
_CARGO = CARRIERS - {"ships"}
_BODIES = PEOPLE | FORMATIONS
_SURE = frozenset({"sent", "deployed", "losses", "captured"})


class Named(NamedTuple):
    """Places of an article, in order: where sources are named, and where something shows that it is about the matter."""

    speakers: Sequence[Span] = ()
    anchors: Sequence[int] = ()


def read_claims(
    laid: Layout,
    grammar: ClaimGrammar,
    language: str,
    named: Named,
    attributed: Callable[[], Attributions],
    *,
    about: bool = False,
    strict: bool = False,
) -> tuple[Claim, ...]:
    """Read an article's claims, in order of their first mention.

    `attributed` is asked for the article's attributions if there is a claim.
    `about`: the article is known to be about the topic, whether or not it names Koreans; `strict`: it seems not to be, and only
    figures are read that are called Korean themselves.
    """
    tongue = grammar.tongues.get(language)
    if tongue is None:
        return ()
    drafts = _Reader(laid, tongue, language, named, about=about, strict=strict).drafts()
    if not drafts:
        return ()
    attributions = attributed()
    return joined(
        [_attributed(draft, attributions) for draft in drafts], {one[:2] for one in laid.sentences if one.heading}
    )


def _attributed(draft: Claim, attributions: Attributions) -> Claim:
    found = attributions.of(*draft.evidence)
    return replace(
        draft,
        origin=found.origin,
        relays=found.relays,
        said=found.said,
        rules=tuple(dict.fromkeys((*draft.rules, *found.rules))),
    )


class _Reader:
    """Goes through an article from sentence to sentence."""

    def __init__(self, laid: Layout, tongue: Tongue, language: str, named: Named, *, about: bool, strict: bool) -> None:
        self._laid, self._tongue, self._language, self._speakers = laid, tongue, language, named.speakers
        self._silent, self._digest = silent_paragraphs(laid, named.anchors)
        self._cued = Cued(laid.whole, tongue)
        self._known_about = about
        self._named: dict[int, tuple[bool, bool]] = {}
        self._strict = strict
        self._past = Past()

    def drafts(self) -> list[Claim]:
        """Give every claim at every mention, nobody's yet."""
        found: list[Claim] = []
        for number, sentence in enumerate(self._laid.sentences):
            if self._laid.whole[sentence.end - 1] == "?" or (self._digest and sentence.paragraph in self._silent):
                continue
            clauses = read_clauses(self._laid.whole, sentence, self._cued, self._tongue, self._language)
            if clauses is None or clauses.of("aside"):
                continue
            if number - self._past.sentence > _REACH:
                self._past = Past()
            counts_here = quantities(clauses, self._tongue)
            nouns = {one.noun for one in counts_here if one.noun}
            for quantity in counts_here:
                claim = self._read(clauses, quantity, nouns, number)
                if claim:
                    found.append(claim)
        return found

    def _read(self, clauses: Clauses, quantity: Quantity, nouns: set[Span], number: int) -> Claim | None:
        """Read a figure, and remember what it was for what the next leaves out."""
        past, same = self._past, number == self._past.sentence
        bare = quantity.unit == ""
        if bare and (not past.ours or past.strange == number or too_small(quantity, past, number)):
            return None
        unit, event = self._borne(clauses, quantity, nouns)
        if unit is None or (event and event.event == NOTHING):
            self._past = replace(past, strange=number)
            return None
        found = settled(clauses, quantity, unit, event, past, same_sentence=same)
        if bare and not found.unit:
            return None  # nothing is known of it, and what was known stays
        whose = self._whose(clauses, quantity, found, number)
        ours = self._ours(quantity, found, whose)
        self._past = Past(found.unit, found.event, whose, ours, number, quantity.figure.high)
        if (
            not ours
            or not self._told(clauses, quantity, found)
            or (self._strict and not self._sure(clauses, quantity, found))
        ):
            return None
        claim = draft(clauses, quantity, found, past.modality if same else "fact", noun_first=self._tongue.noun_first)
        self._past = replace(self._past, modality=claim.modality)
        return claim

    def _borne(self, clauses: Clauses, quantity: Quantity, nouns: set[Span]) -> tuple[str | None, Happened | None]:
        """Tell what a figure counts and what happened to it; a unit of None if it counts something strange."""
        if quantity.unit is None:
            return None, None
        unit = counted(clauses, quantity, self._past)
        event = happened(clauses, quantity, unit, nouns, noun_first=self._tongue.noun_first)
        if quantity.unit == "persons" and unit in HURT:  # people who came are not those who fled before
            going = happened(clauses, quantity, "persons", nouns, noun_first=self._tongue.noun_first)
            if going and not going.harm and (event is None or going.cost < event.cost):
                return "persons", going
        return unit, event

    def _whose(self, clauses: Clauses, quantity: Quantity, found: Settled, number: int) -> str:
        """Tell whose a figure's bearers are, by its sentence or else by those before."""
        persons = found.unit in _BODIES
        deed = found.by.cue if found.by else None
        whose = owner(clauses, quantity, self._speakers, deed, persons=persons, noun_first=self._tongue.noun_first)
        asked = persons or found.event in {"used", "produced"} or found.unit in CARRIERS | {"money_usd"}
        if whose or not asked:
            return whose
        same = self._past.sentence == number
        if clauses.sentence.paragraph in self._silent and not same and _common(quantity, found):
            return "other"
        if found.event == "losses" and not same and may_be_anybody(clauses, quantity):
            return ""
        if self._past.ours and (self._past.whose or (self._past.unit in _BODIES and same)):
            return self._past.whose or "KP"
        return self._remembered(number)

    def _ours(self, quantity: Quantity, found: Settled, whose: str) -> bool:
        """Whether a figure is of our ledger."""
        persons = found.unit in _BODIES
        vague = quantity.generic or bool(
            found.unit in HURT and quantity.noun
        )  # "twelve people", "90 injured": anybody's
        if persons and whose != "KP" and vague:
            return False
        if not whose and not self._about:
            return False
        return bool(found.unit) and counts(found.unit, found.event, whose)

    @staticmethod
    def _sure(clauses: Clauses, quantity: Quantity, found: Settled) -> bool:
        """Whether a figure is of our ledger even in an article that seems not to be on the topic."""
        soldiers = found.unit in _BODIES and not quantity.generic
        return soldiers and found.event in _SURE and called_korean(clauses, quantity)

    @staticmethod
    def _told(clauses: Clauses, quantity: Quantity, found: Settled) -> bool:
        """Whether enough is told of a figure to make it a claim. A headline may leave the event to its body."""
        if found.unit == "ships" and any(cue.rule.gives in _CARGO for cue in clauses.of("unit")):
            return False  # what they carried is the news
        if (found.unit in PERSONS and found.event == "sent" and homeward(clauses)) or elsewhere(clauses, quantity):
            return False
        if found.unit in PERSONS | ARMS and _doubtful(clauses, quantity, found):
            return False
        told = found.unit not in {"persons", "things"} and bool(found.event or clauses.sentence.heading)
        return told and quantity.figure.kind != "vague" and sensible(clauses, quantity, found.event)

    def _remembered(self, number: int) -> str:
        """Tell whose a figure is by the sentences before, with and without figures.

        KP if they name the Korean side, or if the article's first sentences do and no other army has been named since.
        """
        before = range(max(0, number - _REACH), number)
        if any(self._names(one)[0] for one in before):
            return "KP"
        others = any(self._names(one)[1] for one in (*before, number))
        return "KP" if not others and any(self._names(one)[0] for one in range(min(_REACH, number))) else ""

    @cached_property
    def _about(self) -> bool:
        """Whether the article is about the topic, or names Koreans at all."""
        return self._known_about or any(self._names(number)[0] for number in range(len(self._laid.sentences)))

    def _names(self, number: int) -> tuple[bool, bool]:
        """Whether a sentence names the Korean side, and another army."""
        known = self._named.get(number)
        if known is None:
            start, end, *_ = self._laid.sentences[number]
            cues = self._cued.within(start, end)
            masked = [cue for cue in cues if not any(a <= cue.start < b for a, b in self._speakers)]
            known = self._named[number] = (
                names_koreans(cues, noun_first=self._tongue.noun_first),
                names_others(masked),
            )
        return known


def silent_paragraphs(laid: Layout, anchors: Sequence[int]) -> tuple[frozenset[int], bool]:
    """Give the paragraphs that show nothing of the matter, and whether there are so many that the text is a digest.

    A heading counts as a paragraph, since an item of a digest often is little more than one; the article's headline does not.
    """
    spans: dict[int, tuple[int, int]] = {}
    for number, sentence in enumerate(laid.sentences):
        if number or not sentence.heading:
            start, _ = spans.get(sentence.paragraph, (sentence.start, 0))
            spans[sentence.paragraph] = start, sentence.end
    silent = {one for one, (start, end) in spans.items() if bisect_left(anchors, start) == bisect_left(anchors, end)}
    digest = bool(anchors) and len(spans) >= _PARAGRAPHS and len(silent) >= _SILENT * len(spans)
    return frozenset(silent) if anchors and len(spans) > 1 else frozenset(), digest


def _common(quantity: Quantity, found: Settled) -> bool:
    """Whether any news has such figures: people, prisoners, money, missiles fired."""
    return (
        found.unit in {"money_usd", "pow"} or found.event == "used" or (quantity.generic and quantity.noun is not None)
    )


def _doubtful(clauses: Clauses, quantity: Quantity, found: Settled) -> bool:
    """Whether too little is told: only where something is, or what another clause tells, of any people, of few, or of arms."""
    weak = found.by is None or bool(found.by.cue.rule.options.get("weak"))
    apart = found.by is not None and _apart(clauses, quantity, found.by.cue)
    if found.unit in ARMS:
        return found.event == "deployed" and (apart or (weak and not names_koreans_here(clauses, quantity)))
    if weak and quantity.generic and quantity.figure.high < _CROWD:
        return not called_korean(clauses, quantity)
    if apart and quantity.generic and quantity.noun is not None:
        return not names_koreans_here(clauses, quantity)
    return quantity.figure.high < _HANDFUL and found.unit == "troops" and (weak or apart)


def _apart(clauses: Clauses, quantity: Quantity, deed: Cue) -> bool:
    """Whether a deed stands in another clause than a figure, and not right beside it: "losses – 4,700"."""
    other = clauses.clause(deed.start) != clauses.clause(quantity.figure.start)
    return other and clauses.apart((quantity.start, quantity.end), (deed.start, deed.end)) > _BESIDE
