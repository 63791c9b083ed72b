"""Logs: structured, on standard error, quiet by default, without secrets."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_SECRET = ("password", "secret", "token", "authorization")


def _hide(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Whatever is logged under a secret's name is not shown."""
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "(not shown)"
    return event


class _Lasting:
    """Standard error, where a line that cannot be written is left out: a full disk or a closed pipe must not end a stage."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def set_up(level: str, form: str = "text") -> None:
    """Send the program's and the libraries' logs to standard error, from `level` on, as text or as a JSON object a line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    last = [structlog.processors.format_exc_info, renderer] if form == "json" else [renderer]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lasting())),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    # Scrapy tells at INFO and DEBUG what the archive keeps anyway; a warning of theirs is worth reading.
    for noisy in ("scrapy", "twisted", "apscheduler", "asyncio", "trafilatura", "htmldate"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, _LEVELS[level]) if level != "debug" else logging.DEBUG)
    # A robots.txt that cannot be had is told as an error with a traceback; the poll that follows has the same outcome.
    logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)
