"""The figures of an article in mails: how each is worded, what stands beside it, and that text and HTML say the same."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import compose
from alerts.claims_view import (
    EVENTS,
    MODALITIES,
    NO_CLAIMS,
    SHOWN,
    UNITS,
    ClaimTable,
    Earlier,
    amount_words,
    claim_table,
    figure_words,
    from_plain,
    to_plain,
)
from alerts.decide import Reader
from alerts.outbox import Outbox
from alerts.rules import load_rules
from alerts.view import article_view
from analysis.claims import model
from khasan.topic import load_topic
from scheduler.review import review_article
from scheduler.setup import Setup
from storage.archive import open_archive
from storage.claim_model import ClaimReading, Figure, LastFigure, Place, Status, WeighedClaim
from storage.filters import Anything
from storage.outbox import due_mails, merge_mails
from storage.search import articles_of, rows_where
from tests import mailing
from tests.shelf import NOW, entry, minutes, poll, settle, source
from tests.test_compose import COMMON, OPTIONS, Page, article, bodies, hit

DAY = date(2026, 2, 11)
NAMES = {
    "kr_mnd": "Seoul's defence ministry",
    "ua_genstaff": "General Staff of Ukraine",
    "us_state": "US State Department",
    "yonhap": "Yonhap",
    "reuters": "Reuters",
}
SENTENCE = "Seoul's ministry said the North had sent about 11,000 troops, Yonhap reported."


def name(concept):
    return NAMES.get(concept, concept)


def figure(low=11_000, high=None, unit="troops", event="sent", **rest):
    values = {"actor": "KP", "recipient": "RU", "approx": "exact", "modality": "fact", "origin": "kr_mnd"} | rest
    return Figure(unit=unit, event=event, low=low, high=low if high is None else high, **values)


def claim(made=None, *, sentence=SENTENCE, evidence="about 11,000 troops", at=50, status=Status.READ, new=False, by=""):
    made = made or figure(approx="about")
    start = at + sentence.index(evidence)
    where = Place("text", start, start + len(evidence), at, at + len(sentence), evidence, sentence)
    return WeighedClaim(ClaimReading(made, where), made, status, new, by)


def last(low, origin, at, **rest):
    return LastFigure(1, figure(low, origin=origin, **rest), at, "ledger", Status.READ)


LAST = {
    figure().flow: (
        last(12_000, "ua_genstaff", datetime(2026, 1, 20, tzinfo=UTC)),
        last(10_000, "us_state", datetime(2025, 11, 13, tzinfo=UTC)),
        last(9_000, None, datetime(2025, 11, 1, tzinfo=UTC), approx="more_than"),
        last(8_000, "reuters", datetime(2025, 10, 1, tzinfo=UTC)),
    )
}


def table(*claims, earlier=LAST):
    return claim_table(claims, earlier, name, DAY)


def mail(*claims, **changes):
    made = compose.alert_mail(article(), [hit(article(), "shells")], claims=table(*claims), **(COMMON | changes))
    return bodies(made)


def squeezed(text):
    return " ".join(text.split())


def seen(html):
    return squeezed(" ".join(Page(html).words))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (figure(11_000, approx="about"), "about 11,000 troops"),
        (figure(6000, approx="more_than"), "more than 6,000 troops"),
        (figure(6000, approx="at_least"), "at least 6,000 troops"),
        (figure(6000, approx="up_to"), "up to 6,000 troops"),
        (figure(6000, approx="nearly"), "nearly 6,000 troops"),
        (figure(5000, 7000, approx="range"), "5,000–7,000 troops"),
        (figure(5000, 7000, approx="about"), "about 5,000–7,000 troops"),
        (figure(3000, increment=True), "3,000 more troops"),
        (figure(1), "1 soldier"),
        (figure(1, unit="brigades"), "1 brigade"),
        (figure(2, unit="brigades"), "2 brigades"),
        (figure(300, unit="killed", increment=True), "300 more killed"),
        (figure(200, unit="artillery", approx="about"), "about 200 artillery pieces"),
        (figure(20_000_000, unit="money_usd", approx="up_to"), "up to $20 million"),
        (figure(9_500, unit="money_usd"), "$9,500"),
        (figure(1_250_000, unit="oil_barrels"), "1.25 million barrels of oil"),
        (figure(1_234_567, unit="shells"), "1,234,567 shells"),
        (figure(10_000_000, 12_000_000, unit="shells"), "10–12 million shells"),
        (figure(900_000, 1_000_000, unit="shells"), "900,000–1,000,000 shells"),
        (figure(5_500_000_000, 20_000_000_000, unit="money_usd"), "$5.5–20 billion"),
    ],
)
def test_a_figure_in_words(made, words):
    assert figure_words(made) == words


def test_every_unit_event_and_modality_has_words():
    assert set(UNITS) == set(model.UNITS)
    assert set(EVENTS) == set(model.EVENTS)
    assert set(MODALITIES) == set(model.MODALITIES)


_NUMBER = st.integers(0, 10**13) | st.builds(int.__mul__, st.integers(0, 10**4), st.sampled_from([10**4, 10**6, 10**7]))


@settings(max_examples=500, deadline=None)
@given(_NUMBER, _NUMBER, st.sampled_from(model.APPROX))
def test_numbers_are_not_rounded(one, other, approx):
    low, high = min(one, other), max(one, other)
    words = amount_words(figure(low, high, approx=approx))
    scale = 10**9 if words.endswith(" billion") else 10**6 if words.endswith(" million") else 1
    numbers = [float(number.replace(",", "")) * scale for number in re.findall(r"[\d.,]+", words)]
    assert [round(number) for number in numbers] == ([low] if low == high else [low, high])


def test_a_row_says_what_who_through_whom_and_what_came_before():
    row = table(claim(figure(approx="about", relays=("yonhap", "reuters")), new=True)).rows[0]
    assert (row.figure, row.what, row.how) == ("about 11,000 troops", "sent, North Korea → Russia", "")
    assert (row.who, row.through, row.state) == ("Seoul's defence ministry", "Yonhap, Reuters", "new")
    assert row.last == (
        Earlier("12,000", "General Staff of Ukraine, 20 Jan"),
        Earlier("10,000", "US State Department, 13 Nov 2025"),
        Earlier("more than 9,000", "nobody named, 1 Nov 2025"),
    )
    assert [piece.text for piece in row.sentence if piece.hit] == ["about 11,000 troops"]


def test_the_day_it_was_said_counts_before_the_day_it_was_printed():
    said = last(1, "kr_mnd", datetime(2026, 2, 2, tzinfo=UTC), said_on=date(2026, 1, 30))
    assert table(claim(), earlier={figure().flow: (said,)}).rows[0].last[0].said == "Seoul's defence ministry, 30 Jan"


def test_losses_are_whose_they_are():
    assert table(claim(figure(unit="killed", event="losses", recipient=None))).rows[0].what == "losses, North Korea"
    assert table(claim(figure(unit="killed", event="losses", actor=None, recipient=None))).rows[0].what == "losses"


def test_what_came_before_stands_once_for_each_kind():
    rows = table(claim(), claim(figure(12_000)), claim(figure(5, unit="generals"))).rows
    assert [len(row.last) for row in rows] == [3, 0, 0]


def test_new_figures_come_first_and_background_last():
    claims = [
        claim(figure(1, recap=True)),
        claim(figure(2)),
        claim(figure(3, modality="denied")),
        claim(figure(4), new=True),
        claim(figure(5), status=Status.REJECTED, by="Olha"),
        claim(figure(6, modality="expected"), new=True),
    ]
    rows = table(*claims).rows
    assert [row.figure.split()[0] for row in rows] == ["4", "6", "2", "3", "1", "5"]
    assert [row.state for row in rows] == ["new", "new", "", "denied", "recap", "rejected"]
    assert rows[1].how == "expected"


def test_what_an_analyst_decided_is_hers():
    rows = table(
        claim(status=Status.CORRECTED, by="Olha M."),
        claim(status=Status.CONFIRMED, by="Olha M."),
        claim(status=Status.CORRECTED),
        claim(status=Status.REJECTED, by="Olha M."),
    ).rows
    assert [row.decided for row in rows] == ["corrected by Olha M.", "confirmed by Olha M.", "corrected", "rejected by Olha M."]  # fmt: skip
    text, html = mail(claim(status=Status.CORRECTED, by="Olha M."))
    assert "corrected by Olha M." in text
    assert "corrected by Olha M." in seen(html)


def test_eight_are_shown_and_the_rest_counted():
    made = table(*[claim(figure(number + 2)) for number in range(11)])
    assert (len(made.rows), made.more) == (SHOWN, 3)
    text, html = mail(*[claim(figure(number + 2)) for number in range(11)])
    assert "and 3 more figures in the text" in text
    assert "and 3 more figures in the text" in seen(html)
    assert "and 1 more figure in the text" in mail(*[claim(figure(number + 2)) for number in range(9)])[0]


def test_a_long_sentence_is_cut_around_its_figure():
    long = f"{'It was a long day. ' * 20}{SENTENCE}{' And so on it went.' * 20}".strip()
    row = table(claim(sentence=long)).rows[0]
    shown = "".join(piece.text for piece in row.sentence)
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 320
    assert [piece.text for piece in row.sentence if piece.hit] == ["about 11,000 troops"]


def test_places_that_do_not_fit_their_sentence_do_no_harm():
    made = figure()
    where = Place("text", 3, 900, 100, 120, "11,000", "Short.")
    row = table(WeighedClaim(ClaimReading(made, where), made, Status.READ, False)).rows[0]
    assert "".join(piece.text for piece in row.sentence) == "Short."


def test_the_text_alone_says_everything():
    text, _ = mail(
        claim(figure(approx="about", relays=("yonhap",)), new=True),
        claim(figure(30_000, modality="denied", origin=None)),
        claim(figure(4000, recap=True, unit="casualties", event="losses", recipient=None)),
        claim(figure(3000, modality="expected", increment=True)),
    )
    assert "Figures:\n\n  about 11,000 troops (new)\n    sent, North Korea → Russia\n" in text
    assert "    Seoul's defence ministry through Yonhap\n    before: 12,000 General Staff of Ukraine, 20 Jan\n            10,000 US State Department, 13 Nov 2025\n" in text  # fmt: skip
    assert "    Seoul's ministry said the North had sent *about 11,000 troops*, Yonhap\n    reported.\n" in text
    assert "  30,000 troops (denied)\n    sent, North Korea → Russia\n    no source named\n" in text
    assert "  4,000 casualties (as background)\n    losses, North Korea\n" in text
    assert "  3,000 more troops, expected\n" in text
    assert max(map(len, text.splitlines())) <= 76


def test_html_says_what_the_text_says():
    claims = [
        claim(figure(approx="about", relays=("yonhap",)), new=True),
        claim(figure(30_000, modality="denied", origin=None)),
        claim(figure(4000, recap=True)),
        claim(figure(2, unit="brigades"), status=Status.REJECTED, by="Olha M."),
    ]
    _, html = mail(*claims)
    words = seen(html)
    for said in ("about 11,000 troops", "new", "denied", "as background", "no source named", "rejected by Olha M.", "through Yonhap"):  # fmt: skip
        assert said in words
    assert "before 12,000 General Staff of Ukraine, 20 Jan 10,000 US State Department, 13 Nov 2025" in words
    assert words.count("Seoul's ministry said") == 4


def test_denied_and_rejected_look_different():
    _, plain = mail(claim())
    _, denied = mail(claim(figure(modality="denied")))
    _, rejected = mail(claim(status=Status.REJECTED))
    assert ("line-through" in plain, "line-through" in denied, "line-through" in rejected) == (False, False, True)
    assert ('class="warn"' in plain, 'class="warn"' in denied) == (False, True)


def test_without_claims_a_mail_is_what_it_was():
    without = bodies(compose.alert_mail(article(), [hit(article(), "shells")], **COMMON))
    assert "Figures" not in without[0]
    assert 'class="cell' not in without[1]
    assert mail() == without


class _Balanced(HTMLParser):
    """Whether every tag that opens closes, in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.fine = [], True
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in {"br", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.fine = self.fine and bool(self.open) and self.open.pop() == tag


_NASTY = st.sampled_from(["<b>x</b>", "'\"&", "\x00\r\nBcc: x@y", "\u202eevil", "</td></table>", "{{ 7 * 7 }}", "국방부 1만1천", "ok"])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_NASTY, _NASTY, st.lists(st.sampled_from([Status.READ, Status.CORRECTED, Status.REJECTED]), max_size=10))
def test_what_strangers_wrote_stays_text(sentence, who, statuses):
    made = [claim(sentence=f"{sentence} 5 {sentence}", evidence="5", status=status, by=who) for status in statuses]
    text, html = mail(*made)
    again = _Balanced(html)
    assert again.fine
    assert not again.open
    assert "<b>x" not in html
    assert "\u202e" not in text + html
    assert "{{ 7" not in text or sentence.startswith("{{") or who.startswith("{{")


def test_a_table_outlasts_json():
    made = table(claim(new=True, by="Olha", status=Status.CONFIRMED), claim(figure(3, recap=True)))
    assert from_plain(json.loads(json.dumps(to_plain(made)))) == made
    assert from_plain(json.loads(json.dumps(to_plain(NO_CLAIMS)))) == NO_CLAIMS
    assert from_plain({}) == NO_CLAIMS


def test_the_same_claims_give_the_same_bytes():
    rows = table(claim(new=True))
    again = from_plain(json.loads(json.dumps(to_plain(rows))))
    one, other = (compose.alert_mail(article(), [], claims=made, **COMMON).as_bytes() for made in (rows, again))
    assert one == other


def test_a_sentence_in_korean_says_that_it_is():
    korean = "국방부는 북한이 병력 약 1만1천여 명을 보냈다고 밝혔다."
    made = table(claim(sentence=korean, evidence="약 1만1천여 명"))
    html = bodies(compose.alert_mail(article(language="ko"), [], claims=made, **COMMON))[1]
    cell = html[: html.index("보냈다고")].rpartition("<td")[2]
    assert 'lang="ko"' in cell
    assert 'class="soft ko"' in cell


def test_a_summary_names_the_new_figures_in_a_line():
    items = [(article(), [hit(article(), "shells")])] * 3
    tables = [table(claim(figure(approx="about"), new=True), claim(figure(5), new=True), claim(figure(7))), NO_CLAIMS]
    text, html = bodies(compose.summary_mail(items, reason="many", claims=tables, **COMMON))
    line = "about 11,000 troops, Seoul's defence ministry; 5 troops, Seoul's defence ministry"
    assert f"New figures: {line}" in squeezed(text)
    assert squeezed(text).count("New figures") == 1
    assert line in squeezed("".join(Page(html).words))
    assert "7 troops" not in text + html
    assert max(map(len, text.splitlines())) <= 76


def test_more_claims_than_articles_do_no_harm():
    made = [ClaimTable()] * 5
    assert compose.summary_mail([(article(), [])], reason="many", claims=made, **COMMON)


def test_a_view_holds_the_claims_it_was_given():
    made = table(claim())
    assert article_view(article(), [], "UTC", claims=made).claims is made
    assert article_view(article(), [], "UTC").claims is NO_CLAIMS


# --- from the review to the mail


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "khasan.db") as opened:
        settle(opened, source("one"))
        poll(opened, "one")  # the baseline
        poll(opened, "one", entry("1", "North Korea sends troops to Russia", SENTENCE), at=NOW + minutes(1))
        yield opened


def stored(archive):
    (row,) = archive.read(rows_where, Anything())
    return archive.read(articles_of, [row.id])[0]


def queued(archive, made):
    """The one mail about the archive's article, in the outbox."""
    one = stored(archive)
    assert mailing.publish(archive, one, [hit(one, "troops")], [ANN], NOW, OPTIONS, claims=made) == 1
    return archive.read(due_mails, NOW + minutes(5))[0]


ANN = Reader("ann", "ann@example.org")


def outbox(archive):
    return Outbox(archive, None, [ANN], OPTIONS, lambda: NOW)


def test_a_queued_mail_keeps_its_figures_and_is_the_same_each_time(archive):
    made = table(claim(at=0, new=True, status=Status.CONFIRMED, by="Olha"))
    mail = queued(archive, made)
    one, other = (outbox(archive)._compose(mail) for _ in range(2))
    assert one.as_bytes() == other.as_bytes()
    assert one["Message-ID"] == mail.message_id
    assert "about 11,000 troops (new)" in bodies(one)[0]
    assert "confirmed by Olha" in bodies(one)[0]


def test_a_mail_that_was_queued_before_there_were_figures_still_leaves(archive):
    mail = queued(archive, NO_CLAIMS)
    body = {key: value for key, value in json.loads(mail.body).items() if key != "claims"}
    assert "Figures" not in bodies(outbox(archive)._compose(replace(mail, body=json.dumps(body))))[0]


def test_mails_that_are_summed_up_keep_what_is_new(archive):
    mail = queued(archive, table(claim(at=0, new=True)))
    summary = outbox(archive)._summary([mail], [], NOW)
    number = archive.write(merge_mails, summary, [mail.id], NOW)
    merged = next(one for one in archive.read(due_mails, NOW + minutes(5)) if one.id == number)
    assert "New figures: about 11,000 troops, Seoul's defence ministry" in squeezed(bodies(outbox(archive)._compose(merged))[0])  # fmt: skip


def test_a_review_hands_the_figures_on(archive):
    one, topic = stored(archive), load_topic()
    setup = Setup(
        database=None, outlets=(), sources=(), analyser=topic.analyser, rules=load_rules(RULES, file="r"), topic_version="t",
        collect=None, channel=None, mail=OPTIONS, readers=(ANN,), operator="",
    )  # fmt: skip
    asked = []

    def last(article, flows):
        asked.append((article.id, flows))
        return LAST

    _, (mail,) = review_article(one, setup, (), NOW, weigh=lambda *_: (claim(at=0, new=True),), last=last)
    made = from_plain(json.loads(mail.mail.body)["claims"])
    assert (made.rows[0].figure, made.rows[0].who, made.rows[0].state) == ("about 11,000 troops", "ROK Ministry of National Defense", "new")  # fmt: skip
    assert made.rows[0].last[0].said.startswith("General Staff of Ukraine")
    assert asked == [(one.id, {figure().flow})]
    assert json.loads(mail.mail.body)["hits"][0]["text_marks"] == [
        [SENTENCE.index("about"), SENTENCE.index(", Yonhap")]
    ]
    asked.clear()
    review, mails = review_article(one, setup, (), NOW, weigh=lambda *_: (claim(at=0),), last=last)
    assert (review.matched, mails, asked) == (False, [], [])  # the ledger is not asked in vain


RULES = {"rule": [{"id": "n", "name": "New", "query": "new:claim"}]}
