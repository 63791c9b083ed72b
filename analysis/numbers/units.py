"""Units: what stands behind a figure that is no count, in English, Russian and Ukrainian.

A form that ends in a star is a stem. A kind after an underscore is a currency.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from analysis.numbers.patterns import split_words

if TYPE_CHECKING:
    from collections.abc import Mapping

SYMBOLS = {
    "percent": "% ％ ‰ pct %-ный",
    "calibre": "㎜ mm мм",
    "distance": "km kms ㎞ cm ㎝ m ft mi км м см",
    "measure": "kg kgs ㎏ g mg t tpd kt mt lb lbs ha ㏊ km² km2 m² m2 ㎡ ㎢ sq kph mph km/h kmh kw mw gw kwh mwh ㎾ wh hz mhz ghz "
    "kb mb gb tb l ml cl hp ° °c °f ºc ℃ ℉ кг т га кв кт квт мвт гвт км/ч км/год м/с м/сек °с ºс мб гб гц мгц л мл",
    "money_usd": "$ usd", "money_eur": "€ eur", "money_rub": "₽ rub", "money_uah": "₴ uah", "money_krw": "₩ krw",
    "money_jpy": "¥ jpy", "money_cny": "cny rmb", "money_gbp": "£ gbp",
}  # fmt: skip

ENGLISH = {
    "percent": "percent|per cent|percentage|percentage points|percentage point|percents",
    "time": "second|seconds|minute|minutes|hour|hours|day|days|night|nights|week|weeks|month|months|year|years|decade|decades|"
    "century|centuries|hr|hrs|min|mins|sec|secs|fortnight|a.m|p.m|am|pm|o'clock|gmt|kst|straight days|consecutive days",
    "age": "year old|years old|year olds|years of age|month old|months old",
    "calibre": "millimeter|millimeters|millimetre|millimetres|caliber|calibre|mm caliber",
    "distance": "kilometer|kilometers|kilometre|kilometres|mile|miles|meter|meters|metre|metres|foot|feet|inch|inches|yard|yards|"
    "nautical mile|nautical miles|centimeters|centimetres|centimeter|centimetre",
    "measure": "kilogram|kilograms|kilogramme|kilogrammes|kilo|kilos|gram|grams|pound|pounds|ton|tons|tonne|tonnes|metric ton|"
    "metric tons|ounce|ounces|hectare|hectares|acre|acres|square|sq|cubic|liter|liters|litre|litres|gallon|gallons|degree|degrees|"
    "knot|knots|kiloton|kilotons|megaton|megatons|kilowatt|kilowatts|megawatt|megawatts|gigawatt|gigawatts|watt|watts|volts|"
    "kilometers per hour|kilometres per hour|miles per hour|meters per second|metres per second|km per hour|nanometers|hertz|"
    "milligrams|milligram|milliliters|bytes|byte|megabytes|gigabytes|exabytes|terabytes|horsepower",
    "money_usd": "dollar|dollars|us dollars|u.s dollars|american dollars|us$|cent|cents",
    "money_krw": "won|south korean won|korean won", "money_kpw": "north korean won",
    "money_rub": "ruble|rubles|rouble|roubles|russian rubles|russian roubles",
    "money_eur": "euro|euros", "money_uah": "hryvnia|hryvnias|hryvnya", "money_cny": "yuan|chinese yuan|renminbi",
    "money_jpy": "yen|japanese yen", "money_gbp": "pounds sterling|british pounds", "money_cad": "canadian dollars",
    "money_aud": "australian dollars", "money_hkd": "hong kong dollars",
    "month": "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|of january|of february|of march|of april|of may|of june|of july|"
    "of august|of september|of october|of november|of december",
}  # fmt: skip

SLAVIC = {
    "percent": "процент*|відсотк*|відсоток|відсотків|п.п|проц",
    "age": "летн*|річн*|годовал*",
    "year": "год|года|году|годом|годе|годы|годов|годах|годам|рік|року|роком|році|роки|років|роках|р|рр|г|гг",
    "time": "секунд*|минут*|хвилин*|час|часа|часу|часов|часам|часами|часах|часовой|часового|годин*|сутки|суток|сутками|сутках|"
    "суткам|доба|добу|доби|діб|день|дня|дню|дней|дням|днями|днях|дні|днів|дневн*|денн*|недел*|тижд*|тижн*|месяц*|"
    "месячн*|місяц*|місячн*|лет|літ|летам|лети*|річч*|десятилет*|десятиліт*|столет*|століт*|хв|сек|ч|мес|міс|квартал*",
    "ordinal": "век|века|веке|веков|ст",
    "month": "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря|янв|фев|мар|апр|июн|июл|авг|"
    "сен|сент|окт|ноя|нояб|дек|січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня",
    "calibre": "миллиметр*|міліметр*|мілім*",
    "distance": "километр*|кілометр*|метр|метра|метров|метрах|метрам|метрами|метровы*|метри|метрів|миля|мили|миль|милях|милі|"
    "сантиметр*|фут|фута|футов|футів|дюйм*|морских миль|морських миль",
    "measure": "килограмм*|кілограм*|кило|тонн*|тон|тони|гектар*|акр*|градус*|квадратн*|кубометр*|кубическ*|кубічн*|литр|литра|"
    "литров|літр*|узел|узла|узлов|вузол|вузла|вузлів|килотонн*|кілотон*|мегатонн*|мегатон*|грамм*|грам|грамів|грама|мегаватт*|"
    "мегават*|киловатт*|кіловат*|гигаватт*|гігават*|балл|балла|баллов|бал|бали|балів|бала|вольт*",
    "money_usd": "доллар*|долар*|долл|дол|бакс*|цент|цента|центов|центів|у.е",
    "money_rub": "руб|рубл*|карбованц*", "money_uah": "гривен|гривень|гривна|гривны|гривні|гривна|грн",
    "money_krw": "вон|южнокорейских вон|південнокорейських вон", "money_kpw": "северокорейских вон|північнокорейських вон",
    "money_eur": "евро|євро", "money_cny": "юан*", "money_jpy": "иен|иены|иена|ієн|єн|єни|ієни|йен",
    "money_gbp": "фунтов стерлингов|фунтів стерлінгів",
}  # fmt: skip

_ADJECTIVES = tuple(
    split_words(
        "american|us|u.s|американск|американськ|китайск|китайськ|российск|російськ|канадск|японск|японськ", "|"
    ),
)
_AFTER = re.compile(
    r"([\s-]{0,2}|–)(?:([°º][cfс]?|[^\W\d_]{1,2}/[^\W\d_]{1,3}(?!\w)|k?m[²2](?!\w)|us\$|[%％‰$€£₽₴₩¥㎜㎞㎝㎏㏊㎡㎢㎾℃℉])"
    r"|([^\W\d_][^\W\d_.']*))",
)  # a gap, then a symbol or a word
_more_words = re.compile(r"[\s-]([^\W\d_][^\W\d_.']*)(?:[\s-]([^\W\d_]+))?").match


class Unit(NamedTuple):
    """What follows a figure."""

    kind: str
    currency: str
    end: int
    glued: bool


class Units:
    """The units of one language, looked up by the words that follow a figure."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._exact = {form: kind for kind, forms in SYMBOLS.items() for form in forms.split()}
        stems: dict[str, str] = {}
        for kind, forms in table.items():
            for form in forms.split("|"):
                (stems if form.endswith("*") else self._exact)[form.rstrip("*")] = kind
        self._stems = stems
        self._begin_long = {form.split()[0].rstrip(".") for form in self._exact if " " in form}
        self._lengths = sorted({len(stem) for stem in stems}, reverse=True)

    def after(self, folded: str, end: int) -> Unit | None:
        """Give the unit that follows the place, if one does."""
        match = _AFTER.match(folded, end)
        if not match:
            return None
        gap, symbol, first = match.groups()
        if symbol:
            return self._unit(self._exact.get(symbol, ""), match.end(2), gap)
        first = first.rstrip(".'")
        if (first in self._begin_long or first.startswith(_ADJECTIVES)) and (more := _more_words(folded, match.end())):
            found = self._of_many(first, more)
            if found:
                return self._unit(*found, gap)
        return self._unit(self._kind(first), match.start(3) + len(first), gap)

    def _of_many(self, first: str, more: re.Match[str]) -> tuple[str, int] | None:
        """Give the unit of several words, and where it ends: "metric tons", "u.s. dollars"."""
        second, third = more[1].rstrip(".'"), more[2]
        for word, many in ((third, 3), (second, 2)):
            if word and (kind := self._exact.get(" ".join((first, second, third)[:many]))):
                return kind, more.end(many - 1)
        money = self._kind(second) if first.startswith(_ADJECTIVES) and not self._kind(first) else ""
        return (money, more.end(1)) if money.startswith("money") else None

    def _kind(self, word: str) -> str:
        kind = self._exact.get(word, "")
        if kind:
            return kind
        for length in self._lengths:
            if kind := self._stems.get(word[:length], ""):
                return kind
        return ""

    @staticmethod
    def _unit(kind: str, end: int, gap: str) -> Unit | None:
        if not kind:
            return None
        what, _, currency = kind.partition("_")
        return Unit(what, currency, end, not gap)
