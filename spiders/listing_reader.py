"""Reading a page of links by CSS selectors: a site's own list of its articles, where it has no feed.

What stops matching must not look like a quiet day: a selector that finds nothing is a fault that names it. The same
article linked twice, by picture and by headline, is one entry.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from spiders.extract.decode import encoding_of
from spiders.found import MAX_KEY, Found, ReadContext, ReadFaultError, make_entry
from spiders.listing_dates import listed_at
from spiders.page_links import CHOSEN, HEADLINE, MOST_INSIDE, NOTHING, anchors, base_address, link_address, link_titles
from spiders.page_tree import SelectorFaultError, escaped, line, matching, page_tree, quoted, selector
from spiders.urls import canonical_url
from storage.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

    from storage.model import Entry, Listing, Published

MAX_DEPTH = 50
_CROWD = 5  # different addresses inside what should be one article
_LONGEST = 1000  # characters of an address that a pattern sees: a bad pattern takes its time
_FULL = 10  # articles: a list of fewer may be the whole, and have no further pages
_TELLING = 16  # characters from which words are a headline rather than "Politics" or "12 comments"


@dataclass(slots=True)
class _Article:
    """What several links say of one address."""

    url: str
    titles: list[tuple[int, str]] = field(default_factory=list)
    published: Published | None = None

    def title(self) -> str:
        """The first telling title of the best kind there is, else the longest."""
        best = max((kind for kind, text in self.titles if text), default=NOTHING)
        texts = [text for kind, text in self.titles if kind == best and text]
        return next((text for text in texts if len(text) >= _TELLING), max(texts, key=len, default=""))


@dataclass(slots=True)
class _Tally:
    """What was seen on the way, for the messages."""

    links: list[str] = field(default_factory=list)  # addresses before the pattern
    useless: list[str] = field(default_factory=list)
    titled: bool = False
    dated: int = 0
    undated: list[str] = field(default_factory=list)  # what could not be read
    crowd: int = 0


def read_listing(body: bytes, context: ReadContext, listing: Listing) -> Found:
    """The articles that a page links to, in its order. Raises ReadFaultError where the selectors match nothing."""
    root, cut = page_tree(body, context.content_type)
    base = base_address(root, context.url)
    tally = _Tally()
    try:
        articles = _articles(root, base, context, listing, tally)
        next_url, lost = _next_url(root, base, context, listing)
    except (SelectorFaultError, re.error, etree.LxmlError) as error:
        raise ReadFaultError(Outcome.PARSE_FAULT, f"the selectors cannot be used: {error}") from error
    if not articles:
        raise ReadFaultError(Outcome.PARSE_FAULT, _nothing(listing, tally))
    found = [_entry(canonical, one, context) for canonical, one in islice(articles.items(), context.max_entries)]
    entries = tuple(one for one in found if not isinstance(one, str))
    faults = [*cut, *(one for one in found if isinstance(one, str)), *_faults(entries, listing, tally)]
    if len(articles) >= _FULL:
        faults += lost
    if len(articles) > context.max_entries:
        faults.append(f"{len(articles)} links, the first {context.max_entries} were read")
    encoding = encoding_of(body, context.content_type or None)
    return Found(entries, tuple(faults), whole=not cut, next_url=next_url, encoding=encoding)


def check_listing(listing: Listing) -> list[str]:
    """What is wrong with the selectors, the pattern and the depth, each beginning with the key: for the configuration."""
    faults = [] if listing.links.strip() else ['links: a CSS selector is missing, such as "h2 a"']
    for key in ("item", "links", "title", "date", "next"):
        css = getattr(listing, key)
        if css.strip():
            try:
                selector(css)
            except SelectorFaultError as error:
                faults.append(f"{key}: {error}")
    try:
        re.compile(listing.pattern)
    except (re.error, RecursionError, OverflowError) as error:
        faults.append(f"pattern: {quoted(listing.pattern)} is no regular expression ({error})")
    if not 1 <= listing.depth <= MAX_DEPTH:
        faults.append(f"depth: {listing.depth} is not between 1 and {MAX_DEPTH}")
    return faults


def _articles(root: _Element, base: str, context: ReadContext, listing: Listing, tally: _Tally) -> dict[str, _Article]:
    """Articles by canonical address, in the page's order."""
    pattern = re.compile(listing.pattern)
    articles: dict[str, _Article] = {}
    for scope, matched in _scopes(root, listing):
        links = list(islice(_links(matched, base, context.url, tally), MOST_INSIDE))
        fitting = [(url, link) for url, link in links if pattern.search(url[:_LONGEST])]
        if not fitting:
            continue
        canonical = canonical_url(_chosen(fitting))
        same = [(url, link) for url, link in fitting if canonical_url(url) == canonical]
        article = articles.setdefault(canonical, _Article(min((url for url, _ in same), key=len)))
        article.titles += _titles(scope, [link for _, link in same], listing, tally)
        article.published = article.published or _published(scope, context, listing, tally)
        tally.crowd = max(tally.crowd, len({other for other, _ in fitting}))
    return articles


def _chosen(links: list[tuple[str, _Element]]) -> str:
    """Which of the links in an article's element leads to it: not to its section or its author, if that can be told."""
    if len({url for url, _ in links}) > 1:
        titles = [(url, kind, text) for url, link in links for kind, text in islice(link_titles(link), 1)]
        headlines = [url for url, kind, _ in titles if kind == HEADLINE]
        telling = [url for url, kind, text in titles if kind and len(text) >= _TELLING]
        return next(iter([*headlines, *telling]), links[0][0])
    return links[0][0]


def _scopes(root: _Element, listing: Listing) -> list[tuple[_Element, list[_Element]]]:
    """Elements that are one article each, with what `links` matches there. Raises ReadFaultError if there are none."""
    if not listing.item.strip():
        matched = matching(listing.links, root)
        if not matched:
            raise _redesigned("links", listing.links)
        return [(one, [one]) for one in matched]
    items = matching(listing.item, root)
    if not items:
        raise _redesigned("item", listing.item)
    scopes = [(one, matching(listing.links, one)) for one in items]
    if not any(matched for _, matched in scopes):
        elsewhere = len(matching(listing.links, root))
        outside = f", but {elsewhere} elements outside them" if elsewhere else ""
        message = (
            f"links: {quoted(listing.links)} matches nothing inside the {len(items)} elements that item "
            f"{quoted(listing.item)} matches{outside}; the page may have been redesigned"
        )
        raise ReadFaultError(Outcome.PARSE_FAULT, message)
    return scopes


def _redesigned(key: str, css: str) -> ReadFaultError:
    message = f"{key}: {quoted(css)} matches nothing on this page; it may have been redesigned"
    return ReadFaultError(Outcome.PARSE_FAULT, message)


def _links(matched: list[_Element], base: str, page: str, tally: _Tally) -> Iterator[tuple[str, _Element]]:
    """The links that these elements are, hold, or stand in."""
    for element in matched:
        for link in islice(anchors(element), MOST_INSIDE):
            url = link_address(link, base, page)
            if url:
                tally.links.append(url)
                yield url, link
            else:
                tally.useless.append(link.get("href") or "")


def _titles(scope: _Element, links: list[_Element], listing: Listing, tally: _Tally) -> Iterator[tuple[int, str]]:
    if listing.title.strip():
        said = next((text for one in matching(listing.title, scope) if (text := line(one))), "")
        tally.titled = tally.titled or bool(said)
        yield CHOSEN, said
    for link in links:
        yield from link_titles(link)


def _published(scope: _Element, context: ReadContext, listing: Listing, tally: _Tally) -> Published | None:
    """The first time inside an article's element that can be read."""
    if not listing.date.strip():
        return None
    said = ""
    for one in matching(listing.date, scope)[:5]:
        for text in (one.get("datetime"), one.get("content"), line(one), one.get("title")):
            found = listed_at(text, context.now, context.zone, context.language) if text else None
            if found is not None:
                tally.dated += 1
                return found
            said = said or (text or "").strip()
    if said:
        tally.undated.append(said)
    return None


def _entry(canonical: str, article: _Article, context: ReadContext) -> Entry | str:
    key = canonical
    if len(key) > MAX_KEY:  # two long addresses may differ in their ends alone
        key = f"{key[: MAX_KEY - 65]} {hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"
    title = escaped(article.title())
    return make_entry(context, key=key, link=article.url, title=title, markup="", published=article.published)


def _nothing(listing: Listing, tally: _Tally) -> str:
    """Why there is not one article although the selectors match."""
    shown = " and ".join(quoted(one) for one in list(dict.fromkeys(tally.links or tally.useless))[:2])
    if tally.links:
        return f"pattern: {quoted(listing.pattern)} fits none of {len(set(tally.links))} addresses (such as {shown})"
    if tally.useless:
        return f"links: {quoted(listing.links)} matches links, but none to another page (only {shown})"
    return f"links: {quoted(listing.links)} matches elements, but none is or holds a link; the page may have been redesigned"


def _faults(entries: tuple[Entry, ...], listing: Listing, tally: _Tally) -> Iterator[str]:
    """What a person should look at although there are articles."""
    where = f'inside "{listing.item}"' if listing.item.strip() else "inside the links; it may need an item"
    if listing.title.strip() and not tally.titled:
        yield f"title: {quoted(listing.title)} matches nothing {where}; the links' own words were taken"
    elif not any(one.title for one in entries):
        yield "no link has words: the articles have no titles"
    if listing.date.strip() and not tally.dated and not tally.undated:
        yield f"date: {quoted(listing.date)} matches nothing {where}"
    elif tally.undated:
        yield f"date: {len(tally.undated)} of {tally.dated + len(tally.undated)} cannot be read (such as {quoted(tally.undated[0])})"
    if tally.crowd > _CROWD:
        yield f"links: one element holds {tally.crowd} links, of which the first was taken; name the links themselves"


def _next_url(root: _Element, base: str, context: ReadContext, listing: Listing) -> tuple[str, tuple[str, ...]]:
    """Where older articles are, if they are wanted, and a fault if the selector for that matches no link."""
    if listing.depth <= 1:
        return "", ()
    if listing.next.strip():
        links: Iterable[_Element] = (link for one in matching(listing.next, root) for link in anchors(one))
        lost: tuple[str, ...] = (
            f"next: {quoted(listing.next)} matches no link on this page: older articles were not read",
        )
    else:
        links = (one for one in root.iter("link", "a") if "next" in (one.get("rel") or "").lower().split())
        lost = ()
    found = next((url for one in links if (url := link_address(one, base, context.url))), "")
    return found, () if found else lost
