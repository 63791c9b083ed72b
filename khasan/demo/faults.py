"""What can go wrong with an answer of the demonstration press, on demand.

A fault is a value; ``Press.fault`` lays it on a host or an address and lifts it again. The named constructors cover
what sites really do; fields may be combined with ``dataclasses.replace`` (a slow answer that is also cut off).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """What is sent for one request; Content-Length is added when sending."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Fault:
    """One way to answer wrongly.

    Attributes:
        status: replaces the status, and the body by a short one unless ``body`` is given.
        headers: replace the answer's headers of the same names; the others stay.
        body: replaces the body.
        delay: seconds to wait before the answer.
        silent: never answer; the connection stays open until the press stops.
        dropped: close the connection without an answer.
        truncated: announce the whole length, send half and close.
        times: how many requests it lasts; None until it is lifted.

    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    silent: bool = False
    dropped: bool = False
    truncated: bool = False
    times: int | None = None

    @classmethod
    def refuse(cls, status: int, *, retry_after: str | int | None = None, times: int | None = None) -> "Fault":
        """Answer with an error status; ``retry_after`` in seconds or as an HTTP date."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls(status=status, headers=headers, times=times)

    @classmethod
    def slow(cls, seconds: float) -> "Fault":
        """Answer rightly, but late."""
        return cls(delay=seconds)

    @classmethod
    def hang(cls) -> "Fault":
        """Accept the request and never answer."""
        return cls(silent=True)

    @classmethod
    def drop(cls) -> "Fault":
        """Close the connection without a word."""
        return cls(dropped=True)

    @classmethod
    def cut(cls) -> "Fault":
        """Break off in the middle of the body."""
        return cls(truncated=True)

    @classmethod
    def bad_gzip(cls) -> "Fault":
        """Claim gzip over a body that is not."""
        return cls(headers={"Content-Encoding": "gzip"})

    @classmethod
    def wrong_charset(cls, content_type: str = "text/html; charset=utf-16") -> "Fault":
        """Send the right body under a Content-Type that lies about it."""
        return cls(headers={"Content-Type": content_type})

    @classmethod
    def empty(cls) -> "Fault":
        """Answer 200 with nothing in it."""
        return cls(status=200, body=b"")

    @classmethod
    def raw(cls, body: bytes, headers: Mapping[str, str] | None = None, *, status: int = 200) -> "Fault":
        """Answer with these bytes instead: a PDF, a login page, XML that is none."""
        return cls(status=status, body=body, headers=headers or {})

    @classmethod
    def redirect(cls, url: str, *, status: int = 301) -> "Fault":
        """Send the reader elsewhere."""
        return cls(status=status, headers={"Location": url}, body=b"")

    @property
    def unconditional(self) -> bool:
        """Whether the answer is spoiled so that a 304 in its place would hide the fault."""
        return self.status is not None or self.body is not None or bool(self.headers) or self.truncated

    @property
    def unanswered(self) -> bool:
        """Whether no answer is sent at all."""
        return self.silent or self.dropped

    def spoil(self, answer: Answer) -> Answer:
        """Make of the right answer the one to be sent."""
        status = answer.status if self.status is None else self.status
        body, headers = answer.body, dict(answer.headers)
        if self.body is not None:
            body = self.body
        elif self.status is not None:
            body, headers = f"{status}\n".encode(), {"Content-Type": "text/plain"}
        named = {name.lower() for name in self.headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in named}
        if self.unconditional:
            kept = {name: value for name, value in kept.items() if name not in ("ETag", "Last-Modified")}
        return Answer(status, {**kept, **self.headers}, body)
