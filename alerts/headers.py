"""Text that strangers wrote, made fit for a mail: header values, addresses, links and body text.

A header value goes through `header` and nothing else. Python 3.11 decodes `=?utf-8?q?a=0D=0ABcc:_x@y?=` in a
subject and then writes the line break out, so a title could add a header of its own; `=?` is therefore broken up.
It also loses spaces between the words it encodes, so `MailPolicy` writes subjects and addresses out itself.
"""

from __future__ import annotations

import re
from base64 import b64encode
from email.headerregistry import Address, AddressHeader
from email.policy import EmailPolicy
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

LIMIT = 180  # characters of a header value
LINE = 76  # columns of a header's line
WORD = 52  # characters inside one encoded word
LINK_LIMIT = 2000  # characters of an address that is still made a link

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # turn the direction of what follows
_BROKEN = re.compile(r"[\ud800-\udfff\ufffe\uffff]")  # lone surrogates and noncharacters
_NOT_IN_NAMES = re.compile(r"[^\w .'’-]")
_LOCAL_PART = re.compile(r"[^\s\x00-\x20\x7f<>()\[\]\\,;:@\"]+")
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}>")


def readable(text: str) -> str:
    """Return text for a body: no control characters, no line breaks, nothing that turns its direction."""
    return _BROKEN.sub("\ufffd", _INVISIBLE.sub("", _BREAKS.sub(" ", text)))


def shortened(text: str, limit: int) -> str:
    """Return text on one line with single spaces, of at most `limit` characters, a cut shown as `…`."""
    line = " ".join(readable(text).split())
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"


def header(value: str, limit: int = LIMIT) -> str:
    """Return a value that stays one header: one line, no encoded word of a stranger's, at most `limit` characters."""
    return shortened(shortened(value, limit).replace("=?", "= ?"), limit)


def mailbox(text: str) -> Address:
    """Read `Name <user@host>` or `user@host`. A domain that is not ASCII is written in punycode.

    Raises ValueError, with words for the operator, where that is no address.
    """
    name, bracket, rest = text.strip().rpartition("<")
    spec = rest.removesuffix(">").strip() if bracket else text.strip()
    local, _, domain = spec.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if readable(text) != text or not _fits(local, domain) or (bracket and not rest.endswith(">")):
        raise ValueError(f"{header(text)!r} is not a mail address such as user@example.org")
    return Address(_name(name), local, domain)


def named(name: str, address: Address) -> Address:
    """Return the address under another name, as a To header shows it."""
    return Address(_name(name), address.username, address.domain)


def _name(text: str) -> str:
    """Return a name in which nothing needs quoting beyond a full stop: the folding of quoted names is fragile."""
    return shortened(_NOT_IN_NAMES.sub(" ", text), 60)


def _fits(local: str, domain: str) -> bool:
    """Whether both halves can stand on a command line of SMTP and in a header."""
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    sane = readable(local) == local and "=?" not in local and not dots
    return bool(sane and len(local) <= 64 and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain))  # noqa: PLR2004 - RFC 5321


def message_id(value: str) -> str:
    """Return a Message-ID as given. Raises ValueError where it is not one printable ASCII word in angle brackets."""
    if not _MESSAGE_ID.fullmatch(value) or "=?" in value:
        raise ValueError(f"{header(value)!r} is not a Message-ID such as <1@example.org>")
    return value


def domain(value: str) -> str:
    """Return a List-Id's identifier as given. Raises ValueError where it is not written like a domain."""
    if not _DOMAIN.fullmatch(value):
        raise ValueError(f"{header(value)!r} is not a list's identifier such as khasan.localhost")
    return value


def encoded(value: str, column: int = 0) -> str:
    """Return a cleaned value as a header carries it, folded; `column` is where its first line begins.

    ASCII stays as it is. All else becomes encoded words (RFC 2047), in the shorter of the two encodings.
    """
    if value.isascii():
        return _folded(value.split(" "), column)
    quoted = "".join(_quoted(char) for char in value)
    short = len(quoted) <= len(value.encode()) * 4 // 3
    parts, size = [""], 0
    for char in value:
        cost = len(_quoted(char)) if short else len(char.encode())
        if size + cost > (WORD if short else WORD * 3 // 4):
            parts.append("")
            size = 0
        parts[-1] += char
        size += cost
    return _folded([_word(part, short=short) for part in parts], column)


def _quoted(char: str) -> str:
    """Return a character as the Q encoding writes it."""
    if char == " ":
        return "_"
    return char if char.isascii() and char.isalnum() else "".join(f"={byte:02X}" for byte in char.encode())


def _word(part: str, *, short: bool) -> str:
    """Return one encoded word."""
    if short:
        return f"=?utf-8?q?{''.join(_quoted(char) for char in part)}?="
    return f"=?utf-8?b?{b64encode(part.encode()).decode()}?="


def _folded(words: list[str], column: int) -> str:
    """Join words with spaces, and with line breaks before those that would not fit."""
    text, column = words[0], column + len(words[0])
    for word in words[1:]:
        fits = column + 1 + len(word) <= LINE
        text += (" " if fits else "\r\n ") + word
        column = (column if fits else 0) + 1 + len(word)
    return text


class MailPolicy(EmailPolicy):
    """The SMTP policy of the standard library, but for how subjects and addresses are written out."""

    def fold(self, name: str, value: Any) -> str:
        """Return one header as lines."""
        column = len(name) + 2
        if isinstance(value, AddressHeader) and len(value.addresses) == 1:
            only = value.addresses[0]
            address = f"<{only.addr_spec}>" if only.display_name else only.addr_spec
            text = f"{_phrase(only.display_name, column)} {address}".strip()
            return f"{name}: {text}\r\n"
        if name.lower() == "subject":
            return f"{name}: {encoded(header(value), column)}\r\n"
        if name.lower() in {"references", "in-reply-to"}:  # the standard library would encode a long word of them
            return f"{name}: {_folded(str(value).split(), column)}\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return one header as the bytes of its lines."""
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


def _phrase(name: str, column: int) -> str:
    """Return a display name as a header carries it."""
    return f'"{name}"' if name.isascii() and not name.replace(" ", "").isalnum() and name else encoded(name, column)


def link(url: str) -> str:
    """Return an http or https address in ASCII that is safe as a link, or "" where it must not become one."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError:  # UnicodeError is one
        return ""
    bare = host.strip("[]")
    if parts.scheme not in ("http", "https") or not (_DOMAIN.fullmatch(bare) or ":" in bare) or "@" in parts.netloc:
        return ""
    place = (f"[{bare}]" if ":" in bare else bare) + (f":{port}" if port is not None else "")
    rest = (quote(part, safe="/:?@!$&()*+,;=%~-._", errors="replace") for part in parts[2:])
    address = urlunsplit((parts.scheme, place, *rest))
    return address if len(address) <= LINK_LIMIT and quote(address, safe="%/:?#[]@!$&()*+,;=~-._") == address else ""


def host(address: str) -> str:
    """Return the host of a link made by `link`, as a reader should see it."""
    return (urlsplit(address).hostname or "").removeprefix("www.")
