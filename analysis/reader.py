"""From the parser's tree of a query to our own parts, refusing with its place what a rule cannot mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from luqum import tree

from analysis.claim_reader import claimed
from analysis.fields import Author, Field, Published, Relevance, Url, compared, days_of
from analysis.nodes import (
    OPERATORS,
    And,
    InSentence,
    Lemma,
    Mentioned,
    Near,
    Node,
    Words,
    all_of,
    any_of,
    none_of,
)
from analysis.syntax import CLAIMS, DEEPEST, FIELDS, ZONES, QueryError, check_word, nearest, root_of
from analysis.text import forms, starts_with_hangul

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from analysis.lexicon import Lexicon

BANDS = ("relevant", "unsure", "no")
_CATEGORY = "@category"
_VALUES = {
    "source": (re.compile(r"[a-z0-9][a-z0-9_.-]*"), "the id of a source, such as yonhap-en"),
    "outlet": (re.compile(r"[a-z0-9][a-z0-9_.-]*"), "the id of an outlet, such as yonhap"),
    "country": (re.compile(r"[a-z]{2}"), "the two letters of a country, such as kr"),
    "lang": (re.compile(r"[a-z]{2}"), "the two letters of a language, such as uk"),
    "relevance": (re.compile("|".join(BANDS)), "a comparison such as >0.6, or relevant, unsure or no"),
    "published": (re.compile(r"\d{4}(?:-\d\d){0,2}"), "a year, month or day, such as 2025, 2025-01 or 2025-01-15"),
    "url": (re.compile(r'[^\s"\\<>*]+'), "a part of an address, such as army.example"),
    "author": (re.compile(r"[^*]*\w[^*]*"), "an author's name, or some words of it"),
    _CATEGORY: (re.compile(r"\w+"), "a category of the lexicon, such as weapon"),
}
_LONGEST_PHRASE = 50  # words
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads items. `field` is the one whose value we are in, `zone` where words are looked for, `near` within a sentence."""

    lexicon: Lexicon | None = None
    field: str = ""
    zone: str = ""
    near: bool = False
    depth: int = 0

    def node(self, item: tree.Item) -> Node:  # noqa: C901, PLR0911, PLR0912 - one for each kind of item
        """Read one item, refusing what rules do not have."""
        if self.depth > 4 * DEEPEST:  # a bracket, a NOT, a field and what they join
            raise QueryError("too deep: fewer things must stand within each other", item.pos or 0)
        match item:
            case tree.Group() | tree.FieldGroup() | tree.Plus():
                return self._inner(item.children[0])
            case tree.AndOperation() | tree.UnknownOperation():
                return all_of([self._inner(operand) for operand in item.operands])
            case tree.OrOperation():
                return any_of([self._alternative(operand) for operand in item.operands])
            case tree.Not() | tree.Prohibit():
                if self.near:
                    raise QueryError("near: takes what must stand in the sentence; put NOT outside of it", item.pos)
                return none_of(self._inner(item.children[0]))
            case tree.SearchField():
                return self._searched(item)
            case tree.From() | tree.To():
                return self._compared(item)
            case tree.Range():
                return self._range(item)
            case tree.Proximity():
                return self._near(item)
            case tree.Phrase():
                return self._phrase(item)
            case tree.Word():
                return self._word(item)
            case _:
                raise QueryError("this is not part of the language of rules", item.pos or 0)

    def _inner(self, item: tree.Item) -> Node:
        return replace(self, depth=self.depth + 1).node(item)

    def _alternative(self, item: tree.Item) -> Node:
        if isinstance(item, tree.Plus):
            raise QueryError("“+” and OR contradict each other: what is required is no alternative", item.pos)
        return self._inner(item)

    def _searched(self, item: tree.SearchField) -> Node:
        name, inner = item.name.casefold(), replace(self, depth=self.depth + 1)
        if name not in (*FIELDS, _CATEGORY) and root_of(name) not in CLAIMS:
            raise QueryError(f"there is no field “{item.name}”; {nearest(name, FIELDS, '{}:')}", item.pos)
        if self.field:
            raise QueryError(f"{name}: cannot stand within {self.field}:", item.pos)
        if name in ZONES:
            if self.zone or self.near:
                outer = "near" if self.near else self.zone
                raise QueryError(f"{name}: cannot stand within {outer}:", item.pos)
            return replace(inner, zone=name).node(item.expr)
        if name == "near":
            return self._in_sentence(item)
        if self.near and name != _CATEGORY:
            raise QueryError(f"{name}: cannot stand within near:", item.pos)
        if root_of(name) in CLAIMS:
            if self.zone:
                raise QueryError(f"{name}: cannot stand within {self.zone}:", item.pos)
            return any_of(list(claimed(name, item.expr, item.pos, self.lexicon)))
        return replace(inner, field=name).node(item.expr)

    # --- what is looked for in title and text

    def _in_sentence(self, item: tree.SearchField) -> Node:
        if self.near:
            raise QueryError("near: cannot stand within near:", item.pos)
        part = replace(self, zone="", near=True, depth=self.depth + 1).node(item.expr)
        if not isinstance(part, And):
            message = "near: takes at least two things for one sentence, in brackets, as in near:(@kp artillery)"
            raise QueryError(message, item.expr.pos)
        return InSentence(part, self.zone)

    def _near(self, item: tree.Proximity) -> Node:
        words = self._phrase_words(item.term)
        if self.field:
            raise QueryError(f"{self.field}: takes {_VALUES[self.field][1]}", item.pos)
        if len(words) == 1:
            raise QueryError("“~” needs at least two words in the quotes", item.pos)
        return Near(words, item.degree, self.zone)

    def _phrase(self, item: tree.Phrase) -> Node:
        if self.field:
            return self._value(item.value[1:-1], item.pos)
        words = self._phrase_words(item)
        if len(words) == 1 and starts_with_hangul(words[0]):
            return Lemma(words[0], self.zone)
        return Words(words, zone=self.zone)

    def _phrase_words(self, item: tree.Phrase) -> tuple[str, ...]:
        if (star := item.value.find("*")) >= 0:
            hint = "“*” means nothing in quotes: write the phrase in each of its forms, or its words with AND"
            raise QueryError(hint, item.pos + star)
        words = forms(_unescaped(item.value))
        if not words:
            raise QueryError("there is no word in these quotes", item.pos)
        return _short_enough(words, item.pos)

    def _word(self, item: tree.Word) -> Node:
        if self.field:
            return self._value(item.value, item.pos)
        if item.value.startswith("@"):
            return self._concept(item.value[1:], item.pos)
        exact = item.value.startswith("=")
        value, at = (item.value[1:], item.pos + 1) if exact else (item.value, item.pos)
        check_word(value, at)
        words = forms(_unescaped(value))
        if not words:
            raise QueryError(f"“{item.value}” has no letter or digit in it", item.pos)
        _short_enough(words, item.pos)
        prefix = value.endswith("*") and not value.endswith("\\*")
        if prefix and exact:
            raise QueryError("“=” asks for one form and “*” for many", item.pos)
        if len(words) == 1 and not prefix and not exact and words[0] not in OPERATORS:
            return Lemma(words[0], self.zone)
        whole = exact and any(starts_with_hangul(word) for word in words)
        return Words(words, prefix=prefix, zone=self.zone, whole=whole)

    def _concept(self, name: str, position: int) -> Node:
        name = name.casefold()
        if not re.fullmatch(r"\w+", name):
            raise QueryError("“@” goes before the id of a concept, as in @kp, or @category:weapon", position)
        known = self.lexicon.concepts_by_id if self.lexicon else {name: None}
        if name not in known:
            raise QueryError(f"there is no concept @{name}; {nearest(name, known, '@{}')}", position)
        return Mentioned(name, frozenset({name}), self.zone)

    # --- fields

    def _value(self, value: str, position: int) -> Node:
        shape, wanted = _VALUES[self.field]
        folded = value.casefold()
        if not shape.fullmatch(folded):
            raise QueryError(f"{self.field}: takes {wanted}, not “{value}”", position)
        match self.field:
            case "url":
                return Url(folded)
            case "author":
                if not (words := forms(value)):
                    raise QueryError(f"author: takes {wanted}, not “{value}”", position)
                return Author(words)
            case "published":
                return Published(*_days(value, position))
            case "@category":
                known = self.lexicon.categories if self.lexicon else {folded: frozenset[str]()}
                if folded not in known:
                    message = f"there is no category “{value}”; {nearest(folded, known, '@category:{}')}"
                    raise QueryError(message, position)
                return Mentioned(f"category:{folded}", known[folded], self.zone)
            case _:
                return Field(self.field, folded)

    def _compared(self, item: tree.From | tree.To) -> Node:
        sign = (">" if isinstance(item, tree.From) else "<") + ("=" if item.include else "")
        written, at = str(item.a.value), item.a.pos
        if self.field == "published":
            _days(written, at)
            return _made(lambda: compared(sign, written), at)
        if not re.fullmatch(r"[01](?:\.\d{1,4})?", written) or float(written) > 1:
            raise QueryError(f"relevance: lies between 0 and 1, as in >0.6, not “{written}”", at)
        return Relevance(sign, float(written))

    def _range(self, item: tree.Range) -> Node:
        low, high = item.low, item.high
        first = None if low.value == "*" else _days(low.value, low.pos)[0]
        last = None if high.value == "*" else _days(high.value, high.pos)[1]
        if first is None and last is None:
            raise QueryError("a range needs at least one end", item.pos)
        if first and last and first > last:
            raise QueryError("this range ends before it begins", item.pos)
        return Published(first, last)


def _short_enough(words: tuple[str, ...], position: int) -> tuple[str, ...]:
    if len(words) > _LONGEST_PHRASE:
        raise QueryError(f"this phrase has {len(words)} words, {_LONGEST_PHRASE} are allowed", position)
    return words


def _days(written: str, position: int) -> tuple[date, date]:
    shape, wanted = _VALUES["published"]
    if not shape.fullmatch(written):
        raise QueryError(f"published: takes {wanted}, not “{written}”", position)
    return _made(lambda: days_of(written), position)


def _made(make: Callable[[], _Made], position: int) -> _Made:
    try:
        return make()
    except ValueError:
        raise QueryError("there is no such day", position) from None


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
