"""Names across scripts: Pokrovsk, Покровська and 포크로우스크서 are heard to be one.

A name is written down by how it sounds, in a few letters that transliteration keeps: R for l and r, K for g and k, S for all
that hisses, T, M, N, P for labials, and A, E, O for vowels. Two names whose consonants agree are compared by all letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LEAST = 3  # consonants: shorter ones agree by chance
_CLOSE = 0.7

_LATIN = (
    ("tch", "S"), ("sch", "S"), ("shch", "S"), ("ch", "S"), ("sh", "S"), ("zh", "S"), ("ts", "S"), ("tz", "S"), ("dj", "S"),
    ("kh", "H"), ("th", "T"), ("ph", "P"), ("ng", "N"), ("ck", "K"), ("qu", "K"), ("x", "KS"), ("ee", "E"), ("oo", "O"),
    ("eo", "O"), ("eu", ""), ("ae", "E"), ("ou", "O"),
)  # fmt: skip
_ONE = dict(
    zip(
        "abcdefghijklmnopqrstuvwyzабвгґдеєжзиіїйклмнопрстуфхцчшщъыьэюя",
        "APKTEPKHESKRMNOPKRSTOPPESAPPKKTEESSEEE-KRMNOPRSTOPHSSSS-E-EOA",
        strict=True,
    )
)
_INITIALS = "KKNTTRMPPSS-SSSKTPH"  # of Hangul syllables, in Unicode's order
_MEDIALS = "AEAEOEOEOAEEOOOOEO--E"
_FINALS = "-KKKNNNTRRRRRRRRMPPTTNSSKTPH"
_PARTICLES = re.compile(
    "(?:에서는|에서|에게|으로|까지|부터|이라고|라고|이란|에는|이나|하고|서|은|는|이|가|을|를|의|에|로|와|과|도|만|측|군|시|주)$"
)
_ENDINGS = re.compile("(?:ами|ями|ого|его|ому|ему|ова|ове|ом|ем|ым|им|ой|ою|ах|ях|их|ых|ій|ої|ів|ов)$")
_LETTERS = re.compile(r"(.)\1+")


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Write down how a word sounds; "" for a script that is not known."""
    folded = word.casefold().replace("ё", "е")
    if "가" <= folded[:1] <= "힣":
        return _collapsed(_of_hangul(_stem(folded)))
    folded = _ENDINGS.sub("", folded) if len(folded) > 5 else folded  # noqa: PLR2004 - short names have none
    if folded.isascii():
        for letters, heard in _LATIN:
            folded = folded.replace(letters, heard)
    else:
        folded = folded.replace("дж", "S").replace("чх", "S").replace("нг", "N")
    return _collapsed("".join(_ONE.get(letter, letter if letter in "HKMNOPRST" else "") for letter in folded))


def consonants(heard: str) -> str:
    """Give what two spellings of a name have in common at least: consonants, without those that come and go."""
    return _LETTERS.sub(r"\1", re.sub("[AEOPH]", "", heard))


def close(one: str, other: str) -> bool:
    """Whether two sounds may be one name."""
    return _likeness(one, other) >= _CLOSE


def _stem(word: str) -> str:
    """Cut a particle off a Korean word."""
    stem = _PARTICLES.sub("", word)
    return stem if len(stem) > 1 else word


def _of_hangul(word: str) -> str:
    parts = []
    for syllable in unicodedata.normalize("NFC", word):
        place = ord(syllable) - ord("가")
        if not 0 <= place <= ord("힣") - ord("가"):
            continue
        initial, medial, final = place // 588, place % 588 // 28, place % 28
        parts += [_INITIALS[initial], _MEDIALS[medial], _FINALS[final]]
    return "".join(parts)


def _collapsed(heard: str) -> str:
    """Leave out what is silent, and doubled letters."""
    return _LETTERS.sub(r"\1", heard.replace("-", ""))


def _likeness(one: str, other: str) -> float:
    """How much of two words is the same, 0 to 1, by the letters that must be changed."""
    if one == other:
        return 1.0
    longest = max(len(one), len(other))
    if not longest or abs(len(one) - len(other)) > longest * (1 - _CLOSE):
        return 0.0
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, beside in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != beside)))
        before = now
    return 1 - before[-1] / longest
