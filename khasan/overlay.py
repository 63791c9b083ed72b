"""Writing the overlay's sources.toml, so that whatever else stands in it stays as it is: comments, order, spacing.

The file is cut into its tables and these into statements, each piece as small as TOML itself can read; only the pieces that
change are written anew. What comes out is read again and compared with what was meant, tried as a topic, and only then put
in the place of the file, which is therefore right at any instant.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

FILE = "sources.toml"
BEGINNING = "# Your changes to the topic's sources, by id. Add one, change one, disable one; the rest stays as it is.\n"
TRIES = 3  # while somebody else writes the file
_HEADER = re.compile(r"[ \t]*\[")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BY_HAND = "change it by hand"

Table = dict[str, Any]


class OverlayError(Exception):
    """The overlay was not changed. `lines` say why, each naming the file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def edit(overlay: Path, change: Callable[[str], str], check: Callable[[Path], None]) -> bool:
    """Put `change` of the overlay's sources.toml in its place, and tell whether anything has changed.

    `check` is given a folder that is the overlay as it would be, and raises OverlayError where it must not be so. Raises
    OverlayError also where the file is no TOML, or cannot be changed without harm.
    """
    overlay.mkdir(parents=True, exist_ok=True)
    path = (overlay / FILE).resolve()
    with _held(overlay):
        for _ in range(TRIES):
            before = path.read_bytes() if path.exists() else b""
            after = _changed(before, change, overlay / FILE)
            if after == before:
                return False
            _try(overlay, after, check)
            if (path.read_bytes() if path.exists() else b"") == before:
                _replace(path, after)
                return True
    raise OverlayError([f"{overlay / FILE}: somebody else is writing it; nothing was changed"])


def tables(overlay: Path) -> list[Table]:
    """The sources that the overlay itself names, as they stand there; none if there is no such file. Raises OverlayError."""
    path = overlay / FILE
    text = _text(path.read_bytes(), path) if path.is_file() else ""
    return [one for one in _parsed(text, path).get("source", []) if isinstance(one, dict)]


def added(text: str, outlets: Iterable[Mapping[str, Any]], sources: Iterable[Mapping[str, Any]]) -> str:
    """The text with these tables at its end. Raises OverlayError where they cannot be added."""
    expected = tomllib.loads(text)
    new = []
    for name, entries in (("outlet", outlets), ("source", sources)):
        for entry in entries:
            new.append(toml_table(name, entry))
            if not isinstance(expected.setdefault(name, []), list):
                raise OverlayError([f"{FILE}: {name} is no list of [[{name}]] tables; {_BY_HAND}"])
            expected[name].append(dict(entry))
    start = (text.rstrip() + "\n\n") if text.strip() else BEGINNING + "\n"
    return _verified(start + "\n".join(new), expected) if new else text


def removed(text: str, source: str) -> str:
    """The text without the tables of a source. Comments before and after them stay."""
    expected = tomllib.loads(text)
    expected["source"] = [one for one in expected.get("source", []) if one.get("id") != source]
    if not expected["source"]:
        del expected["source"]
    blocks = _blocks(text)
    for at in _places(blocks, source):
        for block in (at, *_below(blocks, at)):
            blocks[block] = _after(blocks[block]).lstrip("\n")
    return _verified("".join(_joined(blocks)), expected)


def altered(text: str, source: str, values: Mapping[str, Any]) -> str:
    """The text with these keys of a source changed, added, or (None) taken away. A source that is not there is added."""
    expected = tomllib.loads(text)
    named = [one for one in expected.get("source", []) if isinstance(one, dict) and one.get("id") == source]
    given = {key: value for key, value in values.items() if value is not None}
    if not named:
        return added(text, [], [{"id": source, **given}])
    for key in values:
        named[-1].pop(key, None)
    named[-1].update(given)
    blocks = _blocks(text)
    at = _places(blocks, source)[-1:]
    for one in at:
        blocks[one] = "".join(_with_values(_statements(blocks[one]), values))
    return _verified("".join(_joined(blocks)), expected)


def toml_table(name: str, entry: Mapping[str, Any]) -> str:
    """A [[table]] as a person would write it, a key a line."""
    return "".join([f"[[{name}]]\n", *(f"{_key(key)} = {toml_value(value)}\n" for key, value in entry.items())])


def toml_value(value: Any) -> str:
    """A value as TOML has it, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {toml_value(one)}' for key, one in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    plain = str(value).encode("utf-8", "replace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)


# Cutting the text into pieces


def _whole(text: str) -> bool:
    """Whether this is TOML by itself: no string or list is open at its end."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []


def _blocks(text: str) -> list[str]:
    """What stands before the first table, and each table with its header."""
    blocks = [""]
    for line in _lines(text):
        if _HEADER.match(line) and _whole(blocks[-1]):
            blocks.append("")
        blocks[-1] += line
    return blocks


def _statements(block: str) -> list[str]:
    """A table's header, each key with its value, and each line that is blank or a comment."""
    pieces: list[str] = []
    for line in _lines(block):
        if pieces and not _whole(pieces[-1]):
            pieces[-1] += line
        else:
            pieces.append(line)
    return pieces


def _places(blocks: list[str], source: str) -> list[int]:
    """Which of the blocks are [[source]] tables with this id."""
    places = []
    for at, block in enumerate(blocks[1:], 1):
        found = tomllib.loads(block).get("source")
        if isinstance(found, list) and found and found[0].get("id") == source:
            places.append(at)
    return places


def _below(blocks: list[str], at: int) -> Iterator[int]:
    """The blocks after a source that belong to it: [source.css]."""
    for further in range(at + 1, len(blocks)):
        if not isinstance(tomllib.loads(blocks[further]).get("source"), dict):
            return
        yield further


def _after(block: str) -> str:
    """The comments that follow a table's last statement: they speak of what comes next."""
    pieces = _statements(block)
    while pieces and not tomllib.loads(pieces[-1]) and not _HEADER.match(pieces[-1]):
        pieces.pop()
    return block[sum(map(len, pieces)) :]


def _with_values(pieces: list[str], values: Mapping[str, Any]) -> list[str]:
    """A table's statements with some of them written anew, taken away (None), or added after the last one."""
    left = dict(values)
    result: list[str] = []
    end = 1
    for piece in pieces:
        key = next(iter(tomllib.loads(piece)), "") if result else ""  # the first is the header
        if key in values:
            value = left.pop(key, None)
            if value is not None:
                indent = piece[: len(piece) - len(piece.lstrip())]
                result.append(f"{indent}{_key(key)} = {toml_value(value)}{_comment(piece)}\n")
        else:
            result.append(piece)
        if key:
            end = len(result)
    new = [f"{_key(key)} = {toml_value(value)}\n" for key, value in left.items() if value is not None]
    return result[:end] + new + result[end:]


def _comment(statement: str) -> str:
    """The comment at a statement's end, with the blanks before it."""
    for match in re.finditer(r"[ \t]*#", statement):
        if "=" in statement[: match.start()] and _whole(statement[: match.start()]):
            return statement[match.start() :].rstrip("\n")
    return ""


def _joined(blocks: list[str]) -> Iterator[str]:
    return (block if block.endswith("\n") or not block else f"{block}\n" for block in blocks)


def _verified(text: str, expected: Table) -> str:
    """The text, if it says what it was to say."""
    try:
        right = tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise OverlayError([f"{FILE}: is written in a way that cannot be changed here without harm; {_BY_HAND}"])
    return text


# The file


def _changed(before: bytes, change: Callable[[str], str], path: Path) -> bytes:
    """The file's new bytes, with its own line ends and byte order mark."""
    text = _text(before, path)
    _parsed(text, path)
    try:
        after = change(text)
    except OverlayError as error:
        raise OverlayError(line.replace(FILE, str(path), 1) for line in error.lines) from error
    if after == text:
        return before
    if b"\r\n" in before:
        after = after.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b"") + after.encode()


def _text(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise OverlayError([f"{path}: cannot be read: {error}"]) from error


def _parsed(text: str, path: Path) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OverlayError([f"{path}: this is not TOML: {error}"]) from error


def _try(overlay: Path, content: bytes, check: Callable[[Path], None]) -> None:
    """Raise OverlayError if the overlay with this content is not right, in words that name the real files."""
    with tempfile.TemporaryDirectory(prefix="khasan-") as made:
        folder = Path(made)
        for one in overlay.glob("*.toml"):
            if one.is_file() and one.name != FILE:
                shutil.copyfile(one, folder / one.name)
        (folder / FILE).write_bytes(content)
        try:
            check(folder)
        except OverlayError as error:
            raise OverlayError(line.replace(str(folder), str(overlay)) for line in error.lines) from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep other such commands out for as long as this lasts."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, new)
        else:
            new.chmod(0o644)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
