"""Reviews are stored whole, for the text that was read, and alert each reader of an article once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.archive import open_archive
from storage.articles import article_version
from storage.mail import MailKind, MailState, NewMail
from storage.model import Decision, Pages, PageState, Review, RuleHit
from storage.outbox import mails
from storage.pages import PAGE_PATIENCE
from storage.reviews import alerted, due_reviews, reviews_of, store_review
from storage.story_model import Telling
from storage.upkeep import counts, fresh_baselines, source_rows, work_left
from tests.shelf import NOW, check, entry, minutes, page, poll, row, rows, settle, source

HIT = RuleHit("shells", "Shells", "3", '"shells" in the title', ((0, 6),), ((4, 10), (20, 26)))


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        settle(archive, source("wire"), source("full", Pages.ALL), source("some", Pages.CANDIDATES))
        poll(archive, "wire", entry("a", "Shells by rail", "The shells went by rail"))
        yield archive


def made(article=1, version=1, *decisions, **rest):
    values = {"candidate": True, "concepts": ("dprk", "shells"), "reason": "gate", "at": NOW + minutes(1)} | rest
    return Review(
        article,
        version,
        analysis_version="a1",
        topic_version="t1",
        language="en",
        decisions=decisions,
        matched=bool(decisions),
        **values,
    )


def alert(reader="ann", article=1, number=""):
    mail = NewMail(
        MailKind.ALERT,
        reader,
        f"{reader}@desk.example",
        f"<{article}.{reader}{number}@x>",
        "Shells",
        NOW,
        article,
        version=1,
    )
    return Telling("alert", mail, "")


def test_review_with_its_decisions_and_mails(archive):
    decisions = (
        Decision("ann", "mail", "live", (HIT,)),
        Decision("bob", "late", "published yesterday", (HIT, replace(HIT, rule="rail"))),
    )
    assert archive.write(store_review, made(1, 1, *decisions), [alert()]) == 1
    article = row(archive, 1)
    assert (article["candidate"], article["wanted"], article["language"], article["review_due_at"]) == (
        1,
        1,
        "en",
        None,
    )
    (review,) = archive.read(reviews_of, 1)
    assert (review["outcome"], review["concepts"], review["analysis_version"]) == ("mail", '["dprk", "shells"]', "a1")
    assert [(one["reader"], one["rule"], one["outcome"]) for one in review["decisions"]] == [
        ("ann", "shells", "mail"), ("bob", "shells", "late"), ("bob", "rail", "late"),
    ]  # fmt: skip
    assert review["decisions"][0]["text_marks"] == "[[4, 10], [20, 26]]"
    (mail,) = archive.read(mails)
    assert (mail.reader, mail.state, mail.article, mail.version) == ("ann", MailState.QUEUED, 1, 1)
    assert archive.read(alerted, 1) == {"ann"}
    assert archive.read(due_reviews, NOW + timedelta(days=1), 9) == []


def test_each_reader_is_alerted_of_an_article_once(archive):
    archive.write(store_review, made(1, 1, Decision("ann", "mail", "live", (HIT,))), [alert()])
    poll(archive, "wire", entry("a", "Shells by rail", "Changed"), at=NOW + minutes(15))
    assert (
        archive.write(
            store_review, made(1, 2, Decision("ann", "mail", "live", (HIT,))), [alert(number="-2"), alert("bob")]
        )
        == 1
    )
    assert [mail.reader for mail in archive.read(mails)] == ["bob", "ann"]
    assert archive.read(alerted, 1) == {"ann", "bob"}


def test_mail_that_is_there_already_is_not_queued_again(archive):
    assert archive.write(store_review, made(), [alert(), alert()]) == 1


def test_review_of_a_former_text_is_not_stored(archive):
    poll(archive, "wire", entry("a", "Shells by rail", "Changed while it was read"), at=NOW + minutes(1))
    assert archive.write(store_review, made(1, 1, Decision("ann", "mail", "live", (HIT,))), [alert()]) == 0
    assert archive.read(reviews_of, 1) == []
    assert archive.read(mails) == []
    (due,) = archive.read(due_reviews, NOW + minutes(1), 9)
    assert (due.version, due.text) == (2, "Changed while it was read")


def test_review_of_nothing_is_not_stored(archive):
    assert archive.write(store_review, made(99, 1), []) == 0


def test_marks_fit_the_text_in_which_they_were_found(archive):
    archive.write(store_review, made(1, 1, Decision("ann", "mail", "live", (HIT,))), [alert()])
    poll(archive, "wire", entry("a", "Rockets", "by road"), at=NOW + minutes(15))
    read = archive.read(article_version, 1, 1)
    start, end = HIT.text_marks[0]
    assert read.text[start:end] == "shells"
    assert archive.read(article_version, 1, 99) is None


def test_wanted_page_keeps_review_waiting_for_it(archive):
    (one,) = poll(archive, "some", entry("b", "북한군"))
    assert row(archive, one.article)["page_state"] == PageState.UNDECIDED
    version = row(archive, one.article)["version_id"]
    archive.write(store_review, made(one.article, version, want_page=True), [])
    article = row(archive, one.article)
    assert (article["page_state"], article["page_due_at"]) == (
        PageState.WANTED,
        (NOW + minutes(1)).isoformat(timespec="milliseconds"),
    )
    assert [found.id for found in archive.read(due_reviews, NOW + minutes(1) + PAGE_PATIENCE, 9)] == [1, one.article]
    assert archive.read(reviews_of, one.article)[0]["outcome"] == "page"
    page(archive, one.article, "북한군", "본문", at=NOW + minutes(2))
    assert archive.read(due_reviews, NOW + minutes(2), 9)[-1].text == "본문"
    check(archive)


def test_longest_waiting_first(archive):
    for number in range(5):
        poll(archive, "wire", entry(f"{number}"), at=NOW + minutes(number))
    assert [one.id for one in archive.read(due_reviews, NOW + minutes(3), 3)] == [1, 2, 3]


def test_review_that_cannot_be_stored_leaves_nothing(archive):
    bad = made(1, 1, Decision("ann", "mail", "half a pair \ud800", (HIT,)))
    with pytest.raises(UnicodeEncodeError):
        archive.write(store_review, bad, [alert()])
    assert archive.read(reviews_of, 1) == []
    assert rows(archive, "SELECT * FROM outbox") == []
    assert archive.write(store_review, made(), [alert()]) == 1


def test_what_is_there_and_what_is_left(archive):
    left = archive.read(work_left, NOW + timedelta(days=1))
    assert left == {"polls": 3, "pages": 0, "reviews": 1, "mails": 0}
    poll(archive, "full", entry("b"), at=NOW)
    archive.write(store_review, made(1, 1, Decision("ann", "mail", "live", (HIT,))), [alert()])
    left = archive.read(work_left, NOW + minutes(5), ["full"])
    assert left == {"polls": 0, "pages": 1, "reviews": 0, "mails": 1}
    found = archive.read(counts)
    assert (found["articles"], found["alerts"], found["outbox"], found["sources_never_polled"]) == (
        2,
        1,
        {"queued": 1},
        1,
    )
    assert {one["id"]: one["articles"] for one in archive.read(source_rows)} == {"wire": 1, "full": 1, "some": 0}


def test_operator_is_told_of_first_polls_when_all_are_done_or_time_is_up(archive):
    assert archive.read(fresh_baselines, NOW + minutes(5)) == []
    assert [one["id"] for one in archive.read(fresh_baselines, NOW + minutes(10))] == ["wire"]
    poll(archive, "full", at=NOW + minutes(1))
    poll(archive, "some", at=NOW + minutes(1))
    assert [(one["id"], one["articles"]) for one in archive.read(fresh_baselines, NOW + minutes(2))] == [
        ("full", 0),
        ("some", 0),
        ("wire", 1),
    ]
