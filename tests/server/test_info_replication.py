"""INFO replication: the fields that Sentinel, clients and exporters read."""

from dflite.engine.replication import REPLICAS, SENT, PrimaryLink
from tests.engine.test_replication import add_replica
from tests.support.figures import ask, figures_of
from tests.support.node import Node


def section(node: Node) -> dict[str, str]:
    return ask(figures_of(node), "replication")["Replication"]


def test_a_primary_without_replicas() -> None:
    node = Node(journal=False)
    fields = section(node)
    assert fields["role"] == "master"
    assert fields["connected_slaves"] == "0"
    assert fields["master_replid"] == node.executor.replication.id
    assert fields["master_replid2"] == "0" * 40
    assert fields["second_repl_offset"] == "-1"
    assert fields["repl_backlog_active"] == "0"
    assert "master_host" not in fields


def test_a_primary_tells_of_its_replicas_and_its_history() -> None:
    node = Node(journal=False)
    replication = node.executor.replication
    replication.want_stream(REPLICAS, True)
    replication.least_replicas = 1
    one, two = add_replica(node, 17), add_replica(node)
    one.ip, one.port = "10.0.0.1", 6380
    two.ip, two.port, two.state = "10.0.0.2", 6381, SENT
    node.client().run("SET k v")
    node.advance(3000)
    fields = section(node)
    assert fields["connected_slaves"] == "2"
    assert fields["slave0"] == "ip=10.0.0.1,port=6380,state=online,offset=17,lag=3,type=replica"
    assert fields["slave1"].startswith("ip=10.0.0.2,port=6381,state=online,")
    assert fields["min_slaves_good_slaves"] == "1"
    assert fields["repl_backlog_active"] == "1"
    assert fields["repl_backlog_first_byte_offset"] == "1"
    assert fields["repl_backlog_histlen"] == fields["master_repl_offset"] != "0"


def test_a_replica_tells_of_its_primary() -> None:
    node = Node(journal=False)
    link = PrimaryLink("10.0.0.9", 6379, node.clock.now_ms)
    node.executor.replication.primary = link
    node.advance(5000)
    fields = section(node)
    assert fields["role"] == "slave"
    assert (fields["master_host"], fields["master_port"]) == ("10.0.0.9", "6379")
    assert fields["master_link_status"] == "down"
    assert fields["master_link_down_since_seconds"] == "5"
    assert fields["slave_priority"] == "100"
    link.state, link.sync_total, link.sync_read = "sync", 200, 50
    fields = section(node)
    assert fields["master_sync_in_progress"] == "1"
    assert fields["master_sync_left_bytes"] == "150"
    assert fields["master_sync_perc"] == "25.00"
    link.state, link.offset, link.last_io_ms = "connected", 70, node.clock.now_ms - 2000
    fields = section(node)
    assert fields["master_link_status"] == "up"
    assert fields["master_last_io_seconds_ago"] == "2"
    assert fields["slave_read_repl_offset"] == "70"
    assert "master_link_down_since_seconds" not in fields
