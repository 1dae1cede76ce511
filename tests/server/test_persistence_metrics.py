"""/metrics of persistence: what INFO says, as numbers."""

from pathlib import Path

import pytest

from dflite.persistence.increment import Increment
from dflite.server.figures import Figures
from dflite.server.persistence_metrics import persistence_metrics
from tests.support.figures import field, figures_of
from tests.support.node import Node, NodeClient


@pytest.fixture
def figures(node: Node) -> Figures:
    return figures_of(node)


def values(figures: Figures) -> dict[str, float]:
    found = {}
    for metric in persistence_metrics(figures):
        assert metric.type == "gauge"
        (sample,) = metric.samples
        found[sample.name.removeprefix("dflite_")] = float(sample.value)
    return found


def test_a_node_without_a_log_and_without_trouble(figures: Figures, client: NodeClient) -> None:
    client.run_all("SET a 1", "SET b 1")
    assert values(figures) == {
        "rdb_last_save_timestamp_seconds": figures.saving.last_save_s,
        "rdb_changes_since_last_save": 2,
        "rdb_last_bgsave_status": 1,
        "rdb_bgsave_in_progress": 0,
        "aof_enabled": 0,
        "aof_current_size_bytes": 0,
        "aof_last_write_status": 1,
        "aof_last_bgrewrite_status": 1,
        "aof_base_missing": 0,
    }


def test_whatever_fails_is_0_as_info_says_err(figures: Figures) -> None:
    log, rewriting = figures.restoring.log, figures.restoring.rewriting
    figures.settings.appendonly = True
    figures.saving.failed("No space left on device")  # as a snapshot in the background ends
    log.error = rewriting.error = "No space left on device"
    found = values(figures)
    assert found["aof_enabled"] == 1
    assert found["aof_base_missing"] == float(field(figures, "Persistence", "aof_base_missing"))
    for status in ("rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status"):
        assert found[status] == 0
        assert field(figures, "Persistence", status) == "err"


def test_the_size_of_the_log_is_that_of_info(figures: Figures, tmp_path: Path) -> None:
    log = figures.restoring.log
    log.increment = Increment(str(tmp_path / "appendonly.aof.1.incr.aof"), fresh=True)
    log.closed_size = 1234
    assert values(figures)["aof_current_size_bytes"] == 1234
    assert field(figures, "Persistence", "aof_current_size") == "1234"
