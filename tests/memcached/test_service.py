"""What the clients of a node share."""

from dflite.engine.replication import PrimaryLink
from dflite.replication import roles
from tests.support.mc_node import McClient
from tests.support.node import Node


def test_bytes_of_connections_that_are_gone_still_count() -> None:
    node = Node()
    first = McClient(node)
    second = McClient(node, first.service)
    first.run("get a")
    second.run("get abc")
    assert first.service.bytes_in() == 7 + 9
    assert len(first.service.clients()) == 2
    first.conn.abort()
    assert first.service.bytes_in() == 7 + 9
    assert first.service.clients() == [second.state]


def test_a_flush_to_come_is_forgotten_by_who_becomes_a_replica() -> None:
    node = Node()
    mc = McClient(node)
    client = node.client()
    client.run("SET a 1")
    mc.run("flush_all 3")
    roles.become_replica(node.executor, PrimaryLink("127.0.0.1", 1, node.clock.now_ms))
    node.advance(2000)
    roles.become_primary(node.executor)
    node.advance(10_000)
    assert client.run("GET a") == b"1"


def test_a_flush_to_come_waits_until_a_pause_is_over() -> None:
    node = Node()
    mc = McClient(node)
    client = node.client()
    client.run("SET a 1")
    mc.run("flush_all 3")
    client.run("CLIENT PAUSE 100000 WRITE")
    node.advance(5000)
    node.advance(5000)
    assert client.run("GET a") == b"1"
    client.run("CLIENT UNPAUSE")
    node.advance(1000)
    assert client.run("GET a") is None
    assert node.journal[-1] == "FLUSHDB"
