"""Second opinions on a text: the JSON-LD article body, trafilatura, and last the page's own description."""

import logging
from copy import deepcopy
from itertools import islice

from lxml.etree import _Element

from spiders.extract.blocks import DENSE, Block
from spiders.extract.ldjson import Node, as_list
from spiders.extract.words import fold, plain_lines, squash

_SOME = 120  # characters, twice as much said by each in Chinese, Japanese and Korean
_CHUNK = 40
_MOST_ELEMENTS = 20_000  # a page of more is not worth its time


def article_body(node: Node) -> list[str]:
    """Give the paragraphs of the text that the page's data carry."""
    return [
        line for item in as_list(node.get("articleBody"))[:50] if isinstance(item, str) for line in plain_lines(item)
    ]


def hidden_body(node: Node, blocks: list[Block], text: str) -> list[str]:
    """Give the article body of the data where it is much longer than the text and stands nowhere on the page."""
    lines = article_body(node)
    if sum(map(len, lines)) < max(400, 2 * len(text)):
        return []
    whole = squash(" ".join(lines))
    page = "".join(block.squashed for block in blocks)
    chunks = [whole[start : start + _CHUNK] for start in range(0, len(whole) - _CHUNK, max(_CHUNK, len(whole) // 12))]
    shown = sum(chunk in page for chunk in chunks)
    return lines if shown < 0.3 * len(chunks) else []


def rescue(root: _Element, node: Node, description: str, headline: str, text: str) -> str:
    """Give a better text than a very short one, or the same if none is better."""
    if size(text) >= _SOME:
        return text
    for lines in (article_body(node), _trafilatura(root)):
        other = "\n".join(line for line in lines if fold(line) != fold(headline))
        if size(other) > 1.5 * size(text) and size(other) >= _SOME and _about(other, headline):
            return other
    return text or (description if fold(description) != fold(headline) else "")


def size(text: str) -> int:
    """Count characters, those of dense scripts twice."""
    return len(text) + sum(char > DENSE for char in text[:1000])


def _about(text: str, headline: str) -> bool:
    """Say whether a text has at least a few words of its headline."""
    words = {word for word in fold(headline).split() if len(word) > 3}  # noqa: PLR2004
    if size(text) >= 1000 or not words:  # noqa: PLR2004
        return True
    return any(word in fold(text) for word in words)


def _trafilatura(root: _Element) -> list[str]:
    """Ask trafilatura, which is slow to import and therefore asked seldom."""
    if next(islice(root.iter(), _MOST_ELEMENTS, None), None) is not None:
        return []
    from trafilatura import bare_extraction  # noqa: PLC0415

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = bare_extraction(deepcopy(root), fast=True, include_comments=False, with_metadata=False)
    text = getattr(found, "text", None) or ""
    return [line.lstrip("- ").strip() for line in str(text).splitlines() if line.strip()]
