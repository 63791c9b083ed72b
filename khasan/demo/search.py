"""Search over all outlets of the demonstration press, in the manners of GDELT's DOC 2.0 and of a news search's RSS.

A story is found when its headline or summary contains any of the words asked for; words in quotes stay together, OR
is understood and changes nothing. Outlets that are no more than a channel are not searched.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from khasan.demo.faults import Answer
from khasan.demo.outlets import Outlet
from khasan.demo.render import Document, Printer, View
from khasan.demo.shelf import Shelf

GDELT = "/api/v2/doc/doc"
RSS = "/search/rss"
PATHS = (GDELT, RSS)
TOO_SOON = Answer(
    HTTPStatus.TOO_MANY_REQUESTS,
    {"Content-Type": "text/plain; charset=utf-8"},
    b"Please limit requests to one every 5 seconds or ask us for larger queries.\n",
)

_LANGUAGES = {"en": "English", "uk": "Ukrainian", "ru": "Russian", "ko": "Korean"}
_COUNTRIES = {
    "AU": "Australia",
    "CA": "Canada",
    "GB": "United Kingdom",
    "KR": "South Korea",
    "RU": "Russia",
    "UA": "Ukraine",
}
_TERM = re.compile(r'"([^"]+)"|([^\s()"]+)')
_LEAST_LETTERS = 3
_RECORDS, _MOST_RECORDS = 75, 250
_QUARTER = timedelta(minutes=15)
_SPAN = re.compile(r"(\d{1,4})(min|h|d|w)[a-z]*")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def show(printer: Printer, shelf: Shelf) -> Document | Answer | None:
    """Answer a search; None if the path is none of a search's."""
    if shelf.path == GDELT:
        return _gdelt(printer, shelf)
    if shelf.path == RSS:
        words = shelf.query.get("q", "")
        found = _found(printer, shelf, words)
        newest = found[0][1].published if found else None
        text = printer.render(shelf.outlet, "search.xml", words=words, found=found)
        return printer.document(shelf.outlet, text, "application/xml", newest, encoding="utf-8")
    return None


def _gdelt(printer: Printer, shelf: Shelf) -> Document | Answer:
    """Answer as GDELT does: faults come with status 200 as a line of text, and nothing found is an empty object."""
    words = shelf.query.get("query", "")
    if len("".join(words.split())) < _LEAST_LETTERS:
        return _refusal("The specified phrase is too short.")
    if shelf.query.get("mode", "artlist").lower() != "artlist" or shelf.query.get("format", "").lower() != "json":
        return _refusal("Invalid mode or format.")
    since = printer.began - _span(shelf.query.get("timespan", ""))
    found = [found for found in _found(printer, shelf, words) if found[1].published > since]
    found = found[: min(shelf.number("maxrecords", _RECORDS), _MOST_RECORDS)]
    articles = [_article(outlet, view) for outlet, view in found]
    text = json.dumps({"articles": articles} if articles else {}, ensure_ascii=False, indent=1)
    newest = found[0][1].published if found else None
    return printer.document(shelf.outlet, text, "application/json", newest, encoding="utf-8")


def _span(words: str) -> timedelta:
    """Return how far back a search looks: what it says, as ``15min``, ``24h``, ``1d`` or ``2w``, or three months."""
    match = _SPAN.fullmatch(words.lower())
    return int(match[1]) * _UNITS[match[2]] if match else timedelta(days=90)


def _refusal(words: str) -> Answer:
    return Answer(HTTPStatus.OK, {"Content-Type": "text/html; charset=utf-8"}, f"{words}\n".encode())


def _found(printer: Printer, shelf: Shelf, words: str) -> list[tuple[Outlet, View]]:
    """Return the stories found, newest first."""
    terms = [quoted or single for quoted, single in _TERM.findall(words.casefold())]
    wanted = [term for term in terms if term not in ("or", "and") and ":" not in term]
    return [
        (outlet, printer.view(outlet, story))
        for outlet, story in shelf.elsewhere
        if any(term in f"{story.title} {story.summary}".casefold() for term in wanted)
    ]


def _article(outlet: Outlet, view: View) -> dict[str, str]:
    return {
        "url": view.url,
        "url_mobile": "",
        "title": view.story.title,
        "seendate": f"{_seen(view.published):%Y%m%dT%H%M%SZ}",
        "socialimage": f"{view.home}static/picture.svg" if view.story.photo else "",
        "domain": outlet.host,
        "language": _LANGUAGES[outlet.language],
        "sourcecountry": _COUNTRIES.get(outlet.country, ""),
    }


def _seen(published: datetime) -> datetime:
    """Return the quarter of an hour in which a story was seen, by its beginning."""
    moment = published.astimezone(UTC)
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % _QUARTER
