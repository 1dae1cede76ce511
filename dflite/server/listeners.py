"""Listening sockets, and turning each accepted connection into a client of the engine."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Callable
from typing import Final

from dflite.engine.client import Client
from dflite.engine.context import Context, Host
from dflite.engine.executor import Executor
from dflite.engine.session import Session
from dflite.native.connection import Connection
from dflite.native.reactor import Reactor
from dflite.settings.settings import Settings

ACCEPTS: Final = 256  # a wake-up
FULL: Final = b"-ERR max number of clients reached\r\n"
DENIED: Final = (
    b"-DENIED dflite is running in protected mode because protected mode is enabled and no password "
    b"is set for the default user. In this mode connections are only accepted from the loopback "
    b"interface. Set a password with --requirepass (or CONFIG SET requirepass from this machine), "
    b"or start with --protected-mode=no if the network keeps strangers away.\r\n"
)


class ListenError(Exception):
    """An address that cannot be listened on; the message is a sentence for people."""


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

    def is_full(self) -> bool:
        return len(self.executor.clients) >= self.settings.maxclients

    def denies(self, peer: str) -> bool:
        """Protected mode: a stranger's address while nobody needs a password."""
        return (
            self.settings.protected_mode
            and self.executor.password is None
            and not (peer.startswith("127.") or peer in ("::1", "") or peer.startswith("::ffff:127."))
        )

    def admit(self, sock: socket.socket, admin: bool) -> Client | None:
        """Serve an accepted plain socket by the reactor, or turn it away with a sentence."""
        self.accepted += 1
        unix = sock.family == socket.AF_UNIX
        try:
            peer = sock.getpeername()
            here = sock.getsockname()
        except OSError:
            sock.close()  # gone before it was looked at
            return None
        refusal = b""
        if not unix and self.denies(peer[0]):
            refusal = DENIED
        elif not admin and self.is_full():
            refusal = FULL
        if refusal:
            self.rejected += 1
            with contextlib.suppress(OSError):
                sock.send(refusal)
            sock.close()
            return None
        if not unix:
            self.set_options(sock)
        session = self.session_for(admin)
        conn = self.reactor.attach(sock.detach(), session)
        return self.introduce(session, conn, conn.fd, peer, here, unix)

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

    def close_idle(self, now_ms: int) -> None:
        """Close clients that have said nothing for `timeout` seconds; those that wait are exempt."""
        limit_ms = self.settings.timeout * 1000
        if limit_ms <= 0:
            return
        for client in list(self.executor.clients.values()):
            conn = client.conn
            if not conn.held and not client.monitor and now_ms - conn.last_active_ms > limit_ms:
                self.host.log("verbose", f"closing idle client {client.addr}")
                conn.abort()

    def session_for(self, admin: bool) -> Session:
        """A session whose connection is still to come."""
        session = Session(self.executor)
        session.admin = admin
        return session

    def introduce(
        self,
        session: Session,
        conn: Connection,
        fd: int,
        peer: object,
        here: object,
        unix: bool,
    ) -> Client:
        """Make the session's client known to the engine."""
        executor = self.executor
        client = Client(
            executor.next_client_id, conn, executor.default_user, executor.clock.now_ms
        )
        executor.next_client_id += 1
        client.fd = fd
        client.admin = session.admin
        client.unix_socket = unix
        if unix:
            client.laddr = self.settings.unixsocket
            client.addr = f"{self.settings.unixsocket}:0"
        else:
            client.addr = address_text(peer)
            client.laddr = address_text(here)
        client.authenticated = executor.password is None or (
            client.admin and self.settings.admin_nopass
        )
        ctx = Context(executor, self.host, client, conn.reply)
        session.ctx = ctx
        executor.clients[client.id] = client
        executor.contexts[client.id] = ctx
        client.update_lane()
        return client


def address_text(address: object) -> str:
    """ip:port, with brackets around an IPv6 address."""
    if not isinstance(address, tuple):
        return "?:0"
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen_tcp(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Sockets that listen on every address of `host`; ListenError says what is in the way."""
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    sockets: list[socket.socket] = []
    for family, kind, proto, _, address in dict.fromkeys(found):
        sock = socket.socket(family, kind, proto)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            sock.listen(backlog)
        except OSError as error:
            sock.close()
            for earlier in sockets:
                earlier.close()
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ListenError(
                f"cannot listen on {host}:{port}: {reason}"
                + (" (is another server running there?)" if "in use" in reason else "")
            ) from error
        sock.setblocking(False)
        sockets.append(sock)
    return sockets


def listen_unix(path: str, mode: int, backlog: int) -> socket.socket:
    """A socket that listens on a path, in the place of one left behind by a dead server."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.exists(path):
            if not stat.S_ISSOCK(os.stat(path).st_mode):
                raise ListenError(f"cannot listen on {path}: a file of another kind is there")
            probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            with probe:
                probe.setblocking(False)
                if probe.connect_ex(path) == 0:
                    raise ListenError(f"cannot listen on {path}: another server is running there")
            os.unlink(path)
        sock.bind(path)
        if mode:
            os.chmod(path, mode)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise ListenError(f"cannot listen on {path}: {error.strerror or error}") from error
    except ListenError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


def accept_all(
    loop: asyncio.AbstractEventLoop,
    sock: socket.socket,
    admit: Callable[[socket.socket], object],
    failed: Callable[[OSError], None],
) -> None:
    """Accept what waits on a listening socket; out of descriptors, rest for a moment."""
    for _ in range(ACCEPTS):
        try:
            accepted, _address = sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            failed(error)
            loop.remove_reader(sock)
            loop.call_later(
                0.2, lambda: loop.add_reader(sock, accept_all, loop, sock, admit, failed)
            )
            return
        accepted.setblocking(False)
        admit(accepted)
