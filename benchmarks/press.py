"""A press of its own making: articles over some weeks in four languages, with what each tells of written beside it.

    .venv/bin/python benchmarks/press.py [--articles 1000] [--days 90] [--seed 1] > press.jsonl

One article in twenty is on the topic; these belong to stories of 1 to 60 articles, as events are reported: a first report, sometimes after
a flash; copies at other outlets; the same outlet's text again under another headline and address; translations; versions in
other words; on the next day follow-ups with one new fact (`material` where it is the first to bring it). Stories of one kind with
other places and figures run side by side. The rest is other news, a quarter of it near the topic, one in fourteen a copy.

A line: id, story (gold), same_as (the article whose text it has, or null), published, lang, outlet, title, lead, text, kind, material.
The same seed gives the same press. All texts were written for this purpose: see press_texts/.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from datetime import datetime, timedelta
from typing import NamedTuple

from press_other import other_article
from press_stories import OUTLETS, START, Draft, Reporting, stories
from press_words import LANGUAGES

ON_TOPIC = 0.05


class PressArticle(NamedTuple):
    id: str
    story: str
    same_as: str | None
    published: datetime
    lang: str
    outlet: str
    title: str
    lead: str
    text: str
    kind: str  # first, flash, copy, retitled, translation, own, followup; of other news: other, copy
    material: bool


def others(total, days, chance):
    """Drafts of other news; their texts are written when their turn comes, from the number of the story."""
    made = []
    while len(made) < total:
        at = START + timedelta(days=chance.uniform(0, days))
        language = chance.choices(LANGUAGES, (30, 22, 22, 26))[0]
        base = Draft(
            at, f"o{len(made):05}", "other", language, chance.choice(OUTLETS[language]), near=chance.random() < 0.25
        )
        made.append(base)
        if chance.random() < 0.04:
            for outlet in chance.sample(OUTLETS[language], chance.randint(1, 3)):
                later = at + timedelta(minutes=chance.uniform(5, 600))
                made.append(Draft(later, base.story, "copy", language, outlet, same=base, near=base.near))
    return made[:total]


def press(articles=50_000, days=90, seed=1):
    """The press, in time order. The same arguments give the same articles."""
    chance = random.Random(f"press {seed}")
    on_topic = max(1, round(articles * ON_TOPIC))
    drafts = [draft for story in stories(on_topic, days, chance) for draft in Reporting(story, chance).all()]
    drafts += others(articles - len(drafts), days, chance)
    drafts.sort(key=lambda draft: (draft.at, draft.story))
    ids = {id(draft): f"p{number:06}" for number, draft in enumerate(drafts, 1)}
    for draft in drafts:
        title, paragraphs = draft.title, draft.paragraphs
        if not title:
            base = draft.same or draft
            title, paragraphs = other_article(draft.lang, draft.near, base.at, f"{seed} {draft.story}")
        same = ids[id(draft.same)] if draft.same is not None else None
        yield PressArticle(ids[id(draft)], draft.story, same, draft.at.replace(microsecond=0), draft.lang, draft.outlet, title, paragraphs[0],
                           "\n\n".join(paragraphs), draft.kind, draft.material)  # fmt: skip


def as_line(article):
    return json.dumps(article._asdict() | {"published": f"{article.published:%Y-%m-%dT%H:%M:%SZ}"}, ensure_ascii=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--days", type=float, default=90)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for article in press(options.articles, options.days, options.seed):
        print(as_line(article))


if __name__ == "__main__":
    sys.exit(main())
