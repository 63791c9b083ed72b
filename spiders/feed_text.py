"""From a feed's bytes to text that a parser can read: its encoding, whatever it says, and no more entries than wanted."""

from __future__ import annotations

import re
import sys

from spiders.extract.decode import decoded, encoding_of

_WIDE = {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_DECLARATION = re.compile(r"\A\s*<\?xml[^<>]*\?>\s*")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # characters that XML does not have
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|(\d+));?", re.IGNORECASE)
_LONG_ENTITY = re.compile(
    r"""<!ENTITY[^"'<>]*(?:"[^"]{60,}"|'[^']{60,}')\s*>"""
)  # no sign of a script: text that is to be repeated a thousand times
_LONGEST_REFERENCE = 10
_ENTRY_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)


def feed_text(body: bytes, content_type: str) -> str:
    """The text of a feed: without byte order mark, XML declaration, and characters that no parser accepts."""
    return decode_feed(body, content_type)[0]


def decode_feed(body: bytes, content_type: str) -> tuple[str, str]:
    """The same, and the name of the encoding that it was in, in lower case."""
    wide = next((name for start, name in _WIDE.items() if body.startswith(start)), None)
    encoding = wide or encoding_of(body, content_type or None)
    text = decoded(body, encoding).lstrip("\ufeff")
    text = _NO_XML.sub("", _DECLARATION.sub("", text, count=1))
    if "<!ENTITY" in text:
        text = _LONG_ENTITY.sub("", text)
    return (_REFERENCE.sub(_sane, text) if "&#" in text else text), encoding.lower()


def _sane(reference: re.Match[str]) -> str:
    """A reference to a character, or nothing if there is no such character: half a surrogate pair, a NUL."""
    hexadecimal, decimal = reference.groups()
    if len(hexadecimal or decimal) > _LONGEST_REFERENCE:
        return ""
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return "" if code > sys.maxunicode or _NO_XML.match(chr(code)) else reference.group()


def first_entries(text: str, most: int) -> tuple[str, int]:
    """An XML feed cut to its first entries, and how many it had: parsing ten megabytes takes as many seconds."""
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    if len(ends) <= most:
        return text, len(ends)
    return text[: ends[most - 1]] + text[ends[-1] :], len(ends)
