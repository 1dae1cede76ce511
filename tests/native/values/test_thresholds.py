"""Thresholds: up to them a collection is small, by OBJECT ENCODING; beyond them it is not."""

from collections.abc import Iterator
from typing import Final

import pytest

from dflite.native.values.thresholds import set_threshold
from tests.support.node import Node, NodeClient

DEFAULTS: Final = {
    "list_max_listpack_size": -2,
    "hash_max_listpack_entries": 512,
    "hash_max_listpack_value": 64,
    "set_max_intset_entries": 512,
    "set_max_listpack_entries": 128,
    "set_max_listpack_value": 64,
    "zset_max_listpack_entries": 128,
    "zset_max_listpack_value": 64,
    "stream_node_max_bytes": 4096,
    "stream_node_max_entries": 100,
}


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    yield
    for name, value in DEFAULTS.items():
        set_threshold(name, value)


@pytest.fixture
def client() -> NodeClient:
    return Node().client()


def encoding(client: NodeClient) -> object:
    return client.run("OBJECT ENCODING k")


# a threshold of elements, how an element is added, the forms below and beyond it
ENTRIES: Final = [
    ("hash_max_listpack_entries", "HSET k m{} v", b"listpack", b"hashtable"),
    ("set_max_intset_entries", "SADD k {}", b"intset", b"hashtable"),
    ("set_max_listpack_entries", "SADD k m{}", b"listpack", b"hashtable"),
    ("zset_max_listpack_entries", "ZADD k 1 m{}", b"listpack", b"skiplist"),
    ("list_max_listpack_size", "RPUSH k m{}", b"listpack", b"quicklist"),
]
BYTES: Final = [
    ("hash_max_listpack_value", "HSET k {} v", b"listpack", b"hashtable"),
    ("hash_max_listpack_value", "HSET k f {}", b"listpack", b"hashtable"),
    ("set_max_listpack_value", "SADD k {}", b"listpack", b"hashtable"),
    ("zset_max_listpack_value", "ZADD k 1 {}", b"listpack", b"skiplist"),
]


@pytest.mark.parametrize(("name", "line", "small", "large"), ENTRIES)
def test_a_collection_of_more_elements_is_large(
    client: NodeClient, name: str, line: str, small: bytes, large: bytes
) -> None:
    set_threshold(name, 5)
    for n in range(5):
        client.run(line.format(n))
    assert encoding(client) == small
    client.run(line.format(5))
    assert encoding(client) == large


@pytest.mark.parametrize(("name", "line", "small", "large"), BYTES)
def test_a_collection_of_a_longer_element_is_large(
    client: NodeClient, name: str, line: str, small: bytes, large: bytes
) -> None:
    set_threshold(name, 5)
    client.run(line.format("x" * 5))
    assert encoding(client) == small
    client.run("DEL k")
    client.run(line.format("x" * 6))
    assert encoding(client) == large


@pytest.mark.parametrize(("size", "limit"), [(-1, 4096), (-2, 8192), (-5, 65536), (-9, 65536)])
def test_a_node_of_a_list_may_have_so_many_bytes(client: NodeClient, size: int, limit: int) -> None:
    set_threshold("list_max_listpack_size", size)
    while encoding(client) != b"quicklist":
        client.run("RPUSH", "k", "x" * 100)
        length = client.run("LLEN k")
    assert isinstance(length, int)
    assert limit - 200 < length * 103 <= limit + 200


def test_nodes_of_a_stream_end_at_either_threshold(client: NodeClient) -> None:
    set_threshold("stream_node_max_entries", 10)
    for n in range(1, 26):
        client.run(f"XADD k {n} f v")
    assert nodes(client) == 3
    set_threshold("stream_node_max_entries", 0)
    set_threshold("stream_node_max_bytes", 1000)
    client.run("DEL k")
    for n in range(1, 31):
        client.run("XADD", "k", str(n), "f", "v" * 100)
    assert nodes(client) == 4


def nodes(client: NodeClient) -> object:
    info = client.run("XINFO STREAM k")
    assert isinstance(info, list)
    return info[info.index(b"radix-tree-keys") + 1]


def test_there_are_no_others() -> None:
    with pytest.raises(KeyError):
        set_threshold("hash_max_ziplist_entries", 1)
