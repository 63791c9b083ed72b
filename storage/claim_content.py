"""What a figure in a sentence is known by, wherever the sentence stands: the words, not their place in an article."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.claim_model import Place

_BLANKS = re.compile(r"\s+")


class Content(NamedTuple):
    """A sentence, as the hash of its folded text, and the place of a figure in that."""

    key: str
    start: int
    end: int

    def meets(self, other: Content) -> bool:
        """Whether both are figures at the same place of the same sentence."""
        return self.key == other.key and self.start < other.end and other.start < self.end

    def holds(self, other: Content) -> bool:
        """Whether another one is within it."""
        return self.key == other.key and self.start <= other.start and other.end <= self.end

    def with_all(self, others: Iterable[Content]) -> Content:
        """Stretch it over others of the same sentence."""
        every = (self, *others)
        return Content(self.key, min(one.start for one in every), max(one.end for one in every))


def fold(text: str) -> str:
    """Make a text what copies of it have in common: composed, without case, with one blank where there is any."""
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", unicodedata.normalize("NFC", text).casefold()))


def content_of(place: Place) -> Content:
    """Find the content of a figure. One of no length takes a character, so that it can be met."""
    before = place.sentence[: max(0, place.start - place.sentence_start)]
    start = len(fold(before).lstrip())
    key = hashlib.sha256(fold(place.sentence).strip().encode("utf-8", "surrogatepass")).hexdigest()
    return Content(key, start, start + max(1, len(fold(place.evidence))))
