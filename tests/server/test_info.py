"""INFO: sections and their filters, fields beside Redis' and Valkey's, values."""

import subprocess
import sys
from pathlib import Path

import pytest

from dflite.engine.command import counted_commands
from dflite.engine.durations import reset
from dflite.server.figures import Figures
from dflite.server.info import render
from tests.support.figures import ask, field, figures_of, sections_of
from tests.support.node import Node, NodeClient
from tests.support.servers import Server

USUAL = [
    "Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
    "Errorstats", "Cluster", "Keyspace",
]  # fmt: skip
ALL = [
    "Server", "TLS", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
    "Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace",
]  # fmt: skip


@pytest.fixture
def figures(node: Node) -> Figures:
    reset(counted_commands(), node.lane)
    return figures_of(node)


# -- sections --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ([], USUAL),
        (["default"], USUAL),
        (["all"], ALL),
        (["everything"], ALL),
        (["default", "commandstats"], [*USUAL[:8], "Commandstats", *USUAL[8:]]),
        (["cpu"], ["CPU"]),
        (["keyspace", "server", "server"], ["Server", "Keyspace"]),
        (["nosuch"], []),
        (["nosuch", "cluster"], ["Cluster"]),
        (["server,cpu"], []),
    ],
)
def test_sections_by_name(figures: Figures, wanted: list[str], titles: list[str]) -> None:
    assert list(ask(figures, *wanted)) == titles


def test_the_form_is_redis(figures: Figures) -> None:
    assert render(figures, ["nosuch"]) == b""
    assert render(figures, ["cluster"]) == b"# Cluster\r\ncluster_enabled:0\r\n"
    assert render(figures, ["modules", "keyspace"]) == b"# Modules\r\n\r\n# Keyspace\r\n"


# Fields of Valkey's about what is not here: fields that expire, slots that move, threads, its loop.
LEFT_OUT = {
    "valkey_version",
    "valkey_release_stage",
    "clients_hz",
    "mem_cluster_slot_import",
    "mem_cluster_slot_export",
    "slot_migration_fork_in_progress",
    "total_net_cluster_slot_import_bytes",
    "total_net_cluster_slot_export_bytes",
    "expired_fields",
    "expired_keys_with_volatile_items_stale_perc",
    "io_threaded_freed_objects",
    "io_threaded_accept_processed",
    "io_threaded_poll_processed",
    "io_threaded_total_prefetch_batches",
    "io_threaded_total_prefetch_entries",
    "eventloop_duration_sum",
    "eventloop_duration_cmd_sum",
    "instantaneous_eventloop_duration_usec",
    "acl_access_denied_tls_cert",
    "acl_access_denied_db",
    "replicas_waiting_psync",
    "used_active_time_main_thread",
}


@pytest.mark.parametrize("peer", ["shared_valkey", "shared_redis"])
def test_no_field_of_theirs_is_missing(
    figures: Figures, request: pytest.FixtureRequest, peer: str
) -> None:
    server: Server = request.getfixturevalue(peer)
    with server.connect() as connection:
        theirs = sections_of(connection.call("INFO", "everything").data)
    ours = ask(figures, "everything")
    missing = {
        f"{title}: {name}"
        for title, fields in theirs.items()
        if title in ours and title not in ("Commandstats", "Errorstats", "Latencystats", "Keyspace")
        for name in fields
        if name not in ours[title] and name not in LEFT_OUT and name != "module"
    }
    assert missing == set()


# -- values ----------------------------------------------------------------------------------------


def test_the_server_says_who_it_is(figures: Figures) -> None:
    server = ask(figures, "server")["Server"]
    assert server["redis_version"] == "7.4.0"
    assert server["server_name"] == "dflite"
    assert server["redis_mode"] == "standalone"
    assert len(server["run_id"]) == 40
    assert server["tcp_port"] == "6379"
    assert int(server["process_id"]) > 1


def test_clients_and_what_they_do(node: Node, figures: Figures) -> None:
    first, second = node.client(), node.client()
    first.run("WATCH a b")
    clients = ask(figures, "clients")["Clients"]
    assert clients["connected_clients"] == "2"
    assert clients["watching_clients"] == "1"
    assert clients["total_watched_keys"] == "2"
    assert clients["paused_reason"] == "none"
    second.run("CLIENT PAUSE 5000 WRITE")
    clients = ask(figures, "clients")["Clients"]
    assert clients["paused_reason"] == "client_pause"
    assert clients["paused_actions"] == "write"
    assert clients["paused_timeout_milliseconds"] == "5000"


def test_commands_are_counted_with_their_failures(figures: Figures, client: NodeClient) -> None:
    client.run("SET a x")
    client.run("INCR a")
    client.run("INCR")
    client.run("CONFIG GET port")
    stats = ask(figures, "commandstats")["Commandstats"]
    assert stats["cmdstat_set"].startswith("calls=1,usec=")
    assert stats["cmdstat_set"].endswith(",rejected_calls=0,failed_calls=0")
    assert stats["cmdstat_incr"].endswith(",rejected_calls=1,failed_calls=1")
    assert "cmdstat_config|get" in stats
    assert field(figures, "Stats", "total_commands_processed") == "3"
    assert field(figures, "Stats", "total_error_replies") == "2"


def test_errors_are_counted_by_code(figures: Figures, client: NodeClient) -> None:
    client.run("INCR")
    client.run("NOSUCH")
    client.run("HELLO 9")
    errors = ask(figures, "errorstats")["Errorstats"]
    assert errors == {"errorstat_ERR": "count=2", "errorstat_NOPROTO": "count=1"}


def test_latencies_are_told_in_the_percentiles_asked_for(
    node: Node, figures: Figures, client: NodeClient
) -> None:
    node.executor.latency_tracking = True
    client.run("PING")
    node.host.settings.latency_tracking_info_percentiles = [0.0, 50.0, 99.95, 100.0]
    stats = ask(figures, "latencystats")["Latencystats"]
    names = [part.split("=")[0] for part in stats["latency_percentiles_usec_ping"].split(",")]
    assert names == ["p0", "p50", "p99.95", "p100"]
    node.host.settings.latency_tracking = False
    assert ask(figures, "latencystats")["Latencystats"] == {}


def test_the_keyspace_lists_databases_that_hold_keys(figures: Figures, client: NodeClient) -> None:
    assert ask(figures, "keyspace")["Keyspace"] == {}
    client.run("SET a 1")
    client.run("SET b 1 PX 4000")
    client.run("SELECT 9")
    client.run("SET c 1 PX 4000")
    assert ask(figures, "keyspace")["Keyspace"] == {
        "db0": "keys=2,expires=1,avg_ttl=4000",
        "db9": "keys=1,expires=1,avg_ttl=4000",
    }


def test_the_cpu_time_grows(figures: Figures) -> None:
    cpu = ask(figures, "cpu")["CPU"]
    assert float(cpu["used_cpu_user"]) > 0
    assert all(len(value.split(".")[1]) == 6 for value in cpu.values())


# -- a real process --------------------------------------------------------------------------------


def test_a_process_counts_bytes_and_commands(dflite: Server) -> None:
    with dflite.connect() as connection:
        connection.pipeline([("SET", f"k{i}", "v") for i in range(1000)])
        connection.pipeline([("GET", f"k{i}") for i in range(1100)])
        info = sections_of(connection.call("INFO", "everything").data)
        stats = info["Stats"]
        assert int(stats["total_commands_processed"]) >= 2100
        assert (stats["keyspace_hits"], stats["keyspace_misses"]) == ("1000", "100")
        assert stats["keyspace_mutations"] == "1000"
        assert int(stats["total_net_input_bytes"]) > 40_000
        assert info["Commandstats"]["cmdstat_get"].startswith("calls=1100,usec=")
        assert int(info["Memory"]["used_memory"]) > 16_000
        assert int(info["Memory"]["used_memory_rss"]) > 5_000_000
        connection.call("CONFIG", "RESETSTAT")
        stats = sections_of(connection.call("INFO", "stats").data)["Stats"]
        assert stats["keyspace_hits"] == "0"
        assert int(stats["total_commands_processed"]) <= 1


def test_the_executable_is_told_by_its_whole_path(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv[0] = './dflite'; import dflite.server.info as i; print(i.EXECUTABLE)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tmp_path / "dflite")
