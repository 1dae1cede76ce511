"""APPEND, PREPEND, STRLEN, SETRANGE, GETRANGE and SUBSTR."""

import pytest

from dflite.base.conversation_errors import OutOfMemory
from dflite.base.errors import NotAnInteger, OffsetOutOfRange, StringTooLong, WrongType
from tests.support.node import Node, NodeClient, forget_other_nodes
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def test_append_and_prepend_make_or_grow_a_string(node: Node, client: NodeClient) -> None:
    assert client.run("APPEND k cd") == 2
    assert client.run("APPEND k ef") == 4
    assert client.run("PREPEND k ab") == 6
    assert client.run("GET k") == b"abcdef"
    assert client.run("PREPEND new x") == 1
    assert client.run("APPEND", "new", "") == 1
    assert node.take_journal() == [
        "APPEND k cd", "APPEND k ef", "SETRANGE k 0 abcdef", "SET new x", "APPEND new ",
    ]  # fmt: skip


def test_growing_keeps_the_deadline(client: NodeClient) -> None:
    client.run("SET k 5 EX 100")
    client.run("APPEND k 6")
    client.run("PREPEND k 4")
    client.run("SETRANGE k 0 3")
    assert client.run("GET k") == b"356"
    assert client.run("TTL k") == 100


def test_what_has_grown_is_raw(client: NodeClient) -> None:
    client.run("APPEND fresh 12")
    assert client.run("OBJECT ENCODING fresh") == b"int"
    for line in ("APPEND k 3", "PREPEND k 0", "SETRANGE k 1 5"):
        client.run("SET k 12")
        client.run(line)
        assert client.run("OBJECT ENCODING k") == b"raw"
    client.run("SETRANGE made 0 5")
    assert client.run("OBJECT ENCODING made") == b"raw"
    client.run("INCR k")
    assert client.run("OBJECT ENCODING k") == b"int"


def test_setrange_fills_the_gap_with_zeros(client: NodeClient) -> None:
    assert client.run("SETRANGE k 3 xyz") == 6
    assert client.run("GET k") == b"\0\0\0xyz"
    assert client.run("SETRANGE k 1 ab") == 6
    assert client.run("SETRANGE k 8 z") == 9
    assert client.run("GET k") == b"\0abxyz\0\0z"


def test_setrange_with_nothing_changes_nothing(node: Node, client: NodeClient) -> None:
    assert client.run("SETRANGE", "k", "5", "") == 0
    assert client.run("EXISTS k") == 0
    client.run("SET k abc EX 10")
    node.take_journal()
    assert client.run("SETRANGE", "k", "9000000000", "") == 3
    assert node.take_journal() == []
    assert client.run("OBJECT ENCODING k") == b"embstr"


def test_setrange_refuses_bad_offsets(node: Node, client: NodeClient) -> None:
    put_list(node, b"l")
    assert client.run("SETRANGE l -1 x") == OffsetOutOfRange
    assert client.run("SETRANGE l 0 x") == WrongType
    assert client.run("SETRANGE l abc x") == NotAnInteger


def test_strings_have_a_limit(node: Node, client: NodeClient) -> None:
    node.host.change_settings([("proto-max-bulk-len", "1mb")], False)
    most = 1024 * 1024
    assert client.run(f"SETRANGE k {most} x") == StringTooLong
    assert client.run(f"SETRANGE k {2**63 - 1} x") == StringTooLong
    assert client.run(f"SETRANGE k {most - 1} x") == most
    assert client.run("APPEND k x") == StringTooLong
    assert client.run("PREPEND k x") == StringTooLong
    assert client.run("STRLEN k") == most


def test_strlen_counts_bytes(node: Node, client: NodeClient) -> None:
    client.run("SET number -12345")
    client.run("SET", "text", "h\u00e9")
    put_list(node, b"l")
    assert client.run("STRLEN number") == 6
    assert client.run("STRLEN text") == 3
    assert client.run("STRLEN none") == 0
    assert client.run("STRLEN l") == WrongType


@pytest.mark.parametrize("name", ["GETRANGE", "SUBSTR"])
@pytest.mark.parametrize(
    ("start", "end", "part"),
    [
        (0, -1, b"hello"), (1, 3, b"ell"), (-3, -1, b"llo"), (0, 100, b"hello"), (4, 4, b"o"),
        (5, 10, b""), (3, 1, b""), (-1, -3, b""), (0, -100, b"h"), (-100, -99, b"h"),
        (-100, 1, b"he"), (2**63 - 1, 2**63 - 1, b""), (-(2**63), 2**63 - 1, b"hello"),
    ],
)  # fmt: skip
def test_getrange(client: NodeClient, name: str, start: int, end: int, part: bytes) -> None:
    client.run("SET k hello")
    assert client.run(f"{name} k {start} {end}") == part


def test_getrange_of_numbers_nothing_and_others(node: Node, client: NodeClient) -> None:
    client.run("SET k 12345")
    put_list(node, b"l")
    assert client.run("GETRANGE k 1 -2") == b"234"
    assert client.run("GETRANGE none 0 -1") == b""
    assert client.run("GETRANGE l 0 -1") == WrongType
    assert client.run("GETRANGE k a 1") == NotAnInteger
    client.run("SET", "empty", "")
    assert client.run("GETRANGE empty 0 -1") == b""


def test_no_value_grows_beyond_the_memory_limit(node: Node, client: NodeClient) -> None:
    forget_other_nodes()
    client.run("SET there abc")
    client.run("SET", "old", "x" * 600_000)
    node.executor.max_memory = 1_000_000
    node.take_journal()
    for key in ("new", "there"):
        assert client.run(f"SETRANGE {key} 1000000 x") == OutOfMemory
    assert client.run("APPEND", "old", "x" * 500_000) == OutOfMemory
    assert client.run("PREPEND", "old", "x" * 500_000) == OutOfMemory
    assert client.run("SETRANGE", "none", "1000000", "") == 0
    assert client.run("EXISTS new none") == 0
    assert client.run("GET there") == b"abc"
    assert client.run("STRLEN old") == 600_000
    assert node.take_journal() == []
    assert node.executor.rejected_for_memory == 4
    put_list(node, b"list")
    assert client.run("SETRANGE list 1000000 x") == WrongType
    assert client.run("SETRANGE", "there", 1 << 40, "x") == StringTooLong
    assert client.run("SETRANGE there 100000 x") == 100_001
