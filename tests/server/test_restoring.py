"""Loading at the start: while it lasts, and when it cannot be done."""

import asyncio
import errno
import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dflite.native.base.bytesops import crc64
from dflite.native.rdb.writer import Writer
from dflite.persistence.log_folder import FolderLock
from dflite.server import restoring
from dflite.server.log_loading import CannotLoad
from dflite.server.restoring import Restoring
from dflite.server.saving import Saving
from dflite.server.snapshotting import Snapshots
from tests.support.connection import Connection
from tests.support.figures import figures_of
from tests.support.node import Node
from tests.support.servers import (
    DidNotStart,
    Server,
    dflite_command,
    free_port,
    start_dflite,
    wait_until,
)

RunDflite = Callable[..., Server]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"REDIS0011\x00\x01k\x01", 'it ends too soon: at byte 9 of 13, at key "k"'),
        (b"nonsense!!", "it does not begin as an RDB file does"),
        (b"", "it is shorter than the head of an RDB file"),
        (b"REDIS0099\xff", "its version, 99, is none that this server reads"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_start(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "dump.rdb").write_bytes(data)
    with pytest.raises(DidNotStart, match="cannot start") as refusal:
        start_dflite(f"--dir={tmp_path}")
    assert f"dump.rdb cannot be loaded: {text}" in str(refusal.value)
    assert (tmp_path / "dump.rdb").read_bytes() == data


def test_no_file_name_means_no_snapshots(run_dflite: RunDflite, tmp_path: Path) -> None:
    (tmp_path / "dump.rdb").write_bytes(b"nonsense!!")
    with run_dflite(f"--dir={tmp_path}", "--dbfilename=").connect() as client:
        assert client.call("SAVE").is_error
        assert client.call("SET", "a", "1").text == "OK"


def test_other_servers_files_are_loaded(
    run_dflite: RunDflite, shared_valkey: Server, shared_redis: Server, tmp_path: Path
) -> None:
    for number, other in enumerate((shared_valkey, shared_redis)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with other.connect() as client:
            client.call("FLUSHALL")
            client.call("SET", "string", "text", "EX", "1000")
            client.call("RPUSH", "list", *[str(n) for n in range(1000)])
            client.call("SADD", "set", *[str(n) for n in range(1000)])
            client.call("ZADD", "zset", "1", "a", "2.5", "b")
            client.call("HSET", "hash", "f", "v" * 1000)
            client.call("XADD", "stream", "1-1", "f", "v")
            client.call("SAVE")
            home = client.call("CONFIG", "GET", "dir").items[1].text
            name = client.call("CONFIG", "GET", "dbfilename").items[1].text
            digest = {key: value_of(client, key) for key in KEYS}
            client.call("FLUSHALL")
        (folder / "dump.rdb").write_bytes((Path(home) / name).read_bytes())
        with run_dflite(f"--dir={folder}").connect() as client:
            assert {key: value_of(client, key) for key in KEYS} == digest
            assert 0 < client.call("TTL", "string").number <= 1000


LIBRARY = "#!lua name=greetings\nredis.register_function('hello', function() return 'hi' end)"


def test_functions_are_part_of_a_snapshot(
    run_dflite: RunDflite, shared_valkey: Server, shared_redis: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    flags = (f"--dir={folder}", "--enable_debug_command=yes")
    server = run_dflite(*flags)
    with server.connect() as client:
        client.call("FUNCTION", "LOAD", LIBRARY)
        client.call("SET", "a", "1")
        assert client.call("DEBUG", "RELOAD").text == "OK"
        assert client.call("FCALL", "hello", "0").data == b"hi"
        assert client.call("DEBUG", "RELOAD", "NOFLUSH").is_error  # the key is there
        client.call("SET", "a", "2")
        client.call("SET", "b", "2")
        assert client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE").text == "OK"
        assert [item.data for item in client.call("MGET", "a", "b").items] == [b"1", b"2"]
        assert client.call("DEBUG", "RELOAD", "NOFLUSH", "MERGE").text == "OK"
        assert client.call("DBSIZE").number == 2
        client.call("DEL", "b")
        client.call("FUNCTION", "FLUSH")
        client.call("DEL", "a")
        assert client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").text == "OK"
        assert client.call("FCALL", "hello", "0").data == b"hi"
    server.stop()
    with run_dflite(*flags).connect() as client:
        assert client.call("FCALL", "hello", "0").data == b"hi"
    for other in (shared_valkey, shared_redis):
        with other.connect() as client:
            home = Path(client.call("CONFIG", "GET", "dir").items[1].text)
            dump = home / client.call("CONFIG", "GET", "dbfilename").items[1].text
            if other is shared_valkey:  # Redis 7.0 does not know our version of the format
                dump.write_bytes((folder / "dump.rdb").read_bytes())
                assert client.call("DEBUG", "RELOAD", "NOSAVE").text == "OK"
                assert client.call("GET", "a").data == b"1"
            else:
                client.call("FUNCTION", "LOAD", LIBRARY)
            assert client.call("FCALL", "hello", "0").data == b"hi"
            client.call("SAVE")
            client.call("FUNCTION", "FLUSH")
            client.call("FLUSHALL")
        theirs = tmp_path / other.name
        theirs.mkdir()
        (theirs / "dump.rdb").write_bytes(dump.read_bytes())
        with run_dflite(f"--dir={theirs}").connect() as client:
            assert client.call("FCALL", "hello", "0").data == b"hi"


def test_functions_that_do_not_compile_end_the_start(tmp_path: Path) -> None:
    writer = Writer()
    writer.byte(0xF5)
    writer.string(b"no library")
    body = b"REDIS0011" + writer.take() + b"\xff"
    (tmp_path / "dump.rdb").write_bytes(body + crc64(body).to_bytes(8, "little"))
    with pytest.raises(DidNotStart, match="cannot start") as refusal:
        start_dflite(f"--dir={tmp_path}")
    assert "its functions: ERR Missing library metadata" in str(refusal.value)


def test_who_is_told_to_stop_loads_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node()
    node.host.settings.dir = str(tmp_path)
    for number in range(1000):
        node.client().run(f"SET {number} x")
    saving = Saving(node.executor, node.host.settings, Snapshots(node.executor, node.host.settings))
    assert saving.save_now()
    node.client().run("FLUSHALL")
    monkeypatch.setattr(restoring, "SLICE_US", 0)
    stopped = asyncio.Event()
    stopped.set()
    whole = asyncio.run(figures_of(node).restoring.at_start(stopped))
    assert not whole
    assert 0 < len(node.keyspace.dbs[0]) < 1000
    assert node.executor.loading  # so that nothing of it is saved


KEYS = {
    "string": ("GET", "string"),
    "list": ("LRANGE", "list", "0", "-1"),
    "set": ("SORT", "set"),
    "zset": ("ZRANGE", "zset", "0", "-1", "WITHSCORES"),
    "hash": ("HGETALL", "hash"),
    "stream": ("XRANGE", "stream", "-", "+"),
}


def value_of(client: Connection, key: str) -> object:
    return client.call(*KEYS[key]).value


def test_who_asks_too_early_is_told_to_wait(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "300000", "key", "100")
        client.call("SAVE")
    server.stop()
    seen: list[str] = []
    port = free_port()

    def asked() -> bool:
        """A PING as soon as there is somebody to be asked."""
        try:
            with Connection(port) as client:
                seen.append(client.call("PING").text)
                seen.append(client.call("INFO", "persistence").text)
        except OSError:
            pass
        return "PONG" in seen

    flags = [f"--port={port}", "--memcached_port=0", f"--dir={tmp_path}"]
    process = subprocess.Popen(
        [str(dflite_command()), "serve", *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(asked, what="all is loaded")
    finally:
        process.terminate()
        process.wait()
    told = [text for text in seen if text.startswith("LOADING ")]
    assert all(text == "LOADING Redis is loading the dataset in memory" for text in told)
    while_loading = [text for text in seen if "loading:1" in text]
    assert all("loading_loaded_perc:" in text for text in while_loading)
    assert bool(told) <= bool(while_loading)


def with_log_of_another(folder: Path) -> tuple[Node, Restoring, FolderLock]:
    """A node whose log another one, which holds the lock, writes."""
    node = Node()
    node.host.settings.dir = str(folder)
    node.host.settings.appendonly = True
    loading = figures_of(node).restoring
    lock = FolderLock()
    os.mkdir(loading.log.folder)
    lock.take(loading.log.folder)
    return node, loading, lock


def test_a_process_that_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    node, loading, former = with_log_of_another(tmp_path)

    async def start() -> None:
        claim = asyncio.create_task(loading.claim_log(asyncio.Event()))
        await asyncio.sleep(0)
        assert node.executor.loading, "nobody is served before the data are there"
        assert not loading.log.lock.is_held
        former.close()
        await claim

    asyncio.run(start())
    assert loading.log.lock.is_held
    loading.log.close()


def test_a_process_that_does_not_end_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "PATIENCE_S", 0)
    _, loading, other = with_log_of_another(tmp_path)
    with pytest.raises(CannotLoad, match="another process writes the log in"):
        asyncio.run(loading.claim_log(asyncio.Event()))
    other.close()


def test_a_file_system_without_locks_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(fd: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    node = Node()
    node.host.settings.dir = str(tmp_path)
    node.host.settings.appendonly = True
    loading = figures_of(node).restoring
    asyncio.run(loading.claim_log(asyncio.Event()))
    loading.log.make_folder()
    told = [record for record in caplog.records if "cannot be locked (No locks" in record.message]
    assert len(told) == 1
    loading.log.close()


@pytest.mark.parametrize(
    ("names", "flag", "said"),
    [
        (["dump.rdb"], "--dbfilename=dump-{timestamp}", "holds dump.rdb, not loaded"),
        (["a.rdb", "b.rdb"], "--dbfilename=dump.rdb", "holds b.rdb and 1 more, not loaded"),
        (["b.rdb"], "--dbfilename=", ""),
        ([], "--dbfilename=dump.rdb", ""),
    ],
)
def test_snapshots_with_other_names_are_not_passed_over_in_silence(
    run_dflite: RunDflite, tmp_path: Path, names: list[str], flag: str, said: str
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"REDIS0011")
    log = run_dflite(f"--dir={tmp_path}", flag).log
    assert said in log
    assert said or "not loaded" not in log


def test_a_log_that_is_not_loaded_is_told_of(run_dflite: RunDflite, tmp_path: Path) -> None:
    run_dflite(f"--dir={tmp_path}", "--appendonly=yes").stop()
    server = run_dflite(f"--dir={tmp_path}")
    assert "is a log, and is not loaded: --appendonly is off" in server.log
