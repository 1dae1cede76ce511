"""XINFO."""

from dflite.base.errors import NoSuchKey, WrongType
from dflite.base.stream_errors import NoSuchGroup
from tests.support.node import START_MS, Node, NodeClient


def entry(number: int) -> list[object]:
    return [b"%d-0" % number, [b"n", b"%d" % number]]


def test_a_stream(node: Node) -> None:
    client = node.client(resp3=True)
    for n in range(1, 251):
        client.run(f"XADD s {n} n {n}")
    client.run("XDEL s 1 100")
    client.run("XGROUP CREATE s g 0")
    assert client.run("XINFO STREAM s") == {
        b"length": 248,
        b"radix-tree-keys": 3,
        b"radix-tree-nodes": 8,
        b"last-generated-id": b"250-0",
        b"max-deleted-entry-id": b"100-0",
        b"entries-added": 250,
        b"recorded-first-entry-id": b"2-0",
        b"groups": 1,
        b"first-entry": entry(2),
        b"last-entry": entry(250),
    }


def test_an_empty_stream(client: NodeClient) -> None:
    client.run("XGROUP CREATE s g $ MKSTREAM")
    info = client.run("XINFO STREAM s")
    assert isinstance(info, list)
    figures = dict(zip(info[::2], info[1::2], strict=True))
    assert (figures[b"first-entry"], figures[b"last-entry"]) == (None, None)
    assert figures[b"recorded-first-entry-id"] == b"0-0"
    assert figures[b"radix-tree-nodes"] == 1


def test_everything_about_a_stream(node: Node) -> None:
    client = node.client(resp3=True)
    for n in range(1, 4):
        client.run(f"XADD s {n} n {n}")
    client.run("XGROUP CREATE s g 0")
    client.run("XGROUP CREATE s empty 2")
    client.run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >")
    info = client.run("XINFO STREAM s FULL COUNT 1")
    assert isinstance(info, dict)
    assert info[b"entries"] == [entry(1)]
    assert info[b"groups"] == [
        {
            b"name": b"empty",
            b"last-delivered-id": b"2-0",
            b"entries-read": None,
            b"lag": None,
            b"pel-count": 0,
            b"pending": [],
            b"consumers": [],
        },
        {
            b"name": b"g",
            b"last-delivered-id": b"2-0",
            b"entries-read": 2,
            b"lag": 1,
            b"pel-count": 2,
            b"pending": [[b"1-0", b"alice", START_MS, 1]],
            b"consumers": [
                {
                    b"name": b"alice",
                    b"seen-time": START_MS,
                    b"active-time": START_MS,
                    b"pel-count": 2,
                    b"pending": [[b"1-0", START_MS, 1]],
                }
            ],
        },
    ]
    whole = client.run("XINFO STREAM s FULL COUNT 0")
    assert isinstance(whole, dict)
    assert len(whole[b"entries"]) == 3
    assert len(whole[b"groups"][1][b"pending"]) == 2


def test_groups_and_consumers(node: Node) -> None:
    client = node.client(resp3=True)
    client.run("XADD s 1 n 1")
    client.run("XGROUP CREATE s g 0")
    client.run("XGROUP CREATECONSUMER s g bob")
    client.run("XREADGROUP GROUP g alice STREAMS s >")
    node.advance(30)
    assert client.run("XINFO GROUPS s") == [
        {
            b"name": b"g",
            b"consumers": 2,
            b"pending": 1,
            b"last-delivered-id": b"1-0",
            b"entries-read": 1,
            b"lag": 0,
        }
    ]
    assert client.run("XINFO CONSUMERS s g") == [
        {b"name": b"alice", b"pending": 1, b"idle": 30, b"inactive": 30},
        {b"name": b"bob", b"pending": 0, b"idle": 30, b"inactive": -1},
    ]


def test_what_is_refused(client: NodeClient) -> None:
    client.run("SET string x")
    client.run("XADD s 1 a b")
    for request in ("XINFO STREAM none", "XINFO GROUPS none", "XINFO CONSUMERS none g"):
        assert client.run(request) == NoSuchKey
    assert client.run("XINFO STREAM string FULL") == WrongType
    assert client.run("XINFO CONSUMERS s g") == NoSuchGroup(b"s", b"g")
    wrong = "ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP."
    for request in ("XINFO STREAM s FOO", "XINFO STREAM s FULL COUNT", "XINFO STREAM s FULL FOO 1"):
        assert client.run(request) == wrong
    assert client.run("XINFO GROUPS s") == []


def test_help(client: NodeClient) -> None:
    lines = client.run("XINFO HELP")
    assert isinstance(lines, list)
    assert any(str(line).startswith("GROUPS") for line in lines)
