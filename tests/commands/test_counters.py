"""INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT."""

import pytest

from dflite.base.errors import (
    DecrementOverflow,
    IncrementNotFinite,
    IncrementOverflow,
    NotAFloat,
    NotAnInteger,
    WrongType,
)
from tests.support.node import Node, NodeClient
from tests.support.values import put_list

LARGEST = 9223372036854775807
SMALLEST = -9223372036854775808


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def test_counting_begins_at_nothing(client: NodeClient) -> None:
    assert client.run("INCR a") == 1
    assert client.run("DECR b") == -1
    assert client.run("INCRBY c 5") == 5
    assert client.run("DECRBY d 5") == -5
    assert client.run("MGET a b c d") == [b"1", b"-1", b"5", b"-5"]


def test_counting_keeps_the_deadline(client: NodeClient) -> None:
    client.run("SET k 5 EX 100")
    assert client.run("INCR k") == 6
    assert client.run("INCRBYFLOAT k 0.5") == b"6.5"
    assert client.run("TTL k") == 100


def test_counting_goes_to_the_limits_and_no_further(client: NodeClient) -> None:
    client.run(f"SET k {LARGEST - 1}")
    assert client.run("INCR k") == LARGEST
    assert client.run("INCR k") == IncrementOverflow
    assert client.run(f"INCRBY k {SMALLEST}") == -1
    assert client.run(f"DECRBY k {LARGEST}") == SMALLEST
    assert client.run("DECR k") == IncrementOverflow
    assert client.run(f"DECRBY k {SMALLEST}") == DecrementOverflow
    assert client.run("GET k") == b"%d" % SMALLEST


@pytest.mark.parametrize("text", ["abc", "", " 1", "1.0", "+1", "01", "-0", f"{LARGEST + 1}"])
def test_what_is_no_integer_is_refused(client: NodeClient, text: str) -> None:
    client.run("SET", "k", text)
    client.run("SET one 1")
    assert client.run("INCR k") == NotAnInteger
    assert client.run("INCRBY", "one", text) == NotAnInteger
    assert client.run("DECRBY", "one", text) == NotAnInteger
    assert client.run("GET k") == text.encode()


def test_other_types_are_refused(node: Node, client: NodeClient) -> None:
    put_list(node, b"l")
    for line in ("INCR l", "DECRBY l 1", "INCRBYFLOAT l 1", "INCRBYFLOAT l abc"):
        assert client.run(line) == WrongType


def test_floats_are_counted_in_text(node: Node, client: NodeClient) -> None:
    assert client.run("INCRBYFLOAT k 3.0e3") == b"3000"
    assert client.run("INCRBYFLOAT k 0.5") == b"3000.5"
    assert client.run("INCRBYFLOAT k -3000.5") == b"0"
    assert node.take_journal() == [
        "SET k 3000 KEEPTTL", "SET k 3000.5 KEEPTTL", "SET k 0 KEEPTTL",
    ]  # fmt: skip


def test_a_float_that_is_whole_is_still_no_integer_in_form(client: NodeClient) -> None:
    client.run("INCRBYFLOAT k 5")
    assert client.run("OBJECT ENCODING k") == b"embstr"
    assert client.run("INCR k") == 6
    assert client.run("OBJECT ENCODING k") == b"int"


@pytest.mark.parametrize("text", ["abc", "", " 1", "1 ", "nan", "0x", "1e10000"])
def test_what_is_no_float_is_refused(client: NodeClient, text: str) -> None:
    client.run("SET", "k", text)
    client.run("SET one 1")
    assert client.run("INCRBYFLOAT k 1") == NotAFloat
    assert client.run("INCRBYFLOAT", "one", text) == NotAFloat


def test_infinity_is_no_sum(client: NodeClient) -> None:
    client.run("SET k 1")
    assert client.run("INCRBYFLOAT k inf") == IncrementNotFinite
    assert client.run("INCRBYFLOAT k -infinity") == IncrementNotFinite
    assert client.run("GET k") == b"1"
