"""MULTI, EXEC, DISCARD, WATCH and UNWATCH, as clients see them."""

import pytest

from dflite.base.conversation_errors import (
    DiscardWithoutMulti,
    ExecAborted,
    ExecWithoutMulti,
    NestedMulti,
    NotInTransaction,
    OutOfMemory,
    WatchInsideMulti,
)
from dflite.base.errors import NotAnInteger, WrongArity
from tests.support.node import Error, Node, NodeClient
from tests.support.resp import NULL, NULL_ARRAY


def execute(client: NodeClient, *lines: str) -> object:
    """EXEC's reply to these requests."""
    replies = client.run_all("MULTI", *lines, "EXEC")
    assert replies[0] == "OK"
    assert replies[1:-1] == ["QUEUED"] * len(lines)
    return replies[-1]


@pytest.fixture
def other(node: Node) -> NodeClient:
    return node.client()


# -- queueing and running -----------------------------


def test_what_is_queued_runs_at_exec(client: NodeClient, other: NodeClient) -> None:
    assert client.run_all("MULTI", "SET k 1", "INCR k") == ["OK", "QUEUED", "QUEUED"]
    assert other.run("GET k") is None
    assert client.run("EXEC") == ["OK", 2]
    assert other.run("GET k") == b"2"


def test_nothing_queued_is_an_empty_array(client: NodeClient) -> None:
    assert execute(client) == []


def test_errors_while_running_stand_in_their_places(client: NodeClient) -> None:
    assert execute(client, "SET k a", "INCR k", "SET k b") == [
        "OK",
        Error(NotAnInteger.text),
        "OK",
    ]
    assert client.run("GET k") == b"b"


def test_select_within_a_transaction_lasts(client: NodeClient, other: NodeClient) -> None:
    assert execute(client, "SET k 0", "SELECT 1", "SET k 1") == ["OK", "OK", "OK"]
    assert client.run("GET k") == b"1"
    assert other.run("GET k") == b"0"


def test_hello_within_a_transaction_changes_the_protocol_from_there(client: NodeClient) -> None:
    client.run_all("MULTI", "GET nothing", "HELLO 3", "GET nothing")
    reply = client.run_exactly("EXEC")
    assert reply.items[0].kind == "null bulk"
    assert reply.items[1].kind == "map"
    assert reply.items[2].kind == NULL


def test_discard_drops_what_is_queued(client: NodeClient) -> None:
    assert client.run_all("MULTI", "SET k v", "DISCARD") == ["OK", "QUEUED", "OK"]
    assert client.run("GET k") is None
    assert client.run("EXEC") == ExecWithoutMulti


@pytest.mark.parametrize(
    ("request_line", "error"),
    [("EXEC", ExecWithoutMulti), ("DISCARD", DiscardWithoutMulti), ("MULTI x", WrongArity)],
)
def test_without_multi(client: NodeClient, request_line: str, error: type) -> None:
    assert client.run(request_line) == error


def test_a_transaction_is_one_step_of_the_journal(node: Node, client: NodeClient) -> None:
    execute(client, "SET a 1", "GET a", "INCR a")
    assert [(step.lines, step.transaction) for step in node.steps] == [
        (["SET a 1", "INCR a"], True)
    ]


def test_a_transaction_of_one_write_is_a_plain_record(node: Node, client: NodeClient) -> None:
    execute(client, "GET a", "SET a 1")
    assert [(step.lines, step.transaction) for step in node.steps] == [(["SET a 1"], False)]


def test_records_know_their_databases(node: Node, client: NodeClient) -> None:
    execute(client, "SET a 1", "SELECT 2", "SET a 2")
    assert node.steps[0].records == [(0, [b"SET", b"a", b"1"]), (2, [b"SET", b"a", b"2"])]


def test_time_stands_still_within_a_transaction(node: Node, client: NodeClient) -> None:
    assert execute(client, "SET k v PX 1", "PTTL k", "GET k") == ["OK", 1, b"v"]
    node.advance(1)
    assert client.run("GET k") is None


# -- what cannot be queued -------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["SET k", "NOSUCH", "CLIENT", "CLIENT NOSUCH", "DISCARD x"])
def test_an_error_while_queueing_breaks_the_transaction(client: NodeClient, line: str) -> None:
    client.run("MULTI")
    assert isinstance(client.run(line), Error)
    assert client.run("SET k v") == "QUEUED"
    assert client.run("EXEC") == ExecAborted
    assert client.run("EXEC") == ExecWithoutMulti
    assert client.run("GET k") is None


def test_a_broken_transaction_can_be_discarded(client: NodeClient) -> None:
    assert client.run_all("MULTI", "NOSUCH", "DISCARD")[-1] == "OK"
    assert execute(client, "PING") == ["PONG"]


def test_nested_multi_is_an_error_that_breaks_nothing(client: NodeClient) -> None:
    client.run_all("MULTI", "SET k v")
    assert client.run("MULTI") == NestedMulti
    assert client.run("EXEC") == ["OK"]


def test_watch_inside_multi_is_an_error_that_breaks_nothing(
    client: NodeClient, other: NodeClient
) -> None:
    client.run("MULTI")
    assert client.run("WATCH k") == WatchInsideMulti
    other.run("SET k v")
    assert client.run("EXEC") == []


def test_what_may_not_be_in_a_transaction_breaks_it(client: NodeClient) -> None:
    client.run("MULTI")
    assert client.run("CLIENT REPLY OFF") == NotInTransaction
    assert client.run("EXEC") == ExecAborted


def test_exec_with_arguments_ends_the_transaction(client: NodeClient) -> None:
    client.run_all("MULTI", "SET k v")
    assert client.run("EXEC now") == (
        b"EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"
    )
    assert client.run("EXEC") == ExecWithoutMulti


def test_out_of_memory_at_exec_ends_the_transaction(node: Node, client: NodeClient) -> None:
    client.run_all("MULTI", "SET k v")
    node.executor.max_memory = 1
    assert client.run("EXEC") == (
        b"EXECABORT Transaction discarded because of: "
        b"OOM command not allowed when used memory > 'maxmemory'."
    )
    client.run_all("MULTI", "GET k")
    assert client.run("EXEC") == [None]


def test_quit_and_reset_are_not_queued(client: NodeClient, other: NodeClient) -> None:
    assert client.run_all("MULTI", "SET k v", "RESET") == ["OK", "QUEUED", "RESET"]
    assert client.run("EXEC") == ExecWithoutMulti
    assert client.run_all("MULTI", "SET k v", "QUIT") == ["OK", "QUEUED", "OK"]
    assert client.closed
    assert other.run("GET k") is None


def test_a_queue_that_grows_over_the_query_buffer_limit_costs_the_connection(node: Node) -> None:
    node.limits.query_buffer = 100_000
    client = node.client()
    client.run("MULTI")
    replies: list[object] = []
    while not client.closed:
        client.send("SET", "k", "x" * 1000)
        replies += client.read_all()
        assert len(replies) < 100
    assert len(replies) > 80


# -- WATCH -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", ["SET k w", "DEL k", "APPEND k x", "EXPIRE k 100", "PEXPIREAT k 1", "RENAME k l"]
)
def test_a_change_of_a_watched_key_cancels(
    client: NodeClient, other: NodeClient, change: str
) -> None:
    other.run("SET k v")
    assert client.run("WATCH k") == "OK"
    other.run(change)
    assert execute(client, "SET k mine") is None
    assert client.run("GET k") != b"mine"


@pytest.mark.parametrize("no_change", ["GET k", "SET other w", "TTL k", "DEL other", "TYPE k"])
def test_what_changes_nothing_cancels_nothing(
    client: NodeClient, other: NodeClient, no_change: str
) -> None:
    other.run("SET k v")
    client.run("WATCH k")
    other.run(no_change)
    assert execute(client, "SET k mine") == ["OK"]


def test_a_cancelled_transaction_is_a_null_array(client: NodeClient, other: NodeClient) -> None:
    client.run("WATCH k")
    other.run("SET k v")
    client.run("MULTI")
    assert client.run_exactly("EXEC").kind == NULL_ARRAY


def test_one_of_several_watched_keys_is_enough(client: NodeClient, other: NodeClient) -> None:
    client.run("WATCH a b c")
    client.run("WATCH d")
    other.run("SET b 1")
    assert execute(client, "PING") is None


def test_ones_own_changes_count_between_watch_and_multi(client: NodeClient) -> None:
    client.run_all("WATCH k", "SET k v")
    assert execute(client, "PING") is None


def test_ones_own_changes_do_not_count_within_the_transaction(client: NodeClient) -> None:
    client.run("WATCH k")
    assert execute(client, "SET k v", "SET k w") == ["OK", "OK"]


def test_exec_forgets_what_was_watched(client: NodeClient, other: NodeClient) -> None:
    client.run("WATCH k")
    execute(client)
    other.run("SET k v")
    assert execute(client, "PING") == ["PONG"]


@pytest.mark.parametrize("forgets", [["UNWATCH"], ["MULTI", "DISCARD"], ["RESET"]])
def test_a_change_can_be_forgotten(
    client: NodeClient, other: NodeClient, forgets: list[str]
) -> None:
    client.run("WATCH k")
    other.run("SET k v")
    client.run_all(*forgets)
    assert execute(client, "PING") == ["PONG"]


def test_a_key_is_watched_in_its_database(client: NodeClient, other: NodeClient) -> None:
    client.run("WATCH k")
    other.run("SELECT 1")
    other.run("SET k v")
    assert execute(client, "PING") == ["PONG"]
    client.run("SELECT 1")
    client.run("WATCH k")
    client.run("SELECT 0")
    other.run("SET k w")
    assert execute(client, "PING") is None


def test_a_failed_write_is_no_change(client: NodeClient, other: NodeClient) -> None:
    other.run("SET k v")
    client.run("WATCH k")
    other.run("INCR k")
    other.run("SET k w NX")
    assert execute(client, "PING") == ["PONG"]


def test_a_watched_key_that_expires_cancels(node: Node, client: NodeClient) -> None:
    client.run("SET k v PX 100")
    client.run("WATCH k")
    node.advance(100)
    assert execute(client, "PING") is None


def test_it_cancels_too_when_somebody_met_the_expired_key(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("SET k v PX 100")
    client.run("WATCH k")
    node.advance(100)
    assert other.run("GET k") is None
    assert execute(client, "PING") is None


def test_a_key_that_was_due_already_may_be_removed(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("SET k v PX 100")
    node.advance(100)
    client.run("WATCH k")
    assert other.run("GET k") is None
    assert execute(client, "PING") == ["PONG"]


def test_a_key_that_was_due_already_may_not_come_back(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    client.run("SET k v PX 100")
    node.advance(100)
    client.run("WATCH k")
    other.run("SET k again")
    assert execute(client, "PING") is None


@pytest.mark.parametrize("flush", ["FLUSHALL", "FLUSHDB"])
def test_flushing_cancels_for_keys_that_were_there(
    client: NodeClient, other: NodeClient, flush: str
) -> None:
    other.run("SET k v")
    client.run("WATCH k")
    other.run(flush)
    assert execute(client, "PING") is None
    client.run("WATCH k")
    other.run(flush)
    assert execute(client, "PING") == ["PONG"]


def test_flushing_another_database_cancels_nothing(client: NodeClient, other: NodeClient) -> None:
    other.run("SET k v")
    client.run("WATCH k")
    other.run("SELECT 1")
    other.run("FLUSHDB")
    assert execute(client, "PING") == ["PONG"]


def test_swapping_databases_cancels_for_keys_of_either(
    client: NodeClient, other: NodeClient
) -> None:
    other.run_all("SET here 0", "SELECT 1", "SET there 1")
    client.run("WATCH nowhere")
    other.run("SWAPDB 0 1")
    assert execute(client, "PING") == ["PONG"]
    for key in ("here", "there"):
        client.run(f"WATCH {key}")
        other.run("SWAPDB 0 1")
        assert execute(client, "PING") is None


def test_a_client_that_is_gone_watches_nothing(node: Node, client: NodeClient) -> None:
    client.run("WATCH a b")
    client.disconnect()
    assert node.executor.watching.watchers == {}


def test_watching_more_after_a_change_watches_nothing(node: Node, client: NodeClient) -> None:
    client.run_all("WATCH a", "SET a 1", "WATCH b")
    assert client.state.watched == []
    assert execute(client) is None
    node.executor.watching.check()
    assert node.executor.watching.watchers == {}


def test_what_is_queued_counts_towards_maxmemory_until_it_is_gone(
    node: Node, client: NodeClient, other: NodeClient
) -> None:
    before = node.executor.used_memory()
    ends = ("EXEC", "DISCARD", "RESET", "NOSUCH")
    for end in ends:
        client.run_all("MULTI", "ECHO " + "x" * 100_000)
        assert node.executor.queued_bytes == client.state.queue_bytes > 100_000
        assert node.executor.used_memory() >= before + 100_000
        client.run(end)
        assert node.executor.queued_bytes == 0
    client.run("DISCARD")
    client.run_all("MULTI", "PING")
    client.disconnect()
    other.run_all("MULTI", "PING", f"CLIENT KILL ID {other.id}", "EXEC")
    assert node.executor.queued_bytes == 0


def test_a_queue_cannot_take_all_the_memory(node: Node, client: NodeClient) -> None:
    node.executor.max_memory = node.executor.binding_memory() + 1_000_000
    client.run("MULTI")
    replies = [client.run("SET", "k", b"v" * 100_000) for _ in range(20)]
    assert replies[0] == "QUEUED"
    assert OutOfMemory in replies
    assert node.executor.queued_bytes == 0
    assert client.run("EXEC") == ExecAborted
