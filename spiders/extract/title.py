"""The headline: candidates from JSON-LD, the page and its head, freed of outlet names, then weighed against each other."""

import re
from itertools import islice

from lxml.etree import _Element

from spiders.extract.head import Meta, first
from spiders.extract.ldjson import Node, string
from spiders.extract.words import clean, fold

_SEPARATOR = re.compile(r"\s+[|•·»«–—−-]+\s+|\s*[|｜]\s*|：(?=\S+\Z)|\s+::?\s+|\s+/\s+|\s+<\s+|\s+›\s+")
_MAX = 500
_SHORTEST = 4  # characters of a name that may be found inside another: "News" and not "RP"


def headings(root: _Element) -> list[str]:
    """Give the texts of the page's first-level headings, those marked as headline first."""
    found = [
        ("headline" not in (element.get("itemprop") or ""), line(element)) for element in islice(root.iter("h1"), 30)
    ]
    return [text for _, text in sorted((item for item in found if item[1]), key=lambda item: item[0])]


def line(element: _Element) -> str:
    """Give an element's text as one line."""
    return clean("".join(str(part) for part in element.itertext(with_tail=False)))[:_MAX]


def page_title(root: _Element) -> str:
    """Give the text of the title element."""
    return next((line(element) for element in root.iter("title") if element.text), "")


def candidates(root: _Element, meta: Meta, node: Node) -> dict[str, str]:
    """Give the headline as each part of the page tells it, uncut; JSON-LD, headings, Open Graph, title element."""
    tops = headings(root)
    shared = first(meta, "og:title", "twitter:title", "dc.title", "title")
    return {
        "data": string(node.get("headline"))[:_MAX],
        "heading": _nearest(tops, [string(node.get("headline"))[:_MAX], shared[:_MAX], page_title(root)]),
        "shared": shared[:_MAX],
        "head": page_title(root),
    }


def _nearest(tops: list[str], others: list[str]) -> str:
    """Of several first-level headings give the one most like the other titles: a logo may be one too."""
    wanted = {word for text in others for word in fold(text).split()}
    return max(
        tops, key=lambda text: len(wanted & set(fold(text).split())) / (1 + len(fold(text).split()) ** 0.5), default=""
    )


def choose(found: dict[str, str], outlets: list[str]) -> str:
    """Pick the headline: what the data says, else where heading and shared title agree, else what was shared."""
    whole = {fold(text) for text in found.values()} - {""}
    bare = {key: strip_outlet(text, outlets, whole - {fold(text)}) for key, text in found.items()}
    own = {fold(name) for name in outlets}
    good = {key: text for key, text in bare.items() if text and fold(text) not in own}
    best = next((good[key] for key in ("data", "shared", "heading", "head") if key in good), "")
    stem = best.rstrip(".… ")
    if stem != best.rstrip(" "):  # cut short for a system with little room
        best = max((text for text in good.values() if fold(text).startswith(fold(stem))), key=len, default=best)
    return best or next((text for text in bare.values() if text), "")


def strip_outlet(text: str, outlets: list[str], others: set[str]) -> str:
    """Cut the outlet's name off either end of a title, as far as another title or the outlet's names bear it out."""
    own = [fold(name).replace(" ", "") for name in outlets if fold(name)]
    for _ in range(3):
        cuts = list(_SEPARATOR.finditer(text))
        if not cuts:
            return text
        whole = next((head for cut in cuts if fold(head := text[: cut.start()].strip()) in others), None)
        if whole:
            return whole
        if _names_outlet(text[cuts[-1].end() :], own):
            text = text[: cuts[-1].start()].strip()
        elif _names_outlet(text[: cuts[0].start()], own):
            text = text[cuts[0].end() :].strip()
        else:
            return text
    return text


def _names_outlet(part: str, own: list[str]) -> bool:
    name = fold(part).replace(" ", "")
    if len(name) < _SHORTEST:
        return len(name) > 1 and name in own
    return any(name == other or (len(other) >= _SHORTEST and (name in other or other in name)) for other in own)
