"""Who was named before: what "the ministry", "it said" and "Seoul" refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.attribution.grammar import Who
    from analysis.attribution.model import Unit
    from analysis.attribution.sources import Named

_ANYBODY = frozenset({"any", "person", "document"})
_WITHIN = 200  # characters within which a lawmaker's office stands


class Memory:
    """The sources that have spoken so far, and all that the article names."""

    def __init__(self, who: Who, named: Sequence[Named], publisher: str) -> None:
        self._who, self._named = who, named
        self._home = who.countries.get(who.same.get(publisher, publisher), "")
        self._heard: list[tuple[str, int, str]] = []  # with the paragraph, and how it was tied
        self._paragraph = -1

    def turn_to(self, unit: Unit) -> None:
        """Go on to a unit."""
        self._paragraph = unit.paragraph

    def heard(self, source: str, by: str) -> None:
        """Note that a source speaks."""
        self._heard.append((source, self._paragraph, by))

    def resolve(self, named: Named) -> str | None:
        """Say who is meant: "" for somebody who has no id, None if nobody can be."""
        if named.source:
            return self._specific(named.source)
        if named.its:
            return self._of_last_country(named)
        special = self._of_kind(named)
        return self._of_heard(named) if special is None else special

    def _of_kind(self, named: Named) -> str | None:
        """Who is meant by a word of a kind that has a way of its own: None if it is as with others."""
        if named.kind == "nobody":
            return ""
        if named.kind == "lawmaker":
            return self._near(named)
        if named.kind == "document":
            return next((one for one, _, by in reversed(self._heard) if by in {"evidence", "document"}), None)
        return None

    def _of_heard(self, named: Named) -> str | None:
        """Who of those that have spoken is meant: the last one who fits."""
        fitting = [one for one, _, _ in self._heard if self._fits(one, named)]
        if fitting:
            offices = [one for one in fitting if one not in self._who.persons] if named.kind == "any" else []
            return (offices or fitting)[-1]
        return None if named.kind in _ANYBODY else self._unheard(named)

    def _of_last_country(self, named: Named) -> str:
        """The office of the country that was named last: "Russia …, according to its foreign ministry"."""
        for one in reversed(self._named):
            country = one.country if one.kind == "country" else self._who.country(one.source)
            if one.start < named.start and country and not one.medium:
                kind = self._who.kinds.get(named.kind, ())
                return next((source for source in kind if self._who.country(source) == country), "")
        return ""

    def _unheard(self, named: Named) -> str | None:
        """Who is meant, if none of that sort has spoken yet: one who is named, or whom the publisher's readers take it for."""
        if named.kind == "country":
            return named.default
        before = [
            one.source
            for one in self._named
            if one.source and one.start < named.start and self._fits(one.source, named)
        ]
        if before:
            return before[-1]
        kind = self._who.kinds.get(named.kind, ()) if named.home else ()
        home = [one for one in kind if self._who.country(one) == self._home]
        if named.home and (not home or named.kind == "intelligence"):
            home = self._of_medium(named, kind) or home or self._of_lawmakers(kind)
        after = [
            one.source
            for one in self._named
            if one.source and one.start > named.start and self._fits(one.source, named)
        ]
        default = [named.default] if named.default and self._in_view(named) else []
        return next(iter([*home[:1], *default, *after]), None)

    def _of_medium(self, named: Named, kind: Sequence[str]) -> list[str]:
        """Those of a kind in the country of a medium beside a word: "the spy service, Yonhap reports" is Seoul's."""
        near = [
            one.source for one in self._named if one.medium and one.source and abs(one.start - named.start) < _WITHIN
        ]
        countries = {self._who.country(one) for one in near} - {""}
        return [one for one in kind if self._who.country(one) in countries]

    def _of_lawmakers(self, kind: Sequence[str]) -> list[str]:
        """Those of a kind in the country of lawmakers who are named: to whom its intelligence has told something."""
        countries = {one.country for one in self._named if one.kind == "lawmaker"}
        return [one for one in kind if self._who.country(one) in countries]

    def _in_view(self, named: Named) -> bool:
        """Whether the article is about a word's country, for a word that may mean anybody's ("депутат")."""
        return not named.needs or any(self._who.country(one.source) == named.country for one in self._named)

    def _near(self, named: Named) -> str | None:
        """The office nearest to where somebody speaks of it: "a lawmaker briefed by the NIS"."""
        found = [
            (abs(one.start - named.start), one.source)
            for one in self._named
            if one.source and self._fits(one.source, named)
        ]
        distance, source = min(found, default=(_WITHIN, ""))
        return source if distance < _WITHIN else None

    def _fits(self, source: str, named: Named) -> bool:
        if named.country and self._who.country(source) != named.country:
            return False
        if named.kind == "medium":
            return source in self._who.media
        if named.kind in _ANYBODY or named.kind == "country":
            return source not in self._who.media
        return source in self._who.kinds.get(named.kind, ())

    def _specific(self, source: str) -> str:
        """Take a general word ("Seoul", "officials") for whom the paragraph has named of that sort."""
        if source not in self._who.general:
            return source
        sort = next((group for group in (self._who.experts, self._who.anonymous) if source in group), None)
        for one, paragraph, _ in reversed(self._heard):
            if paragraph != self._paragraph:
                break
            if (one in sort and source in self._who.vague) if sort is not None else self._same_country(one, source):
                return one
        return source

    def _same_country(self, one: str, other: str) -> bool:
        return one not in self._who.media and self._who.country(one) == self._who.country(other) != ""
