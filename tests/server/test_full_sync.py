"""Full syncs: who is fed from one snapshot, in which form, and who is slow or gone."""

import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dflite.engine.replication import Replica
from dflite.native.base.clock import Clock
from dflite.native.rdb.snapshot import (
    READ_BY_DFLITE,
    READ_BY_REDIS_7_0,
    READ_BY_REDIS_7_2,
    READ_BY_VALKEY_9,
)
from dflite.persistence.rdb_file import load_file
from dflite.server.full_sync import forms_for
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace
from tests.support.node import Node
from tests.support.resp import encode
from tests.support.servers import Server, start_dflite, wait_until

KEYS = 300


class Follower:
    """The least that a replica is: it asks, reads the snapshot, and says that it has it."""

    def __init__(self, server: Server, *options: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), 20)
        self.file = self.socket.makefile("rb")
        self.options = options
        if options:
            self.send("REPLCONF", *options)
            assert self.file.readline() == b"+OK\r\n"

    def send(self, *words: str) -> None:
        self.socket.sendall(encode(words))

    def send_line(self, text: str) -> None:
        """As Dragonfly does: its requests are inline."""
        self.socket.sendall(text.encode() + b"\r\n")

    def read_line(self) -> bytes:
        """The next line, without those that only say that somebody is there."""
        line = b"\n"
        while line == b"\n":
            line = self.file.readline()
        return line

    def read_snapshot(self) -> bytes:
        """The bytes of a snapshot, in either form."""
        head = self.read_line()
        if not head.startswith(b"$EOF:"):
            return self.file.read(int(head[1:]))
        mark = head[5:].strip()
        data = bytearray()
        while not data.endswith(mark):  # nothing comes behind it before the acknowledgement
            data += self.file.read1(1 << 20)
        return bytes(data[: -len(mark)])

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def keys_in(data: bytes, path: Path) -> int:
    """How many keys a snapshot holds; it has to be sound."""
    path.write_bytes(data)
    keyspace = Keyspace(Clock(1), Effects())
    return load_file(str(path), keyspace, -1).loader.keys


@pytest.fixture
def server() -> Iterator[Server]:
    with start_dflite("--repl_diskless_sync_delay=0", "--enable_debug_command=yes") as server:
        server.call("DEBUG", "POPULATE", KEYS, "key", 100)
        yield server


def test_a_replica_gets_the_snapshot_and_then_what_came_since(
    server: Server, tmp_path: Path
) -> None:
    follower = Follower(server, "capa", "eof", "capa", "psync2")
    follower.send("PSYNC", "?", "-1")
    head = follower.read_line().split()
    assert head[0] == b"+FULLRESYNC"
    assert len(head[1]) == 40
    assert keys_in(follower.read_snapshot(), tmp_path / "x") == KEYS
    server.call("SET", "k", "v")
    follower.send("REPLCONF", "ACK", head[2].decode())
    stream = encode(["SELECT", "0"]) + encode(["SET", "k", "v"])
    assert follower.file.read(len(stream)) == stream
    follower.send("REPLCONF", "ACK", str(int(head[2]) + len(stream)))
    with server.connect() as client:
        client.call("SET", "k", "w")
        client.send("WAIT", 1, 0)
        asked = encode(["SET", "k", "w"]) + encode(["REPLCONF", "GETACK", "*"])
        assert follower.file.read(len(asked)) == asked
        follower.send("REPLCONF", "ACK", str(int(head[2]) + len(stream) + len(asked)))
        assert client.read().value == 1
    follower.close()


def wait_for_offset(server: Server, offset: int) -> None:
    """Until its replica has said that it has all up to there."""
    wait_until(lambda: f"offset={offset}," in str(server.call("INFO", "replication")))


def test_dragonfly_follows_and_comes_back(server: Server, tmp_path: Path) -> None:
    question = "PSYNC ? -1"
    for _ in range(2):  # where it was is no matter
        server.call("SADD", "listpack", "a")
        follower = Follower(server)
        for line, answer in (
            ("PING", b"+PONG\r\n"),
            ("REPLCONF listening-port 6380", b"+OK\r\n"),
            ("REPLCONF ip-address 10.0.0.7", b"+OK\r\n"),
            ("REPLCONF capa eof capa psync2", b"+OK\r\n"),
            ("REPLCONF capa dragonfly", b"+OK\r\n"),
        ):
            follower.send_line(line)
            assert follower.file.readline() == answer
        follower.send_line(question)
        head = follower.read_line().decode().split()
        assert head[0] == "+FULLRESYNC"
        data = follower.read_snapshot()
        assert data.startswith(b"REDIS0010"), "older than sets in listpacks, which it may not know"
        assert keys_in(data, tmp_path / "x") == KEYS + 1
        follower.send_line("REPLCONF ACK 0")
        server.call("SET", "listpack", "v")
        stream = encode(["SELECT", "0"]) + encode(["SET", "listpack", "v"])
        assert follower.file.read(len(stream)) == stream
        offset = int(head[2]) + len(stream)
        question = f"PSYNC {head[1]} {offset}"
        follower.send_line(f"REPLCONF ACK {offset}")
        wait_for_offset(server, offset)
        server.call("DEL", "listpack")
        follower.close()
    assert "sync_partial_ok:0" in str(server.call("INFO", "stats"))


def test_replicas_that_come_together_are_fed_from_one_snapshot(tmp_path: Path) -> None:
    flags = ["--repl_diskless_sync_delay=1000", "--repl_diskless_sync_max_replicas=3"]
    with start_dflite(*flags, "--enable_debug_command=yes") as server:
        server.call("DEBUG", "POPULATE", KEYS, "key", 100)
        followers = [Follower(server, "capa", "eof") for _ in range(3)]
        for follower in followers:
            follower.send("PSYNC", "?", "-1")
        heads = {follower.read_line() for follower in followers}
        snapshots = {follower.read_snapshot() for follower in followers}
        assert len(heads) == len(snapshots) == 1
        assert keys_in(snapshots.pop(), tmp_path / "x") == KEYS
        assert server.log.count("full sync begun, replicas: 3") == 1
        for follower in followers:
            follower.close()


@pytest.mark.parametrize("verb", [("SYNC",), ("PSYNC", "?", "-1")])
def test_who_knows_no_mark_is_told_the_length(
    server: Server, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    follower = Follower(server)
    follower.send(*verb)
    if verb[0] == "PSYNC":
        assert follower.read_line().startswith(b"+FULLRESYNC ")
    assert keys_in(follower.read_snapshot(), tmp_path / "x") == KEYS
    server.call("SET", "k", "v")
    stream = encode(["SELECT", "0"]) + encode(["SET", "k", "v"])
    assert follower.file.read(len(stream)) == stream
    follower.close()


@pytest.mark.parametrize(
    ("words", "keys", "functions"), [("functions", 0, 1), ("", 0, 0), ("FUNCTIONS functions", 0, 1)]
)
def test_who_wants_functions_only_gets_no_keys(
    server: Server, tmp_path: Path, words: str, keys: int, functions: int
) -> None:
    code = "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
    server.call("FUNCTION", "LOAD", code)
    follower = Follower(server, "capa", "eof", "rdb-only", "1", "rdb-filter-only", words)
    follower.send("SYNC")
    data = follower.read_snapshot()
    assert keys_in(data, tmp_path / "x") == keys
    assert data.count(b"register_function") == functions
    follower.close()


def test_who_goes_away_in_the_middle_disturbs_nobody(server: Server, tmp_path: Path) -> None:
    server.call("DEBUG", "POPULATE", 100_000, "more", 200)
    gone = Follower(server, "capa", "eof")
    gone.send("PSYNC", "?", "-1")
    gone.read_line()
    gone.close()
    wait_until(lambda: "full sync given up" in server.log, 20)
    follower = Follower(server, "capa", "eof")
    follower.send("PSYNC", "?", "-1")
    follower.read_line()
    assert keys_in(follower.read_snapshot(), tmp_path / "x") == KEYS + 100_000
    wait_until(lambda: b"connected_slaves:1" in bytes(str(server.call("INFO")), "latin-1"))
    follower.close()


def test_a_snapshot_waits_for_the_one_before(server: Server, tmp_path: Path) -> None:
    server.call("DEBUG", "POPULATE", 100_000, "more", 200)
    with server.connect() as client:
        client.send("BGSAVE")
        follower = Follower(server, "capa", "eof")
        follower.send("PSYNC", "?", "-1")
        assert client.read().value == b"Background saving started"
        follower.read_line()
        assert keys_in(follower.read_snapshot(), tmp_path / "x") == KEYS + 100_000
    assert "DB saved on disk" in server.log
    follower.close()


@pytest.mark.parametrize(
    ("capabilities", "version", "only_snapshot", "forms"),
    [
        ({"dflite"}, 0, False, READ_BY_DFLITE),
        (set(), 0, True, READ_BY_DFLITE),
        (set(), 0x090102, False, READ_BY_VALKEY_9),
        (set(), 0x080000, False, READ_BY_REDIS_7_2),
        (set(), 0, False, READ_BY_REDIS_7_0),
    ],
)
def test_each_gets_the_forms_that_it_knows(
    node: Node, capabilities: set[str], version: int, only_snapshot: bool, forms: int
) -> None:
    replica = Replica(1, node.client().conn, 0)
    replica.capabilities = capabilities
    replica.version = version
    replica.only_snapshot = only_snapshot
    assert forms_for(replica) == forms


def test_files_of_those_who_broke_off_are_closed(server: Server) -> None:
    server.call("DEBUG", "POPULATE", 50_000, "more", 200)
    for _ in range(3):
        follower = Follower(server)
        follower.send("SYNC")
        assert follower.read_line().startswith(b"$")
        follower.close()
    folder = Path(f"/proc/{server.pid}/fd")
    wait_until(lambda: not any("(deleted)" in os.readlink(fd) for fd in files(folder)), 20)


def test_a_full_disk_ends_a_snapshot_that_goes_through_a_file(server: Server) -> None:
    limits = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    for size in (0, 5000):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, limits[1]))
        refused = Follower(server)
        refused.send("PSYNC", "?", "-1")
        assert refused.file.read().strip() == b""  # its connection ends
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits)
    follower = Follower(server)
    follower.send("PSYNC", "?", "-1")
    assert follower.read_line().startswith(b"+FULLRESYNC")
    assert follower.read_snapshot().startswith(b"REDIS")


def files(folder: Path) -> list[Path]:
    """Open descriptors, without those that are closed while one looks."""
    return [path for path in folder.iterdir() if path.is_symlink() and os.path.lexists(path)]
