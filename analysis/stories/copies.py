"""The same article again: syndicated at another outlet, or put out anew under another title, date or address.

Texts are compared by their shingles, runs of a few words. Bands of a MinHash signature find what may be the same at a cost
that does not grow with the archive; what they find is compared exactly.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

from rensa import RMinHash

from analysis.text import forms

_SHINGLE = 4  # words
_PERMUTATIONS, _ROWS = (
    64,
    4,
)  # two texts of which half is the same meet in one of the 16 bands for two thirds of all cases
_SEED = 1
_FEWEST = 5  # shingles: less is no text that could be told from another
_SAME, _WITHIN = 0.55, 0.8  # of two texts together; of the shorter one
_LONG = 30  # shingles, from which on a text that lies within another is that one's earlier version
_TITLES = 0.6  # of two titles' words
_MOST = 3_000  # shingles
_MARKS = re.compile(
    r"[\[(<【]\s*(?:속보|긴급|단독|종합\d*보?|\d보|상보|전문|영상|lead|\d+(?:st|nd|rd|th) lead|ld|urgent|update|updated|corrected|recast|"
    r"дополнено|доповнено|обновлено|оновлено|срочно|терміново|молния)\s*[\])>】]|"
    r"\b(?:update|wrapup|corrected|recast|refile)\s*\d*\s*[-–:]",
    re.IGNORECASE,
)

_CORRECTED = re.compile(
    r"^\W*(?:correct(?:ed|ion)|retract(?:ed|ion)|refile|withdrawn|정정|исправлено|исправление|опровержение|виправлено|спростування)\b",
    re.IGNORECASE,
)


class Sameness(NamedTuple):
    """How much two texts share: of both together, and of the shorter one; 0 to 1."""

    share: float
    within: float
    shorter: int  # shingles


def bands(found: frozenset[str]) -> tuple[int, ...]:
    """Give the numbers under which a text's near-duplicates are found, by its shingles; none for a text that is too short."""
    if len(found) < _FEWEST:
        return ()
    minhash = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    minhash.update(sorted(found))
    digest = minhash.digest()
    return tuple(_band(place, digest[place : place + _ROWS]) for place in range(0, _PERMUTATIONS, _ROWS))


def _band(place: int, rows: list[int]) -> int:
    """Make one number of a band, that SQLite can hold."""
    raw = hashlib.blake2b(repr((place, rows)).encode(), digest_size=8).digest()
    return int.from_bytes(raw, "big", signed=True)


def shingles(text: str) -> frozenset[str]:
    """Give a text's runs of words."""
    found = forms(text)[:_MOST]
    return frozenset(" ".join(found[at : at + _SHINGLE]) for at in range(len(found) - _SHINGLE + 1))


@dataclass(frozen=True, slots=True)
class Print:
    """What an article is told by when it comes again: its outlet, title, and the runs of words of its text."""

    outlet: str
    title: str
    shingles: frozenset[str]

    @classmethod
    def of(cls, outlet: str, title: str, text: str) -> Print:
        """Take an article's."""
        return cls(outlet, title, shingles(text))

    def is_same(self, other: Print) -> str:
        """Tell whether an article is another one again: "version", "copy" or "".

        Few words make no copy; at the same outlet, a title that is the same but for its marks does with what text there is.
        """
        same_outlet = self.outlet == other.outlet
        found = sameness(self.shingles, other.shingles)
        if found.shorter >= _FEWEST and (found.share >= _SAME or (found.shorter >= _LONG and found.within >= _WITHIN)):
            return "version" if same_outlet else "copy"
        if (
            same_outlet
            and (found.within >= _WITHIN or found.shorter < _FEWEST)
            and titles_alike(self.title, other.title)
        ):
            return "version"
        return ""


def sameness(mine: frozenset[str], others: frozenset[str]) -> Sameness:
    """Compare two texts by their shingles."""
    shorter = min(len(mine), len(others))
    if not shorter:
        return Sameness(0.0, 0.0, 0)
    shared = len(mine & others)
    return Sameness(shared / len(mine | others), shared / shorter, shorter)


def titles_alike(one: str, other: str) -> bool:
    """Whether two titles say the same but for a mark such as [속보] or UPDATE 1-."""
    mine, others = set(forms(plain_title(one))), set(forms(plain_title(other)))
    if min(len(mine), len(others)) < 3:  # noqa: PLR2004 - two words agree by chance
        return mine == others and bool(mine)
    return len(mine & others) >= _TITLES * len(mine | others)


def plain_title(title: str) -> str:
    """Take the marks off a title that tell which version it is."""
    return " ".join(_MARKS.sub(" ", title).split())


def corrects(title: str) -> bool:
    """Whether a title says that an article was corrected or withdrawn."""
    return bool(_CORRECTED.match(title))
