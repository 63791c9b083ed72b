"""Stories from article to mail, on the real archive with the real topic: one alert a story, in whatever order things happen."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

import pytest

from alerts.channels import FileOptions, TryLater
from alerts.compose import MailOptions
from alerts.decide import Reader
from alerts.facts import Facts, Said, changes
from alerts.outbox import Outbox
from khasan.topic import load_topic
from scheduler import review as reviewing
from scheduler.digests import digests_due
from scheduler.review import ANALYSIS_VERSION, review_due
from scheduler.setup import Setup
from scheduler.stories import voice_of
from spiders.options import CollectOptions
from storage.archive import open_archive
from storage.entries import store_poll
from storage.model import (
    ArticleText,
    Entry,
    Outcome,
    Outlet,
    PageResult,
    Pages,
    PollResult,
    Precision,
    Published,
    Source,
    TimeOrigin,
)
from storage.outbox import drop_mails, mails, resend, retry_mails
from storage.pages import store_page
from storage.reviews import wish_again
from storage.sources import sync_topic
from storage.stories import family_of, story_of, story_state
from storage.story_decisions import decide_on_story, list_stories, stories_mailed
from storage.story_model import StoryVerdict
from tests.shelf import check

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOPIC = load_topic()
ANN = Reader("ann", "ann@example.org", max_per_hour=500)
OPTIONS = MailOptions("Khasan <k@example.org>")
OUTLETS = ("alpha", "beta", "gamma", "delta", "epsilon")

GUNS = (
    "North Korea has given Russia 200 long-range guns, Seoul says",
    (
        "North Korea has supplied Russia with about 200 long-range artillery pieces for its war on Ukraine, South Korea's defence ministry "
        "said in a report to parliament. More guns and ammunition may follow, the ministry said. The guns are of 170 mm and 240 mm calibre."
    ),
)
GUNS_UK = (
    "КНДР передала Росії 200 далекобійних гармат, заявили в Сеулі",
    (
        "Північна Корея передала Росії близько 200 далекобійних артилерійських гармат для війни проти України, повідомило міністерство "
        "оборони Південної Кореї у доповіді парламенту. Міністерство не виключає нових поставок гармат калібру 170 мм і 240 мм."
    ),
)
GUNS_RU = (
    "КНДР передала России 200 дальнобойных орудий, сообщили в Сеуле",
    (
        "Северная Корея передала России около 200 дальнобойных артиллерийских орудий для войны против Украины, сообщило министерство "
        "обороны Южной Кореи в докладе парламенту. Могут последовать новые поставки орудий калибра 170 мм и 240 мм."
    ),
)
GUNS_KO = (
    "국방부 “북한, 러시아에 장사정포 200문 지원”",
    (
        "북한이 우크라이나와 전쟁 중인 러시아에 장사정포 약 200문을 지원했다고 국방부가 국회에 제출한 보고서에서 밝혔다. "
        "국방부는 170㎜와 240㎜ 포의 추가 지원 가능성도 있다고 설명했다."
    ),
)
GUNS_AGAIN = (
    "Seoul: Pyongyang's long-range guns reach Russia",
    (
        "Russia has received about 200 long-range artillery pieces from North Korea for its war on Ukraine, South Korea's defence ministry told "
        "lawmakers in a report. It expects more guns and ammunition, of 170 mm and 240 mm calibre, to be sent."
    ),
)
GUNS_MORE = (
    "North Korea has given Russia 350 long-range guns by now, Ukraine's military intelligence says",
    (
        "North Korea has supplied Russia with 350 long-range artillery pieces for its war on Ukraine, Ukraine's military intelligence said, "
        "far more than the 170 mm and 240 mm guns of which South Korea's defence ministry told parliament."
    ),
)
TRAIN = (
    "Wounded North Korean soldiers return home from Kursk",
    (
        "A hospital train with some 60 wounded North Korean soldiers crossed the Tumen bridge at Khasan on its way home from Kursk region, "
        "a Ukrainian intelligence official told reporters in Kyiv on Sunday."
    ),
)
FAR = (
    "Shoigu meets Kim Jong Un in Pyongyang for talks on the treaty",
    (
        "Russian Security Council secretary Sergei Shoigu met North Korean leader Kim Jong Un in Pyongyang to discuss carrying out the "
        "comprehensive strategic partnership treaty, Russian news agencies reported on Friday."
    ),
)
DOUBT = replace(ANN, name="bob", address="bob@example.org")


class Post:
    """A channel that keeps what it is given, or fails as it is told."""

    per_minute = 0

    def __init__(self):
        self.taken, self.fault = [], None

    async def send(self, message, address):
        if self.fault is not None:
            raise self.fault
        self.taken.append((address, message))


class World:
    """An archive, readers and their letterbox, with a clock that only goes when it is told."""

    def __init__(self, archive, readers=(ANN,)):
        self.archive, self.readers, self.now, self.post, self.count = archive, readers, NOW, Post(), 0
        sources = [Source(o, o, o.title(), f"https://{o}.example/feed", pages=Pages.NEVER) for o in OUTLETS]
        archive.write(sync_topic, [Outlet(o, o.title()) for o in OUTLETS], sources, NOW)
        for source in sources:
            archive.write(store_poll, PollResult(source.id, NOW, Outcome.UNCHANGED, NOW))
        self.sources = tuple(sources)

    def setup(self):
        return Setup(
            database=Path("x"), outlets=(), sources=self.sources, analyser=TOPIC.analyser, rules=TOPIC.rules, topic_version="t",
            collect=CollectOptions(), channel=FileOptions(Path("x")), mail=OPTIONS, readers=self.readers, operator="op@example.org",
        )  # fmt: skip

    def brings(self, outlet, text, *, ago=timedelta(), key=None):
        """An outlet publishes an article. Returns its number."""
        self.now += MINUTE
        self.count += 1
        key = key or str(self.count)
        url, at = f"https://{outlet}.example/{key}", self.now - ago
        entry = Entry(
            key, url, url, *text, sha256=f"{text}", published=Published(at, None, Precision.MINUTE, TimeOrigin.FEED)
        )
        stored = self.archive.write(store_poll, PollResult(outlet, self.now, Outcome.NEW, self.now, (entry,)))
        return stored[0].article if stored else None

    def read(self):
        return asyncio.run(review_due(self.archive, self.setup, lambda: self.now))

    def tells(self, outlet, text, **rest):
        """An outlet publishes an article, which is reviewed at once."""
        article = self.brings(outlet, text, **rest)
        self.read()
        return article

    def deliver(self):
        """One pass of the outbox. Returns the messages that left in it."""
        before = len(self.post.taken)
        asyncio.run(Outbox(self.archive, self.post, self.readers, OPTIONS, lambda: self.now).deliver())
        return [message for _, message in self.post.taken[before:]]

    def digests(self):
        return asyncio.run(digests_due(self.archive, self.setup(), self.now))

    def waits(self, *states):
        return self.archive.read(mails, states or ("queued",))

    def decide(self, verdict, story, reader="", into=None):
        return self.archive.write(decide_on_story, story, verdict, "olha", "", self.now, reader=reader, into=into)

    def story(self, article):
        return self.archive.read(story_of, article)

    def reasons(self, article):
        sql = "SELECT outcome, reason FROM decision WHERE article_id = ? ORDER BY id DESC LIMIT 1"
        return self.archive.read(lambda c: tuple(c.execute(sql, (article,)).fetchone()))


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "khasan.db") as opened:
        yield opened
        check(opened)
        assert opened.read(_loops) == []


def _loops(connection):
    """Articles that are said to be themselves again, or a copy of one that is a copy of them."""
    return connection.execute(
        "SELECT p.article_id FROM story_article p LEFT JOIN story_article q ON q.article_id = p.same_as "
        "WHERE p.same_as = p.article_id OR q.same_as = p.article_id"
    ).fetchall()


@pytest.fixture
def world(archive):
    return World(archive)


def kinds(messages):
    return [message["X-Khasan-Kind"] for message in messages]


def text_of(message):
    return message.get_body(("plain",)).get_content()


# --- one story, one alert


def test_one_story_told_by_four_outlets_in_four_languages_is_one_alert(world):
    first = world.tells("alpha", GUNS)
    (alert,) = world.deliver()
    rest = [world.tells(*one) for one in (("beta", GUNS_UK), ("gamma", GUNS_RU), ("delta", GUNS_KO))]
    assert {world.story(one) for one in rest} == {world.story(first)}
    assert world.deliver() == []
    assert alert["X-Khasan-Kind"] == "alert"
    assert [world.reasons(one)[0] for one in rest] == ["nothing"] * 3


def test_an_alert_that_waits_takes_in_what_comes(world):
    world.readers = (replace(ANN, delay_minutes=30),)
    for outlet, text in (("alpha", GUNS), ("beta", GUNS_UK), ("delta", GUNS_KO)):
        world.tells(outlet, text)
        assert world.deliver() == []
    world.now += HOUR
    (alert,) = world.deliver()
    assert alert["Subject"].endswith("Alpha +2")
    for _, (title, _), name in (("", GUNS, "Alpha"), ("", GUNS_UK, "Beta"), ("", GUNS_KO, "Delta")):
        assert name in text_of(alert)
        assert title[:15] in " ".join(text_of(alert).replace("*", "").split())
    assert len(world.waits("sent")) == 1


def test_other_events_are_other_stories(world):
    stories = {world.story(world.tells("alpha", text)) for text in (GUNS, TRAIN, FAR)}
    assert len(stories) == 3
    assert kinds(world.deliver()) == ["alert"] * 3


def test_a_new_figure_is_an_update_in_the_thread(world):
    first = world.tells("alpha", GUNS)
    (alert,) = world.deliver()
    world.tells("beta", GUNS_UK)
    more = world.tells("gamma", GUNS_MORE)
    assert world.story(more) == world.story(first)
    (update,) = world.deliver()
    assert update["X-Khasan-Kind"] == "update"
    assert update["In-Reply-To"] == alert["Message-ID"]
    assert update["References"].split() == [alert["Message-ID"]]
    assert update["Message-ID"] != alert["Message-ID"]
    assert "350" in update["Subject"]
    assert alert["Subject"] in update["Subject"]
    world.tells("delta", GUNS_MORE)  # who repeats it tells nothing new
    assert world.deliver() == []


def test_copies_and_versions_are_no_news(world):
    first = world.tells("alpha", GUNS)
    world.deliver()
    copy = world.tells("beta", GUNS)
    version = world.tells("alpha", ("UPDATE 1-" + GUNS[0], GUNS[1] + " The ministry gave no date."))
    how = world.archive.read(
        lambda c: {
            row[0]: tuple(row)[1:] for row in c.execute("SELECT article_id, same_as, same_how FROM story_article")
        }
    )
    assert (how[copy], how[version]) == ((first, "copy"), (first, "version"))
    assert world.deliver() == []


def test_an_article_read_again_is_not_its_own_copy(world):
    first = world.tells("alpha", GUNS, key="one")
    copy = world.tells("beta", GUNS)
    world.deliver()
    world.tells("alpha", (GUNS[0], GUNS[1] + " It gave no date."), key="one")  # a new text of the first
    world.archive.write(wish_again, ("other", "topic"), world.now)
    world.read()
    same = world.archive.read(
        lambda c: dict(tuple(r) for r in c.execute("SELECT article_id, same_as FROM story_article"))
    )
    assert same == {first: None, copy: first}
    third = world.tells("gamma", GUNS_RU)
    assert world.story(third) == world.story(first)
    assert world.deliver() == []


# --- mails that wait, fail, or are put into others


@pytest.mark.parametrize("again", [resend, retry_mails])
def test_a_mail_that_may_be_known_is_not_renewed_and_review_comes_to_an_end(world, again):
    """A mail to be sent once more has no attempts, but a server may have it: it stays as it is."""
    world.tells("alpha", GUNS)
    if again is resend:
        world.deliver()
        (mail,) = world.waits("sent")
        world.archive.write(resend, mail.id, world.now)
    else:
        world.post.fault = TryLater("451 later")
        world.deliver()
        (mail,) = world.waits("failed")
        world.post.fault = None
        world.archive.write(retry_mails, [mail.id], world.now)
    (before,) = world.waits()
    article = world.brings("beta", GUNS_MORE)
    assert world.read() == (1, 1)
    assert world.reasons(article)[0] == "update"
    assert before in world.waits()
    assert kinds(world.deliver()) == ["alert", "update"]


def test_a_decision_that_is_always_overtaken_is_put_off_and_keeps_nobody(world, monkeypatch):
    world.readers = (replace(ANN, delay_minutes=30),)
    world.tells("alpha", GUNS)
    stuck, other = world.brings("beta", GUNS_UK), world.brings("alpha", FAR)
    real = reviewing.store_reviewed

    def overtaken(connection, review, tellings):
        if review.article == stuck:
            connection.execute("UPDATE outbox SET attempts = 1")
            real(connection, review, tellings)
        return real(connection, review, tellings)

    monkeypatch.setattr(reviewing, "store_reviewed", overtaken)
    assert world.read() == (1, 1)
    assert (world.story(stuck), world.story(other)) == (None, 2)
    monkeypatch.undo()
    assert world.read()[0] == 1
    assert world.story(stuck) == 1


def test_a_mail_that_leaves_while_it_is_decided_upon_is_decided_upon_again(world, monkeypatch):
    world.readers = (replace(ANN, delay_minutes=5),)
    world.tells("alpha", GUNS)
    real, left = reviewing.store_reviewed, []

    def leaving(connection, review, tellings):
        if not left:
            left.append([telling.refresh for telling in tellings])
            connection.execute("UPDATE outbox SET state = 'sent', attempts = 1, sent_at = '2026-11-23T12:01:30.000Z'")
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
        return real(connection, review, tellings)

    monkeypatch.setattr(reviewing, "store_reviewed", leaving)
    world.tells("gamma", GUNS_MORE)
    assert left == [[1]]
    assert [(mail.kind, mail.state) for mail in reversed(world.waits("sent", "queued"))] == [
        ("alert", "sent"),
        ("update", "queued"),
    ]


def test_an_alert_that_waits_in_a_summary_is_not_joined_by_an_article_that_nobody_would_see(world):
    """The summary is queued and untried, as when the server may have no more mails for now."""
    world.readers = (replace(ANN, max_per_hour=2),)
    for outlet, text in (("alpha", FAR), ("beta", TRAIN), ("gamma", GUNS)):
        world.brings(outlet, text)
    world.read()
    world.post.per_minute = 1
    assert kinds(world.deliver()) == ["alert"]
    (summary,) = world.waits()
    assert summary.kind == "summary"
    more = world.tells("delta", GUNS_MORE)
    assert world.reasons(more)[0] == "update"
    assert next(mail for mail in world.waits() if mail.kind == "summary") == summary
    world.post.per_minute = 0
    world.now += 2 * HOUR
    summed, update = world.deliver()
    assert summed["X-Khasan-Kind"] == "summary"
    assert update["In-Reply-To"] == summed["Message-ID"]


def test_a_late_alert_is_made_urgent_by_a_live_article(world):
    late = world.tells("alpha", GUNS, ago=4 * DAY)
    assert world.reasons(late)[0] == "late"
    assert world.deliver() == []
    (mail,) = world.waits()
    assert mail.due_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    live = world.tells("beta", GUNS_UK, ago=2 * DAY - HOUR)
    assert world.story(live) == world.story(late)
    assert world.reasons(live)[0] == "mail"
    (alert,) = world.deliver()
    assert alert["Message-ID"] == mail.message_id
    assert alert["Subject"].endswith("+1")


def test_a_clock_set_back_between_mails_repeats_nothing(world):
    world.tells("alpha", GUNS)
    world.deliver()
    world.now -= HOUR
    world.tells("beta", GUNS_MORE)
    assert kinds(world.deliver()) == ["update"]
    world.now += 2 * HOUR
    world.tells("gamma", GUNS_RU)
    world.tells("delta", GUNS_KO)
    assert world.deliver() == []


# --- whom


def test_two_readers_at_one_address_have_one_thread(world):
    guns = replace(ANN, name="guns", rules=("arms",))
    figures = replace(ANN, name="figures", rules=("new-figure",))
    world.readers = (guns, figures)
    world.tells("alpha", GUNS)
    world.tells("beta", GUNS_AGAIN)
    (alert,) = world.deliver()
    world.readers = (figures, guns)
    world.tells("gamma", GUNS_MORE)
    (update,) = world.deliver()
    assert update["References"].split() == [alert["Message-ID"]]
    world.readers = (guns, figures)
    world.tells("delta", GUNS_KO)
    assert world.deliver() == []


def test_a_reader_by_another_name_is_told_nothing_twice(world):
    world.tells("alpha", GUNS)
    world.deliver()
    world.readers = (replace(ANN, name="anna"),)
    world.tells("beta", GUNS_UK)
    assert world.deliver() == []
    world.tells("gamma", GUNS_MORE)
    assert kinds(world.deliver()) == ["update"]


def test_a_reader_who_is_gone_still_has_what_was_decided_and_a_new_one_begins(world):
    world.tells("alpha", GUNS)
    world.readers = (DOUBT,)
    world.tells("beta", GUNS_UK)
    taken = [address for address, _ in (world.deliver() and world.post.taken)]
    assert sorted(parseaddr(one)[1] for one in taken) == ["ann@example.org", "bob@example.org"]


def test_least_relevance_keeps_an_article_from_mailing(world):
    world.readers = (replace(ANN, least_relevance=1.0), DOUBT)
    world.tells("alpha", FAR)
    told = [mail.reader for mail in world.waits()]
    assert told == ["bob"]


def test_a_figure_that_came_where_a_reader_does_not_look_is_told_with_what_he_follows(world):
    other = Reader("rho", "rho@example.org", rules=("relevant",), least_relevance=0.5)
    world.readers = (other,)
    world.tells("alpha", GUNS)
    world.deliver()
    world.readers = (replace(other, least_relevance=1.0),)
    assert world.reasons(world.tells("gamma", GUNS_MORE))[1].startswith("relevance")
    world.readers = (other,)
    world.tells("delta", GUNS_KO)
    (update,) = world.deliver()
    assert "350" in update["Subject"]
    world.tells("beta", GUNS_MORE)
    assert world.deliver() == []


# --- what analysts decide


def test_muting_takes_back_what_has_not_left_and_unmuting_gives_it_again(world):
    world.readers = (replace(ANN, delay_minutes=10), replace(DOUBT, delay_minutes=10))
    story = world.story(world.tells("alpha", GUNS))
    world.decide(StoryVerdict.MUTE, story, "ann")
    world.tells("beta", GUNS_MORE)
    assert [mail.reader for mail in world.waits()] == ["bob"]
    world.decide(StoryVerdict.UNMUTE, story, "ann")
    world.tells("gamma", GUNS_UK)
    world.now += HOUR
    assert kinds(world.deliver()) == ["alert", "alert"]
    assert sorted(parseaddr(address)[1] for address, _ in world.post.taken) == ["ann@example.org", "bob@example.org"]


def test_unmuting_does_not_queue_what_was_dropped_by_hand(world):
    story = world.story(world.tells("alpha", GUNS))
    world.archive.write(drop_mails, [1])
    world.decide(StoryVerdict.MUTE, story)
    world.decide(StoryVerdict.UNMUTE, story)
    assert world.waits() == []


def test_muting_a_story_takes_back_the_mails_of_those_that_went_into_it(world):
    one, other = (world.story(world.tells("alpha", text)) for text in (GUNS, TRAIN))
    world.decide(StoryVerdict.MERGE, other, into=one)
    world.decide(StoryVerdict.MUTE, one)
    assert world.waits() == []
    world.decide(StoryVerdict.UNMUTE, other)  # by the number that it had
    assert len(world.waits()) == 2


def test_a_pinned_story_tells_every_article_but_copies(world):
    story = world.story(world.tells("alpha", GUNS))
    world.deliver()
    world.decide(StoryVerdict.PIN, story, "ann")
    world.tells("beta", GUNS_UK)
    world.tells("gamma", GUNS)
    assert kinds(world.deliver()) == ["update"]


def test_merged_stories_keep_their_numbers_and_go_on_in_both_threads(world):
    first, other = world.tells("alpha", GUNS), world.tells("beta", TRAIN)
    one, two = world.story(first), world.story(other)
    alerts = world.deliver()
    assert world.decide(StoryVerdict.MERGE, two, into=one) == one
    assert world.archive.read(family_of, one) == (one, two)
    assert world.archive.read(story_state, one).number == one
    assert world.decide(StoryVerdict.PIN, two) == one  # its number goes on to mean that one
    world.decide(StoryVerdict.UNPIN, one)
    world.tells("gamma", GUNS_UK)
    assert world.deliver() == []  # what either was told of is known of both
    world.tells("delta", GUNS_MORE)
    (update,) = world.deliver()
    assert update["References"].split() == [alert["Message-ID"] for alert in alerts]
    assert len(world.archive.read(stories_mailed, one)) == 3
    assert [listed.id for listed in world.archive.read(list_stories)] == [one]


def test_two_alerts_that_wait_when_their_stories_are_merged_take_in_what_comes(world):
    world.readers = (replace(ANN, delay_minutes=30),)
    one, two = (world.story(world.tells(outlet, text)) for outlet, text in (("alpha", GUNS), ("beta", TRAIN)))
    world.decide(StoryVerdict.MERGE, two, into=one)
    world.tells("gamma", GUNS_MORE)
    world.now += HOUR
    assert kinds(world.deliver()) == ["alert", "alert"]
    world.tells("delta", GUNS_RU)
    world.now += HOUR
    assert world.deliver() == []


# --- articles that turn out to be one

HEAD = "What the ministry told parliament on Monday"


@pytest.mark.parametrize("placed", [True, False])
def test_articles_that_are_merged_do_not_alert_anew(world, placed):
    """The younger one was told of; the elder is of a story of its own, or of none."""
    elder = world.brings("beta", (HEAD, TRAIN[1]) if placed else (HEAD, "Harbour festival."))
    world.read()
    younger = world.brings("alpha", (HEAD, GUNS[1]))
    world.read()
    assert (world.story(elder) is not None) == placed
    assert world.story(younger) not in {None, world.story(elder)}
    count = len(world.deliver())
    page = ArticleText(HEAD, GUNS[1] + " It is all the same.", canonical_url="https://beta.example/1")
    world.archive.write(store_page, PageResult(younger, "https://alpha.example/2", world.now, Outcome.NEW, page))
    assert (
        world.archive.read(
            lambda c: c.execute("SELECT merged_into FROM article WHERE id = ?", (younger,)).fetchone()[0]
        )
        == elder
    )
    world.read()
    assert (count, len(world.deliver())) == (1 + placed, 0)
    world.tells("gamma", GUNS_AGAIN)
    assert world.deliver() == []
    assert all(one.articles for one in world.archive.read(list_stories))
    empty = "SELECT id FROM story s WHERE merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM story_article WHERE story_id = s.id)"
    assert world.archive.read(lambda c: c.execute(empty).fetchall()) == []


def test_an_alert_goes_with_its_article_into_another_story(world):
    world.readers = ()
    elder = world.tells("beta", (HEAD, TRAIN[1]))
    world.readers = (ANN,)
    younger = world.tells("alpha", (HEAD, GUNS[1]))
    world.tells("gamma", GUNS_AGAIN)  # which stays behind
    (alert,) = world.deliver()
    page = ArticleText(HEAD, GUNS[1] + " It is all the same.", canonical_url="https://beta.example/1")
    world.archive.write(store_page, PageResult(younger, "https://alpha.example/2", world.now, Outcome.NEW, page))
    world.read()
    assert len(world.archive.read(list_stories)) == 2
    (told,) = world.archive.read(story_state, world.story(elder)).told["ann"]
    assert told.message_id == alert["Message-ID"]  # he has been told, if of the one that went
    assert world.deliver() == []


# --- digests

DAILY = Reader("dora", "dora@example.org", immediate=False, digest="daily 07:30")
SEVEN = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def cards(world):
    found = [mail for mail in world.waits("queued", "sent") if mail.kind == "digest"]
    return [json.loads(mail.body)["card"] for mail in reversed(found)]


def titles(card):
    return [story["title"] for story in card["stories"]]


def test_a_digest_comes_once_and_loses_nothing_between_two(world):
    world.readers = (DAILY,)
    world.digests()
    world.tells("alpha", GUNS)
    assert world.digests() == 0
    assert world.waits() == []
    world.now = SEVEN
    waiting = world.brings("alpha", FAR)  # found before the digest, read after it
    assert world.digests() == 1
    assert world.digests() == 0
    world.read()
    world.now += DAY
    assert world.digests() == 1
    assert [titles(card) for card in cards(world)] == [[GUNS[0]], [FAR[0]]]
    world.now += DAY
    world.tells("beta", GUNS)  # a copy
    assert world.digests() == 1
    assert titles(cards(world)[-1]) == []
    assert world.story(waiting) is not None


def test_digests_missed_for_a_week_come_once(world):
    world.readers = (DAILY,)
    world.digests()
    world.tells("alpha", GUNS)
    world.now = SEVEN + 7 * DAY + HOUR
    assert world.digests() == 1
    assert world.digests() == 0
    world.now += DAY - 2 * HOUR
    assert world.digests() == 0
    world.now += HOUR
    assert world.digests() == 1
    assert [titles(card) for card in cards(world)] == [[GUNS[0]], []]


def test_a_digest_tells_what_changed_of_a_story_that_he_knows(world):
    world.readers = (DAILY,)
    world.digests()
    world.tells("alpha", GUNS)
    world.now = SEVEN
    world.digests()
    world.tells("beta", GUNS_MORE)
    world.now = SEVEN + DAY
    world.digests()
    (story,) = cards(world)[1]["stories"]
    assert story["updated"]
    assert "figure" in {change["kind"] for change in story["changes"]}


def test_a_muted_story_is_in_no_digest(world):
    world.readers = (DAILY,)
    world.digests()
    world.decide(StoryVerdict.MUTE, world.story(world.tells("alpha", GUNS)))
    world.tells("alpha", FAR)
    world.now = SEVEN
    world.digests()
    assert [titles(card) for card in cards(world)] == [[FAR[0]]]


def test_another_schedule_and_a_clock_that_was_ahead_stop_no_digest(world):
    world.readers = (replace(DAILY, digest="weekly mon 07:30"),)
    world.digests()
    world.tells("alpha", GUNS)
    world.readers = (DAILY,)
    world.now = SEVEN
    assert world.digests() == 1
    world.now += 400 * DAY
    assert world.digests() == 1
    world.now -= 400 * DAY
    world.tells("alpha", FAR)
    world.digests()
    world.now += DAY
    assert world.digests() == 1
    assert FAR[0] in titles(cards(world)[-1])


def test_who_has_alerts_and_digests_is_mailed_at_once_and_finds_it_in_the_digest(world):
    world.readers = (replace(DAILY, immediate=True),)
    world.digests()
    world.tells("alpha", GUNS)
    assert kinds(world.deliver()) == ["alert"]
    world.now = SEVEN
    world.digests()
    assert kinds(world.deliver()) == ["digest"]
    world.tells("beta", GUNS_MORE)
    assert kinds(world.deliver()) == ["update"]


# --- what is a change


def test_nobody_in_particular_and_a_friend_confirm_nothing(world):
    flow = ("troops", "sent", "KP", "RU")
    setup = world.setup()

    def changed(first, second):
        old, new = (Said(flow, 10_000, 10_000, one, False, n) for n, one in enumerate((first, second)))
        found = changes(
            Facts((old,), (first,)), Facts((old, new), (first,)), frozenset({new}), lambda one: voice_of(setup, one)
        )
        return [one.kind for one in found]

    assert changed("kr_nis", "ua_gur") == ["confirmation"]
    assert changed("anon_officials", "kr_nis") == ["confirmation"]
    assert changed("kr_nis", "anon_officials") == []
    assert changed("kcna", "tass") == []


# --- an archive of before there were stories


def test_what_was_alerted_before_there_were_stories_is_not_alerted_again(tmp_path):
    """The version of before is made of today's by taking out what its migration brought."""
    path = tmp_path / "khasan.db"
    with open_archive(path) as archive:
        world = World(archive)
        world.tells("alpha", GUNS)
        world.deliver()
        world.brings("alpha", FAR, key="far")
        world.read()
    _unmigrate(path)
    with open_archive(path) as archive:
        check(archive)
        assert archive.read(lambda c: [r[0] for r in c.execute("SELECT state FROM outbox ORDER BY id")]) == [
            "sent",
            "queued",
        ]
        old, world.archive = world.archive, archive
        assert old is not archive
        assert world.read() == (2, 0)  # as it does at its start
        world.tells("beta", GUNS_UK)  # the story goes on
        assert kinds(world.deliver()) == ["alert"]  # the one that waited
        assert len(world.post.taken) == 2
        world.tells("alpha", (FAR[0], FAR[1] + " More was not said."), key="far")
        assert world.deliver() == []
        world.tells("gamma", GUNS_MORE)
        assert kinds(world.deliver()) == ["update"]
        check(archive)


def _unmigrate(path):
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA foreign_keys = 0")
        before = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'outbox'").fetchone()[0]
        before = before.replace("'dead', 'expired', 'superseded', 'dropped'", "'dead', 'merged', 'dropped'")
        before = before.replace("""outbox"(""", """outbox_old"(""").replace(
            'CREATE TABLE "outbox"', "CREATE TABLE outbox_old"
        )
        before = before[: before.rindex(",", 0, before.rindex("story_id"))] + ")"
        connection.execute(before.replace('REFERENCES "outbox"', "REFERENCES outbox"))
        names = [row[1] for row in connection.execute("PRAGMA table_info(outbox_old)")]
        connection.execute(f"INSERT INTO outbox_old SELECT {', '.join(names)} FROM outbox")
        connection.execute("UPDATE outbox_old SET body = json_remove(body, '$.card', '$.thread', '$.first_subject')")
        for table in ("telling", "story_decision", "story_band", "story_key", "story_article", "story", "outbox"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA legacy_alter_table = 1")
        connection.execute("ALTER TABLE outbox_old RENAME TO outbox")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name > 'm011'")
    connection.close()


def test_the_analysis_version_was_raised_with_stories():
    assert int(ANALYSIS_VERSION) >= 4
