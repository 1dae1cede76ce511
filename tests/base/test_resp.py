"""Requests that this program makes: any bytes, in RESP."""

from dflite.base.resp import request
from tests.support.steps import split_requests


def test_words_of_any_bytes_come_back() -> None:
    words = [b"SET", b"", b"\r\n\x00\xff", b"x" * 1000]
    assert request(b"PING") == b"*1\r\n$4\r\nPING\r\n"
    assert split_requests(request(*words) + request(b"GET", b"k")) == [words, [b"GET", b"k"]]
