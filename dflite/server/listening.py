"""Opening listening sockets, and accepting what waits on them."""

import asyncio
import os
import socket
import stat
from collections.abc import Callable
from typing import Final

ACCEPTS: Final = 256  # a wake-up
REST_S: Final = 0.2  # after an accept that failed, as for want of descriptors
EVERY_ADDRESS: Final = {"*": "0.0.0.0", "::*": "::"}
LOOPBACK: Final = ("localhost", "0.0.0.0", "::")  # as who calls them is answered


class ListenError(Exception):
    """An address that cannot be listened on; the message is a sentence for people."""


def listen_tcp(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Sockets that listen on every address of `host`; ListenError says what is in the way."""
    host = EVERY_ADDRESS.get(host, host)
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    except UnicodeError as error:
        raise ListenError(f"cannot listen on {host!a}:{port}: no host has such a name") from error
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


def own_addresses(host: str) -> list[str]:
    """What a host's name stands for, if it is this machine; nothing otherwise.

    Only what can be told without asking another machine is found.
    """
    if host.lower() in LOOPBACK:
        return ["127.0.0.1", "::1"]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            written = socket.inet_ntop(family, socket.inet_pton(family, host))
        except (OSError, ValueError):
            continue
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((written, 0))  # only one's own can be bound
        except OSError:
            return []
        return [written]
    return []


def hears(listener: str, address: str) -> bool:
    """Does who listens at the one address hear who calls the other?"""
    return listener in (address, "::" if ":" in address else "0.0.0.0")


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
                REST_S, lambda: loop.add_reader(sock, accept_all, loop, sock, admit, failed)
            )
            return
        accepted.setblocking(False)
        admit(accepted)
