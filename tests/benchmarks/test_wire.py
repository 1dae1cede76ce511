"""Requests as bytes."""

import socket
from typing import cast

import pytest

from benchmarks.wire import (
    END,
    END_REPLY,
    MEMCACHED,
    RESP,
    Connection,
    UnexpectedReply,
    key_name,
    resp,
    set_request,
    value_of,
)


def test_a_key_has_sixteen_bytes() -> None:
    assert len(key_name(0)) == len(key_name(4_999_999)) == 16


@pytest.mark.parametrize("size", [8, 64, 1024])
def test_a_value_has_the_size_asked_for(size: int) -> None:
    assert len(value_of(123_456, size)) == size


def test_a_value_of_eight_bytes_reads_as_an_integer_that_keeps_its_digits() -> None:
    assert int(value_of(5, 8)) == 10_000_005
    assert str(int(value_of(5, 8))).encode() == value_of(5, 8)


def test_a_set_in_resp_is_what_the_general_encoder_makes() -> None:
    assert set_request(RESP, b"k", b"value") == resp(b"SET", b"k", b"value")


def test_a_set_for_memcached_is_a_line_and_a_block() -> None:
    assert set_request(MEMCACHED, b"k", b"value") == b"set k 0 0 5\r\nvalue\r\n"


class Pieces:
    """A socket that answers in these pieces, and then is closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = [*pieces, b""]

    def sendall(self, data: bytes) -> None:
        assert data.endswith(END)

    def recv(self, most: int) -> bytes:
        return self.pieces.pop(0)


def finish(*pieces: bytes) -> None:
    connection = Connection.__new__(Connection)
    connection.socket = cast(socket.socket, Pieces(*pieces))
    connection.finish(resp(b"XADD", b"k", b"*", b"f", b"v"))


def test_replies_come_in_any_pieces() -> None:
    replies = b"$3\r\n1-0\r\n$3\r\n2-0\r\n" + END_REPLY
    finish(replies)
    finish(*[replies[at : at + 1] for at in range(len(replies))])
    finish(replies[:-30], replies[-30:])


@pytest.mark.parametrize("first", [b"-ERR no\r\n" + END_REPLY, b""])
def test_an_error_and_an_end_are_told(first: bytes) -> None:
    with pytest.raises(UnexpectedReply):
        finish(first)
