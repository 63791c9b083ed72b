"""How well figures in English sentences are read, by the test sentences of quantulum3, and what reading costs.

    .venv/bin/python benchmarks/figures.py PATH/quantities.json [--misses]

Of each sentence's quantities those of the kinds that news has are asked for: a figure counts as read if a number stands
where the quantity does and has its value, of a range both ends. Left out, by name: scientific notation, unicode
fractions, equations and powers, an article for one ("a gallon"), a measurement's error, clock times (which quantulum3
does not give), negative sums in brackets, and units no news has.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from pathlib import Path

from analysis.numbers import numbers

NEWS = {
    "count": {"dimensionless", "dozen"},
    "money": {
        "dollar",
        "euro",
        "pound sterling",
        "cent",
        "yen",
        "dollar per hour",
        "dollar per kilogram",
        "dime",
        "penny",
    },
    "percent": {"percentage"},
    "distance": {"metre", "kilometre", "mile", "inch", "foot", "centimetre"},
    "weight": {"kilogram", "pound-mass", "tonne", "milligram", "gram", "ton per day"},
    "time": {"second", "minute", "hour", "day", "week", "month", "year"},
    "area and volume": {
        "square kilometre",
        "square mile",
        "litre",
        "gallon",
        "cubic kilometre",
        "centilitre",
        "cubic centimetre",
    },
    "speed and heat": {"kilometre per hour", "degree Celsius", "degree fahrenheit"},
    "power and data": {"megawatt hour", "watt hour", "gigahertz", "megabyte", "exabyte", "byte", "bit"},
    "per time": {"count per week"},
}
LEFT_OUT = (
    ("scientific notation", re.compile(r"\d\.?\d*e-?\d|[×x]\s?10|×", re.IGNORECASE)),
    ("unicode fraction", re.compile("[⅓½¼¾⅔]")),
    ("equation or power", re.compile(r"\^|\+/-|cubed|squared|\bdozen\)|m[23]\b")),
    ("article for one", re.compile(r"^(?:an?|a square|a baker's) [^\d]*$", re.IGNORECASE)),
    ("sum in brackets", re.compile(r"^\(?-?\$?-?\d[\d.]*\)$")),
)


def asked(sentence, quantity):
    """The kind of news a quantity is of, or in brackets why it is left out."""
    surface = quantity["surface"]
    for why, pattern in LEFT_OUT:
        if pattern.search(surface) and not (
            why == "article for one" and re.search("dozen|hundred|thousand|half|quarter", surface)
        ):
            return f"({why})"
    if surface not in sentence:
        return "(not in the sentence)"
    return next((kind for kind, units in NEWS.items() if quantity["unit"] in units), "(unit no news has)")


def is_read(found, sentence, quantity, seen):
    """Whether a number stands at the quantity and has its value, or both its ends."""
    error = quantity.get("uncertainty") or 0
    scale = 12 if quantity["unit"] == "dozen" else 1
    low, high = ((quantity["value"] + sign * error) * scale for sign in (-1, 1))
    start = sentence.find(quantity["surface"], seen)
    start = start if start >= 0 else sentence.find(quantity["surface"])
    end = start + len(quantity["surface"])
    return any(
        number.start < end and start < number.end and close(number.low, low) and close(number.high, high)
        for number in found
    )


def close(given, wanted):
    return abs(given - wanted) <= 1e-6 * max(1, abs(wanted))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    wanted, read = Counter(), Counter()
    for case in json.loads(options.path.read_text("utf-8")):
        sentence = case["req"]
        found, seen = numbers(sentence, "en"), 0
        for quantity in case["res"]:
            kind = asked(sentence, quantity)
            wanted[kind] += 1
            right = is_read(found, sentence, quantity, seen)
            read[kind] += right
            seen = max(seen, sentence.find(quantity["surface"], seen) + 1)
            if not right and options.misses and not kind.startswith("("):
                print(
                    f"{kind}: {quantity['surface']!r} = {quantity['value']} in {sentence!r}: {[n.low for n in found]}"
                )
    for kind, count in sorted(wanted.items(), key=lambda pair: (pair[0].startswith("("), -pair[1])):
        print(f"{kind:28} {count:4}" + ("" if kind.startswith("(") else f" {read[kind] / count:6.3f}"))
    asked_for = sum(count for kind, count in wanted.items() if not kind.startswith("("))
    right = sum(count for kind, count in read.items() if not kind.startswith("("))
    print(f"{'read':28} {asked_for:4} {right / asked_for:6.3f}")
    cost()


TEXTS = {
    "en": "Seoul said on Jan. 15, 2025 that at least 1,200 of some 11,000 troops, with 152-mm guns, were among those sent. ",
    "uk": "За даними розвідки, понад дві тисячі з 11 тис. військових і 94-а бригада втратили майже сто 152-мм гармат за 24 години. ",
    "ru": "По данным разведки, более двух тысяч из 11 тыс. военных и 94-я бригада потеряли почти сто 152-мм орудий за 24 часа. ",
    "ko": "국방부는 15일 북한군 1만1천여 명 가운데 3000명 이상이 다쳤고 152㎜ 포탄 520만 발과 마흔세 차례 수송을 확인했다고 밝혔다. ",
}
FILLER = {
    "en": "The ministry gave no further details, and officials declined to comment on the report when asked by journalists. ",
    "uk": "Міністерство не повідомило подробиць, а посадовці відмовилися коментувати повідомлення на прохання журналістів. ",
    "ru": "Министерство не сообщило подробностей, а чиновники отказались комментировать сообщение по просьбе журналистов. ",
    "ko": "국방부는 더 이상의 설명을 내놓지 않았으며 당국자들은 기자들의 질문에 보도 내용에 대한 논평을 거부했다고 전해졌다. ",
}


def cost():
    """CPU time for 4,000 characters with some twenty numbers, and for a sentence with none: the best of ten runs."""
    for language, dense in TEXTS.items():
        text = (dense * 4 + FILLER[language] * 60)[:4000]
        count, best, none = len(numbers(text, language)), spent(text, language, 20), FILLER[language]
        print(f"{language}: {count} numbers in {len(text)} characters, {best * 1000:.3f} ms; "
              f"none in {len(none)}, {spent(none, language, 1000) * 1e6:.1f} µs")  # fmt: skip


def spent(text, language, times):
    best = 1.0
    for _ in range(10):
        begin = time.process_time()
        for _ in range(times):
            numbers(text, language)
        best = min(best, (time.process_time() - begin) / times)
    return best


if __name__ == "__main__":
    main()
