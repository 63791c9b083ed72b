"""Hosts that rest, hosts that another process asks, and their robots.txt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.archive import open_archive
from storage.hosts import (
    Robots,
    drop_idle_hosts,
    free_hosts,
    keep_robots,
    rest_host,
    resting_hosts,
    robots_of,
)
from storage.model import Outcome, PageResult, Pages, Publisher, Rest
from storage.pages import due_pages, put_back_page, store_page
from storage.sources import (
    Room,
    cannot_be_polled,
    due_polls,
    release_leases,
    retry_unreachable,
    wish_poll,
)
from storage.upkeep import mend_times, work_left
from tests.shelf import NOW, entry, failed_page, minutes, page, poll, rows, settle, source


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        settle(archive, source("wire"), source("paper"), source("full", Pages.ALL))
        yield archive


def room(holder="", total=100):
    return Room(total, 100, {}, holder)


def due(archive, now=NOW, holder=""):
    return sorted(job.source.id for job in archive.write(due_polls, now, room=room(holder)))


def test_a_host_that_rests_is_not_asked_by_anybody_until_its_time(archive):
    archive.write(rest_host, Rest("wire.example", NOW + minutes(30), "HTTP 429"))
    assert due(archive) == ["full", "paper"]
    assert due(archive, NOW + minutes(29)) == ["full", "paper"]  # their leases have ended
    assert due(archive, NOW + minutes(30)) == ["wire"]
    assert archive.read(resting_hosts, NOW) == {"wire.example": (NOW + minutes(30), "HTTP 429")}
    assert archive.read(resting_hosts, NOW + minutes(30)) == {}


def test_the_longer_rest_counts(archive):
    archive.write(rest_host, Rest("wire.example", NOW + minutes(30), "HTTP 503"))
    archive.write(rest_host, Rest("wire.example", NOW + minutes(5), "HTTP 429"))
    assert archive.read(resting_hosts, NOW) == {"wire.example": (NOW + minutes(30), "HTTP 503")}


def test_a_poll_that_was_told_to_wait_stops_its_host_and_not_only_itself(archive):
    settle(archive, source("one"), source("two"))
    archive.write(lambda c: c.execute("UPDATE source SET host = 'same.example'"))
    rest = Rest("same.example", NOW + minutes(60), "HTTP 429")
    poll(archive, "one", outcome=Outcome.REFUSED, rest=rest)
    assert due(archive) == []
    assert due(archive, NOW + minutes(60)) == ["one", "two"]


def test_a_page_that_was_told_to_wait_stops_its_host(archive):
    poll(archive, "full", entry("a"), entry("b"))
    first, second = archive.write(due_pages, NOW, room=room())

    rest = Rest("news.example", NOW + minutes(60), "HTTP 503")
    archive.write(
        store_page,
        PageResult(first.article, first.url, NOW, Outcome.SERVER, retry_at=NOW + minutes(1), rest=rest),
    )
    archive.write(put_back_page, second.article)
    assert archive.write(due_pages, NOW + minutes(10), room=room()) == []
    assert work_count(archive, NOW + minutes(10)) == 0  # nothing that could be done now
    assert {job.article for job in archive.write(due_pages, NOW + minutes(60), room=room())} == {1, 2}


def work_count(archive, now):
    return archive.read(work_left, now)["pages"]


def test_two_processes_never_ask_one_host_at_once(archive):
    settle(archive, source("one"), source("two"), source("other"))
    archive.write(lambda c: c.execute("UPDATE source SET host = 'same.example' WHERE id IN ('one', 'two')"))
    (first,) = archive.write(due_polls, NOW, room=Room(1, 1, {}, "process-a"), only=["one"])
    assert first.source.id == "one"
    assert due(archive, holder="process-b") == ["other"]
    assert due(archive, holder="process-a") == ["two"]  # its own host it may ask again
    settle(archive, source("one"), source("two"), source("third"), now=NOW)
    archive.write(free_hosts, ["same.example"], "process-b", NOW)  # not its to let go
    assert archive.write(due_polls, NOW, room=room("process-b"), only=["two"], at_once=True) == []
    archive.write(free_hosts, ["same.example"], "process-a", NOW + timedelta(seconds=1))
    archive.write(lambda c: c.execute("UPDATE source SET leased_until = NULL"))
    assert archive.write(due_polls, NOW, room=room("process-b"), only=["two"], at_once=True) == []
    later = NOW + timedelta(seconds=1)
    assert [j.source.id for j in archive.write(due_polls, later, room=room("process-b"), only=["two"], at_once=True)]


def test_a_process_that_died_holds_a_host_no_longer_than_a_lease(archive):
    assert due(archive, holder="dead") == ["full", "paper", "wire"]
    assert due(archive, NOW + minutes(4), "next") == []
    assert due(archive, NOW + minutes(5), "next") == ["full", "paper", "wire"]
    archive.write(release_leases)
    assert due(archive, NOW + minutes(5), "third") == ["full", "paper", "wire"]


def test_pages_are_held_by_the_host_they_lie_on(archive):
    poll(archive, "full", entry("a"))
    assert len(archive.write(due_pages, NOW, room=room("process-a"))) == 1
    archive.write(lambda c: c.execute("UPDATE article SET leased_until = NULL"))
    assert archive.write(due_pages, NOW, room=room("process-b")) == []


def test_a_source_that_is_gone_for_good_is_not_polled_until_somebody_wants_it(archive):
    poll(archive, "wire", outcome=Outcome.GONE, status=410, retired=True)
    assert "wire" not in due(archive, NOW + timedelta(days=30))
    assert archive.read(cannot_be_polled, NOW, ["wire", "paper"]) == {"wire"}
    archive.write(wish_poll, NOW + timedelta(days=31))
    assert "wire" not in due(archive, NOW + timedelta(days=31)), "a wish for all leaves it in peace"
    archive.write(wish_poll, NOW + timedelta(days=31), ["wire"])
    assert "wire" in due(archive, NOW + timedelta(days=31))


def test_a_changed_declaration_brings_a_retired_source_back(archive):
    poll(archive, "wire", outcome=Outcome.GONE, status=410, retired=True)
    changed = source("wire", language="ko")
    settle(archive, changed, now=NOW)
    assert due(archive) == ["wire"]


def test_a_good_poll_ends_every_trouble(archive):
    poll(archive, "wire", outcome=Outcome.SERVER)
    poll(archive, "wire", outcome=Outcome.TIMEOUT, at=NOW + minutes(1))
    (one,) = rows(archive, "SELECT failures, trouble_since FROM source WHERE id = 'wire'")
    assert (one["failures"], one["trouble_since"]) == (2, "2025-02-10T09:00:00.000+00:00")
    poll(archive, "wire", entry("a"), at=NOW + minutes(2))
    (one,) = rows(archive, "SELECT failures, trouble_since FROM source WHERE id = 'wire'")
    assert (one["failures"], one["trouble_since"]) == (0, None)


def test_lost_entries_are_an_event_and_no_state(archive):
    poll(archive, "wire", entry("a"), outcome=Outcome.OVERFLOW)
    (one,) = rows(archive, "SELECT overflow_at, trouble_since FROM source WHERE id = 'wire'")
    assert one == {"overflow_at": "2025-02-10T09:00:00.000+00:00", "trouble_since": None}
    poll(archive, "wire", outcome=Outcome.UNCHANGED, at=NOW + minutes(5), status=304)
    (one,) = rows(archive, "SELECT overflow_at, outcome FROM source WHERE id = 'wire'")
    assert one == {"overflow_at": "2025-02-10T09:00:00.000+00:00", "outcome": "unchanged"}


def test_after_a_failure_a_source_is_asked_without_conditions(archive):
    poll(archive, "wire", entry("a"), etag='"1"', last_modified="Mon", body_sha256="x")
    poll(archive, "wire", outcome=Outcome.SERVER, at=NOW + minutes(1))
    (job,) = archive.write(due_polls, NOW + minutes(20), room=room(), only=["wire"])
    assert (job.etag, job.last_modified, job.body_sha256) == ("", "", "x")
    poll(archive, "wire", outcome=Outcome.UNCHANGED, at=NOW + minutes(20), body_sha256="x")
    (job,) = archive.write(due_polls, NOW + minutes(60), room=room(), only=["wire"])
    assert (job.etag, job.last_modified) == ('"1"', "Mon")


def test_a_redirect_is_counted_as_long_as_it_leads_to_the_same_place(archive):
    there = "http://new.example/rss"
    for number in range(3):
        poll(archive, "wire", entry("a"), moved_to=there, at=NOW + minutes(number))
    (one,) = rows(archive, "SELECT moved_to, moved_since, moved_polls, address FROM source WHERE id = 'wire'")
    assert one == {"moved_to": there, "moved_since": "2025-02-10T09:00:00.000+00:00", "moved_polls": 3, "address": ""}
    poll(archive, "wire", entry("a"), moved_to="http://third.example/rss", at=NOW + minutes(4))
    (one,) = rows(archive, "SELECT moved_to, moved_polls FROM source WHERE id = 'wire'")
    assert one == {"moved_to": "http://third.example/rss", "moved_polls": 1}
    poll(archive, "wire", entry("a"), at=NOW + minutes(5))
    assert rows(archive, "SELECT moved_to, moved_polls FROM source WHERE id = 'wire'") == [
        {"moved_to": "", "moved_polls": 0}
    ]


def test_a_source_that_has_moved_is_asked_there_and_comes_back_when_declared_anew(archive):
    there = "http://new.example/rss"
    poll(archive, "wire", entry("a"), outcome=Outcome.MOVED, moved_to=there, address=there, etag='"1"')
    (job,) = archive.write(due_polls, NOW + minutes(20), room=room(), only=["wire"])
    assert (job.url, job.etag) == (there, '"1"')
    assert rows(archive, "SELECT host, url FROM source WHERE id = 'wire'") == [
        {"host": "new.example", "url": "http://wire.example/rss"}
    ]
    settle(archive, source("wire"), now=NOW)  # the topic read again: still where it moved to
    assert rows(archive, "SELECT host, address FROM source WHERE id = 'wire'") == [
        {"host": "new.example", "address": there}
    ]
    changed = source("wire", language="ko")
    settle(archive, changed, now=NOW)
    assert rows(archive, "SELECT address FROM source WHERE id = 'wire'") == [{"address": there}]
    poll(archive, "wire", outcome=Outcome.GONE, status=404, address="", at=NOW + minutes(30))
    assert rows(archive, "SELECT host, address FROM source WHERE id = 'wire'") == [
        {"host": "wire.example", "address": ""}
    ]


def test_articles_in_a_row_without_their_page_are_counted(archive):
    poll(archive, "full", entry("a"), entry("b"), entry("c"))
    failed_page(archive, 1, retry_at=NOW + minutes(1))
    failed_page(archive, 1, retry_at=NOW + minutes(10))  # the same article again
    failed_page(archive, 2, retry_at=NOW + minutes(1))
    assert rows(archive, "SELECT page_failures FROM source WHERE id = 'full'") == [{"page_failures": 2}]
    page(archive, 3, "Title of c", "text of c")
    assert rows(archive, "SELECT page_failures FROM source WHERE id = 'full'") == [{"page_failures": 0}]


def test_robots_are_kept_and_replaced(archive):
    assert archive.read(robots_of, "https://wire.example") is None
    robots = Robots("https://wire.example", NOW, 200, "User-agent: *\nDisallow: /x", NOW)
    archive.write(keep_robots, robots)
    assert archive.read(robots_of, "https://wire.example") == robots
    later = Robots("https://wire.example", NOW + minutes(5), 404, "", NOW)
    archive.write(keep_robots, later)
    assert archive.read(robots_of, "https://wire.example") == later


def test_idle_hosts_are_forgotten_and_a_clock_that_was_ahead_is_mended(archive):
    archive.write(rest_host, Rest("a.example", NOW + minutes(5), "HTTP 429"))
    archive.write(rest_host, Rest("b.example", NOW + timedelta(days=400), "HTTP 429"))
    archive.write(mend_times, NOW)
    assert archive.read(resting_hosts, NOW) == {"a.example": (NOW + minutes(5), "HTTP 429")}
    assert archive.write(drop_idle_hosts, NOW) == 1
    assert archive.write(drop_idle_hosts, NOW + minutes(5)) == 1


def test_an_article_a_search_found_belongs_to_whom_published_it(archive):

    known = replace(entry("a"), publisher=Publisher("wire.example", "Wire"))
    new = replace(entry("b"), publisher=Publisher("www.Harbour-News.example", "Harbour News", "KR"))
    settle(archive, source("wire"), source("search", kind="search", query="x"))
    poll(archive, "search", known, new)
    assert rows(archive, "SELECT a.outlet, o.name, o.country FROM article a JOIN outlet o ON o.id = a.outlet") == [
        {"outlet": "ledger", "name": "The Ledger", "country": "kr"},
        {"outlet": "harbour_news_example", "name": "Harbour News", "country": "KR"},
    ]


def test_an_entry_without_a_word_has_its_page_fetched_and_a_whole_one_has_not(archive):
    settle(archive, source("some", Pages.CANDIDATES), source("full", Pages.ALL))
    poll(archive, "some", entry("a"), replace(entry("b"), title="", text=""))
    poll(archive, "full", replace(entry("c"), whole=True))
    states = {one["url"][-1]: one["page_state"] for one in rows(archive, "SELECT url, page_state FROM article")}
    assert states == {"a": "undecided", "b": "wanted", "c": "never"}


def test_what_is_mended_is_tried_at_once_and_the_same_answer_read_anew(archive):
    poll(archive, "wire", entry("a"), etag='"1"', last_modified="Mon", body_sha256="x")
    poll(archive, "wire", outcome=Outcome.PARSE_FAULT, at=NOW + minutes(1))
    settle(archive, source("wire", language="ko"), now=NOW + minutes(2))
    (job,) = archive.write(due_polls, NOW + minutes(2), room=room(), only=["wire"])
    assert (job.failures, job.etag, job.body_sha256) == (0, "", "")


def test_an_answer_of_the_address_before_is_kept_but_says_nothing_of_the_one_now(archive):
    settle(archive, replace(source("wire"), url="http://new.example/rss"), now=NOW)
    poll(
        archive,
        "wire",
        entry("a"),
        outcome=Outcome.GONE,
        status=410,
        retired=True,
        asked="http://wire.example/rss",
        etag='"1"',
    )
    assert len(rows(archive, "SELECT id FROM article")) == 1
    (one,) = rows(archive, "SELECT retired_at, etag, outcome, leased_until FROM source WHERE id = 'wire'")
    assert one == {"retired_at": None, "etag": "", "outcome": None, "leased_until": None}


def test_a_source_is_asked_for_the_whole_once_a_day_and_while_it_is_silent(archive):
    poll(archive, "wire", entry("a"), etag='"1"')
    job = archive.write(due_polls, NOW + minutes(20), room=room(), only=["wire"])[0]
    assert job.etag == '"1"'
    job = archive.write(due_polls, NOW + timedelta(days=1), room=room(), only=["wire"])[0]
    assert job.etag == ""
    poll(archive, "wire", outcome=Outcome.STALE, status=304, at=NOW + timedelta(days=1))
    job = archive.write(due_polls, NOW + timedelta(days=1, minutes=20), room=room(), only=["wire"])[0]
    assert job.etag == ""


def test_when_the_line_is_back_all_that_could_not_be_reached_is_tried(archive):
    poll(archive, "wire", entry("a"))
    poll(archive, "paper", entry("b"))
    for number in range(5):
        at = NOW + minutes(10 + number)
        poll(archive, "paper", outcome=Outcome.DNS, at=at)
        poll(archive, "full", outcome=Outcome.GONE, at=at)
    back = NOW + minutes(15)
    archive.write(lambda c: c.execute("UPDATE source SET next_poll_at = '2030-01-01'"))
    assert archive.write(retry_unreachable, back, NOW) == 1
    assert due(archive, back) == ["paper"], "one that is gone is not a matter of our line"


def test_half_a_first_answer_is_no_baseline_yet_and_an_empty_one_is(archive):
    poll(archive, "wire", entry("a"), whole=False)
    poll(archive, "wire", entry("a"), entry("b"), at=NOW + minutes(15))
    poll(archive, "wire", entry("c"), at=NOW + minutes(30))
    poll(archive, "paper", outcome=Outcome.EMPTY)
    poll(archive, "paper", entry("d"), at=NOW + minutes(15))
    arrivals = {one["url"][-1]: one["arrival"] for one in rows(archive, "SELECT url, arrival FROM article")}
    assert arrivals == {"a": "baseline", "b": "baseline", "c": "live", "d": "live"}


def test_a_list_that_is_never_whole_has_a_baseline_all_the_same(archive):
    for number, slug in enumerate("abc"):
        poll(archive, "wire", entry(slug), whole=False, at=NOW + minutes(15 * number))
    arrivals = {one["url"][-1]: one["arrival"] for one in rows(archive, "SELECT url, arrival FROM article")}
    assert arrivals == {"a": "baseline", "b": "baseline", "c": "live"}


def test_richer_words_of_a_second_source_are_kept_and_reviewed(archive):
    poll(archive, "wire", outcome=Outcome.UNCHANGED)
    poll(archive, "paper", outcome=Outcome.UNCHANGED)
    poll(archive, "wire", entry("a", "A title"), at=NOW + minutes(1))
    archive.write(lambda c: c.execute("UPDATE article SET review_due_at = NULL"))
    poll(archive, "paper", entry("a", "A title", "and a summary that says what it is about"), at=NOW + minutes(60))
    (one,) = rows(archive, "SELECT v.text, a.review_due_at FROM article a JOIN text_version v ON v.id = a.version_id")
    assert one["text"].startswith("and a summary")
    assert one["review_due_at"]
    poll(archive, "full", entry("a", "A title", "other words"), at=NOW + minutes(70))
    assert len(rows(archive, "SELECT id FROM text_version")) == 2, "two sources do not take turns"


def test_statements_under_one_address_are_articles_of_their_own(archive):
    link = "http://ministry.example/press"
    poll(archive, "wire", outcome=Outcome.UNCHANGED)
    first = entry("one", "Minister receives the envoys of three countries", url=link)
    second = entry("two", "Railway bridge closed for repair until autumn", url=link)
    third = entry("three", "Customs seize forty sealed containers", url=link)
    poll(archive, "wire", first, second, at=NOW + minutes(15))
    poll(archive, "wire", second, third, at=NOW + minutes(30))
    titles = [one["title"] for one in rows(archive, "SELECT title FROM text_version ORDER BY id")]
    assert titles == [first.title, second.title, third.title]


def test_what_another_source_has_brought_is_not_another_article_for_standing_beside_others(archive):
    first = entry("one", "Minister receives three envoys", url="http://ministry.example/press#!/1")
    second = entry("two", "Railway bridge closed for repair", url="http://ministry.example/press#!/2")
    poll(archive, "wire", first, second)
    poll(archive, "paper", first, second, at=NOW + minutes(15))
    assert len(rows(archive, "SELECT id FROM article")) == 2
    assert len(rows(archive, "SELECT entry_key FROM sighting")) == 4


def test_a_title_that_changes_with_its_id_is_one_article(archive):
    link = "http://news.example/flash"
    poll(archive, "wire", entry("one", "Flash", url=link))
    poll(archive, "wire", entry("two", "Seoul counts the guns that went north", url=link), at=NOW + minutes(15))
    assert len(rows(archive, "SELECT id FROM article")) == 1


@pytest.mark.parametrize("linked", [True, False])
def test_ids_that_change_at_each_request_double_nothing(archive, linked):
    for number in range(5):
        shown = [
            entry(f"{slug}{number}", f"Title of {slug}", "text", url=f"http://news.example/{slug}" if linked else "")
            for slug in "abc"
        ]
        poll(archive, "wire", *shown, at=NOW + minutes(15 * number))
    assert len(rows(archive, "SELECT id FROM article")) == 3
    assert len(rows(archive, "SELECT entry_key FROM sighting")) == 3


def test_words_that_change_at_every_poll_are_not_kept_for_ever(archive):
    for number in range(100):
        poll(archive, "wire", entry("a", f"Guns on the pier ({number})", "x"), at=NOW + minutes(number))
    assert len(rows(archive, "SELECT id FROM text_version")) <= 11
    poll(archive, "wire", entry("a", "Something else entirely was said", "x"), at=NOW + minutes(101))
    assert rows(archive, "SELECT title FROM text_version ORDER BY id DESC LIMIT 1")[0]["title"].startswith("Something")


def test_another_sources_first_look_silences_nothing_that_came_out_under_watch(archive):
    poll(archive, "wire", outcome=Outcome.UNCHANGED)
    poll(archive, "paper", entry("a"), at=NOW + minutes(30))  # its baseline
    poll(archive, "wire", entry("a"), at=NOW + minutes(40))
    (one,) = rows(archive, "SELECT arrival, review_due_at FROM article")
    assert one["arrival"] == "live"
    assert one["review_due_at"]
