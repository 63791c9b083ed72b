"""Markup in feeds to plain text. Whole pages are the extraction's business, not this module's."""

from __future__ import annotations

import html
import re
import unicodedata

_HIDDEN = re.compile(
    r"<(?:iframe|svg)\b[^<>]*/>|<(script|style|iframe|noscript|svg)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_BREAK = re.compile(
    r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|figure)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(  # first with regard to quotes, in which a ">" may stand
    r"""</?[a-zA-Z!?](?:[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*|[^<>]*)>"""
)
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_UNSEEN = re.compile(  # control characters, soft hyphens, zero-width and direction marks, half surrogate pairs
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def plain_text(markup: str) -> str:
    """Text of a piece of HTML: paragraphs a line each, entities resolved, NFC, nothing invisible."""
    if "<" in markup:
        markup = _TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub(" ", markup)))
    if "&" in markup:
        markup = html.unescape(markup)
    return _tidy(markup)


def plain_line(markup: str) -> str:
    """The same on one line: titles, names. A title may hold markup that is escaped once more."""
    text = plain_text(markup)
    if "<" in text and _TAG.search(text):
        text = plain_text(text)
    return text.replace("\n", " ")


def _tidy(text: str) -> str:
    text = visible(text)
    return unicodedata.normalize("NFC", _LINES.sub("\n", _SPACE.sub(" ", text)).strip())


def visible(text: str) -> str:
    """A text without characters that nobody sees and no database takes."""
    return _UNSEEN.sub("", text)
