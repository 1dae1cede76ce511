"""Requests as bytes, a blocking connection, and loading many keys: for RESP and for memcached."""

import random
import socket
from typing import Final

HOST: Final = "127.0.0.1"
TIMEOUT_S: Final = 60.0
FILL_BYTES: Final = 128 * 1024

RESP: Final = "resp"
MEMCACHED: Final = "memcached"


def key_name(number: int) -> bytes:
    """The 16-byte key that redis-benchmark also uses, so both loads meet the same keys."""
    return b"key:%012d" % number


def counter_name(number: int) -> bytes:
    """The key that redis-benchmark gives to INCR."""
    return b"counter:%012d" % number


def value_of(number: int, size: int) -> bytes:
    """A value of this size; the one of 8 bytes reads as an integer."""
    return (b"%08d" % (10_000_000 + number % 90_000_000)).ljust(size, b"x")[:size]


def resp(*words: bytes) -> bytes:
    """A request in RESP."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


def set_request(protocol: str, key: bytes, value: bytes) -> bytes:
    """A request that stores value at key."""
    if protocol == MEMCACHED:
        return b"set %b 0 0 %d\r\n%b\r\n" % (key, len(value), value)
    return b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(key), key, len(value), value)


SET_REPLY: Final = {RESP: b"+OK\r\n", MEMCACHED: b"STORED\r\n"}
# A question that every server answers at once, and how the answer begins.
HELLO: Final = {RESP: resp(b"PING"), MEMCACHED: b"version\r\n"}
HELLO_REPLY: Final = {RESP: b"+PONG\r\n", MEMCACHED: b"VERSION "}


# What is sent behind requests whose replies do not matter, to see that they are done.
END: Final = resp(b"ECHO", b"(all is answered)")
END_REPLY: Final = b"$17\r\n(all is answered)\r\n"


class UnexpectedReply(Exception):
    """The server answered something else than what the load must get."""


class Connection:
    """One blocking connection that counts on short, known replies."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def expect(self, request: bytes, reply: bytes) -> None:
        """Send, and wait for exactly this reply."""
        self.socket.sendall(request)
        got = self.socket.recv(len(reply))
        while len(got) < len(reply) and got == reply[: len(got)]:
            more = self.socket.recv(len(reply) - len(got))
            if not more:
                break
            got += more
        if got != reply:
            raise UnexpectedReply(f"wanted {reply[:40]!r}, got {got[:80]!r}")

    def line(self, request: bytes) -> bytes:
        """Send, and return the first line of the reply."""
        self.socket.sendall(request)
        got = b""
        while b"\r\n" not in got:
            more = self.socket.recv(65536)
            if not more:
                break
            got += more
        return got.split(b"\r\n", 1)[0]

    def finish(self, requests: bytes) -> None:
        """Send, and read until all is answered: what answers the PING behind them tells."""
        self.socket.sendall(requests + END)
        got = b""
        while not got.endswith(END_REPLY):
            more = self.socket.recv(1 << 20)
            if not more:
                raise UnexpectedReply("the server closed the connection")
            if not got and more[:1] == b"-":
                raise UnexpectedReply(f"the server answered {more[:80]!r}")
            got = (got + more)[-len(END_REPLY) :]

    def bulk(self, request: bytes) -> bytes:
        """Send, and return the bulk string of the reply."""
        self.socket.sendall(request)
        with self.socket.makefile("rb") as stream:
            head = stream.readline()
            if head[:1] not in (b"$", b"="):
                raise UnexpectedReply(f"wanted a bulk string, got {head[:80]!r}")
            return stream.read(int(head[1:]))

    def close(self) -> None:
        """Leave."""
        self.socket.close()


def fill(port: int, protocol: str, keys: int, value_size: int) -> None:
    """Store this many keys by pipelined requests and wait until all are confirmed."""
    connection = Connection(port)
    batch_size = max(1, FILL_BYTES // (value_size + 48))
    for start in range(0, keys, batch_size):
        numbers = range(start, min(start + batch_size, keys))
        batch = [set_request(protocol, key_name(n), value_of(n, value_size)) for n in numbers]
        connection.expect(b"".join(batch), SET_REPLY[protocol] * len(batch))
    connection.close()


def fill_counters(port: int, keys: int) -> None:
    """Store integers at INCR's keys, so that each INCR finds one."""
    connection = Connection(port)
    for start in range(0, keys, 1000):
        numbers = range(start, min(start + 1000, keys))
        batch = [set_request(RESP, counter_name(n), b"10000000") for n in numbers]
        connection.expect(b"".join(batch), SET_REPLY[RESP] * len(batch))
    connection.close()


class Operation:
    """What a load sends: ready batches, and how many lines answer a batch."""

    def __init__(self, batches: list[bytes], reply_lines: int) -> None:
        self.batches = batches
        self.reply_lines = reply_lines


REPLY_LINES: Final = {"GET": 2, "SET": 1, "INCR": 1, "MSET": 1, "PING": 1}


def operation(name: str, pipeline: int, keyspace: int, value_size: int, seed: int) -> Operation:
    """Batches of one command on random keys, all of which are taken to exist."""
    chosen = random.Random(seed)
    batches = []
    for _ in range(max(64, 8192 // pipeline)):
        requests = [request(name, chosen, keyspace, value_size) for _ in range(pipeline)]
        batches.append(b"".join(requests))
    return Operation(batches, REPLY_LINES[name] * pipeline)


def request(name: str, chosen: random.Random, keyspace: int, value_size: int) -> bytes:
    """One request on a random key."""
    number = chosen.randrange(keyspace)
    if name == "GET":
        return resp(b"GET", key_name(number))
    if name == "SET":
        return resp(b"SET", key_name(number), value_of(number, value_size))
    if name == "INCR":
        return resp(b"INCR", counter_name(number))
    if name == "MSET":
        words = [b"MSET"]
        for _ in range(10):
            number = chosen.randrange(keyspace)
            words += [key_name(number), value_of(number, value_size)]
        return resp(*words)
    return resp(b"PING")
