"""CLIENT PAUSE: what is postponed, in which order it runs, and what time does meanwhile."""

from collections.abc import Iterator

import pytest

from dflite.engine.client_filters import flags_of
from tests.support.node import WAITING, Node, NodeClient
from tests.support.toy_lists import toy_lists


@pytest.fixture
def other(node: Node) -> NodeClient:
    return node.client()


@pytest.fixture
def _toys() -> Iterator[None]:
    with toy_lists():
        yield


def test_writers_wait_and_readers_go_on(client: NodeClient, other: NodeClient) -> None:
    client.run("SET k before")
    client.run("CLIENT PAUSE 1000 WRITE")
    assert other.run("SET k after") is WAITING
    assert client.run("GET k") == b"before"
    assert client.run("CLIENT UNPAUSE") == "OK"
    assert other.read() == "OK"
    assert client.run("GET k") == b"after"


def test_who_was_postponed_is_shown_as_waiting(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    other.run("SET k v")
    assert node.executor.blocked_clients() == 1
    assert flags_of(other.state) == b"b"
    assert client.run(f"CLIENT UNBLOCK {other.id}") == 0
    client.run("CLIENT UNPAUSE")
    assert node.executor.blocked_clients() == 0
    assert flags_of(other.state) == b"N"


def test_a_postponed_request_runs_first_and_the_order_is_kept(
    client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    assert other.run_all("GET k", "SET k 1", "INCR k", "GET k") == [None]
    assert other.run_all("PING") == []
    client.run("CLIENT UNPAUSE")
    assert other.read_all() == ["OK", 2, b"2", "PONG"]


def test_clients_go_on_in_the_order_in_which_they_were_postponed(
    node: Node, client: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    for number in range(5):
        node.client().send(f"APPEND k {number}")
    client.run("CLIENT UNPAUSE")
    assert client.run("GET k") == b"01234"


def test_a_second_pause_neither_shortens_nor_weakens(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    client.run("CLIENT PAUSE 10 WRITE")
    assert other.run("SET k v") is WAITING
    node.advance(999)
    assert other.read() is WAITING
    node.advance(1)
    assert other.read() == "OK"


def test_a_second_pause_may_be_longer_and_stronger(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    client.run("CLIENT PAUSE 2000 ALL")
    assert other.run("GET k") is WAITING
    node.advance(1999)
    assert other.read() is WAITING
    node.advance(1)
    assert other.read() is None


def test_a_pause_may_begin_again_while_requests_wait(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    other.send("SET k v")
    client.run_all("MULTI", "CLIENT UNPAUSE", "CLIENT PAUSE 1000 WRITE", "EXEC")
    assert other.read() is WAITING
    assert node.executor.pausing.clients == [other.state]
    client.run("CLIENT UNPAUSE")
    assert other.read() == "OK"
    assert node.executor.pausing.clients == []


def test_what_the_node_holds_waits_for_the_node(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    pausing = node.executor.pausing
    pausing.hold_writes("failover")
    other.state.admin = True
    assert other.run("SET k v") is WAITING
    assert client.run("GET k") is None
    assert client.run("CLIENT UNPAUSE") == "OK"
    client.run("CLIENT PAUSE 100 ALL")
    node.advance(100)
    assert other.read() is WAITING
    assert node.executor.expiry.paused
    pausing.let_writes("failover")
    node.pump()
    assert other.read() == "OK"
    assert not node.executor.expiry.paused


def test_the_end_of_the_nodes_pause_is_not_that_of_a_clients(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    node.executor.pausing.hold_writes("failover")
    assert other.run("SET k v") is WAITING
    node.executor.pausing.let_writes("failover")
    node.pump()
    assert other.read() is WAITING
    client.run("CLIENT UNPAUSE")
    assert other.read() == "OK"


def test_who_is_killed_while_paused_writes_nothing(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    other.send("SET k v")
    assert client.run(f"CLIENT KILL ID {other.id}") == 1
    assert node.executor.pausing.clients == []
    client.run("CLIENT UNPAUSE")
    assert client.run("GET k") is None


def test_who_leaves_while_paused_writes_nothing(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    other.send("SET k v")
    other.disconnect()
    client.run("CLIENT UNPAUSE")
    assert client.run("GET k") is None


def test_a_transaction_that_writes_waits_at_its_first_write(
    client: NodeClient, other: NodeClient
) -> None:
    other.run_all("MULTI", "SET k 1")
    client.run("CLIENT PAUSE 1000 WRITE")
    assert other.run("EXEC") is WAITING
    assert client.run("GET k") is None
    client.run("CLIENT UNPAUSE")
    assert other.read() == ["OK"]


def test_a_transaction_that_reads_runs(client: NodeClient, other: NodeClient) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    assert other.run_all("MULTI", "GET k", "EXEC")[-1] == [None]


def test_a_pause_within_a_transaction_begins_behind_it(
    client: NodeClient, other: NodeClient
) -> None:
    client.run_all("MULTI", "CLIENT PAUSE 1000 WRITE", "SET k v")
    assert client.run("EXEC") == ["OK", "OK"]
    assert other.run("SET k w") is WAITING


def test_nothing_expires_while_writes_are_paused(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 100")
    client.run("CLIENT PAUSE 1000 WRITE")
    node.take_journal()
    node.advance(500)
    node.expire_actively()
    assert client.run("GET k") is None
    assert len(node.db) == 1
    assert node.take_journal() == []
    node.advance(500)
    node.expire_actively()
    assert len(node.db) == 0
    assert node.take_journal() == ["DEL k"]


def test_an_admin_connection_is_never_paused(client: NodeClient, other: NodeClient) -> None:
    other.state.admin = True
    client.run("CLIENT PAUSE 1000 ALL")
    assert other.run("SET k v") == "OK"
    assert other.run("CLIENT UNPAUSE") == "OK"
    assert client.run("GET k") == b"v"


def test_a_skipped_reply_stays_skipped_over_a_pause(client: NodeClient, other: NodeClient) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    assert other.run_all("CLIENT REPLY SKIP", "SET k v", "GET k") == []
    client.run("CLIENT UNPAUSE")
    assert other.read_all() == [b"v"]


@pytest.mark.usefixtures("_toys")
def test_time_runs_out_for_who_waits_for_a_key(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    assert other.run("TOYWAIT q 0.5") is WAITING
    client.run("CLIENT PAUSE 1000 ALL")
    node.advance(500)
    assert other.read() is None


@pytest.mark.usefixtures("_toys")
def test_a_postponed_wait_starts_when_the_pause_is_over(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("CLIENT PAUSE 1000 WRITE")
    assert other.run("TOYWAIT q 0.5") is WAITING
    assert client.run(f"CLIENT UNBLOCK {other.id}") == 0
    node.advance(1000)
    node.advance(499)
    assert other.read() is WAITING
    client.run("TOYPUSH q a")
    assert other.read() == [b"q", b"a"]


def test_the_lane_is_off_during_a_pause_and_on_behind_it() -> None:
    node = Node(lane=True, journal=False)
    client, other = node.client(), node.client()
    node.executor.slowlog.threshold_us = 10_000
    node.executor.observers_changed()
    assert node.lane.writes
    client.run("CLIENT PAUSE 1000 WRITE")
    assert not node.lane.writes
    assert other.run("SET k v") is WAITING
    node.advance(1000)
    assert other.read() == "OK"
    assert node.lane.writes
