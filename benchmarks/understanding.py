"""What reading one article of 4,000 characters costs: the gate, language, the deep reading, the default rules.

    .venv/bin/python benchmarks/understanding.py

The articles are put together from the project's own texts, in four languages: "on the topic" from relevant ones, denser with
mentions than an article is, "off the topic" from those that only look like it and from general news. CPU milliseconds: the best of five for each article, then median and maximum over them.
"""

import json
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from analysis.document import Document
from analysis.language import language_of
from analysis.sentences import lead_end, sentences
from khasan.topic import load_topic

TEXTS = Path(__file__).resolve().parent.parent / "tests" / "texts" / "relevance"
LENGTH = 4_000


def texts(*, relevant):
    names = ("en", "uk", "ru", "ko", "general", "plain", "second", "wire_en_uk", "wire_ko_ru")
    rows = [json.loads(line) for name in names for line in (TEXTS / f"{name}.jsonl").read_text("utf-8").splitlines()]
    return [row for row in rows if row["relevant"] is relevant]


def articles(rows):
    """Title and 4,000 characters, of one language each."""
    found, parts = [], {}
    for row in rows:
        language = row["lang"]
        parts[language] = parts.get(language, "") + f"{row['title']}. {row['text']}\n"
        if len(parts[language]) >= LENGTH:
            found.append((row["title"], parts.pop(language)[:LENGTH]))
    return found


def best(work, *arguments):
    found = []
    for _ in range(5):
        began = time.process_time()
        work(*arguments)
        found.append(time.process_time() - began)
    return min(found) * 1000


def table(name, found, topic):
    analyser = topic.analyser

    def gate(title, text):
        return analyser.gate(title, text, topic.lexicon.scan(title, text))

    def deep(title, text):
        """All that a candidate costs: concepts, language, relevance, rules."""
        reading = analyser.read(title, text)
        document = Document(
            title,
            text,
            language=reading.language,
            published=datetime(2026, 11, 23, tzinfo=UTC),
            title_mentions=reading.scan.title,
            text_mentions=reading.scan.text,
            lead_end=reading.lead_end,
            relevance=reading.relevance.score,
            band=reading.relevance.band,
        )
        return topic.rules.hits(document)

    rows = {
        "gate": gate,
        "language": lambda _, text: language_of(text),
        "sentences": lambda _, text: sentences(text),
        "lead": lambda title, text: lead_end(text, title),
        "read": analyser.read,
        "deep review": deep,
    }
    passed = sum(bool(gate(*one)) for one in found)
    print(f"{name}: {len(found)} articles, the gate opens to {passed}")
    for row, work in rows.items():
        costs = [best(work, *one) for one in found]
        print(f"  {row:12} median {statistics.median(costs):5.2f} ms   maximum {max(costs):5.2f} ms")


def main():
    began = time.process_time()
    topic = load_topic()
    print(f"topic loaded in {time.process_time() - began:.2f} s CPU; {len(topic.lexicon.concepts_by_id)} concepts")
    topic.lexicon.scan("", "warm")
    table("on the topic", articles(texts(relevant=True)), topic)
    table("off the topic", articles(texts(relevant=False)), topic)


if __name__ == "__main__":
    main()
