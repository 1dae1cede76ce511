"""Streams as RDB: all there is to them comes back, and nothing that does not agree."""

import struct
from collections.abc import Callable

import pytest

from dflite.native.rdb.reader import BadFormat, Reader
from dflite.native.rdb.streams import load_stream, save_stream
from dflite.native.rdb.writer import Writer
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_group import Group
from dflite.native.streams.stream_id import MAX_ID
from tests.support.dumps import length, text
from tests.support.streams import stream_of

NOW = 1_800_000_000_000


def written(stream: Stream) -> bytes:
    writer = Writer(False)
    save_stream(writer, stream)
    return writer.take()


def read(data: bytes, kind: int = 21) -> Stream:
    reader = Reader(data)
    stream = load_stream(reader, kind)
    assert reader.left == 0
    stream.check()
    for group in (stream.groups or {}).values():
        group.check()
    return stream


def grouped() -> Stream:
    stream = stream_of(*[(n << 64 | n, [b"field", b"%d" % n]) for n in range(1, 301)])
    stream.delete(5 << 64 | 5)
    stream.delete(300 << 64 | 300)
    group = Group(20 << 64 | 20, 19)
    for name in (b"one", b"two", b"idle"):
        group.create_consumer(name, NOW + len(name))
    group.consumers[b"one"].active_ms = NOW - 7
    for n in range(1, 20):
        consumer = group.consumers[b"one" if n % 3 else b"two"]
        group.claim(n << 64 | n, consumer, NOW - n, n, True)
    stream.groups = {b"group": group, b"empty": Group(0, -1)}
    return stream


def test_a_stream_comes_back_as_it_was() -> None:
    stream = grouped()
    other = read(written(stream))
    assert other.entries(0, MAX_ID) == stream.entries(0, MAX_ID)
    assert (other.last_id, other.first_id) == (stream.last_id, stream.first_id)
    assert other.max_deleted_id == 300 << 64 | 300
    assert other.entries_added == 300
    assert other.groups is not None
    assert list(other.groups) == [b"group", b"empty"]
    group = other.groups[b"group"]
    assert (group.last_id, group.entries_read, group.pending_count) == (20 << 64 | 20, 19, 19)
    times = [(c.name, c.seen_ms, c.active_ms, c.pending_count) for c in group.consumers.values()]
    assert times == [
        (b"one", NOW + 3, NOW - 7, 13),
        (b"two", NOW + 3, -1, 6),
        (b"idle", NOW + 4, -1, 0),
    ]
    found = group.delivery(6 << 64 | 6)
    assert found is not None
    assert (found[0].name, found[1], found[2]) == (b"two", NOW - 6, 6)
    assert other.groups[b"empty"].entries_read == -1
    assert written(other) == written(stream)


def test_an_empty_stream_is_one() -> None:
    stream = stream_of((7, [b"a", b"b"]))
    stream.delete(7)
    other = read(written(stream))
    assert len(other) == 0
    assert (other.last_id, other.entries_added, other.max_deleted_id) == (7, 1, 7)


# -- by hand ---------------------------------------------------------------------------------------


def wide_id(n: int) -> bytes:
    return struct.pack(">QQ", 0, n)


def node_of(*entries: int) -> bytes:
    (node,) = stream_of(*[(n, [b"a", b"b"]) for n in entries]).dump_nodes()
    return text(wide_id(node[0])) + text(node[1])


def short_id(n: int) -> bytes:
    return length(n >> 64) + length(n & (1 << 64) - 1)


def head(nodes: list[bytes], entries: int, last: int) -> bytes:
    return length(len(nodes)) + b"".join(nodes) + length(entries) + short_id(last)


def pending(*ids: int) -> bytes:
    return length(len(ids)) + b"".join(wide_id(n) + struct.pack("<q", NOW) + b"\x01" for n in ids)


def consumer(name: bytes, *ids: int) -> bytes:
    return text(name) + struct.pack("<q", NOW) + length(len(ids)) + b"".join(map(wide_id, ids))


def group_of(name: bytes, last: int, pel: bytes, *consumers: bytes) -> bytes:
    return text(name) + short_id(last) + pel + length(len(consumers)) + b"".join(consumers)


def old_stream(*groups: bytes) -> bytes:
    return head([node_of(1, 2, 3)], 3, 3) + length(len(groups)) + b"".join(groups)


def test_a_stream_of_redis_5() -> None:
    stream = read(old_stream(group_of(b"g", 2, pending(1, 2), consumer(b"c", 1, 2))), 15)
    assert len(stream) == stream.entries_added == 3
    assert stream.groups is not None
    group = stream.groups[b"g"]
    assert group.entries_read == -1
    assert group.consumers[b"c"].active_ms == group.consumers[b"c"].seen_ms == NOW
    first = read(old_stream(group_of(b"g", 1, pending())), 15)
    assert first.groups is not None
    assert first.groups[b"g"].entries_read == 1


def test_a_stream_of_redis_7_0() -> None:
    figures = short_id(1) + short_id(9) + length(17)
    group = text(b"g") + short_id(2) + length(2) + pending(1) + b"\x01" + consumer(b"c", 1)
    stream = read(head([node_of(1, 2, 3)], 3, 12) + figures + b"\x01" + group, 19)
    assert (stream.last_id, stream.max_deleted_id, stream.entries_added) == (12, 9, 17)
    assert stream.groups is not None
    assert stream.groups[b"g"].entries_read == 2
    assert stream.groups[b"g"].consumers[b"c"].active_ms == NOW


BAD: dict[str, Callable[[], bytes]] = {
    "last ID too low": lambda: head([node_of(1, 2, 3)], 3, 2) + b"\x00",
    "too many entries": lambda: head([node_of(1, 2, 3)], 4, 3) + b"\x00",
    "too few entries": lambda: head([node_of(1, 2, 3)], 2, 3) + b"\x00",
    "entries without a node": lambda: head([], 2, 3) + b"\x00",
    "nodes out of order": lambda: head([node_of(4, 5), node_of(1, 2)], 4, 9) + b"\x00",
    "a node twice": lambda: head([node_of(1), node_of(1)], 2, 9) + b"\x00",
    "an ID of no length": lambda: head([text(bytes(15)) + text(b"x")], 1, 1) + b"\x00",
    "an ID of nothing": lambda: head([text(wide_id(0)) + node_of(1)[17:]], 1, 9) + b"\x00",
    "a broken node": lambda: head([node_of(1, 2)[:-2] + b"\x09\xff"], 2, 9) + b"\x00",
    "a group twice": lambda: old_stream(*[group_of(b"g", 1, pending())] * 2),
    "pending twice": lambda: old_stream(group_of(b"g", 3, pending(1, 1), consumer(b"c", 1))),
    "nobody's": lambda: old_stream(group_of(b"g", 3, pending(1, 2), consumer(b"c", 1))),
    "no such entry": lambda: old_stream(group_of(b"g", 3, pending(1), consumer(b"c", 2))),
    "of two": lambda: old_stream(
        group_of(b"g", 3, pending(1), consumer(b"c", 1), consumer(b"d", 1))
    ),
    "consumer twice": lambda: old_stream(
        group_of(b"g", 3, pending(1, 2), consumer(b"c", 1), consumer(b"c", 2))
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_agree_is_refused(name: str) -> None:
    with pytest.raises(BadFormat):
        load_stream(Reader(BAD[name]()), 15)


def test_every_cut_is_refused() -> None:
    data = written(grouped())
    for end in range(0, len(data), 7):
        with pytest.raises(BadFormat):
            load_stream(Reader(data, 0, end), 21)
