"""Mails as their readers get them: composed, written out as bytes, parsed again."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import compose, headers, marks, view
from alerts.compose import Addressee, MailOptions
from alerts.coverage import NO_LINE, CoverageLine
from alerts.notices import Row, Section
from storage.model import Arrival, Article, PageState, Precision, Published, RuleHit, TimeOrigin

NAMES = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "Auto-Submitted",
    "X-Khasan-Kind",
    "MIME-Version",
    "Content-Type",
]
SEEN = datetime(2026, 11, 9, 12, 41, tzinfo=UTC)
READER = Addressee("Duty desk", "desk@example.org", "Europe/Kyiv")
OPTIONS = MailOptions("Khasan <khasan@example.org>", list_id="khasan.example.org")
COMMON = {"reader": READER, "message_id": "<1.alert@khasan.example.org>", "date": SEEN, "options": OPTIONS}
TEXT = (
    "Wagons with crates crossed the bridge on Sunday night, two railway workers said.\n"
    "They spoke of shells.\n\n"
    "The ministry had no comment."
)


def article(title="Crates cross the bridge", text=TEXT, **changes):
    values = {
        "id": 1, "version": 1, "url": "https://news.example/a?x=1&y=2", "canonical_url": "https://news.example/a", "outlet": "ledger",
        "outlet_name": "Primorye Ledger", "source": "ledger-en", "sources": ("ledger-en", "wire-en"), "arrival": Arrival.LIVE,
        "first_seen": SEEN, "published": Published(SEEN - timedelta(minutes=9), "+10:00", Precision.MINUTE, TimeOrigin.FEED),
        "language": "en", "language_hint": "", "title": title, "text": text, "authors": ("A. Writer",), "image": None,
        "page_state": PageState.FETCHED, "page_fault": "", "text_origin": "page",
    }  # fmt: skip
    return Article(**(values | changes))


def spans(text, *found):
    return tuple(match.span() for word in found for match in re.finditer(re.escape(word), text))


def hit(of, *found, name="Munitions", reason="because"):
    return RuleHit("munitions", name, "1", reason, spans(of.title, *found), spans(of.text, *found))


def parsed(message):
    return message_from_bytes(message.as_bytes(), policy=policy.default)


def bodies(message):
    """The text and the HTML of a mail, from its bytes, lines ended by LF."""
    again = parsed(message)
    return tuple(again.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))


def alert(of=None, *found, **changes):
    of = of or article()
    return compose.alert_mail(of, [hit(of, *found)], **(COMMON | changes))


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and all text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def links(self):
        return {attrs["href"] for _, attrs in self.tags if "href" in attrs}


# Headers


def test_headers_are_those_expected_and_no_others():
    again = parsed(alert())
    assert again.keys() == NAMES
    assert again["From"] == "Khasan <khasan@example.org>"
    assert again["To"] == "Duty desk <desk@example.org>"
    assert again["Subject"] == "Crates cross the bridge — Primorye Ledger"
    assert again["Date"].datetime == SEEN
    assert again["Message-ID"] == "<1.alert@khasan.example.org>"
    assert again["List-Id"] == "Khasan <khasan.example.org>"
    assert again["Auto-Submitted"] == "auto-generated"
    assert again["X-Khasan-Kind"] == "alert"


@pytest.mark.parametrize("title", [
    "=?utf-8?q?a=0D=0ABcc:_x@y?=", "=\x00?utf-8?q?a=0D=0ABcc:_x@y?=", "==??utf-8?q?a=0D=0ABcc:_x@y?=?=", "=\u202e?utf-8?b?DQpCY2M6IHhAeQ==?=",
    "a\r\nBcc: x@y", "a\nBcc: x@y", "a\x0bBcc: x@y", "a\x0cBcc: x@y", "a\x85Bcc: x@y", "a\u2028Bcc: x@y", "a\u2029Bcc: x@y", "a\x1cBcc: x@y", "\ud800 lone",
])  # fmt: skip
def test_a_title_cannot_add_a_header(title):
    mail = compose.alert_mail(article(title, outlet_name=title), [], **COMMON)
    assert parsed(mail).keys() == NAMES
    assert b"\nbcc" not in mail.as_bytes().lower().split(b"\r\n\r\n", 1)[0]
    assert "=?" not in parsed(mail)["Subject"]


def test_a_subject_is_capped_and_keeps_the_outlet():
    subject = parsed(compose.alert_mail(article("Дуже довгий заголовок " * 40, outlet_name="Кур’єр"), [], **COMMON))[
        "Subject"
    ]
    assert len(subject) <= headers.LIMIT
    assert subject.endswith("… — Кур’єр")


def test_subjects_can_be_had_without_the_mail():
    items = [(article(), []), (article("Second"), [])]
    assert compose.alert_subject(article(), OPTIONS) == alert()["Subject"]
    assert (
        compose.summary_subject(items, OPTIONS)
        == compose.summary_mail(items, reason="r", **COMMON)["Subject"]
        == "2 articles: Crates cross the bridge"
    )
    assert compose.summary_subject(items[:1], OPTIONS).startswith("1 article: ")
    assert compose.summary_subject([], OPTIONS) == "No articles"
    assert compose.alert_subject(article("", outlet_name="", outlet=""), OPTIONS) == "(no title)"


@pytest.mark.parametrize("kind", ["summary", "operator", "test"])
def test_every_kind_names_itself(kind):
    made = {
        "summary": compose.summary_mail([(article(), [])], reason="late", **COMMON),
        "operator": compose.operator_mail("disk is full", ["It is."], **COMMON),
        "test": compose.test_mail(**COMMON),
    }[kind]
    assert parsed(made)["X-Khasan-Kind"] == kind
    assert parsed(made).keys() == NAMES


def test_the_same_arguments_give_the_same_bytes():
    assert alert().as_bytes() == alert().as_bytes()


def test_addresses_beyond_ascii():
    domain = parsed(alert(reader=Addressee("Чергова", "desk@приклад.укр")))["To"]
    assert domain.addresses[0].display_name == "Чергова"
    assert domain.addresses[0].domain.startswith("xn--")
    assert headers.mailbox("чергова@example.org").username == "чергова"


@pytest.mark.parametrize("text", [
    "", "@", "nobody", "a@", "@b", "a b@c.org", "a@b c", "a@b\r\nBcc: x@y", "<a@b.org", "a@b.org>", "a..b@c.org", "a@-b.org", "=?utf-8?q?a?=@b.org", "\ud800@b.org", "a,b@c.org", "x" * 65 + "@b.org",
])  # fmt: skip
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match="not a mail address"):
        Addressee("x", text)
    with pytest.raises(ValueError, match="not a mail address"):
        MailOptions(text)


def test_other_nonsense_is_said_at_once():
    with pytest.raises(ValueError, match="Nowhere"):
        Addressee("x", "a@b.org", "Europe/Nowhere")
    with pytest.raises(ValueError, match="not a zone"):
        Addressee("x", "a@b.org", "../etc/passwd")
    with pytest.raises(ValueError, match="identifier"):
        MailOptions("a@b.org", list_id="a\nb")
    for bad in ("x", "<a b>", "<a>\r\nBcc: x@y", "<=?utf-8?q?a?=>", "<" + "a" * 300 + ">"):
        with pytest.raises(ValueError, match="Message-ID"):
            alert(message_id=bad)


def test_a_long_message_id_arrives_as_given():
    given_id = "<" + "a" * 150 + "@khasan.example.org>"
    mail = alert(message_id=given_id)
    assert f"Message-ID: {given_id}".encode() in mail.as_bytes()


@pytest.mark.parametrize("title", [
    "Артилерія перетнула міст — повідомляє розвідка, але підтвердження цього наразі немає", "두만강 철교 통한 포탄 수송 재개 정황… 위성사진에 화차 40여 량 포착",
    "Crates — “cross” the bridge again and again and again, while the ministry looks on and says nothing", "plain " * 30, "x" * 200, "ї" * 200,
])  # fmt: skip
def test_a_subject_arrives_as_composed(title):
    mail = compose.alert_mail(article(title), [], **COMMON)
    assert parsed(mail)["Subject"] == mail["Subject"] == compose.alert_subject(article(title), OPTIONS)
    head = mail.as_bytes().split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    assert max(map(len, head)) <= (76 if title != "x" * 200 else 200)


# What the alert says


def test_an_alert_says_why_and_where():
    text, html = bodies(alert(None, "crates", "shells", "Crates"))
    assert text.startswith("*Crates* cross the bridge\n")
    assert "Munitions: Crates, shells" in text
    assert "Wagons with *crates* crossed" in text
    assert "https://news.example/a?x=1&y=2" in text
    assert "Primorye Ledger · Mon 9 Nov 2026, 14:32 EET" in text
    assert "First seen:  Mon 9 Nov 2026, 14:41 EET" in text
    assert "Seen by:     ledger-en, wire-en" in text
    assert "Language:    English" in text
    assert "khasan.toml" in text
    seen = " ".join(" ".join(Page(html).words).split())
    for words in (
        "Primorye Ledger",
        "Munitions",
        "Crates, shells",
        "14:32 EET",
        "14:41 EET",
        "ledger-en, wire-en",
        "English",
        "khasan.toml",
    ):
        assert words in seen
    assert ">crates</strong>" in html
    assert ">Crates</span>" in html


def test_times_by_precision_and_origin():
    def shown(at, zone, precision, origin):
        return bodies(alert(article(published=Published(at, zone, precision, origin))))[0]

    at_day = shown(datetime(2026, 11, 8, 15, 0, tzinfo=UTC), "+09:00", Precision.DAY, TimeOrigin.PAGE)
    assert "Primorye Ledger · Mon 9 Nov 2026\n" in at_day
    assert "Published:   Mon 9 Nov 2026 (day only)" in at_day
    guessed = shown(SEEN, None, Precision.MINUTE, TimeOrigin.GUESS)
    assert "Primorye Ledger · first seen Mon 9 Nov 2026, 14:41 EET" in guessed
    assert "Published:   not said" in guessed


@pytest.mark.parametrize(("zone", "expected"), [
    ("Europe/Kyiv", "Mon 9 Nov 2026, 14:41 EET"), ("Asia/Seoul", "Mon 9 Nov 2026, 21:41 KST"), ("UTC", "Mon 9 Nov 2026, 12:41 UTC"), ("Asia/Vladivostok", "Mon 9 Nov 2026, 22:41 UTC+10"),
])  # fmt: skip
def test_a_time_names_its_zone(zone, expected):
    assert view.moment(SEEN, zone) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("+09:00", "10 Nov"), ("-0500", "9 Nov"), (None, "9 Nov"), ("junk", "9 Nov"), ("+99:99", "9 Nov")],
)
def test_a_day_is_the_publishers(zone, expected):
    when = Published(datetime(2026, 11, 9, 15, 0, tzinfo=UTC), zone, Precision.DAY, TimeOrigin.FEED)
    assert expected in view.published(when, "Pacific/Kiritimati")


def test_a_page_that_could_not_be_read_is_said():
    for part in bodies(alert(article(page_state=PageState.FAILED, page_fault="refused (403)", text_origin="feed"))):
        assert "Only what the feed gave; page: refused (403)" in part
    waiting = alert(
        article(page_state=PageState.WANTED, page_fault="timeout", text_origin="feed")
    )  # tried, and to be tried again
    assert "Only what the feed gave; page: timeout" in bodies(waiting)[0]
    assert "page: could not be read" in bodies(alert(article(page_state=PageState.FAILED)))[0]
    assert "Only what the feed gave" not in bodies(alert())[0]


def test_languages_and_directions():
    def opening(of):
        return next(attrs for tag, attrs in Page(bodies(alert(of))[1]).tags if tag == "h1")

    korean = opening(article("두만강 철교", language="ko"))
    assert (korean["lang"], korean["dir"]) == ("ko", "ltr")
    assert "Malgun Gothic" in korean["style"]
    assert "Georgia" in opening(article("Міст", language="uk"))["style"]
    assert opening(article("پل", language="fa"))["dir"] == "rtl"
    unknown = opening(article(language="", language_hint='"><script>'))
    assert "lang" not in unknown
    assert unknown["dir"] == "auto"


def test_html_is_escaped_and_holds_nothing_that_runs_or_loads():
    of = article(
        "<script>alert(1)</script> & co",
        "<img src=x onerror=alert(1)> shells",
        outlet_name="<i>Ledger",
        authors=('"><b>',),
    )
    page = Page(bodies(alert(of, "shells", "script"))[1])
    tags = {tag for tag, _ in page.tags}
    assert tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "div",
        "p",
        "b",
        "bdi",
        "h1",
        "a",
        "span",
        "strong",
        "table",
        "tr",
        "td",
    }
    assert not any(name.startswith("on") or name in {"src", "background"} for _, attrs in page.tags for name in attrs)
    assert "url(" not in bodies(alert(of))[1]
    assert "<img src=x onerror=alert(1)> " in "".join(page.words)


@pytest.mark.parametrize(("url", "expected"), [
    ("https://news.example/a b", "https://news.example/a%20b"),
    ("HTTP://News.Example:8080/ü?q=é#x", "http://news.example:8080/%C3%BC?q=%C3%A9#x"),
    ("https://новини.укр/a", "https://xn--b1amarcd.xn--j1amh/a"),
    ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
    ("https://news.example/%ED%8F%AC", "https://news.example/%ED%8F%AC"),
    ("https://news.example/\"onclick='x'<>", "https://news.example/%22onclick=%27x%27%3C%3E"),
    ("https://news.example/\u202egpj.exe", "https://news.example/%E2%80%AEgpj.exe"),
    ("javascript:alert(1)", ""), ("data:text/html,x", ""), ("//news.example/a", ""), ("news.example/a", ""), ("ftp://news.example/", ""), ("", ""),
    ("https://bank.example@evil.example/", ""), ("https:///a", ""), ("https://a b/", ""), ("https://[x/", ""), ("https://a:99999/", ""),
    ("https://news.example/" + "a" * 3000, ""),
])  # fmt: skip
def test_only_web_addresses_become_links(url, expected):
    assert headers.link(url) == expected
    assert Page(bodies(alert(article(url=url, canonical_url="")))[1]).links() == ({expected} if expected else set())


def test_an_address_that_is_no_link_is_still_shown():
    for part in bodies(alert(article(url="javascript:alert(1)", canonical_url=""))):
        assert "javascript:alert(1)" in part


def test_a_rule_without_marks_gives_its_reason():
    of = article()
    for part in bodies(compose.alert_mail(of, [RuleHit("r", "Outlet", "1", "outlet is ledger")], **COMMON)):
        assert "outlet is ledger" in part


def test_a_rule_with_many_words_counts_the_rest():
    of = article(text=" ".join(f"word{number}" for number in range(20)))
    mail = compose.alert_mail(of, [RuleHit("r", "Words", "1", "", (), spans(of.text, *of.text.split()))], **COMMON)
    assert "and 12 more" in " ".join(bodies(mail)[0].split())


def test_the_text_part_is_wrapped():
    of = article(text="слово " * 300, url="https://news.example/" + "long/" * 40)
    lines = bodies(alert(of))[0].splitlines()
    assert max(len(line) for line in lines if "https:" not in line) <= 76
    assert of.url in lines
    korean = bodies(alert(article(text="철도 수송 " * 100)))[0]
    assert max(view._columns(line) for line in korean.splitlines()) <= 76


def test_words_stand_under_their_label():
    assert view.hang("Seen by:     " + "source-name, " * 9).splitlines()[1].startswith(" " * 13 + "source")


# Excerpts


def test_lead_paragraphs_are_whole_and_the_title_is_not_repeated():
    text = "\n".join(["The Title.", "one " * 100, "two " * 100, "three " * 100, "four"])
    found = [str(passage).split()[0] for passage in marks.excerpt("The title", text, ())]
    assert found == ["one", "two"]


def test_a_lead_far_too_long_is_cut_at_a_sentence():
    text = "Ten words stand in this sentence which is rather plain. " * 60
    (passage,) = marks.excerpt("", text, ())
    assert str(passage).endswith("plain. …")
    assert len(str(passage)) <= marks.LEAD + 5


def test_snippets_show_new_words_that_stand_later():
    filler = "nothing of interest here. " * 50
    text = f"The crates came.\n{filler}\nThen crates again.\n{filler} shells {filler}\nAnd troops.\nAnd tanks."
    found = marks.excerpt("", text, marks.merged(spans(text, "crates", "shells", "troops", "tanks"), len(text)))
    later = [str(passage) for passage in found if passage.later]
    assert len(later) == marks.SNIPPETS
    assert "shells" in later[0]
    assert later[0].startswith("… ")
    assert later[0].endswith(" …")
    assert later[1] == "And troops."


def test_marks_out_of_range_or_overlapping_do_no_harm():
    assert marks.merged([(5, 3), (-4, 2), (1, 4), (90, 99), (8, 50)], 10) == ((0, 4), (8, 10))
    assert [(piece.text, piece.hit) for piece in marks.pieces("abcdefghij", ((0, 4), (8, 10)))] == [
        ("abcd", True),
        ("efgh", False),
        ("ij", True),
    ]


def test_marks_with_only_space_between_are_shown_as_one():
    assert marks.joined("artillery shells\ncame", ((0, 9), (10, 16), (17, 21))) == ((0, 16), (17, 21))


def test_a_mark_is_not_moved_by_cleaning():
    of = article(text="a\x00\u202eb\ud800 shells\x07 c")
    assert "*shells*" in bodies(alert(of, "shells"))[0]


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(-5, 320), st.integers(-5, 320)), max_size=8))
def test_pieces_are_the_text(text, found):
    cut = marks.pieces(text, marks.merged(found, len(text)))
    assert "".join(piece.text for piece in cut) == headers.readable(text)
    marks.excerpt("", text, marks.merged(found, len(text)))
    marks.glimpse("", text, marks.merged(found, len(text)))


# Several at once


def test_a_summary_has_a_block_an_article():
    items = [(article(f"Title {number}"), [hit(article(), "shells")]) for number in range(3)]
    text, html = bodies(compose.summary_mail(items, reason="More than 10 in an hour.", **COMMON))
    for part in (text, html):
        assert "More than 10 in an hour." in part
        assert all(f"Title {number}" in part for number in range(3))
        assert part.count("Munitions") == 3
    assert text.count("https://news.example/a?x=1&y=2") == 3
    assert "They spoke of *shells*." in text


@pytest.mark.parametrize("count", [1, 30, 200, 1000])
def test_a_summary_of_any_length_is_small_enough_and_counts_all(count):
    of = article(
        "Дуже важлива новина " * 15, "довгий текст без кінця & краю " * 40, url="https://news.example/" + "п" * 200
    )
    text, html = bodies(compose.summary_mail([(of, [hit(of, "новина", "текст")])] * count, reason="many", **COMMON))
    left = re.search(r"And (\d+) more", html)
    shown = html.count('dir="ltr" style="margin:0 0 8px;font:700') + html.count("margin:0 0 8px;font:15px/1.45")
    assert shown + int(left.group(1) if left else 0) == count
    assert len(html.encode()) < compose.MAX_HTML
    assert f"{count} article" in text


def test_operator_paragraphs_keep_their_lines():
    text, html = bodies(compose.operator_mail("3 sources fail", ["These:", "one: 403\ntwo: timeout <b>"], **COMMON))
    assert "These:\n\none: 403\ntwo: timeout <b>\n" in text
    assert "one: 403<br>two: timeout &lt;b&gt;" in html
    assert parsed(compose.operator_mail("3 sources fail", [], **COMMON))["Subject"] == "Khasan: 3 sources fail"


def every_kind(line):
    """A mail of each kind with a line on coverage."""
    sections = [Section("Refused", "Try again.", (Row("TASS", "for 6 h"), Row("Kyodo")), more=3)]
    return {
        "alert": compose.alert_mail(article(), [], coverage=line, **COMMON),
        "summary": compose.summary_mail([(article(), [])], reason="late", coverage=line, **COMMON),
        "operator": compose.operator_mail("3 sources fail", ["These."], sections=sections, coverage=line, **COMMON),
        "test": compose.test_mail(coverage=line, **COMMON),
    }


@pytest.mark.parametrize("kind", ["alert", "summary", "operator", "test"])
def test_every_mail_says_how_much_was_read_and_when(kind):
    gap = CoverageLine("81 of 84 sources current; TASS <ru> refused for 6 h; and 2 more.", well=False)
    text, html = bodies(every_kind(gap)[kind])
    said = " ".join(text.split())
    assert "81 of 84 sources current; TASS <ru> refused for 6 h; and 2 more. (Mon 9 Nov 2026, 14:41 EET) -- " in said
    seen = " ".join("".join(Page(html).words).split())
    assert "81 of 84 sources current; TASS <ru> refused for 6 h; and 2 more. Mon 9 Nov 2026, 14:41 EET." in seen
    assert html.count('class="gap"') == 1
    text, html = bodies(every_kind(CoverageLine("All 84 sources current."))[kind])
    assert "All 84 sources current. (Mon 9 Nov 2026, 14:41 EET)" in text
    assert "All 84 sources current. " in " ".join(Page(html).words)
    assert 'class="gap"' not in html
    text, html = bodies(every_kind(NO_LINE)[kind])
    assert "current" not in text + html
    assert "14:41 EET)" not in text


@pytest.mark.parametrize(("sections", "rows"), [(1, 41), (12, 40), (40, 400)])
def test_a_notice_of_any_length_is_small_enough_and_counts_all(sections, rows):
    many = [Section("<" * 300, "&" * 900, (Row("<" * 300, "ї" * 900),) * rows, more=1)] * sections
    text, html = bodies(compose.operator_mail("much", ["It is."], sections=many, **COMMON))
    assert len(html.encode()) < compose.MAX_HTML
    (more,) = set(re.findall(r"^- and (\d+) more$", text, re.MULTILINE))
    shown = text.count("\n- <") // min(sections, 12)
    assert int(more) == rows + 1 - shown
    assert shown > 0


def test_a_notice_shows_its_sections():
    text, html = bodies(every_kind(NO_LINE)["operator"])
    assert "These.\n\nRefused\n-------\nTry again.\n- TASS: for 6 h\n- Kyodo\n- and 3 more\n\n-- \n" in text
    words = " ".join("".join(Page(html).words).split())
    assert "These. Refused Try again. TASS for 6 h Kyodo and 3 more" in words


@pytest.mark.parametrize(
    ("subject", "title"),
    [("the week", "The week"), ("tass-ru refused", "tass-ru refused"), ("iNews is back", "iNews is back"), ("", "")],
)
def test_the_title_of_a_notice_begins_like_one_unless_it_begins_with_an_id(subject, title):
    mail = compose.operator_mail(subject, [], **COMMON)
    assert bodies(mail)[0].startswith(f"{title}\n")
    assert parsed(mail)["Subject"] == f"Khasan: {subject}".strip()


def test_the_test_mail_shows_every_alphabet():
    for part in bodies(compose.test_mail(**COMMON)):
        assert all(word in part for word in ("railway", "залізниця", "железная", "철도"))


# Anything at all

NASTY = st.sampled_from(
    [
        "=?utf-8?q?a=0D=0ABcc:_x@y?=",
        "\r\nBcc: x@y\r\n\r\n",
        "\x00",
        "\u2028",
        "\ud83d",
        "\u202e",
        "</p>",
        "{{ 7 * 7 }}",
        "&amp;",
        "\n",
        " ",
        "철도",
        "=?",
        "\x85",
        "--=_khasan_",
        '"',
        "\\",
        ",",
        "<",
        ";",
    ]
)
ANYTHING = st.lists(NASTY | st.text(st.characters(), max_size=12), max_size=12).map("".join)
MARKS = st.lists(st.tuples(st.integers(-5, 100), st.integers(-5, 100)), max_size=4).map(tuple)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@st.composite
def strange_articles(draw):
    when = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    of = article(
        draw(ANYTHING), draw(ANYTHING), url=draw(ANYTHING), outlet_name=draw(ANYTHING), outlet=draw(ANYTHING), language=draw(ANYTHING),
        sources=tuple(draw(st.lists(ANYTHING, max_size=9))), authors=tuple(draw(st.lists(ANYTHING, max_size=3))), page_fault=draw(ANYTHING),
        page_state=draw(st.sampled_from(PageState)), first_seen=draw(when),
        published=Published(draw(when), draw(st.none() | ANYTHING), draw(st.sampled_from(Precision)), draw(st.sampled_from(TimeOrigin))),
    )  # fmt: skip
    hits = [
        RuleHit(draw(ANYTHING), draw(ANYTHING), "1", draw(ANYTHING), draw(MARKS), draw(MARKS))
        for _ in range(draw(st.integers(0, 2)))
    ]
    return of, hits


def check(mail):
    """The mail has the headers it should have, and two clean bodies."""
    assert CONTROL.search(mail.as_bytes().decode("ascii").replace("\r\n", "\n")) is None
    again = parsed(mail)
    assert again.keys() == NAMES
    assert [part.get_content_type() for part in again.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not any(part.defects for part in again.walk())
    for body in bodies(mail):
        assert CONTROL.search(body) is None
    assert len(bodies(mail)[1].encode()) < compose.MAX_HTML
    assert {tag for tag, _ in Page(bodies(mail)[1]).tags}.isdisjoint(
        {"script", "img", "iframe", "link", "object", "form"}
    )
    return again


@settings(deadline=None, max_examples=80)
@given(strange_articles())
def test_no_article_breaks_an_alert(strange):
    of, hits = strange
    again = check(compose.alert_mail(of, hits, **COMMON))
    assert again["Subject"] == compose.alert_subject(of, OPTIONS)


@settings(deadline=None, max_examples=25)
@given(st.lists(strange_articles(), max_size=3), ANYTHING, ANYTHING)
def test_no_article_breaks_a_summary(items, reason, name):
    check(compose.summary_mail(items, reason=reason, **(COMMON | {"reader": Addressee(name, "desk@example.org")})))


@settings(deadline=None, max_examples=50)
@given(ANYTHING, st.lists(ANYTHING, max_size=4), ANYTHING, ANYTHING, st.integers(0, 5))
def test_no_words_break_a_notice(subject, paragraphs, name, words, count):
    reader = Addressee(name, "desk@example.org")
    sections = [Section(words, words, (Row(words, words),) * count)] * count
    line = CoverageLine(words, well=bool(count % 2))
    mail = compose.operator_mail(subject, paragraphs, sections=sections, coverage=line, **(COMMON | {"reader": reader}))
    again = check(mail)
    assert [address.addr_spec for address in again["To"].addresses] == ["desk@example.org"]
    shown = headers.named(name, headers.mailbox("desk@example.org")).display_name
    assert again["To"].addresses[0].display_name.replace(" ", "") == shown.replace(" ", "")  # the parser adds spaces


@given(ANYTHING)
def test_a_header_is_one_clean_line(text):
    value = headers.header(text)
    assert len(value) <= headers.LIMIT
    assert "=?" not in value
    assert CONTROL.search(value) is None
    assert headers.header(value) == value


@given(ANYTHING)
def test_a_link_is_ascii_without_quotes_or_space(text):
    for url in (text, "https://news.example/" + text, "http://" + text):
        found = headers.link(url)
        assert found == "" or re.fullmatch(r"https?://[!#-&(-;=?-~]+", found)


@pytest.mark.parametrize(
    "text", ["a\n" * 5000, "&" * 30_000, "слово " * 5_000, "\n".join("абв" * 300 for _ in range(50))]
)
def test_no_article_makes_a_mail_too_big(text):
    of = article(text[:900], text)
    every = tuple((at, at + 1) for at in range(0, len(text), 2))
    mail = compose.alert_mail(
        of, [RuleHit(str(n), text[:500], "1", text, every[:4000], every) for n in range(30)], **COMMON
    )
    assert len(bodies(mail)[1].encode()) < compose.MAX_HTML
