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
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import feedparser

from spiders.feed_dates import published_at
from spiders.feed_text import feed_text, first_entries
from spiders.markup import plain_line, plain_text, visible
from spiders.urls import canonical_url, is_front_page, web_address
from storage.model import Entry, Outcome, Published

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 200_000  # characters kept of one entry
MAX_TITLE = 1000
MAX_KEY = 500
MAX_NAME = 200
MAX_NAMES = 20
_OTHER_FILES = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "gzip data",
    b"PK\x03\x04": "a ZIP archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_ROOT = re.compile(r"<([a-zA-Z_][\w:.-]{0,60})")


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
    whole: bool = True  # False: not well-formed, so that entries may be missing


def read_feed(body: bytes, context: FeedContext) -> Feed:
    """Entries of a feed in any of its formats, first as published. Raises FeedFaultError if it is none."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        raise FeedFaultError(Outcome.NOT_A_FEED, "the answer is empty")
    other = next((name for magic, name in _OTHER_FILES.items() if start.startswith(magic)), None)
    if other:
        raise FeedFaultError(Outcome.NOT_A_FEED, f"not a feed but {other}")
    text = feed_text(body, context.content_type)
    if text.lstrip().startswith("{"):
        return _collect(_json_items(text, context))
    return _read_xml(text, context)


def _read_xml(text: str, context: FeedContext) -> Feed:
    cut, count = first_entries(text, context.max_entries)
    parsed = _parsed(cut, context.url)
    if not parsed.version and not parsed.entries:
        raise FeedFaultError(Outcome.NOT_A_FEED, f"not a feed but {_what_is(text, context.content_type)}")
    faults = _bozo(parsed)
    language = parsed.feed.get("language") or ""
    items = (_xml_item(raw, language, context) for raw in parsed.entries[: context.max_entries])
    feed = _collect(items)
    if count > context.max_entries:
        faults = (*faults, f"{count} entries, the first {context.max_entries} were read")
    return replace(feed, faults=(*faults, *feed.faults), whole=not parsed.get("bozo_exception"))


def _parsed(text: str, url: str) -> Any:
    """What feedparser makes of it. It is given UTF-8 always, and says so rarely when it meets what it did not expect."""
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(
            io.BytesIO(f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # a parser's failure on a stranger's text is the stranger's fault, of whatever type
        reason = plain_line(f"{type(error).__name__}: {error}")[:200]
        raise FeedFaultError(Outcome.NOT_A_FEED, f"a feed that cannot be parsed ({reason})") from error


def _what_is(text: str, content_type: str) -> str:
    """What somebody got who asked for a feed."""
    start = text[:2000].lstrip()
    root = _ROOT.search(start) if start.startswith("<") else None
    if (root and root[1].lower() in {"html", "head", "body"}) or "<!doctype html" in start.lower():
        return "an HTML page"
    if root:
        return f"a document of another kind (<{root[1]}>)"
    return f"something else ({content_type or 'no content type'}, starts with {start[:20]!r})"


def _bozo(parsed: Any) -> tuple[str, ...]:
    """What feedparser found wrong with the form: something may be lost by it."""
    error = parsed.get("bozo_exception")
    if error is None:
        return ()
    reason = plain_line(f"{type(error).__name__}: {error}")[:200]
    return (f"not well-formed ({reason}); read as far as it goes",)


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
        elif not item.url and entries[item.key].sha256 != item.sha256:  # an id, no address, other words: another one
            key = f"{item.key} {item.sha256}"
            entries.setdefault(key, replace(item, key=key, canonical_url=f"{item.canonical_url}:{item.sha256[:32]}"))
    return Feed(tuple(entries.values()), tuple(faults))


def _entry(
    context: FeedContext,
    *,
    key: str,
    link: str,
    title: str,
    markup: str,
    languages: tuple[str, ...],
    published: Published | None,
    **rest: Any,
) -> Entry | str:
    """An entry out of a format's fields, or what is wrong with it."""
    url = web_address(link, context.url) if link else ""
    identity = canonical_url(url) if url else ""
    if url and (is_front_page(identity) or url.partition("#")[0] == context.url):
        url = ""  # the link of the whole feed, or "#": no article's
    title = plain_line(title[: 4 * MAX_TITLE])[:MAX_TITLE]
    text = plain_text(markup[: 4 * MAX_TEXT])[:MAX_TEXT]
    key = visible(key)
    if not url and not title and not text:
        return f"an entry with neither link nor title nor text{f' (id {key[:80]})' if key else ''}"
    digest = hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest()
    key = (key or url or digest)[:MAX_KEY]
    own = f"urn:khasan:{context.source}:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return Entry(
        key=key,
        url=url,
        canonical_url=identity if url else own,
        title=title or text.split("\n", 1)[0][:120],
        text=text,
        language=_language(*languages, context.language),
        published=published,
        sha256=digest,
        **rest,
    )


def _language(*said: str) -> str:
    """The first that is a language's code, without region: "ru" of "ru-RU"."""
    found = (re.fullmatch(r"\s*([a-zA-Z]{2,3})(?:[-_]\S*)?\s*", one[:40]) for one in said if one)
    return next((match[1].lower() for match in found if match), "")


def _xml_item(raw: Any, language: str, context: FeedContext) -> Entry | str:
    content = max((c.get("value") or "" for c in raw.get("content") or ()), key=len, default="")
    summary = raw.get("summary") or ""
    return _entry(
        context,
        key=(raw.get("id") or "").strip(),
        link=_xml_link(raw),
        title=raw.get("title") or "",
        markup=content if len(content) > len(summary) else summary,
        languages=(raw.get("language") or "", (raw.get("title_detail") or {}).get("language") or "", language),
        published=_xml_time(raw, context),
        authors=tuple(_xml_names(raw)),
        image=_xml_image(raw, context),
    )


def _xml_names(raw: Any) -> list[str]:
    """Who wrote it. feedparser cuts an address out of a name, but of "desk@news.example" no more than "desk@news.exam"."""
    people = raw.get("authors") or ()
    whole = raw.get("author") or ""
    if len(people) <= 1 and "@" in whole:
        return _names([whole])
    return _names(one.get("name") or "" for one in people)


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
        text, moment = (
            dict.get(raw, name),
            dict.get(raw, f"{name}_parsed"),
        )  # raw.get() says one for the other, and warns
        if text:
            found = published_at(str(text), _moment(moment), context.now, context.zone)
            if found is not None:
                return found
    return None


def _moment(parts: Any) -> datetime | None:
    """A time as feedparser gives it: nine numbers, UTC."""
    try:
        return datetime(*parts[:6]).replace(tzinfo=UTC) if parts else None  # noqa: DTZ001 - it is set at once
    except ValueError:
        return None


def _names(raw: Iterable[str]) -> list[str]:
    """Names without addresses, each once."""
    short = (plain_line(name[: 4 * MAX_NAME])[:MAX_NAME] for name in islice(raw, MAX_NAMES))
    names = (re.sub(r"\s*[<(]?\S+@\S+[>)]?\s*", " ", name).strip(" ()") for name in short)
    return list(dict.fromkeys(name for name in names if name))


def _json_items(text: str, context: FeedContext) -> Iterable[Entry | str]:
    """Items of a JSON Feed, version 1 or 1.1."""
    try:
        data = json.loads(text, strict=False)  # control characters in strings do no harm
    except (ValueError, RecursionError) as error:
        raise FeedFaultError(Outcome.NOT_A_FEED, f"JSON that cannot be read ({error})") from error
    items = data.get("items")
    if not isinstance(items, list) or "jsonfeed.org" not in str(data.get("version")):
        raise FeedFaultError(Outcome.NOT_A_FEED, "JSON, but not a JSON Feed (no jsonfeed.org version and items)")
    language = str(data.get("language") or "")
    if len(items) > context.max_entries:
        yield f"{len(items)} entries, the first {context.max_entries} were read"
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
        languages=(text("language"), language),
        published=published_at(text("date_published", "date_modified"), None, context.now, context.zone),
        authors=tuple(_names(str(p.get("name") or "") for p in people or () if isinstance(p, dict))),
        image=web_address(text("image", "banner_image"), context.url) or None
        if text("image", "banner_image")
        else None,
    )
