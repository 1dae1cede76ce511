"""A client that has finished sending still gets its replies, and then the end."""

import pytest

from tests.support.resp import encode, encode_all, parse_all
from tests.support.servers import Server


def test_replies_arrive_after_the_client_closed_its_half(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        assert connection.exchange(b"PING\r\n") == b"+PONG\r\n"


def test_a_long_pipeline_is_answered_to_its_end(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        sent = encode_all((b"ECHO", b"%d" % number) for number in range(20_000))
        answers = parse_all(connection.exchange(sent))
    assert [answer.data for answer in answers] == [b"%d" % number for number in range(20_000)]


@pytest.mark.parametrize("size", [1_000_000, 20_000_000])
def test_a_big_reply_is_sent_whole(shared_dflite: Server, size: int) -> None:
    with shared_dflite.connect() as connection:
        connection.call(b"SET", b"bulky", b"x" * size)
        answer = connection.exchange(encode((b"GET", b"bulky")))
    assert len(answer) == size + len(b"$%d\r\n\r\n" % size)
    shared_dflite.call("DEL", "bulky")


def test_half_a_request_is_dropped_without_a_word(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        assert connection.exchange(b"PING\r\n*2\r\n$4\r\nECHO\r\n") == b"+PONG\r\n"


def test_a_transaction_left_open_changes_nothing(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        sent = encode_all([(b"MULTI",), (b"SET", b"left-open", b"1")])
        assert connection.exchange(sent) == b"+OK\r\n+QUEUED\r\n"
    with shared_dflite.connect() as connection:
        assert connection.call(b"EXISTS", b"left-open").number == 0
