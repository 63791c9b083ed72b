"""Polling sitemaps over days: real readers and a real archive, answers from a function of address and time, a clock by hand."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from scrapy.http import Request, Response

from spiders.options import CollectOptions
from spiders.polls import first_request, read_poll
from spiders.sitemap_news import LEAST_ALIKE, Part, Progress, newest_listed
from spiders.sitemap_reader import Listed
from spiders.sitemaps import newer_in_sitemap
from spiders.visit import Visit
from storage.archive import open_archive
from storage.entries import store_poll
from storage.model import Entry, Outcome, Outlet, Pages, PollJob, Precision, Published, Source, TimeOrigin
from storage.sources import Room, due_polls, sync_topic

H, D = timedelta(hours=1), timedelta(days=1)
T0 = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
SITE = "https://herald.example"
MAP = f"{SITE}/sitemap.xml"
DAILY = f"{SITE}/map-{{YYYY}}-{{MM}}-{{DD}}.xml"
GONE = 404, ""


class Inline:
    """Workers that are this process."""

    async def run(self, read, *args, seconds=0):
        return read(*args)


class Watch:
    """One source, polled by hand. `serve(url, now)` answers with a status and a body."""

    def __init__(self, archive, serve, url=MAP, kind="sitemaps", **rest):
        self.archive, self.serve = archive, serve
        self.asked = []
        self.work = SimpleNamespace(
            archive=archive, options=CollectOptions(), workers=Inline(), clock=lambda: self.now, now=T0
        )
        self.now = T0
        source = Source(id="map", outlet="herald", name="Map", url=url, kind=kind, pages=Pages.CANDIDATES, **rest)
        archive.write(sync_topic, [Outlet("herald", "Herald")], [source], T0)

    def _answer(self, url):
        self.asked.append(url)
        status, body = self.serve(url, self.now)
        return Response(url, status=status, body=body.encode(), request=Request(url))

    async def _get(self, url, job):
        return self._answer(url)

    def poll(self, now):
        """One poll; its result, with the addresses of what it brought that was new."""
        self.now = now
        (job,) = self.archive.write(due_polls, now, room=Room(9, 9, {}), only=["map"], at_once=True)
        result = asyncio.run(read_poll(self._answer(first_request(job, now)[0]), job, self.work, self._get))
        self.archive.write(store_poll, result)
        return result

    def polls(self, start, end, step):
        """Polls at regular times; the last result."""
        now, result = start, None
        while now <= end:
            result, now = self.poll(now), now + step
        return result

    def articles(self, arrival="%"):
        found = self.archive.read(
            lambda connection: connection.execute("SELECT url FROM article WHERE arrival LIKE ?", (arrival,)).fetchall()
        )
        return {row[0].removeprefix(f"{SITE}/") for row in found}


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "a.db") as opened:
        yield opened


def stamp(at):
    return at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def urlset(*pages):
    """Of (path, lastmod) each, or (path, publication, title)."""
    records = []
    for path, at, *title in pages:
        said = f"<lastmod>{stamp(at)}</lastmod>" if at and not title else ""
        if title:
            said = f"<n:news><n:publication_date>{stamp(at)}</n:publication_date><n:title>{title[0]}</n:title></n:news>"
        records.append(f"<url><loc>{SITE}/{path}</loc>{said}</url>")
    return 200, f"<urlset>{''.join(records)}</urlset>"


def index(*children):
    """Of (name, lastmod) each."""
    inner = "".join(
        f"<sitemap><loc>{SITE}/{name}</loc>{f'<lastmod>{stamp(at)}</lastmod>' if at else ''}</sitemap>"
        for name, at in children
    )
    return 200, f"<sitemapindex>{inner}</sitemapindex>"


def since(published, now):
    """Of (path, time) those that are out."""
    return [(path, at) for path, at in published if at <= now]


def dailies(first, last, hours=(1, 10, 16)):
    return [(f"a/{day}-{hour}", T0 + day * D + hour * H) for day in range(first, last) for hour in hours]


def out_between(published, start, end):
    return {path for path, at in published if start < at <= end}


# --- which children ---

SECTIONS = "abcdefghijklmno"


@pytest.mark.parametrize("folder", ["sections", "news"])
@pytest.mark.parametrize("said", ["nothing", "the day", "now"])
@pytest.mark.parametrize("step", [H, 6 * H])
def test_more_children_than_are_read_at_once_are_all_read(archive, folder, said, step):
    published = [(f"{one}/{n}", T0 + timedelta(hours=9 * n, minutes=7)) for one in SECTIONS for n in range(-5, 12)]

    def serve(url, now):
        if url == MAP:
            at = {"nothing": "", "the day": f"{now:%Y-%m-%d}", "now": now}[said]
            return index(*((f"{folder}/map-{one}.xml", at) for one in SECTIONS))
        return urlset(*(one for one in since(published, now) if one[0].startswith(f"{url[-5]}/")))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 5 * D, step)
    assert out_between(published, T0, T0 + 4 * D) <= watch.articles("live")
    assert not out_between(published, T0 - 9 * D, T0) & watch.articles("live")


def test_children_that_wait_are_counted(archive):
    watch = Watch(archive, lambda url, _: index(*((f"m-{n}.xml", "") for n in range(25))) if url == MAP else urlset())
    watch.poll(T0)
    details = [watch.poll(T0 + n * H).detail for n in range(1, 5)]
    assert details == ["10 of its sitemaps wait for the next pass", "5 of its sitemaps wait for the next pass", "", ""]


def test_an_index_that_tells_the_wrong_time_is_read_all_the_same(archive):
    published = dailies(-3, 4)

    def serve(url, now):
        return index(("posts.xml", T0 - 20 * D), ("tags.xml", "")) if url == MAP else urlset(*since(published, now))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 4 * D, 3 * H)
    assert watch.articles("live") == out_between(published, T0, T0 + 4 * D)


def test_what_stood_there_before_the_watch_is_no_news_when_its_sitemap_is_read_at_last(archive):
    def serve(url, now):
        if url == MAP:
            return index(*((f"m-{n:02d}.xml", "") for n in range(30)))
        name = url[-6:-4]
        return urlset((f"{name}/old", T0 - H), (f"{name}/undated", ""), *since([(f"{name}/new", T0 + H)], now))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 10 * H, H)
    assert watch.articles("live") == {f"{n:02d}/new" for n in range(30)}


def test_a_child_that_appears_and_must_wait_is_still_news(archive):
    def serve(url, now):
        if url == MAP:
            appeared = [(f"new-{n:02d}.xml", "") for n in range(30)] if now > T0 else []
            return index(("m.xml", ""), *appeared)
        return urlset((url[-6:-4], ""))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 10 * H, H)
    assert {f"{n:02d}" for n in range(30)} <= watch.articles("live")


def test_a_sitemap_that_becomes_an_index_brings_no_past(archive):
    def serve(url, now):
        if url == MAP and now > T0:
            return index(("1.xml", ""))
        return urlset(*((f"{'story' if now > T0 else 'item'}/{n}", "") for n in range(30)))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 3 * H, H)
    assert not watch.articles("live")


# --- dead ones ---


def test_one_dead_child_makes_no_fault_of_an_index(archive):
    published = dailies(-3, 3)

    def serve(url, now):
        if url == MAP:
            return index(
                ("dead.xml", now),
                ("posts.xml", max(at for _, at in since(published, now))),
            )
        return urlset(*since(published, now)) if "posts" in url else GONE

    watch = Watch(archive, serve)
    watch.poll(T0)
    outcomes = {watch.poll(T0 + n * H).outcome for n in range(1, 48)}
    assert outcomes == {Outcome.NEW, Outcome.UNCHANGED}
    assert watch.articles("live") == out_between(published, T0, T0 + 47 * H)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(GONE, Outcome.GONE), ((410, ""), Outcome.GONE), ((200, "<html><p>x"), Outcome.NOT_A_FEED), ((500, ""), Outcome.SERVER)],
)  # fmt: skip
def test_an_index_of_which_all_children_are_dead_is_a_fault_also_after_good_days(archive, answer, outcome):
    def serve(url, now):
        if url == MAP:
            return index(("a.xml", now), ("b.xml", ""), ("c.xml", T0 - 9 * D))
        return urlset(("x", now)) if now < T0 + 3 * H else answer

    watch = Watch(archive, serve)
    assert watch.polls(T0, T0 + 2 * H, H).outcome.good
    result = watch.poll(T0 + 4 * H)
    assert result.outcome == outcome
    assert "a.xml" in result.detail
    assert not result.retired, "the index itself is there"


# --- dates ---


def test_a_sitemap_that_is_built_every_few_days_brings_all_of_them(archive):
    published = dailies(-8, 30)

    def serve(url, now):
        built = T0 + 4 * D * ((now - T0) // (4 * D))
        return index(("posts.xml", built)) if url == MAP else urlset(*since(published, built))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 20 * D, 6 * H)
    assert watch.articles("live") == out_between(published, T0, T0 + 20 * D)


def test_old_pages_that_are_newly_listed_are_told_and_not_read(archive):
    def serve(_, now):
        return urlset(("a", T0), ("b", T0 - D), *([("c", T0 - 30 * D)] if now > T0 else []))

    watch = Watch(archive, serve)
    watch.poll(T0)
    assert watch.poll(T0 + H).detail == "1 old pages newly listed, not read"
    assert not watch.articles("live")


def test_lastmods_that_are_always_old_are_not_believed(archive):
    published = dailies(-1, 9)

    def serve(_, now):
        return urlset(*((path, at - 400 * D) for path, at in since(published, now)))

    watch = Watch(archive, serve)
    watch.poll(T0)
    watch.polls(T0 + H, T0 + 8 * D, H)
    missed = out_between(published, T0, T0 + 8 * D) - watch.articles("live")
    assert missed == {"a/0-1", "a/0-10", "a/0-16"}, "it takes three passes to know"


def test_dates_to_come_and_dates_that_mean_nothing_are_not_the_newest():
    published = Published(T0 - D, None, Precision.MINUTE, TimeOrigin.FEED)
    pages = {
        1: Listed(Entry("1", "", "", "", ""), T0 - H),
        2: Listed(Entry("2", "", "", "", ""), T0 + H),
        3: Listed(Entry("3", "", "", "", "", published=published)),
        4: Listed(Entry("4", "", "", "", "")),
    }
    assert newest_listed([Part(pages)], T0, believed=True) == T0 - H
    assert newest_listed([Part(pages)], T0, believed=False) == T0 - D
    assert newest_listed([Part({})], T0, believed=True) is None


def test_one_lastmod_for_all_pages_says_nothing_from_the_first(archive):
    published = dailies(-LEAST_ALIKE, 5)

    def serve(_, now):
        return urlset(*((path, T0 - 400 * D) for path, _ in since(published, now)))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 5 * D, H)
    assert watch.articles("live") == out_between(published, T0, T0 + 5 * D)


def test_the_newest_date_is_told_though_nothing_is_read(archive):
    dead = T0 - 900 * D
    watch = Watch(archive, lambda *_: urlset(("a", dead - D), ("b", dead)))
    watch.poll(T0)
    newest = archive.read(lambda connection: connection.execute("SELECT newest_at FROM source").fetchone()[0])
    assert newest is not None
    assert datetime.fromisoformat(newest) == dead


# --- all at once ---


@pytest.mark.parametrize("child", [False, True])
def test_a_site_whose_addresses_all_change_brings_no_past(archive, child):
    def serve(url, now):
        if url == MAP and child:
            return index(("posts.xml", now))
        moved = now > T0 + D
        old = [(f"{'story' if moved else 'item'}/{n}", "") for n in range(300)]
        return urlset(*old, *([("today", now - H), ("told", now - H, "A title")] if moved else []))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + D, 6 * H)
    result = watch.poll(T0 + D + H)
    assert result.detail.startswith("300 undated or old pages newly listed at once")
    assert watch.articles("live") == {"today", "told"}
    watch.polls(T0 + D + 2 * H, T0 + 2 * D, 6 * H)
    assert watch.articles("live") == {"today", "told"}


def test_a_sitemap_that_appears_may_bring_many_pages_at_once(archive):
    def serve(url, now):
        if url == MAP:
            return index(("1.xml", ""), *([("2.xml", "")] if now > T0 else []))
        return urlset(*((f"{url[-5]}/{n}", "") for n in range(300)))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + H, H)
    assert len(watch.articles("live")) == 300


# --- templates ---


def by_day(published):
    def serve(url, now):
        pages = [(path, at) for path, at in since(published, now) if f"{at:%Y-%m-%d}" in url]
        return urlset(*pages) if pages else GONE

    return serve


def test_quiet_days_without_a_sitemap_are_no_fault(archive):
    published = [one for one in dailies(-7, 14, hours=(10, 16)) if one[1].weekday() < 5]
    watch = Watch(archive, by_day(published), DAILY, zone="UTC")
    results = [watch.poll(T0 + 11 * H + n * 3 * H) for n in range(100)]
    assert {one.outcome for one in results} == {Outcome.NEW, Outcome.UNCHANGED}
    assert not any(one.faults for one in results)
    assert watch.articles("live") == out_between(published, T0 + 11 * H, watch.now)


def test_a_quiet_day_among_those_since_the_last_pass_is_no_fault_either(archive):
    published = [one for one in dailies(-7, 14) if one[1].weekday() < 5]
    watch = Watch(archive, by_day(published), DAILY, zone="UTC")
    watch.poll(T0 + 11 * H)
    assert watch.poll(T0 + 7 * D + 11 * H).faults == ()
    assert watch.articles("live") == out_between(published, T0 + 11 * H, watch.now)


def test_a_template_that_leads_nowhere_is_gone(archive):
    watch = Watch(archive, lambda *_: GONE, DAILY, zone="UTC")
    assert watch.poll(T0).outcome == Outcome.GONE


def test_no_day_is_asked_for_twice_in_a_poll(archive):
    watch = Watch(archive, by_day(dailies(-2, 0)), DAILY, zone="UTC")
    watch.poll(T0 + H)
    assert sorted(watch.asked) == sorted(set(watch.asked))


@pytest.mark.parametrize("days", [20, 90])
def test_a_template_makes_up_for_a_long_outage(archive, days):
    published = dailies(-3, days + 10)
    there = by_day(published)
    watch = Watch(
        archive, lambda url, now: (503, "") if T0 + D < now < T0 + days * D else there(url, now), DAILY, zone="UTC"
    )
    watch.polls(T0, T0 + (days + 2) * D, 12 * H)
    assert watch.articles("live") == out_between(published, T0, T0 + (days + 2) * D)
    details = [row[0] for row in archive.read(lambda one: one.execute("SELECT detail FROM poll").fetchall())]
    assert any("of its dates since the last pass wait" in one for one in details) == (days > 35)


def test_a_day_that_fails_after_an_outage_is_asked_for_again(archive):
    published = dailies(-3, 30)
    there = by_day(published)

    def serve(url, now):
        failing = T0 + D < now < T0 + 20 * D or ("2026-11-08" in url and now < T0 + 22 * D)
        return (500, "") if failing else there(url, now)

    watch = Watch(archive, serve, DAILY, zone="UTC")
    watch.polls(T0, T0 + 23 * D, 12 * H)
    assert watch.articles("live") == out_between(published, T0, T0 + 23 * D)


# --- for feeds ---


def test_a_feed_takes_from_a_sitemap_only_what_says_when_it_was_published(archive):
    now, last = T0 + 3 * D, T0 + D
    pages = [
        ("touched", now - H),
        ("before", last - 2 * H, "Before"),
        ("just-before", last - H / 2, "Just before"),
        ("after", last + H, "After"),
        ("ahead", now + H, "Ahead"),
        *((f"many/{n}", last + 2 * H, f"One of many, {n}") for n in range(120)),
    ]
    watch = Watch(archive, lambda url, _: index(("news.xml", "")) if url == MAP else urlset(*pages))
    source = Source(id="feed", outlet="herald", name="Feed", url=f"{SITE}/rss", sitemap=MAP)
    visit = Visit(PollJob(source, last_good_at=last), watch.work, now, watch._get)
    assert len(asyncio.run(newer_in_sitemap(visit))) == 100
    del pages[5:]
    assert [one.url for one in asyncio.run(newer_in_sitemap(visit))] == [f"{SITE}/after", f"{SITE}/just-before"]


# --- what is kept ---


def test_what_is_kept_is_read_again_as_it_was_and_stays_small(archive):
    def serve(url, now):
        if url == MAP:
            return index(*((f"m-{n}.xml", now) for n in range(400)))
        return urlset((f"{url[-9:-4]}/{now:%d-%H}", now))

    watch = Watch(archive, serve)
    watch.polls(T0, T0 + 60 * H, H)
    cursor = archive.read(lambda connection: connection.execute("SELECT cursor FROM source").fetchone()[0])
    assert Progress.from_text(cursor).to_text() == cursor
    assert Progress.from_text(cursor).passes == 61
    assert len(cursor) < 8000
    assert Progress.from_text("") is None
