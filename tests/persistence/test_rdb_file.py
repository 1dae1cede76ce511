"""Whole files: what is written is read, and what is damaged says where."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dflite.native.base.bytesops import crc64
from dflite.native.rdb.snapshot import Snapshot
from dflite.persistence.disk import SafeFile, seal
from dflite.persistence.rdb_file import (
    END,
    DamagedFile,
    FileLoad,
    head,
    load_file,
    read_version,
    version_for,
)
from tests.support.contents import contents
from tests.support.node import START_MS, Node, NodeClient

REDIS_7_2 = 11
VALKEY_9 = 80


def write_file(node: Node, path: Path, version: int | None = None, summed: bool = True) -> None:
    snapshot = Snapshot(node.keyspace.tables)
    file = SafeFile(str(path))
    file.write(head(version or version_for(node.keyspace), [("made-by", "test"), ("n", "7")]))
    while snapshot.run(1000):
        continue
    file.write(snapshot.take())
    seal(file, END, summed)


def fill(client: NodeClient) -> None:
    client.run("SET string text PX 100000")
    client.run("RPUSH list 1 2 3")
    client.run("SADD set a b c")
    client.run("ZADD zset 1 a 2.5 b")
    client.run("HSET hash f v g w")
    client.run("XADD stream 1-1 f v")
    client.run("SELECT 3")
    client.run("SET other database")
    client.run("SELECT 0")


def load(path: Path, shards: int = 1) -> tuple[Node, FileLoad]:
    node = Node(shards=shards)
    return node, load_file(str(path), node.keyspace, START_MS)


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("summed", [True, False])
def test_a_file_is_read_as_it_was_written(
    node: Node, client: NodeClient, tmp_path: Path, shards: int, summed: bool
) -> None:
    fill(client)
    write_file(node, tmp_path / "f", summed=summed)
    other, read = load(tmp_path / "f", shards)
    assert contents(other.keyspace) == contents(node.keyspace)
    assert read.version == REDIS_7_2
    assert read.contents.fields == {"made-by": "test", "n": "7"}
    assert read.loader.keys == 7
    assert read.loaded_bytes == read.size - 8


def test_fields_with_deadlines_make_it_valkeys(
    node: Node, client: NodeClient, tmp_path: Path
) -> None:
    client.run("HSET h f 1 g 2")
    client.run("HPEXPIRE h 5000 FIELDS 1 f")
    write_file(node, tmp_path / "f")
    assert (tmp_path / "f").read_bytes().startswith(b"VALKEY080")
    other, _ = load(tmp_path / "f")
    assert contents(other.keyspace) == contents(node.keyspace)
    other.advance(5001)
    other.expire_actively()
    assert other.client().run("HGETALL h") == [b"g", b"2"]


def test_what_is_due_is_left_out_but_for_replicas(
    node: Node, client: NodeClient, tmp_path: Path
) -> None:
    client.run("SET a 1 PX 10")
    client.run("SET b 1 PX 1000")
    write_file(node, tmp_path / "f")
    fresh = Node()
    read = load_file(str(tmp_path / "f"), fresh.keyspace, START_MS + 500)
    assert (read.loader.keys, read.loader.expired) == (1, 1)
    replica = Node()
    assert load_file(str(tmp_path / "f"), replica.keyspace, -1).loader.keys == 2


def test_a_file_can_be_looked_at_without_keeping_a_value(
    node: Node, client: NodeClient, tmp_path: Path
) -> None:
    fill(client)
    write_file(node, tmp_path / "f")
    fresh = Node()
    read = FileLoad(str(tmp_path / "f"), fresh.keyspace, -1, keeping=False)
    while read.run(100):
        continue
    assert read.loader.keys == 7
    assert {value[1] for value in contents(fresh.keyspace).values()} == {b""}
    read.close()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "shorter"),
        (b"REDIS001", "shorter"),
        (b"NOTREDIS1\xff", "does not begin"),
        (b"REDIS00x1\xff", "does not begin"),
        (b"REDIS0013\xff", "version, 13, is none"),
        (b"VALKEY081\xff", "version, 81, is none"),
        (b"REDIS0011", "ends too soon: at byte 9 of 9"),
        (b"REDIS0011\x00\x01k", 'ends too soon: at byte 9 of 12, at key "k"'),
        (b"REDIS0011\xff1234567", "before its checksum"),
        (b"REDIS0011\xff12345678", "wrong checksum"),
        (b"REDIS0011\xfe\x10\xff", "database 16, where there are 16: see --dbnum"),
        (b"REDIS0011\x00\x01k\x01v\x00\x01k\x01v\xff", "a key that was there before: at byte 14"),
        (b"REDIS0011\xf3\xff", "something that is not known"),
        (b"REDIS0011\x07\x01k", "a value of a module"),
        (b"REDIS0011\x1e\x01k", "a kind that there is not"),
        (b"REDIS0011\xfa\x0adflite-key\x01x\x00\x01k\x01v\xff", "unknown field of a key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match=text.replace("(", "\\(")):
        load_file(str(path), Node().keyspace, START_MS)


def test_fields_and_parts_that_are_not_ours_are_passed_over(tmp_path: Path) -> None:
    body = (
        b"REDIS0011"
        + b"\xfa\x05field\x05value"
        + b"\xf4\x01\x02\x03"  # a slot of Valkey's and what is in it
        + b"\xf7\x05\x02\x07\x05\x03abc\x04" + bytes(8) + b"\x00"  # a module's
        + b"\xfb\x01\x00\xf9\x07\xfd" + (2_000_000_000).to_bytes(4, "little")
        + b"\x00\x01k\x01v\xff"
    )  # fmt: skip
    (tmp_path / "f").write_bytes(body + crc64(body).to_bytes(8, "little"))
    node, read = load(tmp_path / "f")
    assert node.db.deadline(b"k") == 2_000_000_000_000
    assert read.contents.fields == {"field": "value"}


def test_every_byte_counts(node: Node, client: NodeClient, tmp_path: Path) -> None:
    fill(client)
    write_file(node, tmp_path / "f")
    whole = (tmp_path / "f").read_bytes()
    for at in range(len(whole)):
        (tmp_path / "g").write_bytes(whole[:at])
        with pytest.raises(DamagedFile):
            load(tmp_path / "g")
        (tmp_path / "g").write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(DamagedFile):
            load(tmp_path / "g")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60))
@example(body=b"\xfa\x80\xff\xff\xff\xff")
def test_nothing_that_stands_in_a_file_does_harm(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"REDIS0011" + body + END + bytes(8))
    node = Node()
    with contextlib.suppress(DamagedFile):
        load_file(str(path), node.keyspace, START_MS)
    for tables in node.keyspace.tables:
        tables[0].check()


def test_versions() -> None:
    assert read_version(b"REDIS0009") == 9
    assert read_version(b"VALKEY080") == 80
