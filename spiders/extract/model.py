"""What goes into and comes out of extraction: the overrides of a source, the article, the refusal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

FaultKind = Literal["not-html", "empty", "no-text", "too-large"]
Precision = Literal["minute", "day"]


@dataclass(frozen=True, slots=True)
class Overrides:
    """CSS selectors of one source that replace the general rules; an empty string leaves a field to them.

    A selector that is not valid CSS or finds nothing is passed over: a source that changed its layout falls
    back to the general rules. What `remove` selects is dropped from the page before anything is read.
    """

    title: str = ""
    text: str = ""
    authors: str = ""
    published: str = ""
    image: str = ""
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """One article as read from its page. Texts are NFC; paragraphs of `text` are joined by one line feed."""

    title: str
    text: str
    authors: tuple[str, ...]
    image: str | None  # absolute address
    language: str | None  # what the page says of itself, lower case and without region: "uk"
    published: datetime | None  # aware, UTC
    zone: str | None  # the publisher's own offset, "+09:00"; None where neither page nor source gave one
    precision: Precision | None  # "day" where the page gives no time of day
    canonical: str | None  # absolute address the page gives as its own, unjudged
    site: str | None


class ExtractFault(Exception):  # noqa: N818 - "Error" is for what somebody must mend
    """This body holds no article that can be read: `kind` is for programs, the message for a person."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind

    def __reduce__(self) -> tuple[type["ExtractFault"], tuple[FaultKind, str]]:
        """Pickle with both arguments, since faults cross process borders."""
        return type(self), (self.kind, str(self))
