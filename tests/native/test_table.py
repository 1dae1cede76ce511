"""The keyspace table beside a dict: all operations, memory, scans and sweeps amid changes."""

import gc
import random
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dflite.native.clock import Clock
from dflite.native.index import set_hash_secret
from dflite.native.table import EXPIRED, MAX_VALUE, Table
from tests.native.models import BYTES, GROWN, INT, INT64_MAX, INT64_MIN, TableModel

NOW = 1_000_000_000_000
EMPTY_TABLE = 4096  # what an emptied table may still hold


def table_at(now_ms: int = NOW) -> Table:
    return Table(Clock(now_ms))


def named(number: int) -> bytes:
    return b"key:%d" % number


def scan_all(
    table: Table, count: int = 10, due: list[bytes] | None = None
) -> Iterator[list[bytes]]:
    cursor = 0
    while True:
        cursor, keys = table.scan(cursor, count, None, 0, due)
        assert 0 <= cursor < 2**48
        yield keys
        if cursor == 0:
            return


def keys_of(table: Table) -> list[bytes]:
    return [key for keys in scan_all(table, 1000) for key in keys]


# --- all operations, beside the model ------------------------------------------------------------

INTEGERS = st.one_of(
    st.integers(INT64_MIN, INT64_MAX),
    st.sampled_from([0, -1, INT64_MIN, INT64_MAX, INT64_MIN - 1, INT64_MAX + 1]),
).map(lambda number: b"%d" % number)
LONG = st.builds(
    lambda length, byte: bytes([byte]) * length,
    st.sampled_from([254, 255, 256, 65533, 65534, 65535, 65536, 70000]),
    st.integers(0, 255),
)
KEYS = st.one_of(
    st.integers(0, 40).map(named),
    st.integers(0, 3000).map(named),
    st.binary(max_size=3),
    st.builds(lambda length: b"k" * length, st.sampled_from([254, 255, 256, 300, 66000])),
)
TEXTS = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=400),
    INTEGERS,
    LONG,
    st.sampled_from([b"", b"007", b"-0", b"+1", b" 1", b"1 ", b"-"]),
)
DEADLINES = st.one_of(
    st.just(-1), st.integers(NOW - 5, NOW + 60_000), st.sampled_from([0, 1, INT64_MAX])
)
FLAGS = st.one_of(st.just(0), st.integers(1, 2**32 - 1))


class Value:
    """What a table of other types than strings holds a reference to."""


class TableMachine(RuleBasedStateMachine):
    """The table and its model, told the same things."""

    used = Bundle("used")

    @initialize()
    def begin(self) -> None:
        self.clock = Clock(NOW)
        self.table = Table(self.clock)
        self.model = TableModel()
        self.model.now_ms = NOW
        self.other_table = Table(self.clock)
        self.other_model = TableModel()
        self.values: list[Value] = []

    @rule(target=used, key=KEYS)
    def choose(self, key: bytes) -> bytes:
        return key

    def string_at(self, key: bytes) -> bool:
        return key in self.model.items and self.model.items[key].kind == 1

    @rule(key=used, value=TEXTS, deadline=DEADLINES, flags=FLAGS)
    def set_string(self, key: bytes, value: bytes, deadline: int, flags: int) -> None:
        self.table.set_string(key, value, deadline, flags)
        self.model.set_string(key, value, deadline, flags)

    @rule(key=used, value=TEXTS, deadline=DEADLINES)
    def set_raw(self, key: bytes, value: bytes, deadline: int) -> None:
        self.table.set_raw(key, value, deadline)
        self.model.set_raw(key, value, deadline)

    @rule(key=used, value=TEXTS, raw=st.booleans())
    def update_string(self, key: bytes, value: bytes, raw: bool) -> None:
        self.table.update_string(key, value, raw)
        self.model.update_string(key, value, raw)

    @rule(key=used, new_key=used, away=st.booleans())
    def move(self, key: bytes, new_key: bytes, away: bool) -> None:
        table = self.other_table if away else self.table
        model = self.other_model if away else self.model
        found = self.model.move(key, model, new_key)
        assert self.table.move(key, table, new_key) == found

    @rule(key=used, new_key=used, away=st.booleans())
    def copy_inline(self, key: bytes, new_key: bytes, away: bool) -> None:
        table = self.other_table if away else self.table
        model = self.other_model if away else self.model
        found = self.string_at(key) and self.model.copy(key, model, new_key)
        assert self.table.copy_inline(key, table, new_key) == found

    @rule()
    def exchange_tables(self) -> None:
        self.table, self.other_table = self.other_table, self.table
        self.model, self.other_model = self.other_model, self.model
        self.model.now_ms = self.clock.now_ms

    @rule(key=used, kind=st.integers(2, 15), deadline=DEADLINES)
    def set_object(self, key: bytes, kind: int, deadline: int) -> None:
        value = Value()
        self.values.append(value)
        self.table.set_object(key, kind, value, deadline)
        self.model.set_object(key, kind, value, deadline)

    @rule(first=st.integers(0, 3000), many=st.integers(1, 1500), deadline=DEADLINES)
    def set_many(self, first: int, many: int, deadline: int) -> None:
        for number in range(first, first + many):
            self.table.set_string(named(number), b"%d" % number, deadline)
            self.model.set_string(named(number), b"%d" % number, deadline, 0)

    @rule(first=st.integers(0, 3000), many=st.integers(1, 1500))
    def delete_many(self, first: int, many: int) -> None:
        for number in range(first, first + many):
            assert self.table.delete(named(number)) == self.model.delete(named(number))

    @rule(key=used)
    def delete(self, key: bytes) -> None:
        assert self.table.delete(key) == self.model.delete(key)

    @rule(key=used, deadline=DEADLINES)
    def set_deadline(self, key: bytes, deadline: int) -> None:
        assert self.table.set_deadline(key, deadline) == self.model.set_deadline(key, deadline)

    @rule(key=used, offset=st.integers(0, 70), patch=TEXTS, append=st.booleans())
    def overwrite(self, key: bytes, offset: int, patch: bytes, append: bool) -> None:
        if not self.string_at(key):
            with pytest.raises(KeyError):
                self.table.overwrite(key, offset, patch)
            return
        if append:
            offset += len(self.model.items[key].text)
        length = self.model.overwrite(key, offset, patch)
        assert self.table.overwrite(key, offset, patch) == length

    @rule(key=used, touch=st.booleans())
    def read(self, key: bytes, touch: bool) -> None:
        item = self.model.items.get(key)
        found = self.table.read(key, touch)
        if item is None:
            assert found is None
        elif self.model.due(key):
            assert found is EXPIRED
        else:
            assert found == item.value
            if touch:
                item.used_s = self.model.now_s

    @rule(key=used, start=st.integers(0, 300), length=st.integers(0, 300))
    def slice(self, key: bytes, start: int, length: int) -> None:
        if not self.string_at(key):
            with pytest.raises(KeyError):
                self.table.slice(key, start, start + length)
            return
        text = self.model.items[key].text
        if start + length <= len(text):
            assert self.table.slice(key, start, start + length) == text[start : start + length]
        else:
            with pytest.raises(IndexError):
                self.table.slice(key, start, start + length)

    @rule(key=used)
    def ask(self, key: bytes) -> None:
        table = self.table
        item = self.model.items.get(key)
        if item is None:
            assert table.type_of(key) == 0
            assert table.deadline(key) == -2
            assert table.encoding_of(key) == table.idle_seconds(key) == table.memory_of(key) == -1
            assert table.string_length(key) == table.memcached_flags(key) == 0
            return
        assert table.type_of(key) == (-1 if self.model.due(key) else item.kind)
        assert table.encoding_of(key) == item.encoding
        assert table.deadline(key) == item.deadline
        assert table.memcached_flags(key) == item.flags
        assert table.idle_seconds(key) == self.model.now_s - item.used_s
        assert table.memory_of(key) > len(key)
        if item.kind == 1:
            assert table.string_length(key) == len(item.text)

    @rule(key=used)
    def touch(self, key: bytes) -> None:
        self.table.touch(key)
        if key in self.model.items:
            self.model.items[key].used_s = self.model.now_s

    @rule(ms=st.integers(0, 30_000))
    def wait(self, ms: int) -> None:
        self.clock.advance(ms)
        self.model.now_ms += ms

    @rule()
    def draw(self) -> None:
        key = self.table.random_key()
        assert (key is None) == (not self.model.items)
        assert key is None or key in self.model.items

    @rule(count=st.integers(1, 500))
    def scan(self, count: int) -> None:
        due: list[bytes] = []
        found = [key for keys in scan_all(self.table, count, due) for key in keys]
        assert len(found + due) == len(set(found + due))
        assert set(due) == self.model.due_keys()
        assert set(found) == self.model.items.keys() - set(due)

    @rule(limit=st.integers(1, 300))
    def sweep_a_little(self, limit: int) -> None:
        self.remove_due(limit)

    @rule(limit=st.integers(1, 300))
    def sweep(self, limit: int) -> None:
        # The first of the two walks may have begun long ago.
        for _ in range(2):
            while self.remove_due(limit):
                pass
        assert not self.model.due_keys()

    def remove_due(self, limit: int) -> bool:
        gone, keys, more = self.table.expire_due(limit, 0, True)
        assert keys is not None
        assert len(keys) == gone <= limit
        for key in keys:
            assert self.model.due(key)
            assert self.model.delete(key)
        return more

    @precondition(lambda self: self.model.items)
    @rule(slices=st.integers(1, 1000))
    def clear(self, slices: int) -> None:
        memory = self.table.memory
        remains = self.table.clear()
        self.model.items.clear()
        assert remains.memory == memory
        while remains.free(slices):
            assert remains.memory
        assert remains.memory == 0
        assert self.table.memory == 0

    @invariant()
    def stands(self) -> None:
        if not hasattr(self, "table"):
            return
        self.table.check()
        assert len(self.table) == len(self.model.items)
        deadlines = [item.deadline for item in self.model.items.values() if item.deadline >= 0]
        assert self.table.expiring == len(deadlines)
        assert self.table.next_deadline <= min(deadlines, default=-1)
        assert (self.table.next_deadline == -1) == (not deadlines)
        assert self.table.capacity >= len(self.table)
        assert 0 <= self.table.overhead <= self.table.memory

    @invariant()
    def keeps_exactly_its_references(self) -> None:
        if not hasattr(self, "table"):
            return
        held: dict[int, int] = {}
        for model in (self.model, self.other_model):
            for item in model.items.values():
                held[id(item.value)] = held.get(id(item.value), 0) + 1
        for value in self.values:
            # our list, the loop, the argument; the model and the table for each key it is at
            assert sys.getrefcount(value) == 3 + 2 * held.get(id(value), 0)

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        self.model.items.clear()
        self.other_model.items.clear()
        del self.table, self.other_table
        for value in self.values:
            assert sys.getrefcount(value) == 3


TestTable = TableMachine.TestCase
TestTable.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


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


# --- scanning ------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 4_000),
    peak=st.integers(0, 12_000),
    count=st.integers(1, 300),
)
@settings(max_examples=40, deadline=None)
def test_what_is_there_throughout_is_scanned_whatever_else_comes_and_goes(
    seed: int, size: int, peak: int, count: int
) -> None:
    chance = random.Random(seed)
    table = table_at()
    stay = {b"stay:%d" % number for number in range(size)}
    for key in stay:
        table.set_string(key, b"")
    others: list[int] = []
    found: set[bytes] = set()
    cursor = calls = 0
    while calls == 0 or cursor:
        cursor, keys = table.scan(cursor, count)
        assert 0 <= cursor < 2**48
        found.update(keys)
        calls += 1
        if chance.random() < 0.5 and len(others) < peak:
            for number in range(chance.randrange(1000)):
                others.append(calls * 1000 + number)
                table.set_string(b"other:%d" % others[-1], b"")
        else:
            for _ in range(min(len(others), chance.randrange(2000))):
                table.delete(b"other:%d" % others.pop())
    assert stay <= found
    table.check()


def test_a_scan_returns_about_as_many_keys_as_asked() -> None:
    table = table_at()
    for number in range(20_000):
        table.set_string(named(number), b"")
    for count in (1, 10, 100, 1000):
        sizes = [len(keys) for keys in scan_all(table, count)]
        assert sum(sizes) == 20_000
        assert max(sizes) <= count + 40
        assert min(sizes[:-1]) >= count


def test_a_scan_of_few_keys_among_many_places_ends() -> None:
    table = table_at()
    for number in range(20_000):
        table.set_string(named(number), b"")
    for number in range(1, 20_000):
        table.delete(named(number))
    assert keys_of(table) == [named(0)]


def test_the_largest_count_scans_everything_at_once() -> None:
    table = table_at()
    for number in range(5_000):
        table.set_string(named(number), b"")
    for count in (INT64_MAX, 2**64 - 1, 2**62):
        cursor, keys = table.scan(0, count)
        assert (cursor, len(keys)) == (0, 5_000)


def test_any_cursor_is_good_for_something() -> None:
    table = table_at()
    for number in range(3_000):
        table.set_string(named(number), b"")
    for cursor in (1, 2**47, 2**48 - 1, 2**48, 2**64 - 1):
        after, _ = table.scan(cursor, 10)
        assert 0 <= after < 2**48


def test_a_scan_leaves_out_other_names_other_types_and_the_dead() -> None:
    table = table_at()
    table.set_string(b"string", b"v")
    table.set_string(b"dead", b"v", NOW)
    table.set_object(b"list", 2, [])
    assert sorted(keys_of(table)) == [b"list", b"string"]
    assert table.scan(0, 100, b"s*") == (0, [b"string"])
    assert table.scan(0, 100, None, 2) == (0, [b"list"])
    assert table.scan(0, 100, b"s*", 2) == (0, [])


# --- sweeping ------------------------------------------------------------------------------------


def sweep(table: Table, limit: int = 100) -> tuple[list[bytes], int]:
    """Remove everything that is due; the keys, and how many calls that took."""
    gone: list[bytes] = []
    calls = 0
    more = True
    while more:
        count, keys, more = table.expire_due(limit, 0, True)
        assert keys is not None
        assert len(keys) == count
        calls += 1
        gone += keys
    return gone, calls


def test_a_sweep_finds_all_that_is_due_and_nothing_else() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(10_000):
        table.set_string(named(number), b"", NOW + 1 + number % 100)
    assert table.expire_due(100, 1000, True) == (0, [], False)
    clock.advance(50)
    gone, calls = sweep(table)
    assert sorted(gone) == sorted(named(n) for n in range(10_000) if n % 100 < 50)
    assert calls > 4
    sweep(table)
    assert table.next_deadline == NOW + 51
    clock.advance(50)
    sweep(table)
    assert len(table) == table.expiring == 0
    assert table.next_deadline == -1


def test_one_call_of_a_sweep_looks_at_a_bounded_part_of_the_table() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(300_000):
        table.set_string(named(number), b"")
    table.set_string(b"dying", b"", NOW + 1)
    clock.advance(1)
    gone, calls = sweep(table, limit=10)
    assert gone == [b"dying"]
    assert calls >= 300_000 / 896 / 65


def test_deadlines_set_while_a_sweep_goes_on_are_seen_by_the_next() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(5_000):
        table.set_string(named(number), b"", NOW + 1)
    clock.advance(1)
    assert table.expire_due(1, 0, False) == (1, None, True)
    for number in range(5_000, 10_000):
        table.set_string(named(number), b"", NOW + 5)
    for _ in range(3):  # what one sweep has found, the next may forget
        sweep(table)
    assert len(table) == 5_000
    assert table.next_deadline == NOW + 5
    clock.advance(4)
    sweep(table)
    assert len(table) == 0


def test_a_deadline_that_went_hides_no_later_one() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(5_000):
        table.set_string(named(number), b"", NOW + 100)
    for number in range(5_000):
        table.set_deadline(named(number), -1)
    table.set_string(b"soon", b"", NOW + 1)
    clock.advance(1)
    assert sweep(table)[0] == [b"soon"]
    assert sweep(table)[0] == []
    for number in range(5_000):
        table.set_deadline(named(number), NOW + 150)
    table.check()
    assert -1 < table.next_deadline <= NOW + 150
    clock.advance(150)
    sweep(table)
    assert len(table) == 0


def test_a_sweep_loses_nothing_while_the_table_grows_and_shrinks() -> None:
    chance = random.Random(3)
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(20_000):
        table.set_string(named(number), b"", NOW + 1)
    clock.advance(1)
    gone: set[bytes] = set()
    fill = 0
    more = True
    while more:
        _, keys, more = table.expire_due(50, 0, True)
        gone.update(keys or [])
        if chance.random() < 0.3:
            for number in range(fill, fill + 10_000):
                table.set_string(b"fill:%d" % number, b"")
            fill += 10_000
        elif fill:
            for number in range(fill - 5_000, fill):
                table.delete(b"fill:%d" % number)
            fill -= 5_000
    assert len(gone) == 20_000
    table.check()


def test_a_sweep_that_nobody_sees_makes_no_keys() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(10_000):
        table.set_string(named(number), b"", NOW + 1 + number % 2)
    clock.advance(1)
    gone = 0
    more = True
    while more:
        count, keys, more = table.expire_due(300, 0, False)
        assert keys is None
        assert count <= 300
        gone += count
    assert gone == len(table) == 5_000
    table.check()


def test_looks_are_counted_only_where_something_may_be_due() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(50_000):
        table.set_string(named(number), b"", NOW + 1_000_000)
    table.set_string(b"dying", b"", NOW + 1)
    clock.advance(1)
    sweep(table)
    assert 1 <= table.sweep_looked <= 1_024
    assert not table.sweeping


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
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Value)]


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
