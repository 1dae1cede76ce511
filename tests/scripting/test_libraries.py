"""Libraries of functions: loaded whole or not at all, dumped and restored."""

import pytest

from tests.support.node import Error, Node, NodeClient

CODE = "#!lua name={name}\nredis.register_function('{function}', function() return '{name}' end)"


def load(client: NodeClient, name: str, function: str, *options: str) -> object:
    return client.run("FUNCTION", "LOAD", *options, CODE.format(name=name, function=function))


def names(client: NodeClient) -> list[bytes]:
    listed = client.run("FUNCTION LIST")
    assert isinstance(listed, list)
    return sorted(item[1] for item in listed)


@pytest.fixture
def client() -> NodeClient:
    return Node().client()


def test_a_library_is_replaced_only_if_asked(client: NodeClient) -> None:
    assert load(client, "one", "f") == b"one"
    assert load(client, "one", "g") == Error(b"ERR Library 'one' already exists")
    assert load(client, "one", "g", "REPLACE") == b"one"
    assert client.run("FCALL f 0") == Error(b"ERR Function not found")
    assert client.run("FCALL g 0") == b"one"
    assert load(client, "two", "g") == Error(b"ERR Function g already exists")
    assert names(client) == [b"one"]


def test_a_dump_is_restored_by_each_policy(client: NodeClient) -> None:
    load(client, "one", "f")
    dump = client.run("FUNCTION DUMP")
    assert isinstance(dump, bytes)
    assert client.run("FUNCTION", "RESTORE", dump) == Error(b"ERR Library one already exists")
    load(client, "one", "g", "REPLACE")
    assert client.run("FUNCTION", "RESTORE", dump, "REPLACE") == "OK"
    assert client.run("FCALL f 0") == b"one"
    load(client, "two", "x")
    assert client.run("FUNCTION", "RESTORE", dump, "FLUSH") == "OK"
    assert names(client) == [b"one"]
    client.run("FUNCTION FLUSH")
    load(client, "three", "f")
    assert client.run("FUNCTION", "RESTORE", dump) == Error(b"ERR Function f already exists")
    assert names(client) == [b"three"]
    assert client.run("FUNCTION", "RESTORE", dump[:-1]) == Error(
        b"ERR DUMP payload version or checksum are wrong"
    )


def test_a_payload_is_as_redis_writes_it(client: NodeClient) -> None:
    client.run(
        "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f',function() return 1 end)"
    )
    expected = (
        b"\xf5@A#!lua name=l\nredis.register_function('f',function() return 1 end)\n\x00"
        b"\xef0E\xe5\xc5\xd6\x8d\x82"
    )
    assert client.run("FUNCTION DUMP") == expected


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("return 1", "Missing library metadata"),
        ("#!lua name=a", "Invalid library metadata"),
        ("#!lua\n", "Library name was not given"),
        ("#!lua name=a name=b\n", "name argument was given multiple times"),
        ("#!lua name=a x=1\n", "Invalid metadata value given: x=1"),
        ("#!lua name=a.b\n", "Library names can only contain"),
        ("#!js name=a\n", "Engine 'js' not found"),
        ("#!lua name=a\nreturn 1", "No functions registered"),
        ("#!lua name=a\nreturn (", "Error compiling function: user_function:2:"),
        ("#!lua name=a\nx = 1", "Error registering functions: ERR user_function:2: Attempt"),
        ("#!lua name=a\nredis.register_function('f', 1)", "second argument"),
        (CODE.format(name="a", function="f") * 1 + "\nredis.register_function('f', print)",
         "nonexistent global variable 'print'"),
        ("#!lua name=a\nwhile true do end", "FUNCTION LOAD timeout"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_stays(
    client: NodeClient, code: str, problem: str
) -> None:
    assert problem in repr(client.run("FUNCTION", "LOAD", code))
    assert names(client) == []


def test_changes_are_journaled() -> None:
    node = Node()
    client = node.client()
    load(client, "one", "f")
    client.run("FUNCTION DELETE one")
    assert client.run("FUNCTION DELETE one") == Error(b"ERR Library not found")
    client.run("FUNCTION FLUSH")
    assert [line.split("\n")[0] for line in node.journal] == [
        "FUNCTION LOAD #!lua name=one",
        "FUNCTION DELETE one",
        "FUNCTION FLUSH",
    ]


def test_a_function_is_found_in_whatever_case(client: NodeClient) -> None:
    load(client, "one", "f")
    assert client.run("FCALL F 0") == b"one"
    assert load(client, "two", "F") == Error(b"ERR Function F already exists")


def test_while_it_loads_a_library_finds_its_api_only(client: NodeClient) -> None:
    code = "#!lua name=a\nreturn math.random()"
    assert "nonexistent global variable 'math'" in repr(client.run("FUNCTION", "LOAD", code))
    inside = "redis.register_function('f', function() return redis.register_function end)"
    assert client.run("FUNCTION", "LOAD", "#!lua name=a\n" + inside) == b"a"
    assert client.run("FCALL f 0") is None
