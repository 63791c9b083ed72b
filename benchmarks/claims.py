"""Claims, measured: how well they are read, how often one is read where there is none, and what it costs.

    .venv/bin/python benchmarks/claims.py score [FILE...]        against gold; the project's own texts by default
    .venv/bin/python benchmarks/claims.py false FILE...          every claim of texts off topic, to be looked at by hand
    .venv/bin/python benchmarks/claims.py graft FILE...          the same, each text under a lead on Korean soldiers, then under an article
    .venv/bin/python benchmarks/claims.py cost                   CPU for an article of 4,000 characters that passed the gate; load and memory

`score` reads JSON lines with `claims`. `false` and `graft` read JSON lines (plain or .gz) with `title` and `summary` or `text`, or the CSV
of VIINA headlines (column `representative_text`). What `graft` reads from a text that does not name the Korean side is wrong.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import resource
import statistics
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent)]

from analysis.language import language_of  # noqa: E402
from khasan.claims_shown import Field, shown_claims  # noqa: E402
from khasan.grammars import load_grammars  # noqa: E402
from khasan.topic import load_topic  # noqa: E402
from tests.claim_scores import counted, figures  # noqa: E402

TOPIC = load_topic()
ANALYSER = TOPIC.analyser
TEXTS = HERE.parent / "tests" / "texts"
LENGTH = 4000
ARTICLES = {
    "en": (
        "North Korean troops are fighting for Russia against Ukraine, and arms shipments from Pyongyang to Moscow go on, South Korea's intelligence service says.",
        "Pyongyang has never published how many of its men fell, and families were told to keep silent.",
        "Moscow, for its part, thanked Kim Jong Un and promised to remember the help.",
        "Analysts expect the alliance to outlive the fighting.",
    ),
    "uk": (
        "Північнокорейські військові воюють на боці Росії проти України, а Пхеньян далі постачає Москві зброю, каже розвідка Південної Кореї.",
        "Пхеньян не казав, скільки його людей полягло, а родинам веліли мовчати.",
        "Москва зі свого боку подякувала Кім Чен Ину й обіцяла не забути допомоги.",
        "Аналітики гадають, що цей союз переживе війну.",
    ),
    "ru": (
        "Северокорейские военные воюют на стороне России против Украины, а Пхеньян продолжает поставлять Москве оружие, говорит разведка Южной Кореи.",
        "Пхеньян не сообщал, сколько его людей погибло, а семьям велели молчать.",
        "Москва поблагодарила Ким Чен Ына и обещала не забыть помощи.",
        "Аналитики полагают, что этот союз переживет войну.",
    ),
    "ko": (
        "북한군이 러시아 편에서 우크라이나와 싸우고 있으며 북한의 대러 무기 지원도 이어지고 있다고 국가정보원이 밝혔다.",
        "북한은 전사자가 얼마나 되는지 밝힌 적이 없고 유족에게는 입단속을 시켰다.",
        "러시아는 김정은에게 사의를 표하고 도움을 잊지 않겠다고 했다.",
        "전문가들은 이 동맹이 전쟁 뒤에도 이어질 것으로 본다.",
    ),
}
"""Paragraphs about the matter that give no figure, by language."""
KOREAN = {"kp", "kpa", "kp_ru_pair", "kim", "korean", "kim_name", "the_north", "storm_corps"}


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


def score(given):
    for file in given:
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
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield {
                "title": row.get("title") or "",
                "text": row.get("summary") or row.get("text") or "",
                "lang": row.get("lang") or "",
                "outlet": row.get("source") or "",
                "published": row.get("date"),
            }


def false(given):
    for file in given:
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


def graft(given):
    counts = {}
    for row in (row for file in given for row in rows(file)):
        text = f"{row['title']}\n\n{row['text']}".strip()
        language = language_of(text, row["lang"])
        if language not in ARTICLES or KOREAN & {one.concept for one in TOPIC.lexicon.scan("", text).all_text}:
            continue
        for form, before in (("lead", ARTICLES[language][:1]), ("article", ARTICLES[language])):
            head = "\n\n".join(before)
            found = claims_of({**row, "title": "", "text": f"{head}\n\n{text}", "lang": language})[1]
            found = [one for one in found if one["start"] >= len(head)]
            counts.setdefault((language, form), Counter()).update(texts=1, claimed=bool(found), claims=len(found))
            for one in found:
                print(f"{language} {form}: {one['evidence']!r} {one['unit']} {one['event']} | {text[:200]!r}")
    for (language, form), count in sorted(counts.items()):
        print(
            f"{language} under the {form}: {count['texts']} texts, {count['claimed']} with claims, {count['claims']} claims"
        )


def articles(language, dense):
    """Articles of 4,000 characters: our own texts on the topic one after another, or those written to be full of figures."""
    folder = TEXTS / ("claims" if dense else "relevance")
    rows = [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    found, text = [], ""
    for row in rows:
        if row.get("lang") != language or not (dense or row.get("relevant")):
            continue
        text += f"{row.get('title') or ''}\n\n{row.get('text') or row.get('lead') or ''}\n\n".lstrip()
        if len(text) >= LENGTH:
            found.append(text[:LENGTH])
            text = ""
    return found


def cost():
    for dense in (False, True):
        print("full of figures" if dense else "on the topic")
        for language in ("en", "uk", "ru", "ko"):
            took, scans, claims = zip(
                *(_cost_of(article, language) for article in articles(language, dense)), strict=True
            )
            middle, scan = statistics.median(took), statistics.median(scans)
            print(
                f"  {language}: median {middle:.2f} ms, worst {max(took):.2f}, {middle / scan:.1f} times the lexicon's scan; "
                f"{statistics.mean(claims):.1f} claims an article, {len(took)} articles"
            )


def weight():
    """Measure what the grammars cost before the first article: time to load them, memory once every language was read."""
    before = _memory()
    began = time.process_time()
    reader = load_grammars(files("khasan") / "topics" / "nk-russia", None, hashlib.sha256(), [], built_in=True)
    took = time.process_time() - began
    for language in ARTICLES:
        (article, *_) = articles(language, dense=True)
        reader.read("", article, TOPIC.lexicon.scan("", article), TOPIC.lexicon, language, about=True)
    print(f"the grammars: {took:.2f} s to load, {_memory() - before:.0f} MB once all languages have been read")


def _memory():
    """Give the resident memory in MB."""
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return resident * resource.getpagesize() / 2**20


def _cost_of(article, language):
    scan, lexicon = TOPIC.lexicon.scan("", article), TOPIC.lexicon
    claims = len(TOPIC.claims.read("", article, scan, lexicon, language, about=True))
    took = _least(lambda: TOPIC.claims.read("", article, scan, lexicon, language, about=True))
    return took, _least(lambda: lexicon.scan("", article)), claims


def _least(call):
    least = 9.0
    for _ in range(5):
        began = time.process_time()
        call()
        least = min(least, time.process_time() - began)
    return 1000 * least


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("score", "false", "graft", "cost"))
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    if given.what == "score":
        score(given.files or sorted([*(TEXTS / "claims").glob("*.jsonl"), *(TEXTS / "claims_heldout").glob("*.jsonl")]))
    elif given.what == "false":
        false(given.files)
    elif given.what == "graft":
        graft(given.files)
    else:
        weight()
        cost()


if __name__ == "__main__":
    main()
