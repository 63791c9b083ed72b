"""How much a mail server is given at a time, and what it says when that was too much. Pure.

A server that has enough for now says so to one mail and means all of them. So it is then left alone for a while, and the
mails behind keep their attempts.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MINUTE = timedelta(minutes=1)
REST = timedelta(minutes=1)  # what waits behind a mail that was not taken is tried after it

CLOSING = 421  # the server ends the conversation, whatever it was about
_FIRST_PERMANENT = 500
_MAILBOX = re.compile(r"\s*[45]\.2\.\d")  # enhanced status: this recipient's mailbox, not the server
_ENOUGH = re.compile(
    r"too many|\brate\b|throttl|slow(?:ing)? down|(?:sending|message|mail|daily) (?:quota|limit)", re.IGNORECASE
)
_SPENT = re.compile(r"\s*5\.4\.5\b|(?:sending|daily)(?: \w+){0,2} (?:quota|limit)", re.IGNORECASE)  # a day's allowance


def slots(sent: Sequence[datetime], limit: int, now: datetime) -> int | None:
    """How many mails may leave now so that a server is given at most `limit` a minute; None is any number.

    `sent` are the times at which mails left, at least those of the last minute. A `limit` of 0 is none.
    """
    if limit <= 0:
        return None
    recent = [at for at in sent if timedelta() <= now - at < MINUTE]  # one of the future is a clock's mistake
    return max(0, limit - len(recent))


def has_enough(code: int, words: str) -> bool:
    """Whether a reply to one mail means that the server takes none for now: it closes, or has had too many."""
    if code == CLOSING:
        return True
    if _MAILBOX.match(words):
        return False
    return bool((_SPENT if code >= _FIRST_PERMANENT else _ENOUGH).search(words))
