"""Korean: figures with 만 and its like, native numerals before their counters, and bounds that stand behind."""

from __future__ import annotations

import re

from analysis.numbers import korean_links
from analysis.numbers import korean_words as words
from analysis.numbers.bounds import STRONG
from analysis.numbers.scan import ALIKE, alike, at_figure, find_digits, heads_a_line, is_code, name, name_before
from analysis.numbers.shape import GROUPED, KOREAN, PLAIN, WORDS, Figure, whole

_DIGITS = r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_figure = re.compile(rf"{ALIKE}|{_DIGITS}")
_more = re.compile(rf"(\s?)({_DIGITS})(?!\s?(?:년|월|일(?!곱)|차(?!례)|시(?!설)|분기|항|%|％|세(?!트)))").match
_trillion = re.compile(
    r"조(?=\s?(?:\d|원|달러|루블|위안|유로|엔|여|개(?![정편선혁발])|[일이삼사오육칠팔구]?[천백십]?억))"
).match
_LONGEST, _FIRST_YEAR, _LAST_YEAR, _LAST_DAY, _MONTHS, _OLDEST, _LETTERS = 21, 1900, 2099, 31, 12, 110, 6
_NO_NAMES: frozenset[str] = frozenset(("usd", "us", "krw", "eur"))

_BOUND_ENDS = frozenset(word[-1] for word in (*words.BEFORE, *words.NEUTRAL))


def has_words(text: str) -> bool:
    """Whether a text has a number word; most sentences have none."""
    return words.WORDS.search(" " + text) is not None


def read(folded: str) -> list[Figure]:
    """Give the figures of a Korean text with all that belongs to them."""
    figures = sorted([*_spelled(folded), *_written(folded)], key=lambda figure: figure.start)
    for figure in figures:
        if not figure.closed:
            _measure(figure, folded)
            _before(figure, folded)
    figures = korean_links.link(figures, folded)
    for place, figure in enumerate(figures):
        if not figure.closed and figure.kind != "vague":
            _after(figure, folded, figures[place + 1].first if place + 1 < len(figures) else len(folded))
    korean_links.carry_currency(figures, folded)
    return figures


def _spelled(folded: str) -> list[Figure]:
    """Give what is written in words."""
    figures = []
    for match in words.WORDS.finditer(" " + folded):
        what = match.lastgroup or ""
        start, end = match.start(what) - 1, match.end(what) - 1
        if what == "part":
            figures.append(Figure(start, end, 0.5, 0.5, WORDS, fraction=True))
        elif what == "vague":
            value = _sino(match[what][1:].strip())
            figures.append(Figure(start, end, value, value, WORDS, kind="vague", approx="about"))
        elif what == "native":
            low, high = _native(match[what])
            figures.append(Figure(start, end, low, high, WORDS, approx="exact" if low == high else "range"))
        elif value := _sino(match[what]):
            figures.append(Figure(start, end, value, value, WORDS))
    return figures


def _native(word: str) -> tuple[int, int]:
    if word in words.PAIRS:
        return words.PAIRS[word]
    value = 20 if word == "스무" else words.ONES.get(word) or words.TENS.get(word) or 0
    if not value:
        ten = next(ten for ten in words.TENS if word.startswith(ten))
        value = words.TENS[ten] + words.ONES[word[len(ten) :]]
    return value, value


def _sino(word: str) -> int:
    """Read 만 오천; 0 for what is no numeral."""
    total = section = digit = 0
    last = 10**16
    for letter in word:
        if letter in words.DIGITS:
            if digit:
                return 0
            digit = words.DIGITS[letter]
        elif letter in words.SMALL:
            section += (digit or 1) * words.SMALL[letter]
            digit = 0
        elif letter in words.BIG:
            if words.BIG[letter] >= last:
                return 0
            last = words.BIG[letter]
            total += (section + digit or 1) * last
            section = digit = 0
    return total + section + digit


def _written(folded: str) -> list[Figure]:
    """Give what is written in digits, with the multipliers behind them."""
    figures: list[Figure] = []
    taken = 0
    for seen in find_digits(folded):
        if seen.start() < taken or not (match := at_figure(_figure, folded, seen)):
            continue
        figure = _digits(match, folded)
        if figure:
            figures.append(figure)
        taken = figure.end if figure else match.end()
    return figures


def _digits(match: re.Match[str], folded: str) -> Figure | None:  # noqa: PLR0911 - one for each thing it can be
    start, end = match.span()
    before = folded[start - 1] if start else " "
    if before == "제":
        value = int(match[0]) if match[0].isdecimal() and end - start < _LONGEST else 0
        return Figure(start - 1, end, value, value, kind="ordinal", closed=True)
    if (before.isalpha() and not _is_hangul(before)) or (before in "-‑–" and start > 1 and folded[start - 2].isalpha()):
        begin = name_before(folded, start, _NO_NAMES)
        if begin >= 0:
            return name(folded, begin, end)
    if before in ".,_" and start > 1 and not folded[start - 2].isspace():
        return None
    if match.lastgroup:
        return alike(match)
    if end - start > _LONGEST or is_code(match[0]):
        return Figure(start, end, 0, 0, kind="designation", closed=True)
    if folded[end : end + 1].isalpha() and (glued := _name_tail(folded, end)):
        return Figure(start, glued.end(), 0, 0, kind="designation", closed=True)
    raw = match[0].replace(",", "")
    figure = _compound(
        folded, start, end, whole(float(raw)) if "." in raw else int(raw), PLAIN if match[0].isdecimal() else GROUPED
    )
    return _ten_thousands(figure, folded) if before in _MAN else figure


_MAN = frozenset((" ", "만"))
_myriads = re.compile(r"(?:^|[\s(‘“\"'])([일이삼사오육칠팔구]?[십백천]?만)\s?$").search


def _ten_thousands(figure: Figure, folded: str) -> Figure:
    """Add the 만 that stands in letters before digits: 만 5천; but 만 19세 is an age."""
    before = folded[max(0, figure.start - _LETTERS) : figure.start]
    if "만" not in before or not 100 <= figure.low < words.BIG["만"] or not (myriads := _myriads(before)):  # noqa: PLR2004
        return figure
    figure.low = figure.high = figure.low + _sino(myriads[1])
    figure.start = figure.first = figure.start - len(before) + myriads.start(1)
    figure.written, figure.scale = KOREAN, words.BIG["만"]
    return figure


_name_tail = re.compile(r"[a-z]{1,3}\d[\w-]*").match


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣"


def _compound(folded: str, start: int, end: int, number: float, written: int) -> Figure:
    """Read on over multipliers: 1만2천, 1천200만, 2만 5000."""
    total: float = 0
    section: float = 0
    begin, unit, last, scale, loose = end, 0, 10**16, 1, False
    while True:
        letter = folded[end : end + 1]
        if letter == "여" and number and not unit and folded[end + 1 : end + 2] in words.BIG:  # 1200여만
            loose, end = True, end + 1
            continue
        if letter in words.SMALL and number and (not unit or words.SMALL[letter] < unit):
            unit = words.SMALL[letter]
            section, number = section + number * unit, 0
        elif (
            letter in words.BIG
            and (section or number)
            and words.BIG[letter] < last
            and (letter != "조" or _trillion(folded, end) or number % 1)
        ):
            unit = last = words.BIG[letter]
            total, section, number = total + (section + number) * unit, 0, 0
        else:
            more = _more(folded, end) if unit and not number else None
            if not more or (more[1] and unit < words.SMALL["천"]):
                break
            value = float(more[2].replace(",", "")) if len(more[2]) < _LONGEST else unit
            if value >= unit:
                break
            number, end = whole(value), more.end()
            continue
        if (not total and not number and end - begin < len("천만")) or end == begin + 1 or end == begin:
            scale = scale * unit
        end += 1
    value = whole(total + section + number)
    approx = "about" if loose else "exact"
    return Figure(start, end, value, value, KOREAN if unit else written, scale if unit else 1, approx=approx)


def _measure(figure: Figure, folded: str) -> None:
    """Tell by what is glued to it what a figure is: 여, a unit, a formation."""
    if folded[figure.end : figure.end + 1] == "여" and words.YEO(folded, figure.end):
        figure.last = figure.end + 1
        figure.approx = "about" if figure.approx == "exact" else figure.approx
    if figure.fraction:
        return
    sign = folded[figure.start - 1] if figure.start else ""
    if sign in {"$", "€", "₩", "￦"}:
        figure.kind, figure.first = "money", figure.start - 1
        figure.currency = {"$": "usd", "€": "eur"}.get(sign, "krw")
        return
    if figure.written == PLAIN and (
        words.FORMATION.match(folded, figure.last) and folded[figure.last : figure.last + 1] != "개"
    ):
        figure.kind = "designation"
        return
    opponent = words.OPPONENT.match(folded, figure.end) if figure.written == PLAIN else None
    if opponent:
        figure.kind, figure.end, figure.last, figure.closed = "score", opponent.end(), opponent.end(), True
        return
    unit = words.UNITS.match(folded, figure.last)
    if unit:
        _unit(figure, unit)
    if not figure.kind:
        _uncounted(figure, folded)


def _uncounted(figure: Figure, folded: str) -> None:
    """Tell what a figure without a unit is, if no counter follows it."""
    around = folded[figure.start - 1 : figure.start] + folded[figure.end : figure.end + 1]
    is_plain = figure.written == PLAIN
    if figure.low != int(figure.low):
        figure.kind = "measure"
    elif is_plain and around in {"()", "(·", "(,"} and figure.low <= _OLDEST:
        figure.kind = "age"
    elif is_plain and (around == "[]" or heads_a_line(folded, figure.start, figure.end)):
        figure.kind = "designation"
    elif words.COUNTER.match(folded, figure.last):
        return
    elif is_plain and _FIRST_YEAR <= figure.low <= _LAST_YEAR and figure.low % 100:
        figure.kind = "year"
    elif figure.scale > 1 and figure.low >= words.BIG["억"]:  # a sum, in won
        figure.kind, figure.currency = "money", "krw"


def _unit(figure: Figure, unit: re.Match[str]) -> None:
    kind, _, currency = (unit.lastgroup or "").partition("_")
    value, is_plain = figure.high, figure.written == PLAIN
    if kind == "year":
        kind = "year" if is_plain and _FIRST_YEAR <= value <= _LAST_YEAR else "time"
    elif kind == "day" and is_plain and value > _LAST_DAY:
        kind = "time"
    elif kind in {"month", "day"}:
        if not is_plain or not 0 < value <= (_MONTHS if kind == "month" else _LAST_DAY):
            return
        kind = "date"
    elif (figure.written == WORDS and unit[0].strip() == "분") or (
        kind in {"ordinal", "designation", "age"} and figure.written != PLAIN and unit[0].strip() not in {"살", "세"}
    ):  # persons
        return
    if figure.kind != "vague":
        figure.kind, figure.currency, figure.last = kind, currency, unit.end()


def _before(figure: Figure, folded: str) -> None:
    """Find the words before a figure that bound it."""
    window = folded[max(0, figure.first - 16) : figure.first]
    bare = window.rstrip()
    if bare[-1:] not in _BOUND_ENDS:
        return
    for word in words.NEUTRAL:
        if bare.endswith(word) and not _is_hangul(bare[: -len(word)][-1:]):
            bare = bare[: -len(word)].rstrip()
            break
    for word, approx in words.BEFORE.items():
        if bare.endswith(word) and not _is_hangul(bare[: -len(word)][-1:]) and approx:
            figure.first = figure.first - len(window) + len(bare) - len(word)
            _firmer(figure, approx)
            return


def _firmer(figure: Figure, approx: str) -> None:
    if figure.approx == "exact" or (figure.approx == "about" and approx in STRONG and figure.kind != "vague"):
        figure.approx = approx


def _after(figure: Figure, folded: str, limit: int) -> None:
    """Find what bounds a figure behind it, one counter further at most."""
    match = words.AFTER.match(folded, figure.last)
    if not match or match.end() > limit or figure.kind in {"date", "ordinal", "designation", "year"}:
        return
    approx = match.lastgroup or ""
    figure.last = match.end()
    _firmer(figure, approx)
