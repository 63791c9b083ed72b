"""Searching the archive: SQL, and a look at the texts where SQL cannot tell, find what a query is true of and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.finding import BATCH, Finder, narrowed
from analysis.document import Document
from analysis.query import parse
from analysis.search import to_filter
from analysis.sentences import lead_end
from storage import search as archive_search
from storage.archive import open_archive
from storage.model import Outlet, Review
from storage.reviews import store_review
from storage.search import rows_where, unreviewed
from storage.sources import sync_topic
from tests.shelf import NOW, entry, minutes, poll, rows, source
from tests.test_query import LEXICON

TEXTS = [
    ("North Korea sends shells", "Artillery shells by rail. Drones were seen elsewhere."),
    ("A ferry in the bay", "It takes forty cars.\nPyongyang is far away."),
    ("Снаряди для армії", "Артилерійські снаряди йдуть ешелоном. Самолёт сел."),
    ("Партнёр отправил снаряды", "Артиллерийский расчёт ждёт. Об’єднання сил."),
    ("북한이 포탄을 보냈다", "러시아는 말이 없다. KN-23을 봤다. MSMT는 보고서를 냈다."),
    ("북한 병력", "북한군이 병력을 보냈다. nk뉴스가 전했다. KN-23미사일과 152mm포탄. KCNA보도."),
    ("Shelling near Kursk", "North Korea is not named in the lead.\nLater, drones. North Korea's guns fell silent."),
    (
        "Shells, drones and Pyongyang",
        "Nothing else. And shells. " + "More words follow here. " * 60 + "Pyongyang ends it.",
    ),
]
QUERIES = [
    "shell", "=shells", "=shell", "снаряд", "снаряды", "артилерійські снаряди", "артиллерийский", "самолет", "партнер", '"самолет сел"', "об'єднання", "북한", "=북한",
    '"북한 병력"', "kn-23", "msmt", "nk뉴스", "drone*", '"north korea"', '"korea shells"~1', '"shells rail"~2', "@kp", "@category:weapon", "@drones @kp",
    "near:(@kp @artillery)", "near:(shell rail)", "lead:@kp", "body:@kp", "title:@kp", "lead:shell", "body:drone", "title:shell", 'body:"north korea"',
    "lead:near:(shell rail)", "shell NOT near:(shell rail)", "shell NOT drone", "shell NOT =북한", "source:one", "source:two drone", "lang:en", "lang:uk OR lang:ko", "country:kr",
    "outlet:ledger shell", "relevance:>0.6", "relevance:<=0.6 shell", "relevance:relevant", "published:2025-02-10", "published:<2025-02-10", "url:example/5", "url:EXAMPLE",
    "kcna", "152mm", "152mm OR shell", '"kn 23"~3', "lead:kcna", "shell OR (kcna NOT lead:kn-23)", "북한 NOT kcna", "title:kcna", "kcn", "lang:ko kcna -drone",
    "расче*", "расчет", '"артиллерийский расчет"', "author:MCDONALD", "author:mcdonald", "author:страусс", "author:lee", "author:ткаченко OR ferry", "author:петрів", '"korea shells rail"~9', "(shell OR @kp) AND NOT lead:pyongyang",
]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive of eight articles that were reviewed with the small lexicon."""
    with open_archive(tmp_path_factory.mktemp("finding") / "khasan.db") as made:
        made.write(sync_topic, [Outlet("ledger", "The Ledger", "KR")], [source("one"), source("two")], NOW)
        for number, (title, text) in enumerate(TEXTS, 1):
            authors = (("A. Lee", "Joe McDonald"), (), ("Олена ТкаЧенко",))[number % 3]
            one = replace(entry(str(number), title, text), authors=authors)
            poll(made, "one" if number % 2 else "two", one, at=NOW + minutes(number) - timedelta(days=number % 2))
        made.write(review_all)
        yield made


def review_all(connection):
    languages = ("en", "en", "uk", "ru", "ko", "ko", "en", "en")
    for number, (title, text) in enumerate(TEXTS, 1):
        version = connection.execute("SELECT version_id FROM article WHERE id = ?", (number,)).fetchone()[0]
        concepts = LEXICON.scan(title, text).concepts
        relevance, band = (0.9, "relevant") if number % 3 == 0 else (0.5, "unsure")
        review = Review(
            number, version, NOW, "1", "t1" if number > 2 else "t0", languages[number - 1], True, concepts, "x",
            relevance=relevance, band=band,
        )  # fmt: skip
        store_review(connection, review, [])


def documents(archive):
    """Every article as a query sees it, whole and without search."""
    sql = """SELECT a.*, v.title, v.text, v.authors, (SELECT group_concat(DISTINCT source) FROM sighting WHERE article_id = a.id) AS sources
             FROM article a JOIN text_version v ON v.id = a.version_id"""
    for row in rows(archive, sql):
        scan = LEXICON.scan(row["title"], row["text"])
        yield row["id"], Document(
            row["title"], row["text"], frozenset(row["sources"].split(",")), row["outlet"], row["language"], "KR",
            tuple(json.loads(row["authors"])), row["url"], datetime.fromisoformat(row["published_at"]),
            scan.title, scan.text, lead_end(row["text"]), row["relevance"] or 0.0, row["band"],
        )  # fmt: skip


@pytest.fixture(scope="module")
def finder(archive):
    return Finder(archive, LEXICON, lambda outlet: "KR")


@pytest.mark.parametrize("written", QUERIES)
def test_search_finds_what_the_query_is_true_of(archive, finder, written):
    query = parse(written, LEXICON)
    true = {number for number, document in documents(archive) if query.match(document)}
    assert {row.id for row in finder.all(query)} == true
    assert {article.id for article in finder.newest(query, 50)} == true


_QUERY = st.recursive(
    st.sampled_from(QUERIES),
    lambda inner: st.builds("({}) {} ({})".format, inner, st.sampled_from(["AND", "OR", "AND NOT"]), inner),
    max_leaves=4,
)


@settings(max_examples=80, deadline=None)
@given(_QUERY)
def test_search_finds_what_any_query_is_true_of(archive, finder, written):
    query = parse(written, LEXICON)
    true = {number for number, document in documents(archive) if query.match(document)}
    assert {row.id for row in finder.all(query)} == true


@pytest.mark.parametrize("written", ["@kp", "shell OR 북한", "near:(@kp @artillery) OR source:two", "lang:en"])
@pytest.mark.parametrize("plan", ["few", "windows", "all"])
def test_the_newest_come_first_by_whatever_plan(archive, finder, monkeypatch, written, plan):
    if plan != "few":
        monkeypatch.setattr(archive_search, "FEW", -1)
        monkeypatch.setattr(archive_search, "WINDOWS", (2, 5) if plan == "windows" else ())
    monkeypatch.setattr("alerts.finding.BATCH", 2)
    query = parse(written, LEXICON)
    everything = [row.id for row in finder.all(query)]
    found = finder.newest(query, 3)
    assert [article.id for article in found] == everything[:3]
    assert all(one.published.at >= other.published.at for one, other in pairwise(found))


def test_since(finder):
    query = parse("shell OR ferry OR 북한", LEXICON)
    since = NOW + minutes(4)
    assert {row.id for row in finder.all(query, since)} == {4, 6, 8} & {row.id for row in finder.all(query)}
    assert [one.id for one in finder.newest(query, 9, since)] == [row.id for row in finder.all(query, since)]


def test_what_is_exact_asks_no_texts(archive, finder):
    told = []
    finder.all(parse("shell @kp", LEXICON), progress=lambda done, total: told.append(total))
    assert told == []
    finder.all(parse("near:(shell @kp)", LEXICON), progress=lambda done, total: told.append(total))
    assert told
    assert BATCH > 1


def test_a_narrowed_lexicon_finds_the_same(archive):
    for title, text in TEXTS:
        whole, part = LEXICON.scan(title, text), narrowed(LEXICON, {"kp", "gone"}).scan(title, text)
        assert part.text == tuple(one for one in whole.text if one.concept == "kp")


def test_articles_of_another_topic_are_counted(archive):
    assert archive.read(unreviewed, "t1") == 2
    assert archive.read(unreviewed, "t0") == 6


def test_common_words_do_not_go_through_everything(archive):
    """The newest are asked first, in the order of the index on the time of publication."""
    wanted = to_filter(parse("shell")).filter
    asked = []

    def watch(connection):
        connection.set_trace_callback(asked.append)
        try:
            rows_where(connection, wanted, limit=2)
        finally:
            connection.set_trace_callback(None)

    archive.read(watch)
    assert any("MATCH" in sql for sql in asked)

    def plan(connection):
        sql = "EXPLAIN QUERY PLAN SELECT a.id FROM article a WHERE a.merged_into IS NULL ORDER BY a.published_at DESC, a.id DESC LIMIT 1 OFFSET 9"
        return " ".join(row["detail"] for row in connection.execute(sql))

    assert "article_published" in archive.read(plan)
    assert "TEMP B-TREE" not in archive.read(plan)


def nested(depth):
    """Brackets in brackets, each half of them on the other side."""
    written = "ferry source:one"
    for level in range(depth):
        sides = [f"w{level} source:s{level}", f"({written})"][:: -1 if level % 3 else 1]
        written = (" OR NOT " if level % 5 == 4 else " AND " if level % 2 else " OR ").join(sides)
    return f"ferry AND ({written})"


@pytest.mark.parametrize(
    "written",
    [
        " OR ".join(f"(shell source:s{number})" for number in range(700)),
        " OR ".join(f"(shell -url:s{number})" for number in range(700)),
        "shell " + " ".join(f"(w{number} OR shell)" for number in range(700)),
        "shell " + " ".join(f"-w{number}" for number in range(1500)),
        " OR ".join(f"w{number}" for number in range(2000)),
        "ferry " + "".join(f"(w{n} OR (ferry AND " for n in range(14)) + "x" + "))" * 14,
        "ferry " + "".join(f"(source:w{n} OR (ferry AND url:x " for n in range(14)) + "x" + "))" * 14,
        "ferry " + "".join(f"-(source:w{n} OR ferry -(url:w{n} " for n in range(14)) + "x" + "))" * 14,
        "(" * 29 + "shell" + ")" * 29,
        nested(28),
        '"' + "самолет партнер " * 20 + '"',
        '"' + "самолет партнер " * 20 + '"~5 OR shell',
        '"партнер отправил' + " самолет расчет партнер" * 4 + '"',
    ],
)
def test_large_queries_are_answered(archive, finder, written):
    query = parse(written, LEXICON)
    true = {number for number, document in documents(archive) if query.match(document)}
    assert {row.id for row in finder.all(query)} == true
    assert {article.id for article in finder.newest(query, 50)} == true


def test_only_korean_texts_are_looked_at_for_what_is_glued(finder, monkeypatch):
    looked = []
    whole = Finder.documents
    monkeypatch.setattr(
        Finder, "documents", lambda self, node, rows, **how: looked.extend(rows) or whole(self, node, rows, **how)
    )
    assert {row.id for row in finder.all(parse("kcna OR shell", LEXICON))} > {6}
    assert {row.language for row in looked} == {"ko"}
