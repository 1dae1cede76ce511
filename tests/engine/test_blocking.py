"""Clients that wait for keys: who is served, when, from what, and who is not."""

from collections.abc import Iterator

import pytest

from dflite.base.conversation_errors import Unblocked
from dflite.base.errors import InternalError, WrongType
from dflite.engine.client import REPLY_ON
from dflite.engine.command import COMMANDS
from tests.support.node import WAITING, Node, NodeClient
from tests.support.toy_lists import toy_lists


@pytest.fixture(autouse=True)
def _toys(node: Node) -> Iterator[None]:
    with toy_lists():
        yield
    node.executor.blocking.check()
    node.executor.watching.check()


def waiting(node: Node, *requests: str) -> list[NodeClient]:
    """A client for each request, which waits."""
    clients = []
    for request in requests:
        client = node.client()
        assert client.run(request) is WAITING
        clients.append(client)
    return clients


def test_who_finds_an_item_does_not_wait(client: NodeClient) -> None:
    client.run("TOYPUSH q a b")
    assert client.run("TOYWAIT q 0") == [b"q", b"a"]


def test_waiters_are_served_in_order_of_arrival(node: Node, client: NodeClient) -> None:
    first, second, third = waiting(node, "TOYWAIT q 0", "TOYWAIT q 0", "TOYWAIT q 0")
    assert client.run("TOYPUSH q a b") == 2
    assert [each.read() for each in (first, second, third)] == [
        [b"q", b"a"],
        [b"q", b"b"],
        WAITING,
    ]
    assert client.run("TOYPUSH q c") == 1
    assert third.read() == [b"q", b"c"]
    assert client.run("EXISTS q") == 0


def test_who_waits_is_counted_and_logged_when_it_is_answered(
    node: Node, client: NodeClient
) -> None:
    node.executor.slowlog.threshold_us = 0
    row = COMMANDS[b"TOYWAIT"]
    served, late, gone = waiting(node, "TOYWAIT q 0", "TOYWAIT q 1", "TOYWAIT q 0")
    assert (row.calls, row.usec, row.times) == (0, 0, {})
    client.run("TOYPUSH q a")
    assert served.read() == [b"q", b"a"]
    assert row.calls == 1
    assert [entry.argv[0] for entry in node.executor.slowlog.entries] == [b"TOYWAIT", b"TOYPUSH"]
    node.advance(1000)
    assert late.read() is None
    gone.disconnect()
    assert (row.calls, row.failed, row.rejected) == (2, 0, 0)
    assert sum(row.times.values()) == 2


def test_the_pusher_is_answered_before_anybody_pops(node: Node, client: NodeClient) -> None:
    waiting(node, "TOYWAIT q 0")
    assert client.run_all("TOYPUSH q a", "EXISTS q") == [1, 0]


def test_serving_is_journaled_as_a_step_of_its_own(node: Node, client: NodeClient) -> None:
    waiting(node, "TOYWAIT q 0", "TOYWAIT q 0")
    client.run("TOYPUSH q a b c")
    assert [(step.lines, step.transaction) for step in node.steps] == [
        (["TOYPUSH q a b c"], False),
        (["TOYPOP q"], False),
        (["TOYPOP q"], False),
    ]


def test_any_change_that_makes_the_key_ready_serves(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0")
    client.run("TOYPUSH other a")
    assert client.run("RENAME other q") == "OK"
    assert waiter.read() == [b"q", b"a"]


def test_a_swap_of_databases_serves(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0")
    client.run("SELECT 1")
    client.run("TOYPUSH q a")
    assert waiter.read() is WAITING
    client.run("SWAPDB 0 1")
    assert waiter.read() == [b"q", b"a"]


def test_a_waiter_waits_in_its_own_database(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    waiter.run("SELECT 3")
    waiter.run("TOYWAIT q 0")
    client.run("TOYPUSH q a")
    assert waiter.read() is WAITING
    client.run("SELECT 3")
    client.run("TOYPUSH q b")
    assert waiter.read() == [b"q", b"b"]


def test_the_first_of_several_ready_keys_is_the_first_of_the_request(
    node: Node, client: NodeClient
) -> None:
    (waiter,) = waiting(node, "TOYWAIT one two 0")
    client.run_all("MULTI", "TOYPUSH two b", "TOYPUSH one a", "EXEC")
    assert waiter.read() == [b"one", b"a"]
    assert client.run("TOYPOP two") == b"b"


def test_a_key_named_twice_is_waited_for_once(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q q r q 0")
    client.run("TOYPUSH q a b")
    assert waiter.read() == [b"q", b"a"]
    assert client.run("TOYPOP q") == b"b"


def test_a_waiter_for_another_type_does_not_stand_in_the_way(
    node: Node, client: NodeClient
) -> None:
    of_sets, of_lists = waiting(node, "TOYTAKE q 0", "TOYWAIT q 0")
    client.run("TOYPUSH q a")
    assert of_lists.read() == [b"q", b"a"]
    assert of_sets.read() is WAITING
    client.run("TOYPUT q b")
    assert of_sets.read() == [b"q", b"b"]


def test_another_type_at_the_key_serves_nobody(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0")
    client.run("SET q string")
    assert waiter.read() is WAITING
    client.run("DEL q")
    client.run("TOYPUSH q a")
    assert waiter.read() == [b"q", b"a"]


def test_another_type_at_an_earlier_key_is_an_error_when_a_later_one_is_ready(
    node: Node, client: NodeClient
) -> None:
    (waiter,) = waiting(node, "TOYWAIT one two 0")
    client.run("SET one string")
    assert waiter.read() is WAITING
    client.run("TOYPUSH two a")
    assert waiter.read() == WrongType
    assert client.run("TOYPOP two") == b"a"


def test_what_is_gone_again_at_the_end_of_the_step_serves_nobody(
    node: Node, client: NodeClient
) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0")
    client.run_all("MULTI", "TOYPUSH q a", "DEL q", "EXEC")
    assert waiter.read() is WAITING


def test_waiters_for_absence_are_told(node: Node, client: NodeClient) -> None:
    client.run("SET k v")
    of_lists, of_absence = waiting(node, "TOYWAIT k2 0", "TOYGONE k 0")
    client.run("SET k w")
    assert of_absence.read() is WAITING
    client.run("DEL k")
    assert of_absence.read() == "GONE"
    assert of_lists.read() is WAITING


def test_expiry_is_absence(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 100")
    (of_absence,) = waiting(node, "TOYGONE k 0")
    node.advance(100)
    node.expire_actively()
    assert of_absence.read() == "GONE"


def test_time_is_up_by_the_clock(node: Node) -> None:
    short, long, forever = waiting(node, "TOYWAIT q 0.1", "TOYWAIT q 0.2", "TOYWAIT q 0")
    node.advance(99)
    assert short.read() is WAITING
    node.advance(1)
    assert short.read() is None
    assert long.read() is WAITING
    node.advance(100)
    assert long.read() is None
    node.advance(10**9)
    assert forever.read() is WAITING


def test_who_timed_out_pops_nothing(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0.1")
    node.advance(100)
    assert waiter.read() is None
    client.run("TOYPUSH q a")
    assert waiter.read() is WAITING
    assert client.run("TOYPOP q") == b"a"


def test_served_waiters_leave_no_timers(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    for _ in range(1000):
        waiter.send("TOYWAIT q 1000000")
        client.run("TOYPUSH q a")
        assert waiter.read() == [b"q", b"a"]
    assert len(node.executor.timers.heap) < 200


@pytest.mark.parametrize("resp3", [False, True])
def test_time_out_is_a_null_array(node: Node, resp3: bool) -> None:
    waiter = node.client(resp3)
    waiter.send("TOYWAIT q 1")
    node.advance(1000)
    assert waiter.take() == (b"_\r\n" if resp3 else b"*-1\r\n")


def test_who_is_gone_pops_nothing(node: Node, client: NodeClient) -> None:
    gone, there = waiting(node, "TOYWAIT q 0", "TOYWAIT q 0")
    gone.disconnect()
    client.run("TOYPUSH q a")
    assert there.read() == [b"q", b"a"]


def test_who_is_killed_pops_nothing(node: Node, client: NodeClient) -> None:
    killed, there = waiting(node, "TOYWAIT q 0", "TOYWAIT q 0")
    assert client.run(f"CLIENT KILL ID {killed.id}") == 1
    client.run("TOYPUSH q a")
    assert there.read() == [b"q", b"a"]


def test_who_is_killed_within_the_step_that_makes_the_key_ready_pops_nothing(
    node: Node, client: NodeClient
) -> None:
    (killed,) = waiting(node, "TOYWAIT q 0")
    client.run_all("MULTI", "TOYPUSH q a", f"CLIENT KILL ID {killed.id}", "EXEC")
    assert client.run("TOYPOP q") == b"a"


def test_unblock_as_if_time_were_up(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0")
    assert client.run(f"CLIENT UNBLOCK {waiter.id}") == 1
    assert waiter.read() is None
    assert client.run(f"CLIENT UNBLOCK {waiter.id}") == 0


def test_unblock_with_an_error(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYWAIT q 0")
    assert client.run(f"CLIENT UNBLOCK {waiter.id} error") == 1
    assert waiter.read() == Unblocked
    assert client.run("TOYPUSH q a") == 1
    assert client.run("TOYPOP q") == b"a"


def test_within_a_transaction_nobody_waits(client: NodeClient) -> None:
    assert client.run_all("MULTI", "TOYWAIT q 0", "TOYPUSH q a", "TOYWAIT q 0", "EXEC")[-1] == [
        None,
        1,
        [b"q", b"a"],
    ]
    assert client.run("TOYWAIT q 0") is WAITING


def test_requests_behind_one_that_waits_stay_in_order(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    assert waiter.run_all("SET k 1", "TOYWAIT q 0", "INCR k", "GET k") == ["OK"]
    assert client.run("GET k") == b"1"
    waiter.send("INCR k")
    assert client.run("GET k") == b"1"
    client.run("TOYPUSH q a")
    assert waiter.read_all() == [[b"q", b"a"], 2, b"2", 3]


def test_one_wait_after_the_other_in_a_pipeline(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    assert waiter.run_all("TOYWAIT q 0", "TOYWAIT q 1", "TOYWAIT q 0") == []
    client.run("TOYPUSH q a")
    assert waiter.read_all() == [[b"q", b"a"]]
    node.advance(1000)
    assert waiter.read_all() == [None]
    client.run("TOYPUSH q b")
    assert waiter.read_all() == [[b"q", b"b"]]


def test_serving_one_may_make_another_ready(node: Node, client: NodeClient) -> None:
    (of_lists,) = waiting(node, "TOYWAIT q 0")
    client.run("SET q string")
    (of_absence,) = waiting(node, "TOYGONE q 0")
    client.run_all("MULTI", "DEL q", "TOYPUSH q a", "EXEC")
    assert of_lists.read() == [b"q", b"a"]
    assert of_absence.read() == "GONE"


def test_a_bug_in_serving_is_an_error_and_the_node_goes_on(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "TOYBUG q")
    (other,) = waiting(node, "TOYWAIT q 0")
    assert client.run("TOYPUSH q a") == 1
    assert waiter.read() == InternalError
    assert other.read() == [b"q", b"a"]
    assert any("ZeroDivisionError" in message for _, message in node.host.logged)


def test_a_waiter_with_replies_off_pops_in_silence(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    waiter.send("CLIENT REPLY OFF")
    waiter.send("TOYWAIT q 0")
    client.run("TOYPUSH q a")
    assert waiter.read() is WAITING
    assert client.run("EXISTS q") == 0
    assert waiter.run("CLIENT REPLY ON") == "OK"


def test_the_skipped_reply_is_the_one_that_comes_later(node: Node, client: NodeClient) -> None:
    waiter = node.client()
    waiter.send("CLIENT REPLY SKIP")
    waiter.send("TOYWAIT q 0")
    client.run("TOYPUSH q a")
    assert waiter.read() is WAITING
    assert waiter.state.reply_mode == REPLY_ON
    assert waiter.run("PING") == "PONG"


def test_a_watched_key_that_a_waiter_empties_has_changed(node: Node, client: NodeClient) -> None:
    watcher = node.client()
    watcher.run("WATCH q")
    waiting(node, "TOYWAIT q 0")
    client.run("TOYPUSH q a")
    assert watcher.run_all("MULTI", "PING", "EXEC")[-1] is None


def test_many_waiters_at_one_key_are_no_burden_to_who_pushes(
    node: Node, client: NodeClient
) -> None:
    clients = [node.client() for _ in range(2000)]
    for each in clients:
        each.send("TOYWAIT q 0")
    for number in range(10):
        client.run(f"TOYPUSH q {number}")
        assert clients[number].read() == [b"q", b"%d" % number]
    for each in clients:
        each.disconnect()
    assert node.executor.blocking.queues == {}


def test_the_hot_lane_goes_on_beside_waiters_that_strings_do_not_concern() -> None:
    node = Node(lane=True, journal=False)
    (of_lists,) = waiting(node, "TOYWAIT q 0")
    assert node.lane.writes
    client = node.client()
    client.run("SET k v")
    (of_absence,) = waiting(node, "TOYGONE k 0")
    assert not node.lane.writes
    client.run("DEL k")
    assert of_absence.read() == "GONE"
    assert node.lane.writes
    calls = node.lane.calls.total()
    assert client.run_all("SET q string", "DEL q", "TOYPUSH q a") == ["OK", 1, 1]
    assert node.lane.calls.total() == calls + 2
    assert of_lists.read() == [b"q", b"a"]
