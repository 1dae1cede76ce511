"""SADDEX, FIELDEXPIRE and FIELDTTL."""

import pytest

from dflite.base.errors import BadSyntax, NotAnInteger, WrongArity, WrongType
from tests.support.node import START_MS, Node, NodeClient


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def test_members_expire_by_themselves(node: Node, client: NodeClient) -> None:
    client.run("SADD k stays")
    assert client.run("SADDEX k 10 a b a") == 2
    assert client.run("SADDEX k 20 c") == 1
    assert client.run("FIELDTTL k a") == 10
    assert client.run("FIELDTTL k stays") == -1
    assert client.run("FIELDTTL k x") == -3
    assert client.run("FIELDTTL none x") == -2
    node.advance(10_000)
    assert sorted(client.run("SMEMBERS k")) == [b"c", b"stays"]  # type: ignore[call-overload]
    assert client.run("SCARD k") == 2
    node.take_journal()
    node.expire_actively()
    (line,) = node.take_journal()
    assert sorted(line.split()) == ["SREM", "a", "b", "k"]


def test_the_set_goes_with_its_last_member(node: Node, client: NodeClient) -> None:
    client.run("SADDEX k 10 a")
    node.advance(10_000)
    node.expire_actively()
    assert client.run("EXISTS k") == 0


def test_old_members_get_the_deadline_unless_they_keep_theirs(client: NodeClient) -> None:
    client.run("SADD k a b")
    assert client.run("SADDEX k KEEPTTL 10 a c") == 1
    assert client.run("FIELDTTL k a") == -1
    assert client.run("FIELDTTL k c") == 10
    assert client.run("SADDEX k 20 a c") == 0
    assert client.run("FIELDTTL k a") == 20
    assert client.run("FIELDTTL k c") == 20
    assert client.run("SADD k a") == 0
    assert client.run("FIELDTTL k a") == 20


def test_deadlines_are_journaled_as_points_in_time(node: Node, client: NodeClient) -> None:
    client.run("SADDEX k 10 a")
    client.run("SADDEX k KEEPTTL 10 a b")
    client.run("SADDEX k KEEPTTL 10 a b")
    client.run("FIELDEXPIRE k 20 a x")
    client.run("FIELDEXPIRE k 0 b")
    later = START_MS + 10_000
    lines = node.take_journal()
    assert lines == [
        f"SADDEX k PXAT {later} a",
        f"SADDEX k KEEPTTL PXAT {later} a b",
        f"SADDEX k PXAT {later + 10_000} a",
        "SREM k b",
    ]
    other = Node().client()
    other.run_all(*lines)
    assert other.run("FIELDTTL k a") == client.run("FIELDTTL k a") == 20
    assert other.run("SMEMBERS k") == [b"a"]


def test_a_copy_and_a_renamed_set_keep_the_deadlines(node: Node, client: NodeClient) -> None:
    client.run("SADDEX k 10 a b")
    client.run("COPY k copied")
    client.run("RENAME k moved")
    node.advance(10_000)
    node.expire_actively()
    assert client.run("EXISTS copied moved") == 0


def test_fields_and_members_are_given_deadlines(node: Node, client: NodeClient) -> None:
    client.run("HSET h f 1 g 2")
    client.run("SADD s f g")
    for key in ("h", "s"):
        assert client.run("FIELDEXPIRE", key, "10", "f", "x") == [1, -2]
        assert client.run("FIELDTTL", key, "f") == 10
        assert client.run("FIELDTTL", key, "g") == -1
        assert client.run("FIELDEXPIRE", key, "0", "g", "x") == [2, -2]
        assert client.run("FIELDTTL", key, "g") == -3
    assert client.run("FIELDEXPIRE none 10 f g") == [-2, -2]
    node.advance(10_000)
    node.expire_actively()
    assert client.run("EXISTS h s") == 0


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        ("SADDEX k 10", WrongArity),
        ("SADDEX k KEEPTTL 10", BadSyntax),
        ("SADDEX k 0 a", NotAnInteger),
        ("SADDEX k -1 a", NotAnInteger),
        ("SADDEX k x a", NotAnInteger),
        ("SADDEX k 268435456 a", NotAnInteger),
        ("SADDEX k PXAT -1 a", NotAnInteger),
        ("SADDEX s 10 a", WrongType),
        ("FIELDEXPIRE s 10 a", WrongType),
        ("FIELDEXPIRE k x a", NotAnInteger),
        ("FIELDEXPIRE k -1 a", NotAnInteger),
        ("FIELDTTL s a", WrongType),
    ],
)
def test_errors(client: NodeClient, request_line: str, error: type[Exception]) -> None:
    client.run("SET s x")
    assert client.run(request_line) == error
    assert client.run("EXISTS k") == 0
