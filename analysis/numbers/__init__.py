"""Numbers in running text of four languages: how many, how firmly, and whether it is a count at all.

    numbers("more than 12.8 million shells", "en")

What libraries were weighed: text2num (no Ukrainian, no Korean, no cases, no bounds), quantulum3 (English, slow), ctparse
(times only), recognizers-text (no Russian, no Ukrainian).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis.numbers import english, korean, slavic, spaced
from analysis.numbers.scan import without_addresses
from analysis.numbers.shape import Number
from analysis.text import same_length_fold

if TYPE_CHECKING:
    from analysis.numbers.shape import Figure

__all__ = ["Number", "numbers"]

_WIDE = str.maketrans("０１２３４５６７８９，．", "0123456789,.")
_SAME = (("\u202f", "\u00a0"), ("\u2009", "\u00a0"), ("‑", "-"), ("‐", "-"), ("－", "-"), ("\u00ad", "-"))
_has_digit = re.compile(r"\d").search
_TONGUES = dict.fromkeys(("uk", "ru", "be"), slavic.SLAVIC)


def numbers(text: str, language: str) -> tuple[Number, ...]:
    """Give the numbers of a text in order, never overlapping; of an unknown language as in English."""
    if language == "ko":
        if not _has_digit(text) and not korean.has_words(text):
            return ()
        figures = korean.read(without_addresses(_plain(same_length_fold(text))))
    else:
        tongue = _TONGUES.get(language, english.ENGLISH)
        if not _has_digit(text) and not tongue.scanner.worth.search(" " + text.casefold()):
            return ()
        figures = spaced.read(without_addresses(_plain(same_length_fold(text))), text, tongue)
    return tuple(figure.number() for figure in _apart(figures))


def _apart(figures: list[Figure]) -> list[Figure]:
    """Keep figures from reaching into each other."""
    kept: list[Figure] = []
    reached = 0
    for figure in figures:
        if figure.start < reached:
            if figure.start < kept[-1].end:
                continue
            kept[-1].last = min(kept[-1].last, figure.start)
            reached = kept[-1].last
        figure.first = figure.first if figure.first >= reached else figure.start
        reached = figure.last
        kept.append(figure)
    return kept


def _plain(folded: str) -> str:
    """Make one of the several hyphens, narrow spaces and widths of digits, each in its place."""
    if folded.isascii():
        return folded
    for odd, plain in _SAME:
        folded = folded.replace(odd, plain)
    return folded.translate(_WIDE) if any(digit in folded for digit in "０１２３４５６７８９") else folded
