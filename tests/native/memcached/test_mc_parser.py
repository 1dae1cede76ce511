"""Memcached's requests out of a connection's input: in pieces, many, too long, held back."""

import pytest

from dflite.native.wire.connection import HELD_OTHER, input_memory
from tests.against.memcached.play import canonical
from tests.against.memcached.programs import draw_program
from tests.support.mc_node import McClient
from tests.support.node import Node


def program(seed: int, length: int = 60) -> bytes:
    parts = [part for request in draw_program(seed, length) for part in request]
    data = b"".join([b"1" if isinstance(part, str) else part for part in parts])
    return data.replace(b"2000000", b"1048577").replace(b"x" * 2_000_000, b"x" * 1_048_577)


def answers(client: McClient, data: bytes, piece: int) -> bytes:
    found = []
    for at in range(0, len(data), piece):
        client.conn.feed(data[at : at + piece])
        client.conn.schedule()
        client.node.pump()
        found.append(client.take())
    return b"".join(found)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_pieces_are_answered_as_the_whole(seed: int, piece: int) -> None:
    data = program(seed)
    if piece == 1:
        data = data[:20_000]
    whole = McClient(Node())
    pieces = McClient(Node())
    expected = answers(whole, data, len(data))
    assert canonical(answers(pieces, data, piece)) == canonical(expected)
    assert pieces.closed == whole.closed
    assert pieces.conn.input_length == whole.conn.input_length
    if not whole.closed:
        assert pieces.run("\r\nmn").endswith("MN") == whole.run("\r\nmn").endswith("MN")


@pytest.mark.parametrize("seed", range(40, 70))
def test_the_lane_answers_as_the_handlers(seed: int) -> None:
    data = program(seed, 200)
    with_lane = McClient(Node(journal=False))
    watched = Node(journal=False)
    watched.executor.slowlog.threshold_us = 0  # it wants to see every request
    watched.executor.observers_changed()
    without = McClient(watched)
    ours = answers(with_lane, data, len(data))
    assert canonical(ours) == canonical(answers(without, data, len(data)))
    figures, others = with_lane.service.figures, without.service.figures
    for name in dir(figures):
        if not name.startswith("_") and name != "reset":
            assert getattr(figures, name) == getattr(others, name), name
    for key in without.node.db.keys(None):
        tables = with_lane.node.db.table(key), without.node.db.table(key)
        for table in tables:
            table.check()
        assert tables[0].read(key) == tables[1].read(key)
        assert tables[0].deadline(key) == tables[1].deadline(key)
        assert tables[0].memcached_flags(key) == tables[1].memcached_flags(key)
    assert len(with_lane.node.db) == len(without.node.db)
    assert with_lane.node.lane.calls.total() > 50
    assert without.node.lane.changes == 0


def test_a_line_without_end_closes_the_connection() -> None:
    client = McClient(Node())
    assert client.raw(b"x" * 2048) == b""
    assert not client.closed
    assert client.raw(b"x") == b""
    assert client.closed


def test_many_keys_may_be_asked_for() -> None:
    client = McClient(Node())
    client.run("set a 0 0 1\r\n1")
    line = b"get " + b"a " * 100_000
    assert client.raw(line) == b""
    assert client.raw(b"\r\n").count(b"VALUE") == 100_000
    assert client.raw(b"   get" + b" x" * 2000) == b""
    assert client.raw(b"\r\n") == b"END\r\n"


def test_keys_without_end_close_the_connection() -> None:
    client = McClient(Node())
    piece = b"get " + b"a " * 500_000
    for _ in range(10):
        client.raw(piece)
    assert client.closed
    assert input_memory() == 0


def test_a_reader_that_is_slow_is_waited_for() -> None:
    node = Node(journal=False)
    client = McClient(node)
    node.limits.high_water = 10_000
    client.raw(b"set a 0 0 5000\r\n" + b"v" * 5000 + b"\r\n")
    client.conn.reading = False
    client.conn.feed(b"get" + b" a" * 1000 + b"\r\nversion\r\n")
    assert client.conn.unsent < 20_000
    assert client.conn.held
    client.conn.reading = True
    found = b""
    while b"VERSION" not in found:
        found += client.take()
        client.conn.release(client.conn.held)
        node.pump()
        found += client.take()
    assert found.count(b"VALUE a 0 5000\r\n" + b"v" * 5000 + b"\r\n") == 1000
    assert found.count(b"END\r\n") == 1


def test_a_held_connection_keeps_its_requests() -> None:
    client = McClient(Node())
    client.conn.hold(HELD_OTHER)
    assert client.raw(b"set a 0 0 1\r\n1\r\nget a\r\n") == b""
    client.conn.release(HELD_OTHER)
    client.node.pump()
    assert client.take() == b"STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n"


def test_a_skipped_block_takes_no_memory() -> None:
    client = McClient(Node())
    assert client.raw(b"set a 0 0 2147483645\r\n").startswith(b"SERVER_ERROR object too large")
    for _ in range(20):
        client.raw(b"x" * 1_000_000)
    assert input_memory() == 0
    assert not client.closed


def test_a_zero_byte_ends_a_line_early() -> None:
    client = McClient(Node())
    client.run("set a 0 0 1\r\n1")
    assert client.raw(b"get a\0b c\r\n") == b"VALUE a 0 1\r\n1\r\nEND\r\n"
    assert client.raw(b"\0\r\n") == b"ERROR\r\n"


def test_shards_make_no_difference() -> None:
    client = McClient(Node(shards=3, journal=False))
    for i in range(50):
        client.raw(b"set k%d %d 0 1\r\n%d\r\n" % (i, i, i % 10))
    keys = b" ".join([b"k%d" % i for i in range(50)])
    assert client.raw(b"get " + keys + b"\r\n").count(b"VALUE") == 50
    assert client.raw(b"".join([b"mg k%d f\r\n" % i for i in range(50)])).count(b"HD f") == 50
