"""HTTP for the demonstration press: several loopback addresses on one port, served from threads.

It knows nothing of news: an application is asked for the answer to each request. One thread accepts for all addresses;
each connection has a thread of its own (HTTP/1.1, kept alive). ``stop`` ends all of them, also those that wait.
"""

import contextlib
import itertools
import selectors
import socket
import sys
import threading
from email.utils import formatdate
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any, Protocol

from khasan.demo.faults import Answer, Fault

_STOP_SECONDS = 5.0
_IDLE_SECONDS = 60.0
_PORT_ATTEMPTS = 20


class Application(Protocol):
    """What a server asks for its answers; called from many threads."""

    def answer(self, host: str, target: str, headers: dict[str, str]) -> tuple[Answer, Fault]:
        """Answer a request.

        Args:
            host: the address it came to.
            target: path and query as requested.
            headers: of the request, names in lower case.

        Returns:
            The answer as it is to be sent, and the fault to send it with.

        """


class Server:
    """Listens on some addresses, all on one port; can be started again after a stop."""

    def __init__(self, application: Application, port: int) -> None:
        self.port = port
        self._application = application
        self._listeners: dict[str, _Listener] = {}
        self._contexts: dict[str, SSLContext] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._thread is not None

    def start(self, hosts: tuple[str, ...]) -> None:
        """Listen on all hosts; choose the port if it is 0.

        Raises:
            OSError: an address cannot be used, or the port is taken.

        """
        if self._thread is not None:
            raise RuntimeError("the press is running already")
        self._stopping.clear()
        self._bind(hosts)
        self._wake, woken = socket.socketpair()
        self._thread = threading.Thread(target=self._accept, args=(woken,), name="demo-press", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close all sockets and wait for all threads; harmless when not running."""
        if self._thread is None or self._wake is None:
            return
        self._stopping.set()
        with contextlib.suppress(BrokenPipeError):  # between two requests the thread sees the stop without being woken
            self._wake.send(b".")
        self._thread.join(_STOP_SECONDS)
        self._wake.close()
        self._thread = self._wake = None
        self._close()

    def listens(self, host: str) -> bool:
        """Whether it listens on this address."""
        with self._lock:
            return host in self._listeners

    def secure(self, host: str, context: SSLContext) -> None:
        """Speak TLS on this address once it is listened on."""
        self._contexts[host] = context

    def listen(self, host: str) -> None:
        """Listen on one more address, unless that is done already."""
        if self._thread is None or self._wake is None:
            raise RuntimeError("the press is not running")
        with self._lock:
            if host not in self._listeners:
                self._listeners[host] = self._listener(host, self.port)
        self._wake.send(b".")

    def _bind(self, hosts: tuple[str, ...]) -> None:
        """Open a listener for each host, for a free port with a new one whenever a later host has it taken."""
        for attempt in range(_PORT_ATTEMPTS):
            port = self.port
            try:
                for host in hosts:
                    listener = self._listener(host, port)
                    self._listeners[host] = listener
                    port = listener.server_port
            except OSError:
                self._close()
                if self.port or attempt + 1 == _PORT_ATTEMPTS:
                    raise
            else:
                self.port = port
                return

    def _listener(self, host: str, port: int) -> "_Listener":
        try:
            return _Listener(host, port, self._application, self._stopping, self._contexts.get(host))
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error

    def _accept(self, woken: socket.socket) -> None:
        """Accept connections of all listeners until stopped; the wake socket tells of stops and of new listeners."""
        with woken, selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            while not self._stopping.is_set():
                known = selector.get_map()
                with self._lock:
                    for listener in self._listeners.values():
                        if listener.fileno() not in known:
                            selector.register(listener, selectors.EVENT_READ, listener)
                for key, _ in selector.select():
                    if key.data is None:
                        woken.recv(1)
                    else:
                        key.data.handle_request()

    def _close(self) -> None:
        with self._lock:
            listeners = list(self._listeners.values())
            self._listeners.clear()
        for listener in listeners:
            listener.server_close()


class _Listener(ThreadingHTTPServer):
    """One listening address; knows its open connections, so that closing it closes them."""

    timeout = 0
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        application: Application,
        stopping: threading.Event,
        context: SSLContext | None = None,
    ) -> None:
        self.host = host
        self.context = context
        self.application = application
        self.stopping = stopping
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver for the host's name, as the parent would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.socket.setblocking(False)  # a reader may hang up before it is accepted
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; hands are shaken in the thread that serves it, for a reader may be slow to."""
        connection, address = super().get_request()
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread that is remembered while it lives."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="demo-press-reader", daemon=True
        )
        self._open = {alive: its for alive, its in self._open.items() if alive.is_alive()}
        self._open[thread] = request
        thread.start()

    def server_close(self) -> None:
        """Close the listening socket and all connections, and wait for their threads."""
        super().server_close()
        for request in self._open.values():
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        for thread in self._open:
            thread.join(_STOP_SECONDS)
        self._open = {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about readers that hang up; report all else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection and sends what the application answers."""

    protocol_version = "HTTP/1.1"
    server_version = "DemoPress"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Listener

    def do_GET(self) -> None:
        """Answer, or fail to as the fault says."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, fault = self.server.application.answer(self.server.host, self.path, headers)
        if fault.delay:
            self.server.stopping.wait(fault.delay)
        if fault.silent:
            self.server.stopping.wait()
        if fault.unanswered or self.server.stopping.is_set():
            self.close_connection = True
            return
        if fault.drip:
            self._drip(answer, fault.drip)
        else:
            self._send(answer, truncated=fault.truncated)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def _send(self, answer: Answer, *, truncated: bool) -> None:
        """Write head and body at once."""
        bodiless = answer.status in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT)
        headers = {} if bodiless else {"Content-Length": str(len(answer.body))}
        body = b"" if bodiless or self.command == "HEAD" else answer.body
        if truncated:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(self._head(answer, headers) + body)

    def _drip(self, answer: Answer, pause: float) -> None:
        """Write the body byte by byte and then blanks, until the press stops or the reader has had enough."""
        self.close_connection = True
        self.wfile.write(self._head(answer, {"Connection": "close"}))
        for byte in itertools.chain(answer.body, itertools.repeat(ord(" "))):
            if self.server.stopping.wait(pause):
                return
            self.wfile.write(bytes((byte,)))

    def _head(self, answer: Answer, more: dict[str, str]) -> bytes:
        headers = {"Date": formatdate(usegmt=True), "Server": self.server_version, **answer.headers, **more}
        phrase = responses.get(answer.status, "Unknown")
        lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Print nothing; the press keeps its own record."""
