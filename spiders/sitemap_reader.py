"""Reading a sitemap: bytes in, addresses out, with what is said of them. Pure; runs in a worker where it is large.

Sitemaps are looked through tag by tag instead of being parsed as XML. Their commonest fault is a bare "&" in an address,
and a forgiving XML parser then leaves a piece of the address out, which makes it another one; a "<" in a title or a tag
too many ends its reading for good. A list of tags needs neither entities nor depth, so there is nothing to blow up with.
"""

from __future__ import annotations

import calendar
import hashlib
import html
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from spiders.feed_dates import published_at
from spiders.feed_text import feed_text
from spiders.found import MAX_KEY, ReadContext, ReadFaultError, language_code, make_entry, other_file
from spiders.unpack import DamagedError, TooMuchError, unpack
from spiders.urls import canonical_url, web_address
from storage.model import Entry, Outcome, Precision, Published

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 50 * 1024 * 1024  # unpacked: what the protocol allows
MAX_LISTED = 100_000  # addresses of one sitemap: twice what the protocol allows
_MAX_FAULTS = 20
_SHOWN = 80  # characters of an address in a fault
_PROLOG = 100_000  # characters in which a sitemap must have begun
_LONGEST = 20_000  # characters of one field; no address or title has as many
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?)(?:[\w.-]++:)?+([^\W\d][\w.-]*+)[^<>]*+>", re.DOTALL
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(urlset|sitemapindex)(?=[\s/>])", re.IGNORECASE)
_OTHER_ROOT = re.compile(r"<(html|head|body|rss|feed|rdf:rdf)(?=[\s/>])", re.IGNORECASE)
_FIRST_RECORD = re.compile(r"<(?:[\w.-]+:)?(?:url|sitemap)\s*>\s*<(?:[\w.-]+:)?loc\b", re.IGNORECASE)
_WIDE_SAID = re.compile(rb"""(\s*<\?xml[^<>]*?)\sencoding\s*=\s*["']u[tc][fs]-?(?:16|32|2|4)\w*["']""", re.IGNORECASE)
_DECLARATION = 200  # bytes: one that can be read as bytes is in no encoding of wide characters, whatever it says
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})(?:-(\d\d))?")
_SIMPLE = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)/?")
_NOTHING = hashlib.sha256(b"\0").hexdigest()  # of neither title nor text
_ADDRESS = ("http://", "https://", "//", "/")
_ROOTS = frozenset({"urlset", "sitemapindex"})
_RECORDS = frozenset({"url", "sitemap"})
_BOXES = frozenset({"news", "image", "video"})
_TOLD = {"title", "published", "language", "keywords", "image"}
_FIELDS = {
    ("", "loc"): "loc",
    ("", "lastmod"): "lastmod",
    ("", "title"): "title",
    ("news", "title"): "title",
    ("news", "publication_date"): "published",
    ("news", "language"): "language",
    ("news", "keywords"): "keywords",
    ("image", "loc"): "image",
}


@dataclass(frozen=True, slots=True)
class Child:
    """Another sitemap that an index names. `exact`: `lastmod` is a moment, not a day or a month."""

    url: str
    lastmod: datetime | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A page that a sitemap names. A plain sitemap gives an address alone: title and text are empty then."""

    entry: Entry
    lastmod: datetime | None = None  # never a time of publication: a template, a comment, a corrected comma renews it

    @property
    def at(self) -> datetime | None:
        """The best there is to tell new from old."""
        return self.entry.published.at if self.entry.published else self.lastmod


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap holds, pages or children, in its own order. An empty one holds nothing, and is no fault by itself."""

    pages: tuple[Listed, ...] = ()
    children: tuple[Child, ...] = ()
    faults: tuple[str, ...] = ()
    whole: bool = True  # False: broken or cut off, so that addresses may be missing

    @property
    def dated(self) -> int:
        """For how many of the pages a time is known."""
        return sum(1 for page in self.pages if page.at is not None)


@dataclass(slots=True)
class _Scan:
    """A walk over the tags of a sitemap, and what is noticed of its form on the way."""

    text: str
    closed: bool = False  # the end of its root has been seen
    broken: int = 0  # records that were not closed
    _record: dict[str, str] | None = None
    _box: str = ""  # the element inside a record that the fields belong to
    _leaf: str = ""  # the field that is open
    _field: str = ""
    _begin: int = 0

    def records(self) -> Iterator[dict[str, str]]:
        """The fields of each <url> and <sitemap>, still escaped, whatever prefixes and case its tags have."""
        for token in _TOKEN.finditer(self.text):
            if token[2] is None:  # a comment, or CDATA
                continue
            closing, name = bool(token[1]), token[2].lower()
            empty = self.text[token.end() - 2] == "/"
            if name in _ROOTS:
                self.closed |= closing or empty
            elif name in _RECORDS and not empty:
                if self._record is not None:
                    self.broken += not closing or bool(self._leaf)
                    yield self._record
                self._record = None if closing else {"kind": name}
                self._box = self._leaf = ""
            elif self._record is not None and not empty:
                self._inside(self._record, token, name, closing=closing)
        if self._record is not None:
            self.broken += 1
            yield self._record

    def _inside(self, record: dict[str, str], token: re.Match[str], name: str, *, closing: bool) -> None:
        if name in _BOXES:
            self._box = "" if closing else name
        elif closing and name == self._leaf:
            record.setdefault(self._field, self.text[self._begin : min(token.start(), self._begin + _LONGEST)])
            self._leaf = ""
        elif not closing and (self._box, name) in _FIELDS:
            self._leaf, self._field, self._begin = name, _FIELDS[self._box, name], token.end()


@dataclass(slots=True)
class _Collected:
    """Pages and children so far, each once."""

    pages: dict[str, Listed] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    read: int = 0  # records, also those that give nothing

    def add(self, one: Listed | Child | str | None) -> None:
        self.read += 1
        if isinstance(one, str):
            self.faults.append(one)
        elif isinstance(one, Child):
            self.children.setdefault(one.url, one)
        elif one is not None:
            known = self.pages.get(one.entry.canonical_url)
            if known is None or (one.entry.title and not known.entry.title):
                self.pages[one.entry.canonical_url] = one


def read_sitemap(body: bytes, context: ReadContext, *, max_bytes: int = MAX_BYTES) -> Sitemap:
    """What a sitemap or an index of sitemaps holds, gzipped or not. Raises ReadFaultError if it is none.

    `max_bytes` bounds what gzip data may unpack to. Pages on other hosts are kept: news sitemaps do cross between "www."
    and "m.", and whether they may be fetched is for their own host's robots.txt to say.
    """
    text = _text(_unpacked(body, max_bytes), context)
    root = _ROOT.search(text, 0, _PROLOG)
    other = _OTHER_ROOT.search(text, 0, root.start() if root else _PROLOG)
    start = text[:2000].lstrip()
    if other or (start.startswith("<") and not root and not _FIRST_RECORD.search(text, 0, _PROLOG)):
        raise ReadFaultError(Outcome.NOT_A_FEED, _what_is(start, other))
    if "<!ENTITY" in text[: root.start() if root else _PROLOG].upper():
        raise ReadFaultError(Outcome.PARSE_FAULT, "a sitemap that declares entities, which none needs: not read")
    if root or start.startswith("<"):
        return _read_xml(text, context)
    return _read_lines(text, context)


def _unpacked(body: bytes, max_bytes: int) -> bytes:
    """The body without gzip around it, also twice: some servers pack a packed file once more."""
    try:
        for _ in range(2):
            if body.startswith(b"\x1f\x8b"):
                body = unpack(body, b"gzip", max_bytes)
    except TooMuchError as error:
        raise ReadFaultError(Outcome.TOO_LARGE, f"a packed sitemap: {error}") from error
    except DamagedError as error:
        raise ReadFaultError(Outcome.CUT_OFF, f"a packed sitemap: {error}") from error
    if len(body) > max_bytes:
        raise ReadFaultError(Outcome.TOO_LARGE, f"{len(body)} bytes, more than {max_bytes}")
    return body


def _text(body: bytes, context: ReadContext) -> str:
    start = body[:1000].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        raise ReadFaultError(Outcome.NOT_A_FEED, "the answer is empty")
    other = other_file(start)
    if other:
        raise ReadFaultError(Outcome.NOT_A_FEED, f"not a sitemap but {other}")
    said = _WIDE_SAID.match(body, 0, _DECLARATION)
    return feed_text(said[1] + body[said.end() :] if said else body, context.content_type)


def _what_is(start: str, other: re.Match[str] | None) -> str:
    """What somebody got who asked for a sitemap."""
    name = other[1].lower() if other else ""
    if name in {"rss", "feed", "rdf:rdf"}:
        return 'a feed, not a sitemap: kind = "feeds"'
    if name or "<!doctype html" in start.lower():
        return "not a sitemap but an HTML page"
    first = re.search(r"<([a-zA-Z_][\w:.-]{0,60})", start)
    return f"not a sitemap but a document of another kind ({f'<{first[1]}>' if first else repr(start[:20])})"


def _read_xml(text: str, context: ReadContext) -> Sitemap:
    scan = _Scan(text)
    found = _Collected()
    faults = []
    for record in scan.records():
        if found.read >= MAX_LISTED:
            faults.append(f"more than {MAX_LISTED} addresses; the rest was not read")
            break
        found.add(_made(record, context))
    else:
        if scan.broken:
            faults.append(f"not well-formed: {scan.broken} records are not closed; read as far as it goes")
        if not scan.closed:
            faults.append("it ends before its end; read as far as it goes")
    return _sitemap(found, tuple(faults))


def _read_lines(text: str, context: ReadContext) -> Sitemap:
    """A sitemap that is a list of addresses, one a line."""
    found = _Collected()
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    if 2 * sum(line.lower().startswith(("http://", "https://")) for line in lines) <= len(lines):
        kind = context.content_type or "no content type"
        message = f"not a sitemap but something else ({kind}, starts with {text.lstrip()[:20]!r})"
        raise ReadFaultError(Outcome.NOT_A_FEED, message)
    for line in lines[:MAX_LISTED]:
        found.add(_made({"kind": "url", "loc": html.escape(line, quote=False)}, context))
    rest = (f"{len(lines)} addresses; only the first {MAX_LISTED} were read",) if len(lines) > MAX_LISTED else ()
    return _sitemap(found, rest)


def _sitemap(found: _Collected, broken: tuple[str, ...]) -> Sitemap:
    """All of it, with no more faults than anybody reads. Raises ReadFaultError if not one record makes sense."""
    more = len(found.faults) - _MAX_FAULTS
    faults = (*broken, *found.faults[:_MAX_FAULTS], *([f"and {more} more such records"] if more > 0 else ()))
    if faults and not found.pages and not found.children and (broken or len(found.faults) == found.read):
        raise ReadFaultError(Outcome.PARSE_FAULT, f"a sitemap of which nothing can be read ({'; '.join(faults[:3])})")
    return Sitemap(tuple(found.pages.values()), tuple(found.children.values()), faults, whole=not broken)


def _made(record: dict[str, str], context: ReadContext) -> Listed | Child | str | None:
    """What a record says; None for the site's front page and for the sitemap itself; a string for a fault."""
    loc = _plain(record.get("loc", "")).strip()
    if not loc or "<" in loc or not loc.lower().startswith(_ADDRESS):
        return f"a record without a whole address{f' ({loc[:_SHOWN]!r})' if loc else ''}"
    lastmod, exact = _moment(record.get("lastmod", ""), context)
    if record["kind"] == "sitemap":
        url = web_address(loc, context.url)
        if not url:
            return f"a record whose address is none ({loc[:_SHOWN]!r})"
        return None if url == context.url else Child(url, lastmod, exact)
    if not record.keys() & _TOLD and (bare := _bare_entry(loc, context)):
        return Listed(bare, lastmod)
    title = _plain(record.get("title", "")).strip()
    entry = make_entry(
        context,
        key=hashlib.sha256(loc.encode("utf-8", "replace")).hexdigest() if len(loc) > MAX_KEY else "",
        link=loc,
        title=title,
        markup=html.escape(_plain(record.get("keywords", "")), quote=False),
        languages=(_plain(record.get("language", "")),),
        published=_published(record.get("published", ""), context),
        image=web_address(_plain(record["image"]), context.url) or None if "image" in record else None,
    )
    if isinstance(entry, Entry) and entry.url:
        return Listed(entry if title else replace(entry, title=""), lastmod)  # keywords make no title
    return None if web_address(loc, context.url) else f"a record whose address is none ({loc[:_SHOWN]!r})"


def _bare_entry(loc: str, context: ReadContext) -> Entry | None:
    """What `make_entry` makes of an address alone, if it is as simple as nearly all are, in a quarter of the time."""
    simple = _SIMPLE.fullmatch(loc) if len(loc) <= MAX_KEY and loc != context.url else None
    if simple is None or "amp" in simple[2].lower():
        return None
    identity = f"{_site(simple[1])}{simple[2]}"
    language = language_code(context.language)
    return Entry(loc, loc, identity, "", "", language=language, sha256=_NOTHING)


@lru_cache(maxsize=256)
def _site(host: str) -> str:
    return canonical_url(f"https://{host}/")


def _plain(raw: str) -> str:
    """The text of a field: CDATA opened, references resolved, comments gone. A bare "&" is one."""
    if "<" in raw:
        raw = _COMMENT.sub("", _CDATA.sub(lambda match: html.escape(match[1], quote=False), raw))
    return _REFERENCE.sub(lambda match: html.unescape(match.group()), raw) if "&" in raw else raw


def _published(raw: str, context: ReadContext) -> Published | None:
    text = _plain(raw).strip()
    return published_at(text, None, context.now, context.zone) if text else None


def _moment(raw: str, context: ReadContext) -> tuple[datetime | None, bool]:
    """A time in any form of ISO 8601, or another, and whether it is exact. A month and a year stand for their last moment.

    The last, because what changed in November may have changed just now.
    """
    text = raw.strip()
    if len(text) in (20, 25) and text[10] == "T":
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None and _EARLIEST <= at <= context.now + _AHEAD:
            return at.astimezone(UTC), (at.hour, at.minute, at.second) != (0, 0, 0)
    found = _published(raw, context)
    if found is not None:
        return found.at, found.precision == Precision.MINUTE
    return _period_end(_plain(raw).strip(), context.now), False


def _period_end(text: str, now: datetime) -> datetime | None:
    """The last moment of "2026-11" or "2026", but none to come."""
    period = _MONTH.fullmatch(text)
    if period is None:
        return None
    year, month = int(period[1]), int(period[2] or 12)
    begun = _EARLIEST.year <= year and (year, month if period[2] else 0) <= (now.year, now.month)
    if not begun or not 1 <= month <= 12:  # noqa: PLR2004
        return None
    return min(datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC), now)
