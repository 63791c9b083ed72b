"""The spiders that `scrapy crawl NAME` knows, one a kind of source: `scrapy crawl feeds`, `scrapy crawl feeds -a source=ID[,ID]`.

Each polls its sources once, now, and fetches the pages they lead to.
"""

from __future__ import annotations

from typing import ClassVar

from spiders.base import SourceSpider


class FeedsSpider(SourceSpider):
    """RSS, Atom, RDF and JSON feeds."""

    name = "feeds"
    kind: ClassVar[str] = "feeds"


class SitemapsSpider(SourceSpider):
    """News sitemaps, plain ones, and indexes of them."""

    name = "sitemaps"
    kind: ClassVar[str] = "sitemaps"


class ListingsSpider(SourceSpider):
    """Pages of links."""

    name = "listings"
    kind: ClassVar[str] = "listings"


class TelegramSpider(SourceSpider):
    """Public previews of Telegram's channels."""

    name = "telegram"
    kind: ClassVar[str] = "telegram"


class SearchSpider(SourceSpider):
    """GDELT and the feeds of news searches."""

    name = "search"
    kind: ClassVar[str] = "search"
