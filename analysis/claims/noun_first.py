"""What a figure counts in a language that puts the noun before it and a counter behind: 포탄 520만 발.

The noun stands right before the figure (over its particle and over words such as 총 and 최소), or behind the counter
(1만 명의 병력), or the counter alone tells (260여 문). A strange noun there counts something else: 관중 1만8천 명.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.claims.quantity_model import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.claims.clauses import Clauses
    from analysis.cues import Cue
    from analysis.numbers import Number

_STOPS = ".,;!?…·"
_OPENING = "\"“”'‘’「(·…"
_PARTICLES = re.compile(
    r"(?:들)?(?:\s?(?:수|숫자|규모|인원|총수|물량|전력|병력|횟수|대수))?(?:이|가|은|는|을|를|의|도|만|과|와|로|으로|에서|에|중|까지|등)?[\"”’'」)]?"
)
_BOUND = r"(?:여|남짓|가량|정도|이상|이하|안팎|규모|쯤|내외|미만|선|대|분량|어치|들이)?"
_LEADS_ON = re.compile(
    rf"\s?{_BOUND}\s?(?:의|에 달하는|에 이르는|에 육박하는|에 가까운|[이을]? ?넘는|을 웃도는|을 상회하는|상당의|으로 구성된|으로 이뤄진|으로 이루어진)\s+"
    r"|(?<=의)\s+|(?<=넘는)\s+"
)
_TOLD, _IS = re.compile(r"(?:은|는|이|가) "), re.compile(r"이다|이고|이며|이었|였|으로 |로 |인 것|라고|이라|다\.")
_SHARE = re.compile(r"\s?(?:이상|가량|정도|남짓|여|안팎)?\s?(?:분량|어치)")
_BEFORE = re.compile(r"(\S+)\s*$")
_WORD = re.compile(r"[^\s,.…·()\"”“'’‘;:!?]+")
_INFLECTED = re.compile(
    r"(?:은|는|이|가|을|를|에|서|로|의|도|만|와|과|랑|며|고|한|된|(?:절반|최대|최소|규모|수준|배|이상|이하|분의 ?\d)인|던|할|될|낸|간|온|난|진|친|린|킨|긴|본|준|운|든|해|돼|여|어|아|쳐|겨|려|켜|펴|져|워|춰|러|써|니|면|지|다|데|나|뿐|까지|부터|보다|마다|씩|등|및|중|때|뒤|후|전|째|게|히|리|내|듯|채|차|야|라|란|적|쯤|새|달|년|월|일|때문|이래|무렵|말|초|순|기준|직후|직전|이후|이전|기간|동안)$"
)
"""How a word ends that is no bare noun: with a particle, as a verb, or as a time."""
_SUBJECT = re.compile(r"(?:이|가|을|를|은|는|에서|에)$")
_ADVERBIAL = re.compile(r"(?:에|에서|로|까지|부터|간|동안|만에|들어|새|이후|이래|현재|기준)$")
_ELLIPTIC = re.compile(r"$|[^\w]|이|가 |은 |는 |을 |를 |에 |에서|으로|로 |도 |의 |만 |여 ")
_OTHER_COUNTER = re.compile(r"(?!이|가|은|는|을|를|의|에|도|만|여|으로|로|과|와|남짓|가량|선|대)[가-힣]")
_PEOPLE_GAP = re.compile(r"\s?(?:출신|국적|측|소속|정규|현역|정예|젊은|건설|여성|남성)?(?:의|인)?\s?")
_OBJECT = re.compile(r"\s?(?:을|를)\s(?!통해|이용|동원|활용|타고|이끌|거느)")
_BESIDE = re.compile(r"(?:와|과|,|·| 및| 등)\s?(?:\d+ ?(?:㎜|mm|밀리)?\s?)?")
_AT_SEA = re.compile(r"[가-힣]호[는가의와 ’']|항[을에과와·으의] ?|뱃길|해상|바닷길")
_NOT_AT_SEA = re.compile(r"항공|여객기|비행|직항|열차|철도|정상회담")
_INCLUDED = re.compile(
    r"(\S+(?: \S+)?)(?:을|를|까지|등을|도)? (포함|포함해|포함한|포함하면|비롯해|비롯한|더해|더하면|합쳐|합하면|합한|합친) (?:\S+ )?$"
)
_SUMMED = frozenset({"더해", "더하면", "합쳐", "합하면", "합한", "합친"})
_CAPTORS = re.compile("우크라이나군(?:은|는|이|가|도) |우크라군(?:은|는|이|가|도) ")
_SUFFERED = re.compile(
    "잃|숨지|숨졌|숨진|사망했|전사했|다쳤|다치|부상당|부상했|피해를|손실을|철수|퇴각|포로가|포로로|투입|배치|집결"
)
_LOST = re.compile(r"(?:을|를) 잃|의 (?:손실|피해)를 (?:입|봤)")
_AS_SUBJECT = re.compile(r"(?:이|가|을|를) (?!넘|웃돌|상회|육박|조금|훌쩍|채 |안 |못)")
_TOTAL = re.compile(r"(?:총|모두|도합|합쳐|합해|등)\s?(?:총|모두|도합)?\s?$")
_COMMANDING, _HARMED = frozenset({"officers", "generals"}), frozenset({"killed", "wounded", "missing"})
_CALIBRE = re.compile(r"\d+ ?(?:㎜|mm|밀리(?:미터)?)급?\s")
_SUFFERER = re.compile(
    r"(?P<wounded>다친|부상한|부상당한|부상 입은)|(?P<killed>숨진|전사한|사망한|희생된|산화한|쓰러진|스러진)"
    r"|(?P<pow>붙잡힌|붙잡은|생포된|생포한|사로잡힌|사로잡은)|(?P<missing>실종된)|(?P<deserters>탈영한|달아난)"
)
_ROUNDS = re.compile("미사일|탄도탄|포탄|탄약|사포탄|로켓탄")
_LOOK_BACK, _LONGEST = 300, 60  # characters: back to what was spoken of; of a few words
_VOYAGE_REACH, _OF_REACH, _NEAR_WORDS = 3, 3, 4  # words
_BARE = 10  # the smallest figure that counts a noun without a counter
_MASSES = 1000  # of rounds and pieces without a noun; fewer may be anything


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure with its counter, if it has one, among the cues of its sentence. `taken` are nouns of figures before."""

    clauses: Clauses
    number: Number
    counter: Cue | None
    taken: set[tuple[int, int]]

    @property
    def unit(self) -> str:
        """What the counter counts."""
        return self.counter.rule.gives if self.counter else ""

    @property
    def written(self) -> str:
        """The counter as it stands there."""
        return self.clauses.whole[self.counter.start : self.counter.end] if self.counter else ""

    @property
    def stop(self) -> int:
        """Where the counter ends, or the figure without one."""
        return self.counter.end if self.counter else self.number.core[1]

    @property
    def end(self) -> int:
        """Where figure, counter and the words that bound them end."""
        return max(self.number.end, self.stop)

    def agrees(self, noun: Cue) -> bool:
        """Whether the counter may stand with a noun, as its rule's `with` says: people are counted in 명, and nothing else is."""
        allowed = self.counter.rule.options.get("with") if self.counter else None
        return not isinstance(allowed, list) or noun.rule.gives in allowed

    def quantity(self, unit: str | None, noun: Cue | None = None) -> Quantity:
        """Give the figure as one of a unit: None is something strange."""
        rules = tuple(cue.rule.id for cue in (noun, self.counter) if cue and unit is not None)
        start, end = self.number.start, self.end
        if noun:
            start, end = _with_people(self.clauses, min(start, noun.start)), max(end, noun.end)
        place = (noun.start, noun.end) if noun else None
        return Quantity(self.number, start, end, unit, place, rules, generic=unit in {"persons", "things"})


def noun_before(clauses: Clauses, figure: Number, taken: set[tuple[int, int]]) -> Quantity:
    """Find what a Korean figure counts: the noun before it, else what "명의" points to, else its counter."""
    one = _Figure(clauses, figure, _counter(clauses, figure), taken)
    if _dropped(one):
        return one.quantity(None)
    for read in (_voyages, _formation, _whole, _by_noun, _by_counter):
        if found := read(one):
            return found
    elliptic = _ELLIPTIC.match(clauses.whole, figure.end) and figure.low >= _MASSES
    return one.quantity("" if elliptic else None)


def _counter(clauses: Clauses, figure: Number) -> Cue | None:
    """Give the counter behind a figure: "명" of "3천여 명", whose figure may take in the words behind it ("3천 명 이상")."""
    low, high = figure.core[1], max(figure.end, figure.core[1]) + 1
    near = [cue for cue in clauses.of("counter") if low <= cue.start <= high]
    return next((cue for cue in near if clauses.whole[low : cue.start].strip() in {"", "여", "남짓"}), None)


def _dropped(one: _Figure) -> bool:
    """Whether a phrase says that the figure counts something else: "개국", "한발 더"."""
    low, high = one.number.core
    if one.counter and one.clauses.whole.startswith("당", one.stop):
        return True  # "한 명당"
    behind = {high, high + 1, one.number.end, one.number.end + 1}
    if one.counter:
        behind.add(one.counter.end + 1)
    for cue in one.clauses.of("drop"):
        if low <= cue.start < high < cue.end:
            return True
        if cue.start in behind and (one.counter is None or cue.end > one.counter.end):
            return True
    return False


def _voyages(one: _Figure) -> Quantity | None:
    """Read "67차례" as voyages only beside a word for them ("오가며", "운항") and only of ships."""
    if one.unit != "ships_voyages":
        return None
    clauses, place = one.clauses, (one.number.start, one.end)
    near = any(
        cue.rule.gives == "ships_voyages"
        and clauses.apart(place, (cue.start, cue.end)) <= (_VOYAGE_REACH if cue.start >= one.end else 1)
        and not any(one.end <= other.start < cue.start for other in clauses.figures)
        for cue in clauses.of("unit")
    )
    sentence = clauses.whole[clauses.start : clauses.end]
    ships = any(cue.rule.gives == "ships" for cue in clauses.of("unit"))
    at_sea = ships or (_AT_SEA.search(sentence) and not _NOT_AT_SEA.search(sentence))
    return one.quantity("ships_voyages" if near and at_sea else None)


def _formation(one: _Figure) -> Quantity | None:
    """Read "3개 여단" with the men and the people named before it: "북한 공병 3개 여단"."""
    if one.unit not in {"brigades", "battalions"}:
        return None
    clauses, at = one.clauses, one.number.start
    men = next((cue.start for cue in clauses.of("unit") if _PEOPLE_GAP.fullmatch(clauses.whole, cue.end, at)), at)
    return replace(one.quantity(one.unit), start=_with_people(clauses, men))


def _whole(one: _Figure) -> Quantity | None:
    """Read a whole whose part is named before it: "공병을 포함해 1만5천 명", but not "북한군 1만 명을 포함해 5만 명"."""
    clauses, at = one.clauses, one.number.start
    part = _INCLUDED.search(clauses.whole, max(clauses.start, at - _LONGEST), at) if one.unit == "persons" else None
    if not part:
        return None
    summed = part[2] in _SUMMED
    known = [cue for cue in clauses.of("unit") if cue.end <= part.end() and one.agrees(cue)]
    if [cue.rule.gives for cue in known if cue.end > part.start()] == ["generals", "officers"]:
        return None  # "장성 3명을 포함해 장교 500명": the nouns tell
    if any(part.start() <= other.start < part.end() for other in clauses.figures if other is not one.number):
        harmed = {cue.rule.gives for cue in known if cue.start >= part.start()} & {"killed", "wounded", "missing"}
        return replace(one.quantity("casualties" if harmed else None), noun=part.span() if harmed else None)
    known = known if summed else [cue for cue in known if cue.end <= part.start()]
    units = {cue.rule.gives for cue in known} if summed else {cue.rule.gives for cue in known[-1:]}
    return one.quantity(units.pop() if len(units) == 1 else "troops")


def _by_noun(one: _Figure) -> Quantity | None:
    """Read the noun behind or before a figure; a strange one means that the figure is none of ours."""
    noun, foreign = _behind(one)
    if noun and (not one.agrees(noun) or _SHARE.match(one.clauses.whole, one.stop)):
        noun = None
    noun = noun or (None if one.counter else _next(one))
    if noun is None:
        noun, strange = _before(one)
        foreign = foreign or strange
        if noun and not one.agrees(noun):
            if one.written == "발" and noun.rule.gives in {"mlrs", "artillery"}:
                return one.quantity("shells", noun)  # "방사포 6발": its rounds
            noun = None
    if noun and (theirs := _of_captors(one, noun)):
        return theirs
    if noun is None:
        return one.quantity(None) if foreign and one.unit not in {"oil_barrels", "artillery"} else None
    unit = noun.rule.gives
    few = one.number.high <= 1 and one.number.approx != "at_least"
    single = few and one.unit in {"things", "artillery", "ships"}  # "전차 한 대": a find or a sight
    uncounted = one.counter is None and (
        one.number.high < _BARE or _OTHER_COUNTER.match(one.clauses.whole, one.number.end)
    )
    carries = unit == "ships" and not _OBJECT.match(one.clauses.whole, one.stop)  # ships that carry are no freight
    if single or uncounted or carries:
        return one.quantity(None)
    return one.quantity("artillery" if unit == "mlrs" and _beside_guns(one.clauses, noun) else unit, noun)


def _of_captors(one: _Figure, noun: Cue) -> Quantity | None:
    """Read a figure behind an army that is the subject: its own dead are none of ours, those it took are not its own."""
    army = _CAPTORS.match(one.clauses.whole, noun.start, one.number.start)
    if not army:
        return None
    behind = next((at for at in one.clauses.breaks if at > one.end), one.clauses.end)
    suffered = _SUFFERED.search(one.clauses.whole, one.end, behind)
    return one.quantity(None if suffered or not one.counter else one.unit)


def _by_counter(one: _Figure) -> Quantity | None:
    """Let the counter alone tell what is counted: 260여 문, 600명."""
    if one.counter is None:
        return None
    few = one.number.high <= 1 and one.unit not in {"oil_barrels", "wagons"}  # "한 명은": one of those before
    loose = one.written == "사람" or (one.written == "개" and one.number.low < _MASSES)
    if few or loose or one.unit == "ships" or (one.unit == "persons" and (_of_strangers(one) or _of_nothing(one))):
        return one.quantity(None)
    if one.unit == "persons" and (told := _by_participle(one)):
        return told
    if one.unit == "persons" and _TOTAL.search(one.clauses.whole, one.clauses.start, one.number.core[0]):
        return _total(one)
    behind = one.clauses.whole[: one.number.start].rstrip()
    if one.unit == "persons" and any(cue.end in {len(behind), one.number.start} for cue in one.clauses.of("subset")):
        return replace(one.quantity(""), subset=True)  # "이 가운데 600명": of those before
    return one.quantity((_rounds(one) if one.written == "발" else "") or one.unit)


def _by_participle(one: _Figure) -> Quantity | None:
    """Read "다친 2천 명" as wounded: a participle right before a figure without a noun tells who they are."""
    place = next(_words_back(one.clauses, one.number.start), (0, 0))
    told = _SUFFERER.fullmatch(one.clauses.whole, *place)
    return replace(one.quantity(told.lastgroup), noun=place) if told and told.lastgroup else None


def _total(one: _Figure) -> Quantity:
    """Read "모두 4천 명" behind its parts: dead and wounded are casualties, officers are troops, two armies are none of ours."""
    clauses, at = one.clauses, one.number.start
    parts = [cue for cue in clauses.of("unit") if cue.end <= at]
    units = {cue.rule.gives for cue in parts}
    armies = {cue.rule.gives for cue in clauses.of("side") if any(part.start <= cue.start < part.end for part in parts)}
    if len(armies) > 1:
        return one.quantity(None)
    if len(units & _HARMED) > 1:
        return one.quantity("casualties")
    return one.quantity("troops" if units and units <= _COMMANDING else one.unit)


def _of_strangers(one: _Figure) -> bool:
    """Whether a figure goes on counting the strangers of the one before: "민간인 44명이 숨지고 213명이 다쳤다"."""
    clauses, at = one.clauses, one.number.start
    if _LOST.match(clauses.whole, one.end) and _CAPTORS.search(clauses.whole, clauses.start, at):
        return True  # "우크라이나군이 북한군과 싸우다 300명을 잃었다"
    before = next((number for number in reversed(clauses.figures) if number.end <= at), None)
    if before is None or any(before.end <= cue.start < at for cue in clauses.of("unit")):
        return False
    other = _Figure(clauses, before, _counter(clauses, before), one.taken)
    return other.unit == "persons" and _before(other) == (None, True) and before.end < at


def _of_nothing(one: _Figure) -> bool:
    """Whether the sentence has no word of ours at all and makes the figure's people its subject: "43만 명이 입대했다"."""
    ours = any(one.clauses.of(kind) for kind in ("event", "unit", "subset"))
    return not ours and bool(_AS_SUBJECT.match(one.clauses.whole, one.end))


def _rounds(one: _Figure) -> str:
    """Tell what 발 counts without a noun: what was last spoken of, shells or missiles, and in masses always shells."""
    before = [cue.rule.gives for cue in one.clauses.of("unit") if cue.end <= one.number.start]
    known = [unit for unit in before if unit in {"shells", "missiles"}]
    if known or one.number.low >= _MASSES:
        return known[-1] if known else "shells"
    said = _ROUNDS.findall(one.clauses.whole, max(0, one.clauses.start - _LOOK_BACK), one.clauses.start)
    return "" if not said else "missiles" if said[-1] in {"미사일", "탄도탄"} else "shells"


def _with_people(clauses: Clauses, start: int) -> int:
    """Give where a noun's phrase begins with the people named right before it: "아프리카 출신 노동자"."""
    for cue in clauses.of("side"):
        if cue.start < start < cue.end or (cue.end <= start and _PEOPLE_GAP.fullmatch(clauses.whole, cue.end, start)):
            return cue.start
    return start


def _beside_guns(clauses: Clauses, noun: Cue) -> bool:
    """Whether launchers are counted with guns: "자주포와 방사포 260문"."""
    return any(
        cue.rule.gives == "artillery"
        and cue.end <= noun.start
        and _BESIDE.fullmatch(clauses.whole, cue.end, noun.start)
        for cue in clauses.of("unit")
    )


def _next(one: _Figure) -> Cue | None:
    """Give the noun that follows a figure without a counter: "3천여 병력"."""
    whole, at = one.clauses.whole, one.number.end
    if one.number.low < _BARE or re.search(r"[\w·-]$", whole[: one.number.start][-1:]):
        return None
    return next((cue for cue in one.clauses.of("unit") if cue.start == at + 1 and whole[at] == " "), None)


def _behind(one: _Figure) -> tuple[Cue | None, bool]:
    """Give the noun to which "명의" and the like point, or that is told of a figure; and whether they point to a strange one."""
    clauses, at = one.clauses, one.end if one.counter else one.stop
    if told := _TOLD.match(clauses.whole, at, clauses.end):
        cue = next((cue for cue in clauses.of("unit") if cue.start == told.end()), None)
        if cue and _IS.match(clauses.whole, cue.end):
            return (cue, False) if one.number.high > 1 else (None, True)  # "500명은 장교이고", "한 명은 저격수이고"
    leads = _LEADS_ON.match(clauses.whole, at, clauses.end)
    if not leads:
        return None, False
    at = leads.end()
    if calibre := _CALIBRE.match(clauses.whole, at):
        at = calibre.end()  # "120문의 170㎜ 자주포"
    for step in range(_OF_REACH):
        word = _WORD.match(clauses.whole, at, clauses.end)
        if not word:
            break
        cue = next((cue for cue in clauses.of("unit") if word.start() <= cue.start < word.end()), None)
        if cue and (cue.start, cue.end) not in one.taken:
            return cue, False
        known = _known(clauses, word.start(), word.end())
        if _SUBJECT.search(word[0]) or not (known or _INFLECTED.search(word[0])):
            return None, step == 0 and not known
        at = word.end() + clauses.whole[word.end() : word.end() + 1].isspace()
    return None, False


_KNOWN = ("filler", "side", "flow", "event", "modality", "recap", "increment", "subset", "rate", "break", "unit")


def _known(clauses: Clauses, start: int, end: int) -> bool:
    """Whether a word is one of the grammar's, and so no strange noun."""
    return any(start <= cue.start < end for kind in _KNOWN for cue in clauses.of(kind))


def _before(one: _Figure) -> tuple[Cue | None, bool]:
    """Give the noun right before a figure, over particles and fillers, and whether a strange noun stands there."""
    clauses, beside = one.clauses, True
    for number, (start, end) in enumerate(_words_back(clauses, one.number.start)):
        cue = max((c for c in clauses.of("unit") if start < c.end <= end), key=lambda c: c.end, default=None)
        if cue and _PARTICLES.fullmatch(clauses.whole, cue.end, end):
            return (None if (cue.start, cue.end) in one.taken else cue), False
        strange = any(
            start < c.end <= end and _PARTICLES.fullmatch(clauses.whole, c.end, end) for c in clauses.of("drop")
        )
        if strange and beside:
            return None, True
        if any(c.start <= start and c.end >= end for c in clauses.of("filler")):
            continue
        written = clauses.whole[start:end]
        if number == 0 and _bare(written) and not _known(clauses, start, end):
            return None, True
        if strange or not _ADVERBIAL.search(written):
            break
        beside = False  # "드론 공격으로 40여 명": no drones are counted
    return None, False


def _bare(word: str) -> bool:
    """Whether a word is a noun without a particle, as one that is counted is."""
    return bool(re.search(r"[가-힣]$", word)) and not _INFLECTED.search(word) and not re.search(r"\d", word)


def _words_back(clauses: Clauses, at: int) -> Iterator[tuple[int, int]]:
    """Give words before a place, the nearest first, up to a stop."""
    for _ in range(_NEAR_WORDS):
        word = _BEFORE.search(clauses.whole, max(clauses.start, at - _LONGEST), at)
        if not word or word[1][-1] in _STOPS:
            return
        yield word.end(1) - len(word[1].lstrip(_OPENING)), word.end(1)
        at = word.start(1)
