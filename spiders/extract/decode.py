"""From bytes to text: which character encoding a page is in, whatever it says, and whether it is a page at all."""

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from spiders.extract.model import ExtractFault

MAX_BYTES = 8 * 1024 * 1024
MAX_TAGS = 250_000
_SAMPLE = 60_000  # bytes looked at when encodings are compared
_WIDE_SAMPLE = 4096
_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"\x7fELF",
)
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|title|meta|div|p|article|main|section|h1|span|a|table|br)\b", re.IGNORECASE
)
_FEED = re.compile(
    rb"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex|svg)\b", re.DOTALL
)
_GIANT_TAG = re.compile(rb"<[a-zA-Z][^<>]{50000,}")
_MAX_ATTRIBUTES = 2000
_CONTROLS = bytes({*range(32)} - set(b"\0\t\n\v\f\r\x1b"))
_BINARY = 0.02  # share of control characters from which a body is no text
_CYRILLIC = ("windows-1251", "koi8-r", "cp866")
_GUESSES = ("cp949", *_CYRILLIC, "cp1252")
_ODD = re.compile(
    "[\x80-\x9f\u2500-\u259f\ufffd\ue000-\uf8ff¤¦¬±µ¶¸]"  # controls, box drawing, private use, rare signs
    "|(?<=[а-яёіїєґ])[А-ЯЁІЇЄҐ]"  # кИРИЛЛИЦА read in the wrong one of its code pages
    "|(?<=[A-Za-z])[Ѐ-ӿ가-힣]"  # Western letters read as Cyrillic or Korean: no word mixes them
    "|[ЂѓЃЉЊЌЋЏђљњќћџ]"
    "|[À-ÿ]{3}"  # any multi-byte text read as Latin-1
    "|(?<=[\u3400-\u9fff])[가-힣]|[가-힣](?=[\u3400-\u9fff])"  # Cyrillic or Latin bytes read as Korean
)


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the page as text; raise ExtractFault for what is empty, too large or no HTML."""
    _check(body, content_type)
    return decoded(body, encoding_of(body, content_type)).lstrip("\ufeff").replace("\0", "")


def decoded(body: bytes, encoding: str) -> str:
    """Decode, with a sign for what is not valid. Python has codecs that are of no text ("hex", "idna"): not those."""
    try:
        return body.decode(encoding, "replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", "replace")


def _check(body: bytes, content_type: str | None) -> None:
    if not body.strip(b" \t\r\n\0"):
        raise ExtractFault("empty", "the body is empty")
    if len(body) > MAX_BYTES:
        raise ExtractFault("too-large", f"{len(body)} bytes, over {MAX_BYTES}")
    start = body[:2048].lstrip()
    mime = (content_type or "").split(";")[0].strip().lower()
    if start.startswith(_MAGIC) or _FEED.match(start):
        raise ExtractFault("not-html", f"not an HTML page but {mime or 'a file of another kind'}")
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or "utf-16" in (content_type or "").lower()
    if not wide and len(start.translate(None, _CONTROLS)) < (1 - _BINARY) * len(start):
        raise ExtractFault("not-html", f"binary data ({mime or 'no content type'})")
    if not wide and not _MARKUP.search(body[:200_000]):
        raise ExtractFault("not-html", f"no HTML markup in it ({mime or 'no content type'})")
    if start[:1] in b"{[" and "html" not in mime:
        raise ExtractFault("not-html", "JSON, not an HTML page")
    if body.count(b"<") > MAX_TAGS or any(
        tag.group().count(b"=") > _MAX_ATTRIBUTES for tag in _GIANT_TAG.finditer(body)
    ):
        raise ExtractFault("too-large", "more markup than any article has")


def encoding_of(body: bytes, content_type: str | None) -> str:
    """Decide the encoding: byte order mark, valid UTF-8, header, meta element, and last the look of the text."""
    bom, _ = read_bom(body)
    if bom:
        return bom
    declared = [http_content_type_encoding(content_type), html_body_declared_encoding(body[:8192])]
    named = list(dict.fromkeys(name for name in map(_known, declared) if name))
    if b"\0" not in body[:_WIDE_SAMPLE]:  # every tag would have one; read as wide characters it would look like Chinese
        named = [name for name in named if not name.startswith(("utf-16", "utf-32"))]
    if _decodes(body, "utf-8") and not any(name.startswith(("utf-16", "utf-32", "iso2022", "hz")) for name in named):
        return "utf-8"
    ranked = sorted((_oddness(body, name), order, name) for order, name in enumerate(named))
    if ranked and ranked[0][0] < 0.02:  # noqa: PLR2004 - measured: right encodings stay under .005, wrong ones over .1
        return ranked[0][2]
    return _guess(body, [name for _, _, name in ranked])


def _known(name: str | None) -> str | None:
    return resolve_encoding(name) if name else None


def _decodes(body: bytes, encoding: str) -> bool:
    """Say whether all of the body is valid; a character cut off at the end is forgiven."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(body)
    except (UnicodeError, LookupError):
        return False
    return True


def _oddness(body: bytes, encoding: str) -> float:
    """Give the share of characters beyond ASCII that look wrong: 0 for a text in its own encoding."""
    sample = _beyond_ascii(body)
    try:
        text = sample.decode(encoding, "replace")
    except (UnicodeError, LookupError):
        return 1.0
    foreign = sum(1 for char in text if char > "\x7f")
    return sum(1 for _ in _ODD.finditer(text)) / foreign if foreign else 0.0


def _beyond_ascii(body: bytes) -> bytes:
    """Take a sample from where the first letters beyond ASCII stand: script-laden heads say nothing."""
    first = re.search(rb"[\x80-\xff]", body)
    start = max(0, first.start() - 1) if first else 0
    return body[start : start + _SAMPLE]


def _guess(body: bytes, named: list[str]) -> str:
    """Name the likeliest encoding where none was declared or the declared one makes no sense."""
    candidates = ["utf-8", *named, *_GUESSES]
    odd, _, best = min((_oddness(body, name), order, name) for order, name in enumerate(candidates))
    if odd < 0.05:  # noqa: PLR2004 - a few broken bytes are usual
        return best
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import and seldom needed

    found = from_bytes(_beyond_ascii(body)[:20_000]).best()
    return found.encoding if found else (named or ["utf-8"])[0]
