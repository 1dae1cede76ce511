"""redis.register_function, while a library is loaded."""

import pytest

from tests.support.lua import Interpreter


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
