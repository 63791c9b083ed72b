"""Figures in rules: what a claim field is true of, what it refuses, and that all rules at once agree with each alone."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.finding import Finder, ledger_claims
from analysis.claim_fields import (
    FLAGS,
    SPEAKERS,
    WORDS,
    Amount,
    Both,
    Claimed,
    Either,
    Lacks,
    Trait,
    both,
    either,
    known_claim,
    lacks,
    read_claims,
)
from analysis.claims.model import EVENTS, MODALITIES, UNITS, Claim
from analysis.document import DocumentClaim
from analysis.engine import Engine
from analysis.explain import explain
from analysis.lexicon_file import load_lexicon
from analysis.nodes import Or, all_of, any_of, none_of
from analysis.query import NOTHING, Document, Query, QueryError, parse
from analysis.search import left_open, to_filter
from storage.archive import open_archive
from storage.claim_model import ClaimReading, Figure, Place
from storage.claims import store_claims
from storage.filters import Anything
from storage.model import Outlet
from storage.search import articles_of, rows_where
from storage.sources import sync_topic
from tests.shelf import NOW, entry, minutes, poll, source

LEXICON = load_lexicon(
    {
        "concept": [
            {"id": "kp", "category": "actor", "en": {"name": "North Korea", "forms": ["north korea*"]}},
            {"id": "kr_mnd", "category": "source", "en": {"name": "Seoul's ministry", "forms": ["seoul's ministry"]}},
            {"id": "yonhap", "category": "source", "en": {"name": "Yonhap", "forms": ["yonhap"]}},
            {"id": "zelensky", "category": "person", "en": {"name": "Zelensky", "forms": ["zelensky"]}},
        ]
    }
)
TITLE = "Seoul counts 11,000 troops"
TEXT = "About 11,000 troops were sent, Seoul's ministry said. Earlier Kyiv spoke of 5,000 to 7,000 killed; Moscow denies 200 guns."


def place(text, words):
    return {"start": text.index(words), "end": text.index(words) + len(words)}


SENT = DocumentClaim(
    "troops", "sent", 11_000, 11_000, approx="about", origin="kr_mnd", relays=("yonhap",), new=True, **place(TITLE, "11,000 troops"), in_title=True
)  # fmt: skip
KILLED = DocumentClaim(
    "killed", "losses", 5000, 7000, approx="range", origin="zelensky", recap=True, **place(TEXT, "5,000 to 7,000 killed")
)  # fmt: skip
GUNS = DocumentClaim(
    "artillery", "sent", 200, 200, modality="denied", increment=True, **place(TEXT, "200 guns")
)  # fmt: skip
ARTICLE = Document(TITLE, TEXT, claims=(SENT, KILLED, GUNS), relevance=0.9, band="relevant")


@pytest.mark.parametrize(
    "query",
    [
        "claim:any",
        "claim:troops",
        "CLAIM:Troops",
        "claim:losses",
        "claim:(troops)",
        "claim:(troops OR officers)",
        "claim.troops:>5000",
        "claim.troops:>=11000",
        "claim.troops:<=11,000",
        "claim.troops:11000",
        "claim.troops:11,000",
        "claim.troops:[5000 TO 20000]",
        "claim.troops:[* TO 11000]",
        "claim.troops.sent:>10000",
        "claim.sent.troops:>10000",
        "claim.losses:>5000",  # it may be more
        "claim.losses:>6999",
        "claim.losses:<6000",  # and it may be less
        "claim.losses:6000",
        "claim.losses:[7000 TO 9000]",
        "claim:>10000",
        "claim:[100 TO 300]",
        "claim:200",
        "origin:kr_mnd",
        'origin:"kr_mnd"',
        "origin:(kr_mnd OR yonhap)",
        "origin:zelensky",
        "relay:yonhap",
        "new:claim",
        "claim:new",
        "claim:recap",
        "claim:increment",
        "claim:denied",
        "claim:(sent denied)",
        "claim:(troops sent >10000 origin:kr_mnd new)",
        "claim:(troops AND sent AND >10000 AND relay:yonhap)",
        "claim:(sent NOT denied)",
        "claim:(sent -new)",
        "claim:(NOT troops)",
        "claim:(origin:(kr_mnd OR zelensky) >5000)",
        "claim.artillery:(denied OR possible)",
        "claim:troops claim:denied",  # two claims
        "relevance:relevant new:claim",
        "claim:troops AND NOT claim:(officers)",
    ],
)
def test_true_of_the_article(query):
    assert parse(query, LEXICON).match(ARTICLE)


@pytest.mark.parametrize(
    "query",
    [
        "claim:officers",
        "claim:deployed",
        "claim.troops:>11000",
        "claim.troops:<11000",
        "claim.troops:[12000 TO *]",
        "claim.losses:>7000",
        "claim.losses:<5000",
        "claim.losses:7001",
        "claim:(troops denied)",
        "claim:(troops origin:zelensky)",
        "claim:(troops recap)",
        "claim:(new losses)",
        "origin:yonhap",
        "relay:kr_mnd",
        "claim:(NOT any)",
        "claim:(any NOT (troops OR killed OR artillery))",
        "claim:(>10000 NOT troops)",
        "football AND claim:troops",
        "claim:troops NOT new:claim",
    ],
)
def test_not_true_of_the_article(query):
    assert parse(query, LEXICON).match(ARTICLE) is None


@pytest.mark.parametrize(
    ("approx", "true", "false"),
    [
        ("exact", (">5999", ">=6000", "6000", "<=6000", "<6001"), (">6000", "<6000")),
        ("more_than", (">6000", ">=6000", "6000", "<=6000", ">5000"), ("<6000", ">6001")),
        ("nearly", ("<6000", "<=6000", "6000", ">5000"), (">6000", "<5999")),
        ("at_least", (">=6000", "6000"), (">6000", "<6000")),
    ],
)
def test_what_a_figure_is_more_than(approx, true, false):
    made = Document("", "x", claims=(DocumentClaim("troops", "sent", 6000, 6000, approx=approx),))
    for written in true:
        assert parse(f"claim.troops:{written}").match(made), written
    for written in false:
        assert not parse(f"claim.troops:{written}").match(made), written


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Claim:TROOPS", "claim:troops"),
        ("claim:(troops)", "claim:troops"),
        ("claim.losses:>5000", "claim:(losses AND >5000)"),
        ("claim.losses:>=5000", "claim:(losses AND >=5000)"),
        ("claim.losses:<5000", "claim:(losses AND <5000)"),
        ("claim.troops.sent:>=10,000", "claim:(troops AND sent AND >=10000)"),
        ("claim.troops:[5000 TO *]", "claim:(troops AND >=5000)"),
        ("claim.troops:[5 TO 5]", "claim:(troops AND 5)"),
        ("claim:[5000 TO 20,000]", "claim:[5000 TO 20000]"),
        ("origin:KR_MND", "origin:kr_mnd"),
        ("claim:(origin:kr_mnd)", "origin:kr_mnd"),
        ("new:claim", "claim:new"),
        ("claim:(troops OR officers)", "claim:troops OR claim:officers"),
        ("claim.troops:(sent OR deployed)", "claim:(troops AND (sent OR deployed))"),
        ("claim:(troops -(sent OR deployed))", "claim:(troops AND NOT (sent OR deployed))"),
        ("claim:(NOT NOT troops)", "claim:troops"),
        ("claim:(-troops)", "claim:(NOT troops)"),
        ("claim:(+troops new)", "claim:(troops AND new)"),
        ("claim:(troops origin:(kr_mnd OR yonhap))", "claim:(troops AND (origin:kr_mnd OR origin:yonhap))"),
        ("a new:claim", "a AND claim:new"),
        ("NOT claim:troops a", "NOT claim:troops AND a"),
    ],
)
def test_canonical_writing(query, text):
    assert parse(query, LEXICON).text == text
    assert parse(text, LEXICON) == parse(query, LEXICON)


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("claim:trops", 6, "the nearest is troops"),
        ("claim:(troops sentt)", 14, "the nearest is sent"),
        ("x claim.tropps:>5", 2, "the nearest is claim.troops:"),
        ("claim.:5", 0, "there are claim.any:"),
        ("clam:troops", 0, "the nearest is claim:"),
        ("claim.troops:>5.5", 14, "whole numbers"),
        ("claim.troops:>1,00", 14, "whole numbers"),
        ("claim.troops:[1 TO many]", 19, "whole numbers"),
        ("claim.troops:[9 TO 1]", 13, "ends before"),
        ("claim.troops:[* TO *]", 13, "at least one end"),
        ("claim.troops:>99999999999999999999", 14, "that large"),
        ("claim:<0", 7, "less than 0"),
        ("claim:> 5", 7, "without a space"),
        ("claim:tr*", 6, "there are any, troops"),
        ('claim:"a b"~2', 6, "takes units"),
        ("claim:kr_mnd", 6, "origin:kr_mnd"),
        ("claim:(troops kp)", 14, "no unit"),
        ("claim:(troops title:x)", 14, "title: cannot stand within claim:"),
        ("claim:(troops new:claim)", 14, "new: cannot stand within claim:"),
        ("origin:(relay:yonhap)", 8, "relay: cannot stand within origin:"),
        ("origin:kr_mdn", 7, "the nearest is origin:kr_mnd"),
        ("relay:yonhpa", 6, "the nearest is relay:yonhap"),
        ("origin:kp", 7, "no source or person “kp”"),
        ("origin:>5", 7, "takes no figures"),
        ("origin:[1 TO 2]", 7, "takes no figures"),
        ("origin:a-b", 7, "the id of a source"),
        ("origin.x:a", 0, "without a dot"),
        ("new:figure", 4, "new: takes claim"),
        ("lead:claim:troops", 5, "within lead:"),
        ("title:(x new:claim)", 9, "within title:"),
        ("near:(x claim:troops)", 8, "within near:"),
        ("source:(claim:troops)", 8, "within source:"),
        ("(claim:troops) >5", 15, "belongs behind"),
        ("claim:troops [1 TO 2]", 13, "behind published: or claim:"),
        ("claim:(+a OR b)", 7, "contradict"),
        ("claim:()", 6, "nothing in these brackets"),
        ("NOT claim:troops", 0, "empty article"),
        ("claim:(" + "NOT " * 200 + "troops)", 491, "deep"),
    ],
)
def test_refused_with_its_place(query, position, says):
    with pytest.raises(QueryError) as caught:
        parse(query, LEXICON)
    assert says in caught.value.message
    assert caught.value.position == position


def test_without_a_lexicon_any_id_will_do():
    assert parse("origin:somebody").text == "origin:somebody"


def test_units_events_and_the_rest_do_not_share_words():
    assert len(WORDS) == 1 + len(UNITS) + len(EVENTS) + len(MODALITIES) + len(FLAGS)
    assert not {*WORDS} & {*SPEAKERS}


def test_marks_are_the_evidence():
    match = parse("claim:troops claim.losses:>5000").match(ARTICLE)
    assert [TITLE[a:b] for a, b in match.title_marks] == ["11,000 troops"]
    assert [TEXT[a:b] for a, b in match.text_marks] == ["5,000 to 7,000 killed"]
    assert match.reason == (
        'title: "11,000 troops"; text: "5,000 to 7,000 killed"; '
        "claim: 11,000 troops sent, about, kr_mnd, new; claim: 5,000–7,000 killed losses, zelensky, recap"
    )


def test_a_claim_whose_place_is_not_known_is_a_reason_all_the_same():
    match = parse("claim:troops").match(Document("", "", claims=(DocumentClaim("troops", "sent", 2, 2),)))
    assert (match.title_marks, match.text_marks, match.reason) == ((), (), "claim: 2 troops sent")


def test_a_claim_field_explains_itself():
    verdict = explain(parse("claim:(troops >20000)"), ARTICLE)
    assert not verdict.holds
    assert [(part.query, part.holds) for part in verdict.parts] == [("claim:troops", True), ("claim:>20000", False)]
    assert [one.query for one in verdict.failed()] == ["claim:(troops AND >20000)"]
    assert (
        explain(parse("new:claim"), ARTICLE).reason
        == 'title: "11,000 troops"; claim: 11,000 troops sent, about, kr_mnd, new'
    )


def test_search_leaves_claims_open_where_sql_cannot_tell():
    query = parse("claim:(new troops) relevance:relevant")
    assert not to_filter(query).exact
    assert left_open(query) == parse("claim:(new troops)").root


def test_a_claim_as_it_was_read_and_as_it_is_known():
    claim = Claim(
        11_000, 11_000, "about", "troops", "sent", "KP", "RU", "fact", "kr_mnd", ("yonhap",), (13, 26), (0, 26)
    )
    shift = len(TITLE) + 2
    below = replace(claim, evidence=(shift + 6, shift + 19))
    first, read, recap, denied = read_claims(
        [claim, below, replace(claim, recap=True), replace(claim, modality="denied")], TITLE
    )
    assert first == SENT
    assert (TEXT[read.start : read.end], read.in_title) == ("11,000 troops", False)
    assert (read.new, recap.new, denied.new) == (True, False, False)
    (alone,) = read_claims([replace(claim, evidence=(6, 19))], "")
    assert (alone.start, alone.end, alone.in_title) == (6, 19, False)
    figure = Figure(
        "troops", "sent", "KP", "RU", 11_000, 11_000, "about", "fact", "kr_mnd", ("yonhap",), date(2025, 2, 1)
    )
    assert known_claim(figure, Place("title", 13, 26, 0, 26, "11,000 troops", TITLE), new=True) == SENT


# --- all rules at once

_TRAITS = st.sampled_from(
    [Trait(WORDS[one], one) for one in ("any", "troops", "killed", "sent", "losses", "fact", "denied", "new", "recap")]
    + [Trait(kind, value) for kind in SPEAKERS for value in ("kr_mnd", "yonhap")]
)
_NUMBERS = st.integers(0, 12) | st.sampled_from([5000, 10_000])
_AMOUNTS = (
    st.builds(Amount, _NUMBERS, st.none())
    | st.builds(Amount, st.none(), _NUMBERS)
    | st.tuples(_NUMBERS, _NUMBERS).map(lambda pair: Amount(min(pair), max(pair)))
)
_CONDITIONS = st.recursive(
    _TRAITS | _AMOUNTS,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(both)
        | st.lists(inner, min_size=2, max_size=3).map(either)
        | inner.map(lacks)
    ),
    max_leaves=6,
)
_CLAIMED = _CONDITIONS.filter(lambda one: not isinstance(one, Either)).map(Claimed)
_NODES = st.recursive(
    _CLAIMED
    | st.sampled_from([parse(f"{one} AND x").root.parts[0] for one in ("shells", "relevance:relevant", "@kp")]),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(all_of)
        | st.lists(inner, min_size=2, max_size=3).map(any_of)
        | inner.map(none_of)
    ),
    max_leaves=6,
)
_CLAIMS = st.builds(
    lambda low, more, **rest: DocumentClaim(low=low, high=low + more, **rest),
    low=_NUMBERS,
    more=st.integers(0, 4),
    unit=st.sampled_from(["troops", "killed"]),
    event=st.sampled_from(["sent", "losses"]),
    approx=st.sampled_from(["exact", "more_than", "nearly"]),
    modality=st.sampled_from(["fact", "denied"]),
    origin=st.sampled_from([None, "kr_mnd"]),
    relays=st.sampled_from([(), ("yonhap",)]),
    recap=st.booleans(),
    new=st.booleans(),
    start=st.integers(0, 3),
    end=st.integers(0, 9),
    in_title=st.booleans(),
)
_DOCUMENTS = st.builds(
    Document,
    st.just("Shells here"),
    st.sampled_from(["shells there", "nothing there"]),
    band=st.sampled_from(["", "relevant"]),
    claims=st.lists(_CLAIMS, max_size=4).map(tuple),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(_NODES.filter(lambda node: not node.holds(NOTHING)).map(Query), min_size=1, max_size=6), _DOCUMENTS)
def test_all_at_once_is_each_alone(queries, document):
    alone = [(place, match) for place, query in enumerate(queries) if (match := query.match(document))]
    assert Engine(queries).matches(document) == alone


@settings(deadline=None)
@given(_NODES.filter(lambda node: not node.holds(NOTHING)).map(Query))
def test_printing_and_parsing_give_the_same_query(query):
    assert parse(query.text) == query


@settings(deadline=None)
@given(_CONDITIONS, _CLAIMS)
def test_alternatives_are_claims_of_their_own(condition, claim):
    document = Document("", "x", claims=(claim,))
    written = f"claim:({condition})"
    root = parse(f"{written} OR x").root
    assert isinstance(root, Or)
    assert any(part.holds(document) for part in root.parts[:-1]) == condition.meets(claim)


@settings(max_examples=300, deadline=None)
@given(_CONDITIONS, st.lists(_CLAIMS, min_size=1, max_size=3).map(tuple))
def test_what_leads_to_a_claim_is_there_whenever_it_is_true(condition, claims):
    document = Document("", "x", claims=claims)
    if Claimed(condition).holds(document):
        assert Claimed(condition).telling & document.claim_traits


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("claimorgnew:.()<>=[]TO*, 10-+ANDtroops"), max_size=30))
def test_any_text_behind_claim_is_a_query_or_an_error_with_a_place_inside(text):
    for written in (f"claim:{text}", f"claim.troops:({text}", f"origin:{text}"):
        query, error = _parsed(written)
        if query:
            assert parse(query.text) == query
        else:
            assert 0 <= error.position <= len(written)


def _parsed(written):
    try:
        return parse(written), None
    except QueryError as error:
        return None, error


def test_conditions_are_values():
    assert both([Trait("unit", "troops")]) == Trait("unit", "troops")
    assert both([Both((Amount(1, 2), Amount(3, 4))), Amount(5, 6)]) == Both((Amount(1, 2), Amount(3, 4), Amount(5, 6)))
    assert lacks(lacks(Amount(1, 2))) == Amount(1, 2)
    assert isinstance(lacks(Amount(1, 2)), Lacks)
    assert str(Amount(None, 12)) == "<=12"


def test_a_document_without_claims_costs_nothing():
    document = Document("", "x", published=datetime(2025, 1, 1, tzinfo=UTC))
    assert document.claim_traits == frozenset()
    assert Engine([parse("claim:any")]).matches(document) == []


# --- search and back-tests: what the ledger knows


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive of four articles, three of which give figures."""
    with open_archive(tmp_path_factory.mktemp("claims") / "khasan.db") as made:
        made.write(sync_topic, [Outlet("ledger", "The Ledger", "KR")], [source("one")], NOW)
        for number, (title, text) in enumerate(STORIES, 1):
            poll(made, "one", entry(str(number), title, text), at=NOW + minutes(number))
        for row in made.read(rows_where, Anything()):
            made.write(store_claims, row.id, row.version, _readings(made, row.id), NOW + minutes(60 + row.id))
        yield made


STORIES = [
    ("Seoul counts 11,000 troops", "Ministry: 11,000 troops were sent."),
    ("Again 11,000 troops", "Nothing new, and 5,000 to 7,000 killed."),
    ("A denial", "Nobody sent 200 guns, the Kremlin says."),
    ("Football", "Nothing else."),
]
FIGURES = {
    "11,000 troops": {"unit": "troops", "event": "sent", "low": 11_000, "high": 11_000, "origin": "kr_mnd", "relays": ("yonhap",)},
    "5,000 to 7,000 killed": {"unit": "killed", "event": "losses", "low": 5000, "high": 7000, "origin": "zelensky", "recap": True},
    "200 guns": {"unit": "artillery", "event": "sent", "low": 200, "high": 200, "modality": "denied", "origin": None},
}  # fmt: skip


def _readings(archive, number):
    (made,) = archive.read(articles_of, [number])
    found = []
    for words, values in FIGURES.items():
        figure = Figure(**{"actor": "KP", "recipient": "RU", "approx": "exact", "modality": "fact"} | values)
        for field, text in (("title", made.title), ("text", made.text)):
            if words in text:
                start = text.index(words)
                where = Place(field, start, start + len(words), 0, len(text), words, text)
                found.append(ClaimReading(figure, where))
                break
    return found


SEARCHES = {
    "claim:any": [1, 2, 3],
    "claim:troops": [1, 2],
    "claim.troops:>10000": [1, 2],
    "claim.troops:>11000": [],
    "new:claim": [1],
    "claim:(troops NOT new)": [2],
    "claim.losses:>5000": [2],
    "claim:recap": [2],
    "claim:denied": [3],
    "claim:(artillery -denied)": [],
    "origin:kr_mnd": [1, 2],
    "origin:zelensky OR claim:denied": [2, 3],
    "relay:yonhap": [1, 2],
    "nothing NOT claim:any": [4],
    "nothing claim:troops": [2],
    "claim:(NOT troops)": [2, 3],
    "(claim:troops OR football) nothing": [2, 4],
    "claim:(troops origin:(kr_mnd OR zelensky) [1 TO 20000])": [1, 2],
    "title:troops claim:any published:2025": [1, 2],
}


@pytest.mark.parametrize(("written", "numbers"), SEARCHES.items())
def test_search_asks_the_ledger(archive, written, numbers):
    finder = Finder(archive, LEXICON, lambda _: "")
    query = parse(written, LEXICON)
    found = finder.all(query)
    assert sorted(row.id for row in found) == numbers
    assert sorted(article.id for article in finder.newest(query, 10)) == numbers
    assert [article.id for article in finder.newest(query, 1)] == sorted(numbers)[-1:]
    for row, document in finder.documents(query.root, found):
        assert query.match(document), row


def test_search_marks_what_it_found(archive):
    finder = Finder(archive, LEXICON, lambda _: "")
    query = parse("claim:(troops new) claim:any")
    ((_, document),) = finder.documents(query.root, finder.all(query))
    match = query.match(document)
    assert [document.title[a:b] for a, b in match.title_marks] == ["11,000 troops"]
    assert "claim: 11,000 troops sent, kr_mnd, new" in match.reason


def test_a_place_in_an_earlier_text_marks_nothing(archive):
    finder = Finder(archive, LEXICON, lambda _: "")
    query = parse("claim:troops")
    rows = [replace(row, version=row.version + 100) for row in finder.all(query)]
    claims = [one for _, document in finder.documents(query.root, rows, only_where=True) for one in document.claims]
    assert {(one.start, one.end) for one in claims} == {(0, 0)}


def test_the_words_of_claims_are_documented():
    page = (Path(__file__).parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
    section = page.partition("## Figures")[2].partition("\n## ")[0]
    units = re.search(r"Units are (.+?); events are (.+?)\.\n", section, re.DOTALL)
    assert re.findall("`([^`]+)`", units[1]) == [*UNITS]
    assert re.findall("`([^`]+)`", units[2]) == [*EVENTS]
    for word in (*MODALITIES, *FLAGS):
        assert f"`{word}`" in section or f"claim:{word}`" in section or f"{word}:claim" in section


_ASKED = st.recursive(
    st.sampled_from([Trait(WORDS[one], one) for one in ("any", "troops", "artillery", "sent", "denied", "new", "recap", "increment")])
    | st.sampled_from([Trait("origin", "kr_mnd"), Trait("relay", "yonhap"), Trait("origin", "zelensky")])
    | st.sampled_from([Amount(None, 200), Amount(200, 200), Amount(201, None), Amount(6000, 10_999), Amount(11_001, None)]),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(both)
        | st.lists(inner, min_size=2, max_size=3).map(either)
        | inner.map(lacks)
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ASKED, st.booleans())
def test_search_finds_what_is_true_and_nothing_else(archive, condition, denied):
    node = Claimed(condition)
    query = Query(all_of([parse("outlet:ledger").root, none_of(node) if denied else node]))
    every = archive.read(rows_where, Anything())
    known = ledger_claims(archive, {row.id: row.version for row in every})
    true = {row.id for row in every if node.holds(Document("", "x", claims=known.get(row.id, ()))) != denied}
    finder = Finder(archive, LEXICON, lambda _: "")
    assert {row.id for row in finder.all(query)} == true
    assert {one.id for one in finder.newest(query, 9)} == true
