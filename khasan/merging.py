"""An overlay's tables laid over a topic's."""

from __future__ import annotations

from typing import Any


def merge_overlay(base: list[dict[str, Any]], overlay: list[dict[str, Any]], key: str = "id") -> list[dict[str, Any]]:
    """Lay tables over tables: those whose `key` is known change the keys they give, the others follow at the end.

    An entry without the key is added as it is, for the check that comes after to name. Nothing given is changed.
    """
    merged = [dict(entry) for entry in base]
    places: dict[Any, int] = {}
    for at, entry in enumerate(merged):
        if key in entry:
            places.setdefault(str(entry[key]), at)
    for entry in overlay:
        place = places.get(str(entry[key])) if key in entry else None
        if place is None:
            merged.append(dict(entry))
        else:
            merged[place].update(entry)
    return merged
