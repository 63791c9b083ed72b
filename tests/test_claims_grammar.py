"""Every rule of the claims' grammar by its own examples, as they stand beside it in the grammar's files."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from analysis.claims.extract import Named, read_claims
from analysis.claims.grammar import KINDS, ClaimGrammar, load_claim_grammar
from analysis.claims.model import APPROX, EVENTS, MODALITIES, UNITS
from analysis.cues import GrammarError
from analysis.layout import layout
from khasan.topic import load_topic

TOPIC = load_topic()
GRAMMAR = TOPIC.claims.grammar
RULES = [
    pytest.param(language, rule.examples, id=f"{language}-{rule.id}")
    for language, tongue in sorted(GRAMMAR.tongues.items())
    for rule in tongue.cues.rules.values()
    if rule.examples
]


class Nobody:
    """Attributes every figure to nobody: whose words they are has tests of its own."""

    origin, relays, said, rules = None, (), None, ()

    def of(self, start, end):
        return self


@cache
def speakers(text):
    sources = TOPIC.lexicon.categories["source"]
    return tuple((one.start, one.end) for one in TOPIC.lexicon.mentions(text) if one.concept in sources)


def claims(text, language, grammar=GRAMMAR):
    return read_claims(layout("", text), grammar, language, Named(speakers(text)), Nobody, about=True)


def holds(claim, expected: str) -> bool:
    """Whether a claim is what an example says: "3000-5000 troops sent about expected RU>KP recap"."""
    amount, *words = expected.split()
    low, _, high = amount.partition("-")
    known = {claim.unit, claim.event, claim.approx, claim.modality, f"{claim.actor}>{claim.recipient}"}
    known |= {"recap"} if claim.recap else set()
    known |= {"increment"} if claim.increment else set()
    return (claim.low, claim.high) == (int(low), int(high or low)) and set(words) <= known


@pytest.mark.parametrize(("language", "examples"), RULES)
def test_a_rule_reads_its_examples(language, examples):
    for text, expected in examples:
        found = claims(text, language)
        wanted = [one.strip() for one in expected.split("+")] if expected else []
        assert len(found) == len(wanted), (text, [(c.low, c.unit, c.event, c.rules) for c in found])
        for claim, want in zip(found, wanted, strict=True):
            assert holds(claim, want), (text, want, claim)


def test_examples_say_what_can_be_said():
    words = {*UNITS, *EVENTS, *APPROX, *MODALITIES, "recap", "increment"}
    for param in RULES:
        for _, expected in param.values[1]:
            for one in filter(None, (part.strip() for part in expected.split("+"))):
                amount, *said = one.split()
                assert re.fullmatch(r"\d+(-\d+)?", amount), param.id
                assert {word for word in said if ">" not in word} <= words, param.id


def test_rules_have_examples():
    for language, tongue in GRAMMAR.tongues.items():
        units = [
            rule
            for rule in tongue.cues.rules.values()
            if rule.kind in {"unit", "event", "modality"} and rule.gives not in {"persons", "things"}
        ]
        assert not [f"{language} {rule.id}" for rule in units if not rule.examples]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("[[rule]]\nkind = 'unit'", "claims/en.toml: a rule has no id"),
        ("[[rule]]\nid = 'a'\nkind = 'unti'", "rule a: kind: found 'unti', expected one of aside"),
        ("[[rule]]\nid = 'a'\nkind = 'unit'\ngives = 'tropps'", "rule a: gives: found 'tropps', expected one of"),
        ("[[rule]]\nid = 'a'\nkind = 'side'\ngives = 'KP'\nforms = 'x'", "rule a: forms: expected a list of texts"),
        ("[[rule]]\nid = 'a'\nkind = 'break'\n[[rule]]\nid = 'a'\nkind = 'break'", "rule a: stands there twice"),
        ("[[rule]]\nid = 'a'\nkind = 'break'\nexamples = ['x']", "rule a: examples: expected pairs"),
        ("strange = 2", "claims/en.toml: strange: found an unknown key, expected one of noun_first"),
        ("joints = [1]", "claims/en.toml: joints: expected a list of texts"),
        ("noun_first = 'no'", "claims/en.toml: noun_first: expected true or false, found 'no'"),
        ("strange_words = -1", "claims/en.toml: strange_words: expected a number, 0 or more, found -1"),
        ("[[rule]]\nid = 'a'\nkind = 'break'\nenabled = 0", "rule a: enabled: expected true or false, found 0"),
        (
            "[[rule]]\nid = 'a'\nkind = 'break'\nweak = true",
            "rule a: weak: found an unknown key, expected one of after",
        ),
        ("[[rule]]\nid = 'a'\nkind = 'recap'\nweak = true", "rule a: weak: found an unknown key, expected none"),
        ("[[rule]]\nid = 'a'\nkind = 'rate'\nnear = 'two'", "rule a: near: expected a number, 0 or more, found 'two'"),
        (
            "[[rule]]\nid = 'a'\nkind = 'event'\ngives = 'sent'\nbearer = 'men'",
            "rule a: bearer: found 'men', expected one of air_defense",
        ),
        (
            "[[rule]]\nid = 'a'\nkind = 'counter'\ngives = 'shells'\nwith = 'shells'",
            "rule a: with: expected a list of texts, found 'shells'",
        ),
    ],
)
def test_a_wrong_rule_is_named(written, fault):
    with pytest.raises(GrammarError) as error:
        load_claim_grammar({"en": tomllib.loads(written)})
    assert fault in str(error.value)


def test_a_language_without_rules_has_no_claims():
    assert claims("Pyongyang sent 12,000 soldiers to Russia.", "en", ClaimGrammar()) == ()
    assert set(KINDS) >= {"unit", "event", "modality", "side"}


def test_anchors_are_concepts_of_the_lexicon():
    assert set(TOPIC.lexicon.concepts_by_id) >= GRAMMAR.anchors
