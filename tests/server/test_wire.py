"""The end of a link that has called: lines, patience, and the reason of its end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from dflite.server.wire import FULL, LONGEST_LINE, LinkLost, Wire, call

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def with_peer(talk: Talk, test: Callable[[Wire], Awaitable[None]]) -> None:
    """Run `test` with a wire to a peer that does `talk`."""

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        wire = await call("127.0.0.1", port, 5.0, lambda: 0, None)
        try:
            await test(wire)
        finally:
            wire.end(LinkLost("over"))
            server.close()

    asyncio.run(run())


async def linger(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        await reader.read()


def test_lines_come_whole_and_empty_ones_do_not_count() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (b"\n\n+PO", b"NG\r\n$", b"5\r\nrest"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        await linger(reader)

    async def test(wire: Wire) -> None:
        assert await wire.line(5.0) == b"+PONG"
        assert await wire.line(5.0) == b"$5"
        while len(wire.came) < 4:
            await wire.wait(5.0)
        assert wire.take() == b"rest"
        assert wire.take() == b""

    with_peer(talk, test)


def test_who_does_not_answer_is_given_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await linger(reader)

    async def test(wire: Wire) -> None:
        assert not await wire.wait(0.01)
        with pytest.raises(LinkLost, match="does not answer"):
            await wire.line(0.01)

    with_peer(talk, test)


def test_an_end_is_told_with_its_reason() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+PONG\r\nhal")
        writer.close()

    async def test(wire: Wire) -> None:
        assert await wire.line(5.0) == b"+PONG"
        with pytest.raises(LinkLost, match="closed"):
            await wire.line(5.0)
        wire.send(b"nobody hears it")

    with_peer(talk, test)


def test_a_line_has_an_end() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * (LONGEST_LINE + 1))
        await linger(reader)

    async def test(wire: Wire) -> None:
        with pytest.raises(LinkLost, match="does not end"):
            await wire.line(5.0)

    with_peer(talk, test)


def test_a_receiver_gets_bytes_and_its_error_ends_the_link() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(5))
        await linger(reader)

    got: list[bytes] = []

    def receive(data: bytes) -> None:
        got.append(data)
        raise ValueError("not this")

    async def test(wire: Wire) -> None:
        wire.receiver = receive
        wire.send(b"hello")
        await wire.wait(5.0)
        with pytest.raises(ValueError, match="not this"):
            await wire.wait(5.0)
        assert got == [b"hello"]

    with_peer(talk, test)


def test_no_more_is_read_than_can_be_looked_at() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"x" * (3 * FULL))
            await linger(reader)

    async def test(wire: Wire) -> None:
        while not wire.paused:
            await wire.wait(5.0)
        assert FULL < len(wire.came) < 3 * FULL
        total = len(wire.take())
        assert not wire.paused
        while total < 3 * FULL:
            await wire.wait(5.0)
            total += len(wire.take())

    with_peer(talk, test)


def test_nobody_there_is_an_answer_too() -> None:
    async def run() -> None:
        with pytest.raises(LinkLost, match="no connection"):
            await call("127.0.0.1", 1, 5.0, lambda: 0, None)

    asyncio.run(run())
