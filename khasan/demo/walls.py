"""Pages that stand between a reader and what was asked for: bot walls, consent, login. And bodies that are a trap.

What guards say of themselves in headers, titles and paths is as they say it, for that is how they are known; all other
words are our own.
"""

import functools
import importlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_HTML = {"Content-Type": "text/html; charset=utf-8"}
_CLOUDFLARE = {**_HTML, "Server": "cloudflare", "CF-RAY": "9a1b2c3d4e5f6071-KBP", "cf-mitigated": "challenge"}
_CHUNK = bytes(1 << 20)
_ENTITIES = 12  # each ten times the one before
_EXPANDED = 10


@dataclass(frozen=True)
class Wall:
    """An answer that is not what was asked for."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: _HTML)


def _page(title: str, body: str, head: str = "") -> bytes:
    return f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>\n<body>{body}</body></html>\n'.encode()


_CHALLENGE = _page(
    "Just a moment...",
    "<h1>news.example</h1><p>One moment: the site makes sure that a person is asking.</p>"
    "<noscript>Enable JavaScript and cookies to continue</noscript>"
    '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=9a1b2c3d4e5f6071"></script>',
    '<meta name="robots" content="noindex,nofollow"><meta http-equiv="refresh" content="390">',
)

WALLS: Mapping[str, Wall] = MappingProxyType(
    {
        "cloudflare": Wall(_CHALLENGE, 403, _CLOUDFLARE),
        "cloudflare-503": Wall(_CHALLENGE, 503, _CLOUDFLARE),
        "ddos-guard": Wall(
            _page(
                "DDoS-Guard",
                '<p data-translate="title">Your browser is being looked at.</p>'
                '<script src="/.well-known/ddos-guard/js-challenge/index.js"></script>',
            ),
            403,
            {**_HTML, "Server": "ddos-guard"},
        ),
        "captcha": Wall(
            _page(
                "Are you a robot?",
                '<p>Please tick the box to show that you are not a robot.</p><form id="captcha-form" method="post">'
                '<div class="g-recaptcha" data-sitekey="none"></div></form>'
                "<noscript>Please enable JavaScript to continue.</noscript>",
            )
        ),
        "incapsula": Wall(
            _page(
                "",
                '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&amp;xinfo=0-0-0" frameborder="0">'
                "Request unsuccessful. Incapsula incident ID: 0-0</iframe>",
                '<meta name="robots" content="noindex,nofollow">',
            ),
            headers={**_HTML, "X-CDN": "Imperva", "X-Iinfo": "0-0-0 NNNN CT(0 0 0) RT(0 0) q(0 -1 -1 0) r(0 -1)"},
        ),
        "consent": Wall(
            _page(
                "Before you continue",
                "<h1>Before you continue</h1><p>We and 812 partners store cookies on your device. Choose what you agree to.</p>"
                '<form action="/consent?return=%2F" method="post"><button name="consent" value="yes">Accept all</button>'
                '<button name="consent" value="no">Reject all</button></form>',
            )
        ),
        "login": Wall(
            _page(
                "Sign in",
                '<h1>Sign in to read on</h1><form action="/login" method="post"><input name="user" autocomplete="username">'
                '<input type="password" name="password"><button>Sign in</button></form>',
            )
        ),
        "pdf": Wall(
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n",
            headers={"Content-Type": "application/pdf"},
        ),
    }
)


@functools.cache
def bomb(encoding: str, size: int) -> bytes:
    """Return so many zeros, compressed with gzip or br, without ever holding them: 200 MB are 200 kB, or 300 bytes."""
    if encoding == "br":
        compressor = importlib.import_module("brotli").Compressor(quality=5)  # comes with Scrapy
        pack, finish = compressor.process, compressor.finish
    else:
        deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
        pack, finish = deflate.compress, deflate.flush
    return b"".join([*(pack(_CHUNK[: min(len(_CHUNK), size - at)]) for at in range(0, size, len(_CHUNK))), finish()])


def laughs() -> bytes:
    """Return a feed of a thousand bytes that is a thousand billion items if its entities are taken at their word."""
    entities = ["<!ENTITY h0 '<item><title>Ha</title><link>http://news.example/1</link></item>'>"]
    entities += [f"<!ENTITY h{n} '{f'&h{n - 1};' * _EXPANDED}'>" for n in range(1, _ENTITIES + 1)]
    head = f'<?xml version="1.0"?>\n<!DOCTYPE rss [{"".join(entities)}]>\n<rss version="2.0"><channel><title>Ha</title>'
    return f"{head}&h{_ENTITIES};</channel></rss>\n".encode()


def nested(depth: int) -> bytes:
    """Return a feed that opens so many elements inside one another and gets no further."""
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Deep</title>{"<a>" * depth}\n'.encode()
