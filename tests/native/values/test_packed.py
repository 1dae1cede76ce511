"""Packed elements against plain lists."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.native.values.packed import index_of, pack, unpack, unpack_backwards

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1).map(lambda n: str(n).encode())
EDGES = st.sampled_from(
    [
        str(sign * (1 << bits) + off).encode()
        for bits in (7, 12, 13, 15, 16, 23, 24, 31, 32, 63)
        for sign in (1, -1)
        for off in (-1, 0, 1)
    ]
)
LENGTHS = st.sampled_from((0, 1, 62, 63, 64, 127, 128, 4094, 4095, 4096, 16381, 16384, 70000))
STRINGS = st.one_of(st.binary(max_size=20), LENGTHS.map(lambda n: b"x" * n))
ITEMS = st.lists(st.one_of(INTEGERS, EDGES, STRINGS), max_size=12)


@given(ITEMS)
def test_elements_are_read_as_they_were_written(items: list[bytes]) -> None:
    blob = pack(items)
    assert unpack(blob) == items
    assert unpack_backwards(blob) == items[::-1]


@given(ITEMS, st.integers(1, 3))
def test_an_element_is_found_among_every_nth(items: list[bytes], stride: int) -> None:
    items = items[: len(items) // stride * stride]
    blob = pack(items)
    for item in items:
        places = [i for i in range(0, len(items), stride) if items[i] == item]
        expected = len(pack(items[: places[0]])) if places else -1
        assert index_of(blob, item, stride) == expected
    assert index_of(blob, b"not there", stride) == -1 or b"not there" in items


def test_what_spells_an_integer_takes_no_more_than_it() -> None:
    assert len(pack([b"0"])) == 2
    assert len(pack([b"-4096"])) == 3
    assert len(pack([b"32767"])) == 4
    assert len(pack([b"-8388608"])) == 5
    assert len(pack([b"2147483647"])) == 6
    assert len(pack([b"9223372036854775807"])) == 10
    assert len(pack([b"00"])) == 4
    assert len(pack([b"-0"])) == 4
