"""robots.txt: what it means, how long it counts, and that it is asked for once."""

import asyncio
from datetime import timedelta

import pytest

from spiders.robots import AGAIN, FRESH, MOST_DELAY, RobotsKeeper, origin_of, rules_of
from storage.archive import open_archive
from storage.hosts import Robots, keep_robots, robots_of
from tests.shelf import NOW, minutes

AGENT = "Khasan/0.1 (news monitor; contact: not set)"
ORIGIN = "https://news.example"
CLOSED = "User-agent: *\nDisallow: /closed/\nCrawl-delay: 7\n\nUser-agent: khasan\nDisallow: /not-for-khasan/\n"


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as archive:
        yield archive


class Server:
    """Answers what it is told to, and counts how often it is asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, url, proxy):
        await asyncio.sleep(0)
        self.asked.append((url, proxy))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def rules(archive, server, *, url=f"{ORIGIN}/feed", now=NOW, keeper=None):
    return asyncio.run((keeper or RobotsKeeper(archive, server)).rules(url, now))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://News.example/a?b#c", "https://news.example"),
        ("http://news.example:8080/a", "http://news.example:8080"),
        ("http://user:secret@news.example/a", "http://news.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin


def test_it_is_obeyed_for_our_name_or_for_all():
    known = rules_of(Robots(ORIGIN, NOW, 200, "User-agent: *\nDisallow: /closed/\nCrawl-delay: 7\n", NOW), NOW)
    assert known.refused(f"{ORIGIN}/closed/a", AGENT) == "robots.txt does not allow it"
    assert known.refused(f"{ORIGIN}/open", AGENT) == ""
    assert known.delay(AGENT) == 7.0
    ours = rules_of(Robots(ORIGIN, NOW, 200, CLOSED, NOW), NOW)
    assert ours.refused(f"{ORIGIN}/not-for-khasan/a", AGENT)
    assert not ours.refused(f"{ORIGIN}/closed/a", AGENT), "a group of our own replaces that for all"


@pytest.mark.parametrize(
    ("text", "delay"), [("Crawl-delay: 3600", MOST_DELAY), ("Request-rate: 1/20", 20.0), ("", 0.0)]
)
def test_delays_are_bounded(text, delay):
    assert rules_of(Robots(ORIGIN, NOW, 200, f"User-agent: *\nDisallow: /x\n{text}\n", NOW), NOW).delay(AGENT) == delay


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_such_file_allows_everything(status):
    assert rules_of(Robots(ORIGIN, NOW, status, "", NOW), NOW).refused(f"{ORIGIN}/a", AGENT) == ""


def test_a_server_that_fails_on_it_allows_nothing_unless_an_older_answer_is_known(archive):
    refused = rules(archive, Server((503, b"")))
    assert "HTTP 503" in refused.refused(f"{ORIGIN}/a", AGENT)
    assert refused.until == NOW + AGAIN
    archive.write(keep_robots, Robots(ORIGIN, NOW - timedelta(days=2), 200, CLOSED, NOW - timedelta(days=2)))
    kept = rules(archive, Server((503, b"")))
    assert kept.refused(f"{ORIGIN}/not-for-khasan/a", AGENT)
    assert not kept.refused(f"{ORIGIN}/a", AGENT)
    assert archive.read(robots_of, ORIGIN).body == CLOSED, "a failure does not forget what was known"


def test_without_an_answer_the_request_itself_will_say_what_is_wrong(archive):
    assert rules(archive, Server((None, b""))).refused(f"{ORIGIN}/a", AGENT) == ""


def test_it_is_asked_once_a_day_by_all_processes_together(archive):
    server = Server((200, CLOSED.encode()), (200, b"User-agent: *\nDisallow: /\n"))
    rules(archive, server)
    rules(archive, server, now=NOW + timedelta(hours=23))  # another process: nothing in memory
    assert len(server.asked) == 1
    after = rules(archive, server, now=NOW + FRESH)
    assert len(server.asked) == 2
    assert after.refused(f"{ORIGIN}/anything", AGENT), "the new one counts"


def test_many_who_wait_make_one_request_and_it_goes_through_the_proxy(archive):
    server = Server((200, CLOSED.encode()))

    async def all_at_once():
        keeper = RobotsKeeper(archive, server)
        await asyncio.gather(*(keeper.rules(f"{ORIGIN}/{n}", NOW, "http://proxy.example:3128") for n in range(20)))
        await keeper.rules(f"{ORIGIN}/again", NOW + minutes(5))

    asyncio.run(all_at_once())
    assert server.asked == [(f"{ORIGIN}/robots.txt", "http://proxy.example:3128")]


def test_a_failure_is_not_asked_again_at_once(archive):
    server = Server((500, b""))
    rules(archive, server)
    rules(archive, server, now=NOW + minutes(9))
    assert len(server.asked) == 1
    rules(archive, server, now=NOW + minutes(10))
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00bad", b"<html>not found</html>", b"", b"x" * 2_000_000, b"User-agent\n:::\n"]
)
def test_nonsense_allows_everything(archive, body):
    assert rules(archive, Server((200, body))).refused(f"{ORIGIN}/a", AGENT) == ""


@pytest.mark.parametrize("answer", [(429, b""), (None, b""), (503, b"")])
def test_what_was_known_counts_while_there_is_no_answer_but_not_for_ever(archive, answer):
    archive.write(keep_robots, Robots(ORIGIN, NOW - timedelta(days=2), 200, CLOSED, NOW - timedelta(days=2)))
    kept = rules(archive, Server(answer))
    assert kept.refused(f"{ORIGIN}/not-for-khasan/a", AGENT)
    later = rules(archive, Server(answer), now=NOW + timedelta(days=29))
    assert later.parser is None
    assert bool(later.refusal) == (answer[0] is not None)
