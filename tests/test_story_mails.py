"""Alerts, updates and digests of stories as their readers get them: composed, written out as bytes, parsed again."""

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import compose, headers
from alerts.claims_view import ClaimRow, ClaimTable
from alerts.compose import Addressee
from alerts.coverage import CoverageLine
from alerts.decide import Reader
from alerts.digest_view import BORDERLINE, UNREAD, digest_view
from alerts.marks import Piece
from alerts.outbox import Outbox
from alerts.story import (
    Borderline,
    ChangeLine,
    DigestCard,
    DigestStory,
    OriginLine,
    OutletLine,
    StoryCard,
    from_plain,
    to_plain,
)
from alerts.story_view import LABELS, SUBJECT, card_of, outlet_line, published_at, recounted, story_view
from storage.archive import open_archive
from storage.filters import Anything
from storage.mail import MailKind, NewMail
from storage.model import Precision, Published, TimeOrigin
from storage.outbox import due_mails, queue_mail
from storage.search import articles_of, rows_where
from tests.shelf import NOW, entry, minutes, poll, settle, source
from tests.test_compose import ANYTHING, COMMON, CONTROL, NAMES, OPTIONS, SEEN, Page, article, bodies, hit, parsed

TELLING = [*NAMES[:8], "X-Khasan-Story", *NAMES[8:]]
THREADED = [*NAMES[:8], "In-Reply-To", "References", "X-Khasan-Story", *NAMES[8:]]
FIRST = "Crates cross the bridge — Primorye Ledger"


def line(number, outlet, language="en", *, ago=30.0, **changes):
    at = SEEN - timedelta(minutes=ago)
    values = {
        "article": number, "outlet": outlet, "language": language, "title": f"Title {number}", "url": f"https://news.example/{number}",
        "published_at": at - timedelta(minutes=7), "first_seen": at,
    }  # fmt: skip
    return OutletLine(**(values | changes))


LINES = (
    line(2, "Yonhap", "ko", ago=40),
    line(3, "Donga", "ko", ago=38, role="copy"),
    line(1, "Primorye Ledger", ago=30),
    line(4, "Kyiv Post", ago=20, role="relay", via=("Yonhap",)),
    line(5, "Вісник", "uk", ago=10, day_only=True),
    line(6, "Голос", "ru", ago=5, guessed=True),
)
ORIGINS = (
    OriginLine("South Korea’s spy agency", 4, SEEN - timedelta(minutes=40)),
    OriginLine("KCNA", 1, SEEN - timedelta(minutes=10), circle="state media"),
    OriginLine("TASS", 1, SEEN - timedelta(minutes=5), circle="state media", new=True),
)
LANGUAGES = (("ko", 2), ("en", 2), ("uk", 1), ("ru", 1))
CARD = StoryCard(12, SEEN, LINES, articles=8, outlet_count=6, languages=LANGUAGES, origins=ORIGINS)
CHANGES = (
    ChangeLine("figure", "15 million shells sent, says South Korea’s defence ministry (before: 12 million)"),
    ChangeLine("denial", "the Kremlin denies it"),
)
UPDATE = replace(
    CARD, changes=CHANGES, told_at=SEEN - timedelta(hours=3), outlets=(*LINES, line(7, "Kyodo", "ja", ago=1, new=True))
)


def mail(card=CARD, of=None, **changes):
    of = of or article()
    return compose.alert_mail(of, [hit(of, "shells")], card=card, **(COMMON | changes))


def update(card=UPDATE, **changes):
    return mail(card, **({"kind": MailKind.UPDATE, "thread": ("<1@khasan>", "<2@khasan>")} | changes))


def seen(html):
    return " ".join(" ".join(Page(html).words).split())


def squeezed(text):
    return " ".join(text.split())


def shown_words(html):
    """What is seen when a mail is open, without what only a list of mails shows."""
    return seen(html[html.index('<div class="sheet"') :])


def view(card, *, of=None, now=SEEN, changed=False, lines=12, origins=8, zone="Europe/Kyiv"):
    return story_view(card, of or article(), zone, now, update=changed, lines=lines, origins=origins)


# Headers


def test_an_alert_names_its_story_and_is_in_no_thread():
    again = parsed(mail())
    assert again.keys() == TELLING
    assert (again["X-Khasan-Kind"], again["X-Khasan-Story"]) == ("alert", "12")


def test_an_update_is_in_the_thread_of_what_was_told_before():
    again = parsed(update())
    assert again.keys() == THREADED
    assert (again["X-Khasan-Kind"], again["X-Khasan-Story"]) == ("update", "12")
    assert (again["In-Reply-To"], again["References"]) == ("<2@khasan>", "<1@khasan> <2@khasan>")


def test_a_long_thread_keeps_its_first_mail_and_its_last_ones():
    ids = [f"<khasan.update.{number:024}@khasan.example.org>" for number in range(100)]
    raw = update(thread=ids).as_bytes()
    kept = message_references(raw)
    assert (kept[0], kept[-1], len(kept)) == (ids[0], ids[-1], compose.THREAD)
    assert max(map(len, raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"))) <= 78


def test_a_message_id_of_any_length_stays_one_word():
    long = "<" + "a" * 150 + "@khasan.example.org>"
    raw = update(thread=[long, "<2@khasan>", long]).as_bytes()
    assert message_references(raw) == [long, "<2@khasan>", long]
    assert f"In-Reply-To: {long}\r\n".encode() in raw.replace(b"\r\n ", b" ")


def message_references(raw):
    head = raw.split(b"\r\n\r\n", 1)[0].replace(b"\r\n ", b" ").decode()
    return re.search(r"^References: (.*)\r$", head, re.MULTILINE).group(1).split()


@pytest.mark.parametrize("bad", ["x", "<a b>", "<a>\r\nBcc: x@y", "<=?utf-8?q?a?=>"])
def test_a_thread_of_nonsense_is_refused(bad):
    with pytest.raises(ValueError, match="Message-ID"):
        update(thread=("<1@khasan>", bad))


HOSTILE = [
    "=?utf-8?q?a=0D=0ABcc:_x@y?=", "a\r\nBcc: x@y", "a\x0bBcc: x@y", "a\x85Bcc: x@y", "a\u2028Bcc: x@y", "\ud800 lone", "] [\r\nBcc: x@y", "[" * 300,
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_what_strangers_wrote_adds_no_header(words):
    of = article(words, outlet_name=words)
    card = replace(
        UPDATE,
        outlets=tuple(replace(one, outlet=words, title=words, language=words, url=words, via=(words,)) for one in LINES),
        origins=(OriginLine(words, 1, SEEN, words),), changes=(ChangeLine(words, words), ChangeLine("figure", words)), gloss=(words, words),
    )  # fmt: skip
    digest = DigestCard(SEEN, SEEN, (story(1, title=words, outlet=words),), (), ((words, words),))
    for made in (
        mail(card, of),
        update(card, of=of, subject=compose.alert_subject(of, OPTIONS, card, MailKind.UPDATE, words)),
        compose.digest_mail(digest, **COMMON),
    ):
        again = parsed(made)
        assert set(again.keys()) <= set(THREADED)
        assert b"\nbcc" not in made.as_bytes().lower().split(b"\r\n\r\n", 1)[0]
        assert "=?" not in again["Subject"]
        assert len(again["Subject"]) <= headers.LIMIT


# Subjects


def test_a_subject_says_how_many_outlets_more():
    assert compose.alert_subject(article(), OPTIONS, CARD) == f"{FIRST} +5"
    assert compose.alert_subject(article(), OPTIONS, replace(CARD, outlet_count=1)) == FIRST
    assert compose.alert_subject(article(), OPTIONS, replace(CARD, outlet_count=1205)) == f"{FIRST} +1,204"
    assert compose.alert_subject(article(), OPTIONS) == FIRST


def test_a_title_in_another_language_stands_after_what_it_speaks_of():
    card = replace(CARD, gloss=("North Korean troops", "Kursk", "a concept of far too many words", "shells"))
    subject = compose.alert_subject(article("북한군 쿠르스크 배치", language="ko", outlet_name="Yonhap"), OPTIONS, card)
    assert subject == "[North Korean troops · Kursk] 북한군 쿠르스크 배치 — Yonhap +5"
    long = compose.alert_subject(article(), OPTIONS, replace(CARD, gloss=("x" * 90,)))
    assert long == f"[{'x' * 31}…] {FIRST} +5"


@pytest.mark.parametrize("outlets", [1, 2, 11, 1205])
def test_an_alert_that_others_join_is_recounted(outlets):
    card = replace(CARD, gloss=("shells [new]",))
    for title in ("북한군", "Дуже довгий заголовок " * 9, "shells +3 more"):
        of = article(title, outlet_name="Кур’єр")
        for before in (card, replace(card, outlet_count=1)):
            made = recounted(compose.alert_subject(of, OPTIONS, before), outlets)
            assert made == compose.alert_subject(of, OPTIONS, replace(card, outlet_count=outlets))


def test_an_update_says_first_what_changed_and_repeats_the_first_subject():
    subject = compose.alert_subject(article("Another title"), OPTIONS, UPDATE, MailKind.UPDATE, f"{FIRST} +5")
    assert subject == f"[New figure: 15 million shells sent, says South Korea’s d… +1] {FIRST} +5"
    one = replace(UPDATE, changes=CHANGES[1:])
    assert (
        compose.alert_subject(article(), OPTIONS, one, MailKind.UPDATE, FIRST)
        == f"[Denied: the Kremlin denies it] {FIRST}"
    )
    none = replace(UPDATE, changes=())
    assert compose.alert_subject(article(), OPTIONS, none, MailKind.UPDATE, FIRST) == f"[Update] {FIRST}"
    assert (
        compose.alert_subject(article("Short"), OPTIONS, one, MailKind.UPDATE)
        == "[Denied: the Kremlin denies it] Short"
    )


@pytest.mark.parametrize("title", ["Дуже довгий заголовок " * 40, "Short", "x" * 500, "[tag] title"])
def test_the_first_subject_of_a_thread_is_whole_in_every_update(title):
    """Without what stands in brackets before it, as mail servers leave it out, a thread has one subject."""
    card = replace(UPDATE, gloss=("North Korean troops", "Kursk"), changes=(ChangeLine("figure", "] long [" * 50),) * 3)
    first = compose.alert_subject(article(title, outlet_name="Х" * 60), OPTIONS, card)
    assert len(first) <= SUBJECT + len(" +5")
    later = parsed(update(card, subject=compose.alert_subject(article(), OPTIONS, card, MailKind.UPDATE, first)))[
        "Subject"
    ]
    assert later.endswith(f"] {first}")
    assert bare(later) == bare(first)
    assert later != first


def bare(subject):
    """The base subject, as RFC 5256 extracts it."""
    while (shorter := re.sub(r"^\[[^\[\]]*\]\s*(?=\S)", "", subject)) != subject:
        subject = shorter
    return subject


def test_a_mail_has_the_subject_it_was_queued_with():
    assert parsed(mail(subject="As it was"))["Subject"] == "As it was"
    assert parsed(mail())["Subject"] == f"{FIRST} +5"


@pytest.mark.parametrize(
    ("new", "updated", "words"),
    [(3, 2, "3 new, 2 updated"), (1, 0, "1 new"), (0, 1, "1 updated"), (0, 0, "nothing new")],
)
def test_a_digest_counts_in_its_subject(new, updated, words):
    card = digest(*[story(number, updated=number >= new) for number in range(new + updated)])
    assert compose.digest_subject(card, "Europe/Kyiv") == f"Khasan digest Mon 9 Nov: {words}"
    assert parsed(compose.digest_mail(card, **COMMON))["Subject"] == f"Khasan digest Mon 9 Nov: {words}"


def test_the_day_of_a_digest_is_the_readers():
    card = digest(until=datetime(2026, 11, 9, 22, 30, tzinfo=UTC))
    assert compose.digest_subject(card, "Asia/Seoul").startswith("Khasan digest Tue 10 Nov:")


# What an alert says


def test_one_outlet_and_one_origin_is_as_light_as_before():
    card = replace(card_of(article()), story=12, origins=ORIGINS[:1])
    plain, told = bodies(compose.alert_mail(article(), [], **COMMON)), bodies(mail(card))
    assert "outlets" not in told[0]
    assert "On whose word" not in told[0] + told[1]
    assert told[1].count("<table") == plain[1].count("<table")
    assert "Says who:    South Korea’s spy agency" in told[0]
    assert "Says who South Korea’s spy agency" in seen(told[1])


def test_an_alert_says_who_reports_it_and_on_whose_word():
    text, html = bodies(mail())
    assert "6 outlets in 4 languages, 2 origins (times in EET):\n\n  Korean, 2 outlets\n  - Yonhap, published 9 Nov 13:54, first seen 14:01\n    Title 2\n    https://news.example/2\n" in text  # fmt: skip
    assert "  - Donga (same text), published 9 Nov 13:56, first seen 14:03\n    https://news.example/3\n" in text
    assert (
        "  English, 2 outlets\n  - Primorye Ledger (shown above), published 9 Nov 14:04, first seen 14:11\n  - Kyiv Post (through Yonhap),"
        in text
    )
    assert "  - Вісник, published 9 Nov, first seen 9 Nov 14:31\n" in text
    assert "  - Голос, time of publication not said, first seen 9 Nov 14:36\n" in text
    assert "\n  and 2 more\n\n  On whose word:\n  - South Korea’s spy agency: 4 outlets, since 9 Nov 14:01\n" in text
    assert "  - KCNA: 1 outlet, since 9 Nov 14:31; circle: state media\n  - TASS (new):" in text
    assert "Media of a circle quote each other and count as one origin." in text
    words = seen(html)
    assert "6 outlets in 4 languages, 2 origins Korean, 2 outlets published seen, EET Yonhap 9 Nov 13:54 14:01 Title 2 Donga same text 9 Nov 13:56 14:03" in words  # fmt: skip
    assert "Голос not said 9 Nov 14:36" in words
    assert "and 2 more On whose word South Korea’s spy agency 4 outlets, since 9 Nov 14:01 KCNA 1 outlet, since 9 Nov 14:31 ; circle: state media" in words  # fmt: skip


def test_it_says_how_to_hear_no_more():
    reader = Addressee("Olha's desk", "desk@example.org")
    text, html = bodies(mail(reader=reader))
    command = """khasan stories mute 12 --as 'Olha'"'"'s desk'"""
    assert f"This is story 12. To hear no more of it (for everybody: with --for-all):\n  {command}\n" in text
    assert f"This is story 12. To hear no more of it: {command} (for everybody: with --for-all )" in seen(html)
    digested = compose.digest_mail(digest(story(1)), **(COMMON | {"reader": reader}))
    assert command.replace("12", "NUMBER") in bodies(digested)[0]


def test_the_order_is_what_why_who_figures_text_facts_coverage_mute():
    row = ClaimRow("5 generals", "sent", "", "the agency", "", (), "new", "", (Piece("Five generals."),))
    card = replace(CARD, gloss=("shells",))
    for body, words in zip(
        bodies(mail(card, claims=ClaimTable((row,)), coverage=CoverageLine("All current."))),
        (squeezed, shown_words),
        strict=True,
    ):
        said = words(body)
        expected = ("cross the bridge", "It speaks of", "Munitions", "6 outlets", "On whose word", "5 generals", "two railway workers", "Language", "All current", "stories mute")  # fmt: skip
        places = [said.index(one) for one in expected]
        assert places == sorted(places), dict(zip(expected, places, strict=True))


def test_twelve_are_listed_texts_of_their_own_first_and_the_rest_counted():
    copies = [line(number, f"Copy {number}", ago=100 - number, role="copy") for number in range(20)]
    own = [line(50 + number, f"Own {number}", "ko", ago=10 - number) for number in range(9)]
    shown = view(StoryCard(1, SEEN, (*copies, *own), articles=41, outlet_count=29))
    names = [one.outlet for group in shown.groups for one in group.lines]
    assert names == ["Copy 0", "Copy 1", "Copy 2", *[f"Own {number}" for number in range(9)]]
    assert shown.more == "and 29 more"
    assert view(StoryCard(1, SEEN, (*copies, *own), articles=41), lines=0).groups == ()


def test_an_update_lists_what_is_new_and_counts_what_was_told():
    shown = view(replace(UPDATE, articles=7), changed=True)
    assert [one.outlet for group in shown.groups for one in group.lines] == ["Kyodo"]
    assert shown.more == "and 6 more, told of before"
    assert view(replace(CARD, articles=6), changed=True).more == ""  # none is new: all are listed


def test_a_language_shows_one_title_besides_the_article():
    lines = (line(1, "A"), line(2, "B", ago=20), line(3, "C", ago=10), line(4, "D", ago=5, new=True))
    shown = view(replace(CARD, outlets=lines))
    assert [one.title for one in shown.groups[0].lines] == ["", "", "", "Title 4"]
    shown = view(replace(CARD, outlets=lines[1:]))
    assert [one.title for one in shown.groups[0].lines] == ["Title 2", "", "Title 4"]


def test_times_of_a_list():
    old = line(9, "Old", published_at=datetime(2025, 12, 31, 23, 0, tzinfo=UTC), first_seen=SEEN)
    other = line(8, "Other", published_at=SEEN - timedelta(days=1), first_seen=SEEN)
    shown = view(replace(CARD, outlets=(old, other)), zone="Asia/Seoul").groups[0].lines
    assert [(one.published, one.seen) for one in shown] == [
        ("8 Nov 21:41", "9 Nov 21:41"),
        ("1 Jan 08:00", "9 Nov 21:41"),
    ]
    shown = view(replace(CARD, outlets=(old, other)), zone="UTC").groups[0].lines
    assert shown[1].published == "31 Dec 2025 23:00"


def test_a_day_is_the_publishers_whatever_the_reader_has():
    when = Published(datetime(2026, 11, 8, 15, 0, tzinfo=UTC), "+09:00", Precision.DAY, TimeOrigin.PAGE)
    assert published_at(when) == datetime(2026, 11, 9, 12, tzinfo=UTC)
    minute = replace(when, precision=Precision.MINUTE)
    assert published_at(minute) == when.at
    made = outlet_line(article(published=when))
    for zone in ("Pacific/Honolulu", "Europe/Kyiv", "Pacific/Kiritimati"):
        shown = view(replace(CARD, outlets=(made, LINES[0])), zone=zone).groups
        assert {one.published for group in shown for one in group.lines if one.outlet == made.outlet} == {"9 Nov"}


# What an update says


def test_an_update_begins_with_what_changed():
    text, html = bodies(update())
    assert text.startswith(
        "New since Mon 9 Nov 2026, 11:41 EET:\n\n- New figure: 15 million shells sent, says South Korea’s defence ministry\n"
        "  (before: 12 million)\n- Denied: the Kremlin denies it\n\nCrates cross the bridge\n"
    )
    said = "New since Mon 9 Nov 2026, 11:41 EET New figure 15 million shells sent, says South Korea’s defence ministry (before: 12 million) Denied the Kremlin denies it"  # fmt: skip
    assert shown_words(html).startswith(said)
    assert html.count('class="warn"') == 1  # the denial
    assert html.index(">Denied<") > html.index('class="warn"')


def test_an_update_without_changes_says_what_came():
    pinned = replace(UPDATE, changes=())
    assert "- New article: Kyodo: Title 7\n" in bodies(update(pinned))[0]
    assert "- New article: one more on this story\n" in bodies(update(replace(pinned, outlets=LINES)))[0]
    assert "New article" not in bodies(mail(replace(pinned)))[0]


def test_an_update_is_shorter_than_its_alert():
    of = article(text="\n".join(f"Paragraph {number} speaks of shells at some length." for number in range(20)))
    alert, later = (squeezed(bodies(made)[0]) for made in (mail(of=of), update(of=of)))
    assert (alert.count("Paragraph"), later.count("Paragraph")) == (12, 1)


def test_many_changes_are_counted():
    text, html = bodies(update(replace(UPDATE, changes=CHANGES * 8)))
    assert "- and 6 more\n" in text
    assert "and 6 more" in seen(html)


def test_every_change_has_a_label_and_an_unknown_one_too():
    kinds = ("figure", "origin", "confirmation", "denial", "correction", "retraction", "outlets", "document")
    assert set(kinds) <= set(LABELS)
    assert "- Hoax: it is\n" in bodies(update(replace(UPDATE, changes=(ChangeLine("hoax", "it is"),))))[0]


# Digests


def story(number, **changes):
    values = {
        "story": number, "updated": False, "title": f"Story {number} of shells", "language": "en", "outlet": "Ledger", "url": f"https://news.example/{number}",
        "paragraph": f"Paragraph {number} speaks of shells.", "first_seen": SEEN - timedelta(hours=5), "last_seen": SEEN - timedelta(hours=1),
    }  # fmt: skip
    return DigestStory(**(values | changes))


def digest(*stories, until=SEEN, **changes):
    return DigestCard(until - timedelta(days=1), until, stories, **({"read": 1204} | changes))


FULL = story(
    7, updated=True, pinned=True, language="ko", title="북한군", gloss=("North Korean troops",), outlet_count=41, marks=((20, 26),), rules=("Munitions", "Troops"),
    origins=("NIS", "KCNA", "TASS", "a", "b", "c"), figures=("11,000 troops sent, NIS", "5 generals"), changes=CHANGES,
)  # fmt: skip
EDGE = Borderline(
    "A museum opens", "ru", "Голос", "https://golos.example/9", 0.476, SEEN - timedelta(hours=3), "trains"
)


def digested(card, **changes):
    return bodies(compose.digest_mail(card, **(COMMON | changes)))


def test_a_digest_says_of_each_story_what_counts():
    text, html = digested(digest(FULL, story(8), borderline=(EDGE,), unread=(("TASS", "refused for 6 h"),)))
    assert text.startswith(
        "Mon 9 Nov\n\n1 new story and 1 updated; 1,204 articles were read.\nSun 8 Nov 2026, 14:41 EET – Mon 9 Nov 2026, 14:41 EET\n"
    )
    assert (
        "북한군\nupdated, pinned · Ledger · 9 Nov 13:41 · story 7\nhttps://news.example/7\nIt speaks of: North Korean troops\n\n- New figure: 15 million"
        in text
    )
    assert "\nParagraph 7 speaks o*f shel*ls.\n\nNew figures: 11,000 troops sent, NIS; 5 generals\n41 outlets, 6 origins: NIS, KCNA, TASS, a and 2 more\nWhy: Munitions, Troops\n" in text  # fmt: skip
    assert "Story 8 of shells\nnew · Ledger · 9 Nov 09:41 · story 8\n" in text
    assert "A museum opens\nГолос · 9 Nov 11:41 · relevance 0.48 · trains\nhttps://golos.example/9\n" in text
    assert "What was not being read:\n- TASS: refused for 6 h\n" in text
    words = seen(html)
    for said in ("updated pinned Ledger", "15 million shells sent", "New figures · 11,000 troops sent, NIS; 5 generals", "41 outlets, 6 origins: NIS, KCNA, TASS, a and 2 more", "Perhaps on the topic", "relevance 0.48 · trains", "What was not being read TASS refused for 6 h"):  # fmt: skip
        assert said in words
    assert {"https://news.example/7", "https://news.example/8", "https://golos.example/9"} == Page(html).links()


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (digest(), "Nothing happened: 1,204 articles were read, and no story is new or has changed."),
        (digest(read=1), "Nothing happened: 1 article was read, and no story is new or has changed."),
        (digest(read=0), "Nothing happened: no article came in."),
        (digest(story(1), read=0), "1 new story."),
        (digest(story(1, updated=True), story(2, updated=True)), "2 updated stories; 1,204 articles were read."),
        (digest(story(1), story(2), story(3, updated=True)), "2 new stories and 1 updated; 1,204 articles were read."),
    ],
)
def test_a_digest_in_a_sentence(card, words):
    text, html = digested(card, coverage=CoverageLine("81 of 84 sources current.", well=False))
    assert words in squeezed(text)
    assert words in seen(html)
    assert "81 of 84 sources current." in squeezed(text)
    assert ("stories mute" in text) is bool(card.stories)


@pytest.mark.parametrize("count", [7, 8, 30])
def test_a_long_digest_has_a_table_of_contents(count):
    text, html = digested(
        digest(*[story(number, title=f"북한군 {number}" * (1 + 9 * (number == 2))) for number in range(count)])
    )
    page = Page(html)
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    inside = {link[1:] for link in page.links() if link.startswith("#")}
    assert inside == (ids if count > 7 else set())
    assert ("  2  북한군 1\n  3  북한군 2북한군" in text) is (count > 7)
    assert ("\n2. 북한군 1\nnew" in text) is (count > 7)


@pytest.mark.parametrize("count", [1, 40, 200, 1000])
def test_a_digest_of_any_length_is_small_enough_and_counts_all(count):
    words = "довгий абзац & без кінця " * 40
    many = [
        story(number, title="Дуже важлива новина " * 12, paragraph=words, url="https://news.example/" + "п" * 100, figures=("&" * 200,) * 9, changes=CHANGES * 9,
              origins=("Ї" * 90,) * 9, outlet_count=9, gloss=("x" * 90,) * 9)
        for number in range(count)
    ]  # fmt: skip
    text, html = digested(digest(*many, borderline=(EDGE,) * 50, unread=(("<" * 200, "&" * 900),) * 50))
    assert len(html.encode()) < compose.MAX_HTML
    left = re.search(r"And (\d+) more, which", html)
    shown = html.count('id="story-') + len(re.findall(r"</bdi>, story \d+</span>", html))
    assert shown + int(left.group(1) if left else 0) == count
    assert shown >= min(count, 20)
    assert f"{count:,} new stor" in text
    if left:
        assert f"And {left.group(1)} more, which are in the archive." in text
    assert text.count("relevance 0.48") == html.count("relevance 0.48") == BORDERLINE
    assert f"- and {50 - UNREAD} more" in text


def test_two_hundred_plain_stories_are_all_there():
    text, html = digested(digest(*[story(number) for number in range(200)]))
    assert len(html.encode()) < compose.MAX_HTML
    for number in range(200):
        assert f"story {number}\n" in text
        assert f"https://news.example/{number}\n" in text
    assert "in the archive" not in html
    assert html.count("speaks of shells") >= 15


def test_one_outlet_on_somebodys_word():
    shown = digest_view(digest(story(1, origins=("NIS",)), story(2), story(3, outlet_count=2)), "UTC", 9).stories
    assert [one.spread for one in shown] == ["On the word of NIS", "", "2 outlets"]


def test_a_long_paragraph_is_cut_at_a_word_and_keeps_its_marks():
    (shown,) = digest_view(
        digest(story(1, paragraph="shells again " * 200, marks=((0, 6), (2000, 2500), (-5, 1)))), "UTC", 9
    ).stories
    whole = "".join(piece.text for piece in shown.paragraph)
    assert whole.endswith((" again …", " shells …"))
    assert len(whole) < 600
    assert shown.paragraph[0] == Piece("shells", hit=True)


# Both parts


def check(made, *, story=True):
    """The mail is sound, small enough, and its text says whatever its HTML shows and links to."""
    raw = made.as_bytes()
    assert CONTROL.search(raw.decode("ascii").replace("\r\n", "\n")) is None
    again = parsed(made)
    assert set(again.keys()) <= set(THREADED if story else NAMES)
    assert not any(part.defects for part in again.walk())
    text, html = bodies(made)
    assert CONTROL.search(text + html) is None
    assert len(html.encode()) < compose.MAX_HTML
    page = Page(html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "iframe", "link", "object", "form"})
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    for address in page.links():
        assert address.startswith("#story-") or address in text
    return text, html


def test_the_text_alone_says_everything():
    card = replace(
        UPDATE, changes=(*CHANGES, ChangeLine("document", "the NIS has published it")), gloss=("troops", "Kursk")
    )
    for made in (mail(card), update(card), mail(CARD), update(replace(card, outlets=LINES))):
        text, html = check(made)
        said, words = squeezed(text), seen(html)
        known = (
            [one.outlet for one in card.outlets]
            + [one.title for one in card.outlets]
            + [one.url for one in card.outlets]
        )
        known += [one.name for one in card.origins] + [one.text for one in card.changes] + ["state media", *card.gloss]
        assert sum(one in words for one in known) > 8
        for one in known:
            assert one in said or one not in words
    assert max(len(row) for row in text.splitlines() if "https:" not in row) <= 76


def test_five_hundred_outlets():
    names = [f"Дуже довга назва видання номер {number} & син" for number in range(500)]
    urls = ["https://news.example/" + "&" * 700 + str(number) for number in range(500)]
    lines = tuple(
        line(number, name, f"x{number % 40}", title="<b>" * 200, url=url, via=(name,) * 9)
        for number, (name, url) in enumerate(zip(names, urls, strict=True))
    )
    origins = tuple(OriginLine(name, 3, SEEN, name) for name in names)
    card = StoryCard(
        1, SEEN, lines, 500, 500, tuple((f"x{number}", 12) for number in range(40)), origins, CHANGES * 90, names
    )
    for made in (
        mail(card),
        update(card),
        update(replace(card, outlets=tuple(replace(one, new=True) for one in lines))),
    ):
        text, _ = check(made)
        assert "500 outlets in 40 languages, 500 origins" in text
        left = int(re.search(r"^  and (\d+) more", text, re.MULTILINE).group(1))
        assert left + text.count("  - Дуже довга") - text.count(": 3 outlets, since") == 500
        assert "and 492 more" in squeezed(text)


def test_the_same_arguments_give_the_same_bytes():
    for made in (mail, update, lambda: compose.digest_mail(digest(FULL, borderline=(EDGE,)), **COMMON)):
        assert made().as_bytes() == made().as_bytes()
    again = from_plain(json.loads(json.dumps(to_plain(UPDATE))), StoryCard)
    assert update(again).as_bytes() == update().as_bytes()
    whole = digest(FULL, borderline=(EDGE,), unread=(("a", "b"),))
    again = from_plain(json.loads(json.dumps(to_plain(whole))), DigestCard)
    assert compose.digest_mail(again, **COMMON).as_bytes() == compose.digest_mail(whole, **COMMON).as_bytes()


def test_a_summary_counts_the_other_outlets():
    items = [(article(), [hit(article(), "shells")])] * 3
    text, html = bodies(compose.summary_mail(items, reason="many", cards=[CARD, None], **COMMON))
    assert text.count("Primorye Ledger and 5 other outlets · ") == 1
    assert text.count("Primorye Ledger · ") == 2
    assert "Primorye Ledger and 5 other outlets" in seen(html)
    assert compose.summary_mail(items[:1], reason="many", cards=[CARD] * 9, **COMMON)


WHEN = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COUNT = st.integers(-1, 10**9)
SHORT = ANYTHING | st.sampled_from(["en", "ko", "", "own", "copy", "relay", "figure"])
URLS = ANYTHING | st.builds("https://news.example/{}".format, ANYTHING | st.integers(0, 9) | st.just("&" * 700))
LINE = st.builds(OutletLine, st.integers(0, 5), ANYTHING, SHORT, ANYTHING, URLS, WHEN, WHEN, st.booleans(), st.booleans(), SHORT, ANYTHING, st.tuples(ANYTHING), st.booleans())  # fmt: skip
ORIGIN = st.builds(OriginLine, ANYTHING, COUNT, WHEN, SHORT, st.booleans())
CHANGE = st.builds(ChangeLine, SHORT, ANYTHING)
WORDS = st.lists(ANYTHING, max_size=3).map(tuple)
CARDS = st.builds(
    StoryCard, COUNT, WHEN, st.lists(LINE, max_size=5).map(tuple), COUNT, COUNT, st.lists(st.tuples(SHORT, COUNT), max_size=3).map(tuple),
    st.lists(ORIGIN, max_size=4).map(tuple), st.lists(CHANGE, max_size=3).map(tuple), WORDS, st.none() | WHEN,
)  # fmt: skip
SPANS = st.lists(st.tuples(st.integers(-5, 99), st.integers(-5, 99)), max_size=3).map(tuple)
STORIES = st.builds(
    DigestStory, COUNT, st.booleans(), ANYTHING, SHORT, ANYTHING, URLS, ANYTHING, WHEN, WHEN, SPANS, WORDS, COUNT, COUNT, WORDS, WORDS,
    st.lists(CHANGE, max_size=2).map(tuple), WORDS, st.booleans(),
)  # fmt: skip
EDGES = st.builds(Borderline, ANYTHING, SHORT, ANYTHING, URLS, st.floats(0, 1), WHEN, ANYTHING)
DIGESTS = st.builds(
    DigestCard, WHEN, WHEN, st.lists(STORIES, max_size=9).map(tuple), st.lists(EDGES, max_size=3).map(tuple),
    st.lists(st.tuples(ANYTHING, ANYTHING), max_size=3).map(tuple), COUNT,
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(CARDS, st.sampled_from([MailKind.ALERT, MailKind.UPDATE]), ANYTHING, ANYTHING)
def test_no_card_breaks_a_mail(card, kind, title, first):
    of = article(title, outlet_name=title)
    subject = compose.alert_subject(of, OPTIONS, card, kind, first)
    made = compose.alert_mail(of, [], card=card, kind=kind, thread=("<1@x>",), subject=subject, **COMMON)
    check(made)
    assert parsed(made)["Subject"] == subject


@settings(deadline=None, max_examples=50)
@given(DIGESTS, ANYTHING)
def test_no_card_breaks_a_digest(card, name):
    check(
        compose.digest_mail(card, **(COMMON | {"reader": Addressee(name, "desk@example.org", "Asia/Seoul")})),
        story=False,
    )


# From the outbox


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "khasan.db") as opened:
        settle(opened, source("one"))
        poll(opened, "one")
        poll(opened, "one", entry("1", "North Korea sends shells", "Shells went by rail."), at=NOW + minutes(1))
        yield opened


def row(archive, kind, subject, body, *, about=True):
    """A mail as it stands in the outbox."""
    (found,) = archive.read(rows_where, Anything()) if about else (None,)
    of = archive.read(articles_of, [found.id])[0] if found else None
    new = NewMail(
        kind,
        "ann",
        "ann@example.org",
        f"<khasan.{kind}@x>",
        subject,
        NOW,
        of and of.id,
        json.dumps(body),
        of and of.version,
    )
    number = archive.write(queue_mail, new, NOW)
    return next(one for one in archive.read(due_mails, NOW + minutes(5)) if one.id == number)


def composed(archive, mail):
    outbox = Outbox(archive, None, [Reader("ann", "ann@example.org")], OPTIONS, lambda: NOW)
    return outbox._compose(mail)


BODY = {"late": False, "hits": [], "coverage": asdict(CoverageLine("All current."))}


def test_a_row_becomes_the_mail_it_was_queued_as(archive):
    body = BODY | {"card": to_plain(UPDATE), "thread": ["<1@x>", "<2@x>"], "first_subject": FIRST}
    queued = row(archive, MailKind.UPDATE, f"[Denied: it] {FIRST}", body)
    one, other = (composed(archive, queued) for _ in range(2))
    assert one.as_bytes() == other.as_bytes()
    assert (one["X-Khasan-Kind"], one["X-Khasan-Story"], one["In-Reply-To"]) == ("update", "12", "<2@x>")
    assert one["Subject"] == queued.subject
    assert bodies(one)[0].startswith("New since ")
    first = composed(archive, row(archive, MailKind.ALERT, FIRST, BODY | {"card": to_plain(CARD), "thread": []}))
    assert (first["X-Khasan-Kind"], first["Subject"], first["References"]) == ("alert", FIRST, None)
    assert "6 outlets in 4 languages" in bodies(first)[0]


def test_a_row_of_before_there_were_stories_still_leaves(archive):
    made = composed(archive, row(archive, MailKind.ALERT, "North Korea sends shells — one", BODY))
    assert parsed(made).keys() == NAMES
    text = bodies(made)[0]
    assert text.startswith("North Korea sends shells\n")
    assert "mute" not in text
    assert "outlets" not in text


def test_a_digest_leaves_without_an_article(archive):
    queued = row(archive, MailKind.DIGEST, "x", BODY | {"card": to_plain(digest(FULL))}, about=False)
    made = composed(archive, queued)
    assert made["X-Khasan-Kind"] == "digest"
    assert "1 updated story; 1,204 articles were read." in bodies(made)[0]
    assert "All current." in bodies(made)[0]
