"""What the tests of delivery share: a mail server that errs as it is told, and a life of the process that can be ended anywhere.

A life, `python -m tests.faults FOLDER PORT PASSES`, is collect, review and deliver on a small press, without a crawl. It is
forked from a process that has imported everything, as in tests/warm.py, so that hundreds of them can be ended.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import ssl
import sys
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import cache, partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from aiosmtpd.smtp import SMTP, AuthResult

from alerts.channels import SmtpChannel, SmtpOptions
from alerts.compose import MailOptions
from alerts.decide import Reader
from alerts.outbox import Outbox
from storage import crash
from storage.archive import open_archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAME, PASSWORD = "khasan", "correct horse battery"
NOBODY, BUSY = "gone@example.org", "busy@example.org"  # mailboxes

SHELLS = (
    "North Korea ships artillery shells to Russia, Seoul says",
    (
        "Pyongyang has sent 28,000 containers of artillery shells to Russia since August, South Korea's defence ministry said on Monday. "
        "The 152 mm ammunition left the port of Rason for Vostochny on Russian ships, it added."
    ),
)
TROOPS = (
    "Wounded North Korean soldiers return home from Kursk",
    (
        "A hospital train with some 200 wounded North Korean soldiers crossed the Tumen bridge at Khasan on its way home from Kursk region, "
        "a Ukrainian intelligence official told reporters in Kyiv on Sunday."
    ),
)
VISIT = (
    "Shoigu meets Kim Jong Un in Pyongyang for talks on the treaty",
    (
        "Russian Security Council secretary Sergei Shoigu met North Korean leader Kim Jong Un in Pyongyang to discuss carrying out the "
        "comprehensive strategic partnership treaty, Russian news agencies reported on Friday."
    ),
)
READERS = (
    Reader("ann", "ann@example.org", max_per_hour=500),
    Reader("few", "few@example.org", max_per_hour=2),  # so some are summed up
    Reader("busy", BUSY, rules=("ties",)),
    Reader("gone", NOBODY, rules=("troops",)),
)
OPTIONS = MailOptions(sender="Khasan <khasan@example.org>")
STORIES = (SHELLS, TROOPS, VISIT)
TITLES = [title for title, _ in STORIES]


# The server


class Office:
    """A mail server's side of all its connections: what it took, what it went through, and where it errs.

    `act(verb, when)` is asked at each step and says what to do: None (as it should be), "kill" (the process that sends), "drop"
    (the connection), "slow", or a reply to give instead. `when` is "before" and "after" the reply to a verb, and between the two
    at the end of the data "stored". Verbs are as the client says them, with "connect" for the greeting and "mail" for the end of
    the data. One mailbox is not there; another is taken mail for at the second asking only.
    """

    def __init__(self, tls=None, slow=0.5):
        self.tls, self.slow = tls, slow
        self.clear()

    def clear(self, act=lambda _verb, _when: None):
        """Begin anew, with the same server."""
        self.act = act
        self.taken, self.steps, self.peers = [], [], []
        self.deferred = False
        self.victim = Future()  # the number of the process that sends

    def session(self):
        """The server's side of a connection."""
        return _Session(self)

    def copies(self):
        """Whom and which mail each copy is: (address, Message-ID), in the order of coming."""
        return [(to, message_from_bytes(content)["Message-ID"]) for to, content in self.taken]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address == NOBODY:
            return "550 5.1.1 no such user"
        if address == BUSY and not self.deferred:
            self.deferred = True
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        server.verb = "mail"
        reply = await server.step("before", "250 OK")
        if reply == "250 OK":
            self.taken += [(to, envelope.content) for to in envelope.rcpt_tos]
            reply = await server.step("stored", reply)
        server.asked = True  # and need not be asked again
        return reply


class _NoDataError(Exception):
    """DATA was answered otherwise than with "go on", and none is to be waited for."""


class _Session(SMTP):
    """aiosmtpd's session, which asks its office at each step."""

    def __init__(self, office):
        login = {"authenticator": _login, "auth_required": True, "auth_require_tls": True} if office.tls else {}
        super().__init__(
            office, hostname="mail.example.org", tls_context=office.tls, loop=asyncio.get_running_loop(), **login
        )
        self.office, self.verb = office, "connect"
        self.asked = self.amid = self.instead = False
        self._smtp_methods = {name: partial(self._named, name, method) for name, method in self._smtp_methods.items()}

    def connection_made(self, transport):
        if self.verb == "connect":  # and not when TLS begins
            self.office.peers.append(transport.get_extra_info("peername"))
        super().connection_made(transport)

    async def _named(self, name, method, arg):
        self.verb = name
        with suppress(_NoDataError):
            await method(arg)

    def pass_through(self, when):
        """Be at a step of the conversation, which may be the last: what to do instead of what comes next."""
        self.office.steps.append(f"{self.verb} {when}")
        act = self.office.act(self.verb, when)
        if act == "kill":
            os.kill(self.office.victim.result(30), signal.SIGKILL)
        if act in {"kill", "drop"}:
            (self._original_transport or self.transport).abort()
            raise asyncio.CancelledError
        return act

    async def step(self, when, reply):
        """Go through a step before a reply: the one to give after all."""
        act = self.pass_through(when)
        if act == "slow":
            await asyncio.sleep(self.office.slow)
        return act if act not in {None, "slow"} else reply

    async def push(self, status):
        """Say a line. The steps of a verb are before its first and after its last, at once: who is told may hang up."""
        line = status if isinstance(status, str) else status.decode()
        more, asks, refused = line[3:4] == "-", not (self.amid or self.asked), False
        if asks:
            said = await self.step("before", line)
            refused = self.verb == "DATA" and said != line
            line, self.instead = said, said != line and more
        if asks or not self.instead:
            self._writer.write(line.encode() + b"\r\n")
        self.amid, self.asked = more, False
        if not more:
            self.instead = False
            self.pass_through("after")
        await self._writer.drain()
        if not more and (line.startswith("421") or (self.verb == "connect" and line.startswith("5"))):
            self.transport.close()
        if refused:
            self._set_post_data_state()
            raise _NoDataError


def _login(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (NAME.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def in_a_thread(office):
    """Serve from a thread of its own, for processes that are forked elsewhere; gives the port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(office_sessions(office), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def office_sessions(office):
    """A maker of sessions for an event loop's server."""
    return lambda: office.session()  # noqa: PLW0108 - the office's method may change


def certify(folder):
    """A self-signed certificate for 127.0.0.1: its file for clients, and a context for the server."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


# The process


@cache
def setup():
    """The topic that comes with the program, for our sources and readers."""
    from alerts.channels import FileOptions
    from khasan.topic import load_topic
    from scheduler.setup import Setup
    from spiders.options import CollectOptions

    topic = load_topic()
    return Setup(
        database=Path("khasan.db"), outlets=topic.outlets, sources=sources(), analyser=topic.analyser, rules=topic.rules, topic_version="t",
        collect=CollectOptions(), channel=FileOptions(Path("unused")), mail=OPTIONS,
        readers=READERS, operator="op@example.org",
    )  # fmt: skip


def sources():
    """Two that bring what happens; the second one copies the first of it."""
    from storage.model import Pages, Source

    return tuple(
        Source(name, name, name.title(), f"https://{name}.example/feed", pages=Pages.NEVER) for name in ("wire", "copy")
    )


def collect(archive):
    """Read the press: once for what it held already, which was nothing, and once with news. Any part of it may be done already."""
    from storage.entries import store_poll
    from storage.model import Entry, Outcome, Outlet, PollResult, Precision, Published, TimeOrigin
    from storage.sources import sync_topic

    names = [source.id for source in sources()]
    archive.write(sync_topic, [Outlet(name, name.title()) for name in names], sources(), NOW)
    for name, texts in zip(names, (STORIES, STORIES[:1]), strict=True):
        if (
            archive.read(
                lambda c, name=name: c.execute("SELECT baseline_at FROM source WHERE id = ?", (name,)).fetchone()[0]
            )
            is None
        ):
            archive.write(store_poll, PollResult(name, NOW, Outcome.UNCHANGED, NOW))
        entries = tuple(
            Entry(
                f"{n}", f"https://{name}.example/{n}", f"https://{name}.example/{n}", title, text, sha256=title,
                published=Published(NOW, None, Precision.MINUTE, TimeOrigin.FEED),
            )
            for n, (title, text) in enumerate(texts)
        )  # fmt: skip
        archive.write(store_poll, PollResult(name, NOW, Outcome.NEW, NOW, entries))


async def deliver(archive, port, passes, authority=None):
    """So many passes of the outbox through one channel, a minute apart."""
    clock = [NOW]
    channel = SmtpChannel(smtp(port, authority))
    outbox = Outbox(archive, channel, READERS, OPTIONS, lambda: clock[0])
    for _ in range(passes):
        await outbox.deliver()
        clock[0] += timedelta(minutes=1)
    await channel.close()


def smtp(port, authority=None, **rest):
    """How to reach an office: with STARTTLS and a login if there is an authority to trust."""
    secure = {"security": "starttls", "ca_file": authority, "username": NAME, "password": PASSWORD}
    return SmtpOptions(
        "127.0.0.1", port, **({"security": "none"} | (secure if authority else {}) | {"timeout": 5.0} | rest)
    )


def live(folder, port, passes, authority=None):
    """A life of the process, to its end."""
    from scheduler.review import review_due

    with open_archive(folder / "khasan.db") as archive:
        collect(archive)
        asyncio.run(review_due(archive, setup, lambda: NOW))
        asyncio.run(deliver(archive, port, passes, authority))


def main():
    """Be the process that lives are forked from. Each lives, and says what points it passed."""
    from tests.warm import serve

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory() as folder:  # all that is imported and made once is made before anything is forked
        live(Path(folder), 9, 1)
    gc.freeze()
    serve()
    folder, port, passes = sys.argv[1:]
    live(Path(folder), int(port), int(passes), Path(folder).parent / "cert.pem")
    json.dump(crash.passed, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # taking down what was imported would take longer than the life


if __name__ == "__main__":
    main()
