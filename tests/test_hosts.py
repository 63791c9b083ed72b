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
from storage.sources import Room, cannot_be_polled, due_polls, release_leases, wish_poll
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
    assert due(archive, NOW + minutes(15)) == ["wire"]


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
    robots = Robots("https://wire.example", NOW, 200, "User-agent: *\nDisallow: /x")
    archive.write(keep_robots, robots)
    assert archive.read(robots_of, "https://wire.example") == robots
    later = Robots("https://wire.example", NOW + minutes(5), 404, "")
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
