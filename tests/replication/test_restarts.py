"""A primary that is stopped and started again takes its replicas back without a snapshot."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.replication.test_primaries import Workload
from tests.support.remote import (
    differences,
    held_by,
    info,
    lasting,
    wait_for_link,
    wait_for_same_offset,
)
from tests.support.servers import (
    Server,
    dflite_command,
    free_port,
    start,
    start_dflite,
    start_redis,
    start_valkey,
    wait_until,
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start_primary(folder: Path, port: int, *more: str) -> Server:
    flags = [f"--port={port}", f"--dir={folder}", "--memcached_port=0", "--save=3600 1", *more]
    argv = [str(dflite_command()), "serve", "--repl_diskless_sync_delay=0", *flags]
    return start("dflite", argv, port)


def stop(server: Server) -> None:
    server.process.terminate()
    server.process.wait()


def is_back(primary: Server, count: int) -> bool:
    return info(primary, "replication")["connected_slaves"] == str(count)


@pytest.mark.parametrize("more", [(), ("--appendonly=yes",)])
def test_replicas_go_on_behind_a_primary_that_is_started_again(
    stack: ExitStack, tmp_path: Path, more: tuple[str, ...]
) -> None:
    port = free_port()
    first = start_primary(tmp_path, port)
    with first:
        address = ("--replicaof", "127.0.0.1", str(port))
        replicas = [stack.enter_context(start_dflite(f"--replicaof=127.0.0.1:{port}"))]
        starts: list[Callable[..., Server]] = [start_redis, start_valkey]
        replicas += [stack.enter_context(begin(*address)) for begin in starts]
        for replica in replicas:
            wait_for_link(replica)
        with Workload(first, 5):
            wait_until(lambda: int(info(first, "replication")["master_repl_offset"]) > 20_000)
        first.call("SET", "soon", "1", "PX", "300")
        first.call("HSET", "hash", "field", "1")
        old = info(first, "replication")["master_replid"]
        stop(first)
    again = stack.enter_context(start_primary(tmp_path, port, *more))
    wait_until(lambda: is_back(again, len(replicas)), within=30, what="all are back")
    fields = info(again, "replication")
    assert fields["master_replid2"] == old
    assert fields["master_replid"] != old
    with Workload(again, 6):
        wait_until(lambda: int(info(again, "replication")["master_repl_offset"]) > 60_000)
    wait_until(lambda: again.call("EXISTS", "soon") == 0)
    for replica in replicas:
        wait_for_same_offset(again, replica)
        assert replica.call("EXISTS", "soon") == 0
    everywhere = [held_by(server) for server in (again, *replicas)]
    now_ms = time.time() * 1000
    held, *others = [lasting(each, now_ms) for each in everywhere]
    for other in others:
        assert differences(held, other) == []
    assert info(again, "stats")["sync_full"] == "0"
    assert info(again, "stats")["sync_partial_ok"] == str(len(replicas))
    assert all(
        info(replica, "replication")["master_replid"] == fields["master_replid"]
        for replica in replicas
    )


def test_who_is_ahead_of_the_snapshot_gets_another(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    with start_primary(tmp_path, port) as first:
        replica = stack.enter_context(start_dflite(f"--replicaof=127.0.0.1:{port}"))
        wait_for_link(replica)
        first.call("INCR", "n")
        first.call("SAVE")
        first.call("INCR", "n")
        wait_for_same_offset(first, replica)
        first.process.kill()
        first.process.wait()
    again = stack.enter_context(start_primary(tmp_path, port))
    wait_until(lambda: is_back(again, 1), within=30)
    wait_for_link(replica)
    wait_for_same_offset(again, replica)
    assert replica.call("GET", "n") == again.call("GET", "n") == b"1"
    assert info(again, "stats")["sync_partial_err"] == "1"


def test_a_snapshot_that_tells_no_place_tells_no_history(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    with start_primary(tmp_path, port) as first:
        first.call("INCR", "n")
        stop(first)
    again = stack.enter_context(start_primary(tmp_path, port))
    assert info(again, "replication")["master_replid2"] == "0" * 40
    assert again.call("GET", "n") == b"1"
