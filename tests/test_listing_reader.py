"""Reading pages of links: articles in order, faults that are loud, guesses that work. Found or a ReadFaultError, never else."""

import gzip
import pickle
import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.found import ReadContext, ReadFaultError
from spiders.listing_dates import listed_at
from spiders.listing_guess import suggest_listing
from spiders.listing_reader import check_listing, read_listing
from spiders.page_tree import page_tree, words
from storage.model import Listing, Outcome, Precision
from tests.mutation import CHARSETS, mutated

NOW = datetime(2025, 2, 11, 9, 30, tzinfo=UTC)
URL = "http://news.example/list"
PAGES = Path(__file__).parents[1].parent / "shared" / "corpus" / "pages"


def context(**rest):
    return ReadContext(**{"source": "tumen", "url": URL, "now": NOW, "zone": "Asia/Seoul", **rest})


def read(body, about=None, **selectors):
    return read_listing(body if isinstance(body, bytes) else body.encode(), about or context(), Listing(**selectors))


def fault(body, **selectors):
    with pytest.raises(ReadFaultError) as found:
        read(body, **selectors)
    assert pickle.loads(pickle.dumps(found.value)).message == found.value.message
    return found.value.outcome, str(found.value)


def html(main, head=""):
    return f'<!doctype html><html><head><meta charset="utf-8"><title>News</title>{head}</head><body><nav class="menu"><a href="/">Home</a> <a href="/politics">Politics</a></nav>{main}</body></html>'


CARDS = html(
    """<div class="list">
<div class="card"><a href="101.html"><img src="t.jpg" alt="A picture of wagons at a platform"></a><a class="topic" href="/politics">Politics</a>
 <h3><a href="101.html?utm_source=home">A freight train crosses the river &amp; halts</a></h3><time datetime="2025-02-11T08:00:00+09:00">this morning</time> <a href="101.html#comments">12 comments on this article</a></div>
<div class="card"><a href="/news/102.html"><h3>The second <b>head</b>line</h3><p>A lead that is longer than its headline is</p><time>2 hours ago</time></a> <a href="102.html">Read more</a></div>
<div class="card"><a href="mailto:desk@news.example">Write to us</a></div>
<div class="card"><a href="//news.example/news/103.html" title="A third story is told here"><img alt="wagons"></a><span class="d">sometime</span></div>
<a class="older" href="?page=2">Older</a></div>""",
    '<base href="/news/"><link rel="next" href="?page=7">',
)


def rows(found):
    return [(one.url.removeprefix("http://news.example/news/"), one.title) for one in found.entries]


THREE = [
    ("101.html", "A freight train crosses the river & halts"),
    ("102.html", "The second headline"),
    ("103.html", "A third story is told here"),
]


# --- reading ---


@pytest.mark.parametrize(
    "selectors",
    [
        {"item": ".card", "links": "a"},
        {"item": "div.list > div", "links": "h3 a, a"},
        {"links": ".card"},
        {"links": ".card a", "pattern": r"/\d+\.html"},
        {"links": ".list", "item": ".card", "pattern": "/news/"},
    ],
)
def test_reading(selectors):
    if selectors["links"] == ".list":
        assert fault(CARDS, **selectors)[0] == Outcome.PARSE_FAULT
        return
    found = read(CARDS, **selectors)
    assert rows(found) == THREE
    assert [one.canonical_url for one in found.entries] == [
        f"https://news.example/news/{n}.html" for n in (101, 102, 103)
    ]
    assert [one.key for one in found.entries] == [one.canonical_url for one in found.entries]
    assert found.faults == ()
    assert found.encoding == "utf-8"
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_heading_inside_a_link():
    assert [title for _, title in rows(read(CARDS, links="h3"))] == [title for _, title in THREE[:2]]


@pytest.mark.parametrize(
    "headline", ["<h3><a href=/a/{0}>Title {0}</a></h3>", "<a href=/a/{0}>A title that is long, number {0}</a>"]
)
def test_a_section_before_the_headline(headline):
    page = html("".join(f"<li><a href=/politics>Politics</a> {headline.format(n)}</li>" for n in range(3)))
    assert [one.url for one in read(page, links="li").entries] == [f"http://news.example/a/{n}" for n in range(3)]


def test_dates():
    first, second, third = read(CARDS, item=".card", links="a", date="time").entries
    assert (first.published.at, first.published.zone) == (datetime(2025, 2, 10, 23, tzinfo=UTC), "+09:00")
    assert (second.published.at, second.published.precision) == (datetime(2025, 2, 10, 15, tzinfo=UTC), Precision.DAY)
    assert third.published is None


def test_titles_by_selector():
    found = read(CARDS, item=".card", links="a", title="p, .d")
    assert [one.title for one in found.entries] == [
        THREE[0][1],
        "A lead that is longer than its headline is",
        "sometime",
    ]


@pytest.mark.parametrize(
    ("selectors", "following"),
    [
        ({"next": ".older", "depth": 3}, "http://news.example/news/?page=2"),
        ({"depth": 3}, "http://news.example/news/?page=7"),
        ({"next": ".older"}, ""),
        ({}, ""),
    ],
)
def test_next(selectors, following):
    found = read(CARDS, links="h3", **selectors)
    assert found.next_url == following
    assert found.faults == ()


@pytest.mark.parametrize("href", ["", "#", "#top", "mailto:a@b.example", "javascript:void(0)", "tel:+1", "data:text/html,x", "http://[x", "http://news.example/", "/", URL, "list", "list#part", "http://h:99999/"])  # fmt: skip
def test_what_is_no_link(href):
    page = html(f'<ul><li><a href="{href}">A title that is long</a></li><li><a href="/a/1">Another title</a></li></ul>')
    assert [one.url for one in read(page, links="li a").entries] == ["http://news.example/a/1"]


def test_a_route_is_an_address():
    page = html('<a href="/#!/news/1">A title that is long</a><a href="/#!/news/2">Another title</a>')
    assert len(read(page, links="body > a").entries) == 2


def test_titles_that_are_markup():
    (entry,) = read(
        html("<p><a href=/a/1>Use &lt;b&gt; &amp;amp; be\n bold<script>x</script><style>y</style> 2<br>3</a>"),
        links="p a",
    ).entries
    assert entry.title.startswith("Use ")
    assert entry.title.endswith("& be bold 2 3")


def test_more_than_wanted():
    page = html("".join(f'<h2><a href="/a/{n}">Title number {n}</a></h2>' for n in range(30)))
    found = read_listing(page.encode(), context(max_entries=10), Listing(links="h2 a"))
    assert [one.title for one in found.entries] == [f"Title number {n}" for n in range(10)]
    assert found.faults == ("30 links, the first 10 were read",)


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [("windows-1251", "text/html"), ("koi8-r", "text/html; charset=koi8-r"), ("utf-16", "text/html")],
)
def test_encodings(charset, content_type):
    page = html("<h2><a href='/a/1'>Эшелон перешёл границу ночью, сообщает агентство</a></h2>")
    page = page.replace('charset="utf-8"', f'charset="{charset}"').encode(charset)
    found = read_listing(page, context(content_type=content_type), Listing(links="h2 a"))
    assert found.entries[0].title == "Эшелон перешёл границу ночью, сообщает агентство"


def test_long_addresses_that_differ_in_their_ends():
    page = html("".join(f'<p><a href="/a/{"x" * 600}{n}">Title number {n}</a></p>' for n in range(3)))
    found = read(page, links="p a")
    assert len({one.key for one in found.entries}) == 3
    assert all(len(one.key) <= 500 for one in found.entries)


# --- faults ---


@pytest.mark.parametrize(
    ("selectors", "message"),
    [
        ({"links": "div.news a"}, 'links: "div.news a" matches nothing on this page; it may have been redesigned'),
        ({"item": "div.news", "links": "a"}, 'item: "div.news" matches nothing on this page; it may have been redesigned'),
        ({"item": ".card", "links": "b a"}, 'links: "b a" matches nothing inside the 4 elements that item ".card" matches; the page may have been redesigned'),
        ({"item": ".card", "links": "nav a"}, 'links: "nav a" matches nothing inside the 4 elements that item ".card" matches, but 2 elements outside them'),
        ({"links": ".d"}, 'links: ".d" matches elements, but none is or holds a link'),
        ({"links": "nav a:first-child"}, 'links: "nav a:first-child" matches links, but none to another page (only "/")'),
        ({"links": "h3", "pattern": "/sport/"}, 'pattern: "/sport/" fits none of 2 addresses (such as "http://news.example/news/101.html?utm_source=home" and "http://news.example/news/102.html")'),
        ({"links": "div..a"}, '"div..a" is no CSS selector'),
        ({"links": "h3", "next": "a::text", "depth": 2}, '"a::text" is no CSS selector'),
        ({"links": "h3", "pattern": "("}, "the selectors cannot be used"),
    ],
)  # fmt: skip
def test_what_matches_nothing_is_loud(selectors, message):
    outcome, said = fault(CARDS, **selectors)
    assert outcome == Outcome.PARSE_FAULT
    assert message in said


@pytest.mark.parametrize(
    ("selectors", "message"),
    [
        ({"links": "h3", "title": ".zz"}, 'title: ".zz" matches nothing inside the links; it may need an item; the links\' own words were taken'),
        ({"links": "h3", "date": "time"}, 'date: "time" matches nothing inside the links; it may need an item'),
        ({"item": ".card", "links": "a", "date": ".zz"}, 'date: ".zz" matches nothing inside ".card"'),
        ({"item": ".card", "links": "a", "date": "time, .d"}, 'date: 1 of 3 cannot be read (such as "sometime")'),
    ],
)  # fmt: skip
def test_what_matches_in_part_is_told(selectors, message):
    found = read(CARDS, **selectors)
    assert found.entries
    assert found.faults == (message,)


def test_a_full_page_without_the_next():
    message = 'next: ".zz" matches no link on this page: older articles were not read'
    for count, faults in ((12, (message,)), (3, ())):
        page = html("".join(f'<h2><a href="/a/{n}">Title number {n}</a></h2>' for n in range(count)))
        assert read(page, links="h2 a", next=".zz", depth=2).faults == faults


def test_a_container_is_no_article():
    page = html(f'<div class="all">{"".join(f"<p><a href=/a/{n}>Title number {n}</a></p>" for n in range(9))}</div>')
    found = read(page, links=".all")
    assert len(found.entries) == 1
    assert found.faults == (
        "links: one element holds 9 links, of which the first was taken; name the links themselves",
    )


def test_links_without_words():
    found = read(html("<p><a href=/a/1><img src=x></a>"), links="p a")
    assert found.entries[0].canonical_url == "https://news.example/a/1"
    assert found.faults == ("no link has words: the articles have no titles",)


@pytest.mark.parametrize(
    ("body", "outcome", "message"),
    [
        (b"", Outcome.NOT_A_FEED, "the body is empty"),
        (b"<?xml version='1.0'?><!-- x --><urlset/>", Outcome.NOT_A_FEED, "not an HTML page but XML (<urlset>)"),
        (b"\xef\xbb\xbf<rss version='2.0'/>", Outcome.NOT_A_FEED, "not an HTML page but XML (<rss>)"),
        (b"%PDF-1.7 <p>", Outcome.NOT_A_FEED, "not an HTML page"),
        (b'{"items": []}', Outcome.NOT_A_FEED, "no HTML markup in it"),
        (b"<!doctype html>", Outcome.NOT_A_FEED, "not an HTML page"),
        (b"<p>" + b"<a href=/x>x</a>" * 300_000, Outcome.TOO_LARGE, "more markup"),
        (b"<p " + b" ".join(b"a%d=1" % n for n in range(300_000)) + b">x", Outcome.TOO_LARGE, "more markup"),
        (b"<p>" + b"x" * 9_000_000, Outcome.TOO_LARGE, "9000003 bytes"),
    ],
    ids=range(9),
)
def test_what_is_no_page(body, outcome, message):
    found, said = fault(body, links="a")
    assert found == outcome
    assert message in said


def test_too_deep():
    found = read("<div>" * 100 + "<a href=/a/1>Title</a>" + "<div>" * 1000 + "<a href=/a/2>Lost</a>", links="a")
    assert len(found.entries) == 1
    assert not found.whole
    assert found.faults == ("nested too deep: what follows was not read",)


def test_checking():
    assert (
        check_listing(Listing("h2 a", item=".card", title="h2", date="time", pattern=r"/\d+", next="a.next", depth=3))
        == []
    )
    faults = check_listing(Listing("div..a", item="a::text", title=">", date="a[", next="a:nth(", pattern="(", depth=0))
    assert [one.partition(":")[0] for one in faults] == ["item", "links", "title", "date", "next", "pattern", "depth"]
    assert '"div..a" is no CSS selector (' in faults[1]
    assert check_listing(Listing(" ")) == ['links: a CSS selector is missing, such as "h2 a"']


def test_words_of_an_element():
    root, faults = page_tree(
        b"<div>a\n b<br><br>c<pre>x\n y</pre> d &lt;b&gt; &amp;amp; <script>no</script><p>z</div>", ""
    )
    assert words(root) == "a b\nc\nx\ny\nd <b> &amp;\nz"
    assert faults == ()


# --- times ---


@pytest.mark.parametrize(
    ("text", "zone", "language", "at", "precision"),
    [
        ("2025-02-11T08:00:00+09:00", "", "", "10 23:00", "minute"),
        ("10 лютого 2025, 12:45", "Europe/Kyiv", "uk", "10 10:45", "minute"),
        ("2025.02.10. 오후 3:04", "Asia/Seoul", "ko", "10 06:04", "minute"),
        ("5 minutes ago", "", "", "11 09:25", "minute"),
        ("10m ago", "", "", "11 09:20", "minute"),
        ("5 хвилин тому", "Europe/Kyiv", "uk", "11 09:25", "minute"),
        ("15분 전", "Asia/Seoul", "ko", "11 09:15", "minute"),
        ("2 hours ago", "Europe/Kyiv", "", "10 22:00", "day"),
        ("an hour ago", "Europe/Kyiv", "", "10 22:00", "day"),
        ("час назад", "Europe/Moscow", "ru", "10 21:00", "day"),
        ("3시간 전", "Asia/Seoul", "ko", "10 15:00", "day"),
        ("2 дні тому", "Europe/Kyiv", "uk", "08 22:00", "day"),
        ("вчера, 12:45", "Europe/Moscow", "ru", "10 09:45", "minute"),
        ("Сьогодні 08:10", "Europe/Kyiv", "uk", "11 06:10", "minute"),
        ("позавчора о 7:05", "Europe/Kyiv", "uk", "09 05:05", "minute"),
        ("어제 오후 2:20", "Asia/Seoul", "ko", "10 05:20", "minute"),
        ("Yesterday at 2:20 pm", "", "", "10 14:20", "minute"),
        ("08:10", "Europe/Moscow", "ru", "11 05:10", "minute"),
        ("12:45", "Europe/Moscow", "ru", "10 09:45", "minute"),  # it is 12:30 there
        ("10 лютого, 12:45", "Europe/Kyiv", "uk", "10 10:45", "minute"),
        ("Feb 9", "", "", "09 00:00", "day"),
        ("9 Feb, 10:15", "", "", "09 10:15", "minute"),
        ("02.10 14:20", "Asia/Seoul", "ko", "10 05:20", "minute"),
        ("2월 10일", "Asia/Seoul", "ko", "09 15:00", "day"),
        ("10.02 14:20", "Europe/Moscow", "ru", "10 11:20", "minute"),
    ],
)  # fmt: skip
def test_times_of_lists(text, zone, language, at, precision):
    found = listed_at(text, NOW, zone, language)
    assert (f"{found.at:%d %H:%M}", found.precision) == (at, precision)


def test_a_day_to_come_was_last_year():
    assert listed_at("31 декабря", NOW, "Europe/Moscow", "ru").at == datetime(2024, 12, 30, 21, tzinfo=UTC)
    assert listed_at("31.12", NOW, "Europe/Moscow", "ru").at == datetime(2024, 12, 30, 21, tzinfo=UTC)
    assert listed_at("12-31", NOW, "Asia/Seoul", "ko").at == datetime(2024, 12, 30, 15, tzinfo=UTC)
    assert listed_at("29 февраля", NOW, "", "ru").at == datetime(2024, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "Chapter 7", "3 minutes", "Top 10 stories", "12:45 | Politics", "May 2025", "99.99", "30.02", "오후 33:04", "Feb 30", "999 days", "x" * 5000, "1" * 5000])  # fmt: skip
def test_what_is_no_time(text):
    for language in ("", "ko"):
        assert listed_at(text, NOW, "Asia/Seoul", language) is None


@given(
    st.text(max_size=30) | st.from_regex(r"\A[0-9]{1,3}[.:/ -][0-9]{1,2} ?(ago|тому|назад|전|pm|лютого)?\Z"),
    st.sampled_from(["", "ko", "ru"]),
)
def test_any_time(text, language):
    found = listed_at(text, NOW, "America/New_York", language)
    assert found is None or found.at.tzinfo is UTC


# --- guessing ---


def tabloid():
    """A list of headings, with dates beside them, sections above and a column of what is read most."""
    items = "".join(f'<li class="item{" odd" if n % 2 else ""}"><a class="pic" href="/news/2025/02/11/{4000 + n}/"><img alt=""></a><h3 class="item-title"><a href="/news/2025/02/11/{4000 + n}/">Headline number {n} of the morning in the border town</a></h3><span class="item-date">11.02.2025 0{n % 10}:15</span></li>' for n in range(12))  # fmt: skip
    most = "".join(
        f'<li><a href="/news/2025/02/0{n}/{3900 + n}/">An older headline that many people read, number {n}</a></li>'
        for n in range(1, 7)
    )
    sections = "".join(
        f'<li><a href="/{name}/">{name}</a></li>'
        for name in ("politics", "economy", "culture", "sport", "army", "border")
    )
    return html(
        f'<ul class="sections">{sections}</ul><ul class="latest">{items}</ul><aside class="most-read"><ol>{most}</ol></aside>'
    )


def agency():
    """Lines of a table: time, and a link with everything."""
    lines = "".join(
        f'<tr><td class="when">{9 - n // 6:02d}:{59 - n:02d}</td><td><a href="view.php?id={88000 + n}">Агентство сообщает о событии номер {n} на границе</a></td></tr>'
        for n in range(20)
    )
    return html(
        f'<table class="feed">{lines}</table><div class="footer"><a href="/about.html">About this agency and its people</a></div>'
    )


def modern():
    """Cards that are links as a whole, with generated class names."""
    cards = "".join(f'<article class="css-1x{n}y sc-bdVaJa"><a class="css-k3zq jmLvOv" href="https://news.example/stories/{word}-and-the-river-crossing-{n}"><div class="css-9"><h2 class="css-77">두만강을 건넌 {n}번째 화물열차에 무엇이 실렸나</h2><p>요약 문장이 여기에 있다</p><time datetime="2025-02-1{n % 2}T0{n}:00:00+09:00">방금</time></div></a></article>' for n, word in enumerate(["wagons", "people", "cranes", "boats", "guards", "bridges", "rails", "night"]))  # fmt: skip
    return html(f'<div id="app"><main class="css-main">{cards}</main></div>')


@pytest.mark.parametrize(
    ("page", "count", "start", "dated"),
    [
        (tabloid, 12, "Headline number 0", 12),
        (agency, 20, "Агентство сообщает о событии номер 0", 20),
        (modern, 8, "두만강을 건넌 0번째", 8),
    ],
)
def test_guessing(page, count, start, dated):
    listing = suggest_listing(page().encode(), context())
    assert listing is not None
    assert check_listing(listing) == []
    assert not any(mark in f"{listing.links} {listing.item}" for mark in ("css-", "sc-", "jmLvOv", "odd"))
    found = read_listing(page().encode(), context(), listing)
    assert len(found.entries) == count
    assert found.entries[0].title.startswith(start)
    assert sum(one.published is not None for one in found.entries) == dated
    assert listing.pattern
    assert found.faults == ()


@pytest.mark.parametrize(
    "body",
    [
        html("<p>An article of one paragraph, with <a href=/a/1>one link</a> in it.</p>"),
        html("".join(f"<a href=/s{n}>Section</a>" for n in range(50))),
        html(
            "".join(
                f"<p><a href=http://other{n}.example/a/{n}>A headline on quite another site {n}</a></p>"
                for n in range(20)
            )
        ),
    ],
)
def test_nothing_to_guess(body):
    assert suggest_listing(body.encode(), context()) is None


# --- whatever comes ---


SELECTORS = [
    Listing("a"),
    Listing("h2 a, h3 a"),
    Listing("article a", depth=2),
    Listing(
        "a", item="article, li, tr", title="h2, h3", date="time, span", pattern=r"\d", next="a:last-child", depth=3
    ),
    Listing("div", pattern="/"),
]


def sound(found):
    keys = [one.key for one in found.entries]
    assert len(set(keys)) == len(keys)
    assert found.entries
    for entry in found.entries:
        assert entry.canonical_url.startswith("https://")
        assert entry.url.startswith("http")
        assert "\n" not in entry.title
        assert entry.published is None or entry.published.at.tzinfo is UTC
        for said in (entry.title, entry.url, entry.key, entry.canonical_url):
            said.encode()
            assert not any(char < " " for char in said)
    for said in (*found.faults, found.next_url):
        said.encode()
    assert pickle.loads(pickle.dumps(found)) == found


def sound_or_fault(body, listing, **rest):
    began, found, message = time.process_time(), None, "a list"
    try:
        found = read_listing(body, context(**rest), listing)
    except ReadFaultError as fault:
        message = str(fault)
    assert time.process_time() - began < 20
    assert message.encode()
    if found is not None:
        sound(found)
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(SELECTORS), st.sampled_from(CHARSETS))
def test_mutated_pages(seed, listing, content_type):
    chance = random.Random(seed)
    body = mutated(chance.choice([CARDS, tabloid(), agency(), modern()]).encode(), chance)
    sound_or_fault(body, listing, content_type=content_type)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda said: said.encode("utf-8", "replace")))
def test_any_bytes(body):
    sound_or_fault(body, Listing("a"))


@pytest.mark.parametrize("listing", SELECTORS, ids=range(len(SELECTORS)))
@pytest.mark.parametrize(
    "body",
    [
        b"<div><li><a href=/x/1>y</a>" * 60_000,
        b"".join(b"<a href=/x%d>y" % n for n in range(120_000)),
        b"<div>" + b"".join(b"<a href=/x%d>y</a>" % n for n in range(80_000)),
        b"<article>" * 250 + b"<h2><a href=/x/1>" + b"y" * 1_000_000,
        b"<a href=/x/1>" + b"<b>y" * 100_000,
        b"<base href='http://[x'><a href='\xff\x00/1'>\x00\xed\xa0\x80y</a>" * 1000,
    ],
    ids=["items", "open", "links", "nested", "bold", "base"],
)
def test_hostile_pages(body, listing):
    sound_or_fault(body, listing)
    try:
        suggest_listing(body, context())
    except ReadFaultError as fault:
        assert str(fault)  # noqa: PT017 - either is well


# --- real captures ---


def captures():
    files = sorted(PAGES.rglob("*.html.gz")) if PAGES.is_dir() else []
    if not files:
        pytest.skip("the corpus of real pages is not beside this checkout: it is not part of the project")
    return files


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(SELECTORS), st.sampled_from(CHARSETS))
def test_mutated_real_pages(seed, listing, content_type):
    chance = random.Random(seed)
    body = gzip.decompress(chance.choice(captures()).read_bytes())
    sound_or_fault(mutated(body, chance), listing, content_type=content_type)


@pytest.mark.slow
def test_corpus():
    """Every real page as a list of links: no other exception, no long wait."""
    counts = Counter()
    for path in captures():
        body = gzip.decompress(path.read_bytes())
        for listing in SELECTORS:
            counts["read" if sound_or_fault(body, listing) else "faults"] += 1
    print(dict(counts))  # noqa: T201 - with -s, for people to see
    assert counts["read"] > counts["faults"]
