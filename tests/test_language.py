"""Language: by script, by letters, by small words, and by the hint when nothing else decides."""

import pytest

from analysis.language import language_of


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("North Korea sends troops to Russia", "", "en"),
        ("North Korea sends troops to Russia", "uk", "en"),
        ("Nordkorea schickt Soldaten", "de", "de"),
        ("Nordkorea schickt Soldaten", "de-AT", "de"),
        ("КНДР надіслала нову партію снарядів", "ru", "uk"),
        ("КНДР отправила новую партию снарядов, объявили в Сеуле", "uk", "ru"),
        ("Военные из КНДР прибыли", "uk", "ru"),
        ("Сапери з КНДР та солдати РФ", "ru", "uk"),
        ("북한, 러시아에 병력 파견", "en", "ko"),
        ("MSMT: KN-23 미사일, 러시아로", "en", "ko"),
        ("北朝鮮がロシアに兵士を派遣", "en", "ja"),
        ("Солдаты", "ru", "ru"),
        ("РФ", "uk", "uk"),
        ("РФ", "ru", "ru"),
        ("РФ", "en", "ru"),
        ("朝鲜士兵", "", "zh"),
        ("朝鮮", "ja", "ja"),
        ("Мінометний обстріл: подробиці https://news.example.com/a-very-long-address-in-latin-letters", "", "uk"),
        ("Севернокорейски войници", "bg", "bg"),
        ("12 345", "uk", "uk"),
        ("", "", ""),
    ],
)
def test_language_of(text, hint, expected):
    assert language_of(text, hint) == expected


def test_a_quotation_in_the_other_language_does_not_decide():
    text = "Україна заявила про втрати ворога. «Это наши объекты», – сказав він. Військові підтвердили цю інформацію."
    assert language_of(text) == "uk"


def test_only_the_beginning_is_looked_at():
    assert language_of("Long English text. " * 300 + "북한" * 5000) == "en"
