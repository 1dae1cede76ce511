"""Rounds of: start, write, kill -9 at a random moment of something, start again, check.

With `appendfsync always` nothing that was answered may be missing, and nothing half there.
"""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.durability.writers import KINDS, Broken, Promise, Writer, check
from tests.support.connection import Closed, Connection
from tests.support.servers import Server, dflite_command, free_port, start_dflite

# What goes on when the node is killed.
MOMENTS: Final = ("plain", "snapshot", "rewrite", "both", "start", "term")
LOG: Final = ("--appendonly=yes", "--appendfsync=always")


class Tally:
    """What happened so far."""

    def __init__(self) -> None:
        self.rounds: dict[str, int] = {}
        self.answered = 0
        self.slowest_start_s = 0.0
        self.during = 0  # kills that really fell into a snapshot or a rewrite

    def describe(self) -> str:
        moments = ", ".join(f"{name} {count}" for name, count in sorted(self.rounds.items()))
        text = f"{sum(self.rounds.values())} rounds ({moments})"
        if self.during:
            text += f", {self.during} of them in the middle of a snapshot or a rewrite"
        text += f"; {self.answered} writes answered, none lost"
        if self.slowest_start_s:
            text += f", slowest restart {self.slowest_start_s:.2f} s"
        return text


class Rounds:
    """Rounds on one directory: what one has left is the next one's beginning."""

    def __init__(self, folder: Path, seed: int, writers: int = 3, ballast: int = 100_000) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.promises = [{kind: Promise() for kind in KINDS} for _ in range(writers)]
        self.ballast = ballast
        self.tally = Tally()
        self.flags = (f"--dir={folder}", "--enable_debug_command=yes", *LOG)

    def start(self) -> Server:
        started = time.monotonic()
        server = start_dflite(*self.flags)
        self.tally.slowest_start_s = max(self.tally.slowest_start_s, time.monotonic() - started)
        return server

    def run(self, moment: str) -> None:
        """One round; Broken if a promise was not kept."""
        if moment == "start":
            self.kill_while_it_starts()
        server = self.start()
        try:
            with server.connect() as client:
                self.check(client)
                client.call("DEBUG", "POPULATE", str(self.ballast), "ballast", "100")
            writers = [
                Writer(number, server.port, promises, self.random.getrandbits(64))
                for number, promises in enumerate(self.promises)
            ]
            for writer in writers:
                writer.start()
            time.sleep(self.random.uniform(0.05, 0.4))
            self.begin(server, moment)
            time.sleep(
                self.random.choice((0, self.random.uniform(0, 0.05), self.random.random() / 3))
            )
            if moment in ("snapshot", "rewrite", "both"):
                self.tally.during += is_busy(server)
            server.process.send_signal(signal.SIGTERM if moment == "term" else signal.SIGKILL)
            server.process.wait(30)
            for writer in writers:
                writer.stop.set()
                writer.join(30)
                self.tally.answered += writer.answered
                if writer.refused:
                    raise Broken(f"a write was refused: {writer.refused}")
        finally:
            server.process.kill()
            server.process.wait()
            shutil.rmtree(server.home, ignore_errors=True)
        self.tally.rounds[moment] = self.tally.rounds.get(moment, 0) + 1

    def begin(self, server: Server, moment: str) -> None:
        """Begin what the node is killed in the middle of."""
        words = {"snapshot": ["BGSAVE"], "rewrite": ["BGREWRITEAOF"]}
        words["both"] = [*words["rewrite"], "BGSAVE SCHEDULE"]
        with server.connect() as client:
            for line in words.get(moment, []):
                client.call(*line.split())

    def kill_while_it_starts(self) -> None:
        """A process that has perhaps not loaded all."""
        argv = [str(dflite_command()), "serve", f"--port={free_port()}", "--memcached_port=0"]
        with subprocess.Popen(
            [*argv, *self.flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(self.random.uniform(0.1, 0.8))
            process.kill()

    def check(self, client: Connection) -> None:
        for number, promises in enumerate(self.promises):
            check(client, number, promises, exact=True)

    def finish(self) -> None:
        """What the last round has left is checked too, and the files are sound."""
        server = self.start()
        try:
            with server.connect() as client:
                self.check(client)
        finally:
            server.stop()
        manifest = self.folder / "appendonlydir" / "appendonly.aof.manifest"
        done = subprocess.run(
            [str(dflite_command()), "check", str(manifest)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Broken(f"dflite check: {done.stdout}{done.stderr}")


def is_busy(server: Server) -> bool:
    """Is a snapshot or a rewrite running?"""
    try:
        with server.connect() as client:
            text = client.call("INFO", "persistence").text
    except (OSError, Closed):
        return False
    return "rdb_bgsave_in_progress:1" in text or "aof_rewrite_in_progress:1" in text


def run_rounds(
    folder: Path,
    rounds: int,
    seed: int,
    moments: tuple[str, ...] = MOMENTS,
    tell: Callable[[str], None] = print,
) -> Tally:
    """So many rounds of the moments in turn; Broken names the round and the seed."""
    work = Rounds(folder, seed)
    for number in range(rounds):
        moment = moments[number % len(moments)]
        try:
            work.run(moment)
        except Broken as problem:
            raise Broken(f"round {number} ({moment}), seed {seed}: {problem}") from None
        if (number + 1) % 10 == 0:
            tell(work.tally.describe())
    work.finish()
    return work.tally
