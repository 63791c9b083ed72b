"""Addresses: which name the same article, and which are none."""

import re
import time
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from w3lib.url import canonicalize_url

from spiders.urls import canonical_url, is_front_page, page_identity, web_address

PLAIN = "https://news.example/2025/train"


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/2025/train",
        "https://www.news.example/2025/train/",
        "HTTPS://WWW.News.Example/2025/train",
        "http://m.news.example/2025/train",
        "http://mobile.news.example/2025/train",
        "https://amp.news.example/2025/train",
        "https://www.m.news.example/2025/train",
        "https://news.example:443/2025/train",
        "http://news.example:80/2025/train",
        "http://news.example./2025/train",
        "http://reader:secret@news.example/2025/train",
        "https://news.example/2025/train#comments",
        "https://news.example/2025/train?",
        "https://news.example/2025/train?utm_source=rss&utm_medium=feed&utm_campaign=x",
        "https://news.example/2025/train?fbclid=abc&gclid=d&yclid=1&_ga=2",
        "https://news.example/2025/train?at_medium=RSS&at_campaign=KARANGA",
        "https://news.example/2025/train?from=rss",
        "https://news.example/2025/train?input=rss&ref=feed",
        "https://news.example/2025/train/amp",
        "https://news.example/2025/train/amp/",
        "https://news.example/2025/train.amp",
        "https://news.example/2025/train.amp.html",
        "https://news.example/amp/2025/train",
        "https://news.example/2025/amp/train",
        "https://news.example/2025/train?amp=1",
        "https://news.example/2025/train?outputType=amp",
        "https://news.example/2025/%74rain",
    ],
)
def test_same_article(url):
    assert canonical_url(url) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/n?id=1", "http://a.example/n?id=2"),
        ("http://a.example/n?from=seoul", "http://a.example/n?from=busan"),
        ("http://a.example:8080/n", "http://a.example/n"),
        ("http://ko.a.example/n", "http://a.example/n"),
        ("http://a.example/N", "http://a.example/n"),
        ("http://a.example/ampere", "http://a.example/ere"),
        ("http://a.example/camp", "http://a.example/c"),
        ("http://a.example/#!/news/1", "http://a.example/#!/news/2"),
        ("http://a.example/#/news/1", "http://a.example/#/news/2"),
        ("http://a.example/a%2Fb", "http://a.example/a/b"),
        ("http://m.kr/n", "http://www.kr/n"),
    ],
)
def test_other_article(one, other):
    assert canonical_url(one) != canonical_url(other)


def test_query_in_any_order_and_cyrillic_and_hangul_in_either_spelling():
    assert canonical_url("http://a.example/n?b=2&a=1") == canonical_url("http://a.example/n?a=1&b=2")
    assert canonical_url("http://a.example/новости/поезд") == canonical_url(
        "http://a.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/%d0%bf%d0%be%d0%b5%d0%b7%d0%b4"
    )
    assert canonical_url("http://a.example/북한?q=열차") == canonical_url(
        "http://a.example/%EB%B6%81%ED%95%9C?q=%EC%97%B4%EC%B0%A8"
    )
    assert canonical_url("http://пример.испытание/a") == canonical_url("http://xn--e1afmkfd.xn--80akhbyknj4f/a")


def test_identity_of_an_address_by_number():
    assert urlsplit(canonical_url("http://[2001:db8::1]:8080/n")).port == 8080
    assert canonical_url("http://127.0.0.1/n") == "https://127.0.0.1/n"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/a", "http://feed.example/a"),
        ("a?b=1", "http://feed.example/rss/a?b=1"),
        ("//cdn.example/a", "http://cdn.example/a"),
        (" https://news.example/a \n", "https://news.example/a"),
        ("https://news.example/a\tb\nc", "https://news.example/abc"),
        ("https://news.example/a\x00\ud800b", "https://news.example/ab"),
        ("https://news.example/с пробелом", "https://news.example/с пробелом"),
        ("javascript:alert(1)", ""),
        ("mailto:a@news.example", ""),
        ("data:text/html,x", ""),
        ("ftp://news.example/a", ""),
        ("tag:news.example,2025:1", ""),
        ("http://[broken/a", ""),
        ("http://news.example:99999/a", ""),
        ("http://news.example:port/a", ""),
        ("http://news example/a", ""),
        ("http://news.example/" + "a" * 5000, ""),
        ("", "http://feed.example/rss/feed.xml"),
    ],
)
def test_web_address(link, expected):
    assert web_address(link, "http://feed.example/rss/feed.xml") == expected


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("http://news.example", True),
        ("https://www.news.example/", True),
        ("http://news.example/?utm_source=rss#top", True),
        ("http://news.example/?p=17", False),
        ("http://news.example/#!/17", False),
        ("http://news.example/a", False),
    ],
)
def test_front_page(url, front):
    assert is_front_page(canonical_url(url)) is front


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, "https://news.example/a"),
        ("", "https://news.example/a"),
        ("https://www.news.example/better-name/", "https://news.example/better-name"),
        ("http://news.example/?id=7", "https://news.example?id=7"),
        ("https://news.example/", "https://news.example/a"),
        ("https://other.example/a", "https://news.example/a"),
        ("http://[broken", "https://news.example/a"),
        ("/relative", "https://news.example/a"),
        ("nonsense", "https://news.example/a"),
    ],
)
def test_page_identity(declared, expected):
    assert page_identity("http://www.news.example/a?utm_source=x", declared) == expected


PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["http://", "https://", "www.", "m.", "amp", "/amp", "/", "?", "&", "#", "#!/", "=", "utm_source=x", ":", "8080", "%D0%BF", "%",
         "+", " ", "новости", "북한", "xn--", "[", "]", "@", "..", ".", "example.com", "//", "\\", "\ud800", "%zz", "%2F", "%26"]
    ),
)  # fmt: skip
ADDRESSES = st.lists(PIECES, max_size=8).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(ADDRESSES, ADDRESSES.map("http://www.example.com/".__add__), ADDRESSES.map("http://".__add__)))
@example(";[")
@example(";%41")
@example("/;/amp/;;/")
@example("..AMP")
def test_any_text_is_an_address_or_none(text):
    canonical_url(text)
    page_identity("http://news.example/a", text)
    address = web_address(text, "http://feed.example/x/")
    if not address:
        return
    plain = canonical_url(address)
    plain.encode()
    assert canonical_url(plain) == plain
    assert plain.startswith("https://")
    assert web_address(address, "http://other.example/") == address
    assert page_identity(address, None) == plain
    assert is_front_page(plain) in {True, False}


# --- long addresses ---

_AMP_PATH = re.compile(r"(?:/amp|\.amp)(?:\.html?)?/?$|^/amp(?=/)|(?<=/)amp/(?=[^/]+$)", re.IGNORECASE)
_PATH_END = re.compile(r"(?:/\.{0,2}|%3B)+$")


def plain_path(path):
    """What is left of a path, in the plainest way to say it, which takes a minute for a long one."""
    before = None
    while path != before:
        before, path = path, _AMP_PATH.sub("", _PATH_END.sub("", path))
    return path


PATHS = st.lists(
    st.sampled_from(["/amp", "amp/", "amp", "AMP/", ".amp", ".html", ".htm", "/", "/.", "/..", ".", "..", "%3B", "x", "b"]), max_size=12
).map("".join)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(PATHS)
@example("/b/amp/.amp")
@example("/amp/amp/x.amp.html/..")
def test_what_ends_a_path_and_says_nothing_is_cut(path):
    path = f"/{path}"
    plain = urlsplit(canonical_url(f"https://a.example{path}")).path
    assert plain == plain_path(urlsplit(canonicalize_url(f"https://a.example{path}")).path)


@pytest.mark.parametrize(
    "path",
    [
        "/" * 2000 + "x" + "/amp" * 450,
        "/" * 3900 + "x",
        "/x" + "/amp" * 990,
        "/x" + ".amp" * 990,
        "/amp" * 990 + "/x",
        "/x" + "/amp" * 990 + "/y",
        "/x" + "/amp/.." * 550,
        "/x" + ";" * 3900,
        "/x" + ";/" * 1900 + "y",
        "/x" + ";sessionid=" * 350,
    ],
)
def test_a_long_address_takes_no_time(path):
    began = time.process_time()
    canonical_url(f"https://a.example{path}")
    assert time.process_time() - began < 1
