"""Consumer groups beside plain dicts of what is pending."""

import gc

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dflite.native.keyspace.value import value_memory
from dflite.native.streams.stream_group import Consumer, Group
from dflite.native.streams.stream_id import MAX_ID, id_text
from dflite.native.wire.reply import Reply
from tests.support.resp import NULL_ARRAY, parse_all
from tests.support.streams import stream_of

LATE = (1 << 63) - 1
NAMES = st.sampled_from([b"alice", b"bob", b"carol"])
IDS = st.integers(0, 320)


class GroupMachine(RuleBasedStateMachine):
    """Deliveries, claims and acknowledgements; the model is a dict of (consumer, time, count)."""

    @initialize()
    def begin(self) -> None:
        self.stream = stream_of(*[(n, [b"n", b"%d" % n]) for n in range(1, 301)])
        self.group = Group(0)
        self.model: dict[int, tuple[bytes, int, int]] = {}
        self.deleted: set[int] = set()
        self.last = 0
        self.now = 1000

    def consumer(self, name: bytes) -> Consumer:
        self.now += 1
        found = self.group.consumers.get(name)
        return self.group.create_consumer(name, self.now) if found is None else found

    @rule(name=NAMES, limit=st.sampled_from([0, 1, 7, 60]), acknowledge=st.booleans())
    def deliver(self, name: bytes, limit: int, acknowledge: bool) -> None:
        reader = self.consumer(name)
        expected = [n for n in range(self.last + 1, 301) if n not in self.deleted]
        expected = expected[:limit] if limit else expected
        reply = Reply()
        given: list[int] = []
        count = self.group.deliver(self.stream, reply, reader, limit, acknowledge, self.now, given)
        assert given == expected
        assert count == len(expected)
        (answered,) = parse_all(reply.take())
        assert [item.items[0].data for item in answered.items] == [id_text(n) for n in expected]
        if expected:
            self.last = expected[-1]
        if not acknowledge:
            for number in expected:
                self.model[number] = (name, self.now, 1)

    @rule(number=IDS)
    def go_back(self, number: int) -> None:
        self.group.last_id = number
        self.last = number

    @rule(name=NAMES, start=IDS, limit=st.sampled_from([0, 1, 9]))
    def read_history(self, name: bytes, start: int, limit: int) -> None:
        reader = self.consumer(name)
        expected = [n for n in sorted(self.model) if n >= start and self.model[n][0] == name]
        expected = expected[:limit] if limit else expected
        reply = Reply()
        self.group.reply_history(self.stream, reply, reader, start, limit, self.now)
        (answered,) = parse_all(reply.take())
        assert [item.items[0].data for item in answered.items] == [id_text(n) for n in expected]
        for number, item in zip(expected, answered.items, strict=True):
            there = 0 < number <= 300 and number not in self.deleted
            assert (item.items[1].kind == NULL_ARRAY) != there
            if there:
                self.model[number] = (name, self.now, self.model[number][2] + 1)

    @rule(number=IDS)
    def acknowledge(self, number: int) -> None:
        assert self.group.acknowledge(number) == (self.model.pop(number, None) is not None)

    @rule(start=IDS, count=st.integers(1, 200))
    def acknowledge_many(self, start: int, count: int) -> None:
        for number in range(start, start + count):
            assert self.group.acknowledge(number) == (self.model.pop(number, None) is not None)

    @rule(name=NAMES, number=IDS, time=st.integers(0, 2000), create=st.booleans())
    def claim(self, name: bytes, number: int, time: int, create: bool) -> None:
        reader = self.consumer(name)
        there = number in self.model
        assert self.group.claim(number, reader, time, 5, create) == (there or create)
        if there or create:
            self.model[number] = (name, time, 5)

    @rule(name=NAMES)
    def delete_consumer(self, name: bytes) -> None:
        reader = self.group.consumers.get(name)
        if reader is None:
            return
        gone = [number for number, entry in self.model.items() if entry[0] == name]
        assert self.group.delete_consumer(reader) == len(gone)
        for number in gone:
            del self.model[number]

    @rule(number=IDS)
    def delete_entry(self, number: int) -> None:
        if self.stream.delete(number):
            self.deleted.add(number)

    @rule(start=IDS, end=IDS, limit=st.sampled_from([-1, 0, 1, 10]), latest=st.integers(0, 3000))
    def look(self, start: int, end: int, limit: int, latest: int) -> None:
        for name in (None, b"alice", b"bob"):
            reader = None if name is None else self.consumer(name)
            expected = [
                (number, *self.model[number])
                for number in sorted(self.model)
                if start <= number <= end
                and self.model[number][1] <= latest
                and name in (None, self.model[number][0])
            ]
            found = self.group.pending_from(start, end, limit, reader, latest)
            assert [(n, who.name, time, count) for n, who, time, count in found] == (
                expected if limit < 0 else expected[:limit]
            )

    @rule()
    def go_on_with_a_copy(self) -> None:
        copied = self.group.copy()
        copied.check()
        assert {name: (c.seen_ms, c.active_ms) for name, c in copied.consumers.items()} == {
            name: (c.seen_ms, c.active_ms) for name, c in self.group.consumers.items()
        }
        self.group = copied

    @invariant()
    def agrees(self) -> None:
        group = self.group
        group.check()
        assert group.last_id == self.last
        assert group.pending_count == len(self.model)
        assert group.first_pending == (min(self.model) if self.model else -1)
        assert group.last_pending == (max(self.model) if self.model else -1)
        for name, reader in group.consumers.items():
            mine = [n for n, entry in self.model.items() if entry[0] == name]
            assert reader.pending_count == len(mine)
        for number in list(self.model)[:5]:
            delivery = group.delivery(number)
            assert delivery is not None
            assert (delivery[0].name, *delivery[1:]) == self.model[number]


TestGroup = GroupMachine.TestCase
TestGroup.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_many_pending_entries_are_small_and_leave_nothing() -> None:
    gc.collect()
    before = value_memory()
    group = Group(0)
    reader = group.create_consumer(b"alice", 0)
    for number in range(100_000):
        group.claim(number, reader, 0, 1, True)
    assert (value_memory() - before) / 100_000 < 60
    for number in range(99_999):
        group.acknowledge(number)
    assert value_memory() - before < 10_000
    group.check()
    del group, reader
    assert value_memory() == before


def test_a_group_dies_before_its_consumers() -> None:
    group = Group(0)
    reader = group.create_consumer(b"alice", 7)
    group.claim(1, reader, 0, 1, True)
    del group
    assert (reader.name, reader.seen_ms, reader.pending_count) == (b"alice", 7, 1)


def test_lag_is_known_until_something_in_between_is_deleted() -> None:
    stream = stream_of(*[(n, [b"a", b"b"]) for n in range(1, 11)])
    group = Group(0)
    assert group.lag(stream) == 10
    reader = group.create_consumer(b"alice", 0)
    group.deliver(stream, Reply(), reader, 4, False, 0, None)
    assert (group.entries_read, group.lag(stream)) == (4, 6)
    stream.delete(2)
    assert group.lag(stream) == 6
    stream.delete(7)
    assert group.lag(stream) is None
    group.deliver(stream, Reply(), reader, 0, False, 0, None)
    assert group.lag(stream) == 0
    assert Group(MAX_ID).lag(stream) is None
