"""The first words on a link: what is made of a primary that does not answer them."""

import asyncio
import contextlib

import pytest

from dflite.replication.handshake import Refused
from dflite.server.greeting import introduce
from dflite.server.wire import LinkLost, call
from dflite.settings.settings import Settings


def greet(*answers: bytes) -> list[bytes]:
    """Greet a peer that gives these answers, a word each, and closes; what it heard."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for answer in answers:
                heard.append(await reader.read(1000))
                writer.write(answer)
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        wire = await call("127.0.0.1", port, 5.0, lambda: 0, None)
        try:
            await introduce(wire, Settings(), 6379, "me:1", 5.0)
        finally:
            wire.end(LinkLost("over"))
            server.close()

    asyncio.run(run())
    return heard


@pytest.mark.parametrize("answer", [b"\x15\x03\x01\x00\x02\x02\x46", b""])
def test_an_alert_or_nothing_at_all_speaks_for_tls(answer: bytes) -> None:
    with pytest.raises(LinkLost, match="--tls_replication"):
        greet(answer)


def test_a_port_that_says_so_is_believed() -> None:
    with pytest.raises(Refused, match="--tls_replication"):
        greet(b"-ERR this port speaks TLS: use rediss:// or --tls\r\n")


def test_all_is_said_with_the_mark_among_it() -> None:
    heard = greet(*[b"+OK\r\n"] * 4)
    assert len(heard) == 4
    assert b"me:1" in heard[2]
