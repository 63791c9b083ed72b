"""Mails to the operator as plain values, which the outbox keeps as JSON: paragraphs, then sections of rows. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """Something by its name, and what there is to say of it. Without a name, it is just said."""

    label: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title, with a note on all of them; `more` that are not shown."""

    title: str
    note: str = ""
    rows: tuple[Row, ...] = field(default=())
    more: int = 0


def to_plain(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Sections as JSON has them."""
    return [asdict(one) for one in sections]


def from_plain(values: list[dict[str, Any]]) -> list[Section]:
    """The sections that `to_plain` wrote."""
    return [Section(**{**one, "rows": tuple(Row(**row) for row in one["rows"])}) for one in values]
