"""CPU per get and set in memcached's protocol, beside memcached and our own GET and SET.

`python -m benchmarks.memcached`: memcached has one thread, every server the same keys, and the load
is the same: 50 connections that send pipelines of 1 and of 16.
"""

import argparse
import contextlib
import random
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.process import cpu_ns
from benchmarks.wire import HOST, MEMCACHED, RESP, fill, key_name, resp, set_request, value_of

CONNECTIONS: Final = 50
PIPELINES: Final = (1, 16)
VALUE_SIZE: Final = 64
BATCHES: Final = 64  # of requests made ahead, a connection takes one after the other
STARTS_WITHIN_S: Final = 30.0


class Target:
    """A server's port, the protocol that is spoken there, and the name in the report."""

    def __init__(self, name: str, port: int, protocol: str, pid: int) -> None:
        self.name = name
        self.port = port
        self.protocol = protocol
        self.pid = pid


def get_request(protocol: str, key: bytes) -> bytes:
    return b"get %b\r\n" % key if protocol == MEMCACHED else resp(b"GET", key)


def reply_length(protocol: str, operation: str) -> int:
    """Bytes of a reply: every key is there and every value as long."""
    if operation == "set":
        return len(b"STORED\r\n") if protocol == MEMCACHED else len(b"+OK\r\n")
    if protocol == RESP:
        return len(b"$%d\r\n\r\n" % VALUE_SIZE) + VALUE_SIZE
    return len(b"VALUE %b 0 %d\r\n\r\nEND\r\n" % (key_name(0), VALUE_SIZE)) + VALUE_SIZE


def make_batches(target: Target, operation: str, pipeline: int, keyspace: int) -> list[bytes]:
    draw = random.Random(pipeline)
    batches = []
    for _ in range(BATCHES):
        parts = []
        for _ in range(pipeline):
            number = draw.randrange(keyspace)
            if operation == "set":
                value = value_of(number, VALUE_SIZE)
                parts.append(set_request(target.protocol, key_name(number), value))
            else:
                parts.append(get_request(target.protocol, key_name(number)))
        batches.append(b"".join(parts))
    return batches


def load(target: Target, operation: str, pipeline: int, requests: int, keyspace: int) -> float:
    """Microseconds of the server's CPU time a request."""
    batches = make_batches(target, operation, pipeline, keyspace)
    expected = reply_length(target.protocol, operation) * pipeline
    selector = selectors.DefaultSelector()
    waiting: dict[socket.socket, int] = {}
    left = max(requests // pipeline, CONNECTIONS)
    sent = 0
    before = cpu_ns(target.pid)
    for _ in range(CONNECTIONS):
        sock = socket.create_connection((HOST, target.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sock, selectors.EVENT_READ, sock)
        sock.sendall(batches[sent % BATCHES])
        waiting[sock] = expected
        sent += 1
    while waiting:
        for key, _ in selector.select():
            sock = key.data
            waiting[sock] -= len(sock.recv(65536))
            assert waiting[sock] >= 0, "a reply of another length"
            if waiting[sock]:
                continue
            if sent < left:
                sock.sendall(batches[sent % BATCHES])
                waiting[sock] = expected
                sent += 1
            else:
                selector.unregister(sock)
                del waiting[sock]
                sock.close()
    return (cpu_ns(target.pid) - before) / (sent * pipeline) / 1000


def wait_for(port: int) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), 1.0).close()
            return
        if time.monotonic() > end:
            sys.exit(f"nobody listens on {port}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memcached", description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000, help="of each kind and round")
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    binary = shutil.which("memcached")
    dflite = Path(sys.executable).parent / "dflite"
    ports = [free_port() for _ in range(3)]
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as stack:

        def start(argv: list[str]) -> int:
            process = subprocess.Popen(argv, cwd=home, stdout=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process.pid

        ours = [str(dflite), "serve", f"--port={ports[0]}", f"--memcached_port={ports[1]}"]
        pid = start([*ours, f"--dir={home}"])
        targets = [
            Target("dflite, RESP", ports[0], RESP, pid),
            Target("dflite, memcached", ports[1], MEMCACHED, pid),
        ]
        if binary is not None:
            words = ["-p", str(ports[2]), "-U", "0", "-l", HOST, "-t", "1", "-m", "512"]
            targets.append(
                Target("memcached", ports[2], MEMCACHED, start([binary, *words, "-u", "nobody"]))
            )
        for target in targets:
            wait_for(target.port)
            fill(target.port, target.protocol, options.keys, VALUE_SIZE)
        best: dict[tuple[str, str], float] = {}
        for _ in range(options.rounds):
            for pipeline in PIPELINES:
                for operation in ("get", "set"):
                    for target in targets:
                        requests = options.requests * (1 if pipeline == 1 else 4)
                        spent = load(target, operation, pipeline, requests, options.keys)
                        row = (f"{operation} P={pipeline}", target.name)
                        best[row] = min(best.get(row, spent), spent)
        print(f"{'CPU us/op, best':<16}" + "".join([f"{t.name:>20}" for t in targets]))
        for pipeline in PIPELINES:
            for operation in ("get", "set"):
                name = f"{operation} P={pipeline}"
                cells = "".join([f"{best[name, t.name]:>20.3f}" for t in targets])
                print(f"{name:<16}{cells}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
