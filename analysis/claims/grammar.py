"""The grammar of claims: one file of small named rules a language, as `analysis.cues` describes them.

Kinds of rules, and what they give:

* `unit`      what is counted: a unit (`analysis.claims.model`), or `persons` or `things`, whose sort the context tells.
              `beside = "ships"`: only in a sentence that also has a cue of that unit ("sailed 51 times")
* `counter`   the same, for words that only stand behind a figure (명, 발, 문); `with` lists units that they may count besides
* `filler`    words that may stand between a figure and its noun ("long-range", "additional", "of")
* `event`     what happened: an event, or `losses:killed` and the like where the verb tells the unit, too; `none` where it is
              nothing of ours (recruited, shot down, can carry): the nearest wins. `before = true`: it may stand before its figure in Korean, too.
              `weak = true`: counts only where nothing better stands near. `receives = true`: its subject gets
              what is counted ("Russia hired 900 men") and does not own it. `bearer = "workers"`: people of whom nothing else is told are workers
* `flow`      from whom to whom: `to_kp`, `from_kp`, `to_ru`, `from_ru`; `to_other`: to Ukraine, to China, and so none of ours
* `modality`  how firmly: `expected`, `possible`, `conditional`, `denied`, `fact`. `reach = "sentence"` goes beyond its clause,
              `reach = "onward"` to what stands behind it;
              `near = 3`: must stand before the event, at most so many words away
* `side`      whose: `KP`, `RU`, `UA`, `other`
* `made`      next to a people's name: it only made the arms ("-made", "of … design", "производства")
* `break`     where a clause ends: before these words, with `after = true` behind them
* `subset`    "of them": a part of the figure before
* `recap`, `increment`
* `rate`      "each", "a month": pay and rates are no claims; `produced` bears them. `near = 0`: only right beside the figure ("по")
* `open`      words after a figure that show that its noun was left out ("have", "of them", "in")
* `drop`      where these stand right after a figure, it counts something else
* `aside`     a sentence with these speaks of something else altogether (another war, a comparison) and has no claims
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from analysis.claims.model import EVENTS, MODALITIES, UNITS
from analysis.cues import Cues, GrammarError, ListOf, check_keys, read_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.cues import CueRule, Expected

GENERIC = ("persons", "things")
HARM = ("killed", "wounded", "casualties", "missing")
NOTHING = "none"  # what happened is nothing of ours
_NO_VALUE = frozenset({""})

KINDS = {
    "unit": frozenset({*UNITS, *GENERIC}),
    "counter": frozenset({*UNITS, *GENERIC}),
    "filler": _NO_VALUE,
    "event": frozenset({*EVENTS, *(f"losses:{one}" for one in HARM), NOTHING}),
    "flow": frozenset({"to_kp", "from_kp", "to_ru", "from_ru", "to_other"}),
    "modality": frozenset(MODALITIES),
    "side": frozenset({"KP", "RU", "UA", "other"}),
    "made": _NO_VALUE,
    "break": _NO_VALUE,
    "subset": _NO_VALUE,
    "recap": _NO_VALUE,
    "increment": _NO_VALUE,
    "rate": _NO_VALUE,
    "open": _NO_VALUE,
    "drop": _NO_VALUE,
    "aside": _NO_VALUE,
}

_UNITS = frozenset(UNITS)
OPTIONS: Mapping[str, Mapping[str, Expected]] = {
    "unit": {"beside": _UNITS},
    "counter": {"with": ListOf(_UNITS.union(GENERIC))},
    "event": {"weak": bool, "receives": bool, "before": bool, "bearer": _UNITS},
    "modality": {"reach": frozenset({"sentence", "onward"}), "near": int},
    "break": {"after": bool},
    "rate": {"near": int},
}
"""Kind → the keys that it alone knows."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language's rules.

    `noun_first`: what is counted stands before its figure (포탄 520만 발). `strange_words`: how many words that the grammar does not know
    may stand between a figure and its noun; none where adjectives can be told by their endings. `head_last`: of two nouns in a row the last
    is counted ("tank wagons"). `joints` begin a clause (", and"); where `auxiliaries` are given, only if one follows before the next comma: ", and … are".
    `parts` are words by which a figure is part of the next: "1,900 of the 5,000 builders". `small` are the fillers and open words that
    are one whole word each, by kind: they stand everywhere, and are looked up where a figure's noun is sought instead of being found first.
    """

    cues: Cues
    noun_first: bool = False
    strange_words: int = 0
    head_last: bool = False
    joints: tuple[str, ...] = ()
    auxiliaries: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    small: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimGrammar:
    """What claims are read by, by language. None are read in a language without rules.

    `anchors` are concepts by which a paragraph shows that it is about the matter.
    """

    tongues: Mapping[str, Tongue] = field(default_factory=dict)
    anchors: frozenset[str] = frozenset()


ANCHORS = "anchors"  # the file that is of no language


def load_claim_grammar(tables: Mapping[str, Mapping[str, Any]]) -> ClaimGrammar:
    """Make a grammar of the tables of its files: by language, and under "anchors" the concepts that show what is spoken of.

    Raises:
        GrammarError: a key or a rule is wrong.

    """
    anchors = tables.get(ANCHORS, {}).get("concepts", [])
    if not isinstance(anchors, list) or not all(isinstance(one, str) for one in anchors):
        raise GrammarError(f"claims/{ANCHORS}.toml: concepts: expected a list of texts, found {anchors!r:.80}")
    tongues = {one: _tongue(one, table, f"claims/{one}.toml") for one, table in tables.items() if one != ANCHORS}
    return ClaimGrammar(tongues, frozenset(anchors))


_SMALL_KINDS = ("open", "filler")
_SETTINGS: Mapping[str, Expected] = {
    "noun_first": bool,
    "strange_words": int,
    "head_last": bool,
    "joints": ListOf(),
    "auxiliaries": ListOf(),
    "parts": ListOf(),
}


def _tongue(language: str, table: Mapping[str, Any], where: str) -> Tongue:
    check_keys({key: value for key, value in table.items() if key != "rule"}, _SETTINGS, where)
    rules = read_rules(table.get("rule", []), KINDS, OPTIONS, where)
    noun_first: bool = table.get("noun_first", False)
    small = {} if noun_first else {kind: _small(rules, kind) for kind in _SMALL_KINDS}
    return Tongue(
        Cues(language, [replace(rule, forms=_without(rule, small)) for rule in rules]),
        noun_first=noun_first,
        strange_words=table.get("strange_words", 0),
        head_last=table.get("head_last", False),
        joints=tuple(table.get("joints", ())),
        auxiliaries=frozenset(table.get("auxiliaries", ())),
        parts=frozenset(table.get("parts", ())),
        small=small,
    )


def _small(rules: Sequence[CueRule], kind: str) -> frozenset[str]:
    return frozenset(
        one for rule in rules if rule.kind == kind for one in rule.forms if one.isalpha() and one.islower()
    )


def _without(rule: CueRule, small: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    return tuple(one for one in rule.forms if one not in small.get(rule.kind, ()))
