"""WAIT and WAITAOF: answered as soon as enough replicas, or disks, have what was written."""

from dflite.engine.replication import LOG
from tests.engine.test_replication import add_replica, state_of
from tests.support.node import WAITING, Node, NodeClient


def test_wait_is_answered_when_enough_have_said_so(node: Node, client: NodeClient) -> None:
    replication = state_of(node)
    one, two = add_replica(node), add_replica(node)
    client.run("SET k v")
    assert client.run("WAIT 2 0") is WAITING
    assert replication.asked
    replication.has_acked(one, replication.offset, 0)
    assert client.read() is WAITING
    replication.has_acked(two, replication.offset - 1, 0)
    assert client.read() is WAITING
    replication.has_acked(two, replication.offset, 0)
    assert client.read() == 2
    assert client.run("WAIT 2 0") == 2


def test_only_what_the_connection_itself_wrote_is_waited_for(
    node: Node, client: NodeClient
) -> None:
    replication = state_of(node)
    replica = add_replica(node)
    client.run("SET k v")
    replication.has_acked(replica, replication.offset, 0)
    node.client().run("SET other v")
    assert client.run("WAIT 1 0") == 1


def test_a_replica_that_is_lost_counts_no_more(node: Node, client: NodeClient) -> None:
    replica = add_replica(node)
    client.run("SET k v")
    assert client.run("WAIT 1 100") is WAITING
    state_of(node).forget(replica.id)
    node.advance(100)
    assert client.read() == 0


def test_waitaof_counts_disks(node: Node, client: NodeClient) -> None:
    replication = state_of(node)
    replication.want_stream(LOG, True)
    replica = add_replica(node)
    client.run("SET k v")
    assert client.run("WAITAOF 1 1 0") is WAITING
    replication.has_acked(replica, replication.offset, 0)
    assert client.read() is WAITING
    replication.file_offset = replication.offset
    replication.has_acked(replica, replication.offset, replication.offset)
    assert client.read() == [1, 1]


def test_the_lanes_writes_are_waited_for_too() -> None:
    node = Node(lane=True)
    client = node.client()
    replica = add_replica(node)
    client.run("SET k v")
    assert client.conn.write_offset == node.executor.backlog.offset > 0
    before = client.conn.write_offset
    node.client().run("SET k w")
    client.run("GET k")
    assert client.conn.write_offset == before
    state_of(node).has_acked(replica, before, 0)
    assert client.run("WAIT 1 0") == 1
