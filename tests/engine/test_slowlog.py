"""The slow log as a structure."""

from dflite.engine.slowlog import SlowLog, shorten
from tests.support.node import NodeClient


def test_the_newest_come_first_and_the_oldest_go(client: NodeClient) -> None:
    slowlog = SlowLog()
    slowlog.max_length = 3
    for i in range(5):
        slowlog.add(client.state, [b"GET", b"%d" % i], 100 + i, 7)
    assert [entry.argv[1] for entry in slowlog.entries] == [b"4", b"3", b"2"]
    assert [entry.number for entry in slowlog.entries] == [4, 3, 2]


def test_without_room_nothing_is_noted(client: NodeClient) -> None:
    slowlog = SlowLog()
    slowlog.max_length = 0
    slowlog.add(client.state, [b"GET", b"a"], 100, 7)
    assert not slowlog.entries
    assert slowlog.next_number == 0


def test_a_smaller_log_drops_the_oldest(client: NodeClient) -> None:
    slowlog = SlowLog()
    for i in range(5):
        slowlog.add(client.state, [b"%d" % i], 100, 7)
    slowlog.max_length = 2
    slowlog.trim()
    assert [entry.argv for entry in slowlog.entries] == [[b"4"], [b"3"]]


def test_long_requests_are_shortened() -> None:
    argv = [b"MSET", *[b"x"] * 40]
    shown = shorten(argv)
    assert len(shown) == 32
    assert shown[-1] == b"... (10 more arguments)"
    assert shorten([b"y" * 130]) == [b"y" * 128 + b"... (2 more bytes)"]
    assert shorten([b"y" * 128, b"z"]) == [b"y" * 128, b"z"]
