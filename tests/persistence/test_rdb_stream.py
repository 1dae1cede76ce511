"""Snapshots in pieces are read as they come, whatever the pieces; what is damaged says so."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dflite.native.base.bytesops import crc64
from dflite.native.rdb.snapshot import Snapshot
from dflite.persistence.rdb_file import END, DamagedFile, head, version_for
from dflite.persistence.rdb_stream import StreamLoad
from dflite.store.keyspace import Keyspace
from tests.support.contents import contents
from tests.support.node import Node, NodeClient

MARK = b"0123456789abcdef0123456789abcdef01234567"


def fill(client: NodeClient) -> None:
    client.run("SET string text PX 100000")
    client.run("RPUSH list 1 2 3")
    client.run("SADD set a b c")
    client.run("ZADD zset 1 a 2.5 b")
    client.run("HSET hash f v g w")
    client.run("HPEXPIRE hash 5000 FIELDS 1 f")
    client.run("XADD stream 1-1 f v")
    client.run("SET", "long", b"x" * 200_000)
    client.run("SELECT 3")
    client.run("SET other database")
    client.run("SELECT 0")


def saved(node: Node, summed: bool = True) -> bytes:
    snapshot = Snapshot(node.keyspace.tables)
    data = head(version_for(node.keyspace), [("made-by", "test")])
    while snapshot.run(1000):
        continue
    data += snapshot.take() + END
    return data + (crc64(data).to_bytes(8, "little") if summed else bytes(8))


def load_all(load: StreamLoad, pieces: list[bytes]) -> None:
    for piece in pieces:
        load.feed(piece)
        while load.run(50):
            continue


def twin_of(node: Node) -> Keyspace:
    return node.keyspace.twin()


@pytest.mark.parametrize("summed", [True, False])
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1000, 70_000, 1 << 20])
def test_any_pieces_make_the_same_keys(
    node: Node, client: NodeClient, summed: bool, marked: bool, size: int
) -> None:
    fill(client)
    if size == 1:
        client.run("DEL long")
    data = saved(node, summed)
    load = StreamLoad(twin_of(node), -1, MARK) if marked else StreamLoad(twin_of(node), len(data))
    whole = data + (MARK if marked else b"")
    load_all(load, [whole[i : i + size] for i in range(0, len(whole), size)])
    assert load.done
    assert load.left_over == b""
    assert contents(load.keyspace) == contents(node.keyspace)
    assert load.contents.fields == {"made-by": "test"}
    assert load.keys == len(contents(node.keyspace))


@pytest.mark.parametrize("marked", [True, False])
def test_what_follows_is_left_over(node: Node, client: NodeClient, marked: bool) -> None:
    fill(client)
    data = saved(node)
    load = StreamLoad(twin_of(node), -1, MARK) if marked else StreamLoad(twin_of(node), len(data))
    load_all(load, [data[:50], data[50:] + (MARK if marked else b"") + b"*1\r\n$4\r\nPING\r\n"])
    assert load.done
    assert load.left_over == b"*1\r\n$4\r\nPING\r\n"


def test_a_short_rest_behind_a_long_record_is_read_when_hurried(
    node: Node, client: NodeClient
) -> None:
    client.run("SET", "long", b"x" * 300_000)
    data = saved(node)
    load = StreamLoad(twin_of(node), -1, MARK)
    load_all(load, [data[:-100], data[-100:], MARK[:10]])
    assert load.keys == 0
    assert not load.run(1000, True)
    assert load.keys == 1
    load_all(load, [MARK[10:]])
    assert load.done


def test_a_long_record_is_not_read_again_with_every_piece(
    node: Node, client: NodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.run("SET", "long", b"x" * 3_000_000)
    data = saved(node)
    load = StreamLoad(twin_of(node), len(data))
    attempts = 0
    for start in range(0, len(data), 10_000):
        load.feed(data[start : start + 10_000])
        attempts += load.is_worth_reading()
        while load.run(1000):
            continue
    assert load.done
    assert attempts < 30


def test_deadlines_of_keys_that_are_due_are_kept(node: Node, client: NodeClient) -> None:
    client.run("SET a 1 PX 10")
    data = saved(node)
    node.advance(100)
    load = StreamLoad(twin_of(node), len(data))
    load_all(load, [data])
    assert len(load.keyspace.dbs[0]) == 1


@pytest.mark.parametrize("at", [0, 8, 9, 30, 200, -9, -1])
def test_damage_is_told(node: Node, client: NodeClient, at: int) -> None:
    fill(client)
    data = bytearray(saved(node))
    data[at] ^= 0x55
    load = StreamLoad(twin_of(node), len(data))
    with pytest.raises(DamagedFile):
        load_all(load, [bytes(data)])


@pytest.mark.parametrize("missing", [1, 8, 9, 100])
def test_an_end_that_comes_too_soon_is_told(node: Node, client: NodeClient, missing: int) -> None:
    fill(client)
    data = saved(node)[:-missing]
    load = StreamLoad(twin_of(node), len(data))
    with pytest.raises(DamagedFile, match="end"):
        load_all(load, [data])


def test_another_mark_is_told(node: Node, client: NodeClient) -> None:
    fill(client)
    load = StreamLoad(twin_of(node), -1, MARK)
    with pytest.raises(DamagedFile, match="announced"):
        load_all(load, [saved(node) + MARK[::-1]])


def test_a_place_is_named(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    client.run("LPUSH broken 1 2 3")
    data = saved(node)
    load = StreamLoad(twin_of(node), len(data) - 20)
    with pytest.raises(DamagedFile, match=r'at byte \d+, at key "(a|broken)"'):
        load_all(load, [data[:-20]])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 600), max_size=8))
def test_cuts_anywhere(cuts: list[int]) -> None:
    node = Node()
    client = node.client()
    fill(client)
    client.run("DEL long")
    data = saved(node)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    load = StreamLoad(twin_of(node), len(data))
    load_all(load, [data[a:b] for a, b in itertools.pairwise(places)])
    assert load.done
    assert contents(load.keyspace) == contents(node.keyspace)


def test_exchanged_keyspaces_have_each_others_keys(node: Node, client: NodeClient) -> None:
    client.run("SET old 1 PX 50")
    fill(client)
    twin = node.keyspace.twin()
    before = contents(node.keyspace)
    other = Node()
    other.client().run("SET new 1 PX 70")
    data = saved(other)
    load = StreamLoad(twin, len(data))
    load_all(load, [data])
    node.keyspace.exchange(twin)
    assert contents(twin) == before
    assert client.run("KEYS *") == [b"new"]
    assert client.run("SET another 1") == "OK"
    for db in [*node.keyspace.dbs, *twin.dbs]:
        for table in db.tables:
            table.check()
    node.advance(70)
    node.expire_actively()
    assert client.run("KEYS *") == [b"another"]
