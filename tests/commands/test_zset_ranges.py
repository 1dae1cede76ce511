"""Ranges of sorted sets by rank, score and member: answered, counted, removed, stored."""

from collections.abc import Iterator

import pytest

from dflite.base.collection_errors import (
    BoundNotAFloat,
    BoundNotAMember,
    LimitNeedsRange,
    NoScoresByLex,
)
from dflite.base.errors import BadSyntax, NotAnInteger, WrongType
from dflite.native.values.thresholds import set_threshold
from tests.support.node import Node, NodeClient


@pytest.fixture(params=[128, 0], ids=["packed", "large"])
def zset(request: pytest.FixtureRequest, client: NodeClient) -> Iterator[NodeClient]:
    """A client of a node with z, and with names whose members have one score."""
    set_threshold("zset_max_listpack_entries", request.param)
    client.run_all("ZADD z 1 a 2 b 3 c 4 d 5 e", "ZADD names 0 a 0 b 0 c 0 d")
    yield client
    set_threshold("zset_max_listpack_entries", 128)


def names(text: str) -> list[bytes]:
    return [bytes([code]) for code in text.encode()]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ("ZRANGE z 0 -1", "abcde"),
        ("ZRANGE z 1 2", "bc"),
        ("ZRANGE z -2 100", "de"),
        ("ZRANGE z 3 1", ""),
        ("ZRANGE z -100 0", "a"),
        ("ZRANGE z 0 1 REV", "ed"),
        ("ZREVRANGE z 0 -1", "edcba"),
        ("ZREVRANGE z -2 -1", "ba"),
        ("ZRANGE z 0 -1 LIMIT 0 -1", "abcde"),
        ("ZRANGE none 0 -1", ""),
        ("ZRANGEBYSCORE z 2 4", "bcd"),
        ("ZRANGEBYSCORE z (2 (4", "c"),
        ("ZRANGEBYSCORE z -inf +inf LIMIT 1 2", "bc"),
        ("ZRANGEBYSCORE z -inf +inf LIMIT 3 -1", "de"),
        ("ZRANGEBYSCORE z -inf +inf LIMIT 5 1", ""),
        ("ZRANGEBYSCORE z -inf +inf LIMIT -1 1", ""),
        ("ZRANGEBYSCORE z 4 2", ""),
        ("ZREVRANGEBYSCORE z 4 2", "dcb"),
        ("ZREVRANGEBYSCORE z +inf (2 LIMIT 1 1", "d"),
        ("ZRANGE z 2 4 BYSCORE", "bcd"),
        ("ZRANGE z 4 2 byscore rev", "dcb"),
        ("ZRANGE z 4 2 REV BYSCORE LIMIT 0 2", "dc"),
        ("ZRANGEBYLEX names - +", "abcd"),
        ("ZRANGEBYLEX names [b (d", "bc"),
        ("ZRANGEBYLEX names (b +", "cd"),
        ("ZRANGEBYLEX names + -", ""),
        ("ZRANGEBYLEX names - + LIMIT 1 2", "bc"),
        ("ZREVRANGEBYLEX names + [b", "dcb"),
        ("ZREVRANGEBYLEX names (c - LIMIT 1 5", "a"),
        ("ZRANGE names [b [c BYLEX", "bc"),
        ("ZRANGE names [c [b BYLEX REV", "cb"),
    ],
)
def test_ranges(zset: NodeClient, request_: str, found: str) -> None:
    assert zset.run(request_) == names(found)


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        ("ZCOUNT z -inf +inf", 5),
        ("ZCOUNT z (1 3", 2),
        ("ZCOUNT z 3 1", 0),
        ("ZCOUNT none 0 1", 0),
        ("ZLEXCOUNT names - +", 4),
        ("ZLEXCOUNT names (a [c", 2),
        ("ZLEXCOUNT names + -", 0),
        ("ZLEXCOUNT none - +", 0),
    ],
)
def test_counts(zset: NodeClient, request_: str, count: int) -> None:
    assert zset.run(request_) == count


def test_scores_are_flat_in_resp2_and_paired_in_resp3(node: Node, zset: NodeClient) -> None:
    assert zset.run("ZRANGE z 0 1 WITHSCORES") == [b"a", b"1", b"b", b"2"]
    assert zset.run("ZREVRANGEBYSCORE z 5 4 WITHSCORES LIMIT 0 1") == [b"e", b"5"]
    client = node.client(resp3=True)
    assert client.run("ZRANGE z 0 1 WITHSCORES") == [[b"a", 1.0], [b"b", 2.0]]
    assert client.run("ZRANGE z 5 4 BYSCORE REV WITHSCORES") == [[b"e", 5.0], [b"d", 4.0]]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("ZRANGE z a 1", NotAnInteger),
        ("ZRANGE z 0 -1 LIMIT 0 1", LimitNeedsRange),
        ("ZRANGE z 0 -1 LIMIT 0", BadSyntax),
        ("ZRANGE z 0 -1 LIMIT a b BYSCORE", NotAnInteger),
        ("ZRANGE z 0 -1 BYSCORE BYLEX", BadSyntax),
        ("ZRANGE z 0 -1 REV REV", BadSyntax),
        ("ZRANGE z - + BYLEX WITHSCORES", NoScoresByLex),
        ("ZRANGEBYLEX z - + WITHSCORES", NoScoresByLex),
        ("ZREVRANGE z 0 -1 REV", BadSyntax),
        ("ZREVRANGE z 0 -1 BYSCORE", BadSyntax),
        ("ZRANGEBYSCORE z 0 x", BoundNotAFloat),
        ("ZRANGEBYSCORE z 0 nan", BoundNotAFloat),
        ("ZRANGEBYSCORE z 0 1 REV", BadSyntax),
        ("ZRANGEBYLEX z a [b", BoundNotAMember),
        ("ZCOUNT z [1 2", BoundNotAFloat),
        ("ZLEXCOUNT z - b", BoundNotAMember),
        ("ZREMRANGEBYRANK z 0 x", NotAnInteger),
        ("ZREMRANGEBYSCORE z x 0", BoundNotAFloat),
        ("ZREMRANGEBYLEX z x +", BoundNotAMember),
        ("ZRANGESTORE d z 0 -1 WITHSCORES", BadSyntax),
        ("ZRANGE s 0 -1", WrongType),
        ("ZCOUNT s 0 1", WrongType),
        ("ZREMRANGEBYRANK s 0 -1", WrongType),
        ("ZRANGESTORE d s 0 -1", WrongType),
    ],
)
def test_what_is_refused(client: NodeClient, request_: str, error: object) -> None:
    client.run_all("ZADD z 1 a", "SET s x")
    assert client.run(request_) == error


@pytest.mark.parametrize(
    ("request_", "removed", "left"),
    [
        ("ZREMRANGEBYRANK z 1 -2", 3, "ae"),
        ("ZREMRANGEBYRANK z 3 1", 0, "abcde"),
        ("ZREMRANGEBYRANK z 0 -1", 5, ""),
        ("ZREMRANGEBYSCORE z (1 3", 2, "ade"),
        ("ZREMRANGEBYSCORE z 9 +inf", 0, "abcde"),
        ("ZREMRANGEBYSCORE none 0 1", 0, "abcde"),
    ],
)
def test_ranges_are_removed(zset: NodeClient, request_: str, removed: int, left: str) -> None:
    assert zset.run(request_) == removed
    assert zset.run("ZRANGE z 0 -1") == names(left)
    assert zset.run("EXISTS z") == bool(left)


def test_ranges_by_member_are_removed(zset: NodeClient) -> None:
    assert zset.run("ZREMRANGEBYLEX names [b (d") == 2
    assert zset.run("ZRANGE names 0 -1") == names("ad")


def test_a_range_is_stored(node: Node, zset: NodeClient) -> None:
    assert zset.run("ZRANGESTORE d z 1 2") == 2
    assert zset.run("ZRANGE d 0 -1 WITHSCORES") == [b"b", b"2", b"c", b"3"]
    assert zset.run("ZRANGESTORE d z (4 1 BYSCORE REV LIMIT 1 5") == 2
    assert zset.run("ZRANGE d 0 -1") == names("ab")
    assert zset.run("ZRANGESTORE z z 0 0") == 1
    assert zset.run("ZRANGE z 0 -1") == names("a")
    assert zset.run("ZRANGESTORE d z 5 6") == 0
    assert zset.run("EXISTS d") == 0
    zset.run("SET d text EX 100")
    assert zset.run("ZRANGESTORE d names - [b BYLEX") == 2
    assert zset.run("TTL d") == -1


def test_what_is_removed_and_stored_is_journaled_as_it_came(node: Node, client: NodeClient) -> None:
    client.run("ZADD z 1 a 2 b 3 c 4 d")
    node.take_journal()
    requests = [
        "ZREMRANGEBYRANK z 0 0", "ZREMRANGEBYSCORE z 2 2", "ZREMRANGEBYLEX z - [c",
        "ZRANGESTORE d z 0 -1",
    ]  # fmt: skip
    client.run_all(*requests)
    assert node.take_journal() == requests
    client.run_all("ZREMRANGEBYRANK z 5 6", "ZRANGESTORE none none 0 -1")
    assert node.take_journal() == []
