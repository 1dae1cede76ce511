"""Writing RDB: what is written is read again, and takes few bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.bytesops import crc64
from dflite.native.rdb.reader import Reader
from dflite.native.rdb.writer import Writer
from tests.support import dumps


@given(st.lists(st.integers(0, (1 << 64) - 1)))
def test_lengths_are_read_again(numbers: list[int]) -> None:
    writer = Writer()
    for number in numbers:
        writer.length(number)
    data = writer.take()
    assert data == b"".join(map(dumps.length, numbers))
    reader = Reader(data)
    assert [reader.length() for _ in numbers] == numbers


@given(st.lists(st.one_of(st.binary(max_size=300), st.text("ab", max_size=9000).map(str.encode))))
def test_strings_are_read_again(items: list[bytes]) -> None:
    for packing in (True, False):
        writer = Writer(packing)
        for item in items:
            writer.string(item)
        reader = Reader(writer.take())
        assert [reader.string() for _ in items] == items
        assert reader.left == 0


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        (b"0", b"\xc0\x00"),
        (b"-128", b"\xc0\x80"),
        (b"128", b"\xc1\x80\x00"),
        (b"32768", b"\xc2\x00\x80\x00\x00"),
        (b"2147483647", b"\xc2\xff\xff\xff\x7f"),
        (b"2147483648", b"\x0a2147483648"),
        (b"007", b"\x03007"),
        (b"a" * 20, b"\x14" + b"a" * 20),
    ],
)
def test_strings_take_few_bytes(text: bytes, spelling: bytes) -> None:
    writer = Writer()
    writer.string(text)
    assert writer.take() == spelling


def test_what_is_longer_is_packed_if_that_helps() -> None:
    writer = Writer()
    writer.string(b"a" * 100_000)
    assert len(writer) < 3000
    assert writer.take()[0] == 0xC3
    noise = bytes(range(256))
    writer.string(noise)
    assert writer.take() == b"\x41\x00" + noise
    plain = Writer(False)
    plain.string(b"a" * 100)
    assert plain.take() == b"\x40\x64" + b"a" * 100


def test_a_seal_is_the_version_and_a_checksum() -> None:
    writer = Writer()
    writer.byte(7)
    writer.seal(0x1234)
    data = writer.take()
    assert data[:3] == b"\x07\x34\x12"
    assert int.from_bytes(data[3:], "little") == crc64(data[:3])
    assert writer.take() == b""
