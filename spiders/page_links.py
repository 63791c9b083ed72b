"""The links of a page: where they lead, and what they say of it."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from spiders.page_tree import line
from spiders.urls import canonical_url, is_front_page, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

MOST_INSIDE = 60  # links looked at inside one element
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NO_HEADLINE = re.compile(
    r"\W*(?:(?:read|continue|see|view)\b.{0,12}\b(?:more|reading|article|all)|more|читать (?:далее|полностью)|подробнее|далее"
    r"|читати (?:далі|більше|повністю)|докладніше|детальніше|далі|더\s?보기|자세히(?:\s?보기)?|전체\s?보기)\W*",
    re.IGNORECASE,
)
CHOSEN, HEADLINE, _OWN, _ATTRIBUTE, _PICTURE, NOTHING = 5, 4, 3, 2, 1, 0  # how good a title is


def link_address(link: _Element, base: str, page: str) -> str:
    """The address that a link leads to, without its fragment; "" if that is no other page of the web.

    The page itself and the front page of a site are no articles.
    """
    href = (link.get("href") or "").strip()
    if not href or href.startswith("#"):
        return ""
    address = web_address(href, base)
    plain, _, fragment = address.partition("#")
    address = address if fragment.startswith(("!", "/")) else plain
    itself = not address or address == page.partition("#")[0] or is_front_page(canonical_url(address))
    return "" if itself else address


def link_titles(link: _Element) -> Iterator[tuple[int, str]]:
    """What may be the title of the page that a link leads to, each with how good it is."""
    heading = next((text for one in link.iter(*HEADINGS) if (text := line(one))), "")
    own = heading or line(link, _is_time)
    aside = "#" in (link.get("href") or "") or _NO_HEADLINE.fullmatch(own)
    kind = NOTHING if aside else HEADLINE if heading or _in_heading(link) else _OWN
    yield kind, own
    for name in ("title", "aria-label"):
        said = line_of(link.get(name))
        yield NOTHING if _NO_HEADLINE.fullmatch(said) else min(kind, _ATTRIBUTE), said
    for picture in islice(link.iter("img"), 3):
        yield _PICTURE, line_of(picture.get("alt"))


def line_of(attribute: str | None) -> str:
    """The value of an attribute on one line."""
    return " ".join((attribute or "")[:1000].split())


def base_address(root: _Element, page: str) -> str:
    """What relative links of a page are relative to."""
    return next((found for one in root.iter("base") if (found := web_address(one.get("href") or "", page))), page)


def _is_time(element: _Element) -> bool:
    return element.tag == "time"


def _in_heading(link: _Element) -> bool:
    return any(above.tag in HEADINGS for above in islice(link.iterancestors(), 3))


def anchors(element: _Element) -> list[_Element]:
    """The links that an element is, or holds, or else stands in."""
    if element.get("href") and element.tag in {"a", "area", "link"}:
        return [element]
    inside = list(islice((one for one in element.iter("a", "area") if one.get("href")), MOST_INSIDE))
    return inside or [one for one in islice(element.iterancestors("a"), 1) if one.get("href")]
