"""One line of `khasan analyse`: a text as JSON in, what was understood of it as JSON out."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analysis.text import piece_end
from khasan.claims_shown import Field, shown_claims

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from analysis.lexicon import Mention
    from scheduler.setup import Setup

_TEXTS = ("title", "lead", "text", "lang", "published", "outlet")
_SURROGATE = re.compile("[\ud800-\udfff]")  # no text that could be written


class RowError(ValueError):
    """A line that cannot be read: what was found and what expected. `id` is the row's, None where it has none."""

    def __init__(self, message: str, identity: Any = None) -> None:
        self.id = identity
        super().__init__(message)


class Analysing:
    """Answers line by line with one topic."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def answer(self, line: str) -> dict[str, Any]:
        """Read one row `{id, title?, lead?, text, lang?, published?, outlet?}`.

        Offsets count characters of the field they are given for: `concepts` of text, `title_concepts` of title,
        `lead_concepts` of lead.

        Raises:
            RowError: the line is no such row, or could not be read for whatever reason.

        """
        identity = None
        try:
            row = read_row(line)
            identity = row["id"]
            return self._answer(row)
        except RowError:
            raise
        except Exception as error:
            # Whoever waits for as many answers as he sent lines gets them; the name tells a bug.
            raise RowError(f"could not be read: {type(error).__name__}: {error}", identity) from error

    def _answer(self, row: dict[str, Any]) -> dict[str, Any]:
        published = time_of(row)
        fields = tuple(Field.of(name, row.get(name) or "") for name in ("title", "lead", "text"))
        (title, in_title), (lead, in_lead), (text, in_text) = ((one.text, one.places) for one in fields)
        whole = f"{lead}\n\n{text}" if lead else text
        shift = len(whole) - len(text)
        outlet = row.get("outlet") or ""
        reading = self._setup.analyser.read(
            title,
            whole,
            row.get("lang") or "",
            len(lead) if lead.strip() else None,
            publisher=outlet,
            published=published,
        )
        country = self._setup.country(outlet)
        document = reading.document(title, whole, outlet=outlet, country=country, published=published)
        judged = reading.relevance
        answer: dict[str, Any] = {
            "id": row["id"],
            "lang": reading.language,
            "relevance": {
                "relevant": judged.relevant,
                "band": judged.band,
                "score": judged.score,
                "reasons": list(judged.reasons),
            },
            "concepts": self._shown((m for m in reading.scan.text if m.end > shift), row["text"], in_text, shift),
            "title_concepts": self._shown(reading.scan.title, row.get("title") or "", in_title),
            "rules": [hit.rule for hit in self._setup.rules.hits(document)],
            "claims": shown_claims(reading.claims, fields),
        }
        if lead:
            of_lead = (mention for mention in reading.scan.text if mention.end <= len(lead))
            answer["lead_concepts"] = self._shown(of_lead, row["lead"], in_lead)
        return answer

    def _shown(
        self, mentions: Iterable[Mention], given: str, places: Sequence[int], shift: int = 0
    ) -> list[dict[str, Any]]:
        """Give mentions with their places in a field as it was given."""
        concepts = self._setup.analyser.lexicon.concepts_by_id
        shown = []
        for mention in mentions:
            start = places[max(mention.start - shift, 0)]
            end = piece_end(given, places[mention.end - 1 - shift])
            shown.append(
                {
                    "id": mention.concept,
                    "category": concepts[mention.concept].category,
                    "start": start,
                    "end": end,
                    "surface": given[start:end],
                }
            )
        return shown


def read_row(line: str, wanted: Collection[str] = ("text",)) -> dict[str, Any]:
    """Read a row that has an id and the wanted fields, and no field of the wrong type. Raises RowError."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RowError(f"this is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise RowError(f"found {type(row).__name__}, expected an object with id and text")
    identity = row.get("id")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        raise RowError(f"id: found {identity!r:.80}, expected a text or a number")
    if isinstance(identity, str) and not identity.isascii() and _SURROGATE.search(identity):
        raise RowError(f"id: found {identity!r:.80}, which has half a character")
    for name in _TEXTS:
        value = row.get(name)
        if (value is not None or name in wanted) and not isinstance(value, str):
            raise RowError(f"{name}: found {value!r:.80}, expected a text", identity)
    return row


def time_of(row: dict[str, Any]) -> datetime | None:
    """Give when a row says that it was published, None if it does not. Raises RowError."""
    written = row.get("published")
    if not written:
        return None
    try:
        at = datetime.fromisoformat(written)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # a year before the first, in UTC
        raise RowError(f"published: found {written!r:.80}, expected a time as in ISO 8601", row["id"]) from None
