"""A stage of the way through: works when woken, until there is nothing left, and survives what goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger()


class Stage:
    """Runs `work` whenever it is woken, never twice at once. An exception is logged and the next waking tries again."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        self.name = name
        self._work = work
        self._awake = asyncio.Event()
        self._stopping = False
        self.busy = False

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    @property
    def quiet(self) -> bool:
        """Whether it neither works nor has been woken."""
        return not self.busy and not self._awake.is_set()

    def stop(self) -> None:
        """End after what is in hand."""
        self._stopping = True
        self._awake.set()

    def stopping(self) -> bool:
        """Whether `stop` was called: asked between two pieces of work."""
        return self._stopping

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping:
            await self._awake.wait()
            self._awake.clear()
            if self._stopping:
                return
            self.busy = True
            try:
                await self._work()
            except Exception:  # a stage that dies in silence is the worst that can happen here
                log.exception("stage failed", stage=self.name)
            finally:
                self.busy = False
