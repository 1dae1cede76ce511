"""The caches that are written down in a few lines, and dflite's own beside them."""

import pytest

from benchmarks.replay import Own, Recency, ThreeQueues, caches, hit_ratio
from dflite.native.wire.reply import Reply


def test_the_least_recently_used_goes_first() -> None:
    cache = Recency(30)
    assert [cache.ask(key, 10) for key in (1, 2, 3, 1, 4)] == [False, False, False, True, False]
    assert [cache.ask(key, 10) for key in (1, 2)] == [True, False]


def test_three_queues_keep_what_came_back_from_a_scan() -> None:
    cache = ThreeQueues(1_000)
    for _ in range(4):
        for key in range(10):
            cache.ask(key, 10)
    for key in range(100, 400):
        cache.ask(key, 10)
    assert all(cache.ask(key, 10) for key in range(10))
    assert sum(cache.used) <= 1_000


@pytest.mark.parametrize("policy", ["cache", "allkeys-lru", "allkeys-lfu"])
def test_the_own_cache_keeps_its_limit(policy: str) -> None:
    cache = Own(policy, 1 << 20)
    for key in range(2_000):
        assert not cache.ask(key, 1_000)
    assert cache.memory.binding_bytes() < cache.memory.limit + 2_000
    # Backwards: asking in the order of the writing may push each out just before its turn.
    assert any(cache.ask(key, 1_000) for key in reversed(range(2_000)))


def test_the_own_cache_is_beside_what_the_process_holds_anyway() -> None:
    other = Reply()
    other.bulk(b"x" * (4 << 20))
    cache = Own("cache", 1 << 20)
    assert not cache.ask(1, 1_000)
    assert cache.ask(1, 1_000)
    assert len(other) > 4 << 20


def test_a_limit_that_cannot_be_kept_is_told_of() -> None:
    cache = Own("cache", 1 << 20)
    cache.memory.limit = 1
    with pytest.raises(MemoryError):
        cache.ask(1, 1_000)


def test_a_ratio_is_of_what_comes_behind_the_first_quarter() -> None:
    assert hit_ratio(Recency(1 << 20), "a loop", [1, 1, 1, 1, 1, 1, 2, 1]) == 5 / 6


def test_all_begin_empty() -> None:
    assert not any(cache.ask(1, 100) for cache in caches().values())
