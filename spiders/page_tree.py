"""A page of HTML as a tree, for readers of lists, and the words of its elements. Articles have the extraction instead."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HTMLParser, document_fromstring

from spiders.extract.decode import decode
from spiders.extract.model import ExtractFault
from spiders.found import ReadFaultError
from spiders.markup import plain_line, plain_text
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

MAX_WORDS = 200_000  # characters read of one element
MAX_LINE = 4000
MAX_MATCHES = 5000  # elements looked at of those that a selector matches
_SHOWN = 60  # characters of a selector or address in a message
_FEED = re.compile(
    rb"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*<(rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.DOTALL
)
_UNREAD = frozenset(
    ["script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "textarea"]
)
_BREAKS = frozenset([
    "br", "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "hr", "blockquote",
    "pre", "section", "article", "header", "footer", "aside", "figure", "figcaption", "main", "nav",
])  # fmt: skip
_BLANKS = re.compile(r"\s+")


class SelectorFaultError(ValueError):
    """This is no CSS selector; the message says why."""


def page_tree(body: bytes, content_type: str) -> tuple[_Element, tuple[str, ...]]:
    """The tree of a page, and what is wrong with it: where it is nested too deep, the parser gives up.

    Raises ReadFaultError for what is no page, and for one that is beyond reading.
    """
    feed = _FEED.match(body[:4000].lstrip(b"\xef\xbb\xbf"))
    if feed:
        raise ReadFaultError(Outcome.NOT_A_FEED, f"not an HTML page but XML (<{feed[1].decode()}>)")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        text = decode(body, content_type or None)
        root = document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=False)
    except ExtractFault as error:
        outcome = Outcome.TOO_LARGE if error.kind == "too-large" else Outcome.NOT_A_FEED
        raise ReadFaultError(outcome, str(error)) from error
    except (MemoryError, RecursionError) as error:
        raise ReadFaultError(Outcome.TOO_LARGE, "the page is beyond reading: it needs too much memory") from error
    except (etree.LxmlError, ValueError, AssertionError) as error:  # no element in it, or none that libxml2 accepts
        raise ReadFaultError(
            Outcome.NOT_A_FEED, f"not an HTML page ({plain_line(escaped(str(error)))[:100]})"
        ) from error
    if root is None:
        raise ReadFaultError(Outcome.NOT_A_FEED, "not an HTML page: there is no element in it")
    too_deep = any("depth" in fault.message for fault in parser.error_log)
    return root, ("nested too deep: what follows was not read",) if too_deep else ()


def classes(element: _Element) -> list[str]:
    """The classes of an element, the first hundred."""
    return (element.get("class") or "")[:4000].split()[:100]


def _no_skip(_: _Element) -> bool:
    return False


def words(element: _Element, skip: Callable[[_Element], bool] = _no_skip, *, most: int = MAX_WORDS) -> str:
    """What an element says: a line for each paragraph and line break, without what `skip` says is not to be read.

    Reading ends after `most` characters.
    """
    return plain_text(escaped(_raw_words(element, skip, most)))


def line(element: _Element, skip: Callable[[_Element], bool] = _no_skip, *, most: int = MAX_LINE) -> str:
    """The same on one line: a title, a name."""
    return words(element, skip, most=most).replace("\n", " ")


def escaped(text: str) -> str:
    """A text as markup that says just this."""
    return html.escape(text, quote=False)


def _raw_words(element: _Element, skip: Callable[[_Element], bool], most: int) -> str:
    parts: list[str] = []
    size = preformatted = 0
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        tag = node.tag
        preformatted += (tag == "pre") * (1 if event == "start" else -1)
        if tag in _BREAKS:
            parts.append("\n")
        if event == "start":
            said = node.text
            if tag in _UNREAD or (node is not element and skip(node)):
                walk.skip_subtree()
                said = None
        else:
            said = node.tail if node is not element else None
        if said:
            said = said[: most - size + 1]
            parts.append(said if preformatted else _BLANKS.sub(" ", said))
            size += len(said)
            if size > most:
                break
    return "".join(parts)[:most]


@lru_cache(maxsize=512)
def selector(css: str) -> CSSSelector:
    """A selector that can be applied to elements. Raises SelectorFaultError, which says what is wrong with it."""
    try:
        return CSSSelector(css, translator="html")
    except (ValueError, SyntaxError, RuntimeError, etree.XPathError) as error:  # cssselect's errors are of these kinds
        raise SelectorFaultError(
            f"{quoted(css)} is no CSS selector ({plain_line(escaped(str(error)))[:120]})"
        ) from error


def matching(css: str, within: _Element) -> list[_Element]:
    """The elements inside one that a selector matches, in the page's order. Raises SelectorFaultError."""
    found = selector(css)(within)
    return [one for one in found[:MAX_MATCHES] if etree.iselement(one)] if isinstance(found, list) else []


def quoted(text: str) -> str:
    """A selector or an address as messages show it: in quotes, and not too long."""
    short = plain_line(escaped(text[: 4 * _SHOWN]))
    return f'"{short if len(short) <= _SHOWN else f"{short[: _SHOWN - 1]}…"}"'
