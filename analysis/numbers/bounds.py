"""Words that bound a figure: "more than", "не менш як", "some"; before it, and a little way behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from analysis.numbers.patterns import split_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENGLISH = {
    "more_than": "more than|over|upwards of|upward of|in excess of|exceeding|exceeds|exceed|exceeded|surpassing|surpassed|"
    "surpasses|topped|topping|tops|well over|just over|slightly more than|slightly over|a little over|greater than|"
    "more|north of|passed|above",
    "at_least": "at least|no fewer than|no less than|not less than|not fewer than|a minimum of|minimum of|minimum",
    "up_to": "up to|as many as|as much as|no more than|not more than|a maximum of|maximum of|maximum|at most|under|less than|"
    "fewer than|below|a ceiling of|as high as",
    "about": "about|some|around|roughly|approximately|approx|an estimated|estimated|circa|ca|in the region of|"
    "in the order of|on the order of|something like|estimated at|put at|an approximate|~|≈|±",
    "nearly": "nearly|almost|close to|just under|just short of|just shy of|approaching|practically|virtually|not quite",
}
_SLAVIC = {
    "more_than": "более|более чем|больше|больше чем|свыше|сверх|чуть более|чуть больше|немногим более|немногим больше|понад|"
    "більше|більше ніж|більше як|більш ніж|більш як|трохи більше|трошки більше|дещо більше|больше нежели|гораздо более|"
    "намного больше|значно більше|більше за",
    "at_least": "не менее|не менее чем|не меньше|не меньше чем|минимум|как минимум|по меньшей мере|по крайней мере|самое меньшее|"
    "хотя бы|не менше|не менше ніж|не менше як|не менш як|не менш ніж|щонайменше|принаймні|мінімум|як мінімум|бодай|"
    "по меншій мірі|не менее как",
    "up_to": "до|не более|не более чем|не больше|не больше чем|максимум|самое большее|менее|менее чем|меньше|меньше чем|"
    "не більше|не більше ніж|не більше як|не більш як|не більш ніж|щонайбільше|менше|менше ніж|менше як|менш як|менш ніж|"
    "аж до|вплоть до",
    "about": "около|примерно|приблизительно|порядка|ориентировочно|где-то|в районе|оценочно|условно|плюс-минус|близько|"
    "приблизно|орієнтовно|десь|у районі|коло|умовно|в пределах|в межах|у межах|пр|ок|бл|~|≈|±",
    "nearly": "почти|практически|едва не|чуть не|без малого|чуть менее|чуть меньше|немногим менее|немногим меньше|майже|"
    "ледь не|мало не|трохи менше|дещо менше|практично|мало не|мало що не",
}
_SMALL = frozenset(split_words("на в у з из із за о про по к до с на-"))
_STEMS = {
    **dict.fromkeys(split_words("превыс превыш перевищ переступ перевал перевалил"), "more_than"),
    **dict.fromkeys(split_words("приближ приблиз наближ наблиз"), "nearly"),
}
_MOVES = [
    "рост",
    "вырос",
    "выраст",
    "возрос",
    "возраст",
    "увелич",
    "сократ",
    "сокращ",
    "сниз",
    "сниж",
    "упал",
    "упад",
    "расшир",
    "довес",
    "довед",
    "довел",
    "дошл",
    "вырос",
    "подорож",
    "подешев",
    "зрос",
    "зрост",
    "збільш",
    "скороч",
    "зменш",
    "знизи",
    "знижу",
    "впал",
    "довел",
    "дійш",
    "поднял",
    "повыс",
    "підвищ",
    "подорожч",
    "зріс",
]
_ENGLISH_MOVES = frozenset(
    split_words(
        "rose risen rise rising grew grown grow growing increased increase increasing fell fallen fall falling dropped drop jumped "
        "jump climbed climb reduced reduce cut raised raise shrank went gone going up down changed soared slashed doubled expanded "
        "tripled swelled declined decreased lowered slipped surged revised revising revise"
    ),
)
_VERB = 8  # letters
_OF_A_VERB = re.compile(
    r"\b(?:hand|handed|handing|turned|turning|took|taken|taking|take|made|signed|passed|flown|carried|hands) over$"
)
STRONG = frozenset(("more_than", "at_least", "up_to", "nearly"))
_LONGEST = 4
_EDGE = "\"'«“”„([{—–-"
_WINDOW = 48

ENGLISH_AFTER = re.compile(
    r"(?P<odd>-?odd\b|-some\b)|(?P<more_than>\+(?!\d)|[-\s]?plus\b|,? and (?:more|over|above|counting)\b)"
    r"|(?:\s[^\W\d_]+){0,3}?\s?(?:(?P<at_least>or more\b|at least\b|if not more\b|or over\b|minimum\b)|(?P<about>or so\b|or thereabouts\b|give or take\b)"
    r"|(?P<up_to>or (?:fewer|less)\b|at (?:the )?most\b|maximum\b))",
)
SLAVIC_AFTER = re.compile(
    r"(?P<more_than>\+(?!\d)|\s(?:с|з|із)\s(?:лишним|лишком|небольшим|гаком)\b)"
    r"|(?:\s[^\W\d_]+){0,2}?\s(?=[аийімтч])(?:(?P<at_least>(?:и|или|и даже|і|й|та|або|чи) (?:более|больше|більше|выше|вище)\b|минимум\b|мінімум\b)"
    r"|(?P<about>(?:или|або|чи) (?:около того|близько того)\b)|(?P<up_to>(?:или|и|або|чи) (?:менее|меньше|менше)\b|максимум\b))",
)


class Bound(NamedTuple):
    """How a figure is bounded, and where the words that say so begin or end."""

    approx: str
    place: int


class Bounds:
    """The bounding words of one language."""

    def __init__(self, table: Mapping[str, str], after: re.Pattern[str], stems: Mapping[str, str]) -> None:
        self.words = {phrase: approx for approx, phrases in table.items() for phrase in phrases.split("|")}
        self._after = after.match
        self._stems = stems
        self._stem_list = tuple(stems)
        self._last: dict[str, int] = {}  # the last word of each phrase, and how many words its longest has
        for said in map(str.split, self.words):
            self._last[said[-1]] = max(len(said), self._last.get(said[-1], 0))

    def before(self, folded: str, start: int) -> Bound | None:
        """Give the bound that ends right before a place; of several, one that says more than "about"."""
        found: Bound | None = None
        place = start
        for _ in range(3):
            step = self._one(folded, place)
            if not step or _OF_A_VERB.search(folded, max(0, step.place - _VERB), step.place + len("over")):
                break
            approx = step.approx if not found or (found.approx == "about" and step.approx in STRONG) else found.approx
            found, place = Bound(approx, step.place), step.place
        return found

    def _one(self, folded: str, start: int) -> Bound | None:
        begin = max(0, start - _WINDOW)
        if folded[start - 1 : start] == " " and self._cannot_end(folded, begin, start - 1):
            return None
        window = folded[begin:start]
        if not window[-1:].isspace():
            return Bound("about", start - 1) if window[-1:] in {"~", "≈", "±"} else None
        words = window.split()[-_LONGEST - 1 :]
        for skipped in range(1 + (len(words) > 1 and words[-1] in _SMALL and bool(self._stems))):
            said = words[: len(words) - skipped]
            if said and (approx := self._phrase(said)):
                return Bound(approx[0], _begin(folded, start, said[-approx[1] :] + words[len(said) :]))
        return None

    def _cannot_end(self, folded: str, begin: int, end: int) -> bool:
        """Whether the word that ends there, or the one before it if it is a small one, ends no bound."""
        at = folded.rfind(" ", begin, end) + 1
        word = folded[at:end]
        if word in _SMALL and word not in self._last and at > begin + 1:
            word = folded[folded.rfind(" ", begin, at - 1) + 1 : at - 1]
        return bool(word) and not self._may_end(word)

    def _may_end(self, word: str) -> bool:
        """Whether a word may be the last of a bound; most that stand before a figure are none."""
        word = word.lstrip(_EDGE)
        if not word or word in self._last or word in _SMALL or word.startswith(self._stem_list):
            return True
        return word[-1].isalpha() and not word.isalpha()  # two words, with another space between

    def _phrase(self, words: Sequence[str]) -> tuple[str, int] | None:
        last = words[-1].lstrip(_EDGE)
        if last in self._last:
            for count in range(min(self._last[last], len(words)), 0, -1):
                said = [*words[-count:-1], last] if count > 1 else [last]
                said[0] = said[0].lstrip(_EDGE)
                if approx := self.words.get(" ".join(said)):
                    return approx, count
        if last.startswith(self._stem_list):
            return next(approx for stem, approx in self._stems.items() if last.startswith(stem)), 1
        return None

    def after(self, folded: str, end: int) -> Bound | None:
        """Give the bound that follows a place, with a few words between them at most."""
        match = self._after(folded, end)
        if not match:
            return None
        return Bound("about" if match.lastgroup == "odd" else match.lastgroup or "", match.end())

    def of(self, words: str) -> str:
        """Give what words between two figures bound, if they do."""
        return self.words.get(words, "")


def _begin(folded: str, start: int, words: Sequence[str]) -> int:
    """Give where the words that stand before a place begin."""
    place = start
    for word in reversed(words):
        place = folded.rfind(word, 0, place)
    return place + len(words[0]) - len(words[0].lstrip(_EDGE))


ENGLISH = Bounds(_ENGLISH, ENGLISH_AFTER, {})
SLAVIC = Bounds(_SLAVIC, SLAVIC_AFTER, _STEMS)


def moves(folded: str, start: int) -> bool:
    """Whether the words before a place tell of a figure that changes: "rose from", "сократили на треть, до"."""
    words = folded[max(0, start - 70) : start].rsplit(". ", 1)[-1].split()
    return any(word in _ENGLISH_MOVES or word.startswith(_MOVE_STEMS) for word in words)


_MOVE_STEMS = tuple(_MOVES)
