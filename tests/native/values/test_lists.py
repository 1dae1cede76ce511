"""Lists by key beside a Python list, whatever their form: ends, edits and walks."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import INLINE, Table
from dflite.native.keyspace.value import free_buried, value_memory
from dflite.native.values import list_edits, list_walks, lists
from dflite.native.values.packed_list import PackedList
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply
from tests.support.resp import parse_all

pytestmark = pytest.mark.usefixtures("fresh_values")

KEY = b"key"
OTHER = b"other"
ITEMS = st.one_of(
    st.sampled_from([b"a", b"b", b"", b"1", b"-4096", b"9223372036854775807", b"x" * 64]),
    st.integers(-300, 70_000).map(lambda number: b"%d" % number),
    st.integers(0, 9_000).map(lambda size: b"y" * size),
)
# -2 is Redis' default, 3 counts elements
FILLS = st.sampled_from([-2, -1, 3, 40, 0])


def free_all() -> None:
    """What was put aside to be freed in slices is freed now."""
    while free_buried(1_000_000):
        pass


def read(reply: Reply) -> object:
    (parsed,) = parse_all(reply.take())
    return [item.data for item in parsed.items] if isinstance(parsed.value, list) else parsed.data


class Lists(RuleBasedStateMachine):
    """`model` is what the two lists hold."""

    def __init__(self) -> None:
        super().__init__()
        free_all()
        self.memory = value_memory()
        self.table = Table(Clock(1))
        self.model: dict[bytes, list[bytes]] = {KEY: [], OTHER: []}
        self.reply = Reply()

    @initialize(fill=FILLS)
    def choose_fill(self, fill: int) -> None:
        set_threshold("list_max_listpack_size", fill)

    def teardown(self) -> None:
        set_threshold("list_max_listpack_size", -2)
        self.table.delete(KEY)
        self.table.delete(OTHER)
        free_all()
        assert value_memory() == self.memory

    @property
    def items(self) -> list[bytes]:
        return self.model[KEY]

    @rule(items=st.lists(ITEMS, min_size=1, max_size=30), left=st.booleans(), one=st.booleans())
    def push(self, items: list[bytes], left: bool, one: bool) -> None:
        """One by one, or all at once."""
        for pushed in [[item] for item in items] if one else [items]:
            for item in pushed:
                self.items.insert(0 if left else len(self.items), item)
            assert lists.push(self.table, KEY, pushed, left) == len(self.items)

    @precondition(lambda self: self.items)
    @rule(left=st.booleans(), times=st.integers(1, 20))
    def pop(self, left: bool, times: int) -> None:
        for _ in range(min(times, len(self.items))):
            expected = self.items.pop(0 if left else -1)
            assert lists.pop_into(self.table, KEY, left, self.reply) == len(self.items)
            assert read(self.reply) == expected

    @precondition(lambda self: self.items)
    @rule(left=st.booleans(), count=st.integers(0, 40))
    def pop_many(self, left: bool, count: int) -> None:
        expected = [self.items.pop(0 if left else -1) for _ in range(min(count, len(self.items)))]
        left_over = lists.pop_many_into(self.table, KEY, left, count, self.reply)
        assert left_over == len(self.items)
        assert read(self.reply) == expected

    @rule(start=st.integers(-30, 30), stop=st.integers(-30, 30))
    def range(self, start: int, stop: int) -> None:
        size = len(self.items)
        first = max(start + size, 0) if start < 0 else start
        last = stop + size if stop < 0 else stop
        list_walks.range_into(self.table, KEY, start, stop, self.reply)
        assert read(self.reply) == self.items[first : max(last + 1, 0)]

    @rule(index=st.integers(-30, 30))
    def element(self, index: int) -> None:
        there = -len(self.items) <= index < len(self.items)
        assert list_walks.element(self.table, KEY, index) == (self.items[index] if there else None)

    @precondition(lambda self: self.items)
    @rule(index=st.integers(-30, 30), item=ITEMS)
    def set(self, index: int, item: bytes) -> None:
        there = -len(self.items) <= index < len(self.items)
        assert list_edits.set_element(self.table, KEY, index, item) is there
        if there:
            self.items[index] = item

    @precondition(lambda self: self.items)
    @rule(data=st.data(), item=ITEMS, behind=st.booleans())
    def insert(self, data: st.DataObject, item: bytes, behind: bool) -> None:
        pivot = data.draw(st.one_of(st.sampled_from(self.items), st.just(b"none")))
        if pivot in self.items:
            self.items.insert(self.items.index(pivot) + behind, item)
            expected = len(self.items)
        else:
            expected = -1
        assert list_edits.insert(self.table, KEY, pivot, item, behind) == expected

    @precondition(lambda self: self.items)
    @rule(start=st.integers(-30, 30), stop=st.integers(-30, 30))
    def trim(self, start: int, stop: int) -> None:
        size = len(self.items)
        first = max(start + size, 0) if start < 0 else start
        last = stop + size if stop < 0 else stop
        self.model[KEY] = self.items[first : max(last + 1, 0)]
        assert list_edits.trim(self.table, KEY, start, stop) == size - len(self.items)

    @precondition(lambda self: self.items)
    @rule(data=st.data(), count=st.integers(-3, 3))
    def remove(self, data: st.DataObject, count: int) -> None:
        item = data.draw(st.one_of(st.sampled_from(self.items), st.just(b"none")))
        places = [place for place, each in enumerate(self.items) if each == item]
        places = places[:count] if count > 0 else places[count:] if count < 0 else places
        for place in reversed(places):
            del self.items[place]
        assert list_edits.remove(self.table, KEY, item, count) == len(places)

    @rule(
        data=st.data(),
        rank=st.integers(-3, 3).filter(bool),
        most=st.integers(0, 3),
        looked_at=st.integers(0, 20),
    )
    def positions(self, data: st.DataObject, rank: int, most: int, looked_at: int) -> None:
        item = data.draw(st.sampled_from(self.items)) if self.items else b"none"
        places = list(range(len(self.items)))
        if rank < 0:
            places.reverse()
        if looked_at:
            places = places[:looked_at]
        found = [place for place in places if self.items[place] == item][abs(rank) - 1 :]
        expected = found[:most] if most else found
        assert list_walks.positions(self.table, KEY, item, rank, most, looked_at) == expected

    @precondition(lambda self: self.items)
    @rule(from_left=st.booleans(), to_left=st.booleans(), new_key=st.sampled_from([KEY, OTHER]))
    def move(self, from_left: bool, to_left: bool, new_key: bytes) -> None:
        item = self.items.pop(0 if from_left else -1)
        into = self.model[new_key]
        into.insert(0 if to_left else len(into), item)
        assert lists.move(self.table, KEY, from_left, self.table, new_key, to_left) == item

    @rule()
    def exchange(self) -> None:
        """The other list is the one to work on."""
        spare = b"spare"
        for key, new_key in ((KEY, spare), (OTHER, KEY), (spare, OTHER)):
            self.table.move(key, self.table, new_key)
        self.model[KEY], self.model[OTHER] = self.model[OTHER], self.model[KEY]

    @precondition(lambda self: self.items)
    @rule()
    def copy(self) -> None:
        """The copy takes the list's place."""
        value = self.table.read(KEY)
        if value is INLINE:
            return
        assert isinstance(value, PackedList)
        self.table.set_object(KEY, 2, value.copy())

    @invariant()
    def all_is_as_in_the_model(self) -> None:
        self.table.check()
        for key, items in self.model.items():
            assert lists.length(self.table, key) == len(items)
            assert list_walks.elements(self.table, key) == items
            assert self.table.type_of(key) == (2 if items else 0)
            value = self.table.read(key)
            if isinstance(value, PackedList):
                assert len(value) == len(items)
                value.check()


TestLists = Lists.TestCase
TestLists.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
