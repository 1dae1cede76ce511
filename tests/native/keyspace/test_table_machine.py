"""The keyspace table beside a dict: all operations, told to both in any order."""

import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import EXPIRED, Table
from tests.native.models import INT64_MAX, INT64_MIN, TableModel
from tests.support.tables import NOW, named, scan_all

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
