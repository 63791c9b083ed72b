"""Sentences: where they end and where they only seem to; what of a text is not body; where the lead ends."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sentences import boilerplate, lead_end, parts, sentences

# "¦" stands where a sentence ends; it is taken out before the text is read.
ENGLISH = """
North Korea has sent troops.¦ Seoul confirmed it.
The U.S. Army counted 11,000 men.
The shells left for the U.S.¦ The rest stayed.
He spoke to the U.N. Security Council on Monday.
A spokesman for the U.K. Foreign Office declined.¦ He gave no reason.
Lt. Gen. Pak led the unit.¦ Col. Ri was his deputy.
Mr. Kim met Mrs. Choi and Dr. Lee.
Gov. Smith, Sen. Brown and Rep. White signed the letter.
The train left on Nov. 5.¦ It arrived on Dec. 1, officials said.
The pact was signed in Pyongyang on Oct. 4, 2024.¦ It has 23 articles.
Battalion No. 3 was hit.¦ Nos. 4 and 5 were not.
Did they come?¦ No.¦ They stayed.
Under Art. 4 either side must help.
See Fig. 2 and p. 14 of the report.
The gun fires 3.5 rounds a minute.¦ It weighs 40 tons.
It cost $3.5 million.¦ Moscow paid in oil.
About 2.4 m. shells were counted.
A. Kozlov flew to Pyongyang.¦ J. K. Park met him.
The author, Kim J. U., is unknown.
They chose plan B.¦ The first had failed.
"Will they come?" Kim asked.
"Will they come?" the minister asked.
"They will come."¦ The minister left.
"We will win!" he said.¦ Nobody laughed.
“They are here,” he said.¦ “They will fight.”
“They are here.”¦ He pointed at the map.
He said: “They came. ¦They fought.¦ They died.”
They came (some by train).¦ Others flew.
They came.¦ (Some by train.)¦ Others flew.
The ship (the Angara) sailed… ¦Nobody saw it again.
The ship… sailed again.
Kim [...] met Putin.
They said "[…] the shells are old" in a note.
What?!¦ Nobody knew.
Who knew...¦ Nobody did.
Apple Inc. said nothing.¦ Samsung Co. Ltd. did.
Hyundai Corp. Vice President Park resigned.
The firm is called Rason Corp.¦ It trades in coal.
The raid began at 5 a.m. Moscow time.
The raid ended at 6 p.m.¦ The city was dark.
Shells, rockets, mines etc. were found.
The missiles, e.g. the KN-23, were new.
Russia vs. Ukraine: day 1,000
Visit www.example.com for more.¦ Or do not.
The file readme.txt was lost.
Troops arrived in 2024.¦ 11,000 of them fought.
Version 2.0.1 was tested.
The St. Petersburg forum opened.¦ Ft. Bragg was quiet.
1. Troops¦
2. Shells¦
He arrived.¦Then he left.
The bridge was destroyed!¦The road was not.
The Washington, D.C. office was closed.
At the D.C. meeting Kim spoke.¦ In Seoul nobody did.
Ph.D. students wrote it.
Moscow - Pyongyang: the route of the train
Russia's Lt. Col. A. B. Ivanov (ret.) said so.
- How many?¦ - About a hundred.
Is it true?¦ Yes.¦ Is it new?¦ No.
The "volunteers" came.¦ "Nobody asked them."
"""

UKRAINIAN = """
КНДР надіслала війська.¦ У Сеулі це підтвердили.
Генерал-лейтенант Кім Ен Бок прибув до м. Курськ.
За ст. 4 договору сторони допомагають одна одній.
За ч. 2 ст. 28 КК України йому загрожує 12 років.
У 2024 р. Росія отримала снаряди.
Договір про всеосяжне стратегічне партнерство підписали у 2024 р. ¦Москва обіцяла допомогу.
Бої 2023–2024 рр. були важкими.
Завод на вул. Хрещатик згорів.¦ Школа по вул. Миру вціліла.
Бригада ім. Чорних Запорожців тримає оборону.
А. Козлов зустрівся з Кім Ч. Ином.¦ Розмова тривала годину.
Близько 12 тис. військових прибули.
Передали 5 млн. снарядів калібру 152 мм.
Витратили 300 тис. грн. на ремонт.
Це коштувало 3,5 млрд.¦ Хто заплатив, невідомо.
Снаряди, гармати, міни тощо. ¦Далі буде.
Снаряди, міни і т.д. ¦Росія мовчить.
Снаряди, міни і т. д. ¦Росія мовчить.
Привезли гармати, міни та ін. озброєння.
Т. зв. «радники» вже на фронті.
«Ми готові!» – сказав він.
«Ми готові?» — запитав ген. Пак.
«Ми готові», – сказав він.¦ – Ми підемо.
«Ми готові».¦ Він вийшов.
«Ми готові.¦ Ми підемо», – сказав він.
Він сказав: «Ми готові».¦ Потім пішов.
росія атакувала вночі.¦ росіяни втратили літак.
Хто це зробив?¦ путін мовчить.
Вибух… потім тиша.
Вибух…¦ Потім тиша.
Він (…) мовчав.
Втрати (вбиті й поранені) зросли.¦ (Точних даних немає.)
Це кінець!¦ Чи ні?
Слава Україні!🇺🇦 ¦Героям слава!
Так.¦ Ні.¦ Можливо.
Прибули 11 000 вояків.¦ 4 000 загинули.
05.11.2024 р. прибув потяг.
Потяг прибув о 9.30.¦ Вокзал закрили.
Дрон упав поблизу с. Веселе.¦ Жертв немає.
Курська обл. РФ під ударом.
Полк. Іваненко та підполк. Петренко загинули.
Акад. Шевченко виступив.¦ Проф. Коваль слухав.
див. також с. 15
Кн. 2, т. 4, с. 18.
ООО «Рога.Копита» закрили.
Прибули.¦Кім зустрів їх.
1. Загальні положення¦
2. Втрати¦
ІІ. Назви сіл¦
Заголовок без крапки¦
Перше речення. ¦Друге речення
Та все ж. ¦Політика триває.
Хто це – Кім? ¦Це Кім.
Ракети KN-23.¦ Ракети KN-24.
Виступ на ZN.UA. ¦Далі за посиланням.
"""

RUSSIAN = """
КНДР отправила войска.¦ В Сеуле это подтвердили.
Генерал-лейтенант Ким Ён Бок прибыл в г. Курск.
По ст. 4 договора стороны помогают друг другу.
В 2024 г. Россия получила снаряды.
Договор о всеобъемлющем стратегическом партнёрстве подписали в 2024 г. ¦Москва обещала помощь.
Бои 2023–2024 гг. были тяжёлыми.
Школа на ул. Ленина уцелела.¦ Завод на пл. Мира сгорел.
Завод им. Ю.А. Гагарина встал.
А.С. Козлов встретился с Ким Ч. Ыном.
Около 12 тыс. военных прибыли.
Передали 5 млн. снарядов.
Снаряды, мины и т.д. ¦Россия молчит.
Снаряды, мины и т. п. ¦Россия молчит.
Привезли мины и др. вооружение.
Т.н. «советники» уже на фронте.
Это, т.е. договор, подписано.
И.о. губернатора подал в отставку.
«Мы готовы!» – сказал он.
«Мы готовы», – сказал он.¦ – Мы пойдём.
«Мы готовы».¦ Он вышел.
"Нас много".¦ "Их мало".
Взрыв... потом тишина.
Взрыв...¦ Потом тишина.
Кто это?!¦ Никто не знал.
Прибыли 11 000 солдат.¦ 4 000 погибли.
Поезд прибыл в 9.30.¦ Вокзал закрыли.
Удар по с. Весёлое.¦ Жертв нет.
Белгородская обл. РФ под ударом.
Он из Нижнего Новгорода.¦ Она из Москвы.
Екатерина II. ¦В 1769 году она правила.
Это мы.¦ И это мы.
Рассказал сайт Lenta.Ru вчера.
Сообщил канал t.me/kanal.¦ Проверить нельзя.
Прибыли.¦Ким встретил их.
См. также стр. 15.
1. Общие положения¦
2. Потери¦
На фронте 100 тыс. ¦Это много.
Ранее сообщалось.¦ При этом Сеул молчит.
Я ж. ¦Мы ж.
Пос. Октябрьский и д. Ивановка взяты.
Вечером обстреляли детский сад комбинированного типа № 294 г. Донецка.
Ред. Прим.
"""

KOREAN = """
북한이 러시아에 병력을 보냈다.¦ 한국 정부가 확인했다.
북한이 병력을 보냈다.¦그는 떠났다.
"우리는 간다."라고 말했다.
"우리는 간다." 라고 말했다.
"우리는 간다"고 말했다.¦ 그는 떠났다.
“우리는 간다.”¦ 그는 떠났다.
“우리는 간다.”며 그는 떠났다.
그는 “갔다. ¦그리고 왔다.”고 말했다.
병력은 1만1천 명이다.¦ 4천 명이 사상했다.
3.5%가 늘었다.¦ 2.1%가 줄었다.
2024. 10. 11. 발표했다.
KN-23. ¦그것은 미사일이다.
정말인가?¦ 그렇다.
정말인가?" 라고 물었다.
정말이다!¦ 그렇다!
북·러 협력이 깊어졌다.¦ 한.미.일은 우려했다.
북한군 1만 명 러시아로… 왜?
합참은 “확인 중”이라고 밝혔다.¦ 국정원도 같았다.
1. 개요¦
가. 병력¦
나. 장비¦
도널드 J. 트럼프 대통령이 말했다.
미국 워싱턴 D.C. 백악관 앞에서 열렸다.
조지 H. W. 부시 전 대통령이다.
회사는 포부를 밝혔다.¦ xAI의 모델이다.
파병은 사실이에요.¦ 믿으세요.
파병은 사실임.¦ 추가 파병 가능성 있음.
(서울=연합뉴스) 홍길동 기자 = 북한이 병력을 보냈다.¦ 정부가 확인했다.
[속보] 북한, 탄도미사일 발사¦
김정은 "계속 싸운다"¦
김정은 “계속 싸운다”… 푸틴 “고맙다”
"간다."¦ 그리고 떠났다.
그는 말했다. ¦“간다.”
러시아군 제155여단.¦ 북한군 11군단.
전화 02-398-3114.¦ 팩스 02-398-3115.
병력 파견은 처음이다.¦ (끝)
오늘 저녁 7시.¦ 서울역 앞.
합참: "북한이 쐈다."¦ 일본: "떨어졌다."
그가 왔는가. ¦왔다.
'파병'은 없다.¦ '훈련'만 있다.
"""

OTHERS = """
北朝鮮は兵士を派遣した。¦韓国政府が確認した。
「行きます。」と述べた。¦彼は去った。
「行きます」と述べた。¦彼は去った。
本当か？¦本当だ！
朝鲜派兵。¦韩国证实了。
“我们去。”¦他说。
他说：“我们去！”¦然后走了。
朝鲜……派兵了。
Am 5. November kam der Zug.¦ Er brachte Granaten.
Der Minister, d.h. Dr. Schmidt, schwieg.¦ Das sind ca. 500 Mann.
„Wir kommen.“¦ Er ging.
M. Macron a parlé.¦ Il est parti.
« Nous venons. »¦ Il est parti.
¿Vendrán?¦ Sí.¦ ¡Vendrán!
El Sr. García habló.¦ Nadie escuchó.
Pan Nowak mówił.¦ Nikt nie słuchał.
Бъдещето е тук.¦ Войниците идват.
"""

MARKED = [
    (language, text.strip())
    for language, block in {
        "en": ENGLISH,
        "uk": UKRAINIAN,
        "ru": RUSSIAN,
        "ko": KOREAN,
        "other": OTHERS,
    }.items()
    for text in block.strip().splitlines()
]


@pytest.mark.parametrize(("language", "marked"), MARKED)
def test_sentences(language, marked):
    text = marked.replace("¦", "")
    expected = [piece.strip() for piece in marked.split("¦") if piece.strip()]
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_all_of_a_language_in_one_text():
    for block in (ENGLISH, UKRAINIAN, RUSSIAN, KOREAN, OTHERS):
        expected = [piece.strip() for piece in block.replace("\n", "¦").split("¦") if piece.strip()]
        text = block.replace("¦", "")
        assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heading\n\nA paragraph.\r\n- one\n- two", ["Heading", "A paragraph.", "- one", "- two"]),
        ("🤩\nТим часом тихо.", ["Тим часом тихо."]),
        ("Перше.\n⚡️ Друге 🇺🇦\n——\n", ["Перше.", "⚡️ Друге 🇺🇦"]),
        ("One.\u2028Two.\x85Three.", ["One.", "Two.", "Three."]),
        ("  One.   Two.  ", ["One.", "Two."]),
        ("…and so on.\n“…then”", ["…and so on.", "“…then”"]),
        ("One.\n...\n“Two.”", ["One.", "“Two.”"]),
        ("", []),
        (" \n ", []),
        ("?!", []),
        ("A", ["A"]),
    ],
)
def test_lines_and_what_is_no_sentence(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


PIECES = st.sampled_from(
    [
        *".!?…。！？\n\r\u2028 \t\"'«»“”()[]-–,:",
        *"AaЯяіК가다한中あ1２_é\u0301🔥",
        "U.S.",
        "т. д.",
        "2024 р.",
        "No. 5",
        "다.그",
        "Кім.Пак",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join)))
def test_sentences_are_in_order_apart_and_leave_no_letter_out(text):
    found = sentences(text)
    covered = set()
    before = 0
    for start, end in found:
        assert before <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert len(text[start:end].splitlines()) == 1
        assert any(letter.isalnum() or letter == "_" for letter in text[start:end])
        covered.update(range(start, end))
        before = end
    assert all(at in covered for at, letter in enumerate(text) if letter.isalnum())


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
def test_parts_and_lead_lie_within_any_text(text):
    before = 0
    for _, start, end in parts(text):
        assert before <= start < end <= len(text)
        before = end
    assert 0 <= lead_end(text) <= len(text)
    assert set(boilerplate(text)) <= {(start, end) for _, start, end in parts(text)}


@pytest.mark.parametrize(
    "piece", [". ", "a.", "! ", "“", "U.S. ", "\n", "… ", "a@", "(фото: ", "[가=", "КИЇВ ", "。", "다."]
)
def test_no_text_takes_long(piece):
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    sentences(text)
    lead_end(text)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Photo: AP", "caption"),
        ("Photo: Kim Jong-un inspects a plant (Getty Images)", "caption"),
        ("Photo by Jane Doe", "caption"),
        ("File photo: a train at Tumangang", "caption"),
        ("Image credit: somebody", "caption"),
        ("A soldier near the border. REUTERS/Jane Doe", "caption"),
        ("A train leaves Pyongyang. [Yonhap]", "caption"),
        ("The plant in May. AP Photo", "caption"),
        ("Фото: Кім Чен Ин", "caption"),
        ("Фото з відкритих джерел", ""),
        ("Ілюстрація: штаб", "caption"),
        ("Видео: очевидцы", "caption"),
        ("Скриншот: канал", "caption"),
        ("Кім на заводі (Getty Images)", "caption"),
        ("사진=연합뉴스", "caption"),
        ("사진 제공: 국방부", "caption"),
        ("▲ 평양의 열병식 [연합뉴스 자료사진]", "caption"),
        ("김정은 위원장이 공장을 둘러보고 있다. 연합뉴스", "caption"),
        ("Kim met Putin – Reuters", ""),
        ("Ким встретил Путина (Reuters)", ""),
        ("North Korea photographed from space", ""),
        ("Read more: Kim meets Putin", "link"),
        ("Read also: shells", "link"),
        ("See also: trains", "link"),
        ("Related: troops", "link"),
        ("Related stories: troops", "link"),
        ("Читайте також: Росія отримала гармати", "link"),
        ("Читайте также: Россия получила пушки", "link"),
        ("Дивіться також: відео", "link"),
        ("По теме: договор", "link"),
        ("Матеріали по темі:", "link"),
        ("관련기사: 북한 파병", "link"),
        ("☞ 관련 기사 북한 파병", "link"),
        ("Он читает лекции также в Москве.", ""),
        ("Subscribe to our newsletter", "notice"),
        ("Follow us on social media", "notice"),
        ("© 2024 Tumen Courier. All rights reserved", "notice"),
        ("Підписуйтесь на наш Telegram", "notice"),
        ("ПІДПИСАТИСЯ", "notice"),
        ("Подписаться на канал", "notice"),
        ("Нашли ошибку? Выделите её", "notice"),
        ("Реклама", "notice"),
        ("ua en ru", "notice"),
        ("UA | RU", "notice"),
        ("ⓒ 연합뉴스", "caption"),
        ("무단 전재 및 재배포 금지", "notice"),
        ("<저작권자(c) 연합뉴스, 무단 전재-재배포, AI 학습 및 활용 금지>", "notice"),
        ("hong@example.co.kr", "notice"),
        ("홍길동 기자 hong@example.co.kr", "notice"),
        ("2024/11/05 09:00 송고", "notice"),
        ("Путін підписав договір.", ""),
        ("Путин и Ким подписали договор.", ""),
        ("방송고등학교 학생들이 왔다.", ""),
        ("Ну ок.", ""),
        ("North Korea has sent troops to Russia, Seoul said.", ""),
    ],
)
def test_what_a_line_is(line, kind):
    found = parts(line)
    assert [part.kind for part in found] == ([kind] if kind else [])
    assert all((part.start, part.end) == (0, len(line)) for part in found)


@pytest.mark.parametrize(
    ("kind", "part", "rest"),
    [
        ("dateline", "(서울=연합뉴스) 홍길동 기자 = ", "북한이 러시아에 병력을 보냈다고 5일 밝혔다."),
        ("dateline", "[서울=뉴시스]홍길동 기자 = ", "북한이 병력을 보냈다."),
        ("dateline", "(평양 조선중앙통신=연합뉴스) ", "북한이 병력을 보냈다."),
        ("dateline", "SEOUL, Nov. 5 (Yonhap) -- ", "North Korea has sent troops."),
        ("dateline", "SEOUL (Reuters) - ", "North Korea has sent troops."),
        ("dateline", "LA CROSSE, Wis. (AP) — ", "A farmer spoke."),
        ("dateline", "MOSCOW, November 5. /TASS/. ", "The treaty was signed."),
        ("dateline", "МОСКВА, 5 ноября. /ТАСС/. ", "Договор подписан."),
        ("dateline", "МОСКВА, 5 ноя — РИА Новости. ", "Договор подписан."),
    ],
)
def test_datelines(kind, part, rest):
    text = part + rest
    assert [(found.kind, text[found.start : found.end]) for found in parts(text)] == [(kind, part)]
    assert boilerplate(text) == ()


@pytest.mark.parametrize(
    "text",
    ["Росія – країна. Україна (Київ) — столиця.", "США (и Сеул) молчат.", "[속보] 북한 발사", "Kim (40) – a ruler."],
)
def test_what_is_no_dateline(text):
    assert parts(text) == ()


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Сеул підтвердив (фото: Getty Images) втрати.", "(фото: Getty Images)"),
        ("North Korea sends guns - Seoul Photo: Kim sent guns to Putin", "Photo: Kim sent guns to Putin"),
        ("북한이 병력을 보냈다. hong@example.co.kr", "hong@example.co.kr"),
        ("북한이 병력을 보냈다. (끝)", "(끝)"),
        ("북한이 병력을 보냈다. ⓒ 두만일보, 무단 전재 금지", "ⓒ 두만일보, 무단 전재 금지"),
    ],
)
def test_what_is_grown_into_a_line(text, inside):
    assert [text[start:end] for start, end in boilerplate(text)] == [inside]


def test_the_title_once_more_is_a_headline():
    text = "Troops arrive\n\nTroops arrive Photo: AP\nThey came."
    assert [part.kind for part in parts(text, "Troops arrive")] == ["headline", "caption"]
    assert [part.kind for part in parts(text)] == ["caption"]


LEAD = "North Korea has sent some 11,000 soldiers to the Kursk region, the spy agency in Seoul said on Monday. They came by ship."
REST = "The soldiers wear Russian uniforms."


@pytest.mark.parametrize(
    "before",
    [
        "",
        "Troops arrive\n\n",
        "ua en ru\nTroops arrive\nTroops arrive Photo: Kim (Getty Images)\n",
        "Photo: a train\n",
        "🔥\n\n",
        "Read also: an older story\n",
        "SEOUL (Reuters) - ",
    ],
)
def test_the_lead_is_the_first_paragraph_of_body(before):
    text = before + LEAD + "\n\n" + REST
    assert text[: lead_end(text)] == before + LEAD


def test_a_very_short_first_paragraph_takes_the_next_sentence_with_it():
    text = "They have come.\nThe first of them are in Kursk. Others follow.\n" + REST
    assert text[: lead_end(text)] == "They have come.\nThe first of them are in Kursk."


def test_a_long_paragraph_is_cut_after_a_sentence():
    text = " ".join([f"Sentence number {number} says a little more about it." for number in range(40)])
    end = lead_end(text)
    assert 400 < end <= 500
    assert text[:end].endswith("about it.")


def test_a_sentence_without_end_is_cut():
    assert lead_end("слово " * 400) == 500


def test_a_text_without_body():
    assert lead_end("Photo: AP") == len("Photo: AP")
    assert lead_end("") == 0
