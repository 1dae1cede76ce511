"""bit: 32-bit operations."""

import pytest

from tests.support.lua import Interpreter


@pytest.fixture(scope="module")
def lua() -> Interpreter:
    return Interpreter()


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("tobit(2^31)", -(2**31)),
        ("tobit(2^32 + 5)", 5),
        ("tobit(-1.5)", -2),
        ("band(1, 3, 7)", 1),
        ("bor(1, 2, 4)", 7),
        ("bxor(5, 3)", 6),
        ("bnot(0)", -1),
        ("lshift(1, 33)", 2),
        ("rshift(-1, 1)", 2**31 - 1),
        ("arshift(-8, 1)", -4),
        ("rol(1, 31)", -(2**31)),
        ("ror(1, 1)", -(2**31)),
        ("rol(5, 32)", 5),
        ("bswap(1)", 16777216),
        ("tohex(255)", b"000000ff"),
        ("tohex(255, 4)", b"00ff"),
        ("tohex(255, -4)", b"00FF"),
        ("tohex(-1, 20)", b"ffffffff"),
        ("band('7', 3)", 3),
    ],
)
def test_operations(lua: Interpreter, call: str, value: object) -> None:
    assert lua.run("return bit." + call) == value


def test_only_numbers_are_taken(lua: Interpreter) -> None:
    assert "number expected, got string" in str(lua.run("return bit.tobit('x')"))
    assert "number expected, got no value" in str(lua.run("return bit.band()"))
