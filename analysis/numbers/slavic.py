"""Russian and Ukrainian: their number words in all cases, and what tells ordinals, years and formations from counts.

One table for both, as each press quotes the other language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.numbers import bounds, ranges, units
from analysis.numbers.cardinals import (
    ADD,
    AND_HALF,
    COEFFICIENT,
    EITHER,
    FEW,
    HALF,
    MANY,
    MULTIPLIER,
    ODD,
    OF_TWO,
    ONE,
    PACK,
    PART,
    Word,
)
from analysis.numbers.patterns import split_words
from analysis.numbers.scan import Scanner
from analysis.numbers.shape import PLAIN, WORDS
from analysis.numbers.tongue import LAST_DAY, Tongue, is_year, noun_follows, take_fraction, word_before

if TYPE_CHECKING:
    from analysis.numbers.shape import Figure

_VALUES = {
    0: "ноль нуль нуля нулю нулем",
    1: "один одна одно одного одному одним одном одной одною одну одне однієї одній однією одним",
    2: "два две двух двум двумя дві двох двом двома двое двоих двоим двоими двоє двійко двійка двоих",
    3: "три трех трем тремя трьох трьом трьома трое троих троим троими троє трійко",
    4: "четыре четырех четырем четырьмя чотири чотирьох чотирьом чотирма четверо четверых четверым четверыми",
    5: "пять пяти пятью п'ять п'яти п'ятьох п'ятьом п'ятьма п'ятьома пятеро пятерых пятерым пятерыми п'ятеро",
    6: "шесть шести шестью шість шістьох шістьом шістьма шістьома шестеро шестерых шестерым шестерыми",
    7: "семь семи семью сім сімох сімом сьома сімома семеро семерых семерым семерыми",
    8: "восемь восьми восемью восьмью вісім вісьмох вісьмом вісьма вісьмома восьмеро восьмерых восьмерым",
    9: "девять девяти девятью дев'ять дев'яти дев'ятьох дев'ятьом дев'ятьма дев'ятьома девятеро дев'ятеро девятерых",
    10: "десять десяти десятью десятьох десятьом десятьма десятьома десятеро десятерых",
}
_TEENS = {
    11: "одиннадцат одинадцят", 12: "двенадцат дванадцят", 13: "тринадцат тринадцят", 14: "четырнадцат чотирнадцят",
    15: "пятнадцат п'ятнадцят", 16: "шестнадцат шістнадцят", 17: "семнадцат сімнадцят", 18: "восемнадцат вісімнадцят",
    19: "девятнадцат дев'ятнадцят", 20: "двадцат двадцят", 30: "тридцат тридцят",
}  # fmt: skip
_TEEN_ENDINGS = split_words("ь и ью ьох ьом ьма ьома еро")
_TENS = {
    40: "сорок сорока",
    50: "пятьдесят пятидесяти пятьюдесятью п'ятдесят п'ятдесяти п'ятдесятьох п'ятдесятьом п'ятдесятьма п'ятдесятьома",
    60: "шестьдесят шестидесяти шестьюдесятью шістдесят шістдесяти шістдесятьох шістдесятьом шістдесятьма шістдесятьома",
    70: "семьдесят семидесяти семьюдесятью сімдесят сімдесяти сімдесятьох сімдесятьом сімдесятьма сімдесятьома",
    80: "восемьдесят восьмидесяти восемьюдесятью восьмьюдесятью вісімдесят вісімдесяти вісімдесятьох вісімдесятьма",
    90: "девяносто девяноста дев'яносто дев'яноста дев'яностами",
}
_HUNDREDS = {
    100: "сто ста стам стами стах",
    200: "двести двухсот двумстам двумястами двухстах двісті двохсот двохста двомстам двомастами двохстах",
    300: "триста трехсот тремстам тремястами трехстах трьохсот трьохста трьомстам трьомастами трьохстах",
    400: "четыреста четырехсот четыремстам четырьмястами четырехстах чотириста чотирьохсот чотирьохста чотирьомстам "
    "чотирмастами чотирьохстах",
    500: "пятьсот п'ятсот",
    600: "шестьсот шістсот",
    700: "семьсот сімсот",
    800: "восемьсот вісімсот",
    900: "девятьсот дев'ятсот",
    150: "полтораста полутораста півтораста",
}
_FIVE_HUNDREDS = {
    500: "пяти п'яти п'ятьом п'ятьма п'ятьома пятью", 600: "шести шістьма шістьома шестью",
    700: "семи сьома сімома семью", 800: "восьми восьма вісьма вісьмома восемью восьмью",
    900: "девяти дев'яти дев'ятьма дев'ятьома девятью",
}  # fmt: skip
_HUNDRED_ENDINGS = split_words("сот ста стам стах стами мастами")

_POWERS = {10**6: "миллион мільйон", 10**9: "миллиард мільярд", 10**12: "триллион трильйон"}
_POWER_ENDINGS = {
    ONE: ("", "у", "ом", "е", "а", "ові", "і", "ю"),
    MANY: ("ов", "ы", "ам", "ами", "ах", "ів", "и"),
}
_PACKS = {
    (1000, ONE): "тысяча тысячу тысячей тысячею тысяче тисяча тисячу тисячею тыща тыщу тыщей тища тищу",
    (1000, EITHER): "тысячи тисячі тисячи тыщи тищі",
    (1000, MANY): "тысяч тысячам тысячами тысячах тисяч тисячам тисячами тисячах тыс тис тыщ тищ",
}
_DOZENS = {
    (100, ONE): "сотня сотню сотней сотнею сотне сотнею",
    (100, EITHER): "сотни сотні",
    (100, MANY): "сотен сотням сотнями сотнях сотень",
    (10, ONE): "десяток десятка десятку десятком десятке",
    (10, MANY): "десятки десятков десяткам десятками десятках десятків",
    (12, ONE): "дюжина дюжину дюжины дюжиной дюжине дюжини дюжиною дюжині",
    (12, MANY): "дюжин",
    (50, ONE): "полсотни полусотня полусотни полусотню полусотней полусотне півсотні півсотня півсотню",
    (5, ONE): "полдесятка півдесятка",
    (6, ONE): "полдюжины півдюжини",
    (500, ONE): "полтысячи півтисячі полтыщи півтищі",
    (500_000, ONE): "полмиллиона півмільйона",
    (500_000_000, ONE): "полмиллиарда півмільярда",
}
_ADJECTIVES = {10**3: "тысячн тисячн", 10**6: "миллионн мільйонн"}
_ADJECTIVE_ENDINGS = split_words("ый ого ому ым ом ая ой ую ое ые ых ыми ий им а ої ій у ою е і их ими")
_SHORT = {"тыс": 10**3, "тис": 10**3, "млн": 10**6, "млрд": 10**9, "трлн": 10**12}
_ODD = "с лишним|с лишком|с чем-то|с небольшим|с гаком|с хвостиком|з лишком|із лишком|з гаком|із гаком|з лишнім|з чимось|з лишком"
_FEW = (
    "несколько|нескольких|нескольким|несколькими|кілька|кількох|кільком|кількома|декілька|декількох|много|многие|"
    "многих|многими|ни один|ни одна|ни одно|ни одного|ни одной|ни одну|ни одним|ни одному|ні один|ні одна|ні одне|ні одного|ні одної|ні однієї|ні одну|ні одним|ані одного|ані один|ані одна|багато|багатьох|пару|пара|чимало|немало|энное"
)


def _words() -> dict[str, Word]:
    words = {
        form: Word(ADD, value)
        for table in (_VALUES, _TENS, _HUNDREDS)
        for value in table
        for form in table[value].split()
    }
    for value, stems in _TEENS.items():
        words |= {stem + ending: Word(ADD, value) for stem in stems.split() for ending in _TEEN_ENDINGS}
    for value, stems in _FIVE_HUNDREDS.items():
        words |= {stem + ending: Word(ADD, value) for stem in stems.split() for ending in _HUNDRED_ENDINGS}
    for value, stems in _POWERS.items():
        for count, endings in _POWER_ENDINGS.items():
            words |= {stem + ending: Word(MULTIPLIER, value, count) for stem in stems.split() for ending in endings}
    for role, packs in ((MULTIPLIER, _PACKS), (PACK, _DOZENS)):
        words |= {form: Word(role, value, count) for (value, count), forms in packs.items() for form in forms.split()}
    words |= {form: Word(MULTIPLIER, value, MANY) for form, value in _SHORT.items()}
    words |= {"миллиона": Word(MULTIPLIER, 10**6, OF_TWO), "миллиарда": Word(MULTIPLIER, 10**9, OF_TWO)}
    for value, stems in _ADJECTIVES.items():
        words |= {
            stem + ending: Word(MULTIPLIER, value, MANY) for stem in stems.split() for ending in _ADJECTIVE_ENDINGS
        }
    return words


_TABLE: dict[str, Word] = {
    **_words(),
    **dict.fromkeys(split_words("полторы полтора полутора півтори півтора півтору"), Word(COEFFICIENT, 1.5)),
    **dict.fromkeys(split_words("пол пів"), Word(COEFFICIENT, 0.5)),
    **dict.fromkeys(
        split_words("половина половину половины половине половиной половини половині половиною"), Word(HALF, 0.5)
    ),
    **dict.fromkeys(split_words("четверть четверти четвертью чверть чверті чвертю"), Word(PART, 0.25)),
    **dict.fromkeys(split_words("треть трети третина третину третини третин"), Word(PART, 1 / 3)),
    **dict.fromkeys(("с половиной", "с половиною", "з половиною", "із половиною"), Word(AND_HALF, 0.5)),
    **dict.fromkeys(_ODD.split("|"), Word(ODD)),
    **dict.fromkeys(_FEW.split("|"), Word(FEW)),
}

SCANNER = Scanner(
    words=_TABLE,
    digits=r"\d{1,3}(?:[ \u00a0]\d{3}){1,5}(?:,\d{1,2})?(?!\d|-?\s?(?:мм|mm|милл|міл[іи])|-,?\s(?:и|і|та|й|или|або|чи)\s|-,)"
    r"|\d{1,3}(?:\.\d{3}){1,5}(?!\d|\.\d)|\d{1,3}(?:,\d{3}){1,5}(?!\d)",
    suffixes=_SHORT | {"k": 10**3, "к": 10**3, "m": 10**6, "bn": 10**9, "b": 10**9},
    not_names=frozenset(split_words("до від от по понад на в у около близько")),
    decimal_comma=True,
    endings=re.compile(r"-(?:ти|ми|ма|ох|мя|рех|рьох|ть|тьох|мох|(?<!\d\d-)(?<=[2-4]-)х)(?![\w-])"),
)

_MANY = 5
_TAIL = re.compile(r"-([а-яіїєґ]{1,4})(?![\w-])")
_ORDINAL = re.compile(
    r"\s(?:перв|втор|треть|треті|четв[её]рт|пят|шест|седьм|восьм|девят|перш|друг|трет|четверт|п'ят|шост|сьом|дев'ят)"
    r"(?:ый|ий|ой|ая|ое|ого|его|ому|ему|ом|ым|им|ую|ые|ых|ых|а|у|ої|ій|е|ому|і|их|я|ю|ей)(?!\w)",
)
_CLOCK = re.compile(r"\d{1,2}\.\d{2}")  # a decimal has a comma
_BEFORE_YEARS = frozenset(split_words("в у рік год с з із от від до к после після"))
_EARLIER = re.compile(
    r"\s(?:годом|месяцем|неделей|днем|сутками|роком|місяцем|тижнем|добою)\s(?:ранее|раньше|прежде|позже|раніше|пізніше)(?!\w)"
)
_GLUED = re.compile(r"[^\W\d_][\w-]*")
_FORMATION = re.compile(
    r"\s(?:отдельн\w+\s|окрем\w+\s)?(?:бригад[аыиеуоію]й?|полк[ауе]?|полком|дивизи[яиюей]|дивізі[яїюєю]|корпус[ауе]?|батальон[ауе]?|армии|армия|армію|армії)(?!\w)"
)


def _after(figure: Figure, folded: str, text: str, tongue: Tongue) -> None:
    """Endings that make ordinals of digits, years, and formations named by a number."""
    if figure.fraction:
        take_fraction(figure, folded, is_ordinal=False)
        return
    is_plain = figure.written == PLAIN and figure.scale == 1
    if _CLOCK.fullmatch(folded, figure.start, figure.end):
        figure.kind = "time"
        return
    if figure.written == WORDS and figure.low >= _MANY and (ordinal := _ORDINAL.match(folded, figure.end)):
        figure.kind, figure.last = "ordinal", ordinal.end()
    elif is_plain and (tail := _TAIL.match(folded, figure.end)):
        _ordinal(figure, tail.end(), folded, tongue)
    elif glued := _GLUED.match(folded, figure.end):
        figure.kind, figure.last = "designation", glued.end()
    elif is_plain and is_year(figure.low):
        is_dated = word_before(folded, figure.start)[0] in _BEFORE_YEARS and figure.low % 10
        figure.kind = "year" if is_dated and not noun_follows(text, figure.end) else ""
    elif is_plain and _needs_plural(figure.low) and (formation := _FORMATION.match(folded, figure.end)):
        figure.kind, figure.last = "designation", formation.end()


def _needs_plural(value: float) -> bool:
    """Whether 810 brigades would have another ending than the 810th brigade has."""
    return value >= _MANY and (value % 10 not in {1, 2, 3, 4} or value % 100 in {11, 12, 13, 14})


def _ordinal(figure: Figure, end: int, folded: str, tongue: Tongue) -> None:
    """Take "94-я", "22-го августа", "2024-м"."""
    unit = tongue.units.after(folded, end)
    if unit and unit.kind == "month" and figure.low <= LAST_DAY:
        figure.kind, figure.last = "date", unit.end
    elif unit and unit.kind == "year":
        figure.kind, figure.last = "year", unit.end
    else:
        figure.kind, figure.last = "year" if is_year(figure.low) else "ordinal", end


SLAVIC = Tongue(
    scanner=SCANNER,
    units=units.Units(units.SLAVIC),
    bounds=bounds.SLAVIC,
    links=ranges.SLAVIC,
    earlier=_EARLIER,
    numbered=frozenset(split_words("№ § п ст ч в/ч стр номер номером пункт пункта пункте")),
    numbered_stems=("№", "стат", "резолюц", "номер", "хвасон", "пунктом", "параграф", "часть", "частин", "кабинет"),
    ages=frozenset(("возрасте", "віці", "віком", "возраста")),
    months=frozenset(units.SLAVIC["month"].split("|")),
    inverted=True,
    after=_after,
)
