"""When the article came out: the sources of that on a page, in the order of their trust."""

import re
from collections.abc import Iterator

from lxml.etree import _Element

from spiders.extract.blocks import names
from spiders.extract.dates import Stamp, parse
from spiders.extract.ldjson import string
from spiders.extract.sheet import Sheet

_META = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time", "datepublished", "parsely-pub-date",
    "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "sailthru.date", "dcterms.created", "dcterms.issued", "dcterms.date",
    "dc.date.issued", "dc.date.created", "dc.date", "dc.date.published", "publishdate", "publish_date", "publish-date", "publication_date", "published_time", "published_at",
    "article:post_date", "article.published", "citation_publication_date", "citation_date", "pubdate", "ptime", "article_date_original", "originalpublicationdate",
    "published", "displaydate", "rbc_date", "mediator_published_time", "ya:ovs:upload_date", "date", "created", "regdate", "article_date", "og:regdate", "og:pubdate", "time",
)  # fmt: skip
_LATER = ("article:modified_time", "datemodified", "last-modified", "lastmod", "og:updated_time")
_DATED = re.compile(
    r"(?:\A|[\s_-])(?:date\w*|time\w*|pub\w*|posted|created|regdate|reg|input|dt|day|info|meta|stamp|dateline|byline)(?:\Z|[\s_-]|\d)"
)
_INPUT = re.compile(
    r"(?:입력|등록|승인|발행|송고|기사입력|опубликовано|опубліковано|публикация|дата публикации|published|posted|erstellt|veröffentlicht|発表|公開日)\W{0,4}",
    re.IGNORECASE,
)
_URL_DATE = re.compile(r"/(20\d\d)[/-]?(0[1-9]|1[0-2])[/-]?([0-2]\d|3[01])(?=[/\-_.]|\d{0,8}[/_.-]|\Z)")


def published(sheet: Sheet) -> Stamp | None:
    """Give the best dated source; a day alone is sharpened by another source of the same day."""
    found: Stamp | None = None
    for stamp in _stamps(sheet):
        if found is None:
            found = stamp
        elif stamp.precision == "minute" and _same_day(stamp, found):
            return stamp
        if found.precision == "minute":
            return found
    return found


def _same_day(one: Stamp, other: Stamp) -> bool:
    return one.when.date() == other.when.date()


def _stamps(sheet: Sheet) -> Iterator[Stamp]:
    meta, node = sheet.meta, sheet.node
    texts = [string(node.get(key)) for key in ("datePublished", "dateCreated", "uploadDate")]
    texts += [content for key in _META for content in meta.get(key, [])[:1]]
    yield from _read(texts)
    yield from _read(_time_elements(sheet.root))
    yield from _read(_visible(sheet))
    match = _URL_DATE.search(sheet.url)
    yield from _read(["-".join(match.groups())] if match else [])
    yield from _read(
        [string(node.get("dateModified")), *(content for key in _LATER for content in meta.get(key, [])[:1])]
    )


def _read(texts: list[str]) -> Iterator[Stamp]:
    for text in texts:
        stamp = parse(text) if text else None
        if stamp:
            yield stamp


def _time_elements(root: _Element) -> list[str]:
    """Give the times marked up as such, those marked as publication first, others in their order."""
    first: list[str] = []
    rest: list[str] = []
    for element in list(root.iter("time", "abbr", "span", "div", "p", "meta", "b", "i")):
        marked = element.get("itemprop") or element.get("property") or ""
        if (
            element.tag != "time"
            and "datePublished" not in marked
            and "published" not in (element.get("class") or "").split()
        ):
            continue
        text = (
            element.get("datetime")
            or element.get("content")
            or element.get("title")
            or "".join(map(str, element.itertext(with_tail=False)))[:120]
        )
        if (
            "modif" in f"{marked}{element.get('class') or ''}".lower()
            or "updat" in (element.get("class") or "").lower()
        ):
            continue
        known = "datePublished" in marked or element.get("pubdate") is not None or "publish" in names(element)
        (first if known else rest).append(text)
    return first[:3] + rest[:3]


def _visible(sheet: Sheet) -> list[str]:
    """Give the lines around the headline that read like the time of publication."""
    around = sheet.blocks[max(0, sheet.top - 10) : sheet.top + 40] if sheet.top else sheet.blocks[:400]
    short = [block for block in around if len(block.text) <= 160]  # noqa: PLR2004
    entered = [text for block in short if (text := _entered(block.text))]
    named = [
        block.text
        for block in short
        if _DATED.search(names(block.element)) or any(_DATED.search(names(element)) for element in block.junk)
    ]
    return entered + named + [block.text for block in short if len(block.text) <= 60]  # noqa: PLR2004


def _entered(text: str) -> str:
    """Give what follows a word for "published"."""
    match = _INPUT.search(text)
    return text[match.end() :] if match else ""
