"""Numbers in running text: tables of shapes in four languages.

A line of a table has each number in braces with all that belongs to it, and behind "=" its value or low..high, and,
where it is no exact count, how it is bounded and what it is.
"""

from __future__ import annotations

import re

import pytest

from analysis.numbers import numbers

ENGLISH = """
{11,000} troops arrived = 11000
a {15-thousand} strong corps = 15000
{four-thousand-100} men = 4100
{1.3 million} shells = 1300000
{1.3M} rounds and {10K} rockets = 1300000; 10000
{forty-two} guns = 42
{a hundred and twenty} wagons = 120
{two hundred and five thousand three hundred} men = 205300
{a dozen} launchers, {two dozen} crews = 12; 24
{several dozen} tanks = 12 about vague
{half a million} shells = 500000
{hundreds of thousands} of rounds = 100000 about vague
{thousands} of workers = 1000 about vague
{a few hundred} men = 100 about vague
{a thousand} sappers = 1000
{one and a half thousand} men = 1500
{two and a half million} shells = 2500000
{between 10,000 and 12,000} soldiers = 10000..12000 range
{from 25 to 30 thousand} men = 25000..30000 range
{10,000 to 12,000} workers = 10000..12000 range
{10-12,000} men = 10000..12000 range
{4–6 million} shells = 4000000..6000000 range
{two or three} brigades = 2..3 range
{between five and seven} ships = 5..7 range
rose from {3,000} to {11,000} men = 3000; 11000
{10,000-plus} men = 10000 more_than
{10,000 or more} men = 10000 at_least
{10,000 soldiers or more} = 10000 at_least
{200-odd} guns = 200 about
{500 or so} men = 500 about
{At least 60} missiles = 60 at_least
{no fewer than 148} missiles = 148 at_least
{not less than a hundred} men = 100 at_least
{more than 12.8 million} shells = 12800000 more_than
{over 29,600} containers = 29600 more_than
{upwards of 3,000} men = 3000 more_than
losses {exceeded 6,000} = 6000 more_than
losses topped out, {topped 4,000} = 4000 more_than
losses reached {nearly 4,000} = 4000 nearly
{up to 5 million} rounds = 5000000 up_to
{as many as 5 million} rounds = 5000000 up_to
{no more than twenty} men = 20 up_to
{fewer than 300} men = 300 up_to
{about 11,000} and {some 200} and {around 30} = 11000 about; 200 about; 30 about
{an estimated 15,000} labourers = 15000 about
{almost a hundred} and {close to 50} and {just under 40} = 100 nearly; 50 nearly; 40 nearly
{at least about 30} dead = 30 at_least
{120} {170mm} guns = 120; 170 exact calibre
{152-millimeter} rounds, {7.62 mm} too = 152 exact calibre; 7.62 exact calibre
{50 kg}, {1,800 km}, {25,000 tonnes} = 50 exact measure; 1800 exact distance; 25000 exact measure
up {37%}, down {2.5 percent}, {3 percentage points} = 37 exact percent; 2.5 exact percent; 3 exact percent
{as much as $620 million} and {about $2.5} an hour = 620000000 up_to money; 2.5 about money
{$20bn}, {€10M}, {20 billion won}, {USD 5,000} = 20000000000 exact money; 10000000 exact money; 20000000000 exact money; 5000 exact money
on {Jan. 15} and {9 August} and {April 25th} = 15 exact date; 9 exact date; 25 exact date
{2024-05-06}, {06.05.2024} at {11:30} = 0 exact date; 0 exact date; 0 exact time
since {2022}, in June {2024}, {2023-24} = 2022 exact year; 2024 exact year; 2023..2024 range year
the {1990s} and a man in his {20s} = 1990 exact year; 20 exact age
a {19-year-old} and {one} {aged 22} = 19 exact age; 1; 22 exact age
{24 hours}, {under three months}, a {two-year} plan = 24 exact time; 3 up_to time; 2 exact time
the {528th} Regiment and {Article 4} of {Resolution 2397} = 528 exact ordinal; 4 exact designation; 2397 exact designation
{KN-23}, {M1989}, {U-20}, {Su-35}, {9K720} and {No. 5} = 0 exact designation; 0 exact designation; 0 exact designation; 0 exact designation; 0 exact designation; 5 exact designation
the {38 North} website = 38 exact designation
won {2-1} = 2 exact score
{12 May} and {12} may have died = 12 exact date; 12
call {+82 2 555 0199} now = 0 exact designation
see https://x.example/a/100 and www.y.example/200 for {300} = 300
{half} of the shells, {a third} of the men, {two thirds} = 0.5 exact count; 0.333333333 exact count; 0.666666667 exact count
the second {half} of it = 0.5 exact ordinal
a magnitude {4.6} quake = 4.6 exact measure
{one} ship and nothing = 1
{1２,000} men in wide digits = 12000
{Eight thousand}? {Ten}? = 8000; 10
{fifteen hundred} men = 1500
{under 40} men = 40 up_to
Kim, {54}, and a boy, {3}, left; {45}, {46} = 54 exact age; 3 exact age; 45; 46
in {2024}, {11,000} men = 2024 exact year; 11000
version {2.0} = 2 exact measure
"""

UKRAINIAN = """
{12 тисяч} солдатів = 12000
{9 тис.} військових = 9000
{10–12 тисяч} осіб = 10000..12000 range
{від 25 до 30 тисяч} бійців = 25000..30000 range
{між 5 і 7 тисячами} = 5000..7000 range
{12,7 тисячі} предметів = 12700
{23 500} снарядів = 23500
{1\u00a0400} мін = 1400
{понад дві тисячі} військових = 2000 more_than
{майже шести з половиною тисяч} осіб = 6500 nearly
{понад півтори тисячі} бійців = 1500 more_than
{півтора десятка} гармат = 15
{півмільйона} снарядів = 500000
{півсотні} ракет = 50
{сотня} танків, {сотня з гаком} = 100; 100 more_than
{тисяча} саперів = 1000
{тисячі} саперів = 1000 about vague
{понад тисячу} саперів = 1000 more_than
{близько тисячі} саперів = 1000 about
{сотні} поранених, {десятки} вбитих = 100 about vague; 10 about vague
{кілька сотень} людей = 100 about vague
{не менш як сто} ракет = 100 at_least
{не менше 140} імен = 140 at_least
{щонайменше дві} системи = 2 at_least
{щонайменше троє} зниклих = 3 at_least
{до дев'яти мільйонів} боєприпасів = 9000000 up_to
{до 300} убитих = 300 up_to
{не більш ніж 40} осіб = 40 up_to
зросли до {11 тисяч} = 11000
{близько 9 тис.} військових = 9000 about
{приблизно 30}, {орієнтовно 40}, {десь 50} = 30 about; 40 about; 50 about
{більше ніж 6000} осіб = 6000 more_than
{більш як п'ятсот} осіб = 500 more_than
втрати {перевищили 6 тисяч} = 6000 more_than
втрати сягнули {4 тисяч} = 4000
{осіб тисяч десять} = 10000 about
прибуло {осіб п'ятсот} = 500 about
{тисячі дві} людей = 2000 about
{трьохсот} корейців, {двомстам} бійцям = 300; 200
{п’ятнадцяти} і {дев’ятьма}, {п`ятьма} = 15; 9; 5
{двадцятьма п'ятьма} гарматами = 25
{одного мільйона двохсот тисяч} = 1200000
{двоє}, {троє} і {четверо} = 2; 3; 4
{одна} бригада, {дві} ні = 1; 2
{3-4} бригади, {дві-три} роти = 3..4 range; 2..3 range
{дві чи три} роти = 2..3 range
{30 осіб і більше} = 30 at_least
{5-ти} бригад і {3-х} рот = 5; 3
{94-ї} бригади = 94 exact ordinal
{155 бригада} морської піхоти = 155 exact designation
калібру {170 мм} = 170 exact calibre
{152-міліметрових} гармат {120} = 152 exact calibre; 120
{240 мм} = 240 exact calibre
{37%} і {20 відсотків} = 37 exact percent; 20 exact percent
{36 тисяч вон} і {20 млрд доларів} = 36000 exact money; 20000000000 exact money
{500 гривень} чи {$300} = 500 exact money; 300 exact money
{14–15 грудня}, {17 грудня} {2024} = 14..15 range date; 17 exact date; 2024 exact year
{6} і {9 травня} = 6 exact date; 9 exact date
{2024 року} та {2022–2024 роках} = 2024 exact year; 2022..2024 range year
{16 годин}, {два роки}, {80-річчя} = 16 exact time; 2 exact time; 80 exact time
{54-річний} генерал = 54 exact age
{300 грамів}, {200 тис. тонн}, {11 км} = 300 exact measure; 200000 exact measure; 11 exact distance
{Су-35}, {KN-23}, {резолюція 2397}, {стаття 4} = 0 exact designation; 0 exact designation; 2397 exact designation; 4 exact designation
{половину} боєприпасів, на {третину} = 0.5 exact count; 0.333333333 exact count
{1 млн 200 тис.} снарядів = 1200000
{12-тисячного} корпусу = 12000
магнітудою {4,6} = 4.6 exact measure
зібралося {сто двадцять один} робітник = 121
{1.000} мін і {10.500} снарядів = 1000; 10500
{№ 5} і {2-1} = 5 exact designation; 2 exact score
{3,5 млн} барелів = 3500000
{шістсот сорок} осіб = 640
{не більше сорока} осіб = 40 up_to
"""

RUSSIAN = """
{12 тысяч} солдат = 12000
{12 тыс.} солдат, {3тыс.} рабочих = 12000; 3000
{10–12 тысяч} человек = 10000..12000 range
{от 25 до 30 тысяч} человек = 25000..30000 range
{от трех до пяти тысяч} = 3000..5000 range
вырос с {3} до {11 тысяч} = 3000; 11000
{12,7 тысячи} предметов = 12700
{1,5 млн} снарядов = 1500000
{1 400} снарядов = 1400
{10.000} и {10,000} человек = 10000; 10000
{120} {170-мм} орудий = 120; 170 exact calibre
{три с половиной тысячи} человек = 3500
{полторы тысячи} и {полтора миллиона} = 1500; 1500000
{более полусотни} ракет = 50 more_than
{сто двадцать} вагонов = 120
{почти сто двадцать} вагонов = 120 nearly
{двести с лишним} орудий = 200 more_than
{двести с лишним тысяч} = 200000 more_than
{сотня} орудий, {две сотни} мин = 100; 200
{сотни тысяч} снарядов = 100000 about vague
{более сотни тысяч} снарядов = 100000 more_than
{десяток} и {два десятка} = 10; 20
{дюжина} офицеров = 12
{несколько тысяч} человек = 1000 about vague
{сотни}, {тысячи}, {десятки} = 100 about vague; 1000 about vague; 10 about vague
{около тысячи} саперов = 1000 about
{тысячу} саперов = 1000
{порядка 40}, {примерно 50} = 40 about; 50 about
{свыше 76 тысяч} = 76000 more_than
{более чем 6 тыс.} убитых = 6000 more_than
{почти на 300} больше = 300 nearly
{не менее трех тысяч} = 3000 at_least
{минимум 30}, {как минимум сорок} = 30 at_least; 40 at_least
{до 150} ракет = 150 up_to
{не более двадцати} = 20 up_to
{максимум 50} = 50 up_to
сократили до {5 тысяч} = 5000
потери {превысили две тысячи} = 2000 more_than
{переступили 5000} = 5000 more_than
достигли {4 тысяч} = 4000
пришло {тысяч десять} = 10000 about
пришло {человек пятьсот} = 500 about
{двумстам}, {шестнадцати}, {шестистах} = 200; 16; 600
{четырехсот}, {тремястами} = 400; 300
{двумя тысячами тремястами сорока пятью} = 2345
{двое}, {троих} и {четверо} = 2; 3; 4
{один} корабль = 1
потерял семью =
{5-7 тысяч} человек = 5000..7000 range
{две или три} бригады = 2..3 range
{пять-семь тысяч} = 5000..7000 range
{100 человек и более} = 100 at_least
{5-ти} бригад, {10-тысячный} контингент = 5; 10000
{528-го} полка и {810 бригады} = 528 exact ordinal; 810 exact designation
{152-миллиметровых} и калибра {240 мм} = 152 exact calibre; 240 exact calibre
{20%}, {15 процентов} = 20 exact percent; 15 exact percent
{от 800 до 4500 рублей} = 800..4500 range money
{20 млрд американских долларов} = 20000000000 exact money
{2 сентября}, {22-го августа} = 2 exact date; 22 exact date
{19 июня} {2024 года} = 19 exact date; 2024 exact year
{с 8 по 13 июня} = 8..13 range date
{264 дня}, {более 90 минут} = 264 exact time; 90 more_than time
{54-летний} генерал = 54 exact age
{до 40 гектаров}, {38 км} = 40 up_to measure; 38 exact distance
{двадцать первый} век = 20 exact ordinal
{половину} и {треть} = 0.5 exact count; 0.333333333 exact count
{1 млн 200 тыс.} снарядов = 1200000
{№ 29155} и {в/ч 61199} = 29155 exact designation; 61199 exact designation
{семи} бригад, с {семью тысячами} бойцов = 7; 7000
{двадцатью семью} орудиями = 27
в {1946} и {1947 годах} = 1946 exact year; 1947 exact year
{с 9.00 до 17.00}, тел. {0677088699} = 9..17 range time; 0 exact designation
"""

KOREAN = """
북한군 {1만2천여} 명 = 12000 about
{1천500여} 명 = 1500 about
{2만5000∼3만} 명 = 25000..30000 range
전차 {30~40}대 = 30..40 range
{30~40만} 발 = 300000..400000 range
{1천200만} 발 = 12000000
{400만~600만}발 = 4000000..6000000 range
{최소 1000명, 많게는 3000}명 = 1000..3000 range
{1000명에서 3000}명 사이 = 1000..3000 range
{1만} 명 파병 = 10000
{1만 5000}명 = 15000
{1만6213}개 = 16213
{10,000}명 = 10000
{3천}명과 {5백}명 = 3000; 500
{1억2000만} 발 = 120000000
{두} 차례, {세} 명, {네} 척 = 2; 3; 4
{열두} 발, {마흔세} 차례 = 12; 43
{스무} 명, {스물다섯} 명 = 20; 25
{여섯} 건과 {다섯}명 = 6; 5
{두세} 차례, {서너} 명 = 2..3 range; 3..4 range
{삼천} 명, {육백} 명 = 3000; 600
{만 오천} 명 = 15000
{백이십} 발 = 120
{수천} 명, {수백} 발, {수십만} 명 = 1000 about vague; 100 about vague; 100000 about vague
{약 3000}명 = 3000 about
{3000명가량} = 3000 about
{200문 정도} = 200 about
{2천발 안팎}에 = 2000 about
{50명 내외}, {60명쯤}, {70명 남짓} = 50 about; 60 about; 70 about
{1만 명 이상} = 10000 at_least
{약 3500명 이상} = 3500 at_least
{6000명을 넘었다} = 6000 more_than
{100만 배럴이 넘는} 석유 = 1000000 more_than
{100명 넘게} 죽었다 = 100 more_than
{5000명 초과} = 5000 more_than
{최대 1만}명 = 10000 up_to
{많게는 3000}명 = 3000 up_to
{최소 3000}명, {적어도 20}명 = 3000 at_least; 20 at_least
{거의 1만} 명 = 10000 nearly
{4천 명에 육박}했다 = 4000 nearly
{500명 미만}, {300명 이하} = 500 up_to; 300 up_to
{260여} 문 넘어갔다 = 260 about
{4}개 여단 = 4
{4}개 여단과 {94}여단 = 4; 94 exact designation
{제528}공병연대 = 528 exact ordinal
{1차}, {2차} 이송 = 1 exact ordinal; 2 exact ordinal
{1·2차} 파병 = 1..2 range ordinal
{67}차례 = 67
{24일}, {6월}, {2024년} = 24 exact date; 6 exact date; 2024 exact year
{8일부터 13일}까지 = 8..13 range date
{1∼3월} = 1..3 range date
{3분기}, {80주년} = 3 exact ordinal; 80 exact ordinal
{20대} 병사, 전차 {20}대 = 20 exact age; 20
{20세}, {35살} = 20 exact age; 35 exact age
{6개월}, {2년}, {3시간}, {10일 동안} = 6 exact time; 2 exact time; 3 exact time; 10 exact time
{140㎏}, {32도}, {500톤} = 140 exact measure; 32 exact measure; 500 exact measure
{7천㎞ 이상} = 7000 at_least distance
{170㎜} 자주포, {240mm} 방사포 = 170 exact calibre; 240 exact calibre
{40%가량}, {3퍼센트} = 40 about percent; 3 exact percent
{20억 달러}, {500만원} = 2000000000 exact money; 5000000 exact money
{KN-23}, {화성-18형}, {Su-35} = 0 exact designation; 0 exact designation; 0 exact designation
{2-1}로 이겼다 = 2 exact score
{절반}이 불량 = 0.5 exact count
조약 {4조} 발동 = 4 exact ordinal
{4조 원}, {6·25} 전쟁 = 4000000000000 exact money; 6 exact designation
한국과 한편 세계는 천명했다 =
세 번째 방문 =
총 {1만5천}명의 = 15000
포탄 {2천500}발 = 2500
{일흔두} 명과 {한} 척 = 72; 1
{3만5천} 명 규모 = 35000
{1만2000t}급 = 12000 exact measure
{2대1} 승리 = 2 exact score
{2배} 늘었다 = 2 exact measure
{몇천} 명 = 1000 about vague
김민수({54})씨, IFA {2025} 개막 = 54 exact age; 2025 exact year
자금 조달, 억대 청탁금, {105억} 규모 = 10500000000 exact money
{1승} {4패}, 노조법 {2·3조} = 1 exact score; 4 exact score; 2..3 range ordinal
"""

TABLES = {"en": ENGLISH, "uk": UKRAINIAN, "ru": RUSSIAN, "ko": KOREAN}
EXAMPLES = [(language, line) for language, table in TABLES.items() for line in table.strip().splitlines()]


def shown(value):
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def told(number):
    """A number in the words of the tables."""
    value = shown(number.low) if number.low == number.high else f"{shown(number.low)}..{shown(number.high)}"
    if number.kind != "count" or number.fraction:
        return f"{value} {number.approx} {number.kind}"
    return value if number.approx == "exact" else f"{value} {number.approx}"


@pytest.mark.parametrize(("language", "line"), EXAMPLES)
def test_a_number_of_each_shape_is_read(language, line):
    marked, _, wanted = line.partition(" =")
    text = re.sub("[{}]", "", marked)
    found = numbers(text, language)
    again = text
    for number in reversed(found):
        again = f"{again[: number.start]}{{{again[number.start : number.end]}}}{again[number.end :]}"
    assert (again, "; ".join(map(told, found))) == (marked, wanted.strip())


@pytest.mark.parametrize("language", TABLES)
def test_the_tables_are_long_enough(language):
    assert len(TABLES[language].strip().splitlines()) >= 60


def test_the_core_is_the_figure_without_what_bounds_it():
    cores = {
        "en": ("at least about 12.8 million shells", "12.8 million"),
        "uk": ("понад півтори тисячі бійців", "півтори тисячі"),
        "ru": ("не менее 5-ти тысяч человек", "5-ти тысяч"),
        "ko": ("약 1만2천여 명 이상", "1만2천"),
    }
    for language, (text, core) in cores.items():
        (number,) = numbers(text, language)
        assert text[slice(*number.core)] == core


def test_an_unknown_language_is_read_as_english():
    assert numbers("11,000 hommes", "fr") == numbers("11,000 hommes", "en")


def test_a_currency_is_named():
    money = {
        "$5": "usd",
        "5 won": "krw",
        "€5": "eur",
        "5 rubles": "rub",
        "5 hryvnia": "uah",
        "5 yuan": "cny",
        "11,000 men": "",
    }
    assert {text: numbers(text, "en")[0].currency for text in money} == money
    assert [numbers(text, "ru")[0].currency for text in ("5 рублей", "5 млн долл.", "5 вон")] == ["rub", "usd", "krw"]
    assert [numbers(text, "ko")[0].currency for text in ("5억 달러", "5만원", "3만 루블")] == ["usd", "krw", "rub"]
