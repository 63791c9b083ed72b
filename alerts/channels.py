"""Ways out of the house: a mail server, or files beside the database where none is configured.

A channel hands one mail over, or says which of two things went wrong: `Refused`, which no repetition mends, and
`TryLater`, which time or the operator mends. What concerns every mail alike (a login that fails, a server that
greets with an error) is the operator's to mend and so never `Refused`. A new channel satisfies `Channel`, has
options of its own and a line in `open_channel`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import socket
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import aiosmtplib

from alerts.headers import MailPolicy, header, mailbox
from alerts.traffic import has_enough

if TYPE_CHECKING:
    from email.message import EmailMessage

FIRST_PERMANENT = 500  # replies from here on are for good
TOO_LARGE = 552
LOGIN_WANTED = frozenset({530, 534, 535, 538})  # a server may say so at any command; it is never the recipient's fault
STAGES = 6  # a mail is at most so many waits of `timeout`: connect, login, sender, recipient, data, goodbye


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The mail will never be taken; trying again is wrong."""


class TryLater(Exception):  # noqa: N818 - it reads as what to do
    """The mail was not taken now, or it is not known whether it was."""


class NoSession(TryLater):
    """The server cannot be reached, does not let us in or has enough for now: no other mail will get through either."""


class Channel(Protocol):
    """A way for mails to leave. `per_minute` is how many of them at most; 0 is any number."""

    @property
    def per_minute(self) -> int:
        """How many mails may leave in any minute."""

    async def send(self, message: EmailMessage, address: str) -> None:
        """Hand over one mail for one address.

        Returns only once the other side has taken it. Raises Refused, TryLater or its kind NoSession, and nothing else.
        """

    async def close(self) -> None:
        """Let go of what is held; never raises. A later `send` opens it again."""


@dataclass(frozen=True, slots=True)
class SmtpOptions:
    """A mail server. `port` 0 is the usual one; `ca_file` names the only authorities trusted; `timeout` is seconds.

    `max_per_minute` mails are handed over in any minute; 0 is any number.
    """

    host: str
    port: int = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    verify: bool = True
    timeout: float = 30.0
    helo: str = ""  # how this machine introduces itself; "" is its own name
    max_per_minute: int = 60


@dataclass(frozen=True, slots=True)
class FileOptions:
    """A folder for `.eml` files."""

    folder: Path


def open_channel(options: SmtpOptions | FileOptions) -> Channel:
    """Make the channel that the options describe. Opens no connection yet."""
    return SmtpChannel(options) if isinstance(options, SmtpOptions) else FileChannel(options.folder)


class SmtpChannel:
    """Sends through one server, over one connection for as long as it lasts, one mail at a time."""

    def __init__(self, options: SmtpOptions) -> None:
        self._options = options
        self._client: aiosmtplib.SMTP | None = None
        self._context: ssl.SSLContext | None = None
        self._turn = asyncio.Lock()

    @property
    def per_minute(self) -> int:
        """How many mails may leave in any minute."""
        return self._options.max_per_minute

    async def send(self, message: EmailMessage, address: str) -> None:
        """Hand over one mail; see `Channel.send`. Anything but success drops the connection, save a plain refusal."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._options.timeout * STAGES):
                    await self._send(message, address)
            except Refused:
                raise
            except TimeoutError as error:
                self._drop()
                raise TryLater(f"{self._place}: took too long") from error
            except BaseException:
                self._drop()
                raise

    async def close(self) -> None:
        """Say goodbye to the server, if it is still there."""
        async with self._turn:
            if self._client is not None:
                with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await self._client.quit()
            self._drop()

    @property
    def _place(self) -> str:
        """Return how errors name the server."""
        return f"mail server {self._options.host}"

    async def _send(self, message: EmailMessage, address: str) -> None:
        """Go through the stages of one mail. A reused connection that turns out to be dead is replaced once."""
        envelope = _Envelope.of(message, address)
        client, reused = await self._connected()
        try:
            await self._offer(client, envelope)
        except _Stale as error:
            if not reused:
                raise NoSession(f"{self._place}: {error}") from error
            self._drop()
            client, _ = await self._connected()
            try:
                await self._offer(client, envelope)
            except _Stale as again:
                raise NoSession(f"{self._place}: {again}") from again
        await self._deliver(client, envelope)

    async def _connected(self) -> tuple[aiosmtplib.SMTP, bool]:
        """Return a connection that is logged in, and whether it was there before. Raises TryLater."""
        if self._client is not None and self._client.is_connected:
            return self._client, True
        self._drop()
        options, sendable = self._options, True
        try:
            client = aiosmtplib.SMTP(
                hostname=options.host,
                port=options.port or None,
                username=options.username or None,
                password=(options.password or None) if options.username else None,
                local_hostname=options.helo or _own_name(),
                timeout=options.timeout,
                use_tls=options.security == "tls",
                start_tls=options.security == "starttls",
                tls_context=await self._tls(),
            )
            self._client = client
            await client.connect()
        except UnicodeError:
            sendable = False  # told below: this exception holds the password whole
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Without its traceback: the frames there hold the password.
            raise NoSession(self._explain(error)) from error.with_traceback(None)
        if not sendable:
            raise NoSession(f"{self._place}: its name, the user's or the password has characters that cannot be sent")
        return client, False

    async def _tls(self) -> ssl.SSLContext | None:
        """Return how certificates are checked; read once, in a thread, because it opens files. Raises TryLater."""
        if self._options.security == "none":
            return None
        if self._context is None:
            self._context = await asyncio.to_thread(_tls_context, self._options)
        return self._context

    def _explain(self, error: Exception) -> str:
        """Say in a sentence why no connection came about."""
        what = _reply(error)
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return f"{self._place} refused the login of {self._options.username}: {what}"
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                return f"{self._place}: TLS failed: {header(str(cause.args[-1] if cause.args else cause))}"
            cause = cause.__cause__
        if isinstance(error, TimeoutError):
            return f"{self._place}: no answer within {self._options.timeout:g} s"
        return f"{self._place}: no session: {what}"

    async def _offer(self, client: aiosmtplib.SMTP, envelope: _Envelope) -> None:
        """Say who sends. Raises _Stale where the connection is at its end, else Refused or TryLater."""
        try:
            await client.mail(
                envelope.sender,
                options=["SMTPUTF8"] if await self._beyond_ascii(client, envelope) else [],
                encoding="utf-8" if envelope.beyond_ascii else "ascii",
            )
        except aiosmtplib.SMTPResponseException as error:
            if error.code == aiosmtplib.SMTPStatus.domain_unavailable:
                raise _Stale(_reply(error)) from error
            if error.code == TOO_LARGE:
                raise await self._refusal(client, "the mail", error) from error
            kind = TryLater if envelope.beyond_ascii else NoSession  # else nothing of this mail alone was said yet
            raise kind(f"{self._place} does not take mail from {envelope.sender}: {_reply(error)}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _Stale(_reply(error)) from error

    async def _beyond_ascii(self, client: aiosmtplib.SMTP, envelope: _Envelope) -> bool:
        """Whether the server must be told of an address beyond ASCII. Raises Refused where it takes none."""
        if not envelope.beyond_ascii:
            return False
        if client.last_ehlo_response is None:
            await client.ehlo()
        if not client.supports_extension("smtputf8"):
            raise Refused(f"{self._place} takes no addresses beyond ASCII, such as {envelope.address}")
        return True

    async def _deliver(self, client: aiosmtplib.SMTP, envelope: _Envelope) -> None:
        """Name the recipient and hand over the mail. Raises Refused or TryLater."""
        what = envelope.address
        try:
            await client.rcpt(envelope.address, encoding="utf-8" if envelope.beyond_ascii else "ascii")
            what = "the mail"
            await client.data(envelope.content)
        except aiosmtplib.SMTPResponseException as error:
            alike = error.code in LOGIN_WANTED or has_enough(error.code, error.message)
            if error.code >= FIRST_PERMANENT and not alike:
                raise await self._refusal(client, what, error) from error
            kind = NoSession if alike else TryLater
            raise kind(f"{self._place} does not take {what} now: {_reply(error)}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TryLater(f"{self._place}: {_reply(error)}") from error

    async def _refusal(self, client: aiosmtplib.SMTP, what: str, error: aiosmtplib.SMTPResponseException) -> Refused:
        """Make the connection fit for the next mail and return the refusal of this one."""
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()
        return Refused(f"{self._place} refused {what}: {_reply(error)}")

    def _drop(self) -> None:
        """Close the connection without a word."""
        if self._client is not None:
            self._client.close()
            self._client = None


class FileChannel:
    """Writes each mail into a folder as an `.eml` file, which any mail program opens. One file a Message-ID."""

    per_minute = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage, address: str) -> None:
        """Write one mail, or the same mail anew; see `Channel.send`."""
        content = _Envelope.of(message, address).content
        try:
            await asyncio.to_thread(self._write, file_name(message), content)
        except OSError as error:
            raise TryLater(f"cannot write mail into {self._folder}: {error.strerror or error}") from error

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    def _write(self, name: str, content: bytes) -> None:
        """Write a file that is either whole or not there, over an earlier one of the same Message-ID."""
        self._folder.mkdir(parents=True, exist_ok=True)
        earlier = next(self._folder.glob("*" + name[name.rindex("-") :]), None)
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(earlier or self._folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def file_name(message: EmailMessage) -> str:
    """Return the name of a mail's file: its date, some words of its subject, and a hash of its Message-ID."""
    date = parsedate_to_datetime(str(message["Date"]))
    slug = re.sub(r"[\W_]+", "-", str(message["Subject"] or "").casefold()).strip("-")[:40].strip("-") or "mail"
    mark = hashlib.sha256(str(message["Message-ID"]).encode(errors="replace")).hexdigest()[:16]
    return f"{date:%Y%m%d-%H%M%S}-{slug}-{mark}.eml"


class _Stale(Exception):  # noqa: N818 - an inner sign, not an error
    """The connection ended before the mail was offered: nothing was sent yet."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What is said to the server: who sends, to whom, and the mail as bytes."""

    sender: str
    address: str
    content: bytes
    beyond_ascii: bool

    @classmethod
    def of(cls, message: EmailMessage, address: str) -> _Envelope:
        """Prepare a mail. Raises Refused where the address is none."""
        try:
            to, sender = mailbox(address).addr_spec, mailbox(str(message["From"])).addr_spec
        except ValueError as error:
            raise Refused(str(error)) from error
        beyond = not (to + sender).isascii()
        form = MailPolicy(linesep="\r\n", cte_type="7bit", utf8=beyond)
        return cls(sender, to, message.as_bytes(policy=form), beyond)


def _tls_context(options: SmtpOptions) -> ssl.SSLContext:
    """Read the trusted authorities. Raises TryLater where their file cannot be read."""
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise TryLater(f"cannot read ca_file {options.ca_file}: {error.strerror or error}") from error
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _own_name() -> str:
    """Return a name for the greeting without asking DNS, which may keep one waiting for long."""
    name = socket.gethostname()
    return name if "." in name and re.fullmatch(r"[A-Za-z0-9.-]+", name) else "[127.0.0.1]"


def _reply(error: Exception) -> str:
    """Return what the server said, or what went wrong, on one line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return header(f"{error.code} {error.message}", 300)
    return header(str(error) or type(error).__name__, 300)
