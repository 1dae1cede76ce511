"""PFADD, PFCOUNT, PFMERGE, PFDEBUG and PFSELFTEST."""

import pytest

from dflite.base.errors import WrongType
from dflite.base.string_errors import (
    CorruptHyperLogLog,
    NoKeyToDebug,
    NotAHyperLogLog,
    NotOnOrOff,
    NotSparse,
    SelfTestFailed,
    UnknownPfdebug,
)
from dflite.commands import hyperloglog
from tests.support.node import Node, NodeClient
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def test_elements_are_counted(node: Node, client: NodeClient) -> None:
    assert client.run("PFADD k a b c d") == 1
    assert client.run("PFADD k a b c d") == 0
    assert client.run("PFCOUNT k") == 4
    assert client.run("PFCOUNT k") == 4
    assert client.run("PFCOUNT none") == 0
    assert client.run("PFADD empty") == 1
    assert client.run("PFCOUNT k empty none") == 4
    assert node.take_journal() == ["PFADD k a b c d", "PFCOUNT k", "PFADD empty"]


def test_the_bytes_are_those_of_redis(client: NodeClient) -> None:
    client.run("PFADD k a b c")
    assert client.run("GET k") == (
        b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80" + b"\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a"
    )
    client.run("PFCOUNT k")
    value = client.run("GET k")
    assert isinstance(value, bytes)
    assert value[8:16] == b"\x03\0\0\0\0\0\0\0"


def test_merging(node: Node, client: NodeClient) -> None:
    client.run("PFADD a 1 2 3")
    client.run("PFADD b 3 4")
    assert client.run("PFMERGE c a b none") == "OK"
    assert client.run("PFCOUNT c") == 4
    assert client.run("PFDEBUG ENCODING c") == "sparse"
    assert client.run("PFDEBUG TODENSE b") == 1
    assert client.run("PFMERGE c b") == "OK"
    assert client.run("PFDEBUG ENCODING c") == "dense"
    assert client.run("PFCOUNT c") == 4
    assert client.run("PFMERGE new") == "OK"
    assert client.run("PFCOUNT new") == 0


def test_the_longest_sparse_form_is_a_setting(node: Node, client: NodeClient) -> None:
    node.host.change_settings([("hll-sparse-max-bytes", "30")], False)
    client.run("PFADD k 1 2 3 4")
    assert client.run("PFDEBUG ENCODING k") == "sparse"
    client.run("PFADD k 5 6 7 8 9 10")
    assert client.run("PFDEBUG ENCODING k") == "dense"
    assert client.run("PFCOUNT k") == 10


def test_pfdebug(node: Node, client: NodeClient) -> None:
    client.run("PFADD k a b c")
    assert client.run("PFDEBUG DECODE k") == b"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
    node.take_journal()
    registers = client.run("PFDEBUG GETREG k")
    assert isinstance(registers, list)
    assert len(registers) == 16384
    assert (registers[8436], registers[12711], sum(registers)) == (1, 2, 4)
    assert client.run("PFDEBUG TODENSE k") == 0
    assert client.run("PFDEBUG DECODE k") == NotSparse
    assert client.run("PFDEBUG nosuch k") == UnknownPfdebug(b"nosuch")
    assert client.run("PFDEBUG ENCODING none") == NoKeyToDebug
    assert client.run("PFDEBUG SIMD on") == "disabled"
    assert client.run("PFDEBUG SIMD maybe") == NotOnOrOff
    assert node.take_journal() == ["PFDEBUG GETREG k"]


def test_pfselftest(client: NodeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.run("PFSELFTEST") == "OK"

    def fails(seed: int, most: int, elements: int) -> str:
        return "Register 1 should be 2 but is 3"

    monkeypatch.setattr(hyperloglog, "self_test", fails)
    assert client.run("PFSELFTEST") == SelfTestFailed(b"Register 1 should be 2 but is 3")


def test_what_is_none_is_refused(node: Node, client: NodeClient) -> None:
    put_list(node, b"l")
    client.run("SET s text")
    client.run("SET", "broken", b"HYLL\x01" + b"\0" * 10 + b"\x80\x00")
    requests = ("PFADD {} a", "PFCOUNT {}", "PFCOUNT none {}", "PFMERGE k {}", "PFDEBUG GETREG {}")
    for line in requests:
        assert client.run(line.format("l")) == WrongType
        assert client.run(line.format("s")) == NotAHyperLogLog
        assert client.run(line.format("broken")) == CorruptHyperLogLog
    assert client.run("EXISTS k") == 0
