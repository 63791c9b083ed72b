"""Number words, digits and things that only look like numbers, found in a text of words with spaces between them.

Both patterns begin with a set of characters, which `re` seeks many times faster than a place between two characters;
what stands before a match is therefore looked at afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.numbers.cardinals import AND_HALF, DIGITS, DONE, MANY, MULTIPLIER, Token
from analysis.numbers.patterns import any_of
from analysis.numbers.shape import GROUPED, PLAIN, Figure, whole
from analysis.text import APOSTROPHES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.numbers.cardinals import Word

_LONGEST = 21  # characters that a figure may have; what is longer is an account's number
_GROUP, _CODE = 3, 10
_CODES = frozenset(("usd", "eur", "krw", "rub", "uah", "cny", "jpy", "gbp", "us", "rmb", "rs"))
_PARTS = {"1/2": 0.5, "1/3": 1 / 3, "2/3": 2 / 3, "1/4": 0.25, "3/4": 0.75, "1/5": 0.2, "1/10": 0.1}

ALIKE = (
    r"(?P<phone>\+\d[\d\s().-]{6,18}\d|\d{2,4}-\d{3,4}-\d{4}(?![\w-])|\d{3}-\d{2}-\d{2}(?![\w-]))"
    r"|(?P<date>(?:\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})|\d{4}(?P<sign>[-./])\d{1,2}(?P=sign)\d{1,2})(?!\d|[-./]\d))"
    r"|(?P<time>\d{1,2}:\d{2}(?::\d{2})?(?![\d:]))"
    r"|(?P<score>\d{1,3}:\d{1,3}(?![\d:]))"
    r"|(?P<slash>\d+(?:/\d+)+(?!\w))"
    r"|(?P<version>\d+\.\d+(?:\.\d+)+(?!\w))"
)
"""What looks like a number; the same in all languages."""

_KINDS = {"phone": "designation", "version": "designation"}
_HYPHENS = "‑‐－\u00ad"
_FORMATIONS = "battal|brigad|батал|бригад"
_LEADS_ON = frozenset(("-", " ", ",", "\u00a0"))
_CALIBRES = frozenset(
    (20, 23, 30, 37, 40, 45, 57, 60, 75, 76, 80, 81, 82, 85, 100, 105, 107, 115, 120, 122, 125, 130, 140, 152, 155, 160, 170, 180,
     200, 203, 220, 240, 300, 350, 400, 600),
)  # fmt: skip
_ANDS = "and|or|to|и|или|і|та|й|чи|або|до"
_hanging = re.compile(rf"-(?:,\s|,?\s(?:{_ANDS})\s)(?=\d)").match
_of_next = re.compile(rf"(?:,\s\d{{2,3}})*,?\s(?:{_ANDS})\s\d{{2,3}}[-\s]?(?:мм|mm|㎜|millim|миллим|мілім)").match
find_digits = re.compile(r"[0-9+][0-9]*").finditer
_SEPARATORS = frozenset(" .,:/-\u00a0+")
_counted = re.compile(
    r"-strong|\s(?:[a-z]+\s)?(?:tonnes|tons|shells|rounds|barrels|people|troops|men|soldiers|workers|munitions|projectiles|missiles|rockets|mines|"
    r"bullets|pieces|units|items|containers|drones|residents|refugees|grenades)(?!\w)",
).match
_letters = re.compile(r"[^\W\d_]+").match
_name_tail = re.compile(r"[^\W\d_]{1,3}\d").match
_rest_of_name = re.compile(r"[\w-]*(?:\.\d+)*").match
_multiplied = re.compile(r"\s?(?:тыс|тис|млн|млрд|милли|мільй|трлн|трил|k\b|m\b|bn|%|процент|відсот)").match
_address = re.compile(r"(?:https?://|www\.|[@#])\S+")


def at_figure(figures: re.Pattern[str], folded: str, seen: re.Match[str]) -> re.Match[str] | None:
    """Match a figure where digits were seen, or behind the plus before them ("+5 тис.")."""
    start, end = seen.span()
    following = folded[end : end + 2]
    if folded[start] != "+" and (following[:1] not in _SEPARATORS or not following[1:].isdecimal()):
        return seen  # digits alone
    match = figures.match(folded, start)
    if match or end == start + 1 or (start and folded[start - 1].isalnum()):
        return match
    return figures.match(folded, start + 1)


def without_addresses(folded: str) -> str:
    """Blank addresses and handles, whose digits count nothing."""
    if "://" in folded or "www." in folded or "@" in folded or "#" in folded:
        return _address.sub(lambda match: "_" * len(match[0]), folded)
    return folded


def is_code(digits: str) -> bool:
    """Whether digits are those of a telephone or an account: they begin with a nought, or are too many."""
    return digits.isdecimal() and ((digits[0] == "0" and len(digits) > 1) or len(digits) > _CODE)


def heads_a_line(folded: str, start: int, end: int) -> bool:
    """Whether a figure numbers the line or paragraph that it begins: "2. With the aid"."""
    return (
        folded[end : end + 1] in {".", ")"}
        and folded[end + 1 : end + 2] == " "
        and (not start or folded[start - 1] == "\n")
    )


def name_before(folded: str, start: int, known: Mapping[str, object] | frozenset[str]) -> int:
    """Give where a name begins whose digits stand at `start` ("KN-23", "M1989"), or -1; known words make no name."""
    at = start - (folded[start - 1] in "-‑–" and start > 1)
    begin = at
    while begin and at - begin < _LONGEST and folded[begin - 1].isalpha():
        begin -= 1
    if begin == at or folded[begin:at] in known or (at < start and begin and folded[begin - 1].isdecimal()):
        return -1
    return begin


def name(folded: str, begin: int, end: int) -> Figure:
    """Give the name that begins there and whose digits are at its end, or within."""
    rest = _rest_of_name(folded, end)
    return Figure(begin, rest.end() if rest else end, 0, 0, kind="designation", closed=True)


@dataclass(frozen=True)
class Scanner:
    """How the figures of one language are written, compiled once."""

    words: Mapping[str, Word]
    digits: str
    """A pattern of digits with the separators of the language."""
    suffixes: Mapping[str, int]
    """Multipliers that may be glued to digits."""
    not_names: frozenset[str]
    """Letters before digits that make no name of them: "mid-2024"."""
    decimal_comma: bool
    endings: re.Pattern[str] | None = None
    """Endings of cardinals that may follow digits: "5-ти"."""
    worth: re.Pattern[str] = field(init=False)
    """What a text without digits must have to have numbers; sought in one that is only casefolded."""
    find_words: re.Pattern[str] = field(init=False)
    figures: re.Pattern[str] = field(init=False)
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        edges, forms = r"\s\-–—(\[«»\"“”„'/,.;:!?…", any_of(self.words)
        words = rf"[{edges}](?:{forms})(?!'?\w)"
        unfolded = forms.replace("'", f"[{APOSTROPHES}]").replace("е", "[её]")
        worth = rf"[{edges}{APOSTROPHES}{_HYPHENS}](?:(?:{unfolded})(?![{APOSTROPHES}]?\w)|{_FORMATIONS})"
        plain = r"\d+(?:[.,]\d+)?" if self.decimal_comma else r"\d+(?:\.\d+)?"
        parts = (self.digits, ALIKE) if self.decimal_comma else (ALIKE, self.digits)
        object.__setattr__(self, "worth", re.compile(worth))
        object.__setattr__(self, "find_words", re.compile(words))
        object.__setattr__(self, "figures", re.compile("|".join((*parts, plain))))
        object.__setattr__(self, "known", self.not_names | self.words.keys() | _CODES)

    def tokens(self, folded: str, text: str) -> list[Token]:
        """Give the words, digits and finished figures of a text, in order."""
        tokens = [self._word(match, folded) for match in self.find_words.finditer(" " + folded)]
        taken = 0
        for seen in find_digits(folded):
            if seen.start() >= taken and (match := at_figure(self.figures, folded, seen)):
                found = self._digits(match, folded, text)
                tokens += found
                taken = found[-1].end if found else match.end()
        tokens.sort()
        return tokens

    def _word(self, match: re.Match[str], folded: str) -> Token:
        form = match[0][1:]
        word = self.words.get(form) or self.words[" ".join(form.split())]
        start, end = match.start(), match.end() - 1
        end += word.role == MULTIPLIER and folded[end : end + 1] == "." and form in self.suffixes
        return Token(start, end, *word)

    def _digits(self, match: re.Match[str], folded: str, text: str) -> list[Token]:  # noqa: PLR0911 - one for each thing it can be
        start, end = match.span()
        before = folded[start - 1] if start else " "
        if before.isalpha() or (before in "-‑–" and start > 1 and folded[start - 2].isalpha()):
            begin = name_before(folded, start, self.known)
            if begin >= 0:
                return [_done(name(folded, begin, end))]
        if before in ".,_" and start > 1 and not folded[start - 2].isspace():  # a part of something
            return []
        if match.lastgroup:
            part = _PARTS.get(match[0])
            if part and before == " " and folded[start - 2 : start - 1].isdecimal():  # 2 1/2
                return [Token(start, end, AND_HALF, part)]
            return [_done(alike(match))]
        if end - start > _LONGEST or is_code(match[0]):
            return [_done(Figure(start, end, 0, 0, kind="designation", closed=True))]
        if folded[end : end + 1].isalpha() and _name_tail(folded, end):  # 9K720
            return [_done(name(folded, start, end))]
        shared = _shared(match[0], folded, end) if folded[end : end + 1] in _LEADS_ON else None
        return [_done(shared)] if shared else self._figure(match[0], folded, text, start)

    def _figure(self, raw: str, folded: str, text: str, start: int) -> list[Token]:
        """Give digits, and the multiplier glued to them."""
        end = start + len(raw)
        written = PLAIN if raw.isdecimal() else GROUPED
        value = int(raw) if written == PLAIN else self.value(raw, folded, end)
        if start and folded[start - 1] == "." and written == PLAIN:
            value = float("0." + raw)
        if self.endings and folded[end : end + 1] == "-" and (ending := self.endings.match(folded, end)):
            end = ending.end()
        token = Token(start, end, DIGITS, value, 0, written)
        suffix = self._suffix(folded, text, start, end) if folded[end : end + 1].isalpha() else None
        return [token, suffix] if suffix else [token]

    def _suffix(self, folded: str, text: str, start: int, end: int) -> Token | None:
        """Give the multiplier glued to digits: "1.3M", "$20bn", "12тыс."."""
        letters = _letters(folded, end)
        tail = letters[0] if letters else ""
        value = self.suffixes.get(tail)
        stop = end + len(tail)
        if not value or (
            len(tail) == 1
            and not _is_multiplier(text[end], folded[max(0, start - 2) : start])
            and not (tail == "m" and _counted(folded, stop))
        ):
            return None
        stop += len(tail) > 1 and folded[stop : stop + 1] == "."
        return Token(end, stop, MULTIPLIER, value, MANY)

    def value(self, raw: str, folded: str, end: int) -> int | float:
        """Read digits with separators."""
        raw = "".join(raw.split())
        if not self.decimal_comma:
            thousands = raw.endswith(".000") and raw.count(".") == 1 and "," not in raw
            return _number(raw.replace(".", "") if thousands else raw.replace(",", ""))
        commas, dots = raw.count(","), raw.count(".")
        if commas + dots == 1:
            head, tail = raw.replace(",", ".").split(".")
            if len(tail) != _GROUP or len(head) > _GROUP or head == "0" or _multiplied(folded, end):
                return _number(f"{head}.{tail}")
            return int(head + tail)
        return int(raw.replace(",", "").replace(".", ""))


def _shared(digits: str, folded: str, end: int) -> Figure | None:
    """Give a figure that has its unit with the next and so adds nothing to the one before: "122- и 152-мм"."""
    if not digits.isdecimal() or len(digits) > _GROUP:
        return None
    value = int(digits)
    if folded[end] == "-":
        return Figure(end - len(digits), end, value, value) if _hanging(folded, end) else None
    if value in _CALIBRES and _of_next(folded, end):
        return Figure(end - len(digits), end, value, value, kind="calibre")
    return None


def alike(match: re.Match[str]) -> Figure:
    """Give what a match of `ALIKE` is."""
    (start, end), what = match.span(), match.lastgroup or ""
    what = "date" if what == "sign" else what
    if what != "slash":
        return Figure(start, end, 0, 0, kind=_KINDS.get(what, what), closed=True)
    part = _PARTS.get(match[0])
    if part is None:
        return Figure(start, end, 0, 0, kind="designation", closed=True)
    return Figure(start, end, part, part, fraction=True)


def _done(figure: Figure) -> Token:
    return Token(figure.start, figure.end, DONE, 0, done=figure)


def _is_multiplier(letter: str, before: str) -> bool:
    """Tell 5M from 5m; after a sign of money a small letter will do."""
    return letter.isupper() or letter in "kк" or any(sign in before for sign in "$€£¥₩₽₴")


def _number(raw: str) -> int | float:
    return whole(float(raw)) if "." in raw else int(raw)
