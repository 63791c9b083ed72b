"""Mails of the outbox, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class MailKind(StrEnum):
    """What a mail is."""

    ALERT = "alert"  # a story, for the first time
    UPDATE = "update"  # what is new of a story, in its thread
    DIGEST = "digest"  # of a reader
    SUMMARY = "summary"
    OPERATOR = "operator"
    TEST = "test"


class MailState(StrEnum):
    """Where a mail stands. SENT is written only after the server's 250."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # will be tried again
    DEAD = "dead"  # refused for good: the operator must look
    EXPIRED = "expired"  # tried for days, and never taken: the same
    SUPERSEDED = "superseded"  # another mail says it
    DROPPED = "dropped"  # by the operator


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be queued. `message_id` is its identity for ever: a second one with the same is not queued."""

    kind: MailKind
    reader: str
    address: str
    message_id: str
    subject: str
    due_at: datetime
    article: int | None = None
    body: str = ""  # JSON: what compose needs besides the article
    version: int | None = None  # the text version that it tells of
    story: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A row of the outbox."""

    id: int
    kind: MailKind
    reader: str
    address: str
    state: MailState
    message_id: str
    subject: str
    article: int | None
    version: int | None
    body: str
    created_at: datetime
    due_at: datetime
    attempts: int
    last_error: str
    sent_at: datetime | None
    story: int | None = None
