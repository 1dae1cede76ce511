"""Floats as text: round trips, the forms Redis writes, and the same digits as a real Valkey."""

import ctypes
import decimal
import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.floattext import (
    NotAFloat,
    NotFinite,
    add_long_double,
    format_decimals,
    format_float,
    format_human,
    is_infinite,
    is_long_double,
    parse_float,
)
from tests.support.servers import Server

# --- doubles -------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False))
def test_a_double_comes_back_from_its_text(value: float) -> None:
    text = format_float(value)
    assert struct.pack("<d", float(text)) == struct.pack("<d", value)
    assert parse_float(text) == value
    assert len(text) < 32


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_has_no_more_than_17_digits_unless_it_is_whole(value: float) -> None:
    text = format_float(value)
    if b"." in text or b"e" in text:
        assert len(decimal.Decimal(text.decode()).normalize().as_tuple().digits) <= 17


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, b"0"),
        (-0.0, b"-0"),
        (math.inf, b"inf"),
        (-math.inf, b"-inf"),
        (math.nan, b"nan"),
        (3.0, b"3"),
        (-1.5, b"-1.5"),
        (0.1, b"0.1"),
        (0.1 + 0.2, b"0.30000000000000004"),
        (1e17, b"100000000000000000"),
        (2.0**62, b"4611686018427387904"),
        (1e19, b"1e+19"),
        (1e21, b"1e+21"),
        (1.5e300, b"1.5e+300"),
        (0.000001, b"0.000001"),
        (1e-7, b"1e-7"),
        (1.25e-10, b"1.25e-10"),
        (5e-324, b"5e-324"),
        (1.7976931348623157e308, b"1.7976931348623157e+308"),
        (2.2250738585072014e-308, b"2.2250738585072014e-308"),
        (123456.789, b"123456.789"),
    ],
)
def test_doubles_are_written_as_replies_carry_them(value: float, text: bytes) -> None:
    assert format_float(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1", 1.0),
        (b"+1", 1.0),
        (b"-1.5e3", -1500.0),
        (b".5", 0.5),
        (b"5.", 5.0),
        (b"inf", math.inf),
        (b"+INF", math.inf),
        (b"-Infinity", -math.inf),
        (b"0x10", 16.0),
        (b"5e-324", 5e-324),
        (b"0" * 400 + b"1", 1.0),
        (b"123456789012345", 123456789012345.0),
        (b"1234567890123456789", 1234567890123456789.0),
    ],
)
def test_scores_are_what_strtod_reads(text: bytes, value: float) -> None:
    assert parse_float(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b" 1", b"1 ", b"\t1", b"nan", b"-nan", b"nan(1)", b"1e", b".", b"--1", b"1_0"),
        *(b"1,5", b"1\0", b"1\x002", b"infi", b"0x", b"1e400", b"-1e400", b"1e-400"),
        b"0." + b"0" * 400 + b"1",
    ],
)
def test_what_is_no_score_is_none(text: bytes) -> None:
    assert parse_float(text) is None


def test_minus_zero_keeps_its_sign() -> None:
    value = parse_float(b"-0")
    assert value is not None
    assert value == 0
    assert math.copysign(1, value) == -1


@given(st.floats(-2e7, 2e7))
def test_fixed_decimals_are_those_nearest_to_the_scaled_value(value: float) -> None:
    text = format_decimals(value, 4).decode()
    whole, _, decimals = text.partition(".")
    assert len(decimals) == 4
    assert int(whole + decimals) == round(value * 10000)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 4, b"0.0000"),
        (-0.00001, 4, b"0.0000"),
        (-0.0125, 4, b"-0.0125"),
        (166274.1516, 4, b"166274.1516"),
        (1.0, 1, b"1.0"),
        (0.25, 17, b"0.25000000000000000"),
        (1e300, 4, b"1e+300"),
    ],
)
def test_fixed_decimals_are_all_written(value: float, digits: int, text: bytes) -> None:
    assert format_decimals(value, digits) == text


def test_fixed_decimals_are_1_to_17() -> None:
    for digits in (0, 18, -1):
        with pytest.raises(ValueError, match="decimals"):
            format_decimals(1.0, digits)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, b"3"),
        (-0.0, b"0"),
        (0.1, b"0.10000000000000001"),
        (1e22, b"10000000000000000000000"),
        (-1e-20, b"0"),
        (math.inf, b"inf"),
    ],
)
def test_human_form_never_has_an_exponent(value: float, text: bytes) -> None:
    assert format_human(value) == text


# --- long doubles --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "increment", "total"),
    [
        (b"10.50", b"0.25", b"10.75"),
        (b"5.0e3", b"2.0e2", b"5200"),
        (b"3", b"-3", b"0"),
        (b"0", b"-0", b"0"),
        (b"0x10", b"1", b"17"),
        (b"0", b"1e-30", b"0"),
        (b"1e300", b"0", None),
    ],
)
def test_sums_are_fixed_point_without_zeros_at_the_end(
    old: bytes, increment: bytes, total: bytes | None
) -> None:
    text = add_long_double(old, increment)
    if total is None:
        assert text.isdigit()
        assert float(text) == float(old)
    else:
        assert text == total


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_longdouble) == 8, reason="long double is double here")
def test_sums_are_nearer_to_decimal_fractions_than_doubles_are() -> None:
    assert add_long_double(b"10.50", b"0.1") == b"10.6"
    assert add_long_double(b"0.1", b"0.2") == b"0.3"


@pytest.mark.parametrize(
    "text",
    [b"", b" 1", b"1 ", b"nan", b"abc", b"1\0", b"1e5000", b"1e-5000", b"0" * 5119 + b"1"],
)
def test_a_sum_needs_two_numbers(text: bytes) -> None:
    assert not is_long_double(text)
    assert not is_infinite(text)
    with pytest.raises(NotAFloat):
        add_long_double(text, b"1")
    with pytest.raises(NotAFloat):
        add_long_double(b"1", text)


@pytest.mark.parametrize("text", [b"inf", b"-inf", b"+Infinity"])
def test_infinity_is_a_number_but_no_sum(text: bytes) -> None:
    assert is_long_double(text)
    assert is_infinite(text)
    with pytest.raises(NotFinite):
        add_long_double(text, b"1")
    with pytest.raises(NotFinite):
        add_long_double(b"1", text)


def test_both_errors_are_value_errors_and_tell_themselves_apart() -> None:
    assert issubclass(NotAFloat, ValueError)
    assert issubclass(NotFinite, ValueError)
    assert not issubclass(NotFinite, NotAFloat)


# --- beside Valkey -------------------------------------------------------------------------------


def random_double(chance: random.Random) -> float:
    kind = chance.randrange(7)
    if kind == 0:
        value: float = struct.unpack("<d", chance.randbytes(8))[0]
        return value if math.isfinite(value) else 0.5
    if kind == 1:
        return chance.uniform(-1, 1) * math.pow(10, chance.randrange(-12, 25))
    if kind == 2:
        return float(chance.randrange(-(10**19), 10**19))
    if kind == 3:
        return float(round(chance.uniform(-1000, 1000), chance.randrange(6)))
    if kind == 4:
        return math.ldexp(1, chance.randrange(-1074, 1023))
    if kind == 5:
        return chance.randrange(1, 10 ** chance.randrange(1, 18)) * math.pow(
            10, -chance.randrange(24)
        )
    return float(10 ** chance.randrange(30)) * chance.choice([1, -0.5, 0.25, 1e-10, 3])


def test_valkey_writes_scores_with_the_same_digits(shared_valkey: Server) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    values = [random_double(chance) for _ in range(5000)]
    with shared_valkey.connect() as connection:
        for at in range(0, len(values), 500):
            some = values[at : at + 500]
            requests: list[list[str]] = []
            for place, value in enumerate(some):  # each its own: -0 would not change a 0
                member = str(at + place)
                requests += [["ZADD", "floats", repr(value), member], ["ZSCORE", "floats", member]]
            theirs = [reply.data for reply in connection.pipeline(requests)[1::2]]
            assert [format_float(value) for value in some] == theirs, f"seed {seed}"
        connection.call("DEL", "floats")


def test_valkey_adds_to_the_same_text(shared_valkey: Server) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    with shared_valkey.connect() as connection:
        requests: list[list[bytes]] = []
        ours = []
        for _ in range(1000):
            old, step = (format_float(random_double(chance)) for _ in range(2))
            ours.append(add_long_double(old, step))
            requests += [[b"SET", b"float", old], [b"INCRBYFLOAT", b"float", step]]
        theirs = [reply.data for reply in connection.pipeline(requests)[1::2]]
        connection.call("DEL", "float")
    assert ours == theirs, f"seed {seed}"
