"""What stamps tell of the use of keys, in the three ways to read them."""

import random

import pytest

from benchmarks.eviction import VALUE
from benchmarks.replay import Own
from benchmarks.traces import zipf
from dflite.native.base.clock import Clock
from dflite.native.keyspace.eviction import Evictor
from dflite.native.keyspace.memory import Memory
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.uses import BY_DENSITY, BY_FREQUENCY, BY_IDLE_TIME, Uses


class Stand:
    def __init__(self, policy: str) -> None:
        self.clock = Clock(1_800_000_000_000)
        self.table = Table(self.clock)
        self.evictor = Evictor(self.clock, Memory([[self.table]]))
        self.evictor.set_policy(policy)
        self.uses: Uses = self.evictor.uses

    def frequency(self, key: bytes) -> int:
        return self.uses.frequency_of(self.table.stamp(key))


def test_without_a_policy_stamps_are_times() -> None:
    stand = Stand("noeviction")
    assert stand.uses.mode == BY_IDLE_TIME
    stand.table.set_string(b"k", b"v")
    stand.clock.advance(7000)
    assert stand.table.idle_seconds(b"k") == 7
    stand.table.touch(b"k")
    assert stand.table.idle_seconds(b"k") == 0
    stand.table.set_idle(b"k", 100)
    assert stand.table.idle_seconds(b"k") == 100


def test_a_counter_grows_slower_the_higher_it_is() -> None:
    stand = Stand("allkeys-lfu")
    assert stand.uses.mode == BY_FREQUENCY
    stand.table.set_string(b"k", b"v")
    assert stand.frequency(b"k") == 5
    for _ in range(100):
        stand.table.touch(b"k")
    after_100 = stand.frequency(b"k")
    for _ in range(100_000):
        stand.table.touch(b"k")
    assert 6 < after_100 < 30
    assert 80 < stand.frequency(b"k") < 220  # about 142, as Redis says


def test_a_factor_of_zero_counts_each_use() -> None:
    stand = Stand("allkeys-lfu")
    stand.uses.log_factor = 0
    stand.table.set_string(b"k", b"v")
    for _ in range(300):
        stand.table.touch(b"k")
    assert stand.frequency(b"k") == 255


def test_counters_decay_by_the_minute_unless_told_not_to() -> None:
    stand = Stand("volatile-lfu")
    stand.table.set_string(b"k", b"v")
    stand.table.set_stamp(b"k", stand.uses.stamp_with(100))
    stand.clock.advance(10 * 60_000)
    assert stand.frequency(b"k") == 90
    stand.uses.decay_minutes = 5
    assert stand.frequency(b"k") == 98
    stand.uses.decay_minutes = 0
    assert stand.frequency(b"k") == 100
    assert stand.table.idle_seconds(b"k") == 600


def test_overwriting_a_key_counts_as_a_use() -> None:
    stand = Stand("allkeys-lfu")
    stand.table.set_string(b"k", b"v")
    stand.table.set_string(b"k", b"another value that takes another block" * 10)
    assert stand.frequency(b"k") == 6


def test_what_is_remembered_beside_the_entries_is_counted() -> None:
    stand = Stand("cache")
    assert stand.uses.mode == BY_DENSITY
    assert stand.uses.memory > 0
    stand.evictor.set_policy("noeviction")
    assert stand.uses.memory == 0


@pytest.mark.parametrize("policy", ["allkeys-lfu", "cache", "noeviction", "volatile-ttl"])
def test_tables_follow_the_policy(policy: str) -> None:
    stand = Stand("cache")
    stand.evictor.set_policy(policy)
    stand.table.set_string(b"k", b"v")
    stand.evictor.check()
    assert stand.table.read(b"k") == b"v"


def test_cache_mode_knows_about_when_a_key_was_used() -> None:
    stand = Stand("cache")
    for number in range(3000):
        stand.table.set_string(b"key:%d" % number, b"v")
        stand.clock.advance(10)
    assert 29 <= stand.table.idle_seconds(b"key:0") <= 30
    assert stand.table.idle_seconds(b"key:2999") <= 1


def test_a_jump_of_popularity_is_noticed_and_what_was_popular_goes() -> None:
    cache = Own("cache", 2_000 * (VALUE + 32))
    draw = random.Random(7)
    for key in zipf(draw, 40_000, 1.0, 8_000):
        cache.ask(key, VALUE)
    assert cache.evictor.uses.jumps == 0
    for key in zipf(draw, 10_000, 1.0, 8_000):
        cache.ask(key + 8_000, VALUE)
    assert cache.evictor.uses.jumps == 1
    kept = sum(cache.table.read(b"key:%d" % key) is not None for key in range(8_000))
    assert kept < 300


def test_scans_are_no_jumps() -> None:
    cache = Own("cache", 2_000 * (VALUE + 32))
    for number, key in enumerate(zipf(random.Random(7), 60_000, 0.9, 8_000)):
        scanning = number > 30_000 and number // 5_000 % 2 and number % 2
        cache.ask(number + 8_000 if scanning else key, VALUE)
    assert cache.evictor.uses.jumps == 0


def test_what_is_remembered_goes_before_keys_do_when_there_are_few() -> None:
    cache = Own("cache", 16 << 20)
    for key in range(400_000):
        cache.ask(key, 100)
    before = cache.evictor.uses.memory
    cache.table.clear()
    cache.memory.limit = before - 1
    assert not cache.ask(1, 100)
    assert cache.evictor.uses.memory < before // 2
    assert cache.ask(1, 100)
    assert cache.memory.binding_bytes() <= cache.memory.limit
