"""The forms of a lexicon: how a concept is written in a text, and whether it is, at a place.

A form is tokens with one space between them. `*` ends a token, or one half of a compound with a hyphen, that may go on (a stem). A form with a capital is compared
with its capitals. In languages written without spaces, or whose particles attach, a form is found inside words, too:
there `^` at its head says that it must begin one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from analysis.plain import plain, seen
from analysis.text import HANGUL, same_length_fold

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTACHING = frozenset({"ko", "ja", "zh"})

_EAST_ASIAN = re.compile(f"[{HANGUL}\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_AHEAD = 2  # characters of what follows a key: a space or hyphen, and a letter
_LONGEST = 200  # characters of a form
_GOES_ON = re.compile(r"\w{0,60}(?:'(?=[^\W\d_])\w{1,60}){0,2}")  # bounded, or a text of one endless word takes hours


class LexiconError(ValueError):
    """The lexicon's data is wrong: what, and at which concept, language and form."""

    def __init__(self, message: str, concept: str = "", language: str = "", form: object = None) -> None:
        self.concept, self.language, self.form, self.message = concept, language, form, message
        where = [f"concept {concept}" if concept else "", language, f"form {form!r:.100}" if form is not None else ""]
        super().__init__(": ".join([*filter(None, where), message]))


@dataclass(frozen=True, slots=True)
class Form:
    """One form, ready to be checked. `key` is its first piece, which has been found already when `end` is asked."""

    concept: str
    language: str
    key: str
    pieces: tuple[str, ...]  # what follows the key, after each the word goes on: "коре" in "північн* коре*"
    open_end: bool
    surface: str  # with its capitals, or "" where they do not matter; forms with capitals have one piece
    left: str  # what may not stand before: "word", "script" (a letter of the same script) or "" (anything may)
    right: str
    exception: bool = False  # where this stands, the concept is not meant

    def end(self, folded: str, cased: str, start: int) -> int:
        """Give where the form ends that begins at `start`, or 0 if it is not there after all.

        `folded` and `cased` are the same text in plain writing, character for character, without and with capitals.
        """
        at = start + len(self.key)
        if start and self.left and _joins(folded[start - 1], self.left):
            return 0
        for piece in self.pieces:
            at = _GOES_ON.match(folded, at).end()  # type: ignore[union-attr] # it matches nothing, too
            if not folded.startswith(piece, at):
                return 0
            at += len(piece)
        if self.surface and not cased.startswith(self.surface, start):
            return 0
        if self.open_end:
            return _GOES_ON.match(folded, at).end()  # type: ignore[union-attr]
        return 0 if at < len(folded) and self.right and _joins(folded[at], self.right) else at


class Branch(NamedTuple):
    """All forms with the same key, so laid out that few of them must be checked where the key is found."""

    length: int  # of the key
    begins_word: bool  # what every form demands
    whole: tuple[Form, ...]  # forms that are their key, or go on with a hyphen alone
    longer: Mapping[str, tuple[Form, ...]]  # by how the first piece after the key begins

    @classmethod
    def of(cls, key: str, forms: tuple[Form, ...]) -> Branch:
        """Lay out the forms of a key."""
        longer: dict[str, list[Form]] = {}
        for form in forms:
            if form.pieces and len(form.pieces[0]) >= _AHEAD:
                longer.setdefault(form.pieces[0][:_AHEAD], []).append(form)
        whole = tuple(form for form in forms if not form.pieces or len(form.pieces[0]) < _AHEAD)
        begins_word = all(form.left == "word" for form in forms)
        return cls(len(key), begins_word, whole, {begin: tuple(found) for begin, found in longer.items()})

    def at(self, folded: str, end: int) -> tuple[Form, ...]:
        """Give the forms that may stand where the key ends at `end`."""
        if not self.longer:
            return self.whole
        at = _GOES_ON.match(folded, end).end()  # type: ignore[union-attr] # it matches nothing, too
        return self.whole + self.longer.get(folded[at : at + _AHEAD], ())


def _joins(character: str, kind: str) -> bool:
    """Whether a neighbour makes one word with a form's edge."""
    if not (character.isalnum() or character == "_"):
        return False
    return kind == "word" or not _EAST_ASIAN.match(character)


def read_form(concept: str, language: str, written: object, *, exception: bool = False) -> Form:
    """Understand a form as it is written in the lexicon.

    Raises:
        LexiconError: it could never be found, or is not written as forms are.

    """
    if not isinstance(written, str):
        raise LexiconError("found no text, expected text", concept, language, written)
    attaching = language in ATTACHING
    if len(written) > _LONGEST:
        raise LexiconError(f"has {len(written)} characters, expected at most {_LONGEST}", concept, language, written)
    if re.search(r"\s\s|[^\S ]", seen(written)):
        raise LexiconError("tokens are separated by one space", concept, language, written)
    text, _ = plain(written)
    anchored = attaching and text.startswith("^")
    text = text[1:] if anchored else text
    _check(text, attaching, (concept, language, written))
    *pieces, last = text.split("*")
    open_end = not last and bool(pieces)
    pieces = pieces if open_end else [*pieces, last]
    folded = [same_length_fold(piece) for piece in pieces]
    return Form(
        concept,
        language,
        folded[0],
        tuple(folded[1:]),
        open_end,
        pieces[0] if text != text.lower() else "",
        "word" if anchored or not attaching else _edge(text[0]),
        "" if open_end else "word" if not attaching else _edge(text[-1]),
        exception,
    )


def _edge(character: str) -> str:
    """In a language that attaches, letters of that language's script need no boundary, Latin letters and digits do."""
    return "" if _EAST_ASIAN.match(character) or not character.isalnum() else "script"


def _check(text: str, attaching: bool, where: tuple[str, str, object]) -> None:
    if not any(character.isalnum() for character in text):
        raise LexiconError("has no letter or digit", *where)
    if not attaching and (text != text.strip() or "^" in text):
        raise LexiconError("spaces at an end and ^ mean something only in " + ", ".join(sorted(ATTACHING)), *where)
    if re.search(r"\*[^ -]|(?:^|[^\w.'-])\*", text):
        raise LexiconError("“*” may only end a token, or one half of a compound", *where)
    if "*" in text[:-1] and text != text.lower():
        raise LexiconError("a form with capitals may have “*” only at its very end", *where)
