"""Plain writing: signs that readers take for the same written alike, and what they do not see left out.

Forms of the lexicon, their capitals and the texts in which they are looked for all pass here, so that what is written
differently and read alike is found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.text import APOSTROPHES, is_nfc, nfc_with_places

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANKS = "".join(map(chr, (*b"\t\v\f\x1c\x1d\x1e\x1f", 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029)))
_ALIKE = (
    ("'", APOSTROPHES.replace("'", "")),
    ("е", "ё"),
    ("Е", "Ё"),
    ("-", "‐‑‒–—−"),
    ("·", "ㆍ・‧∙•"),
    (" ", _BLANKS + "\u202f\u205f\u3000"),
)  # no character becomes two: what is looked for keeps its place
_PAIRS = tuple((other, sign) for sign, others in _ALIKE for other in others)

_UNSEEN = "\u00ad\u200b-\u200f\u2060\ufeff\u0300-\u036f"  # soft hyphens, zero width, marks that compose with nothing
_drop_unseen = re.compile(f"[{_UNSEEN}]+").sub
_has_unseen = re.compile(f"[\r{_UNSEEN}]").search
_UNEVEN = re.compile(f"[{_UNSEEN}]+|[ \n\r][ \n\r{_UNSEEN}]+|\r")
_wrapped = re.compile("\n(?!\n)").sub


def plain(text: str) -> tuple[str, Sequence[int] | None]:
    """Write a text plainly; with the place of each character in the text as given, if any has moved.

    White space is one space, also where a line was wrapped; a blank line stays a line break, over which no form goes on.
    """
    places: Sequence[int] | None = None
    if not is_nfc(text):
        text, places = nfc_with_places(text)
    for other, sign in _PAIRS:
        text = text.replace(other, sign)  # quicker than a regular expression, or str.translate
    if _has_unseen(text) or "  " in text or " \n" in text or "\n " in text:
        text, places = _even(text, places)
    return _wrapped(" ", text), places


def seen(text: str) -> str:
    """Leave out what readers do not see."""
    return _drop_unseen("", text)


def _even(text: str, places: Sequence[int] | None) -> tuple[str, Sequence[int]]:
    """Drop what is not seen, and make white space as short as it can be."""
    given = range(len(text)) if places is None else places
    kept: list[str] = []
    moved: list[int] = []
    at = 0
    for match in _UNEVEN.finditer(text):
        start, end = match.span()
        space = _space(match[0])
        kept += text[at:start], space
        moved += given[at:start]
        moved += given[start : start + len(space)]
        at = end
    moved += given[at : len(text)]
    return "".join([*kept, text[at:]]), moved


def _space(run: str) -> str:
    """What remains of a stretch that is white space or not seen."""
    if run[0] not in " \n\r":
        return ""
    return "\n\n" if run.count("\n") + run.count("\r") - run.count("\r\n") > 1 else " "
