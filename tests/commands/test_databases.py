"""DBSIZE, FLUSHDB, FLUSHALL and SWAPDB."""

import pytest

from dflite.base.errors import BadSyntax, DatabaseOutOfRange, WrongArity
from dflite.base.server_errors import InvalidFirstDatabase, InvalidSecondDatabase
from dflite.engine.context import Context, KeyWaiter
from dflite.store.effects import STRING
from tests.support.node import WAITING, Node, NodeClient


def test_dbsize_counts_the_selected_database(client: NodeClient) -> None:
    client.run("MSET a 1 b 2")
    assert client.run("DBSIZE") == 2
    client.run("SELECT 1")
    assert client.run("DBSIZE") == 0
    assert client.run("DBSIZE x") == WrongArity


@pytest.mark.parametrize("mode", ["", " ASYNC", " sync"])
def test_flushdb_empties_one_database_and_flushall_all(client: NodeClient, mode: str) -> None:
    client.run("SET a 1")
    client.run("SELECT 1")
    client.run("SET b 1")
    assert client.run("FLUSHDB" + mode) == "OK"
    assert client.run("DBSIZE") == 0
    client.run("SET b 1")
    assert client.run("FLUSHALL" + mode) == "OK"
    assert client.run("DBSIZE") == 0
    client.run("SELECT 0")
    assert client.run("DBSIZE") == 0


@pytest.mark.parametrize("words", ["FOO", "ASYNC SYNC", "SYNC SYNC", "ASYNC x"])
def test_flush_refuses_what_it_does_not_know(client: NodeClient, words: str) -> None:
    client.run("SET a 1")
    assert client.run("FLUSHALL " + words) == BadSyntax
    assert client.run("FLUSHDB " + words) == BadSyntax
    assert client.run("EXISTS a") == 1


def test_a_flush_is_journaled_even_of_nothing(node: Node, client: NodeClient) -> None:
    client.run("FLUSHALL")
    client.run("FLUSHDB ASYNC")
    assert node.take_journal() == ["FLUSHALL", "FLUSHDB ASYNC"]


@pytest.mark.usefixtures("fresh_values")
def test_memory_is_given_back_in_slices(node: Node, client: NodeClient) -> None:
    client.run_all(*[f"SET key:{i} value" for i in range(3000)])
    before = node.keyspace.memory()
    client.run("FLUSHALL")
    assert node.keyspace.memory() > before // 2
    while node.keyspace.free_some(100):
        assert sum(node.keyspace.keys_of_remains) == 3000
    assert node.keyspace.memory() == 0
    assert node.keyspace.freed_lazily == 3000


def test_a_flush_breaks_transactions_that_watch_what_was_there(node: Node) -> None:
    watcher, bystander, other = node.client(), node.client(), node.client()
    other.run("SET a 1")
    watcher.run("WATCH a")
    bystander.run("WATCH nothing")
    other.run("FLUSHALL")
    for client in (watcher, bystander):
        client.run("MULTI")
        client.run("PING")
    assert watcher.run("EXEC") is None
    assert bystander.run("EXEC") == ["PONG"]


def test_swapdb_exchanges_what_clients_see(node: Node) -> None:
    first, second = node.client(), node.client()
    first.run("SET a 0")
    second.run("SELECT 1")
    second.run("SET a 1")
    assert first.run("SWAPDB 0 1") == "OK"
    assert first.run("GET a") == b"1"
    assert second.run("GET a") == b"0"
    assert node.take_journal()[-1] == "SWAPDB 0 1"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("a 1", InvalidFirstDatabase),
        ("0 a", InvalidSecondDatabase),
        ("0 99999999999999999999", InvalidSecondDatabase),
        ("0 99", DatabaseOutOfRange),
        ("-1 0", DatabaseOutOfRange),
        ("0", WrongArity),
    ],
)
def test_swapdb_refuses(client: NodeClient, words: str, error: type[Exception]) -> None:
    assert client.run("SWAPDB " + words) == error


def test_swapdb_of_one_with_itself_does_nothing(client: NodeClient) -> None:
    client.run("SET a 1")
    assert client.run("SWAPDB 0 0") == "OK"
    assert client.run("GET a") == b"1"


def test_swapdb_breaks_transactions_on_either_side(node: Node) -> None:
    here, there, neither, swapper = [node.client() for _ in range(4)]
    swapper.run("SET a 1")
    here.run("WATCH a")
    there.run("SELECT 1")
    there.run("WATCH a")
    neither.run("WATCH nothing")
    swapper.run("SWAPDB 0 1")
    for client in (here, there, neither):
        client.run("MULTI")
        client.run("PING")
    assert here.run("EXEC") is None
    assert there.run("EXEC") is None
    assert neither.run("EXEC") == ["PONG"]


def serve_string(ctx: Context, key: bytes) -> bool:
    value = ctx.db.find_string(key)
    if value is not None:
        ctx.reply.bulk(value)
    return value is not None


def test_swapdb_serves_who_waits_for_a_key_of_the_other_database(node: Node) -> None:
    waiting, other = node.client(), node.client()
    waiter = KeyWaiter(waiting.ctx, [b"a"], STRING, 0, serve_string)
    waiter.argv = [b"GET", b"a"]
    node.executor.park(waiter)
    other.run("SELECT 1")
    other.run("SET a here")
    assert waiting.read() is WAITING
    other.run("SWAPDB 0 1")
    assert waiting.read() == b"here"
    assert node.take_journal() == ["SET a here", "SWAPDB 0 1"]
