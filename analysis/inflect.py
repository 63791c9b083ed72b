"""The forms of a word: a query's words are expanded, so that an archive needs no lemmas and matching is looking up.

Russian and Ukrainian by pymorphy3, English by simplemma's dictionary read backwards. They take tens of megabytes while in
use, so they are loaded when the first unknown word is asked for, one family of languages after the other, and let go by
`prepare`. Korean and all other scripts are not inflected here: Hangul is found by its beginning.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from analysis.text import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_CYRILLIC = re.compile("[а-яіїєґ']+")
_LATIN = re.compile("[a-z]+")
_UKRAINIAN, _RUSSIAN = re.compile("[іїєґ']"), re.compile("[ыэъ]")
_SHORTEST = 4  # letters of a word that no dictionary knows and that is inflected all the same: below are abbreviations
_PREDICTED = 3  # lexemes of such a word in each language
_NAMES = frozenset({"NOUN", "ADJF"})  # what such a word is taken for, if it can be
_MOST_SPELLINGS = 8  # of a phrase

_IRREGULAR = [
    frozenset(line.split())
    for line in [
        "bear bears bearing bore borne born",
        "bind binds binding bound",
        "bring brings bringing brought",
        "build builds building built",
        "buy buys buying bought",
        "catch catches catching caught",
        "choose chooses choosing chose chosen",
        "come comes coming came",
        "deal deals dealing dealt",
        "drive drives driving drove driven",
        "fall falls falling fell fallen",
        "feed feeds feeding fed",
        "fight fights fighting fought",
        "find finds finding found",
        "fly flies flying flew flown",
        "get gets getting got gotten",
        "give gives giving gave given",
        "go goes going went gone",
        "hide hides hiding hid hidden",
        "hit hits hitting",
        "hold holds holding held",
        "keep keeps keeping kept",
        "know knows knowing knew known",
        "lead leads leading led",
        "leave leaves leaving left",
        "lend lends lending lent",
        "lose loses losing lost",
        "make makes making made",
        "mean means meaning meant",
        "meet meets meeting met",
        "pay pays paying paid",
        "rise rises rising rose risen",
        "run runs running ran",
        "say says saying said",
        "see sees seeing saw seen",
        "seek seeks seeking sought",
        "sell sells selling sold",
        "send sends sending sent",
        "shoot shoots shooting shot",
        "shrink shrinks shrinking shrank shrunk",
        "sink sinks sinking sank sunk",
        "speak speaks speaking spoke spoken",
        "spend spends spending spent",
        "spread spreads spreading",
        "stand stands standing stood",
        "steal steals stealing stole stolen",
        "strike strikes striking struck stricken",
        "swear swears swearing swore sworn",
        "take takes taking took taken",
        "teach teaches teaching taught",
        "tell tells telling told",
        "think thinks thinking thought",
        "throw throws throwing threw thrown",
        "win wins winning won",
        "withdraw withdraws withdrawing withdrew withdrawn",
        "write writes writing wrote written",
    ]
]
"""Verbs of which the dictionary lists a form as a word of its own, or not at all."""

_known: dict[str, frozenset[str]] = {}
_written: dict[str, tuple[str, ...]] = {}  # the forms with ё, which folding loses


def inflections(word: str) -> frozenset[str]:
    """Give all forms of a folded word, folded, itself among them. A word in Hangul has only itself."""
    found = _known.get(word)
    if found is None:
        written = _forms(word)
        found = _known[word] = frozenset(_folded(written) | {word})
        if with_yo := tuple(sorted(form for form in written if "ё" in form)):
            _written[word] = with_yo
    return found


def all_spellings(word: str) -> list[str]:
    """Give all forms of a folded word as a text may have them: folded, and with ё."""
    return [word, *sorted(inflections(word) - {word}), *_written.get(word, ())]


def prepare(words: Iterable[str]) -> None:
    """Expand many words, so that no dictionary needs to stay: what they take is free again afterwards."""
    wanted = {word for word in words if word not in _known}
    for script in (_LATIN, _CYRILLIC):
        if some := [word for word in wanted if script.fullmatch(word)]:
            for word in some:
                inflections(word)
            forget()


def forget() -> None:
    """Let the dictionaries go; what has been expanded stays. They are loaded again when needed."""
    for loaded in (_english, _slavic):
        loaded.cache_clear()


def spellings(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Give the ways to spell folded words that folding made one: with ё, as the full text may have it."""
    ways = [_spellings(word) for word in words]
    return [words, *(way for way in product(*ways) if way != words)][:_MOST_SPELLINGS]


def _spellings(word: str) -> list[str]:
    if "е" not in word or not _CYRILLIC.fullmatch(word) or _UKRAINIAN.search(word):
        return [word]
    inflections(word)
    return [word, *(form for form in _written.get(word, ()) if form.replace("ё", "е") == word)]


def _forms(word: str) -> set[str]:
    """The forms as dictionaries write them."""
    if _LATIN.fullmatch(word):
        return _english()(word)
    return _slavic_forms(word) if _CYRILLIC.fullmatch(word) else set()


def _folded(written: set[str]) -> set[str]:
    """Those that are one word."""
    return {folded[0] for form in written if len(folded := forms(form)) == 1}


# --- Russian and Ukrainian


def _slavic_forms(word: str) -> set[str]:
    languages = ["uk"] if _UKRAINIAN.search(word) else ["ru"] if _RUSSIAN.search(word) else ["ru", "uk"]
    parses = [_lexemes(_slavic(language).parse(word)) for language in languages]
    known = [parse for some in parses for parse in some if parse.is_known]
    if not known and len(word) >= _SHORTEST:
        known = [parse for some in parses for parse in _predicted(some)]
    return {form.word for parse in known for form in parse.lexeme}


def _lexemes(parses: list[Any]) -> list[Any]:
    """One parse for each lexeme, the likeliest first."""
    return list({(parse.normal_form, parse.tag.POS): parse for parse in reversed(parses)}.values())[::-1]


def _predicted(parses: list[Any]) -> list[Any]:
    """What a word is taken for that no dictionary knows."""
    return ([parse for parse in parses if parse.tag.POS in _NAMES] or parses)[:_PREDICTED]


@cache
def _slavic(language: str) -> Any:
    from pymorphy3 import MorphAnalyzer  # noqa: PLC0415 - 25 MB a language, for the few moments that need it

    return MorphAnalyzer(lang=language)


# --- English


@cache
def _english() -> Callable[[str], set[str]]:
    """Load the dictionary, and its inverse."""
    from simplemma.strategies.dictionaries.dictionary_factory import (  # noqa: PLC0415 - 25 MB
        DefaultDictionaryFactory,
    )

    lemmas = DefaultDictionaryFactory(1).get_dictionary("en")
    by_lemma: dict[str, list[str]] = {}
    for form, lemma in lemmas.items():
        if form != lemma and form.isalpha() and form.islower():
            by_lemma.setdefault(lemma, []).append(form)

    def expand(word: str) -> set[str]:
        found = {word}
        for lexeme in _IRREGULAR:
            if word in lexeme:
                found |= lexeme
        lemma = lemmas.get(word) or _unknown_lemma(word)
        found |= {lemma, *by_lemma.get(lemma, ())}
        return found | _regular(lemma, found, known=lemma in lemmas)

    return expand


def _unknown_lemma(word: str) -> str:
    """What a word that is in no dictionary may be the plural of: a name."""
    return word[:-1] if len(word) > _SHORTEST and re.search("[^isu]s$", word) else word


def _regular(lemma: str, found: set[str], *, known: bool) -> set[str]:
    """The plural of what is unknown; -ed and -ing of what is a verb, since the dictionary has one of the two at least."""
    if not known:
        return {_with_s(lemma)} if len(lemma) >= _SHORTEST else set()
    if lemma.endswith("ie") or not any(form.endswith(("ed", "ing")) for form in found - {lemma}):
        return set()
    stem = lemma[:-1] if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")) else lemma
    return {_with_s(lemma), f"{stem}ing"} if f"{stem}{stem[-1]}ing" not in found else {_with_s(lemma)}


def _with_s(lemma: str) -> str:
    if lemma.endswith(("s", "x", "z", "ch", "sh")):
        return f"{lemma}es"
    return f"{lemma[:-1]}ies" if re.search("[^aeiou]y$", lemma) else f"{lemma}s"
