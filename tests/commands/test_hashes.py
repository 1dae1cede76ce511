"""Hash commands: replies, errors, events, what the journal gets."""

import pytest

from dflite.base.collection_errors import HashValueNotAFloat, HashValueNotAnInteger, NotFinite
from dflite.base.errors import (
    IncrementNotFinite,
    IncrementOverflow,
    NotAFloat,
    NotAnInteger,
    WrongArity,
    WrongType,
)
from tests.support.node import Node, Push


@pytest.fixture
def node() -> Node:
    return Node()


def test_fields_are_set_and_read(node: Node) -> None:
    client = node.client()
    assert client.run("HSET h a 1 b 2") == 2
    assert client.run("HSET h a 3 c 4") == 1
    assert client.run("HMSET h d 5") == "OK"
    assert client.run("HGET h a") == b"3"
    assert client.run("HGET h none") is None
    assert client.run("HGET none a") is None
    assert client.run("HMGET h a none d") == [b"3", None, b"5"]
    assert client.run("HMGET none a b") == [None, None]
    assert client.run("HLEN h") == 4
    assert client.run("HLEN none") == 0
    assert client.run("HSTRLEN h a") == 1
    assert client.run("HSTRLEN h none") == 0
    assert client.run("HEXISTS h a") == 1
    assert client.run("HEXISTS h none") == 0
    assert client.run("HSETNX h a 9") == 0
    assert client.run("HSETNX h e 9") == 1
    assert client.run("HKEYS h") == [b"a", b"b", b"c", b"d", b"e"]
    assert client.run("HVALS h") == [b"3", b"2", b"4", b"5", b"9"]


def test_all_fields_are_a_map_in_resp3_and_turns_in_resp2(node: Node) -> None:
    node.client().run("HSET h a 1 b 2")
    assert node.client().run("HGETALL h") == [b"a", b"1", b"b", b"2"]
    assert node.client().run("HGETALL none") == []
    assert node.client(resp3=True).run("HGETALL h") == {b"a": b"1", b"b": b"2"}
    assert node.client(resp3=True).run("HGETALL none") == {}


def test_a_hash_goes_with_its_last_field(node: Node) -> None:
    client = node.client()
    client.run("HSET h a 1 b 2")
    assert client.run("HDEL h a none a") == 1
    assert client.run("HDEL h b") == 1
    assert client.run("EXISTS h") == 0
    assert client.run("HDEL h b") == 0
    assert node.journal == ["HSET h a 1 b 2", "HDEL h a none a", "HDEL h b"]


def test_numbers_are_counted(node: Node) -> None:
    client = node.client()
    assert client.run("HINCRBY h n 5") == 5
    assert client.run("HINCRBY h n -7") == -2
    client.run("HSET h text abc max 9223372036854775807")
    assert client.run("HINCRBY h text 1") == HashValueNotAnInteger
    assert client.run("HINCRBY h max 1") == IncrementOverflow
    assert client.run("HINCRBY h n x") == NotAnInteger
    node.take_journal()
    assert client.run("HINCRBYFLOAT h f 1.5") == b"1.5"
    assert client.run("HINCRBYFLOAT h f 3.0e3") == b"3001.5"
    assert node.take_journal() == ["HSET h f 1.5", "HSET h f 3001.5"]
    assert client.run("HINCRBYFLOAT h text 1") == HashValueNotAFloat
    assert client.run("HINCRBYFLOAT h f x") == NotAFloat
    assert client.run("HINCRBYFLOAT h f inf") == NotFinite
    client.run("HSET h big 1e4932")
    assert client.run("HINCRBYFLOAT h big 1e4932") == IncrementNotFinite


@pytest.mark.parametrize("name", ["hset", "hmset"])
def test_a_field_without_a_value_is_refused(node: Node, name: str) -> None:
    client = node.client()
    assert client.run(f"{name} h a 1 b") == WrongArity(name.encode())
    assert client.run("EXISTS h") == 0


@pytest.mark.parametrize(
    "line",
    [
        "HSET k a 1", "HMSET k a 1", "HSETNX k a 1", "HINCRBY k a 1", "HINCRBYFLOAT k a 1",
        "HDEL k a", "HGET k a", "HMGET k a", "HGETALL k", "HKEYS k", "HVALS k", "HLEN k",
        "HSTRLEN k a", "HEXISTS k a", "HSCAN k 0", "HRANDFIELD k", "HRANDFIELD k 1",
        "HTTL k FIELDS 1 a", "HEXPIRE k 10 FIELDS 1 a", "HPERSIST k FIELDS 1 a",
        "HGETEX k FIELDS 1 a", "HSETEX k FIELDS 1 a 1", "HGETDEL k FIELDS 1 a",
    ],
)  # fmt: skip
def test_what_is_no_hash_is_left_alone(node: Node, line: str) -> None:
    client = node.client()
    client.run("SET k v")
    assert client.run(line) == WrongType
    assert client.run("GET k") == b"v"


def test_changes_are_announced_with_redis_names(node: Node) -> None:
    client, listener = node.client(), node.client(resp3=True)
    node.executor.notifications.configure("Ehg")
    node.executor.observers_changed()
    listener.run("PSUBSCRIBE *")
    for line in ("HSET h a 1", "HSETNX h b 1", "HINCRBY h a 1", "HINCRBYFLOAT h a 1", "HDEL h a b"):
        client.run(line)
    events = [push[2] for push in listener.read_all() if isinstance(push, Push)]
    names = ("hset", "hset", "hincrby", "hincrbyfloat", "hdel", "del")
    assert events == [f"__keyevent@0__:{name}".encode() for name in names]


def test_forms_change_at_the_thresholds_and_never_back(node: Node) -> None:
    client = node.client()
    pairs = " ".join(f"field{n} {n}" for n in range(512))
    client.run(f"HSET h {pairs}")
    assert client.run("OBJECT ENCODING h") == b"listpack"
    client.run("HSET h one more")
    assert client.run("OBJECT ENCODING h") == b"hashtable"
    client.run("HDEL h one field0")
    assert client.run("OBJECT ENCODING h") == b"hashtable"
    client.run("COPY h twin")
    assert client.run("HLEN twin") == 511
    client.run("HSET twin field1 changed")
    assert client.run("HGET h field1") == b"1"
