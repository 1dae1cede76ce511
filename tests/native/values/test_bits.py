"""Bits of stored strings beside Python's big integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values.bits import (
    AND,
    NOT,
    OR,
    XOR,
    bit_at,
    combine,
    count_ones,
    field_at,
    find_bit,
    make_room,
    put_bit,
    put_field,
)


def table_with(*values: bytes) -> Table:
    """Values at the keys 0, 1, ..."""
    table = Table(Clock(1_000_000_000_000))
    for number, value in enumerate(values):
        table.set_string(b"%d" % number, value)
    return table


def bits_of(value: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in value)


RUNS = st.lists(
    st.builds(
        lambda byte, count: bytes([byte]) * count,
        st.sampled_from([0, 255, 1, 128, 15]),
        st.integers(1, 40),
    ),
    max_size=5,
).map(b"".join)
TEXTS = st.one_of(st.binary(max_size=80), RUNS, st.integers(-(2**63), 2**63 - 1).map(b"%d".__mod__))


@given(TEXTS, st.integers(0, 700), st.integers(0, 700))
def test_counting_and_finding_in_ranges(value: bytes, first: int, last: int) -> None:
    table = table_with(value)
    bits = bits_of(value)
    if last >= len(bits) or first > last:
        assert count_ones(table, b"0", first, last) == 0
        assert find_bit(table, b"0", True, first, last) == -1
        assert find_bit(table, b"0", False, first, last) == -1
        return
    part = bits[first : last + 1]
    assert count_ones(table, b"0", first, last) == part.count("1")
    assert find_bit(table, b"0", True, first, last) == bits.find("1", first, last + 1)
    assert find_bit(table, b"0", False, first, last) == bits.find("0", first, last + 1)
    assert table.read(b"0") == value


@given(TEXTS, st.integers(0, 900))
def test_single_bits(value: bytes, offset: int) -> None:
    table = table_with(value)
    bits = bits_of(value)
    assert bit_at(table, b"0", offset) == (offset < len(bits) and bits[offset] == "1")
    assert make_room(table, b"0", offset) == (offset // 8 >= len(value))
    wide = bits.ljust((offset // 8 + 1) * 8, "0")
    for bit in (True, False, True):
        put_bit(table, b"0", offset, bit)
        wide = wide[:offset] + str(int(bit)) + wide[offset + 1 :]
        stored = table.read(b"0")
        assert isinstance(stored, bytes)
        assert bits_of(stored) == wide
    table.check()


@given(TEXTS, st.integers(0, 700), st.integers(1, 64), st.integers(0, 2**64 - 1))
def test_fields(value: bytes, offset: int, width: int, number: int) -> None:
    table = table_with(value)
    number %= 1 << width
    bits = bits_of(value).ljust(offset + width, "0")
    there = int(bits[offset : offset + width], 2)
    assert field_at(table, b"0", offset, width, False) == there
    make_room(table, b"0", offset + width - 1)
    put_field(table, b"0", offset, width, number)
    expected = bits[:offset] + f"{number:0{width}b}" + bits[offset + width :]
    stored = table.read(b"0")
    assert isinstance(stored, bytes)
    assert bits_of(stored) == expected.ljust(len(stored) * 8, "0")
    assert field_at(table, b"0", offset, width, False) == number
    signed = number - (1 << width) if number >> (width - 1) else number
    assert field_at(table, b"0", offset, width, True) == signed


def test_a_field_has_1_to_64_bits() -> None:
    table = table_with(b"text")
    for width in (0, -1, 65):
        with pytest.raises(ValueError, match="1 to 64"):
            field_at(table, b"0", 0, width, False)
        with pytest.raises(ValueError, match="1 to 64"):
            put_field(table, b"0", 0, width, 0)


@given(st.sampled_from([AND, OR, XOR, NOT]), st.lists(TEXTS, min_size=1, max_size=4))
def test_combining_strings(operation: int, values: list[bytes]) -> None:
    if operation == NOT:
        values = values[:1]
    table, target = table_with(*values), table_with(b"old")
    target.set_deadline(b"0", 2_000_000_000_000)
    longest = max(map(len, values))
    numbers = [int.from_bytes(value.ljust(longest, b"\0"), "big") for value in values]
    result = numbers[0]
    for number in numbers[1:]:
        if operation == AND:
            result &= number
        elif operation == OR:
            result |= number
        else:
            result ^= number
    if operation == NOT:
        result ^= (1 << 8 * longest) - 1
    keys = [b"%d" % number for number in range(len(values))]
    assert combine(operation, [table] * len(keys), keys, target, b"0") == longest
    expected = result.to_bytes(longest, "big") if longest else b"old"
    assert target.read(b"0") == expected
    assert target.deadline(b"0") == (-1 if longest else 2_000_000_000_000)
    target.check()


def test_a_result_may_replace_one_of_its_sources() -> None:
    table = table_with(b"\x0f" * 10, b"\xff" * 20)
    assert combine(AND, [table, table, table], [b"0", b"1", b"none"], table, b"1") == 20
    assert table.read(b"1") == b"\0" * 20
    assert combine(NOT, [table], [b"1"], table, b"1") == 20
    assert table.read(b"1") == b"\xff" * 20


def test_room_is_made_where_nothing_was() -> None:
    table = table_with()
    assert make_room(table, b"new", 20)
    assert table.read(b"new") == b"\0\0\0"
    assert not make_room(table, b"new", 23)
    assert make_room(table, b"new", 600_000)
    assert table.string_length(b"new") == 75_001
    table.check()


def test_room_keeps_the_deadline() -> None:
    table = table_with(b"7")
    table.set_deadline(b"0", 2_000_000_000_000)
    assert not make_room(table, b"0", 7)
    assert make_room(table, b"0", 70)
    assert table.read(b"0") == b"7" + b"\0" * 8
    assert table.deadline(b"0") == 2_000_000_000_000


def test_long_strings_are_counted_whole() -> None:
    table = table_with(b"\xff" * 1_000_003 + b"\x01")
    assert count_ones(table, b"0", 0, 8 * 1_000_004 - 1) == 8 * 1_000_003 + 1
    assert find_bit(table, b"0", False, 0, 8 * 1_000_004 - 1) == 8 * 1_000_003
    assert find_bit(table, b"0", False, 0, 8 * 1_000_003 - 1) == -1
    assert find_bit(table, b"0", True, 8 * 1_000_003, 8 * 1_000_004 - 1) == 8 * 1_000_004 - 1
