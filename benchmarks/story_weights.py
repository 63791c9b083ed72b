"""Learning what likeness counts: how common each key is, and what each measure of two articles says of their being one story.

    story_weights.py            show how well stories are found, each set judged by what the others teach
    story_weights.py write      write stories.tsv, and the [likeness] table of stories.toml, of the built-in topic

How common keys are is counted in the project's own texts (tests/texts/relevance), measures are learnt from pairs of articles of
tests/texts/stories and of the development sets, and from texts on the topic that tell of different events, and of the
synthetic press. A set named b is never learnt from and is shown last. Needs scikit-learn, of
the dependency group "training".
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from press import press

from analysis.stories.cluster import Clusterer
from analysis.stories.likeness import MEASURES, Weights, measures
from khasan.topic import load_topic
from storage.story_model import WINDOW

if TYPE_CHECKING:
    from analysis.stories.profile import Profile
    from khasan.topic import Topic

HERE = Path(__file__).resolve().parent.parent
TEXTS = HERE / "tests" / "texts"
TOPIC = HERE / "khasan" / "topics" / "nk-russia"
SETS = {
    "dev": HERE / "tests" / "eval" / "dev_stories.jsonl",
    "dev2": HERE / "tests" / "eval" / "dev2_stories.jsonl",
    "a": TEXTS / "stories" / "a.jsonl",
    "b": TEXTS / "stories" / "b.jsonl",
}
HELD_OUT = "b"
SPANS = (None, 30, 10)  # days into which a set is squeezed, so that dates separate little
LEAST_SHARE = 0.002
STRANGERS = 6_000  # pairs
PRESS, SYNTHETIC = 20_000, 2_500  # articles of the synthetic press, and pairs of it of each sort
LEAST_WORDS = 4  # articles of a language with a word


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a set."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def profiles_of(rows: list[dict[str, str]], topic: Topic) -> list[Profile]:
    """Read the articles of a set."""
    analyser, found = topic.analyser, []
    for row in rows:
        at = datetime.fromisoformat(row["published"])
        at = at.replace(tzinfo=at.tzinfo or UTC)
        title, lead = row["title"], row["lead"]
        reading = analyser.read(title, lead, row["lang"], len(lead) or None, publisher=row["outlet"], published=at)
        found.append(analyser.stories.read(title, lead, reading, analyser, row["outlet"], at)[0])
    return found


def common_keys(topic: Topic) -> dict[str, float]:
    """Count in what share of the project's own articles each key stands; a word, in those of its language."""
    keys: Counter[str] = Counter()
    stems: Counter[tuple[str, str]] = Counter()
    languages: Counter[str] = Counter()
    for path in sorted((TEXTS / "relevance").glob("*.jsonl")):
        for row in rows_of(path):
            reading = topic.analyser.read(row["title"], row["text"], row["lang"])
            known = topic.stories.read(row["title"], row["text"], reading, topic.analyser, "", datetime.now(UTC))[0]
            keys.update(known.keys)
            stems.update((row["lang"], stem) for stem in known.words)
            languages[row["lang"]] += 1
    total = languages.total()
    found = {key: count / total for key, count in keys.items() if key[0] != "t" and count >= LEAST_SHARE * total}
    for (language, stem), count in stems.items():
        if count >= LEAST_WORDS:
            found[f"w:{stem}"] = max(found.get(f"w:{stem}", 0.0), count / languages[language])
    return found


def squeezed(profiles: list[Profile], days: int | None, seed: int) -> list[Profile]:
    """Squeeze a set into some days, and shift each article by up to half a day."""
    if days is None:
        return profiles
    dice = random.Random(seed)
    first = min(one.at for one in profiles)
    span = max(one.at for one in profiles) - first
    scale = min(1.0, timedelta(days=days) / span)
    return [
        replace(one, at=first + (one.at - first) * scale + timedelta(hours=dice.uniform(-12, 12))) for one in profiles
    ]


def pairs(rows: list[dict[str, str]], profiles: list[Profile], weights: Weights) -> list[tuple[list[float], bool]]:
    """Measure all pairs of a set that share anything, once for each span."""
    found = []
    for days in SPANS:
        moved = squeezed(profiles, days, days or 0)
        for i, one in enumerate(moved):
            for j in range(i):
                same = rows[i]["story"] == rows[j]["story"]
                measured = measures(one, moved[j], weights)
                if abs(one.at - moved[j].at) <= WINDOW and (same or measured["shared"] or measured["words"]):
                    found.append(([measured[name] for name in MEASURES], same))
    return found


def strangers(topic: Topic, weights: Weights) -> list[tuple[list[float], bool]]:
    """Measure texts on the topic that tell of different events, as if all were of two days: hardly any two are one story.

    What all articles on the topic share must not make two of them one.
    """
    dice, profiles = random.Random(3), []
    for path in sorted((TEXTS / "relevance").glob("[a-z][a-z].jsonl")):
        analyser = topic.analyser
        for row in rows_of(path):
            if row["relevant"]:
                at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=dice.uniform(0, 48))
                reading = analyser.read(row["title"], row["text"], row["lang"], published=at)
                profiles.append(analyser.stories.read(row["title"], row["text"], reading, analyser, "", at)[0])
    found = []
    for _ in range(STRANGERS):
        measured = measures(*dice.sample(profiles, 2), weights)
        if measured["shared"]:
            found.append(([measured[name] for name in MEASURES], False))
    return found


def synthetic(
    topic: Topic, weights: Weights
) -> tuple[list[tuple[list[float], bool]], list[dict[str, str]], list[Profile]]:
    """Measure pairs of the synthetic press's first half on the topic, as many of one story as of two; its second half is for showing.

    Its stories of one kind run side by side, with another place, person or figure: that is what must keep them apart.
    """
    rows = [
        {"lang": one.lang, "outlet": one.outlet, "title": one.title, "lead": one.lead, "text": one.text, "story": one.story,
         "published": one.published.isoformat()}
        for one in press(articles=PRESS, days=PRESS // 555)
        if one.story.startswith("s") and one.kind not in {"copy", "retitled"}
    ]  # fmt: skip
    profiles = profiles_of(rows, topic)
    half, dice, found = len(rows) // 2, random.Random(5), []
    near = [(i, j) for i in range(half) for j in range(i) if abs(profiles[i].at - profiles[j].at) <= WINDOW]
    same = [pair for pair in near if rows[pair[0]]["story"] == rows[pair[1]]["story"]]
    other = [pair for pair in near if rows[pair[0]]["story"] != rows[pair[1]]["story"]]
    for pool, is_same in ((same, True), (other, False)):
        for i, j in dice.sample(pool, min(len(pool), SYNTHETIC)):
            measured = measures(profiles[i], profiles[j], weights)
            found.append(([measured[name] for name in MEASURES], is_same))
    return found, rows[half:], profiles[half:]


def learnt(pool: list[tuple[list[float], bool]], weights: Weights) -> Weights:
    """Fit the measures."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    values, same = np.array([one for one, _ in pool]), np.array([same for _, same in pool])
    spread = values.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=5000).fit(values / spread, same)
    counts = {name: float(value) for name, value in zip(MEASURES, model.coef_[0] / spread, strict=True)}
    return replace(weights, measures=counts, bias=float(model.intercept_[0]))


def clustered(profiles: list[Profile], rows: list[dict[str, str]], weights: Weights) -> list[int]:
    """Put a set into stories as the product does."""
    clusterer, found = Clusterer(weights), [0] * len(rows)
    for number in sorted(range(len(rows)), key=lambda one: profiles[one].at):
        found[number] = clusterer.add(profiles[number], rows[number]["title"], rows[number]["lead"])
    return found


def b_cubed(gold: list[str], mine: list[int]) -> tuple[float, float, float]:
    """Give precision, recall and F1."""
    true, made = defaultdict(set), defaultdict(set)
    for number, (one, other) in enumerate(zip(gold, mine, strict=True)):
        true[one].add(number)
        made[other].add(number)
    both = [len(true[one] & made[other]) for one, other in zip(gold, mine, strict=True)]
    precision = sum(b / len(made[other]) for b, other in zip(both, mine, strict=True)) / len(gold)
    recall = sum(b / len(true[one]) for b, one in zip(both, gold, strict=True)) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def show(name: str, rows: list[dict[str, str]], profiles: list[Profile], weights: Weights) -> None:
    """Print how well a set is put into stories, at several thresholds."""
    gold = [row["story"] for row in rows]
    for days in SPANS:
        moved = squeezed(profiles, days, 7)
        cells = []
        for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
            precision, recall, f1 = b_cubed(gold, clustered(moved, rows, replace(weights, threshold=threshold)))
            cells.append(f"{threshold}: {f1:.3f} ({precision:.2f} {recall:.2f})")
        print(f"{name:5} {'as dated' if days is None else f'{days} days':9}", "  ".join(cells), flush=True)


def main() -> None:
    """Learn, show, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", nargs="?", choices=("show", "write"), default="show")
    arguments = parser.parse_args()
    topic = load_topic()
    data = {name: rows_of(path) for name, path in SETS.items()}
    profiles = {name: profiles_of(rows, topic) for name, rows in data.items()}
    start = replace(topic.stories.weights, common=common_keys(topic), measures={})
    pools = {name: pairs(data[name], profiles[name], start) for name in SETS if name != HELD_OUT}
    made, rest, of_rest = synthetic(topic, start)
    apart = [*strangers(topic, start), *made]
    everything = learnt([*apart, *(pair for pool in pools.values() for pair in pool)], start)
    if arguments.mode == "write":
        write(everything)
        return
    for name in pools:
        others = [pair for other, pool in pools.items() if other != name for pair in pool]
        show(name, data[name], profiles[name], learnt([*apart, *others], start))
    show("press", rest, of_rest, everything)
    show(HELD_OUT, data[HELD_OUT], profiles[HELD_OUT], everything)
    print({name: round(value, 2) for name, value in everything.measures.items()}, round(everything.bias, 2))


def write(weights: Weights) -> None:
    """Write what was learnt into the topic."""
    head = (
        "# In what share of articles a key stands: c: a concept, b: a word of the bridge, n: a number, w: the beginning of a word.\n"
        "# Counted in the project's own texts by benchmarks/story_weights.py write.\n"
    )
    lines = "".join(f"{key}\t{share:.4f}\n" for key, share in sorted(weights.common.items()))
    (TOPIC / "stories.tsv").write_text(head + lines, encoding="utf-8")
    path = TOPIC / "stories.toml"
    text = path.read_text(encoding="utf-8")
    kept = re.search(r"^threshold = .*\nmerging = .*\n", text, re.MULTILINE)
    table = "".join(f"{name} = {value:.3f}\n" for name, value in weights.measures.items())
    text = text[: text.index("[likeness]")] + f"[likeness]\n{kept[0] if kept else ''}bias = {weights.bias:.3f}\n{table}"
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
