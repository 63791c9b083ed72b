"""Pages: leased once, stored whole, and two records that turn out to be one article become one."""

import gzip
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import open_archive
from storage.articles import article_by_id, page_html
from storage.mail import MailKind, NewMail
from storage.model import (
    ArticleText,
    Decision,
    Outcome,
    PageResult,
    Pages,
    PageState,
    Precision,
    Published,
    Review,
    RuleHit,
    TimeOrigin,
)
from storage.pages import PAGE_PATIENCE, due_pages, store_page
from storage.reviews import alerted, due_reviews, store_review
from storage.sources import LEASE, due_polls, release_leases
from storage.story_model import Telling
from storage.upkeep import drop_old_pages, drop_old_polls, drop_old_texts
from tests.shelf import (
    NOW,
    check,
    day,
    entry,
    failed_page,
    found,
    minutes,
    page,
    poll,
    room,
    row,
    rows,
    settle,
    source,
)


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        settle(
            archive,
            source("wire"),
            source("full", Pages.ALL),
            source("more", Pages.ALL),
            source("some", Pages.CANDIDATES),
        )
        yield archive


def jobs(archive, now=NOW, **limits):
    return [job.article for job in archive.write(due_pages, now, room=room(**limits))]


def review(article, version, *, candidate=True, readers=(), want_page=False, at=NOW):
    """A review with one rule that is true for each of the readers, and their mails."""
    decisions = tuple(Decision(name, "mail", "live", (RuleHit("r", "Rule", "1", "said so"),)) for name in readers)
    made = Review(
        article, version, at, "a1", "t1", "en", candidate, ("dprk",), "because", want_page, decisions, bool(decisions)
    )
    mails = [
        Telling(
            "alert",
            NewMail(MailKind.ALERT, name, f"{name}@desk.example", f"<{article}.{name}@x>", "Subject", at, article),
            "",
        )
        for name in readers
    ]
    return made, mails


# --- leases ---


def test_page_is_handed_out_once_while_it_is_leased(archive):
    poll(archive, "full", entry("a"), entry("b"))
    assert jobs(archive) == [1, 2]
    assert jobs(archive, NOW + LEASE - timedelta(milliseconds=1)) == []
    assert jobs(archive, NOW + LEASE) == [1, 2]
    archive.write(release_leases)
    assert jobs(archive, NOW + LEASE) == [1, 2]


def test_poll_is_handed_out_once_while_it_is_leased(archive):
    first = archive.write(due_polls, NOW, room=room())
    assert len(first) == 4
    assert archive.write(due_polls, NOW, room=room()) == []
    poll(archive, "wire")
    assert archive.write(due_polls, NOW + minutes(4), room=room()) == []
    assert [job.source.id for job in archive.write(due_polls, NOW + minutes(15), room=room(), only=["wire"])] == [
        "wire"
    ]


def test_room_for_each_host_and_in_all(archive):
    poll(archive, "full", *(entry(f"{n}", url=f"http://h{n % 3}.example/{n}") for n in range(30)))
    first = archive.write(due_pages, NOW, room=room(total=5, per_host=2))
    hosts = [job.url.split("/")[2] for job in first]
    assert sorted(hosts) == ["h0.example", "h0.example", "h1.example", "h1.example", "h2.example"]
    assert archive.write(
        due_pages, NOW, room=room(total=9, per_host=2, busy=dict.fromkeys(("h0.example", "h1.example"), 2))
    )[0].url.startswith("http://h2")


def test_busy_host_does_not_starve_the_others(archive):
    """Hundreds of pages of one host are the oldest wish; another host's page is still handed out."""
    poll(archive, "full", *(entry(f"{n}", url=f"http://big.example/{n}") for n in range(200)))
    poll(archive, "more", entry("x", url="http://small.example/x"), at=NOW + minutes(1))
    taken = archive.write(due_pages, NOW + minutes(2), room=room(total=16, per_host=2))
    busy = {"big.example": len(taken)}
    more = archive.write(due_pages, NOW + minutes(2), room=room(total=14, per_host=2, busy=busy))
    assert "http://small.example/x" in {job.url for job in (*taken, *more)}


def test_leasing_from_many_threads_hands_each_page_to_one(archive):
    poll(archive, "full", *(entry(f"{n}", url=f"http://h{n}.example/{n}") for n in range(60)))
    taken, guard = [], threading.Lock()

    def work():
        for _ in range(8):
            mine = jobs(archive, total=3)
            with guard:
                taken.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 61))


# --- results ---


def test_fetched_page_is_the_text(archive):
    (one,) = poll(archive, "full", entry("a", "Feed title", "feed words"))
    html = gzip.compress(b"<html>the page</html>")
    text = ArticleText("Page title", "сторінка про снаряди", ("Kim Min",), "http://n.example/i.jpg", "uk")
    result = PageResult(
        one.article, "http://news.example/a", NOW, Outcome.NEW, text, 200, headers={"ETag": "x"}, html=html, sha256="s"
    )
    stored = archive.write(store_page, result)
    assert (stored.new, stored.title, stored.page_state) == (False, "Page title", PageState.FETCHED)
    article = archive.read(article_by_id, one.article)
    assert (article.title, article.text, article.authors, article.language_hint) == (
        text.title,
        text.text,
        text.authors,
        "uk",
    )
    assert archive.read(page_html, one.article) == b"<html>the page</html>"
    assert (found(archive, "снаряди"), found(archive, "feed")) == ([one.article], [])
    assert row(archive, one.article)["review_due_at"] == NOW.isoformat(timespec="milliseconds")
    assert archive.write(store_page, result) is None
    check(archive)


def test_page_that_fails_is_retried_then_given_up_and_review_goes_on(archive):
    (one,) = poll(archive, "full", entry("a"))
    due = row(archive, one.article)["review_due_at"]
    assert due == (NOW + PAGE_PATIENCE).isoformat(timespec="milliseconds")
    failed_page(archive, one.article, at=NOW + minutes(1), retry_at=NOW + minutes(2))
    state = row(archive, one.article)
    assert (state["page_state"], state["page_attempts"], state["page_fault"]) == (PageState.WANTED, 1, "server")
    assert [article.id for article in archive.read(due_reviews, NOW + minutes(1), 10)] == [one.article]
    assert jobs(archive, NOW + minutes(1)) == []
    assert jobs(archive, NOW + minutes(2)) == [one.article]
    failed_page(archive, one.article, at=NOW + minutes(3), outcome=Outcome.GONE)
    state = row(archive, one.article)
    assert (state["page_state"], state["page_due_at"], state["page_attempts"], state["page_fault"]) == (
        PageState.FAILED,
        None,
        2,
        "gone",
    )
    assert jobs(archive, NOW + timedelta(days=9)) == []


def test_failure_after_review_does_not_ask_for_another(archive):
    (one,) = poll(archive, "full", entry("a"))
    archive.write(store_review, *review(one.article, 1))
    failed_page(archive, one.article, at=NOW + minutes(1))
    assert row(archive, one.article)["review_due_at"] is None


@pytest.mark.parametrize(
    ("feed", "of_page", "winner"),
    [
        (None, Published(NOW - minutes(9), None, Precision.DAY, TimeOrigin.PAGE), "page"),
        (day(9), Published(NOW - minutes(9), None, Precision.MINUTE, TimeOrigin.PAGE), "page"),
        (day(9), Published(NOW - minutes(9), None, Precision.DAY, TimeOrigin.PAGE), "feed"),
        (
            replace(day(9), precision=Precision.MINUTE),
            Published(NOW - minutes(9), None, Precision.MINUTE, TimeOrigin.PAGE),
            "feed",
        ),
        (day(9), None, "feed"),
    ],
)
def test_better_time_wins(archive, feed, of_page, winner):
    (one,) = poll(archive, "full", entry("a", published=feed))
    page(archive, one.article, "T", "text", published=of_page)
    assert archive.read(article_by_id, one.article).published.origin == winner


# --- one article under two addresses ---


def twins(archive, title="Shells cross the Tumen by rail", other="Shells cross the Tumen by rail again"):
    """The same article through two sources under two addresses."""
    (elder,) = poll(archive, "wire", entry("short", title, "elder words"))
    (younger,) = poll(archive, "full", entry("long-name", other, "younger words"), at=NOW + minutes(1))
    return elder.article, younger.article


def test_canonical_address_makes_two_records_one(archive):
    elder, younger = twins(archive)
    stored = page(
        archive,
        younger,
        "Shells cross the Tumen",
        "весь текст",
        canonical="https://news.example/short",
        at=NOW + minutes(2),
    )
    assert stored.article == elder
    article = archive.read(article_by_id, younger)
    assert (article.id, article.text, article.sources) == (elder, "весь текст", ("full", "wire"))
    assert row(archive, younger)["merged_into"] == elder
    assert row(archive, elder)["page_state"] == PageState.FETCHED
    assert [one.id for one in archive.read(due_reviews, NOW + minutes(2), 10)] == [elder]
    assert (found(archive, "весь"), found(archive, "younger"), found(archive, "elder")) == ([elder], [], [])
    assert poll(archive, "more", entry("long-name"), at=NOW + minutes(3)) == []
    check(archive)


def test_thin_elder_that_was_refused_is_reviewed_again_on_the_page_of_the_younger(archive):
    elder, younger = twins(archive)
    archive.write(store_review, *review(elder, 1, candidate=False))
    assert row(archive, elder)["review_due_at"] is None
    page(
        archive,
        younger,
        "Shells cross the Tumen",
        "now it says what counts",
        canonical="https://news.example/short",
        at=NOW + minutes(2),
    )
    (due,) = archive.read(due_reviews, NOW + minutes(2), 10)
    assert (due.id, due.text) == (elder, "now it says what counts")


def test_younger_that_is_found_from_the_elders_page_goes_into_it(archive):
    (elder,) = poll(archive, "full", entry("long-name", "Shells cross the Tumen by rail"))
    (younger,) = poll(archive, "wire", entry("short", "Shells cross the Tumen by rail"), at=NOW + minutes(1))
    page(
        archive,
        elder.article,
        "Shells cross the Tumen",
        "text",
        canonical="https://news.example/short",
        at=NOW + minutes(2),
    )
    assert row(archive, younger.article)["merged_into"] == elder.article
    check(archive)


def test_alerts_and_wishes_move_to_the_elder(archive):
    elder, younger = twins(archive)
    assert archive.write(store_review, *review(elder, 1, readers=["ann"])) == 1
    assert archive.write(store_review, *review(younger, 2, readers=["ann", "bob"])) == 2
    page(
        archive, younger, "Shells cross the Tumen", "text", canonical="https://news.example/short", at=NOW + minutes(2)
    )
    assert archive.read(alerted, elder) == {"ann", "bob"}
    assert row(archive, elder)["wanted"] == 1
    version = row(archive, elder)["version_id"]
    assert archive.write(store_review, *review(elder, version, readers=["ann", "bob"])) == 0
    check(archive)


def test_page_that_comes_after_its_article_was_merged_away(archive):
    """Both pages were under way. The younger's must not bring the merged record back to life."""
    (elder,) = poll(archive, "full", entry("short", "Shells cross the Tumen by rail"))
    (younger,) = poll(archive, "more", entry("long", "Shells cross the Tumen by rail"))
    assert jobs(archive) == [elder.article, younger.article]
    page(
        archive,
        elder.article,
        "Shells cross the Tumen",
        "the page",
        canonical="https://news.example/long",
        at=NOW + minutes(1),
    )
    assert row(archive, younger.article)["merged_into"] == elder.article
    assert page(archive, younger.article, "Shells (mobile)", "the same page", at=NOW + minutes(2)) is None
    failed_page(archive, younger.article, at=NOW + minutes(3))
    assert [one.id for one in archive.read(due_reviews, NOW + minutes(9), 10)] == [elder.article]
    assert archive.read(article_by_id, younger.article).text == "the page"
    assert jobs(archive, NOW + minutes(60)) == []
    check(archive)


def test_three_records_become_one(archive):
    title = "Shells cross the Tumen by rail"
    first, second, third = (
        poll(archive, name, entry(slug, title), at=NOW + minutes(n))[0].article
        for n, (name, slug) in enumerate([("full", "one"), ("more", "two"), ("full", "three")])
    )
    page(archive, third, title, "3", canonical="https://news.example/two", at=NOW + minutes(5))
    page(archive, second, title, "2", canonical="https://news.example/one", at=NOW + minutes(6))
    assert {archive.read(article_by_id, one).id for one in (first, second, third)} == {first}
    check(archive)


def test_consent_page_merges_nobody(archive):
    articles = [poll(archive, "full", entry(slug, title))[0].article for slug, title in
                [("a", "Shells cross the Tumen"), ("b", "Harvest festival opens"), ("c", "금리 동결")]]  # fmt: skip
    for article in articles:
        page(archive, article, "Before you continue", "We use cookies", canonical="https://consent.example/agree")
    assert [row(archive, article)["merged_into"] for article in articles] == [None, None, None]
    check(archive)


def test_articles_without_titles_are_not_alike(archive):
    articles = [poll(archive, "full", replace(entry(slug), title=""))[0].article for slug in "ab"]
    for article in articles:
        page(archive, article, "Front", "text", canonical="https://news.example/front")
    assert [row(archive, article)["merged_into"] for article in articles] == [None, None]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("pfem"), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14))
def test_any_order_of_polls_pages_and_merges(tmp_path_factory, steps):
    """p: polled, f: a page came, e: a page failed, m: a page that says it is another's."""
    with open_archive(tmp_path_factory.mktemp("any") / "a.db") as archive:
        settle(archive, source("full", Pages.ALL), source("more", Pages.ALL))
        at = NOW
        for step, one, other in steps:
            at += minutes(1)
            known = [found["id"] for found in rows(archive, "SELECT id FROM article ORDER BY id")]
            if step == "p" or not known:
                poll(
                    archive, "full" if other % 2 else "more", entry(f"{one}", "All alike here", f"words {other}"), at=at
                )
                continue
            article = known[one % len(known)]
            if step == "e":
                failed_page(archive, article, at=at, retry_at=at + minutes(5) if other % 2 else None)
            else:
                canonical = f"https://news.example/{other}" if step == "m" else ""
                page(archive, article, "All alike here", f"page {step}{one}{other}", at=at, canonical=canonical)
        check(archive)
        for article in archive.read(due_reviews, at + timedelta(days=1), 100):
            archive.write(store_review, *review(article.id, article.version))
        assert archive.read(due_reviews, at + timedelta(days=1), 100) == [], "a review that can never be stored"


# --- letting go ---


def test_old_pages_go_unless_a_rule_wanted_them(archive):
    kept, gone, new = (poll(archive, "full", entry(slug))[0].article for slug in "abc")
    for article, at in ((kept, NOW), (gone, NOW), (new, NOW + timedelta(days=20))):
        text = ArticleText(f"T{article}", "x")
        archive.write(
            store_page, PageResult(article, "http://n.example", at, Outcome.NEW, text, html=gzip.compress(b"p"))
        )
    version = row(archive, kept)["version_id"]
    archive.write(store_review, *review(kept, version, readers=["ann"]))
    assert archive.write(drop_old_pages, NOW + timedelta(days=31), 30) == 1
    assert archive.write(drop_old_pages, NOW + timedelta(days=31), 30) == 0
    assert [archive.read(page_html, one) for one in (kept, gone, new)] == [b"p", None, b"p"]


def test_old_texts_go_unless_a_rule_wanted_them_or_review_may_yet(archive):
    wanted, refused, passed, waiting = (
        poll(archive, "wire", entry(slug, text=f"words{slug}"))[0].article for slug in "abcd"
    )
    archive.write(store_review, *review(wanted, 1, candidate=False, readers=["ann"]))
    archive.write(store_review, *review(refused, 2, candidate=False))
    archive.write(store_review, *review(passed, 3, candidate=True))
    assert archive.write(drop_old_texts, NOW + timedelta(days=91), 90) == 1
    assert archive.write(drop_old_texts, NOW + timedelta(days=91), 90) == 0
    article = archive.read(article_by_id, refused)
    assert (article.title, article.text) == ("Title of b", "")
    assert [found(archive, f"words{slug}") for slug in "abcd"] == [[wanted], [], [passed], [waiting]]
    check(archive)
    (changed,) = poll(archive, "wire", entry("b", text="new wordsb2"), at=NOW + timedelta(days=92))
    assert (changed.article, found(archive, "wordsb2")) == (refused, [refused])
    check(archive)


def test_old_polls_go(archive):
    for hours in range(5):
        poll(archive, "wire", at=NOW + timedelta(hours=hours))
    assert archive.write(drop_old_polls, NOW + timedelta(days=10, hours=2), 10) == 2
    assert len(rows(archive, "SELECT * FROM poll")) == 3
