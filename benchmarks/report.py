"""Figures as text: a table per measure with ratios, and the targets."""

from typing import Final

from benchmarks.results import Results
from benchmarks.servers import RIVALS, SUBJECT
from benchmarks.targets import Verdict, verdicts

TITLES: Final = {
    "cpu_us": "Server CPU, µs per operation",
    "collections_us": "Server CPU, µs per operation on collections, P=16",
    "throughput": "Throughput, thousand operations per second",
    "latency_us": "Round trip, µs, one request at a time on each connection",
    "bytes_per_key": "Resident bytes per key of 16 bytes",
    "bytes_per_element": "Resident bytes per element, or per small collection",
    "pause_ms": "Longest round trip while new keys pour in, ms",
    "giants_ms": "Longest round trip beside huge collections, ms",
    "startup": "Starting and idling",
    "hit_ratio": "Hit ratio at 32 MB, dflite's cache mode beside policies of the others",
    "limit_us": "Round trip of a SET of a new key, µs",
    "limit_cpu_us": "Server CPU, µs per SET of a new key",
    "limit_throughput": "Throughput, thousand SETs of new keys per second",
    "limit_kept": "What evicting leaves of the throughput",
    "resident": "Resident bytes for each byte of used_memory, at the limit",
    "limit_bytes": "Resident bytes per key of about 16 bytes and value of 64",
    "expiry": "Keys that die, 1 % of them in each second, then hardly any",
    "soak": "A mixed load at the limit",
    "persistence_keys": "Snapshots and logs: thousand keys per second",
    "persistence_us": "Round trip of a SET beside them, µs",
    "scripts_us": "Scripts: server CPU, µs per EVALSHA or per call within a script",
    "scripts_throughput": "Scripts: throughput, thousand per second",
    "scripts_memory": "A script that is called again and again",
    "queues_throughput": "Job queues: jobs per second",
    "tls_cpu_us": "Over TLS: server CPU, µs per operation",
    "tls_throughput": "Over TLS: throughput, thousand operations per second",
    "handshakes_us": "Over TLS: round trip of 50 clients at 2,000 a second, µs",
    "handshakes": "What 200 bad handshakes a second do to them",
}
DIVISORS: Final = dict.fromkeys(
    ("throughput", "tls_throughput", "limit_throughput", "scripts_throughput"), 1000.0
)


def report(results: Results) -> str:
    """All tables of a run."""
    parts = [heading(results)]
    for measure in TITLES:
        if results.rows(measure):
            parts.append(table(results, measure))
    parts.append(targets_table(verdicts(results)))
    return "\n\n".join(parts)


def heading(results: Results) -> str:
    """The machine, the servers and what to keep in mind."""
    facts = results.machine
    lines = [
        f"{facts.get('cpu')}, {facts.get('cores')} cores, {facts.get('memory_mb')} MB, "
        f"{facts.get('kernel')}, {facts.get('python')}",
        "; ".join(f"{name} {version}" for name, version in results.versions.items()),
    ]
    lines += [f"{name} is left out: {why}" for name, why in results.missing.items()]
    lines += results.notes
    return "\n".join(lines)


def table(results: Results, measure: str) -> str:
    """One measure: a column per server, then dflite's ratios to its rivals."""
    servers = results.servers(measure)
    several = any(
        len(samples) > 1
        for by_server in results.samples[measure].values()
        for samples in by_server.values()
    )
    heads = ["", *servers]
    for rival in RIVALS:
        heads.append(f"{SUBJECT}/{rival}")
    lines = [heads]
    for row in results.rows(measure):
        cells = [row]
        for server in servers:
            cells.append(value_cell(results, measure, row, server, several))
        for rival in RIVALS:
            best = results.ratio(measure, row, SUBJECT, rival)
            middle = results.median_ratio(measure, row, SUBJECT, rival)
            cells.append(pair(best, middle if several else None, "{:.2f}"))
        lines.append(cells)
    title = TITLES[measure] + (": best (median)" if several else "")
    return title + "\n" + aligned(lines)


def value_cell(results: Results, measure: str, row: str, server: str, several: bool) -> str:
    """The best figure of a server, with the middle one behind it."""
    divisor = DIVISORS.get(measure, 1.0)
    best = results.best(measure, row, server)
    middle = results.median(measure, row, server) if several else None
    shown_best = None if best is None else best / divisor
    shown_middle = None if middle is None else middle / divisor
    return pair(shown_best, shown_middle, number_format(shown_best))


def number_format(value: float | None) -> str:
    """Three digits that matter."""
    if value is None or value >= 100:
        return "{:,.0f}"
    return "{:.1f}" if value >= 10 else "{:.2f}"


def pair(best: float | None, middle: float | None, form: str) -> str:
    """`best (middle)`, or a dash."""
    if best is None:
        return "-"
    shown = form.format(best)
    return shown if middle is None else f"{shown} ({form.format(middle)})"


def aligned(lines: list[list[str]]) -> str:
    """Columns in line: the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    shown = []
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        shown.append("  " + "  ".join(cells).rstrip())
    return "\n".join(shown)


def targets_table(found: list[Verdict]) -> str:
    """What the project wants, what was measured, and whether it is enough."""
    judged = [verdict for verdict in found if verdict.reached is not None]
    reached = sum(1 for verdict in judged if verdict.reached)
    title = f"Targets: {reached} of {len(judged)} reached"
    if len(judged) < len(found):
        title += f", {len(found) - len(judged)} not measured in this run"
    if not judged:
        return title
    lines = [["target", "wanted", "measured", ""]]
    for verdict in judged:
        word = "reached" if verdict.reached else "NOT reached"
        lines.append(
            [verdict.target.title, verdict.target.wanted(), f"{verdict.measured:.3g}", word]
        )
    return title + "\n" + aligned(lines)
