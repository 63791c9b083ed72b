"""The topic: outlets, sources, lexicon and rules, read from the built-in files and whatever lies over them.

An overlay is a directory with any of `sources.toml`, `lexicon.toml`, `rules.toml` and `relevance.toml`, written like the
built-in ones. Its tables are laid over the topic's by id: a new id is added, a known one has the keys changed that are
given, and so `enabled = false` rests it. `[sets]`, `[gate]` and the tables of `relevance.toml` are laid over key by key.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alerts.rules import RuleError, RuleSet, load_rules
from analysis.claims.reading import ClaimReader
from analysis.lexicon import Lexicon, LexiconError
from analysis.lexicon_file import load_lexicon
from analysis.reading import Analyser
from analysis.relevance import Model, RelevanceError, load_relevance
from analysis.stories.reading import StoryReader
from analysis.stories.settings import StoriesError, load_stories
from khasan.grammars import load_grammars
from khasan.merging import merge_overlay
from khasan.structure import shown, structure
from spiders.listing_reader import check_listing
from spiders.search_reader import search_url
from spiders.sitemap_choice import fill_template
from storage.model import Outlet, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.resources.abc import Traversable

FILES = ("sources.toml", "lexicon.toml", "rules.toml")
RELEVANCE = "relevance.toml"  # a topic may do without: what passes its gate is doubtful then
LEARNT = "relevance.tsv"
STORIES = "stories.toml"  # a topic may do without it, too: each article is a story then, but for copies
BRIDGE, COMMON = "bridge.tsv", "stories.tsv"
_TABLES = {
    "sources.toml": (("outlet", "source"), ()),
    "lexicon.toml": (("concept",), ("gate",)),
    "rules.toml": (("rule",), ("sets",)),
    RELEVANCE: ((), ("bands", "groups", "weights")),
    STORIES: ((), ("circles", "likeness")),
}  # what is laid over by id, and what key by key
KINDS = ("feeds", "sitemaps", "listings", "telegram", "search")
_PLAIN_KEYS = {
    RELEVANCE: ("pairs", "measured", "needs"),
    STORIES: ("vague", "official", "quiet", "wide"),
}  # replaced as they are
_IDS = {Outlet: re.compile(r"[a-z0-9][a-z0-9_]*"), Source: re.compile(r"[a-z0-9][a-z0-9-]*")}
_VALUE = TypeVar("_VALUE", Outlet, Source)


class TopicError(ValueError):
    """The topic cannot be used. `lines` has a line for each fault: file, where, what was found and what expected."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, slots=True)
class Topic:
    """All that Khasan is told of its subject. `version` changes with any byte of any of the files."""

    name: str
    outlets: tuple[Outlet, ...]
    sources: tuple[Source, ...]
    lexicon: Lexicon
    relevance: Model
    rules: RuleSet
    version: str
    claims: ClaimReader = field(default_factory=ClaimReader)
    stories: StoryReader = field(default_factory=StoryReader)

    @property
    def analyser(self) -> Analyser:
        """What reads articles with this topic's lexicon and idea of what is relevant."""
        return Analyser(self.lexicon, self.relevance, self.claims, self.stories)


def load_topic(name_or_dir: str | Path = "nk-russia", overlay_dir: Path | None = None) -> Topic:
    """Read a built-in topic by name, or one in a directory, with an overlay over it.

    Raises:
        TopicError: with every fault found, not only the first.

    """
    base = _base(name_or_dir)
    digest = hashlib.sha256()
    faults: list[str] = []
    data = {file: _read(base, overlay_dir, file, digest, faults) for file in (*FILES, RELEVANCE, STORIES)}
    learnt, common, bridge = (_table(base, file, digest, faults) for file in (LEARNT, COMMON, BRIDGE))
    claims = load_grammars(base, overlay_dir, digest, faults, built_in=isinstance(name_or_dir, str))
    if faults:
        raise TopicError(faults)
    outlets = _values(data["sources.toml"].get("outlet", []), Outlet, faults)
    sources = _values(data["sources.toml"].get("source", []), Source, faults)
    known = {outlet.id for outlet in outlets}
    for source in sources:
        faults += _faults_of(source, known)
    name = {file: _shown_file(overlay_dir, file) for file in (*FILES, RELEVANCE, STORIES)}
    lexicon, relevance, rules, stories = Lexicon.empty(), Model.none(), RuleSet(), StoryReader()
    try:
        lexicon = load_lexicon(data["lexicon.toml"])
        if data[RELEVANCE]:
            relevance = load_relevance(data[RELEVANCE], learnt, lexicon)
        stories = load_stories(data[STORIES], common, bridge, lexicon)
    except LexiconError as error:
        faults.append(f"{name['lexicon.toml']}: {error}")
    except RelevanceError as error:
        faults.append(str(error).replace(f"{RELEVANCE}:", f"{name[RELEVANCE]}:", 1))
    except StoriesError as error:
        faults.append(str(error).replace(f"{STORIES}:", f"{name[STORIES]}:", 1))
    try:
        rules = load_rules(data["rules.toml"], file=name["rules.toml"], lexicon=lexicon)
    except RuleError as error:
        faults.append(str(error))
    if faults:
        raise TopicError(_naming(name["sources.toml"], fault) for fault in faults)
    return Topic(
        base.name, tuple(outlets), tuple(sources), lexicon, relevance, rules, digest.hexdigest()[:12], claims, stories
    )


def _naming(file: str, fault: str) -> str:
    """A fault of the sources with the file as the user knows it."""
    return fault.replace("sources.toml: ", f"{file}: ", 1) if fault.startswith("sources.toml: ") else fault


def _shown_file(overlay: Path | None, file: str) -> str:
    """How a fault names a file: the user's own if there is one, since the built-in one is tested."""
    return str(overlay / file) if overlay is not None and (overlay / file).is_file() else file


def _base(name_or_dir: str | Path) -> Traversable:
    if isinstance(name_or_dir, Path):
        if not name_or_dir.is_dir():
            raise TopicError([f"{name_or_dir}: found no directory, expected one with {', '.join(FILES)}"])
        return name_or_dir
    topics = files("khasan") / "topics"
    names = sorted(entry.name for entry in topics.iterdir() if entry.is_dir())
    if name_or_dir not in names:
        raise TopicError([f"topic: found {name_or_dir!r}, expected one of {', '.join(names)}"])
    return topics / name_or_dir


def _table(base: Traversable, file: str, digest: Any, faults: list[str]) -> str:
    """A table that lies beside, or none."""
    table = base / file
    if not table.is_file():
        return ""
    raw = table.read_bytes()
    digest.update(f"{file}\0{len(raw)}\0".encode() + raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        faults.append(f"{file}: cannot be read: {error}")
        return ""


def _read(base: Traversable, overlay: Path | None, file: str, digest: Any, faults: list[str]) -> dict[str, Any]:
    """Read one file and what lies over it."""
    missing = file in {RELEVANCE, STORIES} and not (base / file).is_file()
    under = {} if missing else _parsed(base / file, file, digest, faults)
    if overlay is None or not (overlay / file).is_file():
        return under
    over = _parsed(overlay / file, str(overlay / file), digest, faults)
    by_id, by_key = _TABLES[file]
    for name in over:
        if name in by_id and name in under:
            under[name] = merge_overlay(under[name], over[name])
        elif name in by_key and name in under:
            under[name] = under[name] | over[name]
        else:
            under[name] = over[name]
    return under


def _parsed(path: Traversable, file: str, digest: Any, faults: list[str]) -> dict[str, Any]:
    """Parse a file and check its outline; after a fault, which is noted, give nothing."""
    try:
        raw = path.read_bytes()
        data = tomllib.loads(raw.decode("utf-8-sig").replace("\r\n", "\n"))
    except FileNotFoundError:
        faults.append(f"{file}: found no such file; a topic has {', '.join(FILES)}")
        return {}
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{file}: cannot be read: {error}")
        return {}
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{file}: this is not TOML: {error}")
        return {}
    digest.update(f"{path.name}\0{len(raw)}\0".encode() + raw)
    by_id, by_key = _TABLES[path.name]
    before = len(faults)
    for name, value in data.items():
        if name in by_id:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                faults.append(f"{file}: {name}: found {shown(value)}, expected [[{name}]] tables")
        elif name in _PLAIN_KEYS.get(path.name, ()):
            continue
        elif name not in by_key:
            hint = get_close_matches(name, by_id + by_key, n=1, cutoff=0.0)[0]
            faults.append(f"{file}: {name}: found an unknown key; did you mean {shown(hint)}?")
        elif not isinstance(value, dict):
            faults.append(f"{file}: {name}: found {shown(value)}, expected a [{name}] table")
    return {} if len(faults) > before else data


def _values(entries: list[dict[str, Any]], kind: type[_VALUE], faults: list[str]) -> list[_VALUE]:
    """Make outlets or sources of tables, noting what cannot be made."""
    found: dict[str, _VALUE] = {}
    for entry in entries:
        where = f"sources.toml: {kind.__name__.lower()} {entry.get('id', '?')}"
        value = structure(kind, entry, where, faults)
        if value is None:
            continue
        if value.id in found:
            faults.append(f"{where}: found this id twice, expected it once")
            continue
        if not _IDS[kind].fullmatch(value.id):
            faults.append(f"{where}.id: found {shown(value.id)}, expected the shape {_IDS[kind].pattern}")
        found[value.id] = value
    return list(found.values())


def _faults_of(source: Source, outlets: set[str]) -> list[str]:
    """Name what is wrong with a source although its types are right."""
    found: list[tuple[str, object, str]] = []
    if source.outlet not in outlets:
        hint = get_close_matches(source.outlet, outlets, n=1)
        found.append(
            ("outlet", source.outlet, f"an [[outlet]]'s id{f'; did you mean {shown(hint[0])}?' if hint else ''}")
        )
    if source.kind not in KINDS:
        found.append(("kind", source.kind, "one of " + ", ".join(KINDS)))
    if not _is_web_address(source.url):
        found.append(("url", source.url, "an address with http:// or https://"))
    if source.zone and not _is_zone(source.zone):
        found.append(("zone", source.zone, "an IANA name such as Asia/Seoul"))
    if source.language and not re.fullmatch("[a-z]{2}", source.language):
        found.append(("language", source.language, "two small letters"))
    if source.proxy and not source.proxy.startswith(("http://", "https://")):
        found.append(("proxy", source.proxy, "an address with http:// or https://"))
    found += [
        (name, value, "a number of seconds above 0")
        for name, value in (("interval", source.interval), ("delay", source.delay))
        if value is not None and not (isfinite(value) and (value > 0 or (name == "delay" and value == 0)))
    ]
    lines = [f"sources.toml: source {source.id}.{name}: found {shown(v)}, expected {want}" for name, v, want in found]
    return lines + [f"sources.toml: source {source.id}.{one}" for one in _faults_of_kind(source)]


def _faults_of_kind(source: Source) -> list[str]:
    """What a source of its kind needs, or has no use for."""
    faults = []
    if source.kind == "listings":
        rested = [] if not source.enabled else [_NO_LISTING]
        faults += [f"listing.{one}" for one in check_listing(source.listing)] if source.listing else rested
    elif source.listing is not None:
        faults.append(f'listing: has no use for kind = "{source.kind}"')
    if source.kind == "search":
        faults += _made(lambda: search_url(source.url, source.query, _SOME_DAY), "query")
    elif source.query:
        faults.append(f'query: has no use for kind = "{source.kind}"')
    if source.kind == "sitemaps":
        faults += _made(lambda: fill_template(source.url, _SOME_DAY, source.zone), "url")
    elif source.kind != "search" and "{" in source.url:
        faults.append(f"url: found {shown(source.url)}; only sitemaps and searches have addresses to be filled in")
    if source.sitemap and not (_is_web_address(source.sitemap) and source.kind == "feeds"):
        faults.append(f"sitemap: found {shown(source.sitemap)}, expected the address of a sitemap, beside a feed")
    return faults


_NO_LISTING = 'listing: missing, expected a table such as { links = "h2 a" }'
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # to see whether an address can be filled in at all


def _made(make: Callable[[], object], key: str) -> list[str]:
    """What is wrong with an address that cannot be made."""
    try:
        make()
    except ValueError as error:
        return [f"{key}: {error}"]
    return []


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, unsafe, a directory
        return False
    return True
