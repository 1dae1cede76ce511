"""SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP, BITFIELD and BITFIELD_RO."""

import pytest

from dflite.base.conversation_errors import OutOfMemory
from dflite.base.errors import BadSyntax, NotAnInteger, WrongType
from dflite.base.string_errors import (
    BadBit,
    BadBitOffset,
    BadFieldType,
    BadOverflow,
    BitNotOneOrZero,
    FieldsReadOnly,
    NotNeedsOneKey,
)
from tests.support.node import Node, NodeClient, forget_other_nodes
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def test_bits_are_set_and_read(node: Node, client: NodeClient) -> None:
    assert client.run("SETBIT k 7 1") == 0
    assert client.run("SETBIT k 7 1") == 1
    assert client.run("GETBIT k 7") == 1
    assert client.run("GETBIT k 700") == 0
    assert client.run("GETBIT none 0") == 0
    assert client.run("GET k") == b"\x01"
    assert node.take_journal() == ["SETBIT k 7 1"]


def test_an_integer_is_its_digits(client: NodeClient) -> None:
    client.run("SET k 10")
    assert client.run("GETBIT k 2") == 1
    assert client.run("BITCOUNT k") == 5
    assert client.run("SETBIT k 7 1") == 1
    assert client.run("OBJECT ENCODING k") == b"raw"
    assert client.run("GET k") == b"10"


def test_offsets_end_with_the_longest_string(node: Node, client: NodeClient) -> None:
    node.host.change_settings([("proto-max-bulk-len", "1mb")], False)
    assert client.run(f"SETBIT k {8 * 1024 * 1024} 1") == BadBitOffset
    assert client.run(f"SETBIT k {8 * 1024 * 1024 - 1} 1") == 0
    assert client.run("STRLEN k") == 1024 * 1024
    for offset in ("-1", "abc", "01", "9223372036854775807"):
        assert client.run(f"GETBIT k {offset}") == BadBitOffset


def test_setbit_refuses_what_is_no_bit(client: NodeClient) -> None:
    for bit in ("2", "-1", "abc", "01"):
        assert client.run(f"SETBIT k 0 {bit}") == BadBit
    assert client.run("EXISTS k") == 0


def test_bitcount(client: NodeClient) -> None:
    client.run("SET k foobar")
    assert client.run("BITCOUNT k") == 26
    assert client.run("BITCOUNT k 1") == 22
    assert client.run("BITCOUNT k 0 0") == 4
    assert client.run("BITCOUNT k 1 1 BYTE") == 6
    assert client.run("BITCOUNT k 5 30 BIT") == 17
    assert client.run("BITCOUNT none") == 0
    assert client.run("BITCOUNT k 0 1 FOO") == BadSyntax
    assert client.run("BITCOUNT k 0 1 BIT x") == BadSyntax
    assert client.run("BITCOUNT k x 1 FOO") == NotAnInteger
    assert client.run("BITCOUNT k 0 x FOO") == BadSyntax


def test_bitpos(client: NodeClient) -> None:
    client.run("SET", "k", b"\xff\xf0\x00")
    assert client.run("BITPOS k 0") == 12
    assert client.run("BITPOS k 1 2") == -1
    assert client.run("BITPOS k 1 7 15 BIT") == 7
    assert client.run("BITPOS none 0 5") == 0
    assert client.run("BITPOS k 2") == BitNotOneOrZero
    assert client.run("BITPOS k x") == NotAnInteger


def test_bitop(node: Node, client: NodeClient) -> None:
    client.run("MSET a foobar b abcdef")
    node.take_journal()
    assert client.run("BITOP AND d a b") == 6
    assert client.run("GET d") == b"`bc`ab"
    assert client.run("BITOP not d a") == 6
    assert client.run("BITOP NOT d a b") == NotNeedsOneKey
    assert client.run("BITOP DIFF d a b") == BadSyntax
    assert client.run("BITOP OR d none") == 0
    assert client.run("EXISTS d") == 0
    assert node.take_journal() == ["BITOP AND d a b", "BITOP not d a", "BITOP OR d none"]


def test_bitfield(node: Node, client: NodeClient) -> None:
    assert client.run("BITFIELD k INCRBY i5 100 1 GET u4 0") == [1, 0]
    assert client.run("BITFIELD k SET u8 #1 200 GET u8 #1 GET u8 8") == [0, 200, 200]
    assert client.run("BITFIELD k OVERFLOW FAIL INCRBY u8 #1 100") == [None]
    assert client.run("BITFIELD k OVERFLOW SAT INCRBY u8 #1 100 OVERFLOW WRAP") == [255]
    assert client.run("BITFIELD k") == []
    assert client.run("BITFIELD_RO k GET i8 8 GET u1 #9") == [-1, 1]
    assert node.take_journal() == [
        "BITFIELD k INCRBY i5 100 1 GET u4 0",
        "BITFIELD k SET u8 #1 200 GET u8 #1 GET u8 8",
        "BITFIELD k OVERFLOW SAT INCRBY u8 #1 100 OVERFLOW WRAP",
    ]


def test_bitfield_refuses(client: NodeClient) -> None:
    for encoding in ("u64", "i65", "i0", "x8", "8", "u"):
        assert client.run(f"BITFIELD k GET {encoding} 0") == BadFieldType
    for place in ("-1", "#-1", "#", "##1", "#999999999999"):
        assert client.run(f"BITFIELD k GET u8 {place}") == BadBitOffset
    assert client.run("BITFIELD k OVERFLOW FOO") == BadOverflow
    assert client.run("BITFIELD k GET u8") == BadSyntax
    assert client.run("BITFIELD k SET u8 0") == BadSyntax
    assert client.run("BITFIELD k SET u8 0 x") == NotAnInteger
    assert client.run("BITFIELD_RO k SET u8 0 1") == FieldsReadOnly
    assert client.run("EXISTS k") == 0


def test_a_missing_number_is_null_in_resp3(node: Node) -> None:
    client = node.client(resp3=True)
    assert client.run_exactly("BITFIELD k OVERFLOW FAIL SET u1 0 2").items[0].kind == "null"


def test_other_types_are_refused(node: Node, client: NodeClient) -> None:
    put_list(node, b"l")
    for line in (
        "SETBIT l 0 1",
        "GETBIT l 0",
        "BITCOUNT l",
        "BITPOS l 1",
        "BITOP OR d l",
        "BITFIELD l GET u1 0",
        "BITFIELD l SET u1 0 1",
        "BITFIELD_RO l",
    ):
        assert client.run(line) == WrongType


def test_no_bit_is_set_beyond_the_memory_limit(node: Node, client: NodeClient) -> None:
    forget_other_nodes()
    client.run("SET there abc")
    node.executor.max_memory = 1_000_000
    node.take_journal()
    for key in ("new", "there"):
        assert client.run(f"SETBIT {key} 8000000 1") == OutOfMemory
        assert client.run(f"BITFIELD {key} SET u8 0 1 SET u8 8000000 1") == OutOfMemory
        assert client.run(f"BITFIELD {key} INCRBY u2 7999999 1") == OutOfMemory
    assert client.run("BITFIELD there GET u8 8000000") == [0]
    assert client.run("EXISTS new") == 0
    assert client.run("GET there") == b"abc"
    assert node.take_journal() == []
    assert client.run("SETBIT there 7999999 1") == 0
    assert client.run("STRLEN there") == 1_000_000
