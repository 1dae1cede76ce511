"""SORT and SORT_RO."""

import pytest

from dflite.base.collection_errors import ScoresNotFloats
from dflite.base.errors import BadSyntax, NotAnInteger, WrongArity, WrongType
from tests.support.node import Node, NodeClient


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


@pytest.fixture
def filled(client: NodeClient) -> NodeClient:
    client.run("RPUSH l 3 1 2")
    client.run("RPUSH words b a c")
    client.run("SADD s 3 1 2")
    client.run("SADD letters b a")
    client.run("ZADD z 3 a 1 b 2 c")
    client.run("MSET w_1 30 w_2 20 w_3 10 v_2 two")
    client.run("HSET h_1 f 5 g one")
    client.run("HSET h_2 f 6")
    client.run("HSET h_3 f 4")
    client.run("SET text x")
    return client


def expected(text: str) -> list[bytes | None]:
    return [None if word == "-" else word.encode() for word in text.split()]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("l", "1 2 3"),
        ("l DESC", "3 2 1"),
        ("l DESC ASC", "1 2 3"),
        ("words ALPHA", "a b c"),
        ("words alpha desc", "c b a"),
        ("s", "1 2 3"),
        ("z ALPHA", "a b c"),
        ("none", ""),
        ("l LIMIT 1 1", "2"),
        ("l LIMIT -5 2", "1 2"),
        ("l LIMIT 1 -1", "2 3"),
        ("l LIMIT 7 2", ""),
        ("l LIMIT 0 0", ""),
        ("l BY w_*", "3 2 1"),
        ("l BY w_* DESC", "1 2 3"),
        ("l BY h_*->f", "3 1 2"),
        ("l BY none_*", "1 2 3"),
        ("words BY none_* ALPHA", "b a c"),
        ("l BY v_* ALPHA", "3 1 2"),
        ("l BY v_* ALPHA DESC", "2 3 1"),
        ("l BY nosort", "3 1 2"),
        ("l BY nosort DESC", "2 1 3"),
        ("l BY nosort DESC LIMIT 1 1", "1"),
        ("l BY nosort LIMIT 1 5", "1 2"),
        ("l BY nosort LIMIT 5 5", ""),
        ("l BY nosort BY w_*", "3 1 2"),
        ("s BY nosort", "1 2 3"),
        ("s BY nosort LIMIT 0 2", "1 2"),
        ("z BY nosort", "b c a"),
        ("z BY nosort DESC", "a c b"),
        ("z BY nosort LIMIT 1 1", "c"),
        ("z BY nosort DESC LIMIT 0 1", "a"),
        ("z BY nosort LIMIT 9 1", ""),
        ("l GET #", "1 2 3"),
        ("l GET w_*", "30 20 10"),
        ("l GET # GET v_* GET h_*->g", "1 - one 2 two - 3 - -"),
        ("l GET nothing", "- - -"),
        ("l GET h_*->", "- - -"),
        ("l GET h_*", "- - -"),
        ("l GET w_*->f", "- - -"),
    ],
)
def test_elements_come_in_order(filled: NodeClient, words: str, answer: str) -> None:
    assert filled.run(f"SORT {words}") == expected(answer)
    assert filled.run(f"SORT_RO {words}") == expected(answer)
    found = [word or b"" for word in expected(answer)]
    assert filled.run(f"SORT {words} STORE d") == len(found)
    if "s BY nosort" not in words:
        assert filled.run("LRANGE d 0 -1") == found


def test_numbers_are_numbers(client: NodeClient) -> None:
    client.run("RPUSH l 10 9 -1 1e2 2.5 inf -inf +3 .5")
    assert client.run("SORT l") == expected("-inf -1 .5 2.5 +3 9 10 1e2 inf")


def test_elements_of_one_weight_are_ordered_by_themselves(client: NodeClient) -> None:
    client.run("RPUSH l b c a")
    client.run("MSET w_a 1 w_b 1 w_c 0")
    assert client.run("SORT l BY w_*") == expected("c a b")
    assert client.run("SORT l BY w_* DESC") == expected("b a c")


@pytest.mark.parametrize("text", ["x", "", " 1", "1 ", "nan", "1e400", "0x10", "-0x10", "--1"])
def test_what_is_no_number_is_refused(client: NodeClient, text: str) -> None:
    client.run("RPUSH", "l", text, "1")
    assert client.run("SORT l") == ScoresNotFloats
    assert client.run("SORT l LIMIT 0 0") == ScoresNotFloats
    assert client.run("SORT l ALPHA") == sorted([text.encode(), b"1"])


def test_the_target_is_replaced(node: Node, filled: NodeClient) -> None:
    filled.run("PEXPIRE text 1000")
    assert filled.run("SORT l STORE text") == 3
    assert filled.run("LRANGE text 0 -1") == expected("1 2 3")
    assert filled.run("PTTL text") == -1
    assert filled.run("SORT l STORE l") == 3
    assert filled.run("SORT none STORE text") == 0
    assert filled.run("EXISTS text") == 0
    node.take_journal()
    assert filled.run("SORT none STORE text") == 0
    assert node.take_journal() == []


def test_a_set_is_always_stored_in_one_order(filled: NodeClient) -> None:
    filled.run("SADD letters d c e")
    assert filled.run("SORT letters BY nosort STORE d") == 5
    assert filled.run("LRANGE d 0 -1") == expected("a b c d e")
    assert filled.run("SORT letters BY none_* ALPHA STORE d") == 5
    assert filled.run("LRANGE d 0 -1") == expected("a b c d e")


def test_a_stored_list_wakes_who_waits_for_it(node: Node, filled: NodeClient) -> None:
    waiting = node.client()
    waiting.send("BLPOP d 0")
    assert filled.run("SORT l STORE d") == 3
    assert waiting.read() == [b"d", b"1"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("", WrongArity),
        ("text", WrongType),
        ("text FOO", BadSyntax),
        ("l FOO", BadSyntax),
        ("l BY", BadSyntax),
        ("l GET", BadSyntax),
        ("l STORE", BadSyntax),
        ("l LIMIT 1", BadSyntax),
        ("l LIMIT x 1", NotAnInteger),
        ("l LIMIT 1 x", NotAnInteger),
        ("words", ScoresNotFloats),
        ("l BY v_*", ScoresNotFloats),
    ],
)
def test_errors(filled: NodeClient, words: str, error: type[Exception]) -> None:
    assert filled.run(f"SORT {words}") == error
    assert filled.run(f"SORT_RO {words}") == error


def test_sort_ro_stores_nothing(filled: NodeClient) -> None:
    assert filled.run("SORT_RO l STORE d") == BadSyntax
    assert filled.run("EXISTS d") == 0


def test_the_keys_of_sort_are_the_source_and_the_last_target(client: NodeClient) -> None:
    assert client.run("COMMAND GETKEYS SORT l BY w_* STORE x GET STORE store y") == [b"l", b"y"]
    assert client.run("COMMAND GETKEYS SORT l BY STORE") == [b"l"]
    assert client.run("COMMAND GETKEYS SORT l STORE STORE y") == [b"l", b"y"]
    assert client.run("COMMAND GETKEYS SORT_RO l GET x") == [b"l"]
