"""The figures as a picture, if matplotlib is there."""

import importlib
from pathlib import Path
from typing import Any, Final

from benchmarks.results import Results

PANELS: Final = {
    "cpu_us": "server CPU, µs per operation",
    "throughput": "operations per second",
    "latency_us": "round trip, µs",
    "bytes_per_key": "resident bytes per key",
    "pause_ms": "longest round trip while inserting, ms",
    "hit_ratio": "hit ratio at 32 MB",
    "startup": "start-up ms, RSS MB, idle CPU %",
}
# Spread over orders of magnitude, or they hide the small bars.
LOGARITHMIC: Final = frozenset({"cpu_us", "throughput", "latency_us", "bytes_per_key", "pause_ms"})
COLOURS: Final = {
    "dflite": "#d1495b",
    "valkey": "#30638e",
    "redis": "#7a8b99",
    "dragonfly": "#edae49",
    "memcached": "#66a182",
}


def draw(results: Results, path: Path) -> str:
    """Draw a panel per measure; the sentence says where it is, or why it is not."""
    try:
        matplotlib = importlib.import_module("matplotlib")
    except ModuleNotFoundError:
        return "no picture: matplotlib is missing (pip install '.[bench]' brings it)"
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    panels = [measure for measure in PANELS if results.rows(measure)]
    if not panels:
        return "no picture: there are no figures"
    heights = [1.5 + 0.16 * bars(results, measure) for measure in panels]
    figure, axes = pyplot.subplots(
        len(panels),
        1,
        figsize=(10, sum(heights)),
        squeeze=False,
        gridspec_kw={"height_ratios": heights},
    )
    for axis, measure in zip(axes[:, 0], panels, strict=True):
        draw_panel(axis, results, measure)
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    figure.suptitle(f"{versions}\n{results.machine.get('cpu')}", fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return f"picture: {path}"


def bars(results: Results, measure: str) -> int:
    """How many bars a panel holds."""
    return len(results.rows(measure)) * (len(results.servers(measure)) + 1)


def draw_panel(axis: Any, results: Results, measure: str) -> None:
    """Bars side by side: a group per row, a colour per server."""
    rows = results.rows(measure)
    servers = results.servers(measure)
    width = 0.8 / len(servers)
    for place, server in enumerate(servers):
        values = [results.best(measure, row, server) or 0.0 for row in rows]
        heights = [number + (place - (len(servers) - 1) / 2) * width for number in range(len(rows))]
        drawn = axis.barh(heights, values, width, label=server, color=COLOURS.get(server))
        axis.bar_label(drawn, fmt="{:,.4g}", padding=2, fontsize=6)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.invert_yaxis()
    if measure in LOGARITHMIC:
        axis.set_xscale("log")
    axis.margins(x=0.12)
    axis.set_title(PANELS[measure], fontsize=9, loc="left")
    axis.legend(fontsize=7)
