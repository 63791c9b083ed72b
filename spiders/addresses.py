"""Which addresses are public, and which others the operator allows. Pure; `guard.py` acts on it.

Public is what anybody may reach over the internet. `ipaddress.is_global` is no such test: CPython 3.11 calls multicast,
the NAT64 form of 127.0.0.1, 6to4, and a dozen more of IANA's special ranges global.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4 = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "168.63.129.16/32",  # public by number, but answers only machines in Azure, about themselves
    )
)  # fmt: skip
_GLOBAL_6 = IPv6Network("2000::/3")  # the only range that is given out for hosts
_NOT_PUBLIC_6 = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # protocols' own: Teredo, benchmarking, ORCHID
        "2001:db8::/32", "3fff::/20",  # documentation
    )
)  # fmt: skip
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")  # how an IPv6-only network reaches the IPv4 internet

_IPV4_PART = r"(?:0x[0-9a-f]+|[0-9]+)"
_IPV4_NOTATION = re.compile(rf"{_IPV4_PART}(?:\.{_IPV4_PART}){{0,3}}")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DOTS = str.maketrans("。．｡", "...")
_EXPECTED = (
    'expected a host name, an address or a network, such as "intranet.example", "10.0.0.7", "[::1]" or "10.0.0.0/8"'
)


def is_public(address: Address) -> bool:
    """Whether anybody may reach this address. An IPv6 address that stands for an IPv4 one is judged by that."""
    if isinstance(address, IPv6Address):
        inner = _ipv4_in(address)
        if inner is None:
            return address in _GLOBAL_6 and not any(address in one for one in _NOT_PUBLIC_6)
        address = inner
    return not any(address in one for one in _NOT_PUBLIC_4)


def _ipv4_in(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end up at."""
    if address in _SIX_TO_FOUR:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped


def literal_address(host: str) -> Address | None:
    """The address that a host of digits means, in any notation that some resolver reads; None for a name.

    So does the C library read "127.1", "0x7f.1", "017700000001" and "2130706433"; browsers, and proxies like them, also
    full-width and percent-encoded digits.
    """
    host = unicodedata.normalize("NFKC", unquote(host)).translate(_DOTS).lower().strip("[]").rstrip(".")
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not _IPV4_NOTATION.fullmatch(host):
        return None
    try:
        return IPv4Address(socket.inet_aton(host))  # reads notations; asks nobody
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be connected to although it is not public: hosts by name, whatever they resolve to, and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def name(self, host: str) -> bool:
        """Whether a host is listed by its name."""
        return bool(self.names) and _plain_name(host) in self.names

    def address(self, address: Address) -> bool:
        """Whether an address is listed, by itself or in a network."""
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in one for one in self.networks)


def allowed_hosts(values: Iterable[str]) -> Allowed:
    """The exceptions that `private_hosts` lists. Raises ValueError for what `check_private_hosts` finds fault with."""
    read = [_read_entry(value) for value in values]
    return Allowed(
        frozenset(one for one in read if isinstance(one, str)), tuple(one for one in read if not isinstance(one, str))
    )


def check_private_hosts(values: Iterable[str]) -> list[str]:
    """What is wrong with the entries of `private_hosts`: a fragment for each bad one, found and expected."""
    faults = []
    for value in values:
        try:
            _read_entry(value)
        except ValueError as error:
            faults.append(str(error))
    return faults


def _read_entry(value: str) -> str | Network:
    """An entry as a plain name or a network. Raises ValueError with what was found and what is expected."""
    found = f'found "{value}", '
    text = value.strip().lower()
    bare = text.removeprefix("[").removesuffix("]") if text.startswith("[") else text
    try:
        return ip_network(bare)
    except ValueError:
        pass
    try:
        network = ip_network(bare, strict=False)
    except ValueError:
        pass
    else:
        raise ValueError(f'{found}expected the network\'s first address: "{network}"')
    meant = literal_address(text)
    if meant is not None:
        raise ValueError(f'{found}expected the address in full: "{meant}"')
    name = _plain_name(text)
    if not _NAME.fullmatch(name) or _IPV4_NOTATION.fullmatch(name.rpartition(".")[2]):
        raise ValueError(found + _EXPECTED)
    return name


def _plain_name(host: str) -> str:
    """A host's name as names are compared: lower case, in ASCII, without the root's dot."""
    host = host.lower().rstrip(".")
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
