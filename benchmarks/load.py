"""Load: redis-benchmark where it is installed, else a generator of our own in plain Python."""

import csv
import gc
import io
import selectors
import shutil
import socket
import subprocess
import time
from typing import Final, Protocol

from benchmarks.wire import HOST, TIMEOUT_S, Connection, Operation, operation
from benchmarks.workloads import Workload

CONNECTIONS: Final = 50
OPERATIONS: Final = ("GET", "SET", "INCR", "MSET", "PING")

# redis-benchmark's names: how a test is asked for, and how its line begins.
TEST_NAMES: Final = {
    "GET": "get",
    "SET": "set",
    "INCR": "incr",
    "MSET": "mset",
    "PING": "ping_mbulk",
}
LINE_NAMES: Final = {
    "GET": "GET",
    "SET": "SET",
    "INCR": "INCR",
    "MSET": "MSET (10 keys)",
    "PING": "PING_MBULK",
}


class LoadFailed(Exception):
    """The load generator could not do its work."""


class Load:
    """What a load generator saw of one run."""

    def __init__(self, rps: float, p50_ms: float, p99_ms: float) -> None:
        self.rps = rps
        self.p50_ms = p50_ms
        self.p99_ms = p99_ms


class Generator(Protocol):
    """Something that sends one command many times over CONNECTIONS connections."""

    name: str

    def run(
        self, port: int, name: str, pipeline: int, requests: int, keyspace: int, value_size: int
    ) -> Load:
        """Send `requests` requests in pipelines and wait for all replies."""
        ...

    def run_workload(
        self, port: int, workload: Workload, pipeline: int, requests: int, keyspace: int
    ) -> Load:
        """The same with the requests of a workload."""
        ...


class RedisBenchmark:
    """The generator that comes with Redis."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = "redis-benchmark"
        self.more: tuple[str, ...] = ()  # words for every run

    def run(
        self, port: int, name: str, pipeline: int, requests: int, keyspace: int, value_size: int
    ) -> Load:
        """Send `requests` requests in pipelines and wait for all replies."""
        command = [self.path, "-h", HOST, "-p", str(port), "-c", str(CONNECTIONS)]
        command += ["-r", str(keyspace), "-d", str(value_size), "--csv", "-n", str(requests)]
        command += ["-P", str(pipeline), "-t", TEST_NAMES[name], *self.more]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired as error:
            raise LoadFailed(f"redis-benchmark {name} -P {pipeline} took too long") from error
        return load_from_csv(done.stdout, name, done.stderr)

    def run_workload(
        self, port: int, workload: Workload, pipeline: int, requests: int, keyspace: int
    ) -> Load:
        """The same with the requests of a workload."""
        command = [self.path, "-h", HOST, "-p", str(port), "-c", str(CONNECTIONS), "--csv"]
        command += ["-r", str(keyspace), "-n", str(requests), "-P", str(pipeline)]
        command += [word.decode() for word in workload.words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired as error:
            raise LoadFailed(f"redis-benchmark {workload.name} took too long") from error
        if done.returncode != 0 or "rror" in done.stdout + done.stderr:
            raise LoadFailed(
                f"redis-benchmark {workload.name}: {(done.stdout + done.stderr)[-300:]}"
            )
        return load_from_csv(done.stdout, b" ".join(workload.words).decode(), done.stderr)


def load_from_csv(text: str, name: str, complaint: str = "") -> Load:
    """The line of one test, or of one request, in redis-benchmark's CSV."""
    for line in csv.reader(io.StringIO(text)):
        if line and line[0] == LINE_NAMES.get(name, name):
            # test, rps, average, min, p50, p95, p99, max
            return Load(float(line[1]), float(line[4]), float(line[6]))
    raise LoadFailed(f"redis-benchmark printed no line for {name}: {(text + complaint)[-300:]}")


class Bundled:
    """A closed-loop generator in plain Python: slower than the servers, but always there."""

    def __init__(self) -> None:
        self.name = "bundled"

    def run(
        self, port: int, name: str, pipeline: int, requests: int, keyspace: int, value_size: int
    ) -> Load:
        """Send `requests` requests in pipelines and wait for all replies."""
        work = operation(name, pipeline, keyspace, value_size, seed=requests)
        batches = max(CONNECTIONS, requests // pipeline)
        begun = time.perf_counter_ns()
        samples = drive(port, work, CONNECTIONS, batches)
        seconds = (time.perf_counter_ns() - begun) / 1e9
        samples.sort()
        return Load(
            batches * pipeline / seconds,
            percentile(samples, 50) / 1e6,
            percentile(samples, 99) / 1e6,
        )

    def run_workload(
        self, port: int, workload: Workload, pipeline: int, requests: int, keyspace: int
    ) -> Load:
        """The same with the requests of a workload, over one connection."""
        work = workload.batches(pipeline, keyspace, seed=requests)
        connection = Connection(port)
        batches = max(1, requests // pipeline)
        samples = []
        for number in range(batches):
            begun = time.perf_counter_ns()
            connection.finish(work.batches[number % len(work.batches)])
            samples.append(time.perf_counter_ns() - begun)
        connection.close()
        seconds = sum(samples) / 1e9
        samples.sort()
        return Load(
            batches * pipeline / seconds,
            percentile(samples, 50) / 1e6,
            percentile(samples, 99) / 1e6,
        )


class Client:
    """One connection of the bundled generator: a batch out, its replies in, again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines_missing = 0
        self.sent_ns = 0


def drive(port: int, work: Operation, connections: int, batches: int) -> list[int]:
    """Send so many batches over so many connections; the round trip of each, in nanoseconds."""
    selector = selectors.DefaultSelector()
    clients = [Client(port) for _ in range(connections)]
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    samples: list[int] = []
    started = 0
    lines = work.reply_lines
    ready = work.batches
    count = len(ready)
    now = time.perf_counter_ns
    # The client's own garbage collector would show as a slow server.
    gc.disable()
    try:
        for client in clients[:batches]:
            client.lines_missing = lines
            client.sent_ns = now()
            client.socket.sendall(ready[started % count])
            started += 1
        while len(samples) < batches:
            events = selector.select(TIMEOUT_S)
            if not events:
                raise LoadFailed("the server stopped answering")
            for key, _ in events:
                client = key.data
                data = client.socket.recv(262144)
                if not data:
                    raise LoadFailed("the server closed a connection")
                # What follows a part of the replies may begin with anything.
                if data[:1] == b"-" and client.lines_missing == lines:
                    raise LoadFailed(f"the server answered {data[:80]!r}")
                client.lines_missing -= data.count(b"\n")
                if client.lines_missing > 0:
                    continue
                samples.append(now() - client.sent_ns)
                if started < batches:
                    client.lines_missing = lines
                    client.sent_ns = now()
                    client.socket.sendall(ready[started % count])
                    started += 1
    finally:
        gc.enable()
        selector.close()
        for client in clients:
            client.socket.close()
    return samples


def percentile(ordered: list[int], percent: float) -> int:
    """The smallest sample that is not below this share of them all."""
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[min(len(ordered), int(rank)) - 1]


def choose_generator(wanted: str) -> Generator:
    """The generator asked for by name; `auto` prefers redis-benchmark."""
    path = shutil.which("redis-benchmark") or shutil.which("valkey-benchmark")
    if wanted == "bundled" or (wanted == "auto" and path is None):
        return Bundled()
    if path is None:
        raise LoadFailed("redis-benchmark is not installed; --generator bundled needs nothing")
    return RedisBenchmark(path)
