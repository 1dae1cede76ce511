"""Clients on the stage that speak TLS: in memory, so that they never wait by themselves either."""

import contextlib
import socket
import ssl
from pathlib import Path

from dflite.native.wire.resp import RespParser
from dflite.native.wire.tls_connection import TlsConnection
from tests.support.certificates import make_certificate
from tests.support.stage import Client, Session, Stage, a_pair


class Contexts:
    """Both sides' contexts, of a certificate that is made in `folder`."""

    def __init__(self, folder: Path) -> None:
        certificate, key = make_certificate(folder)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(certificate, key)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.load_verify_locations(certificate)


class TlsSession(Session):
    """Both the session of the handshake and the one behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.secure = False
        self.problems: list[str] = []
        self.greetings: list[bytes] = []

    def secured(self, connection: TlsConnection) -> None:
        self.secure = True

    def insecure(self, error: ssl.SSLError) -> None:
        self.problems.append(error.reason)

    def plaintext(self, first: bytes, fd: int) -> bytes:
        self.greetings.append(first)
        return b"-no\r\n"


class TlsClient(Client):
    """The other end, which has not begun to speak; `sealed` is what leaves next."""

    session: TlsSession

    def __init__(
        self, stage: Stage, sock: socket.socket, session: TlsSession, context: ssl.SSLContext
    ) -> None:
        super().__init__(stage, sock, session)
        self.arrived, self.leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.arrived, self.leaving)
        self.sealed = b""
        self.was_told = False  # of the end, by a word of TLS

    @classmethod
    def join(
        cls, stage: Stage, contexts: Contexts, tcp: bool = False, room: int = 0
    ) -> "TlsClient":
        """A new client of the stage's; `room` bounds what the kernel keeps of replies."""
        near, far = a_pair(tcp, room)
        session = TlsSession()
        session.connection = stage.reactor.attach(
            near.detach(), session, RespParser(), contexts.server
        )
        session.connection.trusted = True
        client = cls(stage, far, session, contexts.client)
        stage.clients.append(client)
        return client

    # -- what leaves -------------------------------------------------------------------------------

    def push(self) -> None:
        if self.unsent:
            self.tls.write(self.unsent)
            self.unsent = b""
        self.send_sealed()

    def send_sealed(self, most: int = 1 << 30) -> None:
        """Send encrypted bytes, as many as the socket takes."""
        self.sealed += self.leaving.read()
        with contextlib.suppress(BlockingIOError):
            try:
                while self.sealed and most > 0:
                    sent = self.sock.send(self.sealed[: min(most, 100_000)])
                    self.sealed = self.sealed[sent:]
                    most -= sent
            except (BrokenPipeError, ConnectionResetError):
                self.sealed = b""

    def has_unsent(self) -> bool:
        return bool(self.unsent or self.sealed or self.leaving.pending)

    def end_sending(self) -> None:
        """Say that nothing more comes; the socket's half stays open."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.push()

    # -- what comes --------------------------------------------------------------------------------

    def pull(self, most: int = 1_000_000) -> bytes:
        self.push()
        before = len(self.got)
        while not self.open_sealed() and self.receive_sealed(most):
            continue
        return self.got[before:]

    def receive_sealed(self, most: int = 1_000_000) -> bool:
        """Take encrypted bytes that have come; were there any?"""
        try:
            data = self.sock.recv(most)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            data = b""
        self.arrived.write(data)
        self.ended = self.ended or not data
        return bool(data)

    def open_sealed(self) -> bool:
        """Decrypt what has come; was there anything?"""
        before = len(self.got)
        try:
            while data := self.tls.read(1_000_000):
                self.got += data
            self.was_told = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:  # both have said that it is the end
            self.was_told = True
        return len(self.got) > before

    # -- the handshake -----------------------------------------------------------------------------

    def shake(self) -> None:
        self.stage.until(self.has_shaken)

    def has_shaken(self) -> bool:
        self.send_sealed()
        self.receive_sealed()
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.send_sealed()
        return self.session.secure
