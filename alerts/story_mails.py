"""The mails that decisions on a story's article ask for, as rows of the outbox. Pure.

All that a mail shows is kept with it as it is known now: so a mail that must be tried again is the same mail. One that has not
left yet may still take in what comes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from alerts import compose
from alerts.claims_view import NO_CLAIMS
from alerts.claims_view import from_plain as claims_from_plain
from alerts.claims_view import joined as joined_claims
from alerts.claims_view import to_plain as claims_to_plain
from alerts.coverage import NO_LINE
from alerts.story import to_plain
from alerts.story_view import recounted
from alerts.telling import LATE, MAIL, UPDATE, told_of
from storage.mail import MailKind, NewMail
from storage.story_model import Telling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.claims_view import ClaimTable
    from alerts.coverage import CoverageLine
    from alerts.decide import Reader
    from alerts.story import StoryCard
    from alerts.telling import Outcome
    from storage.model import Article, RuleHit
    from storage.story_model import StoryState, Told

THREAD = 12  # Message-IDs that a mail refers to


@dataclass(frozen=True, slots=True)
class Paper:
    """What the mails on an article have in common. `facts` are those of the story now, as text."""

    article: Article
    story: StoryState
    facts: str
    options: compose.MailOptions
    coverage: CoverageLine = NO_LINE
    claims: ClaimTable = NO_CLAIMS


def message_id(kind: str, key: str, domain: str) -> str:
    """A Message-ID that is the same whenever it is made for the same thing."""
    return f"<khasan.{kind}.{hashlib.sha256(key.encode()).hexdigest()[:24]}@{domain}>"


def domain_of(options: compose.MailOptions) -> str:
    """The domain that Message-IDs are of."""
    return options.sender.rpartition("@")[2].rstrip("> ") or "localhost"


def telling(  # noqa: PLR0917
    paper: Paper, reader: Reader, outcome: Outcome, hits: Sequence[RuleHit], card: StoryCard, now: datetime
) -> Telling:
    """Make the mail that a decision asks for, or make the one anew that it joins."""
    if outcome.joins is not None and outcome.joins.kind == "alert":
        return _joined(paper, reader, outcome, outcome.joins, card)
    update = outcome.word == UPDATE
    joins = outcome.joins
    before = [one for one in told_of(paper.story, reader) if joins is None or one.mail != joins.mail]
    kind = MailKind.UPDATE if update else MailKind.ALERT
    body = _body(paper, hits, card, late=outcome.word == LATE, before=before if update else [])
    if joins is not None:
        body["claims"] = claims_to_plain(joined_claims(_claims(joins), paper.claims))
    mail = NewMail(
        kind,
        reader.name,
        reader.address,
        joins.message_id if joins else _identity(paper, reader, update=update),
        compose.alert_subject(paper.article, paper.options, card, kind, body["first_subject"]),
        outcome.due_at or now,
        paper.article.id,
        json.dumps(body, ensure_ascii=False),
        paper.article.version,
        paper.story.number,
    )
    return Telling("update" if update else "alert", mail, paper.facts, joins.mail if joins else None)


def _body(
    paper: Paper, hits: Sequence[RuleHit], card: StoryCard, *, late: bool, before: Sequence[Told]
) -> dict[str, Any]:
    """What a mail is made of. `before` are the mails of its thread."""
    thread = list(dict.fromkeys(one.message_id for one in before))
    return {
        "late": late,
        "hits": [asdict(hit) for hit in hits],
        "coverage": asdict(paper.coverage),
        "claims": claims_to_plain(paper.claims),
        "card": to_plain(card),
        "thread": [*thread[:1], *thread[1:][-(THREAD - 1) :]],
        "first_subject": before[0].subject if before else "",
    }


def _joined(paper: Paper, reader: Reader, outcome: Outcome, alert: Told, card: StoryCard) -> Telling:
    """Take an article into an alert that has not left: it goes on to tell of its own article, and of one outlet more."""
    body = json.loads(alert.body)
    card = replace(card, gloss=tuple(body.get("card", {}).get("gloss", ())))  # of the article that is shown
    body |= {"card": to_plain(card), "claims": claims_to_plain(joined_claims(_claims(alert), paper.claims))}
    body["late"] = alert.late and outcome.word != MAIL
    mail = NewMail(
        MailKind.ALERT,
        reader.name,
        reader.address,
        alert.message_id,
        recounted(alert.subject, card.outlet_count),
        outcome.due_at or alert.due_at,
        alert.article,
        json.dumps(body, ensure_ascii=False),
        alert.version,
        paper.story.number,
    )
    return Telling("alert", mail, paper.facts, alert.mail)


def _claims(told: Told) -> ClaimTable:
    return claims_from_plain(json.loads(told.body).get("claims", {}))


def _identity(paper: Paper, reader: Reader, *, update: bool) -> str:
    """The Message-ID of a mail on a story: of the article by which it is told."""
    article = paper.article
    key = f"{article.canonical_url} {reader.name}"
    kind = "update" if update else "alert"
    return message_id(kind, f"{article.version} {key}" if update else key, domain_of(paper.options))
