"""Sorted sets combined with each other and with sets."""

import pytest

from dflite.base.collection_errors import LimitNegative, NeedsInputKey, WeightNotAFloat
from dflite.base.errors import BadSyntax, NotAnInteger, WrongType
from tests.support.node import Node, NodeClient


@pytest.fixture
def zsets(client: NodeClient) -> NodeClient:
    """A client of a node with y, z and a set s."""
    client.run_all("ZADD y 1 a 2 b 3 c", "ZADD z 10 b 20 c 30 d", "SADD s a b x")
    return client


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("ZUNION 2 y z", [b"a", b"b", b"c", b"d"]),
        ("ZUNION 2 y z WITHSCORES", [b"a", b"1", b"b", b"12", b"c", b"23", b"d", b"30"]),
        ("ZUNION 2 y s WITHSCORES", [b"x", b"1", b"a", b"2", b"b", b"3", b"c", b"3"]),
        ("ZUNION 2 y none", [b"a", b"b", b"c"]),
        ("ZINTER 2 y z WITHSCORES", [b"b", b"12", b"c", b"23"]),
        ("ZINTER 2 y z WEIGHTS 2 -1 WITHSCORES", [b"c", b"-14", b"b", b"-6"]),
        ("ZINTER 2 y z AGGREGATE MIN WITHSCORES", [b"b", b"2", b"c", b"3"]),
        ("ZINTER 2 y z aggregate max weights 1 1 withscores", [b"b", b"10", b"c", b"20"]),
        ("ZINTER 3 y z s", [b"b"]),
        ("ZINTER 2 y none", []),
        ("ZDIFF 2 y z", [b"a"]),
        ("ZDIFF 2 y s WITHSCORES", [b"c", b"3"]),
        ("ZDIFF 2 s y", [b"x"]),
        ("ZDIFF 2 y y", []),
        ("ZINTERCARD 2 y z", 2),
        ("ZINTERCARD 2 y z LIMIT 1", 1),
        ("ZINTERCARD 2 y z LIMIT 0", 2),
        ("ZINTERCARD 2 y none", 0),
    ],
)
def test_they_are_combined(zsets: NodeClient, request_: str, answer: object) -> None:
    assert zsets.run(request_) == answer


def test_resp3_pairs_members_with_scores(node: Node, zsets: NodeClient) -> None:
    client = node.client(resp3=True)
    assert client.run("ZINTER 2 y z WITHSCORES") == [[b"b", 12.0], [b"c", 23.0]]
    assert client.run("ZDIFF 2 y z WITHSCORES") == [[b"a", 1.0]]
    assert client.run("ZUNION 1 y") == [b"a", b"b", b"c"]


def test_the_result_is_stored(zsets: NodeClient) -> None:
    assert zsets.run("ZUNIONSTORE d 2 y z WEIGHTS 1 2") == 4
    assert zsets.run("ZRANGE d 0 0 REV WITHSCORES") == [b"d", b"60"]
    assert zsets.run("ZINTERSTORE y 2 y z") == 2
    assert zsets.run("ZRANGE y 0 -1") == [b"b", b"c"]
    assert zsets.run("ZDIFFSTORE d 2 z s") == 2
    assert zsets.run("ZRANGE d 0 -1") == [b"c", b"d"]
    assert zsets.run("ZDIFFSTORE d 2 y y") == 0
    assert zsets.run("EXISTS d") == 0
    assert zsets.run("ZUNIONSTORE s 1 s") == 3
    assert zsets.run("TYPE s") == "zset"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("ZUNION 0 y", NeedsInputKey(b"zunion")),
        ("ZINTERSTORE d -1 y", NeedsInputKey(b"zinterstore")),
        ("ZINTERCARD 0 y", NeedsInputKey(b"zintercard")),
        ("ZUNION x y", NotAnInteger),
        ("ZUNION 2 y", BadSyntax),
        ("ZUNION 1 y WEIGHTS", BadSyntax),
        ("ZUNION 1 y WEIGHTS x", WeightNotAFloat),
        ("ZUNION 2 y z WEIGHTS 1", BadSyntax),
        ("ZUNION 1 y AGGREGATE", BadSyntax),
        ("ZUNION 1 y AGGREGATE AVG", BadSyntax),
        ("ZUNIONSTORE d 1 y WITHSCORES", BadSyntax),
        ("ZDIFF 1 y WEIGHTS 1", BadSyntax),
        ("ZDIFF 1 y AGGREGATE SUM", BadSyntax),
        ("ZINTERCARD 1 y LIMIT -1", LimitNegative),
        ("ZINTERCARD 1 y LIMIT", BadSyntax),
        ("ZINTERCARD 1 y WITHSCORES", BadSyntax),
        ("ZUNION 2 y text", WrongType),
        ("ZUNION 1 text FOO", WrongType),
        ("ZDIFFSTORE d 1 text", WrongType),
        ("ZINTERCARD 1 text", WrongType),
    ],
)
def test_what_is_refused(zsets: NodeClient, request_: str, error: object) -> None:
    zsets.run("SET text x")
    assert zsets.run(request_) == error


def test_stores_are_journaled_as_they_came(node: Node, zsets: NodeClient) -> None:
    node.take_journal()
    requests = ["ZUNIONSTORE d 2 y z", "ZINTERSTORE d 2 y z", "ZDIFFSTORE d 2 y y"]
    zsets.run_all(*requests)
    assert node.take_journal() == requests
    zsets.run("ZDIFFSTORE d 2 y y")
    assert node.take_journal() == []
