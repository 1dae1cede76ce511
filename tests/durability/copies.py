"""Rounds of kills with a replica: what WAIT has promised is there, whoever is left.

A round kills the primary, and its replica is promoted; or the replica, also in the middle of a
full sync, and what comes in its place must catch up. Neither writes files: only copies keep data.
"""

import random
import signal
import time
from collections.abc import Callable
from typing import Final

from tests.durability.rounds import Tally
from tests.durability.writers import KINDS, Broken, Promise, Writer, check
from tests.support.connection import Closed, Connection
from tests.support.servers import Server, start_dflite, wait_until

MOMENTS: Final = ("primary", "replica", "full sync", "link", "takeover")
FLAGS: Final = ("--repl_diskless_sync_delay=0", "--enable_debug_command=yes")
WAIT_MS: Final = "2000"
BALLAST: Final = "30000"


class WaitingWriter(Writer):
    """A writer to whom only that is promised which WAIT has seen on the replica."""

    def write_some(self, client: Connection) -> None:
        before = {kind: promise.kept for kind, promise in self.promises.items()}
        super().write_some(client)
        answered = {kind: promise.kept for kind, promise in self.promises.items()}
        for kind, promise in self.promises.items():
            promise.kept = before[kind]
        if self.refused.startswith("READONLY"):
            self.refused = ""  # it was handed over: nothing of that is promised
            raise Closed("handed over")
        reply = client.call("WAIT", "1", WAIT_MS)
        if not reply.is_error and isinstance(reply.value, int) and reply.value >= 1:
            for kind, promise in self.promises.items():
                promise.kept = answered[kind]


class CopyRounds:
    """A primary and a replica; what one round leaves is the next one's beginning."""

    def __init__(self, seed: int, writers: int = 2) -> None:
        self.random = random.Random(seed)
        self.promises = [{kind: Promise() for kind in KINDS} for _ in range(writers)]
        self.tally = Tally()
        self.primary = start_dflite(*FLAGS)
        self.replica = start_dflite(*FLAGS)
        self.primary.call("DEBUG", "POPULATE", BALLAST, "ballast", "200")
        self.follow()

    def close(self) -> None:
        for server in (self.primary, self.replica):
            server.process.kill()
            server.stop()

    def follow(self) -> None:
        self.replica.call("REPLICAOF", "127.0.0.1", self.primary.port)
        wait_until(lambda: "slave0:" in said(self.primary), 30, "a replica")
        wait_until(lambda: "state=online" in said(self.primary), 30, "an online replica")

    def run(self, moment: str) -> None:
        """One round; Broken if a promise was not kept."""
        writers = [
            WaitingWriter(number, self.primary.port, promises, self.random.getrandbits(64))
            for number, promises in enumerate(self.promises)
        ]
        for writer in writers:
            writer.start()
        time.sleep(self.random.uniform(0.05, 0.3))
        if moment == "primary":
            kill(self.primary)
            stop(writers)
            self.promote()
        elif moment == "takeover":
            reply = self.replica.call("REPLTAKEOVER", "20")
            if reply != b"OK":
                raise Broken(f"REPLTAKEOVER answered {reply!r}")
            kill(self.primary)
            stop(writers)
            self.promote()
        else:
            self.disturb_replica(moment)
            time.sleep(self.random.uniform(0, 0.2))
            stop(writers)
            wait_until(lambda: "master_link_status:up" in said(self.replica), 30, "the link")
            wait_until(self.is_equal, 30, "the replica catches up")
        for writer in writers:
            self.tally.answered += writer.answered
            if writer.refused:
                raise Broken(f"a write was refused: {writer.refused}")
        self.check()
        self.tally.rounds[moment] = self.tally.rounds.get(moment, 0) + 1

    def disturb_replica(self, moment: str) -> None:
        """Cut its link, or kill it and have another one begin with nothing."""
        if moment == "link":
            for _ in range(self.random.randint(1, 3)):
                self.primary.call("CLIENT", "KILL", "TYPE", "replica")
                time.sleep(self.random.uniform(0, 0.1))
            return
        kill(self.replica)
        self.replica.stop()
        self.replica = start_dflite(*FLAGS)
        if moment == "full sync":
            self.replica.call("REPLICAOF", "127.0.0.1", self.primary.port)
            time.sleep(self.random.uniform(0, 0.3))
            kill(self.replica)
            self.replica.stop()
            self.replica = start_dflite(*FLAGS)
        self.follow()

    def promote(self) -> None:
        """The replica is what is left: it is the primary, and gets a replica of its own."""
        self.primary.stop()
        self.primary = self.replica
        self.primary.call("REPLICAOF", "NO", "ONE")
        with self.primary.connect() as client:
            for number, promises in enumerate(self.promises):
                check(client, number, promises, exact=True)
        self.replica = start_dflite(*FLAGS)
        self.follow()

    def is_equal(self) -> bool:
        offsets = [
            field(said(self.primary), "master_repl_offset"),
            field(said(self.replica), "slave_repl_offset"),
        ]
        return offsets[0] == offsets[1]

    def check(self) -> None:
        """Both hold all that was promised, and the same."""
        wait_until(self.is_equal, 30, "the replica catches up")
        digests = [server.call("DEBUG", "DIGEST") for server in (self.primary, self.replica)]
        if digests[0] != digests[1]:
            raise Broken(f"primary and replica differ: {digests}")
        with self.replica.connect() as client:
            for number, promises in enumerate(self.promises):
                check(client, number, promises, exact=True)


def kill(server: Server) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(30)


def stop(writers: list[WaitingWriter]) -> None:
    for writer in writers:
        writer.stop.set()
        writer.join(30)


def said(server: Server) -> str:
    text = server.call("INFO", "replication")
    assert isinstance(text, bytes)
    return text.decode()


def field(text: str, name: str) -> str:
    return next(line.split(":")[1] for line in text.splitlines() if line.startswith(name + ":"))


def run_copy_rounds(
    rounds: int,
    seed: int,
    moments: tuple[str, ...] = MOMENTS,
    tell: Callable[[str], None] = print,
) -> Tally:
    """So many rounds of the moments in turn; Broken names the round and the seed."""
    work = CopyRounds(seed)
    try:
        for number in range(rounds):
            moment = moments[number % len(moments)]
            try:
                work.run(moment)
            except (Broken, AssertionError) as problem:
                raise Broken(f"round {number} ({moment}), seed {seed}: {problem}") from None
            if (number + 1) % 10 == 0:
                tell(work.tally.describe())
    finally:
        work.close()
    return work.tally
