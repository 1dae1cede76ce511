"""What scripts may not do: the escapes that were tried on Redis, and those by locked tables."""

import pytest

from tests.support.lua import Interpreter

LOCKED = "Attempt to modify a readonly table"
MISSING = "Script attempted to access nonexistent global variable"


@pytest.fixture(scope="module")
def lua() -> Interpreter:
    return Interpreter()


@pytest.mark.parametrize(
    "script",
    [
        "x = 1",
        "string.x = 1",
        "redis.call = 1",
        "string = 1",
        "_G.x = 1",
        "rawset(_G, 'x', 1)",
        "rawset(string, 'format', 1)",
        "setmetatable(_G, {})",
        "setmetatable(string, {})",
        "getmetatable('').__index = 1",
        "getmetatable(_G).__index = 1",
        "table.insert(string, 1)",
        "table.sort(math)",
        "table.remove(redis)",
        "cjson.x = 1",
        "bit.x = 1",
        "for k in pairs(string) do string[k] = nil end",
    ],
)
def test_nothing_shared_can_be_changed(lua: Interpreter, script: str) -> None:
    assert LOCKED in str(lua.run(script))


@pytest.mark.parametrize(
    "name",
    ["print", "io", "debug", "package", "require", "module", "dofile", "loadfile", "newproxy",
     "getfenv", "setfenv", "python", "foo"],
)  # fmt: skip
def test_what_is_dangerous_is_not_there(lua: Interpreter, name: str) -> None:
    assert f"{MISSING} '{name}'" in str(lua.run(f"return {name}"))
    assert lua.run(f"return rawget(_G, '{name}') == nil") == 1


def test_of_the_system_there_is_the_clock_only(lua: Interpreter) -> None:
    assert lua.run("local n = {} for k in pairs(os) do n[#n + 1] = k end return n") == [b"clock"]


def test_locked_tables_can_be_read_in_every_way(lua: Interpreter) -> None:
    assert lua.run("return rawget(string, 'format') == string.format") == 1
    assert lua.run("local n = 0 for _ in pairs(string) do n = n + 1 end return n > 10") == 1
    assert lua.run("return next(math) ~= nil") == 1
    assert lua.run("return getmetatable(string) == nil") == 1
    assert lua.run("return getmetatable('').__index == string") == 1
    assert lua.run("return ('x'):upper()") == b"X"
    assert lua.run("return server == redis") == 1


def test_no_bytecode_is_loaded(lua: Interpreter) -> None:
    dump = "string.dump(function() return 1 end)"
    assert lua.run(f"return loadstring({dump}) == nil") == 1
    assert lua.run(f"local s = {dump} return load(function() return s end) == nil") == 1
    assert lua.run("return loadstring('return 5')()") == 5
    pieces = "local p = {'return ', '6'} return load(function() return table.remove(p, 1) end)()"
    assert lua.run(pieces) == 6
    assert "reader function must return a string" in repr(
        lua.run("return select(2, load(function() return {} end))")
    )


def test_own_tables_are_as_in_lua(lua: Interpreter) -> None:
    assert lua.run("local t = setmetatable({}, {__index = {a = 1}}) return t.a") == 1
    assert lua.run("local t = {3, 1, 2} table.sort(t) table.insert(t, 4) return t") == [1, 2, 3, 4]
    assert lua.run("return {unpack({1, 2, 3}, 2)}") == [2, 3]
    assert "too many results" in str(lua.run("return unpack({}, 1, 1e8)"))
    assert lua.run("return {unpack({}, 2, 1)}") == []
    protected = "return setmetatable(setmetatable({}, {__metatable = 1}), {})"
    assert "cannot change a protected metatable" in str(lua.run(protected))
    assert lua.run("return getmetatable(setmetatable({}, {__metatable = 7}))") == 7


def test_a_locked_table_may_be_a_metatable(lua: Interpreter) -> None:
    assert lua.run("local t = setmetatable({}, getmetatable('')) return t.len == string.len") == 1


def test_pcall_gives_the_text_of_errors_with_a_code(lua: Interpreter) -> None:
    assert lua.run("return {pcall(function() error({err = 'X y'}) end)}") == [None, b"X y"]
    assert lua.run("return {pcall(error, 'z')}") == [None, b"z"]
    assert lua.run("return {pcall(function(a) return a, 2 end, 1)}") == [1, 1, 2]


def test_patterns_that_would_exhaust_the_stack_are_refused(lua: Interpreter) -> None:
    script = "return string.find(string.rep('a', 1e6), string.rep('a?', 1e6))"
    assert "pattern too complex" in str(lua.run(script))
    assert lua.run("local n = 0 for w in ('a b c'):gmatch('%a') do n = n + 1 end return n") == 3
    assert lua.run("return {('abc'):find('b'), ('abc'):gsub('b', 'x')}") == [2, b"axc", 1]


def test_the_collector_cannot_be_stopped(lua: Interpreter) -> None:
    assert lua.run("return {collectgarbage('stop'), collectgarbage('setpause', 1000)}") == [0, 0]
    assert lua.run("return collectgarbage('count') > 1") == 1
