"""Reading a feed: bytes in, entries out. Pure, apart from nothing; runs in the daemon or, for large feeds, in a worker.

RSS, Atom and RDF go through feedparser, JSON Feed through json. feedparser's sanitizing of HTML and resolving of links
inside it are off: we keep text only, and they cost more than the rest of the parsing together.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import feedparser

from spiders.markup import plain_line, plain_text
from spiders.urls import canonical_url, web_address
from storage.model import Entry, Outcome, Precision, Published, TimeOrigin

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 200_000  # characters kept of one entry
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before the web had news, and after every clock that was never set
_AHEAD = timedelta(days=1)  # a publisher's clock may be that wrong; beyond it the time is no time
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})\s*$")
_UTC_NAME = re.compile(r"(?:Z|\bGMT|\bUTC|\bUT)\s*$", re.IGNORECASE)
_ZONE_NAME = re.compile(r"\b[A-Z]{2,5}\s*$")


class FeedFaultError(Exception):
    """This is no feed. `outcome` says what it is instead, the message what a person should know."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(outcome, message)
        self.outcome = outcome
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What a reader needs to know besides the bytes. `zone` is an IANA name, for times without an offset."""

    source: str
    url: str
    now: datetime
    content_type: str = ""
    language: str = ""
    zone: str = ""
    max_entries: int = 1000


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `faults` name entries left out and what else was wrong, in a few words each."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...] = ()


def read_feed(body: bytes, context: FeedContext) -> Feed:
    """Entries of a feed in any of its formats, first as published. Raises FeedFaultError if it is none."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        raise FeedFaultError(Outcome.NOT_A_FEED, "the answer is empty")
    if start[:1] == b"{":
        return _collect(_json_items(body, context))
    return _read_xml(body, start, context)


def _read_xml(body: bytes, start: bytes, context: FeedContext) -> Feed:
    headers = {"content-type": context.content_type or "application/xml", "content-location": context.url}
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.version and not parsed.entries:
        raise FeedFaultError(Outcome.NOT_A_FEED, f"not a feed but {_what_is(start, context.content_type)}")
    faults = _bozo(parsed)
    language = plain_line(parsed.feed.get("language") or "") or context.language
    items = (_xml_item(raw, language, context) for raw in parsed.entries[: context.max_entries])
    feed = _collect(items)
    if len(parsed.entries) > context.max_entries:
        faults = (*faults, f"{len(parsed.entries)} entries, the first {context.max_entries} were read")
    return replace(feed, faults=(*faults, *feed.faults))


def _what_is(start: bytes, content_type: str) -> str:
    """What somebody got who asked for a feed."""
    if re.search(rb"<html|<!doctype html|<head|<body", start, re.IGNORECASE):
        return "an HTML page"
    if start[:5] == b"%PDF-":
        return "a PDF"
    return f"something else ({content_type or 'no content type'}, starts with {start[:20]!r})"


def _bozo(parsed: Any) -> tuple[str, ...]:
    """What feedparser found wrong, if it lost something by it: a mere encoding header that errs is mended by it."""
    error = parsed.get("bozo_exception")
    if error is None or isinstance(error, (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)):
        return ()
    return (f"not well-formed ({type(error).__name__}: {error}); read as far as it goes",)


def _collect(items: Iterable[Entry | str]) -> Feed:
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
    return Feed(tuple(entries.values()), tuple(faults))


def _entry(
    context: FeedContext,
    *,
    key: str,
    link: str,
    title: str,
    markup: str,
    language: str,
    published: Published | None,
    **rest: Any,
) -> Entry | str:
    """An entry out of a format's fields, or what is wrong with it."""
    url = web_address(link, context.url) if link else ""
    title = plain_line(title)
    text = plain_text(markup[: 4 * MAX_TEXT])[:MAX_TEXT]
    if not url and not title and not text:
        return f"an entry with neither link nor title nor text{f' (id {key[:80]})' if key else ''}"
    digest = hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest()
    key = key or url or digest
    own = f"urn:khasan:{context.source}:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return Entry(
        key=key[:500],
        url=url,
        canonical_url=canonical_url(url) if url else own,
        title=title or text[:120],
        text=text,
        language=re.split("[-_]", language, maxsplit=1)[0].lower(),
        published=published,
        sha256=digest,
        **rest,
    )


def _xml_item(raw: Any, language: str, context: FeedContext) -> Entry | str:
    content = max((c.get("value") or "" for c in raw.get("content") or ()), key=len, default="")
    summary = raw.get("summary") or ""
    return _entry(
        context,
        key=(raw.get("id") or "").strip(),
        link=_xml_link(raw),
        title=raw.get("title") or "",
        markup=content if len(content) > len(summary) else summary,
        language=raw.get("language") or (raw.get("title_detail") or {}).get("language") or language,
        published=_xml_time(raw, context),
        authors=tuple(_names(a.get("name") or "" for a in raw.get("authors") or ())),
        image=_xml_image(raw, context),
    )


def _xml_link(raw: Any) -> str:
    """The entry's page: its alternate link; a permanent id that is an address."""
    link = raw.get("link") or ""
    if not link:
        identity = (raw.get("id") or "").strip()
        link = identity if identity.startswith(("http://", "https://")) else ""
    return str(link)


def _xml_image(raw: Any, context: FeedContext) -> str | None:
    for one in [*(raw.get("media_content") or ()), *(raw.get("enclosures") or ()), *(raw.get("media_thumbnail") or ())]:
        kind = one.get("type") or one.get("medium") or ""
        address = one.get("url") or one.get("href") or ""
        if address and (kind.startswith("image") or "type" not in one):
            return web_address(address, context.url) or None
    return None


def _xml_time(raw: Any, context: FeedContext) -> Published | None:
    for name in ("published", "updated", "created"):
        text, moment = raw.get(name), raw.get(f"{name}_parsed")
        if text and moment:
            try:
                at = datetime(*moment[:6]).replace(tzinfo=UTC)  # noqa: DTZ001 - feedparser's moments are UTC
            except ValueError:
                continue
            return published_at(at, str(text), context)
    return None


def published_at(at: datetime, text: str, context: FeedContext) -> Published | None:
    """When it was published, from the moment a parser read (taken for UTC where `text` has no zone) and the text itself.

    None for a time that cannot be: 1970, 2100.
    """
    precision = Precision.MINUTE if ":" in text else Precision.DAY
    zone = _zone_in(text)
    if zone is None and context.zone and not _ZONE_NAME.search(text):
        local = at.replace(tzinfo=ZoneInfo(context.zone))
        zone, at = local.isoformat()[-6:], local.astimezone(UTC)
    if not _EARLIEST <= at <= context.now + _AHEAD:
        return None
    return Published(at, zone, precision, TimeOrigin.FEED)


def _zone_in(text: str) -> str | None:
    offset = _OFFSET.search(text) if ":" in text else None
    if offset:
        return f"{offset[1]}{offset[2]}:{offset[3]}"
    return "+00:00" if _UTC_NAME.search(text) else None


def _names(raw: Iterable[str]) -> list[str]:
    """Names without addresses, each once."""
    names = (re.sub(r"\s*[<(]?\S+@\S+[>)]?\s*", " ", plain_line(name)).strip(" ()") for name in raw)
    return list(dict.fromkeys(name for name in names if name))


def _json_items(body: bytes, context: FeedContext) -> Iterable[Entry | str]:
    """Items of a JSON Feed, version 1 or 1.1."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedFaultError(Outcome.NOT_A_FEED, f"JSON that cannot be read ({error})") from error
    items = data.get("items")
    if not isinstance(items, list) or "jsonfeed.org" not in str(data.get("version")):
        raise FeedFaultError(Outcome.NOT_A_FEED, "JSON, but not a JSON Feed (no jsonfeed.org version and items)")
    language = str(data.get("language") or context.language)
    for raw in items[: context.max_entries]:
        yield _json_item(raw, language, context) if isinstance(raw, dict) else "an item that is no object"


def _json_item(raw: dict[str, Any], language: str, context: FeedContext) -> Entry | str:
    def text(*names: str) -> str:
        return next((value for name in names if isinstance(value := raw.get(name), str) and value), "")

    people = raw.get("authors") if isinstance(raw.get("authors"), list) else [raw.get("author")]
    plain = text("content_text")
    return _entry(
        context,
        key=str(raw.get("id") or ""),
        link=text("url", "external_url"),
        title=text("title"),
        markup=text("content_html") or (plain.replace("&", "&amp;").replace("<", "&lt;") if plain else text("summary")),
        language=text("language") or language,
        published=_json_time(text("date_published", "date_modified"), context),
        authors=tuple(_names(str(p.get("name") or "") for p in people or () if isinstance(p, dict))),
        image=web_address(text("image", "banner_image"), context.url) or None
        if text("image", "banner_image")
        else None,
    )


def _json_time(text: str, context: FeedContext) -> Published | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return published_at(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), text, context)
