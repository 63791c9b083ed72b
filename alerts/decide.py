"""What a reader is told, and when: pure functions of what is known and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from storage.mail import MailKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from storage.mail import Mail

HOUR = timedelta(hours=1)
LATE_HOUR = time(8)  # in the reader's zone: when old articles that surfaced late are told of
_PAUSES = (1, 2, 5, 10, 20, 40, 60)  # minutes between attempts; the last one repeats
LEAST_ATTEMPTS = len(_PAUSES)
EXPIRES = timedelta(days=3)  # after so long a mail that cannot be delivered is given up


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who must know. `rules` are ids, ("*",) is all of them."""

    name: str
    address: str
    zone: str = "UTC"
    rules: tuple[str, ...] = ("*",)
    max_per_hour: int = 12
    immediate: bool = True  # alerts and updates as they come
    delay_minutes: float = 0.0  # an alert waits so long for other outlets to join
    digest: str = ""  # when digests come: "daily 07:30", "weekdays 07:30", "weekly mon 07:30", a cron line; "" is never
    quiet: str = ""  # hours without mails, such as "22:00-07:00"
    least_relevance: float = 0.0  # below it, an article mails nothing by itself

    def follows(self, rule: str) -> bool:
        """Whether this reader asked for a rule."""
        return "*" in self.rules or rule in self.rules


def late_time(now: datetime, zone: str) -> datetime:
    """When late articles are told of: the next morning where the reader is."""
    local = now.astimezone(ZoneInfo(zone))
    morning = datetime.combine(local.date(), LATE_HOUR, local.tzinfo)
    return (morning if local < morning else morning + timedelta(days=1)).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a reader's due mails now."""

    send: tuple[Mail, ...] = ()
    merge: tuple[Mail, ...] = ()  # into one summary
    hold: tuple[Mail, ...] = ()
    until: datetime | None = None  # of those held


def pace(  # noqa: PLR0917
    due: Sequence[Mail],
    late: Collection[int],
    sent: Sequence[datetime],
    limit: int,
    now: datetime,
    quiet_until: datetime | None = None,
) -> Plan:
    """Spread a reader's alerts so that at most `limit` mails an hour reach him: what is too much becomes one summary.

    `due` in the order of queueing, `late` the numbers of those that are to be summed up anyway, `sent` when mails of the
    last hour left, `quiet_until` the end of the quiet time that he is in: all is held till then, and what has gathered is
    spread like any other burst. A mail that has been tried keeps its identity, since the server may have it, and so do
    digests and summaries: these go first, digests before all.
    """
    if quiet_until is not None:
        return Plan(hold=tuple(due), until=quiet_until)
    recent = [at for at in sent if timedelta() <= now - at < HOUR]  # one of the future is a clock's mistake
    slots = max(0, limit - len(recent))
    tried = [mail for mail in due if _known(mail) or mail.kind not in {MailKind.ALERT, MailKind.UPDATE}]
    tried.sort(key=lambda mail: mail.kind != MailKind.DIGEST)
    again, room = tuple(tried[:slots]), slots - len(tried[:slots])
    known = {mail.id for mail in tried}
    fresh = [mail for mail in due if mail.id not in known and mail.id not in late]
    old = tuple(mail for mail in due if mail.id not in known and mail.id in late)
    if room <= 0:
        free = min(recent, default=now) + HOUR
        return Plan(again, (), (*tried[slots:], *fresh, *old), free)
    if len(fresh) + bool(old) <= room:
        return Plan((*again, *fresh), old)
    return Plan((*again, *fresh[: room - 1]), (*fresh[room - 1 :], *old))


def _known(mail: Mail) -> bool:
    """Whether a server may have had this mail before: since the last wish to send it again, or before that."""
    return bool(mail.attempts or mail.last_error or mail.sent_at)


def mail_retry(created: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to try a mail again after `attempts` failed ones in a row; None: it has expired.

    Age alone kills no mail: after days without power the first server may be one that greets strangers with "later".
    """
    if now - created > EXPIRES and attempts >= LEAST_ATTEMPTS:
        return None
    return now + timedelta(minutes=_PAUSES[min(attempts, len(_PAUSES)) - 1])
