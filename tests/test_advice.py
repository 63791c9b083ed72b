"""What is doubtful in rules, and why a rule is true or not."""

import pytest

from alerts.advice import Known, advice
from alerts.decide import Reader
from alerts.rules import load_rules
from analysis.explain import explain
from analysis.lexicon_file import load_lexicon
from analysis.query import Document, parse

LEXICON = load_lexicon(
    {
        "concept": [
            {"id": "kp", "category": "actor", "en": {"name": "NK", "forms": ["nk"]}, "uk": {"name": "КНДР", "forms": ["кндр"]}},
            {"id": "guns", "category": "weapon", "ko": {"name": "자주포", "forms": ["자주포"]}},
        ]
    }
)  # fmt: skip
KNOWN = Known(["yonhap-en", "tass-ru"], ["yonhap"], LEXICON)


def doubts(query, **more):
    rules = load_rules(
        {"rule": [{"id": "one", "name": "One", "query": query} | more]}, file="rules.toml", lexicon=LEXICON
    )
    return advice(rules, KNOWN, [])["one"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("source:yonhap-eng x", "source:yonhap-eng: there is no such source; the nearest is yonhap-en"),
        ("outlet:nowhere x", "outlet:nowhere: there is no such outlet"),
        ("x -source:gone", "source:gone: there is no such source"),
        ("lang:uk lang:ru x", "lang:uk AND lang:ru can never be true together"),
        ("x NOT x", "x AND NOT x can never be true together"),
        ("relevance:no relevance:relevant", "can never be true together"),
        ("published:2024 published:2025", "published:2024 AND published:2025 can never be true together"),
        ("published:<2024 published:>2024", "can never be true together"),
        ("lang:ko шахед*", "written only in be, bg, kk, mk, ru, sr, uk"),
        ("lang:ru снаряді", "снаряді can never be true with lang:ru: it is written only in uk"),
        (
            "(lang:uk OR lang:ru) (포탄 OR snaryad)",
            "포탄 can never be true with lang:ru or lang:uk: it is written only in ko",
        ),
        ("lang:uk @guns", "@guns can never be true with lang:uk: it is written only in ko"),
        ("lang:ja near:(@kp x)", "@kp can never be true with lang:ja: it is written only in en, uk"),
    ],
)
def test_what_is_doubtful(query, says):
    assert any(says in line for line in doubts(query))


@pytest.mark.parametrize(
    "query",
    [
        "source:yonhap-en x", "outlet:YONHAP x", "lang:uk OR lang:ru", "lang:uk кндр", "lang:uk shells", "lang:ko @guns", "lang:uk NOT @guns",
        "lang:uk @kp", "lang:ko OR снаряді", "published:2024 published:[2023 TO 2025]", "relevance:relevant relevance:>0.8", "x NOT y",
    ],
)  # fmt: skip
def test_what_is_not(query):
    assert doubts(query) == []


def test_rules_against_each_other_and_their_readers():
    tables = [
        {"id": name, "name": name, "query": query} for name, query in (("a", "x y"), ("b", "X AND y"), ("c", "z"))
    ]
    rules = load_rules({"rule": [*tables, {"id": "d", "name": "d", "query": "w", "enabled": False}]}, file="rules.toml")
    found = advice(rules, KNOWN, [Reader("ann", "ann@example.org", rules=("a", "b"))])
    assert found == {"a": [], "b": ["means the same as a"], "c": ["no reader follows it"], "d": []}


def test_a_verdict_names_what_failed():
    query = parse("shells (kursk OR moscow) NOT film near:(north korea)")
    true = explain(query, Document("Shells in Kursk", "North of Korea."))
    assert true.holds
    assert true.failed() == ()
    assert [part.kind for part in true.parts] == ["part", "any", "none", "near"]
    assert true.parts[1].reason == 'title: "Kursk"'
    assert [part.holds for part in true.parts[1].parts] == [True, False]
    false = explain(query, Document("Shells", "A film. North. Korea."))
    assert [part.query for part in false.failed()] == ["kursk OR moscow", "NOT film", "near:(north AND korea)"]
