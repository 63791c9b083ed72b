"""Claims, measured: how well they are read, how often one is read where there is none, and what it costs.

    .venv/bin/python benchmarks/claims.py score [FILE...]        against gold; the project's own texts by default
    .venv/bin/python benchmarks/claims.py false FILE...          every claim of texts off topic, to be looked at by hand
    .venv/bin/python benchmarks/claims.py cost                   CPU for an article of 4,000 characters that passed the gate

`score` reads JSON lines with `claims`. `false` reads JSON lines (plain or .gz) with `title` and `summary` or `text`, or the CSV of VIINA
headlines (column `representative_text`).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import statistics
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent)]

from khasan.claims_shown import Field, shown_claims  # noqa: E402
from khasan.topic import load_topic  # noqa: E402
from tests.claim_scores import counted, figures  # noqa: E402

TOPIC = load_topic()
ANALYSER = TOPIC.analyser
TEXTS = HERE.parent / "tests" / "texts"
LENGTH = 4000


def claims_of(row):
    """Read the claims of a row, as `khasan analyse` does."""
    published = row.get("published")
    at = datetime.fromisoformat(published) if published else None
    if at and not at.tzinfo:
        at = at.replace(tzinfo=UTC)
    fields = [Field.of(name, row.get(name) or "") for name in ("title", "text")]
    reading = ANALYSER.read(
        fields[0].text, fields[1].text, row.get("lang") or "", publisher=row.get("outlet") or "", published=at
    )
    return reading, shown_claims(reading.claims, fields)


def score(files):
    for file in files:
        counts = {}
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            count = counted(row, claims_of(row)[1])
            for key in (row["lang"], "all"):
                counts.setdefault(key, Counter()).update(count)
        print(file.name if file.parent.name in {"eval", "."} else f"{file.parent.name}/{file.name}")
        for key, count in sorted(counts.items()):
            print(
                f"  {key:4}",
                "  ".join(f"{name} {value:.3f}" for name, value in figures(count).items()),
                f" gold {count['gold']}",
            )


def rows(file):
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield {"title": row["representative_text"], "text": "", "lang": ""}
        return
    opened = gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8")
    with opened as lines:
        for line in lines:
            row = json.loads(line)
            yield {
                "title": row.get("title") or "",
                "text": row.get("summary") or row.get("text") or "",
                "lang": row.get("lang") or "",
                "outlet": row.get("source") or "",
                "published": row.get("date"),
            }


def false(files):
    for file in files:
        items = hits = passed = 0
        for row in rows(file):
            items += 1
            reading, found = claims_of(row)
            passed += bool(reading.gate)
            if found:
                hits += 1
                said = "; ".join(f"{c['evidence']!r} {c['unit']} {c['event']} {c['attribution']}" for c in found)
                print(f"{reading.relevance.band:8} {row['title']} | {row['text'][:200]}\n         → {said}")
        print(
            f"{file.name}: {items} items, {passed} passed the gate, {hits} with claims (1 in {items / hits if hits else items:.0f})"
        )


def cost():
    for language in ("en", "uk", "ru", "ko"):
        written = [
            json.loads(line)["text"]
            for line in (TEXTS / "claims" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        articles, text = [], ""
        for one in written * 3:
            text += one + "\n\n"
            if len(text) >= LENGTH:
                articles.append(text[:LENGTH])
                text = ""
        read = []
        for article in articles:
            reading = ANALYSER.read("", article, language)
            took = []
            for _ in range(5):
                began = time.process_time()
                TOPIC.claims.read("", article, reading.scan, TOPIC.lexicon, language)
                took.append(time.process_time() - began)
            read.append(1000 * min(took))
        found = statistics.mean(len(ANALYSER.read("", article, language).claims) for article in articles)
        print(
            f"{language}: median {statistics.median(read):.2f} ms, worst {max(read):.2f}, {found:.1f} claims an article, {len(articles)} articles"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("score", "false", "cost"))
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    if given.what == "score":
        score(given.files or sorted([*(TEXTS / "claims").glob("*.jsonl"), *(TEXTS / "claims_heldout").glob("*.jsonl")]))
    elif given.what == "false":
        false(given.files)
    else:
        cost()


if __name__ == "__main__":
    main()
