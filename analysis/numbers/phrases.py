"""Figures that belong together, or to a noun before them, in English, Russian and Ukrainian.

Guesses ("тысяч десять", "человек с двести"), what a figure shares with the next ("122- and 152-mm", "20 и 26 лет"),
shares ("four of ten"), sums told in parts, and formations of which a bound says that there is one ("up to a battalion").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.numbers.bounds import moves
from analysis.numbers.patterns import split_words
from analysis.numbers.shape import PLAIN, WORDS, Figure, whole
from analysis.numbers.tongue import word_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.numbers.bounds import Bounds
    from analysis.numbers.tongue import Tongue

_FEW, _THOUSAND, _OLDEST, _TEN, _HUNDRED, _MILLION = 5, 1000, 110, 10, 100, 10**6
_LONGEST_GAP = 24

# Guesses.

_MANY_OF = frozenset(
    split_words("тысяч тисяч тыщ миллионов мільйонів миллиардов мільярдів сотен сотень десятков десятків"),
)
_FEW_OF = frozenset(split_words("миллиона миллиарда мільйони мільярди десятка"))
_PEOPLE = frozenset(split_words("человек чоловік осіб штук единиц одиниць душ"))
_NOUNS = _PEOPLE | frozenset(
    split_words(
        "солдат солдатів солдатов бойцов бійців вояків военных військових военнослужащих військовослужбовців людей снарядов снарядів "
        "боеприпасов боєприпасів орудий гармат гаубиц гаубиць ракет мин мін рабочих робітників робочих працівників вагонов вагонів "
        "контейнеров контейнерів танков танків офицеров офіцерів раненых поранених убитых вбитих убитих погибших загиблих пленных "
        "полонених корейцев корейців северокорейцев північнокорейців саперов саперів кораблей кораблів дронов дронів",
    ),
)
_AS_WITH = re.compile(r"\s(?P<word>з|із|зо|с|со|этак|эдак|так|отак|під|под)\s")
_AS_WORDS = frozenset(split_words("з із зо с со этак эдак так отак під под"))
_OBLIQUE = re.compile(r"(?:их|ох|ех|ух|ям|ам|ом|ем|ма|ми|мя|ю|(?<!двес)ти|ка|рока|хста|[хи]сот)$")
_OF = frozenset(split_words("из із з від от у среди серед для до без против проти кроме крім числа около близько"))
_PAUSE = re.compile(r"[,.;:!?–—]")
_WORDS_BACK = 3


def invert(figures: list[Figure], folded: str) -> list[Figure]:
    """Read "тысяч десять" and "тысяч с десять" as one guessed figure, whose multiplier "или двенадцать" has, too."""
    kept: list[Figure] = []
    for figure in figures:
        last = kept[-1] if kept else None
        if last and not figure.closed and figure.scale == 1 and not figure.fraction:
            gap = folded[last.end : figure.start]
            if _is_inverted(last, figure, gap, folded):
                value = whole(figure.low * last.low)
                kept[-1] = Figure(last.start, figure.end, value, value, WORDS, int(last.low), approx="about")
                kept[-1].guessed = True
                continue
            if last.guessed and gap.strip() in _OR:
                _scale_up(figure, last)
        kept.append(figure)
    return kept


_OR = frozenset(("-", "–", "—", "или", "чи", "або"))


def _is_inverted(last: Figure, figure: Figure, gap: str, folded: str) -> bool:
    form = folded[last.start : last.end]
    if gap in {" ", "\u00a0"}:
        is_few = (last.vague_alone or form in _FEW_OF) and figure.written == WORDS and figure.low < _FEW
        return figure.written in {PLAIN, WORDS} and (form in _MANY_OF or is_few)
    if form not in _MANY_OF and not last.vague_alone:
        return False
    return _AS_WITH.fullmatch(gap) is not None and _is_nominative(figure, folded)


def _is_nominative(figure: Figure, folded: str) -> bool:
    """Whether a figure in words stands in the nominative: not "с двумястами"."""
    if figure.written != WORDS:
        return False
    first = folded[figure.start : figure.end].split(maxsplit=1)[0]
    return _OBLIQUE.search(first) is None


def _scale_up(figure: Figure, last: Figure) -> None:
    if last.low < figure.low * last.scale < last.low * _FEW and figure.low < _THOUSAND:
        figure.low = figure.high = whole(figure.low * last.scale)
        figure.scale = last.scale


def guess(figure: Figure, folded: str, begin: int) -> tuple[int, str]:
    """Give where the noun of "человек пятьсот" begins and how firm the figure is; -1 if there is none."""
    if figure.kind or figure.fraction or figure.vague_alone:
        return -1, ""
    word, place = word_before(folded, figure.first)
    firm, end = "about", figure.first
    link = _AS_WITH.fullmatch(folded, place - 1, figure.first) if place and word in _AS_WORDS else None
    if link and _is_nominative(figure, folded):
        firm, end = ("nearly" if link["word"] in {"под", "під"} else "about"), place
        word, place = word_before(folded, place)
    if word not in _NOUNS or not folded[place + len(word) : end].isspace():
        return -1, ""
    if word in _PEOPLE and (figure.written == WORDS or figure.low % 10 == 0):
        return (place, firm) if not begin or folded[begin:place].strip() else (-1, "")
    return (place, firm) if figure.written == WORDS and _is_free(place, figure, folded, begin) else (-1, "")


def _is_free(place: int, figure: Figure, folded: str, begin: int) -> bool:
    """Whether a noun before a figure in words is its own: not "из солдат двести погибли", "300 солдат двести"."""
    before = folded[max(begin, place - 40) : place]
    if not _OF.isdisjoint(before.split()[-_WORDS_BACK:]) or (begin and not _PAUSE.search(before)):
        return False
    following = folded[figure.last : figure.last + 24].split()
    return not following or following[0].strip(".,") not in _NOUNS


# What a figure shares with the next.

_ANDS = "and|or|to|и|или|і|та|й|чи|або|до"
_HANGING = re.compile(rf"-(?:,\s|,?\s(?:{_ANDS})\s)")
_AND = re.compile(r",?\s(?:and|и|і|та|й)\s|,\s")
_LASTS = frozenset(split_words("за через на течение протягом последние последних останні останніх более менее понад"))
_YEARS = frozenset(split_words("лет років"))
_MORE = re.compile(r"\s(?:of|men|women|people|troops|more|others?|(?!was|years|has)\w+s)(?!\w)")
_LIST_ENDS = re.compile(r",|\s(?:and|respectively|и|і|та)(?!\w)|[.;)]|$")
_SHARED = frozenset(("age", "calibre", "distance", "time", "measure", "percent", "ordinal"))


def share_units(figures: list[Figure], folded: str) -> None:
    """Give a figure the unit of the next where both have it: "20- and 26-year-old", "20 и 26 лет"."""
    for first, second in zip(reversed(figures[:-1]), reversed(figures[1:]), strict=True):
        if first.kind or first.closed or second.start - first.end > _LONGEST_GAP:
            continue
        gap = folded[first.end : second.start]
        if gap[:1] == "-" and second.kind in _SHARED and _HANGING.fullmatch(gap):
            first.kind, first.last = second.kind, first.end + 1
        elif second.kind in {"age", "time"} and _are_ages(first, second) and _AND.fullmatch(gap):
            _age(first, second, folded)


def _are_ages(first: Figure, second: Figure) -> bool:
    plain = first.written == second.written == PLAIN and first.scale == second.scale == 1
    return plain and first.low <= _OLDEST >= second.low


def _age(first: Figure, second: Figure, folded: str) -> None:
    if second.kind == "time":
        if folded[second.end : second.last].strip() not in _YEARS:
            return
        if word_before(folded, first.start)[0] not in _LASTS:
            second.kind = "age"
    first.kind = second.kind


def carry_age(last: Figure, figure: Figure, folded: str) -> None:
    """Take "aged 20 and 26" for two ages."""
    if figure.kind or last.kind != "age" or not _are_ages(last, figure):
        return
    gap = folded[last.last : figure.first]
    if not _AND.fullmatch(gap):
        return
    is_listed = gap != ", " or _LIST_ENDS.match(folded, figure.end)
    if is_listed and not _MORE.match(folded, figure.end):
        figure.kind = "age"


# Shares.

_IN = re.compile(r"\s(?:in|out\sof|in\severy)\s")
_OF_TEN = re.compile(r"\s(?:(?:out\s)?of|из|із|з|зі|изо)\s(?:every\s|кожних\s|каждых\s)?")
_RATES = frozenset((2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100))


def shares(figures: list[Figure], folded: str) -> list[Figure]:
    """Read "four of ten" and "one in four" as shares, which count nothing."""
    kept: list[Figure] = []
    for figure in figures:
        last = kept[-1] if kept else None
        if last and 0 < last.low < figure.low <= _HUNDRED and _is_share(last, figure, folded[last.end : figure.start]):
            value = last.low / figure.low
            kept[-1] = Figure(last.start, figure.end, value, value, WORDS, fraction=True)
        else:
            kept.append(figure)
    return kept


def _is_share(first: Figure, second: Figure, gap: str) -> bool:
    if len(gap) > _LONGEST_GAP or first.first < first.start:
        return False
    if any(one.kind or one.closed or one.fraction or one.approx != "exact" for one in (first, second)):
        return False
    if first.low > _TEN and second.low != _HUNDRED:
        return False
    if _OF_TEN.fullmatch(gap):
        return second.low in {_TEN, _HUNDRED}
    return second.low in _RATES and _IN.fullmatch(gap) is not None and "out" not in gap


# Sums told in parts.

_NO_NOUN = re.compile(
    r"\s?(?:[.,;:!?)\]–—…»”\"]|$)|\s(?:in|for|to|by|from|as|at|on|was|were|is|are|has|had|have|went|came|and|or|with|would|will|could|may|last|this|a|an|"
    r"на|в|у|за|и|і|та|й|был\w*|було|були|пошл\w+|пішл\w+|ушл\w+|это|це|уже|вже|еще|ще|из|із|з|от|від|до|по)(?!\w)(?!\s\d)",
)
_STOP = re.compile(r"[.!?]\s+[^\Wa-zа-яіїєґ]|\n\n")


def carry_currency(figures: list[Figure], folded: str, text: str) -> None:
    """Take "of it 3.2 billion" for money behind "$5 billion", if it has no noun and no new sentence begins between."""
    last: Figure | None = None
    for figure in figures:
        if figure.kind == "money":
            last = figure
        elif last and not figure.kind and figure.scale >= _MILLION and _NO_NOUN.match(folded, figure.last):
            if not _STOP.search(text, last.last, figure.start):
                figure.kind, figure.currency = "money", last.currency
                last = figure
            else:
                last = None


# Formations.

_ENGLISH_FORMATION = re.compile(r"b(?:attalion|rigade)(?![\w-])")
_SLAVIC_FORMATION = re.compile(r"б(?:атальон|атальйон|ригад)(?:а|у|ом|ы|и|і|е|ой|ою)?(?!\w)(?!\s[«\"“\d])")
_ENGLISH_WHOLE = re.compile(r"(?<=\s)an?\s(?:full\s|whole\s|entire\s|single\s|reinforced\s)?$")
_SLAVIC_WHOLE = ("цел", "полн", "усилен", "ціл", "повн", "посилен")
_REACH = 24
_JOINS = re.compile(
    r"(?<!\w)(?:приєдн|вступ|увійш|ввійш|входи|потрап|належ|долуч|додал|поверн|зарах|перев[еі]д|прикріп|прикоманд|мобіліз|служ|"
    r"прийш|призов|зверн|обращ|обрат|присоед|вернул|принадлеж|доход|дошл|дійш|(?:від|от)\s)",
)
_ABOUT_IS_NEAR = frozenset(("about", "коло", "over", "some", "under", "below", "above", "passed", "more"))


def formations(folded: str, text: str, tongue: Tongue) -> list[Figure]:
    """Give a one for each bare formation with a bound: "up to a battalion", "щонайменше бригаду".

    Its core is what stands between the bound and the noun, if only a space, and there it ends.
    """
    noun, begins = (_SLAVIC_FORMATION, _slavic_begin) if tongue.inverted else (_ENGLISH_FORMATION, _english_begin)
    found = (_formation(match.start(), folded, text, begins, tongue.bounds) for match in noun.finditer(folded))
    return [figure for figure in found if figure]


def _english_begin(folded: str, noun: int) -> int:
    """Give where the article before a noun begins, or -1."""
    article = _ENGLISH_WHOLE.search(folded, max(0, noun - _REACH), noun)
    return article.start() if article else -1


def _slavic_begin(folded: str, noun: int) -> int:
    """Give where a noun begins, or a word for "whole" before it; -1 if it is a part of a word."""
    if not folded[noun - 1 : noun].isspace():
        return -1
    at = folded.rfind(" ", max(0, noun - _REACH), noun - 1) + 1
    return at if at and folded.startswith(_SLAVIC_WHOLE, at) else noun


def _formation(
    noun: int,
    folded: str,
    text: str,
    begins: Callable[[str, int], int],
    bounds: Bounds,
) -> Figure | None:
    begin = begins(folded, noun)
    bound = bounds.before(folded, begin) if begin > 0 else None
    if not bound or text[noun].isupper():
        return None
    words = folded[bound.place : begin].strip()
    if words in _ABOUT_IS_NEAR or (words == "до" and (moves(folded, bound.place) or _joins(folded, bound.place))):
        return None
    figure = Figure(bound.place + len(words), noun, 1, 1, WORDS, approx=bound.approx, closed=True)
    figure.first = bound.place
    return figure


def _joins(folded: str, place: int) -> bool:
    """Whether "до" before a formation tells where somebody goes, not how many go."""
    return _JOINS.search(folded, max(0, place - 40), place) is not None
