"""An article of the archive as rules see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.document import Document

if TYPE_CHECKING:
    from analysis.reading import Reading
    from storage.model import Article


def document_of(article: Article, reading: Reading, country: str = "") -> Document:
    """Put together what a rule may ask of an article. `country` is its outlet's."""
    return Document(
        title=article.title,
        text=article.text,
        sources=frozenset(article.sources),
        outlet=article.outlet,
        language=reading.language,
        country=country,
        authors=article.authors,
        url=article.url or article.canonical_url,
        published=article.published.at,
        title_mentions=reading.scan.title,
        text_mentions=reading.scan.text,
        lead_end=reading.lead_end,
        relevance=reading.relevance.score,
        band=reading.relevance.band,
    )
