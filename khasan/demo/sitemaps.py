"""Sitemaps of the demonstration press: an index, one for news, plain ones by the month, and the news one gzipped."""

import gzip
from dataclasses import replace
from datetime import UTC, timedelta

from khasan.demo.render import Document, Printer, View
from khasan.demo.shelf import Shelf

INDEX = "/sitemap.xml"
NEWS = "/sitemap-news.xml"
PACKED = "/sitemap-news.xml.gz"
_MONTH = "/sitemaps/post-{:%Y-%m}.xml"
_NEWS_AGE = timedelta(hours=48)  # a news sitemap holds two days


def named_in_robots(printer: Printer, shelf: Shelf) -> str:
    """Return what robots.txt says of the sitemaps."""
    base = printer.base(shelf.outlet)
    return f"Sitemap: {base}{INDEX}\nSitemap: {base}{NEWS}\n"


def show(printer: Printer, shelf: Shelf) -> Document | None:
    """Set the sitemap under the shelf's path; None if there is none. Sitemaps are in UTF-8 whatever the outlet writes."""
    views = [printer.view(shelf.outlet, story) for story in shelf.stories]
    recent = [view for view in views if printer.began - view.published < _NEWS_AGE]
    months: dict[str, list[View]] = {}
    for view in views:
        months.setdefault(_MONTH.format(view.published.astimezone(UTC)), []).append(view)
    if shelf.path == INDEX:
        parts = {NEWS: recent, **months}
        named = [(path, its[0].iso) for path, its in parts.items() if its]
        return _document(printer, shelf, "sitemap_index.xml", views, sitemaps=named)
    if shelf.path == NEWS:
        return _document(printer, shelf, "sitemap_news.xml", recent, stories=recent)
    if shelf.path == PACKED:
        plain = _document(printer, shelf, "sitemap_news.xml", recent, stories=recent)
        return replace(plain, body=gzip.compress(plain.body, mtime=0), content_type="application/gzip")
    if shelf.path in months:
        return _document(printer, shelf, "sitemap.xml", months[shelf.path], stories=months[shelf.path])
    return None


def _document(printer: Printer, shelf: Shelf, template: str, views: list[View], **values: object) -> Document:
    text = printer.render(shelf.outlet, template, **values)
    modified = views[0].published if views else None
    return printer.document(shelf.outlet, text, "application/xml", modified, encoding="utf-8")
