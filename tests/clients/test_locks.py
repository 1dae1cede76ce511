"""Locks of Python programs: redis-py's own, and redlock over several nodes."""

import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from tests.support.servers import Server, missing

redis = pytest.importorskip("redis", reason="redis-py is not installed")


@pytest.fixture(params=[2, 3], ids=["resp2", "resp3"])
def client(request: pytest.FixtureRequest, shared_dflite: Server) -> Iterator[Any]:
    made = redis.Redis(port=shared_dflite.port, db=6, protocol=request.param)
    made.flushdb()
    yield made
    made.close()


def test_one_holds_it_and_nobody_else_gives_it_back(client: Any) -> None:
    lock = client.lock("guard", timeout=30)
    other = client.lock("guard", timeout=30, blocking=False)
    assert lock.acquire()
    assert lock.locked()
    assert not other.acquire()
    with pytest.raises(redis.exceptions.LockError):
        other.release()
    assert lock.extend(20)
    assert client.pttl("guard") > 30_000
    assert lock.extend(5, replace_ttl=True)
    assert client.pttl("guard") <= 5_000
    assert lock.reacquire()
    assert client.pttl("guard") > 20_000
    lock.release()
    assert not client.exists("guard")


def test_what_was_taken_away_is_not_given_back(client: Any) -> None:
    lock = client.lock("guard", timeout=30)
    assert lock.acquire()
    client.set("guard", "somebody else")
    for give_up in (lock.release, lambda: lock.extend(10), lock.reacquire):
        lock.local.token = b"mine"
        with pytest.raises(redis.exceptions.LockNotOwnedError):
            give_up()
    assert client.get("guard") == b"somebody else"


def test_its_time_runs_out(client: Any) -> None:
    assert client.lock("guard", timeout=0.05).acquire()
    assert client.lock("guard", timeout=30, blocking_timeout=10).acquire()


def test_one_at_a_time(client: Any) -> None:
    client.set("balance", 0)

    def add() -> None:
        for _ in range(10):
            with client.lock("guard", timeout=30, sleep=0.002):
                client.set("balance", int(client.get("balance")) + 1)

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("balance") == b"50"


def test_redlock_needs_most_of_its_nodes(run_dflite: Callable[..., Server]) -> None:
    if find_spec("redlock") is None:
        missing("redlock-py is not installed")
    from redlock import MultipleRedlockException, Redlock

    nodes = [run_dflite() for _ in range(3)]
    at_once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    clients = [redis.Redis(port=node.port, retry=at_once) for node in nodes]
    mine = Redlock(clients, retry_count=1)
    yours = Redlock(clients, retry_count=1)
    lock = mine.lock("guard", 30_000)
    assert lock
    assert 0 < lock.validity <= 30_000
    assert [node.call("EXISTS", "guard") for node in nodes] == [1, 1, 1]
    assert yours.lock("guard", 30_000) is False
    assert [node.call("GET", "guard") for node in nodes] == [lock.key] * 3
    mine.unlock(lock)
    assert [node.call("EXISTS", "guard") for node in nodes] == [0, 0, 0]
    # one that is gone is none of those who agree, and two of three are enough
    nodes[0].stop()
    with pytest.raises(MultipleRedlockException):
        mine.lock("guard", 30_000)
    assert [node.call("EXISTS", "guard") for node in nodes[1:]] == [1, 1]
    assert yours.lock("guard", 30_000) is False
    for each in clients:
        each.close()
