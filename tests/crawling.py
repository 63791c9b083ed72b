"""What the tests of downloads share: loopback servers that answer any bytes, and a crawl of them in another process.

The crawl has Khasan's settings, and a resolver that knows the names it is told and asks no network.
"""

from __future__ import annotations

import json
import resource
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.conftest import ROOT


def answer(body=b"", *headers, status="200 OK"):
    """A whole answer, as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@dataclass
class Server:
    """A server on 127.0.0.0/8. `pages` by path: bytes, or a function that yields bytes. What it saw, it counts."""

    pages: dict
    address: str = "127.0.0.1"
    tls: object = None  # an SSLContext
    connections: int = 0
    requests: list = field(default_factory=list)
    sent: dict = field(default_factory=dict)  # bytes by path
    port: int = 0

    def url(self, path="/", host=None):
        return f"http{'s' * bool(self.tls)}://{host or self.address}:{self.port}{path}"


@contextmanager
def serving(*servers, port=0):
    """These servers, all on the same port."""
    running = []
    for server in servers:
        one = _Tcp((server.address, port), server)
        port = server.port = one.server_address[1]
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        running.append(one)
    try:
        yield
    finally:
        for one in running:
            one.shutdown()
            one.server_close()


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 100
    allow_reuse_address = True

    def __init__(self, where, server):
        super().__init__(where, _Handler)
        self.server = server

    def process_request(self, request, client_address):
        self.server.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        """A client that went away is what many of these tests are about."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        server = self.server.server
        stream = server.tls.wrap_socket(self.request, server_side=True) if server.tls else self.request
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                got = stream.recv(65536)
                if not got:
                    return
                head += got
            path = head.split(b" ", 2)[1].decode()
            server.requests.append(head.decode("latin-1"))
            page = server.pages.get(path, server.pages.get("*", answer(b"nothing here", status="404 Not Found")))
            server.sent.setdefault(path, 0)
            for piece in [page] if isinstance(page, bytes) else page():
                stream.sendall(piece)
                server.sent[path] += len(piece)
            if callable(page):  # such answers end with the connection
                return


def crawl(urls, *, private_hosts=(), names=None, meta=None, settings=None, **options):
    """Ask for these addresses, all at once. Returns the result of each, and under "" what the crawl as a whole took.

    `names`: the addresses a name resolves to; a list of lists is one answer after the other.
    """
    job = {
        "urls": list(urls),
        "names": names or {},
        "meta": meta or {},
        "settings": settings or {},
        "options": {"delay": 0.0, "obey_robots": False, "private_hosts": list(private_hosts), **options},
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.crawling"],
        input=json.dumps(job), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    results = json.loads(done.stdout.splitlines()[-1])
    results[""]["log"] = done.stderr
    return results


def _child():
    """The other process."""
    import scrapy
    from scrapy.crawler import AsyncCrawlerRunner

    from scheduler.reactor import run
    from spiders.bounds import out_of_bounds
    from spiders.guard import refused_address
    from spiders.options import CollectOptions, scrapy_settings

    job = json.load(sys.stdin)
    began, results, asked = {}, {}, []
    settings = {
        **scrapy_settings(CollectOptions(**job["options"])),
        "ITEM_PIPELINES": {},
        "SPIDER_MODULES": [],
        "LOG_LEVEL": "WARNING",
    }
    settings["DOWNLOADER_MIDDLEWARES"] |= {
        "spiders.politeness.PolitenessMiddleware": None,  # needs an archive
    }
    settings["CONCURRENT_REQUESTS_PER_DOMAIN"] = 100
    settings |= job["settings"]

    class Asking(scrapy.Spider):
        name = "asking"

        async def start(self):
            for url in job["urls"]:
                began[url] = time.monotonic()
                meta = {"url": url, **job["meta"].get(url, {})}
                try:
                    yield scrapy.Request(url, self.good, errback=self.bad, meta=meta, dont_filter=True)
                except ValueError as error:
                    results[url] = {"error": type(error).__name__, "text": str(error), "refused": "", "bound": ""}

        def good(self, response):
            url = response.meta["url"]
            body = response.body
            results[url] = {
                "status": response.status,
                "size": len(body),
                "body": body[:200].decode("latin-1"),
                "flags": response.flags,
            }
            results[url]["seconds"] = time.monotonic() - began[url]

        def bad(self, failure):
            error, url = failure.value, failure.request.meta["url"]
            results[url] = {"error": type(error).__name__, "text": str(error), "seconds": time.monotonic() - began[url]}
            results[url] |= {"refused": refused_address(error), "bound": out_of_bounds(error)}

    async def main(stop):
        from twisted.internet import reactor

        reactor.installNameResolver(_resolver(reactor.nameResolver, job["names"], asked))
        await AsyncCrawlerRunner(settings).crawl(Asking)

    before = resource.getrusage(resource.RUSAGE_SELF)
    run(main)
    after = resource.getrusage(resource.RUSAGE_SELF)
    results[""] = {
        "grown": (after.ru_maxrss - before.ru_maxrss) * 1024,
        "peak": after.ru_maxrss * 1024,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "asked": asked,
    }
    sys.stdout.write(json.dumps(results))


def _resolver(real, names, asked):
    """A resolver for Twisted: told names, and notations of addresses, which need no network."""
    from twisted.internet.address import IPv4Address, IPv6Address
    from twisted.internet.interfaces import IHostnameResolver
    from zope.interface import implementer

    from spiders.addresses import literal_address

    @implementer(IHostnameResolver)
    class Told:
        def resolveHostName(self, receiver, hostName, portNumber=0, *rest, **named):  # noqa: N802, N803
            asked.append(hostName)
            if hostName not in names and literal_address(hostName) is not None:
                return real.resolveHostName(receiver, hostName, portNumber, *rest, **named)
            found = names.get(hostName, [])
            if found and isinstance(found[0], list):
                found = found.pop(0) if len(found) > 1 else found[0]
            receiver.resolutionBegan(self)
            for one in found:
                kind = IPv6Address if ":" in one else IPv4Address
                receiver.addressResolved(kind("TCP", one, portNumber))
            receiver.resolutionComplete()
            return self

    return Told()


if __name__ == "__main__":
    _child()
