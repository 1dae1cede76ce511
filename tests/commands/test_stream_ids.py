"""IDs and ranges as requests spell them."""

import pytest

from dflite.base.stream_errors import InvalidIntervalEnd, InvalidIntervalStart, InvalidStreamId
from dflite.commands.stream_ids import read_bound, read_end, read_id, read_ids, read_start
from dflite.engine.args import Args
from dflite.native.streams.stream_id import MAX_ID

SEQ = (1 << 64) - 1


def test_ids() -> None:
    assert read_id(b"5-7") == 5 << 64 | 7
    assert read_ids(Args([b"XDEL", b"1", b"2-1"])) == [1 << 64, 2 << 64 | 1]
    for text in (b"-", b"+", b"abc", b"(1"):
        with pytest.raises(InvalidStreamId):
            read_id(text)


def test_bounds() -> None:
    assert read_bound(b"-", 0) == 0
    assert read_bound(b"+", 0) == MAX_ID
    assert read_start(b"5") == 5 << 64
    assert read_end(b"5") == 5 << 64 | SEQ
    assert read_start(b"(5") == (5 << 64) + 1
    assert read_end(b"(5") == (5 << 64 | SEQ) - 1
    assert read_start(b"(1-18446744073709551615") == 2 << 64


def test_what_is_left_out_may_leave_nothing() -> None:
    with pytest.raises(InvalidIntervalStart):
        read_start(b"(18446744073709551615-18446744073709551615")
    with pytest.raises(InvalidIntervalEnd):
        read_end(b"(0-0")
    for text in (b"(-", b"(+", b"("):
        with pytest.raises(InvalidStreamId):
            read_start(text)
        with pytest.raises(InvalidStreamId):
            read_end(text)
