"""One source's own selectors, applied to its page."""

from dataclasses import dataclass
from functools import lru_cache

from lxml.cssselect import CSSSelector
from lxml.etree import _Element

from spiders.extract.authors import split, unique
from spiders.extract.dates import Stamp, parse
from spiders.extract.model import Overrides
from spiders.extract.words import clean

_ADDRESSES = ("content", "src", "data-src", "href")


@dataclass(frozen=True, slots=True)
class Picked:
    """What a source's selectors found; empty fields are left to the general rules."""

    title: str = ""
    text: tuple[_Element, ...] = ()
    authors: tuple[str, ...] = ()
    published: Stamp | None = None
    image: str = ""


def pick(root: _Element, overrides: Overrides) -> Picked:
    """Drop what is to be dropped, then read the fields that have a selector."""
    for selector in overrides.remove:
        for element in _select(root, selector):
            _drop(element)
    return Picked(
        title=next((text for element in _select(root, overrides.title) if (text := _value(element))), ""),
        text=tuple(_select(root, overrides.text)),
        authors=tuple(unique(name for element in _select(root, overrides.authors) for name in split(_value(element)))),
        published=next(
            (stamp for element in _select(root, overrides.published) if (stamp := parse(_time(element)))), None
        ),
        image=next((address for element in _select(root, overrides.image) if (address := _address(element))), ""),
    )


@lru_cache(maxsize=512)
def _compiled(selector: str) -> CSSSelector | None:
    try:
        return CSSSelector(selector, translator="html")
    except (ValueError, SyntaxError, RuntimeError):  # cssselect's errors are of these kinds
        return None


def valid(selector: str) -> bool:
    """Say whether a selector is CSS that can be used."""
    return _compiled(selector) is not None


def _select(root: _Element, selector: str) -> list[_Element]:
    compiled = _compiled(selector) if selector.strip() else None
    found = compiled(root) if compiled else []
    return [item for item in found if isinstance(item, _Element)] if isinstance(found, list) else []


def _drop(element: _Element) -> None:
    """Take an element off the page and leave the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    element.tail = None
    parent.remove(element)


def _value(element: _Element) -> str:
    return clean(element.get("content") or "".join(str(part) for part in element.itertext(with_tail=False)))


def _time(element: _Element) -> str:
    return element.get("datetime") or _value(element)


def _address(element: _Element) -> str:
    return next((value for name in _ADDRESSES if (value := (element.get(name) or "").strip())), "")
