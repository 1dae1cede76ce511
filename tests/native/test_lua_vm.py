"""The interpreter: words in, values out, errors with their place, and what stops a script."""

import pytest

from dflite.native.lua_vm import ScriptError
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


def test_words_are_handed_over_as_they_are(lua: Interpreter) -> None:
    lua.run("redis.call('x', 'a\\0b', 1, 1.5, 2^60, -0.0, 1e100, 0/0 * -1, 1/0)")
    assert lua.commands.asked[0][:5] == [b"x", b"a\0b", b"1", b"1.5", b"1152921504606846976"]
    assert lua.commands.asked[0][5:7] == [b"0", b"1e+100"]


@pytest.mark.parametrize("word", ["true", "nil", "{}", "function() end"])
def test_only_strings_and_numbers_are_words(lua: Interpreter, word: str) -> None:
    assert "arguments must be strings or integers" in str(
        lua.run(f"return redis.call('x', {word})")
    )
    assert lua.commands.asked == []


def test_call_raises_and_pcall_returns(lua: Interpreter) -> None:
    assert lua.run("return redis.call('refused')") == (
        "error: ERR refused script: sha, on @user_script:1."
    )
    assert lua.run("return redis.pcall('refused').err") == b"ERR refused"
    assert lua.errors == []  # counted where it was refused


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
    assert "Script killed by user with SCRIPT KILL..." in str(lua.run(script))
    lua.vm.busy_after_us = 0
    assert lua.run("return 1") == 1


def test_chance_is_the_same_everywhere(lua: Interpreter) -> None:
    script = "math.randomseed(10) return {math.random(1000000), tostring(math.random())}"
    assert lua.run(script) == [878852, b"0.7958066229689"]
    assert "interval is empty" in str(lua.run("return math.random(0)"))


def test_the_log_gets_level_and_text(lua: Interpreter) -> None:
    lua.run("redis.log(redis.LOG_WARNING, 'a', 1)")
    assert lua.commands.logged == [(3, b"a 1")]
    assert "Invalid debug level." in str(lua.run("redis.log(4, 'x')"))


def test_permission_can_be_asked_for(lua: Interpreter) -> None:
    assert lua.run("return {redis.acl_check_cmd('get'), redis.acl_check_cmd('forbidden')}") == [
        1,
        None,
    ]
    assert "Invalid command passed" in str(lua.run("return redis.acl_check_cmd('unknown')"))


def test_digests_and_constants(lua: Interpreter) -> None:
    assert lua.run("return redis.sha1hex('')") == b"da39a3ee5e6b4b0d3255bfef95601890afd80709"
    assert lua.run("return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}") == [b"7.4.0", 459776]


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


def test_a_library_registers_functions_only_while_it_loads() -> None:
    lua = Interpreter(for_functions=True)
    code = b"redis.register_function{function_name='f', callback=function() end, flags={'a'}}"
    assert lua.vm.load(lua.vm.compile(code, 0, b"@user_function")) is None
    assert lua.commands.registered == [(b"f", None, [b"a"])]
    problem = lua.vm.load(lua.vm.compile(b"redis.call('x')", 0, b"@user_function"))
    assert problem is not None
    assert b"attempted to access nonexistent global variable 'call'" in problem


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("", "wrong number of arguments to redis.register_function"),
        ("1, 2, 3", "wrong number of arguments to redis.register_function"),
        ("{}, function() end", "first argument to redis.register_function must be a string"),
        ("'f', 1", "second argument to redis.register_function must be a function"),
        ("1", "calling redis.register_function with a single argument"),
        ("{callback=function() end}", "must get a function name argument"),
        ("{function_name='f'}", "must get a callback argument"),
        ("{function_name={}}", "function_name argument given"),
        ("{x=1}", "unknown argument given"),
        ("{flags=1}", "flags argument to redis.register_function must be a table"),
        ("'bad', function() end", "not this one"),
    ],
)
def test_wrong_registrations_are_refused(arguments: str, problem: str) -> None:
    lua = Interpreter(for_functions=True)
    code = f"redis.register_function({arguments})".encode()
    text = lua.vm.load(lua.vm.compile(code, 0, b"@user_function"))
    assert text is not None
    assert problem in text.decode()
