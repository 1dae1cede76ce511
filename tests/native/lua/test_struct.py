"""struct: against Python's own."""

import struct

import pytest

from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


@pytest.mark.parametrize(
    ("form", "python", "values"),
    [
        ("<bBhHiIlL", "<bBhHiIqQ", (-1, 255, -2, 65535, -3, 4, -5, 6)),
        (">bBhHiIlLT", ">bBhHiIqQQ", (-1, 255, -2, 65535, -3, 4, -5, 6, 7)),
        ("<df", "<df", (1.5, 2.5)),
        (">df", ">df", (1.5, 2.5)),
    ],
)
def test_numbers_as_python_packs_them(
    lua: Interpreter, form: str, python: str, values: tuple[float, ...]
) -> None:
    packed = struct.pack(python, *values)
    shown = ",".join(str(value) for value in values)
    assert lua.run(f"return struct.pack('{form}', {shown})") == packed
    assert lua.run(f"return struct.size('{form}')") == len(packed)
    script = f"local v = {{struct.unpack('{form}', ARGV[1])}} return table.concat(v, ' ')"
    expected = " ".join(f"{value:g}" for value in (*values, len(packed) + 1))
    assert lua.run(script, (), (packed,)) == expected.encode()


def test_strings_padding_and_alignment(lua: Interpreter) -> None:
    assert lua.run("return struct.pack('sc2c0x', 'a', 'bcd', 'ef')") == b"a\0bcef\0"
    assert lua.run("return {struct.unpack('Bc0s', '\\2abxyz\\0')}") == [b"ab", b"xyz", 8]
    assert lua.run("return struct.pack('!4bi', 1, 2)") == b"\1\0\0\0\2\0\0\0"
    assert lua.run("return struct.pack('>l', 0/0)") == b"\x80" + bytes(7)
    assert lua.run("return {struct.unpack('', 'abc', -1)}") == [-1]
    assert lua.run("return {struct.size('q'), struct.size('bq7i')}") == [0, 5]
    assert lua.run("return {struct.size('!bd'), struct.size('bd')}") == [16, 9]
    assert lua.run("return {struct.unpack('i16', struct.pack('i16', -2))}") == [-2, 17]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("pack('I33', 1)", "integral size 33 is larger than limit of 32"),
        ("pack('i99999999999', 1)", "integral size overflow"),
        ("pack('!3i', 1)", "alignment 3 is not a power of 2"),
        ("pack('z', 1)", "invalid format option 'z'"),
        ("pack('c5', 'abc')", "string too short"),
        ("pack('i')", "number expected, got nil"),
        ("unpack('i', 'abc')", "data string too short"),
        ("unpack('s', 'abc')", "unfinished string in data"),
        ("unpack('c0', 'abc')", "format 'c0' needs a previous size"),
        ("unpack('Bc0', '\\9abc')", "data string too short"),
        ("unpack('i', 'abcdefgh', 0)", "offset must be 1 or greater"),
        ("unpack('i', 'abcdefgh', 100)", "data string too short"),
        ("size('(')", "invalid format option '('"),
        ("pack('q', 1)", "invalid format option 'q'"),
        ("size('s')", "option 's' has no fixed size"),
    ],
)
def test_what_is_wrong_is_said(lua: Interpreter, call: str, problem: str) -> None:
    assert problem in str(lua.run("return struct." + call))
