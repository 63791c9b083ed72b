"""What a reader is told, and when: pure functions of what is known and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from storage.model import Arrival, Decision, TimeOrigin

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from storage.mail import Mail
    from storage.model import Article, RuleHit

HOUR = timedelta(hours=1)
LATE_HOUR = time(8)  # in the reader's zone: when old articles that surfaced late are told of
_PAUSES = (1, 2, 5, 10, 20, 40, 60)  # minutes between attempts; the last one repeats
LEAST_ATTEMPTS = len(_PAUSES)
EXPIRES = timedelta(days=3)  # after so long a mail that cannot be delivered is a dead letter


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who must know. `rules` are ids, ("*",) is all of them."""

    name: str
    address: str
    zone: str = "UTC"
    rules: tuple[str, ...] = ("*",)
    max_per_hour: int = 12

    def follows(self, rule: str) -> bool:
        """Whether this reader asked for a rule."""
        return "*" in self.rules or rule in self.rules


def decide(  # noqa: PLR0917
    article: Article,
    hits: Sequence[RuleHit],
    readers: Sequence[Reader],
    alerted: Collection[str],
    now: datetime,
    late_after: timedelta,
) -> tuple[Decision, ...]:
    """What each reader with a matching rule is told: `mail` now, `late` in the next morning's summary, `nothing`.

    `alerted` are the readers who have this article already. An article published more than `late_after` ago is late.
    """
    decisions = []
    for reader in readers:
        mine = tuple(hit for hit in hits if reader.follows(hit.rule))
        if mine:
            outcome, reason = _outcome(article, reader.name in alerted, now, late_after)
            decisions.append(Decision(reader.name, outcome, reason, mine))
    return tuple(decisions)


def _outcome(article: Article, alerted: bool, now: datetime, late_after: timedelta) -> tuple[str, str]:
    if article.arrival != Arrival.LIVE:
        return "nothing", f"arrived as {article.arrival}"
    if alerted:
        return "nothing", "alerted before"
    if article.published.origin != TimeOrigin.GUESS and now - article.published.at > late_after:
        return "late", f"published more than {late_after.total_seconds() / 3600:g} h ago"
    return "mail", "live"


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


def pace(due: Sequence[Mail], late: Collection[int], sent: Sequence[datetime], limit: int, now: datetime) -> Plan:
    """Spread a reader's alerts so that at most `limit` mails an hour reach him: what is too much becomes one summary.

    `due` in the order of queueing, `late` the numbers of those that are to be summed up anyway, `sent` when mails of the
    last hour left. A mail that has been tried keeps its identity, since the server may have it, and so does a summary:
    these go first.
    """
    recent = [at for at in sent if timedelta() <= now - at < HOUR]  # one of the future is a clock's mistake
    slots = max(0, limit - len(recent))
    tried = [mail for mail in due if mail.attempts or mail.kind != "alert"]
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


def mail_retry(created: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to try a mail again after `attempts` failed ones in a row; None: it is dead.

    Age alone kills no mail: after days without power the first server may be one that greets strangers with "later".
    """
    if now - created > EXPIRES and attempts >= LEAST_ATTEMPTS:
        return None
    return now + timedelta(minutes=_PAUSES[min(attempts, len(_PAUSES)) - 1])
