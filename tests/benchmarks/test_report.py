"""Ratios, tables, targets, and figures that survive a file."""

from pathlib import Path

from benchmarks.report import aligned, report
from benchmarks.results import Results, load_results, quotient
from benchmarks.targets import verdicts


def made() -> Results:
    """A run with three servers and figures that are easy to divide."""
    results = Results()
    results.machine = {"cpu": "Some CPU", "cores": 2}
    results.versions = {"dflite": "1", "valkey": "9", "redis": "7"}
    for server, samples in (("dflite", [9, 12]), ("valkey", [10, 12]), ("redis", [18, 24])):
        for sample in samples:
            results.add("cpu_us", "GET P=1", server, sample)
            results.add("throughput", "GET P=1", server, 1_000_000 / sample)
    results.add("bytes_per_key", "value of 64", "dflite", 121.5)
    results.add("startup", "idle CPU %", "dflite", 0.0)
    return results


def test_the_best_is_the_least_cpu_and_the_most_throughput() -> None:
    results = made()
    assert results.best("cpu_us", "GET P=1", "dflite") == 9
    assert results.best("throughput", "GET P=1", "dflite") == 1_000_000 / 9


def test_a_ratio_is_best_by_best_and_median_by_median() -> None:
    results = made()
    assert results.ratio("cpu_us", "GET P=1", "dflite", "valkey") == 0.9
    assert results.median_ratio("cpu_us", "GET P=1", "dflite", "redis") == 0.5


def test_there_is_no_ratio_to_a_server_that_was_not_measured() -> None:
    assert made().ratio("cpu_us", "GET P=1", "dflite", "dragonfly") is None
    assert quotient(1.0, 0.0) is None


def test_a_table_shows_every_server_and_both_ratios() -> None:
    line = next(line for line in report(made()).splitlines() if line.startswith("  GET P=1"))
    assert line.split() == [
        *("GET", "P=1", "9.00", "(10.50)", "10.0", "(11.0)", "18.0", "(21.0)"),
        *("0.90", "(0.95)", "0.50", "(0.50)"),
    ]


def test_targets_are_reached_not_reached_or_not_measured() -> None:
    found = {verdict.target.row: verdict.reached for verdict in verdicts(made())}
    assert found["GET P=1"] is True
    assert found["value of 64"] is False
    assert found["idle CPU %"] is True
    assert found["RSS when empty MB"] is None


def test_the_report_says_which_server_is_missing_and_why() -> None:
    results = made()
    results.missing["dragonfly"] = "no dragonfly on the path"
    assert "dragonfly is left out: no dragonfly on the path" in report(results)


def test_columns_line_up_to_the_right() -> None:
    assert aligned([["", "a"], ["row", "100"]]) == "         a\n  row  100"


def test_results_survive_a_file(tmp_path: Path) -> None:
    made().save(tmp_path / "deep" / "figures.json")
    again = load_results(tmp_path / "deep" / "figures.json")
    assert report(again) == report(made())
