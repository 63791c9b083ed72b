"""The list of articles that an outlet of the demonstration press shows people, five a page."""

from khasan.demo.outlets import Outlet, Story
from khasan.demo.render import Document, Printer
from khasan.demo.shelf import Shelf

PATH = "/news/"
_PER_PAGE = 5


def how_to_read(outlet: Outlet, stories: tuple[Story, ...]) -> dict[str, str | int]:
    """Return the selectors for the list, as a source's ``listing``."""
    folder = stories[0].path.split("/")[1] if stories else "news"
    return {
        "item": "ol.news-list > li",
        "links": ".news-title a",
        "date": "time",
        "next": "a.next",
        "pattern": f"{outlet.host}:[0-9]+/{folder}/[^/?#]",
        "depth": 3,
    }


def show(printer: Printer, shelf: Shelf) -> Document | None:
    """Set a page of the list; None if the path is another one or the page is beyond the last."""
    if shelf.path != PATH:
        return None
    page = shelf.number("page", 1)
    stories = shelf.stories[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    if page > 1 and not stories:
        return None
    views = [printer.view(shelf.outlet, story) for story in stories]
    following = page + 1 if page * _PER_PAGE < len(shelf.stories) else 0
    text = printer.render(shelf.outlet, "list.html", stories=views, next_page=following)
    return printer.document(shelf.outlet, text, "text/html", views[0].published if views else None)
