"""What names one source, made one: "Pentagon officials", "начальник ГУР Кирило Буданов", "Kyiv's military intelligence"."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.attribution.grammar import Language, Who
    from analysis.attribution.sources import Named

_NEAR = 20  # characters between the two parts of one source: "officials at the Pentagon"
_NAME = 40  # characters between an office and the name of who speaks for it
_ROLE = 60  # characters between a role and who has it: "міністр природних ресурсів РФ Олександр Козлов"
OWN = ("'s", "’s")
_SEATED = frozenset({" in ", " from ", " of ", " у ", " в ", "\xa0в ", "\xa0у "})  # "the General Staff in Kyiv"
_BY_THE_WAY = frozenset({", then ", ", then-", ", at the time ", ", the then ", ", the "})
_OWNED = frozenset({"'s ", "’s ", ""})
_APART = frozenset(",.;:!?\n–—")
_QUOTES = "«»“”„\"'‘’()（） \xa0"
_UNOWNED = frozenset(
    {"", "any", "medium", "person", "country", "nobody"}
)  # kinds of stand-ins of which no country has its own


class Merging:
    """Merges the sources of a text. `parting` are the places of cues, which keep apart what stands on their two sides."""

    def __init__(self, text: str, who: Who, language: Language, parting: Sequence[int]) -> None:
        self._text, self._who, self._language, self._parting = text, who, language, parting

    def merged(self, found: Iterable[Named]) -> list[Named]:
        """Give the sources with those merged that are one."""
        kept: list[Named] = []
        for one in found:
            kept.append(one)
            while len(kept) > 1 and kept[-1].start - kept[-2].end <= _ROLE:
                both = self._both(*kept[-2:])
                if both is None:
                    break
                kept[-2:] = both
                if len(both) > 1:
                    break
        return kept

    def _both(self, first: Named, second: Named) -> Sequence[Named] | None:
        """Give what two sources in a row are together, or None if they are two."""
        gap = self._text[first.end : second.start]
        if not first.medium and not second.medium and gap.strip().lower() in self._language.ands:
            same = second._replace(start=first.start) if first.kind == "nobody" else first._replace(end=second.end)
            return (same,)  # of two that say the same, the first
        if first.kind and gap in _SEATED and self._country(second):
            return self._of_country("", second, first._replace(start=first.start, end=second.end))
        if gap in _BY_THE_WAY and first.source in self._who.general and self._same_country(first, second):
            return (second._replace(start=first.start, source=second.source or second.default, kind=""),)
        if second.kind == "country" or not _APART.isdisjoint(gap) or self._parted(first.end, second.start):
            return None
        return self._of_country(gap, first, second) if first.kind == "country" else self._next_to(gap, first, second)

    def _next_to(self, gap: str, first: Named, second: Named) -> Sequence[Named] | None:
        """The same for two with nothing between them that parts them."""
        if first.kind == "person" and second.source and not second.medium:
            return (second._replace(start=first.start),)
        if first.source and first.source == second.source:
            return (first._replace(end=second.end),) if len(gap) <= _NAME else None
        return self._beside(gap, first, second) if len(gap) <= _NEAR else None

    def _parted(self, start: int, end: int) -> bool:
        at = bisect_left(self._parting, start)
        return at < len(self._parting) and self._parting[at] < end

    def _beside(self, gap: str, first: Named, second: Named) -> Sequence[Named] | None:
        if second.source in self._who.general and self._text.startswith(OWN, second.end):
            return None  # "experts at Seoul's Korea Institute"
        if first.source in self._who.general and self._text.startswith(OWN, first.end):
            return (second._replace(start=first.start),)
        if second.source in self._who.venues and not first.medium and first.source:
            return (first._replace(end=second.end),)  # an ambassador to it
        order = self._generality(first) - self._generality(second)
        if order > 0:
            return self._with_general(first, second, second._replace(start=first.start))
        if order < 0:
            return self._with_general(second, first, first._replace(end=second.end))
        return self._office_of_office(gap, first, second)

    def _same_country(self, first: Named, second: Named) -> bool:
        """Whether both speak for a country, the second for an office that is named."""
        source = second.source or second.default
        country = self._who.country(source)
        special = not second.medium and source not in self._who.general
        return special and country != "" and country == self._who.country(first.source)

    def _country(self, one: Named) -> str:
        """The country that a word means: "Kyiv", or "Seoul", which is a source by itself."""
        if one.kind == "country":
            return one.country
        return self._who.country(one.source) if one.source in self._who.general else ""

    def _of_country(self, gap: str, country: Named, second: Named) -> Sequence[Named] | None:
        """A country's office that only its kind is told of: "Kyiv's military intelligence"."""
        if gap not in _OWNED or second.country or second.kind in _UNOWNED:
            return None
        kinds = self._who.kinds.get(second.kind, ())
        whose = self._country(country)
        default = next((one for one in kinds if self._who.country(one) == whose), "")
        start = min(country.start, second.start)
        return (second._replace(start=start, country=whose, default=default, home=False),) if default else None

    def _generality(self, one: Named) -> int:
        """How little a word says of who is meant."""
        if one.source in self._who.vague:
            return 3
        if one.source in self._who.anonymous:
            return 2
        return 1 if one.source in self._who.general or (one.kind and one.kind not in {"lawmaker", "medium"}) else 0

    def _with_general(self, general: Named, special: Named, merged: Named) -> Sequence[Named] | None:
        """An official of an office is the office; a source in it remains unnamed, and a medium's source spoke to the medium."""
        if special.medium:
            if general.source not in self._who.anonymous:
                return None
            return sorted((general, special._replace(told=True)))
        if special.kind == "lawmaker" or general.kind == "any":
            return None
        unnamed = self._text[general.start : general.end].lower().startswith(self._who.unnamed)
        if general.source and (special.kind or unnamed):
            return (merged._replace(source=general.source, kind="", rule=general.rule),)
        return (merged,)

    def _office_of_office(self, gap: str, first: Named, second: Named) -> Sequence[Named] | None:
        """An office named with the one above it: in Korean the last word is the head, elsewhere the first."""
        words = gap.strip(_QUOTES).lower()
        if first.medium and second.medium and "medium" in {first.kind, second.kind} and not words:
            return (second._replace(start=first.start) if first.kind else first._replace(end=second.end),)
        if first.medium or second.medium or first.kind or second.kind:
            return None
        if not {first.source, second.source}.isdisjoint(self._who.persons):
            return None
        if self._language.before:
            return None if words else (second._replace(start=first.start),)
        return (first._replace(end=second.end),) if words in self._language.joins else None
