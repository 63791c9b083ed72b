"""Words: how every text and every query is cut and folded, so that both sides of a comparison agree.

A word is a run of letters and digits, with apostrophes inside it. Folding is NFC, casefold, ё → е, one apostrophe for
the many in use, and no soft hyphens, zero-width characters or stress marks. Two things are cut off a run, because
readers search for what is left: an English possessive 's, and Hangul glued to Latin letters, digits or ideographs
("MSMT는" is "msmt" and "는"). Offsets always point into the text as given.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

HANGUL = "\u1100-\u11ff\u3130-\u318c\u318e\u318f\ua960-\ua97f\uac00-\ud7ff"
"""The inside of a character class: what a Hangul letter or syllable is."""

APOSTROPHES = "'’ʼ‘`′＇"
"""What stands for an apostrophe; the first is what all become."""

_IGNORED = "\u00ad\u200b-\u200f\u2060\ufeff\u0300-\u036f\ufe00-\ufe0f"
_NOT_LETTER = r"\W_ʼㆍ"  # an apostrophe and a middle dot that Unicode calls letters

_is_odd = re.compile(f"[{_IGNORED}]").search
_drop_odd = re.compile(f"[{_IGNORED}]+").sub
_drop_unfit = re.compile(r"[^\w']|[_ㆍ]|(?<=')'+").sub
_starts_hangul = re.compile(f"[{HANGUL}]").match

_COMPOSING = re.compile(
    "[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|[\uac00-\ud7a3][\u11a8-\u11ff]?|."
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u0900-\u0903\u093c\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]*",
    re.DOTALL,
)  # what may become one character, in the scripts that are read here

_new = tuple.__new__  # a third of the time of Word(…)

_LETTER = f"[^{_NOT_LETTER}{HANGUL}]"
_WORD = re.compile(
    rf"([{HANGUL}]+|{_LETTER}+(?:'(?!s(?!{_LETTER})){_LETTER}+)*)(?:'s(?!{_LETTER}))?",
)
_SKIP, _S = f"[{_IGNORED}]*", f"[{_IGNORED}]*[sSſ](?![{_IGNORED}]*{_LETTER})"
_ODD_WORD = re.compile(
    rf"((?:[{HANGUL}]{_SKIP})+|(?:{_LETTER}{_SKIP})+(?:[{APOSTROPHES}](?!{_S}){_SKIP}(?:{_LETTER}{_SKIP})+)*)"
    rf"(?:[{APOSTROPHES}]{_S})?",
)


class Word(NamedTuple):
    """One word: its folded form, and where it stands in the text as given."""

    form: str
    start: int
    end: int


def nfc(text: str) -> str:
    """Compose letters with their marks; a text from anywhere must pass here before it is stored."""
    return unicodedata.normalize("NFC", text)


def is_nfc(text: str) -> bool:
    """Whether all letters of a text are composed with their marks as far as they can be."""
    return unicodedata.is_normalized("NFC", text)


def nfc_with_places(text: str) -> tuple[str, Sequence[int]]:
    """Compose a text piece by piece: the result, and for each of its characters, and its end, the place in `text`.

    A place is where a piece begins; where it ends says `piece_end`.
    """
    if is_nfc(text):
        return text, range(len(text) + 1)
    composed: list[str] = []
    places: list[int] = []
    for piece in _COMPOSING.finditer(text):
        whole = nfc(piece[0])
        composed.append(whole)
        places.extend([piece.start()] * len(whole))
    return "".join(composed), [*places, len(text)]


def piece_end(text: str, start: int) -> int:
    """Give where the letter that begins at `start` ends, with all marks on it."""
    piece = _COMPOSING.match(text, start)
    return piece.end() if piece else start


def starts_with_hangul(form: str) -> bool:
    """Whether a word begins in Hangul, to which particles attach: such words are compared as prefixes."""
    return _starts_hangul(form) is not None


def same_length_fold(text: str) -> str:
    """Fold letter by letter, so that every character keeps its place; for matching with offsets into `text`."""
    folded = text.casefold()
    if len(folded) != len(text):
        folded = "".join(c if len(f := c.casefold()) != 1 else f for c in text)
    return _one_apostrophe(folded.replace("ё", "е"))


def words(text: str) -> list[Word]:
    """Cut a text into folded words, in order."""
    folded = text.casefold()
    if len(folded) != len(text) or _is_odd(text) or not is_nfc(text):
        return _words_of_odd(text)
    folded = _one_apostrophe(folded.replace("ё", "е"))
    return [_new(Word, (m[1], *m.span(1))) for m in _WORD.finditer(folded)]


def forms(text: str) -> tuple[str, ...]:
    """Give only the folded forms of a text's words."""
    return tuple(word.form for word in words(text))


def _words_of_odd(text: str) -> list[Word]:
    """Fold word by word where folding the whole text would move its offsets."""
    found = ((_fold(m[1]), *m.span(1)) for m in _ODD_WORD.finditer(text))
    return [Word(*parts) for parts in found if parts[0]]


def _fold(token: str) -> str:
    """Fold one word; the result folds to itself."""
    folded = nfc(nfc(_drop_odd(_keep_composing, token)).casefold())
    folded = _one_apostrophe(_drop_odd("", folded).replace("ё", "е"))
    first = _WORD.match(_drop_unfit("", folded).strip("'"))  # one letter can fold to an apostrophe and a letter
    return first[1] if first else ""


def _keep_composing(match: re.Match[str]) -> str:
    """Drop what is invisible and keep marks, which may compose with the letter before them."""
    return "".join(c for c in match[0] if unicodedata.combining(c))


def _one_apostrophe(text: str) -> str:
    for other in APOSTROPHES[1:]:
        text = text.replace(other, "'")
    return text
