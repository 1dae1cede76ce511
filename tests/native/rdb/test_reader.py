"""Reading RDB's lengths and strings, from bytes that may be anything."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.bytesops import lzf_compress
from dflite.native.rdb.reader import BadFormat, Reader, Truncated
from tests.support import dumps


@pytest.mark.parametrize("n", [0, 63, 64, 16383, 16384, (1 << 32) - 1, 1 << 32, (1 << 64) - 1])
def test_lengths_of_every_size(n: int) -> None:
    reader = Reader(dumps.length(n) + b"rest")
    assert reader.length() == n
    assert reader.left == 4


@pytest.mark.parametrize("first", [0x82, 0xBF, 0xC0, 0xC3, 0xFF])
def test_what_is_no_length_is_refused(first: int) -> None:
    with pytest.raises(BadFormat):
        Reader(bytes([first]) + bytes(16)).length()


@pytest.mark.parametrize(
    ("spelling", "text"),
    [
        (b"\x03abc", b"abc"),
        (b"\x00", b""),
        (b"\x81" + bytes(7) + b"\x01a", b"a"),
        (b"\xc0\x80", b"-128"),
        (b"\xc1\xff\x7f", b"32767"),
        (b"\xc2" + struct.pack("<i", -(1 << 31)), b"-2147483648"),
        (b"\xc3\x05\x0a\x00a\xe0\x00\x00", b"a" * 10),
    ],
)
def test_strings_in_every_spelling(spelling: bytes, text: bytes) -> None:
    reader = Reader(spelling)
    assert reader.string() == text
    assert reader.left == 0


@pytest.mark.parametrize("spelling", [b"\xc4a", b"\xff", b"\xc3\x02\x05\x00a", b"\xc3\x00\x00"])
def test_what_is_no_string_is_refused(spelling: bytes) -> None:
    with pytest.raises(BadFormat):
        Reader(spelling + bytes(20)).string()


@pytest.mark.parametrize(
    "spelling",
    [b"", b"\x05abcd", b"\x40", b"\x80\x00\x00", b"\x80\x7f\xff\xff\xf0a", b"\xc0", b"\xc2\x00"],
)
def test_an_end_too_soon_is_noticed(spelling: bytes) -> None:
    with pytest.raises(Truncated):
        Reader(spelling).string()


def test_a_packed_string_is_no_longer_than_it_unpacks_to() -> None:
    packed = lzf_compress(b"a" * 1000)
    assert packed is not None
    for claimed in (1, 999, 1001, 0xFFFFFF00, (1 << 64) - 1):
        with pytest.raises(BadFormat):
            Reader(b"\xc3" + dumps.length(len(packed)) + dumps.length(claimed) + packed).string()


def test_only_what_it_is_given_is_read() -> None:
    reader = Reader(b"xx\x02abyy", 2, 5)
    assert reader.string() == b"ab"
    with pytest.raises(Truncated):
        reader.byte()
    with pytest.raises(ValueError, match="start"):
        Reader(b"abc", 4)


@given(st.binary(max_size=40))
def test_noise_is_text_or_refused(data: bytes) -> None:
    reader = Reader(data)
    before = reader.left
    try:
        while True:
            assert len(reader.string()) <= 100 * (before - reader.left)
            before = reader.left
    except BadFormat:
        assert reader.left >= 0
