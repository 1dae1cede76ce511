"""cjson: there and back, its settings, its errors word for word."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


SHARED = Interpreter()
VALUES = st.recursive(
    st.booleans() | st.integers(-(10**13), 10**13) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(st.text(min_size=1, max_size=4).map(lambda k: "k" + k), inner, min_size=1)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_decoded_and_encoded_again_is_the_same(value: object) -> None:
    text = json.dumps(value).encode()
    again = SHARED.run("return cjson.encode(cjson.decode(ARGV[1]))", (), (text,))
    assert isinstance(again, bytes)
    assert json.loads(again) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{}", "{}"),
        ("{1, 2, {a = 1}}", '[1,2,{"a":1}]'),
        ("{[1] = 1, [3] = 3}", "[1,null,3]"),
        ("{[1.5] = 2}", '{"1.5":2}'),
        ("12345678901234567890", "1.2345678901235e+19"),
        ("'a\"\\\\/\\8\\9\\10\\12\\13\\0\\31\\127'",
         '"a\\"\\\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\\u007f"'),
        ("cjson.null", "null"),
        ("nil", "null"),
    ],
)  # fmt: skip
def test_values_as_text(lua: Interpreter, value: str, text: str) -> None:
    assert lua.run(f"return cjson.encode({value})") == text.encode()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("1/0", "Cannot serialise number: must not be NaN or Inf"),
        ("{[1] = 1, [100] = 1}", "Cannot serialise table: excessively sparse array"),
        ("{[true] = 1}", "Cannot serialise boolean: table key must be a number or string"),
        ("function() end", "Cannot serialise function: type not supported"),
        ("(function() local t = {} t[1] = t return t end)()",
         "Cannot serialise, excessive nesting (1001)"),
        ("1, 2", "(expected 1 argument)"),
    ],
)  # fmt: skip
def test_what_cannot_be_encoded(lua: Interpreter, value: str, problem: str) -> None:
    assert problem in str(lua.run(f"return cjson.encode({value})"))


def test_settings_belong_to_a_library(lua: Interpreter) -> None:
    assert lua.run("return {cjson.encode_max_depth(), cjson.encode_number_precision()}") == [
        1000,
        14,
    ]
    script = "local c = cjson.new() c.encode_number_precision(3) return {c.encode(1/3), "
    assert lua.run(script + "cjson.encode(0.5)}") == [b"0.333", b"0.5"]
    sparse = "local c = cjson.new() c.encode_sparse_array(true) return c.encode({[1]=1,[99]=2})"
    assert lua.run(sparse) in (b'{"1":1,"99":2}', b'{"99":2,"1":1}')
    invalid = "local c = cjson.new() c.encode_invalid_numbers('null') return c.encode({1/0})"
    assert lua.run(invalid) == b"[null]"
    strict = "local c = cjson.new() c.decode_invalid_numbers(false) return c.decode('0x10')"
    assert "found invalid number at character 1" in str(lua.run(strict))
    deep = "local c = cjson.new() c.encode_max_depth(2) return c.encode({{{}}})"
    assert "excessive nesting (3)" in str(lua.run(deep))
    assert lua.run("return {cjson.encode_keep_buffer(), cjson.decode_max_depth()}") == [1, 1000]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("encode_max_depth(0)", "expected integer between 1 and 2147483647"),
        ("encode_number_precision(15)", "expected integer between 1 and 14"),
        ("encode_invalid_numbers('x')", "invalid option 'x'"),
        ("encode_max_depth(1, 2)", "found too many arguments"),
    ],
)
def test_settings_are_checked(lua: Interpreter, call: str, problem: str) -> None:
    assert problem in str(lua.run("return cjson." + call))
