"""From the parser's tree of claim:( ), origin:, relay: and new: to conditions, refusing with its place what they cannot mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from luqum import tree

from analysis.claim_fields import SPEAKERS, WORDS, Amount, Claimed, Either, Trait, both, either, lacks
from analysis.syntax import DEEPEST, QueryError, nearest

if TYPE_CHECKING:
    from analysis.claim_fields import Condition
    from analysis.lexicon import Lexicon

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
_LARGEST = 10**15
_SOURCES = ("source", "person")  # categories of the lexicon that can say something
_OPEN = "*"


def claimed(name: str, item: tree.Item, position: int, lexicon: Lexicon | None) -> list[Claimed]:
    """Read the value of a field, claim or claim.unit, origin, relay or new: alternatives, each about one claim.

    Raises:
        QueryError: it cannot be used; says where and why.

    """
    field, *words = name.split(".")
    if words and field != "claim":
        raise QueryError(f"{field}: is written without a dot", position)
    traits: list[Condition] = [_named(word, position) for word in words]
    condition = both([*traits, _Conditions(lexicon, "" if field == "claim" else field).read(item)])
    return [Claimed(one) for one in (condition.parts if isinstance(condition, Either) else (condition,))]


def _named(word: str, position: int) -> Trait:
    if word not in WORDS:
        hint = nearest(word, WORDS, "claim.{}:")
        raise QueryError(f"“{word}” is no unit, event or other word of claims; {hint}", position)
    return Trait(WORDS[word], word)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """Reads conditions. `field` is origin, relay or new where we are in its value."""

    lexicon: Lexicon | None
    field: str = ""
    depth: int = 0

    def read(self, item: tree.Item) -> Condition:  # noqa: PLR0911 - one for each kind of item
        """Read one item."""
        match item:
            case tree.Group() | tree.FieldGroup() | tree.Plus():
                return self._inner(item.children[0])
            case tree.AndOperation() | tree.UnknownOperation():
                return both([self._inner(operand) for operand in item.operands])
            case tree.OrOperation():
                return either([self._alternative(operand) for operand in item.operands])
            case tree.Not() | tree.Prohibit():
                return lacks(self._inner(item.children[0]))
            case tree.SearchField():
                return self._searched(item)
            case tree.From() | tree.To():
                return self._compared(item)
            case tree.Range():
                return self._range(item)
            case tree.Word():
                return self._word(item.value, item.pos)
            case tree.Phrase():
                return self._word(item.value[1:-1], item.pos)
            case _:
                raise QueryError("claim: takes units, events, figures, origin: and relay:", item.pos or 0)

    def _inner(self, item: tree.Item) -> Condition:
        if self.depth > 4 * DEEPEST:
            raise QueryError("too deep: fewer things must stand within each other", item.pos or 0)
        return replace(self, depth=self.depth + 1).read(item)

    def _alternative(self, item: tree.Item) -> Condition:
        if isinstance(item, tree.Plus):
            raise QueryError("“+” and OR contradict each other: what is required is no alternative", item.pos)
        return self._inner(item)

    def _searched(self, item: tree.SearchField) -> Condition:
        name = item.name.casefold()
        if self.field or name not in SPEAKERS:
            raise QueryError(f"{name}: cannot stand within {self.field or 'claim'}:", item.pos)
        return replace(self, field=name, depth=self.depth + 1).read(item.expr)

    def _word(self, value: str, position: int) -> Condition:
        folded = value.casefold()
        if self.field == "new":
            if folded != "claim":
                raise QueryError(f"new: takes claim, as in new:claim, not “{value}”", position)
            return Trait("flag", "new")
        if self.field:
            return self._speaker(folded, position)
        if _NUMBER.fullmatch(value):
            number = _number(value, position)
            return Amount(number, number)
        if folded in WORDS:
            return Trait(WORDS[folded], folded)
        if self.lexicon and folded in _speakers(self.lexicon):
            raise QueryError(f"“{value}” is no unit or event but somebody who says things: origin:{folded}", position)
        raise QueryError(
            f"“{value}” is no unit, event, figure or other word of claims; {nearest(folded, WORDS, '{}')}", position
        )

    def _speaker(self, folded: str, position: int) -> Trait:
        if not re.fullmatch(r"\w+", folded):
            raise QueryError(f"{self.field}: takes the id of a source or person, such as kr_mnd", position)
        if self.lexicon and folded not in (known := _speakers(self.lexicon)):
            hint = nearest(folded, known, f"{self.field}:{{}}")
            raise QueryError(f"the lexicon has no source or person “{folded}”; {hint}", position)
        return Trait(self.field, folded)

    def _compared(self, item: tree.From | tree.To) -> Amount:
        self._refuse_numbers(item)
        number = _number(str(item.a.value), item.a.pos)
        if isinstance(item, tree.From):
            return Amount(number if item.include else number + 1, None)
        if number == 0 and not item.include:
            raise QueryError("no figure is less than 0", item.a.pos)
        return Amount(None, number if item.include else number - 1)

    def _range(self, item: tree.Range) -> Amount:
        self._refuse_numbers(item)
        low, high = (None if end.value == _OPEN else _number(str(end.value), end.pos) for end in (item.low, item.high))
        if low is None and high is None:
            raise QueryError("a range needs at least one end", item.pos)
        if low is not None and high is not None and low > high:
            raise QueryError("this range ends before it begins", item.pos)
        return Amount(low, high)

    def _refuse_numbers(self, item: tree.Item) -> None:
        if self.field:
            raise QueryError(f"{self.field}: takes no figures; they stand behind claim:", item.pos)


def _speakers(lexicon: Lexicon) -> list[str]:
    return [one for one, concept in lexicon.concepts_by_id.items() if concept.category in _SOURCES]


def _number(written: str, position: int) -> int:
    if not _NUMBER.fullmatch(written) or not written.isascii():
        raise QueryError(f"claim: compares whole numbers, such as 5000 or 5,000, not “{written}”", position)
    number = int(written.replace(",", "")) if len(written) < len(f"{_LARGEST:,}") else _LARGEST
    if number >= _LARGEST:
        raise QueryError("no figure is that large", position)
    return number
