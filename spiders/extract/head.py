"""What a page says of itself outside its text: meta elements, canonical address, language, outlet, picture."""

import re
from collections import defaultdict
from typing import Any

from lxml.etree import _Element

from spiders.extract.ldjson import Node, as_list, string
from spiders.extract.words import clean, plain
from spiders.urls import web_address

Meta = dict[str, list[str]]
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*\Z", re.IGNORECASE)
_PICTURES = (
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
    "image",
    "thumbnailurl",
)


def read_meta(root: _Element) -> Meta:
    """Collect the contents of all meta elements by lower-case property, name or itemprop."""
    found: Meta = defaultdict(list)
    for element in root.iter("meta"):
        content = element.get("content")
        if content and content.strip():
            for key in {element.get("property"), element.get("name"), element.get("itemprop")} - {None, ""}:
                found[str(key).strip().lower()].append(clean(plain(content)))
    return dict(found)


def first(meta: Meta, *keys: str) -> str:
    """Give the first content any of these keys has, in the order of the keys."""
    return next((meta[key][0] for key in keys if key in meta), "")


def absolute(address: str, url: str) -> str | None:
    """Resolve an address found on the page; None for what is no web address."""
    joined = web_address(address, url)
    return joined if joined and not re.search(r"[\s<>\"]", joined) else None


def canonical(root: _Element, meta: Meta, url: str) -> str | None:
    """Give the address the page calls its own."""
    for link in root.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and (link.get("href") or "").strip():
            return absolute(str(link.get("href")), url)
    own = first(meta, "og:url")
    return absolute(own, url) if own else None


def language(root: _Element, meta: Meta, node: Node) -> str | None:
    """Give the declared language of the page, without its region."""
    declared = (root.get("lang"), root.get("xml:lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang"))
    stated = (
        first(meta, "content-language", "dc.language", "language"),
        string(node.get("inLanguage")),
        first(meta, "og:locale"),
    )
    for value in (*declared, *stated):
        match = _LANGUAGE.match((value or "").strip())
        if match:
            return match[1].lower()
    return None


def site(meta: Meta) -> str | None:
    """Give the outlet's name as the page shares it."""
    return first(meta, "og:site_name") or None


def publishers(meta: Meta, node: Node, url: str) -> list[str]:
    """Give all the names the outlet goes by on this page, its host among them."""
    host = (
        url.rsplit("://", maxsplit=1)[-1]
        .split("/", maxsplit=1)[0]
        .split(":", maxsplit=1)[0]
        .lower()
        .removeprefix("www.")
    )
    own = [string(item.get("name")) for item in as_list(node.get("publisher")) if isinstance(item, dict)]
    named = [
        first(meta, key) for key in ("og:site_name", "application-name", "twitter:site", "apple-mobile-web-app-title")
    ]
    parts = host.split(".")
    labels = [host, *(part for part in parts[:-1] if len(part) > 3)]  # noqa: PLR2004 - "co", "com" and "www" name nobody
    return [name for name in [*own, *(name.lstrip("@") for name in named), *labels] if name]


def description(meta: Meta) -> str:
    """Give the page's own summary."""
    return first(meta, "og:description", "description", "twitter:description", "dc.description")


def image(meta: Meta, node: Node, url: str) -> str | None:
    """Give the address of the leading picture."""
    candidates = [first(meta, key) for key in _PICTURES] + [
        _picture(node.get("image")),
        _picture(node.get("thumbnailUrl")),
    ]
    return next((found for text in candidates if text and (found := absolute(text, url))), None)


def _picture(value: Any) -> str:
    for item in as_list(value)[:5]:
        address = item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item
        if isinstance(address, str):
            return address
    return ""
