"""XADD, XLEN, XDEL, XTRIM, XSETID, XRANGE and XREVRANGE."""

import pytest

from dflite.base.errors import (
    BadSyntax,
    CommandError,
    NoSuchKey,
    NotAnInteger,
    WrongArity,
    WrongType,
)
from dflite.base.stream_errors import (
    EntriesAddedBelowLength,
    IdIsZero,
    IdNotGreater,
    InvalidIntervalEnd,
    InvalidIntervalStart,
    InvalidStreamId,
    LastIdBelowDeleted,
    LastIdBelowGivenDeleted,
    LastIdBelowTop,
    LimitOfExactTrim,
    LimitWithoutTrim,
    NegativeEntriesAdded,
    NegativeLimit,
    NegativeMaxlen,
    NoTrimStrategy,
    StreamExhausted,
    TwoTrimStrategies,
)
from dflite.native.values.thresholds import set_threshold
from tests.support.node import START_MS, Node, NodeClient

LAST = "18446744073709551615"


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def fill(client: NodeClient, count: int) -> None:
    for n in range(1, count + 1):
        client.run(f"XADD s {n} n {n}")


def ids(client: NodeClient) -> list[bytes]:
    found = client.run("XRANGE s - +")
    assert isinstance(found, list)
    return [entry[0] for entry in found]


def test_ids_are_made_of_the_time(node: Node, client: NodeClient) -> None:
    assert client.run("XADD s * a b") == b"%d-0" % START_MS
    assert client.run("XADD s * a b") == b"%d-1" % START_MS
    node.advance(5)
    assert client.run("XADD s * a b") == b"%d-0" % (START_MS + 5)
    assert client.run("XADD s 9999999999999-7 a b") == b"9999999999999-7"
    assert client.run("XADD s * a b") == b"9999999999999-8"
    assert node.take_journal()[-1] == "XADD s 9999999999999-8 a b"


def test_a_sequence_number_may_be_left_open(client: NodeClient) -> None:
    assert client.run("XADD s 0-* a b") == b"0-1"
    assert client.run("XADD s 5-* a b") == b"5-0"
    assert client.run("XADD s 5-* a b") == b"5-1"
    assert client.run("XADD s 4-* a b") == IdNotGreater
    assert client.run(f"XADD s 6-{LAST} a b") == f"6-{LAST}".encode()
    assert client.run("XADD s 6-* a b") == IdNotGreater
    assert client.run("XADD s 6-5 a b") == IdNotGreater


def test_the_last_id_is_the_end(client: NodeClient) -> None:
    assert client.run(f"XADD s {LAST}-{LAST} a b") == f"{LAST}-{LAST}".encode()
    assert client.run("XADD s * a b") == StreamExhausted
    assert client.run("XADD s 1-1 a b") == StreamExhausted


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("XADD s 0-0 a b", IdIsZero),
        ("XADD s 0 a b", IdIsZero),
        ("XADD s abc a b", InvalidStreamId),
        ("XADD s 1-1 a b c", WrongArity),
        ("XADD s NOMKSTREAM 1-1 a", WrongArity),
        ("XADD s MAXLEN 5 *", WrongArity),
        ("XADD s MAXLEN 5 MINID 5 * a b", TwoTrimStrategies),
        ("XADD s MAXLEN -1 * a b", NegativeMaxlen),
        ("XADD s MAXLEN x * a b", NotAnInteger),
        ("XADD s MAXLEN ~ 5 LIMIT -1 * a b", NegativeLimit),
        ("XADD s LIMIT 5 * a b", LimitWithoutTrim),
        ("XADD s LIMIT 0 * a b", LimitOfExactTrim),
        ("XADD s MAXLEN 5 LIMIT 5 * a b", LimitOfExactTrim),
        ("XADD s MINID + * a b", InvalidStreamId),
        ("XTRIM s FOO 5", BadSyntax),
        ("XTRIM s LIMIT 5", LimitWithoutTrim),
        ("XTRIM s LIMIT 0", NoTrimStrategy),
        ("XRANGE s - + COUNT", BadSyntax),
        ("XRANGE s - + FOO 1", BadSyntax),
        ("XRANGE s (+ +", InvalidStreamId),
        (f"XRANGE s ({LAST}-{LAST} +", InvalidIntervalStart),
        ("XREVRANGE s (0-0 -", InvalidIntervalEnd),
        ("XSETID s 5-5", NoSuchKey),
        ("XSETID s x", InvalidStreamId),
        ("XSETID s 5 ENTRIESADDED -1", NegativeEntriesAdded),
        ("XSETID s 5 MAXDELETEDID 6", LastIdBelowGivenDeleted),
        ("XSETID s 5 FOO 6", BadSyntax),
        ("XSETID s 5 MAXDELETEDID", BadSyntax),
    ],
)
def test_what_is_refused_makes_no_stream(
    client: NodeClient, request_: str, error: type[CommandError]
) -> None:
    if request_.startswith("XTRIM"):
        assert client.run(request_.replace("XTRIM s LIMIT 0", "XTRIM s LIMIT 0 LIMIT 0")) == error
    else:
        assert client.run(request_) == error
    assert client.run("EXISTS s") == 0


def test_other_types_are_refused(client: NodeClient) -> None:
    client.run("SET s x")
    for request in ("XADD s * a b", "XLEN s", "XDEL s 1", "XTRIM s MAXLEN 1", "XRANGE s - +"):
        assert client.run(request) == WrongType
    assert client.run("XSETID s 1") == WrongType


def test_nomkstream_makes_none(client: NodeClient) -> None:
    assert client.run("XADD s NOMKSTREAM * a b") is None
    assert client.run("EXISTS s") == 0
    client.run("XADD s 1 a b")
    assert client.run("XADD s NOMKSTREAM 2 a b") == b"2-0"


def test_ranges(client: NodeClient) -> None:
    fill(client, 5)
    assert client.run("XLEN s") == 5
    assert client.run("XRANGE s 2 3") == [[b"2-0", [b"n", b"2"]], [b"3-0", [b"n", b"3"]]]
    assert client.run("XREVRANGE s + - COUNT 1") == [[b"5-0", [b"n", b"5"]]]
    assert client.run("XRANGE s (2 (4-0") == [[b"3-0", [b"n", b"3"]]]
    assert client.run("XRANGE s - + COUNT 0") is None
    assert client.run("XRANGE s - + COUNT -1") is None
    assert client.run("XRANGE s 4 2") == []
    assert client.run("XRANGE none - +") == []
    assert client.run("XLEN none") == 0


def test_ranges_within_many_nodes(client: NodeClient) -> None:
    fill(client, 350)
    found = client.run("XRANGE s 95 205")
    assert isinstance(found, list)
    assert [entry[0] for entry in found] == [b"%d-0" % n for n in range(95, 206)]
    found = client.run("XREVRANGE s 205 95 COUNT 107")
    assert isinstance(found, list)
    assert [entry[0] for entry in found] == [b"%d-0" % n for n in range(205, 98, -1)]


def test_deleting(node: Node, client: NodeClient) -> None:
    fill(client, 4)
    assert client.run("XDEL s 1 3 3 9") == 2
    assert ids(client) == [b"2-0", b"4-0"]
    assert client.run("XDEL s 2 x") == InvalidStreamId
    assert client.run("XLEN s") == 2
    assert client.run("XDEL none 1") == 0
    node.take_journal()
    client.run("XDEL s 1")
    assert node.take_journal() == []
    client.run("XDEL s 2 4")
    assert node.take_journal() == ["XDEL s 2 4"]
    assert client.run("EXISTS s") == 1


def test_trimming(node: Node, client: NodeClient) -> None:
    fill(client, 10)
    node.take_journal()
    assert client.run("XTRIM s MAXLEN 7") == 3
    assert client.run("XTRIM s MINID = 6") == 2
    assert client.run("XTRIM s MINID 6") == 0
    assert client.run("XTRIM s MAXLEN ~ 1") == 0
    assert node.take_journal() == ["XTRIM s MAXLEN = 7", "XTRIM s MINID = 6-0"]
    assert ids(client)[0] == b"6-0"
    assert client.run("XADD s MAXLEN = 2 11 n 11") == b"11-0"
    assert ids(client) == [b"10-0", b"11-0"]
    assert client.run("XTRIM none MAXLEN 0") == 0


def test_rough_trimming_takes_whole_nodes_and_is_journaled_exactly(
    node: Node, client: NodeClient
) -> None:
    set_threshold("stream_node_max_entries", 3)
    try:
        fill(client, 10)
        node.take_journal()
        assert client.run("XTRIM s MAXLEN ~ 5") == 3
        assert client.run("XTRIM s MAXLEN ~ 0 LIMIT 4") == 3
        assert client.run("XADD s MINID ~ 9 11 n 11") == b"11-0"
        assert ids(client) == [b"7-0", b"8-0", b"9-0", b"10-0", b"11-0"]
        assert client.run("XTRIM s MAXLEN ~ 0 LIMIT 0") == 5
    finally:
        set_threshold("stream_node_max_entries", 100)
    assert node.take_journal() == [
        "XTRIM s MAXLEN = 7",
        "XTRIM s MAXLEN = 4",
        "XADD s MINID = 7-0 11-0 n 11",
        "XTRIM s MAXLEN = 0",
    ]


def test_setid(client: NodeClient) -> None:
    fill(client, 3)
    client.run("XDEL s 3")
    assert client.run("XSETID s 2-5") == LastIdBelowDeleted
    assert client.run("XSETID s 3-0 ENTRIESADDED 1") == EntriesAddedBelowLength
    assert client.run("XSETID s 10 ENTRIESADDED 77 MAXDELETEDID 9") == "OK"
    assert client.run("XADD s 10 a b") == IdNotGreater
    info = client.run("XINFO STREAM s")
    assert isinstance(info, list)
    figures = dict(zip(info[::2], info[1::2], strict=True))
    assert figures[b"last-generated-id"] == b"10-0"
    assert figures[b"max-deleted-entry-id"] == b"9-0"
    assert figures[b"entries-added"] == 77


def test_setid_does_not_fall_behind_the_top(client: NodeClient) -> None:
    fill(client, 3)
    assert client.run("XSETID s 2-5") == LastIdBelowTop


def test_deleted_ids_may_come_again_below_a_lower_last_id(client: NodeClient) -> None:
    fill(client, 5)
    client.run("XDEL s 5")
    client.run("XSETID s 10 ENTRIESADDED 5 MAXDELETEDID 2")
    client.run("XDEL s 4")
    client.run("XSETID s 10 ENTRIESADDED 5 MAXDELETEDID 2")
    client.run("XSETID s 3")
    assert client.run("XADD s 4 n again") == b"4-0"
    assert client.run("XADD s 5 n again") == b"5-0"
    assert client.run("XRANGE s 4 4") == [[b"4-0", [b"n", b"again"]]]
    assert client.run("XDEL s 4 5") == 2
    assert client.run("XLEN s") == 3


def test_events(node: Node, client: NodeClient) -> None:
    listener = node.client(resp3=True)
    node.executor.notifications.configure("KEA")
    node.executor.observers_changed()
    listener.run("SUBSCRIBE __keyspace@0__:s")
    for request in ("XADD s 1 a b", "XADD s MAXLEN 1 2 a b", "XTRIM s MAXLEN 1", "XDEL s 2"):
        client.run(request)
    client.run("XSETID s 5")
    heard = [message[2] for message in listener.read_all() if isinstance(message, list)]
    assert heard == [b"xadd", b"xadd", b"xtrim", b"xdel", b"xsetid"]


def test_a_copy_goes_its_own_way(client: NodeClient) -> None:
    fill(client, 3)
    client.run("XGROUP CREATE s g 0")
    client.run("COPY s t")
    client.run("XADD s 4 a b")
    client.run("XDEL t 1")
    assert (client.run("XLEN s"), client.run("XLEN t")) == (4, 2)
    assert client.run("OBJECT ENCODING t") == b"stream"
    assert client.run("TYPE t") == "stream"
