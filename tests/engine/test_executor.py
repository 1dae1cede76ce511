"""Running requests: which error comes first, what is counted, when the hot lane may answer."""

import pytest

from dflite.base.conversation_errors import NoAuth, OutOfMemory, Unblocked
from dflite.base.errors import WrongArity, WrongType
from dflite.base.stream_errors import NoStreamOrGroup
from dflite.engine.command import COMMANDS
from tests.support.node import WAITING, Error, Node, NodeClient


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("NOSUCH", "ERR unknown command 'NOSUCH', with args beginning with: "),
        ("nosuch a 'b c'", "ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' "),
        ("'' a", "ERR unknown command '', with args beginning with: 'a' "),
        ("CLIENT nosuch", "ERR unknown subcommand 'nosuch'. Try CLIENT HELP."),
        ("Get", "ERR wrong number of arguments for 'get' command"),
        ("CLIENT", "ERR wrong number of arguments for 'client' command"),
        ("client GETNAME x", "ERR wrong number of arguments for 'client|getname' command"),
    ],
)
def test_what_is_no_command(client: NodeClient, line: str, text: str) -> None:
    assert client.run(line) == text


def test_what_is_quoted_of_an_unknown_command_is_bounded(client: NodeClient) -> None:
    error = client.run("X" * 500, "y" * 500, "z" * 500)
    assert isinstance(error, Error)
    assert error.text == (
        b"ERR unknown command '" + b"X" * 128 + b"', with args beginning with: '"
        + b"y" * 128 + b"' "
    )  # fmt: skip


def test_names_are_known_in_any_case(client: NodeClient) -> None:
    assert client.run_all("set k v", "Get k", "cLiEnT gEtNaMe") == ["OK", b"v", None]


def test_arity_comes_before_authentication_and_that_before_memory(node: Node) -> None:
    node.executor.users.require([b"secret"])
    node.executor.max_memory = 1
    client = node.client()
    assert client.run("SET k") == WrongArity
    assert client.run("SET k v") == NoAuth
    client.run("AUTH secret")
    assert client.run("SET k v") == OutOfMemory
    assert client.run("DEL k") == 0


def test_an_error_takes_back_what_was_written(client: NodeClient) -> None:
    client.run("SET k v")
    replies = client.run_all("GET k", "INCR k", "GET k")
    assert [isinstance(reply, Error) for reply in replies] == [False, True, False]


def test_writes_are_journaled_as_they_came_reads_and_failures_not(
    node: Node, client: NodeClient
) -> None:
    client.run_all("set k v", "GET k", "INCR k", "SET k w NX", "DEL nosuch", "Append k x")
    assert node.journal == ["set k v", "Append k x"]


def test_an_expired_key_that_is_met_is_journaled_before_what_met_it(
    node: Node, client: NodeClient
) -> None:
    client.run("SET k 1 PX 10")
    node.take_journal()
    node.advance(10)
    client.run("INCR k")
    assert node.journal == ["DEL k", "INCR k"]


def test_keys_that_expire_by_themselves_are_no_transaction(node: Node, client: NodeClient) -> None:
    for number in range(5):
        client.run(f"SET {number} v PX 10")
    node.steps.clear()
    node.advance(10)
    node.expire_actively()
    assert sorted(node.journal) == [f"DEL {number}" for number in range(5)]
    assert not any(step.transaction for step in node.steps)


def test_calls_failures_and_refusals_are_counted(node: Node, client: NodeClient) -> None:
    row = COMMANDS[b"INCR"]
    before = (row.calls, row.failed, row.rejected)
    client.run_all("INCR n", "SET s x", "INCR s", "INCR", "MULTI", "INCR n", "EXEC")
    after = (row.calls, row.failed, row.rejected)
    assert [new - old for new, old in zip(after, before, strict=True)] == [3, 1, 1]
    assert node.executor.errors == {"ERR": 2}
    assert node.executor.error_replies == 2


def test_an_error_that_ends_waiting_is_counted_for_the_command(
    node: Node, client: NodeClient
) -> None:
    client.run_all("XGROUP CREATE s g $ MKSTREAM")
    row = COMMANDS[b"XREADGROUP"]
    before = (row.calls, row.failed, row.rejected)
    reader, other = node.client(), node.client()
    reader.send("XREADGROUP GROUP g c BLOCK 0 STREAMS s >")
    other.send("XREADGROUP GROUP g c BLOCK 0 STREAMS s >")
    client.run(f"CLIENT UNBLOCK {other.id} ERROR")
    client.run("XGROUP DESTROY s g")
    assert other.read() == Unblocked
    assert reader.read() == NoStreamOrGroup(b"s", b"g", b" in XREADGROUP with GROUP option")
    after = (row.calls, row.failed, row.rejected)
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1, 1]


def test_kinds_of_errors_are_counted_up_to_a_limit(node: Node, client: NodeClient) -> None:
    node.db.put_value(b"other", 2, ["no string"])
    assert client.run("INCR other") == WrongType
    assert node.executor.errors == {"WRONGTYPE": 1}
    for number in range(500):
        node.executor.count_error(b"CODE%d text" % number)
    assert len(node.executor.errors) == 128
    assert node.executor.error_replies == 501


def test_buffers_count_as_used_memory(node: Node, client: NodeClient) -> None:
    before = node.executor.used_memory()
    client.conn.feed(b"*2\r\n$3\r\nGET\r\n$100000\r\n" + b"x" * 90_000)
    assert node.executor.used_memory() - before >= 90_000


def test_time_passes_behind_a_slow_step_and_not_within() -> None:
    node = Node(now_ms=None)
    node.host.settings.enable_debug_command = "yes"
    client, popper = node.client(), node.client()
    popper.send("BLPOP l 0")
    said = client.run_all(
        "MULTI", "RPUSH l a", "PEXPIRE l 10", "DEBUG SLEEP 0.02", "PTTL l", "EXEC", "EXISTS l"
    )
    assert said[5:] == [[1, 1, "OK", 10], 0]
    assert popper.read() is WAITING


# -- the hot lane ---------------------------------------------------------------------------------


@pytest.fixture
def fast() -> Node:
    """A node whose hot lane may answer."""
    return Node(lane=True, journal=False)


def by_lane(client: NodeClient, line: str) -> bool:
    """Did the hot lane answer this?"""
    before = client.node.lane.calls.total()
    client.run(line)
    return client.node.lane.calls.total() > before


def test_a_plain_client_is_answered_by_the_lane(fast: Node) -> None:
    client = fast.client()
    assert by_lane(client, "SET k v")
    assert by_lane(client, "get k")
    assert by_lane(client, "PING")
    assert not by_lane(client, "SET k v EX 10")


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("MULTI", "EXEC"),
        ("MULTI", "DISCARD"),
        ("CLIENT NO-TOUCH ON", "CLIENT NO-TOUCH OFF"),
        ("CLIENT REPLY OFF", "CLIENT REPLY ON"),
        ("CLIENT REPLY OFF", "RESET"),
    ],
)
def test_a_mode_of_the_client_keeps_the_lane_away(fast: Node, begin: str, end: str) -> None:
    client = fast.client()
    client.send(begin)
    client.read_all()
    assert not by_lane(client, "GET k")
    client.send(end)
    client.read_all()
    assert by_lane(client, "GET k")


def test_a_skipped_reply_keeps_the_lane_away_once(fast: Node) -> None:
    client = fast.client()
    assert client.run_all("CLIENT REPLY SKIP", "PING", "ECHO a") == [b"a"]
    assert by_lane(client, "GET k")


def test_who_watches_turns_off_the_lanes_writes_for_all(fast: Node) -> None:
    client, watcher = fast.client(), fast.client()
    watcher.run("WATCH k")
    assert not by_lane(client, "SET other v")
    assert by_lane(client, "GET other")
    watcher.run("UNWATCH")
    assert by_lane(client, "SET other v")
    watcher.run("WATCH k")
    watcher.disconnect()
    assert by_lane(client, "SET other v")


def test_what_the_lane_does_stands_in_the_stream_as_a_handlers_request_would() -> None:
    requests = [
        "SET k v", "SET n 5", "MSET a 1 b 2", "INCR n", "DECR n", "EXPIRE k 100", "EXPIRE none 5",
        "DEL b none", "DEL none", "HSET h f v g w", "HDEL h f", "RPUSH l x", "LPUSH l y", "LPOP l",
        "RPOP l", "RPOP l", "SADD s m", "SADD s m", "SADD s 7", "SREM s 7", "SPOP s", "SPOP s",
        "ZADD z 1.50 m", "ZADD z 1.5 m", "ZADD z 2 n", "ZREM z n", "ZPOPMIN z", "XADD x * f v",
        "XADD x * f w", "GET k",
    ]  # fmt: skip
    nodes = [Node(lane=True), Node()]
    for node in nodes:
        client = node.client()
        for request in requests:
            client.run(request)
    one, other = [node.take_journal() for node in nodes]
    assert one == other
    assert "SREM s m" in one
    assert f"PEXPIREAT k {nodes[0].clock.now_ms + 100_000}" in one
    assert nodes[0].lane.calls.total() > 25
    assert nodes[1].lane.calls.total() == 0


def test_a_stranger_is_not_answered_by_the_lane(fast: Node) -> None:
    fast.executor.users.require([b"secret"])
    client = fast.client()
    assert not by_lane(client, "GET k")
    client.run("AUTH secret")
    assert by_lane(client, "GET k")
    client.run("RESET")
    assert not by_lane(client, "GET k")


def test_what_the_lane_answered_last_is_in_client_list(fast: Node) -> None:
    client, other = fast.client(), fast.client()
    other.run("ECHO a")
    other.run("GET k")
    line = client.run(f"CLIENT LIST ID {other.id}")
    assert isinstance(line, bytes)
    assert b" cmd=get " in line
