"""Sorted sets at keys of a table beside a dict, packed, large, and on the way to that."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import buried, free_buried, value_memory
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.sorted_sets.sortedset import SortedSet
from dflite.native.sorted_sets.zsets import (
    DONE_ADDED,
    DONE_NO_NUMBER,
    DONE_REFUSED,
    DONE_UPDATED,
    IF_ABSENT,
    IF_GREATER,
    IF_LESS,
    IF_PRESENT,
    INCREMENT,
)
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply
from tests.support.resp import Reply as Parsed
from tests.support.resp import parse_all

pytestmark = pytest.mark.usefixtures("fresh_values")

KEY = b"zset"
INFINITY = float("inf")
ENC_PACKED = 4
DEFAULTS = {"zset_max_listpack_entries": 128, "zset_max_listpack_value": 64}
MEMBERS = st.one_of(
    st.integers(0, 400).map(lambda number: b"m%d" % number),
    st.integers(-10, 10).map(lambda number: b"%d" % number),
    st.sampled_from([b"", b"007", b"x" * 20, b"y" * 21, b"z" * 300]),
)
SCORES = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([0.5, 1e13, -1e13, 2.0**43, INFINITY, -INFINITY, 1e300]),
    st.floats(-1e6, 1e6),
)
HOW = st.sampled_from(
    [0, 0, 0, IF_ABSENT, IF_PRESENT, IF_GREATER, IF_LESS, IF_PRESENT | IF_GREATER]
)


@pytest.fixture(autouse=True)
def default_thresholds() -> Iterator[None]:
    yield
    for name, value in DEFAULTS.items():
        set_threshold(name, value)


@pytest.fixture
def table() -> Table:
    return Table(Clock(1))


def add(table: Table, *pairs: tuple[float, bytes], how: int = 0) -> tuple[int, int, int, float]:
    return zsets.add(table, KEY, [pair[0] for pair in pairs], [pair[1] for pair in pairs], how)


def everything(table: Table, reverse: bool = False) -> list[tuple[bytes, float]]:
    size = zsets.size(table, KEY)
    return zset_ranges.pairs(table, KEY, size - 1 if reverse else 0, size, reverse)


def said(reply: Reply) -> Parsed:
    replies = parse_all(reply.take())
    assert len(replies) == 1
    return replies[0]


def datas(reply: Parsed) -> list[bytes]:
    return [item.data for item in reply.items]


class ZsetMachine(RuleBasedStateMachine):
    """A sorted set and its model, told the same things."""

    @initialize(entries=st.sampled_from([0, 3, 10, 128]), value=st.sampled_from([0, 20, 64]))
    def begin(self, entries: int, value: int) -> None:
        set_threshold("zset_max_listpack_entries", entries)
        set_threshold("zset_max_listpack_value", value)
        self.table = Table(Clock(1))
        self.model: dict[bytes, float] = {}

    def teardown(self) -> None:
        for name, value in DEFAULTS.items():
            set_threshold(name, value)

    def order(self) -> list[bytes]:
        return sorted(self.model, key=lambda member: (self.model[member], member))

    @rule(member=MEMBERS, score=SCORES, how=HOW)
    def add(self, member: bytes, score: float, how: int) -> None:
        old = self.model.get(member)
        refused = (
            (how & IF_PRESENT if old is None else how & IF_ABSENT)
            or (old is not None and how & IF_GREATER and score <= old)
            or (old is not None and how & IF_LESS and score >= old)
        )
        new, changed, done, _score = add(self.table, (score, member), how=how)
        if refused:
            assert (new, changed, done) == (0, 0, DONE_REFUSED)
            return
        assert (new, changed) == (old is None, old is not None and old != score)
        self.model[member] = score

    @rule(start=st.integers(0, 400), count=st.integers(2, 200), step=st.sampled_from([0, 1, -1]))
    def add_many(self, start: int, count: int, step: int) -> None:
        pairs = [(float(i * step), b"m%d" % (start + i)) for i in range(count)]
        add(self.table, *pairs)
        self.model.update({member: score for score, member in pairs})

    @rule(member=MEMBERS, delta=SCORES)
    def increment(self, member: bytes, delta: float) -> None:
        done, score = add(self.table, (delta, member), how=INCREMENT)[2:]
        expected = self.model.get(member, 0.0) + delta
        if expected != expected:
            assert done == DONE_NO_NUMBER
            return
        assert score == expected
        self.model[member] = expected

    @rule(members=st.lists(MEMBERS, min_size=1, max_size=5))
    def remove(self, members: list[bytes]) -> None:
        there = set(members) & set(self.model)
        assert zsets.remove(self.table, KEY, members) == len(there)
        for member in there:
            del self.model[member]

    @rule(first=st.integers(0, 300), count=st.integers(1, 300))
    def remove_ranks(self, first: int, count: int) -> None:
        order = self.order()[first : first + count]
        if order:
            zset_ranges.remove_ranks(self.table, KEY, first, len(order))
        for member in order:
            del self.model[member]

    @rule(count=st.integers(0, 5), highest=st.booleans())
    def pop(self, count: int, highest: bool) -> None:
        order = self.order()
        popped = (order[::-1] if highest else order)[:count]
        reply = Reply()
        left = zsets.pop(self.table, KEY, count, highest, reply, zsets.SHAPE_MEMBERS)
        assert datas(said(reply)) == popped
        for member in popped:
            del self.model[member]
        assert left == len(self.model)

    @rule(member=MEMBERS, reverse=st.booleans())
    def ask(self, member: bytes, reverse: bool) -> None:
        order = self.order()[:: -1 if reverse else 1]
        assert zsets.score(self.table, KEY, member) == self.model.get(member)
        rank, score = zsets.rank(self.table, KEY, member, reverse)
        if member in self.model:
            assert (rank, score) == (order.index(member), self.model[member])
        else:
            assert rank == -1

    @rule(low=SCORES, low_open=st.booleans(), high=SCORES, high_open=st.booleans())
    def find_scores(self, low: float, low_open: bool, high: float, high_open: bool) -> None:
        first, count = zset_ranges.by_score(self.table, KEY, low, low_open, high, high_open)
        assert self.order()[first : first + count] == [
            member
            for member in self.order()
            if (self.model[member] > low or (not low_open and self.model[member] == low))
            and (self.model[member] < high or (not high_open and self.model[member] == high))
        ]

    @invariant()
    def same(self) -> None:
        order = [(member, self.model[member]) for member in self.order()]
        assert everything(self.table) == order
        assert everything(self.table, True) == order[::-1]
        self.table.check()
        value = self.table.read(KEY)
        assert (value is None) == (not order)
        if isinstance(value, SortedSet):
            value.check()


TestZsetMachine = ZsetMachine.TestCase
TestZsetMachine.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def is_packed(table: Table) -> bool:
    return table.encoding_of(KEY) == ENC_PACKED


def test_it_is_packed_up_to_the_thresholds(table: Table) -> None:
    set_threshold("zset_max_listpack_entries", 3)
    set_threshold("zset_max_listpack_value", 5)
    add(table, (1, b"a"), (2, b"b"), (3, b"12345"))
    assert is_packed(table)
    add(table, (4, b"a"))
    assert is_packed(table)
    add(table, (5, b"d"))
    assert not is_packed(table)
    assert everything(table) == [(b"b", 2), (b"12345", 3), (b"a", 4), (b"d", 5)]
    zsets.remove(table, KEY, [b"b", b"12345", b"a"])
    assert not is_packed(table)
    zsets.remove(table, KEY, [b"d"])
    assert table.type_of(KEY) == 0


def test_a_long_member_makes_it_large(table: Table) -> None:
    add(table, (1, b"a"), (0, b"x" * 65))
    assert not is_packed(table)


def test_the_form_follows_from_the_request_even_if_nothing_is_added(table: Table) -> None:
    add(table, (1, b"a"))
    assert add(table, (1, b"x" * 65), how=IF_PRESENT)[2] == DONE_REFUSED
    assert not is_packed(table)


def test_a_packed_score_is_never_minus_zero(table: Table) -> None:
    add(table, (-0.0, b"a"))
    assert str(zsets.score(table, KEY, b"a")) == "0.0"
    set_threshold("zset_max_listpack_entries", 0)
    add(table, (-0.0, b"b"), (1, b"c"))
    assert str(zsets.score(table, KEY, b"b")) == "-0.0"


def test_nothing_is_made_for_members_that_have_to_be_there(table: Table) -> None:
    assert add(table, (1, b"a"), how=IF_PRESENT) == (0, 0, DONE_REFUSED, 0)
    assert len(table) == 0


def test_what_came_of_it_is_said(table: Table) -> None:
    assert add(table, (1, b"a")) == (1, 0, DONE_ADDED, 1)
    assert add(table, (1, b"a")) == (0, 0, 0, 1)
    assert add(table, (2, b"a")) == (0, 1, DONE_UPDATED, 2)
    assert add(table, (3, b"a"), how=INCREMENT) == (0, 1, DONE_UPDATED, 5)
    assert add(table, (3, b"a"), how=INCREMENT | IF_ABSENT)[2] == DONE_REFUSED
    assert add(table, (-1, b"a"), how=INCREMENT | IF_GREATER)[2] == DONE_REFUSED
    assert add(table, (INFINITY, b"a"))[1] == 1
    assert add(table, (-INFINITY, b"a"), how=INCREMENT)[2] == DONE_NO_NUMBER
    assert zsets.score(table, KEY, b"a") == INFINITY


@pytest.mark.parametrize(
    ("shape", "resp3", "expected"),
    [
        (zsets.SHAPE_MEMBERS, False, b"*1\r\n$1\r\na\r\n"),
        (zsets.SHAPE_SCORES, False, b"*2\r\n$1\r\na\r\n$3\r\n1.5\r\n"),
        (zsets.SHAPE_SCORES, True, b"*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n"),
        (zsets.SHAPE_FLAT, True, b"*2\r\n$1\r\na\r\n,1.5\r\n"),
        (zsets.SHAPE_PAIRS, False, b"*1\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n"),
        (zsets.SHAPE_BARE, False, b"$1\r\na\r\n$3\r\n1.5\r\n"),
    ],
)
def test_members_are_answered_in_every_shape(
    table: Table, shape: int, resp3: bool, expected: bytes
) -> None:
    add(table, (1.5, b"a"))
    reply = Reply(resp3)
    assert zsets.pop(table, KEY, 1, False, reply, shape) == 0
    assert reply.take() == expected


def test_scores_are_read_from_every_second_word() -> None:
    assert zsets.read_scores([b"ZADD", b"key", b"1", b"a", b"-inf", b"b"], 2) == [1, -INFINITY]
    assert zsets.read_scores([b"1", b"a", b"nan", b"b"], 0) is None


def test_a_large_one_is_taken_apart_in_slices(table: Table) -> None:
    while buried():
        free_buried(1_000_000)
    before = value_memory()
    add(table, *[(float(i), b"member:%d" % i) for i in range(5_000)])
    table.delete(KEY)
    assert buried() == 1
    slices = 0
    while free_buried(100):
        slices += 1
    assert slices > 3
    assert value_memory() == before
