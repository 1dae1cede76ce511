"""The table of who has which key, and broadcasts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.engine.tracking import TRIMMED
from tests.support.node import Node

LINES = st.sampled_from(
    [
        "GET a", "MGET a b", "SET a 1", "DEL a b", "SET b 1", "FLUSHALL", "CLIENT TRACKING ON",
        "CLIENT TRACKING OFF", "CLIENT TRACKING ON BCAST PREFIX a", "CLIENT TRACKING ON BCAST",
        "CLIENT TRACKING ON NOLOOP", "RESET", "HELLO 3", "MULTI", "EXEC",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 2), LINES), max_size=40))
def test_table_and_clients_agree_whatever_is_said(said: list[tuple[int, str]]) -> None:
    node = Node()
    clients = [node.client(resp3=True) for _ in range(3)]
    for who, line in said:
        clients[who].send(line)
        node.executor.tracking.check()
        assert node.effects.observed == bool(node.executor.tracking.trackers)
        assert node.lane.writes != bool(node.executor.tracking.trackers)
    for client in clients:
        client.disconnect()
    node.executor.tracking.check()
    assert not node.executor.tracking.trackers
    assert not node.executor.tracking.broadcasts


def test_the_hot_lane_writes_while_nobody_tracks() -> None:
    node = Node(lane=True, journal=False)
    client = node.client(resp3=True)
    assert node.lane.writes
    client.run("CLIENT TRACKING ON")
    assert not node.lane.writes
    assert not client.conn.plain  # its reads have to be seen
    client.run("CLIENT TRACKING OFF")
    client.run("CLIENT TRACKING ON BCAST")
    assert client.conn.plain
    assert not node.lane.writes
    client.disconnect()
    assert node.lane.writes


def test_clients_share_the_entry_of_a_key() -> None:
    node = Node()
    trackers = [node.client(resp3=True) for _ in range(3)]
    for tracker in trackers:
        tracker.run("CLIENT TRACKING ON")
        tracker.run("MGET a a b")
    tracking = node.executor.tracking
    assert (len(tracking.holders), tracking.items) == (2, 6)
    node.client().run("SET a 1")
    assert [tracker.read_all() for tracker in trackers] == [[[b"invalidate", [b"a"]]]] * 3
    assert (len(tracking.holders), tracking.items) == (1, 3)


def test_a_big_table_is_freed_bit_by_bit() -> None:
    node = Node()
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING ON")
    keys = [f"k{n}" for n in range(TRIMMED + 500)]
    tracker.run("MGET", *keys)
    tracking = node.executor.tracking
    node.client().run("FLUSHALL")
    assert not tracking.holders
    given_up = tracking.memory
    assert tracking.free_some(1000)
    assert tracking.memory < given_up
    tracking.check()
    assert not tracking.free_some(1000)
    assert tracking.remains == []
    assert tracking.held == 0


def test_what_is_remembered_counts_as_used_memory() -> None:
    node = Node()
    trackers = [node.client(resp3=True) for _ in range(20)]
    tracking = node.executor.tracking
    for tracker in trackers:
        tracker.run("CLIENT TRACKING ON")
    used, memory = node.executor.used_memory(), tracking.memory
    trackers[0].run("MGET", *[b"k" * 100 + b"%d" % n for n in range(100)])
    assert tracking.memory > memory + 100 * 133
    assert node.executor.used_memory() >= used + tracking.memory - memory
    alone = tracking.memory
    for tracker in trackers:
        tracker.run("GET few")
        tracking.check()
    assert tracking.memory > alone + 20 * 8
    tracking.limit = 50
    tracking.trim()
    tracking.check()
    for tracker in trackers:
        tracker.disconnect()
        tracking.check()
    assert tracking.memory <= memory


def test_a_lowered_limit_is_reached_in_steps() -> None:
    node = Node()
    tracker = node.client(resp3=True)
    tracker.run("CLIENT TRACKING ON")
    tracker.run("MGET", *[f"k{n}" for n in range(2 * TRIMMED)])
    node.executor.tracking.limit = 10
    tracker.send("PING")
    assert len(node.executor.tracking.holders) == TRIMMED
    tracker.send("PING")
    assert len(node.executor.tracking.holders) == 10
