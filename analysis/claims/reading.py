"""Reads the claims of an article that has been read: with the topic's grammars, and only where it concerns the topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.attribution import Attributions, Grammar
from analysis.claims.extract import Named, read_claims
from analysis.claims.grammar import ClaimGrammar
from analysis.layout import layout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from analysis.claims.model import Claim
    from analysis.layout import Layout
    from analysis.lexicon import Lexicon, Mention, Scan
    from analysis.sentences import Part


@dataclass(frozen=True, slots=True)
class ClaimReader:
    """The grammars of claims and of attribution. Without them it reads none."""

    grammar: ClaimGrammar = field(default_factory=ClaimGrammar)
    attribution: Grammar = field(default_factory=Grammar)

    def read(
        self,
        title: str,
        text: str,
        scan: Scan,
        lexicon: Lexicon,
        language: str,
        *,
        publisher: str = "",
        published: datetime | None = None,
        about: bool = False,
        strict: bool = False,
        known: tuple[Part, ...] | None = None,
    ) -> tuple[Claim, ...]:
        """Read the claims of an article in a language. Places count title and text as one (`layout`).

        `about`: the article is known to be about the topic; `strict`: it seems not to be. `known` are the text's `parts`. `publisher` is the outlet that published it, which is never a relay; `published` tells which day "on Thursday" was.
        """
        if language not in self.grammar.tongues:
            return ()
        laid = layout(title, text, known)
        mentions = (*scan.title, *_moved(scan.text, laid.shift))
        sources = lexicon.categories.get("source", frozenset())
        anchors = [mention.start for mention in mentions if mention.concept in self.grammar.anchors]
        speakers = [(mention.start, mention.end) for mention in mentions if mention.concept in sources]

        def attributed() -> Attributions:
            return self.attributions(laid, scan, lexicon, language, publisher=publisher, published=published)

        named = Named(speakers, anchors)
        return read_claims(laid, self.grammar, language, named, attributed, about=about, strict=strict)

    def attributions(
        self,
        laid: Layout,
        scan: Scan,
        lexicon: Lexicon,
        language: str,
        *,
        publisher: str = "",
        published: datetime | None = None,
    ) -> Attributions:
        """Make ready what tells on whose word each place of an article stands."""
        mentions = (*scan.title, *_moved(scan.text, laid.shift))
        return Attributions(
            laid,
            mentions,
            self.attribution,
            lexicon=lexicon,
            language=language,
            publisher=publisher,
            published=published,
        )


def _moved(mentions: Iterable[Mention], shift: int) -> Iterable[Mention]:
    return (one._replace(start=one.start + shift, end=one.end + shift) for one in mentions)
