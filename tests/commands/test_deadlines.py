"""EXPIRE and its kin, PERSIST, TTL and its kin."""

import pytest

from dflite.base.errors import (
    ConflictingExpireOptions,
    GreaterAndLess,
    InvalidExpireTime,
    NotAnInteger,
    UnsupportedOption,
)
from tests.support.node import START_MS, Node, NodeClient
from tests.support.values import put_list

START = START_MS // 1000


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


@pytest.mark.parametrize(
    ("line", "deadline"),
    [
        ("EXPIRE k 10", START_MS + 10_000),
        ("PEXPIRE k 10", START_MS + 10),
        (f"EXPIREAT k {START + 5}", START_MS + 5000),
        (f"PEXPIREAT k {START_MS + 7}", START_MS + 7),
        (f"PEXPIREAT k {2**63 - 1}", 2**63 - 1),
    ],
)
def test_a_deadline_is_given_and_journaled_as_a_time(
    node: Node, client: NodeClient, line: str, deadline: int
) -> None:
    assert client.run(line) == 0
    client.run("SET k v")
    node.take_journal()
    assert client.run(line) == 1
    assert client.run("PEXPIRETIME k") == deadline
    assert node.take_journal() == [f"PEXPIREAT k {deadline}"]


@pytest.mark.parametrize(
    "line", ["EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -5", f"EXPIREAT k {START}", "PEXPIREAT k -1"]
)
def test_a_deadline_in_the_past_removes_the_key(node: Node, client: NodeClient, line: str) -> None:
    client.run("SET k v")
    assert client.run(line) == 1
    assert client.run(line) == 0
    assert node.take_journal() == ["SET k v", "DEL k"]


def test_any_type_can_expire(node: Node, client: NodeClient) -> None:
    put_list(node, b"l", b"item")
    assert client.run("EXPIRE l 10") == 1
    node.advance(9_999)
    assert client.run("TYPE l") == "list"
    node.advance(1)
    assert client.run("TYPE l") == "none"


@pytest.mark.parametrize(
    ("options", "without", "before", "same", "after"),
    [
        ("NX", 1, 0, 0, 0),
        ("XX", 0, 1, 1, 1),
        ("GT", 0, 0, 0, 1),
        ("LT", 1, 1, 0, 0),
        ("XX GT", 0, 0, 0, 1),
        ("lt xx", 0, 1, 0, 0),
        ("GT gt", 0, 0, 0, 1),
    ],
)
def test_conditions(
    client: NodeClient, options: str, without: int, before: int, same: int, after: int
) -> None:
    client.run("SET k v")
    assert client.run("EXPIRE k 100 " + options) == without
    for seconds, given in ((50, before), (100, same), (200, after)):
        client.run("SET k v EX 100")
        assert client.run(f"EXPIRE k {seconds} {options}") == given
        assert client.run("TTL k") == (seconds if given else 100)


def test_conditions_hold_for_deadlines_in_the_past_too(client: NodeClient) -> None:
    client.run("SET k v EX 100")
    assert client.run("EXPIRE k -1 GT") == 0
    assert client.run("EXPIRE k -1 NX") == 0
    assert client.run("EXPIRE k -1 LT") == 1


def test_what_expire_refuses(client: NodeClient) -> None:
    assert client.run("EXPIRE k 10 NX XX") == ConflictingExpireOptions
    assert client.run("EXPIRE k 10 GT NX") == ConflictingExpireOptions
    assert client.run("EXPIRE k 10 GT LT") == GreaterAndLess
    assert client.run("EXPIRE k abc Foo") == UnsupportedOption(b"Foo")
    assert client.run("EXPIRE k abc") == NotAnInteger
    assert client.run("EXPIRE k 9223372036854775808") == NotAnInteger


@pytest.mark.parametrize(
    "line",
    [
        "EXPIRE k 9223372036854776",
        "EXPIRE k -9223372036854776",
        "EXPIRE k 9223372036854775",
        "PEXPIRE k 9223372036854775807",
        "EXPIREAT k 9223372036854776",
    ],
)
def test_a_time_that_does_not_fit_is_refused(client: NodeClient, line: str) -> None:
    assert client.run(line) == InvalidExpireTime(line.split()[0].lower().encode())


def test_persist(node: Node, client: NodeClient) -> None:
    assert client.run("PERSIST k") == 0
    client.run("SET k v EX 10")
    assert client.run("PERSIST k") == 1
    assert client.run("PERSIST k") == 0
    node.advance(100_000)
    assert client.run("GET k") == b"v"
    assert node.take_journal()[1:] == ["PERSIST k"]


def test_times_that_are_left(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 10500")
    assert client.run("TTL k") == 11
    assert client.run("PTTL k") == 10500
    assert client.run("EXPIRETIME k") == START + 11
    assert client.run("PEXPIRETIME k") == START_MS + 10500
    node.advance(1)
    assert client.run("TTL k") == 10
    node.advance(10_498)
    assert client.run("TTL k") == 0
    assert client.run("PTTL k") == 1


@pytest.mark.parametrize("name", ["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"])
def test_no_deadline_and_no_key(node: Node, client: NodeClient, name: str) -> None:
    client.run("SET k v")
    assert client.run(name + " k") == -1
    assert client.run(name + " none") == -2
    client.run("PEXPIRE k 1")
    node.advance(1)
    assert client.run(name + " k") == -2


@pytest.mark.parametrize(
    "line",
    [
        "GET k", "GETRANGE k 0 -1", "STRLEN k", "EXISTS k", "TOUCH k", "TYPE k", "TTL k", "KEYS *",
        "SCAN 0", "RANDOMKEY", "MGET k", "LCS k k", "DIGEST k", "OBJECT ENCODING k", "GETDEL k",
        "GETEX k", "SET k v GET XX", "DEL k", "INCR k", "APPEND k v", "SETNX k v", "COPY k l",
        "RENAMENX k l", "MOVE k 1", "PERSIST k", "EXPIRE k 10", "SETRANGE k 1 x",
    ],
)  # fmt: skip
def test_no_command_sees_a_key_after_its_deadline(
    node: Node, client: NodeClient, line: str
) -> None:
    nothing = Node().client().run(line)
    client.run("SET k v PX 10")
    node.advance(10)
    assert client.run(line) == nothing


def test_an_expired_key_is_journaled_before_what_found_it(node: Node, client: NodeClient) -> None:
    client.run("SET k 41 PX 10")
    node.advance(10)
    node.take_journal()
    assert client.run("INCR k") == 1
    assert node.take_journal() == ["DEL k", "INCR k"]
    assert node.effects.expired == 1
