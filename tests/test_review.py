"""The review stage on the real archive: the gate asks for pages, rules decide, a text that breaks our code blocks nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels import FileOptions
from alerts.compose import ENVIRONMENT, MailOptions
from alerts.decide import Reader
from alerts.rules import RuleSet, load_rules
from analysis.lexicon import Lexicon
from analysis.reading import Analyser
from analysis.relevance import Model
from khasan.topic import load_topic
from scheduler.reading import warm
from scheduler.review import ANALYSIS_VERSION, review_due
from scheduler.setup import Setup
from spiders.options import CollectOptions
from storage.archive import open_archive
from storage.articles import article_by_id, article_version, articles_where
from storage.entries import store_poll
from storage.model import (
    ArticleText,
    Entry,
    Outcome,
    Outlet,
    PageResult,
    Pages,
    PageState,
    PollResult,
    Source,
)
from storage.outbox import mails
from storage.pages import due_pages, store_page
from storage.reviews import reviews_of, waiting_again, wish_again
from storage.sources import Room, sync_topic

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
TOPIC = load_topic()
READERS = (Reader("ann", "ann@example.org"),)
SOURCES = (
    Source("wire", "o", "Wire", "https://w.example/feed", pages=Pages.CANDIDATES),
    Source("whole", "o", "Whole", "https://t.example/feed", pages=Pages.ALL),
    Source("short", "o", "Short", "https://s.example/feed", pages=Pages.NEVER),
)
ON = ("North Korea sends artillery to Russia", "Pyongyang has shipped 200 long-range guns to Russia, Seoul says.")
OFF = ("Harbour festival draws a crowd", "Fish soup was served to two thousand visitors.")


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "khasan.db") as opened:
        opened.write(sync_topic, [Outlet("o", "O")], SOURCES, NOW)
        for source in SOURCES:
            opened.write(store_poll, PollResult(source.id, NOW, Outcome.UNCHANGED, NOW))
        yield opened


def setup_with(rules=TOPIC.rules, readers=READERS):
    return Setup(
        database=Path("x"), outlets=(), sources=SOURCES, analyser=TOPIC.analyser, rules=rules, topic_version="t", collect=CollectOptions(),
        channel=FileOptions(Path("x")), mail=MailOptions("k@example.org"), readers=readers, operator="op@example.org",
    )  # fmt: skip


def poll(archive, source, *texts, at=NOW):
    host = source[0]
    entries = tuple(
        Entry(
            f"{source}{n}",
            f"https://{host}.example/{n}",
            f"https://{host}.example/{n}",
            title,
            text,
            sha256=f"{title}{text}",
        )
        for n, (title, text) in enumerate(texts)
    )
    return [one.article for one in archive.write(store_poll, PollResult(source, at, Outcome.NEW, at, entries))]


def review(archive, setup=None, at=LATER):
    return asyncio.run(review_due(archive, lambda: setup or setup_with(), lambda: at))


def test_a_wire_is_read_by_title_and_only_candidates_fully(archive):
    on, off = poll(archive, "wire", ON, OFF)
    assert review(archive) == (2, 0)
    assert archive.read(article_by_id, on).page_state == PageState.WANTED
    assert archive.read(article_by_id, off).page_state == PageState.UNDECIDED
    (job,) = archive.write(due_pages, LATER, room=Room(5, 2, {}))
    assert job.article == on
    page = PageResult(on, job.url, LATER, Outcome.NEW, ArticleText(ON[0], ON[1] + "\nMore."))
    archive.write(store_page, page)
    assert review(archive) == (1, 1)
    (mail,) = archive.read(mails)
    assert mail.article == on
    outcomes = [row["outcome"] for row in archive.read(reviews_of, on)]
    assert outcomes == ["mail", "page"]
    assert [row["outcome"] for row in archive.read(reviews_of, off)] == ["nothing"]


def test_a_page_that_cannot_be_had_is_decided_by_the_feed(archive):
    (on,) = poll(archive, "wire", ON)
    review(archive)
    archive.write(
        store_page,
        PageResult(on, "u", LATER, Outcome.REFUSED, None, 403, "HTTP 403", retry_at=LATER + timedelta(hours=1)),
    )
    assert review(archive) == (1, 1)
    article = archive.read(article_by_id, on)
    assert (article.page_state, article.page_fault) == (PageState.WANTED, "refused: HTTP 403")
    archive.write(store_page, PageResult(on, "u", LATER, Outcome.NEW, ArticleText(ON[0], ON[1] + "\nAt last.")))
    assert review(archive) == (1, 0)  # the whole text is read, and nobody is told twice


def test_review_waits_for_a_page_that_comes_but_not_for_ever(archive):
    poll(archive, "whole", ON)
    assert review(archive) == (0, 0)
    assert review(archive, at=NOW + timedelta(minutes=11)) == (1, 1)


def test_decisions_are_kept_with_rule_version_and_reason(archive):
    (on, off) = poll(archive, "short", ON, OFF)
    assert review(archive) == (2, 1)
    (kept,) = archive.read(reviews_of, on)
    assert kept["topic_version"] == "t"
    assert {row["outcome"] for row in kept["decisions"]} == {"mail"}
    known = {rule.id: rule.version for rule in TOPIC.rules.rules}
    assert all(known[row["rule"]] == row["rule_version"] and row["reason"] for row in kept["decisions"])
    (refused,) = archive.read(reviews_of, off)
    assert "names nothing of the topic" in refused["reason"]


def test_changes_act_from_now_on(archive):
    (off,) = poll(archive, "short", OFF)
    review(archive)
    soup = setup_with(load_rules({"rule": [{"id": "soup", "name": "Soup", "query": "soup"}]}, file="rules.toml"))
    assert review(archive, soup) == (0, 0)
    assert len(archive.read(reviews_of, off)) == 1


class _Broken(RuleSet):
    def hits(self, document):
        if "festival" in document.title:
            raise RecursionError("too deep")
        return super().hits(document)


def test_a_text_that_breaks_our_code_blocks_nobody(archive):
    off, on = poll(archive, "short", OFF, ON)
    broken = replace(setup_with(), rules=_Broken(TOPIC.rules.rules))
    assert review(archive, broken) == (2, 1)
    (kept,) = archive.read(reviews_of, off)
    assert "could not be reviewed: RecursionError" in kept["reason"]
    assert archive.read(mails)[0].article == on


@pytest.mark.parametrize("source", ["wire", "whole"])
def test_a_consent_wall_hides_no_alert(archive, source):
    (on,) = poll(archive, source, ON)
    review(archive)
    wall = ArticleText("Before you continue", "We and our 812 partners store cookies on your device.")
    archive.write(store_page, PageResult(on, "u", LATER, Outcome.NEW, wall))
    assert review(archive) == (1, 1)
    (mail,) = archive.read(mails)
    (told,) = archive.read(articles_where, "v.id = a.version_id AND a.id = ?", (on,))
    assert told.title == "Before you continue"  # what the page said is kept
    assert archive.read(article_version, on, mail.version).title == ON[0]  # what the reader gets is the feed's


def test_a_paywall_that_shows_the_headline_hides_no_alert(archive):
    title, summary = "Seoul counts the guns", "Pyongyang has shipped 200 artillery pieces and shells to Russia."
    (on,) = poll(archive, "whole", (title, summary))
    archive.write(store_page, PageResult(on, "u", LATER, Outcome.NEW, ArticleText(title, "Subscribe to read on.")))
    assert review(archive) == (1, 1)
    (mail,) = archive.read(mails)
    assert archive.read(article_version, on, mail.version).text == summary
    assert archive.read(reviews_of, on)[0]["reason"].startswith("the page says less than the feed")


def test_a_text_that_failed_is_read_again(archive):
    off, _ = poll(archive, "short", OFF, ON)
    review(archive, replace(setup_with(), rules=_Broken(TOPIC.rules.rules)))
    assert review(archive, at=LATER + timedelta(hours=23)) == (0, 0)
    assert review(archive, at=LATER + timedelta(hours=25)) == (1, 0)
    assert "names nothing of the topic" in archive.read(reviews_of, off)[0]["reason"]


def test_a_rule_that_nobody_follows_still_keeps_the_page(archive):
    (on,) = poll(archive, "short", ON)
    review(archive, setup_with(readers=()))
    assert archive.read(articles_where, "a.wanted AND a.id = ?", (on,))


# --- the archive once more


def again(archive, setup=None, **options):
    return asyncio.run(review_due(archive, lambda: setup or setup_with(), lambda: LATER, only_again=True, **options))


def known(archive, article):
    def look(connection):
        row = connection.execute(
            "SELECT relevance, band, candidate, again_since FROM article WHERE id = ?", (article,)
        ).fetchone()
        concepts = connection.execute("SELECT concept FROM article_concept WHERE article_id = ?", (article,))
        return {**dict(row), "concepts": {row[0] for row in concepts}}

    return archive.read(look)


@pytest.fixture
def read_once(archive):
    """Two articles that were reviewed with another topic than today's."""
    articles = poll(archive, "short", ON, OFF)
    review(archive, replace(setup_with(), topic_version="old"))
    assert archive.write(wish_again, (ANALYSIS_VERSION, "t"), LATER) == 2
    return articles


def test_what_was_read_with_the_same_topic_is_not_read_again(archive, read_once):
    assert again(archive) == (2, 0)
    assert archive.write(wish_again, (ANALYSIS_VERSION, "t"), LATER) == 0
    assert again(archive) == (0, 0)


def test_reading_again_that_was_broken_off_goes_on(archive, read_once):
    stops = iter([False, False, True])
    assert again(archive, stopping=lambda: next(stops, True)) == (1, 0)
    assert archive.write(wish_again, (ANALYSIS_VERSION, "t"), LATER) == 1
    assert again(archive) == (1, 0)


@pytest.mark.parametrize(
    "change",
    ["merged_into = 2, review_due_at = NULL", "text_dropped = 1", "review_due_at = '2026-11-23T12:00:00.000Z'"],
)
def test_what_can_no_longer_be_read_again_keeps_what_is_known_and_stops_nobody(archive, read_once, change):
    before = known(archive, read_once[0])
    archive.write(lambda c: c.execute(f"UPDATE article SET {change} WHERE id = ?", (read_once[0],)))
    assert again(archive) == (1, 0)
    assert archive.read(waiting_again) == 0
    assert known(archive, read_once[0]) == before


def test_a_fault_of_ours_in_reading_again_changes_nothing(archive, read_once, monkeypatch):
    before = known(archive, read_once[0])
    monkeypatch.setattr("scheduler.review.document_of", lambda *_: 1 / 0)
    assert again(archive) == (2, 0)
    assert known(archive, read_once[0]) == before | {"again_since": None}
    assert archive.read(waiting_again) == 0
    assert "ZeroDivisionError" in archive.read(reviews_of, read_once[0])[0]["reason"]


def test_what_was_once_a_candidate_stays_one(archive, read_once):
    nothing = replace(setup_with(), analyser=Analyser(Lexicon.empty(), Model.none()), rules=RuleSet())
    again(archive, nothing)
    after = known(archive, read_once[0])
    assert (after["candidate"], after["concepts"], after["band"]) == (1, set(), "no")


def test_new_texts_are_read_before_old_ones(archive, read_once):
    (new,) = poll(archive, "short", ("North Korea builds a bridge", "Pyongyang and Moscow opened it."), at=LATER)
    seen = []
    asyncio.run(
        review_due(archive, setup_with, lambda: LATER, lambda: False, reviewed_again=lambda number: seen.append(
            (number, archive.read(reviews_of, new) != [])
        ))
    )  # fmt: skip
    assert seen == [(1, True)]  # its new text settled one of the two


def test_a_mail_is_told_of_before_the_next_text_is_read(archive):
    poll(
        archive,
        "short",
        ON,
        OFF,
        ("Russia gives North Korea a Pantsir", "Moscow sent Pyongyang an air defence system."),
    )
    told = []
    asyncio.run(review_due(archive, setup_with, lambda: LATER, mailed=lambda: told.append(
        (len(archive.read(mails)), len(archive.read(articles_where, "a.review_due_at IS NOT NULL")))
    )))  # fmt: skip
    assert told == [(1, 2), (2, 0)]


def test_being_ready_leaves_nothing_to_the_first_text_and_mail():
    fresh = load_topic()
    ENVIRONMENT.cache.clear()
    warm(replace(setup_with(), analyser=fresh.analyser))
    assert "_automaton" in vars(fresh.analyser.lexicon)
    assert "_automaton" in vars(fresh.analyser.stories.bridge)
    assert len(ENVIRONMENT.cache) == len(ENVIRONMENT.list_templates())
