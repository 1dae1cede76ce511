"""Lists pushed, popped, read and changed."""

import pytest

from dflite.base.collection_errors import (
    CountOutOfRange,
    IndexOutOfRange,
    NegativeCount,
    NegativeMaxLen,
    RankIsZero,
)
from dflite.base.errors import (
    BadSyntax,
    NoSuchKey,
    NotAnInteger,
    NotPositive,
    WrongArity,
    WrongType,
)
from tests.support.node import Node, NodeClient
from tests.support.resp import ARRAY, NULL, NULL_ARRAY, NULL_BULK


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def content(client: NodeClient, key: str = "l") -> list[bytes]:
    reply = client.run(f"LRANGE {key} 0 -1")
    assert isinstance(reply, list)
    return reply


# -- pushing ---------------------------------------------------------------------------------------


def test_elements_are_pushed_one_after_the_other(client: NodeClient) -> None:
    assert client.run("RPUSH l c d") == 2
    assert client.run("LPUSH l b a") == 4
    assert content(client) == [b"a", b"b", b"c", b"d"]


def test_any_bytes_are_an_element(client: NodeClient) -> None:
    items = [b"", b"1", b"-9223372036854775808", b"00", b"\r\n\x00\xff", b"x" * 20_000]
    client.run("RPUSH", "l", *items)
    assert content(client) == items


def test_pushing_to_what_is_there_only(client: NodeClient) -> None:
    assert client.run("LPUSHX l a") == client.run("RPUSHX l a") == 0
    assert client.run("EXISTS l") == 0
    client.run("RPUSH l b")
    assert client.run("LPUSHX l a") == 2
    assert client.run("RPUSHX l c d") == 4
    assert content(client) == [b"a", b"b", b"c", b"d"]


def test_pushing_keeps_the_deadline(client: NodeClient) -> None:
    client.run("RPUSH l a")
    client.run("EXPIRE l 100")
    client.run("RPUSH", "l", "x" * 10_000)
    assert client.run("TTL l") == 100


@pytest.mark.parametrize("line", [
    "LPUSH s a", "RPUSH s a", "LPUSHX s a", "RPUSHX s a", "LPOP s", "RPOP s", "LPOP s 1", "LLEN s",
    "LINDEX s 0", "LRANGE s 0 -1", "LPOS s a", "LSET s 0 a", "LINSERT s BEFORE a b", "LREM s 0 a",
    "LTRIM s 0 1", "LMOVE s l LEFT LEFT", "LMPOP 1 s LEFT", "BLPOP s 0", "BLMPOP 0 1 s LEFT",
])  # fmt: skip
def test_other_types_are_refused(client: NodeClient, line: str) -> None:
    client.run("SET s string")
    assert client.run(line) == WrongType
    assert client.run("GET s") == b"string"


# -- popping ---------------------------------------------------------------------------------------


def test_a_key_goes_with_its_last_element(client: NodeClient) -> None:
    client.run("RPUSH l a b c")
    assert client.run("LPOP l") == b"a"
    assert client.run("RPOP l") == b"c"
    assert client.run("RPOP l") == b"b"
    assert client.run("EXISTS l") == 0
    assert client.run("RPOP l") is None


def test_several_are_popped_outermost_first(client: NodeClient) -> None:
    client.run("RPUSH l a b c d e f")
    assert client.run("LPOP l 2") == [b"a", b"b"]
    assert client.run("RPOP l 2") == [b"f", b"e"]
    assert client.run("LPOP l 0") == []
    assert client.run("RPOP l 9") == [b"d", b"c"]
    assert client.run("EXISTS l") == 0


def test_nothing_popped_is_null_of_the_right_kind(node: Node) -> None:
    old, new = node.client(), node.client(resp3=True)
    assert old.run_exactly("LPOP l").kind == NULL_BULK
    assert old.run_exactly("LPOP l 1").kind == NULL_ARRAY
    assert new.run_exactly("LPOP l").kind == new.run_exactly("LPOP l 1").kind == NULL
    assert new.run_exactly("LRANGE l 0 -1").kind == ARRAY


def test_counts_are_checked_before_the_key(client: NodeClient) -> None:
    client.run("SET s string")
    assert client.run("LPOP s -1") == NotPositive
    assert client.run("LPOP s abc") == NotPositive
    assert client.run("LPOP s 1 2") == WrongArity(b"lpop")
    assert client.run("RPOP s 1 2") == WrongArity(b"rpop")


# -- reading ---------------------------------------------------------------------------------------


def test_indices_count_from_both_ends(client: NodeClient) -> None:
    client.run("RPUSH l a b c")
    assert [client.run(f"LINDEX l {index}") for index in (0, 2, 3, -1, -3, -4)] == [
        b"a", b"c", None, b"c", b"a", None,
    ]  # fmt: skip
    assert client.run("LINDEX l abc") == NotAnInteger
    assert client.run("LINDEX nothing abc") is None


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0, -1, b"abcde"),
        (1, 2, b"bc"),
        (-2, -1, b"de"),
        (-100, 100, b"abcde"),
        (3, 1, b""),
        (5, 9, b""),
        (-9223372036854775808, 9223372036854775807, b"abcde"),
        (0, -9223372036854775808, b""),
    ],
)
def test_ranges(client: NodeClient, start: int, stop: int, expected: bytes) -> None:
    client.run("RPUSH l a b c d e")
    assert client.run(f"LRANGE l {start} {stop}") == [bytes([letter]) for letter in expected]


def test_ranges_are_checked_before_the_key(client: NodeClient) -> None:
    client.run("SET s string")
    assert client.run("LRANGE s abc 0") == NotAnInteger
    assert client.run("LRANGE s 0 1.5") == NotAnInteger


def test_positions(client: NodeClient) -> None:
    client.run("RPUSH l a b c 1 2 3 c c")
    assert client.run("LPOS l c") == 2
    assert client.run("LPOS l c RANK 2") == 6
    assert client.run("LPOS l c RANK -1") == 7
    assert client.run("LPOS l c COUNT 2") == [2, 6]
    assert client.run("LPOS l c COUNT 0") == [2, 6, 7]
    assert client.run("LPOS l c RANK -1 COUNT 2") == [7, 6]
    assert client.run("LPOS l c COUNT 0 MAXLEN 7") == [2, 6]
    assert client.run("LPOS l c RANK -1 COUNT 0 MAXLEN 2") == [7, 6]
    assert client.run("LPOS l z") is None
    assert client.run("LPOS l z COUNT 1") == []
    assert client.run("LPOS nothing z COUNT 1") == []
    assert client.run("LPOS nothing z") is None


def test_positions_refuse_odd_options(client: NodeClient) -> None:
    assert client.run("LPOS l a RANK 0") == RankIsZero
    assert client.run("LPOS l a RANK abc") == NotAnInteger
    assert client.run("LPOS l a RANK -9223372036854775808") == CountOutOfRange
    assert client.run("LPOS l a COUNT -1") == NegativeCount
    assert client.run("LPOS l a MAXLEN -1") == NegativeMaxLen
    assert client.run("LPOS l a RANK") == BadSyntax
    assert client.run("LPOS l a FIRST 1") == BadSyntax


# -- changing --------------------------------------------------------------------------------------


def test_an_element_is_replaced(client: NodeClient) -> None:
    client.run("RPUSH l a b c")
    assert client.run("LSET l 0 x") == "OK"
    assert client.run("LSET", "l", "-1", "z" * 10_000) == "OK"
    assert content(client) == [b"x", b"b", b"z" * 10_000]
    assert client.run("LSET l 3 x") == IndexOutOfRange
    assert client.run("LSET l abc x") == NotAnInteger
    assert client.run("LSET nothing abc x") == NoSuchKey


def test_an_element_is_inserted_beside_the_first_like_the_pivot(client: NodeClient) -> None:
    client.run("RPUSH l a b a")
    assert client.run("LINSERT l before a x") == 4
    assert client.run("LINSERT l After b y") == 5
    assert content(client) == [b"x", b"a", b"b", b"y", b"a"]
    assert client.run("LINSERT l BEFORE none x") == -1
    assert client.run("LINSERT nothing BEFORE a x") == 0
    assert client.run("LINSERT nothing BESIDE a x") == BadSyntax


def test_like_elements_are_removed(client: NodeClient) -> None:
    for count, rest in ((0, b"bc"), (1, b"bacaa"), (2, b"bcaa"), (-1, b"abaca"), (-3, b"abc")):
        client.run_all("DEL l", "RPUSH l a b a c a a")
        assert client.run(f"LREM l {count} a") == 6 - len(rest)
        assert b"".join(content(client)) == rest
    assert client.run("LREM l 0 none") == 0
    assert client.run("LREM nothing 0 a") == 0
    assert client.run("LREM nothing abc a") == NotAnInteger
    assert client.run("LREM nothing -9223372036854775808 a") == CountOutOfRange


def test_a_list_is_trimmed(client: NodeClient) -> None:
    client.run("RPUSH l a b c d e")
    assert client.run("LTRIM l 1 -2") == "OK"
    assert content(client) == [b"b", b"c", b"d"]
    assert client.run("LTRIM l 5 1") == "OK"
    assert client.run("EXISTS l") == 0
    assert client.run("LTRIM nothing 0 1") == "OK"
    assert client.run("LTRIM nothing abc 1") == NotAnInteger


def test_encodings_follow_the_size(client: NodeClient) -> None:
    client.run("RPUSH", "l", *[b"x" * 100] * 80)
    assert client.run("OBJECT ENCODING l") == b"listpack"
    client.run("RPUSH", "l", b"x" * 100)
    assert client.run("OBJECT ENCODING l") == b"quicklist"
    client.run("LTRIM l 0 38")
    assert client.run("OBJECT ENCODING l") == b"listpack"
    client.run("LSET", "l", "0", b"x" * 10_000)
    assert client.run("OBJECT ENCODING l") == b"quicklist"


def test_the_use_of_memory_is_told(client: NodeClient) -> None:
    client.run("RPUSH", "l", *[b"x" * 100] * 1000)
    usage = client.run("MEMORY USAGE l")
    assert isinstance(usage, int)
    assert 102_000 < usage < 112_000


# -- what is journaled -----------------------------------------------------------------------------


def test_requests_are_journaled_as_they_are(node: Node, client: NodeClient) -> None:
    lines = ["RPUSH l a b c d e f", "LPOP l", "RPOP l 2", "LSET l 0 x", "LINSERT l BEFORE x w",
             "LREM l 0 w", "LTRIM l 0 1", "LPUSHX l a"]  # fmt: skip
    for line in lines:
        client.run(line)
    assert node.journal == lines


def test_what_changed_nothing_is_not_journaled(node: Node, client: NodeClient) -> None:
    client.run("RPUSH l a b")
    node.take_journal()
    for line in ("LPUSHX n a", "LPOP n", "LPOP l 0", "LREM l 0 x", "LTRIM l 0 -1", "LPOP n 2",
                 "LINSERT l BEFORE x y", "LSET l 9 x"):  # fmt: skip
        client.run(line)
    assert node.journal == []
