"""Articles of the archive that a query is true of: SQL where it can tell, else a look at the texts that SQL leaves.

Which concepts an article speaks of is taken from its last review; where it names them is found again in the text, with
only the part of the lexicon that the query needs. What it claims is taken from the ledger, as analysts left it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from analysis.claim_fields import Claimed, known_claim
from analysis.document import Document
from analysis.lexicon import Lexicon
from analysis.nodes import Mentioned, Worded, leaves, worded_leaves
from analysis.search import left_open, to_filter
from analysis.sentences import lead_end
from storage.claim_reads import claims_of_articles
from storage.search import articles_of, place_of, rows_where, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from analysis.document import DocumentClaim
    from analysis.nodes import Node
    from analysis.query import Query
    from analysis.search import Wanted
    from storage.archive import Archive
    from storage.model import Article
    from storage.search import Row, Text

BATCH = 500  # texts read and looked at in one go
_BEYOND = 200  # characters after the lead that may belong to a name that begins in it
_HEAD = 3000  # characters in which the lead is looked for first


def silent(_done: int, _total: int) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query as the archive is asked it, and what of it is left open: in general, and in Korean."""

    wanted: Wanted
    opened: Node | None
    korean: Node | None

    @classmethod
    def of(cls, query: Query) -> _Asked:
        wanted = to_filter(query)
        return cls(wanted, left_open(query), left_open(query, korean=True))

    def open_korean(self, row: Row) -> bool:
        """Whether it is an article of which more is left open, since it is in Korean."""
        return self.wanted.korean and row.language == "ko"


@dataclass(frozen=True, slots=True)
class Finder:
    """Asks queries of an archive. `country` gives that of an outlet."""

    archive: Archive
    lexicon: Lexicon
    country: Callable[[str], str]

    def newest(self, query: Query, limit: int, since: datetime | None = None) -> list[Article]:
        """Give the newest articles that a query is true of."""
        rows = list(islice(self._newest(_Asked.of(query), limit, since), limit))
        return self.archive.read(articles_of, [row.id for row in rows])

    def _newest(self, asked: _Asked, limit: int, since: datetime | None) -> Iterator[Row]:
        before = None
        size = limit if asked.opened is None else BATCH  # where nothing is open, most are found at once
        while rows := self.archive.read(rows_where, asked.wanted.filter, limit=size, since=since, before=before):
            yield from self._true(asked, rows)
            if len(rows) < size:
                return
            before, size = place_of(rows[-1]), BATCH

    def all(
        self, query: Query, since: datetime | None = None, progress: Callable[[int, int], None] = silent
    ) -> list[Row]:
        """Give every article that a query is true of, newest first. `progress` is told how many of how many were looked at."""
        asked = _Asked.of(query)
        rows = self.archive.read(rows_where, asked.wanted.filter, since=since)
        if asked.opened is None and not any(map(asked.open_korean, rows)):
            return rows
        found = []
        for at in range(0, len(rows), BATCH):
            progress(at, len(rows))
            found += self._true(asked, rows[at : at + BATCH])
        return found

    def _true(self, asked: _Asked, rows: Sequence[Row]) -> list[Row]:
        """Those of which the query is true: texts are looked at only for what is open, which is more in Korean ones."""
        korean = {row.id for row in rows if asked.open_korean(row)}
        true: set[int] = set()
        for node, some in (
            (asked.korean, [row for row in rows if row.id in korean]),
            (asked.opened, [row for row in rows if row.id not in korean]),
        ):
            if node is None:
                true.update(row.id for row in some)
            elif some:
                looked = self.documents(node, some, only_where=True)
                true.update(row.id for row, document in looked if node.holds(document))
        return [row for row in rows if row.id in true]

    def documents(self, node: Node, rows: Sequence[Row], *, only_where: bool = False) -> Iterator[tuple[Row, Document]]:
        """Yield articles as a part of a query needs to see them; with `only_where`, no more of the text than it is about."""
        mentioned = (leaf for leaf in worded_leaves(node) if isinstance(leaf, Mentioned))
        lexicon = narrowed(self.lexicon, {one for leaf in mentioned for one in leaf.ids})
        asked = list(leaves(node))
        about_claims = any(isinstance(leaf, Claimed) for leaf in asked)
        claims = ledger_claims(self.archive, {row.id: row.version for row in rows}) if about_claims else {}
        if only_where and all(isinstance(leaf, Claimed) for leaf in asked):
            yield from ((row, Document("", "", claims=claims.get(row.id, ()))) for row in rows)
            return
        zones = {leaf.zone for leaf in asked if isinstance(leaf, Worded)}
        clear = not any(one.ambiguous for one in lexicon.concepts_by_id.values())
        short = only_where and clear and zones <= {"title", "lead"}
        texts = self.archive.read(texts_of, rows)
        for row in rows:
            if (kept := texts.get(row.id)) is not None:
                end = _lead_end(kept.text, kept.title) if zones & {"lead", "body"} else 0
                read = kept.text[: end + _BEYOND] if short else kept.text
                yield row, replace(self._document(row, kept, read, end, lexicon), claims=claims.get(row.id, ()))

    def _document(self, row: Row, kept: Text, text: str, end: int, lexicon: Lexicon) -> Document:
        scan = lexicon.scan(kept.title, text)
        return Document(
            title=kept.title,
            text=text,
            sources=frozenset(kept.sources),
            outlet=row.outlet,
            language=row.language,
            country=self.country(row.outlet),
            authors=kept.authors,
            url=kept.url,
            published=row.published,
            title_mentions=scan.title,
            text_mentions=scan.text,
            lead_end=end,
            relevance=row.relevance,
            band=row.band,
        )


def _lead_end(text: str, title: str) -> int:
    """The end of the lead, which seldom takes more than a look at the head of a text."""
    end = lead_end(text[:_HEAD], title)
    return end if end < _HEAD // 2 else lead_end(text, title)


def ledger_claims(archive: Archive, versions: Mapping[int, int]) -> dict[int, tuple[DocumentClaim, ...]]:
    """Give what the ledger has of articles, as rules see it. `versions` are those of their texts, by article.

    Where a claim stood in another text is no place in this one.
    """
    return {
        article: tuple(
            known_claim(one.figure, one.place if one.version == versions[article] else None, new=one.new)
            for one in sightings
        )
        for article, sightings in archive.read(claims_of_articles, versions.keys()).items()
    }


def narrowed(lexicon: Lexicon, wanted: set[str]) -> Lexicon:
    """Make of a lexicon what finds the wanted concepts just as the whole does: with the context of ambiguous ones."""
    known = lexicon.concepts_by_id
    wanted = wanted & known.keys()
    if any(known[one].ambiguous for one in wanted):
        wanted |= lexicon.gate.context & known.keys()
    return Lexicon({one: known[one] for one in wanted}, lexicon.gate)
