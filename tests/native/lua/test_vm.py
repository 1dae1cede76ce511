"""The interpreter: words in, values out, errors with their place, and what stops a script."""

import pytest

from dflite.native.lua.vm import ScriptError
from tests.support.lua import Interpreter


@pytest.fixture
def lua() -> Interpreter:
    return Interpreter()


def test_keys_and_arguments_are_tables(lua: Interpreter) -> None:
    assert lua.run("return {KEYS[1], ARGV[1], #KEYS, #ARGV}", (b"k",), (b"a", b"b")) == [
        b"k",
        b"a",
        1,
        2,
    ]


def test_an_error_tells_its_line(lua: Interpreter) -> None:
    assert lua.run("\n\nerror('x')") == (
        "error: ERR user_script:3: x script: sha, on @user_script:3."
    )
    assert lua.run("local t = nil\nreturn t.x") == (
        "error: ERR user_script:2: attempt to index local 't' (a nil value) script: sha, "
        "on @user_script:2."
    )


def test_errors_that_no_command_caused_are_for_the_caller_to_count(lua: Interpreter) -> None:
    lua.run("error('x')")
    assert len(lua.errors) == 1


def test_what_does_not_compile_is_said_by_lua(lua: Interpreter) -> None:
    with pytest.raises(ScriptError, match="user_script:1: unexpected symbol"):
        lua.run("return return")


def test_memory_is_limited_while_a_script_runs(lua: Interpreter) -> None:
    lua.vm.limit = 20_000_000
    assert "not enough memory" in str(lua.run("local t = 1 while true do t = {t, t} end"))
    assert "not enough memory" in str(lua.run("return string.rep('x', 1e9)"))
    lua.vm.collect()
    assert lua.run("return 1") == 1
    assert lua.vm.used < 1_000_000


def test_recursion_ends_with_an_error(lua: Interpreter) -> None:
    assert "stack overflow" in str(lua.run("local function f() return 1 + f() end return f()"))
    deep = (
        "local f = '1' for _ = 1, 300 do f = '(' .. f .. ')' end return loadstring('return ' .. f)"
    )
    assert lua.run(deep) is None


def test_a_busy_script_can_be_killed_and_pcall_does_not_save_it(lua: Interpreter) -> None:
    lua.vm.busy_after_us = 1
    lua.commands.kill_after = 3
    script = "while true do pcall(function() while true do end end) end"
    assert "ERR Killed" in str(lua.run(script))
    lua.vm.busy_after_us = 0
    assert lua.run("return 1") == 1


def test_a_hundred_thousand_scripts_leave_nothing_behind(lua: Interpreter) -> None:
    reference = lua.vm.compile(b"local t = {ARGV[1], {}} return t", 0, b"@user_script")
    argv = [b"x" * 100]

    def many(count: int) -> int:
        for _ in range(count):
            lua.vm.run(reference, argv, 0, 0, lua.reply, b"sha", lua.errors)
            lua.reply.rollback(0)
        lua.vm.collect()
        return lua.vm.used

    before = many(100)
    assert many(100_000) <= before + 1024
