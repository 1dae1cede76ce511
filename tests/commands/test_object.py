"""OBJECT: forms of values, idle times."""

from typing import cast

import pytest

from dflite.base.errors import NoFrequencies, NoIdleTimes
from tests.support.node import Error, Node, NodeClient
from tests.support.values import put_list


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        ("123", b"int"),
        ("-9223372036854775808", b"int"),
        ("9223372036854775808", b"embstr"),
        ("007", b"embstr"),
        ("", b"embstr"),
        ("x" * 44, b"embstr"),
        ("x" * 45, b"raw"),
    ],
)
def test_forms_of_strings(client: NodeClient, value: str, encoding: bytes) -> None:
    client.run("SET", "k", value)
    assert client.run("OBJECT ENCODING k") == encoding


def test_other_values_name_their_form(node: Node, client: NodeClient) -> None:
    put_list(node, b"l")
    assert client.run("OBJECT ENCODING l") == b"listpack"
    assert client.run("OBJECT REFCOUNT l") == 1


@pytest.mark.parametrize("what", ["ENCODING", "REFCOUNT", "IDLETIME", "FREQ"])
def test_nothing_is_null(client: NodeClient, what: str) -> None:
    assert client.run(f"OBJECT {what} none") is None


def test_idle_time_is_counted_in_seconds_since_the_last_use(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    node.advance(30_000)
    assert client.run("OBJECT IDLETIME k") == 30
    client.run("TTL k")
    client.run("EXISTS k")
    assert client.run("OBJECT IDLETIME k") == 30
    client.run("GET k")
    assert client.run("OBJECT IDLETIME k") == 0


def test_what_eviction_does_not_track_is_an_error(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    assert client.run("OBJECT FREQ k") == NoFrequencies
    node.host.change_settings([("maxmemory-policy", "allkeys-lfu")], False)
    assert client.run("OBJECT IDLETIME k") == NoIdleTimes


def test_frequencies_grow_with_use_and_shrink_with_time(node: Node, client: NodeClient) -> None:
    node.host.change_settings([("maxmemory-policy", "allkeys-lfu")], False)
    client.run("SET k v")
    assert client.run("OBJECT FREQ k") == 5
    client.run("GET k")
    assert client.run("OBJECT FREQ k") == 6  # the first uses count for certain
    node.advance(60_000)
    assert client.run("OBJECT FREQ k") == 5
    node.advance(600_000)
    assert client.run("OBJECT FREQ k") == 0
    client.run_all(*["GET k"] * 2000)
    assert 6 < cast(int, client.run("OBJECT FREQ k")) < 60
    client.run("SET k other")
    assert 6 < cast(int, client.run("OBJECT FREQ k")) < 61  # it is still the same key


def test_idle_times_are_known_to_cache_mode(node: Node, client: NodeClient) -> None:
    node.lane.evictor.set_policy("cache")
    client.run("SET k v")
    node.advance(50_000)
    client.run("SET other v")
    assert client.run("OBJECT IDLETIME k") == 50
    assert client.run("OBJECT IDLETIME other") == 0


def test_help_and_unknown_words(client: NodeClient) -> None:
    lines = client.run("OBJECT HELP")
    assert isinstance(lines, list)
    assert lines[0] == "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    assert client.run("OBJECT FOO k") == Error(b"ERR unknown subcommand 'FOO'. Try OBJECT HELP.")
