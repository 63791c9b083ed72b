"""What a server may not do: bombs, endless heads and bodies, dripping, redirects to nowhere. Real servers on loopback."""

from __future__ import annotations

import gzip
import time
import zlib
from functools import cache

import brotli
import pytest

from spiders.bounds import MAX_CHUNKS, MAX_HEADER_BYTES
from spiders.unpack import zstd
from tests.crawling import Server, answer, crawl, serving

LIMIT = 1_000_000
BOMB = 50_000_000  # zeros
TEXT = b"A train crossed the bridge. " * 1000
PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=4),
    "zstd": zstd.compress,
}
HEAD = b"HTTP/1.1 200 OK\r\n"


def packed(names, data):
    body = data
    for name in names:
        body = PACKERS[name](body)
    return answer(body, f"Content-Encoding: {', '.join(names)}")


@cache
def packed_bomb(*names):
    return packed(names, bytes(BOMB))


def bomb(*names):
    """A page that is packed when it is asked for, and not when tests are collected."""
    return lambda: [packed_bomb(*names)]


def chunked(*pieces):
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def endless(head, piece, pause=0.0):
    def page():
        yield head
        while True:
            yield piece
            time.sleep(pause)

    return page


def packed_chunks(body):
    return lambda: chunked_packed(body)


def chunked_packed(body):
    yield HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    for at in range(0, len(body), 10_000):
        piece = body[at : at + 10_000]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


TOO_LARGE = f"more than {LIMIT} bytes"
GIVEN_UP = {  # path: answer, words
    **{f"/bomb/{name}": (bomb(name), TOO_LARGE) for name in PACKERS},
    **{f"/twice/{name}": (bomb(name, "gzip"), TOO_LARGE) for name in PACKERS},
    "/inner": (bomb("gzip", "br"), TOO_LARGE),
    "/chunked-bomb": (lambda: chunked_packed(gzip.compress(bytes(BOMB))), TOO_LARGE),
    "/thrice": (packed(["gzip"] * 3, TEXT), "packed 3 times"),
    "/members": (answer(gzip.compress(b"") * 40_000, "Content-Encoding: gzip"), "pieces behind each other"),
    "/frames": (answer(zstd.compress(b"") * 90_000, "Content-Encoding: zstd"), "pieces behind each other"),
    "/headers": (endless(HEAD, b"X-Noise: %s\r\n" % (b"n" * 1000)), "headers are larger than"),
    "/long-header": (endless(HEAD, b"n" * 10_000), "headers are larger than"),
    "/folded": (endless(HEAD + b"X-Noise: a\r\n", b"  %s\r\n" % (b"n" * 1000)), "headers are larger than"),
    "/early": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100), "headers are larger than"),
    "/chunks": (lambda: chunked(*[b"x"] * (MAX_CHUNKS + 100), b""), f"more than {MAX_CHUNKS} pieces"),
    "/circle": (answer(b"", "Location: /circle?", status="302 Found"), "redirected more than 8 times"),
    "/circle?": (answer(b"", "Location: /circle", status="302 Found"), "redirected more than 8 times"),
    "/to/file": (answer(b"", "Location: file:///etc/passwd", status="301 Moved"), "redirects to file:///etc/passwd; only http"),
    "/to/ftp": (answer(b"", "Location: ftp://127.0.0.1/a", status="302 Found"), "redirects to ftp://127.0.0.1/a; only http"),
    "/to/data": (answer(b"", "Location: data:text/html,a", status="307 Moved"), "redirects to data:text/html,a; only http"),
    "/to/script": (answer(b"", "Location: javascript:alert(1)", status="302 Found"), "redirects to javascript:alert(1); only"),
    "/to/s3": (answer(b"", "Location: S3://bucket/key", status="308 Moved"), "redirects to S3://bucket/key; only http"),
    "/to/nowhere": (answer(b"", "Location: http://[broken", status="302 Found"), "redirects to http://[broken, which is no"),
}  # fmt: skip
CANCELLED = {
    "/endless-chunked": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n%s\r\n" % bytes(10_000)),
    "/endless": endless(HEAD + b"\r\n", bytes(10_000)),
    "/announced": lambda: [HEAD + b"Content-Length: 5000000\r\n\r\n"],
}
TIMED_OUT = {
    "/drip": endless(HEAD + b"Content-Length: 900000\r\n\r\n", b"x", 0.05),
    "/drip-chunks": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
    "/drip-head": endless(HEAD, b"X: y\r\n", 0.05),
    "/drip-line": endless(b"HTTP/1.1 ", b"2", 0.05),
    "/silent": endless(b"", b"", 0.5),
}
READ = {
    **{f"/plain/{name}": packed([name], TEXT) for name in PACKERS},
    **{f"/both/{name}": packed([name, "gzip"], TEXT) for name in PACKERS},
    "/identity": answer(TEXT, "Content-Encoding: identity"),
    "/x-gzip": answer(gzip.compress(TEXT), "Content-Encoding: X-GZip"),
    "/chunked": lambda: chunked(TEXT[:10], TEXT[10:5000], TEXT[5000:], b""),
    "/small-chunks": lambda: [b"".join(chunked(*[TEXT[at : at + 7] for at in range(0, len(TEXT), 7)], b""))],
    "/packed-chunks": packed_chunks(gzip.compress(TEXT)),
    "/many-headers": answer(TEXT, *[f"X-{number}: {'n' * 900}" for number in range(100)]),
    "/long-line": answer(TEXT, f"Content-Security-Policy: {'n' * 60_000}"),
    "/hinted": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(TEXT),
    "/moved": answer(b"", "Location: /identity", status="301 Moved"),
}


@pytest.fixture(scope="module")
def crawled():
    pages = {path: page for path, (page, _) in GIVEN_UP.items()} | CANCELLED | TIMED_OUT | READ
    pages["/damaged"] = answer(TEXT, "Content-Encoding: gzip")
    pages["/unknown"] = answer(TEXT, "Content-Encoding: rot13")
    server = Server(pages)
    with serving(server):
        results = crawl(
            [server.url(path) for path in pages],
            private_hosts=["127.0.0.1"],
            max_bytes=LIMIT,
            timeout=6.0,
            concurrency=100,
        )
        results["sent"] = dict(server.sent)
    return {key.removeprefix(server.url("")): value for key, value in results.items()}


@pytest.mark.parametrize("path", GIVEN_UP)
def test_what_goes_beyond_the_bounds_is_given_up_with_words(crawled, path):
    assert GIVEN_UP[path][1] in crawled[path]["bound"]


@pytest.mark.parametrize("path", CANCELLED)
def test_bodies_without_end_are_cancelled_at_the_limit(crawled, path):
    assert crawled[path]["error"] == "DownloadCancelledError"
    assert crawled["sent"][path] < LIMIT + 8_000_000  # what fits between two sockets of one machine


@pytest.mark.parametrize("path", TIMED_OUT)
def test_the_time_limit_is_one_on_the_whole_answer(crawled, path):
    assert crawled[path]["error"] == "DownloadTimeoutError"
    assert crawled[path]["seconds"] < 60


@pytest.mark.parametrize("path", READ)
def test_all_else_is_read_whole(crawled, path):
    assert crawled[path]["status"] == 200
    assert crawled[path]["size"] == len(TEXT)
    assert crawled[path]["flags"] == []


def test_what_is_not_packed_as_it_says_is_a_fault_of_the_answer(crawled):
    assert crawled["/damaged"]["error"] == "DamagedError"
    assert "gzip" in crawled["/damaged"]["text"]


def test_an_unknown_packing_is_left_alone(crawled):
    assert crawled["/unknown"]["size"] == len(TEXT)


def test_an_endless_head_stops_near_its_bound(crawled):
    assert crawled["sent"]["/headers"] < MAX_HEADER_BYTES + 8_000_000


def test_nothing_of_this_is_an_error_of_ours(crawled):
    assert "Traceback" not in crawled[""]["log"]


def test_memory_stays_bounded():
    """Ten megabytes allowed, one request after the other: bombs of all kinds cost no more than a few times that."""
    limit = 10_000_000
    pages = {path: GIVEN_UP[path][0] for path in GIVEN_UP if path.startswith(("/bomb/", "/twice/", "/headers"))}
    pages |= {"/endless": CANCELLED["/endless"], "/endless-chunked": CANCELLED["/endless-chunked"]}
    pages |= {"/full": answer(bytes(limit)), "/full-packed": packed(["br", "gzip"], bytes(limit))}
    server = Server(pages)
    with serving(server):
        results = crawl(
            [server.url(path) for path in pages],
            private_hosts=["127.0.0.1"],
            max_bytes=limit,
            timeout=30.0,
            concurrency=1,
        )
    sizes = {path: results[server.url(path)].get("size") for path in pages}
    assert sizes == {path: limit if path.startswith("/full") else None for path in pages}
    assert results[""]["grown"] < 70_000_000  # it is 35
