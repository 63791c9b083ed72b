"""The ledger: what is one claim, what an article's review replaces, what is new, what an analyst's word does."""

import signal
import sqlite3
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Migrations

from storage import archive as archive_module
from storage.archive import open_archive
from storage.claim_content import content_of, fold
from storage.claim_decisions import ClaimValueError, NoClaimError, decide_claim, judge
from storage.claim_figures import figure_is_new, last_figures, weigh_claims
from storage.claim_model import ClaimFilter, Status, Verdict, figure_from
from storage.claim_reads import (
    all_decisions,
    claim_of,
    claims_of_articles,
    claims_where,
    count_claims,
    decisions_of,
    sightings_of,
)
from storage.model import ArticleText, Outcome, PageResult, Review
from storage.pages import store_page
from storage.reviews import store_review, store_reviewed
from storage.schema import migrations
from tests.claim_shelf import DAY, article, claims, figure, reading, shelve, sightings, store, whole
from tests.shelf import NOW, check, row, rows

ROOT = Path(__file__).parents[1]
SEOUL = "The ministry said that 11,000 soldiers had left."
KYIV = "Kyiv speaks of 12,000 soldiers."
HERS = {"who": "ann", "why": "misread", "at": NOW}


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        shelve(archive)
        yield archive
        whole(archive)


def decide(archive, claim, verdict, **changes):
    return archive.write(decide_claim, claim, Verdict(verdict), changes=changes or None, **HERS)


def test_an_archive_without_a_ledger_gets_one(tmp_path, monkeypatch):
    former = Migrations("khasan")
    former._migrations = [one for one in migrations._migrations if one.name < "m010"]
    path = tmp_path / "old.db"
    with monkeypatch.context() as patched:
        patched.setattr(archive_module, "migrations", former)
        with open_archive(path) as old:
            shelve(old)
            number = article(old, "a")
    with open_archive(path) as archive:
        assert (tmp_path / "old.db.before-m010_claims").exists()
        store(archive, number, reading(SEOUL))
        assert list(claims(archive)) == [1]
        check(archive)


# --- what is one claim


def test_one_figure_of_one_origin_within_a_fortnight_is_one_claim(archive):
    for slug, day in (("a", 0), ("b", 14), ("c", 28)):
        store(archive, article(archive, slug, day), reading(SEOUL))
    assert claims(archive) == {1: (11_000, 11_000, "kr_mnd", "read", {1, 2, 3})}


def test_later_than_a_fortnight_it_is_another(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    store(archive, article(archive, "b", 14.001), reading(SEOUL))
    assert [one[4] for one in claims(archive).values()] == [{1}, {2}]


@pytest.mark.parametrize(
    "other",
    [
        {"low": 11_001}, {"high": 12_000}, {"unit": "workers"}, {"event": "losses"}, {"actor": None}, {"recipient": None}, {"origin": None},
        {"origin": "ua_gur"}, {"modality": "denied"},
    ],
    ids=str,
)  # fmt: skip
def test_another_figure_or_origin_is_another_claim(archive, other):
    store(archive, article(archive, "a"), reading(SEOUL))
    store(archive, article(archive, "b"), reading(SEOUL, replace(figure(), **other), word="11,000"))
    assert len(claims(archive)) == 2


@pytest.mark.parametrize(
    "other",
    [{"modality": "expected"}, {"approx": "about"}, {"recap": True}, {"increment": True}, {"relays": ("yonhap",)}],
    ids=str,
)
def test_how_it_was_said_makes_no_other_claim(archive, other):
    first, second = article(archive, "a", 1), article(archive, "b", 0)
    store(archive, first, reading(SEOUL))
    store(archive, second, reading(SEOUL, replace(figure(), **other)))
    stored = archive.read(claim_of, 1)
    assert stored.articles == 2
    assert stored.figure == replace(figure(), **other | ({"recap": False} if "recap" in other else {}))
    assert (stored.article, stored.first_at, stored.last_at) == (second, NOW, NOW + DAY)


def test_what_comes_late_joins_two_claims_under_the_older_number(archive):
    store(archive, article(archive, "a", 20), reading(SEOUL))
    store(archive, article(archive, "b", 0), reading(SEOUL))
    assert len(claims(archive)) == 2
    store(archive, article(archive, "c", 10), reading(SEOUL))
    assert claims(archive) == {1: (11_000, 11_000, "kr_mnd", "read", {1, 2, 3})}


def test_what_held_two_together_leaves_and_the_earlier_keeps_the_number(archive):
    for slug, day in (("a", 20), ("b", 0), ("c", 10)):
        store(archive, article(archive, slug, day), reading(SEOUL))
    store(archive, 3)
    assert {number: one[4] for number, one in claims(archive).items()} == {1: {2}, 3: {1}}


def test_a_claim_may_fall_into_many(archive):
    other = "Some 11,000 are there."
    for number, day in enumerate((0, 14, 28, 42, 56, 200)):
        store(archive, article(archive, f"{number}", day), reading(other if number % 2 else SEOUL))
    assert [one[4] for one in claims(archive).values()] == [{1, 2, 3, 4, 5}, {6}]
    decide(archive, 2, "reject")
    found = {number: (one[3], one[4]) for number, one in claims(archive).items()}
    assert found[1] == ("read", {1})
    assert sorted(map(str, found.values())) == sorted(
        map(str, [("read", {1}), ("read", {3}), ("read", {5}), ("rejected", {2}), ("rejected", {4}), ("rejected", {6})])
    )


def test_numbers_are_never_given_twice(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL))
    store(archive, number)
    assert claims(archive) == {}
    store(archive, number, reading(SEOUL))
    assert list(claims(archive)) == [2]
    assert [one.id for one in sightings(archive)] == [2]


def test_an_article_counts_once(archive):
    store(archive, article(archive, "a"), reading(SEOUL), reading("So 11,000 it is.", at=100))
    assert (archive.read(claim_of, 1).articles, len(archive.read(sightings_of, 1))) == (1, 2)


def test_an_article_of_the_future_or_of_no_time_counts_when_it_was_seen(archive):
    one, other = article(archive, "a", 3, seen=NOW), article(archive, "b", -40_000, seen=NOW)
    store(archive, one, reading(SEOUL))
    store(archive, other, reading(SEOUL))
    assert claims(archive)[1][4] == {one, other}
    assert archive.read(claim_of, 1).last_at == NOW


# --- an article's claims are replaced


def test_the_same_reading_changes_nothing(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL), reading(KYIV, figure(12_000, origin="ua_gur")))
    before = rows(archive, "SELECT * FROM claim"), rows(archive, "SELECT * FROM claim_sighting")
    changes = store(
        archive, number, reading(SEOUL), reading(KYIV, figure(12_000, origin="ua_gur")), at=NOW + timedelta(days=900)
    )
    assert (changes.added, changes.removed, changes.changed, changes.kept) == ((), (), (), 2)
    assert (rows(archive, "SELECT * FROM claim"), rows(archive, "SELECT * FROM claim_sighting")) == before


def test_a_page_in_place_of_the_feed_moves_places_and_keeps_numbers(archive):
    number = article(archive, "a", feed="full")
    store(archive, number, reading(SEOUL))
    archive.write(
        store_page, PageResult(number, "u", NOW, Outcome.NEW, ArticleText("Title of a", "Long. " + SEOUL + " " + KYIV))
    )
    changes = store(archive, number, reading(SEOUL, at=6), reading(KYIV, figure(12_000), at=60))
    assert (len(changes.added), changes.kept) == (1, 1)
    first, second = sightings(archive)
    assert (first.id, first.claim, first.version, first.place.sentence_start) == (
        1,
        1,
        row(archive, number)["version_id"],
        6,
    )
    assert (second.claim, changes.added[0].claim) == (2, 2)


def test_a_figure_read_otherwise_is_a_change(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL))
    changes = store(archive, number, reading(SEOUL, figure(11_000, 12_000, approx="range")))
    (change,) = changes.changed
    assert (change.before, change.after, change.claim) == (
        figure(),
        figure(11_000, 12_000, approx="range"),
        1,
    )
    assert (change.sentence, changes.added, changes.removed) == (SEOUL, (), ())
    assert list(claims(archive)) == [1]


def test_changes_add_up(archive):
    number = article(archive, "a")
    first = store(archive, number, reading(SEOUL))
    both = first + store(archive, number, reading(KYIV, figure(12_000)))
    assert [len(both.added), len(both.removed), len(both.changed), both.kept] == [2, 1, 0, 0]
    assert (both.removed[0].before, both.removed[0].claim) == (figure(), 1)


def test_relays_and_day_are_kept_in_order(archive):
    said = figure(relays=("yonhap", "nyt"), said_on=date(2025, 2, 7), increment=True, recap=True)
    number = article(archive, "a")
    store(archive, number, reading(SEOUL, said))
    assert sightings(archive)[0].figure == said
    assert archive.read(claim_of, 1).figure == said
    assert figure_from(said.plain()) == said
    changes = store(archive, number, reading(SEOUL, replace(said, relays=("nyt",))))
    assert len(changes.changed) == 1
    assert sightings(archive)[0].figure.relays == ("nyt",)


# --- reviews


def review(number, version, *readings, **rest):
    return Review(number, version, NOW, "3", "t", "en", True, ("dprk",), "r", claims=readings, **rest)


def test_a_review_stores_claims_and_a_failed_one_none(archive):
    number = article(archive, "a")
    queued, changes = archive.write(store_reviewed, review(number, 1, reading(SEOUL)), [])
    assert (queued, len(changes.added)) == (0, 1)
    for failed in (replace(review(number, 1), claims=None), review(number, 99), review(99, 1)):
        assert archive.write(store_reviewed, failed, [])[1].removed == ()
    assert len(claims(archive)) == 1
    assert sightings(archive)[0].language == "en"
    archive.write(store_review, review(number, 1), [])
    assert claims(archive) == {}


def test_claims_read_in_the_feeds_text_stand_in_that(archive):
    number = article(archive, "a", feed="full")
    archive.write(store_page, PageResult(number, "u", NOW, Outcome.NEW, ArticleText("Log in", "Log in")))
    archive.write(store_reviewed, review(number, 2, reading(SEOUL), claims_version=1), [])
    assert sightings(archive)[0].version == 1


KILLED = """
import sys
from pathlib import Path
from storage.archive import open_archive
from storage.reviews import store_reviewed
from tests.claim_shelf import figure, reading
from tests.test_claims_store import KYIV, review
with open_archive(Path(sys.argv[1])) as archive:
    archive.write(store_reviewed, review(1, 1, reading(KYIV, figure(12_000))), [])
"""


def test_killed_while_a_review_is_stored_nothing_is_lost_or_half_done(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    before = sightings(archive)
    command = [sys.executable, "-c", KILLED, str(archive.path)]
    killed = subprocess.run(command, cwd=ROOT, env={"KHASAN_KILL_AT": "review.2"}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert sightings(archive) == before
    subprocess.run(command, cwd=ROOT, check=True)
    assert [one[0] for one in claims(archive).values()] == [12_000]


# --- articles that turn out to be one


def merge(archive, elder, younger):
    from storage.pages import _merge

    archive.write(_merge, elder=elder, younger=younger)
    check(archive)


def test_claims_go_with_an_article_into_another_and_are_not_doubled(archive):
    elder, younger = article(archive, "a"), article(archive, "b", 30)
    store(archive, elder, reading(SEOUL), at=NOW + DAY)
    store(archive, younger, reading(SEOUL.upper()), reading(KYIV, figure(12_000), at=60), at=NOW)
    merge(archive, elder, younger)
    assert [(one[0], one[4]) for one in claims(archive).values()] == [(11_000, {elder}), (12_000, {elder})]
    assert {one.at for one in sightings(archive)} == {NOW.isoformat(timespec="milliseconds")}
    assert sightings(archive)[0].first_seen_at == NOW.isoformat(timespec="milliseconds"), "the ledger had it by then"
    changes = store(archive, elder, reading(SEOUL), reading(KYIV, figure(12_000), at=60))
    assert changes.kept == 2


# --- new figures


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ({}, False), ({"low": 11_220, "high": 11_220}, False), ({"low": 11_221, "high": 11_221}, True), ({"low": 10_780, "high": 10_780}, False),
        ({"low": 10_779, "high": 10_779}, True), ({"high": 12_000}, True), ({"origin": "ua_gur"}, True), ({"origin": None}, True),
        ({"unit": "workers"}, True), ({"recipient": None}, True), ({"modality": "denied"}, True), ({"modality": "possible"}, False), ({"recap": True}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_figure_is_new_if_its_like_is_not_known_of_its_origin(archive, known, new):
    store(archive, article(archive, "a"), reading(SEOUL, replace(figure(), **known), word="11,000"))
    other = article(archive, "b", 400)
    assert archive.read(figure_is_new, figure(), other) is new
    assert archive.read(figure_is_new, figure()) is new


@pytest.mark.parametrize("change", [{"modality": "possible"}, {"modality": "denied"}, {"recap": True}], ids=str)
def test_what_is_not_firm_or_old_is_no_news(archive, change):
    assert archive.read(figure_is_new, figure()) is True
    assert archive.read(figure_is_new, replace(figure(), modality="expected")) is True
    assert archive.read(figure_is_new, replace(figure(), **change)) is False


def test_small_figures_are_compared_exactly(archive):
    store(archive, article(archive, "a"), reading("Two 2", figure(2)))
    assert archive.read(figure_is_new, figure(3)) is True
    assert archive.read(figure_is_new, figure(2)) is False


def weigh(archive, number, *readings):
    return [one.new for one in archive.read(weigh_claims, number, readings)]


def test_of_two_articles_the_first_that_was_stored_is_news_and_remains_so(archive):
    one, other = article(archive, "a", 1), article(archive, "b", 0)
    assert weigh(archive, one, reading(SEOUL)) == [True]
    store(archive, one, reading(SEOUL), at=NOW + DAY)
    assert weigh(archive, other, reading(KYIV, figure(11_100), word="12,000")) == [False]
    store(archive, other, reading(KYIV, figure(11_100), word="12,000"), at=NOW + DAY)
    for _ in range(2):
        assert weigh(archive, one, reading(SEOUL)) == [True]
        assert weigh(archive, one, reading("Of 11,000 men, in other words.", at=40)) == [True]
        assert weigh(archive, other, reading(SEOUL)) == [False]
        store(archive, one, reading("Of 11,000 men, in other words.", at=40), at=NOW + 3 * DAY)
        store(archive, other, reading(SEOUL), at=NOW + 2 * DAY)
    seen = archive.read(claims_of_articles, [one, other])
    assert [[one.new for one in seen[number]] for number in (one, other)] == [[True], [False]]


def test_a_figure_that_an_article_gives_later_is_not_new_because_the_article_is_old(archive):
    old, new = article(archive, "a"), article(archive, "b", 1)
    store(archive, old, reading(KYIV, figure(12_000)), at=NOW)
    store(archive, new, reading(SEOUL), at=NOW + DAY)
    assert weigh(archive, old, reading(SEOUL)) == [False]
    store(archive, old, reading(SEOUL), at=NOW + 2 * DAY)
    assert weigh(archive, old, reading(SEOUL)) == [False]
    assert weigh(archive, new, reading(SEOUL)) == [True]


def test_reading_the_past_again_newest_first_leaves_the_oldest_the_news(archive):
    numbers = [article(archive, slug, day) for slug, day in (("a", 0), ("b", 1), ("c", 2))]
    for number in reversed(numbers):
        store(archive, number, reading(SEOUL), at=NOW + 100 * DAY, again=True)
    assert [weigh(archive, number, reading(SEOUL)) for number in numbers] == [[True], [False], [False]]


def test_what_was_rejected_is_not_known(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    decide(archive, 1, "reject")
    other = article(archive, "b", 1)
    assert weigh(archive, other, reading(KYIV, figure(11_000), word="12,000")) == [True]
    assert weigh(archive, other, reading(SEOUL)) == [], "nor is it a claim where the sentence is copied"


def test_the_last_figures_of_a_kind(archive):
    for number, (day, low, rest) in enumerate((
        (0, 10_000, {"origin": "us_dod"}),
        (5, 12_000, {"origin": "ua_genstaff"}),
        (6, 12_000, {"origin": "ua_genstaff", "recap": True}),
        (30, 9_000, {"recap": True}),
        (31, 8_000, {"modality": "denied"}),
        (32, 7_000, {"unit": "workers"}),
        (33, 11_000, {}),
        (34, 6_000, {}),
    )):  # fmt: skip
        store(archive, article(archive, f"{number}", day), reading(f"{low:,} of them", figure(low, **rest)))
    decide(archive, next(n for n, one in claims(archive).items() if one[0] == 6_000), "reject")
    flow = figure().flow
    before = NOW + 40 * DAY

    def last(**options):
        found = archive.read(last_figures, [flow], before, **options)[flow]
        return [(one.figure.low, one.figure.origin, (one.at - NOW).days) for one in found]

    assert last() == [(11_000, "kr_mnd", 33), (12_000, "ua_genstaff", 5), (10_000, "us_dod", 0)]
    assert last(limit=4)[-1] == (9_000, "kr_mnd", 30)
    assert last(article=7) == [(12_000, "ua_genstaff", 5), (10_000, "us_dod", 0), (9_000, "kr_mnd", 30)]
    found = archive.read(last_figures, [flow], NOW + DAY)[flow]
    assert [(one.figure.low, one.outlet, one.status) for one in found] == [(10_000, "ledger", Status.READ)]
    assert archive.read(last_figures, [], before) == {}


# --- what analysts decide


def test_a_rejected_claim_is_hidden_and_can_be_listed(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    assert decide(archive, 1, "reject") == (1,)
    assert archive.read(claims_where, ClaimFilter()) == []
    (found,) = archive.read(claims_where, ClaimFilter(statuses=(Status.REJECTED,)))
    assert (found.id, found.status) == (1, Status.REJECTED)
    assert archive.read(claims_of_articles, [1]) == {}
    (decision,) = archive.read(decisions_of, 1)
    assert (decision.who, decision.why, decision.verdict, decision.at) == ("ann", "misread", "reject", NOW)
    assert (decision.sentence, decision.evidence, decision.read, decision.claim) == (SEOUL, "11,000", figure(), 1)


def test_a_later_decision_wins(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    for verdict, status in (
        ("reject", "rejected"),
        ("confirm", "confirmed"),
        ("reject", "rejected"),
        ("confirm", "confirmed"),
    ):
        assert decide(archive, 1, verdict) == (1,)
        assert claims(archive)[1][3] == status
    assert [one.verdict for one in archive.read(all_decisions)] == ["confirm", "reject", "confirm", "reject"]


def test_a_correction_holds_what_she_changed_and_the_next_one_too(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    assert decide(archive, 1, "correct", origin="kr_nis") == (1,)
    assert decide(archive, 1, "correct", low=10_900, high=11_500, approx="range") == (1,)
    found = figure(10_900, 11_500, approx="range", origin="kr_nis")
    assert archive.read(claim_of, 1).figure == found
    latest = archive.read(decisions_of, 1)[0]
    assert (latest.figure, latest.changed) == (found, ("approx", "high", "low", "origin"))
    assert latest.read == figure()
    (seen,) = archive.read(sightings_of, 1)
    assert (seen.figure, seen.read, seen.status, seen.by) == (found, figure(), Status.CORRECTED, "ann")
    assert decide(archive, 1, "confirm") == (1,)
    assert archive.read(claim_of, 1).figure == found, "what she confirms is what she sees"


def test_a_corrected_claim_joins_the_one_that_it_is(archive):
    store(archive, article(archive, "a"), reading(SEOUL, figure(12_000), word="11,000"))
    store(archive, article(archive, "b"), reading(SEOUL.replace("11", "21"), figure(21_000)))
    store(archive, article(archive, "c", 100), reading(SEOUL.replace("11", "31"), figure(31_000)))
    assert decide(archive, 2, "correct", low=12_000, high=12_000) == (1,)
    assert decide(archive, 3, "correct", low=12_000, high=12_000) == (3,)
    assert {number: (one[0], one[4]) for number, one in claims(archive).items()} == {
        1: (12_000, {1, 2}),
        3: (12_000, {3}),
    }
    assert archive.read(claim_of, 1).status == Status.CORRECTED


def test_a_decision_holds_for_every_copy_of_the_sentence(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    store(archive, article(archive, "b", 100), reading(SEOUL.upper().replace(" ", "\n "), at=500))
    decide(archive, 1, "reject")
    assert {one[3] for one in claims(archive).values()} == {"rejected"}
    third = article(archive, "c", 200)
    store(archive, third, reading(SEOUL), reading(KYIV, figure(12_000)))
    assert [(one[0], one[3]) for one in claims(archive).values() if third in one[4]] == [
        (11_000, "rejected"),
        (12_000, "read"),
    ]


def test_a_decision_holds_in_every_sentence_in_which_the_claim_was_sighted(archive):
    other = "Some 11,000 are there."
    store(archive, article(archive, "a"), reading(SEOUL))
    store(archive, article(archive, "b"), reading(other), reading(SEOUL, at=90))
    decide(archive, 1, "reject")
    assert {one.sentence for one in archive.read(all_decisions)} == {SEOUL, other}
    store(archive, article(archive, "c"), reading(other))
    assert [one[3] for one in claims(archive).values()] == ["rejected"]


def test_another_sentence_with_the_same_figure_is_not_rejected(archive):
    store(archive, article(archive, "a"), reading(SEOUL))
    decide(archive, 1, "reject")
    store(archive, article(archive, "b"), reading("Some 11,000 are there."))
    assert [one[3] for one in claims(archive).values()] == ["rejected", "read"]


def test_what_she_confirmed_stays_though_the_machine_reads_it_no_more(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL))
    decide(archive, 1, "confirm")
    changes = store(archive, number)
    assert (changes.removed, changes.kept) == ((), 1)
    found = archive.read(claim_of, 1)
    assert (found.status, found.still_read) == (Status.CONFIRMED, False)
    assert archive.read(sightings_of, 1)[0].by == "ann"
    store(archive, number, reading(SEOUL, at=7))
    assert archive.read(claim_of, 1).still_read
    assert len(sightings(archive)) == 1


@pytest.mark.parametrize("verdict", ["reject", "confirm", "correct"])
def test_what_was_decided_stays_decided_when_the_machine_reads_otherwise(archive, verdict):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL))
    decide(archive, 1, verdict, **({"low": 11_500, "high": 11_500} if verdict == "correct" else {}))
    before = claims(archive)
    newer = figure(110_000, origin="ua_gur", modality="expected")
    store(archive, number, reading(SEOUL, newer, word="that 11,000 soldiers"))
    if verdict == "reject":
        assert [one[3] for one in claims(archive).values()] == ["rejected"]
    else:
        assert claims(archive) == before
        assert sightings(archive)[0].read == newer
    assert len(sightings(archive)) == 1


def test_who_said_it_elsewhere_is_hers_only_if_she_changed_it(archive):
    short = "About 11,000 had left."
    store(archive, article(archive, "a"), reading(short, figure(relays=("yonhap",))))
    decide(archive, 1, "confirm")
    other = article(archive, "b")
    copied = figure(10_000, origin="ua_gur", relays=("nyt",))
    store(archive, other, reading(short, copied, word="11,000"))
    found = next(one for one in sightings(archive) if one.article == other)
    assert found.figure == figure(origin="ua_gur", relays=("nyt",))
    decide(archive, found.claim, "correct", origin="kr_nis", relays=())
    store(archive, article(archive, "c"), reading(short, copied, word="11,000"))
    assert {(one.figure.origin, one.figure.relays) for one in sightings(archive)} == {("kr_nis", ())}


def test_who_said_it_remains_hers_in_the_article_into_which_hers_is_merged(archive):
    elder, younger = article(archive, "a"), article(archive, "b")
    store(archive, younger, reading(SEOUL))
    decide(archive, 1, "confirm")
    merge(archive, elder, younger)
    store(archive, elder, reading(SEOUL, figure(origin="ua_gur")))
    assert [(one[2], one[3], one[4]) for one in claims(archive).values()] == [("kr_mnd", "confirmed", {elder})]


def test_of_two_readings_of_one_figure_a_decision_is_for_the_one_it_was_made_on(archive):
    sentence = "11,000 were sent and are at the front."
    both = reading(sentence), reading(sentence, figure(event="deployed"))
    number = article(archive, "a")
    store(archive, number, *both)
    decide(archive, 2, "reject")
    assert [one[3] for one in claims(archive).values()] == ["read", "rejected"]
    store(archive, number, *both)
    assert [one[3] for one in claims(archive).values()] == ["read", "rejected"]
    decide(archive, 1, "correct", low=1_000, high=1_000)
    store(archive, number, *both)
    assert [(one[0], one[3]) for one in claims(archive).values()] == [(1_000, "corrected"), (11_000, "rejected")]


def test_a_confirmed_figure_that_is_read_as_two_is_one(archive):
    number, sentence = article(archive, "a"), "From 10,000 to 12,000 were sent."
    store(archive, number, reading(sentence, figure(10_000, 12_000), word="From 10,000 to 12,000"))
    decide(archive, 1, "confirm")
    store(archive, number, reading(sentence, figure(10_000)), reading(sentence, figure(12_000)))
    assert {number: one[:2] for number, one in claims(archive).items()} == {1: (10_000, 12_000)}
    assert len(sightings(archive)) == 1
    decide(archive, 1, "reject")
    store(archive, number, reading(sentence, figure(10_000)), reading(sentence, figure(12_000)))
    assert {one[3] for one in claims(archive).values()} == {"rejected"}


def test_she_decides_again_after_the_machine_has_read_otherwise_and_back(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL))
    decide(archive, 1, "reject")
    store(archive, number, reading(SEOUL, figure(12_000), word="11,000"))
    (claim,) = claims(archive)
    decide(archive, claim, "confirm")
    store(archive, number, reading(SEOUL))
    assert [(one[0], one[3]) for one in claims(archive).values()] == [(12_000, "confirmed")]


def test_what_she_thought_better_of_is_not_passed_on_to_another_reading(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL))
    decide(archive, 1, "reject")
    decide(archive, 1, "correct", low=12_000, high=12_000)
    other = figure(7, event="deployed")
    store(archive, number, reading(SEOUL, figure(12_000), word="11,000"), reading(SEOUL, other, word="11,000 soldiers"))
    assert sorted((one[0], one[3]) for one in claims(archive).values()) == [(7, "read"), (12_000, "corrected")]


@pytest.mark.parametrize(
    ("verdict", "changes", "why"),
    [
        ("correct", {}, "a correction says"), ("reject", {"low": 1}, "a correction says"), ("correct", {"colour": "red"}, "colour"),
        ("correct", {"low": 12_000}, "the first must be the smaller"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(archive, verdict, changes, why):
    store(archive, article(archive, "a"), reading(SEOUL))
    with pytest.raises(ClaimValueError, match=why):
        decide(archive, 1, verdict, **changes)
    assert archive.read(all_decisions) == []


def test_no_decision_on_nothing(archive):
    with pytest.raises(NoClaimError):
        decide(archive, 1, "reject")


@pytest.mark.parametrize("sql", ["UPDATE claim_decision SET why = 'x'", "DELETE FROM claim_decision"])
def test_decisions_are_only_ever_added(archive, sql):
    store(archive, article(archive, "a"), reading(SEOUL))
    decide(archive, 1, "reject")
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        archive.write(lambda connection: connection.execute(sql))
    assert len(archive.read(all_decisions)) == 1


# --- the words by which it is known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("у Курську 11,000 бійців", "у  Курську\n11,000 бійців"),
        ("у Курську 11,000 бійців", " У КУРСЬКУ 11,000\u00a0БІЙЦІВ "),
        ("Мій 11,000", unicodedata.normalize("NFD", "Мій 11,000")),
        ("북한군 11,000", unicodedata.normalize("NFD", "북한군 11,000")),
    ],
)
def test_copies_of_a_sentence_are_known(one, other):
    assert content_of(reading(other, at=70).place) == content_of(reading(one).place)


@given(st.text(), st.text(), st.text(min_size=1))
def test_any_figure_has_a_place_in_its_sentence(before, after, word):
    sentence = before + word + after
    content = content_of(reading(sentence, figure(1), word=word).place)
    assert 0 <= content.start < content.end <= len(fold(sentence)) + 4
    assert content.meets(content)


# --- looking


def test_claims_are_found_by_what_they_are(archive):
    for number, (day, read, sentence) in enumerate((
        (0, figure(1_000, relays=("yonhap",)), "Про 1,000 БІЙЦІВ?"),
        (1, figure(2_000, origin=None), "2,000 [of them]"),
        (2, figure(3_000, unit="workers", event="deployed"), "3,000 *builders*"),
        (3, figure(4_000, modality="denied"), "Not 4,000."),
    )):  # fmt: skip
        store(archive, article(archive, f"{number}", day), reading(sentence, read))
    decide(archive, 4, "confirm")

    def found(**wanted):
        asked = ClaimFilter(**wanted)
        ids = [one.id for one in archive.read(claims_where, asked)]
        assert wanted.keys() & {"limit", "offset"} or archive.read(count_claims, asked) == len(ids)
        return ids

    assert found() == [4, 3, 2, 1]
    assert found(oldest_first=True, limit=2, offset=1) == [2, 3]
    assert found(units=("workers", "ships")) == found(events=("deployed",)) == [3]
    assert found(origins=("",)) == [2]
    assert found(origins=("kr_mnd",), since=NOW + DAY, until=NOW + 3 * DAY) == [3]
    assert found(relays=("yonhap", "nyt")) == [1]
    assert found(outlets=("ledger",)) == [4, 3, 2, 1]
    assert found(outlets=("other",)) == []
    assert found(statuses=(Status.CONFIRMED,)) == [4]
    assert found(text="бійців?") == [1]
    assert found(text="[OF") == [2]
    assert found(text="*BUILD") == [3]
    assert found(text="k*b") == []
    assert found(article=2) == [2]
    assert archive.read(claim_of, 99) is None


def test_a_claim_as_it_is_shown(archive):
    number = article(archive, "a")
    store(archive, number, reading(SEOUL), reading("11,000!", at=80, field="title"), at=NOW + DAY)
    found = archive.read(claim_of, 1)
    assert (found.outlets, found.outlet, found.sentence, found.evidence) == (("ledger",), "ledger", SEOUL, "11,000")
    title, text = archive.read(claims_of_articles, [number, 7])[number]
    assert (title.place.field, text.place.field, title.title, title.url) == (
        "title",
        "text",
        "Title of a",
        "http://news.example/a",
    )
    assert (text.at, text.first_seen_at, text.version, text.new) == (NOW, NOW + DAY, 1, True)


def test_judging_keeps_the_order(archive):
    readings = [reading(KYIV, figure(12_000)), reading(SEOUL)]
    number = article(archive, "a")
    assert [one.reading for one in archive.read(judge, number, readings)] == readings
    store(archive, number, *readings)
    decide(archive, 2, "confirm")
    assert [one.reading for one in archive.read(judge, number, readings)] == readings
