"""The demonstration press: what it publishes, how it answers, and how it goes wrong when asked to."""

import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import feedparser
import lxml.html
import pytest
import trafilatura

from khasan.demo.press import ROUNDS, Fault, Press

BEGAN = datetime(2025, 2, 10, 9, 30, 15, tzinfo=UTC)

# Words that make a text relevant: one of each list must be there.
WORDS = {
    "en": (
        r"North Korea|Pyongyang",
        r"Russia|Moscow|Kremlin",
        r"troop|soldier|artiller|shell|missile|sapper|arms|weapon|drone|militar|\bwar\b|army",
    ),
    "uk": (
        r"північнокоре|КНДР|Північн\w+ Коре|Пхеньян",
        r"росі|РФ|Москв",
        r"солдат|військ|артилер|снаряд|ракет|полон|збро|армі|гармат",
    ),
    "ru": (
        r"северокоре|КНДР|Северн\w+ Коре|Пхеньян",
        r"росси|РФ|Москв",
        r"солдат|воен|войск|артилл|снаряд|ракет|оруж|арми",
    ),
    "ko": (r"북한|북러|평양|김정은", r"러시아|북러|모스크바", r"군|미사일|포탄|무기|병력|구축함|전쟁|드론"),
}


@pytest.fixture(scope="module")
def shared():
    """A press for tests that only read, with everything published."""
    with Press(began=BEGAN) as press:
        press.publish(ROUNDS)
        yield press


@pytest.fixture
def press():
    """A press for one test, which must leave no thread behind."""
    before = set(threading.enumerate())
    with Press(began=BEGAN) as press:
        yield press
    assert set(threading.enumerate()) <= before


def ask(url, headers=None, *, method="GET", timeout=5.0):
    """Request a URL on a connection of its own: status, headers and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def listed(outlet, body):
    """The links of a feed without their tracking."""
    if outlet.format == "json":
        links = [item["url"] for item in json.loads(body)["items"]]
    else:
        parsed = feedparser.parse(body)
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert all(entry.published_parsed for entry in parsed.entries)
        links = [entry.link for entry in parsed.entries]
    return [link.partition("?")[0] for link in links]


def up(press):
    return [outlet for outlet in press.outlets if not outlet.down]


def all_stories(press):
    return [(outlet, story) for outlet in press.outlets for story in press.stories[outlet]]


def feed_of(press, language="en"):
    return press.feed_url(next(outlet for outlet in press.outlets if outlet.language == language))


# What it is


def test_the_outlets_are_as_varied_as_the_real_ones(shared):
    assert {outlet.language for outlet in shared.outlets if outlet.topical} == {"en", "uk", "ru", "ko"}
    assert {outlet.language for outlet in shared.outlets if not outlet.topical} == {"en", "ko"}
    assert {outlet.format for outlet in shared.outlets} == {"rss", "atom", "json"}
    assert {outlet.template for outlet in shared.outlets} == {"courier", "portal", "classic", "itemprop"}
    assert [outlet.id for outlet in shared.outlets if outlet.encoding == "windows-1251"] == ["demo-amurskij-kurjer"]
    assert [outlet.place for outlet in shared.outlets] == list(range(1, len(shared.outlets) + 1))
    assert len({outlet.host for outlet in shared.outlets}) == len(shared.outlets)
    assert sum(bool(outlet.tracking) for outlet in shared.outlets) == 1
    assert sum(outlet.down for outlet in shared.outlets) == 1


def test_a_round_brings_what_a_desk_would_expect(shared):
    assert [shared.expected(round_).articles for round_ in (1, 2, 3)] == [32, 45, 58]
    assert [len(shared.expected(round_).alerts) for round_ in (1, 2, 3)] == [0, 5, 10]
    assert [len(shared.expected(round_).quiet) for round_ in (1, 2, 3)] == [0, 8, 16]
    everything = shared.expected(ROUNDS)
    addresses = [*everything.baseline, *everything.alerts, *everything.quiet]
    assert len(addresses) == len(set(addresses)) == everything.articles


def test_the_briefing_is_told_in_every_language_in_two_rounds(shared):
    told = [(outlet, story) for outlet, story in all_stories(shared) if story.event == "seoul-briefing"]
    assert {outlet.language for outlet, _ in told} == {"en", "uk", "ru", "ko"}
    assert Counter(story.round for _, story in told) == {2: 2, 3: 2}
    for _, story in told:
        assert "200" in story.title
        assert re.search(r"11[ ,]?000|11 тис|11 тыс|1만1천", story.summary + story.body)


def test_relevant_stories_name_all_three_and_others_do_not(shared):
    for outlet, story in all_stories(shared):
        lead = f"{story.title} {story.summary}"
        found = [
            all(re.search(words, text, re.IGNORECASE) for words in WORDS[outlet.language])
            for text in (lead, f"{lead} {story.body}")
        ]
        assert found == [story.relevant] * 2, story.path
        if story.relevant:
            assert 4 <= len(story.paragraphs) <= 8


def test_sources_name_the_outlets_and_where_their_feeds_are(shared):
    sources = shared.sources()
    assert len(sources) == len(shared.outlets)
    first = sources[0]
    assert first == {
        "id": "demo-tumen-courier",
        "outlet": "demo-tumen-courier",
        "name": "Tumen Courier",
        "kind": "feeds",
        "url": f"http://127.0.1.1:{shared.port}/rss.xml",
        "language": "en",
        "country": "GB",
        "pages": "all",
        "zone": "Europe/London",
    }
    assert {source["pages"] for source in sources} == {"all", "candidates"}


def test_the_outlet_that_is_down_answers_nobody(shared):
    down = next(outlet for outlet in shared.outlets if outlet.down)
    with pytest.raises(ConnectionRefusedError):
        ask(shared.feed_url(down))


# Feeds


def test_every_feed_lists_what_was_published_newest_first(press):
    for round_ in range(1, ROUNDS + 1):
        press.publish(round_)
        found = []
        for outlet in up(press):
            status, headers, body = ask(press.feed_url(outlet))
            links = listed(outlet, body)
            assert status == 200
            assert outlet.encoding in headers["Content-Type"]
            assert links == [press.url(outlet, story) for story in press.stories[outlet] if story.round <= round_]
            found += links
        expected = press.expected(round_)
        assert sorted(found) == sorted((*expected.baseline, *expected.alerts, *expected.quiet))


def test_times_of_publication_are_relative_to_the_beginning(shared):
    for _, story in all_stories(shared):
        age = (BEGAN - story.published(BEGAN)).total_seconds()
        assert 0 < age < 600 if story.round > 1 else age > 3600
    courier = shared.outlets[0]
    parsed = feedparser.parse(ask(shared.feed_url(courier))[2])
    times = [datetime(*entry.published_parsed[:6], tzinfo=UTC) for entry in parsed.entries]
    assert times == [story.published(BEGAN) for story in shared.stories[courier]]


def test_one_outlet_tracks_its_readers_and_its_pages_do_not_mind(shared):
    parsed = feedparser.parse(ask(shared.feed_url(shared.outlets[0]))[2])
    link = parsed.entries[0].link
    assert "utm_source=rss" in link
    assert ask(link)[2] == ask(link.partition("?")[0])[2]


def test_windows_1251_is_declared_and_meant(shared):
    outlet = shared.outlet("demo-amurskij-kurjer")
    body = ask(shared.feed_url(outlet))[2]
    assert body.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    assert outlet.name in body.decode("windows-1251")
    assert feedparser.parse(body).entries[0].title == shared.stories[outlet][0].title
    for story in shared.stories[outlet]:
        text = ask(shared.url(outlet, story))[2].decode("windows-1251")
        assert all(paragraph in text for paragraph in story.paragraphs)


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_an_unchanged_feed_is_answered_304(press, header):
    request = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[header]
    known = {}
    for outlet in up(press):
        known[outlet] = {request: ask(press.feed_url(outlet))[1][header]}
        status, headers, body = ask(press.feed_url(outlet), known[outlet])
        assert (status, body) == (304, b"")
        assert headers["ETag"]
    press.publish(2)
    statuses = {outlet.id: ask(press.feed_url(outlet), known[outlet])[0] for outlet in up(press)}
    assert statuses.pop("demo-northern-register") == 304
    assert set(statuses.values()) == {200}


def test_an_entity_tag_goes_before_a_date(press):
    url = feed_of(press)
    modified = ask(url)[1]["Last-Modified"]
    assert ask(url, {"If-None-Match": '"other"', "If-Modified-Since": modified})[0] == 200
    assert ask(url, {"If-Modified-Since": "yesterday"})[0] == 200


# Pages


def test_pages_are_the_same_bytes_in_another_press_on_the_same_port():
    def everything(press):
        press.publish(ROUNDS)
        pages = {press.url(outlet, story): ask(press.url(outlet, story))[2] for outlet, story in all_stories(press)}
        return pages | {press.feed_url(outlet): ask(press.feed_url(outlet))[2] for outlet in up(press)}

    with Press(began=BEGAN) as one:
        before = everything(one)
    with Press(began=BEGAN.replace(microsecond=7), port=one.port) as other:
        assert everything(other) == before


def test_an_unpublished_story_is_not_there_and_a_page_does_not_change_later(press):
    outlet = press.outlets[0]
    old, new = press.stories[outlet][-1], press.stories[outlet][0]
    assert new.round == ROUNDS
    assert ask(press.url(outlet, new))[0] == 404
    before = ask(press.url(outlet, old))[2]
    press.publish(ROUNDS)
    assert ask(press.url(outlet, new))[0] == 200
    assert ask(press.url(outlet, old))[2] == before


def test_an_extractor_gets_every_text_right_amid_the_furniture(shared):
    for outlet, story in all_stories(shared):
        page = ask(shared.url(outlet, story))[2]
        assert page.lstrip().lower().startswith(b"<!doctype html")
        assert trafilatura.extract(page, include_comments=False, fast=True) == "\n".join(story.paragraphs), story.path


def test_pages_carry_the_furniture_and_the_metadata_of_their_kind(shared):
    marks = {
        "courier": ['type="application/ld+json"', 'property="og:title"', "<time datetime="],
        "portal": ['property="article:published_time"'],
        "classic": ["февраля 2025"],
        "itemprop": ['itemprop="datePublished"', 'itemprop="articleBody"'],
    }
    for outlet in up(shared):
        story = shared.stories[outlet][-1]
        url = shared.url(outlet, story)
        page = ask(url)[2].decode(outlet.encoding)
        tree = lxml.html.fromstring(page)
        assert tree.xpath("//link[@rel='canonical']/@href") == [url]
        for mark in (
            *marks[outlet.template],
            "breadcrumbs",
            "share",
            "related",
            "most-read",
            "comments",
            "cookie",
            "footer",
        ):
            assert mark in page, (outlet.id, mark)
        assert ("ld+json" in page) == (outlet.template == "courier")
        assert ("itemprop" in page) == (outlet.template == "itemprop")
        assert ("<time" in page) == (outlet.template in ("courier", "itemprop"))
        links = tree.xpath("//*[contains(@class, 'related')]//a/@href")
        assert links
        assert all(ask(link)[0] == 200 for link in links)


def test_linked_data_is_what_the_page_says(shared):
    outlet = shared.outlets[0]
    story = shared.stories[outlet][0]
    tree = lxml.html.fromstring(ask(shared.url(outlet, story))[2])
    data = json.loads(tree.xpath("string(//script[@type='application/ld+json'])"))
    assert data["headline"] == story.title
    assert datetime.fromisoformat(data["datePublished"]) == story.published(BEGAN)


def test_the_rest_of_a_site_is_there(shared):
    for outlet in up(shared):
        base = f"http://{outlet.host}:{shared.port}"
        front = ask(base + "/")[2].decode(outlet.encoding)
        assert outlet.feed in front
        assert ask(base + "/static/picture.svg")[1]["Content-Type"] == "image/svg+xml"
        assert ask(base + "/robots.txt")[2].startswith(b"User-agent: *\n")
        assert ask(base + "/nothing/here")[0] == 404
    robots = {outlet.id: outlet.robots for outlet in shared.outlets}
    assert "Crawl-delay: 0.2" in robots["demo-skhidna-varta"]
    assert "Disallow: /private/" in robots["demo-amurskij-kurjer"]


def test_head_has_no_body(shared):
    status, headers, body = ask(feed_of(shared), method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


# The record


def test_requests_are_recorded_with_their_times(press):
    url = press.feed_url(press.outlets[0])
    before = time.monotonic()
    ask(url + "?a=1")
    ask(url, {"If-None-Match": "*"})
    first, second = press.hits
    assert first[:3] == ("127.0.1.1", "/rss.xml", 200)
    assert (first.query, first.conditional) == ("a=1", False)
    assert (second.status, second.conditional) == (304, True)
    assert before <= first.at <= second.at <= time.monotonic()


def test_a_connection_is_kept_and_many_are_served_at_once(press):
    connection = http.client.HTTPConnection(press.outlets[0].host, press.port, timeout=5)
    for _ in range(3):
        connection.request("GET", "/rss.xml")
        connection.getresponse().read()
        kept = connection.sock
        assert kept is not None
    readers = [threading.Thread(target=ask, args=(press.feed_url(outlet),)) for outlet in up(press) * 5]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert connection.sock is kept
    assert Counter(hit.status for hit in press.hits) == {200: 3 + len(readers)}
    connection.close()


# Faults


@pytest.mark.parametrize("status", [403, 404, 410, 429, 500, 503])
def test_a_refusal_holds_until_it_is_lifted(press, status):
    url = feed_of(press)
    tag = ask(url)[1]["ETag"]
    press.fault(url, Fault.refuse(status, retry_after=7))
    found, headers, _ = ask(url, {"If-None-Match": tag})
    assert (found, headers["Retry-After"], headers["ETag"]) == (status, "7", None)
    assert press.hits[-1].status == status
    press.fault(url, None)
    assert ask(url, {"If-None-Match": tag})[0] == 304


def test_a_fault_may_last_for_a_number_of_requests(press):
    url = feed_of(press)
    press.fault(url, Fault.refuse(503, times=2))
    assert [ask(url)[0] for _ in range(3)] == [503, 503, 200]


def test_a_host_s_fault_is_for_all_its_addresses_but_one_with_its_own(press):
    outlet = press.outlets[0]
    url = press.feed_url(outlet)
    press.fault(outlet.host, Fault.refuse(500))
    press.fault(url, Fault.refuse(410))
    assert ask(f"http://{outlet.host}:{press.port}/robots.txt")[0] == 500
    assert ask(url)[0] == 410
    assert ask(press.feed_url(press.outlets[1]))[0] == 200
    press.fault(url + "?page=2", Fault.refuse(403))
    assert (ask(url + "?page=2")[0], ask(url + "?page=3")[0]) == (403, 410)


def test_a_slow_answer_is_late_and_right(press):
    url = feed_of(press)
    press.fault(url, Fault.slow(0.2))
    before = time.monotonic()
    assert ask(url)[0] == 200
    assert time.monotonic() - before >= 0.2


def test_a_hanging_answer_never_comes_and_does_not_keep_the_press_from_stopping(press):
    url = feed_of(press)
    press.fault(url, Fault.hang())
    with pytest.raises(TimeoutError):
        ask(url, timeout=0.1)
    assert press.hits[-1].status == 0


def test_a_dropped_connection_has_no_answer(press):
    url = feed_of(press)
    press.fault(url, Fault.drop())
    with pytest.raises(http.client.RemoteDisconnected):
        ask(url)


def test_an_answer_may_break_off(press):
    url = feed_of(press)
    whole = ask(url)[2]
    press.fault(url, replace(Fault.cut(), delay=0.01))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(url)
    assert whole.startswith(caught.value.partial)


def test_headers_may_lie(press):
    url = feed_of(press)
    right = ask(url)[2]
    press.fault(url, Fault.bad_gzip())
    _, headers, body = ask(url)
    assert (headers["Content-Encoding"], body) == ("gzip", right)
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(body)
    press.fault(url, Fault.wrong_charset("application/rss+xml; charset=koi8-r"))
    _, headers, body = ask(url)
    assert (headers.get_all("Content-Type"), body) == (["application/rss+xml; charset=koi8-r"], right)


def test_the_body_may_be_anything(press):
    url = feed_of(press)
    press.fault(url, Fault.empty())
    assert ask(url)[::2] == (200, b"")
    press.fault(url, Fault.raw(b"%PDF-1.7", {"content-type": "application/pdf"}))
    status, headers, body = ask(url)
    assert (status, headers.get_all("Content-Type"), body) == (200, ["application/pdf"], b"%PDF-1.7")
    press.fault(url, Fault.redirect("http://127.0.1.5/elsewhere", status=308))
    status, headers, _ = ask(url)
    assert (status, headers["Location"]) == (308, "http://127.0.1.5/elsewhere")


def test_anything_can_be_added_also_on_other_hosts(press):
    url = press.add("127.0.1.1", "/feed?page=2", b"two", headers={"Content-Type": "text/plain", "ETag": '"2"'})
    assert ask(url)[2] == b"two"
    assert ask(url, {"If-None-Match": '"2"'})[0] == 304
    assert ask(url.replace("page=2", "page=3"))[0] == 404
    press.add("127.0.1.1", "/robots.txt", b"User-agent: *\nDisallow: /\n")
    assert b"Disallow: /\n" in ask(f"http://127.0.1.1:{press.port}/robots.txt?x")[2]
    down = next(outlet for outlet in press.outlets if outlet.down)
    assert ask(press.add(down.host, down.feed, b"<rss/>"))[2] == b"<rss/>"
    other = press.add("127.0.1.99", "/new", b"", status=410)
    assert ask(other)[0] == 410
    assert ask(other + "er")[0] == 404


# Starting and stopping


def test_stop_releases_the_port_and_start_takes_it_again():
    press = Press(began=BEGAN)
    with pytest.raises(RuntimeError, match="no port"):
        press.sources()
    with press:
        idle = socket.create_connection((press.outlets[0].host, press.port))
        url = feed_of(press)
        assert ask(url)[0] == 200
        with pytest.raises(RuntimeError, match="running already"):
            press.start()
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        ask(url)
    press.stop()
    with press:
        assert ask(url)[0] == 200


def test_a_taken_port_is_said_to_be_taken(press):
    with pytest.raises(OSError, match=rf"cannot listen on 127.0.1.1:{press.port}"):
        Press(began=BEGAN, port=press.port).start()


def test_nonsense_is_refused(press):
    with pytest.raises(ValueError, match="rounds 1 to 3"):
        press.publish(4)
    with pytest.raises(ValueError, match="time zone"):
        Press(began=datetime(2025, 1, 1))  # noqa: DTZ001 - this is what is refused


def test_the_port_can_be_used_again_directly_after_a_kill():
    with Press(began=BEGAN) as press:
        port = press.port
    command = [sys.executable, "-m", "khasan.demo.press", "--port", str(port), "--round", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in press.outlets]
        assert f"http://127.0.1.1:{port}/rss.xml" in lines[0]
        connection = http.client.HTTPConnection("127.0.1.1", port, timeout=5)
        connection.request("GET", "/rss.xml")
        assert connection.getresponse().status == 200
        process.kill()
    with Press(began=BEGAN, port=port) as press:
        assert ask(feed_of(press))[0] == 200
    connection.close()


def test_the_command_ends_quietly_when_interrupted():
    command = [sys.executable, "-m", "khasan.demo.press", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""
