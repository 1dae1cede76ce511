"""Nodes of streams: what goes into one, and blobs of strangers, which must not do harm."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_id import MAX_ID
from dflite.native.values.thresholds import set_threshold
from tests.support.streams import stream_of


def test_a_node_is_a_listpack_as_redis_has_it() -> None:
    stream = stream_of((1, [b"a", b"7"]), (2, [b"a", b"x"]), (4, [b"b", b"-1"]))
    ((number, blob),) = stream.dump_nodes()
    assert number == 1
    assert int.from_bytes(blob[:4], "little") == len(blob)
    assert int.from_bytes(blob[4:6], "little") == 4 + 1 + 5 + 5 + 7
    head = b"\x03\x01\x00\x01\x01\x01\x81a\x02\x00\x01"
    first = b"\x02\x01\x00\x01\x00\x01\x07\x01\x04\x01"
    second = b"\x02\x01\x00\x01\x01\x01\x81x\x02\x04\x01"
    third = b"\x00\x01\x00\x01\x03\x01\x01\x01\x81b\x02\xdf\xff\x02\x06\x01"
    assert blob[6:] == head + first + second + third + b"\xff"


def test_a_new_node_begins_where_the_last_one_is_full() -> None:
    set_threshold("stream_node_max_entries", 3)
    try:
        stream = stream_of(*[(n, [b"a", b"b"]) for n in range(1, 8)])
        assert [number for number, _blob in stream.dump_nodes()] == [1, 4, 7]
    finally:
        set_threshold("stream_node_max_entries", 100)
    set_threshold("stream_node_max_bytes", 60)
    try:
        stream = stream_of(*[(n, [b"a", b"v" * 20]) for n in range(1, 5)])
        assert [number for number, _blob in stream.dump_nodes()] == [1, 2, 3, 4]
    finally:
        set_threshold("stream_node_max_bytes", 4096)


def test_without_bounds_all_entries_share_a_node() -> None:
    set_threshold("stream_node_max_entries", 0)
    set_threshold("stream_node_max_bytes", 0)
    try:
        stream = stream_of(*[(n, [b"a", b"v" * 100]) for n in range(1, 3000)])
        assert stream.node_count == 1
        stream.check()
    finally:
        set_threshold("stream_node_max_entries", 100)
        set_threshold("stream_node_max_bytes", 4096)


def test_what_was_dumped_can_be_loaded() -> None:
    stream = stream_of(*[(n, [b"field", b"%d" % n]) for n in range(1, 350)])
    stream.delete(120)
    other = Stream()
    for number, blob in stream.dump_nodes():
        assert other.load_node(number, blob)
    other.last_id = stream.last_id
    other.check()
    assert other.entries(0, MAX_ID) == stream.entries(0, MAX_ID)


def test_nodes_are_loaded_in_order_only() -> None:
    stream = stream_of(*[(n, [b"field", b"x"]) for n in range(1, 150)])
    first, second = stream.dump_nodes()
    other = Stream()
    assert other.load_node(*second)
    assert not other.load_node(*first)
    assert not other.load_node(*second)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_spoiled_blob_is_refused_or_walked_safely(data: st.DataObject) -> None:
    words = st.lists(st.binary(max_size=80), min_size=2, max_size=6).map(
        lambda found: found[: len(found) // 2 * 2]
    )
    stream = stream_of(*[(n * 3, data.draw(words)) for n in range(1, data.draw(st.integers(2, 6)))])
    ((number, blob),) = stream.dump_nodes()
    spoiled = bytearray(blob)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        how = data.draw(st.integers(0, 3))
        if how == 0:
            spoiled[at] = data.draw(st.integers(0, 255))
        elif how == 1:
            spoiled[at:at] = data.draw(st.binary(max_size=4))
        elif how == 2:
            del spoiled[at : at + data.draw(st.integers(1, 6))]
        else:
            spoiled[at] ^= 1 << data.draw(st.integers(0, 7))
        if not spoiled:
            return
    if data.draw(st.booleans()):
        spoiled[:4] = len(spoiled).to_bytes(4, "little")
    other = Stream()
    if other.load_node(number, bytes(spoiled)):
        other.last_id = MAX_ID
        entries = other.entries(0, MAX_ID)
        assert other.entries(0, MAX_ID, 0, True) == entries[::-1]
        for each, _words in entries:
            assert other.delete(each)
        assert len(other) == 0
