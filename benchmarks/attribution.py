"""How often the origin and the relays of a figure are right: benchmarks/attribution.py [--errors] [--profile] FILE...

The files are JSON lines of texts with their claims, as `tests/texts/claims/` has them. Every gold claim is asked for by its
place; what a claim names as an alternative is right too.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.attribution import Attribution, Attributions, Grammar, load_attribution
from analysis.layout import Layout, layout
from analysis.lexicon_file import load_lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.lexicon import Lexicon, Mention

_TOPIC = Path(__file__).parent.parent / "khasan/topics/nk-russia"


def lexicon_of_topic() -> Lexicon:
    """Read the built-in lexicon."""
    return load_lexicon(tomllib.loads((_TOPIC / "lexicon.toml").read_text(encoding="utf-8")))


def grammar() -> Grammar:
    """Read the built-in grammar."""
    return load_attribution(
        {
            file.stem: tomllib.loads(file.read_text(encoding="utf-8"))
            for file in sorted((_TOPIC / "attribution").glob("*.toml"))
        }
    )


def mentions_of(lexicon: Lexicon, laid: Layout, title: str, text: str) -> list[Mention]:
    """Find the lexicon's concepts in the whole of a layout."""
    scan = lexicon.scan(title, text)
    return [*scan.title, *(one._replace(start=one.start + laid.shift, end=one.end + laid.shift) for one in scan.text)]


def asked(row: dict[str, Any], lexicon: Lexicon, rules: Grammar) -> Iterator[tuple[dict[str, Any], Attribution]]:
    """Give every gold claim of a text with what is made of it."""
    title, text = row.get("title") or "", row["text"]
    laid = layout(title, text)
    attributions = Attributions(
        laid,
        mentions_of(lexicon, laid, title, text),
        rules,
        lexicon=lexicon,
        language=row["lang"],
        publisher=row["outlet"],
        published=datetime.fromisoformat(row["published"]),
    )
    for claim in row["claims"]:
        yield claim, attributions.of(claim["start"] + laid.shift, claim["end"] + laid.shift)


def right(claim: dict[str, Any], found: Attribution) -> tuple[bool, bool]:
    """Whether origin and relays are right."""
    other = claim.get("alternatives", {})
    origins = [claim["attribution"], *other.get("attribution", [])]
    relays = [claim["relay"] or [], *other.get("relay", [])]
    if found.origin in other.get("attribution", []) and found.origin in relays[0]:
        relays.append(relays[0][: relays[0].index(found.origin)])
    return found.origin in origins, list(found.relays) in relays


def main() -> None:
    """Print the shares of right origins and relays, by language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--errors", action="store_true", help="show every wrong one")
    parser.add_argument("--profile", action="store_true", help="time the work on all texts")
    options = parser.parse_args()
    lexicon, rules = lexicon_of_topic(), grammar()
    rows = [
        json.loads(line) for file in options.files for line in file.read_text(encoding="utf-8").splitlines() if line
    ]
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for claim, found in asked(row, lexicon, rules):
            origin, relay = right(claim, found)
            for language in (row["lang"], "all"):
                counts.update({(language, "claims"): 1, (language, "origin"): origin, (language, "relay"): relay})
                counts[language, "both"] += origin and relay
            if options.errors and not (origin and relay):
                print(
                    f"{row['id']} {row['outlet']}: {claim['evidence']!r} want {claim['attribution']} {claim['relay']}"
                )
                print(f"    got {found.origin} {list(found.relays)} by {found.rules}")
    for language in sorted({language for language, _ in counts}):
        total = counts[language, "claims"]
        shares = "  ".join(f"{what} {counts[language, what] / total:.3f}" for what in ("origin", "relay", "both"))
        print(f"{language:4} {total:4} claims  {shares}")
    if options.profile:
        profile(rows, lexicon, rules)


def profile(rows: list[dict[str, Any]], lexicon: Lexicon, rules: Grammar, rounds: int = 30) -> None:
    """Print what the work costs with every claim asked for, layout and mentions made already."""
    made = []
    for row in rows:
        laid = layout(row.get("title") or "", row["text"])
        places = [(claim["start"] + laid.shift, claim["end"] + laid.shift) for claim in row["claims"]]
        mentions = mentions_of(lexicon, laid, row.get("title") or "", row["text"])
        made.append((laid, mentions, row["lang"], row["outlet"], places))
    characters = sum(len(laid.whole) for laid, *_ in made)
    began = time.process_time()
    for _ in range(rounds):
        for laid, mentions, language, outlet, places in made:
            read = Attributions(laid, mentions, rules, lexicon=lexicon, language=language, publisher=outlet)
            for start, end in places:
                read.of(start, end)
    spent = (time.process_time() - began) / rounds
    print(f"{spent / characters * 4000 * 1000:.2f} ms for 4,000 characters")


if __name__ == "__main__":
    main()
