"""`khasan lexicon`: check the lexicon, try it on a text."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.text import Text

from analysis.lexicon_check import doubts
from analysis.text import nfc
from khasan.commands.common import out, say_json, state, table
from spiders.markup import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.lexicon import Mention
    from analysis.lexicon_check import Doubt

_MARK = "bold reverse"
_SHOWN = 20  # doubts of a kind, where not all are asked for


def check(*, everything: bool, json: bool) -> None:
    """Say what is doubtful in the lexicon. What cannot be used at all has ended the command before."""
    lexicon = state.setup().analyser.lexicon
    found = doubts(lexicon)
    forms = sum(len(written) for concept in lexicon.concepts_by_id.values() for written in concept.forms.values())
    if json:
        say_json({"concepts": len(lexicon.concepts_by_id), "forms": forms, "doubts": found})
        return
    shown = found if everything else _some(found)
    if shown:
        rows = [(one.kind, one.concept, one.language, one.form, one.message) for one in shown]
        out.print(table(("doubt", "concept", "lang", "form", "why"), rows))
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.kind for one in found).items())
    out.print(
        f"{len(lexicon.concepts_by_id)} concepts with {forms} forms can be used. {f'To look at: {kinds}.' if kinds else 'No doubts.'}"
    )
    if len(shown) < len(found):
        out.print(f"{len(shown)} of {len(found)} are shown; --all shows all.")


def _some(found: Iterable[Doubt]) -> list[Doubt]:
    """The first of each kind; a language without forms is rather a wish than a doubt."""
    shown: list[Doubt] = []
    seen: Counter[str] = Counter()
    for one in found:
        seen[one.kind] += 1
        if one.kind != "missing" and seen[one.kind] <= _SHOWN:
            shown.append(one)
    return shown


def test(text: str, *, json: bool) -> None:
    """Show what a text speaks of."""
    text = nfc(sys.stdin.read() if text == "-" else text).strip()
    analyser = state.setup().analyser
    reading = analyser.read("", text)
    ambiguous = [m for m in analyser.lexicon.mentions(text) if m not in reading.scan.text]
    if json:
        say_json(
            {
                "lang": reading.language,
                "gate": {"passed": bool(reading.gate), "reason": reading.gate.reason},
                "relevance": reading.relevance,
                "concepts": [_row(one, text) for one in reading.scan.text],
                "ambiguous": [_row(one, text) for one in ambiguous],
            }
        )
        return
    out.print(marked(text, reading.scan.text))
    concepts = analyser.lexicon.concepts_by_id
    rows = [
        (one.concept, concepts[one.concept].category, text[one.start : one.end], f"{one.start}–{one.end}", note)
        for mentions, note in ((reading.scan.text, ""), (ambiguous, "no context: counts for relevance only"))
        for one in mentions
    ]
    out.print(table(("concept", "category", "as written", "place", ""), rows) if rows else "No concept is named.")
    out.print(f"language: {reading.language or 'none'}; gate: {escape(reading.gate.reason)}", soft_wrap=True)
    judged = reading.relevance
    out.print(f"relevance: {judged.band} ({judged.score:.2f})")
    for reason in judged.reasons:
        out.print(f"  {escape(reason)}", soft_wrap=True)


def _row(mention: Mention, text: str) -> dict[str, object]:
    return {**mention._asdict(), "surface": text[mention.start : mention.end]}


def marked(text: str, mentions: Iterable[Mention]) -> Text:
    """A text with the words marked that name something."""
    shown, at = Text(), 0
    for start, end in sorted({(mention.start, mention.end) for mention in mentions}):
        if start >= at:
            shown.append(visible(text[at:start]))
            shown.append(visible(text[start:end]), style=_MARK)
            at = end
    shown.append(visible(text[at:]))
    return shown
