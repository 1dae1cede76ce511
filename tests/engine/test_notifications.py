"""Keyspace notifications: which events are published, when and as what."""

import pytest

from dflite.engine.notifications import Notifications
from tests.support.node import Node, NodeClient


def configure(node: Node, letters: str) -> None:
    node.executor.notifications.configure(letters)
    node.executor.observers_changed()


def listener_of(node: Node, letters: str, pattern: str = "__key*") -> NodeClient:
    configure(node, letters)
    listener = node.client(resp3=True)
    listener.run("PSUBSCRIBE", pattern)
    return listener


def heard(listener: NodeClient) -> list[str]:
    """`event key` of each message on the channel of an event."""
    lines = []
    for message in listener.read_all():
        assert isinstance(message, list)
        channel, said = message[-2].decode(), message[-1].decode()
        if channel.startswith("__keyevent@"):
            lines.append(f"{channel.partition(':')[2]} {said}")
    return lines


def test_both_forms_of_a_message(node: Node, client: NodeClient) -> None:
    listener = listener_of(node, "KEA")
    client.run("SELECT 3")
    client.run("SET k v")
    assert listener.read_all() == [
        [b"pmessage", b"__key*", b"__keyspace@3__:k", b"set"],
        [b"pmessage", b"__key*", b"__keyevent@3__:set", b"k"],
    ]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("E$", ["set a", "set b"]),
        ("Eg", ["expire b", "rename_from a", "rename_to c", "del c"]),
        ("Ex", ["expired b"]),
        ("Em", ["keymiss none"]),
        ("A", []),
        ("E", []),
        ("", []),
    ],
)
def test_classes(node: Node, client: NodeClient, letters: str, expected: list[str]) -> None:
    listener = listener_of(node, letters)
    client.run("SET a 1")
    client.run("SET b 1 PX 10")
    client.run("RENAME a c")
    client.run("DEL c")
    node.advance(10)
    client.run("EXISTS none")
    node.expire_actively()
    assert heard(listener) == expected


def test_what_happens_beside_a_stream_is_of_its_class(node: Node, client: NodeClient) -> None:
    listener = listener_of(node, "Et")
    client.run("XGROUP CREATE s g $ MKSTREAM")
    client.run("XGROUP CREATECONSUMER s g c")
    client.run("XGROUP SETID s g 0")
    client.run("XGROUP DELCONSUMER s g c")
    client.run("XGROUP DESTROY s g")
    assert heard(listener) == [
        "xgroup-create s", "xgroup-createconsumer s", "xgroup-setid s", "xgroup-delconsumer s",
        "xgroup-destroy s",
    ]  # fmt: skip


def test_the_event_new_comes_before_what_made_the_key(node: Node, client: NodeClient) -> None:
    listener = listener_of(node, "EAn")
    client.run("SET a 1")
    client.run("SET a 2")
    client.run("RENAME a b")
    client.run("MSET b 1 c 1")
    client.run("COPY c b REPLACE")
    client.run("MOVE c 1")
    assert heard(listener) == [
        "new a", "set a", "set a", "new b", "rename_from a", "rename_to b", "set b", "new c",
        "set c", "new b", "copy_to b", "new c", "move_from c", "move_to c",
    ]  # fmt: skip


def test_a_key_that_comes_to_be_without_an_event_is_new(node: Node, client: NodeClient) -> None:
    listener = listener_of(node, "EAn")
    assert client.run("BITFIELD a OVERFLOW FAIL INCRBY u2 0 7") == [None]
    assert client.run("BITFIELD a OVERFLOW FAIL INCRBY u2 100 7") == [None]
    assert heard(listener) == ["new a"]


def test_a_key_that_comes_again_after_its_time_is_new(node: Node, client: NodeClient) -> None:
    listener = listener_of(node, "EAn")
    client.run("SET a 1 PX 10")
    heard(listener)
    node.advance(10)
    client.run("INCR a")
    assert heard(listener) == ["expired a", "new a", "incrby a"]


def test_messages_of_a_transaction_are_in_its_order(node: Node, client: NodeClient) -> None:
    listener = listener_of(node, "EA", "*")
    client.run_all("MULTI", "SET a 1", "PUBLISH said x", "SET b 1", "EXEC")
    assert [message[-2:] for message in listener.read_all()] == [  # type: ignore[index]
        [b"__keyevent@0__:set", b"a"],
        [b"said", b"x"],
        [b"__keyevent@0__:set", b"b"],
    ]


def test_what_was_before_a_subscription_is_not_heard(node: Node) -> None:
    configure(node, "EA")
    client = node.client(resp3=True)
    node.client().run("WATCH a")  # somebody looks at changes
    replies = client.run_all("MULTI", "SET a 1", "PSUBSCRIBE *", "SET b 1", "EXEC")
    assert replies[-1] == [b"pmessage", b"*", b"__keyevent@0__:set", b"b"]
    assert [b"pmessage", b"*", b"__keyevent@0__:set", b"a"] not in replies


def test_own_events_come_behind_the_reply(node: Node) -> None:
    listener = listener_of(node, "EA")
    message = [b"pmessage", b"__key*", b"__keyevent@0__:set", b"a"]
    assert listener.run_all("SET a 1", "PING") == ["OK", message, "PONG"]


def test_the_hot_lane_works_until_somebody_listens() -> None:
    node = Node(lane=True, journal=False)
    configure(node, "KEA")
    assert node.lane.writes
    client = node.client()
    client.run("SUBSCRIBE anything")
    assert not node.lane.writes
    assert node.lane.reads
    configure(node, "KEAm")
    assert not node.lane.reads
    client.run("UNSUBSCRIBE")
    assert node.lane.reads
    assert node.lane.writes


def test_all_letters_are_known() -> None:
    notifications = Notifications(Node().executor.channels)
    notifications.configure("KEAmn")
    everything = notifications.classes
    notifications.configure("KEg$lshzxetmnd")
    assert notifications.classes == everything
