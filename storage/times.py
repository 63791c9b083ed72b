"""Times as the archive writes them: UTC, ISO 8601, milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    """Text whose order is time order. A naive time is a bug, and says so."""
    if at.tzinfo is None:
        msg = f"naive time {at!r}: times are aware"
        raise ValueError(msg)
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def from_text(text: str) -> datetime:
    """The time that `to_text` wrote."""
    return datetime.fromisoformat(text)


def maybe(text: str | None) -> datetime | None:
    """The same for a column that may be NULL."""
    return None if text is None else from_text(text)
