"""Unpacking within bounds: nothing lost of what is sound, as much as can be had of what is not, and bombs stop early."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import time
import zlib
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders import unpack as module
from spiders.unpack import MAX_MEMBERS, DamagedError, TooMuchError, unpack, zstd
from tests.conftest import ROOT

LIMIT = 1_000_000
PACKERS = {
    b"gzip": gzip.compress,
    b"x-gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": lambda data: brotli.compress(data, quality=4),
    b"zstd": zstd.compress,
}
CASES = [(encoding, pack) for encoding, pack in PACKERS.items() if encoding != b"x-gzip"]
NOISE = random.Random(1).randbytes(400_000)


def test_all_encodings_are_tested():
    assert set(module.ENCODINGS) == set(PACKERS)


@pytest.mark.parametrize(("encoding", "pack"), PACKERS.items())
@pytest.mark.parametrize("data", [b"", b"a", b"ab" * 200_000, NOISE, NOISE[:65_536], b"\0" * 65_536], ids=len)
def test_whole_data_comes_back(encoding, pack, data):
    assert unpack(pack(data), encoding, LIMIT) == data
    assert unpack(pack(data), encoding, len(data)) == data


@pytest.mark.parametrize(("encoding", "pack"), CASES)
def test_one_byte_over_the_limit_is_too_much(encoding, pack):
    with pytest.raises(TooMuchError, match="more than 399999 bytes"):
        unpack(pack(NOISE), encoding, len(NOISE) - 1)


@pytest.mark.parametrize(("encoding", "pack"), CASES)
@given(data=st.binary(max_size=5000), cut=st.floats(0, 1))
def test_what_is_cut_off_is_given_as_far_as_it_goes(encoding, pack, data, cut):
    packed = pack(data)
    packed = packed[: int(len(packed) * cut)]
    try:
        got = unpack(packed, encoding, LIMIT)
    except DamagedError:
        got = b""
    assert data.startswith(got)


def test_most_of_a_long_one_that_is_cut_off_is_given():
    packed = gzip.compress(NOISE)
    assert len(unpack(packed[: len(packed) // 2], b"gzip", LIMIT)) > 0.45 * len(NOISE)


@pytest.mark.parametrize("encoding", PACKERS)
@given(body=st.binary(min_size=1, max_size=300))
def test_anything_else_is_a_fault_or_bytes(encoding, body):
    with suppress(DamagedError, TooMuchError):
        assert len(unpack(body, encoding, LIMIT)) <= LIMIT


@pytest.mark.parametrize("encoding", PACKERS)
def test_plain_html_is_no_packed_data(encoding):
    with pytest.raises(DamagedError, match=encoding.decode()):
        unpack(b"<html><body>There is nothing packed here at all.", encoding, LIMIT)


@pytest.mark.parametrize("encoding", PACKERS)
def test_an_empty_body_is_empty(encoding):
    assert unpack(b"", encoding, LIMIT) == b""


@pytest.mark.parametrize(("encoding", "pack", "at"), [(b"gzip", gzip.compress, -6), (b"deflate", zlib.compress, -1)])
@pytest.mark.parametrize("data", [b"short", NOISE], ids=len)
def test_a_wrong_checksum_costs_nothing(encoding, pack, at, data):
    packed = bytearray(pack(data))
    packed[at] ^= 1
    assert unpack(bytes(packed), encoding, LIMIT) == data


def test_members_behind_each_other_and_padding():
    assert (
        unpack(gzip.compress(b"a") + gzip.compress(NOISE) + gzip.compress(b"z") + b"\0" * 512, b"gzip", LIMIT)
        == b"a" + NOISE + b"z"
    )
    assert (
        unpack(zstd.compress(b"a") + zstd.compress(NOISE) + zstd.compress(b"z"), b"zstd", LIMIT) == b"a" + NOISE + b"z"
    )


def test_deflate_without_its_frame():
    assert unpack(zlib.compress(NOISE)[2:-4], b"deflate", LIMIT) == NOISE


@pytest.mark.parametrize(
    ("encoding", "member"),
    [
        (b"gzip", gzip.compress(b"", mtime=0)),  # a test's name must be the same in each process
        (b"gzip", gzip.compress(b"x", mtime=0)),
        (b"zstd", zstd.compress(b"")),
        (b"zstd", zstd.compress(b"x")),
        (b"zstd", b"\x50\x2a\x4d\x18\0\0\0\0"),  # a frame to be skipped
    ],
)
def test_a_million_members_of_nothing_stop_early(encoding, member):
    began = time.process_time()
    with pytest.raises(TooMuchError, match=f"more than {MAX_MEMBERS}"):
        unpack(member * (10_000_000 // len(member)), encoding, 10_000_000)
    assert time.process_time() - began < 3  # a guard against hanging: it is 0.04 s, and would be 3 to 15


def test_zstd_may_not_ask_for_a_large_window():
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    with pytest.raises(DamagedError, match="too much memory"):
        unpack(zstd.compress(bytes(9_000_000), options=options), b"zstd", 10_000_000)


BOMB = """
import resource, sys
from spiders.unpack import TooMuchError, unpack
body, encoding = sys.stdin.buffer.read(), sys.argv[1].encode()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    unpack(body, encoding, 10_000_000)
except TooMuchError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd"])
def test_a_bomb_takes_no_more_memory_than_the_limit_and_a_window(encoding):
    bomb = PACKERS[encoding](bytes(200_000_000))
    done = subprocess.run(
        [sys.executable, "-c", BOMB, encoding.decode()],
        input=bomb,
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert int(done.stdout) < 10_000_000 + 2 * 16_777_216
