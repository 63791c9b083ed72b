"""Which language a text is in: by its script, and within a script by letters and small words only one language has."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?:https?://|www\.|[@#])\S+")  # in Latin letters whatever the language
_SAMPLE = 4_000  # characters; a language does not change its mind after that
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u3400-\u9fff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]|(?<=[а-яА-Я])['’ʼ](?=[яюєїЯЮЄЇ])")
_RUSSIAN = re.compile("[ыэёъЫЭЁЪ]")
_UKRAINIAN_WORDS = re.compile(
    r"\b(?:та|що|це|як|або|якщо|але|щодо|після|через|від|під|про|у|й|зі|на|не|за|до|був|була|було|були|його|вже|ще"
    r"|україн\w*|війн\w*|росі\w*|зеленськ\w*|сьогодні|буде|коли|тому|ворог\w*|понад|вночі|внаслідок|тільки|лише"
    r"|\w+(?:ння|ськ\w{0,3}|ться|ють|ють|ують|ення|ність))\b",
    re.IGNORECASE,
)
_RUSSIAN_WORDS = re.compile(
    r"\b(?:и|что|это|как|или|если|но|после|из|от|под|со|во|был|была|было|были|его|уже|еще|при|они|он|все|для"
    r"|украин\w*|войн\w*|росси\w*|зеленск\w*|сегодня|будет|когда|потом|враг\w*|более|ночью|только|лишь|также|в|с|к"
    r"|\w+(?:ния|ние|ого|его|ться|тся|ают|яют|уют|ость|ский|ская|ское|ские|ских|ешь|ишь))\b",
    re.IGNORECASE,
)
_LATIN_SCRIPT = re.compile("cs|da|de|en|es|et|fi|fr|hr|hu|id|it|lt|lv|ms|nl|no|pl|pt|ro|sk|sl|sv|tr|vi")
_CYRILLIC_SCRIPT = frozenset({"uk", "ru", "be", "bg", "sr", "mk", "kk"})
_EAST = 0.15  # this share of the letters settles it: an article in Korean is full of Latin names and figures


def language_of(text: str, hint: str = "") -> str:
    """Give the two-letter code of a text's language.

    The hint, which may be wrong or carry a region ("en-GB"), only decides where the text does not; a text without any
    letters is in the hint's language, or "".
    """
    sample, hint = _ADDRESS.sub(" ", text[:_SAMPLE]), hint[:2].lower()
    counts = {
        "ko": len(_HANGUL.findall(sample)),
        "ja": 2 * len(_KANA.findall(sample)),  # half of a Japanese text is ideographs
        "cyrillic": len(_CYRILLIC.findall(sample)),
        "latin": len(_LATIN.findall(sample)),
        "han": len(_HAN.findall(sample)),
    }
    total = sum(counts.values())
    if not total:
        return hint
    east = max("ko", "ja", key=lambda script: counts[script])
    if counts[east] >= _EAST * total:
        return east
    script = max("cyrillic", "latin", "han", key=lambda script: counts[script])
    if script == "cyrillic":
        return _in_cyrillic(sample, hint)
    if script == "latin":
        return hint if _LATIN_SCRIPT.fullmatch(hint) else "en"
    return hint if hint in {"ja", "zh"} else "zh"


def _in_cyrillic(sample: str, hint: str) -> str:
    if hint in _CYRILLIC_SCRIPT - {"uk", "ru"}:
        return hint
    ukrainian, russian = len(_UKRAINIAN.findall(sample)), len(_RUSSIAN.findall(sample))
    if ukrainian > 2 * russian:
        return "uk"
    if russian > 2 * ukrainian:
        return "ru"
    ukrainian += len(_UKRAINIAN_WORDS.findall(sample))
    russian += len(_RUSSIAN_WORDS.findall(sample))
    if ukrainian == russian:
        return hint if hint in {"uk", "ru"} else "ru"
    return "uk" if ukrainian > russian else "ru"
