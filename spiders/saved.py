"""Reading saved pages in parallel, each within a time limit."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import zlib
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pebble import ProcessExpired, ProcessPool

from spiders.extract import Extracted, ExtractFault, extract
from spiders.workers import start_worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_SECONDS = 30.0


def answer(row: dict[str, Any], root: Path) -> dict[str, Any]:
    """One page of a list (id, path, url) as title, text, published and authors, or with a `fault`."""
    path = root / row["path"]
    try:
        body = path.read_bytes()
        read = extract(gzip.decompress(body) if path.suffix == ".gz" else body, url=row["url"])
    except (OSError, EOFError, zlib.error) as error:
        return {"id": row["id"], "fault": f"cannot be read: {getattr(error, 'strerror', None) or error}"}
    except ExtractFault as error:
        return {"id": row["id"], "fault": f"{error.kind}: {error}"}
    return {
        "id": row["id"],
        "title": read.title,
        "text": read.text,
        "published": local_time(read),
        "authors": list(read.authors),
        "language": read.language,
    }


def local_time(read: Extracted) -> str | None:
    """When a page was published, ISO 8601 in the publisher's own zone, so that the day is the publisher's."""
    if read.published is None:
        return None
    return read.published.astimezone(datetime.strptime(read.zone, "%z").tzinfo if read.zone else UTC).isoformat()


def answers(rows: list[dict[str, Any]], root: Path, workers: int) -> Iterator[dict[str, Any]]:
    """The answers for all rows in their order, by `workers` processes. A page that takes too long has a `fault`."""
    context = multiprocessing.get_context("spawn")
    with ProcessPool(max_workers=workers, initializer=start_worker, initargs=[os.getpid()], context=context) as pool:
        results = pool.map(partial(answer, root=root), rows, timeout=PAGE_SECONDS).result()
        for row in rows:
            try:
                yield next(results)
            except TimeoutError:
                yield {"id": row["id"], "fault": f"took longer than {PAGE_SECONDS:g} s"}
            except ProcessExpired as error:
                yield {"id": row["id"], "fault": f"the reading process died ({error})"}
