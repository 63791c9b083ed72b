"""Reading OPML, the lists of subscriptions that feed readers export: bytes in, feeds out. Pure.

Such files come from anywhere. Entities of their own making are not expanded, nesting and size are bounded, and what is not
well-formed is read as far as it goes, as feed readers do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape, unescape
from html.entities import html5
from itertools import pairwise
from typing import TYPE_CHECKING

from lxml import etree

from spiders.discover import address_key
from spiders.feed_text import feed_text
from spiders.found import language_code, other_file
from spiders.markup import plain_line, visible
from spiders.urls import web_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.model import Source

MAX_BYTES = 20_000_000
MAX_LOOSE = 2_000_000  # characters read tag by tag
MAX_TAG = 10_000
MAX_FEEDS = 10_000
MAX_NAME = 200
_LISTS = frozenset({"source", "include", "opml"})  # other lists, which are not fetched
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31};)")
_TAG = re.compile(r"</?outline\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\s([\w:.-]{1,40})\s*=\s*(["'])(.{0,4000}?)\2(?=\s+[\w:.-]{1,40}\s*=\s*["']|\s*/?\s*>\s*(?:<|\Z))""", re.DOTALL
)
_SELF_CLOSED = re.compile(r"/\s*>\s*(?:<.*)?\Z", re.DOTALL)
_BARE = re.compile(r"&(?![A-Za-z#][A-Za-z0-9]{1,31};)")


class OpmlError(ValueError):
    """This is no list of feeds that can be read; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a list. `site` is the address of what it is the feed of, `folder` where it stood in the list."""

    url: str
    title: str = ""
    site: str = ""
    language: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What a list holds, each feed once. `faults` name what was left out, or is wrong with its form."""

    feeds: tuple[Feed, ...]
    faults: tuple[str, ...] = ()
    repeated: int = 0
    title: str = ""


def read_opml(body: bytes) -> Subscriptions:
    """The feeds of an OPML file. Raises OpmlError for what is none."""
    if len(body) > MAX_BYTES:
        raise OpmlError(f"{len(body)} bytes; a list of feeds has no more than {MAX_BYTES}")
    if not body.strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        raise OpmlError("the file is empty")
    other = other_file(body)
    if other:
        raise OpmlError(f"not OPML but {other}")
    text = feed_text(body, "application/xml")
    start = _after_prolog(text)
    root = _ROOT.match(text, start)
    if root is None or root[1].lower() != "opml":
        raise OpmlError(f"not OPML but {_what_is(root, text)}")
    if "<!ENTITY" in text[:start].upper():
        raise OpmlError("it declares entities of its own, which no list of feeds needs: not read")
    return _read(_BARE.sub("&amp;", _ENTITY.sub(_named, text[start:])))


def write_opml(sources: Iterable[Source], title: str) -> str:
    """Sources as OPML, for other readers: those that have an address to subscribe to."""
    lines = []
    for one in sources:
        attributes = {"type": "rss", "text": one.name, "xmlUrl": one.url, "language": one.language}
        said = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items() if value)
        lines.append(f"    <outline {said}/>")
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{escape(title)}</title></head>",
    ]
    return "\n".join([*head, "  <body>", *lines, "  </body>", "</opml>", ""])


def _after_prolog(text: str) -> int:
    """Where the root's tag begins, after comments, instructions and a document type."""
    at = 0
    for _ in range(1000):
        while at < len(text) and text[at].isspace():
            at += 1
        if text.startswith("<!--", at):
            end = text.find("-->", at)
            length = 3
        elif text.startswith("<?", at):
            end = text.find("?>", at)
            length = 2
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            end, length = _doctype_end(text, at), 0
        else:
            break
        if end < 0:
            break
        at = end + length
    return at


def _doctype_end(text: str, at: int) -> int:
    """Where a document type ends, with what it declares in brackets."""
    closing = text.find(">", at)
    opening = text.find("[", at)
    if opening < 0 or closing < opening:
        return closing + 1 if closing >= 0 else -1
    match = re.compile(r"\]\s*>").search(text, opening)
    return match.end() if match else -1


def _what_is(root: re.Match[str] | None, text: str) -> str:
    if root is None:
        return f"something else (it starts with {text.lstrip()[:20]!r})"
    name = root[1].lower()
    if name in {"rss", "feed"} or root.group().lower() == "<rdf:rdf":
        return "a feed itself: khasan sources add ADDRESS"
    return "an HTML page" if name == "html" else f"a document of another kind (<{root[1]}>)"


def _read(text: str) -> Subscriptions:
    """The list as XML, and where that is not well-formed also tag by tag, which loses nothing by a quotation mark too many."""
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
        errors = [one for one in parser.error_log if one.level >= etree.ErrorLevels.ERROR]
        wrong = f"line {errors[0].line}: {plain_line(escape(errors[0].message))[:120]}" if errors else ""
    except etree.XMLSyntaxError as error:
        tree, wrong = None, plain_line(escape(str(error)))[:150]
    found = _collected(_outlines(tree), _list_title(tree)) if tree is not None else Subscriptions(())
    if not wrong:
        return found
    loose = _collected(_loose_outlines(text[:MAX_LOOSE]), found.title)
    best = loose if len(loose.feeds) + loose.repeated >= len(found.feeds) + found.repeated else found
    return replace(best, faults=(f"not well-formed ({wrong}); read as far as it goes", *best.faults))


def _named(match: re.Match[str]) -> str:
    """What HTML calls by this name; nothing if it knows no such thing."""
    return escape(html5.get(match[1], ""))


def _collected(outlines: Iterable[tuple[dict[str, str], str]], title: str) -> Subscriptions:
    feeds: dict[str, Feed] = {}
    wrong: list[str] = []
    repeated = 0
    for attributes, folder in outlines:
        found = _feed(attributes, folder)
        if isinstance(found, str):
            wrong.append(found)
        elif found is not None and address_key(found.url) in feeds:
            repeated += 1
        elif found is not None:
            feeds[address_key(found.url)] = found
        if len(feeds) >= MAX_FEEDS:
            wrong.append(f"more than {MAX_FEEDS} feeds; the rest was not read")
            break
    return Subscriptions(tuple(feeds.values()), tuple(dict.fromkeys(wrong)), repeated, title)


def _list_title(tree: etree._Element) -> str:
    title = next((one.text or "" for one in tree.iter() if _name(one) == "title"), "")
    return _short(title)


def _outlines(tree: etree._Element) -> Iterator[tuple[dict[str, str], str]]:
    """The attributes of each outline, names in lower case, with the titles of those that it stands in."""
    path: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if _name(element) != "outline":
            continue
        if event == "end":
            path.pop()
            continue
        attributes = {str(key).rpartition("}")[2].lower(): str(value).strip() for key, value in element.attrib.items()}
        yield attributes, " / ".join(one for one in path if one)
        path.append(_title(attributes))


def _loose_outlines(text: str) -> Iterator[tuple[dict[str, str], str]]:
    """The same from text that no XML parser reads to its end: a value ends where another attribute or the tag's end follows."""
    path: list[str] = []
    starts = [match.start() for match in _TAG.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        tag = text[start : min(end, start + MAX_TAG)]
        if tag.startswith("</"):
            del path[-1:]
            continue
        attributes = {match[1].lower(): unescape(match[3]).strip() for match in _ATTRIBUTE.finditer(tag)}
        yield attributes, " / ".join(one for one in path if one)
        if not _SELF_CLOSED.search(tag):
            path.append(_title(attributes))


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _title(attributes: dict[str, str]) -> str:
    words = attributes.get("text") or attributes.get("title") or ""
    return _short(words)


def _short(words: str) -> str:
    return " ".join(visible(words[: 4 * MAX_NAME]).split())[:MAX_NAME]


def _feed(attributes: dict[str, str], folder: str) -> Feed | str | None:
    """What an outline stands for: a feed, what is wrong with it, or nothing that is a feed."""
    kind = attributes.get("type", "").lower()
    address = attributes.get("xmlurl") or (attributes.get("url", "") if kind in {"rss", "atom", "feed"} else "")
    shown = _title(attributes) or address[:80]
    if kind in _LISTS:
        where = address or attributes.get("url", "")
        return f"{shown}: another list ({where[:100]}), not followed" if where else None
    if not address:
        return f"{shown}: a feed without an address" if kind in {"rss", "atom"} else None
    url = web_address(
        re.sub(r"\Afeed:(?://)?(?=https?:)|\Afeed(?=://)", lambda m: "http" if m.group() == "feed" else "", address), ""
    )
    if not url:
        return f"{shown}: {address[:100]!r} is no web address"
    site = web_address(attributes.get("htmlurl", ""), url) if attributes.get("htmlurl") else ""
    return Feed(url, _title(attributes), site, language_code(attributes.get("language", "")), folder[:MAX_NAME])
