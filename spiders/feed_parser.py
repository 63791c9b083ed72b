"""feedparser's two parsers without what we do not keep, and with bounds on what a hostile feed can make them do.

Categories, which feedparser keeps in a list that it searches anew for each of them, are passed over. What one of its
handlers trips over costs the element, not the feed. The strict parser is asked first, the loose one reads what is not
well-formed.
"""

from __future__ import annotations

import html
import html.entities
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException
from xml.sax.expatreader import create_parser
from xml.sax.handler import feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

from feedparser.api import LooseFeedParser, StrictFeedParser

from spiders.markup import plain_line
from spiders.urls import web_address

MAX_BASE = 250  # characters of an xml:base
MAX_LANGUAGE = 50
MAX_ATTRIBUTES = 100
MAX_NAMESPACES = 100  # all of them are looked through at every tag of an unknown one
MAX_ENTITIES = 300
_SHORT = {"published": 100, "updated": 100, "created": 100, "expired": 100, "validity": 100, "hour": 20, "day": 20}
_FULL_TEXTS = frozenset({"full-text", "fulltext", "full_text"})
_SLIPS = (KeyError, IndexError, TypeError, ValueError)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]{1,50})\s+(?:"([^"<>&%]{0,60}|&\#\w{1,10};)"|'([^"'<>&%]{0,60}|&\#\w{1,10};)')\s*>""")  # fmt: skip
_SUBSET_END = re.compile(r"\]\s*>")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z]{2,8}[0-9]{0,2});")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What feedparser made of a feed. `fault` says why it is not well-formed, in a few words."""

    entries: list[dict[str, Any]]
    feed: dict[str, Any]
    version: str
    fault: str
    skip_hours: tuple[str, ...]
    skip_days: tuple[str, ...]


def parse(text: str, url: str) -> Parsed:
    """What feedparser makes of a feed's text. Relative addresses stay so, but for those with an xml:base."""
    prolog, root = split_prolog(text)
    entities = dict(_entities(prolog))
    root = _NAMED.sub(lambda match: _named(match, entities), root)
    fault = ""
    parser: Any = _Strict(url)
    try:
        _feed_strictly(parser, _doctype(entities) + root)
    except SAXException as error:
        fault = plain_line(f"{type(error).__name__}: {error}")[:200]
        parser = _Loose(url, {name: html.unescape(value) for name, value in entities.items()})
        parser.feed(root)
    return Parsed(
        [one for one in parser.entries if isinstance(one, dict)],
        parser.feeddata,
        str(parser.version),
        fault,
        tuple(parser.hours),
        tuple(parser.days),
    )


def split_prolog(text: str) -> tuple[str, str]:
    """What stands before the first element, and the rest."""
    at = text.find("<")
    while at >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4)
        elif text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!", at):
            end = _declaration_end(text, at)
        else:
            return text[:at], text[at:]
        at = text.find("<", end) if end >= 0 else -1
    return "", text


def _declaration_end(text: str, at: int) -> int:
    end = text.find(">", at)
    if text.find("[", at, end) < 0:
        return end
    subset = _SUBSET_END.search(text, at)
    return subset.start() if subset else -1


def _entities(prolog: str) -> list[tuple[str, str]]:
    """Entities that stand for a word or a character: the ones of honest feeds, and no bomb can be made of them."""
    found = _ENTITY.findall(prolog) if "<!ENTITY" in prolog else []
    return [(name, one or other) for name, one, other in found[:MAX_ENTITIES]]


def _doctype(entities: dict[str, str]) -> str:
    declared = "".join(f'<!ENTITY {name} "{value}">' for name, value in entities.items())
    return f"<!DOCTYPE feed [{declared}]>" if declared else ""


def _named(reference: re.Match[str], entities: dict[str, str]) -> str:
    """The character that HTML means by a name: XML has five names, and feeds use them all."""
    code = None if reference[1] in entities else html.entities.name2codepoint.get(reference[1])
    return reference[0] if code is None else chr(code)


def _known(tag: str) -> str:
    """The name under which feedparser knows a whole text that is meant for an aggregator: Yandex, Rambler, Mail.ru, ukr.net."""
    return "fullitem" if tag.rpartition(":")[2] in _FULL_TEXTS else tag


def _taken_out(name: str, value: str) -> bool:
    """Whether feedparser is not to see an attribute."""
    return name in {"xml:base", "base"} or (name in {"xml:lang", "lang"} and len(value) > MAX_LANGUAGE)


def _feed_strictly(parser: Any, text: str) -> None:
    reader = create_parser()  # noqa: S315 - external entities are off, and no declaration of a stranger's is handed to it
    reader.setFeature(feature_namespaces, True)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    reader.feed(text.encode("utf-8", "replace"))
    reader.close()


_Either: Any = object  # the strict parser or the loose one: what _Bounds is put before


class _Bounds(_Either):  # type: ignore[misc]
    """What both parsers do otherwise than feedparser's. The names are feedparser's.

    feedparser is told of no base: it joins it with itself at every tag.
    """

    can_be_relative_uri = frozenset({"link", "href", "url"})  # ids are names: a feed that moves keeps them

    def __init__(self, home: str, *rest: Any) -> None:
        self.home = home
        self.bases = [""]
        self.hours: list[str] = []
        self.days: list[str] = []
        super().__init__("", None, "utf-8", *rest)
        self.resolve_relative_uris = self.sanitize_html = False

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        """An element begins."""
        tag = _known(tag)
        base = self.bases[-1]
        if attrs:
            said = next((value for name, value in attrs if name.lower() in {"xml:base", "base"}), "")
            if 0 < len(said) <= MAX_BASE:
                base = web_address(said, base or self.home)[:MAX_BASE] or base
            attrs = [(name, value) for name, value in attrs if not _taken_out(name.lower(), value)]
        self.bases.append(base)
        with suppress(*_SLIPS):
            super().unknown_starttag(tag, attrs)

    def unknown_endtag(self, tag: str) -> None:
        """An element ends."""
        depth = self.depth
        try:
            super().unknown_endtag(_known(tag))
        except _SLIPS:
            if self.depth == depth:  # as it would have been
                self.depth -= 1
                del self.basestack[-1:], self.langstack[-1:]
        if len(self.bases) > 1:
            self.bases.pop()

    def resolve_uri(self, uri: str) -> str:
        """An address made absolute, if there is an xml:base."""
        try:
            return urljoin(self.bases[-1], uri)
        except ValueError:
            return ""

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        """A namespace is declared."""
        if len(self.namespaces_in_use) < MAX_NAMESPACES or uri.lower() in self._matchnamespaces:
            super().track_namespace(prefix, uri)

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        """The text of the element that ends."""
        if self.elementstack and self.elementstack[-1][0] == element:
            pieces = self.elementstack[-1][2]
            if isinstance(pieces, str):  # feedparser's way with CDF
                pieces = self.elementstack[-1][2] = [pieces]
            if len(pieces) > 1:  # feedparser takes blank ones away one by one from the left
                del pieces[: next((n for n, one in enumerate(pieces) if one.strip()), len(pieces) - 1)]
            if element in _SHORT:  # it is looked at with expressions that take their time
                whole = "".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in pieces)
                pieces[:] = [whole[: _SHORT[element]]]
        return super().pop(element, strip_whitespace)

    def _add_tag(self, _term: Any, _scheme: Any, _label: Any) -> None:
        """A category: none are kept, but the list is looked for."""
        self._get_context().setdefault("tags", [])

    def _sync_author_detail(self, key: str = "author") -> None:
        """A name that was written without elements of its own. Addresses in it are taken away later."""
        context = self._get_context()
        people, name = context.get(f"{key}s"), context.get(key)
        if people and isinstance(people, list) and not people[-1] and isinstance(name, str):
            people[-1]["name"] = name

    def _start_hour(self, _attributes: Any) -> None:
        self.push("hour", 0)

    def _end_hour(self) -> None:
        hour = self.pop("hour")
        self.hours += [hour] if hour and not self.inentry else []

    def _start_day(self, _attributes: Any) -> None:
        self.push("day", 0)

    def _end_day(self) -> None:
        day = self.pop("day")
        self.days += [day] if day and not self.inentry else []

    def _end_link(self) -> None:
        """An address that is written as text: of an enclosure, say, it is not the entry's."""
        context = self._get_context()
        before = dict.get(context, "link")
        super()._end_link()
        links = dict.get(context, "links")
        if links and links[-1].get("rel") != "alternate" and before != dict.get(context, "link"):
            context.pop("link", None)
            context.update({"link": before} if before else {})

    def _start_media_description(self, _attributes: Any) -> None:
        """A picture's caption: not the entry's text, unless it has no other."""
        self.push("media_description", 1)

    def _end_media_description(self) -> None:
        self.pop("media_description")


class _Strict(_Bounds, StrictFeedParser):  # type: ignore[misc]
    """For what is well-formed."""

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - SAX's name
        """An element begins; feedparser looks each of its attributes up among all of them."""
        if len(attrs) > MAX_ATTRIBUTES:
            kept = attrs.getNames()[:MAX_ATTRIBUTES]
            attrs = AttributesNSImpl(
                {one: attrs[one] for one in kept}, {one: attrs.getQNameByName(one) for one in kept}
            )
        super().startElementNS(name, qname, attrs)


class _Loose(_Bounds, LooseFeedParser):  # type: ignore[misc]
    """For all the rest."""
