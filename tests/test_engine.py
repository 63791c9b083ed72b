"""All rules at once: the same answers as each alone gives."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules import load_rules
from analysis.document import DocumentClaim
from analysis.engine import Engine
from analysis.lexicon import Mention
from analysis.nodes import all_of, any_of, none_of
from analysis.query import NOTHING, Document, Query, parse

WRITTEN = [
    "shells", "shell*", "=shell", '"north korea"', '"korea russia"~2', "title:shells", "lead:korea", "body:korea", "북한", "=북한",
    '"북한 병력"', "снаряди", "снаряд*", "kn-23", "kn-2*", "@kp", "@guns", "title:@kp", "lead:@guns", "near:(korea shells)",
    "near:(@kp (shells OR снаряди))", "lead:near:(korea shells)", "source:a", "lang:uk", "country:kr", "outlet:paper",
    "relevance:>0.5", "relevance:<0.5", "relevance:relevant", "published:2025", "published:>2025-06", "url:army", "author:kim",
    "러", "러*", "f*", "msmt", "claim:troops", "claim.troops:>5", "origin:nis", "new:claim", "claim:(new NOT troops)", "claim:<5",
]  # fmt: skip
LEAVES = st.sampled_from([parse(f"{one} AND x").root.parts[0] for one in WRITTEN])
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=4).map(all_of)
        | st.lists(inner, min_size=2, max_size=4).map(any_of)
        | inner.map(none_of)
    ),
    max_leaves=10,
)
QUERIES = st.lists(NODES.filter(lambda node: not node.holds(NOTHING)).map(Query), min_size=1, max_size=8)
WORDS = st.sampled_from(
    ["shells", "shell", "North", "Korea", "Russia", "북한이", "북한", "병력을", "снарядів", "снаряд", "kn-23", "f16", "러시아", "MSMT는", "x."]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=14).map(" ".join)
MENTIONS = st.lists(st.sampled_from(["kp", "guns"]).map(lambda concept: Mention(concept, 0, 1)), max_size=2).map(tuple)
CLAIMS = st.sampled_from(
    [
        DocumentClaim("troops", "sent", 4, 9, origin="nis", start=1, end=4),
        DocumentClaim("shells", "sent", 7, 7, new=True, end=2, in_title=True),
    ]
)
DOCUMENTS = st.builds(
    Document,
    TEXTS,
    TEXTS.map(lambda text: f"{text} z"),
    sources=st.sampled_from([frozenset(), frozenset({"a"})]),
    outlet=st.sampled_from(["", "paper"]),
    language=st.sampled_from(["", "uk"]),
    country=st.sampled_from(["", "KR"]),
    authors=st.sampled_from([(), ("Kim Il",)]),
    url=st.sampled_from(["", "https://army.example/"]),
    published=st.sampled_from([None, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 8, 1, tzinfo=UTC)]),
    title_mentions=MENTIONS,
    text_mentions=MENTIONS,
    lead_end=st.integers(0, 20),
    relevance=st.sampled_from([0.0, 0.5, 0.9]),
    band=st.sampled_from(["", "relevant", "no"]),
    claims=st.lists(CLAIMS, max_size=2).map(tuple),
)


@settings(max_examples=500, deadline=None)
@given(QUERIES, st.lists(DOCUMENTS, min_size=1, max_size=3))
def test_all_at_once_is_each_alone(queries, documents):
    engine = Engine(queries)
    for document in documents:
        alone = [(place, match) for place, query in enumerate(queries) if (match := query.match(document))]
        assert engine.matches(document) == alone


def test_nothing_is_true_of_an_empty_article():
    engine = Engine([parse(f"{one} x") for one in WRITTEN])
    assert engine.matches(NOTHING) == []


def test_a_rule_that_no_word_leads_to_is_asked_all_the_same():
    query = Query(none_of(all_of([none_of(parse("shells").root), none_of(parse("guns").root)])))
    assert [place for place, _ in Engine([query]).matches(Document("", "guns"))] == [0]
    assert Engine([query]).matches(Document("", "boats")) == []


def test_rules_are_asked_together():
    rules = load_rules(
        {
            "rule": [
                {"id": f"r{n}", "name": "R", "query": f"{{kp}} AND w{n} NOT z", "enabled": n != 2} for n in range(4)
            ],
            "sets": {"kp": "korea OR 북한"},
        },
        file="rules.toml",
    )
    hits = rules.hits(Document("Korea", "w1 w2 w3"))
    assert [hit.rule for hit in hits] == ["r1", "r3"]
    assert hits[0].title_marks == ((0, 5),)
    assert rules.hits(Document("Korea", "w1 w2 z")) == ()
