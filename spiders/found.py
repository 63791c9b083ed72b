"""What the readers of all kinds of source share: what they are told, what they give back, and how they say that it is no such thing.

A reader is pure: bytes in, entries out. It runs in the daemon or, for what is large or HTML, in a worker, so all of this
can be pickled.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spiders.markup import plain_line, plain_text, visible
from spiders.polling import Hints
from spiders.urls import canonical_url, is_front_page, web_address
from storage.model import Entry, Outcome, Published, Publisher

if TYPE_CHECKING:
    from datetime import datetime

MAX_TEXT = 200_000  # characters kept of one entry
MAX_TITLE = 1000
MAX_KEY = 500
_FROM_TEXT = 120  # characters of its text that stand for a title
OTHER_FILES = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "gzip data",
    b"PK\x03\x04": "a ZIP archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


class ReadFaultError(Exception):
    """This is not what was asked for. `outcome` says what it is instead, the message what a person should know."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(outcome, message)
        self.outcome = outcome
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader needs to know besides the bytes. `zone` is an IANA name, for times without an offset."""

    source: str
    url: str
    now: datetime
    content_type: str = ""
    language: str = ""
    zone: str = ""
    max_entries: int = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """What a document of entries holds. `faults` name entries left out and what else was wrong, in a few words each."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...] = ()
    whole: bool = True  # False: not well-formed, so that entries may be missing
    next_url: str = ""  # where older entries are, if it says so
    hints: Hints = field(default_factory=Hints)  # how often it wants to be read
    encoding: str = ""  # in which it was written


def other_file(body: bytes) -> str:
    """What a body is by its first bytes, if it is no text at all: "a PDF"; "" otherwise."""
    return next((name for magic, name in OTHER_FILES.items() if body.startswith(magic)), "")


def make_entry(
    context: ReadContext,
    *,
    key: str,
    link: str,
    title: str,
    markup: str,
    languages: tuple[str, ...] = (),
    published: Published | None = None,
    authors: tuple[str, ...] = (),
    image: str | None = None,
    publisher: Publisher | None = None,
    whole: bool = False,
) -> Entry | str:
    """An entry out of a format's fields, or what is wrong with it.

    `title` and `markup` may be HTML. `link` may be relative to the context's address; `key` may be empty.
    """
    url = web_address(link, context.url) if link else ""
    identity = canonical_url(url) if url else ""
    if url and (is_front_page(identity) or url.partition("#")[0] == context.url):
        url = ""  # the link of the whole list, or "#": no article's
    title = plain_line(title[: 4 * MAX_TITLE])[:MAX_TITLE]
    text = plain_text(markup[: 4 * MAX_TEXT])[:MAX_TEXT]
    key = visible(key)
    if not url and not title and not text:
        return f"an entry with neither link nor title nor text{f' (id {key[:80]})' if key else ''}"
    digest = hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest()
    key = _short(key or url or digest)
    own = f"urn:khasan:{context.source}:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return Entry(
        key=key,
        url=url,
        canonical_url=identity if url else own,
        title=title or text.split("\n", 1)[0][:_FROM_TEXT],
        text=text,
        authors=authors,
        image=image,
        language=language_code(*languages, context.language),
        published=published,
        sha256=digest,
        publisher=publisher,
        whole=whole,
    )


def _short(key: str) -> str:
    """A key that fits; two that are alike in their beginning stay two."""
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - 65]} {hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"


def language_code(*said: str) -> str:
    """The first that is a language's code, without region: "ru" of "ru-RU"."""
    found = (re.fullmatch(r"\s*([a-zA-Z]{2,3})(?:[-_]\S*)?\s*", one[:40]) for one in said if one)
    return next((match[1].lower() for match in found if match), "")
