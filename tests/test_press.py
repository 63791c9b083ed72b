"""The demonstration press: what it publishes, how it answers, and how it goes wrong when asked to."""

import gzip
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import quote, urlencode, urljoin, urlsplit

import brotli
import feedparser
import lxml.etree
import lxml.html
import pytest
import trafilatura

from khasan.demo.press import FAULTS, ROUNDS, Fault, Press
from khasan.demo.walls import WALLS
from storage.model import Outcome

KINDS = ("feeds", "sitemaps", "listings", "telegram", "search")
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


def up(press, kind=""):
    return [outlet for outlet in press.outlets if not outlet.down and (not kind or kind in outlet.kinds)]


def all_stories(press):
    return [(outlet, story) for outlet in press.outlets for story in press.stories[outlet]]


def written(press):
    """Stories that have a page: those of a mere channel have a post."""
    return [(outlet, story) for outlet, story in all_stories(press) if story.body]


def feed_of(press, language="en"):
    return press.feed_url(next(outlet for outlet in press.outlets if outlet.language == language))


def tree_of(url):
    status, headers, body = ask(url)
    assert status == 200, url
    charset = headers["Content-Type"].partition("charset=")[2]
    return lxml.html.fromstring(body.decode(charset), base_url=url)


def locations(url, name="url"):
    """The addresses of a sitemap or of an index, with what is said of each."""
    status, headers, body = ask(url)
    assert (status, headers["Content-Type"]) == (200, "application/xml; charset=utf-8"), url
    return {one.findtext("{*}loc"): one for one in lxml.etree.fromstring(body).findall(f"{{*}}{name}")}


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
    assert Counter(outlet.kinds for outlet in shared.outlets) == {
        ("feeds", "sitemaps", "listings", "telegram"): 8,
        ("telegram",): 1,
        ("sitemaps",): 1,
        ("listings",): 1,
    }


def test_a_round_brings_what_a_desk_would_expect(shared):
    assert [shared.expected(round_, ("feeds",)).articles for round_ in (1, 2, 3)] == [32, 45, 58]
    assert [len(shared.expected(round_, ("feeds",)).alerts) for round_ in (1, 2, 3)] == [0, 5, 10]
    assert [len(shared.expected(round_, ("feeds",)).quiet) for round_ in (1, 2, 3)] == [0, 8, 16]
    kinds = ("feeds", "sitemaps", "listings", "telegram", "search")
    assert [shared.expected(round_, kinds).articles for round_ in (1, 2, 3)] == [42, 59, 76]
    assert [len(shared.expected(round_, kinds).alerts) for round_ in (1, 2, 3)] == [0, 7, 14]
    assert [len(shared.expected(round_, kinds).quiet) for round_ in (1, 2, 3)] == [0, 10, 20]
    everything = shared.expected(ROUNDS, kinds)
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
        if story.relevant and story.body:
            assert 4 <= len(story.paragraphs) <= 8


def test_sources_name_the_outlets_and_where_their_feeds_are(shared):
    sources = shared.sources(("feeds",))
    assert len(sources) == 8
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
        for outlet in up(press, "feeds"):
            status, headers, body = ask(press.feed_url(outlet))
            links = listed(outlet, body)
            assert status == 200
            assert outlet.encoding in headers["Content-Type"]
            assert links == [press.url(outlet, story) for story in press.stories[outlet] if story.round <= round_]
            found += links
        expected = press.expected(round_, ("feeds",))
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
    for outlet in up(press, "feeds"):
        known[outlet] = {request: ask(press.feed_url(outlet))[1][header]}
        status, headers, body = ask(press.feed_url(outlet), known[outlet])
        assert (status, body) == (304, b"")
        assert headers["ETag"]
    press.publish(2)
    statuses = {outlet.id: ask(press.feed_url(outlet), known[outlet])[0] for outlet in up(press, "feeds")}
    assert statuses.pop("demo-northern-register") == 304
    assert set(statuses.values()) == {200}


def test_an_entity_tag_goes_before_a_date(press):
    url = feed_of(press)
    modified = ask(url)[1]["Last-Modified"]
    assert ask(url, {"If-None-Match": '"other"', "If-Modified-Since": modified})[0] == 200
    assert ask(url, {"If-Modified-Since": "yesterday"})[0] == 200


def test_a_feed_with_a_window_has_older_entries_on_further_pages(press):
    press.publish(ROUNDS)
    for outlet in up(press, "feeds"):
        press.window(outlet, 3)
        url, found = press.feed_url(outlet), []
        for page in range(1, 10):
            status, _, body = ask(f"{url}?paged={page}")
            if status == 404:
                break
            found.append(listed(outlet, body))
            following = f"{url}?paged={page + 1}"
            more = ask(following)[0] == 200
            assert (following in body.decode(outlet.encoding)) == (more and outlet.format != "rss")
        assert [len(page) for page in found[:-1]] == [3] * (len(found) - 1)
        assert list(chain.from_iterable(found)) == [press.url(outlet, story) for story in press.stories[outlet]]
        assert ask(url)[2] == ask(url + "?paged=1")[2] == ask(url + "?paged=x")[2]
        press.window(outlet, 0)
        assert len(listed(outlet, ask(url)[2])) == len(press.stories[outlet])


def test_a_window_can_lose_everything_between_two_rounds(press):
    courier = press.outlets[0]
    press.window(courier, 2)
    before = listed(courier, ask(press.feed_url(courier))[2])
    press.publish(ROUNDS)
    assert not set(before) & set(listed(courier, ask(press.feed_url(courier))[2]))


def test_a_feed_may_say_how_often_it_wants_to_be_read(press):
    courier, varta = press.outlet("demo-tumen-courier"), press.outlet("demo-skhidna-varta")
    press.alter(courier, ttl=90, update_period="daily", update_frequency=4, skip_hours=(1, 2), max_age=600)
    _, headers, body = ask(press.feed_url(courier))
    feed = feedparser.parse(body).feed
    assert headers["Cache-Control"] == "max-age=600, must-revalidate"
    assert (feed.ttl, feed.sy_updateperiod, feed.sy_updatefrequency) == ("90", "daily", "4")
    assert b"<skipHours><hour>1</hour><hour>2</hour></skipHours>" in body
    press.alter(varta, update_period="hourly")
    assert feedparser.parse(ask(press.feed_url(varta))[2]).feed.sy_updateperiod == "hourly"
    press.alter(courier, ttl=0, feed="/new.xml")
    assert ask(f"http://{courier.host}:{press.port}/rss.xml")[0] == 404
    assert b"<ttl>" not in ask(press.feed_url(courier))[2]
    assert press.sources()[0]["url"].endswith("/new.xml")


# Sitemaps


def test_sitemaps_name_every_story(press):
    for round_ in range(1, ROUNDS + 1):
        press.publish(round_)
        for outlet in up(press, "sitemaps"):
            stories = {press.url(outlet, story): story for story in press.stories[outlet] if story.round <= round_}
            index = locations(press.list_url(outlet, "sitemaps"), "sitemap")
            news = [url for url in index if "-news" in url]
            found = {url for one in index if one not in news for url in locations(one)}
            assert found == set(stories)
            for one, element in index.items():
                newest = max(element.findtext("{*}lastmod") for element in locations(one).values())
                assert element.findtext("{*}lastmod") == newest
            recent = {url for url, story in stories.items() if BEGAN - story.published(BEGAN) < timedelta(hours=48)}
            assert {url for one in news for url in locations(one)} == recent
            for url in recent:
                words = locations(news[0])[url].find("{*}news")
                assert words.findtext("{*}title") == stories[url].title
                assert words.findtext("{*}publication/{*}language") == outlet.language
                moment = datetime.fromisoformat(words.findtext("{*}publication_date"))
                assert moment == stories[url].published(BEGAN)


def test_months_have_sitemaps_of_their_own(shared):
    register = shared.outlet("demo-northern-register")
    index = locations(shared.list_url(register, "sitemaps"), "sitemap")
    base = f"http://{register.host}:{shared.port}"
    assert list(index) == [f"{base}/sitemaps/post-2025-02.xml", f"{base}/sitemaps/post-2025-01.xml"]
    assert not locations(f"{base}/sitemap-news.xml")
    assert ask(f"{base}/sitemaps/post-2024-12.xml")[0] == 404


def test_sitemaps_are_named_in_robots_and_there_is_one_in_gzip(shared):
    for outlet in up(shared):
        base = f"http://{outlet.host}:{shared.port}"
        named = re.findall(r"(?m)^Sitemap: (.+)$", ask(base + "/robots.txt")[2].decode())
        offered = "sitemaps" in outlet.kinds
        assert named == ([f"{base}/sitemap.xml", f"{base}/sitemap-news.xml"] if offered else [])
        status, headers, body = ask(f"{base}/sitemap-news.xml.gz")
        assert status == (200 if offered else 404)
        if offered:
            assert (headers["Content-Type"], headers["Content-Encoding"]) == ("application/gzip", None)
            assert gzip.decompress(body) == ask(named[1])[2]


@pytest.mark.parametrize("kind", ["sitemaps", "listings", "telegram"])
def test_an_unchanged_list_is_answered_304_as_a_feed_is(press, kind):
    url = press.list_url(next(outlet for outlet in up(press) if outlet.kinds[0] == kind), kind)
    headers = ask(url)[1]
    assert ask(url, {"If-None-Match": headers["ETag"]})[0] == 304
    assert ask(url, {"If-Modified-Since": headers["Last-Modified"]})[0] == 304
    press.publish(2)
    assert ask(url, {"If-None-Match": headers["ETag"]})[0] == 200
    assert ask(url, {"If-Modified-Since": headers["Last-Modified"]})[0] == 200


# Lists of articles


def test_a_list_leads_to_every_story_five_a_page(shared):
    for source in shared.sources_of("listings"):
        outlet = shared.outlet(source["outlet"])
        if outlet.down:
            continue
        rules, url, found = source["listing"], source["url"], []
        while url:
            tree = tree_of(url)
            items = tree.cssselect(rules["item"])
            links = [item.cssselect(rules["links"])[0] for item in items]
            assert links[-1].get("href") == "/partners/letter"
            told = [urljoin(url, link.get("href")) for link in links]
            found.append([link for link in told if re.search(rules["pattern"], link)])
            assert all(link.get("href").startswith("/") for link in links)
            assert all(item.cssselect(rules["date"])[0].get("datetime") for item in items[:-1])
            strangers = {urljoin(url, link) for link in tree.xpath("//nav//a/@href | //footer//a/@href")}
            assert strangers
            assert not strangers & set(found[-1])
            following = tree.cssselect(rules["next"])
            assert [link.get("rel") for link in following] == ["next"] * len(following)
            url = urljoin(url, following[0].get("href")) if following else ""
        assert list(chain.from_iterable(found)) == [shared.url(outlet, story) for story in shared.stories[outlet]]
        assert [len(page) for page in found[:-1]] == [5] * (len(found) - 1)
        assert ask(f"{source['url']}?page={len(found) + 1}")[0] == 404


# Telegram


def posts_of(press, outlet):
    """All posts of a channel, the oldest first, by going back through its pages."""
    url, posts = press.list_url(outlet, "telegram"), []
    while url:
        tree = tree_of(url)
        page = tree.xpath("//div[@data-post]")
        assert 0 < len(page) <= 4
        posts = page + posts
        more = tree.xpath("//a[contains(@class, 'tme_messages_more')]")
        assert [link.get("data-before") for link in more] == [page[0].get("data-post").partition("/")[2]] * len(more)
        assert tree.xpath("//link[@rel='prev']/@href") == [link.get("href") for link in more]
        url = urljoin(url, more[0].get("href")) if more else ""
    return posts


def words_of(post):
    own = post.xpath(".//div[contains(@class, 'js-message_text')]")
    return own[0].text_content() if own else ""


def test_a_channel_tells_every_story_in_a_post_that_keeps_its_number(press):
    told = {}
    for round_ in range(1, ROUNDS + 1):
        press.publish(round_)
        for outlet in up(press, "telegram"):
            posts = posts_of(press, outlet)
            assert [post.get("data-post") for post in posts] == [
                f"{outlet.channel}/{n}" for n in range(1, len(posts) + 1)
            ]
            assert ["service_message" in post.get("class") for post in posts].count(True) == 2
            times = [post.xpath(".//a[contains(@class, 'message_date')]/time/@datetime")[0] for post in posts]
            assert times == sorted(times)
            links = [post.xpath(".//a[contains(@class, 'message_date')]/@href")[0] for post in posts]
            stories = {press.post_url(outlet, story): story for story in press.stories[outlet] if story.round <= round_}
            assert {link for link, post in zip(links, posts, strict=True) if "service" not in post.get("class")} == set(
                stories
            )
            for link, post, moment in zip(links, posts, times, strict=True):
                assert ask(link)[0] == 200
                if link in stories:
                    story = stories[link]
                    assert story.title in words_of(post)
                    assert story.summary in words_of(post)
                    assert (press.url(outlet, story) in words_of(post)) == bool(story.body)
                    assert datetime.fromisoformat(moment) == story.published(BEGAN)
                    assert told.setdefault((outlet, story), link) == link
    only = press.outlet("demo-prigranichje")
    assert all(press.post_url(only, story) == press.url(only, story) for story in press.stories[only])


def test_channels_have_what_channels_have(press):
    outlet = press.outlet("demo-prigranichje")
    press.publish(2)
    before = {post.get("data-post"): words_of(post) for post in posts_of(press, outlet)}
    press.publish(3)
    posts = posts_of(press, outlet)
    assert [words_of(post) for post in posts if "service" in post.get("class")] == ["Channel created", ""]
    changed = [post for post in posts if before.get(post.get("data-post"), words_of(post)) != words_of(post)]
    edited = [post for post in posts if "edited" in post.xpath("string(.//span[contains(@class, 'message_meta')])")]
    assert [post.get("data-post") for post in changed] == [post.get("data-post") for post in edited]
    assert len(edited) == 1
    quiet = press.list_url(press.outlet("demo-northern-register"), "telegram")
    press.publish(2)
    since = {"If-Modified-Since": ask(quiet)[1]["Last-Modified"]}
    assert ask(quiet, since)[0] == 304
    press.publish(3)  # brings nothing new, but an old post is changed
    assert ask(quiet, since)[0] == 200
    for mark in ("forwarded_from_name", "photo_wrap", "video_player", "reply", "views"):
        marked = [post for post in posts if post.xpath(f".//*[contains(@class, 'tgme_widget_message_{mark}')]")]
        assert len(marked) == (len(posts) - 2 if mark == "views" else 1), mark
        assert all(words_of(post) for post in marked)


def test_a_channel_has_a_card_and_may_have_no_preview(press):
    outlet = press.outlets[0]
    base = f"http://{outlet.host}:{press.port}"
    card = tree_of(f"{base}/{outlet.channel}")
    assert card.xpath("//*[@class='tgme_page']")
    assert not card.xpath("//*[@data-post]")
    status, headers, _ = ask(f"{base}/s/closed_{outlet.channel}")
    assert (status, headers["Location"]) == (302, f"{base}/closed_{outlet.channel}")
    assert not tree_of(headers["Location"]).xpath("//*[@data-post]")
    assert ask(f"{base}/s/stranger")[0] == 404
    assert ask(f"{base}/{outlet.channel}/99")[0] == 404


# Searches


def searched(press, words, **more):
    url = press.sources_of("search")[1]["url"]
    return ask(f"{url}?{urlencode({'query': words, 'mode': 'artlist', 'format': 'json', **more})}")


def test_gdelt_finds_what_was_published(press):
    for round_ in range(1, ROUNDS + 1):
        press.publish(round_)
        status, headers, body = searched(press, '"North Korean" OR снаряд* OR 반도체'.replace("*", ""))
        articles = json.loads(body)["articles"]
        expected = [
            (press.url(outlet, story), story.title)
            for outlet, story in written(press)
            if story.round <= round_
            and re.search("north korean|снаряд|반도체", f"{story.title} {story.summary}", re.IGNORECASE)
        ]
        assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
        assert sorted((one["url"], one["title"]) for one in articles) == sorted(expected)
        assert [one["seendate"] for one in articles] == sorted((one["seendate"] for one in articles), reverse=True)
    assert {one["language"] for one in articles} == {"English", "Ukrainian", "Russian", "Korean"}
    assert set(articles[0]) == {
        "url", "url_mobile", "title", "seendate", "socialimage", "domain", "language", "sourcecountry",
    }  # fmt: skip
    assert re.fullmatch(r"202502\d\dT\d\d(00|15|30|45)00Z", articles[0]["seendate"])


def test_gdelt_keeps_to_what_it_is_asked_for_and_says_what_is_wrong(shared):
    assert len(json.loads(searched(shared, "Korea", maxrecords=2)[2])["articles"]) == 2
    recent = json.loads(searched(shared, "Korea", timespan="1h")[2])["articles"]
    assert 0 < len(recent) < len(json.loads(searched(shared, "Korea")[2])["articles"])
    assert json.loads(searched(shared, "xylophone")[2]) == {}
    for refused in (searched(shared, "ko"), searched(shared, "Korea", format="html")):
        assert (refused[0], refused[1]["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert searched(shared, "ko")[2] == b"The specified phrase is too short.\n"


def test_a_search_may_ask_for_a_pause(press):
    assert [searched(press, "Korea")[0] for _ in range(2)] == [200, 200]
    press.search_pause = 0.3
    status, headers, body = searched(press, "Korea")
    assert (status, headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert body.startswith(b"Please limit requests to one every 5 seconds")
    time.sleep(0.35)
    assert [searched(press, "Korea")[0] for _ in range(2)] == [200, 429]


def test_a_news_search_names_who_published(shared):
    rss, gdelt = shared.sources_of("search")
    parsed = feedparser.parse(ask(rss["url"].replace("{query}", quote(gdelt["query"])))[2])
    assert not parsed.bozo
    names = {outlet.name for outlet in up(shared)}
    stories = {shared.url(outlet, story): (outlet, story) for outlet, story in written(shared)}
    assert len(parsed.entries) > 20
    for entry in parsed.entries:
        outlet, story = stories[entry.link]
        assert entry.title == f"{story.title} - {outlet.name}"
        assert (entry.source.title, entry.source.href) == (outlet.name, f"http://{outlet.host}:{shared.port}/")
        assert entry.source.title in names
    found = json.loads(searched(shared, gdelt["query"])[2])["articles"]
    assert [one["url"] for one in found] == [entry.link for entry in parsed.entries]


# Sources


def test_the_demonstration_may_show_every_kind(shared):
    sources = shared.sources(KINDS)
    assert Counter(source["kind"] for source in sources) == {
        "feeds": 8, "sitemaps": 1, "listings": 1, "telegram": 1, "search": 1,
    }  # fmt: skip
    assert [id_ for id_, _, _ in shared.publishers(KINDS)] == list(dict.fromkeys(one["outlet"] for one in sources))
    assert len({source["id"] for source in sources}) == len(sources)
    for source in sources:
        assert source["id"] == "demo-lost-signal" or ask(source["url"].replace("{query}", "Korea"))[0] == 200
    assert ask(f"http://{shared.search_host}:{shared.port}/rss.xml")[0] == 404


def test_every_outlet_can_be_a_source_of_every_kind_that_it_offers(shared):
    for kind in KINDS[:-1]:
        sources = shared.sources_of(kind)
        assert len(sources) == (8 if kind == "feeds" else 9)
        assert {source["kind"] for source in sources} == {kind}
        expected = shared.expected_of(kind, ROUNDS)
        assert expected.articles == sum(len(shared.stories[shared.outlet(one["outlet"])]) for one in sources)
        late = shared.expected_of(kind, ROUNDS, reach=timedelta(hours=48))
        assert len(late.baseline) < len(expected.baseline)
        assert (late.alerts, late.quiet) == (expected.alerts, expected.quiet)
    assert all("/demo_" in url for url in shared.expected_of("telegram", 2).alerts)


# Pages


def test_pages_are_the_same_bytes_in_another_press_on_the_same_port():
    def everything(press):
        press.publish(ROUNDS)
        pages = {press.url(outlet, story): ask(press.url(outlet, story))[2] for outlet, story in all_stories(press)}
        lists = [source["url"] for kind in KINDS for source in press.sources_of(kind)]
        lists += [
            press.list_url(outlet, "sitemaps").replace(".xml", "-news.xml.gz") for outlet in up(press, "sitemaps")
        ]
        live = [url for url in lists if "127.0.1.8:" not in url]
        return pages | {url: ask(url.replace("{query}", "Korea"))[2] for url in live}

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
    for outlet, story in written(shared):
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
    for outlet in dict.fromkeys(outlet for outlet, _ in written(shared)):
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
        assert (f'href="{base}{outlet.feed}"' in front) == ("feeds" in outlet.kinds)
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
    readers = [threading.Thread(target=ask, args=(press.feed_url(outlet),)) for outlet in up(press, "feeds") * 5]
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
    deadline = time.monotonic() + 10  # a busy machine may come to the request only now
    while not press.hits and time.monotonic() < deadline:
        time.sleep(0.01)
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


def test_a_list_may_be_right_and_have_nothing_in_it(press):
    press.publish(ROUNDS)
    for kind in KINDS:
        url = press.list_url(press.outlets[0], kind) + ("?query=Korea&format=json" if kind == "search" else "")
        press.fault(url, Fault.nothing())
        status, _, body = ask(url, {"If-None-Match": "*"})
        assert status == 200
        if kind == "feeds":
            assert feedparser.parse(body).feed.title == press.outlets[0].name
            assert not listed(press.outlets[0], body)
        elif kind == "sitemaps":
            assert not len(lxml.etree.fromstring(body))
        elif kind == "search":
            assert json.loads(body) == {}
        else:
            tree = lxml.html.fromstring(body)
            assert tree.cssselect("ol.news-list, section.tgme_channel_history")
            assert not tree.cssselect("ol.news-list a, [data-post]")


def test_what_stands_in_the_way_of_a_feed_is_as_sites_have_it(press):
    url = feed_of(press)
    for name, wall in WALLS.items():
        press.fault(url, Fault.wall(name))
        status, headers, body = ask(url, {"If-None-Match": "*"})
        assert (status, body, headers["ETag"]) == (wall.status, wall.body, None)
        assert {key: headers.get_all(key) for key in wall.headers} == {
            key: [value] for key, value in wall.headers.items()
        }
    assert [WALLS[name].status for name in ("cloudflare", "cloudflare-503", "consent")] == [403, 503, 200]


def test_ways_to_break_a_feed_are_named_with_what_should_be_said_of_them(press):
    url = feed_of(press)
    right = ask(url)[2]
    assert {broken.outcome for broken in FAULTS.values()} <= {str(outcome) for outcome in Outcome}
    assert len({broken.outcome for broken in FAULTS.values()}) >= 10
    for name, broken in FAULTS.items():
        press.fault(url, broken.make())
        if name == "drip":  # would never end
            continue
        try:
            answer = ask(url, timeout=0.3)
        except (OSError, http.client.HTTPException):
            answer = None
        assert answer is None or (answer[0], answer[2], answer[1]["Content-Encoding"]) != (200, right, None), name


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_bomb_is_small_until_it_is_unpacked(press, encoding):
    url = feed_of(press)
    press.fault(url, Fault.bomb(encoding, size=20_000_000))
    _, headers, body = ask(url)
    assert headers["Content-Encoding"] == encoding
    assert len(body) < 30_000
    unpacked = gzip.decompress(body) if encoding == "gzip" else brotli.decompress(body)
    assert (len(unpacked), unpacked.count(0)) == (20_000_000, 20_000_000)


def test_xml_may_be_a_trap(press):
    url = feed_of(press)
    press.fault(url, Fault.laughs())
    body = ask(url)[2]
    assert len(body) < 2000
    assert body.count(b"<!ENTITY") == 13
    with pytest.raises(lxml.etree.XMLSyntaxError, match=r"entity|amplification"):
        lxml.etree.fromstring(body, lxml.etree.XMLParser(resolve_entities=True))
    press.fault(url, Fault.nested())
    body = ask(url)[2]
    assert (body.count(b"<a>"), body.count(b"</a>")) == (100_000, 0)


def test_a_body_may_drip_for_ever_and_does_not_keep_the_press_from_stopping(press):
    url = feed_of(press)
    parts = urlsplit(url)
    press.fault(url, Fault.dripping(0.01))
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b"GET /rss.xml HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while len(received.partition(b"\r\n\r\n")[2]) < 20:
            received += connection.recv(100)
        head, _, body = received.partition(b"\r\n\r\n")
        assert b"Content-Length" not in head
        assert body.startswith(b'<?xml version="1.0"')
        press.stop()


def test_redirects_may_lead_astray(press):
    url = feed_of(press)
    press.fault(url, Fault.loop())
    status, headers, _ = ask(url)
    again = urljoin(url, headers["Location"])
    assert (status, again) == (302, url + "?again=1")
    assert urljoin(again, ask(again)[1]["Location"]) == again
    press.fault(url, Fault.private())
    assert ask(url)[1]["Location"] == "http://10.0.0.7/feed.xml"
    press.fault(url, Fault.private("file:///etc/passwd"))
    assert ask(url)[1]["Location"] == "file:///etc/passwd"


def test_half_a_feed_may_pass_for_the_whole_and_everything_for_unchanged(press):
    url = feed_of(press)
    right = ask(url)[2]
    press.fault(url, Fault.half())
    status, headers, body = ask(url)
    assert (status, body, headers["ETag"]) == (200, right[: len(right) // 2], None)
    press.fault(url, Fault.unmodified())
    assert ask(url)[::2] == (304, b"")


def test_robots_are_as_they_are_set(press):
    outlet = press.outlets[0]
    url = f"http://{outlet.host}:{press.port}/robots.txt"
    right = ask(url)[2]
    press.robots(outlet, "User-agent: *\nCrawl-delay: 3\n")
    assert ask(url)[2] == b"User-agent: *\nCrawl-delay: 3\n"
    press.robots(outlet.host, 503)
    assert ask(url)[0] == 503
    press.robots(outlet, Fault.redirect("/other.txt"))
    assert ask(url)[0] == 301
    press.robots(outlet, Fault.hang())
    with pytest.raises(TimeoutError):
        ask(url, timeout=0.1)
    press.robots(outlet, None)
    assert ask(url)[2] == right


def ask_tls(url, authority=None):
    parts = urlsplit(url)
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if authority is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=5, context=context)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_an_address_may_speak_tls_with_a_good_certificate_or_a_bad_one(press):
    courier = press.outlets[0]
    good = press.tls("127.0.1.21", courier, flaw="")
    assert good == f"https://127.0.1.21:{press.port}"
    assert ask_tls(good + "/rss.xml", press.authority) == (200, ask(press.feed_url(courier))[2])
    for place, flaw in enumerate(("self-signed", "expired", "other-name"), 22):
        url = press.tls(f"127.0.1.{place}", courier, flaw=flaw) + "/rss.xml"
        assert ask_tls(url)[0] == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            ask_tls(url, press.authority)
    assert ask_tls(press.add("127.0.1.22", "/more", b"more"))[1] == b"more"
    with pytest.raises(ValueError, match=r"127\.0\.1\.22 is in use"):
        press.tls("127.0.1.22")
    socket.create_connection(("127.0.1.21", press.port)).close()  # hands are never shaken
    press.stop()
    press.start()
    assert ask_tls(good + "/rss.xml", press.authority)[0] == 200


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
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - in the background of a shell it is ignored
    ) as process:  # fmt: skip
        try:
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
