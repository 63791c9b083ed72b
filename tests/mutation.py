"""Documents after bad luck on their way, for tests that readers survive whatever comes."""

CHARSETS = [
    "",
    "text/html",
    "text/html; charset=windows-1251",
    "text/html; charset=utf-16",
    "text/html; charset=euc-kr",
    "x; charset=hex",
]  # that a server may claim
TAGS = [
    b"</div>", b"<div>", b"</a>", b"</section>", b"<template>", b"<!--", b"-->", b"<script>", b"<table>", b"<svg>", b"<plaintext>",
    b"\x00", b"&#xD800;", b"&#0;", b"]]>", b'"', b"<p", b'data-post="x/1"', b"<div data-post='tumen_post/41'>",
]  # fmt: skip


def mutated(body, chance, bits=TAGS, encodings=()):
    """The body with bytes changed, pieces cut, doubled or swapped, tags dropped, bits put in, or another encoding claimed."""
    body = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(body) + 1)
        to = min(len(body), at + chance.choice([1, 1, 5, 50, 500, 2000]))
        how = chance.randrange(7 if encodings else 6)
        if how == 0:
            del body[at:to]
        elif how == 1:
            body[at:at] = body[at:to]
        elif how == 2:
            body[at:to] = chance.randbytes(to - at)
        elif how == 3:
            other = chance.randrange(len(body) + 1)
            body[at:to], body[other : other + to - at] = body[other : other + to - at], body[at:to]
        elif how == 4:
            start, end = body.find(b"<", at), body.find(b">", at)
            if -1 < start < end:
                del body[start : end + 1]
        elif how == 5:
            body[at:at] = chance.choice(bits)
        else:
            body[:] = body.replace(b"UTF-8", chance.choice(encodings), 1)
    return bytes(body)
