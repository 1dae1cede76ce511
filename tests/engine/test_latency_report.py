"""LATENCY GRAPH and LATENCY DOCTOR as texts."""

import pytest

from dflite.engine.latency import LatencyMonitor
from dflite.engine.latency_report import COLUMNS, age_text, draw_graph, examine

NOW = 1_000_000


@pytest.fixture
def monitor() -> LatencyMonitor:
    """One that notes everything from 10 ms on."""
    monitor = LatencyMonitor()
    monitor.threshold_ms = 10
    return monitor


def test_a_graph_has_a_column_for_each_sample(monitor: LatencyMonitor) -> None:
    for i, ms in enumerate((10, 50, 100, 10)):
        monitor.add("command", ms, NOW - 200 + i * 60)
    lines = draw_graph("command", monitor, NOW).splitlines()
    assert lines[0] == "command: 10 to 100 ms, at worst 100 ms"
    assert lines[1] == "-" * COLUMNS
    rows = lines[2:6]
    assert [row[2] for row in rows] == ["|", "|", "|", "|"]
    assert [row.ljust(4)[0] for row in rows] == [" ", " ", " ", "."]
    assert lines[7].startswith("3212")
    assert lines[8].startswith("mmm0")


def test_a_single_sample_makes_a_graph_too(monitor: LatencyMonitor) -> None:
    monitor.add("command", 30, NOW)
    assert draw_graph("command", monitor, NOW).endswith("\n.\n\n0\ns\n")


def test_a_graph_shows_the_last_columns_only(monitor: LatencyMonitor) -> None:
    for i in range(150):
        monitor.add("command", 10 + i % 7, NOW - 150 + i)
    assert max(len(line) for line in draw_graph("command", monitor, NOW).splitlines()) == COLUMNS


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (7300, "2h"), (200_000, "2d")]
)
def test_ages(seconds: int, text: str) -> None:
    assert age_text(seconds) == text


def test_the_doctor_says_how_to_begin() -> None:
    assert "CONFIG SET latency-monitor-threshold" in examine(LatencyMonitor(), NOW, 10_000)


def test_the_doctor_has_nothing_to_say_without_a_spike(monitor: LatencyMonitor) -> None:
    assert "No spike" in examine(monitor, NOW, 10_000)


def test_the_doctor_describes_events_and_gives_advice(monitor: LatencyMonitor) -> None:
    monitor.add("command", 20, NOW - 10)
    monitor.add("command", 40, NOW - 5)
    monitor.add("expire-cycle", 15, NOW - 1)
    monitor.add("fast-command", 12, NOW - 1)
    report = examine(monitor, NOW, 50_000)
    assert (
        "1. command: 2 spikes, 30 ms on average (mean deviation 10 ms), one in 5.00 s, "
        "at worst 40 ms." in report
    )
    assert "CONFIG SET slowlog-log-slower-than 10000" in report
    assert "deadlines" in report
    assert "SLOWLOG GET" in examine(monitor, NOW, 5_000)
