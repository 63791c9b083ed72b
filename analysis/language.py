"""Which language a text is in: by its script, and within a script by letters, small words and endings.

Libraries were weighed, and `benchmarks/language.py` weighs them again. The light ones (CLD2, CLD3, whatlang) take four
words of a headline for any of a hundred languages; those that do better cost 26 MB (fastText) to 960 MB (lingua). A few
dozen words and endings of each language, counted, do better than any of them on the headlines that matter here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from analysis.language_profiles import CYRILLIC, LATIN, LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAMPLE = 1_000  # characters; a language does not change its mind after that
_EAST = 0.15  # this share of the letters settles it: an article in Korean is full of Latin names and figures
_FOREIGN = 0.3  # and this for any script but Latin, whose names stand in texts of all languages
_KANA = 0.04  # a kana among so many ideographs makes them Japanese
_WORD, _LETTER = 1.0, 0.5  # what each is worth to every language that has it
_ENDINGS = (0, 0, 0.15, 0.3, 0.45)  # by the length of "-n", "-en", "-ten"; never as much as a word
_HINT = 0.95  # less than any word of one language alone
_LIKELY = {  # where the words say nothing: names alone are taken for English
    "en": 1.0, "fr": 0.5, "de": 0.5, "es": 0.45, "it": 0.35, "pt": 0.3, "nl": 0.2, "pl": 0.3, "cs": 0.15, "tr": 0.15, "sv": 0.1,
    "no": 0.05, "ru": 0.62, "uk": 0.6, "bg": 0.2, "be": 0.1,
}  # fmt: skip

_NOISE = re.compile(
    r"https?://\S+|www\.\S+|@\S+|#\S+|Jong[- ][Uu]n\b"
)  # Latin whatever the language; "un" is an article
_INITIALS = frozenset("BCDEFGHJKLMNOPQRSTUVWXYZ")
_APOSTROPHES = str.maketrans("’ʼ", "''")
_TOKEN = re.compile(r"[^\W\d_]+(?:'(?=[^\W\d_]{2}))?|'[^\W\d_]{1,2}\b")
_FRENCH_SPACE = re.compile(r"\w[ \xa0\u202f][:;!?](?=\s|$)")

_SCRIPTS = (
    (0x41, 0x24F, "latin"), (0x370, 0x3FF, "el"), (0x400, 0x52F, "cyrillic"), (0x531, 0x58F, "hy"), (0x590, 0x5FF, "he"),
    (0x600, 0x77F, "arabic"), (0x900, 0x97F, "hi"), (0x980, 0x9FF, "bn"), (0xB80, 0xBFF, "ta"), (0xE00, 0xE7F, "th"),
    (0xE80, 0xEFF, "lo"), (0x1000, 0x109F, "my"), (0x10A0, 0x10FF, "ka"), (0x1100, 0x11FF, "ko"), (0x1200, 0x137F, "am"),
    (0x1780, 0x17FF, "km"), (0x1E00, 0x1EFF, "latin"), (0x1F00, 0x1FFF, "el"), (0x3040, 0x30FF, "ja"), (0x3130, 0x318F, "ko"),
    (0x3400, 0x9FFF, "han"), (0xAC00, 0xD7A3, "ko"), (0xF900, 0xFAFF, "han"), (0xFB50, 0xFEFF, "arabic"), (0xFF66, 0xFF9F, "ja"),
)  # fmt: skip
_STARTS = tuple(first for first, _, _ in _SCRIPTS)

_HAN = (  # what only Japan, and what only China writes so
    frozenset("発対戦済総県図観検働込労実気駅権沢桜歳売読鉄単険辺円両価圧応拡挙営撃"),
    frozenset(
        "发对战军队们这说为东门问时间韩总统进还没过种边运输铁轻险单营经济击价压应扩举请认证鲜罗尔亚乌兰苏联导弹们這說與來國會發對戰總經濟單邊"
    ),
)
_PERSIAN, _URDU = frozenset("پچژگکی"), frozenset("ٹڈڑںےہ")
_HARD_SIGN = re.compile("ъ[еёюя]")  # in Russian; before a consonant it is a Bulgarian vowel

_Table = dict[str, tuple[tuple[str, float], ...]]


def _table(profiles: Mapping[str, str]) -> _Table:
    """Words, and endings with their hyphen, to what each says for which languages."""
    having: defaultdict[str, set[str]] = defaultdict(set)
    for language, forms in profiles.items():
        for form in forms.split():
            having[form].add(language)
    return {
        form: tuple((language, _worth(form)) for language in sorted(languages)) for form, languages in having.items()
    }


def _worth(form: str) -> float:
    return _WORD if form[0] != "-" else _ENDINGS[min(len(form), len(_ENDINGS) - 1)]


_PROFILES = {"latin": LATIN, "cyrillic": CYRILLIC}
_TABLES = {script: _table(profiles) for script, profiles in _PROFILES.items()}
_WRITTEN = {letter: tuple(languages.split()) for letter, languages in LETTERS.items()}
_WRITTEN |= {chr(code): ("vi",) for code in range(0x1EA0, 0x1EFA)}


def language_of(text: str, hint: str = "") -> str:
    """Give the two-letter code of a text's language.

    The hint, which may be wrong or carry a region ("en-GB"), only decides where the text does not; a text without any
    letters is in the hint's language, or "".
    """
    sample, hint = _NOISE.sub(" ", text[: 2 * _SAMPLE])[:_SAMPLE].translate(_APOSTROPHES), hint[:2].lower()
    letters = Counter(sample.lower())
    script = _script(letters)
    if not script:
        return hint
    if script == "han":
        return _in_han(letters, hint)
    if script == "arabic":
        return _in_arabic(letters)
    return _by_profile(sample, letters, script, hint) if script in _TABLES else script


def _script(letters: Mapping[str, int]) -> str:
    """What most of a text is written in; of Latin letters, which all others mix in, it takes more."""
    counts: defaultdict[str, int] = defaultdict(int)
    for letter, count in letters.items():
        code = ord(letter)
        first, last, script = _SCRIPTS[bisect_right(_STARTS, code) - 1]
        if first <= code <= last and letter.isalpha():
            counts[script] += count
    if counts["ja"] > _KANA * counts["han"]:
        counts["ja"] += counts.pop("han", 0)
    total = sum(counts.values())
    east = max("ko", "ja", key=counts.__getitem__)
    if total and counts[east] >= _EAST * total:
        return east
    latin = counts.pop("latin", 0)
    other = max(counts, key=counts.__getitem__)
    if counts[other] >= _FOREIGN * total:
        return other if total else ""
    return "latin" if latin else ""


def _in_han(letters: Mapping[str, int], hint: str) -> str:
    japanese, chinese = (sum(letters.get(letter, 0) for letter in group) for group in _HAN)
    if japanese != chinese:
        return "ja" if japanese > chinese else "zh"
    return hint if hint in {"ja", "zh", "ko"} else "zh"


def _in_arabic(letters: Mapping[str, int]) -> str:
    if any(letter in letters for letter in _URDU):
        return "ur"
    return "fa" if any(letter in letters for letter in _PERSIAN) else "ar"


def _by_profile(sample: str, letters: Mapping[str, int], script: str, hint: str) -> str:
    """The language whose letters, words and endings a text has most of."""
    scores = dict.fromkeys(_PROFILES[script], 0.0)
    for language, value in (*_LIKELY.items(), (hint, _HINT)):
        if language in scores:
            scores[language] += value
    _count_letters(scores, sample, letters, foreign=_LETTER if script == "cyrillic" else 0)
    _count_words(scores, sample, _TABLES[script])
    if script == "latin":
        scores["fr"] += _WORD * len(_FRENCH_SPACE.findall(sample))
        scores["en"] -= _LETTER * sum(count for letter, count in letters.items() if letter in _WRITTEN)
    return max(scores, key=scores.__getitem__)


def _count_letters(scores: dict[str, float], sample: str, letters: Mapping[str, int], foreign: float) -> None:
    """Credit the languages that write a letter, and charge all others for it."""
    counts = {letter: count for letter, count in letters.items() if letter in _WRITTEN}
    if "ъ" in counts and (russian := len(_HARD_SIGN.findall(sample.lower()))):
        counts["ъ"] -= russian
        scores["ru"] += (_LETTER + foreign) * russian
    charge = foreign * sum(counts.values())
    for language in scores:
        scores[language] -= charge
    for letter, count in counts.items():
        for language in _WRITTEN[letter]:
            if language in scores:
                scores[language] += (_LETTER + foreign) * count


def _count_words(scores: dict[str, float], sample: str, table: _Table) -> None:
    shouted = sample.isupper()
    for token in _TOKEN.findall(sample):
        if token.isupper() and not shouted and (len(token) > 1 or token in _INITIALS):
            continue  # "UN" is no article, and "U.S." no words
        word = token.lower()
        for language, value in table.get(word) or table.get(word.rstrip("'")) or _ending(word, table):
            scores[language] += value


def _ending(word: str, table: _Table) -> tuple[tuple[str, float], ...]:
    """What the longest known ending says."""
    for length in range(min(5, len(word) - 2), 0, -1):
        if found := table.get("-" + word[-length:]):
            return found
    return ()
