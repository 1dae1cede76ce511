"""Mutated requests to a real process: it answers the next client, and does not grow."""

import os
import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.mutations import Mutator
from tests.support.connection import Connection
from tests.support.servers import Server, start_dflite

# CI sets a million.
REQUESTS: Final = int(os.environ.get("DFLITE_FUZZ_REQUESTS", "20000"))
SEED: Final = int(os.environ.get("DFLITE_FUZZ_SEED", "20261"))
A_CONNECTION: Final = 8
GROWTH: Final = 32 * 1024 * 1024


def throw(server: Server, place: int | str, data: bytes) -> None:
    """Send and read to the end; whatever comes back, the connection must come to its end."""
    try:
        with Connection(place) as connection:
            connection.exchange(data)
    except (TimeoutError, ConnectionRefusedError, FileNotFoundError) as error:
        pytest.fail(f"{error!r} after {data!r}; the log:\n{server.log[-3000:]}")


def settle(server: Server) -> int:
    """Resident memory of an emptied server."""
    server.call("FLUSHALL", "SYNC")
    return server.resident()


def test_mutated_requests_neither_stop_nor_swell_the_server() -> None:
    mutator = Mutator(SEED)
    with tempfile.TemporaryDirectory() as folder:
        # A Unix socket spares the ports that a hundred thousand connections would leave behind.
        path = str(Path(folder) / "dflite.sock")
        with start_dflite(f"--unixsocket={path}") as server:
            before, checked = 0, 0
            for sent in range(0, REQUESTS, A_CONNECTION):
                # Enough over TCP that this way in is tried as well.
                place = server.port if sent % 50 == 0 else path
                throw(server, place, mutator.batch(A_CONNECTION))
                if sent - checked >= 4_000:
                    checked = sent
                    assert server.answers(10), f"no PONG after {sent} requests of seed {SEED}"
                    server.call("FLUSHALL", "SYNC")
                if not before and sent >= REQUESTS // 5:
                    before = settle(server)
            assert server.running(), server.log[-3000:]
            assert server.answers(10)
            assert settle(server) - before < GROWTH
            assert "Traceback" not in server.log, server.log[-3000:]


@pytest.mark.parametrize("seed", range(4))
def test_noise_ends_in_an_error_or_an_end(shared_dflite: Server, seed: int) -> None:
    noise = Mutator(seed).random.randbytes(100_000)
    throw(shared_dflite, shared_dflite.port, noise)
    throw(shared_dflite, shared_dflite.port, b"*" + noise)
    throw(shared_dflite, shared_dflite.port, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$" + noise)
    assert shared_dflite.answers()
