"""DEBUG POPULATE."""

import pytest

from dflite.base.errors import NotPositive, StringTooLong
from dflite.commands.populate import AT_ONCE, slice_of
from tests.support.node import WAITING, Node, NodeClient


@pytest.fixture
def node() -> Node:
    """A node that lets everybody debug it."""
    node = Node()
    node.host.settings.enable_debug_command = "yes"
    return node


def test_keys_and_values_are_redis(client: NodeClient) -> None:
    assert client.run("DEBUG POPULATE 3") == "OK"
    assert client.run("MGET key:0 key:2 key:3") == [b"value:0", b"value:2", None]
    client.run("DEBUG POPULATE 2 foo")
    assert client.run("GET foo:1") == b"value:1"
    client.run("DEBUG POPULATE 2 long 12")
    assert client.run("GET long:1") == b"value:1\0\0\0\0\0"
    client.run("DEBUG POPULATE 2 short 3")
    assert client.run("GET short:1") == b"val"
    client.run("DEBUG POPULATE 2 usual 0")
    assert client.run("GET usual:1") == b"value:1"


def test_keys_that_are_there_stay(client: NodeClient) -> None:
    client.run("SET key:1 mine")
    client.run("DEBUG POPULATE 3")
    assert client.run("MGET key:0 key:1") == [b"value:0", b"mine"]


@pytest.mark.parametrize("words", ["abc", "-3", "3 foo abc", "3 foo -5"])
def test_odd_numbers_are_refused(client: NodeClient, words: str) -> None:
    assert client.run("DEBUG POPULATE " + words) == NotPositive
    assert client.run("DBSIZE") == 0


def test_replicas_are_not_told(node: Node, client: NodeClient) -> None:
    client.run("DEBUG POPULATE 3")
    assert node.take_journal() == []


def populate_to_the_end(node: Node, client: NodeClient) -> object:
    for _ in range(100):
        reply = client.read()
        if reply is not WAITING:
            return reply
        node.advance(1)
    return WAITING


def test_many_keys_are_made_in_slices(node: Node) -> None:
    client, other = node.client(), node.client()
    client.send("DEBUG", "POPULATE", str(AT_ONCE + 1500))
    client.send("PING")
    node.advance(1)
    assert client.read() is WAITING
    size = other.run("DBSIZE")
    assert isinstance(size, int)
    assert 0 < size < AT_ONCE
    assert populate_to_the_end(node, client) == "OK"
    assert client.read() == "PONG"
    assert other.run("DBSIZE") == AT_ONCE + 1500


def test_it_ends_with_its_client(node: Node) -> None:
    client, other = node.client(), node.client()
    client.send("DEBUG", "POPULATE", str(AT_ONCE * 2))
    node.advance(1)
    client.disconnect()
    size = other.run("DBSIZE")
    node.advance(5)
    assert other.run("DBSIZE") == size
    node.executor.blocking.check()


def test_a_transaction_makes_them_at_once(node: Node, client: NodeClient) -> None:
    client.run("MULTI")
    client.run("DEBUG", "POPULATE", str(AT_ONCE + 1))
    assert client.run("EXEC") == ["OK"]
    assert client.run("DBSIZE") == AT_ONCE + 1


def test_watched_keys_count_as_changed(node: Node) -> None:
    watcher, other = node.client(), node.client()
    watcher.run("WATCH key:1")
    other.run("DEBUG POPULATE 3")
    watcher.run("MULTI")
    assert watcher.run("EXEC") is None


def test_strings_longer_than_may_be_are_refused(client: NodeClient) -> None:
    assert client.run("DEBUG POPULATE 1 k 9223372036854775807") == StringTooLong


def test_long_strings_are_made_few_at_a_time() -> None:
    assert [slice_of(size) for size in (0, 1, 1024, 1 << 19, 1 << 30)] == [1000, 1000, 1000, 2, 1]
