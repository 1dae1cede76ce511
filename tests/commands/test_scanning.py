"""KEYS, SCAN and RANDOMKEY."""

from collections import Counter

import pytest

from dflite.base.errors import BadSyntax, InvalidCursor, NotAnInteger, UnknownType
from tests.support.node import Node, NodeClient
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def fill(client: NodeClient, count: int, prefix: str = "key:") -> set[bytes]:
    names = [f"{prefix}{i}" for i in range(count)]
    client.run_all(*[f"SET {name} v" for name in names])
    return {name.encode() for name in names}


def scan(client: NodeClient, options: str = "") -> list[bytes]:
    """All that a walk finds, in order, repeated keys too."""
    found: list[bytes] = []
    cursor = b"0"
    while True:
        reply = client.run("SCAN", cursor, *options.split())
        assert isinstance(reply, list), reply
        cursor, keys = reply
        found += keys
        if cursor == b"0":
            return found


def test_keys_matches_patterns(client: NodeClient) -> None:
    client.run("MSET hello 1 hallo 2 hxllo 3 other 4")
    client.run("SET", "", "empty")

    def keys(pattern: str) -> list[bytes]:
        found = client.run("KEYS", pattern)
        assert isinstance(found, list)
        return sorted(found)

    assert keys("h?llo") == [b"hallo", b"hello", b"hxllo"]
    assert keys("h[ae]llo") == [b"hallo", b"hello"]
    assert keys("h[^e]llo") == [b"hallo", b"hxllo"]
    assert keys("*") == [b"", b"hallo", b"hello", b"hxllo", b"other"]
    assert keys("x*") == []


def test_a_walk_finds_every_key_once_while_nothing_changes(client: NodeClient) -> None:
    names = fill(client, 500)
    for options in ("", "COUNT 1", "COUNT 100", "COUNT 100000"):
        found = scan(client, options)
        assert len(found) == 500
        assert set(found) == names


def test_a_small_database_is_answered_in_one_call(client: NodeClient) -> None:
    fill(client, 8)
    reply = client.run("SCAN 0 COUNT 100")
    assert isinstance(reply, list)
    assert reply[0] == b"0"
    assert len(reply[1]) == 8


def test_a_walk_finds_what_stays_while_other_keys_come_and_go(client: NodeClient) -> None:
    names = fill(client, 300)
    found: set[bytes] = set()
    cursor = b"0"
    for turn in range(100_000):
        reply = client.run("SCAN", cursor, "COUNT", "7")
        assert isinstance(reply, list)
        cursor, keys = reply
        found.update(keys)
        if cursor == b"0":
            break
        client.run_all(*[f"SET new:{turn}:{i} v" for i in range(20)])
        client.run_all(*[f"DEL new:{turn - 3}:{i}" for i in range(20)])
    assert names <= found


def test_scan_filters_by_pattern_and_type(node: Node, client: NodeClient) -> None:
    names = fill(client, 100)
    fill(client, 100, "other:")
    put_list(node, b"key:list")
    assert set(scan(client, "MATCH key:*")) == names | {b"key:list"}
    assert set(scan(client, "MATCH key:* TYPE string")) == names
    assert scan(client, "TYPE LIST") == [b"key:list"]
    assert scan(client, "TYPE hash") == []


def test_the_star_matches_the_empty_key(client: NodeClient) -> None:
    client.run("SET", "", "v")
    assert scan(client, "MATCH *") == [b""]
    assert scan(client, "MATCH **") == []


def test_scan_removes_expired_keys_that_match(node: Node, client: NodeClient) -> None:
    client.run("MSET a 1 b 2 c 3")
    client.run("PEXPIRE a 1")
    client.run("PEXPIRE b 1")
    node.advance(1)
    node.take_journal()
    assert scan(client, "MATCH [ac]") == [b"c"]
    assert client.run("DBSIZE") == 2
    assert node.take_journal() == ["DEL a"]


def test_what_scan_refuses(client: NodeClient) -> None:
    for cursor in ("abc", "-1", "", "1.0", "0x0", "18446744073709551616", "1 ", "+", "+-1"):
        assert client.run("SCAN", cursor) == InvalidCursor, cursor
    for options in ("COUNT 0", "COUNT -1", "COUNT", "MATCH", "FOO", "TYPE"):
        assert client.run("SCAN 0 " + options) == BadSyntax
    assert client.run("SCAN 0 COUNT x") == NotAnInteger
    assert client.run("SCAN 0 TYPE thing") == UnknownType(b"thing")


@pytest.mark.parametrize("cursor", ["0", "+0", " 0", "000", "18446744073709551615", str(1 << 48)])
def test_any_number_will_do_as_a_cursor(client: NodeClient, cursor: str) -> None:
    fill(client, 20)
    assert isinstance(client.run("SCAN", cursor), list)


def test_randomkey_draws_every_key_about_as_often(client: NodeClient) -> None:
    assert client.run("RANDOMKEY") is None
    names = fill(client, 10)
    drawn = Counter(client.run("RANDOMKEY") for _ in range(2000))
    assert set(drawn) == names
    assert min(drawn.values()) > 60, drawn


def test_randomkey_never_draws_an_expired_key(node: Node, client: NodeClient) -> None:
    fill(client, 50)
    for i in range(49):
        client.run(f"PEXPIRE key:{i} 1")
    node.advance(1)
    assert {client.run("RANDOMKEY") for _ in range(20)} == {b"key:49"}
    client.run("PEXPIRE key:49 1")
    node.advance(1)
    assert client.run("RANDOMKEY") is None
    assert client.run("DBSIZE") == 0


def test_what_a_scan_would_answer_is_removed() -> None:
    node = Node()
    client = node.client()
    for n in range(30):
        client.run(f"SET key{n} {n}")
    client.run("RPUSH list x")
    node.take_journal()
    assert client.run("RM 0 MATCH key1* COUNT 1000") == [b"0", 11]
    assert client.run("DBSIZE") == 20
    (line,) = node.take_journal()
    assert line.startswith("DEL ")
    assert len(line.split()) == 12
    assert client.run("RM 0 TYPE list COUNT 1000") == [b"0", 1]
    assert client.run("RM 0 MATCH none COUNT 1000") == [b"0", 0]
    node.take_journal()
    cursor, removed = b"0", 0
    while True:
        reply = client.run(b"RM", cursor)
        assert isinstance(reply, list)
        cursor = reply[0]
        removed += reply[1]
        if cursor == b"0":
            break
    assert removed == 19
    assert client.run("DBSIZE") == 0
    assert client.run("RM x") == InvalidCursor


def test_rm_is_for_those_who_may_read_and_write_every_key(client: NodeClient) -> None:
    client.run("SET k 1")
    client.run("ACL SETUSER u on nopass +@all ~a* (~* +get)")
    client.run("AUTH u x")
    assert client.run("RM 0") == "NOPERM RM is for those who may read and write every key"
    assert client.run("GET k") == b"1"
    client.run("ACL SETUSER u %R~*")
    assert client.run("RM 0") == "NOPERM RM is for those who may read and write every key"
    client.run("ACL SETUSER u ~*")
    assert client.run("RM 0 COUNT 1000") == [b"0", 1]
