"""One parsed page with everything that several readers of fields need."""

from dataclasses import dataclass

from lxml import html
from lxml.etree import _Element

from spiders.extract import head, ldjson, title
from spiders.extract.blocks import Block, Spans, read_blocks
from spiders.extract.model import ExtractFault
from spiders.extract.words import squash

_PARSER = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as read once: its tree, what its head and its data say, and its blocks of text."""

    root: _Element
    url: str
    meta: head.Meta
    node: ldjson.Node  # the JSON-LD object that describes the article
    titles: dict[str, str]
    outlets: list[str]  # names of the outlet itself
    blocks: list[Block]
    spans: Spans
    top: int  # the block that holds the headline, or the first

    @property
    def description(self) -> str:
        """Give the page's own summary."""
        return head.description(self.meta) or ldjson.string(self.node.get("description"))

    @property
    def said(self) -> set[str]:
        """Give the headlines in the form in which blocks are compared."""
        return {squash(text) for text in self.titles.values()} - {""}


def parse(text: str) -> _Element:
    """Parse a page; broken markup is mended as browsers do."""
    root = html.document_fromstring(text.encode("utf-8", "replace"), parser=_PARSER, ensure_head_body=False)
    if root is None:
        raise ExtractFault("empty", "there is no element in it")
    return root


def read_sheet(root: _Element, url: str) -> Sheet:
    """Read what several fields are made from."""
    meta = head.read_meta(root)
    data = list(ldjson.nodes(ldjson.load(root)))
    node = ldjson.article(data, [head.first(meta, "og:title"), *title.headings(root)], url)
    titles = title.candidates(root, meta, node)
    blocks, spans = read_blocks(root)
    return Sheet(root, url, meta, node, titles, head.publishers(meta, node, url), blocks, spans, _top(blocks, titles))


def _top(blocks: list[Block], titles: dict[str, str]) -> int:
    """Find the headline on the page: the heading that repeats another title, any heading, or a line that does so."""
    said = {squash(text) for key, text in titles.items() if key != "heading"} | {squash(titles["heading"])} - {""}
    headings = [block for block in blocks if block.tag == "h1"]
    lines = [block for block in blocks if block.squashed in said]
    best = next((block for block in headings if block.squashed in said), None) or next(iter(headings or lines), None)
    return best.index if best else 0
