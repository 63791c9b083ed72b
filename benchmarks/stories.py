"""How well articles on one event are put into one story, and what that costs and mails as the archive grows.

    .venv/bin/python benchmarks/stories.py score FILE... [--squeeze DAYS] [--jitter] [--show]
    .venv/bin/python benchmarks/stories.py growth [--articles 50000] [--days 90] [--seed 1] [--dir FOLDER]

`score` puts gold stories (JSON lines of id, published, lang, outlet, title, lead or text, story) through the clustering of `khasan
cluster` and prints B-cubed precision, recall and F1. With --squeeze the stories begin within so many days, linearly; with --jitter
each article is moved by up to a day either way. --show prints where the program and gold differ.

`growth` writes the synthetic press of press.py into a new archive, one article at a time, reviews each a minute after it came out,
takes each mail as sent at once, and prints what an article costs in the first tenth and in the last, what one reader with the
default rules gets a day, and how the program's stories and its mails stand to gold. CPU time of the whole process, without the
writing of the press and the storing of the entry.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import shutil
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from press import press
from press_stories import OUTLETS

from alerts.channels import FileOptions
from alerts.compose import MailOptions
from alerts.decide import Reader
from analysis.stories import Clusterer
from khasan.topic import load_topic
from scheduler.review import review_due
from scheduler.setup import Setup
from spiders.options import CollectOptions
from storage.archive import open_archive
from storage.entries import store_poll
from storage.model import Entry, Outcome, Outlet, Pages, PollResult, Precision, Published, Source, TimeOrigin
from storage.outbox import due_mails, mark_sending, mark_sent
from storage.sources import sync_topic

READER = "reader"
AT_ONCE = timedelta(minutes=1)  # from an article's publication to its review


def b_cubed(mine, gold):
    """Precision, recall and F1 of a clustering, by id."""
    by_mine, by_gold = defaultdict(set), defaultdict(set)
    for one in gold:
        by_mine[mine[one]].add(one)
        by_gold[gold[one]].add(one)
    both = {one: len(by_mine[mine[one]] & by_gold[gold[one]]) for one in gold}
    precision = statistics.fmean(both[one] / len(by_mine[mine[one]]) for one in gold)
    recall = statistics.fmean(both[one] / len(by_gold[gold[one]]) for one in gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


# ---- score ----


def timed(rows, squeeze, jitter, chance):
    """The articles with their times, moved as asked, in order."""
    at = {row["id"]: datetime.fromisoformat(row["published"]) for row in rows}
    at = {one: when if when.tzinfo else when.replace(tzinfo=UTC) for one, when in at.items()}
    if squeeze:
        begin = {}
        for row in rows:
            begin[row["story"]] = min(at[row["id"]], begin.get(row["story"], at[row["id"]]))
        first, last = min(begin.values()), max(begin.values())
        share = min(1.0, timedelta(days=squeeze) / max(last - first, timedelta(seconds=1)))
        at = {
            row["id"]: first + (begin[row["story"]] - first) * share + (at[row["id"]] - begin[row["story"]])
            for row in rows
        }
    if jitter:
        at = {one: when + timedelta(days=chance.uniform(-1, 1)) for one, when in at.items()}
    return sorted(((at[row["id"]], row) for row in rows), key=lambda pair: pair[0])


def clustered(rows, topic):
    """The program's story of each article, by id."""
    reader, found = topic.analyser.stories, {}
    clusterer = Clusterer(reader.weights)
    for at, row in rows:
        text = row.get("text") or row.get("lead", "")
        reading = topic.analyser.read(
            row["title"], text, row.get("lang"), publisher=row.get("outlet", ""), published=at
        )
        mine, _ = reader.read(row["title"], text, reading, topic.analyser, row.get("outlet", ""), at)
        found[row["id"]] = clusterer.add(mine, row["title"], text)
    return found


def score(options):
    topic = load_topic()
    for file in options.files:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
        clustered(timed(rows[:1], 0, False, None), topic)  # what is read once is no article's cost
        began = time.process_time()
        mine = clustered(timed(rows, options.squeeze, options.jitter, random.Random(1)), topic)
        spent = (time.process_time() - began) * 1000 / len(rows)
        gold = {row["id"]: row["story"] for row in rows}
        p, r, f1 = b_cubed(mine, gold)
        counts = f"{len(rows)} articles, {len(set(gold.values()))} stories, {len(set(mine.values()))} found"
        print(f"{file.name:28} P {p:.3f}  R {r:.3f}  F1 {f1:.3f}   {counts}, {spent:.1f} ms an article")
        if options.show:
            show(rows, mine, gold)


def show(rows, mine, gold):
    """Which gold stories are in pieces, and which of the program's hold more than one."""
    titles = {row["id"]: f"{row['published'][:10]} {row['lang']} {row['title']}" for row in rows}
    for name, by, other in (("in pieces", gold, mine), ("mixed", mine, gold)):
        groups = defaultdict(list)
        for one in gold:
            groups[by[one]].append(one)
        for group, members in groups.items():
            if len({other[one] for one in members}) > 1:
                print(f"  {name}: {group}")
                print(*(f"    {other[one]!s:>6}  {titles[one]}" for one in members), sep="\n")


# ---- growth ----


def setup_of(topic):
    return Setup(
        database=Path("x"), outlets=(), sources=(), analyser=topic.analyser, rules=topic.rules, topic_version=topic.version,
        collect=CollectOptions(), channel=FileOptions(Path("x")), mail=MailOptions("khasan@example.org"),
        readers=(Reader(READER, "reader@example.org"),), operator="operator@example.org",
    )  # fmt: skip


def source_of(outlet, language):
    return Source(outlet, outlet, outlet, f"https://{outlet}.example/feed", pages=Pages.NEVER, language=language)


def entry_of(article):
    url = f"https://{article.outlet}.example/{article.id}"
    published = Published(article.published, None, Precision.MINUTE, TimeOrigin.FEED)
    sha256 = hashlib.sha256(f"{article.title}\0{article.text}".encode()).hexdigest()
    return Entry(article.id, url, url, article.title, article.text, published=published, sha256=sha256)


def prepare(archive, at):
    """All outlets, each watched from before the first article: what comes is news."""
    known = [source_of(outlet, language) for language, outlets in OUTLETS.items() for outlet in outlets]
    archive.write(sync_topic, [Outlet(one.id, one.id, "") for one in known], known, at)
    for one in known:
        archive.write(store_poll, PollResult(one.id, at, Outcome.UNCHANGED, at))


def store(archive, article):
    result = PollResult(article.outlet, article.published, Outcome.NEW, article.published, entries=(entry_of(article),))
    (stored,) = archive.write(store_poll, result)
    return stored.article


def send(archive, now):
    """Take every mail that is due as sent, as a server without fault would."""
    for mail in archive.read(due_mails, now):
        archive.write(mark_sending, mail.id)
        archive.write(mark_sent, mail.id, now)


def grow(archive, articles, setup):
    """Store and review all; give each article's number in the archive, and its cost in CPU milliseconds, by id."""
    numbers, costs, began = {}, {}, time.perf_counter()
    with asyncio.Runner() as runner:
        for article in articles:
            numbers[article.id] = store(archive, article)
            now = article.published + AT_ONCE
            spent = time.process_time()
            runner.run(review_due(archive, lambda: setup, lambda now=now: now))
            costs[article.id] = (time.process_time() - spent) * 1000
            send(archive, now)
            if len(numbers) % 1000 == 0:
                print(f"\r{len(numbers)} in {time.perf_counter() - began:.0f} s", end="", flush=True)
    return numbers, costs


def looked_up(archive, sql):
    return archive.read(lambda connection: [tuple(row) for row in connection.execute(sql)])


ROOTS = """
    WITH RECURSIVE up(id, root) AS (
        SELECT id, id FROM story WHERE merged_into IS NULL
        UNION ALL SELECT s.id, up.root FROM story s JOIN up ON s.merged_into = up.id
    )
"""


def cost_lines(articles, costs, placed):
    """What an article costs at the start and at the end, of all, by what became of it."""
    tenth = len(articles) // 10
    groups = {
        "all": lambda one: bool(one.id),
        "in a story": lambda one: one.id in placed,
        "on the topic": lambda one: one.story.startswith("s"),
        "other news": lambda one: one.story.startswith("o"),
    }
    print(f"{'CPU ms an article':20} {'first tenth':>16} {'last tenth':>16}   ratio of means, of medians")
    for name, belongs in groups.items():
        ends = [[costs[one.id] for one in part if belongs(one)] for part in (articles[:tenth], articles[-tenth:])]
        if not all(ends):
            continue
        (first, last), (low, high) = map(statistics.fmean, ends), map(statistics.median, ends)
        shown = (
            f"{mean:.2f} ({median:.2f}, {len(end)})"
            for mean, median, end in zip((first, last), (low, high), ends, strict=True)
        )
        print(f"  {name:18} {' '.join(f'{one:>16}' for one in shown)}   {last / first:.2f}, {high / low:.2f}")


def mails_told(archive):
    """Kind, story (as it was told, and as merged by now) and article of every mail on a story."""
    sql = f"{ROOTS} SELECT t.kind, t.story_id, up.root, o.article_id FROM telling t JOIN up ON up.id = t.story_id JOIN outbox o ON o.id = t.outbox_id"
    return looked_up(archive, sql)


def mail_lines(articles, told, numbers, days):
    """What a reader gets a day, whether anything twice, whether anything never."""
    by_number = {numbers[one.id]: one for one in articles}
    alerts = [(story, root, by_number[of]) for kind, story, root, of in told if kind == "alert"]
    updates = [by_number[of] for kind, _, _, of in told if kind == "update"]
    twice, merged = (sum(times > 1 for times in Counter(one[at] for one in alerts).values()) for at in (0, 1))
    alerts = [one for _, _, one in alerts]
    gold = {one.story for one in articles if one.story.startswith("s")}
    by_gold = Counter(one.story for one in alerts)
    off = sum(one.story.startswith("o") for one in alerts)
    material = [one for one in articles if one.material and by_gold[one.story]]
    first_said = {one.id for one in (*alerts, *updates)}
    print(
        f"alerts a day {len(alerts) / days:.2f}, updates a day {len(updates) / days:.2f}; of the alerts {off} are on other news"
    )
    print(
        f"stories (the program's) alerted twice to the reader: {twice}; found later to be one, and alerted as two: {merged}"
    )
    print(f"gold stories: {len(gold)}; alerted once {sum(by_gold[one] == 1 for one in gold)}, more than once {sum(by_gold[one] > 1 for one in gold)}, "
          f"never {sum(not by_gold[one] for one in gold)}; alerts for one, at most {max(by_gold.values(), default=0)}")  # fmt: skip
    share = sum(one.material for one in updates) / max(1, len(updates))
    heard = sum(one.id in first_said for one in material) / max(1, len(material))
    print(
        f"updates that are material by gold: {share:.2f} of {len(updates)}; by kind {dict(Counter(one.kind for one in updates))}"
    )
    print(f"material follow-ups that made a mail: {heard:.2f} of {len(material)}")


def story_lines(articles, placed):
    """How the program's stories stand to gold, of the articles it placed."""
    gold = {one.id: one.story for one in articles if one.story.startswith("s") and one.id in placed}
    on_topic = sum(one.story.startswith("s") for one in articles)
    p, r, f1 = b_cubed(placed, gold)
    print(f"of {on_topic} articles on the topic {len(gold)} are in a story: B-cubed P {p:.3f} R {r:.3f} F1 {f1:.3f}")
    theirs = {one.id: one.story for one in articles if one.id in placed}
    p, r, f1 = b_cubed(placed, theirs)
    print(f"of all {len(theirs)} articles in stories: B-cubed P {p:.3f} R {r:.3f} F1 {f1:.3f}")
    first = {one.story: one.id for one in reversed(articles) if one.id in placed and one.kind in {"first", "flash"}}
    together = defaultdict(list)
    for one in articles:
        beside = one.same_as if one.same_as in placed else first.get(one.story)
        if one.id in gold and beside is not None and beside != one.id:
            together[one.kind].append(placed[one.id] == placed[beside])
    shares = ", ".join(
        f"{kind} {statistics.fmean(found):.3f} of {len(found)}" for kind, found in sorted(together.items())
    )
    print(f"in one story with what they repeat or follow: {shares}")


def growth(options):
    folder = options.dir or Path(tempfile.mkdtemp(prefix="khasan-growth-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    articles = list(press(options.articles, options.days, options.seed))
    setup = setup_of(load_topic())
    setup.analyser.read(articles[0].title, articles[0].text)  # what is read once is no article's cost
    with open_archive(folder / "khasan.db") as archive:
        prepare(archive, articles[0].published - timedelta(hours=1))
        numbers, costs = grow(archive, articles, setup)
        by_number = {number: one for one, number in numbers.items()}
        sql = f"{ROOTS} SELECT s.article_id, up.root FROM story_article s JOIN up ON up.id = s.story_id"
        placed = {by_number[article]: story for article, story in looked_up(archive, sql)}
        print(
            f"{len(articles)} articles, {options.days:g} days, {len(placed)} of them in {len(set(placed.values()))} stories"
        )
        cost_lines(articles, costs, placed)
        mail_lines(articles, mails_told(archive), numbers, options.days)
        story_lines(articles, placed)
    if options.dir is None:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    scoring = modes.add_parser("score")
    scoring.add_argument("files", nargs="+", type=Path)
    scoring.add_argument("--squeeze", type=float, default=0)
    scoring.add_argument("--jitter", action="store_true")
    scoring.add_argument("--show", action="store_true")
    growing = modes.add_parser("growth")
    growing.add_argument("--articles", type=int, default=50_000)
    growing.add_argument("--days", type=float, default=90)
    growing.add_argument("--seed", type=int, default=1)
    growing.add_argument("--dir", type=Path, help="where to leave the archive; it is emptied first")
    options = parser.parse_args()
    {"score": score, "growth": growth}[options.mode](options)


if __name__ == "__main__":
    main()
