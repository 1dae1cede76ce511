"""Mutated requests of memcached's protocol to a real process: it goes on, no bigger, in step."""

import os
import random
from typing import Final

from tests.against.memcached.programs import draw_program
from tests.support.memcached import McConnection, McServer, start_dflite_memcached

REQUESTS: Final = int(os.environ.get("DFLITE_FUZZ_REQUESTS", "20000")) // 4
SEED: Final = int(os.environ.get("DFLITE_FUZZ_SEED", "20262"))
A_CONNECTION: Final = 8
GROWTH: Final = 32 * 1024 * 1024
SPLICES: Final = [b"\r\n", b"\n", b"\r", b" ", b"\0", b"noreply", b"-1", b"99999999999", b"k" * 300]


def mutated(data: bytes, source: random.Random) -> bytes:
    """Some bytes changed, left out, doubled or put in."""
    for _ in range(source.randrange(4)):
        at = source.randrange(len(data) + 1)
        end = min(at + source.randrange(1, 20), len(data))
        kind = source.randrange(5)
        if kind == 0:
            data = data[:at] + data[end:]
        elif kind == 1:
            data = data[:at] + source.choice(SPLICES) + data[at:]
        elif kind == 2:
            data = data[:end] + data[at:end] * source.randrange(1, 4) + data[end:]
        elif kind == 3:
            data = data[:at] + source.randbytes(source.randrange(1, 6)) + data[at:]
        else:
            data = data[:at] + source.randbytes(end - at) + data[end:]
    return data


def throw(server: McServer, data: bytes) -> None:
    """Send, say no more, and read to the end."""
    with McConnection(server.port) as connection:
        try:
            connection.send(data)
            connection.socket.shutdown(1)
        except (BrokenPipeError, ConnectionResetError, OSError):
            return
        connection.read_until(b"\0 this never comes \0")


def test_mutated_requests_neither_stop_nor_swell_the_server() -> None:
    source = random.Random(SEED)
    with start_dflite_memcached() as server:
        before = 0
        for sent in range(0, REQUESTS, A_CONNECTION):
            parts = [part for request in draw_program(sent, A_CONNECTION) for part in request]
            data = b"".join([b"1" if isinstance(part, str) else part for part in parts])
            throw(server, mutated(data.replace(b"x" * 1000, b""), source))
            if sent % 800 == 0:
                with server.connect() as connection:
                    assert connection.call(b"get none\r\n") == b"END\r\n", f"after {sent}"
            if not before and sent >= REQUESTS // 5:
                server.resp.call("FLUSHALL")
                before = server.resp.resident()
        assert server.resp.answers(10)
        server.resp.call("FLUSHALL")
        assert server.resp.resident() - before < GROWTH
        assert "Traceback" not in server.resp.log
        assert "internal error" not in server.resp.log


def test_a_connection_stays_in_step_whatever_came_before() -> None:
    source = random.Random(SEED)
    with start_dflite_memcached() as server:
        for seed in range(REQUESTS // 100):
            parts = [part for request in draw_program(seed, 5) for part in request]
            data = b"".join([b"1" if isinstance(part, str) else part for part in parts])
            data = mutated(data.replace(b"x" * 1000, b""), source)
            with server.connect() as connection:
                # a block that may be missing takes these; what follows is a line in any case
                connection.send(data + b"\r\n" * 600 + b"mn\r\nversion\r\n")
                connection.socket.shutdown(1)
                answer = connection.read_until(b"\0 this never comes \0")
            if b"VERSION" in answer:
                assert b"MN\r\n" in answer
