"""Unpacking what untrusted servers have packed, within bounds of size and of work. Pure; for downloads and packed files.

A bound of size alone is not enough: ten megabytes of packed emptiness, a million members of nothing each, would keep a
reader busy for fifteen seconds and never grow. So the members of a stream are counted, too.
"""

from __future__ import annotations

import sys
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped] # Scrapy requires it as it does zstd, and offers both to servers

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_MEMBERS = 2000  # of one stream; tools that pack in blocks make one for 64 kB
_PIECE = 65_536  # bytes fed, and asked for, at a time
_MAX_WINDOW = 23  # 8 MB, all that RFC 9659 allows a server
_ZLIB, _GZIP, _BARE = 15, 31, -15  # zlib's numbers for what stands around deflated data
_CHECKSUM = {b"gzip": 8, b"x-gzip": 8, b"deflate": 4}  # bytes at the end that say whether all is well


class TooMuchError(Exception):
    """More came out than is allowed, or it is in more pieces than is sane. The message says which."""


class DamagedError(OSError):
    """This is not packed in the way it says, or it ends before anything could be read."""


def unpack(body: bytes, encoding: bytes, limit: int) -> bytes:
    """What is packed in `body`: at most `limit` bytes. What is cut off or damaged is given as far as it goes.

    Raises TooMuchError, DamagedError where nothing at all can be read, KeyError for an encoding that is not in ENCODINGS.
    """
    read, name = _READERS[encoding], encoding.decode("ascii")
    out = BytesIO()
    try:
        for piece in read(memoryview(body)):
            if out.tell() + len(piece) > limit:
                raise TooMuchError(f"more than {limit} bytes, unpacked from {name}")
            out.write(piece)
    except (EOFError, zlib.error, brotli.error, zstd.ZstdError) as error:
        if encoding in _CHECKSUM and any(
            one in str(error) for one in ("incorrect data check", "incorrect length check")
        ):
            return unpack(body[: -_CHECKSUM[encoding]], encoding, limit)  # browsers do not look at it either
        if body and not out.tell():
            raise DamagedError(f"it says that it is {name}, and cannot be unpacked ({error})") from error
    return out.getvalue()


def _inflate(body: memoryview, form: int, members: int) -> Iterator[bytes]:
    """Up to so many members of zlib's kinds, one behind the other."""
    at = 0
    for _ in range(members):
        stream, held = zlib.decompressobj(form), b""
        while not stream.eof:
            fed = held or body[at : at + _PIECE]
            if not held:
                at += len(fed)
            piece = stream.decompress(fed, _PIECE)
            if not fed and not piece:
                raise EOFError("it is cut off")
            yield piece
            held = stream.unconsumed_tail
        at -= len(stream.unused_data)
        if bytes(body[at : at + 2]) != b"\x1f\x8b":  # the end, or padding
            return
    raise TooMuchError(f"more than {members} packed pieces behind each other")


def _gzip(body: memoryview) -> Iterator[bytes]:
    return _inflate(body, _GZIP, MAX_MEMBERS)


def _deflate(body: memoryview) -> Iterator[bytes]:
    """With zlib's frame, as the standard says, or bare, as some servers do."""
    try:
        zlib.decompressobj(_ZLIB).decompress(body[:_PIECE], 1)
    except zlib.error:
        return _inflate(body, _BARE, 1)
    return _inflate(body, _ZLIB, 1)


def _zstd(body: memoryview) -> Iterator[bytes]:
    at = 0
    for _ in range(MAX_MEMBERS):
        stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _MAX_WINDOW})
        while not stream.eof:
            fed = _next(body, at) if stream.needs_input else b""
            at += len(fed)
            yield stream.decompress(fed, _PIECE)
        at -= len(stream.unused_data)
        if at >= len(body):
            return
    raise TooMuchError(f"more than {MAX_MEMBERS} packed pieces behind each other")


def _brotli(body: memoryview) -> Iterator[bytes]:
    stream, at = brotli.Decompressor(), 0
    while not stream.is_finished():
        asks = stream.can_accept_more_data()  # which it may although it still holds some output
        fed = bytes(body[at : at + _PIECE]) if asks else b""
        at += len(fed)
        piece = stream.process(fed, output_buffer_limit=_PIECE)
        if asks and not fed and not piece:
            raise EOFError("it is cut off")
        yield piece


def _next(body: memoryview, at: int) -> memoryview:
    """The piece to feed next. Raises EOFError where there should be one and is none."""
    if at >= len(body):
        raise EOFError("it is cut off")
    return body[at : at + _PIECE]


_READERS: dict[bytes, Callable[[memoryview], Iterator[bytes]]] = {
    b"gzip": _gzip, b"x-gzip": _gzip, b"deflate": _deflate, b"br": _brotli, b"zstd": _zstd,
}  # fmt: skip
ENCODINGS = tuple(_READERS)
