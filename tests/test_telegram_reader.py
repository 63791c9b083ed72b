"""Reading a channel's public preview: posts, what is around them, and what is no preview. A Channel or a ReadFaultError."""

import pickle
import random
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spiders.found import ReadContext, ReadFaultError
from spiders.telegram_reader import channel_address, read_channel
from storage.archive import open_archive
from storage.model import Outcome, Precision, TimeOrigin
from tests.mutation import CHARSETS, mutated
from tests.shelf import minutes, poll, rows, settle, source

NOW = datetime(2025, 2, 11, 12, 0, tzinfo=UTC)
REAL = Path(__file__).parents[1].parent / "shared" / "corpus" / "feeds" / "telegram_preview"


def read(body, **context):
    return read_channel(
        body if isinstance(body, bytes) else body.encode(),
        ReadContext(**{"source": "tumen-tg", "url": "https://t.me/s/tumen_post", "now": NOW, **context}),
    )


def text(inner):
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{inner}</div>'


def post(
    number,
    inner="",
    *,
    channel="tumen_post",
    service=False,
    at="2025-02-11T08:15:00+00:00",
    meta="",
    before="",
    mark="",
):
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message text_not_supported_wrap{" service_message" if service else ""} js-widget_message" data-post="{channel}/{number}" data-view="eyJjIjotMX0">
<div class="tgme_widget_message_user"><a href="https://t.me/{channel}"><i class="tgme_widget_message_user_photo bgcolor6" data-content="T"><img src="data:image/svg+xml;base64,PHN2Zz4"></i></a></div>
<div class="tgme_widget_message_bubble"><i class="tgme_widget_message_bubble_tail"><svg class="bubble_icon"><g><path d="M8,1"></path></g></svg></i>
<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" href="https://t.me/{channel}"><span dir="auto">Tumen Post</span></a></div>
{before}{inner}
<div class="tgme_widget_message_reactions js-message_reactions"><span class="tgme_reaction"><i class="emoji"><b>👍</b></i>17</span></div>
<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short js-message_info">
<span class="tgme_widget_message_views">1.2K</span><span class="copyonly"> views</span>{meta}<span class="tgme_widget_message_meta">{mark}<a class="tgme_widget_message_date" href="https://t.me/{channel}/{number}"><time datetime="{at}" class="time">08:15</time></a></span>
</div></div></div></div></div>"""


def page(*posts, more="", head=""):
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Tumen Post – Telegram</title><meta property="og:title" content="Tumen Post">{head}</head>
<body class="widget_frame_base tgme_webpreview"><header class="tgme_header"><div class="tgme_channel_info"><div class="tgme_channel_info_header_title"><span dir="auto">Tumen Post</span></div>
<div class="tgme_channel_info_header_username"><a href="https://t.me/tumen_post">@tumen_post</a></div></div></header>
<main class="tgme_main" data-url="/tumen_post"><section class="tgme_channel_history js-message_history">{more}{"".join(posts)}</section></main></body></html>"""


EDITED = "edited &nbsp;"
MORE = '<div class="tgme_widget_message_centered js-messages_more_wrap"><a href="/s/tumen_post?before=41" class="tme_messages_more js-messages_more" data-before="41"></a></div>'
PHOTO = '<a class="tgme_widget_message_photo_wrap 12 34_56" href="https://t.me/tumen_post/41" style="width:600px;background-image:url(\'https://cdn.example/file/a.jpg\')"><div class="tgme_widget_message_photo"></div></a>'
VIDEO = '<a class="tgme_widget_message_video_player js-message_video_player" href="https://t.me/tumen_post/41"><i class="tgme_widget_message_video_thumb"></i><div class="tgme_widget_message_video_wrap"><video src="https://cdn.example/v.mp4" class="tgme_widget_message_video"></video></div><time class="message_video_duration js-message_video_duration">0:35</time><div class="message_media_not_supported_wrap"><div class="message_media_not_supported_label">This media is not supported in your browser</div></div></a>'
POLL = '<div class="tgme_widget_message_poll js-poll"><div class="tgme_widget_message_poll_question">Will the bridge open?</div><div class="tgme_widget_message_poll_type">Anonymous Poll</div><div class="tgme_widget_message_poll_options"><div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_percent">62%</div><div class="tgme_widget_message_poll_option_value"><div class="tgme_widget_message_poll_option_text">Yes, this year</div></div></div><div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_percent">38%</div><div class="tgme_widget_message_poll_option_value"><div class="tgme_widget_message_poll_option_text">No</div></div></div></div></div><div class="tgme_widget_message_voters">812 voters</div>'
DOCUMENT = '<a class="tgme_widget_message_document_wrap" href="https://t.me/tumen_post/41"><div class="tgme_widget_message_document_icon{}"></div><div class="tgme_widget_message_document"><div class="tgme_widget_message_document_title" dir="auto">timetable.pdf</div><div class="tgme_widget_message_document_extra" dir="auto">1.2 MB</div></div></a>'
FORWARD = '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/rail_watch/7"><span dir="auto">Rail Watch</span></a>&nbsp;(<span class="tgme_widget_message_forwarded_from_author" dir="auto">Olha</span>)</div>'
HIDDEN_FORWARD = '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<span class="tgme_widget_message_forwarded_from_name"><span dir="auto">A driver</span></span></div>'
REPLY = '<a class="tgme_widget_message_reply user-color-default" href="https://t.me/tumen_post/40"><i class="tgme_widget_message_reply_thumb" style="background-image:url(\'https://cdn.example/q.jpg\')"></i><div class="tgme_widget_message_author accent_color"><span class="tgme_widget_message_author_name" dir="auto">Tumen Post</span></div><div class="tgme_widget_message_text js-message_reply_text" dir="auto">Words of another post</div></a>'
PREVIEW = '<a class="tgme_widget_message_link_preview" href="https://www.news.example/a/1"><i class="link_preview_image" style="background-image:url(\'https://cdn.example/p.jpg\')"></i><div class="link_preview_site_name" dir="auto">News</div><div class="link_preview_title" dir="auto">A title there</div><div class="link_preview_description" dir="auto">A description<br/>on two lines</div></a>'
UNSUPPORTED = '<div class="message_media_not_supported_wrap"><div class="message_media_not_supported"><div class="message_media_not_supported_label">Please open Telegram to view this post</div><a href="https://t.me/tumen_post/41" class="message_media_view_in_telegram">VIEW IN TELEGRAM</a></div></div>'
FOOTNOTE = f'<div class="media_not_supported_cont">{UNSUPPORTED}</div>'


def only(inner="", **rest):
    (entry,) = read(page(post(41, inner, **rest))).found.entries
    return entry


# --- posts ---


def test_a_post():
    entry = only(
        text("<b>A train of forty wagons crossed.</b><br/>It came from the south.<br/><br/>More follows. &lt;here&gt;")
    )
    assert (entry.key, entry.url, entry.canonical_url) == (
        "tumen_post/41", "https://t.me/tumen_post/41", "https://t.me/tumen_post/41",
    )  # fmt: skip
    assert entry.title == "A train of forty wagons crossed."
    assert entry.text == "A train of forty wagons crossed.\nIt came from the south.\nMore follows. <here>"
    assert (entry.published.at, entry.published.zone) == (datetime(2025, 2, 11, 8, 15, tzinfo=UTC), "+00:00")
    assert (entry.published.precision, entry.published.origin) == (Precision.MINUTE, TimeOrigin.FEED)
    assert entry.whole
    assert entry.image is None
    assert entry.authors == ()


def test_midnight_is_a_minute_too():
    assert only(text("At night"), at="2025-02-11T00:00:00+00:00").published.precision == Precision.MINUTE


@pytest.mark.parametrize("at", ["", "soon", "1970-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00"])
def test_a_time_that_cannot_be(at):
    assert only(text("A text"), at=at).published is None


def test_offsets_are_kept():
    published = only(text("A text"), at="2025-02-11T17:15:00+09:00").published
    assert (published.at, published.zone) == (datetime(2025, 2, 11, 8, 15, tzinfo=UTC), "+09:00")


def test_the_same_post_elsewhere_has_an_address_there():
    body = page(post(41, text("A text"), channel="Tumen_Post"), more=MORE)
    channel = read(body, url="http://user:secret@127.0.0.1:8080/s/Tumen_Post?before=60")
    entry = channel.found.entries[0]
    assert entry.url == "http://127.0.0.1:8080/Tumen_Post/41"
    assert entry.canonical_url == "https://127.0.0.1:8080/tumen_post/41"
    assert entry.key == "tumen_post/41"
    assert channel.found.next_url == "http://user:secret@127.0.0.1:8080/s/Tumen_Post?before=41"


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ('<tg-emoji emoji-id="1"><i class="emoji" style="background-image:url(\'//telegram.org/e.png\')"><b>⚡️</b></i></tg-emoji> Now', "⚡️ Now"),
        ("Seen by <tg-spoiler><span>nobody</span></tg-spoiler> yet", "Seen by nobody yet"),
        ("He said:<blockquote>We are here</blockquote>and left", "He said:\nWe are here\nand left"),
        ("<pre>one\n  two</pre>three", "one\ntwo\nthree"),
        ("in the\n source only", "in the source only"),
        ('See <a href="https://news.example/1" target="_blank">this</a> and <a href="?q=%23rail">#rail</a>', "See this and #rail\n[link https://news.example/1]"),
        ("не<b>бо</b>", "небо"),
        ('<div class="tgme_widget_message_text js-message_text">Once</div>', "Once"),
        ("a\u200b\x00b\u202ec", "abc"),
        ("&#xD800;x&#0;&#x110000;", "x"),
    ],
)  # fmt: skip
def test_words(inner, said):
    assert only(text(inner)).text.replace("\ufffd", "") == said


@pytest.mark.parametrize(
    ("inner", "title"),
    [
        ("Short<br/>and the next line says more<br/>third", "Short and the next line says more"),
        ("⚡️⚡️⚡️<br/>#rail #border<br/>Forty wagons crossed the river", "Forty wagons crossed the river"),
        ("#rail #border", "#rail #border"),
        ("❗️", "❗️"),
        ("Слова " * 30, "Слова " * 19 + "Слова…"),
        (
            "This is a first sentence that is long enough. " + "word " * 40,
            "This is a first sentence that is long enough.",
        ),
        ("가" * 200, "가" * 119 + "…"),
        ("북한군 열차가 두만강을 건넜다", "북한군 열차가 두만강을 건넜다"),
    ],
)
def test_titles(inner, title):
    entry = only(text(inner))
    assert entry.title == title
    assert len(entry.title) <= 120


@pytest.mark.parametrize(
    ("inner", "title", "said"),
    [
        (PHOTO, "[photo]", ""),
        (PHOTO * 3, "[3 photos]", ""),
        (VIDEO, "[video 0:35]", ""),
        (PHOTO + VIDEO, "[photo] [video 0:35]", ""),
        (POLL, "[poll] Will the bridge open?", "[poll] Will the bridge open?\n– Yes, this year\n– No"),
        (DOCUMENT.format(""), "[document] timetable.pdf", "[document] timetable.pdf"),
        (DOCUMENT.format(" audio").replace("1.2 MB", "The Band"), "[audio] timetable.pdf The Band", "[audio] timetable.pdf The Band"),
        ('<div class="tgme_widget_message_voice_player"><audio class="tgme_widget_message_voice"></audio><time class="tgme_widget_message_voice_duration">1:02</time></div>', "[voice message 1:02]", ""),
        ('<a class="tgme_widget_message_roundvideo_player"><time class="tgme_widget_message_roundvideo_duration">0:15</time></a>', "[video message 0:15]", ""),
        ('<div class="tgme_widget_message_sticker_wrap media_supported_cont"><i class="tgme_widget_message_sticker"></i></div>', "[sticker]", ""),
        ('<a class="tgme_widget_message_location_wrap" href="https://maps.example/"><div class="tgme_widget_message_location"></div></a>', "[location]", ""),
        (UNSUPPORTED, "[post that the preview does not show]", ""),
        (REPLY + UNSUPPORTED, "[post that the preview does not show]", "[in reply to t.me/tumen_post/40]"),
        ("", "[post that the preview does not show]", ""),
        (FORWARD + PHOTO, "[photo]", "[forwarded from Rail Watch (t.me/rail_watch/7), Olha]"),
        (PHOTO + text("A caption") + FOOTNOTE, "A caption", "A caption"),
        (f'<div class="media_supported_cont"><div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap"><div class="tgme_widget_message_grouped">{PHOTO * 2}</div></div>{text("Two pictures of it")}</div>{FOOTNOTE}', "Two pictures of it", "Two pictures of it"),
    ],
)  # fmt: skip
def test_media(inner, title, said):
    entry = only(inner)
    assert (entry.title, entry.text) == (title, said)


def test_what_is_around_the_text():
    entry = only(text("Own words stand here<br/>and here") + PREVIEW, before=FORWARD + REPLY)
    assert entry.title == "Own words stand here"
    assert entry.text.split("\n") == [
        "[forwarded from Rail Watch (t.me/rail_watch/7), Olha]",
        "[in reply to t.me/tumen_post/40]",
        "Own words stand here",
        "and here",
        "[link news.example] A title there: A description on two lines",
    ]
    assert only(text("A text"), before=HIDDEN_FORWARD).text == "[forwarded from A driver]\nA text"
    assert only(text("A text"), before=REPLY.replace("https://t.me/tumen_post/40", "")).text == "A text"


def test_what_changes_by_itself_is_no_text():
    body = page(post(41, text("A text") + POLL))
    later = body.replace("1.2K", "9.9K").replace("</i>17", "</i>190").replace("62%", "61%")
    assert later != body
    assert read(later).found.entries == read(body.replace("812 voters", "900 voters")).found.entries
    assert read(body.replace("A text", "A new text")).found.entries[0].sha256 != read(body).found.entries[0].sha256


def test_an_edit_is_told_and_its_mark_alone_is_no_change():
    before, marked = only(text("A text")), only(text("A text"), mark=EDITED)
    assert marked.text == "A text\n[edited]"
    assert (marked.title, marked.sha256) == (before.title, before.sha256)
    assert (marked.key, marked.canonical_url) == (before.key, before.canonical_url)
    linked = only(text('<a href="https://a.example/">A</a> text') + PREVIEW, before=REPLY, mark=EDITED)
    assert linked.text.split("\n")[-2:] == ["[link https://a.example/]", "[edited]"]
    assert only(PHOTO, mark=EDITED).text == "[edited]"
    assert only(PHOTO, mark=EDITED).title == "[photo]"


@pytest.mark.parametrize(
    ("sign", "mark", "said"),
    [
        ("Olha", ", edited &nbsp;", "A text\n[edited]"),
        ("Olha", ",&nbsp;", "A text"),
        ("Edited by Olha", ",&nbsp;", "A text"),
    ],
)
def test_the_mark_of_an_edit_beside_a_signature(sign, mark, said):
    sign = f'<span class="tgme_widget_message_from_author" dir="auto">{sign}</span>'
    assert only(text("A text"), mark=sign + mark).text == said


def test_an_edited_post_stays_one_article(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        settle(archive, source("tumen-tg"))
        hidden = 'Wagons crossed, <a href="https://{}.example/1">they say</a>'
        for number, (said, mark, versions) in enumerate(
            [
                ("Wagons crossed", "", 1),
                ("Wagons crossed", EDITED, 1),  # a picture was changed, or what was wrong was put right again
                ("Forty wagons crossed", EDITED, 2),
                (hidden.format("one"), EDITED, 3),
                (hidden.format("two"), EDITED, 4),
                (hidden.format("two"), EDITED, 4),
            ]
        ):
            poll(archive, "tumen-tg", only(text(said), mark=mark), at=NOW + minutes(15 * number))
            assert len(rows(archive, "SELECT * FROM article")) == 1
            assert len(rows(archive, "SELECT * FROM text_version")) == versions
        newest = rows(archive, "SELECT text FROM text_version ORDER BY number DESC")[0]["text"]
    assert newest == "Wagons crossed, they say\n[link https://two.example/1]\n[edited]"


def link(href, said):
    return f'<a href="{href}" target="_blank" rel="noopener">{said}</a>'


@pytest.mark.parametrize(
    ("inner", "links"),
    [
        (link("https://news.example/1?a=1&amp;b=2", "here"), ["https://news.example/1?a=1&b=2"]),
        (link("https://news.example/1", "https://news.example/1"), []),
        (link("http://www.News.example/", "news.example"), []),
        (link("https://news.example/", "the news") + " (news.example)", []),
        (link("https://news.example/1", "news.example/12"), ["https://news.example/1"]),
        (link("https://news.example/1", "news.example"), ["https://news.example/1"]),
        (link("https://news.example", "news.example/1"), ["https://news.example"]),
        (link("https://news.example", "news.example.org"), ["https://news.example"]),
        (link("https://news.example/%D1%96%D1%89%D0%BE", "https://news.example/іщо"), []),
        (link("https://t.me/rail_watch", "@Rail_Watch"), []),
        (link("https://t.me/rail_watch", "@rail_watchers"), ["https://t.me/rail_watch"]),
        (link("https://t.me/rail_watch/7", "@rail_watch"), ["https://t.me/rail_watch/7"]),
        (link("https://t.me/Tumen_Post", "Subscribe!"), []),
        (link("https://t.me/tumen_post/40", "earlier"), ["https://t.me/tumen_post/40"]),
        (link("https://a.example/a] Kim arrived [edited]", "one"), ["https://a.example/a%5D%20Kim%20arrived%20%5Bedited%5D"]),
        (link("https://a.example/\u2028[edited]?a=[1]\u2029#[b c]", "one"), ["https://a.example/%E2%80%A8%5Bedited%5D?a=%5B1%5D%E2%80%A9#%5Bb%20c%5D"]),
        (link("https://kim:secret@a.example:8080//a", "one"), ["https://a.example:8080//a"]),
        (link("https://[2001:db8::1]:8080/a?", "one"), ["https://[2001:db8::1]:8080/a?"]),
        (link("https://[::1%[edited]/a", "one") + link("https://a] Kim [::1]/", "two"), ["https://[::1%%5Bedited]/a"]),
        (link("https://news.example/1", "xnews.example/1 news.example/12 news.example/1."), []),
        (link("https://a.example/", "one") + link("https://b.example/", "two") + link("https://a.example/", "three"), ["https://a.example/", "https://b.example/"]),
        (link("?q=%23rail", "#rail") + link("tg://resolve?domain=x", "x") + link("mailto:a@b.example", "mail") + link("javascript:x()", "y") + link("https://[x", "z") + "<a>w</a>", []),
        ("".join(link(f"https://a.example/{number}", "x") for number in range(100)), [f"https://a.example/{number}" for number in range(20)]),
    ],
)  # fmt: skip
def test_addresses_behind_words(inner, links):
    plain, entry = only(text(re.sub("</?a[^>]*>", "", inner))), only(text(inner))
    assert entry.text == "\n".join([plain.text, *(f"[link {one}]" for one in links)])
    assert (entry.title, entry.key, entry.canonical_url) == (plain.title, plain.key, plain.canonical_url)


def test_links_of_what_is_answered_and_of_pictures_are_not_the_text_s():
    reply = REPLY.replace("</a>", f'<div class="js-message_reply_text">{link("https://other.example/", "x")}</div></a>')
    assert "[link" not in only(PHOTO + text("A text"), before=reply).text


def test_signature_and_picture():
    entry = only(
        PHOTO + text("A text"), meta='<span class="tgme_widget_message_from_author" dir="auto">Olha Koval</span>'
    )
    assert entry.authors == ("Olha Koval",)
    assert entry.image == "https://cdn.example/file/a.jpg"


def test_many_links_in_a_long_text_take_no_time():
    words = "No train has crossed today. " * 5400
    body = page(post(41, text(words + "".join(link(f"https://a.example/{number}", "x") for number in range(300)))))
    began = time.process_time()
    (entry,) = read(body).found.entries
    assert time.process_time() - began < 3
    assert entry.text.count("[link https://a.example/") == 20


# --- channels ---


def test_newest_first_and_service_messages_are_counted_only():
    channel = read(page(post(40, text("Channel created"), service=True), post(41, text("One")), post(44, text("Four")), post(43, text("Three"))))  # fmt: skip
    assert [one.key for one in channel.found.entries] == ["tumen_post/44", "tumen_post/43", "tumen_post/41"]
    assert (channel.oldest_id, channel.name, channel.title) == (40, "tumen_post", "Tumen Post")
    assert channel.found.faults == ()
    assert channel.found.whole
    assert channel.found.encoding == "utf-8"
    assert pickle.loads(pickle.dumps(channel)) == channel


def test_twice_the_same_post_is_one():
    assert len(read(page(post(41, text("One")), post(41, text("One")))).found.entries) == 1


def test_a_post_inside_a_post_keeps_its_words():
    inner = post(42, text("Inner"))
    found = read(page(post(41, text("Outer") + inner))).found.entries
    assert [(one.key, one.text) for one in found] == [("tumen_post/42", "Inner"), ("tumen_post/41", "Outer")]


def test_more_posts_than_wanted():
    found = read(page(*(post(number, text(f"Post {number}")) for number in range(1, 31))), max_entries=10).found
    assert [one.key for one in found.entries] == [f"tumen_post/{number}" for number in range(30, 20, -1)]
    assert found.faults == ("30 posts, the newest 10 were read",)


@pytest.mark.parametrize(
    ("more", "numbers", "url", "following"),
    [
        (MORE, (41, 44), "https://t.me/s/tumen_post", "https://t.me/s/tumen_post?before=41"),
        (MORE, (41, 44), "https://t.me/s/tumen_post?before=45#x", "https://t.me/s/tumen_post?before=41"),
        (MORE, (41, 44), "https://t.me/s/tumen_post?before=41", ""),  # not older than what was asked for
        (MORE, (41, 44), "https://t.me/s/tumen_post?before=x", "https://t.me/s/tumen_post?before=41"),
        (MORE, (1, 44), "https://t.me/s/tumen_post", ""),
        (MORE.replace("before", "after"), (41, 44), "https://t.me/s/tumen_post", ""),
        ("", (41, 44), "https://t.me/s/tumen_post", ""),
        ('<link rel="prev" href="/s/tumen_post?before=41">', (41,), "https://t.me/s/tumen_post", "https://t.me/s/tumen_post?before=41"),
        ('<link rel="canonical" href="/s/tumen_post?before=45">', (41,), "https://t.me/s/tumen_post", ""),
    ],
)  # fmt: skip
def test_older_posts(more, numbers, url, following):
    assert read(page(*(post(one, text("x y z")) for one in numbers), more=more), url=url).found.next_url == following


def test_no_posts():
    channel = read(page())
    assert channel.found.entries == ()
    assert (channel.oldest_id, channel.name, channel.title) == (0, "tumen_post", "Tumen Post")
    notice = '<div class="tgme_widget_message_wrap"><div class="tme_no_messages_found">No posts found</div></div>'
    assert read(page(notice)).found.faults == ('no posts; the page says "No posts found"',)


# --- what is no preview ---


def card(title, extra="", name="", more=""):
    said = f'<div class="tgme_page_title" dir="auto"><span>{name}</span></div>' if name else ""
    extra = f'<div class="tgme_page_extra">{extra}</div>' if extra else ""
    return f'<html><head><title>{title}</title></head><body class="no_transition"><div class="tgme_page_wrap"><div class="tgme_page">{said}{extra}<div class="tgme_page_action"><a class="tgme_action_button_new" href="tg://resolve?domain=tumen_post">Go</a></div>{more}</div></div></body></html>'


CONTEXT_LINK = '<div class="tgme_page_context_link_wrap"><a class="tgme_page_context_link" href="/s/tumen_post">Preview channel</a></div>'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (card("Telegram: View @tumen_post", "4 210 subscribers", "Tumen Post"), "the channel @tumen_post has no public preview"),
        (card("Telegram: View @tumen_post", "4 210 subscribers", "Tumen Post", CONTEXT_LINK), "the card of the channel @tumen_post, not its posts: they are at https://t.me/s/…"),
        (card("Telegram: View @tumen_post", "812 members, 20 online", "Tumen chat"), "@tumen_post is a group; only channels have a public preview"),
        (card("Telegram: Contact @tumen_post", "@tumen_post", "Kim Min"), "@tumen_post is a person or a bot, not a channel"),
        (card("Telegram: Contact @tumen_bot", "@tumen_bot", "Helper"), "@tumen_bot is a bot, not a channel"),
        (card("Telegram: Contact @tumen_post"), "there is no channel @tumen_post"),
        (card("Telegram"), "there is no channel @tumen_post"),
        ("<html><head><title>Telegram Messenger</title></head><body class='tl_main_wrap'>Hello</body></html>", 'Telegram’s own page ("Telegram Messenger")'),
        ("<html><head><title>Welcome</title></head><body><p>Hello</p></body></html>", 'not a page of Telegram but an HTML page ("Welcome")'),
        ('<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "not an HTML page but XML (<rss>)"),
        ("", "the body is empty"),
        ('{"ok": false}', "no HTML markup in it"),
        ("%PDF-1.7 <p>", "not an HTML page"),
    ],
)  # fmt: skip
def test_what_is_no_preview(body, message):
    with pytest.raises(ReadFaultError) as fault:
        read(body)
    assert fault.value.outcome == Outcome.NOT_A_FEED
    assert message in str(fault.value)
    assert pickle.loads(pickle.dumps(fault.value)).message == fault.value.message


def test_a_page_that_has_changed_is_no_quiet_day():
    changed = page(post(41, text("One")), post(42, text("Two")), post(43, text("Three")))
    for body, message in (
        (changed.replace("data-post", "data-id"), "posts without numbers"),
        (changed.replace("message_text", "words"), "3 posts, but no text or media was found in any"),
    ):
        with pytest.raises(ReadFaultError, match=message) as fault:
            read(body)
        assert fault.value.outcome == Outcome.PARSE_FAULT
    footnotes = page(*(post(number, text("Words") + FOOTNOTE) for number in range(41, 45)))
    with pytest.raises(ReadFaultError, match="4 posts, but no text"):
        read(footnotes.replace("message_text", "words"))
    unsupported = page(*(post(number, UNSUPPORTED) for number in range(41, 45)))
    assert len(read(unsupported).found.entries) == 4


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("@Tumen_Post", "https://t.me/s/Tumen_Post"),
        ("t.me/tumen_post", "https://t.me/s/tumen_post"),
        (" https://t.me/s/tumen_post/41?before=9#x ", "https://t.me/s/tumen_post"),
        ("https://t.me/tumen_post/41", "https://t.me/s/tumen_post"),
        ("http://www.telegram.me/tumen_post/", "https://t.me/s/tumen_post"),
        ("https://tumen_post.t.me/41", "https://t.me/s/tumen_post"),
        ("tg://resolve?domain=tumen_post&post=41", "https://t.me/s/tumen_post"),
        ("tg:resolve?domain=tumen_post", "https://t.me/s/tumen_post"),
        ("http://127.0.0.1:8080/s/tumen_post", "http://127.0.0.1:8080/s/tumen_post"),
        ("http://127.0.0.1:8080/news/tumen_post", ""),
        ("ftp://t.me/tumen_post", ""),
        ("https://t.me/+AbCdEf", ""),
        ("https://t.me/joinchat/AbCdEf", ""),
        ("https://t.me/c/123/45", ""),
        ("https://t.me/", ""),
        ("https://t.me/addstickers/Cats", ""),
        ("tg://join?invite=AbCdEf", ""),
        ("tg://resolve?phone=1", ""),
        ("@x", ""),
        ("@tumen post", ""),
        ("https://[t.me/tumen_post", ""),
        ("https://news.example/", ""),
        ("", ""),
    ],
)
def test_addresses(said, address):
    assert channel_address(said) == address
    assert channel_address(address) == address


# --- whatever comes ---


def sound(channel, context):
    found = channel.found
    keys = [one.key for one in found.entries]
    assert len(set(keys)) == len(keys)
    assert len({one.canonical_url for one in found.entries}) == len(keys)
    for entry in found.entries:
        assert entry.canonical_url.startswith("https://")
        assert entry.url.startswith(context.get("url", "https://t.me/")[:12])
        assert entry.title
        assert len(entry.title) <= 120
        assert "\n" not in entry.title
        assert entry.sha256
        assert entry.published is None or entry.published.at.tzinfo is UTC
        for words in (entry.title, entry.text, *entry.authors):
            words.encode()
            assert not any(char < " " and char != "\n" for char in words)
    assert [int(key.rpartition("/")[2]) for key in keys] == sorted(
        (int(key.rpartition("/")[2]) for key in keys), reverse=True
    )
    assert channel.oldest_id >= 0
    assert pickle.loads(pickle.dumps(channel)) == channel


def sound_or_fault(body, **context):
    began, channel, message = time.process_time(), None, "a channel"
    try:
        channel = read(body, **context)
    except ReadFaultError as fault:
        message = str(fault)
    assert time.process_time() - began < 20
    assert message.encode()
    if channel is not None:
        sound(channel, context)


BASE = page(
    post(40, text("Channel created"), service=True),
    post(41, PHOTO + text("Їхній ешелон<br/>перетнув річку Туманну") + PREVIEW, before=FORWARD + REPLY),
    post(42, POLL + DOCUMENT.format("")),
    post(
        43,
        VIDEO + text("북한군이 도착했다 &amp; <b>떠났다</b> <a href='https://news.example/1?b=%D1%96'>여기</a>"),
        mark=EDITED,
    ),
    more=MORE,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(CHARSETS))
def test_mutated_pages(seed, content_type):
    sound_or_fault(mutated(BASE.encode(), random.Random(seed)), content_type=content_type)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda said: said.encode("utf-8", "replace")))
@example(b"<p>\xff\xfe\x00")
def test_any_bytes(body):
    sound_or_fault(body)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40) | st.sampled_from(["@", "t.me/", "tg://resolve?domain=", "https://"]).flatmap(lambda head: st.text(max_size=20).map(lambda tail: head + tail)))  # fmt: skip
def test_any_address(said):
    assert channel_address(said).startswith(("https://", "http://")) or not channel_address(said)


@pytest.mark.parametrize(
    "body",
    [
        "<div data-post='tumen_post/1' class='tgme_widget_message'>" * 5000,
        page(post(41, text("x" * 3_000_000))),
        page(post(41, text("<b>x" * 60_000))),
        page(*(post(number, "") for number in range(2, 4))).replace("<b>", "<b>" * 500),
        page(*(f'<div class="tgme_widget_message" data-post="tumen_post/{n}"><i class="js-message_text">a b c</i></div>' for n in range(1, 40_000))),
        page(post(41, "<a href='/x'>x</a>" * 300_000)),
        page(post(41, text("".join(link(f"https://{'a.' * 1000}example/{number}", "a. a.a " * 30) for number in range(1000))))),
        page(post(41, text("a.a " * 37_500 + "".join(link(f"https://a.a/{number % 10}", "a.a/0/1 " * 20) for number in range(300))))),
        page(post(41, f"<a {' '.join(f'a{n}=1' for n in range(300_000))}>x</a>")),
        page(post(41, text("One")), head=f'<meta content="{"c " * 100_000}">').replace('class="tgme_widget_message ', f'class="{"c " * 100_000}tgme_widget_message '),
    ],
    ids=["nested", "long", "tags", "bold", "posts", "links", "long links", "links in a long text", "attributes", "classes"],
)  # fmt: skip
def test_hostile_pages(body):
    sound_or_fault(body)


# --- the real thing ---


def captures():
    files = sorted(REAL.rglob("*.html"))
    if not files:
        pytest.skip("no real page of a channel beside this checkout: it is not part of the project")
    return files


def test_real_page():
    for path in captures():
        channel = read(path.read_bytes(), now=datetime(2026, 6, 1, tzinfo=UTC))
        assert channel.oldest_id == 1
        assert channel.title
        assert channel.found.next_url == ""
        (entry,) = channel.found.entries
        assert entry.key.endswith("/2")
        assert entry.image
        assert entry.published.precision == Precision.MINUTE
        assert len(entry.text.split("\n")) == 3
        assert entry.title == entry.text.split("\n")[0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(CHARSETS))
def test_mutated_real_page(seed, content_type):
    for path in captures():
        sound_or_fault(mutated(path.read_bytes(), random.Random(seed)), content_type=content_type)
