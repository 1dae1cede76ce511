"""Handshakes in a thread of their own."""

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path

from dflite.native.wire.reactor import Reactor
from dflite.native.wire.resp import RespParser
from dflite.native.wire.tls_connection import TlsConnection
from dflite.server.shaker import Shaker
from tests.support.node import Node
from tests.support.tls_stage import Contexts, TlsSession


class Watched(TlsSession):
    """Notes in which thread it was told of the end."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = ""

    def secured(self, connection: TlsConnection) -> None:
        super().secured(connection)
        self.thread = threading.current_thread().name


async def shake_hands(node: Node, folder: Path) -> tuple[TlsSession, Watched]:
    loop = asyncio.get_running_loop()
    contexts = Contexts(folder)
    reactor = Reactor(node.clock, node.lane, node.limits)

    def want() -> None:
        loop.call_soon(reactor.run_pending)

    reactor.wanted = want
    loop.add_reader(reactor.fd, reactor.poll)
    shaker = Shaker(reactor, loop)
    shaker.start()
    sessions = TlsSession(), Watched()
    ends = []
    for session in sessions:
        near, far = socket.socketpair()
        near.setblocking(False)
        session.connection = reactor.attach(near.detach(), session, RespParser(), contexts.server)
        ends.append(far)
    ends[0].send(b"\x16\x03\x01\x00\x05nosense")  # fails in the thread
    ends[1].setblocking(False)
    tls = contexts.client.wrap_socket(ends[1], do_handshake_on_connect=False)
    async with asyncio.timeout(20):
        while not sessions[1].secure or not sessions[0].ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            await asyncio.sleep(0.001)
        tls.send(b"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n")
        answer = b""
        while not answer:
            with contextlib.suppress(ssl.SSLWantReadError):
                answer = tls.recv(100)
            await asyncio.sleep(0.001)
    assert answer == b"$1\r\na\r\n"
    loop.remove_reader(reactor.fd)
    shaker.stop()
    assert shaker.thread is not None
    assert not shaker.thread.is_alive()
    sessions[1].connection.abort()
    tls.close()
    ends[0].close()
    return sessions


def test_steps_are_made_in_the_thread_and_ends_are_told_in_the_loop(
    node: Node, tmp_path: Path
) -> None:
    failed, good = asyncio.run(shake_hands(node, tmp_path))
    assert len(failed.problems) == 1
    assert good.thread == "MainThread"


def test_without_a_handshake_there_is_no_thread(node: Node) -> None:
    loop = asyncio.new_event_loop()
    shaker = Shaker(Reactor(node.clock, node.lane, node.limits), loop)
    shaker.start()
    shaker.stop()
    loop.close()
    assert shaker.thread is None
