"""SADD, SREM, SMOVE, SISMEMBER, SMISMEMBER, SCARD, SMEMBERS, SSCAN, SPOP and SRANDMEMBER."""

import pytest

from dflite.base.collection_errors import CountOutOfRange, OnlyForHashes
from dflite.base.errors import (
    BadSyntax,
    InvalidCursor,
    NotAnInteger,
    NotPositive,
    WrongArity,
    WrongType,
)
from tests.support.node import Node, NodeClient
from tests.support.resp import ARRAY, SET


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def members(client: NodeClient, key: str) -> set[bytes]:
    found = client.run("SMEMBERS", key)
    assert isinstance(found, list)
    assert len(found) == len(set(found))
    return set(found)


def as_set(reply: object) -> set[bytes]:
    assert isinstance(reply, list)
    return set(reply)


def test_members_come_and_go(node: Node, client: NodeClient) -> None:
    assert client.run("SADD k a b a") == 2
    assert client.run("SADD k b c") == 1
    assert client.run("SADD k a") == 0
    assert client.run("SCARD k") == 3
    assert members(client, "k") == {b"a", b"b", b"c"}
    assert client.run("SREM k a x") == 1
    assert client.run("SREM k b c") == 2
    assert client.run("EXISTS k") == 0
    assert client.run("SREM k b") == 0
    assert node.take_journal() == ["SADD k a b a", "SADD k b c", "SREM k a x", "SREM k b c"]


def test_questions_are_answered_with_numbers(client: NodeClient) -> None:
    client.run("SADD k a 1")
    assert client.run("SISMEMBER k a") == 1
    assert client.run("SISMEMBER k 1") == 1
    assert client.run("SISMEMBER k 01") == 0
    assert client.run("SMISMEMBER k a x 1") == [1, 0, 1]
    assert client.run("SISMEMBER none a") == 0
    assert client.run("SMISMEMBER none a b") == [0, 0]
    assert client.run("SCARD none") == 0
    assert client.run("SMEMBERS none") == []


def test_members_are_a_set_in_resp3() -> None:
    client = Node().client(resp3=True)
    client.run("SADD k a b")
    assert client.run_exactly("SMEMBERS k").kind == SET
    assert client.run_exactly("SMEMBERS none").kind == SET
    assert client.run_exactly("SPOP k 1").kind == SET
    assert client.run_exactly("SPOP none 1").kind == SET
    assert client.run_exactly("SRANDMEMBER k 1").kind == ARRAY
    assert client.run_exactly("SRANDMEMBER none 1").kind == ARRAY


def test_a_member_moves(client: NodeClient) -> None:
    client.run("SADD k a b")
    assert client.run("SMOVE k other a") == 1
    assert client.run("SMOVE k other a") == 0
    assert client.run("SMOVE none other a") == 0
    assert client.run("SMOVE k k b") == 1
    assert client.run("SMOVE k k x") == 0
    assert members(client, "other") == {b"a"}
    assert client.run("SMOVE k other b") == 1
    assert client.run("EXISTS k") == 0
    client.run("SET s x")
    assert client.run("SMOVE none s a") == 0
    assert client.run("SMOVE other s a") == WrongType
    assert client.run("SMOVE s other a") == WrongType


def test_a_pop_is_journaled_as_what_it_did(node: Node, client: NodeClient) -> None:
    client.run("SADD k a b c d e f g h")
    node.take_journal()
    popped = client.run("SPOP k")
    assert isinstance(popped, bytes)
    assert node.take_journal() == [f"SREM k {popped.decode()}"]
    some = as_set(client.run("SPOP k 3"))
    assert len(some) == 3
    (line,) = node.take_journal()
    assert line.split()[:2] == ["SREM", "k"]
    assert {word.encode() for word in line.split()[2:]} == some
    rest = as_set(client.run("SPOP k 100"))
    assert {popped} | some | rest == set(map(bytes, [b"%c" % letter for letter in b"abcdefgh"]))
    assert node.take_journal() == ["DEL k"]
    assert client.run("SPOP k") is None
    assert client.run("SPOP k 5") == []
    assert node.take_journal() == []


def test_many_popped_members_are_journaled_in_batches(node: Node, client: NodeClient) -> None:
    client.run("SADD", "k", *[b"%d" % number for number in range(4000)])
    node.take_journal()
    popped = as_set(client.run("SPOP k 2500"))
    lines = node.take_journal()
    assert [len(line.split()) for line in lines] == [1026, 1026, 454]
    assert {word.encode() for line in lines for word in line.split()[2:]} == popped


def test_a_pop_without_a_journal_is_the_same() -> None:
    client = Node(journal=False).client()
    client.run("SADD k a b")
    assert {client.run("SPOP k"), client.run("SPOP k")} == {b"a", b"b"}
    assert client.run("EXISTS k") == 0


def test_draws_leave_the_set_as_it_is(client: NodeClient) -> None:
    client.run("SADD k a b c")
    assert client.run("SRANDMEMBER k") in (b"a", b"b", b"c")
    assert as_set(client.run("SRANDMEMBER k 10")) == {b"a", b"b", b"c"}
    assert len(as_set(client.run("SRANDMEMBER k 2"))) == 2
    drawn = client.run("SRANDMEMBER k -10")
    assert isinstance(drawn, list)
    assert len(drawn) == 10
    assert client.run("SRANDMEMBER k 0") == []
    assert client.run("SRANDMEMBER none") is None
    assert client.run("SRANDMEMBER none -3") == []
    assert client.run("SCARD k") == 3


@pytest.mark.parametrize("count", [20, 100, 1000])
def test_a_scan_shows_every_member(client: NodeClient, count: int) -> None:
    client.run("SADD", "k", *[b"m%d" % number for number in range(count)])
    seen: list[bytes] = []
    cursor = "0"
    while True:
        reply = client.run("SSCAN", "k", cursor, "COUNT", "7")
        assert isinstance(reply, list)
        seen += reply[1]
        cursor = reply[0].decode()
        if cursor == "0":
            break
    assert set(seen) == {b"m%d" % number for number in range(count)}


def test_a_scan_takes_a_pattern(client: NodeClient) -> None:
    client.run("SADD k 1 2 10 x")
    reply = client.run("SSCAN k 0 MATCH 1*")
    assert isinstance(reply, list)
    assert reply[0] == b"0"
    assert set(reply[1]) == {b"1", b"10"}


def test_forms_have_redis_names(client: NodeClient) -> None:
    client.run("SADD k 1 2 3")
    assert client.run("OBJECT ENCODING k") == b"intset"
    client.run("SADD k x")
    assert client.run("OBJECT ENCODING k") == b"listpack"
    client.run("SADD", "k", "x" * 65)
    assert client.run("OBJECT ENCODING k") == b"hashtable"


def test_a_set_can_be_copied_renamed_and_expires(node: Node, client: NodeClient) -> None:
    client.run("SADD", "k", *[b"m%d" % number for number in range(300)])
    client.run("COPY k copied")
    client.run("SREM k m1")
    assert client.run("SCARD copied") == 300
    client.run("RENAME copied other")
    client.run("PEXPIRE other 10")
    client.run("SADD other x")
    assert client.run("SCARD other") == 301
    node.advance(10)
    assert client.run("SCARD other") == 0
    assert client.run("SADD other x") == 1
    assert client.run("PTTL other") == -1


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        ("SADD k", WrongArity),
        ("SREM k", WrongArity),
        ("SMOVE k x", WrongArity),
        ("SISMEMBER k", WrongArity),
        ("SADD s a", WrongType),
        ("SREM s a", WrongType),
        ("SCARD s", WrongType),
        ("SMEMBERS s", WrongType),
        ("SISMEMBER s a", WrongType),
        ("SMISMEMBER s a", WrongType),
        ("SPOP s", WrongType),
        ("SPOP s 1", WrongType),
        ("SPOP k -1", NotPositive),
        ("SPOP k x", NotPositive),
        ("SPOP k x x", BadSyntax),
        ("SRANDMEMBER s", WrongType),
        ("SRANDMEMBER s 2", WrongType),
        ("SRANDMEMBER k x", NotAnInteger),
        ("SRANDMEMBER k -9223372036854775808", CountOutOfRange),
        ("SRANDMEMBER k x x", BadSyntax),
        ("SSCAN s 0 FOO", WrongType),
        ("SSCAN k x", InvalidCursor),
        ("SSCAN k 0 FOO", BadSyntax),
        ("SSCAN k 0 TYPE set", BadSyntax),
        ("SSCAN k 0 COUNT 0", BadSyntax),
        ("SSCAN k 0 NOVALUES", OnlyForHashes),
    ],
)
def test_errors(client: NodeClient, request_line: str, error: type[Exception]) -> None:
    client.run("SET s x")
    client.run("SADD k a")
    assert client.run(request_line) == error
    assert members(client, "k") == {b"a"}


def test_options_of_a_scan_of_nothing_are_not_read(client: NodeClient) -> None:
    assert client.run("SSCAN none 0 FOO") == [b"0", []]
