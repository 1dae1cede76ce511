"""The monitor of latency spikes."""

from dflite.engine.latency import HISTORY, LatencyMonitor


def test_nothing_is_noted_while_it_is_off() -> None:
    monitor = LatencyMonitor()
    monitor.add("command", 1000, 1)
    assert monitor.events == {}


def test_what_is_quicker_than_the_threshold_is_no_spike() -> None:
    monitor = LatencyMonitor()
    monitor.threshold_ms = 10
    monitor.add("command", 9, 1)
    assert monitor.events == {}
    monitor.add("command", 10, 1)
    assert list(monitor.events) == ["command"]


def test_of_each_second_the_worst_is_kept() -> None:
    monitor = LatencyMonitor()
    monitor.threshold_ms = 1
    for ms, second in ((5, 1), (9, 1), (3, 1), (4, 2)):
        monitor.add("command", ms, second)
    samples = [(sample.time_s, sample.ms) for sample in monitor.events["command"]]
    assert samples == [(1, 9), (2, 4)]
    assert monitor.worst["command"] == 9


def test_history_is_bounded() -> None:
    monitor = LatencyMonitor()
    monitor.threshold_ms = 1
    for second in range(HISTORY + 40):
        monitor.add("command", 5, second)
    assert len(monitor.events["command"]) == HISTORY
    assert monitor.events["command"][0].time_s == 40


def test_an_event_can_be_forgotten() -> None:
    monitor = LatencyMonitor()
    monitor.threshold_ms = 1
    monitor.add("command", 5, 1)
    assert monitor.reset("command")
    assert not monitor.reset("command")
    assert monitor.worst == {}
