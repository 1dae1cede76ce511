"""Strings put, read, removed and compared whole."""

import pytest

from dflite.base.errors import (
    BadDigest,
    BadNumberOfKeys,
    BadSyntax,
    InvalidExpireTime,
    NotAnInteger,
    WrongArity,
    WrongType,
)
from tests.support.node import START_MS, Node, NodeClient
from tests.support.resp import ARRAY, BULK, NULL, NULL_BULK
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


# -- GET and SET -----------------------------------------------------------------------------------


def test_set_puts_what_get_reads(client: NodeClient) -> None:
    assert client.run("SET", "k", b"any\r\n\x00bytes") == "OK"
    assert client.run("GET k") == b"any\r\n\x00bytes"
    assert client.run("SET", "", "") == "OK"
    assert client.run("GET", "") == b""


def test_what_is_not_there_is_null_in_both_dialects(node: Node) -> None:
    assert node.client().run_exactly("GET k").kind == NULL_BULK
    assert node.client(resp3=True).run_exactly("GET k").kind == NULL
    assert node.client().run_exactly("SET k v XX").kind == NULL_BULK
    assert node.client(resp3=True).run_exactly("SET k v XX").kind == NULL


def test_get_refuses_another_type_and_set_replaces_it(node: Node, client: NodeClient) -> None:
    put_list(node, b"k", b"item")
    assert client.run("GET k") == WrongType
    assert client.run("SET k v") == "OK"
    assert client.run("GET k") == b"v"


def test_set_drops_the_deadline_unless_told_to_keep_it(client: NodeClient) -> None:
    client.run("SET k v EX 100")
    client.run("SET k w KEEPTTL")
    assert client.run("TTL k") == 100
    client.run("SET k w")
    assert client.run("TTL k") == -1
    assert client.run("SET new v KEEPTTL") == "OK"
    assert client.run("TTL new") == -1


@pytest.mark.parametrize(
    ("options", "deadline"),
    [
        ("EX 10", START_MS + 10_000),
        ("px 10", START_MS + 10),
        ("EXAT 1900000000", 1_900_000_000_000),
        ("PXAT 1900000000001", 1_900_000_000_001),
        ("EX 10 EX 20", START_MS + 20_000),
    ],
)
def test_set_gives_a_deadline(node: Node, client: NodeClient, options: str, deadline: int) -> None:
    assert client.run("SET k v " + options) == "OK"
    assert client.run("PEXPIRETIME k") == deadline
    assert node.take_journal() == [f"SET k v PXAT {deadline}"]


def test_a_key_is_gone_with_its_last_millisecond(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 10")
    node.advance(9)
    assert client.run("GET k") == b"v"
    node.advance(1)
    assert client.run("GET k") is None
    assert node.journal[-1] == "DEL k"


def test_a_deadline_in_the_past_removes_the_key(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    assert client.run("SET k w PXAT 1") == "OK"
    assert client.run("EXISTS k") == 0
    assert client.run("SET k w EXAT 1") == "OK"
    assert client.run("SET k w PXAT 1 GET") is None
    assert node.take_journal() == ["SET k v", "DEL k"]


def test_conditions_of_set(client: NodeClient) -> None:
    assert client.run("SET k v XX") is None
    assert client.run("SET k v NX") == "OK"
    assert client.run("SET k w NX") is None
    assert client.run("SET k w XX") == "OK"
    assert client.run("SET k x IFEQ v") is None
    assert client.run("SET k x IFEQ w") == "OK"
    assert client.run("SET none x IFEQ w") is None
    assert client.run("MGET k none") == [b"x", None]


def test_set_with_get_answers_what_was_there(node: Node, client: NodeClient) -> None:
    assert client.run("SET k v GET") is None
    assert client.run("SET k w GET") == b"v"
    assert client.run("SET k x NX GET") == b"w"
    assert client.run("SET k x IFEQ v GET") == b"w"
    assert client.run("GET k") == b"w"
    put_list(node, b"l")
    assert client.run("SET l x GET") == WrongType
    assert client.run("SET l x IFEQ x") == WrongType
    assert client.run("TYPE l") == "list"


@pytest.mark.parametrize(
    "options",
    [
        "NX XX", "XX NX", "NX IFEQ v", "IFEQ v XX", "IFEQ v IFEQ v", "IFEQ", "EX 1 PX 2",
        "EX 1 KEEPTTL", "KEEPTTL PXAT 5", "EX", "EX abc NX XX", "PERSIST", "FOO", "1",
    ],
)  # fmt: skip
def test_set_refuses_options(client: NodeClient, options: str) -> None:
    assert client.run("SET k v " + options) == BadSyntax
    assert client.run("EXISTS k") == 0


@pytest.mark.parametrize("command", ["SET k v EX {}", "SETEX k {} v", "GETEX k EX {}"])
def test_times_must_be_positive_and_fit(client: NodeClient, command: str) -> None:
    name = command.split()[0].lower().encode()
    for time in ("0", "-1", "9223372036854775807", "9223372036854775"):
        assert client.run(command.format(time)) == InvalidExpireTime(name)
    for time in ("abc", "1.5", "''", "9223372036854775808"):
        assert client.run(command.format(time)) == NotAnInteger


def test_setnx_setex_psetex(node: Node, client: NodeClient) -> None:
    assert client.run("SETNX k v") == 1
    assert client.run("SETNX k w") == 0
    assert client.run("SETEX k 10 x") == "OK"
    assert client.run("TTL k") == 10
    assert client.run("PSETEX k 1500 y") == "OK"
    assert client.run("PTTL k") == 1500
    assert node.take_journal() == [
        "SET k v",
        f"SET k x PXAT {START_MS + 10_000}",
        f"SET k y PXAT {START_MS + 1500}",
    ]


def test_what_changed_nothing_is_not_journaled(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    node.take_journal()
    for line in ("SET k w NX", "SET x v XX", "SETNX k w", "MSETNX x 1 k 2", "GETEX k", "GETDEL x"):
        client.run(line)
    assert node.take_journal() == []


# -- reading and changing at once ------------------------------------------------------------------


def test_getset_drops_the_deadline(node: Node, client: NodeClient) -> None:
    assert client.run("GETSET k v") is None
    client.run("EXPIRE k 100")
    assert client.run("GETSET k w") == b"v"
    assert client.run("TTL k") == -1
    assert node.take_journal()[-1] == "SET k w"
    put_list(node, b"l")
    assert client.run("GETSET l w") == WrongType


def test_getex_changes_the_deadline(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    node.take_journal()
    assert client.run("GETEX k EX 100") == b"v"
    assert client.run("TTL k") == 100
    assert client.run("GETEX k") == b"v"
    assert client.run("TTL k") == 100
    assert client.run("GETEX k PERSIST") == b"v"
    assert client.run("TTL k") == -1
    assert client.run("GETEX k PERSIST") == b"v"
    assert client.run("GETEX k PXAT 1") == b"v"
    assert client.run("EXISTS k") == 0
    assert client.run("GETEX k EX 5") is None
    assert node.take_journal() == [f"PEXPIREAT k {START_MS + 100_000}", "PERSIST k", "DEL k"]


@pytest.mark.parametrize("options", ["KEEPTTL", "NX", "EX 1 PX 1", "PERSIST EX 1", "EX", "GET"])
def test_getex_refuses_options(client: NodeClient, options: str) -> None:
    client.run("SET k v")
    assert client.run("GETEX k " + options) == BadSyntax


def test_getdel(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    node.take_journal()
    assert client.run("GETDEL k") == b"v"
    assert client.run("GETDEL k") is None
    assert node.take_journal() == ["DEL k"]
    put_list(node, b"l")
    assert client.run("GETDEL l") == WrongType
    assert client.run("EXISTS l") == 1


# -- several keys ----------------------------------------------------------------------------------


def test_mset_and_mget(node: Node, client: NodeClient) -> None:
    client.run("SET a 0 EX 100")
    put_list(node, b"l")
    assert client.run("MSET a 1 b 2 a 3") == "OK"
    assert client.run("MGET a b none l") == [b"3", b"2", None, None]
    assert client.run("TTL a") == -1
    exact = client.run_exactly("MGET a none")
    assert exact.kind == ARRAY
    assert [item.kind for item in exact.items] == [BULK, NULL_BULK]


def test_msetnx_puts_all_or_nothing(client: NodeClient) -> None:
    assert client.run("MSETNX a 1 b 2 c 3 d 4") == 1
    assert client.run("MSETNX x 1 y 2 d 5") == 0
    assert client.run("MGET a b c d x y") == [b"1", b"2", b"3", b"4", None, None]


def test_msetnx_takes_an_expired_key_for_none(node: Node, client: NodeClient) -> None:
    client.run("SET b 1 PX 10")
    node.advance(10)
    node.take_journal()
    assert client.run("MSETNX a 1 b 2") == 1
    assert node.take_journal() == ["DEL b", "MSET a 1 b 2"]


@pytest.mark.parametrize("line", ["MSET a 1 b", "MSETNX a 1 b"])
def test_a_key_without_a_value_is_refused(client: NodeClient, line: str) -> None:
    assert client.run(line) == WrongArity(line.split()[0].lower().encode())
    assert client.run("EXISTS a") == 0


def test_msetex(node: Node, client: NodeClient) -> None:
    assert client.run("MSETEX 2 a 1 b 2 EX 10 NX") == 1
    assert client.run("MSETEX 2 x 1 b 3 NX") == 0
    assert client.run("MSETEX 2 x 1 b 3 XX") == 0
    assert client.run("MSETEX 1 a 4 KEEPTTL XX") == 1
    assert client.run("TTL a") == 10
    assert client.run("MSETEX 1 a 5") == 1
    assert client.run("TTL a") == -1
    due = START_MS + 10_000
    assert node.take_journal() == [
        f"SET a 1 PXAT {due}", f"SET b 2 PXAT {due}", f"SET a 4 PXAT {due}", "MSET a 5",
    ]  # fmt: skip


def test_msetex_refuses(client: NodeClient) -> None:
    for count in ("0", "-1", "abc", "99999999999"):
        assert client.run(f"MSETEX {count} a 1") == BadNumberOfKeys
    for line in ("MSETEX 2 a 1", "MSETEX 1 a 1 b", "MSETEX 1 a 1 NX XX", "MSETEX 1 a 1 GET"):
        assert client.run(line) == BadSyntax
    assert client.run("MSETEX 1 a 1 EX 0") == InvalidExpireTime(b"msetex")
    assert client.run("EXISTS a") == 0


# -- comparing -------------------------------------------------------------------------------------


def test_delifeq(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    node.take_journal()
    assert client.run("DELIFEQ k w") == 0
    assert client.run("DELIFEQ k v") == 1
    assert client.run("DELIFEQ k v") == 0
    assert node.take_journal() == ["DEL k"]
    put_list(node, b"l")
    assert client.run("DELIFEQ l v") == WrongType


def test_digest_is_xxh3_in_sixteen_digits(node: Node, client: NodeClient) -> None:
    client.run("SET", "k", "Hello world")
    assert client.run("DIGEST k") == b"b6acb9d84a38ff74"
    # the value of which the digest begins with zeros
    client.run(
        "SET", "k",
        "v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd",
    )  # fmt: skip
    assert client.run("DIGEST k") == b"00006c38adf31777"
    assert client.run("DIGEST none") is None
    put_list(node, b"l")
    assert client.run("DIGEST l") == WrongType


def test_delex(node: Node, client: NodeClient) -> None:
    digest = "b6acb9d84a38ff74"
    for condition, other in (
        (("IFEQ", "Hello world"), ("IFEQ", "hello")),
        (("ifne", "hello"), ("IFNE", "Hello world")),
        (("IFDEQ", digest.upper()), ("IFDEQ", "0" * 16)),
        (("IFDNE", "0" * 16), ("ifdne", digest)),
    ):
        client.run("SET", "k", "Hello world")
        assert client.run("DELEX", "k", *other) == 0
        assert client.run("DELEX", "k", *condition) == 1
        assert client.run("DELEX", "k", *condition) == 0
        assert node.take_journal() == ["SET k Hello world", "DEL k"]


def test_delex_without_a_condition_removes_any_type(node: Node, client: NodeClient) -> None:
    put_list(node, b"l")
    assert client.run("DELEX l IFEQ v") == WrongType
    assert client.run("DELEX l") == 1
    assert client.run("DELEX l") == 0


def test_delex_refuses(client: NodeClient) -> None:
    assert client.run("DELEX k IFDEQ abc") == BadDigest
    for line in ("DELEX k IFEQ", "DELEX k FOO v", "DELEX k IFEQ v IFNE w"):
        assert client.run(line) == BadSyntax
