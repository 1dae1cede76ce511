"""Rewriting the log: by command, by growth, while everything changes, and when it fails."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dflite.persistence.manifest import Manifest, read_manifest
from tests.server.test_append_log import ALWAYS, kill, persistence, until
from tests.support.connection import Connection
from tests.support.figures import figures_of
from tests.support.node import Node
from tests.support.servers import Server, wait_until

RunDflite = Callable[..., Server]


def rewritten(client: Connection, times: int) -> bool:
    fields = persistence(client)
    return fields["aof_rewrites"] == str(times) and fields["aof_rewrite_in_progress"] == "0"


def test_base_and_increment_are_exact_while_everything_changes(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    flags = (f"--dir={tmp_path}", *ALWAYS, "--enable_debug_command=yes")
    server = run_dflite(*flags)
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "20000", "key", "10")
        client.call("SELECT", "5")
        client.call("HSET", "hash", *[str(n) for n in range(5000)])
        client.send("BGREWRITEAOF")
        for turn in range(50):
            client.send("HINCRBY", "hash", str(2 * turn), "1")
            client.send("APPEND", f"key:{turn}", "x")
            client.send("INCR", "count")
        replies = client.read_many(151)
        assert replies[0].text == "Background append only file rewriting started"
        wait_until(lambda: rewritten(client, 2), what="the log is rewritten")
        client.call("INCR", "count")
        digest = client.call("DEBUG", "DIGEST").text
    kill(server)
    names = sorted(os.listdir(tmp_path / "appendonlydir"))
    assert names == [
        "appendonly.aof.2.base.rdb",
        "appendonly.aof.2.incr.aof",
        "appendonly.aof.manifest",
    ]
    with run_dflite(*flags).connect() as client:
        assert client.call("DEBUG", "DIGEST").text == digest
        client.call("SELECT", "5")
        assert client.call("GET", "count").data == b"51"


def test_one_at_a_time(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS, "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "1000", "key", "10")
        for words in ("BGREWRITEAOF", "BGREWRITEAOF"):
            client.send(*words.split())
        assert [reply.text for reply in client.read_many(2)] == [
            "Background append only file rewriting started",
            "ERR Background append only file rewriting already in progress",
        ]
        wait_until(lambda: rewritten(client, 2), what="the log is rewritten")
        for words in ("BGSAVE", "BGREWRITEAOF", "SAVE"):
            client.send(*words.split())
        assert [reply.text for reply in client.read_many(3)] == [
            "Background saving started",
            "Background append only file rewriting scheduled",
            "ERR Background save already in progress",
        ]
        wait_until(lambda: rewritten(client, 3), what="the log is rewritten later")
        for words in ("MULTI", "BGREWRITEAOF", "EXEC"):
            client.send(*words.split())
        assert client.read_many(3)[2].items[0].text.endswith("rewriting scheduled")
        wait_until(lambda: rewritten(client, 4), what="the log is rewritten after it")


def test_growth_begins_one(run_dflite: RunDflite, tmp_path: Path) -> None:
    flags = ("--auto_aof_rewrite_min_size=1000", "--auto_aof_rewrite_percentage=100")
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS, *flags)
    with server.connect() as client:
        for _ in range(50):
            client.call("SET", "a", "x" * 100)
        wait_until(lambda: rewritten(client, 2), what="the log is rewritten by itself")
        assert int(persistence(client)["aof_current_size"]) < 1000


def test_without_a_log_a_base_is_written_too(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}")
    with server.connect() as client:
        client.call("SET", "a", "1")
        assert client.call("BGREWRITEAOF").text.endswith("started")
        wait_until(lambda: rewritten(client, 1), what="the base is written")
    server.stop()
    with run_dflite(f"--dir={tmp_path}", *ALWAYS).connect() as client:
        assert client.call("GET", "a").data == b"1"


def test_when_it_fails_the_old_files_go_on(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    folder = tmp_path / "appendonlydir"
    with server.connect() as client:
        client.call("SET", "a", "1")
        (folder / "appendonly.aof.2.base.rdb").mkdir()  # so that nothing can take that name
        assert client.call("BGREWRITEAOF").text.endswith("started")
        wait_until(
            lambda: persistence(client)["aof_last_bgrewrite_status"] == "err", what="it has failed"
        )
        client.call("SET", "b", "1")
        assert persistence(client)["aof_rewrites_consecutive_failures"] == "1"
    kill(server)
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    with server.connect() as client:
        assert client.call("EXISTS", "a", "b").number == 2
        (folder / "appendonly.aof.2.base.rdb").rmdir()
        client.call("BGREWRITEAOF")
        wait_until(lambda: rewritten(client, 1), what="the log is rewritten")
        client.call("SET", "c", "1")
    kill(server)
    with run_dflite(f"--dir={tmp_path}", *ALWAYS).connect() as client:
        assert client.call("EXISTS", "a", "b", "c").number == 3


def test_failures_in_a_row_make_it_wait() -> None:
    rewriting = figures_of(Node()).restoring.rewriting
    rewriting.failed("broken")
    rewriting.failed("broken")
    assert not rewriting.must_wait()
    rewriting.tried_s = 1e12
    rewriting.failed("broken")
    assert rewriting.must_wait()
    assert not rewriting.is_grown()


def test_without_a_log_that_can_be_trusted_it_waits_for_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 10_000.0
    monkeypatch.setattr("dflite.server.log_rewrite.time.monotonic", lambda: now_s)
    rewriting = figures_of(Node()).restoring.rewriting
    for _ in range(20):
        rewriting.failed("broken")
    rewriting.took_s = 1
    rewriting.tried_s = now_s - 30
    assert rewriting.must_wait()
    rewriting.settings.appendonly = True
    assert not rewriting.must_wait()
    rewriting.tried_s = now_s - 8
    assert rewriting.must_wait()
    rewriting.tried_s = now_s - 30
    rewriting.log.is_whole = True
    assert rewriting.must_wait()


def test_a_base_that_a_manifest_on_the_disk_may_name_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        node = Node(journal=False)
        node.host.settings.dir = str(tmp_path)
        node.host.settings.appendonly = True
        rewriting = figures_of(node).restoring.rewriting
        log, client = rewriting.log, node.client()
        assert rewriting.begin()
        await until(lambda: log.is_whole)
        write = Manifest.write

        def write_and_fail(manifest: Manifest, path: str) -> None:
            write(manifest, path)
            if manifest.base is not None and manifest.base.number == 2:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        client.run("INCR n")
        monkeypatch.setattr(Manifest, "write", write_and_fail)
        assert rewriting.begin()
        await until(lambda: rewriting.failures == 1)
        named = read_manifest(log.manifest_path).base
        assert named is not None
        path = Path(log.path_of(named.name))
        before = path.read_bytes()
        monkeypatch.undo()
        client.run("INCR n")
        taken: list[str] = []
        begin_snapshot = rewriting.begin_snapshot

        def begin_and_note() -> None:
            begin_snapshot()
            assert rewriting.sink is not None
            taken.append(rewriting.sink.file.path)

        monkeypatch.setattr(rewriting, "begin_snapshot", begin_and_note)
        assert rewriting.begin()
        await until(lambda: rewriting.rewrites == 2)
        assert before
        assert taken == [log.path_of("appendonly.aof.3.base.rdb")]
        log.close()
        names = sorted(os.listdir(log.folder))
        assert names == [
            "appendonly.aof.3.base.rdb",
            "appendonly.aof.3.incr.aof",
            "appendonly.aof.manifest",
        ]

    asyncio.run(run())
