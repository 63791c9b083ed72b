"""Which addresses are public, in every notation, and the list of exceptions."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.addresses import allowed_hosts, check_private_hosts, is_public, literal_address

PRIVATE = [
    "0.0.0.0", "0.255.255.255", "10.0.0.7", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.7", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.7", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:7::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255",
    "198.17.255.255", "198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:200::1", "2001:4860:4860::8888",
    "2606:4700::1111", "2a00:1450::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address):
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1))
def test_ipv4_is_never_more_public_than_python_says(number):
    address = IPv4Address(number)
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.integers(0, 2**32 - 1))
def test_ipv6_that_stands_for_ipv4_is_judged_by_it(number):
    public = is_public(IPv4Address(number))
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        assert is_public(IPv6Address(int(IPv6Address(prefix)) + number)) == public
    assert is_public(IPv6Address((0x2002 << 112) + (number << 80) + 1)) == public


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f.0x0.0x0.0x1", "0X7F.1", "0177.0.0.1", "0177.1", "017700000001",
        "2130706433", "0x7f000001", "127.0.0.1.", "127.0.0.1..", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "１２７.0.0.1", "①②⑦.0.0.1",
        "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "[::ffff:127.0.0.1]", "::ffff:7f00:1",
    ],
)  # fmt: skip
def test_every_notation_of_an_address_is_that_address(host):
    address = literal_address(host)
    assert getattr(address, "ipv4_mapped", None) or address == IPv4Address("127.0.0.1")
    assert not is_public(address)


@pytest.mark.parametrize("host", ["[::1]", "::1", "0:0:0:0:0:0:0:1", "[fe80::1%25lo]", "[fe80::1%eth0]"])
def test_ipv6_notations(host):
    assert not is_public(literal_address(host))


@pytest.mark.parametrize(
    "host", ["", "news.example", "127.0.0.1.nip.example", "1.2.3.4.5", "256.1.1.1", "0x", "localhost", "1e9", "-1"]
)
def test_names_are_no_addresses(host):
    assert literal_address(host) is None


@given(st.text(max_size=30))
def test_any_host_can_be_looked_at(host):
    literal_address(host)
    allowed_hosts(["intranet.example"]).name(host)
    check_private_hosts([host])


def test_exceptions_by_name_address_and_network():
    allowed = allowed_hosts(["Intranet.Example.", "10.0.0.7", "127.0.1.0/24", "[::1]", "fd00::/8", "пошта.приклад"])
    assert allowed.name("intranet.example")
    assert allowed.name("INTRANET.example.")
    assert allowed.name("пошта.приклад")
    assert allowed.name("xn--80a1acn3a.xn--80aikifvh")
    assert not allowed.name("www.intranet.example")
    assert not allowed.name("10.0.0.7")
    for address in ("10.0.0.7", "127.0.1.200", "::1", "fd12::1", "::ffff:10.0.0.7"):
        assert allowed.address(ip_address(address)), address
    for address in ("10.0.0.8", "127.0.0.1", "::2", "fe80::1"):
        assert not allowed.address(ip_address(address)), address


def test_good_exceptions_have_no_faults():
    good = [
        "intranet",
        "localhost",
        "intranet.example",
        "a_b.example",
        "127.0.0.0/8",
        "10.0.0.7",
        "::1",
        "[::1]",
        "fd00::/8",
    ]
    assert check_private_hosts(good) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("10.0.0.7/8", 'expected the network\'s first address: "10.0.0.0/8"'),
        ("127.1", 'expected the address in full: "127.0.0.1"'),
        ("0x7f000001", 'expected the address in full: "127.0.0.1"'),
        ("http://intranet.example/", "expected a host name, an address or a network"),
        ("intranet.example:8080", "expected a host name"),
        ("*.intranet.example", "expected a host name"),
        ("10.0.0.0/33", "expected a host name"),
        ("10.0.0.300", "expected a host name"),
        ("", "expected a host name"),
        ("two words", "expected a host name"),
    ],
)
def test_bad_exceptions_are_told(entry, expected):
    (fault,) = check_private_hosts(["good.example", entry])
    assert fault.startswith(f'found "{entry}", ')
    assert expected in fault
    with pytest.raises(ValueError, match="expected"):
        allowed_hosts([entry])
