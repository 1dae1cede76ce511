"""/metrics: names, values, labels, and pieces."""

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from dflite.engine.command import counted_commands
from dflite.engine.durations import reset
from dflite.engine.replication import ONLINE, PrimaryLink, Replica
from dflite.server.figures import Figures
from dflite.server.metrics import pieces
from tests.support.figures import figures_of
from tests.support.mc_node import McClient
from tests.support.node import Node, NodeClient


@pytest.fixture
def figures(node: Node) -> Figures:
    reset(counted_commands(), node.lane)
    return figures_of(node)


def families(figures: Figures) -> dict[str, Metric]:
    text = b"".join(pieces(figures)).decode()
    found = list(text_string_to_metric_families(text))
    assert len({family.name for family in found}) == len(found), "a metric comes twice"
    return {family.name: family for family in found}


def value(figures: Figures, name: str, **labels: str) -> float:
    for family in families(figures).values():
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    raise KeyError(name)


DRAGONFLYS = [
    "version", "master", "uptime_in_seconds", "max_clients", "connected_clients",
    "blocked_clients", "memory_used_bytes", "memory_used_peak_bytes", "memory_max_bytes",
    "used_memory_rss_bytes", "connection_memory_bytes", "oom_errors_total",
    "connections_received_total", "commands_processed_total", "keyspace_hits_total",
    "keyspace_misses_total", "keyspace_mutations_total", "net_input_bytes_total",
    "net_output_bytes_total", "net_input_recv_total", "reply_total", "expired_keys_total",
    "evicted_keys_total", "listener_accept_error_total", "commands_total",
    "commands_duration_seconds", "db_keys", "db_keys_expiring", "memory_by_class_bytes",
]  # fmt: skip


@pytest.mark.parametrize("name", DRAGONFLYS)
def test_dragonflys_names_are_kept(figures: Figures, client: NodeClient, name: str) -> None:
    client.run("PING")
    names = {s.name for family in families(figures).values() for s in family.samples}
    assert "dragonfly_" + name in names


def test_every_metric_says_what_it_is(figures: Figures, client: NodeClient) -> None:
    client.run("PING")
    for family in families(figures).values():
        assert family.documentation
        assert family.name.startswith(("dragonfly_", "dflite_", "process_"))


def test_values_are_those_of_info(node: Node, figures: Figures, client: NodeClient) -> None:
    client.run_all("SET a 1", "SET b 1 EX 100", "GET a", "GET nosuch", "INCR")
    assert value(figures, "dragonfly_commands_processed_total", listener="main") == 4
    assert value(figures, "dragonfly_commands_total", cmd="set") == 2
    assert value(figures, "dragonfly_keyspace_hits_total") == 1
    assert value(figures, "dragonfly_keyspace_misses_total") == 1
    assert value(figures, "dragonfly_db_keys", db="db0") == 2
    assert value(figures, "dragonfly_db_keys_expiring", db="db0") == 1
    assert value(figures, "dflite_errors_total", code="ERR") == 1
    assert value(figures, "dflite_command_rejections_total", cmd="incr") == 1
    assert value(figures, "dragonfly_memory_used_bytes") == node.executor.used_memory()
    McClient(node)
    assert value(figures, "dragonfly_connected_clients", listener="main") == 1
    assert value(figures, "dragonfly_connected_clients", listener="memcached") == 1


def test_durations_are_histograms(node: Node, figures: Figures, client: NodeClient) -> None:
    rows = {row.name: row for row in counted_commands()}
    for usec in (0, 3, 3, 500, 2_000_000):
        node.executor.count(client.state, rows["get"], [b"GET"], usec)
    name = "dflite_command_duration_seconds"
    assert value(figures, name + "_count", cmd="get") == 5
    assert value(figures, name + "_bucket", cmd="get", le="1e-06") == 1
    assert value(figures, name + "_bucket", cmd="get", le="4e-06") == 3
    assert value(figures, name + "_bucket", cmd="get", le="0.001024") == 4
    assert value(figures, name + "_bucket", cmd="get", le="+Inf") == 5
    assert value(figures, name + "_sum", cmd="get") == pytest.approx(2.000506)
    node.host.settings.latency_tracking = False
    assert name not in families(figures)


def test_many_commands_come_in_pieces_with_one_head(figures: Figures) -> None:
    for row in counted_commands():
        row.calls = row.times[1000] = 1
    found = list(pieces(figures))
    assert max(piece.count(b"\n") for piece in found) < 100
    text = b"".join(found).decode()
    assert text.count("# TYPE dragonfly_commands_total ") == 1
    assert text.count("# TYPE dflite_command_duration_seconds ") == 1
    assert len(families(figures)["dragonfly_commands"].samples) == len(counted_commands())
    reset(counted_commands(), figures.lane)


def test_a_primary_tells_how_far_its_replicas_are(node: Node, figures: Figures) -> None:
    assert value(figures, "dragonfly_master") == 1
    assert value(figures, "dflite_connected_replicas") == 0
    replication = node.executor.replication
    replica = Replica(7, node.client().conn, node.clock.now_ms - 3000)
    replica.ip, replica.port, replica.state = "10.0.0.2", 6380, ONLINE
    replica.acked = replication.offset - 50
    replication.replicas[7] = replica
    who = {"replica_ip": "10.0.0.2", "replica_port": "6380", "replica_state": "online"}
    assert value(figures, "dflite_connected_replicas") == 1
    assert value(figures, "dflite_replica_lag_bytes", **who) == 50
    assert value(figures, "dflite_replica_lag_seconds", **who) == 3
    assert "dragonfly_master_link_status" not in families(figures)


def test_a_replica_tells_of_its_link(node: Node, figures: Figures) -> None:
    link = PrimaryLink("10.0.0.1", 6379, node.clock.now_ms - 5000)
    node.executor.replication.primary = link
    assert value(figures, "dragonfly_master") == 0
    assert value(figures, "dragonfly_master_link_status") == 0
    assert value(figures, "dflite_master_link_down_seconds") == 5
    assert value(figures, "dragonfly_master_last_io_seconds_ago") == -1
    link.state, link.last_io_ms = "connected", node.clock.now_ms - 2000
    assert value(figures, "dragonfly_master_link_status") == 1
    assert value(figures, "dflite_master_link_down_seconds") == 0
    assert value(figures, "dragonfly_master_last_io_seconds_ago") == 2
    assert value(figures, "dragonfly_master_sync_in_progress") == 0
    assert value(figures, "dragonfly_slave_repl_offset") == node.executor.replication.offset
