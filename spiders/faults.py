"""Why there is nothing to read: from statuses and failed downloads to outcomes. A bad source is a result, never a crash."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from OpenSSL import SSL
from scrapy import exceptions
from twisted.internet import error as network

from spiders.bounds import causes, out_of_bounds
from spiders.guard import refused_address
from spiders.polling import MAX_RETRY_AFTER, retry_after_of
from spiders.walls import wall_of
from storage.model import Outcome, Rest
from storage.sources import host_of

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.http import Response

_REFUSED = {401, 402, 403, 407, 429, 451}
_GONE = {404, 410}
_RESTING = {429, 503}
TOO_MANY = 429
GONE_FOR_GOOD = 410
UNTOLD_REST = timedelta(minutes=5)  # for a host that says "too many requests" and not for how long


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is nothing to read. `rest`: the whole host asked to be left alone."""

    outcome: Outcome
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    rest: Rest | None = None


class FetchFaultError(Exception):
    """A further request of a poll came to nothing."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class RestingError(exceptions.IgnoreRequest):
    """The host rests: the request was not sent, and what it was for comes again when the rest is over."""

    def __init__(self, host: str, until: datetime) -> None:
        super().__init__(f"{host} asked not to be asked before {until:%Y-%m-%d %H:%M} UTC")
        self.host = host
        self.until = until


class RobotsError(exceptions.IgnoreRequest):
    """robots.txt does not allow it, or cannot be had now: then `again` says when to try. The message says why."""

    def __init__(self, message: str, again: timedelta | None = None) -> None:
        super().__init__(message)
        self.again = again


def header(response: Response, name: str) -> str:
    """A response header as text, "" if it is not there."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else ""


def headers_of(response: Response) -> dict[str, str]:
    """All headers by their names in lower case."""
    return {name.decode("latin-1").lower(): header(response, name.decode("latin-1")) for name in response.headers}


def status_fault(response: Response, now: datetime) -> Fault | None:
    """The fault that a status says, None for a success. A wall against programs is named."""
    status = response.status
    if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls successful
        return None
    outcome = Outcome.REFUSED if status in _REFUSED else Outcome.GONE if status in _GONE else Outcome.SERVER
    detail = f"HTTP {status}"
    wall = wall_of(headers_of(response), response.body)
    if wall and status not in _GONE:
        outcome, detail = Outcome.REFUSED, f"HTTP {status}, {wall}"
    wait = retry_after_of(header(response, "Retry-After"), now)
    if wait is None and status == TOO_MANY:
        wait = UNTOLD_REST
    return Fault(outcome, detail, status, wait, _rest(response, wait, now))


def _rest(response: Response, wait: timedelta | None, now: datetime) -> Rest | None:
    """How long a host wants to be left alone: what it says, or a little while where it says only that we ask too much."""
    if wait is None or not wait or response.status not in _RESTING:
        return None
    wait = min(wait, MAX_RETRY_AFTER)
    return Rest(host_of(response.url), now + wait, f"HTTP {response.status}")


def disguised(response: Response, fault: Fault) -> Fault:
    """What could not be read as what it should be, named better where it is a wall against programs or a page of consent."""
    wall = wall_of(headers_of(response), response.body)
    return replace(fault, outcome=Outcome.REFUSED, detail=f"{wall} instead ({fault.detail})") if wall else fault


_BY_TYPE: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Outcome], ...] = (
    ((exceptions.CannotResolveHostError, network.DNSLookupError), Outcome.DNS),
    ((exceptions.DownloadTimeoutError, network.TimeoutError, TimeoutError), Outcome.TIMEOUT),
    (exceptions.DownloadCancelledError, Outcome.TOO_LARGE),
    (exceptions.ResponseDataLossError, Outcome.CUT_OFF),
    (exceptions.DownloadConnectionRefusedError, Outcome.CONNECT),
    (OSError, Outcome.CUT_OFF),  # gzip that is none: BadGzipFile, EOFError below
    (EOFError, Outcome.CUT_OFF),
)


def download_fault(error: BaseException) -> Fault:
    """The fault that a failed download is."""
    private, beyond = refused_address(error), out_of_bounds(error)
    if private or beyond:
        return Fault(Outcome.PRIVATE if private else _beyond(beyond), private or beyond)
    text = _words(error)
    if isinstance(error, exceptions.IgnoreRequest):
        return Fault(_ignored(error, text), text, retry_after=getattr(error, "again", None))
    if any(isinstance(one, SSL.Error) for one in causes(error)) or "certificate" in text.lower():
        return Fault(Outcome.TLS, text)
    outcome = next((outcome for kinds, outcome in _BY_TYPE if isinstance(error, kinds)), None)
    if outcome is None and (isinstance(error, exceptions.DownloadFailedError) or getattr(error, "reasons", None)):
        outcome = Outcome.CONNECT
    return Fault(outcome or Outcome.FAULT, text if outcome else f"{type(error).__name__}: {text}")


def _beyond(text: str) -> Outcome:
    """Which of the bounds was passed."""
    if "only http and https" in text:
        return Outcome.PRIVATE
    return Outcome.SERVER if "redirect" in text else Outcome.TOO_LARGE


def _ignored(error: exceptions.IgnoreRequest, text: str) -> Outcome:
    """Why a request was given up on its way."""
    if isinstance(error, RobotsError):
        return Outcome.SERVER if error.again else Outcome.ROBOTS
    if isinstance(error, RestingError):
        return Outcome.REFUSED
    return Outcome.SERVER if "redirect" in text else Outcome.TOO_LARGE


def _words(error: BaseException) -> str:
    """What an error says, on one line, in words for a person: without addresses and the wrappings of libraries."""
    for kinds, words in _PLAIN:
        if any(isinstance(one, kinds) for one in causes(error)):
            return words
    said = [text for one in causes(error) if (text := " ".join(str(one).split())) and "<twisted." not in text]
    text = _ADDRESS.sub("", said[0] if said else type(error).__name__)
    found = _OPENSSL.findall(text)
    return (", ".join(found) or text)[:300]


_ADDRESS = re.compile(r"^Getting \S+ ")
_OPENSSL = re.compile(r"\('[^']*', '[^']*', '([^']+)'\)")
_PLAIN: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (exceptions.ResponseDataLossError, "the answer ended early"),
    ((network.ConnectionDone, network.ConnectionLost), "the connection was closed without an answer"),
    (network.ConnectionRefusedError, "the connection was refused"),
    (network.NoRouteError, "there is no way to the host"),
)
