"""LATENCY."""

import pytest

from dflite.base.errors import WrongArity
from dflite.base.server_errors import NoLatencySamples
from dflite.engine.command import COMMANDS, every_command
from dflite.engine.durations import reset
from tests.support.node import START_MS, Node, NodeClient
from tests.support.resp import ARRAY, BULK, MAP, VERBATIM


@pytest.fixture
def watched(node: Node, client: NodeClient) -> NodeClient:
    """A client of a node that has seen spikes."""
    monitor = node.executor.latency
    monitor.threshold_ms = 10
    monitor.add("command", 20, START_MS // 1000 - 5)
    monitor.add("command", 50, START_MS // 1000 - 2)
    monitor.add("expire-cycle", 12, START_MS // 1000)
    return client


def test_latest_tells_of_each_event_the_last_and_the_worst(watched: NodeClient) -> None:
    now = START_MS // 1000
    assert watched.run("LATENCY LATEST") == [
        [b"command", now - 2, 50, 50],
        [b"expire-cycle", now, 12, 12],
    ]


def test_history_lists_seconds_and_milliseconds(watched: NodeClient) -> None:
    now = START_MS // 1000
    assert watched.run("LATENCY HISTORY command") == [[now - 5, 20], [now - 2, 50]]
    assert watched.run("LATENCY HISTORY nosuch") == []
    assert watched.run("LATENCY HISTORY") == WrongArity


def test_reset_counts_the_events_that_it_forgot(watched: NodeClient) -> None:
    assert watched.run("LATENCY RESET nosuch command") == 1
    assert watched.run("LATENCY RESET") == 1
    assert watched.run("LATENCY LATEST") == []
    assert watched.run("LATENCY RESET") == 0


def test_graph_and_doctor_are_texts(watched: NodeClient) -> None:
    assert watched.run_exactly("LATENCY GRAPH command").kind == BULK
    assert watched.run("LATENCY GRAPH nosuch") == NoLatencySamples
    watched.run("HELLO 3")
    assert watched.run_exactly("LATENCY GRAPH command").kind == VERBATIM
    assert watched.run_exactly("LATENCY DOCTOR").kind == VERBATIM
    report = watched.run("LATENCY DOCTOR")
    assert isinstance(report, bytes)
    assert b"command: 2 spikes" in report


def test_slow_commands_are_noted_above_the_threshold(node: Node, client: NodeClient) -> None:
    row = COMMANDS[b"PING"]
    node.executor.latency.threshold_ms = 5
    node.executor.count(client.state, row, [b"PING"], 4_999)
    assert client.run("LATENCY LATEST") == []
    node.executor.count(client.state, row, [b"PING"], 7_000)
    node.executor.count(client.state, COMMANDS[b"KEYS"], [b"KEYS"], 9_000)
    events = client.run("LATENCY LATEST")
    assert isinstance(events, list)
    assert [event[0] for event in events] == [b"fast-command", b"command"]


# -- HISTOGRAM -------------------------------------------------------------------------------------


@pytest.fixture
def timed(node: Node, client: NodeClient) -> NodeClient:
    """A client of a node on which commands have taken 1, 3, 3 and 40 microseconds."""
    reset(every_command(), node.lane)
    for usec in (1, 3, 3, 40):
        node.executor.count(client.state, COMMANDS[b"GET"], [b"GET"], usec)
    row = COMMANDS[b"CONFIG"].subcommands[b"GET"]
    node.executor.count(client.state, row, [b"CONFIG", b"GET"], 100)
    return client


def test_a_histogram_cumulates_calls_at_powers_of_two(timed: NodeClient) -> None:
    timed.node.executor.latency_tracking = False  # what follows is not to be counted
    timed.run("HELLO 3")
    assert timed.run("LATENCY HISTOGRAM get") == {
        b"get": {b"calls": 4, b"histogram_usec": {1: 1, 4: 3, 66: 4}}
    }


def test_a_containers_name_stands_for_its_subcommands(timed: NodeClient) -> None:
    timed.run("HELLO 3")
    found = timed.run("LATENCY HISTOGRAM config nosuch a|b|c")
    assert found == {b"config|get": {b"calls": 1, b"histogram_usec": {132: 1}}}
    assert timed.run("LATENCY HISTOGRAM config|get") == found


def test_a_histogram_of_all_has_what_has_run(timed: NodeClient) -> None:
    assert timed.run_exactly("LATENCY HISTOGRAM").kind == ARRAY
    timed.run("HELLO 3")
    assert timed.run_exactly("LATENCY HISTOGRAM").kind == MAP
    found = timed.run("LATENCY HISTOGRAM")
    assert isinstance(found, dict)
    assert {b"get", b"config|get", b"hello"} <= set(found)
    assert b"set" not in found


def test_what_the_hot_lane_answered_is_in_the_histogram() -> None:
    node = Node(lane=True, journal=False)
    reset(every_command(), node.lane)
    client = node.client()
    client.run_all(*["GET nosuch"] * 50)
    assert node.lane.calls.total() == 50
    client.run("HELLO 3")
    found = client.run("LATENCY HISTOGRAM get")
    assert isinstance(found, dict)
    assert found[b"get"][b"calls"] == 50
    assert max(found[b"get"][b"histogram_usec"].values()) == 50


def test_help(client: NodeClient) -> None:
    lines = client.run("LATENCY HELP")
    assert isinstance(lines, list)
    assert {"DOCTOR", "GRAPH event", "LATEST", "HELP"} <= set(lines)
