"""SUBSCRIBE, PUBLISH, PUBSUB and their kin, as clients see them."""

from collections.abc import Iterator

import pytest

from dflite.base.conversation_errors import NotForSubscribers, SubscriberRefused
from dflite.base.errors import WrongArity
from dflite.base.server_errors import SubcommandOrArity
from tests.support.node import Node, NodeClient


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.executor.channels.check()


@pytest.fixture
def subscriber(node: Node) -> NodeClient:
    return node.client(resp3=True)


# -- subscribing ----------------------------------------------------------------------------------


def test_each_subscription_is_confirmed_with_the_number_of_them(client: NodeClient) -> None:
    client.send("SUBSCRIBE a a b")
    assert client.read_all() == [
        [b"subscribe", b"a", 1],
        [b"subscribe", b"a", 1],
        [b"subscribe", b"b", 2],
    ]
    assert client.run("PSUBSCRIBE x*") == [b"psubscribe", b"x*", 3]
    assert client.run("SSUBSCRIBE a") == [b"ssubscribe", b"a", 1]


def test_unsubscribing_from_everything_names_each_and_then_nothing(client: NodeClient) -> None:
    client.send("SUBSCRIBE a b")
    client.read_all()
    client.send("UNSUBSCRIBE")
    assert client.read_all() == [[b"unsubscribe", b"a", 1], [b"unsubscribe", b"b", 0]]
    assert client.run("UNSUBSCRIBE") == [b"unsubscribe", None, 0]
    assert client.run("PUNSUBSCRIBE") == [b"punsubscribe", None, 0]
    assert client.run("SUNSUBSCRIBE x") == [b"sunsubscribe", b"x", 0]


def test_a_subscriber_of_resp2_may_do_little_else(client: NodeClient) -> None:
    client.run("SUBSCRIBE a")
    assert client.run("GET x") == NotForSubscribers(b"get")
    assert client.run("CLIENT LIST") == NotForSubscribers(b"client|list")
    assert client.run("GET") == WrongArity(b"get")
    assert client.run("PING") == [b"pong", b""]
    assert client.run("PING hi") == [b"pong", b"hi"]
    assert client.run("UNSUBSCRIBE a") == [b"unsubscribe", b"a", 0]
    assert client.run("PING") == "PONG"


def test_a_subscriber_of_resp3_may_do_everything(subscriber: NodeClient) -> None:
    subscriber.run("SUBSCRIBE a")
    assert subscriber.run("SET x 1") == "OK"
    assert subscriber.run("PING") == "PONG"
    subscriber.run("HELLO 2")
    assert subscriber.run("GET x") == NotForSubscribers(b"get")


def test_reset_ends_all_subscriptions_silently(node: Node, client: NodeClient) -> None:
    client.run("SUBSCRIBE a")
    client.run("SSUBSCRIBE a")
    assert client.run("RESET") == "RESET"
    assert client.run("PUBLISH a x") == 0
    assert node.executor.channels.clients == 0


def test_who_is_gone_is_nobodys_audience(node: Node, client: NodeClient) -> None:
    other = node.client()
    other.run("SUBSCRIBE a")
    other.run("PSUBSCRIBE *")
    other.disconnect()
    assert client.run("PUBLISH a x") == 0
    assert client.run("PUBSUB CHANNELS") == []


def test_client_reply_off_does_not_silence_messages(node: Node, client: NodeClient) -> None:
    replies = client.run_all("CLIENT REPLY OFF", "SUBSCRIBE a", "PING", "GET x")
    assert replies == [[b"subscribe", b"a", 1]]
    node.client().run("PUBLISH a hello")
    assert client.read_all() == [[b"message", b"a", b"hello"]]


def test_client_reply_skip_does_not_silence_messages(client: NodeClient) -> None:
    assert client.run_all("CLIENT REPLY SKIP", "SUBSCRIBE a", "PING") == [
        [b"subscribe", b"a", 1],
        [b"pong", b""],
    ]


# -- publishing -----------------------------------------------------------------------------------


def test_a_message_reaches_channels_and_patterns(
    node: Node, client: NodeClient, subscriber: NodeClient
) -> None:
    old = node.client()
    old.run("SUBSCRIBE news")
    subscriber.run("SUBSCRIBE news")
    subscriber.run("PSUBSCRIBE n?ws")
    assert client.run("PUBLISH", "news", b"\r\n\x00") == 3
    assert client.run("PUBLISH other x") == 0
    assert old.take() == b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$3\r\n\r\n\x00\r\n"
    assert subscriber.read_all() == [
        [b"message", b"news", b"\r\n\x00"],
        [b"pmessage", b"n?ws", b"news", b"\r\n\x00"],
    ]


def test_shards_have_channels_of_their_own(client: NodeClient, subscriber: NodeClient) -> None:
    subscriber.run("SSUBSCRIBE a")
    subscriber.run("PSUBSCRIBE *")
    assert client.run("SPUBLISH a x") == 1
    assert client.run("SPUBLISH b x") == 0
    assert subscriber.read_all() == [[b"smessage", b"a", b"x"]]


def test_own_messages_come_behind_the_reply(subscriber: NodeClient) -> None:
    subscriber.run("SUBSCRIBE a")
    assert subscriber.run_all("PUBLISH a 1", "PING") == [1, [b"message", b"a", b"1"], "PONG"]


def test_own_messages_come_behind_the_whole_of_exec(subscriber: NodeClient) -> None:
    subscriber.run("SUBSCRIBE a")
    replies = subscriber.run_all("MULTI", "PUBLISH a 1", "PING", "PUBLISH a 2", "EXEC", "PING")
    assert replies[4:] == [
        [1, "PONG", 1],
        [b"message", b"a", b"1"],
        [b"message", b"a", b"2"],
        "PONG",
    ]


def test_subscriptions_within_a_transaction(client: NodeClient) -> None:
    replies = client.run_all("MULTI", "SUBSCRIBE a", "PUBLISH a x", "SSUBSCRIBE s", "EXEC")
    assert replies[-2:] == [
        [[b"subscribe", b"a", 1], 1, SubscriberRefused],
        [b"message", b"a", b"x"],
    ]


def test_messages_are_for_replicas_too(node: Node, client: NodeClient) -> None:
    client.run("PUBLISH a x")
    client.run("SPUBLISH a y")
    assert node.take_journal() == ["PUBLISH a x", "SPUBLISH a y"]


def test_who_does_not_read_is_cut_off(node: Node, client: NodeClient) -> None:
    node.executor.channels.limits.output_buffer = 1000
    lazy = node.client()
    lazy.run("SUBSCRIBE a")
    lazy.conn.reading = False
    assert client.run("PUBLISH", "a", b"x" * 500) == 1
    assert not lazy.closed
    assert client.run("PUBLISH", "a", b"x" * 500) == 1
    assert lazy.closed
    assert client.run("PUBLISH", "a", b"x") == 0
    assert node.executor.closed_for_output == 1


# -- asking ---------------------------------------------------------------------------------------


def test_pubsub_tells_channels_patterns_and_listeners(
    node: Node, client: NodeClient, subscriber: NodeClient
) -> None:
    subscriber.run("SUBSCRIBE a")
    subscriber.run("SUBSCRIBE ab")
    subscriber.run("SSUBSCRIBE s")
    node.client().run("PSUBSCRIBE x*")
    subscriber.run("PSUBSCRIBE x*")
    assert client.run("PUBSUB CHANNELS") == [b"a", b"ab"]
    assert client.run("PUBSUB CHANNELS a?") == [b"ab"]
    assert client.run("PUBSUB SHARDCHANNELS") == [b"s"]
    assert client.run("PUBSUB NUMSUB a nobody") == [b"a", 1, b"nobody", 0]
    assert client.run("PUBSUB SHARDNUMSUB s") == [b"s", 1]
    assert client.run("PUBSUB NUMPAT") == 1
    assert client.run("PUBSUB CHANNELS a b") == SubcommandOrArity([b"PUBSUB", b"CHANNELS"])
    assert client.run("PUBSUB HELP")[0].startswith("PUBSUB <subcommand>")  # type: ignore[index]


def test_client_list_shows_subscribers(client: NodeClient, subscriber: NodeClient) -> None:
    subscriber.run("SUBSCRIBE a")
    subscriber.run("PSUBSCRIBE b")
    subscriber.run("SSUBSCRIBE c")
    line = client.run("CLIENT LIST TYPE pubsub")
    assert isinstance(line, bytes)
    assert b" flags=P " in line
    assert b" sub=1 psub=1 ssub=1 " in line
    assert client.run("CLIENT KILL TYPE pubsub") == 1
    assert subscriber.closed
