"""Reviews: which texts wait to be read, and what reading them decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from storage.articles import articles_where
from storage.claim_model import ClaimChanges
from storage.claims import store_claims
from storage.crash import point
from storage.model import PageState
from storage.pages import PAGE_PATIENCE
from storage.stories import store_placing
from storage.tellings import store_telling
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from storage.model import Article, Decision, Review, RuleHit
    from storage.story_model import Telling


def due_reviews(connection: sqlite3.Connection, now: datetime, limit: int) -> list[Article]:
    """Articles whose current text waits to be read, longest waiting first."""
    return articles_where(
        connection, "a.review_due_at <= ? ORDER BY a.review_due_at, a.id LIMIT ?", (to_text(now), limit)
    )


# What has a new text is read anew anyway, and that settles both.
_AGAIN = "a.again_since IS NOT NULL AND a.merged_into IS NULL AND a.text_dropped = 0 AND a.review_due_at IS NULL"


def due_again(connection: sqlite3.Connection, limit: int) -> list[Article]:
    """Articles whose text is to be read once more, newest first."""
    return articles_where(connection, f"{_AGAIN} ORDER BY a.again_since, a.id DESC LIMIT ?", (limit,))


def wish_again(
    connection: sqlite3.Connection, versions: tuple[str, str], now: datetime, since: datetime | None = None
) -> int:
    """Have every text read once more that was last read with another analysis or topic than `versions`.

    With `since`, only what was published from then on. Returns how many wait now. Texts that were let go cannot be read.
    """
    connection.execute(
        """
        UPDATE article SET again_since = ?
        WHERE again_since IS NULL AND merged_into IS NULL AND text_dropped = 0 AND review_due_at IS NULL
          AND published_at >= ?
          AND NOT EXISTS (
            SELECT 1 FROM review r WHERE r.id = (SELECT max(id) FROM review WHERE article_id = article.id)
              AND r.text_version_id = article.version_id AND r.analysis_version = ? AND r.topic_version = ?
          )
        """,
        (to_text(now), to_text(since) if since else "", *versions),
    )
    return waiting_again(connection)


def waiting_again(connection: sqlite3.Connection) -> int:
    """How many texts wait to be read once more."""
    sql = f"SELECT count(*) FROM article a WHERE {_AGAIN}"  # noqa: S608 - ours
    return int(connection.execute(sql).fetchone()[0])


def store_review(connection: sqlite3.Connection, review: Review, mails: Iterable[Telling]) -> int:
    """Store a review and return how many mails were queued: `store_reviewed` for who does not ask about claims."""
    return store_reviewed(connection, review, mails)[0]


def store_reviewed(
    connection: sqlite3.Connection, review: Review, mails: Iterable[Telling]
) -> tuple[int, ClaimChanges]:
    """A review, its claims, its story, its decisions and the mails they ask for, in one transaction.

    Returns how many mails were queued, and what changed in the ledger of claims. Nothing is written if the article has a
    newer text by now: that one will be reviewed instead. Raises OvertakenError if its story or a mail that it changes is not
    any more what the decisions rest on: they are to be made again.
    """
    row = connection.execute(
        "SELECT version_id, page_state FROM article WHERE id = ? AND merged_into IS NULL", (review.article,)
    ).fetchone()
    if row is None or row["version_id"] != review.version:
        return 0, ClaimChanges()
    before = _concepts_before(connection, review.article)
    review_id = connection.execute(
        "INSERT INTO review (article_id, text_version_id, reviewed_at, analysis_version, topic_version, candidate, concepts, "
        "outcome, reason, relevance, band, relevance_reasons) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            review.article,
            review.version,
            to_text(review.at),
            review.analysis_version,
            review.topic_version,
            review.candidate,
            json.dumps(review.concepts),
            _outcome(review),
            review.reason,
            review.relevance,
            review.band,
            json.dumps(review.relevance_reasons, ensure_ascii=False),
        ),
    ).lastrowid
    assert review_id is not None  # noqa: S101 - an INSERT has a rowid
    _update_article(connection, review)
    if not (review.again and review.relevance is None):
        _note_concepts(connection, review, before)
    if review.want_page:
        _want_page(connection, review)
    for decision in review.decisions:
        for hit in decision.hits:
            _insert_decision(connection, review_id, review, decision, hit)
    changes = _store_claims(connection, review)
    if review.placing is not None:
        store_placing(connection, review.article, review.version, review.placing)
    queued = sum(store_telling(connection, mail, review.placing, review.article, review.at) for mail in mails)
    point("review.2")
    return queued, changes


def _store_claims(connection: sqlite3.Connection, review: Review) -> ClaimChanges:
    """Replace the article's claims, unless the review failed."""
    if review.claims is None:
        return ClaimChanges()
    version = review.claims_version or review.version
    return store_claims(connection, review.article, version, review.claims, review.at, again=review.again)


def _update_article(connection: sqlite3.Connection, review: Review) -> None:
    """Set what is known of the article now.

    A second reading leaves alone what still waits for the first, keeps what was once a candidate, because the texts of others
    are let go, and changes nothing where it failed.
    """
    if review.again and review.relevance is None:
        connection.execute("UPDATE article SET again_since = NULL WHERE id = ?", (review.article,))
        return
    connection.execute(
        "UPDATE article SET candidate = ? OR (? AND candidate IS 1), language = ?, wanted = wanted OR ?, relevance = ?, band = ?, again_since = NULL "
        "WHERE id = ?",
        (
            review.candidate,
            review.again,
            review.language,
            review.matched,
            review.relevance,
            review.band,
            review.article,
        ),
    )
    if not review.again:
        due = to_text(review.again_at) if review.again_at else None
        connection.execute("UPDATE article SET review_due_at = ? WHERE id = ?", (due, review.article))


def _concepts_before(connection: sqlite3.Connection, article: int) -> set[str]:
    """What the last review found the article to speak of."""
    row = connection.execute(
        "SELECT concepts FROM review WHERE article_id = ? ORDER BY id DESC LIMIT 1", (article,)
    ).fetchone()
    return set() if row is None else set(json.loads(row["concepts"]))


def _note_concepts(connection: sqlite3.Connection, review: Review, before: set[str]) -> None:
    """Keep the list that search looks concepts up in. Reviews from before there was one are listed nowhere."""
    for concept in before.difference(review.concepts):
        connection.execute(
            "DELETE FROM article_concept WHERE concept = ? AND article_id = ?", (concept, review.article)
        )
    connection.executemany(
        "INSERT OR IGNORE INTO article_concept VALUES (?,?)", [(concept, review.article) for concept in review.concepts]
    )


def _outcome(review: Review) -> str:
    if review.want_page:
        return "page"
    if review.again:
        return "again"
    outcomes = {decision.outcome for decision in review.decisions}
    return next((one for one in ("mail", "update", "late", "digest") if one in outcomes), "nothing")


def _want_page(connection: sqlite3.Connection, review: Review) -> None:
    connection.execute(
        "UPDATE article SET page_state = ?, page_due_at = ?, review_due_at = ? WHERE id = ?",
        (PageState.WANTED, to_text(review.at), to_text(review.at + PAGE_PATIENCE), review.article),
    )


def _insert_decision(
    connection: sqlite3.Connection, review_id: int, review: Review, decision: Decision, hit: RuleHit
) -> None:
    connection.execute(
        "INSERT INTO decision (review_id, article_id, reader, rule, rule_version, outcome, reason, title_marks, text_marks) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        (
            review_id,
            review.article,
            decision.reader,
            hit.rule,
            hit.version,
            decision.outcome,
            f"{decision.reason}: {hit.reason}",
            json.dumps(hit.title_marks),
            json.dumps(hit.text_marks),
        ),
    )


def alerted(connection: sqlite3.Connection, article: int) -> set[str]:
    """The readers who have been alerted of an article, or soon will be."""
    return {row[0] for row in connection.execute("SELECT reader FROM alert WHERE article_id = ?", (article,))}


def reviews_of(connection: sqlite3.Connection, article: int) -> list[dict[str, object]]:
    """Every review of an article with its decisions, newest first, for people to see why."""
    reviews = connection.execute("SELECT * FROM review WHERE article_id = ? ORDER BY id DESC", (article,)).fetchall()
    result = []
    for review in reviews:
        decisions = connection.execute("SELECT * FROM decision WHERE review_id = ? ORDER BY id", (review["id"],))
        result.append({**dict(review), "decisions": [dict(row) for row in decisions]})
    return result
