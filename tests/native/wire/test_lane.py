"""The hot lane beside its model: replies, effects, and what it must leave to the handlers."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import EXPIRED, Table
from dflite.native.keyspace.value import value_memory
from dflite.native.wire.connection import Connection
from dflite.native.wire.lane import Lane
from dflite.native.wire.operations import BASIC, OPERATIONS, WRITES
from dflite.native.wire.reply import Reply
from dflite.native.wire.requests import Batch, Limits
from dflite.native.wire.resp import RespParser
from tests.native.models import INT64_MAX, INT64_MIN, LaneModel, shard_of
from tests.support.resp import encode, encode_all

pytestmark = pytest.mark.usefixtures("fresh_values")

NOW = 1_700_000_000_000


class Session:
    """Answers every request that the lane leaves with the same line, and records it."""

    def __init__(self) -> None:
        self.left: list[list[bytes]] = []
        self.connection: Connection

    def request(self, argv: list[bytes]) -> None:
        self.left.append(argv)
        self.connection.reply.simple(b"LEFT")


class Stand:
    """A lane over some tables, and one connection to it."""

    def __init__(self, shards: int = 1, databases: int = 2, resp3: bool = False) -> None:
        self.clock = Clock(NOW)
        self.databases = [[Table(self.clock) for _ in range(shards)] for _ in range(databases)]
        self.lane = Lane(self.clock, self.databases)
        self.lane.reads = self.lane.writes = True
        for name in OPERATIONS:
            self.lane.operations.enable(name)
        self.session = Session()
        self.connection = Connection(self.lane, Limits(), Batch(), RespParser())
        self.session.connection = self.connection
        self.connection.session = self.session
        self.connection.trusted = self.connection.plain = True
        self.connection.reply.speak(resp3)

    def table(self, key: bytes, database: int = 0) -> Table:
        tables = self.databases[database]
        return tables[shard_of(key, len(tables))]

    def ask(self, *argv: bytes) -> bytes:
        self.connection.feed(encode(argv))
        return self.connection.reply.take()

    def leaves(self, *argv: bytes) -> bool:
        before = len(self.session.left)
        reply = self.ask(*argv)
        if len(self.session.left) == before:
            return False
        assert reply == b"+LEFT\r\n"
        assert self.session.left[-1] == list(argv)
        return True


# --- beside the model ----------------------------------------------------------------------------

KEYS = st.sampled_from([b"k%d" % number for number in range(8)] + [b"", b"{k}1", b"key" * 100])
VALUES = st.one_of(
    st.binary(max_size=8),
    st.integers(-3, 3).map(lambda number: b"%d" % number),
    st.sampled_from([INT64_MIN, INT64_MAX, INT64_MIN + 1]).map(lambda number: b"%d" % number),
    st.sampled_from([b"01", b"+1", b"x" * 300]),
)
# those of collections are tested in tests/properties/test_lane_and_handlers.py
NAMES = st.sampled_from([*BASIC, "GETX", "PIN", "SETEX", "", "EXPIREAT", "PEXPIREATX"])


@st.composite
def requests(draw: st.DrawFn) -> list[bytes]:
    name = draw(NAMES)
    letters = [letter.lower() if draw(st.booleans()) else letter for letter in name]
    words = st.one_of(KEYS, VALUES, st.integers(-2, 50).map(lambda number: b"%d" % number))
    usual = {
        "SET": st.tuples(KEYS, VALUES).map(list),
        "EXPIRE": st.tuples(KEYS, st.integers(1, 9).map(lambda number: b"%d" % number)).map(list),
        "MSET": st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=5).map(
            lambda pairs: [word for pair in pairs for word in pair]
        ),
        "PING": st.just([]),
    }.get(name, st.lists(KEYS, min_size=1, max_size=4 if name in ("MGET", "EXISTS", "DEL") else 1))
    arguments = draw(st.one_of(usual, usual, usual, st.lists(words, max_size=5)))
    return ["".join(letters).encode(), *arguments]


DOINGS = st.one_of(
    requests(),
    requests(),
    requests(),
    requests(),
    st.tuples(st.just("object"), KEYS),
    st.tuples(st.just("dying"), KEYS, st.integers(1, 3000)),
    st.tuples(st.just("raw"), KEYS, VALUES),
    st.tuples(st.just("flagged"), KEYS, VALUES),
    st.tuples(st.just("wait"), st.integers(0, 2500)),
    st.tuples(st.just("switch"), st.booleans(), st.booleans()),
)


@given(
    doings=st.lists(DOINGS, max_size=60),
    resp3=st.booleans(),
    shards=st.sampled_from([1, 1, 2, 5]),
)
@settings(max_examples=400, deadline=None)
def test_the_lane_answers_and_does_what_the_model_does(
    doings: list[list[bytes] | tuple[object, ...]], resp3: bool, shards: int
) -> None:
    stand = Stand(shards, 2, resp3)
    model = LaneModel(resp3)
    model.table.now_ms = NOW
    value = object()
    references = sys.getrefcount(value)
    answered = 0
    for doing in doings:
        if isinstance(doing, list):
            wanted = model.answer(doing)
            left = len(stand.session.left)
            reply = stand.ask(*doing)
            if wanted is None:
                assert stand.session.left[left:] == [doing]
                assert reply == b"+LEFT\r\n"
                assert stand.connection.last_lane == 0
            else:
                answered += 1
                assert len(stand.session.left) == left
                assert reply == wanted
                assert stand.connection.last_lane == OPERATIONS[doing[0].decode().upper()]
        elif doing[0] == "wait":
            stand.clock.advance(int(str(doing[1])))
            model.table.now_ms = stand.clock.now_ms
        elif doing[0] == "switch":
            stand.lane.reads, stand.lane.writes = model.reads, model.writes = doing[1:]  # type: ignore[assignment]
        else:
            key = doing[1]
            assert isinstance(key, bytes)
            table = stand.table(key)
            if doing[0] == "object":
                table.set_object(key, 3, value)
                model.table.set_object(key, 3, value, -1)
            elif doing[0] == "dying":
                deadline = stand.clock.now_ms + int(str(doing[2]))
                table.set_string(key, b"5", deadline)
                model.table.set_string(key, b"5", deadline, 0)
            else:
                text = doing[2]
                assert isinstance(text, bytes)
                if doing[0] == "raw":
                    table.set_raw(key, text)
                    model.table.set_raw(key, text, -1)
                else:
                    table.set_string(key, text, -1, 77)
                    model.table.set_string(key, text, -1, 77)
    for tables in stand.databases:
        for table in tables:
            table.check()
    assert sum(len(table) for table in stand.databases[0]) == len(model.table.items)
    assert all(len(table) == 0 for table in stand.databases[1])
    for key, item in model.table.items.items():
        table = stand.table(key)
        assert table.deadline(key) == item.deadline
        assert table.memcached_flags(key) == item.flags
        assert table.encoding_of(key) == item.encoding
        found = table.read(key)
        assert found is EXPIRED if model.table.due(key) else found == item.value
    found = None
    assert stand.lane.calls.total() == answered
    kept = sum(item.value is value for item in model.table.items.values())
    assert sys.getrefcount(value) == references + 2 * kept


@given(argvs=st.lists(requests(), max_size=80))
@settings(max_examples=100, deadline=None)
def test_a_pipeline_is_answered_as_single_requests_are(argvs: list[list[bytes]]) -> None:
    one, many = Stand(), Stand()
    singly = b"".join(one.ask(*argv) for argv in argvs)
    many.connection.feed(encode_all(argvs))
    assert many.connection.reply.take() == singly
    assert many.session.left == one.session.left


# --- what the lane leaves ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        [b"GET", b"dead"],
        [b"SET", b"dead", b"v"],
        [b"MGET", b"live", b"dead"],
        [b"MSET", b"live", b"v", b"dead", b"v"],
        [b"INCR", b"dead"],
        [b"DECR", b"dead"],
        [b"EXISTS", b"live", b"dead"],
        [b"DEL", b"live", b"dead"],
        [b"TTL", b"dead"],
        [b"EXPIRE", b"dead", b"10"],
        [b"MGET", b"live", b"dead object"],
    ],
)
def test_a_key_that_is_due_is_left_as_it_is(argv: list[bytes]) -> None:
    stand = Stand()
    table = stand.databases[0][0]
    table.set_string(b"live", b"1")
    table.set_string(b"dead", b"1", NOW)
    table.set_object(b"dead object", 2, [], NOW)
    assert stand.leaves(*argv)
    assert table.deadline(b"dead") == NOW
    assert table.read(b"dead") is EXPIRED
    assert table.read(b"live") == b"1"
    assert len(table) == 3


@pytest.mark.parametrize("name", [b"GET", b"SET", b"INCR", b"DECR", b"DEL", b"MSET"])
def test_other_types_are_left_as_they_are(name: bytes) -> None:
    stand = Stand()
    value: list[bytes] = []
    stand.databases[0][0].set_object(b"list", 2, value)
    assert stand.leaves(name, b"list", *([b"v"] if name in (b"SET", b"MSET") else []))
    assert stand.databases[0][0].read(b"list") is value


def test_other_types_exist_have_a_deadline_and_are_no_string() -> None:
    stand = Stand()
    stand.databases[0][0].set_object(b"list", 2, [])
    assert stand.ask(b"EXISTS", b"list", b"list", b"none") == b":2\r\n"
    assert stand.ask(b"MGET", b"list", b"none") == b"*2\r\n$-1\r\n$-1\r\n"
    assert (stand.lane.hits, stand.lane.misses) == (3, 2)
    assert stand.ask(b"EXPIRE", b"list", b"100") == b":1\r\n"
    assert stand.ask(b"TTL", b"list") == b":100\r\n"


@pytest.mark.parametrize("switch", ["reads", "writes"])
def test_switches_turn_the_lane_off(switch: str) -> None:
    stand = Stand()
    setattr(stand.lane, switch, False)
    for name in BASIC:
        arguments = {"PING": [], "SET": [b"k", b"1"], "MSET": [b"k", b"1"]}.get(name, [b"k"])
        if name == "EXPIRE":
            arguments = [b"k", b"10"]
        off = (name in WRITES) == (switch == "writes")
        assert stand.leaves(name.encode(), *arguments) == off, name


def test_a_connection_that_is_not_plain_is_left_alone() -> None:
    stand = Stand()
    stand.connection.plain = False
    assert stand.leaves(b"PING")
    stand.connection.plain = True
    assert not stand.leaves(b"PING")


def test_a_connection_may_stop_being_plain_within_a_pipeline() -> None:
    stand = Stand()
    session = stand.session
    request = session.request

    def become_plain_no_more(argv: list[bytes]) -> None:
        stand.connection.plain = False
        request(argv)

    session.request = become_plain_no_more  # type: ignore[method-assign]
    stand.connection.feed(encode_all([[b"PING"], [b"MULTI"], [b"PING"], [b"SET", b"k", b"v"]]))
    assert session.left == [[b"MULTI"], [b"PING"], [b"SET", b"k", b"v"]]
    assert len(stand.databases[0][0]) == 0


def test_each_connection_works_on_its_database() -> None:
    stand = Stand()
    stand.ask(b"SET", b"k", b"0")
    stand.connection.database = 1
    assert stand.ask(b"GET", b"k") == b"$-1\r\n"
    stand.ask(b"SET", b"k", b"1")
    stand.connection.database = 0
    assert stand.ask(b"GET", b"k") == b"$1\r\n0\r\n"
    assert stand.databases[1][0].read(b"k") == b"1"


@pytest.mark.usefixtures("fresh_values")
def test_nothing_grows_beyond_the_memory_limit() -> None:
    stand = Stand(shards=3)
    stand.ask(b"SET", b"there", b"1")
    stand.lane.memory.limit = 1
    for argv in ([b"SET", b"k", b"v"], [b"MSET", b"k", b"v"], [b"INCR", b"there"], [b"DECR", b"k"]):
        assert stand.leaves(*argv)
    for argv in ([b"GET", b"there"], [b"EXPIRE", b"there", b"9"], [b"DEL", b"there"], [b"PING"]):
        assert not stand.leaves(*argv)
    stand.lane.memory.limit = value_memory() + 1_000_000  # what other tables have left counts
    assert not stand.leaves(b"SET", b"k", b"v")


@pytest.mark.parametrize("name", [b"GET", b"MGET", b"DEL"])
def test_long_values_are_the_handlers(name: bytes) -> None:
    stand = Stand()
    stand.ask(b"SET", b"k", b"x" * 65_536)
    assert stand.leaves(name, b"k") is False
    stand.ask(b"SET", b"k", b"x" * 65_537)
    assert stand.leaves(name, b"k")
    assert stand.databases[0][0].string_length(b"k") == 65_537


def test_ever_so_many_keys_are_the_handlers() -> None:
    stand = Stand()
    assert not stand.leaves(b"MSET", *[b"x"] * 128)
    assert stand.leaves(b"MSET", *[b"x"] * 130)
    for name in (b"MGET", b"EXISTS", b"DEL"):
        assert not stand.leaves(name, *[b"x"] * 1023)
        assert stand.leaves(name, *[b"x"] * 1024)


@pytest.mark.parametrize(
    "seconds", [b"0", b"-1", b"x", b"1.5", b"+1", b"01", b"1000000001", b"", b"9223372036854775807"]
)
def test_odd_times_to_live_are_the_handlers(seconds: bytes) -> None:
    stand = Stand()
    stand.ask(b"SET", b"k", b"v")
    assert stand.leaves(b"EXPIRE", b"k", seconds)
    assert stand.databases[0][0].deadline(b"k") == -1


@pytest.mark.parametrize(("name", "number"), [(b"INCR", INT64_MAX), (b"DECR", INT64_MIN)])
def test_an_overflow_is_the_handlers(name: bytes, number: int) -> None:
    stand = Stand()
    stand.ask(b"SET", b"k", b"%d" % number)
    assert stand.leaves(name, b"k")
    assert stand.databases[0][0].read(b"k") == b"%d" % number


@pytest.mark.parametrize(("ms", "seconds"), [(1, 0), (499, 0), (500, 1), (1499, 1), (1500, 2)])
def test_a_time_to_live_is_rounded(ms: int, seconds: int) -> None:
    stand = Stand()
    stand.databases[0][0].set_string(b"k", b"v", NOW + ms)
    assert stand.ask(b"TTL", b"k") == b":%d\r\n" % seconds


def test_set_forgets_deadline_and_flags_and_incr_keeps_them() -> None:
    stand = Stand()
    table = stand.databases[0][0]
    table.set_string(b"k", b"5", NOW + 5000, 7)
    stand.ask(b"INCR", b"k")
    assert (table.deadline(b"k"), table.memcached_flags(b"k")) == (NOW + 5000, 7)
    stand.ask(b"SET", b"k", b"6")
    assert (table.deadline(b"k"), table.memcached_flags(b"k")) == (-1, 0)


def test_reading_marks_a_key_as_used() -> None:
    stand = Stand()
    table = stand.databases[0][0]
    for name in (b"GET", b"MGET", b"INCR"):
        table.set_string(b"k", b"1")
        stand.clock.advance(9_000)
        assert table.idle_seconds(b"k") == 9
        stand.ask(name, b"k")
        assert table.idle_seconds(b"k") == 0


def test_what_the_lane_does_is_counted() -> None:
    stand = Stand()
    stand.ask(b"MSET", b"a", b"1", b"b", b"2")
    stand.ask(b"SET", b"c", b"3")
    stand.ask(b"DEL", b"a", b"none")
    stand.ask(b"MGET", b"b", b"none")
    stand.ask(b"GET", b"b")
    lane = stand.lane
    assert lane.changes == 4
    assert (lane.hits, lane.misses) == (2, 1)
    assert [lane.calls.count_of(OPERATIONS[name]) for name in ("MSET", "SET", "DEL", "TTL")] == [
        1,
        1,
        1,
        0,
    ]
    assert lane.calls.total() == 5
    lane.reset_figures()
    assert (lane.calls.total(), lane.hits, lane.misses) == (0, 0, 0)


@pytest.mark.usefixtures("fresh_values")
def test_at_the_limit_buffers_that_come_and_go_make_room_once() -> None:
    stand = Stand(databases=1)
    evictor = stand.lane.evictor
    evictor.set_policy("allkeys-random")
    stand.lane.memory.limit = stand.lane.memory.binding_bytes() + (2 << 20)
    number = 0
    while evictor.evicted < 1_000:
        stand.ask(b"SET", b"key:%d" % number, b"x" * 50)
        number += 1
    before = evictor.evicted
    held = Reply()
    held.bulk(b"x" * 20_000)
    stand.ask(b"SET", b"key:0", b"x" * 50)
    while stand.lane.memory.binding_bytes() > stand.lane.memory.limit:
        stand.ask(b"SET", b"key:0", b"x" * 50)  # what one slice of time leaves over is for the next
    burst = evictor.evicted - before
    assert burst > 100
    for _ in range(20):
        held.take()
        stand.ask(b"SET", b"key:0", b"x" * 50)
        held.bulk(b"x" * 20_000)
        stand.ask(b"SET", b"key:0", b"x" * 50)
    assert evictor.evicted - before < burst + 100
    assert stand.session.left == []
