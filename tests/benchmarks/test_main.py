"""The whole harness, small, against a real server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.servers import SERVERS

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("name", ["valkey", "dflite"])
def test_a_tiny_run_prints_tables_and_saves_figures(name: str, tmp_path: Path) -> None:
    if SERVERS[name].find() is None:
        pytest.skip(f"{name} is not installed: {SERVERS[name].missing}")
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "--quick", "--servers", name),
            *(
                "--only",
                "cpu,collections,latency,memory,elements,pause,giants,startup,tls",
                "--generator",
                "bundled",
            ),
            *("--rounds", "1", "--requests", "200", "--keys", "2000", "--idle", "0.1"),
            *("--json", str(figures)),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    saved = json.loads(figures.read_text())
    # Others may load the machine; nothing else is worth a note.
    notes = [note for note in saved["notes"] if not note.startswith("the machine is busy")]
    assert notes == [
        "load by the bundled generator, which is slower than the servers: "
        "compare CPU per operation, not throughput"
    ]
    assert set(saved["versions"]) == {name}
    for measure in (
        "cpu_us", "collections_us", "throughput", "latency_us", "bytes_per_key",
        "bytes_per_element", "pause_ms", "giants_ms", "startup",
    ):  # fmt: skip
        assert all(name in row for row in saved["samples"][measure].values())
    for words in (
        "GET P=64",
        "GET p99.9",
        "value of 1024",
        "insert, wall clock",
        "zset is flushed",
        "idle CPU %",
    ):
        assert words in done.stdout


def test_a_tiny_run_of_what_concerns_limits(tmp_path: Path) -> None:
    if SERVERS["dflite"].find() is None:
        pytest.skip("dflite is not installed")
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks", "--quick", "--servers", "dflite"),
            *("--only", "limit,resident,expiry,soak", "--generator", "bundled"),
            *("--requests", "400", "--keys", "50000", "--idle", "0.1", "--minutes", "0.02"),
            *("--json", str(figures)),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    saved = json.loads(figures.read_text())
    assert not [note for note in saved["notes"] if "failed" in note]
    for measure in ("limit_us", "limit_kept", "limit_bytes", "resident", "expiry"):
        assert all("dflite" in row for row in saved["samples"][measure].values())
    for words in ("less waits for a core", "seconds behind", "in the end"):
        assert words in done.stdout


def test_without_a_server_the_exit_status_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--servers", "dragonfly", "--generator", "bundled"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "dragonfly is left out: no dragonfly on the path" in done.stderr
