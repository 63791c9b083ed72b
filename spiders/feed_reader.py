"""Reading a feed: bytes in, entries out. Pure, apart from nothing; runs in the daemon or, for large feeds, in a worker.

RSS, Atom and RDF go through feedparser, JSON Feed through json. feedparser's sanitizing of HTML and resolving of links
inside it are off: we keep text only, and they cost more than the rest of the parsing together.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from spiders.feed_dates import published_at
from spiders.feed_hints import json_next, xml_hints, xml_next
from spiders.feed_parser import parse, split_prolog
from spiders.feed_text import decode_feed, first_entries
from spiders.found import Found, ReadContext, ReadFaultError, make_entry, other_file
from spiders.markup import plain_line
from spiders.urls import web_address
from spiders.whole import whole_article
from storage.model import Entry, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spiders.feed_parser import Parsed
    from storage.model import Published

MAX_NAME = 200
MAX_NAMES = 20
MANY_TAGS = 12_000  # real feeds have at most 40 in a thousand bytes, which is 10,000 in the largest that the daemon reads itself
_ROOT = re.compile(r"<([a-zA-Z_][\w:.-]{0,60})")
_FEED_ROOTS = {"rss", "feed", "rdf", "channel"}
_FEED_TAG = re.compile(r"<(?:[\w.-]{1,40}:)?(rss|feed|rdf|channel|item|entry)(?=[\s>/])", re.IGNORECASE)
_ENTRY_TAG = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)(?:[\s>/]|\Z)", re.IGNORECASE)


def read_feed(body: bytes, context: ReadContext) -> Found:
    """Entries of a feed in any of its formats, first as published. Raises ReadFaultError if it is none."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        raise ReadFaultError(Outcome.NOT_A_FEED, "the answer is empty")
    other = other_file(start)
    if other:
        raise ReadFaultError(Outcome.NOT_A_FEED, f"not a feed but {other}")
    text, encoding = decode_feed(body, context.content_type)
    read = _read_json if text.lstrip().startswith("{") else _read_xml
    return replace(read(text, context), encoding=encoding)


def suspicious(body: bytes) -> bool:
    """Whether a body, however small, is better read in a worker: it has more markup than feeds of its size have.

    Each tag costs feedparser some 15 µs, and twice that where it is not well-formed. This costs a few microseconds.
    """
    return body.count(b"<") > MANY_TAGS


# --- XML ---


def _read_xml(text: str, context: ReadContext) -> Found:
    prolog, rest = split_prolog(text)
    root = match[1].rpartition(":")[2].lower() if (match := _ROOT.match(rest)) else ""
    if not _may_be_feed(root, rest):
        raise ReadFaultError(Outcome.NOT_A_FEED, f"not a feed but {_what_is(prolog, rest, context.content_type)}")
    cut, count = first_entries(text, context.max_entries)
    try:
        parsed = parse(cut, context.url)
    except Exception as error:  # a parser's failure on a stranger's text is the stranger's fault, of whatever type
        reason = plain_line(f"{type(error).__name__}: {error}")[:200]
        raise ReadFaultError(Outcome.PARSE_FAULT, f"a feed that cannot be parsed ({reason})") from error
    if not parsed.version and not parsed.entries and root not in _FEED_ROOTS:
        raise ReadFaultError(Outcome.NOT_A_FEED, f"not a feed but {_what_is(prolog, rest, context.content_type)}")
    faults = (f"not well-formed ({parsed.fault}); read as far as it goes",) if parsed.fault else ()
    if count > context.max_entries:
        faults = (*faults, f"{count} entries, the first {context.max_entries} were read")
    feed = _collect(_xml_items(parsed, context))
    if not feed.entries and _ENTRY_TAG.search(rest):
        reason = (*feed.faults, *faults, "none that is complete")[0]
        raise ReadFaultError(Outcome.PARSE_FAULT, f"a feed none of whose entries can be read ({reason})")
    return replace(
        feed,
        faults=(*faults, *feed.faults),
        whole=not parsed.fault,
        next_url=xml_next(parsed, context.url),
        hints=xml_hints(parsed),
    )


def _may_be_feed(root: str, rest: str) -> bool:
    """Whether it is worth parsing: an HTML page takes longer than any feed of its size."""
    if root in _FEED_ROOTS:
        return True
    tags = (match[1].lower() for match in _FEED_TAG.finditer(rest))
    return any(tag in _FEED_ROOTS for tag in tags) if root in {"html", "head", "body"} else any(True for _ in tags)


def _what_is(prolog: str, rest: str, content_type: str) -> str:
    """What somebody got who asked for a feed."""
    root = _ROOT.match(rest)
    if (root and root[1].lower() in {"html", "head", "body"}) or "<!doctype html" in prolog[:2000].lower():
        return "an HTML page"
    if root:
        return f"a document of another kind (<{root[1]}>)"
    return f"something else ({content_type or 'no content type'}, starts with {rest.lstrip()[:20]!r})"


def _collect(items: Iterable[Entry | str]) -> Found:
    """Entries with keys of their own: twice the same id and address is one entry, the same id elsewhere is another."""
    entries: dict[str, Entry] = {}
    faults = []
    for item in items:
        if isinstance(item, str):
            faults.append(item)
        elif item.key not in entries:
            entries[item.key] = item
        elif entries[item.key].canonical_url != item.canonical_url:
            key = f"{item.key} {item.canonical_url}"
            entries.setdefault(key, replace(item, key=key))
        elif not item.url and entries[item.key].sha256 != item.sha256:  # an id, no address, other words: another one
            key = f"{item.key} {item.sha256}"
            entries.setdefault(key, replace(item, key=key, canonical_url=f"{item.canonical_url}:{item.sha256[:32]}"))
    return Found(tuple(entries.values()), tuple(faults))


def _xml_items(parsed: Parsed, context: ReadContext) -> Iterable[Entry | str]:
    language = _text(parsed.feed.get("language"))
    everybody = _xml_names(parsed.feed) if parsed.version.startswith("atom") else []  # of entries that name nobody
    for raw in islice(parsed.entries, context.max_entries):
        yield _xml_item(raw, language, everybody, context)


def _xml_item(raw: dict[str, Any], language: str, everybody: list[str], context: ReadContext) -> Entry | str:
    contents = _parts(raw.get("content"))
    content = max(contents, key=lambda one: len(_text(one.get("value"))), default={})
    whole, summary = _text(content.get("value")), _text(raw.get("summary"))
    markup = max(whole, summary, key=len) or _text(raw.get("media_description"))
    title, said = _language(raw.get("title_detail")), _language(content) or _language(raw.get("summary_detail"))
    entry = make_entry(
        context,
        key=_text(raw.get("id")).strip(),
        link=_xml_link(raw),
        title=_text(raw.get("title")),
        markup=markup,
        languages=(_text(raw.get("language")), *((said, title) if markup else (title, said)), language),
        published=_xml_time(raw, context),
        authors=tuple(_xml_names(raw) or _xml_names(raw.get("source")) or everybody),
        image=_xml_image(raw, context),
        whole=len(whole) >= len(summary),
    )
    return entry if isinstance(entry, str) else replace(entry, whole=whole_article(entry))


def _text(value: Any) -> str:
    """A field that should be text: an element with the name of one of feedparser's own fields makes it anything."""
    return value if isinstance(value, str) else ""


def _parts(value: Any) -> list[dict[str, Any]]:
    """A field that should be a list of dictionaries."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _language(detail: Any) -> str:
    return _text(detail.get("language")) if isinstance(detail, dict) else ""


def _xml_names(raw: Any) -> list[str]:
    """Who wrote it."""
    if not isinstance(raw, dict):
        return []
    people = [_text(one.get("name")) for one in _parts(raw.get("authors"))]
    return _names(people if any(people) else [_text(raw.get("author"))])


def _xml_link(raw: dict[str, Any]) -> str:
    """The entry's page: its alternate link; a permanent id that is an address."""
    link = _text(raw.get("link"))
    if not link:
        identity = _text(raw.get("id")).strip()
        link = identity if identity.startswith(("http://", "https://")) else ""
    return link


def _xml_image(raw: dict[str, Any], context: ReadContext) -> str | None:
    enclosures = [one for one in _parts(dict.get(raw, "links")) if one.get("rel") == "enclosure"]
    for one in [*_parts(raw.get("media_content")), *enclosures, *_parts(raw.get("media_thumbnail"))]:
        kind = _text(one.get("type")) or _text(one.get("medium"))
        address = _text(one.get("url")) or _text(one.get("href"))
        if address and (kind.startswith("image") or "type" not in one):
            return web_address(address, context.url) or None
    return None


def _xml_time(raw: dict[str, Any], context: ReadContext) -> Published | None:
    for name in ("published", "updated", "created"):  # raw.get() says one for the other, and warns
        text, moment = _text(dict.get(raw, name)), dict.get(raw, f"{name}_parsed")
        if text:
            found = published_at(text, _moment(moment), context.now, context.zone)
            if found is not None:
                return found
    return None


def _moment(parts: Any) -> datetime | None:
    """A time as feedparser gives it: nine numbers, UTC."""
    try:
        return datetime(*parts[:6]).replace(tzinfo=UTC) if isinstance(parts, tuple) else None  # noqa: DTZ001 - it is set at once
    except ValueError:
        return None


def _names(raw: Iterable[str]) -> list[str]:
    """Names without addresses, each once."""
    short = (plain_line(name[: 4 * MAX_NAME])[:MAX_NAME] for name in islice(raw, MAX_NAMES))
    names = (re.sub(r"\s*[<(]?\S+@\S+[>)]?\s*", " ", name).strip(" ()") for name in short)
    return list(dict.fromkeys(name for name in names if name))


# --- JSON Feed ---


def _read_json(text: str, context: ReadContext) -> Found:
    """A JSON Feed, version 1 or 1.1."""
    outcome = Outcome.PARSE_FAULT if "jsonfeed.org" in text[:2000] else Outcome.NOT_A_FEED
    try:
        data = json.loads(text, strict=False)  # control characters in strings do no harm
    except (ValueError, RecursionError) as error:
        raise ReadFaultError(outcome, f"JSON that cannot be read ({error})") from error
    if "jsonfeed.org" not in str(data.get("version")):
        raise ReadFaultError(Outcome.NOT_A_FEED, "JSON, but not a JSON Feed (no jsonfeed.org version and items)")
    items = data.get("items")
    if not isinstance(items, list):
        raise ReadFaultError(Outcome.PARSE_FAULT, "a JSON Feed without a list of items")
    feed = _collect(_json_items(data, items[: context.max_entries], context))
    faults = feed.faults
    if items and not feed.entries:
        raise ReadFaultError(Outcome.PARSE_FAULT, f"a JSON Feed none of whose items can be read ({faults[0]})")
    if len(items) > context.max_entries:
        faults = (f"{len(items)} entries, the first {context.max_entries} were read", *faults)
    return replace(feed, faults=faults, next_url=json_next(data, context.url))


def _json_items(data: dict[str, Any], items: list[Any], context: ReadContext) -> Iterable[Entry | str]:
    language, everybody = _text(data.get("language")), _json_names(data)
    for raw in items:
        yield _json_item(raw, language, everybody, context) if isinstance(raw, dict) else "an item that is no object"


def _json_item(raw: dict[str, Any], language: str, everybody: list[str], context: ReadContext) -> Entry | str:
    def text(*names: str) -> str:
        return next((value for name in names if (value := _text(raw.get(name)))), "")

    plain = text("content_text").replace("&", "&amp;").replace("<", "&lt;")
    image = text("image", "banner_image")
    entry = make_entry(
        context,
        key=str(raw.get("id") or ""),
        link=text("url", "external_url"),
        title=text("title"),
        markup=text("content_html") or plain or text("summary"),
        languages=(text("language"), language),
        published=published_at(text("date_published", "date_modified"), None, context.now, context.zone),
        authors=tuple(_json_names(raw) or everybody),
        image=(web_address(image, context.url) or None) if image else None,
        whole=True,
    )
    return entry if isinstance(entry, str) else replace(entry, whole=whole_article(entry))


def _json_names(raw: dict[str, Any]) -> list[str]:
    people = raw["authors"] if isinstance(raw.get("authors"), list) else [raw.get("author")]
    return _names(_text(one.get("name")) for one in _parts(people))
