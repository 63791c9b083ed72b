"""The ledger after any order of reviews, decisions and merges is what a simple model says; and what reviews do with it."""

import asyncio
import json
import re
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

import tests.test_review
from alerts.rules import load_rules
from analysis.claims.model import Claim
from analysis.claims.reading import ClaimReader
from analysis.layout import layout
from scheduler.claims import document_claims, readings_of, unweighed
from scheduler.review import review_due
from storage.archive import open_archive
from storage.articles import article_by_id, article_version
from storage.claim_decisions import decide_claim
from storage.claim_figures import figure_is_new, weigh_claims
from storage.claim_model import ClaimChanges, ClaimFilter, Verdict
from storage.claim_reads import all_decisions, claims_where, sightings_of
from storage.outbox import mails
from storage.pages import _merge
from storage.reviews import reviews_of, wish_again
from storage.upkeep import drop_old_texts
from tests.claim_shelf import DAY, article, claims, figure, reading, shelve, sightings, store, whole
from tests.shelf import NOW, entry, page, poll, rows

# Each sentence has one figure, of which a grammar makes one thing or another.
SENTENCES = [f"Sentence {number} has 11,000 men." for number in range(4)]
READS = [
    [figure(11_000, origin=origin), figure(low, origin=origin, modality=modality)]
    for origin, low, modality in (("a", 11_000, "denied"), ("a", 11_100, "fact"), ("a", 12_000, "expected"), (None, 11_000, "possible"))
]  # fmt: skip
DAYS = st.sampled_from([0, 7, 14, 14.5, 28, 42.5])
SOME = st.dictionaries(st.integers(0, len(SENTENCES) - 1), st.integers(0, 1), max_size=3)
CHOICES = st.one_of(st.just({}), st.just({0: 0}), SOME)  # often the same, or nothing: claims meet and fall apart
CHANGES = st.sampled_from(
    [{"low": 11_000, "high": 11_000}, {"low": 5, "high": 5}, {"origin": "c"}, {"event": "deployed"}]
)


class Sighted:
    """A sighting in the model."""

    def __init__(self, sentence, read):
        self.sentence, self.read, self.figure = sentence, read, read
        self.decision = None

    @property
    def group(self):
        return self.figure.key, self.decision is not None and self.decision["verdict"] == "reject"


class Ledger(RuleBasedStateMachine):
    """The archive beside a model: for each article its sightings, for each sentence its last decision."""

    articles = Bundle("articles")

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.archive = open_archive(self.folder / "a.db")
        shelve(self.archive)
        self.sighted, self.days, self.merged, self.decisions = {}, {}, {}, {}
        self.unread, self.clock = {}, NOW + 60 * DAY

    def teardown(self):
        if hasattr(self, "archive"):
            self.archive.close()
            shutil.rmtree(self.folder)

    # --- what is done

    @rule(target=articles, day=DAYS, chosen=CHOICES)
    def publish(self, day, chosen):
        number = article(self.archive, f"{len(self.days)}", day)
        self.days[number], self.sighted[number] = day, []
        self._store(number, chosen)
        return number

    @rule(number=articles, chosen=CHOICES)
    def review(self, number, chosen):
        number = self._alive(number)
        before = self._numbers()
        changes = self._store(number, chosen)
        assert len(changes.added) + len(changes.changed) + changes.kept == len(self.sighted[number])
        self._same_numbers(before)

    @rule(number=articles)
    def review_the_same(self, number):
        number = self._alive(number)
        places = {one.sentence: SENTENCES.index(one.sentence) for one in self.sighted[number]}
        read = {places[one.sentence]: READS[places[one.sentence]].index(one.read) for one in self.sighted[number]}
        if self.unread.get(number) or len(read) < len(self.sighted[number]):
            return
        before = rows(self.archive, "SELECT * FROM claim"), rows(self.archive, "SELECT * FROM claim_sighting")
        changes = self._store(number, read)
        assert changes == ClaimChanges(kept=len(read))
        after = rows(self.archive, "SELECT * FROM claim"), rows(self.archive, "SELECT * FROM claim_sighting")
        assert before == after

    @precondition(lambda self: any(self.sighted.values()))
    @rule(pick=st.integers(0, 999), verdict=st.sampled_from(["confirm", "reject", "correct"]), changes=CHANGES)
    def decide(self, pick, verdict, changes):
        numbers = sorted(claims(self.archive))
        claim = numbers[pick % len(numbers)]
        mine = [one for one in sightings(self.archive) if one.claim == claim]
        changes = changes if verdict == "correct" else {}
        before = self._numbers()
        after = self.archive.write(
            decide_claim, claim, Verdict(verdict), who="ann", why="so", at=self.clock, changes=changes or None
        )
        for sentence in {one.place.sentence for one in mine}:
            self._decided(sentence, verdict, changes, [one for one in mine if one.place.sentence == sentence])
        for number in self.sighted:
            for one in self.sighted[number]:
                self._judge(number, one)
        assert {one.claim for one in sightings(self.archive) if one.id in {seen.id for seen in mine}} == set(after)
        self._same_numbers(before)

    def _decided(self, sentence, verdict, changes, mine):
        first = min(mine, key=lambda one: (one.at, one.first_seen_at, one.id))
        former = self.decisions.get(sentence)
        carried = former is not None and former["verdict"] != "reject" and former["changed"]
        self.decisions[sentence] = {
            "number": len(self.archive.read(all_decisions)),
            "verdict": verdict,
            "figure": replace(first.figure, **changes),
            "changed": set(changes) | (carried or set()),
            "articles": {one.article for one in mine},
        }

    @precondition(lambda self: len(self.sighted) > 1)
    @rule(data=st.data(), younger=consumes(articles), chosen=CHOICES)
    def merge(self, data, younger, chosen):
        elders = [number for number in self.sighted if number < younger]
        if not elders:
            elder, younger = younger, max(self.sighted)
        else:
            elder = data.draw(st.sampled_from(elders))
        mine = {one.sentence: one.read for one in self.sighted[elder]}
        elder, younger = self._alive(elder), self._alive(younger)
        if elder >= younger or any(mine.get(one.sentence, one.read) != one.read for one in self.sighted[younger]):
            return
        self.archive.write(_merge, elder=elder, younger=younger)
        for one in self.sighted.pop(younger):
            if (one.sentence, one.group) not in {(other.sentence, other.group) for other in self.sighted[elder]}:
                self.sighted[elder].append(one)
        self.merged |= {number: elder for number, into in self.merged.items() if into == younger} | {younger: elder}
        self.agrees()
        self._store(elder, chosen)

    # --- the model

    def _store(self, number, chosen):
        self.clock += timedelta(minutes=1)
        readings = [reading(SENTENCES[n], READS[n][how], word="11,000", at=100 * n) for n, how in chosen.items()]
        changes = store(self.archive, number, *readings, at=self.clock)
        new = [Sighted(one.place.sentence, one.figure) for one in readings]
        for one in new:
            self._judge(number, one)
        said = {one.sentence for one in new}
        kept = [one for one in self.sighted[number] if one.decision is not None and one.sentence not in said]
        self.sighted[number] = new + kept
        self.unread[number] = {one.sentence for one in kept}
        return changes

    def _alive(self, number):
        return self.merged.get(number, number)

    def _judge(self, number, one):
        decision = one.decision = self.decisions.get(one.sentence)
        if decision is None or decision["verdict"] == "reject":
            one.figure = one.read
            return
        here = {number, *(younger for younger, elder in self.merged.items() if elder == number)} & decision["articles"]
        hers = here or "origin" in decision["changed"]
        one.figure = replace(decision["figure"], origin=decision["figure"].origin if hers else one.read.origin)

    def _groups(self):
        """Which sightings belong together, by figure and by time alone."""
        by_group = {}
        for number, seen in self.sighted.items():
            for one in seen:
                by_group.setdefault(one.group, []).append((self.days[number], number, one.sentence))
        for group, seen in by_group.items():
            run = []
            for day, number, sentence in sorted(seen):
                if run and day - run[-1][0] > 14:
                    yield group, frozenset(one[1:] for one in run)
                    run = []
                run.append((day, number, sentence))
            yield group, frozenset(one[1:] for one in run)

    # --- what must hold

    def _numbers(self):
        found = {}
        for one in sightings(self.archive):
            found.setdefault(one.claim, set()).add((one.id, one.key, one.rejected, one.at))
        return found

    def _same_numbers(self, before):
        """A claim with the same sightings has the same number."""
        after = {frozenset(seen): claim for claim, seen in self._numbers().items()}
        for claim, seen in before.items():
            assert after.get(frozenset(seen), claim) == claim

    @invariant()
    def agrees(self):
        if not hasattr(self, "archive"):
            return
        whole(self.archive)
        found, groups = sightings(self.archive), {}
        for one in found:
            groups.setdefault(one.claim, []).append(one)
        there = sorted(
            ((seen[0].key, seen[0].rejected), sorted((one.article, one.place.sentence) for one in seen))
            for seen in groups.values()
        )
        assert all(len({(one.key, one.rejected) for one in seen}) == 1 for seen in groups.values())
        assert there == sorted((group, sorted(seen)) for group, seen in self._groups())

    @invariant()
    def news(self):
        """One sighting of a figure is news, the one that the ledger had first; those that differ by little are like it."""
        if not hasattr(self, "archive"):
            return
        found = [one for one in sightings(self.archive) if not one.rejected and not one.figure.denied]
        for one in found:
            like = [
                other
                for other in found
                if other.key[:6] == one.key[:6] and abs(other.key.low - one.key.low) * 50 <= one.key.low
            ]
            mine = min((other.first_seen_at, other.id) for other in like if other.article == one.article)
            first = all((other.first_seen_at, other.id) > mine for other in like if other.article != one.article)
            firm = one.figure.modality in {"fact", "expected"}
            assert self.archive.read(figure_is_new, one.figure, one.article) is (first and firm)
        every = {claim: self.archive.read(sightings_of, claim) for claim in {one.claim for one in found}}
        new = {claim for claim, seen in every.items() if any(one.new for one in seen)}
        assert {one.id for one in self.archive.read(claims_where, ClaimFilter(new=True))} == new


Ledger.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLedger = Ledger.TestCase


# --- reviews


class Guns(ClaimReader):
    """Reads "200 guns": a claim for each figure in title or text, of kr_mnd."""

    def read(self, title, text, *_, **context):
        laid = layout(title, text)
        return tuple(
            Claim(
                int(found[1]), int(found[1]), "exact", "artillery", "sent", "KP", "RU", "fact", "kr_mnd", (context["publisher"],),
                found.span(), next((one.start, one.end) for one in laid.sentences if one.start <= found.start() < one.end),
            )
            for found in re.finditer(r"([0-9]+) guns", laid.whole)
        )  # fmt: skip


class Broken(Guns):
    def read(self, *_, **context):
        return 1 / 0


NEW = load_rules({"rule": [{"id": "new", "name": "New", "query": "new:claim"}]}, file="rules.toml")
SAID = "Pyongyang has shipped {} guns to Russia, Seoul says."


def setup_with(reader=None):
    setup = tests.test_review.setup_with(NEW)
    return replace(setup, analyser=replace(setup.analyser, claims=reader or Guns()))


def review(archive, setup=None, **options):
    changes = []
    done = asyncio.run(
        review_due(
            archive,
            lambda: setup or setup_with(),
            lambda: options.get("at", NOW + DAY),
            claims_changed=changes.append,
            only_again=options.get("again", False),
        )
    )
    return done, sum(changes, ClaimChanges())


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        shelve(archive)
        for name in ("wire", "full"):
            poll(archive, name)  # what comes after the first poll is live
        yield archive
        whole(archive)


def publish(archive, slug, *guns, feed="wire", at=NOW):
    text = " ".join(SAID.format(number) for number in guns)
    (one,) = poll(archive, feed, entry(slug, "North Korea sends artillery to Russia", text), at=at)
    return one.article


def told(archive):
    return [mail.article for mail in archive.read(mails)][::-1]


def test_of_two_articles_in_one_batch_only_the_first_has_a_new_figure(archive):
    first = publish(archive, "a", 200)
    publish(archive, "b", 201)
    publish(archive, "c", 200, 300)
    assert review(archive)[0] == (3, 1)  # what the third adds joins the mail on their story, which waits still
    assert told(archive) == [first]
    (mail,) = archive.read(mails)
    figures = json.loads(mail.body)["claims"]["rows"]
    assert [row["figure"] for row in figures if row["state"] == "new"] == [
        "300 artillery pieces",
        "200 artillery pieces",
    ]


def test_an_article_that_is_read_again_keeps_its_news(archive):
    first, second = publish(archive, "a", 200), publish(archive, "b", 200)
    review(archive)
    poll(
        archive, "wire", entry("b", "North Korea sends artillery to Russia", SAID.format(200) + " Again."), at=NOW + DAY
    )
    poll(
        archive, "wire", entry("a", "North Korea sends artillery to Russia", SAID.format(200) + " Again."), at=NOW + DAY
    )
    assert review(archive, at=NOW + 2 * DAY)[0] == (2, 0)
    newest = {number: archive.read(reviews_of, number)[0]["decisions"] for number in (first, second)}
    assert [[one["reason"][:14] for one in newest[number]] for number in (first, second)] == [["joins mail 1, "], []]


def test_a_review_that_fails_leaves_the_claims(archive):
    number = publish(archive, "a", 200)
    review(archive)
    before = sightings(archive)
    archive.write(wish_again, ("x", "y"), NOW)
    assert review(archive, setup_with(Broken()), again=True) == ((1, 0), ClaimChanges())
    assert "ZeroDivisionError" in archive.read(reviews_of, number)[0]["reason"]
    assert sightings(archive) == before


def test_texts_that_were_let_go_keep_their_claims(archive):
    number = publish(archive, "a", 200)
    review(archive)
    archive.write(lambda c: c.execute("UPDATE article SET candidate = 0, wanted = 0"))
    assert archive.write(drop_old_texts, NOW + 200 * DAY, 100) == 1
    assert archive.write(wish_again, ("x", "y"), NOW) == 0
    assert (claims(archive)[1][4], sightings(archive)[0].place.evidence) == ({number}, "200 guns")


def test_reading_again_tells_what_changed_and_keeps_what_an_analyst_said(archive):
    for slug, guns in (("a", 200), ("b", 300), ("c", 400)):
        publish(archive, slug, guns)
    review(archive)
    archive.write(decide_claim, 2, Verdict.REJECT, who="ann", why="no guns", at=NOW)
    archive.write(wish_again, ("x", "y"), NOW)

    class Better(Guns):
        def read(self, *texts, **context):
            return tuple(replace(one, origin="kr_nis") for one in super().read(*texts, **context) if one.low < 400)

    done, changes = review(archive, setup_with(Better()), again=True)
    assert done == (3, 0)
    assert (len(changes.changed), len(changes.removed), len(changes.added)) == (2, 1, 0)
    assert {number: one[:4] for number, one in claims(archive).items()} == {
        1: (200, 200, "kr_nis", "read"),
        2: (300, 300, "kr_nis", "rejected"),
    }
    archive.write(wish_again, ("x", "y"), NOW)
    assert review(archive, setup_with(Better()), again=True)[1] == ClaimChanges(kept=2)


def test_a_page_replaces_what_the_feed_gave_and_a_login_does_not(archive):
    one, other = publish(archive, "a", 200, feed="full"), publish(archive, "b", 300, feed="full")
    review(archive, at=NOW + DAY)
    page(
        archive,
        one,
        "North Korea sends artillery to Russia",
        "Today. " + SAID.format(200) + SAID.format(500),
        at=NOW + DAY,
    )
    page(archive, other, "Log in", "Log in.", at=NOW + DAY)
    review(archive, at=NOW + DAY)
    found = {(seen.article, seen.figure.low): seen.version for seen in sightings(archive)}
    assert found == {(one, 200): 3, (one, 500): 3, (other, 300): 2}
    for seen in sightings(archive):
        text = archive.read(article_version, seen.article, seen.version).text
        assert text[seen.place.start : seen.place.end] == seen.place.evidence
        assert text[seen.place.sentence_start : seen.place.sentence_end] == seen.place.sentence


def test_places_are_counted_in_the_title_or_in_the_text(archive):
    (one,) = poll(archive, "wire", entry("a", "Russia has 70 guns", "It got 50 guns."))
    read = archive.read(article_by_id, one.article)
    reading = setup_with().analyser.read(read.title, read.text, publisher="x")
    claims = Guns().read(read.title, read.text, publisher="x")
    assert [claim.low for claim in claims] == [70, 50]
    title, text = readings_of(replace(reading, claims=claims), read)
    assert (title.place.field, title.place.start, title.place.evidence) == ("title", 11, "70 guns")
    assert (text.place.field, text.place.start, text.place.sentence) == ("text", 7, "It got 50 guns.")
    first, second = document_claims(unweighed(1, [title, text]))
    assert (first.in_title, first.start, first.end, second.in_title, second.low, second.new) == (
        True,
        11,
        18,
        False,
        50,
        False,
    )
    huge = replace(claims[0], low=2**63, high=2**63), replace(claims[0], low=2, high=1)
    assert readings_of(replace(reading, claims=huge), read) == ()


def test_what_an_analyst_keeps_counts_for_the_daemon_as_for_a_back_test(archive):
    number = publish(archive, "a", 200)
    review(archive)
    archive.write(decide_claim, 1, Verdict.CONFIRM, who="ann", why="", at=NOW)
    poll(archive, "wire", entry("a", "North Korea sends artillery to Russia", "Seoul says nothing."), at=NOW + DAY)
    review(archive, at=NOW + 2 * DAY)
    (kept,) = sightings(archive)
    assert (kept.still_read, kept.status) == (False, "confirmed")
    newest, first = archive.read(reviews_of, number)
    assert [[one["rule"] for one in done["decisions"]] for done in (newest, first)] == [["new"], ["new"]]
    assert newest["decisions"][0]["text_marks"] == "[]"
    (weighed,) = archive.read(weigh_claims, number, [])
    assert (weighed.kept, weighed.new, weighed.by) == (True, True, "ann")
    archive.write(decide_claim, 1, Verdict.REJECT, who="bob", why="taken back", at=NOW)
    assert archive.read(weigh_claims, number, []) == ()
