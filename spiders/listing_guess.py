"""Guessing how a page of links is to be read, for somebody who adds a source: a proposal, to be looked at.

Links that stand in the same place of the markup are a group. The list of articles is the group of many links to this
site, with long titles, and addresses that look like those of articles.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING
from unicodedata import east_asian_width
from urllib.parse import urlsplit

from spiders.found import ReadContext, ReadFaultError
from spiders.listing_dates import listed_at
from spiders.listing_reader import read_listing
from spiders.page_links import base_address, link_address, link_titles
from spiders.page_tree import classes, line, matching, page_tree
from spiders.urls import canonical_url
from storage.model import Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

_MOST_LINKS = 5000
_FEW = 5  # articles are no list
_MANY = 40  # more are no better
_SHORT, _LONG = 20, 70  # characters of a title: less is a section's name, more is no better
_GROUPS = 3
_LEVELS = 5
_CANDIDATES = 80  # selectors tried for a group
_WIDE = 100  # links inside one article's element
_TRUST = 0.75  # how well a selector must fit
_HALF = 0.5
_STABLE = re.compile(
    r"(?!.*-sc-)[a-zA-Z][a-zA-Z_-]{1,40}\Z"
)  # no digits: generated names change with each release of a site
_PASSING = re.compile(
    r"(?:(?:^|[_-])(?:odd|even|first|last|active|current)|(?-i:[A-Z][A-Za-z]+-(?=[a-z]*[A-Z])[a-zA-Z]{5,7}))\Z",
    re.IGNORECASE,
)
_RESTLESS = 3  # changes of case in eight letters: no word
_CASE = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[a-z])")
_ASIDE = re.compile(
    r"(?:^|[_-])(?:nav|menu|foot(?:er)?|breadcrumbs?|tags?|social|share|related|popular|most|sidebar|aside|banner|promo)",
    re.IGNORECASE,
)
_NOT_CONTENT = frozenset({"nav", "footer", "aside"})
_ARTICLE_PATH = re.compile(
    r"\d{4,}|/\d{4}/\d{1,2}/|(?:[^/]+[-_]){3}|\.s?html?$|article|/news/.+|/story/", re.IGNORECASE
)
_NO_DATE = re.compile(r"duration|length|views|count", re.IGNORECASE)  # "03:15" is how long a video is
_STAMP = 40  # characters: more is a sentence with a date in it
_SHAPES = (r"/(?:19|20)\d\d/\d{1,2}/", r"/(?:19|20)\d{6}", r"\d{5,}", r"\d{3,}", r"\.s?html?(?:$|\?)")


@dataclass(frozen=True, slots=True)
class _Link:
    element: _Element
    address: str
    title: str


def suggest_listing(body: bytes, context: ReadContext) -> Listing | None:
    """The selectors by which this page gives its articles, as far as can be guessed; None if nothing convinces.

    What is returned has been tried: `read_listing` finds articles with it. Raises ReadFaultError if it is no page.
    """
    root, _ = page_tree(body, context.content_type)
    links = list(_site_links(root, context))
    groups: dict[str, list[_Link]] = defaultdict(list)
    for link in links:
        groups[_place(link.element)].append(link)
    ranked = sorted(groups.values(), key=_score, reverse=True)[:_GROUPS]
    for group in ranked:
        if _score(group) <= 0:
            break
        css = _links_selector(root, group, links)
        if css:
            found = _tried(body, context, _completed(root, Listing(css, pattern=_pattern(group)), group, context))
            if found is not None:
                return found
    return None


def _site_links(root: _Element, context: ReadContext) -> Iterator[_Link]:
    """Links to other pages of the same site that have words."""
    base, site = base_address(root, context.url), urlsplit(canonical_url(context.url)).netloc
    for element in islice(root.iter("a"), _MOST_LINKS):
        address = link_address(element, base, context.url)
        canonical = canonical_url(address) if address else ""
        title = next((text for kind, text in link_titles(element) if kind and text), "")
        if canonical and title and urlsplit(canonical).netloc == site:
            yield _Link(element, canonical, title)


def _names(element: _Element) -> list[str]:
    """The classes that an element will have tomorrow: none that are generated ("jmLvOv") or tell its turn ("odd")."""
    return [name for name in classes(element) if _STABLE.match(name) and not _passing(name)][:3]


def _passing(name: str) -> bool:
    last = re.split("[_-]", name)[-1]
    return bool(_PASSING.search(name)) or len(_CASE.findall(last[:8])) >= _RESTLESS


def _place(element: _Element) -> str:
    """Where in the markup a link stands: its own name and classes, and those of what it stands in."""
    return " ".join(
        f"{one.tag}.{'.'.join(_names(one)[:2])}" for one in [element, *islice(element.iterancestors(), _LEVELS - 1)]
    )


def _said(title: str) -> int:
    """How much a title says, in Latin letters: a syllable of Hangul or a Chinese character says as much as two."""
    return len(title) + sum(east_asian_width(one) in "WF" for one in title)


def _score(group: list[_Link]) -> float:
    """How much a group looks like a list of articles; 0 for what cannot be one."""
    titles = {link.address: link.title for link in group}
    length = median(_said(title) for title in titles.values())
    if len(titles) < _FEW or length < _SHORT or len(set(titles.values())) < len(titles) * _HALF:
        return 0
    shaped = sum(bool(_ARTICLE_PATH.search(urlsplit(address).path)) for address in titles) / len(titles)
    aside = 0.2 if _stands_aside(group[0].element) else 1.0
    return min(len(titles), _MANY) * min(length, _LONG) * (0.2 + shaped) * aside


def _stands_aside(element: _Element) -> bool:
    return any(
        one.tag in _NOT_CONTENT or any(_ASIDE.search(name) for name in classes(one)) for one in element.iterancestors()
    )


def _forms(element: _Element) -> Iterator[str]:
    """How one element may be selected, the plainest first."""
    yield str(element.tag)
    for name in _names(element):
        yield f"{element.tag}.{name}"


def _candidates(element: _Element) -> Iterator[str]:
    """Selectors that match a link, by itself and by what it stands in."""
    own = list(_forms(element))
    yield from own[1:]
    above = [list(_forms(one)) for one in islice(element.iterancestors(), _LEVELS) if one.tag not in {"body", "html"}]
    for forms in above:
        yield from (f"{form} {last}" for form in forms for last in own)
    for outer in above[1:]:
        yield from (f"{form} {inner} a" for form in outer[1:] for inner in above[0])


def _matched(root: _Element, css: str, by_element: dict[_Element, str]) -> set[str]:
    return {by_element[one] for one in matching(css, root) if one in by_element}


def _links_selector(root: _Element, group: list[_Link], links: list[_Link]) -> str:
    """The selector that fits a group best: all of it, and little else. A short title is what is not wanted."""
    by_element = {link.element: link.address for link in links}
    wanted = {link.address for link in group}
    alike = wanted | {
        one.address for one in links if _said(one.title) >= _SHORT and _ARTICLE_PATH.search(urlsplit(one.address).path)
    }
    best, css = 0.0, ""
    tried = dict.fromkeys(
        one for link in (group[0], group[len(group) // 2], group[-1]) for one in _candidates(link.element)
    )
    for candidate in islice(tried, _CANDIDATES):
        got = _matched(root, candidate, by_element)
        fit = (
            len(got & wanted) / len(wanted) * len(got & alike) / len(got) + 0.2 * len(got & wanted) / len(got | wanted)
            if got
            else 0
        )
        fit -= 0.005 * candidate.count(" ")
        if fit > best:
            best, css = fit, candidate
    return css if best >= _TRUST else ""


def _pattern(group: Iterable[_Link]) -> str:
    """What all addresses of a group have in common: the first part of the path, and a shape further on."""
    paths = {link.address.partition("//")[2].partition("/")[2] for link in group}
    first = {path.partition("/")[0] for path in paths}
    part = next(iter(first)) if len(first) == 1 and all("/" in path for path in paths) else ""
    start = rf"//[^/]+/{re.escape(part)}/" if part else ""
    rest = [f"/{path.removeprefix(part).lstrip('/')}" for path in paths]
    shape = next((one for one in _SHAPES if all(re.search(one, path) for path in rest)), "")
    if not (start and shape):
        return start or shape
    return f"{start}(?:.*/)?{shape[1:]}" if shape.startswith("/") else f"{start}.*{shape}"


def _completed(root: _Element, listing: Listing, group: list[_Link], context: ReadContext) -> Listing:
    """With the element that is an article and the time in it, if most have one."""
    scopes = [scope for link in group if (scope := _scope(link, group)) is not None]
    dates = Counter(css for scope in scopes for css in _date_selectors(scope, context))
    items = Counter(css for scope in scopes for css in _forms(scope))
    if not dates or dates.most_common(1)[0][1] < _HALF * len(group):
        return listing
    wanted = len({link.address for link in group})
    fitting = [
        css for css, count in items.most_common(8) if count >= _HALF * wanted and len(matching(css, root)) <= 2 * wanted
    ]
    return replace(listing, item=fitting[0], date=dates.most_common(1)[0][0]) if fitting else listing


def _scope(link: _Link, group: list[_Link]) -> _Element | None:
    """The largest element around a link that holds no other article's."""
    others = {one.element for one in group if one.address != link.address}
    held = None
    for above in islice(link.element.iterancestors(), _LEVELS):
        inside = list(islice(above.iter("a"), _WIDE))
        if len(inside) == _WIDE or not others.isdisjoint(inside):
            break
        held = above
    return held


def _date_selectors(scope: _Element, context: ReadContext) -> Iterator[str]:
    """A selector of what can be read as a time inside an article's element."""
    for one in islice([*scope.iter("time"), *islice(scope.iter(), 100)], 110):
        names = _names(one)
        if one.tag == "time" or (names and one.tag != "a" and not _NO_DATE.search(names[0])):
            said = one.get("datetime") or line(one, most=200)
            if len(said) <= _STAMP and listed_at(said, context.now, context.zone, context.language) is not None:
                yield "time" if one.tag == "time" else f"{one.tag}.{names[0]}"
                return


def _tried(body: bytes, context: ReadContext, listing: Listing) -> Listing | None:
    """The proposal if it finds articles with titles, without item and date if it finds fewer by them."""
    plain = replace(listing, item="", date="")
    found = {one: _count(body, context, one) for one in {listing, plain}}
    best = listing if found[listing] >= 0.9 * found[plain] else plain  # a partner's letter has no time
    return best if found[best] >= _FEW else None


def _count(body: bytes, context: ReadContext, listing: Listing) -> int:
    try:
        return sum(_said(one.title) >= _SHORT for one in read_listing(body, context, listing).entries)
    except ReadFaultError:
        return 0
