"""The hot lane and the handlers say and do the same: one program with the lane and without."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.sorted_sets.sortedset import SortedSet
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_id import MAX_ID
from dflite.native.values import hash_walks, hashes, list_walks, lists, set_forms, set_walks
from dflite.store.db import TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET
from tests.support.node import Node
from tests.support.resp import encode

Words = list[bytes]
Step = Callable[[Node], None]

# At the last five is nothing to begin with, so that collections come to be there.
KEYS: Final = (b"a", b"b", b"{tag}c", b"d", b"", b"(long key)", b"e", b"e", b"f")
# An integer, a text, a string that has grown, a key that expires.
FIRST: Final = (b"SET a 1", b"SET b text", b"APPEND {tag}c 12", b"SET d 5 PX 5000")
VALUES: Final = (
    b"", b"x", b"0", b"-1", b"9223372036854775807", b"-9223372036854775808", b"007", b"1.5",
    b"1" * 44, b"(long)",
)  # fmt: skip
# Too long for a failure's report; the value is too long for the lane.
SPELLED: Final = {b"(long)": b"y" * 70_000, b"(long key)": b"k" * 300}
NUMBERS: Final = (b"1", b"10", b"0", b"-5", b"abc", b"1000000001", b"9223372036854775807", b"")

key = st.sampled_from(KEYS)
value = st.sampled_from(VALUES)
number = st.sampled_from(NUMBERS)
keys = st.lists(key, min_size=1, max_size=4)


def words(*parts: SearchStrategy[bytes] | bytes) -> SearchStrategy[Words]:
    """A request of fixed and drawn words."""
    return st.tuples(
        *[part if not isinstance(part, bytes) else st.just(part) for part in parts]
    ).map(list)


def name_and(name: bytes, more: SearchStrategy[Words]) -> SearchStrategy[Words]:
    return more.map(lambda rest: [name, *rest])


pairs = st.lists(st.tuples(key, value), min_size=1, max_size=3).map(
    lambda found: [word for pair in found for word in pair]
)
FIELDS: Final = (b"f", b"g", b"1", b"l" * 64, b"(long)")
field = st.sampled_from(FIELDS)
field_pairs = st.lists(st.tuples(field, value), min_size=1, max_size=3).map(
    lambda found: [word for pair in found for word in pair]
)
fields = st.lists(field, min_size=1, max_size=3)
keyed_hashes = st.tuples(key, field_pairs).map(lambda drawn: [drawn[0], *drawn[1]])
place = st.sampled_from((b"0", b"1", b"-1", b"2", b"-3", b"100", b"x", b"-9223372036854775808"))
score = st.sampled_from(
    (
        b"0",
        b"1.5",
        b"-inf",
        b"1",
        b"nan",
        b"1e3",
        b"x",
        b"-0.0",
        b"0x10",
        b"+1",
        b" 1",
        b"",
        b"1e400",
    )
)
keyed_fields = st.tuples(key, fields).map(lambda drawn: [drawn[0], *drawn[1]])
IN_THE_LANE: Final = (
    words(st.sampled_from((b"LPUSH", b"RPUSH")), key, value),
    words(st.sampled_from((b"LPOP", b"RPOP", b"LLEN", b"SCARD")), key),
    words(b"LRANGE", key, place, place),
    words(st.sampled_from((b"SADD", b"SREM")), key, st.one_of(field, number)),
    words(b"ZADD", key, score, field),
    words(st.sampled_from((b"ZRANK", b"ZSCORE", b"ZREM")), key, field),
    words(b"ZRANGE", key, place, place),
    words(b"ZPOPMIN", key),
    words(b"XADD", key, b"*", field, value),
    name_and(b"HSET", keyed_hashes),
    words(b"HGET", key, field),
    name_and(b"HMGET", keyed_fields),
    words(b"HGETALL", key),
    name_and(b"HDEL", keyed_fields),
    words(b"GET", key),
    words(b"SET", key, value),
    name_and(b"MGET", keys),
    name_and(b"MSET", pairs),
    words(b"INCR", key),
    words(b"DECR", key),
    name_and(b"EXISTS", keys),
    name_and(b"DEL", keys),
    words(b"TTL", key),
    words(b"EXPIRE", key, number),
    words(b"PING"),
)
NOT_IN_THE_LANE: Final = (
    words(b"PING", value),
    words(b"HSETNX", key, field, value),
    name_and(b"RPUSH", keyed_fields),
    words(b"ZADD", key, st.sampled_from((b"NX", b"XX", b"CH", b"INCR")), score, field),
    words(b"ZRANGE", key, place, place, st.sampled_from((b"WITHSCORES", b"REV", b"BYLEX"))),
    words(b"XADD", key, b"MAXLEN", b"2", b"*", field, value),
    words(b"XADD", key, b"9223372036854775807-1", field, value),
    name_and(b"SADD", keyed_fields),
    words(b"LPOP", key, st.sampled_from((b"0", b"1", b"2", b"-1"))),
    words(b"SADDEX", key, st.sampled_from((b"1", b"100")), st.one_of(field, number)),
    words(b"HPEXPIRE", key, st.sampled_from((b"1", b"500", b"100000")), b"FIELDS", b"1", field),
    words(b"HPERSIST", key, b"FIELDS", b"1", field),
    words(b"SET", key, value, b"PX", st.sampled_from((b"1", b"500", b"100000"))),
    words(b"SET", key, value, st.sampled_from((b"NX", b"XX", b"GET", b"KEEPTTL"))),
    words(b"APPEND", key, value),
    words(b"SETRANGE", key, st.sampled_from((b"0", b"3", b"-1")), value),
    words(b"INCRBY", key, number),
    words(b"INCRBYFLOAT", key, st.sampled_from((b"1", b"0.5", b"x"))),
    words(b"PERSIST", key),
    words(b"PEXPIREAT", key, st.sampled_from((b"1", b"1800000000500", b"1900000000000"))),
    words(b"RENAME", key, key),
    words(b"EXPIRE", key, b"100", st.sampled_from((b"NX", b"XX", b"GT", b"LT"))),
    words(b"GETRANGE", key, b"0", b"-1"),
    words(b"SELECT", st.sampled_from((b"0", b"1"))),
    words(st.sampled_from((b"GET", b"SET", b"MGET", b"MSET", b"INCR", b"DEL", b"TTL", b"EXPIRE"))),
    words(st.sampled_from((b"GET", b"MSET", b"INCR", b"TTL")), key, key, value),
)
request = st.one_of(*IN_THE_LANE, *IN_THE_LANE, *NOT_IN_THE_LANE)
in_any_case = st.tuples(request, st.booleans()).map(
    lambda drawn: [drawn[0][0].lower(), *drawn[0][1:]] if drawn[1] else drawn[0]
)
pipeline = st.lists(in_any_case, min_size=1, max_size=12)
time_passes = st.sampled_from((1, 499, 600, 10_000))
another_type = key.map(lambda name: (name,))
step = st.one_of(pipeline, pipeline, time_passes, time_passes, another_type)

# Each is a pipeline of its own, so that a difference is seen where it begins.
OF_DUE_MEMBERS: Final[list[Any]] = [
    [[b"SCARD", b"e"]],
    [[b"SREM", b"e", b"f"]],
    [[b"SPOP", b"e"]],
    [[b"SADD", b"e", b"f"]],
    [[b"SCARD", b"e"]],
    [[b"SPOP", b"e"]],
    [[b"SCARD", b"e"]],
]

Figures = tuple[int, int, int, int]


def contents_of(table: Table, name: bytes) -> object:
    """What is at a key, whatever it is."""
    kind = table.type_of(name)
    if kind == TYPE_HASH:
        hashes.check(table, name)
        return sorted(hash_walks.items(table, name))
    if kind == TYPE_LIST:
        return list_walks.elements(table, name)
    if kind == TYPE_SET:
        set_forms.check(table, name)
        return sorted(set_walks.members(table, name))
    if kind == TYPE_ZSET:
        held = table.read(name, False)
        if isinstance(held, SortedSet):
            held.check()
        return zset_ranges.pairs(table, name, 0, zsets.size(table, name))
    held = table.read(name, False)
    if isinstance(held, Stream):
        held.check()
        return held.entries(0, MAX_ID)
    return held if isinstance(held, bytes) else type(held)


class Subject:
    """A node with a client, and what can be seen of it."""

    def __init__(self, lane: bool, shards: int, resp3: bool) -> None:
        self.node = Node(shards=shards, lane=lane, journal=False)
        self.client = self.node.client(resp3)
        self.client.raw(b"".join([encode(line.split()) for line in FIRST]))

    def play(self, drawn: list[Words] | int | tuple[bytes]) -> bytes:
        """A pipeline, or milliseconds that pass, or a key that gets a list; what was answered."""
        if isinstance(drawn, int):
            self.node.advance(drawn)
            return b""
        if isinstance(drawn, tuple):
            name = SPELLED.get(drawn[0], drawn[0])
            self.node.db.delete(name)
            lists.push(self.node.db.table(name), name, [b"item"], False)
            return b""
        requests = [[SPELLED.get(word, word) for word in argv] for argv in drawn]
        return self.client.raw(b"".join([encode(argv) for argv in requests]))

    def contents(self) -> dict[tuple[int, bytes], tuple[object, ...]]:
        found: dict[tuple[int, bytes], tuple[object, ...]] = {}
        for db in self.node.keyspace.dbs[:2]:
            for table in db.tables:
                table.check()
                for name in table.scan(0, 1 << 40)[1]:
                    found[db.index, name] = (
                        contents_of(table, name),
                        table.deadline(name),
                        table.encoding_of(name),
                        table.idle_seconds(name),
                    )
        return found

    def figures(self) -> Figures:
        """Hits, misses, changes, expired keys."""
        node = self.node
        return (
            sum([db.hits for db in node.keyspace.dbs]) + node.lane.hits,
            sum([db.misses for db in node.keyspace.dbs]) + node.lane.misses,
            node.effects.changed + node.lane.changes,
            node.effects.expired,
        )


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("resp3", [False, True])
@settings(deadline=None)
@example(program=[[[b"SADDEX", b"e", b"1", b"f", b"g"]], 10_000, *OF_DUE_MEMBERS])
@given(program=st.lists(step, min_size=1, max_size=12))
def test_the_lane_answers_and_does_what_the_handlers_do(
    program: list[list[Words] | int | tuple[bytes]], resp3: bool, shards: int
) -> None:
    fast, plain = Subject(True, shards, resp3), Subject(False, shards, resp3)
    for drawn in program:
        assert fast.play(drawn) == plain.play(drawn)
        assert fast.figures() == plain.figures()
        assert fast.contents() == plain.contents()
    assert plain.node.lane.calls.total() == 0


def test_the_lane_is_what_answers_plain_requests() -> None:
    subject = Subject(True, 1, False)
    before = subject.node.lane.calls.total()
    subject.play([
        [b"SET", b"a", b"1"], [b"GET", b"a"], [b"MSET", b"b", b"2"], [b"MGET", b"a", b"b"],
        [b"INCR", b"a"], [b"DECR", b"a"], [b"EXISTS", b"a"], [b"EXPIRE", b"a", b"10"],
        [b"TTL", b"a"], [b"DEL", b"a"], [b"PING"],
    ])  # fmt: skip
    assert subject.node.lane.calls.total() - before == 11
