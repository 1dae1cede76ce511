"""What a table keeps, how it grows and shrinks, and what it costs."""

import gc
import random
import sys

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.index import set_hash_secret
from dflite.native.keyspace.table import EXPIRED, MAX_VALUE, Table
from tests.native.models import BYTES, GROWN, INT, INT64_MAX, INT64_MIN
from tests.support.tables import EMPTY_TABLE, NOW, keys_of, named, scan_all, table_at


class Value:
    """What a table of other types than strings holds a reference to."""


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key_length", [0, 1, 254, 255, 256, 65535, 65536])
@pytest.mark.parametrize("value_length", [0, 1, 65534, 65535, 65536, 1_000_000])
def test_any_length_of_key_and_value_is_kept(key_length: int, value_length: int) -> None:
    table = table_at()
    key, value = b"k" * key_length, b"v" * value_length
    table.set_string(key, value, NOW + 1, 7)
    assert table.read(key) == value
    assert (table.deadline(key), table.memcached_flags(key)) == (NOW + 1, 7)
    table.set_deadline(key, -1)
    assert (table.read(key), table.memcached_flags(key)) == (value, 7)
    table.set_deadline(key, NOW + 2)
    assert (table.read(key), table.deadline(key), table.memcached_flags(key)) == (value, NOW + 2, 7)
    table.overwrite(key, value_length, b"tail")
    assert table.read(key) == value + b"tail"
    assert (table.deadline(key), table.memcached_flags(key)) == (NOW + 2, 7)
    assert table.string_length(key) == value_length + 4
    table.check()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (b"0", INT),
        (b"-1", INT),
        (b"%d" % INT64_MAX, INT),
        (b"%d" % INT64_MIN, INT),
        (b"%d" % (INT64_MAX + 1), BYTES),
        (b"%d" % (INT64_MIN - 1), BYTES),
        (b"01", BYTES),
        (b"-0", BYTES),
        (b"+1", BYTES),
        (b"", BYTES),
        (b"1.0", BYTES),
    ],
)
def test_a_canonical_integer_is_kept_as_one_and_read_as_it_was(text: bytes, encoding: int) -> None:
    table = table_at()
    table.set_string(b"k", text)
    assert table.encoding_of(b"k") == encoding
    assert table.read(b"k") == text
    assert table.string_length(b"k") == len(text)
    assert table.slice(b"k", 0, len(text)) == text
    table.overwrite(b"k", len(text), b"")
    assert table.encoding_of(b"k") == GROWN
    assert table.read(b"k") == text


def test_a_gap_before_a_patch_is_zero_bytes() -> None:
    table = table_at()
    table.set_string(b"k", b"x" * 100)
    table.set_string(b"k", b"12")
    assert table.overwrite(b"k", 90, b"z") == 91
    assert table.read(b"k") == b"12" + bytes(88) + b"z"


def test_appends_keep_room_so_that_many_cost_little() -> None:
    table = table_at()
    table.set_string(b"k", b"")
    sizes = set()
    for length in range(100_000):
        table.overwrite(b"k", length, b"x")
        sizes.add(table.memory_of(b"k"))
    assert table.string_length(b"k") == 100_000
    assert len(sizes) < 150
    assert table.memory_of(b"k") < 130_000
    table.check()


def test_a_deadline_at_or_before_now_has_passed() -> None:
    table = table_at()
    for deadline, value in ((NOW - 1, EXPIRED), (NOW, EXPIRED), (NOW + 1, b"v"), (-1, b"v")):
        table.set_string(b"k", b"v", deadline)
        assert table.read(b"k") is value or table.read(b"k") == value
        assert table.type_of(b"k") == (-1 if value is EXPIRED else 1)


def test_access_is_stamped_in_seconds() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    table.set_string(b"k", b"v")
    clock.advance(5_000)
    assert table.idle_seconds(b"k") == 5
    table.read(b"k", touch=False)
    table.type_of(b"k")
    assert table.idle_seconds(b"k") == 5
    table.type_of(b"k", touch=True)
    assert table.idle_seconds(b"k") == 0
    clock.advance(2**24 * 1000 - 1000)
    assert table.idle_seconds(b"k") == 2**24 - 1


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    table = table_at()
    table.set_string(b"s", b"v")
    table.set_object(b"o", 2, [])
    with pytest.raises(KeyError):
        table.overwrite(b"o", 0, b"v")
    with pytest.raises(KeyError):
        table.slice(b"none", 0, 0)
    with pytest.raises(OverflowError):
        table.overwrite(b"s", MAX_VALUE, b"v")
    with pytest.raises(OverflowError):
        table.overwrite(b"s", 2**64 - 1, b"v")
    with pytest.raises(OverflowError):
        table.scan(-1, 10)
    for call in (table.read, table.delete, table.touch, table.deadline, table.type_of):
        with pytest.raises(TypeError):
            call(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        table.set_string(b"s", None)  # type: ignore[arg-type]
    assert table.read(b"s") == b"v"
    table.check()


def test_a_hash_secret_has_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        set_hash_secret(b"short")


def test_values_die_with_their_key_their_table_or_their_remains() -> None:
    deaths = []

    class Mortal:
        def __init__(self, name: str) -> None:
            self.name = name

        def __del__(self) -> None:
            deaths.append(self.name)

    table = table_at()
    for name in ("deleted", "replaced", "by object", "cleared", "dropped"):
        table.set_object(name.encode(), 2, Mortal(name))
    assert not deaths
    table.delete(b"deleted")
    table.set_string(b"replaced", b"now a string")
    table.set_object(b"by object", 2, Mortal("second"))
    assert deaths == ["deleted", "replaced", "by object"]
    remains = table.clear()
    assert len(deaths) == 3
    del remains
    assert set(deaths[3:]) == {"second", "cleared", "dropped"}
    table.set_object(b"last", 2, Mortal("last"))
    del table
    assert deaths[-1] == "last"


def test_the_same_object_may_be_put_at_its_key_again() -> None:
    table = table_at()
    value = Value()
    for _ in range(3):
        table.set_object(b"k", 2, value)
        assert sys.getrefcount(value) == 3
    assert table.read(b"k") is value


# --- growing and shrinking -----------------------------------------------------------------------


def test_a_table_grows_and_gives_its_memory_back() -> None:
    table = table_at()
    numbers = list(range(60_000))
    random.Random(1).shuffle(numbers)
    for number in numbers:
        table.set_string(named(number), b"value")
    table.check()
    full = table.memory
    assert len(table) == 60_000
    assert table.capacity < 60_000 * 1.6
    random.Random(2).shuffle(numbers)
    for at, number in enumerate(numbers):
        assert table.delete(named(number))
        if at % 10_000 == 0:
            table.check()
    table.check()
    assert len(table) == 0
    assert table.memory < max(EMPTY_TABLE, full // 1000)


def test_deleting_in_the_order_of_a_scan_gives_memory_back_too() -> None:
    table = table_at()
    for number in range(40_000):
        table.set_string(named(number), b"")
    for keys in scan_all(table, 100):
        for key in keys:
            table.delete(key)
    table.check()
    assert len(table) == 0
    assert table.memory < EMPTY_TABLE


def test_a_table_can_be_filled_again_after_it_shrank() -> None:
    table = table_at()
    for _ in range(3):
        for number in range(8_000):
            table.set_string(named(number), b"%d" % number)
        for number in range(7_990):
            table.delete(named(number))
        assert sorted(keys_of(table)) == sorted(named(number) for number in range(7_990, 8_000))
        assert table.capacity < 1000
        table.check()


def test_a_cleared_table_is_empty_while_its_remains_are_freed_in_slices() -> None:
    table = table_at()
    values = [Value() for _ in range(3_000)]
    for number, value in enumerate(values):
        table.set_object(named(number), 2, value)
    del value
    memory = table.memory
    remains = table.clear()
    assert (len(table), table.memory, remains.memory) == (0, 0, memory)
    table.set_string(b"new", b"1")
    slices = 1
    kept = len(values)
    while remains.free(100):
        slices += 1
        still = sum(sys.getrefcount(value) > 3 for value in values)
        assert still < kept
        kept = still
    assert slices > 3
    assert all(sys.getrefcount(value) == 3 for value in values)
    assert not remains.free(100)
    assert keys_of(table) == [b"new"]
    table.check()


def test_clearing_nothing_leaves_nothing() -> None:
    table = table_at()
    remains = table.clear()
    assert remains.memory == 0
    assert not remains.free(1)
    table.check()


def test_random_keys_are_drawn_about_evenly() -> None:
    table = table_at()
    for number in range(2_000):
        table.set_string(named(number), b"")
    drawn = {table.random_key() for _ in range(20_000)}
    assert len(drawn) > 1_900
    assert None not in drawn


# --- memory --------------------------------------------------------------------------------------


def test_a_small_key_and_value_stay_below_a_hundred_bytes() -> None:
    table = table_at()
    for number in range(100_000):
        table.set_string(b"key:%012d" % number, b"x" * 64)
    assert table.memory < 100_000 * 120
    assert table.overhead < 100_000 * 12


def test_tables_that_are_dropped_leave_no_objects_behind() -> None:
    gc.collect()
    for _ in range(3):
        table = table_at()
        for number in range(2_000):
            table.set_object(named(number), 2, Value())
        del table
    # isinstance would have others' proxies come to life
    assert not [thing for thing in gc.get_objects() if type(thing) is Value]


@pytest.mark.parametrize("new_key", [b"n", named(1), b"k" * 254, b"k" * 255, b"k" * 70_000])
@pytest.mark.parametrize("old_key", [named(1), b"o" * 300])
def test_a_long_string_moves_with_all_it_has(old_key: bytes, new_key: bytes) -> None:
    table, other = table_at(), table_at()
    for number in range(2000):
        table.set_string(b"fill:%d" % number, b"", NOW + number)
    value = bytes(range(256)) * 1000
    table.set_string(old_key, value, NOW + 5, 7)
    table.set_string(b"n", b"x" * 100_000)
    other.set_object(new_key, 2, Value())
    for source, target in ((table, table), (table, other), (other, table)):
        key = old_key if source.read(old_key) == value else new_key
        assert source.move(key, target, new_key)
        assert target.read(new_key) == value
        assert target.deadline(new_key) == NOW + 5
        assert target.memcached_flags(new_key) == 7
        table.check()
        other.check()
    assert len(other) == 0
    table.overwrite(new_key, len(value), b"more")
    assert table.read(new_key) == value + b"more"
    table.check()
