"""The log of a running node: what is acknowledged is in it, and a disk that takes no more."""

import asyncio
import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from dflite.base.conversation_errors import LogNotWhole
from dflite.engine.replication import PrimaryLink
from dflite.persistence.increment import Increment
from dflite.persistence.manifest import UNFINISHED
from dflite.server.append_log import select
from dflite.server.log_rewrite import LogRewriting
from tests.support.connection import Closed, Connection
from tests.support.figures import figures_of
from tests.support.node import Node
from tests.support.servers import Server, wait_until

RunDflite = Callable[..., Server]
ALWAYS = ("--appendonly=yes", "--appendfsync=always")


def persistence(client: Connection) -> dict[str, str]:
    lines = client.call("INFO", "persistence").text.splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait()


def test_what_was_answered_is_there_after_a_kill(run_dflite: RunDflite, tmp_path: Path) -> None:
    flags = (f"--dir={tmp_path}", *ALWAYS, "--enable_debug_command=yes")
    server = run_dflite(*flags)
    with server.connect() as client:
        client.call("SET", "a", "1", "EX", "1000")
        client.call("SELECT", "3")
        for words in (["MULTI"], ["INCR", "n"], ["SADD", "s", "x", "y"], ["SPOP", "s"], ["EXEC"]):
            client.call(*words)
        client.call("EVAL", "redis.call('SET', KEYS[1], redis.call('TIME')[1])", "1", "time")
        digest = client.call("DEBUG", "DIGEST").text
    kill(server)
    again = run_dflite(*flags)
    with again.connect() as client:
        assert "cmdstat_incr" not in client.call("INFO", "commandstats").text
        assert client.call("DEBUG", "DIGEST").text == digest
        assert client.call("DEBUG", "LOADAOF").text == "OK"
        assert client.call("DEBUG", "DIGEST").text == digest
        client.call("INCR", "n")
    again.stop()
    with run_dflite(*flags).connect() as client:
        assert client.call("GET", "n").data == b"1"
        client.call("SELECT", "3")
        assert client.call("GET", "n").data == b"1"


def test_what_a_base_holds_is_on_the_disk_though_nothing_is_synced(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    flags = ("--appendonly=yes", "--appendfsync=no")
    with run_dflite(f"--dir={tmp_path}", *flags).connect() as client:
        client.call("SET", "a", "1")
        assert [item.number for item in client.call("WAITAOF", "1", "0", "1").items] == [0, 0]
        client.call("BGREWRITEAOF")
        assert [item.number for item in client.call("WAITAOF", "1", "0", "9999").items] == [1, 0]
        client.call("SET", "a", "2")
        assert [item.number for item in client.call("WAITAOF", "1", "0", "1").items] == [0, 0]


def test_every_second_the_disk_has_it(run_dflite: RunDflite, tmp_path: Path) -> None:
    with run_dflite(f"--dir={tmp_path}", "--appendonly=yes").connect() as client:
        client.call("SET", "a", "1")
        assert [item.number for item in client.call("WAITAOF", "1", "0", "0").items] == [1, 0]
        fields = persistence(client)
        assert fields["aof_enabled"] == "1"
        assert int(fields["aof_current_size"]) > int(fields["aof_base_size"]) > 0
        assert fields["aof_buffer_length"] == "0"


def test_it_is_switched_on_and_off_while_data_are_there(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    flags = (f"--dir={tmp_path}", "--appendfsync=always", "--enable_debug_command=yes")
    server = run_dflite(*flags)
    with server.connect() as client:
        client.call("SET", "before", "1")
        client.call("DEBUG", "POPULATE", "100000", "ballast", "100")
        assert client.call("WAITAOF", "1", "0", "0").is_error
        assert client.call("CONFIG", "SET", "appendonly", "yes").text == "OK"
        client.call("SET", "behind", "1")
        assert persistence(client)["aof_base_missing"] == "1"
        assert [item.number for item in client.call("WAITAOF", "1", "0", "1").items] == [0, 0]
        manifest = tmp_path / "appendonlydir" / "appendonly.aof.manifest"
        assert manifest.read_text() == UNFINISHED
        assert [item.number for item in client.call("WAITAOF", "1", "0", "0").items] == [1, 0]
        assert manifest.read_text().startswith("file appendonly.aof.1.base.rdb seq 1 type b\n")
        assert persistence(client)["aof_base_missing"] == "0"
        assert client.call("CONFIG", "SET", "appendonly", "no").text == "OK"
        client.call("SET", "lost", "1")
        assert persistence(client)["aof_enabled"] == "0"
    kill(server)
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    with server.connect() as client:
        assert client.call("EXISTS", "before", "behind", "lost").number == 2
        client.call("CONFIG", "SET", "appendonly", "no")
        client.call("SET", "lost", "1")
        client.call("CONFIG", "SET", "appendonly", "yes")
        wait_until(lambda: persistence(client)["aof_rewrites"] == "1", what="a base is there")
    kill(server)
    with run_dflite(f"--dir={tmp_path}", *ALWAYS).connect() as client:
        assert client.call("EXISTS", "before", "behind", "lost").number == 3


def test_a_snapshot_is_the_first_base_of_a_log(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}")
    with server.connect() as client:
        client.call("SET", "a", "1")
        client.call("SAVE")
    server.stop()
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    with server.connect() as client:
        assert client.call("INCR", "a").number == 2
    kill(server)
    (tmp_path / "dump.rdb").unlink()
    with run_dflite(f"--dir={tmp_path}", *ALWAYS).connect() as client:
        assert client.call("GET", "a").data == b"2"


def test_times_stand_in_it_if_that_is_wanted(run_dflite: RunDflite, tmp_path: Path) -> None:
    flags = (f"--dir={tmp_path}", *ALWAYS, "--aof_timestamp_enabled=yes")
    server = run_dflite(*flags)
    with server.connect() as client:
        client.call("SET", "a", "1")
    kill(server)
    text = (tmp_path / "appendonlydir" / "appendonly.aof.1.incr.aof").read_bytes()
    assert text.startswith(b"#TS:")
    with run_dflite(*flags).connect() as client:
        assert client.call("GET", "a").data == b"1"


@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
def test_a_disk_that_takes_no_more_stops_writes_until_it_does(
    run_dflite: RunDflite, tmp_path: Path, policy: str
) -> None:
    flags = (f"--dir={tmp_path}", "--appendonly=yes", f"--appendfsync={policy}")
    server = run_dflite(*flags)
    acknowledged = []
    with server.connect() as client, server.connect() as other:
        client.call("SET", "a", "1")
        wait_until(lambda: persistence(client)["aof_buffer_length"] == "0", what="it is written")
        limits = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (200, limits[1]))
        for number in range(1000):
            try:
                reply = client.call("SET", f"key{number}", "x" * 100)
            except Closed:
                break  # it was cut off: what became of it nobody has promised
            if reply.is_error:
                break
            acknowledged.append(f"key{number}")
        text = "MISCONF Errors writing to the AOF file: File too large"
        wait_until(lambda: other.call("SET", "b", "1").text == text, what="writes are refused")
        assert other.call("GET", "a").data == b"1"
        assert persistence(other)["aof_last_write_status"] == "err"
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits)
        wait_until(lambda: other.call("SET", "b", "1").text == "OK", what="writes are taken again")
        assert persistence(other)["aof_last_write_status"] == "ok"
        if policy == "always":
            assert other.call("WAITAOF", "1", "0", "0").items[0].number == 1
        else:
            wait_until(lambda: persistence(other)["aof_buffer_length"] == "0", what="written")
    kill(server)
    with run_dflite(*flags).connect() as client:
        assert client.call("EXISTS", "a", "b", *acknowledged).number == 2 + len(acknowledged)


def test_a_database_is_selected_by_a_request() -> None:
    assert select(12) == b"*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n"


async def until(question: Callable[[], bool]) -> None:
    for _ in range(1000):
        if question():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not come true")


def test_after_a_failed_sync_only_a_rewrite_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        node = Node(journal=False)
        node.host.settings.dir = str(tmp_path)
        node.host.settings.appendonly = True
        restoring = figures_of(node).restoring
        log, rewriting = restoring.log, restoring.rewriting
        assert rewriting.begin()
        await until(lambda: log.is_whole)
        client = node.client()
        assert client.run("SET a 1") == "OK"
        failing = True
        sync = Increment.sync

        def sync_or_fail(increment: Increment) -> None:
            if failing:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            sync(increment)

        monkeypatch.setattr(Increment, "sync", sync_or_fail)
        log.every_second()
        await until(lambda: log.doubtful is not None)
        text = "MISCONF Errors writing to the AOF file: Input/output error"
        assert client.run("SET a 2") == text
        offset = node.executor.replication.file_offset
        failing = False
        log.next_try_s = 0
        log.every_second()
        await until(lambda: not log.syncing_since_s)
        assert client.run("SET a 2") == text
        assert node.executor.replication.file_offset == offset
        rewriting.by_itself = True
        rewriting.every_second()
        await until(lambda: rewriting.rewrites == 2)
        assert client.run("SET a 2") == "OK"
        log.every_second()
        await until(lambda: node.executor.replication.file_offset == node.executor.backlog.offset)
        log.end()
        assert not log.on

    asyncio.run(run())


def logging_node(folder: Path) -> tuple[Node, LogRewriting]:
    """A node without sockets that is about to have a log."""
    node = Node(journal=False)
    settings = node.host.settings
    settings.dir = str(folder)
    settings.appendonly = True
    settings.appendfsync = "always"
    rewriting = figures_of(node).restoring.rewriting
    rewriting.by_itself = True
    return node, rewriting


def test_with_other_data_nothing_is_promised_before_there_is_a_base_of_them(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        node, rewriting = logging_node(tmp_path)
        log, replication = rewriting.log, node.executor.replication
        client = node.client()
        assert rewriting.begin()
        await until(lambda: log.is_whole)
        assert client.run("SET a 1") == "OK"
        node.executor.before_replies()
        assert replication.file_offset == node.executor.backlog.offset
        rewriting.begin_anew()
        assert replication.file_offset < 0
        assert client.run("SET a 2") == LogNotWhole
        replication.primary = PrimaryLink("127.0.0.1", 1, 0)
        node.executor.observers_changed()
        assert client.run("SET a 3") == "OK"  # that is its primary's to keep
        rewriting.begin_now()
        assert log.on
        assert not log.is_whole
        replication.primary = None
        node.executor.observers_changed()
        assert client.run("GET a") == b"3"
        assert client.run("SET a 4") == LogNotWhole
        await until(lambda: log.is_whole)
        assert client.run("SET a 4") == "OK"
        node.executor.before_replies()
        assert replication.file_offset == node.executor.backlog.offset
        log.close()

    asyncio.run(run())


def test_a_replica_whose_disk_is_full_gives_its_log_up_some_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        node, rewriting = logging_node(tmp_path)
        log, executor = rewriting.log, node.executor
        assert rewriting.begin()
        await until(lambda: log.is_whole)
        log.most_unwritten = 5_000

        def fail(increment: Increment, data: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(Increment, "append", fail)
            executor.replication.primary = PrimaryLink("127.0.0.1", 1, 0)
            for _ in range(10):
                executor.backlog.raw(b"x" * 1_000)
                log.next_try_s = 0
                executor.before_replies()
                assert log.waiting <= 6_000
        assert not log.on
        assert log.is_missed
        assert executor.replication.file_offset < 0
        rewriting.every_second()
        await until(lambda: log.is_whole)
        assert not log.is_missed
        log.close()

    asyncio.run(run())


def test_a_log_that_cannot_be_begun_keeps_nothing_of_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before the base of a later try must not stand behind it too."""

    async def run() -> None:
        node, rewriting = logging_node(tmp_path)
        node.executor.replication.want_stream("replicas", True)
        log, client = rewriting.log, node.client()
        client.run("INCR n")  # which selects a database

        def fail(increment: Increment, data: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(Increment, "append", fail)
            rewriting.begin()
            await until(lambda: rewriting.failures == 1)
        assert not log.on
        assert log.cursor is None
        client.run("INCR n")
        assert rewriting.begin()
        await until(lambda: log.is_whole)
        node.executor.before_replies()
        assert log.increment is not None
        assert Path(log.increment.path).read_bytes() == select(0)
        log.close()

    asyncio.run(run())


def test_a_log_that_is_off_can_be_written_and_read_once(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    server = run_dflite(f"--dir={tmp_path}", "--enable_debug_command=yes")
    with server.connect() as client:
        assert client.call("DEBUG", "LOADAOF").text.startswith("ERR Error trying to load the AOF")
        client.call("SET", "a", "1")
        client.call("BGREWRITEAOF")
        wait_until(lambda: persistence(client)["aof_rewrite_in_progress"] == "0", what="it is done")
        client.call("SET", "a", "2")
        assert client.call("DEBUG", "LOADAOF").text == "OK"
        assert client.call("GET", "a").data == b"1"
