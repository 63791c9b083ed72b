"""What commands share that take a query or show where it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from alerts.finding import Finder
from alerts.marks import glimpse, merged, pieces
from analysis.lexicon import Lexicon
from analysis.query import parse
from analysis.syntax import QueryError
from khasan.commands.common import USAGE, err, out, state
from spiders.markup import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from alerts.marks import Piece
    from analysis.query import Match, Query
    from scheduler.setup import Setup
    from storage.archive import Archive

_BEFORE, _AFTER = 40, 30  # characters of a long query that are shown around its fault
LAST_ID = 2**63 - 1  # of an article: SQLite takes no larger number
_MARK = "bold reverse"
_OF_THE_TOPIC = ("country", "origin", "relay")  # fields whose values it knows


def read_query(written: str, lexicon: Lexicon | None = None) -> Query:
    """Read a query, or show where it is wrong and end the command."""
    try:
        return parse(written, lexicon)
    except QueryError as error:
        start, end = max(error.position - _BEFORE, 0), error.position + _AFTER
        shown = ("…" if start else "") + visible(written[start:end]).replace("\n", " ") + ("…" if written[end:] else "")
        indent = cell_len(visible(written[start : error.position])) + bool(start)
        err.print(f"khasan: {escape(shown)}\n        {' ' * indent}^ {escape(error.message)}")
        raise typer.Exit(USAGE) from None


def setup_for(written: str) -> Setup | None:
    """The setup where a query needs to know the topic: it names concepts, countries or who says a figure."""
    folded = written.casefold()
    return state.setup() if "@" in written or any(name in folded for name in _OF_THE_TOPIC) else None


def finder_of(archive: Archive, setup: Setup | None) -> Finder:
    """What finds articles in the archive, with the topic if there is need of it."""
    if setup is None:
        return Finder(archive, Lexicon.empty(), lambda _outlet: "")
    return Finder(archive, setup.analyser.lexicon, setup.country)


def progress(what: str, *, quiet: bool = False) -> Progress:
    """A bar on standard error that is gone when the work is done; none where there is no terminal."""
    return Progress(
        TextColumn(what),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )


def indented(shown: RenderableType, columns: int = 2) -> Padding:
    """Something moved to the right, without filling its lines up."""
    return Padding(shown, (0, 0, 0, columns), expand=False)


def counted(number: int, thing: str) -> str:
    """A number of things: "1 article", "2 articles"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def marked(found: tuple[Piece, ...]) -> Text:
    """Pieces of a text for the terminal; marked ones stand out, between ‹ › where there are no colours."""
    text = Text()
    for piece in found:
        shown = visible(piece.text)
        text.append(f"‹{shown}›" if piece.hit and not out.is_terminal else shown, _MARK if piece.hit else "")
    return text


def marked_title(title: str, match: Match) -> Text:
    """A title with its marked words."""
    return marked(pieces(title, merged(match.title_marks, len(title))))


def marked_glimpse(title: str, text: str, match: Match) -> Text:
    """The stretch of a text that shows best why a query is true of it."""
    return marked(glimpse(title, text, merged(match.text_marks, len(text))).pieces)
