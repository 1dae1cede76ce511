"""What memcached's clients store is on replicas too, with flags and deadlines."""

import pytest

from tests.support.contents import contents
from tests.support.following import Following
from tests.support.mc_node import McClient
from tests.support.node import Node

REQUESTS = [
    "set plain 0 0 1\r\nv",
    "set flagged 7 0 2\r\nvv",
    "set timed 4294967295 100 1\r\nt",
    "set number 3 0 2\r\n10",
    "incr number 5",
    "decr number 1",
    "add flagged 1 0 1\r\nx",
    "add added 2 0 1\r\nx",
    "replace added 9 50 1\r\ny",
    "append added 0 0 1\r\nz",
    "prepend added 0 0 1\r\na",
    "touch timed 500",
    "gat 900 flagged",
    "set gone 1 0 1\r\nx",
    "delete gone",
    "delete none",
    "ms meta 3 F12 T30\r\nabc",
    "ms meta2 2\r\n12",
    "ma meta2 D3",
    "md meta2",
    "mg meta v T77",
    "set past 0 -1 1\r\nx",
]


@pytest.mark.parametrize("lane", [True, False], ids=["lane", "handlers"])
def test_items_are_on_replicas_as_they_are_here(lane: bool) -> None:
    primary = Node(lane=True)
    following = Following(primary)
    if not lane:
        primary.lane.reads = primary.lane.writes = False
    client = McClient(primary)
    for request in REQUESTS:
        client.run(request)
        following.catch_up()
        assert contents(following.node.keyspace) == contents(primary.keyspace), request
    flags = [following.node.db.table(key).memcached_flags(key) for key in (b"flagged", b"timed")]
    assert flags == [7, 4294967295]
    assert (primary.lane.calls.total() > 10) == lane


def test_only_a_primary_says_flags_by_echo(node: Node) -> None:
    client = node.client()
    client.run("SET k v")
    client.run("ECHO", "memcached-flags 7 k")
    assert node.db.table(b"k").memcached_flags(b"k") == 0


def test_counting_by_floats_keeps_flags_on_replicas() -> None:
    primary = Node()
    following = Following(primary)
    McClient(primary).run("set n 7 0 2\r\n10")
    client = primary.client()
    for line in ("INCRBYFLOAT n 1.5", "APPEND n 0", "SETRANGE n 0 9", "SETBIT n 1 0", "STICK n"):
        client.run(line)
        following.catch_up()
        assert primary.db.table(b"n").memcached_flags(b"n") == 7
        assert contents(following.node.keyspace) == contents(primary.keyspace), line


def test_only_a_primary_says_what_sticks(node: Node) -> None:
    client = node.client()
    client.run("SET k v")
    client.run("ECHO", "sticky-key k")
    assert not node.db.table(b"k").is_sticky(b"k")
