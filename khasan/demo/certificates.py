"""Certificates for the demonstration press: from an authority of its own, or flawed on demand.

Keys are made anew each time; dates are fixed and lie far apart, so that the clock is never asked.
"""

import tempfile
from datetime import UTC, datetime
from ipaddress import ip_address
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Flaw = Literal["", "self-signed", "expired", "other-name"]

_SINCE, _PAST, _UNTIL = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2021, 2049))
_ELSEWHERE = "127.9.9.9"


class Authority:
    """Signs certificates for loopback addresses; ``pem`` is what a client has to trust for them to be good."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = _named("Demonstration press authority")
        certificate = _certificate(self._name, self._name, self._key, self._key, _UNTIL, authority=True)
        self.pem = certificate.public_bytes(Encoding.PEM)

    def context(self, host: str, flaw: Flaw = "") -> SSLContext:
        """Return what a server at this address needs to speak TLS, with a certificate that is good or flawed."""
        key, name = generate_private_key(SECP256R1()), _named(host)
        issuer, signer = (name, key) if flaw == "self-signed" else (self._name, self._key)
        until = _PAST if flaw == "expired" else _UNTIL
        certificate = _certificate(name, issuer, key, signer, until, host=_ELSEWHERE if flaw == "other-name" else host)
        context = SSLContext(PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:  # the standard library takes certificates from files only
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.write(certificate.public_bytes(Encoding.PEM))
            file.flush()
            context.load_cert_chain(file.name)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    signer: EllipticCurvePrivateKey,
    until: datetime,
    *,
    host: str = "",
    authority: bool = False,
) -> x509.Certificate:
    """Sign a certificate for an address, or an authority's own."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if host:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, SHA256())
