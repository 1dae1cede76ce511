"""Values out of the keyspace and into it."""

import pytest

from dflite.base.errors import BadValue, KeyInTheWay
from dflite.ops import dumps
from dflite.store.db import NEVER
from tests.support.dumps import OLD_FORMS, seal
from tests.support.node import START_MS, Node, NodeClient

ABC = seal(b"\x00\x03abc")


def test_what_is_in_the_way(node: Node, client: NodeClient) -> None:
    dumps.must_be_free(node.db, b"k")
    client.run("SET k v")
    with pytest.raises(KeyInTheWay):
        dumps.must_be_free(node.db, b"k")


def test_a_bad_value_changes_nothing(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 500")
    with pytest.raises(BadValue):
        dumps.restore(node.db, b"k", seal(b"\x02\x00"), NEVER, 0)
    assert client.run("GET k") == b"v"
    assert client.run("PTTL k") == 500
    assert node.journal == ["SET k v PXAT 1800000000500"]


def test_a_value_comes_with_its_times(node: Node, client: NodeClient) -> None:
    assert dumps.restore(node.db, b"k", ABC, START_MS + 10, 77)
    assert client.run("PTTL k") == 10
    assert node.db.table(b"k").idle_seconds(b"k") == 77
    assert dumps.restore(node.db, b"k", ABC, NEVER, 77)
    assert node.db.table(b"k").idle_seconds(b"k") == 77
    assert client.run("PTTL k") == -1


def test_deadlines_of_elements_are_noted(node: Node) -> None:
    dumps.restore(node.db, b"k", OLD_FORMS["hash of Valkey"], NEVER, 0)
    assert node.db.element_deadlines.next() == 1_900_000_000_000


def test_on_a_replica_nothing_is_past(node: Node) -> None:
    node.db.expires_itself = False
    assert dumps.restore(node.db, b"k", ABC, 5, 0)
    assert node.db.table(b"k").deadline(b"k") == 5


def test_values_of_large_collections_change_places(node: Node, client: NodeClient) -> None:
    client.run("SADD", "k", *[f"m{n}" for n in range(1000)])
    payload = dumps.dump(node.db, b"k", True)
    assert payload is not None
    assert dumps.restore(node.db, b"k", payload, NEVER, 0)
    assert client.run("SCARD k") == 1000
    assert dumps.dump(node.db, b"none", True) is None
