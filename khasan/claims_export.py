"""The ledger for other programs: CSV for spreadsheets, JSON lines for scripts. Pure: values in, lines out."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from khasan.claims_table import decided, plain_claim, plain_decision, plain_sighting
from spiders.markup import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.claim_model import ClaimDecision, ClaimSighting, StoredClaim

COLUMNS = (
    *("id", "first_at", "last_at", "unit", "event", "actor", "recipient", "low", "high", "approx", "modality"),
    *("origin", "origin_name", "relays", "relay_names", "said_on", "increment", "recap", "status", "still_read"),
    *("articles", "outlets", "article", "outlet", "language", "evidence", "sentence", "sightings", "decisions"),
)
_FORMULA = frozenset("=+-@＝＋－＠\t\r")  # how formulas of spreadsheets begin


def csv_head() -> str:
    """The first line: names of columns."""
    return _line(COLUMNS)


def csv_line(
    claim: StoredClaim,
    sightings: Sequence[ClaimSighting],
    decisions: Sequence[ClaimDecision],
    names: Callable[[str], str],
) -> str:
    """A claim as a line; its sightings and decisions in a cell each, a line each within it."""
    figure = claim.figure
    row = plain_claim(claim) | {
        "origin_name": names(figure.origin) if figure.origin else "",
        "relay_names": [names(relay) for relay in figure.relays],
        "sightings": "\n".join(_sighting(one, claim) for one in sightings),
        "decisions": "\n".join(dict.fromkeys(_decision(one, names) for one in decisions)),
    }
    return _line([_cell(row[column]) for column in COLUMNS])


def json_line(claim: StoredClaim, sightings: Sequence[ClaimSighting], decisions: Sequence[ClaimDecision]) -> str:
    """A claim as a line of JSON, with its sightings and decisions."""
    row = plain_claim(claim) | {
        "sightings": [plain_sighting(one) for one in sightings],
        "decisions": [plain_decision(one) for one in decisions],
    }
    return json.dumps(row, ensure_ascii=False, default=_plain) + "\n"


def safe(text: str) -> str:
    """Make of a text what no spreadsheet takes for a formula: an apostrophe before what could be one."""
    text = visible(text)
    begin = text.lstrip(" \n\xa0\u3000")[:1]
    return f"'{text}" if begin in _FORMULA and begin else text


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return safe("; ".join(value) if isinstance(value, (list, tuple)) else str(value))


def _sighting(one: ClaimSighting, claim: StoredClaim) -> str:
    """A sighting on a line. The sentence only where it is another than the claim's."""
    via = "via " + ", ".join(one.figure.relays) if one.figure.relays else ""
    sentence = one.place.sentence if one.place.sentence != claim.sentence else ""
    told = (one.at.isoformat(), one.outlet, one.title, one.url, via, sentence)
    return " | ".join(" ".join(part.split()) for part in told if part)


def _decision(one: ClaimDecision, names: Callable[[str], str]) -> str:
    told = (one.at.isoformat(), one.who, ", ".join(decided(one, names)), one.why)
    return " | ".join(" ".join(part.split()) for part in told if part)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
