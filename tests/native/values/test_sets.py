"""Sets at keys of a table beside Python's sets, in all forms and across their thresholds."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import sets
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply
from tests.native.models import INT64_MAX, INT64_MIN
from tests.support.resp import SET, parse_all

KEYS = (b"a", b"b", b"c")
DEFAULTS = {
    "set_max_intset_entries": 512,
    "set_max_listpack_entries": 128,
    "set_max_listpack_value": 64,
}
MEMBERS = st.one_of(
    st.integers(-20, 200).map(lambda number: b"%d" % number),
    st.sampled_from([0, -1, 2**15, -(2**15) - 1, 2**31, -(2**31) - 1, INT64_MIN, INT64_MAX]).map(
        lambda number: b"%d" % number
    ),
    st.integers(0, 100).map(lambda number: b"m%d" % number),
    st.binary(max_size=5),
    st.sampled_from([b"", b"007", b"-0", b"x" * 8, b"x" * 9, b"y" * 300]),
)
LISTS = st.lists(MEMBERS, min_size=1, max_size=30)


@pytest.fixture(autouse=True)
def default_thresholds() -> Iterator[None]:
    yield
    for name, value in DEFAULTS.items():
        set_threshold(name, value)


class SetMachine(RuleBasedStateMachine):
    """Three sets and their models, told the same things."""

    @initialize(integers=st.integers(0, 40), packed=st.integers(0, 30), value=st.integers(0, 20))
    def begin(self, integers: int, packed: int, value: int) -> None:
        set_threshold("set_max_intset_entries", integers)
        set_threshold("set_max_listpack_entries", packed)
        set_threshold("set_max_listpack_value", value)
        self.table = Table(Clock(1))
        self.model: dict[bytes, set[bytes]] = {key: set() for key in KEYS}

    def teardown(self) -> None:
        for name, value in DEFAULTS.items():
            set_threshold(name, value)

    @rule(key=st.sampled_from(KEYS), members=LISTS)
    def add(self, key: bytes, members: list[bytes]) -> None:
        new = set(members) - self.model[key]
        assert sets.add(self.table, key, members) == len(new)
        self.model[key] |= new

    @rule(key=st.sampled_from(KEYS), members=LISTS)
    def remove(self, key: bytes, members: list[bytes]) -> None:
        there = set(members) & self.model[key]
        assert sets.remove(self.table, key, [b"remove", *members], 1) == len(there)
        self.model[key] -= there

    @rule(key=st.sampled_from(KEYS), member=MEMBERS)
    def contains(self, key: bytes, member: bytes) -> None:
        assert sets.contains(self.table, key, member) == (member in self.model[key])

    @rule(key=st.sampled_from(KEYS))
    def pop(self, key: bytes) -> None:
        reply = Reply()
        there = bool(self.model[key])
        assert sets.pop(self.table, key, reply) == there
        if there:
            self.model[key].remove(parse_all(reply.take())[0].data)

    @rule(key=st.sampled_from(KEYS), count=st.integers(0, 40))
    def pop_many(self, key: bytes, count: int) -> None:
        popped = sets.pop_many(self.table, key, count)
        assert len(popped) == min(count, len(self.model[key]))
        assert set(popped) <= self.model[key]
        assert len(set(popped)) == len(popped)
        self.model[key] -= set(popped)

    @rule(key=st.sampled_from(KEYS), count=st.integers(0, 40))
    def draw(self, key: bytes, count: int) -> None:
        drawn = sets.sample(self.table, key, count)
        assert len(drawn) == len(set(drawn)) == min(count, len(self.model[key]))
        assert set(drawn) <= self.model[key]
        one = sets.draw_one(self.table, key)
        assert one in self.model[key] if self.model[key] else one is None
        if self.model[key]:
            reply = Reply()
            sets.answer_draws(self.table, key, count, reply)
            items = parse_all(reply.take())
            assert len(items) == count
            assert {item.data for item in items} <= self.model[key]

    @rule(key=st.sampled_from(KEYS), members=LISTS)
    def put(self, key: bytes, members: list[bytes]) -> None:
        sets.put(self.table, key, members, sets.PACKED)
        self.model[key] = set(members)

    @rule(key=st.sampled_from(KEYS), count=st.integers(1, 10))
    def scan(self, key: bytes, count: int) -> None:
        cursor, seen = sets.scan(self.table, key, 0, count, None)
        while cursor:
            cursor, found = sets.scan(self.table, key, cursor, count, None)
            seen += found
        assert set(seen) == self.model[key]
        cursor, seen = sets.scan(self.table, key, 0, 1000, b"m*")
        assert cursor == 0
        assert set(seen) == {member for member in self.model[key] if member.startswith(b"m")}

    @invariant()
    def same(self) -> None:
        for key, model in self.model.items():
            assert sets.count(self.table, key) == len(model)
            assert self.table.type_of(key) == (3 if model else 0)
            found = sets.members(self.table, key)
            assert len(found) == len(model)
            assert set(found) == model
            if not model:
                continue
            sets.check(self.table, key)
            if sets.form(self.table, key) == sets.INTEGERS:
                assert found == sorted(found, key=int)
        self.table.check()


TestSets = SetMachine.TestCase
TestSets.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def forms(members: list[bytes]) -> list[int]:
    """The form after each of these was added."""
    table = Table(Clock(1))
    found = []
    for member in members:
        sets.add(table, b"k", [member])
        found.append(sets.form(table, b"k"))
    return found


def test_integers_stay_integers_up_to_the_threshold() -> None:
    found = forms([b"%d" % number for number in range(513)])
    assert set(found[:512]) == {sets.INTEGERS}
    assert found[512] == sets.LARGE


def test_another_member_makes_integers_packed_elements() -> None:
    assert forms([b"1", b"2", b"x"]) == [sets.INTEGERS, sets.INTEGERS, sets.PACKED]


def test_another_member_makes_many_integers_a_large_set() -> None:
    assert forms([*[b"%d" % number for number in range(128)], b"x"])[-1] == sets.LARGE
    assert forms([*[b"%d" % number for number in range(127)], b"x"])[-1] == sets.PACKED


def test_packed_elements_stay_packed_up_to_the_thresholds() -> None:
    found = forms([b"m%d" % number for number in range(129)])
    assert set(found[:128]) == {sets.PACKED}
    assert found[128] == sets.LARGE
    assert forms([b"x" * 64]) == [sets.PACKED]
    assert forms([b"x" * 65]) == [sets.LARGE]
    assert forms([b"x", b"y" * 65]) == [sets.PACKED, sets.LARGE]


def test_many_members_at_once_need_no_small_form() -> None:
    table = Table(Clock(1))
    sets.add(table, b"k", [b"x"] * 129)
    assert sets.form(table, b"k") == sets.LARGE
    sets.add(table, b"p", [b"x"])
    sets.add(table, b"p", [b"x"] * 129)
    assert sets.form(table, b"p") == sets.LARGE
    sets.add(table, b"i", [b"1"])
    sets.add(table, b"i", [b"1"] * 513)
    assert sets.form(table, b"i") == sets.LARGE


def test_what_is_left_of_a_large_set_is_small_again() -> None:
    table = Table(Clock(1))
    sets.put(table, b"k", [b"m%d" % number for number in range(600)], sets.LARGE, 5000)
    assert len(sets.pop_many(table, b"k", 490)) == 490
    assert sets.form(table, b"k") == sets.LARGE
    assert len(sets.pop_many(table, b"k", 100)) == 100
    assert sets.form(table, b"k") == sets.PACKED
    assert sets.count(table, b"k") == 10
    assert table.deadline(b"k") == 5000


def test_members_are_answered_as_a_set_where_there_are_sets() -> None:
    table = Table(Clock(1))
    sets.add(table, b"k", [b"1", b"2"])
    reply = Reply(True)
    sets.answer_members(table, b"k", reply)
    sets.answer_members(table, b"none", reply)
    both = parse_all(reply.take())
    assert [one.kind for one in both] == [SET, SET]
    assert [len(one.items) for one in both] == [2, 0]


def test_a_million_sets_of_eight_integers_are_small() -> None:
    table = Table(Clock(1))
    count = 20_000
    for number in range(count):
        sets.add(table, b"key:%09d" % number, [b"%d" % (number % 1000 + n) for n in range(8)])
    assert table.memory / count < 64


@given(st.lists(st.integers(INT64_MIN, INT64_MAX), min_size=1, max_size=20))
def test_wider_integers_widen_all(numbers: list[int]) -> None:
    table = Table(Clock(1))
    for number in numbers:
        sets.add(table, b"k", [b"%d" % number])
    assert [int(member) for member in sets.members(table, b"k")] == sorted(set(numbers))
    sets.check(table, b"k")
