import pytest

from dflite.base.numbers import (
    INT64_MAX,
    INT64_MIN,
    UINT64_MAX,
    fits_int64,
    human_size,
    read_int_between,
    read_size,
)


def test_integers_of_redis_have_64_bits() -> None:
    assert fits_int64(INT64_MIN)
    assert fits_int64(INT64_MAX)
    assert not fits_int64(INT64_MIN - 1)
    assert not fits_int64(INT64_MAX + 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"0", 0), (b"10", 10), (b"-1", None), (b"11", None), (b"01", None), (b"", None)],
)
def test_an_integer_outside_its_limits_is_none(text: bytes, value: int | None) -> None:
    assert read_int_between(text, 0, 10) == value


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ("0", 0),
        ("100", 100),
        ("1b", 1),
        ("1k", 1000),
        ("1kb", 1024),
        ("1KB", 1024),
        ("2g", 2_000_000_000),
        ("2gb", 2 << 30),
        ("1.25GiB", 5 << 28),
        ("1.5k", 1500),
        ("3tb", 3 << 40),
        (str(UINT64_MAX), UINT64_MAX),
    ],
)
def test_a_size_is_a_number_and_a_unit(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["-1", "+1", "mb", "1 gb", "10kbb", "1e3", "1.", ".", "1.2.3", "٣", str(UINT64_MAX + 1)],
)
def test_what_is_no_size_is_none(text: str) -> None:
    assert read_size(text) is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1.00K"),
        (1536 * 1024, "1.50M"),
        (1 << 30, "1.00G"),
        ((1 << 40) - 1, "1024.00G"),
        (5 << 40, "5.00T"),
        (7 << 50, "7.00P"),
        (1 << 60, "1152921504606846976B"),
    ],
)
def test_sizes_for_people_have_two_decimals(size: int, text: str) -> None:
    assert human_size(size) == text
