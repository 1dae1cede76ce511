"""XXH3 against values made with the reference implementation, and against it where installed."""

import random

import pytest

from dflite.native.base.xxh3 import xxh3_64


def sample(size: int) -> bytes:
    return bytes(i * 7 % 256 for i in range(size))


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        (0, 0x2D06800538D394C2),
        (1, 0xC44BDFF4074EECDB),
        (3, 0xC3489259E968AD9E),
        (4, 0xD3D60C1519014E89),
        (8, 0xB88DEE77F6BF6980),
        (9, 0x03688DCAD730D826),
        (16, 0x9DA23836ADF2BE1E),
        (17, 0xF34C3C9CF5A112D1),
        (32, 0x99CB9AD0F1A11FBE),
        (33, 0xC077B45492D29CDE),
        (64, 0x6EFB76FF16F37561),
        (65, 0x2640848E9137156B),
        (128, 0x65F3C2C00FA93185),
        (129, 0x28065C6EC25F5B25),
        (240, 0x4917A75C0EF8EED7),
        (241, 0x541B19226F0052E8),
        (1024, 0xDC5ACF0B043C445B),
        (1025, 0xE1D9CD946277AE26),
        (5000, 0x6ABE8BE5ABCB2760),
    ],
)
def test_each_class_of_lengths_has_its_known_digest(size: int, digest: int) -> None:
    assert xxh3_64(sample(size)) == digest


def test_it_is_the_reference_at_every_length() -> None:
    xxhash = pytest.importorskip("xxhash")
    for size in [*range(1100), 2048, 2049, 70_000]:
        data = random.Random(size).randbytes(size)
        assert xxh3_64(data) == xxhash.xxh3_64_intdigest(data), size
