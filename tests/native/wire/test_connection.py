"""How a connection takes requests, waits and ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.wire.connection import (
    HELD_BLOCKED,
    HELD_OTHER,
    HELD_OUTPUT,
    HELD_PAUSED,
    input_memory,
)
from dflite.native.wire.requests import Batch, Limits
from tests.native.models import parse_requests
from tests.support.resp import encode, encode_all
from tests.support.wire import connect, feed_in_cuts, outcome


@pytest.fixture(autouse=True)
def gives_its_memory_back() -> object:
    before = input_memory()
    yield
    assert input_memory() == before


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
