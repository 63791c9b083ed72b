"""One line of `khasan cluster`: an article as JSON in, the number of its story out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analysis.stories import Clusterer
from khasan.analysing import RowError, read_row, time_of

if TYPE_CHECKING:
    from scheduler.setup import Setup

_START = datetime(1970, 1, 1, tzinfo=UTC)  # of articles without a time


class Clustering:
    """Answers line by line with one topic. Articles must come in order of time: none is placed anew for a later one."""

    def __init__(self, setup: Setup) -> None:
        self._analyser = setup.analyser
        self._clusterer = Clusterer(setup.analyser.stories.weights)

    def answer(self, line: str) -> dict[str, Any]:
        """Read one row `{id, title?, lead?, text?, lang?, published?, outlet?}`. Raises RowError."""
        row = read_row(line, wanted=())
        if not any(row.get(name) for name in ("title", "lead", "text")):
            raise RowError("found no title, lead or text", row["id"])
        title, lead, outlet = row.get("title") or "", row.get("lead") or "", row.get("outlet") or ""
        text = "\n\n".join(filter(None, (lead, row.get("text"))))
        at = time_of(row) or _START
        reading = self._analyser.read(
            title, text, row.get("lang") or "", len(lead) or None, publisher=outlet, published=at
        )
        profile, _ = self._analyser.stories.read(title, text, reading, self._analyser, outlet, at)
        return {"id": row["id"], "story": self._clusterer.add(profile, title, text)}
