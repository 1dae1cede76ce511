"""Hashes at keys against a dict: packed and large ones, walks through them, deadlines of fields."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import value_memory
from dflite.native.values import element_deadlines, hash_walks, hashes
from dflite.native.values.fields import Fields
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply
from tests.support.resp import parse_all

NOW = 1_800_000_000_000
KEY = b"hash"
FIELDS = st.one_of(
    st.sampled_from((b"a", b"b", b"", b"1", b"-7", b"\x00\r\n", b"l" * 64, b"L" * 65)),
    st.integers(0, 40).map(lambda n: b"field:%d" % n),
)
VALUES = st.one_of(
    st.sampled_from((b"", b"x", b"12345678901", b"007", b"v" * 64, b"V" * 65, b"w" * 5000)),
    st.binary(max_size=8),
)
DEADLINES = st.sampled_from((NOW + 5, NOW + 10, NOW + 1000))
NEVER = -1


@pytest.fixture(autouse=True)
def small_thresholds() -> Iterator[None]:
    """A packed hash has at most six fields, so that programs pass the threshold."""
    set_threshold("hash_max_listpack_entries", 6)
    yield
    set_threshold("hash_max_listpack_entries", 512)


class Hashes(RuleBasedStateMachine):
    """The model knows the fields that are not due, and when they will be."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock(NOW)
        self.table = Table(self.clock)
        self.model: dict[bytes, tuple[bytes, int]] = {}

    @rule(pairs=st.lists(st.tuples(FIELDS, VALUES), min_size=1, max_size=5))
    def set_some(self, pairs: list[tuple[bytes, bytes]]) -> None:
        argv = [b"HSET", KEY, *[word for pair in pairs for word in pair]]
        added = hashes.set_fields(self.table, KEY, argv, 2)
        assert added == len({field for field, _ in pairs} - set(self.model))
        for field, value in pairs:
            self.model[field] = (value, NEVER)

    @rule(field=FIELDS, value=VALUES, deadline=DEADLINES)
    def set_for_a_while(self, field: bytes, value: bytes, deadline: int) -> None:
        hashes.set_fields(self.table, KEY, [field, value], 0, deadline)
        self.model[field] = (value, deadline)
        self.forget_due()

    @rule(field=FIELDS, value=VALUES)
    def update(self, field: bytes, value: bytes) -> None:
        hashes.update_field(self.table, KEY, field, value)
        self.model[field] = (value, self.model.get(field, (b"", NEVER))[1])

    @rule(fields=st.lists(FIELDS, min_size=1, max_size=6))
    def delete_some(self, fields: list[bytes]) -> None:
        if self.table.type_of(KEY) == 0:
            return
        deleted = hashes.delete_fields(self.table, KEY, fields)
        assert deleted == len(set(fields) & set(self.model))
        for field in fields:
            self.model.pop(field, None)

    @rule(field=FIELDS, deadline=st.one_of(DEADLINES, st.just(NEVER)))
    def set_deadline(self, field: bytes, deadline: int) -> None:
        if field in self.model:
            element_deadlines.set_field_deadline(self.table, KEY, field, deadline)
            self.model[field] = (self.model[field][0], deadline)
            self.forget_due()

    @rule(ms=st.sampled_from((1, 5, 50)))
    def time_passes(self, ms: int) -> None:
        self.clock.advance(ms)
        self.forget_due()

    def forget_due(self) -> None:
        now = self.clock.now_ms
        due = [field for field, (_, when) in self.model.items() if NEVER < when <= now]
        for field in due:
            del self.model[field]

    @rule(limit=st.integers(1, 5))
    def expire_some(self, limit: int) -> None:
        fields, _ = element_deadlines.due_elements(self.table, KEY, limit, 4)
        assert len(fields) <= limit
        assert not set(fields) & set(self.model)
        if fields:
            assert hashes.delete_fields(self.table, KEY, fields) == 0
            before = hashes.length(self.table, KEY)
            element_deadlines.expire_elements(self.table, KEY, fields)
            assert hashes.length(self.table, KEY) == before - len(fields)

    @rule(pattern=st.sampled_from((None, b"field*", b"a")), count=st.integers(1, 20))
    def scan_all(self, pattern: bytes | None, count: int) -> None:
        seen: dict[bytes, bytes] = {}
        names: set[bytes] = set()
        cursor = 0
        while True:
            cursor, found = hash_walks.scan(self.table, KEY, cursor, count, pattern, True)
            seen.update(zip(found[::2], found[1::2], strict=True))
            if not cursor:
                break
        while True:
            cursor, found = hash_walks.scan(self.table, KEY, cursor, count, pattern, False)
            names.update(found)
            if not cursor:
                break
        wanted = {
            field: value
            for field, (value, _) in self.model.items()
            if pattern is None
            or field == pattern
            or (pattern == b"field*" and field.startswith(b"field"))
        }
        assert seen == wanted
        assert names == set(wanted)

    @rule()
    def copy(self) -> None:
        value = self.table.read(KEY, False)
        if isinstance(value, Fields):
            twin = value.copy()
            twin.check()
            assert len(twin) == len(value)

    @rule()
    def draw(self) -> None:
        drawn = hash_walks.random_field(self.table, KEY)
        if self.model:
            assert drawn is not None
            assert self.model[drawn[0]][0] == drawn[1]
        else:
            assert drawn is None

    @invariant()
    def it_holds_what_the_model_holds(self) -> None:
        self.table.check()
        if self.table.type_of(KEY) == 0:
            assert not self.model
            return
        hashes.check(self.table, KEY)
        found = hash_walks.items(self.table, KEY)
        assert dict(zip(found[::2], found[1::2], strict=True)) == {
            field: value for field, (value, _) in self.model.items()
        }
        assert len(found) == 2 * len(self.model)
        assert hashes.count_living(self.table, KEY) == len(self.model)
        assert hashes.length(self.table, KEY) >= len(self.model)
        for field in (*self.model, b"not there"):
            value, when = self.model.get(field, (None, -2))
            assert hashes.get(self.table, KEY, field) == value
            assert element_deadlines.field_deadline(self.table, KEY, field) == when
            length = -1 if value is None else len(value)
            assert hashes.value_length(self.table, KEY, field) == length


TestHashes = Hashes.TestCase
TestHashes.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_fields_and_values_are_answered_in_turns() -> None:
    table = Table(Clock(NOW))
    hashes.set_fields(table, KEY, [b"a", b"1", b"b", b"two"])
    reply = Reply()
    hash_walks.answer_all(table, KEY, reply, True, True)
    hash_walks.answer_all(table, KEY, reply, False, True)
    hashes.answer_many(table, KEY, reply, [b"b", b"none"])
    said = [item.value for item in parse_all(reply.take())]
    assert said == [b"a", b"1", b"b", b"two", b"1", b"two", b"two", None]


def test_a_hash_stays_packed_up_to_its_thresholds() -> None:
    table = Table(Clock(NOW))
    for n in range(6):
        hashes.set_fields(table, KEY, [b"%d" % n, b"v" * 64])
        assert hashes.form(table, KEY) == b"listpack"
    hashes.set_fields(table, KEY, [b"6", b"v"])
    assert hashes.form(table, KEY) == b"hashtable"
    hashes.set_fields(table, b"long", [b"f", b"v" * 65])
    assert hashes.form(table, b"long") == b"hashtable"


def test_what_a_large_hash_holds_is_charged_until_it_is_gone() -> None:
    before = value_memory()
    table = Table(Clock(NOW))
    for n in range(50):
        hashes.set_fields(table, KEY, [b"field:%d" % n, b"value"])
    assert value_memory() - before > 50 * 16
    table.delete(KEY)
    assert value_memory() == before
