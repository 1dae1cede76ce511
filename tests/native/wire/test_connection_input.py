"""The request parser beside a plain one, in any fragments."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dflite.native.wire.connection import (
    input_memory,
)
from dflite.native.wire.inline import split_inline
from tests.native.models import parse_requests, split_line
from tests.support.resp import encode, encode_all
from tests.support.wire import BATCH, connect, feed_in_cuts, outcome


@pytest.fixture(autouse=True)
def gives_its_memory_back() -> object:
    before = input_memory()
    yield
    assert input_memory() == before


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
