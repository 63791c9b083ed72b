"""The deliver stage: what is due leaves, and is marked only when the server has taken it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import structlog

from alerts import compose
from alerts.channels import Channel, NoSession, Refused, TryLater
from alerts.claims_view import NO_CLAIMS
from alerts.claims_view import from_plain as claims_from_plain
from alerts.claims_view import to_plain as claims_to_plain
from alerts.coverage import NO_LINE, CoverageLine
from alerts.decide import HOUR, Reader, late_time, mail_retry, pace
from alerts.notices import Section, from_plain, to_plain
from storage.articles import article_version
from storage.crash import point
from storage.mail import Mail, MailKind, NewMail
from storage.model import RuleHit
from storage.outbox import (
    due_mails,
    mark_failed,
    mark_sending,
    mark_sent,
    merge_mails,
    merged_parts,
    postpone,
    sent_since,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from alerts.claims_view import ClaimTable
    from storage.archive import Archive
    from storage.model import Article, Decision

log = structlog.get_logger()


class CannotComposeError(Exception):
    """A mail's parts are not what it needs: it becomes a dead letter."""


def message_id(kind: str, key: str, domain: str) -> str:
    """A Message-ID that is the same whenever it is made for the same thing."""
    return f"<khasan.{kind}.{hashlib.sha256(key.encode()).hexdigest()[:24]}@{domain}>"


def alert_mails(
    article: Article,
    decisions: Iterable[Decision],
    readers: Sequence[Reader],
    now: datetime,
    options: compose.MailOptions,
    *,
    coverage: CoverageLine = NO_LINE,
    claims: ClaimTable = NO_CLAIMS,
) -> list[NewMail]:
    """The mails that decisions about an article ask for. The figures it gives are kept as they stand now.

    So a mail that must be tried again is the same mail, and shows what was known before the article, not after it.
    """
    addresses = {reader.name: reader for reader in readers}
    mails = []
    for decision in decisions:
        if decision.outcome in {"mail", "late"}:
            reader = addresses[decision.reader]
            late = decision.outcome == "late"
            body: dict[str, Any] = {"late": late, "hits": [asdict(hit) for hit in decision.hits]}
            body |= {"coverage": asdict(coverage), "claims": claims_to_plain(claims)}
            mails.append(
                NewMail(
                    MailKind.ALERT,
                    reader.name,
                    reader.address,
                    message_id("alert", f"{article.canonical_url} {reader.name}", _domain(options)),
                    compose.alert_subject(article, options),
                    late_time(now, reader.zone) if late else now,
                    article.id,
                    json.dumps(body, ensure_ascii=False),
                    article.version,
                )
            )
    return mails


def notice_mail(
    key: str,
    subject: str,
    paragraphs: Sequence[str],
    *,
    address: str,
    now: datetime,
    options: compose.MailOptions,
    coverage: CoverageLine = NO_LINE,
    sections: Sequence[Section] = (),
    zone: str = "UTC",
) -> NewMail:
    """A mail to the operator. The same `key` is told once."""
    body: dict[str, Any] = {"subject": subject, "paragraphs": list(paragraphs), "sections": to_plain(sections)}
    body |= {"coverage": asdict(coverage), "zone": zone}
    text = json.dumps(body, ensure_ascii=False)
    identity = message_id("operator", key, _domain(options))
    return NewMail(MailKind.OPERATOR, "operator", address, identity, compose.operator_subject(subject), now, body=text)


def _domain(options: compose.MailOptions) -> str:
    return options.sender.rpartition("@")[2].rstrip("> ") or "localhost"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a pass of the outbox did, in numbers of mails."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    held: int = 0


class Outbox:
    """Sends what is due. One at a time belongs to an archive: that of the holder of the data lock."""

    def __init__(  # noqa: PLR0917
        self,
        archive: Archive,
        channel: Channel,
        readers: Sequence[Reader],
        options: compose.MailOptions,
        clock: Callable[[], datetime],
        taken: dict[int, datetime] | None = None,
        *,
        coverage: Callable[[], CoverageLine] = lambda: NO_LINE,
    ) -> None:
        """`taken`: mails that the server has but that could not be marked yet, kept by whoever makes outboxes in turn.

        `coverage` says how the sources stand now, for summaries, which are made here.
        """
        self._archive = archive
        self._channel = channel
        self._options = options
        self._clock = clock
        self._coverage = coverage
        self._taken = taken if taken is not None else {}
        self.readers = readers

    async def deliver(self, stopping: Callable[[], bool] = lambda: False) -> Delivered:
        """One pass over what is due. Between two mails `stopping` is asked whether to leave the rest.

        A server that cannot be reached ends the pass: what is left waits for the next one, untried.
        """
        by_reader: dict[str, list[Mail]] = defaultdict(list)
        for mail in self._archive.read(due_mails, self._clock()):
            by_reader[mail.reader].append(mail)
        counts: dict[str, int] = defaultdict(int)
        with suppress(NoSession):
            for name, due in by_reader.items():
                await self._deliver_to(name, due, counts, stopping)
        return Delivered(**counts)

    async def _deliver_to(
        self, name: str, due: list[Mail], counts: dict[str, int], stopping: Callable[[], bool]
    ) -> None:
        """What is due for one reader; what goes wrong with him keeps no other one waiting."""
        try:
            planned = await self._planned(name, due, counts)
        except Exception:
            log.exception("mails cannot be planned", reader=name)
            return
        for mail in planned:
            if stopping():
                return
            outcome = await self._send(mail)
            if outcome:
                counts[outcome] += 1

    async def _planned(self, name: str, due: list[Mail], counts: dict[str, int]) -> Sequence[Mail]:
        """What of a reader's due mails is to be sent now; the rest is summed up or held."""
        reader = next((one for one in self.readers if one.name == name), None)
        if reader is None:
            return due  # the operator, or a reader who has left the configuration: nothing is dropped in silence
        now = self._clock()
        late = {mail.id for mail in due if mail.kind == MailKind.ALERT and json.loads(mail.body)["late"]}
        sent = self._archive.read(sent_since, name, now - HOUR)
        plan = pace(due, late, sent, reader.max_per_hour, now)
        if plan.hold and plan.until:
            await self._archive.awrite(postpone, [mail.id for mail in plan.hold], plan.until)
            counts["held"] += len(plan.hold)
        if not plan.merge:
            return plan.send
        summary = self._summary(plan.merge, late, now)
        number = await self._archive.awrite(merge_mails, summary, [mail.id for mail in plan.merge], now)
        queued = [mail for mail in self._archive.read(due_mails, now) if mail.id == number]
        return [*plan.send, *queued]

    def _summary(self, parts: Sequence[Mail], late: Iterable[int], now: datetime) -> NewMail:
        reason = (
            "older articles that surfaced only now"
            if {mail.id for mail in parts} <= set(late)
            else "more alerts at once than one mail each is worth"
        )
        first = parts[0]
        return NewMail(
            MailKind.SUMMARY,
            first.reader,
            first.address,
            message_id("summary", " ".join(mail.message_id for mail in parts), _domain(self._options)),
            compose.summary_subject([self._item(mail) for mail in parts], self._options),
            now,
            body=json.dumps({"reason": reason, "coverage": asdict(self._coverage())}, ensure_ascii=False),
        )

    async def _send(self, mail: Mail) -> str:
        """Send one mail and mark what came of it: sent, failed, dead; "" if it was withdrawn meanwhile.

        Raises NoSession, after marking, where no further mail can leave now.
        """
        if mail.id not in self._taken:
            if not await self._archive.awrite(mark_sending, mail.id):
                return ""
            point("deliver.1")
            try:
                await self._channel.send(self._compose(mail), self._address(mail))
            except Refused as error:
                return await self._failed(mail, str(error), None)
            except CannotComposeError as error:
                return await self._failed(mail, f"cannot be composed: {error}", None)
            except TryLater as error:
                outcome = await self._failed(mail, str(error), self._again(mail))
                if isinstance(error, NoSession):
                    raise
                return outcome
            except Exception as error:  # a bug of ours in one mail must not keep those behind it
                log.exception("mail failed", mail=mail.id)
                return await self._failed(mail, f"{type(error).__name__}: {error}", self._again(mail))
            point("deliver.2")
            self._taken[mail.id] = self._clock()
        await self._archive.awrite(mark_sent, mail.id, self._taken[mail.id])
        del self._taken[mail.id]
        point("deliver.4")
        log.info("mail sent", mail=mail.id, kind=mail.kind, reader=mail.reader, subject=mail.subject)
        return "sent"

    def _again(self, mail: Mail) -> datetime | None:
        return mail_retry(mail.created_at, mail.attempts + 1, self._clock())

    async def _failed(self, mail: Mail, error: str, again: datetime | None) -> str:
        await self._archive.awrite(mark_failed, mail.id, error, again)
        log.warning("mail not sent", mail=mail.id, reader=mail.reader, error=error, again=again and again.isoformat())
        return "failed" if again else "dead"

    def _address(self, mail: Mail) -> str:
        """Where the reader is to be reached now, which may have been mended since the mail was queued."""
        return next((one.address for one in self.readers if one.name == mail.reader), mail.address)

    def _compose(self, mail: Mail) -> EmailMessage:
        """The message of an outbox row: the same whenever it is made."""
        reader = next((one for one in self.readers if one.name == mail.reader), None)
        body = json.loads(mail.body) if mail.body else {}
        zone = reader.zone if reader else body.get("zone", "UTC")
        to = compose.Addressee(mail.reader, self._address(mail), zone)
        common: dict[str, Any] = {
            "reader": to,
            "message_id": mail.message_id,
            "date": mail.created_at,
            "options": self._options,
            "coverage": CoverageLine(**body["coverage"]) if "coverage" in body else NO_LINE,
        }
        match mail.kind:
            case MailKind.ALERT:
                article, hits = self._item(mail)
                return compose.alert_mail(article, hits, claims=_claims(body), **common)
            case MailKind.SUMMARY:
                parts = self._archive.read(merged_parts, mail.id)
                claims = [_claims(json.loads(part.body)) for part in parts]
                items = [self._item(part) for part in parts]
                return compose.summary_mail(items, reason=body["reason"], claims=claims, **common)
            case MailKind.OPERATOR:
                sections = from_plain(body.get("sections", []))
                return compose.operator_mail(body["subject"], body["paragraphs"], sections=sections, **common)
            case MailKind.TEST:
                return compose.test_mail(**common)

    def _item(self, mail: Mail) -> tuple[Article, list[RuleHit]]:
        """The article of an alert, as it read when it was decided, and the rules that were true of it."""
        article = (
            self._archive.read(article_version, mail.article, mail.version) if mail.article and mail.version else None
        )
        if article is None:
            msg = f"the article of mail {mail.id} is not in the archive"
            raise CannotComposeError(msg)
        return article, [_hit(values) for values in json.loads(mail.body)["hits"]]


def _claims(body: dict[str, Any]) -> ClaimTable:
    """The figures that were kept with an alert; none with one that was queued before there were any."""
    return claims_from_plain(body.get("claims", {}))


def _hit(values: dict[str, Any]) -> RuleHit:
    for name in ("title_marks", "text_marks"):
        values[name] = tuple((start, end) for start, end in values[name])
    return RuleHit(**values)
