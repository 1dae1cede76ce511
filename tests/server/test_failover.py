"""Handing over between real nodes: nothing acknowledged is lost, or everything stays as it was."""

import threading
from collections.abc import Callable

import pytest

from dflite.base.replication_errors import GivenUp
from tests.replication.test_peers_follow import caught_up, follow, info
from tests.server.test_following import full_sync, serve_forever
from tests.server.test_full_sync import Follower
from tests.support.connection import Closed
from tests.support.fake_primary import ID, FakePrimary, Link, snapshot_of
from tests.support.remote import wait_for_link
from tests.support.resp import encode
from tests.support.servers import Server, start_dflite, start_redis, start_valkey, wait_until

NO_DELAY = "--repl_diskless_sync_delay=0"


def role(server: Server) -> str:
    return info(server, "replication")["role"]


class Writer(threading.Thread):
    """Counts one key up, on one connection, until it is refused; what was acknowledged last."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.acknowledged = 0
        self.ended = ""

    def run(self) -> None:
        try:
            with self.server.connect(20) as client:
                while True:
                    reply = client.call("INCR", "counter")
                    if reply.is_error:
                        self.ended = str(reply)
                        return
                    assert isinstance(reply.value, int)
                    self.acknowledged = reply.value
        except (Closed, OSError) as error:
            self.ended = str(error)


@pytest.mark.parametrize("start", [start_dflite, start_valkey, start_redis])
def test_a_primary_and_its_replica_change_places(start: Callable[..., Server]) -> None:
    flags = [NO_DELAY] if start is start_dflite else []
    with start_dflite(NO_DELAY) as old, start(*flags) as new:
        follow(new, old)
        writer = Writer(old)
        writer.start()
        wait_until(lambda: writer.acknowledged > 100)
        old.call("FAILOVER", "TIMEOUT", 20_000)
        wait_until(lambda: role(new) == "master" and role(old) == "slave", 30)
        writer.join(20)
        assert not writer.is_alive()
        assert "READONLY" in writer.ended
        value = new.call("GET", "counter")
        assert isinstance(value, bytes)
        assert int(value) == writer.acknowledged
        new.call("SET", "k", "v")
        wait_until(lambda: caught_up(new, old), 20)
        assert old.call("GET", "k") == b"v"
        assert info(new, "stats")["sync_partial_ok"] == "1"
        assert "follow each other" not in old.log + new.log


@pytest.mark.parametrize("start", [start_dflite, start_valkey, start_redis])
def test_a_replica_takes_over(start: Callable[..., Server]) -> None:
    flags = [NO_DELAY] if start is start_dflite else ["--repl-diskless-sync-delay", "0"]
    with start(*flags) as old, start_dflite(NO_DELAY) as new:
        follow(new, old)
        writer = Writer(old)
        writer.start()
        wait_until(lambda: writer.acknowledged > 100)
        assert new.call("REPLTAKEOVER", 20) in (b"OK", "OK")
        assert role(new) == "master"
        writer.join(20)
        value = new.call("GET", "counter")
        assert isinstance(value, bytes)
        assert int(value) == writer.acknowledged
        wait_until(lambda: role(old) == "slave" and caught_up(new, old), 20)


def test_what_cannot_be_done_is_said() -> None:
    with start_dflite(NO_DELAY) as old, start_dflite(NO_DELAY) as new, old.connect() as client:
        for line, text in (
            ("FAILOVER", "FAILOVER requires connected replicas."),
            ("FAILOVER ABORT", "No failover in progress."),
        ):
            assert client.call(*line.split()).text == f"ERR {text}"
        follow(new, old)
        for line, text in (
            (
                "FAILOVER FORCE",
                "FAILOVER with force option requires both a timeout and target HOST and IP.",
            ),
            ("FAILOVER TO 127.0.0.1 1", "FAILOVER target HOST and PORT is not a replica."),
        ):
            assert client.call(*line.split()).text == f"ERR {text}"


def test_a_replica_that_hangs_is_not_handed_over_to() -> None:
    with start_dflite(NO_DELAY) as old, start_dflite(NO_DELAY) as new, old.connect() as client:
        follow(new, old)
        new.process.send_signal(19)  # SIGSTOP
        try:
            client.call("SET", "k", "v")
            assert client.call("FAILOVER", "TIMEOUT", 300).value == b"OK"
            assert client.call("FAILOVER").text == "ERR FAILOVER already in progress."
            assert info(old, "replication")["master_failover_state"] == "waiting-for-sync"
            assert client.call("SET", "k", "w").value == b"OK"  # when it has been given up
            assert info(old, "replication")["master_failover_state"] == "no-failover"
            assert role(old) == "master"
            assert client.call("FAILOVER", "TIMEOUT", 100_000).value == b"OK"
            assert client.call("FAILOVER", "ABORT").value == b"OK"
            assert client.call("SET", "k", "x").value == b"OK"
        finally:
            new.process.send_signal(18)


def test_a_takeover_that_was_given_up_does_not_come_about_later() -> None:
    with start_dflite(NO_DELAY) as old, start_dflite(NO_DELAY) as new, old.connect() as client:
        follow(new, old)
        client.call("SET", "k", "v")
        wait_until(lambda: caught_up(old, new), 20)
        old.process.send_signal(19)  # SIGSTOP
        try:
            with new.connect(20) as other:
                assert "has not handed over in time" in str(other.call("REPLTAKEOVER", 1).text)
        finally:
            old.process.send_signal(18)
        wait_until(lambda: "Failover manually aborted" in old.log, 20)
        assert client.call("SET", "k", "w").value == b"OK"
        assert (role(old), role(new)) == ("master", "slave")
        wait_until(lambda: caught_up(old, new), 20)
        assert new.call("GET", "k") == b"w"
        assert new.call("REPLTAKEOVER", 20) in (b"OK", "OK")
        assert role(new) == "master"


@pytest.mark.parametrize("start", [start_valkey, start_redis])
def test_nor_does_it_where_the_primary_is_another(start: Callable[..., Server]) -> None:
    with start("--repl-diskless-sync-delay", "0") as old, start_dflite(NO_DELAY) as new:
        follow(new, old)
        wait_until(lambda: caught_up(old, new), 20)
        old.process.send_signal(19)
        try:
            with new.connect(20) as other:
                assert "has not handed over in time" in str(other.call("REPLTAKEOVER", 1).text)
        finally:
            old.process.send_signal(18)
        assert old.call("SET", "k", "w") in (b"OK", "OK")
        wait_until(lambda: info(old, "replication")["master_failover_state"] == "no-failover", 20)
        assert (role(old), role(new)) == ("master", "slave")
        wait_until(lambda: caught_up(old, new), 20)
        assert new.call("GET", "k") == b"w"


def test_a_hand_over_that_comes_too_late_is_refused() -> None:
    def link(link: Link) -> None:
        link.greet()
        full_sync(link, snapshot_of())
        serve_forever(link)

    with FakePrimary(link, serve_forever) as old, start_dflite() as new:
        new.call("REPLICAOF", "127.0.0.1", old.port)
        wait_for_link(new)
        with new.connect(20) as client:
            assert "has not handed over in time" in str(client.call("REPLTAKEOVER", 1).text)
            late = client.call("PSYNC", ID, "101", "FAILOVER")
            assert late.text == GivenUp.text.decode()
        assert role(new) == "slave"


def test_what_is_written_beside_a_failover_is_not_lost() -> None:
    with start_dflite(NO_DELAY) as old, start_dflite(NO_DELAY) as new, old.connect() as client:
        follow(new, old)
        client.call("MULTI")
        client.call("FAILOVER", "TIMEOUT", 10_000)
        client.call("SET", "kept", "1")
        replies = client.call("EXEC")
        assert [reply.value for reply in replies.items] == [b"OK", b"OK"]
        client.call("CLIENT", "UNPAUSE")
        wait_until(lambda: role(new) == "master" and role(old) == "slave", 20)
        wait_until(lambda: caught_up(new, old), 20)
        assert new.call("GET", "kept") == old.call("GET", "kept") == b"1"


def test_a_failover_waits_for_every_byte() -> None:
    with start_dflite(NO_DELAY) as old, old.connect() as client:
        follower = Follower(old, "capa", "eof", "listening-port", "1", "ip-address", "127.0.0.1")
        follower.send("PSYNC", "?", "-1")
        offset = int(follower.read_line().split()[2])
        follower.read_snapshot()
        follower.send("REPLCONF", "ACK", str(offset))
        wait_until(lambda: "state=online" in str(old.call("INFO", "replication")), 20)
        client.call("MULTI")
        client.call("FAILOVER")
        client.call("SET", "k", "v")
        client.call("EXEC")
        follower.send("REPLCONF", "ACK", str(offset))
        for _ in range(20):  # it asks once, and only looks from then on
            assert info(old, "replication")["master_failover_state"] == "waiting-for-sync"
        stream = encode(["SELECT", "0"]) + encode(["SET", "k", "v"])
        stream += encode(["REPLCONF", "GETACK", "*"])
        assert follower.file.read(len(stream)) == stream
        follower.send("REPLCONF", "ACK", str(offset + len(stream)))
        wait_until(lambda: "handing over to 127.0.0.1:1" in old.log, 20)
        wait_until(lambda: "this node remains the primary" in old.log, 20)
        assert role(old) == "master"
        assert client.call("SET", "k", "w").value == b"OK"
        follower.close()
