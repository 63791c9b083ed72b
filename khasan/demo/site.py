"""What the outlets of the demonstration press answer while nothing is wrong.

Each kind of list has a module with a function ``show``: from a shelf to a document, an answer, or None if the path is
none of its own. To serve another kind, write one and name it here.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from khasan.demo import listing, search, sitemaps, telegram
from khasan.demo.faults import Answer
from khasan.demo.outlets import OWN_KINDS, Kind, Outlet, Story
from khasan.demo.render import Document, Printer, picture
from khasan.demo.shelf import Shelf

_MOST_KEPT = 2000
_WRITING = ("feeds", "sitemaps", "listings")  # kinds of outlets that have pages; a channel has posts


def _feed(printer: Printer, shelf: Shelf) -> Document | None:
    if shelf.path != shelf.outlet.feed:
        return None
    return printer.feed(shelf.outlet, shelf.stories, shelf.number("paged", 1))


_SHOWS: Mapping[Kind, Callable[[Printer, Shelf], Document | Answer | None]] = MappingProxyType(
    {"feeds": _feed, "sitemaps": sitemaps.show, "listings": listing.show, "telegram": telegram.show}
)


class Site:
    """All outlets' sites, as they are set up now.

    Args:
        began: when the press began.
        port: the port in all addresses.
        stories: of all outlets, newest first.

    """

    def __init__(self, began: datetime, port: int, stories: Mapping[Outlet, tuple[Story, ...]]) -> None:
        self.printer = Printer(began, port)
        self._stories = {outlet.id: its for outlet, its in stories.items()}
        self._outlets = {outlet.id: outlet for outlet in stories}
        self._printed: dict[tuple[Any, ...], Document | Answer] = {}

    def set_up(self, id_: str) -> Outlet:
        """Return an outlet as it is set up now."""
        return self._outlets[id_]

    def alter(self, id_: str, changes: Mapping[str, Any]) -> None:
        """Set an outlet up otherwise from now on."""
        self._outlets[id_] = replace(self._outlets[id_], **changes)
        self._printed.clear()

    def answer(self, id_: str, path: str, query: str, round_: int, *, hollow: bool = False) -> Answer:
        """Answer a request to an outlet; ``hollow`` as if it had never published anything."""
        outlet = self._outlets[id_]
        if path == "/static/picture.svg":
            return Answer(HTTPStatus.OK, {"Content-Type": "image/svg+xml"}, picture(outlet))
        key = (id_, path, query, round_, hollow)
        shown = self._printed.get(key)
        if shown is None:
            shown = self._show(self._shelf(outlet, path, query, round_, hollow=hollow))
            if shown is None:
                missing = self.printer.missing(outlet)
                return Answer(HTTPStatus.NOT_FOUND, {"Content-Type": missing.content_type}, missing.body)
            if len(self._printed) >= _MOST_KEPT:  # queries may be anything
                self._printed.clear()
            self._printed[key] = shown
        return shown if isinstance(shown, Answer) else _answer(shown, outlet.max_age)

    def _shelf(self, outlet: Outlet, path: str, query: str, round_: int, *, hollow: bool) -> Shelf:
        def shown(id_: str) -> tuple[Story, ...]:
            return () if hollow else tuple(story for story in self._stories[id_] if story.round <= round_)

        elsewhere = [
            (other, story)
            for other in self._outlets.values()
            if not other.down and set(other.kinds) & set(_WRITING)
            for story in shown(other.id)
        ]
        began = self.printer.began
        elsewhere.sort(key=lambda found: (found[1].published(began), found[1].path), reverse=True)
        return Shelf(outlet, shown(outlet.id), round_, path, dict(parse_qsl(query)), tuple(elsewhere))

    def _show(self, shelf: Shelf) -> Document | Answer | None:
        """Set what stands under the shelf's path, None for nothing."""
        outlet, stories, printer = shelf.outlet, shelf.stories, self.printer
        if shelf.path == "/robots.txt":
            named = sitemaps.named_in_robots(printer, shelf) if "sitemaps" in outlet.kinds else ""
            return Answer(HTTPStatus.OK, {"Content-Type": "text/plain"}, (outlet.robots + named).encode())
        if shelf.path == "/":
            return printer.home(outlet, stories)
        for show in (*(_SHOWS[kind] for kind in OWN_KINDS if kind in outlet.kinds), search.show):
            shown = show(printer, shelf)
            if shown is not None:
                return shown
        first = tuple(story for story in stories if story.round == 1)
        return next((printer.page(outlet, story, first) for story in stories if story.path == shelf.path), None)


def unchanged(answer: Answer, headers: Mapping[str, str]) -> bool:
    """Whether a conditional request may be answered with 304; an entity tag goes before a date."""
    if answer.status != HTTPStatus.OK:
        return False
    tags = headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or answer.headers.get("ETag", "").removeprefix("W/") in known
    modified, since = answer.headers.get("Last-Modified"), headers.get("if-modified-since")
    if modified is None or since is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _answer(document: Document, max_age: int) -> Answer:
    headers = {
        "Content-Type": document.content_type,
        "ETag": f'"{hashlib.sha256(document.body).hexdigest()[:20]}"',
        "Last-Modified": format_datetime(document.modified.astimezone(UTC), usegmt=True),
        "Cache-Control": f"max-age={max_age}, must-revalidate",
    }
    return Answer(HTTPStatus.OK, headers, document.body)
