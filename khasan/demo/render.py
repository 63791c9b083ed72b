"""The documents of the demonstration press: feeds, article pages, home pages. Other lists have modules of their own.

All is a function of the stories, the beginning and the port, so that a second press with the same gives the same bytes.
The times of day come from the stories alone; the clock is never asked.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from khasan.demo.outlets import Labels, Outlet, Story, load_labels

_FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
_RELATED = 3
_MOST_READ = 4


@dataclass(frozen=True)
class Document:
    """Something served: its bytes, their type and when they last changed."""

    body: bytes
    content_type: str
    modified: datetime


@dataclass(frozen=True)
class View:
    """A story as the templates see it."""

    story: Story
    home: str
    url: str
    link: str
    published: datetime
    shown: str

    @property
    def rfc822(self) -> str:
        """The time of publication as RSS has it."""
        return format_datetime(self.published)

    @property
    def iso(self) -> str:
        """The time of publication as all others have it."""
        return self.published.isoformat()


class Printer:
    """Sets the documents of all outlets.

    Args:
        began: when the press began; all times of publication are relative to it.
        port: the port in all addresses.

    """

    def __init__(self, began: datetime, port: int) -> None:
        self.began = began
        self.port = port
        self._labels = load_labels()
        self._templates = jinja2.Environment(
            loader=jinja2.FunctionLoader(_template),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def base(self, outlet: Outlet) -> str:
        """Return the address of an outlet, without a slash at its end."""
        return f"http://{outlet.host}:{self.port}"

    def url(self, outlet: Outlet, story: Story) -> str:
        """Return the canonical address of a story."""
        return self.base(outlet) + story.path

    def feed(self, outlet: Outlet, stories: tuple[Story, ...], page: int = 1) -> Document | None:
        """Set a page of the outlet's feed, from these stories, newest first; None if there is no such page.

        Atom and JSON Feed name the next page; RSS does not, and readers have to know of ``paged``.
        """
        size = outlet.window or max(len(stories), 1)
        if page > 1 and (page - 1) * size >= len(stories):
            return None
        views = [self.view(outlet, story) for story in stories[(page - 1) * size : page * size]]
        address = self.base(outlet) + outlet.feed
        following = f"{address}?paged={page + 1}" if page * size < len(stories) else ""
        updated = views[0].published if views else self.began
        if outlet.format == "json":
            text = self._json_feed(outlet, views, following)
        else:
            text = self.render(
                outlet,
                f"{outlet.format}.xml",
                stories=views,
                following=following,
                rfc822=format_datetime(updated),
                updated=updated.isoformat(),
            )
        return self.document(outlet, text, _FEED_TYPES[outlet.format], updated)

    def page(self, outlet: Outlet, story: Story, others: tuple[Story, ...]) -> Document:
        """Set the page of a story; ``others`` fill its related links and its list of the most read."""
        view = self.view(outlet, story)
        views = [self.view(outlet, other) for other in others if other is not story]
        text = self.render(
            outlet,
            f"{outlet.template}.html",
            it=view,
            story=story,
            related=views[:_RELATED],
            most_read=views[-_MOST_READ:],
            linked_data=self._linked_data(outlet, view),
        )
        return self.document(outlet, text, "text/html", view.published)

    def home(self, outlet: Outlet, stories: tuple[Story, ...]) -> Document:
        """Set the outlet's front page, which lists these stories and names its feed."""
        views = [self.view(outlet, story) for story in stories]
        text = self.render(outlet, "home.html", stories=views)
        return self.document(outlet, text, "text/html", views[0].published if views else None)

    def missing(self, outlet: Outlet) -> Document:
        """Set the page for an address where there is nothing."""
        return self.document(outlet, self.render(outlet, "missing.html"), "text/html", self.began)

    def render(self, outlet: Outlet, template: str, **values: Any) -> str:
        """Fill a template of ``pages/`` with these values and what every one of them needs."""
        return self._templates.get_template(template).render(
            outlet=outlet,
            labels=self._labels[outlet.language],
            base=self.base(outlet),
            feed_type=_FEED_TYPES[outlet.format],
            **values,
        )

    def document(
        self, outlet: Outlet, text: str, content_type: str, modified: datetime | None, *, encoding: str = ""
    ) -> Document:
        """Make a document of a text, in the outlet's encoding or another; without a time it is as old as the press."""
        encoding = encoding or outlet.encoding
        body = text.encode(encoding, errors="xmlcharrefreplace")
        return Document(body, f"{content_type}; charset={encoding}", modified or self.began)

    def view(self, outlet: Outlet, story: Story) -> View:
        """Show a story as the templates see it."""
        url = self.url(outlet, story)
        published = story.published(self.began).astimezone(ZoneInfo(outlet.zone))
        link = f"{url}?{outlet.tracking}" if outlet.tracking else url
        return View(
            story, self.base(outlet) + "/", url, link, published, _shown(published, self._labels[outlet.language])
        )

    def _json_feed(self, outlet: Outlet, views: list[View], following: str) -> str:
        """Write the stories as JSON Feed 1.1."""
        items = [
            {
                "id": view.url,
                "url": view.link,
                "title": view.story.title,
                "summary": view.story.summary,
                "content_text": "\n\n".join(view.story.paragraphs) if outlet.full_text else view.story.summary,
                "date_published": view.iso,
                "authors": [{"name": view.story.author}],
                "tags": [view.story.section],
            }
            for view in views
        ]
        feed: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": outlet.name,
            "home_page_url": self.base(outlet) + "/",
            "feed_url": self.base(outlet) + outlet.feed,
            "description": outlet.motto,
            "language": outlet.language,
            "items": items,
        }
        if following:
            feed["next_url"] = following
        return json.dumps(feed, ensure_ascii=False, indent=1)

    def _linked_data(self, outlet: Outlet, view: View) -> dict[str, Any]:
        """Describe the story as schema.org's NewsArticle."""
        return {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": view.story.title,
            "description": view.story.summary,
            "datePublished": view.iso,
            "dateModified": view.iso,
            "inLanguage": outlet.language,
            "articleSection": view.story.section,
            "mainEntityOfPage": {"@type": "WebPage", "@id": view.url},
            "author": {"@type": "Person", "name": view.story.author},
            "publisher": {"@type": "Organization", "name": outlet.name, "url": self.base(outlet) + "/"},
        }


def picture(outlet: Outlet) -> bytes:
    """Draw the one picture of an outlet: hills and a railway line in its colour."""
    return _source("picture.svg").replace("#colour", outlet.colour).encode()


def _shown(moment: datetime, labels: Labels) -> str:
    """Write a time as readers of the language see it on pages."""
    month = labels.months[moment.month - 1] if labels.months else str(moment.month)
    clock = f"{moment:%H:%M}"
    return labels.date.format(day=moment.day, month=month, year=moment.year, clock=clock)


def _template(name: str) -> tuple[str, None, None]:
    """Give jinja a template from the package's data."""
    return _source(name), None, None


def _source(name: str) -> str:
    return (resources.files(__package__) / "pages" / name).read_text(encoding="utf-8")
