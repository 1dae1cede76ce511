"""The figures of a run: samples by measure, row and server; their best and their middle."""

import json
import statistics
from pathlib import Path
from typing import Final

# Of all measures only these are better when larger.
LARGER_IS_BETTER: Final = frozenset(
    {
        "throughput",
        "tls_throughput",
        "scripts_throughput",
        "queues_throughput",
        "hit_ratio",
        "limit_throughput",
        "limit_kept",
        "persistence_keys",
    }
)


class Results:
    """Samples as they come, and the facts they belong to."""

    def __init__(self) -> None:
        self.machine: dict[str, str | int] = {}
        self.settings: dict[str, str | int | float] = {}
        self.versions: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self.notes: list[str] = []
        self.samples: dict[str, dict[str, dict[str, list[float]]]] = {}

    def add(self, measure: str, row: str, server: str, value: float) -> None:
        """One more sample."""
        rows = self.samples.setdefault(measure, {})
        rows.setdefault(row, {}).setdefault(server, []).append(value)

    def rows(self, measure: str) -> list[str]:
        """The rows of a measure, in the order they came."""
        return list(self.samples.get(measure, {}))

    def servers(self, measure: str) -> list[str]:
        """The servers that a measure has samples of, in the order they came."""
        seen: dict[str, None] = {}
        for by_server in self.samples.get(measure, {}).values():
            seen.update(dict.fromkeys(by_server))
        return [name for name in self.versions if name in seen]

    def best(self, measure: str, row: str, server: str) -> float | None:
        """The sample that the machine's other work disturbed least."""
        found = self.samples.get(measure, {}).get(row, {}).get(server)
        if not found:
            return None
        return max(found) if measure in LARGER_IS_BETTER else min(found)

    def median(self, measure: str, row: str, server: str) -> float | None:
        """The middle of all samples."""
        found = self.samples.get(measure, {}).get(row, {}).get(server)
        return statistics.median(found) if found else None

    def ratio(self, measure: str, row: str, server: str, rival: str) -> float | None:
        """Best by best."""
        return quotient(self.best(measure, row, server), self.best(measure, row, rival))

    def median_ratio(self, measure: str, row: str, server: str, rival: str) -> float | None:
        """Middle by middle."""
        return quotient(self.median(measure, row, server), self.median(measure, row, rival))

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "machine": self.machine,
            "settings": self.settings,
            "versions": self.versions,
            "missing": self.missing,
            "notes": self.notes,
            "samples": self.samples,
        }
        path.write_text(json.dumps(content, indent=1) + "\n")


def load_results(path: Path) -> Results:
    """What `save` wrote."""
    content = json.loads(path.read_text())
    results = Results()
    results.machine = content["machine"]
    results.settings = content["settings"]
    results.versions = content["versions"]
    results.missing = content["missing"]
    results.notes = content["notes"]
    results.samples = content["samples"]
    return results


def quotient(upper: float | None, lower: float | None) -> float | None:
    """Their ratio, if there is one."""
    if upper is None or lower is None or lower == 0:
        return None
    return upper / lower
