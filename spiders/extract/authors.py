"""Who signs the article: declared names first, then bylines; lists split, titles and outlets dropped."""

import re
from collections.abc import Iterable
from typing import Any

from lxml.etree import _Element

from spiders.extract.blocks import DENSE, Block, names
from spiders.extract.dates import parse
from spiders.extract.head import Meta
from spiders.extract.ldjson import Node, as_list
from spiders.extract.sheet import Sheet
from spiders.extract.words import clean, fold, plain

_META = (
    "author", "article:author", "og:article:author", "og:author", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
    "dc.contributor", "cxenseparse:author", "cxenseparse:recs:author", "article:author:name", "articleauthor", "mediator_author", "article_author", "authors", "dable:author", "twitter:misc:written by",
)  # fmt: skip
_SPLIT = re.compile(
    r"\s*[;|\n·•]\s*|\s+/\s+|(?<=[a-z])/(?=[A-Z])|\s*,\s+|、|，|\s+(?:and|und|y|og|och|et|e|en|i|та|й|и|oraz|ja|ve|și|&|with|mit|dan)\s+"
)
_PREFIX = re.compile(
    r"\A\W*(?:(?:written |reported |analysis |story |text )?by|von|par|por|di|de|av|af|door|przez|autori?|author|autor(?:in)?|автори?|текст|авторка|журналист|журналістка?|корреспондент|"
    r"кореспондент|подготовила?|підготу(?:вав|вала)|опубликовал|reporter|reporters|correspondent|記者|责任编辑|責編|編集)\s*[:：]?\s+|\A\W*(?:автор|author|текст|责编|责任编辑|記者)\s*[:：]\s*",
    re.IGNORECASE,
)
_KOREAN = re.compile(
    r"(?P<name>[가-힣]{2,4}|[A-Za-z][A-Za-z .]+)\s*(?:선임|수석|객원|인턴|전문)?\s*(?:기자|특파원|논설위원|통신원|에디터|앵커)(?=\s|\Z|[=)\]/·,])"
)
_SUFFIX = re.compile(
    r"\s*(?:\([^()]{1,40}\)|\[[^\]]{1,40}\]|<[^>]*>)\s*|\s+(?:기자|특파원|記者|记者)\Z|\s+\S+@\S+\Z|,?\s+(?:staff writer|reporter|correspondent)\Z",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"https?:|www\.|@|\d{3}|[<>{}=\\]|\A\W*\Z|^(?:null|none|undefined|admin|administrator|editor|user|guest|news|developer)$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:professor|editor|correspondent|reporter|redakteur\w*|developer|университет\w*|fakultet\w*|фото|photo|image|updated|published|min read)\b",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:\A|[\s_-])(?:by-?lines?|authors?|author-?names?|article-?authors?|writers?|reporters?|journalists?|signature|autor\w*|contributors?|writer-?name|reporter-?name)(?:\Z|[\s_-])"
)
_NOT_BYLINE = re.compile(r"(?:bio|about|desc|comment|avatar|image|img|photo|follow|social|more|related|share)")
_DATE = re.compile(r"\d{1,2}[:.]\d\d|\d{4}|\d{1,2}[./]\d")
_BARS = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+")
_DENSE_NAME = re.compile(r"[가-힣]{2,4}|[\u3400-\u9fff々]{2,6}")
_EAST = re.compile(r"[가-힣\u3040-\u9fff]")
_PRESS = re.compile(r"(?:뉴스|일보|신문|통신|방송|타임스|경제|미디어|닷컴|新聞|新闻|通信|社|網|网|报|報)\Z")
_WRITTEN_BY = re.compile(r"written by|author|verfasst|автор|написано", re.IGNORECASE)
_PARTICLES = frozenset(
    ("de", "da", "di", "do", "dos", "das", "del", "della", "der", "den", "van", "von", "zu", "la", "le", "el", "al", "bin", "ibn", "ter", "e", "y")
)  # fmt: skip
_LONGEST, _MOST_WORDS, _PERSON_WORDS, _MOST = 60, 7, 5, 12
_TEXT = 2000  # characters of a byline that are read
_CLUSTER = 8  # blocks over which one byline may stretch
_ABOVE, _BELOW = 6, 60  # blocks around the headline in which bylines stand
_DATED_LINE = range(5, 80)  # where in a line a date may begin that follows a name
_STYLED = 4  # more names styled as authors than this are a list of other articles


def authors(sheet: Sheet, ends: list[Block]) -> tuple[str, ...]:
    """Give the names of those who sign; an outlet's own name stands only where nobody else signs.

    `ends` are the lines without a sentence next to the first and last paragraph: names often stand there bare.
    """
    node, meta = sheet.node, sheet.meta
    own = {fold(name).replace(" ", "") for name in sheet.outlets if fold(name)}
    data = [name for name in unique(name for text in declared(node) for name in split(text)) if _key(name) not in own]
    visible = [
        name
        for name in unique(name for text in _bylines(sheet) for name in split(text))
        if person(name) and _key(name) not in own
    ]
    if data and not {_key(name) for name in data} <= _organizations(node):
        more = {_key(name) for name in data} < {_key(name) for name in visible} and len(visible) <= len(data) + 3
        return tuple(visible if more else data)
    stated = _from_meta(meta)
    loose = [
        block.text
        for block in ends
        if not _EAST.search(block.text) and fold(block.text) not in fold(" ".join(sheet.titles.values()))
    ]
    for texts in (stated, _marked(sheet.root), visible, _styled(sheet.root), loose):
        signing = [
            name
            for name in unique(name for text in texts for name in split(text))
            if _key(name) not in own and person(name)
        ]
        if signing:
            return tuple(signing)
    others = [name for name in unique(name for text in stated for name in split(text)) if _key(name) not in own]
    return tuple(others or data or unique(name for text in [*declared(node), *stated] for name in split(text))[:1])


def _key(name: str) -> str:
    return fold(name).replace(" ", "")


def person(name: str) -> bool:
    """Say whether a text looks like a person's name: capitalised words, or a few characters of a dense script."""
    words = name.split()
    if len(words) == 1:
        return bool(_DENSE_NAME.fullmatch(name)) and not _PRESS.search(name)
    if len(words) > _PERSON_WORDS or ":" in name or any(char.isdigit() for char in name):
        return False
    return all(word[:1].isupper() or word.lower() in _PARTICLES or word[:1] > DENSE for word in words)


def _organizations(node: Node) -> set[str]:
    """Give the names of organisations among the declared authors."""
    items = [
        item
        for item in as_list(node.get("author"))
        if isinstance(item, dict) and "Organization" in str(item.get("@type"))
    ]
    return {_key(name) for item in items for text in _names(item) for name in split(text)}


def declared(node: Node) -> list[str]:
    """Give the author names of the article's JSON-LD node."""
    return [name for key in ("author", "creator", "contributor") for name in _names(node.get(key))][:20] if node else []


def _names(value: Any, depth: int = 3) -> list[str]:
    found: list[str] = []
    for item in as_list(value)[:20]:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, list) and depth:
            found += _names(item, depth - 1)
        elif isinstance(item, dict):
            name = item.get("name") or " ".join(str(item[key]) for key in ("givenName", "familyName") if item.get(key))
            found += _names(name, depth - 1) if depth else []
    return found


def _from_meta(meta: Meta) -> list[str]:
    """Give the first meta element that names somebody."""
    for key in _META:
        found = [text for text in meta.get(key, []) if split(text)]
        if found:
            return found
    labels = ((meta.get(f"twitter:label{number}", [""])[0], meta.get(f"twitter:data{number}", [])) for number in "12")
    return next((names_ for label, names_ in labels if _WRITTEN_BY.search(label)), [])


def _marked(root: _Element) -> list[str]:
    """Give the names marked up as author by microdata or link relation."""
    found = []
    for element in root.iter("a", "span", "div", "p", "li", "address", "b", "strong", "meta", "cite", "h3", "h4"):
        if "author" in (element.get("itemprop") or "").split() or "author" in (element.get("rel") or "").split():
            inner = next(
                (part for part in element.iter() if isinstance(part.tag, str) and part.get("itemprop") == "name"),
                element,
            )
            text = inner.get("content") or " ".join("".join(map(str, inner.itertext(with_tail=False))).split())
            if len(text) <= _LONGEST * 2:
                found.append(text)
    return found[:6]


def _styled(root: _Element) -> list[str]:
    """Give the names in inline elements whose class calls them author; many of them are a list of other articles."""
    found = []
    for element in root.iter("span", "a", "em", "b", "strong", "i"):
        label = names(element) if element.get("class") else ""
        if label and _BYLINE.search(label) and not _NOT_BYLINE.search(label):
            text = " ".join("".join(map(str, element.itertext(with_tail=False))).split())
            if text and len(text) <= _LONGEST and text not in found:
                found.append(text)
    return found if len(found) <= _STYLED else []


def _bylines(sheet: Sheet) -> list[str]:
    """Give the texts of bylines near the headline, then reporters named in datelines and signatures."""
    blocks = sheet.blocks[max(0, sheet.top - _ABOVE) : sheet.top + _BELOW]
    near = [block for block in blocks if len(block.text) <= 2 * _DATED_LINE.stop]
    signed = [block for block in near if _in_byline(block)]
    parts = [part for block in signed if block.index - signed[0].index <= _CLUSTER for part in _parts(block.text)]
    if any(person(name) for part in parts for name in split(part)):
        return parts[:6]
    for block in near:
        parts = [part for part in _parts(block.text) if _PREFIX.match(part)] or _before_date(block.text)
        if any(person(name) for part in parts for name in split(part)):
            return parts
    return _reporters(sheet.blocks[max(0, sheet.top - _ABOVE) :])


def _in_byline(block: Block) -> bool:
    holders = [names(holder) for holder in (block.element, *block.junk)]
    return block.tag == "address" or any(_BYLINE.search(name) and not _NOT_BYLINE.search(name) for name in holders)


def _before_date(text: str) -> list[str]:
    """Give what stands in a short line before its date."""
    date = _DATE.search(text)
    if (
        not date
        or date.start() not in _DATED_LINE
        or len(text) > _DATED_LINE.stop
        or _EAST.search(text)
        or not parse(text)
    ):
        return []
    return _parts(text[: date.start()])[:1]


def _parts(text: str) -> list[str]:
    """Part a line of details at its bars, dropping times."""
    return [part for part in _BARS.split(text) if part and not _DATE.search(part)]


def _reporters(blocks: list[Block]) -> list[str]:
    """Find «홍길동 기자» in datelines and signatures."""
    for block in blocks[:200]:
        found = [match["name"] for match in _KOREAN.finditer(block.text[:120])]
        if found and not block.all_link:
            return found
    return []


def split(text: str) -> list[str]:
    """Split a byline into names; what cannot be one is dropped."""
    text = clean(plain(text[:_TEXT]))
    if "://" in text or text.startswith("www."):
        return []
    korean = [match["name"] for match in _KOREAN.finditer(text)]
    bare = _SUFFIX.sub(" ", _PREFIX.sub("", text)).strip()
    parts = (_SUFFIX.sub(" ", _PREFIX.sub("", part)).strip(" \t.,:;|-–—*") for part in _SPLIT.split(bare) if part)
    return korean or [name for name in parts if _may_be_name(name)]


def _may_be_name(name: str) -> bool:
    if not 1 < len(name) <= _LONGEST or len(name.split()) > _MOST_WORDS:
        return False
    return not _BAD.search(name) and not _ROLE.search(name)


def unique(found: Iterable[str]) -> list[str]:
    """Drop repeats, whatever their case."""
    seen: dict[str, str] = {}
    for name in found:
        seen.setdefault(fold(name), name)
    return [name for key, name in seen.items() if key][:_MOST]
