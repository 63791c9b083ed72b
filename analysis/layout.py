"""An article laid out for close reading: its sentences, each with its paragraph, without what is no report.

Captions, links to other stories, notices and datelines are left out: a figure in a caption repeats the headline's, and one
in a link belongs to another story. The title is the first paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from analysis.sentences import parts, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.sentences import Part

_LINE = re.compile("[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_FINAL = re.compile(r"[.!?…。:;][»”“’\"')\]』」]*\s*$")
_LONGEST_HEADING = 160  # characters
GAP = "\n\n"  # between title and text, where both are read as one


def shift_of(title: str) -> int:
    """Give where the text begins when it is read as one with its title."""
    return len(title) + len(GAP) if title else 0


class Sentence(NamedTuple):
    """A sentence: characters of the whole, the number of its paragraph, and whether it is a headline or a heading."""

    start: int
    end: int
    paragraph: int
    heading: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A title and a text as one, `whole`, in which all places are counted. `shift` is where the text begins in it.

    `sentences` are those of the report, in order; `parts` what was left out.
    """

    whole: str
    shift: int
    sentences: tuple[Sentence, ...]
    parts: tuple[Part, ...]


def layout(title: str, text: str, found: tuple[Part, ...] | None = None) -> Layout:
    """Lay an article out. Without a title, a first line that reads like one is taken for it.

    `found` are the text's `parts`, where they have been found already.
    """
    whole = f"{title}{GAP}{text}" if title else text
    shift = shift_of(title)
    found = parts(text, title) if found is None else found
    known = tuple(part._replace(start=part.start + shift, end=part.end + shift) for part in found) if shift else found
    return Layout(whole, shift, tuple(_sentences(whole, known)), known)


def _sentences(whole: str, known: tuple[Part, ...]) -> Iterator[Sentence]:
    aside = [(part.start, part.end) for part in known]
    lines = [line for line in _LINE.finditer(whole) if not line[0].isspace()]
    for number, line in enumerate(lines):
        heading = line.end() - line.start() <= _LONGEST_HEADING and len(lines) > 1 and not _FINAL.search(line[0])
        for begin, stop in _without(line.start(), line.end(), aside):
            for start, end in sentences(whole[begin:stop]):
                yield Sentence(start + begin, end + begin, number, heading)


def _without(start: int, end: int, aside: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give what of a line is left where stretches of it are set aside."""
    for begin, stop in aside:
        if begin >= end or stop <= start:
            continue
        if begin > start:
            yield start, begin
        start = stop
    if start < end:
        yield start, end
