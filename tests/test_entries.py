"""Polls become articles, sightings and texts: each article once, whatever the order in which sources tell of it."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.urls import canonical_url
from storage.archive import open_archive
from storage.articles import article_by_id, articles_where
from storage.entries import store_imported
from storage.model import Arrival, Outcome, Pages, PageState
from storage.sources import all_sources
from tests.shelf import NOW, check, entry, failed_page, found, minutes, page, poll, row, rows, settle, source


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        settle(
            archive,
            source("wire"),
            source("paper"),
            source("radio"),
            source("full", Pages.ALL),
            source("some", Pages.CANDIDATES),
        )
        yield archive


def started(archive, *names):
    """These sources have had their first poll: what comes now is live."""
    for name in names:
        poll(archive, name, outcome=Outcome.EMPTY, at=NOW - minutes(60))


def test_first_poll_is_the_baseline_and_the_next_is_live(archive):
    (old,) = poll(archive, "wire", entry("a"))
    stored = poll(archive, "wire", entry("a"), entry("b"), at=NOW + minutes(15))
    assert [one.url for one in stored] == ["http://news.example/b"]
    assert row(archive, old.article)["arrival"] == Arrival.BASELINE
    assert row(archive, stored[0].article)["arrival"] == Arrival.LIVE
    check(archive)


@pytest.mark.parametrize("outcome", [Outcome.SERVER, Outcome.NOT_A_FEED, Outcome.TIMEOUT, Outcome.FAULT])
def test_failed_first_poll_is_no_baseline(archive, outcome):
    poll(archive, "wire", outcome=outcome, at=NOW)
    (one,) = poll(archive, "wire", entry("a"), at=NOW + minutes(15))
    assert row(archive, one.article)["arrival"] == Arrival.BASELINE


def test_same_article_through_three_sources(archive):
    started(archive, "wire", "paper", "radio")
    (first,) = poll(archive, "wire", entry("a", url="https://www.news.example/a/?utm_source=rss"))
    assert poll(archive, "paper", entry("a", "Another title", key="p-7"), at=NOW + minutes(1)) == []
    assert poll(archive, "radio", entry("a", url="http://m.news.example/a/amp#top"), at=NOW + minutes(2)) == []
    article = archive.read(article_by_id, first.article)
    assert article.sources == ("paper", "radio", "wire")
    assert article.title == "Title of a"
    assert (article.source, article.first_seen) == ("wire", NOW)
    assert len(rows(archive, "SELECT * FROM article")) == 1
    assert len(rows(archive, "SELECT * FROM sighting")) == 3
    check(archive)


def test_same_poll_again_changes_nothing(archive):
    entries = [entry(slug, text=f"text of {slug}") for slug in "abc"]
    poll(archive, "wire", *entries)
    before = [
        rows(archive, f"SELECT * FROM {table}") for table in ("article", "text_version", "sighting", "article_address")
    ]
    assert poll(archive, "wire", *entries, at=NOW + minutes(15)) == []
    after = [
        rows(archive, f"SELECT * FROM {table}") for table in ("article", "text_version", "sighting", "article_address")
    ]
    assert before == after


def test_changed_entry_is_a_new_version_and_is_searched_by_its_new_words(archive):
    (one,) = poll(archive, "wire", entry("a", "Shells by rail", "Кількість снарядів зростає"))
    stored = poll(archive, "wire", entry("a", "Rockets by rail", "Кількість ракет зростає"), at=NOW + minutes(15))
    assert [(s.article, s.new, s.title) for s in stored] == [(one.article, False, "Rockets by rail")]
    assert found(archive, "ракет") == [one.article]
    assert found(archive, "снарядів") == []
    assert row(archive, one.article)["review_due_at"] is not None
    assert [v["number"] for v in rows(archive, "SELECT number FROM text_version ORDER BY id")] == [1, 2]
    check(archive)


def test_only_the_source_that_brought_an_article_changes_it(archive):
    poll(archive, "wire", entry("a", text="of the wire"))
    poll(archive, "paper", entry("a", text="of the paper"))
    assert poll(archive, "paper", entry("a", text="of the paper, changed"), at=NOW + minutes(15)) == []
    assert archive.read(articles_where, "1")[0].text == "of the wire"


def test_id_used_again_for_another_article(archive):
    """A feed that numbers its entries from one each day."""
    (first,) = poll(archive, "wire", entry("monday", "Troops arrive in the border town", key="1"))
    (second,) = poll(archive, "wire", entry("tuesday", "Harvest festival opens", key="1"), at=NOW + minutes(15))
    assert second.new
    assert second.article != first.article
    again = [
        entry("monday", "Troops arrive in the border town", key="1"),
        entry("tuesday", "Harvest festival opens", key="1"),
    ]
    assert poll(archive, "wire", *again, at=NOW + minutes(30)) == []
    assert archive.read(article_by_id, first.article).title == "Troops arrive in the border town"
    check(archive)


def test_id_used_again_without_any_title_is_another_article(archive):
    poll(archive, "wire", replace(entry("a", text="one", key="1"), title=""))
    (second,) = poll(archive, "wire", replace(entry("b", text="two", key="1"), title=""), at=NOW + minutes(15))
    assert second.new


def test_article_that_moved_is_known_by_its_new_address_too(archive):
    (one,) = poll(archive, "wire", entry("draft-1", "Train with shells crosses Khasan", key="7"))
    poll(
        archive,
        "wire",
        entry("train-with-shells", "Train with shells crosses Khasan bridge", key="7"),
        at=NOW + minutes(15),
    )
    assert row(archive, one.article)["url"] == "http://news.example/train-with-shells"
    assert poll(archive, "paper", entry("train-with-shells", "Elsewhere"), at=NOW + minutes(20)) == []
    assert len(rows(archive, "SELECT * FROM article")) == 1
    check(archive)


def test_changed_title_asks_for_the_page_again(archive):
    (one,) = poll(archive, "full", entry("a", "속보: 열차 이동"))
    assert row(archive, one.article)["page_state"] == PageState.WANTED
    page(archive, one.article, "속보: 열차 이동", "본문 전체", at=NOW + minutes(1))
    assert row(archive, one.article)["page_due_at"] is None
    assert poll(archive, "full", entry("a", "속보: 열차 이동", "changed summary"), at=NOW + minutes(15)) == []
    assert row(archive, one.article)["page_due_at"] is None, "the page counts, not the summary"
    assert poll(archive, "full", entry("a", "종합: 열차 이동"), at=NOW + minutes(30)) == []
    wanted = row(archive, one.article)
    assert (wanted["page_state"], wanted["page_attempts"]) == (PageState.WANTED, 0)
    failed_page(archive, one.article, at=NOW + minutes(31))
    assert row(archive, one.article)["page_state"] == PageState.FETCHED, "the page that was read still stands"
    assert archive.read(article_by_id, one.article).text == "본문 전체"


def test_new_title_is_kept_where_the_page_cannot_be_had(archive):
    (one,) = poll(archive, "full", entry("a", "Flash"))
    failed_page(archive, one.article)
    assert row(archive, one.article)["page_state"] == PageState.FAILED
    (changed,) = poll(archive, "full", entry("a", "Flash: shells on the train", "more"), at=NOW + minutes(15))
    assert changed.title == "Flash: shells on the train"
    assert row(archive, one.article)["page_state"] == PageState.WANTED
    assert found(archive, "shells") == [one.article]
    failed_page(archive, one.article, at=NOW + minutes(16))
    (changed,) = poll(archive, "full", entry("a", "Flash: shells on the train", "even more"), at=NOW + minutes(30))
    assert changed.text == "even more"
    assert row(archive, one.article)["page_due_at"] is None, "a new summary is no reason to fetch again"
    assert row(archive, one.article)["review_due_at"] is not None
    check(archive)


def test_topical_source_has_the_page_fetched_that_another_left(archive):
    (one,) = poll(archive, "wire", entry("a"))
    assert row(archive, one.article)["page_state"] == PageState.NEVER
    poll(archive, "full", entry("a"))
    assert row(archive, one.article)["page_state"] == PageState.WANTED


def test_entry_without_address_has_no_page(archive):
    (one,) = poll(archive, "full", entry("a", "Only a title", url=""))
    assert row(archive, one.article)["page_state"] == PageState.NEVER
    assert row(archive, one.article)["page_due_at"] is None


def test_validators_stay_over_failures_and_go_with_the_declaration(archive):
    poll(archive, "wire", entry("a"), etag='"1"', last_modified="Mon", body_sha256="x", status=200)
    poll(archive, "wire", outcome=Outcome.SERVER, status=503, at=NOW + minutes(15))
    poll(archive, "wire", outcome=Outcome.UNCHANGED, status=304, at=NOW + minutes(30))
    (kept,) = rows(archive, "SELECT * FROM source WHERE id = 'wire'")
    assert (kept["etag"], kept["last_modified"], kept["body_sha256"], kept["failures"]) == ('"1"', "Mon", "x", 0)
    others = [one for one in archive.read(all_sources) if one.id != "wire"]
    settle(archive, source("wire", zone="Asia/Seoul"), *others, now=NOW + minutes(40))
    assert rows(archive, "SELECT etag FROM source WHERE id = 'wire'") == [{"etag": ""}]  # it may be read otherwise now
    settle(archive, replace(source("wire"), url="http://wire.example/new"), *others, now=NOW + minutes(50))
    assert rows(archive, "SELECT etag, last_modified, body_sha256 FROM source WHERE id = 'wire'") == [
        {"etag": "", "last_modified": "", "body_sha256": ""}
    ]


def test_history_of_polls_says_what_happened(archive):
    poll(archive, "wire", entry("a"), entry("b"), status=200, seconds=0.25, faults=("an entry with nothing",))
    poll(archive, "wire", outcome=Outcome.REFUSED, status=403, detail="HTTP 403", at=NOW + minutes(15))
    kept = rows(archive, "SELECT outcome, http_status, detail, entries, new_articles, seconds FROM poll ORDER BY id")
    assert kept == [
        {
            "outcome": "new",
            "http_status": 200,
            "detail": "an entry with nothing",
            "entries": 2,
            "new_articles": 2,
            "seconds": 0.25,
        },
        {
            "outcome": "refused",
            "http_status": 403,
            "detail": "HTTP 403",
            "entries": 0,
            "new_articles": 0,
            "seconds": 0.0,
        },
    ]
    (now,) = rows(archive, "SELECT failures, detail, last_new_at, leased_until FROM source WHERE id = 'wire'")
    assert (now["failures"], now["detail"], now["leased_until"]) == (1, "HTTP 403", None)


def test_imported_article_that_a_feed_brings_later_wants_no_page_that_nobody_will_fetch(archive):
    assert archive.write(store_imported, [("ledger", entry("a")), ("ledger", entry("a"))], NOW) == 1
    (one,) = archive.read(articles_where, "1")
    assert one.arrival == Arrival.IMPORT
    poll(archive, "full", entry("a"))
    assert row(archive, one.id)["page_due_at"] is None
    assert archive.read(article_by_id, one.id).sources == ("full", "import")


def test_whole_poll_or_nothing(archive):
    """The last of three entries cannot be written: neither can the others, nor the validators."""
    with pytest.raises(UnicodeEncodeError):
        poll(archive, "wire", entry("a"), entry("b"), replace(entry("c"), title="half a pair \ud83d"), etag='"new"')
    assert rows(archive, "SELECT * FROM article") == []
    assert rows(archive, "SELECT * FROM poll") == []
    assert rows(archive, "SELECT etag, baseline_at FROM source WHERE id = 'wire'") == [
        {"etag": "", "baseline_at": None}
    ]
    assert len(poll(archive, "wire", entry("a"), entry("b"))) == 2
    check(archive)


# --- any sequence of polls ---

SLUGS = "abcdefgh"
WINDOW = st.tuples(
    st.sampled_from(["wire", "paper", "full"]),
    st.integers(0, len(SLUGS) - 1),
    st.integers(1, 4),
    st.integers(0, 2),
    st.booleans(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WINDOW, min_size=1, max_size=8))
def test_any_sequence_of_polls_gives_each_article_once(tmp_path_factory, windows):
    """Sources show windows of the same eight stories in any order, some of them edited: nothing is lost or doubled."""
    with open_archive(tmp_path_factory.mktemp("any") / "a.db") as archive:
        settle(archive, source("wire"), source("paper"), source("full", Pages.ALL))
        seen, at = set(), NOW
        for name, start, length, edition, backwards in windows:
            at += minutes(15)
            slugs = SLUGS[start : start + length]
            entries = [
                entry(
                    slug,
                    f"{slug} title stays alike {edition}",
                    f"edition {edition} word{slug}{edition}",
                    url=spelt(name, slug),
                )
                for slug in (reversed(slugs) if backwards else slugs)
            ]
            stored = poll(archive, name, *entries, at=at)
            assert [canonical_url(one.url)[-1] for one in stored if one.new] == [
                one.canonical_url[-1] for one in entries if one.canonical_url[-1] not in {slug for _, slug in seen}
            ]
            assert poll(archive, name, *entries, at=at) == []
            seen |= {(name, slug) for slug in slugs}
        stories = {slug for _, slug in seen}
        assert {one["canonical_url"] for one in rows(archive, "SELECT canonical_url FROM article")} == {
            f"https://news.example/{slug}" for slug in stories
        }
        assert len(rows(archive, "SELECT * FROM article")) == len(stories)
        assert len(rows(archive, "SELECT * FROM sighting")) == len(seen)
        check(archive)
        for article in archive.read(articles_where, "1"):
            versions = rows(archive, "SELECT text FROM text_version WHERE article_id = ? ORDER BY number", article.id)
            words = [one["text"].split()[-1] for one in versions]
            assert article.id in found(archive, words[-1])
            assert all(article.id not in found(archive, word) for word in words if word != words[-1])


def spelt(name, slug):
    """Each source spells an address in its own way."""
    return {
        "wire": f"https://www.news.example/{slug}/?utm_source=wire",
        "paper": f"http://news.example/{slug}",
        "full": f"https://m.news.example:443/{slug}?ref=x#comments",
    }[name]
