"""Words of the synthetic press: choices, slots and their forms in four languages, numbers as newspapers write them.

The texts are in press_texts/, a file a language, and world.toml for what they speak of. `Tongue.say` fills one template.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "press_texts"
LANGUAGES = ("en", "uk", "ru", "ko")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_PARTICLES = {"은": ("은", "는"), "이": ("이", "가"), "을": ("을", "를"), "과": ("과", "와"), "로": ("으로", "로")}
_MARKS = {particle: chr(0xE000 + number) for number, particle in enumerate(_PARTICLES)}
_MARKED = re.compile(f"([{''.join(_MARKS.values())}])")
_FOREIGN_WITH_END = set("lmnrLMNR136780")  # how the last sound of a letter or a digit is read in Korean
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_GROUPS = {
    "uk": {2: ("двоє", "двох"), 3: ("троє", "трьох"), 4: ("четверо", "чотирьох"), 5: ("п'ятеро", "п'ятьох"), 6: ("шестеро", "шістьох"), 7: ("семеро", "сімох")},
    "ru": {2: ("двое", "двоих"), 3: ("трое", "троих"), 4: ("четверо", "четверых"), 5: ("пятеро", "пятерых"), 6: ("шестеро", "шестерых"), 7: ("семеро", "семерых")},
}  # fmt: skip
COUNTED = ("n", "m", "c", "c2", "f", "g", "age", "flats")  # slots that are numbers; k is a few people


class Form(str):
    """A word with its other forms: `{place.in}` is an attribute of what `{place}` is."""

    __slots__ = ("__dict__",)

    def __new__(cls, text, **forms):
        made = super().__new__(cls, text)
        made.__dict__.update(forms)
        return made


@cache
def world():
    return tomllib.loads((FOLDER / "world.toml").read_text("utf-8"))


@cache
def texts(language):
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def plural(chance, low, high, step=1):
    """A number after which Ukrainian and Russian want the genitive plural: none that ends in 1 to 4, but 11 to 14."""
    while True:
        number = chance.randrange(-(-low // step) * step, high + 1, step)
        if number % 10 in {0, 5, 6, 7, 8, 9} or number % 100 in {11, 12, 13, 14}:
            return number


def number(language, value, chance):
    """A figure, in one of the ways newspapers of the language write it."""
    if value < 1000:
        return str(value) if language != "en" or value > 12 else _WORDS[value]
    if language == "ko":
        return _korean(value, chance)
    if language == "en":
        return f"{value:,}"
    thousands, rest = divmod(value, 1000)
    word = {"uk": ("тисяч", "тисячі"), "ru": ("тысяч", "тысячи")}[language]
    if rest and rest % 100 == 0 and value < 1_000_000 and chance.random() < 0.4:
        return f"{thousands},{rest // 100} {word[1]}"
    if (
        not rest
        and (thousands % 10 in {0, 5, 6, 7, 8, 9} or thousands % 100 in {11, 12, 13, 14})
        and chance.random() < 0.6
    ):
        return f"{thousands} {word[0]}"
    return f"{value:,}".replace(",", " ")


def _korean(value, chance):
    ten_thousands, rest = divmod(value, 10_000)
    if chance.random() < 0.2:
        return f"{value:,}"
    tail = f"{rest // 1000}천" if rest and rest % 1000 == 0 and chance.random() < 0.5 else str(rest) if rest else ""
    return (f"{ten_thousands:,}만" if ten_thousands else "") + tail


def _people(language, value):
    if language == "en":
        return Form(_WORDS[value])
    if language == "ko":
        return Form(str(value))
    nominative, accusative = _GROUPS[language][value]
    return Form(nominative, nom=nominative, acc=accusative)


def _place(language, one):
    found = world()["place"][one][language]
    if language == "en":
        return Form(found, **{"in": f"in {found}", "to": f"to {found}", "from": f"from {found}"})
    return Form(found) if language == "ko" else Form(found[0], **dict(zip(("in", "to", "from"), found, strict=True)))


def _origin(language, one):
    first, second = world()["origin"][one][language]
    if language in {"en", "ko"}:
        return Form(first, short=second)
    return Form(first, short=second, **{"in": first, "of": second})


def _brigade(language, value):
    ending = "ма" if value % 10 in {7, 8} and value % 100 not in range(11, 20) else "та"
    return {
        "en": f"{value}th Brigade",
        "uk": f"{value}-{ending} бригада",
        "ru": f"{value}-я бригада",
        "ko": f"제{value}여단",
    }[language]


def _capital(text):
    return text[:1].upper() + text[1:]


def _particles(text):
    """Put the particle that fits the sound before it; brackets in between are not read."""
    parts = _MARKED.split(text)
    for at in range(1, len(parts), 2):
        before = re.sub(r"\([^()]*\)$", "", "".join(parts[:at]).rstrip("\"'”’"))[-1:]
        particle = next(one for one, mark in _MARKS.items() if mark == parts[at])
        closed, end = _closed(before)
        parts[at] = _PARTICLES[particle][not closed or (particle == "로" and end == 8)]
    return "".join(parts)


def _closed(letter):
    if "가" <= letter <= "힣":
        end = (ord(letter) - 0xAC00) % 28
        return end > 0, end
    return letter in _FOREIGN_WITH_END, 8 if letter in "lL178" else 0


class Tongue:
    """One language of the press, filling templates with a story's values."""

    def __init__(self, language):
        self.language = language
        self.texts = texts(language)

    def say(self, template, slots, chance):
        """One template with its choices made and slots filled, beginning with a capital."""
        return _capital(" ".join(self.clause(template, slots, chance).split()))

    def clause(self, template, slots, chance):
        """The same inside a sentence: as the words are written."""
        chosen = _CHOICE.sub(lambda found: chance.choice(found[1].split("|")), template)
        if self.language != "ko":
            return chosen.format_map(slots)
        return _particles(chosen.format_map(_MARKS | slots))

    def slots(self, values, day, chance):
        """What `values` (of a story, the same for all languages) are called here. `day` is the date the text speaks of."""
        language = self.language
        made = {"day": f"{day.day}일" if language == "ko" else self.texts["days"][day.weekday()]}
        for name, value in values.items():
            if name in COUNTED:
                made[name] = number(language, value, chance)
            elif name == "k":
                made[name] = _people(language, value)
            elif name in {"place", "city", "site", "from", "to"}:
                made[name] = _place(language, value)
            elif name in {"origin", "origin2"}:
                self._add_origin(made, name, value)
            else:
                made |= self._thing(name, value)
        return made

    def _add_origin(self, made, name, value):
        origin, end = _origin(self.language, value), name.removeprefix("origin")
        made[name], made[f"short{end}"] = origin, origin.short
        made[f"Origin{end}"], made[f"Short{end}"] = _capital(origin), _capital(origin.short)

    def _thing(self, name, value):
        if name == "brigade":
            return {name: _brigade(self.language, value)}
        if name == "topic":
            return {name: self.texts["topics"]["list"][value]}
        kinds = {
            "unit": "unit",
            "ship": "ship",
            "firm": "firm",
            "firm2": "firm",
            "guest": "person",
            "system": "system",
            "doc": "doc",
            "who": "lister",
        }
        found = world()[kinds[name]][value][self.language]
        if isinstance(found, str):
            return {name: found}
        return {
            name: found[0],
            f"{name}short": found[1],
            f"{_capital(name)}short": _capital(found[1]),
            _capital(name): _capital(found[0]),
        }


TONGUES = {language: Tongue(language) for language in LANGUAGES}
