"""Channels against real mail servers on the loopback, well-behaved and otherwise, and against real folders."""

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alerts import channels, compose
from alerts.channels import (
    FileChannel,
    FileOptions,
    NoSession,
    Refused,
    SmtpChannel,
    SmtpOptions,
    TryLater,
    open_channel,
)

TO = "desk@example.org"
SECRET = "correct horse battery"


def mail(
    number=1,
    subject="Crates cross the bridge",
    date=datetime(2026, 11, 9, 12, 0, tzinfo=UTC),
    sender="khasan@example.org",
    to=TO,
):
    return compose.operator_mail(
        subject, ["Залізниця, 철도.", ".", "..two dots"], reader=compose.Addressee("Desk", to), message_id=f"<{number}@khasan.example.org>",
        date=date, options=compose.MailOptions(f"Khasan <{sender}>"),
    )  # fmt: skip


class Post:
    """A server's side: what it was given, and what it answers where a test says so."""

    def __init__(self, **replies):
        self.replies = {stage: list(said) if isinstance(said, list) else said for stage, said in replies.items()}
        self.taken, self.peers, self.options = [], set(), []
        self.hanging = asyncio.Event()

    def reply(self, stage):
        said = self.replies.get(stage)
        return (said.pop(0) if said else None) if isinstance(said, list) else said

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        self.peers.add(session.peer)
        self.options.append(options)
        envelope.mail_from = address
        return self.reply("mail") or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        said = self.reply("rcpt")
        if not said:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        said = self.reply("data")
        if said == "drop before":
            server.transport.abort()
            return "250 never heard"
        if said == "hang":
            self.hanging.set()
            await asyncio.sleep(60)
        if not said or said == "drop after":
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if said == "drop after":
            asyncio.get_running_loop().call_soon(server.transport.close)
            return "250 OK"
        return said or "250 OK"


class Login:
    """An authenticator that knows one name and one password."""

    def __call__(self, server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (b"khasan", SECRET.encode())
        return AuthResult(success=good, handled=False)


@asynccontextmanager
async def serving(post, secure=None, **options):
    """A mail server for as long as the block lasts; gives its port. `secure` is a context for TLS from the start."""
    live = []

    def protocol():
        live.append(SMTP(post, hostname="mail.example.org", **options))
        return live[-1]

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=secure)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in live:
            if each.transport is not None:
                each.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def opened(port, **changes):
    """A channel to that port, closed at the end."""
    channel = SmtpChannel(
        SmtpOptions(**({"host": "127.0.0.1", "port": port, "security": "none", "timeout": 5} | changes))
    )
    try:
        yield channel
    finally:
        await channel.close()


@asynccontextmanager
async def answering(conversation):
    """A server that is only this coroutine of reader and writer; gives its port."""

    async def one(reader, writer):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await conversation(reader, writer)
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1 and localhost: the files of certificate and key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def server_side(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


def test_a_mail_arrives_as_it_was_composed():
    async def go():
        post = Post()
        async with serving(post) as port, opened(port) as channel:
            await channel.send(mail(), TO)
        ((sender, to, content),) = post.taken
        assert (sender, to) == ("khasan@example.org", [TO])
        assert content == mail().as_bytes()
        text = message_from_bytes(content, policy=policy.default).get_body(("plain",)).get_content()
        assert "Залізниця, 철도." in text
        assert "\r\n.\r\n\r\n..two dots" in text

    asyncio.run(go())


def test_fifty_mails_use_one_connection():
    async def go():
        post = Post()
        async with serving(post) as port, opened(port) as channel:
            await asyncio.gather(*(channel.send(mail(number), TO) for number in range(50)))
        assert len(post.taken) == 50
        assert len(post.peers) == 1

    asyncio.run(go())


def test_a_channel_can_be_used_after_closing():
    async def go():
        post = Post()
        async with serving(post) as port, opened(port) as channel:
            await channel.send(mail(1), TO)
            await channel.close()
            await channel.close()
            await channel.send(mail(2), TO)
        assert len(post.peers) == 2

    asyncio.run(go())


# TLS and login


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_with_the_right_authority(security, certificate, server_side):
    async def go():
        post = Post()
        how = {"secure": server_side} if security == "tls" else {"tls_context": server_side, "require_starttls": True}
        async with serving(post, **how) as port, opened(port, security=security, ca_file=certificate[0]) as channel:
            await channel.send(mail(), TO)
        assert len(post.taken) == 1

    asyncio.run(go())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for(security, server_side):
    async def go():
        post = Post()
        how = {"secure": server_side} if security == "tls" else {"tls_context": server_side}
        async with serving(post, **how) as port:
            async with opened(port, security=security) as channel:
                with pytest.raises(TryLater, match=r"(?i)certificate"):
                    await channel.send(mail(), TO)
            assert not post.taken
            async with opened(port, security=security, verify=False) as channel:
                await channel.send(mail(), TO)
        assert len(post.taken) == 1

    asyncio.run(go())


def test_a_ca_file_that_cannot_be_read(tmp_path):
    async def go():
        (tmp_path / "junk.pem").write_text("junk")
        for name in ("nowhere.pem", "junk.pem"):
            async with opened(9, security="tls", ca_file=tmp_path / name) as channel:
                with pytest.raises(TryLater, match=f"ca_file .*{name}"):
                    await channel.send(mail(), TO)

    asyncio.run(go())


def test_a_server_without_starttls_is_not_trusted_in_the_clear():
    async def go():
        post = Post()
        async with (
            serving(post) as port,
            opened(port, security="starttls", username="khasan", password=SECRET) as channel,
        ):
            with pytest.raises(TryLater, match="STARTTLS"):
                await channel.send(mail(), TO)
        assert not post.taken

    asyncio.run(go())


def test_tls_spoken_to_a_server_that_speaks_none():
    async def go():
        async with serving(Post()) as port, opened(port, security="tls", timeout=2) as channel:
            with pytest.raises(TryLater):
                await channel.send(mail(), TO)

    asyncio.run(go())


def test_a_login_good_and_bad(certificate, server_side):
    async def go():
        post = Post()
        options = {"tls_context": server_side, "authenticator": Login(), "auth_required": True}
        async with serving(post, **options) as port:
            secure = {"security": "starttls", "ca_file": certificate[0], "username": "khasan"}
            async with opened(port, **secure, password=SECRET) as channel:
                await channel.send(mail(), TO)
            async with opened(port, **secure, password=SECRET + "!") as channel:
                with pytest.raises(TryLater, match="refused the login of khasan: 535") as caught:
                    await channel.send(mail(), TO)
            async with opened(port, security="starttls", ca_file=certificate[0]) as channel:
                with pytest.raises(TryLater, match="530"):
                    await channel.send(mail(), TO)
        assert len(post.taken) == 1
        tell_all(caught.value)

    asyncio.run(go())


def tell_all(error):
    """No link of an exception's chain may hold the password, nor, but for our own frames, anything that does."""
    while error is not None:
        assert SECRET not in str(error) + repr(error)
        at = error.__traceback__
        while at is not None:
            if "aiosmtplib" in at.tb_frame.f_code.co_filename:
                assert SECRET not in repr(at.tb_frame.f_locals)
            at = at.tb_next
        error = error.__cause__


def test_a_password_is_never_shown():
    options = SmtpOptions("mail.example.org", username="khasan", password=SECRET)
    assert SECRET not in repr(options) + str(options) + repr(open_channel(options))


def test_a_password_that_cannot_be_sent(certificate, server_side):
    async def go():
        async with serving(Post(), tls_context=server_side, authenticator=Login()) as port:
            how = {
                "security": "starttls",
                "ca_file": certificate[0],
                "username": "khasan",
                "password": SECRET + "\ud800",
            }
            async with opened(port, **how) as channel:
                with pytest.raises(TryLater, match="cannot be sent") as caught:
                    await channel.send(mail(), TO)
        assert caught.value.__cause__ is caught.value.__context__ is None

    asyncio.run(go())


def test_a_server_that_offers_no_login():
    async def go():
        async with serving(Post()) as port, opened(port, username="khasan", password=SECRET) as channel:
            with pytest.raises(TryLater, match="AUTH"):
                await channel.send(mail(), TO)

    asyncio.run(go())


# Replies


@pytest.mark.parametrize(("stage", "said", "error", "words"), [
    ("rcpt", "550 5.1.1 no such user", Refused, "refused desk@example.org: 550 5.1.1 no such user"),
    ("rcpt", "450 4.2.1 try again", TryLater, "450 4.2.1 try again"),
    ("rcpt", "530 5.7.0 log in first", NoSession, "530"),
    ("data", "554 5.7.1 looks like spam", Refused, "refused the mail: 554 5.7.1"),
    ("data", "451 4.3.0 disk full", TryLater, "451"),
    ("data", "drop before", TryLater, "mail server 127.0.0.1"),
    ("rcpt", "421 4.7.0 later", NoSession, "421"),
    ("rcpt", "452 4.5.3 too many messages", NoSession, "452"),
    ("data", "450 4.7.1 rate limited", NoSession, "450"),
    ("mail", "552 5.3.4 too large", Refused, "552"),
    ("mail", "550 5.7.1 not your sender", NoSession, "does not take mail from khasan@example.org: 550"),
    ("mail", "451 4.7.1 greylisted", NoSession, "451"),
    ("mail", "421 4.3.2 shutting down", NoSession, "421"),
])  # fmt: skip
def test_what_a_reply_means(stage, said, error, words):
    async def go():
        post = Post(**{stage: [said]}) if (stage, said[:3]) != ("mail", "421") else Post(mail=[said, said])
        async with serving(post) as port, opened(port) as channel:
            with pytest.raises(error, match=words.replace(".", r"\.")) as caught:
                await channel.send(mail(1), TO)
            assert caught.type is error
            assert not post.taken
            if (stage, said[:3]) == ("mail", "421"):
                with pytest.raises(TryLater):
                    await channel.send(mail(1), TO)
            await channel.send(mail(2), TO)
        assert len(post.taken) == 1

    asyncio.run(go())


def test_a_refusal_leaves_the_connection_for_the_next():
    async def go():
        post = Post(rcpt=["550 no such user"], data=["554 no"])
        async with serving(post) as port, opened(port) as channel:
            for number in (1, 2):
                with pytest.raises(Refused):
                    await channel.send(mail(number), TO)
            await channel.send(mail(3), TO)
        assert len(post.peers) == len(post.taken) == 1

    asyncio.run(go())


@pytest.mark.parametrize(
    "greeting",
    [
        b"554 no service here\r\n",
        b"421 busy\r\n",
        b"nonsense\r\n",
        b"",
        b"\xff\xfe\r\n",
        b"220 hi\r\n554 no\r\n554 no\r\n",
    ],
)
def test_a_server_that_greets_badly_is_for_the_operator(greeting):
    async def go():
        async def greet(reader, writer):
            writer.write(greeting)
            await writer.drain()
            if greeting:
                await reader.read(100)
                await reader.read(100)

        async with answering(greet) as port, opened(port, timeout=1) as channel:
            with pytest.raises(TryLater, match="mail server"):
                await channel.send(mail(), TO)

    asyncio.run(go())


def test_nobody_listens():
    async def go():
        async with serving(Post()) as port:
            pass
        async with opened(port) as channel:
            with pytest.raises(TryLater, match="mail server 127"):
                await channel.send(mail(), TO)
        async with opened(25, host="no-such-host.invalid") as channel:
            with pytest.raises(TryLater, match="no-such-host"):
                await channel.send(mail(), TO)

    asyncio.run(go())


# Time and loss


def test_a_server_that_never_answers():
    async def go():
        async def silence(reader, writer):
            await reader.read(1)

        async with answering(silence) as port, opened(port, timeout=0.2) as channel:
            with pytest.raises(TryLater, match=r"no answer within 0\.2 s"):
                await channel.send(mail(), TO)

    asyncio.run(go())


def test_a_server_that_answers_a_byte_at_a_time():
    async def go():
        async def drip(reader, writer):
            while True:
                writer.write(b"220-slow\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)

        async with answering(drip) as port, opened(port, timeout=0.2) as channel:
            with pytest.raises(TryLater):
                await channel.send(mail(), TO)

    asyncio.run(go())


def test_a_server_that_hangs_after_the_mail():
    async def go():
        post = Post(data=["hang"])
        async with serving(post) as port, opened(port, timeout=0.3) as channel:
            with pytest.raises(TryLater):
                await channel.send(mail(1), TO)
            await channel.send(mail(2), TO)
        assert len(post.taken) == 1

    asyncio.run(go())


def test_a_connection_lost_between_two_mails():
    async def go():
        post = Post(data=[None, "drop after"])
        async with serving(post) as port, opened(port) as channel:
            for number in range(5):
                await channel.send(mail(number), TO)
        assert [message_from_bytes(content)["Message-ID"][1] for *_, content in post.taken] == list("01234")
        assert len(post.peers) == 2

    asyncio.run(go())


def test_a_server_that_has_enough_of_a_connection():
    async def go():
        post = Post(mail=[None, "421 too many mails"])
        async with serving(post) as port, opened(port) as channel:
            await channel.send(mail(1), TO)
            await channel.send(mail(2), TO)
        assert len(post.taken) == len(post.peers) == 2

    asyncio.run(go())


def test_a_connection_lost_within_a_mail_is_not_retried_here():
    async def go():
        post = Post(data=[None, "drop before"])
        async with serving(post) as port, opened(port) as channel:
            await channel.send(mail(1), TO)
            with pytest.raises(TryLater):
                await channel.send(mail(2), TO)
            await channel.send(mail(3), TO)
        assert len(post.taken) == 2

    asyncio.run(go())


def test_a_cancelled_send_leaves_a_usable_channel():
    async def go():
        post = Post(data=["hang"])
        async with serving(post) as port, opened(port) as channel:
            task = asyncio.create_task(channel.send(mail(1), TO))
            await post.hanging.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            post.replies.clear()
            await channel.send(mail(2), TO)
        assert len(post.taken) == 1

    asyncio.run(go())


# Addresses


def test_an_address_beyond_ascii_where_the_server_takes_it():
    async def go():
        post = Post()
        async with serving(post, enable_SMTPUTF8=True) as port, opened(port) as channel:
            await channel.send(mail(1, to="чергова@example.org"), "чергова@example.org")
            await channel.send(mail(2), TO)
        assert post.taken[0][1] == ["чергова@example.org"]
        assert "To: Desk <чергова@example.org>".encode() in post.taken[0][2]
        assert "SMTPUTF8" in post.options[0]
        assert "SMTPUTF8" not in post.options[1]

    asyncio.run(go())


def test_an_address_beyond_ascii_where_it_does_not():
    async def go():
        async with serving(Post()) as port, opened(port) as channel:
            with pytest.raises(Refused, match="beyond ASCII"):
                await channel.send(mail(1), "чергова@example.org")
            await channel.send(mail(2), TO)

    asyncio.run(go())


def test_a_domain_beyond_ascii_needs_nothing_of_the_server():
    async def go():
        post = Post()
        async with serving(post) as port, opened(port) as channel:
            await channel.send(mail(1, to="desk@пошта.укр"), "desk@пошта.укр")
        assert post.taken[0][1][0].startswith("desk@xn--")

    asyncio.run(go())


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "a@b> NOTIFY=NEVER <x", "\ud800@b.org"])
def test_what_is_no_address_is_refused(address, tmp_path):
    async def go():
        async with serving(Post()) as port, opened(port) as channel:
            with pytest.raises(Refused, match="not a mail address"):
                await channel.send(mail(), address)
        with pytest.raises(Refused):
            await FileChannel(tmp_path).send(mail(), address)

    asyncio.run(go())


# Files


def written(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_holds_the_mail(tmp_path):
    folder = tmp_path / "data" / "outbox"
    channel = open_channel(FileOptions(folder))
    asyncio.run(channel.send(mail(), TO))
    asyncio.run(channel.close())
    (name,) = written(folder)
    assert name.startswith("20261109-120000-khasan-crates-cross-the-bridge-")
    assert name.endswith(".eml")
    assert (folder / name).read_bytes() == mail().as_bytes()


def test_one_message_id_is_one_file(tmp_path):
    channel = FileChannel(tmp_path)
    for changed in (mail(), mail(), mail(subject="Retitled"), mail(date=datetime(2026, 11, 10, tzinfo=UTC)), mail(2)):
        asyncio.run(channel.send(changed, TO))
    assert len(written(tmp_path)) == 2
    first = next(
        path for path in tmp_path.iterdir() if "20261109-120000" in path.name and b"Nov 2026 00:00" in path.read_bytes()
    )
    assert b"<1@khasan" in first.read_bytes()


@pytest.mark.parametrize(
    "subject",
    ["../../etc/passwd", "두만강 철교 통한 포탄 수송 " * 9, "\x00", "", "...", "a/b\\c:d*e?", "𝔘nicode " * 30],
)
def test_any_subject_makes_a_file_name(subject, tmp_path):
    asyncio.run(FileChannel(tmp_path).send(mail(subject=subject), TO))
    (name,) = written(tmp_path)
    assert len(name.encode()) < 250


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TryLater, match="cannot write mail into"):
        asyncio.run(FileChannel(tmp_path / "file").send(mail(), TO))


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(channels.os, "fsync", full)
    with pytest.raises(TryLater, match="No space left"):
        asyncio.run(FileChannel(tmp_path).send(mail(), TO))
    assert written(tmp_path) == []
