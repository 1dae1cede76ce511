"""Snapshots: what is written is what was there at the cut, whatever changes while it is written."""

import random
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.keyspace.table import Table
from dflite.native.rdb.loader import Loader
from dflite.native.rdb.reader import Reader
from dflite.native.rdb.snapshot import Snapshot
from dflite.native.rdb.snapshot_parts import part_sizes, set_part_sizes
from dflite.store.keyspace import Keyspace
from dflite.store.shards import shard_of
from tests.against.families import ALL
from tests.against.programs import CALL, draw_step
from tests.against.sources import SeededSource
from tests.support.contents import Contents, contents
from tests.support.mc_node import McClient
from tests.support.node import START_MS, Node, NodeClient

VALKEY_9: Final = 80  # the version of the format that has all that may be written
END: Final = b"\xff"
FAMILIES: Final = [
    ALL[name]
    for name in (
        "strings", "keys", "hashes", "lists", "sets", "zsets", "streams", "bitmaps", "hyperloglog",
        "sort", "geo", "expiry", "transactions",
    )
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> Iterator[None]:
    """Values of a few elements are written in slices."""
    before = part_sizes()
    set_part_sizes(40, 3, 5000)
    yield
    set_part_sizes(*before)


class Told:
    """What a loader tells its visitor."""

    def __init__(self, keyspace: Keyspace) -> None:
        self.keyspace = keyspace
        self.fields: list[tuple[bytes, bytes]] = []

    def field(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def function(self, code: bytes) -> None:
        raise AssertionError(code)

    def elements(self, database: int, key: bytes, deadline: int) -> None:
        assert self.keyspace.dbs[database].table(key).type_of(key) != 0
        assert deadline > 0

    def shard_of(self, key: bytes) -> int:
        return shard_of(key, self.keyspace.shards)


def loaded(data: bytes, shards: int = 1) -> Keyspace:
    """A keyspace with what the bytes of a snapshot hold."""
    keyspace = Node(shards=shards).keyspace
    loader = Loader(keyspace.tables, VALKEY_9, Told(keyspace), START_MS)
    reader = Reader(data + END)
    while loader.run(reader, 1):
        assert loader.keys
    assert not reader.left
    return keyspace


def tables_of(keyspace: Keyspace) -> list[Table]:
    return [table for tables in keyspace.tables for table in tables]


# -- a large keyspace, and changes to it -----------------------------------------------------------

Change = Callable[[NodeClient, random.Random], object]

LARGE: Final = (b"H", b"S", b"Z", b"L", b"X", b"T", b"E")


def fill(node: Node, client: NodeClient) -> None:
    """Many keys, and one of each type that is large enough for several slices."""
    for at in range(1500):
        node.db.put_string(b"filler:%d" % at, b"%d" % at)
    words = [b"%d" % at for at in range(3000)]
    client.run("HSET", "H", *words)
    client.run("SADD", "S", *[b"m" + word for word in words])
    client.run("ZADD", "Z", *words[:1500], *[b"1", b"q"])
    client.run("RPUSH", "L", *[word * 20 for word in words[:1500]])
    for at in range(400):
        client.run("XADD", "X", f"{at + 1}-1", "field", "v" * 40)
    client.run("XGROUP CREATE X g 0")
    client.run("XREADGROUP GROUP g c COUNT 20 STREAMS X >")
    client.run("SET", "T", b"t" * 40_000)
    client.run("SADDEX E 1000 " + " ".join(f"e{at}" for at in range(100)))


def any_key(chance: random.Random) -> bytes:
    return chance.choice((*LARGE, b"other"))


CHANGES: Final[list[Change]] = [
    lambda c, r: c.run("HSET", "H", str(r.randrange(4000)), str(r.random())),
    lambda c, r: c.run("HDEL", "H", str(r.randrange(0, 3000, 2))),
    lambda c, r: c.run("HINCRBY", "H", str(r.randrange(0, 3000, 2)), "7"),
    lambda c, r: c.run("HEXPIRE", "H", "100", "FIELDS", "1", str(r.randrange(0, 3000, 2))),
    lambda c, r: c.run("SADD", "S", str(r.randrange(4000))),
    lambda c, r: c.run("SREM", "S", f"m{r.randrange(3000)}"),
    lambda c, r: c.run("SPOP", "S", "3"),
    lambda c, r: c.run("SMOVE", "S", "other", f"m{r.randrange(3000)}"),
    lambda c, r: c.run("ZADD", "Z", str(r.random()), str(r.randrange(1, 1500, 2))),
    lambda c, r: c.run("ZINCRBY", "Z", "0.1", str(r.randrange(1, 1500, 2))),
    lambda c, r: c.run("ZREM", "Z", str(r.randrange(1, 1500, 2))),
    lambda c, r: c.run("ZPOPMIN", "Z", "2"),
    lambda c, r: c.run("ZREMRANGEBYRANK", "Z", "1", "5"),
    lambda c, r: c.run("LPUSH", "L", "first"),
    lambda c, r: c.run("RPOP", "L"),
    lambda c, r: c.run("LSET", "L", str(r.randrange(10)), "x"),
    lambda c, r: c.run("LTRIM", "L", "3", "-3"),
    lambda c, r: c.run("LINSERT", "L", "BEFORE", b"700" * 20, "y"),
    lambda c, r: c.run("XADD", "X", "*", "f", "v"),
    lambda c, r: c.run("XDEL", "X", f"{r.randrange(400)}-1"),
    lambda c, r: c.run("XTRIM", "X", "MAXLEN", "100"),
    lambda c, r: c.run("XREADGROUP", "GROUP", "g", "d", "COUNT", "3", "STREAMS", "X", ">"),
    lambda c, r: c.run("XACK", "X", "g", f"{r.randrange(20)}-1"),
    lambda c, r: c.run("APPEND", "T", "more"),
    lambda c, r: c.run("SETRANGE", "T", str(r.randrange(40_000)), "z"),
    lambda c, r: c.run("SETBIT", "T", str(r.randrange(300_000)), "1"),
    lambda c, r: c.run("SADDEX", "E", "50", f"e{r.randrange(120)}"),
    lambda c, r: c.run("DEL", any_key(r)),
    lambda c, r: c.run("SET", any_key(r), "string"),
    lambda c, r: c.run("RENAME", any_key(r), any_key(r)),
    lambda c, r: c.run("COPY", any_key(r), any_key(r), "REPLACE"),
    lambda c, r: c.run("MOVE", any_key(r), "1"),
    lambda c, r: c.run("EXPIRE", any_key(r), "100"),
    lambda c, r: c.run("STICK", any_key(r)),
    lambda c, r: c.run("SET", f"filler:{r.randrange(1500)}", "changed"),
    lambda c, r: c.run("INCR", f"filler:{r.randrange(1500)}"),
    lambda c, r: c.run("DEL", *[f"filler:{r.randrange(1500)}" for _ in range(50)]),
    lambda c, r: c.run("MSET", *[f"new:{r.randrange(999)}" for _ in range(100)]),
    lambda c, r: McClient(c.node).run(f"incr filler:{r.randrange(1500)} 7"),
    lambda c, r: McClient(c.node).run(f"gets filler:{r.randrange(1500)}"),
    lambda c, r: McClient(c.node).run("append T 0 0 2\r\nmc"),
    lambda c, r: McClient(c.node).run("set T 5 100 2\r\nmc"),
    lambda c, r: McClient(c.node).run(f"touch {any_key(r).decode()} 100"),
    lambda c, r: c.run("SORT", "L", "ALPHA", "LIMIT", "0", "5", "STORE", any_key(r)),
    lambda c, r: c.run("FLUSHDB"),
    lambda c, r: c.run("SWAPDB", "0", "1"),
]
RARE: Final = 2  # FLUSHDB and SWAPDB, at the end


def change(client: NodeClient, chance: random.Random) -> None:
    usual = CHANGES[:-RARE] if chance.random() < 0.97 else CHANGES
    chance.choice(usual)(client, chance)


def check_all(keyspace: Keyspace) -> None:
    for table in tables_of(keyspace):
        table.check()


@pytest.mark.parametrize("lane", [False, True])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 30), shards=st.sampled_from([1, 3]))
def test_large_values_are_saved_as_they_were(seed: int, shards: int, lane: bool) -> None:
    chance = random.Random(seed)
    node = Node(shards=shards, lane=lane, journal=not lane)
    client = node.client()
    fill(node, client)
    for _ in range(chance.randrange(20)):
        change(client, chance)
    before: Contents = contents(node.keyspace)
    memory = node.keyspace.memory
    node.executor.saving = True
    snapshot = Snapshot(node.keyspace.tables)
    data = b""
    while snapshot.run(0):
        for _ in range(chance.randrange(4)):
            change(client, chance)
        if chance.random() < 0.5:
            data += snapshot.take()
    data += snapshot.take()
    assert contents(loaded(data, shards)) == before
    assert snapshot.keys == len(before)
    check_all(node.keyspace)
    for part in snapshot.remains:
        assert not part.free(1 << 30)
    assert memory() > 0


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 1 << 30))
def test_whatever_commands_do_meanwhile_the_cut_is_saved(seed: int) -> None:
    source = SeededSource(seed)
    node = Node()
    clients = [node.client() for _ in range(4)]

    def run_some(most: int) -> None:
        for _ in range(source.number(0, most)):
            step = draw_step(source, FAMILIES)
            if step.kind == CALL:
                clients[step.connection].run(*step.requests[0])

    run_some(120)
    before = contents(node.keyspace)
    node.executor.saving = True
    snapshot = Snapshot(node.keyspace.tables)
    data = b""
    run_some(20)
    while snapshot.run(0):
        run_some(20)
        data += snapshot.take()
    assert contents(loaded(data + snapshot.take())) == before


def test_a_snapshot_that_is_given_up_leaves_nothing_behind(node: Node, client: NodeClient) -> None:
    fill(node, client)
    before = contents(node.keyspace)
    for steps in range(12):
        snapshot = Snapshot(node.keyspace.tables)
        for _ in range(steps):
            snapshot.run(0)
        client.run("HSET H 1 2")
        snapshot.close()
        assert not snapshot.remains
        assert not snapshot.run(0)
    client.run("HSET H 1 3")
    again = Snapshot(node.keyspace.tables)
    while again.run(1000):
        continue
    before[0, b"H"] = contents(node.keyspace)[0, b"H"]
    assert contents(loaded(again.take())) == before
    check_all(node.keyspace)


def test_two_at_once_are_refused_and_the_first_goes_on(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    first = Snapshot(node.keyspace.tables)
    with pytest.raises(ValueError, match="being saved"):
        Snapshot(node.keyspace.tables)
    client.run("SET a 2")
    while first.run(100):
        continue
    assert contents(loaded(first.take()))[0, b"a"] == (1, b"1", -1, False, 0)


def test_what_redis_does_not_know_of_a_key_is_kept(node: Node, client: NodeClient) -> None:
    node.db.put_string(b"flags", b"value", mc_flags=7)
    client.run("SET sticky 1 PX 5000")
    client.run("STICK sticky flags")
    snapshot = Snapshot(node.keyspace.tables)
    while snapshot.run(100):
        continue
    keyspace = loaded(snapshot.take())
    assert contents(keyspace) == contents(node.keyspace)
    assert not keyspace.dbs[0].table(b"sticky").stick(b"sticky")
    assert not keyspace.dbs[0].table(b"flags").stick(b"flags")


def test_idle_times_are_saved_if_asked_for(node: Node, client: NodeClient) -> None:
    client.run("SET a 1")
    node.advance(77_000)
    snapshot = Snapshot(node.keyspace.tables, True, True)
    while snapshot.run(100):
        continue
    keyspace = loaded(snapshot.take())
    assert keyspace.dbs[0].table(b"a").idle_seconds(b"a") == 77


def test_what_is_due_is_not_saved(node: Node, client: NodeClient) -> None:
    client.run("SET a 1 PX 10")
    node.clock.advance(11)
    snapshot = Snapshot(node.keyspace.tables)
    while snapshot.run(100):
        continue
    assert contents(loaded(snapshot.take())) == {}
