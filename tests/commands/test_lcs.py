"""LCS in all its forms."""

import pytest

from dflite.base.errors import (
    BadSyntax,
    LengthAndIndexes,
    NotAllStrings,
    NotAnInteger,
    TooMuchForLcs,
)
from tests.support.node import Node, NodeClient
from tests.support.resp import ARRAY, MAP
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def client(request: pytest.FixtureRequest) -> NodeClient:
    """Of a node with two strings and a list."""
    node = Node(shards=request.param)
    put_list(node, b"l")
    client = node.client()
    client.run("MSET a ohmytext b mynewtext")
    return client


def test_the_string_and_its_length(client: NodeClient) -> None:
    assert client.run("LCS a b") == b"mytext"
    assert client.run("LCS a b LEN") == 6
    assert client.run("LCS a none") == b""
    assert client.run("LCS none none LEN") == 0


def test_matches_from_the_end_on(client: NodeClient) -> None:
    assert client.run("LCS a b IDX") == [
        b"matches", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], b"len", 6,
    ]  # fmt: skip
    assert client.run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN") == [
        b"matches", [[[4, 7], [5, 8], 4]], b"len", 6,
    ]  # fmt: skip
    assert client.run("LCS a b IDX MINMATCHLEN 5") == [b"matches", [], b"len", 6]


def test_matches_are_a_map_in_resp3(client: NodeClient) -> None:
    assert client.run_exactly("LCS a b IDX").kind == ARRAY
    client.run("HELLO 3")
    assert client.run_exactly("LCS a b IDX").kind == MAP


def test_what_lcs_refuses(client: NodeClient) -> None:
    assert client.run("LCS a l") == NotAllStrings
    assert client.run("LCS l a FOO") == NotAllStrings
    assert client.run("LCS a b FOO") == BadSyntax
    assert client.run("LCS a b MINMATCHLEN") == BadSyntax
    assert client.run("LCS a b MINMATCHLEN x") == NotAnInteger
    assert client.run("LCS a b LEN IDX") == LengthAndIndexes


def test_strings_too_long_for_the_limit_are_refused(client: NodeClient) -> None:
    client.node.host.change_settings([("proto-max-bulk-len", "1mb")], False)
    client.run("SETRANGE c 511 x")
    client.run("SETRANGE d 511 x")
    assert client.run("LCS c d LEN") == TooMuchForLcs
    client.run("SETRANGE d 0 x")
    client.run("SET e short")
    assert client.run("LCS c e LEN") == 0
