"""A small press on this machine: outlets in four languages that publish in three rounds.

``khasan demo`` shows the program at work on it, and the end-to-end tests collect from it. Every outlet has a loopback
address of its own, so that politeness towards hosts is real. Run ``python -m khasan.demo.press`` to look at it.

    with Press(began=now) as press:
        ...                      # round 1: what is there when the watch begins
        press.publish(2)         # and what is published then
        press.fault(url, Fault.refuse(503, times=2))

The stories were written for it, and every page says so. Addresses and texts stay the same from run to run.
"""

import argparse
import contextlib
import hashlib
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from khasan.demo.faults import Answer, Fault
from khasan.demo.outlets import ROUNDS, Outlet, Story, load
from khasan.demo.render import Document, Printer, picture
from khasan.demo.server import Server

__all__ = ["ROUNDS", "Answer", "Expected", "Fault", "Hit", "Outlet", "Press", "Story", "main"]


class Hit(NamedTuple):
    """One request that the press received.

    ``path`` is without its query, which is in ``query``; ``status`` is 0 when the request was left without an answer;
    ``at`` is the monotonic time of its arrival; ``conditional`` is whether it asked for news since an earlier answer.
    """

    host: str
    path: str
    status: int
    at: float
    conditional: bool
    query: str


@dataclass(frozen=True)
class Expected:
    """What a watcher that polled every outlet in every round up to one should have.

    Attributes:
        articles: how many it stores.
        baseline: addresses of the stories of round 1, about which nobody is told.
        alerts: addresses of the live stories on military cooperation, about which somebody is told.
        quiet: addresses of the other live stories.

    """

    articles: int
    baseline: tuple[str, ...]
    alerts: tuple[str, ...]
    quiet: tuple[str, ...]


class Press:
    """The outlets, their stories and the server that shows them.

    Args:
        began: an aware time; all times of publication are relative to it.
        port: of all outlets; 0 takes a free one, which ``port`` tells once started.
        first_host: address of the first outlet; the others have the next ones.

    """

    def __init__(self, *, began: datetime, port: int = 0, first_host: str = "127.0.1.1") -> None:
        if began.tzinfo is None:
            raise ValueError("the beginning needs a time zone")
        self.began = began.astimezone(UTC).replace(microsecond=0)
        self.stories = load(first_host)
        self.outlets: tuple[Outlet, ...] = tuple(self.stories)
        self._by_host = {outlet.host: outlet for outlet in self.outlets}
        self._server = Server(self, port)
        self._printer = Printer(self.began, port)
        self._lock = threading.Lock()
        self._round = 1
        self._hits: list[Hit] = []
        self._faults: dict[str, Fault] = {}
        self._extras: dict[tuple[str, str], Answer] = {}
        self._printed: dict[tuple[str, str, int], Document] = {}

    @property
    def port(self) -> int:
        """The port of all outlets; 0 before one was chosen."""
        return self._server.port

    @property
    def round(self) -> int:
        """The latest round that is shown."""
        return self._round

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All requests so far, by the order of their arrival."""
        with self._lock:
            return tuple(self._hits)

    def start(self) -> None:
        """Serve round 1, or the round published already.

        Raises:
            OSError: an address cannot be listened on (some systems know 127.0.0.1 only), or the port is taken.

        """
        up = [outlet.host for outlet in self.outlets if not outlet.down]
        added = [host for host, _ in self._extras if host not in up]
        self._server.start((*up, *dict.fromkeys(added)))
        self._printer = Printer(self.began, self.port)

    def stop(self) -> None:
        """Stop serving; afterwards the port is free and no thread is left."""
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def publish(self, round_: int) -> None:
        """Show the stories of all rounds up to this one from now on."""
        if not 1 <= round_ <= ROUNDS:
            raise ValueError(f"there are rounds 1 to {ROUNDS}, not {round_}")
        self._round = round_

    def outlet(self, id_: str) -> Outlet:
        """Return the outlet with this id; a KeyError if there is none."""
        found = {outlet.id: outlet for outlet in self.outlets}
        return found[id_]

    def feed_url(self, outlet: Outlet) -> str:
        """Where the outlet's feed is."""
        return f"http://{outlet.host}:{self._known_port()}{outlet.feed}"

    def url(self, outlet: Outlet, story: Story) -> str:
        """Return the canonical address of a story."""
        return f"http://{outlet.host}:{self._known_port()}{story.path}"

    def sources(self) -> list[dict[str, object]]:
        """All outlets, also the one that is down, as entries of a ``sources.toml``."""
        return [
            {
                "id": outlet.id,
                "outlet": outlet.id,
                "name": outlet.name,
                "kind": "feeds",
                "url": self.feed_url(outlet),
                "language": outlet.language,
                "country": outlet.country,
                "pages": "all" if outlet.topical else "candidates",
                "zone": outlet.zone,
            }
            for outlet in self.outlets
        ]

    def expected(self, round_: int) -> Expected:
        """Tell what a watcher should have after polling everything in each round up to this one."""
        shown = [
            (story, self.url(outlet, story))
            for outlet in self.outlets
            for story in self.stories[outlet]
            if story.round <= round_ and not outlet.down
        ]
        live = [(story, url) for story, url in shown if story.round > 1]
        return Expected(
            articles=len(shown),
            baseline=tuple(url for story, url in shown if story.round == 1),
            alerts=tuple(url for story, url in live if story.relevant),
            quiet=tuple(url for story, url in live if not story.relevant),
        )

    def fault(self, host_or_url: str, fault: Fault | None) -> None:
        """Spoil the answers of a host, or of one address, until this is called with None.

        Args:
            host_or_url: an address such as ``127.0.1.3``, or a whole URL. With a query it holds for just that query,
                without one for all. A URL's fault goes before its host's.
            fault: what happens; None puts things right again.

        """
        key = host_or_url
        if "://" in host_or_url:
            parts = urlsplit(host_or_url)
            key = f"{parts.hostname}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        with self._lock:
            self._faults.pop(key, None)
            if fault is not None:
                self._faults[key] = fault

    def add(
        self, host: str, path: str, body: bytes, *, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> str:
        """Serve something more, or something else, under a path; the address is returned.

        A path with a query is for just that query, without one for all. A host that no outlet has is listened on from
        then on, and so is the host of the outlet that is down.
        """
        with self._lock:
            self._extras[host, path] = Answer(status, headers or {}, body)
        if self._server.running:
            self._server.listen(host)
        return f"http://{host}:{self._known_port()}{path}"

    def answer(self, host: str, target: str, headers: dict[str, str]) -> tuple[Answer, Fault]:
        """Answer a request and keep a record of it; the server asks this from many threads."""
        at = time.monotonic()
        path, _, query = target.partition("?")
        fault = self._fault_for(host, path, target)
        right = self._right_answer(host, path, target)
        conditional = "if-none-match" in headers or "if-modified-since" in headers
        if conditional and not fault.unconditional and _unchanged(right, headers):
            kept = {name: value for name, value in right.headers.items() if name != "Content-Type"}
            right = Answer(HTTPStatus.NOT_MODIFIED, kept)
        sent = fault.spoil(right)
        status = 0 if fault.unanswered else sent.status
        with self._lock:
            self._hits.append(Hit(host, path, status, at, conditional, query))
        return sent, fault

    def _known_port(self) -> int:
        if not self.port:
            raise RuntimeError("the press has no port before it is started")
        return self.port

    def _fault_for(self, host: str, path: str, target: str) -> Fault:
        """Find the fault that holds for a request, and count it down if it lasts for a number of them."""
        with self._lock:
            for key in (host + target, host + path, host):
                fault = self._faults.get(key)
                if fault is None:
                    continue
                if fault.times is not None:
                    if fault.times <= 1:
                        del self._faults[key]
                    else:
                        self._faults[key] = replace(fault, times=fault.times - 1)
                return fault
        return Fault()

    def _right_answer(self, host: str, path: str, target: str) -> Answer:
        """Answer a request as if nothing were wrong."""
        with self._lock:
            extra = self._extras.get((host, target)) or self._extras.get((host, path))
        if extra is not None:
            return extra
        outlet = self._by_host.get(host)
        if outlet is None or outlet.down:
            return Answer(HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"}, b"nothing here\n")
        if path == "/robots.txt":
            return Answer(HTTPStatus.OK, {"Content-Type": "text/plain"}, outlet.robots.encode())
        if path == "/static/picture.svg":
            return Answer(HTTPStatus.OK, {"Content-Type": "image/svg+xml"}, picture(outlet))
        document = self._document(outlet, path)
        if document is None:
            missing = self._printer.missing(outlet)
            return Answer(HTTPStatus.NOT_FOUND, {"Content-Type": missing.content_type}, missing.body)
        headers = {
            "Content-Type": document.content_type,
            "ETag": f'"{hashlib.sha256(document.body).hexdigest()[:20]}"',
            "Last-Modified": format_datetime(document.modified.astimezone(UTC), usegmt=True),
            "Cache-Control": "max-age=0, must-revalidate",
        }
        return Answer(HTTPStatus.OK, headers, document.body)

    def _document(self, outlet: Outlet, path: str) -> Document | None:
        """Return the feed, home page or article under a path in the present round, each set only once."""
        key = (outlet.id, path, self._round)
        if key not in self._printed:
            document = self._set(outlet, path, self._round)
            if document is None:
                return None
            self._printed[key] = document
        return self._printed[key]

    def _set(self, outlet: Outlet, path: str, round_: int) -> Document | None:
        shown = tuple(story for story in self.stories[outlet] if story.round <= round_)
        if path == outlet.feed:
            return self._printer.feed(outlet, shown)
        if path == "/":
            return self._printer.home(outlet, shown)
        first = tuple(story for story in shown if story.round == 1)
        return next((self._printer.page(outlet, story, first) for story in shown if story.path == path), None)


def _unchanged(answer: Answer, headers: Mapping[str, str]) -> bool:
    """Whether a conditional request may be answered with 304; an entity tag goes before a date."""
    if answer.status != HTTPStatus.OK:
        return False
    tags = headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or answer.headers.get("ETag", "").removeprefix("W/") in known
    modified = answer.headers.get("Last-Modified")
    if modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(headers["if-modified-since"])
    except ValueError:
        return False


def main(arguments: list[str] | None = None) -> int:
    """Serve the press until interrupted, for looking at it by hand."""
    parser = argparse.ArgumentParser(prog="python -m khasan.demo.press", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8765, help="of all outlets; 0 takes a free one")
    parser.add_argument("--round", type=int, default=ROUNDS, help="the latest round to show")
    options = parser.parse_args(arguments)
    press = Press(began=datetime.now(UTC), port=options.port)
    press.publish(options.round)
    with contextlib.suppress(KeyboardInterrupt), press:
        for outlet in press.outlets:
            state = "down" if outlet.down else f"{outlet.format}, {outlet.encoding}"
            print(f"{outlet.id:26} {press.feed_url(outlet):44} {state}", flush=True)  # noqa: T201 - this command prints
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
