"""Flags of meta requests, taken apart."""

import pytest

from dflite.memcached.meta_flags import Flags
from dflite.memcached.service import Call
from tests.support.mc_node import McClient
from tests.support.node import START_MS, Node


def flags(text: str) -> Flags:
    client = McClient(Node())
    words = text.encode("latin-1").split(b" ")
    return Flags(Call(client.service, client.ctx, words), 2, len(words))


def test_what_they_say() -> None:
    found = flags("ms k F5 T30 N40 R50 C6 E7 MA J8 D9 q v u I")
    assert found.error == b""
    assert (found.mc_flags, found.cas, found.new_cas) == (5, 6, 7)
    assert (found.mode, found.initial, found.delta) == (b"A", 8, 9)
    deadlines = (found.deadline, found.vivify_deadline, found.recache_ms)
    assert deadlines == (START_MS + 30_000, START_MS + 40_000, START_MS + 50_000)
    assert found.quiet
    assert found.value
    assert found.no_update
    assert found.stale


def test_what_is_said_again() -> None:
    assert flags("mg k v O1 k").echoes() == b" O1 kk"
    assert flags("mg aw== k b Oa").echoes() == b" kaw== b Oa"
    assert flags("mg aw== b").key == b"k"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("mg k v v", b"CLIENT_ERROR duplicate flag\r\n"),
        ("mg k \xff", b"CLIENT_ERROR duplicate flag\r\n"),
        ("mg k Tx z", b"CLIENT_ERROR invalid flag\r\n"),
        ("mg k Jx Tx", b"CLIENT_ERROR bad token in command line format\r\n"),
        ("mg k Tx Fx", b"CLIENT_ERROR bad token in command line format\r\n"),
        ("mg k Fx", b"CLIENT_ERROR bad command line format\r\n"),
        ("mg k Jx", b"CLIENT_ERROR invalid numeric initial value\r\n"),
        ("mg k Dx", b"CLIENT_ERROR invalid numeric delta value\r\n"),
        ("mg k M", b"CLIENT_ERROR incorrect length for M token\r\n"),
        ("mg k b", b"CLIENT_ERROR error decoding key\r\n"),
    ],
)
def test_errors(text: str, error: bytes) -> None:
    assert flags(text).error == error


def test_an_opaque_has_an_end() -> None:
    assert flags("mg k O" + "1" * 31).check_opaque()
    long = flags("mg k O" + "1" * 32)
    assert not long.check_opaque()
    assert long.error == b"CLIENT_ERROR opaque token too long\r\n"
