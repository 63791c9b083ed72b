"""Running a coroutine on Scrapy's reactor, which is the asyncio event loop, once in the life of a process."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, TypeVar, cast

from scrapy.utils.reactor import install_reactor

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


def run(main: Callable[[asyncio.Event], Coroutine[None, None, T]]) -> T:
    """Run `main(stop)` to its end; `stop` is set by SIGTERM and Ctrl-C. A second Ctrl-C ends the process at once."""
    install_reactor(REACTOR)
    from twisted.internet import reactor as installed  # noqa: PLC0415 - importing it installs one, so not before ours

    reactor = cast("Any", installed)

    outcome: list[T] = []
    faults: list[BaseException] = []

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _asked, stop, number)
        try:
            outcome.append(await main(stop))
        except BaseException as error:  # noqa: BLE001 - raised again outside the reactor
            faults.append(error)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
            reactor.stop()

    tasks: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(lambda: tasks.append(asyncio.get_event_loop().create_task(whole())))
    reactor.run(installSignalHandlers=False)
    if faults:
        raise faults[0]
    return outcome[0]


def _asked(stop: asyncio.Event, number: int) -> None:
    if stop.is_set() and number == signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    stop.set()
