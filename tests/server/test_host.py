"""What commands ask of the process: settings in both directions, figures, the end."""

import asyncio
import logging
from pathlib import Path

import pytest

from dflite.base.errors import CustomError
from dflite.base.server_errors import ShutdownFailed
from dflite.native.wire.requests import Limits
from dflite.server.ending import nobody_asked
from dflite.server.host import NodeHost
from tests.support.figures import figures_of, sections_of
from tests.support.mc_node import McClient
from tests.support.node import Node


@pytest.fixture
def host(node: Node) -> NodeHost:
    host = NodeHost(node.host.settings)
    figures = figures_of(node)
    event = asyncio.Event()
    host.join(node.executor, figures, Limits(), event, figures.saving, figures.restoring)
    return host


def test_changed_settings_reach_the_parts(node: Node, host: NodeHost) -> None:
    host.change_settings(
        [
            ("maxmemory", "100mb"),
            ("requirepass", "secret"),
            ("slowlog-log-slower-than", "5"),
            ("latency-monitor-threshold", "7"),
            ("latency-tracking", "no"),
            ("client-query-buffer-limit", "2mb"),
            ("client-output-buffer-limit", "normal 5mb 1mb 3"),
        ],
        True,
    )
    executor = node.executor
    assert executor.max_memory == executor.lane.memory.limit == 100 << 20
    assert executor.users.default.has_password(b"secret")
    assert executor.slowlog.threshold_us == 5
    assert executor.latency.threshold_ms == 7
    assert not executor.latency_tracking
    assert host.limits.query_buffer == 2 << 20
    assert host.limits.output_buffer == 5 << 20


def test_a_low_threshold_of_the_slow_log_turns_the_hot_lane_off(host: NodeHost) -> None:
    lane = host.executor.lane
    assert lane.reads
    host.change_settings([("slowlog-log-slower-than", "0")], True)
    assert not lane.reads
    host.change_settings([("slowlog-log-slower-than", "-1")], True)
    assert lane.reads


def test_refusals_are_errors_for_clients(host: NodeHost) -> None:
    with pytest.raises(CustomError) as refusal:
        host.change_settings([("nosuch", "1")], True)
    assert refusal.value.wire().startswith(b"ERR Unknown option")
    with pytest.raises(CustomError) as refusal:
        host.rewrite_settings()
    assert refusal.value.wire() == b"ERR The server is running without a config file"


def test_settings_can_be_asked_for(host: NodeHost) -> None:
    assert host.setting("maxclients") == 10_000
    assert host.settings_matching(["maxclien*"]) == [("maxclients", "10000")]


def test_figures_are_told_and_reset(node: Node, host: NodeHost) -> None:
    client = node.client()
    client.run("SET a 1")
    assert "Keyspace" in sections_of(host.info(["keyspace"]))
    assert host.memory().keys == 1
    assert host.last_save_s() > 1_700_000_000
    host.reset_figures()
    assert host.figures.commands() == 0
    assert b"".join(host.http("GET", "/healthz", 0)).startswith(b"HTTP/1.1 200 ")


def test_shutdown_saves_or_does_not_stop(host: NodeHost, tmp_path: Path) -> None:
    host.settings.dir = str(tmp_path / "none")
    with pytest.raises(ShutdownFailed):
        host.shutdown(True, False, False, nobody_asked)
    assert not host.stopped.is_set()
    assert host.figures.is_ready()
    host.settings.dir = str(tmp_path)
    host.shutdown(True, False, False, nobody_asked)
    assert (tmp_path / "dump.rdb").exists()
    assert host.stopped.is_set()
    assert not host.figures.is_ready()


def test_lines_that_strangers_cause_are_few(
    host: NodeHost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="dflite")
    for _ in range(50):
        host.log_of_many("warning", "kind", "again")
    host.log("notice", "once")
    assert [record.getMessage() for record in caplog.records] == ["again", "once"]


def test_a_password_reaches_clients_that_cannot_say_it(node: Node, host: NodeHost) -> None:
    mc = McClient(node)
    assert mc.conn.plain
    host.change_settings([("requirepass", "secret")], True)
    assert not mc.conn.plain
    assert not mc.state.authenticated
    host.change_settings([("requirepass", "")], True)
    assert mc.conn.plain


def test_a_limit_that_holds_hardly_anything_is_worth_a_line(
    host: NodeHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.change_settings([("maxmemory", "1gb")], True)
    assert not caplog.records
    host.change_settings([("maxmemory", "100")], True)
    host.change_settings([("maxmemory-samples", "7")], True)
    lines = [record.getMessage() for record in caplog.records if "100 bytes" in record.getMessage()]
    assert len(lines) == 1
