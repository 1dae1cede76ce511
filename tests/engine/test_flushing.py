"""Emptying databases: what the engine has to tell others."""

from dflite.engine.flushing import flush
from tests.support.node import Node


def test_watched_and_cached_keys_are_out_of_date() -> None:
    node = Node()
    watcher, tracker = node.client(), node.client(resp3=True)
    watcher.run("SET k v")
    watcher.run("WATCH k")
    tracker.run("CLIENT TRACKING on")
    tracker.run("GET k")
    flush(node.executor, [node.db])
    node.executor.settle(True)
    node.pump()
    watcher.run("MULTI")
    assert watcher.run("EXEC") is None
    assert tracker.read_all() == [[b"invalidate", None]]
    assert len(node.db) == 0


def test_an_empty_database_changes_nobodys_watch() -> None:
    node = Node()
    changed = node.effects.changed
    flush(node.executor, [node.db])
    assert node.effects.changed == changed
