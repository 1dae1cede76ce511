"""Room is made before a write, and what goes is announced."""

import pytest

from dflite.base.conversation_errors import ExecAborted, OutOfMemory
from tests.support.node import Node, NodeClient, forget_other_nodes

pytestmark = pytest.mark.usefixtures("fresh_values")


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def client(node: Node) -> NodeClient:
    return node.client()


def fill(node: Node, client: NodeClient, policy: str, count: int = 1000) -> None:
    """Keys as many as the limit lets be."""
    node.lane.evictor.set_policy(policy)
    for number in range(count):
        client.run("SET", f"key:{number}", "x" * 100)
    node.executor.max_memory = node.executor.binding_memory() + 1000
    node.take_journal()


def test_at_the_limit_writes_are_refused_and_all_else_goes_on(
    node: Node, client: NodeClient
) -> None:
    fill(node, client, "noeviction")
    node.executor.max_memory = 1
    assert client.run("SET a b") == OutOfMemory
    assert client.run("GET key:1") == b"x" * 100
    assert client.run("EXPIRE key:1 10") == 1
    assert client.run("DEL key:2") == 1
    node.advance(11_000)
    node.expire_actively()
    assert client.run("DBSIZE") == 998
    assert node.executor.rejected_for_memory == 1


def test_a_queue_is_broken_by_a_write_without_room(node: Node, client: NodeClient) -> None:
    node.executor.max_memory = 1
    client.run("MULTI")
    assert client.run("GET a") == "QUEUED"
    assert client.run("SET a b") == OutOfMemory
    assert client.run("EXEC") == ExecAborted


def test_a_full_transaction_that_writes_is_refused(node: Node, client: NodeClient) -> None:
    client.run_all("MULTI", "SET a b")
    node.executor.max_memory = 1
    assert client.run("EXEC") == b"EXECABORT Transaction discarded because of: " + OutOfMemory.text


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random", "cache"])
def test_room_is_made_before_the_write(node: Node, client: NodeClient, policy: str) -> None:
    fill(node, client, policy)
    for number in range(500):
        assert client.run("SET", f"new:{number}", "x" * 100) == "OK"
        # Room is made for what is there: then the value comes, or the table's next segment.
        assert node.executor.binding_memory() <= node.executor.max_memory + 2_000
    assert node.executor.eviction.evicted > 400
    assert len(node.db) > 900


def test_replicas_get_a_deletion_before_the_write(node: Node, client: NodeClient) -> None:
    fill(node, client, "allkeys-random")
    node.executor.max_memory = node.executor.binding_memory() - 1
    client.run("SET new value")
    *deletions, last = node.take_journal()
    assert last == "SET new value"
    assert deletions
    assert all(line.startswith("DEL key:") for line in deletions)


def test_a_read_that_makes_room_for_nothing_is_not_journaled(
    node: Node, client: NodeClient
) -> None:
    fill(node, client, "allkeys-random")
    client.run("SET list value")
    client.run("STICK list")  # chance might choose it, and the SETNX would write
    node.take_journal()
    node.executor.max_memory = node.executor.binding_memory() - 1
    client.run("SETNX list other")
    assert all(line.startswith("DEL ") for line in node.take_journal())


def test_any_request_makes_room_for_what_is_in_buffers(node: Node, client: NodeClient) -> None:
    fill(node, client, "allkeys-random")
    other = node.client()
    other.conn.feed(b"*2\r\n$3\r\nSET\r\n$60000\r\n" + b"x" * 50_000)
    assert node.executor.eviction.evicted == 0
    left = client.run("DBSIZE")
    assert isinstance(left, int)
    assert left < 900
    assert node.executor.eviction.evicted > 100


def test_without_a_policy_reads_go_on_above_the_limit(node: Node, client: NodeClient) -> None:
    fill(node, client, "noeviction")
    node.executor.max_memory = 1000
    assert client.run("DBSIZE") == 1000
    assert client.run("GET key:1") == b"x" * 100


def test_an_eviction_is_an_event_of_its_own(node: Node, client: NodeClient) -> None:
    fill(node, client, "allkeys-random")
    node.executor.notifications.configure("Ee")
    node.executor.observers_changed()
    listener = node.client()
    listener.run("SUBSCRIBE __keyevent@0__:evicted")
    node.executor.max_memory = node.executor.binding_memory() - 1
    client.run("SET new value")
    message = listener.read()
    assert isinstance(message, list)
    assert message[1] == b"__keyevent@0__:evicted"
    assert node.executor.eviction.evicted >= 1
    assert node.effects.expired == 0


def test_a_watched_key_that_is_evicted_breaks_the_exec_that_evicts_it(
    node: Node, client: NodeClient
) -> None:
    node.lane.evictor.set_policy("allkeys-random")
    client.run("SET only value")
    client.run("WATCH only")
    client.run_all("MULTI", "SET other value")
    node.executor.max_memory = 1
    client.run("EXEC")
    assert client.run("EXISTS only other") == 0


def test_a_tracker_hears_of_an_eviction(node: Node) -> None:
    client = node.client(resp3=True)
    node.lane.evictor.set_policy("allkeys-random")
    client.run("CLIENT TRACKING ON")
    client.run("SET k v")
    client.run("GET k")
    node.executor.max_memory = 100
    other = node.client()
    other.run("SET other v")
    assert client.read() == [b"invalidate", [b"k"]]


def test_what_a_slice_left_over_is_asked_for(node: Node, client: NodeClient) -> None:
    fill(node, client, "allkeys-random", 3000)
    asked: list[int] = []
    node.executor.eviction.on_pressure = lambda: asked.append(1)
    node.lane.evictor.slice_us = 1
    node.executor.max_memory = 100
    assert client.run("SET new value") == "OK"
    assert asked
    assert node.executor.eviction.exceeding_ms() >= 0
    while len(node.db):
        node.executor.make_room()
    assert not node.executor.make_room()
    node.executor.max_memory = 0
    assert node.executor.make_room()


def test_reset_counts_anew(node: Node, client: NodeClient) -> None:
    fill(node, client, "allkeys-random")
    node.executor.max_memory = node.executor.binding_memory() - 1
    client.run("SET new value")
    node.executor.eviction.reset()
    assert node.executor.eviction.evicted == node.executor.eviction.expired == 0


def test_the_lane_makes_room_as_handlers_do() -> None:
    node = Node(lane=True, journal=False)
    client = node.client()
    node.lane.evictor.set_policy("cache")
    client.run_all(*[f"SET key:{number} {'x' * 100}" for number in range(1000)])
    node.executor.max_memory = node.executor.binding_memory()
    calls = node.lane.calls.total()
    for number in range(1000):  # not all at once: what was sent and is not run yet counts, too
        client.run_all(f"SET new:{number} {'x' * 100}")
    assert node.lane.calls.total() - calls == 1000
    assert node.executor.eviction.evicted > 900
    assert node.executor.binding_memory() <= node.executor.max_memory + 300


@pytest.mark.parametrize("policy", ["noeviction", "allkeys-lru", "cache"])
@pytest.mark.parametrize("lane", [False, True], ids=["handlers", "lane"])
def test_a_request_longer_than_the_limit_is_refused_and_no_key_goes(
    lane: bool, policy: str
) -> None:
    forget_other_nodes()
    node = Node(lane=lane, journal=False)
    client = node.client()
    node.lane.evictor.set_policy(policy)
    for number in range(500):
        client.run("SET", f"key:{number}", "x" * 1000)
    node.executor.max_memory = 2_000_000
    assert client.run("SET", "huge", "x" * 3_000_000) == OutOfMemory
    assert client.run("MSET", "a", "x" * 1_500_000, "b", "x" * 1_500_000) == OutOfMemory
    assert client.run("RPUSH", "list", "x" * 2_000_001) == OutOfMemory
    client.run("MULTI")
    assert client.run("SET", "huge", "x" * 3_000_000) == OutOfMemory
    assert client.run("EXEC") == ExecAborted
    assert client.run("DBSIZE") == 500
    assert node.executor.eviction.evicted == 0
    assert node.executor.rejected_for_memory == 4
    assert client.run("SET small x") == "OK"


@pytest.mark.parametrize("lane", [False, True], ids=["handlers", "lane"])
def test_nothing_goes_while_a_request_comes_that_will_be_refused(lane: bool) -> None:
    forget_other_nodes()
    node = Node(lane=lane, journal=False)
    client = node.client()
    other = node.client()
    node.lane.evictor.set_policy("allkeys-lru")
    for number in range(500):
        client.run("SET", f"key:{number}", "x" * 1000)
    node.executor.max_memory = 2_000_000
    assert client.raw(b"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$3000000\r\n") == b""
    for _ in range(30):
        assert client.raw(b"x" * 100_000) == b""
        node.executor.make_room()
        assert other.run("SET a b") == "OK"
    assert node.executor.used_memory() > 3_000_000
    assert client.raw(b"\r\n").startswith(b"-OOM ")
    assert node.executor.eviction.evicted == 0
    assert client.run("DBSIZE") == 501
    assert node.executor.used_memory() < 2_000_000


def test_what_one_waits_for_counts_if_it_is_not_too_long_for_the_limit() -> None:
    forget_other_nodes()
    node = Node(journal=False)
    client = node.client()
    node.executor.max_memory = 10_000_000
    before = node.executor.binding_memory()
    client.raw(b"*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$3000000\r\n" + b"x" * 1_000_000)
    assert node.executor.binding_memory() >= before + 1_000_000
    node.executor.max_memory = 2_500_000
    client.raw(b"x")
    assert node.executor.binding_memory() < before + 100_000
    node.executor.max_memory = 0
    assert client.raw(b"x" * 1_999_999 + b"\r\n") == b"+OK\r\n"
    assert client.run("STRLEN huge") == 3_000_000
