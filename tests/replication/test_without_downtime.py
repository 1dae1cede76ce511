"""What a data store consists of changes under load: nothing lost, one reconnect each."""

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from tests.replication.test_peers_follow import follow, info
from tests.support.connection import Closed, Connection
from tests.support.servers import Server, start_dflite, wait_until

NO_DELAY = "--repl_diskless_sync_delay=0"


class Store:
    """What clients ask where the primary is, as they would ask Sentinel."""

    def __init__(self, primary: Server) -> None:
        self.nodes = [primary]

    def connect(self) -> Connection:
        """To the node that says that it is the primary, as soon as there is one."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for node in list(self.nodes):
                with contextlib.suppress(OSError, Closed):
                    client = node.connect(30)
                    role = client.call("ROLE").value
                    assert isinstance(role, list)
                    if role[0].data == b"master":
                        return client
                    client.close()
        raise AssertionError("there is no primary")


class Worker(threading.Thread):
    """Counts a key of its own up and reads it back; what failed is done again elsewhere."""

    def __init__(self, store: Store, name: str) -> None:
        super().__init__(daemon=True)
        self.store = store
        self.key = name
        self.done = threading.Event()
        self.acknowledged = 0
        self.failed = 0
        self.wrong = ""
        self.client: Connection | None = None

    def run(self) -> None:
        while not self.done.is_set() and not self.wrong:
            if self.client is None:
                self.client = self.store.connect()
            try:
                self.count()
            except (Closed, OSError):
                self.reconnect()
        if self.client is not None:
            self.client.close()

    def reconnect(self) -> None:
        assert self.client is not None
        self.failed += 1
        self.client.close()
        self.client = None

    def count(self) -> None:
        assert self.client is not None
        reply = self.client.call("INCR", self.key)
        if reply.is_error:
            self.reconnect()
            return
        if reply.value != self.acknowledged + 1:
            self.wrong = f"{self.acknowledged} is followed by {reply.value}"
        assert isinstance(reply.value, int)
        self.acknowledged = reply.value
        read = self.client.call("GET", self.key)
        if not read.is_error and int(read.data) != self.acknowledged:
            self.wrong = f"{self.acknowledged} is read as {read.value!r}"


@pytest.fixture
def first() -> Iterator[Server]:
    with start_dflite(NO_DELAY, "--maxmemory=100mb") as server:
        yield server


def change_to(store: Store, old: Server, new: Server, workers: list[Worker]) -> None:
    """Let another node be the primary; each worker may notice by one failed request."""
    before = [worker.failed for worker in workers]
    follow(new, old)
    store.nodes.append(new)
    assert new.call("REPLTAKEOVER", 20) == b"OK"
    marks = [worker.acknowledged + 5 for worker in workers]
    wait_until(
        lambda: all(w.acknowledged > mark for w, mark in zip(workers, marks, strict=True)), 20
    )
    assert [w.failed - count for w, count in zip(workers, before, strict=True)] == [1] * len(before)
    assert info(old, "replication")["role"] == "slave"
    store.nodes.remove(old)


def test_memory_and_version_change_under_load(first: Server) -> None:
    store = Store(first)
    workers = [Worker(store, f"counter:{number}") for number in range(4)]
    for worker in workers:
        worker.start()
    wait_until(lambda: all(worker.acknowledged > 20 for worker in workers), 20)
    with start_dflite(NO_DELAY, "--maxmemory=200mb") as larger:
        change_to(store, first, larger, workers)
        first.stop()
        with start_dflite(NO_DELAY, "--maxmemory=100mb") as smaller:
            change_to(store, larger, smaller, workers)
            larger.stop()
            for worker in workers:
                worker.done.set()
            for worker in workers:
                worker.join(30)
            assert [worker.wrong for worker in workers] == [""] * len(workers)
            assert [worker.failed for worker in workers] == [2] * len(workers)
            for worker in workers:
                assert smaller.call("GET", worker.key) == b"%d" % worker.acknowledged


def test_replicas_come_and_go_unnoticed(first: Server) -> None:
    store = Store(first)
    workers = [Worker(store, f"counter:{number}") for number in range(2)]
    for worker in workers:
        worker.start()
    with start_dflite(NO_DELAY) as one:
        follow(one, first)
        with start_dflite(NO_DELAY) as two:
            follow(two, first)
            wait_until(lambda: info(first, "replication")["connected_slaves"] == "2", 20)
        wait_until(lambda: info(first, "replication")["connected_slaves"] == "1", 20)
        one.call("REPLICAOF", "NO", "ONE")
    wait_until(lambda: info(first, "replication")["connected_slaves"] == "0", 20)
    for worker in workers:
        worker.done.set()
        worker.join(30)
    assert [(worker.wrong, worker.failed) for worker in workers] == [("", 0)] * 2
    assert all(worker.acknowledged > 0 for worker in workers)
