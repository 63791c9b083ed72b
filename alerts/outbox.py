"""The deliver stage: what is due leaves, and is marked only when the server has taken it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import structlog

from alerts import compose
from alerts.channels import Channel, NoSession, Refused, TryLater
from alerts.claims_view import from_plain as claims_from_plain
from alerts.coverage import NO_LINE, CoverageLine
from alerts.decide import HOUR, Reader, mail_retry, pace
from alerts.notices import Section, from_plain, to_plain
from alerts.schedule import quiet_hours, quiet_until
from alerts.story import DigestCard, StoryCard
from alerts.story import from_plain as card_from_plain
from alerts.story_mails import domain_of, message_id
from alerts.traffic import MINUTE, REST, slots
from storage.articles import article_version
from storage.crash import point
from storage.mail import Mail, MailKind, NewMail
from storage.model import RuleHit
from storage.outbox import (
    due_mails,
    hold_due,
    mark_failed,
    mark_sending,
    mark_sent,
    merge_mails,
    merged_parts,
    postpone,
    sent_since,
    taken_since,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from alerts.claims_view import ClaimTable
    from storage.archive import Archive
    from storage.model import Article

log = structlog.get_logger()


class CannotComposeError(Exception):
    """A mail's parts are not what it needs: it becomes a dead letter."""


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
    identity = message_id("operator", key, domain_of(options))
    return NewMail(MailKind.OPERATOR, "operator", address, identity, compose.operator_subject(subject), now, body=text)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a pass of the outbox did, in numbers of mails."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    expired: int = 0
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

        A server that takes nothing for now ends the pass, and all that is due waits a minute, untried. The pass ends, too, when
        as many mails have left as may in a minute: what is left stays due.
        """
        await self._mark_taken()
        by_reader: dict[str, list[Mail]] = defaultdict(list)
        for mail in self._archive.read(due_mails, self._clock()):
            by_reader[mail.reader].append(mail)
        counts: dict[str, int] = defaultdict(int)
        try:
            for name, due in by_reader.items():
                if stopping() or self._full():
                    break
                await self._deliver_to(name, due, counts, stopping)
        except NoSession:
            await self._archive.awrite(hold_due, self._clock(), self._clock() + REST)
        return Delivered(**counts)

    def _full(self) -> bool:
        """Whether the server was given as many mails as it may be for now."""
        limit, now = self._channel.per_minute, self._clock()
        return bool(limit) and slots(self._archive.read(taken_since, now - MINUTE), limit, now) == 0

    async def _deliver_to(
        self, name: str, due: list[Mail], counts: dict[str, int], stopping: Callable[[], bool]
    ) -> None:
        """What is due for one reader; what goes wrong with him keeps no other one waiting. Raises NoSession.

        What his mailbox does not take now keeps all that is his waiting for a minute, untried.
        """
        try:
            planned = await self._planned(name, due, counts)
        except Exception:
            log.exception("mails cannot be planned", reader=name)
            return
        for mail in planned:
            if stopping() or self._full():
                return
            try:
                await self._send(mail, counts)
            except NoSession:
                raise
            except TryLater:
                await self._archive.awrite(hold_due, self._clock(), self._clock() + REST, name)
                return

    async def _planned(self, name: str, due: list[Mail], counts: dict[str, int]) -> Sequence[Mail]:
        """What of a reader's due mails is to be sent now; the rest is summed up or held."""
        reader = next((one for one in self.readers if one.name == name), None)
        if reader is None:
            return due  # the operator, or a reader who has left the configuration: nothing is dropped in silence
        now = self._clock()
        late = {mail.id for mail in due if mail.kind == MailKind.ALERT and json.loads(mail.body)["late"]}
        sent = self._archive.read(sent_since, name, now - HOUR)
        quiet = quiet_until(quiet_hours(reader.quiet), reader.zone, now)
        plan = pace(due, late, sent, reader.max_per_hour, now, quiet)
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
            message_id("summary", " ".join(mail.message_id for mail in parts), domain_of(self._options)),
            compose.summary_subject([self._item(mail) for mail in parts], self._options),
            now,
            body=json.dumps({"reason": reason, "coverage": asdict(self._coverage())}, ensure_ascii=False),
        )

    async def _send(self, planned: Mail, counts: dict[str, int]) -> None:
        """Send one mail, as it is by now and unless it was withdrawn, mark what came of it, and count that.

        Raises TryLater, after marking, where others may have to wait for the same reason.
        """
        mail = await self._archive.awrite(mark_sending, planned.id)
        if mail is None:
            return
        point("deliver.1")
        try:
            await self._channel.send(self._compose(mail), self._address(mail))
        except Refused as error:
            await self._failed(mail, str(error), counts, final=True)
            return
        except CannotComposeError as error:
            await self._failed(mail, f"cannot be composed: {error}", counts, final=True)
            return
        except TryLater as error:
            await self._failed(mail, str(error), counts)
            raise
        except Exception as error:  # a bug of ours in one mail must not keep those behind it
            log.exception("mail failed", mail=mail.id)
            await self._failed(mail, f"{type(error).__name__}: {error}", counts)
            return
        point("deliver.2")
        self._taken[mail.id] = self._clock()
        await self._mark_taken()
        counts["sent"] += 1
        log.info("mail sent", mail=mail.id, kind=mail.kind, reader=mail.reader, subject=mail.subject)

    async def _mark_taken(self) -> None:
        """Mark what the server has as sent. What cannot be marked now, as on a full disk, is marked before anything else."""
        for mail, at in list(self._taken.items()):
            await self._archive.awrite(mark_sent, mail, at)
            del self._taken[mail]
            point("deliver.4")

    async def _failed(self, mail: Mail, error: str, counts: dict[str, int], *, final: bool = False) -> None:
        """Mark what was not taken: to be tried again, unless that is `final` or the mail has expired."""
        again = None if final else mail_retry(mail.created_at, mail.attempts, self._clock())
        await self._archive.awrite(mark_failed, mail.id, error, again, expired=not final)
        counts["failed" if again else "dead" if final else "expired"] += 1
        log.warning("mail not sent", mail=mail.id, reader=mail.reader, error=error, again=again and again.isoformat())

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
            case MailKind.ALERT | MailKind.UPDATE:
                article, hits = self._item(mail)
                common |= {"card": _card(body), "kind": mail.kind, "claims": _claims(body)}
                common |= {"thread": body.get("thread", ()), "subject": mail.subject}
                return compose.alert_mail(article, hits, **common)
            case MailKind.DIGEST:
                return compose.digest_mail(card_from_plain(body["card"], DigestCard), **common)
            case MailKind.SUMMARY:
                parts = self._archive.read(merged_parts, mail.id)
                bodies = [json.loads(part.body) for part in parts]
                items = [self._item(part) for part in parts]
                common |= {"claims": [_claims(one) for one in bodies], "cards": [_card(one) for one in bodies]}
                return compose.summary_mail(items, reason=body["reason"], **common)
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


def _card(body: dict[str, Any]) -> StoryCard | None:
    """The story as it was kept with a mail; None with one that was queued before there were stories."""
    return card_from_plain(body["card"], StoryCard) if body.get("card") else None


def _hit(values: dict[str, Any]) -> RuleHit:
    for name in ("title_marks", "text_marks"):
        values[name] = tuple((start, end) for start, end in values[name])
    return RuleHit(**values)
