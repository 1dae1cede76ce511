"""CL.THROTTLE."""

from dflite.base.errors import BadSyntax, NotAnInteger, WrongType
from dflite.base.string_errors import ZeroRate
from tests.support.node import START_MS, Node, NodeClient
from tests.support.values import put_list


def test_a_limit_in_seconds(node: Node, client: NodeClient) -> None:
    assert client.run("CL.THROTTLE k 2 1 10") == [0, 3, 2, -1, 11]
    assert client.run("CL.THROTTLE k 2 1 10 2") == [0, 3, 0, -1, 31]
    assert client.run("CL.THROTTLE k 2 1 10") == [1, 3, 0, 11, 31]
    assert client.run("CL.THROTTLE k 2 1 10 9") == [1, 3, 0, -1, 31]
    node.advance(10_500)
    assert client.run("cl.throttle k 2 1 10") == [0, 3, 0, -1, 30]
    assert node.take_journal() == [
        f"SET k {START_MS + at} PXAT {START_MS + at}" for at in (10_000, 30_000, 40_000)
    ]
    node.advance(30_000)
    assert client.run("EXISTS k") == 0


def test_bad_amounts(node: Node, client: NodeClient) -> None:
    for line in ("-1 1 10", "2 0 10", "2 -1 10", "2 1 -10", "x 1 10", "2 1 10 -1", "2 1 x"):
        assert client.run(f"CL.THROTTLE k {line}") == NotAnInteger
    for line in ("9223372036854775807 1 10", "2 1 9223372036854775807"):
        assert client.run(f"CL.THROTTLE k {line}") == NotAnInteger
    assert client.run("CL.THROTTLE k 2 1001 1") == ZeroRate
    assert client.run("CL.THROTTLE k 2 1 0") == ZeroRate
    assert client.run("CL.THROTTLE k 2 1 10 1 1") == BadSyntax
    put_list(node, b"l")
    assert client.run("CL.THROTTLE l 2 1 10") == WrongType
    assert client.run("EXISTS k") == 0
