"""CLIENT TRACKING and its kin, as clients see them."""

from collections.abc import Iterator

import pytest

from dflite.base.conversation_errors import (
    BroadcastIsFixed,
    BroadcastTakesNoChoice,
    CachingNeedsTracking,
    CachingNoNeedsOptout,
    CachingYesNeedsOptin,
    ChoiceIsFixed,
    NoSuchRedirection,
    OneChoice,
    OneRedirection,
    PrefixesOverlap,
    PrefixNeedsBroadcast,
)
from dflite.base.errors import BadSyntax, NotAnInteger
from tests.support.node import Node, NodeClient


def invalidation(*keys: str) -> list[object]:
    return [b"invalidate", [key.encode() for key in keys]]


ALL_KEYS = [b"invalidate", None]


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.executor.tracking.check()
    node.executor.channels.check()


@pytest.fixture
def tracker(node: Node) -> NodeClient:
    client = node.client(resp3=True)
    assert client.run("CLIENT TRACKING ON") == "OK"
    return client


# -- what is told ---------------------------------------------------------------------------------


def test_a_change_of_a_key_that_was_read_is_told_once(
    client: NodeClient, tracker: NodeClient
) -> None:
    assert tracker.run("GET a") is None
    client.run("SET a 1")
    client.run("SET a 2")
    client.run("SET b 1")
    assert tracker.read_all() == [invalidation("a")]


def test_own_changes_are_told_behind_the_reply(tracker: NodeClient) -> None:
    assert tracker.run_all("GET a", "SET a 1", "PING") == [None, "OK", invalidation("a"), "PONG"]


def test_own_changes_are_told_behind_the_whole_of_exec(tracker: NodeClient) -> None:
    replies = tracker.run_all("MULTI", "GET a", "SET a 1", "PING", "EXEC", "PING")
    assert replies[4:] == [[None, "OK", "PONG"], invalidation("a"), "PONG"]


def test_what_is_read_in_a_transaction_is_tracked(client: NodeClient, tracker: NodeClient) -> None:
    tracker.run_all("MULTI", "GET a", "EXEC")
    client.run("SET a 1")
    assert tracker.read_all() == [invalidation("a")]


def test_expiry_is_a_change(node: Node, client: NodeClient, tracker: NodeClient) -> None:
    client.run("SET a 1 PX 10")
    client.run("SET b 1 PX 10")
    tracker.run("MGET a b")
    node.advance(10)
    assert tracker.run_all("GET a") == [None, invalidation("a")]
    node.expire_actively()
    assert tracker.read_all() == [invalidation("b")]


def test_a_flush_changes_every_key(client: NodeClient, tracker: NodeClient) -> None:
    tracker.run("GET a")
    client.run("FLUSHALL")
    assert tracker.read_all() == [ALL_KEYS]
    assert tracker.run_all("FLUSHDB", "PING") == ["OK", ALL_KEYS, "PONG"]


def test_noloop_leaves_own_changes_out(node: Node, client: NodeClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING ON NOLOOP")
    assert tracker.run_all("GET a", "SET a 1", "GET a") == [None, "OK", b"1"]
    client.run("DEL a")
    assert tracker.read_all() == [invalidation("a")]


def test_the_table_is_bounded(node: Node, tracker: NodeClient) -> None:
    node.executor.tracking.limit = 2
    assert tracker.run_all("MGET a b c") == [[None, None, None], invalidation("a")]
    assert len(node.executor.tracking.holders) == 2


# -- choosing keys --------------------------------------------------------------------------------


def test_optin_tracks_what_follows_client_caching(node: Node, client: NodeClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run_all("CLIENT TRACKING ON OPTIN", "GET a", "CLIENT CACHING YES", "GET b", "GET c")
    client.run("MSET a 1 b 1 c 1")
    assert tracker.read_all() == [invalidation("b")]


def test_optin_tracks_a_whole_transaction(node: Node, client: NodeClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run_all(
        "CLIENT TRACKING ON OPTIN", "CLIENT CACHING YES", "MULTI", "GET a", "GET b", "EXEC", "GET c"
    )
    client.run("MSET a 1 b 1 c 1")
    assert tracker.read_all() == [invalidation("a"), invalidation("b")]


def test_optout_tracks_all_but_what_follows_client_caching(node: Node, client: NodeClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run_all("CLIENT TRACKING ON OPTOUT", "GET a", "CLIENT CACHING NO", "GET b", "GET c")
    client.run("MSET a 1 b 1 c 1")
    assert tracker.read_all() == [invalidation("a"), invalidation("c")]


def test_a_broadcast_tells_of_all_keys_with_its_prefixes(node: Node, client: NodeClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING ON BCAST PREFIX b PREFIX a")
    client.run_all("SET b2 1", "SET a1 1", "SET c1 1", "SET b1 1")
    assert tracker.read_all() == [invalidation("a1"), invalidation("b1", "b2")]


def test_a_broadcast_without_a_prefix_tells_of_everything(node: Node, client: NodeClient) -> None:
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING ON BCAST NOLOOP")
    assert tracker.run_all("SET a 1", "PING") == ["OK", "PONG"]
    client.run("SET b 1")
    assert tracker.read_all() == [invalidation("b")]


# -- redirection ----------------------------------------------------------------------------------


def test_a_subscriber_of_resp2_hears_it_on_a_channel(node: Node, client: NodeClient) -> None:
    listener, tracker = node.client(), node.client()
    listener.run("SUBSCRIBE __redis__:invalidate")
    tracker.run("CLIENT", "TRACKING", "ON", "REDIRECT", listener.id)
    tracker.run("GET a")
    client.run("SET a 1")
    client.run("FLUSHALL")
    assert listener.read_all() == [
        [b"message", b"__redis__:invalidate", [b"a"]],
        [b"message", b"__redis__:invalidate", None],
    ]
    assert tracker.run("CLIENT GETREDIR") == listener.id


def test_a_broken_redirection_is_told(node: Node, client: NodeClient) -> None:
    listener, tracker = node.client(), node.client(resp3=True)
    tracker.run("CLIENT", "TRACKING", "ON", "REDIRECT", listener.id)
    tracker.run("GET a")
    listener.disconnect()
    client.run("SET a 1")
    assert tracker.read_all() == [[b"tracking-redir-broken", listener.id]]
    line = tracker.run("CLIENT INFO")
    assert isinstance(line, bytes)
    assert b" flags=tR " in line
    assert b" redir=%d " % listener.id in line


# -- switching ------------------------------------------------------------------------------------


def test_trackinginfo_tells_how_keys_are_tracked(node: Node, client: NodeClient) -> None:
    client.run("HELLO 3")
    off = {b"flags": {b"off"}, b"redirect": -1, b"prefixes": []}
    assert client.run("CLIENT TRACKINGINFO") == off
    client.run("CLIENT TRACKING ON OPTIN NOLOOP")
    client.run("CLIENT CACHING YES")
    flags = {b"on", b"optin", b"caching-yes", b"noloop"}
    assert client.run("CLIENT TRACKINGINFO") == {b"flags": flags, b"redirect": 0, b"prefixes": []}
    client.run("CLIENT TRACKING OFF")
    client.run("CLIENT TRACKING ON OPTOUT")
    client.run("CLIENT CACHING NO")
    info = client.run("CLIENT TRACKINGINFO")
    assert isinstance(info, dict)
    assert info[b"flags"] == {b"on", b"optout", b"caching-no"}
    assert client.run("RESET") == "RESET"
    assert not node.executor.tracking.trackers


def test_prefixes_add_up(client: NodeClient) -> None:
    client.run("HELLO 3")
    client.run("CLIENT TRACKING ON BCAST PREFIX b")
    client.run("CLIENT TRACKING ON BCAST PREFIX a")
    info = client.run("CLIENT TRACKINGINFO")
    assert isinstance(info, dict)
    assert info[b"prefixes"] == [b"a", b"b"]
    known = PrefixesOverlap(b"aa", b"a", True)
    assert client.run("CLIENT TRACKING ON BCAST PREFIX aa") == known


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("CLIENT TRACKING maybe", BadSyntax),
        ("CLIENT TRACKING ON nosuch", BadSyntax),
        ("CLIENT TRACKING ON BCAST PREFIX", BadSyntax),
        ("CLIENT TRACKING ON PREFIX a", PrefixNeedsBroadcast),
        ("CLIENT TRACKING ON BCAST OPTIN", BroadcastTakesNoChoice),
        ("CLIENT TRACKING ON OPTIN OPTOUT", OneChoice),
        ("CLIENT TRACKING ON REDIRECT x", NotAnInteger),
        ("CLIENT TRACKING ON REDIRECT 99999", NoSuchRedirection),
        ("CLIENT TRACKING ON REDIRECT 1 REDIRECT 1", OneRedirection),
        ("CLIENT TRACKING ON BCAST PREFIX a PREFIX ab", PrefixesOverlap(b"a", b"ab", False)),
        ("CLIENT CACHING YES", CachingNeedsTracking),
    ],
)
def test_options_are_checked(client: NodeClient, line: str, error: object) -> None:
    assert client.run(line) == error


def test_what_is_on_cannot_become_something_else(client: NodeClient) -> None:
    client.run("CLIENT TRACKING ON OPTIN")
    assert client.run("CLIENT TRACKING ON BCAST") == BroadcastIsFixed
    assert client.run("CLIENT TRACKING ON OPTOUT") == ChoiceIsFixed
    assert client.run("CLIENT CACHING NO") == CachingNoNeedsOptout
    assert client.run("CLIENT CACHING maybe") == BadSyntax
    client.run("CLIENT TRACKING OFF")
    client.run("CLIENT TRACKING ON OPTOUT")
    assert client.run("CLIENT CACHING YES") == CachingYesNeedsOptin
