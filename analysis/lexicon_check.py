"""What is doubtful in a lexicon though it can be used: forms in vain, forms that several concepts share, forms too short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.forms import ATTACHING, Form, read_form
from analysis.plain import plain
from analysis.text import same_length_fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.lexicon import Concept, Lexicon

_SHORT_STEM = 4  # letters: a shorter stem begins too many words
_SHORT_WORD = 3  # letters of a word in any case: "rok", "sau"
_SHORT_INSIDE = 2  # syllables: so short a form stands inside other words


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to look at. `kind` is "in vain", "shared", "short", "inside" or "missing"."""

    kind: str
    concept: str
    language: str
    form: str
    message: str


def doubts(lexicon: Lexicon) -> tuple[Doubt, ...]:
    """Give all doubts, by kind and in the lexicon's order."""
    found = [
        *(doubt for concept in lexicon.concepts_by_id.values() for doubt in _in_vain(concept)),
        *_shared(lexicon),
        *(doubt for concept in lexicon.concepts_by_id.values() for doubt in _short(concept)),
        *_missing(lexicon),
    ]
    return tuple(found)


def _read(concept: Concept, language: str) -> list[tuple[str, Form]]:
    return [(written, read_form(concept.id, language, written)) for written in concept.forms.get(language, ())]


def _sample(written: str) -> str:
    """A text in which the form stands, in plain writing, stems without what follows."""
    return plain(written)[0].removeprefix("^").replace("*", "")


def _covers(form: Form, written: str) -> bool:
    """Whether a form finds all that another one does."""
    sample = _sample(written)
    folded = same_length_fold(sample)
    at = folded.find(form.key)
    while at >= 0:
        end = form.end(folded, sample, at)
        if end and (at, end) == (0, len(folded)) and (form.open_end or not written.endswith("*")):
            return True
        at = folded.find(form.key, at + 1)
    return False


def _in_vain(concept: Concept) -> Iterator[Doubt]:
    for language in concept.forms:
        read = _read(concept, language)
        for at, (written, form) in enumerate(read):
            for other_at, (other_written, other) in enumerate(read):
                if other_at == at or not _covers(other, written) or (_covers(form, other_written) and other_at > at):
                    continue
                yield Doubt("in vain", concept.id, language, written, f"{other_written!r} finds it already")
                break


def _shared(lexicon: Lexicon) -> Iterator[Doubt]:
    holders: dict[tuple[str, str], list[str]] = {}
    for concept in lexicon.concepts_by_id.values():
        for language, forms in concept.forms.items():
            for written in dict.fromkeys(same_length_fold(plain(form)[0]) for form in forms):
                holders.setdefault((language, written), []).append(concept.id)
    for (language, written), concepts in holders.items():
        if len(concepts) > 1:
            message = f"also a form of {', '.join(concepts[1:])}: wherever one is found, so is the other"
            yield Doubt("shared", concepts[0], language, written, message)


def _short(concept: Concept) -> Iterator[Doubt]:
    for language, forms in concept.forms.items():
        for written in forms:
            sample = _sample(written).strip()
            if language in ATTACHING:
                if len(sample) <= _SHORT_INSIDE and not written.startswith("^") and not sample.isascii():
                    message = "is found inside longer words; “^” at its head says that it must begin one"
                    yield Doubt("inside", concept.id, language, written, message)
            elif written.endswith("*") and len(sample) < _SHORT_STEM:
                yield Doubt("short", concept.id, language, written, "so short a stem begins many words")
            elif len(sample) <= _SHORT_WORD and written == written.lower() and sample.isascii():
                message = "so short a word is found in any case; capitals make it mean the abbreviation"
                yield Doubt("short", concept.id, language, written, message)


def _missing(lexicon: Lexicon) -> Iterator[Doubt]:
    usual = [
        language
        for language in sorted(lexicon.languages)
        if 2 * sum(language in concept.forms for concept in lexicon.concepts_by_id.values())
        > len(lexicon.concepts_by_id)
    ]
    for concept in lexicon.concepts_by_id.values():
        for language in usual:
            if language not in concept.forms:
                yield Doubt("missing", concept.id, language, "", f"has no forms in {language}")
