"""WATCH: what breaks a transaction and what does not."""

import pytest

from tests.support.node import Node, NodeClient


@pytest.fixture
def node() -> Node:
    return Node()


def broken(watcher: NodeClient) -> bool:
    """Whether EXEC does nothing now; ends the watching."""
    watcher.node.executor.watching.check()
    replies = watcher.run_all("MULTI", "PING", "EXEC")
    assert not watcher.node.executor.watching.watchers
    return replies[-1] is None


@pytest.mark.parametrize(
    ("before", "meanwhile", "breaks"),
    [
        ("", "SET k v", True),
        ("", "SET other v", False),
        ("", "DEL k", False),
        ("SET k v", "DEL k", True),
        ("SET k v", "SET k v", True),
        ("SET k v", "GET k", False),
        ("SET k v", "EXPIRE k 100", True),
        ("SET k v", "EXPIRE nosuch 100", False),
        ("SET k v", "RENAME k other", True),
        ("SET other v", "RENAME other k", True),
        ("SET other v", "COPY other k", True),
        ("SET k v", "MOVE k 1", True),
        ("SET k v", "FLUSHDB", True),
        ("SET k v", "FLUSHALL", True),
        ("SET other v", "FLUSHALL", False),
        ("SET k v", "SWAPDB 0 1", True),
        ("SET other v", "SWAPDB 0 1", False),
        ("SET k v", "SWAPDB 1 2", False),
        ("SET k 1", "INCR k", True),
        ("SET k v", "INCR k", False),
    ],
)
def test_changes_of_others_break_a_transaction(
    node: Node, before: str, meanwhile: str, breaks: bool
) -> None:
    watcher, other = node.client(), node.client()
    if before:
        other.run(before)
    watcher.run("WATCH k")
    other.run(meanwhile)
    assert broken(watcher) == breaks


def test_ones_own_change_breaks_too(node: Node) -> None:
    watcher = node.client()
    watcher.run("WATCH k")
    watcher.run("SET k v")
    assert broken(watcher)


def test_a_key_is_watched_in_the_database_selected_then(node: Node) -> None:
    watcher, other = node.client(), node.client()
    watcher.run("WATCH k")
    other.run("SELECT 1")
    other.run("SET k v")
    assert not broken(watcher)
    watcher.run("WATCH k")
    watcher.run("SELECT 1")
    other.run("SELECT 0")
    other.run("SET k v")
    assert broken(watcher)


def test_unwatch_forgets_what_happened(node: Node) -> None:
    watcher, other = node.client(), node.client()
    watcher.run("WATCH k")
    other.run("SET k v")
    watcher.run("UNWATCH")
    assert not broken(watcher)


def test_a_key_may_be_watched_twice_and_by_several(node: Node) -> None:
    one, two, other = node.client(), node.client(), node.client()
    one.run("WATCH k k")
    one.run("WATCH k")
    two.run("WATCH k")
    node.executor.watching.check()
    assert [len(clients) for clients in node.executor.watching.watchers.values()] == [2]
    other.run("SET k v")
    assert one.run_all("MULTI", "EXEC")[-1] is None
    assert broken(two)


def test_a_key_that_expires_meanwhile_breaks(node: Node) -> None:
    watcher, other = node.client(), node.client()
    other.run("SET k v PX 5")
    watcher.run("WATCH k")
    node.advance(5)
    assert broken(watcher)


def test_a_key_that_was_due_already_does_not_break_by_its_removal(node: Node) -> None:
    watcher, other = node.client(), node.client()
    other.run("SET k v PX 5")
    node.clock.advance(5)
    watcher.run("WATCH k")
    assert other.run("GET k") is None
    assert not broken(watcher)


def test_who_is_gone_watches_no_more(node: Node) -> None:
    watcher = node.client()
    watcher.run("WATCH k")
    watcher.disconnect()
    assert not node.executor.watching.watchers
    node.executor.watching.check()


def test_that_a_client_watches_a_key_is_found_without_a_look_at_the_others(node: Node) -> None:
    clients = [node.client() for _ in range(5)]
    for client in clients:
        client.run("WATCH k")
    by_id = node.executor.watching.watchers[0, b"k"]
    assert list(by_id) == [client.id for client in clients]
    clients[2].disconnect()
    assert clients[2].id not in by_id
    node.executor.watching.check()
