"""Figures: what is counted, rates, peaks, beginning anew."""

import errno

import pytest

from dflite.base.script_errors import BusyScript
from dflite.engine.command import every_command
from dflite.engine.durations import reset
from dflite.engine.replication import PrimaryLink
from dflite.server.figures import Figures
from tests.support.figures import figures_of
from tests.support.node import Node, NodeClient

pytestmark = pytest.mark.usefixtures("fresh_values")


@pytest.fixture
def node() -> Node:
    """With the hot lane, whose calls count too."""
    node = Node(lane=True, journal=False)
    reset(every_command(), node.lane)
    return node


@pytest.fixture
def figures(node: Node) -> Figures:
    return figures_of(node)


def test_handlers_and_hot_lane_count_as_one(figures: Figures, client: NodeClient) -> None:
    client.run_all("SET a 1", "GET a", "GET b", "STRLEN a", "SET a 1 EX 10", "INCR b")
    assert figures.lane.calls.total() == 4
    assert figures.commands() == 6
    assert (figures.hits(), figures.misses()) == (2, 1)
    assert figures.changes() == 3


def test_rates_look_back_some_seconds(node: Node, figures: Figures, client: NodeClient) -> None:
    assert figures.rates().commands == 0
    for _ in range(8):
        client.run_all(*["GET a"] * 100)
        node.advance(1000)
        figures.sample(node.clock.now_ms)
    assert figures.rates().commands == 100
    node.advance(1000)
    assert figures.rates().commands == 75
    for _ in range(5):
        node.advance(1000)
        figures.sample(node.clock.now_ms)
    assert figures.rates().commands == 0


def test_the_peak_is_remembered(node: Node, figures: Figures, client: NodeClient) -> None:
    client.run("SET", "a", "x" * 100_000)
    figures.sample(node.clock.now_ms)
    client.run("DEL a")
    memory = figures.memory()
    assert memory.peak > 100_000 > memory.used
    assert memory.resident > 1_000_000
    assert memory.keys == 0


def test_used_memory_is_what_tables_and_buffers_take(
    node: Node, figures: Figures, client: NodeClient
) -> None:
    before = figures.memory()
    client.run("SET a 1")
    client.raw(b"*2\r\n$3\r\nGET\r\n$100000\r\n" + b"x" * 50_000)
    memory = figures.memory()
    assert memory.used - before.used == node.keyspace.memory() + memory.buffers - before.buffers
    assert memory.buffers - before.buffers >= 50_000
    figures.sample(node.clock.now_ms)
    assert figures.longest_input() >= 50_000


def test_reset_begins_anew(node: Node, figures: Figures, client: NodeClient) -> None:
    figures.doorman.accepted = 5
    client.run_all("SET a 1", "GET a", "GET b", "INCR", "NOSUCH", "STRLEN a")
    client.run("SET a 1 PX 1")
    node.advance(5)
    client.run("EXISTS a")
    executor = node.executor
    assert executor.error_replies == 2
    assert executor.effects.expired == 1
    changes = figures.changes()
    figures.reset()
    assert figures.commands() == figures.hits() == figures.misses() == 0
    assert executor.error_replies == executor.effects.expired == figures.doorman.accepted == 0
    assert executor.errors == {}
    assert figures.rows() == []
    assert figures.changes() == changes
    client.run("GET a")
    assert figures.commands() == 1


def test_rows_are_those_that_were_asked_for(figures: Figures, client: NodeClient) -> None:
    client.run("PING")
    client.run("INCR")
    assert sorted(row.name for row in figures.rows()) == ["incr", "ping"]


def test_time_to_live_is_an_average_of_some(
    node: Node, figures: Figures, client: NodeClient
) -> None:
    assert figures.average_ttl_ms(node.db) == 0
    client.run("SET a 1")
    assert figures.average_ttl_ms(node.db) == 0
    client.run("SET a 1 PX 5000")
    assert figures.average_ttl_ms(node.db) == 5000
    client.run("SET b 1 PX 7000")
    assert 5000 <= figures.average_ttl_ms(node.db) <= 7000
    node.clock.advance(8000)
    assert figures.average_ttl_ms(node.db) == 0
    assert len(node.db) == 2, "who looks at INFO lets nothing expire"


def test_ready_means_neither_loading_nor_ending(figures: Figures) -> None:
    assert figures.is_ready()
    figures.executor.loading = True
    assert not figures.is_ready()
    figures.executor.loading = False
    figures.stopping = True
    assert not figures.is_ready()


class Half:
    """A file of which one half was read."""

    size = 200
    loaded_bytes = 100


def test_why_a_node_is_not_ready_is_told(node: Node, figures: Figures) -> None:
    executor = node.executor
    assert figures.why_not_ready() == ""
    executor.loading = True
    figures.restoring.load = Half()
    assert figures.why_not_ready() == "data are being loaded: 100 of 200 bytes"
    figures.restoring.load = None
    link = executor.replication.primary = PrimaryLink("primary", 6379, 0)
    link.state = "sync"
    link.sync_read, link.sync_total = 7, 9
    assert figures.why_not_ready() == "data are being loaded from the primary: 7 of 9 bytes"
    executor.loading = False
    executor.stale = True
    assert figures.why_not_ready() == (
        "this replica is not in sync with its primary (the link is in state sync), "
        "and replica_serve_stale_data is off"
    )
    executor.stale = False
    assert figures.why_not_ready() == "", "old data are served meanwhile"
    executor.busy_with = BusyScript()
    assert "a script" in figures.why_not_ready()
    executor.busy_with = None
    figures.stopping = True
    assert figures.why_not_ready() == "the node is ending"


def test_a_disk_that_is_full_is_why_a_node_is_not_ready(node: Node, figures: Figures) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    figures.settings.save = [(3600, 1)]
    figures.saving.failed("No space left on device")
    said = "writes are refused: the last snapshot failed: No space left on device"
    assert figures.why_not_ready() == said
    figures.settings.save = []
    figures.saving.note_outcome()
    assert figures.why_not_ready() == ""
    log = figures.restoring.log
    log.failed(full)
    said = "writes are refused: the append only file cannot be written: No space left on device"
    assert figures.why_not_ready() == said
    log.good_again()
    figures.settings.appendonly = True
    figures.settings.appendfsync = "always"
    log.miss(True)
    figures.restoring.rewriting.failed("No space left on device")
    said = "writes are refused until the append only file holds the data of this node; "
    said += "its last rewrite failed: No space left on device"
    assert figures.why_not_ready() == said


def test_clients_that_watch_are_counted_once(node: Node, figures: Figures) -> None:
    first, second = node.client(), node.client()
    first.run("WATCH a b c")
    second.run("WATCH a")
    assert figures.watching_clients() == 2


def test_listeners_are_those_of_the_settings(node: Node, figures: Figures) -> None:
    settings = node.host.settings
    settings.bind = ["127.0.0.1", "-::1"]
    settings.port = 7000
    settings.tls_port = 7001
    settings.admin_port = 7002
    settings.memcached_port = 7003
    settings.unixsocket = "/run/x"
    assert figures.listeners() == [
        "name=tcp,bind=127.0.0.1,bind=-::1,port=7000",
        "name=tls,bind=127.0.0.1,bind=-::1,port=7001",
        "name=admin,bind=127.0.0.1,bind=-::1,port=7002",
        "name=memcached,bind=127.0.0.1,bind=-::1,port=7003",
        "name=unix,bind=/run/x",
    ]
