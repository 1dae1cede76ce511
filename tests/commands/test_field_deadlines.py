"""Deadlines of hash fields: HEXPIRE and its like, HSETEX, HGETEX, HGETDEL, active expiry."""

import pytest

from dflite.base.collection_errors import WrongNumberOfFields
from dflite.base.errors import (
    BadSyntax,
    ConflictingExpireOptions,
    GreaterAndLess,
    InvalidExpireTime,
    NotAnInteger,
    WrongType,
)
from tests.support.node import START_MS, Node, NodeClient, Push


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def client(node: Node) -> NodeClient:
    client = node.client()
    client.run("HSET h a 1 b 2 c 3")
    node.take_journal()
    return client


def test_fields_get_deadlines_and_tell_them(client: NodeClient) -> None:
    assert client.run("HEXPIRE h 100 FIELDS 2 a none") == [1, -2]
    assert client.run("HTTL h FIELDS 3 a b none") == [100, -1, -2]
    assert client.run("HPTTL h FIELDS 1 a") == [100_000]
    assert client.run("HEXPIRETIME h FIELDS 1 a") == [START_MS // 1000 + 100]
    assert client.run("HPEXPIRETIME h FIELDS 1 a") == [START_MS + 100_000]
    assert client.run(f"HPEXPIREAT h {START_MS + 5} FIELDS 1 b") == [1]
    assert client.run("HPTTL h FIELDS 1 b") == [5]
    assert client.run("HTTL none FIELDS 2 a b") == [-2, -2]
    assert client.run("HEXPIRE none 10 FIELDS 1 a") == [-2]
    assert client.run("HPERSIST h FIELDS 3 a c none") == [1, -1, -2]
    assert client.run("HTTL h FIELDS 1 a") == [-1]


def test_conditions_are_minded(client: NodeClient) -> None:
    assert client.run("HEXPIRE h 100 XX FIELDS 1 a") == [0]
    assert client.run("HEXPIRE h 100 GT FIELDS 1 a") == [0]
    assert client.run("HEXPIRE h 100 NX FIELDS 1 a") == [1]
    assert client.run("HEXPIRE h 50 NX FIELDS 1 a") == [0]
    assert client.run("HEXPIRE h 50 GT FIELDS 1 a") == [0]
    assert client.run("HEXPIRE h 50 LT FIELDS 1 a") == [1]
    assert client.run("HEXPIRE h 60 XX GT FIELDS 1 a") == [1]
    assert client.run("HEXPIRE h 1 NX XX FIELDS 1 a") == ConflictingExpireOptions
    assert client.run("HEXPIRE h 1 GT LT FIELDS 1 a") == GreaterAndLess


def test_a_time_in_the_past_deletes(node: Node, client: NodeClient) -> None:
    assert client.run("HEXPIRE h 0 FIELDS 2 a none") == [2, -2]
    assert client.run("HEXPIREAT h 1 FIELDS 2 b c") == [2, 2]
    assert client.run("EXISTS h") == 0
    assert node.journal == ["HDEL h a", "HDEL h b c"]


def test_due_fields_are_not_there_and_go_by_themselves(node: Node, client: NodeClient) -> None:
    client.run("HPEXPIRE h 10 FIELDS 2 a b")
    node.take_journal()
    node.advance(10)
    assert client.run("HGET h a") is None
    assert client.run("HGETALL h") == [b"c", b"3"]
    assert client.run("HMGET h a c") == [None, b"3"]
    assert client.run("HEXISTS h b") == 0
    assert client.run("HLEN h") == 3
    assert node.take_journal() == []
    node.expire_actively()
    assert client.run("HLEN h") == 1
    (line,) = node.take_journal()
    assert sorted(line.split()) == ["HDEL", "a", "b", "h"]
    assert node.effects.expired_elements == 2


def test_a_hash_goes_with_the_last_field_that_expires(node: Node) -> None:
    client = node.client()
    client.run("HSETEX h PX 10 FIELDS 2 a 1 b 2")
    node.advance(10)
    node.expire_actively()
    assert client.run("EXISTS h") == 0


def test_deadlines_follow_a_hash_wherever_it_goes(node: Node, client: NodeClient) -> None:
    client.run("HPEXPIRE h 10 FIELDS 1 a")
    client.run("COPY h copy")
    client.run("RENAME h other")
    client.run("MOVE other 1")
    client.run("SWAPDB 0 2")
    node.advance(10)
    node.expire_actively()
    client.run("SELECT 1")
    assert client.run("HLEN other") == 2
    client.run("SELECT 2")
    assert client.run("HLEN copy") == 2
    for db in node.keyspace.dbs:
        db.element_deadlines.check()
        assert not db.element_deadlines.first


def test_many_due_fields_go_in_slices(node: Node) -> None:
    client = node.client()
    fields = [b"f%d" % n for n in range(1000)]
    client.run(b"HSET", b"h", *[word for field in fields for word in (field, b"v")])
    client.run(b"HPEXPIRE", b"h", b"10", b"FIELDS", b"1000", *fields)
    client.run("HSET h stays 1")
    node.take_journal()
    node.advance(10)
    node.expire_actively()
    assert client.run("HKEYS h") == [b"stays"]
    assert len(node.take_journal()) > 1


def test_setting_takes_the_deadline_away_unless_it_is_kept(client: NodeClient) -> None:
    client.run("HEXPIRE h 100 FIELDS 3 a b c")
    client.run("HSET h a 9")
    client.run("HINCRBY h b 1")
    client.run("HSETEX h KEEPTTL FIELDS 1 c 9")
    assert client.run("HTTL h FIELDS 3 a b c") == [-1, 100, 100]


def test_hsetex_asks_for_hash_and_fields(node: Node, client: NodeClient) -> None:
    assert client.run("HSETEX h NX EX 10 FIELDS 1 z 1") == 0
    assert client.run("HSETEX none XX EX 10 FIELDS 1 z 1") == 0
    assert client.run("HSETEX h FNX EX 10 FIELDS 2 a 1 z 1") == 0
    assert client.run("HSETEX h FXX EX 10 FIELDS 2 a 1 z 1") == 0
    assert client.run("HSETEX h XX FNX EX 10 FIELDS 1 z 1") == 1
    assert client.run("HTTL h FIELDS 1 z") == [10]
    assert node.take_journal() == [f"HSETEX h PXAT {START_MS + 10_000} FIELDS 1 z 1"]
    assert client.run("HSETEX h PXAT 1 FIELDS 1 z 1") == 1
    assert client.run("HEXISTS h z") == 0
    assert node.take_journal() == ["HDEL h z"]


def test_a_hash_that_is_set_too_late_is_new_and_gone(node: Node, client: NodeClient) -> None:
    listener = node.client(resp3=True)
    node.executor.notifications.configure("KEAn")
    node.executor.observers_changed()
    listener.run("PSUBSCRIBE __keyevent*")
    assert client.run("HSETEX none PXAT 1 FIELDS 1 a 1") == 1
    events = [push[2] for push in listener.read_all() if isinstance(push, Push)]
    names = ("new", "hset", "hexpire", "hexpired", "del")
    assert events == [f"__keyevent@0__:{name}".encode() for name in names]
    assert node.take_journal() == []


def test_hgetex_has_looked_before_it_reads_the_time(node: Node, client: NodeClient) -> None:
    client.run("SET s x")
    assert client.run("HGETEX s EX abc FIELDS 1 a") == WrongType
    assert client.run("HGETEX none EX abc FIELDS 1 a") == NotAnInteger
    assert client.run("HGETEX none EX -1 FIELDS 1 a") == InvalidExpireTime
    assert client.run("HGETEX none EX 10 FIELDS 1 a") == [None]
    assert client.run("HGETEX h EX abc FIELDS 1 a") == NotAnInteger
    assert (node.db.hits, node.db.misses) == (2, 3)
    assert client.run("HGETEX none EX 10 FIELDS 2 a") == WrongNumberOfFields
    assert (node.db.hits, node.db.misses) == (2, 3)


def test_hdel_leaves_due_fields_to_expiry(node: Node, client: NodeClient) -> None:
    client.run("HPEXPIRE h 10 FIELDS 1 a")
    node.take_journal()
    node.advance(10)
    assert client.run("HDEL h a") == 0
    node.expire_actively()
    assert node.take_journal() == ["HDEL h a"]


def test_hgetex_reads_and_changes_deadlines(node: Node, client: NodeClient) -> None:
    assert client.run("HGETEX h FIELDS 2 a none") == [b"1", None]
    assert node.take_journal() == []
    assert client.run("HGETEX h PX 500 FIELDS 1 a") == [b"1"]
    assert client.run("HPTTL h FIELDS 1 a") == [500]
    assert client.run("HGETEX h PERSIST FIELDS 1 a") == [b"1"]
    assert client.run("HTTL h FIELDS 1 a") == [-1]
    assert client.run("HGETEX h EXAT 1 FIELDS 1 a") == [b"1"]
    assert client.run("HEXISTS h a") == 0
    assert client.run("HGETEX none EX 10 FIELDS 1 a") == [None]


def test_hgetdel_reads_and_deletes(node: Node, client: NodeClient) -> None:
    assert client.run("HGETDEL h FIELDS 3 a none a") == [b"1", None, None]
    assert client.run("HGETDEL h FIELDS 2 b c") == [b"2", b"3"]
    assert client.run("EXISTS h") == 0
    assert client.run("HGETDEL h FIELDS 1 a") == [None]
    assert node.take_journal() == ["HDEL h a", "HDEL h b c"]


def test_a_float_that_is_counted_keeps_its_deadline_on_replicas(
    node: Node, client: NodeClient
) -> None:
    client.run("HEXPIRE h 100 FIELDS 1 a")
    node.take_journal()
    client.run("HINCRBYFLOAT h a 0.5")
    assert node.take_journal() == ["HSETEX h KEEPTTL FIELDS 1 a 1.5"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("HEXPIRE h 10 FIELDS 2 a", WrongNumberOfFields),
        ("HEXPIRE h 10 FIELDS 0 a", WrongNumberOfFields),
        ("HEXPIRE h 10 FOO 1 a", WrongNumberOfFields),
        ("HEXPIRE h 10 FIELDS x a", NotAnInteger),
        ("HEXPIRE h x FIELDS 1 a", NotAnInteger),
        ("HEXPIRE h -1 FIELDS 1 a", InvalidExpireTime(b"hexpire")),
        ("HPEXPIRE h 9223372036854775807 FIELDS 1 a", InvalidExpireTime(b"hpexpire")),
        ("HTTL h FOO 1 a", BadSyntax),
        ("HTTL h FIELDS 2 a", BadSyntax),
        ("HTTL h FIELDS x a", NotAnInteger),
        ("HPERSIST h FIELDS 2 a", WrongNumberOfFields),
        ("HGETEX h FOO FIELDS 1 a", BadSyntax),
        ("HGETEX h EX 1 PX 1 FIELDS 1 a", BadSyntax),
        ("HGETEX h EX FIELDS 1 a", BadSyntax),
        ("HGETEX h EX -1 FIELDS 1 a", InvalidExpireTime(b"hgetex")),
        ("HSETEX h EX 1 KEEPTTL FIELDS 1 a 1", BadSyntax),
        ("HSETEX h FNX FXX FIELDS 1 a 1", BadSyntax),
        ("HSETEX h FIELDS 2 a 1", WrongNumberOfFields),
        ("HGETDEL h FIELDS 2 a", WrongNumberOfFields),
        ("HGETDEL h FOO 1 a", BadSyntax),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    node: Node, client: NodeClient, line: str, error: object
) -> None:
    assert client.run(line) == error
    assert node.take_journal() == []
    assert client.run("HGETALL h") == [b"a", b"1", b"b", b"2", b"c", b"3"]


def test_fields_that_were_never_there_break_nobodys_cache(node: Node) -> None:
    client, reader = node.client(), node.client(resp3=True)
    reader.run("CLIENT TRACKING ON")
    reader.run("HGETALL none")
    reader.run("WATCH none")
    assert client.run("HSETEX none PXAT 1 FIELDS 1 a 1") == 1
    assert reader.read_all() == []
    assert reader.run_all("MULTI", "PING", "EXEC")[-1] == ["PONG"]
    assert client.run("HSETEX none PX 100 FIELDS 1 a 1") == 1
    assert reader.read_all() == [[b"invalidate", [b"none"]]]
