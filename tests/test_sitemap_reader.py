"""Reading sitemaps: every form and every way in which they are wrong; what of them a pass takes. Nothing lost or doubled."""

import gzip
import random
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.found import ReadContext, ReadFaultError
from spiders.markup import visible
from spiders.sitemap_choice import (
    address_hash,
    child_hash,
    choose_children,
    fill_template,
    is_first,
    marks,
    read_mark,
    template_reach,
)
from spiders.sitemap_news import select
from spiders.sitemap_reader import MAX_LISTED, Child, Listed, read_sitemap
from spiders.urls import canonical_url
from storage.model import Entry, Outcome, Precision, Published, TimeOrigin
from tests.mutation import mutated

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus" / "feeds"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS_NS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
IMAGE_NS = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def read(body, max_bytes=1_000_000, **context):
    return read_sitemap(
        body if isinstance(body, bytes) else body.encode(),
        ReadContext(**{"source": "map", "url": "https://www.herald.example/sitemap.xml", "now": NOW, **context}),
        max_bytes=max_bytes,
    )


def urlset(*records, attributes=NS):
    return f"{HEAD}<urlset {attributes}>{''.join(records)}</urlset>"


def page(path="/a", inner=""):
    return f"<url><loc>https://www.herald.example{path}</loc>{inner}</url>"


def index(*children):
    return f"{HEAD}<sitemapindex {NS}>{''.join(f'<sitemap>{one}</sitemap>' for one in children)}</sitemapindex>"


def news(path="/a", title="A title", when="2026-11-23T10:00:00+09:00", more=""):
    return page(
        path,
        "<news:news><news:publication><news:name>The Herald</news:name><news:language>ko-KR</news:language>"
        f"</news:publication><news:publication_date>{when}</news:publication_date><news:title>{title}</news:title>{more}"
        "</news:news>",
    )


def urls(sitemap):
    return [one.entry.url.removeprefix("https://www.herald.example") for one in sitemap.pages]


def only(body, **context):
    (one,) = read(body, **context).pages
    return one


def attempt(body):
    try:
        return read(body, max_bytes=20_000_000)
    except ReadFaultError as error:
        return error


def fault(body, **rest):
    with pytest.raises(ReadFaultError) as caught:
        read(body, **rest)
    return caught.value.outcome, str(caught.value)


# --- forms ---


def test_a_news_sitemap():
    one = only(
        urlset(news(more="<news:stock_tickers>X:Y</news:stock_tickers><news:keywords>Tumen, shells</news:keywords>"))
    )
    entry = one.entry
    assert (entry.title, entry.text, entry.language) == ("A title", "Tumen, shells", "ko")
    assert entry.published == Published(
        datetime(2026, 11, 23, 1, tzinfo=UTC), "+09:00", Precision.MINUTE, TimeOrigin.FEED
    )
    assert (one.lastmod, one.at, entry.publisher) == (None, entry.published.at, None)
    assert entry.key == entry.url == "https://www.herald.example/a"
    assert entry.canonical_url == "https://herald.example/a"


def test_a_plain_one():
    one = only(
        urlset(page("/a", "<lastmod>2026-11-22T08:30:00Z</lastmod><changefreq>daily</changefreq>")), language="uk"
    )
    assert (one.entry.title, one.entry.text, one.entry.published) == ("", "", None)
    assert (one.lastmod, one.at) == (datetime(2026, 11, 22, 8, 30, tzinfo=UTC),) * 2
    assert one.entry.language == "uk"


def test_keywords_make_no_title():
    one = only(urlset(news(title="", more="<news:keywords>Tumen &amp; shells &lt;b&gt;</news:keywords>")))
    assert (one.entry.title, one.entry.text) == ("", "Tumen & shells <b>")


def test_images_and_what_else_stands_in_a_record():
    inner = (
        '<xhtml:link rel="alternate" hreflang="ru" href="https://www.herald.example/ru/a"/>'
        "<image:image><image:loc>https://cdn.example/1.jpg</image:loc><image:title>A picture</image:title></image:image>"
        "<image:image><image:loc>https://cdn.example/2.jpg</image:loc></image:image>"
        "<video:video><video:title>A film</video:title><video:publication_date>2020-01-01</video:publication_date></video:video>"
    )
    one = only(urlset(page("/a", inner)))
    assert one.entry.image == "https://cdn.example/1.jpg"
    assert (one.entry.title, one.entry.published) == ("", None)


BODIES = {
    "as it should be": urlset(news()),
    "no namespace": urlset(news(), attributes=""),
    "another namespace": urlset(news(), attributes='xmlns="https://www.google.com/schemas/sitemap/0.84" xmlns:news="urn:x"'),
    "another prefix": urlset(news().replace("news:", "n:"), attributes=f'{NS} xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'),
    "no prefix": urlset(news().replace("news:", "")),
    "a prefix for all": urlset(news()).replace("<url", "<s:url").replace("</url", "</s:url").replace("loc>", "s:loc>").replace("<s:loc", "<s:loc").replace("</s:loc", "</s:loc"),
    "uppercase": urlset(news()).replace("url>", "URL>").replace("urlset", "URLSET").replace("loc>", "LOC>").replace("news:title", "News:Title"),
    "cdata": urlset(news(title="<![CDATA[A title]]>")).replace("<loc>", "<loc><![CDATA[").replace("</loc>", "]]></loc>"),
    "spaces": urlset(news(title="\n  A\n  title ")).replace("<loc>", "<loc >\n   ").replace("</loc>", "\n  </loc\n>"),
    "comments": urlset("<!-- <url><loc>https://www.herald.example/no</loc></url> -->", news(title="A<!-- x --> title")),
    "a stylesheet and a doctype": urlset(news()).replace(HEAD, f'{HEAD}<?xml-stylesheet href="/x.xsl"?><!DOCTYPE urlset><!-- <html> -->'.replace("<html>", "html")),
    "blanks and a warning before it": "\n\n<br />\n<b>Warning</b>: something in line 3<br />" + urlset(news()),
    "no declaration": urlset(news()).removeprefix(HEAD),
    "a byte order mark": "\ufeff" + urlset(news()),
    "utf-16": urlset(news()).replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf-16 without mark": urlset(news()).encode("utf-16-le"),
    "said to be utf-16": urlset(news()).replace("UTF-8", "utf-16"),
    "gzip": gzip.compress(urlset(news()).encode()),
    "gzip twice": gzip.compress(gzip.compress(urlset(news()).encode())),
    "two members": gzip.compress(urlset(news()).encode()[:90]) + gzip.compress(urlset(news()).encode()[90:]),
    "no root": news(),
    "a root of its own": f"{HEAD}<urls>{news()}</urls>",
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_forms(body):
    sitemap = read(body)
    (one,) = sitemap.pages
    assert (one.entry.url, one.entry.title) == ("https://www.herald.example/a", "A title")
    assert one.at == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert sitemap.dated == 1


@pytest.mark.parametrize("name", [name for name in BODIES if "root" not in name])
def test_forms_are_whole(name):
    sitemap = read(BODIES[name])
    assert (sitemap.whole, sitemap.faults) == (True, ())


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("windows-1251", "Эшелон со снарядами прошёл Хасан"),
        ("koi8-u", "Ешелон зі снарядами"),
        ("euc-kr", "두만강역에 도착한 열차"),
    ],
)
def test_encodings(encoding, title):
    body = urlset(news(title=title)).replace("UTF-8", encoding).encode(encoding)
    assert only(body).entry.title == title


def test_a_list_of_addresses():
    sitemap = read(
        "\ufeffhttps://www.herald.example/a?x=1&y=2\r\n\r\n  https://www.herald.example/b \r\nnot an address\r\n"
    )
    assert urls(sitemap) == ["/a?x=1&y=2", "/b"]
    assert len(sitemap.faults) == 1


def test_an_index():
    sitemap = read(
        index(
            "<loc>https://www.herald.example/news.xml</loc><lastmod>2026-11-23T10:00:00+09:00</lastmod>",
            "<loc>/post-1.xml.gz</loc><lastmod>2026-11-20</lastmod>",
            "<loc>https://www.herald.example/post-2.xml?a=1&amp;b=2</loc>",
            "<loc>https://www.herald.example/sitemap.xml</loc>",
            "<loc>https://www.herald.example/news.xml</loc>",
        )
    )
    assert sitemap.children == (
        Child("https://www.herald.example/news.xml", datetime(2026, 11, 23, 1, tzinfo=UTC), exact=True),
        Child("https://www.herald.example/post-1.xml.gz", datetime(2026, 11, 20, tzinfo=UTC)),
        Child("https://www.herald.example/post-2.xml?a=1&b=2"),
    )
    assert (sitemap.pages, sitemap.faults, sitemap.whole) == ((), (), True)


@pytest.mark.parametrize(
    "body", [urlset(), "<urlset/>", f"<urlset {NS} />", index(), urlset(page("/"), page("/sitemap.xml"))]
)
def test_empty_ones_are_no_fault(body):
    sitemap = read(body)
    assert (sitemap.pages, sitemap.children, sitemap.faults, sitemap.whole) == ((), (), (), True)


# --- addresses ---


@pytest.mark.parametrize(
    ("loc", "url"),
    [
        ("https://www.herald.example/a?x=1&amp;y=2", "/a?x=1&y=2"),
        ("https://www.herald.example/a?x=1&y=2", "/a?x=1&y=2"),  # what an XML parser that goes on makes "/a?x=1=2" of
        ("https://www.herald.example/a?x=1&copy=2&#38;z=3", "/a?x=1&copy=2&z=3"),
        ("https://www.herald.example/%EB%B6%81?a=&quot;b&quot;", '/%EB%B6%81?a="b"'),
        ("https://www.herald.example/новини/ешелон", "/новини/ешелон"),
        ("HTTPS://www.herald.example/a", "/a"),
        ("//www.herald.example/a", "/a"),
        ("/a", "/a"),
        ("http://m.other.example/a", "http://m.other.example/a"),  # other hosts are kept
    ],
)
def test_addresses(loc, url):
    sitemap = read(urlset(f"<url><loc>{loc}</loc></url>"))
    assert (urls(sitemap), sitemap.whole, sitemap.faults) == ([url], True, ())


@pytest.mark.parametrize(
    "loc", ["", "none", "mailto:desk@herald.example", "javascript:x", "http://", "http://[broken", "<b/>", "ftp://x/y"]
)
def test_records_without_an_address_are_named_and_left_out(loc):
    sitemap = read(urlset(f"<url><loc>{loc}</loc></url>", page("/b")))
    assert urls(sitemap) == ["/b"]
    assert len(sitemap.faults) == 1
    assert "a record w" in sitemap.faults[0]


def test_one_page_listed_twice_is_one():
    sitemap = read(urlset(page("/a"), news("/a?utm_source=map"), page("/a/"), page("/b")))
    assert [(one.entry.canonical_url, one.entry.title) for one in sitemap.pages] == [
        ("https://herald.example/a", "A title"),
        ("https://herald.example/b", ""),
    ]


def test_long_addresses_keep_keys_of_their_own():
    long = "/" + "x" * 600
    sitemap = read(urlset(page(f"{long}1"), page(f"{long}2")))
    assert len({one.entry.key for one in sitemap.pages}) == 2
    assert [one.entry.key for one in sitemap.pages] == [
        one.entry.key for one in read(urlset(page(f"{long}1"), page(f"{long}2"))).pages
    ]


# --- times ---


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T10:00:00+09:00", (23, 1)),
        ("2026-11-23T10:00:00+0900", (23, 1)),
        ("2026-11-23T01:00:00Z", (23, 1)),
        ("2026-11-23T01:00:00.123456789Z", (23, 1)),
        ("2026-11-23T10:00:00.5+09:00", (23, 1)),
        ("2026-11-23T10:00+09:00", (23, 1)),
        ("2026-11-23T01:00Z", (23, 1)),
        ("2026-11-23T10:00:00+09:00[Asia/Seoul]", (23, 1)),
        ("Mon, 23 Nov 2026 10:00:00 +0900", (23, 1)),
        ("2026-11-23 10:00:00", (23, 1)),
        ("2026-11-23T10:00:00", (23, 1)),
        ("  2026-11-23T10:00:00+09:00 \n", (23, 1)),
        ("<![CDATA[2026-11-23T10:00:00+09:00]]>", (23, 1)),
        ("2026-11-23", (22, 15)),
        ("2026/11/23 10:00", (23, 1)),
        ("20261123", (22, 15)),
        ("2026-11", (23, 12)),  # may have been just now
        ("2026", (23, 12)),
    ],
)
def test_times(text, at):
    one = only(urlset(page("/a", f"<lastmod>{text}</lastmod>")), zone="Asia/Seoul")
    assert one.lastmod.replace(microsecond=0) == datetime(2026, 11, *at, tzinfo=UTC)
    assert one.lastmod.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000-00-00",
        "1970-01-01",
        "yesterday",
        "2026-13-45",
        "2030",
        "2026-12",
        "2027-01-01T00:00:00Z",
        "2026-11-23T10:00:00+99:00",
        "1400000",
        "-1",
        "2026-00",
    ],
)
def test_no_times(text):
    assert only(urlset(page("/a", f"<lastmod>{text}</lastmod>"))).lastmod is None


def test_a_year_and_a_month_end_when_they_end():
    def lastmod(text):
        return only(urlset(page("/a", f"<lastmod>{text}</lastmod>"))).lastmod

    assert lastmod("2024-02") == datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
    assert lastmod("2025") == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_lastmod_is_no_time_of_publication():
    assert only(urlset(page("/a", "<lastmod>2026-11-23T10:00:00Z</lastmod>"))).entry.published is None
    both = only(
        urlset(news(when="2026-11-01").replace("<news:news>", "<lastmod>2026-11-23T10:00:00Z</lastmod><news:news>"))
    )
    assert both.at == datetime(2026, 11, 1, tzinfo=UTC)
    assert both.lastmod == datetime(2026, 11, 23, 10, tzinfo=UTC)


# --- what is none ---

NONE = {
    "empty": (b"", Outcome.NOT_A_FEED, "empty"),
    "blank": (" \n\ufeff ", Outcome.NOT_A_FEED, ""),
    "html": ("<!doctype html><html><body><a href='/a'>a</a></body></html>", Outcome.NOT_A_FEED, "not a sitemap but an HTML page"),
    "html without doctype": ("<html><p>x", Outcome.NOT_A_FEED, "an HTML page"),
    "xhtml": (f'{HEAD}<!DOCTYPE html PUBLIC "x"><HTML lang="en"><p>x</p></HTML>', Outcome.NOT_A_FEED, "an HTML page"),
    "html about sitemaps": ("<html><pre><urlset><url><loc>https://x.example/a</loc></url></urlset></pre></html>", Outcome.NOT_A_FEED, "an HTML page"),
    "rss": ('<rss version="2.0"><channel><image><url>https://x.example/i.png</url></image><item><title>t</title></item></channel></rss>', Outcome.NOT_A_FEED, 'a feed, not a sitemap: kind = "feeds"'),
    "atom": ('<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>', Outcome.NOT_A_FEED, 'kind = "feeds"'),
    "rdf": ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', Outcome.NOT_A_FEED, 'kind = "feeds"'),
    "other xml": ("<error><code>AccessDenied</code></error>", Outcome.NOT_A_FEED, "another kind (<error>)"),
    "json": ('{"items": ["https://x.example/a"]}', Outcome.NOT_A_FEED, "something else"),
    "prose": ("Not found.\nAsk the desk.", Outcome.NOT_A_FEED, "something else (text/plain, starts with 'Not found."),
    "pdf": (b"%PDF-1.4 x", Outcome.NOT_A_FEED, "a PDF"),
    "gzip three times": (gzip.compress(gzip.compress(gzip.compress(b"<urlset/>"))), Outcome.NOT_A_FEED, "gzip data"),
    "gzip of nothing": (gzip.compress(b""), Outcome.NOT_A_FEED, "empty"),
    "broken gzip": (b"\x1f\x8b\x08\x00nonsense of a kind", Outcome.CUT_OFF, "packed"),
    "gzip bomb": (gzip.compress(b"<urlset>" + b" " * 3_000_000), Outcome.TOO_LARGE, "more than 1000000 bytes"),
    "gzip bomb in gzip": (gzip.compress(gzip.compress(b"<urlset>" + b" " * 3_000_000)), Outcome.TOO_LARGE, ""),
    "too large": (b"<urlset>" + b" " * 1_000_001, Outcome.TOO_LARGE, ""),
    "no address at all": (urlset("<url><loc>none</loc></url>", "<url/>", "<url></url>"), Outcome.PARSE_FAULT, "nothing can be read"),
    "cut off at once": ("<urlset><url><loc>https://www.herald.example/a", Outcome.PARSE_FAULT, "nothing can be read"),
    "a billion laughs": (
        '<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "lol">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]><urlset><url><loc>&i;</loc></url></urlset>",
        Outcome.PARSE_FAULT, "entities",
    ),
    "an external entity": ('<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>https://x.example/&x;</loc></url></urlset>', Outcome.PARSE_FAULT, "entities"),
    "deep": ("<urlset>" + "<a>" * 300_000, Outcome.PARSE_FAULT, ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "outcome", "message"), NONE.values(), ids=NONE)
def test_what_is_no_sitemap(body, outcome, message):
    found = fault(body, content_type="text/plain" if body == NONE["prose"][0] else "")
    assert found[0] == outcome
    assert message in found[1]


HOSTILE = {
    "open records": "<url>" * 400_000,
    "open records with addresses": "<url><loc>https://www.herald.example/a</loc>" * 40_000,
    "attributes": "<url "
    + " ".join(f'a{n}="x"' for n in range(200_000))
    + "><loc>https://www.herald.example/a</loc></url>",
    "an endless name": "<" + "a" * 2_000_000,
    "names": "<a:" * 700_000,
    "open comments": "<!--" * 500_000,
    "open cdata": "<url><loc>" + "<![CDATA[" * 200_000,
    "a giant title": f"<url><loc>https://www.herald.example/a</loc><title>{'x ' * 900_000}</title></url>",
    "quotes": "<a \"<a '" * 250_000,
    "references": "<url><loc>https://www.herald.example/" + "&amp;" * 300_000 + "</loc></url>",
    "angles": "<" * 2_000_000,
}


@pytest.mark.parametrize("inner", HOSTILE.values(), ids=HOSTILE)
def test_hostile_ones_end_soon(inner):
    start = time.process_time()
    sitemap = attempt(f"<urlset>{inner}")
    if isinstance(sitemap, ReadFaultError):
        assert sitemap.outcome in {Outcome.PARSE_FAULT, Outcome.NOT_A_FEED}
    else:
        assert not sitemap.whole
        assert len(sitemap.faults) < 30
    assert time.process_time() - start < 5


# --- what is broken ---


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (urlset(page("/a"), page("/b"))[:-9], ["/a", "/b"]),
        (urlset(page("/a"), page("/b"))[:-20], ["/a"]),
        (urlset(page("/a"), page("/b"))[:-28], ["/a"]),  # half an address is another one
        (urlset(page("/a"), "<url><loc>https://www.herald.example/b</url>", page("/c")), ["/a", "/c"]),
        (urlset(page("/a"), "<url><loc>https://www.herald.example/b</loc>", page("/c")), ["/a", "/b", "/c"]),
        (urlset(page("/a")) .replace("</urlset>", "<url><loc>https://www.her"), ["/a"]),
    ],
)  # fmt: skip
def test_broken_ones_are_read_as_far_as_they_go(body, left):
    sitemap = read(body)
    assert urls(sitemap) == left
    assert not sitemap.whole
    assert any("read as far as it goes" in one for one in sitemap.faults)


@pytest.mark.parametrize(
    "junk",
    [
        "</foo></bar>",
        "<news:title>1 < 2 & 3</news:title>",
        "<a b=c d>",
        "<news:news>",
        "</image:image>",
        "<p>words</p>",
        "&nbsp;",
        "<url/>",
        "<priority></priorty>",
    ],
)
def test_what_stands_between_does_no_harm(junk):
    sitemap = read(urlset(page("/a"), junk, page("/b", junk), page("/c")))
    assert urls(sitemap) == ["/a", "/b", "/c"]
    assert sitemap.whole


def test_a_cut_off_archive_is_read_as_far_as_it_goes():
    whole = gzip.compress(urlset(*(page(f"/{random.Random(n).random()}") for n in range(300))).encode())
    sitemap = read(whole[:-800])
    assert 100 < len(sitemap.pages) < 300
    assert not sitemap.whole


def test_faults_are_counted_not_listed():
    sitemap = read(urlset(*["<url><loc>none</loc></url>"] * 500, page("/a")))
    assert len(sitemap.faults) == 21
    assert sitemap.faults[-1] == "and 480 more such records"


def test_more_addresses_than_anybody_lists(monkeypatch):
    monkeypatch.setattr("spiders.sitemap_reader.MAX_LISTED", 10)
    sitemap = read(urlset(*(page(f"/{n}") for n in range(12))))
    assert (len(sitemap.pages), sitemap.whole) == (10, False)
    assert "more than 10 addresses" in sitemap.faults[0]
    lines = read("\n".join(f"https://www.herald.example/{n}" for n in range(12)))
    assert (len(lines.pages), lines.whole) == (10, False)
    assert MAX_LISTED >= 50_000


# --- properties ---

SEGMENT = st.text("abcdefghij-0123456789_~.", min_size=1, max_size=12).filter(lambda one: one.strip("."))
PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
TITLES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"]), max_size=40)


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(
    st.lists(PATHS, max_size=30, unique_by=lambda path: canonical_url(f"https://www.herald.example{path}")),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read(paths, packed):
    moment = NOW - timedelta(days=3)
    body = urlset(
        *(page(path, f"<lastmod>{(moment + timedelta(hours=n)).isoformat()}</lastmod>") for n, path in enumerate(paths))
    )
    sitemap = read(gzip.compress(body.encode()) if packed else body)
    real = [
        path
        for path in paths
        if path != "/sitemap.xml" and canonical_url(f"https://www.herald.example{path}") != "https://herald.example"
    ]
    assert urls(sitemap) == real
    assert {one.lastmod for one in sitemap.pages} <= {moment + timedelta(hours=n) for n in range(len(paths))}
    assert (sitemap.whole, sitemap.faults) == (True, ())


@given(st.lists(TITLES, min_size=1, max_size=10))
@settings(max_examples=150, deadline=None)
def test_titles_come_through(titles):
    titles = [" ".join(visible(title).split()).replace("<", "").replace("&", "and") for title in titles]
    sitemap = read(urlset(*(news(f"/{n}", escaped(title)) for n, title in enumerate(titles))))
    from spiders.markup import plain_line

    assert [one.entry.title for one in sitemap.pages] == [plain_line(title) for title in titles]


SIMPLE = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(
        ["x.example", "www.x.example", "m.www.x.example", "amp.x.example", "www.example", "x-y.co.kr", "1.2.3.4"]
    ),
    PATHS,
    st.sampled_from(["", "/", "//", "?a=1", ".html", "/amp", "/index.php"]),
)


@given(SIMPLE, st.sampled_from(["", "ko", "uk-UA"]))
@settings(max_examples=500, deadline=None)
def test_a_short_way_leads_to_the_same_place(url, language):
    """A record with a title of blanks goes the long way, one without any the short one."""
    short = read(urlset(f"<url><loc>{url}</loc></url>"), language=language)
    long = read(urlset(f"<url><loc>{url}</loc><title> </title></url>"), language=language)
    assert short == long


def well_formed(entries):
    for entry in entries:
        assert entry.canonical_url
        assert entry.key
        assert entry.url.lower().startswith(("http://", "https://"))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", entry.key + entry.url + (entry.image or ""))
        for text in (entry.canonical_url, entry.title, entry.text, entry.language):
            assert visible(text) == text
            text.encode()
        if entry.published:
            assert entry.published.at.tzinfo is UTC
    assert len({entry.key for entry in entries}) == len(entries)
    assert len({entry.canonical_url for entry in entries}) == len(entries)


BITS = [
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"&#0;",
    b"&#xD800;",
    b"\x00",
    b"\xff\xfe",
    b"<url>",
    b"</loc>",
    b"<!ENTITY a 'b'>",
]
ENCODINGS = [b"utf-16", b"koi8-r", b"euc-kr", b"hex", b"idna", b"x-none"]
SAMPLES = [
    urlset(*(news(f"/{n}", f"Ешелон номер {n}", when) for n, when in enumerate(["2026-11-23", "Mon, 23 Nov 2026 10:00:00 GMT", "2026-11-23T10:00:00+09:00"])), attributes=f"{NS} {NEWS_NS} {IMAGE_NS}").encode(),
    urlset(*(page(f"/{n}?a=1&amp;b=2", "<lastmod>2026-11-23</lastmod><image:image><image:loc>/i.jpg</image:loc></image:image>") for n in range(20))).encode(),
    index(*(f"<loc>https://www.herald.example/{n}.xml</loc><lastmod>2026-11</lastmod>" for n in range(20))).encode(),
    "\n".join(f"https://www.herald.example/{n}" for n in range(20)).encode(),
]  # fmt: skip


def survives(body):
    sitemap = attempt(body)
    if isinstance(sitemap, ReadFaultError):
        assert sitemap.message
        assert visible(sitemap.message) == sitemap.message
        return
    well_formed([one.entry for one in sitemap.pages])
    for one in [*sitemap.pages, *sitemap.children]:
        assert one.lastmod is None or one.lastmod.tzinfo is UTC
    assert all(visible(one) == one for one in sitemap.faults)


@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=400, deadline=None)
def test_mutated_ones(body, chance, packed):
    body = mutated(body, chance, BITS, ENCODINGS)
    survives(mutated(gzip.compress(body), chance, BITS) if packed else body)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_anything(body):
    survives(body)
    survives(b"<urlset><url><loc>" + body)


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")
def test_real_feeds_as_if_they_were_sitemaps():
    """Renamed into sitemaps, so that real titles, dates, links and encodings go through; then broken."""
    chance = random.Random(7)
    paths = sorted(path for path in CORPUS.rglob("*") if path.suffix in {".xml", ".rss", ".atom", ".rdf"})
    pages = 0
    paths.sort(key=lambda path: path.stat().st_size, reverse=True)
    for path in paths[:300]:
        body = path.read_bytes()[:30_000]
        survives(body)
        for old, new in [
            (b"item>", b"url>"),
            (b"entry>", b"url>"),
            (b"link>", b"loc>"),
            (b"pubDate>", b"lastmod>"),
            (b"<rss", b"<urlset"),
            (b"</rss", b"</urlset"),
            (b"<feed", b"<urlset"),
            (b"</feed", b"</urlset"),
        ]:
            body = body.replace(old, new)
        survives(body)
        sitemap = attempt(body)
        pages += 0 if isinstance(sitemap, ReadFaultError) else len(sitemap.pages)
        for _ in range(3):
            survives(mutated(body, chance, BITS, ENCODINGS))
    assert pages > 200


# --- addresses with a date in them ---


@pytest.mark.parametrize(
    ("template", "now", "filled"),
    [
        ("https://x.example/post.xml", NOW, ["https://x.example/post.xml"]),
        ("https://x.example/YYYY-MM.xml", NOW, ["https://x.example/YYYY-MM.xml"]),
        ("https://x.example/{YYYY}-{MM}.xml", NOW, ["https://x.example/2026-11.xml"]),
        ("https://x.example/{YYYY}-{MM}.xml", datetime(2026, 11, 2, 14, 59, tzinfo=UTC), ["https://x.example/2026-11.xml", "https://x.example/2026-10.xml"]),
        ("https://x.example/{YYYY}-{MM}.xml", datetime(2026, 11, 2, 15, 1, tzinfo=UTC), ["https://x.example/2026-11.xml"]),
        ("https://x.example/{YY}/{M}", datetime(2026, 12, 31, 15, tzinfo=UTC), ["https://x.example/27/1", "https://x.example/26/12"]),
        ("https://x.example/{YYYY}{MM}{DD}", NOW, ["https://x.example/20261123"]),
        ("https://x.example/{YYYY}/{M}/{D}", datetime(2026, 11, 8, 20, 59, tzinfo=UTC), ["https://x.example/2026/11/9", "https://x.example/2026/11/8"]),
        ("https://x.example/{YYYY}/{M}/{D}", datetime(2026, 11, 8, 21, 1, tzinfo=UTC), ["https://x.example/2026/11/9"]),
        ("https://x.example/{YYYY}", datetime(2027, 1, 1, 14, 59, tzinfo=UTC), ["https://x.example/2027", "https://x.example/2026"]),
        ("https://x.example/{YYYY}", datetime(2027, 1, 3, 14, 59, tzinfo=UTC), ["https://x.example/2027"]),
    ],
)  # fmt: skip
def test_templates(template, now, filled):
    assert fill_template(template, now, "Asia/Seoul") == filled


def test_a_template_without_zone_waits_longer_at_the_seam():
    assert fill_template("{DD}", datetime(2026, 11, 23, 17, tzinfo=UTC), "") == ["23", "22"]
    assert fill_template("{DD}", datetime(2026, 11, 23, 19, tzinfo=UTC), "") == ["23"]


def test_a_template_goes_back_to_the_last_time():
    assert fill_template("{D}", NOW, "UTC", NOW - timedelta(days=3)) == ["23", "22", "21", "20"]
    assert fill_template("{YYYY}-{M}", NOW, "UTC", datetime(2026, 9, 1, tzinfo=UTC)) == [
        "2026-11",
        "2026-10",
        "2026-9",
        "2026-8",
    ]
    assert fill_template("{D}", NOW, "UTC", NOW + timedelta(days=3)) == ["23"]


@pytest.mark.parametrize("template", ["{YYYY}-{MM}-{DD}", "{YYYY}-{MM}", "{YY}{M}{D}"])
@pytest.mark.parametrize("zone", ["", "Asia/Seoul"])
def test_a_template_after_a_long_time_goes_all_the_way_in_several_passes(template, zone):
    since = NOW - timedelta(days=2000)
    every = set(fill_template(template, NOW, zone))
    for day in range(2000):
        every.add(fill_template(template, NOW - timedelta(days=day), zone)[0])
    asked = set()
    for _ in range(200):
        filled = fill_template(template, NOW, zone, since)
        assert len(filled) <= 35
        assert filled[0] == fill_template(template, NOW, zone)[0], "today is read whatever there is to make up for"
        asked |= set(filled)
        reach, later = template_reach(template, NOW, zone, since)
        if reach is None:
            break
        assert later > 0
        assert reach > since
        since = reach
    assert every <= asked


def test_a_template_that_goes_as_far_as_now_says_so():
    assert template_reach("{D}", NOW, "UTC", NOW - timedelta(days=34)) == (None, 0)
    assert template_reach("https://x.example/a", NOW, "UTC", NOW - timedelta(days=3000)) == (None, 0)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/{query}",
        "https://x.example/{yyyy}",
        "https://x.example/{}",
        "https://x.example/{YYYY",
        "https://x.example/YYYY}",
        "https://x.example/{{YYYY}}",
    ],
)
def test_unknown_placeholders_are_named(url):
    with pytest.raises(
        ValueError, match=r"unknown placeholder .*known are \{YYYY\}, \{YY\}, \{MM\}, \{M\}, \{DD\}, \{D\}"
    ):
        fill_template(url, NOW, "")


@given(
    st.sampled_from(["{YYYY}{MM}{DD}", "{YYYY}{MM}", "{YYYY}"]),
    st.integers(0, 87_600).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.sampled_from(["", "Asia/Seoul", "America/New_York"]),
)
@settings(max_examples=200, deadline=None)
def test_nothing_falls_into_the_seam(template, moment, zone):
    """What is published in the last hour of a period is still asked for hours after it."""
    own = fill_template(template, moment, zone)[0]
    assert own in fill_template(template, moment + timedelta(hours=5), zone)


# --- children of an index ---


def child(name, lastmod=None, *, exact=True):
    return Child(f"https://x.example/{name}", lastmod and NOW - timedelta(hours=lastmod), exact)


def chosen(*children, since=NOW - timedelta(hours=1), most=10, **rest):
    taken, left = choose_children(children, since, NOW, most, **rest)
    return [one.url.removeprefix("https://x.example/") for one in taken], left


def test_children_that_changed_newest_first():
    children = [child("a.xml", 50), child("b.xml", 2), child("c.xml", 24), child("d.xml", 1), child("e.xml", 25.5)]
    assert chosen(*children) == (["d.xml", "b.xml", "c.xml"], 0)
    assert chosen(*children, most=2) == (["d.xml", "b.xml"], 1)
    assert chosen(*children, since=None)[0] == ["d.xml", "b.xml", "c.xml", "e.xml", "a.xml"]


def test_the_one_that_changed_last_is_read_though_it_says_it_is_old():
    assert chosen(child("a.xml", 5000), child("b.xml", 4000)) == (["b.xml"], 0)
    assert chosen() == ([], 0)


def test_children_read_as_they_are_give_way_to_others():
    children = [child("a.xml", 1), child("b.xml", 2), child("c.xml", 3, exact=False)]
    done = {child_hash(one) for one in children}
    assert chosen(*children, done=done) == (["c.xml"], 0)  # a day may have grown since
    assert chosen(*children, most=1, done={child_hash(children[0])}) == (["b.xml"], 1)
    assert chosen(children[0], done=done) == (["a.xml"], 0)  # the one that changed last, whatever it says
    assert chosen(child("a.xml", 0.5), done=done) == (["a.xml"], 0)


def test_a_child_whose_day_is_over_is_read_for_good():
    young, old = child("young.xml", 30, exact=False), child("old.xml", 60, exact=False)
    done = set(marks([], [young, old], NOW))
    since = NOW - timedelta(days=5)
    assert chosen(young, old, since=since, done=done)[0] == ["young.xml"]


def test_the_one_that_changed_last_is_read_beside_those_that_do_not_say():
    children = [child("post.xml", 90), child("page.xml"), child("other.xml")]
    done = set(marks([], children, NOW))
    assert chosen(*children, done=done)[0] == ["post.xml", "other.xml", "page.xml"]


def test_children_by_their_names():
    assert chosen(*map(child, ["sitemap-7.xml", "sitemap-112.xml", "sitemap-30.xml"]))[0] == [
        "sitemap-112.xml",
        "sitemap-7.xml",
        "sitemap-30.xml",
    ]
    assert chosen(
        *map(child, ["category.xml", "post.xml", "post2.xml", "post10.xml", "latest.xml", "page.xml"]), most=4
    ) == (["latest.xml", "post10.xml", "post.xml", "post2.xml"], 2)
    assert chosen(child("map.xml?type=tags"), child("map.xml?type=news"))[0] == [
        "map.xml?type=news",
        "map.xml?type=tags",
    ]
    assert chosen(child("post.xml", 1), child("news.xml"), child("other.xml"))[0] == [
        "news.xml",
        "post.xml",
        "other.xml",
    ]


def test_children_with_dates_in_their_names():
    months = [child(f"post-{year}-{month:02d}.xml") for year in (2019, 2025, 2026, 2027) for month in range(1, 13)]
    assert chosen(*months) == (["post-2026-11.xml"], 0)
    assert chosen(*months, since=NOW - timedelta(days=25))[0] == ["post-2026-11.xml", "post-2026-10.xml"]
    assert chosen(*months, since=None, most=2) == (["post-2026-11.xml", "post-2026-10.xml"], 0)
    old = [child(f"post-2019-{month:02d}.xml") for month in range(1, 13)]
    assert chosen(*old)[0] == ["post-2019-12.xml"]  # whatever they mean by it
    days = [
        child(f"{day:%Y%m%d}/{part}.xml")
        for day in (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 22))
        for part in (1, 2)
    ]
    assert chosen(*days)[0] == ["20261123/2.xml", "20261123/1.xml", "20261122/2.xml", "20261122/1.xml"]


def test_a_number_that_looks_like_a_year_hides_nothing():
    assert chosen(child("v20190101/a1.xml"), child("v20190101/a2.xml"))[0] == ["v20190101/a2.xml", "v20190101/a1.xml"]
    assert chosen(child("theme2019/map.xml"))[0] == ["theme2019/map.xml"]
    assert len(chosen(*(child(f"p{n}.xml") for n in range(1990, 2100, 7)), child("p3.xml"), most=100)[0]) == 17


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a{}.xml", "news-{}.xml", "p-20{:02d}-11.xml", "x.xml?page={}"]),
            st.integers(0, 40),
            st.none() | st.integers(0, 100),
        ),
        max_size=40,
    ),
    st.integers(1, 12),
    st.none() | st.integers(0, 60),
)
@settings(max_examples=200, deadline=None)
def test_children_are_chosen_once_and_counted(made, most, ago):
    children = list(
        {one.url: one for one in (child(form.format(number), hours) for form, number, hours in made)}.values()
    )
    taken, left = choose_children(children, None if ago is None else NOW - timedelta(hours=ago), NOW, most)
    assert len(taken) == len(set(taken)) <= most
    assert set(taken) <= set(children)
    assert left == 0 or len(taken) == most
    assert ago is not None or left == 0
    assert taken or not children or left == 0
    changed = {
        one for one in children if one.lastmod and ago is not None and one.lastmod >= NOW - timedelta(hours=ago + 24)
    }
    assert len(changed - set(taken)) <= left
    done = set(marks([], children, NOW))
    taken, left = choose_children(children, NOW - timedelta(hours=ago or 0), NOW, most, done=done, turn=3)
    assert len(taken) == len(set(taken)) <= most
    assert left == 0, "what was read as it is now does not wait"


@given(st.integers(1, 5), st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_every_child_that_changed_gets_its_turn(most, count):
    children = [child(f"{n}.xml", 1 + n / 100) for n in range(count)]
    done = set()
    for _ in range(-(-count // most)):
        taken, left = choose_children(children, NOW - timedelta(hours=2), NOW, most, done=done)
        done |= {child_hash(one) for one in taken}
    assert left == 0
    assert done == {child_hash(one) for one in children}


@pytest.mark.parametrize("form", ["{:02d}.xml", "news/{:02d}.xml"])
def test_children_that_do_not_say_get_their_turn_too(form):
    children = [child(form.format(n)) for n in range(60)]
    done, waiting = set(), []
    for turn in range(8):
        taken, left = choose_children(children, NOW, NOW, done=done, turn=turn)
        assert len(set(taken)) == 10
        done |= set(marks([], taken, NOW))
        waiting.append(left)
    assert waiting[0] == 50
    assert waiting == sorted(waiting, reverse=True)
    for turn in range(8, 40):
        done |= set(marks([], choose_children(children, NOW, NOW, done=done, turn=turn)[0], NOW))
    read = set()
    for turn in range(40, 80):
        taken, left = choose_children(children, NOW, NOW, done=done, turn=turn)
        assert (len(set(taken)), left, taken[0]) == (10, 0, children[-1])
        read |= set(taken)
    assert read == set(children)
    assert chosen(*children, most=2)[0] == [form.format(59), form.format(0)]


@pytest.mark.parametrize("most", [2, 3, 10])
def test_children_that_are_never_there_keep_no_other_from_being_read(most):
    children = [child(f"{n:02d}.xml", 1, exact=False) for n in range(30)]
    dead = set(children[:20])
    done, read = set(), []
    for turn in range(200):
        taken, left = choose_children(children, NOW, NOW, most, done=done, turn=turn)
        assert left == 30 - len(taken)
        there = [one for one in taken if one not in dead]
        done |= set(marks([], there, NOW))
        read += there
    assert all(read.count(one) > 3 for one in children[20:])


def test_children_that_always_look_changed_leave_room_for_those_that_do_not_say():
    children = [*(child(f"s{n}.xml", 1, exact=False) for n in range(20)), child("other.xml")]
    done = set(marks([], children, NOW))
    assert "other.xml" in chosen(*children, done=done)[0]


def test_the_first_reading_of_a_child_that_was_there_before():
    old, new = child("old.xml"), child("new.xml")
    known = set(marks([old], [], NOW))
    assert is_first(old, known)  # it stood there, never read: its pages are none of today's news
    assert not is_first(new, known)  # it was not there the last time
    known |= set(marks([], [old, new], NOW))
    assert read_mark(old.url) in known
    assert not is_first(old, known)
    assert not is_first(new, known)


# --- which pages become entries ---


def listed(slug, *, published=None, lastmod=None):
    url = f"https://x.example/{slug}"
    when = (
        None
        if published is None
        else Published(NOW - timedelta(hours=published), None, Precision.MINUTE, TimeOrigin.FEED)
    )
    return Listed(
        Entry(url, url, url, "", "", published=when), None if lastmod is None else NOW - timedelta(hours=lastmod)
    )


def hashes(*slugs):
    return {address_hash(f"https://x.example/{slug}") for slug in slugs}


def slugs(selection):
    return [entry.key.removeprefix("https://x.example/") for entry in selection.entries]


def test_the_first_pass_remembers_all_and_takes_what_is_fresh():
    pages = [
        listed("old", published=49),
        listed("undated"),
        listed("b", lastmod=20),
        listed("a", published=2),
        listed("touched", published=5000, lastmod=1),
    ]
    selection = select(pages, frozenset(), first=True, now=NOW, since=None, most=10)
    assert slugs(selection) == ["a", "b"]
    assert set(selection.seen) == hashes("old", "undated", "a", "b", "touched")
    assert (selection.left, selection.late) == (0, 0)
    less = select(pages, frozenset(), first=True, now=NOW, since=None, most=1)
    assert (slugs(less), set(less.seen), less.left) == (["a"], set(selection.seen), 1)


def test_later_passes_take_what_was_not_there_before():
    pages = [
        listed("known", published=1),
        listed("undated"),
        listed("a", published=1),
        listed("late", published=50),
        listed("b", lastmod=47),
    ]
    selection = select(pages, hashes("known"), first=False, now=NOW, since=NOW - timedelta(hours=1), most=10)
    assert slugs(selection) == ["a", "b", "undated"]
    assert set(selection.seen) == hashes("a", "b", "undated", "late")
    assert (selection.left, selection.late) == (0, 1)


def test_what_is_left_over_stays_unknown():
    pages = [listed(f"{n}", published=n) for n in range(5)]
    selection = select(pages, frozenset(), first=False, now=NOW, since=NOW, most=2)
    assert (slugs(selection), set(selection.seen), selection.left) == (["0", "1"], hashes("0", "1"), 3)


def test_a_page_is_taken_once_however_often_it_is_listed():
    selection = select([listed("a"), listed("a")], frozenset(), first=False, now=NOW, since=None, most=10)
    assert (slugs(selection), selection.late) == (["a"], 0)


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_fresh_page_is_given_exactly_once(data):
    """Over any passes: pages appear at any time, dated then or a little before; what is left over waits as long as it must."""
    known, given_, ever = set(), [], set()
    now, since, first = NOW, None, True
    current = []
    for _pass in range(data.draw(st.integers(1, 8))):
        for _ in range(data.draw(st.integers(0, 12))):
            hours = data.draw(st.none() | st.integers(0, 30))
            slug = f"{len(current)}"
            one = listed(slug)
            if hours is not None:
                when = Published(
                    max(now - timedelta(hours=hours), (since or now) - timedelta(hours=40)),
                    None,
                    Precision.MINUTE,
                    TimeOrigin.FEED,
                )
                one = Listed(Entry(one.entry.key, one.entry.url, one.entry.canonical_url, "", "", published=when))
            if not first:
                ever.add(slug)
            current.append(one)
        data.draw(st.randoms(use_true_random=False)).shuffle(current)
        selection = select(
            current, frozenset(known), first=first, now=now, since=since, most=data.draw(st.integers(1, 6))
        )
        given_ += [] if first else slugs(selection)
        known |= set(selection.seen)
        if selection.left == 0 or first:
            since = now
        first = False
        now += timedelta(hours=data.draw(st.integers(1, 30)))
    while not first:
        selection = select(current, frozenset(known), first=False, now=now, since=since, most=3)
        given_ += slugs(selection)
        known |= set(selection.seen)
        if not selection.left:
            break
        now += timedelta(days=1)  # however long it takes
    assert len(given_) == len(set(given_))
    assert set(given_) == ever


def test_hashes_fit_a_signed_column_and_stay_what_they_are():
    assert address_hash("https://x.example/a") == 5027008831178579564
    assert all(0 <= address_hash(str(n)) < 2**63 for n in range(1000))


def test_fifty_thousand_addresses_in_seconds():
    body = urlset(
        *(page(f"/world/2026/11/23/article-{n}", "<lastmod>2026-11-23T10:00:00+09:00</lastmod>") for n in range(50_000))
    )
    start = time.process_time()
    sitemap = read(gzip.compress(body.encode(), 1), max_bytes=50_000_000)
    assert len(sitemap.pages) == 50_000
    assert time.process_time() - start < 15
