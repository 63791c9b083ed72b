"""Bounds on what a server may answer, where Scrapy and Twisted have none: headers, chunks, packing, redirects.

What goes beyond ends as `OutOfBoundsError`, whose words say what it was. The bounds on bytes, seconds and the number of
redirects are Scrapy's settings.
"""

from __future__ import annotations

import re
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from twisted.web.http import _ChunkedTransferDecoder

from spiders.unpack import ENCODINGS, TooMuchError, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy import Request
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web._newclient import Request as TxRequest
    from twisted.web.iweb import IResponse

MAX_HEADER_BYTES = 131_072  # of one answer, with all that comes before it; browsers allow about twice as much
MAX_CHUNKS = 100_000  # of one answer; a page of a megabyte, sent in bits of fifty bytes, has 20,000
MAX_PACKINGS = 2  # one inside the other; a header may name three thousand, each of ten megabytes
_SHOWN = 200  # characters of an address in a fault
_UNSEEN = re.compile(r"[^\x21-\x7e]+")


class OutOfBoundsError(IgnoreRequest):
    """An answer that is given up for its size or its oddity. Scrapy hands it to the request's errback."""


def out_of_bounds(error: BaseException) -> str:
    """What was beyond the bounds if that is why a download failed, else ""."""
    return next((str(one) for one in causes(error) if isinstance(one, OutOfBoundsError)), "")


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, through Scrapy's and Twisted's wrappings."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or one in seen:
            continue
        seen.append(one)
        yield one
        reasons = getattr(one, "reasons", None) or ()
        waiting += [one.__cause__, *(getattr(reason, "value", None) for reason in reasons)]


class GatheredChunks(_ChunkedTransferDecoder):
    """Hands on what one read from the network brought in one piece, and counts the chunks.

    Each piece that is handed on costs Scrapy a signal. A body in chunks of a byte would keep the event loop busy for as
    long as it lasts, a second at a time.
    """

    def __init__(self, data: Callable[[bytes], None], finish: Callable[[bytes], None]) -> None:
        super().__init__(self._gather, self._end)
        self._pieces: list[bytes] = []
        self._chunks = 0
        self._hand_on, self._finish = data, finish

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """What one read brought."""
        super().dataReceived(data)
        self._flush()

    def _gather(self, piece: bytes) -> None:
        self._chunks += 1
        if self._chunks > MAX_CHUNKS:
            raise OutOfBoundsError(f"the answer comes in more than {MAX_CHUNKS} pieces")
        self._pieces.append(piece)

    def _flush(self) -> None:
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._hand_on(b"".join(pieces))

    def _end(self, rest: bytes) -> None:
        self._flush()
        self._finish(rest)


class BoundedParser(_LenientHTTPClientParser):
    """Reads the head of an answer, which Twisted would do without end, as long as each line is short."""

    MAX_LENGTH = MAX_HEADER_BYTES
    _transferDecoders: dict[bytes, type[_ChunkedTransferDecoder]] = {b"chunked": GatheredChunks}  # noqa: N815, RUF012
    _head = 0  # bytes so far

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        """A line of the head, or of a head before it (100 Continue, 103 Early Hints)."""
        self._head += len(line) + 1
        if self._head > MAX_HEADER_BYTES:
            self.lineLengthExceeded(line)
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802 - Twisted's
        """Give the answer up."""
        raise OutOfBoundsError(f"the answer's headers are larger than {MAX_HEADER_BYTES} bytes")


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """A connection whose answers are read by BoundedParser."""

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """Send a request."""
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = BoundedParser  # Twisted and Scrapy leave no other way to name it
        return answer


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Makes such connections."""

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:  # noqa: ARG002, N802 - Twisted's
        """Scrapy's way of making one."""
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class Unpacking(HttpCompressionMiddleware):
    """Scrapy's middleware with bounds on the work as well as on the size."""

    def _handle_encoding(self, body: bytes, content_encoding: list[bytes], max_size: int) -> tuple[bytes, list[bytes]]:
        named = [one.strip().lower() for one in chain.from_iterable(line.split(b",") for line in content_encoding)]
        packings = [one for one in named if one not in {b"", b"identity"}]
        if len(packings) > MAX_PACKINGS:
            raise OutOfBoundsError(f"the answer is packed {len(packings)} times, one inside the other")
        while packings and packings[-1] in ENCODINGS:
            try:
                body = unpack(body, packings.pop(), max_size or sys.maxsize)
            except TooMuchError as error:
                raise OutOfBoundsError(f"the answer is {error}") from error
        return body, packings


class Redirects(RedirectMiddleware):
    """Scrapy's middleware, but a redirect that cannot be followed is a fault with words, not an empty answer."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The next request, or the answer if it is no redirect to be followed."""
        try:
            return super().process_response(request, response)
        except ValueError as error:
            raise OutOfBoundsError(f"redirects to {_shown(response)}, which is no address") from error
        except OutOfBoundsError:
            raise
        except IgnoreRequest as error:
            raise OutOfBoundsError(f"redirected more than {self.max_redirect_times} times") from error

    def _build_redirect_request(
        self, source_request: Request, response: Response, *, url: str, **kwargs: Any
    ) -> Request:
        if urlsplit(url).scheme.lower() not in {"http", "https"}:
            raise OutOfBoundsError(f"redirects to {_shown(response)}; only http and https are followed")
        return super()._build_redirect_request(source_request, response, url=url, **kwargs)


def _shown(response: Response) -> str:
    """Where an answer redirects to, fit to be shown."""
    location = (response.headers.get("Location") or b"").decode("latin-1")
    return _UNSEEN.sub(" ", location).strip()[:_SHOWN] or "nowhere"
