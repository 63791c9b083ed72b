"""The grammar of attribution: who the sources are, and by which words a language says that somebody said something.

`sources.toml` says of the lexicon's sources what they are; a file a language (`en.toml` …) holds its cues, rules written as
`analysis.cues` explains, of these kinds:

    speech      a verb of speech, or of holding an opinion as an office does ("said", "estimates", "밝혔")
    according   "according to", "за даними", "에 따르면": the source follows, in Korean it stands before
    citing      "citing", "со ссылкой на", "인용": likewise; whoever cites is a medium
    cited_by    "на которые ссылается": the medium that follows cites
    told        whoever follows (in Korean: stands before) was told, and only passes it on
    evidence    a noun of evidence next to its source ("the ministry's estimate")
    said_again  a source named before, with its verb ("it said", "за його словами"); gives its kind, "" for any
    stand_in    a word for a source named before ("the agency"); gives its kind
    source      words for a source that the lexicon does not have; gives its id
    aside       the source that follows does not speak ("at the", "submitted to")
    turn        where another's words may begin ("while", "тогда как")
    points_back what the sentence says holds for the one before ("Про це", "이같이")
    recap       what follows was said at another time, and not through the lead's medium
    day, month  the day on which somebody said it; gives "mon" … "sun", "today", "yesterday", or a month's number

A rule may have options: `own`, what a medium finds out itself ("counted"); for stand-ins `country` and `default`, whose and
who is meant if nobody was named, `home`, the publisher's country's, `needs`, only where somebody of that country is named; for
`said_again` `open`, a source named right behind is meant, and `means`, who it is whoever was named; for stand-ins `its`, of the
country named last. A stand-in that gives "nobody" is somebody who is no source ("social media").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analysis.cues import Cues, GrammarError, ListOf, check_keys, read_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.cues import Expected

_ANY: frozenset[str] = frozenset()
_DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun", "today", "yesterday"})
_MONTHS = frozenset(str(month) for month in range(1, 13))
KINDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("speech", "according", "citing", "cited_by", "told", "evidence"), _ANY),
    **dict.fromkeys(("said_again", "stand_in", "source", "aside", "turn", "points_back", "recap"), _ANY),
    "day": _DAYS,
    "month": _MONTHS,
}
SOURCES = "sources"  # the file that is of no language
_LISTS = ("media", "worldwide", "experts", "anonymous", "general", "vague", "persons", "venues")
_TABLES = ("speaks_for", "same")
_ENDINGS = ("joins", "ands", "opens", "topics", "objects", "subjects", "told", "verb_ends", "not_verbs")
_OWN: Mapping[str, Expected] = {"own": bool}
_STAND_IN: Mapping[str, Expected] = {
    **dict.fromkeys(("means", "country", "default"), str),
    **dict.fromkeys(("needs", "home", "its"), bool),
}
OPTIONS: Mapping[str, Mapping[str, Expected]] = {
    **dict.fromkeys(("speech", "according", "citing", "cited_by", "told", "evidence"), _OWN),
    "stand_in": _STAND_IN,
    "said_again": {**_STAND_IN, "open": bool},
}
"""Kind → the keys that it alone knows."""
_SETTINGS: Mapping[str, Expected] = {"before": bool, **dict.fromkeys(_ENDINGS, ListOf())}


@dataclass(frozen=True)
class Who:
    """What is known of the lexicon's sources. See `sources.toml`."""

    media: frozenset[str] = frozenset()
    experts: frozenset[str] = frozenset()
    anonymous: frozenset[str] = frozenset()
    worldwide: frozenset[str] = frozenset()
    general: frozenset[str] = frozenset()
    vague: frozenset[str] = frozenset()
    unnamed: tuple[str, ...] = ()
    persons: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    speaks_for: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, tuple[date, str]] = field(default_factory=dict)  # from a day on one speaks for another office
    countries: Mapping[str, str] = field(default_factory=dict)  # by concept
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # in each, the most likely first

    @cached_property
    def people(self) -> frozenset[str]:
        """All who are people: they count only with a verb of speech, or as who speaks for an office."""
        return self.persons.union(self.speaks_for, self.later)

    def office(self, person: str, day: date | None) -> str:
        """Say as whom a person speaks on a day: for an office, or for himself."""
        later = self.later.get(person)
        return later[1] if later and day and day >= later[0] else self.speaks_for.get(person, person)

    def country(self, source: str) -> str:
        """Give the country of a source, "" for one of no country."""
        known = self._known.get(source)
        if known is None:
            known = self.countries.get(source)
            if known is None:
                head, _, rest = source.partition("_")
                known = head if rest and len(head) == len("kr") and source not in self.media else ""
            self._known[source] = known
        return known

    @cached_property
    def _known(self) -> dict[str, str]:
        """The countries that were asked for."""
        return {}


@dataclass(frozen=True, slots=True)
class Language:
    """How one language says who said it. `before`: the source stands before its cue, as in Korean.

    `joins` are the words between an office and the one above it, `ands` those between two who speak, `opens` those with which a clause begins. `topics`, `subjects` and
    `objects` are the particles of a Korean source, `told` what stands after whom somebody tells. `verb_ends` are the ends of verbs, by which a clause put in is known whatever its
    verb, but for the words in `not_verbs`.
    """

    cues: Cues
    own: frozenset[str] = frozenset()  # rules of what a medium finds out itself
    before: bool = False
    joins: frozenset[str] = frozenset({""})
    ands: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    verb_ends: tuple[str, ...] = ()
    not_verbs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grammar:
    """Who the sources are, and how every language says who said it."""

    who: Who = field(default_factory=Who)
    languages: Mapping[str, Language] = field(default_factory=dict)


def load_attribution(tables: Mapping[str, Mapping[str, Any]]) -> Grammar:
    """Make the grammar of the tables of its files: by language, and under "sources" who the sources are.

    Raises:
        GrammarError: a file is wrong.

    """
    who, languages = Who(), {}
    for name, data in tables.items():
        if name == SOURCES:
            who = _read_who(data)
        else:
            languages[name] = _read_language(name, data)
    return Grammar(who, languages)


def _read_language(name: str, data: Mapping[str, Any]) -> Language:
    file = f"attribution/{name}.toml"
    _refuse_unknown(data, {"rule", *_SETTINGS}, file)
    check_keys({key: value for key, value in data.items() if key != "rule"}, _SETTINGS, file)
    texts = {key: data.get(key, []) for key in _ENDINGS}
    rules = read_rules(data.get("rule", []), KINDS, OPTIONS, file)
    return Language(
        Cues(name, rules),
        own=frozenset(rule.id for rule in rules if rule.options.get("own")),
        before=data.get("before", False),
        joins=frozenset({"", *texts["joins"]}),
        ands=frozenset(texts["ands"]),
        opens=frozenset(texts["opens"]),
        not_verbs=frozenset(texts["not_verbs"]),
        **{key: tuple(texts[key]) for key in ("topics", "objects", "subjects", "told", "verb_ends")},
    )


def _read_who(data: Mapping[str, Any]) -> Who:
    _refuse_unknown(data, {*_LISTS, *_TABLES, "unnamed", "countries", "kinds", "later"}, "attribution/sources.toml")
    given: dict[str, Any] = {key: frozenset(_texts(data.get(key, []), key)) for key in _LISTS}
    given |= {key: _table(data, key) for key in _TABLES}
    for key in _TABLES:
        check_keys(given[key], dict.fromkeys(given[key], str), f"attribution/sources.toml: {key}")
    countries = {one: country for country, ids in _table(data, "countries").items() for one in _texts(ids, country)}
    kinds = {kind: tuple(_texts(ids, kind)) for kind, ids in _table(data, "kinds").items()}
    unnamed = tuple(_texts(data.get("unnamed", []), "unnamed"))
    return Who(**given, unnamed=unnamed, countries=countries, kinds=kinds, later=_read_later(_table(data, "later")))


def _read_later(found: Mapping[str, Any]) -> dict[str, tuple[date, str]]:
    """Read from which day on somebody speaks for another office."""
    later = {}
    for person, entry in found.items():
        day, office = (entry.get("since"), entry.get("office")) if isinstance(entry, dict) else (None, None)
        if not isinstance(day, date) or not isinstance(office, str):
            raise GrammarError(f"attribution/sources.toml: later: {person}: expected a day `since` and an `office`")
        later[person] = (day, office)
    return later


def _refuse_unknown(data: Mapping[str, Any], known: set[str], file: str) -> None:
    unknown = set(data) - known
    if unknown:
        raise GrammarError(f"{file}: unknown key {min(unknown)!r}, expected one of {', '.join(sorted(known))}")


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise GrammarError(f"attribution/sources.toml: {key}: expected a table, found {found!r:.80}")
    return dict(found)


def _texts(found: object, key: str) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise GrammarError(f"attribution/sources.toml: {key}: expected a list of ids, found {found!r:.80}")
    return found
