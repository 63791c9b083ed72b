"""RSS, Atom, RDF and JSON feeds: `scrapy crawl feeds`, `scrapy crawl feeds -a source=ID[,ID]`."""

from __future__ import annotations

from typing import ClassVar

from spiders.base import SourceSpider


class FeedsSpider(SourceSpider):
    """Polls feeds now and fetches the pages they lead to."""

    name = "feeds"
    kind: ClassVar[str] = "feeds"
