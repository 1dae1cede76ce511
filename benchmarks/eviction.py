"""Hit ratios of caches at their limit, by trace."""

from collections.abc import Sequence
from typing import Final

from benchmarks.results import Results
from benchmarks.servers import SUBJECT, Running, Server
from benchmarks.settings import Settings
from benchmarks.traces import size_of, traces
from benchmarks.wire import Connection, UnexpectedReply, resp

MIB: Final = 1 << 20
LIMIT: Final = 32 * MIB
VALUE: Final = 4000  # bytes, so that the limit is thousands of keys and a trace is soon sent
CAPACITY: Final = 6_000
DEPTH: Final = 16
RIVAL_POLICIES: Final = ("allkeys-lru", "allkeys-lfu")
OWN_POLICY: Final = ("--cache_mode", "yes")


class Replay:
    """One connection that asks for keys and stores those that are missing, as programs do."""

    def __init__(self, port: int) -> None:
        self.connection = Connection(port)
        self.stream = self.connection.socket.makefile("rb", buffering=1 << 16)
        self.padding = b"x" * (VALUE * 32)

    def ask(self, keys: Sequence[int]) -> list[bool]:
        """GET them all; was each of them there?"""
        self.connection.socket.sendall(b"".join([resp(b"GET", b"key:%d" % key) for key in keys]))
        found = []
        for _ in keys:
            head = self.stream.readline()
            if head[:1] != b"$":
                raise UnexpectedReply(f"GET: {head[:80]!r}")
            length = int(head[1:])
            if length >= 0:
                self.stream.read(length + 2)
            found.append(length >= 0)
        return found

    def store(self, sized: Sequence[tuple[int, int]]) -> None:
        """SET keys to values of these sizes."""
        requests = [resp(b"SET", b"key:%d" % key, self.padding[:size]) for key, size in sized]
        self.connection.socket.sendall(b"".join(requests))
        for _ in sized:
            head = self.stream.readline()
            if head[:1] != b"+":
                raise UnexpectedReply(f"SET: {head[:80]!r}")

    def close(self) -> None:
        self.stream.close()
        self.connection.close()


def measure_hits(server: Server, path: str, settings: Settings, results: Results) -> None:
    """The hit ratio of each trace, behind its first quarter."""
    for name, make in traces(settings.trace_requests, CAPACITY).items():
        trace = make()
        if server.name == SUBJECT:
            ratio = hit_ratio(server, path, OWN_POLICY, name, trace)
            for policy in RIVAL_POLICIES:
                results.add("hit_ratio", row_of(name, policy), server.name, ratio)
            continue
        for policy in RIVAL_POLICIES:
            ratio = hit_ratio(server, path, ("--maxmemory-policy", policy), name, trace)
            results.add("hit_ratio", row_of(name, policy), server.name, ratio)


def row_of(name: str, policy: str) -> str:
    return f"{name} ({policy})"


def hit_ratio(
    server: Server, path: str, policy: Sequence[str], name: str, trace: Sequence[int]
) -> float:
    """Of one server that begins empty."""
    hits = asked = 0
    with Running(server, path, more=(*policy, "--maxmemory", str(LIMIT))) as running:
        replay = Replay(running.port)
        for start in range(0, len(trace), DEPTH):
            keys = trace[start : start + DEPTH]
            found = replay.ask(keys)
            missing = dict.fromkeys(
                [key for key, there in zip(keys, found, strict=True) if not there]
            )
            replay.store([(key, size_of(name, key, VALUE)) for key in missing])
            if start * 4 >= len(trace):
                hits += sum(found)
                asked += len(found)
        replay.close()
    return hits / asked if asked else 0.0
