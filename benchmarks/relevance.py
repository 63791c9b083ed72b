"""Learn and measure relevance: what it says of texts it was not trained on, and what the gate alone lets pass.

    python benchmarks/relevance.py measure          the development sets, our own texts by cross-validation is `train`'s
    python benchmarks/relevance.py train [--write]  learn the table from tests/texts/relevance; --write puts it into the topic
    python benchmarks/relevance.py items            the labelled items of the polled feeds (needs ../shared)
    python benchmarks/relevance.py war              ordinary posts and headlines of the war, none on Korea (needs ../shared)

`train` needs scikit-learn: pip install --group training.
"""

import argparse
import csv
import gzip
import json
import math
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from analysis.features import features
from analysis.relevance import BIAS, read_table
from analysis.sentences import lead_end
from khasan.topic import load_topic

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ROOT / "tests" / "texts" / "relevance"
HELD_OUT = ROOT / "tests" / "texts" / "relevance_heldout.jsonl"
EVAL = ROOT / "tests" / "eval"
ITEMS = ROOT.parent / "shared" / "corpus" / "text" / "polled_feed_items" / "items.ndjson.gz"
TABLE = ROOT / "khasan" / "topics" / "nk-russia" / "relevance.tsv"
KOREAN = re.compile("коре|кндр|пхеньян|кім|ким\\b|сеул", re.IGNORECASE)
LANGUAGES = ("en", "uk", "ru", "ko")
WORD = 0.8  # how much a word counts beside a concept: it is one of thousands
STRENGTH = 1.0  # scikit-learn's C: the larger, the closer to the texts
SEEN = 2  # texts a feature must be in
COMMON = 0.1  # share of a language's texts from which on a word says how people write, not what of
SMALLEST = 0.02  # smaller weights are not worth a line
HEAD = """\
# What features of an article weigh for its relevance; learnt from the project's own texts by benchmarks/relevance.py train.
# A feature, a tab, its weight: see analysis/features.py. relevance.toml may set any of them by hand.
"""


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def own_texts():
    return [row for path in sorted(TEXTS.glob("*.jsonl")) for row in rows(path)]


def scale(feature):
    return WORD if feature.startswith("word:") else 1.0


def scores(true, said):
    hit = sum(t and s for t, s in zip(true, said, strict=True))
    precision, recall = hit / max(1, sum(said)), hit / max(1, sum(true))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def wilson(hit, of):
    """The 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    share, z = hit / of, 1.96
    middle, half = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def told(name, texts, said):
    true = [text["relevant"] for text in texts]
    line = "  ".join(f"{label} {value:.3f}" for label, value in zip(("P", "R", "F1"), scores(true, said), strict=True))
    by = []
    for language in LANGUAGES:
        of = [at for at, text in enumerate(texts) if text["lang"] == language]
        by.append(f"{language} {scores([true[at] for at in of], [said[at] for at in of])[2]:.3f}")
    print(f"{name:22} n {len(texts):5}  {line}   {'  '.join(by)}")


def judged(topic, text):
    return topic.analyser.read(text.get("title", ""), text.get("text", "")).relevance


def measure():
    topic = load_topic()
    for name in ("dev_relevance", "dev2_relevance"):
        texts = rows(EVAL / f"{name}.jsonl")
        told(name, texts, [judged(topic, text).relevant for text in texts])
        gate(name, topic, texts)
    gate("own texts", topic, own_texts())
    if HELD_OUT.is_file():
        texts = rows(HELD_OUT)
        told("held out", texts, [judged(topic, text).relevant for text in texts])
        gate("held out", topic, texts)


def gate(name, topic, texts):
    passed = [bool(topic.analyser.read(t.get("title", ""), t.get("text", "")).gate) for t in texts]
    true = [text["relevant"] for text in texts]
    of = sum(not one for one in true)
    let = sum(p and not t for p, t in zip(passed, true, strict=True))
    print(f"{'gate, ' + name:22} recall {scores(true, passed)[1]:.4f}, lets pass {let / max(1, of):.2f} of the others")


def matrix(topic, texts):
    found = []
    for text in texts:
        title, body = text.get("title", ""), text.get("text", "")
        one = features(title, body, topic.lexicon.scan(title, body), topic.relevance.scheme, lead_end(body, title))
        found.append({feature: scale(feature) for feature in one})
    return found


def common(texts, found):
    """Words that many texts of a language have, whatever they are about."""
    dropped = set()
    for language in LANGUAGES:
        of = [one for text, one in zip(texts, found, strict=True) if text["lang"] == language]
        seen = Counter(feature for one in of for feature in one if feature.startswith("word:"))
        dropped.update(feature for feature, times in seen.items() if times > COMMON * len(of))
    return dropped


def train(*, write):
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    topic, texts = load_topic(), own_texts()
    found = matrix(topic, texts)
    seen = {}
    for one in found:
        for feature in one:
            seen[feature] = seen.get(feature, 0) + 1
    dropped = common(texts, found)
    found = [{f: value for f, value in one.items() if seen[f] >= SEEN and f not in dropped} for one in found]
    true = [int(text["relevant"]) for text in texts]
    turned = DictVectorizer()
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    data = turned.fit_transform(found)
    folds = StratifiedKFold(10, shuffle=True, random_state=1)
    guess = cross_val_predict(model, data, true, cv=folds, method="predict_proba")[:, 1]
    told("own texts, 10 folds", texts, [score >= topic.relevance.relevant for score in guess])
    model.fit(data, true)
    weights = dict(zip(turned.get_feature_names_out(), model.coef_[0], strict=True))
    lines = [f"{BIAS}\t{model.intercept_[0]:.3f}"]
    kept = sorted((f, w * scale(f)) for f, w in weights.items() if abs(w * scale(f)) >= SMALLEST)
    lines += [f"{feature}\t{weight:.3f}" for feature, weight in kept]
    print(f"{len(texts)} texts, {len(weights)} features, {len(kept)} kept")
    table = HEAD + "\n".join(lines) + "\n"
    if write:
        TABLE.write_text(table, encoding="utf-8")
        return
    shadow = replace(topic.relevance, weights=read_table(table))
    for name in ("dev_relevance", "dev2_relevance"):
        texts = rows(EVAL / f"{name}.jsonl")
        told(
            name,
            texts,
            [replace(topic.analyser, model=shadow).read(t["title"], t["text"]).relevance.relevant for t in texts],
        )


def items():
    """Precision and recall on real items; each stratum counts by how many items it stands for."""
    if not ITEMS.is_file():
        sys.exit(f"{ITEMS} is absent: these texts are their publishers'")
    topic = load_topic()
    labels = rows(ROOT / "tests" / "labels" / "polled_items.jsonl")
    wanted = {label["url"] for label in labels}
    with gzip.open(ITEMS, "rt", encoding="utf-8") as lines:
        texts = {row["url"]: row for row in map(json.loads, lines) if row["url"] in wanted}
    said_of(topic, labels, texts, "all labels")
    said_of(topic, [label for label in labels if not label.get("unsure")], texts, "sure labels")


def said_of(topic, labels, texts, name):
    true, said, weights, passed = [], [], [], []
    for label in labels:
        text = texts[label["url"]]
        title, body = text["title"], text.get("summary") or ""
        reading = topic.analyser.read(title, body)
        true.append(label["relevant"])
        passed.append(bool(reading.gate))
        said.append(reading.relevance.relevant)
        weights.append(label.get("weight", 1))
    for what, guess in (("relevance", said), ("gate", passed)):
        hit = sum(t and g for t, g in zip(true, guess, strict=True))
        weighed = sum(w for t, g, w in zip(true, guess, weights, strict=True) if t and g)
        all_said = sum(w for g, w in zip(guess, weights, strict=True) if g)
        all_true = sum(w for t, w in zip(true, weights, strict=True) if t)
        passing = all_said / sum(weights)
        low, high = wilson(hit, sum(guess))
        low_r, high_r = wilson(hit, sum(true))
        print(
            f"{name}, {what}: precision {hit / max(1, sum(guess)):.3f} [{low:.3f}, {high:.3f}], recall {hit / max(1, sum(true)):.3f} "
            f"[{low_r:.3f}, {high_r:.3f}] of {len(labels)} labelled ({sum(true)} relevant); weighed over the stream: "
            f"precision {weighed / max(1, all_said):.3f}, recall {weighed / max(1, all_true):.3f}, {passing:.3f} of all items"
        )


def war():
    """How many ordinary texts of the war are taken for the topic."""
    folder = ITEMS.parent.parent
    if not folder.is_dir():
        sys.exit(f"{folder} is absent: these texts are their publishers'")
    posts = [row["text"] for row in rows(folder / "telegram_posts_uk_ru" / "posts.jsonl")]
    headlines = []
    for year in (2024, 2025):
        with (folder / "war_headlines" / f"VIINA_{year}_REBUILD.csv").open(encoding="utf-8") as lines:
            headlines += [row["representative_text"] for row in csv.DictReader(lines)]
    topic = load_topic()
    for name, all_texts in (("posts", posts), ("headlines", headlines)):
        texts = [text for text in all_texts if not KOREAN.search(text)]
        found = [topic.analyser.read("", text) for text in texts]
        bands = Counter(reading.relevance.band for reading in found)
        print(f"{name}: {len(texts)}, the gate opens to {sum(bool(one.gate) for one in found)}, " + str(dict(bands)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("measure", "train", "items", "war"))
    parser.add_argument("--write", action="store_true", help="put the learnt table into the topic")
    asked = parser.parse_args()
    if asked.what == "train":
        train(write=asked.write)
    else:
        {"measure": measure, "items": items, "war": war}[asked.what]()


if __name__ == "__main__":
    main()
