"""Numbers in the phrases people use: guesses, ranges with words between, shares, formations, sums told in parts.

The tables are written as those of `test_numbers`.
"""

from __future__ import annotations

import re

import pytest

from analysis.numbers import numbers
from tests.test_numbers import told

INVERTED = """
ru пришло {тысяч тридцать} солдат = 30000 about
ru пришло {тысячи две} солдат = 2000 about
ru {Тысяч десять} рабочих уже там = 10000 about
ru везут {штук сорок-пятьдесят} = 40..50 range
ru {Человек триста} осталось в лагере = 300 about
ru потеряли {солдат двести} за ночь = 200 about
ru сгорело {снарядов пятьсот} на складе = 500 about
ru осталось {тысячи две – две с половиной} бойцов = 2000..2500 range
ru привезут {тысяч десять-двенадцать} рабочих = 10000..12000 range
ru полегло {тысяч пять или шесть} бойцов = 5000..6000 range
ru из этих солдат {двести} погибли = 200
ru {300} солдат, из них бойцов спецназа {двести} = 300; 200
ru там {человек под триста} = 300 nearly
ru осталось {тысяч с десять} снарядов = 10000 about
ru приехало {рабочих двадцать} = 20 about
uk {Мільйонів із десять} боєприпасів = 10000000 about
uk прибуло {тисяч зо три} солдатів = 3000 about
uk прибуло {чоловік із двісті} = 200 about
uk згоріло {снарядів зо п'ятсот} = 500 about
uk привезли {штук із сорок} ракет = 40 about
uk полягло {бійців двадцять} = 20 about
uk приїде {тисячі півтори} робітників = 1500 about
ru там {миллиона два} снарядов, {десятка два} орудий = 2000000 about; 20 about
uk там {мільйони півтора} снарядів, {душ із п'ятдесят} = 1500000 about; 50 about
uk загинуло {тисяч п'ять – шість} = 5000..6000 range
"""

ODD = """
ru {тысячи с лишним} контейнеров = 1000 more_than
ru {сотня с небольшим} солдат = 100 more_than
ru {сотни с лишним} вагонов = 100 more_than
ru {тысяча с чем-то} бойцов = 1000 more_than
ru {миллион с лишним} снарядов = 1000000 more_than
uk {тисяча з гаком} бійців = 1000 more_than
uk {тисячу з лишком} снарядів = 1000 more_than
uk {сотні з гаком} ракет = 100 more_than
en {twenty-odd} officers, {40-odd} tanks, {30-some} rockets = 20 about; 40 about; 30 about
en {twenty-odd thousand} shells = 20000 about
en {a hundred or so} men, {a thousand or so} shells, {300 or thereabouts} = 100 about; 1000 about; 300 about
en {200 men or thereabouts} = 200 about
en a mere {280} rounds, as few as {13} and just {40} = 280; 13; 40
en {well over 200} and {north of 5,000} = 200 more_than; 5000 more_than
en {nearly half} of the shells = 0.5 nearly count
"""

MONEY = """
ru {от 5,6 до 9,8 миллиарда долларов} = 5600000000..9800000000 range money
ru {от 600 миллионов до 1,2 миллиарда долларов} = 600000000..1200000000 range money
ru вырос с {5,6} до {9,8 миллиарда долларов} = 5600000000 exact money; 9800000000 exact money
uk {від 9 до 12 млрд доларів} = 9000000000..12000000000 range money
uk {від 1,5 до 2 млрд гривень} = 1500000000..2000000000 range money
en anywhere {from $9bn to $12bn} = 9000000000..12000000000 range money
en {$600mn to $1.2bn} = 600000000..1200000000 range money
en {between $5.5 billion and $9.8 billion} = 5500000000..9800000000 range money
en {from 5.6 to 9.8 billion dollars} = 5600000000..9800000000 range money
en rose from {36} to {75} launchers = 36; 75
ru вырос с {36} до {75} = 36; 75
"""

PARTS = """
uk {12 мільярдів доларів}, і п'яту частину – {2,4 мільярда} – закрито = 12000000000 exact money; 2400000000 exact money
ru {20 миллиардов рублей}, из них {3,5 миллиарда} – аванс = 20000000000 exact money; 3500000000 exact money
en earned {$5 billion}, of it {3.2 billion} in cash = 5000000000 exact money; 3200000000 exact money
en paid {$5 billion} and got {3.2 million} shells = 5000000000 exact money; 3200000
en It paid {$5 billion}. Of shells it has {3.2 million}. = 5000000000 exact money; 3200000
en {$5 billion}, up from {4 billion} = 5000000000 exact money; 4000000000 exact money
ko {120억 달러}, 이 중 {24억}은 현금이다 = 12000000000 exact money; 2400000000 exact money
"""

CALIBRES = """
ru {до 200 тысяч} {122-} и {152-миллиметровых} снарядов = 200000 up_to; 122 exact calibre; 152 exact calibre
uk {180–200 тисяч} {122-} та {152-міліметрових} снарядів = 180000..200000 range; 122 exact calibre; 152 exact calibre
uk {300} {107-} і {240-мм} ракет = 300; 107 exact calibre; 240 exact calibre
uk калібру {122} і {152 мм} = 122 exact calibre; 152 exact calibre
ru калибров {122} и {152 мм} = 122 exact calibre; 152 exact calibre
ru {5 тысяч} {60-}, {82-} и {120-мм} мин = 5000; 60 exact calibre; 82 exact calibre; 120 exact calibre
en {152-} and {122-mm} shells = 152 exact calibre; 122 exact calibre
en {12,000} {122-} and {152-millimeter} rounds = 12000; 122 exact calibre; 152 exact calibre
en {170} and {240 mm} guns = 170 exact calibre; 240 exact calibre
ko {122·152㎜} 포탄 {300}발 = 122..152 range calibre; 300
"""

AGES = """
en men {aged 20} and {26} were taken = 20 exact age; 26 exact age
en {aged 19}, {22} and {31} = 19 exact age; 22 exact age; 31 exact age
en the {20-} and {26-year-old} prisoners = 20 exact age; 26 exact age
en of {ages 19} and {21} = 19 exact age; 21 exact age
en are {20} and {26 years old} = 20 exact age; 26 exact age
ru солдаты – {20} и {26 лет} – в плену = 20 exact age; 26 exact age
ru в возрасте {20} и {26 лет} = 20 exact age; 26 exact age
ru {20-} и {26-летний} пленные = 20 exact age; 26 exact age
uk полонені, {20} і {26 років}, живі = 20 exact age; 26 exact age
uk за {5} і {10 років} = 5 exact time; 10 exact time
ko 포로는 {20세}와 {26세}다 = 20 exact age; 26 exact age
en aged guns, {20} and {26} of them = 20; 26
"""

NONE = """
ru ни одного солдата, ни один корабль, ни одной ракеты =
uk жодного солдата, ні одного корабля, ні одна ракета =
en not one ship and no one left =
ru {4 100} вагонов против {5 800} годом ранее = 4100; 5800
ru {200} вагонов против {300} месяцем ранее = 200; 300
uk {4 100} вагонів проти {5 800} роком раніше = 4100; 5800
ru с {200} контейнерами, во главе с {3} генералами = 200; 3
ru корабль с {300} солдатами, комплекс {С-300} и {С200} = 300; 0 exact designation; 0 exact designation
uk судно з {200} контейнерами та {S-300} = 200; 0 exact designation
en Of that number {920} are dead = 920
en of this number {40} were officers; {number 5} = 40; 5 exact designation
"""

MAYBE = """
uk {шість, а може, й вісім тисяч} бійців = 6000..8000 range
uk {три чи навіть чотири тисячі} = 3000..4000 range
uk {до трьох, а то й п'яти тисяч} = 3000..5000 range
uk {десять, можливо, дванадцять} гармат = 10..12 range
ru {шесть, а то и восемь тысяч} солдат = 6000..8000 range
ru {две, а может быть, и три тысячи} = 2000..3000 range
ru {6 тысяч, а то и 8} = 6000..8000 range
ru {двести или даже триста} вагонов = 200..300 range
en {10, maybe 12 thousand} men = 10000..12000 range
en {six, or perhaps even eight thousand} = 6000..8000 range
en {10,000, possibly 12,000} men = 10000..12000 range
en {10,000} men, maybe {50} guns = 10000; 50
ru {300} солдат, а может, и {20} орудий = 300; 20
"""

FORMATIONS = """
en sent {up to a }battalion of infantry = 1 up_to
en lost {at least a }brigade there = 1 at_least
en {more than a full }brigade is there = 1 more_than
en {up to one} battalion = 1 up_to
en a battalion, the brigade and at least a brigade-sized force =
en at least a regiment =
uk надіслали {до }батальйону піхоти = 1 up_to
uk втратили {щонайменше }бригаду = 1 at_least
uk втратили {близько }батальйону = 1 about
ru отправили {до }батальона = 1 up_to
uk {не менш як }батальйон військ = 1 at_least
uk його приєднали до батальйону, він служить у бригаді =
uk звернувся до бригади «Північ» =
ru {до }батальона пехоты = 1 up_to
ru погибло {не менее }бригады = 1 at_least
ru {до двух} батальонов = 2 up_to
ru {более }батальона солдат = 1 more_than
ko 대대 규모의 병력 =
"""

WORDS = """
uk прибуде +{5 тис.} «будівельників» = 5000
ru +{200} солдат = 200
en +{300} men, tel. {+82 2 555 0199} = 300; 0 exact designation
uk {дванадцятьом сотням} бійців = 1200
uk {півсотні} ракет, {пів сотні} гармат = 50; 50
uk {пів тисячі} снарядів, {півтисячі} мін = 500; 500
ru {полтораста} орудий, {полтыщи} мин = 150; 500
ru {тыща} мин, {тыщи две} снарядов, {пять тыщ} бойцов = 1000; 2000 about; 5000
en {1.3m} shells, {2.5m} artillery rounds, {1.3mn} rounds = 1300000; 2500000; 1300000
en {4.5m tonnes}, {1.2m}-strong army = 4500000 exact measure; 1200000
en a wall {1.3m} high = 1.3 exact distance
en {$2.8bn}, {26tn won} = 2800000000 exact money; 26000000000000 exact money
"""

SHARES = """
en {one in four} soldiers = 0.25 exact count
en {four of ten} shells fail = 0.4 exact count
en {9 out of 10} rounds = 0.9 exact count
en {three} in {10 days} and {two} of {three} brigades = 3; 10 exact time; 2; 3
ru {четыре из десяти} снарядов = 0.4 exact count
ru {трое из десяти} = 0.3 exact count
ru {две} из {трех} бригад = 2; 3
uk {чотири з десяти} снарядів = 0.4 exact count
uk {семеро із десяти} = 0.7 exact count
ko {열 명 중 네} 명이 = 0.4 exact count
ko {10명 가운데 3}명꼴 = 0.3 exact count
ko {10명 중 7~8}명꼴 = 0.7..0.8 range count
ko {100}명 중 {4}명 = 100; 4
ko 포탄 {10발 중 5}발 = 0.5 exact count
"""

KOREAN = """
ko 북한군 {만 5천} 명 = 15000
ko 병력 {만 2천} 명이 = 12000
ko 포탄 {만 5000}발 = 15000
ko 포탄 {이만 3천} 발 = 23000
ko 포로 {만 5백여} 명 = 10500 about
ko 만 {19세} 병사 = 19 exact age
ko {한 해}에 {두 달} 동안 하루 = 1 exact time; 2 exact time
ko 이 {한 해}는, {두} 해커가 = 1 exact time; 2
ko {두 해} 만에, {한 달} 뒤, {석 달} = 2 exact time; 1 exact time; 3 exact time
ko 병력은 {1만 명을 웃돈다} = 10000 more_than
ko {1만 명을 웃도는} 병력 = 10000 more_than
ko {600만 발을 웃돌} 것이다 = 6000000 more_than
ko {4천 명을 상회}한다 = 4000 more_than
ko 사상자 {4천 명 넘어} = 4000 more_than
ko 사상자 {4000명 넘어}…우크라 발표 = 4000 more_than
ko {6000명을 넘어섰다} = 6000 more_than
ko {6000명을 넘긴 했다} = 6000 more_than
ko 북한은 {120}문을 넘겼다 = 120
ko {2}척을 넘긴 북한, {3}척을 넘겨 = 2; 3
ko {500}발을 넘길 것, {30}대를 넘기기로 = 500; 30
ko {최소 600만발에서 최대 850만}발 = 6000000..8500000 range
ko {1만1000여 명에서 1만2000여} 명으로 보고 있다 = 11000..12000 range
ko {1만1000여 명에서 1만2000여} 명으로 추산된다 = 11000..12000 range
ko {1만2000여} 명에서 {1만5000여} 명으로 늘었다 = 12000 about; 15000 about
ko {3000}명에서 {1만}명으로 증가했다 = 3000; 10000
ko 조종사 {20}명과 조직 {3}개, 조사 {2}건, 조치 {4}건 = 20; 3; 2; 4
ko 이 조종사와 사 조직, 천 조사 =
ko {120일} 파견 기간, {90일간} 체류 = 120 exact time; 90 exact time
ko {10일간} 훈련, {10일 동안}, {24일} = 10 exact time; 10 exact time; 24 exact date
"""

TABLES = (INVERTED, ODD, MONEY, PARTS, CALIBRES, AGES, NONE, MAYBE, FORMATIONS, WORDS, SHARES, KOREAN)
EXAMPLES = [line for table in TABLES for line in table.strip().splitlines()]


@pytest.mark.parametrize("line", EXAMPLES)
def test_a_number_in_a_phrase_is_read(line):
    marked, _, wanted = line[3:].partition(" =")
    text = re.sub("[{}]", "", marked)
    found = numbers(text, line[:2])
    again = text
    for number in reversed(found):
        again = f"{again[: number.start]}{{{again[number.start : number.end]}}}{again[number.end :]}"
    assert (again, "; ".join(map(told, found))) == (marked, wanted.strip())


def test_a_bounded_formation_has_the_article_or_the_space_before_it_for_a_core():
    for language, text, core in (
        ("en", "up to a brigade", " a "),
        ("uk", "до бригади", " "),
        ("ru", "почти батальон", " "),
    ):
        (number,) = numbers(text, language)
        assert text[slice(*number.core)] == core
        assert number.end == number.core[1]


def test_the_quick_look_for_a_number_word_passes_whatever_reading_would_find():
    odd = {
        "en": ("‘one ship’", "half—dozen—", "’two’ ships", "TWENTY men", "at least a brigade"),
        "uk": ("п’ять гармат", "пʼятьма", "«П'ять", "до бригади", "сто", "двадцять‑п’ять"),
        "ru": ("трёх", "ЧЕТЫРЁХ", "‘сто’", "не\u00a0менее\nдвух", "до батальона"),
        "ko": ("두 명", "만 명", "‘스무 명’", "절반", "수천 명"),
    }
    for language, texts in odd.items():
        assert [text for text in texts if not numbers(text, language)] == []


def test_a_sum_told_in_parts_keeps_its_currency():
    told_of = {
        "en": "$5 billion, of it 3.2 billion in cash",
        "uk": "5 млрд євро, із них 3,2 млрд – аванс",
        "ko": "5억 유로, 이 중 3억은 현금",
    }
    assert {language: {n.currency for n in numbers(text, language)} for language, text in told_of.items()} == {
        "en": {"usd"}, "uk": {"eur"}, "ko": {"eur"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "sent 8 million 152mm shells", [(8_000_000, "count"), (152, "calibre")]),
        ("ru", "8 миллионов 152-мм снарядов", [(8_000_000, "count"), (152, "calibre")]),
        ("uk", "12 млн 152-мм снарядів", [(12_000_000, "count"), (152, "calibre")]),
        ("en", "four thousand 100 shells", [(4100, "count")]),
        ("ko", "포탄 1200여만발", [(12_000_000, "count")]),
        ("en", "revised the toll from 600 to about 2,000", [(600, "count"), (2000, "count")]),
    ],
)
def test_a_calibre_is_no_part_of_the_figure_before_it(language, text, expected):
    assert [(one.low, one.kind) for one in numbers(text, language)] == expected


@pytest.mark.parametrize(
    ("text", "approx"),
    [("handed over 148 missiles", "exact"), ("took over 20 plants", "exact"), ("over 148 missiles", "more_than")],
)
def test_over_belongs_to_its_verb(text, approx):
    (one,) = numbers(text, "en")
    assert one.approx == approx
