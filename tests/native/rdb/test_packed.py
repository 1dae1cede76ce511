"""Packed forms of others: sound ones are read, and nothing that is not quite sound."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.bytesops import format_int
from dflite.native.rdb.packed import (
    FORM_INTSET,
    FORM_LISTPACK,
    FORM_ZIPLIST,
    FORM_ZIPMAP,
    elements,
)
from dflite.native.rdb.reader import BadFormat
from tests.support import dumps

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
NEAR = st.sampled_from([1 << shift for shift in (0, 3, 6, 7, 8, 12, 13, 15, 16, 23, 24, 31, 32)])
NUMBERS = st.one_of(INT64, NEAR, NEAR.map(lambda n: -n), NEAR.map(lambda n: n - 1))
TEXTS = st.one_of(st.binary(max_size=80), st.binary(min_size=250, max_size=300))
FORMS = [FORM_LISTPACK, FORM_ZIPLIST, FORM_ZIPMAP, FORM_INTSET]


def texts_of(items: list[bytes | int]) -> list[bytes]:
    return [format_int(item) if isinstance(item, int) else item for item in items]


@given(st.lists(st.one_of(TEXTS, NUMBERS.map(format_int)), max_size=30))
def test_listpacks(items: list[bytes]) -> None:
    assert elements(FORM_LISTPACK, dumps.listpack(items)) == items


@given(st.lists(st.one_of(TEXTS, NUMBERS), max_size=30))
def test_ziplists(items: list[bytes | int]) -> None:
    assert elements(FORM_ZIPLIST, dumps.ziplist(items)) == texts_of(items)


@given(st.lists(TEXTS, max_size=20).map(lambda items: items * 2), st.integers(0, 255))
def test_zipmaps(items: list[bytes], unused: int) -> None:
    assert elements(FORM_ZIPMAP, dumps.zipmap(items, unused)) == items


@given(st.sets(st.integers(-(1 << 15), (1 << 15) - 1)), st.sampled_from([2, 4, 8]))
def test_intsets(numbers: set[int], width: int) -> None:
    blob = dumps.intset(width, sorted(numbers))
    assert elements(FORM_INTSET, blob) == [format_int(n) for n in sorted(numbers)]


def test_more_elements_than_a_head_counts() -> None:
    items = [b"x"] * 70_000
    assert elements(FORM_LISTPACK, dumps.listpack(items)) == items
    pairs = [b"x"] * 600
    assert elements(FORM_ZIPMAP, dumps.zipmap(pairs)) == pairs


def test_a_long_length_of_the_element_before_is_no_mistake() -> None:
    blob = bytearray(dumps.ziplist([b"a", b"b"]))
    blob[13:14] = b"\xfe\x03\x00\x00\x00"
    struct.pack_into("<I", blob, 0, len(blob))
    assert elements(FORM_ZIPLIST, bytes(blob)) == [b"a", b"b"]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x07\x00\x00\x00\x00\x00",
        b"\x07\x00\x00\x00\x00\x00\xfe",
        b"\x08\x00\x00\x00\x00\x00\xff",
        b"\x07\x00\x00\x00\x01\x00\xff",
        b"\x09\x00\x00\x00\x00\x00\x01\x01\xff",
        b"\x09\x00\x00\x00\x01\x00\x01\x02\xff",
        b"\x09\x00\x00\x00\x01\x00\x82\x01\xff",
        b"\x09\x00\x00\x00\x01\x00\xf5\x01\xff",
        b"\x09\x00\x00\x00\x01\x00\xf0\xff\xff",
        b"\x09\x00\x00\x00\x01\x00\xe0\x01\xff",
    ],
)
def test_broken_listpacks(blob: bytes) -> None:
    with pytest.raises(BadFormat):
        elements(FORM_LISTPACK, blob)


def patched(blob: bytes, at: int, byte: int) -> bytes:
    return blob[:at] + bytes([byte]) + blob[at + 1 :]


@pytest.mark.parametrize("at", [*range(12), 14, 15, 19, 20, 24])
def test_no_byte_of_a_ziplists_frame_may_differ(at: int) -> None:
    blob = dumps.ziplist([b"ab", 100_000, b"cde"])
    for bit in range(8):
        with pytest.raises(BadFormat):
            elements(FORM_ZIPLIST, patched(blob, at, blob[at] ^ 1 << bit))


@pytest.mark.parametrize(
    "blob",
    [b"", b"\x00", b"\x01\xff", b"\x00\x01a\x01\x00b\xff", b"\x01\x01a\xff",
     b"\x01\x01a\x01\x09b\xff", b"\x01\xff\x01\x00b\xff", b"\xfe\x01a\x05\x00b\xff",
     b"\x01\xfe\xff\xff\xff\xffa\x01\x00b\xff"],
)  # fmt: skip
def test_broken_zipmaps(blob: bytes) -> None:
    with pytest.raises(BadFormat):
        elements(FORM_ZIPMAP, blob)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        dumps.intset(2, [1, 2])[:-1],
        dumps.intset(2, [1, 2]) + b"\x00",
        dumps.intset(2, [1, 1]),
        dumps.intset(2, [2, 1]),
        struct.pack("<II", 3, 1) + b"abc",
        struct.pack("<II", 8, 1 << 29),
        struct.pack("<II", 0, 0),
    ],
)
def test_broken_intsets(blob: bytes) -> None:
    with pytest.raises(BadFormat):
        elements(FORM_INTSET, blob)


@given(st.binary(max_size=60), st.sampled_from(FORMS))
def test_noise_is_refused_or_read(blob: bytes, form: int) -> None:
    try:
        found = elements(form, blob)
    except BadFormat:
        return
    assert sum(map(len, found)) <= 20 * len(blob)
