"""What the operator is told of mails that no reader will have unless he looks: refused for good, or expired. Pure.

Once each, in one mail a day at most. Mails to the operator himself are left out: what he does not get, another mail to him
does not mend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.headers import shortened
from alerts.notices import Row, Section
from alerts.view import moment
from storage.mail import MailKind, MailState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.mail import Mail

APART = timedelta(days=1)  # between two of these mails
SHOWN = 30  # mails named in one
_WORDS = (
    "They are tried no more. When the cause is mended, `khasan outbox retry` sends all of them, and `khasan mail resend` "
    "with their numbers some; a changed address under [[reader]] counts for them, too."
)


@dataclass(frozen=True, slots=True)
class Told:
    """Which mails the operator knows of, by number, and when he was last told; None: never."""

    mails: frozenset[int] = frozenset()
    at: datetime | None = None


def to_tell(given_up: Sequence[Mail], told: Told, now: datetime) -> tuple[tuple[Mail, ...], Told]:
    """Mails to tell of now, and what is to be remembered: one that was sent again and is given up again is told again."""
    mine = [mail for mail in given_up if mail.kind != MailKind.OPERATOR]
    known = told.mails & {mail.id for mail in mine}
    fresh = tuple(mail for mail in mine if mail.id not in known)
    if not fresh or (told.at is not None and timedelta() <= now - told.at < APART):
        return (), Told(known, told.at)
    return fresh, Told(known | {mail.id for mail in fresh}, now)


def undelivered_subject(mails: Sequence[Mail]) -> str:
    """The subject of the mail about them."""
    if len(mails) > 1:
        return f"{len(mails)} mails could not be delivered"
    return f"a mail to {mails[0].reader} could not be delivered"


def undelivered_words(mails: Sequence[Mail], zone: str) -> tuple[list[str], list[Section]]:
    """Paragraphs and sections of that mail: a section a reader, with what was said of each mail."""
    paragraphs = [_WORDS]
    sections, room = [], SHOWN
    for reader in dict.fromkeys(mail.reader for mail in mails):
        group = [mail for mail in mails if mail.reader == reader]
        rows = tuple(_row(mail, zone) for mail in group[:room])
        room -= len(rows)
        sections.append(Section(f"{reader}, {group[-1].address}", "", rows, len(group) - len(rows)))
    return paragraphs, sections


def _row(mail: Mail, zone: str) -> Row:
    how = "refused" if mail.state == MailState.DEAD else f"not taken in {mail.attempts} attempts"
    said = shortened(mail.last_error, 200)
    parts = (f"mail {mail.id} of {moment(mail.created_at, zone)}", how, said)
    return Row(shortened(mail.subject, 120), " · ".join(one for one in parts if one))
