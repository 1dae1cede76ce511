"""A stream beside a plain list of entries."""

import gc
from bisect import bisect_left

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dflite.native.keyspace.value import value_memory
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_id import MAX_ID, id_text
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply
from tests.support.resp import parse_all
from tests.support.streams import stream_of

HALF = (1 << 64) - 1
WORDS = st.one_of(
    st.sampled_from([b"f", b"name", b"17", b"-5000", b"", b"x" * 63, b"x" * 64, b"y" * 5000]),
    st.binary(max_size=12),
    st.integers(-(1 << 63), (1 << 63) - 1).map(lambda n: b"%d" % n),
)
FIELDS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=5).map(
        lambda words: [w for v in words for w in (b"f", v)]
    ),
    st.lists(WORDS, min_size=2, max_size=80).map(lambda words: words[: len(words) // 2 * 2]),
    st.tuples(WORDS, WORDS).map(lambda pair: [b"f", pair[0], b"name", pair[1]]),
)


class StreamMachine(RuleBasedStateMachine):
    """All operations on a stream, and what a list of its nodes' entries says they come to."""

    @initialize(
        entries=st.sampled_from([1, 2, 3, 10, 100, 0]), size=st.sampled_from([0, 100, 4096])
    )
    def begin(self, entries: int, size: int) -> None:
        set_threshold("stream_node_max_entries", entries)
        set_threshold("stream_node_max_bytes", size)
        self.stream = Stream()
        self.model: list[tuple[int, list[bytes]]] = []
        self.last = 0
        self.added = 0
        self.max_deleted = 0

    def teardown(self) -> None:
        set_threshold("stream_node_max_entries", 100)
        set_threshold("stream_node_max_bytes", 4096)

    def note(self, text: bytes | None, number: int, words: list[bytes]) -> None:
        if number <= self.last or number > MAX_ID:
            assert text is None
            return
        assert text == id_text(number)
        self.model.append((number, words))
        self.last = number
        self.added += 1

    @rule(words=FIELDS, now=st.integers(0, 60))
    def add_at_a_time(self, words: list[bytes], now: int) -> None:
        number = max(now << 64, self.last + 1)
        self.note(self.stream.add(now, -1, False, [b"XADD", *words], 1), number, words)

    @rule(words=FIELDS, ms=st.integers(0, 60), seq=st.sampled_from([0, 1, 5, HALF]))
    def add(self, words: list[bytes], ms: int, seq: int) -> None:
        number = ms << 64 | seq
        self.note(self.stream.add(0, number, False, words, 0), number, words)

    @rule(words=FIELDS, ms=st.integers(0, 60))
    def add_with_any_sequence_number(self, words: list[bytes], ms: int) -> None:
        number = ms << 64
        if self.last >> 64 == ms and self.last & HALF != HALF:
            number = self.last + 1
        self.note(self.stream.add(0, ms << 64, True, words, 0), number, words)

    @rule(words=FIELDS, count=st.integers(1, 30))
    def add_many(self, words: list[bytes], count: int) -> None:
        for _ in range(count):
            self.note(self.stream.add(0, self.last + 1, False, words, 0), self.last + 1, words)

    def some_id(self, data: st.DataObject) -> int:
        there: bool = data.draw(st.booleans())
        if self.model and there:
            return data.draw(st.sampled_from([number for number, _ in self.model]))
        return data.draw(
            st.one_of(st.integers(0, 60).map(lambda n: n << 64), st.integers(0, MAX_ID))
        )

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        number = self.some_id(data)
        there = [entry for entry in self.model if entry[0] == number]
        assert self.stream.exists(number) == bool(there)
        assert self.stream.delete(number) == bool(there)
        if there:
            self.model.remove(there[0])
            self.max_deleted = max(self.max_deleted, number)

    @rule(data=st.data(), roughly=st.booleans(), limit=st.sampled_from([0, 0, 1, 5, 50]))
    def trim_to_length(self, data: st.DataObject, roughly: bool, limit: int) -> None:
        most = data.draw(st.integers(0, len(self.model) + 2))
        before = len(self.model)
        removed = self.stream.trim_to_length(most, roughly, limit)
        if roughly or limit:
            assert removed <= max(before - most, 0)
            assert not limit or removed <= limit
        else:
            assert removed == max(before - most, 0)
        del self.model[:removed]

    @rule(data=st.data(), roughly=st.booleans())
    def trim_to_id(self, data: st.DataObject, roughly: bool) -> None:
        least = self.some_id(data)
        before = bisect_left(self.model, (least, []))
        removed = self.stream.trim_to_id(least, roughly, 0)
        assert removed <= before if roughly else removed == before
        del self.model[:removed]

    @rule(data=st.data())
    def set_a_lower_last_id(self, data: st.DataObject) -> None:
        top = self.model[-1][0] if self.model else 0
        self.last = self.stream.last_id = max(top, self.some_id(data))

    @rule(data=st.data(), limit=st.sampled_from([0, 1, 3, 1000]), reverse=st.booleans())
    def read_range(self, data: st.DataObject, limit: int, reverse: bool) -> None:
        start, end = self.some_id(data), self.some_id(data)
        expected = [entry for entry in self.model if start <= entry[0] <= end]
        if reverse:
            expected.reverse()
        expected = expected[:limit] if limit else expected
        assert self.stream.entries(start, end, limit, reverse) == expected
        reply = Reply()
        reply.integer(1)
        assert self.stream.reply_range(reply, start, end, limit, reverse) == len(expected)
        answered = parse_all(reply.take())[1]
        assert [
            (entry.items[0].data, [word.data for word in entry.items[1].items])
            for entry in answered.items
        ] == [(id_text(number), words) for number, words in expected]

    @rule(data=st.data())
    def look_for_what_is_behind(self, data: st.DataObject) -> None:
        number = self.some_id(data)
        assert self.stream.has_behind(number) == any(entry[0] > number for entry in self.model)

    @precondition(lambda self: len(self.model) < 300)
    @rule()
    def go_on_with_a_copy(self) -> None:
        before = value_memory()
        copied = self.stream.copy()
        assert value_memory() - before > 0 or not self.model
        copied.check()
        assert copied.dump_nodes() == self.stream.dump_nodes()
        self.stream = copied
        assert value_memory() <= before or self.stream.memory > 0

    @invariant()
    def figures_agree(self) -> None:
        stream = self.stream
        stream.check()
        assert len(stream) == len(self.model)
        assert stream.last_id == self.last
        assert stream.entries_added == self.added
        assert stream.max_deleted_id == self.max_deleted
        assert stream.first_id == (self.model[0][0] if self.model else 0)
        assert stream.first_entry_id() == (self.model[0][0] if self.model else -1)
        assert stream.last_entry_id() == (self.model[-1][0] if self.model else -1)


TestStream = StreamMachine.TestCase
TestStream.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_an_id_that_was_deleted_may_come_again_once_the_last_id_is_below_it() -> None:
    stream = stream_of((1, [b"a", b"1"]), (5, [b"a", b"2"]))
    stream.delete(5)
    stream.last_id = 3
    for number in (4, 5, 6):
        assert stream.add(0, number, False, [b"a", b"3"], 0)
        stream.check()
    assert [number for number, _ in stream.entries(0, MAX_ID)] == [1, 4, 5, 6]
    assert stream.delete(4)
    assert stream.delete(5)
    stream.check()


def test_all_memory_is_given_back() -> None:
    gc.collect()
    before = value_memory()
    stream = stream_of(*[(n, [b"field", b"value %d" % n]) for n in range(1, 5000)])
    assert value_memory() - before > 5000 * 10
    assert abs(value_memory() - before - stream.memory) < 500  # all but the object itself
    del stream
    assert value_memory() == before


def test_an_entry_takes_few_bytes() -> None:
    """Fields that all entries share are written once a node."""
    stream = Stream()
    for n in range(10_000):
        words = [
            b"temperature",
            b"%d" % (n % 100),
            b"humidity",
            b"%d" % (n % 50),
            b"at",
            b"s-%d" % n,
        ]
        stream.add(n, -1, False, words, 0)
    assert stream.memory / 10_000 < 30


def test_a_small_stream_is_small() -> None:
    assert stream_of((1, [b"a", b"b"])).memory < 400
