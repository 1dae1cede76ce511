"""Several nodes: chains, promotions, siblings that go on, each holding the same."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.replication.test_primaries import Workload, assert_same
from tests.support.proxy import Proxy
from tests.support.remote import (
    differences,
    held_by,
    info,
    wait_for_link,
    wait_for_same_offset,
)
from tests.support.servers import Server, start_dflite, start_redis, start_valkey, wait_until

AT_ONCE = "--repl_diskless_sync_delay=0"
HISTORY = "--repl_backlog_size=50mb"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def node(stack: ExitStack, primary: Server | None = None) -> Server:
    flags = [f"--replicaof=127.0.0.1:{primary.port}"] if primary is not None else []
    return stack.enter_context(start_dflite(AT_ONCE, HISTORY, *flags))


def full_syncs(server: Server) -> int:
    return int(info(server, "stats")["sync_full"])


def test_a_chain_holds_the_same_at_its_end(stack: ExitStack) -> None:
    first = node(stack)
    second = node(stack, first)
    wait_for_link(second)
    with Workload(first, 11):
        third = node(stack, second)
        wait_for_link(third)
        other = stack.enter_context(start_valkey("--replicaof", "127.0.0.1", str(second.port)))
        wait_for_link(other)
    wait_for_same_offset(first, second)
    wait_for_same_offset(second, third)
    wait_for_same_offset(second, other)
    assert_same(first, third, other)
    ids = {info(each, "replication")["master_replid"] for each in (first, second, third, other)}
    assert len(ids) == 1


def test_a_chain_of_redis_dflite_and_valkey(stack: ExitStack) -> None:
    first = stack.enter_context(start_redis("--repl-diskless-sync-delay", "0"))
    second = node(stack, first)
    wait_for_link(second)
    third = stack.enter_context(start_valkey("--replicaof", "127.0.0.1", str(second.port)))
    wait_for_link(third)
    with Workload(first, 12):
        wait_until(lambda: int(info(first, "replication")["master_repl_offset"]) > 200_000)
    wait_for_same_offset(first, second)
    wait_for_same_offset(second, third)
    assert_same(first, second, third)


def test_a_chain_follows_when_its_middle_begins_anew(stack: ExitStack) -> None:
    first, elsewhere = node(stack), node(stack)
    first.call("SET", "a", "1")
    elsewhere.call("SET", "b", "1")
    second = node(stack, first)
    wait_for_link(second)
    third = node(stack, second)
    wait_for_link(third)
    second.call("REPLICAOF", "127.0.0.1", str(elsewhere.port))
    wait_for_link(second)
    wait_for_same_offset(elsewhere, second)
    wait_until(lambda: third.call("DBSIZE") == 1 and third.call("GET", "b") == b"1", 15)
    wait_for_same_offset(second, third)
    assert differences(held_by(elsewhere), held_by(third)) == []


def test_siblings_go_on_behind_a_promoted_one(stack: ExitStack) -> None:
    first = node(stack)
    second, third = node(stack, first), node(stack, first)
    wait_for_link(second)
    wait_for_link(third)
    with Workload(first, 13):
        wait_until(lambda: int(info(first, "replication")["master_repl_offset"]) > 50_000)
    wait_for_same_offset(first, second)
    first.process.kill()
    first.process.wait()
    second.call("REPLICAOF", "NO", "ONE")
    third.call("REPLICAOF", "127.0.0.1", str(second.port))
    wait_for_link(third)
    with Workload(second, 14):
        wait_until(lambda: int(info(second, "replication")["master_repl_offset"]) > 100_000)
    wait_for_same_offset(second, third)
    assert_same(second, third)
    assert full_syncs(second) == 0
    assert int(info(second, "stats")["sync_partial_ok"]) >= 1


def test_a_primary_that_steps_down_goes_on_as_a_replica(stack: ExitStack) -> None:
    first = node(stack)
    second = node(stack, first)
    wait_for_link(second)
    with Workload(first, 15):
        wait_until(lambda: int(info(first, "replication")["master_repl_offset"]) > 20_000)
    first.call("CLIENT", "PAUSE", "60000", "WRITE")  # nor does anything expire
    wait_for_same_offset(first, second)
    second.call("REPLICAOF", "NO", "ONE")
    first.call("REPLICAOF", "127.0.0.1", str(second.port))
    wait_for_link(first)
    second.call("SET", "after", "1")
    wait_for_same_offset(second, first)
    assert_same(second, first)
    assert full_syncs(second) == 0


def test_a_primary_with_writes_that_nobody_has_begins_anew(stack: ExitStack) -> None:
    first = node(stack)
    second = node(stack)
    with Proxy(first.port) as proxy:
        second.call("REPLICAOF", "127.0.0.1", str(proxy.port))
        wait_for_link(second)
        wait_for_same_offset(first, second)
        proxy.refusing = True
        proxy.cut()
        first.call("SET", "lost", "1")
        second.call("REPLICAOF", "NO", "ONE")
        second.call("SET", "kept", "1")
        second.call("SET", "kept", "22")
    first.call("REPLICAOF", "127.0.0.1", str(second.port))
    wait_for_link(first)
    wait_for_same_offset(second, first)
    assert_same(second, first)
    assert first.call("EXISTS", "lost") == 0


def test_what_wait_has_counted_is_there(stack: ExitStack) -> None:
    first = node(stack)
    second = node(stack, first)
    third = node(stack, second)
    wait_for_link(third)
    with first.connect() as connection:
        for n in range(50):
            connection.call("SET", f"k{n}", "v")
            assert connection.call("WAIT", "1", "5000").value == 1
            assert second.call("EXISTS", f"k{n}") == 1
    wait_for_same_offset(second, third)
    assert third.call("DBSIZE") == 50


def test_a_replica_that_is_started_again_goes_on_from_its_snapshot(
    stack: ExitStack, tmp_path: Path
) -> None:
    first = node(stack)
    flags = [AT_ONCE, f"--dir={tmp_path}", "--save=3600 1", f"--replicaof=127.0.0.1:{first.port}"]
    with start_dflite(*flags) as second:
        wait_for_link(second)
        with Workload(first, 16):
            wait_until(lambda: int(info(first, "replication")["master_repl_offset"]) > 20_000)
        first.call("SET", "due", "1", "PX", "100")
        wait_for_same_offset(first, second)
        second.process.terminate()
        second.process.wait()
    with Workload(first, 17):
        wait_until(lambda: int(info(first, "replication")["master_repl_offset"]) > 60_000)
    second = stack.enter_context(start_dflite(*flags))
    wait_for_link(second)
    assert_same(first, second)
    assert full_syncs(first) == 1
    assert info(first, "stats")["sync_partial_ok"] == "1"
