"""DUMP and RESTORE."""

import pytest

from dflite.base.errors import (
    BadFrequency,
    BadPayload,
    BadSyntax,
    BadValue,
    KeyInTheWay,
    NegativeIdleTime,
    NegativeTtl,
    NotAnInteger,
    WrongArity,
)
from tests.support.dumps import OLD_FORMS, body_of, seal, version_of
from tests.support.node import START_MS, WAITING, Node, NodeClient

ABC = seal(b"\x00\x03abc")
LIST = OLD_FORMS["list"]


def dump(client: NodeClient, key: str) -> bytes:
    payload = client.run("DUMP", key)
    assert isinstance(payload, bytes)
    return payload


def test_a_dump_is_restored_under_another_name(client: NodeClient) -> None:
    client.run("SET k value")
    assert client.run("RESTORE", "other", "0", dump(client, "k")) == "OK"
    assert client.run("GET other") == b"value"
    assert client.run("TTL other") == -1
    assert client.run("DUMP missing") is None


def test_a_dump_is_a_hit_or_a_miss(node: Node, client: NodeClient) -> None:
    client.run("SET k value")
    client.run("DUMP k")
    client.run("DUMP missing")
    assert (node.db.hits, node.db.misses) == (1, 1)


def test_a_dump_has_no_time_to_live(client: NodeClient) -> None:
    client.run("SET k value EX 100")
    client.run("RESTORE", "other", "0", dump(client, "k"))
    assert client.run("TTL other") == -1


def test_what_is_long_is_packed_unless_a_setting_says_no(client: NodeClient) -> None:
    client.run("SET", "k", "ab" * 1000)
    packed = dump(client, "k")
    assert len(packed) < 100
    client.run("CONFIG SET rdbcompression no")
    plain = dump(client, "k")
    assert body_of(plain) == b"\x00\x47\xd0" + b"ab" * 1000
    for number, payload in enumerate((packed, plain)):
        assert client.run("RESTORE", f"k{number}", "0", payload) == "OK"
        assert client.run("GET", f"k{number}") == b"ab" * 1000


def test_a_dump_says_the_oldest_version_that_knows_its_form(client: NodeClient) -> None:
    client.run("SET s v")
    client.run("SADD set a b")
    client.run("HSET h f v g w")
    assert [version_of(dump(client, key)) for key in ("s", "set", "h")] == [10, 11, 10]
    client.run("HEXPIRE h 100 FIELDS 1 f")
    assert version_of(dump(client, "h")) == 80


@pytest.mark.parametrize("name", OLD_FORMS)
def test_every_form_of_others_is_read(client: NodeClient, name: str) -> None:
    assert client.run("RESTORE", "k", "0", OLD_FORMS[name]) == "OK"
    again = dump(client, "k")
    assert client.run("RESTORE", "k2", "0", again) == "OK"
    assert dump(client, "k2") == again


# -- options ---------------------------------------------------------------------------------------


def test_the_time_to_live_is_in_milliseconds(node: Node, client: NodeClient) -> None:
    assert client.run("RESTORE", "k", "1500", ABC) == "OK"
    assert client.run("PTTL k") == 1500
    assert client.run("RESTORE", "k2", str(START_MS + 700), ABC, "ABSTTL") == "OK"
    assert client.run("PTTL k2") == 700
    node.advance(700)
    assert client.run("EXISTS k k2") == 1


def test_only_replace_replaces(client: NodeClient) -> None:
    client.run("RPUSH k a")
    assert client.run("RESTORE", "k", "0", ABC) == KeyInTheWay
    assert client.run("RESTORE", "k", "0", ABC, "REPLACE") == "OK"
    assert client.run("GET k") == b"abc"


def test_what_is_due_is_not_in_the_way(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 5")
    node.advance(5)
    assert client.run("RESTORE", "k", "0", ABC) == "OK"
    assert client.run("GET k") == b"abc"


def test_a_past_deadline_puts_nothing_there(client: NodeClient) -> None:
    assert client.run("RESTORE", "k", "1000", ABC, "ABSTTL") == "OK"
    assert client.run("EXISTS k") == 0
    client.run("SET k v")
    assert client.run("RESTORE", "k", "1000", ABC, "ABSTTL", "REPLACE") == "OK"
    assert client.run("EXISTS k") == 0
    assert client.run("RESTORE", "k", str(2**63 - 1), ABC) == "OK"
    assert client.run("EXISTS k") == 0


def test_idle_time_is_restored(client: NodeClient) -> None:
    assert client.run("RESTORE", "k", "0", ABC, "IDLETIME", "1000") == "OK"
    assert client.run("OBJECT IDLETIME k") == 1000
    assert client.run("RESTORE", "k2", "0", ABC, "FREQ", "255") == "OK"
    assert client.run("OBJECT IDLETIME k2") == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("FOO", BadSyntax),
        ("IDLETIME", BadSyntax),
        ("IDLETIME x", NotAnInteger),
        ("IDLETIME -1", NegativeIdleTime),
        ("FREQ -1", BadFrequency),
        ("FREQ 256", BadFrequency),
        ("FREQ x", NotAnInteger),
        ("FREQ 1 IDLETIME 1", BadSyntax),
        ("IDLETIME 1 FREQ 1", BadSyntax),
    ],
)
def test_options_are_checked_before_the_key(client: NodeClient, words: str, error: object) -> None:
    client.run("SET k v")
    assert client.run("RESTORE", "k", "-1", b"no payload", *words.split()) == error


def test_key_time_and_payload_are_checked_in_that_order(client: NodeClient) -> None:
    client.run("SET k v")
    assert client.run("RESTORE", "k", "x", b"bad") == KeyInTheWay
    assert client.run("RESTORE", "n", "x", b"bad") == NotAnInteger
    assert client.run("RESTORE", "n", "-1", b"bad") == NegativeTtl
    assert client.run("RESTORE", "n", "0", b"bad") == BadPayload
    assert client.run("RESTORE n 0") == WrongArity(b"restore")
    assert client.run("RESTORE", "k", "0", seal(b"\x07x"), "REPLACE") == BadValue
    assert client.run("GET k") == b"v"


# -- bad payloads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0, 13, 79, 81, 65535])
def test_versions_that_are_not_known_are_refused(client: NodeClient, version: int) -> None:
    assert client.run("RESTORE", "k", "0", seal(b"\x00\x03abc", version)) == BadPayload


def test_a_wrong_checksum_is_refused(client: NodeClient) -> None:
    for at in range(len(ABC)):
        broken = ABC[:at] + bytes([ABC[at] ^ 1]) + ABC[at + 1 :]
        assert client.run("RESTORE", "k", "0", broken) == BadPayload


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\x00\x05abc",
        b"\x00\x03abcd",
        b"\x06\x03abc",
        b"\x07\x03abc",
        b"\x08\x03abc",
        b"\x1a\x03abc",
        b"\xff\x03abc",
    ],
)
def test_what_is_no_value_is_refused(client: NodeClient, body: bytes) -> None:
    assert client.run("RESTORE", "k", "0", seal(body)) == BadValue
    assert client.run("EXISTS k") == 0


# -- effects ---------------------------------------------------------------------------------------


def test_a_relative_time_is_journaled_as_an_absolute_one(node: Node, client: NodeClient) -> None:
    client.run("RESTORE", "k", "100", ABC, "REPLACE", "IDLETIME", "5")
    client.run("RESTORE", "k2", str(START_MS + 9), ABC, "ABSTTL")
    client.run("RESTORE", "k3", "0", ABC)
    text = ABC.decode("latin-1")
    assert node.journal == [
        f"RESTORE k {START_MS + 100} {text} REPLACE IDLETIME 5 ABSTTL",
        f"RESTORE k2 {START_MS + 9} {text} ABSTTL",
        f"RESTORE k3 0 {text}",
    ]


def test_a_past_deadline_is_journaled_as_a_deletion(node: Node, client: NodeClient) -> None:
    client.run("RESTORE", "k", "1", ABC, "ABSTTL", "REPLACE")
    assert node.take_journal() == []
    client.run("SET k v")
    client.run("RESTORE", "k", "1", ABC, "ABSTTL", "REPLACE")
    assert node.journal[1:] == ["DEL k"]


def test_what_is_restored_is_announced(node: Node, client: NodeClient) -> None:
    listener = node.client()
    listener.run("PSUBSCRIBE __keyevent*")
    node.executor.notifications.configure("EAn")
    node.executor.observers_changed()
    client.run("RESTORE", "k", "0", ABC)
    client.run("RESTORE", "k", "0", ABC, "REPLACE")
    client.run("RESTORE", "k", "1", ABC, "ABSTTL", "REPLACE")
    client.run("RESTORE", "k", "1", ABC, "ABSTTL")
    pushes = listener.read_all()
    events = [push[2] for push in pushes if isinstance(push, list)]
    assert events == [
        b"__keyevent@0__:new",
        b"__keyevent@0__:restore",
        b"__keyevent@0__:new",
        b"__keyevent@0__:restore",
        b"__keyevent@0__:del",
    ]


def test_who_waits_for_a_list_gets_the_restored_one(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    assert waiter.run("BLPOP k 0") is WAITING
    client.run("RESTORE", "k", "0", ABC)
    assert waiter.read() is WAITING
    client.run("RESTORE", "k", "0", LIST, "REPLACE")
    assert waiter.read() == [b"k", b"one"]


def test_deadlines_of_fields_come_true(node: Node, client: NodeClient) -> None:
    client.run("HSET h f v g w")
    client.run("HPEXPIRE h 100 FIELDS 1 f")
    payload = dump(client, "h")
    client.run("DEL h")
    assert client.run("RESTORE", "k", "0", payload) == "OK"
    assert client.run("HPTTL k FIELDS 2 f g") == [100, -1]
    node.advance(100)
    node.expire_actively()
    assert client.run("HGETALL k") == [b"g", b"w"]
    assert "HDEL k f" in node.journal
