"""Small text helpers of extraction: cleaning, folding for comparison, stripping markup out of strings."""

import re
import unicodedata
from html import unescape

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\u00ad\u200b\u200e\u200f\u2060\ufeff\ufffe\uffff]"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--.*?-->", re.DOTALL)
_NOT_WORD = re.compile(r"[\W_]+")


def clean(text: str) -> str:
    """Give one line in NFC without control characters, soft hyphens or runs of blanks."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", text)).split())


def fold(text: str) -> str:
    """Give only what counts when two texts are compared: letters and digits, without case."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def plain(text: str) -> str:
    """Give the text of a string that may hold markup or entities, some twice escaped."""
    for _ in range(2):
        if "&" not in text:
            break
        text = unescape(text)
    return _TAG.sub(" ", text) if "<" in text else text


def plain_lines(text: str) -> list[str]:
    """Split a string that may hold markup into its clean paragraphs."""
    if "<" in text or "&" in text:
        text = plain(re.sub(r"(?i)<br\s*/?>|</(?:p|div|h\d|li)>", "\n", unescape(text)))
    return [line for line in map(clean, text.splitlines()) if line]


def squash(text: str) -> str:
    """Give only letters and digits, without case and blanks: for finding one text inside another."""
    return _NOT_WORD.sub("", text.casefold())
