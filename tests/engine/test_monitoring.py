"""MONITOR's lines."""

from tests.support.node import Node


def test_a_monitor_sees_others_requests_with_their_time_database_and_origin() -> None:
    node = Node(now_ms=1_800_000_000_250)
    monitor, other = node.client(), node.client()
    assert monitor.run("MONITOR") == "OK"
    other.run("SELECT 3")
    other.run("SET", "k", b"\x01")
    assert monitor.read_all() == [
        f'1800000000.250000 [3 {other.state.addr}] "SELECT" "3"',
        f'1800000000.250000 [3 {other.state.addr}] "SET" "k" "\\x01"',
    ]


def test_a_monitor_sees_each_request_of_a_transaction_and_no_administration() -> None:
    node = Node()
    monitor, other = node.client(), node.client()
    monitor.run("MONITOR")
    other.run_all("MULTI", "INCR n", "EXEC", "CONFIG GET port")
    seen = [str(line).split("] ")[1] for line in monitor.read_all()]
    assert seen == ['"MULTI"', '"INCR" "n"', '"EXEC"']


def test_a_monitor_sees_no_passwords() -> None:
    node = Node()
    monitor, other = node.client(), node.client()
    monitor.run("MONITOR")
    other.run("AUTH secret")
    assert str(monitor.read()).endswith('"AUTH" "(redacted)"')
