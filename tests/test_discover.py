"""What a site offers: what its page, its robots.txt and its answers say, before anything of it is tried."""

from datetime import UTC, datetime, timedelta

import pytest

from spiders.discover import FEED_PATHS, Looked, Offer, address_key, guessed, is_aside, look_at, named_in_robots
from spiders.find import Tried, ranked
from spiders.found import ReadContext
from spiders.probe import Probed
from storage.model import Entry, Outcome, PollResult, Precision, Published, Source, TimeOrigin

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RSS = b"""<?xml version="1.0"?><!-- made by hand --><rss version="2.0"><channel><title><![CDATA[Tumen &amp; Courier]]></title>
<item><title>Wagons</title><link>http://a.example/1</link></item></channel></rss>"""
PAGE = """<!doctype html><html><head><title>Tumen Courier | Front page</title><meta property="og:site_name" content="Tumen Courier">
<base href="http://a.example/en/">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml; charset=utf-8" title="News" href="news.rss">
<link rel="alternate" type="application/atom+xml" href="http://a.example/atom">
<link rel="alternate" hreflang="ko" href="/ko/">
<link rel="stylesheet" type="text/css" href="/x.css">
</head><body>
<a href="/rss/politics.xml">Politics</a> <a href="/about">RSS</a> <a href="https://feedly.com/i/subscription/feed/x">Follow</a>
<a href="/podcast/rss.xml">Podcast</a> <a href="news.rss">again</a> <a href="/2026/feeding-the-army">Feeding the army</a>
<a href="/embassy-rss-attache">A long way</a> <a href="mailto:rss@a.example">Mail</a> <a href="http://[broken/rss">x</a>
<a href="https://t.me/tumen_courier">Telegram</a> <a href="https://t.me/s/tumen_courier">Telegram</a></body></html>"""


def look(body, content_type="text/html", url="http://a.example/", **rest):
    return look_at(
        body if isinstance(body, bytes) else body.encode(), ReadContext("new", url, NOW, content_type), **rest
    )


def offered(looked, kind="feeds"):
    return [one.url for one in looked.offers if one.kind == kind]


def test_what_a_page_names():
    found = look(PAGE)
    assert (found.what, found.title) == ("page", "Tumen Courier")
    assert offered(found) == [
        "http://a.example/en/news.rss",
        "http://a.example/atom",
        "http://a.example/comments/feed",  # comments come last among what is named
        "http://a.example/rss/politics.xml",
        "http://a.example/about",
        "http://a.example/embassy-rss-attache",  # a guess may be wrong; it is tried
        "http://a.example/podcast/rss.xml",
    ]
    assert [one.aside for one in found.offers if one.kind == "feeds"] == [False, False, True, False, False, False, True]
    assert offered(found, "telegram") == ["https://t.me/s/tumen_courier"]


def test_channels_of_others_are_not_offered():
    assert not offered(look(PAGE.replace("t.me/s/tumen_courier", "t.me/border_post")), "telegram")


@pytest.mark.parametrize(
    ("body", "content_type", "what", "title"),
    [
        (RSS, "text/xml", "feeds", "Tumen & Courier"),
        (RSS, "text/html", "feeds", "Tumen & Courier"),
        (b"\xef\xbb\xbf\n" + RSS, "", "feeds", "Tumen & Courier"),
        (RSS.decode().encode("utf-16"), "application/xml", "feeds", "Tumen & Courier"),
        (
            b'<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Post</title><entry><title>No</title></entry></feed>',
            "",
            "feeds",
            "Post",
        ),
        (b'<rss version="2.0"><channel><item><title>Not the title</title></item></channel></rss>', "", "feeds", ""),
        (
            b'{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", "items": []}',
            "application/json",
            "feeds",
            "Harbour",
        ),
        (b"<urlset><url><loc>http://a.example/1</loc></url></urlset>", "text/xml", "sitemaps", ""),
        (b"http://a.example/1\nhttp://a.example/2\n", "text/plain", "sitemaps", ""),
        (b"<p>words</p>", "text/html", "page", ""),
        (b"%PDF-1.7", "application/pdf", "", ""),
        (b"", "text/html", "", ""),
        (b'{"a": 1}', "application/json", "", ""),
    ],
)
def test_what_an_answer_is(body, content_type, what, title):
    found = look(body, content_type)
    assert (found.what, found.title) == (what, title)


def test_a_channel_is_told_by_its_address():
    assert look("<html>", url="https://t.me/s/tumen_courier") == Looked("telegram")


def test_an_index_names_its_sitemap_of_news():
    names = ["posts-1", "news", "authors"]
    index = "".join(f"<sitemap><loc>http://a.example/sitemap-{one}.xml</loc></sitemap>" for one in names)
    assert offered(look(f"<sitemapindex>{index}</sitemapindex>", "text/xml"), "sitemaps") == [
        "http://a.example/sitemap-news.xml"
    ]


def test_sitemaps_of_robots_news_first():
    text = "User-agent: *\nSITEMAP : http://a.example/sitemap.xml\nSitemap: /news.xml # fresh\nsitemap: ftp://a.example/x\nNot sitemap: http://no.example/"
    assert [one.url for one in named_in_robots(text, "http://a.example")] == [
        "http://a.example/news.xml",
        "http://a.example/sitemap.xml",
    ]
    assert len(named_in_robots("".join(f"Sitemap: /{n}.xml\n" for n in range(99)), "http://a.example")) == 3


def test_guesses_are_few():
    assert len(FEED_PATHS) <= 15
    assert guessed("http://a.example", "feeds")[0].url == "http://a.example/feed"


def test_a_page_of_links_is_proposed_only_when_asked_for():
    items = "".join(
        f'<li><h2><a href="/news/{n}-wagons-cross-the-river">Wagons cross the Tumen river again, day {n}</a></h2></li>'
        for n in range(100, 112)
    )
    page = f"<html><body><ul class='news'>{items}</ul></body></html>"
    assert not look(page).offers
    (offer,) = look(page, listing=True).offers
    assert offer.kind == "listings"
    assert offer.listing.links


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://www.a.example/feed/", "https://a.example:443/feed", True),
        ("https://a.example/?feed=rss2", "https://a.example/?feed=atom", False),
        ("https://t.me/Tumen", "https://t.me/s/tumen", True),
        ("https://a.example:8443/feed", "https://a.example/feed", False),
        ("https://a.example/Feed", "https://a.example/feed", False),
        ("http://[broken", "http://[broken", True),
    ],
)
def test_the_same_list(one, other, same):
    assert (address_key(one) == address_key(other)) is same


@pytest.mark.parametrize(
    "url", ["http://a.example/comments/feed", "http://a.example/feed?tag=/tag/x", "http://a.example/podcast.xml"]
)
def test_asides(url):
    assert is_aside(url, "")
    assert not is_aside("http://a.example/news/feed", "Новини")


@pytest.mark.parametrize("words", ["Комментарии", "Коментарі до запису", "댓글"])
def test_asides_by_title(words):
    assert is_aside("http://a.example/feed", words)


def tried(
    url, *, kind="feeds", entries=3, whole=False, age=1, outcome=Outcome.NEW, why="named by the page", text="", **rest
):
    at = Published(NOW - timedelta(days=age), None, Precision.MINUTE, TimeOrigin.FEED)
    found = tuple(
        Entry(str(n), f"{url}/{n}", f"{rest.get('same', url)}/{n}", "A title", text, published=at, whole=whole)
        for n in range(entries)
    )
    result = PollResult("new", NOW, outcome, NOW, entries=found)
    return Tried(Offer(url, kind, why), Probed(Source("new", "new", "", url, kind=kind), result), rest.get("title", ""))


def test_the_best_comes_first():
    order = [
        tried("fresh-whole", whole=True, text="x" * 900),
        tried("fresh-summaries", text="x" * 200),
        tried("fresh-titles"),
        tried("guessed-titles", why="a common address"),
        tried("news-sitemap", kind="sitemaps"),
        tried("channel", kind="telegram", whole=True),
        tried("listing", kind="listings"),
        tried("old", age=400, whole=True),
        tried("comments/feed", whole=True),
        tried("dead", entries=0, outcome=Outcome.GONE),
    ]
    assert [one.offer.url for one in ranked(reversed(order), NOW)] == [one.offer.url for one in order]


def test_the_same_entries_at_two_addresses_are_offered_once():
    assert [one.offer.url for one in ranked([tried("a", same="x"), tried("b", same="x"), tried("c")], NOW)] == [
        "a",
        "c",
    ]
