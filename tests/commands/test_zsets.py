"""Members of sorted sets: adding, removing, asking, drawing, walking."""

import pytest

from dflite.base.collection_errors import (
    CountOutOfRange,
    CountTooLarge,
    ExistsAndNot,
    OneIncrement,
    ScoreConditionsClash,
    ScoreNotANumber,
)
from dflite.base.errors import (
    BadSyntax,
    InvalidCursor,
    NotAFloat,
    NotAnInteger,
    WrongArity,
    WrongType,
)
from tests.support.node import Node, NodeClient
from tests.support.resp import NULL, NULL_ARRAY, NULL_BULK


@pytest.fixture
def zset(client: NodeClient) -> NodeClient:
    """A client of a node with a sorted set."""
    client.run("ZADD z 1 a 2 b 3 c")
    return client


def whole(client: NodeClient, key: str = "z") -> dict[bytes, float]:
    reply = client.run(f"ZRANGE {key} 0 -1 WITHSCORES")
    assert isinstance(reply, list)
    return {reply[i]: float(reply[i + 1]) for i in range(0, len(reply), 2)}


# -- adding ----------------------------------------------------------------------------------------


def test_zadd_answers_how_many_are_new(client: NodeClient) -> None:
    assert client.run("ZADD z 1 a 2 b") == 2
    assert client.run("ZADD z 5 a 3 c") == 1
    assert client.run("ZADD z CH 6 a 3 c 4 d") == 2
    assert whole(client) == {b"b": 2, b"c": 3, b"d": 4, b"a": 6}


@pytest.mark.parametrize(
    ("options", "answer", "score"),
    [
        ("NX", 0, 1),
        ("XX CH", 1, 2),
        ("GT CH", 1, 2),
        ("LT CH", 0, 1),
        ("xx gt ch", 1, 2),
        ("XX LT CH", 0, 1),
    ],
)
def test_conditions_of_zadd(zset: NodeClient, options: str, answer: int, score: float) -> None:
    assert zset.run(f"ZADD z {options} 2 a") == answer
    assert whole(zset)[b"a"] == score


def test_a_member_that_is_new_has_no_score_to_compare(zset: NodeClient) -> None:
    assert zset.run("ZADD z GT 1 x") == 1
    assert zset.run("ZADD z LT 1 y") == 1
    assert zset.run("ZADD z XX 1 w") == 0
    assert zset.run("ZADD none XX 1 w") == 0
    assert zset.run("EXISTS none") == 0


def test_zadd_incr_answers_the_score_or_null(zset: NodeClient) -> None:
    assert zset.run("ZADD z INCR 1.5 a") == b"2.5"
    assert zset.run("ZADD z NX INCR 1 a") is None
    assert zset.run("ZADD z GT INCR -1 a") is None
    assert zset.run("ZADD z XX INCR 1 none") is None
    assert zset.run("ZADD z INCR 3 new") == b"3"


def test_zincrby(client: NodeClient) -> None:
    assert client.run("ZINCRBY z 2.5 a") == b"2.5"
    assert client.run("ZINCRBY z -0.5 a") == b"2"
    assert client.run("ZINCRBY z inf a") == b"inf"
    assert client.run("ZINCRBY z -inf a") == ScoreNotANumber
    assert client.run("ZINCRBY z x a") == NotAFloat


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("ZADD z 1", WrongArity(b"zadd")),
        ("ZADD z 1 a 2", BadSyntax),
        ("ZADD z NX XX", BadSyntax),
        ("ZADD z NX XX 1 a", ExistsAndNot),
        ("ZADD z NX GT 1 a", ScoreConditionsClash),
        ("ZADD z GT LT 1 a", ScoreConditionsClash),
        ("ZADD z INCR 1 a 2 b", OneIncrement),
        ("ZADD z 1 a nan b", NotAFloat),
        ("ZADD z 1 a x b", NotAFloat),
        ("ZADD s 1 a", WrongType),
        ("ZINCRBY s 1 a", WrongType),
    ],
)
def test_nothing_is_added_if_anything_is_wrong(
    client: NodeClient, request_: str, error: object
) -> None:
    client.run("SET s x")
    assert client.run(request_) == error
    assert client.run("EXISTS z") == 0


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("3", b"3"),
        ("3.0", b"3"),
        ("0.1", b"0.1"),
        ("1e21", b"1e+21"),
        ("+inf", b"inf"),
        ("-Infinity", b"-inf"),
        ("17179869184.5", b"17179869184.5"),
        ("5e-324", b"5e-324"),
        ("9007199254740993", b"9007199254740992"),
    ],
)
def test_scores_are_written_as_redis_does(client: NodeClient, text: str, answer: bytes) -> None:
    client.run(f"ZADD z {text} a")
    assert client.run("ZSCORE z a") == answer


# -- removing --------------------------------------------------------------------------------------


def test_zrem(zset: NodeClient) -> None:
    assert zset.run("ZREM z a nothing a") == 1
    assert zset.run("ZREM z b c") == 2
    assert zset.run("EXISTS z") == 0
    assert zset.run("ZREM z a") == 0
    zset.run("SET s x")
    assert zset.run("ZREM s a") == WrongType


# -- asking ----------------------------------------------------------------------------------------


def test_questions_about_members(zset: NodeClient) -> None:
    assert zset.run("ZCARD z") == 3
    assert zset.run("ZCARD none") == 0
    assert zset.run("ZSCORE z b") == b"2"
    assert zset.run("ZSCORE z x") is None
    assert zset.run("ZSCORE none x") is None
    assert zset.run("ZMSCORE z c x a") == [b"3", None, b"1"]
    assert zset.run("ZMSCORE none x a") == [None, None]
    assert zset.run("ZRANK z a") == 0
    assert zset.run("ZREVRANK z a") == 2
    assert zset.run("ZRANK z c WITHSCORE") == [2, b"3"]


def test_questions_about_what_is_not_there(zset: NodeClient) -> None:
    assert zset.run_exactly("ZRANK z x").kind == NULL_BULK
    assert zset.run_exactly("ZRANK z x WITHSCORE").kind == NULL_ARRAY
    assert zset.run_exactly("ZREVRANK none x WITHSCORE").kind == NULL_ARRAY
    assert zset.run("ZRANK z a SCORE") == BadSyntax
    assert zset.run("ZREVRANK z a WITHSCORE x") == WrongArity(b"zrevrank")


def test_resp3_has_doubles(node: Node, zset: NodeClient) -> None:
    client = node.client(resp3=True)
    assert client.run("ZSCORE z a") == 1.0
    assert client.run("ZINCRBY z 1 a") == 2.0
    assert client.run("ZADD z INCR 1 a") == 3.0
    assert client.run("ZMSCORE z a x") == [3.0, None]
    assert client.run("ZRANK z b WITHSCORE") == [0, 2.0]
    assert client.run_exactly("ZRANK z x WITHSCORE").kind == NULL


def test_questions_about_other_types(client: NodeClient) -> None:
    client.run("SET s x")
    for request in ("ZCARD s", "ZSCORE s a", "ZMSCORE s a", "ZRANK s a", "ZSCAN s 0"):
        assert client.run(request) == WrongType
    assert client.run("ZRANDMEMBER s") == WrongType
    assert client.run("ZRANDMEMBER s 2") == WrongType


# -- drawing and walking ---------------------------------------------------------------------------


def test_zrandmember(zset: NodeClient) -> None:
    assert zset.run("ZRANDMEMBER z") in (b"a", b"b", b"c")
    drawn = zset.run("ZRANDMEMBER z 2")
    assert isinstance(drawn, list)
    assert len(set(drawn)) == 2
    assert zset.run("ZRANDMEMBER z 5") == [b"a", b"b", b"c"]
    again = zset.run("ZRANDMEMBER z -50")
    assert isinstance(again, list)
    assert len(again) == 50
    assert zset.run("ZRANDMEMBER z 0") == []
    assert zset.run("ZRANDMEMBER none") is None
    assert zset.run("ZRANDMEMBER none 2 WITHSCORES") == []


def test_zrandmember_with_scores(node: Node, zset: NodeClient) -> None:
    assert zset.run("ZRANDMEMBER z 3 WITHSCORES") == [b"a", b"1", b"b", b"2", b"c", b"3"]
    pairs = node.client(resp3=True).run("ZRANDMEMBER z -4 withscores")
    assert isinstance(pairs, list)
    assert all(pair in ([b"a", 1.0], [b"b", 2.0], [b"c", 3.0]) for pair in pairs)


@pytest.mark.parametrize(
    ("rest", "error"),
    [
        ("x", NotAnInteger),
        ("-9223372036854775808", CountOutOfRange),
        ("9223372036854775807 WITHSCORES", CountTooLarge),
        ("2 SCORES", BadSyntax),
        ("2 WITHSCORES x", BadSyntax),
    ],
)
def test_zrandmember_refuses(zset: NodeClient, rest: str, error: object) -> None:
    assert zset.run(f"ZRANDMEMBER z {rest}") == error


def test_zscan_answers_a_small_one_at_once(zset: NodeClient) -> None:
    assert zset.run("ZSCAN z 0 COUNT 1") == [b"0", [b"a", b"1", b"b", b"2", b"c", b"3"]]
    assert zset.run("ZSCAN z 0 MATCH [bc] NOSCORES") == [b"0", [b"b", b"c"]]
    assert zset.run("ZSCAN none 0") == [b"0", []]
    assert zset.run("ZSCAN z x") == InvalidCursor
    assert zset.run("ZSCAN z 0 FOO") == BadSyntax


def test_zscan_walks_a_large_one(client: NodeClient) -> None:
    members = [b"member:%d" % i for i in range(1_000)]
    client.run("ZADD", "z", *[word for member in members for word in (b"0.1", member)])
    seen: list[bytes] = []
    cursor = b"0"
    while True:
        reply = client.run("ZSCAN", "z", cursor, "COUNT", "50")
        assert isinstance(reply, list)
        cursor, page = reply
        assert set(page[1::2]) <= {b"0.10000000000000001"}
        seen += page[::2]
        if cursor == b"0":
            break
    assert sorted(seen) == sorted(members)


# -- forms, effects --------------------------------------------------------------------------------


def test_forms_have_redis_names(client: NodeClient) -> None:
    client.run("ZADD", "z", *[word for i in range(128) for word in ("1", f"m{i}")])
    assert client.run("OBJECT ENCODING z") == b"listpack"
    client.run("ZADD z 1 one-more")
    assert client.run("OBJECT ENCODING z") == b"skiplist"
    client.run("COPY z y")
    assert client.run("OBJECT ENCODING y") == b"skiplist"
    assert client.run("ZCARD y") == 129
    assert client.run("MEMORY USAGE z") != client.run("MEMORY USAGE none")


def test_a_key_that_expires_takes_its_members_with_it(node: Node, zset: NodeClient) -> None:
    zset.run("PEXPIRE z 10")
    node.advance(10)
    assert zset.run("ZCARD z") == 0
    assert zset.run("ZADD z 1 x") == 1
    assert whole(zset) == {b"x": 1}


def test_the_journal_has_what_changed(node: Node, client: NodeClient) -> None:
    client.run_all(
        "ZADD z 1 a 2 b", "ZADD z 1 a", "ZADD z NX 5 a", "ZINCRBY z 1 a", "ZINCRBY z 0 a",
        "ZADD z INCR 2 a", "ZADD z XX INCR 2 none", "ZREM z none", "ZREM z a b",
    )  # fmt: skip
    assert node.journal == ["ZADD z 1 a 2 b", "ZINCRBY z 1 a", "ZADD z INCR 2 a", "ZREM z a b"]


def test_changes_are_counted_by_member(node: Node, client: NodeClient) -> None:
    before = node.effects.changed
    client.run_all("ZADD z 1 a 2 b 3 c", "ZADD z 1 a 5 b", "ZREM z a b x")
    assert node.effects.changed - before == 3 + 1 + 2
