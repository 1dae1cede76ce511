"""The stream: what was written is read at any offset, as long as it is kept, and only that long."""

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dflite.native.base.clock import Clock
from dflite.native.keyspace.memory import BACKLOG, REPLICAS, Memory
from dflite.native.keyspace.table import Table
from dflite.native.wire.backlog import Backlog, Cursor
from dflite.native.wire.reply import Reply

BLOCK = 64 * 1024


def make() -> tuple[Backlog, Memory]:
    memory = Memory([[Table(Clock(0))]])
    backlog = Backlog(memory)
    backlog.activate(True)
    return backlog, memory


class AgainstBytes(RuleBasedStateMachine):
    """A stream beside all bytes that were ever written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog, self.memory = make()
        self.written = b""
        self.cursors: list[Cursor] = []
        self.start = 0

    @rule(size=st.integers(0, 5 * BLOCK), byte=st.integers(0, 255))
    def write(self, size: int, byte: int) -> None:
        data = bytes([byte]) * size
        self.backlog.raw(data)
        self.written += data

    @rule(words=st.lists(st.binary(max_size=30), min_size=1, max_size=5))
    def request(self, words: list[bytes]) -> None:
        self.backlog.request(-1, words)
        self.written += b"*%d\r\n" % len(words)
        self.written += b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])

    @rule(keep=st.integers(0, 3 * BLOCK))
    def keep_history(self, keep: int) -> None:
        self.backlog.keep = keep

    @rule(back=st.integers(0, 4 * BLOCK))
    def open_cursor(self, back: int) -> None:
        offset = self.backlog.offset - back
        if self.backlog.holds(offset):
            self.cursors.append(self.backlog.cursor(offset))
        else:
            with pytest.raises(ValueError, match="does not reach"):
                self.backlog.cursor(offset)

    @rule(data=st.data(), most=st.integers(0, 2 * BLOCK), into_reply=st.booleans())
    def read(self, data: st.DataObject, most: int, into_reply: bool) -> None:
        if self.cursors:
            cursor = data.draw(st.sampled_from(self.cursors))
            at = cursor.position
            if into_reply:
                reply = Reply()
                n = cursor.fill(reply, most)
                got = reply.take()
                assert n == len(got)
            else:
                got = cursor.take(most)
            assert got == self.written[at : at + most]
            assert cursor.position == at + len(got)

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        if self.cursors:
            cursor = data.draw(st.sampled_from(self.cursors))
            self.cursors.remove(cursor)
            cursor.close()
            cursor.close()

    @invariant()
    def holds_what_is_wanted(self) -> None:
        backlog = self.backlog
        backlog.check()
        assert backlog.offset == len(self.written)
        needed = min([backlog.offset - backlog.keep, *[cursor.position for cursor in self.cursors]])
        assert backlog.start in (self.start, 0) or backlog.start <= needed
        assert needed - backlog.start < 2 * BLOCK
        self.start = backlog.start
        assert self.memory.told(BACKLOG) + self.memory.told(REPLICAS) == backlog.memory


TestAgainstBytes = AgainstBytes.TestCase
TestAgainstBytes.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_requests_select_their_database_when_it_is_another() -> None:
    backlog, _ = make()
    for database in (0, 0, 11):
        backlog.request(database, [b"DEL", b"k"])
    select = b"*2\r\n$6\r\nSELECT\r\n"
    delete = b"*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"
    expected = select + b"$1\r\n0\r\n" + delete + delete + select + b"$2\r\n11\r\n" + delete
    assert backlog.cursor(0).take(1000) == expected


def test_what_slow_readers_need_is_used_but_does_not_count_towards_the_limit() -> None:
    backlog, memory = make()
    used, binding = memory.used_bytes(), memory.binding_bytes()
    cursor = backlog.cursor(0)
    backlog.raw(b"x" * (10 * BLOCK))
    assert memory.used_bytes() - used == 10 * BLOCK
    assert memory.binding_bytes() - binding == BLOCK
    cursor.take(10 * BLOCK)
    assert memory.used_bytes() - used <= BLOCK


def test_another_history_has_nothing_of_the_one_before() -> None:
    backlog, _ = make()
    cursor = backlog.cursor(0)
    backlog.raw(b"x" * 100)
    backlog.restart(7000)
    backlog.check()
    assert (backlog.start, backlog.offset, cursor.position) == (7000, 7000, 7000)
    assert not backlog.holds(100)
    backlog.raw(b"y")
    assert cursor.take(10) == b"y"


def test_nothing_is_held_while_nobody_wants_the_stream() -> None:
    backlog, _ = make()
    backlog.raw(b"x")
    backlog.activate(False)
    assert backlog.memory == 0
    assert not backlog.holds(1)
