"""An article of the archive as rules see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.document import Document
    from analysis.reading import Reading
    from storage.model import Article


def document_of(article: Article, reading: Reading, country: str = "") -> Document:
    """Put together what a rule may ask of an article. `country` is its outlet's."""
    return reading.document(
        article.title,
        article.text,
        sources=frozenset(article.sources),
        outlet=article.outlet,
        country=country,
        authors=article.authors,
        url=article.url or article.canonical_url,
        published=article.published.at,
    )
