"""What new sources are called, and whose they are."""

import re

import pytest

from khasan.declaring import Declaring, Wanted
from khasan.probed import DEAD, LOOK, WORKS, offline, verdict
from spiders.probe import Probed
from storage.model import Listing, Outcome, Outlet, PollResult, Source
from tests.shelf import NOW

SOURCES = [
    Source("yonhap-en", "yonhap", "Yonhap", "https://en.yna.co.kr/RSS/news.xml", language="en"),
    Source("kpszsu", "air_force", "Air Force", "https://t.me/s/kpszsu", kind="telegram"),
    Source("courier", "courier", "Courier", "https://feeds.feedburner.com/courier"),
    Source("gdelt", "gdelt", "GDELT", "https://api.gdelt.example/doc", kind="search", query="x"),
]
OUTLETS = [
    Outlet("yonhap", "Yonhap"),
    Outlet("air_force", "Air Force"),
    Outlet("courier", "Courier"),
    Outlet("gdelt", "GDELT"),
]


def declared(*wanted):
    known = Declaring(SOURCES, OUTLETS)
    for one in wanted:
        known.declare(one)
    return known


@pytest.mark.parametrize(
    ("wanted", "source", "outlet"),
    [
        (Wanted("https://feeds.tumen.example/rss", language="en"), "tumen-en", "tumen"),
        (Wanted("https://www.border-post.co.kr/rss"), "border-post", "border_post"),
        (Wanted("https://ko.yna.co.kr/rss", language="ko"), "yna-ko", "yonhap"),
        (Wanted("https://t.me/s/Tumen_Desk", kind="telegram", language="ru"), "tumen-desk-ru", "tumen_desk"),
        (Wanted("https://feeds.feedburner.com/borderpost", title="Border Post"), "border-post", "border_post"),
        (Wanted("https://feeds.feedburner.com/borderpost", title="Прикордоння"), "borderpost", "borderpost"),
        (Wanted("http://127.0.0.1:8000/rss"), "127-0-0-1", "127_0_0_1"),
        (Wanted("https://новини.example/rss"), "source", "source"),
        (Wanted("https://a.example/rss", id="mine", outlet="yonhap"), "mine", "yonhap"),
    ],
)
def test_names(wanted, source, outlet):
    known = declared(wanted)
    entry = known.sources[0]
    assert (entry["id"], entry["outlet"]) == (source, outlet)
    assert [one["id"] for one in known.outlets] == ([] if outlet == "yonhap" else [outlet])


def test_no_id_is_given_twice():
    wanted = [Wanted(f"https://tumen.example/{n}", language="en") for n in range(3)]
    known = declared(
        *wanted,
        Wanted("https://tumen.example/sitemap.xml", kind="sitemaps", language="en"),
        Wanted("https://gdelt.org/rss"),
    )
    assert [one["id"] for one in known.sources] == [
        "tumen-en",
        "tumen-en-2",
        "tumen-en-3",
        "tumen-sitemaps-en",
        "gdelt-2",
    ]
    assert [one["id"] for one in known.outlets] == ["tumen", "gdelt_2"]
    assert all(re.fullmatch("[a-z0-9][a-z0-9-]*", one["id"]) for one in known.sources)


def test_what_is_not_as_it_is_anyway_is_declared():
    listing = Listing("h2 a", pattern="/news/")
    (entry,) = declared(
        Wanted("https://tumen.example/news", "listings", "Tumen", "ko", pages="all", listing=listing)
    ).sources
    assert entry == {
        "id": "tumen-ko", "outlet": "tumen", "name": "Tumen", "url": "https://tumen.example/news", "kind": "listings",
        "language": "ko", "pages": "all", "listing": {"links": "h2 a", "pattern": "/news/"},
    }  # fmt: skip
    assert "kind" not in declared(Wanted("https://tumen.example/rss")).sources[0]


def test_what_is_watched_already():
    known = declared(Wanted("https://tumen.example/rss/"))
    assert known.watched("http://ko.yna.co.kr/RSS/news.xml") == ""
    assert known.watched("http://en.yna.co.kr/RSS/news.xml/") == "yonhap-en"
    assert known.watched("https://a.example/", "@kpszsu") == "kpszsu"
    assert known.watched("https://tumen.example/rss") == "tumen"
    assert not known.watched("https://api.gdelt.example/doc"), "a search's address is everybody's"


def probed(outcome, status=None, robots=0.0):
    return Probed(SOURCES[0], PollResult("yonhap-en", NOW, outcome, NOW, status=status), robots=robots)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (probed(Outcome.NEW), WORKS),
        (probed(Outcome.MOVED), WORKS),
        (probed(Outcome.STALE), LOOK),
        (probed(Outcome.GONE, 404), DEAD),
        (probed(Outcome.DNS), DEAD),
        (probed(Outcome.NOT_A_FEED, 200), DEAD),
        (probed(Outcome.REFUSED, 403), DEAD),
        (probed(Outcome.REFUSED, 429), LOOK),
        (probed(Outcome.REFUSED), LOOK),  # its host rests
        (probed(Outcome.ROBOTS), DEAD),
        (probed(Outcome.ROBOTS, robots=None), LOOK),  # the file itself could not be had
        (probed(Outcome.TIMEOUT), LOOK),
        (probed(Outcome.SERVER, 503), LOOK),
        (probed(Outcome.PARSE_FAULT, 200), LOOK),
        (probed(Outcome.FAULT), LOOK),
    ],
)
def test_verdicts(one, expected):
    assert verdict(one) == expected


def test_nothing_reached_is_this_machine_and_not_the_world():
    assert offline([probed(Outcome.DNS), probed(Outcome.TIMEOUT)])
    assert not offline([probed(Outcome.DNS), probed(Outcome.GONE, 404)])
    assert not offline([probed(Outcome.DNS)])
