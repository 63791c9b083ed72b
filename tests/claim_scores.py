"""How well claims were read, against gold: one way of counting for the tests and the benchmarks.

A claim counts as found when both ends of its figure are right and its evidence lies within twelve characters of the gold's. `core`
also wants unit and event, `whole` modality and attribution besides. Answers near further mentions (`repeats`) or debatable
stretches (`ignore`) count for nothing.
"""

from __future__ import annotations

from collections import Counter

NEAR = 12
CORE = ("unit", "event")
WHOLE = (*CORE, "modality", "attribution")
FIELDS = (*WHOLE, "approx", "relay")


def counted(gold: dict, answers: list[dict]) -> Counter:
    """Count what is right in one text: gold, answers, found, core, whole, and each field of those found."""
    left, count = list(answers), Counter(gold=len(gold["claims"]))
    for want in gold["claims"]:
        found = next((one for one in left if _is(one, want)), None)
        if found is None:
            continue
        left.remove(found)
        right = {
            field
            for field in FIELDS
            if found[field] == want[field] or found[field] in want.get("alternatives", {}).get(field, ())
        }
        count.update(right)
        count["found"] += 1
        count["core"] += right.issuperset(CORE)
        count["whole"] += right.issuperset(WHOLE)
        for flag in ("increment", "recap"):
            count[f"{flag}_gold"] += bool(want.get(flag))
            count[f"{flag}_said"] += found[flag]
            count[f"{flag}_right"] += bool(want.get(flag)) and found[flag]
    free = [span for want in gold["claims"] for span in want.get("repeats", ())] + list(gold.get("ignore", ()))
    count["answers"] = count["found"] + sum(not any(_meets(one, *span) for span in free) for one in left)
    return count


def figures(count: Counter) -> dict[str, float]:
    """Turn counts into shares."""

    def f1(right: int) -> float:
        return round(2 * right / (count["gold"] + count["answers"]), 3) if right else 0.0

    found = count["found"] or 1
    return {
        "precision": round(count["found"] / (count["answers"] or 1), 3),
        "recall": round(count["found"] / (count["gold"] or 1), 3),
        "core_f1": f1(count["core"]),
        "whole_f1": f1(count["whole"]),
        **{field: round(count[field] / found, 3) for field in FIELDS},
    }


def _is(answer: dict, want: dict) -> bool:
    same = (answer["qty_min"], answer["qty_max"]) == (want["qty_min"], want["qty_max"])
    return same and _meets(answer, want["start"], want["end"])


def _meets(answer: dict, start: int, end: int) -> bool:
    return answer["start"] < end + NEAR and start - NEAR < answer["end"]
