"""`khasan mail preview`: what a mail on a story, or a reader's digest, would be if it were made now. Sends and stores nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from alerts import compose
from alerts.coverage import line
from alerts.decide import Reader
from khasan.commands.common import FAILED, USAGE, err, existing_archive, state
from khasan.commands.stories import story_numbered
from khasan.structure import suggestion
from scheduler.digests import digest_of
from scheduler.health import coverage_of
from scheduler.reading import document_of
from scheduler.stories import card_of
from storage.articles import article_by_id
from storage.digests import DigestState, digest_state
from storage.health import source_states
from storage.stories import story_state

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from alerts.coverage import Coverage
    from scheduler.setup import Setup
    from storage.archive import Archive

DIGEST = "digest"
_FIRST = timedelta(days=1)  # of a digest for somebody who has had none
_ID = "<preview@khasan.localhost>"


def preview(what: str, *, reader: str, html: Path | None, eml: Path | None) -> None:
    """Show a mail as text, or write it as HTML or whole."""
    setup, now = state.setup(), datetime.now(UTC)
    to = _reader(setup, reader)
    with existing_archive(state.config()) as archive:
        found = coverage_of(archive.read(source_states), setup, now)
        made = _digest if what == DIGEST else _alert
        message = made(archive, setup, to, what, now, found)
    if html is not None:
        html.write_text(_part(message, "html"), encoding="utf-8")
    if eml is not None:
        eml.write_bytes(message.as_bytes())
    if html is None and eml is None:
        typer.echo(f"Subject: {message['Subject']}\n\n{_part(message, 'plain')}")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _reader(setup: Setup, name: str) -> Reader:
    """Give the reader named, the first one if none is, and somebody if there are none."""
    readers = {one.name: one for one in setup.readers}
    if name and name not in readers:
        err.print(f'khasan: "{escape(name)}" is no reader{suggestion(name, readers)}')
        raise typer.Exit(USAGE)
    return readers[name] if name else next(iter(setup.readers), Reader("operator", setup.operator))


def _digest(archive: Archive, setup: Setup, reader: Reader, _: str, now: datetime, found: Coverage) -> EmailMessage:
    known = archive.read(digest_state, reader.name) or DigestState(now - _FIRST, 0, now - _FIRST)
    card, _facts, _last = digest_of(archive, setup, reader, known, found, now)
    to = compose.Addressee(reader.name, reader.address, reader.zone)
    return compose.digest_mail(card, reader=to, message_id=_ID, date=now, options=setup.mail, coverage=line(found, now))


def _alert(  # noqa: PLR0917
    archive: Archive, setup: Setup, reader: Reader, what: str, now: datetime, found: Coverage
) -> EmailMessage:
    """Compose the alert on a story, by its article that is most on the topic."""
    if not what.isdecimal():
        err.print(f'khasan: found "{escape(what)}", expected the number of a story, or the word digest')
        raise typer.Exit(USAGE)
    story = archive.read(story_state, story_numbered(archive, int(what)))
    best = max(story.articles, key=lambda one: (one.relevance or 0.0, -one.id))
    article = archive.read(article_by_id, best.id)
    if article is None:
        err.print(f"khasan: article {best.id} is gone")
        raise typer.Exit(FAILED)
    reading = setup.analyser.read(article.title, article.text, article.language, publisher=article.outlet)
    hits = setup.rules.hits(document_of(article, reading, setup.country(article.outlet)))
    return compose.alert_mail(
        article,
        [hit for hit in hits if reader.follows(hit.rule)],
        card=card_of(story, setup, reading),
        reader=compose.Addressee(reader.name, reader.address, reader.zone),
        message_id=_ID,
        date=now,
        options=setup.mail,
        coverage=line(found, now),
    )
