"""What an article is compared by: what its title and lead speak of, in terms that outlast translation.

Keys of four kinds: `c:pow` a concept of the lexicon, `b:statue` a word of the bridge, the small dictionary of news in four
languages, `n:34000` a number, `t:KRSK` the consonants of a name. Words count only between articles in one language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.numbers import numbers
from analysis.stories.names import LEAST, consonants, sound
from analysis.text import starts_with_hangul, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from analysis.lexicon import Lexicon, Mention, Scan
    from analysis.reading import Reading

HEAD = 600  # characters of the lead that are looked at
_TITLE = 1.5  # what counts more that stands in the title
_COUNTED = frozenset({"count", "ordinal", "calibre", "percent", "distance", "measure", "money", "designation", "score"})
_LETTERS, _SYLLABLES = 6, 3  # of a word; inflection is behind them
_SHORTEST = 3
_CAPITAL = re.compile(r"[A-ZА-ЯЁІЇЄҐ]")
_MOST_NAMES = 24


@dataclass(frozen=True, slots=True)
class Profile:
    """An article, ready to be compared. Weights of keys and words are 1, or more where they stand in the title."""

    language: str
    outlet: str
    at: datetime  # published, or first seen if that was sooner
    keys: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, float] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # by sound
    figures: tuple[tuple[str, int], ...] = ()  # what was counted and how many, of claims
    origin: str = ""

    def plain(self) -> dict[str, Any]:
        """Give what the archive keeps of it beside language, outlet, time and origin."""
        return {
            "k": dict(self.keys),
            "w": dict(self.words),
            "n": list(self.names),
            "f": [list(one) for one in self.figures],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], language: str, outlet: str, at: datetime, origin: str) -> Profile:
        """Give a profile back."""
        figures = tuple((str(unit), int(value)) for unit, value in plain["f"])
        return cls(language, outlet, at, plain["k"], plain["w"], tuple(plain["n"]), figures, origin)


def profile(  # noqa: PLR0917
    title: str, text: str, reading: Reading, bridge: Lexicon, outlet: str, at: datetime, *, origin: str = ""
) -> Profile:
    """Make the profile of an article that was read."""
    lead = text[: min(reading.lead_end or HEAD, HEAD)]
    known = bridge.scan(title, lead)
    language = reading.language
    keys: dict[str, float] = {}
    for weight, kind, found in (
        (_TITLE, "c", {one.concept for one in reading.scan.title}),
        (1.0, "c", {one.concept for one in reading.scan.text if one.start < len(lead)}),
        (_TITLE, "b", {one.concept for one in known.title}),
        (1.0, "b", {one.concept for one in known.text}),
    ):
        for one in sorted(found):
            keys.setdefault(f"{kind}:{one}", weight)
    for weight, part in ((_TITLE, title), (1.0, lead)):
        for key in _numbers(part, language):
            keys.setdefault(key, weight)
    taken = (_spans(reading.scan, known, title=True), _spans(reading.scan, known, title=False))
    names = tuple(dict.fromkeys([*_names(title, taken[0]), *_names(lead, taken[1])]))[:_MOST_NAMES]
    for name in names:
        keys.setdefault(f"t:{consonants(name)}", 1.0)
    stems = dict.fromkeys(_stems(lead), 1.0) | dict.fromkeys(_stems(title), _TITLE)
    figures = tuple(sorted({(one.unit, one.low) for one in reading.claims if not one.recap}))
    return Profile(language, outlet, at, keys, stems, names, figures, origin)


def _numbers(text: str, language: str) -> Iterable[str]:
    """Give the numbers that tell stories apart: no dates and no vague ones."""
    for number in numbers(text, language):
        if number.kind in _COUNTED and number.low > 1:
            yield f"n:{number.low:g}" if number.low < 1e6 else f"n:{number.low:.3g}"  # noqa: PLR2004


def _spans(scan: Scan, known: Scan, *, title: bool) -> list[tuple[int, int]]:
    """Give the places that a dictionary has names for."""
    mentions: Collection[Mention] = (*scan.title, *known.title) if title else (*scan.text, *known.text)
    return [(one.start, one.end) for one in mentions]


def _names(text: str, taken: Collection[tuple[int, int]]) -> Iterable[str]:
    """Give the sounds of what may be names: words with a capital, and in Hangul any word."""
    for word in words(text):
        hangul = starts_with_hangul(word.form)
        if not (hangul or _CAPITAL.match(text, word.start)) or any(a < word.end and word.start < b for a, b in taken):
            continue
        heard = sound(word.form)
        if len(consonants(heard)) >= LEAST:
            yield heard


def _stems(text: str) -> Iterable[str]:
    """Give a text's words without what inflection does to them."""
    for word in words(text):
        form = word.form
        if form.isdigit() or len(form) < 2:  # noqa: PLR2004 - a letter is no word
            continue
        if starts_with_hangul(form):
            yield form[:2]
            if len(form) >= _SYLLABLES:
                yield form[:_SYLLABLES]
        elif len(form) >= _SHORTEST:
            yield form[:_LETTERS]
