"""The requests of the traces: as many as asked for, always the same, of the shape in their name."""

import pytest

from benchmarks.traces import KEYS, size_of, traces

COUNT = 30_000
CAPACITY = 2_000
NAMES = list(traces(COUNT, CAPACITY))


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_is_as_long_as_it_is_told_and_always_the_same(name: str) -> None:
    trace = traces(COUNT, CAPACITY)[name]()
    assert len(trace) == COUNT
    assert trace == traces(COUNT, CAPACITY)[name]()
    assert min(trace) >= 0


def test_more_skew_asks_for_fewer_keys() -> None:
    made = traces(COUNT, CAPACITY)
    distinct = [len(set(made[f"zipf {skew}"]())) for skew in (0.7, 0.9, 1.1)]
    assert distinct == sorted(distinct, reverse=True)


def test_a_loop_is_larger_than_the_cache() -> None:
    assert len(set(traces(COUNT, CAPACITY)["a loop"]())) == CAPACITY * 3 // 2


def test_scans_and_wonders_ask_for_what_nobody_else_wants() -> None:
    for name in ("zipf 0.9 with scans", "one-hit wonders"):
        strangers = [key for key in traces(COUNT, CAPACITY)[name]() if key >= KEYS]
        assert len(strangers) > COUNT // 10
        assert len(set(strangers)) == len(strangers)


def test_popularity_moves_where_it_is_said_to() -> None:
    for name in ("drifting popularity", "jumping popularity"):
        trace = traces(300_000, CAPACITY)[name]()
        first, last = trace[:10_000], trace[-10_000:]
        assert max(set(first), key=first.count) != max(set(last), key=last.count)


def test_sizes_belong_to_keys_and_vary_only_where_they_shall() -> None:
    assert size_of("zipf 1.0", 5, 4000) == 4000
    sizes = [size_of("zipf 1.0, sizes of ETC", key, 4000) for key in range(2_000)]
    assert sizes == [size_of("zipf 1.0, sizes of ETC", key, 4000) for key in range(2_000)]
    assert len(set(sizes)) > 500
    assert max(sizes) <= 4000 * 30
    assert 2_000 < sum(sizes) / len(sizes) < 8_000
