"""What walking back did not reach at one poll is asked for at the next ones, until all is seen or it is given up."""

import re
from datetime import timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest

from spiders.feeds import MOST_PAGES
from spiders.gap import MOST_POLLS, Gap
from storage.archive import open_archive
from storage.model import Outcome
from tests.test_sitemaps import T0, D, H, Watch
from tests.test_telegram_reader import MORE, page, post, text

STEP = timedelta(minutes=30)  # between two articles
PER_PAGE = 10
FEED = "https://courier.example/feed"
CHANNEL = "https://t.me/s/tumen_post"


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as opened:
        yield opened


class Site:
    """A feed of ten entries, or a channel, with all that is older on further pages. `broken`: the status of a page by its number."""

    def __init__(self, *, dated=True):
        self.dated = dated
        self.broken = {}
        self.frozen = None  # the time at which nothing more is published

    def feed(self, url, now):
        number = int(parse_qs(urlsplit(url).query).get("paged", ["1"])[0])
        if number in self.broken:
            return self.broken[number], ""
        newest = self.newest(now) - (number - 1) * PER_PAGE
        items = "".join(self.item(one) for one in range(newest, max(0, newest - PER_PAGE), -1))
        return (200, f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>") if items else (404, "")

    def item(self, number):
        at = f"<pubDate>{T0 + number * STEP:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if self.dated else ""
        return (
            f"<item><title>Train {number} has crossed</title><link>https://courier.example/{number}</link>{at}</item>"
        )

    def channel(self, url, now):
        before = int(parse_qs(urlsplit(url).query).get("before", ["0"])[0]) or self.newest(now) + 1
        pages = (self.newest(now) + 1 - before) // PER_PAGE + 1
        if pages in self.broken:
            return self.broken[pages], ""
        shown = range(max(1, before - PER_PAGE), before)
        posts = (
            post(one, text(f"Train {one} has crossed"), at=f"{T0 + one * STEP:%Y-%m-%dT%H:%M:%S+00:00}")
            for one in shown
        )
        return 200, page(*posts, more=MORE)

    def newest(self, now):
        return int((min(now, self.frozen or now) - T0) / STEP)


def watch(archive, site, kind="feeds"):
    """The site, read whole two days after it began."""
    url, serve = (FEED, site.feed) if kind == "feeds" else (CHANNEL, site.channel)
    watched = Watch(archive, serve, url=url, kind=kind)
    watched.poll(T0 + 2 * D)
    assert watched.poll(T0 + 2 * D + H).outcome == Outcome.NEW
    return watched


def numbers(watched):
    return {int(re.search(r"\d+$", one)[0]) for one in watched.articles("live")}


def cursor(archive):
    return archive.read(lambda connection: connection.execute("SELECT cursor FROM source").fetchone()[0])


def asked(watched, now):
    """The result of a poll, and how many addresses it asked."""
    before = len(watched.asked)
    return watched.poll(now), len(watched.asked) - before


AWAY = T0 + 5 * D  # the first poll after two days and 23 hours, in which 142 articles came out
SEEN = 2 * 48 + 2  # articles before


@pytest.mark.parametrize(("dated", "kind"), [(True, "feeds"), (False, "feeds"), (True, "telegram")])
def test_what_is_beyond_the_most_pages_of_a_poll_comes_with_the_next(archive, dated, kind):
    watched = watch(archive, site := Site(dated=dated), kind)
    assert watched.poll(AWAY).outcome == Outcome.OVERFLOW
    assert cursor(archive)
    for number in count(1):
        assert number < MOST_POLLS
        result = watched.poll(now := AWAY + number * H)
        assert result.outcome == Outcome.NEW
        if not cursor(archive):
            break
    assert numbers(watched) >= set(range(SEEN + 1, site.newest(now) + 1))
    assert asked(watched, now + H)[1] == 1


@pytest.mark.parametrize("kind", ["feeds", "telegram"])
@pytest.mark.parametrize("frozen", [True, False])
def test_a_page_that_fails_is_asked_again_though_the_list_may_be_the_same(archive, kind, frozen):
    watched = watch(archive, site := Site(), kind)
    site.frozen = AWAY if frozen else None
    site.broken = {2: 503}
    now = AWAY - 2 * D  # 46 articles: as many as a poll may walk back through
    site.frozen = site.frozen and now
    result = watched.poll(now)
    assert result.outcome == Outcome.OVERFLOW
    assert result.faults == (f"{'further pages' if kind == 'feeds' else 'older posts'}: HTTP 503",)
    watched.poll(now + STEP)
    left = Gap.from_text(cursor(archive))
    assert (left.number, left.polls, left.before) == (2, 1, T0 + 2 * D + H)
    assert numbers(watched) <= set(range(site.newest(now) - PER_PAGE, site.newest(now + STEP) + 1)) | {SEEN - 1, SEEN}
    site.broken = {}
    result, pages = asked(watched, now + H)
    assert result.outcome == Outcome.NEW
    assert "more pages" in result.detail or "from further pages, late" in result.detail
    assert pages <= 1 + MOST_PAGES
    assert cursor(archive) == ""
    assert numbers(watched) >= set(range(SEEN + 1, site.newest(now + H) + 1))
    assert asked(watched, now + 2 * H)[1] == 1


def test_what_comes_late_teaches_nothing_of_the_rhythm(archive):
    watched = watch(archive, site := Site())
    site.broken = {2: 503}
    watched.poll(AWAY - 2 * D)
    site.broken, site.frozen = {}, AWAY - 2 * D
    result = watched.poll(AWAY - 2 * D + H)
    assert len(result.entries) > 2 * PER_PAGE
    assert result.rhythm is None


@pytest.mark.parametrize("kind", ["feeds", "telegram"])
def test_a_page_that_fails_for_ever_is_given_up(archive, kind):
    watched = watch(archive, site := Site(), kind)
    site.broken = dict.fromkeys(range(2, 99), 500)
    watched.poll(AWAY)
    counts = [asked(watched, AWAY + number * STEP)[1] for number in range(1, MOST_POLLS + 4)]
    assert counts == [2] * MOST_POLLS + [1] * 3
    assert cursor(archive) == ""


@pytest.mark.parametrize("status", [404, 410])
def test_a_feed_without_further_pages_is_not_asked_for_them_again(archive, status):
    watched = watch(archive, site := Site())
    site.broken = {2: status}
    assert watched.poll(AWAY).outcome == Outcome.OVERFLOW
    assert cursor(archive) == ""
    assert asked(watched, AWAY + STEP)[1] == 1


def test_a_second_gap_before_the_first_is_closed_reaches_back_to_the_beginning_of_both(archive):
    watched = watch(archive, site := Site())
    site.broken = {2: 503}
    watched.poll(AWAY - 2 * D)
    watched.poll(now := AWAY - 1 * D - 12 * H)
    left = Gap.from_text(cursor(archive))
    assert (left.polls, left.before) == (0, T0 + 2 * D + H)
    site.broken = {}
    for number in (1, 2):
        watched.poll(now + number * STEP)
    assert cursor(archive) == ""
    assert numbers(watched) >= set(range(SEEN + 1, site.newest(now) + 1))


def test_addresses_that_are_all_new_are_no_gap_once_the_walk_is_behind_the_last_poll(archive):
    """A site that was built anew: what is there came out before."""
    watched = watch(archive, site := Site())
    item = site.item
    site.item = lambda number: item(number).replace("courier.example/", "courier.example/new/")
    watched.poll(T0 + 2 * D + 20 * H)
    assert cursor(archive) == ""
