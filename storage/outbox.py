"""The outbox: mails that must leave, each under one Message-ID for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.crash import point
from storage.mail import Mail, MailKind, MailState
from storage.times import from_text, maybe, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from datetime import datetime

    from storage.mail import NewMail


def queue_mail(connection: sqlite3.Connection, mail: NewMail, now: datetime) -> int | None:
    """Queue a mail and return its number, or None if its Message-ID is already there."""
    cursor = connection.execute(
        "INSERT INTO outbox (kind, reader, address, state, message_id, subject, article_id, text_version_id, body, created_at, "
        "due_at, story_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (message_id) DO NOTHING",
        (
            mail.kind,
            mail.reader,
            mail.address,
            MailState.QUEUED,
            mail.message_id,
            mail.subject,
            mail.article,
            mail.version,
            mail.body,
            to_text(now),
            to_text(mail.due_at),
            mail.story,
        ),
    )
    return cursor.lastrowid if cursor.rowcount else None


def mail_of(row: sqlite3.Row) -> Mail:
    """A row of the outbox as a value."""
    return Mail(
        id=row["id"],
        kind=MailKind(row["kind"]),
        reader=row["reader"],
        address=row["address"],
        state=MailState(row["state"]),
        message_id=row["message_id"],
        subject=row["subject"],
        article=row["article_id"],
        version=row["text_version_id"],
        body=row["body"],
        created_at=from_text(row["created_at"]),
        due_at=from_text(row["due_at"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        sent_at=maybe(row["sent_at"]),
        story=row["story_id"],
    )


def due_mails(connection: sqlite3.Connection, now: datetime) -> list[Mail]:
    """Mails to be sent now, longest waiting first.

    One that is marked as being sent was interrupted, since only one outbox sends at a time: the server may have it, and
    gets it again under the same Message-ID.
    """
    rows = connection.execute(
        "SELECT * FROM outbox WHERE state IN ('queued', 'failed', 'sending') AND due_at <= ? ORDER BY due_at, id",
        (to_text(now),),
    )
    return [mail_of(row) for row in rows]


def mails(connection: sqlite3.Connection, states: Collection[str] = (), limit: int = 50) -> list[Mail]:
    """Mails for people to see, newest first; of the given states only, if any are given."""
    marks = ",".join("?" * len(states))
    where = f"WHERE state IN ({marks})" if states else ""
    rows = connection.execute(f"SELECT * FROM outbox {where} ORDER BY id DESC LIMIT ?", (*states, limit))  # noqa: S608
    return [mail_of(row) for row in rows]


def sent_since(connection: sqlite3.Connection, reader: str, since: datetime) -> list[datetime]:
    """When this reader was sent alerts and summaries since then, oldest first."""
    rows = connection.execute(
        "SELECT sent_at FROM outbox WHERE reader = ? AND state = 'sent' AND sent_at > ? AND kind IN ('alert', 'update', 'summary') "
        "ORDER BY sent_at",
        (reader, to_text(since)),
    )
    return [from_text(row[0]) for row in rows]


def taken_since(connection: sqlite3.Connection, since: datetime) -> list[datetime]:
    """When mails of any kind, to anybody, were last taken since then, oldest first."""
    rows = connection.execute("SELECT sent_at FROM outbox WHERE sent_at > ? ORDER BY sent_at", (to_text(since),))
    return [from_text(row[0]) for row in rows]


def mark_sending(connection: sqlite3.Connection, mail: int) -> Mail | None:
    """This mail is about to be handed to the server: as it stands now, which may be otherwise than when it was found due.

    None if it was dropped or superseded meanwhile.
    """
    row = connection.execute(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ? "
        "AND state IN ('queued', 'failed', 'sending') RETURNING *",
        (mail,),
    ).fetchone()
    return None if row is None else mail_of(row)


def mark_sent(connection: sqlite3.Connection, mail: int, at: datetime) -> None:
    """The server took it."""
    connection.execute(
        "UPDATE outbox SET state = 'sent', sent_at = ?, last_error = '' WHERE id = ?", (to_text(at), mail)
    )
    point("deliver.3")


def mark_failed(
    connection: sqlite3.Connection, mail: int, error: str, due_at: datetime | None, *, expired: bool = False
) -> None:
    """It was not taken: try again at `due_at`, or never (None), because it was refused or has `expired`."""
    if due_at is None:
        state = MailState.EXPIRED if expired else MailState.DEAD
        connection.execute("UPDATE outbox SET state = ?, last_error = ? WHERE id = ?", (state, error, mail))
    else:
        connection.execute(
            "UPDATE outbox SET state = 'failed', last_error = ?, due_at = ? WHERE id = ?",
            (error, to_text(due_at), mail),
        )


def postpone(connection: sqlite3.Connection, ids: Collection[int], due_at: datetime) -> None:
    """Hold mails back until then."""
    connection.executemany("UPDATE outbox SET due_at = ? WHERE id = ?", [(to_text(due_at), mail) for mail in ids])


def hold_due(connection: sqlite3.Connection, now: datetime, until: datetime, reader: str | None = None) -> int:
    """Hold back whatever is due now, of one reader if he is named. Returns how many mails that are."""
    return connection.execute(
        "UPDATE outbox SET due_at = ? WHERE state IN ('queued', 'sending', 'failed') AND due_at <= ? "
        "AND (? IS NULL OR reader = ?)",
        (to_text(until), to_text(now), reader, reader),
    ).rowcount


def merge_mails(connection: sqlite3.Connection, summary: NewMail, parts: Collection[int], now: datetime) -> int | None:
    """Queue a summary in place of several mails, in one transaction."""
    row = queue_mail(connection, summary, now)
    if row is None:
        return None
    connection.executemany(
        "UPDATE outbox SET state = 'superseded', merged_into = ? WHERE id = ? AND state IN ('queued', 'failed')",
        [(row, part) for part in parts],
    )
    return row


def merged_parts(connection: sqlite3.Connection, summary: int) -> list[Mail]:
    """The mails that a summary stands for."""
    return [
        mail_of(row) for row in connection.execute("SELECT * FROM outbox WHERE merged_into = ? ORDER BY id", (summary,))
    ]


def retry_mails(connection: sqlite3.Connection, ids: Collection[int] | None, now: datetime) -> int:
    """Queue mails that did not leave again: those named, or all that are dead, expired or failed. Returns how many.

    One that was dropped must be named. Each has all its attempts before it again.
    """
    if ids is None:
        return connection.execute(
            "UPDATE outbox SET state = 'queued', due_at = ?, attempts = 0 WHERE state IN ('dead', 'expired', 'failed')",
            (to_text(now),),
        ).rowcount
    return sum(
        connection.execute(
            "UPDATE outbox SET state = 'queued', due_at = ?, attempts = 0 WHERE id = ? AND state IN "
            "('dead', 'expired', 'failed', 'dropped', 'queued')",
            (to_text(now), mail),
        ).rowcount
        for mail in ids
    )


def drop_mails(connection: sqlite3.Connection, ids: Collection[int]) -> int:
    """Give mails up by hand. What is sent, being sent or superseded stays as it is. Returns how many were dropped."""
    return sum(
        connection.execute(
            "UPDATE outbox SET state = 'dropped' WHERE id = ? AND state IN ('dead', 'expired', 'failed', 'queued')",
            (mail,),
        ).rowcount
        for mail in ids
    )


RESENDABLE = frozenset({MailState.SENT, MailState.DEAD, MailState.EXPIRED, MailState.DROPPED, MailState.FAILED})


def resend(connection: sqlite3.Connection, mail: int, now: datetime) -> MailState | None:
    """Queue one mail again under its own Message-ID, also one that was sent: somebody asked for it.

    Returns the state in which it was, None where there is no such mail. One whose state is not in RESENDABLE was left alone.
    """
    row = connection.execute("SELECT state FROM outbox WHERE id = ?", (mail,)).fetchone()
    if row is None:
        return None
    state = MailState(row["state"])
    if state in RESENDABLE:
        connection.execute(
            "UPDATE outbox SET state = 'queued', due_at = ?, attempts = 0 WHERE id = ?", (to_text(now), mail)
        )
    return state


def given_up(connection: sqlite3.Connection) -> list[Mail]:
    """Mails that were refused for good or have expired, oldest first: nobody will have them unless somebody looks."""
    rows = connection.execute("SELECT * FROM outbox WHERE state IN ('dead', 'expired') ORDER BY id")
    return [mail_of(row) for row in rows]


def queue_baseline_notice(
    connection: sqlite3.Connection, notice: NewMail, now: datetime, sources: Collection[str]
) -> None:
    """Tell the operator of sources read for the first time, once."""
    queue_mail(connection, notice, now)
    connection.executemany(
        "UPDATE source SET baseline_told_at = ? WHERE id = ?", [(to_text(now), source) for source in sources]
    )
