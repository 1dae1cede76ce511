"""Reading redis-benchmark, and the percentiles of the bundled generator."""

import pytest

from benchmarks.load import LoadFailed, load_from_csv, percentile
from benchmarks.wire import operation

CSV = """"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"PING_MBULK","77700.08","0.366","0.096","0.335","0.551","0.711","4.207"
"GET","67249.50","0.404","0.104","0.367","0.583","1.015","5.439"
"MSET (10 keys)","58309.04","0.739","0.248","0.711","1.055","1.495","3.351"
"""  # noqa: E501


def test_a_line_of_csv_gives_throughput_and_percentiles() -> None:
    load = load_from_csv(CSV, "GET")
    assert (load.rps, load.p50_ms, load.p99_ms) == (67249.50, 0.367, 1.015)


def test_mset_and_ping_are_found_under_their_longer_names() -> None:
    assert load_from_csv(CSV, "MSET").rps == 58309.04
    assert load_from_csv(CSV, "PING").rps == 77700.08


def test_a_missing_line_is_an_error_that_shows_what_was_printed() -> None:
    with pytest.raises(LoadFailed, match="Connection refused"):
        load_from_csv("", "SET", "Could not connect: Connection refused")


@pytest.mark.parametrize(
    ("percent", "wanted"), [(50, 50), (99, 99), (99.9, 100), (0, 1), (100, 100)]
)
def test_a_percentile_is_a_sample_that_was_seen(percent: float, wanted: int) -> None:
    assert percentile(list(range(1, 101)), percent) == wanted


def test_a_percentile_of_one_sample_is_that_sample() -> None:
    assert percentile([7], 99.9) == 7


def test_a_batch_of_gets_is_answered_by_two_lines_each() -> None:
    work = operation("GET", 16, 1000, 64, seed=1)
    assert work.reply_lines == 32
    assert all(batch.count(b"*2\r\n$3\r\nGET\r\n") == 16 for batch in work.batches)


def test_mset_sets_ten_keys() -> None:
    work = operation("MSET", 1, 1000, 8, seed=1)
    assert all(batch.startswith(b"*21\r\n$4\r\nMSET\r\n") for batch in work.batches)
