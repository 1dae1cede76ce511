"""Replication's state: histories and who can go on in them, who wants the stream, copies."""

from dflite.engine.replication import (
    LOG,
    NO_OFFSET,
    NOBODY,
    ONLINE,
    PRIMARY,
    REPLICAS,
    PrimaryLink,
    Replica,
    Replication,
)
from tests.support.node import Node, NodeClient


def state_of(node: Node) -> Replication:
    return node.executor.replication


def add_replica(node: Node, acked: int = 0) -> Replica:
    client = node.client()
    replica = Replica(client.id, client.conn, node.clock.now_ms)
    replica.state = ONLINE
    replica.acked = acked
    state_of(node).replicas[client.id] = replica
    return replica


def test_the_stream_is_written_while_somebody_wants_it() -> None:
    node = Node(journal=False)
    replication = state_of(node)
    client = node.client()
    client.run("SET k v")
    assert replication.offset == 0
    first = replication.id
    replication.want_stream(LOG, True)
    assert replication.id != first  # nobody can go on from what was not written
    client.run("SET k v")
    written = replication.offset
    assert written > 0
    replication.want_stream(REPLICAS, True)
    replication.want_stream(LOG, False)
    assert replication.can_go_on(replication.id, 1)
    replication.want_stream(REPLICAS, False)
    client.run("SET k v")
    assert replication.offset == written
    assert not replication.can_go_on(replication.id, 1)


def test_a_promoted_node_lets_those_go_on_who_followed_the_same_primary() -> None:
    node = Node()
    replication = state_of(node)
    replication.want_stream(REPLICAS, True)
    node.client().run("SET k v")
    former, end = replication.id, replication.offset
    replication.branch_off()
    node.client().run("SET k w")
    assert replication.former_id == former
    assert replication.former_offset == end + 1
    assert replication.can_go_on(former, end + 1)
    assert not replication.can_go_on(former, end + 2)
    assert replication.can_go_on(replication.id, end + 2)
    assert not replication.can_go_on(NOBODY, 1)


def test_a_history_that_was_taken_over_goes_on_where_it_stands() -> None:
    node = Node(journal=False)
    replication = state_of(node)
    replication.primary = PrimaryLink("127.0.0.1", 1, node.clock.now_ms)
    replication.want_stream(PRIMARY, True)
    replication.follow_history("a" * 40, 5000)
    assert replication.offset == 5000
    assert replication.can_go_on("a" * 40, 5001)
    assert replication.former_offset == NO_OFFSET
    node.client().run("SET k v")
    assert replication.offset == 5000  # what happens here is for the primary to tell


def test_writes_are_refused_without_enough_replicas_that_keep_up(
    node: Node, client: NodeClient
) -> None:
    replication = state_of(node)
    replication.least_replicas = 1
    replication.longest_lag_s = 10
    replication.look_at_replicas()
    assert client.run("SET k v") == "NOREPLICAS Not enough good replicas to write."
    replica = add_replica(node)
    replication.look_at_replicas()
    assert client.run("SET k v") == "OK"
    node.advance(11_000)
    replication.look_at_replicas()
    assert replication.good() == 0
    assert client.run("SET k v") == "NOREPLICAS Not enough good replicas to write."
    assert client.run("GET k") == b"v"
    replication.has_acked(replica, 1, 0)
    replication.look_at_replicas()
    assert client.run("SET k v") == "OK"
    replication.forget(replica.id)
    assert client.run("SET k v") == "NOREPLICAS Not enough good replicas to write."
