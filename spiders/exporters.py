"""`scrapy crawl … -o FILE`: an article a row, although the crawl's items are whole polls and pages.

A poll is stored in one transaction with all its entries, so it is one item; Scrapy's users expect articles. Each exporter
takes the articles out of an item. An entry whose page follows is written with its page, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exporters import CsvItemExporter, JsonItemExporter, JsonLinesItemExporter, XmlItemExporter

from storage.model import PageState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spiders.items import JobItem
    from storage.model import Stored


def article_rows(stored: Iterable[Stored]) -> list[dict[str, Any]]:
    """The rows of a file for what a result brought."""
    return [
        {
            "id": one.article,
            "url": one.url,
            "title": one.title,
            "text": one.text,
            "authors": list(one.authors),
            "published": one.published.isoformat() if one.published else None,
            "source": one.source,
            "outlet": one.outlet,
        }
        for one in stored
        if one.page_state != PageState.WANTED
    ]


class _Articles:
    """Exports the articles of an item one by one."""

    def export_item(self, item: JobItem) -> None:
        for row in article_rows(item.stored):
            super().export_item(row)  # type: ignore[misc]


class JsonArticles(_Articles, JsonItemExporter):
    """One JSON list."""


class JsonLinesArticles(_Articles, JsonLinesItemExporter):
    """A JSON object a line."""


class CsvArticles(_Articles, CsvItemExporter):
    """A table."""


class XmlArticles(_Articles, XmlItemExporter):
    """XML, an element an article."""
