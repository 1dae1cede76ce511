"""What LATENCY says in words and pictures: the graph of an event, the doctor's report."""

from typing import Final

from dflite.engine.latency import LatencyMonitor, LatencySample

COLUMNS: Final = 80
ROWS: Final = 4
LEVELS: Final = ".:|"  # heights within a row
FULL: Final = LEVELS[-1]
TIME_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "m"))


class SpikeFigures:
    """The samples of one event in numbers; times in ms, the period in seconds."""

    def __init__(self, samples: list[LatencySample], now_s: int) -> None:
        spikes = [sample.ms for sample in samples]
        self.count = len(spikes)
        self.lowest = min(spikes)
        self.highest = max(spikes)
        self.average = sum(spikes) // self.count
        self.deviation = sum([abs(ms - self.average) for ms in spikes]) // self.count
        self.period_s = max(now_s - samples[0].time_s, 1) / self.count


def draw_graph(event: str, monitor: LatencyMonitor, now_s: int) -> str:
    """The last samples of an event as columns, and below each how long ago it was."""
    samples = list(monitor.events[event])
    shown = samples[-COLUMNS:]
    figures = SpikeFigures(samples, now_s)
    lines = [
        f"{event}: {figures.lowest} to {figures.highest} ms, at worst {monitor.worst[event]} ms",
        "-" * COLUMNS,
    ]
    low = min([sample.ms for sample in shown])
    high = max([sample.ms for sample in shown])
    steps = ROWS * len(LEVELS)
    heights = []
    for sample in shown:
        height = (sample.ms - low) * steps // (high - low) if high > low else 0
        heights.append(min(height, steps - 1))
    for row in range(ROWS - 1, -1, -1):
        lines.append("".join([cell(height, row * len(LEVELS)) for height in heights]))
    ages = [age_text(max(now_s - sample.time_s, 0)) for sample in shown]
    lines.append("")
    for i in range(max([len(age) for age in ages])):
        lines.append("".join([age[i] if i < len(age) else " " for age in ages]))
    return "\n".join([line.rstrip() for line in lines]) + "\n"


def cell(height: int, below: int) -> str:
    """What a column of that height shows in the row that begins `below` steps above the ground."""
    if height < below:
        return " "
    return LEVELS[height - below] if height - below < len(LEVELS) else FULL


def age_text(seconds: int) -> str:
    """A span of time in its largest unit."""
    for length, unit in TIME_UNITS:
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def examine(monitor: LatencyMonitor, now_s: int, slowlog_us: int) -> str:
    """What the spikes are, and what to do about them."""
    if monitor.threshold_ms <= 0:
        return (
            "Latency is not being watched. To have every event of at least 100 ms noted, say\n"
            '"CONFIG SET latency-monitor-threshold 100".\n'
        )
    if not monitor.events:
        return "No spike has been seen: nothing took as long as the threshold.\n"
    lines = ["These events took longer than they should:", ""]
    for number, event in enumerate(sorted(monitor.events), 1):
        figures = SpikeFigures(list(monitor.events[event]), now_s)
        lines.append(
            f"{number}. {event}: {figures.count} spikes, {figures.average} ms on average "
            f"(mean deviation {figures.deviation} ms), one in {figures.period_s:.2f} s, "
            f"at worst {monitor.worst[event]} ms."
        )
    lines.append("")
    for advice in advise(monitor, slowlog_us):
        lines.append("- " + advice)
    return "\n".join(lines) + "\n"


def advise(monitor: LatencyMonitor, slowlog_us: int) -> list[str]:
    advice = []
    if "command" in monitor.events or "fast-command" in monitor.events:
        threshold_us = monitor.threshold_ms * 1000
        if slowlog_us < 0 or slowlog_us > threshold_us:
            advice.append(
                "The slow log does not catch these requests. To see which they are, say "
                f'"CONFIG SET slowlog-log-slower-than {threshold_us}".'
            )
        else:
            advice.append('"SLOWLOG GET" shows which requests took long.')
        advice.append("A request over very many keys or elements is better sent as several.")
    if "fast-command" in monitor.events:
        advice.append(
            "Commands that are always fast were slow: the machine may lack CPU time or be swapping."
        )
    if "expire-cycle" in monitor.events:
        advice.append("Many keys expire in the same moment: vary their deadlines a little.")
    return advice
