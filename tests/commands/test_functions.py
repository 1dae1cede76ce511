"""FUNCTION and FCALL."""

import pytest

from tests.support.node import Error, Node, NodeClient

CODE = """#!lua name=counters
local function bump(keys, args) return redis.call('INCRBY', keys[1], args[1]) end
redis.register_function('bump', bump)
local function look(keys) return redis.call('GET', keys[1]) end
redis.register_function{
  function_name='look', callback=look, flags={'no-writes'}, description='looks'
}
"""


@pytest.fixture
def client() -> NodeClient:
    client = Node().client()
    assert client.run("FUNCTION", "LOAD", CODE) == b"counters"
    return client


def test_functions_are_called_with_keys_and_arguments(client: NodeClient) -> None:
    assert client.run("FCALL bump 1 k 5") == 5
    assert client.run("FCALL_RO look 1 k") == b"5"
    assert client.run("FCALL_RO bump 1 k 5") == Error(
        b"ERR Can not execute a script with write flag using *_ro command."
    )
    assert client.run("FCALL nothing 0") == Error(b"ERR Function not found")
    assert client.run("FCALL bump x") == Error(b"ERR Bad number of keys provided")


def test_an_error_names_the_function(client: NodeClient) -> None:
    assert client.run("FCALL bump 1 k x") == Error(
        b"ERR value is not an integer or out of range script: bump, on @user_function:2."
    )


def test_libraries_are_listed(client: NodeClient) -> None:
    listed = client.run("FUNCTION LIST LIBRARYNAME COUNT* WITHCODE")
    assert isinstance(listed, list)
    assert listed[0][:4] == [b"library_name", b"counters", b"engine", b"LUA"]
    assert listed[0][5] == [
        [b"name", b"bump", b"description", None, b"flags", []],
        [b"name", b"look", b"description", b"looks", b"flags", ["no-writes"]],
    ]
    assert listed[0][6:] == [b"library_code", CODE.encode()]
    assert client.run("FUNCTION LIST LIBRARYNAME x*") == []
    assert client.run("FUNCTION LIST LIBRARYNAME") == Error(
        b"ERR library name argument was not given"
    )
    assert client.run("FUNCTION LIST x") == Error(b"ERR Unknown argument x")


def test_there_are_figures(client: NodeClient) -> None:
    assert client.run("FUNCTION STATS") == [
        b"running_script",
        None,
        b"engines",
        [b"LUA", [b"libraries_count", 1, b"functions_count", 2]],
    ]


def test_arguments_are_checked(client: NodeClient) -> None:
    assert client.run("FUNCTION LOAD x y") == Error(b"ERR Unknown option given: x")
    assert client.run("FUNCTION FLUSH LATER") == Error(
        b"ERR FUNCTION FLUSH only supports SYNC|ASYNC option"
    )
    assert client.run("FUNCTION RESTORE x NEVER") == Error(
        b"ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."
    )
    assert isinstance(client.run("FUNCTION FLUSH ASYNC x"), Error)
    assert isinstance(client.run("FUNCTION KILL"), Error)
    assert "FUNCTION <subcommand>" in str(client.run("FUNCTION HELP"))


def test_libraries_go(client: NodeClient) -> None:
    assert client.run("FUNCTION DELETE counters") == "OK"
    assert client.run("FUNCTION LIST") == []
