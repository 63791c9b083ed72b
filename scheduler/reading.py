"""An article of the archive as rules see it, and being ready to read one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.compose import compile_templates

if TYPE_CHECKING:
    from analysis.document import Document
    from analysis.reading import Reading
    from scheduler.setup import Setup
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


def warm(setup: Setup) -> None:
    """Make ready what searches for words and what makes mails: together a second, else left to the first text and mail."""
    for lexicon in (setup.analyser.lexicon, setup.analyser.stories.bridge):
        lexicon.mentions("ready")
    compile_templates()
