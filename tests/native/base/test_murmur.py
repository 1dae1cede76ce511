"""MurmurHash64A beside the algorithm in plain words."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.murmur import murmur_hash

MASK = 2**64 - 1


def murmur_by_the_book(data: bytes, seed: int) -> int:
    factor = 0xC6A4A7935BD1E995
    value = seed ^ (len(data) * factor & MASK)
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        word = int.from_bytes(data[at : at + 8], "little") * factor & MASK
        word = (word ^ word >> 47) * factor & MASK
        value = (value ^ word) * factor & MASK
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * factor & MASK
    value = (value ^ value >> 47) * factor & MASK
    return value ^ value >> 47


@given(st.binary(max_size=70), st.sampled_from((0xADC83B19, 0, 2**32 - 1)))
def test_the_hash_is_murmur(data: bytes, seed: int) -> None:
    assert murmur_hash(data, seed) == murmur_by_the_book(data, seed)
