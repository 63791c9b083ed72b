"""The language of rules: what it means, what it refuses and where, and that printing and searching agree with it."""

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.explain import explain
from analysis.fields import Author, Field, Published, Relevance, Url
from analysis.lexicon import Mention
from analysis.lexicon_file import load_lexicon
from analysis.nodes import And, InSentence, Lemma, Mentioned, Near, Not, Or, Words, all_of, any_of, none_of
from analysis.query import Document, Query, QueryError, parse
from analysis.text import forms, starts_with_hangul

LEXICON = load_lexicon(
    {
        "concept": [
            {"id": "kp", "category": "actor", "en": {"name": "North Korea", "forms": ["north korea*", "pyongyang"]}},
            {"id": "artillery", "category": "weapon", "en": {"name": "artillery", "forms": ["artillery", "shell*"]}},
            {"id": "drones", "category": "weapon", "en": {"name": "drones", "forms": ["drone*"]}},
        ]
    }
)


def document(title, text, **more):
    """A document whose mentions are found with the small lexicon."""
    scan = LEXICON.scan(title, text)
    return Document(title, text, title_mentions=scan.title, text_mentions=scan.text, **more)


ARTICLE = document(
    "North Korea's artillery seen in Kursk",
    "Pyongyang sent shells, officials said. 북한이 병력을 보냈다. Сапёри з КНДР об’єдналися. More shells are expected; MSMT는 말했다.",
    sources=frozenset({"yonhap-en", "tass-ru"}),
    outlet="yonhap",
    language="en",
    country="KR",
    authors=("Kim Ji-won", "Олена Ткаченко"),
    url="https://Army.example/News/1",
    published=datetime(2025, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-2))),  # the first of February in UTC
    lead_end=38,  # "Pyongyang sent shells, officials said."
    relevance=0.75,
    band="relevant",
)


@pytest.mark.parametrize(
    "query",
    [
        "shells",
        "SHELLS",
        "artiller*",
        '"north korea"',
        '"North Korea"',
        '"shells officials"',
        '"kursk in"~0',
        '"pyongyang officials"~2',
        '"officials pyongyang"~2',
        "shells AND kursk",
        "shells kursk",
        "shells OR football",
        "shells NOT football",
        "shells -football",
        "+shells +kursk",
        "title:kursk",
        "title:(football OR kursk)",
        'title:"north korea"',
        "source:yonhap-en",
        "SOURCE:Yonhap-EN shells",
        'source:"yonhap-en"',
        "source:(bbc-en OR tass-ru)",
        "outlet:yonhap lang:en",
        "북한",
        "병력",
        '"북한 병력"',
        "саперы OR сапери",
        "об'єдналися",
        "обʼєднал*",
        "msmt",
        "shells AND (football OR (kursk AND NOT moscow))",
        "NOT football AND shells",
        "shell",
        "shelling send",
        "сапер",
        "=shells",
        "=북한이",
        "@kp",
        "@KP",
        "@category:weapon",
        "title:@kp",
        "lead:@kp",
        "lead:(pyongyang shell)",
        'lead:"sent shells"',
        "body:shells",
        "body:@artillery",
        "lead:near:(@kp shell)",
        "near:(@kp @artillery)",
        "near:(pyongyang (parade OR shells))",
        'near:("more shells" expect)',
        "near:(kursk artillery)",  # the title is one sentence
        "title:near:(kursk artillery)",
        'body:"shells expected"~1',
        "country:kr shells",
        "relevance:>0.6",
        "relevance:>=0.75",
        "relevance:<=0.75 shells",
        "relevance:relevant",
        "relevance:(relevant OR unsure)",
        "published:2025",
        "published:2025-02",
        "published:2025-02-01",
        "published:>2025-01",
        "published:>=2025-02-01",
        "published:<2025-02-02",
        "published:[2025-01 TO 2025-03]",
        "published:[* TO 2025-02-01]",
        'url:"army.example/news"',
        "url:example",
        "author:kim",
        'author:"Kim Ji"',
        "author:ткаченко",
        "lead:(shells outlet:yonhap)",
    ],
)
def test_true_of_the_article(query):
    assert parse(query, LEXICON).match(ARTICLE)


@pytest.mark.parametrize(
    "query",
    [
        "=shell",
        '"shell"',
        "=북한",
        "@drones",
        "title:@drones",
        "lead:kursk",
        "lead:expected",
        "body:pyongyang",
        "body:@kp",
        'lead:"officials said 북한이"',
        'lead:"said 북한"~5',
        "body:near:(@kp shell)",
        "near:(pyongyang expect)",  # two sentences
        "near:(kursk shells)",  # title and text
        "near:(@kp @drones)",
        "country:ru",
        "relevance:>0.75",
        "relevance:unsure",
        "published:2025-01",
        "published:>2025-02-01",
        "published:<2025",
        "published:[2025-03 TO *]",
        "url:navy",
        'author:"Ji Kim"',
        "author:ji-wo",
        "korean",
        '"korea north"',
        '"artillery officials"',
        '"pyongyang officials"~1',
        '"kursk pyongyang"~50',  # one in the title, the other in the text
        "title:shells",
        'title:"pyongyang sent"~3',
        "shells NOT kursk",
        "source:yonhap",
        "lang:uk shells",
        "football OR parade",
        "(shells OR football) AND parade",
        "한이",
        "artillery AND NOT (kursk OR football)",
    ],
)
def test_not_true_of_the_article(query):
    assert parse(query, LEXICON).match(ARTICLE) is None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a b", "a AND b"),
        ("a AND b OR c", "(a AND b) OR c"),
        ('"a"', "=a"),
        ('"북한"', "북한"),
        ("=북한", "=북한"),
        ("=kn-북한", "=kn-북한"),
        ("and. a", '"and" AND a'),
        ("@KP", "@kp"),
        ("@category:Weapon", "@category:weapon"),
        ("lead:(@kp a)", "lead:@kp AND lead:a"),
        ("body:near:(@kp a)", "body:near:(@kp AND a)"),
        ("near:(a (b OR c d))", "near:(a AND (b OR c) AND d)"),
        ("title:(a source:b)", "title:a AND source:b"),
        ("relevance:>0.60", "relevance:>0.6"),
        ("published:[2025-01 TO 2025-01]", "published:2025-01"),
        ("published:[2024 TO 2025-01]", "published:[2024-01-01 TO 2025-01-31]"),
        ("published:>2025-01", "published:>=2025-02-01"),
        ("published:<2025", "published:<=2024-12-31"),
        ("url:A.example/b", 'url:"a.example/b"'),
        ("author:O’Neil", 'author:"o\'neil"'),
        ("a OR b c", "(a OR b) AND c"),
        ("a AND (b AND (c AND d))", "a AND b AND c AND d"),
        ("NOT NOT a", "a"),
        ("a -b", "a AND NOT b"),
        ("x -(a OR b)", "x AND NOT (a OR b)"),
        ("KN-23", '"kn 23"'),
        ("kn-23*", "kn-23*"),
        ("title:(a OR b)", "title:a OR title:b"),
        ('"and" x', '"and" AND x'),
        ('title:"A  b"~3', 'title:"a b"~3'),
        ("U.S.", '"u s"'),
        ("10,000", '"10 000"'),
        ("OUTLET:BBC", "outlet:bbc"),
        (r"what\?", "what"),
        ('"a \\"b\\" c"', '"a b c"'),
        ("  a\n\tb ", "a AND b"),
    ],
)
def test_canonical_writing(query, text):
    assert parse(query, LEXICON).text == text
    assert parse(text, LEXICON) == parse(query, LEXICON)


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("a /b/", 2, "regular expressions"),
        ("http://example.org/a", 5, "double quotes"),
        ("a wor~", 5, "fuzzy"),
        ("a wor~2", 5, "fuzzy"),
        ('"a b"~', 5, "how many"),
        ('"a b"~1.5', 5, "how many"),
        ('"a b"~999999', 5, "at most"),
        ('"a"~3', 0, "two words"),
        ("a^2", 1, "boosts"),
        ("x [a TO b]", 2, "behind published:"),
        ("source:[a TO b]", 7, "behind published:"),
        ("{a TO b}", 0, "curly"),
        ("published:{2024 TO 2025}", 10, "curly"),
        ("published:[2024 TO 2025", 10, "never closed"),
        ("a ]", 2, "never opened"),
        ("published:[2024 2025]", 10, "two days"),
        ("published:[2025 TO 2024]", 10, "ends before"),
        ("published:[* TO *]", 10, "at least one end"),
        ("published:[2024 TO 2025-13]", 19, "no such day"),
        ("published:2025-02-30", 10, "no such day"),
        ("published:>9999", 11, "no such day"),
        ("published:yesterday", 10, "a year, month or day"),
        (">5", 0, "belongs behind relevance:"),
        ("source:>5", 7, "belongs behind relevance:"),
        ("relevance:> 0.6", 11, "without a space"),
        ("relevance:>-1", 11, "goes a number"),
        ("relevance:>1.5", 11, "between 0 and 1"),
        ("relevance:0.6", 10, "a comparison"),
        ("relevance:<0.6", 0, "empty article"),
        ("relevance:>=0", 0, "empty article"),
        ("relevnace:>0.6", 0, "nearest is relevance:"),
        ("a @kq", 2, "nearest is @kp"),
        ("a @zzzz", 2, "there are @kp, @artillery, @drones"),
        ("@", 0, "@kp"),
        ("@kp*", 0, "@kp"),
        ("@category:weapn", 10, "nearest is @category:weapon"),
        ("@categroy:weapon", 0, "no field"),
        ("near:a", 5, "at least two"),
        ("near:(a OR b)", 5, "at least two"),
        ('near:"a b"', 5, "at least two"),
        ("near:(a NOT b)", 8, "NOT outside"),
        ("near:(a title:b)", 8, "within near:"),
        ("near:(a source:b)", 8, "within near:"),
        ("near:(a near:(b c))", 8, "within near:"),
        ("lead:(a title:b)", 8, "within lead:"),
        ('="a b"', 0, "before a word"),
        ("=a*", 0, "one form"),
        ("x =", 2, "no letter"),
        ("country:korea", 8, "two letters"),
        ("url:a*b", 4, "part of an address"),
        ("author:*", 7, "author's name"),
        ("w?rd", 1, "“?”"),
        ("x wo*rd", 4, "“*”"),
        ("*word", 0, "“*”"),
        ("a *", 2, "“*”"),
        ("kn-*", 3, "“*”"),
        ('"north korea*"', 12, "each of its forms"),
        ("titel:x", 0, "title:"),
        ("a sorce:x", 2, "source:"),
        ("language:uk", 0, "lang:"),
        ("source:(a title:b)", 10, "within source:"),
        ("lang:english", 5, "two letters"),
        ("source:yon*", 7, "id of a source"),
        ('source:"a b"~3', 7, "id of a source"),
        ("a && b", 2, "write AND"),
        ("a || b", 2, "write OR"),
        ("a !b", 2, "write NOT"),
        ("a NEAR/5 b", 2, '"a b"~5'),
        ("a and b", 2, "write AND"),
        ("a Or b", 2, "write OR"),
        ("not b", 0, "write NOT"),
        ("a … b", 2, "double quotes"),
        ("a ... b", 2, "no letter"),
        ("a, b", 1, "comma"),
        ("a/b", 1, "double quotes"),
        ("“north korea”", 0, "straight"),
        ("'a b'", 0, "apostrophe"),
        ('""', 0, "no word"),
        ('a "!?"', 2, "no word"),
        ("a - b", 2, "must touch"),
        ("a OR-b", 2, "a space belongs behind OR"),
        ("a NOT-b", 2, "a space belongs behind NOT"),
        ("a AND-b", 2, "a space belongs behind AND"),
        ("a --shell", 2, "one sign"),
        ("--shell", 0, "one sign"),
        ("a author:_", 9, "author's name"),
        ("author:ʼ", 7, "author's name"),
        ('author:"_ ʼ"', 7, "author's name"),
        ("x " + '"' + "word " * 51 + '"', 2, "51 words, 50 are allowed"),
        ("-".join(["word"] * 51), 0, "51 words, 50 are allowed"),
        ("NOT football", 0, "empty article"),
        ("-football", 0, "empty article"),
        ("a OR NOT b", 0, "empty article"),
        ("a OR (b OR -c)", 0, "empty article"),
        ("+a OR b", 0, "contradict"),
        ('a "b c', 2, "never closed"),
        ("a (b c", 2, "never closed"),
        ("a b)", 3, "closes nothing"),
        ("a ()", 2, "nothing in these brackets"),
        ("a AND", 5, "ends"),
        ("AND a", 0, "“AND”"),
        ("a AND OR b", 6, "“OR”"),
        ("title:", 6, "ends"),
        ("(a):b", 3, "“:”"),
        ("a\\", 1, "backslash"),
        ("(" * 40 + "a" + ")" * 40, 30, "brackets"),
        ("a " * 20_000, 20_000, "characters"),
    ],
)
def test_refused_with_its_place(query, position, says):
    with pytest.raises(QueryError) as caught:
        parse(query, LEXICON)
    assert says in caught.value.message
    assert caught.value.position == position
    assert str(caught.value) == f"character {position + 1}: {caught.value.message}"


def test_nesting_without_brackets_is_limited_too():
    with pytest.raises(QueryError, match="deep"):
        parse("NOT " * 500 + "a b")


@settings(deadline=None)
@given(
    st.text(alphabet=st.sampled_from("abAND OR NOT ()\"~*?:+-^[]{}/\\<>&|!.,'’ 북한тitle: 5\n@=published:near:2025TO"))
)
def test_any_text_is_a_query_or_an_error_with_a_place_inside(text):
    query, error = _parsed(text)
    if query:
        assert parse(query.text) == query
    else:
        assert 0 <= error.position <= len(text)
        assert error.message


def _parsed(text):
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


_TOKEN = st.text(alphabet="abкєї'북한1", min_size=1, max_size=6).filter(
    lambda s: forms(s) == (s,),
) | st.sampled_from(["and", "or", "not", "to", "near", "title", "t12", "o'b"])
_ZONE = st.sampled_from(["", "title", "lead", "body"])
_DAY = st.dates(date(1000, 1, 1), date(9998, 12, 31))


def _words(words, prefix, zone, whole):
    """Words as a query can mean them: one word is exact, and one in Hangul so only if it is whole."""
    hangul = any(starts_with_hangul(word) for word in words)
    if len(words) == 1 and not prefix and hangul and not whole:
        return Lemma(words[0], zone)
    return Words(words, prefix, zone, whole=whole and hangul and not prefix)


_WORDED = (
    st.builds(_words, st.lists(_TOKEN, min_size=1, max_size=3).map(tuple), st.booleans(), _ZONE, st.booleans())
    | st.builds(Lemma, _TOKEN.filter(lambda token: token not in {"and", "or", "not"}), _ZONE)
    | st.builds(Near, st.lists(_TOKEN, min_size=2, max_size=3).map(tuple), st.integers(0, 100), _ZONE)
    | st.builds(Mentioned, st.sampled_from(["kp", "drones"]), st.just(frozenset()), _ZONE)
    | st.builds(Mentioned, st.just("category:weapon"), st.just(frozenset()), _ZONE)
)
_UNZONED = _WORDED.filter(lambda leaf: not leaf.zone)
_TOGETHER = st.lists(_UNZONED | st.lists(_UNZONED, min_size=2, max_size=2).map(any_of), min_size=2, max_size=3).map(
    all_of
)
_LEAF = (
    _WORDED
    | st.builds(InSentence, _TOGETHER, _ZONE)
    | st.builds(Field, st.just("source"), st.sampled_from(["yonhap-en", "and", "a.b_c"]))
    | st.builds(Field, st.sampled_from(["lang", "country"]), st.sampled_from(["uk", "or"]))
    | st.builds(Field, st.just("relevance"), st.sampled_from(["relevant", "unsure", "no"]))
    | st.builds(Relevance, st.just(">"), st.integers(0, 10_000).map(lambda number: number / 10_000))
    | st.builds(Url, st.sampled_from(["a.example/b?c=d", "or", "é"]))
    | st.builds(Author, st.lists(_TOKEN, min_size=1, max_size=2).map(tuple))
    | _DAY.map(lambda day: Published(day, None))
    | _DAY.map(lambda day: Published(None, day))
    | st.tuples(_DAY, _DAY).map(lambda days: Published(min(days), max(days)))
    | st.sampled_from(["2024", "2024-02", "1000-12"]).map(lambda day: parse(f"published:{day}").root)
)
_NODE = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=4).map(all_of)
        | st.lists(inner, min_size=2, max_size=4).map(any_of)
        | inner.map(none_of)
    ),
    max_leaves=12,
)
_QUERY = st.tuples(_LEAF, _NODE).map(lambda pair: Query(all_of(list(pair))))


@settings(deadline=None)
@given(_QUERY)
def test_printing_and_parsing_give_the_same_query(query):
    assert parse(query.text, LEXICON) == query


def test_marks_are_of_what_made_it_true():
    match = parse('("north korea" OR kore*) AND shells AND NOT football AND (parade OR kursk)').match(ARTICLE)
    assert [ARTICLE.title[a:b] for a, b in match.title_marks] == ["North Korea", "Kursk"]
    assert [ARTICLE.text[a:b] for a, b in match.text_marks] == ["shells", "shells"]
    assert match.reason == 'title: "North Korea", "Kursk"; text: "shells"'


def test_a_false_alternative_leaves_no_marks():
    match = parse("kursk OR (shells AND football)").match(ARTICLE)
    assert match.text_marks == ()


def test_marks_are_sorted_and_merged():
    match = parse('"aa bb" "bb cc" aa').match(Document("", "aa bb cc aa"))
    assert match.text_marks == ((0, 8), (9, 11))


def test_proximity_marks_its_words_only():
    match = parse('"pyongyang officials"~2').match(ARTICLE)
    assert [ARTICLE.text[a:b] for a, b in match.text_marks] == ["Pyongyang", "officials"]


def test_proximity_wants_a_repeated_word_twice():
    query = parse('"a a b"~5')
    assert query.match(Document("", "a x b")) is None
    assert query.match(Document("", "a b x a"))


def test_a_field_is_a_reason_too():
    assert parse("source:yonhap-en").match(ARTICLE).reason == "source: yonhap-en"


def test_a_reason_stays_short():
    words = " ".join(f"shell{n}" for n in range(30))
    reason = parse("shell*").match(Document("", words)).reason
    assert reason.endswith("…")
    assert len(reason) < 100


def test_queries_are_values():
    assert parse("a b") == parse("(a) AND b")
    assert len({parse("a b"), parse("A  B"), parse("b a")}) == 2
    assert parse("a").root == Lemma("a")
    assert parse('"a"').root == parse("=a").root == Words(("a",))
    assert isinstance(parse("a b").root, And)
    assert isinstance(parse("a OR b").root, Or)
    assert isinstance(parse("a -b").root.parts[1], Not)


def test_marks_of_a_sentence_are_those_within_it():
    match = parse("near:(@kp shell)", LEXICON).match(ARTICLE)
    assert [ARTICLE.text[a:b] for a, b in match.text_marks] == ["Pyongyang", "shells"]
    assert match.title_marks == ()


def test_marks_of_concepts_and_zones():
    match = parse("title:@kp body:@artillery", LEXICON).match(ARTICLE)
    assert [ARTICLE.title[a:b] for a, b in match.title_marks] == ["North Korea's"]
    assert [a for a, _ in match.text_marks] == [ARTICLE.text.rindex("shells")]


def test_other_fields_are_reasons():
    reason = parse("relevance:>0.6 published:2025 author:kim url:army country:kr").match(ARTICLE).reason
    assert reason == "relevance: 0.75; published: 2025-02-01; author: Kim Ji-won; url: army; country: kr"


_SENTENCE = st.lists(
    st.sampled_from(["shells", "drone", "Pyongyang", "북한이", "снаряди", "ё", "x"]), min_size=1, max_size=4
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_SENTENCE, max_size=5), st.integers(0, 60), _QUERY)
def test_marks_lie_within_and_make_the_query_true(sentences, lead_end, query):
    text = " ".join(" ".join(words).capitalize() + "." for words in sentences)
    made = document("Drone over Pyongyang", text, lead_end=min(lead_end, len(text)))
    match = parse(query.text, LEXICON).match(made)
    for marks, whole in ((match.title_marks, made.title), (match.text_marks, made.text)) if match else ():
        assert all(0 <= start < end <= len(whole) for start, end in marks)
        assert all(one[1] < other[0] for one, other in pairwise(marks))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_SENTENCE, max_size=5),
    st.sampled_from(["shell", "북한", "снаряд", "@artillery", "@kp", '"x shells"', "dron*"]),
)
def test_marks_point_at_what_they_name(sentences, written):
    text = " ".join(" ".join(words).capitalize() + "." for words in sentences)
    made = document("", text)
    match = parse(written, LEXICON).match(made)
    for start, end in match.text_marks if match else ():
        assert parse(written, LEXICON).match(document("", text[start:end])), text[start:end]


def test_a_mention_is_taken_as_given():
    made = Document("", "Guns.", text_mentions=(Mention("artillery", 0, 4),))
    assert parse("@artillery", LEXICON).match(made).text_marks == ((0, 4),)


def test_an_early_month_is_printed_as_it_is_read():
    query = parse("published:0005-01")
    assert query.text == "published:0005-01"
    assert parse(query.text) == query


def test_a_proximity_counts_words_that_are_asked_for_twice():
    query = parse('"guns guns ships"~2')
    assert query.match(Document("", "guns and ships and guns"))
    assert not query.match(Document("", "guns and ships and more"))
    assert not query.match(Document("", "guns and ships one two three guns"))
    assert query.match(Document("", "guns ships x x x x x guns ships guns"))


def test_a_not_that_failed_says_on_which_part():
    document = Document("", "A film about shells.")
    verdict = explain(parse("shells NOT (drones OR film)"), document).parts[1]
    assert verdict.reason == 'text: "film"'
    assert [one.query for one in verdict.against()] == ["film"]
    assert explain(parse("shells NOT film"), document).parts[1].reason == 'text: "film"'
