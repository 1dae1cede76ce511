"""The listening sockets that the settings name: opened, changed while serving, and closed."""

import asyncio
import contextlib
import os
import shutil
import socket
from functools import partial
from typing import Final

from dflite.server import tls
from dflite.server.credentials import Credentials
from dflite.server.doorman import Doorman
from dflite.server.endpoint import is_loopback
from dflite.server.listening import (
    ListenError,
    accept_all,
    hears,
    listen_tcp,
    listen_unix,
    own_addresses,
)
from dflite.server.logs import LOG, NOTICE, Throttle
from dflite.settings.settings import Settings
from dflite.settings.values import Refused

MAIN: Final = "main"
ADMIN: Final = "admin"
TLS: Final = "tls"
UNIX: Final = "unix"
MEMCACHED: Final = "memcached"


class Ports:
    """Every listening socket by role. `open` may raise ListenError, a sentence for people."""

    def __init__(self, settings: Settings, doorman: Doorman, credentials: Credentials) -> None:
        self.settings = settings
        self.doorman = doorman
        self.credentials = credentials
        self.sockets: dict[str, list[socket.socket]] = {
            role: [] for role in (MAIN, ADMIN, TLS, UNIX, MEMCACHED)
        }
        self.throttle = Throttle()
        self.loop: asyncio.AbstractEventLoop

    # -- opening -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Listen on everything that the settings name; to be called within the running loop."""
        settings = self.settings
        self.loop = asyncio.get_running_loop()
        if settings.tls or settings.tls_port:
            try:
                self.credentials.load()
            except Refused as refusal:
                raise ListenError(str(refusal)) from None
        if settings.port:
            self.open_role(MAIN, settings.bind, settings.port)
            if settings.port < 0:
                settings.port = self.sockets[MAIN][0].getsockname()[1]
        if settings.admin_port:
            hosts = [settings.admin_bind] if settings.admin_bind else settings.bind
            self.open_role(ADMIN, hosts, settings.admin_port)
        if settings.tls_port:
            self.open_role(TLS, settings.bind, settings.tls_port)
        self.open_memcached()
        if settings.unixsocket:
            sock = listen_unix(settings.unixsocket, settings.unixsocketperm, settings.tcp_backlog)
            self.sockets[UNIX] = [sock]
            if settings.unixsocketgroup:
                self.give_to_group(settings.unixsocket, settings.unixsocketgroup)
        for role, sockets in self.sockets.items():
            for sock in sockets:
                self.watch(sock, role)
        settings.on_change("bind", self.move_address)
        settings.on_change("port", self.move_port)
        settings.on_change("tls_port", self.move_tls_port)
        for name in tls.FOLLOWED:
            settings.on_change(name, self.change_tls, always=True)

    def open_memcached(self) -> None:
        """Listen for memcached's clients. Their protocol has no authentication.

        So where nobody has asked for it, it is for this machine only, and for a node without a
        password. Nor is the port worth an error then.
        """
        settings = self.settings
        if not settings.memcached_port:
            return
        asked = settings.given("memcached_port")
        public = [host for host in settings.bind if not is_loopback(host.removeprefix("-"))]
        if public and not asked:
            LOG.log(NOTICE, "no port for memcached: others reach %s too", public[0])
        elif not asked and not self.doorman.executor.users.is_open():
            LOG.log(NOTICE, "no port for memcached: its protocol has no authentication")
        else:
            try:
                self.open_role(MEMCACHED, settings.bind, settings.memcached_port)
            except ListenError as error:
                if asked:
                    raise
                LOG.warning("no port for memcached: %s", error)
        found = self.sockets[MEMCACHED]
        settings.memcached_port = found[0].getsockname()[1] if found else 0

    def open_role(self, role: str, hosts: list[str], port: int) -> None:
        for host in hosts:
            optional = host.startswith("-")
            try:
                found = listen_tcp(host.removeprefix("-"), max(port, 0), self.settings.tcp_backlog)
            except ListenError:
                if optional:
                    continue
                self.close_sockets(role)
                raise
            self.sockets[role].extend(found)
            if port < 0:
                port = found[0].getsockname()[1]

    def speaks_tls(self, role: str) -> bool:
        """Does the role's port speak TLS?"""
        if role == TLS:
            return True
        if role == ADMIN and self.settings.no_tls_on_admin_port:
            return False
        return self.settings.tls and role in (MAIN, ADMIN, MEMCACHED)

    def watch(self, sock: socket.socket, role: str) -> None:
        self.loop.add_reader(
            sock,
            accept_all,
            self.loop,
            sock,
            lambda accepted: self.admit(role, accepted),
            self.accept_failed,
        )

    def admit(self, role: str, accepted: socket.socket) -> None:
        """The next client of the role's port; whether it speaks TLS may change while serving."""
        context = self.credentials.context if self.speaks_tls(role) else None
        self.doorman.admit(accepted, role == ADMIN, context, role == MEMCACHED)

    def accept_now(self) -> None:
        """Accept who waits, while the event loop cannot: a script takes long."""
        for role, sockets in self.sockets.items():
            for sock in sockets:
                accept_all(
                    self.loop,
                    sock,
                    partial(self.admit, role),
                    self.accept_failed,
                )

    def accept_failed(self, error: OSError) -> None:
        self.throttle.warning("accept", f"cannot accept a connection: {error.strerror or error}")

    def give_to_group(self, path: str, group: str) -> None:
        try:
            shutil.chown(path, group=group)
        except (LookupError, OSError) as error:
            raise ListenError(f"cannot give {path} to the group {group}: {error}") from error

    # -- changing ----------------------------------------------------------------------------------

    def move_address(self) -> None:
        """CONFIG SET bind."""
        failed = "Failed to bind to specified addresses."
        before = [sock.getsockname()[:2] for sock in self.sockets[MAIN]]
        self.move(MAIN, self.settings.port, failed)
        try:
            self.move(TLS, self.settings.tls_port, failed)
        except Refused:
            self.close_sockets(MAIN)
            self.listen_again(MAIN, before)
            raise

    def move_port(self) -> None:
        """CONFIG SET port."""
        self.move(MAIN, self.settings.port, "Unable to listen on this port. Check server logs.")

    def move_tls_port(self) -> None:
        """CONFIG SET tls-port."""
        self.move(TLS, self.settings.tls_port, "Unable to listen on this port. Check server logs.")

    def move(self, role: str, port: int, failed: str) -> None:
        """Listen where the settings say, and no longer here. Connections stay."""
        settings = self.settings
        before = [sock.getsockname()[:2] for sock in self.sockets[role]]
        self.close_sockets(role)  # the same address may be among the new ones
        try:
            if port:
                self.open_role(role, settings.bind, port)
        except ListenError as error:
            LOG.warning("%s", error)
            self.listen_again(role, before)
            raise Refused(failed) from error
        for sock in self.sockets[role]:
            self.watch(sock, role)

    def listen_again(self, role: str, addresses: list[tuple[str, int]]) -> None:
        """Go back to the addresses of before."""
        for host, port in addresses:
            for sock in listen_tcp(host, port, self.settings.tcp_backlog):
                self.sockets[role].append(sock)
                self.watch(sock, role)

    def change_tls(self) -> None:
        """CONFIG SET of what TLS ports speak, or of their certificate: for new connections."""
        if self.settings.tls or self.settings.tls_port:
            self.credentials.load()
        else:
            self.credentials.drop()

    # -- closing and telling -----------------------------------------------------------------------

    def close_sockets(self, role: str) -> None:
        for sock in self.sockets[role]:
            with contextlib.suppress(ValueError, OSError):
                self.loop.remove_reader(sock)
            sock.close()
        self.sockets[role] = []

    def close(self) -> None:
        """Listen no more."""
        ours = bool(self.sockets[UNIX])
        for role in self.sockets:
            self.close_sockets(role)
        if ours:
            with contextlib.suppress(OSError):
                os.unlink(self.settings.unixsocket)

    def listen_at(self, host: str, port: int) -> bool:
        """Is that a port of this node's? Other machines' names are not asked for."""
        addresses = own_addresses(host)
        for role in (MAIN, TLS, ADMIN):
            for sock in self.sockets[role]:
                here, own_port = sock.getsockname()[:2]
                if own_port == port and any(hears(here, address) for address in addresses):
                    return True
        return False

    def addresses(self, role: str) -> list[str]:
        """host:port of each of the role's sockets."""
        found = []
        for sock in self.sockets[role]:
            host, port = sock.getsockname()[:2]
            found.append(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        return found
