"""Regular expressions out of word lists: a trie, so that a scan costs the same for ten words as for a thousand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_END = ""


def split_words(words: str, by: str | None = None) -> list[str]:
    """Give the words of a table that is written as one string, to be read as prose and not one a line."""
    return words.split(by)


def any_of(words: Iterable[str]) -> str:
    """Give a pattern that matches the longest of the words; a space stands for any white space."""
    trie: dict[str, dict[str, object]] = {}
    for word in words:
        node = trie
        for letter in word:
            node = node.setdefault(letter, {})  # type: ignore[assignment]
        node[_END] = {}
    return _pattern(trie)


def _pattern(node: dict[str, dict[str, object]]) -> str:
    branches = [_letter(letter) + _pattern(rest) for letter, rest in sorted(node.items()) if letter]  # type: ignore[arg-type]
    if not branches:
        return ""
    pattern = branches[0] if len(branches) == 1 and _END not in node else f"(?:{'|'.join(branches)})"
    return pattern + "?" if _END in node else pattern


def _letter(letter: str) -> str:
    return r"\s" if letter == " " else re.escape(letter)
