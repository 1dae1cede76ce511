"""The request parser beside a plain one; how a connection takes requests, waits and ends."""

import random
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dflite.native.clock import Clock
from dflite.native.connection import (
    HELD_BLOCKED,
    HELD_OTHER,
    HELD_OUTPUT,
    HELD_PAUSED,
    Connection,
    input_memory,
)
from dflite.native.inline import split_inline
from dflite.native.lane import Lane
from dflite.native.requests import Batch, Limits
from dflite.native.resp import RespParser
from dflite.native.table import Table
from tests.native.models import parse_requests, split_line
from tests.support.resp import encode, encode_all

BATCH = 32


class Session:
    """Records what a connection asks of it; `on_request` may do more."""

    def __init__(self) -> None:
        self.requests: list[list[bytes]] = []
        self.errors: list[bytes] = []
        self.too_long = 0
        self.postponed = 0
        self.on_request: Callable[[list[bytes]], None] = lambda argv: None

    def request(self, argv: list[bytes]) -> None:
        self.requests.append(argv)
        self.on_request(argv)

    def inline(self, argv: list[bytes]) -> None:
        self.request(argv)

    def resume_postponed(self) -> None:
        self.postponed += 1

    def protocol_error(self, text: bytes) -> None:
        self.errors.append(text)

    def input_too_long(self) -> None:
        self.too_long += 1


class Wire(Connection):
    """A connection whose transport is this test."""

    def __init__(self, lane: Lane, limits: Limits, batch: Batch) -> None:
        super().__init__(lane, limits, batch, RespParser())
        self.session = self.log = Session()
        self.trusted = True
        self.scheduled = 0
        self.taken = b""
        self.readable = True
        self.flushes = True

    def flush(self) -> None:
        if self.flushes:
            self.taken += self.reply.take()

    def schedule(self) -> None:
        self.scheduled += 1

    def changed_interest(self) -> None:
        self.readable = not self.held

    def drain(self) -> None:
        """What a transport does when it is scheduled."""
        while self.scheduled:
            self.scheduled = 0
            self.resume()


def connect(limits: Limits | None = None, batch: Batch | None = None) -> Wire:
    clock = Clock(1_000_000)
    lane = Lane(clock, [[Table(clock)]])
    return Wire(lane, limits or Limits(), batch or Batch())


@pytest.fixture(autouse=True)
def gives_its_memory_back() -> object:
    before = input_memory()
    yield
    assert input_memory() == before


def outcome(wire: Wire) -> tuple[list[list[bytes]], str | None]:
    """What was asked, and the fault that ended it."""
    errors = wire.log.errors
    assert len(errors) <= 1
    return wire.log.requests, errors[0].decode("latin-1") if errors else None


def feed_in_cuts(wire: Wire, data: bytes, cuts: list[int]) -> None:
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        if at < cut <= len(data):
            wire.feed(data[at:cut])
            at = cut


# --- parsing -------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([b"", b"\r\n", b"*1\r\n$4\r\nPING\r\n", b"x" * 9, b"x" * 10, b"x" * 100]),
    st.integers(0, 300).map(lambda length: b"y" * length),
)
ORDINARY = st.lists(WORDS, min_size=1, max_size=14).map(encode)
INLINE = st.one_of(
    st.lists(st.sampled_from([b"PING", b"a", b'"b c"', b"'d'", b'""', b'e"f"']), max_size=5).map(
        lambda words: b" ".join(words) + b"\r\n"
    ),
    st.binary(max_size=20).map(lambda line: b"a" + line.replace(b"\n", b"") + b"\n"),
    st.sampled_from([b"\r\n", b"\n", b"  \r\n", b"PING\n", b'a "b\r\n', b"a 'b'c\r\n"]),
)
ODD = st.sampled_from(
    [
        b"*0\r\n",
        b"*-1\r\n",
        b"*-9223372036854775808\r\n",
        b"*\r\n",
        b"*x\r\n",
        b"*01\r\n",
        b"* 1\r\n",
        b"*2147483648\r\n",
        b"*2147483647\r\n",
        b"*99999999999999999999\r\n",
        b"*1\r\n$\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$536870913\r\n",
        b"*1\r\n$18446744073709551615\r\n",
        b"*1\r\n$9223372036854775807\r\n",
        b"*1\r\n:1\r\n",
        b"*1\r\n\r\n",
        b"*2\r\n$1\r\na\r\n!",
        b"*2\r\n$1\r\naXX$1\r\nbYY",
        b"*11\r\n",
        b"*1\r\n$16385\r\n",
        b"*1\r\n$4\rXPING\r\n",
        b"*1\rX$4\r\nPING\r\n",
        b"\0\r\n",
    ]
)
STREAMS = st.lists(st.one_of(ORDINARY, ORDINARY, INLINE, ODD), max_size=50).map(b"".join)


@given(data=STREAMS, cuts=st.lists(st.integers(0, 2000), max_size=20), trusted=st.booleans())
@example(data=b"*1\r\n$4\r\nPING\r\n" * 33, cuts=[], trusted=True)
@example(data=b"*1\r\n$4\r\nPING\r\n" * 64, cuts=[7, 500], trusted=True)
@settings(max_examples=400, deadline=None)
def test_any_input_in_any_fragments_is_parsed_as_by_the_model(
    data: bytes, cuts: list[int], trusted: bool
) -> None:
    wire = connect()
    wire.trusted = trusted
    feed_in_cuts(wire, data, cuts)
    requests, fault = parse_requests(data, trusted)
    assert outcome(wire) == (requests, fault)
    assert wire.closing == (fault is not None)
    assert wire.requests == len(requests)


@given(data=STREAMS, trusted=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_input_byte_by_byte_is_parsed_as_by_the_model(data: bytes, trusted: bool) -> None:
    wire = connect()
    wire.trusted = trusted
    for at in range(len(data)):
        wire.feed(data[at : at + 1])
    assert outcome(wire) == parse_requests(data, trusted)


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
@settings(max_examples=300, deadline=None)
def test_noise_is_parsed_as_by_the_model(data: bytes, cuts: list[int]) -> None:
    wire = connect()
    feed_in_cuts(wire, data, cuts)
    assert outcome(wire) == parse_requests(data)


@given(
    good=st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=40),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None)
def test_damaged_requests_are_parsed_as_by_the_model(good: list[list[bytes]], seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(encode_all(good))
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[at] = chance.choice(b"\r\n$*0123456789-\0x")
        else:
            del data[at : at + chance.randrange(4)]
    wire = connect()
    feed_in_cuts(wire, bytes(data), [chance.randrange(len(data) + 1) for _ in range(3)])
    assert outcome(wire) == parse_requests(bytes(data))


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 10 * BATCH + 3])
def test_more_requests_than_a_batch_holds_keep_their_order(count: int) -> None:
    wire = connect()
    wanted = [[b"ECHO", b"%d" % number] for number in range(count)]
    wire.feed(encode_all(wanted) + b"*1\r\n$4\r\nPI")
    assert wire.log.requests == wanted
    wire.feed(b"NG\r\n")
    assert wire.log.requests == [*wanted, [b"PING"]]


@pytest.mark.parametrize("cut", [1, 100, 4096, 65536])
def test_a_request_of_many_words_may_come_in_pieces(cut: int) -> None:
    count = 2_000 if cut == 1 else 100_000
    words = [b"MSET"]
    for number in range(count):
        words += [b"key:%d" % number, b"value:%d" % number]
    data = encode(words)
    wire = connect()
    for at in range(0, len(data), cut):
        wire.feed(data[at : at + cut])
    assert wire.log.requests == [words]
    assert wire.input_length == wire.input_capacity == 0


def test_a_request_of_ever_so_many_words_costs_no_more_for_each_byte() -> None:
    # Were its words copied for each fragment, this would take hours.
    count = 300_000
    wire = connect()
    wire.feed(b"*%d\r\n" % (count + 1) + b"$1\r\na\r\n" * count)
    held = input_memory()
    for at in range(200_000):
        wire.feed(b"$200000\r\n" if at == 0 else b"x")
    assert input_memory() < held * 2
    assert not wire.log.requests
    wire.feed(b"x\r\n")
    assert len(wire.log.requests[0]) == count + 1


# --- inline requests -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", []),
        (b"   \t ", []),
        (b"PING", [b"PING"]),
        (b"  SET  a\tb ", [b"SET", b"a", b"b"]),
        (b'a "b c" d', [b"a", b"b c", b"d"]),
        (b'""', [b""]),
        (b"''", [b""]),
        (b'"\\x41\\n\\r\\t\\b\\a\\\\\\"\\q"', [b'A\n\r\t\b\a\\"q']),
        (b'"\\x4g\\x"', [b"x4gx"]),
        (b"'it\\'s \\n'", [b"it's \\n"]),
        (b'a"b c"', [b"ab c"]),
        (b"a'b'", [b"ab"]),
        (b"a#b", [b"a#b"]),
        ("é".encode(), ["é".encode()]),
        (b"a\"b\"'c'", None),
        (b'"a"b', None),
        (b"'a'b", None),
        (b'"a', None),
        (b"'a", None),
        (b"'a\\'", None),
        (b'"a\\"', None),
        (b'"a\\', None),
        (b'a"', None),
        (b'"a" ', [b"a"]),
        (b"\xff\x00\xfe", [b"\xff"]),
        (b"a \x00 b", [b"a"]),
        (b"a\x0bb\x0cc", [b"a", b"b", b"c"]),
    ],
)
def test_a_line_is_split_into_words(line: bytes, words: list[bytes] | None) -> None:
    assert split_inline(line) == words
    assert split_line(line) == words


@given(
    st.lists(st.sampled_from([bytes([byte]) for byte in b"\"'\\x4aGn \t\0\xff"]), max_size=14).map(
        b"".join
    )
)
@settings(max_examples=500, deadline=None)
def test_any_line_is_split_as_by_the_model(line: bytes) -> None:
    assert split_inline(line) == split_line(line)


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (encode([b"x"] * 10), None),
        (encode([b"x"] * 11), b"unauthenticated multibulk length"),
        (encode([b"x", b"y" * 16384]), None),
        (encode([b"x", b"y" * 16385]), b"unauthenticated bulk length"),
    ],
)
def test_a_stranger_may_send_little(data: bytes, fault: bytes | None) -> None:
    wire = connect()
    wire.trusted = False
    wire.feed(data)
    assert wire.log.errors == ([] if fault is None else [fault])
    assert len(wire.log.requests) == (fault is None)


def test_a_stranger_that_authenticates_may_go_on_in_the_same_breath() -> None:
    wire = connect()
    wire.trusted = False

    def authenticate(argv: list[bytes]) -> None:
        if argv[0] == b"AUTH":
            wire.trusted = True

    wire.log.on_request = authenticate
    long_one = [b"SET", b"k", b"v" * 20_000]
    wire.feed(encode_all([[b"PING"], [b"AUTH", b"sesame"], [b"MGET"] + [b"k"] * 20, long_one]))
    assert not wire.log.errors
    assert [len(argv) for argv in wire.log.requests] == [1, 2, 21, 3]


def test_the_longest_word_is_a_setting() -> None:
    limits = Limits()
    limits.bulk_length = 1000
    for length, fault in ((1000, []), (1001, [b"invalid bulk length"])):
        wire = connect(limits)
        wire.feed(encode([b"x", b"y" * length]))
        assert wire.log.errors == fault


@pytest.mark.parametrize("sign", [b"a", b"*", b"*1\r\n$"])
def test_a_line_that_never_ends_is_cut_at_64_kb(sign: bytes) -> None:
    wire = connect()
    for _ in range(70):
        wire.feed(sign + b"1" * 1000)
        sign = b""
    assert len(wire.log.errors) == 1
    assert wire.log.errors[0].startswith(b"too big")
    assert wire.input_capacity == 0


def test_a_length_without_a_body_takes_no_memory() -> None:
    before = input_memory()
    wires = [connect() for _ in range(100)]
    for wire in wires:
        wire.feed(b"*2147483647\r\n$536870912\r\n")
        assert not wire.log.errors
    assert input_memory() - before < 100 * 100


def test_input_beyond_the_query_buffer_limit_ends_the_connection() -> None:
    limits = Limits()
    limits.query_buffer = 10_000
    wire = connect(limits)
    wire.feed(b"*2\r\n$100000\r\n")
    for _ in range(20):
        wire.feed(b"x" * 1000)
    assert wire.log.too_long == 1
    assert wire.closing
    assert wire.input_capacity == 0


def test_words_count_for_the_query_buffer_limit_too() -> None:
    limits = Limits()
    limits.query_buffer = 100_000
    wire = connect(limits)
    wire.feed(b"*1000000\r\n" + b"$0\r\n\r\n" * 5_000)
    assert wire.log.too_long == 1


def test_input_for_a_held_connection_is_limited_as_well() -> None:
    limits = Limits()
    limits.query_buffer = 10_000
    wire = connect(limits)
    wire.hold(HELD_BLOCKED)
    for _ in range(20):
        wire.feed(encode([b"x" * 1000]))
    assert wire.log.too_long == 1
    assert wire.closing
    assert wire.input_capacity == 0


def test_memory_for_input_goes_back_to_what_it_was() -> None:
    before = input_memory()
    wire = connect()
    wire.feed(b"*2\r\n$3\r\nSET\r\n$5000000\r\n" + b"x" * 4_999_999)
    assert input_memory() - before > 4_999_999
    wire.feed(b"x\r\n" + b"*1\r\n$4\r\nPI")
    assert 0 < input_memory() - before < 100
    wire.feed(b"NG\r\n")
    assert input_memory() == before
    assert wire.input_capacity == 0
    wire.feed(b"*1000\r\n" + b"$1\r\na\r\n" * 500)
    assert input_memory() > before
    del wire
    assert input_memory() == before


# --- holding -------------------------------------------------------------------------------------


@given(
    count=st.integers(1, 100),
    holds=st.lists(st.integers(0, 99), max_size=10),
    cuts=st.lists(st.integers(0, 2000), max_size=10),
)
@settings(max_examples=150, deadline=None)
def test_a_held_connection_takes_its_requests_later_in_order(
    count: int, holds: list[int], cuts: list[int]
) -> None:
    wire = connect()
    wanted = [[b"ECHO", b"%d" % number] for number in range(count)]

    def hold(argv: list[bytes]) -> None:
        assert not wire.held
        if int(argv[1]) in holds:
            wire.hold(HELD_BLOCKED)

    wire.log.on_request = hold
    feed_in_cuts(wire, encode_all(wanted), cuts)
    seen = -1
    while wire.held:
        assert len(wire.log.requests) > seen
        seen = len(wire.log.requests)
        wire.release(HELD_BLOCKED)
        wire.drain()
    assert wire.log.requests == wanted
    assert wire.input_length == 0


def test_every_reason_to_hold_must_go() -> None:
    wire = connect()
    wire.hold(HELD_PAUSED)
    wire.hold(HELD_OTHER)
    assert wire.held == HELD_PAUSED | HELD_OTHER
    assert not wire.readable
    wire.feed(encode([b"PING"]))
    wire.release(HELD_PAUSED)
    wire.release(HELD_BLOCKED)
    assert wire.scheduled == 0
    wire.resume()
    assert not wire.log.requests
    wire.release(HELD_OTHER)
    assert wire.readable
    assert wire.scheduled == 1
    assert wire.log.postponed == 0
    wire.drain()
    assert wire.log.postponed == 1
    assert wire.log.requests == [[b"PING"]]


def test_a_fault_behind_a_request_that_waits_is_told_in_its_turn() -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.hold(HELD_BLOCKED)
    wire.feed(encode([b"BLPOP"]) + b"*1\r\n!\r\n")
    assert not wire.log.errors
    assert not wire.closing
    wire.release(HELD_BLOCKED)
    wire.drain()
    assert wire.log.errors == [b"expected '$', got '!'"]
    assert wire.closing


def test_a_request_in_pieces_survives_a_hold_in_front_of_it() -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.hold(HELD_BLOCKED) if argv[0] == b"BLPOP" else None
    data = encode_all([[b"BLPOP"], [b"MSET", b"a", b"1", b"b", b"2"]])
    wire.feed(data[:-9])
    wire.feed(data[-9:-3])
    wire.release(HELD_BLOCKED)
    wire.drain()
    assert len(wire.log.requests) == 1
    wire.feed(data[-3:])
    assert wire.log.requests == [[b"BLPOP"], [b"MSET", b"a", b"1", b"b", b"2"]]


def test_unread_replies_hold_the_connection() -> None:
    limits = Limits()
    limits.high_water = 1000
    wire = connect(limits)
    wire.flushes = False
    wire.log.on_request = lambda argv: wire.reply.bulk(b"x" * 300)
    wire.feed(encode([b"GET", b"k"]) * 10)
    assert wire.held == HELD_OUTPUT
    assert len(wire.log.requests) == 4
    assert wire.unsent > 1000
    wire.flushes = True
    wire.flush()
    wire.release(HELD_OUTPUT)
    wire.drain()
    wire.flush()
    assert len(wire.log.requests) == 10
    assert wire.taken == (b"$300\r\n" + b"x" * 300 + b"\r\n") * 10


def test_replies_that_leave_at_once_hold_nothing() -> None:
    limits = Limits()
    limits.high_water = 1000
    wire = connect(limits)
    wire.log.on_request = lambda argv: wire.reply.bulk(b"x" * 300)
    wire.feed(encode([b"GET", b"k"]) * 100)
    assert not wire.held
    assert len(wire.log.requests) == 100


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1, 30, 31, 32, 40])
def test_nothing_is_taken_after_the_decision_to_close(at: int) -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.close_after_reply() if argv[1] == b"%d" % at else None
    wire.feed(encode_all([b"ECHO", b"%d" % number] for number in range(50)))
    assert len(wire.log.requests) == at + 1
    assert wire.closing
    wire.feed(encode([b"ECHO", b"more"]))
    wire.drain()
    assert len(wire.log.requests) == at + 1
    assert wire.input_capacity == 0


def test_a_client_that_sends_no_more_is_closed_after_its_last_request() -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.hold(HELD_BLOCKED)
    wire.feed(encode([b"BLPOP"]) * 2)
    wire.feed_eof()
    assert not wire.closing
    for taken in (1, 2):
        assert len(wire.log.requests) == taken
        assert not wire.closing
        wire.release(HELD_BLOCKED)
        wire.drain()
    assert wire.closing


@pytest.mark.parametrize("many", [1, 40])
def test_a_transport_may_go_in_the_middle_of_a_request(many: int) -> None:
    wire = connect()

    def lose(argv: list[bytes]) -> None:
        wire.mark_closed()
        wire.reply.bulk(b"nobody reads this")

    wire.log.on_request = lose
    wire.feed(encode([b"x" * 1000]) * many + b"*1\r\n$10\r\n")
    assert wire.closed
    assert len(wire.log.requests) == 1
    assert wire.input_capacity == 0


def test_nothing_is_taken_after_an_abort() -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.abort()
    wire.feed(encode([b"x"]) * 3)
    assert wire.log.requests == [[b"x"]]
    assert wire.input_capacity == 0


def test_a_session_that_raises_ends_its_connection_only() -> None:
    batch = Batch()
    wire, other = connect(batch=batch), connect(batch=batch)

    def fail(argv: list[bytes]) -> None:
        raise LookupError(argv[0])

    wire.log.on_request = fail
    other.feed(b"*2\r\n$1\r\na\r\n")
    with pytest.raises(LookupError):
        wire.feed(encode([b"BOOM", b"x" * 5000]) * 3)
    assert wire.closing
    assert len(wire.log.requests) == 1
    wire.feed(encode([b"BOOM"]))
    wire.resume()
    assert len(wire.log.requests) == 1
    other.feed(b"$1\r\nb\r\n")
    assert other.log.requests == [[b"a", b"b"]]


def test_input_from_within_a_request_is_refused() -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.feed(b"PING\r\n")
    with pytest.raises(RuntimeError):
        wire.feed(encode([b"x"]))


def test_another_connection_fed_from_within_a_request_takes_its_turn_later() -> None:
    batch = Batch()
    wire, other = connect(batch=batch), connect(batch=batch)
    wanted = [[b"a", b"%d" % number] for number in range(40)]

    def feed_other(argv: list[bytes]) -> None:
        other.feed(encode([b"OTHER", b"y" * 100]) * 40)
        other.resume()
        assert not other.log.requests

    wire.log.on_request = feed_other
    wire.feed(encode_all(wanted))
    assert wire.log.requests == wanted
    other.drain()
    assert other.log.requests == [[b"OTHER", b"y" * 100]] * 1600


def test_resuming_from_within_a_request_changes_nothing() -> None:
    wire = connect()
    wire.log.on_request = lambda argv: wire.resume()
    wire.feed(encode([b"x"]) * 5)
    assert wire.log.requests == [[b"x"]] * 5
    assert not wire.closing


def test_connections_share_a_batch_in_turns() -> None:
    batch = Batch()
    wires = [connect(batch=batch) for _ in range(5)]
    data = encode_all([b"MSET", *[b"%d" % word for word in range(number)]] for number in range(9))
    for at in range(0, len(data), 7):
        for wire in wires:
            wire.feed(data[at : at + 7])
    for wire in wires:
        assert outcome(wire) == parse_requests(data)


def test_figures_are_kept() -> None:
    wire = connect()
    wire.lane.clock.set(5_000_000)
    wire.feed(b"PING\r\n\r\n" + encode([b"PING"]))
    assert wire.bytes_in == 8 + 14
    assert wire.requests == 2
    assert wire.last_active_ms == 5_000_000
