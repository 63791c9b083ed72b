"""Figures and cost of extraction: `python benchmarks/extract.py [--rounds N] [--gold FILE --pages FOLDER]`.

Scores the answers on the saved pages of the tests (Ukrainian, Russian, Korean) and, where a gold file is given or
`../shared/eval/pages_gold.jsonl` lies beside the checkout, on those pages too. Then measures processor time against
bare trafilatura with metadata on the same pages, in alternating rounds, medians.
"""

import argparse
import gzip
import json
import logging
import re
import statistics
import time
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from spiders.extract import ExtractFault, extract
from spiders.saved import local_time

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def load(gold, pages):
    """Read gold lines and the pages they speak of."""
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(row, _read(pages / row["path"])) for row in rows]


def _read(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def answer(row, body):
    """Extract one page in the shape of its gold line; the time is told in the publisher's own zone."""
    try:
        found = extract(body, url=row["url"])
    except ExtractFault:
        return {"title": "", "text": "", "authors": [], "published": ""}
    return {
        "title": found.title,
        "text": found.text,
        "authors": list(found.authors),
        "published": local_time(found) or "",
    }


def shingles(text, size=4):
    """Count the four-word runs of a text."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text or ""))
    return Counter(tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))) if words else Counter()


def plain(text):
    """Fold case, punctuation and spacing."""
    return re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text or "").casefold()).strip()


def score(rows):
    """Score (gold, answer) pairs: shingle precision, recall and F1, exact title, same day, all gold authors found."""
    marks = {"precision": [], "recall": [], "title": [], "date": [], "authors": []}
    for gold, got in rows:
        want, have = shingles(gold["text"]), shingles(got["text"])
        both = sum((want & have).values())
        marks["precision"].append(both / sum(have.values()) if have else 0.0)
        marks["recall"].append(both / sum(want.values()) if want else 0.0)
        marks["title"].append(plain(gold["title"]) == plain(got["title"]))
        if gold["published"]:
            marks["date"].append(got["published"][:10] == gold["published"][:10])
        if gold["authors"]:
            marks["authors"].append(
                {plain(name) for name in gold["authors"]} <= {plain(name) for name in got["authors"]}
            )
    mean = {name: sum(found) / len(found) for name, found in marks.items() if found}
    both = mean["precision"] + mean["recall"]
    return {"f1": 2 * mean["precision"] * mean["recall"] / both if both else 0.0, **mean}


def cost(pages, rounds):
    """Give the median processor seconds of extraction and of bare trafilatura over the same pages, and their ratio."""
    from trafilatura import bare_extraction

    def ours():
        for row, body in pages:
            answer(row, body)

    def theirs():
        for row, body in pages:
            bare_extraction(body, url=row["url"], fast=True, with_metadata=True)

    ours(), theirs()  # imports and caches
    spent = {ours: [], theirs: []}
    for _ in range(rounds):
        for run, times in spent.items():
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
    mine, bare = (statistics.median(times) for times in spent.values())
    return mine, bare, mine / bare


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, default=SHARED / "eval" / "pages_gold.jsonl")
    parser.add_argument("--pages", type=Path, default=SHARED, help="folder that the gold file's paths start from")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    sets = {"tests": load(ROOT / "tests" / "pages" / "gold.jsonl", ROOT)}
    if options.gold.exists():
        sets["gold"] = load(options.gold, options.pages)
    print(datetime.now(UTC).date())
    for name, pages in sets.items():
        figures = score([(row, answer(row, body)) for row, body in pages])
        print(f"{name:6} {len(pages):4} pages  " + "  ".join(f"{key} {value:.3f}" for key, value in figures.items()))
        mine, bare, ratio = cost(pages, options.rounds)
        print(
            f"{name:6} {mine:.2f} s, bare trafilatura {bare:.2f} s, ratio {ratio:.2f}, {1000 * mine / len(pages):.1f} ms a page"
        )


if __name__ == "__main__":
    main()
