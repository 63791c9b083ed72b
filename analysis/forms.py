"""The forms of a lexicon: how a concept is written in a text, and whether it is, at a place.

A form is tokens with one space between them. `*` ends a token that may go on (a stem). A form with a capital is compared
with its capitals. In languages written without spaces, or whose particles attach, a form is found inside words, too:
there `^` at its head says that it must begin one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.text import HANGUL, nfc, same_length_fold

ATTACHING = frozenset({"ko", "ja", "zh"})

_DASHES = re.compile("[‐‑‒–—−]")
_EAST_ASIAN = re.compile(f"[{HANGUL}\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_GOES_ON = re.compile(r"[\w']*")


class LexiconError(ValueError):
    """The lexicon's data is wrong: what, and at which concept, language and form."""

    def __init__(self, message: str, concept: str = "", language: str = "", form: object = None) -> None:
        self.concept, self.language, self.form, self.message = concept, language, form, message
        where = [f"concept {concept}" if concept else "", language, f"form {form!r}" if form is not None else ""]
        super().__init__(": ".join([*filter(None, where), message]))


@dataclass(frozen=True, slots=True)
class Form:
    """One form, ready to be checked. `key` is its first piece, which has been found already when `end` is asked."""

    concept: str
    key: str
    pieces: tuple[str, ...]  # what follows the key, after each the word goes on: "коре" in "північн* коре*"
    open_end: bool
    surface: str  # with its capitals, or "" where they do not matter; forms with capitals have one piece
    left: str  # what may not stand before: "word", "script" (a letter of the same script) or "" (anything may)
    right: str

    def end(self, folded: str, plain: str, start: int) -> int:
        """Give where the form ends that begins at `start`, or 0 if it is not there after all.

        `folded` and `plain` are the same text, character for character, without and with capitals.
        """
        at = start + len(self.key)
        if start and self.left and _joins(folded[start - 1], self.left):
            return 0
        for piece in self.pieces:
            at = _GOES_ON.match(folded, at).end()  # type: ignore[union-attr] # it matches nothing, too
            if not folded.startswith(piece, at):
                return 0
            at += len(piece)
        if self.surface and not plain.startswith(self.surface, start):
            return 0
        if self.open_end:
            return _GOES_ON.match(folded, at).end()  # type: ignore[union-attr]
        return 0 if at < len(folded) and self.right and _joins(folded[at], self.right) else at


def _joins(character: str, kind: str) -> bool:
    """Whether a neighbour makes one word with a form's edge."""
    if not (character.isalnum() or character == "_"):
        return False
    return kind == "word" or not _EAST_ASIAN.match(character)


def read_form(concept: str, language: str, written: object) -> Form:
    """Understand a form as it is written in the lexicon.

    Raises:
        LexiconError: it could never be found, or is not written as forms are.

    """
    if not isinstance(written, str):
        raise LexiconError("found no text, expected text", concept, language, written)
    attaching = language in ATTACHING
    text = _DASHES.sub("-", nfc(written))
    anchored = attaching and text.startswith("^")
    text = text[1:] if anchored else text
    _check(text, attaching, (concept, language, written))
    *pieces, last = text.split("*")
    open_end = not last and bool(pieces)
    pieces = pieces if open_end else [*pieces, last]
    folded = [same_length_fold(piece) for piece in pieces]
    return Form(
        concept,
        folded[0],
        tuple(folded[1:]),
        open_end,
        pieces[0] if text != text.lower() else "",
        "word" if anchored or not attaching else _edge(text[0]),
        "" if open_end else "word" if not attaching else _edge(text[-1]),
    )


def _edge(character: str) -> str:
    """In a language that attaches, letters of that language's script need no boundary, Latin letters and digits do."""
    return "" if _EAST_ASIAN.match(character) or not character.isalnum() else "script"


def _check(text: str, attaching: bool, where: tuple[str, str, object]) -> None:
    if not any(character.isalnum() for character in text):
        raise LexiconError("has no letter or digit", *where)
    if not attaching and (text != text.strip() or "^" in text):
        raise LexiconError("spaces at an end and ^ mean something only in " + ", ".join(sorted(ATTACHING)), *where)
    if re.search(r"\s\s|[^\S ]", text):
        raise LexiconError("tokens are separated by one space", *where)
    if re.search(r"\*[^ ]|(?:^|[^\w.])\*", text):
        raise LexiconError("“*” may only end a token", *where)
    if "*" in text[:-1] and text != text.lower():
        raise LexiconError("a form with capitals may have “*” only at its very end", *where)
