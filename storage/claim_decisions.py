"""What analysts decided on figures. A decision is known by the words of its sentence, and so holds wherever they stand.

It is written once and never changed; a later one wins. What the machine reads is kept beside, so that a decision can be
applied anew to whatever it reads.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from storage.claim_content import Content, content_of
from storage.claim_groups import exchange
from storage.claim_model import CORRECTABLE, STATUS_OF, ClaimKey, Figure, Status, Verdict, figure_from
from storage.claim_rows import sightings_where
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from storage.claim_model import ClaimReading
    from storage.claim_rows import SightingRow


class NoClaimError(LookupError):
    """There is no claim of that number."""


class ClaimValueError(ValueError):
    """What a claim is to be corrected to makes no sense. The message says why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading with what was decided on it: `figure` is what counts. `number` is its place among the readings."""

    number: int
    reading: ClaimReading
    content: Content
    figure: Figure
    status: Status = Status.READ
    decision: int | None = None
    by: str = ""

    def row_of(self, row: SightingRow) -> SightingRow:
        """Tell what a sighting of this reading is like now."""
        return replace(row, figure=self.figure, status=self.status, decision=self.decision, by=self.by)


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision, to be applied. `covers` are the readings that it was made on, `articles` those she had before her."""

    id: int
    verdict: Verdict
    who: str
    content: Content
    figure: Figure
    changed: frozenset[str]
    covers: frozenset[ClaimKey]
    articles: frozenset[int]

    def takes_up(self, other: _Decision) -> bool:
        """Whether it says something of everything that another one does."""
        return self.covers >= other.covers and self.content.holds(other.content)

    def applied(self, reading: ClaimReading, articles: Collection[int]) -> Figure:
        """Tell what counts where this decision does.

        Through whom and when it was said belongs to an article, and who said it may stand in another sentence: elsewhere
        these are hers only if she changed them.
        """
        read = reading.figure
        if self.verdict == Verdict.REJECT:
            return read
        kept = {"relays", "said_on"} if self.articles.intersection(articles) else {"relays", "said_on", "origin"}
        return replace(self.figure, **{name: getattr(read, name) for name in kept - self.changed})


def judge(connection: sqlite3.Connection, article: int, readings: Sequence[ClaimReading]) -> list[Judged]:
    """Apply what was decided on the sentences of an article's readings. Rejected ones stay in, as such.

    A reading is left out if a figure that was confirmed or corrected has taken its place.
    """
    judged = [
        Judged(number, reading, content_of(reading.place), reading.figure) for number, reading in enumerate(readings)
    ]
    decisions = _decisions_on(connection, {one.content.key for one in judged})
    return _judged(judged, decisions, _with_merged(connection, [article])[article]) if decisions else judged


def _with_merged(connection: sqlite3.Connection, articles: Collection[int]) -> dict[int, set[int]]:
    """Give each article with those that were merged into it."""
    found = {article: {article} for article in articles}
    for row in connection.execute(
        "SELECT id, merged_into FROM article WHERE merged_into IN (SELECT value FROM json_each(?))",
        (json.dumps(list(found)),),
    ):
        found[row["merged_into"]].add(row["id"])
    return found


def _judged(
    judged: Sequence[Judged], decisions: Mapping[str, Sequence[_Decision]], articles: Collection[int]
) -> list[Judged]:
    """Apply decisions, by sentence, to the readings of an article, which is known by any of these numbers."""
    sentences = defaultdict(list)
    for one in judged:
        sentences[one.content.key, one.reading.place.field, one.reading.place.sentence_start].append(one)
    return [
        decided
        for (key, *_), group in sentences.items()
        for decided in _judge_sentence(group, decisions.get(key, ()), articles)
    ]


def _judge_sentence(
    group: Sequence[Judged], decisions: Sequence[_Decision], articles: Collection[int]
) -> Iterator[Judged]:
    """Apply the decisions on one sentence, later ones first, to its readings.

    A decision is for the readings that it was made on. Only where none of them is there, because the figure is read otherwise
    by now, it is for what is read in its place.
    """
    taken = set()
    for one in group:
        decision, exact = _decision_on(one, group, decisions)
        if decision is None:
            yield one
        elif exact or decision.verdict == Verdict.REJECT or decision.id not in taken:
            taken.add(decision.id)
            figure = decision.applied(one.reading, articles)
            yield replace(one, figure=figure, status=STATUS_OF[decision.verdict], decision=decision.id, by=decision.who)


def _decision_on(one: Judged, group: Sequence[Judged], decisions: Sequence[_Decision]) -> tuple[_Decision | None, bool]:
    """Find the decision that counts for a reading, and whether it was made on just this reading."""
    meeting = [decision for decision in decisions if decision.content.meets(one.content)]
    exact = next((decision for decision in meeting if one.reading.figure.key in decision.covers), None)
    if exact is not None:
        return exact, True
    for decision in meeting:
        others = (other for other in group if decision.content.meets(other.content))
        if not any(other.reading.figure.key in decision.covers for other in others):
            return decision, False
    return None, False


def _decisions_on(connection: sqlite3.Connection, keys: Collection[str]) -> dict[str, list[_Decision]]:
    """Find the decisions on some sentences, later ones first, without those that a later one has taken up."""
    rows = connection.execute(
        "SELECT * FROM claim_decision WHERE sentence_key IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (json.dumps(sorted(keys)),),
    )
    found: dict[str, list[_Decision]] = defaultdict(list)
    for row in rows:
        decision, later = _decision_of(row), found[row["sentence_key"]]
        if not any(one.takes_up(decision) for one in later):
            later.append(decision)
    return found


def _decision_of(row: sqlite3.Row) -> _Decision:
    return _Decision(
        row["id"],
        Verdict(row["verdict"]),
        row["who"],
        Content(row["sentence_key"], row["folded_start"], row["folded_end"]),
        figure_from(json.loads(row["figure"])),
        frozenset(json.loads(row["changed"])),
        frozenset(ClaimKey(*key) for key in json.loads(row["covers"])),
        frozenset(json.loads(row["article_ids"])),
    )


def decide_claim(
    connection: sqlite3.Connection,
    claim: int,
    verdict: Verdict,
    *,
    who: str,
    why: str,
    at: datetime,
    changes: Mapping[str, object] | None = None,
) -> tuple[int, ...]:
    """Write down what an analyst decides on a claim, once for each sentence it was read in, and apply it.

    Gives the numbers of the claims that its sightings belong to from now on. Raises NoClaimError and ClaimValueError.
    """
    rows = sightings_where(connection, "s.claim_id = ? ORDER BY s.at, s.first_seen_at, s.id", (claim,))
    if not rows:
        raise NoClaimError(claim)
    changes = changes or {}
    _check(verdict, changes)
    keys = {row.content.key for row in rows}
    known = _decisions_on(connection, keys)
    for same in _by_content(rows):
        former = known.get(same[0].content.key, ())
        _write(connection, claim, verdict, (who, why, to_text(at)), same, changes, former)
    _apply(connection, keys)
    numbers = json.dumps([row.id for row in rows])
    left = connection.execute(
        "SELECT DISTINCT claim_id FROM claim_sighting WHERE id IN (SELECT value FROM json_each(?)) ORDER BY 1",
        (numbers,),
    )
    return tuple(row[0] for row in left)


def _check(verdict: Verdict, changes: Mapping[str, object]) -> None:
    """Refuse what cannot be meant."""
    if bool(changes) != (verdict == Verdict.CORRECT):
        raise ClaimValueError("a correction says what is right, and nothing else does")
    unknown = sorted(set(changes).difference(CORRECTABLE))
    if unknown:
        raise ClaimValueError(f"{', '.join(unknown)}: a claim has no such field")


def _by_content(rows: Iterable[SightingRow]) -> list[list[SightingRow]]:
    """Put together the sightings of one figure of one sentence."""
    groups: dict[str, list[list[SightingRow]]] = defaultdict(list)
    for row in rows:
        known = groups[row.content.key]
        group = next((group for group in known if group[0].content.meets(row.content)), None)
        if group is None:
            known.append([row])
        else:
            group.append(row)
    return [group for known in groups.values() for group in known]


def _write(  # noqa: PLR0917
    connection: sqlite3.Connection,
    claim: int,
    verdict: Verdict,
    said: tuple[str, str, str],
    rows: Sequence[SightingRow],
    changes: Mapping[str, object],
    known: Iterable[_Decision],
) -> None:
    """Write one decision, on sightings of one figure in one sentence. It takes up what those `known` before it changed."""
    first = rows[0]
    figure = replace(first.figure, **changes)  # type: ignore[arg-type] # the command line knows the types
    if figure.low > figure.high:
        raise ClaimValueError(f"from {figure.low} to {figure.high}: the first must be the smaller")
    before = {row.decision for row in rows} - {None}
    former = [one for one in known if one.id in before]
    changed = {*changes, *(name for one in former if one.verdict != Verdict.REJECT for name in one.changed)}
    # A reading that has the decision of another one in its place is that one's still.
    covers = {figure.key, *(row.read.key for row in rows if row.decision is None)}
    content = first.content.with_all([row.content for row in rows] + [one.content for one in former])
    who, why, at = said
    connection.execute(
        "INSERT INTO claim_decision (decided_at, who, why, verdict, claim_id, article_ids, sentence_key, folded_start, "
        "folded_end, sentence, evidence, read, figure, changed, covers) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(at, who, why, verdict, claim),
            json.dumps(sorted({row.article for row in rows})),
            *content,
            *(first.place.sentence, first.place.evidence),
            json.dumps(first.read.plain(), ensure_ascii=False),
            json.dumps(figure.plain(), ensure_ascii=False),
            json.dumps(sorted(changed)),
            json.dumps(sorted(covers.union(*(one.covers for one in former)))),
        ),
    )


def _apply(connection: sqlite3.Connection, keys: Collection[str]) -> None:
    """Bring every sighting of some sentences in line with what is decided now."""
    rows = sightings_where(
        connection, "s.sentence_key IN (SELECT value FROM json_each(?))", (json.dumps(sorted(keys)),)
    )
    by_article = defaultdict(list)
    for row in rows:
        by_article[row.article].append(row)
    decisions, numbers = _decisions_on(connection, keys), _with_merged(connection, by_article)
    pairs: list[tuple[SightingRow | None, SightingRow | None]] = []
    for article, mine in by_article.items():
        read = [Judged(number, row.reading, row.content, row.read) for number, row in enumerate(mine)]
        found = {one.number: one for one in _judged(read, decisions, numbers[article])}
        for number, row in enumerate(mine):
            one = found.get(number)
            pairs.append((row, None if one is None else one.row_of(row)))
    exchange(connection, pairs)
