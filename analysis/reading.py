"""One reading of an article: its language, what it speaks of, whether that is the topic.

Two passes: the lexicon's automaton over title and text and a glance at its head open the gate or not, in less than a
millisecond; only what passes is cut into sentences and judged.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from analysis.claim_fields import read_claims
from analysis.claims.reading import ClaimReader
from analysis.document import Document
from analysis.language import language_of
from analysis.lexicon import Candidate
from analysis.relevance import NOT_READ, Model, Relevance
from analysis.sentences import lead_end as find_lead_end
from analysis.sentences import parts
from analysis.stories.reading import StoryReader

if TYPE_CHECKING:
    from datetime import datetime

    from analysis.claims.model import Claim
    from analysis.lexicon import Lexicon, Mention, Scan
    from analysis.sentences import Part


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading an article came to. `scan` holds the mentions, with offsets into title and text.

    The first `lead_end` characters of the text are its lead.
    """

    language: str
    lead_end: int
    scan: Scan
    gate: Candidate
    relevance: Relevance
    claims: tuple[Claim, ...] = ()

    def document(
        self,
        title: str,
        text: str,
        *,
        sources: frozenset[str] = frozenset(),
        outlet: str = "",
        country: str = "",
        authors: tuple[str, ...] = (),
        url: str = "",
        published: datetime | None = None,
    ) -> Document:
        """Put together what a rule may ask of the article that was read, with what else is known of it.

        Its claims are as they were read, and new if they can be: whoever has a ledger puts in what that knows.
        """
        return Document(
            title=title,
            text=text,
            sources=sources,
            outlet=outlet,
            language=self.language,
            country=country,
            authors=authors,
            url=url,
            published=published,
            title_mentions=self.scan.title,
            text_mentions=self.scan.text,
            lead_end=self.lead_end,
            relevance=self.relevance.score,
            band=self.relevance.band,
            claims=read_claims(self.claims, title),
        )


@dataclass(frozen=True, slots=True)
class Analyser:
    """Reads articles with a topic's lexicon and its idea of what is relevant. Pure: the same text is read the same way."""

    lexicon: Lexicon
    model: Model
    claims: ClaimReader = field(default_factory=ClaimReader)
    stories: StoryReader = field(default_factory=StoryReader)

    def read(
        self,
        title: str,
        text: str,
        hint: str = "",
        lead_end: int | None = None,
        *,
        publisher: str = "",
        published: datetime | None = None,
    ) -> Reading:
        """Read an article. `hint` is the language it is said to be in, `lead_end` where its lead ends if that is known.

        `publisher` is its outlet, `published` when that published it: whose words a figure is depends on the one, the
        day on which they were said on the other.
        """
        scan = self.lexicon.scan(title, text)
        gate = self.gate(title, text, scan)
        known = parts(text, title)
        end = find_lead_end(text, title, known) if lead_end is None else lead_end
        relevance = NOT_READ
        if gate:
            about = _without_links(scan, known)
            relevance = self.model.judge(title, text, about, self.lexicon, end, vouched=not gate.glanced)
        language = language_of(f"{title}\n{text}", hint)
        claims: tuple[Claim, ...] = ()
        if gate:
            claims = self.claims.read(
                title,
                text,
                scan,
                self.lexicon,
                language,
                publisher=publisher,
                published=published,
                about=relevance.relevant,
                strict=relevance.band == "no",
                known=known,
            )
        return Reading(language, end, scan, gate, relevance, claims)

    def gate(self, title: str, text: str, scan: Scan) -> Candidate:
        """Decide whether an article, headline and summary or whole, gives a reason to be read."""
        named = self.lexicon.judge(scan.concepts)
        if named:
            return named
        score = self.model.glance(title, text, scan)
        if score < self.model.gate:
            return named
        return Candidate(passed=True, reason=f"reads like the topic ({score:.2f})", glanced=True)


def _without_links(scan: Scan, known: tuple[Part, ...]) -> Scan:
    """Leave out what stands in links to other stories and in notices: it is not what the article is about."""
    aside = [(part.start, part.end) for part in known if part.kind in {"link", "notice"}]
    if not aside:
        return scan
    starts = [start for start, _ in aside]

    def within(mention: Mention) -> bool:
        at = bisect_right(starts, mention.start) - 1
        return at >= 0 and mention.start < aside[at][1]

    return replace(scan, all_text=tuple(mention for mention in scan.all_text if not within(mention)))
