"""Language: by script, by letters, by small words and endings, and by the hint when nothing else decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.language import language_of

HEADLINES = {
    "en": """
North Korea sends troops to Russia
Kim Jong Un visits shell factory
Seoul: 200 guns sent
White House fires back at Moscow
Zelensky's office denies ammunition shortage
Trump's envoy lands in Pyongyang
UN Security Council to meet Friday
Second cargo ship leaves Rason
Workers paid in oil, report says
Denmark's king visits Faroe Islands
A deal too good to be true
Paris talks end without result
""",
    "uk": """
КНДР надіслала нову партію снарядів
Удар по нафтобазі в Феодосії
Генеральний штаб Збройних сил
Путін зустрівся з Кім Чен Ином
Зеленський прокоментував участь солдатів КНДР
Сапери з КНДР та солдати РФ
Гармати прибули на фронт
У Криму пролунали вибухи
Сеул: полонені розповіли про підготовку
Вантажне судно залишило порт Раджин
Північнокорейські робітники будують дрони
Дрони атакують аеродром Кача
Росія передає Пхеньяну технології
Скільки снарядів отримала Москва
""",
    "ru": """
КНДР отправила новую партию снарядов
Военные из КНДР прибыли
Удар по нефтебазе в Феодосии
Путин встретился с Ким Чен Ыном
Пушки прибыли на фронт
В Сеуле назвали число погибших
Подполье сообщило об ударе
Грузовое судно покинуло порт Раджин
Северокорейские рабочие собирают беспилотники
Минобороны: договор вступил в силу
Что получила Москва от Пхеньяна
Россия передаёт Пхеньяну технологии
Лавров прибыл в Вонсан
Глава МИД о новых поставках
""",
    "ko": """
북한, 러시아에 병력 파견
MSMT: KN-23 미사일, 러시아로
北, 러에 포탄 또 보내
[속보] 합참 "北, 탄도미사일 발사"
김정은·푸틴 회담 Q&A
국정원 "북한군 1만1천명 파병"
러 외무 방북… 원산서 회담
""",
    "ja": """
北朝鮮がロシアに兵士を派遣
ロシア外相が訪朝へ
北朝鮮 弾道ミサイル発射か
プーチン氏「軍事協力続ける」
露朝首脳が会談
対北朝鮮制裁、実効性は
""",
    "zh": """
朝鲜向俄罗斯派兵
朝鲜士兵抵达库尔斯克
北韓對俄羅斯提供砲彈
普京与金正恩举行会谈
俄外长访问平壤
""",
    "de": """
Nordkorea schickt Soldaten nach Russland
Kim Jong Un besucht Granatenfabrik
Pjöngjang liefert neue Geschütze
Putin empfängt Nordkoreas Außenministerin
Was Moskau dafür bezahlt
Seoul warnt vor Technologietransfer
Schiff verlässt Hafen von Rason
Zahl der Gefallenen steigt weiter
""",
    "fr": """
La Corée du Nord envoie des soldats
Kim Jong Un reçoit Poutine
Séoul : deux cents canons livrés
Un navire quitte le port
L'armée russe reçoit des obus
Ce que Moscou paie
Poutine remercie les soldats nord-coréens
Pyongyang confirme l'envoi de troupes
""",
    "es": """
Corea del Norte envía soldados
Kim Jong Un visita una fábrica
Seúl: doscientos cañones enviados
Un barco deja el puerto
Lo que paga Moscú
Putin agradece a los norcoreanos
Los proyectiles llegaron en tren
Rusia y Corea firman pacto
""",
    "it": """
La Corea del Nord invia soldati
Kim Jong Un visita la fabbrica
Seul: inviati duecento cannoni
Una nave lascia il porto
Quello che paga Mosca
Putin ringrazia i soldati nordcoreani
Gli operai costruiscono droni
""",
    "pt": """
Coreia do Norte envia soldados
Kim Jong Un visita uma fábrica
Navio deixa o porto
O que Moscou paga
Putin agradece aos soldados norte-coreanos
Os projéteis chegaram de trem
Novas tropas não são confirmadas
""",
    "nl": """
Noord-Korea stuurt soldaten naar Rusland
Kim bezoekt een fabriek
Schip verlaat de haven
Wat Moskou daarvoor betaalt
Poetin bedankt Noord-Koreaanse soldaten
""",
    "pl": """
Korea Północna wysyła żołnierzy
Kim odwiedził fabrykę pocisków
Statek opuścił port Rason
Ile płaci za to Moskwa
Putin dziękuje żołnierzom z Korei
Wojsko rosyjskie otrzymało działa
""",
    "cs": """
Severní Korea poslala vojáky
Kim navštívil továrnu na granáty
Loď opustila přístav
Kolik za to Moskva platí
Putin děkuje severokorejským vojákům
""",
    "tr": """
Kuzey Kore asker gönderdi
Kim mermi fabrikasını ziyaret etti
Gemi limandan ayrıldı
Putin Kuzey Koreli askerlere teşekkür etti
Moskova bunun için ne ödüyor
""",
    "sv": """
Nordkorea skickar soldater till Ryssland
Kim besökte en fabrik
Fartyget har lämnat hamnen
Vad Moskva betalar för det
""",
    "fi": """
Pohjois-Korea lähettää sotilaita Venäjälle
Kim vieraili tehtaalla
Laiva on lähtenyt satamasta
Mitä Moskova siitä maksaa
""",
    "vi": """
Triều Tiên gửi quân đến Nga
Tàu rời cảng Rason
Ông Kim thăm nhà máy
""",
    "id": """
Korea Utara kirim pasukan ke Rusia
Kim mengunjungi pabrik itu
Kapal telah meninggalkan pelabuhan
""",
    "bg": """
Северна Корея изпрати войници
Севернокорейските войници са в Русия
Ким посети завода за снаряди
Корабът напусна пристанището
Колко плаща Москва за това
Путин благодари на войниците
Външният министър пристигна във Вонсан
""",
    "be": """
Паўночная Карэя накіравала салдат
Кім наведаў завод снарадаў
Судна пакінула порт Раджын
Колькі плаціць за гэта Масква
Лукашэнка сустрэўся з Пуціным
Беларусь і КНДР падпісалі дамову
""",
    "sr": """
Северна Кореја послала војнике
Ким је посетио фабрику
Брод је напустио луку
Колико Москва плаћа за то
Путин се захвалио војницима
""",
    "mk": """
Северна Кореја испрати војници
Ким ја посети фабриката
Бродот го напушти пристаништето
Колку плаќа Москва за тоа
""",
    "kk": """
Солтүстік Корея сарбаздарын жіберді
Ким зауытқа барды, деп хабарлады
Мәскеу қанша төлейді
""",
    "ar": """
كوريا الشمالية ترسل جنودا إلى روسيا
كيم يزور مصنعا للقذائف
""",
    "fa": """
کره شمالی سربازانی به روسیه فرستاد
پوتین از پیونگ‌یانگ تشکر کرد
""",
    "el": "Η Βόρεια Κορέα στέλνει στρατιώτες",
    "he": "צפון קוריאה שולחת חיילים",
    "th": "เกาหลีเหนือส่งทหารไปรัสเซีย",
    "hi": "उत्तर कोरिया ने रूस को सैनिक भेजे",
    "ka": "ჩრდილოეთ კორეა ჯარისკაცებს აგზავნის",
    "hy": "Հյուսիսային Կորեան զինվորներ է ուղարկում",
}
CASES = [(language, line) for language, block in HEADLINES.items() for line in block.strip().splitlines()]


@pytest.mark.parametrize(("language", "headline"), CASES)
def test_headlines_without_a_hint(language, headline):
    assert language_of(headline) == language


@pytest.mark.parametrize("hint", ["en", "uk", "ru", "ko", "fr-FR", "de", "xx"])
def test_a_wrong_hint_changes_next_to_nothing(hint):
    wrong = [(language, line) for language, line in CASES if language_of(line, hint) != language]
    assert len(wrong) <= 0.04 * len(CASES), wrong


def test_four_words_are_nearly_as_good_as_all():
    wrong = [line for language, line in CASES if language_of(" ".join(line.split()[:4])) != language]
    assert len(wrong) <= 0.04 * len(CASES), wrong


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("North Korea sends troops to Russia", "uk", "en"),
        ("Nordkorea schickt Soldaten", "de-AT", "de"),
        ("Nordkorea schickt Soldaten", "en", "de"),
        ("КНДР надіслала нову партію снарядів", "ru", "uk"),
        ("КНДР отправила новую партию снарядов, объявили в Сеуле", "uk", "ru"),
        ("북한, 러시아에 병력 파견", "en", "ko"),
        ("Солдаты", "ru", "ru"),
        ("РФ", "uk", "uk"),
        ("РФ", "ru", "ru"),
        ("РФ", "en", "ru"),
        ("КНДР", "uk", "uk"),
        ("Ким, Путин", "bg", "bg"),
        ("朝鲜士兵", "", "zh"),
        ("朝鮮", "ja", "ja"),
        ("朝鮮", "", "zh"),
        ("Kim Jong Un", "", "en"),
        ("Kim Jong Un", "es", "es"),
        ("Kim Jong Un", "uk", "en"),
        ("Pyongyang, Seoul", "fr", "fr"),
        ("Севернокорейски войници", "bg", "bg"),
        ("12 345", "uk", "uk"),
        ("12 345", "", ""),
        ("🔥🔥🔥", "ru", "ru"),
        ("https://example.com/north-korea", "ko", "ko"),
        ("", "", ""),
    ],
)
def test_the_hint_decides_where_the_text_does_not(text, hint, expected):
    assert language_of(text, hint) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Мінометний обстріл: подробиці https://news.example.com/a-very-long-address-in-latin-letters", "uk"),
        (
            "Україна заявила про втрати ворога. «Это наши объекты», – сказав він. Військові підтвердили цю інформацію.",
            "uk",
        ),
        ("Украина заявила о потерях. «Це наші втрати», – сказал он. Военные подтвердили эту информацию вечером.", "ru"),
        ("F-16, Patriot, HIMARS, Storm Shadow: що отримала армія", "uk"),
        ("KN-23, KN-24, Hwasong: что получила Москва", "ru"),
        ("🤩 Тим часом триває евакуація\n🇺🇦 Новини України | Підпишись", "uk"),
        ("#КНДР #Росія Війська прибули на Курщину", "uk"),
        ("@kanal_news Войска прибыли под Курск", "ru"),
        ("Kim Jong Un (김정은) visited the plant in Kusong, state media said", "en"),
        ("김정은(Kim Jong Un) 쿠르스크(Kursk) 파병, ATACMS", "ko"),
        ("Путин (Putin) said in Moscow that the treaty would hold", "en"),
        ("The Kremlin quoted «Правда» as saying the ships would sail", "en"),
        ("ПУТІН І КІМ ПІДПИСАЛИ ДОГОВІР", "uk"),
        ("ПУТИН И КИМ ПОДПИСАЛИ ДОГОВОР", "ru"),
        ("NORTH KOREA SENDS TROOPS", "en"),
        ("UN: DPRK, US and EU at odds", "en"),
        ("Съезд и объект: подъезд закрыт", "ru"),
        ("росія везе снаряди з кндр", "uk"),
        ("Об’єкт під Києвом", "uk"),
        ("Об'єкт під Києвом", "uk"),
        ("Long English text about the war. " * 300 + "북한" * 5000, "en"),
    ],
)
def test_mixed_texts(text, expected):
    assert language_of(text) == expected


@given(st.text(max_size=200), st.sampled_from(["", "uk", "en-GB", "ZZ", "한"]))
def test_any_text_has_a_language_or_the_hint(text, hint):
    found = language_of(text, hint)
    assert found == hint[:2].lower() or (found.isascii() and found.islower() and len(found) == 2)
