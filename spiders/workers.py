"""Processes that read what the event loop must not: pages, and feeds of size.

A hostile page keeps a parser busy for longer than anybody can wait, so each reading has a time limit and its process is
killed at it. Workers are started when first needed and leave after two idle minutes; they die with their parent.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, TypeVar

from pebble import ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

IDLE_SECONDS = 120.0
MAX_TASKS = 500  # a worker is replaced after so many readings: parsers leak
MEMORY_BYTES = 2 << 30  # of address space: a page that wants more ends in a MemoryError
_PR_SET_PDEATHSIG = 1


class WorkerError(Exception):
    """A reading did not come to an end. `timed_out` tells whether it was stopped for taking too long."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


def start_worker(parent: int) -> None:
    """In the new process: leave Ctrl-C to the parent, and go when it goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before we asked to be told
        os.kill(os.getpid(), signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


class Workers:
    """A pool of reading processes. Not thread-safe: it belongs to one event loop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPool | None = None
        self._busy = 0
        self._idle: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Future[None]] = set()

    async def run(self, job: Callable[..., T], *args: object, seconds: float) -> T:
        """`job(*args)` in a worker. Raises WorkerError if it takes longer or its process dies, else what it raises."""
        self._busy += 1
        try:
            return await self._try(job, args, seconds)
        except (RuntimeError, BrokenExecutor):  # the pool itself is broken: an idle worker was killed, say
            self._leave()
            return await self._try(job, args, seconds)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._leave_if_idle)

    async def _try(self, job: Callable[..., T], args: tuple[object, ...], seconds: float) -> T:
        future = self._ready().schedule(job, args=list(args), timeout=seconds)
        try:
            async with asyncio.timeout(seconds * (self._busy + 2)):  # should the pool lose count of its own time
                return await asyncio.wrap_future(future)
        except (TimeoutError, FutureTimeoutError) as error:
            msg = f"took longer than {seconds:g} s to read"
            raise WorkerError(msg, timed_out=True) from error
        except ProcessExpired as error:
            msg = f"the reading process died ({error})"
            raise WorkerError(msg) from error

    def _ready(self) -> ProcessPool:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._count,
                max_tasks=MAX_TASKS,
                initializer=start_worker,
                initargs=[os.getpid()],
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool

    def _leave_if_idle(self) -> None:
        if not self._busy:
            self._leave()

    def _leave(self) -> None:
        """Let the pool go, without waiting for it on the event loop."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            leaving = asyncio.get_running_loop().run_in_executor(None, _end, pool)
            self._closing.add(leaving)
            leaving.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """End all workers, busy ones too."""
        if self._idle is not None:
            self._idle.cancel()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await asyncio.to_thread(_end, pool)
        if self._closing:
            await asyncio.wait(self._closing)


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
