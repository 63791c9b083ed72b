"""Articles handed over in a file: a line of JSON to an entry."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from spiders.markup import plain_line, plain_text, visible
from spiders.urls import canonical_url, web_address
from storage.model import Entry, Precision, Published, TimeOrigin

_DAY = len("2026-11-23")


class ImportRowError(ValueError):
    """A line is no article. The message says what was found and what is expected."""


def read_row(line: str, *, outlet: str, now: datetime) -> tuple[str, Entry]:
    """A line with `url` and `title`, perhaps `text`, `published`, `authors`, `language`, `outlet`: outlet id and entry."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        msg = f"not JSON ({error})"
        raise ImportRowError(msg) from error
    if not isinstance(row, dict):
        msg = f"found {type(row).__name__}, expected an object"
        raise ImportRowError(msg)
    url = web_address(_text(row, "url"), "")
    title = plain_line(_text(row, "title"))
    if not url or not title:
        missing = "title" if url else "url"
        msg = f"{missing}: found {row.get(missing)!r}, expected {'a title' if url else 'an http(s) address'}"
        raise ImportRowError(msg)
    text = plain_text(_text(row, "text"))
    authors = row.get("authors") or []
    if not isinstance(authors, list) or not all(isinstance(one, str) for one in authors):
        msg = f"authors: found {authors!r}, expected a list of names"
        raise ImportRowError(msg)
    identity = canonical_url(url)
    return _text(row, "outlet") or outlet, Entry(
        key=identity,
        url=url,
        canonical_url=identity,
        title=title,
        text=text,
        authors=tuple(plain_line(one) for one in authors),
        language=_language(_text(row, "language") or _text(row, "lang")),
        published=_published(_text(row, "published"), now),
        sha256=hashlib.sha256(f"{title}\0{text}".encode("utf-8", "replace")).hexdigest(),
    )


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        msg = f"{name}: found {value!r}, expected text"
        raise ImportRowError(msg)
    return visible(value)


def _language(text: str) -> str:
    """A language's code, "" for what is none."""
    return text.lower() if re.fullmatch("[a-zA-Z]{2,3}", text) else ""


def _published(text: str, now: datetime) -> Published | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        offset = at.strftime("%z")  # "+0900", or "" without
        zone = f"{offset[:3]}:{offset[3:5]}" if offset else None
        at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f'published: found "{text}", expected ISO 8601 such as 2025-02-11T10:00:00+02:00'
        raise ImportRowError(msg) from error
    if at > now:
        msg = f"published: found {text}, which is yet to come"
        raise ImportRowError(msg)
    return Published(at, zone, Precision.DAY if len(text) <= _DAY else Precision.MINUTE, TimeOrigin.FEED)
