"""Reading the feeds of news searches: Google's, Bing's, others'. What `read_feed` reads, and what searches add to it. Pure."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from spiders.feed_reader import read_feed
from spiders.feed_text import feed_text, first_entries
from spiders.found import MAX_KEY, Found, ReadContext
from spiders.markup import plain_line, visible
from spiders.urls import canonical_url, is_front_page, web_address
from storage.model import Entry, Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_NAME = 200
_LONGEST = 50_000  # characters looked at of one item
_ITEM = re.compile(r"<item(?=[\s>])", re.IGNORECASE)
_PART = re.compile(r"<(link|guid|(?:\w{1,20}:)?source)(?=[\s>])([^<>]*+)>\s*(?:<!\[CDATA\[)?([^<\]]*)", re.IGNORECASE)
_DESCRIPTION = re.compile(r"<description(?=[\s>])[^<>]*>(.*?)</description", re.IGNORECASE | re.DOTALL)
_URL_ATTRIBUTE = re.compile(r"""\surl\s*=\s*["']([^"'<>]*)""", re.IGNORECASE)
_TAG = re.compile(r"(<[^<>]*>)")
_SETTLED = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class _Note:
    """What an item says beyond what `read_feed` keeps."""

    name: str = ""  # the publisher's
    site: str = ""  # its address
    links_only: bool = False  # its description is links and names of outlets, nothing else


def read_search_feed(body: bytes, context: ReadContext) -> Found:
    """What a news search found, out of its feed. Raises ReadFaultError as `read_feed` does.

    Adds who published each entry, takes that name off its title, and opens links that only redirect, if they name their
    target. Google's do not: the redirection is all that it tells of where an article is. A description that is but
    a list of links, to this article and to others' on the same, is no text.
    """
    found = read_feed(body, context)
    notes = _notes(body, context) if b"<" in body[:1000] else {}
    entries: dict[str, Entry] = {}
    keys = set()
    for one in found.entries:
        entry = _refined(one, notes.get(one.key) or notes.get(one.url) or _Note(), context)
        if entry.key not in keys and entry.canonical_url not in entries:
            keys.add(entry.key)
            entries[entry.canonical_url] = entry
    return replace(found, entries=tuple(entries.values()))


def _notes(body: bytes, context: ReadContext) -> dict[str, _Note]:
    """What the items say, by their ids and addresses. One more pass, over the text: feedparser has lost which is whose."""
    text, _ = first_entries(feed_text(body, context.content_type), context.max_entries)
    notes: dict[str, _Note] = {}
    for item in _ITEM.split(text)[1 : context.max_entries + 1]:
        keys, name, site = [], "", ""
        for part in _PART.finditer(item[:_LONGEST]):
            tag, words = part[1].lower(), html.unescape(part[3]).strip()
            if tag in {"link", "guid"}:
                keys += [visible(words)[:MAX_KEY], web_address(words, context.url)]
            else:
                site = html.unescape("".join(_URL_ATTRIBUTE.findall(part[2])[:1]))
                name = plain_line(part[3])[:_MAX_NAME]
        note = _Note(name, site, _is_links(item[:_LONGEST]))
        for key in keys:
            if key:
                notes.setdefault(key, note)
    return notes


def _is_links(item: str) -> bool:
    """Whether the description of an item has no words but those of links, and of <font> beside them."""
    found = _DESCRIPTION.search(item)
    if found is None:
        return False
    markup = found[1].replace("<![CDATA[", "").replace("]]>", "")
    markup = markup if "<a" in markup else html.unescape(markup)
    outside = "".join(_outside(markup))
    return "<a" in markup and not plain_line(outside)


def _outside(markup: str) -> Iterator[str]:
    """The words outside of <a> and <font>."""
    inside = 0
    for piece in _TAG.split(markup):
        if not piece.startswith("<"):
            if not inside:
                yield piece
        elif piece[1:].lower().startswith(("a ", "font")):
            inside += 1
        elif piece[1:].lower().startswith(("/a", "/font")):
            inside = max(0, inside - 1)


def _refined(entry: Entry, note: _Note, context: ReadContext) -> Entry:
    """An entry with its publisher, its own address and its own title."""
    target = _target(entry.url)
    identity = canonical_url(target) if target else ""
    if identity and not is_front_page(identity):
        key = entry.key if entry.key != entry.url else _key(target)
        entry = replace(entry, url=target, canonical_url=identity, key=key)
    title = entry.title
    if note.name and title.endswith(f" - {note.name}"):
        title = title.removesuffix(f" - {note.name}").rstrip()
    text = "" if note.links_only and _settled(entry.text).startswith(_settled(title)) else entry.text
    digest = hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest()
    return replace(entry, title=title, text=text, sha256=digest, publisher=_publisher(entry, note, context))


def _key(url: str) -> str:
    return url if len(url) <= MAX_KEY else hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


def _settled(text: str) -> str:
    """The letters of a text alone, so that spaces and marks do not keep two from being the same."""
    return _SETTLED.sub("", text).casefold()


def _target(url: str) -> str:
    """Where a redirecting link of Bing or Google leads, if it says so in its parameters; "" if it does not."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.lower()
    bing = path.endswith("/apiclick.aspx") and host.endswith("bing.com")
    google = path == "/url" and "google." in host
    if not bing and not google:
        return ""
    try:
        named = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return ""
    targets = [one for name in ("url", "q") for one in named.get(name, ()) if one.startswith(("http://", "https://"))]
    return web_address(targets[0], "") if targets else ""


def _publisher(entry: Entry, note: _Note, context: ReadContext) -> Publisher | None:
    """Who published it: the site that the item names, else the host it links to, if that is not the search's own."""
    site = web_address(note.site, "") if note.site else ""
    if not site and urlsplit(entry.canonical_url).netloc not in {"", urlsplit(canonical_url(context.url)).netloc}:
        site = entry.url
    host = (urlsplit(site).hostname or "").lower()
    return Publisher(host, note.name or host) if host else None
