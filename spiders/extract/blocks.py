"""The page as a list of text blocks in reading order, each with what its place in the markup tells about it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from lxml.etree import _Element, iterwalk

from spiders.extract.words import clean, squash

_SKIP = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "video",
        "audio",
        "canvas",
        "select",
        "option",
        "textarea",
        "input",
        "button",
        "head",
        "map",
        "picture",
        "img",
        "dialog",
        "rt",
        "rp",
    ]
)
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_RUBY = frozenset(("rt", "rp"))
_JUNK_TAGS = frozenset(("nav", "footer", "aside", "figure", "figcaption", "menu", "form"))
_JUNK_NAME = re.compile(
    r"(?:\A|[\s_-])(?:"
    r"ads?|adv|advert\w*|adsense|banner\w*|sponsor\w*|promo\w*|outbrain|taboola|"
    r"related|relate|similar|recommend\w*|recirc\w*|read-?(?:more|also|next)|readmore|readalso|see-?also|more-?(?:news|stories|on)|also|most-?\w+|popular|"
    r"trending|teasers?|latest|top-?news|news-?list|"
    r"shar(?:e|es|er|ing)|social\w*|sns|follow\w*|newsletter\w*|subscri\w*|signup|sign-up|login|register|paywall-(?:message|offer|promo|box|banner|teaser|wall)\w*|offer|"
    r"comments?|comment-?\w+|disqus|reply|replies|reactions?|poll|vote|rating|"
    r"cookies?|cookie-\w+|consent|gdpr|onetrust\w*|ot-\w+|cmp|cmplz\w*|cky-\w+|cli-\w+|didomi\w*|privacy|modal|popup|overlay|toast|tooltip|"
    r"nav\w*|menu|breadcrumbs?|crumbs?|footer|sidebar|side|toolbar|tools?|utility|utils?|pagination|pager|"
    r"tags?|tag-?list|taglist|keywords?|topics?|rubric\w*|categor\w+|"
    r"byline\w*|authors?|author-?\w+|reporter\w*|journalist\w*|bio|credits?|copyright\w*|license|disclaimer|"
    r"captions?|photo-?(?:caption|info|desc\w*)|image-?(?:caption|info|desc\w*)|img-?desc\w*|gallery|slider|carousel|slideshow|lightbox|"
    r"tweet|twitter-tweet|instagram-media|embed|embedded|"
    r"hidden|hide|sr-only|visually-hidden|screen-reader-text|noprint|print-only|skip-?link\w*|"
    r"info-?box|fact-?box|dateline|timestamp|datetime|published|post-?meta|article-?meta|meta"
    r")(?:\Z|[\s_-])",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_JUNK_ROLES = frozenset(("navigation", "complementary"))
_NEVER_JUNK = frozenset(("html", "body", "a", "b", "i", "em", "strong", "br"))
_LISTS = frozenset(("ul", "ol", "dl"))
PROSE = frozenset(("p", "blockquote", "pre", "li", "dd"))
DENSE = "\u2e80"  # Chinese, Japanese and Korean start here: they say in a character what others say in two or more
_ALL = 0.8
_PASSAGE = 60  # characters from which a block weighs as a passage
_MUCH, _SOME = 0.4, 0.12  # shares of the page's passages
_LONGEST_NAME = 300
_MAX_BLOCKS = 6000
Spans = dict[_Element, tuple[int, int]]  # element -> first and last-plus-one block in it


@dataclass(slots=True)
class Block:
    """A run of text between two breaks of the page."""

    index: int
    text: str
    element: _Element  # the nearest one that makes a block
    linked: int  # characters inside links
    in_list: bool
    quoted: bool
    junk: tuple[_Element, ...]  # the element and those around it that look like no part of an article, outermost first
    lead: bool = False  # set where the block is found to be the standfirst
    tag: str = ""
    squashed: str = ""  # the form in which blocks are compared
    size: int = 0  # characters, twice those of dense scripts

    def __post_init__(self) -> None:
        """Prepare what is asked often."""
        self.tag = str(self.element.tag)
        self.squashed = squash(self.text)
        self.size = len(self.text) * (2 if self.squashed[:1] > DENSE else 1)

    @property
    def heading(self) -> bool:
        """Say whether this is a heading below the headline."""
        return self.tag in _HEADINGS and self.tag != "h1"

    @property
    def all_link(self) -> bool:
        """Say whether nearly all of the text leads elsewhere."""
        return self.linked >= _ALL * len(self.text)

    @property
    def home(self) -> _Element:
        """Give the element that holds the block: itself where text stands in it unwrapped."""
        parent = self.element.getparent() if self.tag in PROSE or self.heading else None
        return self.element if parent is None else parent


@dataclass(slots=True)
class _Walk:
    """The state of one walk over the page."""

    blocks: list[Block] = field(default_factory=list)
    spans: Spans = field(default_factory=dict)
    owners: list[_Element] = field(default_factory=list)
    junk: list[_Element] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    linked: int = 0
    links: int = 0
    lists: int = 0
    quotes: int = 0

    def add(self, text: str | None) -> None:
        """Take in one piece of text."""
        if text:
            self.parts.append(text)
            if self.links:
                self.linked += len(text.strip())

    def flush(self) -> None:
        """Close the block that is being read."""
        text = clean("".join(self.parts)) if self.parts else ""
        if text and self.owners and len(self.blocks) < _MAX_BLOCKS:
            place = (self.linked, self.lists > 0, self.quotes > 0, tuple(self.junk))
            self.blocks.append(Block(len(self.blocks), text, self.owners[-1], *place))
        self.parts.clear()
        self.linked = 0

    def enter(self, element: _Element, tag: str) -> None:
        """Go into an element."""
        if tag in _BREAKS:
            self.flush()
            if tag != "br":
                self.owners.append(element)
                self.spans[element] = (len(self.blocks), 0)
            self._count(tag, 1)
        self.links += tag == "a"
        if looks_junk(element, tag):
            self.junk.append(element)
        self.add(element.text)

    def leave(self, element: _Element, tag: str) -> None:
        """Come out of an element."""
        if tag in _BREAKS:
            self.flush()
            if tag != "br":
                self.owners.pop()
                self.spans[element] = (self.spans[element][0], len(self.blocks))
            self._count(tag, -1)
        self.links -= tag == "a"
        if self.junk and self.junk[-1] is element:
            self.junk.pop()
        self.add(element.tail)

    def _count(self, tag: str, step: int) -> None:
        if tag in _LISTS:
            self.lists += step
        elif tag == "blockquote":
            self.quotes += step


def names(element: _Element) -> str:
    """Give class and id as one string in which camelCase is parted."""
    return _label(f"{element.get('class') or ''} {element.get('id') or ''}"[:_LONGEST_NAME])


@lru_cache(maxsize=20_000)
def _label(raw: str) -> str:
    return _CAMEL.sub("-", raw.strip()).lower()


@lru_cache(maxsize=20_000)
def _junk_label(label: str) -> bool:
    return bool(_JUNK_NAME.search(label))


def looks_junk(element: _Element, tag: str) -> bool:
    """Say whether an element looks like no part of an article, by tag, name, role or style."""
    if tag in _JUNK_TAGS:
        return True
    if tag in _NEVER_JUNK or not element.attrib:
        return False
    if tag not in _HEADINGS and _junk_label(names(element)):
        return True
    if element.get("aria-hidden") == "true" or element.get("hidden") is not None or element.get("role") in _JUNK_ROLES:
        return True
    style = element.get("style")
    return bool(style and _HIDDEN.search(style))


def read_blocks(root: _Element) -> tuple[list[Block], Spans]:
    """List the blocks of the page's body, and which of them each element spans."""
    walk = _Walk()
    walker = iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if event == "end":
            if tag not in _SKIP:
                walk.leave(element, tag)
        elif tag in _SKIP:
            walk.add((element.tail or "") if tag in _RUBY else f" {element.tail or ''}")
            walker.skip_subtree()
        else:
            walk.enter(element, tag)
    walk.flush()
    _forgive(walk.blocks)
    return walk.blocks, walk.spans


def _forgive(blocks: list[Block]) -> None:
    """Clear names that look like junk but hold much of the page's text, or some of it and the headline: they are it."""
    held: Counter[str] = Counter()
    total = 0
    for block in blocks:
        if len(block.text) > _PASSAGE and not block.all_link:
            total += len(block.text)
            named = (element for element in block.junk if element.tag not in _JUNK_TAGS or element.tag == "form")
            held.update(dict.fromkeys({_kind(element) for element in named}, len(block.text)))
    titled = {_kind(element) for block in blocks if block.tag == "h1" for element in block.junk}
    forgiven = {kind for kind, size in held.items() if size > (_SOME if kind in titled else _MUCH) * total}
    if forgiven:
        for block in blocks:
            block.junk = tuple(element for element in block.junk if _kind(element) not in forgiven)


def _kind(element: _Element) -> str:
    return f"{element.tag} {element.get('class')}"
