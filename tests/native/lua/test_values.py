"""Values between Lua and the protocol."""

import pytest

from tests.support.lua import Interpreter
from tests.support.node import Error


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("return 3.99", 3),
        ("return -3.99", -3),
        ("return 2^63", -(2**63)),
        ("return 'x\\0y'", b"x\0y"),
        ("return nil", None),
        ("return", None),
        ("return true", 1),
        ("return false", None),
        ("return {1, 'a', {2}, nil, 5}", [1, b"a", [2]]),
        ("return {ok = 'fine'}", "fine"),
        ("return {ok = 'a\\nb'}", "a b"),
        ("return {err = 'BAD thing'}", Error(b"BAD thing")),
        ("return {double = 3.5}", b"3.5"),
        ("return {big_number = '123'}", b"123"),
        ("return {big_number = '1\\0002'}", b"1\x002"),
        ("return {ok = '1\\0002'}", "1"),
        ("return {verbatim_string = {string = 'abc', format = 'txt'}}", b"abc"),
        ("return {set = {a = true}}", [b"a"]),
        ("return {map = {a = 1}}", [b"a", 1]),
        ("return function() end", None),
        ("return redis.status_reply('yes')", "yes"),
        ("return redis.error_reply('My Err')", Error(b"My Err")),
        ("return redis.error_reply('-MY err')", Error(b"MY err")),
        ("return redis.error_reply('single')", Error(b"ERR single")),
        ("return redis.error_reply(1)", Error(b"ERR wrong number or type of arguments")),
    ],
)
def test_results_as_replies_of_resp2(lua: Interpreter, script: str, value: object) -> None:
    assert lua.run(script) == value


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("return {double = 3.5}", 3.5),
        ("return {big_number = '123'}", 123),
        ("return {verbatim_string = {string = 'abc', format = 'txt'}}", b"abc"),
        ("return {set = {a = true}}", {b"a"}),
        ("return {map = {a = {map = {}}}}", {b"a": {}}),
        ("return true", 1),
        ("return nil", None),
        ("redis.setresp(3) return {true, false}", [True, False]),
    ],
)
def test_results_as_replies_of_resp3(lua: Interpreter, script: str, value: object) -> None:
    lua.reply.speak(True)
    assert lua.run(script) == value


REPLIES = [
    (b":5\r\n", 2, "return type(v) .. v", b"number5"),
    (b"$-1\r\n", 2, "return tostring(v)", b"false"),
    (b"*-1\r\n", 2, "return tostring(v)", b"false"),
    (b"+OK\r\n", 2, "return v.ok", b"OK"),
    (b"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", 2, "return v[1] .. v[2][1]", b"1x"),
    (b"_\r\n", 3, "return tostring(v)", b"nil"),
    (b"#t\r\n", 3, "return tostring(v)", b"true"),
    (b",1.5\r\n", 3, "return tostring(v.double)", b"1.5"),
    (b",inf\r\n", 3, "return tostring(v.double)", b"inf"),
    (b"(12345678901234567890\r\n", 3, "return v.big_number", b"12345678901234567890"),
    (b"=7\r\ntxt:abc\r\n", 3, "return v.verbatim_string.format .. v.verbatim_string.string",
     b"txtabc"),
    (b"%1\r\n$1\r\na\r\n:2\r\n", 3, "return v.map.a", 2),
    (b"~2\r\n$1\r\na\r\n$1\r\nb\r\n", 3, "return tostring(v.set.b)", b"true"),
    (b"|1\r\n$1\r\na\r\n:2\r\n:7\r\n", 3, "return v", 7),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "version", "script", "value"), REPLIES)
def test_replies_as_values(
    lua: Interpreter, reply: bytes, version: int, script: str, value: object
) -> None:
    lua.commands.answer = reply
    assert lua.run(f"redis.setresp({version}) local v = redis.call('x') {script}") == value


def test_an_error_reply_is_a_table_with_its_text(lua: Interpreter) -> None:
    lua.commands.answer = b"-WRONGTYPE not that\r\n"
    assert lua.run("return redis.pcall('x').err") == b"WRONGTYPE not that"
    assert lua.run("return redis.pcall('x')") == Error(b"WRONGTYPE not that")
    assert lua.errors == []


def test_errors_within_a_result_are_told(lua: Interpreter) -> None:
    assert lua.run("return {1, {err = 'ERR inner'}}") == [1, Error(b"ERR inner")]
    assert lua.errors == [b"ERR inner"]


def test_a_value_without_end_is_cut_off(lua: Interpreter) -> None:
    data = lua.raw("local t = {} t[1] = t return t")
    assert data.endswith(b"*1\r\n-ERR reached lua stack limit\r\n")
    assert data.count(b"*1\r\n") > 1000


def test_the_version_of_the_protocol_is_checked(lua: Interpreter) -> None:
    assert "RESP version must be 2 or 3." in str(lua.run("redis.setresp(4)"))
    assert "requires one argument" in str(lua.run("redis.setresp()"))
