"""No connection to what is not public: real servers on loopback, which count who connects, and a resolver that is told names."""

from __future__ import annotations

import subprocess
import sys

import pytest
from twisted.internet.error import ConnectError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from khasan.demo.certificates import Authority
from spiders.addresses import allowed_hosts
from spiders.guard import Guard, GuardedReactor, PrivateAddressError, refused_address
from tests.conftest import ROOT
from tests.crawling import Server, answer, crawl, serving

SECRET = answer(b"secret")
TOLD = "is not a public address; list the host under private_hosts in [collect] to allow it"
NOTATIONS = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "0x7f.1", "0177.0.0.1", "017700000001", "2130706433", "0x7f000001", "0",
    "0.0.0.0", "%31%32%37.0.0.1", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]",
    "[fe80::1%lo]", "localhost", "LOCALHOST", "localhost.", "any.localhost", "169.254.169.254", "10.0.0.7",
]  # fmt: skip
NAMES = {
    "loop.example": ["127.0.0.1"],
    "ten.example": ["10.0.0.7"],
    "shared.example": ["100.64.0.1"],
    "cloud.example": ["169.254.169.254"],
    "zero.example": ["0.0.0.0"],
    "many.example": ["224.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "local.example": ["fe80::1"],
    "ula.example": ["fd00:ec2::254"],
    "both.example": ["127.0.0.1", "::1"],
}


@pytest.fixture(scope="module")
def nothing_listed():
    """A crawl that may connect to nothing here, and the server it was not to reach, over both schemes."""
    server = Server({"*": SECRET})
    with serving(server):
        urls = [f"{scheme}://{host}:{server.port}/" for host in [*NOTATIONS, *NAMES] for scheme in ("http", "https")]
        urls += ["file:///etc/hostname", "ftp://127.0.0.1/", "data:text/plain,secret", "s3://bucket/key"]
        return crawl(urls, names=NAMES, timeout=10.0), server


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", [*NOTATIONS, *NAMES])
def test_private_hosts_are_refused_in_any_notation_and_by_any_name(nothing_listed, host, scheme):
    results, server = nothing_listed
    result = results[f"{scheme}://{host}:{server.port}/"]
    if host == "[fe80::1%lo]" and result["error"] == "ValueError":
        return  # no address at all for Scrapy
    assert result["error"] == "PrivateAddressError"
    assert result["refused"] == result["text"]
    assert TOLD in result["text"]


def test_a_refusal_names_address_and_host(nothing_listed):
    results, server = nothing_listed
    assert results[f"http://ten.example:{server.port}/"]["refused"] == f"10.0.0.7 (ten.example) {TOLD}"
    assert results[f"http://10.0.0.7:{server.port}/"]["refused"] == f"10.0.0.7 {TOLD}"


def test_nobody_was_connected_to(nothing_listed):
    assert nothing_listed[1].connections == 0


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://127.0.0.1/", "data:text/plain,secret", "s3://bucket/key"]
)
def test_no_other_scheme_is_spoken(nothing_listed, url):
    result = nothing_listed[0][url]
    assert result["error"] in {"NotSupported", "ValueError"}


LOCATIONS = [
    "http://127.0.0.1",
    "http://127.1",
    "http://loop.example",
    "https://127.0.0.1",
    "//2130706433",
    "http://[::1]",
]


@pytest.fixture(scope="module")
def some_listed():
    """A crawl that may connect to 127.0.0.2 and to names, and beside it the servers on 127.0.0.1, .2 and .3."""
    hidden = Server({"*": SECRET, "/listed": answer(b"by name")}, "127.0.0.1")
    pages = {"/": answer(b"open"), "/close": lambda: [answer(b"open", "Connection: close")]}
    listed = Server(pages, "127.0.0.2")
    mixed = Server({"*": answer(b"mixed")}, "127.0.0.3")
    names = {
        "told.example": ["127.0.0.1"],
        "loop.example": ["127.0.0.1"],
        "rebind.example": [["127.0.0.2"], ["127.0.0.1"]],
        "first.example": ["127.0.0.1", "127.0.0.3"],
        "last.example": ["127.0.0.3", "127.0.0.1"],
    }
    with serving(hidden, listed, mixed):
        port = hidden.port
        for number, location in enumerate(LOCATIONS):
            listed.pages[f"/to/{number}"] = answer(b"", f"Location: {location}:{port}/", status="302 Found")
        listed.pages["/to/told"] = answer(b"", f"Location: http://told.example:{port}/listed", status="302 Found")
        listed.pages["/to/two"] = answer(b"", f"Location: http://127.0.0.2:{port}/to/0", status="301 Moved")
        urls = [listed.url(path) for path in listed.pages if path != "/close"]
        urls += [hidden.url("/listed", "told.example"), hidden.url("/listed", "loop.example")]
        urls += [mixed.url(host="first.example"), mixed.url(host="last.example"), hidden.url("/unlisted")]
        results = crawl(
            urls, names=names, private_hosts=["127.0.0.2", "127.0.0.3/32", "Told.example"], timeout=10.0,
            settings={"CONCURRENT_REQUESTS": 1},
        )  # fmt: skip
        before = hidden.connections
        rebound = [listed.url("/close", "rebind.example"), listed.url("/close?again", "rebind.example")]
        listed.pages["/close?again"] = listed.pages["/close"]
        results |= crawl(rebound, names=names, private_hosts=["127.0.0.2"], settings={"CONCURRENT_REQUESTS": 1})
        return results, {"hidden": hidden, "listed": listed, "mixed": mixed, "before": before, "rebound": rebound}


def test_a_listed_address_and_a_listed_name_are_reached(some_listed):
    results, servers = some_listed
    assert results[servers["listed"].url("/")]["body"] == "open"
    assert results[servers["hidden"].url("/listed", "told.example")]["body"] == "by name"
    assert results[servers["listed"].url("/to/told")]["body"] == "by name"


def test_a_listed_name_opens_its_address_to_no_other_name(some_listed):
    results, servers = some_listed
    assert results[servers["hidden"].url("/listed", "loop.example")]["refused"]
    assert results[servers["hidden"].url("/unlisted")]["refused"]


@pytest.mark.parametrize("number", [*range(len(LOCATIONS)), "two"])
def test_every_hop_of_a_redirect_is_judged(some_listed, number):
    results, servers = some_listed
    assert TOLD in results[servers["listed"].url(f"/to/{number}")]["refused"]


@pytest.mark.parametrize("host", ["first.example", "last.example"])
def test_of_several_addresses_only_those_allowed_are_tried(some_listed, host):
    results, servers = some_listed
    assert results[servers["mixed"].url(host=host)]["body"] == "mixed"


def test_a_name_that_resolves_differently_the_second_time_is_judged_anew(some_listed):
    results, servers = some_listed
    first, second = (results[url] for url in servers["rebound"])
    assert first["body"] == "open"
    assert second["refused"] == f"127.0.0.1 (rebind.example) {TOLD}"
    assert results[""]["asked"] == ["rebind.example"] * 2  # once a connection: what was judged is what was connected to
    assert servers["hidden"].connections == servers["before"]


def test_only_the_listed_name_reached_the_hidden_server(some_listed):
    hidden = some_listed[1]["hidden"]
    assert hidden.requests
    assert all("Host: told.example" in one for one in hidden.requests)


def test_https_is_guarded_and_works_where_it_is_allowed():
    hidden = Server({"*": SECRET}, "127.0.0.1", Authority().context("127.0.0.1"))
    listed = Server({"*": answer(b"open")}, "127.0.0.2", Authority().context("127.0.0.2"))
    with serving(hidden, listed):
        urls = [hidden.url(), listed.url(), hidden.url(host="loop.example")]
        results = crawl(
            urls, private_hosts=["127.0.0.2"], names=NAMES, settings={"DOWNLOAD_VERIFY_CERTIFICATES": False}
        )
    assert results[listed.url()]["body"] == "open"
    assert results[hidden.url()]["refused"]
    assert results[hidden.url(host="loop.example")]["refused"]
    assert hidden.connections == 0


def test_a_proxy_is_reached_wherever_it_is_but_not_asked_for_private_hosts():
    proxy = Server({"*": answer(b"by proxy"), "news.example:443": answer(status="403 Forbidden")})
    good, tunnel = "http://news.example/a", "https://news.example/a"
    bad = [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://%31%32%37.0.0.1/", "http://[::1]/", "https://10.0.0.7/",
        "http://localhost/", "http://127.0.0.1:80@news.example/", "http://news.example@127.0.0.1/", "https://[::ffff:10.0.0.7]:8443/",
    ]  # fmt: skip
    listed = "http://127.0.0.9/"
    with serving(proxy):
        urls = [good, tunnel, listed, *bad]
        meta = {url: {"proxy": proxy.url()} for url in urls}
        results = crawl(urls, meta=meta, private_hosts=["127.0.0.9"])
    assert results[good]["body"] == "by proxy"
    assert results[listed]["body"] == "by proxy"
    assert results[tunnel]["error"] == "TunnelError"
    assert [results[url]["error"] for url in bad] == ["PrivateAddressError"] * len(bad)
    assert sorted(one.split()[1] for one in proxy.requests) == [listed, good, "news.example:443"]


class Clock:
    """What a reactor has, and what it was told to connect to."""

    callLater = seconds = nameResolver = None  # noqa: N815

    def __init__(self):
        self.told = []

    def connectTCP(self, host, port, factory, timeout=30, bindAddress=None):  # noqa: N802, N803
        self.told.append((host, port))


@pytest.mark.parametrize(
    ("number", "connected"),
    [("8.8.8.8", "8.8.8.8"), ("0x8.0x8.2056", "8.8.8.8"), ("2001:4860:0::8888", "2001:4860::8888")],
)
def test_a_public_address_is_connected_to_in_its_plain_notation(number, connected):
    clock = Clock()
    GuardedReactor(clock, Guard(allowed_hosts([])), "news.example").connectTCP(number, 80, None)
    assert clock.told == [(connected, 80)]


@pytest.mark.parametrize("number", ["127.0.0.1", "0177.0.0.1", "fe80::1%1", "news.example", "", "8.8.8.8.8"])
def test_what_is_private_or_no_address_is_never_connected_to(number):
    clock = Clock()
    with pytest.raises(PrivateAddressError, match="news"):
        GuardedReactor(clock, Guard(allowed_hosts(["10.0.0.0/8", "other.example"])), "news").connectTCP(
            number, 80, None
        )
    assert clock.told == []


def test_a_refusal_is_found_in_whatever_it_is_wrapped():
    refusal = PrivateAddressError("10.0.0.7", "ten.example")
    wrapped = OSError("cannot")
    wrapped.__cause__ = ResponseFailed([Failure(ConnectError()), Failure(refusal)])
    assert refused_address(wrapped) == refused_address(refusal) == str(refusal)
    assert refused_address(ConnectError()) == ""
    circle = ValueError()
    circle.__cause__ = circle
    assert refused_address(circle) == ""


def test_a_bad_exception_stops_downloads_instead_of_opening_them():
    server = Server({"*": SECRET})
    with serving(server):
        results = crawl([server.url()], private_hosts=["127.0.0.1/8"])
    assert results[server.url()]["error"] == "NotSupported"
    assert server.connections == 0


def test_reading_exceptions_costs_no_import_of_scrapy():
    code = "import sys, spiders.addresses; sys.exit('scrapy' in sys.modules or 'twisted' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
