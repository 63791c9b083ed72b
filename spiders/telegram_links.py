"""Where the words of a Telegram post lead: the addresses of links that cannot be read in its text."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from spiders.urls import web_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

MOST_LINKS = 20
_LOOKED_AT = 200  # links of a post; nobody writes more
_WEB = re.compile(r"https?://", re.IGNORECASE)  # a hashtag's is relative: it leads to a search of the channel
_LEFT_OUT = re.compile(r"https?://|\bwww\.")  # in writing an address for people
_CHANNEL = re.compile(r"t\.me/(\w+)")
_BEFORE = re.compile(r"(?<![\w.@-])")  # beside an address that is written out: else it is a part of a longer one
_AFTER = re.compile(r"/?(?![\w/?#=&%-]|\.\w)")
_MOST_PLACES = (
    20  # in a text at which an address is looked at; one that stands there as a part of so many others is told
)
_FORGING = re.compile(r"[\s\[\]]")  # could end the line, or the brackets, that an address is told in


def hidden_links(texts: Iterable[_Element], said: str, channel: str) -> list[str]:
    """The addresses that the links in a post's text lead to, each once, but for those that can be read in what it `said`.

    "@name" is how the address of a channel is read. The address of the post's own `channel` stands below half of all posts
    ("Subscribe!") and is left out.
    """
    hrefs = (href.strip() for text in texts for link in text.iter("a") if (href := link.get("href")))
    readable = _bare(said)
    found = {
        _told(address): None
        for href in dict.fromkeys(islice(filter(_WEB.match, hrefs), _LOOKED_AT))
        if (address := web_address(href, ""))
        and _bare(href) != f"t.me/{channel.casefold()}"
        and not _stands(href, readable)
    }
    return list(found)[:MOST_LINKS]


def _bare(text: str) -> str:
    """Addresses in a text as one may write them or not: without scheme and `www.`, in lower case, letters not encoded."""
    return _LEFT_OUT.sub("", unquote(text).casefold()).rstrip("/")


def _told(address: str) -> str:
    """An address as it is told: without the name and password of a user, and nothing in it that ends what it stands in."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", "" if parts.port is None else f":{parts.port}"
    host = (
        f"[{_FORGING.sub(_encoded, host)}]" if ":" in host else _FORGING.sub(_encoded, host)
    )  # IPv6 stands in brackets
    rest = address.partition("//")[2].removeprefix(parts.netloc)
    return f"{parts.scheme}://{host}{port}{_FORGING.sub(_encoded, rest)}"


def _encoded(found: re.Match[str]) -> str:
    return quote(found[0], safe="")


def _stands(href: str, readable: str) -> bool:
    """Whether an address can be read in a text, and not only as a part of a longer one."""
    address = _bare(href)
    name = _CHANNEL.fullmatch(address)
    return _is_in(readable, address) or (name is not None and _is_in(readable, f"@{name[1]}"))


def _is_in(readable: str, written: str) -> bool:
    """By search for the plain words: a regular expression takes a thousand times as long, for each link of a long text."""
    place = -1
    for _ in range(_MOST_PLACES):
        place = readable.find(written, place + 1)
        if place < 0:
            return False
        if _BEFORE.match(readable, place) and _AFTER.match(readable, place + len(written)):
            return True
    return False
