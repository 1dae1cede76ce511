"""cjson.decode: escapes, and what is no JSON, word for word."""

import pytest

from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expected value but found T_END at character 1"),
        ("{", "Expected object key string but found T_END at character 2"),
        ('{"a"}', "Expected colon but found T_OBJ_END at character 5"),
        ('{"a":1,}', "Expected object key string but found T_OBJ_END at character 8"),
        ("[1,2", "Expected comma or array end but found T_END at character 5"),
        ("[1,]", "Expected value but found T_ARR_END at character 4"),
        ('"abc', "Expected value but found unexpected end of string at character 5"),
        ('"a\\qc"', "Expected value but found invalid escape code at character 3"),
        ('"\\ud800"', "Expected value but found invalid unicode escape code at character 2"),
        ("nul", "Expected value but found invalid token at character 1"),
        ("1 2", "Expected the end but found T_NUMBER at character 3"),
        ("-", "Expected value but found invalid number at character 1"),
        ("[" * 1001, "Found too many nested data structures (1001) at character 1001"),
        ("a\0", "JSON parser does not support UTF-16 or UTF-32"),
    ],
)
def test_what_is_no_json(lua: Interpreter, text: str, problem: str) -> None:
    assert problem in str(lua.run("return cjson.decode(ARGV[1])", (), (text.encode(),)))


def test_escapes_become_characters(lua: Interpreter) -> None:
    text = b'"\\u00e9\\ud83d\\ude00\\u20ac\\u0000\\b\\f\\n\\r\\t\\/\\\\\\""'
    expected = '\u00e9\U0001f600\u20ac\0\b\f\n\r\t/\\"'.encode()
    assert lua.run("return cjson.decode(ARGV[1])", (), (text,)) == expected
