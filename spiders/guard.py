"""No connection to an address that is not public, unless the operator lists it or a proxy is asked.

What is judged is the address that the socket is about to be connected to, by number, and that very number is then
connected to. So a name that resolves to something private is of no use, nor one that resolves differently the second
time, whether it came from a source's address, a feed or a redirect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _ScrapyAgent
from scrapy.utils._download_handlers import normalize_bind_address, wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IReactorPluggableNameResolver, IReactorTCP, IReactorTime
from twisted.web.client import Agent
from twisted.web.error import SchemeNotSupported
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer  # type: ignore[import-untyped]

from spiders.addresses import Allowed, allowed_hosts, is_public, literal_address
from spiders.bounds import BoundedFactory, causes

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.interfaces import IConnector, IHostnameResolver, IStreamClientEndpoint
    from twisted.internet.protocol import ClientFactory
    from twisted.web.client import URI

SETTING = "KHASAN_PRIVATE_HOSTS"  # of Scrapy: the entries of `private_hosts`


class PrivateAddressError(Exception):
    """A host that may not be connected to. `host` is the name it goes by, if it is not an address itself."""

    def __init__(self, address: str, host: str = "") -> None:
        named = f"{address} ({host})" if host and host != address else address
        super().__init__(f"{named} is not a public address; list the host under private_hosts in [collect] to allow it")


def refused_address(error: BaseException) -> str:
    """What to tell if a download failed because its address is not public, else ""."""
    return next((str(one) for one in causes(error) if isinstance(one, PrivateAddressError)), "")


@dataclass(frozen=True, slots=True)
class Guard:
    """Says which addresses may be connected to."""

    allowed: Allowed

    def address(self, number: str, host: str) -> str:
        """The address to connect to for `host`, in its one plain notation. Raises PrivateAddressError."""
        address = literal_address(number)
        if address is None or not (is_public(address) or self.allowed.address(address)):
            raise PrivateAddressError(number if address is None else str(address), host)
        return str(address)

    def host(self, host: str) -> None:
        """Refuse a host that is an address in any notation, and the machine's own name, without asking a resolver."""
        if self.allowed.name(host):
            return
        if literal_address(host) is not None:
            self.address(host, host)
        name = host.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            self.address("127.0.0.1", host)

    def target(self, url: str) -> None:
        """Refuse what a proxy would be asked for: however it may read the address, no part of it may name a private host."""
        parts = urlsplit(url)
        for host in {parts.hostname or "", *re.split(r"[@\\]", parts.netloc)}:
            self.host(host if host.endswith("]") else re.sub(r":[0-9]*$", "", host))


@implementer(IReactorTCP, IReactorTime, IReactorPluggableNameResolver)
class GuardedReactor:
    """As much of the reactor as connecting to one host takes, with the guard before each connection."""

    def __init__(self, reactor: Any, guard: Guard, host: str) -> None:
        self._reactor, self._guard, self._host = reactor, guard, host
        self.callLater, self.seconds = reactor.callLater, reactor.seconds

    @property
    def nameResolver(self) -> IHostnameResolver:  # noqa: N802 - Twisted's name
        """The reactor's own."""
        return cast("IHostnameResolver", self._reactor.nameResolver)

    def connectTCP(  # noqa: N802 - Twisted's name
        self,
        host: str,
        port: int,
        factory: ClientFactory,
        timeout: float = 30,
        bindAddress: Any = None,  # noqa: N803
    ) -> IConnector:
        """Connect to an address that has just been judged."""
        address = self._guard.address(host, self._host)
        return cast(
            "IConnector", self._reactor.connectTCP(address, port, factory, timeout=timeout, bindAddress=bindAddress)
        )


@implementer(IAgentEndpointFactory)
class GuardedEndpoints:
    """Where Twisted's agent gets the way to a host from."""

    def __init__(self, reactor: Any, guard: Guard, policy: Any, timeout: float, bind: tuple[str, int] | None) -> None:
        self._reactor, self._guard, self._policy, self._timeout, self._bind = reactor, guard, policy, timeout, bind

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:  # noqa: N802 - Twisted's name
        """The guarded way to a host; unguarded for one whose name is listed."""
        if uri.scheme not in {b"http", b"https"}:
            raise SchemeNotSupported(f"Unsupported scheme: {uri.scheme!r}")
        host = uri.host.decode("ascii")
        listed = self._guard.allowed.name(host)
        reactor = self._reactor if listed else GuardedReactor(self._reactor, self._guard, host)
        endpoint: Any = HostnameEndpoint(reactor, host, uri.port, timeout=self._timeout, bindAddress=self._bind)
        if uri.scheme == b"http":
            return cast("IStreamClientEndpoint", endpoint)
        return wrapClientTLS(self._policy.creatorForNetloc(uri.host, uri.port), endpoint)


class GuardedAgent(_ScrapyAgent):
    """Scrapy's downloading of one request, over guarded connections."""

    def __init__(self, guard: Guard, **rest: Any) -> None:
        super().__init__(**rest)
        self._guard = guard

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        if request.meta.get("proxy"):
            self._guard.target(request.url)
            return super()._get_agent(request, timeout)
        self._guard.host(urlsplit(request.url).hostname or "")  # told at once, and not after trying
        bind = normalize_bind_address(self._bindAddress)
        endpoints = GuardedEndpoints(reactor, self._guard, self._contextFactory, timeout, bind)
        return cast("Agent", Agent.usingEndpointFactory(reactor, endpoints, self._pool))  # type: ignore[no-untyped-call]


class GuardedHandler(HTTP11DownloadHandler):
    """Scrapy's download handler for http and https, over guarded connections and with bounded headers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._guard = Guard(allowed_hosts(crawler.settings.getlist(SETTING)))
        self._pool._factory = BoundedFactory  # noqa: SLF001 - as Scrapy's own handler sets it

    async def download_request(self, request: Request) -> Response:
        """Download a request."""
        agent = GuardedAgent(
            self._guard,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(agent.download_request(request))
