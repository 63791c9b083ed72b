"""Tables of a file to dataclasses, with errors that a person can act on: one line each, naming the key.

msgspec knows the types; what it does not say is which keys there are instead of an unknown one, and it stops at the
first error. So every field is converted by itself.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
MOST_NAMES = 15  # told instead of an unknown one
LONGEST_VALUE = 60  # characters of a value in a message
_NOUNS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


def structure(
    kind: type[T], table: Mapping[str, Any], where: str, problems: list[str], *, strict: bool = True
) -> T | None:
    """`table` as a `kind` (a dataclass), or None with a line for each problem added to `problems`.

    `where` leads each line ("khasan.toml: smtp"). Without `strict`, text is read as the type wanted (environment).
    """
    hints = typing.get_type_hints(kind)
    fields = {one.name: one for one in dataclasses.fields(typing.cast("Any", kind)) if one.init}
    before = len(problems)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            problems.append(f"{where}.{key}: unknown key{suggestion(key, fields)}")
        else:
            values[key] = _value(hints[key], value, f"{where}.{key}", problems, strict=strict)
    for name, one in fields.items():
        missing = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if missing and name not in table:
            problems.append(f"{where}.{name}: missing, expected {_expected(hints[name])}")
    if len(problems) > before:
        return None
    try:
        return kind(**values)
    except ValueError as error:
        problems.append(f"{where}: {error}")
        return None


def field_value(kind: type[Any], name: str, text: str, where: str, problems: list[str]) -> Any:
    """`text`, which is all the environment has, as field `name` of `kind` wants it; None with a problem added if it is not."""
    hints = typing.get_type_hints(kind)
    if name not in hints:
        problems.append(f"{where}: unknown key{suggestion(name, hints)}")
        return None
    return _value(hints[name], text, where, problems, strict=False)


def suggestion(key: str, known: Mapping[str, Any] | typing.Iterable[str]) -> str:
    """What somebody may have meant by an unknown name, as the end of a line."""
    names = list(known)
    near = difflib.get_close_matches(key, names, 1, 0.6)
    if near:
        return f'; did you mean "{near[0]}"?'
    more = ", …" if len(names) > MOST_NAMES else ""
    return f"; known are {', '.join(names[:MOST_NAMES])}{more}" if names else "; there are none"


def _value(hint: Any, value: Any, where: str, problems: list[str], *, strict: bool) -> Any:
    inner = _unwrapped(hint)
    if dataclasses.is_dataclass(inner):
        if isinstance(value, dict):
            return structure(typing.cast("type[Any]", inner), value, where, problems, strict=strict)
        problems.append(f"{where}: found {shown(value)}, expected a table [{where.rpartition(' ')[2]}]")
        return None
    if inner is Path:
        if isinstance(value, (str, Path)):
            return Path(value)
        problems.append(f"{where}: found {shown(value)}, expected a path as text")
        return None
    try:
        return msgspec.convert(value, hint, strict=strict)
    except msgspec.ValidationError:
        problems.append(f"{where}: found {shown(value)}, expected {_expected(hint)}")
        return None


def shown(value: Any) -> str:
    """A value as the file would have it, shortened."""
    text = str(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _unwrapped(hint: Any) -> Any:
    """`X` of `X | None`."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        rest = [one for one in typing.get_args(hint) if one is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _expected(hint: Any) -> str:
    """A type in words."""
    hint = _unwrapped(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return "one of " + ", ".join(f'"{one}"' for one in typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, str) and hasattr(hint, "__members__"):
        return "one of " + ", ".join(f'"{one.value}"' for one in hint.__members__.values())
    if origin in {tuple, list}:
        return f"a list of {_expected(typing.get_args(hint)[0])}"
    if origin is dict or dataclasses.is_dataclass(hint):
        return "a table"
    return _NOUNS.get(getattr(hint, "__name__", str(hint)), str(hint))
