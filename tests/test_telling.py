"""What a reader is told of a story: pure decisions from its history and his wishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.decide import Reader
from alerts.facts import CROWDS, Facts, Said, changes, from_text, to_text
from alerts.telling import Case, decide_story
from storage.mail import MailState
from storage.model import Arrival, Article, PageState, Precision, Published, TimeOrigin
from storage.story_model import StoryDecision, StoryState, StoryVerdict, Told

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
LATE = timedelta(hours=48)
ANN = Reader("ann", "a@x")
TROOPS = ("troops", "sent", "KP", "RU")
TEN, TWELVE = (Said(TROOPS, n, n, "kr_nis", False, 1) for n in (10_000, 12_000))


def article(arrival=Arrival.LIVE, at=NOW, origin=TimeOrigin.FEED):
    return Article(
        id=2, version=2, url="https://a.example/1", canonical_url="https://a.example/1", outlet="a", outlet_name="A", source="a",
        sources=("a",), arrival=arrival, first_seen=NOW, published=Published(at, None, Precision.MINUTE, origin), language="en",
        language_hint="en", title="T", text="x", authors=(), image=None, page_state=PageState.FETCHED, page_fault="", text_origin="page",
    )  # fmt: skip


def told(facts=None, *, state=MailState.SENT, attempts=1, kind="alert", late=False, number=1):
    text = to_text(facts) if facts is not None else ""
    return Told(number, kind, NOW, text, state, attempts, late, f"<{number}@x>", "Subject", NOW, 1, 1, "{}")


def story(*mails, decisions=()):
    return StoryState(7, (7,), told={"ann": tuple(mails)} if mails else {}, decisions=decisions)


def decided(state=None, reader=ANN, known=None, news=(), made=None, **rest):
    case = Case(made or article(), state or story(), known or Facts(outlets=2), frozenset(news), **rest)
    return decide_story(reader, case, NOW, LATE)


@pytest.mark.parametrize("arrival", [Arrival.BASELINE, Arrival.BACKFILL, Arrival.IMPORT])
def test_only_live_alerts(arrival):
    outcome = decided(made=article(arrival))
    assert outcome.word == "nothing"
    assert arrival in outcome.reason


def test_never_twice():
    assert decided(alerted=frozenset({"ann"})).reason == "alerted before"
    assert decided(story(told()), known=Facts(figures=(TEN,)), news=[TEN]).reason == "alerted before"  # without facts


def test_old_is_late_unless_the_time_is_a_guess():
    old = NOW - LATE - timedelta(minutes=1)
    assert decided(made=article(at=old)).word == "late"
    assert decided(made=article(at=old, origin=TimeOrigin.GUESS)).word == "mail"
    assert decided(made=article(at=NOW - LATE)).word == "mail"
    assert decided(made=article(at=old), reader=replace(ANN, digest="daily 07:30")).word == "digest"


def test_the_first_alerts_and_the_second_is_nothing():
    assert decided().word == "mail"
    again = decided(story(told(Facts(outlets=1))))
    assert (again.word, again.reason) == ("nothing", "nothing new in story 7, told in mail 1")
    with_digest = decided(story(told(Facts(outlets=1))), reader=replace(ANN, digest="daily 07:30"))
    assert with_digest.word == "digest"


def test_an_alert_that_has_not_left_takes_in_what_comes():
    waiting = told(Facts(), state=MailState.QUEUED, attempts=0)
    outcome = decided(story(waiting), known=Facts(figures=(TEN,)), news=[TEN])
    assert (outcome.word, outcome.joins) == ("nothing", waiting)
    late = told(Facts(), state=MailState.QUEUED, attempts=0, late=True)
    outcome = decided(story(late))
    assert (outcome.word, outcome.joins, outcome.due_at) == ("mail", late, NOW)
    tried = told(Facts(), state=MailState.QUEUED, attempts=1)
    assert decided(story(tried)).joins is None  # the server may have it


def test_an_update_that_has_not_left_is_made_anew_upon_what_he_knew_before():
    alert, update = (
        told(Facts()),
        told(Facts(figures=(TEN,)), state=MailState.QUEUED, attempts=0, kind="update", number=2),
    )
    outcome = decided(story(alert, update), known=Facts(figures=(TEN, TWELVE)), news=[TEN, TWELVE])
    assert (outcome.word, outcome.joins) == ("update", update)
    assert [change.figure for change in outcome.changes] == [TEN, TWELVE]


def test_whom_nothing_is_told():
    muted = StoryDecision(StoryVerdict.MUTE, "olha", "", NOW, 7)
    assert decided(story(decisions=(muted,))).reason == "olha muted story 7"
    assert decided(story(decisions=(replace(muted, reader="ann"),))).word == "nothing"
    assert decided(story(decisions=(replace(muted, reader="bob"),))).word == "mail"
    back = replace(muted, verdict=StoryVerdict.UNMUTE)
    assert decided(story(decisions=(muted, back))).word == "mail"
    assert decided(reader=replace(ANN, least_relevance=0.5), relevance=0.49).word == "nothing"
    assert decided(reader=replace(ANN, least_relevance=0.5), relevance=0.5).word == "mail"
    assert decided(reader=replace(ANN, immediate=False, digest="daily 07:30")).word == "digest"


def test_a_pinned_story_tells_everything_but_copies():
    pinned = story(told(Facts(outlets=1)), decisions=(StoryDecision(StoryVerdict.PIN, "olha", "", NOW, 7, "ann"),))
    assert decided(pinned).word == "update"
    assert decided(pinned, repeats=True).word == "nothing"


def test_an_alert_waits_for_others_as_long_as_its_reader_says():
    assert decided(reader=replace(ANN, delay_minutes=10)).due_at == NOW + timedelta(minutes=10)


KNOWN = Facts(figures=(TEN,), origins=("kr_nis",), outlets=3, documents=("gur",))


@pytest.mark.parametrize(
    ("now_known", "news", "kinds"),
    [
        (KNOWN, (), []),
        (Facts((TEN, TWELVE), ("kr_nis",), 4, ("gur",)), (TWELVE,), ["figure"]),
        (Facts((TEN, TWELVE), ("kr_nis",), 4, ("gur",)), (), []),  # an old figure, told again
        (Facts((TEN, Said(TROOPS, 10_100, 10_100, "kr_nis", False, 2)), ("kr_nis",), 4, ("gur",)), (), []),
        (Facts((TEN, Said(TROOPS, 10_000, 10_000, "ua_gur", False, 2)), ("kr_nis", "ua_gur"), 4, ("gur",)),
         (Said(TROOPS, 10_000, 10_000, "ua_gur", False, 2),), ["confirmation"]),
        (Facts((TEN, Said(TROOPS, 10_000, 10_000, "kremlin", True, 2)), ("kr_nis",), 4, ("gur",)), (), ["denial"]),
        (Facts((TEN,), ("kr_nis", "ua_gur"), 4, ("gur",)), (), ["origin"]),
        (Facts((TEN,), ("kr_nis",), 4, ("gur", "nis")), (), ["document"]),
        (Facts((TEN,), ("kr_nis",), 4, ("gur",), (5,)), (), ["retraction"]),
        (Facts((TEN,), ("kr_nis",), CROWDS[0], ("gur",)), (), ["outlets"]),
        (Facts((TEN,), ("kr_nis",), CROWDS[1], ("gur",)), (), ["outlets"]),
    ],
)  # fmt: skip
def test_what_is_material(now_known, news, kinds):
    assert [change.kind for change in changes(KNOWN, now_known, frozenset(news))] == kinds
    assert decided(story(told(KNOWN)), known=now_known, news=news).word == ("update" if kinds else "nothing")


def test_a_figure_that_its_own_article_changes_is_corrected():
    now_known = Facts((Said(TROOPS, 1_000, 1_000, "kr_nis", False, 1),), ("kr_nis",), 3, ("gur",))
    (change,) = changes(KNOWN, now_known, frozenset(now_known.figures))
    assert (change.kind, change.before) == ("correction", TEN)


said_of = st.builds(
    Said,
    st.sampled_from([TROOPS, ("shells", "sent", "KP", "RU")]),
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from(["", "kr_nis", "ua_gur"]),
    st.booleans(),
    st.integers(1, 9),
)
facts_of = st.builds(
    Facts,
    st.lists(said_of, max_size=5).map(tuple),
    st.lists(st.sampled_from(["kr_nis", "ua_gur", "kcna"]), unique=True).map(tuple),
    st.integers(0, 120),
    st.lists(st.sampled_from(["gur", "nis"]), unique=True).map(tuple),
    st.lists(st.integers(1, 5), unique=True).map(tuple),
)


@given(facts_of, facts_of)
def test_what_was_told_is_never_news(one, other):
    assert from_text(to_text(one)) == one
    assert changes(one, one, frozenset(one.figures)) == ()
    both = Facts(
        (*one.figures, *other.figures), (*one.origins, *other.origins), max(one.outlets, other.outlets),
        (*one.documents, *other.documents), (*one.retracted, *other.retracted),
    )  # fmt: skip
    assert changes(both, other, frozenset(other.figures)) == ()
