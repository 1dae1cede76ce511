"""Who comes in: limits, socket options, and what makes an accepted connection a client."""

import contextlib
import socket
import ssl
from typing import Final

from dflite.engine.client import MEMCACHED, Client
from dflite.engine.context import Context, Host
from dflite.engine.executor import Executor
from dflite.engine.session import Conversation, Session
from dflite.memcached.service import Service
from dflite.memcached.session import McSession
from dflite.native.memcached.mc_parser import McParser
from dflite.native.wire.connection import Connection, Parser
from dflite.native.wire.reactor import Reactor
from dflite.native.wire.resp import RespParser
from dflite.native.wire.tls_connection import TlsConnection
from dflite.server.endpoint import PUBLIC
from dflite.server.handshakes import PLAIN_MEMCACHED_ANSWER, Handshake, Handshakes
from dflite.server.logs import Throttle
from dflite.settings.settings import Settings

PATIENCE_MS: Final = 10_000  # with who has not said a passkey
FULL: Final = b"-ERR max number of clients reached\r\n"
DENIED: Final = (
    b"-DENIED Redis is running in protected mode because protected mode is enabled and no "
    b"password is set for the default user. In this mode connections are only accepted from the "
    b"loopback interface. Set a password with --requirepass (or CONFIG SET requirepass from this "
    b"machine), or start with --protected-mode=no if the network keeps strangers away.\r\n"
)
FULL_MEMCACHED: Final = b"ERROR Too many open connections\r\n"
DENIED_MEMCACHED: Final = (
    b"SERVER_ERROR memcached's protocol has no authentication, so dflite answers it to this machine"
    b" only: start it with --protected-mode=no if the network keeps strangers away\r\n"
)


class Doorman:
    """Lets accepted sockets in: limits, socket options, and the objects a client consists of."""

    def __init__(
        self, executor: Executor, reactor: Reactor, host: Host, settings: Settings
    ) -> None:
        self.executor = executor
        self.reactor = reactor
        self.host = host
        self.settings = settings
        self.accepted = 0
        self.rejected = 0
        self.memcached = Service(executor)
        self.handshakes = Handshakes(Throttle())
        self.strangers: dict[int, Client] = {}  # of a public endpoint, who have to say a passkey
        reactor.on_tls_hello = self.handshakes.hello

    def send_strangers_away(self) -> None:
        """Each second: who has not said a passkey in time makes room for others."""
        latest_ms = self.executor.clock.now_ms - PATIENCE_MS
        for client in list(self.strangers.values()):
            if client.authenticated or client.conn.closed:
                del self.strangers[client.id]
            elif client.created_ms <= latest_ms and not client.conn.held:
                del self.strangers[client.id]
                client.conn.abort()

    def is_full(self) -> bool:
        return len(self.executor.clients) >= self.settings.maxclients

    def denies(self, peer: str) -> bool:
        """Protected mode: a stranger's address while nobody needs a password."""
        return (
            self.settings.protected_mode and self.executor.users.is_open() and not is_loopback(peer)
        )

    def admit(
        self,
        sock: socket.socket,
        admin: bool,
        context: ssl.SSLContext | None = None,
        memcached: bool = False,
    ) -> Client | None:
        """Serve an accepted socket by the reactor, or turn it away with a sentence.

        With a context it speaks TLS, and becomes a client when the handshake is through.
        """
        self.accepted += 1
        self.memcached.accepted += memcached
        unix = sock.family == socket.AF_UNIX
        try:
            peer = sock.getpeername()
            here = sock.getsockname()
            if not unix:
                self.set_options(sock)
        except OSError:
            sock.close()  # gone before it was looked at
            return None
        if context is not None:
            enter = self.enter_memcached if memcached else self.enter
            handshake = Handshake(self.handshakes, peer, here, admin, enter)
            if memcached:
                handshake.plain_answer = PLAIN_MEMCACHED_ANSWER
            stranger = self.reactor.attach(
                sock.detach(), handshake, self.parser(memcached), context
            )
            self.handshakes.begin(handshake, stranger)
            return None
        refusal = self.refusal(peer, admin, unix, memcached)
        if refusal:
            with contextlib.suppress(OSError):
                sock.send(refusal)
            sock.close()
            return None
        session = self.session(admin, memcached)
        conn = self.reactor.attach(sock.detach(), session, self.parser(memcached))
        return self.introduce(session, conn, conn.fd, peer, here, unix)

    def enter(self, handshake: Handshake, conn: TlsConnection, memcached: bool = False) -> None:
        """A handshake is through: here is a client, or one too many."""
        refusal = self.refusal(handshake.peer, handshake.admin, False, memcached)
        if refusal:
            conn.reply.raw(refusal)
            conn.close_after_reply()
            return
        conn.session = session = self.session(handshake.admin, memcached)
        client = self.introduce(session, conn, conn.fd, handshake.peer, handshake.here, False)
        client.tls = conn.seal.version()

    def enter_memcached(self, handshake: Handshake, conn: TlsConnection) -> None:
        self.enter(handshake, conn, True)

    def refusal(self, peer: tuple[str, int], admin: bool, unix: bool, memcached: bool) -> bytes:
        """Why this peer does not come in, if so."""
        refusal = b""
        if memcached and self.settings.protected_mode and not is_loopback(peer[0]):
            refusal = DENIED_MEMCACHED  # a password would protect nothing
        elif not unix and not memcached and self.denies(peer[0]):
            refusal = DENIED
        elif not admin and self.is_full():
            refusal = FULL_MEMCACHED if memcached else FULL
        if refusal:
            self.rejected += 1
            self.memcached.rejected += memcached
        return refusal

    def session(self, admin: bool, memcached: bool = False) -> Conversation:
        """A session whose connection is still to come."""
        if memcached:
            return McSession(self.executor, self.memcached)
        session = Session(self.executor)
        session.admin = admin
        session.http_enabled = admin or self.settings.primary_port_http_enabled
        return session

    def parser(self, memcached: bool) -> Parser:
        """What takes requests out of a connection's bytes."""
        return McParser(self.memcached.figures) if memcached else RespParser()

    def set_options(self, sock: socket.socket) -> None:
        if self.settings.tcp_nodelay:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        interval = self.settings.tcp_keepalive
        if interval > 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, interval)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(interval // 3, 1))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)

    def introduce(
        self,
        session: Conversation,
        conn: Connection,
        fd: int,
        peer: object,
        here: object,
        unix: bool,
    ) -> Client:
        """Make the session's client known to the engine."""
        executor = self.executor
        client = Client(
            executor.next_client_id, conn, executor.users.default, executor.clock.now_ms
        )
        executor.next_client_id += 1
        client.fd = fd
        client.admin = session.admin
        client.unix_socket = unix
        if unix:
            client.laddr = f"{self.settings.unixsocket}:0"
            client.addr = f"{self.settings.unixsocket}:0"
        else:
            client.addr = address_text(peer)
            client.laddr = address_text(here)
        ctx = Context(executor, self.host, client, conn.reply)
        session.ctx = ctx
        executor.clients[client.id] = client
        executor.contexts[client.id] = ctx
        if isinstance(session, McSession):
            client.protocol = MEMCACHED
            client.needs_no_password = self.settings.given("memcached_port")
            client.update_lane()
        else:
            client.greet(executor.users, client.admin and self.settings.admin_nopass)
            if not client.authenticated and self.settings.endpoint == PUBLIC:
                self.strangers[client.id] = client
        return client


def is_loopback(peer: str) -> bool:
    """Is it this machine that speaks? An empty address is a Unix socket's."""
    return peer.startswith(("127.", "::ffff:127.")) or peer in ("::1", "")


def address_text(address: object) -> str:
    """ip:port, with brackets around an IPv6 address."""
    if not isinstance(address, tuple):
        return "?:0"
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
