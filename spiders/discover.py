"""What a site offers to be read by: the addresses that its page, its robots.txt and custom name, the most telling first.

Pure: bytes in, addresses out. What is found here is a guess until it has been tried.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from spiders.feed_reader import read_feed
from spiders.feed_text import decode_feed
from spiders.found import ReadFaultError
from spiders.listing_guess import suggest_listing
from spiders.markup import plain_line, visible
from spiders.page_links import base_address, link_address, link_titles
from spiders.page_tree import line, page_tree
from spiders.sitemap_reader import read_sitemap
from spiders.telegram_reader import channel_address, read_channel
from spiders.urls import web_address
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

    from spiders.found import ReadContext
    from storage.model import Listing

NAMED, LINKED, ROBOTS, GUESSED, SELF = (
    "named by the page",
    "linked from it",
    "robots.txt",
    "a common address",
    "the address itself",
)
MOST_NAMED = 8
MOST_LINKED = 6
MOST_SITEMAPS = 3
MOST_LINKS = 5000  # looked at
MAX_TITLE = 200
FEED_PATHS = (
    "/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/rss/news.xml", "/rss/all.xml", "/feeds/all",
    "/news/rss", "/en/rss", "/feed.json",
)  # fmt: skip
SITEMAP_PATHS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap.xml")
_FEED_TYPES = frozenset(
    [
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "text/xml",
        "application/xml",
    ]
)
_FEED_LINK = re.compile(
    r"(?:^|[/._=?&-])(?:rss|atom|rdf|feeds?|rss2|rssfeed)(?:\.(?:xml|php|aspx?|json|html?))?(?=$|[/._=?&-])|\.(?:rss|atom|rdf)$",
    re.IGNORECASE,
)
_NO_FEED_HOST = re.compile(
    r"(?:^|\.)(?:feedly\.com|inoreader\.com|netvibes\.com|add\.my\.yahoo\.com|podcasts?\.\w+\.com|facebook\.com|twitter\.com|x\.com|"
    r"youtube\.com|wikipedia\.org)$",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"comment|коммент|комент|댓글|podcast|подкаст|audio|video|photo|/tag/|/author/", re.IGNORECASE)
_NEWS = re.compile(r"news|novosti|новост|новин|latest", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,2000})", re.IGNORECASE | re.MULTILINE)
_FIRST_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_TITLE = re.compile(r"<(?:[\w.-]+:)?title[^<>]*>(.{0,2000}?)</", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """An address by which a site may be read. `why` says where it was found, `aside`: it is hardly the news."""

    url: str
    kind: str
    why: str
    title: str = ""
    aside: bool = False
    listing: Listing | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What an answer is, by kind of source; "page" for HTML, "" for anything else. `title` is the site's, feed's or channel's."""

    what: str
    title: str = ""
    offers: tuple[Offer, ...] = ()


def look_at(body: bytes, context: ReadContext, listing: bool = False) -> Looked:
    """What an answer is and, if it is a page or an index, what it names. With `listing` also how it may be read itself."""
    if channel_address(context.url):
        return Looked("telegram", _channel_title(body, context))
    text = decode_feed(body[:4000], context.content_type)[0].lstrip()
    if not _HTML.match(_without_comments(text)):
        for what, look in (("feeds", _feed), ("sitemaps", _sitemap)):
            looked = look(body, context)
            if looked is not None:
                return Looked(what, *looked)
    try:
        root, _ = page_tree(body, context.content_type)
    except ReadFaultError:
        return Looked("")
    offers = [*_alternates(root, context), *_links(root, context), *_channels(root, context)]
    if listing:
        found = suggest_listing(body, context)
        offers += [Offer(context.url, "listings", "a list of links", listing=found)] if found is not None else []
    return Looked("page", _site_title(root), tuple(_once(offers)))


def named_in_robots(text: str, origin: str) -> list[Offer]:
    """The sitemaps that a robots.txt names, those of news first."""
    named = [web_address(match[1], origin) for match in _SITEMAP_LINE.finditer(text)]
    offers = [Offer(one, "sitemaps", ROBOTS) for one in named if one]
    return sorted(_once(offers), key=lambda one: not _NEWS.search(one.url))[:MOST_SITEMAPS]


def guessed(origin: str, kind: str) -> list[Offer]:
    """Where sites usually have a feed, or a sitemap."""
    paths = FEED_PATHS if kind == "feeds" else SITEMAP_PATHS
    return [Offer(urljoin(origin, path), kind, GUESSED) for path in paths]


def address_key(url: str) -> str:
    """What two addresses of one list have in common: not the scheme, "www." or a slash at the end. Queries do matter here."""
    channel = channel_address(url)
    if channel:
        return channel.lower()
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return url
    place = f"{host}:{port}" if port and port not in {80, 443} else host
    return f"{place}{parts.path.rstrip('/')}{f'?{parts.query}' if parts.query else ''}"


def is_aside(url: str, title: str) -> bool:
    """Whether a feed is one of comments, a podcast and the like."""
    parts = urlsplit(url)
    return bool(_ASIDE.search(f"{parts.path}?{parts.query}") or _ASIDE.search(title))


def _without_comments(text: str) -> str:
    return re.sub(r"\A(?:\s*<!--.*?-->|\s*<\?.*?\?>)+\s*", "", text, flags=re.DOTALL)


def _feed(body: bytes, context: ReadContext) -> tuple[str, tuple[Offer, ...]] | None:
    try:
        read_feed(body, context)
    except ReadFaultError as error:
        if error.outcome != Outcome.PARSE_FAULT:
            return None
    return _feed_title(decode_feed(body, context.content_type)[0]), ()


def _feed_title(text: str) -> str:
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return ""
        title = data.get("title") if isinstance(data, dict) else ""
        return plain_line(str(title or "")[: 4 * MAX_TITLE])[:MAX_TITLE]
    first = _FIRST_ENTRY.search(text)
    found = _TITLE.search(text, 0, first.start() if first else len(text))
    return plain_line(found[1].removeprefix("<![CDATA[").removesuffix("]]>"))[:MAX_TITLE] if found else ""


def _sitemap(body: bytes, context: ReadContext) -> tuple[str, tuple[Offer, ...]] | None:
    try:
        sitemap = read_sitemap(body, context)
    except ReadFaultError as error:
        return ("", ()) if error.outcome == Outcome.PARSE_FAULT else None
    news = [one.url for one in sitemap.children if _NEWS.search(urlsplit(one.url).path)]
    return "", tuple(Offer(one, "sitemaps", "named by the index") for one in news[:MOST_SITEMAPS])


def _alternates(root: _Element, context: ReadContext) -> list[Offer]:
    """What the page itself declares to be its feeds."""
    base = base_address(root, context.url)
    offers = []
    for link in root.iter("link"):
        kinds = (link.get("type") or "").split(";")[0].strip().lower()
        said = (link.get("rel") or "").lower().split()
        address = web_address(link.get("href") or "", base)
        named = "alternate" in said or "feed" in said
        if address and named and (kinds in _FEED_TYPES or ("feed" in said and not kinds)):
            title = _short(link.get("title"))
            offers.append(Offer(address, "feeds", NAMED, title, is_aside(address, title)))
    return sorted(offers, key=lambda one: one.aside)[:MOST_NAMED]


def _links(root: _Element, context: ReadContext) -> list[Offer]:
    """Links whose address, or whose words, say that they lead to a feed."""
    base = base_address(root, context.url)
    offers = []
    for number, link in enumerate(root.iter("a")):
        if number >= MOST_LINKS:
            break
        address = link_address(link, base, context.url)
        parts = urlsplit(address)
        words = next((text for _, text in link_titles(link) if text), "")
        telling = _FEED_LINK.search(f"{parts.path}?{parts.query}".rstrip("?")) or words.strip().lower() in {
            "rss",
            "atom",
            "feed",
        }
        if address and telling and not _NO_FEED_HOST.search(parts.hostname or ""):
            offers.append(Offer(address, "feeds", LINKED, _short(words), is_aside(address, words)))
    return sorted(_once(offers), key=lambda one: (one.aside, not _NEWS.search(one.url)))[:MOST_LINKED]


def _channels(root: _Element, context: ReadContext) -> list[Offer]:
    """The site's channel on Telegram, if it links to just one: several are those of others, too."""
    found = {}
    for number, link in enumerate(root.iter("a")):
        href = (link.get("href") or "")[:500]
        if number >= MOST_LINKS:
            break
        if "t.me/" in href or "telegram.me/" in href:
            address = channel_address(web_address(href, context.url))
            if address:
                found[address.lower()] = address
    return [Offer(one, "telegram", LINKED) for one in found.values()] if len(found) == 1 else []


def _channel_title(body: bytes, context: ReadContext) -> str:
    try:
        return read_channel(body, context).title
    except ReadFaultError:
        return ""


def _site_title(root: _Element) -> str:
    """What a site calls itself on its page."""
    said = {one.get("property") or one.get("name") or "": one.get("content") for one in root.iter("meta")}
    title = next((text for one in root.iter("title") if (text := line(one))), "")
    return next(
        (short for one in (said.get("og:site_name"), said.get("og:title"), title) if (short := _short(one))), ""
    )


def _short(words: str | None) -> str:
    return " ".join(visible((words or "")[: 4 * MAX_TITLE]).split())[:MAX_TITLE]


def _once(offers: Iterable[Offer]) -> Iterator[Offer]:
    """Each address once, as it was first named."""
    seen = set()
    for one in offers:
        identity = one.kind, address_key(one.url)
        if identity not in seen:
            seen.add(identity)
            yield one
