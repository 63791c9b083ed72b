"""Lists of feeds as other readers export them, and as nobody should."""

import re

import pytest

from khasan import opml
from khasan.opml import OpmlError, read_opml, write_opml
from storage.model import Source
from tests.conftest import ROOT

CORPUS = ROOT.parent / "shared/corpus/feeds"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><head><title>Desk</title></head><body>\n'
END = "</body></opml>"


def listed(outlines, encoding="utf-8"):
    return read_opml((HEAD.replace("UTF-8", encoding) + outlines + END).encode(encoding))


def test_a_list_with_folders():
    found = listed(
        '<outline text="Far East"><outline text="Korea">'
        '<outline type="rss" text="두만 신문" title="Other" xmlUrl="https://tumen.example/rss?a=1&amp;b=2" htmlUrl="https://tumen.example/" language="ko-KR"/>'
        '</outline><outline text="no feed"/></outline><outline xmlUrl="http://b.example/feed"/>'
    )
    first, second = found.feeds
    assert found.title == "Desk"
    assert (first.title, first.url, first.site) == (
        "두만 신문",
        "https://tumen.example/rss?a=1&b=2",
        "https://tumen.example/",
    )
    assert (first.language, first.folder) == ("ko", "Far East / Korea")
    assert (second.url, second.title, second.folder) == ("http://b.example/feed", "", "")
    assert (found.faults, found.repeated) == ((), 0)


@pytest.mark.parametrize(
    ("outline", "url"),
    [
        ('<outline type="rss" text="a" xmlURL=" http://a.example/feed "/>', "http://a.example/feed"),
        ('<OUTLINE TYPE="RSS" TEXT="a" XMLURL="http://a.example/feed"/>', "http://a.example/feed"),
        ('<outline type="link" text="a" xmlUrl="http://a.example/feed"/>', "http://a.example/feed"),
        ('<outline type="rss" text="a" url="http://a.example/feed"/>', "http://a.example/feed"),
        ('<outline text="a" xmlUrl="feed:https://a.example/feed"/>', "https://a.example/feed"),
        ('<outline text="a" xmlUrl="feed://a.example/feed"/>', "http://a.example/feed"),
    ],
)
def test_spellings_of_an_address(outline, url):
    assert [one.url for one in listed(outline).feeds] == [url]


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        ('<outline type="rss" text="Empty" xmlUrl=""/>', "Empty: a feed without an address"),
        ('<outline text="Script" xmlUrl="javascript:alert(1)"/>', "no web address"),
        ('<outline text="File" xmlUrl="file:///etc/passwd"/>', "no web address"),
        ('<outline text="More" type="include" url="http://a.example/more.opml"/>', "another list"),
    ],
)
def test_what_is_left_out_is_named(outline, said):
    found = listed(outline)
    assert not found.feeds
    assert said in found.faults[0]


def test_the_same_feed_twice_is_one():
    found = listed(
        '<outline text="a" xmlUrl="http://a.example/feed/"/><outline text="b" xmlUrl="https://www.a.example/feed"/>'
    )
    assert (len(found.feeds), found.repeated) == (1, 1)


def test_a_query_tells_feeds_apart():
    assert (
        len(
            listed(
                '<outline xmlUrl="http://a.example/?feed=rss2"/><outline xmlUrl="http://a.example/?feed=atom"/>'
            ).feeds
        )
        == 2
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251", "koi8-r"])
def test_encodings(encoding):
    assert (
        listed('<outline text="Восточный рубеж" xmlUrl="http://a.example/"/>', encoding).feeds[0].title
        == "Восточный рубеж"
    )


def test_an_encoding_that_lies():
    body = (HEAD.replace("UTF-8", "us-ascii") + '<outline text="Східна" xmlUrl="http://a.example/"/>' + END).encode()
    assert read_opml(body).feeds[0].title == "Східна"


def test_quotation_marks_and_brackets_inside_a_value_lose_nothing():
    found = listed(
        '<outline text="Far "East"">\n<outline text="The "Border" Post" xmlUrl="http://a.example/feed" type="rss" />\n'
        '<outline text="b" description="<p>all the news" xmlUrl="http://b.example/feed"/>\n</outline>\n<outline text="c" xmlUrl="http://c.example/feed"/>'
    )
    assert [(one.title, one.folder) for one in found.feeds] == [
        ('The "Border" Post', 'Far "East"'),
        ("b", 'Far "East"'),
        ("c", ""),
    ]
    assert "not well-formed" in found.faults[0]


def test_a_list_cut_off_is_read_as_far_as_it_goes():
    body = (HEAD + '<outline text="a" xmlUrl="http://a.example/"/>\n<outline text="b" xmlU').encode()
    assert [one.title for one in read_opml(body).feeds] == ["a"]


def test_names_of_html_and_bare_ampersands():
    found = listed('<outline text="Caf&eacute; &mdash; Q&A &nothing;" xmlUrl="http://a.example/?a=1&b=2"/>')
    assert (found.feeds[0].title, found.feeds[0].url) == ("Café — Q&A", "http://a.example/?a=1&b=2")
    assert not found.faults


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"hello", "something else"),
        (b"\x00\x01\x02" * 50, "not OPML"),
        (b'{"feeds": []}', "something else"),
        (b"<!DOCTYPE html><html><body>no</body></html>", "an HTML page"),
        (b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "a feed itself"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "a feed itself"),
        (b"<urlset/>", "another kind"),
        (b"<!--" * 1000, "not OPML"),
    ],
)
def test_what_is_no_list_is_called_what_it_is(body, said):
    with pytest.raises(OpmlError, match=said):
        read_opml(body)


def test_entities_are_not_expanded():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    with pytest.raises(OpmlError, match="entities"):
        read_opml(
            f'<?xml version="1.0"?><!DOCTYPE opml [{laughs}]><opml><body><outline text="&l8;" xmlUrl="http://a.example/"/></body></opml>'.encode()
        )
    with pytest.raises(OpmlError, match="entities"):
        read_opml(
            b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><outline text="&x;" xmlUrl="http://a.example/"/></opml>'
        )


def test_size_depth_and_number_are_bounded(monkeypatch):
    with pytest.raises(OpmlError, match="bytes"):
        read_opml(b"<opml>" + b" " * opml.MAX_BYTES)
    deep = listed('<outline text="x">' * 3000 + '<outline text="a" xmlUrl="http://a.example/"/>' + "</outline>" * 3000)
    assert [one.url for one in deep.feeds] == ["http://a.example/"]
    assert len(deep.feeds[0].folder) <= opml.MAX_NAME
    monkeypatch.setattr(opml, "MAX_FEEDS", 3)
    many = listed("".join(f'<outline xmlUrl="http://a.example/{number}"/>' for number in range(9)))
    assert len(many.feeds) == 3
    assert "more than 3" in many.faults[0]


def test_what_is_exported_can_be_imported():
    sources = [
        Source("a", "o", 'The "Border" <Post> & Co', "https://a.example/?a=1&b=2", language="uk"),
        Source("b", "o", "Б", "http://b.example/"),
    ]
    text = write_opml(sources, "Desk & more")
    found = read_opml(text.encode())
    assert [(one.title, one.url, one.language) for one in found.feeds] == [
        (one.name, one.url, one.language) for one in sources
    ]
    assert (found.title, found.faults) == ("Desk & more", ())


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_real_lists_lose_no_feed():
    """Every address that stands in the corpus' lists is found, malformed ones too: 1,572 in 118 lists."""
    read = 0
    for file in sorted((CORPUS / "opml").rglob("*.opml")):
        body = file.read_bytes()
        found = read_opml(body)
        assert len(found.feeds) + found.repeated == len(re.findall(rb'xmlUrl="[^"]', body)), file
        read += len(found.feeds)
    assert read > 1500


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_the_listparser_suite_where_it_speaks_of_opml():
    """What its comments expect of feeds holds in all files."""
    files = [one for one in sorted((CORPUS / "listparser").rglob("*.xml")) if "/rdf/" not in str(one)]
    held = 0
    for file in files:
        body = file.read_bytes()
        try:
            feeds = [{"url": one.url, "title": one.title} for one in read_opml(body).feeds]
        except OpmlError:
            assert b"<opml" not in body, file
            continue
        for line in re.findall(r"Eval: (.*feeds.*)", body.decode()):
            if "categories" not in line and "tags" not in line:
                assert eval(line, {"result": {"feeds": feeds}}), (file, line, feeds)
                held += 1
    assert held > 20
