"""Server CPU per operation on collections, and of PUBLISH to some subscribers."""

import selectors
import socket
import threading
from typing import Final

from benchmarks.load import Generator
from benchmarks.process import cpu_ns
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import Settings
from benchmarks.wire import HOST, TIMEOUT_S, Connection, resp
from benchmarks.workloads import SUBSCRIBERS, WORKLOADS, Workload

PIPELINE: Final = 16
PUBLISH: Final = "PUBLISH (10 subscribers)"


def measure_collections(
    running: Running, settings: Settings, generator: Generator, results: Results
) -> None:
    """One sample of every workload at P=16."""
    for workload in WORKLOADS:
        measure_workload(running, workload, settings, generator, results)
    measure_publish(running, settings, generator, results)


def measure_workload(
    running: Running,
    workload: Workload,
    settings: Settings,
    generator: Generator,
    results: Results,
) -> None:
    """What one workload costs, from an empty keyspace with what it needs."""
    requests = int(settings.collection_requests * workload.share)
    connection = Connection(running.port)
    connection.finish(resp(b"FLUSHALL"))
    workload.prepare(connection, requests, settings.keyspace)
    connection.close()
    add_sample(running, workload, requests, settings, generator, results)


def add_sample(
    running: Running,
    workload: Workload,
    requests: int,
    settings: Settings,
    generator: Generator,
    results: Results,
) -> None:
    before = cpu_ns(running.pid)
    generator.run_workload(running.port, workload, PIPELINE, requests, settings.keyspace)
    used = cpu_ns(running.pid) - before
    results.add("collections_us", workload.name, running.server.name, used / requests / 1000)


def measure_publish(
    running: Running, settings: Settings, generator: Generator, results: Results
) -> None:
    """PUBLISH of a short message to a channel with subscribers that read all the time."""
    audience = Audience(running.port)
    workload = Workload(PUBLISH, "PUBLISH channel message:__rand_int__", lambda *_: None)
    try:
        requests = settings.collection_requests // 5
        add_sample(running, workload, requests, settings, generator, results)
    finally:
        audience.leave()


class Audience:
    """Subscribers that read and forget, in a thread of their own."""

    def __init__(self, port: int) -> None:
        self.sockets = []
        for _ in range(SUBSCRIBERS):
            connection = socket.create_connection((HOST, port), TIMEOUT_S)
            connection.sendall(resp(b"SUBSCRIBE", b"channel"))
            connection.recv(4096)
            self.sockets.append(connection)
        self.over = False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self) -> None:
        """Read whatever comes."""
        selector = selectors.DefaultSelector()
        for connection in self.sockets:
            selector.register(connection, selectors.EVENT_READ)
        while not self.over:
            for key, _ in selector.select(0.1):
                assert isinstance(key.fileobj, socket.socket)
                key.fileobj.recv(1 << 18)
        selector.close()

    def leave(self) -> None:
        """Hang up."""
        self.over = True
        self.thread.join()
        for connection in self.sockets:
            connection.close()
