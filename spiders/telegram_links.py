"""Where the words of a Telegram post lead: the addresses of links that cannot be read in its text."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from spiders.urls import web_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

MOST_LINKS = 20
_LOOKED_AT = 200  # links of a post; nobody writes more
_WEB = re.compile(r"https?://", re.IGNORECASE)  # a hashtag's is relative: it leads to a search of the channel
_LEFT_OUT = re.compile(r"https?://|\bwww\.")  # in writing an address for people
_CHANNEL = re.compile(r"t\.me/(\w+)")


def hidden_links(texts: Iterable[_Element], said: str, channel: str) -> list[str]:
    """The addresses that the links in a post's text lead to, each once, but for those that can be read in what it `said`.

    "@name" is how the address of a channel is read. The address of the post's own `channel` stands below half of all posts
    ("Subscribe!") and is left out.
    """
    hrefs = (href.strip() for text in texts for link in text.iter("a") if (href := link.get("href")))
    readable = _bare(said)
    found = {
        address: None
        for href in dict.fromkeys(islice(filter(_WEB.match, hrefs), _LOOKED_AT))
        if (address := web_address(href, ""))
        and _bare(href) != f"t.me/{channel.casefold()}"
        and not _stands(href, readable)
    }
    return list(found)[:MOST_LINKS]


def _bare(text: str) -> str:
    """Addresses in a text as one may write them or not: without scheme and `www.`, in lower case, letters not encoded."""
    return _LEFT_OUT.sub("", unquote(text).casefold()).rstrip("/")


def _stands(href: str, readable: str) -> bool:
    """Whether an address can be read in a text, and not only as the beginning of a longer one."""
    address = _bare(href)
    name = _CHANNEL.fullmatch(address)
    written = re.escape(address) + (rf"|@{re.escape(name[1])}" if name else "")
    return re.search(rf"(?<![\w.@-])(?:{written})/?(?![\w/?#=&%-]|\.\w)", readable) is not None
