"""Reading what a topic says on stories: `stories.toml`, the bridge and the table of common keys.

`bridge.tsv` is a small dictionary of news: an id, then its forms in en, uk, ru and ko, separated by `|`. Ids of places in Ukraine,
Russia, Korea, around it and in America begin with ua_, ru_, k_, n_, u_, of people with p_. `stories.tsv` gives
the share of articles in which a key stands. `stories.toml`:

    vague = [...]       sources that say nothing of who it is; they are no origin of their own where another one is named
    official = [...]    outlets that publish documents of their own
    quiet = [...]       sources by which stories are not told apart: media, which are named in passing
    wide = [...]        places that are too wide to tell stories apart
    [circles]           named lists of sources that quote each other
    [likeness]          bias, threshold, merging, and what each measure of `analysis.stories.likeness` counts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.lexicon import Concept, Gate, Lexicon
from analysis.stories.likeness import MEASURES, Weights
from analysis.stories.reading import StoryReader

if TYPE_CHECKING:
    from collections.abc import Mapping

TONGUES = ("en", "uk", "ru", "ko")
_LISTS = ("vague", "official", "quiet", "wide")
_PLACES = ("ua_", "ru_", "k_", "n_", "u_")  # cities and regions; countries (c_) and seas (s_) are too wide
_PLAIN = ("bias", "threshold", "merging")


class StoriesError(ValueError):
    """What a topic says on stories cannot be used. The message names file and key."""


def load_stories(data: Mapping[str, Any], common: str, bridge: str, lexicon: Lexicon) -> StoryReader:
    """Make the reader of what the three files say. Raises StoriesError."""
    _check(data, lexicon)
    likeness = dict(data.get("likeness", {}))
    plain = {name: float(likeness.pop(name)) for name in _PLAIN if name in likeness}
    lists = {name: frozenset(data.get(name, ())) for name in _LISTS}
    known = _bridge(bridge)
    weights = Weights(
        common=_common(common),
        measures={name: float(value) for name, value in likeness.items()},
        voices=_keys(lexicon, "source", lists["quiet"]),
        places=_keys(lexicon, "place", lists["wide"]) | _named(known, _PLACES),
        actors=_keys(lexicon, "actor", frozenset()),
        persons=_keys(lexicon, "person", frozenset()) | _named(known, ("p_",)),
        **plain,
    )
    circles = {name: frozenset(members) for name, members in data.get("circles", {}).items()}
    return StoryReader(known, weights, circles, lists["vague"], lists["official"])


def _check(data: Mapping[str, Any], lexicon: Lexicon) -> None:
    """Refuse what is unknown or of the wrong type."""
    for key, value in data.items():
        if key in _LISTS:
            _check_list(key, value, None if key == "official" else lexicon)
        elif key == "circles" and isinstance(value, dict):
            for name, members in value.items():
                _check_list(f"circles.{name}", members, lexicon)
        elif key == "likeness" and isinstance(value, dict):
            _check_likeness(value)
        else:
            raise StoriesError(
                f"stories.toml: {key}: unknown, or of the wrong type; there are {', '.join(_LISTS)}, [circles], [likeness]"
            )


def _check_list(where: str, value: object, lexicon: Lexicon | None) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise StoriesError(f"stories.toml: {where}: found {value!r}, expected a list of ids")
    unknown = sorted(set(value) - set(lexicon.concepts_by_id)) if lexicon is not None else []
    if unknown:
        raise StoriesError(f"stories.toml: {where}: {unknown[0]!r} is no concept of the lexicon")


def _check_likeness(table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if name not in {*_PLAIN, *MEASURES}:
            known = ", ".join((*_PLAIN, *MEASURES))
            raise StoriesError(f"stories.toml: likeness.{name}: unknown; there are {known}")
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise StoriesError(f"stories.toml: likeness.{name}: found {value!r}, expected a number")


def _keys(lexicon: Lexicon, category: str, without: frozenset[str]) -> frozenset[str]:
    return frozenset(f"c:{one}" for one in lexicon.categories.get(category, frozenset()) - without)


def _named(bridge: Lexicon, heads: tuple[str, ...]) -> frozenset[str]:
    """Give the keys of names in the bridge, which are told by how their ids begin."""
    return frozenset(f"b:{one}" for one in bridge.concepts_by_id if one.startswith(heads))


def _common(text: str) -> dict[str, float]:
    """Read the table of common keys."""
    found = {}
    for number, key, value in _rows("stories.tsv", text, 2):
        try:
            found[key] = float(value)
        except ValueError:
            raise StoriesError(f"stories.tsv: line {number}: {value!r} is no share") from None
    return found


def _bridge(text: str) -> Lexicon:
    """Read the dictionary, as a lexicon of its own."""
    concepts = {}
    for _, identity, *columns in _rows("bridge.tsv", text, 1 + len(TONGUES)):
        forms = {
            language: tuple(form.strip() for form in column.split("|") if form.strip())
            for language, column in zip(TONGUES, columns, strict=True)
        }
        forms = {language: found for language, found in forms.items() if found}
        concepts[identity] = Concept(identity, "bridge", {one: found[0] for one, found in forms.items()}, forms)
    return Lexicon(concepts, Gate(frozenset(), (), frozenset()))


def _rows(file: str, text: str, columns: int) -> list[tuple[Any, ...]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("# "):
            parts = line.split("\t")
            if len(parts) != columns:
                raise StoriesError(f"{file}: line {number}: found {len(parts)} columns, expected {columns}")
            rows.append((number, *parts))
    return rows
