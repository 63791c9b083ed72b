"""Searching: the address to ask, and reading what GDELT answers, its lists in JSON. Pure, like all readers.

A search finds what others published, so each entry carries its publisher. GDELT does not know when an article was published,
only when it saw it itself: such a time is a guess, which the page's own replaces.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from spiders.feed_text import feed_text
from spiders.found import MAX_KEY, Found, ReadContext, ReadFaultError, make_entry, other_file
from spiders.markup import plain_line
from spiders.search_feed import read_search_feed
from spiders.search_names import country_of, language_of
from spiders.sitemap_choice import fill_template
from spiders.urls import web_address
from storage.model import Entry, Outcome, Precision, Published, Publisher, TimeOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator

GDELT_PATH = "/api/v2/doc/doc"
_GDELT_ASKS = {"mode": "artlist", "format": "json", "sort": "datedesc", "maxrecords": "250", "timespan": "1d"}
_MAX_PIECES = 2000  # articles looked for one by one in JSON that is broken
_SHOWN = 200  # characters of an answer in a fault
_SEEN = re.compile(r"(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)Z?")
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_LIMITED = re.compile(r"limit (?:your )?requests|too many requests|rate.?limit", re.IGNORECASE)
_LONE_BACKSLASH = re.compile(r'\\(?:\\|(["/bfnrt]|u[0-9a-fA-F]{4})|(\')|)')
_TITLE = re.compile(r'("title"\s*:\s*")([^\n]{0,2000}?)("\s*,\s*"seendate")')
_BARE_QUOTE = re.compile(r'(?<!\\)"')
_ARTICLE = re.compile(r'\{\s*"url"\s*:')
_BEFORE_MARK = re.compile(r"\s+([,.;:!?%)\]»”](?=\s|$))")
_AFTER_MARK = re.compile(r"(?<![^\s])([(\[«“])\s+")
_APOSTROPHE = re.compile(r"(?<=\w)\s+(['’])\s+(s|t|re|ve|ll|d|m)\b(?!\s*['’])")


def is_gdelt(url: str) -> bool:
    """Whether this address is that of GDELT's DOC 2.0, here or in a test."""
    return urlsplit(url).path.rstrip("/").endswith(GDELT_PATH)


def search_url(url: str, query: str, now: datetime) -> str:
    """The address to ask: with the query for "{query}", or with what GDELT wants to be told and the address does not say.

    Dates are filled in as in a sitemap's address; where a new day is young, the day before, for "from" is what they are
    for. Raises ValueError for a query that is missing or has no place.
    """
    if "{query}" in url:
        if not query:
            raise ValueError("the address has a place for a query, {query}, but there is none")
        url = url.replace("{query}", quote(query, safe=""))
    elif is_gdelt(url):
        url = _gdelt_url(url, query)
    elif query:
        raise ValueError("there is a query, but the address has no place for it, {query}")
    return fill_template(url, now, "")[-1]


def _gdelt_url(url: str, query: str) -> str:
    parts = urlsplit(url)
    given = [piece for piece in parts.query.split("&") if piece.partition("=")[2]]  # without values that are empty
    names = {piece.partition("=")[0].lower() for piece in given}
    if query and "query" in names:
        raise ValueError("there is a query, and another one in the address")
    if not query and "query" not in names:
        raise ValueError("GDELT must be told a query")
    unsaid = {name: value for name, value in _GDELT_ASKS.items() if name not in names}
    if names & {"startdatetime", "enddatetime"}:
        unsaid.pop("timespan", None)
    asked = urlencode(({"query": query} if query else {}) | unsaid, quote_via=quote, safe="")
    return urlunsplit(parts._replace(query="&".join([*given, asked] if asked else given)))


def read_search(body: bytes, context: ReadContext) -> Found:
    """What GDELT found, newest first as a rule. Raises ReadFaultError for what it says instead, quoting it.

    Its feeds (`format=rss`, `jsonfeed`) are read as well.
    """
    start = body[:1000].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        raise ReadFaultError(Outcome.NOT_A_FEED, "the answer is empty")
    other = other_file(start)
    if other:
        raise ReadFaultError(Outcome.NOT_A_FEED, f"not search results but {other}")
    text = feed_text(body, context.content_type).strip()
    if text.startswith("<"):
        return read_search_feed(body, context)
    if not text.startswith("{"):
        answer = plain_line(text[: 4 * _SHOWN])[:_SHOWN]
        limited = _LIMITED.search(answer)
        raise ReadFaultError(Outcome.REFUSED if limited else Outcome.NOT_A_FEED, f'GDELT answers: "{answer}"')
    articles, broken = _articles(text)
    if articles is None:
        return read_search_feed(body, context)
    faults = [f"not well-formed ({broken}); read as far as it goes"] if broken else []
    if len(articles) > context.max_entries:
        faults.append(f"{len(articles)} entries, the first {context.max_entries} were read")
    entries: dict[str, Entry] = {}
    for raw in articles[: context.max_entries]:
        entry = _entry(raw, context) if isinstance(raw, dict) else "an article that is no object"
        if isinstance(entry, Entry):
            entries.setdefault(entry.canonical_url, entry)
        else:
            faults.append(entry)
    return Found(tuple(entries.values()), tuple(faults), whole=not broken)


def _articles(text: str) -> tuple[list[Any] | None, str]:
    """The articles in an answer, and what is wrong with its form, if anything may be lost by it. None: it is a JSON Feed."""
    data, reason = _loaded(text)
    if data is None:
        text = _mended(text)
        data, reason = _loaded(text)
    if data is None:
        found = list(_pieces(text))
        if not found:
            raise ReadFaultError(Outcome.PARSE_FAULT, f"JSON that cannot be read ({reason})")
        return found, reason
    if "jsonfeed.org" in str(data.get("version")):
        return None, ""
    articles = data.get("articles", None if data else [])  # {} is how it says that there are none
    if not isinstance(articles, list):
        keys = plain_line(", ".join(list(data)[:5]))[:_SHOWN]
        raise ReadFaultError(Outcome.NOT_A_FEED, f"JSON, but no list of articles (it has {keys})")
    return articles, ""


def _loaded(text: str) -> tuple[dict[str, Any] | None, str]:
    try:
        return json.loads(text, strict=False), ""
    except (ValueError, RecursionError) as error:
        return None, plain_line(str(error))[:_SHOWN]


def _mended(text: str) -> str:
    """JSON as GDELT writes it, made JSON: backslashes that escape nothing, quotes in titles."""
    text = _LONE_BACKSLASH.sub(lambda found: found[2] or (found.group() if len(found.group()) > 1 else "\\\\"), text)
    return _TITLE.sub(lambda found: found[1] + _BARE_QUOTE.sub(r'\\"', found[2]) + found[3], text)


def _pieces(text: str) -> Iterator[Any]:
    """The articles that can be read one by one, out of JSON that cannot be read as a whole."""
    decoder = json.JSONDecoder(strict=False)
    end = 0
    for _, start in zip(range(_MAX_PIECES), _ARTICLE.finditer(text), strict=False):
        if start.start() < end:
            continue
        try:
            found, end = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        yield found


def _entry(raw: dict[str, Any], context: ReadContext) -> Entry | str:
    def text(name: str) -> str:
        value = raw.get(name)
        return value if isinstance(value, str) else ""

    url = web_address(text("url"), "")
    if not url:
        return f"an article without an address ({plain_line(text('title')[:_SHOWN])[:80]!r})"
    entry = make_entry(
        context,
        key=_key(url),
        link=url,
        title=_tidied(plain_line(text("title")[:4000])).replace("<", "&lt;"),
        markup="",
        languages=(language_of(text("language")),),
        published=_seen(text("seendate"), context.now),
        image=web_address(text("socialimage"), "") or None,
        publisher=_publisher(url, text("domain"), country_of(text("sourcecountry"))),
    )
    if isinstance(entry, Entry) and not entry.url:
        return f"an article whose address is a front page ({url[:80]!r})"
    return entry


def _key(url: str) -> str:
    return url if len(url) <= MAX_KEY else hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


def _tidied(title: str) -> str:
    """A title with its marks back at their words, where it is certain which: GDELT sets them apart."""
    title = _APOSTROPHE.sub(r"\1\2", title)
    return _AFTER_MARK.sub(r"\1", _BEFORE_MARK.sub(r"\1", title))


def _seen(text: str, now: datetime) -> Published | None:
    """When GDELT saw it: published a quarter of an hour before at the least. So it is a guess, which the page's time replaces."""
    found = _SEEN.fullmatch(text.strip())
    if found is None:
        return None
    try:
        at = datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Published(at, None, Precision.MINUTE, TimeOrigin.GUESS) if _EARLIEST <= at <= now + _AHEAD else None


def _publisher(url: str, domain: str, country: str) -> Publisher:
    """Who published it: the domain that GDELT names if it can be one, else the host of the address."""
    named = web_address(f"https://{domain.strip()}/", "") if domain.strip() else ""
    host = (urlsplit(named or url).hostname or "").lower()
    return Publisher(host, host, country)
