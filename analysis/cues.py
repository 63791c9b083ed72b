"""Cues: words and phrases that tell how a figure is meant, kept as small named rules of a language.

A rule is a table of a grammar file (`claims/en.toml`, `attribution/ko.toml` …):

    [[rule]]
    id = "shell"                # its name, unique in the file
    kind = "unit"               # what sort of rule; each grammar says which it knows
    gives = "shells"            # what it tells, from its kind's list
    forms = ["shell", "shells", "artillery round*"]    # written as the lexicon's forms are
    except = ["shell compan*"]  # phrases in which a form does not count
    examples = [["Pyongyang sent 9,000 shells to Russia.", "9000 shells sent"], ["A shell company paid 9,000 people.", ""]]

Found as the lexicon's concepts are: one automaton a language, places in the text as given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from analysis.lexicon import Concept, Gate, Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class GrammarError(ValueError):
    """A grammar file is wrong: which rule, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class CueRule:
    """One rule. `options` are the keys that only its kind knows, `examples` pairs of a text and what must be read from it."""

    id: str
    kind: str
    gives: str
    forms: tuple[str, ...]
    exceptions: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


class Cue(NamedTuple):
    """A rule found at a place."""

    start: int
    end: int
    rule: CueRule


class Cues:
    """All rules of one language's grammar, to be found in texts."""

    def __init__(self, language: str, rules: Iterable[CueRule]) -> None:
        self.language = language
        self.rules: dict[str, CueRule] = {rule.id: rule for rule in rules}
        concepts = {
            rule.id: Concept(
                rule.id, rule.kind, {"en": rule.id}, {language: rule.forms}, exceptions={language: rule.exceptions}
            )
            for rule in self.rules.values()
        }
        self._lexicon = Lexicon(concepts, Gate(frozenset(), (), frozenset()))

    def find(self, text: str, shift: int = 0) -> list[Cue]:
        """Find every rule at every place of a text, in order; places are counted from `shift`."""
        rules = self.rules
        return [Cue(start + shift, end + shift, rules[one]) for one, start, end in self._lexicon.mentions(text)]


class ListOf(NamedTuple):
    """Expects a list of texts: of these, or of any if there are none."""

    texts: frozenset[str] = frozenset()


Expected = type[bool] | type[int] | type[str] | frozenset[str] | ListOf
"""What a key's value must be: true or false, a number that is not negative, a text, one of some texts, or a list of texts."""


def check_keys(table: Mapping[str, object], expected: Mapping[str, Expected], at: str) -> None:
    """Refuse a key that nobody reads, and a value of the wrong sort: either would change nothing, in silence.

    Raises:
        GrammarError: a key or its value is wrong.

    """
    for key, value in table.items():
        if key not in expected:
            known = f"expected one of {', '.join(expected)}" if expected else "expected none"
            raise GrammarError(f"{at}: {key}: found an unknown key, {known}")
        if said := _fault(value, expected[key]):
            raise GrammarError(f"{at}: {key}: {said}")


def _fault(value: object, expected: Expected) -> str:
    """Say what is wrong with a value, "" if nothing is."""
    if isinstance(expected, ListOf):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return f"expected a list of texts, found {value!r:.80}"
        odd = [one for one in value if expected.texts and one not in expected.texts]
        return f"found {odd[0]!r:.80}, expected some of {', '.join(sorted(expected.texts))}" if odd else ""
    if isinstance(expected, frozenset):
        right = isinstance(value, str) and value in expected
        return "" if right else f"found {value!r:.80}, expected one of {', '.join(sorted(expected))}"
    if expected is int:
        right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return "" if right else f"expected a number, 0 or more, found {value!r:.80}"
    if isinstance(value, expected):
        return ""
    return f"expected {'true or false' if expected is bool else 'a text'}, found {value!r:.80}"


def read_rules(
    tables: Iterable[Mapping[str, object]],
    kinds: Mapping[str, frozenset[str]],
    options: Mapping[str, Mapping[str, Expected]],
    where: str,
) -> list[CueRule]:
    """Check the `[[rule]]` tables of a grammar file.

    `kinds` maps a kind to what it may give (empty: anything), `options` a kind to the keys that it alone knows.

    Raises:
        GrammarError: a rule is wrong.

    """
    found: dict[str, CueRule] = {}
    for table in tables:
        enabled = table.get("enabled", True)
        if not isinstance(enabled, bool):
            raise GrammarError(
                f"{where}: rule {table.get('id')}: enabled: expected true or false, found {enabled!r:.80}"
            )
        if not enabled:
            continue
        rule = _read(table, kinds, options, where)
        if rule.id in found:
            raise GrammarError(f"{where}: rule {rule.id}: stands there twice; each needs an id of its own")
        found[rule.id] = rule
    return list(found.values())


_KNOWN = ("id", "kind", "gives", "forms", "except", "examples", "enabled")


def _read(
    table: Mapping[str, object],
    kinds: Mapping[str, frozenset[str]],
    options: Mapping[str, Mapping[str, Expected]],
    where: str,
) -> CueRule:
    identity = table.get("id")
    if not isinstance(identity, str) or not identity:
        raise GrammarError(f"{where}: a rule has no id: {dict(table)!r:.120}")
    at = f"{where}: rule {identity}"
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise GrammarError(f"{at}: kind: found {kind!r}, expected one of {', '.join(sorted(kinds))}")
    gives = table.get("gives", "")
    if not isinstance(gives, str) or (kinds[kind] and gives not in kinds[kind]):
        raise GrammarError(f"{at}: gives: found {gives!r}, expected one of {', '.join(sorted(kinds[kind]))}")
    examples = table.get("examples", [])
    if not isinstance(examples, list) or not all(
        isinstance(pair, list) and len(pair) == len(("text", "expected")) and all(isinstance(one, str) for one in pair)
        for pair in examples
    ):
        raise GrammarError(f"{at}: examples: expected pairs of a text and what must be read from it")
    own = {key: value for key, value in table.items() if key not in _KNOWN}
    check_keys(own, options.get(kind, {}), at)
    return CueRule(
        identity,
        kind,
        gives,
        _texts(table, "forms", at),
        _texts(table, "except", at),
        tuple((text, expected) for text, expected in examples),
        own,
    )


def _texts(table: Mapping[str, object], key: str, at: str) -> tuple[str, ...]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise GrammarError(f"{at}: {key}: expected a list of texts, found {found!r:.80}")
    return tuple(found)
