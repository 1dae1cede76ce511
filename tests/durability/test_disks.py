"""Disks that are full, or that fail: what was promised is kept, and when they heal nodes go on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.connection import Closed, Connection
from tests.support.disks import failing_syncs, full, small_disk
from tests.support.servers import Server, wait_until

RunDflite = Callable[..., Server]
MB = 1 << 20
LOG = ("--appendonly=yes", "--appendfsync=always")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 6 * MB) as path:
        yield path


def fields(client: Connection, section: str) -> dict[str, str]:
    lines = client.call("INFO", section).text.splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait()


def write_until_refused(client: Connection) -> list[str]:
    """The keys that were acknowledged."""
    kept: list[str] = []
    for number in range(5000):
        try:
            reply = client.call("SET", f"key:{number}", "x" * 100)
        except Closed:
            return kept
        if reply.is_error:
            return kept
        kept.append(f"key:{number}")
    raise AssertionError("nothing was refused")


def takes_writes(client: Connection) -> bool:
    return not client.call("SET", "again", "1").is_error


def linked(client: Connection) -> bool:
    return fields(client, "replication")["master_link_status"] == "up"


def test_a_log_on_a_full_disk_keeps_what_was_acknowledged_and_heals(
    run_dflite: RunDflite, disk: Path
) -> None:
    server = run_dflite(f"--dir={disk}", *LOG)
    with server.connect() as client, server.connect() as other:
        client.call("SELECT", "3")
        with full(disk, 20_000):
            kept = write_until_refused(client)
            assert kept
            misconf = "MISCONF Errors writing to the AOF file: No space left on device"
            assert other.call("SET", "again", "1").text == misconf
            assert not other.call("BGREWRITEAOF").is_error
            wait_until(
                lambda: fields(other, "persistence")["aof_last_bgrewrite_status"] == "err",
                what="the rewrite has failed",
            )
            assert other.call("SET", "again", "1").text == misconf
            assert other.call("GET", "again").value is None
        wait_until(lambda: takes_writes(other), what="writes are taken again")
        other.call("BGREWRITEAOF")
        wait_until(
            lambda: fields(other, "persistence")["aof_last_bgrewrite_status"] == "ok",
            what="the rewrite is done",
        )
        other.call("SET", "last", "1")
    kill(server)
    with run_dflite(f"--dir={disk}", *LOG).connect() as client:
        assert client.call("EXISTS", "again", "last").number == 2
        client.call("SELECT", "3")
        assert client.call("EXISTS", *kept).number == len(kept)


def test_a_replica_whose_disk_is_full_takes_a_full_sync_and_logs_it_when_there_is_room(
    run_dflite: RunDflite, disk: Path, tmp_path: Path
) -> None:
    primary = run_dflite(f"--dir={tmp_path}", "--enable_debug_command=yes")
    replica = run_dflite(f"--dir={disk}", *LOG, "--repl_diskless_sync_delay=0")
    with primary.connect() as there, replica.connect() as here:
        there.call("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        there.call("DEBUG", "POPULATE", "5000", "key", "500")
        here.call("SET", "own", "1")
        with full(disk):
            here.call("REPLICAOF", "127.0.0.1", str(primary.port))
            wait_until(
                lambda: "aof_rewrites_consecutive_failures:3" in here.call("INFO").text,
                what="the base cannot be written",
            )
            assert linked(here)
            there.call("INCR", "n")
            wait_until(lambda: here.call("GET", "n").value == b"1", what="the stream is applied")
            assert [item.number for item in there.call("WAITAOF", "0", "1", "50").items] == [0, 0]
        there.call("INCR", "n")
        waited = [item.number for item in there.call("WAITAOF", "0", "1", "20000").items]
        assert waited == [0, 1]
    kill(replica)
    with run_dflite(f"--dir={disk}", *LOG).connect() as client:
        assert client.call("DBSIZE").number == 5001
        assert client.call("GET", "n").data == b"2"


def test_a_primary_whose_log_is_on_a_full_disk_syncs_replicas(
    run_dflite: RunDflite, disk: Path, tmp_path: Path
) -> None:
    primary = run_dflite(f"--dir={disk}", *LOG, "--repl_diskless_sync_delay=0")
    replica = run_dflite(f"--dir={tmp_path}", "--enable_debug_command=yes")
    with primary.connect() as there, replica.connect() as here, primary.connect() as writer:
        with full(disk, 20_000):
            kept = write_until_refused(writer)
            here.call("REPLICAOF", "127.0.0.1", str(primary.port))
            wait_until(lambda: linked(here), what="the full sync is done")
            assert here.call("EXISTS", *kept).number == len(kept)
        wait_until(lambda: takes_writes(there), what="writes are taken again")
        there.call("WAIT", "1", "5000")
        assert here.call("GET", "again").data == b"1"
        digests = [node.call("DEBUG", "DIGEST").text for node in (here,)]
    kill(primary)
    with run_dflite(f"--dir={disk}", *LOG, "--enable_debug_command=yes").connect() as client:
        assert [client.call("DEBUG", "DIGEST").text] == digests


def test_snapshots_on_a_full_disk_stop_writes_until_one_succeeds(
    run_dflite: RunDflite, disk: Path
) -> None:
    server = run_dflite(f"--dir={disk}", "--save=1 1", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "100", "key", "200000")
        with full(disk):
            client.call("SET", "a", "1")
            wait_until(lambda: not takes_writes(client), what="writes are refused")
            assert client.call("SET", "again", "1").text.startswith("MISCONF")
            assert fields(client, "persistence")["rdb_last_bgsave_status"] == "err"
            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
            assert takes_writes(client)
            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
            assert not takes_writes(client)
            assert not [path for path in disk.iterdir() if path.suffix == ".tmp"]
        wait_until(lambda: takes_writes(client), within=20, what="writes are taken again")
        assert fields(client, "persistence")["rdb_last_bgsave_status"] == "ok"


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_a_sync_that_fails_acknowledges_nothing_and_loses_nothing(
    run_dflite: RunDflite, tmp_path: Path, policy: str
) -> None:
    env, switch = failing_syncs(tmp_path)
    flags = (f"--dir={tmp_path}", "--appendonly=yes", f"--appendfsync={policy}")
    server = run_dflite(*flags, env=env)
    with server.connect() as client, server.connect() as other:
        client.call("SET", "before", "1")
        switch.touch()
        if policy == "always":
            assert write_until_refused(client) == []
        else:
            client.call("SET", "before", "2")
            assert client.call("WAITAOF", "1", "0", "2000").items[0].number == 0
        misconf = "MISCONF Errors writing to the AOF file: Input/output error"
        wait_until(
            lambda: other.call("SET", "again", "1").text == misconf, what="writes are refused"
        )
        assert other.call("GET", "again").value is None
        switch.unlink()
        wait_until(lambda: takes_writes(other), within=20, what="writes are taken again")
        assert other.call("WAITAOF", "1", "0", "5000").items[0].number == 1
    kill(server)
    with run_dflite(*flags).connect() as client:
        assert client.call("EXISTS", "before", "again").number == 2


@pytest.mark.parametrize("ignoring", ["no", "yes"])
def test_a_replica_whose_log_cannot_be_written_ends_unless_it_may_go_on(
    run_dflite: RunDflite, disk: Path, tmp_path: Path, ignoring: str
) -> None:
    primary = run_dflite(f"--dir={tmp_path}", "--repl_diskless_sync_delay=0")
    flags = (f"--dir={disk}", *LOG, f"--replicaof=127.0.0.1:{primary.port}")
    replica = run_dflite(*flags, f"--replica_ignore_disk_write_errors={ignoring}")
    with primary.connect() as there, replica.connect() as here:
        wait_until(lambda: linked(here), what="the link is up")
        wait_until(
            lambda: fields(here, "persistence")["aof_base_missing"] == "0", what="the log is whole"
        )
        with full(disk, 20_000):
            for number in range(1000):
                there.call("SET", f"key:{number}", "x" * 100)
            if ignoring == "no":
                replica.process.wait(20)
            else:
                assert there.call("WAIT", "1", "5000").number == 1
                assert fields(here, "persistence")["aof_last_write_status"] == "err"
                assert here.call("DBSIZE").number == 1000
        if ignoring == "yes":
            wait_until(
                lambda: fields(here, "persistence")["aof_last_write_status"] == "ok",
                what="the log is written again",
            )
    if ignoring == "no":
        assert replica.process.returncode == 1
        assert "a replica whose disk cannot be written ends" in replica.log
