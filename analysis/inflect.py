"""The forms of a word: a query's words are expanded, so that an archive needs no lemmas and matching is looking up.

Russian and Ukrainian by pymorphy3, English by simplemma's dictionary read backwards. They take tens of megabytes while in
use, so they are loaded when the first unknown word is asked for, one family of languages after the other, and let go by
`prepare`. Korean and all other scripts are not inflected here: Hangul is found by its beginning.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from analysis.text import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_CYRILLIC = re.compile("[а-яіїєґ']+")
_LATIN = re.compile("[a-z]+")
_UKRAINIAN, _RUSSIAN = re.compile("[іїєґ']"), re.compile("[ыэъ]")
_SHORTEST = 4  # letters of a word that no dictionary knows and that is inflected all the same: below are abbreviations
_PREDICTED = 3  # lexemes of such a word in each language
_NAMES = frozenset({"NOUN", "ADJF"})  # what such a word is taken for, if it can be
_MOST_SPELLINGS = 8  # of a phrase
_BRITISH = (
    6  # letters from which a lemma with -ll, if there is one with -l, comes of such as travelling; not of shelling
)
_FUNCTION = frozenset({"NPRO", "PREP", "CONJ", "PRCL", "INTJ"})  # parts of speech nobody searches for the forms of
_VERBS = frozenset({"VERB", "INFN"})
_ALONE = frozenset[str]().union(
    *(
        line.split()
        for line in [
            "i me my mine myself we us our ours you your yours he him his himself she her hers it its",
            "they them their theirs em who whom whose this that these those",
            "be is am are was were been being have has had do does did done will would shall should can could may might",
            "must ought ll ve re nt ca wo ai don doesn didn isn wasn aren weren hasn haven hadn won wouldn couldn shouldn",
        ]
    )
)
"""English pronouns, auxiliaries and what contractions leave of them: each stands for itself. `US` is no form of "we"."""

_IRREGULAR = [
    frozenset(line.split())
    for line in [
        "bear bears bearing bore borne born",
        "begin begins beginning began begun",
        "bet bets betting",
        "bid bids bidding",
        "bind binds binding bound",
        "bite bites biting bit bitten",
        "break breaks breaking broke broken",
        "bring brings bringing brought",
        "build builds building built",
        "buy buys buying bought",
        "cast casts casting",
        "catch catches catching caught",
        "choose chooses choosing chose chosen",
        "come comes coming came",
        "cut cuts cutting",
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
        "half halves",
        "hit hits hitting",
        "hold holds holding held",
        "keep keeps keeping kept",
        "know knows knowing knew known",
        "knife knives",
        "lay lays laying laid",
        "lead leads leading led",
        "leaf leaves",
        "leave leaves leaving left",
        "lend lends lending lent",
        "let lets letting",
        "life lives",
        "loaf loaves",
        "lose loses losing lost",
        "make makes making made",
        "mean means meaning meant",
        "meet meets meeting met",
        "mimic mimics mimicking mimicked",
        "panic panics panicking panicked",
        "pay pays paying paid",
        "person persons people",
        "picnic picnics picnicking picnicked",
        "put puts putting",
        "rise rises rising rose risen",
        "run runs running ran",
        "say says saying said",
        "see sees seeing saw seen",
        "seek seeks seeking sought",
        "sell sells selling sold",
        "send sends sending sent",
        "set sets setting",
        "shelf shelves",
        "shoot shoots shooting shot",
        "shrink shrinks shrinking shrank shrunk",
        "shut shuts shutting",
        "sink sinks sinking sank sunk",
        "sit sits sitting sat",
        "speak speaks speaking spoke spoken",
        "spend spends spending spent",
        "split splits splitting",
        "spread spreads spreading",
        "stand stands standing stood",
        "steal steals stealing stole stolen",
        "strike strikes striking struck stricken",
        "swear swears swearing swore sworn",
        "take takes taking took taken",
        "teach teaches teaching taught",
        "tell tells telling told",
        "thief thieves",
        "think thinks thinking thought",
        "throw throws throwing threw thrown",
        "traffic traffics trafficking trafficked",
        "upset upsets upsetting",
        "wife wives",
        "win wins winning won",
        "withdraw withdraws withdrawing withdrew withdrawn",
        "write writes writing wrote written",
    ]
]
"""Words, by their first form, of which the dictionary lists a form as a word of its own, or not at all."""
_BASES = frozenset({"lay"})  # that the dictionary takes for a form of another


_known: dict[str, frozenset[str]] = {}
_written: dict[str, tuple[str, ...]] = {}  # the forms with ё, which folding loses
_guessed: set[str] = set()  # words in Cyrillic that no dictionary knows


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
    found = [word, *sorted(inflections(word) - {word})]
    if word in _guessed:
        return [way for form in found for way in with_yo(form, prefix=True)]
    return [*found, *_written.get(word, ())]


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


def spellings(words: tuple[str, ...], *, prefix: bool = False) -> list[tuple[str, ...]] | None:
    """Give the ways to spell folded words that folding made one: with ё, as the full text may have it.

    The words as they are come first. With `prefix`, the last may go on. None if there are too many ways to list.
    """
    last = len(words) - 1
    ways = [with_yo(word, prefix=prefix and at == last) for at, word in enumerate(words)]
    found = list(islice(product(*ways), _MOST_SPELLINGS + 1))
    return found if len(found) <= _MOST_SPELLINGS else None


def with_yo(word: str, *, prefix: bool = False) -> list[str]:
    """Give a folded word, and where ё may stand in it: as dictionaries say, else in any one place, as a word has one."""
    if "е" not in word or not _CYRILLIC.fullmatch(word) or _UKRAINIAN.search(word):
        return [word]
    if not prefix:
        inflections(word)
        if word not in _guessed:
            return [word, *(form for form in _written.get(word, ()) if form.replace("ё", "е") == word)]
    return [word, *(f"{word[:at]}ё{word[at + 1 :]}" for at, letter in enumerate(word) if letter == "е")]


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
    if not known:
        _guessed.add(word)
        if len(word) >= _SHORTEST:
            known = [parse for some in parses for parse in _predicted(some)]
    return {form.word for parse in _meant(known) for form in parse.lexeme}


def _meant(parses: list[Any]) -> list[Any]:
    """Leave out what a search does not mean: function words, and verbs that only happen to be written like something else.

    A pronoun drops verbs («їм» is no form of eating), any other part of speech drops imperatives, also across languages: the
    Ukrainian noun «снаряди» is the imperative of a Russian verb.
    """
    kinds = {parse.tag.POS for parse in parses}
    return [
        parse
        for parse in parses
        if parse.tag.POS not in _FUNCTION
        and not (parse.tag.POS in _VERBS and "NPRO" in kinds)
        and not (parse.tag.mood == "impr" and kinds - _VERBS)
    ]


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

    listed = DefaultDictionaryFactory(1).get_dictionary("en")
    lemmas = {form: lemma for form, lemma in listed.items() if form.islower()}
    lemmas |= {plural: lemma for plural, lemma in _peoples(listed) if lemmas.get(plural, plural) == plural}
    by_lemma: dict[str, list[str]] = {}
    for form, lemma in lemmas.items():
        if form != lemma and form.isalpha():
            by_lemma.setdefault(lemma, []).append(form)

    def expand(word: str) -> set[str]:
        lemma = word if word in _BASES else lemmas.get(word) or _unknown_lemma(word)
        if len(lemma) >= _BRITISH and lemma.endswith("ll") and lemma != word and lemma[:-1] in lemmas:
            lemma = lemma[:-1]
        if word in _ALONE or lemma in _ALONE:
            return {word}
        found = {word, lemma, *by_lemma.get(lemma, ())}.union(*(lexeme for lexeme in _IRREGULAR if word in lexeme))
        more = _regular(lemma, found, known=lemma in lemmas)
        return found | {form for form in more if lemmas.get(form, lemma) in (lemma, f"{lemma}l")}

    return expand


def _peoples(listed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Koreans and the like, which the dictionary lists with capitals only, or in small letters as words of their own."""
    for form, lemma in listed.items():
        if form[0].isupper() and lemma.istitle() and form == _with_s(lemma):
            yield form.casefold(), lemma.casefold()


def _unknown_lemma(word: str) -> str:
    """What a word that is in no dictionary may be the plural of: a name."""
    return word[:-1] if len(word) > _SHORTEST and re.search("[^isu]s$", word) else word


def _regular(lemma: str, found: set[str], *, known: bool) -> set[str]:
    """The plural; -ed and -ing of what is a verb, since the dictionary has one of the two at least."""
    if len(lemma) < (_SHORTEST - 1 if known else _SHORTEST):
        return set()
    plural = {_with_s(lemma)}
    if not known or lemma.endswith("ie") or not any(form.endswith(("ed", "ing")) for form in found - {lemma}):
        return plural
    if re.search("[aeiou]l$", lemma):  # as the British write
        return plural | {f"{lemma}{ending}" for ending in ("ed", "ing", "led", "ling")}
    stem = lemma[:-1] if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")) else lemma
    return plural | {f"{stem}ing"} if f"{stem}{stem[-1]}ing" not in found else plural


def _with_s(lemma: str) -> str:
    if lemma.endswith(("s", "x", "z", "ch", "sh")):
        return f"{lemma}es"
    return f"{lemma[:-1]}ies" if re.search("[^aeiou]y$", lemma) else f"{lemma}s"
