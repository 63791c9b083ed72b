"""Mails on stories: queued with the decision that asks for them, or put in the place of one that has not left yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.outbox import queue_mail
from storage.stories import OvertakenError
from storage.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from storage.mail import NewMail
    from storage.story_model import Placing, Telling


def store_telling(
    connection: sqlite3.Connection, telling: Telling, placing: Placing | None, article: int, now: datetime
) -> bool:
    """Queue a mail on a story, or renew the one that it joins. Whether there is a mail that was not there before.

    Raises OvertakenError where the mail to be renewed has left meanwhile.
    """
    if telling.refresh is not None:
        _renew(connection, telling, telling.refresh)
        return False
    mail = telling.mail
    if telling.kind == "alert" and _knows(connection, article, mail):
        return False
    row = queue_mail(connection, mail, now)
    if row is None:
        return False
    if placing is not None:
        _note(connection, telling.kind, placing.story, mail.reader, row, now, telling.facts)
    connection.execute("INSERT OR IGNORE INTO alert VALUES (?,?,?,?)", (article, mail.reader, row, to_text(now)))
    return True


def _knows(connection: sqlite3.Connection, article: int, mail: NewMail) -> bool:
    """Whether this reader, by name or address, has been alerted of this very article already."""
    known = connection.execute(
        "SELECT 1 FROM alert a JOIN outbox o ON o.id = a.outbox_id WHERE a.article_id = ? AND (a.reader = ? OR o.address = ?)",
        (article, mail.reader, mail.address),
    ).fetchone()
    return known is not None


def _renew(connection: sqlite3.Connection, telling: Telling, number: int) -> None:
    mail = telling.mail
    renewed = connection.execute(
        "UPDATE outbox SET body = ?, subject = ?, article_id = ?, text_version_id = ?, due_at = min(due_at, ?) "
        "WHERE id = ? AND state = 'queued' AND attempts = 0 AND last_error = '' AND sent_at IS NULL",
        (mail.body, mail.subject, mail.article, mail.version, to_text(mail.due_at), number),
    ).rowcount
    if not renewed:
        raise OvertakenError(f"mail {number} has left")
    connection.execute("UPDATE telling SET facts = ? WHERE outbox_id = ?", (telling.facts, number))


def _note(  # noqa: PLR0917
    connection: sqlite3.Connection, kind: str, story: int, reader: str, mail: int, now: datetime, facts: str
) -> None:
    connection.execute(
        "INSERT INTO telling (story_id, reader, kind, outbox_id, told_at, facts) VALUES (?,?,?,?,?,?)",
        (story, reader, kind, mail, to_text(now), facts),
    )
