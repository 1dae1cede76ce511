"""Keys removed, counted, named anew, copied and moved, whatever they hold."""

import pytest

from dflite.base.conversation_errors import NotAnInt32
from dflite.base.errors import BadSyntax, DatabaseOutOfRange, NoSuchKey, NotAnInteger, SameObject
from tests.support.node import Node, NodeClient
from tests.support.values import LIST, Thing, put_list, put_thing


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def held(node: Node, key: bytes, db: int = 0) -> object:
    """The value at key as the table holds it."""
    return node.keyspace.dbs[db].read(key)


@pytest.mark.parametrize("name", ["DEL", "UNLINK"])
def test_del_counts_what_it_removes(node: Node, client: NodeClient, name: str) -> None:
    client.run("MSET a 1 b 2")
    put_list(node, b"l")
    assert client.run(f"{name} a none l a") == 2
    assert client.run("KEYS *") == [b"b"]


def test_del_of_an_expired_key_removes_nothing(node: Node, client: NodeClient) -> None:
    client.run("SET a 1 PX 10")
    node.advance(10)
    node.take_journal()
    assert client.run("DEL a") == 0
    assert node.take_journal() == ["DEL a"]


def test_exists_and_touch_count_keys_as_often_as_named(client: NodeClient) -> None:
    client.run("MSET a 1 b 2")
    assert client.run("EXISTS a b a none") == 3
    assert client.run("TOUCH a b a none") == 3


def test_touch_makes_a_key_used_even_for_no_touch(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    client.run("CLIENT NO-TOUCH ON")
    node.advance(5000)
    client.run("GET a")
    client.run("EXISTS a")
    client.run("TYPE a")
    assert client.run("OBJECT IDLETIME a") == 5
    client.run("TOUCH a")
    assert client.run("OBJECT IDLETIME a") == 0


def test_type_names_types(node: Node, client: NodeClient) -> None:
    client.run("SET s 1")
    put_list(node, b"l")
    assert client.run("TYPE s") == "string"
    assert client.run("TYPE l") == "list"
    assert client.run("TYPE none") == "none"


# -- RENAME ----------------------------------------------------------------------------------------


def test_rename_moves_all_there_is_to_a_key(node: Node, client: NodeClient) -> None:
    client.run("SET a 12 EX 100")
    client.run("APPEND a 3")
    assert client.run("RENAME a b") == "OK"
    assert client.run("EXISTS a") == 0
    assert client.run("GET b") == b"123"
    assert client.run("TTL b") == 100
    assert client.run("OBJECT ENCODING b") == b"raw"
    node.db.put_string(b"m", b"x", mc_flags=7)
    client.run("RENAME m n")
    assert node.db.table(b"n").memcached_flags(b"n") == 7


def test_rename_replaces_value_and_deadline(client: NodeClient) -> None:
    client.run("SET a 1")
    client.run("SET b 2 EX 100")
    client.run("RENAME a b")
    assert client.run("GET b") == b"1"
    assert client.run("TTL b") == -1


def test_rename_passes_other_values_on_as_they_are(node: Node, client: NodeClient) -> None:
    thing = put_thing(node, b"l", b"item")
    client.run("SET a 1")
    client.run("RENAME l a")
    assert held(node, b"a") is thing
    client.run("SET l 1")
    client.run("RENAME l a")
    assert client.run("GET a") == b"1"


def test_rename_many_names_through_all_shards(node: Node, client: NodeClient) -> None:
    client.run_all(*[f"SET a{i} {i}" for i in range(50)])
    client.run_all(*[f"RENAME a{i} b{i}" for i in range(50)])
    assert client.run("DBSIZE") == 50
    assert client.run("MGET b0 b25 b49") == [b"0", b"25", b"49"]
    for table in node.db.tables:
        table.check()


def test_rename_to_itself(client: NodeClient) -> None:
    assert client.run("RENAME a a") == NoSuchKey
    assert client.run("RENAMENX a a") == NoSuchKey
    client.run("SET a 1")
    assert client.run("RENAME a a") == "OK"
    assert client.run("RENAMENX a a") == 0


def test_renamenx(client: NodeClient) -> None:
    client.run("MSET a 1 b 2")
    assert client.run("RENAMENX a b") == 0
    assert client.run("RENAMENX a c") == 1
    assert client.run("RENAMENX none d") == NoSuchKey
    assert client.run("MGET a b c") == [None, b"2", b"1"]


def test_renamenx_takes_an_expired_key_for_none(node: Node, client: NodeClient) -> None:
    client.run("MSET a 1 b 2")
    client.run("PEXPIRE b 10")
    node.advance(10)
    node.take_journal()
    assert client.run("RENAMENX a b") == 1
    assert node.take_journal() == ["DEL b", "RENAMENX a b"]


# -- COPY ------------------------------------------------------------------------------------------


def test_copy_makes_an_equal_key(node: Node, client: NodeClient) -> None:
    client.run("SET a 12 EX 100")
    client.run("APPEND a 3")
    assert client.run("COPY a b") == 1
    assert client.run("MGET a b") == [b"123", b"123"]
    assert client.run("TTL b") == 100
    assert client.run("OBJECT ENCODING b") == b"raw"
    client.run("APPEND b 4")
    assert client.run("GET a") == b"123"


def test_copy_of_another_type_is_a_value_of_its_own(node: Node, client: NodeClient) -> None:
    thing = put_thing(node, b"l", b"item")
    client.run("PEXPIRE l 5000")
    assert client.run("COPY l m") == 1
    other = held(node, b"m")
    assert isinstance(other, Thing)
    assert other is not thing
    assert other.items == thing.items
    assert node.db.type_of(b"m") == LIST
    assert client.run("PTTL m") == 5000


def test_copy_replaces_only_when_told(client: NodeClient) -> None:
    client.run("MSET a 1 b 2")
    assert client.run("COPY a b") == 0
    assert client.run("COPY a b REPLACE") == 1
    assert client.run("COPY none b REPLACE") == 0
    assert client.run("GET b") == b"1"


def test_copy_to_another_database(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    assert client.run("COPY a a DB 3") == 1
    assert client.run("COPY a a DB 3") == 0
    assert client.run("COPY a b db 3 replace") == 1
    assert held(node, b"a", 3) == held(node, b"b", 3) == b"1"
    assert held(node, b"b") is None


def test_copy_refuses(client: NodeClient) -> None:
    assert client.run("COPY a a") == SameObject
    assert client.run("COPY a a DB 0") == SameObject
    assert client.run("COPY a b DB 16") == DatabaseOutOfRange
    assert client.run("COPY a b DB -1") == DatabaseOutOfRange
    assert client.run("COPY a b DB x") == NotAnInteger
    assert client.run("COPY a b DB 99999999999") == NotAnInt32
    assert client.run("COPY a b DB") == BadSyntax
    assert client.run("COPY a b FOO") == BadSyntax


# -- MOVE ------------------------------------------------------------------------------------------


def test_move_takes_a_key_to_another_database(node: Node, client: NodeClient) -> None:
    client.run("SET a 1 EX 100")
    thing = put_thing(node, b"l", b"item")
    assert client.run("MOVE a 1") == 1
    assert client.run("MOVE l 1") == 1
    assert client.run("MOVE a 1") == 0
    assert client.run("DBSIZE") == 0
    client.run("SELECT 1")
    assert client.run("GET a") == b"1"
    assert client.run("TTL a") == 100
    assert held(node, b"l", 1) is thing
    assert node.steps[-1].records[0] == (0, [b"MOVE", b"l", b"1"])


def test_move_leaves_what_is_there(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    node.keyspace.dbs[1].put_string(b"a", b"other")
    assert client.run("MOVE a 1") == 0
    assert held(node, b"a", 1) == b"other"
    assert client.run("GET a") == b"1"


def test_move_takes_an_expired_key_for_none(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    node.keyspace.dbs[1].put_string(b"a", b"other", node.clock.now_ms + 10)
    node.advance(10)
    node.take_journal()
    assert client.run("MOVE a 1") == 1
    assert node.steps[-1].records == [(1, [b"DEL", b"a"]), (0, [b"MOVE", b"a", b"1"])]


def test_move_refuses(client: NodeClient) -> None:
    assert client.run("MOVE a 0") == SameObject
    assert client.run("MOVE a 16") == DatabaseOutOfRange
    assert client.run("MOVE a x") == NotAnInteger


def test_what_sticks_is_journaled_in_words_that_every_redis_knows() -> None:
    node = Node()
    client = node.client()
    client.run("SET a 1")
    node.take_journal()
    changes = node.effects.changed
    client.run("STICK a none")
    client.run("STICK a")
    assert node.effects.changed == changes + 1
    assert node.take_journal() == ["ECHO sticky-key a"]


def test_keys_are_exempt_from_eviction_once() -> None:
    node = Node()
    client = node.client()
    client.run("SET a 1")
    client.run("RPUSH l x")
    assert client.run("STICK a l none a") == 2
    assert client.run("STICK a") == 0
    client.run("SET a 2")
    assert client.run("STICK a") == 0
    client.run("DEL a")
    client.run("SET a 1")
    assert client.run("STICK a") == 1
