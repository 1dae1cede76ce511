"""SINTER, SUNION, SDIFF, their STORE forms, and SINTERCARD."""

import pytest

from dflite.base.collection_errors import LimitNegative, NoNumberOfKeys, TooManyKeys
from dflite.base.errors import BadSyntax, WrongType
from tests.support.node import Node, NodeClient
from tests.support.resp import SET

MANY = 300


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


@pytest.fixture
def filled(client: NodeClient) -> NodeClient:
    client.run("SADD i 1 2 3 4")
    client.run("SADD p a b 3 4")
    client.run("SADD", "h", *[b"%d" % n for n in range(3, MANY)], "a", "x" * 70)
    client.run("SET s x")
    return client


def as_set(reply: object) -> set[bytes]:
    assert isinstance(reply, list)
    assert len(set(reply)) == len(reply)
    return set(reply)


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("SINTER i", "1 2 3 4"),
        ("SINTER i p", "3 4"),
        ("SINTER h p", "a 3 4"),
        ("SINTER i p h", "3 4"),
        ("SINTER i none", ""),
        ("SINTER none", ""),
        ("SINTER i i", "1 2 3 4"),
        ("SUNION i p", "1 2 3 4 a b"),
        ("SUNION i none i", "1 2 3 4"),
        ("SUNION none", ""),
        ("SDIFF i p", "1 2"),
        ("SDIFF i h", "1 2"),
        ("SDIFF p i h", "b"),
        ("SDIFF i none", "1 2 3 4"),
        ("SDIFF none i", ""),
        ("SDIFF i i", ""),
    ],
)
def test_sets_are_combined(filled: NodeClient, request_line: str, expected: str) -> None:
    wanted = set(expected.encode().split())
    assert as_set(filled.run(request_line)) == wanted
    name, *keys = request_line.split()
    assert filled.run(f"{name}STORE", "d", *keys) == len(wanted)
    assert as_set(filled.run("SMEMBERS d")) == wanted
    assert filled.run("EXISTS d") == bool(wanted)


def test_a_set_in_resp3() -> None:
    client = Node().client(resp3=True)
    client.run("SADD i 1")
    for name in ("SINTER", "SUNION", "SDIFF"):
        assert client.run_exactly(name, "i").kind == SET
        assert client.run_exactly(name, "none").kind == SET


def test_a_difference_with_many_others(filled: NodeClient) -> None:
    assert len(as_set(filled.run("SDIFF h i p i p i p"))) == MANY - 3 + 2 - 3
    assert filled.run("SDIFFSTORE d h i p i p i p") == MANY - 3 + 2 - 3
    assert filled.run("SCARD d") == MANY - 4


def test_a_target_may_be_a_source(filled: NodeClient) -> None:
    assert filled.run("SINTERSTORE i i p") == 2
    assert filled.run("SUNIONSTORE p p i") == 4
    assert filled.run("SDIFFSTORE h h p") == MANY - 3 + 2 - 3


def test_the_target_is_replaced(node: Node, filled: NodeClient) -> None:
    filled.run("PEXPIRE s 1000")
    assert filled.run("SINTERSTORE s i p") == 2
    assert filled.run("TYPE s") == "set"
    assert filled.run("PTTL s") == -1
    node.take_journal()
    assert filled.run("SINTERSTORE s i none") == 0
    assert filled.run("EXISTS s") == 0
    assert filled.run("SINTERSTORE s i none") == 0
    assert node.take_journal() == ["SINTERSTORE s i none"]


def test_what_is_stored_is_small_where_it_may_be(filled: NodeClient) -> None:
    filled.run("SINTERSTORE d h i")
    assert filled.run("OBJECT ENCODING d") == b"intset"
    filled.run("SINTERSTORE d h p")
    assert filled.run("OBJECT ENCODING d") == b"listpack"
    filled.run("SUNIONSTORE d h p")
    assert filled.run("OBJECT ENCODING d") == b"hashtable"


def test_common_members_are_counted_up_to_a_limit(filled: NodeClient) -> None:
    assert filled.run("SINTERCARD 2 i p") == 2
    assert filled.run("SINTERCARD 2 i p LIMIT 1") == 1
    assert filled.run("SINTERCARD 2 i p LIMIT 0") == 2
    assert filled.run("SINTERCARD 2 i p LIMIT 5") == 2
    assert filled.run("SINTERCARD 2 i none") == 0
    assert filled.run("SINTERCARD 1 h LIMIT 10 LIMIT 100") == 100


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        ("SINTER i s", WrongType),
        ("SINTER none s", WrongType),
        ("SUNION i s", WrongType),
        ("SDIFF none s", WrongType),
        ("SINTERSTORE d none s", WrongType),
        ("SINTERCARD 0 i", NoNumberOfKeys),
        ("SINTERCARD x i", NoNumberOfKeys),
        ("SINTERCARD -1 i", NoNumberOfKeys),
        ("SINTERCARD 3 i p", TooManyKeys),
        ("SINTERCARD 2 i p LIMIT -1", LimitNegative),
        ("SINTERCARD 2 i p LIMIT x", LimitNegative),
        ("SINTERCARD 2 i p LIMIT", BadSyntax),
        ("SINTERCARD 2 i p FOO 1", BadSyntax),
        ("SINTERCARD 1 i p", BadSyntax),
        ("SINTERCARD 2 i s", WrongType),
    ],
)
def test_errors(filled: NodeClient, request_line: str, error: type[Exception]) -> None:
    assert filled.run(request_line) == error


def test_the_keys_of_sintercard_are_counted(client: NodeClient) -> None:
    keys = client.run("COMMAND GETKEYS SINTERCARD 2 a b LIMIT 3")
    assert keys == [b"a", b"b"]
