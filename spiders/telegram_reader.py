"""Reading a Telegram channel's public preview, the page at https://t.me/s/NAME: bytes in, posts out, newest first.

The preview shows some twenty posts and a link to older ones. The server answers 200 whatever is asked for, so what a
page is stands in its markup alone: a channel without preview, a group, a person and a name that nobody has are the same
kind of card.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from spiders.extract.decode import encoding_of
from spiders.found import Found, ReadContext, ReadFaultError
from spiders.page_tree import classes, line, page_tree, quoted
from spiders.telegram_post import NAME, is_service, post_id, read_post
from spiders.urls import web_address
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

    from storage.model import Entry

_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
_NO_NAMES = frozenset([  # first parts of paths that are no channel
    "joinchat", "addstickers", "addemoji", "addtheme", "addlist", "share", "proxy", "socks", "setlanguage", "login",
    "confirmphone", "contact", "invoice", "boost", "giftcode", "msg_url", "iv", "bg",
])  # fmt: skip
_PREVIEW = frozenset({"tgme_channel_history", "tgme_channel_info", "tgme_header_info"})
_MOST_POSTS = 2000
_ENOUGH = 3  # posts of which none is understood: not an accident
_MAX_TITLE = 300


@dataclass(frozen=True, slots=True)
class Channel:
    """A page of a channel. `oldest_id` is the smallest number on it, service messages counted; 0 without posts."""

    found: Found
    oldest_id: int
    name: str  # lower case
    title: str


def read_channel(body: bytes, context: ReadContext) -> Channel:
    """The posts of a channel's preview, newest first. Raises ReadFaultError if it is something else, and says what."""
    root, cut = page_tree(body, context.content_type)
    elements = _posts(root)
    if not elements:
        _must_be_preview(root, context)
    entries, faults = _entries(elements.values(), context) if elements else ((), _said(root))
    oldest = min((number for _, number in elements), default=0)
    found = Found(
        entries,
        (*cut, *faults),
        whole=not cut,
        next_url=_next_url(root, oldest, context),
        encoding=encoding_of(body, context.content_type or None),
    )
    return Channel(found, oldest, _name(elements, context), _channel_title(root))


def channel_address(text: str) -> str:
    """The address of a channel's preview: "@NAME", "t.me/NAME", "tg://resolve?domain=NAME" → "https://t.me/s/NAME".

    "" for what names no channel, invitations among it. An address on another host whose path is /s/NAME stays.
    """
    text = text.strip()[:500]
    if text.startswith("@"):
        return _preview(text[1:])
    try:
        parts = urlsplit(text if re.match(r"[a-z]+:", text, re.IGNORECASE) else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
        if parts.scheme == "tg":
            asked = "resolve" in {host, parts.path}
            return _preview(parse_qs(parts.query).get("domain", [""])[0]) if asked else ""
    except ValueError:  # "http://[broken"
        return ""
    path = parts.path.strip("/").split("/")
    named = path[1] if path[0] == "s" and len(path) > 1 else ""
    if host in _HOSTS or host.endswith(".t.me"):
        own = host.removesuffix(".t.me") if host.endswith(".t.me") else ""
        return _preview(own or named or path[0]) if parts.scheme in {"http", "https"} else ""
    return text if web_address(text, "") and _preview(named) else ""


def _preview(name: str) -> str:
    known = re.fullmatch(NAME, name) and name.lower() not in _NO_NAMES
    return f"https://t.me/s/{name}" if known else ""


def _posts(root: _Element) -> dict[tuple[str, int], _Element]:
    """The elements of posts by channel and number, newest first."""
    found: dict[tuple[str, int], _Element] = {}
    for element in root.iter():
        if len(found) < _MOST_POSTS and element.get("data-post") and (identity := post_id(element)):
            found.setdefault((identity[0].lower(), identity[1]), element)
    return dict(sorted(found.items(), key=lambda item: item[0][1], reverse=True))


def _entries(elements: Iterable[_Element], context: ReadContext) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Entries, and faults. Raises ReadFaultError where nothing at all is understood: the page has changed."""
    read = [read_post(element, context) for element in elements if not is_service(element)]
    posts = [one for one in read if not isinstance(one, str)]
    faults = [one for one in read if isinstance(one, str)]
    if len(posts) >= _ENOUGH and not any(one.known for one in posts):
        message = f"{len(posts)} posts, but no text or media was found in any; Telegram may have changed its page"
        raise ReadFaultError(Outcome.PARSE_FAULT, message)
    if len(posts) > context.max_entries:
        faults.append(f"{len(posts)} posts, the newest {context.max_entries} were read")
    return tuple(one.entry for one in posts[: context.max_entries]), tuple(faults)


def _next_url(root: _Element, oldest: int, context: ReadContext) -> str:
    """Where older posts are: only if the page offers them, and they are older than those that were asked for."""
    address, _, query = context.url.partition("#")[0].partition("?")
    try:
        before = int(parse_qs(query).get("before", ["0"])[0] or 0)
    except ValueError:
        before = 0
    if oldest <= 1 or (before and oldest >= before) or not any(_offers_older(one) for one in root.iter("a", "link")):
        return ""
    return f"{address}?before={oldest}"


def _offers_older(link: _Element) -> bool:
    if "before=" not in (link.get("href") or "") and not link.get("data-before"):
        return False
    return link.get("rel") == "prev" if link.tag == "link" else "tme_messages_more" in classes(link)


def _name(elements: Iterable[tuple[str, int]], context: ReadContext) -> str:
    """The channel's name: its posts', or that which was asked for."""
    asked = channel_address(context.url.partition("?")[0])
    return next((name for name, _ in elements), asked.rpartition("/")[2].lower())


def _first(root: _Element, *names: str) -> Iterator[_Element]:
    wanted = set(names)
    return (one for one in root.iter() if not wanted.isdisjoint(classes(one)))


def _text(root: _Element, *names: str) -> str:
    return next((text for one in _first(root, *names) if (text := line(one)[:_MAX_TITLE])), "")


def _channel_title(root: _Element) -> str:
    named = (one.get("content") or "" for one in root.iter("meta") if one.get("property") == "og:title")
    return _text(root, "tgme_channel_info_header_title", "tgme_header_title") or next(named, "").strip()[:_MAX_TITLE]


def _said(root: _Element) -> tuple[str, ...]:
    """What a preview without posts says in their place."""
    said = _text(root, "tgme_channel_history")
    return (f"no posts; the page says {quoted(said)}",) if said else ()


def _must_be_preview(root: _Element, context: ReadContext) -> None:
    """Raise ReadFaultError unless it is a channel's preview that has no posts."""
    seen = {name for one in root.iter() for name in classes(one)}
    posts = "tgme_widget_message_wrap" in seen and "tme_no_messages_found" not in seen
    if posts:
        raise ReadFaultError(Outcome.PARSE_FAULT, "posts without numbers; Telegram may have changed its page")
    if _PREVIEW.isdisjoint(seen):
        raise ReadFaultError(Outcome.NOT_A_FEED, _what_is(root, seen, context))


def _what_is(root: _Element, seen: set[str], context: ReadContext) -> str:
    """What somebody got who asked for a channel's preview."""
    title = next((text for one in root.iter("title") if (text := line(one)[:_MAX_TITLE])), "")
    named = f" {title.split()[-1]}" if "@" in title else f" @{name}" if (name := _name((), context)) else ""
    if not seen & {"tgme_page", "tgme_page_wrap"}:
        telegram = title.startswith("Telegram") or "tl_main_wrap" in seen
        return f"{'Telegram’s own page' if telegram else 'not a page of Telegram but an HTML page'} ({quoted(title)})"
    extra = _text(root, "tgme_page_extra").lower()
    if "tgme_page_context_link" in seen:
        return f"the card of the channel{named}, not its posts: they are at https://t.me/s/…"
    if "subscriber" in extra:
        return f"the channel{named} has no public preview"
    if "member" in extra:
        return f"{named.strip() or 'this'} is a group; only channels have a public preview"
    if "tgme_page_title" in seen and _text(root, "tgme_page_title"):
        kind = "a bot" if "bot" in named.lower()[-3:] or "monthly user" in extra else "a person or a bot"
        return f"{named.strip() or 'this'} is {kind}, not a channel"
    return f"there is no channel{named}"
