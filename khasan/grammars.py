"""The grammars of a topic: how claims are read and attributed, a file a language, with what an overlay lays over them.

An overlay's `claims/en.toml` is laid over the built-in one by the rules' ids, as tables of other files are; other keys replace
the built-in file's. A file of a language that the topic does not have is added.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from analysis.attribution import load_attribution
from analysis.attribution.grammar import SOURCES
from analysis.claims.grammar import ANCHORS, load_claim_grammar
from analysis.claims.reading import ClaimReader
from analysis.cues import GrammarError
from analysis.forms import LexiconError
from khasan.merging import merge_overlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

LANGUAGES = ("en", "uk", "ru", "ko")
FOLDERS = {"claims": (*LANGUAGES, ANCHORS), "attribution": (*LANGUAGES, SOURCES)}  # and what each may hold


def load_grammars(
    base: Traversable, overlay: Path | None, digest: Any, faults: list[str], *, built_in: bool
) -> ClaimReader:
    """Read a topic's grammars; one without any reads no claims. What is wrong is noted in `faults`."""
    tables = {folder: _tables(base / folder, overlay and overlay / folder, digest, faults) for folder in FOLDERS}
    try:
        reader = ClaimReader(load_claim_grammar(tables["claims"]), load_attribution(tables["attribution"]))
        _check_forms(reader, [folder for folder in (None if built_in else base, overlay) if folder])
    except (GrammarError, LexiconError) as error:
        faults.append(str(error))
        return ClaimReader()
    return reader


def _check_forms(reader: ClaimReader, folders: Sequence[Traversable]) -> None:
    """Have the forms of those grammars read that are in folders of the user's own: the built-in ones are tested."""
    tongues, languages = reader.grammar.tongues, reader.attribution.languages
    cues = {
        "claims": {one: tongues[one].cues for one in tongues},
        "attribution": {one: languages[one].cues for one in languages},
    }
    for folder, known in cues.items():
        for language in known:
            if any((one / folder / f"{language}.toml").is_file() for one in folders):
                known[language].find("")


def grammar_files(folder: Path) -> Iterator[Path]:
    """Yield the grammar files that a topic folder or an overlay may have."""
    for name, known in FOLDERS.items():
        for file in known:
            yield folder / name / f"{file}.toml"


def _tables(base: Traversable, overlay: Path | None, digest: Any, faults: list[str]) -> dict[str, dict[str, Any]]:
    """Give each file of a folder as a table, by its name without .toml."""
    tables = _folder(base, f"{base.name}/", digest, faults)
    for name, over in _folder(overlay, f"{overlay}/", digest, faults).items() if overlay else ():
        under = tables.get(name, {})
        laid = {"rule": merge_overlay(under.get("rule", []), over["rule"])} if "rule" in over else {}
        tables[name] = under | over | laid
    return tables


def _folder(folder: Traversable, shown: str, digest: Any, faults: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if not folder.is_dir():
        return found
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        known = FOLDERS[folder.name]
        if file.name.removesuffix(".toml") not in known:
            faults.append(f"{shown}{file.name}: nobody reads a file of this name, expected one of {', '.join(known)}")
            continue
        try:
            raw = file.read_bytes()
            table = tomllib.loads(raw.decode("utf-8-sig").replace("\r\n", "\n"))
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{shown}{file.name}: cannot be read: {error}")
            continue
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{shown}{file.name}: this is not TOML: {error}")
            continue
        digest.update(f"{folder.name}/{file.name}\0{len(raw)}\0".encode() + raw)
        rules = table.get("rule", [])
        if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
            faults.append(f"{shown}{file.name}: rule: expected [[rule]] tables")
            continue
        found[file.name.removesuffix(".toml")] = table
    return found
