"""Snapshots of a running node: by command, by themselves, and when the disk fails."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dflite.server.saving import Saving
from dflite.server.snapshotting import Snapshots
from tests.server.test_append_log import kill
from tests.support.connection import Connection
from tests.support.node import Node
from tests.support.resp import encode_all
from tests.support.servers import Server, wait_until

RunDflite = Callable[..., Server]


def persistence(client: Connection) -> dict[str, str]:
    lines = client.call("INFO", "persistence").text.splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def saved(client: Connection, times: int = 1) -> bool:
    fields = persistence(client)
    return fields["rdb_saves"] == str(times) and fields["rdb_bgsave_in_progress"] == "0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    place.mkdir()
    return place


def test_what_was_saved_is_there_again_after_a_restart(run_dflite: RunDflite, folder: Path) -> None:
    first = run_dflite(f"--dir={folder}")
    with first.connect() as client:
        client.call("SET", "a", "1")
        assert client.call("SAVE").text == "OK"
        client.call("SET", "b", "lost, since nothing says that it is to be saved")
        assert persistence(client)["rdb_changes_since_last_save"] == "1"
        client.call("BGSAVE")
        wait_until(lambda: saved(client, 2), what="the snapshot is written")
        assert persistence(client)["rdb_changes_since_last_save"] == "0"
        client.call("SET", "c", "lost")
    first.stop()
    assert os.listdir(folder) == ["dump.rdb"]
    second = run_dflite(f"--dir={folder}")
    with second.connect() as client:
        assert client.call("DBSIZE").number == 2
        fields = persistence(client)
        assert fields["rdb_last_load_keys_loaded"] == "2"
        assert fields["rdb_changes_since_last_save"] == "0"


def test_no_snapshot_brings_back_what_was_flushed(run_dflite: RunDflite, folder: Path) -> None:
    server = run_dflite(f"--dir={folder}", "--enable_debug_command=yes", "--save=900 100000")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "1000")
        assert client.call("SAVE").text == "OK"
        client.call("CONFIG", "SET", "rdb-key-save-delay", "100000")
        client.call("BGSAVE")
        assert persistence(client)["rdb_bgsave_in_progress"] == "1"
        client.call("CONFIG", "SET", "rdb-key-save-delay", "0")
        client.call("FLUSHALL")
        wait_until(lambda: saved(client, 2), what="that there is nothing is saved")
    server.process.kill()
    server.process.wait()
    with run_dflite(f"--dir={folder}").connect() as client:
        assert client.call("DBSIZE").number == 0


def test_without_save_points_a_snapshot_of_what_was_flushed_is_given_up(
    run_dflite: RunDflite, folder: Path
) -> None:
    server = run_dflite(f"--dir={folder}", "--enable_debug_command=yes", "--save=")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "1000")
        client.call("CONFIG", "SET", "rdb-key-save-delay", "100000")
        client.call("BGSAVE")
        client.call("FLUSHALL")
        fields = persistence(client)
        assert fields["rdb_bgsave_in_progress"] == "0"
        assert int(fields["rdb_changes_since_last_save"]) >= 1000
        wait_until(lambda: os.listdir(folder) == [], what="its file is removed")


def test_where_snapshots_are_wanted_the_last_one_is_taken_at_the_end(
    run_dflite: RunDflite, folder: Path
) -> None:
    for end in ("signal", "SHUTDOWN"):
        server = run_dflite(f"--dir={folder}", "--save=3600 1")
        with server.connect() as client:
            client.call("INCR", "ends")
            if end == "SHUTDOWN":
                client.send("SHUTDOWN")
                server.process.wait(10)
        assert server.stop() == 0
    with run_dflite(f"--dir={folder}").connect() as client:
        assert client.call("GET", "ends").data == b"2"


def test_shutdown_says_itself_whether_to_save(run_dflite: RunDflite, folder: Path) -> None:
    for words, expected in ((("SAVE",), b"1"), (("NOSAVE",), b"1")):
        server = run_dflite(f"--dir={folder}", "--save=3600 1")
        with server.connect() as client:
            client.call("INCR", "n")
            client.send("SHUTDOWN", *words)
            server.process.wait(10)
        server = run_dflite(f"--dir={folder}")
        with server.connect() as client:
            assert client.call("GET", "n").data == expected


def test_enough_changes_begin_a_snapshot(run_dflite: RunDflite, folder: Path) -> None:
    with run_dflite(f"--dir={folder}", "--save=1 3").connect() as client:
        client.call("MSET", "a", "1", "b", "2")
        assert persistence(client)["rdb_saves"] == "0"
        client.call("MSET", "c", "1", "d", "2")
        wait_until(lambda: saved(client), what="a snapshot is taken")


def test_a_snapshot_is_of_its_moment_while_everything_changes(
    run_dflite: RunDflite, folder: Path
) -> None:
    server = run_dflite(f"--dir={folder}", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "20000", "key", "10")
        client.call("HSET", "hash", *[str(n) for n in range(20_000)])
        before = client.call("DEBUG", "DIGEST").text
        client.send("BGSAVE")
        for turn in range(50):
            client.send("HSET", "hash", *[str(n + turn) for n in range(0, 4000, 2)], f"{turn}", "x")
            client.send("MSET", *[word for n in range(400) for word in (f"key:{n + turn}", "new")])
        client.send("DEL", "hash")
        client.send("FLUSHALL")
        client.read_many(103)
        wait_until(lambda: saved(client), what="the snapshot is written")
        assert client.call("DBSIZE").number == 0
    server.stop()
    with run_dflite(f"--dir={folder}", "--enable_debug_command=yes").connect() as client:
        assert client.call("DEBUG", "DIGEST").text == before


def test_two_at_once_are_one_too_many(run_dflite: RunDflite, folder: Path) -> None:
    server = run_dflite(f"--dir={folder}", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("DEBUG", "POPULATE", "1000", "key", "10")
        # all at once: the first must not be done before the last has come
        lines = ("BGSAVE", "BGSAVE", "SAVE", "BGSAVE SCHEDULE", "BGSAVE CANCEL")
        client.send_raw(encode_all([line.split() for line in lines]))
        replies = [reply.text for reply in client.read_many(5)]
        assert replies == [
            "Background saving started",
            "ERR Background save already in progress",
            "ERR Background save already in progress",
            "Background saving scheduled",
            "Background saving cancelled",
        ]
        assert client.call("BGSAVE", "CANCEL").text.startswith("ERR Background saving is currently")
        assert client.call("BGSAVE", "NOW").text == "ERR syntax error"
        wait_until(lambda: os.listdir(folder) == [], what="what was begun is removed")
        assert client.call("BGSAVE").text == "Background saving started"
        wait_until(lambda: saved(client), what="the snapshot is written")


def test_a_snapshot_asked_for_in_a_transaction_has_all_of_it(
    run_dflite: RunDflite, folder: Path
) -> None:
    with run_dflite(f"--dir={folder}", "--enable_debug_command=yes").connect() as client:
        for words in (["MULTI"], ["SET", "a", "1"], ["BGSAVE"], ["SET", "b", "2"], ["EXEC"]):
            client.call(*words)
        wait_until(lambda: saved(client), what="the snapshot is written")
        client.call("FLUSHALL")
        client.call("DEBUG", "RELOAD", "NOSAVE")
        assert client.call("DBSIZE").number == 2


def test_each_snapshot_of_a_series_has_its_name_and_old_ones_go(
    run_dflite: RunDflite, folder: Path
) -> None:
    flags = (f"--dir={folder}", "--dbfilename=dump-{timestamp}", "--snapshot_retention=1")
    (folder / "dump-2020-01-01T00:00:00.rdb").write_bytes(b"REDIS0011\xff" + bytes(8))
    server = run_dflite(*flags)
    with server.connect() as client:
        client.call("SET", "a", "1")
        client.call("SAVE")
    names = os.listdir(folder)
    assert len(names) == 1
    assert names[0] != "dump-2020-01-01T00:00:00.rdb"
    server.stop()
    with run_dflite(*flags).connect() as client:
        assert client.call("DBSIZE").number == 1


def test_without_a_disk_writes_are_refused_until_there_is_one(
    run_dflite: RunDflite, folder: Path
) -> None:
    server = run_dflite(f"--dir={folder}", "--save=3600 1000000")
    with server.connect() as client:
        client.call("SET", "a", "1")
        shutil.rmtree(folder)
        assert client.call("BGSAVE").is_error
        fields = persistence(client)
        assert fields["rdb_last_bgsave_status"] == "err"
        assert fields["rdb_last_error"] == "No such file or directory"
        assert client.call("SET", "a", "2").text.startswith("MISCONF ")
        assert client.call("PING").text.startswith("MISCONF ")
        assert client.call("GET", "a").data == b"1"
        client.send_raw(b"GET /readyz HTTP/1.0\r\n\r\n")
        page = client.read_to_end()
        assert b" 503 " in page
        assert b"the last snapshot failed: No such file or directory\n" in page
    with server.connect() as client:
        assert client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no").text == "OK"
        assert client.call("SET", "a", "3").text == "OK"
        assert client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes").text == "OK"
        assert client.call("SHUTDOWN").text.startswith("ERR Errors trying to SHUTDOWN")
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: server.log.count("can't exit") == 2, what="the signal is refused")
        folder.mkdir()
        assert client.call("SAVE").text == "OK"
        assert client.call("SET", "a", "4").text == "OK"
    assert "Background saving error: dump.rdb: No such file or directory" in server.log


def test_a_process_killed_while_it_saves_leaves_the_last_good_file(
    run_dflite: RunDflite, folder: Path
) -> None:
    server = run_dflite(f"--dir={folder}", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("SET", "a", "1")
        client.call("SAVE")
        client.call("DEBUG", "POPULATE", "100000", "key", "100")
        client.call("BGSAVE")
        wait_until(
            lambda: any(name.endswith(".tmp") for name in os.listdir(folder)),
            what="the file is begun",
        )
        server.process.kill()
        server.process.wait()
    with run_dflite(f"--dir={folder}").connect() as client:
        assert client.call("GET", "a").data == b"1"
    assert os.listdir(folder) == ["dump.rdb"]


def test_reload_brings_everything_back(run_dflite: RunDflite, folder: Path) -> None:
    server = run_dflite(f"--dir={folder}", "--enable_debug_command=yes")
    with server.connect() as client:
        client.call("SET", "a", "1")
        client.call("SADD", "s", "1", "2")
        assert client.call("DEBUG", "RELOAD").text == "OK"
        assert client.call("SCARD", "s").number == 2
        client.call("SET", "b", "1")
        assert client.call("DEBUG", "RELOAD", "NOSAVE").text == "OK"
        assert client.call("EXISTS", "a", "b").number == 1
        assert client.call("DEBUG", "RELOAD", "LATER").text.startswith("ERR DEBUG RELOAD only")
        (folder / "dump.rdb").write_bytes(b"REDIS0011")
        assert client.call("DEBUG", "RELOAD", "NOSAVE").text.startswith("ERR Error trying to load")


def saving_of(node: Node, folder: Path) -> Saving:
    settings = node.host.settings
    settings.dir = str(folder)
    return Saving(node.executor, settings, Snapshots(node.executor, settings))


def test_what_was_scheduled_and_failed_is_not_tried_each_second(tmp_path: Path) -> None:
    node = Node()
    saving = saving_of(node, tmp_path / "none")
    saving.scheduled = True
    saving.every_second()
    assert saving.last_error == "No such file or directory"
    assert not saving.scheduled


def test_minutes_are_noted_while_points_decide(tmp_path: Path) -> None:
    node = Node()
    saving = saving_of(node, tmp_path / "none")
    node.host.settings.save = [(0, 1)]
    node.host.settings.snapshot_cron = "* * * * *"
    saving.last_save_s = 0
    node.client().run("SET a 1")
    saving.every_second()
    assert saving.minute >= 0


def test_what_cannot_work_is_told_at_the_start(run_dflite: RunDflite, folder: Path) -> None:
    server = run_dflite(f"--dir={folder}", "--snapshot_retention=7")
    assert "snapshot_retention has no effect: dump.rdb is replaced by each snapshot" in server.log
    server = run_dflite("--dir=/proc", "--save=3600 1")
    assert "no snapshot can be written in /proc: " in server.log
    assert "so writes will be refused" in server.log
    kill(server)  # which would not end without a last snapshot
    server = run_dflite("--dir=/proc")
    assert "no snapshot can be written in /proc: " in server.log
    assert "will be refused" not in server.log
    server = run_dflite(f"--dir={folder}", "--dbfilename=", "--save=3600 1")
    assert f"no snapshot can be written in {folder}: dbfilename is empty" in server.log
    kill(server)
    for flags in (("--dir=/proc", "--dbfilename="), (f"--dir={folder}", "--save=3600 1")):
        server = run_dflite(*flags)
        assert "no snapshot can be" not in server.log
        assert "no effect" not in server.log
    series = ("--dbfilename=dump-{timestamp}", "--snapshot_retention=7")
    assert "no effect" not in run_dflite(f"--dir={folder}", *series).log
    assert os.listdir(folder) == []


def test_whatever_a_save_fails_of_the_next_one_works(tmp_path: Path) -> None:
    node = Node()
    saving = saving_of(node, tmp_path)
    node.client().run("SET a 1")
    node.host.settings.dbfilename = "no\0name"
    assert not saving.save_now()
    assert saving.last_error == "embedded null byte"
    assert not saving.begin()
    node.host.settings.dbfilename = "dump.rdb"
    assert saving.save_now()
    assert saving.last_error == ""
    assert os.listdir(tmp_path) == ["dump.rdb"]
