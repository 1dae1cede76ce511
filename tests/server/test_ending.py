"""Ends of a node: what was answered is kept, and replicas have time to get what they lack."""

import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.replication.test_peers_follow import caught_up, info
from tests.server.test_append_log import persistence
from tests.support.connection import Closed, Connection
from tests.support.proxy import Proxy
from tests.support.servers import Server, start_dflite, wait_until

RunDflite = Callable[..., Server]
WRITERS: Final = 4
NO_DELAY: Final = "--repl_diskless_sync_delay=0"


class Writer(threading.Thread):
    """Counts a key of its own up until the connection ends; what was answered last."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.key = f"count:{number}"
        self.answered = 0

    def run(self) -> None:
        try:
            with Connection(self.port) as client:
                while True:
                    reply = client.call("INCR", self.key)
                    assert isinstance(reply.value, int)
                    self.answered = reply.value
        except (Closed, OSError):
            return


def has_begun(writer: Writer) -> bool:
    return writer.answered > 300


def begin_end(server: Server, how: str) -> None:
    if how == "SIGTERM":
        server.process.send_signal(signal.SIGTERM)
    else:
        with server.connect() as client:
            client.send(*how.split())
            with pytest.raises(Closed):
                client.read()


@pytest.mark.parametrize("how", ["SIGTERM", "SHUTDOWN"])
@pytest.mark.parametrize("kept", ["--save=3600 1", "--appendonly=yes"])
def test_what_was_answered_while_it_ends_is_kept(
    run_dflite: RunDflite, tmp_path: Path, how: str, kept: str
) -> None:
    for _ in range(3):
        server = run_dflite(f"--dir={tmp_path}", kept)
        writers = [Writer(server.port, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            wait_until(partial(has_begun, writer), 20)
        begin_end(server, how)
        assert server.process.wait(20) == 0
        for writer in writers:
            writer.join(20)
        again = run_dflite(f"--dir={tmp_path}", kept)
        with again.connect() as client:
            for writer in writers:
                count = int(client.call("GET", writer.key).data)
                # one request may have been done whose answer was cut off
                assert writer.answered <= count <= writer.answered + 1
            client.call("FLUSHALL")
        again.stop()


def lagging_pair(proxy: Proxy, primary: Server, replica: Server) -> None:
    """`replica` follows through the proxy, which has become slow, and lacks a write."""
    replica.call("REPLICAOF", "127.0.0.1", str(proxy.port))
    wait_until(lambda: caught_up(primary, replica), 20)
    wait_until(lambda: "state=online" in info(primary, "replication")["slave0"], 20)


def test_replicas_get_what_they_lack_before_the_end(run_dflite: RunDflite) -> None:
    primary = run_dflite(NO_DELAY)
    with start_dflite() as replica, Proxy(primary.port) as proxy:
        lagging_pair(proxy, primary, replica)
        proxy.delay_s = 0.1
        with primary.connect() as client, primary.connect() as other:
            client.call("SET", "a", "x" * 1_000_000)
            client.call("SET", "b", "last")
            client.send("SHUTDOWN")
            wait_until(lambda: "writes wait" in primary.log, what="the end has begun")
            assert other.call("GET", "b").data == b"last"
            assert 0 < int(info(primary, "server")["shutdown_in_milliseconds"]) <= 10_000
            clients = info(primary, "clients")
            assert clients["blocked_clients"] == "1", "who has asked for the end"
            assert clients["connected_clients"] == "3", "a replica is no client"
            other.send("SET", "b", "never")
            with pytest.raises(Closed):
                other.read()
            with pytest.raises(Closed):
                client.read()
        assert primary.process.wait(20) == 0
        assert "1 of 1 replicas are in sync" in primary.log
        wait_until(lambda: replica.call("GET", "b") == b"last", 20, "the replica has all")


def test_a_replica_that_has_not_confirmed_its_snapshot_yet_is_waited_for(
    run_dflite: RunDflite,
) -> None:
    primary = run_dflite(NO_DELAY)
    with primary.connect() as replica, primary.connect() as client:
        replica.call("REPLCONF", "capa", "eof", "capa", "psync2")
        replica.send("PSYNC", "?", "-1")
        wait_until(lambda: "state=online" in info(primary, "replication").get("slave0", ""), 20)
        client.call("SET", "a", "1")
        client.send("SHUTDOWN")
        wait_until(lambda: "writes wait" in primary.log, what="the end has begun")
        replica.close()
        assert primary.process.wait(20) == 0


def test_the_end_can_be_called_off_or_hurried(run_dflite: RunDflite) -> None:
    primary = run_dflite(NO_DELAY)
    with start_dflite() as replica, Proxy(primary.port) as proxy:
        lagging_pair(proxy, primary, replica)
        proxy.delay_s = 5
        with primary.connect() as client, primary.connect() as other:
            assert other.call("SHUTDOWN", "ABORT").text == "ERR No shutdown in progress."
            client.call("SET", "a", "1")
            client.send("SHUTDOWN")
            wait_until(lambda: "writes wait" in primary.log, what="the end has begun")
            assert other.call("SHUTDOWN", "ABORT").text == "OK"
            assert client.read().text == "ERR Errors trying to SHUTDOWN. Check logs."
            assert client.call("SET", "a", "2").text == "OK"
            primary.process.send_signal(signal.SIGTERM)
            wait_until(lambda: primary.log.count("writes wait") == 2, what="it begins again")
            primary.process.send_signal(signal.SIGTERM)
            assert primary.process.wait(4) == 0
        assert "lacks" in primary.log


@pytest.fixture
def beginner(run_dflite: RunDflite, tmp_path: Path) -> Server:
    """A node that writes the first base of its log, for as long as it is let."""
    server = run_dflite("--enable_debug_command=yes", f"--dir={tmp_path}")
    server.call("DEBUG", "POPULATE", "1000")
    server.call("CONFIG", "SET", "rdb-key-save-delay", "1000000", "appendonly", "yes")
    return server


def test_a_log_has_its_first_base_before_the_end(
    beginner: Server, run_dflite: RunDflite, tmp_path: Path
) -> None:
    with beginner.connect() as client:
        assert "Errors trying to SHUTDOWN" in client.call("SHUTDOWN", "NOSAVE").text
        beginner.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "the node ends when it has been written" in beginner.log)
        assert client.call("SET", "late", "1").text == "OK"
        client.call("CONFIG", "SET", "rdb-key-save-delay", "0")
    assert beginner.process.wait(20) == 0
    with run_dflite(f"--dir={tmp_path}", "--appendonly=yes").connect() as client:
        assert client.call("DBSIZE").value == 1001


def test_who_is_refused_meanwhile_does_not_take_the_signal_back(beginner: Server) -> None:
    with beginner.connect() as client:
        beginner.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "the node ends when it has been written" in beginner.log)
        assert "Errors trying to SHUTDOWN" in client.call("SHUTDOWN", "NOSAVE").text
        client.call("CONFIG", "SET", "rdb-key-save-delay", "0")
    assert beginner.process.wait(20) == 0


def test_an_end_that_was_put_off_can_be_called_off(beginner: Server) -> None:
    with beginner.connect() as client:
        beginner.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "the node ends when it has been written" in beginner.log)
        assert client.call("SHUTDOWN", "ABORT").text == "OK"
        assert client.call("SHUTDOWN", "ABORT").text == "ERR No shutdown in progress."
        client.call("CONFIG", "SET", "rdb-key-save-delay", "0")
        wait_until(lambda: "AOF rewrite terminated" in beginner.log, what="the base is there")
        assert client.call("PING").text == "PONG"
    beginner.process.send_signal(signal.SIGTERM)
    assert beginner.process.wait(20) == 0


def test_an_end_that_was_put_off_comes_when_the_log_is_switched_off(beginner: Server) -> None:
    with beginner.connect() as client:
        beginner.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "the node ends when it has been written" in beginner.log)
        client.send("CONFIG", "SET", "appendonly", "no")
        assert beginner.process.wait(20) == 0


def test_a_node_whose_log_could_not_be_begun_does_not_end(
    run_dflite: RunDflite, tmp_path: Path
) -> None:
    folder = tmp_path / "appendonlydir"
    server = run_dflite(f"--dir={tmp_path}")
    with server.connect() as client:
        client.call("SET", "a", "1")
        client.call("CONFIG", "SET", "rdb-key-save-delay", "100000000")
        client.call("CONFIG", "SET", "appendonly", "yes")
        folder.rename(tmp_path / "elsewhere")
        folder.write_text("in the way")
        client.call("CONFIG", "SET", "rdb-key-save-delay", "0")
        wait_until(lambda: "Background AOF rewrite failed" in server.log, what="the base fails")
        wait_until(lambda: persistence(client)["aof_rewrite_in_progress"] == "0")
        assert client.call("SHUTDOWN", "NOSAVE").is_error
        assert "all would be lost" in server.log
        folder.unlink()
        client.call("CONFIG", "SET", "appendonly", "yes")  # at once, not when its time comes
        wait_until(lambda: persistence(client)["aof_base_missing"] == "0", what="it heals")
    begin_end(server, "SIGTERM")
    assert server.process.wait(20) == 0


def test_nobody_is_waited_for_longer_than_that(run_dflite: RunDflite) -> None:
    primary = run_dflite(NO_DELAY, "--shutdown_timeout=1")
    with start_dflite() as replica, Proxy(primary.port) as proxy:
        follow_through(proxy, primary, replica)
        with primary.connect() as client:
            client.call("SET", "a", "1")
        begin_end(primary, "SHUTDOWN")
        assert primary.process.wait(20) == 0
        assert "0 of 1 replicas are in sync" in primary.log


def follow_through(proxy: Proxy, primary: Server, replica: Server) -> None:
    lagging_pair(proxy, primary, replica)
    proxy.delay_s = 30


def test_now_waits_for_nobody(run_dflite: RunDflite) -> None:
    primary = run_dflite(NO_DELAY)
    with start_dflite() as replica, Proxy(primary.port) as proxy:
        follow_through(proxy, primary, replica)
        with primary.connect() as client:
            client.call("SET", "a", "1")
        begin_end(primary, "SHUTDOWN NOW")
        assert primary.process.wait(5) == 0
        assert "writes wait" not in primary.log


def test_a_snapshot_that_fails_lets_the_node_go_on(run_dflite: RunDflite, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    server = run_dflite(f"--dir={folder}")
    with server.connect() as client:
        client.call("SET", "a", "1")
        folder.rmdir()
        client.send("SHUTDOWN", "SAVE")
        client.send("SET", "a", "2")
        replies = client.read_many(2)
        assert replies[0].text == "ERR Errors trying to SHUTDOWN. Check logs."
        assert replies[1].text == "OK"
    begin_end(server, "SHUTDOWN SAVE FORCE")
    assert server.process.wait(20) == 0
