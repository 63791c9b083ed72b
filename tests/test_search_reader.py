"""Searches: what is asked, what GDELT and the feeds of news searches answer, and every way in which that is wrong."""

import json
import random
import re
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.feed_reader import read_feed
from spiders.found import ReadContext, ReadFaultError
from spiders.markup import visible
from spiders.search_feed import read_search_feed
from spiders.search_names import country_of, language_of
from spiders.search_reader import is_gdelt, read_search, search_url
from storage.model import Outcome, Precision, Published, Publisher, TimeOrigin
from tests.mutation import mutated

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus" / "feeds"
GDELT = "https://api.gdelt.example/api/v2/doc/doc"
GOOGLE = "https://news.google.com/rss/articles/CBMiabc123?oc=5"


def context(**rest):
    return ReadContext(**{"source": "search", "url": f"{GDELT}?query=x", "now": NOW, **rest})


def read(body, **rest):
    return read_search(body if isinstance(body, bytes) else body.encode(), context(**rest))


def article(**rest):
    return {
        "url": "https://www.herald.example/world/tumen-train",
        "url_mobile": "https://m.herald.example/world/tumen-train",
        "title": "Train with shells crosses the Tumen",
        "seendate": "20261123T101500Z",
        "socialimage": "https://cdn.herald.example/1.jpg",
        "domain": "herald.example",
        "language": "Korean",
        "sourcecountry": "South Korea",
        **rest,
    }


def answer(*articles):
    return json.dumps({"articles": articles}, ensure_ascii=False)


def only(body, **rest):
    found = read(body, **rest)
    assert found.faults == ()
    (entry,) = found.entries
    return entry


def titled(title):
    return only(answer(article(title=title))).title


def fault(body, reader=read_search, **rest):
    with pytest.raises(ReadFaultError) as caught:
        reader(body if isinstance(body, bytes) else body.encode(), context(**rest))
    return caught.value.outcome, str(caught.value)


# --- GDELT ---


def test_an_article():
    entry = only(answer(article()))
    assert (entry.title, entry.text, entry.language) == ("Train with shells crosses the Tumen", "", "ko")
    assert entry.key == entry.url == "https://www.herald.example/world/tumen-train"
    assert entry.canonical_url == "https://herald.example/world/tumen-train"
    assert entry.image == "https://cdn.herald.example/1.jpg"
    assert entry.publisher == Publisher("herald.example", "herald.example", "KR")
    # when GDELT saw it is no more than a guess: the page's own time is to replace it
    assert entry.published == Published(
        datetime(2026, 11, 23, 10, 15, tzinfo=UTC), None, Precision.MINUTE, TimeOrigin.GUESS
    )


@pytest.mark.parametrize("body", ["{}", '{"articles": []}', " {}\n", "\ufeff{}"])
def test_nothing_found_is_no_fault(body):
    found = read(body)
    assert (found.entries, found.faults, found.whole) == ((), (), True)


@pytest.mark.parametrize(
    ("seen", "at"),
    [("20261123T101500Z", (10, 15)), ("20261123101500", (10, 15)), ("20261399T101500Z", None), ("", None), ("20300101T000000Z", None), ("19700101T000000Z", None), (7, None), (None, None)],
)  # fmt: skip
def test_when_it_was_seen(seen, at):
    published = only(answer(article(seendate=seen))).published
    assert (published and published.at) == (at and datetime(2026, 11, 23, *at, tzinfo=UTC))


@pytest.mark.parametrize(
    ("domain", "host"),
    [("herald.example", "herald.example"), (" Herald.Example ", "herald.example"), ("", "www.herald.example"), ("not a host", "www.herald.example"), (None, "www.herald.example"), ("x/../y", "x")],
)  # fmt: skip
def test_publishers(domain, host):
    assert only(answer(article(domain=domain))).publisher.host == host


@pytest.mark.parametrize(
    ("name", "code"),
    [("English", "en"), ("Ukrainian", "uk"), ("Russian", "ru"), ("Korean", "ko"), ("Japanese", "ja"), ("Norwegian", "no"), ("NorwegianNynorsk", "nn"), ("ChineseT", "zh"), ("Klingon", ""), ("", "")],
)  # fmt: skip
def test_languages(name, code):
    assert language_of(name) == code
    assert only(answer(article(language=name)), language="de").language == (code or "de")


@pytest.mark.parametrize(
    ("name", "code"),
    [("South Korea", "KR"), ("North Korea", "KP"), ("Russia", "RU"), ("Ukraine", "UA"), ("United States", "US"), ("United Kingdom", "GB"), ("Cote D'Ivoire", "CI"), ("Bosnia-Herzegovina", "BA"), ("The Gambia", "GM"), ("Atlantis", ""), ("", "")],
)  # fmt: skip
def test_countries(name, code):
    assert country_of(name) == code


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Seoul : troops , shells ; what next ?", "Seoul: troops, shells; what next?"),
        ("Kim ' s train ( armoured ) crosses", "Kim's train (armoured) crosses"),
        ("Moscow doesn ' t say", "Moscow doesn't say"),
        ("He says ' no ' to it", "He says ' no ' to it"),  # which mark belongs where is not certain
        ('The " deal " is done', 'The " deal " is done'),
        ("Up by . 5 percent , or 5 % of it", "Up by. 5 percent, or 5% of it"),
        ("Pyongyang - Moscow", "Pyongyang - Moscow"),
        ("«Эшелон » прошёл", "«Эшелон» прошёл"),
        ("Tom &amp; Kim &#039;s", "Tom & Kim 's"),
        ("a < b and <b>c</b>", "a < b and c"),
        ("1:15 .NET", "1:15 .NET"),
    ],
)
def test_titles_have_their_marks_at_their_words(written, meant):
    assert titled(written) == meant


MENDED = {
    "control characters": answer(article(title="A\ttitle")).replace("\\t", "\t\x01"),
    "an apostrophe escaped": answer(article(title="A title's")).replace("title's", "title\\'s"),
    "a lone backslash": answer(article(title="A title")).replace("A title", "A \\ title \\d \\u12"),
    "a bare quote": answer(article(title="A title")).replace("A title", 'A "bare" title "'),
    "both": answer(article(title="A title")).replace("A title", 'A \\\\ "bare" title \\x'),
}


@pytest.mark.parametrize("body", MENDED.values(), ids=MENDED)
def test_broken_json_is_mended(body):
    found = read(body)
    assert (len(found.entries), found.whole, found.faults) == (1, True, ())
    assert found.entries[0].title.startswith("A ")
    assert found.entries[0].language == "ko"


def test_good_escapes_stay_what_they_are():
    body = answer(article(title='A \\ "quoted" 두만강 /'), article(url="https://x.example/2", title="bad")).replace(
        "bad", "b\\ad"
    )
    assert [one.title for one in read(body).entries] == ['A \\ "quoted" 두만강 /', "b\\ad"]


def test_what_cannot_be_mended_is_read_one_by_one():
    many = [article(url=f"https://x.example/{n}") for n in range(5)]
    body = answer(*many)
    cut = read(body[:-120])
    assert [one.url[-1] for one in cut.entries] == ["0", "1", "2", "3"]
    assert not cut.whole
    assert "read as far as it goes" in cut.faults[0]
    broken = read(body.replace('"domain"', "domain", 1))
    assert [one.url[-1] for one in broken.entries] == ["1", "2", "3", "4"]


def test_what_is_no_article_is_named_and_left_out():
    body = answer(
        article(),
        "x",
        None,
        article(url=""),
        article(url="mailto:x"),
        article(url=7),
        article(url="https://x.example/"),
    )
    found = read(body)
    assert len(found.entries) == 1
    assert len(found.faults) == 6
    assert found.whole


def test_one_article_twice_is_one():
    found = read(answer(article(), article(url="http://herald.example/world/tumen-train?utm_source=x", title="again")))
    assert [one.title for one in found.entries] == ["Train with shells crosses the Tumen"]


def test_the_cap():
    found = read(answer(*(article(url=f"https://x.example/{n}") for n in range(5))), max_entries=3)
    assert len(found.entries) == 3
    assert found.faults == ("5 entries, the first 3 were read",)


SAID = {
    "too short": ("Your query was too short or too long.\n", Outcome.NOT_A_FEED, 'GDELT answers: "Your query was too short or too long."'),
    "timespan": ("Timespan is too short.", Outcome.NOT_A_FEED, 'GDELT answers: "Timespan is too short."'),
    "phrase": ("The specified phrase is too short.", Outcome.NOT_A_FEED, "phrase is too short"),
    "invalid": ("Invalid mode.", Outcome.NOT_A_FEED, "Invalid mode"),
    "limit": ("Please limit requests to one every 5 seconds or contact us.", Outcome.REFUSED, "Please limit requests"),
    "limit, in other words": ("Error: Too many requests", Outcome.REFUSED, "Too many"),
    "markup": ("Sorry, <b>none</b> today", Outcome.NOT_A_FEED, 'GDELT answers: "Sorry, none today"'),
    "empty": ("", Outcome.NOT_A_FEED, "empty"),
    "html": ("<!doctype html><html><p>x", Outcome.NOT_A_FEED, "an HTML page"),
    "another list": ('{"timeline": [], "query": {}}', Outcome.NOT_A_FEED, "it has timeline, query"),
    "no list": ('{"articles": {"url": "https://x.example/a"}}', Outcome.NOT_A_FEED, "no list of articles"),
    "null": ('{"articles": null}', Outcome.NOT_A_FEED, "no list"),
    "an array": ("[1]", Outcome.NOT_A_FEED, 'GDELT answers: "[1]"'),
    "pdf": (b"%PDF-1.4", Outcome.NOT_A_FEED, "not search results but a PDF"),
    "broken": ('{"articles": [{"title": ', Outcome.PARSE_FAULT, "JSON that cannot be read"),
    "deep": ('{"articles":' + "[" * 100_000, Outcome.PARSE_FAULT, "cannot be read"),
    "deep articles": ('{"articles":[' + '{"url":' * 100_000, Outcome.PARSE_FAULT, "cannot be read"),
    "a giant number": ('{"articles": [' + "1" * 50_000 + "]}", Outcome.PARSE_FAULT, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "outcome", "message"), SAID.values(), ids=SAID)
def test_what_it_says_instead(body, outcome, message):
    found = fault(body)
    assert found[0] == outcome
    assert message in found[1]
    assert len(found[1]) < 300


def test_its_feeds_are_read_as_well():
    rss = "<rss version='2.0'><channel><item><title>t</title><link>https://www.herald.example/a</link></item></channel></rss>"
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"id": "1", "url": "https://www.herald.example/a", "title": "t"}],
    }
    for body in (rss, json.dumps(feed)):
        entry = only(body)
        assert (entry.title, entry.publisher) == ("t", Publisher("www.herald.example", "www.herald.example"))


# --- what is asked ---


def asked(url, query=""):
    return {
        name: value
        for name, (value,) in parse_qs(urlsplit(search_url(url, query, NOW)).query, keep_blank_values=True).items()
    }


def test_gdelt_is_asked_for_its_newest():
    standard = {"mode": "artlist", "format": "json", "sort": "datedesc", "maxrecords": "250", "timespan": "1d"}
    assert asked(GDELT, '"North Korea" (shells OR снаряды)') == {
        "query": '"North Korea" (shells OR снаряды)',
        **standard,
    }
    assert asked(f"{GDELT}?query=a%20b&mode=artlist") == {"query": "a b", **standard}


def test_what_the_address_says_wins():
    there = asked(f"{GDELT}/?timespan=3h&MaxRecords=50&sort=", "x y")
    assert there == {
        "query": "x y",
        "mode": "artlist",
        "format": "json",
        "sort": "datedesc",
        "MaxRecords": "50",
        "timespan": "3h",
    }
    assert "timespan" not in asked(f"{GDELT}?startdatetime=20261101000000", "x")
    assert asked(f"{GDELT}?query={{query}}", "x y&z") == {"query": "x y&z"}


def test_other_searches():
    assert (
        search_url("https://x.example/rss?q={query}&hl=ko", "두만강 OR a&b", NOW)
        == "https://x.example/rss?q=%EB%91%90%EB%A7%8C%EA%B0%95%20OR%20a%26b&hl=ko"
    )
    assert search_url("https://x.example/rss?q=fixed", "", NOW) == "https://x.example/rss?q=fixed"
    assert (
        search_url("https://x.example/rss?q={query}&from={YYYY}-{MM}-{DD}", "x", NOW)
        == "https://x.example/rss?q=x&from=2026-11-22"
    )
    assert asked(f"{GDELT}?startdatetime={{YYYY}}{{MM}}{{DD}}000000", "x{}")["startdatetime"] == "20261122000000"


@pytest.mark.parametrize(
    ("url", "query", "message"),
    [
        ("https://x.example/rss?q={query}", "", "there is none"),
        ("https://x.example/rss", "x", "no place for it"),
        (GDELT, "", "GDELT must be told a query"),
        (f"{GDELT}?query=", "", "GDELT must be told a query"),
        (f"{GDELT}?query=a", "b", "another one in the address"),
        ("https://x.example/{word}", "", "unknown placeholder"),
    ],
)
def test_queries_without_place_and_places_without_query(url, query, message):
    with pytest.raises(ValueError, match=message):
        search_url(url, query, NOW)


def test_whose_address_is_gdelts():
    assert is_gdelt(GDELT)
    assert is_gdelt("http://127.0.0.1:8000/gdelt/api/v2/doc/doc?query=x")
    assert not is_gdelt("https://news.google.com/rss/search?q=/api/v2/doc/doc")


# --- feeds of news searches ---


def rss(*items):
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:News="https://www.bing.com/news/search"><channel><title>"x" - News</title>{"".join(items)}</channel></rss>'.encode()


def item(
    link=GOOGLE,
    title="Train crosses the Tumen - The Herald",
    inner="",
    source='<source url="https://www.herald.example">The Herald</source>',
):
    return f"<item><title>{escape(title)}</title><link>{escape(link)}</link>{inner}{source}</item>"


def news(*items, url="https://news.google.com/rss/search?q=x", **rest):
    return read_search_feed(rss(*items), context(url=url, **rest))


def one(*items, **rest):
    found = news(*items, **rest)
    assert found.faults == ()
    (entry,) = found.entries
    return entry


def anchor(title, name):
    return f'<a href="{GOOGLE}" target="_blank">{title}</a>&nbsp;&nbsp;<font color="#6f6f6f">{name}</font>'


def description(markup, *, cdata=False):
    return f"<description>{f'<![CDATA[{markup}]]>' if cdata else escape(markup)}</description>"


LIST = f"<ol><li>{anchor('Train crosses the Tumen', 'The Herald')}</li><li>{anchor('Shells on the rails', 'Courier')}</li></ol>"


@pytest.mark.parametrize("cdata", [False, True])
@pytest.mark.parametrize("markup", [LIST, anchor("Train crosses the Tumen", "The Herald")])
def test_an_item_of_google(markup, cdata):
    entry = one(
        item(
            inner=f'<guid isPermaLink="false">CBMi1</guid><pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate>{description(markup, cdata=cdata)}'
        )
    )
    assert (entry.title, entry.text) == ("Train crosses the Tumen", "")
    assert entry.publisher == Publisher("www.herald.example", "The Herald")
    assert (entry.key, entry.url) == ("CBMi1", GOOGLE)
    assert entry.published.at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_list_that_changes_makes_no_new_version():
    first = one(item(inner=description(LIST)))
    other = one(item(inner=description(LIST.replace("Courier", "Messenger"))))
    assert first == other
    assert first.sha256 != one(item(title="Another title - The Herald", inner=description(LIST))).sha256


@pytest.mark.parametrize(
    "markup",
    [
        "A summary of its own.",
        "Train crosses the Tumen, and soldiers with it.",
        f"Before it: {anchor('Train crosses the Tumen', 'x')}",
        '<a href="/x">A summary inside a link</a>',
        "<p>Words</p><a href='/x'>more</a>",
    ],
)
def test_a_summary_of_its_own_stays(markup):
    assert one(item(inner=description(markup))).text


@pytest.mark.parametrize(
    ("title", "source", "meant"),
    [
        ("Train - a film - The Herald", '<source url="https://x.example">The Herald</source>', "Train - a film"),
        (
            "Train - The Herald Tribune",
            '<source url="https://x.example">The Herald</source>',
            "Train - The Herald Tribune",
        ),
        ("기차가 건넜다 - 똠일보", '<source url="https://x.example"><![CDATA[똠일보]]></source>', "기차가 건넜다"),
        ("Train - A&B", '<source url="https://x.example">A&amp;B</source>', "Train"),
        ("Train - The Herald", "", "Train - The Herald"),
        ("The Herald", '<source url="https://x.example">The Herald</source>', "The Herald"),
    ],
)
def test_the_publishers_name_is_no_part_of_the_title(title, source, meant):
    assert one(item(title=title, source=source)).title == meant


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url=https%3a%2f%2fwww.herald.example%2fa%3fb%3d1&c=2&mkt=en-us", "https://www.herald.example/a?b=1"),
        ("https://www.google.com/url?rct=j&sa=t&url=https://www.herald.example/a&ct=ga", "https://www.herald.example/a"),
        ("https://www.google.co.kr/url?q=https://www.herald.example/a&sa=U", "https://www.herald.example/a"),
        ("https://www.google.com/url?q=javascript:x", "https://www.google.com/url?q=javascript:x"),
        ("https://www.google.com/url?q=https://www.herald.example/", "https://www.google.com/url?q=https://www.herald.example/"),
        ("https://www.other.example/url?q=https://www.herald.example/a", "https://www.other.example/url?q=https://www.herald.example/a"),
        (GOOGLE, GOOGLE),
    ],
)  # fmt: skip
def test_redirecting_links_are_opened_where_they_name_their_target(link, url):
    entry = one(item(link=link, source=""))
    assert entry.url == entry.key == url


def test_bings_items():
    link = "http://www.bing.com/news/apiclick.aspx?tid={}&url=https%3a%2f%2fwww.herald.example%2fa&c=2"
    entry = one(
        item(link=link.format(1), title="Train", source="<News:Source>The Herald</News:Source>"),
        url="https://www.bing.com/news/search?q=x&format=rss",
    )
    again = one(
        item(link=link.format(2), title="Train", source="<News:Source>The Herald</News:Source>"),
        url="https://www.bing.com/news/search?q=x&format=rss",
    )
    assert entry.publisher == Publisher("www.herald.example", "The Herald")
    assert entry == again  # whatever the number of the click


@pytest.mark.parametrize(
    ("link", "source", "publisher"),
    [
        ("https://www.herald.example/a", "", Publisher("www.herald.example", "www.herald.example")),
        ("https://www.herald.example/a", "<source>The Herald</source>", Publisher("www.herald.example", "The Herald")),
        (
            "https://www.herald.example/a",
            '<source url="https://herald.example/rss">H</source>',
            Publisher("herald.example", "H"),
        ),
        (GOOGLE, "", None),
        (GOOGLE, '<source url="nothing">The Herald</source>', None),
        ("", '<source url="https://herald.example/rss">H</source>', None),
        ("", "", None),
    ],
)
def test_who_published_it(link, source, publisher):
    assert one(item(link=link, source=source)).publisher == publisher


def test_each_item_has_its_own_publisher():
    links = [f"https://news.google.com/rss/articles/{n}" for n in range(30)]
    found = news(
        *(
            item(link=link, title=f"t{n} - H{n}", source=f'<source url="https://h{n}.example">H{n}</source>')
            for n, link in enumerate(links)
        )
    )
    assert [(entry.title, entry.publisher.host) for entry in found.entries] == [
        (f"t{n}", f"h{n}.example") for n in range(30)
    ]


def test_two_clicks_to_one_article_are_one_entry():
    link = "https://www.google.com/url?q=https://www.herald.example/a&n={}"
    assert len(news(item(link=link.format(1)), item(link=link.format(2))).entries) == 1


def test_a_page_is_no_feed():
    with pytest.raises(ReadFaultError, match="an HTML page"):
        read_search_feed(b"<!doctype html><html><p>Before you continue", context())


# --- properties ---


def well_formed(entries):
    for entry in entries:
        assert entry.canonical_url
        assert entry.key
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", entry.key + entry.url + (entry.image or ""))
        texts = [entry.canonical_url, entry.title, entry.text, entry.language]
        texts += [entry.publisher.host, entry.publisher.name, entry.publisher.country] if entry.publisher else []
        for text in texts:
            assert visible(text) == text
            text.encode()
        assert entry.published is None or entry.published.at.tzinfo is UTC
        assert entry.publisher is None or entry.publisher.host
    assert len({entry.key for entry in entries}) == len(entries)
    assert len({entry.canonical_url for entry in entries}) == len(entries)


BITS = [b"\\", b'"', b"\\u", b"\\ud800", b"{", b"]", b"null", b"\x00", b"<source url='", b"<item>", b"&#0;", b'{"url":']


def survives(body):
    for reader in (read_search, read_search_feed):
        try:
            found = reader(body, context())
        except ReadFaultError as error:
            message = error.message
        else:
            well_formed(found.entries)
            message = "".join(found.faults)
        assert visible(message) == message


SAMPLES = [
    answer(*(article(url=f"https://x.example/{n}", title=f'Ешелон "{n}" \\ , 열차') for n in range(8))).encode(),
    rss(*(item(link=f"{GOOGLE}{n}", inner=description(LIST) + f"<guid>g{n}</guid>") for n in range(8))),
    rss(
        *(
            item(link=f"http://www.bing.com/news/apiclick.aspx?url=https%3a%2f%2fx.example%2f{n}", source="")
            for n in range(8)
        )
    ),
]


@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_mutated_ones(body, chance):
    survives(mutated(body, chance, BITS))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["url", "title", "seendate", "domain", "language", "sourcecountry", "socialimage", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=120, deadline=None)
def test_anything_as_articles(data):
    survives(json.dumps({"articles": [data, article()]}).encode())
    survives(json.dumps({"articles": data}).encode())
    survives(json.dumps([data]).encode())


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=6))
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read(titles):
    found = read(answer(*(article(url=f"https://x.example/{n}", title=title) for n, title in enumerate(titles))))
    assert [entry.url for entry in found.entries] == [f"https://x.example/{n}" for n in range(len(titles))]
    assert found.faults == ()


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")
def test_real_feeds_as_if_a_search_had_found_them():
    chance = random.Random(11)
    paths = sorted(
        path
        for path in CORPUS.rglob("*")
        if path.suffix in {".xml", ".rss", ".atom", ".json"} and path.stat().st_size < 40_000
    )
    entries = 0
    for path in chance.sample(paths, 120):
        body = path.read_bytes()
        survives(body)
        survives(mutated(body, chance, BITS))
        try:
            plain = read_feed(body, context())
        except ReadFaultError:
            continue
        found = read_search_feed(body, context())
        assert {entry.canonical_url for entry in found.entries} <= {entry.canonical_url for entry in plain.entries}
        entries += len(found.entries)
    assert entries > 50
