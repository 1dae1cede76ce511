"""Pipelines in any fragmentation: the replies are the same, and in order."""

import random
from typing import Final

import pytest

from tests.support.resp import encode, encode_all, parse_all
from tests.support.servers import Server

BIG: Final = bytes(range(256)) * 300
REQUESTS: Final = (
    (b"FLUSHALL",),
    (b"SET", b"a", b"1"),
    (b"GET", b"a"),
    (b"SET", b"big", BIG),
    (b"GET", b"big"),
    (b"STRLEN", b"big"),
    (b"INCR", b"a"),
    (b"GET", b"missing"),
    (b"NOSUCH", b"x"),
    (b"SET", b"only-a-key"),
    (b"MULTI",),
    (b"INCR", b"a"),
    (b"GET", b"a"),
    (b"EXEC",),
    (b"HELLO", b"3"),
    (b"GET", b"missing"),
    (b"HELLO", b"2"),
    (b"GET", b"missing"),
    (b"SELECT", b"3"),
    (b"GET", b"a"),
    (b"SET", b"a", b"elsewhere"),
    (b"SELECT", b"0"),
    (b"GET", b"a"),
    (b"MGET", b"a", b"big", b"missing"),
    (b"SET", b"empty", b""),
    (b"GET", b"empty"),
    (b"DEL", b"a", b"big", b"empty"),
    (b"PING", b"\r\n*1\r\n$4\r\nPING\r\n"),
)
STREAM: Final = encode_all(REQUESTS)
SHORT: Final = encode_all(request for request in REQUESTS if BIG not in request)


def replies(server: Server, pieces: list[bytes]) -> bytes:
    """All bytes the server answers; HELLO's count of clients is blanked."""
    with server.connect() as connection:
        for piece in pieces:
            connection.send_raw(piece)
        connection.end_sending()
        parts = parse_all(connection.read_to_end())
    return repr([part for part in parts if b"proto" not in repr(part).encode()]).encode()


def cut(stream: bytes, random_cuts: random.Random, count: int) -> list[bytes]:
    places = sorted(random_cuts.randrange(len(stream)) for _ in range(count))
    ends = [*places, len(stream)]
    return [stream[start:end] for start, end in zip([0, *places], ends, strict=True)]


def test_a_pipeline_byte_by_byte_is_answered_as_in_one_piece(shared_dflite: Server) -> None:
    whole = replies(shared_dflite, [SHORT])
    assert replies(shared_dflite, [SHORT[at : at + 1] for at in range(len(SHORT))]) == whole


@pytest.mark.parametrize("seed", range(12))
def test_a_pipeline_cut_anywhere_is_answered_as_in_one_piece(
    shared_dflite: Server, seed: int
) -> None:
    whole = replies(shared_dflite, [STREAM])
    cuts = random.Random(seed)
    assert replies(shared_dflite, cut(STREAM, cuts, cuts.choice((1, 3, 20, 200)))) == whole


@pytest.mark.parametrize("size", [1, 7, 15, 16, 17, 4095, 4096, 16383, 16384, 16385, 65536])
def test_a_value_may_end_at_any_buffer_boundary(shared_dflite: Server, size: int) -> None:
    value = b"v" * size
    stream = encode((b"SET", b"edge", value)) + encode((b"GET", b"edge")) + encode((b"PING",))
    answer = b"+OK\r\n$%d\r\n%b\r\n+PONG\r\n" % (size, value)
    for head in (1, 20, len(stream) // 2, len(stream) - 1):
        with shared_dflite.connect() as connection:
            connection.send_raw(stream[:head])
            assert connection.exchange(stream[head:]) == answer


def test_ten_thousand_requests_at_once_are_answered_in_order(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        found = connection.pipeline([(b"ECHO", b"%d" % number) for number in range(10_000)])
    assert [reply.data for reply in found] == [b"%d" % number for number in range(10_000)]


def test_replies_keep_their_order_around_protocol_changes(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        first, hello3, null3, in_multi, queued, done, hello2, null2 = connection.pipeline(
            [
                (b"GET", b"none"),
                (b"HELLO", b"3"),
                (b"GET", b"none"),
                (b"MULTI",),
                (b"GET", b"none"),
                (b"EXEC",),
                (b"HELLO", b"2"),
                (b"GET", b"none"),
            ]
        )
    assert [first.kind, hello3.kind, null3.kind] == ["null bulk", "map", "null"]
    assert [in_multi.text, queued.text] == ["OK", "QUEUED"]
    assert [item.kind for item in done.items] == ["null"]
    assert [hello2.kind, null2.kind] == ["array", "null bulk"]


def test_a_megabyte_value_comes_back_whole(shared_dflite: Server) -> None:
    value = random.Random(5).randbytes(1 << 20)
    with shared_dflite.connect() as connection:
        assert connection.call(b"SET", b"mega", value).text == "OK"
        assert connection.call(b"GET", b"mega").data == value
        connection.call(b"DEL", b"mega")
