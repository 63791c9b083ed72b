"""A small press on this machine: outlets in four languages that publish in three rounds.

``khasan demo`` shows the program at work on it, and the end-to-end tests collect from it. Every outlet has a loopback
address of its own, so that politeness towards hosts is real. Run ``python -m khasan.demo.press`` to look at it.

    with Press(began=now) as press:
        ...                      # round 1: what is there when the watch begins
        press.publish(2)         # and what is published then
        press.fault(url, Fault.refuse(503, times=2))

Most outlets can be read by a feed, sitemaps, a list of articles, a Telegram channel and two searches; three have only one
of these. What can go wrong is in ``faults``. The stories were written for it, and every page says so. Addresses and texts
stay the same from run to run.
"""

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv4Address
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from khasan.demo import declared, search, telegram
from khasan.demo.faults import FAULTS, Answer, Fault
from khasan.demo.outlets import ROUNDS, Kind, Outlet, Story, load
from khasan.demo.record import Expected, Hit
from khasan.demo.server import Server
from khasan.demo.site import Site, unchanged

if TYPE_CHECKING:
    from khasan.demo.certificates import Authority, Flaw

__all__ = ["FAULTS", "ROUNDS", "SHOWN", "Answer", "Expected", "Fault", "Hit", "Outlet", "Press", "Story", "main"]

SHOWN: tuple[Kind, ...] = (
    "feeds",
    "sitemaps",
    "listings",
    "telegram",
    "search",
)  # the kinds of source that the demonstration declares


class Press:
    """The outlets, their stories and the server that shows them.

    Args:
        began: an aware time; all times of publication are relative to it.
        port: of all outlets; 0 takes a free one, which ``port`` tells once started.
        first_host: address of the first outlet; the others have the next ones, and after them comes ``search_host``.

    Attributes:
        search_host: address where there is nothing but the searches; the outlets' addresses answer them, too.
        search_pause: seconds that a search asks for since the search before; who comes sooner gets a 429.

    """

    def __init__(self, *, began: datetime, port: int = 0, first_host: str = "127.0.1.1") -> None:
        if began.tzinfo is None:
            raise ValueError("the beginning needs a time zone")
        self.began = began.astimezone(UTC).replace(microsecond=0)
        self.stories = load(first_host)
        self.outlets: tuple[Outlet, ...] = tuple(self.stories)
        self.search_pause = 0.0
        self._searched = float("-inf")
        self.search_host = str(IPv4Address(self.outlets[-1].host) + 1)
        self._by_host = {outlet.host: outlet.id for outlet in self.outlets} | {self.search_host: self.outlets[0].id}
        self._server = Server(self, port)
        self._site = Site(self.began, port, self.stories)
        self._lock = threading.Lock()
        self._round = 1
        self._hits: list[Hit] = []
        self._faults: dict[str, Fault] = {}
        self._extras: dict[tuple[str, str], Answer] = {}
        self._secured: dict[str, Flaw] = {}
        self._authority: Authority | None = None

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
        self._server.start((*up, *dict.fromkeys([self.search_host, *added, *self._secured])))
        self._site.printer.port = self.port

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
        return self.list_url(outlet, "feeds")

    def list_url(self, outlet: Outlet, kind: Kind) -> str:
        """Where an outlet's list of a kind is; of searches, GDELT's."""
        return self._base(outlet.host) + declared.path_of(self._site.set_up(outlet.id), kind)

    def url(self, outlet: Outlet, story: Story) -> str:
        """Return the canonical address of a story."""
        return self._base(outlet.host) + story.path

    def post_url(self, outlet: Outlet, story: Story) -> str:
        """Return the address of the post in which an outlet's channel tells a story."""
        return self._base(outlet.host) + telegram.post_paths(self.stories[outlet], outlet)[story]

    def sources(self, kinds: tuple[Kind, ...] = SHOWN) -> list[dict[str, object]]:
        """Entries of a ``sources.toml``: each outlet, also the one that is down, by its usual kind if that is wanted.

        With searches among the kinds, one over all outlets comes last.
        """
        entries = [self._entry(outlet, outlet.kinds[0]) for outlet in self.outlets if outlet.kinds[0] in kinds]
        return entries + (self.sources_of("search")[:1] if "search" in kinds else [])

    def sources_of(self, kind: Kind) -> list[dict[str, object]]:
        """Return every outlet that can be read by a kind, as entries of a ``sources.toml``; or both searches."""
        if kind == "search":
            return declared.searches(self._base(self.search_host))
        return [self._entry(outlet, kind) for outlet in self.outlets if kind in outlet.kinds]

    def publishers(self, kinds: tuple[Kind, ...] = SHOWN) -> list[tuple[str, str, str]]:
        """Return id, name and country of the outlets that ``sources`` of these kinds belong to."""
        known = {outlet.id: (outlet.id, outlet.name, outlet.country) for outlet in self.outlets}
        known[declared.SEARCHER[0]] = (*declared.SEARCHER, "")
        return [known[id_] for id_ in dict.fromkeys(str(entry["outlet"]) for entry in self.sources(kinds))]

    def expected(self, round_: int, kinds: tuple[Kind, ...] = SHOWN) -> Expected:
        """Tell what a watcher should have after polling ``sources`` of these kinds in each round up to this one.

        A search finds what the outlets have published, so it adds nothing to feeds, sitemaps and lists.
        """
        return self._expected(
            round_, [(outlet, outlet.kinds[0]) for outlet in self.outlets if outlet.kinds[0] in kinds]
        )

    def expected_of(self, kind: Kind, round_: int, *, reach: timedelta = timedelta.max) -> Expected:
        """Tell the same of ``sources_of`` a kind, which is not search; ``reach`` is how far back a first poll takes up."""
        return self._expected(round_, [(outlet, kind) for outlet in self.outlets if kind in outlet.kinds], reach)

    def _entry(self, outlet: Outlet, kind: Kind) -> dict[str, object]:
        return declared.entry(self._site.set_up(outlet.id), kind, self._base(outlet.host), self.stories[outlet])

    def _expected(self, round_: int, read: list[tuple[Outlet, Kind]], reach: timedelta = timedelta.max) -> Expected:
        shown = [
            (story, self.post_url(outlet, story) if kind == "telegram" else self.url(outlet, story))
            for outlet, kind in read
            for story in self.stories[outlet]
            if story.round <= round_ and not outlet.down and self.began - story.published(self.began) < reach
        ]
        live = [(story, url) for story, url in shown if story.round > 1]
        return Expected(
            articles=len(shown),
            baseline=tuple(url for story, url in shown if story.round == 1),
            alerts=tuple(url for story, url in live if story.relevant),
            quiet=tuple(url for story, url in live if not story.relevant),
        )

    def alter(self, outlet: Outlet, **changes: Any) -> Outlet:
        """Set an outlet up otherwise from now on, by the names of its attributes: ``ttl=30, max_age=600``."""
        self._site.alter(outlet.id, changes)
        return self._site.set_up(outlet.id)

    def window(self, outlet: Outlet, entries: int) -> None:
        """Let an outlet's feed hold its newest entries only, older ones on further pages; 0 for all."""
        self.alter(outlet, window=entries)

    def robots(self, outlet_or_host: Outlet | str, answer: str | int | Fault | None) -> None:
        """Answer requests for robots.txt with a text, a status or a fault; with None rightly again."""
        host = outlet_or_host if isinstance(outlet_or_host, str) else outlet_or_host.host
        if isinstance(answer, str):
            answer = Fault.raw(answer.encode(), {"Content-Type": "text/plain"})
        elif isinstance(answer, int):
            answer = Fault.refuse(answer)
        self.fault(f"http://{host}/robots.txt", answer)

    def tls(self, host: str, outlet: Outlet | None = None, *, flaw: "Flaw" = "self-signed") -> str:
        """Serve an address by https, with an outlet's site on it; what it begins with is returned.

        Args:
            host: an address that is not in use.
            outlet: whose site it has, with the same links as ever; without one there is what is added.
            flaw: what is wrong with its certificate; "" for one that is good to whoever trusts ``authority``.

        """
        if host in self._by_host or (self._server.running and self._server.listens(host)):
            raise ValueError(f"{host} is in use")
        self._secured[host] = flaw
        if outlet is not None:
            self._by_host[host] = outlet.id
        self._server.secure(host, self._signer().context(host, flaw))
        if self._server.running:
            self._server.listen(host)
        return self._base(host)

    @property
    def authority(self) -> bytes:
        """The certificate, in PEM, of the authority that signs the press's."""
        return self._signer().pem

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
        return self._base(host) + path

    def answer(self, host: str, target: str, headers: dict[str, str]) -> tuple[Answer, Fault]:
        """Answer a request and keep a record of it; the server asks this from many threads."""
        at = time.monotonic()
        path, _, query = target.partition("?")
        fault = self._fault_for(host, path, target)
        right = self._right_answer(host, path, query, at, hollow=fault.hollow)
        conditional = "if-none-match" in headers or "if-modified-since" in headers
        if conditional and not fault.unconditional and unchanged(right, headers):
            kept = {name: value for name, value in right.headers.items() if name != "Content-Type"}
            right = Answer(HTTPStatus.NOT_MODIFIED, kept)
        sent = fault.spoil(right)
        status = 0 if fault.unanswered else sent.status
        with self._lock:
            self._hits.append(Hit(host, path, status, at, conditional, query))
        return sent, fault

    def _base(self, host: str) -> str:
        if not self.port:
            raise RuntimeError("the press has no port before it is started")
        return f"{'https' if host in self._secured else 'http'}://{host}:{self.port}"

    def _signer(self) -> "Authority":
        if self._authority is None:
            from khasan.demo.certificates import Authority  # noqa: PLC0415 - costs more than all the rest of the press

            self._authority = Authority()
        return self._authority

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

    def _right_answer(self, host: str, path: str, query: str, at: float, *, hollow: bool) -> Answer:
        """Answer a request as if nothing were wrong."""
        target = f"{path}?{query}" if query else path
        with self._lock:
            extra = self._extras.get((host, target)) or self._extras.get((host, path))
        id_ = self._by_host.get(host)
        if extra is not None:
            return extra
        if id_ is None or self._site.set_up(id_).down or (host == self.search_host and path not in search.PATHS):
            return Answer(HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"}, b"nothing here\n")
        if path in search.PATHS and self._too_soon(at):
            return search.TOO_SOON
        return self._site.answer(id_, path, query, self._round, hollow=hollow)

    def _too_soon(self, at: float) -> bool:
        """Whether a search comes before the pause since the last one is over; counts as the last one itself."""
        with self._lock:
            last, self._searched = self._searched, at
        return at - last < self.search_pause


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
            kind = outlet.kinds[0]
            state = "down" if outlet.down else f"{outlet.format}, {outlet.encoding}" if kind == "feeds" else kind
            print(f"{outlet.id:26} {press.list_url(outlet, kind):44} {state}", flush=True)  # noqa: T201 - this command prints
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
