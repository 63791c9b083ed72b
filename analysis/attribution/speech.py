"""Who speaks in a sentence: sources tied to the words that say that they said something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from analysis.attribution.merging import OWN
from analysis.attribution.sources import stand_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from analysis.attribution.grammar import Language
    from analysis.attribution.sources import Named
    from analysis.cues import Cue

_FAR = 170  # what a verb's subject may cost
_AFTER = 14  # what it costs to stand after the verb
_BREAK = 45  # what a break between subject and verb costs
_CLAIMING = ("speech", "citing", "according", "said_again")  # cues behind which others have no say
_SPEAK_TOO = frozenset({"citing", "according", "cited_by"})  # ties of those who may have a verb besides
_INSIDE = 90  # what it costs to be inside a clause that ends before the verb
_PASSING = 90  # what a medium may cost of which the verb is not the own, or an official beside a medium
_TIGHT = 16  # characters between a country and its verb
_OPENING = frozenset(',.;:–—-"“«(…!?')
_BREAKS = frozenset(",;:–—(")
_REACH = {"told": 20, "aside": 20, "citing": 110, "cited_by": 60, "according": 110}  # characters from cue to source
_RIGHT_BEFORE = 3  # characters between a Korean source and its document
_TOLD = 6  # characters between "told" and an office that is told: "told the UN"
_BESIDE = 34  # characters between an estimate and whose it is
_CLOSE = 16  # characters between a Korean subject and its verb: "로이터통신이 18일 보도했다"
_NAME = 24  # characters of name and title between a Korean source and its particle
_QUOTED = 25  # characters of a quotation; what is shorter is a name
_PARENTHESIS = 90  # characters from the verb of a clause put in to its subject

_SHARES = re.compile(r"[^\s,]{1,8}\s[^,.]*\d[^,.]*,\s(?:\S{1,8}\s){0,2}")  # a figure, and the next who gives one
_QUOTES = re.compile(rf"“[^”]{{{_QUOTED},}}”|«[^»]{{{_QUOTED},}}»|\"[^\"]{{{_QUOTED},}}\"")
_SIGNS = ("“", "«", '"')
_WORDS = re.compile(r"[ \xa0)][^ \xa0]*")
_WORD = re.compile(r"[^\s,]*")
_EMBEDDED = re.compile(
    r"\w{0,3}(?:다고|라고|다는|다며)"
)  # "김정은이 …고 말했다고 …통신이 보도했다": the verb within is another's
_SET_APART = re.compile(r"\s?[\"“‘「:]|\s[–—-]\s")
_GAPPED = re.compile(r"\s[–—-]\s|\sat\s(?:\w+\s)?\d")
_AFTER_BREAK = re.compile(r"(?:[:–—…|]|\s-|[\"”»])\s*[\"«“]?$")
_END = re.compile(r"[\s»”\"'.]*")
_SAYS_WHAT = re.compile(r"\b(?:that|що|что)\b")  # whoever stands behind does not say it, but is spoken of
_PUT_IN = re.compile(r"[,–—»”\"]\s(?:[–—-]\s)?(\w+)\s")


Span: TypeAlias = tuple[int, int]


class Anchor(NamedTuple):
    """A source that speaks: from where to where source and cue reach, the source, how it is tied, and by which rule."""

    start: int
    end: int
    named: Named
    by: str
    rule: str


class Stretch(NamedTuple):
    """A stretch of text with its sources and, by kind, its cues, in order: what may be tied together."""

    text: str
    start: int
    end: int
    named: Sequence[Named]
    cues: Mapping[str, Sequence[Cue]]
    heading: bool = False

    def of(self, kind: str) -> Sequence[Cue]:
        """Give the cues of a kind."""
        return self.cues.get(kind, ())

    def before(self, place: int) -> Named | None:
        """Give the source right before a place: "MSMT 보고서는"."""
        for one in self.named:
            if one.end <= place and place - one.end <= _RIGHT_BEFORE and not self.text[one.end : place].strip("의 )）"):
                return one
        return None


def anchors(stretch: Stretch, language: Language) -> list[Anchor]:
    """Tie the sources of a stretch to its cues, in order. A source is tied once, by the surest cue."""
    tied: dict[int, Anchor] = {}
    if "said_again" in stretch.cues:
        for anchor in _said_again(stretch, language):
            tied.setdefault(anchor.named.start, anchor)
    for anchor in _claims(stretch, language):
        tied.setdefault(anchor.named.start, anchor)
    free = [one for one in stretch.named if one.start not in tied] if tied else stretch.named
    text, start, end = stretch.text, stretch.start, stretch.end
    quoted = any(text.find(sign, start, end) >= 0 for sign in _SIGNS)
    quotes = [found.span() for found in _QUOTES.finditer(text, start, end)] if quoted else []
    if free:
        _tie_free(stretch, free, quotes, tied, language)
    found = [anchor for anchor in tied.values() if anchor.by != "aside"]
    outside = [anchor for anchor in found if _quote_of(anchor.named.start, quotes) is None] if quotes else found
    return sorted(outside or found)  # who speaks within another's words counts for nothing


def _tie_free(
    stretch: Stretch, free: Sequence[Named], quotes: Sequence[Span], tied: dict[int, Anchor], language: Language
) -> None:
    """Tie the sources that no cue claims for itself."""
    subjects = [one for one in stretch.named if one.start not in tied or tied[one.start].by in _SPEAK_TOO]
    evidence = list(_evidence(stretch, free, language)) if "evidence" in stretch.cues else []
    documents = {anchor.named.start for anchor in evidence}
    for anchor in (*_subjects(stretch, subjects, quotes, language), *evidence):
        document = anchor.by == "speech" and anchor.named.start in documents
        tied.setdefault(anchor.named.start, anchor._replace(by="document") if document else anchor)
    left = [one for one in free if one.start not in tied]
    if not left:
        return
    for anchor in (*_put_in(stretch, left, language), *_headline(stretch, left)):
        tied.setdefault(anchor.named.start, anchor)
    if tied:
        for anchor in _gapped(stretch, left):
            tied.setdefault(anchor.named.start, anchor)


def _said_again(stretch: Stretch, language: Language) -> Iterator[Anchor]:
    """Sources named before, each with its verb; where one is named behind ("за словами посадовця в Сеулі"), that one."""
    for start, end, rule in stretch.of("said_again"):
        before = stretch.before(start) if language.before else None
        if before is not None:
            yield Anchor(before.start, end, before, "evidence", rule.id)
            continue
        after = next((one for one in stretch.named if one.start >= end), None) if rule.options.get("open") else None
        if after and after.start - end <= _BESIDE and _BREAKS.isdisjoint(stretch.text[end : after.start]):
            yield Anchor(start, after.end, after, "evidence", rule.id)
        else:
            yield Anchor(start, end, stand_in(start, end, rule), "said_again", rule.id)


def _claims(stretch: Stretch, language: Language) -> Iterator[Anchor]:
    """Sources that a cue claims for itself."""
    for one in stretch.named:
        if one.told or (one.medium and language.told and stretch.text.startswith(language.told, one.end)):
            yield Anchor(one.start, one.end, one, "told", one.rule)
    for kind, reach in _REACH.items():
        if kind not in stretch.cues:
            continue
        for cue in stretch.of(kind):
            found = _before(stretch, cue, reach // 2) if language.before else _after(stretch, cue, reach)
            far = found is not None and _apart(stretch.text, found, cue, language)
            if found is not None and not (kind == "told" and not found.medium and far):
                by = "aside" if kind == "told" and not found.medium else kind
                yield Anchor(min(cue.start, found.start), max(cue.end, found.end), found, by, cue.rule.id)
                if kind == "citing" and not found.medium:
                    yield from _citing(stretch, cue, min(found.start, cue.start))


def _apart(text: str, one: Named, cue: Cue, language: Language) -> bool:
    """Whether a source stands too far from "told" to be who was told; in Korean, with a particle, it is who tells."""
    if language.before:
        return cue.start - one.end > _TOLD or " " in text[one.end : cue.start]
    return max(one.start - cue.end, cue.start - one.end) > _TOLD


def _citing(stretch: Stretch, cue: Cue, start: int) -> Iterator[Anchor]:
    """The medium that cites: the last one before."""
    for one in reversed(stretch.named):
        if one.end <= start and one.medium:
            yield Anchor(one.start, max(one.end, cue.end), one, "speech", cue.rule.id)
            return


def _after(stretch: Stretch, cue: Cue, reach: int) -> Named | None:
    """The first source after a cue, unless another cue claims it."""
    one = next((one for one in stretch.named if one.start >= cue.end), None)
    if one is not None and one.kind == "country" and not _BREAKS.isdisjoint(stretch.text[cue.end : one.start]):
        return None
    return None if one is None or one.start - cue.end > reach or _taken(stretch, cue.end, one.start) else one


def _before(stretch: Stretch, cue: Cue, reach: int) -> Named | None:
    """The last source before a cue."""
    one = next((one for one in reversed(stretch.named) if one.end <= cue.start), None)
    return None if one is None or cue.start - one.end > reach or _taken(stretch, one.end, cue.start) else one


def _taken(stretch: Stretch, start: int, end: int) -> bool:
    """Whether a cue of speech stands between: what is behind it is not meant."""
    return any(start <= cue.start and cue.end <= end for kind in _CLAIMING for cue in stretch.of(kind))


def _subjects(stretch: Stretch, named: Sequence[Named], quotes: Sequence[Span], language: Language) -> Iterator[Anchor]:
    """Who does the saying, for every verb of speech: an official, a medium, or an official through a medium."""
    if not language.before:
        named = [one for one in named if _may_speak(stretch, one, language)]
    for cue in stretch.of("speech") if named else ():
        heard = named
        if quotes:
            heard = [one for one in named if _quote_of(one.start, quotes) in {None, _quote_of(cue.start, quotes)}]
        found = _topics(stretch.text, heard, cue, language) if language.before else _nearest(stretch.text, heard, cue)
        for place, one in enumerate(found):
            if one is not None:
                end = one.end if place and language.before else max(one.end, cue.end)
                yield Anchor(min(one.start, cue.start), end, one, "speech", cue.rule.id)


def _may_speak(stretch: Stretch, one: Named, language: Language) -> bool:
    """Whether a source may be a subject: a country only where a clause begins, "Seoul's" not at all."""
    if one.kind != "country":
        return one.kind != "" or not one.general or not stretch.text.startswith(OWN, one.end)
    before = stretch.text[stretch.start : one.start].rstrip()
    return not before or before[-1] in _OPENING or before.rpartition(" ")[2].lower() in language.opens


def _quote_of(place: int, quotes: Iterable[Span]) -> int | None:
    """Where the quotation begins in which a place lies."""
    return next((start for start, end in quotes if start < place < end), None)


def _nearest(text: str, named: Sequence[Named], cue: Cue) -> list[Named | None]:
    """The sources nearest to a verb, at most one official and one medium; what stands between costs."""
    costs = sorted((_cost(text, one, cue), one) for one in named)
    if not costs or costs[0][0] >= _FAR:
        return []
    first = costs[0][1]
    other = next((one for cost, one in costs[1:] if cost < _PASSING and one.medium != first.medium), None)
    return [first, other]


def _cost(text: str, one: Named, cue: Cue) -> int:
    before = one.end <= cue.start
    gap = text[one.end : cue.start] if before else text[cue.end : one.start]
    breaks = 0 if _BREAKS.isdisjoint(gap) else sum(map(gap.count, _BREAKS))
    if one.kind == "country" and (not before or breaks or len(gap) > _TIGHT):
        return _FAR
    if not before:
        return _FAR if _SAYS_WHAT.search(gap) else len(gap) + _BREAK * breaks + _AFTER
    if breaks % 2:  # inside a clause that ends before the verb: "роздивившись кадри ЦТАК, нарахували"
        return len(gap) + _BREAK * breaks + _INSIDE
    return len(gap) + _BREAK * breaks // 2 if breaks else len(gap) // 2


def _topic(text: str, named: Iterable[Named], cue: Cue, language: Language) -> Named | None:
    """The subject before a Korean verb: close to it, or else the last topic of the sentence, or else its last subject."""
    topic = subject = None
    for one in named:
        if one.end > cue.start:
            break
        particle = _particle(text, one.end, language)
        if particle and cue.start - one.end <= _CLOSE:
            return one
        if particle == "topic":
            topic = one
        elif particle:
            subject = one
    if topic and subject and subject.start > topic.start and _EMBEDDED.match(text, cue.end):
        return subject
    return topic or subject


def _topics(text: str, named: Sequence[Named], cue: Cue, language: Language) -> list[Named | None]:
    """The subject before a Korean verb, with those who share it: "미 당국은 1200명, 국정원은 1100명으로 추산했다"."""
    last = _topic(text, named, cue, language)
    found = [last]
    for one in reversed(named):
        if last is None or one.end > last.start:
            continue
        if _particle(text, one.end, language) != "topic" or not _SHARES.fullmatch(text, one.end, last.start):
            break
        found.append(one)
        last = one
    return found


def _particle(text: str, end: int, language: Language) -> str:
    """Which particle a Korean source bears, if any, itself or after a name or title."""
    window = text[end : end + _NAME]
    own = _WORD.match(window)
    for word in ([own[0]] if own else []) + _WORDS.findall(window):
        if not {",", ".", "“", '"'}.isdisjoint(word):
            return ""
        if word.endswith(language.topics):
            return "topic"
        if word.endswith(language.objects):
            return ""
        if word.endswith(language.subjects):
            return "subject"
    return ""


def _evidence(stretch: Stretch, free: Sequence[Named], language: Language) -> Iterator[Anchor]:
    """Whose estimate it is: that of the source nearest to it."""
    for cue in stretch.of("evidence"):
        best, nearest = None, _BESIDE + 1
        for one in free:
            if one.kind == "country" or (language.before and one.start >= cue.start):
                continue
            gap = stretch.text[one.end : cue.start] if one.end <= cue.start else stretch.text[cue.end : one.start]
            if len(gap) < nearest and _BREAKS.isdisjoint(gap):
                best, nearest = one, len(gap)
        if best is not None:
            yield Anchor(min(best.start, cue.start), max(best.end, cue.end), best, "evidence", cue.rule.id)


def _put_in(stretch: Stretch, free: Sequence[Named], language: Language) -> Iterator[Anchor]:
    """Who speaks in a clause put in, whatever its verb: ", уточнює Головне управління розвідки, …"."""
    if not language.verb_ends:
        return
    for found in _PUT_IN.finditer(stretch.text, stretch.start, stretch.end):
        verb = found[1]
        if not verb.endswith(language.verb_ends) or verb in language.not_verbs or not verb.islower():
            continue
        one = next((one for one in free if one.start >= found.end()), None)
        if one is None or one.kind == "country" or one.start - found.end() > _PARENTHESIS:
            continue
        if _BREAKS.isdisjoint(stretch.text[found.end() : one.start]):
            yield Anchor(found.start(1), one.end, one, "speech", "put-in")


def _headline(stretch: Stretch, free: Sequence[Named]) -> Iterator[Anchor]:
    """A source that is set apart: 'NIS: …', '… – Seoul', '국정원 "…"'."""
    text, start, end = stretch.text, stretch.start, stretch.end
    for one in free:
        if one.kind == "country" and not stretch.heading:
            continue
        ahead = _SET_APART.match(text, one.end, end)
        behind = _AFTER_BREAK.search(text, max(start, one.start - 4), one.start)
        closes = behind and _END.fullmatch(text, one.end, end)
        opens = ahead and (stretch.heading or ahead[0].strip() in {'"', "“", "‘", "「", ":"})
        if closes or opens:
            yield Anchor(one.start, one.end, one, "heading", one.rule)


def _gapped(stretch: Stretch, free: Sequence[Named]) -> Iterator[Anchor]:
    """Who speaks after another with the verb left out: "разведка говорила о двух тысячах, британцы – о шести"."""
    for one in free:
        if stretch.text[max(one.start - 6, stretch.start) : one.start].rstrip(" аa\xa0").endswith(
            (",", ";")
        ) and _GAPPED.match(stretch.text, one.end, stretch.end):
            yield Anchor(one.start, one.end, one, "speech", "gapped")
