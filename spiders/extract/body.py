"""The article's own text: which blocks of the page belong to it.

Paragraphs of one article stand in one place: their elements have the same kind of name and parent. The place that
holds most prose, and most words of the headline, is the core; what stands between its first and last paragraph and fits
is taken in, the standfirst before it too. Nothing here knows a site.
"""

import re
from collections import Counter

from lxml.etree import _Element

from spiders.extract.blocks import PROSE, Block, names
from spiders.extract.sheet import Sheet
from spiders.extract.words import fold, squash

Signature = tuple[str, str]  # kind of block, name of what holds it
_LEAST, _MOST = 40, 1500  # characters: shorter blocks say nothing of their place, longer ones no more
_LISTED = 0.6  # what a paragraph in a list weighs
_PLACES = 4  # places compared by the headline's words
_REGION = 0.85  # share of the core that the region must hold
_GAP = 12  # blocks that may lie between two parts of one text
_SOLID = 120  # characters of a paragraph that can stand for itself
_FLASH = 20  # characters of the shortest sentence that is news
_LINKED = 0.4  # share of links from which a list item is a link
_CLASS_SHARE, _CLASS_NAME = 0.6, 6  # when a class of paragraphs stands for the article by itself
_DESCRIBED = 30  # characters of a description worth comparing
_LEAD, _LEAD_SENTENCE, _LEAD_PASSAGE = 36, 60, 100
_NEXT = 3  # blocks after the headline
_MOST_LEADS, _MOST_POINTS = 3, 5
_ABOVE, _BEFORE = 4, 40  # blocks searched for a standfirst above the headline, and before the text where there is none
_SENTENCE = re.compile(r"[.!?…。！？]\W{0,2}\Z|[다요]\W{0,2}\Z")
_DIGITS = re.compile(r"\d+")
_LEAD_NAME = re.compile(
    r"(?:\A|[\s_-])(?:leads?|lede|standfirst|summary|sub[-_]?(?:tit|head)\w*|intro\w*|dek|deck|excerpt|description|desc|"
    r"anons|announce|spot|perex|sapo|chapeau|teaser|kicker-?text|abstract|preamble|ingress|vorspann|strapline|lid)"
    r"(?:\Z|[\s_-]|\d)"
)


def paragraphs(sheet: Sheet, headline: str) -> list[Block]:
    """Give the article's blocks in order; none where the page has no prose."""
    return Chooser(sheet, headline).choose()


def weight(block: Block) -> float:
    """Give how much a block speaks for its surroundings being the article."""
    if block.junk or block.heading or block.tag in {"h1", "li"} or block.all_link:
        return 0.0
    size = (len(block.text) - block.linked) * (block.size // len(block.text))
    return min(size, _MOST) * (_LISTED if block.in_list else 1.0) if size >= _LEAST else 0.0


def signature(block: Block) -> Signature:
    """Give what tells the article's paragraphs from others: their kind and the name of what holds them."""
    home = block.home
    label, parent = names(home), home.getparent()
    if not label and parent is not None:
        label = f"<{parent.tag} {names(parent)}"
    return ("p" if block.tag in PROSE else block.tag, f"{home.tag} {_DIGITS.sub('', label)}")


def alike(one: Signature, other: Signature) -> bool:
    """Say whether two places are variants of each other: the same first name is enough."""
    if one[0] != other[0]:
        return False
    first, second = one[1].split()[1:2], other[1].split()[1:2]
    return one == other or bool(first and first == second and len(first[0]) >= len("story") and first[0][0] != "<")


class Chooser:
    """Chooses the blocks of one page's article."""

    def __init__(self, sheet: Sheet, headline: str) -> None:
        self.blocks, self.spans, self.top = sheet.blocks, sheet.spans, sheet.top
        self.description = squash(sheet.description)
        self.seeds = {word for word in fold(f"{headline} {sheet.description}").split() if len(word) >= len("word")}
        self.weights = [weight(block) for block in sheet.blocks]
        self.signatures = [signature(block) for block in sheet.blocks]
        self.core = [False] * len(sheet.blocks)

    def choose(self) -> list[Block]:
        """Give the article's blocks in order."""
        main = self._main()
        if main is None:
            return self._flash()
        self.core = [alike(sign, main) for sign in self.signatures]
        self._clear(main)
        self._same_class()
        start, end = self._stretch(*self._region())
        inside = [i for i in range(start, end) if self.core[i] and self.weights[i]]
        first, last = inside[0], inside[-1]
        homes = {self.blocks[i].home for i in inside}
        around = homes.union(*(home.iterancestors() for home in homes))
        picked = {i for i in range(start, end) if self._fits(self.blocks[i], around, first, last)}
        picked |= {i for i in range(first, last) if self._heads(i, picked)}
        return [self.blocks[i] for i in sorted(picked.union(self._lead(first, picked)))]

    def _flash(self) -> list[Block]:
        """Give the first sentences below the headline of a page without longer prose: a news flash has no more."""
        below = (b for b in self.blocks[self.top :] if not (b.junk or b.all_link or b.heading or b.tag == "h1"))
        found = [b for b in below if b.size >= _FLASH and _SENTENCE.search(b.text)]
        return [b for b in found if b.home is found[0].home][:_MOST_LEADS]

    def _main(self) -> Signature | None:
        """Find the place with most prose; of the first few, headline words decide."""
        tally: dict[Signature, float] = {}
        texts: dict[Signature, list[str]] = {}
        for block, value, sign in zip(self.blocks, self.weights, self.signatures, strict=True):
            if value:
                tally[sign] = tally.get(sign, 0.0) + value
                texts.setdefault(sign, []).append(block.text)
        best = sorted(tally, key=lambda sign: -tally[sign])[:_PLACES]
        return max(best, key=lambda sign: tally[sign] * (0.25 + self._seeded(texts[sign])), default=None)

    def _seeded(self, texts: list[str]) -> float:
        """Give the share of the headline's words that a text takes up."""
        if not self.seeds:
            return 1.0
        return len(self.seeds & set(fold(" ".join(texts)[:20_000]).split())) / len(self.seeds)

    def _clear(self, main: Signature) -> None:
        """Take long paragraphs in the very place of the others for text even where their own name sounds otherwise."""
        for i, block in enumerate(self.blocks):
            mild = block.junk and all(element is block.element or "teaser" in names(element) for element in block.junk)
            if mild and self.signatures[i] == main and len(block.text) >= _SOLID and not block.all_link:
                block.junk = ()
                self.weights[i] = weight(block)

    def _same_class(self) -> None:
        """Count paragraphs of the same class as most of the core in, whatever holds them."""
        labels = Counter(
            names(b.element) for b, core in zip(self.blocks, self.core, strict=True) if core and b.tag == "p"
        )
        label, count = next(iter(labels.most_common(1)), ("", 0))
        if len(label) > _CLASS_NAME and count > _CLASS_SHARE * labels.total():
            for i, block in enumerate(self.blocks):
                if block.tag == "p" and not block.in_list and names(block.element) == label:
                    self.core[i] = True

    def _region(self) -> tuple[int, int]:
        """Give the span of the deepest element that holds nearly all of the core."""
        core = [i for i, own in enumerate(self.core) if own and self.weights[i]]
        total = sum(self.weights[i] for i in core)
        heavy = max(core, key=lambda i: self.weights[i])
        span = (heavy, heavy + 1)
        for node in (self.blocks[heavy].element, *self.blocks[heavy].element.iterancestors()):
            span = self.spans.get(node, span)
            if sum(self.weights[i] for i in core if span[0] <= i < span[1]) >= _REGION * total:
                break
        return span

    def _stretch(self, start: int, end: int) -> tuple[int, int]:
        """Take in paragraphs just like the core that lie between the headline and it, or shortly after it."""
        inside = {self.signatures[i] for i in range(start, end) if self.core[i] and self.weights[i]}
        above = range(start - 1, self.top or max(0, start - _GAP), -1)
        start = min((i for i in above if self.weights[i] and self.signatures[i] in inside), default=start)
        for i in range(end, len(self.blocks)):
            if i - end > _GAP or self.blocks[i].tag == "h1":
                break
            if self.weights[i] >= _SOLID and self.core[i]:
                end = i + 1
        return start, end

    def _fits(self, block: Block, around: set[_Element], first: int, last: int) -> bool:
        """Say whether a block of the region belongs to the text; headings are judged by what follows them."""
        if block.junk or block.tag == "h1" or block.all_link or block.heading:
            return False
        if self.core[block.index]:
            return True
        if not first < block.index < last:
            return False
        if block.in_list:
            return block.home.getparent() in around and block.linked < _LINKED * len(block.text)
        return block.tag in PROSE and (block.home in around or block.quoted)

    def _heads(self, index: int, picked: set[int]) -> bool:
        """Say whether a block is a heading over a part of the article."""
        block = self.blocks[index]
        if not block.heading or block.junk or block.all_link:
            return False
        return next((i in picked for i in range(index + 1, len(self.blocks)) if not self.blocks[i].junk), False)

    def _lead(self, first: int, picked: set[int]) -> list[int]:
        """Find the standfirst between headline and text, or what the page's description says; for want of it, key points."""
        titled = next(
            (i for i in range(first - 1, max(-1, first - 2 * _BEFORE), -1) if self.blocks[i].tag == "h1"), None
        )
        low = max(0, first - _BEFORE if titled is None else titled - _ABOVE)
        open_ = [b for b in self.blocks[low:first] if b.size >= _LEAD and b.tag != "h1" and not b.all_link]
        leads = [b.index for b in open_ if b.index not in picked and self._leads(b, titled)]
        points = [b.index for b in open_ if titled is not None and b.index > titled and _is_point(b)]
        chosen = leads[-_MOST_LEADS:] or ([] if picked & set(range(low, first)) else points[:_MOST_POINTS])
        for i in chosen:
            self.blocks[i].lead = True
        return chosen

    def _leads(self, block: Block, titled: int | None) -> bool:
        text, wanted = block.squashed, self.description
        if len(wanted) > _DESCRIBED and (text.startswith(wanted[: 2 * _DESCRIBED]) or wanted.startswith(text)):
            return True
        if block.junk:
            return False
        if _LEAD_NAME.search(names(block.element)) or _LEAD_NAME.search(names(block.home)):
            return True
        if titled is None or block.index <= titled or block.size < _LEAD_SENTENCE:
            return False
        near = block.index - titled <= _NEXT and block.size >= _LEAD_PASSAGE and _SENTENCE.search(block.text)
        return block.tag in {"p", "h2", "h3"} or bool(near)


def _is_point(block: Block) -> bool:
    sentence = block.size >= _LEAD_SENTENCE and _SENTENCE.search(block.text)
    return block.tag == "li" and not block.junk and not block.linked and bool(sentence)
