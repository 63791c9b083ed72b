"""What can go wrong with an answer of the demonstration press, on demand.

A fault is a value; ``Press.fault`` lays it on a host or an address and lifts it again. The named constructors cover
what sites really do; fields may be combined with ``dataclasses.replace`` (a slow answer that is also cut off).
``FAULTS`` names ways in which a list can be broken, with the outcome that a poll of it should have. ``laughs`` and
``nested`` are feeds, and so something else to all other kinds; a list of articles with ``nothing`` in it cannot be told from
one that was redesigned, which is a ``parse-fault``. The outcomes that no answer makes: ``dns`` is a name that is none,
``connect`` also the outlet that is down, ``tls`` is ``Press.tls``, ``robots`` is ``Press.robots``, ``moved`` needs an address
for ``Fault.redirect``, ``overflow`` is ``Press.window``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from khasan.demo.walls import WALLS, bomb, laughs, nested

_XML = {"Content-Type": "application/rss+xml; charset=utf-8"}


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
        halved: send half, and announce no more than that.
        hollow: send the right list without anything in it.
        drip: seconds between two bytes of a body that never ends; 0 to send it at once.
        times: how many requests it lasts; None until it is lifted.

    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    silent: bool = False
    dropped: bool = False
    truncated: bool = False
    halved: bool = False
    hollow: bool = False
    drip: float = 0.0
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

    @classmethod
    def loop(cls) -> "Fault":
        """Send the reader in a circle. To be laid on an address without a query, or on a host."""
        return cls.redirect("?again=1", status=302)

    @classmethod
    def private(cls, url: str = "http://10.0.0.7/feed.xml") -> "Fault":
        """Send the reader into a network that is none of his business; a URL such as ``file:///etc/passwd`` does as well."""
        return cls.redirect(url, status=302)

    @classmethod
    def wall(cls, name: str) -> "Fault":
        """Put one of ``WALLS`` in the way: a bot wall, a consent page, a login, a PDF."""
        wall = WALLS[name]
        return cls.raw(wall.body, wall.headers, status=wall.status)

    @classmethod
    def half(cls) -> "Fault":
        """Send half a body as if it were the whole."""
        return cls(halved=True)

    @classmethod
    def nothing(cls) -> "Fault":
        """Answer 200 with a right list that has no entries: an outlet's feed, sitemap, list, channel or a search.

        What ``Press.add`` serves stays as it is: the press does not know what a list without entries would be there.
        """
        return cls(hollow=True)

    @classmethod
    def dripping(cls, seconds: float = 0.2) -> "Fault":
        """Send the body byte by byte, and then blanks, for ever."""
        return cls(drip=seconds)

    @classmethod
    def unmodified(cls) -> "Fault":
        """Answer 304 to everything, also to who did not ask for news since."""
        return cls(status=304, body=b"")

    @classmethod
    def bomb(cls, encoding: str = "gzip", *, size: int = 200_000_000) -> "Fault":
        """Send a body that is small until it is unpacked; ``encoding`` is ``gzip`` or ``br``."""
        return cls.raw(bomb(encoding, size), {**_XML, "Content-Encoding": encoding})

    @classmethod
    def laughs(cls) -> "Fault":
        """Send a feed whose entities expand without measure."""
        return cls.raw(laughs(), _XML)

    @classmethod
    def nested(cls, depth: int = 100_000) -> "Fault":
        """Send a feed that goes deep and does not come up again."""
        return cls.raw(nested(depth), _XML)

    @property
    def unconditional(self) -> bool:
        """Whether the answer is spoiled so that a 304 in its place would hide the fault."""
        broken = self.truncated or self.halved or self.hollow or self.drip > 0
        return self.status is not None or self.body is not None or bool(self.headers) or broken

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
        if self.halved:
            body = body[: len(body) // 2]
        named = {name.lower() for name in self.headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in named}
        if self.unconditional:
            kept = {name: value for name, value in kept.items() if name not in ("ETag", "Last-Modified")}
        return Answer(status, {**kept, **self.headers}, body)


class Broken(NamedTuple):
    """A way in which a list can be broken, and the outcome that a poll of it should have."""

    make: Callable[[], Fault]
    outcome: str


FAULTS: Mapping[str, Broken] = MappingProxyType(
    {
        "forbidden": Broken(partial(Fault.refuse, 403), "refused"),
        "too-many": Broken(partial(Fault.refuse, 429, retry_after=600), "refused"),
        **{name: Broken(partial(Fault.wall, name), "refused") for name in WALLS if name != "pdf"},
        "missing": Broken(partial(Fault.refuse, 404), "gone"),
        "gone": Broken(partial(Fault.refuse, 410), "gone"),
        "unavailable": Broken(partial(Fault.refuse, 503), "server"),
        "loop": Broken(Fault.loop, "server"),
        "private": Broken(Fault.private, "private"),
        "scheme": Broken(partial(Fault.private, "file:///etc/passwd"), "private"),
        "hang": Broken(Fault.hang, "timeout"),
        "drip": Broken(Fault.dripping, "timeout"),
        "dropped": Broken(Fault.drop, "connect"),
        "cut": Broken(Fault.cut, "cut-off"),
        "bad-gzip": Broken(Fault.bad_gzip, "cut-off"),
        "bomb": Broken(Fault.bomb, "too-large"),
        "blank": Broken(Fault.empty, "not-a-feed"),
        "pdf": Broken(partial(Fault.wall, "pdf"), "not-a-feed"),
        "nothing": Broken(Fault.nothing, "empty"),
        "laughs": Broken(Fault.laughs, "parse-fault"),
        "nested": Broken(Fault.nested, "parse-fault"),
    }
)
