"""What is said of coverage, of outages and of a week: pure functions, from states made by hand to words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import digest, outages
from alerts.coverage import coverage, line, often, sentence, spell, trouble_of, words_for
from alerts.digest import digest_sections, schedule
from alerts.outages import Low, changes, low_coverage
from alerts.schedule import due_slot as due
from alerts.schedule import last_slot
from scheduler.heartbeat import Passes, standstill
from storage.health import Outage, Signs, SourceState, Span
from storage.model import Outcome

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KNOWN = frozenset({"en", "uk", "ru", "ko"})
SIX = timedelta(hours=6)
DEFAULTS = {"outlet_name": "The Paper", "kind": "feeds", "url": "https://a.example/rss"}


def ago(**span):
    return NOW - timedelta(**span)


def good(name="a", **rest):
    values = {
        "id": name.lower(), "name": name, "language": "en", "enabled": True, "outcome": "unchanged", "last_poll_at": ago(minutes=5),
        "last_good_at": ago(minutes=5), "next_poll_at": NOW + timedelta(minutes=10), "baseline_at": ago(days=30), **DEFAULTS,
    }  # fmt: skip
    return SourceState(**(values | rest))


def bad(name, outcome=Outcome.REFUSED, detail="HTTP 403", *, since=None, **rest):
    return good(name, outcome=str(outcome), detail=detail, since=since or ago(hours=7), failures=3, **rest)


def many(count):
    return [good(f"s{number}") for number in range(count)]


def said(states, usual=None, **rest):
    return sentence(coverage(states, KNOWN, NOW, usual or {}), NOW, **rest)


# The sentence


def test_what_is_wrong_is_named_worst_and_longest_first():
    states = [
        *many(81),
        bad("Kyodo", Outcome.STALE, since=ago(minutes=3), newest_at=ago(days=3)),
        bad("TASS (ru)", since=ago(hours=6)),
        bad("Ria", Outcome.DNS, since=ago(days=2)),
    ]
    assert said(states, {"kyodo": 40.2}) == (
        "81 of 84 sources current; Ria without an address for 2 days; TASS (ru) refused for 6 h; "
        "Kyodo silent for 3 days, usually 40 a day."
    )


def test_only_a_few_are_named_and_the_rest_is_counted():
    outcomes = [Outcome.DNS, Outcome.REFUSED, Outcome.GONE]
    troubled = [bad(f"B{number}", outcomes[number % 3], since=ago(hours=30 - number)) for number in range(9)]
    text = said([*many(5), *troubled])
    assert text.startswith("5 of 14 sources current; B0 without an address for 30 h; B1 refused ")
    assert text.endswith("B3 without an address for 27 h; and 5 more.")
    assert "B4" not in text


def test_many_alike_are_said_in_one():
    states = [
        *many(2),
        *(bad(f"B{number}", Outcome.DNS, since=ago(hours=number + 1)) for number in range(30)),
        bad("x"),
    ]
    assert said(states) == "2 of 33 sources current; 30 without an address for up to 30 h; x refused for 7 h."


def test_all_well():
    assert said(many(84)) == "All 84 sources current."
    assert said(many(1)) == "The only source is current."
    assert coverage(many(3), KNOWN, NOW, {}).well


def test_nothing_to_watch_is_not_well():
    found = coverage([good(enabled=False)], KNOWN, NOW, {})
    assert sentence(found, NOW) == "No sources are watched."
    assert not found.well


def test_lost_items_are_said_for_a_day_though_the_source_is_current():
    fresh = good("Yonhap", overflow_at=ago(hours=3))
    text = said([*many(3), fresh, good("old", overflow_at=ago(days=2))])
    assert text == "All 5 sources current; Yonhap lost items 3 h ago."
    assert not line(coverage([fresh], KNOWN, NOW, {}), NOW).well
    assert said([good("Yonhap", outcome="overflow", overflow_at=ago(minutes=3))]).startswith(
        "The only source is current; "
    )


def test_a_daemon_that_stood_still_is_seen():
    stopped = [replace(one, last_poll_at=ago(hours=5), next_poll_at=ago(hours=4, minutes=45)) for one in many(3)]
    assert said(stopped) == "0 of 3 sources current; 3 not polled for 5 h."
    assert said([replace(stopped[0], next_poll_at=ago(minutes=50))]) == "The only source is current."
    resting = replace(stopped[0], rest_until=NOW + timedelta(hours=1))
    assert coverage([resting], KNOWN, NOW, {}).late == (), "its host asked to be left alone, and that is what is said"
    assert said([replace(resting, rest_until=ago(hours=2))]) == "0 of 1 source current; 1 not polled for 5 h."


def test_a_source_whose_host_rests_for_long_is_in_trouble_though_its_last_poll_was_good():
    due = good("TASS", last_poll_at=ago(hours=4), next_poll_at=ago(hours=3, minutes=45), rest_reason="HTTP 429")
    kept = replace(due, rest_until=NOW + timedelta(hours=2))
    found = coverage([*many(3), kept], KNOWN, NOW, {})
    assert sentence(found, NOW) == "3 of 4 sources current; TASS kept waiting for 4 h, 2 h more."
    assert not found.well
    (trouble,) = found.troubles
    assert trouble.state.outcome == "refused", "told and advised of like a refusal"
    assert trouble.state.detail == "asked to wait until 2026-11-23 14:00 UTC (HTTP 429)"
    lasting = replace(kept, last_poll_at=ago(hours=9), next_poll_at=ago(hours=8))
    (told,) = changes([lasting], [], NOW, SIX).begun
    assert outages.trouble_subject([told], NOW) == "TASS kept waiting for 9 h"
    outage = Outage(1, "tass", told.state.outcome, told.state.detail, outages.began(told), NOW)
    assert not changes([lasting], [outage], NOW + timedelta(hours=1), SIX), "once"
    _, (section,) = outages.trouble_words([told], 4, NOW, "UTC")
    assert (section.title, "asked to wait until 2026-11-23 14:00 UTC" in section.rows[0].text) == ("Refused", True)
    assert outages.back_words([outage], [], NOW)[1][0].rows[0].text == "after 9 h (refused)"


def test_a_rest_is_no_trouble_before_a_source_is_overdue_nor_does_it_hide_another():
    rest = {"rest_until": NOW + timedelta(hours=2), "last_poll_at": ago(hours=3)}
    assert trouble_of(good(next_poll_at=ago(minutes=59), **rest), NOW) is None
    assert trouble_of(good(next_poll_at=NOW + timedelta(days=1), **rest), NOW) is None
    assert trouble_of(good(next_poll_at=ago(hours=2), **rest | {"rest_until": ago(minutes=1)}), NOW) is None
    overdue = rest | {"next_poll_at": ago(hours=2)}
    silent = bad("x", Outcome.STALE, **overdue)
    assert trouble_of(silent, NOW).words == "kept waiting", "what it was when it could be read is old news"
    assert trouble_of(bad("x", Outcome.DNS, **overdue), NOW).words == "without an address"
    assert trouble_of(good(retired_at=ago(days=9), **overdue), NOW).words == "gone for good"
    several = [good(f"s{number}", **overdue) for number in range(9)]
    assert said(several) == "0 of 9 sources current; 9 kept waiting for up to 3 h."


def test_a_search_that_finds_nothing_is_not_silent():
    assert said([bad("gdelt", Outcome.STALE, newest_at=ago(days=9), kind="search")]) == "The only source is current."
    assert not said([bad("gdelt", Outcome.REFUSED, kind="search")]).startswith("The only source is current")


def test_what_was_never_read_and_what_is_not_understood():
    states = [
        *many(2),
        good("new", outcome="", last_poll_at=None),
        good("fr", language="fr"),
        good("pl", language="pl-PL"),
        good("any", language=""),
        good("regional", language="en-GB"),
        bad("fr2", language="fr"),
    ]
    assert said(states) == (
        "4 of 8 sources current; fr2 refused for 7 h; 1 not read yet; 2 fetched, not understood (fr, pl-PL)."
    )
    assert coverage(states, KNOWN, NOW, {}).share == 75.0
    assert coverage(states[:2] + states[3:5], KNOWN, NOW, {}).well


def test_what_is_gone_for_good_and_what_stands_in_the_way_has_a_name():
    assert (
        said([good(), bad("x", Outcome.GONE, "HTTP 410", retired_at=ago(days=9))])
        == "1 of 2 sources current; x gone for good."
    )
    assert words_for("refused", "HTTP 403, DDoS-Guard") == "refused by DDoS-Guard"
    assert words_for("refused", "a consent page instead (a page)") == "refused by a consent page"
    assert words_for("refused", "HTTP 403") == words_for("refused", "robots, odd") == "refused"


def test_disabled_sources_do_not_count():
    assert said([*many(2), bad("off", enabled=False)]) == "All 2 sources current."


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_words_unless_it_is_sound(outcome):
    state = bad("x", outcome)
    trouble = trouble_of(state, NOW)
    if outcome.sound or outcome == Outcome.OVERFLOW:
        assert trouble is None
    else:
        assert trouble.words
        assert trouble.words != str(outcome) or outcome in {"refused", "empty"}
        assert outcome in outages._ADVICE or outcome == Outcome.NOT_A_PAGE
        assert said([state, good()]).startswith("1 of 2 sources current; x ")


def test_spans_and_rates():
    spans = {
        5: "1 min",
        7000: "116 min",
        7200: "2 h",
        170_000: "47 h",
        172_800: "2 days",
        86_400 * 15: "2 weeks",
        86_400 * 800: "2 years",
    }
    assert {seconds: spell(timedelta(seconds=seconds)) for seconds in spans} == spans
    assert spell(timedelta(days=-1)) == "1 min"  # a clock that went back
    assert [often(rate) for rate in (40.2, 1.6, 1, 0.4, 0.1, 0.01)] == [
        "40 a day", "2 a day", "7 a week", "3 a week", "3 a month", "less than 2 a month",
    ]  # fmt: skip


STATES = st.lists(
    st.builds(
        SourceState,
        id=st.uuids().map(str), name=st.text(max_size=90), outlet_name=st.just("o"), language=st.sampled_from(["", "en", "fr", "?"]),
        kind=st.just("feeds"), url=st.just(""), enabled=st.booleans(), outcome=st.sampled_from(["", *map(str, Outcome)]), detail=st.text(max_size=20),
        **{
            name: st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
            for name in ("since", "next_poll_at", "last_poll_at", "newest_at", "retired_at", "overflow_at", "rest_until")
        },
    ),
    max_size=12,
)  # fmt: skip


@given(STATES)
def test_every_source_is_counted_once_and_said_on_one_line(states):
    found = coverage(states, KNOWN, NOW, {})
    assert found.current >= 0
    assert found.total == sum(state.enabled for state in states)
    text = sentence(found, NOW)
    assert "\n" not in text
    assert text.endswith(".")
    assert 0 <= found.share <= 100
    assert found.well <= (len(found.troubles) == 0)


# Outages


def outage(source="b", number=1, **rest):
    values = {
        "id": number,
        "source": source,
        "outcome": "refused",
        "detail": "",
        "began_at": ago(hours=20),
        "told_at": ago(hours=13),
    }
    return Outage(**(values | rest))


def test_told_when_it_has_lasted():
    assert not changes([good(), bad("b", since=ago(hours=5))], [], NOW, SIX)
    (told,) = changes([good(), bad("b", since=ago(hours=6))], [], NOW, SIX).begun
    assert told.state.id == "b"
    assert not changes([bad("b")], [outage()], NOW, SIX), "it is told already"


def test_silence_and_what_is_gone_for_good_are_told_at_once():
    states = [
        *many(2),
        bad("quiet", Outcome.STALE, since=ago(minutes=1)),
        bad("gone", Outcome.GONE, since=ago(minutes=1), retired_at=ago(minutes=1)),
        bad("new", since=ago(minutes=1)),
    ]
    assert {one.state.id for one in changes(states, [], NOW, SIX).begun} == {"quiet", "gone"}
    unread = good("unread", outcome="")
    assert not changes([*states, unread], [], NOW, SIX), "more of them may be found while the others are read"
    waited = [replace(one, since=ago(minutes=11)) if one.since else one for one in states]
    assert len(changes([*waited, unread], [], NOW, SIX).begun) == 2


def test_a_cut_line_is_one_mail_though_each_source_felt_it_at_its_own_time():
    states = [
        bad(f"s{number}", Outcome.CONNECT, since=ago(hours=6) + timedelta(minutes=number)) for number in range(60)
    ]
    begun = changes(states, [], NOW, SIX).begun
    assert len(begun) == 60
    paragraphs, sections = outages.trouble_words(begun, 60, NOW, "UTC")
    assert "this machine" in paragraphs[-1]
    assert (len(sections[0].rows), sections[0].more) == (outages.SHOWN, 30)
    assert sections[0].note.endswith("60 of 60 times: “HTTP 403”.")
    assert sections[0].rows[0].text == "for 6 h"
    later = [*states, bad("late", Outcome.CONNECT, since=ago(hours=6))]
    told = [outage(one.state.id, number, told_at=ago(minutes=20)) for number, one in enumerate(begun)]
    assert not changes(later, told, NOW, SIX).begun, "one mail an hour"
    told = [replace(one, told_at=ago(minutes=61)) for one in told]
    assert [one.state.id for one in changes(later, told, NOW, SIX).begun] == ["late"]


def test_those_told_of_together_are_told_back_together():
    known = [outage("a", 1), outage("b", 2), outage("c", 3, told_at=ago(hours=2))]
    some = changes([good("a"), bad("b"), bad("c")], known, NOW, SIX)
    assert [one.id for one in some.ended] == [1]
    assert not some.back
    known[0] = replace(known[0], ended_at=ago(minutes=30))
    both = changes([good("a"), good("b"), bad("c")], known, NOW, SIX)
    assert [one.id for one in both.back] == [1, 2]
    assert [one.id for one in both.ended] == [2]
    known[0] = replace(known[0], ended_at=ago(hours=6))
    assert [one.id for one in changes([good("a"), bad("b"), bad("c")], known, NOW, SIX).back] == [1], "b may never come"
    gone = [good("a"), bad("b", enabled=False), bad("c")]
    assert [one.id for one in changes(gone, [replace(known[0], ended_at=NOW), *known[1:]], NOW, SIX).back] == [1]


def test_back_for_a_moment_is_not_back():
    known = [outage("a", 1, ended_at=ago(minutes=30)), outage("b", 2)]
    came = changes([bad("a", since=ago(minutes=5)), bad("b")], known, NOW, SIX)
    assert [one.id for one in came.again] == [1]
    assert not came.begun
    assert not came.back


def test_one_that_comes_and_goes_is_told_once_a_day():
    over = outage("a", 1, told_at=ago(hours=23), ended_at=ago(hours=20), end_told_at=ago(hours=20))
    again = bad("a", since=ago(hours=19))
    assert not changes([again], [over], NOW, SIX)
    assert changes([again], [replace(over, told_at=ago(hours=24))], NOW, SIX).begun


def test_lost_items_are_no_outage():
    lost = good("a", outcome="overflow", overflow_at=NOW)
    assert not changes([lost], [], NOW, timedelta())
    assert [one.id for one in changes([lost], [outage("a")], NOW, SIX).back] == [1]


def test_the_words_name_source_since_answer_and_what_to_do():
    begun = changes([bad("TASS (ru)", detail="HTTP 403, DDoS-Guard", since=ago(hours=7))], [], NOW, SIX).begun
    assert outages.trouble_subject(begun, NOW) == "TASS (ru) refused by DDoS-Guard for 7 h"
    paragraphs, (section,) = outages.trouble_words(begun, 5, NOW, "Europe/Kyiv")
    assert len(paragraphs) == 1
    assert (
        section.rows[0].text
        == "tass (ru) · since Mon 23 Nov 2026, 07:00 EET (7 h) · HTTP 403, DDoS-Guard · asked again in 10 min"
    )
    assert "browser" in section.note
    ended = outage("tass (ru)", began_at=ago(hours=9))
    state = good("TASS (ru)", overflow_at=ago(minutes=2))
    assert outages.back_subject([ended], [state]) == "TASS (ru) is read again"
    (back,) = outages.back_words([ended], [state], NOW)[1]
    assert back.rows[0].text == "after 9 h (refused); items were lost"


# Low coverage


def low(states, before=None, started=None, least=80):
    return low_coverage(coverage(states, KNOWN, NOW, {}), before, started or ago(days=9), NOW, least)


def test_low_coverage_is_told_once_after_half_an_hour():
    states = [*many(7), *(bad(f"b{number}") for number in range(3))]
    kept, tell = low(states)
    assert (kept, tell) == (Low(NOW, NOW), False)
    kept, tell = low(states, Low(ago(minutes=30), ago(minutes=1)))
    assert (kept, tell) == (Low(ago(minutes=30), NOW, told=True), True)
    assert low(states, Low(ago(hours=30), ago(minutes=1), told=True)) == (Low(ago(hours=30), NOW, told=True), False)
    assert low([*many(8), *states[7:9]], kept) == (None, False), "80 % is enough"
    assert low(states, Low(ago(hours=5), ago(hours=4))) == (Low(NOW, NOW), False), "a pause proves nothing"
    told = Low(ago(hours=5), ago(hours=4), told=True)
    assert low(states, told) == (replace(told, seen=NOW), False), "nor is it told anew after one"


def test_low_coverage_of_few_sources_or_of_the_first_hour_is_not_told():
    before = Low(ago(minutes=40), ago(minutes=1))
    assert low([good(), *(bad(f"b{number}") for number in range(3))], before) == (None, False)
    starting = [good(), *(good(f"n{number}", outcome="") for number in range(9))]
    assert low(starting, before, started=ago(minutes=50)) == (None, False)
    assert low(starting, before, started=ago(minutes=61))[1] is True
    foreign = [good(), *(good(f"f{number}", language="fr") for number in range(9))]
    assert low(foreign, before) == (None, False), "not understood is no fault of today"


# The digest


@pytest.mark.parametrize("text", ["mon", "mon 25:00", "someday 07:00", "07:00", "mon 7", "mon 07:00:00", "mon\n"])
def test_what_is_no_hour_of_a_week(text):
    with pytest.raises(ValueError, match="mon 07:00"):
        schedule(text, "UTC")


def test_a_digest_is_due_once_a_week_and_once_only_after_a_pause():
    when = schedule("Mon 07:00", "Europe/Kyiv")
    slot = datetime(2026, 11, 23, 5, tzinfo=UTC)  # seven in Kyiv
    assert last_slot(when, NOW) == slot
    assert due(when, slot - timedelta(days=7), NOW) == slot
    assert due(when, slot, NOW) is None
    assert due(when, slot - timedelta(days=60), slot) == slot
    assert due(when, slot - timedelta(days=7), slot - timedelta(seconds=1)) is None
    assert due(when, None, NOW) is None
    assert due(when, NOW + timedelta(days=9), NOW) is None, "the clock was ahead"
    assert schedule("", "UTC") is None
    assert due(None, slot, NOW) is None


@pytest.mark.parametrize(
    "zone", ["Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Asia/Pyongyang", "Pacific/Apia"]
)
@pytest.mark.parametrize("hour", ["00:00", "01:30", "02:30", "03:00", "23:59"])
def test_a_change_of_clocks_neither_drops_nor_doubles_a_digest(zone, hour):
    when = schedule(f"sun {hour}", zone)
    now, last, slots = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), []
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        slot = due(when, last, now)
        if slot is not None:
            slots.append(slot)
            last = slot
        now += timedelta(minutes=17)
    assert len(slots) == 52
    days = {one.astimezone(ZoneInfo(zone)).date() for one in slots}
    assert len(days) == 52
    assert {day.weekday() for day in days} == {6}


def week(**rest):
    values = {
        "polls": 2000, "polls_failed": 31, "articles": {"en": 900, "ko": 333, "": 7}, "alerts": {"uk": 4}, "fresh": {"a": 9}, "lost": {"b": 2},
        "pages_failed": {"a": 1}, "mails_dead": 1, "database_bytes": 312_400_000,
    }  # fmt: skip
    return Span(**(values | rest))


def test_the_digest_says_what_the_week_was_like():
    states = [
        good("a"),
        good("b", baseline_at=ago(days=90), last_new_at=ago(days=12)),
        bad("TASS"),
        good("moving", moved_to="https://new.example/", baseline_at=NOW),
        good("fr", language="fr", baseline_at=NOW),
        replace(good("late"), last_poll_at=ago(days=1), next_poll_at=ago(days=1)),
    ]
    found = coverage(states, KNOWN, NOW, {})
    sections = digest_sections(states, found, week(), NOW, {"b": 0.1})
    text = {one.title: [f"{row.label}: {row.text}" for row in one.rows] for one in sections}
    assert text == {
        "": [
            "Articles: 1,240 (English 900, Korean 333, unknown 7)", "Articles alerted of: 4 (Ukrainian 4)", "Polls: 2,000, 1.6 % of them failed",
            "Fetched, not understood: fr", "Mails that could not be delivered: 1; khasan outbox list --state dead --state expired", "Database: 312 MB",
        ],
        "In trouble": ["TASS: refused for 7 h · HTTP 403"],
        "Not polled": ["late: last 24 h ago"],
        "Lost items": ["b: 2 times"],
        "Moved": ["moving: https://new.example/"],
        "Quiet, as they often are": ["b: nothing new for 12 days, usually 3 a month", "late: nothing new for 4 weeks"],
        "Pages that could not be had": ["a: 1 article"],
    }  # fmt: skip
    assert [
        one.title for one in digest_sections([], coverage([], KNOWN, NOW, {}), week(lost={}, pages_failed={}), NOW, {})
    ] == [""]


def test_sizes():
    assert [digest.size(count) for count in (0, 999, 4096, 12_345_678, 3 * 10**9)] == [
        "0 B",
        "999 B",
        "4.1 kB",
        "12 MB",
        "3.0 GB",
    ]


# The heartbeat


ALIVE = Signs(
    polled_at=ago(minutes=1),
    poll_due_at=NOW + timedelta(minutes=1),
    review_due_at=None,
    mail_due_at=None,
    mail_attempts=0,
)
PASSES = Passes(review=ago(minutes=1), deliver=ago(minutes=1))
SINCE = NOW - timedelta(minutes=15)


@pytest.mark.parametrize(("signs", "passes", "fault"), [
    ({}, {}, ""),
    ({"polled_at": ago(hours=1)}, {}, ""),  # none was due
    ({"polled_at": ago(hours=1), "poll_due_at": ago(minutes=1)}, {}, "no poll was stored"),
    ({"polled_at": None, "poll_due_at": None}, {}, ""),  # no sources
    ({"poll_due_at": ago(minutes=61)}, {}, "a source is overdue"),
    ({}, {"review": None}, "no pass of the review"),
    ({}, {"review": ago(minutes=16)}, "no pass of the review"),
    ({"review_due_at": ago(minutes=29)}, {}, ""),
    ({"review_due_at": ago(minutes=31)}, {}, "a text waits"),
    ({}, {"deliver": None}, "no pass of the outbox"),
    ({"mail_due_at": ago(minutes=59)}, {}, ""),
    ({"mail_due_at": ago(minutes=61)}, {}, "a mail is overdue"),
    ({"mail_attempts": 6}, {}, ""),
    ({"mail_attempts": 7}, {}, "a mail cannot be delivered"),
])  # fmt: skip
def test_each_stage_must_have_moved(signs, passes, fault):
    found = standstill(replace(ALIVE, **signs), replace(PASSES, **passes), SINCE, NOW)
    assert [one.startswith(fault) for one in found] == ([True] if fault else [])


# Whatever happens


def remember(known, came, now):
    """What the archive would keep of a look."""
    by_id = {one.id: one for one in known}
    for one in came.ended:
        by_id[one.id] = replace(by_id[one.id], ended_at=now)
    for one in came.again:
        by_id[one.id] = replace(by_id[one.id], ended_at=None)
    for one in came.back:
        by_id[one.id] = replace(by_id[one.id], end_told_at=now)
    for number, one in enumerate(came.begun, len(by_id)):
        by_id[number] = Outage(number, one.state.id, one.state.outcome, "", outages.began(one), now)
    return list(by_id.values())


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(st.sampled_from(["unchanged", "refused", "stale", "overflow"]), min_size=30, max_size=90),
        min_size=1,
        max_size=4,
    )
)
def test_however_sources_come_and_go_each_is_told_once_a_day_and_back_once(weather):
    """Each source has its own weather, an hour at a time; a look every half hour."""
    known, since, begun, back = [], {}, [], []
    for step in range(2 * max(map(len, weather))):
        now, states = NOW + step * timedelta(minutes=30), []
        for number, hours in enumerate(weather):
            outcome = hours[min(step // 2, len(hours) - 1)]
            trouble = outcome in {"refused", "stale"}
            since[number] = (since.get(number) or now) if trouble else None
            states.append(good(f"s{number}", outcome=outcome, since=since[number]))
        recent = [one for one in known if one.end_told_at is None or now - one.told_at < timedelta(days=1)]
        came = changes(states, recent, now, SIX)
        assert not came.begun or all(now - one.told_at >= timedelta(hours=1) for one in known)
        for one in came.begun:
            lasted = now - one.state.since
            assert lasted >= SIX / 2 or one.state.outcome == "stale"
            begun.append((one.state.id, now))
        back += [one.id for one in came.back]
        known = remember(known, came, now)
        assert not changes(states, known, now, SIX).begun, "a second look tells nothing more"
        for state in states:  # what has lasted is told, unless it was within a day
            told = [at for source, at in begun if source == state.id]
            lasting = state.since is not None and now - state.since >= SIX + timedelta(hours=1)
            assert (
                not lasting
                or (told and now - told[-1] <= timedelta(days=1))
                or any(one.source == state.id and one.end_told_at is None for one in known)
            )
    assert len(back) == len(set(back))
    for number in range(len(weather)):
        times = [at for source, at in begun if source == f"s{number}"]
        assert all(later - at >= timedelta(days=1) for at, later in pairwise(times))
