"""How long rules take over an archive of 100,000 articles of some 4,000 characters, and searches for the newest twenty.

    .venv/bin/python benchmarks/backtest.py [--articles 100000] [--dir /tmp/khasan-backtest]

The archive is made once, about 1.4 GB in two minutes, and kept for the next time. Of its articles, over two years and in
four languages, a third speak of North Korea, a quarter of both countries, and one in twelve of shells beside them.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.finding import Finder
from analysis.query import parse
from analysis.search import to_filter
from khasan.topic import load_topic
from storage.archive import open_archive
from storage.articles import text_hash
from storage.search import rows_where, unreviewed
from storage.times import to_text

LETTERS = {
    "en": "eeetaoinshrdlucmfw",
    "uk": "оаніиетрсвлкдпмуяз",
    "ru": "оеаинтсрвлкмдпуяыь",
    "ko": "가나다라마바사아자차카타파하고노도로모보",
}
NEUTRAL = {
    "en": "The government said on Monday that",
    "uk": "Уряд повідомив, що",
    "ru": "Правительство сообщило, что",
    "ko": "정부는 오늘",
}
NORTH = {
    "en": "Pyongyang kept silent about it.",
    "uk": "КНДР це не коментує.",
    "ru": "КНДР это не комментирует.",
    "ko": "북한은 말이 없다.",
}
BOTH = {
    "en": "North Korea and Russia denied it.",
    "uk": "У КНДР і Росії це заперечують.",
    "ru": "В КНДР и России это отрицают.",
    "ko": "북한과 러시아는 부인했다.",
}
SHELLS = {
    "en": "North Korea sent artillery shells by rail.",
    "uk": "Артилерійські снаряди з КНДР везуть поїздами.",
    "ru": "Артиллерийские снаряды из КНДР везут поездами.",
    "ko": "북한이 포탄을 열차로 보냈다.",
}
RARE = "Quixotron"
SOURCES = [f"source-{number}" for number in range(40)]
RULES = [
    "@kp", "relevance:relevant", "снаряди", "government OR уряд OR правительство", "@kp AND @ru AND (shells OR снаряди OR снаряды OR 포탄)",
    "near:(@kp @shells)", "near:(@kp @ru) NOT @shells", "near:(artillery shells)", "@kp AND lead:(monday OR уряд)", "title:@kp OR lead:@kp", RARE,
]  # fmt: skip
START = datetime(2024, 1, 1, tzinfo=UTC)


def paragraphs(language, chance):
    """Neutral paragraphs of about 500 characters, of a few thousand different words."""
    words = ["".join(chance.choices(LETTERS[language], k=chance.randint(2, 9))) for _ in range(4000)]
    made = []
    for _ in range(400):
        sentences = []
        while sum(map(len, sentences)) < 500:
            sentences.append(f"{NEUTRAL[language]} {' '.join(chance.choices(words, k=chance.randint(6, 20)))}.")
        made.append(" ".join(sentences))
    return made


def article(number, pools, spoken, chance):
    """A title, a text, and the concepts it speaks of."""
    language = list(LETTERS)[number % 4]
    parts, concepts = chance.sample(pools[language], 8), set()
    for share, sentence in ((0.12, NORTH), (0.18, BOTH), (0.083, SHELLS)):
        if chance.random() < share:
            at = chance.randrange(len(parts))
            parts[at] = f"{parts[at]} {sentence[language]}"
            concepts |= spoken[language, id(sentence)]
    if number % 20_000 == 7:
        parts.append(f"{RARE}.")
    title = parts[0][:70].rpartition(" ")[0]
    return language, title, "\n".join(parts), concepts


def make(path, number, lexicon, topic_version):
    """Fill an archive, past the code that would do it one by one."""
    chance = random.Random(1)
    pools = {language: paragraphs(language, chance) for language in LETTERS}
    spoken = {
        (language, id(sentences)): set(lexicon.concepts(sentences[language]))
        for language in LETTERS
        for sentences in (NORTH, BOTH, SHELLS)
    }
    with open_archive(path) as archive:
        archive.write(lambda c: c.execute("INSERT INTO outlet VALUES ('paper', 'The Paper', 'KR')"))
        for begin in range(0, number, 5000):
            archive.write(fill, range(begin, min(begin + 5000, number)), number, (pools, spoken, chance), topic_version)
            print(f"\rmade {begin + 5000} of {number}", end="", flush=True)
    print()


def fill(connection, numbers, total, material, topic_version):
    """Insert some articles with their texts, sightings, concepts and reviews."""
    for number in numbers:
        language, title, text, concepts = article(number, *material)
        key, url = number + 1, f"https://paper.example/{number}"
        at = to_text(START + timedelta(days=730) * (number / total))
        relevant = {"kp", "ru"} <= concepts
        connection.execute(
            "INSERT INTO article (id, canonical_url, url, host, outlet, source, arrival, first_seen, published_at, published_precision, "
            "published_origin, language, version_id, page_state, candidate, relevance, band) "
            "VALUES (?,?,?,'paper.example','paper',?,'import',?,?,'minute','feed',?,?,'never',1,?,?)",
            (key, url, url, SOURCES[number % 40], at, at, language, key, 0.9 if relevant else 0.1, "relevant" if relevant else "no"),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO text_version VALUES (?,?,1,'import',?,?,?,'[]',NULL,?,?)",
            (key, key, at, title, text, language, text_hash(title, text)),
        )
        connection.execute("INSERT INTO article_fts (rowid, title, text) VALUES (?,?,?)", (key, title, text))
        connection.execute(
            "INSERT INTO sighting VALUES (?,?,?,?,?,'',?)", (SOURCES[number % 40], url, key, url, title, at)
        )
        connection.executemany("INSERT INTO article_concept VALUES (?,?)", [(one, key) for one in concepts])
        connection.execute(
            "INSERT INTO review (article_id, text_version_id, reviewed_at, analysis_version, topic_version, candidate, concepts, outcome, reason) "
            "VALUES (?,?,?,'1',?,1,?,'nothing','')",
            (key, key, at, topic_version, json.dumps(sorted(concepts))),
        )


def timed(work):
    """The result, and seconds of clock and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--dir", type=Path, default=Path("/tmp/khasan-backtest"))
    options = parser.parse_args()
    topic = load_topic()
    folder = options.dir / str(options.articles)
    path = folder / "khasan.db"
    if not path.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder / "made.db", options.articles, topic.lexicon, topic.version)
        (folder / "made.db").rename(path)
    with open_archive(path) as archive:
        finder = Finder(archive, topic.lexicon, lambda _outlet: "KR")
        archive.read(rows_where, to_filter(parse("x")).filter)  # opens a connection
        print(f"{options.articles} articles, {path.stat().st_size / 1e9:.2f} GB\n")
        print(f"{'rule':58} {'SQL':>7} {'true':>7} {'s':>6} {'CPU s':>6} {'newest 20, s':>13}")
        for written in [*RULES, *(rule.query.text for rule in topic.rules.enabled[:2])]:
            query = parse(written, topic.lexicon)
            wanted = to_filter(query)
            superset = len(archive.read(rows_where, wanted.filter))
            rows, wall, cpu = timed(lambda query=query: finder.all(query))
            _, newest, _ = timed(lambda query=query: finder.newest(query, 20))
            shown = written if len(written) < 58 else f"{written[:54]} …"
            print(f"{shown:58} {superset:7} {len(rows):7} {wall:6.1f} {cpu:6.1f} {newest:13.3f}")
        print(f"counting what another topic reviewed: {timed(lambda: archive.read(unreviewed, 'x'))[1]:.2f} s")


if __name__ == "__main__":
    main()
