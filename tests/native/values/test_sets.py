"""Sets beside Python's, in all forms and across their thresholds: walks and draws too."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import set_draws, set_forms, set_walks, sets
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
        assert set_draws.pop(self.table, key, reply) == there
        if there:
            self.model[key].remove(parse_all(reply.take())[0].data)

    @rule(key=st.sampled_from(KEYS), count=st.integers(0, 40))
    def pop_many(self, key: bytes, count: int) -> None:
        popped = set_draws.pop_many(self.table, key, count)
        assert len(popped) == min(count, len(self.model[key]))
        assert set(popped) <= self.model[key]
        assert len(set(popped)) == len(popped)
        self.model[key] -= set(popped)

    @rule(key=st.sampled_from(KEYS), count=st.integers(0, 40))
    def draw(self, key: bytes, count: int) -> None:
        drawn = set_draws.sample(self.table, key, count)
        assert len(drawn) == len(set(drawn)) == min(count, len(self.model[key]))
        assert set(drawn) <= self.model[key]
        one = set_draws.draw_one(self.table, key)
        assert one in self.model[key] if self.model[key] else one is None
        if self.model[key]:
            reply = Reply()
            set_draws.answer_draws(self.table, key, count, reply)
            items = parse_all(reply.take())
            assert len(items) == count
            assert {item.data for item in items} <= self.model[key]

    @rule(key=st.sampled_from(KEYS), members=LISTS)
    def put(self, key: bytes, members: list[bytes]) -> None:
        sets.put(self.table, key, members, set_forms.PACKED)
        self.model[key] = set(members)

    @rule(key=st.sampled_from(KEYS), count=st.integers(1, 10))
    def scan(self, key: bytes, count: int) -> None:
        cursor, seen = set_walks.scan(self.table, key, 0, count, None)
        while cursor:
            cursor, found = set_walks.scan(self.table, key, cursor, count, None)
            seen += found
        assert set(seen) == self.model[key]
        cursor, seen = set_walks.scan(self.table, key, 0, 1000, b"m*")
        assert cursor == 0
        assert set(seen) == {member for member in self.model[key] if member.startswith(b"m")}

    @invariant()
    def same(self) -> None:
        for key, model in self.model.items():
            assert sets.count(self.table, key) == len(model)
            assert self.table.type_of(key) == (3 if model else 0)
            found = set_walks.members(self.table, key)
            assert len(found) == len(model)
            assert set(found) == model
            if not model:
                continue
            set_forms.check(self.table, key)
            if set_forms.form(self.table, key) == set_forms.INTEGERS:
                assert found == sorted(found, key=int)
        self.table.check()


TestSets = SetMachine.TestCase
TestSets.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_members_are_answered_as_a_set_where_there_are_sets() -> None:
    table = Table(Clock(1))
    sets.add(table, b"k", [b"1", b"2"])
    reply = Reply(True)
    set_walks.answer_members(table, b"k", reply)
    set_walks.answer_members(table, b"none", reply)
    both = parse_all(reply.take())
    assert [one.kind for one in both] == [SET, SET]
    assert [len(one.items) for one in both] == [2, 0]
