"""Filters by themselves; what clients see of them is with CLIENT's tests."""

from dflite.engine.args import Args
from dflite.engine.client_filters import flags_of, ip_of, read_client_query
from tests.support.node import Node, NodeClient


def test_a_query_without_filters_means_everybody_but_perhaps_oneself(
    node: Node, client: NodeClient
) -> None:
    other = node.client()
    for skip_me, expected in ((False, [client.state, other.state]), (True, [other.state])):
        query = read_client_query(node.executor, Args([]), skip_me)
        assert query.select(node.executor, client.state) == expected


def test_the_last_of_two_words_counts(node: Node, client: NodeClient) -> None:
    client.run("CLIENT SETNAME me")
    words = [b"NAME", b"you", b"name", b"me", b"SKIPME", b"yes", b"skipme", b"no"]
    query = read_client_query(node.executor, Args(words, 0), True)
    assert query.select(node.executor, client.state) == [client.state]


def test_opposites_exclude_one_by_one(node: Node, client: NodeClient) -> None:
    others = [node.client() for _ in range(3)]
    others[0].run("CLIENT SETNAME zero")
    others[1].run("SELECT 1")
    words = [b"NOT-NAME", b"zero", b"NOT-DB", b"1"]
    query = read_client_query(node.executor, Args(words, 0), True)
    assert query.select(node.executor, client.state) == [others[2].state]


def test_addresses_have_an_ip(client: NodeClient) -> None:
    assert ip_of(client.state) == b"127.0.0.1"
    client.state.addr = "[::1]:6379"
    assert ip_of(client.state) == b"::1"


def test_flags_are_letters(client: NodeClient) -> None:
    assert flags_of(client.state) == b"N"
    client.state.monitor = client.state.no_touch = True
    assert flags_of(client.state) == b"OT"
