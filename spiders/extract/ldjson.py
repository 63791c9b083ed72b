"""schema.org data in JSON-LD: read leniently, searched for the node that describes the page's own article."""

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.etree import _Element

from spiders.extract.words import clean, fold, plain

Node = dict[str, Any]
_MAX_NODES = 4000
_WRAPPING = re.compile(
    r"\A\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*\Z"
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_ARTICLE = re.compile(r"Article$|Posting$|^Report$|Review$|^Reportage|LiveBlog")
_LISTS = (
    "itemListElement",
    "hasPart",
    "relatedLink",
    "mentions",
    "citation",
    "isPartOf",
    "video",
    "associatedMedia",
    "comment",
)


def load(root: _Element) -> list[Any]:
    """Parse every JSON-LD script of the page; what cannot be parsed is passed over."""
    found = []
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            parsed = _parse(script.text)
            if parsed is not None:
                found.append(parsed)
    return found


def _parse(text: str) -> Any:
    text = _WRAPPING.sub("", text).strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text), text.replace("&quot;", '"')):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def nodes(documents: list[Any]) -> Iterator[Node]:
    """Walk all objects, outer ones first, leaving out lists of other articles."""
    queue, seen = list(documents), 0
    while queue and seen < _MAX_NODES:
        item = queue.pop(0)
        seen += 1
        if isinstance(item, list):
            queue[:0] = item[:200]
        elif isinstance(item, dict):
            yield item
            queue.extend(value for key, value in item.items() if isinstance(value, (dict, list)) and key not in _LISTS)


def types(node: Node) -> list[str]:
    """Give the node's types without the vocabulary's address."""
    return [str(name).rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in as_list(node.get("@type"))]


def as_list(value: Any) -> list[Any]:
    """Make a list of what JSON-LD lets be one or many."""
    return value if isinstance(value, list) else [] if value is None else [value]


def string(value: Any) -> str:
    """Give the first string in a value of any shape, cleaned."""
    for item in as_list(value)[:5]:
        text = item.get("@value") or item.get("name") if isinstance(item, dict) else item
        if isinstance(text, str) and text.strip():
            return clean(plain(text))
    return ""


def article(all_nodes: list[Node], titles: list[str], url: str) -> Node:
    """Pick the node that describes this page: an article type, of this headline or address, the fullest of equals."""
    wanted = {fold(title) for title in titles if title}
    best: tuple[float, Node] = (0.0, {})
    for node in all_nodes[:400]:
        kinds = types(node)
        base = 1.0 if any(_ARTICLE.search(name) for name in kinds) else 0.1 if "WebPage" in kinds else 0.0
        if not base or (base < 1 and not node.get("datePublished")):
            continue
        score = base + sum(0.1 for key in ("headline", "datePublished", "author", "articleBody") if node.get(key))
        headline = fold(string(node.get("headline")) or string(node.get("name")))
        score += 2.0 * (headline in wanted) + 1.0 * _same_address(node, url)
        if score > best[0]:
            best = (score, node)
    return best[1]


def _same_address(node: Node, url: str) -> bool:
    page = node.get("mainEntityOfPage")
    given = [node.get("url"), node.get("@id"), page.get("@id") if isinstance(page, dict) else page]
    path = url.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].rsplit("://", maxsplit=1)[-1].rstrip("/")
    return any(
        isinstance(item, str) and item.split("?")[0].split("#")[0].split("://")[-1].rstrip("/") == path
        for item in given
    )
