"""Retitled items and flashes of recorded feeds: are a retitled item and its earlier self one article, a flash and its report one story?

    .venv/bin/python benchmarks/flashes.py [ITEMS.ndjson.gz]

Items with `title_variants` are compared with themselves under each earlier title. A flash ([속보]) is taken to have a report if within
twelve hours its outlet has an item in which four fifths of the flash's words begin alike; both are put among the outlet's items of
the hours around. Some of these are no reports of it, so the second share is a lower bound. Without the corpus it says so and ends.
"""

from __future__ import annotations

import gzip
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.stories import Clusterer
from analysis.stories.copies import Print, plain_title
from analysis.text import forms
from khasan.topic import Topic, load_topic

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "text" / "polled_feed_items" / "items.ndjson.gz"
FLASH, LIKE, SOON, AROUND = "속보", 0.8, timedelta(hours=12), timedelta(hours=3)


def main() -> None:
    """Print both shares."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    if not path.exists():
        sys.exit(f"{path}: not there; this needs recorded feeds")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    for item in items:
        item["at"], item["summary"] = datetime.fromisoformat(item["date"]), item.get("summary") or ""
    pairs = [(item, title) for item in items for title in item.get("title_variants") or ()]
    same = sum(bool(_print(item).is_same(_print(item, title))) for item, title in pairs)
    print(f"retitled items: {same} of {len(pairs)} are one article with their earlier selves ({same / len(pairs):.3f})")
    topic, found = load_topic(), []
    for flash in items:
        report = _report(flash, items) if FLASH in flash["title"] else None
        if report is not None:
            found.append(_together(flash, report, items, topic))
    print(f"flashes: {sum(found)} of {len(found)} are one story with their reports ({sum(found) / len(found):.3f})")


def _print(item: dict[str, Any], title: str = "") -> Print:
    return Print.of(item["source"], title or item["title"], item["summary"])


def _report(flash: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Find what seems to be the report that follows a flash."""
    wanted = {form[:2] for form in forms(plain_title(flash["title"]))}
    if len(wanted) < 3:
        return None
    best, share = None, LIKE
    for item in items:
        if (
            item["source"] == flash["source"]
            and FLASH not in item["title"]
            and timedelta() <= item["at"] - flash["at"] <= SOON
        ):
            there = {form[:2] for form in forms(f"{item['title']} {item['summary']}")}
            if len(wanted & there) / len(wanted) >= share:
                best, share = item, len(wanted & there) / len(wanted)
    return best


def _together(flash: dict[str, Any], report: dict[str, Any], items: list[dict[str, Any]], topic: Topic) -> bool:
    """Put both into stories, among what the outlet published around."""
    around = [one for one in items if one["source"] == flash["source"] and abs(one["at"] - flash["at"]) <= AROUND]
    chosen = {id(one): one for one in (*around[:60], flash, report)}
    clusterer, placed = Clusterer(topic.stories.weights), {}
    for one in sorted(chosen.values(), key=lambda item: item["at"]):
        title, text, outlet = one["title"], one["summary"], one["source"]
        reading = topic.analyser.read(title, text, publisher=outlet, published=one["at"])
        profile = topic.stories.read(title, text, reading, topic.analyser, outlet, one["at"])[0]
        placed[id(one)] = clusterer.add(profile, title, text)
    return placed[id(flash)] == placed[id(report)]


if __name__ == "__main__":
    main()
