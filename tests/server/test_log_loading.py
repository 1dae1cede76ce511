"""Logs that are loaded: other servers', old ones, truncated ones, and what cannot be read."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dflite.persistence.manifest import UNFINISHED
from tests.server.test_append_log import ALWAYS, kill, persistence
from tests.support.connection import Connection
from tests.support.resp import encode
from tests.support.servers import (
    DidNotStart,
    Server,
    start_dflite,
    start_redis,
    start_valkey,
    valkey_binary,
    wait_until,
)

RunDflite = Callable[..., Server]
DIRECTORY = "appendonlydir"
SOME = (
    ("SET", "string", "text", "EX", "1000"),
    ("RPUSH", "list", "a", "b"),
    ("SADD", "set", "a", "b"),
    ("ZADD", "zset", "1", "a", "2.5", "b"),
    ("HSET", "hash", "f", "v"),
    ("XADD", "stream", "1-1", "f", "v"),
)
QUESTIONS = (
    ("GET", "string"),
    ("LRANGE", "list", "0", "-1"),
    ("SORT", "set", "ALPHA"),
    ("ZRANGE", "zset", "0", "-1", "WITHSCORES"),
    ("HGETALL", "hash"),
    ("XRANGE", "stream", "-", "+"),
    ("DBSIZE",),
)


def fill(client: Connection) -> None:
    for words in SOME:
        assert not client.call(*words).is_error


def answers(client: Connection) -> list[object]:
    return [client.call(*words).value for words in QUESTIONS]


def rewrite(client: Connection) -> None:
    before = int(persistence(client)["aof_rewrites"])
    client.call("BGREWRITEAOF")
    wait_until(
        lambda: int(persistence(client)["aof_rewrites"]) > before, what="the log is rewritten"
    )


@pytest.mark.parametrize("start", [start_valkey, start_redis])
@pytest.mark.parametrize("base_is_a_snapshot", ["yes", "no"])
def test_logs_of_others_are_loaded_and_gone_on_with(
    run_dflite: RunDflite,
    tmp_path: Path,
    start: Callable[..., Server],
    base_is_a_snapshot: str,
) -> None:
    flags = ("--appendonly", "yes", "--aof-use-rdb-preamble", base_is_a_snapshot)
    other = start("--dir", str(tmp_path), *flags, "--aof-timestamp-enabled", "yes")
    try:
        with other.connect() as client:
            fill(client)
            rewrite(client)
            client.call("SELECT", "3")
            fill(client)
            client.call("FUNCTION", "LOAD", LIBRARY)
            expected = answers(client)
    finally:
        other.stop()
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    with server.connect() as client:
        assert answers(client) == expected
        client.call("SELECT", "3")
        assert answers(client) == expected
        assert 0 < client.call("TTL", "string").number <= 1000
        assert client.call("FCALL", "hello", "0").data == b"hi"
        client.call("APPEND", "string", ", longer")
    kill(server)
    with run_dflite(f"--dir={tmp_path}", *ALWAYS).connect() as client:
        client.call("SELECT", "3")
        assert client.call("GET", "string").data == b"text, longer"


LIBRARY = "#!lua name=greetings\nredis.register_function('hello', function() return 'hi' end)"


def test_valkey_loads_ours_and_its_check_agrees(run_dflite: RunDflite, tmp_path: Path) -> None:
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS, "--aof_timestamp_enabled=yes")
    with server.connect() as client:
        fill(client)
        rewrite(client)
        client.call("SELECT", "3")
        fill(client)
        for words in (["MULTI"], ["INCR", "n"], ["INCR", "n"], ["EXEC"], ["DEL", "n"]):
            client.call(*words)
        expected = answers(client)
    kill(server)
    valkey = start_valkey("--dir", str(tmp_path), "--appendonly", "yes")
    try:
        with valkey.connect() as client:
            assert answers(client) == expected
            client.call("SELECT", "3")
            assert answers(client) == expected
    finally:
        valkey.stop()
    check = tmp_path / "valkey-check-aof"
    check.symlink_to(str(valkey_binary()))
    manifest = tmp_path / DIRECTORY / "appendonly.aof.manifest"
    done = subprocess.run([check, manifest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "All AOF files and manifest are valid" in done.stdout


def test_redis_check_finds_our_increments_in_order(run_dflite: RunDflite, tmp_path: Path) -> None:
    program = shutil.which("redis-check-aof")
    if program is None:
        pytest.skip("redis-check-aof is not installed (Debian and Ubuntu: redis-tools)")
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    with server.connect() as client:
        fill(client)
    kill(server)
    increment = tmp_path / DIRECTORY / "appendonly.aof.1.incr.aof"
    done = subprocess.run([program, increment], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "is valid" in done.stdout


def test_the_one_file_of_old_versions_gets_a_manifest(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    old = tmp_path / "appendonly.aof"
    snapshot = b"REDIS0011\xfe\x00\x00\x01a\x011\xff" + bytes(8)
    for head in (b"", snapshot):
        old.write_bytes(head + encode(["SELECT", "0"]) + encode(["SET", "b", "2"]))
        server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
        with server.connect() as client:
            assert client.call("GET", "b").data == b"2"
            assert client.call("EXISTS", "a").number == int(head != b"")
            client.call("SET", "c", "3")
        assert not old.exists()
        kill(server)
        again = run_dflite(f"--dir={tmp_path}", *ALWAYS)
        with again.connect() as client:
            assert client.call("EXISTS", "b", "c").number == 2
            rewrite(client)
            names = os.listdir(tmp_path / DIRECTORY)
            assert "appendonly.aof.2.base.rdb" in names
        kill(again)  # it may still be removing what is history
        shutil.rmtree(tmp_path / DIRECTORY)


def test_one_that_was_adopted_and_did_not_come_to_its_place(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    (tmp_path / "appendonly.aof").write_bytes(encode(["SET", "b", "2"]))
    folder = tmp_path / DIRECTORY
    folder.mkdir()
    (folder / "appendonly.aof.manifest").write_text("file appendonly.aof seq 1 type b\n")
    with run_dflite(f"--dir={tmp_path}", *ALWAYS).connect() as client:
        assert client.call("GET", "b").data == b"2"


def make_log(tmp_path: Path, *increments: bytes) -> list[Path]:
    folder = tmp_path / DIRECTORY
    folder.mkdir()
    lines = ""
    paths = []
    for number, data in enumerate(increments, 1):
        name = f"appendonly.aof.{number}.incr.aof"
        lines += f"file {name} seq {number} type i\n"
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    (folder / "appendonly.aof.manifest").write_text(lines)
    return paths


WHOLE = encode(["SET", "a", "1"])


@pytest.mark.parametrize("tail", [b"*3\r\n$3\r\nSE", encode(["MULTI"]) + encode(["INCR", "a"])])
def test_a_tail_that_was_cut_off_goes(run_dflite: RunDflite, tmp_path: Path, tail: bytes) -> None:
    _, last, empty = make_log(tmp_path, WHOLE, WHOLE + tail, b"")
    with pytest.raises(DidNotStart) as refusal:
        start_dflite(f"--dir={tmp_path}", *ALWAYS, "--aof_load_truncated=no")
    said = f"ends in the middle of a request: {len(WHOLE)} of {len(WHOLE + tail)} bytes are whole"
    assert said in str(refusal.value)
    assert last.read_bytes() == WHOLE + tail
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    with server.connect() as client:
        assert client.call("GET", "a").data == b"1"
        client.call("INCR", "a")
    kill(server)
    assert last.read_bytes() == WHOLE
    assert empty.read_bytes().endswith(encode(["INCR", "a"]))


def test_damage_with_requests_behind_it_is_no_end_that_was_cut_off(tmp_path: Path) -> None:
    damaged = encode(["SET", "a", "2"]).replace(b"$3", b"$300000")
    text = WHOLE + damaged + WHOLE + WHOLE
    (path,) = make_log(tmp_path, text)
    with pytest.raises(DidNotStart) as refusal:
        start_dflite(f"--dir={tmp_path}", *ALWAYS)
    said = str(refusal.value)
    assert f"{path} cannot be loaded: an argument has no end" in said
    assert f"the requests go on at byte {len(WHOLE + damaged)}: at byte {len(WHOLE)}" in said
    assert f"dflite check {path} shows" in said
    assert path.read_bytes() == text


def test_within_the_log_nothing_may_be_cut_off(tmp_path: Path) -> None:
    make_log(tmp_path, WHOLE[:-3], WHOLE)
    with pytest.raises(DidNotStart, match="it is not the last file of the log"):
        start_dflite(f"--dir={tmp_path}", *ALWAYS)


@pytest.mark.parametrize(
    "damage", ["NONSENSE", "a file is missing", "no manifest", "snapshot", "empty base"]
)
def test_what_cannot_be_read_ends_the_start(tmp_path: Path, damage: str) -> None:
    first, _ = make_log(tmp_path, WHOLE, WHOLE)
    text = "appendonly.aof.1.incr.aof cannot be loaded"
    if damage == "NONSENSE":
        first.write_bytes(WHOLE + b"NONSENSE\r\n")
    elif damage == "snapshot":
        first.write_bytes(b"REDIS0011\xfe\x00\x00")
    elif damage == "empty base":
        (tmp_path / DIRECTORY / "appendonly.aof.1.base.rdb").touch()
        manifest = tmp_path / DIRECTORY / "appendonly.aof.manifest"
        line = "file appendonly.aof.1.base.rdb seq 1 type b\n"
        manifest.write_text(line + manifest.read_text())
        text = "appendonly.aof.1.base.rdb cannot be loaded: it is empty"
    elif damage == "no manifest":
        (tmp_path / DIRECTORY / "appendonly.aof.manifest").write_text("nonsense")
        text = "appendonly.aof.manifest cannot be read: its last line does not end"
    else:
        first.unlink()
    with pytest.raises(DidNotStart, match="cannot start") as refusal:
        start_dflite(f"--dir={tmp_path}", *ALWAYS)
    assert text in str(refusal.value)


@pytest.mark.parametrize("old_file", [False, True])
def test_without_its_manifest_a_log_is_no_empty_one(tmp_path: Path, old_file: bool) -> None:
    first, second = make_log(tmp_path, WHOLE, WHOLE)
    (tmp_path / DIRECTORY / "appendonly.aof.manifest").unlink()
    if old_file:
        (tmp_path / "appendonly.aof").write_bytes(WHOLE)
    with pytest.raises(DidNotStart, match="cannot start") as refusal:
        start_dflite(f"--dir={tmp_path}", *ALWAYS)
    said = f"holds {first.name}, {second.name}, but not appendonly.aof.manifest"
    assert said in str(refusal.value)
    with start_dflite(f"--dir={tmp_path}") as server, server.connect() as client:
        refused = client.call("CONFIG", "SET", "appendonly", "yes")
        assert refused.is_error
        assert said in refused.text
    for path in (first, second):
        assert path.read_bytes() == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        UNFINISHED,
        "file appendonly.aof.1.base.rdb seq 1 type h\n"
        "file appendonly.aof.1.incr.aof seq 1 type h\n",
    ],
)
def test_files_of_a_first_base_that_was_not_finished_do_not_count(
    run_dflite: RunDflite, tmp_path: Path, text: str
) -> None:
    first, *_ = make_log(tmp_path, WHOLE)
    manifest = tmp_path / DIRECTORY / "appendonly.aof.manifest"
    manifest.write_text(text)
    (tmp_path / DIRECTORY / "appendonly.aof.1.base.rdb").write_bytes(b"REDIS0011\xfe\x00")
    server = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    assert server.call("DBSIZE") == 0
    server.call("SET", "b", "2")
    if text != UNFINISHED:
        wait_until(lambda: not first.exists(), what="the history is removed")
    kill(server)
    assert run_dflite(f"--dir={tmp_path}", *ALWAYS).call("GET", "b") == b"2"


def test_two_processes_do_not_write_one_log(run_dflite: RunDflite, tmp_path: Path) -> None:
    first = run_dflite(f"--dir={tmp_path}", *ALWAYS)
    said = f"another process writes the log in {tmp_path / DIRECTORY}"
    with pytest.raises(DidNotStart, match=said):
        start_dflite(f"--dir={tmp_path}", *ALWAYS)
    second = run_dflite(f"--dir={tmp_path}", "--dbfilename=")
    with first.connect() as client, second.connect() as other:
        client.call("SET", "a", "1")
        refused = other.call("CONFIG", "SET", "appendonly", "yes")
        assert refused.is_error
        assert said in refused.text
        assert other.call("BGREWRITEAOF").is_error
        client.call("CONFIG", "SET", "appendonly", "no")
        wait_until(
            lambda: not other.call("CONFIG", "SET", "appendonly", "yes").is_error,
            what="the other has the log",
        )
        assert said in client.call("CONFIG", "SET", "appendonly", "yes").text
    assert f"Background AOF rewrite failed: {said}" in second.log
    kill(second)
    with first.connect() as client:
        assert not client.call("CONFIG", "SET", "appendonly", "yes").is_error
