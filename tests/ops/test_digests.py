"""Digests: equal to Redis', whatever the order of writing or the number of shards."""

import pytest

from dflite.ops.digests import keyspace_digest, value_digest
from tests.support.node import Node
from tests.support.servers import Server

# Answers of a Valkey server that held the same.
EMPTY = "0" * 40
ONE = "943d800368fb9c0e951138f1bc0e313ac769d91f"
TWO = "2539797405e828ad7a3aa48c536b3eaf2803a421"
EXPIRING = "0461cad7c3fe9057a4c3f05eb3e1be01a5ea454c"
TWO_DATABASES = "c0eccb6b34d95bd665bb19eddf82cd1d71d2a525"


@pytest.mark.parametrize("shards", [1, 3])
def test_digests_are_those_of_valkey(shards: int) -> None:
    node = Node(shards=shards)
    client = node.client()
    assert keyspace_digest(node.keyspace).hex() == EMPTY
    client.run("SET a 1")
    assert keyspace_digest(node.keyspace).hex() == ONE
    client.run("SET b hello")
    assert keyspace_digest(node.keyspace).hex() == TWO
    client.run("SET c x EX 1000")
    assert keyspace_digest(node.keyspace).hex() == EXPIRING
    client.run("SELECT 3")
    client.run("SET zz 1")
    assert keyspace_digest(node.keyspace).hex() == TWO_DATABASES


def test_values_have_digests_without_their_names() -> None:
    node = Node()
    client = node.client()
    client.run("MSET a same b same c other")
    assert value_digest(node.db, b"a") == value_digest(node.db, b"b")
    assert value_digest(node.db, b"a") != value_digest(node.db, b"c")
    assert value_digest(node.db, b"nosuch").hex() == EMPTY


def test_sorted_sets_have_redis_digests_in_both_forms() -> None:
    client = Node().client()
    db = client.node.db
    client.run_all("ZADD one 1 a", "ZADD tenth 0.1 a", "ZADD z 1 a 2.5 b", "ZADD large 2.5 b 1 a")
    client.run("ZADD", "large", "0", "x" * 65)
    client.run("ZREM", "large", "x" * 65)
    assert client.run("OBJECT ENCODING large") == b"skiplist"
    assert value_digest(db, b"one").hex() == "430190c6ed5abafff87d97b4f51a92796ed05895"
    # seventeen digits, as in Redis; Valkey has the shortest text
    assert value_digest(db, b"tenth").hex() == "b07654932c32238dbd9b8626f0dc40f18d973527"
    assert value_digest(db, b"z") == value_digest(db, b"large")


def test_what_is_due_is_not_there() -> None:
    node = Node()
    client = node.client()
    client.run("SET a 1 PX 5")
    node.advance(5)
    assert value_digest(node.db, b"a").hex() == EMPTY


def test_a_digest_of_much_is_that_of_valkey(shared_dflite: Server, shared_valkey: Server) -> None:
    found = []
    for server in (shared_dflite, shared_valkey):
        with server.connect() as connection:
            connection.call("FLUSHALL")
            connection.call("DEBUG", "POPULATE", "2500", "k", "33")
            connection.call("SET", "number", "-12345")
            connection.call("SET", "bytes", bytes(range(256)), "PX", "1000000")
            found.append(connection.call("DEBUG", "DIGEST").text)
            connection.call("FLUSHALL")
    assert found[0] == found[1] != EMPTY
