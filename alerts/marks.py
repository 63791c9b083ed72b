"""The words a rule matched, shown where they stand: a text cut into plain and marked pieces, leads and snippets.

Marks are (start, end) into the text as stored; they may overlap, and those of an older text may lie outside.
Pieces are cut first and cleaned afterwards, so that cleaning never moves a mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.headers import readable, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Span = tuple[int, int]

LEAD = 900  # characters of the first paragraphs
SNIPPET = 280  # characters around a mark that stands later
SNIPPETS = 2
MAX_PARAGRAPHS = 12
_PARAGRAPH = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked as matched or not."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a snippet from further down (`later`)."""

    pieces: tuple[Piece, ...]
    later: bool = False

    def __str__(self) -> str:
        """Return the passage as plain text, without marks."""
        return "".join(piece.text for piece in self.pieces)


def merged(marks: Iterable[Span], length: int) -> tuple[Span, ...]:
    """Return marks in order, inside the text, those that touch or overlap made one."""
    spans: list[Span] = []
    for start, end in sorted((max(start, 0), min(end, length)) for start, end in marks):
        if start >= end:
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(spans)


def joined(text: str, marks: Iterable[Span]) -> tuple[Span, ...]:
    """Return marks for display: those with only space between them made one. `marks` are as `merged` returns them."""
    spans: list[Span] = []
    for start, end in marks:
        if spans and not text[spans[-1][1] : start].strip() and "\n" not in text[spans[-1][1] : start]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def pieces(text: str, marks: Iterable[Span], start: int = 0, end: int | None = None) -> tuple[Piece, ...]:
    """Cut text[start:end] at its marks and clean each piece. `marks` are as `merged` returns them."""
    end = len(text) if end is None else end
    found: list[Piece] = []
    at = start
    for mark_start, mark_end in joined(text, marks):
        left, right = max(mark_start, start), min(mark_end, end)
        if left < right:
            found += [Piece(readable(text[at:left])), Piece(readable(text[left:right]), hit=True)]
            at = right
    found.append(Piece(readable(text[at:end])))
    return tuple(piece for piece in found if piece.text)


def words(text: str, marks: Iterable[Span]) -> tuple[str, ...]:
    """Return what was matched, as it is written there, each word once."""
    found: dict[str, str] = {}
    for start, end in marks:
        word = shortened(text[start:end], 60)
        found.setdefault(word.casefold(), word)
    found.pop("", None)
    return tuple(found.values())


def excerpt(title: str, text: str, marks: tuple[Span, ...]) -> tuple[Passage, ...]:
    """Return the first paragraphs, whole, and up to two snippets around words that come only later.

    A first paragraph that repeats the title is left out. `marks` are as `merged` returns them.
    """
    spans = list(_paragraphs(text))
    if spans and _same(text[slice(*spans[0])], title):
        spans.pop(0)
    lead = list(_lead(text, spans))
    passages = [_passage(text, marks, span, later=False) for span in lead]
    shown = {word.casefold() for word in words(text, _inside(marks, lead))}
    end = lead[-1][1] if lead else 0
    for mark in marks:
        word = shortened(text[slice(*mark)], 60).casefold()
        if mark[0] < end or word in shown:
            continue
        span = around(text, mark, _home(spans, mark))
        passages.append(_passage(text, marks, span, later=True))
        shown |= {found.casefold() for found in words(text, _inside(marks, [span]))} | {word}
        end = span[1]
        if len(passages) == len(lead) + SNIPPETS:
            break
    return tuple(passages)


def glimpse(title: str, text: str, marks: tuple[Span, ...]) -> Passage:
    """Return the one snippet that shows best why an article is here: around its first mark, or its beginning."""
    spans = list(_paragraphs(text))
    if spans and _same(text[slice(*spans[0])], title):
        spans.pop(0)
    begin = spans[0][0] if spans else len(text)
    mark = next((mark for mark in marks if mark[0] >= begin), (begin, begin))
    return _passage(text, marks, around(text, mark, _home(spans, mark)), later=False)


def around(text: str, mark: Span, home: Span, size: int = SNIPPET) -> Span:
    """Return the part of a mark's paragraph `home` around it: all of it, or about `size` characters cut at words."""
    if home[1] - home[0] <= size * 5 // 4:
        return home
    start = max(home[0], min(mark[0] - size // 3, home[1] - size))
    end = min(home[1], start + size)
    if start > home[0]:
        space = text.find(" ", start, mark[0])
        start = space + 1 if space >= 0 else start
    if end < home[1]:
        space = text.rfind(" ", min(mark[1], end), end)
        end = space if space >= 0 else end
    return start, end


def _passage(text: str, marks: tuple[Span, ...], span: Span, *, later: bool) -> Passage:
    """Cut one passage, with `…` where it begins or ends inside a paragraph."""
    start, end = span
    before = Piece("… ") if start > 0 and _PARAGRAPH.match(text[start - 1]) and text[:start].strip() else None
    after = Piece(" …") if _PARAGRAPH.match(text[end : end + 1]) and text[end:].split("\n", 1)[0].strip() else None
    inner = pieces(text, marks, start, end)
    return Passage(((before,) if before else ()) + inner + ((after,) if after else ()), later)


def _paragraphs(text: str) -> Iterator[Span]:
    """Find the paragraphs, without the space around them."""
    for match in _PARAGRAPH.finditer(text):
        bare = match.group().strip()
        if bare:
            start = match.start() + match.group().index(bare)
            yield start, start + len(bare)


def _lead(text: str, spans: list[Span]) -> Iterator[Span]:
    """Choose the first paragraphs up to about `LEAD` characters; only a first one that is far too long is cut."""
    size = 0
    for count, (start, end) in enumerate(spans):
        size += end - start
        if not count and size > LEAD * 4 // 3:
            yield start, _sentence_end(text, start, start + LEAD)
            return
        if count and (size > LEAD or count == MAX_PARAGRAPHS):
            return
        yield start, end


def _sentence_end(text: str, start: int, end: int) -> int:
    """Return where the last sentence, or else the last word, before `end` stops."""
    stops = [match.end() - 1 for match in _SENTENCE_END.finditer(text, start, end)]
    if stops and stops[-1] > start + LEAD // 2:
        return stops[-1]
    space = text.rfind(" ", start + LEAD // 2, end)
    return space if space > 0 else end


def _inside(marks: tuple[Span, ...], spans: list[Span]) -> tuple[Span, ...]:
    """Return the marks that begin inside one of the spans."""
    return tuple(mark for mark in marks if any(start <= mark[0] < end for start, end in spans))


def _home(spans: list[Span], mark: Span) -> Span:
    """Return the paragraph a mark begins in, or the mark itself."""
    return next((span for span in spans if span[0] <= mark[0] < span[1]), mark)


def _same(one: str, other: str) -> bool:
    """Whether two lines say the same but for case and space."""
    return " ".join(one.split()).casefold().rstrip(".") == " ".join(other.split()).casefold().rstrip(".")
