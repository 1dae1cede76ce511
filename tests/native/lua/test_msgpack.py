"""cmsgpack: the bytes of the format, there and back, broken input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


SHARED = Interpreter()


@pytest.mark.parametrize(
    ("values", "packed"),
    [
        ("{}", b"\x90"),
        ("{1, 2, 3}", b"\x93\1\2\3"),
        ("{a = 1}", b"\x81\xa1a\1"),
        ("1, 2, 'x', nil, true, false", b"\1\2\xa1x\xc0\xc3\xc2"),
        ("1.5, 0.1", b"\xca?\xc0\0\0\xcb?\xb9\x99\x99\x99\x99\x99\x9a"),
        ("-1, -33, -129, 200, 300", b"\xff\xd0\xdf\xd1\xff\x7f\xcc\xc8\xcd\1\x2c"),
        ("2^40, -2^40", b"\xcf\0\0\1\0\0\0\0\0\xd3\xff\xff\xff\0\0\0\0\0"),
        ("1/0", b"\xca\x7f\x80\0\0"),
    ],
)
def test_values_as_bytes(lua: Interpreter, values: str, packed: bytes) -> None:
    assert lua.run(f"return cmsgpack.pack({values})") == packed


@given(st.lists(st.integers(-(2**52), 2**52) | st.binary(max_size=40), min_size=1, max_size=5))
def test_what_is_packed_is_unpacked(values: list[int | bytes]) -> None:
    shown = ",".join(
        str(value) if isinstance(value, int) else "'" + "".join(f"\\{b:03}" for b in value) + "'"
        for value in values
    )
    assert SHARED.run(f"return {{cmsgpack.unpack(cmsgpack.pack({shown}))}}") == values


@given(st.binary(max_size=30))
def test_no_input_breaks_it(data: bytes) -> None:
    SHARED.run("return {pcall(cmsgpack.unpack, ARGV[1])}", (), (data,))


def test_long_strings_and_tables(lua: Interpreter) -> None:
    script = (
        "local t = {} for i = 1, 70000 do t[i] = i end "
        "local u = cmsgpack.unpack(cmsgpack.pack({t, string.rep('x', 70000), a = {b = t}})) "
        "return {#u[1], u[1][70000], #u[2], u.a.b[5]}"
    )
    assert lua.run(script) == [70000, 70000, 70000, 5]


def test_what_is_nested_too_deep_becomes_nil(lua: Interpreter) -> None:
    script = "local t = {} for i = 1, 20 do t = {t} end return cmsgpack.pack(t)"
    assert lua.run(script) == b"\x91" * 16 + b"\xc0"


def test_some_values_at_a_time(lua: Interpreter) -> None:
    assert lua.run("return {cmsgpack.unpack_one('\\1\\2\\3')}") == [1, 1]
    assert lua.run("return {cmsgpack.unpack_one('\\1\\2\\3', 2)}") == [-1, 3]
    assert lua.run("return {cmsgpack.unpack_limit('\\1\\2\\3', 2)}") == [2, 1, 2]
    assert lua.run("return {cmsgpack.unpack_limit('\\1\\2\\3', 2^40)}") == [-1, 1, 2, 3]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("pack()", "MessagePack pack needs input."),
        ("unpack('\\193')", "Bad data format in input."),
        ("unpack('\\204')", "Missing bytes in input."),
        ("unpack('\\145')", "Missing bytes in input."),
        ("unpack_one('x', 5)", "Start offset 5 greater than input length 1."),
        ("unpack_one('x', -5)", "Invalid request to unpack with offset of -5 and limit of 1."),
        ("unpack_one('x', 2^32)", "Start offset 0 greater than input length 1."),
        ("unpack_limit('x', -2^32)", "Invalid request to unpack with offset of 0 and limit of 1."),
        ("unpack_limit('x', 1, -2^40)", "Invalid request to unpack with offset of 0"),
        ("unpack('\\129\\192\\1')", "table index is nil"),
        ("unpack(string.rep('\\145', 100000))", "stack overflow"),
    ],
)
def test_broken_input(lua: Interpreter, call: str, problem: str) -> None:
    assert problem in str(lua.run("return cmsgpack." + call))
