"""Requests as bytes."""

import pytest

from benchmarks.wire import MEMCACHED, RESP, key_name, resp, set_request, value_of


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
